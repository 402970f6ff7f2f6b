"""The banks of the course: nothing to complain about, every exercise asked about, sets complete."""

from __future__ import annotations

import pytest

from quizzes.bank import BANKS, load_all
from quizzes.lint import SEEDS, check, covered
from quizzes.question import TYPES
from quizzes.sets import SETS

PATHS = sorted(BANKS.glob("*.yaml"))


@pytest.fixture(scope="module")
def everything() -> dict[str, str]:
    """The type of every question, by id."""
    return {question.id: question.type for bank in load_all() for question in bank.questions}


def test_no_bank_has_a_defect() -> None:
    assert check(PATHS, seeds=40) == []


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_numeric_questions_hold_for_many_seeds(path) -> None:
    found = check([path], seeds=SEEDS)
    # Prerequisites may be in other banks, which are not read here.
    assert [line for line in found if "the prerequisite" not in line] == []


def test_every_exercise_is_asked_about() -> None:
    assert covered(load_all()) == []


def test_there_are_three_hundred_questions_of_every_type(everything: dict[str, str]) -> None:
    assert len(everything) >= 300
    assert set(everything.values()) == set(TYPES)


@pytest.mark.parametrize("named", SETS, ids=lambda named: named.name)
def test_sets_are_complete_and_asked_in_words(named, everything: dict[str, str]) -> None:
    assert {everything[name] for name in named.questions} == {"short"}
    assert len(set(named.questions)) == len(named.questions)
