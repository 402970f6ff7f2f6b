"""The pages that are made from the code are up to date, and so are the numbers on the others."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from grader.author import law
from grader.catalog import Catalog
from grader.cli import main
from grader.judge import (
    compare,
    diagnose,
    differences,
    findings,
    grade,
    own_gradient,
    replay,
    shrink,
    single,
    submission,
)
from grader.result import CheckResult, Result, Status

DOCS = Catalog().root / "docs"
NUMBERS = {
    "equal": f"{compare.EQUAL:g}",
    "different": f"{compare.DIFFERENT:g}",
    "amplified": f"{compare.AMPLIFIED:g}",
    "slice": f"{compare.SLICE:g}",
    "smallest slice": f"{compare.SMALLEST_SLICE:g}",
    "single precision": f"“{replay.SINGLE_PRECISION}”",
    "step": f"h = {differences.STEP:g}",
    "gradient error": f"{law.GRADIENT_ERROR:g}",
    "least inputs": f"{diagnose.LEAST_INPUTS} inputs",
    "shrink seconds": f"{findings.SHRINK_SECONDS:g} s",
    "tries": f"{shrink.CALLS} tries",
    "few": f"more than {shrink.FEW} numbers",
    "single factor": f"`{single.FACTOR:g} · 2⁻²⁴ · √n`",
    "single condition": f"{single.CONDITION:g} times the error",
    "own gradient": f"up to {own_gradient.FITS:g} and does not from {own_gradient.OFF:g} on",
    "sizes": f"{shrink.SIZES} combinations",
    "default seed": f"seed is {grade.DEFAULT_SEED}",
    "call seconds": f"{grade.Options().call_seconds:g} s",
    "bytes": f"{submission.MAX_BYTES >> 10} KiB",
}


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(folder / "generate.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the script, with its pages just written, that a test may change."""
    shutil.copy(DOCS / "generate.py", tmp_path)
    assert run(tmp_path).returncode == 0
    return tmp_path


def test_the_pages_are_up_to_date() -> None:
    checked = run(DOCS, "--check")
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("name", ["cli.md", "exercises.md", "evidence.md"])
def test_a_changed_page_is_noticed_and_written_anew(copy: Path, name: str) -> None:
    page = copy / name
    before = page.read_text(encoding="utf-8")
    page.write_text(before.replace("exercise", "exercice", 1), encoding="utf-8")
    checked = run(copy, "--check")
    assert checked.returncode == 1
    assert name in checked.stderr
    assert page.read_text(encoding="utf-8") != before
    assert run(copy).returncode == 0
    assert page.read_text(encoding="utf-8") == before


def test_a_missing_page_is_noticed(copy: Path) -> None:
    (copy / "cli.md").unlink()
    checked = run(copy, "--check")
    assert checked.returncode == 1
    assert "cli.md" in checked.stderr
    assert "exercises.md" not in checked.stderr


def test_every_command_has_a_section_and_a_help() -> None:
    page = (DOCS / "cli.md").read_text(encoding="utf-8")
    for path, command in commands(main, "grade"):
        assert f"Usage: {path} " in page
        assert command.help


def commands(command: click.Command, path: str) -> list[tuple[str, click.Command]]:
    found = [(path, command)]
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            if not inner.hidden:
                found += commands(inner, f"{path} {name}")
    return found


@pytest.mark.parametrize("number", NUMBERS.values(), ids=NUMBERS)
def test_the_page_on_verdicts_has_the_numbers_of_the_judge(number: str) -> None:
    page = (DOCS / "verdicts.md").read_text(encoding="utf-8")
    assert number.replace("e-0", "e-").replace("0.0001 on", "1e-4 on") in " ".join(page.split())


def test_the_page_on_verdicts_names_every_status_and_field() -> None:
    page = (DOCS / "verdicts.md").read_text(encoding="utf-8")
    check = CheckResult("name", "title", Status.PASSED, 1, 1)
    result = Result("exercise-01", "title", Status.PASSED, 1, 1, (check,)).as_json()
    for name in (*Status, *result, *result["checks"][0]):
        assert f"`{name}`" in page, name
