from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from grader.judge.library import Library
from grader.judge.local_runner import LocalRunner
from grader.judge.observe import Outcome, observe
from grader.judge.single import FACTOR, UNIT, decide_single, single_case
from grader.judge.submitted import Submitted
from grader.judge.tape import TapeCase, answered
from grader.spec import Dim, check, domain, integers, reals, values
from grader.spec.checks import Check

FIELDS = {"x": np.array([[1.0, 2.5], [0.1, -3.0], [4.0, 0.5]]), "weight": np.array([1.0, 0.3, 2.0])}


@pytest.fixture
def mean_check(miniature_library: Library) -> Check:
    return miniature_library.checks[0]


def test_the_case_is_rounded_and_so_is_what_is_expected(
    miniature_library: Library, mean_check: Check
) -> None:
    found = single_case(miniature_library, mean_check, TapeCase(None, FIELDS, (), ()))
    assert found is not None
    case, bounds = found
    assert case.fields["x"].dtype == case.fields["weight"].dtype == "float32"
    rounded = {name: value.astype("float32").astype("float64") for name, value in FIELDS.items()}
    exact = answered(miniature_library, mean_check, None, rounded)
    for left, right in zip(case.observed, exact.observed, strict=True):
        np.testing.assert_array_equal(left.value, right.value)
    # Two values, one relation that is left to float64.
    assert [bound is None for bound in bounds] == [False, False, True]
    assert all(b >= FACTOR * UNIT * 6**0.5 for b in bounds if b is not None)


def test_the_reference_itself_passes(miniature_library: Library, mean_check: Check) -> None:
    case, bounds = single_case(miniature_library, mean_check, TapeCase(None, FIELDS, (), ())) or (
        None,
        (),
    )
    assert case is not None
    assert decide_single(case, bounds, played(miniature_library, mean_check, case)) is None


@pytest.mark.parametrize(("off", "wrong"), [(1e-7, False), (1e-2, True), (np.nan, True)])
def test_the_bound_decides(
    miniature_library: Library, mean_check: Check, off: float, wrong: bool
) -> None:
    case, bounds = single_case(miniature_library, mean_check, TapeCase(None, FIELDS, (), ())) or (
        None,
        (),
    )
    assert case is not None
    outcome = played(miniature_library, mean_check, case)
    first = outcome.observed[0]
    moved = replace(first, value=first.value + off)
    changed = replace(outcome, observed=(moved, *outcome.observed[1:]))
    assert (decide_single(case, bounds, changed) is not None) is wrong


def test_what_is_missing_is_a_problem(miniature_library: Library, mean_check: Check) -> None:
    case, bounds = single_case(miniature_library, mean_check, TapeCase(None, FIELDS, (), ())) or (
        None,
        (),
    )
    assert case is not None
    problem = decide_single(case, bounds, Outcome((), None, ()))
    assert problem is not None and problem.kind == "structure"


def test_without_floats_there_is_nothing_to_round(miniature_library: Library) -> None:
    @check(task="mean_forward", points=1, cases=domain(ids=integers(Dim("N", 1, 3), high=4)))
    def counts(student, case):  # type: ignore[no-untyped-def]
        """It counts."""
        return values(n=len(case.ids))

    fields = {"ids": np.array([1, 2])}
    assert single_case(miniature_library, counts, TapeCase(None, fields, (), ())) is None


def test_where_the_reference_loses_its_digits_nothing_is_asked(
    miniature_library: Library,
) -> None:
    @check(task="mean_forward", points=1, cases=domain(x=reals(Dim("N", 1, 3), 2)))
    def difference(student, case):  # type: ignore[no-untyped-def]
        """The mean of a shifted array, shifted back."""
        return values(out=student.mean_forward(case.x + case.x.dtype.type(1e9))[0] - 1e9)

    fields = {"x": np.array([[1.0, 2.0], [3.0, 4.0]])}
    assert single_case(miniature_library, difference, TapeCase(None, fields, (), ())) is None


def played(library: Library, mean_check: Check, case: TapeCase) -> Outcome:
    runner = LocalRunner()
    runner.ask({"op": "load", "source": library.text("solution").encode(), "module": "played"})
    outcome = observe(mean_check, Submitted(runner, case.transcript), case.fields)
    runner.close()
    return outcome
