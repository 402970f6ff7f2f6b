"""Detectors: one number per row is wrong, or rows are added up or normalised along an axis."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from grader.judge.patterns.pattern import LEAST_INPUTS, Finding
from grader.judge.patterns.samples import Sample, Tensor, largest
from grader.judge.patterns.scene import Scene, rich, where_seen

#: Entries that a fitted number must explain on average.
ENTRIES_PER_NUMBER = 2
MOST_AXES = 4


def reduced(tensor: Tensor, scene: Scene) -> Finding | None:
    """The expected value added up, averaged or accumulated along an axis."""
    import numpy as np

    if not rich(tensor, 2):
        return None
    for axis in range(tensor.axes):
        if not _several(tensor, (axis,)):
            continue
        title = scene.axis(tensor, axis)
        for words, compute in (
            (f"summed along {title} and repeated", _kept(np.sum, axis)),
            (f"averaged along {title} and repeated", _kept(np.mean, axis)),
            (f"added up step by step along {title}", lambda e, axis=axis: np.cumsum(e, axis)),
            (
                f"added up step by step along {title}, from its end",
                lambda e, axis=axis: np.flip(np.cumsum(np.flip(e, axis), axis), axis),
            ),
        ):
            if all(sample.fits(compute(sample.expected)) for sample in tensor.samples):
                text = f"<yours> <is> <expected>, {words}, <cases>."
                topic = "accumulated" if "step" in words else "reduced"
                return Finding("reduced", text, topic, where_seen(tensor))
    return None


def _kept(compute: Any, axis: int) -> Any:
    import numpy as np

    return lambda e: np.broadcast_to(compute(e, axis=axis, keepdims=True), e.shape)


def normalised(tensor: Tensor, scene: Scene) -> Finding | None:
    """Sums of 1 along another axis than expected, or none where they are expected."""
    if tensor.axes < 2 or tensor.right or not rich(tensor, 2):
        return None
    expected = [axis for axis in range(tensor.axes) if _sums_to_one(tensor, axis, mine=False)]
    mine = [axis for axis in range(tensor.axes) if _sums_to_one(tensor, axis, mine=True)]
    if len(expected) != 1 or len(mine) != 1 or expected == mine:
        return None
    text = (
        f"<yours> <adds> up to 1 along {scene.axis(tensor, mine[0])} <cases>, <expected> along "
        f"{scene.axis(tensor, expected[0])}."
    )
    return Finding("normalised", text, cases=where_seen(tensor))


def _sums_to_one(tensor: Tensor, axis: int, *, mine: bool) -> bool:
    for sample in tensor.wrong:
        sums = (sample.actual if mine else sample.expected).sum(axis=axis)
        if largest(sums - 1) > 10 * sample.tolerance:
            return False
    return _several(tensor, (axis,))


def row_offset(tensor: Tensor, scene: Scene) -> Finding | None:
    """The difference does not change along an axis."""
    if tensor.right or not rich(tensor, 2):
        return None
    for axes in _subsets(tensor.axes):
        if (
            _explains(tensor, axes, _all_entries)
            and _changes(tensor, axes)
            and all(
                sample.fits(sample.expected + sample.difference.mean(axis=axes, keepdims=True))
                and largest(sample.difference) > 1e3 * sample.tolerance * sample.magnitude
                for sample in tensor.wrong
            )
        ):
            if len(axes) == tensor.axes:
                text = "<yours> minus <expected> is one number per case <cases>, in every entry."
            else:
                text = (
                    f"<yours> minus <expected> does not change along "
                    f"{_listed(tensor, scene, axes)} <cases>."
                )
            return Finding("row_offset", text, cases=where_seen(tensor))
    return None


def row_scale(tensor: Tensor, scene: Scene) -> Finding | None:
    """The ratio does not change along an axis."""
    if tensor.right or not rich(tensor, 2):
        return None
    for axes in _subsets(tensor.axes):
        if len(axes) == tensor.axes or not _explains(tensor, axes, _nonzero_entries):
            continue
        ratios = [_ratios(sample, axes) for sample in tensor.wrong]
        fits = (s.fits(r * s.expected) for s, r in zip(tensor.wrong, ratios, strict=True))
        if not all(fits) or not any(_uneven(ratio) for ratio in ratios):
            continue
        if not _changes(tensor, axes):
            continue
        text = (
            f"<yours>, divided by <expected>, <does> not change along "
            f"{_listed(tensor, scene, axes)} <cases>."
        )
        return Finding("row_scale", text, cases=where_seen(tensor))
    return None


def same_rows(tensor: Tensor, scene: Scene) -> Finding | None:
    """All rows are alike, where different ones are expected."""
    if not rich(tensor, 2):
        return None
    for axes in _subsets(tensor.axes):
        if len(axes) == tensor.axes or not _several(tensor, axes):
            continue
        if all(
            sample.fits(0 * sample.expected + sample.actual.mean(axis=axes, keepdims=True))
            for sample in tensor.samples
        ) and _changes(tensor, axes):
            text = (
                f"<yours> <does> not change along {_listed(tensor, scene, axes)} <cases>, where "
                f"<expected> <does>."
            )
            return Finding("same_rows", text, cases=where_seen(tensor))
    return None


def _changes(tensor: Tensor, axes: tuple[int, ...]) -> bool:
    """Whether the expected value changes along the axes: else that yours does not is no news."""
    return not any(
        sample.equal(
            sample.expected,
            0 * sample.expected + sample.expected.mean(axis=axes, keepdims=True),
        )
        for sample in tensor.wrong
        if _length(sample, axes) > 1
    )


def _uneven(ratio: Any) -> bool:
    """Whether some row has a factor besides 0 and 1: those two are another pattern's subject."""
    return bool(((abs(ratio) > 1e-6) & (abs(ratio - 1) > 1e-6)).any())


def _ratios(sample: Sample, axes: tuple[int, ...]) -> Any:
    import numpy as np

    own = (sample.expected**2).sum(axis=axes, keepdims=True)
    both = (sample.actual * sample.expected).sum(axis=axes, keepdims=True)
    return np.divide(both, own, out=np.zeros_like(both), where=own > 0)


def _subsets(axes: int) -> Iterator[tuple[int, ...]]:
    if axes <= MOST_AXES:
        for count in range(axes, 0, -1):
            yield from combinations(range(axes), count)


def _length(sample: Sample, axes: tuple[int, ...]) -> int:
    length = 1
    for axis in axes:
        length *= int(sample.expected.shape[axis])
    return length


def _several(tensor: Tensor, axes: tuple[int, ...]) -> bool:
    """Whether enough differing cases have more than one index along the axes."""
    return sum(_length(sample, axes) > 1 for sample in tensor.wrong) >= LEAST_INPUTS


def _all_entries(sample: Sample) -> Any:
    import numpy as np

    return np.ones_like(sample.expected, dtype=bool)


def _nonzero_entries(sample: Sample) -> Any:
    return sample.expected != 0


def _explains(tensor: Tensor, axes: tuple[int, ...], counted: Any) -> bool:
    """Whether there are far fewer rows than entries to explain."""
    if not _several(tensor, axes):
        return False
    entries = numbers = 0
    for sample in tensor.wrong:
        marks = counted(sample)
        entries += int(marks.sum())
        numbers += int(marks.any(axis=axes).sum())
    return entries > ENTRIES_PER_NUMBER * numbers


def _listed(tensor: Tensor, scene: Scene, axes: tuple[int, ...]) -> str:
    return " and ".join(scene.axis(tensor, axis) for axis in axes)
