from __future__ import annotations

import re

import pytest

from grader.judge.own_gradient import OwnGradient

RIGHT = OwnGradient(True, True, ("x", "w"), ())
WRONG_DERIVATIVE = OwnGradient(True, False, ("b",), ("x", "w"))
MISREAD = OwnGradient(False, True, ("x",), (), right_here=False)
BOTH = OwnGradient(False, False, (), ("x",), right_here=False)
ALL = [RIGHT, WRONG_DERIVATIVE, MISREAD, BOTH]


def test_a_derivative_that_is_wrong_names_what_fits_and_what_does_not() -> None:
    assert WRONG_DERIVATIVE.in_words() == (
        "On one input of this check your forward is right, but the gradients for x and w are not "
        "its derivatives; the gradient for b is. Look at how they are computed, and at what is "
        "taken over from the forward."
    )


def test_of_a_skipped_check_the_backward_is_not_to_be_repaired_first() -> None:
    text = WRONG_DERIVATIVE.in_words(skipped=True)
    assert text.endswith("; the gradient for b is. Repair what this check needs first.")
    assert "Look at" not in text


def test_a_formula_that_was_misread() -> None:
    assert MISREAD.in_words() == (
        "On one input of this check the gradient for x is the right derivative of your own "
        "forward, but that forward differs from what is asked. Repair the forward first, and see "
        "that the gradient follows it."
    )


def test_both_wrong_puts_the_forward_first_and_does_not_condemn_the_gradient() -> None:
    assert BOTH.in_words() == (
        "On one input of this check your forward differs from what is asked, and the gradient for "
        "x is not its derivative. Repair the forward first; the gradient may come right with it."
    )


def test_gradients_that_are_as_asked_are_acquitted() -> None:
    found = OwnGradient(False, False, ("w",), ("b",), as_asked=("b",), right_here=False)
    text = found.in_words()
    assert text.endswith(
        "Repair the forward first: here the gradient for b is already what is asked."
    )
    found = OwnGradient(False, True, ("w", "b"), (), as_asked=("w", "b"), right_here=False)
    assert found.in_words(skipped=True) == (
        "On one input of this check the gradients for w and b are already what is asked; the "
        "forward itself differs from what is asked."
    )


def test_a_contradiction_is_said_carefully() -> None:
    text = RIGHT.in_words()
    assert text.startswith("On one input of this check your forward is right, and the gradients")
    assert "seems to lie elsewhere" in text
    assert "kink" in text


def test_of_a_skipped_check_nothing_has_been_found() -> None:
    assert "What this check found" not in RIGHT.in_words(skipped=True)
    task = OwnGradient(True, True, ("w",), (), own_forward=False)
    assert "What this check found" in task.in_words()
    assert "What this check found" not in task.in_words(skipped=True)


def test_a_value_that_is_right_by_accident_is_not_called_different() -> None:
    found = OwnGradient(False, True, ("x",), (), right_here=True)
    assert "gives the right value there, but not close to it" in found.in_words()
    assert "differs" not in found.in_words()


def test_the_function_of_the_task_is_not_called_the_student_s_forward() -> None:
    for fits, off in ((("w",), ()), ((), ("w",)), (("w",), ("x", "b"))):
        text = OwnGradient(True, not off, fits, off, own_forward=False).in_words()
        assert "your forward" not in text
        assert "the function that the task gives" in text


def test_long_lists_of_what_fits_are_counted() -> None:
    names = tuple("abcdef")
    assert "6 other gradients are" in OwnGradient(True, False, names, ("x",)).in_words()
    assert "all gradients are" in OwnGradient(True, True, names, ()).in_words()
    off = OwnGradient(True, False, ("x",), names).in_words()
    assert "the gradients for a, b, c, d, e and f are not" in off
    # What is zero fits without showing anything: "other" must not become "all other".
    assert "all other" not in OwnGradient(True, False, names, ("x",)).in_words()


@pytest.mark.parametrize("skipped", [False, True])
@pytest.mark.parametrize("found", ALL)
def test_one_to_three_sentences(found: OwnGradient, skipped: bool) -> None:
    text = found.in_words(skipped=skipped)
    assert 1 <= len(re.findall(r"[.](?: |$)", text)) <= 3
    assert text[0].isupper()
    for name in (*found.fits, *found.off):
        assert re.search(rf"\b{name}\b", text)
