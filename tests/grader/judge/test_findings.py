"""What a verdict says about a failure beyond its numbers: lines, own gradients, shared causes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from grader.judge import explain as words
from grader.judge import findings
from grader.judge.grade import Options, grade, without_details
from grader.judge.implementation import Failure
from grader.judge.library import Library
from grader.judge.observe import Observed, Outcome
from grader.judge.shrink import Counterexample
from grader.judge.tape import TapeCase
from grader.judge.verdict import Problem
from grader.result import CheckResult, Result, Status

ANOTHER_DERIVATIVE = """
def mean_backward(dout, cache):
    right = solution_mean_backward(dout, cache)
    return right + 0.01 * right**2
"""
CUBED = """
def mean_forward(x, weight=None):
    out, share = solution_mean_forward(x, weight)
    return out**3, (out, share)


def mean_backward(dout, cache):
    out, share = cache
    return share[:, None] * (3 * out**2 * dout)[None, :]
"""
TENFOLD = """
def mean_forward(x, weight=None):
    out, share = solution_mean_forward(x, weight)
    return 10 * out, share
"""
RAISES = """
def mean_forward(x, weight=None):
    nothing = None
    return nothing.sum(), weight
"""


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Options:
    return Options(cache=tmp_path_factory.mktemp("tapes"), call_seconds=2.0)


@pytest.fixture
def source(miniature_library: Library) -> str:
    text = miniature_library.text("solution")
    return text + "\nsolution_mean_forward = mean_forward\nsolution_mean_backward = mean_backward\n"


def verdict(library: Library, options: Options, text: str, **changes: object) -> Result:
    chosen = replace(options, **changes)  # type: ignore[arg-type]
    return grade(library.exercise, text.encode(), chosen)


def check(result: Result, name: str) -> CheckResult:
    return next(entry for entry in result.checks if entry.name == name)


def line_of(text: str, definition: str) -> int:
    return text[: text.rindex(definition)].count("\n") + 1


def test_a_wrong_derivative_of_a_right_forward_is_called_that(
    miniature_library: Library, options: Options, source: str
) -> None:
    text = source + ANOTHER_DERIVATIVE
    found = check(verdict(miniature_library, options, text), "mean_gradients")
    assert found.status is Status.FAILED
    assert found.message.startswith("The gradient for x is wrong. ")
    assert "your forward is right, but the gradient for x is not its derivative" in found.message
    assert found.line == line_of(text, "def mean_backward")


def test_a_right_derivative_of_a_wrong_forward_is_told_where_it_was_skipped(
    miniature_library: Library, options: Options, source: str
) -> None:
    result = verdict(miniature_library, options, source + CUBED)
    assert check(result, "mean_values").status is Status.FAILED
    waits = check(result, "mean_gradients")
    assert waits.status is Status.SKIPPED
    assert waits.message.startswith("Skipped: it needs “mean_forward averages the rows”. ")
    assert "right derivative of your own forward, but that forward differs" in waits.message


def test_a_named_misconception_needs_no_second_explanation(
    miniature_library: Library, options: Options
) -> None:
    text = miniature_library.source(miniature_library.misconceptions[1])
    result = verdict(miniature_library, options, text)
    found = check(result, "mean_gradients")
    assert found.misconception == "gives_every_row_everything"
    assert "your forward" not in found.message and result.patterns == ()


def test_where_no_misconception_fits_a_pattern_is_looked_for(
    miniature_library: Library, options: Options, source: str
) -> None:
    result = verdict(miniature_library, options, source + TENFOLD)
    found = check(result, "mean_values")
    assert found.misconception is None
    (pattern,) = result.patterns
    assert pattern.checks == ("mean_values",)
    assert "10 times" in pattern.statement
    assert 80 <= len(pattern.explanation.split()) <= 160
    assert found.line == line_of(source + TENFOLD, "def mean_forward")


def test_an_exception_leads_to_its_line(
    miniature_library: Library, options: Options, source: str
) -> None:
    text = source + RAISES
    found = check(verdict(miniature_library, options, text), "mean_values")
    assert found.line == line_of(text, "return nothing.sum()")


@pytest.mark.parametrize("changes", [{"explain": False}, {"hidden": True}])
def test_without_explanations_there_are_none(
    miniature_library: Library, options: Options, source: str, changes: dict[str, bool]
) -> None:
    result = verdict(miniature_library, options, source + TENFOLD, **changes)
    assert result.status is Status.FAILED and result.patterns == ()
    assert [entry.line for entry in result.checks] == [None, None, None]


def test_hiding_details_hides_patterns_and_lines(
    miniature_library: Library, options: Options, source: str
) -> None:
    told = verdict(miniature_library, options, source + TENFOLD)
    assert told.patterns and any(entry.line for entry in told.checks)
    hidden = without_details(told)
    assert hidden.patterns == () and not any(entry.line for entry in hidden.checks)


def test_several_misconceptions_are_listed_with_what_they_share(
    miniature_library: Library,
) -> None:
    one, two, three = miniature_library.misconceptions
    text = words.several([one, replace(two, members=("mean_forward",))])
    assert f"{one.title}; {two.title}" in text
    assert text.endswith("All of them are about mean_forward.")
    assert "All of them" not in words.several([one, three])


@pytest.mark.parametrize(("kind", "chance"), [("timed_out", False), ("raised", True)])
def test_running_out_of_time_is_not_taken_for_chance(kind: str, chance: bool) -> None:
    """On a busy machine the second look may come too late; that says nothing of random numbers."""
    seen = Observed("out", "value", np.ones(2))
    case = TapeCase(None, {}, (), (seen,))
    wrong = Outcome((replace(seen, value=np.zeros(2)),), None, ())
    found = Counterexample(case, wrong, Problem("value"))

    class Replayed:
        def renew(self) -> None: ...

        def outcome(self, check: object, case: object) -> Outcome:
            return Outcome((), Failure(kind, "no answer"), ())

    assert findings._by_chance(Replayed(), None, found) is chance  # type: ignore[arg-type]
