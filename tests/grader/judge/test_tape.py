from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from grader.catalog import Catalog
from grader.judge import tape as tapes
from grader.judge.library import Library
from grader.judge.tape import build, load_or_build
from grader.spec.domain import SpecError


def library_at(root: Path) -> Library:
    return Library(Catalog(root).find("1"))


def test_a_stored_tape_comes_back_as_it_was(miniature_library: Library, tmp_path: Path) -> None:
    made = load_or_build(miniature_library, 0, tmp_path)
    read = load_or_build(miniature_library, 0, tmp_path)
    assert list(read) == list(made)
    for name in made:
        for left, right in zip(made[name].cases, read[name].cases, strict=True):
            assert left.name == right.name and left.transcript == right.transcript
            np.testing.assert_equal(dict(left.fields), dict(right.fields))
            for a, b in zip(left.observed, right.observed, strict=True):
                assert (a.name, a.role, a.because) == (b.name, b.role, b.because)
                np.testing.assert_array_equal(a.value, b.value)


def test_a_warm_tape_is_read_and_not_built(
    miniature_library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_or_build(miniature_library, 0, tmp_path)

    def refuse(*_: object) -> None:
        raise AssertionError("built again")

    monkeypatch.setattr(tapes, "build", refuse)
    load_or_build(miniature_library, 0, tmp_path)
    with pytest.raises(AssertionError, match="built again"):
        load_or_build(miniature_library, 1, tmp_path)


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-1], lambda b: b[:50] + b"x" + b[51:], lambda b: b""]
)
def test_a_damaged_tape_is_built_anew(
    miniature_library: Library, tmp_path: Path, damage: object
) -> None:
    load_or_build(miniature_library, 0, tmp_path)
    (file,) = tmp_path.iterdir()
    original = file.read_bytes()
    file.write_bytes(damage(original))  # type: ignore[operator]
    load_or_build(miniature_library, 0, tmp_path)
    assert file.read_bytes() == original


@pytest.mark.parametrize("name", ["spec.py", "solution.py"])
def test_changing_what_made_a_tape_makes_another(
    miniature: Path, tmp_path: Path, name: str
) -> None:
    cache = tmp_path / "cache"
    load_or_build(library_at(miniature), 0, cache)
    file = miniature / "reference" / "exercise_01_mean" / name
    file.write_text(file.read_text() + "\n# changed\n")
    load_or_build(library_at(miniature), 0, cache)
    assert len(list(cache.iterdir())) == 2


def test_a_cache_that_cannot_be_written_costs_only_time(
    miniature_library: Library, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    assert load_or_build(miniature_library, 0, blocked / "cache")


def test_special_cases_and_transcripts_are_on_the_tape(miniature_library: Library) -> None:
    tape = build(miniature_library, 0)
    assert [case.name for case in tape["mean_values"].cases] == [None] * 5 + ["one row"]
    labels = [label for label, _ in tape["counter_total"].cases[0].transcript]
    assert labels == ["Counter", "Counter.add", "Counter.add", "Counter.total"]


def test_a_reference_that_breaks_a_relation_is_a_fault_of_the_spec(miniature: Path) -> None:
    file = miniature / "reference" / "exercise_01_mean" / "spec.py"
    file.write_text(file.read_text().replace("out + 1, because", "out + 2, because"))
    with pytest.raises(SpecError, match="the reference breaks “adding 1 adds 1 to the mean”"):
        build(library_at(miniature), 0)


def test_a_reference_that_fails_is_a_fault_of_the_spec(miniature: Path) -> None:
    file = miniature / "reference" / "exercise_01_mean" / "solution.py"
    file.write_text(file.read_text() + "\n\ndef mean_forward(x, weight=None):\n    return None.x\n")
    with pytest.raises(SpecError, match="'mean_values' on the reference"):
        build(library_at(miniature), 0)


def test_the_key_depends_on_the_seed(miniature_library: Library) -> None:
    assert tapes._key(miniature_library, 0) != tapes._key(miniature_library, 1)
