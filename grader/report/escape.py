"""Makes text that may come from a submission harmless to a terminal, a log or a CI service."""

from __future__ import annotations

import re
import unicodedata

import click

BIDIRECTIONAL = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
#: What CI services take for a command: at a line's start, or in the older form anywhere.
COMMAND = re.compile(r"(?:(?<=\s)|^)::|##(?=\[|vso)", re.MULTILINE)


def plain(text: str, limit: int = 20_000) -> str:
    """Replace control, escape and direction characters; keep newlines; cut at `limit`."""
    kept = "".join(_visible(character) for character in text[:limit])
    if len(text) > limit:
        kept += " …"
    return COMMAND.sub(lambda found: " ".join(found[0]), kept)


def no_command(line: str) -> str:
    """Mark a finished line that a CI service would take for a command, such as `::error::`.

    Applied last, after wrapping, because only then it is known what a line is.
    """
    return f"│ {line}" if click.unstyle(line).lstrip().startswith("::") else line


def one_line(text: str, limit: int = 400) -> str:
    """The same, on one line: a submission must not begin a line of the report."""
    return " ".join(plain(text, limit).split())


def _visible(character: str) -> str:
    if character in "\n\t":
        return "\n" if character == "\n" else "    "
    if unicodedata.category(character) in ("Cc", "Cs", "Co", "Zl", "Zp"):
        return "�"
    return "�" if character in BIDIRECTIONAL else character
