"""Writes the two folders of a new exercise, with a TODO wherever an author has to write."""

from __future__ import annotations

from pathlib import Path
from string import Template

from grader.catalog import Catalog

TEMPLATES = Path(__file__).with_name("templates")


class Taken(Exception):
    """The number, slug or folder is in use already, or the slug is not a legal name."""


def create(root: Path, number: int, slug: str) -> list[Path]:
    """Write the seven files and return their paths.

    Raises:
        Taken: nothing was written.
    """
    if not slug.isidentifier() or slug != slug.lower() or slug.startswith("_"):
        raise Taken(f"{slug!r} is not a module name: use lower-case words joined by underscores.")
    for exercise in Catalog(root).exercises:
        if number == exercise.number or slug == exercise.slug:
            raise Taken(f"{exercise.folder} has this number or name already.")
    folder = f"exercise_{number:02d}_{slug}"
    places = {
        "README.md": root / "exercises" / folder / "README.md",
        "stub.py": root / "exercises" / folder / f"{slug}.py",
        "hints.md": root / "exercises" / folder / "hints.md",
        **{
            name: root / "reference" / folder / name
            for name in ("solution.py", "spec.py", "misconceptions.py", "variants.py")
        },
    }
    title = slug.replace("_", " ").capitalize()
    for name, path in places.items():
        template = Template((TEMPLATES / f"{name}.txt").read_text(encoding="utf-8"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            template.substitute(number=f"{number:02d}", slug=slug, title=title), encoding="utf-8"
        )
    return list(places.values())
