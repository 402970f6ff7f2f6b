"""Detector: what is too much or missing is an input, perhaps times a number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from grader.judge.patterns.naming import Named, name
from grader.judge.patterns.pattern import LEAST_INPUTS, Finding
from grader.judge.patterns.samples import Sample, Tensor
from grader.judge.patterns.scene import Scene, where_seen

#: The difference must be this many times larger than what rounding may make of it.
CLEAR = 1e3
Align = Callable[[Any, tuple[int, ...]], Any]


def input_difference(tensor: Tensor, scene: Scene) -> Finding | None:
    """The difference is a fixed or named multiple of an input of the same shape, or of its rows."""
    first = tensor.wrong[0]
    if any(not _clear(sample) for sample in tensor.wrong):
        return None
    for path, given in scene.floats(first).items():
        for manner, align in _alignments(given.shape, first.expected.shape):
            found = _multiple(tensor, scene, path, align)
            if found is None:
                continue
            legend = found.legend([sample.at for sample in tensor.wrong])
            much = {"1": path, "−1": f"−{path}"}.get(found.text, f"{found.written} times {path}")
            rows = f" {manner}" if manner else ""
            text = f"<yours> minus <expected> is {much}{rows} <cases>{legend}."
            topic = "input_rows" if manner else "input_difference"
            return Finding("input_difference", text, topic, where_seen(tensor))
    return None


def _clear(sample: Sample) -> bool:
    from grader.judge.patterns.samples import largest

    return largest(sample.difference) > CLEAR * sample.tolerance * sample.magnitude


def _alignments(given: tuple[int, ...], wanted: tuple[int, ...]) -> Iterator[tuple[str, Align]]:
    if given == wanted:
        yield "", _same
    elif len(given) == 1 and given[0] > 1:
        for axis in reversed(range(len(wanted))):
            if len(wanted) > 1 and wanted[axis] == given[0]:
                yield f"repeated along every axis but axis {axis}", _along(axis)
    elif len(given) > 1 and len(given) < len(wanted) and wanted[-len(given) :] == given:
        yield "repeated along the leading axes", _trailing


def _same(given: Any, shape: tuple[int, ...]) -> Any:
    return given if given.shape == shape else None


def _trailing(given: Any, shape: tuple[int, ...]) -> Any:
    import numpy as np

    if given.ndim >= len(shape) or shape[-given.ndim :] != given.shape:
        return None
    return np.broadcast_to(given, shape)


def _along(axis: int) -> Align:
    def align(given: Any, shape: tuple[int, ...]) -> Any:
        import numpy as np

        if given.ndim != 1 or axis >= len(shape) or shape[axis] != given.size:
            return None
        ones = [1] * len(shape)
        ones[axis] = given.size
        return np.broadcast_to(given.reshape(ones), shape)

    return align


def _multiple(tensor: Tensor, scene: Scene, path: str, align: Align) -> Named | None:
    measured, large = {}, 0
    for sample in tensor.wrong:
        given = _aligned(scene, sample, path, align)
        own = 0.0 if given is None else float((given**2).sum())
        if not own:
            return None
        value = float((sample.difference * given).sum()) / own
        if not value or not sample.fits(sample.expected + value * given):
            return None
        large += given.size > 1
        measured[sample.at] = value
    if large < LEAST_INPUTS:
        return None
    found = name(measured, 10 * tensor.wrong[0].tolerance, scene.known)
    if found is None:
        return None
    for sample in tensor.samples:
        given = _aligned(scene, sample, path, align)
        stated = found.value(sample.at)
        if given is None or stated is None or not sample.fits(sample.expected + stated * given):
            return None
    return found


def _aligned(scene: Scene, sample: Sample, path: str, align: Align) -> Any:
    given = scene.floats(sample).get(path)
    return None if given is None else align(given, sample.expected.shape)
