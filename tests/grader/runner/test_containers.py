"""A list or dict that holds something else than before is noticed, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from grader.runner.containers import changed, remember

CHANGES: dict[str, Callable[[Any], Any]] = {
    "a dict's entry": lambda x: x[0].update(k=1.0),
    "a new key": lambda x: x[0].update(z=1.0),
    "a key that goes": lambda x: x[0].pop("v"),
    "an element": lambda x: x[1]["layers"].__setitem__(0, 2.0),
    "an element more": lambda x: x.append(1),
    "an element less": lambda x: x[1]["layers"].pop(),
    "another order": lambda x: x.reverse(),
    "an equal list in its place": lambda x: x[1].update(layers=list(x[1]["layers"])),
    "inside a tuple": lambda x: x[2][0].append(3),
}


def cache() -> Any:
    return [{"k": object(), "v": object()}, {"layers": [object(), object()]}, ([1, 2], 3)]


@pytest.mark.parametrize("name", CHANGES)
def test_other_members_are_noticed(name: str) -> None:
    value = cache()
    memory = remember(value)
    assert not changed(memory)
    CHANGES[name](value)
    assert changed(memory)


def test_reading_copying_and_other_containers_are_no_change() -> None:
    value = cache()
    memory = remember(value)
    longer = [*value, 1]
    longer[0] = {**value[0], "k": 2}
    value[1]["layers"] = value[1]["layers"]
    assert not changed(memory)


def test_what_is_skipped_is_not_looked_into() -> None:
    rows, value = [[1.0], [2.0]], cache()
    memory = remember([rows, value], skipped={id(rows)})
    rows[0].append(3.0)
    assert not changed(memory)
    value.pop()
    assert changed(memory)


def test_a_member_that_is_replaced_by_one_at_the_same_address_is_noticed() -> None:
    value = [[0] * 3]
    memory = remember(value)
    for _ in range(100):
        value[0] = [0] * 3
        assert changed(memory)
