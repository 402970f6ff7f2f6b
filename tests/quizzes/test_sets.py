"""What is asked next follows from what was answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from quizzes.bank import BANKS, load
from quizzes.history import Answer
from quizzes.sets import SETS, next_questions, of_topic

NOW = datetime(2026, 5, 1, tzinfo=UTC)
GIVEN = Answer(NOW, "", 1, "choice", 0, "en", "a", 1.0, "machine", True, 0.85, 0, 1.0, "run")


@pytest.fixture(scope="module")
def bank():
    return load(BANKS / "attention.yaml")


def names(questions) -> list[str]:
    return [question.id for question in questions]


def test_easy_questions_come_first_and_after_their_prerequisites(bank) -> None:
    found = next_questions([bank], [], NOW)
    assert len(found) == len(bank.questions)
    assert [q.difficulty for q in found] == sorted(q.difficulty for q in found)
    order = names(found)
    for question in found:
        assert all(order.index(p) < order.index(question.id) for p in question.prerequisites)


def test_what_is_due_comes_before_what_is_new(bank) -> None:
    wrong = replace(GIVEN, question="attention-why-scale", right=False)
    assert "attention-why-scale" not in names(next_questions([bank], [wrong], NOW, 20))
    later = NOW + timedelta(days=3)
    assert names(next_questions([bank], [wrong], later, 2))[0] == "attention-why-scale"


def test_the_size_is_kept(bank) -> None:
    assert len(next_questions([bank], [], NOW, 3)) == 3
    assert len(of_topic(bank, 0, 4)) == 4 and len(of_topic(bank, 0, 99)) == len(bank.questions)
    assert names(of_topic(bank, 1, 4)) == names(of_topic(bank, 1, 4))
    assert len({tuple(names(of_topic(bank, seed, 4))) for seed in range(20)}) > 5


def test_the_interviews_have_their_sizes_and_bars() -> None:
    sets = {named.name: named for named in SETS}
    assert len(sets["startup-deep-learning"].questions) == 10
    developer = sets["startup-developer"]
    assert (len(developer.questions), developer.bar, developer.strong) == (9, 5, 7)
