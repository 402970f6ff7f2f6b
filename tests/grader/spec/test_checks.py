"""A decorated function is a check; a check that could not judge is refused when it is read."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from grader.spec import Check, check, domain, scalar, special
from grader.spec.checks import checks_of
from grader.spec.domain import SpecError

cases = domain(x=scalar(0, 1))
other = domain(x=scalar(5, 6))
one_row = special("one row", lambda: {"x": 1.0})


def titled(student: Any, case: Any) -> None:
    """f doubles its argument

    More about it, which nobody is shown.
    """


def untitled(student: Any, case: Any) -> None:
    pass


def make(function: Any = titled, **settings: Any) -> Check:
    return check(**{"task": "f", "points": 2, "cases": cases} | settings)(function)


def test_a_check_takes_its_name_and_title_from_the_function() -> None:
    made = make()
    assert (made.name, made.title, made.function) == ("titled", "f doubles its argument", titled)
    assert (made.task, made.points, made.domain, made.count) == ("f", 2, cases, 5)
    assert (made.special, made.requires, made.amplifier) == ((), (), None)


def test_a_check_keeps_its_amplifier() -> None:
    assert make(amplifier=other).amplifier is other


@pytest.mark.parametrize("doc", [None, "", "\n\n"])
def test_a_check_without_a_title_is_refused(doc: str | None) -> None:
    def nameless(student: Any, case: Any) -> None: ...

    nameless.__doc__ = doc
    with pytest.raises(SpecError, match="'nameless' has no docstring"):
        make(nameless)


def test_a_check_without_any_case_is_refused() -> None:
    with pytest.raises(SpecError, match="neither cases nor special cases"):
        make(cases=None)


def test_special_cases_alone_are_enough_and_nothing_is_drawn() -> None:
    made = make(cases=None, special=[one_row], count=1)
    assert (made.count, made.special) == (0, (one_row,))
    assert made.special[0].build() == {"x": 1.0}


@pytest.mark.parametrize("points", [0, -1])
def test_a_check_must_be_worth_something(points: int) -> None:
    with pytest.raises(SpecError, match="points must be at least 1"):
        make(points=points)
    assert make(points=1).points == 1


def test_float32_is_not_asked_of_a_check_that_draws_nothing() -> None:
    one = [special("one row", lambda: {"x": 1.0})]
    with pytest.raises(SpecError, match="float32 is tried on a drawn case, and it draws none"):
        make(cases=None, special=one, single_precision=True)
    assert make(single_precision=True).single_precision


def test_fewer_than_three_drawn_cases_are_refused() -> None:
    with pytest.raises(SpecError, match="at least 3 drawn cases are needed, got 2"):
        make(count=2)
    assert make(count=3).count == 3


def test_a_prerequisite_may_be_named_or_given() -> None:
    first = make()
    assert make(requires=["first", first]).requires == ("first", "titled")


def module(**entries: Any) -> ModuleType:
    made = ModuleType("spec")
    vars(made).update(entries)
    return made


def named(name: str, *requires: str) -> Check:
    def function(student: Any, case: Any) -> None:
        """A title"""

    function.__name__ = name
    return make(function, requires=requires)


def test_the_checks_of_a_module_come_in_the_order_written() -> None:
    b, a = named("b"), named("a", "b")
    assert checks_of(module(b=b, helper=len, number=3, a=a)) == (b, a)


def test_a_prerequisite_that_comes_later_is_refused() -> None:
    a, b = named("a", "b"), named("b")
    with pytest.raises(SpecError, match="'a' requires 'b', not defined above it"):
        checks_of(module(a=a, b=b))


@pytest.mark.parametrize("required", ["missing", "a"])
def test_an_unknown_prerequisite_or_oneself_is_refused(required: str) -> None:
    with pytest.raises(SpecError, match=required):
        checks_of(module(a=named("a", required)))
