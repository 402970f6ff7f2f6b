from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def product(c: Any) -> Any:
    return c.x @ c.w


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (lambda c: 2, "is 2 times"),
        (lambda c: 0.5, "is ½ times"),
        (lambda c: -3, "is −3 times"),
        (lambda c: 0.75, "is 3/4 times"),
        (lambda c: 1.2345678, "is 1.23457 times"),
        (lambda c: len(c.x), "is N times"),
        (lambda c: 1 / len(c.x), "is 1/N times"),
        (lambda c: -1 / len(c.x), "is −1/N times"),
        (lambda c: np.sqrt(c.x.shape[1]), "is √D times"),
        (lambda c: 1 / np.sqrt(c.x.shape[1]), "is 1/√D times"),
        (lambda c: len(c.x) * c.w.shape[1], "is N·M times"),
        (lambda c: 1 / (len(c.x) * c.w.shape[1]), "is 1/(N·M) times"),
        (lambda c: len(c.x) / c.w.shape[1], "is N/M times"),
        (lambda c: np.sqrt(c.heads.shape[1] // c.n_heads), "is √K times"),
        (lambda c: 1 / np.sqrt(c.n_heads), "is 1/√H times"),
        (lambda c: np.sqrt(c.x.shape[1] / len(c.x)), "is √(D/N) times"),
        (lambda c: len(c.x) / (len(c.x) - 1), "is N/(N−1) times"),
        (lambda c: c.rate, "is rate times"),
        (lambda c: 1 / c.rate, "is 1/rate times"),
        (lambda c: 1 - c.rate, "is (1−rate) times"),
        (lambda c: 1 / (1 - c.rate), "is 1/(1−rate) times"),
        (lambda c: c.rate**2, "is rate² times"),
        (lambda c: c.rate * c.decay, "is rate·decay times"),
        (lambda c: 1 / np.log(2), "is 1/ln 2 times"),
        (lambda c: np.log(10), "is ln 10 times"),
    ],
)
@pytest.mark.parametrize("whole", [False, True], ids=["array", "scalar"])
def test_a_factor_is_named(told: Any, factor: Any, words: str, whole: bool) -> None:
    expected = (lambda c: float(product(c).sum())) if whole else product
    (pattern,) = told(expected, lambda c: expected(c) * factor(c))
    assert (pattern.kind, pattern.where) == ("factor", ("out",))
    assert words in pattern.statement
    assert "in all 5 cases" in pattern.statement


def test_a_quantity_is_explained_with_its_values(told: Any) -> None:
    (pattern,) = told(product, lambda c: product(c) * len(c.x))
    assert pattern.statement == (
        "Your value of out is N times the expected value in all 5 cases "
        "(N, the size of x's axis 0: 2, 5, 3, …)."
    )
    assert "a sum where the statement asks for a mean" in pattern.explanation


def test_an_opposite_sign(told: Any) -> None:
    (pattern,) = told(product, lambda c: -product(c), role="gradient")
    assert pattern.kind == "sign"
    assert pattern.statement == (
        "Your gradient for out is the expected value with the opposite sign, in all 5 cases."
    )


def test_a_factor_of_one_case_alone_is_right_there(told: Any) -> None:
    """A sum over one row is its mean: the case with one row is right and fits the factor."""
    (pattern,) = told(
        lambda c: product(c) * (c.special is None),
        lambda c: product(c) * len(c.x) * (c.special is None),
        specials={"nothing": 0},
    )
    assert pattern.kind == "factor"
    assert "in the 5 of 6 cases in which it differs" in pattern.statement


def test_a_right_case_that_the_factor_contradicts_silences_it(told: Any) -> None:
    def actual(c: Any) -> Any:
        return product(c) * (1 if c.special else 2)

    assert told(product, actual, specials={"one row": 0}) == []


def test_two_cases_are_no_evidence(told: Any) -> None:
    assert told(product, lambda c: 2 * product(c), cases=2) == []


def test_a_free_factor_per_case_is_no_evidence_on_scalars(told: Any) -> None:
    def norm(c: Any) -> Any:
        return float(np.linalg.norm(c.dout))

    assert told(lambda c: 1.5, lambda c: norm(c)) == []
    (pattern,) = told(product, lambda c: product(c) * norm(c))
    assert pattern.kind == "scaled_per_case"


def test_a_constant_expectation_is_no_evidence_for_a_factor(told: Any) -> None:
    assert [p.kind for p in told(lambda c: 3.0, lambda c: 6.0)] == []


def test_single_precision_is_recognised(told: Any) -> None:
    (pattern,) = told(product, lambda c: (product(c) / len(c.x)).astype(np.float32))
    assert "is 1/N times" in pattern.statement


def test_signs_that_differ_in_places(told: Any) -> None:
    (pattern,) = told(product, lambda c: np.abs(product(c)) * np.sign(c.dout))
    assert pattern.kind == "sign_in_places"
    assert "the expected size in every entry" in pattern.statement


def test_sizes_that_differ_are_not_a_matter_of_signs(told: Any) -> None:
    assert told(product, lambda c: product(c) * np.where(c.dout > 0, -1, 1.01)) == []


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.sampled_from([1e-6, 1e-3, 1.0, 50.0]))
def test_noise_has_no_pattern(told: Any, seed: int, size: float) -> None:
    rng = np.random.default_rng(seed)
    assert told(product, lambda c: product(c) + size * rng.standard_normal(c.dout.shape)) == []


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_unrelated_tensors_have_no_pattern(told: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)

    def random(c: Any) -> Any:
        return {
            "out": rng.standard_normal(c.dout.shape),
            "loss": rng.standard_normal(),
            "b": rng.standard_normal(c.b.shape),
            "hs": list(rng.standard_normal((4, len(c.x)))),
        }

    assert told(random, random) == []


@settings(max_examples=40, deadline=None)
@given(factor=st.floats(-100, 100).filter(lambda v: abs(v) > 0.01 and abs(v - 1) > 0.01))
def test_any_constant_is_found(told: Any, factor: float) -> None:
    (pattern,) = told(product, lambda c: factor * product(c))
    assert pattern.kind in ("factor", "sign")
