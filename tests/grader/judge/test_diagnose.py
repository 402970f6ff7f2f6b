from __future__ import annotations

from typing import Any

import pytest

from grader.judge.diagnose import Diagnosis
from grader.judge.library import Library
from grader.judge.local_runner import LocalRunner
from grader.judge.observe import observe
from grader.judge.submitted import Submitted
from grader.judge.tape import build


@pytest.fixture(scope="module")
def tape(miniature_library: Library) -> Any:
    return build(miniature_library, 0)


def evidence(library: Library, tape: Any, source: str, cases: int = 99) -> Any:
    runner = LocalRunner()
    runner.ask({"op": "load", "source": source.encode(), "module": "diagnosed"})
    found = {
        check.name: [
            (case, observe(check, Submitted(runner, case.transcript), case.fields))
            for case in tape[check.name].cases[:cases]
        ]
        for check in library.checks
    }
    runner.close()
    return found


def names(library: Library, found: Any, check: int) -> list[str]:
    diagnosis = Diagnosis(library, found)
    result = [entry.name for entry in diagnosis.candidates(library.checks[check])]
    diagnosis.close()
    return result


def test_equal_outputs_on_all_cases_name_a_misconception(
    miniature_library: Library, tape: Any
) -> None:
    source = miniature_library.source(miniature_library.misconceptions[0])
    found = evidence(miniature_library, tape, source)
    assert names(miniature_library, found, 0) == ["returns_the_sum"]


def test_outputs_that_differ_on_one_case_name_nothing(
    miniature_library: Library, tape: Any
) -> None:
    source = miniature_library.source(miniature_library.misconceptions[0]) + (
        "\n_sum = mean_forward\n"
        "def mean_forward(x, weight=None):\n"
        "    out, cache = _sum(x, weight)\n"
        "    return (out + 1 if len(x) == 1 else out), cache\n"
    )
    assert names(miniature_library, evidence(miniature_library, tape, source), 0) == []


def test_fewer_than_three_inputs_are_no_evidence(miniature_library: Library, tape: Any) -> None:
    source = miniature_library.source(miniature_library.misconceptions[0])
    found = {"mean_values": evidence(miniature_library, tape, source, cases=2)["mean_values"]}
    assert names(miniature_library, found, 0) == []


def test_a_correct_submission_is_consistent_with_none(
    miniature_library: Library, tape: Any
) -> None:
    found = evidence(miniature_library, tape, miniature_library.text("solution"))
    positions = {check.name: at for at, check in enumerate(miniature_library.checks)}
    for entry in miniature_library.misconceptions:
        assert entry.name not in names(miniature_library, found, positions[entry.caught_by])
