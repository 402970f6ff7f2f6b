"""A second look at a check whose cases are right: in float32, and with its calls repeated.

Only a check that calls something no check before it has called is looked at, since looking again at
the same functions costs time and finds nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from grader.judge import explain as words
from grader.judge.implementation import Call
from grader.judge.repeat import Changed, repeat
from grader.judge.single import decide_single
from grader.judge.submitted import Lost, Submitted
from grader.judge.tape import CheckTape
from grader.result import CheckResult, Status
from grader.spec.checks import Check

if TYPE_CHECKING:
    from grader.judge.replay import Replay


def second_look(
    replay: Replay, check: Check, tape: CheckTape, passed: CheckResult, notes: list[str]
) -> CheckResult:
    """Return `passed` with notes on what was noticed, or the failure that was found.

    Args:
        notes: what was noticed before.
    """
    new = not _labels(replay, check) <= replay.looked_at
    replay.looked_at |= _labels(replay, check)
    lists = replay.context.submission.backend == "python"
    if tape.single is not None and not lists and (new or check.single_precision):
        outcome = replay.outcome(check, tape.single)
        problem = decide_single(tape.single, tape.bounds, outcome)
        if problem is not None and check.single_precision:
            texts = words.explain_single(tape.single, problem)
            return _failed(replay, passed, texts, outcome.calls, words.status_of(problem))
        if problem is not None:
            notes = [*notes, words.note_single(tape.single, problem)]
    again = _repeated(replay, check) if new else None
    if again is not None:
        changed, calls = again
        return _failed(replay, passed, words.explain_change(changed), calls)
    odd = [f"{note}." for _, outcome in replay.evidence[check.name] for note in outcome.notes]
    return replace(passed, message=" ".join(dict.fromkeys([*notes, *odd])))


def _labels(replay: Replay, check: Check) -> set[str]:
    """What the check calls."""
    return {call.label for _, outcome in replay.evidence[check.name] for call in outcome.calls}


def _repeated(replay: Replay, check: Check) -> tuple[Changed, tuple[Call, ...]] | None:
    """Repeat the calls of the first two cases in turns, or of the only case with itself."""
    pairs = replay.evidence[check.name]
    first, second = pairs[0], pairs[1 % len(pairs)]
    made = [*first[1].calls, *second[1].calls]

    def again(submitted: Submitted) -> tuple[Changed, tuple[Call, ...]] | None:
        changed = repeat(submitted, first, second)
        return None if changed is None else (changed, tuple(submitted.calls))

    found = replay.attempt(check, [call.label for call in made], again)
    if isinstance(found, Lost):
        last = found.calls[-1] if found.calls else made[0]
        return Changed(last, None, found.failure), found.calls
    return found


def _failed(
    replay: Replay,
    passed: CheckResult,
    texts: words.Explanation,
    calls: Sequence[Call],
    status: Status = Status.FAILED,
) -> CheckResult:
    told = replay.context.options.explain and calls
    return replace(
        passed,
        status=status,
        score=0,
        message=texts.message,
        expected=texts.expected,
        actual=texts.actual,
        counterexample=replay.snippet(calls) if told else None,
    )
