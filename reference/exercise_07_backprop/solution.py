"""Reference solution of exercise 07: three layers and a network, each with its backward.

Rumelhart, Hinton and Williams (1986); Goodfellow, Bengio and Courville (2016), section 6.5.
N examples, D inputs, M outputs of a layer, H hidden units, C classes.
"""

from typing import Any

from array_api_compat import array_namespace, device

Array = Any


def affine_forward(x: Array, w: Array, b: Array) -> tuple[Array, Any]:
    """x (N, D), w (D, M), b (M,) → out (N, M)."""
    return x @ w + b, (x, w)


def affine_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """dout (N, M) → dx (N, D), dw (D, M), db (M,)."""
    x, w = cache
    xp = array_namespace(dout)
    return dout @ w.T, x.T @ dout, xp.sum(dout, axis=0)


def relu_forward(x: Array) -> tuple[Array, Any]:
    """max(0, x), any shape."""
    xp = array_namespace(x)
    positive = x > 0
    return xp.where(positive, x, xp.zeros_like(x)), positive


def relu_backward(dout: Array, cache: Any) -> Array:
    """Pass the gradient where x was positive."""
    xp = array_namespace(dout)
    return xp.where(cache, dout, xp.zeros_like(dout))


def softmax_loss(scores: Array, y: Array) -> tuple[float, Array]:
    """scores (N, C), y (N,) → mean cross-entropy in nats, dscores (N, C)."""
    xp = array_namespace(scores)
    n, c = scores.shape
    shifted = scores - xp.max(scores, axis=1, keepdims=True)
    log_p = shifted - xp.log(xp.sum(xp.exp(shifted), axis=1, keepdims=True))
    one_hot = xp.astype(y[:, None] == xp.arange(c, device=device(y)), scores.dtype)
    loss = -xp.sum(one_hot * log_p) / n
    return loss, (xp.exp(log_p) - one_hot) / n


class TwoLayerNet:
    """affine → ReLU → affine → softmax loss."""

    def __init__(self, w1: Array, b1: Array, w2: Array, b2: Array) -> None:
        """w1 (D, H), b1 (H,), w2 (H, C), b2 (C,)."""
        self.w1, self.b1, self.w2, self.b2 = w1, b1, w2, b2

    def loss(self, x: Array, y: Array) -> float:
        """x (N, D), y (N,) → mean loss."""
        hidden, _ = affine_forward(x, self.w1, self.b1)
        active, _ = relu_forward(hidden)
        scores, _ = affine_forward(active, self.w2, self.b2)
        loss, _ = softmax_loss(scores, y)
        return loss

    def gradients(self, x: Array, y: Array) -> dict[str, Array]:
        """The gradient of the loss for each parameter."""
        hidden, first = affine_forward(x, self.w1, self.b1)
        active, gate = relu_forward(hidden)
        scores, second = affine_forward(active, self.w2, self.b2)
        _, dscores = softmax_loss(scores, y)
        dactive, dw2, db2 = affine_backward(dscores, second)
        _, dw1, db1 = affine_backward(relu_backward(dactive, gate), first)
        return {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2}
