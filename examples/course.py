"""Where the examples take their functions from: the reference or a student's own files."""

from __future__ import annotations

import argparse
from pathlib import Path
from types import ModuleType

from grader.catalog import Catalog
from grader.judge.library import load_file, load_solution


class CodeMissing(SystemExit):
    """A student's folder does not hold the exercise that an example builds on."""


def code_of(exercise: str, folder: Path | None = None) -> ModuleType:
    """The module that implements an exercise.

    Args:
        exercise: its number, such as "19".
        folder: a workspace that `grade init` made; without it the reference solution is taken.

    Raises:
        CodeMissing: the workspace does not hold the exercise.
    """
    if folder is None:
        return load_solution(exercise)
    stub = Catalog().find(exercise).stub
    path = folder / stub.parent.name / stub.name
    if not path.is_file():
        raise CodeMissing(f"{path} does not exist; `grade reset {exercise}` puts it there")
    return load_file(path, f"gradschool.{stub.parent.name}.own")


def parser(description: str) -> argparse.ArgumentParser:
    """The options that every example has."""
    made = argparse.ArgumentParser(
        description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    made.add_argument(
        "--code", type=Path, metavar="FOLDER", help="your workspace: run your functions, not ours"
    )
    made.add_argument(
        "--pictures", type=Path, default=Path("pictures"), help="the folder for the pictures"
    )
    made.add_argument("--seed", type=int, default=0, help="of every random number")
    return made
