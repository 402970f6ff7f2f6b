"""Reference solution of exercise 17: word vectors from counts.

Church and Hanks (1990); Bullinaria and Levy (2007); Deerwester et al. (1990).
N words in the corpus, V words in the vocabulary, C columns of a matrix, D numbers in a vector.
"""

from typing import Any

from array_api_compat import array_namespace, device

Array = Any


def co_occurrence(corpus: Array, vocabulary_size: int, window: int) -> Array:
    """corpus (N,) → counts (V, V), int64: neighbours up to `window` apart, in both directions.

    One-hot rows, shifted against each other by a distance and multiplied, count the pairs of words
    at that distance. Products of floating-point numbers exist on every device; they are exact.
    """
    xp = array_namespace(corpus)
    words = xp.arange(vocabulary_size, device=device(corpus))
    rows = xp.astype(corpus[:, None] == words, xp.float64)  # (N, V)
    ahead = sum(
        rows[:-distance, :].T @ rows[distance:, :]  # left word, right word
        for distance in range(1, window + 1)
    )
    return xp.astype(ahead + ahead.T, xp.int64)


def ppmi(counts: Array) -> Array:
    """counts (V, V) → max(0, log2(counts[i, j] · S / (S_i · S_j))), zero where nothing was seen.

    Where the count is 0, the fraction is replaced by 1 / 1 before the division.
    """
    xp = array_namespace(counts)
    counts = xp.astype(counts, xp.float64)
    of_words = xp.sum(counts, axis=1, keepdims=True)  # (V, 1)
    of_neighbours = xp.sum(counts, axis=0)  # (V,)
    seen, one = counts > 0, xp.ones_like(counts)
    observed = xp.where(seen, counts * xp.sum(counts), one)
    by_chance = xp.where(seen, of_words * of_neighbours, one)
    pmi = xp.log2(observed / by_chance)
    return xp.where(pmi > 0, pmi, xp.zeros_like(pmi))


def truncated_svd(matrix: Array, k: int) -> Array:
    """matrix (V, C) → vectors (V, k), the first k columns of u times their singular values."""
    xp = array_namespace(matrix)
    u, s, _ = xp.linalg.svd(matrix, full_matrices=False)
    return u[:, :k] * s[:k]


def cosine_similarity(x: Array, y: Array) -> Array:
    """x (D,), y (D,) → a number. A zero vector's dot products are 0, so any divisor will do."""
    xp = array_namespace(x)
    lengths = xp.sqrt(xp.sum(x * x)) * xp.sqrt(xp.sum(y * y))
    return xp.sum(x * y) / xp.where(lengths > 0, lengths, xp.ones_like(lengths))


def most_similar(query: int, vectors: Array, top: int) -> tuple[Array, Array]:
    """vectors (V, D) → ids (M,), similarities (M,), with M = min(top, V - 1)."""
    xp = array_namespace(vectors)
    similarities = xp.stack(
        [cosine_similarity(vectors[query, :], vectors[word, :]) for word in range(vectors.shape[0])]
    )
    order = xp.argsort(similarities, descending=True, stable=True)
    ids = order[order != query][:top]
    return ids, similarities[ids]
