from __future__ import annotations

from typing import Any

import numpy as np
import pytest


def score(c: Any) -> Any:
    return np.exp(c.x @ c.w / 2)


def softmax(c: Any, axis: int) -> Any:
    return score(c) / score(c).sum(axis=axis, keepdims=True)


def spread(c: Any, compute: Any, axis: int) -> Any:
    return np.broadcast_to(compute(score(c), axis=axis, keepdims=True), c.dout.shape)


@pytest.mark.parametrize(
    ("actual", "words"),
    [
        (lambda c: spread(c, np.sum, 0), "summed along axis 0 (N) and repeated"),
        (lambda c: spread(c, np.mean, 1), "averaged along axis 1 (M) and repeated"),
        (lambda c: np.cumsum(score(c), axis=0), "added up step by step along axis 0 (N),"),
        (lambda c: np.cumsum(score(c)[::-1], axis=0)[::-1], "from its end"),
    ],
)
def test_rows_added_up(told: Any, actual: Any, words: str) -> None:
    (pattern,) = told(score, actual)
    assert pattern.kind == "reduced"
    assert words in pattern.statement


def test_normalised_along_another_axis(told: Any) -> None:
    (pattern,) = told(lambda c: softmax(c, 1), lambda c: softmax(c, 0))
    assert pattern.kind == "normalised"
    assert "adds up to 1 along axis 0 (N)" in pattern.statement
    assert "the expected value along axis 1 (M)" in pattern.statement


def test_a_difference_per_row(told: Any) -> None:
    (pattern,) = told(score, lambda c: score(c) + np.sin(c.x[:, :1]))
    assert pattern.kind == "row_offset"
    assert "does not change along axis 1 (M)" in pattern.statement


def test_a_ratio_per_row(told: Any) -> None:
    (pattern,) = told(lambda c: softmax(c, 1), score)
    assert pattern.kind == "row_scale"
    assert "divided by the expected value, does not change along axis 1 (M)" in pattern.statement


def test_a_ratio_of_a_row_and_a_column_is_neither(told: Any) -> None:
    assert told(score, lambda c: score(c) * np.sin(c.x[:, :1]) * np.cos(c.b)) == []


def test_all_rows_alike(told: Any) -> None:
    (pattern,) = told(score, lambda c: np.broadcast_to(np.sin(c.b), c.dout.shape))
    assert pattern.kind == "same_rows"
    assert "does not change along axis 0 (N)" in pattern.statement


def test_rows_that_should_be_alike_are_no_pattern(told: Any) -> None:
    def alike(c: Any, compute: Any) -> Any:
        return np.broadcast_to(compute(c.b), c.dout.shape)

    found = told(lambda c: alike(c, np.sin), lambda c: alike(c, np.cos))
    assert [pattern.kind for pattern in found] == []


def test_rows_that_are_right_in_one_case_silence_a_ratio(told: Any) -> None:
    def actual(c: Any) -> Any:
        return softmax(c, 1) if c.special else score(c)

    assert told(lambda c: softmax(c, 1), actual, specials={"one": 1}) == []


def path(c: Any, factor: Any) -> Any:
    steps = [c.w]
    for _ in range(len(c.x)):
        steps.append(steps[-1] - 0.1 * factor(c) * np.sin(steps[-1] + c.b))
    return np.stack(steps)


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (lambda c: 2, "is 2 times the expected one"),
        (lambda c: -1, "is −1 times the expected one"),
        (lambda c: 1 / len(c.x), "is 1/N times the expected one"),
    ],
)
def test_the_first_step_of_a_path(told: Any, factor: Any, words: str) -> None:
    (pattern,) = told(lambda c: path(c, lambda c: 1), lambda c: path(c, factor))
    assert pattern.kind == "first_step"
    assert words in pattern.statement


def test_a_path_in_another_direction(told: Any) -> None:
    (pattern,) = told(lambda c: path(c, lambda c: 1), lambda c: path(c, lambda c: np.cos(c.b)))
    assert pattern.kind == "confined"
    assert "only from index 1 of axis 0 on" in pattern.statement
