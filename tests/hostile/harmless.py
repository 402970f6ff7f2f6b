"""What a report may not hold, whatever a submission wrote."""

from __future__ import annotations

import re
import unicodedata

#: The colours of the text report itself.
OWN_STYLES = re.compile(r"\x1b\[(?:0|1|2|3[0-7]|9[0-7])m")
#: A CI service looks for these at the start of a line, after white space, or anywhere.
COMMANDS = (re.compile(r"^\s*::\S", re.MULTILINE), re.compile(r"##\["), re.compile(r"##vso\["))
DIRECTIONS = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
LINE_BREAKS = set("\u2028\u2029")

#: Text that takes over a terminal, a log, a page or the reading direction; each holds "owned".
PAYLOADS = {
    "colours": "\x1b[31mowned\x1b[8m",
    "clear screen": "\x1b[2J\x1b[H owned",
    "title": "\x1b]0;owned\x07",
    "link": "\x1b]8;;http://127.0.0.1/\x1b\\owned\x1b]8;;\x1b\\",
    "clipboard": "\x1b]52;c;b3duZWQ=\x07 owned",
    "one-byte codes": "\x9b2J\x9d0;owned\x9c\x90\x84",
    "going back": "right\r\x08\x08\x7f\x00\x0b\x0cowned",
    "commands": "owned\n::set-env name=PATH::owned\n  ::error::owned\n##[error]owned\n"
    "##vso[task.setvariable variable=a]owned\n\t::add-path::owned",
    "commands after odd line ends": "owned\r::error::owned\u2028::error::owned\x85::error::owned",
    "commands after long words": f"owned {'a' * 74} ::error::owned {'b ' * 40}::warning::owned",
    "html": "<script>owned</script><img src=x onerror=owned>&lt;\"'`",
    "directions": "owned \u202edessap\u202c \u2066\u2067\u200f\u061c",
    "surrogate": "owned \ud800 \udcff",
}


def dangers(rendered: str, renderer: str) -> list[str]:
    """What is dangerous in what a renderer made."""
    found = []
    try:
        rendered.encode("utf-8")
    except UnicodeEncodeError:
        found.append("it cannot be written as UTF-8")
    text = OWN_STYLES.sub("", rendered) if renderer == "text" else rendered
    for character in sorted(set(text)):
        control = unicodedata.category(character) == "Cc" and character != "\n"
        if control or character in DIRECTIONS or character in LINE_BREAKS:
            found.append(f"character {character!r}")
    if "\x1b[31mowned" in rendered:
        found.append("the submission's own colours")
    lines = "\n".join(rendered.splitlines())
    found += [f"command {match[0]!r}" for command in COMMANDS for match in command.finditer(lines)]
    if renderer not in ("text", "as_json") and re.search(r"<script|<img", rendered):
        found.append("markup")
    return found
