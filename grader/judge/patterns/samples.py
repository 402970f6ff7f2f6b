"""The evidence of a failed check, sorted by observed tensor: what came back, what was expected."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from grader.judge.compare import compare
from grader.judge.observe import Outcome
from grader.judge.patterns.pattern import LEAST_INPUTS, Evidence
from grader.judge.tape import TapeCase
from grader.judge.verdict import floor

EXACT = 1e-9
SINGLE = 1e-5
#: Larger arrays are not searched: a check's cases are small, and a hostile one costs no time.
MOST_ENTRIES = 50_000
MOST = 1e300
INDEX = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True)
class Sample:
    """One tensor in one case, as float64 arrays of the same shape.

    Attributes:
        at: the case's position in the evidence.
        floor: the least magnitude that an error is measured against.
        tolerance: largest scaled residual at which two arrays count as equal.
        wrong: whether the submission's array differs from the expected one.
        whole: whether the expected entries are not floating-point numbers.
    """

    at: int
    case: TapeCase
    expected: Any
    actual: Any
    floor: float
    tolerance: float
    wrong: bool
    whole: bool

    @cached_property
    def magnitude(self) -> float:
        """The largest absolute value on either side, at least the floor."""
        both = max(largest(self.expected), largest(self.actual))
        return max(both, self.floor)

    @cached_property
    def difference(self) -> Any:
        """What the submission has more than expected."""
        return self.actual - self.expected

    @cached_property
    def distinct(self) -> int:
        """How many different numbers other than zero are expected."""
        import numpy as np

        return int(np.unique(self.expected[self.expected != 0]).size)

    def fits(self, predicted: Any) -> bool:
        """Whether the submission's array equals `predicted`, to rounding."""
        return self.equal(self.actual, predicted)

    def equal(self, left: Any, right: Any) -> bool:
        """Whether two arrays are equal at this sample's scale."""
        if left.shape != right.shape:
            return False
        size = largest(right)
        # A prediction may overflow, and NaN must compare as different.
        if not size <= MOST:
            return False
        return bool(largest(left - right) <= self.tolerance * max(self.magnitude, size))

    @cached_property
    def off(self) -> Any:
        """Which entries differ, as a bool array."""
        import numpy as np

        return np.abs(self.difference) > self.tolerance * self.magnitude


@dataclass(frozen=True)
class Tensor:
    """One observed name with its samples.

    `samples` are ordered with the largest differing arrays first, so that a wrong guess is
    dropped at once.
    """

    name: str
    role: str
    samples: tuple[Sample, ...]
    total: int

    @cached_property
    def wrong(self) -> tuple[Sample, ...]:
        """The samples that differ."""
        return tuple(sample for sample in self.samples if sample.wrong)

    @cached_property
    def right(self) -> tuple[Sample, ...]:
        """The samples that do not."""
        return tuple(sample for sample in self.samples if not sample.wrong)

    @property
    def axes(self) -> int:
        """How many axes its arrays have."""
        return int(self.samples[0].expected.ndim)

    @property
    def enough(self) -> bool:
        """Whether it differs on as many inputs as a pattern needs."""
        return len(self.wrong) >= LEAST_INPUTS

    @cached_property
    def is_scalar(self) -> bool:
        """Whether no array has more than one entry."""
        return all(sample.expected.size <= 1 for sample in self.wrong)


def tensors(evidence: Evidence) -> list[Tensor]:
    """Sort the evidence by observed tensor, in the check's own order.

    Tensors that differ somewhere without being comparable (text, complex numbers, NaN, a changing
    number of axes) are left out, and so are those that are right everywhere.
    """
    found: dict[tuple[str, int], list[Sample]] = {}
    roles: dict[tuple[str, int], str] = {}
    spoiled: set[tuple[str, int]] = set()
    for at, (case, outcome) in enumerate(evidence):
        for key, role, sample in _of_case(at, case, outcome):
            roles[key] = role
            if sample is None:
                spoiled.add(key)
            else:
                found.setdefault(key, []).append(sample)
    result = []
    for key, samples in found.items():
        if key in spoiled or len({sample.expected.ndim for sample in samples}) > 1:
            continue
        if any(sample.wrong for sample in samples):
            ordered = sorted(samples, key=lambda s: (not s.wrong, -s.expected.size))
            result.append(Tensor(key[0], roles[key], tuple(ordered), len(samples)))
    return result


def _of_case(
    at: int, case: TapeCase, outcome: Outcome
) -> Iterator[tuple[tuple[str, int], str, Sample | None]]:
    if outcome.failure is not None:
        return
    if [o.name for o in outcome.observed] != [o.name for o in case.observed]:
        return
    floors: dict[str, float] = {}
    times: dict[str, int] = {}
    for actual, expected in zip(outcome.observed, case.observed, strict=True):
        role = expected.role
        if role not in ("value", "gradient") or actual.role != role:
            continue
        if role not in floors:
            floors[role] = floor(case, expected)
        key = (expected.name, times.get(expected.name, 0))
        times[expected.name] = key[1] + 1
        yield key, role, _sample(at, case, expected.value, actual.value, floors[role])


def _sample(at: int, case: TapeCase, expected: Any, actual: Any, least: float) -> Sample | None:
    import numpy as np

    left, right = _real(actual), _real(expected)
    if left is None or right is None or left.shape != right.shape or left.size > MOST_ENTRIES:
        return None
    single = np.asarray(actual).dtype in (np.float32, np.float16)
    found = compare(actual, expected, floor=least)
    limit = SINGLE if single else EXACT
    wrong = found is not None and found.error > limit
    if not (np.isfinite(left).all() and np.isfinite(right).all()):
        return None
    whole = np.asarray(expected).dtype.kind != "f"
    return Sample(at, case, right, left, least, limit, wrong, whole)


def _real(value: Any) -> Any:
    import numpy as np

    if value is None or isinstance(value, str | bytes | list | tuple | dict):
        return None
    array = np.asarray(value)
    return array.astype(np.float64) if array.dtype.kind in "fiub" else None


def largest(array: Any) -> float:
    """The largest absolute value; 0 if there is none."""
    import numpy as np

    return float(np.abs(array).max()) if array.size else 0.0


def stacked(group: Sequence[Tensor]) -> list[Tensor]:
    """Tensors of lists put together: `hs[0]`, `hs[1]`, … become `hs` with one more axis in front.

    Only leaves of one shape that are there without a gap are stacked.
    """
    import numpy as np

    families: dict[tuple[str, str], dict[int, dict[int, Sample]]] = {}
    for tensor in group:
        match = INDEX.search(tensor.name)
        if match is None:
            continue
        by_case = families.setdefault((family(tensor.name), tensor.role), {})
        for sample in tensor.samples:
            by_case.setdefault(sample.at, {})[int(match[1])] = sample
    result = []
    for (name, role), by_case in families.items():
        samples = []
        for at, leaves in by_case.items():
            parts = [leaves[index] for index in sorted(leaves)]
            same = len({part.expected.shape for part in parts}) == 1
            if not same or sorted(leaves) != list(range(len(parts))):
                continue
            samples.append(
                Sample(
                    at,
                    parts[0].case,
                    np.stack([part.expected for part in parts]),
                    np.stack([part.actual for part in parts]),
                    parts[0].floor,
                    max(part.tolerance for part in parts),
                    any(part.wrong for part in parts),
                    parts[0].whole,
                )
            )
        if samples and len(samples) == len(by_case):
            ordered = sorted(samples, key=lambda s: (not s.wrong, -s.expected.size))
            result.append(Tensor(name, role, tuple(ordered), len(samples)))
    return result


def family(name: str) -> str:
    """The list that a leaf belongs to: `hs[…]` for `hs[0]`; a name without an index is its own."""
    match = INDEX.search(name)
    return name if match is None else f"{name[: match.start()]}[…]{name[match.end() :]}"


def flat_fields(fields: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The fields of a case with those inside groups: `x`, `params['w1']`."""
    for name, value in fields.items():
        path = f"{prefix}[{name!r}]" if prefix else str(name)
        if isinstance(value, Mapping):
            yield from flat_fields(value, path)
        else:
            yield path, value
