"""Reference solution of exercise 06: six activations, each with its backward.

Goodfellow, Bengio and Courville (2016), sections 6.3 and 6.5.2; leaky ReLU: Maas, Hannun and Ng
(2013); ELU: Clevert, Unterthiner and Hochreiter (2016); maxout: Goodfellow et al. (2013).
N rows, U output units of a maxout, k inputs for each of them.
"""

from typing import Any

from array_api_compat import array_namespace, device

Array = Any


def sigmoid_forward(x: Array) -> tuple[Array, Any]:
    """1 / (1 + exp(-x)), any shape; no exponent is positive."""
    xp = array_namespace(x)
    e = xp.exp(-xp.abs(x))
    out = xp.where(x > 0, xp.ones_like(x), e) / (1 + e)
    return out, out


def sigmoid_backward(dout: Array, cache: Any) -> Array:
    """The slope is out · (1 - out)."""
    out = cache
    return dout * out * (1 - out)


def tanh_forward(x: Array) -> tuple[Array, Any]:
    """The hyperbolic tangent, any shape."""
    xp = array_namespace(x)
    out = xp.tanh(x)
    return out, out


def tanh_backward(dout: Array, cache: Any) -> Array:
    """The slope is 1 - out²."""
    out = cache
    return dout * (1 - out**2)


def relu_forward(x: Array) -> tuple[Array, Any]:
    """max(0, x), any shape."""
    xp = array_namespace(x)
    positive = x > 0
    return xp.where(positive, x, xp.zeros_like(x)), positive


def relu_backward(dout: Array, cache: Any) -> Array:
    """Pass the gradient where x was positive."""
    xp = array_namespace(dout)
    return xp.where(cache, dout, xp.zeros_like(dout))


def leaky_relu_forward(x: Array, slope: float) -> tuple[Array, Any]:
    """x where it is positive, slope · x elsewhere, any shape."""
    xp = array_namespace(x)
    slopes = xp.where(x > 0, xp.ones_like(x), xp.full_like(x, slope))
    return slopes * x, slopes


def leaky_relu_backward(dout: Array, cache: Any) -> Array:
    """The slope is 1 where x was positive, and the given one elsewhere."""
    slopes = cache
    return dout * slopes


def elu_forward(x: Array, alpha: float) -> tuple[Array, Any]:
    """x where it is positive, alpha · (exp(x) - 1) elsewhere, any shape."""
    xp = array_namespace(x)
    positive = x > 0
    # Both sides are computed for every entry, so the exponential must not see the positive ones.
    negative = xp.where(positive, xp.zeros_like(x), x)
    out = xp.where(positive, x, alpha * xp.expm1(negative))
    return out, (positive, out, alpha)


def elu_backward(dout: Array, cache: Any) -> Array:
    """The slope is 1 where x was positive, and alpha · exp(x) = out + alpha elsewhere."""
    positive, out, alpha = cache
    xp = array_namespace(dout)
    return xp.where(positive, dout, dout * (out + alpha))


def maxout_forward(x: Array, k: int) -> tuple[Array, Any]:
    """x (N, U · k) → out (N, U), the maximum of each group of k neighbouring columns."""
    xp = array_namespace(x)
    n, columns = x.shape
    groups = xp.reshape(x, (n, columns // k, k))
    winner = xp.argmax(groups, axis=2)  # the first one, if several entries are equal
    return xp.max(groups, axis=2), (winner, k)


def maxout_backward(dout: Array, cache: Any) -> Array:
    """dout (N, U) → dx (N, U · k): the winner of each group gets all of it."""
    winner, k = cache
    xp = array_namespace(dout)
    n, units = dout.shape
    won = winner[:, :, None] == xp.arange(k, device=device(dout))
    dgroups = xp.where(won, dout[:, :, None], xp.zeros_like(dout)[:, :, None])
    return xp.reshape(dgroups, (n, units * k))
