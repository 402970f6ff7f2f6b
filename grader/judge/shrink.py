"""Looks for the smallest input on which a submission still fails, within a budget."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from grader.judge.library import Library
from grader.judge.observe import Outcome
from grader.judge.simplify import simplify_arrays
from grader.judge.tape import TapeCase, answered
from grader.judge.verdict import Problem, decide
from grader.spec.checks import Check
from grader.spec.domain import Case

#: Tries of one search. They bound it in practice, so that the same seed gives the same
#: counterexample; the wall time is for submissions that are slow themselves.
CALLS = 120
SECONDS = 3.0
#: Assignments of sizes that the first stage tries, each with these seeds and this few numbers.
SIZES = 60
SEEDS = (1, 2)
COARSE = 8
#: Cases of more numbers than this are made simpler array by array.
FEW = 40
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
    *,
    simpler: bool = True,
) -> Counterexample:
    """Return a smaller failing case than `start`, or `start` itself.

    Args:
        run: gives the submission's outcome on a case.
        seconds: wall time to spend at most; `CALLS` bounds the number of tries.
        simpler: whether to look for simpler numbers too, or for smaller sizes alone.
    """
    if check.domain is None or start.case.name is not None or start.problem.kind in FINAL:
        return start
    from grader.judge.draw import smallest_first

    search = _Search(library, check, start, run, seconds)
    with contextlib.suppress(_Spent):
        for sizes in smallest_first(check.domain)[:SIZES]:
            if search.fails_somewhere(sizes):
                if simpler:
                    search.simplify(sizes)
                break
    return search.best


class _Search:
    """Counts the tries of one search and keeps the best counterexample."""

    def __init__(
        self,
        library: Library,
        check: Check,
        start: Counterexample,
        run: Callable[[TapeCase], Outcome],
        seconds: float,
    ) -> None:
        assert check.domain is not None
        self.library, self.check, self.domain = library, check, check.domain
        self.best, self.run = start, run
        self.kind = start.problem.kind
        self.left = CALLS
        self.deadline = time.monotonic() + seconds

    def fails_somewhere(self, sizes: dict[str, int]) -> bool:
        """Whether a case with these sizes fails: the first stage, over sizes alone."""
        from grader.judge.draw import NoValue, seeded_case

        for entropy in SEEDS:
            try:
                fields = seeded_case(self.domain, sizes, entropy, steps=COARSE)
            except NoValue:
                return False
            if self.domain.where is None or self.domain.where(Case(**fields)):
                if entries(fields) > entries(dict(self.best.case.fields)):
                    raise _Spent
                if self.fails(fields):
                    return True
        return False

    def simplify(self, sizes: dict[str, int]) -> None:
        """Make the numbers simpler: the second stage, with the sizes fixed."""
        if entries(dict(self.best.case.fields)) > FEW:
            simplify_arrays(self.domain, dict(self.best.case.fields), self.fails)
            return
        import random

        from hypothesis import HealthCheck, Phase, find, settings
        from hypothesis.errors import Flaky, NoSuchExample

        from grader.judge.draw import case_strategy

        with contextlib.suppress(NoSuchExample, Flaky):
            find(
                case_strategy(self.domain, dense=False, sizes=sizes),
                lambda drawn: self.fails(drawn[1]),
                random=random.Random(0),
                settings=settings(
                    max_examples=CALLS,
                    phases=[Phase.generate, Phase.shrink],
                    database=None,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )

    def fails(self, fields: dict[str, Any]) -> bool:
        """Try one case; the latest that fails in the same way is the best."""
        self.left -= 1
        if self.left < 0 or time.monotonic() > self.deadline:
            raise _Spent
        case = answered(self.library, self.check, None, fields)
        outcome = self.run(case)
        problem = decide(case, outcome)
        if problem is not None and problem.kind in FINAL:
            raise _Spent
        if problem is None or problem.undecided or problem.kind != self.kind:
            return False
        self.best = Counterexample(case, outcome, problem)
        return True


def entries(value: Any) -> int:
    """How many numbers nested plain data holds."""
    if isinstance(value, dict):
        return sum(map(entries, value.values()))
    if isinstance(value, list | tuple):
        return sum(map(entries, value))
    return int(getattr(value, "size", 1))
