from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from grader.judge.differences import gradient_records, numerical_gradient
from grader.judge.implementation import Local
from grader.spec import Dim, check, domain, gradients, group, reals

N, D = Dim("N", 2, 3), Dim("D", 2, 4)


def network(x: Any, params: Any) -> Any:
    return np.tanh(x @ params["w"] + params["b"])


@check(
    task="f",
    points=1,
    cases=domain(x=reals(N, D), params=group(w=reals(D, N), b=reals(N)), dout=reals(N, N)),
)
def gradient_check(student: Any, case: Any) -> Any:
    """A title"""
    out = student.f(case.x, case.params)
    slope = case.dout * (1 - out**2)
    return gradients(
        of=out,
        cotangent=case.dout,
        x=slope @ case.params["w"].T,
        params={"w": case.x.T @ slope, "b": slope.sum(axis=0)},
    )


@pytest.fixture
def implementation() -> Local:
    module = ModuleType("network")
    module.__dict__["f"] = network
    return Local(module)


@pytest.fixture
def case() -> dict[str, Any]:
    rng = np.random.default_rng(3)
    return {
        "x": rng.standard_normal((3, 4)),
        "params": {"w": rng.standard_normal((4, 2)), "b": rng.standard_normal(2)},
        "dout": rng.standard_normal((3, 2)),
    }


def test_agrees_with_the_exact_gradient_to_ten_digits(implementation, case) -> None:
    (record,) = gradient_records(gradient_check, implementation, case)
    for name in ("x", "params"):
        found = numerical_gradient(gradient_check, implementation, case, 0, name)
        stated = record.named[name]
        pairs = [(found, stated)] if name == "x" else [(found[k], stated[k]) for k in stated]
        for left, right in pairs:
            assert np.abs(left - right).max() < 1e-10 * np.abs(right).max()


def test_finds_a_gradient_that_is_wrong_by_a_thousandth(implementation, case) -> None:
    (record,) = gradient_records(gradient_check, implementation, case)
    found = numerical_gradient(gradient_check, implementation, case, 0, "x")
    assert np.abs(found - record.named["x"] * 1.001).max() > 1e-5


def test_the_case_itself_is_left_alone(implementation, case) -> None:
    before = case["params"]["w"].copy()
    numerical_gradient(gradient_check, implementation, case, 0, "params")
    np.testing.assert_array_equal(case["params"]["w"], before)
