from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.author import measure
from grader.author.measure import counts, named, row, rows
from grader.author.mutants import Mutant
from grader.author.naming import Naming
from grader.catalog import Catalog, Exercise

COUNTER = "self.total = self.total + xp.sum(x)"


@pytest.fixture
def miniature_row(miniature: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Measure the miniature with texts replaced, on the mutants given as edits of the solution."""

    def measured(
        name: str = "spec", old: str = "", new: str = "", edits: tuple[tuple[str, str], ...] = ()
    ) -> dict[str, Any]:
        file = miniature / "reference" / "exercise_01_mean" / f"{name}.py"
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new) if old else text, encoding="utf-8")
        monkeypatch.setattr(
            measure,
            "mutants",
            lambda text: [Mutant(f"{a} → {b}", "", text.replace(a, b), 1) for a, b in edits],
        )
        return row(Catalog(miniature).find("1"), reruns=0, timed=False)

    return measured


def test_counts_what_the_verdicts_say(miniature_row: Callable[..., Any]) -> None:
    found = miniature_row(edits=((COUNTER, f"{COUNTER} + 1"), (COUNTER, f"{COUNTER} + 0")))
    assert found == {
        "id": "exercise-01",
        "digest": found["digest"],
        "variants": 2,
        "variants_accepted": 2,
        "misconceptions": 3,
        "misconceptions_rejected": 3,
        "misconceptions_named": 3,
        "trivial": 18,
        "trivial_rejected": 18,
        "mutants": 2,
        "mutants_rejected": 1,
        "mutants_equivalent": 0,
        "survivors": [f"{COUNTER} → {COUNTER} + 0"],
        "stale": [],
        "kills": 3,
        "kill_redundancy": 1.0,
        "killed_once": 3,
        "diagnosis_precision": 1.0,
        "diagnosis_coverage": found["mutants_explained"] / 1,
        "names": 3,
        "names_right": 3,
        "mutants_comparable": 1,
        "mutants_recognised": 0,
        "mutants_explained": found["mutants_explained"],
        "reruns": 0,
        "reruns_changed": 0,
        "changes": [],
        "checks": 3,
        "seconds": None,
    }


def test_a_rejected_variant_lowers_what_is_accepted(miniature_row: Callable[..., Any]) -> None:
    found = miniature_row("variants", "row * share / sum(w)", "row * share")
    assert (found["variants"], found["variants_accepted"]) == (2, 1)


def test_a_variant_that_is_named_lowers_the_precision(miniature_row: Callable[..., Any]) -> None:
    wrong = "return out * len(x), np.asarray(w) / sum(w)"
    found = miniature_row("variants", "return out, np.asarray(w) / sum(w)", wrong)
    assert (found["names"], found["names_right"]) == (4, 3)
    assert found["diagnosis_precision"] == 0.75


def test_a_blind_check_lowers_what_is_rejected(miniature_row: Callable[..., Any]) -> None:
    seen = 'values(total=counter.add(case.x), kept=counter.attribute("total"))'
    found = miniature_row("spec", seen, "values(start=case.start)")
    assert (found["misconceptions_rejected"], found["misconceptions_named"]) == (2, 2)
    assert found["trivial"] - found["trivial_rejected"] == 4


def test_an_equivalent_mutant_is_counted_as_such(miniature_row: Callable[..., Any]) -> None:
    reason = {
        f"{COUNTER} → {COUNTER} + 0": "adding nothing changes nothing",
        "old → new": "it was so once",
    }
    found = miniature_row(
        "spec",
        "FORBIDDEN =",
        f"EQUIVALENT_MUTANTS = {reason!r}\nFORBIDDEN =",
        edits=((COUNTER, f"{COUNTER} + 0"),),
    )
    assert (found["mutants_rejected"], found["mutants_equivalent"]) == (0, 1)
    assert (found["survivors"], found["stale"]) == ([], ["old → new"])


def test_without_mutants_nothing_is_said_of_them(miniature: Path) -> None:
    exercise = Catalog(miniature).find("1")
    found = row(exercise, with_mutants=False, reruns=0, timed=False)
    for name in ("mutants", "mutants_rejected", "mutants_equivalent", "diagnosis_coverage"):
        assert found[name] is None
    assert found["diagnosis_precision"] == 1


def test_verdicts_are_timed_and_repeated(miniature: Path) -> None:
    found = row(Catalog(miniature).find("1"), with_mutants=False, reruns=3)
    assert found["seconds"] > 0
    assert (found["reruns"], found["reruns_changed"]) == (3, 0)


def test_several_processes_measure_the_same(miniature: Path) -> None:
    exercise: Exercise = Catalog(miniature).find("1")
    alone, both = (
        rows([exercise] * number, with_mutants=False, reruns=0, jobs=number) for number in (1, 2)
    )
    for found in (*alone, *both):
        found.pop("seconds")
    assert both == alone * 2


def test_a_row_says_what_was_counted() -> None:
    found = Naming(5, 4, 3, 1, 2)
    assert counts(named(found)) == found
    assert named(found)["diagnosis_precision"] == 0.8
