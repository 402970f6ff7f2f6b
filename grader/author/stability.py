"""Repeats verdicts over seeds, thread counts and hash seeds, and counts those that change.

Every process has one number of threads (1 or 2, for NumPy's and torch's linear algebra) and one
`PYTHONHASHSEED`, takes some of the seeds, and judges the reference, variants and misconceptions on
each of them; every fifth verdict is made in a confined runner, as a student's is. A change is a
verdict that is not the declared one: reference or variant not passed, or a misconception that does
not fail the check it declares.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

from grader.author.rerun import Rerun, request
from grader.judge.library import Library

RERUNS = 200
#: The first of the seeds; those before belong to other laws.
FIRST_SEED = 100
#: Verdicts on one seed: a new tape costs as much as ten of them.
PER_SEED = 10
CONFINED = 5
PROCESSES = 8
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Stability:
    """How many verdicts were repeated, and in words those that changed."""

    reruns: int
    changes: tuple[str, ...]


class RerunFailed(Exception):
    """A process that repeats verdicts ended without an answer."""


def repeat(library: Library, reruns: int = RERUNS) -> Stability:
    """Repeat this many verdicts.

    Raises:
        RerunFailed: a process ended without an answer.
    """
    planned = plan(library, reruns)
    processes = max(2, min(PROCESSES, reruns // 25))
    found: list[str] = []
    for number in range(processes):
        mine = [entry for entry in planned if entry.seed % processes == number]
        if mine:
            threads = 1 + number % 2
            where = f"{threads} threads, hash seed {number}"
            found += [f"{text} ({where})" for text in _run(library, mine, threads, number)]
    return Stability(len(planned), tuple(found))


def plan(library: Library, reruns: int) -> list[Rerun]:
    """Which verdicts to repeat: on every seed the reference, then the other entries in turn."""
    backends = {v.name: v.backend for v in library.variants}
    backends |= {m.name: library.exercise.backend for m in library.misconceptions}
    others = cycle(backends)
    per_seed = max(1, min(PER_SEED, reruns // 2))
    planned = []
    for number in range(reruns):
        entry = "" if number % per_seed == 0 else next(others)
        # Starting a second library's runner for one verdict would cost more than all the others.
        usual = backends.get(entry, library.exercise.backend) == library.exercise.backend
        confined = usual and number % CONFINED == 0
        planned.append(Rerun(entry, FIRST_SEED + number // per_seed, confined))
    return planned


def _run(library: Library, reruns: Sequence[Rerun], threads: int, hash_seed: int) -> list[str]:
    environment = {
        **os.environ,
        **dict.fromkeys(THREADS, str(threads)),
        "PYTHONHASHSEED": str(hash_seed),
    }
    done = subprocess.run(
        [sys.executable, "-P", "-m", "grader.author.rerun"],
        input=request(library, reruns),
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        raise RerunFailed(f"{library.exercise.id}: repeating verdicts ended with: {last}")
    found: list[str] = json.loads(done.stdout)
    return found
