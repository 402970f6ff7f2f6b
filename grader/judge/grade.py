"""The verdict on one submission: reads, loads, checks, shrinks, names, sums up."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from grader import __version__
from grader.catalog import Exercise
from grader.judge import isolation
from grader.judge.launch import RunnerPool
from grader.judge.library import Library
from grader.judge.policy import violations
from grader.judge.runner_process import CannotRun
from grader.judge.submission import Submission, Unreadable, parse, untouched
from grader.result import CheckResult, Result, Status, overall

POINTS = 10
HIDDEN = "Details are hidden here."
DEFAULT_SEED = 0
#: Called with backend, device, seconds per call and the libraries to load ahead; gives something
#: that answers requests.
RunnerFactory = Callable[[str, str, float, Sequence[str]], Any]


@dataclass(frozen=True)
class Options:
    """How to grade.

    Attributes:
        seed: which tape; the default is public and fixed.
        backend: overrides the submission's own `BACKEND`.
        device: "cpu" or "cuda" (torch submissions only).
        call_seconds: wall time that one call may take.
        verdict_seconds: wall time that all calls of a verdict may take together.
        hidden: say only what passed and what did not: no inputs, values, texts, output or seed.
        cache: folder of the tapes, or None to build in memory.
        explain: whether to diagnose failures and to write counterexamples.
        shrink: whether to look for smaller counterexamples.
        runner: how runners are started; None makes a pool for this one verdict.
        policy: whether names that the exercise forbids are refused.
        only: names of the checks to run, with all that they require; None runs every check.
    """

    seed: int = DEFAULT_SEED
    backend: str | None = None
    device: str = "cpu"
    call_seconds: float = 5.0
    verdict_seconds: float = 60.0
    hidden: bool = False
    cache: Path | None = None
    explain: bool = True
    shrink: bool = True
    runner: RunnerFactory | None = None
    policy: bool = True
    only: Collection[str] | None = None


@dataclass
class Context:
    """What the stages of one verdict share."""

    library: Library
    options: Options
    submission: Submission
    started: float = field(default_factory=time.monotonic)
    limits: list[str] = field(default_factory=list)
    layers: list[str] = field(default_factory=list)
    output: str = ""

    def result(self, checks: tuple[CheckResult, ...], message: str = "", **extra: Any) -> Result:
        """Sum up."""
        exercise = self.library.exercise
        status = extra.pop("status", None) or overall(checks)
        return Result(
            exercise=exercise.id,
            title=exercise.title,
            status=status,
            score=sum(check.score for check in checks),
            max_score=POINTS,
            checks=checks,
            message=message,
            output=self.output,
            isolation=isolation.record(self.limits, self.layers),
            seed=self.options.seed,
            duration_s=round(time.monotonic() - self.started, 4),
            versions=_versions(),
            **extra,
        )


def grade(exercise: Exercise, source: bytes, options: Options, name: str = "") -> Result:
    """Grade one submission's bytes (see `_grade`); with `hidden`, keep the details back."""
    if options.hidden:
        # Nothing of an explanation would be shown, so none is looked for.
        return without_details(_grade(exercise, source, replace(options, explain=False), name))
    return _grade(exercise, source, options, name)


def _grade(exercise: Exercise, source: bytes, options: Options, name: str) -> Result:
    """Grade one submission's bytes.

    Args:
        name: what to call the file in messages.

    Raises:
        SpecError: the exercise's own files are at fault.
    """
    library = Library(exercise)
    name = name or exercise.stub.name
    started = time.monotonic()
    try:
        submission = parse(source, name, exercise.backend)
    except Unreadable as unreadable:
        empty = parse(b"", name, exercise.backend)
        context = Context(library, options, empty, started)
        return refuse(context, Status.FAILED, str(unreadable))
    if options.backend:
        submission = replace(submission, backend=options.backend)
    context = Context(library, options, submission, started)
    with contextlib.ExitStack() as stack:
        # Before anything else is looked at: NumPy takes longer to load than all of that.
        start = options.runner or _own_pool(stack, submission.backend, options.device)
        try:
            return _refused(context, name) or _replay(context, start)
        except CannotRun as cannot:
            return refuse(context, Status.CANNOT_RUN, str(cannot))


def _refused(context: Context, name: str) -> Result | None:
    """What can be said without running anything."""
    library, options, submission = context.library, context.options, context.submission
    if untouched(submission.tree, library.stub):
        return refuse(context, Status.NOT_ATTEMPTED, f"Nothing is written yet. Open {name}.")
    if options.device != "cpu" and submission.backend != "torch":
        return refuse(
            context, Status.CANNOT_RUN, f'--device {options.device} needs BACKEND = "torch".'
        )
    found = violations(submission.tree, library.forbidden) if options.policy else []
    return refuse(context, Status.FAILED, " ".join(found)) if found else None


def _own_pool(stack: contextlib.ExitStack, backend: str, device: str) -> RunnerFactory:
    """A pool for one verdict; its zygote loads while the judge reads the tape."""
    pool = stack.enter_context(RunnerPool())
    pool.warm(backend, device)
    return pool.start


def _replay(context: Context, start: RunnerFactory) -> Result:
    from grader.judge.replay import Replay

    replay = Replay(context, start)
    try:
        failure = replay.load()
        if failure is not None:
            return refuse(context, failure[0], failure[1])
        checks, causes = replay.run()
    finally:
        replay.close()
    return context.result(checks, misconceptions=causes.misconceptions, patterns=causes.patterns)


def without_details(result: Result) -> Result:
    """What may be said where inputs are secret: a submission could print them in its own words."""
    checks = tuple(
        replace(
            check,
            message="",
            expected=None,
            actual=None,
            counterexample=None,
            misconception=None,
            line=None,
        )
        for check in result.checks
    )
    return replace(
        result,
        checks=checks,
        misconceptions=(),
        patterns=(),
        message=HIDDEN,
        output="",
        seed=None,
    )


def refuse(context: Context, status: Status, message: str) -> Result:
    """A result for a submission that cannot be checked at all: every check carries the reason."""
    each = Status.NOT_ATTEMPTED if status is Status.NOT_ATTEMPTED else Status.SKIPPED
    checks = tuple(
        CheckResult(check.name, check.title, each, 0, check.points)
        for check in context.library.checks
    )
    return context.result(checks, message, status=status)


def _versions() -> dict[str, str]:
    import platform

    return {"gradschool": __version__, "python": platform.python_version()}
