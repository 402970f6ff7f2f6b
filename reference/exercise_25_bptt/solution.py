"""Reference solution of exercise 25: a stateful recurrent layer and truncated backpropagation.

Werbos (1990) for backpropagation through time; Williams and Peng (1990) for truncation.
B sequences, N steps in blocks of T, D inputs, H hidden units.
"""

from typing import Any

from array_api_compat import array_namespace, device

Array = Any


class TimeRNN:
    """h_next = tanh(x @ wx + h @ wh + b) over one block of steps, from a kept state."""

    def __init__(self, wx: Array, wh: Array, b: Array, stateful: bool = False) -> None:
        """wx (D, H), wh (H, H), b (H,)."""
        self.wx, self.wh, self.b, self.stateful = wx, wh, b, stateful
        self.reset_state()

    def forward(self, xs: Array) -> Array:
        """xs (B, T, D) → hs (B, T, H)."""
        xp = array_namespace(xs)
        h = self.state
        if h is None or not self.stateful:
            h = xp.zeros((xs.shape[0], self.wh.shape[0]), dtype=xs.dtype, device=device(xs))
        hs, self.caches = [], []
        for t in range(xs.shape[1]):
            h, cache = _step_forward(xs[:, t, :], h, self.wx, self.wh, self.b)
            hs.append(h)
            self.caches.append(cache)
        self.state = h
        return xp.stack(hs, axis=1)

    def backward(self, dhs: Array) -> tuple[Array, Array, dict[str, Array]]:
        """dhs (B, T, H) → dxs (B, T, D), dh (B, H), gradients of wx, wh and b."""
        xp = array_namespace(dhs)
        dxs, dh, dwx, dwh, db = [], 0, 0, 0, 0
        for t in reversed(range(dhs.shape[1])):
            dx, dh, dwx_t, dwh_t, db_t = _step_backward(dhs[:, t, :] + dh, self.caches[t])
            dwx, dwh, db = dwx + dwx_t, dwh + dwh_t, db + db_t
            dxs.append(dx)
        return xp.stack(dxs[::-1], axis=1), dh, {"wx": dwx, "wh": dwh, "b": db}

    def set_state(self, h: Array) -> None:
        """h (B, H)."""
        self.state = h

    def reset_state(self) -> None:
        """Forget the state."""
        self.state = None


def truncated_bptt(
    xs: Array, dhs: Array, h0: Array, wx: Array, wh: Array, b: Array, block: int
) -> tuple[Array, Array, Array, Array, Array]:
    """xs (B, N, D), dhs (B, N, H), h0 (B, H) → hs (B, N, H), dwx, dwh, db, dxs (B, N, D)."""
    xp = array_namespace(xs)
    net = TimeRNN(wx, wh, b, stateful=True)
    net.set_state(h0)
    hs, dxs, dwx, dwh, db = [], [], 0, 0, 0
    for start in range(0, xs.shape[1], block):
        end = start + block
        hs.append(net.forward(xs[:, start:end, :]))
        # The second result would lead back into the block before: leaving it out is the truncation.
        dxs_here, _, grads = net.backward(dhs[:, start:end, :])
        dwx, dwh, db = dwx + grads["wx"], dwh + grads["wh"], db + grads["b"]
        dxs.append(dxs_here)
    return xp.concat(hs, axis=1), dwx, dwh, db, xp.concat(dxs, axis=1)


def _step_forward(x: Array, h: Array, wx: Array, wh: Array, b: Array) -> tuple[Array, Any]:
    """x (B, D), h (B, H) → h_next (B, H)."""
    h_next = array_namespace(x).tanh(x @ wx + h @ wh + b)
    return h_next, (x, h, wx, wh, h_next)


def _step_backward(dh_next: Array, cache: Any) -> tuple[Array, Array, Array, Array, Array]:
    """dh_next (B, H) → dx (B, D), dh (B, H), dwx (D, H), dwh (H, H), db (H,)."""
    x, h, wx, wh, h_next = cache
    da = dh_next * (1 - h_next**2)
    return da @ wx.T, da @ wh.T, x.T @ da, h.T @ da, array_namespace(da).sum(da, axis=0)
