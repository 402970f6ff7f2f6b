"""Makes the numbers of a failing case simpler, one whole array after another.

Hypothesis simplifies entry by entry, which is worth its time for a case of a few numbers. A case
with all the weights of a layer has too many: here every array is tried as zeros, as ones and as
whole numbers, and stays so if the case still fails. One try per array and kind is all it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from grader.spec.domain import Case, Derived, Domain, Field, Group, Reals

Path = tuple[str, ...]


def simplify_arrays(
    domain: Domain, fields: dict[str, Any], fails: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """Return the simplest case on the way that `fails`; `fields` itself if none does.

    Args:
        fails: tries a case; it may raise to end the search.
    """
    current = fields
    for path, field in _arrays(domain.fields):
        for value in _simpler(field, _at(current, path)):
            tried = _derived(domain, _with(current, path, value))
            if (domain.where is None or domain.where(Case(**tried))) and fails(tried):
                current = tried
                break
    return current


def _arrays(fields: Mapping[str, Field], inside: Path = ()) -> Iterator[tuple[Path, Reals]]:
    for name, field in fields.items():
        if isinstance(field, Group):
            yield from _arrays(field.fields, (*inside, name))
        elif isinstance(field, Reals):
            yield (*inside, name), field


def _simpler(field: Reals, value: Any) -> Iterator[Any]:
    """The array as zeros, as ones and in whole numbers, as far as the field allows them."""
    import numpy as np

    for candidate in (np.zeros_like(value), np.ones_like(value), np.round(value) + 0.0):
        inside = (candidate >= field.low) & (candidate <= field.high)
        clear = all(
            bool(np.all(np.abs(candidate - kink) >= field.margin)) for kink in field.away_from
        )
        if np.array_equal(candidate, value):
            return
        if bool(inside.all()) and clear:
            yield candidate


def _at(fields: Mapping[str, Any], path: Path) -> Any:
    value: Any = fields
    for name in path:
        value = value[name]
    return value


def _with(fields: Mapping[str, Any], path: Path, value: Any) -> dict[str, Any]:
    first, rest = path[0], path[1:]
    return {**fields, first: _with(fields[first], rest, value) if rest else value}


def _derived(domain: Domain, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with those that are computed from others computed anew."""
    made: dict[str, Any] = {}
    for name, field in domain.fields.items():
        made[name] = field.compute(Case(**made)) if isinstance(field, Derived) else fields[name]
    return made
