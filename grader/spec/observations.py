"""What a check looks at: values held against the reference, gradients, and relations.

A check is a plain function of an implementation and a case. It returns one observation or a list
of them. The judge runs the same function on the reference and on the submission.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Values:
    """Named values that must equal what the reference returns."""

    named: Mapping[str, Any]


@dataclass(frozen=True)
class Gradients:
    """Gradients of `sum(outputs * cotangents)` with respect to the named fields of the case."""

    outputs: tuple[Any, ...]
    cotangents: tuple[Any, ...]
    named: Mapping[str, Any]


@dataclass(frozen=True)
class Same:
    """Two values of one submission that must agree with each other."""

    actual: Any
    expected: Any
    because: str
    scale: float


@dataclass(frozen=True)
class Holds:
    """A statement about the submission's own values that must be true."""

    condition: bool
    because: str


Observation = Values | Gradients | Same | Holds


def values(**named: Any) -> Values:
    """`values(out=out)`: each must equal the reference's value of the same name."""
    return Values(named)


def gradients(*, of: Any, cotangent: Any, **named: Any) -> Gradients:
    """`gradients(of=out, cotangent=case.dout, x=dx, w=dw)`.

    Args:
        of: the forward output, or a tuple of outputs.
        cotangent: the incoming gradient of each output, same structure as `of`; never ones.
        named: field of the case → gradient with respect to it, same shape as the field. A field
            that is a dict of arrays takes a dict of gradients.
    """
    outputs = of if isinstance(of, tuple) else (of,)
    cotangents = cotangent if isinstance(cotangent, tuple) else (cotangent,)
    if len(outputs) != len(cotangents):
        raise ValueError(f"{len(outputs)} outputs but {len(cotangents)} cotangents")
    return Gradients(outputs, cotangents, named)


def same(actual: Any, expected: Any, *, because: str, scale: float = 0.0) -> Same:
    """A relation: `actual` must equal `expected`, both computed from the submission.

    Args:
        because: what the student reads, as a statement of what should hold.
        scale: the size of what cancels, where zero is expected (a sum of gradients, say), so that
            rounding is measured against the terms and not against their sum.
    """
    return Same(actual, expected, because, scale)


def holds(condition: Any, *, because: str) -> Holds:
    """A relation that is true or false; `because` is the statement that should hold."""
    return Holds(bool(condition), because)
