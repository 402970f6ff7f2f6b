"""The command `grade`. Imports stay light: `grade --help` loads no NumPy, torch or Hypothesis."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

from grader import __version__

PASSED, NOT_PASSED, USAGE, FAULT = 0, 1, 2, 3


class Commands(click.Group):
    """Takes a first argument that is no command as the name of an exercise."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Send `grade 07` to the verdict."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            return "verdict", self.commands["verdict"], args
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verdict as what one types."""
        with formatter.section("Commands"):
            rows = [
                ("EXERCISE" if name == "verdict" else name, command.get_short_help_str(60))
                for name, command in self.commands.items()
                if not command.hidden
            ]
            formatter.write_dl(rows)


def stop(message: str, code: int = USAGE) -> NoReturn:
    """End with one clear line on standard error; names in it may be somebody else's."""
    from grader.report.escape import no_command, one_line

    click.echo(no_command(one_line(message, 2_000)), err=True)
    sys.exit(code)


@click.group(cls=Commands, invoke_without_command=True)
@click.version_option(__version__, prog_name="gradschool")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Grade your deep-learning exercises.

    `grade exercise-07` grades one exercise; `07`, `7`, `backprop` and a file path work too. Without
    arguments: what is done and what comes next. Exit codes: 0 passed, 1 not passed, 2 usage, 3
    grader fault.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(progress)


def _verdict_options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        [
            click.option("--submission", type=click.Path(path_type=Path), help="Grade this file."),
            click.option(
                "--workspace", type=click.Path(path_type=Path), help="Look in this folder."
            ),
            click.option(
                "--format",
                "form",
                type=click.Choice(["text", "json"]),
                default="text",
                help="Text for people, JSON for programs.",
            ),
            click.option("--output", type=click.Path(path_type=Path), help="Write to this file."),
            click.option(
                "--backend", type=click.Choice(["numpy", "torch"]), help="Override BACKEND."
            ),
            click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu"),
            click.option("--seed", type=click.IntRange(0), help="Draw other inputs; default 0."),
            click.option("--explore", is_flag=True, help="Draw inputs from a random seed."),
            click.option(
                "--timeout",
                type=click.FloatRange(0.1, 600),
                default=5.0,
                show_default=True,
                help="Seconds that one call may take.",
            ),
        ]
    ):
        function = option(function)
    return function


@main.command()
@click.argument("exercise")
@_verdict_options
def verdict(exercise: str, submission: Path | None, **options: Any) -> None:
    """Grade one exercise (or `all` that you have started)."""
    if exercise == "all":
        if submission is not None:
            stop("--submission goes with one exercise, not with `all`.")
        _grade_all(**options)
        return
    found = _find(exercise)
    file = submission or _given_file(exercise) or _workspace(options["workspace"]).file(found)
    result = _grade(found, file, **options)
    _deliver([result], options["form"], options["output"], many=False)


@main.command("all")
@_verdict_options
def grade_all(submission: Path | None, **options: Any) -> None:
    """Grade every exercise that you have started."""
    if submission is not None:
        stop("--submission goes with one exercise, not with `all`.")
    _grade_all(**options)


def _grade_all(**options: Any) -> None:
    from grader.catalog import Catalog
    from grader.workspace import digest

    workspace = _workspace(options["workspace"])
    results = []
    for exercise in Catalog().exercises:
        file = workspace.file(exercise)
        if file.is_file() and digest(file) != digest(exercise.stub):
            results.append(_grade(exercise, file, **options))
    if not results:
        stop("Nothing is started yet. `grade` shows where to begin.", NOT_PASSED)
    _deliver(results, options["form"], options["output"], many=True)


def _find(query: str) -> Any:
    from grader.catalog import Catalog, UnknownExercise

    try:
        return Catalog().find(query)
    except UnknownExercise as unknown:
        stop(str(unknown))


def _given_file(query: str) -> Path | None:
    return Path(query) if query.endswith(".py") else None


def _workspace(chosen: Path | None) -> Any:
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


def _grade(exercise: Any, file: Path, **options: Any) -> Any:
    from grader.judge.launch import RunnerPool
    from grader.judge.submission import Unreadable, read

    try:
        source = read(file)
    except Unreadable as unreadable:
        stop(str(unreadable))
    with RunnerPool() as pool:
        # A guess, so that the runner's libraries load while the judge loads its own.
        likely = "torch" if b'BACKEND = "torch"' in source else exercise.backend
        if source != exercise.stub.read_bytes():
            pool.warm(options["backend"] or likely, options["device"])
        return _judged(exercise, file, source, pool, options)


def _judged(exercise: Any, file: Path, source: bytes, pool: Any, options: dict[str, Any]) -> Any:
    from dataclasses import replace

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
        return replace(grade(exercise, source, chosen, _shown(file)), file=_shown(file))
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
            file=_shown(file),
        )


def _shown(file: Path) -> str:
    relative = os.path.relpath(file)
    return str(file) if relative.startswith("..") else relative


def cache_folder() -> Path:
    """Where tapes are kept; `GRADSCHOOL_CACHE` moves it."""
    import platformdirs

    chosen = os.environ.get("GRADSCHOOL_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("gradschool")


def _deliver(results: list[Any], form: str, output: Path | None, *, many: bool) -> None:
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


@main.command(hidden=True)
def progress() -> None:
    """Show what is started and what comes next."""
    from grader.catalog import Catalog
    from grader.workspace import digest

    workspace = _workspace(None)
    following = None
    for exercise in Catalog().exercises:
        file = workspace.file(exercise)
        started = file.is_file() and digest(file) != digest(exercise.stub)
        following = following or (None if started else exercise)
        click.echo(f"  {'●' if started else '○'} {exercise.id}  {exercise.title}")
    click.echo()
    if following is not None:
        click.echo(f"Next: {following.id}. Open {_shown(workspace.file(following))}")
    click.echo("`grade all` grades everything that you have started.")


@main.command("list")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def list_exercises(form: str) -> None:
    """Show all exercises."""
    from grader.catalog import Catalog
    from grader.judge.grade import POINTS
    from grader.workspace import WorkspaceError, digest, find

    try:
        workspace = find(Path.cwd())
    except WorkspaceError:
        workspace = None
    rows = []
    for exercise in Catalog().exercises:
        file = workspace.file(exercise) if workspace else None
        started = file is not None and file.is_file() and digest(file) != digest(exercise.stub)
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


@main.command()
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


@main.command()
@click.argument("exercise")
@click.argument("task", required=False)
@click.option("--level", type=click.IntRange(1), default=1, help="1 is a question; each says more.")
def hint(exercise: str, task: str | None, level: int) -> None:
    """Read a hint for a task of an exercise."""
    from grader.hints import MissingHint, read

    found = _find(exercise)
    try:
        text = read(found, task, level)
    except MissingHint as missing:
        stop(str(missing))
    click.echo(text)


@main.command()
@click.argument("exercise")
@click.option("--force", is_flag=True, help="Show it before you have passed.")
def solution(exercise: str, force: bool) -> None:
    """Read the reference solution, after your own has passed."""
    from grader.result import Status

    found = _find(exercise)
    if not force:
        options = {"seed": None, "explore": False, "backend": None, "device": "cpu", "timeout": 5.0}
        result = _grade(found, _workspace(None).file(found), **options)
        if result.status is not Status.PASSED:
            stop(
                f"{found.id} has not passed yet; `grade hint {found.number:02d}` helps further "
                "than reading the answer. --force shows it anyway.",
                NOT_PASSED,
            )
    click.echo((found.private / "solution.py").read_text(encoding="utf-8"), nl=False)


@main.command()
@click.argument("exercise")
def reset(exercise: str) -> None:
    """Put the stub back; your file is kept as a backup."""
    from grader.workspace import WorkspaceError
    from grader.workspace import reset as put_back

    found = _find(exercise)
    try:
        backup = put_back(_workspace(None), found)
    except WorkspaceError as error:
        stop(str(error))
    kept = f" Your file is kept as {_shown(backup)}." if backup else ""
    click.echo(f"{found.id} is the stub again.{kept}")


@main.command()
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


@main.group("dev", invoke_without_command=False)
def dev() -> None:
    """Write and prove exercises (for authors)."""


def _register() -> None:
    from grader import cli_dev

    cli_dev.register(dev)


_register()
