"""The zygote: fails closed, keeps nothing of a submission, ends what runners leave behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Any

import pytest

from grader.judge import bubblewrap, launch
from grader.judge.launch import RunnerPool
from grader.judge.runner_process import CannotRun
from grader.runner import confine, landlock, seccomp

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks only on Linux")
pytestmark = linux


@pytest.fixture(autouse=True)
def no_outer_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    """Process numbers inside another namespace would mean nothing here."""
    monkeypatch.setenv(bubblewrap.SWITCH, "1")


PATCHED = """
import sys
from grader.runner import confine, zygote
{patch}
sys.argv = ["zygote", *sys.argv[1:]]
zygote.main()
"""


def patched(monkeypatch: pytest.MonkeyPatch, patch: str) -> None:
    """Start zygotes with something in them replaced."""

    def popen(module: str, channel: int, device: str, *arguments: str, **_: Any) -> Any:
        code = PATCHED.format(patch=patch)
        return subprocess.Popen(
            [sys.executable, "-I", "-c", code, str(channel), *arguments],
            pass_fds=(channel,),
            start_new_session=True,
        )

    monkeypatch.setattr(launch, "_popen", popen)


def test_a_layer_that_cannot_be_applied_stops_the_runner_before_it_reads_anything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    patched(
        monkeypatch,
        "def refuse(plan): raise confine.ConfinementError('landlock', 'not today')\n"
        "confine.confine = refuse",
    )
    with RunnerPool() as pool, pool.start("numpy", "cpu", 5.0) as runner:
        with pytest.raises(CannotRun, match="landlock: not today"):
            runner.ask({"op": "load", "source": b"print('read')", "module": "m"})
        assert b"read" not in runner.output


def test_the_core_layers_are_required_where_the_kernel_has_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from grader.runner import zygote

    if landlock.abi() and seccomp.supported():
        assert zygote.wanted_layers() == confine.CORE
    monkeypatch.setattr(landlock, "abi", lambda: 0)
    assert zygote.wanted_layers() == frozenset()


def test_without_the_layers_a_runner_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    patched(
        monkeypatch,
        "zygote.wanted_layers = lambda: frozenset()\nconfine.confine = lambda plan: []",
    )
    with RunnerPool() as pool, pool.start("numpy", "cpu", 5.0) as runner:
        runner.wait_ready()
        assert runner.layers == []


FORKING = b"""
import os, time

def leave():
    pid = os.fork()
    if pid == 0:
        os.setsid()
        time.sleep(600)
    return pid
"""


def test_what_a_runner_leaves_behind_ends_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    patched(
        monkeypatch,
        "zygote.wanted_layers = lambda: frozenset()\nconfine.confine = lambda plan: []",
    )
    with RunnerPool() as pool:
        runner = pool.start("numpy", "cpu", 5.0)
        runner.ask({"op": "load", "source": FORKING, "module": "m"})
        call = {"op": "call", "target": "leave", "method": None, "args": (), "kwargs": {}}
        pid = runner.ask({**call, "keep_last": False})["value"]
        assert alive(pid)
        runner.close()
        assert not alive(pid)


def test_a_pool_leaves_no_process_behind() -> None:
    with RunnerPool() as pool:
        runner = pool.start("numpy", "cpu", 5.0)
        runner.wait_ready()
        pool._zygotes["numpy"].number()
        pid = runner._child.pid  # type: ignore[attr-defined]
        zygote = pool._zygotes["numpy"]._process.pid
        assert alive(pid) and alive(zygote)
    deadline = time.monotonic() + 30
    while (alive(pid) or alive(zygote)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not alive(pid) and not alive(zygote)
    runner.close()


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


def test_alive_can_tell() -> None:
    assert alive(os.getpid())
    assert not alive(2**22 + 1)
