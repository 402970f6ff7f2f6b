"""What the commands share: finding an exercise and a file, grading it, handing over the result."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

PASSED, NOT_PASSED, USAGE, FAULT = 0, 1, 2, 3


def stop(message: str, code: int = USAGE) -> NoReturn:
    """End with one clear line on standard error; names in it may be somebody else's."""
    from grader.report.escape import no_command, one_line

    click.echo(no_command(one_line(message, 2_000)), err=True)
    sys.exit(code)


def find_exercise(query: str) -> Any:
    """The exercise meant; ends the command with suggestions if there is none."""
    from grader.catalog import Catalog, UnknownExercise

    try:
        return Catalog().find(query)
    except UnknownExercise as unknown:
        stop(str(unknown))


def given_file(query: str) -> Path | None:
    """The file, where an exercise was named by one."""
    return Path(query) if query.endswith(".py") else None


def find_workspace(chosen: Path | None) -> Any:
    """The workspace chosen, or the one around the current folder; ends the command without one."""
    from grader.workspace import Workspace, WorkspaceError, find

    if chosen is not None:
        if not chosen.is_dir():
            stop(f"There is no folder {chosen}.")
        inner = chosen / "exercises"
        return Workspace(inner if inner.is_dir() else chosen)
    try:
        return find(Path.cwd())
    except WorkspaceError as error:
        stop(str(error))


def workspace_file(chosen: Path | None, exercise: Any) -> Path:
    """The file to edit; ends the command if an older workspace has no such exercise."""
    file: Path = find_workspace(chosen).file(exercise)
    if not file.exists():
        stop(
            f"There is no {shown_path(file)}. `grade reset {exercise.number:02d}` writes the stub "
            "and its texts there."
        )
    return file


def grade_files(files: Sequence[tuple[Any, Path]], **options: Any) -> list[Any]:
    """Grade files of exercises, all with one pool; ends the command if one cannot be read."""
    from grader.judge.launch import take_pool
    from grader.judge.submission import accepted_backends

    asked, found = options["backend"], []
    with take_pool() as pool:
        for exercise, file in files:
            accepted = accepted_backends(exercise.backend)
            fits = asked in (None, *accepted)
            if not fits and len(files) == 1:
                stop(f"{exercise.id} is graded with {' or '.join(accepted)} only.")
            backend = asked if fits else None
            found.append(_grade_file(exercise, file, pool, {**options, "backend": backend}))
    return found


def _grade_file(exercise: Any, file: Path, pool: Any, options: dict[str, Any]) -> Any:
    from grader.judge.submission import Unreadable, read

    try:
        source = read(file)
    except Unreadable as unreadable:
        stop(str(unreadable))
    # A guess, so that the runner's libraries load while the judge loads its own.
    likely = "torch" if b'BACKEND = "torch"' in source else exercise.backend
    if source != exercise.stub.read_bytes():
        pool.warm(options["backend"] or likely, options["device"])
    return _judged(exercise, file, source, pool, options)


def _judged(exercise: Any, file: Path, source: bytes, pool: Any, options: dict[str, Any]) -> Any:
    from dataclasses import replace

    from grader.cache import cache_folder
    from grader.judge import isolation
    from grader.judge.grade import DEFAULT_SEED, POINTS, Options, grade
    from grader.result import Result, Status
    from grader.spec.domain import SpecError

    seed = options["seed"]
    if options["explore"]:
        seed = secrets.randbelow(2**31)
    chosen = Options(
        seed=DEFAULT_SEED if seed is None else seed,
        backend=options["backend"],
        device=options["device"],
        call_seconds=options["timeout"],
        cache=cache_folder(),
        runner=pool.start,
    )
    try:
        return replace(grade(exercise, source, chosen, shown_path(file)), file=shown_path(file))
    except SpecError as fault:
        message = f"Grader fault in {exercise.id}, not in your code: {fault}"
        return Result(
            exercise=exercise.id,
            title=exercise.title,
            status=Status.ERROR,
            score=0,
            max_score=POINTS,
            checks=(),
            message=message,
            isolation=isolation.record((), ()),
            seed=chosen.seed,
            file=shown_path(file),
        )


def shown_path(file: Path) -> str:
    """A path as a person would type it from here."""
    relative = os.path.relpath(file)
    return str(file) if relative.startswith("..") else relative


def deliver(results: list[Any], form: str, output: Path | None, *, many: bool) -> None:
    """Print or write results and end the command with the exit code they call for."""
    from grader.result import Status

    if form == "json":
        from grader.report import as_json

        text = as_json.render_all(results) if many else as_json.render(results[0])
    else:
        from grader.report import text as as_text

        text = "\n".join(as_text.render(result) for result in results)
    if output is None:
        click.echo(text, nl=False, color=None if "NO_COLOR" not in os.environ else False)
    else:
        try:
            output.write_text(click.unstyle(text), encoding="utf-8")
        except OSError as error:
            stop(f"Cannot write {output}: {error.strerror}.")
    statuses = {result.status for result in results}
    if Status.ERROR in statuses:
        sys.exit(FAULT)
    sys.exit(PASSED if statuses == {Status.PASSED} else NOT_PASSED)
