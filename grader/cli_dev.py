"""`grade dev …`: the commands of authors."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from grader.cli_verdict import stop


def register(group: click.Group) -> None:
    """Add the commands to `grade dev`."""
    for command in (new, check, report, compose):
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
def report(exercises: tuple[str, ...], form: str) -> None:
    """Table: variants accepted, misconceptions rejected and named, checks, seconds."""
    from grader.author import report as tables

    rows = [tables.row(exercise) for exercise in _chosen(exercises)]
    click.echo(tables.as_json(rows) if form == "json" else tables.as_text(rows), nl=False)


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
