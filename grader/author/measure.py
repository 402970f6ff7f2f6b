"""Measures one exercise: what is accepted and rejected, who is named, what changes when repeated.

The fields of a row, with what they count:

- `variants`, `variants_accepted`: correct implementations in other styles;
- `misconceptions`, `misconceptions_rejected`, `misconceptions_named`: named with their own name,
  alone;
- `trivial`, `trivial_rejected`: answers that anyone could give (`grader.author.battery`);
- `mutants`, `mutants_rejected`, `mutants_equivalent`: automatic edits of the reference, and those
  that the author says no submission may be rejected for (`grader.author.survivors`);
- `diagnosis_precision`, `diagnosis_coverage`, from the counts `names`, `names_right`,
  `mutants_comparable` and `mutants_explained`, of which `mutants_recognised` by a name
  (`grader.author.naming`);
- `kill_redundancy`: how many checks fail on a misconception, on average (`kills` in all). A check
  that is skipped because another failed does not count. `killed_once`: misconceptions that only
  one check catches;
- `reruns`, `reruns_changed`: verdicts repeated with other seeds, thread counts and hash seeds, and
  those that changed (`grader.author.stability`); `changes` tells them in words;
- `digest` of the exercise's private files, so that it shows when the measurement is out of date;
- `checks`; `seconds`: the median of warm verdicts on the reference in a real runner, written
  for NumPy alone where it can be (`law.as_handed_in`).

What was not measured is null.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.author import naming, stability
from grader.author.bench import Bench
from grader.author.law import Trial, measure, trivial_verdicts
from grader.author.mutants import mutants
from grader.author.naming import Naming, share
from grader.author.survivors import sort, stated
from grader.catalog import Exercise
from grader.judge.launch import RunnerPool
from grader.judge.library import Library
from grader.result import Status

Row = dict[str, Any]
#: Fields of a row → those of `Naming`.
COUNTS = {
    "names": "names",
    "names_right": "right",
    "mutants_comparable": "comparable",
    "mutants_recognised": "recognised",
    "mutants_explained": "explained",
}


@dataclass
class Tally:
    """What is counted on the way."""

    row: Row = field(default_factory=dict)
    naming: Naming = field(default_factory=Naming)


def rows(
    exercises: Sequence[Exercise], *, with_mutants: bool, reruns: int, jobs: int = 1
) -> list[Row]:
    """Measure exercises, several at a time if asked to (which makes `seconds` larger)."""
    if jobs == 1:
        return [row(one, with_mutants=with_mutants, reruns=reruns) for one in exercises]
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as processes:
        tasks = [
            processes.submit(row, one, with_mutants=with_mutants, reruns=reruns)
            for one in exercises
        ]
        return [task.result() for task in tasks]


def row(
    exercise: Exercise,
    *,
    with_mutants: bool = True,
    reruns: int = stability.RERUNS,
    timed: bool = True,
) -> Row:
    """Measure one exercise; `seconds` is null unless `timed`.

    Raises:
        NoMutationLibrary: mutants are asked for, and cosmic-ray or mutmut is missing.
        RerunFailed: a process that repeats verdicts ended without an answer.
        SpecError: the exercise's own files are at fault.
    """
    library = Library(exercise)
    tally = Tally({"id": exercise.id, "digest": digest(library)})
    with tempfile.TemporaryDirectory() as folder, RunnerPool() as pool:
        cache = Path(folder)
        trial, bench = Trial(library, cache), Bench(library, cache, pool.start)
        _variants(trial, tally)
        _misconceptions(bench, tally)
        _trivial(trial, tally)
        _mutants(bench, tally, with_mutants)
        bench.close()
        seconds = round(measure(trial)[1], 2) if timed else None
    repeated = stability.repeat(library, reruns)
    return {
        **tally.row,
        **named(tally.naming),
        "reruns": repeated.reruns,
        "reruns_changed": len(repeated.changes),
        "changes": list(repeated.changes),
        "checks": len(library.checks),
        "seconds": seconds,
    }


def digest(library: Library) -> str:
    """Sixteen hexadecimal digits of all that is judged and judges in an exercise."""
    found = hashlib.sha256()
    for name in ("solution", "spec", "misconceptions", "variants"):
        found.update(library.text(name).encode() + b"\0")
    return found.hexdigest()[:16]


def named(found: Naming) -> Row:
    """The shares with the counts they are made of."""
    return {
        "diagnosis_precision": found.precision,
        "diagnosis_coverage": found.coverage,
        **{field: getattr(found, part) for field, part in COUNTS.items()},
    }


def counts(row: Row) -> Naming:
    """The other way: what a row says about naming."""
    return Naming(**{part: row[field] for field, part in COUNTS.items()})


def _variants(trial: Trial, tally: Tally) -> None:
    entries = trial.library.variants
    results = [trial.grade(trial.library.source(one), backend=one.backend) for one in entries]
    tally.row["variants"] = len(entries)
    tally.row["variants_accepted"] = sum(r.status is Status.PASSED for r in results)
    for result in results:
        tally.naming += naming.of_variant([found.name for found in result.misconceptions])


def _misconceptions(bench: Bench, tally: Tally) -> None:
    entries = bench.library.misconceptions
    rejected = alone = 0
    kills = []
    for entry in entries:
        judged = bench.judge(bench.library.source(entry))
        names = sorted({found.name for found in bench.named(judged).values()})
        rejected += judged.status is not Status.PASSED
        alone += names == [entry.name]
        kills.append(len(judged.failed))
        tally.naming += naming.of_misconception(entry.name, names)
    tally.row |= {
        "misconceptions": len(entries),
        "misconceptions_rejected": rejected,
        "misconceptions_named": alone,
        "kills": sum(kills),
        "kill_redundancy": share(sum(kills), len(entries)),
        "killed_once": kills.count(1),
    }


def _trivial(trial: Trial, tally: Tally) -> None:
    accepted = [accepted for _, accepted in trivial_verdicts(trial)]
    tally.row["trivial"] = len(accepted)
    tally.row["trivial_rejected"] = accepted.count(False)


def _mutants(bench: Bench, tally: Tally, wanted: bool) -> None:
    fields = ("mutants", "mutants_rejected", "mutants_equivalent", "survivors", "stale")
    if not wanted:
        tally.row |= dict.fromkeys(fields)
        return
    stated(bench.library)
    every = mutants(bench.library.text("solution"))
    accepted = set()
    for mutant in every:
        judged = bench.judge(mutant.source)
        if judged.status is Status.PASSED:
            accepted.add(mutant.identity)
        else:
            tally.naming += naming.of_mutant(bench, mutant.source, judged)
    found = sort(bench.library, every, accepted).as_json()
    tally.row |= {name: found[name] for name in fields}
