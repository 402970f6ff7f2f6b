from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from grader import doctor
from grader.cli import main
from grader.judge.isolation import CONFINED, GUARANTEES, enforced_by, record
from grader.judge.runner_process import CannotRun

LIMITS = ["memory", "processor time"]


def test_says_of_every_guarantee_whether_it_is_enforced() -> None:
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 0
    for name in GUARANTEES:
        (line,) = [line for line in result.output.splitlines() if line.startswith(f"  {name} ")]
        assert ("enforced by" in line) or ("not enforced here" in line)


def test_json_says_the_same() -> None:
    document = json.loads(CliRunner().invoke(main, ["doctor", "--format", "json"]).output)
    assert set(document["guarantees"]) == set(GUARANTEES)
    missing = [name for name, by in document["guarantees"].items() if by is None]
    assert missing == document["isolation"]["missing"]


def test_without_layers_the_missing_guarantees_are_named() -> None:
    found = record(LIMITS, [])
    assert found["level"] == "weak"
    assert found["missing"] == [
        "file reads", "file writes", "network", "processes", "signals and tracing",
    ]  # fmt: skip
    assert enforced_by("memory", LIMITS, []) == "a resource limit"
    assert enforced_by("memory", [], []) is None


def test_with_the_core_layers_nothing_is_claimed_beyond_them() -> None:
    found = record(LIMITS, list(CONFINED))
    assert found["level"] == "confined"
    assert found["missing"] == ["signals and tracing"]
    assert record(LIMITS, [*CONFINED, "undumpable"])["missing"] == []
    for layer in CONFINED:
        rest = [name for name in CONFINED if name != layer]
        assert record(LIMITS, rest)["level"] == "weak"


def test_what_never_ran_claims_nothing() -> None:
    assert record([], []) == {"level": "none", "layers": [], "missing": []}


def test_a_weak_machine_is_told_so_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    findings = doctor.Findings({}, dict.fromkeys(GUARANTEES), record(LIMITS, []), "")
    text = doctor.as_text(findings)
    assert "not enforced here" in text
    assert "could read this user's files" in text


def test_a_runner_that_cannot_start_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(doctor.RunnerPool):
        def start(self, *_: object) -> None:  # type: ignore[override]
            raise CannotRun("NumPy is missing")

    monkeypatch.setattr(doctor, "RunnerPool", Broken)
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 3
    assert "NumPy is missing" in result.output
