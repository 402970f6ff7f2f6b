"""What exercise 12 checks. The forward in both modes, then the backward in both modes."""

import numpy as np

from grader.spec import (
    Dim,
    check,
    choice,
    derived,
    domain,
    gradients,
    integers,
    reals,
    same,
    special,
    values,
)

NO_NOISE = "the noise comes as the argument u, and nothing is drawn in this file"
BY_HAND = "write the layer yourself"
BACKWARD = "the backward pass is what this exercise is about"

FORBIDDEN = {
    "numpy.random": NO_NOISE,
    "random": NO_NOISE,
    "torch.rand": NO_NOISE,
    "torch.rand_like": NO_NOISE,
    "torch.bernoulli": NO_NOISE,
    ".bernoulli": NO_NOISE,
    ".bernoulli_": NO_NOISE,
    "torch.nn": BY_HAND,
    "torch.dropout": BY_HAND,
    "torch.native_dropout": BY_HAND,
    "torch.autograd": BACKWARD,
    ".backward": BACKWARD,
}

EQUIVALENT_MUTANTS = {
    "dropout_forward: … → kept = xp.astype(u >= p, None)": (
        "None stands for float64, which the inputs have"
    ),
}

N, D, T = Dim("N", 1, 3), Dim("D", 2, 5), Dim("T", 2, 3)

# Noise is a multiple of 0.1 plus 0.05, so that no drawn entry ties with p.
TICKS = 10
P = choice(0.3, 0.2, 0.1, 0.4, 0.6, 0.7, 0.8)


def _noise(ticks):
    return (2 * ticks + 1) / (2 * TICKS)


def _with_noise(*shape, **more):
    """Inputs of a shape, with noise, a p, and what else is given."""
    return dict(
        p=P,
        ticks=integers(*shape, high=TICKS),
        x=reals(*shape),
        u=derived(lambda case: _noise(case.ticks)),
        **more,
    )


def _kept(case):
    return case.u >= case.p


def _mixed(case):
    """Whether something is kept and something dropped."""
    return bool(_kept(case).any() and not _kept(case).all())


layer = domain(**_with_noise(N, D), where=_mixed)
three_axes = domain(**_with_noise(T, N, D), where=_mixed)
other_noise = domain(
    **_with_noise(N, D),
    other_ticks=integers(N, D, high=TICKS),
    v=derived(lambda case: _noise(case.other_ticks)),
    where=_mixed,
)
back = domain(**_with_noise(N, D), dout=reals(N, D), where=_mixed)

COPIES = 5
spread = domain(
    entry=reals(D),
    p=choice(0.4, 0.2, 0.8, 0.6),
    start=integers(D, high=COPIES),
    x=derived(lambda case: np.tile(case.entry, (COPIES, 1))),
    u=derived(lambda case: (2 * _turned(case.start) + 1) / (2 * COPIES)),
)


def _turned(start):
    """Column d counts 0, 1, 2, 3, 4 from `start[d]` on, and begins again at 0."""
    return (np.arange(COPIES)[:, None] + start) % COPIES


after_relu = domain(
    wide=reals(N, D),
    x=derived(lambda case: np.maximum(case.wide, 0.0)),
    p=P,
    ticks=integers(N, D, high=TICKS),
    u=derived(lambda case: _noise(case.ticks)),
    dout=reals(N, D),
    where=lambda case: bool((_kept(case) & (case.x == 0)).any()),
)


def _tells_masks_apart(case):
    first, second = case.u >= case.p, case.v >= case.q
    return bool((second & ~first).any() and (second & first).any())


two_layers = domain(
    **_with_noise(N, D),
    q=P,
    other_ticks=integers(N, D, high=TICKS),
    v=derived(lambda case: _noise(case.other_ticks)),
    dout=reals(N, D),
    where=_tells_masks_apart,
)


def _example(x, u, p, **more):
    """A case for the explicit inputs."""
    x = np.array(x, dtype=np.float64)
    return dict(x=x, u=np.array(u, dtype=np.float64), p=p) | more


CLOSE_TO_ONE = 1 - 2.0**-7


@check(task="dropout_forward", points=2, cases=layer)
def training_output(student, case):
    """In training, what has u >= p is kept and divided by 1 - p, the rest is 0"""
    out, _ = student.dropout_forward(case.x, case.u, case.p, training=True)
    return values(out=out)


@check(
    task="dropout_forward",
    points=1,
    cases=three_axes,
    count=4,
    special=[
        special("one axis", lambda: _example([1.0, -2.0, 3.0], [0.15, 0.95, 0.45], 0.3)),
        special("one entry", lambda: _example([[-3.0]], [[0.75]], 0.2)),
        special(
            "four axes",
            lambda: _example([[[[1.0, 2.0]], [[-3.0, 4.0]]]], [[[[0.5, 0.1]], [[0.2, 0.9]]]], 0.4),
        ),
    ],
)
def noise_of_every_entry(student, case):
    """In training, every entry of x is kept or dropped by its own u"""
    out, _ = student.dropout_forward(case.x, case.u, case.p, training=True)
    flipped = case.u.copy()
    flipped.flat[0] = case.p / 2 if case.u.flat[0] >= case.p else (1 + case.p) / 2
    changed, _ = student.dropout_forward(case.x, flipped, case.p, training=True)
    return [
        values(out=out, changed=changed),
        same(
            changed.ravel()[1:],
            out.ravel()[1:],
            because="changing the noise of one entry leaves all other entries as they are",
        ),
    ]


@check(task="dropout_forward", points=1, cases=spread, count=4)
def average_over_noise(student, case):
    """In training, out averages to x over noise that is spread evenly"""
    out, _ = student.dropout_forward(case.x, case.u, case.p, training=True)
    return [
        values(out=out),
        same(
            out.mean(axis=0),
            case.entry,
            because="the rows of x are copies, and their noise is spread evenly from 0 to 1, so "
            "the rows of out average to a row of x",
        ),
    ]


@check(
    task="dropout_forward",
    points=1,
    special=[
        special(
            "noise equal to p",
            lambda: _example([[1.0, -2.0, 4.0]], [[0.25, 0.125, 0.375]], 0.25),
        ),
        special("p of 0", lambda: _example([[1.0, -2.0, 0.5]], [[0.0, 0.75, 0.25]], 0.0)),
        special(
            "p close to 1",
            lambda: _example([[2.0, -1.0, 3.0]], [[0.5, 1 - 2.0**-8, 0.984375]], CLOSE_TO_ONE),
        ),
        special("everything dropped", lambda: _example([[1.0], [-2.0]], [[0.0], [0.625]], 0.75)),
        special("everything kept", lambda: _example([[1.0], [-2.0]], [[0.875], [0.25]], 0.125)),
    ],
)
def training_output_at_the_edges(student, case):
    """In training, noise may equal p, and p may be 0 or close to 1"""
    out, _ = student.dropout_forward(case.x, case.u, case.p, training=True)
    return values(out=out)


@check(
    task="dropout_forward",
    points=1,
    cases=other_noise,
    count=4,
    special=[
        special(
            "p close to 1",
            lambda: _example(
                [2.0, -1.0, 0.0],
                [0.5, 0.0, 1 - 2.0**-8],
                CLOSE_TO_ONE,
                v=np.array([1 - 2.0**-8, 0.25, 0.0]),
            ),
        )
    ],
)
def eval_output(student, case):
    """In eval mode, dropout_forward returns x, whatever u and p are"""
    out, _ = student.dropout_forward(case.x, case.u, case.p, training=False)
    again, _ = student.dropout_forward(case.x, case.v, case.p, training=False)
    return [
        values(out=out),
        same(again, out, because="in eval mode other noise gives the same out"),
    ]


@check(task="dropout_backward", points=1, cases=back, requires=[training_output])
def training_gradients(student, case):
    """In training, dropout_backward returns the gradient for x"""
    out, cache = student.dropout_forward(case.x, case.u, case.p, training=True)
    dx = student.dropout_backward(case.dout, cache)
    forward, _ = student.dropout_forward(case.dout, case.u, case.p, training=True)
    return [
        gradients(of=out, cotangent=case.dout, x=dx),
        same(dx, forward, because="with the same noise, the forward would make dx out of dout"),
    ]


@check(
    task="dropout_backward",
    points=1,
    cases=after_relu,
    count=4,
    special=[
        special(
            "every entry of x is 0",
            lambda: _example([[0.0, 0.0]], [[0.75, 0.125]], 0.25, dout=np.array([[3.0, -1.0]])),
        )
    ],
)
def gradients_where_x_is_zero(student, case):
    """In training, the gradient follows the mask also where x is 0"""
    out, cache = student.dropout_forward(case.x, case.u, case.p, training=True)
    return gradients(of=out, cotangent=case.dout, x=student.dropout_backward(case.dout, cache))


@check(task="dropout_backward", points=1, cases=back, count=4)
def eval_gradients(student, case):
    """In eval mode, dropout_backward returns dout"""
    out, cache = student.dropout_forward(case.x, case.u, case.p, training=False)
    dx = student.dropout_backward(case.dout, cache)
    return [
        gradients(of=out, cotangent=case.dout, x=dx),
        same(dx, case.dout, because="in eval mode dx equals dout"),
    ]


@check(task="dropout_backward", points=1, cases=two_layers, count=4)
def gradients_of_two_layers(student, case):
    """Two dropout layers in a row: each goes back with its own mask"""
    hidden, first = student.dropout_forward(case.x, case.u, case.p, training=True)
    out, second = student.dropout_forward(hidden, case.v, case.q, training=True)
    dhidden = student.dropout_backward(case.dout, second)
    return gradients(of=out, cotangent=case.dout, x=student.dropout_backward(dhidden, first))
