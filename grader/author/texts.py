"""The part of the completeness law that concerns files and texts."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.hints import hints
from grader.judge.grade import POINTS
from grader.judge.interface import declared, signature_text
from grader.judge.library import Library

PRIVATE = {"solution.py", "spec.py", "misconceptions.py", "variants.py"}
SECTIONS = (
    "What you build",
    "Formulas",
    "Conventions",
    "Worked example",
    "Sources",
    "Out of scope",
)
WORDS = range(80, 161)
LEVELS = 3
MISCONCEPTIONS = 8
VARIANTS = 3


def files(library: Library) -> Iterator[str]:
    """Both folders hold exactly their files."""
    exercise = library.exercise
    for folder, wanted in (
        (exercise.public, {"README.md", "hints.md", exercise.stub.name}),
        (exercise.private, PRIVATE),
    ):
        found = (
            {p.name for p in folder.iterdir() if p.name != "__pycache__"}
            if folder.is_dir()
            else set()
        )
        yield from (f"{folder.name}/{name} is missing" for name in sorted(wanted - found))
        yield from (f"{folder.name}/{name} does not belong here" for name in sorted(found - wanted))


def readme(library: Library) -> Iterator[str]:
    """The README has its title, its sections and a worked example."""
    text = (library.exercise.public / "README.md").read_text(encoding="utf-8")
    if library.exercise.stated_title is None:
        yield "README.md's first line must be `# NN · Title`"
    for section in SECTIONS:
        if f"\n## {section}\n" not in text:
            yield f"README.md has no section “{section}”"
    if ">>> " not in text:
        yield "README.md's worked example is not a doctest"
    if "TODO" in text:
        yield "README.md still has a TODO"


def hint_texts(library: Library) -> Iterator[str]:
    """Every task has three or more hints of 80 to 160 words."""
    found = hints(library.exercise)
    for task in library.interface.callables:
        levels = found.get(task, [])
        if len(levels) < LEVELS:
            yield f"hints.md: {task} has {len(levels)} levels, {LEVELS} are needed"
    for task, levels in found.items():
        if task not in library.interface.callables:
            yield f"hints.md: {task} is not a name of the stub"
        for heading, text in levels:
            count = len(text.split())
            if count not in WORDS:
                yield f"hints.md: {task}, {heading}: {count} words, 80 to 160 are asked for"


def stub(library: Library) -> Iterator[str]:
    """The stub declares what the solution defines, with docstrings and nothing written."""
    solution = declared(ast.parse(library.text("solution")))
    for name, parameters in library.interface.callables.items():
        if solution.callables.get(name) != parameters:
            wanted = signature_text(name, parameters)
            yield f"stub and solution differ in the signature of {wanted}"
    for name, methods in library.interface.methods.items():
        if solution.methods.get(name) != methods:
            yield f"stub and solution differ in the methods of {name}"
    for node in ast.walk(library.stub):
        if isinstance(node, ast.FunctionDef):
            if not isinstance(node.body[-1], ast.Raise):
                yield f"the stub's {node.name} does not end in raise NotImplementedError"
            if ast.get_docstring(node) is None:
                yield f"the stub's {node.name} has no docstring"


def points(library: Library) -> Iterator[str]:
    """Points add up to 10 and tasks are names of the stub."""
    total = sum(check.points for check in library.checks)
    if total != POINTS:
        yield f"the checks' points add up to {total}, not {POINTS}"
    for check in library.checks:
        if check.task not in library.interface.callables:
            yield f"check {check.name!r}: the task {check.task!r} is not a name of the stub"


def library_texts(library: Library) -> Iterator[str]:
    """Enough misconceptions and variants, with explanations of 80 to 160 words."""
    reason = getattr(library.spec, "FEWER_MISCONCEPTIONS", "")
    if len(library.misconceptions) < MISCONCEPTIONS and not reason:
        yield (
            f"misconceptions: {len(library.misconceptions)} of {MISCONCEPTIONS}; with fewer, "
            "spec.py must give the reason as FEWER_MISCONCEPTIONS"
        )
    if len(library.variants) < VARIANTS:
        yield f"variants: {len(library.variants)} of {VARIANTS}"
    names = {check.name for check in library.checks}
    declared_by = {entry.caught_by for entry in library.misconceptions}
    for entry in library.misconceptions:
        count = len(entry.explanation.split())
        if count not in WORDS:
            yield f"{entry.name}: explanation of {count} words, 80 to 160 are asked for"
        if entry.caught_by not in names:
            yield f"{entry.name}: there is no check {entry.caught_by!r}"
        if not entry.source.strip():
            yield f"{entry.name}: no source"
    for name in sorted(names - declared_by):
        yield f"check {name!r} is not the declared check of any misconception"
