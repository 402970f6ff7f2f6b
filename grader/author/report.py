"""Tables of what was measured: as JSON, as text, and as the published page `docs/evidence.md`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from grader.author.measure import Row, counts, named
from grader.author.naming import Naming, share

SUMS = (
    "variants",
    "variants_accepted",
    "misconceptions",
    "misconceptions_rejected",
    "misconceptions_named",
    "trivial",
    "trivial_rejected",
    "mutants",
    "mutants_rejected",
    "mutants_equivalent",
    "kills",
    "killed_once",
    "reruns",
    "reruns_changed",
    "checks",
)
Column = tuple[str, Callable[[Row], str]]
Table = tuple[str, tuple[Column, ...]]


def totals(rows: Sequence[Row]) -> Row:
    """Sums over all rows, shares of the sums, and the slowest verdict; null if any row is."""
    added: Row = {name: _sum(rows, name) for name in SUMS}
    return {
        **added,
        **named(sum(map(counts, rows), Naming())),
        "kill_redundancy": share(added["kills"], added["misconceptions"]),
        "seconds": max((entry["seconds"] or 0 for entry in rows), default=0),
    }


def _sum(rows: Sequence[Row], name: str) -> int | None:
    found = [entry[name] for entry in rows]
    return None if None in found else sum(found)


def as_json(rows: Sequence[Row]) -> str:
    """`{"exercises": […], "totals": {…}}`."""
    document = {"exercises": list(rows), "totals": totals(rows)}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def updated(text: str, rows: Sequence[Row]) -> list[Row]:
    """The rows of a JSON document, with those of the same exercises replaced and new ones added.

    Raises:
        ValueError: the text is no such document.
    """
    try:
        kept = {row["id"]: row for row in json.loads(text)["exercises"]}
    except (KeyError, TypeError) as error:
        raise ValueError(f"no list of exercises in it ({error})") from None
    kept |= {row["id"]: row for row in rows}
    return sorted(kept.values(), key=lambda row: int(row["id"].rpartition("-")[2]))


def as_text(rows: Sequence[Row]) -> str:
    """Plain tables, then what asks for an author's attention."""
    parts = [f"{title}\n\n{_table(columns, rows)}" for title, columns in TABLES]
    said = "".join(f"{line}\n" for line in complaints(rows))
    return "\n".join([*parts, said] if said else parts)


def as_markdown(rows: Sequence[Row]) -> str:
    """The same tables under headings, for a page."""
    return "\n".join(f"## {title}\n\n{_table(columns, rows)}" for title, columns in TABLES)


def complaints(rows: Sequence[Row]) -> list[str]:
    """In words: every wrong verdict, mutant not accounted for, and verdict that changed."""
    found = []
    for entry in rows:
        found += [
            f"{entry['id']}: {entry[whole] - entry[part]} of {entry[whole]} {words}"
            for whole, part, words in (
                ("variants", "variants_accepted", "variants are rejected"),
                ("misconceptions", "misconceptions_rejected", "misconceptions are accepted"),
                ("trivial", "trivial_rejected", "trivial answers are accepted"),
            )
            if entry[whole] != entry[part]
        ]
        for name, words in (
            ("survivors", "accepted mutant"),
            ("stale", "fits no accepted mutant, yet in EQUIVALENT_MUTANTS"),
            ("changes", "changed"),
        ):
            found += [f"{entry['id']}: {words}: {text}" for text in entry.get(name) or ()]
    return found


def _table(columns: Sequence[Column], rows: Sequence[Row]) -> str:
    """Aligned, and valid Markdown."""
    header = [title for title, _ in columns]
    entries = [*rows, {"id": "all", **totals(rows)}]
    body = [[cell(entry) for _, cell in columns] for entry in entries]
    widths = [max(len(line[i]) for line in [header, *body]) for i in range(len(header))]
    lines = [header, ["-" * width for width in widths], *body]
    return "".join(
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) + " |\n"
        for line in lines
    )


def _plain(name: str) -> Callable[[Row], str]:
    return lambda row: _shown(row[name])


def _of(part: str, whole: str) -> Callable[[Row], str]:
    return lambda row: "–" if row[whole] is None else f"{row[part]} of {row[whole]}"


def _wrong(whole: str, right: str) -> Callable[[Row], str]:
    return lambda row: f"{row[whole] - row[right]} of {row[whole]}"


def _fraction(name: str, part: str, whole: str) -> Callable[[Row], str]:
    return lambda row: "–" if row[name] is None else f"{row[name]:.1%} ({row[part]}/{row[whole]})"


def _open(row: Row) -> str:
    if row["mutants"] is None:
        return "–"
    return str(row["mutants"] - row["mutants_rejected"] - row["mutants_equivalent"])


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


EXERCISE: Column = ("exercise", _plain("id"))
TABLES: tuple[Table, ...] = (
    (
        "Wrong verdicts",
        (
            EXERCISE,
            ("correct variants rejected", _wrong("variants", "variants_accepted")),
            ("misconceptions accepted", _wrong("misconceptions", "misconceptions_rejected")),
            ("trivial answers accepted", _wrong("trivial", "trivial_rejected")),
            ("mutants rejected", _of("mutants_rejected", "mutants")),
            ("equivalent", _plain("mutants_equivalent")),
            ("not accounted for", _open),
        ),
    ),
    (
        "Named causes",
        (
            EXERCISE,
            ("misconceptions named alone", _of("misconceptions_named", "misconceptions")),
            ("precision", _fraction("diagnosis_precision", "names_right", "names")),
            (
                "coverage",
                _fraction("diagnosis_coverage", "mutants_explained", "mutants_comparable"),
            ),
        ),
    ),
    (
        "Redundancy, stability and speed",
        (
            EXERCISE,
            ("checks", _plain("checks")),
            ("checks that fail on a misconception", _plain("kill_redundancy")),
            ("caught by one check only", _plain("killed_once")),
            ("verdicts changed", _of("reruns_changed", "reruns")),
            ("seconds", _plain("seconds")),
        ),
    ),
)
