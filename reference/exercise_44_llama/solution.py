"""Reference solution of exercise 44: a decoder as in LLaMA and Mistral.

Shazeer (2020) for SwiGLU, Ainslie et al. (2023) for grouped queries, Touvron et al. (2023) for the
block, Jiang et al. (2023) for the window. B examples, T positions (queries), S keys, H query heads,
G key-value heads, K features of a head, D width, F hidden units, V words.
"""

import math
from typing import Any

from array_api_compat import array_namespace, device

Array = Any

EPSILON = 1e-6
BASE = 10000.0


def swiglu_forward(x: Array, w_gate: Array, w_up: Array, w_down: Array) -> tuple[Array, Any]:
    """x (B, T, D), w_gate and w_up (D, F), w_down (F, D) → out (B, T, D); Shazeer, section 2."""
    xp = array_namespace(x)
    gate, up = x @ w_gate, x @ w_up
    sigmoid = (1 + xp.tanh(gate / 2)) / 2
    out = (gate * sigmoid * up) @ w_down
    return out, (x, w_gate, w_up, w_down, gate, up, sigmoid)


def swiglu_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array, Array]:
    """dout (B, T, D) → dx (B, T, D), dw_gate (D, F), dw_up (D, F), dw_down (F, D)."""
    x, w_gate, w_up, w_down, gate, up, sigmoid = cache
    dhidden = dout @ w_down.T
    dup = dhidden * gate * sigmoid
    dgate = dhidden * up * sigmoid * (1 + gate * (1 - sigmoid))
    dx = dgate @ w_gate.T + dup @ w_up.T
    inputs = _rows(x).T
    return (
        dx,
        inputs @ _rows(dgate),
        inputs @ _rows(dup),
        _rows(gate * sigmoid * up).T @ _rows(dout),
    )


def grouped_query_attention_forward(
    q: Array, k: Array, v: Array, mask: Array | None = None
) -> tuple[Array, Any]:
    """q (B, H, T, K), k and v (B, G, S, K), mask (T, S) → out (B, H, T, K).

    Query head h reads key-value head h // (H / G). An axis of length 1 in k and v lets the H / G
    query heads of a group share them by broadcasting.
    """
    xp = array_namespace(q)
    n_kv_heads = k.shape[1]
    q, k, v = _grouped(q, n_kv_heads), k[:, :, None], v[:, :, None]
    weights = _softmax(q @ xp.matrix_transpose(k) / math.sqrt(q.shape[-1]), mask)
    return _ungrouped(weights @ v), (q, k, v, weights)


def grouped_query_attention_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """dout (B, H, T, K) → dq (B, H, T, K), dk and dv (B, G, S, K), summed over the group."""
    q, k, v, weights = cache
    xp = array_namespace(dout)
    dheads = _grouped(dout, k.shape[1])
    dv = xp.sum(xp.matrix_transpose(weights) @ dheads, axis=2)
    dweights = dheads @ xp.matrix_transpose(v)
    common = xp.sum(weights * dweights, axis=-1, keepdims=True)
    dscores = weights * (dweights - common) / math.sqrt(q.shape[-1])
    dk = xp.sum(xp.matrix_transpose(dscores) @ q, axis=2)
    return _ungrouped(dscores @ k), dk, dv


def sliding_window_mask(x: Array, window: int | None = None) -> Array:
    """x (B, T, D) → bool (T, T), True where t may see s: at most `window` keys, t among them."""
    xp = array_namespace(x)
    t = xp.arange(x.shape[1], device=device(x))
    age = t[:, None] - t[None, :]
    return age >= 0 if window is None else (age >= 0) & (age < window)


def llama_block(
    x: Array,
    params: dict[str, Array],
    n_heads: int,
    n_kv_heads: int,
    positions: Array,
    mask: Array | None = None,
) -> Array:
    """x (B, T, D), positions (T,), mask (T, T) → (B, T, D); pre-norm, no biases."""
    p = params
    normed = _rms_norm(x, p["norm1_scale"])
    q = _rope(_split_heads(normed @ p["wq"], n_heads), positions)
    k = _rope(_split_heads(normed @ p["wk"], n_kv_heads), positions)
    v = _split_heads(normed @ p["wv"], n_kv_heads)
    heads, _ = grouped_query_attention_forward(q, k, v, mask)
    x = x + _merge_heads(heads) @ p["wo"]
    normed = _rms_norm(x, p["norm2_scale"])
    out, _ = swiglu_forward(normed, p["w_gate"], p["w_up"], p["w_down"])
    return x + out


def llama_forward(
    ids: Array, params: dict[str, Any], n_heads: int, n_kv_heads: int, window: int | None = None
) -> Array:
    """ids (B, T) → logits (B, T, V)."""
    table = params["token_embedding"]
    xp = array_namespace(table)
    rows = xp.take(table, xp.reshape(ids, (-1,)), axis=0)
    x = xp.reshape(rows, (*ids.shape, table.shape[1]))
    mask = sliding_window_mask(x, window)
    positions = xp.arange(ids.shape[1], device=device(x))
    for layer in params["layers"]:
        x = llama_block(x, layer, n_heads, n_kv_heads, positions, mask)
    return _rms_norm(x, params["final_scale"]) @ params["output_weight"]


def _rows(x: Array) -> Array:
    """x (B, T, D) → (B * T, D)."""
    xp = array_namespace(x)
    return xp.reshape(x, (-1, x.shape[-1]))


def _grouped(heads: Array, n_kv_heads: int) -> Array:
    """heads (B, H, T, K) → (B, G, H / G, T, K); neighbouring heads make a group."""
    xp = array_namespace(heads)
    b, h, t, k = heads.shape
    return xp.reshape(heads, (b, n_kv_heads, h // n_kv_heads, t, k))


def _ungrouped(heads: Array) -> Array:
    """heads (B, G, H / G, T, K) → (B, H, T, K), the inverse of _grouped."""
    xp = array_namespace(heads)
    b, g, r, t, k = heads.shape
    return xp.reshape(heads, (b, g * r, t, k))


def _softmax(scores: Array, mask: Array | None) -> Array:
    """Weights over the last axis, 0 where mask is False; a row of zeros where all of it is."""
    xp = array_namespace(scores)
    if mask is not None:
        scores = xp.where(mask, scores, xp.full_like(scores, -math.inf))
    top = xp.max(scores, axis=-1, keepdims=True)
    powers = xp.exp(scores - xp.where(top > -math.inf, top, xp.zeros_like(top)))
    total = xp.sum(powers, axis=-1, keepdims=True)
    return powers / xp.where(total > 0, total, xp.ones_like(total))


def _split_heads(x: Array, n_heads: int) -> Array:
    """x (B, T, H * K) → (B, H, T, K); head h takes the h-th block of K neighbouring features."""
    xp = array_namespace(x)
    b, t, width = x.shape
    return xp.permute_dims(xp.reshape(x, (b, t, n_heads, width // n_heads)), (0, 2, 1, 3))


def _merge_heads(heads: Array) -> Array:
    """heads (B, H, T, K) → (B, T, H * K), the inverse of _split_heads."""
    xp = array_namespace(heads)
    b, h, t, k = heads.shape
    return xp.reshape(xp.permute_dims(heads, (0, 2, 1, 3)), (b, t, h * k))


def _rms_norm(x: Array, scale: Array) -> Array:
    """x (B, T, D), scale (D,) → (B, T, D); Zhang and Sennrich (2019), section 3."""
    xp = array_namespace(x)
    return scale * x / xp.sqrt(xp.mean(x * x, axis=-1, keepdims=True) + EPSILON)


def _rope(x: Array, positions: Array) -> Array:
    """x (B, H, T, K), positions (T,): turn the pair of features i and i + K / 2.

    Su et al. (2021), section 3.2.2, with the pairs of LLaMA in the transformers package. The angles
    are float64, because bfloat16 cannot count beyond 256.
    """
    xp = array_namespace(x)
    half = x.shape[-1] // 2
    pair = xp.arange(half, dtype=xp.float64, device=device(x))
    angle = xp.astype(positions, xp.float64)[:, None] * BASE ** (-pair / half)
    cos, sin = xp.astype(xp.cos(angle), x.dtype), xp.astype(xp.sin(angle), x.dtype)
    a, b = x[..., :half], x[..., half:]
    return xp.concat([a * cos - b * sin, a * sin + b * cos], axis=-1)
