from __future__ import annotations

import operator
from typing import Any

import pytest

from grader.runner.operators import BINARY, REFLECTED, UNARY, call, expression


class Written:
    """Writes down what it was asked."""

    def __init__(self, text: str) -> None:
        self.text = text

    def scaled(self, by: int, *, more: int = 0) -> str:
        return f"{self.text}*{by}+{more}"

    def __neg__(self) -> str:
        return f"-{self.text}"


def binary(symbol: str) -> Any:
    return lambda self, other: f"{self.text} {symbol} {getattr(other, 'text', other)}"


for _name, (_symbol, _) in BINARY.items():
    setattr(Written, _name, binary(_symbol))
for _name, (_symbol, _) in REFLECTED.items():
    setattr(
        Written,
        _name,
        lambda self, other, symbol=_symbol: f"{other} {symbol} {self.text}",
    )


@pytest.mark.parametrize("method", BINARY)
def test_an_operator_is_applied_with_the_object_on_the_left(method: str) -> None:
    symbol = BINARY[method][0]
    assert call(Written("a"), method, [Written("b")], {}) == f"a {symbol} b"
    assert call(Written("a"), method, [3], {}) == f"a {symbol} 3"
    assert expression("a", method, ["b"]) == f"a {symbol} b"


@pytest.mark.parametrize("method", REFLECTED)
def test_and_on_the_right(method: str) -> None:
    symbol = REFLECTED[method][0]
    assert call(Written("a"), method, [2.5], {}) == f"2.5 {symbol} a"
    assert expression("a", method, ["2.5"]) == f"2.5 {symbol} a"
    assert expression("a", method, ["-2.5"]) == f"(-2.5) {symbol} a"


@pytest.mark.parametrize("method", UNARY)
def test_and_alone(method: str) -> None:
    assert call(Written("a"), method, [], {}) == "-a"
    assert expression("a", method, []) == "-a"


def test_a_left_operand_that_knows_nothing_leaves_it_to_the_right_one() -> None:
    class Silent:
        text = "s"

        def __mul__(self, other: Any) -> Any:
            return NotImplemented

    assert call(Silent(), "__mul__", [Written("a")], {}).endswith("* a")
    with pytest.raises(TypeError):
        call(Silent(), "__add__", [Written("a").text], {})
    with pytest.raises(TypeError):
        operator.add(Silent(), 1)


def test_methods_and_plain_calls_are_as_ever() -> None:
    assert call(Written("a"), "scaled", [2], {"more": 1}) == "a*2+1"
    assert call(Written, None, ["b"], {}).text == "b"
    assert expression("a", "scaled", ["2"]) is None
