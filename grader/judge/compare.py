"""Compares one observed value with what it should be.

Scaled error: the largest absolute difference, divided by the largest expected magnitude (never an
elementwise relative error, which is meaningless near zero, and never a bare absolute tolerance).
Up to `EQUAL` two values are equal; from `DIFFERENT` on they differ; between the two lies what
float32 arithmetic does, and also a misplaced epsilon: amplifier inputs decide (see grade.py).
A slice that is wrong while being too small to show in the whole is looked for as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

EQUAL = 1e-9
DIFFERENT = 1e-5
AMPLIFIED = 1e-3
#: A slice differs when it is off by this much of its own size, which counts as at least
#: `SMALLEST_SLICE` of the whole (float32 rounding stays below the product of the two).
SLICE = 2e-2
SMALLEST_SLICE = 1e-4


@dataclass(frozen=True)
class Difference:
    """How two values differ.

    `error` is the scaled error; `index` the first entry that is clearly off, with both values.
    """

    error: float
    index: tuple[int, ...]
    actual: Any
    expected: Any
    count: int = 1
    total: int = 1


def compare(
    actual: Any, expected: Any, *, floor: float = 0.0, slices: bool = True
) -> Difference | None:
    """Return how `actual` differs from `expected`, or None if not at all.

    Args:
        floor: the smallest scale to divide by; the judge gives a millionth of the inputs'
            magnitude, so that rounding next to an expected zero does not count.
        slices: whether every slice is held against its own size as well.

    The result's `error` may lie in the undecided band; the caller decides.
    """
    import numpy as np

    if expected is None or isinstance(expected, str):
        same = type(actual) is type(expected) and actual == expected
        return None if same else Difference(np.inf, (), actual, expected)
    right = np.asarray(expected)
    left = np.asarray(actual)
    if left.shape != right.shape:
        return Difference(np.inf, (), left.shape, right.shape)
    if right.dtype.kind not in "fc":
        wrong = left != right
        return _first(left, right, wrong, np.inf) if wrong.any() else None
    left, right = _wide(left), _wide(right)
    finite = np.isfinite(right)
    agree = finite | (left == right) | (np.isnan(left) & np.isnan(right))
    broken = ~np.isfinite(left) & finite
    if broken.any() or not agree.all():
        return _first(left, right, broken | ~agree, np.inf)
    distance = np.where(finite, np.abs(left - np.where(finite, right, 0)), 0.0)
    if not distance.size or not distance.any():
        return None
    magnitude = np.where(finite, np.abs(right), 0.0)
    scale = max(float(magnitude.max()), floor, np.finfo(float).tiny)
    with np.errstate(over="ignore"):  # Anything over nothing is infinitely wrong.
        error = float(distance.max() / scale)
    if (
        slices
        and error < DIFFERENT
        and _hidden_in_a_slice(distance, magnitude, SMALLEST_SLICE * scale)
    ):
        error = 1.0
    if error <= EQUAL:
        return None
    limit = min(DIFFERENT, error / 2) if error < DIFFERENT else DIFFERENT
    wrong = distance > limit * scale
    if not wrong.any():
        wrong = distance == distance.max()
    return _first(left, right, wrong, error)


def _hidden_in_a_slice(distance: Any, magnitude: Any, floor: float) -> bool:
    """Whether some row (along any axis) is clearly wrong relative to its own size."""
    import numpy as np

    if distance.ndim < 2:
        return False
    for axis in range(distance.ndim):
        others = tuple(i for i in range(distance.ndim) if i != axis)
        size = np.maximum(magnitude.max(axis=others), floor)
        if (distance.max(axis=others) > SLICE * size).any():
            return True
    return False


def _wide(array: Any) -> Any:
    import numpy as np

    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)


def _first(left: Any, right: Any, wrong: Any, error: float) -> Difference:
    import numpy as np

    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    return Difference(
        error, index, left[index].item(), right[index].item(), int(wrong.sum()), int(wrong.size)
    )


def magnitude(values: Any) -> float:
    """The largest absolute value among the floating-point numbers in nested plain data."""
    import numpy as np

    if isinstance(values, dict):
        return max((magnitude(item) for item in values.values()), default=0.0)
    if isinstance(values, list | tuple):
        return max((magnitude(item) for item in values), default=0.0)
    if isinstance(values, float):
        return abs(values) if np.isfinite(values) else 0.0
    if isinstance(values, np.ndarray) and values.dtype.kind == "f" and values.size:
        finite = values[np.isfinite(values)]
        return float(np.abs(finite).max()) if finite.size else 0.0
    return 0.0
