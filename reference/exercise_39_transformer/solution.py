"""Reference solution of exercise 39: the encoder-decoder Transformer and label smoothing.

Vaswani et al. (2017), sections 3 and 5.4; Ba, Kiros and Hinton (2016) for LayerNorm; Szegedy et
al. (2016), section 7, for label smoothing. B examples, S source and T target positions, D numbers
per position, H heads of K = D / H, F hidden units, U source and V target words.
"""

import math
from typing import Any

from array_api_compat import array_namespace, device

Array = Any

EPSILON = 1e-5


def padding_mask(ids: Array, pad_id: int) -> Array:
    """ids (B, S) → bool (B, S), True at a real token."""
    return ids != pad_id


def decoder_mask(ids: Array, pad_id: int) -> Array:
    """ids (B, T) → bool (B, T, T), True where t may see u: u <= t and u is real."""
    xp = array_namespace(ids)
    position = xp.arange(ids.shape[1], device=device(ids))
    causal = position[None, :] <= position[:, None]
    return causal[None, :, :] & padding_mask(ids, pad_id)[:, None, :]


def encoder_layer(x: Array, params: dict[str, Any], n_heads: int, mask: Array) -> Array:
    """x (B, S, D), mask (B, S) → (B, S, D); post-norm, as in section 3.1."""
    p = params
    attended = _attention(x, x, p["attention"], n_heads, mask[:, None, :])
    x = _layer_norm(x + attended, p["norm1_scale"], p["norm1_shift"])
    return _layer_norm(x + _feed_forward(x, p), p["norm2_scale"], p["norm2_shift"])


def decoder_layer(
    y: Array,
    memory: Array,
    params: dict[str, Any],
    n_heads: int,
    self_mask: Array,
    memory_mask: Array,
) -> Array:
    """y (B, T, D), memory (B, S, D), self_mask (B, T, T), memory_mask (B, S) → (B, T, D)."""
    p = params
    attended = _attention(y, y, p["self_attention"], n_heads, self_mask)
    y = _layer_norm(y + attended, p["norm1_scale"], p["norm1_shift"])
    attended = _attention(y, memory, p["cross_attention"], n_heads, memory_mask[:, None, :])
    y = _layer_norm(y + attended, p["norm2_scale"], p["norm2_shift"])
    return _layer_norm(y + _feed_forward(y, p), p["norm3_scale"], p["norm3_shift"])


def transformer_forward(
    source: Array, target: Array, params: dict[str, Any], n_heads: int, pad_id: int
) -> Array:
    """source (B, S), target (B, T) → logits (B, T, V)."""
    source_mask = padding_mask(source, pad_id)
    memory = _embed(source, params["source_embedding"])
    for layer in params["encoder"]:
        memory = encoder_layer(memory, layer, n_heads, source_mask)
    self_mask = decoder_mask(target, pad_id)
    y = _embed(target, params["target_embedding"])
    for layer in params["decoder"]:
        y = decoder_layer(y, memory, layer, n_heads, self_mask, source_mask)
    return y @ params["output_weight"] + params["output_bias"]


def label_smoothing_loss(
    logits: Array, targets: Array, smoothing: float, pad_id: int
) -> tuple[float, Array]:
    """logits (B, T, V), targets (B, T) → mean loss over the real targets, dlogits (B, T, V)."""
    xp = array_namespace(logits)
    v = logits.shape[-1]
    shifted = logits - xp.max(logits, axis=-1, keepdims=True)
    log_p = shifted - xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))
    classes = xp.arange(v, device=device(targets))
    one_hot = xp.astype(targets[:, :, None] == classes, logits.dtype)
    wanted = (1 - smoothing) * one_hot + smoothing / v
    real, zero = (targets != pad_id)[:, :, None], xp.zeros_like(logits)
    count = xp.sum(xp.astype(real, logits.dtype))
    loss = -xp.sum(xp.where(real, wanted * log_p, zero)) / count
    return loss, xp.where(real, (xp.exp(log_p) - wanted) / count, zero)


def _attention(
    x: Array, memory: Array, params: dict[str, Array], n_heads: int, mask: Array
) -> Array:
    """Queries from x (B, T, D), keys and values from memory (B, S, D) → (B, T, D).

    mask has a shape that broadcasts to (B, T, S); False hides a key.
    """
    xp = array_namespace(x)
    q = _split_heads(x @ params["wq"] + params["bq"], n_heads)
    k = _split_heads(memory @ params["wk"] + params["bk"], n_heads)
    v = _split_heads(memory @ params["wv"] + params["bv"], n_heads)
    scores = q @ xp.matrix_transpose(k) / math.sqrt(q.shape[-1])
    lowest = xp.full_like(scores, xp.finfo(scores.dtype).min)
    heads = _softmax(xp.where(mask[:, None, :, :], scores, lowest)) @ v
    joined = xp.reshape(xp.permute_dims(heads, (0, 2, 1, 3)), x.shape)
    return joined @ params["wo"] + params["bo"]


def _split_heads(x: Array, n_heads: int) -> Array:
    """x (B, T, H * K) → (B, H, T, K); head h takes the h-th block of K neighbouring numbers."""
    xp = array_namespace(x)
    b, t, d = x.shape
    return xp.permute_dims(xp.reshape(x, (b, t, n_heads, d // n_heads)), (0, 2, 1, 3))


def _softmax(scores: Array) -> Array:
    """Along the last axis."""
    xp = array_namespace(scores)
    powers = xp.exp(scores - xp.max(scores, axis=-1, keepdims=True))
    return powers / xp.sum(powers, axis=-1, keepdims=True)


def _layer_norm(z: Array, scale: Array, shift: Array) -> Array:
    """z (B, T, D): every position is normalised over its own D numbers."""
    xp = array_namespace(z)
    centred = z - xp.mean(z, axis=-1, keepdims=True)
    variance = xp.mean(centred * centred, axis=-1, keepdims=True)
    return scale * centred / xp.sqrt(variance + EPSILON) + shift


def _feed_forward(x: Array, params: dict[str, Any]) -> Array:
    """x (B, T, D) → (B, T, D), position by position."""
    xp = array_namespace(x)
    hidden = x @ params["w1"] + params["b1"]
    return xp.where(hidden > 0, hidden, xp.zeros_like(hidden)) @ params["w2"] + params["b2"]


def _embed(ids: Array, table: Array) -> Array:
    """ids (B, T), table (V, D) → sqrt(D) times the table's rows, plus positions, (B, T, D)."""
    xp = array_namespace(table)
    b, t = ids.shape
    d = table.shape[1]
    rows = xp.reshape(xp.take(table, xp.reshape(ids, (-1,)), axis=0), (b, t, d))
    return math.sqrt(d) * rows + _positions(t, table)


def _positions(length: int, table: Array) -> Array:
    """Sines in the even columns and cosines in the odd ones, (length, D)."""
    xp = array_namespace(table)
    d = table.shape[1]
    kind = {"dtype": table.dtype, "device": device(table)}
    position = xp.arange(length, **kind)[:, None]
    angle = position / 10000 ** (xp.arange(0, d, 2, **kind) / d)
    return xp.reshape(xp.stack([xp.sin(angle), xp.cos(angle)], axis=-1), (length, d))
