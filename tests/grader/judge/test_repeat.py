from __future__ import annotations

import numpy as np
import pytest

from grader.judge.library import Library
from grader.judge.local_runner import LocalRunner
from grader.judge.observe import Outcome, observe
from grader.judge.repeat import Changed, repeat
from grader.judge.submitted import Submitted
from grader.judge.tape import TapeCase, load_or_build
from grader.spec.checks import Check

STATELESS = ""
GLOBAL_CACHE = """
_kept = {}
_forward, _backward = mean_forward, mean_backward

def mean_forward(x, weight=None):
    out, _kept["share"] = _forward(x, weight)
    return out, 0

def mean_backward(dout, cache):
    return _backward(dout, _kept["share"])
"""
MUTABLE_DEFAULT = """
_forward = mean_forward

def mean_forward(x, weight=None, seen=[]):
    seen.append(x.shape)
    out, share = _forward(x, weight)
    return out + 0.001 * len(seen), share
"""
SHARED_TOTAL = """
class Counter(Counter):
    total_of_all = [0.0]

    def add(self, x):
        self.total_of_all[0] += x.sum()
        self.total = self.total_of_all[0]
        return self.total
"""
SHORTER_EVERY_TIME = """
_forward, _calls = mean_forward, []

def mean_forward(x, weight=None):
    _calls.append(0)
    out, share = _forward(x, weight)
    return out[: 9 - len(_calls)], share
"""


def twice(library: Library, name: str, extra: str, *, same: bool = False) -> Changed | None:
    """Observe two cases of a check, then repeat them."""
    check: Check = next(entry for entry in library.checks if entry.name == name)
    tape = load_or_build(library, 0, None)[name]
    runner = LocalRunner()
    source = library.text("solution") + extra
    runner.ask({"op": "load", "source": source.encode(), "module": "repeated"})
    pairs: list[tuple[TapeCase, Outcome]] = [
        (case, observe(check, Submitted(runner, case.transcript), case.fields))
        for case in (tape.cases[:1] if same else tape.cases[:2])
    ]
    try:
        return repeat(Submitted(runner), pairs[0], pairs[-1])
    finally:
        runner.close()


@pytest.mark.parametrize("name", ["mean_values", "mean_gradients", "counter_total"])
@pytest.mark.parametrize("same", [False, True])
def test_what_depends_on_the_arguments_alone_answers_alike(
    miniature_library: Library, name: str, same: bool
) -> None:
    assert twice(miniature_library, name, STATELESS, same=same) is None


def test_a_backward_that_reads_a_global_meets_another_forward(miniature_library: Library) -> None:
    changed = twice(miniature_library, "mean_gradients", GLOBAL_CACHE)
    assert changed is not None and changed.call.label == "mean_backward"
    # With one case alone it cannot show.
    assert twice(miniature_library, "mean_gradients", GLOBAL_CACHE, same=True) is None


def test_a_mutable_default_shows_in_the_second_call(miniature_library: Library) -> None:
    changed = twice(miniature_library, "mean_values", MUTABLE_DEFAULT)
    assert changed is not None and changed.difference is not None
    assert changed.difference.actual > changed.difference.expected


def test_objects_that_share_what_should_be_their_own_are_noticed(
    miniature_library: Library,
) -> None:
    changed = twice(miniature_library, "counter_total", SHARED_TOTAL)
    assert changed is not None and changed.call.label == "Counter.add"


def test_a_form_that_changes_is_a_failure(miniature_library: Library) -> None:
    changed = twice(miniature_library, "mean_values", SHORTER_EVERY_TIME)
    assert changed is not None and changed.failure is not None
    assert changed.failure.stage == "shape"


def test_float32_may_differ_in_its_last_digit(miniature_library: Library) -> None:
    noisy = """
_forward, _calls = mean_forward, []

def mean_forward(x, weight=None):
    out, share = _forward(x, weight)
    _calls.append(0)
    return (out * (1 + 1e-7 * (len(_calls) % 2))).astype("float32"), share
"""
    assert twice(miniature_library, "mean_values", noisy) is None
    exact = noisy.replace('.astype("float32")', "")
    assert isinstance(twice(miniature_library, "mean_values", exact), Changed)
    assert np.float32(1) != np.float32(1 + 1.2e-7)
