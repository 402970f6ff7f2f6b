from __future__ import annotations

from typing import Any

import numpy as np
import pytest


def share(c: Any) -> Any:
    return np.abs(c.x) / 3


@pytest.mark.parametrize(
    ("compute", "words"),
    [
        (lambda e: 1 - e, "1 minus"),
        (np.square, "the square of"),
        (np.sqrt, "the square root of"),
        (lambda e: 1 / e, "1 divided by"),
        (np.exp, "e to the power of the"),
        (np.log, "is the natural logarithm of"),
        (lambda e: -np.log(e), "minus the logarithm of"),
    ],
)
def test_a_function_of_what_is_asked(told: Any, compute: Any, words: str) -> None:
    (pattern,) = told(share, lambda c: compute(share(c)))
    assert pattern.kind == "function"
    assert words in pattern.statement


@pytest.mark.parametrize("compute", [np.sin, lambda e: e**3, lambda e: 1.1 - e * e])
def test_another_function_is_not_named(told: Any, compute: Any) -> None:
    assert told(share, lambda c: compute(share(c))) == []


def test_the_negative_part_is_lost(told: Any) -> None:
    (pattern,) = told(lambda c: c.x @ c.w, lambda c: np.maximum(c.x @ c.w, 0))
    assert "0 for every negative entry" in pattern.statement


def test_a_mask_turned_round(told: Any) -> None:
    (pattern,) = told(lambda c: c.mask, lambda c: ~c.mask)
    assert (pattern.kind, "1 minus" in pattern.statement) == ("function", True)


def test_infinities_of_a_function_are_no_match(told: Any) -> None:
    """1/0 must not count as a value that everything equals."""
    (pattern,) = told(lambda c: c.mask, lambda c: c.mask | (c.dout > 0))
    assert pattern.kind != "function"


def test_nothing_but_zeros(told: Any) -> None:
    (pattern,) = told(share, lambda c: 0 * c.x)
    assert pattern.kind == "zeros"
    assert pattern.statement == (
        "Your value of out is zero in every entry in all 5 cases, whatever the input."
    )


@pytest.mark.parametrize("value", [1.0, -2.5])
def test_the_same_number_whatever_the_input(told: Any, value: float) -> None:
    (pattern,) = told(share, lambda c: np.full_like(c.x, value))
    assert pattern.kind == "same_number"
    (pattern,) = told(lambda c: float(c.x.sum()), lambda c: value)
    assert pattern.kind == "same_number"


def test_one_case_of_zeros_is_not_nothing(told: Any) -> None:
    assert told(share, lambda c: np.sin(c.x) * (len(c.x) != 2)) == []


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (lambda c: 1.0, "is 1 in every entry"),
        (lambda c: -len(c.x), "is −N in every entry"),
        (lambda c: c.rate, "is rate in every entry"),
    ],
)
def test_the_same_amount_too_much(told: Any, amount: Any, words: str) -> None:
    (pattern,) = told(share, lambda c: share(c) + amount(c))
    assert pattern.kind == "offset"
    assert words in pattern.statement


def test_an_amount_without_a_name_is_no_offset_of_a_scalar(told: Any) -> None:
    assert told(lambda c: float(c.x.sum()), lambda c: float(c.x.sum() + c.w.sum() ** 2)) == []


def test_one_number_per_case(told: Any) -> None:
    (pattern,) = told(share, lambda c: 0 * c.x + np.linalg.norm(c.dout))
    assert pattern.kind == "flat"
