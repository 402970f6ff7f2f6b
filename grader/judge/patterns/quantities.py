"""The named quantities of a check's cases: sizes of dimensions, and numbers given as arguments."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from grader.judge.patterns.pattern import Evidence
from grader.judge.patterns.samples import flat_fields
from grader.spec.checks import Check
from grader.spec.domain import (
    Booleans,
    Dimension,
    Field,
    Group,
    Integers,
    Permutation,
    Reals,
    Size,
)

ROUNDS = 4
NUMBER_LAST = re.compile(r"([A-Za-z]\w*)\*(\d+)(?!\w)")


@dataclass(frozen=True, eq=False)
class Quantity:
    """Something with a name and one value per case, by position in the evidence.

    Attributes:
        symbol: how it is written in a formula.
        meaning: what it is, for a reader who does not know the symbol.
        is_size: whether it counts something; else it is any number.
        batch: whether it is the first axis of an input.
    """

    symbol: str
    meaning: str
    values: Mapping[int, float]
    is_size: bool
    batch: bool = False

    @property
    def varies(self) -> bool:
        """Whether it tells cases apart."""
        return len(set(self.values.values())) > 1


@dataclass(frozen=True)
class Place:
    """An axis of an input whose length is declared."""

    field: str
    axis: int
    size: Size


def quantities(check: Check, evidence: Evidence) -> list[Quantity]:
    """All named quantities of the cases, sizes first."""
    places = list(_places(check))
    arguments = _arguments(check)
    values: dict[str, dict[int, float]] = {}
    meanings: dict[str, str] = {}
    sizes: set[str] = set()
    batch: set[str] = set()
    for place in places:
        symbol = _dotted(place.size)
        if not place.size.dims:
            continue
        sizes.add(symbol)
        meanings.setdefault(symbol, f"the size of {place.field}'s axis {place.axis}")
        if place.axis == 0:
            batch.add(symbol)
    for at, (case, _) in enumerate(evidence):
        fields = dict(flat_fields(case.fields))
        known = _solve(places, arguments, fields)
        for place in places:
            symbol = _dotted(place.size)
            if symbol in sizes and (found := _length(place, fields)) is not None:
                values.setdefault(symbol, {})[at] = found
        for name, size in known.items():
            values.setdefault(name, {})[at] = size
            if name not in sizes:
                sizes.add(name)
                meanings.setdefault(name, _through(name, places, arguments))
        for name, value in fields.items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                continue
            if math.isfinite(value) and name not in {a for a, _ in arguments}:
                values.setdefault(name, {})[at] = float(value)
                meanings.setdefault(name, f"the argument {name}")
    return [
        Quantity(symbol, meanings[symbol], found, _counts(symbol, sizes, found), symbol in batch)
        for symbol, found in values.items()
    ]


def _counts(symbol: str, sizes: set[str], values: Mapping[int, float]) -> bool:
    return symbol in sizes or all(value == int(value) and value >= 1 for value in values.values())


def solved_sizes(check: Check, fields: Mapping[str, Any]) -> dict[str, int]:
    """The sizes of the named dimensions in one case, as far as its shapes tell."""
    flat = dict(flat_fields(fields))
    return _solve(list(_places(check)), _arguments(check), flat)


def declared_fields(check: Check) -> dict[str, Field]:
    """The declared fields of a check, with those inside groups."""
    if check.domain is None:
        return {}
    return dict(_flat_declarations(check.domain.fields))


def _flat_declarations(
    fields: Mapping[str, Field], prefix: str = ""
) -> Iterator[tuple[str, Field]]:
    for name, declared in fields.items():
        path = f"{prefix}[{name!r}]" if prefix else name
        if isinstance(declared, Group):
            yield from _flat_declarations(declared.fields, path)
        else:
            yield path, declared


def _places(check: Check) -> Iterator[Place]:
    for name, declared in declared_fields(check).items():
        shape: tuple[Size, ...] = ()
        if isinstance(declared, Reals | Integers | Booleans):
            shape = declared.shape
        elif isinstance(declared, Permutation):
            shape = (declared.length,)
        for axis, size in enumerate(shape):
            yield Place(name, axis, size)


def _arguments(check: Check) -> list[tuple[str, Size]]:
    return [
        (name, declared.size)
        for name, declared in declared_fields(check).items()
        if isinstance(declared, Dimension) and declared.size.dims
    ]


def _length(place: Place, fields: Mapping[str, Any]) -> int | None:
    shape = getattr(fields.get(place.field), "shape", ())
    return int(shape[place.axis]) if place.axis < len(shape) else None


def _solve(
    places: list[Place], arguments: list[tuple[str, Size]], fields: Mapping[str, Any]
) -> dict[str, int]:
    """Solve `size(dims) = length` for one unknown at a time; contradictions are dropped."""
    equations: list[tuple[Size, int]] = []
    for place in places:
        length = _length(place, fields)
        if length is not None:
            equations.append((place.size, length))
    for name, size in arguments:
        value = fields.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            equations.append((size, value))
    known: dict[str, int] = {}
    open_ones = equations
    for _ in range(ROUNDS):
        # Nearly all are solved in the first round, so the later ones have little to look at.
        open_ones = [(size, n) for size, n in open_ones if {d.name for d in size.dims} - set(known)]
        for size, length in open_ones:
            unknown = [dim.name for dim in size.dims if dim.name not in known]
            if len(unknown) != 1:
                continue
            fitting = [
                value
                for value in range(min(length, 64) + 2)
                if size({**known, unknown[0]: value}) == length
            ]
            if len(fitting) == 1:
                known[unknown[0]] = fitting[0]
    broken = {
        dim.name
        for size, length in equations
        if all(dim.name in known for dim in size.dims) and size(known) != length
        for dim in size.dims
    }
    return {name: value for name, value in known.items() if name not in broken}


def _through(name: str, places: list[Place], arguments: list[tuple[str, Size]]) -> str:
    """How to find a dimension that is no axis of its own."""
    for argument, size in arguments:
        if size.text == name:
            return f"the argument {argument}"
    for place in places:
        if any(dim.name == name for dim in place.size.dims):
            return f"where {place.field}'s axis {place.axis} has size {_dotted(place.size)}"
    for argument, size in arguments:
        if any(dim.name == name for dim in size.dims):
            return f"where {argument} is {_dotted(size)}"
    return "a size of the case"


@lru_cache(maxsize=256)
def _dotted(size: Size) -> str:
    """`W*2` as “2·W”."""
    return NUMBER_LAST.sub(r"\2·\1", size.text).replace("*", "·")
