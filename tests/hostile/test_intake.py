"""Hostile files are refused at once, by the judge and by the command."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grader.judge.grade import Options, grade
from grader.judge.submission import Unreadable, parse, read

from .arena import MEMORY, Arena, peak, reset_peak
from .intake import INTAKE, Intake
from .submission import RIGHT

#: Processor seconds: far above what any of these takes, far below what an unbounded one would.
SECONDS = 10.0


@pytest.fixture
def folder(arena: Arena) -> Path:
    """Where the submission lies; it is also the current folder."""
    (arena.root / "markers").mkdir()
    folder = arena.root / "submitted"
    folder.mkdir()
    os.chdir(folder)
    return folder


def _seconds_to_refuse(path: Path) -> tuple[float, bool]:
    began = time.process_time()
    try:
        parse(read(path), path.name, "numpy")
    except Unreadable:
        return time.process_time() - began, True
    return time.process_time() - began, False


@pytest.mark.parametrize("intake", INTAKE, ids=str)
def test_a_hostile_file_is_refused_at_once_or_judged_on_its_source(
    intake: Intake, folder: Path, arena: Arena
) -> None:
    path = intake.make(folder)
    before = arena.snapshot()
    in_use = reset_peak()

    seconds, refused = _seconds_to_refuse(path)
    if seconds >= SECONDS:
        seconds, refused = _seconds_to_refuse(path)
    assert seconds < SECONDS
    outcome = "unreadable"
    try:
        source = read(path)
    except Unreadable:
        assert refused
    else:
        options = Options(cache=arena.cache, call_seconds=1.0, runner=arena.pool.start)
        result = grade(arena.exercise, source, options)
        outcome = "unreadable" if refused else result.status.value
        assert not refused or (result.status.value == "failed" and result.score == 0)

    assert outcome in intake.outcome
    assert peak() - in_use < MEMORY
    assert not list((arena.root / "markers").iterdir())
    assert arena.noticed(before) == []
    assert arena.grade(RIGHT).result.status.value == "passed"


@pytest.mark.parametrize("intake", [entry for entry in INTAKE if entry.command], ids=str)
def test_the_command_refuses_a_hostile_file_in_one_clear_line(
    intake: Intake, folder: Path, arena: Arena
) -> None:
    path = intake.make(folder)
    done = subprocess.run(
        [Path(sys.executable).with_name("grade"), "07", "--submission", path],
        env={"HOME": str(arena.root / "home"), "GRADSCHOOL_CACHE": str(arena.cache)},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode in (1, 2), done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    if done.returncode == 2:
        assert str(path) in done.stderr and done.stderr.count("\n") == 1
