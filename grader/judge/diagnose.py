"""Names the misconception that a submission's outputs are consistent with.

The wrong implementations that prove the checks also explain failures: when a submission's outputs
equal those of one misconception on every case of a failed check, on three or more inputs, that one
is named. If several agree, the one that also agrees on every other check is; if there is none, as
when a submission has two mistakes, no cause is named and the report says what the candidates have
in common. Equal outputs are evidence, never proof.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from grader.judge.library import Library
from grader.judge.local_runner import LocalRunner
from grader.judge.observe import Outcome, observe
from grader.judge.submitted import Submitted
from grader.judge.tape import TapeCase
from grader.judge.verdict import alike
from grader.spec.checks import Check
from grader.spec.library import Misconception

LEAST_INPUTS = 3
#: Check name → the cases that were run, with what the submission gave on each.
Evidence = Mapping[str, Sequence[tuple[TapeCase, Outcome]]]


class Diagnosis:
    """Compares one submission with the misconceptions of its exercise."""

    def __init__(self, library: Library, evidence: Evidence) -> None:
        self.library = library
        self.evidence = evidence
        self._checks = {check.name: check for check in library.checks}
        self._runners: dict[str, LocalRunner] = {}
        self._agreement: dict[tuple[str, str], bool] = {}

    def explanations(
        self, failed: Sequence[Check], passed: Collection[str]
    ) -> dict[str, list[Misconception]]:
        """Failed check → the misconceptions that explain it: one to name, several to list, or none.

        A single one is dropped if another check speaks against it: one that passed and would not
        have, or one that nothing explains, of the same task or of a function that the misconception
        replaces. A failed check with an explanation of its own does not; a function may have two
        faults that show in different checks.

        Args:
            passed: names of the checks that the submission passed.
        """
        found = {check.name: self.candidates(check) for check in failed}
        return {
            check.name: [
                entry
                for entry in found[check.name]
                if len(found[check.name]) > 1 or not self._contradicted(entry, check, found, passed)
            ]
            for check in failed
        }

    def _contradicted(
        self,
        entry: Misconception,
        check: Check,
        found: Mapping[str, list[Misconception]],
        passed: Collection[str],
    ) -> bool:
        unexplained = (
            name
            for name, entries in found.items()
            if len(entries) != 1 and self._checks[name].task in (check.task, *entry.members)
        )
        return not all(self._agrees(entry, name) for name in (*passed, *unexplained))

    def candidates(self, check: Check) -> list[Misconception]:
        """The misconceptions that explain a failed check, narrowed as far as the evidence goes."""
        matching = [
            entry for entry in self.library.misconceptions if self._agrees(entry, check.name)
        ]
        matching = [entry for entry in matching if self._inputs(entry, check) >= LEAST_INPUTS]
        if len(matching) < 2:
            return matching
        whole = [entry for entry in matching if self._explains_everything(entry)]
        return whole or matching

    def close(self) -> None:
        """Forget the loaded misconceptions."""
        for runner in self._runners.values():
            runner.close()

    def _explains_everything(self, entry: Misconception) -> bool:
        return all(self._agrees(entry, name) for name in self.evidence)

    def _inputs(self, entry: Misconception, check: Check) -> int:
        """On how many inputs outputs agree, in this check and the others of the same task."""
        names = [
            name
            for name in self.evidence
            if self._checks[name].task == check.task and self._agrees(entry, name)
        ]
        return sum(len(self.evidence[name]) for name in names)

    def _agrees(self, entry: Misconception, name: str) -> bool:
        key = (entry.name, name)
        if key not in self._agreement:
            check = self._checks[name]
            self._agreement[key] = bool(self.evidence[name]) and all(
                alike(case, outcome, self._run(entry, check, case))
                for case, outcome in self.evidence[name]
            )
        return self._agreement[key]

    def _run(self, entry: Misconception, check: Check, case: TapeCase) -> Outcome:
        runner = self._runners.get(entry.name)
        if runner is None:
            runner = self._runners[entry.name] = LocalRunner(self.library.exercise.backend)
            source = self.library.source(entry).encode()
            runner.ask({"op": "load", "source": source, "module": f"misconception_{entry.name}"})
        submitted = Submitted(runner, case.transcript, rows=self.library.rows)
        return observe(check, submitted, case.fields)
