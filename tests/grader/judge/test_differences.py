from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from grader.judge.differences import (
    STEP,
    Direction,
    directions,
    entrywise,
    fourth_order,
    gradient_records,
    numerical_gradient,
    roughness,
)
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


def test_lists_of_arrays_are_differentiated_as_they_are_nested() -> None:
    @check(task="f", points=1, cases=domain(x=reals(N)))
    def over_a_list(student: Any, case: Any) -> Any:
        """A title"""
        out = case.x[0] ** 2 @ case.x[1]
        return gradients(of=out, cotangent=2.0, x=None)

    fields = {"x": [np.array([1.0, -2.0]), np.array([0.5, 3.0])]}
    first, second = numerical_gradient(over_a_list, Local(ModuleType("m")), fields, 0, "x")
    np.testing.assert_allclose(first, [2.0, -24.0], rtol=1e-10)
    np.testing.assert_allclose(second, [2.0, 8.0], rtol=1e-10)


def test_a_direction_moves_what_it_names_and_nothing_else() -> None:
    fields = {"p": {"w": np.array([1.0, 2.0]), "n": 3.0}, "other": np.array([5.0])}
    line = Direction("p", {"p['w']": np.array([1.0, -1.0]), "p['n']": np.array(2.0)})
    moved = line.moved(fields, 0.5)
    np.testing.assert_array_equal(moved["p"]["w"], [1.5, 1.5])
    assert moved["p"]["n"] == 4.0
    assert type(moved["p"]["n"]) is float
    assert moved["other"] is fields["other"]
    np.testing.assert_array_equal(fields["p"]["w"], [1.0, 2.0])


def test_every_entry_moves_by_its_size() -> None:
    leaf = np.array([[0.5, -20.0]])
    units = [unit.by["x"] for unit in entrywise("x", "x", leaf)]
    np.testing.assert_array_equal(units, [[[1.0, 0.0]], [[0.0, 20.0]]])


def test_directions_are_fixed_dense_and_no_longer_than_an_entry() -> None:
    arrays = {"p['a']": np.full((2, 3), 10.0), "p['b']": np.zeros(4)}
    lines = directions("p", arrays, 3)
    again = directions("p", arrays, 3)
    for line, same in zip(lines, again, strict=True):
        for path, size in (("p['a']", 10.0), ("p['b']", 1.0)):
            np.testing.assert_array_equal(line.by[path], same.by[path])
            assert (line.by[path] != 0).all()
            assert np.abs(line.by[path]).max() <= size
    assert not np.allclose(lines[0].by["p['b']"], lines[1].by["p['b']"])


def around(function: Any, x: float) -> dict[int, float]:
    return {k: function(x + k * STEP) for k in (-2, -1, 0, 1, 2)}


@pytest.mark.parametrize("function", [np.sin, np.exp, np.tanh, lambda x: x**5, np.abs])
def test_a_smooth_function_is_not_rough(function: Any) -> None:
    at = around(function, 0.7)
    assert roughness(at, STEP) < 1e-4 * abs(fourth_order(at, STEP))


@pytest.mark.parametrize("place", np.linspace(-1.95, 1.95, 40))
def test_a_kink_is_as_rough_as_it_is_wrong(place: float) -> None:
    at = around(lambda x: np.maximum(x, 0.0), place * STEP)
    right = float(place > 0)
    assert abs(fourth_order(at, STEP) - right) <= 5 / 3 * roughness(at, STEP) + 1e-12
    assert roughness(at, STEP) > 0.01


def test_noise_is_rough() -> None:
    rng = np.random.default_rng(1)
    at = around(lambda x: x + 1e-4 * rng.standard_normal(), 0.5)
    assert roughness(at, STEP) > 0.01


def test_what_does_not_move_has_no_slope_at_all() -> None:
    value = 0.1 + 0.2
    assert fourth_order(dict.fromkeys((-2, -1, 1, 2), value), 1e-3) == 0.0
