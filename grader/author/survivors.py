"""Which mutants of an exercise are accepted, and what its author says about them.

An accepted mutant either shows a gap in the checks or does the same as the solution on everything
that the README promises. Only a person can tell; the answer is written in `spec.py`:

    EQUIVALENT_MUTANTS = {"relu: … → positive = x >= 0": "why no submission may be rejected for it"}

A key is the identity of a mutant, or several: `…` in it stands for any text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.author.bench import Bench
from grader.author.mutants import Mutant, mutants
from grader.judge.launch import RunnerPool
from grader.judge.library import Library
from grader.spec.domain import SpecError


@dataclass(frozen=True)
class Triage:
    """The mutants of one exercise, sorted.

    Attributes:
        exercise: its id.
        rejected: not passed.
        equivalent: accepted, and the author says why that is right.
        survivors: accepted, and nobody has said anything.
        stale: what the author wrote down and no accepted mutant fits.
        wide: what the author wrote down and a rejected mutant fits as well; it would excuse that
            mutant if a check stopped rejecting it.
    """

    exercise: str
    rejected: tuple[Mutant, ...]
    equivalent: tuple[Mutant, ...]
    survivors: tuple[Mutant, ...]
    stale: tuple[str, ...]
    wide: tuple[str, ...] = ()

    @property
    def mutants(self) -> int:
        """How many there are."""
        return len(self.rejected) + len(self.equivalent) + len(self.survivors)

    @property
    def settled(self) -> bool:
        """Whether the author has nothing left to do."""
        return not (self.survivors or self.stale or self.wide)

    def as_json(self) -> dict[str, Any]:
        """Counts, and the identities that want a look."""
        return {
            "id": self.exercise,
            "mutants": self.mutants,
            "mutants_rejected": len(self.rejected),
            "mutants_equivalent": len(self.equivalent),
            "survivors": [mutant.identity for mutant in self.survivors],
            "stale": [*self.stale, *self.wide],
        }

    def lines(self) -> Iterator[str]:
        """The same for people."""
        yield (
            f"{self.exercise}: {self.mutants} mutants, {len(self.rejected)} rejected, "
            f"{len(self.equivalent)} equivalent, {len(self.survivors)} not accounted for"
        )
        for mutant in self.survivors:
            yield f"  accepted, line {mutant.line}: {mutant.identity}"
        for key in self.stale:
            yield f"  fits no accepted mutant, yet in EQUIVALENT_MUTANTS: {key}"
        for key in self.wide:
            yield f"  fits a rejected mutant as well, in EQUIVALENT_MUTANTS: {key}"


def triage(library: Library, cache: Path) -> Triage:
    """Make and judge all mutants of an exercise, in real runners.

    Raises:
        NoMutationLibrary: cosmic-ray or mutmut is missing.
        CannotRun: the exercise's backend is missing.
        SpecError: `EQUIVALENT_MUTANTS` is not a dict of reasons.
    """
    stated(library)
    every = mutants(library.text("solution"))
    with RunnerPool() as pool:
        bench = Bench(library, cache, pool.start)
        accepted = {mutant.identity for mutant in every if bench.accepts(mutant.source)}
    return sort(library, every, accepted)


def sort(library: Library, every: Sequence[Mutant], accepted: set[str]) -> Triage:
    """Sort mutants by what became of them; `accepted` holds identities."""
    keys = stated(library)
    passed = [mutant for mutant in every if mutant.identity in accepted]
    excused = [mutant for mutant in passed if any(fits(key, mutant) for key in keys)]
    return Triage(
        exercise=library.exercise.id,
        rejected=tuple(mutant for mutant in every if mutant.identity not in accepted),
        equivalent=tuple(excused),
        survivors=tuple(mutant for mutant in passed if mutant not in excused),
        stale=tuple(key for key in keys if not any(fits(key, mutant) for mutant in passed)),
        wide=tuple(
            key
            for key in keys
            if any(fits(key, m) for m in every if m.identity not in accepted)
            and any(fits(key, m) for m in passed)
        ),
    )


def fits(key: str, mutant: Mutant) -> bool:
    """Whether a key speaks for a mutant: its identity, with `…` in place of any text."""
    pattern = ".*".join(map(re.escape, key.split("…")))
    return re.fullmatch(pattern, mutant.identity, re.DOTALL) is not None


def stated(library: Library) -> Mapping[str, str]:
    """Identity, or `…` in place of parts of it → why such mutants are equivalent (`spec.py`).

    Raises:
        SpecError: not a dict, or a reason is missing.
    """
    reasons = getattr(library.spec, "EQUIVALENT_MUTANTS", {})
    if not isinstance(reasons, dict):
        raise SpecError("EQUIVALENT_MUTANTS is not a dict of identities and reasons")
    for identity, reason in reasons.items():
        if not isinstance(reason, str) or len(reason.split()) < 3:
            raise SpecError(f"EQUIVALENT_MUTANTS gives no reason for {identity!r}")
    return reasons
