"""A mock interview: all questions first, then what they were worth, with what that says.

Five right answers of nine stop those who guess, and half of those who know half of it pass; so the
bar is never shown without the interval that goes with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quizzes.history import Answer
from quizzes.sets import NamedSet
from quizzes.statistics import brier

PREFIX = "interview"
#: Of the interval for the share of such questions that somebody would answer rightly.
CREDIBLE = 0.9


@dataclass(frozen=True)
class Outcome:
    """What an interview came to.

    Attributes:
        right, total: right answers, and questions.
        low, high: with a flat prior, the share of questions known lies between with 90 %.
        brier: the mean squared distance of confidence from what happened, 0 the best; None if no
            confidence was given.
        minutes: time spent on all answers together.
    """

    right: int
    total: int
    low: float
    high: float
    brier: float | None
    minutes: float


def outcome(answers: Sequence[Answer]) -> Outcome:
    """Sum up the answers of one interview."""
    from scipy.stats import beta

    right, total = sum(answer.right for answer in answers), len(answers)
    tail = (1 - CREDIBLE) / 2
    low, high = beta.ppf([tail, 1 - tail], 1 + right, 1 + total - right)
    minutes = sum(answer.seconds for answer in answers) / 60
    return Outcome(right, total, float(low), float(high), brier(answers), minutes)


def verdict(named: NamedSet, found: Outcome) -> str:
    """`passed`, `strong` or `not passed`; nothing where the set has no bar."""
    if not named.bar:
        return ""
    if named.strong and found.right >= named.strong:
        return "strong"
    return "passed" if found.right >= named.bar else "not passed"


def unfinished(named: NamedSet, answers: Sequence[Answer]) -> tuple[str, Sequence[Answer]] | None:
    """The last interview with this set if it was broken off: its run, and the answers so far."""
    runs: dict[str, list[Answer]] = {}
    for answer in answers:
        if answer.quiz.startswith(f"{PREFIX}:{named.name}:"):
            runs.setdefault(answer.quiz, []).append(answer)
    if not runs:
        return None
    run, given = list(runs.items())[-1]
    asked = {answer.question for answer in given}
    return (run, given) if not asked.issuperset(named.questions) else None


def report(named: NamedSet, found: Outcome, answers: Sequence[Answer]) -> list[str]:
    """Lines of Markdown: the verdict, the interval, and every question with its answer."""
    said = verdict(named, found)
    lines = [f"# {named.title.en}", ""]
    score = f"{found.right} of {found.total} right"
    if named.bar:
        score += f"; the bar is {named.bar}: **{said}**"
    lines += [f"{score}.", "", interval(found), f"Time: {found.minutes:.1f} minutes.", ""]
    if found.brier is not None:
        lines += [f"Brier score of your confidence: {found.brier:.2f} (0 is best).", ""]
    lines += ["| question | right | confidence | judged by |", "|---|---|---|---|"]
    for answer in answers:
        sure = "" if answer.confidence is None else f"{answer.confidence:.0%}"
        right = "yes" if answer.right else "no"
        lines.append(f"| {answer.question} | {right} | {sure} | {answer.judged} |")
    return lines


def interval(found: Outcome) -> str:
    """What so few questions say, in a sentence."""
    return (
        f"With {found.total} questions, the share that you know lies between {found.low:.0%} and "
        f"{found.high:.0%} (90 % interval)."
    )
