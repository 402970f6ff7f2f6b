from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.judge.launch import RunnerPool, Spawner
from grader.judge.runner_process import CannotRun, RunnerLost, RunnerProcess

SOURCE = b"""
import os, sys

def echo(x):
    return x

def environment():
    flags = sys.flags.safe_path, sys.flags.no_user_site
    return dict(os.environ), os.getcwd(), sys.path, flags

def hashed():
    return hash("the order of a set of words depends on this")

def descriptors():
    found = []
    for number in range(64):
        try:
            os.fstat(number)
        except OSError:
            continue
        found.append(number)
    return found

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

def crash():
    import ctypes
    ctypes.string_at(0)

def remember():
    import numpy
    numpy.seen = getattr(numpy, "seen", 0) + 1
    return numpy.seen
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
def pool():  # type: ignore[no-untyped-def]
    with RunnerPool() as made:
        yield made


@pytest.fixture
def runner(pool: RunnerPool):  # type: ignore[no-untyped-def]
    with pool.start("numpy", "cpu", 5.0) as process:
        process.ask({"op": "load", "source": SOURCE, "module": "probe"})
        yield process


def test_answers_calls(runner: RunnerProcess) -> None:
    assert runner.ask(call("echo", [1, "a", None]))["value"] == [1, "a", None]


def test_starts_clean(runner: RunnerProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    value = runner.ask(call("environment"))["value"]
    environment, folder, path, flags = value
    assert "SECRET" not in environment and flags == (True, 1)
    assert folder == environment["HOME"] == environment["TMPDIR"]
    assert "" not in path and folder not in path


def test_every_runner_hashes_texts_alike(pool: RunnerPool) -> None:
    found = set()
    for _ in range(2):
        process = pool.start("numpy", "cpu", 5.0, ())
        process.ask({"op": "load", "source": SOURCE, "module": "probe"})
        found.add(process.ask(call("hashed"))["value"])
        process.close()
    assert len(found) == 1
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    text = "print(hash('the order of a set of words depends on this'))"
    own = subprocess.run(
        [sys.executable, "-c", text], env=environment, capture_output=True, text=True, check=True
    )
    assert found == {int(own.stdout)}


def test_a_token_in_the_judges_environment_stays_there(
    pool: RunnerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "1")
    with pool.start("numpy", "cpu", 5.0) as process:
        process.ask({"op": "load", "source": SOURCE, "module": "probe"})
        environment = process.ask(call("environment"))["value"][0]
    assert "SECRET_TOKEN" not in environment


def test_holds_no_descriptor_but_the_standard_ones_and_its_channel(runner: RunnerProcess) -> None:
    found = runner.ask(call("descriptors"))["value"]
    assert found == [0, 1, 2, 3]


def test_its_standard_input_is_empty(runner: RunnerProcess) -> None:
    assert runner.ask(call("read"))["value"] == ""


def test_a_deadline_ends_it(runner: RunnerProcess) -> None:
    with pytest.raises(RunnerLost) as lost:
        runner.ask(call("sleep", 60), 0.2)
    assert lost.value.kind == "timed_out"
    assert runner.usage


def test_bytes_on_the_channel_that_nobody_asked_for_end_it(runner: RunnerProcess) -> None:
    with pytest.raises(RunnerLost) as lost:
        runner.ask(call("speak"))
        runner.ask(call("echo", 1))
    assert lost.value.kind == "protocol"


def test_its_scratch_folder_is_private_and_gone_afterwards(pool: RunnerPool) -> None:
    with pool.start("numpy", "cpu", 5.0) as process:
        scratch = Path(process._scratch)
        process.ask({"op": "load", "source": SOURCE, "module": "probe"})
        process.ask(call("leave", "file"))
        assert scratch.stat().st_mode & 0o777 == 0o700
        assert (scratch / "file").exists()
    assert not scratch.exists()


def test_limits_are_reported(runner: RunnerProcess) -> None:
    assert {"processor time", "file size", "open files", "core"} <= set(runner.limits)


def test_a_library_that_is_missing_is_no_fault_of_the_student(pool: RunnerPool) -> None:
    with pytest.raises(CannotRun, match="did not start with absent"):
        pool.start("absent", "cpu", 5.0)


def test_a_runner_of_its_own_works_alike() -> None:
    with RunnerProcess(Spawner("numpy", "cpu")) as process:
        process.ask({"op": "load", "source": SOURCE, "module": "probe"})
        assert process.ask(call("echo", 3))["value"] == 3
        assert process.layers == []
        with pytest.raises(RunnerLost) as lost:
            process.ask(call("sleep", 60), 0.1)
        assert lost.value.kind == "timed_out"


def test_what_a_runner_used_is_accounted_from_outside(pool: RunnerPool) -> None:
    process = pool.start("numpy", "cpu", 5.0)
    process.ask({"op": "load", "source": SOURCE, "module": "probe"})
    process.close()
    assert process.usage["code"] < 0
    assert process.usage["memory_kib"] > 1000
    assert process.usage["seconds"] > 0


def test_a_death_is_told_by_its_signal(pool: RunnerPool) -> None:
    with pool.start("numpy", "cpu", 5.0) as process:
        process.ask({"op": "load", "source": SOURCE, "module": "probe"})
        with pytest.raises(RunnerLost) as lost:
            process.ask(call("crash"))
        assert lost.value.detail == "it was ended by SIGSEGV"


def test_runners_do_not_share_what_they_did(pool: RunnerPool) -> None:
    for _ in range(2):
        with pool.start("numpy", "cpu", 5.0) as process:
            process.ask({"op": "load", "source": SOURCE, "module": "probe"})
            assert process.ask(call("remember"))["value"] == 1


def test_a_zygote_that_died_is_replaced(pool: RunnerPool) -> None:
    pool.start("numpy", "cpu", 5.0).close()
    pool._zygotes["numpy"].close()
    with pool.start("numpy", "cpu", 5.0) as process:
        process.ask({"op": "load", "source": SOURCE, "module": "probe"})
        assert process.ask(call("echo", 3))["value"] == 3
