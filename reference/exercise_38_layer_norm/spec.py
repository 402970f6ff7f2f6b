"""What exercise 38 checks: two norms, the feed-forward block, the residual in both orders."""

import numpy as np

from grader.spec import (
    Dim,
    check,
    choice,
    domain,
    gradients,
    group,
    holds,
    reals,
    same,
    special,
    values,
)

FORBIDDEN = {
    "torch.nn": "write the layers yourself",
    "torch.layer_norm": "write the layer yourself",
    "torch.native_layer_norm": "write the layer yourself",
    "torch.rms_norm": "write the layer yourself",
    "torch.autograd": "the backward pass is what this exercise is about",
    "torch.func": "the backward pass is what this exercise is about",
    ".backward": "the backward pass is what this exercise is about",
}

ROW_VECTORS = ("layer_norm_backward", "feed_forward_backward", "residual_backward")

EQUIVALENT_MUTANTS = {
    "feed_forward_forward: … → hidden = xp.where(z >= 0, z, xp.zeros_like(z))": (
        "they differ at z = 0 alone, where both sides are 0"
    ),
    "feed_forward_backward: … → dz = xp.where(hidden != 0, dhidden, xp.zeros_like(dhidden))": (
        "the output of a ReLU is never negative"
    ),
    'residual_forward: … → if order >= "pre":': "of the two words, this holds for pre alone",
    'residual_backward: … → if order >= "pre":': "of the two words, this holds for pre alone",
}

B, T, D = Dim("B", 1, 3), Dim("T", 1, 4), Dim("D", 2, 5)
STEPS, WIDTH, F = Dim("T", 2, 4), Dim("D", 3, 5), Dim("F", 1, 5)

ORDERS = ("pre", "post")
#: So large that its place and its presence show in every case.
EPS = choice(0.5, 0.25, 0.125)
#: Added to float32 numbers around 0. Their sums with it are exact.
FAR = 10000.0


def _varied(x, least=0.2):
    """Whether every position varies enough to be divided by its own deviation."""
    return bool(np.all(np.var(x, axis=-1) > least))


def _hidden(x, params):
    return x @ params["w1"] + params["b1"]


def _no_kink(x, params):
    return bool(np.all(np.abs(_hidden(x, params)) > 0.02))


def _residual_is_smooth(case):
    """Both orders stay away from the ReLU's kink, and both norms have something to divide by."""
    x, p = case.x, case.params
    if not _varied(x):
        return False
    centred = x - x.mean(axis=-1, keepdims=True)
    normed = centred / np.sqrt(np.var(x, axis=-1, keepdims=True) + 1e-5)
    added = np.maximum(_hidden(x, p), 0) @ p["w2"] + p["b2"]
    return _no_kink(x, p) and _no_kink(normed * p["scale"] + p["shift"], p) and _varied(x + added)


normed = domain(
    x=reals(B, T, D),
    scale=reals(D, away_from=0.0, margin=0.25),
    shift=reals(D, away_from=0.0, margin=0.25),
    eps=EPS,
    where=lambda case: _varied(case.x),
)
moved = domain(
    x=reals(B, STEPS, WIDTH),
    scale=reals(WIDTH, away_from=0.0, margin=0.25),
    shift=reals(WIDTH),
    stretch=reals(B, STEPS, 1, low=0.5, high=4),
    offset=reals(B, STEPS, 1, low=-4, high=4, away_from=0.0, margin=1.0),
    where=lambda case: _varied(case.x),
)
far = domain(
    x=reals(B, T, WIDTH),
    scale=reals(WIDTH, low=-1, high=1),
    shift=reals(WIDTH, low=-1, high=1),
    where=lambda case: _varied(case.x, 0.5),
)
normed_back = domain(
    x=reals(B, T, WIDTH),
    scale=reals(WIDTH, away_from=0.0, margin=0.25),
    shift=reals(WIDTH),
    eps=EPS,
    dout=reals(B, T, WIDTH),
    where=lambda case: _varied(case.x),
)
scaled = domain(
    x=reals(B, T, D),
    scale=reals(D, away_from=0.0, margin=0.25),
    eps=EPS,
    stretch=reals(B, T, 1, low=0.5, high=4),
    where=lambda case: _varied(case.x),
)


def _block(**more):
    return domain(
        x=reals(B, T, D, low=-1, high=1),
        w1=reals(D, F),
        b1=reals(F, low=-1, high=1),
        w2=reals(F, D),
        b2=reals(D, low=-1, high=1),
        **more,
        where=lambda case: bool(np.all(np.abs(case.x @ case.w1 + case.b1) > 0.02)),
    )


residual = domain(
    x=reals(B, T, WIDTH),
    params=group(
        scale=reals(WIDTH, away_from=0.0, margin=0.25),
        shift=reals(WIDTH, low=-1, high=1),
        w1=reals(WIDTH, F, low=-1, high=1),
        b1=reals(F, low=-1, high=1),
        w2=reals(F, WIDTH, low=-1, high=1),
        b2=reals(WIDTH, low=-1, high=1),
    ),
    dout=reals(B, T, WIDTH),
    where=_residual_is_smooth,
)


def _example(x, eps=None):
    """A case of a norm for the explicit inputs; without `eps` the default is asked for."""
    x = np.array(x, dtype=np.float64)
    number = np.arange(x.shape[-1])
    return dict(
        x=x,
        scale=1.5 - 0.75 * number,
        shift=0.5 - 1.25 * number,
        eps=eps,
        stretch=np.full((*x.shape[:-1], 1), 2.0),
        dout=np.sin(1.0 + np.arange(x.size)).reshape(x.shape),
    )


def _network(shape, units, b1=None, size=1.0):
    """A case of the feed-forward block with fixed numbers."""
    rng, width = np.random.default_rng(38), shape[-1]

    def numbers(*of):
        return np.round(rng.uniform(-1, 1, of), 2)

    x, w1, w2, b2 = numbers(*shape), numbers(width, units), numbers(units, width), numbers(width)
    b1 = numbers(units) if b1 is None else np.full(units, b1)
    return dict(x=size * x, w1=w1, b1=b1, w2=size * w2, b2=size * b2, dout=numbers(*shape))


def _joined(shape, units, **changes):
    """A case of the residual connection with fixed numbers."""
    case = _network(shape, units, **changes)
    x, dout = case.pop("x"), case.pop("dout")
    number = np.arange(shape[-1])
    case |= dict(scale=1.5 - 0.5 * number, shift=0.25 * number - 0.5)
    return dict(x=x, params=case, dout=dout)


CONSTANT = special("a constant position", lambda: _example([[[2.0] * 3, [1.0, -3.0, 0.5]]], 0.25))
ONE_FEATURE = special("one feature", lambda: _example([[[3.0], [-1.0]]], 0.5))
SMALL = special(
    "numbers near zero, with the default eps",
    lambda: _example([[[0.001, -0.004, 0.0005], [0.0, 0.003, 0.001]]]),
)


def _norm(student, case, x=None, eps=None):
    """The layer norm; without an `eps` here or in the case, its default."""
    eps = case.eps if eps is None else eps
    given = () if eps is None else (eps,)
    x = case.x if x is None else x
    return student.layer_norm_forward(x, case.scale, case.shift, *given)


@check(
    task="layer_norm_forward",
    points=1,
    cases=normed,
    special=[CONSTANT, ONE_FEATURE, SMALL],
)
def layer_norm_values(student, case):
    """layer_norm_forward normalises each position over its features, then scales and shifts it"""
    out, _ = _norm(student, case)
    alone, _ = _norm(student, case, case.x[:1, -1:])
    return [
        values(out=out),
        same(alone, out[:1, -1:], because="a position gets the same output without the others"),
    ]


@check(task="layer_norm_forward", points=1, cases=moved, count=4)
def layer_norm_ignores_offset_and_stretch(student, case):
    """layer_norm_forward gives the same after a position was moved or stretched, if eps is 0"""
    out, _ = student.layer_norm_forward(case.x, case.scale, case.shift, 0.0)
    x = case.x * case.stretch + case.offset
    changed, _ = student.layer_norm_forward(x, case.scale, case.shift, 0.0)
    return [
        values(out=out),
        same(
            changed,
            out,
            because="with eps = 0, stretching and moving each position changes nothing",
        ),
    ]


@check(task="layer_norm_forward", points=1, cases=far, count=3, single_precision=True)
def layer_norm_far_from_zero(student, case):
    """layer_norm_forward stays right for float32 numbers around 10,000"""
    near, _ = student.layer_norm_forward(case.x, case.scale, case.shift)
    x, scale, shift = (part.astype(np.float32) for part in (case.x + FAR, case.scale, case.shift))
    out, _ = student.layer_norm_forward(x, scale, shift)
    return [
        values(near=near),
        holds(
            np.max(np.abs(out - near)) < 0.05,
            because="adding 10,000 to float32 numbers changes the output by less than 0.05",
        ),
    ]


@check(
    task="layer_norm_backward",
    points=2,
    cases=normed_back,
    special=[CONSTANT, ONE_FEATURE, SMALL],
)
def layer_norm_gradients(student, case):
    """layer_norm_backward returns the gradients for x, scale and shift"""
    out, cache = _norm(student, case)
    dx, dscale, dshift = student.layer_norm_backward(case.dout, cache)
    size = float(np.max(np.abs(case.dout * case.scale)))
    found = [
        gradients(of=out, cotangent=case.dout, x=dx, scale=dscale, shift=dshift),
        same(
            dx.sum(axis=-1),
            np.zeros(dx.shape[:-1]),
            because="each position's dx adds up to 0 over the features",
            scale=size / float(np.sqrt(case.eps or 1e-5)),
        ),
    ]
    if _varied(case.x):
        _, cache = _norm(student, case, eps=0.0)
        dx, _, _ = student.layer_norm_backward(case.dout, cache)
        right_angle = same(
            (case.x * dx).sum(axis=-1),
            np.zeros(dx.shape[:-1]),
            because="with eps = 0, each position's dx is at right angles to x",
            scale=size,
        )
        found += [values(dx_without_eps=dx), right_angle]
    return found


def _rms(student, case, x=None, eps=None):
    eps = case.eps if eps is None else eps
    given = () if eps is None else (eps,)
    return student.rms_norm(case.x if x is None else x, case.scale, *given)


@check(
    task="rms_norm",
    points=1,
    cases=scaled,
    special=[
        special("a position of zeros", lambda: _example([[[0.0, 0.0], [1.0, -2.0]]], 0.25)),
        ONE_FEATURE,
        SMALL,
    ],
)
def rms_norm_values(student, case):
    """rms_norm divides each position by the root of its mean square, then scales it"""
    out = _rms(student, case)
    found = [values(out=out)]
    if np.all(np.any(case.x != 0, axis=-1)):
        plain = _rms(student, case, eps=0.0)
        stretched = _rms(student, case, case.x * case.stretch, eps=0.0)
        found += [
            values(without_eps=plain),
            same(stretched, plain, because="with eps = 0, stretching a position changes nothing"),
        ]
    return found


@check(
    task="feed_forward_forward",
    points=1,
    cases=_block(),
    special=[special("one position and one hidden unit", lambda: _network((1, 1, 2), 1))],
)
def feed_forward_values(student, case):
    """feed_forward_forward sends every position through the same two layers"""
    weights = (case.w1, case.b1, case.w2, case.b2)
    out, _ = student.feed_forward_forward(case.x, *weights)
    alone, _ = student.feed_forward_forward(case.x[:, -1:], *weights)
    return [
        values(out=out),
        same(alone, out[:, -1:], because="a position gets the same output without the others"),
    ]


@check(
    task="feed_forward_backward",
    points=1,
    cases=_block(dout=reals(B, T, D)),
    special=[
        special("one position and one hidden unit", lambda: _network((1, 1, 2), 1)),
        special("every hidden unit silent", lambda: _network((2, 1, 2), 3, b1=-9.0)),
    ],
    requires=[feed_forward_values],
)
def feed_forward_gradients(student, case):
    """feed_forward_backward returns the gradients for x, w1, b1, w2 and b2"""
    out, cache = student.feed_forward_forward(case.x, case.w1, case.b1, case.w2, case.b2)
    dx, dw1, db1, dw2, db2 = student.feed_forward_backward(case.dout, cache)
    return gradients(of=out, cotangent=case.dout, x=dx, w1=dw1, b1=db1, w2=dw2, b2=db2)


def _silent(params):
    """The parameters with a feed-forward block that gives nothing."""
    nothing = {name: np.zeros_like(params[name]) for name in ("w2", "b2")}
    return {**params, **nothing}


@check(
    task="residual_forward",
    points=1,
    cases=residual,
    count=4,
    special=[
        special("one position", lambda: _joined((1, 1, 3), 2)),
        special("numbers that hardly vary", lambda: _joined((1, 2, 3), 2, size=0.004)),
    ],
)
def residual_values(student, case):
    """residual_forward adds the block to x, with the norm before it or after the sum"""
    pre, _ = student.residual_forward(case.x, case.params, "pre")
    post, _ = student.residual_forward(case.x, case.params, "post")
    silent = _silent(case.params)
    kept, _ = student.residual_forward(case.x, silent, "pre")
    return [
        values(pre=pre, post=post),
        same(kept, case.x, because='with w2 and b2 zero, the order "pre" gives back x'),
    ]


@check(
    task="residual_backward",
    points=1,
    cases=residual,
    count=4,
    special=[special("one position", lambda: _joined((1, 1, 3), 2))],
    requires=[residual_values],
)
def residual_gradients(student, case):
    """residual_backward returns the gradients for x and all parameters, in both orders"""
    found = []
    for order in ORDERS:
        out, cache = student.residual_forward(case.x, case.params, order)
        dx, dparams = student.residual_backward(case.dout, cache)
        found.append(gradients(of=out, cotangent=case.dout, x=dx, params=dparams))
    return found
