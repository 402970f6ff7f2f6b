"""Answers are kept, by several processes at once, and schedules follow from them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from quizzes.history import Answer, History
from quizzes.schedule import cards, due, recall

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
RIGHT = Answer(NOON, "q", 1, "choice", 0, "en", "a", 1.0, "machine", True, 0.85, 0, 2.5, "run")
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from quizzes.history import Answer, History
history = History(Path(sys.argv[1]))
for number in range(40):
    history.add(Answer(datetime.now(UTC), sys.argv[2], 1, "choice", number, "ko", "a", 1.0,
                       "machine", True, None, 0, 1.0, "run"))
"""


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "deep" / "quiz.sqlite")


def test_answers_come_back_as_they_were(history: History) -> None:
    later = replace(RIGHT, at=NOON + timedelta(hours=1), confidence=None, answer="서울")
    history.add(later)
    history.add(RIGHT)
    assert history.answers() == [RIGHT, later]
    assert History(history.path).answers() == [RIGHT, later]


def test_a_time_without_a_zone_is_refused(history: History) -> None:
    with pytest.raises(ValueError, match="time zone"):
        history.add(replace(RIGHT, at=datetime(2026, 1, 1)))
    assert history.answers() == []


def test_two_processes_at_once_lose_nothing(history: History) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(history.path), name]) for name in "xy"
    ]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0]
    found = history.answers()
    assert sorted((a.question, a.seed) for a in found) == [(n, i) for n in "xy" for i in range(40)]


def test_the_schedule_follows_from_the_history() -> None:
    wrong = replace(RIGHT, question="w", right=False)
    unsure = replace(RIGHT, question="u", confidence=0.55)
    states = cards([RIGHT, wrong, unsure], {"q": 1, "w": 1, "u": 1})
    assert states["w"].due <= states["u"].due < states["q"].due
    assert due(states, NOON) == []
    assert due(states, NOON + timedelta(days=400)) == sorted(
        states, key=lambda name: (states[name].due, name)
    )
    soon, late = (recall(states["q"], NOON + timedelta(days=days)) for days in (1, 60))
    assert 0 < late < soon <= 1


def test_right_again_and_again_makes_the_interval_longer() -> None:
    answers, at, waits = [], NOON, []
    for _ in range(4):
        answers.append(replace(RIGHT, at=at))
        card = cards(answers, {"q": 1})["q"]
        waits.append(card.due - at)
        at = card.due
    assert waits == sorted(waits) and waits[-1] > 5 * waits[0]


def test_answers_to_another_revision_or_question_do_not_count() -> None:
    assert cards([RIGHT, replace(RIGHT, question="gone")], {"q": 2}) == {}
