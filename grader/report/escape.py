"""Makes text that may come from a submission harmless to a terminal or a log."""

from __future__ import annotations

import unicodedata

BIDIRECTIONAL = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def plain(text: str, limit: int = 20_000) -> str:
    """Replace control, escape and direction characters; keep newlines; cut at `limit`.

    A line that starts with `::` gets a space in front, so that no CI service takes it for a
    command.
    """
    kept = "".join(_visible(character) for character in text[:limit])
    if len(text) > limit:
        kept += " …"
    return "\n".join(
        f" {line}" if line.lstrip().startswith("::") else line for line in kept.split("\n")
    )


def _visible(character: str) -> str:
    if character in "\n\t":
        return "\n" if character == "\n" else "    "
    if unicodedata.category(character) in ("Cc", "Cs", "Co") or character in BIDIRECTIONAL:
        return "�"
    return character
