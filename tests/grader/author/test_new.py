from __future__ import annotations

from pathlib import Path

import pytest

from grader.author.law import Trial, reference_passes, untouched_stub, variants_pass
from grader.author.new import Taken, create
from grader.author.texts import files, library_texts, points, readme, stub
from grader.catalog import Catalog
from grader.judge.library import Library


@pytest.fixture
def root(tmp_path: Path) -> Path:
    create(tmp_path, 90, "scaling")
    return tmp_path


def test_the_folders_are_found_and_complete(root: Path) -> None:
    exercise = Catalog(root).find("scaling")
    assert (exercise.id, exercise.title, exercise.backend) == ("exercise-90", "Scaling", "numpy")
    assert list(files(Library(exercise))) == []


def test_what_was_written_runs_at_once(root: Path) -> None:
    trial = Trial(Library(Catalog(root).find("90")), root / "tapes")
    for law in (untouched_stub, reference_passes, variants_pass):
        assert list(law(trial)) == []
    assert list(stub(trial.library)) == list(points(trial.library)) == []


def test_the_law_names_what_is_still_to_be_written(root: Path) -> None:
    library = Library(Catalog(root).find("90"))
    assert "README.md still has a TODO" in list(readme(library))
    assert any(p.startswith("misconceptions: 1 of 8") for p in library_texts(library))


@pytest.mark.parametrize(
    ("number", "slug"), [(90, "other"), (91, "scaling"), (92, "Bad"), (93, "a-b")]
)
def test_what_is_taken_or_illegal_is_refused_and_nothing_is_written(
    root: Path, number: int, slug: str
) -> None:
    with pytest.raises(Taken):
        create(root, number, slug)
    assert len(Catalog(root).exercises) == 1
