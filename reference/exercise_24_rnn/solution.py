"""Reference solution of exercise 24: a recurrent step and its loop over time, with backwards.

Elman (1990) for the network; Werbos (1990) for backpropagation through time.
B sequences, T steps, D inputs, H hidden units.
"""

from typing import Any

from array_api_compat import array_namespace

Array = Any


def rnn_step_forward(x: Array, h: Array, wx: Array, wh: Array, b: Array) -> tuple[Array, Any]:
    """x (B, D), h (B, H), wx (D, H), wh (H, H), b (H,) → h_next (B, H)."""
    xp = array_namespace(x)
    h_next = xp.tanh(x @ wx + h @ wh + b)
    return h_next, (x, h, wx, wh, h_next)


def rnn_step_backward(dh_next: Array, cache: Any) -> tuple[Array, Array, Array, Array, Array]:
    """dh_next (B, H) → dx (B, D), dh (B, H), dwx (D, H), dwh (H, H), db (H,)."""
    x, h, wx, wh, h_next = cache
    xp = array_namespace(dh_next)
    da = dh_next * (1 - h_next**2)
    return da @ wx.T, da @ wh.T, x.T @ da, h.T @ da, xp.sum(da, axis=0)


def rnn_forward(xs: Array, h0: Array, wx: Array, wh: Array, b: Array) -> tuple[Array, Any]:
    """xs (B, T, D), h0 (B, H) → hs (B, T, H)."""
    xp = array_namespace(xs)
    h = h0
    hs, caches = [], []
    for t in range(xs.shape[1]):
        h, cache = rnn_step_forward(xs[:, t, :], h, wx, wh, b)
        hs.append(h)
        caches.append(cache)
    return xp.stack(hs, axis=1), caches


def rnn_backward(dhs: Array, cache: Any) -> tuple[Array, Array, Array, Array, Array]:
    """dhs (B, T, H) → dxs (B, T, D), dh0 (B, H), dwx (D, H), dwh (H, H), db (H,)."""
    xp = array_namespace(dhs)
    dh, dwx, dwh, db = 0, 0, 0, 0
    dxs = []
    for t in reversed(range(dhs.shape[1])):
        dx, dh, dwx_t, dwh_t, db_t = rnn_step_backward(dhs[:, t, :] + dh, cache[t])
        dwx, dwh, db = dwx + dwx_t, dwh + dwh_t, db + db_t
        dxs.append(dx)
    return xp.stack(dxs[::-1], axis=1), dh, dwx, dwh, db
