"""Says what the comparison of a gradient with its own forward means for the student."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.judge.own_gradient import OwnGradient

#: More names than this are not listed, unless they are what is wrong.
LISTED = 4
ON = "On one input of this check"


def describe(found: OwnGradient, *, skipped: bool = False) -> str:
    """One to three sentences; of a skipped check, none that take its gradients to be wrong."""
    if not found.own_forward:
        return _of_the_task(found, skipped)
    if not found.forward_right:
        return _wrong_forward(found)
    if found.consistent:
        text = f"{ON} your forward is right, and {_all(found)} its {_slope(found.fits)}."
        more = (
            " What this check found seems to lie elsewhere: in something else that it states, at "
            "a kink, or in a term or an average that belongs to the gradient alone."
        )
        return text if skipped else text + more
    text = f"{ON} your forward is right, but {_are(found.off)} not its {_slope(found.off)}"
    text += f"{_others(found)}. "
    if skipped:
        # Another input has shown the forward to be wrong, and the backward may share its mistake.
        return text + "Repair what this check needs first."
    they = "it is" if len(found.off) == 1 else "they are"
    return f"{text}Look at how {they} computed, and at what is taken over from the forward."


def _wrong_forward(found: OwnGradient) -> str:
    there = "differs from what is asked"
    if found.right_here:
        there = "gives the right value there, but not close to it"
    if found.consistent and set(found.fits) <= set(found.as_asked):
        return f"{ON} {_all(found)} already what is asked; the forward itself {there}."
    if found.consistent:
        follow = "gradient follows" if len(found.fits) == 1 else "gradients follow"
        return (
            f"{ON} {_all(found)} the right {_slope(found.fits)} of your own forward, but that "
            f"forward {there}. Repair the forward first, and see that the {follow} it."
        )
    text = f"{ON} your forward {there}, and {_are(found.off)} not its {_slope(found.off)}"
    text += f"{_others(found)}. Repair the forward first"
    asked_off = [name for name in found.off if name in found.as_asked]
    if len(asked_off) == len(found.off):
        return f"{text}: here {_are(asked_off)} already what is asked."
    return (
        f"{text}; the {'gradient' if len(found.off) == 1 else 'gradients'} may come right with it."
    )


def _of_the_task(found: OwnGradient, skipped: bool) -> str:
    """Where the check itself computes what is differentiated, and no forward can be wrong."""
    whose = "of the function that the task gives"
    if not found.consistent:
        return f"{ON} {_are(found.off)} not the {_slope(found.off)} {whose}{_others(found)}."
    text = f"{ON} {_all(found)} the {_slope(found.fits)} {whose}."
    if skipped:
        return text
    return f"{text} What this check found seems to lie in something else that it states."


def _others(found: OwnGradient) -> str:
    """The gradients that do fit, beside some that do not."""
    if len(found.fits) > LISTED:
        return f"; {len(found.fits)} other gradients are"
    return f"; {_are(found.fits)}" if found.fits else ""


def _all(found: OwnGradient) -> str:
    """The gradients where every one fits."""
    return "all gradients are" if len(found.fits) > LISTED else _are(found.fits)


def _are(names: Sequence[str]) -> str:
    """`the gradient for x is`, `the gradients for w and b are`."""
    if len(names) == 1:
        return f"the gradient for {names[0]} is"
    return f"the gradients for {', '.join(names[:-1])} and {names[-1]} are"


def _slope(names: Sequence[str]) -> str:
    return "derivative" if len(names) == 1 else "derivatives"
