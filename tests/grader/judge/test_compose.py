from __future__ import annotations

import pytest

from grader.judge.compose import compose
from grader.spec.domain import SpecError

SOLUTION = '''"""Docstring."""
import math

def inner(x):
    return x + 1

def outer(x):
    return inner(x) * 10

class Net:
    def run(self, x):
        return outer(x)
'''
LIBRARY = '''"""Library."""
import math as m
from grader.spec import misconception, solution

STEP = 5

def _shift(x):
    return x + STEP

@misconception(caught_by="c", explanation="e", source="s")
class shifts:
    """Uses another step"""

    def inner(x):
        return _shift(x) + 0 * m.pi

@misconception(caught_by="c", explanation="e", source="s")
class negates:
    """A class"""

    class Net(solution.Net):
        def run(self, x):
            return -solution.Net.run(self, x)
'''


def run(source: str) -> dict[str, object]:
    names: dict[str, object] = {}
    exec(compile(source, "composed", "exec"), names)
    return names


def test_other_functions_of_the_solution_get_the_replacement() -> None:
    names = run(compose(SOLUTION, LIBRARY, "shifts"))
    assert names["outer"](1) == 60  # type: ignore[operator]


def test_solution_stands_for_what_was_there_before() -> None:
    names = run(compose(SOLUTION, LIBRARY, "negates"))
    assert names["Net"]().run(1) == -20  # type: ignore[operator]
    assert names["solution"].inner(1) == 2  # type: ignore[attr-defined]


def test_nothing_of_the_grader_is_needed_to_run_it() -> None:
    assert "grader" not in compose(SOLUTION, LIBRARY, "shifts")


def test_a_backend_is_written_when_given() -> None:
    assert 'BACKEND = "torch"' in compose(SOLUTION, LIBRARY, "shifts", "torch")
    assert "BACKEND" not in compose(SOLUTION, LIBRARY, "shifts")


def test_an_unknown_name_is_a_fault_of_the_spec() -> None:
    with pytest.raises(SpecError, match="no class 'absent'"):
        compose(SOLUTION, LIBRARY, "absent")


def test_a_shared_helper_may_not_shadow_the_solution() -> None:
    with pytest.raises(SpecError, match="'inner' is defined in the solution too"):
        compose(SOLUTION, LIBRARY + "\ndef inner(x):\n    return x\n", "shifts")
