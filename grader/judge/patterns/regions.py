"""Places of a tensor that a mistake may be confined to, each as a bool array per sample."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from grader.judge.patterns.samples import Sample, Tensor
from grader.judge.patterns.scene import Scene
from grader.spec.domain import Integers

#: Topic, words that complete “differs only …”, and the entries meant (None: does not apply).
Region = tuple[str, str, Callable[[Sample], Any]]
#: Names of integer arguments that mark padding.
PADDING = ("pad", "ignore")


def regions(tensor: Tensor, scene: Scene) -> Iterator[Region]:
    """All places to look at; those that say more come first."""
    first = tensor.wrong[0]
    if tensor.axes == 0:
        return
    for path, given in scene.inputs(first).items():
        if given.dtype.kind == "b":
            yield from _by_mask(scene, path)
        elif given.dtype.kind in "iu":
            yield from _by_ids(tensor, scene, path)
        else:
            yield from _by_numbers(scene, path, given.shape == first.expected.shape)
    for axis in range(tensor.axes):
        listed = axis == 0 and "[…]" in tensor.name
        title = "the list" if listed else scene.axis(tensor, axis)
        yield "first", f"at index 0 of {title}", _at(axis, (0,))
        yield "last", f"at the last index of {title}", _at(axis, (-1,))
        yield "borders", f"at the first and the last index of {title}", _at(axis, (0, -1))
        yield "after_first", f"from index 1 of {title} on", _from(axis, 1)
        yield "after_first", f"from index 2 of {title} on", _from(axis, 2)
        yield "before_last", f"before the last index of {title}", _but(axis, -1)
        yield from _blocks(tensor, axis, title)
    if tensor.axes >= 2:
        squares = (s.expected.shape[-1] == s.expected.shape[-2] for s in tensor.wrong)
        yield from _triangles(all(squares))
    yield "zero_expected", "where 0 is expected", lambda s: s.expected == 0
    yield "zero_returned", "where yours is 0", lambda s: s.actual == 0
    yield "negative_expected", "where a negative number is expected", lambda s: s.expected < 0


def _at(axis: int, indices: tuple[int, ...]) -> Callable[[Sample], Any]:
    def region(sample: Sample) -> Any:
        import numpy as np

        marks = np.zeros(sample.expected.shape, dtype=bool)
        if marks.shape[axis]:
            np.moveaxis(marks, axis, 0)[list(indices)] = True
        return marks

    return region


def _but(axis: int, index: int) -> Callable[[Sample], Any]:
    return lambda sample: ~_at(axis, (index,))(sample)


def _from(axis: int, start: int) -> Callable[[Sample], Any]:
    def region(sample: Sample) -> Any:
        import numpy as np

        marks = np.zeros(sample.expected.shape, dtype=bool)
        np.moveaxis(marks, axis, 0)[start:] = True
        return marks

    return region


def _blocks(tensor: Tensor, axis: int, title: str) -> Iterator[Region]:
    """Those of 2, 3 or 4 equal blocks along an axis that hold a difference: gates, heads."""
    import numpy as np

    lengths = {sample.expected.shape[axis] for sample in tensor.samples}
    for count in (4, 3, 2):
        if len(lengths) < 2 or any(length % count or not length for length in lengths):
            continue
        touched = np.zeros(count, dtype=bool)
        for sample in tensor.wrong:
            parts = np.split(np.moveaxis(sample.off, axis, 0), count)
            touched |= np.array([part.any() for part in parts])
        numbers = [str(place + 1) for place in np.flatnonzero(touched)]
        if len(numbers) < count:
            listed = " and ".join(part for part in (", ".join(numbers[:-1]), numbers[-1]) if part)
            noun = "blocks" if len(numbers) > 1 else "block"
            words = f"in {noun} {listed} of the {count} equal blocks along {title}"
            yield "block", words, _in_blocks(axis, touched)


def _in_blocks(axis: int, touched: Any) -> Callable[[Sample], Any]:
    def region(sample: Sample) -> Any:
        import numpy as np

        shape = sample.expected.shape
        marks = np.repeat(touched, shape[axis] // touched.size)
        ones = [1] * len(shape)
        ones[axis] = shape[axis]
        return np.broadcast_to(marks.reshape(ones), shape)

    return region


def _triangles(square: bool) -> Iterator[Region]:
    """Along the last two axes, row i and column j; a scattered match counts in squares only."""
    for topic, words, keep in (
        ("diagonal", "on the diagonal of its last two axes", lambda i, j: i == j),
        ("triangle", "above the diagonal of its last two axes", lambda i, j: j > i),
        ("triangle", "below the diagonal of its last two axes", lambda i, j: j < i),
        ("triangle", "on and above the diagonal of its last two axes", lambda i, j: j >= i),
        ("triangle", "on and below the diagonal of its last two axes", lambda i, j: j <= i),
        ("off_diagonal", "off the diagonal of its last two axes", lambda i, j: i != j),
    ):
        yield topic if square else f"{topic}!", words, _triangle(keep)


def _triangle(keep: Callable[[Any, Any], Any]) -> Callable[[Sample], Any]:
    def region(sample: Sample) -> Any:
        import numpy as np

        rows, columns = np.indices(sample.expected.shape[-2:])
        return np.broadcast_to(keep(rows, columns), sample.expected.shape)

    return region


def _spread(marks: Any, shape: tuple[int, ...]) -> Any:
    """Marks on leading, trailing or all axes, spread over the whole shape."""
    import numpy as np

    if marks.ndim == 0 or marks.ndim > len(shape):
        return None
    if shape[: marks.ndim] == marks.shape:
        return np.broadcast_to(marks.reshape(*marks.shape, *[1] * (len(shape) - marks.ndim)), shape)
    return np.broadcast_to(marks, shape) if shape[-marks.ndim :] == marks.shape else None


def _marked(scene: Scene, path: str, mark: Callable[[Any], Any]) -> Callable[[Sample], Any]:
    def region(sample: Sample) -> Any:
        given = scene.inputs(sample).get(path)
        return None if given is None else _spread(mark(given), sample.expected.shape)

    return region


def _by_mask(scene: Scene, path: str) -> Iterator[Region]:
    yield "mask", f"where {path} is True", _marked(scene, path, lambda m: m)
    yield "mask", f"where {path} is False", _marked(scene, path, lambda m: ~m)
    empty = f"in the rows for which {path} is False throughout"
    yield "mask", empty, _marked(scene, path, lambda m: ~m.any(axis=-1))
    full = f"in the rows for which {path} holds a False"
    yield "mask", full, _marked(scene, path, lambda m: ~m.all(axis=-1))


def _by_numbers(scene: Scene, path: str, same_shape: bool) -> Iterator[Region]:
    if same_shape:
        yield "negative_input", f"where {path} is negative", _marked(scene, path, lambda x: x < 0)
        yield "positive_input", f"where {path} is positive", _marked(scene, path, lambda x: x > 0)
    tied = f"in the rows of {path} that hold their largest number more than once"
    yield "ties", tied, _marked(scene, path, _ties)


def _ties(given: Any) -> Any:
    return (given == given.max(axis=-1, keepdims=True)).sum(axis=-1) > 1


def _by_ids(tensor: Tensor, scene: Scene, path: str) -> Iterator[Region]:
    yield (
        "repeated",
        f"at places whose number in {path} occurs there more than once",
        _marked(scene, path, _repeated),
    )
    for axis in range(tensor.axes):
        along = f"of {scene.axis(tensor, axis)} that {path} names"
        for topic, words, wanted in (
            ("repeated", f"at the indices {along} more than once", lambda n: n > 1),
            (
                "unseen",
                f"at the indices {along} never".replace("names never", "never names"),
                lambda n: n == 0,
            ),
            ("seen", f"at the indices {along}", lambda n: n > 0),
        ):
            yield topic, words, _rows_named(scene, path, axis, wanted)
    for name, value in tensor.wrong[0].case.fields.items():
        if isinstance(value, int) and any(part in name.lower() for part in PADDING):
            yield "padding", f"where {path} is {name}", _equal_to(scene, path, name, same=True)
            yield "real", f"where {path} is not {name}", _equal_to(scene, path, name, same=False)
    if "length" in path.lower():
        yield "padding", f"at places beyond {path}", _beyond(scene, path)


def _repeated(ids: Any) -> Any:
    import numpy as np

    _, places, times = np.unique(ids, return_inverse=True, return_counts=True)
    return (times > 1)[places].reshape(ids.shape)


def _rows_named(
    scene: Scene, path: str, axis: int, wanted: Callable[[Any], Any]
) -> Callable[[Sample], Any]:
    def region(sample: Sample) -> Any:
        import numpy as np

        ids, shape = scene.inputs(sample).get(path), sample.expected.shape
        if ids is None or not _is_table(scene, sample, path, shape[axis]):
            return None
        if ids.min() < 0 or ids.max() >= shape[axis]:
            return None
        times = np.bincount(ids.ravel(), minlength=shape[axis])
        ones = [1] * len(shape)
        ones[axis] = shape[axis]
        return np.broadcast_to(wanted(times).reshape(ones), shape)

    return region


def _is_table(scene: Scene, sample: Sample, path: str, rows: int) -> bool:
    """Whether the ids are declared to index that many rows; computed ids count as such."""
    declared = scene.declared.get(path)
    if not isinstance(declared, Integers):
        return any(given.shape == sample.expected.shape for given in scene.floats(sample).values())
    try:
        return declared.high(scene.solved(sample)) == rows
    except KeyError:
        return False


def _equal_to(scene: Scene, path: str, name: str, *, same: bool) -> Callable[[Sample], Any]:
    def region(sample: Sample) -> Any:
        given, value = scene.inputs(sample).get(path), sample.case.fields.get(name)
        if given is None or value is None:
            return None
        return _spread((given == value) == same, sample.expected.shape)

    return region


def _beyond(scene: Scene, path: str) -> Callable[[Sample], Any]:
    def region(sample: Sample) -> Any:
        import numpy as np

        lengths, shape = scene.inputs(sample).get(path), sample.expected.shape
        if lengths is None or lengths.ndim != 1 or len(shape) < 2 or shape[0] != lengths.size:
            return None
        return _spread(np.arange(shape[1]) >= lengths[:, None], shape)

    return region
