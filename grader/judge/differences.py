"""Numerical gradients of a check's forward, by fourth-order central differences in float64.

`f'(x) ≈ (f(x-2h) - 8 f(x-h) + 8 f(x+h) - f(x+2h)) / 12h` with `h = 1e-3 · max(1, |x|)`, which was
measured to be right to about 4e-12 of the largest entry on a small network. Inputs must keep away
from kinks by more than 2h.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from grader.judge.implementation import Implementation, Proxy
from grader.spec.checks import Check
from grader.spec.domain import Case
from grader.spec.observations import Gradients

STEP = 1e-3


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

    def evaluate(value: Any) -> float:
        changed = {**fields, name: value}
        return objective(gradient_records(check, implementation, changed)[position])

    return _differentiate(evaluate, fields[name])


def _differentiate(evaluate: Callable[[Any], float], value: Any) -> Any:
    import numpy as np

    if isinstance(value, Mapping):
        parts = {}
        for key, inner in value.items():
            parts[key] = _differentiate(
                lambda changed, key=key: evaluate({**value, key: changed}),  # type: ignore[misc]
                inner,
            )
        return parts
    if isinstance(value, list | tuple):
        return [
            _differentiate(
                lambda changed, at=at: evaluate(  # type: ignore[misc]
                    type(value)(changed if i == at else item for i, item in enumerate(value))
                ),
                inner,
            )
            for at, inner in enumerate(value)
        ]
    array = np.asarray(value, dtype=np.float64)
    slopes = np.zeros(array.shape)
    for index in np.ndindex(array.shape):
        step = STEP * max(1.0, abs(float(array[index])))
        at = {}
        for times in (-2, -1, 1, 2):
            moved = copy.deepcopy(array)
            moved[index] += times * step
            at[times] = evaluate(moved if array.ndim else float(moved))
        slopes[index] = (at[-2] - 8 * at[-1] + 8 * at[1] - at[2]) / (12 * step)
    return slopes
