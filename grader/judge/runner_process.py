"""The judge's end of one runner process: starts it, asks it, bounds it, ends it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

from grader.runner.channel import Closed, DeadlineExceeded, pending, receive, send
from grader.runner.wire import Limits, Unsendable, WireError, decode, encode

START_SECONDS = 120.0
OUTPUT_LIMIT = 64 << 10
PROCESSOR_SECONDS = 120


class CannotRun(Exception):
    """The environment cannot run this submission: torch or a GPU is missing, for example."""


class RunnerLost(Exception):
    """The runner is gone or no longer to be trusted; `kind` is timed_out, died or protocol."""

    def __init__(self, kind: str, detail: str = "") -> None:
        self.kind = kind
        self.detail = detail
        super().__init__(kind)


class RunnerProcess:
    """A runner with a private scratch folder, a clean environment and one channel."""

    def __init__(self, backend: str, device: str = "cpu", call_seconds: float = 5.0) -> None:
        self.backend = backend
        self.device = device
        self.call_seconds = call_seconds
        self.limits: list[str] = []
        self.output = b""
        self._ready = False
        self._scratch = tempfile.mkdtemp(prefix="gradschool-")
        self._connection, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-u", "-m", "grader.runner"),
                    *(str(theirs.fileno()), backend, device, str(PROCESSOR_SECONDS)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=self._scratch,
                env=_environment(self._scratch, device),
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self._drain = threading.Thread(target=self._collect, daemon=True)
        self._drain.start()

    def wait_ready(self) -> None:
        """Wait until the runner has loaded its libraries.

        Raises:
            CannotRun: it could not.
        """
        if self._ready:
            return
        try:
            hello = self._receive(START_SECONDS)
        except RunnerLost as lost:
            detail = self.output.decode("utf-8", "replace").strip().splitlines()
            why = detail[-1] if detail else lost.kind
            raise CannotRun(f"The runner did not start: {why}") from None
        if not hello.get("ready"):
            raise CannotRun(
                f"Your submission asks for {self.backend} on {self.device}, which cannot be "
                f"loaded here: {hello.get('why')}"
            )
        self.limits = [str(name) for name in hello.get("limits", ())]
        self._ready = True

    def ask(self, request: dict[str, Any], seconds: float | None = None) -> dict[str, Any]:
        """Send a request and return the reply.

        Raises:
            RunnerLost: no valid reply in time; the runner is then already ended.
            Unsendable: the request itself cannot be sent (a fault of the spec).
        """
        self.wait_ready()
        frame = encode(request)
        if pending(self._connection):
            raise self._lose("protocol", "it wrote before it was asked")
        try:
            send(self._connection, frame, time.monotonic() + self.call_seconds)
        except (Closed, DeadlineExceeded):
            raise self._lose("died") from None
        return self._receive(seconds or self.call_seconds)

    def close(self) -> None:
        """End the runner and remove its scratch folder."""
        self._end()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def __enter__(self) -> RunnerProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _receive(self, seconds: float) -> dict[str, Any]:
        limits = Limits()
        try:
            frame = receive(self._connection, time.monotonic() + seconds, limits)
            reply = decode(frame, limits=limits)
        except DeadlineExceeded:
            raise self._lose("timed_out", f"no answer within {seconds:g} s") from None
        except Closed:
            raise self._lose("died") from None
        except WireError as error:
            raise self._lose("protocol", str(error)) from None
        if type(reply) is not dict:
            raise self._lose("protocol", "not a reply")
        return reply

    def _lose(self, kind: str, detail: str = "") -> RunnerLost:
        if kind == "died":
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=1)
            detail = _death(self._process.returncode)
        self._end()
        return RunnerLost(kind, detail)

    def _end(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        self._connection.close()
        self._drain.join(timeout=1)
        if self._process.stdout is not None and not self._drain.is_alive():
            self._process.stdout.close()

    def _collect(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while chunk := os.read(stream.fileno(), 1 << 16):
            self.output += chunk[: OUTPUT_LIMIT - len(self.output)]


def _environment(scratch: str, device: str) -> dict[str, str]:
    clean = {
        "PATH": "/usr/bin:/bin",
        "HOME": scratch,
        "TMPDIR": scratch,
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
    }
    if device == "cpu":
        clean["CUDA_VISIBLE_DEVICES"] = ""
    for name in ("SYSTEMROOT", "LD_LIBRARY_PATH", "CUDA_HOME"):
        if name in os.environ:
            clean[name] = os.environ[name]
    return clean


def _death(returncode: int | None) -> str:
    if returncode is None:
        return "it closed its connection"
    if returncode < 0:
        with contextlib.suppress(ValueError):
            return f"it was ended by {signal.Signals(-returncode).name}"
    return f"it ended with exit code {returncode}"


__all__ = ["CannotRun", "RunnerLost", "RunnerProcess", "Unsendable"]
