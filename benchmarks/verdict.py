"""One verdict, cold and warm, against pytest running the same checks in a fresh process.

The pytest side is what a course without this grader would write: one test per check, inputs drawn
by Hypothesis from the same domains (as many as the tape holds), the submission and the reference
called in the test process, results compared with the same tolerance. It gives no isolation.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from grader.catalog import Catalog, Exercise

TEST_FILE = """
import importlib.util

import pytest
from hypothesis import HealthCheck, given, settings

from grader.catalog import Catalog
from grader.judge.draw import case_strategy
from grader.judge.implementation import Local
from grader.judge.library import Library
from grader.judge.observe import observe
from grader.judge.tape import TapeCase
from grader.judge.verdict import decide

LIBRARY = Library(Catalog().find({exercise!r}))
found = importlib.util.spec_from_file_location("submission", {submission!r})
SUBMISSION = importlib.util.module_from_spec(found)
found.loader.exec_module(SUBMISSION)


def run(check, fields):
    expected = observe(check, Local(LIBRARY.solution), fields)
    case = TapeCase(None, fields, (), expected.observed)
    assert decide(case, observe(check, Local(SUBMISSION), fields)) is None


@pytest.mark.parametrize("check", LIBRARY.checks, ids=lambda check: check.name)
def test_check(check):
    if check.domain is not None:
        quiet = settings(max_examples=check.count, deadline=None, database=None,
                         derandomize=True, suppress_health_check=list(HealthCheck))
        quiet(given(case_strategy(check.domain, dense=True))(lambda drawn: run(check, drawn[1])))()
    for special in check.special:
        run(check, dict(special.build()))
"""


def seconds(command: list[str], folder: Path, cache: Path) -> float:
    """Wall seconds of one command that must succeed."""
    began = time.perf_counter()
    run = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "GRADSCHOOL_CACHE": str(cache)},
    )
    taken = time.perf_counter() - began
    if run.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{run.stdout}{run.stderr}")
    return taken


def measure(exercise: Exercise, runs: int, source: Path) -> dict[str, float]:
    """Median seconds of each way, run in turn."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        submission = folder / f"{exercise.slug}.py"
        shutil.copyfile(source, submission)
        (folder / "test_submission.py").write_text(
            TEST_FILE.format(exercise=exercise.id, submission=str(submission))
        )
        grade = [sys.executable, "-c", "from grader.start import main; main()"]
        grade += [exercise.id, "--submission", str(submission)]
        pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
        ways: dict[str, Callable[[int], float]] = {
            "pytest": lambda turn: seconds([*pytest, "test_submission.py"], folder, folder),
            "cold": lambda turn: seconds(grade, folder, folder / f"cold{turn}"),
            "warm": lambda turn: seconds(grade, folder, folder / "warm"),
        }
        ways["warm"](0)
        ways["pytest"](0)
        taken: dict[str, list[float]] = {way: [] for way in ways}
        for turn in range(1, runs + 1):
            for way, timed in ways.items():
                taken[way].append(timed(turn))
        return {way: statistics.median(values) for way, values in taken.items()}


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("exercises", nargs="*")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--submission", type=Path, help="for one exercise; else the reference")
    arguments = parser.parse_args()
    catalog = Catalog()
    chosen = [catalog.find(query) for query in arguments.exercises] or list(catalog.exercises)
    print("| exercise    | pytest s | cold s | warm s | cold/pytest | warm/pytest |")
    print("|-------------|----------|--------|--------|-------------|-------------|")
    for exercise in chosen:
        source = arguments.submission or exercise.private / "solution.py"
        found = measure(exercise, arguments.runs, source)
        ratios = found["cold"] / found["pytest"], found["warm"] / found["pytest"]
        print(
            f"| {exercise.id} | {found['pytest']:8.2f} | {found['cold']:6.2f} | "
            f"{found['warm']:6.2f} | {ratios[0]:11.2f} | {ratios[1]:11.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
