"""The commands around a workspace: what is there, hints, the solution, a fresh start."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from grader.cli_verdict import (
    FAULT,
    NOT_PASSED,
    PASSED,
    find_exercise,
    find_workspace,
    grade_files,
    shown_path,
    stop,
)


def register(group: click.Group) -> None:
    """Add the commands to `grade`."""
    for command in (progress, list_exercises, init, hint, solution, reset, doctor):
        group.add_command(command)


@click.command(hidden=True)
def progress() -> None:
    """Show what is started and what comes next."""
    from grader.catalog import Catalog

    workspace = find_workspace(None)
    following = None
    for exercise in Catalog().exercises:
        started = workspace.started(exercise)
        following = following or (None if started else exercise)
        click.echo(f"  {'●' if started else '○'} {exercise.id}  {exercise.title}")
    click.echo()
    if following is not None:
        click.echo(f"Next: {following.id}. Open {shown_path(workspace.file(following))}")
    click.echo("`grade all` grades everything that you have started.")


@click.command("list")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def list_exercises(form: str) -> None:
    """Show all exercises."""
    from grader.catalog import Catalog
    from grader.judge.grade import POINTS
    from grader.workspace import WorkspaceError, find

    try:
        workspace = find(Path.cwd())
    except WorkspaceError:
        workspace = None
    rows = []
    for exercise in Catalog().exercises:
        started = workspace is not None and workspace.started(exercise)
        rows.append(
            {
                "id": exercise.id,
                "number": exercise.number,
                "slug": exercise.slug,
                "title": exercise.title,
                "chapter": exercise.chapter,
                "backend": exercise.backend,
                "max_score": POINTS,
                "status": "started" if started else "not_attempted",
            }
        )
    if form == "json":
        import json

        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        mark = "●" if row["status"] == "started" else "○"
        click.echo(f"  {mark} {row['id']}  {row['title']:<44} chapter {row['chapter']}")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Make a folder with a copy of every exercise."""
    from grader.catalog import Catalog
    from grader.workspace import WorkspaceError
    from grader.workspace import init as make

    try:
        workspace = make(folder, Catalog())
    except WorkspaceError as error:
        stop(str(error))
    click.echo(f"Made {workspace.path}. Now: cd {workspace.path} && grade")


@click.command()
@click.argument("exercise")
@click.argument("task", required=False)
@click.option("--level", type=click.IntRange(1), default=1, help="1 is a question; each says more.")
def hint(exercise: str, task: str | None, level: int) -> None:
    """Read a hint for a task of an exercise."""
    from grader.hints import MissingHint, read

    found = find_exercise(exercise)
    try:
        text = read(found, task, level)
    except MissingHint as missing:
        stop(str(missing))
    click.echo(text)


@click.command()
@click.argument("exercise")
@click.option("--force", is_flag=True, help="Show it before you have passed.")
def solution(exercise: str, force: bool) -> None:
    """Read the reference solution, after your own has passed."""
    from grader.result import Status

    found = find_exercise(exercise)
    if not force:
        options = {"seed": None, "explore": False, "backend": None, "device": "cpu", "timeout": 5.0}
        file = find_workspace(None).file(found)
        (result,) = grade_files([(found, file)], **options)
        if result.status is not Status.PASSED:
            stop(
                f"{found.id} has not passed yet; `grade hint {found.number:02d}` helps further "
                "than reading the answer. --force shows it anyway.",
                NOT_PASSED,
            )
    click.echo((found.private / "solution.py").read_text(encoding="utf-8"), nl=False)


@click.command()
@click.argument("exercise")
def reset(exercise: str) -> None:
    """Put the stub back; your file is kept as a backup."""
    from grader.workspace import WorkspaceError
    from grader.workspace import reset as put_back

    found = find_exercise(exercise)
    try:
        backup = put_back(find_workspace(None), found)
    except WorkspaceError as error:
        stop(str(error))
    kept = f" Your file is kept as {shown_path(backup)}." if backup else ""
    click.echo(f"{found.id} is the stub again.{kept}")


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def doctor(form: str) -> None:
    """Show what is installed and which guarantees are enforced."""
    from grader.doctor import as_text, examine

    findings = examine()
    if form == "json":
        import json

        click.echo(json.dumps(findings.as_json(), indent=2))
    else:
        click.echo(as_text(findings), nl=False)
    sys.exit(FAULT if findings.problem else PASSED)
