"""Reference solution of exercise 23: analogies, rank correlation, and paths in a thesaurus.

Mikolov, Yih and Zweig (2013); Spearman (1904); Rada, Mili, Bicknell and Blettner (1989).
V words, D numbers in a vector, Q questions, P pairs, N numbers to rank.
"""

from collections import deque
from typing import Any

from array_api_compat import array_namespace

Array = Any


def analogy(a: int, b: int, c: int, vectors: Array, top: int) -> Array:
    """vectors (V, D) → ids (M,), by cos(v, b) - cos(v, a) + cos(v, c), the largest first."""
    xp = array_namespace(vectors)
    unit = _unit_rows(vectors)
    scores = unit @ (unit[b, :] - unit[a, :] + unit[c, :])
    ids = xp.argsort(scores, descending=True, stable=True)
    return ids[(ids != a) & (ids != b) & (ids != c)][:top]


def analogy_accuracy(questions: Array, vectors: Array) -> float:
    """questions (Q, 4), vectors (V, D) → the share whose first answer is the fourth word."""
    right = 0
    for a, b, c, d in questions:
        right += int(analogy(int(a), int(b), int(c), vectors, 1)[0]) == int(d)
    return right / questions.shape[0]


def ranks(x: Array) -> Array:
    """x (N,) → (N,). With s smaller numbers and e equal ones, itself included: the mean of the
    ranks s + 1 to s + e.
    """
    xp = array_namespace(x)
    smaller = xp.sum(xp.astype(x[None, :] < x[:, None], x.dtype), axis=1)
    equal = xp.sum(xp.astype(x[None, :] == x[:, None], x.dtype), axis=1)
    return smaller + (equal + 1) / 2


def spearman(x: Array, y: Array) -> float:
    """x (N,), y (N,) → Pearson's correlation of the ranks, 0 where one side is constant."""
    xp = array_namespace(x)
    dx = ranks(x) - (x.shape[0] + 1) / 2
    dy = ranks(y) - (y.shape[0] + 1) / 2
    spread = xp.sqrt(xp.sum(dx * dx)) * xp.sqrt(xp.sum(dy * dy))
    return xp.sum(dx * dy) / xp.where(spread > 0, spread, xp.ones_like(spread))


def word_similarity_score(pairs: Array, judgments: Array, vectors: Array) -> float:
    """pairs (P, 2), judgments (P,), vectors (V, D) → Spearman of judgments and cosines."""
    xp = array_namespace(vectors)
    unit = _unit_rows(vectors)
    left, right = xp.take(unit, pairs[:, 0], axis=0), xp.take(unit, pairs[:, 1], axis=0)
    return spearman(judgments, xp.sum(left * right, axis=1))


def path_similarity(parents: list[list[int]], a: int, b: int) -> float:
    """1 / (1 + fewest steps from a up to a common hypernym and down to b), 0 without one."""
    from_a, from_b = _steps_up(parents, a), _steps_up(parents, b)
    lengths = [from_a[word] + from_b[word] for word in from_a if word in from_b]
    return 1 / (1 + min(lengths)) if lengths else 0.0


def _steps_up(parents: list[list[int]], word: int) -> dict[int, int]:
    """The fewest steps from a word up to itself (0) and to everything above it: breadth first."""
    steps = {word: 0}
    waiting = deque([word])
    while waiting:
        current = waiting.popleft()
        for parent in parents[current]:
            if parent not in steps:
                steps[parent] = steps[current] + 1
                waiting.append(parent)
    return steps


def _unit_rows(vectors: Array) -> Array:
    """vectors (V, D) → the rows at length 1; a row of zeros stays as it is."""
    xp = array_namespace(vectors)
    lengths = xp.sqrt(xp.sum(vectors * vectors, axis=1, keepdims=True))
    return vectors / xp.where(lengths > 0, lengths, xp.ones_like(lengths))
