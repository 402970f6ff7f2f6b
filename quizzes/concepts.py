"""Looks for the concepts of a short answer: suggestions, never a verdict.

Keyword recall does as well as sentence embeddings on answers to unseen questions, and embeddings
score a statement and its contradiction alike; so patterns are written by hand, tried on examples,
and the learner has the last word (Butcher and Jordan 2010 on author-written patterns).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rapidfuzz.fuzz import ratio

from quizzes.question import Patterns, Short

MOST_WORDS = 60
#: Words of this length may be misspelt a little.
LONG, ALIKE = 5, 85


@dataclass(frozen=True)
class Found:
    """The numbers, from 1, of the concepts and traps that an answer seems to hold."""

    concepts: tuple[int, ...]
    traps: tuple[int, ...]


def look(question: Short, answer: str, language: str) -> Found:
    """Look for every concept and every trap of a question in an answer."""
    return Found(
        tuple(
            number
            for number, concept in enumerate(question.concepts, start=1)
            if holds(concept.any, answer, language)
        ),
        tuple(
            number
            for number, trap in enumerate(question.traps, start=1)
            if holds(trap.any, answer, language)
        ),
    )


def share(question: Short, numbers: Collection[int]) -> float:
    """How much of a good answer these concepts are, by weight, from 0 to 1."""
    weights = [concept.weight for concept in question.concepts]
    return sum(weights[number - 1] for number in numbers) / sum(weights)


def holds(patterns: Patterns, answer: str, language: str) -> bool:
    """Whether one of the patterns is in an answer.

    A pattern is a phrase. In English its words have to follow each other; `gradient*` stands for
    every word that begins so. In Korean, where particles are attached, it is looked for between the
    letters, whatever the spaces. `a & b` wants both, anywhere.
    """
    alternatives: Sequence[str] = getattr(patterns, language)
    inside = _inside_korean if language == "ko" else _inside_english
    return any(all(inside(part, answer) for part in pattern.split("&")) for pattern in alternatives)


def words(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation."""
    return re.findall(r"[^\W_]+(?:'[a-z]+)?\*?", _normal(text))


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _inside_korean(phrase: str, answer: str) -> bool:
    wanted, given = (re.sub(r"[\s\W]+", "", _normal(text)) for text in (phrase, answer))
    return wanted in given


def _inside_english(phrase: str, answer: str) -> bool:
    wanted, given = words(phrase), words(answer)
    return any(
        all(_alike(pattern, word) for pattern, word in zip(wanted, given[start:], strict=False))
        for start in range(len(given) - len(wanted) + 1)
    )


def _alike(pattern: str, word: str) -> bool:
    if pattern.endswith("*"):
        return word.startswith(pattern[:-1])
    if pattern == word:
        return True
    return min(len(pattern), len(word)) >= LONG and ratio(pattern, word) >= ALIKE
