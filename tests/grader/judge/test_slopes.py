from __future__ import annotations

import time
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from grader.judge.differences import gradient_records
from grader.judge.implementation import Call, Local
from grader.judge.slopes import ENTRIES, MOST_RUNS, Silence, Subject, measured
from grader.spec import Dim, check, domain, gradients, group, reals

N = Dim("N", 1, 90)


@check(task="f", points=1, cases=domain(p=group(a=reals(N))))
def product(student: Any, case: Any) -> Any:
    """A title"""
    out, parts = student.f(list(case.p.values()))
    return gradients(of=out, cotangent=1.0, p=dict(zip(case.p, parts, strict=True)))


def f(arrays: Any) -> Any:
    out = float(sum(np.sum(np.sin(part)) for part in arrays))
    return out, [np.cos(part) for part in arrays]


class Counting(Local):
    def __init__(self) -> None:
        module = ModuleType("m")
        module.__dict__["f"] = f
        super().__init__(module)
        self.runs = 0

    def invoke(self, call: Call) -> Any:
        self.runs += 1
        return super().invoke(call)


def case(*sizes: int) -> dict[str, Any]:
    rng = np.random.default_rng(4)
    return {"p": {f"w{i}": rng.standard_normal(size) for i, size in enumerate(sizes)}}


def lines(fields: dict[str, Any], one: Any = product) -> tuple[Any, int]:
    student = Counting()
    subject = Subject(
        one, student, gradient_records(one, Counting(), fields), time.monotonic() + 60
    )
    base = subject.records(fields)
    found = measured(subject, fields, base)
    return found, student.runs


@pytest.mark.parametrize(
    ("sizes", "directions"),
    [
        ((1,), 1),
        ((20, 40), 60),
        ((21, 40), 6),
        ((500,), 3),
        ((10,) * 20, 60),
        ((10,) * 21, 3),
    ],
)
def test_runs_are_bounded(sizes: tuple[int, ...], directions: int) -> None:
    (found,), runs = lines(case(*sizes))
    assert len(found) == directions <= ENTRIES
    assert runs == 1 + 4 * directions <= MOST_RUNS


def test_the_bound_is_what_60_entries_take() -> None:
    assert MOST_RUNS == 241


def test_arrays_are_named_one_by_one_while_there_are_few() -> None:
    (found,), _ = lines(case(40, 50))
    assert [line.part for line in found] == ["p['w0']"] * 3 + ["p['w1']"] * 3
    (found,), _ = lines(case(*(5,) * 30))
    assert {line.part for line in found} == {"p"}


def test_too_many_fields_are_left_alone() -> None:
    @check(task="f", points=1, cases=domain(q=reals(N)))
    def many(student: Any, case: Any) -> Any:
        """A title"""
        out, parts = student.f(list(vars(case).values()))
        return gradients(of=out, cotangent=1.0, **dict(zip(vars(case), parts, strict=True)))

    fields = {f"x{i}": np.ones(5) * i for i in range(20)}
    (found,), _ = lines(fields, many)
    assert len(found) == 60
    with pytest.raises(Silence):
        lines({**fields, "one_more": np.ones(5)}, many)


@pytest.mark.parametrize("sizes", [(3, 4), (70, 80), (5,) * 30])
def test_slopes_are_those_that_a_right_gradient_states(sizes: tuple[int, ...]) -> None:
    (found,), _ = lines(case(*sizes))
    for line in found:
        assert abs(line.slope - line.stated) < 1e-9 * max(1, abs(line.slope))
        assert line.stated == line.asked
        assert line.rough < 1e-4


def test_nothing_is_run_after_the_deadline() -> None:
    fields, student = case(3), Counting()
    subject = Subject(product, student, gradient_records(product, Counting(), fields), 0.0)
    with pytest.raises(Silence):
        subject.records(fields)
    assert student.runs == 0


@pytest.mark.parametrize("wrong", [np.inf, np.nan])
def test_an_infinite_gradient_is_not_measured(wrong: float) -> None:
    fields, student = case(70), Counting()
    student.module.__dict__["f"] = lambda arrays: (f(arrays)[0], [wrong * arrays[0]])
    reference = gradient_records(product, Counting(), fields)
    subject = Subject(product, student, reference, time.monotonic() + 60)
    base = subject.records(fields)
    with pytest.raises(Silence):
        measured(subject, fields, base)
    assert student.runs == 1
