"""Reads a number as people write it, shows one, and compares."""

from __future__ import annotations

import ast
import math
import operator
import re

from quizzes.question import Tolerance

Number = int | float
OPERATIONS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
NAMES = {"e": math.e, "pi": math.pi}
FUNCTIONS = {"sqrt": math.sqrt, "log": math.log, "ln": math.log, "log2": math.log2, "exp": math.exp}
LONGEST = 200
#: Exponents and results beyond this are nobody's answer.
LARGEST = 1e300


class NotANumber(ValueError):
    """What was written is no number; the message says so in a line."""


def read(text: str) -> Number:
    """The value of `1,234`, `1e-4`, `3/8`, `10*5+5`, `2^10`, `sqrt(2)`, `12 %`.

    Raises:
        NotANumber: it is something else.
    """
    cleaned = re.sub(r"(?<=\d)[,_](?=\d{3}(?!\d))", "", text.strip())
    cleaned = cleaned.replace("^", "**").replace("×", "*").replace("·", "*").replace("−", "-")
    percent = cleaned.endswith("%")
    cleaned = cleaned.rstrip("% ")
    if not cleaned or len(cleaned) > LONGEST:
        raise NotANumber(f"{text.strip()[:40]!r} is no number")
    try:
        value = _value(ast.parse(cleaned, mode="eval").body)
    except (SyntaxError, ValueError, ArithmeticError, RecursionError, MemoryError):
        raise NotANumber(f"{text.strip()[:40]!r} is no number") from None
    return value / 100 if percent else value


def close(given: Number, truth: Number, tolerance: Tolerance) -> bool:
    """Whether an answer is near enough; without a tolerance, up to rounding."""
    allowed = max(tolerance.atol, tolerance.rtol * abs(truth), 1e-9 * abs(truth), 1e-12)
    return abs(given - truth) <= allowed


def shown(value: Number) -> str:
    """A number for people: whole ones in full, others with six digits."""
    if isinstance(value, int) or (float(value).is_integer() and abs(value) < 1e15):
        return f"{int(value):,}"
    return f"{value:.6g}"


def written(value: object) -> str:
    """A drawn value as it stands in a prompt: a number for people, a text as it is."""
    return shown(value) if isinstance(value, int | float) else str(value)


def _value(node: ast.expr) -> Number:
    found: Number
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            found = number
        case ast.Name(id=name) if name in NAMES:
            found = NAMES[name]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            found = -_value(inner)
        case ast.UnaryOp(op=ast.UAdd(), operand=inner):
            found = _value(inner)
        case ast.BinOp(left=left, op=operation, right=right) if type(operation) in OPERATIONS:
            first, second = _value(left), _value(right)
            if isinstance(operation, ast.Pow) and abs(second) > 1000:
                raise ValueError("too large")
            found = OPERATIONS[type(operation)](first, second)
        case ast.Call(func=ast.Name(id=name), args=[inner], keywords=[]) if name in FUNCTIONS:
            found = FUNCTIONS[name](_value(inner))
        case _:
            raise ValueError("not allowed")
    if isinstance(found, complex) or math.isnan(found) or abs(found) > LARGEST:
        raise ValueError("out of range")
    return found
