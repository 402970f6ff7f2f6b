"""The baseline is a probability distribution and agrees with the formula worked out by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.n_grams import KneserNey

TEXT = [0, 1, 2, 0, 1, 3, 0, 1, 2, 2, 4, 0]


@given(
    st.lists(st.integers(0, 4), min_size=3, max_size=40),
    st.lists(st.integers(0, 5), max_size=3),
    st.integers(1, 4),
)
def test_the_probabilities_of_all_tokens_add_up_to_one(
    ids: list[int], context: list[int], order: int
) -> None:
    model = KneserNey(ids, vocabulary_size=6, order=order)
    p = [model.probability(token, context) for token in range(6)]
    assert sum(p) == pytest.approx(1.0)
    assert min(p) > 0


def test_a_bigram_agrees_with_the_formula() -> None:
    """Eleven pairs, nine kinds of them; `0 1` three times, `1 2` twice, the others once.

    The pairs: 01 12 20 01 13 30 01 12 22 24 40. Once: 20 13 30 22 24 40, so n1 = 6; twice: 12, so
    n2 = 1; the discount is 6 / 8. As second word, the tokens 0 to 4 stand in 3, 1, 2, 1, 1 kinds:
    n1 = 3, n2 = 1, discount 3 / 5, eight kinds.
    """
    model = KneserNey(TEXT, vocabulary_size=5, order=2)
    lower = (2 - 0.6) / 8 + 0.6 * 5 / 8 / 5
    expected = (2 - 0.75) / 3 + 0.75 * 2 / 3 * lower
    assert model.probability(2, [1]) == pytest.approx(expected)


def test_only_the_last_tokens_of_the_context_count() -> None:
    model = KneserNey(TEXT, vocabulary_size=5, order=3)
    assert model.probability(2, [4, 4, 0, 1]) == model.probability(2, [0, 1])


def test_an_unseen_history_is_answered_by_a_shorter_one() -> None:
    model = KneserNey(TEXT, vocabulary_size=5, order=3)
    assert model.probability(2, [4, 1]) == model.probability(2, [1])


def test_perplexity_is_the_inverse_geometric_mean() -> None:
    model = KneserNey(TEXT, vocabulary_size=5, order=2)
    p = [model.probability(1, [0]), model.probability(2, [1])]
    assert model.perplexity([0, 1, 2]) == pytest.approx(1 / math.sqrt(p[0] * p[1]))
