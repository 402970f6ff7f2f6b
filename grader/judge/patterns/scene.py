"""What the detectors of one failed check share: its tensors, inputs and named quantities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from grader.judge.patterns.pattern import Evidence, seen_in
from grader.judge.patterns.quantities import Quantity, declared_fields, quantities, solved_sizes
from grader.judge.patterns.samples import MOST_ENTRIES, Sample, Tensor, flat_fields, tensors
from grader.spec.checks import Check
from grader.spec.domain import Field


@dataclass(frozen=True)
class Scene:
    """One failed check with its evidence, read once."""

    check: Check
    evidence: Evidence
    _inputs: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    _solved: dict[int, Mapping[str, int]] = field(default_factory=dict)
    _floats: dict[int, Mapping[str, Any]] = field(default_factory=dict)

    @cached_property
    def tensors(self) -> list[Tensor]:
        """The tensors that differ somewhere, in the check's order."""
        return tensors(self.evidence)

    @cached_property
    def known(self) -> list[Quantity]:
        """The named quantities of the cases."""
        return quantities(self.check, self.evidence)

    @cached_property
    def declared(self) -> Mapping[str, Field]:
        """The declared inputs by path."""
        return declared_fields(self.check)

    @cached_property
    def sizes(self) -> list[Quantity]:
        """The named quantities that count something."""
        return [quantity for quantity in self.known if quantity.is_size]

    def solved(self, sample: Sample) -> Mapping[str, int]:
        """The sizes of the named dimensions in a case."""
        if sample.at not in self._solved:
            self._solved[sample.at] = solved_sizes(self.check, sample.case.fields)
        return self._solved[sample.at]

    def inputs(self, sample: Sample) -> Mapping[str, Any]:
        """The arrays of numbers that a case hands in, by path, as they are."""
        if sample.at not in self._inputs:
            self._inputs[sample.at] = {
                name: value
                for name, value in flat_fields(sample.case.fields)
                if getattr(getattr(value, "dtype", None), "kind", "") in ("f", "i", "u", "b")
                and 0 < value.size <= MOST_ENTRIES
            }
        return self._inputs[sample.at]

    def floats(self, sample: Sample) -> Mapping[str, Any]:
        """The inputs that hold finite floating-point numbers."""
        import numpy as np

        if sample.at not in self._floats:
            self._floats[sample.at] = {
                name: value
                for name, value in self.inputs(sample).items()
                if value.dtype.kind == "f" and np.isfinite(value).all()
            }
        return self._floats[sample.at]

    def axis(self, tensor: Tensor, axis: int) -> str:
        """An axis by its number, and by its name if its length is that of one dimension."""
        shapes = {sample.at: sample.expected.shape[axis] for sample in tensor.samples}
        return self.axis_of(shapes, axis)

    def axis_of(self, lengths: Mapping[int, int], axis: int) -> str:
        """As `axis`, from the lengths by position in the evidence."""
        for quantity in self.sizes:
            if len({quantity.values.get(at) for at in lengths}) < 2:
                continue
            if all(quantity.values.get(at) == length for at, length in lengths.items()):
                return f"axis {axis} ({quantity.symbol})"
        return f"axis {axis}"


def where_seen(tensor: Tensor) -> str:
    """In how many cases a tensor differs, of those in which it can be compared."""
    return seen_in(len(tensor.wrong), tensor.total)


def varied(tensor: Tensor, least: int = 3) -> bool:
    """Whether the expected values of the differing cases hold enough different numbers."""
    import numpy as np

    pool = np.concatenate([sample.expected.ravel()[:64] for sample in tensor.wrong])
    return int(np.unique(np.round(pool, 9)).size) >= least


def rich(tensor: Tensor, least: int = 3, cases: int = 3) -> bool:
    """Whether enough differing cases hold enough different numbers each, for rearrangements."""
    return sum(sample.distinct >= least for sample in tensor.wrong) >= cases
