"""The folder a student works in: made by `grade init`, found upward from the current folder."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from grader import __version__
from grader.catalog import FOLDER, Catalog, Exercise

MARKER = ".gradschool.json"


class WorkspaceError(Exception):
    """The workspace is missing or in the way; the message says what to do."""


@dataclass(frozen=True)
class Workspace:
    """A folder that holds one subfolder per exercise."""

    path: Path

    def file(self, exercise: Exercise) -> Path:
        """Where the student's file of this exercise lies."""
        return self.path / exercise.folder / exercise.stub.name

    def started(self, exercise: Exercise) -> bool:
        """Whether the student's file is there and no longer the stub."""
        file = self.file(exercise)
        return file.is_file() and digest(file) != digest(exercise.stub)


def find(start: Path) -> Workspace:
    """Find the workspace that `start` is in: a folder made by `init`, or a clone of the course.

    Raises:
        WorkspaceError: there is none up to the root.
    """
    for folder in (start, *start.parents):
        if (folder / MARKER).is_file():
            return Workspace(folder)
        exercises = folder / "exercises"
        if (folder / "pyproject.toml").is_file() and _holds_exercises(exercises):
            return Workspace(exercises)
    raise WorkspaceError(
        f"No workspace in {start} or above it. Make one with `grade init my-course`, "
        "or name the file with --submission."
    )


def init(target: Path, catalog: Catalog) -> Workspace:
    """Copy every exercise's public folder into `target`.

    Raises:
        WorkspaceError: `target` exists and is not an empty folder, or cannot be written.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise WorkspaceError(f"{target} is not empty. Choose a new folder, so nothing is lost.")
    try:
        target.mkdir(parents=True, exist_ok=True)
        for exercise in catalog.exercises:
            _copy(exercise.public, target / exercise.folder)
        lock = {
            "version": __version__,
            "stubs": {exercise.id: digest(exercise.stub) for exercise in catalog.exercises},
        }
        (target / MARKER).write_text(json.dumps(lock, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise WorkspaceError(f"Cannot write {target}: {error.strerror}.") from None
    return Workspace(target)


def reset(workspace: Workspace, exercise: Exercise) -> Path | None:
    """Put the stub back; the student's file is kept beside it. Returns where, or None if equal.

    A workspace that is older than the exercise gets its other files as well.
    """
    file = workspace.file(exercise)
    if file.resolve() == exercise.stub.resolve():
        raise WorkspaceError(
            f"{file} is the course's own stub; use `git restore` here, or work in a folder made "
            "by `grade init`."
        )
    if not file.parent.exists():
        _copy(exercise.public, file.parent)
    backup = None
    if file.exists() and digest(file) != digest(exercise.stub):
        backup = _free(file)
        shutil.copy2(file, backup)
    shutil.copyfile(exercise.stub, file)
    return backup


def digest(file: Path) -> str:
    """SHA-256 of a file's bytes."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _free(file: Path) -> Path:
    number = 1
    while (candidate := file.with_name(f"{file.stem}.backup{number}{file.suffix}")).exists():
        number += 1
    return candidate


def _copy(source: Path, target: Path) -> None:
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(source, target, ignore=ignore)


def _holds_exercises(folder: Path) -> bool:
    return folder.is_dir() and any(FOLDER.fullmatch(child.name) for child in folder.iterdir())
