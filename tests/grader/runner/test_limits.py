"""The limits are real: a process that applies them can no longer do what they forbid."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from grader.runner import limits

resource = pytest.importorskip("resource")

#: Applies the limits (or not), then tries everything and says what it could do.
ATTEMPTS = """
import json, mmap, os, resource, sys

mode, scratch = sys.argv[1:3]
applied = []
if mode != "none":
    from grader.runner import limits
    applied = limits.apply(60, memory=mode == "all")


def can(attempt):
    try:
        attempt()
    except (OSError, MemoryError) as error:
        return type(error).__name__
    return "yes"


def write(size):
    path = os.path.join(scratch, str(size))
    with open(path, "wb") as file:
        file.truncate(size)
    os.unlink(path)


def open_many():
    files = []
    try:
        for _ in range(100):
            files.append(open(os.devnull))
    finally:
        for file in files:
            file.close()


print(json.dumps({
    "applied": applied,
    "small memory": can(lambda: bytearray(64 << 20)),
    "huge memory": can(lambda: mmap.mmap(-1, 3 << 30, flags=mmap.MAP_PRIVATE)),
    "small file": can(lambda: write(16 << 20)),
    "huge file": can(lambda: write((16 << 20) + 1)),
    "many files": can(open_many),
    "core": resource.getrlimit(resource.RLIMIT_CORE),
    "processor": resource.getrlimit(resource.RLIMIT_CPU),
    "address space": resource.getrlimit(resource.RLIMIT_AS),
}))
"""


def attempts(mode: str, scratch: Path) -> dict[str, Any]:
    command = [sys.executable, "-I", "-c", ATTEMPTS, mode, str(scratch)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(answer.stdout)
    return result


@pytest.fixture(scope="module")
def free() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        return attempts("none", Path(scratch))


@pytest.fixture(scope="module")
def limited() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as scratch:
        return attempts("all", Path(scratch))


on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a limit of Linux")


@on_linux
def test_every_limit_is_applied_and_named(limited: dict[str, Any]) -> None:
    assert sorted(limited["applied"]) == [
        "core",
        "file size",
        "memory",
        "open files",
        "processor time",
    ]


@on_linux
def test_memory_beyond_the_budget_is_refused(free: dict[str, Any], limited: dict[str, Any]) -> None:
    assert free["huge memory"] == "yes"
    assert limited["huge memory"] in ("OSError", "MemoryError")
    assert limited["small memory"] == "yes"


def test_a_file_beyond_the_limit_is_refused(free: dict[str, Any], limited: dict[str, Any]) -> None:
    assert free["huge file"] == "yes"
    assert limited["huge file"] == "OSError"
    assert limited["small file"] == "yes"


def test_too_many_open_files_are_refused(free: dict[str, Any], limited: dict[str, Any]) -> None:
    assert free["many files"] == "yes"
    assert limited["many files"] == "OSError"


def test_no_core_is_dumped_and_processor_time_is_bounded(limited: dict[str, Any]) -> None:
    assert limited["core"] == [0, 0]
    assert limited["processor"] == [60, 60]


@on_linux
def test_without_the_memory_limit_the_others_hold(tmp_path: Path, free: dict[str, Any]) -> None:
    for_a_gpu = attempts("others", tmp_path)
    assert "memory" not in for_a_gpu["applied"]
    assert for_a_gpu["address space"] == free["address space"]
    assert for_a_gpu["huge memory"] == "yes"
    assert for_a_gpu["huge file"] == "OSError"


def test_a_loop_without_end_is_ended() -> None:
    script = "from grader.runner import limits\nlimits.apply(1)\nwhile True: pass"
    ended = subprocess.run([sys.executable, "-I", "-c", script], check=False)
    assert -ended.returncode in (signal.SIGXCPU, signal.SIGKILL)


class Refusing:
    """Stands for `setrlimit`: refuses some kinds, notes the others."""

    def __init__(self, *refused: int) -> None:
        self.refused = refused
        self.set: dict[int, tuple[int, int]] = {}

    def __call__(self, kind: int, values: tuple[int, int]) -> None:
        if kind in self.refused:
            raise ValueError("not allowed to raise maximum limit")
        self.set[kind] = values


def test_a_limit_that_cannot_be_set_is_not_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    refusing = Refusing(resource.RLIMIT_FSIZE)
    monkeypatch.setattr(resource, "setrlimit", refusing)
    applied = limits.apply(7, memory=False)
    assert "file size" not in applied
    assert {"core", "processor time", "open files"} <= set(applied)
    assert refusing.set[resource.RLIMIT_CPU] == (7, 7)

    monkeypatch.setattr(resource, "setrlimit", Refusing())
    assert "file size" in limits.apply(7, memory=False)


def test_where_there_are_no_limits_none_are_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resource", None)
    assert limits.apply(7) == []
