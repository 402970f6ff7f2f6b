"""Operators on a submission's objects, called as Python itself calls them.

`a + b` is more than `a.__add__(b)`: where that gives NotImplemented, or `a` is a number, Python
asks `b.__radd__(a)`. So a request names the method, and the operator is applied here.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

#: Method → what is written between its operands.
BINARY: Mapping[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "__add__": ("+", operator.add),
    "__sub__": ("-", operator.sub),
    "__mul__": ("*", operator.mul),
    "__truediv__": ("/", operator.truediv),
    "__matmul__": ("@", operator.matmul),
    "__pow__": ("**", operator.pow),
}
#: The same with the object on the right: `2 * value`.
REFLECTED = {f"__r{name[2:]}": entry for name, entry in BINARY.items()}
UNARY: Mapping[str, tuple[str, Callable[[Any], Any]]] = {"__neg__": ("-", operator.neg)}
NAMES = (*BINARY, *REFLECTED, *UNARY)


def call(target: Any, method: str | None, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Call `target`, or one of its methods; an operator's method is applied as the operator."""
    if method is None:
        return target(*args, **kwargs)
    if method in BINARY:
        (right,) = args
        return BINARY[method][1](target, right)
    if method in REFLECTED:
        (left,) = args
        return REFLECTED[method][1](left, target)
    if method in UNARY:
        return UNARY[method][1](target)
    return getattr(target, method)(*args, **kwargs)


def expression(owner: str, method: str, args: Sequence[str]) -> str | None:
    """How Python writes the call of an operator's method; None if `method` is none."""
    if method in BINARY:
        return f"{owner} {BINARY[method][0]} {args[0]}"
    if method in REFLECTED:
        left = f"({args[0]})" if args[0].startswith("-") else args[0]
        return f"{left} {REFLECTED[method][0]} {owner}"
    if method in UNARY:
        return f"{UNARY[method][0]}{owner}"
    return None
