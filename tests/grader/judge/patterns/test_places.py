from __future__ import annotations

from typing import Any

import numpy as np
import pytest


def right(c: Any) -> Any:
    return np.sin(c.x @ c.w) + 2


def spoiled(c: Any, marks: Any) -> Any:
    return right(c) + np.where(marks, np.cos(3 * c.dout) + 1.5, 0)


def rows(c: Any, *wrong: int) -> Any:
    marks = np.zeros(c.dout.shape, dtype=bool)
    marks[list(wrong)] = True
    return marks


@pytest.mark.parametrize(
    ("marks", "words"),
    [
        (lambda c: rows(c, 0), "only at index 0 of axis 0 (N), in every entry there,"),
        (lambda c: rows(c, -1), "only at the last index of axis 0 (N), in every entry there,"),
        (lambda c: ~rows(c, 0), "only from index 1 of axis 0 (N) on"),
        (lambda c: ~rows(c, -1), "only before the last index of axis 0 (N)"),
        (lambda c: c.mask, "only where mask is True, in every entry there,"),
        (lambda c: ~c.mask, "only where mask is False, in every entry there,"),
        (lambda c: c.dout < 0, "only where dout is negative, in every entry there,"),
        (lambda c: c.dout > 0, "only where dout is positive, in every entry there,"),
    ],
)
def test_wrong_only_in_certain_places(told: Any, marks: Any, words: str) -> None:
    (pattern,) = told(right, lambda c: spoiled(c, marks(c)))
    assert pattern.kind == "confined"
    assert words in pattern.statement


def test_only_part_of_a_region_is_not_every_entry(told: Any) -> None:
    (pattern,) = told(right, lambda c: spoiled(c, c.mask & ~rows(c, len(c.x) // 2)))
    assert "only where mask is True, in all" in pattern.statement


def test_anywhere_is_no_place(told: Any) -> None:
    assert told(right, lambda c: spoiled(c, rows(c, len(c.x) // 2) | (c.dout > 1))) == []


def test_one_single_entry_is_too_little(told: Any) -> None:
    def marks(c: Any) -> Any:
        result = np.zeros(c.dout.shape, dtype=bool)
        result[len(c.x) // 2, len(c.b) // 2] = True
        return result

    assert told(right, lambda c: spoiled(c, marks(c)), cases=3) == []


def table(c: Any, *, overwrite: bool) -> Any:
    grown = np.sin(c.table)
    if overwrite:
        grown[c.ids] += np.cos(c.x)
    else:
        np.add.at(grown, c.ids, np.cos(c.x))
    return grown


def test_rows_of_repeated_ids(told: Any) -> None:
    (pattern,) = told(lambda c: table(c, overwrite=False), lambda c: table(c, overwrite=True))
    assert "at the indices of axis 0 (V) that ids names more than once" in pattern.statement
    assert "overwrite each other" in pattern.explanation


def test_rows_that_are_never_named(told: Any) -> None:
    def actual(c: Any) -> Any:
        unseen = np.isin(np.arange(len(c.table)), c.ids, invert=True)[:, None]
        return table(c, overwrite=False) + np.where(unseen, np.sin(3 * c.table), 0)

    (pattern,) = told(lambda c: table(c, overwrite=False), actual)
    assert "at the indices of axis 0 (V) that ids never names" in pattern.statement


def test_places_of_repeated_ids(told: Any) -> None:
    def repeated(c: Any) -> Any:
        return (c.ids[:, None] == c.ids).sum(axis=1) > 1

    def expected(c: Any) -> Any:
        return np.sin(c.x) + 2

    def actual(c: Any) -> Any:
        return expected(c) + repeated(c)[:, None] * np.cos(3 * c.x)

    (pattern,) = told(expected, actual)
    assert "at places whose number in ids occurs there more than once" in pattern.statement


def test_right_zeros_elsewhere_say_nothing(told: Any) -> None:
    """A row that takes no part is zero in any implementation."""

    def gradient(c: Any, compute: Any) -> Any:
        result = np.zeros_like(c.table)
        np.add.at(result, c.ids, compute(c.x) * np.arange(1, 1 + c.x.shape[1]))
        return result

    assert told(lambda c: gradient(c, np.sin), lambda c: gradient(c, np.exp)) == []


def square(c: Any) -> Any:
    return np.sin(c.x @ c.x.T) + 2


@pytest.mark.parametrize(
    ("marks", "words"),
    [
        (lambda e: np.triu(np.ones_like(e), 1) > 0, "above the diagonal of its last two axes"),
        (lambda e: np.tril(np.ones_like(e), -1) > 0, "below the diagonal of its last two axes"),
        (lambda e: np.eye(len(e)) > 0, "on the diagonal of its last two axes"),
        (lambda e: np.eye(len(e)) == 0, "off the diagonal of its last two axes"),
    ],
)
def test_triangles(told: Any, marks: Any, words: str) -> None:
    (pattern,) = told(
        square, lambda c: square(c) + np.where(marks(square(c)), np.cos(square(c)), 0)
    )
    assert words in pattern.statement


def test_one_gate_of_four(told: Any) -> None:
    def gates(c: Any, second: Any) -> Any:
        return np.concatenate([np.sin(c.x), second(c.x), c.x, np.cos(c.x)], axis=1)

    (pattern,) = told(lambda c: gates(c, np.exp), lambda c: gates(c, np.tanh))
    assert "only in block 2 of the 4 equal blocks along axis 1" in pattern.statement


def test_ties_in_a_row(told: Any) -> None:
    def marks(c: Any) -> Any:
        tied = (c.x == c.x.max(axis=1, keepdims=True)).sum(axis=1) > 1
        return np.broadcast_to(tied[:, None], c.dout.shape)

    def tie(c: Any) -> Any:
        c.x[: len(c.x) // 2] = np.round(c.x[: len(c.x) // 2] / 9)
        return right(c)

    # `right` is asked for first and changes the inputs, as a tied case of a spec would be built.
    (pattern,) = told(tie, lambda c: spoiled(c, marks(c)))
    assert "in the rows of x that hold their largest number more than once" in pattern.statement


def test_special_cases_alone(told: Any) -> None:
    def actual(c: Any) -> Any:
        return right(c) + (np.cos(c.dout) if c.special else 0)

    (pattern,) = told(right, actual, specials={"one row": 1, "all equal": 2})
    assert pattern.kind == "special_cases"
    assert pattern.statement == (
        "Your value of out is right in all 5 ordinary cases and differs only in the special cases "
        "“one row” and “all equal”."
    )


def test_special_cases_and_an_ordinary_one(told: Any) -> None:
    def actual(c: Any) -> Any:
        return right(c) + (np.cos(c.dout) if c.special or len(c.x) == 5 else 0)

    assert told(right, actual, specials={"one row": 1, "all equal": 2}) == []


def test_cases_with_one_value_of_an_argument(told: Any) -> None:
    def actual(c: Any) -> Any:
        return right(c) + (np.cos(c.dout) if c.mode == "sum" else 0)

    (pattern,) = told(right, actual)
    assert pattern.statement == (
        "Your value of out differs in exactly the 3 cases in which mode is 'sum', and is right in "
        "the other 2."
    )


def test_cases_that_no_argument_explains(told: Any) -> None:
    assert told(right, lambda c: right(c) + (np.cos(c.dout) if len(c.x) < 5 else 0)) == []


def test_a_mask_off_on_its_diagonal_is_not_called_late(told: Any) -> None:
    """It is one place late along an axis as well; the diagonal says it better."""

    def triangle(c: Any, k: int) -> Any:
        return np.tril(np.ones((len(c.x), len(c.x)), dtype=bool), k)

    (pattern,) = told(lambda c: triangle(c, 0), lambda c: triangle(c, -1))
    assert "only on the diagonal of its last two axes, in every entry there" in pattern.statement
    (pattern,) = told(lambda c: triangle(c, 0), lambda c: triangle(c, 1))
    assert pattern.kind == "shift"
