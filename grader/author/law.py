"""The completeness law: what must hold for every exercise, on every change."""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from grader.author import texts
from grader.author.battery import battery
from grader.author.bench import Bench
from grader.judge.compare import compare, magnitude
from grader.judge.differences import gradient_records, numerical_gradient
from grader.judge.grade import Options, grade
from grader.judge.launch import RunnerPool
from grader.judge.library import Library
from grader.judge.local_runner import LocalRunner, quiet
from grader.judge.observe import leaves
from grader.judge.tape import load_or_build
from grader.result import Result, Status
from grader.spec.library import Misconception

SEEDS = 5
GRADIENT_CASES = 2
GRADIENT_ERROR = 1e-7
WARM_SECONDS = 0.5
COLD_SECONDS = 2.0


def _local(backend: str, device: str, seconds: float, ahead: Sequence[str]) -> LocalRunner:
    return LocalRunner(backend, device)


@dataclass(frozen=True)
class Trial:
    """Where and how the law grades: in this process, since all of it is the course's own code."""

    library: Library
    cache: Path

    def grade(self, source: str | bytes, **options: object) -> Result:
        """Grade a source without shrinking."""
        chosen = Options(cache=self.cache, shrink=False, runner=_local)
        data = source.encode() if isinstance(source, str) else source
        return grade(self.library.exercise, data, replace(chosen, **options))  # type: ignore[arg-type]

    @cached_property
    def bench(self) -> Bench:
        """Judges many sources; what one misconception answers is worked out once for all."""
        return Bench(self.library, self.cache, _local)

    def passes(self, source: str) -> bool:
        """Whether it is accepted, whatever names it uses; nobody asks why not."""
        return self.grade(source, explain=False, policy=False).status is Status.PASSED


Law = Callable[[Trial], Iterator[str]]


def untouched_stub(trial: Trial) -> Iterator[str]:
    """The stub is reported as not attempted, also when something was added to it."""
    stub = trial.library.exercise.stub.read_bytes()
    for source in (stub, stub + b"\n\nstarted = True\n"):
        result = trial.grade(source)
        if result.status is not Status.NOT_ATTEMPTED:
            yield f"the stub is reported as {result.status}: {_why(result)}"


def reference_passes(trial: Trial) -> Iterator[str]:
    """The reference passes, in a NumPy exercise with torch as well."""
    backends = {"torch": ["torch"], "python": ["python"]}
    for backend in backends.get(trial.library.exercise.backend, ["numpy", "torch"]):
        result = trial.grade(trial.library.text("solution"), backend=backend)
        if result.status is not Status.PASSED:
            yield f"the reference with {backend}: {_why(result)}"


def gradients_agree(trial: Trial) -> Iterator[str]:
    """The reference's gradients agree with fourth-order differences of its forward, entrywise."""
    tape = load_or_build(trial.library, 0, trial.cache)
    reference = trial.library.reference
    with quiet():
        for check in trial.library.checks:
            for case in tape[check.name].cases[:GRADIENT_CASES]:
                for position, record in enumerate(gradient_records(check, reference, case.fields)):
                    for name, stated in record.named.items():
                        wanted = numerical_gradient(check, reference, case.fields, position, name)
                        right = dict(leaves(name, wanted))
                        for path, left in leaves(name, stated):
                            found = compare(left, right[path], floor=1e-3 * magnitude(stated))
                            if found is not None and found.error > GRADIENT_ERROR:
                                yield (
                                    f"check {check.name!r}: the reference's gradient for {path} is "
                                    f"{found.actual} at {list(found.index)}; differences say "
                                    f"{found.expected}"
                                )


def variants_pass(trial: Trial) -> Iterator[str]:
    """Every variant passes, with all points."""
    for entry in trial.library.variants:
        result = trial.grade(trial.library.source(entry), backend=entry.backend)
        if result.status is not Status.PASSED:
            yield f"the variant {entry.name} is rejected: {_why(result)}"


def misconceptions_fail(trial: Trial) -> Iterator[str]:
    """Every misconception fails its declared check, and it alone is named."""
    for entry in trial.library.misconceptions:
        yield from misconception_problems(trial, entry)


def misconception_problems(trial: Trial, entry: Misconception) -> Iterator[str]:
    """What is wrong with the verdict on one misconception."""
    judged = trial.bench.judge(trial.library.source(entry))
    statuses = {check.name: check.status for check in judged.results}
    if judged.status is Status.PASSED:
        yield f"the misconception {entry.name} is accepted"
        return
    if statuses.get(entry.caught_by) is not Status.FAILED:
        failed = [name for name, status in statuses.items() if status is Status.FAILED]
        yield f"{entry.name}: {entry.caught_by} did not fail, but {failed} did"
    named = list(dict.fromkeys(found.name for found in trial.bench.named(judged).values()))
    if named != [entry.name]:
        messages = [c.message for c in judged.results if c.name == entry.caught_by]
        yield f"{entry.name} is diagnosed as {named}: {' '.join(messages)}"


def trivial_answers_fail(trial: Trial) -> Iterator[str]:
    """Zeros, ones, a constant, NaN, a copied input and a broadcastable shape are rejected."""
    for name, accepted in trivial_verdicts(trial):
        if accepted:
            yield f"the trivial answer “{name}” is accepted"


def trivial_verdicts(trial: Trial) -> Iterator[tuple[str, bool]]:
    """Each trivial answer's name, and whether it is accepted."""
    for one in battery(trial.library.text("solution"), trial.library.interface):
        accepted = trial.passes(one.source)
        if accepted and one.unless is not None and trial.passes(one.unless):
            continue
        yield one.name, accepted


def required(library: Library, name: str) -> set[str]:
    """A check's name, with those of all checks that must pass before it."""
    checks = {check.name: check for check in library.checks}
    found, todo = set(), [name]
    while todo:
        found.add(one := todo.pop())
        todo.extend(checks[one].requires)
    return found


def seeds_agree(trial: Trial) -> Iterator[str]:
    """Verdicts are the same over several seeds."""
    solution = trial.library.text("solution")
    for seed in range(1, SEEDS):
        result = trial.grade(solution, seed=seed, explain=False)
        if result.status is not Status.PASSED:
            yield f"with seed {seed} the reference is rejected: {_why(result)}"
        for entry in trial.library.misconceptions:
            only = required(trial.library, entry.caught_by)
            source = trial.library.source(entry)
            result = trial.grade(source, seed=seed, explain=False, only=only)
            failed = [check.name for check in result.checks if check.status is Status.FAILED]
            if entry.caught_by not in failed:
                yield f"with seed {seed} {entry.name} gets past {entry.caught_by}"
        for variant in trial.library.variants:
            source = trial.library.source(variant)
            result = trial.grade(source, seed=seed, backend=variant.backend, explain=False)
            if result.status is not Status.PASSED:
                yield f"with seed {seed} the variant {variant.name} is rejected: {_why(result)}"


def grade_time(trial: Trial) -> Iterator[str]:
    """A verdict on the reference stays inside its time budget, cold and warm."""
    cold, warm = measure(trial)
    if warm > WARM_SECONDS:
        yield f"a warm verdict takes {warm:.2f} s; the budget is {WARM_SECONDS} s"
    if cold > COLD_SECONDS:
        yield f"a cold verdict takes {cold:.2f} s; the budget is {COLD_SECONDS} s"


def measure(trial: Trial, runs: int = 5) -> tuple[float, float]:
    """Seconds of a verdict in a real runner: without a tape, and the median of several with one.

    What is judged is the solution as a student would write it (`as_handed_in`), or as it stands
    where that does not pass. Where the backend is torch, a zygote has loaded it before, as it has
    for a class: the import alone takes 1.3 s or more, whatever the exercise is.
    """
    solution = trial.library.text("solution")
    times = _durations(trial, as_handed_in(solution), runs)
    if len(times) <= runs:
        times = _durations(trial, solution, runs)
    return times[0], statistics.median(times[1:] or times)


def _durations(trial: Trial, source: str, runs: int) -> list[float]:
    """Seconds of a cold verdict and of warm ones; it ends with a verdict that is not passed."""
    import tempfile

    times: list[float] = []
    with tempfile.TemporaryDirectory() as folder, RunnerPool() as pool:
        options = Options(cache=Path(folder))
        if trial.library.exercise.backend == "torch":
            first = pool.start("torch", "cpu", options.call_seconds)
            first.wait_ready()
            first.close()
            options = replace(options, runner=pool.start)
        status = Status.PASSED
        while status is Status.PASSED and len(times) <= runs:
            result = grade(trial.library.exercise, source.encode(), options)
            status = result.status
            times.append(result.duration_s)
    return times


#: What a NumPy file has in place of `array_api_compat`, whose import costs 80 ms by itself.
NUMPY_ALONE = """import numpy
def array_namespace(*arrays): return numpy
def device(array): return "cpu"
"""


def as_handed_in(solution: str) -> str:
    """The solution as a NumPy file: only the reference has to run on several array libraries."""
    return re.sub(r"^from array_api_compat import .*\n", NUMPY_ALONE, solution, flags=re.MULTILINE)


def _on_library(check: Callable[[Library], Iterator[str]]) -> Law:
    def law(trial: Trial) -> Iterator[str]:
        return check(trial.library)

    law.__doc__ = check.__doc__
    law.__name__ = check.__name__
    return law


#: In the order in which an author wants to hear of them.
LAWS: tuple[Law, ...] = (
    *map(
        _on_library,
        (
            texts.files,
            texts.readme,
            texts.hint_texts,
            texts.stub,
            texts.points,
            texts.library_texts,
        ),
    ),
    untouched_stub,
    reference_passes,
    gradients_agree,
    variants_pass,
    misconceptions_fail,
    trivial_answers_fail,
    seeds_agree,
)
#: Measured by `grade dev check` alone: the test suite asserts no wall-clock time.
TIMED: tuple[Law, ...] = (grade_time,)


def _why(result: Result) -> str:
    wrong = [f"{c.name}: {c.message}" for c in result.checks if c.status is not Status.PASSED]
    return result.message or "; ".join(wrong[:2])
