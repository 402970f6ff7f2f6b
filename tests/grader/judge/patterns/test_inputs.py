from __future__ import annotations

from typing import Any

import numpy as np
import pytest


def gradient(c: Any) -> Any:
    return np.sin(c.x).T @ c.dout


@pytest.mark.parametrize(
    ("term", "words"),
    [
        (lambda c: -c.decay * c.w, "is −decay times w in"),
        (lambda c: c.decay * c.w, "is decay times w in"),
        (lambda c: -2 * c.decay * c.w, "is −2·decay times w in"),
        (lambda c: c.decay / len(c.x) * c.w, "is decay/N times w in"),
        (lambda c: -c.w, "is −w in"),
        (lambda c: c.w, "is w in"),
    ],
)
def test_a_term_that_is_missing_or_too_much(told: Any, term: Any, words: str) -> None:
    (pattern,) = told(gradient, lambda c: gradient(c) + term(c))
    assert pattern.kind == "input_difference"
    assert words in pattern.statement


def test_a_bias_left_out(told: Any) -> None:
    (pattern,) = told(lambda c: c.x @ c.w + c.b, lambda c: c.x @ c.w)
    assert pattern.statement == (
        "Your value of out minus the expected value is −b repeated along every axis but axis 1 "
        "in all 5 cases."
    )


@pytest.mark.parametrize(
    "term",
    [lambda c: np.linalg.norm(c.x) * c.w, lambda c: c.w**2, lambda c: 1e-10 * c.w],
)
def test_other_terms_are_not_named(told: Any, term: Any) -> None:
    assert told(gradient, lambda c: gradient(c) + term(c)) == []


def test_an_input_that_is_not_multiplied_in(told: Any) -> None:
    (pattern,) = told(lambda c: c.dout * np.sin(c.x @ c.w), lambda c: np.sin(c.x @ c.w))
    assert (pattern.kind, pattern.where) == ("input_factor", ("out",))
    assert "times dout, entry by entry, is the expected value" in pattern.statement


def test_an_input_that_is_multiplied_in_twice(told: Any) -> None:
    (pattern,) = told(lambda c: np.sin(c.x @ c.w), lambda c: c.b * np.sin(c.x @ c.w))
    assert "is the expected value times b, entry by entry," in pattern.statement


def test_a_function_of_an_input_is_not_a_factor(told: Any) -> None:
    assert told(lambda c: np.sin(c.x @ c.w), lambda c: np.sin(c.dout) * np.sin(c.x @ c.w)) == []
