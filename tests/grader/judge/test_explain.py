from __future__ import annotations

import pytest

from grader.judge.compare import Difference
from grader.judge.explain import explain, explain_failure, status_of, timed_out
from grader.judge.implementation import Failure
from grader.judge.observe import Observed
from grader.judge.tape import TapeCase
from grader.judge.verdict import Problem
from grader.result import Status

CASE = TapeCase(None, {}, (), ())
NAMED = TapeCase("scores of 1000", {}, (), ())
FOUND = Difference(1.0, (0, 2), -1.5, 2.0, 3, 12)


def problem(role: str, because: str = "") -> Problem:
    seen = Observed("dw", role, None, None, because)
    return Problem(role, None, seen, seen, FOUND)


@pytest.mark.parametrize(
    ("found", "case", "message"),
    [
        (
            problem("value"),
            CASE,
            "dw is wrong. At index [0, 2] yours is -1.5; expected 2 (3 of 12 entries differ).",
        ),
        (
            problem("gradient"),
            NAMED,
            "The gradient for dw is wrong. At index [0, 2] yours is -1.5; expected 2 (3 of 12 "
            "entries differ). In the case “scores of 1000”.",
        ),
        (
            problem("same", "rows sum to 0"),
            CASE,
            "This should hold, and does not: rows sum to 0. At index [0, 2] yours is -1.5; "
            "expected 2 (3 of 12 entries differ).",
        ),
        (
            problem("holds", "no weight is negative"),
            CASE,
            "This should hold, and does not: no weight is negative.",
        ),
        (
            Problem("raised", Failure("raised", "f raised ValueError: no", lines=[(3, "f")])),
            CASE,
            "f raised ValueError: no. See line 3, in f.",
        ),
    ],
)
def test_says_what_is_wrong_where_and_what_was_expected(
    found: Problem, case: TapeCase, message: str
) -> None:
    assert explain(case, found).message == message


def test_a_single_number_has_no_index() -> None:
    found = Problem(
        "value", None, Observed("loss", "value", 1.0), None, Difference(1, (), 1.25, 2.5)
    )
    found = Problem("value", None, found.observed, found.observed, found.difference)
    texts = explain(CASE, found)
    assert texts.message == "loss is wrong. Yours is 1.25; expected 2.5."
    assert (texts.expected, texts.actual) == ("2.5", "1.25")


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("value", Status.FAILED),
        ("form", Status.FAILED),
        ("timed_out", Status.TIMED_OUT),
        ("died", Status.CRASHED),
        ("exit", Status.CRASHED),
        ("protocol", Status.CRASHED),
        ("not_attempted", Status.NOT_ATTEMPTED),
    ],
)
def test_each_kind_of_problem_has_its_status(kind: str, status: Status) -> None:
    assert status_of(Problem(kind)) is status


def test_a_time_limit_is_named_with_what_to_look_for() -> None:
    assert timed_out("fit", 5.0).message.startswith("fit did not return within 5 seconds.")


def test_tensors_on_two_devices_come_with_what_to_do() -> None:
    said = "f raised RuntimeError: Expected all tensors to be on the same device, but found cpu"
    told = explain_failure(Failure("raised", said, lines=[(3, "f")]))
    assert (
        told == f"{said}. See line 3, in f. Make tensors where the arguments are: device=x.device."
    )
    assert "device=" not in explain_failure(Failure("raised", "f raised RuntimeError: no"))
