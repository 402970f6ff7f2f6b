"""The exercises, found from the folders of this distribution. There is no registry."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

#: Where this distribution keeps `exercises/` and `reference/`; never the current folder.
ROOT = Path(__file__).resolve().parent.parent

FOLDER = re.compile(r"exercise_(\d{2,})_([a-z0-9_]+)")
TITLE = re.compile(r"#\s*\d+\s*[·:.-]\s*(.+)")
BACKEND = re.compile(r"^BACKEND\s*=\s*[\"'](\w+)[\"']", re.MULTILINE)
#: First number of each chapter of the curriculum.
CHAPTERS = (1, 16, 24, 34, 46, 52, 56)


class UnknownExercise(Exception):
    """No exercise goes by this name; `suggestions` holds ids that are close to it."""

    def __init__(self, query: str, suggestions: Iterable[str]) -> None:
        self.query = query
        self.suggestions = tuple(suggestions)
        hint = f" Did you mean {' or '.join(self.suggestions)}?" if self.suggestions else ""
        super().__init__(f"There is no exercise {query!r}.{hint} `grade list` shows them all.")


@dataclass(frozen=True)
class Exercise:
    """One exercise: a public folder and, beside the judge, a private one of the same name."""

    number: int
    slug: str
    public: Path
    private: Path

    @property
    def id(self) -> str:
        """`exercise-07`."""
        return f"exercise-{self.number:02d}"

    @property
    def folder(self) -> str:
        """`exercise_07_backprop`."""
        return self.public.name

    @property
    def stub(self) -> Path:
        """The file a student edits."""
        return self.public / f"{self.slug}.py"

    @property
    def chapter(self) -> int:
        """The curriculum's chapter, 1 to 7."""
        return sum(self.number >= first for first in CHAPTERS)

    @cached_property
    def stated_title(self) -> str | None:
        """From the README's first line, `# 07 · Backpropagation`; None if it has another form."""
        first = (self.public / "README.md").read_text(encoding="utf-8").partition("\n")[0]
        found = TITLE.fullmatch(first.strip())
        return found[1] if found else None

    @property
    def title(self) -> str:
        """The stated title, or the slug."""
        return self.stated_title or self.slug

    @cached_property
    def backend(self) -> str:
        """The array library of the stub: numpy, torch or python."""
        found = BACKEND.search(self.stub.read_text(encoding="utf-8"))
        return found[1] if found else "python"


class Catalog:
    """All exercises below a root, by number."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        self.exercises = tuple(self._scan())

    def _scan(self) -> list[Exercise]:
        public, private = self.root / "exercises", self.root / "reference"
        if not public.is_dir():
            return []
        matches = ((FOLDER.fullmatch(folder.name), folder) for folder in public.iterdir())
        return sorted(
            (
                Exercise(int(match[1]), match[2], folder, private / folder.name)
                for match, folder in matches
                if match and folder.is_dir()
            ),
            key=lambda exercise: exercise.number,
        )

    def find(self, query: str) -> Exercise:
        """Return the exercise meant by an id, a number, a slug, a folder or a file path.

        Raises:
            UnknownExercise: none; it carries near misses.
        """
        wanted = _normalised(query)
        for exercise in self.exercises:
            if wanted in (exercise.id, exercise.slug, exercise.folder, str(exercise.number)):
                return exercise
        raise UnknownExercise(query, self._near(wanted))

    def _near(self, wanted: str) -> list[str]:
        from rapidfuzz import fuzz, process

        digits = re.search(r"\d{1,4}(?!\d)", wanted)
        meant = [e.id for e in self.exercises if digits and e.number == int(digits[0])]
        names = [
            (name, exercise.id)
            for exercise in self.exercises
            for name in (exercise.id, exercise.slug, *exercise.slug.split("_"))
        ]
        texts = [name for name, _ in names]
        found = process.extract(wanted, texts, scorer=fuzz.ratio, limit=6, score_cutoff=65)
        return list(dict.fromkeys(meant or [names[index][1] for _, _, index in found]))[:2]


def _normalised(query: str) -> str:
    text = query.strip().rstrip("/").lower()
    if text.endswith(".py") or "/" in text or "\\" in text:
        path = Path(text)
        parent = path.parent.name if path.suffix == ".py" else path.name
        text = parent if FOLDER.fullmatch(parent) else path.stem
    number = re.fullmatch(r"(?:exercise[-_ ]?)?0*(\d{1,4})", text)
    return number[1] if number else text
