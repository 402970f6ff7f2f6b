"""Decides one case: what the submission gave, held against what the tape says."""

from __future__ import annotations

from dataclasses import dataclass

from grader.judge.compare import DIFFERENT, Difference, compare, magnitude
from grader.judge.implementation import Failure
from grader.judge.observe import Observed, Outcome
from grader.judge.tape import TapeCase


@dataclass(frozen=True)
class Problem:
    """Why a case is not right: a failure to answer, or a difference in what was observed.

    `undecided` marks a difference so small that it may be float32 rounding.
    """

    kind: str
    failure: Failure | None = None
    observed: Observed | None = None
    expected: Observed | None = None
    difference: Difference | None = None
    undecided: bool = False


def decide(case: TapeCase, outcome: Outcome) -> Problem | None:
    """Return the first problem of a case; a clear one before an undecided one."""
    if outcome.failure is not None:
        return Problem(outcome.failure.kind, failure=outcome.failure)
    if [o.name for o in outcome.observed] != [o.name for o in case.observed]:
        failure = Failure("structure", "its results do not have the parts that were asked for")
        return Problem("structure", failure=failure)
    floor = 1e-6 * magnitude(dict(case.fields))
    undecided = None
    for actual, expected in zip(outcome.observed, case.observed, strict=True):
        own = actual.role in ("same", "holds")
        wanted = actual.own_expectation if own else expected.value
        difference = compare(actual.value, wanted, floor=floor)
        if difference is None:
            continue
        close = difference.error < DIFFERENT
        problem = Problem(actual.role, None, actual, expected, difference, undecided=close)
        if not close:
            return problem
        undecided = undecided or problem
    return undecided


def alike(one: Outcome, other: Outcome, floor: float) -> bool:
    """Whether two outcomes of the same case are the same to rounding, failures included."""
    if one.failure is not None or other.failure is not None:
        if one.failure is None or other.failure is None:
            return False
        return (one.failure.kind, one.failure.stage) == (other.failure.kind, other.failure.stage)
    if [o.name for o in one.observed] != [o.name for o in other.observed]:
        return False
    for left, right in zip(one.observed, other.observed, strict=True):
        for a, b in (
            (left.value, right.value),
            (left.own_expectation, right.own_expectation),
        ):
            difference = compare(a, b, floor=floor)
            if difference is not None and difference.error >= DIFFERENT:
                return False
    return True
