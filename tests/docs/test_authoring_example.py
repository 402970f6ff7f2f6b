"""The walk-through of docs/authoring.md: its exercise is lawful, and the page shows what is so."""

from __future__ import annotations

import doctest
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from grader.author.law import LAWS, TIMED, Law, Trial, gradients_agree
from grader.author.new import create
from grader.catalog import Catalog
from grader.judge.library import Library
from grader.report import text

DOCS = Catalog().root / "docs"
EXAMPLE = DOCS / "example_exercise"
PAGE = (DOCS / "authoring.md").read_text(encoding="utf-8")
FENCE = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
PRIVATE = Path("reference", "exercise_90_moving_average")
#: In the draft there is no check of the edges; the misconception names the value check.
EDGES = ("moving_average_at_the_edges", "moving_average_values")
NUMBER = re.compile(r"-?\d+(\.\d+)?(e-?\d+)?")


def blocks(page: str) -> list[tuple[str, str]]:
    """The titled blocks of a page as (title, content)."""
    return FENCE.findall(page)


def drifted(page: str, root: Path) -> list[str]:
    """The titles of blocks that stand for a part of a file and do not occur in it."""
    return [
        title
        for title, content in blocks(page)
        if title.startswith(("exercises/", "reference/"))
        and content not in (root / title).read_text(encoding="utf-8")
    ]


def block(title: str) -> str:
    (found,) = (content for name, content in blocks(PAGE) if name == title)
    return found


def trial(root: Path, cache: Path) -> Trial:
    return Trial(Library(Catalog(root).find("90")), cache)


def findings(subject: Trial, laws: tuple[Law, ...] = LAWS) -> str:
    """What `grade dev check` prints for the laws that do not hold."""
    return "".join(_findings(subject, laws))


def _findings(subject: Trial, laws: tuple[Law, ...]) -> Iterator[str]:
    for law in laws:
        problems = list(law(subject))
        if problems:
            yield f"  ✗ {statement(law)}\n"
            yield from (f"      {problem}\n" for problem in problems)


def statement(law: Law) -> str:
    return (law.__doc__ or "").partition("\n")[0]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the example that a test may change."""
    root = tmp_path / "course"
    shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns("__pycache__"))
    return root


def change(file: Path, old: str, new: str) -> None:
    before = file.read_text(encoding="utf-8")
    assert before.count(old) == 1
    file.write_text(before.replace(old, new), encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_law_holds_for_the_example(law: Law, cache: Path) -> None:
    assert list(law(trial(EXAMPLE, cache))) == []


def test_the_worked_example_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    exercise = Catalog(EXAMPLE).find("90")
    monkeypatch.setitem(sys.modules, exercise.slug, Library(exercise).solution)
    readme = (exercise.public / "README.md").read_text(encoding="utf-8")
    example = doctest.DocTestParser().get_doctest(readme, {}, exercise.id, "README.md", 0)
    assert example.examples
    report: list[str] = []
    doctest.DocTestRunner(verbose=False).run(example, out=report.append)
    assert "".join(report) == ""


def test_the_page_shows_every_file_as_it_is() -> None:
    files = {path.name for path in EXAMPLE.rglob("*") if path.suffix in (".md", ".py")}
    shown = {Path(title).name for title, _ in blocks(PAGE) if title.startswith(("ex", "ref"))}
    assert shown == files
    assert drifted(PAGE, EXAMPLE) == []


def test_a_changed_block_and_a_changed_file_are_noticed(copy: Path) -> None:
    assert drifted(PAGE, copy) == []
    assert drifted(PAGE.replace("weights @ x, weights", "weights, weights"), copy)
    change(copy / PRIVATE / "spec.py", "points=4, cases=series)", "points=5, cases=series)")
    assert drifted(PAGE, copy) == [str(PRIVATE / "spec.py")]


@pytest.mark.slow
def test_the_skeleton_is_reported_as_the_page_says(tmp_path: Path) -> None:
    written = create(tmp_path, 90, "moving_average")
    assert "".join(f"  {path.relative_to(tmp_path)}\n" for path in written) in PAGE
    said = findings(trial(tmp_path, tmp_path / "tapes"))
    assert said == block("grade dev check 90: the skeleton")


@pytest.mark.slow
def test_the_draft_is_reported_as_the_page_says(copy: Path) -> None:
    draft = block("draft of reference/exercise_90_moving_average/spec.py")
    (copy / PRIVATE / "spec.py").write_text(draft, encoding="utf-8")
    change(copy / PRIVATE / "misconceptions.py", *EDGES)
    assert findings(trial(copy, copy / "tapes")) == block("grade dev check 90: the draft")


def test_the_finished_exercise_is_reported_in_the_words_of_the_law() -> None:
    said = "".join(f"  ✓ {statement(law)}\n" for law in (*LAWS, *TIMED))
    assert said == block("grade dev check 90: finished")


def test_a_wrong_reference_is_reported_as_the_page_says(copy: Path) -> None:
    change(copy / PRIVATE / "solution.py", "cache.T @ dout", "cache @ dout")
    said = findings(trial(copy, copy / "tapes"), (gradients_agree,))
    shown = block("grade dev check 90: a wrong reference")
    assert NUMBER.sub("#", said) == NUMBER.sub("#", shown)


def test_the_report_shown_is_that_of_the_misconception_named(cache: Path) -> None:
    subject = trial(EXAMPLE, cache)
    name = "smooths_the_gradient_with_the_same_filter"
    assert f"grade dev compose 90 {name} > wrong.py" in PAGE
    (entry,) = (one for one in subject.library.misconceptions if one.name == name)
    result = subject.grade(subject.library.source(entry), shrink=True)
    assert block("grade 90 --submission wrong.py") in click.unstyle(text.render(result))
