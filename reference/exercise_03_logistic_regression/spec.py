"""What exercise 03 checks: probabilities, the loss in its two forms, the gradient, the fit."""

import numpy as np

from grader.spec import (
    Dim,
    check,
    choice,
    derived,
    dimension,
    domain,
    gradients,
    holds,
    integers,
    reals,
    same,
    scalar,
    special,
    values,
)

FORBIDDEN = {
    "torch.sigmoid": "the sigmoid is one of the tasks",
    "torch.special": "the sigmoid is one of the tasks",
    "scipy": "the sigmoid is one of the tasks",
    "torch.binary_cross_entropy_with_logits": "the loss is one of the tasks",
    "torch.nn": "the sigmoid and the losses are what this exercise is about",
    "torch.autograd": "the gradient is one of the tasks",
    "torch.func": "the gradient is one of the tasks",
    ".backward": "the gradient is one of the tasks",
    "torch.optim": "write the update yourself",
    "sklearn": "the fit is one of the tasks",
}

EQUIVALENT_MUTANTS = {
    "sigmoid: … → return xp.where(z > 0, 1 / (1 + e), e / (1 + e))": (
        "they differ at z = 0 alone, where both ways of writing it give ½"
    ),
    "binary_cross_entropy: … → given = xp.where(y >= 1, p, 1 - p)": "labels are 0 or 1",
    "binary_cross_entropy_with_logits: … → margin = xp.where(y >= 1, z, -z)": "labels are 0 or 1",
    "logistic_gradient: … → …xp.astype(y, None)": (
        "None stands for float64, which the inputs have"
    ),
    "fit_logistic_regression: … → …[xp.asarray(b, dtype=None, device=device(w))]": (
        "a Python float becomes float64, which the inputs have; on torch it would not"
    ),
    "fit_logistic_regression: … → …[xp.asarray(b, device=device(w))]": (
        "a Python float becomes float64, which the inputs have; on torch it would not"
    ),
    "fit_logistic_regression: … → …[xp.asarray(b, dtype=w.dtype, device=None)]": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "fit_logistic_regression: … → …[xp.asarray(b, dtype=w.dtype, )]": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
}

N, D = Dim("N", 2, 7), Dim("D", 1, 5)
ROWS, WEIGHTS = Dim("N", 3, 6), Dim("D", 2, 3)
STEPS = Dim("steps", 2, 4)

examples = domain(x=reals(N, D), y=integers(N, high=2), w=reals(D), b=scalar(-2, 2))


def _start():
    """Four examples with two inputs that a line separates, and a starting point."""
    return dict(
        x=np.array([[1.0, 2.0], [-1.0, 0.5], [0.5, -1.5], [2.0, -0.5]]),
        y=np.array([1, 0, 0, 1]),
        w=np.array([0.5, -1.0]),
        b=0.25,
        learning_rate=0.5,
    )


def _safe_rate(case):
    """A learning rate below 1 / (largest curvature of the loss), with two decimals."""
    curvature = (1 + np.mean(np.sum(case.x**2, axis=1))) / 4
    return float(np.floor(100 / curvature) / 100)


def _both_labels(case):
    return 0 < np.sum(case.y) < len(case.y)


def _loss(case, w, b):
    """The mean loss of the model on the examples of a case."""
    return np.mean(np.logaddexp(0, (1 - 2 * case.y) * (case.x @ w + b)))


def _losses(case, ws, bs):
    """The mean loss at every point that a fit has passed through."""
    return np.array([_loss(case, w, b) for w, b in zip(ws, bs, strict=True)])


@check(
    task="sigmoid",
    points=1,
    cases=domain(z=reals(N, D, low=-6, high=6)),
    special=[
        special("even odds", lambda: dict(z=np.array([0.0, 1.0, -1.0]))),
        special("three axes", lambda: dict(z=np.array([[[0.5, -2.0]], [[3.0, 1.5]]]))),
    ],
)
def sigmoid_values(student, case):
    """sigmoid returns 1 / (1 + exp(-z)) for every entry"""
    p = student.sigmoid(case.z)
    with np.errstate(all="ignore"):
        log_odds = np.log(p / (1 - p))
    return [
        values(p=p),
        same(log_odds, case.z, because="the logarithm of the odds, log(p / (1 - p)), is z again"),
        same(
            student.sigmoid(-case.z),
            1 - p,
            because="turning the sign of a logit turns its probability p into 1 - p",
        ),
    ]


@check(
    task="sigmoid",
    points=1,
    special=[
        special("logits of 1000 and -1000", lambda: dict(z=np.array([1000.0, -1000.0, 0.5]))),
        special("a logit of 1000", lambda: dict(z=np.array([1000.0]))),
        special("a logit of -1000", lambda: dict(z=np.array([-1000.0]))),
        special(
            "logits where exp is close to its limits",
            lambda: dict(z=np.array([[40.0, -40.0], [709.0, -709.0], [746.0, -746.0]])),
        ),
    ],
)
def sigmoid_is_stable(student, case):
    """sigmoid is right for logits as large as 1000"""
    p = student.sigmoid(case.z)
    return [
        values(p=p),
        holds(np.all((p >= 0) & (p <= 1)), because="every probability lies between 0 and 1"),
    ]


@check(
    task="binary_cross_entropy",
    points=1,
    cases=domain(p=reals(N, low=0.03, high=0.97), y=integers(N, high=2)),
    special=[
        special("one example", lambda: dict(p=np.array([0.25]), y=np.array([1]))),
        special("even odds", lambda: dict(p=np.array([0.5, 0.5, 0.5]), y=np.array([0, 1, 1]))),
    ],
)
def binary_cross_entropy_value(student, case):
    """binary_cross_entropy is the mean cost of the labels"""
    loss = student.binary_cross_entropy(case.p, case.y)
    exchanged = student.binary_cross_entropy(1 - case.p, 1 - case.y)
    return [
        values(loss=loss),
        same(
            exchanged,
            loss,
            because="with 1 - p for p and 1 - y for y the loss stays as it is",
        ),
    ]


@check(
    task="binary_cross_entropy",
    points=1,
    special=[
        special(
            "a label with almost no probability",
            lambda: dict(p=np.array([1e-60, 0.75]), y=np.array([1, 1])),
        ),
        special(
            "label 0 with almost no probability",
            lambda: dict(p=np.array([1 - 2.0**-44, 0.75]), y=np.array([0, 1])),
        ),
        special(
            "certain and right, beside others",
            lambda: dict(p=np.array([1.0, 0.0, 0.25]), y=np.array([1, 0, 1])),
        ),
        special("all certain and right", lambda: dict(p=np.array([0.0, 1.0]), y=np.array([0, 1]))),
    ],
)
def binary_cross_entropy_near_certainty(student, case):
    """binary_cross_entropy is right for p close to 0 and 1"""
    loss = student.binary_cross_entropy(case.p, case.y)
    return [
        values(loss=loss),
        holds(loss >= 0, because="no probability is above 1, so the loss is never below 0"),
    ]


@check(
    task="binary_cross_entropy_with_logits",
    points=1,
    cases=domain(z=reals(N, low=-6, high=6), y=integers(N, high=2)),
    special=[
        special("one example", lambda: dict(z=np.array([-1.5]), y=np.array([1]))),
        special("logits of 0", lambda: dict(z=np.zeros(3), y=np.array([0, 1, 1]))),
    ],
)
def with_logits_value(student, case):
    """binary_cross_entropy_with_logits is the mean loss of sigmoid(z)"""
    z, y = case.z, case.y
    loss = student.binary_cross_entropy_with_logits(z, y)
    no = student.binary_cross_entropy_with_logits(z, np.zeros_like(y))
    yes = student.binary_cross_entropy_with_logits(z, np.ones_like(y))
    return [
        values(loss=loss),
        same(
            no - yes,
            np.mean(z),
            because="turning every label from 1 into 0 adds the mean logit to the loss",
            scale=1.0,
        ),
    ]


@check(
    task="binary_cross_entropy_with_logits",
    points=1,
    special=[
        special(
            "large logits, all right",
            lambda: dict(z=np.array([1000.0, -1000.0, 3.0]), y=np.array([1, 0, 1])),
        ),
        special(
            "large logits, all wrong",
            lambda: dict(z=np.array([1000.0, -1000.0, 3.0]), y=np.array([0, 1, 0])),
        ),
        special(
            "a logit of 1000 for label 0", lambda: dict(z=np.array([1000.0]), y=np.zeros(1, int))
        ),
        special(
            "a logit of -1000 for label 1", lambda: dict(z=np.array([-1000.0]), y=np.ones(1, int))
        ),
        special(
            "logits of 40 and -40",
            lambda: dict(z=np.array([40.0, -40.0]), y=np.array([0, 1])),
        ),
    ],
)
def with_logits_is_stable(student, case):
    """binary_cross_entropy_with_logits is right for logits as large as 1000"""
    return values(loss=student.binary_cross_entropy_with_logits(case.z, case.y))


@check(
    task="logistic_gradient",
    points=1,
    cases=examples,
    special=[
        special(
            "one example",
            lambda: dict(
                x=np.array([[1.5, -0.5]]), y=np.array([1]), w=np.array([0.5, 1.0]), b=-0.5
            ),
        ),
        special(
            "logits of 1000 and -1000",
            lambda: dict(
                x=np.array([[1000.0, 2.0], [-1000.0, 1.0], [0.0, -1.0], [1000.0, 3.0]]),
                y=np.array([0, 1, 1, 1]),
                w=np.array([1.0, 0.0]),
                b=0.0,
            ),
        ),
    ],
)
def logistic_gradient_values(student, case):
    """logistic_gradient returns the gradients of the mean loss for w and b"""
    dw, db = student.logistic_gradient(case.x, case.y, case.w, case.b)
    return gradients(of=_loss(case, case.w, case.b), cotangent=1.0, w=dw, b=db)


@check(
    task="logistic_gradient",
    points=1,
    cases=domain(
        x=reals(ROWS, D),
        y=integers(ROWS, high=2),
        w=reals(D),
        b=scalar(-2, 2),
        where=_both_labels,
    ),
)
def logistic_gradient_is_a_mean_over_examples(student, case):
    """logistic_gradient is a mean over the examples, turning with y"""
    x, y, w, b = case.x, case.y, case.w, case.b
    whole = np.append(*student.logistic_gradient(x, y, w, b))
    twice = np.append(*student.logistic_gradient(np.concatenate([x, x]), np.append(y, y), w, b))
    turned = np.append(*student.logistic_gradient(x, 1 - y, -w, -b))
    share = np.mean(y)
    _, resting = student.logistic_gradient(
        x, y, np.zeros_like(w), float(np.log(share / (1 - share)))
    )
    return [
        same(twice, whole, because="repeating every example leaves dw and db as they are"),
        same(
            turned,
            -whole,
            because="exchanging the labels and the signs of w and b turns dw and db around",
        ),
        same(
            resting,
            0.0,
            because="with w = 0, and p for all examples the share of label 1, db is 0",
            scale=1.0,
        ),
    ]


@check(
    task="fit_logistic_regression",
    points=1,
    cases=domain(
        x=reals(ROWS, WEIGHTS),
        y=integers(ROWS, high=2),
        w=reals(WEIGHTS),
        b=scalar(-2, 2),
        learning_rate=choice(0.5, 0.25),
        steps=dimension(STEPS),
    ),
    special=[
        special("no steps", lambda: dict(_start(), steps=0)),
        special("twenty steps on examples that a line separates", lambda: dict(_start(), steps=20)),
        special(
            "steps so large that logits reach 1000",
            lambda: dict(_start(), y=np.array([0, 1, 1, 0]), learning_rate=4000.0, steps=3),
        ),
    ],
)
def fit_path(student, case):
    """fit_logistic_regression returns every point that it passes through"""
    ws, bs = student.fit_logistic_regression(
        case.x, case.y, case.w, case.b, case.learning_rate, case.steps
    )
    return values(bs=bs, ws=ws)


@check(
    task="fit_logistic_regression",
    points=1,
    cases=domain(
        x=reals(ROWS, WEIGHTS),
        y=integers(ROWS, high=2),
        w=reals(WEIGHTS),
        b=scalar(-2, 2),
        learning_rate=derived(_safe_rate),
        steps=dimension(STEPS),
    ),
)
def fit_goes_downhill(student, case):
    """fit_logistic_regression goes downhill, with a new gradient each step"""
    x, y, rate = case.x, case.y, case.learning_rate
    ws, bs = student.fit_logistic_regression(x, y, case.w, case.b, rate, case.steps)
    half = case.steps // 2
    middle = np.asarray(ws[half], dtype=np.float64)
    later = student.fit_logistic_regression(x, y, middle, float(bs[half]), rate, case.steps - half)
    losses = _losses(case, ws, bs)
    return [
        same(
            later,
            (ws[half:], bs[half:]),
            because="starting again from a point of the path gives the rest of the path",
        ),
        holds(
            np.all(losses[1:] <= losses[:-1] + 1e-5),
            because="with a learning rate this small the loss never rises from one step to the "
            "next",
        ),
    ]
