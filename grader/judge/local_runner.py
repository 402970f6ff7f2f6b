"""Answers requests in this process. For the course's own code only, never for a submission.

Misconceptions are run through the same session, wire and form checks as submissions, so that what
they give can be compared with what a submission gave.
"""

from __future__ import annotations

import contextlib
import io
import sys
import warnings
from typing import Any

from grader.runner.backend import Backend
from grader.runner.session import Session
from grader.runner.wire import decode, encode


class LocalRunner:
    """The same interface as a runner process."""

    def __init__(self, backend: str = "numpy", device: str = "cpu") -> None:
        self.backend = backend
        self.device = device
        self.limits: list[str] = []
        self.layers: list[str] = []
        self.output = b""
        self._session = Session(Backend(backend, device))
        if backend == "torch":
            import torch

            # As in a runner: on tensors of this size, threads only wait for each other.
            torch.set_num_threads(1)

    def wait_ready(self) -> None:
        """Always ready."""

    def ask(
        self, request: dict[str, Any], seconds: float | None = None, largest: int = 0
    ) -> dict[str, Any]:
        """Answer at once; `seconds` and `largest` are not enforced on our own code."""
        with quiet():
            reply: dict[str, Any] = decode(self._session.reply(encode(request)))
        return reply

    def close(self) -> None:
        """Take the submission's module away again."""
        sys.modules.pop(self._session.module.__name__, None)


@contextlib.contextmanager
def quiet() -> Any:
    """No floating-point warnings and no prints from the code that runs inside."""
    import numpy as np

    with (
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
        contextlib.redirect_stdout(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield
