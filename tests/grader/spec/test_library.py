"""Misconceptions and variants are classes of replacements with a title; they are never run."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from grader.spec import Misconception, Variant, check, domain, misconception, scalar, variant
from grader.spec import solution as reference
from grader.spec.domain import SpecError
from grader.spec.library import misconceptions_of, variants_of


@check(task="f", points=1, cases=domain(x=scalar(0, 1)))
def doubles(student: Any, case: Any) -> None:
    """f doubles"""


def wrong(**settings: Any) -> Any:
    return misconception(**{"caught_by": "doubles", "explanation": "e", "source": "s"} | settings)


def test_a_misconception_is_read_off_its_class() -> None:
    @wrong(explanation="It adds\n    where it\n  should double.", source="a forum")
    class adds_two:
        """f adds two.

        Not shown.
        """

        table = (1, 2)

        def f(x):
            raise AssertionError("never called while a library is read")

        class Net:
            pass

    assert adds_two == Misconception(
        name="adds_two",
        title="f adds two",
        caught_by="doubles",
        explanation="It adds where it should double.",
        source="a forum",
        members=("table", "f", "Net"),
    )


def test_the_check_that_catches_may_be_given_itself() -> None:
    @wrong(caught_by=doubles)
    class adds_two:
        """f adds two"""

    assert adds_two.caught_by == "doubles"


def test_a_variant_is_read_off_its_class() -> None:
    @variant()
    class loops:
        """Python loops."""

        def f(x): ...

    @variant(backend="torch")
    class tensors:
        """On tensors"""

    assert loops == Variant("loops", "Python loops", "numpy", ("f",))
    assert tensors == Variant("tensors", "On tensors", "torch", ())


@pytest.mark.parametrize("decorate", [wrong(), variant()])
def test_a_class_without_a_title_is_refused(decorate: Any) -> None:
    class nameless:
        def f(x): ...

    with pytest.raises(SpecError, match="nameless has no docstring"):
        decorate(nameless)


def test_members_of_a_module_come_in_the_order_written() -> None:
    @wrong()
    class second:
        """Second"""

    @wrong()
    class first:
        """First"""

    @variant()
    class loops:
        """Loops"""

    module = ModuleType("library")
    vars(module).update(second=second, number=1, loops=loops, first=first)
    assert list(misconceptions_of(module)) == [second, first]
    assert list(variants_of(module)) == [loops]


def test_the_placeholder_stands_for_any_class_of_the_solution() -> None:
    @wrong()
    class forgets:
        """Net forgets"""

        class Net(reference.Net):
            def step(self):
                return reference.softmax(1)

    assert forgets.members == ("Net",)


def test_the_placeholder_has_no_magic_names() -> None:
    assert isinstance(reference.anything, type)
    with pytest.raises(AttributeError):
        reference.__wrapped__  # noqa: B018
