from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader import cli_dev
from grader.author import survivors
from grader.author.mutants import Mutant, NoMutationLibrary, mutants
from grader.author.survivors import fits, sort, stated, triage
from grader.catalog import Catalog
from grader.cli import main
from grader.judge.library import Library
from grader.spec.domain import SpecError

#: The same for every shape: ones_like of one column is ones_like of another.
ANOTHER_COLUMN = (
    "mean_forward: w = xp.ones_like(x[:, 0]) if weight is None else weight → "
    "w = xp.ones_like(x[:, -1]) if weight is None else weight"
)
IGNORES_THE_WEIGHT = (
    "mean_forward: w = xp.ones_like(x[:, 0]) if weight is None else weight → "
    "w = xp.ones_like(x[:, 0]) if (weight is None) or True else weight"
)
SUBTRACTS = "Counter.add: self.total = self.total + xp.sum(x) → self.total = self.total - xp.sum(x)"
ENDLESS = Mutant("module: → while True", "made up", "while True:\n    pass\n", 1)


@pytest.fixture
def library(miniature: Path) -> Callable[..., Library]:
    """The miniature with texts replaced or added in its spec."""
    file = miniature / "reference" / "exercise_01_mean" / "spec.py"

    def edited(old: str = "", new: str = "", more: str = "") -> Library:
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new) + more, encoding="utf-8")
        return Library(Catalog(miniature).find("1"))

    return edited


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judge three mutants instead of all."""
    wanted = (ANOTHER_COLUMN, IGNORES_THE_WEIGHT, SUBTRACTS)
    monkeypatch.setattr(
        survivors, "mutants", lambda text: [m for m in mutants(text) if m.identity in wanted]
    )


def equivalent(**reasons: str) -> str:
    return f"\nEQUIVALENT_MUTANTS = {reasons!r}\n"


@pytest.mark.usefixtures("few")
def test_a_sound_spec_leaves_only_what_is_equivalent(
    library: Callable[..., Library], tmp_path: Path
) -> None:
    more = equivalent(**{ANOTHER_COLUMN: "ones are ones in every column"})
    found = triage(library(more=more), tmp_path)
    assert [mutant.identity for mutant in found.rejected] == [IGNORES_THE_WEIGHT, SUBTRACTS]
    assert [mutant.identity for mutant in found.equivalent] == [ANOTHER_COLUMN]
    assert found.settled and found.mutants == 3


@pytest.mark.usefixtures("few")
def test_a_weak_spec_shows_a_survivor(library: Callable[..., Library], tmp_path: Path) -> None:
    library("values(out=out, weighted=weighted)", "values(out=out)")
    weak = library(
        "student.mean_forward(case.x, case.weight)\n    return g",
        "student.mean_forward(case.x)\n    return g",
    )
    found = triage(weak, tmp_path)
    assert {mutant.identity for mutant in found.survivors} == {IGNORES_THE_WEIGHT, ANOTHER_COLUMN}
    assert not found.settled


def test_a_mutant_that_never_ends_is_rejected(
    miniature_library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(survivors, "mutants", lambda text: [ENDLESS])
    monkeypatch.setattr("grader.judge.replay.LOAD_SECONDS", 0.5)
    monkeypatch.setattr("grader.author.bench.CALL_SECONDS", 0.5)
    assert triage(miniature_library, tmp_path).rejected == (ENDLESS,)


def made(*identities: str) -> list[Mutant]:
    return [Mutant(identity, "made up", "", 1) for identity in identities]


def test_entries_that_fit_no_accepted_mutant_are_stale(library: Callable[..., Library]) -> None:
    reasons = {"kept": "a good enough reason", "gone": "was true once", "killed": "was so once"}
    found = sort(
        library(more=equivalent(**reasons)), made("kept", "killed", "new"), {"kept", "new"}
    )
    assert found.stale == ("gone", "killed")
    assert [mutant.identity for mutant in found.survivors] == ["new"]
    assert not found.settled
    assert found.as_json() == {
        "id": "exercise-01",
        "mutants": 3,
        "mutants_rejected": 1,
        "mutants_equivalent": 1,
        "survivors": ["new"],
        "stale": ["gone", "killed"],
    }
    text = "\n".join(found.lines())
    assert "accepted, line 1: new" in text and "EQUIVALENT_MUTANTS: gone" in text


def test_a_stale_entry_alone_is_not_settled(library: Callable[..., Library]) -> None:
    found = sort(library(more=equivalent(gone="was true once")), made("killed"), set())
    assert not found.survivors and not found.settled
    assert sort(library(), made("killed"), set()).stale == ("gone",)


@pytest.mark.parametrize(
    ("key", "fit"),
    [
        ("f: y = x[0] → y = x[1]", ["f: y = x[0] → y = x[1]"]),
        ("f: … → y = x[1]", ["f: y = x[0] → y = x[1]"]),
        ("… → …x[1]", ["f: y = x[0] → y = x[1]", "g: z = x[0] → z = x[1]"]),
        ("…", ["f: y = x[0] → y = x[1]", "g: z = x[0] → z = x[1]", "g: z = x[0] → z = x.0."]),
        ("f: y = x[0]", []),
        ("g: … → z = x.1.", []),
    ],
)
def test_an_ellipsis_stands_for_any_text_and_nothing_else_does(key: str, fit: list[str]) -> None:
    every = made("f: y = x[0] → y = x[1]", "g: z = x[0] → z = x[1]", "g: z = x[0] → z = x.0.")
    assert [mutant.identity for mutant in every if fits(key, mutant)] == fit


def test_one_entry_may_speak_for_several(library: Callable[..., Library]) -> None:
    every = made("f: a → b", "g: a → b", "h: a → c")
    more = equivalent(**{"… → b": "they mean the same"})
    found = sort(library(more=more), every, {"f: a → b", "g: a → b", "h: a → c"})
    assert [mutant.identity for mutant in found.equivalent] == ["f: a → b", "g: a → b"]
    assert [mutant.identity for mutant in found.survivors] == ["h: a → c"]
    assert found.stale == ()
    assert sort(library(), every, {"h: a → c"}).stale == ("… → b",)


@pytest.mark.parametrize("more", ["{'a': ''}", "{'a': 'no reason'}", "{'a': None}", "['a']"])
def test_a_missing_reason_is_a_fault_of_the_spec(
    library: Callable[..., Library], more: str
) -> None:
    with pytest.raises(SpecError, match="EQUIVALENT_MUTANTS"):
        stated(library(more=f"\nEQUIVALENT_MUTANTS = {more}\n"))


@pytest.fixture
def command(library: Callable[..., Library], monkeypatch: pytest.MonkeyPatch) -> Library:
    """`grade dev mutants` on the miniature."""
    found = library()
    monkeypatch.setattr(cli_dev, "_chosen", lambda queries: [found.exercise])
    return found


@pytest.mark.usefixtures("few", "command")
def test_the_command_lists_what_is_left_and_fails() -> None:
    done = CliRunner().invoke(main, ["dev", "mutants", "1"])
    assert done.exit_code == 1
    assert "3 mutants, 2 rejected, 0 equivalent, 1 not accounted for" in done.output
    assert ANOTHER_COLUMN in done.output
    done = CliRunner().invoke(main, ["dev", "mutants", "1", "--format", "json"])
    assert json.loads(done.output)[0]["survivors"] == [ANOTHER_COLUMN]


@pytest.mark.usefixtures("few", "command")
def test_the_command_succeeds_once_all_is_settled(library: Callable[..., Library]) -> None:
    library(more=equivalent(**{ANOTHER_COLUMN: "ones are ones in every column"}))
    done = CliRunner().invoke(main, ["dev", "mutants", "1"])
    assert done.exit_code == 0
    assert "1 equivalent, 0 not accounted for" in done.output


@pytest.mark.usefixtures("command")
def test_the_command_needs_the_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(text: str) -> list[Mutant]:
        raise NoMutationLibrary("Mutants need cosmic-ray and mutmut")

    monkeypatch.setattr(survivors, "mutants", missing)
    done = CliRunner().invoke(main, ["dev", "mutants", "1"])
    assert (done.exit_code, done.output.strip()) == (2, "Mutants need cosmic-ray and mutmut")


@pytest.mark.usefixtures("few")
def test_an_ellipsis_stands_for_any_text(library: Callable[..., Library], tmp_path: Path) -> None:
    reasons = {
        "mean_forward: … → w = xp.ones_like(x[:, -1])…": "ones are ones in every column",
        "mean_forward: … → w = xp.ones_like(x[:, -2])…": "nothing of the kind is made",
        "xp.ones_like(x[:, -1])": "a part of an identity is none",
    }
    found = triage(library(more=equivalent(**reasons)), tmp_path)
    assert [mutant.identity for mutant in found.equivalent] == [ANOTHER_COLUMN]
    assert found.stale == tuple(reasons)[1:]
    assert not found.settled


@pytest.mark.usefixtures("few")
def test_a_key_that_excuses_a_rejected_mutant_is_too_wide(
    library: Callable[..., Library], tmp_path: Path
) -> None:
    found = triage(
        library(more=equivalent(**{"mean_forward: …": "far too many of them"})), tmp_path
    )
    assert found.wide == ("mean_forward: …",) and not found.settled
    assert any("fits a rejected mutant as well" in line for line in found.lines())
    assert found.as_json()["stale"] == ["mean_forward: …"]
