"""Numbers are read as people write them, without running anything."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.numbers import NotANumber, close, read, shown
from quizzes.question import Tolerance


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("42", 42),
        (" -0.5 ", -0.5),
        ("1,234,567", 1234567),
        ("1_000", 1000),
        ("1e-4", 1e-4),
        ("3/8", 0.375),
        ("10*5+5", 55),
        ("2^10", 1024),
        ("2 ** 0.5", math.sqrt(2)),
        ("sqrt(2)/2", math.sqrt(0.5)),
        ("ln(2)", math.log(2)),
        ("12 %", 0.12),
        ("−3 × 2", -6),
        ("e", math.e),
    ],
)
def test_ways_to_write_a_number(text: str, value: float) -> None:
    assert read(text) == pytest.approx(value)


@pytest.mark.parametrize(
    "text",
    ["", "a", "1/0", "__import__('os')", "1+", "9**9**9**9", "True", "[1]", "x"*300, "1;2", "1,23",
     "(-8)**0.5", "sqrt(-1)", "1e999", "'7'", "len('a')"],
)  # fmt: skip
def test_what_is_no_number_is_refused_in_a_line(text: str) -> None:
    with pytest.raises(NotANumber) as refused:
        read(text)
    assert "\n" not in str(refused.value)


@given(st.one_of(st.integers(-(10**12), 10**12), st.floats(-1e12, 1e12)))
def test_what_is_shown_can_be_read_again(value: float) -> None:
    assert read(shown(value)) == pytest.approx(value, rel=1e-5, abs=1e-12)


def test_a_tolerance_is_absolute_or_relative() -> None:
    assert close(100, 101, Tolerance(rtol=0.01)) and not close(100, 102, Tolerance(rtol=0.01))
    assert close(0.1, 0.104, Tolerance(atol=0.005)) and not close(0.1, 0.106, Tolerance(atol=0.005))
    assert close(7, 7.0, Tolerance()) and not close(7, 7.001, Tolerance())
