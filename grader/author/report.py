"""The table over all exercises: what is accepted, rejected, named, and how long it takes."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from grader.author.law import Trial, measure
from grader.catalog import Exercise
from grader.judge.library import Library
from grader.result import Status

SUMS = (
    "variants",
    "variants_accepted",
    "misconceptions",
    "misconceptions_rejected",
    "misconceptions_named",
    "checks",
)


def row(exercise: Exercise) -> dict[str, Any]:
    """Measure one exercise.

    `mutants` and `mutants_rejected` are null: automatic mutation is not measured yet.
    `seconds` is the median of warm verdicts in a real runner.
    """
    with tempfile.TemporaryDirectory() as cache:
        trial = Trial(Library(exercise), Path(cache))
        library = trial.library
        accepted = sum(
            trial.grade(library.source(entry), backend=entry.backend).status is Status.PASSED
            for entry in library.variants
        )
        verdicts = [
            (entry.name, trial.grade(library.source(entry))) for entry in library.misconceptions
        ]
        _, warm = measure(trial)
    return {
        "id": exercise.id,
        "variants": len(library.variants),
        "variants_accepted": accepted,
        "misconceptions": len(verdicts),
        "misconceptions_rejected": sum(r.status is not Status.PASSED for _, r in verdicts),
        "misconceptions_named": sum(
            [d.name for d in result.misconceptions] == [name] for name, result in verdicts
        ),
        "mutants": None,
        "mutants_rejected": None,
        "checks": len(library.checks),
        "seconds": round(warm, 3),
    }


def totals(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Sums over all rows, and the slowest verdict."""
    added = {name: sum(entry[name] for entry in rows) for name in SUMS}
    slowest = max((entry["seconds"] for entry in rows), default=0)
    return {**added, "mutants": None, "mutants_rejected": None, "seconds": slowest}


def as_json(rows: list[dict[str, Any]]) -> str:
    """`{"exercises": […], "totals": {…}}`."""
    return json.dumps({"exercises": rows, "totals": totals(rows)}, indent=2) + "\n"


def as_text(rows: list[dict[str, Any]]) -> str:
    """A plain table, also valid Markdown."""
    header = [
        "exercise",
        "variants accepted",
        "misconceptions rejected",
        "and named",
        "checks",
        "seconds",
    ]
    body = [_cells(entry) for entry in [*rows, {"id": "all", **totals(rows)}]]
    widths = [max(len(line[i]) for line in [header, *body]) for i in range(len(header))]
    lines = [header, ["-" * width for width in widths], *body]
    return "".join(
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) + " |\n"
        for line in lines
    )


def _cells(entry: dict[str, Any]) -> list[str]:
    return [
        entry["id"],
        f"{entry['variants_accepted']} of {entry['variants']}",
        f"{entry['misconceptions_rejected']} of {entry['misconceptions']}",
        f"{entry['misconceptions_named']} of {entry['misconceptions']}",
        str(entry["checks"]),
        f"{entry['seconds']:.2f}",
    ]
