"""The verdict for people: a terminal of 80 columns, colour only where it is wanted."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import click

from grader.report.escape import no_command, one_line, plain
from grader.result import CheckResult, Result, Status

WIDTH = 80
MARKS = {
    Status.PASSED: ("✓", "green"),
    Status.FAILED: ("✗", "red"),
    Status.SKIPPED: ("–", "yellow"),
    Status.NOT_ATTEMPTED: ("○", "yellow"),
    Status.CANNOT_RUN: ("!", "yellow"),
    Status.TIMED_OUT: ("✗", "red"),
    Status.CRASHED: ("✗", "red"),
    Status.ERROR: ("!", "magenta"),
}
WORDS = {
    Status.PASSED: "passed",
    Status.FAILED: "not passed yet",
    Status.NOT_ATTEMPTED: "not attempted",
    Status.CANNOT_RUN: "cannot run here",
    Status.TIMED_OUT: "timed out",
    Status.CRASHED: "crashed",
    Status.ERROR: "grader fault",
}
#: Failed checks shown in full; the others keep to their first sentence.
IN_FULL = 1


def render(result: Result) -> str:
    """Return the whole report."""
    lines = (no_command(line) for entry in _lines(result) for line in entry.split("\n"))
    return "\n".join(lines) + "\n"


def _lines(result: Result) -> Iterator[str]:
    yield from _headline(result)
    yield ""
    untouched = result.status is Status.NOT_ATTEMPTED and result.file
    if result.message and not untouched:
        yield from _wrapped(plain(result.message), "")
        yield ""
    if untouched:
        yield "Nothing is written yet."
        yield ""
        yield from _wrapped(f"Open {one_line(result.file or '')}", "")
        number = result.exercise.removeprefix("exercise-")
        yield from _wrapped(f"Read the README.md beside it; `grade hint {number}` helps.", "")
        return
    for check in result.checks:
        yield _line(check)
    failed = [
        c for c in result.checks if c.status in (Status.FAILED, Status.TIMED_OUT, Status.CRASHED)
    ]
    for position, check in enumerate(failed):
        yield ""
        if position < IN_FULL:
            yield from _in_full(check, result)
        else:
            yield from _in_short(check, result)
            if _first_cause(check, failed, result):
                yield from _explained(check, result)
    for check in result.checks:
        # Beyond what was missing, something is known about the part that was not judged.
        if check.status is Status.SKIPPED and "”. " in check.message:
            yield ""
            yield from _wrapped(check.title, "", bold=True)
            yield from _wrapped(plain(check.message), "  ")
    yield from _footer(result)


def _headline(result: Result) -> Iterator[str]:
    passed = sum(check.status is Status.PASSED for check in result.checks)
    score = f"{result.score:g}/{result.max_score:g}"
    mark, colour = MARKS[result.status]
    text = f"{mark} {result.exercise} · {result.title}: {WORDS.get(result.status, result.status)}"
    for line in textwrap.wrap(text, WIDTH - 1):
        yield click.style(line, fg=colour, bold=True)
    right = f"{passed} of {len(result.checks)} checks"
    already = " are right already" if 0 < passed < len(result.checks) else ""
    yield f"  {score} points, {right}{already}"


def _line(check: CheckResult) -> str:
    mark, colour = MARKS[check.status]
    points = f"{check.score:g}/{check.max_score:g}"
    room = WIDTH - len(points) - 7
    title = textwrap.shorten(check.title, room, placeholder=" …")
    return f"  {click.style(mark, fg=colour)} {title:<{room}} {points}"


def _in_full(check: CheckResult, result: Result) -> Iterator[str]:
    """The input, what is wrong with it, what that looks like, where to look, what to ask for."""
    yield from _wrapped(check.title, "", bold=True)
    if check.counterexample:
        yield f"  {_shown_as(check.message)}:"
        yield ""
        for line in plain(check.counterexample).splitlines():
            yield click.style(f"    {line}", fg="cyan")
        yield ""
    yield from _wrapped(plain(check.message), "  ")
    if check.actual is not None and check.expected is not None:
        yield ""
        yield from _labelled("expected", check.expected)
        yield from _labelled("yours", check.actual)
    yield from _explained(check, result)
    look = check.line is not None and "See line" not in check.message
    if look or check.hint:
        yield ""
    if look:
        yield f"  Look at: line {check.line} of {_file(result)}"
    if check.hint:
        number = result.exercise.removeprefix("exercise-")
        yield f"  Next: grade hint {number} {check.hint}"


def _shown_as(message: str) -> str:
    """What the calls are that are shown; a case with a name and calls made again are not shrunk."""
    if "In the case “" in message:
        return "The case in full"
    if "made again" in message:
        return "The calls that were made again"
    return "The smallest input found that shows it"


def _first_cause(check: CheckResult, failed: list[CheckResult], result: Result) -> bool:
    """Whether a cause is found here, and none in the checks before."""
    earlier = failed[: failed.index(check)]
    return bool(_causes(check, result)) and not any(_causes(one, result) for one in earlier)


def _explained(check: CheckResult, result: Result) -> Iterator[str]:
    for explanation, headings in _causes(check, result).items():
        yield ""
        for heading in headings:
            yield from _wrapped(heading, "  ", bold=True)
        yield from _wrapped(explanation, "  ")


def _causes(check: CheckResult, result: Result) -> dict[str, list[str]]:
    """Explanation → what it explains; patterns of one kind share theirs."""
    found: dict[str, list[str]] = {}
    for diagnosis in result.misconceptions:
        if diagnosis.name == check.misconception:
            heading = f"Consistent with this misconception: {diagnosis.name.replace('_', ' ')}"
            found.setdefault(diagnosis.explanation, []).append(heading)
    for pattern in result.patterns:
        if check.name in pattern.checks:
            found.setdefault(pattern.explanation, []).append(pattern.statement)
    return found


def _file(result: Result) -> str:
    return (
        one_line(result.file.replace("\\", "/").rpartition("/")[2]) if result.file else "your file"
    )


def _in_short(check: CheckResult, result: Result) -> Iterator[str]:
    yield from _wrapped(check.title, "", bold=True)
    first = plain(check.message).partition(". ")[0].rstrip(".") + "."
    if check.misconception:
        first += f" Consistent with: {check.misconception.replace('_', ' ')}."
    else:
        first += "".join(f" {p.statement}" for p in result.patterns if check.name in p.checks)
    yield from _wrapped(first, "  ")


def _footer(result: Result) -> Iterator[str]:
    notes = {c.message for c in result.checks if c.status is Status.PASSED and c.message}
    for note in sorted(notes):
        yield ""
        yield from _wrapped(f"Note: {plain(note)}", "  ")
    if result.output.strip() and result.status is not Status.PASSED:
        lines = plain(result.output, 4000).strip().splitlines()
        yield ""
        yield f"  Your code printed {len(lines)} line{'s' if len(lines) != 1 else ''} (not judged):"
        yield from (f"    {line[: WIDTH - 6]}" for line in lines[:5])
        if len(lines) > 5:
            yield "    …"
    yield ""
    seed = "" if result.seed is None else f", seed {result.seed}"
    yield f"  {result.duration_s:.2f} s{seed}"


def _labelled(label: str, value: str) -> Iterator[str]:
    lines = textwrap.wrap(one_line(value), WIDTH - 15)
    yield f"    {label:<9} {lines[0] if lines else ''}"
    yield from (f"{'':14}{line}" for line in lines[1:])


def _wrapped(text: str, first: str, *, bold: bool = False) -> Iterator[str]:
    indent = first
    for paragraph in text.splitlines():
        lines = textwrap.wrap(
            paragraph,
            WIDTH - len(indent) - 1,
            break_on_hyphens=False,
        )
        for line in lines or [""]:
            yield indent + (click.style(line, bold=True) if bold else line)
        # What a submission put on further lines stays visibly inside the message.
        indent = first + 4 * " "
