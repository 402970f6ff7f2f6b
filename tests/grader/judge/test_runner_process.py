from __future__ import annotations

import time
from pathlib import Path

import pytest

from grader.judge.runner_process import CannotRun, RunnerLost, RunnerProcess

SOURCE = b"""
import os, sys

def echo(x):
    return x

def environment():
    return dict(os.environ), os.getcwd(), sys.path, sys.flags.isolated

def descriptors():
    return sorted(int(n) for n in os.listdir("/proc/self/fd"))

def sleep(seconds):
    import time
    time.sleep(seconds)

def leave(name):
    open(name, "w").write("x")

def speak():
    import socket
    for number in range(3, 20):
        try:
            os.write(number, b"junk" * 100)
        except OSError:
            pass

def read():
    return sys.stdin.read()
"""


def call(name: str, *args: object) -> dict[str, object]:
    return {
        "op": "call",
        "target": name,
        "method": None,
        "args": args,
        "kwargs": {},
        "keep_last": False,
    }


@pytest.fixture
def runner():  # type: ignore[no-untyped-def]
    with RunnerProcess("numpy", call_seconds=5.0) as process:
        process.ask({"op": "load", "source": SOURCE, "module": "probe"})
        yield process


def test_answers_calls(runner: RunnerProcess) -> None:
    assert runner.ask(call("echo", [1, "a", None]))["value"] == [1, "a", None]


def test_starts_clean(runner: RunnerProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    value = runner.ask(call("environment"))["value"]
    environment, folder, path, isolated = value
    assert "SECRET" not in environment and isolated == 1
    assert folder == environment["HOME"] == environment["TMPDIR"]
    assert "" not in path and folder not in path


def test_a_token_in_the_judges_environment_stays_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "1")
    with RunnerProcess("numpy") as process:
        process.ask({"op": "load", "source": SOURCE, "module": "probe"})
        environment = process.ask(call("environment"))["value"][0]
    assert "SECRET_TOKEN" not in environment


def test_holds_no_descriptor_but_the_standard_ones_and_its_channel(runner: RunnerProcess) -> None:
    found = runner.ask(call("descriptors"))["value"]
    assert len(found) == 5  # 0, 1, 2, the channel, and the listing itself


def test_its_standard_input_is_empty(runner: RunnerProcess) -> None:
    assert runner.ask(call("read"))["value"] == ""


def test_a_deadline_ends_it(runner: RunnerProcess) -> None:
    with pytest.raises(RunnerLost) as lost:
        runner.ask(call("sleep", 60), 0.2)
    assert lost.value.kind == "timed_out"
    assert runner._process.returncode is not None


def test_bytes_on_the_channel_that_nobody_asked_for_end_it(runner: RunnerProcess) -> None:
    with pytest.raises(RunnerLost) as lost:
        runner.ask(call("speak"))
        runner.ask(call("echo", 1))
    assert lost.value.kind == "protocol"


def test_its_scratch_folder_is_private_and_gone_afterwards() -> None:
    with RunnerProcess("numpy") as process:
        scratch = Path(process._scratch)
        process.ask({"op": "load", "source": SOURCE, "module": "probe"})
        process.ask(call("leave", "file"))
        assert scratch.stat().st_mode & 0o777 == 0o700
        assert (scratch / "file").exists()
    assert not scratch.exists()


def test_limits_are_reported(runner: RunnerProcess) -> None:
    assert {"processor time", "file size", "open files", "core"} <= set(runner.limits)


def test_a_library_that_is_missing_is_no_fault_of_the_student() -> None:
    with RunnerProcess("absent") as process, pytest.raises(CannotRun, match="did not start"):
        process.wait_ready()


def test_close_is_quick_even_in_the_middle_of_a_call() -> None:
    process = RunnerProcess("numpy")
    process.ask({"op": "load", "source": SOURCE, "module": "probe"})
    with pytest.raises(RunnerLost):
        process.ask(call("sleep", 60), 0.05)
    began = time.monotonic()
    process.close()
    assert time.monotonic() - began < 30
