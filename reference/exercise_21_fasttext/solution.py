"""Reference solution of exercise 21: word vectors that are sums of character n-gram vectors.

Bojanowski, Grave, Joulin and Mikolov (2017), section 3.2; the hash is FNV-1a with 32 bits.
N words in a batch, B buckets, D numbers per vector, V words in a vocabulary.
"""

from typing import Any

from array_api_compat import array_namespace, device

Array = Any

OFFSET, PRIME = 2166136261, 16777619


def character_ngrams(word: str, low: int, high: int) -> list[str]:
    """The n-grams of "<word>" by length, then by position, and "<word>" itself at the end."""
    marked = "<" + word + ">"
    ngrams = [
        marked[start : start + length]
        for length in range(low, high + 1)
        for start in range(len(marked) - length + 1)
    ]
    return ngrams if low <= len(marked) <= high else [*ngrams, marked]


def bucket(ngram: str, buckets: int) -> int:
    """FNV-1a of the UTF-8 bytes, modulo the number of buckets."""
    h = OFFSET
    for byte in ngram.encode():
        h = (h ^ byte) * PRIME % 2**32
    return h % buckets


def _counts(words: list[str], table: Array, low: int, high: int) -> Array:
    """How many n-grams of each word fall into each bucket, (N, B)."""
    xp = array_namespace(table)
    rows = []
    for word in words:
        row = [0] * table.shape[0]
        for ngram in character_ngrams(word, low, high):
            row[bucket(ngram, table.shape[0])] += 1
        rows.append(row)
    return xp.asarray(rows, dtype=table.dtype, device=device(table))


def word_vector(word: str, table: Array, low: int, high: int) -> Array:
    """table (B, D) → the sum of the rows of the word's n-grams, (D,)."""
    out, _ = word_vectors_forward([word], table, low, high)
    return out[0, :]


def word_vectors_forward(words: list[str], table: Array, low: int, high: int) -> tuple[Array, Any]:
    """N words, table (B, D) → out (N, D). A row is added as often as n-grams fall into it."""
    counts = _counts(words, table, low, high)
    return counts @ table, counts


def word_vectors_backward(dout: Array, cache: Any) -> Array:
    """dout (N, D) → dtable (B, D)."""
    xp = array_namespace(dout)
    return xp.matrix_transpose(cache) @ dout


def nearest_words(
    word: str, vocabulary: list[str], table: Array, low: int, high: int, top: int
) -> tuple[list[str], Array]:
    """V words, table (B, D) → the `top` other words with the largest cosines, and these."""
    xp = array_namespace(table)
    others = [other for other in vocabulary if other != word]
    vectors, _ = word_vectors_forward(others, table, low, high)
    query = word_vector(word, table, low, high)
    lengths = xp.sqrt(xp.sum(vectors**2, axis=1)) * xp.sqrt(xp.sum(query**2))
    cosines = (vectors @ query) / xp.where(lengths > 0, lengths, xp.ones_like(lengths))
    order = xp.argsort(-cosines, stable=True)[:top]
    return [others[int(place)] for place in order], xp.take(cosines, order, axis=0)
