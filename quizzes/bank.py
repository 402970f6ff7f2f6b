"""Reads banks: YAML files, with file and line in every complaint.

`ruamel.yaml` refuses double keys and knows the line of each; it reads `1e-4` as a number and `no`
as a word, as YAML 1.2 has it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError

from grader.cache import cache_folder
from quizzes.question import AnyQuestion, Bank

BANKS = Path(__file__).parent / "banks"


class BankError(Exception):
    """A bank that cannot be used; `lines` holds one `file:line: complaint` for each reason."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(lines))


def load(path: Path) -> Bank:
    """Read one bank.

    A reader that knows lines takes half a second for a bank; what it read is kept in the user's
    cache under the digest of the file, and taken from there as long as the file is the same.

    Raises:
        BankError: it is no YAML, or not what `quizzes.question` describes.
    """
    kept = cache_folder() / "banks" / f"{hashlib.sha256(path.read_bytes()).hexdigest()}.json"
    with contextlib.suppress(OSError, ValueError):
        return Bank.model_validate(json.loads(kept.read_text(encoding="utf-8")))
    bank = _read(path)
    # Without a cache, reading is slow and nothing else.
    with contextlib.suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        temporary = kept.with_suffix(f".{os.getpid()}")
        temporary.write_text(bank.model_dump_json(exclude_unset=True), encoding="utf-8")
        temporary.replace(kept)
    return bank


def _read(path: Path) -> Bank:
    try:
        document = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except (MarkedYAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        said = getattr(error, "problem", None) or str(error)
        raise BankError([f"{path.name}:{line}: {said}"]) from None
    try:
        return Bank.model_validate(_plain(document))
    except ValidationError as error:
        found = error.errors()
        raise BankError(
            [
                f"{path.name}:{_line(document, each['loc'])}: {_where(each['loc'])}{each['msg']}"
                for each in found
                # A list that seems too short, because what is wrong with its members was said.
                if not (each["type"] == "too_short" and _said(each["loc"], found))
            ]
        ) from None


def load_all(folder: Path = BANKS) -> tuple[Bank, ...]:
    """Read all banks of a folder, by name.

    Raises:
        BankError: with the complaints about all of them.
    """
    found: list[Bank] = []
    complaints: list[str] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            found.append(load(path))
        except BankError as error:
            complaints += error.lines
    if complaints:
        raise BankError(complaints)
    return tuple(found)


def questions(banks: Sequence[Bank]) -> Iterator[tuple[Bank, AnyQuestion]]:
    """Every question with its bank, in order."""
    for bank in banks:
        for question in bank.questions:
            yield bank, question


def lines_of(path: Path) -> dict[str, int]:
    """The line on which each question of a bank begins, by id."""
    document = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    entries = document["questions"]
    return {str(entry["id"]): entries.lc.item(i)[0] + 1 for i, entry in enumerate(entries)}


def _plain(value: Any) -> Any:
    """Built-in types only: the reader's own carry comments and positions."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def _line(document: Any, location: tuple[int | str, ...]) -> int:
    """The line of the innermost part of a location that the file has."""
    line, here = 1, document
    for step in location:
        if isinstance(here, CommentedMap) and step in here:
            line, here = here.lc.key(step)[0] + 1, here[step]
        elif isinstance(here, CommentedSeq) and isinstance(step, int) and step < len(here):
            line, here = here.lc.item(step)[0] + 1, here[step]
        # Other steps name a type of question, which is no place in the file.
    return line


def _said(location: tuple[int | str, ...], found: Sequence[Any]) -> bool:
    return any(
        len(each["loc"]) > len(location) and each["loc"][: len(location)] == location
        for each in found
    )


def _where(location: tuple[int | str, ...]) -> str:
    keys = [str(step) for step in location if isinstance(step, str)]
    return f"{keys[-1]}: " if keys else ""
