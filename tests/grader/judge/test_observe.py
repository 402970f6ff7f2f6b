from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from grader.judge.implementation import Failure, Local
from grader.judge.observe import Observed, observe
from grader.judge.runner_process import RunnerLost
from grader.spec import Dim, check, domain, gradients, holds, reals, same, values
from grader.spec.domain import SpecError

ROWS = domain(x=reals(Dim("N", 1, 3)))
CASE = {"x": np.array([1.0, 2.0])}


def implementation(**functions: Any) -> Local:
    module = ModuleType("observed")
    module.__dict__.update(functions)
    return Local(module)


def observing(function: Any) -> Any:
    function.__doc__ = "A title"
    return check(task="f", points=1, cases=ROWS)(function)


def test_values_are_flattened_with_their_paths() -> None:
    found = observe(
        observing(lambda student, case: values(a={"w": student.f(case.x)}, b=[1.0, 2.0])),
        implementation(f=lambda x: x * 2),
        CASE,
    )
    assert [entry.name for entry in found.observed] == ["a['w']", "b[0]", "b[1]"]
    np.testing.assert_array_equal(found.observed[0].value, [2.0, 4.0])


def test_every_kind_of_observation_keeps_its_role() -> None:
    def function(student: Any, case: Any) -> Any:
        out = student.f(case.x)
        return [
            gradients(of=out, cotangent=case.x, x=out),
            same(out, out, because="it is itself", scale=2.0),
            holds(False, because="it is false"),
        ]

    found = observe(observing(function), implementation(f=lambda x: x), CASE)
    assert [entry.role for entry in found.observed] == ["gradient", "same", "holds"]
    assert found.observed[1].scale == 2.0
    assert (found.observed[2].value, found.observed[2].own_expectation) == (False, True)


def test_a_failure_of_the_implementation_becomes_the_outcome() -> None:
    class Failing(Local):
        def invoke(self, call: Any) -> Any:
            raise Failure("raised", "f raised ValueError")

    found = observe(
        observing(lambda student, case: values(out=student.f(case.x))),
        Failing(ModuleType("m")),
        CASE,
    )
    assert found.failure is not None and found.failure.kind == "raised"


def test_a_check_that_trips_over_a_result_blames_the_result() -> None:
    found = observe(
        observing(lambda student, case: values(out=student.f(case.x)[99])),
        implementation(f=lambda x: x),
        CASE,
    )
    assert found.failure is not None and found.failure.kind == "structure"


@pytest.mark.parametrize("error", [RunnerLost("died"), SpecError("wrong")])
def test_control_flow_of_the_judge_passes_through(error: Exception) -> None:
    def function(student: Any, case: Any) -> Any:
        raise error

    with pytest.raises(type(error)):
        observe(observing(function), implementation(), CASE)


def test_anything_else_returned_is_a_fault_of_the_spec() -> None:
    with pytest.raises(SpecError, match="returned int"):
        observe(observing(lambda student, case: 3), implementation(), CASE)


def test_the_reference_gets_copies() -> None:
    case = {"x": np.array([1.0, 2.0])}

    def spoil(x: Any) -> Any:
        x += 1
        return x

    observe(
        observing(lambda student, case: values(out=student.f(case.x))),
        implementation(f=spoil),
        case,
    )
    np.testing.assert_array_equal(case["x"], [1.0, 2.0])


@pytest.mark.parametrize(
    ("name", "role", "variable"),
    [
        ("out", "value", "out"),
        ("x", "gradient", "dx"),
        ("grads['w']", "value", ""),
        ("left", "same", ""),
    ],
)
def test_an_observed_value_has_a_name_for_code(name: str, role: str, variable: str) -> None:
    assert Observed(name, role, 1.0).variable == variable
