"""Reference solution of exercise 20: GloVe, from the counts to a step of training.

Pennington, Socher and Manning (2014), sections 3 and 4.2; Duchi, Hazan and Singer (2011).
T words in the corpus, V words in the vocabulary, D numbers per word vector.
"""

from typing import Any

from array_api_compat import array_namespace, device

Array = Any


def distance_weighted_counts(corpus: Array, vocabulary_size: int, window: int) -> Array:
    """corpus (T,) → counts (V, V): a pair of words at distance d adds 1/d, in both directions.

    One-hot rows, shifted against each other by a distance and multiplied, count the pairs of words
    at that distance.
    """
    xp = array_namespace(corpus)
    words = xp.arange(vocabulary_size, device=device(corpus))
    rows = xp.astype(corpus[:, None] == words, xp.float64)  # (T, V)
    ahead = sum(
        xp.matrix_transpose(rows[:-distance, :]) @ rows[distance:, :] / distance
        for distance in range(1, window + 1)
    )
    return ahead + xp.matrix_transpose(ahead)


def weighting(counts: Array, x_max: float, alpha: float) -> Array:
    """counts, any shape → (counts / x_max) ** alpha, and 1 from x_max on."""
    xp = array_namespace(counts)
    share = xp.where(counts < x_max, counts / x_max, xp.ones_like(counts))
    return share**alpha


def _residuals(w: Array, w_context: Array, b: Array, b_context: Array, counts: Array) -> Array:
    """score - log count, shape (V, V).

    Where the count is 0 its logarithm is replaced by log 1; the weight of such a pair is 0.
    """
    xp = array_namespace(w)
    log_counts = xp.log(xp.where(counts > 0, counts, xp.ones_like(counts)))
    return w @ xp.matrix_transpose(w_context) + b[:, None] + b_context - log_counts


def glove_loss(
    w: Array,
    w_context: Array,
    b: Array,
    b_context: Array,
    counts: Array,
    x_max: float,
    alpha: float,
) -> float:
    """w, w_context (V, D), b, b_context (V,), counts (V, V) → the weighted sum of squares."""
    xp = array_namespace(w)
    residuals = _residuals(w, w_context, b, b_context, counts)
    return xp.sum(weighting(counts, x_max, alpha) * residuals**2)


def glove_gradients(
    w: Array,
    w_context: Array,
    b: Array,
    b_context: Array,
    counts: Array,
    x_max: float,
    alpha: float,
) -> tuple[Array, Array, Array, Array]:
    """The same arguments → dw (V, D), dw_context (V, D), db (V,), db_context (V,)."""
    xp = array_namespace(w)
    residuals = _residuals(w, w_context, b, b_context, counts)
    dscores = 2 * weighting(counts, x_max, alpha) * residuals
    return (
        dscores @ w_context,
        xp.matrix_transpose(dscores) @ w,
        xp.sum(dscores, axis=1),
        xp.sum(dscores, axis=0),
    )


def adagrad_step(
    params: dict[str, Array],
    sums: dict[str, Array],
    counts: Array,
    lr: float,
    x_max: float,
    alpha: float,
) -> tuple[dict[str, Array], dict[str, Array]]:
    """params, sums (w, w_context, b, b_context) → both after one step over all pairs."""
    xp = array_namespace(counts)
    dw, dw_context, db, db_context = glove_gradients(
        **params, counts=counts, x_max=x_max, alpha=alpha
    )
    grads = {"w": dw, "w_context": dw_context, "b": db, "b_context": db_context}
    new_sums = {name: sums[name] + grads[name] ** 2 for name in grads}
    new_params = {name: params[name] - lr * grads[name] / xp.sqrt(new_sums[name]) for name in grads}
    return new_params, new_sums
