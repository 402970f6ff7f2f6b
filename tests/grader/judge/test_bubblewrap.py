from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grader.catalog import Catalog
from grader.judge import bubblewrap
from grader.judge.grade import Options, grade
from grader.judge.launch import RunnerPool
from grader.result import Status

SOURCE = b"""
import os

def listed(path):
    try:
        return sorted(os.listdir(path))
    except OSError as error:
        return type(error).__name__

def processes():
    return os.getpid()
"""
works = pytest.mark.skipif(
    bubblewrap.available() is None, reason="bwrap is not installed, or not allowed, here"
)


def call(name: str, *args: object) -> dict[str, object]:
    return {
        "op": "call",
        "target": name,
        "method": None,
        "args": args,
        "kwargs": {},
        "keep_last": False,
    }


@works
def test_it_stands_around_every_runner_where_it_works() -> None:
    with RunnerPool() as pool, pool.start("numpy", "cpu", 5.0) as runner:
        runner.ask({"op": "load", "source": SOURCE, "module": "m"})
        assert bubblewrap.LAYER in runner.layers
        assert runner.ask(call("processes"))["value"] < 1000


def test_it_can_be_left_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(bubblewrap.SWITCH, "1")
    assert bubblewrap.prefix("/tmp") == []
    with RunnerPool() as pool, pool.start("numpy", "cpu", 5.0) as runner:
        runner.wait_ready()
        assert bubblewrap.LAYER not in runner.layers


def test_where_there_is_none_nothing_is_put_in_front(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap, "available", lambda: None)
    assert bubblewrap.prefix("/tmp") == []


@works
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="namespaces are Linux's")
def test_outside_files_are_not_even_there(tmp_path: Path) -> None:
    """Seen by a process behind the wall that is not otherwise confined."""
    secret, scratch = tmp_path / "secret", tmp_path / "scratch"
    secret.write_text("x")
    scratch.mkdir()
    code = f"import os; print(os.path.exists({str(secret)!r}), os.listdir({str(scratch)!r}))"

    def said(*wall: str) -> str:
        command = [*wall, sys.executable, "-I", "-c", code]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert said(*bubblewrap.prefix(str(scratch))) == "False []\n"
    assert said() == "True []\n"


@works
def test_verdicts_are_the_same_with_and_without(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exercise = Catalog().find("07")
    source = (exercise.private / "solution.py").read_bytes()
    for switch in ("", "1"):
        monkeypatch.setenv(bubblewrap.SWITCH, switch)
        result = grade(exercise, source, Options(cache=cache))
        assert result.status is Status.PASSED
        assert (bubblewrap.LAYER in result.isolation["layers"]) is not bool(switch)
    assert os.environ[bubblewrap.SWITCH] == "1"


def descendants(pid: int) -> set[int]:
    found = set()
    for task in Path(f"/proc/{pid}/task").glob("*"):
        try:
            children = {int(child) for child in (task / "children").read_text().split()}
        except OSError:
            continue
        found |= children.union(*map(descendants, children))
    return found


def running(pid: int) -> bool:
    """Whether it still runs; a zombie waits only for its new parent to look."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@works
def test_nothing_of_it_is_left_when_the_pool_closes() -> None:
    before = descendants(os.getpid())
    with RunnerPool() as pool, pool.start("numpy", "cpu", 5.0) as runner:
        runner.wait_ready()
        inside = descendants(os.getpid()) - before
        assert len(inside) >= 3
    deadline = time.monotonic() + 30
    while any(map(running, inside)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not [pid for pid in inside if running(pid)]
