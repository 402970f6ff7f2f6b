"""When to ask a question again: FSRS over the whole history, with its default parameters.

Untrained FSRS predicts recall better than SM-2, and right or wrong is nearly all it needs (Ye et
al. 2022; the benchmark of the FSRS authors). A numeric question is scheduled as a whole: its
numbers are drawn anew each time, since what is to be remembered is the method.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache

from fsrs import Card, Rating, Scheduler

from quizzes.history import Answer

#: Below this confidence, a right answer was hard.
SURE = 0.6


@cache
def _scheduler() -> Scheduler:
    # Learning steps of minutes are for sessions of one deck; here the next session is a day away.
    return Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)


def rating(answer: Answer) -> Rating:
    """Wrong: again; right with a hint or unsure: hard; else good."""
    if not answer.right:
        return Rating.Again
    unsure = answer.confidence is not None and answer.confidence < SURE
    return Rating.Hard if unsure or answer.hints else Rating.Good


def cards(answers: Iterable[Answer], revisions: Mapping[str, int]) -> dict[str, Card]:
    """The state of every question of the bank that was answered, from the history alone.

    Args:
        answers: in the order in which they were given.
        revisions: the bank's questions; answers to another revision do not count.
    """
    found: dict[str, Card] = {}
    for number, answer in enumerate(answers):
        if revisions.get(answer.question) == answer.revision:
            card = found.get(answer.question) or Card(card_id=number + 1, due=answer.at)
            found[answer.question], _ = _scheduler().review_card(card, rating(answer), answer.at)
    return found


def due(states: Mapping[str, Card], now: datetime) -> list[str]:
    """The questions to be asked again by now, the longest overdue first."""
    waiting = [(card.due, name) for name, card in states.items() if card.due <= now]
    return [name for _, name in sorted(waiting)]


def recall(card: Card, day: datetime) -> float:
    """The probability of knowing a question on a day."""
    found: float = _scheduler().get_card_retrievability(card, day.astimezone(UTC))
    return found
