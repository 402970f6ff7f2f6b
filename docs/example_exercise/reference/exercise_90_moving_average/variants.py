"""Correct implementations in other styles; each must be accepted."""

import numpy as np

from grader.spec import solution, variant


@variant()
class explicit_loops:
    """A slice per row going forward, += per row going back"""

    def moving_average_forward(x, window):
        rows = [x[max(0, t - window + 1) : t + 1] for t in range(len(x))]
        return np.array([row.mean(axis=0) for row in rows]), window

    def moving_average_backward(dout, cache):
        dx = np.zeros(dout.shape)
        for t in range(len(dout)):
            start = max(0, t - cache + 1)
            dx[start : t + 1] += dout[t] / (t + 1 - start)
        return dx


@variant()
class running_sums:
    """Differences of cumulative sums, with a dict as cache"""

    def moving_average_forward(x, window):
        steps = np.arange(len(x))
        first = np.maximum(0, steps - window + 1)
        total = np.concatenate([np.zeros((1, x.shape[1])), np.cumsum(x, axis=0)])
        counts = (steps + 1 - first)[:, None]
        return (total[steps + 1] - total[first]) / counts, {"counts": counts, "window": window}

    def moving_average_backward(dout, cache):
        steps = np.arange(len(dout))
        last = np.minimum(steps + cache["window"], len(dout))
        shares = dout / cache["counts"]
        total = np.concatenate([np.zeros((1, dout.shape[1])), np.cumsum(shares, axis=0)])
        return total[last] - total[steps]


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def moving_average_forward(x, window):
        return solution.moving_average_forward(x.astype(np.float32), window)

    def moving_average_backward(dout, cache):
        return solution.moving_average_backward(dout.astype(np.float32), cache)


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
