"""Starts runners: forked from a warm zygote where that is safe, else as processes of their own."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from grader.judge import bubblewrap
from grader.judge.runner_process import PROCESSOR_SECONDS, START_SECONDS, CannotRun, RunnerProcess
from grader.judge.scratch import remove
from grader.runner import placement
from grader.runner.channel import Closed, DeadlineExceeded, receive, send
from grader.runner.wire import WireError, decode, encode

ANSWER_SECONDS = 30.0
#: Users that runners become one after another where the judge is root; nobody has these numbers.
SPARE_USERS = itertools.cycle(range(2_000_000_000, 2_000_004_096))


class RunnerPool:
    """Starts runners on request and keeps one warm zygote per backend. Close it at the end."""

    def __init__(self) -> None:
        self._zygotes: dict[str, Zygote] = {}

    def start(
        self, backend: str, device: str, call_seconds: float, ahead: Sequence[str] = ()
    ) -> RunnerProcess:
        """Start a runner; it makes itself ready while the caller goes on.

        Args:
            ahead: libraries that the submission mentions (`grader.runner.backend.mentioned`).

        Raises:
            CannotRun: the backend cannot be loaded.
        """
        if not can_fork(device):
            return RunnerProcess(Spawner(backend, device), call_seconds)
        zygote = self._zygotes.get(backend)
        if zygote is None or zygote.lost:
            zygote = self._zygotes[backend] = Zygote(backend)
        zygote.ahead, zygote.device = tuple(ahead), device
        return RunnerProcess(zygote, call_seconds)

    def warm(self, backend: str, device: str) -> None:
        """Begin to load a backend without waiting for it."""
        if can_fork(device) and backend not in self._zygotes:
            self._zygotes[backend] = Zygote(backend)

    def close(self) -> None:
        """End all zygotes, and with them every runner that is left."""
        for zygote in self._zygotes.values():
            zygote.close()
        self._zygotes.clear()

    def __enter__(self) -> RunnerPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_early: list[RunnerPool] = []


def start_early(backend: str) -> None:
    """Begin to load a backend while the command itself still loads (see `grader.start`)."""
    pool = RunnerPool()
    _early.append(pool)
    pool.warm(backend, "cpu")


def take_pool() -> RunnerPool:
    """The pool that was started early, once, or a new one."""
    return _early.pop() if _early else RunnerPool()


def end_early() -> None:
    """End the pool that was started early and never taken."""
    while _early:
        _early.pop().close()


def can_fork(device: str) -> bool:
    """Forking a warm process is safe on Linux, and never once CUDA is initialised."""
    return sys.platform.startswith("linux") and device in ("cpu", placement.DEVICE)


class Zygote:
    """The judge's end of a zygote, which is trusted: it never runs a submission itself."""

    def __init__(self, backend: str) -> None:
        self.backend = backend
        #: The next runner's: it is the runner that touches a device, never the zygote.
        self.device = "cpu"
        self.ahead: tuple[str, ...] = ()
        self._unnumbered: deque[Forked] = deque()
        self.lost = False
        self._ready = False
        self._spare_user = False
        #: Holds the scratch folders of all its runners.
        scratch = tempfile.mkdtemp(prefix="gradschool-")
        wall = bubblewrap.prefix(scratch)
        self.scratch: str | None = scratch
        self.layers: tuple[str, ...] = (bubblewrap.LAYER,) if wall else ()
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = _popen(
                "grader.runner.zygote", theirs.fileno(), "cpu", backend, wall=wall
            )

    def launch(self, scratch: str, channel: int, output: int) -> Forked:
        """Fork a runner.

        Raises:
            CannotRun: the zygote could not load its backend, or is gone.
        """
        self._wait_ready()
        uid = next(SPARE_USERS) if self._spare_user else None
        if uid is not None:
            os.chown(scratch, uid, uid)
        request = {
            "op": "fork",
            "scratch": scratch,
            "seconds": PROCESSOR_SECONDS,
            "uid": uid,
            "ahead": self.ahead,
            "device": self.device,
        }
        try:
            send(self._control, encode(request), time.monotonic() + ANSWER_SECONDS)
            socket.send_fds(self._control, [b"F"], [channel, output])
        except (Closed, DeadlineExceeded, OSError):
            self.close()
            raise CannotRun("The runner could not be started.") from None
        forked = Forked(self)
        self._unnumbered.append(forked)
        return forked

    def number(self) -> None:
        """Read the answers to the forks asked for: their process numbers.

        Raises:
            Closed, DeadlineExceeded, WireError: the zygote is gone.
        """
        while self._unnumbered:
            answer = self._answer(ANSWER_SECONDS)
            self._unnumbered.popleft().pid = int(answer["pid"])

    def end(self, forked: Forked) -> Mapping[str, Any]:
        """Kill and reap a runner; nothing is known of it if the zygote is gone."""
        if self.lost:
            return {}
        try:
            self.number()
            request = encode({"op": "end", "pid": forked.pid})
            send(self._control, request, time.monotonic() + ANSWER_SECONDS)
            return self._answer(ANSWER_SECONDS)
        except (Closed, DeadlineExceeded, WireError, KeyError):
            self.close()
            return {}

    def close(self) -> None:
        """End the zygote and everything below it."""
        self.lost = True
        self._control.close()
        _kill(self._process)
        if self.scratch is not None:
            remove(self.scratch)

    def _wait_ready(self) -> None:
        if self._ready:
            return
        try:
            hello = self._answer(START_SECONDS)
        except (Closed, DeadlineExceeded, WireError):
            self.close()
            raise CannotRun(f"The runner did not start with {self.backend}.") from None
        if hello.get("ready") is not True:
            self.close()
            raise CannotRun(
                f"Your submission asks for {self.backend}, which cannot be loaded here: "
                f"{hello.get('why')}"
            )
        # Behind the wall there is one user only; outside it, root can give each runner its own.
        root = os.geteuid() == 0 and not self.layers
        self._spare_user = bool(hello.get("spare_user")) and root
        if self._spare_user and self.scratch is not None:
            os.chmod(self.scratch, 0o711)
        self._ready = True

    def _answer(self, seconds: float) -> dict[str, Any]:
        answer = decode(receive(self._control, time.monotonic() + seconds))
        if type(answer) is not dict:
            raise WireError("not an answer")
        return answer


class Forked:
    """A runner forked from a zygote, which is its parent.

    `pid` is 0 until somebody asks: the judge goes on while the zygote forks.
    """

    def __init__(self, zygote: Zygote) -> None:
        self.zygote = zygote
        self.pid = 0

    def end(self) -> Mapping[str, Any]:
        """Have the zygote kill and reap it."""
        return self.zygote.end(self)


class Spawner:
    """Starts every runner as a process of its own: for CUDA, and where forking is not safe."""

    layers: tuple[str, ...] = ()
    scratch: str | None = None

    def __init__(self, backend: str, device: str) -> None:
        self.backend = backend
        self.device = device

    def launch(self, scratch: str, channel: int, output: int) -> Spawned:
        """Start a runner."""
        arguments = (self.backend, self.device, str(PROCESSOR_SECONDS))
        return Spawned(
            _popen(
                "grader.runner", channel, self.device, *arguments, scratch=scratch, output=output
            )
        )


class Spawned:
    """A runner that is the judge's own child."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.pid = process.pid

    def end(self) -> Mapping[str, Any]:
        """Kill it with its process group and reap it."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=0.05)
        _kill(self._process)
        return {"code": self._process.returncode}


def _popen(
    module: str,
    channel: int,
    device: str,
    *arguments: str,
    scratch: str | None = None,
    output: int | None = None,
    wall: Sequence[str] = (),
) -> subprocess.Popen[bytes]:
    out = subprocess.DEVNULL if output is None else output
    return subprocess.Popen(
        # As `-I`, but for the environment: it is ours, and `-I` would ignore its hash seed.
        [*wall, sys.executable, "-P", "-s", "-u", "-m", module, str(channel), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=out,
        cwd=scratch or "/",
        env=_environment(scratch, device),
        pass_fds=(channel,),
        start_new_session=True,
    )


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def _environment(scratch: str | None, device: str) -> dict[str, str]:
    clean = {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
    }
    if scratch is not None:
        clean.update(HOME=scratch, TMPDIR=scratch)
    if device != "cuda":
        clean["CUDA_VISIBLE_DEVICES"] = ""
    kept = ("SYSTEMROOT", "LD_LIBRARY_PATH", "CUDA_HOME")
    return {**clean, **{name: os.environ[name] for name in kept if name in os.environ}}
