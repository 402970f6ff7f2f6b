from __future__ import annotations

from typing import Any

import numpy as np
import pytest


@pytest.mark.parametrize(
    ("expected", "actual", "words"),
    [
        (lambda c: c.x, lambda c: c.x.T, "the expected axes in the order (1, 0)"),
        (lambda c: c.b, lambda c: c.b[None], "one axis too many, axis 0, of length 1,"),
        (lambda c: c.b, lambda c: c.dout, "one axis too many, axis 0 (N),"),
        (lambda c: c.x, lambda c: c.x.sum(1), "no axis 1 (D) of those expected"),
        (lambda c: c.x, lambda c: c.x[:, None].reshape(-1), "as many entries as expected in other"),
        (lambda c: c.x, lambda c: c.x[1:], "an axis 0 (N) that is 1 index too short"),
        (lambda c: c.x, lambda c: c.x[:1], "length 1 along axis 0 (N)"),
        (
            lambda c: c.x,
            lambda c: np.ones((len(c.x), c.w.shape[1])),
            "length M (the size of w's axis 1) along axis 1 (D)",
        ),
        (lambda c: 1.5, lambda c: c.x[:, 0], "one axis too many, axis 0 (N),"),
    ],
)
def test_a_shape_that_differs_in_one_way(
    misshapen: Any, expected: Any, actual: Any, words: str
) -> None:
    (pattern,) = misshapen(expected, actual)
    assert (pattern.kind, pattern.where) == ("shape", ("the result of f",))
    assert words in pattern.statement
    assert "in all 5 cases" in pattern.statement


def test_the_part_of_a_result_is_named(misshapen: Any) -> None:
    (pattern,) = misshapen(lambda c: (c.x, {"b": c.b}), lambda c: (c.x, {"b": c.b[:, None]}))
    assert pattern.where == ("the 2nd result of f['b']",)


@pytest.mark.parametrize(
    "actual",
    [
        lambda c: c.x[: 1 + len(c.x) // 2, :-1],
        lambda c: np.ones((7, 7, 7, 7)),
        lambda c: c.x.T if len(c.x) % 2 else c.x[1:],
        lambda c: "text",
        lambda c: c.x.astype(int),
    ],
)
def test_other_failures_are_not_explained(misshapen: Any, actual: Any) -> None:
    assert misshapen(lambda c: c.x, actual) == []
