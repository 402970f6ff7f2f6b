"""Reference solution of exercise 29: the GRU cell and its loop over time, each with its backward.

Cho et al. (2014) for the cell and its two gates; the reset after the matrix product, with a bias
of its own, is the form of cuDNN and PyTorch.
B sequences, T steps, D inputs, H hidden units; gate blocks in the order r, z, n.
"""

from typing import Any

from array_api_compat import array_namespace

Array = Any


def gru_step_forward(
    x: Array, h: Array, wx: Array, wh: Array, bx: Array, bh: Array
) -> tuple[Array, Any]:
    """x (B, D), h (B, H), wx (D, 3H), wh (H, 3H), bx and bh (3H,) → h_next (B, H)."""
    xp = array_namespace(x)
    p_r, p_z, p_n = _blocks(x @ wx + bx)
    q_r, q_z, q_n = _blocks(h @ wh + bh)
    r, z = _sigmoid(p_r + q_r), _sigmoid(p_z + q_z)
    n = xp.tanh(p_n + r * q_n)
    return (1 - z) * n + z * h, (x, h, wx, wh, r, z, n, q_n)


def gru_step_backward(
    dh_next: Array, cache: Any
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """dh_next (B, H) → dx, dh, dwx, dwh, dbx, dbh, each shaped like its array."""
    x, h, wx, wh, r, z, n, q_n = cache
    xp = array_namespace(dh_next)
    dp_n = dh_next * (1 - z) * (1 - n**2)
    dp_z = dh_next * (h - n) * z * (1 - z)
    dp_r = dp_n * q_n * r * (1 - r)
    dp = xp.concat([dp_r, dp_z, dp_n], axis=1)
    dq = xp.concat([dp_r, dp_z, dp_n * r], axis=1)
    dh = dh_next * z + dq @ wh.T
    return dp @ wx.T, dh, x.T @ dp, h.T @ dq, xp.sum(dp, axis=0), xp.sum(dq, axis=0)


def gru_forward(
    xs: Array, h0: Array, wx: Array, wh: Array, bx: Array, bh: Array
) -> tuple[Array, Any]:
    """xs (B, T, D), h0 (B, H) → hs (B, T, H)."""
    xp = array_namespace(xs)
    h, hs, caches = h0, [], []
    for t in range(xs.shape[1]):
        h, cache = gru_step_forward(xs[:, t, :], h, wx, wh, bx, bh)
        hs.append(h)
        caches.append(cache)
    return xp.stack(hs, axis=1), caches


def gru_backward(dhs: Array, cache: Any) -> tuple[Array, Array, Array, Array, Array, Array]:
    """dhs (B, T, H) → dxs (B, T, D), dh0 (B, H), dwx, dwh, dbx, dbh."""
    xp = array_namespace(dhs)
    dh, dwx, dwh, dbx, dbh = 0, 0, 0, 0, 0
    dxs = []
    for t in reversed(range(dhs.shape[1])):
        dx, dh, *parts = gru_step_backward(dhs[:, t, :] + dh, cache[t])
        dwx, dwh, dbx, dbh = dwx + parts[0], dwh + parts[1], dbx + parts[2], dbh + parts[3]
        dxs.append(dx)
    return xp.stack(dxs[::-1], axis=1), dh, dwx, dwh, dbx, dbh


def _sigmoid(a: Array) -> Array:
    """1 / (1 + exp(-a)), written with tanh so that no exponential overflows."""
    return (1 + array_namespace(a).tanh(a / 2)) / 2


def _blocks(a: Array) -> list[Array]:
    """Cut (B, 3H) into the three (B, H) blocks r, z, n."""
    hidden = a.shape[1] // 3
    return [a[:, k * hidden : (k + 1) * hidden] for k in range(3)]
