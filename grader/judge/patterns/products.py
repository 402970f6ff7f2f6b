"""Detector: the submission's value lacks an input as a factor, or has it once too often."""

from __future__ import annotations

from typing import Any

from grader.judge.patterns.pattern import Finding
from grader.judge.patterns.samples import Tensor
from grader.judge.patterns.scene import Scene, rich, where_seen


def input_factor(tensor: Tensor, scene: Scene) -> Finding | None:
    """Times an input, entry by entry, one side equals the other."""
    first = tensor.wrong[0]
    for path, given in scene.floats(first).items():
        if not _applies(given, first.expected.shape) or given.size < 2:
            continue
        missing, extra = True, True
        for sample in tensor.samples:
            factor = scene.floats(sample).get(path)
            if factor is None or not _applies(factor, sample.expected.shape):
                missing = extra = False
                break
            missing = missing and sample.equal(sample.actual * factor, sample.expected)
            extra = extra and sample.fits(sample.expected * factor)
            if not missing and not extra:
                break
        if missing and rich(tensor, 2):
            text = f"<yours> times {path}, entry by entry, <is> <expected> <cases>."
            return Finding("input_factor", text, "factor_missing", where_seen(tensor))
        if extra and rich(tensor, 2):
            text = f"<yours> <is> <expected> times {path}, entry by entry, <cases>."
            return Finding("input_factor", text, "factor_extra", where_seen(tensor))
    return None


def _applies(factor: Any, shape: tuple[int, ...]) -> bool:
    """Whether it has this shape, or is a vector along the last axis."""
    return bool(factor.shape == shape) or bool(factor.ndim == 1 and shape[-1:] == factor.shape)
