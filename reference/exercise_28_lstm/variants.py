"""Correct implementations in other styles; each must be accepted."""

import math

import numpy as np

from grader.spec import solution, variant


@variant()
class explicit_loops:
    """Python loops over sequences, units and inputs, with math.exp"""

    def _gate(x, h, wx, wh, b, column):
        a = b[column]
        a += sum(x[d] * wx[d, column] for d in range(len(x)))
        a += sum(h[k] * wh[k, column] for k in range(len(h)))
        return a

    def _squash(a):
        if a >= 0:
            return 1 / (1 + math.exp(-a))
        return math.exp(a) / (1 + math.exp(a))

    def lstm_step_forward(x, h, c, wx, wh, b):
        rows, units = h.shape
        h_next, c_next = np.zeros((rows, units)), np.zeros((rows, units))
        gates = np.zeros((rows, 4, units))
        for n in range(rows):
            for j in range(units):
                a = [_gate(x[n], h[n], wx, wh, b, k * units + j) for k in range(4)]  # noqa: F821
                i, f, o = (_squash(a[k]) for k in (0, 1, 3))  # noqa: F821
                g = math.tanh(a[2])
                gates[n, :, j] = i, f, g, o
                c_next[n, j] = f * c[n, j] + i * g
                h_next[n, j] = o * math.tanh(c_next[n, j])
        return h_next, c_next, (x, h, c, wx, wh, gates, c_next)

    def lstm_step_backward(dh_next, dc_next, cache):
        x, h, c, wx, wh, gates, c_next = cache
        dx, dh, dc = np.zeros(x.shape), np.zeros(h.shape), np.zeros(c.shape)
        dwx, dwh, db = np.zeros(wx.shape), np.zeros(wh.shape), np.zeros(wx.shape[1])
        rows, units = h.shape
        for n in range(rows):
            for j in range(units):
                i, f, g, o = gates[n, :, j]
                t = math.tanh(c_next[n, j])
                total = dc_next[n, j] + dh_next[n, j] * o * (1 - t * t)
                dc[n, j] = total * f
                da = [
                    total * g * i * (1 - i),
                    total * c[n, j] * f * (1 - f),
                    total * i * (1 - g * g),
                    dh_next[n, j] * t * o * (1 - o),
                ]
                for k in range(4):
                    column = k * units + j
                    dx[n] += da[k] * wx[:, column]
                    dh[n] += da[k] * wh[:, column]
                    dwx[:, column] += da[k] * x[n]
                    dwh[:, column] += da[k] * h[n]
                    db[column] += da[k]
        return dx, dh, dc, dwx, dwh, db

    def forget_bias(b, value):
        hidden = len(b) // 4
        return np.array([value if hidden <= k < 2 * hidden else b[k] for k in range(4 * hidden)])


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def lstm_step_forward(x, h, c, wx, wh, b):
        return solution.lstm_step_forward(*(a.astype(np.float32) for a in (x, h, c, wx, wh, b)))

    def lstm_step_backward(dh_next, dc_next, cache):
        return solution.lstm_step_backward(
            dh_next.astype(np.float32), dc_next.astype(np.float32), cache
        )

    def forget_bias(b, value):
        return solution.forget_bias(b.astype(np.float32), value)


@variant()
class one_matrix_for_inputs_and_state:
    """x and h side by side, one stacked weight matrix, an object as cache, einsum going back"""

    class Saved:
        def __init__(self, **arrays):
            self.__dict__.update(arrays)

    def lstm_step_forward(x, h, c, wx, wh, b):
        both, w = np.hstack([x, h]), np.vstack([wx, wh])
        a = (both @ w + b).reshape(len(x), 4, -1)
        i, f, o = (0.5 + 0.5 * np.tanh(0.5 * a[:, k]) for k in (0, 1, 3))
        g = np.tanh(a[:, 2])
        new = f * c + i * g
        saved = Saved(both=both, w=w, inputs=x.shape[1], c=c, new=new, gates=(i, f, g, o))  # noqa: F821
        return o * np.tanh(new), new, saved

    def lstm_step_backward(dh_next, dc_next, cache):
        i, f, g, o = cache.gates
        total = dc_next + dh_next * o / np.cosh(cache.new) ** 2
        da = np.stack(
            [
                total * g * i * (1 - i),
                total * cache.c * f * (1 - f),
                total * i * (1 - g) * (1 + g),
                dh_next * np.tanh(cache.new) * o * (1 - o),
            ],
            axis=1,
        )
        da = da.reshape(len(da), -1)
        dboth = np.einsum("nk,mk->nm", da, cache.w)
        dw = np.einsum("nm,nk->mk", cache.both, da)
        cut = cache.inputs
        return dboth[:, :cut], dboth[:, cut:], total * f, dw[:cut], dw[cut:], np.einsum("nk->k", da)


@variant()
class inputs_projected_at_once:
    """The inputs of all steps are projected before the loop, weight gradients after it"""

    def lstm_forward(xs, h0, c0, wx, wh, b):
        rows, steps, _ = xs.shape
        units = h0.shape[1]
        projected = np.tensordot(xs, wx, axes=1) + b
        hs = np.empty((rows, steps + 1, units))
        cs = np.empty((rows, steps + 1, units))
        gates = np.empty((rows, steps, 4 * units))
        hs[:, 0], cs[:, 0] = h0, c0
        candidate = slice(2 * units, 3 * units)
        for t in range(steps):
            a = projected[:, t] + hs[:, t] @ wh
            gates[:, t] = 0.5 + 0.5 * np.tanh(0.5 * a)
            gates[:, t, candidate] = np.tanh(a[:, candidate])
            i, f, g, o = np.split(gates[:, t], 4, axis=1)
            cs[:, t + 1] = f * cs[:, t] + i * g
            hs[:, t + 1] = o * np.tanh(cs[:, t + 1])
        return hs[:, 1:], cs[:, -1], dict(xs=xs, hs=hs, cs=cs, gates=gates, wx=wx, wh=wh)

    def lstm_backward(dhs, dc_last, cache):
        xs, hs, cs, gates = (cache[name] for name in ("xs", "hs", "cs", "gates"))
        das = np.zeros_like(gates)
        dh, dc = np.zeros_like(dc_last), dc_last
        for t in range(xs.shape[1] - 1, -1, -1):
            i, f, g, o = np.split(gates[:, t], 4, axis=1)
            shown = np.tanh(cs[:, t + 1])
            dh = dh + dhs[:, t]
            dc = dc + dh * o * (1 - shown**2)
            slopes = [dc * g * i * (1 - i), dc * cs[:, t] * f * (1 - f), dc * i * (1 - g**2)]
            das[:, t] = np.hstack([*slopes, dh * shown * o * (1 - o)])
            dh, dc = das[:, t] @ cache["wh"].T, dc * f
        dwx = np.tensordot(xs, das, axes=([0, 1], [0, 1]))
        dwh = np.tensordot(hs[:, :-1], das, axes=([0, 1], [0, 1]))
        return das @ cache["wx"].T, dh, dc, dwx, dwh, das.sum(axis=(0, 1))

    def forget_bias(b, value):
        b = b.copy()
        b.reshape(4, -1)[1] = value
        return b


@variant()
class bias_gradients_as_rows:
    """db keeps the axis of the batch"""

    def lstm_step_backward(dh_next, dc_next, cache):
        *others, db = solution.lstm_step_backward(dh_next, dc_next, cache)
        return *others, db[None, :]


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
