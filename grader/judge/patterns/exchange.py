"""Detectors: the submission's value is another result, or an input."""

from __future__ import annotations

from typing import Any

from grader.judge.patterns.naming import name
from grader.judge.patterns.pattern import LEAST_INPUTS, Finding
from grader.judge.patterns.samples import Sample, Tensor, family
from grader.judge.patterns.scene import Scene, varied, where_seen


def other_result(tensor: Tensor, scene: Scene) -> Finding | None:
    """It equals what is expected of another result; perhaps the two are exchanged."""
    if not varied(tensor, 2):
        return None
    for other in scene.tensors:
        # Within a list it is the places that are off, which another detector says better.
        if family(other.name) == family(tensor.name) or not _equals(tensor, other):
            continue
        cases = where_seen(tensor)
        title = f"the gradient for {other.name}" if other.role == "gradient" else other.name
        if len(other.wrong) >= LEAST_INPUTS and _equals(other, tensor):
            first, second = tensor.name, other.name
            ordered = [entry.name for entry in scene.tensors]
            if ordered.index(first) > ordered.index(second):
                first, second = second, first
            noun = (
                f"The {'gradients for' if tensor.role == other.role == 'gradient' else 'results'} "
            )
            text = f"{noun}{first} and {second} are exchanged <cases>: each equals the other's "
            return Finding("exchanged", text + "expected value.", cases=cases)
        text = f"<yours> <is> what is expected for {title} <cases>."
        return Finding("other_result", text, "exchanged", cases)
    return None


def _equals(tensor: Tensor, other: Tensor) -> bool:
    wanted = {sample.at: sample for sample in other.samples}
    for sample in tensor.samples:
        found = wanted.get(sample.at)
        if found is None or not sample.fits(found.expected):
            return False
    return True


def returned_input(tensor: Tensor, scene: Scene) -> Finding | None:
    """It is an input, unchanged or times a number."""
    first = tensor.wrong[0]
    for path in scene.floats(first):
        if scene.inputs(first)[path].shape != first.actual.shape:
            continue
        measured = _multiples(tensor, scene, path)
        if measured is None:
            continue
        found = name(measured, first.tolerance, scene.known)
        if found is None or found.family == "unnamed":
            continue
        if not all(_is_multiple(s, scene, path, found.value(s.at)) for s in tensor.samples):
            continue
        cases = where_seen(tensor)
        if found.text == "1":
            text = f"<yours> <is> the input {path} itself <cases>."
            return Finding("input", text, cases=cases)
        legend = found.legend([sample.at for sample in tensor.wrong])
        text = f"<yours> <is> {found.written} times the input {path} <cases>{legend}."
        return Finding("input", text, cases=cases)
    return None


def _multiples(tensor: Tensor, scene: Scene, path: str) -> dict[int, float] | None:
    measured, large = {}, 0
    for sample in tensor.wrong:
        given = scene.floats(sample).get(path)
        if given is None or given.shape != sample.actual.shape:
            return None
        own = float((given**2).sum())
        if not own:
            return None
        value = float((sample.actual * given).sum()) / own
        if not value or not sample.fits(value * given):
            return None
        large += given.size > 1
        measured[sample.at] = value
    return measured if large >= LEAST_INPUTS else None


def _is_multiple(sample: Sample, scene: Scene, path: str, value: float | None) -> bool:
    given = scene.floats(sample).get(path)
    return given is not None and value is not None and sample.fits(value * given)


def part_of_input(tensor: Tensor, scene: Scene) -> Finding | None:
    """It is the first or last slice of an input along an axis."""
    first = tensor.wrong[0]
    for path, given in scene.floats(first).items():
        for axis in range(given.ndim):
            if given.ndim != first.actual.ndim + 1 or _without(given, axis) != first.actual.shape:
                continue
            for index, title in ((0, "first"), (-1, "last")):
                if _is_part(tensor, scene, path, axis, index):
                    text = f"<yours> <is> the {title} slice of the input {path} along axis {axis} "
                    return Finding("part_of_input", text + "<cases>.", cases=where_seen(tensor))
    return None


def _without(given: Any, axis: int) -> tuple[int, ...]:
    shape: tuple[int, ...] = given.shape
    return shape[:axis] + shape[axis + 1 :]


def _is_part(tensor: Tensor, scene: Scene, path: str, axis: int, index: int) -> bool:
    large = 0
    for sample in tensor.samples:
        given = scene.floats(sample).get(path)
        if given is None or given.ndim <= axis or _without(given, axis) != sample.actual.shape:
            return False
        if not sample.fits(given.take(index, axis=axis)):
            return False
        large += sample.wrong and sample.actual.size > 1
    return large >= LEAST_INPUTS
