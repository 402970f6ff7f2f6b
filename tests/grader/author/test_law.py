"""The law can fail: each article is broken on purpose in a copy of a real exercise."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.author import law, texts
from grader.author.law import LAWS, Trial
from grader.catalog import Catalog, Exercise
from grader.judge.grade import Options, grade
from grader.judge.library import Library
from grader.result import Result, Status
from grader.spec.domain import SpecError

FOLDER = "exercise_07_backprop"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A catalogue with a copy of exercise 07 alone."""
    real = Catalog().root
    for side in ("exercises", "reference"):
        shutil.copytree(
            real / side / FOLDER,
            tmp_path / side / FOLDER,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    return tmp_path


@pytest.fixture
def trial(course: Path) -> Callable[[], Trial]:
    return lambda: Trial(Library(Catalog(course).find("07")), course / "tapes")


def edit(course: Path, side: str, name: str, change: Callable[[str], str]) -> None:
    file = course / side / FOLDER / name
    before = file.read_text()
    after = change(before)
    assert after != before
    file.write_text(after)


def replacing(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


def test_the_copy_is_lawful_before_it_is_broken(trial: Callable[[], Trial]) -> None:
    for article in LAWS[:8]:
        assert list(article(trial())) == []


@pytest.mark.parametrize(
    ("article", "side", "name", "change", "words"),
    [
        (texts.readme, "exercises", "README.md", replacing("# 07 · B", "B"), "first line"),
        (
            texts.readme,
            "exercises",
            "README.md",
            replacing("## Formulas", "## Maths"),
            "“Formulas”",
        ),
        (texts.readme, "exercises", "README.md", lambda t: t.replace(">>> ", ""), "not a doctest"),
        (texts.hint_texts, "exercises", "hints.md", replacing("### 3.", "###3."), "2 levels"),
        (texts.hint_texts, "exercises", "hints.md", replacing("## TwoL", "## ThreeL"), "0 levels"),
        (
            texts.hint_texts,
            "exercises",
            "hints.md",
            lambda t: t + "\nword" * 99,
            "words, 80 to 160",
        ),
        (
            texts.stub,
            "exercises",
            "backprop.py",
            replacing("(x: Array, w:", "(w:"),
            "differ in the sig",
        ),
        (
            texts.stub,
            "exercises",
            "backprop.py",
            replacing('    raise NotImplementedError("relu_f', '    return ("relu_f'),
            "does not end in raise",
        ),
        (texts.points, "reference", "spec.py", replacing("points=2", "points=3"), "add up to 11"),
        (
            texts.points,
            "reference",
            "spec.py",
            replacing('task="relu_f', 'task="relo_f'),
            "is not a name of the stub",
        ),
        (
            texts.library_texts,
            "reference",
            "misconceptions.py",
            replacing("The output equals x @ w:", "The output:" + " word" * 90),
            "words, 80 to 160",
        ),
        (
            texts.library_texts,
            "reference",
            "misconceptions.py",
            replacing('caught_by="network_loss"', 'caught_by="absent"'),
            "there is no check 'absent'",
        ),
    ],
)
def test_a_broken_text_is_noticed(
    course: Path, trial: Callable[[], Trial], article, side, name, change, words: str
) -> None:
    edit(course, side, name, change)
    assert any(words in problem for problem in article(trial().library))


def test_a_missing_and_a_stray_file_are_noticed(course: Path, trial: Callable[[], Trial]) -> None:
    (course / "exercises" / FOLDER / "hints.md").unlink()
    (course / "reference" / FOLDER / "notes.txt").write_text("stray")
    problems = list(texts.files(trial().library))
    assert f"{FOLDER}/hints.md is missing" in problems
    assert f"{FOLDER}/notes.txt does not belong here" in problems


def test_a_stub_with_an_answer_in_it_is_noticed(course: Path, trial: Callable[[], Trial]) -> None:
    assert list(law.untouched_stub(trial())) == []
    edit(
        course,
        "exercises",
        "backprop.py",
        replacing('raise NotImplementedError("affine_forward")', "return x @ w + b, (x, w)"),
    )
    assert list(law.untouched_stub(trial()))


def test_a_wrong_reference_is_noticed_by_its_gradients(course: Path, trial) -> None:
    edit(course, "reference", "solution.py", replacing("x.T @ dout, xp", "2 * x.T @ dout, xp"))
    problems = list(law.gradients_agree(trial()))
    assert any("the reference's gradient for w is" in problem for problem in problems)


def test_a_reference_that_only_runs_on_numpy_is_noticed(course: Path, trial) -> None:
    edit(
        course,
        "reference",
        "solution.py",
        replacing("xp.sum(dout, axis=0)", "dout.sum(axis=0).copy()"),
    )
    problems = list(law.reference_passes(trial()))
    assert len(problems) == 1 and problems[0].startswith("the reference with torch")


def test_a_wrong_variant_is_noticed(course: Path, trial) -> None:
    edit(course, "reference", "variants.py", replacing("+ b[j]", "- b[j]"))
    assert any("explicit_loops is rejected" in problem for problem in law.variants_pass(trial()))


def test_a_misconception_that_is_right_is_noticed(course: Path, trial) -> None:
    edit(
        course,
        "reference",
        "misconceptions.py",
        replacing("return x @ w, (x, w)", "return x @ w + b, (x, w)"),
    )
    problems = list(law.misconceptions_fail(trial()))
    assert "the misconception leaves_out_the_bias is accepted" in problems


def test_a_misconception_declared_for_another_check_is_noticed(course: Path, trial) -> None:
    edit(
        course,
        "reference",
        "misconceptions.py",
        replacing('caught_by="network_loss"', 'caught_by="relu_forward_values"'),
    )
    problems = list(law.misconceptions_fail(trial()))
    assert any("relu_forward_values did not fail" in problem for problem in problems)


def test_two_misconceptions_that_cannot_be_told_apart_are_noticed(course: Path, trial) -> None:
    file = course / "reference" / FOLDER / "misconceptions.py"
    text = file.read_text()
    first = text.index("@misconception")
    second = text.index("@misconception", first + 1)
    file.write_text(
        text + "\n\n" + text[first:second].replace("class leaves_out", "class also_leaves_out")
    )
    problems = list(law.misconceptions_fail(trial()))
    assert any("is diagnosed as []" in problem for problem in problems)


def test_trivial_answers_are_judged_by_what_they_return(course: Path, trial) -> None:
    """Not refused for a name that they use, which would say nothing about the checks."""
    forbidding = 'FORBIDDEN = {"array_api_compat": "no", '
    edit(course, "reference", "spec.py", lambda text: text.replace("FORBIDDEN = {", forbidding))
    chosen = trial()
    solution = chosen.library.text("solution")
    assert chosen.passes(solution)
    refused = chosen.grade(solution)
    assert refused.status is Status.FAILED and "array_api_compat" in refused.message


def test_a_spec_that_checks_nothing_lets_trivial_answers_through(course: Path, trial) -> None:
    edit(
        course,
        "reference",
        "spec.py",
        replacing("return values(out=out)", "return values(out=1.0)"),
    )
    problems = list(law.trivial_answers_fail(trial()))
    assert (
        "the trivial answer “affine_forward: zeros” is accepted" not in problems
    )  # gradients see it
    edit(
        course,
        "reference",
        "spec.py",
        replacing("return values(out=out)", "return values(out=1.0)"),
    )
    problems = list(law.misconceptions_fail(trial()))
    assert problems


@pytest.mark.slow
@pytest.mark.parametrize("position", range(9))
def test_deleting_any_single_check_breaks_the_law(course: Path, trial, position: int) -> None:
    file = course / "reference" / FOLDER / "spec.py"
    text = file.read_text()
    starts = [i for i in range(len(text)) if text.startswith("\n@check(", i)] + [len(text)]
    file.write_text(text[: starts[position]] + text[starts[position + 1] :])
    try:
        problems = [p for article in LAWS[:6] for p in article(trial())]
    except (SpecError, NameError):
        return
    assert problems


@pytest.fixture
def graded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sources that the law hands to the judge to measure the time."""
    sources: list[str] = []

    def noted(exercise: Exercise, source: bytes, options: Options) -> Result:
        sources.append(source.decode())
        return grade(exercise, source, options)

    monkeypatch.setattr(law, "grade", noted)
    return sources


def test_the_time_is_that_of_a_numpy_file(trial: Callable[[], Trial], graded: list[str]) -> None:
    cold, warm = law.measure(trial(), runs=2)
    assert cold > 0 and warm > 0
    assert len(graded) == 3
    assert all("array_api_compat" not in source for source in graded)


def test_the_time_is_that_of_the_solution_where_it_needs_more_than_numpy(
    trial: Callable[[], Trial], graded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(law, "NUMPY_ALONE", "array_namespace = None\n")
    law.measure(trial(), runs=2)
    assert ["array_api_compat" in source for source in graded] == [False, True, True, True]
