"""The JSON of a verdict is valid under the published schema, which tells right from wrong."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

from grader.report.as_json import render, render_all, schema
from grader.result import CheckResult, Diagnosis, Result, Status

VALIDATOR = Draft202012Validator(schema())
CHECK = CheckResult("forward", "affine_forward adds the bias", Status.PASSED, 4, 4)
ISOLATION = {"level": "basic", "layers": ["separate process"], "missing": ["network"]}
PASSED = Result(
    exercise="exercise-07",
    title="Backpropagation",
    status=Status.PASSED,
    score=4,
    max_score=10,
    checks=(CHECK,),
    isolation=ISOLATION,
    duration_s=0.25,
    versions={"python": "3.11"},
)
FAILED = replace(
    PASSED,
    status=Status.FAILED,
    score=0,
    checks=(
        replace(
            CHECK,
            status=Status.FAILED,
            score=0.0,
            message="It is wrong.",
            expected="4",
            actual="2",
            counterexample="f(1)",
            misconception="forgets_it",
            hint="forward",
        ),
        replace(CHECK, name="later", status=Status.SKIPPED, score=0),
    ),
    misconceptions=(Diagnosis("forgets_it", "It forgets", "Because.", "a book", ("forward",)),),
    output="printed\n",
    file="exercise_07_backprop/backprop.py",
)
EXAMPLES = {
    "passed": PASSED,
    "failed": FAILED,
    "without checks": replace(PASSED, status=Status.CANNOT_RUN, score=0, checks=(), message="No."),
    "beyond a hundred": replace(PASSED, exercise="exercise-100"),
    **{
        f"status {status}": replace(PASSED, status=status, checks=(replace(CHECK, status=status),))
        for status in Status
    },
}


def validated(text: str) -> Any:
    data = json.loads(text)
    VALIDATOR.validate(data)
    return data


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema())
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("result", EXAMPLES.values(), ids=EXAMPLES)
def test_results_are_valid(result: Result) -> None:
    data = validated(render(result))
    assert data["status"] == str(result.status)
    assert data["schema_version"] == 1
    assert [check["name"] for check in data["checks"]] == [check.name for check in result.checks]


def test_everything_in_a_result_is_published() -> None:
    assert validated(render(FAILED)) == json.loads(json.dumps(FAILED.as_json()))
    published = schema()["properties"]
    assert set(published) == {"schema_version", *(entry.name for entry in fields(Result))}
    assert set(schema()["required"]) == set(published)
    for name, kind in (("checks", CheckResult), ("misconceptions", Diagnosis)):
        assert set(published[name]["items"]["properties"]) == {f.name for f in fields(kind)}


def test_many_results_are_an_array_of_valid_ones() -> None:
    data = json.loads(render_all([PASSED, FAILED]))
    assert data == [json.loads(render(PASSED)), json.loads(render(FAILED))]
    assert json.loads(render_all([])) == []


def test_the_text_ends_with_one_newline() -> None:
    for text in (render(PASSED), render_all([PASSED])):
        assert text.endswith("\n")
        assert not text.endswith("\n\n")


Change = Callable[[dict[str, Any]], Any]
ALTERED: dict[str, Change] = {
    "another version": lambda data: data.update(schema_version=2),
    "no such status": lambda data: data.update(status="probably"),
    "a status of a check": lambda data: data["checks"][0].update(status="PASSED"),
    "a number as id": lambda data: data.update(exercise=7),
    "an id of another form": lambda data: data.update(exercise="07"),
    "an id of one digit": lambda data: data.update(exercise="exercise-7"),
    "a negative score": lambda data: data.update(score=-1),
    "a score in words": lambda data: data["checks"][0].update(score="4"),
    "nothing to win": lambda data: data["checks"][0].update(max_score=0),
    "a field too many": lambda data: data.update(grade="A"),
    "a field of a check too many": lambda data: data["checks"][0].update(grade="A"),
    "a diagnosis too many": lambda data: data["misconceptions"][0].update(grade="A"),
    "a message of none": lambda data: data["checks"][0].update(message=None),
    "a counterexample of code": lambda data: data["checks"][0].update(counterexample=["f(1)"]),
    "checks by name": lambda data: data.update(checks={"forward": data["checks"][0]}),
    "checks of a diagnosis": lambda data: data["misconceptions"][0].update(checks=[1]),
    "isolation by word": lambda data: data.update(isolation="strict"),
    "isolation without what is missing": lambda data: data["isolation"].pop("missing"),
    "half a seed": lambda data: data.update(seed=0.5),
    "time before the start": lambda data: data.update(duration_s=-0.1),
    "a version as a number": lambda data: data["versions"].update(python=3.11),
}


@pytest.mark.parametrize("change", ALTERED.values(), ids=ALTERED)
def test_the_schema_rejects_what_a_result_is_not(change: Change) -> None:
    data = validated(render(FAILED))
    change(data)
    with pytest.raises(ValidationError):
        VALIDATOR.validate(data)


def paths(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where the objects of a result keep their fields, those of free form aside."""
    found = []
    if isinstance(data, list) and data:
        found += paths(data[0], (*path, 0))
    if isinstance(data, dict):
        for name, value in data.items():
            found.append((*path, name))
            if name != "versions":
                found += paths(value, (*path, name))
    return found


@pytest.mark.parametrize("path", paths(json.loads(render(FAILED))), ids=str)
def test_the_schema_requires_every_field(path: tuple[Any, ...]) -> None:
    data = copy.deepcopy(json.loads(render(FAILED)))
    owner = data
    for step in path[:-1]:
        owner = owner[step]
    del owner[path[-1]]
    with pytest.raises(ValidationError):
        VALIDATOR.validate(data)


HOSTILE = "\ud800 \x1b[2J \x9b2J \u202e \u2028 \x00 ::error::x"


def with_text(text: str) -> Result:
    check = replace(FAILED.checks[0], message=text, expected=text, actual=text, counterexample=text)
    return replace(FAILED, message=text, output=text, file=text, checks=(check,))


def test_hostile_text_is_kept_as_data_and_cannot_be_acted_upon() -> None:
    text = render(with_text(HOSTILE))
    assert validated(text)["message"] == HOSTILE
    assert all(character.isprintable() or character == "\n" for character in text)
    assert not any(line.strip().startswith("::") for line in text.splitlines())
    text.encode("utf-8")


@settings(deadline=None)
@given(st.text() | st.text(st.characters(codec=None)))
def test_any_text_comes_back_as_it_was(text: str) -> None:
    written = render(with_text(text))
    written.encode("utf-8")
    data = validated(written)
    assert data["output"] == data["checks"][0]["expected"] == text
