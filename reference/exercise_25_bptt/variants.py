"""Correct implementations in other styles; each must be accepted."""

import math

import numpy as np

from grader.spec import solution, variant


@variant()
class explicit_loops:
    """Python loops over sequences, units and inputs; the states kept in one array"""

    class TimeRNN:
        def __init__(self, wx, wh, b, stateful=False):
            self.weights = wx, wh, b
            self.stateful = stateful
            self.h = None

        def set_state(self, h):
            self.h = h

        def reset_state(self):
            self.h = None

        def forward(self, xs):
            wx, wh, b = self.weights
            rows, steps, inputs = xs.shape
            units = len(b)
            if not self.stateful:
                self.h = None
            self.xs = xs
            self.path = np.zeros((rows, steps + 1, units))
            if self.h is not None:
                self.path[:, 0] = self.h
            for n in range(rows):
                for t in range(steps):
                    for j in range(units):
                        a = b[j]
                        a += sum(xs[n, t, d] * wx[d, j] for d in range(inputs))
                        a += sum(self.path[n, t, i] * wh[i, j] for i in range(units))
                        self.path[n, t + 1, j] = math.tanh(a)
            self.h = self.path[:, -1].copy()
            return self.path[:, 1:].copy()

        def backward(self, dhs):
            wx, wh, b = self.weights
            dxs, dwx, dwh, db = (np.zeros_like(a) for a in (self.xs, wx, wh, b))
            dh = np.zeros_like(dhs[:, 0])
            for n in range(len(dhs)):
                for t in range(dhs.shape[1] - 1, -1, -1):
                    da = (dhs[n, t] + dh[n]) * (1 - self.path[n, t + 1] ** 2)
                    dh[n] = 0
                    for j in range(len(b)):
                        dxs[n, t] += da[j] * wx[:, j]
                        dh[n] += da[j] * wh[:, j]
                        dwx[:, j] += da[j] * self.xs[n, t]
                        dwh[:, j] += da[j] * self.path[n, t]
                        db[j] += da[j]
            return dxs, dh, {"wx": dwx, "wh": dwh, "b": db}


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    class TimeRNN(solution.TimeRNN):
        def __init__(self, wx, wh, b, stateful=False):
            super().__init__(*(a.astype(np.float32) for a in (wx, wh, b)), stateful)

        def forward(self, xs):
            return super().forward(xs.astype(np.float32))

        def backward(self, dhs):
            return super().backward(dhs.astype(np.float32))

        def set_state(self, h):
            super().set_state(h.astype(np.float32))


@variant()
class forward_first_then_all_blocks_back:
    """One loop forward over all N steps, one loop back that drops the gradient at each border"""

    def truncated_bptt(xs, dhs, h0, wx, wh, b, block):
        steps = xs.shape[1]
        projected = xs @ wx + b
        path = np.empty((len(xs), steps + 1, len(b)))
        path[:, 0] = h0
        for t in range(steps):
            path[:, t + 1] = np.tanh(projected[:, t] + path[:, t] @ wh)
        das = np.empty(dhs.shape)
        dh = np.zeros(h0.shape)
        for t in range(steps - 1, -1, -1):
            if (t + 1) % block == 0:
                dh = np.zeros(h0.shape)
            das[:, t] = (dhs[:, t] + dh) / np.cosh(np.arctanh(path[:, t + 1])) ** 2
            dh = das[:, t] @ wh.T
        return (
            path[:, 1:],
            np.einsum("btd,bth->dh", xs, das),
            np.einsum("btg,bth->gh", path[:, :-1], das),
            np.einsum("bth->h", das),
            das @ wx.T,
        )


@variant()
class last_block_first:
    """The states at the borders first, then the blocks from the last to the first"""

    def truncated_bptt(xs, dhs, h0, wx, wh, b, block):
        borders = list(range(0, xs.shape[1], block))
        starts, hs = [h0], []
        for border in borders:
            net = solution.TimeRNN(wx, wh, b, True)
            net.set_state(starts[-1])
            hs.append(net.forward(xs[:, border : border + block]))
            starts.append(hs[-1][:, -1])
        dxs = np.zeros(xs.shape)
        total = {"wx": np.zeros(wx.shape), "wh": np.zeros(wh.shape), "b": np.zeros(b.shape)}
        for number in reversed(range(len(borders))):
            here = slice(borders[number], borders[number] + block)
            net = solution.TimeRNN(wx, wh, b, True)
            net.set_state(starts[number])
            net.forward(xs[:, here])
            dxs[:, here], _, grads = net.backward(dhs[:, here])
            for name in total:
                total[name] += grads[name]
        return np.concatenate(hs, axis=1), total["wx"], total["wh"], total["b"], dxs


@variant()
class bias_gradients_as_rows:
    """The gradient of b keeps the axis of the batch"""

    def _step_backward(dh_next, cache):
        *others, db = solution._step_backward(dh_next, cache)
        return *others, db[None, :]


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
