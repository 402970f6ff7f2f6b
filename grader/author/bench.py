"""Judges many sources of one exercise, and keeps what each of them showed.

The same judge as a student's, without words for people. The reference, the checks and the tape are
loaded once, and what a misconception answers on a case is worked out once for all sources.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.judge.diagnose import Diagnosis, Evidence
from grader.judge.grade import Context, Options, RunnerFactory
from grader.judge.library import Library
from grader.judge.local_runner import LocalRunner
from grader.judge.observe import Outcome
from grader.judge.replay import Replay
from grader.judge.submission import parse
from grader.judge.tape import Tape, TapeCase, load_or_build
from grader.judge.verdict import alike, decide
from grader.result import CheckResult, Status, overall
from grader.spec.checks import Check
from grader.spec.library import Misconception

#: Seconds that one call may take: a mutated loop may never end.
CALL_SECONDS = 2.0


@dataclass(frozen=True)
class Judged:
    """The verdict on one source, with what it showed.

    Attributes:
        status: as in a result.
        failed: names of the checks that failed, with at least one wrong answer on a case.
        passed: names of the checks that passed.
        evidence: check name → cases and what was given on each.
        results: what was found check by check, without explanations.
    """

    status: Status
    failed: tuple[str, ...]
    passed: tuple[str, ...]
    evidence: Evidence
    results: tuple[CheckResult, ...] = ()

    @property
    def comparable(self) -> bool:
        """Whether a failed check saw an answer of the right form, and the answer was wrong."""
        return any(
            outcome.failure is None and decide(case, outcome) is not None
            for name in self.failed
            for case, outcome in self.evidence[name]
        )


class Bench:
    """Judges sources of one exercise on the tape of one seed.

    Args:
        start: starts the runners.
        memory: what misconceptions have answered so far; shared between seeds.
    """

    def __init__(
        self,
        library: Library,
        cache: Path,
        start: RunnerFactory,
        seed: int = 0,
        memory: Memory | None = None,
    ) -> None:
        self.library = library
        self.tape: Tape = load_or_build(library, seed, cache)
        self._cache = cache
        self._start = start
        self._memory = memory or Memory()
        self._others: dict[int, Bench] = {}
        self._options = Options(
            seed=seed,
            backend=library.exercise.backend,
            call_seconds=CALL_SECONDS,
            cache=cache,
            explain=False,
            shrink=False,
            runner=start,
        )

    def at(self, seed: int) -> Bench:
        """A bench on the tape of another seed."""
        if seed not in self._others:
            self._others[seed] = Bench(self.library, self._cache, self._start, seed, self._memory)
        return self._others[seed]

    def close(self) -> None:
        """Forget the misconceptions that were loaded."""
        self._memory.close()

    def judge(self, source: str) -> Judged:
        """Judge a whole submission.

        Raises:
            CannotRun: the exercise's backend is missing.
        """
        replay = self._replay(source)
        try:
            refused = replay.load()
            if refused is not None:
                return Judged(refused[0], (), (), {})
            results, _ = replay.run()
        finally:
            replay.close()
        failed = tuple(
            result.name
            for result in results
            if result.status is Status.FAILED
            and any(decide(*pair) is not None for pair in replay.evidence.get(result.name, ()))
        )
        passed = tuple(result.name for result in results if result.status is Status.PASSED)
        return Judged(overall(results), failed, passed, replay.evidence, results)

    def accepts(self, source: str) -> bool:
        """Whether `judge` would say passed; it stops at the first wrong answer.

        Raises:
            CannotRun: the exercise's backend is missing.
        """
        replay = self._replay(source)
        try:
            return replay.load() is None and replay.passes()
        finally:
            replay.close()

    def candidates(self, judged: Judged) -> dict[str, list[Misconception]]:
        """Failed check → the misconceptions that explain it; the report names one that is alone."""
        comparison = _Remembering(self.library, judged.evidence, self._memory)
        checks = [check for check in self.library.checks if check.name in judged.failed]
        return comparison.explanations(checks, judged.passed)

    def named(self, judged: Judged) -> dict[str, Misconception]:
        """Failed check → the misconception that the report would name for it."""
        return alone(self.candidates(judged))

    def agree(self, source: str, claims: Mapping[str, Misconception]) -> bool:
        """Whether a source answers on this tape as the misconceptions claimed for checks do."""
        replay = self._replay(source)
        comparison = _Remembering(self.library, {}, self._memory)
        checks = [check for check in self.library.checks if check.name in claims]
        try:
            return replay.load() is None and all(
                alike(case, replay.outcome(check, case), comparison.answer(entry, check, case))
                for check, entry in ((check, claims[check.name]) for check in checks)
                for case in self.tape[check.name].cases
            )
        finally:
            replay.close()

    def _replay(self, source: str) -> Replay:
        exercise = self.library.exercise
        submission = parse(source.encode(), exercise.stub.name, exercise.backend)
        # The same tape for every source, so that what was worked out on its cases is found.
        context = Context(self.library, self._options, submission)
        return Replay(context, self._start, self.tape)


def alone(candidates: Mapping[str, Sequence[Misconception]]) -> dict[str, Misconception]:
    """The checks for which exactly one misconception is left."""
    return {name: entries[0] for name, entries in candidates.items() if len(entries) == 1}


class Memory:
    """What misconceptions answered on cases; it keeps each case, so that an id stays its own."""

    def __init__(self) -> None:
        self.runners: dict[str, LocalRunner] = {}
        self.outcomes: dict[tuple[str, str, int], tuple[TapeCase, Outcome]] = {}

    def close(self) -> None:
        """Forget everything."""
        for runner in self.runners.values():
            runner.close()


class _Remembering(Diagnosis):
    """The judge's own diagnosis, which runs no misconception twice on the same case."""

    def __init__(self, library: Library, evidence: Evidence, memory: Memory) -> None:
        super().__init__(library, evidence)
        self._runners = memory.runners
        self._memory = memory

    def answer(self, entry: Misconception, check: Check, case: TapeCase) -> Outcome:
        """What a misconception gives on a case."""
        return self._run(entry, check, case)

    def _run(self, entry: Misconception, check: Check, case: TapeCase) -> Outcome:
        key = (entry.name, check.name, id(case))
        if key not in self._memory.outcomes:
            self._memory.outcomes[key] = (case, super()._run(entry, check, case))
        return self._memory.outcomes[key][1]
