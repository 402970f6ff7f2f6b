from __future__ import annotations

from typing import Any

import numpy as np


def two(c: Any) -> dict[str, Any]:
    return {"first": c.x @ c.w, "second": c.dout + c.b}


def test_two_results_exchanged_are_told_once(told: Any) -> None:
    (pattern,) = told(two, lambda c: {"first": two(c)["second"], "second": two(c)["first"]})
    assert (pattern.kind, pattern.where) == ("exchanged", ("first", "second"))
    assert "The results first and second are exchanged in all 5 cases" in pattern.statement


def test_one_result_in_place_of_another(told: Any) -> None:
    (pattern,) = told(
        two, lambda c: {"first": two(c)["second"], "second": two(c)["second"] + np.sin(c.dout)}
    )
    assert (pattern.kind, pattern.where) == ("other_result", ("first",))


def test_results_that_are_not_exchanged(told: Any) -> None:
    assert told(two, lambda c: {"first": np.sin(c.dout), "second": np.cos(c.dout)}) == []


def test_an_input_returned(told: Any) -> None:
    (pattern,) = told(lambda c: c.x**2 + 1, lambda c: c.x)
    assert pattern.statement == "Your value of out is the input x itself in all 5 cases."


def test_an_input_times_a_number(told: Any) -> None:
    (pattern,) = told(lambda c: c.x**2 + 1, lambda c: c.x / len(c.x))
    assert (pattern.kind, "1/N times the input x" in pattern.statement) == ("input", True)


def test_an_input_times_a_number_without_a_name(told: Any) -> None:
    assert told(lambda c: c.x**2 + 1, lambda c: c.x * np.linalg.norm(c.w)) == []


def test_a_slice_of_an_input(told: Any) -> None:
    (pattern,) = told(lambda c: c.dout.sum(0), lambda c: c.dout[-1])
    assert pattern.kind == "part_of_input"
    assert "the last slice of the input dout along axis 0" in pattern.statement


def test_another_slice_of_an_input(told: Any) -> None:
    assert told(lambda c: c.dout.sum(0), lambda c: c.dout[len(c.x) // 2]) == []


def test_rows_taken_one_place_off(told: Any) -> None:
    (pattern,) = told(lambda c: c.table[c.ids], lambda c: c.table[c.ids - 1])
    assert pattern.kind == "other_rows"
    assert "the input table, 1 place before the expected row" in pattern.statement


def test_rows_taken_anywhere(told: Any) -> None:
    assert told(lambda c: c.table[c.ids], lambda c: c.table[(c.ids * 2 + 1) % len(c.table)]) == []
