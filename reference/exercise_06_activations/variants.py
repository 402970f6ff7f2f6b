"""Correct implementations in other styles; each must be accepted."""

import math

import numpy as np

from grader.spec import solution, variant


def _each(function, x, *others):
    """A function of single numbers, applied entry by entry."""
    rows = [np.ravel(array) for array in (x, *others)]
    numbers = [function(*(float(v) for v in entry)) for entry in zip(*rows, strict=True)]
    return np.array(numbers).reshape(x.shape)


@variant()
class explicit_loops:
    """One number at a time, with Python's math; the caches keep x"""

    def sigmoid_forward(x):
        def one(v):
            return 1 / (1 + math.exp(-v)) if v >= 0 else math.exp(v) / (1 + math.exp(v))

        out = _each(one, x)
        return out, {"out": out}

    def sigmoid_backward(dout, cache):
        return _each(lambda g, s: g * (s - s * s), dout, cache["out"])

    def tanh_forward(x):
        return _each(math.tanh, x), x

    def tanh_backward(dout, cache):
        return _each(lambda g, v: g * (1 - math.tanh(v)) * (1 + math.tanh(v)), dout, cache)

    def relu_forward(x):
        return _each(lambda v: max(0.0, v), x), x

    def relu_backward(dout, cache):
        return _each(lambda g, v: g if v >= 0 else 0.0, dout, cache)

    def leaky_relu_forward(x, slope):
        return _each(lambda v: v if v >= 0 else slope * v, x), (x, slope)

    def leaky_relu_backward(dout, cache):
        x, slope = cache
        return _each(lambda g, v: g if v >= 0 else slope * g, dout, x)

    def elu_forward(x, alpha):
        return _each(lambda v: v if v >= 0 else alpha * (math.exp(v) - 1), x), (x, alpha)

    def elu_backward(dout, cache):
        x, alpha = cache
        return _each(lambda g, v: g if v >= 0 else g * alpha * math.exp(v), dout, x)

    def maxout_forward(x, k):
        out = np.empty((x.shape[0], x.shape[1] // k))
        winners = np.empty(out.shape, dtype=int)
        for n in range(out.shape[0]):
            for u in range(out.shape[1]):
                best = u * k
                for column in range(u * k + 1, u * k + k):
                    if x[n, column] > x[n, best]:
                        best = column
                out[n, u], winners[n, u] = x[n, best], best
        return out, (winners, x.shape)

    def maxout_backward(dout, cache):
        winners, shape = cache
        dx = np.zeros(shape)
        for n in range(dout.shape[0]):
            for u in range(dout.shape[1]):
                dx[n, winners[n, u]] += dout[n, u]
        return dx


@variant()
class short_formulas:
    """One-line NumPy; 1 / (1 + exp(-x)) overflows to 1 / inf, which is the right 0"""

    def sigmoid_forward(x):
        out = 1 / (1 + np.exp(-x))
        return out, out

    def relu_forward(x):
        return np.maximum(x, 0), np.sign(x)

    def relu_backward(dout, cache):
        return dout * (cache + 1) / 2

    def leaky_relu_forward(x, slope):
        return np.maximum(x, 0) + slope * np.minimum(x, 0), (x >= 0, slope)

    def leaky_relu_backward(dout, cache):
        right, slope = cache
        return dout * (right + slope * ~right)

    def elu_forward(x, alpha):
        out = np.maximum(x, 0) + alpha * (np.exp(np.minimum(x, 0)) - 1)
        return out, (out, alpha)

    def elu_backward(dout, cache):
        out, alpha = cache
        return dout * np.where(out >= 0, 1, out + alpha)

    def maxout_forward(x, k):
        places = [x[:, j::k] for j in range(k)]
        return np.maximum.reduce(places), (np.argmax(np.stack(places), axis=0), k)

    def maxout_backward(dout, cache):
        winner, k = cache
        dx = np.zeros((dout.shape[0], dout.shape[1] * k))
        for j in range(k):
            dx[:, j::k] = np.where(winner == j, dout, 0)
        return dx


@variant()
class hyperbolic_functions:
    """The sigmoid as a stretched tanh, slopes from x with cosh and exp"""

    def sigmoid_forward(x):
        return (1 + np.tanh(x / 2)) / 2, x

    def sigmoid_backward(dout, cache):
        return dout / (2 * np.cosh(cache / 2)) ** 2

    def tanh_forward(x):
        e = np.exp(-2 * np.abs(x))
        return np.sign(x) * (1 - e) / (1 + e), x

    def tanh_backward(dout, cache):
        return dout / np.cosh(cache) ** 2

    def elu_forward(x, alpha):
        out, keep = x.copy(), x.copy()
        out[x < 0] = alpha * np.expm1(x[x < 0])
        return out, (keep, alpha)

    def elu_backward(dout, cache):
        x, alpha = cache
        dx = dout.copy()
        dx[x < 0] *= alpha * np.exp(x[x < 0])
        return dx

    def maxout_forward(x, k):
        groups = x.reshape(x.shape[0], -1, k)
        first = np.argmax(groups, axis=-1)[..., None]
        return np.take_along_axis(groups, first, axis=-1)[..., 0], (first, groups.shape)

    def maxout_backward(dout, cache):
        first, shape = cache
        dx = np.zeros(shape)
        np.put_along_axis(dx, first, dout[..., None], axis=-1)
        return dx.reshape(shape[0], -1)


def _single(x):
    return x.astype(np.float32)


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def sigmoid_forward(x):
        return solution.sigmoid_forward(_single(x))

    def sigmoid_backward(dout, cache):
        return solution.sigmoid_backward(_single(dout), cache)

    def tanh_forward(x):
        return solution.tanh_forward(_single(x))

    def tanh_backward(dout, cache):
        return solution.tanh_backward(_single(dout), cache)

    def relu_forward(x):
        return solution.relu_forward(_single(x))

    def leaky_relu_forward(x, slope):
        return solution.leaky_relu_forward(_single(x), slope)

    def leaky_relu_backward(dout, cache):
        return solution.leaky_relu_backward(_single(dout), cache)

    def elu_forward(x, alpha):
        return solution.elu_forward(_single(x), alpha)

    def elu_backward(dout, cache):
        return solution.elu_backward(_single(dout), cache)

    def maxout_forward(x, k):
        return solution.maxout_forward(_single(x), k)

    def maxout_backward(dout, cache):
        return solution.maxout_backward(_single(dout), cache)


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
