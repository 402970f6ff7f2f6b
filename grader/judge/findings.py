"""What is found out about the failed checks of a verdict: chance, smaller inputs, likely causes."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from grader.judge import explain as words
from grader.judge.diagnose import Diagnosis as Comparison
from grader.judge.implementation import Call
from grader.judge.locate import definition_line
from grader.judge.own_gradient import OwnGradient, own_gradient
from grader.judge.patterns import find_patterns
from grader.judge.relevance import relevant
from grader.judge.shrink import Counterexample, entries, shrink
from grader.judge.submitted import Lost, Submitted
from grader.judge.tape import TapeCase
from grader.judge.verdict import Problem, alike
from grader.result import Causes, CheckResult, Diagnosis, Pattern, Status
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


def account_for(replay: Replay, results: dict[str, CheckResult], failed: Failed) -> Causes:
    """Fill in counterexamples and messages; return the misconceptions and patterns that were found.

    A misconception comes first. Only where none is left alone, patterns in the numbers are looked
    for, and the gradients are held against the submission's own forward.
    """
    named: dict[str, Diagnosis] = {}
    patterns: dict[str, Pattern] = {}
    comparison = Comparison(replay.library, replay.evidence)
    left, first = SHRINK_SECONDS, True
    wrong = [
        check
        for check in replay.library.checks
        if check.name in failed and failed[check.name][1].kind != "not_attempted"
    ]
    passed = [name for name, result in results.items() if result.status is Status.PASSED]
    explanations = comparison.explanations(wrong, passed)
    for check in wrong:
        case, problem = failed[check.name]
        outcome = next(o for c, o in replay.evidence[check.name] if c is case)
        start = Counterexample(case, outcome, problem)
        if _by_chance(replay, check, start):
            results[check.name] = replace(results[check.name], message=CHANCE)
            continue
        candidates = explanations[check.name]
        began = time.monotonic()
        if replay.context.options.shrink and not problem.undecided and left > 0:
            # The first failed check is the one a student reads in full.
            start = _smaller(replay, check, start, left, simpler=first)
            first = False
        left -= time.monotonic() - began
        result = _told(replay, results[check.name], start)
        if len(candidates) == 1:
            result = replace(result, misconception=candidates[0].name)
            _name(named, candidates[0], check)
        elif candidates:
            result = _and(result, words.several(candidates))
        else:
            for found in find_patterns(check, replay.evidence[check.name]):
                _add(patterns, found.kind, found.statement, found.explanation, check)
        if len(candidates) != 1 and problem.kind == "gradient":
            own = _own_gradient(replay, check)
            if own is not None and own.own_forward:
                result = _and(result, own.in_words())
        results[check.name] = result
    comparison.close()
    _account_for_skipped(replay, results, failed)
    return Causes(tuple(named.values()), tuple(patterns.values()))


def _account_for_skipped(replay: Replay, results: dict[str, CheckResult], failed: Failed) -> None:
    """Tell of gradients that wait for a wrong forward whether they fit that forward."""
    for check in replay.library.checks:
        waits = [name for name in check.requires if name in failed]
        if results[check.name].status is not Status.SKIPPED or not waits:
            continue
        if any(failed[name][1].kind not in REPEATABLE for name in waits):
            continue
        own = _own_gradient(replay, check)
        if own is not None:
            results[check.name] = _and(results[check.name], own.in_words(skipped=True))


def _own_gradient(replay: Replay, check: Check) -> OwnGradient | None:
    """Compare on the smallest drawn case; the zeros of a shrunk one agree for no reason."""
    cases = [
        case
        for case in replay.tape[check.name].cases
        if case.name is None and any(entry.role == "gradient" for entry in case.observed)
    ]
    if not cases:
        return None
    case = min(cases, key=lambda case: entries(dict(case.fields)))

    def compare(submitted: Submitted) -> OwnGradient | None:
        submitted.transcript = case.transcript
        return own_gradient(replay.library, check, case.fields, submitted)

    found = replay.attempt(check, [label for label, _ in case.transcript], compare)
    return None if isinstance(found, Lost) else found


def _by_chance(replay: Replay, check: Check, found: Counterexample) -> bool:
    if found.problem.kind not in REPEATABLE:
        return False
    replay.renew()
    again = replay.outcome(check, found.case)
    # On a busy machine the time of the verdict may be over by now: then nothing is known.
    if again.failure is not None and again.failure.kind == "timed_out":
        return False
    return not alike(found.case, found.outcome, again)


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


def _told(replay: Replay, result: CheckResult, found: Counterexample) -> CheckResult:
    texts = words.explain(found.case, found.problem)
    seen, calls = found.problem.observed, found.outcome.calls
    direct = seen is not None and seen.role in ("value", "gradient")
    shown = relevant(calls, seen.value) if seen is not None and direct else list(calls)
    return replace(
        result,
        message=texts.message,
        expected=texts.expected,
        actual=texts.actual,
        counterexample=replay.snippet(shown, found.outcome.observed, found.case.fields)
        if calls
        else None,
        line=_line(replay, result, found.problem, shown),
    )


def _line(
    replay: Replay, result: CheckResult, problem: Problem, shown: Sequence[Call]
) -> int | None:
    """Where it was raised, else where the function is defined that gave the wrong result."""
    if problem.failure is not None and problem.failure.lines:
        return problem.failure.lines[-1][0]
    tree, task = replay.context.submission.tree, result.hint or ""
    relation = problem.kind in ("same", "holds") or not shown
    label = task if relation else shown[-1].label
    return definition_line(tree, label) or definition_line(tree, task)


def _and(result: CheckResult, text: str) -> CheckResult:
    return replace(result, message=f"{result.message} {text}".strip())


def _name(named: dict[str, Diagnosis], entry: Misconception, check: Check) -> None:
    before = named[entry.name].checks if entry.name in named else ()
    named[entry.name] = Diagnosis(
        entry.name, entry.title, entry.explanation, entry.source, (*before, check.name)
    )


def _add(
    patterns: dict[str, Pattern], kind: str, statement: str, explanation: str, check: Check
) -> None:
    before = patterns[statement].checks if statement in patterns else ()
    patterns[statement] = Pattern(kind, statement, explanation, (*before, check.name))
