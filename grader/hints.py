"""Reads `hints.md`: sections by task, levels within them."""

from __future__ import annotations

import re

from grader.catalog import Exercise

SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
LEVEL = re.compile(r"^### (.+)$", re.MULTILINE)


class MissingHint(Exception):
    """No hint for this task or level; the message says which there are."""


def hints(exercise: Exercise) -> dict[str, list[tuple[str, str]]]:
    """Return task → its levels as (heading, text). A section may serve several tasks."""
    text = (exercise.public / "hints.md").read_text(encoding="utf-8")
    found: dict[str, list[tuple[str, str]]] = {}
    for names, body in _pairs(SECTION, text):
        levels = [(heading, content) for heading, content in _pairs(LEVEL, body)]
        for name in names.split(","):
            found[name.strip().strip("`")] = levels
    return found


def read(exercise: Exercise, task: str | None, level: int) -> str:
    """Return one hint as text.

    Raises:
        MissingHint: unknown task or level.
    """
    found = hints(exercise)
    tasks = list(found)
    if task is None and len(tasks) > 1:
        raise MissingHint(f"Which task? {exercise.id} has: {', '.join(tasks)}.")
    chosen = task or tasks[0]
    if chosen not in found:
        raise MissingHint(f"{exercise.id} has no task {chosen!r}. It has: {', '.join(tasks)}.")
    levels = found[chosen]
    if not 1 <= level <= len(levels):
        raise MissingHint(f"{chosen} has {len(levels)} hints; this is as far as they go.")
    heading, text = levels[level - 1]
    more = f"\n\nMore: grade hint {exercise.number:02d} {chosen} --level {level + 1}"
    return f"{chosen}: {heading}\n\n{text}{more if level < len(levels) else ''}"


def _pairs(pattern: re.Pattern[str], text: str) -> list[tuple[str, str]]:
    parts = pattern.split(text)[1:]
    return [(a.strip(), b.strip()) for a, b in zip(parts[::2], parts[1::2], strict=True)]
