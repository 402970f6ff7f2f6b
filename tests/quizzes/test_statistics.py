"""Mastery fades, confidence is held against what happened, and sure mistakes stand out."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from quizzes.bank import BANKS, load
from quizzes.cli import main
from quizzes.history import Answer, History
from quizzes.statistics import brier, levels, sure_and_wrong, topics

NOW = datetime(2026, 3, 1, tzinfo=UTC)
GIVEN = Answer(
    NOW, "attention-why-scale", 1, "choice", 0, "en", "a", 1.0, "machine", True, 0.85, 0, 9.0, "x"
)
WRONG = replace(GIVEN, question="attention-masks-true", right=False, confidence=0.97)


def test_what_was_right_counts_until_it_fades() -> None:
    bank = load(BANKS / "attention.yaml")
    (soon,) = topics([bank], [GIVEN, WRONG], NOW + timedelta(minutes=1))
    (late,) = topics([bank], [GIVEN, WRONG], NOW + timedelta(days=90))
    assert (soon.name, soon.questions, soon.asked) == ("attention", len(bank.questions), 2)
    assert 0 < late.known < soon.known <= 1 / len(bank.questions)
    (none,) = topics([bank], [], NOW)
    assert (none.asked, none.known) == (0, 0.0)


def test_confidence_is_counted_by_level() -> None:
    unasked = replace(GIVEN, confidence=None)
    found = levels([GIVEN, replace(GIVEN, right=False), WRONG, unasked])
    assert [(level.confidence, level.right, level.answers) for level in found] == [
        (0.85, 1, 2),
        (0.97, 0, 1),
    ]
    assert brier([GIVEN, WRONG]) == pytest.approx((0.15**2 + 0.97**2) / 2)
    assert brier([unasked]) is None


def test_the_last_answer_decides_what_is_sure_and_wrong() -> None:
    assert sure_and_wrong([GIVEN, WRONG]) == ["attention-masks-true"]
    assert sure_and_wrong([WRONG, replace(WRONG, right=True)]) == []
    assert sure_and_wrong([replace(WRONG, confidence=0.55)]) == []


def test_the_command_shows_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platformdirs.user_data_dir", lambda name: str(tmp_path / name))
    empty = CliRunner().invoke(main, ["stats"]).output
    assert "attention" in empty and "Brier" not in empty and "Sure and wrong" not in empty
    history = History()
    for answer in [GIVEN, WRONG] * 16:
        history.add(answer)
    found = CliRunner().invoke(main, ["stats"]).output
    assert "       97%              0 of 16" in found and "Brier score: 0.48" in found
    assert "Sure and wrong: attention-masks-true" in found
    rows = json.loads(CliRunner().invoke(main, ["stats", "--format", "json"]).output)
    assert rows["sure_and_wrong"] == ["attention-masks-true"]
    assert {row["name"] for row in rows["topics"]} >= {"attention"}
