"""The result object: made by the judge, read by every renderer, published as a JSON Schema."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

SCHEMA_VERSION = 1


class Status(StrEnum):
    """What became of a check or of an exercise."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    NOT_ATTEMPTED = "not_attempted"
    CANNOT_RUN = "cannot_run"
    TIMED_OUT = "timed_out"
    CRASHED = "crashed"
    ERROR = "error"


@dataclass(frozen=True)
class Diagnosis:
    """A misconception that the submission's outputs are consistent with."""

    name: str
    title: str
    explanation: str
    source: str
    checks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pattern:
    """A regularity in how a submission's numbers differ, where no misconception explains them.

    `name` is the kind of pattern; `statement` says what was found, with its numbers;
    `explanation` what that is consistent with; `checks` names the checks that show it.
    """

    name: str
    statement: str
    explanation: str
    checks: tuple[str, ...] = ()


class Causes(NamedTuple):
    """What a submission's failures are consistent with."""

    misconceptions: tuple[Diagnosis, ...] = ()
    patterns: tuple[Pattern, ...] = ()


@dataclass(frozen=True)
class CheckResult:
    """One check's outcome.

    `message` says in a sentence or two what is wrong; `counterexample` is a snippet to paste;
    `expected` and `actual` are short texts; `line` is where to look in the submission; `hint`
    names the hint to ask for. On a check that passed, `message` notes what was odd.
    """

    name: str
    title: str
    status: Status
    score: float
    max_score: float
    message: str = ""
    expected: str | None = None
    actual: str | None = None
    counterexample: str | None = None
    misconception: str | None = None
    line: int | None = None
    hint: str | None = None


@dataclass(frozen=True)
class Result:
    """The verdict on one submission to one exercise."""

    exercise: str
    title: str
    status: Status
    score: float
    max_score: float
    checks: tuple[CheckResult, ...]
    misconceptions: tuple[Diagnosis, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    message: str = ""
    output: str = ""
    isolation: dict[str, Any] = field(default_factory=dict)
    seed: int | None = 0
    duration_s: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)
    file: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain data in the published form (`grader/report/result.schema.json`)."""
        return {"schema_version": SCHEMA_VERSION, **asdict(self)}


def overall(checks: tuple[CheckResult, ...]) -> Status:
    """The status of an exercise from those of its checks: the most telling one."""
    statuses = {check.status for check in checks}
    if statuses == {Status.PASSED}:
        return Status.PASSED
    if statuses <= {Status.NOT_ATTEMPTED, Status.SKIPPED}:
        return Status.NOT_ATTEMPTED
    for status in (Status.ERROR, Status.CANNOT_RUN, Status.TIMED_OUT, Status.CRASHED):
        if status in statuses:
            return status
    return Status.FAILED
