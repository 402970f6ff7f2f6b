"""Detector: the right numbers one place late or early along an axis, such as time."""

from __future__ import annotations

from grader.judge.patterns.pattern import LEAST_INPUTS, Finding
from grader.judge.patterns.samples import Sample, Tensor
from grader.judge.patterns.scene import Scene

#: An array of bools or ids repeats itself more easily: this many entries must agree.
WHOLE_ENTRIES = 4


def shifted(tensor: Tensor, scene: Scene) -> Finding | None:
    """Each index along an axis holds what is expected one index before, or after."""
    for axis in range(tensor.axes):
        longer = [s for s in tensor.samples if s.expected.shape[axis] > 1]
        if sum(s.wrong for s in longer) < LEAST_INPUTS:
            continue
        for late, word in ((True, "late"), (False, "early")):
            if not all(_shifted(sample, axis, late=late) for sample in longer):
                continue
            if sum(_telling(sample, axis, late=late) for sample in longer) < LEAST_INPUTS:
                continue
            title = "the list" if axis == 0 and "[…]" in tensor.name else scene.axis(tensor, axis)
            several = f"in all {len(longer)} cases with more than one index along it"
            text = f"<yours> <is> one place {word} along {title}: each index holds what "
            text += f"is expected one {'before' if late else 'after'}, {several}."
            return Finding("shift", text, "late" if late else "early")
    return None


def _shifted(sample: Sample, axis: int, *, late: bool) -> bool:
    mine, wanted = _overlap(sample, axis, late=late)
    return sample.equal(mine, wanted)


def _overlap(sample: Sample, axis: int, *, late: bool) -> tuple[object, object]:
    import numpy as np

    mine, wanted = np.moveaxis(sample.actual, axis, 0), np.moveaxis(sample.expected, axis, 0)
    return (mine[1:], wanted[:-1]) if late else (mine[:-1], wanted[1:])


def _telling(sample: Sample, axis: int, *, late: bool) -> bool:
    """Whether the agreement says something: what is shifted is neither zero nor constant."""
    import numpy as np

    _, wanted = _overlap(sample, axis, late=late)
    entries = np.asarray(wanted)
    if sample.whole and entries.size < WHOLE_ENTRIES:
        return False
    if entries.size > 1:
        return bool((entries != entries.flat[0]).any())
    return bool(entries.any())
