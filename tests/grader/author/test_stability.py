from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.author import stability
from grader.author.rerun import Rerun
from grader.author.stability import FIRST_SEED, RerunFailed, plan, repeat
from grader.catalog import Catalog
from grader.judge.library import Library


@pytest.fixture
def library(miniature: Path) -> Callable[..., Library]:
    """The miniature with a text of one of its private files replaced."""

    def edited(name: str = "spec", old: str = "", new: str = "") -> Library:
        file = miniature / "reference" / "exercise_01_mean" / f"{name}.py"
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new) if old else text, encoding="utf-8")
        return Library(Catalog(miniature).find("1"))

    return edited


def test_every_seed_judges_the_reference_and_others_in_turn(miniature_library: Library) -> None:
    planned = plan(miniature_library, 40)
    assert len(planned) == 40
    assert {rerun.seed for rerun in planned} == set(range(FIRST_SEED, FIRST_SEED + 4))
    assert [rerun.seed for rerun in planned if not rerun.entry] == [100, 101, 102, 103]
    times = Counter(rerun.entry for rerun in planned if rerun.entry)
    assert set(times) == {
        "loops",
        "tensors",
        "returns_the_sum",
        "gives_every_row_everything",
        "forgets_the_total",
    }
    assert max(times.values()) - min(times.values()) <= 1


def test_some_are_confined_but_none_needs_another_library_for_it(
    miniature_library: Library,
) -> None:
    planned = plan(miniature_library, 200)
    confined = [rerun for rerun in planned if rerun.confined]
    assert 30 <= len(confined) <= 40
    assert "tensors" not in {rerun.entry for rerun in confined}
    assert "" in {rerun.entry for rerun in confined}


def test_few_verdicts_still_have_both_numbers_of_threads(
    miniature_library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int, int]] = []

    def run(library: Library, mine: list[Rerun], threads: int, hash_seed: int) -> list[str]:
        asked.append((len(mine), threads, hash_seed))
        return ["a change"]

    monkeypatch.setattr(stability, "_run", run)
    found = repeat(miniature_library, 10)
    assert asked == [(5, 1, 0), (5, 2, 1)]
    assert found.reruns == 10
    assert found.changes == (
        "a change (1 threads, hash seed 0)",
        "a change (2 threads, hash seed 1)",
    )
    asked.clear()
    assert repeat(miniature_library, 200).reruns == 200
    assert {threads for _, threads, _ in asked} == {1, 2}
    assert len({seed for _, _, seed in asked}) == stability.PROCESSES
    assert sum(number for number, _, _ in asked) == 200
    asked.clear()
    assert repeat(miniature_library, 0).reruns == 0
    assert asked == []


def test_sound_verdicts_do_not_change(miniature_library: Library) -> None:
    assert repeat(miniature_library, 4).changes == ()


def test_the_processes_have_their_threads_and_hash_seed(library: Callable[..., Library]) -> None:
    demands = (
        "import os, sys\n"
        "assert os.environ['OMP_NUM_THREADS'] == str(1 + int(os.environ['PYTHONHASHSEED']) % 2)\n"
        "assert sys.flags.hash_randomization == (os.environ['PYTHONHASHSEED'] != '0')\n"
        "assert not sys.flags.ignore_environment\n"
    )
    sound = library("spec", '"""Checks of the miniature."""', demands)
    assert repeat(sound, 4).changes == ()
    broken = library("spec", "== str(1 + int", "== str(2 + int")
    with pytest.raises(RerunFailed, match=r"exercise-01.*AssertionError"):
        repeat(broken, 4)
