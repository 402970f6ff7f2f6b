"""Correct implementations in other styles; each must be accepted."""

import math

import numpy as np

from grader.spec import solution, variant


def _cosine(u, v):
    length = math.hypot(*u) * math.hypot(*v)
    return sum(float(s) * float(t) for s, t in zip(u, v, strict=True)) / length if length else 0.0


@variant()
class explicit_loops:
    """Python loops, one cosine at a time, recursion in the thesaurus"""

    def analogy(a, b, c, vectors, top):
        found = []
        for word in range(len(vectors)):
            if word not in (a, b, c):
                row = vectors[word]
                score = _cosine(row, vectors[b]) - _cosine(row, vectors[a])
                found.append((-(score + _cosine(row, vectors[c])), word))
        return np.array([word for _, word in sorted(found)[:top]], dtype=np.int64)

    def ranks(x):
        ordered = sorted(x.tolist())
        return np.array([ordered.index(v) + (ordered.count(v) + 1) / 2 for v in x.tolist()])

    def spearman(x, y):
        rx, ry = solution.ranks(x).tolist(), solution.ranks(y).tolist()
        n = len(rx)
        mean = sum(rx) / n
        above = sum((p - mean) * (q - mean) for p, q in zip(rx, ry, strict=True))
        below = sum((p - mean) ** 2 for p in rx) * sum((q - mean) ** 2 for q in ry)
        return above / math.sqrt(below) if below > 0 else 0.0

    def word_similarity_score(pairs, judgments, vectors):
        cosines = [_cosine(vectors[i], vectors[j]) for i, j in pairs]
        return solution.spearman(judgments, np.array(cosines))

    def path_similarity(parents, a, b):
        def climb(word, steps, seen):
            if steps < seen.get(word, math.inf):
                seen[word] = steps
                for parent in parents[word]:
                    climb(parent, steps + 1, seen)
            return seen

        left, right = climb(a, 0, {}), climb(b, 0, {})
        ways = [left[word] + right[word] for word in left.keys() & right.keys()]
        return 1.0 / (min(ways) + 1) if ways else 0.0


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def analogy(a, b, c, vectors, top):
        return solution.analogy(a, b, c, vectors.astype(np.float32), top).astype(np.int32)

    def analogy_accuracy(questions, vectors):
        return np.float32(solution.analogy_accuracy(questions, vectors.astype(np.float32)))

    def ranks(x):
        return solution.ranks(x).astype(np.float32)

    def spearman(x, y):
        return np.float32(solution.spearman(x, y))

    def word_similarity_score(pairs, judgments, vectors):
        return solution.word_similarity_score(pairs, judgments, vectors.astype(np.float32))

    def path_similarity(parents, a, b):
        return np.float32(solution.path_similarity(parents, a, b))


@variant()
class other_algebra:
    """Scores of minus infinity, unique values, corrcoef, levels as sets"""

    def analogy(a, b, c, vectors, top):
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
        target = unit[b] - unit[a] + unit[c]
        size = np.linalg.norm(target)
        scores = unit @ (target / size) if size > 0 else np.zeros(len(unit))
        scores[[a, b, c]] = -np.inf
        others = len(unit) - len({a, b, c})
        return np.lexsort((np.arange(len(unit)), -scores))[: min(top, others)]

    def analogy_accuracy(questions, vectors):
        first = [solution.analogy(*map(int, row[:3]), vectors, 1)[0] for row in questions]
        return np.mean(np.array(first) == questions[:, 3])

    def ranks(x):
        _, group, counts = np.unique(x, return_inverse=True, return_counts=True)
        last = np.cumsum(counts)
        return (last - (counts - 1) / 2)[group]

    def spearman(x, y):
        rx, ry = solution.ranks(x), solution.ranks(y)
        if np.ptp(rx) == 0 or np.ptp(ry) == 0:
            return 0.0
        return np.corrcoef(rx, ry)[0, 1]

    def word_similarity_score(pairs, judgments, vectors):
        gram = vectors @ vectors.T
        squares = np.diag(gram)
        i, j = pairs.T
        below = np.sqrt(squares[i] * squares[j])
        return solution.spearman(judgments, gram[i, j] / np.where(below > 0, below, 1.0))

    def path_similarity(parents, a, b):
        left, right = [{a}], [{b}]
        for levels in (left, right):
            while levels[-1]:
                levels.append({parent for word in levels[-1] for parent in parents[word]})
        for length in range(len(left) + len(right)):
            for up in range(length + 1):
                if up < len(left) and length - up < len(right) and left[up] & right[length - up]:
                    return 1 / (1 + length)
        return 0.0


@variant()
class a_table_of_all_steps:
    """All shortest ways by relaxation, ranks by sorting, a small constant in the cosines"""

    def analogy(a, b, c, vectors, top):
        unit = vectors / (np.sqrt(np.sum(vectors**2, axis=1, keepdims=True)) + 1e-30)
        cosines = unit @ unit.T
        scores = cosines[b] - cosines[a] + cosines[c]
        ids = [int(word) for word in np.argsort(-scores, kind="stable")]
        return np.array([word for word in ids if word not in {a, b, c}][:top], dtype=np.int64)

    def ranks(x):
        order = np.argsort(x, kind="stable")
        result = np.zeros(len(x))
        start = 0
        while start < len(x):
            end = start
            while end < len(x) and x[order[end]] == x[order[start]]:
                end += 1
            result[order[start:end]] = (start + 1 + end) / 2
            start = end
        return result

    def path_similarity(parents, a, b):
        n = len(parents)
        up = np.full((n, n), np.inf)
        for word in range(n):
            up[word, word] = 0
            up[word, parents[word]] = 1
        for middle in range(n):
            up = np.minimum(up, up[:, [middle]] + up[[middle]])
        return float(1 / (1 + np.min(up[a] + up[b])))


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
