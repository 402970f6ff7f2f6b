from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from grader.author import measure
from grader.author.mutants import NoMutationLibrary
from grader.author.report import as_json, as_markdown, as_text, complaints, totals, updated
from grader.author.stability import RerunFailed
from grader.cli import main

ROW: dict[str, Any] = {
    "id": "exercise-07",
    "variants": 4,
    "variants_accepted": 4,
    "misconceptions": 14,
    "misconceptions_rejected": 14,
    "misconceptions_named": 12,
    "trivial": 30,
    "trivial_rejected": 30,
    "mutants": 100,
    "mutants_rejected": 97,
    "mutants_equivalent": 3,
    "survivors": [],
    "stale": [],
    "kills": 21,
    "kill_redundancy": 1.5,
    "killed_once": 6,
    "diagnosis_precision": 0.9,
    "diagnosis_coverage": 0.5,
    "names": 20,
    "names_right": 18,
    "mutants_comparable": 40,
    "mutants_recognised": 8,
    "mutants_explained": 20,
    "reruns": 200,
    "reruns_changed": 0,
    "changes": [],
    "checks": 9,
    "seconds": 0.25,
}
OTHER = {
    **ROW,
    "id": "exercise-08",
    "names": 5,
    "names_right": 0,
    "diagnosis_precision": 0.0,
    "kills": 35,
    "kill_redundancy": 2.5,
    "seconds": 0.5,
}


def cells(table: str, name: str) -> list[str]:
    (line,) = (line for line in table.splitlines() if line.startswith(f"| {name} "))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_totals_add_up_and_keep_the_slowest() -> None:
    both = totals([ROW, OTHER])
    assert (both["misconceptions"], both["misconceptions_named"]) == (28, 24)
    assert (both["mutants"], both["reruns"], both["seconds"]) == (200, 400, 0.5)


def test_shares_of_the_whole_are_made_of_counts_and_not_of_shares() -> None:
    both = totals([ROW, OTHER])
    assert (both["names"], both["names_right"]) == (25, 18)
    assert both["diagnosis_precision"] == 0.72
    assert both["kill_redundancy"] == 2.0
    assert both["diagnosis_coverage"] == 0.5


def test_what_one_exercise_lacks_the_whole_lacks_too() -> None:
    both = totals([ROW, {**ROW, "mutants": None, "mutants_rejected": None}])
    assert both["mutants"] is both["mutants_rejected"] is None
    assert both["variants"] == 8


def test_the_tables_show_what_was_counted() -> None:
    verdicts, causes, rest = as_markdown([ROW, OTHER]).split("## ")[1:]
    assert cells(verdicts, "exercise-07")[1:] == [
        "0 of 4",
        "0 of 14",
        "0 of 30",
        "97 of 100",
        "3",
        "0",
    ]
    assert cells(causes, "exercise-07")[1:] == ["12 of 14", "90.0% (18/20)", "50.0% (20/40)"]
    assert cells(causes, "all")[2] == "72.0% (18/25)"
    assert cells(rest, "exercise-07")[1:] == ["9", "1.50", "6", "0 of 200", "0.25"]


def test_wrong_verdicts_stand_out_in_the_tables() -> None:
    wrong = {**ROW, "variants_accepted": 3, "mutants_rejected": 90, "reruns_changed": 2}
    verdicts, _, rest = as_markdown([wrong]).split("## ")[1:]
    assert cells(verdicts, "all")[1] == "1 of 4"
    assert cells(verdicts, "all")[6] == "7"
    assert cells(rest, "all")[4] == "2 of 200"


def test_what_was_not_measured_is_a_dash() -> None:
    missing = dict.fromkeys(("mutants", "mutants_rejected", "mutants_equivalent", "seconds"))
    row = {**ROW, **missing, "diagnosis_coverage": None, "mutants_comparable": 0}
    verdicts, causes, rest = as_markdown([row]).split("## ")[1:]
    assert cells(verdicts, "exercise-07")[4:] == ["–", "–", "–"]
    assert cells(causes, "exercise-07")[3] == "–"
    assert cells(rest, "exercise-07")[5] == "–"


def test_lines_of_a_table_are_of_one_length() -> None:
    table = [line for line in as_text([ROW, OTHER]).splitlines() if line.startswith("|")]
    assert len(table) == 15
    assert len({len(line) for line in table[:5]}) == 1


def test_nothing_is_complained_of_where_all_is_well() -> None:
    assert complaints([ROW, OTHER]) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"variants_accepted": 3}, "1 of 4 variants are rejected"),
        ({"misconceptions_rejected": 12}, "2 of 14 misconceptions are accepted"),
        ({"trivial_rejected": 29}, "1 of 30 trivial answers are accepted"),
        ({"survivors": ["f: a → b"]}, "accepted mutant: f: a → b"),
        ({"stale": ["f: a → b"]}, "in EQUIVALENT_MUTANTS: f: a → b"),
        ({"changes": ["the reference"]}, "changed: the reference"),
    ],
)
def test_what_is_wrong_is_said_in_words(change: dict[str, Any], words: str) -> None:
    (said,) = complaints([{**ROW, **change}])
    assert said.startswith("exercise-07: ") and said.endswith(words)
    assert said in as_text([{**ROW, **change}])


def test_json_has_the_published_form() -> None:
    document = json.loads(as_json([ROW]))
    assert document["exercises"] == [ROW]
    lists = {"id", "survivors", "stale", "changes"}
    assert set(document["totals"]) == set(ROW) - lists


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the command asked to be measured."""
    found: dict[str, Any] = {}

    def rows(exercises: list[Any], **options: Any) -> list[dict[str, Any]]:
        found.update(options, exercises=[exercise.id for exercise in exercises])
        return [ROW]

    monkeypatch.setattr(measure, "rows", rows)
    return found


def test_the_command_measures_what_it_is_asked_to(asked: dict[str, Any], tmp_path: Any) -> None:
    page = tmp_path / "page.md"
    options = ["--no-mutants", "--reruns", "7", "--jobs", "2", "--format", "markdown"]
    done = CliRunner().invoke(main, ["dev", "report", "7", *options, "--output", str(page)])
    assert (done.exit_code, done.output) == (0, "")
    assert asked == {"exercises": ["exercise-07"], "with_mutants": False, "reruns": 7, "jobs": 2}
    assert page.read_text(encoding="utf-8") == as_markdown([ROW])


def test_the_command_prints_unless_told_otherwise(asked: dict[str, Any]) -> None:
    assert CliRunner().invoke(main, ["dev", "report", "7"]).output == as_text([ROW])
    assert asked == {"exercises": ["exercise-07"], "with_mutants": True, "reruns": 200, "jobs": 1}
    done = CliRunner().invoke(main, ["dev", "report", "7", "--format", "json"])
    assert done.output == as_json([ROW])


def test_a_file_keeps_the_rows_of_other_exercises(asked: dict[str, Any], tmp_path: Any) -> None:
    file = tmp_path / "evidence.json"
    file.write_text(as_json([{**ROW, "checks": 1}, OTHER]), encoding="utf-8")
    done = CliRunner().invoke(main, ["dev", "report", "7", "--update", str(file)])
    assert done.exit_code == 0 and done.output == as_text([ROW])
    assert file.read_text(encoding="utf-8") == as_json([ROW, OTHER])


def test_new_rows_are_put_in_order() -> None:
    tenth = {**ROW, "id": "exercise-10"}
    assert updated(as_json([tenth]), [OTHER, ROW]) == [ROW, OTHER, tenth]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"exercises": [1]}'])
def test_a_file_of_something_else_is_left_alone(
    text: str, asked: dict[str, Any], tmp_path: Any
) -> None:
    file = tmp_path / "notes.json"
    file.write_text(text, encoding="utf-8")
    done = CliRunner().invoke(main, ["dev", "report", "7", "--update", str(file)])
    assert done.exit_code == 2 and len(done.output.splitlines()) == 1
    assert file.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (NoMutationLibrary("Mutants need cosmic-ray"), 2, "--no-mutants"),
        (RerunFailed("exercise-07: no answer"), 3, "no answer"),
    ],
)
def test_the_command_ends_with_one_clear_line(
    error: Exception, code: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rows(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(measure, "rows", rows)
    done = CliRunner().invoke(main, ["dev", "report", "7"])
    assert done.exit_code == code
    assert words in done.output and len(done.output.splitlines()) == 1
