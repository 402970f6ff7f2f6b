"""Reference solution of exercise 36: multi-head attention and its backward pass.

Vaswani et al. (2017), section 3.2.2. B examples, T queries, S keys, H heads of K features each,
model width D = H * K.
"""

import math
from typing import Any

from array_api_compat import array_namespace

Array = Any


def split_heads(x: Array, n_heads: int) -> Array:
    """x (B, T, H * K) → (B, H, T, K); head h takes the h-th block of K neighbouring features."""
    xp = array_namespace(x)
    batch, length, width = x.shape
    blocks = xp.reshape(x, (batch, length, n_heads, width // n_heads))
    return xp.permute_dims(blocks, (0, 2, 1, 3))


def merge_heads(heads: Array) -> Array:
    """heads (B, H, T, K) → (B, T, H * K), the inverse of split_heads."""
    xp = array_namespace(heads)
    batch, n_heads, length, size = heads.shape
    return xp.reshape(xp.permute_dims(heads, (0, 2, 1, 3)), (batch, length, n_heads * size))


def _softmax(scores: Array, mask: Array | None) -> Array:
    """scores (B, H, T, S) → weights over the keys: zero where mask is False, else a row adds to 1.

    A query whose keys are all hidden gets a row of zeros.
    """
    xp = array_namespace(scores)
    if mask is not None:
        hidden = xp.full_like(scores, -math.inf)
        scores = xp.where(xp.expand_dims(mask, axis=-3), scores, hidden)
    top = xp.max(scores, axis=-1, keepdims=True)
    powers = xp.exp(scores - xp.where(top > -math.inf, top, xp.zeros_like(top)))
    total = xp.sum(powers, axis=-1, keepdims=True)
    return powers / xp.where(total > 0, total, xp.ones_like(total))


def multi_head_attention_forward(
    x: Array, memory: Array, params: dict[str, Array], n_heads: int, mask: Array | None = None
) -> tuple[Array, Any]:
    """x (B, T, D), memory (B, S, D), mask broadcastable to (B, T, S) → out (B, T, D)."""
    xp = array_namespace(x)
    q = split_heads(x @ params["wq"] + params["bq"], n_heads)
    k = split_heads(memory @ params["wk"] + params["bk"], n_heads)
    v = split_heads(memory @ params["wv"] + params["bv"], n_heads)
    scores = q @ xp.matrix_transpose(k) / math.sqrt(q.shape[-1])
    weights = _softmax(scores, mask)
    merged = merge_heads(weights @ v)
    out = merged @ params["wo"] + params["bo"]
    return out, (x, memory, params, q, k, v, weights, merged)


def _projection_backward(dout: Array, inputs: Array, w: Array) -> tuple[Array, Array, Array]:
    """dout (B, N, D) through inputs @ w + b → dinputs (B, N, D), dw (D, D), db (D,)."""
    xp = array_namespace(dout)
    width = dout.shape[-1]
    rows, drows = xp.reshape(inputs, (-1, width)), xp.reshape(dout, (-1, width))
    return dout @ w.T, rows.T @ drows, xp.sum(drows, axis=0)


def multi_head_attention_backward(dout: Array, cache: Any) -> tuple[Array, Array, dict[str, Array]]:
    """dout (B, T, D) → dx (B, T, D), dmemory (B, S, D), and a dict like params."""
    x, memory, params, q, k, v, weights, merged = cache
    xp = array_namespace(dout)

    dmerged, dwo, dbo = _projection_backward(dout, merged, params["wo"])
    dheads = split_heads(dmerged, q.shape[1])

    dv = xp.matrix_transpose(weights) @ dheads
    dweights = dheads @ xp.matrix_transpose(v)
    common = xp.sum(weights * dweights, axis=-1, keepdims=True)
    dscores = weights * (dweights - common) / math.sqrt(q.shape[-1])
    dq = dscores @ k
    dk = xp.matrix_transpose(dscores) @ q

    dx, dwq, dbq = _projection_backward(merge_heads(dq), x, params["wq"])
    through_keys, dwk, dbk = _projection_backward(merge_heads(dk), memory, params["wk"])
    through_values, dwv, dbv = _projection_backward(merge_heads(dv), memory, params["wv"])

    dparams = {"wq": dwq, "bq": dbq, "wk": dwk, "bk": dbk}
    dparams |= {"wv": dwv, "bv": dbv, "wo": dwo, "bo": dbo}
    return dx, through_keys + through_values, dparams
