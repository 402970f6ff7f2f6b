"""Two generated tasks for sequence to sequence: adding two numbers, and writing dates one way.

Zaremba and Sutskever (2014), "Learning to execute", section 4, add numbers character by character.
Nothing is stored: a seed makes the data again.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Pair = tuple[str, str]

START, PAD = "_", " "


def additions(generator: np.random.Generator, count: int) -> list[Pair]:
    """Different questions such as ("16+75", "91"); each number has one to three digits."""
    asked: dict[str, str] = {}
    while len(asked) < count:
        # First the number of digits, so that short numbers are not rare.
        left, right = (int(generator.integers(0, 10 ** generator.integers(1, 4))) for _ in range(2))
        asked[f"{left}+{right}"] = str(left + right)
    return list(asked.items())


def dates(generator: np.random.Generator, count: int) -> list[Pair]:
    """Different questions such as ("september 27, 1994", "1994-09-27").

    The years are 1970 to 2069, so that a year of two digits has one meaning.
    """
    first = datetime.date(1970, 1, 1).toordinal()
    last = datetime.date(2069, 12, 31).toordinal()
    asked: dict[str, str] = {}
    while len(asked) < count:
        day = datetime.date.fromordinal(int(generator.integers(first, last + 1)))
        written = WRITTEN[int(generator.integers(0, len(WRITTEN)))]
        asked[written(day)] = day.isoformat()
    return list(asked.items())


# Not from the locale: the data is the same everywhere.
MONTHS = [
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
]
WRITTEN: Sequence[Callable[[datetime.date], str]] = [
    lambda day: f"{MONTHS[day.month - 1]} {day.day}, {day.year}",
    lambda day: f"{MONTHS[day.month - 1][:3]} {day.day}, {day.year}",
    lambda day: f"{day.day} {MONTHS[day.month - 1]} {day.year}",
    lambda day: f"{day.month}/{day.day}/{day.year % 100:02}",
]
TASKS: Mapping[str, Callable[[np.random.Generator, int], list[Pair]]] = {
    "addition": additions,
    "dates": dates,
}


@dataclass(frozen=True)
class Task:
    """Questions and answers as ids of characters, the last tenth of them kept for testing.

    `questions` is (N, T), `answers` is (N, S + 1) and begins with the start character; both are
    filled up with blanks on the right.
    """

    characters: str
    questions: Array
    answers: Array

    @classmethod
    def drawn(cls, name: str, count: int, seed: int) -> Task:
        """Draw `count` different questions of the task called `name`."""
        pairs = TASKS[name](np.random.default_rng(seed), count)
        used = {character for pair in pairs for text in pair for character in text}
        characters = PAD + START + "".join(sorted(used - {PAD, START}))
        questions, answers = zip(*pairs, strict=True)
        return cls(
            characters,
            _ids(questions, characters),
            _ids([START + answer for answer in answers], characters),
        )

    @property
    def tested(self) -> int:
        """The first row that is not trained on."""
        return len(self.questions) * 9 // 10

    @property
    def start(self) -> int:
        """The id of the character that every answer begins with."""
        return self.characters.index(START)

    @property
    def length(self) -> int:
        """S, the number of characters to write."""
        return int(self.answers.shape[1]) - 1

    def text(self, ids: Sequence[int] | Array) -> str:
        """The characters of some ids, without blanks at the end."""
        return "".join(self.characters[i] for i in ids).rstrip()


def _ids(texts: Sequence[str], characters: str) -> Array:
    longest = max(map(len, texts))
    rows = [[characters.index(c) for c in text.ljust(longest, PAD)] for text in texts]
    return np.array(rows, dtype=np.int64)
