"""Detectors on results of the wrong shape: axes in another order, too many, missing or too long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from math import prod

from grader.judge.observe import Outcome
from grader.judge.patterns.pattern import LEAST_INPUTS, Finding
from grader.judge.patterns.scene import Scene
from grader.judge.structure import Form, describe_form
from grader.judge.tape import TapeCase

Shape = tuple[int, ...]
Path = tuple[int | str, ...]
MOST_AXES = 5


@dataclass(frozen=True)
class Misshapen:
    """A result that came back with the wrong shape: by position in the evidence, both shapes."""

    label: str
    path: Path
    expected: Mapping[int, Shape]
    found: Mapping[int, Shape]

    @property
    def name(self) -> str:
        """What to call it: “the 2nd result of affine_backward”."""
        title, rest = f"the result of {self.label}", self.path
        if rest and isinstance(rest[0], int):
            ordinal = {0: "1st", 1: "2nd", 2: "3rd"}.get(rest[0], f"{rest[0] + 1}th")
            title, rest = f"the {ordinal} result of {self.label}", rest[1:]
        return title + "".join(f"[{part!r}]" for part in rest)

    def example(self) -> str:
        """The shapes of the first case."""
        at = min(self.found)
        return f"{self.found[at]} for {self.expected[at]}"


def misshapen(scene: Scene) -> Misshapen | None:
    """The first result that has the wrong shape in enough cases."""
    groups: dict[str, dict[int, tuple[dict[Path, Shape], Shape]]] = {}
    for at, (case, outcome) in enumerate(scene.evidence):
        read = _read(case, outcome)
        if read is not None:
            label, places, found = read
            groups.setdefault(label, {})[at] = places, found
    for label, cases in groups.items():
        if len(cases) < LEAST_INPUTS:
            continue
        shared = set.intersection(*(set(places) for places, _ in cases.values()))
        paths = [path for path in next(iter(cases.values()))[0] if path in shared]
        if not paths:
            continue
        expected = {at: places[paths[0]] for at, (places, _) in cases.items()}
        came = {at: shape for at, (_, shape) in cases.items()}
        if len(set(expected.values())) > 1 or len(set(came.values())) > 1:
            return Misshapen(label, paths[0], expected, came)
    return None


def _read(case: TapeCase, outcome: Outcome) -> tuple[str, dict[Path, Shape], Shape] | None:
    """The call, the places whose form was asked for in these words, and the shape that came."""
    failure, position = outcome.failure, len(outcome.calls) - 1
    if failure is None or (failure.kind, failure.stage) != ("form", "shape"):
        return None
    found = failure.found
    if not isinstance(found, list) or len(found) < 2 or found[0] != "array":
        return None
    if not 0 <= position < len(case.transcript):
        return None
    label, form = case.transcript[position]
    places = {
        path: shape
        for path, shape, words in _leaves(form)
        if words == failure.expected and shape != tuple(found[2:])
    }
    if label != outcome.calls[-1].label or not places:
        return None
    return label, places, tuple(int(size) for size in found[2:])


def _leaves(form: Form, path: Path = ()) -> Iterator[tuple[Path, Shape, str]]:
    if form[0] == "sequence":
        for index, inner in enumerate(form[2]):
            yield from _leaves(inner, (*path, index))
    elif form[0] == "dict":
        for key, inner in form[1]:
            yield from _leaves(inner, (*path, str(key)))
    elif form[0] == "array":
        yield path, tuple(form[2]), describe_form(form)
    elif form[0] == "number":
        yield path, (), describe_form(form)


def shape_pattern(found: Misshapen, scene: Scene) -> Finding | None:
    """Say how the shape differs, if it does so in one way in all cases."""
    ranks = {(len(found.found[at]), len(found.expected[at])) for at in found.found}
    if len(ranks) > 1 or max(max(ranks)) > MOST_AXES:
        return None
    mine, wanted = ranks.pop()
    result = None
    if mine == wanted:
        result = _order(found, scene, mine) or _length(found, scene, mine)
    elif mine == wanted + 1:
        result = _too_many(found, scene, mine)
    elif mine == wanted - 1:
        result = _missing(found, scene, wanted)
    if result is None and mine != wanted:
        result = _flattened(found)
    return result


def _all(found: Misshapen) -> Iterator[tuple[Shape, Shape]]:
    for at in found.found:
        yield found.found[at], found.expected[at]


def _finding(found: Misshapen, topic: str, words: str) -> Finding:
    cases = f"in all {len(found.found)} cases in which its shape is wrong"
    text = f"<yours> has {words} {cases}: {found.example()}, for example."
    return Finding("shape", text, topic)


def _order(found: Misshapen, scene: Scene, axes: int) -> Finding | None:
    orders = [
        order
        for order in permutations(range(axes))
        if all(mine == tuple(want[i] for i in order) for mine, want in _all(found))
    ]
    if len(orders) != 1:
        return None
    words = f"the expected axes in the order {orders[0]}"
    return _finding(found, "axes_order", words)


def _without(shape: Shape, axis: int) -> Shape:
    return shape[:axis] + shape[axis + 1 :]


def _too_many(found: Misshapen, scene: Scene, axes: int) -> Finding | None:
    for axis in range(axes):
        if not all(_without(mine, axis) == want for mine, want in _all(found)):
            continue
        lengths = {at: shape[axis] for at, shape in found.found.items()}
        if set(lengths.values()) == {1}:
            words = f"one axis too many, axis {axis}, of length 1,"
            return _finding(found, "axis_of_one", words)
        return _finding(found, "axis_kept", f"one axis too many, {scene.axis_of(lengths, axis)},")
    return None


def _missing(found: Misshapen, scene: Scene, axes: int) -> Finding | None:
    for axis in range(axes):
        if all(_without(want, axis) == mine for mine, want in _all(found)):
            lengths = {at: shape[axis] for at, shape in found.expected.items()}
            words = f"no {scene.axis_of(lengths, axis)} of those expected"
            return _finding(found, "axis_missing", words)
    return None


def _flattened(found: Misshapen) -> Finding | None:
    if all(prod(mine) == prod(want) > 1 for mine, want in _all(found)):
        return _finding(found, "flattened", "as many entries as expected in other axes")
    return None


def _length(found: Misshapen, scene: Scene, axes: int) -> Finding | None:
    differing = {
        axis for mine, want in _all(found) for axis in range(axes) if mine[axis] != want[axis]
    }
    if len(differing) != 1:
        return None
    axis = differing.pop()
    wanted = {at: shape[axis] for at, shape in found.expected.items()}
    mine = {at: shape[axis] for at, shape in found.found.items()}
    title = scene.axis_of(wanted, axis)
    more = {mine[at] - wanted[at] for at in mine}
    if len(more) == 1 and abs(change := more.pop()) <= 3:
        way = "long" if change > 0 else "short"
        plural = "indices" if abs(change) > 1 else "index"
        words = f"an {title} that is {abs(change)} {plural} too {way}"
        return _finding(found, "axis_length", words)
    if set(mine.values()) == {1}:
        return _finding(found, "axis_length", f"length 1 along {title}")
    for quantity in scene.sizes:
        if quantity.varies and all(quantity.values.get(at) == size for at, size in mine.items()):
            words = f"length {quantity.symbol} ({quantity.meaning}) along {title}"
            return _finding(found, "other_length", words)
    return None
