"""Which questions make up a quiz: what is due, a topic, or a named set."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from quizzes.history import Answer
from quizzes.question import AnyQuestion, Bank, Text
from quizzes.schedule import cards, due

#: Questions in a quiz unless told.
SIZE = 10


@dataclass(frozen=True)
class NamedSet:
    """A list of questions that belongs together, such as an interview.

    Attributes:
        bar: right answers that pass; 0 if nothing is passed here.
        strong: right answers that deserve a second mark; 0 for none.
    """

    name: str
    title: Text
    questions: tuple[str, ...]
    bar: int = 0
    strong: int = 0


SETS = (
    NamedSet(
        "startup-deep-learning",
        Text(en="Startup screen: deep learning", ko="스타트업 면접: 딥러닝"),
        (
            *("gradient-descent-idea", "sigmoid-drawback", "validation-and-test"),
            *("autoencoder-idea", "dropout-effect", "cnn-advantage", "word2vec-principle"),
            *("adam-how", "batch-norm-how", "cyclegan-idea"),
        ),
    ),
    NamedSet(
        "startup-developer",
        Text(en="Startup screen: model developer", ko="스타트업 면접: 모델 개발자"),
        (
            *("gradient-descent-idea", "loss-surface", "attention-what-it-does"),
            *("transformer-idea", "collaborative-filtering-idea", "few-shot-idea"),
            *("federated-learning-idea", "svd-idea", "central-limit-theorem"),
        ),
        bar=5,
        strong=7,
    ),
)


def next_questions(
    banks: Sequence[Bank], answers: Sequence[Answer], now: datetime, size: int = SIZE
) -> list[AnyQuestion]:
    """What is due, the longest overdue first, then questions never asked, the easier ones first.

    A new question comes after its prerequisites, whatever its difficulty.
    """
    every = {question.id: question for bank in banks for question in bank.questions}
    states = cards(answers, {name: question.revision for name, question in every.items()})
    chosen = [every[name] for name in due(states, now)][:size]
    new = [question for name, question in every.items() if name not in states]
    known = set(states)
    for question in sorted(new, key=lambda question: question.difficulty):
        if len(chosen) >= size:
            break
        if known.issuperset(question.prerequisites):
            chosen.append(question)
            known.add(question.id)
    return chosen


def of_topic(bank: Bank, seed: int, size: int = SIZE) -> list[AnyQuestion]:
    """Some questions of a topic, drawn with a seed, the easier ones first."""
    drawn = random.Random(f"{bank.topic}:{seed}").sample(
        bank.questions, min(size, len(bank.questions))
    )
    return sorted(drawn, key=lambda question: question.difficulty)
