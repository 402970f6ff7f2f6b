"""What is found out about the failed checks of a verdict: chance, smaller inputs, likely causes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from grader.judge import explain as words
from grader.judge.diagnose import Diagnosis as Comparison
from grader.judge.shrink import Counterexample, shrink
from grader.judge.snippet import relevant
from grader.judge.tape import TapeCase
from grader.judge.verdict import Problem, alike
from grader.result import CheckResult, Diagnosis
from grader.spec.checks import Check
from grader.spec.library import Misconception

if TYPE_CHECKING:
    from grader.judge.replay import Replay

#: Seconds that shrinking may take in one verdict, over all failed checks.
SHRINK_SECONDS = 4.0
#: Problems in which the same call could give another answer the next time.
REPEATABLE = ("value", "gradient", "same", "holds")
CHANCE = (
    "The same call gave another result when it was made again in a fresh process. Look for random "
    "numbers of your own, and for arrays that are read before they are filled."
)

Failed = Mapping[str, tuple[TapeCase, Problem]]


def account_for(
    replay: Replay, results: dict[str, CheckResult], failed: Failed
) -> tuple[Diagnosis, ...]:
    """Fill in counterexamples and causes; return the misconceptions that were named."""
    named: dict[str, Diagnosis] = {}
    comparison = Comparison(replay.library, replay.evidence)
    left, first = SHRINK_SECONDS, True
    for check in replay.library.checks:
        if check.name not in failed or failed[check.name][1].kind == "not_attempted":
            continue
        case, problem = failed[check.name]
        outcome = next(o for c, o in replay.evidence[check.name] if c is case)
        start = Counterexample(case, outcome, problem)
        if _by_chance(replay, check, start):
            results[check.name] = replace(results[check.name], message=CHANCE)
            continue
        candidates = comparison.candidates(check)
        began = time.monotonic()
        if replay.context.options.shrink and not problem.undecided and left > 0:
            # The first failed check is the one a student reads in full.
            start = _smaller(replay, check, start, left, simpler=first)
            first = False
        left -= time.monotonic() - began
        results[check.name] = _told(replay, check, results[check.name], start, candidates)
        if len(candidates) == 1:
            _name(named, candidates[0], check)
    comparison.close()
    return tuple(named.values())


def _by_chance(replay: Replay, check: Check, found: Counterexample) -> bool:
    if found.problem.kind not in REPEATABLE:
        return False
    replay.renew()
    return not alike(found.case, found.outcome, replay.outcome(check, found.case))


def _smaller(
    replay: Replay, check: Check, start: Counterexample, seconds: float, *, simpler: bool
) -> Counterexample:
    return shrink(
        replay.library,
        check,
        start,
        lambda case: replay.outcome(check, case),
        seconds,
        simpler=simpler,
    )


def _told(
    replay: Replay,
    check: Check,
    result: CheckResult,
    found: Counterexample,
    candidates: list[Misconception],
) -> CheckResult:
    texts = words.explain(found.case, found.problem)
    message = texts.message
    if len(candidates) > 1:
        titles = "; ".join(entry.title for entry in candidates)
        message += f" Consistent with each of these, which agree here: {titles}."
    seen, calls = found.problem.observed, found.outcome.calls
    direct = seen is not None and seen.role in ("value", "gradient")
    code = replay.snippet(relevant(calls, seen.value) if seen is not None and direct else calls)
    return replace(
        result,
        message=message,
        expected=texts.expected,
        actual=texts.actual,
        counterexample=code if calls else None,
        misconception=candidates[0].name if len(candidates) == 1 else None,
    )


def _name(named: dict[str, Diagnosis], entry: Misconception, check: Check) -> None:
    before = named[entry.name].checks if entry.name in named else ()
    named[entry.name] = Diagnosis(
        entry.name, entry.title, entry.explanation, entry.source, (*before, check.name)
    )
