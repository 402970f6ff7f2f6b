"""What exercise 11 checks. The forward in both modes, then the backward in both modes."""

import numpy as np

from grader.spec import (
    Dim,
    check,
    choice,
    constant,
    derived,
    domain,
    gradients,
    reals,
    same,
    special,
    values,
)

FORBIDDEN = {
    "torch.nn": "write the layer yourself",
    "torch.batch_norm": "write the layer yourself",
    "torch.native_batch_norm": "write the layer yourself",
    "torch.autograd": "the backward pass is what this exercise is about",
    ".backward": "the backward pass is what this exercise is about",
}

ROW_VECTORS = ("batch_norm_backward",)

N, D = Dim("N", 2, 6), Dim("D", 1, 5)
# Two rows leave next to nothing of dx, so gradients are drawn with three or more.
ROWS, WIDTH, K = Dim("N", 3, 6), Dim("D", 2, 5), Dim("K", 2, 5)

TINY = 0.003


def _features(width):
    """What one feature brings along."""
    return dict(
        gamma=reals(width, away_from=0.0),
        beta=reals(width),
        # So far from 0 that the batch's mean cannot cancel it in the new average.
        running_mean=reals(width, low=-3, high=3, away_from=0.0, margin=1.5),
        running_var=reals(width, low=0.25, high=2),
        momentum=choice(0.25, 0.1, 0.4),
    )


def _spread(x):
    """Whether every feature varies enough to be divided by its own deviation."""
    return bool(np.all(np.var(x, axis=0) > 0.1))


EPS = choice(0.25, 0.01, 1e-5)

batch = domain(x=reals(N, D), **_features(D), eps=EPS)
back = domain(
    x=reals(ROWS, D),
    **_features(D),
    eps=EPS,
    dout=reals(ROWS, D),
    where=lambda case: _spread(case.x),
)
back_in_eval = domain(**batch.fields, dout=reals(N, D))
no_eps = domain(
    x=reals(ROWS, WIDTH),
    **_features(WIDTH),
    scale=reals(WIDTH, low=0.5, high=4),
    shift=reals(WIDTH, low=-4, high=4),
    where=lambda case: _spread(case.x),
)
after_weights = domain(
    a=reals(ROWS, K),
    w=reals(K, WIDTH),
    **_features(WIDTH),
    dout=reals(ROWS, WIDTH),
    where=lambda case: _spread(case.a @ case.w),
)


def _with_tiny_variances(rows, **more):
    """Variances about as large as an epsilon of 1e-5, in the batch and in the averages."""
    given = _features(D)
    given["running_var"] = derived(lambda case: TINY**2 * case.wide_var)
    return domain(
        wide=reals(rows, D),
        wide_var=reals(D, low=0.25, high=2),
        running_mean=given.pop("running_mean"),
        x=derived(lambda case: case.running_mean + TINY * case.wide),
        **given,
        eps=constant(1e-5),
        **more,
        where=lambda case: _spread(case.wide),
    )


tiny = _with_tiny_variances(ROWS)
tiny_back = _with_tiny_variances(ROWS, dout=reals(ROWS, D))


def _example(x, **changes):
    """A case for the explicit inputs: `x`, and something for all the other arguments."""
    x = np.array(x, dtype=np.float64)
    number = np.arange(x.shape[1])
    case = dict(
        x=x,
        gamma=1.5 - 0.75 * number,
        beta=0.5 - number,
        running_mean=0.25 + 0.5 * number,
        running_var=1.25 + 0.5 * number,
        momentum=0.25,
        eps=0.5,
        dout=np.sin(1.0 + np.arange(x.size)).reshape(x.shape),
    )
    return case | changes


TWO_ROWS = special("two rows", lambda: _example([[1.0, -2.0, 0.5], [3.0, 1.0, 0.0]]))
ONE_ROW = special("one row", lambda: _example([[1.0, -2.0, 0.5]]))
CONSTANT = special(
    "a constant feature",
    lambda: _example([[2.0, 1.0], [2.0, -3.0], [2.0, 0.5]], eps=0.01),
)
THREE_ROWS = [[1.0, -2.0], [4.0, 0.5], [-1.0, 1.5]]


def _forward(student, case, x=None, *, training, eps=None):
    return student.batch_norm_forward(
        case.x if x is None else x,
        case.gamma,
        case.beta,
        case.running_mean,
        case.running_var,
        training=training,
        momentum=case.momentum,
        eps=case.eps if eps is None else eps,
    )


@check(
    task="batch_norm_forward",
    points=2,
    cases=batch,
    amplifier=tiny,
    special=[TWO_ROWS, CONSTANT],
)
def training_output(student, case):
    """In training, batch_norm_forward normalises the batch, then scales and shifts it"""
    out, _, _, _ = _forward(student, case, training=True)
    var = np.var(case.x, axis=0)
    return [
        values(out=out),
        same(out.mean(axis=0), case.beta, because="over the batch, out has mean beta", scale=1.0),
        same(
            out.var(axis=0),
            case.gamma**2 * var / (var + case.eps),
            because="over the batch, out has variance gamma² · var / (var + eps)",
            scale=1.0,
        ),
    ]


@check(
    task="batch_norm_forward",
    points=2,
    cases=batch,
    special=[
        TWO_ROWS,
        special("a momentum of 0", lambda: _example(THREE_ROWS, momentum=0.0)),
        special("a momentum of 1", lambda: _example(THREE_ROWS, momentum=1.0)),
    ],
)
def running_statistics(student, case):
    """In training, batch_norm_forward moves the running mean and variance towards the batch"""
    _, mean, var, _ = _forward(student, case, training=True)
    return values(running_mean=mean, running_var=var)


@check(
    task="batch_norm_forward",
    points=1,
    cases=batch,
    amplifier=tiny,
    special=[
        ONE_ROW,
        special("a batch far from the averages", lambda: _example([[90.0, -70.0], [95.0, -60.0]])),
    ],
)
def eval_output(student, case):
    """In eval mode, batch_norm_forward uses the running statistics and leaves them alone"""
    out, mean, var, _ = _forward(student, case, training=False)
    alone, _, _, _ = _forward(student, case, case.x[-1:], training=False)
    return [
        values(out=out, running_mean=mean, running_var=var),
        same(alone, out[-1:], because="an example gets the same output without the others"),
    ]


@check(
    task="batch_norm_forward",
    points=1,
    cases=no_eps,
    special=[
        special(
            "features millions away from zero",
            lambda: _example(
                [[-1.0, 4.0, 2.0], [0.0, -3.0, -1.0], [1.0, -1.0, -1.0]],
                scale=np.ones(3),
                shift=np.array([5e6, -3e6, 0.0]),
            ),
        )
    ],
)
def training_output_of_moved_features(student, case):
    """Stretching and moving a feature leaves the training output as it is, if eps is 0"""
    out, _, _, _ = _forward(student, case, training=True, eps=0.0)
    x = case.x * case.scale + case.shift
    moved, _, _, _ = _forward(student, case, x, training=True, eps=0.0)
    return [
        values(out=out, moved=moved),
        same(moved, out, because="in x · scale + shift, neither scale nor shift matters"),
    ]


@check(
    task="batch_norm_backward",
    points=2,
    cases=back,
    amplifier=tiny_back,
    special=[TWO_ROWS, CONSTANT],
)
def training_gradients(student, case):
    """In training, batch_norm_backward returns the gradients for x, gamma and beta"""
    out, _, _, cache = _forward(student, case, training=True)
    dx, dgamma, dbeta = student.batch_norm_backward(case.dout, cache)
    return [
        gradients(of=out, cotangent=case.dout, x=dx, gamma=dgamma, beta=dbeta),
        same(
            dx.sum(axis=0),
            np.zeros(dx.shape[1]),
            because="each feature's dx adds up to 0 over the batch",
            scale=float(np.max(np.abs(case.dout * case.gamma / np.sqrt(case.eps)))),
        ),
    ]


@check(
    task="batch_norm_backward",
    points=1,
    cases=back_in_eval,
    amplifier=tiny_back,
    special=[ONE_ROW],
)
def eval_gradients(student, case):
    """In eval mode, batch_norm_backward returns the gradients for x, gamma and beta"""
    out, _, _, cache = _forward(student, case, training=False)
    dx, dgamma, dbeta = student.batch_norm_backward(case.dout, cache)
    return gradients(of=out, cotangent=case.dout, x=dx, gamma=dgamma, beta=dbeta)


@check(task="batch_norm_backward", points=1, cases=after_weights)
def gradient_of_weights_before(student, case):
    """No gradient asks the weights before the layer to grow or to shrink, if eps is 0"""
    x = case.a @ case.w
    _, _, _, cache = _forward(student, case, x, training=True, eps=0.0)
    dx, _, _ = student.batch_norm_backward(case.dout, cache)
    dw = case.a.T @ dx
    return [
        values(dx=dx),
        same(
            (case.w * dw).sum(axis=0),
            np.zeros(dx.shape[1]),
            because="with x = a @ w, each column of dw = a.T @ dx is at right angles to that of w",
            scale=float(np.max(np.abs(case.dout * case.gamma))),
        ),
    ]
