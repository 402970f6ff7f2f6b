"""The verdict for programs; the form is published in `result.schema.json` beside this file.

Everything beyond ASCII is escaped, so that no control or direction character and no lone surrogate
of a submission reaches a terminal or a file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from grader.result import Result

SCHEMA = Path(__file__).with_name("result.schema.json")


def render(result: Result) -> str:
    """Return one JSON object."""
    return _dumped(result.as_json())


def render_all(results: list[Result]) -> str:
    """Return a JSON array of results."""
    return _dumped([r.as_json() for r in results])


def _dumped(value: Any) -> str:
    # `##[` and `##vso[` are commands to CI services; escaped, the text stays the same.
    return json.dumps(value, indent=2).replace("##", "#\\u0023") + "\n"


def schema() -> dict[str, Any]:
    """The published JSON Schema."""
    loaded: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return loaded
