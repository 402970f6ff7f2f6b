"""Correct implementations in other styles; each must be accepted."""

import math

import numpy as np

from grader.spec import solution, variant


@variant()
class explicit_loops:
    """Python loops over sequences, units and inputs, with math.tanh"""

    def rnn_step_forward(x, h, wx, wh, b):
        rows, units = h.shape
        h_next = np.zeros((rows, units))
        for n in range(rows):
            for j in range(units):
                a = b[j]
                for d in range(x.shape[1]):
                    a += x[n, d] * wx[d, j]
                for k in range(units):
                    a += h[n, k] * wh[k, j]
                h_next[n, j] = math.tanh(a)
        return h_next, {"x": x, "h": h, "wx": wx, "wh": wh, "h_next": h_next}

    def rnn_step_backward(dh_next, cache):
        x, h, wx, wh = cache["x"], cache["h"], cache["wx"], cache["wh"]
        dx, dh = np.zeros(x.shape), np.zeros(h.shape)
        dwx, dwh, db = np.zeros(wx.shape), np.zeros(wh.shape), np.zeros(len(wh))
        for n in range(len(h)):
            for j in range(len(wh)):
                da = dh_next[n, j] * (1 - cache["h_next"][n, j] ** 2)
                db[j] += da
                dx[n] += da * wx[:, j]
                dh[n] += da * wh[:, j]
                dwx[:, j] += da * x[n]
                dwh[:, j] += da * h[n]
        return dx, dh, dwx, dwh, db


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def rnn_step_forward(x, h, wx, wh, b):
        return solution.rnn_step_forward(*(a.astype(np.float32) for a in (x, h, wx, wh, b)))

    def rnn_step_backward(dh_next, cache):
        return solution.rnn_step_backward(dh_next.astype(np.float32), cache)


@variant()
class one_matrix_for_input_and_state:
    """x, h and a column of ones side by side, one stacked weight matrix, einsum going back"""

    class Saved:
        def __init__(self, **arrays):
            self.__dict__.update(arrays)

    def rnn_step_forward(x, h, wx, wh, b):
        both = np.hstack([x, h, np.ones((len(x), 1))])
        w = np.vstack([wx, wh, b])
        a = both @ w
        saved = Saved(both=both, w=w, a=a, inputs=x.shape[1])  # noqa: F821
        return np.tanh(a), saved

    def rnn_step_backward(dh_next, cache):
        slope = 1 - np.tanh(cache.a) ** 2
        dboth = np.einsum("nj,nj,mj->nm", dh_next, slope, cache.w)
        dw = np.einsum("nm,nj,nj->mj", cache.both, dh_next, slope)
        cut = cache.inputs
        return dboth[:, :cut], dboth[:, cut:-1], dw[:cut], dw[cut:-1], dw[-1]


@variant()
class inputs_projected_at_once:
    """The inputs of all steps are projected before the loop, weight gradients after it"""

    def rnn_forward(xs, h0, wx, wh, b):
        rows, steps, _ = xs.shape
        states = np.empty((rows, steps + 1, len(b)))
        states[:, 0] = h0
        projected = np.tensordot(xs, wx, axes=1) + b
        for t in range(steps):
            states[:, t + 1] = np.tanh(projected[:, t] + states[:, t] @ wh)
        return states[:, 1:], (xs, states, wx, wh)

    def rnn_backward(dhs, cache):
        xs, states, wx, wh = cache
        slopes = (1 - states[:, 1:]) * (1 + states[:, 1:])
        das = np.empty(dhs.shape)
        dh = np.zeros(dhs[:, 0].shape)
        for t in range(dhs.shape[1] - 1, -1, -1):
            das[:, t] = (dhs[:, t] + dh) * slopes[:, t]
            dh = das[:, t] @ wh.T
        dwx = np.tensordot(xs, das, axes=([0, 1], [0, 1]))
        dwh = np.tensordot(states[:, :-1], das, axes=([0, 1], [0, 1]))
        return das @ wx.T, dh, dwx, dwh, das.sum(axis=(0, 1))


@variant()
class recursion_with_time_in_front:
    """Axes exchanged to (T, B, D), the first step first and then the rest by recursion"""

    def _run(xs, h, weights):
        if len(xs) == 0:
            return [], []
        h_next, cache = solution.rnn_step_forward(xs[0], h, *weights)
        states, caches = _run(xs[1:], h_next, weights)  # noqa: F821
        return [h_next, *states], [cache, *caches]

    def _back(dhs, caches):
        _, h, wx, wh, _ = caches[0]
        later = np.zeros(h.shape), np.zeros(wx.shape), np.zeros(wh.shape), np.zeros(len(wh))
        dxs = []
        if len(caches) > 1:
            dxs, *later = _back(dhs[1:], caches[1:])  # noqa: F821
        dx, dh, *here = solution.rnn_step_backward(dhs[0] + later[0], caches[0])
        return [dx, *dxs], dh, *(a + c for a, c in zip(here, later[1:], strict=True))

    def rnn_forward(xs, h0, wx, wh, b):
        states, caches = _run(np.swapaxes(xs, 0, 1), h0, (wx, wh, b))  # noqa: F821
        return np.swapaxes(np.array(states), 0, 1), caches

    def rnn_backward(dhs, cache):
        dxs, *others = _back(np.swapaxes(dhs, 0, 1), cache)  # noqa: F821
        return np.swapaxes(np.array(dxs), 0, 1), *others


@variant()
class tanh_from_a_sigmoid:
    """tanh(a) = 2 σ(2a) - 1 with exponentials that cannot overflow, slope 4 σ (1 - σ)"""

    def rnn_step_forward(x, h, wx, wh, b):
        a = x @ wx + h @ wh + b
        small = np.exp(-2 * np.abs(a))
        s = np.where(a >= 0, 1 / (1 + small), small / (1 + small))
        return 2 * s - 1, (x, h, wx, wh, s)

    def rnn_step_backward(dh_next, cache):
        x, h, wx, wh, s = cache
        da = 4 * s * (1 - s) * dh_next
        return np.dot(da, wx.T), np.dot(da, wh.T), np.dot(x.T, da), np.dot(h.T, da), da.sum(0)


@variant()
class bias_gradients_as_rows:
    """db keeps the axis of the batch"""

    def rnn_step_backward(dh_next, cache):
        *others, db = solution.rnn_step_backward(dh_next, cache)
        return *others, db[None, :]


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
