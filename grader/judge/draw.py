"""Turns a domain into cases, with Hypothesis. Imported only when a tape is built or a case shrunk.

Two ways of reading the same declaration:

- *dense*, for the tape: all dimensions different, entries from a seeded grid, no two equal in one
  array where the range allows it, ids repeated where asked. One drawn number seeds a case's arrays.
- *simple*, for shrinking: dimensions and entries are drawn one by one, so that Hypothesis can make
  the case smaller and its numbers rounder.
"""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, assume, given, reject, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from hypothesis.internal.conjecture import providers

from grader.spec.domain import (
    Booleans,
    Case,
    Choice,
    Constant,
    Derived,
    Dimension,
    Domain,
    Field,
    Generator,
    Group,
    Integers,
    Permutation,
    RandomSource,
    Reals,
    Scalar,
    Sizes,
    SpecError,
)

#: With more entries than this a case's arrays are seeded even in simple mode.
ENTRIES_DRAWN_SINGLY = 60
GRID = 512

# Hypothesis also draws numbers that it finds in the source of local modules, and keeps them in the
# current folder. Which modules are local depends on how the course is installed, and the same seed
# must give every student the same cases; so none counts as local.
providers.is_local_module_file = lambda path: False  # type: ignore[attr-defined, assignment]

Draw = Callable[[st.SearchStrategy[Any]], Any]


class NoValue(Exception):
    """A field admits nothing at these sizes, ids below an empty range for example."""


def draw_cases(domain: Domain, count: int, number: int) -> list[dict[str, Any]]:
    """Draw `count` different dense cases; the same `number` gives the same cases.

    Raises:
        SpecError: the domain gives too few different cases.
    """
    found: dict[int, dict[str, Any]] = {}

    @seed(number)
    @settings(
        max_examples=count * 10,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        derandomize=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @given(case_strategy(domain, dense=True))
    def collect(drawn: tuple[int, dict[str, Any]]) -> None:
        entropy, case = drawn
        if len(found) < count and entropy > 1 << 16:
            found.setdefault(entropy, case)

    with contextlib.suppress(Unsatisfiable):
        collect()
    if len(found) < count:
        raise SpecError(f"the domain gave {len(found)} different cases, {count} are needed")
    return list(found.values())


@st.composite
def case_strategy(
    draw: Draw, domain: Domain, *, dense: bool, sizes: Sizes | None = None
) -> tuple[int, dict[str, Any]]:
    """Draw a case as `(entropy, fields)`; `sizes` fixes the dimensions."""
    if sizes is None:
        sizes = _distinct_sizes(draw, domain) if dense else _small_sizes(draw, domain)
    entropy = draw(st.integers(0, 2**63 - 1))
    seeded = dense or _entries(domain, sizes) > ENTRIES_DRAWN_SINGLY
    try:
        case = _case(domain, sizes, entropy, _Seeded(GRID) if seeded else _Drawn(draw))
    except NoValue:
        reject()
    assume(domain.where is None or domain.where(Case(**case)))
    return entropy, case


def smallest_first(domain: Domain) -> list[dict[str, int]]:
    """Assignments of small sizes to the dimensions, by the number of entries they make."""
    ranges = [range(dim.low, min(dim.high, dim.low + 2) + 1) for dim in domain.dims]
    names = [dim.name for dim in domain.dims]
    found = [dict(zip(names, chosen, strict=True)) for chosen in itertools.product(*ranges)]
    return sorted(found, key=lambda sizes: (_entries(domain, sizes), *sizes.values()))


def seeded_case(domain: Domain, sizes: Sizes, entropy: int, *, steps: int = GRID) -> dict[str, Any]:
    """A dense case with the given sizes; `steps` says how fine its numbers are.

    Raises:
        NoValue: a field has no value at these sizes.
    """
    return _case(domain, sizes, entropy, _Seeded(steps))


def _case(domain: Domain, sizes: Sizes, entropy: int, maker: Maker) -> dict[str, Any]:
    case: dict[str, Any] = {}
    for index, (name, field) in enumerate(domain.fields.items()):
        rng = np.random.default_rng([entropy, index])
        case[name] = _field(field, sizes, rng, case, maker)
    return case


def _distinct_sizes(draw: Draw, domain: Domain) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for dim in domain.dims:
        free = [n for n in range(dim.low, dim.high + 1) if n not in sizes.values()]
        assume(free)
        sizes[dim.name] = draw(st.sampled_from(free))
    return sizes


def _small_sizes(draw: Draw, domain: Domain) -> dict[str, int]:
    return {dim.name: draw(st.integers(dim.low, min(dim.high, dim.low + 2))) for dim in domain.dims}


def _entries(domain: Domain, sizes: Sizes) -> int:
    def count(field: Field) -> int:
        if isinstance(field, Group):
            return sum(map(count, field.fields.values()))
        if isinstance(field, Reals | Integers | Booleans):
            return math.prod(size(sizes) for size in field.shape)
        return 1

    return sum(map(count, domain.fields.values()))


def _field(
    field: Field, sizes: Sizes, rng: np.random.Generator, case: Mapping[str, Any], maker: Maker
) -> Any:
    match field:
        case Group(fields):
            return {
                name: _field(inner, sizes, child, case, maker)
                for (name, inner), child in zip(fields.items(), rng.spawn(len(fields)), strict=True)
            }
        case Reals():
            return maker.reals(field, tuple(size(sizes) for size in field.shape), rng)
        case Integers():
            shape = tuple(size(sizes) for size in field.shape)
            low, high = field.low(sizes), field.high(sizes)
            if low >= high:
                raise NoValue(f"no integer in [{low}, {high})")
            return maker.integers(shape, low, high, field.repeats, rng)
        case Booleans():
            mask = maker.booleans(tuple(size(sizes) for size in field.shape), rng)
            return _with_true_rows(mask, rng) if field.row_has_true else mask
        case Permutation(length):
            return np.asarray(maker.permutation(length(sizes), rng), dtype=np.int64)
        case Scalar(low, high):
            return float(maker.reals(Reals((), low, high, (), 0.0), (1,), rng)[0])
        case Choice(options):
            return options[maker.choice(len(options), rng)]
        case Constant(value):
            return value
        case Dimension(size):
            return size(sizes)
        case Generator():
            return RandomSource(int(rng.integers(2**31)))
        case Derived(compute):
            return compute(Case(**case))
    raise SpecError(f"unknown field {type(field).__name__}")


def _step(low: float, high: float, steps: int) -> float:
    return float(2.0 ** math.floor(math.log2((high - low) / steps)))


def _with_true_rows(mask: Any, rng: np.random.Generator) -> Any:
    if not mask.size:
        return mask
    rows = mask.reshape(-1, mask.shape[-1]).copy()
    for row in rows:
        if not row.any():
            row[int(rng.integers(len(row)))] = True
    return rows.reshape(mask.shape)


@dataclass(frozen=True)
class _Seeded:
    """Makes values from a generator: dense, without zeros, different where the range allows it."""

    steps: int

    def reals(self, field: Reals, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        step = _step(field.low, field.high, self.steps)
        grid = np.arange(math.ceil(field.low / step), math.floor(field.high / step) + 1) * step
        grid = grid[grid != 0]
        for kink in field.away_from:
            grid = grid[np.abs(grid - kink) >= field.margin]
        size = math.prod(shape)
        return rng.choice(grid, size, replace=size > len(grid)).reshape(shape).astype(np.float64)

    def integers(
        self, shape: tuple[int, ...], low: int, high: int, repeats: bool, rng: np.random.Generator
    ) -> Any:
        flat = rng.integers(low, high, math.prod(shape))
        if repeats and flat.size >= 2:
            flat[-1] = flat[0]
        return flat.astype(np.int64).reshape(shape)

    def booleans(self, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        mask = rng.random(shape) < 0.6
        if mask.size > 1 and mask.all():
            mask.flat[int(rng.integers(mask.size))] = False
        return mask

    def permutation(self, length: int, rng: np.random.Generator) -> Any:
        return rng.permutation(length)

    def choice(self, count: int, rng: np.random.Generator) -> int:
        return int(rng.integers(count))


@dataclass(frozen=True)
class _Drawn:
    """Makes values entry by entry from Hypothesis, so that it can make them simpler."""

    draw: Draw

    def reals(self, field: Reals, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        step = _step(field.low, field.high, GRID)
        low, high = math.ceil(field.low), math.floor(field.high)
        whole = range(low, high + 1) if high - low < 64 else (low, high)
        simple = sorted((float(n) for n in whole), key=abs)
        allowed = [n for n in simple if _clear_of_kinks(field, n)]
        fine = (
            st.integers(math.ceil(field.low / step), math.floor(field.high / step))
            .map(lambda n: n * step)
            .filter(lambda x: _clear_of_kinks(field, x))
        )
        elements = st.one_of(st.sampled_from(allowed), fine) if allowed else fine
        size = math.prod(shape)
        entries = self.draw(st.lists(elements, min_size=size, max_size=size))
        return np.array(entries, dtype=np.float64).reshape(shape)

    def integers(
        self, shape: tuple[int, ...], low: int, high: int, repeats: bool, rng: np.random.Generator
    ) -> Any:
        size = math.prod(shape)
        entries = self.draw(st.lists(st.integers(low, high - 1), min_size=size, max_size=size))
        return np.array(entries, dtype=np.int64).reshape(shape)

    def booleans(self, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        size = math.prod(shape)
        entries = self.draw(st.lists(st.booleans(), min_size=size, max_size=size))
        return np.array(entries, dtype=bool).reshape(shape)

    def permutation(self, length: int, rng: np.random.Generator) -> Any:
        return self.draw(st.permutations(range(length)))

    def choice(self, count: int, rng: np.random.Generator) -> int:
        return int(self.draw(st.integers(0, count - 1)))


Maker = _Seeded | _Drawn


def _clear_of_kinks(field: Reals, value: float) -> bool:
    return all(abs(value - kink) >= field.margin for kink in field.away_from)
