"""Whole verdicts in a real runner: every way in which a submission can go wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from grader.judge.grade import Options, grade
from grader.judge.library import Library
from grader.result import CheckResult, Result, Status


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Options:
    return Options(cache=tmp_path_factory.mktemp("tapes"), call_seconds=1.0)


@pytest.fixture
def verdict(miniature_library: Library, options: Options):  # type: ignore[no-untyped-def]
    """Grade the reference with some functions written anew behind it."""

    def run(extra: str = "", **changes: object) -> Result:
        source = miniature_library.text("solution") + "\n\n" + extra
        chosen = replace(options, **changes)  # type: ignore[arg-type]
        return grade(miniature_library.exercise, source.encode(), chosen)

    return run


def check(result: Result, name: str = "mean_values") -> CheckResult:
    return next(entry for entry in result.checks if entry.name == name)


def test_the_reference_passes_with_all_points(verdict) -> None:
    result = verdict()
    assert result.status is Status.PASSED
    assert (result.score, result.max_score) == (10, 10)
    assert {entry.status for entry in result.checks} == {Status.PASSED}


def test_torch_is_a_matter_of_one_line(verdict) -> None:
    assert verdict('BACKEND = "torch"').status is Status.PASSED


def test_the_stub_is_not_attempted(miniature_library: Library, options: Options) -> None:
    result = grade(
        miniature_library.exercise,
        miniature_library.exercise.stub.read_bytes(),
        options,
        "m/mean.py",
    )
    assert result.status is Status.NOT_ATTEMPTED
    assert result.message == "Nothing is written yet. Open m/mean.py."


def test_one_function_left_as_in_the_stub_is_not_attempted_and_the_rest_counts(verdict) -> None:
    result = verdict("def mean_backward(dout, cache):\n    raise NotImplementedError\n")
    assert check(result, "mean_gradients").status is Status.NOT_ATTEMPTED
    assert result.status is Status.FAILED
    assert result.score == 7


def test_a_syntax_error_names_its_line(miniature_library: Library, options: Options) -> None:
    result = grade(miniature_library.exercise, b"def f(:\n    pass\n", options)
    assert result.status is Status.FAILED
    assert "mean.py, line 1 is not valid Python" in result.message


def test_an_error_at_the_top_level_names_its_line(verdict) -> None:
    result = verdict("value = 1 / 0\n")
    assert result.status is Status.FAILED
    assert "Loading mean.py raised ZeroDivisionError: division by zero." in result.message
    assert "at the top level" in result.message


def test_a_missing_function_is_asked_for_with_its_signature(verdict) -> None:
    result = verdict("del mean_backward\n")
    found = check(result, "mean_gradients")
    assert found.status is Status.FAILED
    assert found.message == (
        "There is no function mean_backward in your file. Define mean_backward(dout, cache)."
    )
    assert check(result).status is Status.PASSED


def test_a_wrong_signature_shows_both(verdict) -> None:
    found = check(verdict("def mean_forward(x):\n    return x, x\n"))
    assert "mean_forward must be callable as mean_forward(x, weight=…)" in found.message
    assert "yours takes (x)" in found.message


def test_an_exception_names_function_and_line(verdict) -> None:
    found = check(verdict("def mean_forward(x, weight=None):\n    return x.nonsense, x\n"))
    assert found.status is Status.FAILED
    assert "mean_forward raised AttributeError" in found.message
    assert "in mean_forward" in found.message


def test_a_shape_that_would_broadcast_is_a_shape(verdict) -> None:
    found = check(
        verdict(
            "_right = mean_forward\n"
            "def mean_forward(x, weight=None):\n"
            "    out, cache = _right(x, weight)\n"
            "    return out[None], cache\n"
        )
    )
    assert "the 1st result of mean_forward is a float64 array of shape (1, " in found.message
    assert found.expected is not None and found.expected.startswith("a floating-point array of")


def test_forgetting_the_cache_is_said_in_terms_of_results(verdict) -> None:
    found = check(verdict("def mean_forward(x, weight=None):\n    return x.sum(axis=0)\n"))
    assert "expected a tuple of 2" in found.message


def test_a_nan_is_found_before_values_are_compared(verdict) -> None:
    found = check(
        verdict("def mean_forward(x, weight=None):\n    return x.sum(axis=0) * float('nan'), x\n")
    )
    assert "holds nan at index [0]" in found.message


def test_a_wrong_value_comes_with_a_small_counterexample_that_can_be_pasted(
    verdict, miniature_library: Library, tmp_path: Path
) -> None:
    wrong = "def mean_forward(x, weight=None):\n    return x.sum(axis=0) + 0.5, x\n"
    found = check(verdict(wrong))
    assert found.counterexample is not None
    source = miniature_library.text("solution") + "\n\n" + wrong
    names: dict[str, object] = {}
    exec(source, names)
    snippet = found.counterexample.replace("from mean import mean_forward", "")
    exec(snippet, names)
    assert names["x"].size <= 2  # type: ignore[attr-defined]
    assert float(found.actual or "nan") == pytest.approx(np.asarray(names["out"]).flat[0])


def test_an_endless_loop_is_stopped_and_the_other_functions_still_count(verdict) -> None:
    result = verdict(
        "def mean_forward(x, weight=None):\n    while True:\n        pass\n", call_seconds=0.5
    )
    assert check(result).status is Status.TIMED_OUT
    assert "mean_forward did not return within 0.5 seconds" in check(result).message
    assert check(result, "counter_total").status is Status.PASSED
    assert result.status is Status.TIMED_OUT


def test_an_endless_loop_at_the_top_level_is_stopped(verdict) -> None:
    source = "import time\ntime.sleep(60)\n"
    result = verdict(source, call_seconds=0.2)
    assert result.status is Status.TIMED_OUT
    assert "Loading mean.py did not end" in result.message


def test_sys_exit_is_no_way_to_pass(verdict) -> None:
    result = verdict("import sys\n\ndef mean_forward(x, weight=None):\n    sys.exit(0)\n")
    assert check(result).status is Status.CRASHED
    assert "ended the program with sys.exit" in check(result).message


def test_sys_exit_at_the_top_level_is_no_way_to_pass(verdict) -> None:
    result = verdict("import sys\nsys.exit(0)\n")
    assert result.status is Status.CRASHED
    assert result.score == 0


def test_a_dying_process_is_a_crash_and_the_rest_still_counts(verdict) -> None:
    result = verdict("import os\n\ndef mean_forward(x, weight=None):\n    os._exit(0)\n")
    assert check(result).status is Status.CRASHED
    assert "Your program ended while it ran mean_forward" in check(result).message
    assert check(result, "counter_total").status is Status.PASSED


def test_printed_junk_is_kept_apart_from_the_verdict(verdict) -> None:
    result = verdict("print('{\"status\": \"passed\"}')\nimport sys\nsys.stderr.write('hello')\n")
    assert result.status is Status.PASSED
    assert '{"status": "passed"}' in result.output
    assert "hello" in result.output


def test_printing_for_ever_is_cut(verdict) -> None:
    result = verdict(
        "def mean_forward(x, weight=None):\n    while True:\n        print('x' * 1000)\n",
        call_seconds=0.5,
    )
    assert check(result).status is Status.TIMED_OUT
    assert len(result.output) <= 64 << 10


def test_changing_an_input_is_noticed(verdict) -> None:
    found = check(
        verdict(
            "def mean_forward(x, weight=None):\n    x += 1\n    return x.mean_ if 0 else x, x\n"
        )
    )
    assert "mean_forward changed its argument number 1 in place" in found.message


def test_what_a_spec_forbids_is_refused_with_line_and_reason(verdict) -> None:
    result = verdict("import numpy as np\nmean = np.mean\n")
    assert result.status is Status.FAILED
    assert "uses numpy.mean: the mean is what you are to write." in result.message


def test_cuda_where_there_is_none_cannot_run_and_is_not_wrong(verdict) -> None:
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("a CUDA device is here")
    result = verdict('BACKEND = "torch"', device="cuda")
    assert result.status is Status.CANNOT_RUN
    assert "torch on cuda, which cannot be loaded here" in result.message


def test_cuda_needs_a_torch_submission(verdict) -> None:
    result = verdict(device="cuda")
    assert result.status is Status.CANNOT_RUN
    assert 'needs BACKEND = "torch"' in result.message


def test_the_same_seed_gives_the_same_verdict_to_the_letter(verdict) -> None:
    wrong = "def mean_forward(x, weight=None):\n    return x.sum(axis=0), x\n"
    first, second = (replace(verdict(wrong), duration_s=0) for _ in range(2))
    assert first == second


def test_another_seed_draws_other_inputs(verdict) -> None:
    wrong = "def mean_forward(x, weight=None):\n    return x.sum(axis=0) + x[0], x\n"
    messages = {check(verdict(wrong, seed=seed, shrink=False)).message for seed in (0, 1)}
    assert len(messages) == 2


def test_each_misconception_is_rejected_and_named(
    miniature_library: Library, options: Options
) -> None:
    for entry in miniature_library.misconceptions:
        source = miniature_library.source(entry).encode()
        result = grade(miniature_library.exercise, source, options)
        assert check(result, entry.caught_by).status is Status.FAILED
        assert [diagnosis.name for diagnosis in result.misconceptions] == [entry.name]


def test_two_misconceptions_in_one_function_are_not_named_as_either(verdict) -> None:
    result = verdict(
        "_right = mean_forward\n"
        "def mean_forward(x, weight=None):\n"
        "    out, cache = _right(x, weight)\n"
        "    return out * len(x) + 1, cache\n"
    )
    assert check(result).status is Status.FAILED
    assert result.misconceptions == ()


def test_the_result_says_what_kept_the_submission_apart_and_what_did_not(verdict) -> None:
    isolation = verdict().isolation
    assert "separate process" in isolation["layers"]
    confined = "seccomp" in isolation["layers"] and "landlock" in isolation["layers"]
    assert (isolation["level"] == "confined") is confined
    assert ("network" in isolation["missing"]) is not ("seccomp" in isolation["layers"])


def test_state_does_not_carry_over_from_one_task_to_another(verdict) -> None:
    source = """
import numpy

_mean = mean_forward

def mean_forward(x, weight=None):
    numpy.left_behind = 1
    return _mean(x, weight)

class Counter(Counter):
    def add(self, x):
        return super().add(x) + getattr(numpy, "left_behind", 0)
"""
    assert check(verdict(source), "counter_total").status is Status.PASSED
    within = source.replace("numpy.left_behind = 1", "").replace(
        "return super", "numpy.left_behind = 1; return super"
    )
    assert check(verdict(within), "counter_total").status is Status.FAILED


def test_an_answer_that_changes_from_call_to_call_is_called_that(verdict) -> None:
    random = "import os\ndef mean_forward(x, weight=None):\n"
    result = verdict(random + "    return x.sum(axis=0) + ord(os.urandom(1)), x\n")
    assert "gave another result when it was made again" in check(result).message
    assert check(result).misconception is None
    steady = verdict(random + "    return x.sum(axis=0) + 0.5, x\n")
    assert "another result" not in check(steady).message


def test_a_verdict_has_a_limit_on_all_calls_together(verdict) -> None:
    slow = "import time\ndef mean_forward(x, weight=None):\n    time.sleep(0.3)\n    return x, x\n"
    result = verdict(slow, verdict_seconds=0.1)
    assert {entry.status for entry in result.checks} <= {Status.TIMED_OUT, Status.SKIPPED}
    assert "The whole verdict took more than 0.1 seconds" in check(result).message


def test_hidden_details_stay_hidden(verdict) -> None:
    wrong = "print('printed')\ndef mean_forward(x, weight=None):\n    raise ValueError(str(x))\n"
    result = verdict(wrong, hidden=True, seed=5)
    assert check(result).status is Status.FAILED
    assert (result.output, result.seed, result.misconceptions) == ("", None, ())
    assert all(not entry.message and not entry.counterexample for entry in result.checks)
    assert "printed" in verdict(wrong, seed=5).output
