"""Reference solution of exercise 28: the LSTM cell and its loop over time, each with its backward.

Hochreiter and Schmidhuber (1997); Gers, Schmidhuber and Cummins (2000) for the forget gate;
Graves and Schmidhuber (2005), appendix A, for the full gradient.
B sequences, T steps, D inputs, H hidden units; gate blocks in the order i, f, g, o.
"""

from typing import Any

from array_api_compat import array_namespace

Array = Any


def lstm_step_forward(
    x: Array, h: Array, c: Array, wx: Array, wh: Array, b: Array
) -> tuple[Array, Array, Any]:
    """x (B, D), h and c (B, H), wx (D, 4H), wh (H, 4H), b (4H,) → h_next, c_next (B, H)."""
    xp = array_namespace(x)
    i, f, g, o = _blocks(x @ wx + h @ wh + b)
    i, f, g, o = _sigmoid(i), _sigmoid(f), xp.tanh(g), _sigmoid(o)
    c_next = f * c + i * g
    squashed = xp.tanh(c_next)
    return o * squashed, c_next, (x, h, c, wx, wh, i, f, g, o, squashed)


def lstm_step_backward(
    dh_next: Array, dc_next: Array, cache: Any
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """dh_next and dc_next (B, H) → dx, dh, dc, dwx, dwh, db, each shaped like its array."""
    x, h, c, wx, wh, i, f, g, o, squashed = cache
    xp = array_namespace(dh_next)
    dc_total = dc_next + dh_next * o * (1 - squashed**2)
    da = xp.concat(
        [
            dc_total * g * i * (1 - i),
            dc_total * c * f * (1 - f),
            dc_total * i * (1 - g**2),
            dh_next * squashed * o * (1 - o),
        ],
        axis=1,
    )
    return da @ wx.T, da @ wh.T, dc_total * f, x.T @ da, h.T @ da, xp.sum(da, axis=0)


def lstm_forward(
    xs: Array, h0: Array, c0: Array, wx: Array, wh: Array, b: Array
) -> tuple[Array, Array, Any]:
    """xs (B, T, D), h0 and c0 (B, H) → hs (B, T, H), c_last (B, H)."""
    xp = array_namespace(xs)
    h, c = h0, c0
    hs, caches = [], []
    for t in range(xs.shape[1]):
        h, c, cache = lstm_step_forward(xs[:, t, :], h, c, wx, wh, b)
        hs.append(h)
        caches.append(cache)
    return xp.stack(hs, axis=1), c, caches


def lstm_backward(
    dhs: Array, dc_last: Array, cache: Any
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """dhs (B, T, H), dc_last (B, H) → dxs (B, T, D), dh0, dc0, dwx, dwh, db."""
    xp = array_namespace(dhs)
    dh, dc = xp.zeros_like(dc_last), dc_last
    dwx, dwh, db = 0, 0, 0
    dxs = []
    for t in reversed(range(dhs.shape[1])):
        dx, dh, dc, dwx_t, dwh_t, db_t = lstm_step_backward(dhs[:, t, :] + dh, dc, cache[t])
        dwx, dwh, db = dwx + dwx_t, dwh + dwh_t, db + db_t
        dxs.append(dx)
    return xp.stack(dxs[::-1], axis=1), dh, dc, dwx, dwh, db


def forget_bias(b: Array, value: float) -> Array:
    """b (4H,) → a copy of b whose forget block holds `value`."""
    xp = array_namespace(b)
    hidden = b.shape[0] // 4
    forget = xp.full_like(b[:hidden], value)
    return xp.concat([b[:hidden], forget, b[2 * hidden :]])


def _sigmoid(a: Array) -> Array:
    """1 / (1 + exp(-a)), written with tanh so that no exponential overflows."""
    return (1 + array_namespace(a).tanh(a / 2)) / 2


def _blocks(a: Array) -> list[Array]:
    """Cut (B, 4H) into the four (B, H) blocks i, f, g, o."""
    hidden = a.shape[1] // 4
    return [a[:, k * hidden : (k + 1) * hidden] for k in range(4)]
