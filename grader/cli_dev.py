"""`grade dev …`: the commands of authors."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from grader.cli_verdict import FAULT, NOT_PASSED, stop


def register(group: click.Group) -> None:
    """Add the commands to `grade dev`."""
    for command in (new, check, mutants, report, compose):
        group.add_command(command)


@click.command()
@click.argument("number", type=click.IntRange(1, 999))
@click.argument("slug")
def new(number: int, slug: str) -> None:
    """Write the two folders of a new exercise."""
    from grader.author.new import Taken, create
    from grader.catalog import ROOT

    try:
        written = create(ROOT, number, slug)
    except Taken as taken:
        stop(str(taken))
    for path in written:
        click.echo(f"  {path.relative_to(ROOT)}")
    click.echo(f"Fill in every TODO, then run: grade dev check {number}")


@click.command()
@click.argument("exercises", nargs=-1)
@click.option("--no-time", is_flag=True, help="Leave out the time budget.")
def check(exercises: tuple[str, ...], no_time: bool) -> None:
    """Prove exercises: the completeness law."""
    import tempfile

    from grader.author.law import LAWS, TIMED, Trial
    from grader.judge.library import Library
    from grader.spec.domain import SpecError

    broken = 0
    for exercise in _chosen(exercises):
        click.echo(click.style(f"{exercise.id} {exercise.slug}", bold=True))
        with tempfile.TemporaryDirectory() as cache:
            trial = Trial(Library(exercise), Path(cache))
            faults: set[str] = set()
            for law in (*LAWS, *(() if no_time else TIMED)):
                try:
                    found = list(law(trial))
                except SpecError as error:
                    found = ["could not be run: see above" if str(error) in faults else str(error)]
                    faults.add(str(error))
                except Exception as error:
                    found = [f"{type(error).__name__}: {error}"]
                broken += len(found)
                statement = (law.__doc__ or law.__name__).partition("\n")[0]
                mark = click.style("✗", fg="red") if found else click.style("✓", fg="green")
                click.echo(f"  {mark} {statement}")
                for problem in found:
                    click.echo(f"      {problem}")
    if broken:
        click.echo(f"{broken} broken")
        sys.exit(1)


@click.command()
@click.argument("exercises", nargs=-1)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def mutants(exercises: tuple[str, ...], form: str) -> None:
    """Mutate reference solutions; list the mutants that are accepted."""
    import json
    import tempfile

    from grader.author.mutants import NoMutationLibrary
    from grader.author.survivors import Triage, triage
    from grader.judge.library import Library
    from grader.judge.runner_process import CannotRun
    from grader.spec.domain import SpecError

    found: list[Triage] = []
    with tempfile.TemporaryDirectory() as cache:
        for exercise in _chosen(exercises):
            try:
                found.append(triage(Library(exercise), Path(cache)))
            except NoMutationLibrary as missing:
                stop(str(missing))
            except (SpecError, CannotRun) as error:
                stop(f"{exercise.id}: {error}", FAULT)
            if form == "text":
                for line in found[-1].lines():
                    click.echo(line)
    if form == "json":
        click.echo(json.dumps([entry.as_json() for entry in found], indent=2, ensure_ascii=False))
    if not all(entry.settled for entry in found):
        sys.exit(NOT_PASSED)


@click.command()
@click.argument("exercises", nargs=-1)
@click.option("--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write to a file.",
)
@click.option(
    "--update",
    type=click.Path(exists=True, dir_okay=False, writable=True, path_type=Path),
    help="Replace these exercises' rows in a JSON file.",
)
@click.option("--no-mutants", is_flag=True, help="Leave out automatic mutants.")
@click.option(
    "--reruns",
    type=click.IntRange(0),
    default=200,
    show_default=True,
    help="Verdicts to repeat for each exercise.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Exercises to measure at a time.",
)
def report(
    exercises: tuple[str, ...],
    form: str,
    output: Path | None,
    update: Path | None,
    no_mutants: bool,
    reruns: int,
    jobs: int,
) -> None:
    """Measure exercises: wrong verdicts, named causes, redundancy, stability."""
    from grader.author import report as tables
    from grader.author.measure import rows
    from grader.author.mutants import NoMutationLibrary
    from grader.author.stability import RerunFailed
    from grader.judge.runner_process import CannotRun
    from grader.spec.domain import SpecError

    chosen = _chosen(exercises)
    try:
        found = rows(chosen, with_mutants=not no_mutants, reruns=reruns, jobs=jobs)
    except NoMutationLibrary as missing:
        stop(f"{missing}; or leave the mutants out with --no-mutants")
    except (SpecError, CannotRun, RerunFailed) as fault:
        stop(str(fault), FAULT)
    if update is not None:
        try:
            every = tables.updated(update.read_text(encoding="utf-8"), found)
        except ValueError as error:
            stop(f"{update}: {error}")
        update.write_text(tables.as_json(every), encoding="utf-8")
    renderers = {
        "text": tables.as_text,
        "json": tables.as_json,
        "markdown": tables.as_markdown,
    }
    text = renderers[form](found)
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


@click.command()
@click.argument("exercise")
@click.argument("name")
def compose(exercise: str, name: str) -> None:
    """Print a misconception or variant as a whole submission."""
    from grader.judge.library import Library
    from grader.spec.library import Misconception, Variant

    (found,) = _chosen((exercise,))
    library = Library(found)
    entries: list[Misconception | Variant] = [*library.misconceptions, *library.variants]
    for entry in entries:
        if entry.name == name:
            click.echo(library.source(entry), nl=False)
            return
    names = ", ".join(entry.name for entry in entries)
    stop(f"{found.id} has no misconception or variant {name!r}. It has: {names}.")


def _chosen(queries: tuple[str, ...]) -> list[Any]:
    from grader.catalog import Catalog, UnknownExercise

    catalog = Catalog()
    try:
        return [catalog.find(query) for query in queries] or list(catalog.exercises)
    except UnknownExercise as unknown:
        stop(str(unknown))
