from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from grader.author import rerun
from grader.author.rerun import Rerun, changes, request
from grader.catalog import Catalog
from grader.judge.library import Library


def of(library: Library, tmp_path: Path, *entries: str, confined: bool = False) -> list[str]:
    return list(changes(library, [Rerun(name, 100, confined) for name in entries], tmp_path))


def edited(miniature: Path, name: str, old: str, new: str) -> Library:
    file = miniature / "reference" / "exercise_01_mean" / f"{name}.py"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    return Library(Catalog(miniature).find("1"))


@pytest.mark.parametrize("confined", [False, True])
def test_declared_verdicts_are_no_changes(
    miniature_library: Library, tmp_path: Path, confined: bool
) -> None:
    entries = ("", "loops", "returns_the_sum", "forgets_the_total")
    assert of(miniature_library, tmp_path, *entries, confined=confined) == []


@pytest.mark.parametrize("confined", [False, True])
def test_a_rejected_variant_is_a_change(miniature: Path, tmp_path: Path, confined: bool) -> None:
    library = edited(miniature, "variants", "row * share / sum(w)", "row * share")
    found = of(library, tmp_path, "", "loops", confined=confined)
    assert found == ["loops with seed 100: failed"]


def test_a_misconception_that_gets_past_its_check_is_a_change(
    miniature: Path, tmp_path: Path
) -> None:
    old, new = 'caught_by="counter_total"', 'caught_by="mean_values"'
    library = edited(miniature, "misconceptions", old, new)
    found = of(library, tmp_path, "returns_the_sum", "forgets_the_total")
    assert found == ["forgets_the_total with seed 100: passed"]


def test_a_request_is_answered_in_json(
    miniature: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    library = edited(miniature, "variants", "row * share / sum(w)", "row * share")
    asked = request(library, [Rerun("loops", 101, False), Rerun("", 101, False)])
    monkeypatch.setattr("sys.stdin", io.StringIO(asked))
    rerun.main()
    assert json.loads(capsys.readouterr().out) == ["loops with seed 101: failed"]
