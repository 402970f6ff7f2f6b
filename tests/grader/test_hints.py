"""Hints are read by task and level; what there is not is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.catalog import Exercise
from grader.hints import MissingHint, hints, read

HINTS = """# Hints for 07

An introduction that belongs to no task.

## forward, `backward`

### 1. A question

What is remembered?
And why?

### 2. A pointer

The cache.

## Net

### 1. A question

How many layers?
"""


def exercise(folder: Path, text: str = HINTS) -> Exercise:
    (folder / "hints.md").write_text(text, encoding="utf-8")
    return Exercise(7, "backprop", folder, folder)


def test_sections_become_tasks_in_their_order(tmp_path: Path) -> None:
    assert list(hints(exercise(tmp_path))) == ["forward", "backward", "Net"]


def test_levels_are_pairs_of_heading_and_text(tmp_path: Path) -> None:
    assert hints(exercise(tmp_path))["forward"] == [
        ("1. A question", "What is remembered?\nAnd why?"),
        ("2. A pointer", "The cache."),
    ]


def test_tasks_of_one_section_share_its_levels(tmp_path: Path) -> None:
    found = hints(exercise(tmp_path))
    assert found["forward"] == found["backward"] != found["Net"]


def test_a_hint_says_how_to_get_the_next_one(tmp_path: Path) -> None:
    assert read(exercise(tmp_path), "forward", 1) == (
        "forward: 1. A question\n\nWhat is remembered?\nAnd why?\n\n"
        "More: grade hint 07 forward --level 2"
    )


def test_the_last_hint_promises_no_more(tmp_path: Path) -> None:
    assert read(exercise(tmp_path), "forward", 2) == "forward: 2. A pointer\n\nThe cache."


def test_a_level_beyond_the_last_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingHint, match="forward has 2 hints"):
        read(exercise(tmp_path), "forward", 3)


@pytest.mark.parametrize("level", [0, -1])
def test_a_level_below_the_first_does_not_give_away_the_last(tmp_path: Path, level: int) -> None:
    with pytest.raises(MissingHint):
        read(exercise(tmp_path), "forward", level)


def test_an_unknown_task_is_missing_and_the_known_ones_are_listed(tmp_path: Path) -> None:
    with pytest.raises(MissingHint, match=r"no task 'relu'.*forward, backward, Net"):
        read(exercise(tmp_path), "relu", 1)


def test_without_a_task_one_of_several_must_be_chosen(tmp_path: Path) -> None:
    with pytest.raises(MissingHint, match=r"Which task.*exercise-07.*forward, backward, Net"):
        read(exercise(tmp_path), None, 1)


def test_an_only_task_need_not_be_named(tmp_path: Path) -> None:
    only = exercise(tmp_path, "## mean\n\n### 1. A question\n\nWhat is a mean?\n")
    assert read(only, None, 1) == "mean: 1. A question\n\nWhat is a mean?"
