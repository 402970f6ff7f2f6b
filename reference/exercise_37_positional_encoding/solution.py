"""Reference solution of exercise 37: three ways to tell a Transformer where its tokens stand.

Sinusoids: Vaswani et al. (2017), section 3.5. Turned pairs: Su et al. (2021), section 3.2.
B examples, T positions, D numbers per position, P rows of a table, H heads of K numbers each.
"""

from typing import Any

from array_api_compat import array_namespace, device

Array = Any


def _angles(positions: Array, width: int, base: float) -> Array:
    """positions (T,) → position times frequency in float64, (T, width / 2 rounded up)."""
    xp = array_namespace(positions)
    even = xp.arange(0, width, 2, dtype=xp.float64, device=device(positions))
    return positions[:, None] * base ** (-even / width)


def sinusoidal(x: Array, base: float = 10000.0) -> Array:
    """x (B, T, D) → codes (T, D): sines in the even columns, cosines in the odd ones."""
    xp = array_namespace(x)
    _, length, width = x.shape
    angles = _angles(xp.arange(length, device=device(x)), width, base)
    pairs = xp.stack([xp.sin(angles), xp.cos(angles)], axis=-1)
    codes = xp.reshape(pairs, (length, -1))[:, :width]
    return xp.astype(codes, x.dtype)


def learned_forward(x: Array, table: Array) -> tuple[Array, Any]:
    """x (B, T, D), table (P, D) → out (B, T, D); position p adds row p."""
    return x + table[: x.shape[1]], table.shape[0]


def learned_backward(dout: Array, cache: Any) -> tuple[Array, Array]:
    """dout (B, T, D) → dx (B, T, D), dtable (P, D)."""
    xp = array_namespace(dout)
    used = xp.sum(dout, axis=0)
    length, width = used.shape
    unused = xp.zeros((cache - length, width), dtype=dout.dtype, device=device(dout))
    return dout, xp.concat([used, unused], axis=0)


def rope(x: Array, positions: Array, pairing: str, base: float = 10000.0) -> Array:
    """x (B, H, T, K), positions (T,) → every pair of numbers turned by position times frequency."""
    xp = array_namespace(x)
    angles = _angles(positions, x.shape[-1], base)
    cos, sin = xp.astype(xp.cos(angles), x.dtype), xp.astype(xp.sin(angles), x.dtype)
    if pairing == "neighbours":
        a, b = x[..., 0::2], x[..., 1::2]
    else:
        half = x.shape[-1] // 2
        a, b = x[..., :half], x[..., half:]
    turned_a, turned_b = a * cos - b * sin, a * sin + b * cos
    if pairing == "neighbours":
        return xp.reshape(xp.stack([turned_a, turned_b], axis=-1), x.shape)
    return xp.concat([turned_a, turned_b], axis=-1)


def rope_backward(dout: Array, positions: Array, pairing: str, base: float = 10000.0) -> Array:
    """dout (B, H, T, K) → dx, the same shape: every pair turned back."""
    return rope(dout, -positions, pairing, base)
