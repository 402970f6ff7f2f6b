"""The README is true: its transcript is what the command prints, its table is the catalogue."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.catalog import ROOT, Catalog
from grader.cli import main

README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(marker: str) -> list[str]:
    found = re.search(rf"<!-- {marker} -->\n```\w+\n(.*?)\n```", README, re.DOTALL)
    assert found
    return found[1].splitlines()


def follows(part: list[str], whole: list[str]) -> bool:
    """Whether the lines of `part` occur in `whole`, in order."""
    rest = iter(whole)
    return all(line in rest for line in part)


def test_the_transcript_is_what_the_first_command_prints(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADSCHOOL_CACHE", str(cache))
    monkeypatch.chdir(ROOT)
    (command,) = block("command: grade")
    arguments = command.rpartition(".venv/bin/grade ")[2].split()
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert follows(block("transcript"), result.output.splitlines())
    assert not follows([*block("transcript"), "something else"], result.output.splitlines())


def test_both_commands_install_from_the_constraints() -> None:
    for name in ("grade", "test"):
        (command,) = block(f"command: {name}")
        assert "-c constraints.txt" in command


def test_the_table_lists_every_exercise_with_its_title() -> None:
    rows = re.findall(r"^\| (exercise-\d+) \| (.+?) \|", README, re.MULTILINE)
    assert rows == [(exercise.id, exercise.title) for exercise in Catalog().exercises]


def test_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []
