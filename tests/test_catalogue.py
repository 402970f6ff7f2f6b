"""The completeness law, for every exercise there is. An exercise adds no test of its own."""

from __future__ import annotations

import doctest
import re
import sys
from pathlib import Path

import pytest

from grader.author import texts
from grader.author.law import LAWS, Law, Trial
from grader.catalog import Catalog, Exercise
from grader.judge.library import Library

EXERCISES = Catalog().exercises


@pytest.mark.slow
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_the_law_holds(exercise: Exercise, law: Law, cache: Path) -> None:
    assert list(law(Trial(Library(exercise), cache))) == []


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_the_worked_example_is_right(exercise: Exercise, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, exercise.slug, Library(exercise).solution)
    text = (exercise.public / "README.md").read_text(encoding="utf-8")
    example = doctest.DocTestParser().get_doctest(text, {}, exercise.id, "README.md", 0)
    assert example.examples
    report: list[str] = []
    doctest.DocTestRunner(verbose=False).run(example, out=report.append)
    assert "".join(report) == ""


def test_a_wrong_worked_example_is_noticed() -> None:
    example = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", "README.md", 0)
    report: list[str] = []
    doctest.DocTestRunner(verbose=False).run(example, out=report.append)
    assert report


def mentioned(text: str) -> list[int]:
    """The exercises that a text speaks of: `exercise 07`, `exercises 03 and 07`."""
    found = re.findall(r"[Ee]xercises? (\d\d)(?:(?:,| and| to) (\d\d))*", text)
    return [int(number) for numbers in found for number in numbers if number]


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_no_text_sends_the_reader_ahead(exercise: Exercise) -> None:
    texts = [
        file.read_text(encoding="utf-8")
        for file in sorted(exercise.public.iterdir())
        if file.is_file()
    ]
    for text in texts:
        told = text.partition("## Out of scope")[0]
        assert [number for number in mentioned(told) if number > exercise.number] == []


def test_exercises_are_found_in_a_text() -> None:
    assert mentioned("as in exercise 03, or Exercises 05 and 07; σ(40) is no exercise") == [3, 5, 7]


def test_numbers_and_names_are_unique() -> None:
    assert len({exercise.number for exercise in EXERCISES}) == len(EXERCISES)
    assert len({exercise.slug for exercise in EXERCISES}) == len(EXERCISES)
    public = {exercise.folder for exercise in EXERCISES}
    private = {path.name for path in (Catalog().root / "reference").iterdir()}
    assert {name for name in private if name.startswith("exercise_")} == public


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_no_single_check_can_be_deleted(exercise: Exercise) -> None:
    library = Library(exercise)
    every = library.checks
    for position in range(len(every)):
        library.__dict__["checks"] = every[:position] + every[position + 1 :]
        assert list(texts.points(library)) and list(texts.library_texts(library))
    library.__dict__["checks"] = every
    assert not list(texts.points(library)) and not list(texts.library_texts(library))
