"""Exercise 31 against torch.softmax, torch.topk, sorted tensors and the search of all texts."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from grader.judge.library import load_solution

ALPHAS = [0.0, 0.5, 1.0, 2.0]
# Scores this close are not told apart: permuted texts differ by rounding alone.
CLOSE = 1e-9


@pytest.fixture(scope="module")
def generation():
    return load_solution("exercise-31")


def _normal(*shape, seed=31):
    return 2 * np.random.default_rng(seed).standard_normal(shape)


def _close(actual, expected):
    np.testing.assert_allclose(actual, np.asarray(expected), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("t", [0.01, 0.5, 1.0, 3.0, 100.0])
def test_temperature_equals_torch_softmax(generation, put, back, t, place):
    logits = _normal(6, 11)
    expected = torch.softmax(torch.tensor(logits) / t, dim=1)
    _close(back(generation.temperature(put(logits, place), t), place), expected)


@pytest.mark.parametrize("k", [1, 2, 5, 10, 11, 40])
def test_top_k_equals_torch_topk(generation, put, back, k, place):
    logits = _normal(6, 11)
    best = torch.topk(torch.tensor(logits), min(k, 11), dim=1)
    masked = torch.full((6, 11), -math.inf, dtype=torch.float64)
    masked.scatter_(1, best.indices, best.values)
    _close(back(generation.top_k(put(logits, place), k), place), torch.softmax(masked, dim=1))


@pytest.mark.parametrize("p", [0.05, 0.3, 0.5, 0.75, 0.9, 0.999, 1.0])
def test_top_p_equals_a_sorted_cumulative_sum(generation, put, back, p, place):
    logits = _normal(30, 11)
    falling, order = torch.sort(torch.softmax(torch.tensor(logits), dim=1), descending=True)
    before = torch.cumsum(falling, dim=1) - falling
    falling[before >= p] = 0.0
    falling /= falling.sum(dim=1, keepdim=True)
    expected = torch.zeros_like(falling).scatter(1, order, falling)
    _close(back(generation.top_p(put(logits, place), p), place), expected)


def test_equal_scores_are_kept_from_the_left(generation, put, back, place):
    logits = put(np.zeros((3, 50)), place)
    for kept in (generation.top_k(logits, 20), generation.top_p(logits, 0.395)):
        expected = np.zeros((3, 50))
        expected[:, :20] = 1 / 20
        _close(back(kept, place), expected)


def test_sampled_tokens_have_the_frequencies_of_their_rows(generation, put, back, place):
    draws = 4_000
    p = generation.top_p(put(_normal(5, 5), place), 0.9)
    u = put(np.random.default_rng(31).random(draws), place)
    ids = back(generation.sample(p, 0, -1, u), place)
    assert ids.dtype == np.int64 and ids.shape == (draws,)
    before = np.concatenate([[0], ids[:-1]])
    for token, row in enumerate(back(p, place)):
        after = ids[before == token]
        if not after.size:
            continue
        frequency = np.bincount(after, minlength=5) / after.size
        assert np.abs(frequency - row).max() <= 6 * math.sqrt(0.25 / after.size)
        assert (frequency[row == 0] == 0).all()


def test_sampling_equals_a_search_in_the_running_sums(generation):
    p = generation.temperature(_normal(7, 7), 1.0)
    u = np.random.default_rng(32).random(40)
    found, token = [], 3
    for number in u:
        token = int(torch.searchsorted(torch.cumsum(torch.tensor(p[token]), 0), number, right=True))
        found.append(token)
        if token == 6:
            break
    assert generation.sample(p, 3, 6, u).tolist() == found


def _all_texts(v, end, max_length):
    """Every text that ends with its first `end`, or is max_length tokens long without one."""
    for length in range(1, max_length + 1):
        for ids in itertools.product(range(v), repeat=length):
            if end not in ids[:-1] and (ids[-1] == end or length == max_length):
                yield ids


def _score(log_p, start, ids, alpha):
    pairs = zip((start, *ids), ids, strict=False)
    return sum(float(log_p[a, b]) for a, b in pairs) / len(ids) ** alpha


@st.composite
def models(draw, most=4):
    """A table with its start, end and max_length."""
    v, max_length = draw(st.integers(2, most)), draw(st.integers(1, most))
    rows = st.lists(st.floats(-5, 5, width=32), min_size=v, max_size=v)
    table = np.array(draw(st.lists(rows, min_size=v, max_size=v)))
    return table, draw(st.integers(0, v - 1)), draw(st.integers(0, v - 1)), max_length


@settings(max_examples=60, deadline=None, database=None, derandomize=True)
@given(model=models(), alpha=st.sampled_from(ALPHAS))
def test_the_widest_beam_finds_the_best_of_all_texts(model, alpha):
    generation = load_solution("exercise-31")
    table, start, end, max_length = model
    log_p = torch.log_softmax(torch.tensor(table), dim=1)
    scores = {
        ids: _score(log_p, start, ids, alpha) for ids in _all_texts(len(table), end, max_length)
    }
    best = max(scores.values())
    for width in (len(table) ** max_length, 10_000):
        ids, score = generation.beam_search(table, start, end, width, max_length, alpha)
        assert abs(score - best) <= CLOSE
        assert abs(scores[tuple(ids.tolist())] - best) <= CLOSE


@settings(max_examples=60, deadline=None, database=None, derandomize=True)
@given(model=models(), alpha=st.sampled_from(ALPHAS), width=st.integers(1, 6))
def test_a_narrow_beam_is_never_better_than_the_optimum(model, alpha, width):
    generation = load_solution("exercise-31")
    table, start, end, max_length = model
    log_p = torch.log_softmax(torch.tensor(table), dim=1)
    texts = set(_all_texts(len(table), end, max_length))
    best = max(_score(log_p, start, ids, alpha) for ids in texts)
    found, score = generation.beam_search(table, start, end, width, max_length, alpha)
    assert tuple(found.tolist()) in texts
    assert score <= best + CLOSE
    assert abs(score - _score(log_p, start, found.tolist(), alpha)) <= CLOSE


@settings(max_examples=60, deadline=None, database=None, derandomize=True)
@given(model=models(most=5), alpha=st.sampled_from(ALPHAS))
def test_a_beam_of_width_one_is_greedy(model, alpha):
    generation = load_solution("exercise-31")
    table, start, end, max_length = model
    # Scores that differ by less than rounding have logarithms that are equal.
    gaps = np.abs(table[:, :, None] - table[:, None, :])
    assume(not ((gaps > 0) & (gaps < CLOSE)).any())
    ids, _ = generation.beam_search(table, start, end, 1, max_length, alpha)
    assert ids.tolist() == generation.greedy(table, start, end, max_length).tolist()


def test_texts_are_the_same_on_every_backend(generation, put, back, place):
    table = _normal(9, 9)
    given = put(table, place)
    for start, end in itertools.product((0, 4), (4, 8)):
        expected = generation.greedy(table, start, end, 6)
        found = back(generation.greedy(given, start, end, 6), place)
        assert found.dtype == np.int64 and found.tolist() == expected.tolist()
        expected, wanted = generation.beam_search(table, start, end, 3, 6, 0.75)
        found, score = generation.beam_search(given, start, end, 3, 6, 0.75)
        assert back(found, place).tolist() == expected.tolist()
        assert math.isclose(score, wanted, rel_tol=1e-12)


def test_arguments_are_left_alone(generation):
    table, u = _normal(5, 5), np.random.default_rng(31).random(4)
    before = table.copy(), u.copy()
    generation.greedy(table, 0, 1, 4)
    for p in (
        generation.temperature(table, 0.7),
        generation.top_k(table, 5),
        generation.top_p(table, 1.0),
    ):
        generation.sample(p, 0, 1, u)
        p += 1.0
    generation.beam_search(table, 0, 1, 3, 4, 1.0)
    assert np.array_equal(table, before[0]) and np.array_equal(u, before[1])
