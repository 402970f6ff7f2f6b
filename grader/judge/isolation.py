"""What kept a submission apart: each guarantee as enforced by something, or as not enforced.

Written from what the runner reported to be in force, never from what was asked for, and in the same
words for a result, for `grade doctor` and for a class.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from grader.judge.bubblewrap import LAYER as BUBBLEWRAP
from grader.runner.confine import LANDLOCK, NO_NEW_PRIVILEGES, SECCOMP, UNDUMPABLE, USER

#: Guarantee → the layers that enforce it together, and what to call them.
GUARANTEES = {
    "file reads": ((LANDLOCK,), "Landlock"),
    "file writes": ((LANDLOCK, SECCOMP), "Landlock and seccomp"),
    "network": ((SECCOMP,), "seccomp"),
    "processes": ((SECCOMP,), "seccomp"),
    "signals and tracing": ((SECCOMP, UNDUMPABLE), "seccomp and undumpable processes"),
    "memory": (("memory",), "a resource limit"),
    "time": ((), "the judge's clock"),
}
ALWAYS = ("separate process", "data-only wire", "clean environment", "wall-clock limit")
CONFINED = (NO_NEW_PRIVILEGES, LANDLOCK, SECCOMP)


def record(limits: Collection[str], layers: Collection[str]) -> dict[str, Any]:
    """The `isolation` entry of a result.

    `level` is "confined" when the core layers were in force, else "weak"; "none" when nothing ran.
    """
    if not limits and not layers:
        return {"level": "none", "layers": [], "missing": []}
    return {
        "level": "confined" if set(CONFINED) <= set(layers) else "weak",
        "layers": [*ALWAYS, *limits, *layers],
        "missing": [name for name in GUARANTEES if not enforced_by(name, limits, layers)],
    }


def enforced_by(guarantee: str, limits: Collection[str], layers: Collection[str]) -> str | None:
    """What enforces a guarantee, in words; None where nothing does."""
    needed, words = GUARANTEES[guarantee]
    if not set(needed) <= {*limits, *layers}:
        return None
    if USER in layers and guarantee in ("file reads", "file writes", "signals and tracing"):
        words += ", and a user of its own"
    if BUBBLEWRAP in layers and guarantee in ("file reads", "file writes", "network", "processes"):
        words += ", inside bubblewrap"
    return words
