"""Observations keep what a check looked at; gradients and cotangents go in pairs."""

from __future__ import annotations

from typing import Any

import pytest

from grader.spec import Gradients, Holds, Same, Values, gradients, holds, same, values


def test_values_keep_their_names_in_order() -> None:
    assert values(out=1, loss=2) == Values({"out": 1, "loss": 2})
    assert list(values(out=1, loss=2).named) == ["out", "loss"]


def test_one_output_and_one_cotangent_become_tuples() -> None:
    assert gradients(of="out", cotangent="dout", x="dx") == Gradients(
        ("out",), ("dout",), {"x": "dx"}
    )


def test_several_outputs_pair_with_as_many_cotangents() -> None:
    made = gradients(of=("h", "c"), cotangent=("dh", "dc"), w="dw")
    assert (made.outputs, made.cotangents) == (("h", "c"), ("dh", "dc"))


@pytest.mark.parametrize(
    ("of", "cotangent", "message"),
    [
        (("h", "c"), "dh", "2 outputs but 1 cotangents"),
        ("h", ("dh", "dc"), "1 outputs but 2 cotangents"),
        ((), "dh", "0 outputs but 1 cotangents"),
    ],
)
def test_outputs_and_cotangents_that_do_not_pair_are_refused(
    of: Any, cotangent: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        gradients(of=of, cotangent=cotangent, x="dx")


def test_a_list_is_one_output() -> None:
    assert gradients(of=["h", "c"], cotangent=["dh", "dc"]).outputs == (["h", "c"],)


def test_a_relation_keeps_its_reason_and_its_scale() -> None:
    assert same(1, 2, because="they agree", scale=3.0) == Same(1, 2, "they agree", 3.0)
    assert same(1, 2, because="they agree").scale == 0.0


@pytest.mark.parametrize(
    ("condition", "kept"), [(True, True), (0, False), ([1], True), ("", False)]
)
def test_a_statement_is_true_or_false(condition: Any, kept: bool) -> None:
    made = holds(condition, because="it is so")
    assert made == Holds(kept, "it is so")
    assert type(made.condition) is bool
