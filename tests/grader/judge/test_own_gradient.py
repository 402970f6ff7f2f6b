from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.catalog import Catalog
from grader.judge.implementation import Call, Local
from grader.judge.library import Library
from grader.judge.local_runner import LocalRunner
from grader.judge.own_gradient import FITS, OFF, OwnGradient, own_gradient
from grader.judge.runner_process import RunnerLost
from grader.judge.submitted import Submitted
from grader.judge.tape import load_or_build
from grader.spec import Dim, check, domain, gradients, reals, values

N, D, M = Dim("N", 2, 3), Dim("D", 2, 4), Dim("M", 2, 4)
FIELDS = {
    "x": np.array([[0.5, -1.25, 0.75], [1.5, 0.25, -0.5]]),
    "w": np.array([[0.25, -0.5], [1.0, 0.75], [-0.75, 0.5]]),
    "dout": np.array([[1.0, -0.5], [0.25, 2.0]]),
}


def forward(x: Any, w: Any) -> Any:
    out = np.tanh(x @ w)
    return out, (x, w, out)


def backward(dout: Any, cache: Any) -> Any:
    x, w, out = cache
    slope = dout * (1 - out**2)
    return slope @ w.T, x.T @ slope


@check(task="f", points=1, cases=domain(x=reals(N, D), w=reals(D, M), dout=reals(N, M)))
def layer_gradients(student: Any, case: Any) -> Any:
    """A title"""
    out, cache = student.f_forward(case.x, case.w)
    dx, dw = student.f_backward(case.dout, cache)
    return gradients(of=out, cotangent=case.dout, x=dx, w=dw)


def local(**names: Any) -> Any:
    module = ModuleType("layer")
    module.__dict__.update({"f_forward": forward, "f_backward": backward, **names})
    return Local(module)


def library(**names: Any) -> Any:
    return SimpleNamespace(reference=local(**names))


def found(check: Any = layer_gradients, fields: Any = FIELDS, **names: Any) -> OwnGradient | None:
    return own_gradient(library(), check, fields, local(**names), seconds=60)


def sine(x: Any, w: Any) -> Any:
    """Another forward; `backward` is not its derivative."""
    out = np.sin(x @ w)
    return out, (x, w, out)


def sine_backward(dout: Any, cache: Any) -> Any:
    x, w, _ = cache
    slope = dout * np.cos(x @ w)
    return slope @ w.T, x.T @ slope


def wrong_for_x(dout: Any, cache: Any) -> Any:
    dx, dw = backward(dout, cache)
    return 2 * dx, dw


class TestTheFourOutcomes:
    def test_a_right_forward_with_its_derivative(self) -> None:
        result = found()
        assert result is not None
        assert (result.forward_right, result.consistent) == (True, True)
        assert (result.fits, result.off) == (("x", "w"), ())

    def test_a_right_forward_with_another_derivative(self) -> None:
        result = found(f_backward=wrong_for_x)
        assert result is not None
        assert (result.forward_right, result.consistent) == (True, False)
        assert (result.fits, result.off) == (("w",), ("x",))

    def test_a_wrong_forward_with_its_derivative(self) -> None:
        result = found(f_forward=sine, f_backward=sine_backward)
        assert result is not None
        assert (result.forward_right, result.consistent) == (False, True)
        assert (result.fits, result.as_asked) == (("x", "w"), ())
        assert not result.right_here

    def test_a_wrong_forward_with_another_derivative(self) -> None:
        result = found(f_forward=sine)
        assert result is not None
        assert (result.forward_right, result.consistent) == (False, False)
        assert (result.fits, result.off) == ((), ("x", "w"))


def test_a_wrong_forward_may_have_the_gradient_that_is_asked() -> None:
    def shifted(x: Any, w: Any) -> Any:
        out, cache = forward(x, w)
        return out + 0.5 * x[:, :2], cache

    result = found(f_forward=shifted)
    assert result is not None
    assert (result.fits, result.off) == (("w",), ("x",))
    assert result.as_asked == ("x", "w")


def test_a_forward_that_is_right_by_accident_is_not_right() -> None:
    fields = {**FIELDS, "x": np.zeros((2, 3))}
    result = found(
        fields=fields,
        f_forward=lambda x, w: (np.tanh(2 * x @ w), (x, w, np.tanh(2 * x @ w))),
    )
    assert result is not None
    assert result.right_here
    assert not result.forward_right
    assert result.off == ("x",)
    # dw is zero, and any gradient at all would be.
    assert result.fits == ()


def test_a_right_forward_is_right_where_everything_is_zero() -> None:
    result = found(fields={**FIELDS, "x": np.zeros((2, 3))}, f_backward=wrong_for_x)
    assert result is not None
    assert result.forward_right
    assert result.off == ("x",)


def test_a_forward_inside_the_check_is_not_the_submission_s() -> None:
    @check(task="f", points=1, cases=domain(x=reals(N, D), dout=reals(N, D)))
    def square(student: Any, case: Any) -> Any:
        """A title"""
        return gradients(of=case.x**2, cotangent=case.dout, x=student.slope(case.x, case.dout))

    fields = {"x": FIELDS["x"], "dout": FIELDS["x"] + 2}
    right = library(slope=lambda x, dout: 2 * x * dout)
    result = own_gradient(right, square, fields, local(slope=lambda x, dout: x * dout))
    assert result is not None
    assert (result.forward_right, result.off, result.own_forward) == (True, ("x",), False)
    layer = found()
    assert layer is not None
    assert layer.own_forward


def test_a_sum_of_gradients_in_a_second_record_names_no_culprit() -> None:
    @check(task="f", points=1, cases=domain(x=reals(N, D), w=reals(D, M), dout=reals(N, M)))
    def twice(student: Any, case: Any) -> Any:
        """A title"""
        out, cache = student.f_forward(case.x, case.w)
        dx, dw = student.f_backward(case.dout, cache)
        through_w = student.f_forward(case.w.T, case.x.T)[0]
        return [
            gradients(of=out, cotangent=case.dout, x=dx, w=dw),
            # Right as long as dx and dw both are: x now counts for w as well.
            gradients(of=out + through_w.T, cotangent=case.dout, x=2 * dx + dw.sum() - _sum(case)),
        ]

    def wrong_for_w(dout: Any, cache: Any) -> Any:
        dx, dw = backward(dout, cache)
        return dx, 2 * dw

    result = found(twice, f_backward=wrong_for_w)
    assert result is not None
    assert (result.consistent, result.fits, result.off) == (False, (), ("w",))
    right = found(twice)
    assert right is not None
    assert (right.consistent, right.fits) == (True, ("x", "w"))


def _sum(case: Any) -> float:
    """The sum of the right gradient for w."""
    return float(backward(case.dout, forward(case.x, case.w)[1])[1].sum())


class TestSilence:
    @pytest.mark.parametrize(
        "changed",
        [
            lambda x, w: (forward(x, w)[0].astype(np.float32), forward(x, w)[1]),
            lambda x, w: forward(x.astype(np.float32), w.astype(np.float32)),
        ],
    )
    def test_float32_outputs(self, changed: Callable[..., Any]) -> None:
        assert found(f_forward=changed) is None

    def test_float32_inside(self) -> None:
        def inside(x: Any, w: Any) -> Any:
            out, _ = forward(x.astype(np.float32), w.astype(np.float32))
            return out.astype(np.float64), (x, w, out)

        assert found(f_forward=inside) is None

    def test_float32_inside_is_not_even_said_to_be_grossly_wrong(self) -> None:
        def inside(x: Any, w: Any) -> Any:
            out, _ = sine(x.astype(np.float32), w.astype(np.float32))
            return out.astype(np.float64), (x, w, out)

        assert found(f_forward=inside, f_backward=wrong_for_x) is None
        assert found(f_forward=sine, f_backward=wrong_for_x) is not None

    def test_one_float32_output_of_two(self) -> None:
        @check(task="f", points=1, cases=domain(x=reals(N, D), w=reals(D, M), dout=reals(N, M)))
        def both(student: Any, case: Any) -> Any:
            """A title"""
            out, cache = student.f_forward(case.x, case.w)
            dx, dw = student.f_backward(case.dout, cache)
            again = student.again(case.x)
            return gradients(of=(out, again), cotangent=(case.dout, 0 * case.x), x=dx, w=dw)

        right = library(again=lambda x: 2 * x)
        for kind, silent in ((np.float32, True), (np.float64, False)):
            student = local(again=lambda x, kind=kind: (2 * x).astype(kind))
            result = own_gradient(right, both, FIELDS, student, seconds=60)
            assert (result is None) == silent

    @pytest.mark.parametrize("offset", [0.0, 1.0, 1e3, 1e6])
    def test_one_float32_operation_inside(self, offset: float) -> None:
        def inside(x: Any, w: Any) -> Any:
            single = (x @ w + offset).astype(np.float32).astype(np.float64) - offset
            out = np.tanh(single) * (1 + 1e-9)
            return out, (x, w, out)

        assert found(f_forward=inside) is None

    @pytest.mark.parametrize(
        "changed",
        [
            {"f_forward": lambda x, w: 1 / 0},
            {"f_backward": lambda dout, cache: 1 / 0},
            {"f_forward": lambda x, w: None},
            {"f_forward": lambda x, w: (forward(x, w)[0][None], forward(x, w)[1])},
            {"f_forward": lambda x, w: ("text", forward(x, w)[1])},
            {"f_forward": lambda x, w: (forward(x, w)[0] * np.nan, forward(x, w)[1])},
            {"f_forward": lambda x, w: (np.round(x @ w).astype(int), forward(x, w)[1])},
            {"f_backward": lambda dout, cache: (backward(dout, cache)[0].T, cache[1])},
            {"f_backward": lambda dout, cache: (np.inf * cache[0], cache[1])},
            {"f_backward": lambda dout, cache: ("text", None)},
            {"f_backward": lambda dout, cache: ([1.0], {"w": 2.0})},
        ],
    )
    def test_code_that_fails_or_returns_the_wrong_form(self, changed: dict[str, Any]) -> None:
        assert found(**changed) is None

    @pytest.mark.parametrize("noise", [1e-7, 3e-7, 1e-6, 1e-4])
    @pytest.mark.parametrize("seed", range(5))
    def test_random_numbers_inside(self, noise: float, seed: int) -> None:
        rng = np.random.default_rng(seed)

        def noisy(x: Any, w: Any) -> Any:
            out = forward(x, w)[0] + noise * rng.standard_normal((2, 2))
            return out, (x, w, out)

        assert found(f_forward=noisy) is None

    def test_a_gradient_that_is_grossly_wrong_for_a_noisy_forward(self) -> None:
        rng = np.random.default_rng(0)

        def noisy(x: Any, w: Any) -> Any:
            out = sine(x, w)[0] + 1e-5 * rng.standard_normal((2, 2))
            return out, (x, w, out)

        def wild(dout: Any, cache: Any) -> Any:
            dx, dw = backward(dout, cache)
            return 1e4 * dx, 1e4 * dw

        assert found(f_forward=noisy, f_backward=wild) is None
        assert found(f_forward=sine, f_backward=wild) is not None

    @pytest.mark.parametrize("distance", [0.0, 0.0005, 0.001, 0.0015, 0.002])
    def test_a_kink_within_reach(self, distance: float) -> None:
        fields = {**FIELDS, "x": FIELDS["x"].copy()}
        fields["x"][1, 1] = distance

        def kinked(x: Any, w: Any) -> Any:
            out = np.tanh(np.maximum(x, 0) @ w)
            return out, (x, w, out)

        def backward_of_kinked(dout: Any, cache: Any) -> Any:
            x, w, out = cache
            slope = dout * (1 - out**2)
            return (slope @ w.T) * (x > 0), np.maximum(x, 0).T @ slope

        names = {"f_forward": kinked, "f_backward": backward_of_kinked}
        result = own_gradient(library(**names), layer_gradients, fields, local(**names))
        if distance < 0.002:
            assert result is None
        else:
            assert result is not None
            assert result.consistent

    def test_an_output_that_does_not_change(self) -> None:
        assert found(f_forward=lambda x, w: (np.full((2, 2), 0.1), forward(x, w)[1])) is None
        assert found(f_forward=lambda x, w: (np.zeros((2, 2)), forward(x, w)[1])) is None

    def test_a_check_without_gradients(self) -> None:
        @check(task="f", points=1, cases=domain(x=reals(N, D), w=reals(D, M)))
        def plain(student: Any, case: Any) -> Any:
            """A title"""
            return values(out=student.f_forward(case.x, case.w)[0])

        assert found(plain) is None

    def test_no_time(self) -> None:
        assert own_gradient(library(), layer_gradients, FIELDS, local(), seconds=-1) is None


def test_a_lost_runner_is_reported() -> None:
    class Dies(Local):
        def invoke(self, call: Call) -> Any:
            if len(runs) > 5:
                raise RunnerLost("died")
            runs.append(call)
            return super().invoke(call)

    runs: list[Call] = []
    with pytest.raises(RunnerLost):
        own_gradient(library(), layer_gradients, FIELDS, Dies(local().module))


@settings(max_examples=60, deadline=None)
@given(st.floats(-9, 1), st.integers(0, 5))
def test_a_statement_is_never_false(power: float, entry: int) -> None:
    """An error of any size in one entry is called a fit, a misfit, or nothing, but rightly."""
    error = 10.0**power

    def off_by(dout: Any, cache: Any) -> Any:
        dx, dw = backward(dout, cache)
        dx = dx.copy()
        dx.flat[entry] += error * np.abs(dx).max()
        return dx, dw

    result = found(f_backward=off_by)
    if error <= FITS / 2:
        assert result is not None
        assert result.fits == ("x", "w")
    elif error >= 2 * OFF:
        assert result is not None
        assert result.off == ("x",)
    elif 2 * FITS <= error <= OFF / 2:
        assert result is None


REAL = [
    ("07", "overwrites_the_bias_gradient", "affine_backward_gradients", "RI", {"b"}),
    ("07", "averages_parameter_gradients_again", "affine_backward_gradients", "RI", {"w", "b"}),
    ("07", "sums_the_loss_over_the_batch", "softmax_loss_gradient", "WC", set()),
    ("07", "leaves_out_the_bias", "affine_backward_gradients", "WI", {"b"}),
    ("07", "leaves_out_the_bias", "network_gradients", "WI", {"params['b1']", "params['b2']"}),
    ("18", "gives_each_context_word_the_whole_gradient", "cbow_gradients", "RI", {"w_in"}),
    ("18", "sums_the_context_vectors", "cbow_gradients", "WC", set()),
    ("18", "normalises_over_the_batch", "cbow_gradients", "WI", {"w_in", "w_out"}),
    ("28", "puts_the_candidate_last", "step_backward_gradients", "WI", {"wx", "wh", "b"}),
    ("28", "starts_from_zero_states", "lstm_backward_gradients", "WI", {"h0", "c0"}),
    ("35", "masks_after_the_softmax", "attention_backward_masked_gradients", "WI", {"q", "k"}),
    ("36", "pairs_dout_with_the_output", "backward_parameters", "RI", {"params['wo']"}),
    ("36", "drops_the_path_through_the_keys", "backward_inputs", "RI", {"memory"}),
    ("36", "masks_only_the_first_head", "backward_mask", "WC", set()),
]


@pytest.mark.parametrize(("number", "name", "check_name", "outcome", "off"), REAL)
def test_real_misconceptions(
    number: str, name: str, check_name: str, outcome: str, off: set[str], cache: Path
) -> None:
    exercise = Library(Catalog().find(number))
    entry = next(e for e in exercise.misconceptions if e.name == name)
    chosen = next(c for c in exercise.checks if c.name == check_name)
    case = load_or_build(exercise, 0, cache)[check_name].cases[0]
    student = Local(exercise.implementation(entry))
    result = own_gradient(exercise, chosen, case.fields, student, seconds=60)
    assert result is not None
    assert ("R" if result.forward_right else "W") + ("C" if result.consistent else "I") == outcome
    assert set(result.off) == off
    assert not off & set(result.fits)


@pytest.mark.parametrize("exercise", Catalog().exercises, ids=lambda exercise: exercise.id)
def test_right_code_is_never_said_to_be_wrong(exercise: Any, cache: Path) -> None:
    """The reference on every gradient check, the variants on the first."""
    private = Library(exercise)
    tape = load_or_build(private, 0, cache)
    checks = [
        one
        for one in private.checks
        if any(entry.role == "gradient" for entry in tape[one.name].cases[0].observed)
    ]
    if not checks:
        pytest.skip("no gradients are checked")
    alike = [entry for entry in private.variants if entry.backend == private.exercise.backend]
    for result in said(private, private.text("solution"), checks, tape):
        assert result is not None
        assert (result.forward_right, result.off) == (True, ())
    heard = [said(private, private.source(entry), checks[:1], tape) for entry in alike]
    assert any(any(results) for results in heard)
    for result in (entry for results in heard for entry in results if entry is not None):
        assert (result.forward_right, result.off) == (True, ())


def said(private: Library, source: str, checks: Any, tape: Any) -> list[OwnGradient | None]:
    runner = LocalRunner(private.exercise.backend)
    runner.ask({"op": "load", "source": source.encode(), "module": "right"})
    results = []
    for one in checks:
        case = tape[one.name].cases[0]
        student = Submitted(runner, case.transcript, rows=private.rows)
        results.append(own_gradient(private, one, case.fields, student, seconds=60))
    runner.close()
    return results


def test_right_code_in_float32_is_passed_over_in_silence(cache: Path) -> None:
    exercise = Library(Catalog().find("18"))
    entry = next(v for v in exercise.variants if v.name == "single_precision_inside")
    runner = LocalRunner()
    source = exercise.source(entry).encode()
    runner.ask({"op": "load", "source": source, "module": "single"})
    for name in ("cbow_gradients", "skip_gram_gradients"):
        chosen = next(c for c in exercise.checks if c.name == name)
        case = load_or_build(exercise, 0, cache)[name].cases[0]
        assert own_gradient(exercise, chosen, case.fields, Submitted(runner), seconds=60) is None
    runner.close()
