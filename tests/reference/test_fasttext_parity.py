"""Exercise 21's reference against `torch.nn.EmbeddingBag` and against n-grams found another way."""

import re
import string
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.judge.library import load_solution

CLOSE = {"rtol": 1e-12, "atol": 1e-12}
BATCHES = {
    "repeated words": ["cat", "banana", "cats", "cat"],
    "one word": ["banana"],
    "short and long": ["a", "antidisestablishmentarianism", "été"],
}
#: From the authors of the hash: https://www.isthe.com/chongo/tech/comp/fnv/
KNOWN = {"a": 0xE40C292C, "foobar": 0xBF9CF968, "b": 0xE70C2DE5}

words = st.text(alphabet=string.ascii_letters + "éß한😀", min_size=1, max_size=12)


@pytest.fixture(scope="module")
def solution() -> Any:
    return load_solution("exercise-21")


def ids_and_offsets(solution: Any, batch: list[str], rows: int, low: int, high: int, device: str):
    """The row numbers of all words one behind the other, and where each word begins."""
    ids, offsets = [], []
    for word in batch:
        offsets.append(len(ids))
        ids += [
            solution.bucket(ngram, rows) for ngram in solution.character_ngrams(word, low, high)
        ]
    return torch.tensor(ids, device=device), torch.tensor(offsets, device=device)


@pytest.mark.parametrize("rows", [1, 5, 64, 1009])
@pytest.mark.parametrize("batch", BATCHES.values(), ids=BATCHES)
def test_vectors_and_gradient_equal_embedding_bag(solution, batch, rows, device):
    source = torch.Generator().manual_seed(21)
    bag = torch.nn.EmbeddingBag(rows, 6, mode="sum", dtype=torch.float64)
    with torch.no_grad():
        bag.weight.copy_(torch.randn(rows, 6, generator=source, dtype=torch.float64))
    bag = bag.to(device)
    dout = torch.randn(len(batch), 6, generator=source, dtype=torch.float64).to(device)

    expected = bag(*ids_and_offsets(solution, batch, rows, 3, 6, device))
    expected.backward(dout)

    table = bag.weight.detach()
    out, cache = solution.word_vectors_forward(batch, table, 3, 6)
    dtable = solution.word_vectors_backward(dout, cache)
    assert out.device == dtable.device == table.device
    torch.testing.assert_close(out, expected.detach(), **CLOSE)
    torch.testing.assert_close(dtable, bag.weight.grad, **CLOSE)
    for row, word in zip(out, batch, strict=True):
        torch.testing.assert_close(solution.word_vector(word, table, 3, 6), row, **CLOSE)


def test_numpy_and_torch_agree(solution, device):
    table = np.random.default_rng(21).normal(size=(37, 5))
    for word, vector in zip(
        BATCHES["short and long"],
        solution.word_vectors_forward(BATCHES["short and long"], table, 2, 4)[0],
        strict=True,
    ):
        there = solution.word_vector(word, torch.tensor(table, device=device), 2, 4)
        np.testing.assert_allclose(there.cpu().numpy(), vector, **CLOSE)


def test_neighbours_equal_torch(solution, device):
    """Cosines by `torch.nn.functional`, sorted by torch."""
    table = torch.tensor(np.random.default_rng(22).normal(size=(101, 12)), device=device)
    vocabulary = ["player", "cat", "playing", "été", "replay", "walked", "I"]
    for word in ["played", "cat", "étés"]:
        others = [other for other in vocabulary if other != word]
        vectors = torch.stack([solution.word_vector(other, table, 3, 5) for other in others])
        query = solution.word_vector(word, table, 3, 5)
        cosines = torch.nn.functional.cosine_similarity(vectors, query[None], dim=1)
        best = torch.sort(cosines, descending=True, stable=True)
        found, similarities = solution.nearest_words(word, vocabulary, table, 3, 5, 4)
        assert similarities.device == table.device
        assert found == [others[place] for place in best.indices.tolist()[:4]]
        torch.testing.assert_close(similarities, best.values[:4], **CLOSE)


@settings(max_examples=200, deadline=None)
@given(word=words, low=st.integers(1, 6), more=st.integers(0, 4))
def test_ngrams_equal_overlapping_matches(word: str, low: int, more: int) -> None:
    """A look-ahead finds every place at which a piece of a given length begins."""
    solution, marked = load_solution("exercise-21"), f"<{word}>"
    expected = []
    for length in range(low, low + more + 1):
        expected += re.findall(f"(?=(.{{{length}}}))", marked)
    if marked not in expected:
        expected.append(marked)
    assert solution.character_ngrams(word, low, low + more) == expected


@settings(max_examples=200, deadline=None)
@given(ngram=words, buckets=st.integers(1, 2**33))
def test_hash_equals_arithmetic_of_uint32(ngram: str, buckets: int) -> None:
    """NumPy's uint32 wraps by itself."""
    solution, number = load_solution("exercise-21"), np.array([2166136261], dtype=np.uint32)
    for byte in np.frombuffer(ngram.encode("utf-8"), dtype=np.uint8):
        number = (number ^ byte) * np.array([16777619], dtype=np.uint32)
    assert solution.bucket(ngram, buckets) == int(number[0]) % buckets


@pytest.mark.parametrize(("text", "number"), KNOWN.items(), ids=KNOWN)
def test_published_hashes(solution, text, number):
    assert solution.bucket(text, 2**32) == number
