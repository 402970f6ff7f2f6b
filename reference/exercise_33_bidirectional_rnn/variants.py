"""Correct implementations in other styles; each must be accepted."""

import math

import numpy as np

from grader.spec import solution, variant


@variant()
class explicit_loops:
    """Python loops over sequences, steps and units; each sequence is cut to its length"""

    def reverse_padded(xs, lengths):
        out = xs.copy()
        for n, length in enumerate(lengths):
            for t in range(length):
                out[n, t] = xs[n, length - 1 - t]
        return out

    def bidirectional_forward(xs, lengths, h0, wx, wh, b):
        rows, steps, _ = xs.shape
        units = wh.shape[1]
        hs, h_last = np.zeros((rows, steps, 2 * units)), np.zeros((rows, 2 * units))
        for n in range(rows):
            for k in (0, 1):
                h = h0[k, n]
                order = range(lengths[n]) if k == 0 else range(lengths[n] - 1, -1, -1)
                for t in order:
                    a = b[k] + xs[n, t] @ wx[k] + h @ wh[k]
                    h = np.array([math.tanh(entry) for entry in a])
                    hs[n, t, k * units : (k + 1) * units] = h
                h_last[n, k * units : (k + 1) * units] = h
        return hs, h_last, (xs, lengths, h0, wx, wh, hs)

    def bidirectional_backward(dhs, dh_last, cache):
        xs, lengths, h0, wx, wh, hs = cache
        units = wh.shape[1]
        dxs, dh0 = np.zeros(xs.shape), np.zeros(h0.shape)
        dwx, dwh, db = np.zeros(wx.shape), np.zeros(wh.shape), np.zeros((2, units))
        for n in range(len(xs)):
            for k in (0, 1):
                half = slice(k * units, (k + 1) * units)
                step = 1 if k == 0 else -1
                first = 0 if k == 0 else lengths[n] - 1
                dh = dh_last[n, half]
                for t in [first + step * s for s in range(lengths[n])][::-1]:
                    before = h0[k, n] if t == first else hs[n, t - step, half]
                    da = (dh + dhs[n, t, half]) * (1 - hs[n, t, half] ** 2)
                    dxs[n, t] += wx[k] @ da
                    dwx[k] += np.outer(xs[n, t], da)
                    dwh[k] += np.outer(before, da)
                    db[k] += da
                    dh = wh[k] @ da
                dh0[k, n] = dh
        return dxs, dh0, dwx, dwh, db


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def bidirectional_forward(xs, lengths, h0, wx, wh, b):
        floats = (a.astype(np.float32) for a in (h0, wx, wh, b))
        return solution.bidirectional_forward(xs.astype(np.float32), lengths, *floats)

    def bidirectional_backward(dhs, dh_last, cache):
        return solution.bidirectional_backward(
            dhs.astype(np.float32), dh_last.astype(np.float32), cache
        )


@variant()
class both_directions_in_one_loop:
    """Both readings side by side in one loop, einsum, padding run through and cut off after"""

    def reverse_padded(xs, lengths):
        out = np.array(xs)
        for row, length in zip(out, lengths, strict=True):
            row[:length] = row[:length][::-1].copy()
        return out

    def bidirectional_forward(xs, lengths, h0, wx, wh, b):
        rows, steps, _ = xs.shape
        real = np.arange(steps) < lengths[:, None]
        inputs = np.stack([xs, solution.reverse_padded(xs, lengths)])
        inputs = np.where(real[None, :, :, None], inputs, 0)
        projected = np.einsum("kntd,kdh->ktnh", inputs, wx) + b[:, None, None, :]
        states = [h0]
        for t in range(steps):
            states.append(np.tanh(projected[:, t] + np.einsum("knh,khj->knj", states[-1], wh)))
        states = np.stack(states, axis=2)
        last = states[:, np.arange(rows), lengths]
        right, left = np.where(real[None, :, :, None], states[:, :, 1:], 0)
        hs = np.concatenate([right, solution.reverse_padded(left, lengths)], axis=2)
        saved = dict(inputs=inputs, real=real, states=states, lengths=lengths, wx=wx, wh=wh)
        return hs, np.hstack([last[0], last[1]]), saved

    def bidirectional_backward(dhs, dh_last, cache):
        states, real, lengths = cache["states"], cache["real"], cache["lengths"]
        rows, steps = real.shape
        units = states.shape[3]
        left = solution.reverse_padded(dhs[:, :, units:], lengths)
        dstates = np.where(real[None, :, :, None], np.stack([dhs[:, :, :units], left]), 0)
        dstates[:, np.arange(rows), lengths - 1] += np.stack(np.split(dh_last, 2, axis=1))
        das = np.zeros_like(dstates)
        dh = np.zeros_like(dstates[:, :, 0])
        for t in range(steps - 1, -1, -1):
            das[:, :, t] = (dstates[:, :, t] + dh) * (1 - states[:, :, t + 1] ** 2)
            dh = np.einsum("knj,khj->knh", das[:, :, t], cache["wh"])
        dinputs = np.einsum("knth,kdh->kntd", das, cache["wx"])
        dxs = dinputs[0] + solution.reverse_padded(dinputs[1], lengths)
        dwx = np.einsum("kntd,knth->kdh", cache["inputs"], das)
        dwh = np.einsum("knth,kntj->khj", states[:, :, :-1], das)
        return dxs, dh, dwx, dwh, das.sum(axis=(1, 2))


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
