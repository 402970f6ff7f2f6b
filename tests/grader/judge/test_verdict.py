from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.judge.implementation import Failure
from grader.judge.observe import Observed, Outcome
from grader.judge.tape import TapeCase
from grader.judge.verdict import alike, decide

FIELDS = {"x": np.array([1.0, 2.0])}


def case(*observed: Observed) -> TapeCase:
    return TapeCase(None, FIELDS, (), observed)


def outcome(*observed: Observed, failure: Failure | None = None) -> Outcome:
    return Outcome(observed, failure, ())


def value(number: Any, role: str = "value", name: str = "out") -> Observed:
    return Observed(name, role, number)


def test_equal_values_are_no_problem() -> None:
    assert decide(case(value(np.ones(3))), outcome(value(np.ones(3) + 1e-16))) is None


def test_a_failure_is_a_problem_of_its_kind() -> None:
    problem = decide(case(value(1.0)), outcome(failure=Failure("raised", "f raised")))
    assert problem is not None and problem.kind == "raised"


def test_a_clear_difference_comes_before_an_undecided_one() -> None:
    expected = case(value(np.ones(2)), value(np.ones(2), name="second"))
    close = np.ones(2) + 1e-7
    problem = decide(expected, outcome(value(close), value(np.zeros(2), name="second")))
    assert problem is not None and problem.observed is not None
    assert (problem.observed.name, problem.undecided) == ("second", False)
    problem = decide(expected, outcome(value(close), value(np.ones(2), name="second")))
    assert problem is not None and problem.undecided


def test_a_relation_is_held_against_the_submission_itself() -> None:
    stated = Observed("left", "same", 1.0, 1.0, "equal")
    assert decide(case(stated), outcome(Observed("left", "same", 5.0, 5.0, "equal"))) is None
    problem = decide(case(stated), outcome(Observed("left", "same", 5.0, 6.0, "equal")))
    assert problem is not None and problem.kind == "same"


def test_a_false_statement_is_a_problem() -> None:
    stated = Observed("statement", "holds", True, True, "it holds")
    assert decide(case(stated), outcome(Observed("statement", "holds", False, True, "it holds")))


def test_a_gradient_that_vanishes_is_measured_against_the_others() -> None:
    expected = case(
        value(np.array([3.0]), "gradient", "w"), value(np.array([1e-17]), "gradient", "b")
    )
    single = outcome(
        value(np.array([3.0]), "gradient", "w"), value(np.array([1e-8]), "gradient", "b")
    )
    problem = decide(expected, single)
    assert problem is not None and problem.undecided
    wrong = outcome(
        value(np.array([3.0]), "gradient", "w"), value(np.array([1e-3]), "gradient", "b")
    )
    problem = decide(expected, wrong)
    assert problem is not None and not problem.undecided


def test_other_parts_than_asked_are_a_problem() -> None:
    problem = decide(case(value(1.0)), outcome(value(1.0), value(2.0, name="more")))
    assert problem is not None and problem.kind == "structure"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (outcome(value(1.0)), outcome(value(1.0 + 1e-12)), True),
        (outcome(value(1.0)), outcome(value(1.1)), False),
        (outcome(value(1.0)), outcome(failure=Failure("raised", "x")), False),
        (
            outcome(failure=Failure("form", "x", "shape", found=["array", 1, 3])),
            outcome(failure=Failure("form", "y", "shape", found=["array", 1, 3])),
            True,
        ),
        (
            outcome(failure=Failure("form", "x", "shape", found=["array", 1, 3])),
            outcome(failure=Failure("form", "x", "shape", found=["array", 3, 1])),
            False,
        ),
        (outcome(value(1.0)), outcome(value(1.0), value(2.0, name="b")), False),
    ],
)
def test_outcomes_are_alike_when_nothing_but_rounding_differs(
    one: Outcome, other: Outcome, same: bool
) -> None:
    assert alike(case(value(1.0)), one, other) is same
