"""Measures the slopes of a submission's own forward, beside those that its gradient states.

Up to `ENTRIES` numbers in the fields that a check names: along every entry. More: along three fixed
Gaussian directions through each array. Of one wrong entry of 1e-2 among 10,000, three such
directions missed none in measurements with a bound of 1e-6; directions of ones, or of ±1, overlook
whole classes of mistakes, such as a swapped pair.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grader.judge.differences import (
    AROUND,
    STEP,
    Direction,
    directions,
    entrywise,
    fourth_order,
    gradient_records,
    objective,
    roughness,
)
from grader.judge.implementation import Implementation
from grader.judge.observe import leaves
from grader.judge.runner_process import CannotRun, RunnerLost
from grader.spec.checks import Check
from grader.spec.domain import SpecError
from grader.spec.observations import Gradients

#: Up to so many numbers every entry is differentiated; there are never more directions than this.
ENTRIES = 60
THROUGH_EACH = 3
#: How often a check is run on a submission at most.
MOST_RUNS = 1 + len(AROUND) * ENTRIES


class Silence(Exception):
    """Nothing can be said: the code fails, or its numbers allow no conclusion."""


@dataclass
class Subject:
    """A submission under one check, with the reference's records on the same case.

    `wide` turns true once an output has more digits than float32 can hold.
    """

    check: Check
    implementation: Implementation
    reference: Sequence[Gradients]
    deadline: float
    wide: bool = False

    def records(self, fields: Mapping[str, Any]) -> list[Gradients]:
        """Its gradient records on a case; outputs are finite float64 of the reference's shapes.

        Raises:
            Silence: there are none such, or the deadline has passed.
            RunnerLost: its process is gone.
        """
        import numpy as np

        if time.monotonic() > self.deadline:
            raise Silence
        try:
            found = gradient_records(self.check, self.implementation, fields)
        except (CannotRun, RunnerLost, SpecError):
            raise
        except Exception:
            # A check may trip over whatever a submission returns.
            raise Silence from None
        if len(found) != len(self.reference):
            raise Silence
        for record, wanted in zip(found, self.reference, strict=True):
            for out, right in zip(record.outputs, wanted.outputs, strict=True):
                array = _real(out, right)
                if array.dtype != np.float64:
                    raise Silence
                self.wide = self.wide or bool((array.astype(np.float32) != array).any())
        return found

    def objectives(self, fields: Mapping[str, Any]) -> list[float]:
        """The number that each record differentiates."""
        return [objective(record) for record in self.records(fields)]


@dataclass(frozen=True)
class Line:
    """One direction through the case: the derivative of one record's objective along it.

    `part` is the name of what moves. `slope` is that of the submission's forward and `rough` its
    roughness; `stated` follows from the submission's gradient, `asked` from the reference's.
    """

    part: str
    slope: float
    rough: float
    stated: float
    asked: float


def measured(
    subject: Subject, fields: Mapping[str, Any], base: Sequence[Gradients]
) -> list[list[Line]]:
    """For each record of the check, the lines through what it names; `base` is the case itself.

    Raises:
        Silence: the gradients are not of the form asked for, or there is too much to move.
    """
    asked = [_named(record) for record in subject.reference]
    stated = [_named(record) for record in base]
    for given, wanted in zip(stated, asked, strict=True):
        if set(given) != set(wanted):
            raise Silence
        for path, right in wanted.items():
            _real(given[path], right)
    lines: list[list[Line]] = [[] for _ in base]
    centre = [objective(record) for record in base]
    for part, direction in _directions(fields, subject.reference):
        at = {k: subject.objectives(direction.moved(fields, k * STEP)) for k in AROUND}
        at[0] = centre
        for position, found in enumerate(lines):
            if direction.by.keys() <= asked[position].keys():
                here = {k: values[position] for k, values in at.items()}
                found.append(
                    Line(
                        part,
                        float(fourth_order(here, STEP)),
                        float(roughness(here, STEP)),
                        _along(direction, stated[position]),
                        _along(direction, asked[position]),
                    )
                )
    return lines


def _directions(
    fields: Mapping[str, Any], reference: Sequence[Gradients]
) -> list[tuple[str, Direction]]:
    """What to move, at most `ENTRIES` directions, each with the name of what it moves."""
    import numpy as np

    arrays: dict[str, dict[str, Any]] = {}
    for record in reference:
        for name, value in record.named.items():
            given = dict(leaves(name, fields[name]))
            chosen = {path: given[path] for path, _ in leaves(name, value)}
            arrays.setdefault(name, {}).update(chosen)
    every = [(name, path, leaf) for name, inner in arrays.items() for path, leaf in inner.items()]
    if sum(np.size(leaf) for _, _, leaf in every) <= ENTRIES:
        return [(path, unit) for name, path, leaf in every for unit in entrywise(name, path, leaf)]
    if len(every) * THROUGH_EACH <= ENTRIES:
        groups = [(path, name, {path: leaf}) for name, path, leaf in every]
    elif len(arrays) * THROUGH_EACH <= ENTRIES:
        groups = [(name, name, inner) for name, inner in arrays.items()]
    else:
        raise Silence
    return [
        (part, line)
        for part, name, chosen in groups
        for line in directions(name, chosen, THROUGH_EACH)
    ]


def _along(direction: Direction, gradient: Mapping[str, Any]) -> float:
    import numpy as np

    return float(sum(np.sum(by * gradient[path]) for path, by in direction.by.items()))


def _named(record: Gradients) -> dict[str, Any]:
    """Path → the gradient for the array there."""
    return {
        path: leaf for name, value in record.named.items() for path, leaf in leaves(name, value)
    }


def _real(value: Any, like: Any) -> Any:
    """A finite floating-point array or number, of the same shape as `like`."""
    import numpy as np

    if not isinstance(value, float | np.floating | np.ndarray) or np.shape(value) != np.shape(like):
        raise Silence
    array = np.asarray(value)
    if array.dtype.kind != "f" or not np.isfinite(array).all():
        raise Silence
    return array
