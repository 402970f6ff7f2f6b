"""An interview reveals nothing, can be left and gone on with, and is told with its interval."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from quizzes import sets
from quizzes.cli import main
from quizzes.history import Answer, History
from quizzes.interview import outcome, report, unfinished, verdict
from quizzes.question import Text
from quizzes.sets import NamedSet

NOW = datetime(2026, 3, 1, tzinfo=UTC)
GIVEN = Answer(NOW, "a", 1, "choice", 0, "en", "a", 1.0, "machine", True, 0.85, 0, 30.0, "x")
SMALL = NamedSet(
    "small",
    Text(en="A small one", ko="작은 것"),
    ("attention-why-scale", "attention-masks-true", "attention-what-it-does"),
    bar=2,
    strong=3,
)


def answers(right: int, total: int) -> list[Answer]:
    return [
        replace(GIVEN, question=f"q{number}", right=number < right, at=NOW + timedelta(number))
        for number in range(total)
    ]


@pytest.mark.parametrize(
    ("right", "said"),
    [(4, "not passed"), (5, "passed"), (6, "passed"), (7, "strong"), (9, "strong")],
)
def test_five_of_nine_pass_and_seven_are_strong(right: int, said: str) -> None:
    developer = next(named for named in sets.SETS if named.name == "startup-developer")
    assert verdict(developer, outcome(answers(right, 9))) == said
    assert verdict(sets.SETS[0], outcome(answers(right, 9))) == ""


def test_five_of_nine_say_little() -> None:
    found = outcome(answers(5, 9))
    assert (round(found.low, 2), round(found.high, 2)) == (0.30, 0.78)
    assert found.brier == pytest.approx((5 * 0.15**2 + 4 * 0.85**2) / 9)
    assert found.minutes == 4.5
    text = "\n".join(report(sets.SETS[1], found, answers(5, 9)))
    assert "5 of 9 right; the bar is 5: **passed**." in text and "30% and 78%" in text
    assert "| q8 | no | 85% | machine |" in text


def test_only_the_last_interview_of_the_set_can_be_gone_on_with() -> None:
    first = replace(GIVEN, question=SMALL.questions[0], quiz="interview:small:1")
    assert unfinished(SMALL, [first]) == ("interview:small:1", [first])
    rest = [replace(first, question=name) for name in SMALL.questions[1:]]
    assert unfinished(SMALL, [first, *rest]) is None
    assert unfinished(SMALL, []) is None
    other = replace(first, quiz="interview:smaller:1")
    assert unfinished(SMALL, [other]) is None


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("platformdirs.user_data_dir", lambda name: str(tmp_path / name))
    monkeypatch.setattr(sets, "SETS", (SMALL,))
    return tmp_path


def interview(*options: str, typed: str) -> Result:
    return CliRunner().invoke(main, ["interview", "small", *options], input=typed)


def test_it_is_left_and_gone_on_with(data: Path) -> None:
    left = interview(typed="a\n2\nab\n")
    assert "Stopped. The same command goes on from here." in left.output
    assert "Right" not in left.output and "Not right" not in left.output
    path = data / "gradschool" / "quiz.sqlite"
    assert [answer.question for answer in History(path).answers()] == ["attention-why-scale"]

    target = data / "report.md"
    ended = interview("--report", str(target), typed="ab\n3\nsoftmax weights\n1\n1 2 3\n")
    assert "Going on after 1 of 3 questions." in ended.output
    assert "1 / 3\n" not in ended.output and "The bar is 2: " in ended.output
    assert "(90 % interval)" in ended.output
    assert target.read_text().startswith("# A small one\n")
    assert len(History(path).answers()) == 3

    again = interview(typed="a\n2\n")
    assert "Going on" not in again.output
    assert "1 / 3" in interview("--new", typed="").output


def test_an_unknown_set_is_said_in_a_line(data: Path) -> None:
    result = CliRunner().invoke(main, ["interview", "nobody"])
    assert result.exit_code == 2 and "There are: small." in result.output
