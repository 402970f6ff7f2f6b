"""The run in float32: the same case with rounded inputs, and a tolerance of its own.

Rounding inputs and results to float32 costs a relative error of `u = 6e-8` in every operation. What
a correct implementation may lose depends on the case, so the reference is run in float32 as well,
and its own error, measured against itself in float64, says how badly conditioned the case is
(Higham 2002, sections 1.6 and 3.1). The tolerance of an observed value is the larger of
`64 · u · √n`, for `n` entries in the largest array of the case, and 16 times the reference's error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from grader.judge.compare import compare
from grader.judge.implementation import Failure
from grader.judge.library import Library
from grader.judge.observe import Outcome, observe
from grader.judge.tape import TapeCase, answered
from grader.judge.verdict import Problem, floor
from grader.spec.checks import Check
from grader.spec.domain import SpecError

UNIT = 2.0**-24
FACTOR, CONDITION = 64.0, 16.0
#: Where the reference itself loses more than this in float32, nothing is asked of a submission.
HOPELESS = 1e-2
ROLES = ("value", "gradient")


#: The largest scaled error of each observed value; None for one that is not looked at: a relation,
#: or no real number.
Bounds = tuple[float | None, ...]


def single_case(library: Library, check: Check, case: TapeCase) -> tuple[TapeCase, Bounds] | None:
    """Return `case` with float32 inputs; None if it has no floats or the reference cannot do it."""
    from grader.judge.local_runner import quiet

    fields = _cast(case.fields, "float64", "float32")
    if not _holds_single(fields):
        return None
    try:
        exact = answered(library, check, None, _cast(fields, "float32", "float64"))
    except SpecError:
        # A relation with a margin of its own need not hold on rounded inputs.
        return None
    with quiet():
        own = observe(check, library.reference, fields)
    if own.failure is not None or [o.name for o in own.observed] != [
        o.name for o in exact.observed
    ]:
        return None
    least = FACTOR * UNIT * _largest(fields) ** 0.5
    bounds: list[float | None] = []
    for got, wanted in zip(own.observed, exact.observed, strict=True):
        if wanted.role not in ROLES or not _real(wanted.value):
            bounds.append(None)
            continue
        found = compare(got.value, wanted.value, floor=floor(exact, wanted), slices=False)
        error = found.error if found is not None else 0.0
        if not error < HOPELESS:
            return None
        bounds.append(max(least, CONDITION * error))
    if all(bound is None for bound in bounds):
        return None
    return replace(exact, fields=fields), tuple(bounds)


def decide_single(case: TapeCase, limits: Bounds, outcome: Outcome) -> Problem | None:
    """Return the first value that is further off than float32 explains, or a failure."""
    if outcome.failure is not None:
        return Problem(outcome.failure.kind, failure=outcome.failure)
    if [o.name for o in outcome.observed] != [o.name for o in case.observed]:
        failure = Failure("structure", "its results do not have the parts that were asked for")
        return Problem("structure", failure=failure)
    pairs = zip(outcome.observed, case.observed, limits, strict=True)
    for actual, expected, bound in pairs:
        if bound is None:
            continue
        found = compare(actual.value, expected.value, floor=floor(case, expected), slices=False)
        if found is not None and found.error > bound:
            return Problem(actual.role, None, actual, expected, found)
    return None


def _cast(value: Any, source: str, target: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _cast(item, source, target) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(_cast(item, source, target) for item in value)
    if getattr(value, "dtype", None) == source and getattr(value, "ndim", 0):
        return value.astype(target)
    return value


def _holds_single(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_single, value.values()))
    if isinstance(value, tuple | list):
        return any(map(_holds_single, value))
    return str(getattr(value, "dtype", "")) == "float32"


def _largest(value: Any) -> int:
    if isinstance(value, Mapping):
        return max(map(_largest, value.values()), default=1)
    if isinstance(value, tuple | list):
        return max(map(_largest, value), default=1)
    return int(getattr(value, "size", 1))


def _real(value: Any) -> bool:
    import numpy as np

    return np.asarray(value).dtype.kind == "f"
