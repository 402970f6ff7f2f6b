"""Reference solution of exercise 43: decoding a GPT with stored keys and values.

Radford et al. (2019), section 2.3, for the model; Shazeer (2019), section 2.4, for incremental
attention. B texts, T new tokens, S tokens seen before, P positions, D numbers per position, H heads
of K = D / H, F hidden units, V tokens in the vocabulary.
"""

import math
from typing import Any

from array_api_compat import array_namespace, device

Array = Any
Cache = list[dict[str, Any]]

EPSILON = 1e-5


def prefill(
    ids: Array, params: dict[str, Any], n_heads: int, cache: Cache | None = None
) -> tuple[Array, Cache]:
    """ids (B, T), cache with (B, H, S, K) or None → logits (B, T, V), cache with (B, H, S + T, K).

    Query i stands at position S + i of the whole text and sees the keys 0 to S + i.
    """
    table = params["token_embedding"]
    xp = array_namespace(table)
    seen = 0 if cache is None else cache[0]["k"].shape[2]
    end = seen + ids.shape[1]
    position = xp.arange(end, device=device(ids))
    visible = position[None, :] <= position[seen:, None]

    x = _rows(table, ids) + params["position_embedding"][seen:end, :]
    grown = []
    for i, p in enumerate(params["layers"]):
        q, k, v = _project(_norm(x, p["norm1_scale"], p["norm1_shift"]), p["attention"], n_heads)
        if cache is not None:
            k = xp.concat([cache[i]["k"], k], axis=2)
            v = xp.concat([cache[i]["v"], v], axis=2)
        grown.append({"k": k, "v": v})
        x = x + _attend(q, k, v, visible) @ p["attention"]["wo"] + p["attention"]["bo"]
        x = x + _feed_forward(_norm(x, p["norm2_scale"], p["norm2_shift"]), p)
    x = _norm(x, params["final_scale"], params["final_shift"])
    return x @ xp.matrix_transpose(table), grown


def decode_step(
    ids: Array, cache: Cache, params: dict[str, Any], n_heads: int
) -> tuple[Array, Cache]:
    """One token for every text, ids (B,) → logits (B, V), cache with one position more."""
    logits, grown = prefill(ids[:, None], params, n_heads, cache)
    return logits[:, 0, :], grown


def select_rows(cache: Cache, rows: Array) -> Cache:
    """rows (R,), ids of texts → the cache of these texts in this order, (R, H, S, K)."""
    xp = array_namespace(rows)
    return [{name: xp.take(layer[name], rows, axis=0) for name in ("k", "v")} for layer in cache]


def generate(ids: Array, n_new: int, params: dict[str, Any], n_heads: int) -> Array:
    """ids (B, T) → (B, T + n_new). The prompt goes in once, then every token but the last."""
    xp = array_namespace(ids)
    text, fed, cache = [ids], ids, None
    for _ in range(n_new):
        logits, cache = prefill(fed, params, n_heads, cache)
        fed = xp.argmax(logits[:, -1, :], axis=-1)[:, None]
        text.append(fed)
    return xp.concat(text, axis=1)


def cache_size(
    n_layers: int, n_heads: int, head_size: int, length: int, batch: int, bytes_per_number: int
) -> int:
    """Bytes of a cache: a key and a value, in every layer, for every text and position."""
    return 2 * n_layers * n_heads * head_size * length * batch * bytes_per_number


def _rows(table: Array, ids: Array) -> Array:
    """table (V, D), ids (B, T) → the table's rows, (B, T, D)."""
    xp = array_namespace(table)
    return xp.reshape(xp.take(table, xp.reshape(ids, (-1,)), axis=0), (*ids.shape, table.shape[1]))


def _norm(z: Array, scale: Array, shift: Array) -> Array:
    """LayerNorm of z (B, T, D): every position over its own D numbers."""
    xp = array_namespace(z)
    centred = z - xp.mean(z, axis=-1, keepdims=True)
    variance = xp.mean(centred * centred, axis=-1, keepdims=True)
    return scale * centred / xp.sqrt(variance + EPSILON) + shift


def _project(z: Array, attention: dict[str, Array], n_heads: int) -> tuple[Array, Array, Array]:
    """z (B, T, D) → queries, keys and values, (B, H, T, K) each; a head is a block of z's width."""
    xp = array_namespace(z)
    b, t, d = z.shape
    by_head = (b, t, n_heads, d // n_heads)
    q, k, v = (
        xp.permute_dims(
            xp.reshape(z @ attention["w" + name] + attention["b" + name], by_head), (0, 2, 1, 3)
        )
        for name in "qkv"
    )
    return q, k, v


def _attend(q: Array, k: Array, v: Array, visible: Array) -> Array:
    """q (B, H, T, K), k and v (B, H, N, K), visible (T, N) → the heads side by side, (B, T, D)."""
    xp = array_namespace(q)
    scores = q @ xp.matrix_transpose(k) / math.sqrt(q.shape[-1])
    lowest = xp.full_like(scores, xp.finfo(scores.dtype).min)
    scores = xp.where(visible, scores, lowest)
    powers = xp.exp(scores - xp.max(scores, axis=-1, keepdims=True))
    heads = powers / xp.sum(powers, axis=-1, keepdims=True) @ v
    b, h, t, size = heads.shape
    return xp.reshape(xp.permute_dims(heads, (0, 2, 1, 3)), (b, t, h * size))


def _feed_forward(z: Array, p: dict[str, Any]) -> Array:
    """z (B, T, D) → (B, T, D), position by position, with the tanh form of GELU."""
    xp = array_namespace(z)
    a = z @ p["w1"] + p["b1"]
    gelu = a / 2 * (1 + xp.tanh(math.sqrt(2 / math.pi) * (a + 0.044715 * a * a * a)))
    return gelu @ p["w2"] + p["b2"]
