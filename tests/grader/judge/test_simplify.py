from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from grader.judge.simplify import simplify_arrays
from grader.spec import Dim, choice, derived, domain, group, integers, reals, scalar

N = Dim("N", 1, 4)
DOMAIN = domain(
    x=reals(N, 3),
    params=group(w=reals(3, 2), scale=reals(2, low=0.5, high=2), gate=reals(2, away_from=0.0)),
    ids=integers(N, high=5),
    rate=scalar(0.25, 0.5),
    kind=choice("a", "b"),
    total=derived(lambda case: float(case.x.sum())),
)


def fields() -> dict[str, Any]:
    return {
        "x": np.array([[1.25, -0.5, 2.0]]),
        "params": {
            "w": np.array([[0.75, 1.5], [-1.25, 0.5], [2.0, -0.25]]),
            "scale": np.array([0.75, 1.5]),
            "gate": np.array([0.625, -1.25]),
        },
        "ids": np.array([3]),
        "rate": 0.375,
        "kind": "b",
        "total": 2.75,
    }


def test_what_does_not_matter_becomes_zero_or_the_next_simple_thing() -> None:
    found = simplify_arrays(DOMAIN, fields(), lambda case: True)
    assert not found["x"].any() and not found["params"]["w"].any()
    # Zero is outside the range of one and at the kink of the other.
    assert found["params"]["scale"].tolist() == [1.0, 1.0]
    assert found["params"]["gate"].tolist() == [1.0, 1.0]
    assert found["total"] == 0.0, "what is computed from others is computed anew"
    assert (found["ids"].tolist(), found["rate"], found["kind"]) == ([3], 0.375, "b")


def test_what_matters_stays() -> None:
    found = simplify_arrays(DOMAIN, fields(), lambda case: case["x"][0, 1] == -0.5)
    assert found["x"].tolist() == [[1.25, -0.5, 2.0]]
    assert not found["params"]["w"].any()


def test_whole_numbers_are_the_last_resort() -> None:
    found = simplify_arrays(DOMAIN, fields(), lambda case: case["x"][0, 2] == 2)
    assert found["x"].tolist() == [[1.0, -0.0, 2.0]]


def test_nothing_is_changed_if_nothing_simpler_fails() -> None:
    given = fields()
    assert simplify_arrays(DOMAIN, given, lambda case: False) is given


def test_the_domain_s_own_condition_is_kept() -> None:
    limited = domain(where=lambda case: case.x.sum() > 2, **DOMAIN.fields)
    found = simplify_arrays(limited, fields(), lambda case: True)
    assert found["x"].tolist() == [[1.0, 1.0, 1.0]]


def test_a_search_that_is_spent_leaves() -> None:
    def spent(case: dict[str, Any]) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simplify_arrays(DOMAIN, fields(), spent)


def test_numbers_that_round_to_zero_lose_their_sign() -> None:
    """`-0.0` among zeros looks as if it meant something."""
    found = simplify_arrays(DOMAIN, fields(), lambda case: case["params"]["w"][0, 1] == 2.0)
    weights = found["params"]["w"]
    assert weights[0, 1] == 2.0 and (weights == 0).any()
    assert not np.signbit(weights[weights == 0]).any()
