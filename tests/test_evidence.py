"""What `docs/evidence.json` says of every exercise belongs to what is there, and is good enough.

All of it takes half an hour to measure, so a part of it is measured again here: the same sample of
mutants every time, and a few verdicts on other seeds. Misconceptions, variants and trivial answers
are all judged again by the completeness law. Renew a row with
`grade dev report ID --update docs/evidence.json`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from grader.author import naming, report, stability
from grader.author.bench import Bench
from grader.author.measure import digest
from grader.author.mutants import Mutant, mutants
from grader.author.survivors import sort
from grader.catalog import Catalog, Exercise
from grader.judge.launch import RunnerPool
from grader.judge.library import Library
from grader.result import Status

EXERCISES = Catalog().exercises
SAMPLE = 9
RERUNS = 3


@pytest.fixture(scope="module")
def published() -> dict[str, dict[str, Any]]:
    text = (Catalog().root / "docs" / "evidence.json").read_text(encoding="utf-8")
    return {row["id"]: row for row in json.loads(text)["exercises"]}


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_the_evidence_is_up_to_date(
    exercise: Exercise, published: dict[str, dict[str, Any]]
) -> None:
    command = f"grade dev report {exercise.number} --update docs/evidence.json"
    assert exercise.id in published, command
    assert published[exercise.id]["digest"] == digest(Library(exercise)), command


def test_every_file_counts_for_the_digest(miniature: Path) -> None:
    found = set()
    for name in ("solution", "spec", "misconceptions", "variants"):
        library = Library(Catalog(miniature).find("1"))
        found.add(digest(library))
        file = library.exercise.private / f"{name}.py"
        file.write_text(file.read_text() + "\n# changed\n")
    found.add(digest(Library(Catalog(miniature).find("1"))))
    assert len(found) == 5


@pytest.mark.slow
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_a_sample_of_the_mutants_is_rejected_and_named_rightly(
    exercise: Exercise, published: dict[str, dict[str, Any]], cache: Path
) -> None:
    library = Library(exercise)
    every = mutants(library.text("solution"))
    assert len(every) == published[exercise.id]["mutants"]
    chosen = sorted(every, key=lambda mutant: mutant.id)[:SAMPLE]
    with RunnerPool() as pool:
        bench = Bench(library, cache, pool.start)
        accepted = {mutant.identity for mutant in chosen if not _rejected(bench, mutant)}
        bench.close()
    assert [mutant.identity for mutant in sort(library, chosen, accepted).survivors] == []


def _rejected(bench: Bench, mutant: Mutant) -> bool:
    judged = bench.judge(mutant.source)
    if judged.status is Status.PASSED:
        return False
    names = naming.of_mutant(bench, mutant.source, judged)
    assert names.right == names.names, mutant.identity
    return True


@pytest.mark.slow
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_verdicts_do_not_change_with_seeds_threads_and_hash_seeds(exercise: Exercise) -> None:
    repeated = stability.repeat(Library(exercise), RERUNS)
    assert (repeated.reruns, repeated.changes) == (RERUNS, ())


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_the_published_evidence_shows_no_wrong_verdict(
    exercise: Exercise, published: dict[str, dict[str, Any]]
) -> None:
    assert faults(published[exercise.id]) == []


def faults(row: dict[str, Any]) -> list[str]:
    """What may not be said of any exercise."""
    found = report.complaints([row])
    inequivalent = row["mutants"] - row["mutants_equivalent"]
    if row["mutants_rejected"] < 0.98 * inequivalent:
        found.append("fewer than 98 % of the mutants that are not equivalent are rejected")
    if row["names_right"] < row["names"]:
        found.append("a false name was given")
    if row["reruns"] < 200:
        found.append("fewer than 200 verdicts were repeated")
    return found


@pytest.mark.parametrize(
    "change",
    [
        {"variants_accepted": -1},
        {"misconceptions_rejected": -1},
        {"trivial_rejected": -1},
        {"mutants_rejected": -30},
        {"names_right": -1},
        {"reruns": -200},
        {"survivors": ["f: a → b"]},
        {"stale": ["f: a → b"]},
        {"changes": ["the reference with seed 100: failed"]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_wrong_verdict_would_be_noticed(
    change: dict[str, Any], published: dict[str, dict[str, Any]]
) -> None:
    row = dict(published["exercise-07"])
    for name, value in change.items():
        row[name] = row[name] + value
    assert len(faults(row)) == 1
