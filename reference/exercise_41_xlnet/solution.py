"""Reference solution of exercise 41: XLNet's permutation language model with two streams.

Yang et al. (2019), sections 2.2 to 2.4 and appendix A.2; Dai et al. (2019), section 3.3, for the
relative positions; Hendrycks and Gimpel (2016) for the tanh form of GELU. B examples, T positions,
D numbers per position, H heads of K = D / H, F hidden units, V words.
"""

import math
from typing import Any

from array_api_compat import array_namespace, device

Array = Any

EPSILON = 1e-12


def permutation_mask(order: Array) -> tuple[Array, Array]:
    """order (..., T) → content mask and query mask, bool (..., T, T); section 2.3, figure 1."""
    rank = _rank(order)
    query_mask = rank[..., None, :] < rank[..., :, None]
    content_mask = rank[..., None, :] <= rank[..., :, None]
    return content_mask, query_mask


def relative_codes(x: Array) -> Array:
    """x (B, T, D) → codes of the distances T, T - 1, ..., -T + 1, shape (2T, D)."""
    xp = array_namespace(x)
    _, length, width = x.shape
    kind = {"dtype": x.dtype, "device": device(x)}
    distance = xp.arange(length, -length, -1, **kind)[:, None]
    angle = distance / 10000 ** (xp.arange(0, width, 2, **kind) / width)
    return xp.concat([xp.sin(angle), xp.cos(angle)], axis=-1)


def relative_scores(
    q: Array, k: Array, r: Array, content_bias: Array, position_bias: Array
) -> Array:
    """q and k (B, H, T, K), r (H, 2T, K), biases (H, K) → (B, H, T, T); Dai et al. (2019), 3.3."""
    xp = array_namespace(q)
    _, n_heads, length, size = q.shape
    content = (q + content_bias[:, None, :]) @ xp.matrix_transpose(k)
    position = xp.arange(length, device=device(q))
    row = length - position[:, None] + position[None, :]
    by_pair = xp.reshape(
        xp.take(r, xp.reshape(row, (-1,)), axis=1), (n_heads, length, length, size)
    )
    asked = q + position_bias[:, None, :]
    return (content + xp.sum(asked[:, :, :, None, :] * by_pair, axis=-1)) / math.sqrt(size)


def two_stream_attention(
    h: Array,
    g: Array,
    codes: Array,
    params: dict[str, Array],
    n_heads: int,
    content_mask: Array,
    query_mask: Array,
) -> tuple[Array, Array]:
    """h and g (B, T, D), codes (2T, D), masks (T, T) or (B, T, T) → h_out, g_out (B, T, D)."""
    k = _split_heads(h @ params["wk"], n_heads)
    v = _split_heads(h @ params["wv"], n_heads)
    r = _split_heads((codes @ params["wr"])[None, :, :], n_heads)[0, ...]
    h_out = _attend(h, k, v, r, params, content_mask)
    return h_out, _attend(g, k, v, r, params, query_mask)


def xlnet_layer(
    h: Array,
    g: Array,
    codes: Array,
    params: dict[str, Any],
    n_heads: int,
    content_mask: Array,
    query_mask: Array,
) -> tuple[Array, Array]:
    """h and g (B, T, D) → h_out, g_out (B, T, D); post-norm, one set of params for both streams."""
    masks = content_mask, query_mask
    to_h, to_g = two_stream_attention(h, g, codes, params["attention"], n_heads, *masks)
    return _finish(h, to_h, params), _finish(g, to_g, params)


def xlnet_forward(ids: Array, order: Array, params: dict[str, Any], n_heads: int) -> Array:
    """ids (B, T), order (T,) or (B, T) → logits (B, T, V), from the query stream."""
    xp = array_namespace(params["embedding"])
    table = params["embedding"]
    h = xp.reshape(xp.take(table, xp.reshape(ids, (-1,)), axis=0), (*ids.shape, table.shape[1]))
    g = xp.zeros_like(h) + params["query_start"]
    masks = permutation_mask(order)
    codes = relative_codes(h)
    for layer in params["layers"]:
        h, g = xlnet_layer(h, g, codes, layer, n_heads, *masks)
    return g @ xp.matrix_transpose(table) + params["output_bias"]


def permutation_loss(
    logits: Array, ids: Array, order: Array, n_predict: int
) -> tuple[float, Array]:
    """logits (B, T, V), ids (B, T) → mean loss over each order's end, dlogits (B, T, V)."""
    xp = array_namespace(logits)
    batch, length, n_words = logits.shape
    predicted = xp.broadcast_to(_rank(order) >= length - n_predict, ids.shape)[:, :, None]
    shifted = logits - xp.max(logits, axis=-1, keepdims=True)
    log_p = shifted - xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))
    words = xp.arange(n_words, device=device(ids))
    one_hot = xp.astype(ids[:, :, None] == words, logits.dtype)
    zero, count = xp.zeros_like(logits), batch * n_predict
    loss = -xp.sum(xp.where(predicted, one_hot * log_p, zero)) / count
    return loss, xp.where(predicted, (xp.exp(log_p) - one_hot) / count, zero)


def _rank(order: Array) -> Array:
    """order (..., T) → at each position its place in the order: the inverse permutation."""
    return array_namespace(order).argsort(order, axis=-1)


def _attend(
    stream: Array, k: Array, v: Array, r: Array, params: dict[str, Array], mask: Array
) -> Array:
    """Queries from stream (B, T, D), keys and values k, v (B, H, T, K) → (B, T, D)."""
    q = _split_heads(stream @ params["wq"], k.shape[1])
    scores = relative_scores(q, k, r, params["content_bias"], params["position_bias"])
    return _merge_heads(_softmax(scores, mask) @ v) @ params["wo"]


def _softmax(scores: Array, mask: Array) -> Array:
    """scores (B, H, T, T) → weights over the keys; a query without any key gets zeros."""
    xp = array_namespace(scores)
    hidden = xp.full_like(scores, -math.inf)
    scores = xp.where(mask[..., None, :, :], scores, hidden)
    top = xp.max(scores, axis=-1, keepdims=True)
    powers = xp.exp(scores - xp.where(top > -math.inf, top, xp.zeros_like(top)))
    total = xp.sum(powers, axis=-1, keepdims=True)
    return powers / xp.where(total > 0, total, xp.ones_like(total))


def _split_heads(x: Array, n_heads: int) -> Array:
    """x (B, T, H * K) → (B, H, T, K); head h takes the h-th block of K neighbouring numbers."""
    xp = array_namespace(x)
    batch, length, width = x.shape
    blocks = xp.reshape(x, (batch, length, n_heads, width // n_heads))
    return xp.permute_dims(blocks, (0, 2, 1, 3))


def _merge_heads(heads: Array) -> Array:
    """heads (B, H, T, K) → (B, T, H * K), the inverse of _split_heads."""
    xp = array_namespace(heads)
    batch, n_heads, length, size = heads.shape
    return xp.reshape(xp.permute_dims(heads, (0, 2, 1, 3)), (batch, length, n_heads * size))


def _finish(stream: Array, attended: Array, params: dict[str, Any]) -> Array:
    """Residual and norm after the attention, then after the feed-forward network, (B, T, D)."""
    x = _layer_norm(stream + attended, params["norm1_scale"], params["norm1_shift"])
    hidden = _gelu(x @ params["w1"] + params["b1"])
    fed = hidden @ params["w2"] + params["b2"]
    return _layer_norm(x + fed, params["norm2_scale"], params["norm2_shift"])


def _gelu(x: Array) -> Array:
    """The tanh form of GELU."""
    xp = array_namespace(x)
    return x / 2 * (1 + xp.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))


def _layer_norm(z: Array, scale: Array, shift: Array) -> Array:
    """z (B, T, D): every position is normalised over its own D numbers."""
    xp = array_namespace(z)
    centred = z - xp.mean(z, axis=-1, keepdims=True)
    variance = xp.mean(centred * centred, axis=-1, keepdims=True)
    return scale * centred / xp.sqrt(variance + EPSILON) + shift
