from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.judge.compare import DIFFERENT, EQUAL, compare, magnitude

RNG = np.random.default_rng(0)


@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 6))
def test_rounding_is_no_difference(seed: int, n: int, d: int) -> None:
    rng = np.random.default_rng(seed)
    x, w = rng.standard_normal((n, d)), rng.standard_normal((d, 3))
    assert compare(np.einsum("nd,dm->nm", x, w), x @ w, floor=1e-6) is None


def test_single_precision_is_undecided() -> None:
    x, w = RNG.standard_normal((40, 50)), RNG.standard_normal((50, 30))
    found = compare(x.astype(np.float32) @ w.astype(np.float32), x @ w)
    assert found is not None
    assert EQUAL < found.error < DIFFERENT


@pytest.mark.parametrize("error", [1e-4, 1e-2, 1.0])
def test_a_clear_error_is_found_with_its_index(error: float) -> None:
    expected = RNG.standard_normal((4, 5)) + 3
    actual = expected.copy()
    actual[2, 3] += error * 10
    found = compare(actual, expected)
    assert found is not None
    assert found.error >= DIFFERENT
    assert (found.index, found.count, found.total) == ((2, 3), 1, 20)
    assert found.actual == actual[2, 3]


def test_never_broadcasts() -> None:
    assert compare(np.zeros((1, 3)), np.zeros(3)) is not None
    assert compare(np.zeros(0), np.zeros(1)) is not None


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_never_equals_a_number(bad: float) -> None:
    found = compare(np.array([1.0, bad]), np.array([1.0, 2.0]))
    assert found is not None
    assert found.index == (1,)


def test_equal_infinities_are_equal() -> None:
    assert compare(np.array([np.inf, 1.0]), np.array([np.inf, 1.0])) is None
    assert compare(np.array([-np.inf, 1.0]), np.array([np.inf, 1.0])) is not None
    assert compare(np.array([5.0, 1.0]), np.array([np.inf, 1.0])) is not None


def test_a_wrong_row_cannot_hide_behind_a_large_one() -> None:
    expected = np.array([[4e5, 8e5], [5.0, 6.0]])
    actual = np.array([[4e5, 8e5], [9.0, 6.0]])
    found = compare(actual, expected)
    assert found is not None
    assert found.error >= DIFFERENT
    assert found.index == (1, 0)


def test_rounding_beside_an_expected_zero_does_not_count() -> None:
    assert compare(np.array([1e-17]), np.array([0.0]), floor=1e-6) is None
    assert compare(np.array([1e-3]), np.array([0.0]), floor=1e-6) is not None


@pytest.mark.parametrize(
    ("actual", "expected", "same"),
    [
        (3, 3, True),
        (3, 4, False),
        (True, False, False),
        ("a", "a", True),
        (None, None, True),
        ("a", None, False),
    ],
)
def test_what_is_no_real_number_must_be_exactly_equal(
    actual: Any, expected: Any, same: bool
) -> None:
    assert (compare(actual, expected) is None) is same


def test_magnitude_looks_into_nested_data() -> None:
    nested = {"a": [np.array([1.0, -7.0]), 3.0], "b": (np.array([9]), float("inf"))}
    assert magnitude(nested) == 7.0
    assert magnitude({}) == 0.0


def test_a_number_where_all_is_nothing_is_infinitely_wrong_and_warns_of_nothing() -> None:
    found = compare(np.full((2, 2), -26.6), np.zeros((2, 2)))
    assert found is not None
    assert found.error == np.inf
