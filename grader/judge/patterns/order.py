"""Detectors: the right numbers in other places."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import permutations
from math import prod
from typing import Any

from grader.judge.patterns.pattern import Finding
from grader.judge.patterns.quantities import Quantity
from grader.judge.patterns.samples import Sample, Tensor
from grader.judge.patterns.scene import Scene, rich, where_seen

MOST_AXES = 4
#: How a tensor would look if it were rearranged; None where the rearrangement does not apply.
Rearranged = Callable[[Sample], Any]
Candidate = tuple[str, str, Rearranged]


def rearranged(tensor: Tensor, scene: Scene) -> Finding | None:
    """Axes exchanged, blocks or indices in another order, or a reshape in place of a transpose."""
    if not _same_numbers(tensor) or tensor.axes > MOST_AXES or not rich(tensor):
        return None
    for topic, words, arrange in _candidates(tensor, scene):
        if all(_arranged(sample, arrange) for sample in tensor.samples):
            text = f"<yours> <has> the expected numbers in other places <cases>: {words}."
            return Finding("rearranged", text, topic, where_seen(tensor))
    return None


def other_places(tensor: Tensor, scene: Scene) -> Finding | None:
    """The right numbers in an order without a name."""
    import numpy as np

    if tensor.right or not _same_numbers(tensor) or not rich(tensor):
        return None
    for axis in range(tensor.axes if tensor.axes > 1 else 0):
        if all(
            sample.equal(np.sort(sample.actual, axis=axis), np.sort(sample.expected, axis=axis))
            for sample in tensor.wrong
        ):
            text = (
                f"<yours> <has> the expected numbers in other places <cases>: they only move along "
                f"{scene.axis(tensor, axis)}."
            )
            return Finding("other_places", text, cases=where_seen(tensor))
    text = "<yours> <has> exactly the expected numbers <cases>, in other places."
    return Finding("other_places", text, cases=where_seen(tensor))


def _same_numbers(tensor: Tensor) -> bool:
    import numpy as np

    return tensor.axes > 0 and all(
        sample.equal(np.sort(sample.actual, axis=None), np.sort(sample.expected, axis=None))
        for sample in tensor.wrong
    )


def _arranged(sample: Sample, arrange: Rearranged) -> bool:
    predicted = arrange(sample)
    return predicted is not None and sample.fits(predicted)


def _candidates(tensor: Tensor, scene: Scene) -> Iterator[Candidate]:
    yield from _transposed(tensor.axes)
    for axis in range(tensor.axes):
        title = scene.axis(tensor, axis)
        yield "reversed", f"{title} runs backwards", _flipped(axis)
        for step, way in ((1, "later"), (-1, "earlier")):
            words = f"{title} is rotated, every index one place {way} and the rest around the end"
            yield "reversed", words, _rolled(axis, step)
        yield from _blocks(axis, title)
    for axis in range(tensor.axes):
        yield from _interleaved(axis, scene.axis(tensor, axis), scene)
    yield from _reshaped(tensor.axes)
    for axis in range(tensor.axes if tensor.axes < MOST_AXES else 0):
        yield from _split(tensor.axes, axis, scene)


def _transposed(axes: int) -> Iterator[Candidate]:
    for order in permutations(range(axes)):
        if order != tuple(range(axes)):
            words = "it is transposed" if axes == 2 else f"its axes are in the order {order}"
            yield "transposed", words, _by_axes(order)


def _by_axes(order: tuple[int, ...]) -> Rearranged:
    return lambda sample: sample.expected.transpose(order)


def _read_by_axes(order: tuple[int, ...]) -> Rearranged:
    return lambda sample: sample.expected.transpose(order).reshape(sample.expected.shape)


def _fixed(count: int) -> Callable[[int], float | None]:
    return lambda at: count


def _flipped(axis: int) -> Rearranged:
    import numpy as np

    return lambda sample: np.flip(sample.expected, axis=axis)


def _rolled(axis: int, step: int) -> Rearranged:
    import numpy as np

    return lambda sample: np.roll(sample.expected, step, axis=axis)


def _blocks(axis: int, title: str) -> Iterator[Candidate]:
    for count in (2, 3, 4):
        for order in permutations(range(count)):
            if order == tuple(range(count)):
                continue
            listed = ", ".join(str(part + 1) for part in order)
            words = f"the {count} equal blocks along {title} are in the order {listed}"
            yield "blocks", words, _in_blocks(axis, order)


def _in_blocks(axis: int, order: tuple[int, ...]) -> Rearranged:
    def arrange(sample: Sample) -> Any:
        import numpy as np

        if sample.expected.shape[axis] % len(order):
            return None
        parts = np.split(sample.expected, len(order), axis=axis)
        return np.concatenate([parts[place] for place in order], axis=axis)

    return arrange


def _interleaved(axis: int, title: str, scene: Scene) -> Iterator[Candidate]:
    """Blocks read as interleaved, or the other way round: (k, n/k) transposed along an axis."""
    counts: list[tuple[str, Callable[[int], float | None]]] = [
        (str(count), _fixed(count)) for count in (2, 3, 4)
    ]
    counts += [(quantity.symbol, quantity.values.get) for quantity in scene.sizes]
    for symbol, count in counts:
        words = f"along {title}, what are {symbol} blocks in one is every {symbol}-th in the other"
        yield "interleaved", words, _woven(axis, count, inner=False)
        yield "interleaved", words, _woven(axis, count, inner=True)


def _woven(axis: int, count: Callable[[int], float | None], *, inner: bool) -> Rearranged:
    def arrange(sample: Sample) -> Any:
        shape, parts = sample.expected.shape, int(count(sample.at) or 0)
        if parts < 1 or shape[axis] % parts:
            return None
        cut = (parts, shape[axis] // parts)
        wide = (*shape[:axis], *(cut[::-1] if inner else cut), *shape[axis + 1 :])
        return sample.expected.reshape(wide).swapaxes(axis, axis + 1).reshape(shape)

    return arrange


def _reshaped(axes: int) -> Iterator[Candidate]:
    for order in permutations(range(axes)):
        if order == tuple(range(axes)):
            continue
        words = f"reading its entries in order gives those of the expected one with axes {order}"
        yield "reshaped", words, _read_by_axes(order)


def _split(axes: int, axis: int, scene: Scene) -> Iterator[Candidate]:
    for quantity in scene.sizes:
        for first in (True, False):
            for order in permutations(range(axes + 1)):
                if order == tuple(range(axes + 1)):
                    continue
                shown = f"({quantity.symbol}, rest)" if first else f"(rest, {quantity.symbol})"
                words = (
                    f"cut axis {axis} of the expected one into {shown}, put the axes in the order "
                    f"{order} and reshape back"
                )
                yield "reshaped", words, _cut(axis, quantity, order, first=first)


def _cut(axis: int, quantity: Quantity, order: tuple[int, ...], *, first: bool) -> Rearranged:
    def arrange(sample: Sample) -> Any:
        shape, parts = sample.expected.shape, int(quantity.values.get(sample.at, 0))
        if parts < 1 or shape[axis] % parts or prod(shape) == 0:
            return None
        cut = (parts, shape[axis] // parts)
        wide = (*shape[:axis], *(cut if first else cut[::-1]), *shape[axis + 1 :])
        return sample.expected.reshape(wide).transpose(order).reshape(shape)

    return arrange
