"""What exercise 09 checks: the path of every optimizer, then what its formulas imply."""

import numpy as np

from grader.spec import (
    Dim,
    check,
    choice,
    derived,
    dimension,
    domain,
    group,
    integers,
    reals,
    same,
    special,
    values,
)

FORBIDDEN = {"torch.optim": "the update rules are what this exercise is about"}

T = Dim("T", 1, 3)
D, M, K = Dim("D", 1, 4), Dim("M", 1, 4), Dim("K", 1, 5)
SMALLEST, LARGEST = -8, 5

LR = choice(0.5, 0.25, 0.1)
EPS = choice(1e-8, 1e-6, 1e-5)
MOMENTS = dict(beta1=choice(0.9, 0.8, 0.6), beta2=choice(0.999, 0.99, 0.95), eps=EPS)
NO_EPS = 1e-30


def _by_name(w, b):
    """Gradients of one step; their names stand in another order than those of the parameters."""
    return {"b": b, "w": w}


def _gradients_of_order_one(case):
    return [_by_name(w, b) for w, b in zip(case.gw, case.gb, strict=True)]


def _ill_scaled_gradients(case):
    """Entries between 1e-8 and 1e4; each keeps its scale from step to step."""
    return [
        _by_name(w * 10.0**case.ew, b * 10.0**case.eb)
        for w, b in zip(case.gw, case.gb, strict=True)
    ]


_params = group(w=reals(D, M), b=reals(K))
_factors = dict(gw=reals(T, D, M), gb=reals(T, K))


def even(**settings):
    """A walk with gradients of order one."""
    return domain(
        lr=LR,
        settings=group(**settings),
        params=_params,
        **_factors,
        grads=derived(_gradients_of_order_one),
    )


def uneven(**settings):
    """A walk with gradients from 1e-8 to 1e4."""
    return domain(
        lr=LR,
        settings=group(**settings),
        params=_params,
        **_factors,
        ew=integers(D, M, low=SMALLEST, high=LARGEST),
        eb=integers(K, low=SMALLEST, high=LARGEST),
        grads=derived(_ill_scaled_gradients),
    )


def _walk(*grads, params, lr=0.25, **settings):
    return dict(lr=lr, settings=settings, params=params, grads=list(grads))


def _rest(params):
    """Gradients of zero."""
    return {name: np.zeros_like(p) for name, p in reversed(params.items())}


def _two():
    """Two parameters of the same shape, so that their gradients could be mixed up."""
    return dict(w=np.array([1.5, -0.5]), b=np.array([-1.0, 2.0]))


def _push(factor=1.0):
    return dict(b=factor * np.array([0.5, -2e-8]), w=factor * np.array([-1.0, 3e-7]))


def _three():
    """Three parameters of unequal sizes."""
    return dict(
        table=np.array([[[1.0, -2.0, 0.5]], [[0.25, 1.5, -1.0]]]),
        w=np.array([[2.0, -0.5], [1.0, -1.5]]),
        b=np.array([0.75, -1.25]),
    )


def _pushes():
    return dict(
        b=np.array([-3e-7, 0.5]),
        table=np.array([[[1e-8, -2e-7, 3e-6]], [[4e-5, 0.0, 6e-3]]]),
        w=np.array([[1e4, -2e3], [3e-8, 4e2]]),
    )


DEFAULTS = special("the default settings", lambda: _walk(_push(), _push(-3), params=_two()))


def sizes(**settings):
    """Three tensors: one is pushed, then all rest, then all are pushed."""

    def build():
        rest, pushes = _rest(_three()), _pushes()
        return _walk({**rest, "b": -2 * pushes["b"]}, rest, pushes, params=_three(), **settings)

    return special("three tensors, gradients of zero and from 1e-8 to 1e4", build)


def _path(optimizer, case):
    """The parameters after every step; the last step starts where the first one did."""
    params, path = case.params, {}
    for number, grads in enumerate(case.grads[:-1], start=1):
        path[f"after_step_{number}"] = params = optimizer.step(params, grads)
    again = "_from_the_start_again" if path else ""
    path[f"after_step_{len(case.grads)}{again}"] = optimizer.step(case.params, case.grads[-1])
    return values(**path)


@check(task="SGD", points=1, count=3, cases=even(), special=[sizes()])
def sgd_path(student, case):
    """SGD.step moves every parameter down its own gradient"""
    return _path(student.SGD(case.lr), case)


@check(
    task="Momentum",
    points=1,
    count=3,
    cases=even(momentum=choice(0.9, 0.75, 0.6)),
    special=[DEFAULTS, sizes(momentum=0.25)],
)
def momentum_path(student, case):
    """Momentum.step updates the velocities and moves by them"""
    return _path(student.Momentum(case.lr, **case.settings), case)


def _push_and_turn():
    return dict(
        lr=0.25,
        momentum=0.75,
        params=dict(w=np.array([[1.0], [-0.5]]), b=np.array([2.0])),
        grads=dict(b=np.array([-0.5]), w=np.array([[2.0], [1.0]])),
        turned=dict(b=np.array([1.5]), w=np.array([[-0.5], [-4.0]])),
    )


@check(
    task="Momentum",
    points=1,
    special=[special("a push, and then another way", _push_and_turn)],
)
def momentum_gains_speed(student, case):
    """Momentum gains speed, rolls on, and shares nothing with another object"""
    lr, momentum, params, grads = case.lr, case.momentum, case.params, case.grads
    rolling = student.Momentum(lr, momentum)
    one = rolling.step(params, grads)
    two = rolling.step(one, grads)
    three = rolling.step(two, _rest(params))
    again, plain = student.Momentum(lr, momentum), student.Momentum(lr, 0.0)
    started = again.step(params, grads)
    first = plain.step(params, case.turned)
    return [
        same(
            two,
            {name: one[name] - (1 + momentum) * lr * grads[name] for name in params},
            because="under one gradient, the second move is (1 + momentum) · lr · g",
        ),
        same(
            three,
            {name: two[name] + momentum * (two[name] - one[name]) for name in params},
            because="a gradient of zero leaves momentum times the move before it",
        ),
        same(
            again.step(started, grads),
            two,
            because="another Momentum, used in between, has no influence",
        ),
        same(
            plain.step(first, grads),
            {name: first[name] - lr * grads[name] for name in params},
            because="with a momentum of 0 every move is lr · g, as in plain gradient descent",
        ),
    ]


@check(task="AdaGrad", points=1, count=3, cases=uneven(eps=EPS), special=[DEFAULTS, sizes()])
def adagrad_path(student, case):
    """AdaGrad.step divides by the root of the sum of all squares so far"""
    return _path(student.AdaGrad(case.lr, **case.settings), case)


@check(
    task="RMSprop",
    points=1,
    count=3,
    cases=uneven(beta=choice(0.9, 0.8, 0.6), eps=EPS),
    special=[DEFAULTS, sizes(beta=0.25)],
)
def rmsprop_path(student, case):
    """RMSprop.step divides by the root of the moving average of squares"""
    return _path(student.RMSprop(case.lr, **case.settings), case)


@check(
    task="Adam",
    points=1,
    count=3,
    cases=uneven(**MOMENTS),
    special=[DEFAULTS, sizes(beta1=0.25, beta2=0.4)],
)
def adam_path(student, case):
    """Adam.step moves by the corrected averages of gradients and squares"""
    return _path(student.Adam(case.lr, **case.settings), case)


def _small_and_large():
    return dict(
        lr=0.25,
        beta1=0.9,
        beta2=0.99,
        params=dict(w=np.array([[1.0], [-0.5]]), b=np.array([2.0])),
        grads=dict(b=np.array([-1e-7]), w=np.array([[0.5], [1e4]])),
        turned=dict(b=np.array([3e-7]), w=np.array([[-0.25], [-2e4]])),
    )


@check(
    task="Adam",
    points=1,
    special=[special("gradients from 1e-7 to 1e4", _small_and_large)],
)
def adam_moves_by_the_learning_rate(student, case):
    """Adam moves by lr under one gradient, whatever the gradient's size"""
    params, moves = case.params, {name: case.lr * np.sign(g) for name, g in case.grads.items()}
    settings = (case.lr, case.beta1, case.beta2, NO_EPS)
    told, shouted = student.Adam(*settings), student.Adam(*settings)
    quiet, loud = [params], [params]
    for grads in (case.grads, case.grads, case.turned):
        quiet.append(told.step(quiet[-1], grads))
        loud.append(shouted.step(loud[-1], {name: 1024.0 * g for name, g in grads.items()}))
    return [
        same(
            quiet[1],
            {name: params[name] - moves[name] for name in params},
            because="the first step is lr against the sign of the gradient (without eps)",
        ),
        same(
            quiet[2],
            {name: params[name] - 2 * moves[name] for name in params},
            because="under the same gradient the second step is as long (without eps)",
        ),
        same(
            loud[3],
            quiet[3],
            because="gradients that are all 1024 times larger give the same path (without eps)",
        ),
    ]


@check(
    task="AdamW",
    points=1,
    count=3,
    cases=uneven(**MOMENTS, weight_decay=choice(0.1, 0.25, 0.4)),
    special=[DEFAULTS, sizes(beta1=0.25, beta2=0.4, weight_decay=2.0)],
)
def adamw_path(student, case):
    """AdamW.step moves as Adam does, and shrinks the parameters separately"""
    return _path(student.AdamW(case.lr, **case.settings), case)


def _strong_decay():
    return dict(
        lr=0.5,
        weight_decay=0.25,
        params=dict(w=np.array([[4.0], [-0.5]]), b=np.array([2.0])),
        grads=dict(b=np.array([-1e-3]), w=np.array([[3.0], [20.0]])),
    )


@check(task="AdamW", points=1, special=[special("a strong decay", _strong_decay)])
def adamw_decay_is_decoupled(student, case):
    """AdamW shrinks parameters alike, whatever their gradients"""
    lr, decay, params = case.lr, case.weight_decay, case.params
    shrunk = student.AdamW(lr, weight_decay=decay).step(params, _rest(params))
    with_decay = student.AdamW(lr, weight_decay=decay).step(params, case.grads)
    without = student.AdamW(lr, weight_decay=0.0).step(params, case.grads)
    return [
        same(
            shrunk,
            {name: (1 - lr * decay) * p for name, p in params.items()},
            because="with gradients of zero the parameters shrink by the factor 1 - lr · "
            "weight_decay",
        ),
        same(
            with_decay,
            {name: without[name] - lr * decay * p for name, p in params.items()},
            because="the decay takes lr · weight_decay · p from what a weight_decay of 0 gives",
        ),
    ]


def _scheduled(step, warmup_steps, total_steps, **settings):
    return lambda: dict(
        step=step,
        peak_lr=0.5,
        warmup_steps=warmup_steps,
        total_steps=total_steps,
        settings=settings,
    )


@check(
    task="cosine_schedule",
    points=1,
    count=4,
    cases=domain(
        step=dimension(Dim("step", 1, 16)),
        peak_lr=choice(0.5, 2.0, 0.125),
        warmup_steps=dimension(Dim("warmup_steps", 2, 6)),
        total_steps=dimension(Dim("total_steps", 9, 14)),
        settings=group(min_lr=choice(0.0625, 0.01, 0.03125)),
    ),
    special=[
        special("step 0 of a warm-up", _scheduled(0, 3, 9)),
        special("the last step of the rise", _scheduled(2, 3, 9, min_lr=0.1)),
        special("the peak", _scheduled(3, 3, 9, min_lr=0.1)),
        special("the first step down", _scheduled(4, 3, 9, min_lr=0.1)),
        special("the last step", _scheduled(9, 3, 9, min_lr=0.1)),
        special("the first step beyond the end", _scheduled(10, 3, 9, min_lr=0.1)),
        special("far beyond the end", _scheduled(16, 3, 9)),
        special("step 0 without a warm-up", _scheduled(0, 0, 9)),
        special("step 1 without a warm-up", _scheduled(1, 0, 9)),
        special("a descent of one step", _scheduled(6, 5, 6, min_lr=0.1)),
    ],
)
def cosine_schedule_values(student, case):
    """cosine_schedule rises along a line and falls along half a cosine"""
    lr = student.cosine_schedule(
        case.step, case.peak_lr, case.warmup_steps, case.total_steps, **case.settings
    )
    return values(lr=lr)
