"""Detector: a path starts right, and its first step is a multiple of the expected one."""

from __future__ import annotations

from typing import Any

from grader.judge.patterns.factors import NOTABLE
from grader.judge.patterns.naming import name
from grader.judge.patterns.pattern import LEAST_INPUTS, Finding
from grader.judge.patterns.samples import Sample, Tensor, largest
from grader.judge.patterns.scene import Scene, where_seen

#: A step smaller than this, relative to what it is taken from, says too little.
SMALLEST_STEP = 1e-3


def first_step(tensor: Tensor, scene: Scene) -> Finding | None:
    """From index 0 to index 1 of the first axis; later steps build on this one."""
    if tensor.axes < 2 or tensor.role != "value":
        return None
    longer = [sample for sample in tensor.samples if sample.expected.shape[0] > 1]
    if sum(sample.wrong for sample in longer) < LEAST_INPUTS or len(longer) < len(tensor.wrong):
        return None
    measured = {}
    for sample in longer:
        wanted, mine = _step(sample.expected), _step(sample.actual)
        if not _near(sample, sample.actual[0], sample.expected[0]):
            return None
        if not sample.wrong:
            continue
        if largest(wanted) < SMALLEST_STEP * largest(sample.expected[:2]):
            return None
        own = float((wanted**2).sum())
        value = float((wanted * mine).sum()) / own if own else 0.0
        if abs(value) < NOTABLE or not _near(sample, mine, value * wanted):
            return None
        measured[sample.at] = value
    found = name(measured, tensor.wrong[0].tolerance / SMALLEST_STEP, scene.known)
    if found is None or found.text == "1":
        return None
    for sample in longer:
        stated = found.value(sample.at)
        if stated is None:
            return None
        if not _near(sample, _step(sample.actual), stated * _step(sample.expected)):
            return None
    legend = found.legend(list(measured))
    text = (
        f"<yours> <is> right at index 0 of axis 0, and the change from there to index 1 is "
        f"{found.written} times the expected one, <cases>{legend}."
    )
    return Finding("first_step", text, cases=where_seen(tensor))


def _near(sample: Sample, left: Any, right: Any) -> bool:
    """Whether two arrays are equal at the scale of the first two indices: paths may diverge."""
    size = max(largest(sample.expected[:2]), largest(sample.actual[:2]), largest(right))
    return bool(largest(left - right) <= sample.tolerance * max(size, sample.floor))


def _step(path: Any) -> Any:
    return path[1] - path[0]
