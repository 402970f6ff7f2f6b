"""Finds what a number is that was measured once per case: a constant, or named quantities."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations, permutations

from grader.judge.patterns.quantities import Quantity

#: Measured numbers carry the rounding of a few operations beyond that of the arrays.
SLACK = 10
#: What a size may do to a number where it never changes and so cannot be told from a constant.
PLAIN = ("times", "over", "root", "over_root")
FAMOUS = (
    ("ln 2", math.log(2)),
    ("1/ln 2", 1 / math.log(2)),
    ("ln 10", math.log(10)),
    ("1/ln 10", 1 / math.log(10)),
    ("√2", math.sqrt(2)),
    ("1/√2", math.sqrt(0.5)),
)


@dataclass(frozen=True)
class Named:
    """What a measured number is.

    Attributes:
        text: how to write it: "1/N", "−2·decay", "½".
        family: what sort of expression: constant, famous, times, over, root, over_root, …
        quantities: those in it; empty for a constant.
        value: the number by position in the evidence.
        ties: other expressions that give the same numbers here.
        legends: quantities of these that the reader needs explained as well.
    """

    text: str
    family: str
    quantities: tuple[Quantity, ...]
    value: Callable[[int], float | None]
    ties: tuple[str, ...] = ()
    legends: tuple[Quantity, ...] = ()

    def legend(self, positions: Sequence[int]) -> str:
        """What the symbols mean, with a few of their values."""
        parts = []
        for entry in (*self.quantities, *self.legends):
            listed = [entry.values[at] for at in sorted(positions) if at in entry.values]
            seen = list(dict.fromkeys(listed))
            shown = ", ".join(f"{value:g}" for value in seen[:3]) + (", …" if len(seen) > 3 else "")
            parts.append(f"{entry.symbol}, {entry.meaning}: {shown}")
        return f" ({'; '.join(parts)})" if parts else ""

    @property
    def written(self) -> str:
        """The expression, with those that agree with it here."""
        if not self.ties:
            return self.text
        return f"{' or '.join((self.text, *self.ties))}, which agree here,"


def name(
    measured: Mapping[int, float],
    tolerance: float,
    known: Sequence[Quantity],
) -> Named | None:
    """Name a number that was measured in several cases, by position in the evidence.

    A quantity is only named if its own values differ between these cases. Without a quantity the
    number must be the same in all of them; sizes that do not change either, and would explain it
    as well, are then listed with it.
    """
    if not measured or not all(math.isfinite(v) and v != 0 for v in measured.values()):
        return None
    values = list(measured.values())
    slack = SLACK * tolerance
    if all(abs(value - values[0]) <= slack * abs(values[0]) for value in values):
        return _constant(values[0], slack, measured, known)
    usable = [q for q in known if all(at in q.values for at in measured)]
    usable = [q for q in usable if len({q.values[at] for at in measured}) > 1]
    for expressions in (_alone, _doubled, _pairs, _scaled_pairs):
        found = [(e, s) for e in expressions(usable) if (s := _matches(e, measured, slack))]
        if found:
            first, factor = found[0]
            others = [e for e, other in found[1:3] if other == factor and e.text != first.text]
            sign = "−" if factor < 0 else ""
            texts = list(dict.fromkeys(entry.text for entry in others))
            meant = dict.fromkeys(q for entry in others for q in entry.quantities)
            return Named(
                sign + first.text,
                first.family,
                first.quantities,
                lambda at: None if (v := first.value(at)) is None else factor * v,
                tuple(sign + text for text in texts),
                tuple(q for q in meant if q not in first.quantities),
            )
    return None


def _matches(entry: Named, measured: Mapping[int, float], slack: float) -> int:
    """1 if the expression gives the measured numbers, -1 if it does with the other sign, else 0."""
    sign = 0
    for at, value in measured.items():
        stated = entry.value(at)
        if stated is None or not abs(abs(stated) - abs(value)) <= slack * abs(value):
            return 0
        here = 1 if (stated < 0) == (value < 0) else -1
        if sign and here != sign:
            return 0
        sign = here
    return sign


def _constant(
    value: float, slack: float, measured: Mapping[int, float], known: Sequence[Quantity]
) -> Named | None:
    found = _plain(value, slack)
    if found is None:
        return None
    sign = "−" if value < 0 else ""
    still = [q for q in known if q.is_size and {q.values.get(at) for at in measured} != {1}]
    still = [q for q in still if len({q.values.get(at) for at in measured}) == 1]
    still = [q for q in still if all(at in q.values for at in measured)]
    same = [e for e in _alone(still) if e.family in PLAIN and _matches(e, measured, slack)]
    ties = tuple(sign + entry.text for entry in same[:2])
    meant = tuple(dict.fromkeys(q for entry in same[:2] for q in entry.quantities))
    return replace(found, ties=ties, legends=meant) if same else found


def _plain(value: float, slack: float) -> Named | None:
    size, sign = abs(value), "−" if value < 0 else ""
    if not 1e-6 < size < 1e6:
        return None
    for text, number in FAMOUS:
        if abs(size - number) <= slack * number:
            return _fixed(sign + text, "famous", math.copysign(number, value))
    near = Fraction(size).limit_denominator(24)
    if near and abs(size - near) <= slack * size:
        text = {Fraction(1, 2): "½", Fraction(1, 4): "¼"}.get(near, str(near))
        return _fixed(sign + text, "constant", math.copysign(float(near), value))
    return _fixed(f"{value:.6g}".replace("-", "−"), "unnamed", value)


def _fixed(text: str, family: str, value: float) -> Named:
    return Named(text, family, (), lambda at: value)


def _of(
    text: str, family: str, entries: tuple[Quantity, ...], compute: Callable[..., float]
) -> Named:
    def value(at: int) -> float | None:
        try:
            return compute(*(entry.values[at] for entry in entries))
        except (KeyError, ValueError, ZeroDivisionError, OverflowError):
            return None

    return Named(text, family, entries, value)


def _alone(known: Sequence[Quantity]) -> Iterator[Named]:
    for q in known:
        n = q.symbol if set(q.symbol).isdisjoint("·+-") else f"({q.symbol})"
        yield _of(q.symbol, "times", (q,), lambda v: v)
        yield _of(f"1/{n}", "over", (q,), lambda v: 1 / v)
        yield _of(f"√{n}", "root", (q,), math.sqrt)
        yield _of(f"1/√{n}", "over_root", (q,), lambda v: 1 / math.sqrt(v))
        yield _of(f"{n}²", "square", (q,), lambda v: v * v)
        yield _of(f"1/{n}²", "over_square", (q,), lambda v: 1 / (v * v))
        if q.is_size:
            yield _of(f"{n}/({n}−1)", "bessel", (q,), lambda v: v / (v - 1))
            yield _of(f"({n}−1)/{n}", "bessel", (q,), lambda v: (v - 1) / v)
            yield _of(f"({n}−1)", "off_by_one", (q,), lambda v: v - 1)
            yield _of(f"({n}+1)/{n}", "off_by_one", (q,), lambda v: (v + 1) / v)
            yield _of(f"{n}/({n}+1)", "off_by_one", (q,), lambda v: v / (v + 1))
            yield _of(f"√({n}/({n}−1))", "bessel", (q,), lambda v: math.sqrt(v / (v - 1)))
            yield _of(f"√(({n}−1)/{n})", "bessel", (q,), lambda v: math.sqrt((v - 1) / v))
        else:
            yield _of(f"(1−{n})", "complement", (q,), lambda v: 1 - v)
            yield _of(f"1/(1−{n})", "over_complement", (q,), lambda v: 1 / (1 - v))


def _doubled(known: Sequence[Quantity]) -> Iterator[Named]:
    for q in known:
        n = q.symbol
        yield _of(f"2·{n}", "times", (q,), lambda v: 2 * v)
        yield _of(f"{n}/2", "half_times", (q,), lambda v: v / 2)
        yield _of(f"1/(2·{n})", "over", (q,), lambda v: 1 / (2 * v))
        yield _of(f"2/{n}", "two_over", (q,), lambda v: 2 / v)


def _pairs(known: Sequence[Quantity]) -> Iterator[Named]:
    for a, b in combinations(known, 2):
        product = f"{a.symbol}·{b.symbol}"
        yield _of(product, "times", (a, b), lambda v, w: v * w)
        yield _of(f"1/({product})", "over", (a, b), lambda v, w: 1 / (v * w))
    for a, b in permutations(known, 2):
        left = a.symbol if set(a.symbol).isdisjoint("·+-") else f"({a.symbol})"
        right = b.symbol if set(b.symbol).isdisjoint("·+-") else f"({b.symbol})"
        yield _of(f"{left}/{right}", "ratio", (a, b), lambda v, w: v / w)


def _scaled_pairs(known: Sequence[Quantity]) -> Iterator[Named]:
    for a, b in permutations(known, 2):
        yield _of(f"√({a.symbol}/{b.symbol})", "root_ratio", (a, b), lambda v, w: math.sqrt(v / w))
        yield _of(f"2·{a.symbol}/{b.symbol}", "ratio", (a, b), lambda v, w: 2 * v / w)
    for a, b in combinations(known, 2):
        product = f"{a.symbol}·{b.symbol}"
        yield _of(f"2·{product}", "times", (a, b), lambda v, w: 2 * v * w)
        yield _of(f"√({product})", "root", (a, b), lambda v, w: math.sqrt(v * w))
        yield _of(f"1/√({product})", "over_root", (a, b), lambda v, w: 1 / math.sqrt(v * w))
