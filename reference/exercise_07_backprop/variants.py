"""Correct implementations in other styles; each must be accepted."""

import math

import numpy as np

from grader.spec import solution, variant


@variant()
class explicit_loops:
    """Python loops over rows and columns"""

    def affine_forward(x, w, b):
        n, m = x.shape[0], w.shape[1]
        out = np.zeros((n, m))
        for i in range(n):
            for j in range(m):
                out[i, j] = sum(x[i, d] * w[d, j] for d in range(x.shape[1])) + b[j]
        return out, {"x": x, "w": w}

    def affine_backward(dout, cache):
        x, w = cache["x"], cache["w"]
        dx, dw, db = np.zeros(x.shape), np.zeros(w.shape), np.zeros(w.shape[1])
        for i in range(x.shape[0]):
            for j in range(w.shape[1]):
                dx[i] += dout[i, j] * w[:, j]
                dw[:, j] += dout[i, j] * x[i]
                db[j] += dout[i, j]
        return dx, dw, db

    def softmax_loss(scores, y):
        n, c = scores.shape
        loss, dscores = 0.0, np.zeros((n, c))
        for i in range(n):
            top = max(scores[i])
            total = sum(math.exp(s - top) for s in scores[i])
            loss += (math.log(total) - (scores[i, y[i]] - top)) / n
            for k in range(c):
                dscores[i, k] = (math.exp(scores[i, k] - top) / total - (k == y[i])) / n
        return float(loss), dscores


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def affine_forward(x, w, b):
        out, cache = solution.affine_forward(
            x.astype(np.float32), w.astype(np.float32), b.astype(np.float32)
        )
        return out, cache

    def affine_backward(dout, cache):
        return solution.affine_backward(dout.astype(np.float32), cache)

    def softmax_loss(scores, y):
        return solution.softmax_loss(scores.astype(np.float32), y)


@variant()
class boolean_indexing_and_einsum:
    """einsum, fancy indexing, a class as cache, logsumexp written with logaddexp"""

    class Cache:
        def __init__(self, **saved):
            self.__dict__.update(saved)

    def affine_forward(x, w, b):
        return np.einsum("nd,dm->nm", x, w) + b, Cache(x=x, w=w)  # noqa: F821

    def affine_backward(dout, cache):
        return (
            np.einsum("nm,dm->nd", dout, cache.w),
            np.einsum("nd,nm->dm", cache.x, dout),
            np.einsum("nm->m", dout),
        )

    def relu_forward(x):
        out = x.copy()
        out[out < 0] = 0
        return out, x.copy()

    def relu_backward(dout, cache):
        dx = dout.copy()
        dx[cache < 0] = 0
        return dx

    def softmax_loss(scores, y):
        rows = np.arange(len(y))
        log_p = scores - np.logaddexp.reduce(scores, axis=1)[:, None]
        dscores = np.exp(log_p)
        dscores[rows, y] -= 1
        return -log_p[rows, y].mean(), dscores / len(y)


@variant()
class bias_gradients_as_rows:
    """Sums over the batch with keepdims, so that db is (1, M)"""

    def affine_backward(dout, cache):
        x, w = cache
        return dout @ w.T, x.T @ dout, np.sum(dout, axis=0, keepdims=True)


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
