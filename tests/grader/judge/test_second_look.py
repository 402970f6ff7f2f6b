"""Whole verdicts on submissions whose cases are right: float32 inputs, repeated calls, oddities."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from grader.catalog import Catalog
from grader.judge.grade import Options, grade
from grader.judge.library import Library
from grader.result import CheckResult, Result, Status

KEPT_OUTSIDE = """
_share = None


def mean_forward(x, weight=None):
    global _share
    out, _share = solution_mean_forward(x, weight)
    return out, None


def mean_backward(dout, cache):
    return _share[:, None] * dout[None, :]
"""
COUNTS_ITS_CALLS = """
import numpy as np

_seen = []


def mean_forward(x, weight=None):
    _seen.append(1)
    out, share = solution_mean_forward(x, weight)
    return out * (1 if len(_seen) < {limit} else 2), share
"""
CANCELS = """
def mean_forward(x, weight=None):
    out, share = solution_mean_forward(x + {offset}, weight)
    return out - {offset}, share
"""
OVERFLOWS = """
def mean_forward(x, weight=None):
    out, share = solution_mean_forward(x, weight)
    return out * 1e30 * 1e30 / 1e60 if out.dtype == "float64" else out * 1e30 * 1e30 / 1e30, share
"""
INSISTS_ON_FLOAT64 = """
def mean_forward(x, weight=None):
    if x.dtype != "float64":
        raise TypeError("expected Double but found Float")
    return solution_mean_forward(x, weight)
"""
KEEPS_THE_AXIS = """
def mean_forward(x, weight=None):
    out, share = solution_mean_forward(x, weight)
    return out[None, :], share
"""


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Options:
    return Options(cache=tmp_path_factory.mktemp("tapes"), call_seconds=1.0)


def verdict(library: Library, options: Options, extra: str, **changes: object) -> Result:
    text = library.text("solution")
    text += "\nsolution_mean_forward = mean_forward\nsolution_mean_backward = mean_backward\n"
    chosen = replace(options, **changes)  # type: ignore[arg-type]
    return grade(library.exercise, (text + extra).encode(), chosen)


def check(result: Result, name: str = "mean_values") -> CheckResult:
    return next(entry for entry in result.checks if entry.name == name)


def test_a_right_submission_has_nothing_to_be_noted(
    miniature_library: Library, options: Options
) -> None:
    result = verdict(miniature_library, options, "")
    assert result.status is Status.PASSED
    assert [entry.message for entry in result.checks] == ["", "", ""]


def test_a_value_kept_outside_the_cache_meets_another_forward(
    miniature_library: Library, options: Options
) -> None:
    result = verdict(miniature_library, options, KEPT_OUTSIDE)
    found = check(result, "mean_gradients")
    assert found.status is Status.FAILED and found.score == 0
    assert found.message.startswith("mean_backward gave another answer when the same calls were")
    assert "not kept in its own cache" in found.message
    assert found.counterexample is not None
    assert found.counterexample.count("mean_forward(") == 2
    assert found.misconception is None and result.misconceptions == ()
    assert check(result, "mean_values").status is Status.PASSED


def test_an_answer_that_depends_on_the_number_of_calls_is_found(
    miniature_library: Library, options: Options
) -> None:
    # Six cases with three calls each, one more in float32: the next call is the first repetition.
    source = COUNTS_ITS_CALLS.format(limit=6 * 3 + 3 + 1)
    found = check(verdict(miniature_library, options, source))
    assert found.status is Status.FAILED
    assert "mean_forward gave another answer" in found.message
    assert found.expected is not None and found.actual is not None
    assert float(found.actual) == pytest.approx(2 * float(found.expected))


def test_a_repeated_call_that_kills_the_runner_is_a_failure(
    miniature_library: Library, options: Options
) -> None:
    source = COUNTS_ITS_CALLS.format(limit=6 * 3 + 3 + 1).replace(
        "out, share", "len(_seen) > 21 and __import__('os')._exit(3)\n    out, share"
    )
    found = check(verdict(miniature_library, options, source))
    assert found.status is Status.FAILED
    assert "This time: Your program ended while it ran mean_forward" in found.message


def test_float32_inputs_may_cost_what_float32_costs(
    miniature_library: Library, options: Options
) -> None:
    result = verdict(miniature_library, options, CANCELS.format(offset="8.0"))
    assert result.status is Status.PASSED


@pytest.fixture
def strict(miniature: Path) -> Library:
    """The miniature, whose first check asks for float32 too."""
    spec = miniature / "reference/exercise_01_mean/spec.py"
    text = spec.read_text()
    assert "    points=4,\n" in text
    spec.write_text(text.replace("    points=4,\n", "    points=4,\n    single_precision=True,\n"))
    return Library(Catalog(miniature).find("1"))


def test_digits_that_are_lost_in_float32_alone_fail_where_float32_is_asked_for(
    miniature_library: Library, strict: Library, options: Options
) -> None:
    source = CANCELS.format(offset="1234567.8")
    lost = check(verdict(strict, options, source))
    assert lost.status is Status.FAILED and lost.score == 0
    assert lost.message.startswith("Right in float64, and not with float32 inputs. ")
    assert "difference of large, nearly equal numbers" in lost.message
    assert lost.counterexample is not None and "dtype=np.float32" in lost.counterexample

    noted = check(verdict(miniature_library, options, source))
    assert noted.status is Status.PASSED and noted.score == 4
    assert noted.message.startswith("Right in float64, which is all that is asked. With float32")
    assert "At index" in noted.message


def test_an_overflow_in_float32_is_found(strict: Library, options: Options) -> None:
    lost = check(verdict(strict, options, OVERFLOWS))
    assert lost.status is Status.FAILED
    assert "holds" in lost.message and "finite" in lost.message


def test_the_reference_keeps_its_digits_in_float32(strict: Library, options: Options) -> None:
    assert verdict(strict, options, "").status is Status.PASSED


def test_nobody_has_to_take_float32(miniature_library: Library, options: Options) -> None:
    result = verdict(miniature_library, options, INSISTS_ON_FLOAT64)
    assert result.status is Status.PASSED
    assert "mean_forward raised TypeError: expected Double but found Float" in check(result).message


def test_a_row_for_a_vector_is_refused_unless_the_spec_allows_it(
    miniature: Path, options: Options
) -> None:
    library = Library(Catalog(miniature).find("1"))
    refused = check(verdict(library, options, KEEPS_THE_AXIS))
    assert refused.status is Status.FAILED and "shape (1, " in refused.message

    spec = library.exercise.private / "spec.py"
    spec.write_text(spec.read_text() + '\nROW_VECTORS = ("mean_forward",)\n')
    allowed = verdict(Library(Catalog(miniature).find("1")), options, KEEPS_THE_AXIS)
    assert allowed.status is Status.PASSED
    assert check(allowed).message == (
        "mean_forward returns a row, (1, D), where a vector, (D,), is asked for."
    )


def test_a_cache_may_hold_what_it_was_given(miniature_library: Library, options: Options) -> None:
    source = """
def mean_forward(x, weight=None):
    out, share = solution_mean_forward(x, weight)
    return out, (share, x, weight)


def mean_backward(dout, cache):
    return solution_mean_backward(dout, cache[0])
"""
    result = verdict(miniature_library, options, source)
    assert [entry.message for entry in result.checks] == ["", "", ""]
