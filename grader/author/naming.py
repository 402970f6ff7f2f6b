"""How often the diagnosis speaks, and how often it is right.

**Precision**: of all names of misconceptions given to rejected submissions, the share that is
right. The submissions are the misconceptions themselves, the mutants, and variants if one is
rejected. For a misconception its own name is right. For a mutant a name is right if the mutant
answers as that misconception does on the tapes of three other seeds as well, in every check for
which it was named: inputs that had no part in the naming. A variant is correct, so no name is.

**Coverage**: of all rejected mutants that returned something to compare, the share for which the
report gives a cause, that is a misconception's name or a pattern in the numbers. A mutant that only
raises exceptions or returns wrong shapes is left out: there the message is the cause.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grader.author.bench import Bench, Judged, alone
from grader.judge.patterns import find_patterns
from grader.spec.library import Misconception

#: Seeds whose tapes hold the inputs on which a name must prove itself.
HELD_OUT = (1, 2, 3)


@dataclass(frozen=True)
class Naming:
    """Counts; they can be added.

    Attributes:
        names: names given, each once per submission.
        right: those that are right.
        comparable: rejected mutants that returned something to compare.
        recognised: those that were given a misconception's name.
        explained: those that were given a cause: a name or a pattern.
    """

    names: int = 0
    right: int = 0
    comparable: int = 0
    recognised: int = 0
    explained: int = 0

    def __add__(self, other: Naming) -> Naming:
        return Naming(
            self.names + other.names,
            self.right + other.right,
            self.comparable + other.comparable,
            self.recognised + other.recognised,
            self.explained + other.explained,
        )

    @property
    def precision(self) -> float | None:
        """None if no name was given."""
        return share(self.right, self.names)

    @property
    def coverage(self) -> float | None:
        """None if there was nothing to explain."""
        return share(self.explained, self.comparable)


def share(part: int, whole: int) -> float | None:
    """A fraction rounded to four places; None of nothing."""
    return round(part / whole, 4) if whole else None


def of_misconception(own: str, names: Sequence[str]) -> Naming:
    """Count the names given to a misconception."""
    return Naming(names=len(names), right=sum(name == own for name in names))


def of_variant(names: Sequence[str]) -> Naming:
    """Count the names given to a correct implementation."""
    return Naming(names=len(names))


def of_mutant(bench: Bench, source: str, judged: Judged) -> Naming:
    """Count the names given to a rejected mutant, and whether it was given a cause at all."""
    candidates = bench.candidates(judged)
    given = alone(candidates)
    entries = {entry.name: entry for entry in given.values()}
    right = sum(_holds(bench, source, given, entry) for entry in entries.values())
    found = bool(given) or any(
        find_patterns(check, judged.evidence[check.name])
        for check in bench.library.checks
        # As in the report: patterns are looked for where no misconception is left.
        if candidates.get(check.name) == []
    )
    counts = judged.comparable
    return Naming(
        names=len(entries),
        right=right,
        comparable=int(counts),
        recognised=int(counts and bool(given)),
        explained=int(counts and found),
    )


def _holds(
    bench: Bench, source: str, given: dict[str, Misconception], entry: Misconception
) -> bool:
    claims = {check: named for check, named in given.items() if named.name == entry.name}
    return all(bench.at(seed).agree(source, claims) for seed in HELD_OUT)
