"""The command `quiz`: lists, questions, and clear words for what it cannot do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from quizzes import bank
from quizzes.bank import load
from quizzes.cli import main
from quizzes.history import History
from quizzes.instance import draw
from quizzes.marking import key
from quizzes.sets import of_topic


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for the user's answers."""
    monkeypatch.setattr("platformdirs.user_data_dir", lambda name: str(tmp_path / name))
    return tmp_path / "gradschool" / "quiz.sqlite"


def quiz(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(main, arguments, input=typed)


def test_topics_and_sets_are_listed() -> None:
    found = quiz("list").output
    assert "attention" in found and "startup-developer" in found
    rows = json.loads(quiz("list", "--format", "json", "--lang", "ko").output)
    assert {"topic", "title", "questions"} == set(rows[0])
    assert any(row["title"] == "어텐션" for row in rows)


def test_questions_are_listed_for_programs() -> None:
    rows = json.loads(quiz("list", "--questions", "--format", "json").output)
    by_id = {row["id"]: row for row in rows}
    assert by_id["attention-why-scale"] == {
        "id": "attention-why-scale",
        "type": "choice",
        "topic": "attention",
        "languages": ["en", "ko"],
        "proves": ["exercise-35"],
    }
    assert "attention-why-scale  (choice)" in quiz("list", "--questions").output


@pytest.mark.parametrize("seed", [5, 7, 11])
def test_a_topic_is_taken_and_kept(data: Path, seed: int) -> None:
    (question,) = of_topic(load(bank.BANKS / "attention.yaml"), seed, 1)
    typed = f"{key(draw(question, seed))}\n4\n\ny\n"
    result = quiz("take", "attention", "--seed", str(seed), "--size", "1", typed=typed)
    (answer,) = History(data).answers()
    assert (answer.question, answer.seed, answer.right) == (question.id, seed, True)
    assert answer.quiz.startswith("attention:")
    assert result.exit_code == 0 and result.output.endswith("1 of 1 right.\n")


def test_leaving_early_keeps_what_was_answered(data: Path) -> None:
    result = quiz("--size", "3", typed="a\n1\n")
    assert "Stopped; the answers so far are kept." in result.output
    assert len(History(data).answers()) <= 1
    assert result.exit_code == 0


def test_what_is_not_there_is_said_in_a_line() -> None:
    result = quiz("take", "alchemy")
    assert result.exit_code == 2
    assert "There is no topic or set 'alchemy'. There are: " in result.output


def test_a_bank_that_cannot_be_read_is_said_in_a_line(
    write, choice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(choice.replace("difficulty: 1", "difficulty: 7"))
    monkeypatch.setattr(bank, "BANKS", path.parent)
    monkeypatch.setattr(bank.load_all, "__defaults__", (path.parent,))
    result = quiz("list")
    assert result.exit_code == 1
    assert "small.yaml:6: difficulty: Input should be 1, 2 or 3" in result.output
    assert "Traceback" not in result.output


def test_check_ends_with_1_when_it_finds_something(write, choice: str) -> None:
    fine = quiz("check", str(write()))
    assert (fine.exit_code, fine.output) == (0, "1 banks, 0 complaints\n")
    found = quiz("check", str(write(choice.replace("en: A letter", "en: A number"))))
    assert found.exit_code == 1
    assert "a-choice: two options are the same" in found.output
