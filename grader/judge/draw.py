"""Turns a domain into cases, with Hypothesis. Imported only when a tape is built or a case shrunk.

Two ways of reading the same declaration:

- *dense*, for the tape: all dimensions different, entries from a seeded grid, no two equal in one
  array where the range allows it, ids repeated where asked. One drawn number seeds a case's arrays.
- *simple*, for shrinking: dimensions and entries are drawn one by one, so that Hypothesis can make
  the case smaller and its numbers rounder.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, assume, given, seed, settings
from hypothesis import strategies as st

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
ENTRIES_DRAWN_SINGLY = 150
GRID = 512

Draw = Callable[[st.SearchStrategy[Any]], Any]


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

    collect()
    if len(found) < count:
        raise SpecError(f"the domain gave {len(found)} different cases, {count} are needed")
    return list(found.values())


@st.composite
def case_strategy(draw: Draw, domain: Domain, *, dense: bool) -> tuple[int, dict[str, Any]]:
    """Draw a case as `(entropy, fields)`."""
    sizes = _distinct_sizes(draw, domain) if dense else _small_sizes(draw, domain)
    entropy = draw(st.integers(0, 2**63 - 1))
    seeded = dense or _entries(domain, sizes) > ENTRIES_DRAWN_SINGLY
    case: dict[str, Any] = {}
    for index, (name, field) in enumerate(domain.fields.items()):
        rng = np.random.default_rng([entropy, index])
        case[name] = _field(field, draw, sizes, rng, case, seeded=seeded)
    assume(domain.where is None or domain.where(Case(**case)))
    return entropy, case


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
    field: Field,
    draw: Draw,
    sizes: Sizes,
    rng: np.random.Generator,
    case: Mapping[str, Any],
    *,
    seeded: bool,
) -> Any:
    match field:
        case Group(fields):
            return {
                name: _field(inner, draw, sizes, child, case, seeded=seeded)
                for (name, inner), child in zip(fields.items(), rng.spawn(len(fields)), strict=True)
            }
        case Reals():
            shape = tuple(size(sizes) for size in field.shape)
            return _seeded_reals(field, shape, rng) if seeded else _drawn_reals(field, shape, draw)
        case Integers():
            return _integers(field, draw, sizes, rng, seeded=seeded)
        case Booleans():
            return _booleans(field, draw, sizes, rng, seeded=seeded)
        case Permutation(length):
            n = length(sizes)
            order = rng.permutation(n) if seeded else draw(st.permutations(range(n)))
            return np.asarray(order, dtype=np.int64)
        case Scalar(low, high):
            return float(_seeded_reals(Reals((), low, high, (), 0.0), (1,), rng)[0])
        case Choice(options):
            return draw(st.sampled_from(options))
        case Constant(value):
            return value
        case Dimension(size):
            return size(sizes)
        case Generator():
            return RandomSource(int(rng.integers(2**31)))
        case Derived(compute):
            return compute(Case(**case))
    raise SpecError(f"unknown field {type(field).__name__}")


def _step(low: float, high: float) -> float:
    return float(2.0 ** math.floor(math.log2((high - low) / GRID)))


def _seeded_reals(field: Reals, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    step = _step(field.low, field.high)
    grid = np.arange(math.ceil(field.low / step), math.floor(field.high / step) + 1) * step
    grid = grid[grid != 0]
    for kink in field.away_from:
        grid = grid[np.abs(grid - kink) >= field.margin]
    size = math.prod(shape)
    return rng.choice(grid, size, replace=size > len(grid)).reshape(shape).astype(np.float64)


def _drawn_reals(field: Reals, shape: tuple[int, ...], draw: Draw) -> Any:
    step = _step(field.low, field.high)
    low, high = math.ceil(field.low), math.floor(field.high)
    whole = [n for n in range(low, high + 1) if high - low < 64] or [low, high]
    simple = sorted((float(n) for n in whole if field.low <= n <= field.high), key=abs)
    allowed = [n for n in simple if all(abs(n - k) >= field.margin for k in field.away_from)]
    fine = st.integers(math.ceil(field.low / step), math.floor(field.high / step)).map(
        lambda n: n * step
    )
    clear = fine.filter(lambda x: all(abs(x - k) >= field.margin for k in field.away_from))
    elements = st.one_of(st.sampled_from(allowed), clear) if allowed else clear
    size = math.prod(shape)
    entries = draw(st.lists(elements, min_size=size, max_size=size))
    return np.array(entries, dtype=np.float64).reshape(shape)


def _integers(
    field: Integers, draw: Draw, sizes: Sizes, rng: np.random.Generator, *, seeded: bool
) -> Any:
    shape = tuple(size(sizes) for size in field.shape)
    low, high = field.low(sizes), field.high(sizes)
    assume(low < high)
    size = math.prod(shape)
    if not seeded:
        entries = draw(st.lists(st.integers(low, high - 1), min_size=size, max_size=size))
        return np.array(entries, dtype=np.int64).reshape(shape)
    flat = rng.integers(low, high, size)
    if field.repeats and size >= 2:
        flat[-1] = flat[0]
    return flat.astype(np.int64).reshape(shape)


def _booleans(
    field: Booleans, draw: Draw, sizes: Sizes, rng: np.random.Generator, *, seeded: bool
) -> Any:
    shape = tuple(size(sizes) for size in field.shape)
    size = math.prod(shape)
    if seeded:
        mask = rng.random(shape) < 0.6
        if size > 1 and mask.all():
            mask.flat[int(rng.integers(size))] = False
    else:
        entries = draw(st.lists(st.booleans(), min_size=size, max_size=size))
        mask = np.array(entries, dtype=bool).reshape(shape)
    if field.row_has_true and size:
        rows = mask.reshape(-1, shape[-1])
        for row in rows:
            if not row.any():
                row[int(rng.integers(shape[-1])) if seeded else 0] = True
        mask = rows.reshape(shape)
    return mask
