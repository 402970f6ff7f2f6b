"""Checks: one decorated function is one check."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from grader.spec.domain import Domain, SpecError

CheckFunction = Callable[..., Any]


@dataclass(frozen=True)
class Special:
    """An explicit case with a name: ties, one row, extreme values, an empty batch."""

    name: str
    build: Callable[[], Mapping[str, Any]]


def special(name: str, build: Callable[[], Mapping[str, Any]]) -> Special:
    """`special("all scores equal", lambda: dict(scores=np.zeros((2, 3))))`."""
    return Special(name, build)


@dataclass(frozen=True)
class Check:
    """One check of a spec.

    Attributes:
        name: the function's name, the check's id.
        title: the docstring's first line: a statement of what is right, read by the student.
        task: the function or class of the stub it belongs to; hints are looked up by it.
        points: what it is worth; the points of an exercise add up to 10.
        requires: names of checks that must pass first.
        amplifier: inputs on which a small bug becomes large; they decide when the error lies
            between "equal" and "clearly different" (see docs/verdicts.md).
        single_precision: whether it fails a submission that goes wrong with float32 inputs, which
            the README must then ask for; otherwise the report only notes it.
    """

    name: str
    title: str
    task: str
    points: int
    function: CheckFunction
    domain: Domain | None
    count: int
    special: tuple[Special, ...]
    requires: tuple[str, ...]
    amplifier: Domain | None
    single_precision: bool = False


def check(
    *,
    task: str,
    points: int,
    cases: Domain | None = None,
    count: int = 5,
    special: Sequence[Special] = (),
    requires: Sequence[str | Check] = (),
    amplifier: Domain | None = None,
    single_precision: bool = False,
) -> Callable[[CheckFunction], Check]:
    """Make a function of `(student, case)` into a check.

    Raises:
        SpecError: no docstring, no cases, fewer than 3 drawn ones (or none where
            `single_precision` needs one), or points below 1.
    """

    def decorate(function: CheckFunction) -> Check:
        name = function.__name__
        title = (inspect.getdoc(function) or "").partition("\n")[0].strip()
        if not title:
            raise SpecError(f"check {name!r} has no docstring; its first line is its title")
        if cases is None and not special:
            raise SpecError(f"check {name!r} has neither cases nor special cases")
        if points < 1:
            raise SpecError(f"check {name!r}: points must be at least 1")
        if cases is None and single_precision:
            raise SpecError(f"check {name!r}: float32 is tried on a drawn case, and it draws none")
        if cases is not None and count < 3:
            raise SpecError(f"check {name!r}: at least 3 drawn cases are needed, got {count}")
        return Check(
            name=name,
            title=title,
            task=task,
            points=points,
            function=function,
            domain=cases,
            count=count if cases is not None else 0,
            special=tuple(special),
            requires=tuple(r.name if isinstance(r, Check) else r for r in requires),
            amplifier=amplifier,
            single_precision=single_precision,
        )

    return decorate


def checks_of(module: ModuleType) -> tuple[Check, ...]:
    """The checks of a spec module in the order they are written.

    Raises:
        SpecError: a prerequisite is unknown or comes later.
    """
    found = tuple(value for value in vars(module).values() if isinstance(value, Check))
    seen: set[str] = set()
    for entry in found:
        for required in entry.requires:
            if required not in seen:
                raise SpecError(f"check {entry.name!r} requires {required!r}, not defined above it")
        seen.add(entry.name)
    return found
