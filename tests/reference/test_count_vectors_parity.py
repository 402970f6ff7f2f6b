"""Exercise 17's reference against SciPy, on random input and on the beginning of a real text."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy import linalg, sparse
from scipy.sparse import linalg as sparse_linalg
from scipy.spatial import distance

from grader.judge.library import load_solution

BOOK = Path(__file__).parents[2] / "exercises" / "texts" / "shakespeare.txt"
CLOSE: dict[str, Any] = {"rtol": 1e-9, "atol": 1e-11}

Put = Callable[[np.ndarray, str], Any]
Back = Callable[[Any, str], np.ndarray]


@pytest.fixture(scope="module")
def solution() -> Any:
    return load_solution("exercise-17")


@pytest.fixture(scope="module")
def book() -> np.ndarray:
    """The first 20,000 characters as ids; the words with fewer than 3 places share one id."""
    words = BOOK.read_text(encoding="utf-8")[:20_000].lower().replace(".", " . ").split()
    frequent = sorted(word for word in set(words) if words.count(word) >= 3)
    numbers = {word: number for number, word in enumerate(frequent)}
    return np.array([numbers.get(word, len(frequent)) for word in words])


def sparse_counts(corpus: np.ndarray, size: int, window: int) -> sparse.csr_array:
    """Ones at (word, neighbour), added up by SciPy where they fall into the same cell."""
    total = sparse.csr_array((size, size), dtype=np.int64)
    for shift in range(1, min(window, len(corpus) - 1) + 1):
        left, right = corpus[:-shift], corpus[shift:]
        ones = np.ones(len(left), dtype=np.int64)
        total = total + sparse.coo_array((ones, (left, right)), shape=(size, size)).tocsr()
        total = total + sparse.coo_array((ones, (right, left)), shape=(size, size)).tocsr()
    return total


def sparse_ppmi(counts: Any) -> np.ndarray:
    """The stored entries alone, as a product with two diagonal matrices."""
    table = sparse.csr_array(counts).astype(np.float64)
    inverse = [
        sparse.diags_array(np.divide(1.0, sums, out=np.zeros_like(sums), where=sums > 0))
        for sums in (table.sum(axis=1), table.sum(axis=0))
    ]
    ratio = sparse.csr_array(inverse[0] @ table @ inverse[1]) * table.sum()
    ratio.eliminate_zeros()
    ratio.data = np.maximum(np.log2(ratio.data), 0.0)
    return ratio.toarray()


def up_to_signs(vectors: np.ndarray, expected: np.ndarray) -> None:
    signs = np.sign(np.sum(vectors * expected, axis=0))
    np.testing.assert_allclose(vectors * signs, expected, rtol=1e-7, atol=1e-9)


def test_a_book_through_the_whole_chain(
    solution: Any, book: np.ndarray, place: str, put: Put, back: Back
) -> None:
    size = int(book.max()) + 1
    counts = solution.co_occurrence(put(book, place), size, 2)
    table = sparse_counts(book, size, 2)
    np.testing.assert_array_equal(back(counts, place), table.toarray())

    weights = solution.ppmi(counts)
    expected = sparse_ppmi(table)
    np.testing.assert_allclose(back(weights, place), expected, **CLOSE)
    assert 0 < np.count_nonzero(expected) < table.nnz

    vectors = solution.truncated_svd(weights, 8)
    u, s, _ = sparse_linalg.svds(expected, k=8, tol=1e-12, v0=np.ones(size))
    up_to_signs(back(vectors, place), (u * s)[:, np.argsort(-s)])

    for query in (0, size // 2, size - 1):
        ids, similarities = solution.most_similar(query, vectors, 10)
        found = back(vectors, place)
        cosines = 1 - distance.cdist(found[[query]], found, "cosine")[0]
        np.testing.assert_allclose(back(similarities, place), cosines[back(ids, place)], **CLOSE)
        others = np.delete(cosines, query)
        np.testing.assert_allclose(back(similarities, place), np.sort(others)[::-1][:10], **CLOSE)
        assert query not in back(ids, place)


@pytest.mark.parametrize("seed", range(10))
def test_small_corpora_and_windows(
    solution: Any, seed: int, place: str, put: Put, back: Back
) -> None:
    source = np.random.default_rng(seed)
    corpus = source.integers(4, size=1 + 2 * seed)
    for window in (1, 2, 5, 30):
        counts = solution.co_occurrence(put(corpus, place), 6, window)
        assert counts.dtype in (np.int64, torch.int64)
        expected = sparse_counts(corpus, 6, window).toarray()
        np.testing.assert_array_equal(back(counts, place), expected)


@pytest.mark.parametrize("seed", range(5))
def test_ppmi_of_tables_that_are_not_symmetric(
    solution: Any, seed: int, place: str, put: Put, back: Back
) -> None:
    source = np.random.default_rng(seed)
    counts = source.integers(6, size=(7, 7)) * source.integers(2, size=(7, 7))
    counts[seed] = 0
    counts[:, seed - 1] = 0
    for table in (counts, counts * 0.125):
        result = back(solution.ppmi(put(table, place)), place)
        np.testing.assert_allclose(result, sparse_ppmi(table), **CLOSE)


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5), (9, 1)])
def test_singular_vectors_up_to_signs(
    solution: Any, shape: tuple[int, int], place: str, put: Put, back: Back
) -> None:
    matrix = np.random.default_rng(17).normal(size=shape)
    u, s, _ = linalg.svd(matrix, full_matrices=False, lapack_driver="gesvd")
    for k in range(1, min(shape) + 1):
        vectors = solution.truncated_svd(put(matrix, place), k)
        up_to_signs(back(vectors, place), u[:, :k] * s[:k])


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_cosines(solution: Any, scale: float, place: str, put: Put, back: Back) -> None:
    source = np.random.default_rng(17)
    for length in (1, 2, 5, 40):
        x, y = scale * source.normal(size=length), source.normal(size=length)
        cosine = float(solution.cosine_similarity(put(x, place), put(y, place)))
        np.testing.assert_allclose(cosine, 1 - distance.cosine(x, y), **CLOSE)
        assert float(solution.cosine_similarity(put(0 * x, place), put(y, place))) == 0
