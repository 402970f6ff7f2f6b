"""Every answer ever given, in one SQLite file: lines are added, and none is changed.

Schedules and statistics are derived from it, so that nothing is lost when they are computed in
another way. SQLite's own locking lets several processes write at once.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import platformdirs

SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    number INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    question TEXT NOT NULL,
    revision INTEGER NOT NULL,
    type TEXT NOT NULL,
    seed INTEGER NOT NULL,
    language TEXT NOT NULL,
    answer TEXT NOT NULL,
    marked REAL NOT NULL,
    judged TEXT NOT NULL,
    right INTEGER NOT NULL,
    confidence REAL,
    hints INTEGER NOT NULL,
    seconds REAL NOT NULL,
    quiz TEXT NOT NULL
)
"""
#: Seconds to wait for another process that writes.
PATIENCE = 30.0


@dataclass(frozen=True)
class Answer:
    """One answer.

    Attributes:
        at: when, in UTC.
        marked: the share from 0 to 1 that the machine found right.
        judged: who said whether it is right: "machine" or "learner".
        confidence: the probability from 0 to 1 that the learner gave beforehand; None if not asked.
        quiz: which run it belongs to.
    """

    at: datetime
    question: str
    revision: int
    type: str
    seed: int
    language: str
    answer: str
    marked: float
    judged: str
    right: bool
    confidence: float | None
    hints: int
    seconds: float
    quiz: str


class History:
    """The file of answers."""

    def __init__(self, path: Path | None = None) -> None:
        """Open it, in the user's data folder unless told; it is made when it is missing."""
        self.path = path or Path(platformdirs.user_data_dir("gradschool")) / "quiz.sqlite"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as connection:
            connection.execute(SCHEMA)

    def add(self, answer: Answer) -> None:
        """Write an answer down; when this returns, it is on the disk."""
        if answer.at.tzinfo is None:
            raise ValueError("the time of an answer needs a time zone")
        row = (answer.at.astimezone(UTC).isoformat(), *astuple(answer)[1:])
        names = ", ".join(field.name for field in fields(Answer))
        marks = ", ".join("?" * len(row))
        with self._open() as connection:
            connection.execute(f"INSERT INTO answers ({names}) VALUES ({marks})", row)

    def answers(self) -> list[Answer]:
        """All answers, in the order in which they were given."""
        names = ", ".join(field.name for field in fields(Answer))
        with self._open() as connection:
            rows = connection.execute(f"SELECT {names} FROM answers ORDER BY at, number").fetchall()
        return [_answer(row) for row in rows]

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.path, timeout=PATIENCE)
        try:
            with connection:
                yield connection
        finally:
            connection.close()


def _answer(row: tuple[Any, ...]) -> Answer:
    values = dict(zip((field.name for field in fields(Answer)), row, strict=True))
    values |= {"at": datetime.fromisoformat(values["at"]), "right": bool(values["right"])}
    return Answer(**values)
