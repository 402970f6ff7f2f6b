"""Marks an answer, and says what was wrong with it.

Short answers and cards are not marked: what was found in them is offered, and the learner decides.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from quizzes.concepts import look, share
from quizzes.instance import LETTERS, Instance
from quizzes.numbers import NotANumber, close, read
from quizzes.output import printed
from quizzes.question import Choice, Code, Flash, Match, Multi, Numeric, Order, Short, Text


class NotAnAnswer(ValueError):
    """What was typed cannot be an answer to this question; `said` tells what can."""

    def __init__(self, en: str, ko: str) -> None:
        self.said = Text(en=en, ko=ko)
        super().__init__(en)


@dataclass(frozen=True)
class Mark:
    """What an answer is worth.

    Attributes:
        right: whether it is right; None where the learner has to say so.
        share: from 0 to 1, how much of it is right.
        told: what is to be said about it, besides the explanation.
        found: the concepts of a short answer that seem to be there, by number from 1.
    """

    right: bool | None
    share: float
    told: tuple[Text, ...] = ()
    found: tuple[int, ...] = ()


def mark(instance: Instance, answer: str, language: str = "en") -> Mark:
    """Mark what a learner typed.

    Raises:
        NotAnAnswer: letters that are not there, a number that cannot be read, nothing at all.
    """
    question = instance.question
    if isinstance(question, Choice | Multi):
        return _chosen(instance, _letters(answer, instance, several=isinstance(question, Multi)))
    if isinstance(question, Order | Match):
        return _arranged(instance, _letters(answer, instance, several=True))
    if isinstance(question, Numeric):
        return _number(instance, answer)
    if isinstance(question, Code):
        right = _bare(answer) == _bare(printed(question.code))
        return Mark(right, float(right))
    if not answer.strip():
        raise NotAnAnswer("there is nothing to look at yet", "아직 아무것도 쓰지 않았다")
    if isinstance(question, Short):
        found = look(question, answer, language)
        heard = tuple(question.traps[number - 1].shown for number in found.traps)
        return Mark(None, share(question, found.concepts), heard, found.concepts)
    assert isinstance(question, Flash)
    return Mark(None, 0.0)


def key(instance: Instance) -> str:
    """The right answer as it would be typed."""
    question = instance.question
    if isinstance(question, Choice | Multi):
        right = (question.options[number].correct for number in instance.order)
        return "".join(letter for letter, is_right in zip(LETTERS, right, strict=False) if is_right)
    if isinstance(question, Order | Match):
        places = {number: place for place, number in enumerate(instance.order)}
        return "".join(LETTERS[places[number]] for number in range(len(places)))
    if isinstance(question, Numeric):
        assert instance.drawn is not None
        return repr(instance.drawn.truth)
    if isinstance(question, Code):
        return printed(question.code).strip()
    return question.model.en if isinstance(question, Short) else ""


def _letters(answer: str, instance: Instance, several: bool) -> list[int]:
    """The numbers of the entries that letters stand for."""
    there = LETTERS[: len(instance.order)]
    typed = re.sub(r"[\s,;.)(>-]+", "", answer.lower())
    if not typed or set(typed) - set(there) or len(set(typed)) != len(typed):
        raise NotAnAnswer(
            f"letters from {there[0]} to {there[-1]}, each at most once",
            f"{there[0]}부터 {there[-1]}까지의 글자를 한 번씩만",
        )
    if not several and len(typed) > 1:
        raise NotAnAnswer(
            f"one letter from {there[0]} to {there[-1]}",
            f"{there[0]}부터 {there[-1]}까지의 글자 하나",
        )
    if isinstance(instance.question, Order | Match) and len(typed) < len(there):
        raise NotAnAnswer(
            f"all {len(there)} letters, from {there[0]} to {there[-1]}",
            f"{there[0]}부터 {there[-1]}까지 글자 {len(there)}개 모두",
        )
    return [instance.order[there.index(letter)] for letter in typed]


def _chosen(instance: Instance, numbers: Sequence[int]) -> Mark:
    assert isinstance(instance.question, Choice | Multi)
    options = instance.question.options
    hits = sum((number in numbers) == option.correct for number, option in enumerate(options))
    right = hits == len(options)
    told = [options[number].why for number in numbers if not options[number].correct]
    part = hits / len(options) if isinstance(instance.question, Multi) else float(right)
    return Mark(right, part, tuple(why for why in told if why is not None))


def _arranged(instance: Instance, numbers: Sequence[int]) -> Mark:
    """For an order, the share of neighbours in the right order; for pairs, of right pairs."""
    if isinstance(instance.question, Match):
        hits = [number == place for place, number in enumerate(numbers)]
    else:
        hits = [first < second for first, second in itertools.pairwise(numbers)]
    right = list(numbers) == sorted(numbers)
    return Mark(right, sum(hits) / len(hits))


def _number(instance: Instance, answer: str) -> Mark:
    question, drawn = instance.question, instance.drawn
    assert isinstance(question, Numeric) and drawn is not None
    try:
        given = read(answer)
    except NotANumber as error:
        raise NotAnAnswer(str(error), f"{answer.strip()[:40]!r}: 숫자가 아니다") from None
    if close(given, drawn.truth, question.tolerance):
        return Mark(True, 1.0)
    made = (
        name for name, wrong in drawn.mistakes.items() if close(given, wrong, question.tolerance)
    )
    return Mark(False, 0.0, tuple(question.mistakes[name] for name in made))


def _bare(text: str) -> str:
    """What was printed, whatever the spaces and quotes around and between."""
    return re.sub(r"\s+", "", text.strip().strip("'\""))
