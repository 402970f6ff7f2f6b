"""Repeats verdicts in this process and says which of them differ from what is declared.

Started by `grader.author.stability` with its own environment (threads, hash seed): reads one JSON
request on standard input, writes a JSON list of changed verdicts, in words, on standard output.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from grader.author.law import Trial
from grader.catalog import Catalog
from grader.judge.launch import RunnerPool
from grader.judge.library import Library
from grader.result import Status
from grader.spec.library import Misconception, Variant


@dataclass(frozen=True)
class Rerun:
    """One verdict to repeat.

    Attributes:
        entry: name of a variant or misconception; empty for the reference.
        seed: which tape.
        confined: whether to judge in a real runner and not in this process.
    """

    entry: str
    seed: int
    confined: bool


def request(library: Library, reruns: Sequence[Rerun]) -> str:
    """What the process reads."""
    exercise = library.exercise
    root = exercise.public.parent.parent
    plain = {"root": str(root), "id": exercise.id, "reruns": [asdict(entry) for entry in reruns]}
    return json.dumps(plain)


def changes(library: Library, reruns: Sequence[Rerun], cache: Path) -> Iterator[str]:
    """Repeat verdicts; yield a sentence for each that is not what is declared.

    The reference and variants must pass; a misconception must fail the check that it declares.
    """
    trial = Trial(library, cache)
    every: list[Misconception | Variant] = [*library.misconceptions, *library.variants]
    entries = {entry.name: entry for entry in every}
    with RunnerPool() as pool:
        for rerun in reruns:
            entry = entries.get(rerun.entry)
            source = library.source(entry) if entry else library.text("solution")
            options: dict[str, Any] = {"seed": rerun.seed, "explain": False}
            options["backend"] = library.exercise.backend
            if isinstance(entry, Variant):
                options["backend"] = entry.backend
            if rerun.confined:
                options["runner"] = pool.start
            result = trial.grade(source, **options)
            statuses = {check.name: check.status for check in result.checks}
            if isinstance(entry, Misconception):
                wanted, found = Status.FAILED, statuses.get(entry.caught_by)
            else:
                wanted, found = Status.PASSED, result.status
            if found is not wanted:
                yield f"{rerun.entry or 'the reference'} with seed {rerun.seed}: {found}"


def main() -> None:
    """Answer one request."""
    asked = json.load(sys.stdin)
    library = Library(Catalog(Path(asked["root"])).find(asked["id"]))
    reruns = [Rerun(**entry) for entry in asked["reruns"]]
    with tempfile.TemporaryDirectory() as cache:
        found = list(changes(library, reruns, Path(cache)))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
