"""Looks for the smallest input on which a submission still fails, within a budget."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from grader.judge.library import Library
from grader.judge.observe import Outcome
from grader.judge.tape import TapeCase, answered
from grader.judge.verdict import Problem, decide
from grader.spec.checks import Check

CALLS = 200
SECONDS = 0.8
#: After these the runner is gone; every further try would cost a whole time limit.
FINAL = ("timed_out", "died", "protocol")


class _Spent(BaseException):
    """Leaves Hypothesis at once; not an Exception, so that it is not taken for a failing case."""


@dataclass(frozen=True)
class Counterexample:
    """A failing case with what the submission gave on it."""

    case: TapeCase
    outcome: Outcome
    problem: Problem


def shrink(
    library: Library,
    check: Check,
    start: Counterexample,
    run: Callable[[TapeCase], Outcome],
    seconds: float = SECONDS,
) -> Counterexample:
    """Return a smaller failing case than `start`, or `start` itself.

    Args:
        run: gives the submission's outcome on a case.
        seconds: wall time to spend; `CALLS` bounds the number of tries.
    """
    if check.domain is None or start.case.name is not None or start.problem.kind in FINAL:
        return start
    import random

    from hypothesis import HealthCheck, Phase, find, settings
    from hypothesis.errors import NoSuchExample

    from grader.judge.draw import case_strategy

    best = start
    left = CALLS
    deadline = time.monotonic() + seconds

    def still_fails(drawn: tuple[int, dict[str, Any]]) -> bool:
        nonlocal best, left
        left -= 1
        if left < 0 or time.monotonic() > deadline:
            raise _Spent
        case = answered(library, check, None, drawn[1])
        outcome = run(case)
        problem = decide(case, outcome)
        if problem is not None and problem.kind in FINAL:
            raise _Spent
        if problem is None or problem.undecided or problem.kind != start.problem.kind:
            return False
        if _size(case) <= _size(best.case):
            best = Counterexample(case, outcome, problem)
        return True

    with contextlib.suppress(NoSuchExample, _Spent):
        find(
            case_strategy(check.domain, dense=False),
            still_fails,
            random=random.Random(0),
            settings=settings(
                max_examples=CALLS,
                phases=[Phase.generate, Phase.shrink],
                database=None,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    return best


def _size(case: TapeCase) -> int:
    return _entries(dict(case.fields))


def _entries(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(_entries, value.values()))
    if isinstance(value, list | tuple):
        return sum(map(_entries, value))
    return int(getattr(value, "size", 1))
