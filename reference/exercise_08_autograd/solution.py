"""Reference solution of exercise 08: reverse-mode differentiation of numbers and of nested lists.

Linnainmaa (1976); Griewank and Walther (2008), chapter 3; Baydin and others (2018), section 3.2.
An operation's rule is a function of plain numbers: it returns the result and, for each operand, the
slope of the result towards it. Value uses a rule once, Tensor uses it for every entry.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

Rule = Callable[..., tuple[float, ...]]
Nested = Any


def _sum(a: float, b: float) -> tuple[float, ...]:
    return a + b, 1.0, 1.0


def _product(a: float, b: float) -> tuple[float, ...]:
    return a * b, b, a


def _power(n: float) -> Rule:
    return lambda a: (a**n, n * a ** (n - 1))


def _exp(a: float) -> tuple[float, ...]:
    y = math.exp(a)
    return y, y


def _log(a: float) -> tuple[float, ...]:
    return math.log(a), 1.0 / a


def _tanh(a: float) -> tuple[float, ...]:
    y = math.tanh(a)
    return y, 1.0 - y * y


def _relu(a: float) -> tuple[float, ...]:
    return (a, 1.0) if a > 0.0 else (0.0, 0.0)


class _Arithmetic:
    """The operators. All but +, * and ** with a constant are made of these three."""

    def __add__(self, other: Any) -> Any:
        return self._apply(_sum, other)

    def __mul__(self, other: Any) -> Any:
        return self._apply(_product, other)

    def __pow__(self, n: float) -> Any:
        return self._apply(_power(n))

    def __neg__(self) -> Any:
        return self * -1.0

    def __sub__(self, other: Any) -> Any:
        return self + -other

    def __truediv__(self, other: Any) -> Any:
        return self * other**-1.0

    def __radd__(self, number: float) -> Any:
        return self + number

    def __rmul__(self, number: float) -> Any:
        return self * number

    def __rsub__(self, number: float) -> Any:
        return -self + number

    def __rtruediv__(self, number: float) -> Any:
        return self**-1.0 * number


class Value(_Arithmetic):
    """A number that remembers how it was made."""

    def __init__(self, data: float) -> None:
        """`_parts` pairs each operand with the slope of this value towards it."""
        self.data = float(data)
        self.grad = 0.0
        self._parts: tuple[tuple[Value, float], ...] = ()

    def _apply(self, rule: Rule, *others: Value | float) -> Value:
        operands = (self, *(o if isinstance(o, Value) else Value(o) for o in others))
        result, *slopes = rule(*(operand.data for operand in operands))
        out = Value(result)
        out._parts = tuple(zip(operands, slopes, strict=True))
        return out

    def exp(self) -> Value:
        """e to the power of this value."""
        return self._apply(_exp)

    def log(self) -> Value:
        """Natural logarithm."""
        return self._apply(_log)

    def tanh(self) -> Value:
        """Hyperbolic tangent."""
        return self._apply(_tanh)

    def relu(self) -> Value:
        """max(0, this value)."""
        return self._apply(_relu)

    def backward(self) -> None:
        """Set grad of every value in the graph of this one to d(this)/d(that value)."""
        order = topological_order(self)
        for value in order:
            value.grad = 0.0
        self.grad = 1.0
        for value in reversed(order):
            for operand, slope in value._parts:
                operand.grad += slope * value.grad


def topological_order(output: Value) -> list[Value]:
    """Every value that output was made of, operands before results; output comes last.

    Depth first with a stack of its own, since a recursive search ends at Python's recursion limit.
    A value is expanded when it is met and listed when it is met again, below all of its operands.
    """
    order, seen, todo = [], set(), [(output, False)]
    while todo:
        value, expanded = todo.pop()
        if expanded:
            order.append(value)
        elif id(value) not in seen:
            seen.add(id(value))
            todo.append((value, True))
            todo.extend((operand, False) for operand, _ in value._parts)
    return order


def continued_fraction(x: Value, depth: int) -> Value:
    """x + 1 / (x + 1 / (… + 1 / x)) with `depth` fraction bars."""
    y = x
    for _ in range(depth):
        y = x + 1.0 / y
    return y


class Tensor(_Arithmetic):
    """A nested list of numbers that remembers how it was made."""

    def __init__(self, data: Nested) -> None:
        """`_parts` pairs each operand with a function: gradient of this tensor → of the operand."""
        self.data = _map(float, data)
        self.shape = _shape(data)
        self.grad = _map(lambda _: 0.0, data)
        self._parts: tuple[tuple[Tensor, Callable[[Nested], Nested]], ...] = ()

    def _apply(self, rule: Rule, *others: Tensor | float) -> Tensor:
        operands = (self, *(o if isinstance(o, Tensor) else Tensor(o) for o in others))
        shape = _broadcast(*(operand.shape for operand in operands))
        results = _map(rule, *(_expand(o.data, o.shape, shape) for o in operands))
        out = Tensor(_map(lambda result: result[0], results))
        out._parts = tuple(
            (operand, _pull(operand.shape, _map(lambda result, k=k: result[k], results)))
            for k, operand in enumerate(operands, start=1)
        )
        return out

    def exp(self) -> Tensor:
        """e to the power of each entry."""
        return self._apply(_exp)

    def log(self) -> Tensor:
        """Natural logarithm of each entry."""
        return self._apply(_log)

    def tanh(self) -> Tensor:
        """Hyperbolic tangent of each entry."""
        return self._apply(_tanh)

    def relu(self) -> Tensor:
        """max(0, entry) for each entry."""
        return self._apply(_relu)

    def sum(self) -> Tensor:
        """The sum of all entries, shape (). Each entry's slope is 1."""
        out = Tensor(_sum_to(self.data, ()))
        out._parts = ((self, lambda grad: _expand(grad, (), self.shape)),)
        return out

    def backward(self) -> None:
        """Set grad of every tensor in the graph of this one-number tensor."""
        order = topological_order(self)
        for tensor in order:
            tensor.grad = _map(lambda _: 0.0, tensor.data)
        self.grad = 1.0
        for tensor in reversed(order):
            for operand, pull in tensor._parts:
                operand.grad = _add(operand.grad, pull(tensor.grad))


def _pull(shape: tuple[int, ...], slopes: Nested) -> Callable[[Nested], Nested]:
    """Chain rule entry by entry, then summed back to the shape that the operand had."""
    return lambda grad: _sum_to(_map(lambda g, slope: g * slope, grad, slopes), shape)


def _map(function: Callable[..., Any], *nested: Nested) -> Nested:
    """Apply a function to the entries of nested lists of one shape."""
    if isinstance(nested[0], list):
        return [_map(function, *rows) for rows in zip(*nested, strict=True)]
    return function(*nested)


def _add(*nested: Nested) -> Nested:
    return _map(lambda *entries: sum(entries), *nested)


def _shape(nested: Nested) -> tuple[int, ...]:
    return (len(nested), *_shape(nested[0])) if isinstance(nested, list) else ()


def _broadcast(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The common shape: aligned at the right, missing axes count as 1, and 1 gives way."""
    longest = max(map(len, shapes))
    aligned = [(1,) * (longest - len(shape)) + shape for shape in shapes]
    return tuple(max(lengths) for lengths in zip(*aligned, strict=True))


def _expand(nested: Nested, shape: tuple[int, ...], target: tuple[int, ...]) -> Nested:
    """Repeat a nested list of `shape` until it has the shape `target`."""
    if not target:
        return nested
    if len(shape) < len(target):
        return [_expand(nested, shape, target[1:])] * target[0]
    rows = nested * target[0] if shape[0] == 1 else nested
    return [_expand(row, shape[1:], target[1:]) for row in rows]


def _sum_to(nested: Nested, target: tuple[int, ...]) -> Nested:
    """Undo `_expand`: add up what came from one entry, so that the shape is `target`."""
    if not isinstance(nested, list):
        return nested
    if len(_shape(nested)) > len(target):
        return _sum_to(_add(*nested), target)
    rows = [_sum_to(row, target[1:]) for row in nested]
    return rows if len(rows) == target[0] else [_add(*rows)]
