"""Writes the pages that are made from the code: `cli.md`, `exercises.md` and `evidence.md`.

`python docs/generate.py` writes them; `python docs/generate.py --check` writes nothing, names every
page that is out of date and exits with 1 if there is one.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click

import grader.cli
import quizzes.cli
from grader.author import report
from grader.catalog import Catalog, Exercise
from grader.judge.library import Library

FOLDER = Path(__file__).resolve().parent
#: Measured by `grade dev report`; kept in the repository, since measuring takes many minutes.
EVIDENCE = Catalog().root / "docs" / "evidence.json"
WIDTH = 80
NOTE = "<!-- Made by `python docs/generate.py`. Change the code, not this page. -->"
#: What one types where it is not the command's own name.
HEADINGS = {"grade verdict": "grade EXERCISE"}
COLUMNS = (
    "id",
    "title",
    "chapter",
    "functions",
    "points",
    "checks",
    "misconceptions",
    "variants",
)


def cli_page() -> str:
    """Every command with its help."""
    parts = [
        "# Commands",
        NOTE,
        "`grade` grades exercises, `quiz` asks questions. `grade EXERCISE` is short for\n"
        "`grade verdict EXERCISE`; `grade` alone shows what is started and what comes next.",
    ]
    for name, command in (("grade", grader.cli.main), ("quiz", quizzes.cli.main)):
        parts += [f"## {name}", *_helps(command, click.Context(command, info_name=name))]
    return "\n\n".join(parts) + "\n"


def _helps(command: click.Command, context: click.Context) -> Iterator[str]:
    """The help of a command, then those of its subcommands under headings of their own."""
    context.terminal_width = context.max_content_width = WIDTH
    yield f"```text\n{click.unstyle(command.get_help(context)).rstrip()}\n```"
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            if not inner.hidden:
                child = click.Context(inner, info_name=name, parent=context)
                yield f"## {HEADINGS.get(child.command_path, child.command_path)}"
                yield from _helps(inner, child)


def exercises_page() -> str:
    """One row per exercise, with what its two folders hold."""
    exercises = Catalog().exercises
    lines = [
        "# Exercises",
        "",
        NOTE,
        "",
        f"{len(exercises)} exercises. The last three columns count what proves each of them:",
        "its checks, the named wrong implementations that they reject, and the correct ones in",
        "other styles that they accept ([authoring.md](authoring.md)).",
        "",
        _row(COLUMNS),
        _row(["---"] * len(COLUMNS)),
        *(_row(_cells(exercise)) for exercise in exercises),
    ]
    return "\n".join(lines) + "\n"


ABOUT_EVIDENCE = """\
Measured by `grade dev report` and kept in [`evidence.json`](evidence.json). The test suite measures
again what it says of every exercise, but for the seconds, and repeats a few of the verdicts. To
renew it after a change: `grade dev report ID --update docs/evidence.json`, then
`python docs/generate.py`.

What is counted:

- **Correct variants**: implementations in other styles (loops, einsum, float32, torch, another
  cache). One that is rejected is a false rejection.
- **Misconceptions**: the named wrong implementations, collected from real mistakes. **Trivial
  answers**: in an exercise for NumPy, every function in turn returns zeros, ones, a constant, NaN,
  a copied input, or its result in a shape that would broadcast. One that is accepted is a false
  acceptance.
- **Mutants**: small mechanical edits of the reference solution, made by Cosmic Ray and mutmut
  ([how to read them](authoring.md#mutants)). Some change nothing that a README promises; their
  author says so, with the reason, in `EQUIVALENT_MUTANTS`. Accepted mutants that nobody has
  accounted for would be gaps in the checks.
- **Precision** of the diagnosis: of all misconceptions' names given to rejected submissions
  (misconceptions, mutants, and variants if one is rejected), the share that is right. For a
  misconception that is its own name. For a mutant a name is right if the mutant answers as that
  misconception does on the tapes of three other seeds as well, in every check for which it was
  named; special cases are the same on every tape. A name given to a variant is wrong.
- **Coverage** of the diagnosis: of the rejected mutants that returned something to compare (a
  wrong number in the right form, in a check that failed), the share that was given a cause: a
  misconception's name, or a pattern in the numbers. Where a mutant raises an exception or returns
  a wrong shape, that is its cause, and it is not counted.
- **Checks that fail on a misconception**, on average: how much the checks back each other up. A
  check that is skipped because another failed is not counted. A misconception **caught by one
  check only** would be accepted if that check were lost.
- **Verdicts changed**: the reference, the variants and the misconceptions judged again on other
  seeds, in processes with 1 and 2 threads and different hash seeds, a fifth of them in confined
  runners. A verdict has changed if the reference or a variant does not pass, or a misconception
  does not fail the check that it declares.
- **Seconds**: the median of warm verdicts on the reference, written for NumPy alone as a student's
  file is where that is possible, on the machine that measured; several exercises at a time make it
  larger.
"""


def evidence_page() -> str:
    """What was measured about the verdicts, with how it is counted."""
    rows = json.loads(EVIDENCE.read_text(encoding="utf-8"))["exercises"]
    return "\n".join(["# Evidence", "", NOTE, "", ABOUT_EVIDENCE, report.as_markdown(rows)])


def _cells(exercise: Exercise) -> list[str]:
    library = Library(exercise)
    link = f"[{exercise.id}](../exercises/{exercise.folder}/README.md)"
    functions = ", ".join(f"`{name}`" for name in library.interface.callables)
    counts = (
        sum(check.points for check in library.checks),
        len(library.checks),
        len(library.misconceptions),
        len(library.variants),
    )
    return [link, exercise.title, str(exercise.chapter), functions, *map(str, counts)]


def _row(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": cli_page,
    "exercises.md": exercises_page,
    "evidence.md": evidence_page,
}


def stale(folder: Path = FOLDER) -> list[str]:
    """The names of the pages in `folder` that are missing or differ from what would be written."""
    return [name for name, page in PAGES.items() if _read(folder / name) != page()]


def write(folder: Path = FOLDER) -> None:
    """Write every page."""
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


def _read(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.is_file() else None


def main() -> None:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(description="Write the pages that are made from the code.")
    parser.add_argument("--check", action="store_true", help="only say which pages are stale")
    if not parser.parse_args().check:
        write()
        return
    names = stale()
    if names:
        sys.exit(f"Out of date: {', '.join(names)}. Run `python docs/generate.py`.")


if __name__ == "__main__":
    main()
