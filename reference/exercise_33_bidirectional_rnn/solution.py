"""Reference solution of exercise 33: a bidirectional RNN over padded sequences.

Schuster and Paliwal (1997); Goodfellow, Bengio and Courville (2016), section 10.3.
B sequences, T steps of which `lengths` are real, D inputs, H hidden units in each direction.
"""

from typing import Any

from array_api_compat import array_namespace, device

Array = Any


def reverse_padded(xs: Array, lengths: Array) -> Array:
    """xs (B, T, D), lengths (B,) → (B, T, D), the real steps turned round."""
    xp = array_namespace(xs)
    t = xp.arange(xs.shape[1], device=device(xs))
    last = lengths[:, None] - 1
    source = xp.where(t <= last, last - t, t)
    return xp.take_along_axis(xs, source[:, :, None], axis=1)


def bidirectional_forward(
    xs: Array, lengths: Array, h0: Array, wx: Array, wh: Array, b: Array
) -> tuple[Array, Array, Any]:
    """xs (B, T, D), h0 (2, B, H), wx (2, D, H), wh (2, H, H), b (2, H) → hs, h_last (B, 2H)."""
    xp = array_namespace(xs)
    turned = reverse_padded(xs, lengths)
    forward, backward = [[a[k, ...] for a in (h0, wx, wh, b)] for k in (0, 1)]
    right, right_last, right_cache = _read(xs, lengths, *forward)
    left, left_last, left_cache = _read(turned, lengths, *backward)
    hs = xp.concat([right, reverse_padded(left, lengths)], axis=2)
    return hs, xp.concat([right_last, left_last], axis=1), (lengths, right_cache, left_cache)


def bidirectional_backward(
    dhs: Array, dh_last: Array, cache: Any
) -> tuple[Array, Array, Array, Array, Array]:
    """dhs (B, T, 2H), dh_last (B, 2H) → dxs (B, T, D), dh0, dwx, dwh, db."""
    xp = array_namespace(dhs)
    lengths, right_cache, left_cache = cache
    units = dh_last.shape[1] // 2
    turned = reverse_padded(dhs[:, :, units:], lengths)
    dxs, *right = _read_backward(dhs[:, :, :units], dh_last[:, :units], right_cache)
    dturned, *left = _read_backward(turned, dh_last[:, units:], left_cache)
    both = [xp.stack([right[k], left[k]]) for k in range(4)]
    return dxs + reverse_padded(dturned, lengths), *both


def _read(
    xs: Array, lengths: Array, h0: Array, wx: Array, wh: Array, b: Array
) -> tuple[Array, Array, Any]:
    """One reading: h0 (B, H) → hs (B, T, H), zero at padded steps, and the last real state."""
    xp = array_namespace(xs)
    h, states, real, hs = h0, [h0], [], []
    for t in range(xs.shape[1]):
        real.append(lengths[:, None] > t)
        h = xp.where(real[t], xp.tanh(xs[:, t, :] @ wx + h @ wh + b), h)
        states.append(h)
        hs.append(xp.where(real[t], h, xp.zeros_like(h)))
    return xp.stack(hs, axis=1), h, (xs, real, states, wx, wh)


def _read_backward(
    dhs: Array, dh_last: Array, cache: Any
) -> tuple[Array, Array, Array, Array, Array]:
    """dhs (B, T, H), dh_last (B, H) → dxs (B, T, D), dh0, dwx, dwh, db of one reading."""
    xp = array_namespace(dhs)
    xs, real, states, wx, wh = cache
    dh, dxs = dh_last, []
    dwx, dwh, db = 0, 0, 0
    for t in reversed(range(xs.shape[1])):
        da = (dh + dhs[:, t, :]) * (1 - states[t + 1] ** 2)
        da = xp.where(real[t], da, xp.zeros_like(da))
        dxs.append(da @ wx.T)
        dwx = dwx + xs[:, t, :].T @ da
        dwh = dwh + states[t].T @ da
        db = db + xp.sum(da, axis=0)
        dh = xp.where(real[t], da @ wh.T, dh)
    return xp.stack(dxs[::-1], axis=1), dh, dwx, dwh, db
