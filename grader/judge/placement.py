"""What a torch submission that is right on the CPU would do wrong on a GPU, told without one.

A runner of its own holds tensors on torch's `meta` device (`grader.runner.placement`) and makes the
calls of the checks that have passed. Getting torch ready for that takes more than a second of
processor time, so it is done only where the source makes a tensor and does not say where, or takes
one to the CPU. What depends on numbers, such as `if x.max() > 0`, cannot be followed; nothing is
said of it. What is noticed is a note: the numbers are right, and those are what is asked.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.judge import explain as words
from grader.judge.names import aliases, dotted
from grader.judge.observe import observe
from grader.judge.runner_process import CannotRun, RunnerLost
from grader.judge.submitted import Submitted
from grader.result import CheckResult, Status
from grader.runner.placement import DEVICE
from grader.spec.checks import Check

if TYPE_CHECKING:
    from grader.judge.replay import Replay

#: Functions of torch that make a tensor on the CPU unless they are told where.
FACTORIES = frozenset(
    "torch." + name
    for name in (
        *("arange", "as_tensor", "empty", "eye", "from_numpy", "full", "linspace", "logspace"),
        *("ones", "rand", "randint", "randn", "randperm", "scalar_tensor", "tensor"),
        *("tril_indices", "triu_indices", "zeros"),
    )
)
#: Of every check, so many cases are looked at, if they make no more calls than that.
CASES, CALLS = 3, 30
#: Methods that take a tensor to the CPU.
DEPARTURES = {"cpu", "numpy"}


def worth_a_look(tree: ast.Module) -> bool:
    """Whether a tensor is made without saying where, or taken to the CPU.

    A function that speaks of a device anywhere is taken to know what it does.
    """
    known = aliases(tree)
    careful = {id(inner) for node in ast.walk(tree) if _careful(node) for inner in ast.walk(node)}
    return any(
        _stays(node, known)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and id(node) not in careful
    )


def _careful(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef) and any(
        isinstance(inner, ast.Attribute) and inner.attr == "device" for inner in ast.walk(node)
    )


def _stays(call: ast.Call, known: Mapping[str, str]) -> bool:
    name = dotted(call.func, known) or ""
    if name in FACTORIES:
        return not any(keyword.arg in ("device", None) for keyword in call.keywords)
    if name.startswith("numpy."):
        return True
    return isinstance(call.func, ast.Attribute) and call.func.attr in DEPARTURES


class Placement:
    """The runner on `meta`, to be started early, since it takes long to be ready."""

    def __init__(self, replay: Replay) -> None:
        self.replay = replay
        self.runner: Any = replay.start_runner(DEVICE)
        self.told: set[Any] = set()

    def look(self, results: dict[str, CheckResult]) -> None:
        """Add a note to each passed check that shows a new place where a GPU would refuse."""
        # If this runner is lost, nothing is known and nothing is said: no verdict depends on it.
        with contextlib.suppress(CannotRun, RunnerLost):
            if self.replay.load_into(self.runner).get("ok") is not True:
                return
            for check in self.replay.library.checks:
                found = results.get(check.name)
                if found is not None and found.status is Status.PASSED:
                    message = " ".join([found.message, *self._noticed(check)]).strip()
                    results[check.name] = replace(found, message=message)

    def __enter__(self) -> Placement:
        return self

    def __exit__(self, *_: object) -> None:
        self.runner.close()

    def _noticed(self, check: Check) -> list[str]:
        """The first thing that no check before has shown, if there is one."""
        cases = self.replay.tape[check.name].cases
        for case in (case for case in cases[:CASES] if len(case.transcript) <= CALLS):
            submitted = Submitted(self.runner, case.transcript, rows=self.replay.library.rows)
            with np.errstate(all="ignore"):
                failure = observe(check, submitted, case.fields).failure
            told = words.note_placement(failure) if failure is not None else None
            if failure is None or told is None:
                continue
            place = failure.lines[-1] if failure.lines else failure.message
            if place not in self.told:
                self.told.add(place)
                return [told]
        return []
