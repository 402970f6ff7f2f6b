"""What the answers say about a learner: by topic, and about how well they know what they know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from quizzes.history import Answer
from quizzes.question import Bank
from quizzes.schedule import cards, recall

#: Below so many answers with a confidence, shares say nothing: only counts are shown.
FEW = 30
CERTAIN = 0.85


@dataclass(frozen=True)
class Topic:
    """One topic: how much of it was asked, and the mean probability of knowing it on a day."""

    name: str
    questions: int
    asked: int
    known: float


@dataclass(frozen=True)
class Level:
    """All answers given with one confidence."""

    confidence: float
    answers: int
    right: int


def topics(banks: Sequence[Bank], answers: Sequence[Answer], day: datetime) -> list[Topic]:
    """Every topic; a question counts as known with its probability of recall, wrong ones as 0."""
    found = []
    last = {answer.question: answer.right for answer in answers}
    for bank in banks:
        states = cards(answers, {q.id: q.revision for q in bank.questions})
        known = [recall(card, day) if last[name] else 0.0 for name, card in states.items()]
        share = sum(known) / len(bank.questions)
        found.append(Topic(bank.topic, len(bank.questions), len(states), share))
    return found


def levels(answers: Sequence[Answer]) -> list[Level]:
    """How often each confidence was right, the lowest first."""
    by: dict[float, list[bool]] = {}
    for answer in answers:
        if answer.confidence is not None:
            by.setdefault(answer.confidence, []).append(answer.right)
    return [Level(sure, len(right), sum(right)) for sure, right in sorted(by.items())]


def brier(answers: Sequence[Answer]) -> float | None:
    """The mean squared distance of confidence from what happened (Brier 1950), if any was given."""
    said = [(a.confidence, a.right) for a in answers if a.confidence is not None]
    return sum((sure - right) ** 2 for sure, right in said) / len(said) if said else None


def sure_and_wrong(answers: Sequence[Answer]) -> list[str]:
    """Questions whose last answer was wrong and certain: what is worth most to look at again."""
    last: Mapping[str, Answer] = {answer.question: answer for answer in answers}
    return [
        name
        for name, answer in last.items()
        if not answer.right and answer.confidence is not None and answer.confidence >= CERTAIN
    ]
