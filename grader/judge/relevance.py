"""Which of the calls made led to a value: what a report shows leaves out the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from grader.judge.implementation import Call, Remote, has_cache


def relevant(calls: Sequence[Call], value: Any) -> list[Call]:
    """The calls that led to a value: the one that returned it and those it depends on.

    All of them if no call returned it (a relation between several results, for example). A call
    may change the objects that it has, and any that these were made of or went into, so it counts
    as well; a cache is not expected to change.
    """
    made = [index for index, call in enumerate(calls) if id(value) in identities(call.result)]
    if not made:
        return list(calls)
    needed = {made[0]}
    family, used = _families(calls), [uses(call) for call in calls]
    for index in range(made[0] - 1, -1, -1):
        call = calls[index]
        results = identities(call.result)
        acts = family[index] is not None and not call.reads
        for later in list(needed):
            if results & used[later] or (acts and family[index] == family[later]):
                needed.add(index)
                break
    return [call for index, call in enumerate(calls) if index in needed]


def uses(call: Call) -> set[int]:
    """What a call works with, by `id`."""
    return identities([call.target, *call.handed])


def _families(calls: Sequence[Call]) -> list[int | None]:
    """For each call a number that it shares with the calls on objects that are related to its own.

    Objects are related if one call has both of them, as its target, an argument or its result.
    """
    group: dict[int, int] = {}
    first: list[int | None] = []
    caches = {id(call.result[-1]) for call in calls if has_cache(call.target, call.result)}
    for call in calls:
        objects = [
            one for one in _objects([call.target, *call.handed, call.result]) if one not in caches
        ]
        first.append(objects[0] if objects else None)
        merged = {group.get(one, one) for one in objects}
        for one in objects:
            group.setdefault(one, one)
        for one, number in group.items():
            if number in merged:
                group[one] = min(merged)
    return [None if one is None else group[one] for one in first]


def _objects(value: Any) -> list[int]:
    if isinstance(value, Remote):
        return [id(value)]
    if isinstance(value, list | tuple):
        return [one for item in value for one in _objects(item)]
    if isinstance(value, Mapping):
        return _objects(list(value.values()))
    return []


def identities(value: Any) -> set[int]:
    """What is in a value, by `id`, but for plain numbers and texts, which may be shared."""
    if isinstance(value, list | tuple):
        return {id(value)}.union(*map(identities, value))
    if isinstance(value, Mapping):
        return {id(value)}.union(*map(identities, value.values()))
    # A NumPy scalar is an object of its own, though float64 counts as a float.
    if value is None or type(value) in (bool, int, float, str):
        return set()
    return {id(value)}
