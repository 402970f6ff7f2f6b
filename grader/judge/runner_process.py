"""The judge's end of one runner: asks it, bounds it, ends it, however it was started."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Mapping
from typing import Any, Protocol

from grader.judge.scratch import remove
from grader.runner.channel import Closed, DeadlineExceeded, pending, receive, send
from grader.runner.wire import Limits, WireError, decode, encode

START_SECONDS = 120.0
OUTPUT_LIMIT = 64 << 10
PROCESSOR_SECONDS = 120
#: Bytes of arrays in a reply of which nothing is known in advance.
LARGEST_REPLY = 8 << 20


class CannotRun(Exception):
    """The environment cannot run this submission: torch or a GPU is missing, for example."""


class RunnerLost(Exception):
    """The runner is gone or no longer to be trusted; `kind` is timed_out, died or protocol."""

    def __init__(self, kind: str, detail: str = "") -> None:
        self.kind = kind
        self.detail = detail
        super().__init__(kind)


class Child(Protocol):
    """A started process, whoever its parent is."""

    def end(self) -> Mapping[str, Any]:
        """Kill it if it lives, reap it, and say how it ended: `code`, `memory_kib`, `seconds`."""
        ...


class Launcher(Protocol):
    """Starts a runner on a scratch folder, with its end of the channel and of the output pipe."""

    backend: str
    device: str
    #: What stands around every runner it starts, and where their scratch folders go.
    layers: tuple[str, ...]
    scratch: str | None

    def launch(self, scratch: str, channel: int, output: int) -> Child:
        """Start it and return at once."""
        ...


class RunnerProcess:
    """A runner with a private scratch folder and one channel.

    Attributes:
        limits, layers: what the runner reports to be in force, known once it is ready.
        output: what it has printed, up to 64 KiB.
        usage: what it had used when it ended: `code`, `memory_kib`, `seconds`.
    """

    def __init__(self, launcher: Launcher, call_seconds: float = 5.0) -> None:
        self.backend = launcher.backend
        self.device = launcher.device
        self.call_seconds = call_seconds
        self.limits: list[str] = []
        self.layers: list[str] = []
        self.output = b""
        self.usage: Mapping[str, Any] = {}
        self._ready = self._ended = False
        self._around = launcher.layers
        self._scratch = tempfile.mkdtemp(prefix="gradschool-", dir=launcher.scratch)
        self._connection, theirs = socket.socketpair()
        self._pipe, output = os.pipe()
        try:
            self._child = launcher.launch(self._scratch, theirs.fileno(), output)
        except BaseException:
            self._connection.close()
            os.close(self._pipe)
            remove(self._scratch)
            raise
        finally:
            theirs.close()
            os.close(output)
        self._drain = threading.Thread(target=self._collect, daemon=True)
        self._drain.start()

    def wait_ready(self) -> None:
        """Wait until the runner is confined and has its libraries.

        Raises:
            CannotRun: it could not be brought so far.
        """
        if self._ready:
            return
        try:
            hello = self._receive(START_SECONDS)
        except RunnerLost as lost:
            said = self.output.decode("utf-8", "replace").strip().splitlines()
            raise CannotRun(
                f"The runner did not start: {said[-1] if said else lost.detail or lost.kind}"
            ) from None
        if hello.get("ready") is not True:
            raise CannotRun(
                f"Your submission asks for {self.backend} on {self.device}, which cannot be "
                f"loaded here: {hello.get('why')}"
            )
        self.limits = [str(name) for name in hello.get("limits", ())]
        self.layers = [*self._around, *(str(name) for name in hello.get("layers", ()))]
        self._ready = True

    def ask(
        self, request: dict[str, Any], seconds: float | None = None, largest: int = LARGEST_REPLY
    ) -> dict[str, Any]:
        """Send a request and return the reply.

        Args:
            seconds: wall time for the reply; `call_seconds` unless told.
            largest: bytes that the reply's arrays may hold, so that the judge's memory is bounded
                by what it expects and not by what a runner sends.

        Raises:
            CannotRun: the runner never became ready.
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
        return self._receive(seconds or self.call_seconds, largest)

    def close(self) -> None:
        """End the runner and remove its scratch folder."""
        self._end()
        remove(self._scratch)

    def __enter__(self) -> RunnerProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _receive(self, seconds: float, largest: int = LARGEST_REPLY) -> dict[str, Any]:
        limits = Limits(frame=largest)
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
        self._end()
        return RunnerLost(kind, detail or _death(self.usage.get("code")))

    def _end(self) -> None:
        if self._ended:
            return
        self._ended = True
        self.usage = self._child.end()
        self._connection.close()
        self._drain.join(timeout=2)

    def _collect(self) -> None:
        with contextlib.suppress(OSError):
            while chunk := os.read(self._pipe, 1 << 16):
                self.output += chunk[: OUTPUT_LIMIT - len(self.output)]
        os.close(self._pipe)


def _death(code: int | None) -> str:
    if code is None:
        return "it closed its connection"
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"it was ended by {signal.Signals(-code).name}"
    return f"it ended with exit code {code}"
