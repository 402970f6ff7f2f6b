"""Whether a call changed the lists and dicts it was handed, or what they hold.

What the arrays inside hold is compared by themselves; here it is only asked whether every list and
dict still has the same members, by identity.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

Container = list[Any] | dict[Any, Any]
#: A container and a shallow copy of it, which keeps its members alive: an `id` may be used again.
Memory = list[tuple[Container, Container]]


def remember(value: Any, skipped: Collection[int] = ()) -> Memory:
    """Note the members of every list and dict in an argument.

    Args:
        skipped: the `id`s of lists and dicts that are left out: they stand for arrays, or belong
            to the submission.
    """
    return [(container, container.copy()) for container in _inside(value, skipped)]


def changed(memory: Memory) -> bool:
    """Whether one of the remembered containers has other members now."""
    return any(not _same(container, before) for container, before in memory)


def _inside(value: Any, skipped: Collection[int]) -> Iterator[Container]:
    if type(value) in (list, dict) and id(value) not in skipped:
        yield value
    elif type(value) is not tuple:
        return
    for member in value.values() if type(value) is dict else value:
        yield from _inside(member, skipped)


def _same(container: Container, before: Container) -> bool:
    if isinstance(container, list):
        return len(container) == len(before) and all(
            now is then for now, then in zip(container, before, strict=True)
        )
    assert isinstance(before, dict)
    return container.keys() == before.keys() and all(
        container[key] is before[key] for key in before
    )
