"""Reference solution of exercise 35: scaled dot-product attention and its backward.

Vaswani et al. (2017), section 3.2.1; for the softmax, Goodfellow, Bengio and Courville (2016),
section 4.1. B sequences, T queries, S keys, D numbers in a query or key, M in a value.
"""

import math
from typing import Any

from array_api_compat import array_namespace, device

Array = Any


def softmax(x: Array) -> Array:
    """Any shape, along the last axis; each row is shifted by its own maximum."""
    xp = array_namespace(x)
    e = xp.exp(x - xp.max(x, axis=-1, keepdims=True))
    return e / xp.sum(e, axis=-1, keepdims=True)


def causal_mask(x: Array) -> Array:
    """x (B, T, D) → (T, T), True where position t may attend to position s, that is s <= t."""
    xp = array_namespace(x)
    position = xp.arange(x.shape[1], device=device(x))
    return position[:, None] >= position[None, :]


def attention_forward(q: Array, k: Array, v: Array, mask: Array | None = None) -> tuple[Array, Any]:
    """q (B, T, D), k (B, S, D), v (B, S, M), mask (T, S) or (B, T, S) → out (B, T, M)."""
    xp = array_namespace(q)
    scale = 1 / math.sqrt(k.shape[-1])
    scores = scale * (q @ xp.matrix_transpose(k))
    if mask is None:
        weights = softmax(scores)
    else:
        lowest = xp.full_like(scores, xp.finfo(scores.dtype).min)
        weights = softmax(xp.where(mask, scores, lowest))
        # A query with no allowed key has equal weights up to here; now it has none.
        weights = xp.where(mask, weights, xp.zeros_like(weights))
    return weights @ v, (q, k, v, weights, scale)


def attention_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """dout (B, T, M) → dq (B, T, D), dk (B, S, D), dv (B, S, M)."""
    q, k, v, weights, scale = cache
    xp = array_namespace(dout)
    dv = xp.matrix_transpose(weights) @ dout
    dweights = dout @ xp.matrix_transpose(v)
    # Where the mask hides a key its weight is 0, and so is the gradient of its score.
    dscores = weights * (dweights - xp.sum(weights * dweights, axis=-1, keepdims=True))
    dq = scale * (dscores @ k)
    dk = scale * (xp.matrix_transpose(dscores) @ q)
    return dq, dk, dv
