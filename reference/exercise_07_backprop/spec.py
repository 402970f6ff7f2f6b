"""What exercise 07 checks. Layers are judged one by one, then the network that joins them."""

import numpy as np

from grader.spec import (
    Dim,
    check,
    domain,
    gradients,
    group,
    integers,
    reals,
    same,
    special,
    values,
)

FORBIDDEN = {
    "torch.autograd": "the backward pass is what this exercise is about",
    ".backward": "the backward pass is what this exercise is about",
    "torch.nn": "write the layers yourself",
}

ROW_VECTORS = ("affine_backward", "TwoLayerNet.gradients")

EQUIVALENT_MUTANTS = {
    "… → positive = x >= 0": (
        "they differ at x = 0 alone, where the output is 0 and any slope from 0 to 1 counts"
    ),
    "… → …xp.arange(c, device=None), scores.dtype)": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "… → …xp.arange(c, ), scores.dtype)": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "… → …xp.arange(c, device=device(y)), None)": "None stands for float64, which the inputs have",
}

N, D, M = Dim("N", 2, 6), Dim("D", 1, 6), Dim("M", 1, 6)
H, C = Dim("H", 2, 7), Dim("C", 2, 7)

affine = domain(x=reals(N, D), w=reals(D, M), b=reals(M), dout=reals(N, M))
activation = domain(x=reals(N, D, away_from=0.0), dout=reals(N, D))
scored = domain(scores=reals(N, C, low=-4, high=4), y=integers(N, high=C))


def _hidden(case):
    return case.x @ case.params["w1"] + case.params["b1"]


network = domain(
    x=reals(N, D, low=-1, high=1),
    y=integers(N, high=C),
    params=group(
        w1=reals(D, H, low=-1, high=1),
        b1=reals(H, low=-1, high=1),
        w2=reals(H, C, low=-1, high=1),
        b2=reals(C, low=-1, high=1),
    ),
    where=lambda case: bool(np.all(np.abs(_hidden(case)) > 0.02)),
)


@check(task="affine_forward", points=1, cases=affine)
def affine_forward_values(student, case):
    """affine_forward returns x @ w + b"""
    out, _ = student.affine_forward(case.x, case.w, case.b)
    return values(out=out)


@check(task="affine_backward", points=2, cases=affine, requires=[affine_forward_values])
def affine_backward_gradients(student, case):
    """affine_backward returns the gradients for x, w and b"""
    out, cache = student.affine_forward(case.x, case.w, case.b)
    dx, dw, db = student.affine_backward(case.dout, cache)
    return gradients(of=out, cotangent=case.dout, x=dx, w=dw, b=db)


@check(
    task="relu_forward",
    points=1,
    cases=activation,
    special=[special("a large negative entry", lambda: dict(x=np.array([[-1e4, 3.0]])))],
)
def relu_forward_values(student, case):
    """relu_forward returns max(0, x)"""
    out, _ = student.relu_forward(case.x)
    return values(out=out)


@check(task="relu_backward", points=1, cases=activation, requires=[relu_forward_values])
def relu_backward_gradients(student, case):
    """relu_backward lets the gradient through where x was positive"""
    out, cache = student.relu_forward(case.x)
    return gradients(of=out, cotangent=case.dout, x=student.relu_backward(case.dout, cache))


@check(task="softmax_loss", points=1, cases=scored)
def softmax_loss_value(student, case):
    """softmax_loss returns the mean cross-entropy of the batch"""
    loss, _ = student.softmax_loss(case.scores, case.y)
    shifted, _ = student.softmax_loss(case.scores + 3.0, case.y)
    return [
        values(loss=loss),
        same(shifted, loss, because="adding 3 to every score leaves the loss as it is"),
    ]


@check(task="softmax_loss", points=1, cases=scored)
def softmax_loss_gradient(student, case):
    """softmax_loss returns the gradient of its loss"""
    loss, dscores = student.softmax_loss(case.scores, case.y)
    return [
        gradients(of=loss, cotangent=1.0, scores=dscores),
        same(
            dscores.sum(axis=1),
            np.zeros(len(case.y)),
            because="each row of dscores sums to 0",
            scale=1.0,
        ),
    ]


@check(
    task="softmax_loss",
    points=1,
    special=[
        special(
            "scores of 1000",
            lambda: dict(scores=np.array([[1000.0, 998.0], [1.0, 3.0]]), y=np.array([1, 0])),
        ),
        special(
            "scores of -1000",
            lambda: dict(scores=np.array([[-1000.0, -1001.5, -1003.0]]), y=np.array([2])),
        ),
        special(
            "a right class with almost no probability",
            lambda: dict(scores=np.array([[60.0, 0.0], [0.0, 1.0]]), y=np.array([1, 1])),
        ),
        special(
            "rows far apart",
            lambda: dict(scores=np.array([[900.0, 901.0], [-900.0, -902.0]]), y=np.array([0, 1])),
        ),
    ],
)
def softmax_loss_is_stable(student, case):
    """softmax_loss stays finite and right for scores as large as 1000"""
    loss, dscores = student.softmax_loss(case.scores, case.y)
    return values(loss=loss, dscores=dscores)


@check(task="TwoLayerNet", points=1, cases=network)
def network_loss(student, case):
    """TwoLayerNet.loss chains affine, ReLU, affine and the softmax loss"""
    p = case.params
    net = student.TwoLayerNet(p["w1"], p["b1"], p["w2"], p["b2"])
    return values(loss=net.loss(case.x, case.y))


@check(task="TwoLayerNet", points=1, cases=network)
def network_gradients(student, case):
    """TwoLayerNet.gradients returns the gradient of the loss for all parameters"""
    p = case.params
    net = student.TwoLayerNet(p["w1"], p["b1"], p["w2"], p["b2"])
    loss = net.loss(case.x, case.y)
    return gradients(of=loss, cotangent=1.0, params=net.gradients(case.x, case.y))
