"""Holds a submission's gradient against numerical derivatives of the submission's own forward.

A verdict compares gradients with the reference's. This second, independent comparison tells where
a wrong gradient comes from: whether the forward is right × whether the gradient fits that forward.
It is evidence from one case and never decides a verdict.

Nothing is said where the numbers allow no conclusion. Differences of float32 arithmetic are
useless: rounding of 6e-8, divided by a step of 1e-3, is 6e-5 of the function's size and drowns most
gradients (Fornberg 1988 for the stencil, Goldberg 1991 for what cancellation does to it). So
float64 outputs are required, at least one of which no float32 could hold; the function has to
change measurably; and the third and fourth differences have to be small, which noise, kinks and
code that draws random numbers of its own all prevent. Between "fits" and "does not" lies a band in
which nothing is said either.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grader.judge.compare import DIFFERENT, compare
from grader.judge.differences import gradient_records
from grader.judge.implementation import Implementation
from grader.judge.library import Library
from grader.judge.observe import leaves
from grader.judge.own_gradient_words import describe
from grader.judge.slopes import Line, Silence, Subject, measured
from grader.spec.checks import Check
from grader.spec.observations import Gradients

#: Seconds after which nothing more is tried.
SECONDS = 2.0
#: A gradient fits up to this scaled error. It does not from `OFF` on, and from `MARGIN` times the
#: roughness that the differences themselves show. More roughness than `ROUGH` proves nothing.
FITS, OFF, MARGIN, ROUGH = 1e-6, 1e-4, 10.0, 1e-3
#: A derivative counts as at least this much of the largest one of its output (as in
#: verdict.floor), and of the sum of the terms that the objective adds up.
OF_LARGEST, OF_TERMS = 1e-2, 1e-6
#: In terms of that sum: smaller derivatives may be hidden by one float32 operation inside.
VISIBLE = 5e-4
#: A derivative below this much of the largest is zero, and agreement on it shows nothing.
ZERO = 1e-6


@dataclass(frozen=True)
class OwnGradient:
    """Whether the forward is right × whether the gradients are derivatives of that forward.

    Attributes:
        forward_right: outputs and their slopes are the reference's on this case.
        consistent: every gradient fits the submission's own forward.
        fits, off: names of the gradients that do, and that do not (`params['w1']` inside a dict).
            One that is zero, as it should be, is in neither.
        as_asked: names of the gradients that are the reference's, whatever the forward is.
        right_here: the outputs are right on the case itself, if not around it.
        own_forward: what is differentiated came from the submission, not from the check.
    """

    forward_right: bool
    consistent: bool
    fits: tuple[str, ...]
    off: tuple[str, ...]
    as_asked: tuple[str, ...] = ()
    right_here: bool = True
    own_forward: bool = True

    def in_words(self, *, skipped: bool = False) -> str:
        """One to three sentences for the student.

        Args:
            skipped: the check was skipped, so nothing has been said to be wrong with the gradients.
        """
        return describe(self, skipped=skipped)


def own_gradient(
    library: Library,
    check: Check,
    fields: Mapping[str, Any],
    implementation: Implementation,
    *,
    seconds: float = SECONDS,
) -> OwnGradient | None:
    """Compare the gradients that `check` observes on one case with the submission's own forward.

    The check need not have been run: if it was skipped because its forward is wrong, this says
    whether the backward at least belongs to that forward.

    Args:
        fields: the case; one drawn for the tape, rather than a shrunk one, whose zeros make
            gradients agree for no reason.
        implementation: where the submission runs. The check is run `slopes.MOST_RUNS` times at
            most.
        seconds: give up after these; a single call may still take its own time limit.

    Returns:
        None if the check observes no gradients, or nothing can be said (see above).

    Raises:
        RunnerLost: the submission's process ended or hung.
    """
    import numpy as np

    with np.errstate(all="ignore"):
        reference = gradient_records(check, library.reference, fields)
        if not reference:
            return None
        subject = Subject(check, implementation, reference, time.monotonic() + seconds)
        try:
            return _compared(subject, fields)
        except Silence:
            return None


@dataclass(frozen=True)
class _Errors:
    """Scaled errors of what one record says about one name.

    Of the gradient against the forward's slopes, of these slopes against the reference's, of the
    gradient against the reference's, and the roughness of the slopes.
    """

    own: float
    forward: float
    asked: float
    rough: float
    zero: bool


def _compared(subject: Subject, fields: Mapping[str, Any]) -> OwnGradient:
    base = subject.records(fields)
    own_forward = _returned(subject.implementation, base)
    right_here = all(
        (difference := compare(out, wanted)) is None or difference.error < DIFFERENT
        for record, reference in zip(base, subject.reference, strict=True)
        for out, wanted in zip(record.outputs, reference.outputs, strict=True)
    )
    errors: dict[str, list[_Errors]] = {}
    for record, lines in zip(base, measured(subject, fields, base), strict=True):
        for name, found in _judged(record, lines).items():
            errors.setdefault(name, []).append(found)
    rough = max(found.rough for several in errors.values() for found in several)
    if not subject.wide or not rough <= ROUGH:
        raise Silence
    fit = {name: [_agrees(e.own, rough) for e in several] for name, several in errors.items()}
    # A second record may hold a sum of gradients against the same field: that names no culprit.
    off = tuple(name for name, verdicts in fit.items() if not verdicts[0])
    consistent = all(all(verdicts) for verdicts in fit.values())
    if not consistent and not off:
        raise Silence
    slopes = max(e.forward for several in errors.values() for e in several)
    return OwnGradient(
        # Outputs that are right by accident (on an input of zeros, say) do not make it right.
        forward_right=right_here and _agrees(slopes, rough),
        consistent=consistent,
        fits=tuple(n for n, verdicts in fit.items() if all(verdicts) and not errors[n][0].zero),
        off=off,
        as_asked=tuple(n for n, several in errors.items() if _most_asked(several) < DIFFERENT),
        right_here=right_here,
        own_forward=own_forward,
    )


def _most_asked(several: Sequence[_Errors]) -> float:
    return max(found.asked for found in several)


def _agrees(error: float, rough: float) -> bool:
    if error <= FITS:
        return True
    if error >= max(OFF, MARGIN * rough):
        return False
    raise Silence


def _judged(record: Gradients, lines: Sequence[Line]) -> dict[str, _Errors]:
    """The errors of one record, by the name of what was moved."""
    import numpy as np

    pairs = zip(record.outputs, record.cotangents, strict=True)
    terms = float(sum(np.sum(np.abs(np.multiply(out, cotangent))) for out, cotangent in pairs))
    largest = max((abs(line.slope) for line in lines), default=0.0)
    if not largest > VISIBLE * terms:
        raise Silence
    largest_asked = max(abs(line.asked) for line in lines)
    errors = {}
    for part in dict.fromkeys(line.part for line in lines):
        own = [line for line in lines if line.part == part]
        slope = max(abs(line.slope) for line in own)
        asked = max(abs(line.asked) for line in own)
        scale = max(slope, OF_LARGEST * largest, OF_TERMS * terms)
        due = max(asked, OF_LARGEST * largest_asked) or 1.0
        errors[part] = _Errors(
            own=max(abs(line.stated - line.slope) for line in own) / scale,
            forward=max(abs(line.asked - line.slope) for line in own) / scale,
            asked=max(abs(line.stated - line.asked) for line in own) / due,
            rough=max(line.rough for line in own) / scale,
            zero=slope <= ZERO * largest,
        )
    return errors


def _returned(implementation: Implementation, records: Sequence[Gradients]) -> bool:
    """Whether an output is what a call returned, and not computed by the check."""
    results = {id(leaf) for call in implementation.calls for _, leaf in leaves("", call.result)}
    return any(id(out) in results for record in records for out in record.outputs)
