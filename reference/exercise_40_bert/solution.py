"""Reference solution of exercise 40: BERT, its training data and loss, RoBERTa and ALBERT.

Devlin et al. (2019), sections 3 and 3.1 and appendix A; Liu et al. (2019), section 4.1, for dynamic
masking; Lan et al. (2020), section 3.1, for ALBERT. B sequences, T positions, E numbers per word,
D numbers per position, H heads of K = D / H, F hidden units, V words, L layers.
"""

import math
from typing import Any

from array_api_compat import array_namespace, device

Array = Any
Sentence = list[int]
Pair = tuple[Sentence, Sentence, int]

EPSILON = 1e-12
IGNORED = -100


def mask_tokens(
    ids: Array, special_ids: list[int], mask_id: int, n_words: int, share: float, generator: Any
) -> tuple[Array, Array]:
    """ids (B, T) → inputs, labels (B, T); Devlin et al. (2019), appendix A.1."""
    xp = array_namespace(ids)
    shape, place = tuple(ids.shape), device(ids)
    chosen = xp.asarray(generator.random(shape) < share, device=place)
    decision = generator.random(shape)
    words = xp.asarray(generator.integers(0, n_words, shape), device=place)
    for special in special_ids:
        chosen = chosen & (ids != special)
    below_80 = xp.asarray(decision < 0.8, device=place)
    below_90 = xp.asarray(decision < 0.9, device=place)
    disguised = xp.where(below_80, xp.full_like(ids, mask_id), xp.where(below_90, words, ids))
    inputs = xp.where(chosen, disguised, ids)
    return inputs, xp.where(chosen, ids, xp.full_like(ids, IGNORED))


def dynamic_masking(
    ids: Array,
    special_ids: list[int],
    mask_id: int,
    n_words: int,
    share: float,
    epochs: int,
    generator: Any,
) -> tuple[Array, Array]:
    """ids (B, T) → inputs, labels (epochs, B, T); Liu et al. (2019), section 4.1."""
    xp = array_namespace(ids)
    settings = special_ids, mask_id, n_words, share, generator
    drawn = [mask_tokens(ids, *settings) for _ in range(epochs)]
    return xp.stack([inputs for inputs, _ in drawn]), xp.stack([labels for _, labels in drawn])


def mlm_loss(logits: Array, labels: Array) -> tuple[float, Array]:
    """logits (B, T, V), labels (B, T) → mean loss over the labelled positions, dlogits."""
    xp = array_namespace(logits)
    shifted = logits - xp.max(logits, axis=-1, keepdims=True)
    log_p = shifted - xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))
    words = xp.arange(logits.shape[-1], device=device(labels))
    right = labels[:, :, None] == words
    labelled, zero = (labels != IGNORED)[:, :, None], xp.zeros_like(logits)
    count = xp.sum(xp.astype(labelled, logits.dtype))
    count = xp.where(count > 0, count, xp.ones_like(count))
    loss = -xp.sum(xp.where(right, log_p, zero)) / count
    error = xp.exp(log_p) - xp.astype(right, logits.dtype)
    return loss, xp.where(labelled, error / count, zero)


def next_sentence_pairs(documents: list[list[Sentence]], generator: Any) -> list[Pair]:
    """One (first, second, label) for each two neighbours; Devlin et al. (2019), section 3.1."""
    pairs = []
    for d, document in enumerate(documents):
        for i in range(len(document) - 1):
            second, label = document[i + 1], 0
            if generator.random() >= 0.5:
                other = int(generator.integers(len(documents) - 1))
                strangers = documents[other + (other >= d)]
                second, label = strangers[int(generator.integers(len(strangers)))], 1
            pairs.append((document[i], second, label))
    return pairs


def sentence_order_pairs(documents: list[list[Sentence]], generator: Any) -> list[Pair]:
    """Each two neighbours, as they stand or exchanged; Lan et al. (2020), section 3.1."""
    pairs = []
    for document in documents:
        for i in range(len(document) - 1):
            if generator.random() < 0.5:
                pairs.append((document[i], document[i + 1], 0))
            else:
                pairs.append((document[i + 1], document[i], 1))
    return pairs


def join_pair(
    first: Sentence, second: Sentence, cls_id: int, sep_id: int, length: int, pad_id: int
) -> tuple[list[int], list[int], list[bool]]:
    """Two sentences → ids, segments and mask, lists of `length` entries each."""
    left, right = [cls_id, *first, sep_id], [*second, sep_id]
    used = len(left) + len(right)
    padding = length - used
    ids = left + right + [pad_id] * padding
    segments = [0] * len(left) + [1] * len(right) + [0] * padding
    return ids, segments, [True] * used + [False] * padding


def factorised_embedding_forward(ids: Array, table: Array, projection: Array) -> tuple[Array, Any]:
    """ids (B, T), table (V, E), projection (E, D) → out (B, T, D)."""
    rows = _look_up(ids, table)
    return rows @ projection, (ids, rows, projection, table.shape[0])


def factorised_embedding_backward(dout: Array, cache: Any) -> tuple[Array, Array]:
    """dout (B, T, D) → dtable (V, E), dprojection (E, D).

    The one-hot product adds up the rows of a repeated id.
    """
    ids, rows, projection, n_words = cache
    xp = array_namespace(dout)
    e, d = projection.shape
    flat_ids = xp.reshape(ids, (-1,))
    flat_rows, flat_dout = xp.reshape(rows, (-1, e)), xp.reshape(dout, (-1, d))
    words = xp.arange(n_words, device=device(ids))
    one_hot = xp.astype(words[:, None] == flat_ids, dout.dtype)
    dtable = one_hot @ (flat_dout @ xp.matrix_transpose(projection))
    return dtable, xp.matrix_transpose(flat_rows) @ flat_dout


def bert_forward(
    ids: Array, segments: Array, mask: Array, params: dict[str, Any], n_heads: int, n_layers: int
) -> Array:
    """ids, segments, mask (B, T) → hidden (B, T, D); BERT, or ALBERT if params say so."""
    x = _look_up(ids, params["word_embedding"])
    x = x + params["position_embedding"][: ids.shape[1], :]
    x = x + _look_up(segments, params["segment_embedding"])
    x = _layer_norm(x, params["norm_scale"], params["norm_shift"])
    if "projection" in params:
        x = x @ params["projection"] + params["projection_bias"]
    layers = params["layers"]
    for i in range(n_layers):
        x = _encoder_layer(x, layers[i % len(layers)], n_heads, mask)
    return x


def mlm_logits(hidden: Array, params: dict[str, Any]) -> Array:
    """hidden (B, T, D) → logits (B, T, V); the last matrix is the word table, transposed."""
    xp = array_namespace(hidden)
    z = _gelu(hidden @ params["head_weight"] + params["head_bias"])
    z = _layer_norm(z, params["head_norm_scale"], params["head_norm_shift"])
    return z @ xp.matrix_transpose(params["word_embedding"]) + params["output_bias"]


def _look_up(ids: Array, table: Array) -> Array:
    """ids (B, T), table (N, E) → the table's rows, (B, T, E)."""
    xp = array_namespace(table)
    rows = xp.take(table, xp.reshape(ids, (-1,)), axis=0)
    return xp.reshape(rows, (*ids.shape, table.shape[1]))


def _encoder_layer(x: Array, params: dict[str, Any], n_heads: int, mask: Array) -> Array:
    """x (B, T, D), mask (B, T) → (B, T, D); post-norm, as in exercise 39, but with GELU."""
    p = params
    attended = _attention(x, p["attention"], n_heads, mask)
    x = _layer_norm(x + attended, p["norm1_scale"], p["norm1_shift"])
    fed = _gelu(x @ p["w1"] + p["b1"]) @ p["w2"] + p["b2"]
    return _layer_norm(x + fed, p["norm2_scale"], p["norm2_shift"])


def _attention(x: Array, params: dict[str, Array], n_heads: int, mask: Array) -> Array:
    """x (B, T, D) attends to itself where mask (B, T) is True → (B, T, D)."""
    xp = array_namespace(x)
    q = _split_heads(x @ params["wq"] + params["bq"], n_heads)
    k = _split_heads(x @ params["wk"] + params["bk"], n_heads)
    v = _split_heads(x @ params["wv"] + params["bv"], n_heads)
    scores = q @ xp.matrix_transpose(k) / math.sqrt(q.shape[-1])
    lowest = xp.full_like(scores, xp.finfo(scores.dtype).min)
    heads = _softmax(xp.where(mask[:, None, None, :], scores, lowest)) @ v
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


def _gelu(x: Array) -> Array:
    """Hendrycks and Gimpel (2016), the form with tanh, any shape."""
    xp = array_namespace(x)
    return x / 2 * (1 + xp.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))
