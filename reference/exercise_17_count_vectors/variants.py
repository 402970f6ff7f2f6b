"""Correct implementations in other styles; each must be accepted."""

import math
from collections import Counter

import numpy as np

from grader.spec import solution, variant


@variant()
class explicit_loops:
    """Python loops, sums in Python, sorted with a key"""

    def co_occurrence(corpus, vocabulary_size, window):
        counts = np.zeros((vocabulary_size, vocabulary_size), dtype=np.int32)
        for s in range(len(corpus)):
            for t in range(max(0, s - window), min(len(corpus), s + window + 1)):
                if s != t:
                    counts[corpus[s], corpus[t]] += 1
        return counts

    def ppmi(counts):
        n = len(counts)
        total = counts.sum()
        result = np.zeros((n, n))
        for i in range(n):
            for j in range(n):
                if counts[i, j] > 0:
                    together = counts[i, j] / total
                    chance = (counts[i].sum() / total) * (counts[:, j].sum() / total)
                    result[i, j] = max(0.0, math.log2(together / chance))
        return result

    def cosine_similarity(x, y):
        dot = sum(float(a) * float(b) for a, b in zip(x, y, strict=True))
        length = math.hypot(*x) * math.hypot(*y)
        return dot / length if length else 0.0

    def most_similar(query, vectors, top):
        found = []
        for word in range(len(vectors)):
            if word != query:
                found.append((-solution.cosine_similarity(vectors[query], vectors[word]), word))
        found.sort()
        ids = np.array([word for _, word in found[:top]])
        return ids, np.array([-similarity for similarity, _ in found[:top]])


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def ppmi(counts):
        counts = counts.astype(np.float32)
        rows, columns = counts.sum(axis=1), counts.sum(axis=0)
        result = np.zeros_like(counts)
        i, j = np.nonzero(counts)
        result[i, j] = np.log2(counts[i, j] * counts.sum() / (rows[i] * columns[j]))
        return np.maximum(result, 0)

    def truncated_svd(matrix, k):
        return solution.truncated_svd(matrix.astype(np.float32), k)

    def cosine_similarity(x, y):
        return solution.cosine_similarity(x.astype(np.float32), y.astype(np.float32))

    def most_similar(query, vectors, top):
        return solution.most_similar(query, vectors.astype(np.float32), top)


@variant()
class other_algebra:
    """A dict of pairs, differences of logarithms, eigenvectors, rows brought to length 1"""

    def co_occurrence(corpus, vocabulary_size, window):
        words = corpus.tolist()
        pairs = Counter()
        for place, word in enumerate(words):
            pairs.update((word, other) for other in words[max(0, place - window) : place])
        counts = np.zeros((vocabulary_size, vocabulary_size), dtype=int)
        for (word, other), count in pairs.items():
            counts[word, other] += count
            counts[other, word] += count
        return counts

    def ppmi(counts):
        def bits(numbers):
            return np.log2(np.where(numbers > 0, numbers, 1))

        rows, columns = counts.sum(1, keepdims=True), counts.sum(0, keepdims=True)
        pmi = bits(counts) + bits(counts.sum()) - bits(rows) - bits(columns)
        return np.where(counts > 0, np.clip(pmi, 0, None), 0.0)

    def truncated_svd(matrix, k):
        w, e = np.linalg.eigh(matrix @ matrix.T)
        return e[:, ::-1][:, :k] * -np.sqrt(np.clip(w[::-1][:k], 0, None))

    def most_similar(query, vectors, top):
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
        similarities = unit @ unit[query]
        ids = np.lexsort((np.arange(len(unit)), -similarities))
        ids = ids[ids != query][:top]
        return ids, similarities[ids]


@variant()
class a_small_constant_before_the_maximum:
    """log2(ratio + 1e-8), then the maximum; vectors by projection; the query at minus infinity"""

    def co_occurrence(corpus, vocabulary_size, window):
        distance = np.abs(np.subtract.outer(np.arange(len(corpus)), np.arange(len(corpus))))
        here, there = np.nonzero((distance > 0) & (distance <= window))
        counts = np.zeros((vocabulary_size, vocabulary_size), dtype=np.int64)
        np.add.at(counts, (corpus[here], corpus[there]), 1)
        return counts

    def ppmi(counts):
        with np.errstate(all="ignore"):
            ratio = counts * counts.sum() / np.outer(counts.sum(axis=1), counts.sum(axis=0))
        return np.maximum(np.log2(np.nan_to_num(ratio) + 1e-8), 0)

    def truncated_svd(matrix, k):
        _, _, vh = np.linalg.svd(matrix)
        return matrix @ vh[:k].T

    def most_similar(query, vectors, top):
        similarities = np.array(
            [solution.cosine_similarity(row, vectors[query]) for row in vectors]
        )
        similarities[query] = -np.inf
        ids = np.argsort(-similarities, kind="stable")[: min(top, len(vectors) - 1)]
        return ids, similarities[ids]


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
