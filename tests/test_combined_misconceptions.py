"""Two misconceptions in one submission: what is named is one of the two, or nothing."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest

from grader.author.law import Trial
from grader.catalog import Catalog, Exercise
from grader.judge.compose import compose
from grader.judge.diagnose import Diagnosis
from grader.judge.library import Library
from grader.result import Result, Status
from grader.spec.library import Misconception

EXERCISES = Catalog().exercises
PAIRS = 2
#: Two mistakes that give, in one check each, the numbers of a third; other checks speak against it.
MISLEADING = [
    ("02", "cuts_without_shuffling", "divides_the_short_batch_by_batch_size"),
    ("02", "cuts_without_shuffling", "shuffles_only_once"),
]


def pairs(library: Library, count: int) -> list[tuple[Misconception, Misconception]]:
    """Pairs that replace different names, so that both mistakes are in what comes out."""
    apart = [
        (one, other)
        for one, other in itertools.combinations(library.misconceptions, 2)
        if not set(one.members) & set(other.members)
    ]
    return random.Random(0).sample(apart, min(count, len(apart)))


def verdict(library: Library, cache: Path, one: str, other: str) -> Result:
    solution, texts = library.text("solution"), library.text("misconceptions")
    return Trial(library, cache).grade(compose(solution, texts, one, also=(other,)))


@pytest.mark.slow
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_no_third_misconception_is_named(exercise: Exercise, cache: Path) -> None:
    library = Library(exercise)
    for one, other in pairs(library, PAIRS):
        result = verdict(library, cache, one.name, other.name)
        assert result.status is not Status.PASSED, (one.name, other.name)
        named = {diagnosis.name for diagnosis in result.misconceptions}
        assert named <= {one.name, other.name}, (one.name, other.name)


@pytest.mark.parametrize(("number", "one", "other"), MISLEADING)
def test_other_checks_speak_against_a_false_cause(
    number: str, one: str, other: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Library(Catalog().find(number))
    named = {d.name for d in verdict(library, cache, one, other).misconceptions}
    assert named and named <= {one, other}
    # Without that rule a third one would be named, so the test can fail.
    monkeypatch.setattr(Diagnosis, "_contradicted", lambda *_: False)
    named = {d.name for d in verdict(library, cache, one, other).misconceptions}
    assert not named <= {one, other}


def test_the_function_that_is_said_to_be_wrong_has_a_say(cache: Path) -> None:
    """Sizes that are far too large raise the same error as sizes that are one too large."""
    library = Library(Catalog().find("13"))
    source = library.text("solution").replace(") // stride + 1", ") * stride + 1")
    result = Trial(library, cache).grade(source)
    assert result.status is not Status.PASSED and result.misconceptions == ()
    slightly = library.source(
        next(e for e in library.misconceptions if e.name == "rounds_the_output_size_up")
    )
    named = [diagnosis.name for diagnosis in Trial(library, cache).grade(slightly).misconceptions]
    assert named == ["rounds_the_output_size_up"]


def test_two_functions_with_a_mistake_each_are_both_named(cache: Path) -> None:
    library = Library(Catalog().find("07"))
    one, other = "leaves_out_the_bias", "takes_the_absolute_value"
    named = {d.name for d in verdict(library, cache, one, other).misconceptions}
    assert named == {one, other}
