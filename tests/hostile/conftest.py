"""The arena that every hostile submission is graded in."""

from __future__ import annotations

import ctypes
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from grader.catalog import ROOT
from grader.judge import bubblewrap, replay
from grader.judge.grade import Options, grade
from grader.judge.launch import RunnerPool
from grader.judge.library import Library
from grader.result import Status

from .arena import Arena, course, descendants, held, open_listeners
from .submission import RIGHT, WRONG

SET_CHILD_SUBREAPER = 36
INSTALLED = ROOT / "reference" / "exercise_07_backprop" / "solution.py"


@pytest.fixture(scope="session")
def watched_process() -> Iterator[None]:
    """Orphans become children of this process, so that none goes unseen."""
    if not sys.platform.startswith("linux"):
        pytest.skip("watching processes needs Linux")
    control = ctypes.CDLL(None).prctl
    control(SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    yield
    control(SET_CHILD_SUBREAPER, 0, 0, 0, 0)


@pytest.fixture(scope="session")
def canary() -> str:
    return f"canary-{secrets.token_hex(12)}"


@pytest.fixture(scope="session")
def tapes() -> Iterator[Path]:
    """A cache of tapes that everyone may read."""
    with tempfile.TemporaryDirectory(prefix="hostile-tapes-") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """Where runners get their scratch folders."""
    with tempfile.TemporaryDirectory(prefix="hostile-scratch-") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


@pytest.fixture(scope="session")
def pool(watched_process: None, scratch: Path) -> Iterator[RunnerPool]:
    """One pool for all verdicts, so that a submission could spoil it for the next."""
    with RunnerPool() as pool:
        _warm(pool, scratch)
        yield pool


@pytest.fixture(scope="session")
def bare_pool(watched_process: None, scratch: Path) -> Iterator[RunnerPool]:
    """One whose runners have no outer wall around them."""
    with RunnerPool() as pool, pytest.MonkeyPatch.context() as patch:
        patch.setenv(bubblewrap.SWITCH, "1")
        _warm(pool, scratch)
        patch.undo()
        yield pool


def _warm(pool: RunnerPool, scratch: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(scratch))
        pool.warm("numpy", "cpu")


@pytest.fixture(scope="session")
def isolation(canary: str, tapes: Path, pool: RunnerPool) -> dict[str, Any]:
    """What a first clean verdict says of the isolation; also warms up what is imported late."""
    with tempfile.TemporaryDirectory(prefix="hostile-first-") as folder:
        exercise = course(Path(folder), canary)
        options = Options(cache=tapes, runner=pool.start)
        assert grade(exercise, WRONG.encode(), options).status is Status.FAILED
        result = grade(exercise, RIGHT.encode(), options)
    assert result.status is Status.PASSED
    return result.isolation


@pytest.fixture
def arena(
    isolation: dict[str, Any],
    canary: str,
    tapes: Path,
    scratch: Path,
    pool: RunnerPool,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Arena]:
    token = secrets.token_hex(8)
    found = {
        "reference": canary,
        "neighbour": f"neighbour-{secrets.token_hex(12)}",
        "key": f"private-key-{secrets.token_hex(12)}",
        "environment": f"token-{secrets.token_hex(12)}",
        "memory": f"memory-{secrets.token_hex(12)}",
        "installed": INSTALLED.read_text(encoding="utf-8")[:40].splitlines()[0],
    }
    with ExitStack() as stack:
        root = Path(tempfile.mkdtemp(prefix="hostile-"))
        stack.callback(subprocess.run, ["/bin/rm", "-rf", root], check=False)
        root.chmod(0o755)
        for folder in ("home/.ssh", "class/ada", "outside", "cwd"):
            (root / folder).mkdir(parents=True)
        exercise = course(root / "course", canary)
        (root / "home/.ssh/id_ed25519").write_text(found["key"])
        (root / "home/.profile").write_text("true\n")
        other = root / "class/ada/mean.py"
        other.write_text(f"{RIGHT}\nNEIGHBOUR = {found['neighbour']!r}\n")

        monkeypatch.setattr(sys, "dont_write_bytecode", True)
        monkeypatch.setattr(tempfile, "tempdir", str(scratch))
        monkeypatch.setenv("HOME", str(root / "home"))
        monkeypatch.setenv("GITHUB_TOKEN", found["environment"])
        monkeypatch.setattr(replay, "LOAD_SECONDS", 3.0)
        monkeypatch.chdir(root / "cwd")

        memory = ctypes.create_string_buffer(found["memory"].encode())
        already = descendants(os.getpid())
        decoy = stack.enter_context(
            subprocess.Popen(["/bin/sleep", "60"], env={"TOKEN": found["environment"]})
        )
        stack.callback(decoy.kill)
        signals: list[int] = []
        previous = signal.signal(signal.SIGUSR1, lambda number, _: signals.append(number))
        stack.callback(signal.signal, signal.SIGUSR1, previous)
        listeners = [stack.enter_context(sock) for sock in open_listeners(root, token)]
        tape = next(tapes.glob("*.tape"))
        marks = {
            "REFERENCE": str(exercise.private / "solution.py"),
            "PRIVATE": str(exercise.private),
            "COURSE": str(root / "course"),
            "INSTALLED": str(INSTALLED),
            "OTHER": str(other),
            "HOME": str(root / "home"),
            "OUTSIDE": str(root / "outside"),
            "CACHE": str(tapes),
            "STRAY": f"/tmp/gradschool-results-{token}.json",
            "SHARED_STRAY": f"/dev/shm/gradschool-results-{token}.json",
            "JUDGE": str(os.getpid()),
            "DECOY": str(decoy.pid),
            "ADDRESS": str(ctypes.addressof(memory)),
            "LENGTH": str(len(memory)),
            "TCP": str(listeners[0].getsockname()[1]),
            "UDP": str(listeners[1].getsockname()[1]),
            "UNIX": str(root / "outside-socket"),
            "ABSTRACT": f"hostile-{token}",
        }
        found["tape"] = tape.read_bytes()[:32].hex()
        running = {*already, decoy.pid}
        yield Arena(
            root=root,
            cache=tapes,
            scratch=scratch,
            pool=pool,
            marks=marks,
            secrets=found,
            decoy=decoy,
            signals=signals,
            listeners=listeners,
            running=running,
            held=held(scratch),
            memory=memory,
        )
        for stray in (marks["STRAY"], marks["SHARED_STRAY"]):
            Path(stray).unlink(missing_ok=True)


@pytest.fixture
def public_answers(arena: Arena) -> str:
    """The miniature's public cases with their answers, as the text of a dict."""
    from grader.judge.implementation import Local
    from grader.judge.observe import observe
    from grader.judge.tape import load_or_build

    library = Library(arena.exercise)
    table = {}
    for check in library.checks:
        for case in load_or_build(library, 0, arena.cache)[check.name].cases:
            for call in observe(check, Local(library.solution), case.fields).calls:
                if call.target == "mean_forward":
                    x, weight = (*call.args, None)[:2]
                    key = (x.tobytes(), None if weight is None else weight.tobytes())
                    table[key] = call.result[0].tobytes()
    return repr(table)
