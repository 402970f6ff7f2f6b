"""What exercise 02 checks: the gradient first, then each way of choosing a step's examples."""

import numpy as np

from grader.spec import (
    Dim,
    RandomSource,
    check,
    choice,
    derived,
    dimension,
    domain,
    generator,
    gradients,
    holds,
    integers,
    reals,
    same,
    special,
    values,
)

FORBIDDEN = {
    "torch.autograd": "the gradient is what this exercise is about",
    ".backward": "the gradient is what this exercise is about",
    "torch.func": "the gradient is what this exercise is about",
    "torch.optim": "write the update yourself",
    "torch.nn": "write the loss's gradient yourself",
}

EQUIVALENT_MUTANTS = {
    "… → rows = xp.asarray(batch, device=None)": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "… → rows = xp.asarray(batch, )": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "… → …xp.take(y, rows, axis= -1), path[-1])": "the array has one axis",
    "… → …xp.take(y, rows, axis=None), path[-1])": "the array has one axis",
    "… → …xp.take(y, rows, ), path[-1])": "the array has one axis",
}

N, D = Dim("N", 2, 7), Dim("D", 1, 5)
ROWS, WEIGHTS = Dim("N", 3, 6), Dim("D", 2, 3)
STEPS, K = Dim("steps", 2, 4), Dim("K", 2, 5)
COUNT, BATCH = Dim("n", 1, 9), Dim("batch_size", 1, 4)
SMALL = Dim("batch_size", 2, 3)

LEARNING_RATE = choice(0.1, 0.05)


def _start():
    """Three examples with two inputs, targets that no weights fit, and a starting point."""
    return dict(
        x=np.array([[1.0, 2.0], [-1.0, 0.5], [0.5, -1.5]]),
        y=np.array([1.0, -2.0, 0.5]),
        w=np.array([0.5, -1.0]),
        learning_rate=0.125,
    )


def _safe_rate(case):
    """A learning rate below 1 / (largest curvature of the loss), with two decimals."""
    curvature = 1 + 2 * np.mean(np.sum(case.x**2, axis=1))
    return float(np.floor(100 / curvature) / 100)


def _losses(case, path):
    """The mean squared error at every row of a path."""
    return np.mean((path @ case.x.T - case.y) ** 2, axis=1)


@check(
    task="mse_gradient",
    points=2,
    cases=domain(x=reals(N, D), y=reals(N), w=reals(D)),
    special=[
        special(
            "one example",
            lambda: dict(x=np.array([[1.5, -0.5]]), y=np.array([2.0]), w=np.array([0.5, 1.0])),
        ),
        special(
            "large inputs",
            lambda: dict(
                x=np.array([[1e4, 3.0], [-2e4, 1.0], [5e3, -2.0]]),
                y=np.array([1.0, 2.0, -1.0]),
                w=np.array([0.25, -1.0]),
            ),
        ),
    ],
)
def mse_gradient_values(student, case):
    """mse_gradient returns the gradient of the mean squared error"""
    residual = case.x @ case.w - case.y
    loss = (residual @ residual) / len(case.y)
    return gradients(of=loss, cotangent=1.0, w=student.mse_gradient(case.x, case.y, case.w))


@check(
    task="mse_gradient",
    points=1,
    cases=domain(x=reals(ROWS, D), y=reals(ROWS), w=reals(D)),
)
def mse_gradient_is_a_mean_over_examples(student, case):
    """mse_gradient is a mean over the examples, zero on a perfect fit"""
    x, y, w = case.x, case.y, case.w
    n = len(y)
    whole = student.mse_gradient(x, y, w)
    twice = student.mse_gradient(np.concatenate([x, x]), np.concatenate([y, y]), w)
    first = student.mse_gradient(x[:1], y[:1], w)
    rest = student.mse_gradient(x[1:], y[1:], w)
    fitted = student.mse_gradient(x, x @ w, w)
    return [
        same(twice, whole, because="repeating every example leaves the gradient as it is"),
        same(
            (first + (n - 1) * rest) / n,
            whole,
            because="the gradients of two parts, weighted by their sizes, average to the whole's",
        ),
        holds(
            np.max(np.abs(fitted)) < 1e-5,
            because="where every prediction equals its target, the gradient is zero",
        ),
    ]


@check(
    task="batch_gradient_descent",
    points=1,
    cases=domain(
        x=reals(ROWS, WEIGHTS),
        y=reals(ROWS),
        w=reals(WEIGHTS),
        learning_rate=LEARNING_RATE,
        steps=dimension(STEPS),
    ),
    special=[
        special("no steps", lambda: dict(_start(), steps=0)),
        special(
            "a start at the minimum",
            lambda: dict(_start(), y=np.array([-1.5, -1.0, 1.75]), steps=3),
        ),
        special("a step that is too large", lambda: dict(_start(), learning_rate=2.0, steps=3)),
    ],
)
def batch_gradient_descent_path(student, case):
    """batch_gradient_descent returns every point of its path"""
    path = student.batch_gradient_descent(case.x, case.y, case.w, case.learning_rate, case.steps)
    return values(path=path)


@check(
    task="batch_gradient_descent",
    points=1,
    cases=domain(
        x=reals(ROWS, WEIGHTS),
        y=reals(ROWS),
        w=reals(WEIGHTS),
        learning_rate=derived(_safe_rate),
        steps=dimension(STEPS),
    ),
)
def batch_gradient_descent_goes_downhill(student, case):
    """batch_gradient_descent goes downhill, with a new gradient each step"""
    x, y, w, rate = case.x, case.y, case.w, case.learning_rate
    path = student.batch_gradient_descent(x, y, w, rate, case.steps)
    half = case.steps // 2
    middle = np.asarray(path[half], dtype=np.float64)
    continued = student.batch_gradient_descent(x, y, middle, rate, case.steps - half)
    losses = _losses(case, path)
    return [
        same(
            continued,
            path[half:],
            because="starting again from a point of the path gives the rest of the path",
        ),
        holds(
            np.all(losses[1:] <= losses[:-1] + 1e-5),
            because="with a learning rate this small the loss never rises from one step to the "
            "next",
        ),
    ]


@check(
    task="stochastic_gradient_descent",
    points=1,
    cases=domain(
        x=reals(ROWS, WEIGHTS),
        y=reals(ROWS),
        w=reals(WEIGHTS),
        learning_rate=LEARNING_RATE,
        order=integers(K, high=ROWS, repeats=True),
        where=lambda case: len(case.order) <= len(case.y),
    ),
    special=[
        special("an empty order", lambda: dict(_start(), order=np.zeros(0, dtype=np.int64))),
        special("one example again and again", lambda: dict(_start(), order=np.array([1, 1, 1]))),
        special("backwards", lambda: dict(_start(), order=np.array([2, 1, 0]))),
    ],
)
def stochastic_gradient_descent_path(student, case):
    """stochastic_gradient_descent steps along one example at a time"""
    x, y, w, rate, order = case.x, case.y, case.w, case.learning_rate, case.order
    path = student.stochastic_gradient_descent(x, y, w, rate, order)
    half = len(order) // 2
    middle = np.asarray(path[half], dtype=np.float64)
    continued = student.stochastic_gradient_descent(x, y, middle, rate, order[half:])
    return [
        values(path=path),
        same(
            continued,
            path[half:],
            because="starting again from a point of the path, with the rest of the order, gives "
            "the rest of the path",
        ),
    ]


counted = domain(n=dimension(COUNT), batch_size=dimension(BATCH), generator=generator())
cuts = [
    special(
        "a last batch of one",
        lambda: dict(n=7, batch_size=3, generator=RandomSource(1)),
    ),
    special(
        "batches that use up all examples",
        lambda: dict(n=6, batch_size=2, generator=RandomSource(2)),
    ),
    special(
        "one batch of everything",
        lambda: dict(n=4, batch_size=4, generator=RandomSource(3)),
    ),
    special(
        "a batch size above n",
        lambda: dict(n=5, batch_size=8, generator=RandomSource(4)),
    ),
]


@check(task="minibatches", points=1, cases=counted, special=cuts)
def minibatches_values(student, case):
    """minibatches cuts one permutation into batches, in its order"""
    return values(batches=student.minibatches(case.n, case.batch_size, case.generator))


@check(task="minibatches", points=1, cases=counted, special=cuts)
def minibatches_use_every_example_once(student, case):
    """minibatches puts every number 0 … n-1 into exactly one batch"""
    batches = student.minibatches(case.n, case.batch_size, case.generator)
    return same(
        np.sort(np.concatenate(batches)),
        np.arange(case.n),
        because="all batches of an epoch together hold every example exactly once",
    )


@check(
    task="minibatch_gradient_descent",
    points=1,
    cases=domain(
        x=reals(ROWS, WEIGHTS),
        y=reals(ROWS),
        w=reals(WEIGHTS),
        learning_rate=LEARNING_RATE,
        batch_size=dimension(SMALL),
        epochs=choice(2, 3),
        generator=generator(),
        where=lambda case: len(case.y) % case.batch_size != 0,
    ),
    special=[
        special(
            "no epochs",
            lambda: dict(_start(), batch_size=2, epochs=0, generator=RandomSource(5)),
        ),
        special(
            "a batch size above N",
            lambda: dict(_start(), batch_size=9, epochs=2, generator=RandomSource(6)),
        ),
    ],
)
def minibatch_gradient_descent_path(student, case):
    """minibatch_gradient_descent makes one step per freshly shuffled batch"""
    path = student.minibatch_gradient_descent(
        case.x,
        case.y,
        case.w,
        case.learning_rate,
        case.batch_size,
        case.epochs,
        case.generator,
    )
    return values(path=path)


@check(
    task="minibatch_gradient_descent",
    points=1,
    cases=domain(
        x=reals(ROWS, WEIGHTS),
        y=reals(ROWS),
        w=reals(WEIGHTS),
        learning_rate=LEARNING_RATE,
        batch_size=dimension(SMALL),
        epochs=choice(2, 3),
        generator=generator(),
    ),
    requires=[
        batch_gradient_descent_path,
        stochastic_gradient_descent_path,
        minibatches_use_every_example_once,
    ],
)
def minibatch_gradient_descent_meets_the_others(student, case):
    """minibatch_gradient_descent agrees with the other two at the extremes"""
    x, y, w, rate = case.x, case.y, case.w, case.learning_rate
    n = len(y)
    large = student.minibatch_gradient_descent(x, y, w, rate, n, case.epochs, case.generator)
    single = student.minibatch_gradient_descent(x, y, w, rate, 1, 1, case.generator)
    order = np.concatenate(student.minibatches(n, 1, case.generator))
    resting = student.minibatch_gradient_descent(
        x, x @ w, w, rate, case.batch_size, case.epochs, case.generator
    )
    return [
        same(
            large,
            student.batch_gradient_descent(x, y, w, rate, case.epochs),
            because="with batches of all N examples, each epoch is one batch step",
        ),
        same(
            single,
            student.stochastic_gradient_descent(x, y, w, rate, order),
            because="with batches of one, an epoch is stochastic descent in the shuffled order",
        ),
        same(
            resting,
            np.tile(w, (len(resting), 1)),
            because="where every prediction equals its target, no mini-batch moves the weights",
        ),
    ]
