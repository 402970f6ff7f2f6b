"""What `grade doctor` tells: what is installed, and which guarantees hold on this machine."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from grader.judge.isolation import GUARANTEES, enforced_by, record
from grader.judge.launch import RunnerPool
from grader.judge.runner_process import CannotRun

PACKAGES = ("gradschool", "numpy", "torch", "hypothesis", "array-api-compat")


@dataclass(frozen=True)
class Findings:
    """What was found.

    Attributes:
        versions: package → version, or "not installed".
        guarantees: guarantee → what enforces it, or None.
        isolation: as in a result.
        problem: why no runner could be started, or "".
    """

    versions: dict[str, str]
    guarantees: dict[str, str | None]
    isolation: dict[str, Any]
    problem: str

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "versions": self.versions,
            "guarantees": self.guarantees,
            "isolation": self.isolation,
            "problem": self.problem,
        }


def examine() -> Findings:
    """Start a real runner and read off what it put in force."""
    limits: list[str] = []
    layers: list[str] = []
    problem = ""
    try:
        with RunnerPool() as pool, pool.start("numpy", "cpu", 5.0) as runner:
            runner.wait_ready()
            limits, layers = runner.limits, runner.layers
    except CannotRun as cannot:
        problem = str(cannot)
    guarantees = {
        name: None if problem else enforced_by(name, limits, layers) for name in GUARANTEES
    }
    return Findings(_versions(), guarantees, record(limits, layers), problem)


def as_text(findings: Findings) -> str:
    """A report for people."""
    lines = [f"Python {platform.python_version()} on {sys.platform}"]
    lines += [f"  {name:<18} {found}" for name, found in findings.versions.items()]
    lines += ["", "While a submission runs:"]
    for name, by in findings.guarantees.items():
        lines.append(f"  {name:<20} {f'enforced by {by}' if by else 'not enforced here'}")
    if findings.problem:
        lines += ["", findings.problem]
    elif findings.isolation["level"] != "confined":
        lines += [
            "",
            "A submission could read this user's files, the reference among them. That is no",
            "matter for your own work; do not grade other people's here.",
        ]
    return "\n".join(lines) + "\n"


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
