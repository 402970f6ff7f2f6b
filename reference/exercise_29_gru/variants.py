"""Correct implementations in other styles; each must be accepted."""

import math

import numpy as np

from grader.spec import solution, variant


@variant()
class explicit_loops:
    """Python loops over sequences, units and inputs, with math.exp"""

    def _sum(values, weights, bias, column):
        return bias[column] + sum(v * weights[k, column] for k, v in enumerate(values))

    def _squash(a):
        if a >= 0:
            return 1 / (1 + math.exp(-a))
        return math.exp(a) / (1 + math.exp(a))

    def gru_step_forward(x, h, wx, wh, bx, bh):
        rows, units = h.shape
        h_next, kept = np.zeros((rows, units)), np.zeros((rows, 4, units))
        for row in range(rows):
            for j in range(units):
                columns = [j, units + j, 2 * units + j]
                p = [_sum(x[row], wx, bx, column) for column in columns]  # noqa: F821
                q = [_sum(h[row], wh, bh, column) for column in columns]  # noqa: F821
                r, z = (_squash(p[k] + q[k]) for k in (0, 1))  # noqa: F821
                n = math.tanh(p[2] + r * q[2])
                kept[row, :, j] = r, z, n, q[2]
                h_next[row, j] = (1 - z) * n + z * h[row, j]
        return h_next, (x, h, wx, wh, kept)

    def gru_step_backward(dh_next, cache):
        x, h, wx, wh, kept = cache
        dx, dh = np.zeros(x.shape), np.zeros(h.shape)
        dwx, dwh = np.zeros(wx.shape), np.zeros(wh.shape)
        dbx, dbh = np.zeros(wx.shape[1]), np.zeros(wx.shape[1])
        rows, units = h.shape
        for row in range(rows):
            for j in range(units):
                r, z, n, q = kept[row, :, j]
                above = dh_next[row, j]
                inner = above * (1 - z) * (1 - n * n)
                of_p = [inner * q * r * (1 - r), above * (h[row, j] - n) * z * (1 - z), inner]
                of_q = [of_p[0], of_p[1], inner * r]
                dh[row, j] += above * z
                for k in range(3):
                    column = k * units + j
                    dx[row] += of_p[k] * wx[:, column]
                    dh[row] += of_q[k] * wh[:, column]
                    dwx[:, column] += of_p[k] * x[row]
                    dwh[:, column] += of_q[k] * h[row]
                    dbx[column] += of_p[k]
                    dbh[column] += of_q[k]
        return dx, dh, dwx, dwh, dbx, dbh


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def gru_step_forward(x, h, wx, wh, bx, bh):
        return solution.gru_step_forward(*(a.astype(np.float32) for a in (x, h, wx, wh, bx, bh)))

    def gru_step_backward(dh_next, cache):
        return solution.gru_step_backward(dh_next.astype(np.float32), cache)


@variant()
class a_step_towards_the_candidate:
    """The new state as n + z (h - n), a dict as cache, einsum going back"""

    def gru_step_forward(x, h, wx, wh, bx, bh):
        units = h.shape[1]
        gates, inner = slice(0, 2 * units), slice(2 * units, 3 * units)
        both = x @ wx[:, gates] + h @ wh[:, gates] + (bx + bh)[gates]
        r, z = np.split(0.5 + 0.5 * np.tanh(0.5 * both), 2, axis=1)
        seen = h @ wh[:, inner] + bh[inner]
        n = np.tanh(x @ wx[:, inner] + bx[inner] + r * seen)
        return n + z * (h - n), dict(x=x, h=h, wx=wx, wh=wh, r=r, z=z, n=n, seen=seen)

    def gru_step_backward(dh_next, cache):
        h, r, z, n = (cache[name] for name in ("h", "r", "z", "n"))
        through_n = (dh_next - dh_next * z) * (1 - n) * (1 + n)
        through_z = dh_next * (h - n) * (z - z**2)
        through_r = through_n * cache["seen"] * (r - r**2)
        shape = (len(h), 3, h.shape[1])
        dp, dq = np.zeros(shape), np.zeros(shape)
        dp[:, 0] = dq[:, 0] = through_r
        dp[:, 1] = dq[:, 1] = through_z
        dp[:, 2], dq[:, 2] = through_n, r * through_n
        wx = cache["wx"].reshape(-1, 3, h.shape[1])
        wh = cache["wh"].reshape(-1, 3, h.shape[1])
        return (
            np.einsum("bkj,dkj->bd", dp, wx),
            dh_next * z + np.einsum("bkj,ikj->bi", dq, wh),
            np.einsum("bd,bkj->dkj", cache["x"], dp).reshape(cache["wx"].shape),
            np.einsum("bi,bkj->ikj", h, dq).reshape(cache["wh"].shape),
            np.einsum("bkj->kj", dp).reshape(-1),
            np.einsum("bkj->kj", dq).reshape(-1),
        )


@variant()
class inputs_projected_at_once:
    """The inputs of all steps are projected before the loop, weight gradients after it"""

    def gru_forward(xs, h0, wx, wh, bx, bh):
        rows, steps, _ = xs.shape
        units = h0.shape[1]
        projected = np.tensordot(xs, wx, axes=1) + bx
        hs = np.empty((rows, steps + 1, units))
        gates = np.empty((rows, steps, 4, units))
        hs[:, 0] = h0
        for t in range(steps):
            p = projected[:, t].reshape(rows, 3, units)
            q = (hs[:, t] @ wh + bh).reshape(rows, 3, units)
            r, z = (0.5 + 0.5 * np.tanh(0.5 * (p[:, k] + q[:, k])) for k in (0, 1))
            n = np.tanh(p[:, 2] + r * q[:, 2])
            hs[:, t + 1] = (1 - z) * n + z * hs[:, t]
            gates[:, t] = np.stack([r, z, n, q[:, 2]], axis=1)
        return hs[:, 1:], dict(xs=xs, hs=hs, gates=gates, wx=wx, wh=wh)

    def gru_backward(dhs, cache):
        xs, hs, gates = cache["xs"], cache["hs"], cache["gates"]
        rows, steps, units = dhs.shape
        dp, dq = np.zeros((rows, steps, 3 * units)), np.zeros((rows, steps, 3 * units))
        dh = np.zeros((rows, units))
        for t in range(steps - 1, -1, -1):
            r, z, n, q = (gates[:, t, k] for k in range(4))
            dh = dh + dhs[:, t]
            dn = dh * (1 - z) * (1 - n**2)
            of_gates = [dn * q * r * (1 - r), dh * (hs[:, t] - n) * z * (1 - z)]
            dp[:, t], dq[:, t] = np.hstack([*of_gates, dn]), np.hstack([*of_gates, dn * r])
            dh = dh * z + dq[:, t] @ cache["wh"].T
        dwx = np.tensordot(xs, dp, axes=([0, 1], [0, 1]))
        dwh = np.tensordot(hs[:, :-1], dq, axes=([0, 1], [0, 1]))
        return dp @ cache["wx"].T, dh, dwx, dwh, dp.sum(axis=(0, 1)), dq.sum(axis=(0, 1))


@variant()
class bias_gradients_as_rows:
    """dbx and dbh keep the axis of the batch"""

    def gru_step_backward(dh_next, cache):
        *others, dbx, dbh = solution.gru_step_backward(dh_next, cache)
        return *others, dbx[None, :], dbh[None, :]


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
