"""The arena: everything that a hostile submission might go for, watched before and after."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from grader.catalog import Catalog, Exercise
from grader.judge.grade import Options, grade
from grader.judge.launch import RunnerPool
from grader.judge.runner_process import RunnerLost, RunnerProcess
from grader.result import CheckResult, Result

from .submission import MINIATURE

#: A frame may hold 64 MiB, which the judge reads, joins and copies.
MEMORY = 5 * (64 << 20)
#: How late a runner may be ended: a guard against a limit that is not kept, no measure of speed.
PROMPT = 5.0


@dataclass(frozen=True)
class Verdict:
    """What came of one submission, and what it took.

    `growth` is in bytes of the judge's memory, `lateness` in seconds after a limit.
    """

    source: str
    result: Result
    growth: int
    lateness: float
    scratch_files: tuple[str, ...]

    def check(self, name: str) -> CheckResult:
        return next(entry for entry in self.result.checks if entry.name == name)

    @property
    def texts(self) -> list[str]:
        """Every text of the result, wherever it stands."""
        return list(_texts(self.result.as_json()))

    @property
    def report(self) -> str:
        """What the result says about the submission, without what that printed."""
        return "\n".join(_texts({**self.result.as_json(), "output": ""}))


@dataclass
class Arena:
    """A course, a home, a neighbour's submission and a secret in memory, with a judge among them.

    All of it can be read by everyone, so that only the isolation itself keeps a submission out.
    `running` are the processes that were there before, `held` the files among the scratch folders;
    `memory` holds one of the secrets.
    """

    root: Path
    cache: Path
    scratch: Path
    pool: RunnerPool
    marks: dict[str, str]
    secrets: dict[str, str]
    decoy: subprocess.Popen[bytes]
    signals: list[int]
    listeners: list[socket.socket]
    running: set[int]
    held: set[Path]
    memory: Any

    @property
    def cwd(self) -> Path:
        return self.root / "cwd"

    @property
    def exercise(self) -> Exercise:
        return Catalog(self.root / "course").find("1")

    def fill(self, source: str) -> str:
        """Put what is here in place of a source's marks."""
        return re.sub(r"@([A-Z_]+)@", lambda found: self.marks.get(found[1], found[0]), source)

    def grade(self, source: str, *, seconds: float = 1.0, **changes: Any) -> Verdict:
        """Grade a filled source in a real runner."""
        watch = Watch()
        options = Options(cache=self.cache, call_seconds=seconds, runner=self.pool.start)
        before = reset_peak()
        with watch.on_runners():
            result = grade(self.exercise, source.encode(), replace(options, **changes))
        growth = peak() - before
        return Verdict(source, result, growth, watch.lateness, tuple(watch.files))

    def snapshot(self) -> dict[str, tuple[Any, ...]]:
        """Content, mode, owner and time of everything that a submission may not touch."""
        found = {}
        for folder in ("course", "home", "class", "outside", "cwd"):
            for path in [self.root / folder, *sorted((self.root / folder).rglob("*"))]:
                found[str(path)] = _state(path)
        for path in [self.cache, *sorted(self.cache.rglob("*"))]:
            found[str(path)] = _state(path)
        return found

    def strays(self) -> list[str]:
        """Files that turned up in shared places."""
        return [p for name in ("STRAY", "SHARED_STRAY") if os.path.exists(p := self.marks[name])]

    def heard(self) -> list[str]:
        """Which listeners were reached."""
        return [str(sock) for sock in self.listeners if _was_reached(sock)]

    def left_running(self) -> list[int]:
        """Processes that were started in here and still run, after a moment to end in."""
        deadline = time.monotonic() + 2
        while (found := self._running()) and time.monotonic() < deadline:
            time.sleep(0.02)
        return found

    def noticed(self, before: dict[str, tuple[Any, ...]]) -> list[str]:
        """What tells that something got out of its scratch folder."""
        now = self.snapshot()
        paths = {path for path in {*before, *now} if before.get(path) != now.get(path)}
        found = [f"changed {path}" for path in sorted(paths)]
        found += [f"runs {pid}" for pid in self.left_running()]
        found += [f"scratch holds {path}" for path in sorted(held(self.scratch) - self.held)]
        found += [f"wrote {path}" for path in self.strays()]
        found += [f"reached {listener}" for listener in self.heard()]
        found += [f"signal {number}" for number in self.signals]
        return found + ["the neighbour ended"] * (self.decoy.poll() is not None)

    def end_what_runs(self) -> None:
        """End the processes that an attack left behind."""
        for pid in self._running():
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)

    def _running(self) -> list[int]:
        marker = os.fsencode(self.scratch)
        parents = {os.getpid(), *self.running}
        found = []
        for pid in map(int, filter(str.isdecimal, os.listdir("/proc"))):
            if pid in parents:
                continue
            with suppress(OSError, IndexError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                if fields[0] == "Z":
                    continue
                if int(fields[1]) in parents or marker in Path(f"/proc/{pid}/environ").read_bytes():
                    found.append(pid)
        return found


class Watch:
    """Notes how late the judge ends its runners, and what lay in their scratch folders."""

    def __init__(self) -> None:
        self.lateness = 0.0
        self.files: list[str] = []

    @contextmanager
    def on_runners(self) -> Iterator[None]:
        ask, close = RunnerProcess.ask, RunnerProcess.close

        def timed(runner: Any, request: Any, seconds: float | None = None, **more: Any) -> Any:
            runner.wait_ready()
            began = time.monotonic()
            try:
                return ask(runner, request, seconds, **more)
            except RunnerLost as lost:
                if lost.kind == "timed_out":
                    late = time.monotonic() - began - (seconds or runner.call_seconds)
                    self.lateness = max(self.lateness, late)
                raise

        def listed(runner: Any) -> None:
            with suppress(OSError):
                self.files += os.listdir(runner._scratch)
            close(runner)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(RunnerProcess, "ask", timed)
            patch.setattr(RunnerProcess, "close", listed)
            yield


def course(root: Path, canary: str) -> Exercise:
    """A copy of the miniature whose reference holds a secret."""
    shutil.copytree(MINIATURE, root, dirs_exist_ok=True)
    exercise = Catalog(root).find("1")
    with (exercise.private / "solution.py").open("a") as file:
        file.write(f"\nANSWER_KEY = {canary!r}\n")
    return exercise


def open_listeners(root: Path, token: str) -> list[socket.socket]:
    addresses = [
        (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
        (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
        (socket.AF_UNIX, socket.SOCK_STREAM, str(root / "outside-socket")),
        (socket.AF_UNIX, socket.SOCK_STREAM, f"\0hostile-{token}"),
    ]
    opened = []
    for family, kind, address in addresses:
        listener = socket.socket(family, kind)
        listener.setblocking(False)
        listener.bind(address)
        if kind == socket.SOCK_STREAM:
            listener.listen()
        opened.append(listener)
    os.chmod(root / "outside-socket", 0o777)
    return opened


def _was_reached(listener: socket.socket) -> bool:
    try:
        if listener.type == socket.SOCK_DGRAM:
            listener.recv(100)
        else:
            listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def _state(path: Path) -> tuple[Any, ...]:
    if not os.path.lexists(path):
        return ("gone",)
    status = path.lstat()
    content = None
    if stat.S_ISREG(status.st_mode):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
    elif stat.S_ISLNK(status.st_mode):
        content = os.readlink(path)
    return status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns, content


def descendants(pid: int) -> set[int]:
    """The processes below a process."""
    found: set[int] = set()
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                found |= {child} | descendants(child)
    return found


def held(scratch: Path) -> set[Path]:
    """The scratch folders, and what lies in them."""
    return {*scratch.glob("*"), *scratch.glob("*/*")}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(key)
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def reset_peak() -> int:
    """Forget the highest memory use so far, where the system can, and return what is in use."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
        return _memory("VmRSS")
    return peak()


def peak() -> int:
    return _memory("VmHWM")


def _memory(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) << 10
    return 0
