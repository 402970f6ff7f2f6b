"""Correct implementations in other styles; each must be accepted."""

import math

import numpy as np

from grader.spec import solution, variant


@variant()
class explicit_loops:
    """Python loops; pieces sorted by length; the hash is cut to 32 bits at its end only"""

    def character_ngrams(word, low, high):
        marked = f"<{word}>"
        size = len(marked)
        pieces = [marked[i:j] for i in range(size) for j in range(i + 1, size + 1)]
        short = [piece for piece in pieces if low <= len(piece) <= high and piece != marked]
        return [*sorted(short, key=len), marked]

    def bucket(ngram, buckets):
        number = 0x811C9DC5
        for byte in bytes(ngram, "utf-8"):
            number ^= byte
            number *= 0x01000193
        return (number & 0xFFFFFFFF) % buckets

    def word_vector(word, table, low, high):
        vector = np.zeros(table.shape[1])
        for ngram in character_ngrams(word, low, high):  # noqa: F821
            vector += table[bucket(ngram, len(table))]  # noqa: F821
        return vector

    def word_vectors_forward(words, table, low, high):
        out = [word_vector(word, table, low, high) for word in words]  # noqa: F821
        return np.array(out), {"words": words, "shape": table.shape, "lengths": (low, high)}

    def word_vectors_backward(dout, cache):
        dtable = np.zeros(cache["shape"])
        for n, word in enumerate(cache["words"]):
            for ngram in character_ngrams(word, *cache["lengths"]):  # noqa: F821
                dtable[bucket(ngram, len(dtable))] += dout[n]  # noqa: F821
        return dtable

    def nearest_words(word, vocabulary, table, low, high, top):
        x = word_vector(word, table, low, high)  # noqa: F821
        found = []
        for place, other in enumerate(vocabulary):
            if other != word:
                y = word_vector(other, table, low, high)  # noqa: F821
                lengths = math.sqrt(sum(x * x)) * math.sqrt(sum(y * y))
                found.append((-sum(x * y) / lengths if lengths else 0.0, place))
        found = sorted(found)[:top]
        return [vocabulary[place] for _, place in found], -np.array([cosine for cosine, _ in found])


@variant()
class lookups_and_scatter:
    """Flat lists of row numbers, sums between offsets, np.add.at; unit vectors for the cosine"""

    def word_vectors_forward(words, table, low, high):
        rows = [
            [
                solution.bucket(ngram, len(table))
                for ngram in solution.character_ngrams(w, low, high)
            ]
            for w in words
        ]
        offsets = np.cumsum([0] + [len(numbers) for numbers in rows[:-1]])
        flat = np.concatenate(rows)
        owners = np.repeat(np.arange(len(words)), [len(numbers) for numbers in rows])
        return np.add.reduceat(table[flat], offsets, axis=0), (flat, owners, table.shape)

    def word_vectors_backward(dout, cache):
        flat, owners, shape = cache
        dtable = np.zeros(shape)
        np.add.at(dtable, flat, dout[owners])
        return dtable

    def nearest_words(word, vocabulary, table, low, high, top):
        others = [other for other in vocabulary if other != word]
        out, _ = word_vectors_forward([word, *others], table, low, high)  # noqa: F821
        lengths = np.linalg.norm(out, axis=1, keepdims=True)
        unit = np.divide(out, lengths, out=np.zeros_like(out), where=lengths > 0)
        cosines = np.clip(unit[1:] @ unit[0], -1, 1)
        order = np.lexsort((np.arange(len(others)), -np.round(cosines, 12)))[:top]
        return np.array(others)[order].tolist(), cosines[order]


@variant()
class padded_lists:
    """Lists filled up to a rectangle with the number of an extra row of zeros"""

    def word_vectors_forward(words, table, low, high):
        size = len(table)
        rows = [
            [solution.bucket(ngram, size) for ngram in solution.character_ngrams(w, low, high)]
            for w in words
        ]
        longest = max(map(len, rows))
        padded = np.array([numbers + [size] * (longest - len(numbers)) for numbers in rows])
        return np.vstack([table, 0 * table[:1]])[padded].sum(axis=1), (padded, size)

    def word_vectors_backward(dout, cache):
        padded, size = cache
        used = (padded[:, :, None] == np.arange(size)).sum(axis=1)
        return np.einsum("nb,nd->bd", used, dout)


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def word_vectors_forward(words, table, low, high):
        return solution.word_vectors_forward(words, table.astype(np.float32), low, high)

    def word_vectors_backward(dout, cache):
        return solution.word_vectors_backward(dout.astype(np.float32), cache)


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
