"""Input domains: what the arguments of a call may be, with named dimensions.

A domain only *declares*. `grader.judge.draw` turns it into Hypothesis strategies, in two modes:
for the tape (dense values, all named dimensions different) and for shrinking (as small and as
simple as the declaration allows).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from grader.runner.wire import Seed

Sizes = Mapping[str, int]
#: Stands for a `numpy.random.Generator`: every call gets a fresh one made from its seed.
RandomSource = Seed


class SpecError(Exception):
    """An exercise's own files are wrong. This is a fault of the course, never of the student."""


class Size:
    """An integer computed from named dimensions, such as `4 * H` or `D + 1`."""

    def __init__(self, text: str, compute: Callable[[Sizes], int], dims: frozenset[Dim]) -> None:
        self.text = text
        self.compute = compute
        self.dims = dims

    def __call__(self, sizes: Sizes) -> int:
        return self.compute(sizes)

    def __repr__(self) -> str:
        return self.text

    def _combine(self, symbol: str, other: int | Size, join: Callable[[int, int], int]) -> Size:
        right = as_size(other)
        left = f"({self.text})" if symbol == "*" and set(self.text) & set("+-") else self.text
        other_text = f"({right.text})" if set(right.text) & set("+-") else right.text
        return Size(
            f"{left}{symbol}{other_text}",
            lambda sizes: join(self(sizes), right(sizes)),
            self.dims | right.dims,
        )

    def __add__(self, other: int | Size) -> Size:
        return self._combine("+", other, lambda a, b: a + b)

    def __sub__(self, other: int | Size) -> Size:
        return self._combine("-", other, lambda a, b: a - b)

    def __mul__(self, other: int | Size) -> Size:
        return self._combine("*", other, lambda a, b: a * b)

    def __radd__(self, other: int) -> Size:
        return self + other

    def __rmul__(self, other: int) -> Size:
        return self * other


class Dim(Size):
    """A named dimension, `low` to `high` inclusive.

    On the tape all dimensions of one domain get different sizes (`B != T != D`), because equal
    sizes hide a wrong axis or a transposed matrix. Only `low` must be reachable when shrinking.
    """

    def __init__(self, name: str, low: int, high: int) -> None:
        if not 0 <= low <= high:
            raise SpecError(f"Dim {name!r}: 0 <= low <= high is required, got {low} and {high}")
        super().__init__(name, lambda sizes: sizes[name], frozenset({self}))
        self.name = name
        self.low = low
        self.high = high


def as_size(value: int | Size) -> Size:
    """Return `value` as a `Size`; a plain integer becomes a constant one."""
    if isinstance(value, Size):
        return value
    return Size(str(value), lambda sizes: value, frozenset())


class Case(SimpleNamespace):
    """The drawn arguments of one case, read as attributes: `case.x`, `case.params["W1"]`."""


@dataclass(frozen=True)
class Field:
    """One argument of a case. Subclasses say how it is drawn (see `grader.judge.draw`)."""

    @property
    def sizes(self) -> tuple[Size, ...]:
        """The sizes this field depends on."""
        return ()


@dataclass(frozen=True)
class Reals(Field):
    """Dense float64 entries in [low, high], on a grid of at least 512 steps of a power of 2."""

    shape: tuple[Size, ...]
    low: float
    high: float
    away_from: tuple[float, ...]
    margin: float

    @property
    def sizes(self) -> tuple[Size, ...]:
        return self.shape


@dataclass(frozen=True)
class Integers(Field):
    """int64 entries in [low, high). `repeats` puts at least one duplicate on the tape."""

    shape: tuple[Size, ...]
    low: Size
    high: Size
    repeats: bool

    @property
    def sizes(self) -> tuple[Size, ...]:
        return (*self.shape, self.low, self.high)


@dataclass(frozen=True)
class Booleans(Field):
    """bool entries. With `row_has_true`, every row along the last axis holds at least one True."""

    shape: tuple[Size, ...]
    row_has_true: bool

    @property
    def sizes(self) -> tuple[Size, ...]:
        return self.shape


@dataclass(frozen=True)
class Permutation(Field):
    """The numbers 0 … n-1 in a random order, int64."""

    length: Size

    @property
    def sizes(self) -> tuple[Size, ...]:
        return (self.length,)


@dataclass(frozen=True)
class Scalar(Field):
    """A Python float in [low, high], on the grid of `Reals`."""

    low: float
    high: float


@dataclass(frozen=True)
class Choice(Field):
    """One of the given values."""

    options: tuple[Any, ...]


@dataclass(frozen=True)
class Constant(Field):
    """Always this value."""

    value: Any


@dataclass(frozen=True)
class Dimension(Field):
    """The size of a dimension itself, as a Python int: a number of heads, a window, a count."""

    size: Size

    @property
    def sizes(self) -> tuple[Size, ...]:
        return (self.size,)


@dataclass(frozen=True)
class Generator(Field):
    """A `numpy.random.Generator` from a drawn seed, the same for reference and submission."""


@dataclass(frozen=True)
class Group(Field):
    """A dict of fields: the parameters of a layer or model."""

    fields: Mapping[str, Field]

    @property
    def sizes(self) -> tuple[Size, ...]:
        return tuple(size for inner in self.fields.values() for size in inner.sizes)


@dataclass(frozen=True)
class Derived(Field):
    """Computed from the fields drawn before it."""

    compute: Callable[[Case], Any]


@dataclass(frozen=True)
class Domain:
    """The arguments of one kind of call. Make one with `domain(...)`."""

    fields: Mapping[str, Field]
    where: Callable[[Case], bool] | None = None
    dims: tuple[Dim, ...] = field(default=())


def domain(*, where: Callable[[Case], bool] | None = None, **fields: Field) -> Domain:
    """Declare the arguments of a case, in the order they are drawn.

    Args:
        where: keeps only the cases for which it is true; use it sparingly, for what the fields
            cannot say (a margin between two tensors, say).
        fields: name → field; a field made by `derived` may read those before it.

    Raises:
        SpecError: a field is not one, or the dimensions cannot all have different sizes.
    """
    dims: dict[str, Dim] = {}
    for name, entry in fields.items():
        if not isinstance(entry, Field):
            raise SpecError(f"domain field {name!r} is not a field but {type(entry).__name__}")
        for size in entry.sizes:
            for dim in size.dims:
                if dims.setdefault(dim.name, dim) is not dim:
                    raise SpecError(f"two different dimensions are both named {dim.name!r}")
    ordered = tuple(sorted(dims.values(), key=lambda dim: (dim.high - dim.low, dim.name)))
    if not _can_all_differ(ordered):
        listed = ", ".join(f"{dim.name} in {dim.low}…{dim.high}" for dim in ordered)
        raise SpecError(f"these dimensions cannot all have different sizes: {listed}")
    return Domain(fields, where, ordered)


def _can_all_differ(dims: Sequence[Dim], used: frozenset[int] = frozenset()) -> bool:
    if not dims:
        return True
    first, rest = dims[0], dims[1:]
    return any(
        _can_all_differ(rest, used | {size})
        for size in range(first.low, first.high + 1)
        if size not in used
    )


def reals(
    *shape: int | Size,
    low: float = -2.0,
    high: float = 2.0,
    away_from: float | Sequence[float] = (),
    margin: float = 0.05,
) -> Reals:
    """A dense float64 array; no shape means a 0-d array is *not* made: use `scalar` for that.

    `away_from` keeps every entry at least `margin` away from those values (kinks).
    """
    if not shape:
        raise SpecError("reals needs at least one dimension; use scalar for a single number")
    kinks = (float(away_from),) if isinstance(away_from, int | float) else tuple(away_from)
    return Reals(tuple(map(as_size, shape)), low, high, kinks, margin)


def integers(
    *shape: int | Size, low: int | Size = 0, high: int | Size, repeats: bool = False
) -> Integers:
    """An int64 array of ids in [low, high)."""
    return Integers(tuple(map(as_size, shape)), as_size(low), as_size(high), repeats)


def booleans(*shape: int | Size, row_has_true: bool = True) -> Booleans:
    """A bool array, a mask for example."""
    return Booleans(tuple(map(as_size, shape)), row_has_true)


def permutation(length: int | Size) -> Permutation:
    """An order of `length` things."""
    return Permutation(as_size(length))


def scalar(low: float, high: float) -> Scalar:
    """A Python float."""
    return Scalar(low, high)


def choice(*options: Any) -> Choice:
    """One of `options`."""
    return Choice(options)


def constant(value: Any) -> Constant:
    """Always `value`."""
    return Constant(value)


def dimension(size: int | Size) -> Dimension:
    """The size of a dimension as an argument (a number of heads, say)."""
    return Dimension(as_size(size))


def generator() -> Generator:
    """A `numpy.random.Generator` with a drawn seed; the case holds a `RandomSource` for it."""
    return Generator()


def group(**fields: Field) -> Group:
    """A dict of fields."""
    return Group(fields)


def derived(compute: Callable[[Case], Any]) -> Derived:
    """A value computed from the fields before it; plain data only."""
    return Derived(compute)
