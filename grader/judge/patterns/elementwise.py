"""Detectors: the submission's value is a simple function of the expected one, or no function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from grader.judge.patterns.naming import name
from grader.judge.patterns.pattern import Finding
from grader.judge.patterns.samples import Tensor
from grader.judge.patterns.scene import Scene, rich, varied, where_seen


def function(tensor: Tensor, scene: Scene) -> Finding | None:
    """A function applied to each entry of what is asked: its square, its logarithm, 1 minus it."""
    if not varied(tensor, 2 if tensor.wrong[0].whole else 3):
        return None
    for kind, words, compute in _functions():
        if all(sample.fits(compute(sample.expected)) for sample in tensor.samples):
            text = f"<yours> <is> {words} <cases>."
            return Finding("function", text, kind, where_seen(tensor))
    return None


def _functions() -> tuple[tuple[str, str, Callable[[Any], Any]], ...]:
    import numpy as np

    return (
        ("complement", "1 minus <expected>, entry by entry,", lambda e: 1 - e),
        ("power", "the square of <expected>, entry by entry,", lambda e: e * e),
        ("power", "the square root of <expected>, entry by entry,", np.sqrt),
        ("power", "1 divided by <expected>, entry by entry,", lambda e: 1 / e),
        ("logarithm", "e to the power of <expected>, entry by entry,", np.exp),
        ("logarithm", "the natural logarithm of <expected>, entry by entry,", np.log),
        ("logarithm", "minus the logarithm of <expected>, entry by entry,", lambda e: -np.log(e)),
        ("logarithm", "e to the power of minus <expected>, entry by entry,", lambda e: np.exp(-e)),
        ("absolute", "the absolute value of <expected>, entry by entry,", np.abs),
        ("absolute", "<expected> with 0 for every negative entry,", lambda e: np.maximum(e, 0)),
    )


def nothing(tensor: Tensor, scene: Scene) -> Finding | None:
    """All zeros, or one and the same number whatever the input is."""
    import numpy as np

    values = set()
    for sample in tensor.wrong:
        values.add(float(sample.actual.flat[0]))
        if len(values) > 1 or not (sample.actual == sample.actual.flat[0]).all():
            return None
    value = values.pop()
    if not all(sample.fits(np.full_like(sample.actual, value)) for sample in tensor.samples):
        return None
    if not varied(tensor, 2):
        return None
    if value == 0:
        text = "<yours> <is> zero in every entry <cases>, whatever the input."
        if tensor.is_scalar:
            text = "<yours> <is> 0 <cases>, whatever the input."
        return Finding("zeros", text, cases=where_seen(tensor))
    text = f"<yours> <is> {value:g} in every entry <cases>, whatever the input."
    if tensor.is_scalar:
        text = f"<yours> <is> {value:g} <cases>, whatever the input."
    return Finding("same_number", text.replace("-", "−"), cases=where_seen(tensor))


def offset(tensor: Tensor, scene: Scene) -> Finding | None:
    """The same number too much in every entry, with a name or equal in all cases."""
    measured = {}
    for sample in tensor.wrong:
        change = float(sample.difference.mean())
        if not sample.fits(sample.expected + change):
            return None
        if abs(change) < 1e3 * sample.tolerance * sample.magnitude:
            return None
        measured[sample.at] = change
    if not varied(tensor):
        return None
    found = name(measured, tensor.wrong[0].tolerance, scene.known)
    if found is None:
        return None
    for sample in tensor.samples:
        value = found.value(sample.at)
        if value is None or not sample.fits(sample.expected + value):
            return None
    legend = found.legend([sample.at for sample in tensor.wrong])
    entry = "" if tensor.is_scalar else " in every entry"
    text = f"<yours> minus <expected> is {found.written}{entry} <cases>{legend}."
    return Finding("offset", text, cases=where_seen(tensor))


def flat(tensor: Tensor, scene: Scene) -> Finding | None:
    """All entries of a case are alike, where different ones are expected."""
    if not rich(tensor, 2):
        return None
    for sample in tensor.samples:
        if not sample.actual.size:
            continue
        first = sample.actual.flat[0]
        if sample.expected.size > 1 and not sample.fits(0 * sample.expected + first):
            return None
    text = (
        "<yours> <has> the same number in every entry of a case <cases>, where <expected> <has> "
        "different ones."
    )
    return Finding("flat", text, cases=where_seen(tensor))
