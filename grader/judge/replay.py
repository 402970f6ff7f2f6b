"""Replays an exercise's tape against a submission, check by check."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from grader.judge import explain as words
from grader.judge.compare import AMPLIFIED
from grader.judge.grade import Context, RunnerFactory
from grader.judge.implementation import Call, Failure
from grader.judge.interface import problems
from grader.judge.observe import Observed, Outcome, observe
from grader.judge.placement import Placement, worth_a_look
from grader.judge.runner_process import OUTPUT_LIMIT, RunnerLost
from grader.judge.second_look import second_look
from grader.judge.snippet import snippet
from grader.judge.submitted import Lost, Submitted, failure_from
from grader.judge.tape import Tape, TapeCase, load_or_build
from grader.judge.verdict import Problem, decide
from grader.result import Causes, CheckResult, Status
from grader.runner.backend import mentioned
from grader.runner.wire import TOO_LARGE
from grader.spec.checks import Check

#: Seconds that loading a submission may take at least, whatever one call may.
LOAD_SECONDS = 10.0
SINGLE_PRECISION = "Right to about 7 digits, as float32 arithmetic gives."


Given = TypeVar("Given")


class Replay:
    """One submission in its runner, with what it has shown so far.

    `tape` is looked up in the cache unless it is handed over.
    """

    def __init__(self, context: Context, start: RunnerFactory, tape: Tape | None = None) -> None:
        self.context = context
        self.library = context.library
        self.start = start
        self.tape: Tape = tape or {}
        self.runner: Any = None
        self.next: Any = None
        self.group = ""
        self.poisoned: dict[str, Failure] = {}
        self.unusable: dict[str, str] = {}
        self.evidence: dict[str, list[tuple[TapeCase, Outcome]]] = {}
        self.looked_at: set[str] = set()

    def load(self) -> tuple[Status, str] | None:
        """Load the submission; return status and message if that fails."""
        options = self.context.options
        self.tape = self.tape or load_or_build(self.library, options.seed, options.cache)
        name = self.library.exercise.stub.name
        try:
            reply = self._fresh_runner()
        except RunnerLost as lost:
            if lost.kind == "timed_out":
                return Status.TIMED_OUT, f"Loading {name} did not end: {lost.detail}."
            return Status.CRASHED, f"Loading {name} ended your program: {lost.detail}."
        if reply.get("ok") is not True:
            failure = failure_from(reply, f"Loading {name}")
            if failure.kind == "not_attempted":
                return Status.NOT_ATTEMPTED, f"{name} raises NotImplementedError while it loads."
            status = Status.CRASHED if failure.kind == "exit" else Status.FAILED
            return status, words.explain_failure(failure)
        names = reply.get("names")
        found = names if isinstance(names, dict) else {}
        self.unusable = problems(self.library.interface, found)
        return None

    def run(self) -> tuple[tuple[CheckResult, ...], Causes]:
        """Run every check, then explain the failed ones."""
        failed: dict[str, tuple[TapeCase, Problem]] = {}
        if self._would_meet_a_gpu():
            with Placement(self) as placement:
                results = self._check_all(failed)
                placement.look(results)
        else:
            results = self._check_all(failed)
        causes = Causes()
        if failed and self.context.options.explain:
            from grader.judge.findings import account_for

            causes = account_for(self, results, failed)
        return tuple(results.values()), causes

    def _check_all(self, failed: dict[str, tuple[TapeCase, Problem]]) -> dict[str, CheckResult]:
        only = self.context.options.only
        results: dict[str, CheckResult] = {}
        for check in self.library.checks:
            if only is None or check.name in only:
                results[check.name] = self._check(check, results, failed)
        return results

    def passes(self) -> bool:
        """Whether every check passes; nothing is called after the first wrong answer."""
        results: dict[str, CheckResult] = {}
        for check in self.library.checks:
            results[check.name] = self._check(check, results, {}, briefly=True)
            if results[check.name].status is not Status.PASSED:
                return False
        return True

    def close(self) -> None:
        """End what is left and note what was in force."""
        self._drop_runner()
        if self.next is not None:
            self.next.close()

    def snippet(
        self,
        calls: Sequence[Call],
        observed: Sequence[Observed] = (),
        fields: Mapping[str, Any] | None = None,
    ) -> str:
        """The calls as Python to paste beside the submission.

        Args:
            observed: names results.
            fields: the case; names arguments.
        """
        names = {id(value): name for name, value in (fields or {}).items()}
        return snippet(
            calls,
            self.library.interface,
            self.library.exercise.slug,
            self.context.submission.backend,
            names | {id(entry.value): entry.variable for entry in observed if entry.variable},
        )

    def _check(
        self,
        check: Check,
        results: dict[str, CheckResult],
        failed: dict[str, tuple[TapeCase, Problem]],
        briefly: bool = False,
    ) -> CheckResult:
        blank = CheckResult(
            check.name, check.title, Status.PASSED, check.points, check.points, hint=check.task
        )
        for required in check.requires:
            if results[required].status is not Status.PASSED:
                return _with(
                    blank, Status.SKIPPED, f"Skipped: it needs “{results[required].title}”."
                )
        tape = self.tape[check.name]
        for label in dict.fromkeys(label for case in tape.cases for label, _ in case.transcript):
            root = label.partition(".")[0]
            if root in self.unusable:
                return _with(blank, Status.FAILED, self.unusable[root])
        notes: list[str] = []
        found = self._first_problem(check, tape.cases, briefly)
        if found is not None and found[1].undecided:
            found = self._amplify(check, tape.amplified)
            notes += [SINGLE_PRECISION] if found is None else []
        if found is None:
            return second_look(self, check, tape, blank, notes)
        case, problem = found
        failed[check.name] = found
        texts = words.explain(case, problem)
        result = _with(blank, words.status_of(problem), texts.message)
        return replace(result, expected=texts.expected, actual=texts.actual)

    def _first_problem(
        self, check: Check, cases: Sequence[TapeCase], briefly: bool
    ) -> tuple[TapeCase, Problem] | None:
        """Run the cases; return the first clear problem, else the first undecided one.

        All cases are run, as evidence for the diagnosis, unless the runner is lost or the answer
        is wanted `briefly`.
        """
        clear = undecided = None
        for case in cases:
            outcome = self.outcome(check, case)
            self.evidence.setdefault(check.name, []).append((case, outcome))
            problem = decide(case, outcome)
            if problem is None:
                continue
            if problem.undecided:
                undecided = undecided or (case, problem)
                continue
            clear = clear or (case, problem)
            if briefly or problem.kind in ("timed_out", "died", "protocol", "not_attempted"):
                break
        return clear or undecided

    def _amplify(self, check: Check, cases: Sequence[TapeCase]) -> tuple[TapeCase, Problem] | None:
        for case in cases:
            outcome = self.outcome(check, case)
            self.evidence.setdefault(check.name, []).append((case, outcome))
            problem = decide(case, outcome)
            if problem is not None and (
                problem.difference is None or problem.difference.error > AMPLIFIED
            ):
                return case, problem
        return None

    def outcome(self, check: Check, case: TapeCase) -> Outcome:
        """What the submission gives on a case; a lost runner becomes a failure, and stays one."""

        def watch(submitted: Submitted) -> Outcome:
            submitted.transcript = case.transcript
            return observe(check, submitted, case.fields)

        found = self.attempt(check, [label for label, _ in case.transcript], watch)
        return Outcome((), *found) if isinstance(found, Lost) else found

    def attempt(
        self, check: Check, labels: Iterable[str], action: Callable[[Submitted], Given]
    ) -> Given | Lost:
        """Do something with the submission in the runner of a check's task.

        Args:
            labels: what will be called; nothing is done if one of these has lost a runner before.
        """
        for label in labels:
            if label in self.poisoned:
                return Lost(self.poisoned[label])
        limit = self.context.options.verdict_seconds
        if time.monotonic() - self.context.started > limit:
            return Lost(words.too_long(limit))
        submitted = None
        try:
            self._runner_for(check)
            submitted = Submitted(self.runner, rows=self.library.rows)
            return action(submitted)
        except RunnerLost as lost:
            self._drop_runner()
            calls = tuple(submitted.calls) if submitted is not None else ()
            label = calls[-1].label if calls else check.task
            self.poisoned[label] = self._loss(lost, label)
            return Lost(self.poisoned[label], calls)

    def renew(self) -> None:
        """Go on in a runner that has answered nothing yet."""
        self._drop_runner()

    def _loss(self, lost: RunnerLost, label: str) -> Failure:
        if lost.kind == "timed_out":
            return words.timed_out(label, self.context.options.call_seconds)
        if lost.kind == "died":
            return words.died(label, lost.detail)
        if lost.detail == TOO_LARGE:
            return words.too_large(label)
        return words.broke_protocol(label, lost.detail)

    def _runner_for(self, check: Check) -> None:
        """Every task gets a runner of its own, so that no state carries over from another."""
        if self.group != check.task and self.group:
            self._drop_runner()
        self.group = check.task
        if self.runner is None:
            reply = self._fresh_runner()
            if reply.get("ok") is not True:
                self._drop_runner()
                raise RunnerLost("died", "it loaded once, and then not again")

    def _fresh_runner(self) -> dict[str, Any]:
        """Take the runner that was started ahead, start another, and load the submission."""
        self.runner = self.next or self.start_runner()
        self.next = None
        try:
            reply = self.load_into(self.runner)
        except RunnerLost:
            self._drop_runner()
            raise
        self.context.limits[:] = self.runner.limits
        self.context.layers[:] = self.runner.layers
        self.next = self.start_runner()
        return reply

    def load_into(self, runner: Any) -> dict[str, Any]:
        """Load the submission into a runner."""
        request = {
            "op": "load",
            "source": self.context.submission.source,
            "module": self.library.exercise.slug,
        }
        seconds = max(self.context.options.call_seconds, LOAD_SECONDS)
        reply: dict[str, Any] = runner.ask(request, seconds)
        return reply

    def start_runner(self, device: str | None = None) -> Any:
        """Start a runner for the submission, on the device that was asked for or on another."""
        options = self.context.options
        backend = self.context.submission.backend
        ahead = mentioned(self.context.submission.source, backend)
        return self.start(backend, device or options.device, options.call_seconds, ahead)

    def _would_meet_a_gpu(self) -> bool:
        """Whether to look where its tensors are made, beside what is in them."""
        options, submission = self.context.options, self.context.submission
        torch_on_the_cpu = submission.backend == "torch" and options.device == "cpu"
        return options.explain and torch_on_the_cpu and worth_a_look(submission.tree)

    def _drop_runner(self) -> None:
        if self.runner is None:
            return
        self.runner.close()
        text = self.runner.output.decode("utf-8", "replace")
        if not self.context.output:
            self.context.output = text
        elif text not in self.context.output:
            self.context.output = (self.context.output + text)[:OUTPUT_LIMIT]
        self.runner = None


def _with(blank: CheckResult, status: Status, message: str) -> CheckResult:
    score = blank.max_score if status is Status.PASSED else 0
    return replace(blank, status=status, score=score, message=message)
