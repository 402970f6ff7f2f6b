from __future__ import annotations

import json

from grader.author.report import as_json, as_text, row, totals
from grader.judge.library import Library

ROW = {
    "id": "exercise-07",
    "variants": 4,
    "variants_accepted": 3,
    "misconceptions": 14,
    "misconceptions_rejected": 13,
    "misconceptions_named": 12,
    "mutants": None,
    "mutants_rejected": None,
    "checks": 9,
    "seconds": 0.25,
}


def test_counts_what_the_verdicts_say(miniature_library: Library) -> None:
    found = row(miniature_library.exercise)
    assert found["variants_accepted"] == found["variants"] == 2
    assert found["misconceptions_named"] == found["misconceptions_rejected"] == 3
    assert found["seconds"] > 0


def test_totals_add_up_and_keep_the_slowest() -> None:
    both = totals([ROW, {**ROW, "seconds": 0.5}])
    assert (both["misconceptions"], both["misconceptions_named"], both["seconds"]) == (28, 24, 0.5)


def test_the_table_shows_accepted_of_all() -> None:
    lines = as_text([ROW]).splitlines()
    assert "3 of 4" in lines[2] and "13 of 14" in lines[2] and "12 of 14" in lines[2]
    assert len({len(line) for line in lines}) == 1


def test_json_has_the_published_form() -> None:
    document = json.loads(as_json([ROW]))
    assert document["exercises"] == [ROW]
    assert set(document["totals"]) >= {"variants", "mutants", "seconds"}
