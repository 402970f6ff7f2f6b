from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from grader import start
from grader.cli import main
from grader.judge import launch


@pytest.fixture(autouse=True)
def nothing_early() -> Iterator[None]:
    yield
    launch.end_early()


def test_every_command_is_known_to_be_no_exercise() -> None:
    visible = {name for name, command in main.commands.items() if not command.hidden}
    assert visible - {"verdict"} == start.COMMANDS


@pytest.mark.parametrize(
    ("arguments", "verdict"),
    [
        ([], False),
        (["--help"], False),
        (["list"], False),
        (["07"], True),
        (["backprop", "--format", "json"], True),
        (["07", "--help"], False),
        (["07", "--backend", "torch"], False),
        (["07", "--device", "cuda"], False),
    ],
)
def test_only_a_verdict_starts_anything_early(arguments: list[str], verdict: bool) -> None:
    assert start.asks_for_a_verdict(arguments) is verdict


def test_the_early_pool_is_taken_once() -> None:
    launch.start_early("numpy")
    with launch.take_pool() as early, launch.take_pool() as other:
        assert "numpy" in early._zygotes
        assert other._zygotes == {}


def test_an_early_pool_that_nobody_takes_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["grade", "7x"])
    with pytest.raises(SystemExit) as ended:
        start.main()
    assert ended.value.code == 2
    assert launch._early == []
