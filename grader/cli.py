"""The command `grade`. Imports stay light: `grade --help` loads no NumPy, torch or Hypothesis."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from grader import __version__
from grader.cli_verdict import (
    NOT_PASSED,
    deliver,
    find_exercise,
    find_workspace,
    given_file,
    grade_files,
    stop,
    workspace_file,
)


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
        ctx.invoke(main.commands["progress"])


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
    """Grade one exercise."""
    found = find_exercise(exercise)
    file = submission or given_file(exercise) or workspace_file(options["workspace"], found)
    deliver(grade_files([(found, file)], **options), options["form"], options["output"], many=False)


@main.command("all")
@_verdict_options
def grade_all(submission: Path | None, **options: Any) -> None:
    """Grade every exercise that you have started."""
    if submission is not None:
        stop("--submission goes with one exercise, not with `all`.")
    from grader.catalog import Catalog

    workspace = find_workspace(options["workspace"])
    started = [e for e in Catalog().exercises if workspace.started(e)]
    if not started:
        stop("Nothing is started yet. `grade` shows where to begin.", NOT_PASSED)
    results = grade_files([(e, workspace.file(e)) for e in started], **options)
    deliver(results, options["form"], options["output"], many=True)


@click.group("dev")
def dev() -> None:
    """Write and prove exercises (for authors)."""


def _register() -> None:
    from grader import cli_dev, cli_workspace

    cli_workspace.register(main)
    cli_dev.register(dev)
    main.add_command(dev)


_register()
