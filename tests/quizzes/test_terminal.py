"""A quiz in a terminal: confidence first, then what is right; everything is kept at once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from wcwidth import wcswidth

from quizzes.history import History
from quizzes.instance import draw
from quizzes.marking import key
from quizzes.terminal import WORDS, Terminal, wrapped


class Learner:
    """Types what it is told, and sees what is shown."""

    def __init__(self, *typed: str) -> None:
        self.typed: Iterator[str] = iter(typed)
        self.seen: list[str] = []

    def ask(self, prompt: str) -> str:
        self.seen.append(prompt)
        try:
            return next(self.typed)
        except StopIteration:
            raise EOFError from None

    @property
    def text(self) -> str:
        return "\n".join(self.seen)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "quiz.sqlite")


def put(learner: Learner, history: History, instance, language: str = "en", **options):
    terminal = Terminal(learner.ask, learner.seen.append, history, language, "run")
    return terminal.put(instance, **options)


def test_a_right_answer(attention, history: History) -> None:
    instance = draw(attention["attention-why-scale"], 3)
    learner = Learner(key(instance), "4")
    answer = put(learner, history, instance, heading="1 / 2")
    assert (answer.right, answer.confidence, answer.judged) == (True, 0.85, "machine")
    assert history.answers() == [answer]
    assert learner.seen[0] == "1 / 2"
    sure = next(i for i, line in enumerate(learner.seen) if line.startswith("How sure?"))
    assert learner.seen.index("Right.") > sure
    assert "Build it: grade exercise-35" in learner.text and "√(D)" in learner.text


def test_a_wrong_answer_is_explained_and_can_be_hidden(attention, history: History) -> None:
    instance = draw(attention["attention-why-scale"], 3)
    wrong = next(letter for letter in "abcd" if letter != key(instance))
    learner = Learner(wrong, "1")
    assert put(learner, history, instance).right is False
    assert "Not right." in learner.seen and f"  Answer: {key(instance)}" in learner.seen
    hidden = Learner(wrong, "1")
    put(hidden, history, instance, reveal=False)
    assert "Not right." not in hidden.seen and "Answer" not in hidden.text


def test_what_cannot_be_an_answer_is_asked_for_again(attention, history: History) -> None:
    learner = Learner("z", "b", "9", "2")
    answer = put(learner, history, draw(attention["attention-why-scale"], 0))
    assert (answer.answer, answer.confidence) == ("b", 0.55)
    assert "  letters from a to d, each at most once" in learner.seen
    korean = Learner("z", "b", "2")
    put(korean, history, draw(attention["attention-why-scale"], 0), "ko")
    assert "  a부터 d까지의 글자를 한 번씩만" in korean.seen


def test_a_learner_decides_about_words_and_both_are_kept(attention, history: History) -> None:
    instance = draw(attention["attention-what-it-does"], 0)
    said = "It compares queries with keys and averages."
    offered = put(Learner(said, "3", ""), history, instance)
    assert (offered.right, offered.judged, round(offered.marked, 2)) == (True, "learner", 0.67)
    ticked = put(Learner(said, "3", "1"), history, instance)
    assert (ticked.right, round(ticked.marked, 2)) == (False, 0.67)
    assert put(Learner(said, "3", "0"), history, instance).right is False
    learner = Learner(said, "3", "7", "1 2 3")
    assert put(learner, history, instance).right is True
    assert "  + 1. The query is compared with every key." in learner.seen


def test_a_card_is_turned_before_it_is_judged(attention, history: History) -> None:
    instance = draw(attention["attention-multi-head-why"], 0)
    learner = Learner("", "y")
    answer = put(learner, history, instance)
    assert (answer.right, answer.judged, answer.confidence) == (True, "learner", None)
    back = next(i for i, line in enumerate(learner.seen) if "One head gives" in line)
    assert back < learner.seen.index("Did you know it? y or n> ")


@pytest.mark.parametrize("typed", [(), ("a",), ("a", "nine")])
def test_leaving_in_the_middle_keeps_nothing_of_the_question(
    attention, history: History, typed: tuple[str, ...]
) -> None:
    with pytest.raises(EOFError):
        put(Learner(*typed), history, draw(attention["attention-why-scale"], 0))
    assert history.answers() == []


@pytest.mark.parametrize("language", ["en", "ko"])
def test_no_line_is_wider_than_a_terminal(attention, history: History, language: str) -> None:
    for question in attention.values():
        learner = Learner("a", "a", "abcde", "abc", "1", "1", "y", "y")
        with contextlib.suppress(EOFError):
            put(learner, history, draw(question, 0), language)
        assert max(wcswidth(line) for line in learner.seen) <= 80
        if language == "ko" and question.type != "code":
            assert not any("How sure" in line for line in learner.seen)


def test_both_languages_have_every_word() -> None:
    assert set(WORDS["en"]) == set(WORDS["ko"])


def test_korean_letters_take_two_columns() -> None:
    assert wrapped("가나다 라마바 ab", 10) == ["가나다", "라마바 ab"]
    assert wrapped("", 10) == []
