"""The result object and the status of an exercise from those of its checks."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.result import SCHEMA_VERSION, CheckResult, Diagnosis, Result, Status, overall


def check(status: Status) -> CheckResult:
    return CheckResult("name", "A title", status, 0, 1)


def status_of(*statuses: Status) -> Status:
    return overall(tuple(check(status) for status in statuses))


PASSED, FAILED, SKIPPED = Status.PASSED, Status.FAILED, Status.SKIPPED
NOT_ATTEMPTED, CANNOT_RUN, TIMED_OUT = Status.NOT_ATTEMPTED, Status.CANNOT_RUN, Status.TIMED_OUT
CRASHED, ERROR = Status.CRASHED, Status.ERROR


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([PASSED, PASSED], PASSED),
        ([PASSED, FAILED], FAILED),
        ([PASSED, SKIPPED], FAILED),
        ([PASSED, NOT_ATTEMPTED], FAILED),
        ([FAILED, NOT_ATTEMPTED], FAILED),
        ([NOT_ATTEMPTED, NOT_ATTEMPTED], NOT_ATTEMPTED),
        ([NOT_ATTEMPTED, SKIPPED], NOT_ATTEMPTED),
        ([FAILED, TIMED_OUT, PASSED], TIMED_OUT),
        ([FAILED, CRASHED], CRASHED),
        ([CRASHED, TIMED_OUT], TIMED_OUT),
        ([TIMED_OUT, CANNOT_RUN], CANNOT_RUN),
        ([CANNOT_RUN, CRASHED, ERROR], ERROR),
    ],
)
def test_the_most_telling_status_is_that_of_the_exercise(
    statuses: list[Status], expected: Status
) -> None:
    assert status_of(*statuses) is expected
    assert status_of(*reversed(statuses)) is expected


@given(st.lists(st.sampled_from(Status)))
def test_an_exercise_passes_only_if_every_check_does(statuses: list[Status]) -> None:
    everything = bool(statuses) and all(status is PASSED for status in statuses)
    assert (status_of(*statuses) is PASSED) == everything


def test_no_checks_at_all_is_not_a_pass() -> None:
    assert status_of() is NOT_ATTEMPTED


def result() -> Result:
    return Result(
        exercise="exercise-07",
        title="Backpropagation",
        status=FAILED,
        score=0,
        max_score=10,
        checks=(check(FAILED),),
        misconceptions=(Diagnosis("a_name", "A title", "Because.", "A book", ("name",)),),
    )


def test_as_json_is_versioned_plain_data() -> None:
    data = json.loads(json.dumps(result().as_json()))
    assert data["schema_version"] == SCHEMA_VERSION
    assert set(data) == {"schema_version", *(entry.name for entry in fields(Result))}
    assert data["status"] == data["checks"][0]["status"] == "failed"
    assert data["misconceptions"][0]["checks"] == ["name"]


def test_a_result_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        result().score = 10  # type: ignore[misc]


def test_results_do_not_share_their_dicts() -> None:
    one, other = result(), result()
    one.isolation["level"] = "strict"
    assert other.isolation == {}
