"""Submissions whose words are the weapon."""

from __future__ import annotations

from typing import Any

from grader.report import as_json
from grader.report import text as as_text

from .harmless import PAYLOADS, dangers
from .submission import RIGHT, Hostile, in_call

ALL = "\n".join(PAYLOADS.values())


def _comes_out_harmless(verdict: Any, arena: Any) -> None:
    assert any("owned" in text for text in verdict.texts)
    assert dangers(as_text.render(verdict.result), "text") == []
    assert dangers(as_json.render(verdict.result), "as_json") == []


def _input_is_absent(verdict: Any, arena: Any) -> None:
    assert not any("the input was" in text for text in verdict.texts)


TEXTS = [
    Hostile(
        53,
        "raises terminal codes and workflow commands",
        in_call(f"raise ValueError({ALL!a})"),
        {"failed"},
        proof=_comes_out_harmless,
    ),
    Hostile(
        53,
        "raises terminal codes and workflow commands at import",
        f"{RIGHT}\nraise ValueError({ALL!a})\n",
        {"failed"},
        proof=_comes_out_harmless,
    ),
    Hostile(
        53,
        "prints terminal codes and workflow commands",
        in_call(
            "import sys\n"
            f"sys.stdout.buffer.write({ALL!a}.encode('utf-8', 'surrogatepass'))\n"
            "sys.stdout.flush()\nreturn x"
        ),
        {"failed"},
        proof=_comes_out_harmless,
    ),
    Hostile(
        68,
        "repeats a hidden input in its exception",
        in_call("print('the input was', x)\nraise ValueError(f'the input was {x.tolist()}')"),
        {"failed"},
        {"hidden inputs"},
        proof=_input_is_absent,
        options={"hidden": True},
    ),
]
