"""Decides one case: what the submission gave, held against what the tape says."""

from __future__ import annotations

from dataclasses import dataclass

from grader.judge.compare import DIFFERENT, Difference, compare
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
    undecided = None
    for actual, expected in zip(outcome.observed, case.observed, strict=True):
        own = actual.role in ("same", "holds")
        wanted = actual.own_expectation if own else expected.value
        difference = compare(actual.value, wanted, floor=floor(case, expected))
        if difference is None:
            continue
        close = difference.error < DIFFERENT
        problem = Problem(actual.role, None, actual, expected, difference, undecided=close)
        if not close:
            return problem
        undecided = undecided or problem
    return undecided


def floor(case: TapeCase, expected: Observed) -> float:
    """The least magnitude that an error is measured against.

    A millionth of the inputs; what the check says cancels; and for gradients a hundredth of the
    largest gradient of the case, since one that is zero by symmetry (a key's bias in attention)
    is nothing but rounding.
    """
    least = max(1e-6 * case.input_size, expected.scale)
    return max(least, 1e-2 * case.gradient_size) if expected.role == "gradient" else least


def alike(case: TapeCase, one: Outcome, other: Outcome) -> bool:
    """Whether two outcomes of a case are the same to rounding, failures included."""
    if one.failure is not None or other.failure is not None:
        if one.failure is None or other.failure is None:
            return False
        return _key(one.failure) == _key(other.failure)
    if [o.name for o in one.observed] != [o.name for o in other.observed]:
        return False
    for left, right, expected in zip(one.observed, other.observed, case.observed, strict=True):
        for a, b in (
            (left.value, right.value),
            (left.own_expectation, right.own_expectation),
        ):
            difference = compare(a, b, floor=floor(case, expected))
            if difference is not None and difference.error >= DIFFERENT:
                return False
    return True


def _key(failure: Failure) -> tuple[str, str, object]:
    return failure.kind, failure.stage, failure.found
