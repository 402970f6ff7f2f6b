"""Numerical gradients of a check's forward, by fourth-order central differences in float64.

`f'(x) ≈ (f(x-2h) - 8 f(x-h) + 8 f(x+h) - f(x+2h)) / 12h` with `h = 1e-3 · max(1, |x|)` (Fornberg
1988, table 1), which was measured to be right to about 4e-12 of the largest entry on a small
network. Inputs must keep away from kinks by more than 2h; `roughness` says where they do not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from grader.judge.implementation import Implementation, Proxy
from grader.judge.observe import leaves
from grader.spec.checks import Check
from grader.spec.domain import Case
from grader.spec.observations import Gradients

STEP = 1e-3
#: Where a derivative is sampled, in steps from the case itself.
AROUND = (-2, -1, 1, 2)


@dataclass(frozen=True)
class Direction:
    """A straight line through a case: how far each array of the field `name` moves, by its path."""

    name: str
    by: Mapping[str, Any]

    def moved(self, fields: Mapping[str, Any], distance: float) -> dict[str, Any]:
        """The case at `distance` along the line; the arrays of `fields` are left alone."""
        import numpy as np

        def move(path: str, leaf: Any) -> Any:
            if path not in self.by:
                return leaf
            there = np.asarray(leaf, dtype=np.float64) + distance * self.by[path]
            return there if np.ndim(leaf) else float(there)

        return {**fields, self.name: _mapped(self.name, fields[self.name], move)}


def directions(name: str, arrays: Mapping[str, Any], count: int) -> list[Direction]:
    """`count` fixed Gaussian directions through some arrays (path → array) of the field `name`.

    Each entry counts by its size, as in `entrywise`, and none moves further than it does there.
    """
    import numpy as np

    rng = np.random.default_rng(0)
    lines = []
    for _ in range(count):
        by = {path: rng.standard_normal(np.shape(leaf)) for path, leaf in arrays.items()}
        longest = max(float(np.abs(part).max(initial=0.0)) for part in by.values()) or 1.0
        sized = {path: part / longest * entry_sizes(arrays[path]) for path, part in by.items()}
        lines.append(Direction(name, sized))
    return lines


def gradient_records(
    check: Check, implementation: Implementation, fields: Mapping[str, Any]
) -> list[Gradients]:
    """The gradient observations that a check makes on a case."""
    implementation.calls = []
    returned = check.function(Proxy(implementation), Case(**fields))
    entries = returned if isinstance(returned, list) else [returned]
    return [entry for entry in entries if isinstance(entry, Gradients)]


def objective(record: Gradients) -> float:
    """`sum(output * cotangent)` over all outputs."""
    import numpy as np

    pairs = zip(record.outputs, record.cotangents, strict=True)
    return float(sum(np.sum(np.asarray(out) * np.asarray(cot)) for out, cot in pairs))


def numerical_gradient(
    check: Check,
    implementation: Implementation,
    fields: Mapping[str, Any],
    position: int,
    name: str,
) -> Any:
    """Differentiate the `position`-th gradient record's objective by the field called `name`.

    Returns an array shaped like the field, or a dict of them for a dict of arrays.
    """
    import numpy as np

    def evaluate(changed: Mapping[str, Any]) -> float:
        return objective(gradient_records(check, implementation, changed)[position])

    def differentiate(path: str, leaf: Any) -> Any:
        slopes = np.zeros(np.shape(leaf))
        units = entrywise(name, path, leaf)
        for (index, size), unit in zip(np.ndenumerate(entry_sizes(leaf)), units, strict=True):
            at = {k: evaluate(unit.moved(fields, k * STEP)) for k in AROUND}
            slopes[index] = fourth_order(at, STEP * float(size))
        return slopes

    return _mapped(name, fields[name], differentiate)


def entry_sizes(leaf: Any) -> Any:
    """`max(1, |x|)` for each entry: what a step is multiplied by."""
    import numpy as np

    return np.maximum(1.0, np.abs(np.asarray(leaf, dtype=np.float64)))


def entrywise(name: str, path: str, leaf: Any) -> list[Direction]:
    """One direction for each entry of an array, in row order, as long as the entry's size."""
    import numpy as np

    sizes = entry_sizes(leaf)
    units = []
    for index, size in np.ndenumerate(sizes):
        by = np.zeros(sizes.shape)
        by[index] = size
        units.append(Direction(name, {path: by}))
    return units


def fourth_order(at: Mapping[int, Any], step: float) -> Any:
    """The derivative, from values at -2, -1, 1 and 2 steps."""
    # In pairs, so that four equal values give exactly 0.
    return (8 * (at[1] - at[-1]) - (at[2] - at[-2])) / (12 * step)


def roughness(at: Mapping[int, Any], step: float) -> Any:
    """How far these five values are from a smooth function's, in the derivative's own unit.

    The larger of the third and the fourth difference, over 4 steps. The third is the gap between
    the second-order derivatives with one step and with two. For a smooth function they shrink with
    the square and the cube of the step. A kink within two steps leaves them as large as its jump
    in slope, even where it lies exactly in the middle, and the error of `fourth_order` is then at
    most 5/3 of them; rounding noise shows in them as it does in the derivative.
    """
    import numpy as np

    third = at[2] - 2 * at[1] + 2 * at[-1] - at[-2]
    fourth = at[2] - 4 * at[1] + 6 * at[0] - 4 * at[-1] + at[-2]
    return np.maximum(np.abs(third), np.abs(fourth)) / (4 * step)


def _mapped(name: str, value: Any, change: Callable[[str, Any], Any]) -> Any:
    """The same nesting with each leaf changed; paths are those of `observe.leaves`."""
    changed = iter([change(path, leaf) for path, leaf in leaves(name, value)])

    def rebuilt(part: Any) -> Any:
        if isinstance(part, Mapping):
            return {key: rebuilt(inner) for key, inner in part.items()}
        if isinstance(part, list | tuple):
            return type(part)(rebuilt(inner) for inner in part)
        return next(changed)

    return rebuilt(value)
