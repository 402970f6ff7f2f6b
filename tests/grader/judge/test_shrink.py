from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from grader.judge.implementation import Failure, Local
from grader.judge.library import Library
from grader.judge.observe import Outcome, observe
from grader.judge.shrink import Counterexample, shrink
from grader.judge.tape import TapeCase, build
from grader.judge.verdict import decide


@pytest.fixture(scope="module")
def tape(miniature_library: Library) -> Any:
    return build(miniature_library, 0)


def submission(library: Library, mean_forward: Any) -> Local:
    module = ModuleType("submission")
    module.__dict__.update(vars(library.solution))
    module.__dict__["mean_forward"] = mean_forward
    return Local(module)


def start(library: Library, tape: Any, local: Local) -> tuple[Any, Counterexample, Any]:
    check = library.checks[0]

    def run(case: TapeCase) -> Outcome:
        return observe(check, local, case.fields)

    for case in tape[check.name].cases:
        outcome = run(case)
        problem = decide(case, outcome)
        if problem is not None and case.name is None:
            return check, Counterexample(case, outcome, problem), run
    raise AssertionError("the submission does not fail")


def test_finds_the_smallest_sizes_and_simple_numbers(miniature_library: Library, tape: Any) -> None:
    def summed(x: Any, weight: Any = None) -> Any:
        return x.sum(axis=0), x

    check, first, run = start(miniature_library, tape, submission(miniature_library, summed))
    found = shrink(miniature_library, check, first, run, seconds=20)
    assert found.case.fields["x"].size <= 4
    assert np.abs(found.case.fields["x"]).sum() <= 2
    assert found.problem.kind == "value"


def test_keeps_what_the_failure_needs(miniature_library: Library, tape: Any) -> None:
    right = miniature_library.solution.mean_forward

    def wrong_from_four_rows_on(x: Any, weight: Any = None) -> Any:
        out, share = right(x, weight)
        return (out + 1 if len(x) >= 3 else out), share

    local = submission(miniature_library, wrong_from_four_rows_on)
    check, first, run = start(miniature_library, tape, local)
    found = shrink(miniature_library, check, first, run, seconds=20)
    assert found.case.fields["x"].shape[0] == 3


def test_without_time_the_first_failure_is_kept(miniature_library: Library, tape: Any) -> None:
    local = submission(miniature_library, lambda x, weight=None: (x.sum(axis=0), x))
    check, first, run = start(miniature_library, tape, local)
    assert shrink(miniature_library, check, first, run, seconds=0) is first


@pytest.mark.parametrize("kind", ["timed_out", "died", "protocol"])
def test_stops_at_once_when_the_runner_is_lost(
    miniature_library: Library, tape: Any, kind: str
) -> None:
    local = submission(miniature_library, lambda x, weight=None: (x.sum(axis=0), x))
    check, first, _ = start(miniature_library, tape, local)
    tried = 0

    def lost(case: TapeCase) -> Outcome:
        nonlocal tried
        tried += 1
        return Outcome((), Failure(kind, "gone"), ())

    assert shrink(miniature_library, check, first, lost, seconds=20) is first
    assert tried == 1


def test_a_named_case_is_shown_as_it_is(miniature_library: Library, tape: Any) -> None:
    local = submission(miniature_library, lambda x, weight=None: (x.sum(axis=0) + 1, x))
    check = miniature_library.checks[0]
    case = tape[check.name].cases[-1]
    outcome = observe(check, local, case.fields)
    problem = decide(case, outcome)
    assert case.name == "one row" and problem is not None
    first = Counterexample(case, outcome, problem)
    assert shrink(miniature_library, check, first, lambda case: outcome) is first
