from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.judge.implementation import Failure
from grader.judge.observe import Observed, Outcome
from grader.judge.patterns import find_patterns, search
from grader.judge.patterns.search import DETECTORS
from grader.judge.patterns.words import EXPLANATIONS
from grader.spec.checks import Check


def three(c: Any) -> dict[str, Any]:
    return {"x": np.sin(c.x), "w": np.sin(c.w), "b": np.sin(c.b)}


def test_tensors_with_the_same_pattern_are_told_together(told: Any) -> None:
    (pattern,) = told(three, lambda c: {k: v * len(c.x) for k, v in three(c).items()})
    assert pattern.where == ("x", "w", "b")
    assert pattern.statement.startswith("Your values of x, w and b are N times the expected values")


def test_two_patterns_at_most_in_the_order_of_the_check(told: Any) -> None:
    found = told(three, lambda c: {"x": 2 * np.sin(c.x), "w": -np.sin(c.w), "b": 3 * np.sin(c.b)})
    assert [pattern.where for pattern in found] == [("x",), ("w",)]


def test_a_right_tensor_is_not_mentioned(told: Any) -> None:
    (pattern,) = told(three, lambda c: {**three(c), "w": 2 * np.sin(c.w)})
    assert pattern.where == ("w",)


def test_a_correct_submission_has_no_pattern(told: Any) -> None:
    assert told(three, three) == []


def test_rounding_is_no_pattern(told: Any) -> None:
    assert told(three, lambda c: {k: v * (1 + 1e-14) for k, v in three(c).items()}) == []


def test_cases_that_gave_no_value_are_left_out(plain: Check, evidence: Any) -> None:
    cases = evidence(three, lambda c: {k: 2 * v for k, v in three(c).items()})
    cases[0] = (cases[0][0], Outcome((), Failure("raised", "f raised"), ()))
    (pattern,) = search.search(plain, cases)
    assert "in all 4 cases" in pattern.statement


def test_many_names_are_cut_short() -> None:
    assert search._listed(("a", "b", "c", "d", "e")) == "a, b, c and 2 more"
    assert search._listed(("a",)) == "a"


def test_no_evidence_has_no_pattern(plain: Check) -> None:
    assert find_patterns(plain, []) == []


def test_a_fault_of_a_detector_is_not_a_fault_of_the_verdict(
    plain: Check, evidence: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(search, "DETECTORS", (broken, *DETECTORS))
    cases = evidence(three, lambda c: {k: 2 * v for k, v in three(c).items()})
    with pytest.raises(ZeroDivisionError):
        search.search(plain, cases)
    with pytest.warns(RuntimeWarning, match=r"no patterns of .*ZeroDivisionError"):
        assert find_patterns(plain, cases) == []


@pytest.mark.parametrize("text", EXPLANATIONS.values(), ids=EXPLANATIONS.keys())
def test_explanations_are_of_a_readable_length(text: str) -> None:
    assert 80 <= len(text.split()) <= 160


def test_explanations_claim_no_more_than_consistency() -> None:
    for topic, text in EXPLANATIONS.items():
        words = " ".join(text.split())
        hedged = ("consistent with", "Usual causes", "what one gets")
        assert any(phrase in words for phrase in hedged), topic


ODD = st.sampled_from(
    [
        None,
        "text",
        True,
        3,
        -0.0,
        float("nan"),
        float("inf"),
        1e308,
        2 + 1j,
        [],
        {},
        np.zeros(0),
        np.zeros((0, 3)),
        np.array(1.5),
        np.array([[1, 2], [3, 4]]),
        np.array([True, False]),
        np.full((2, 2), np.nan),
        np.array([1e308, -1e308]),
        np.array([5e-324, 1.0], dtype=np.float64),
        np.ones(3, dtype=np.float16),
        np.array(["a", "b"]),
        np.ones((2, 1, 1, 1, 1, 1)),
        np.array([1 + 1j, 2]),
    ]
)


@settings(max_examples=300, deadline=None)
@given(pairs=st.lists(st.tuples(ODD, ODD), min_size=3, max_size=6), same=st.booleans())
def test_nothing_that_comes_back_breaks_it(
    plain: Check, evidence: Any, pairs: Any, same: bool
) -> None:
    """The search itself is called, without the guard around it."""
    names = ["out"] * len(pairs) if same else [f"hs[{at}]" for at in range(len(pairs))]
    made = []
    for at, (case, _) in enumerate(evidence(three, three)):
        shown = pairs if same else pairs[at:] + pairs[:at]
        right = tuple(Observed(n, "value", e) for n, (e, _) in zip(names, shown, strict=True))
        wrong = tuple(Observed(n, "value", a) for n, (_, a) in zip(names, shown, strict=True))
        made.append((type(case)(None, case.fields, (), right), Outcome(wrong, None, ())))
    search.search(plain, made)
