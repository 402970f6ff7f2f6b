"""Reference solution of exercise 34: attention between an encoder and a decoder.

Bahdanau, Cho and Bengio (2015), section 3.1 and appendix A.1.2, for the additive score; Luong, Pham
and Manning (2015), section 3.1, for the other two. B sentences, T target steps, S source positions,
H numbers in a query, E in a key, A in between, M in a value.
"""

from typing import Any

from array_api_compat import array_namespace

Array = Any


def _rows(x: Array) -> Array:
    """x (B, N, D) → (B * N, D): every position a row."""
    return array_namespace(x).reshape(x, (x.shape[0] * x.shape[1], x.shape[2]))


def additive_score_forward(
    queries: Array, keys: Array, wq: Array, wk: Array, v: Array
) -> tuple[Array, Any]:
    """queries (B, T, H), keys (B, S, E), wq (H, A), wk (E, A), v (A,) → scores (B, T, S)."""
    xp = array_namespace(queries)
    mixed = xp.tanh((queries @ wq)[:, :, None, :] + (keys @ wk)[:, None, :, :])
    return mixed @ v, (queries, keys, wq, wk, v, mixed)


def additive_score_backward(dscores: Array, cache: Any) -> tuple[Array, Array, Array, Array, Array]:
    """dscores (B, T, S) → dqueries, dkeys, dwq, dwk and dv, each of its argument's shape."""
    queries, keys, wq, wk, v, mixed = cache
    xp = array_namespace(dscores)
    dv = xp.sum(dscores[..., None] * mixed, axis=(0, 1, 2))
    dsum = dscores[..., None] * v * (1 - mixed**2)
    from_queries, from_keys = xp.sum(dsum, axis=2), xp.sum(dsum, axis=1)
    dwq = _rows(queries).T @ _rows(from_queries)
    dwk = _rows(keys).T @ _rows(from_keys)
    return from_queries @ wq.T, from_keys @ wk.T, dwq, dwk, dv


def dot_score_forward(queries: Array, keys: Array) -> tuple[Array, Any]:
    """queries (B, T, H), keys (B, S, H) → scores (B, T, S)."""
    xp = array_namespace(queries)
    return queries @ xp.matrix_transpose(keys), (queries, keys)


def dot_score_backward(dscores: Array, cache: Any) -> tuple[Array, Array]:
    """dscores (B, T, S) → dqueries (B, T, H), dkeys (B, S, H)."""
    queries, keys = cache
    xp = array_namespace(dscores)
    return dscores @ keys, xp.matrix_transpose(dscores) @ queries


def general_score_forward(queries: Array, keys: Array, w: Array) -> tuple[Array, Any]:
    """queries (B, T, H), keys (B, S, E), w (H, E) → scores (B, T, S)."""
    xp = array_namespace(queries)
    return (queries @ w) @ xp.matrix_transpose(keys), (queries, keys, w)


def general_score_backward(dscores: Array, cache: Any) -> tuple[Array, Array, Array]:
    """dscores (B, T, S) → dqueries (B, T, H), dkeys (B, S, E), dw (H, E)."""
    queries, keys, w = cache
    xp = array_namespace(dscores)
    dprojected = dscores @ keys
    dkeys = xp.matrix_transpose(dscores) @ (queries @ w)
    return dprojected @ w.T, dkeys, _rows(queries).T @ _rows(dprojected)


def attend_forward(
    scores: Array, values: Array, mask: Array | None = None
) -> tuple[Array, Array, Any]:
    """scores (B, T, S), values (B, S, M), mask (B, S) → context (B, T, M), weights (B, T, S)."""
    xp = array_namespace(scores)
    if mask is not None:
        lowest = xp.full_like(scores, xp.finfo(scores.dtype).min)
        scores = xp.where(mask[:, None, :], scores, lowest)
    e = xp.exp(scores - xp.max(scores, axis=-1, keepdims=True))
    weights = e / xp.sum(e, axis=-1, keepdims=True)
    if mask is not None:
        # Where nothing is real, all weights are equal up to here; now there are none.
        weights = xp.where(mask[:, None, :], weights, xp.zeros_like(weights))
    return weights @ values, weights, (values, weights)


def attend_backward(dcontext: Array, cache: Any) -> tuple[Array, Array]:
    """dcontext (B, T, M) → dscores (B, T, S), dvalues (B, S, M)."""
    values, weights = cache
    xp = array_namespace(dcontext)
    dvalues = xp.matrix_transpose(weights) @ dcontext
    dweights = dcontext @ xp.matrix_transpose(values)
    mean = xp.sum(weights * dweights, axis=-1, keepdims=True)
    return weights * (dweights - mean), dvalues


def alignment(weights: Array) -> Array:
    """weights (B, T, S) → (B, T), the position with the largest weight, the first of several."""
    return array_namespace(weights).argmax(weights, axis=-1)
