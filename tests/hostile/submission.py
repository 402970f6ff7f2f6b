"""What a hostile submission is, as data: its source, the outcome it must have, what it may not do.

Sources hold marks such as `@REFERENCE@`; the arena fills them in (see `conftest.py`), so that an
attack goes for a real file, process or port.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.judge.grade import Options

MINIATURE = Path(__file__).parent.parent / "miniature"

#: A right submission; attacks are written behind it.
RIGHT = """
import numpy as np


def mean_forward(x, weight=None):
    weight = np.ones(len(x)) if weight is None else weight
    share = weight / weight.sum()
    return (share[:, None] * x).sum(axis=0), share


def mean_backward(dout, cache):
    return cache[:, None] * dout[None, :]


class Counter:
    def __init__(self, start):
        self.total = start

    def add(self, x):
        self.total = self.total + x.sum()
        return self.total
"""

#: A wrong one of the right form: whatever else it does, it must not pass.
WRONG = """
import numpy as np


def mean_forward(x, weight=None):
    return np.zeros(x.shape[1]), len(x)


def mean_backward(dout, cache):
    return np.zeros((cache, len(dout)))


class Counter:
    def __init__(self, start):
        self.total = start

    def add(self, x):
        return self.total
"""

#: Lets one submission try several things and say of each whether it worked.
ATTEMPT = """
import ctypes
import os


def attempt(label, action):
    try:
        found = action()
    except BaseException as error:
        print(f"{label}: denied: {type(error).__name__} {error}", flush=True)
    else:
        print(f"{label}: worked: {str(found)[:300]}", flush=True)


def libc(name, *args):
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    function.restype = ctypes.c_long
    found = function(*args)
    if ctypes.c_int(found).value == -1:
        raise OSError(ctypes.get_errno(), f"{name} failed")
    return found
"""

#: The names of what the reports call missing, by the guarantee that an attack runs up against.
#: "process" and "judge" hold everywhere; "rlimits" is read off the layers in force.
GUARANTEES = {
    "process": (),
    "judge": (),
    "rlimits": (),
    "files": ("file reads", "file writes"),
    "network": ("network",),
    "processes": ("processes",),
    "signals": ("signals",),
    "hidden inputs": (),
}
RLIMITS = ("memory", "file size", "processor time")


@dataclass(frozen=True)
class Hostile:
    """One hostile submission.

    Attributes:
        number: its place in the list of seventy.
        name: what it does.
        source: its text, with marks.
        outcome: the statuses that the verdict may have.
        needs: the guarantees it runs up against; it is skipped where one is not enforced.
        says: a pattern that the report must match.
        proof: further assertions, given the verdict and the arena.
        seconds: the time limit of one call.
        options: further options of the judge.
    """

    number: int
    name: str
    source: str
    outcome: set[str]
    needs: set[str] = field(default_factory=lambda: {"process"})
    says: str = ""
    proof: Callable[[Any, Any], None] | None = None
    seconds: float = 0.6
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert self.needs <= set(GUARANTEES), self.needs

    def __str__(self) -> str:
        return f"{self.number:02d}-{self.name.replace(' ', '-')}"


def unenforced(isolation: dict[str, Any], needs: set[str]) -> str | None:
    """The first of these guarantees that is not enforced, going by a verdict's own words."""
    missing = isolation["missing"]
    for name in sorted(needs):
        if any(entry.startswith(word) for word in GUARANTEES[name] for entry in missing):
            return name
        if name == "hidden inputs" and "hidden" not in Options.__dataclass_fields__:
            return name
        layers = " ".join(isolation["layers"])
        if name == "rlimits" and not all(word in layers for word in RLIMITS):
            return name
    return None


def denied(*labels: str) -> Callable[[Any, Any], None]:
    """A proof that each of these attempts was made and came to nothing."""

    def proof(verdict: Any, arena: Any) -> None:
        for label in labels:
            lines = re.findall(rf"^{re.escape(label)}: (\w+)", verdict.result.output, re.MULTILINE)
            assert lines, f"{label} was not tried:\n{verdict.result.output}"
            assert set(lines) == {"denied"}, verdict.result.output

    return proof


def in_call(body: str, *, before: str = "") -> str:
    """A right submission whose `mean_forward` runs `body` first."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return (
        f"{RIGHT}\n\n_right = mean_forward\n{before}\n\n"
        f"def mean_forward(x, weight=None):\n{lines}\n    return _right(x, weight)\n"
    )


def instead(body: str, *, before: str = "") -> str:
    """A right submission whose `mean_forward` is `body`, which may use `out` and `cache`."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return (
        f"{RIGHT}\n\nimport numpy as np\n\n_right = mean_forward\n{before}\n\n"
        f"def mean_forward(x, weight=None):\n    out, cache = _right(x, weight)\n{lines}\n"
    )
