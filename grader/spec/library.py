"""Misconceptions (named wrong implementations) and variants (correct ones in other styles).

Both are classes whose members replace functions or classes of the reference solution. The class
is never instantiated: `grader.judge.compose` moves its members to module level.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from grader.spec.checks import Check
from grader.spec.domain import SpecError


@dataclass(frozen=True)
class Misconception:
    """A wrong implementation with a name.

    Attributes:
        name: the wrong pattern in words joined by underscores, never the remedy.
        title: one line, what the implementation does.
        caught_by: the check that must fail on it.
        explanation: what happens, why it looks right, and where to look; 80 to 160 words.
        source: where the mistake was seen.
        members: the names it replaces.
    """

    name: str
    title: str
    caught_by: str
    explanation: str
    source: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class Variant:
    """A correct implementation in another style, which must be accepted."""

    name: str
    title: str
    backend: str
    members: tuple[str, ...]


class _Placeholder:
    """Stands for the reference solution while a library file is read; calls nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


#: The reference solution, inside misconceptions and variants: `solution.softmax(x)`. The real one
#: is put in its place when an implementation is composed (see `grader.judge.compose`).
solution: Any = _Placeholder()


def misconception(
    *, caught_by: str | Check, explanation: str, source: str
) -> Callable[[type], Misconception]:
    """Make a class into a misconception; its docstring's first line is the title."""

    def decorate(container: type) -> Misconception:
        return Misconception(
            name=container.__name__,
            title=_title(container),
            caught_by=caught_by.name if isinstance(caught_by, Check) else caught_by,
            explanation=" ".join(explanation.split()),
            source=source,
            members=_members(container),
        )

    return decorate


def variant(*, backend: str = "numpy") -> Callable[[type], Variant]:
    """Make a class into a variant; its docstring's first line says what is different."""

    def decorate(container: type) -> Variant:
        return Variant(container.__name__, _title(container), backend, _members(container))

    return decorate


def _title(container: type) -> str:
    title = (inspect.getdoc(container) or "").partition("\n")[0].strip()
    if not title:
        raise SpecError(f"{container.__name__} has no docstring; its first line is its title")
    return title.rstrip(".")


def _members(container: type) -> tuple[str, ...]:
    return tuple(name for name in vars(container) if not name.startswith("__"))


def misconceptions_of(module: ModuleType) -> Sequence[Misconception]:
    """All misconceptions of a module, in the order they are written."""
    return [value for value in vars(module).values() if isinstance(value, Misconception)]


def variants_of(module: ModuleType) -> Sequence[Variant]:
    """All variants of a module, in the order they are written."""
    return [value for value in vars(module).values() if isinstance(value, Variant)]
