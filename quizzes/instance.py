"""A question as it is asked: with its numbers drawn and its options in an order of their own.

Every question of a seed has a seed of its own, made from its id, so that the right letter is not
the same all through a quiz, and an instructor can make the same instance again.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from quizzes.generators import Drawn, registered
from quizzes.numbers import written
from quizzes.question import PLACEHOLDER, AnyQuestion, Choice, Match, Multi, Numeric, Order, Text

LETTERS = "abcdefg"


@dataclass(frozen=True)
class Instance:
    """One question with one seed.

    Attributes:
        order: which option, item or right side of a pair stands at each place, by its number.
        drawn: the numbers of a numeric question.
    """

    question: AnyQuestion
    seed: int
    order: tuple[int, ...]
    drawn: Drawn | None

    def prompt(self, language: str) -> str:
        """What is asked."""
        return self._filled(self.question.prompt[language])

    def explanation(self, language: str) -> str:
        """What is said afterwards."""
        return self._filled(self.question.explain[language])

    def entries(self, language: str) -> list[str]:
        """What is to be chosen from, put into order, or matched, as it stands on the screen."""
        return [_entries(self.question)[number][language] for number in self.order]

    def _filled(self, text: str) -> str:
        if self.drawn is None:
            return text
        values = {**self.drawn.params, "answer": self.drawn.truth}
        return PLACEHOLDER.sub(lambda match: written(values[match[1]]), text)


def draw(question: AnyQuestion, seed: int) -> Instance:
    """Make the instance of a question that belongs to a seed; always the same."""
    own = f"{question.id}:{seed}"
    drawn = None
    if isinstance(question, Numeric):
        drawn = registered()[question.generator].variant(own)
    order = list(range(len(_entries(question))))
    shuffle = random.Random(f"{own}:order")
    shuffle.shuffle(order)
    # Items that already stand in the right order would give themselves away.
    while isinstance(question, Order) and order == sorted(order):
        shuffle.shuffle(order)
    return Instance(question, seed, tuple(order), drawn)


def _entries(question: AnyQuestion) -> tuple[Text, ...]:
    if isinstance(question, Choice | Multi):
        return tuple(option.text for option in question.options)
    if isinstance(question, Order):
        return question.items
    if isinstance(question, Match):
        return tuple(pair.right for pair in question.pairs)
    return ()
