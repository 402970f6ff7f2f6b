"""Texts of a bank for a terminal: formulas as people type them, Markdown without its marks."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

FORMULA = re.compile(r"\$([^$]+)\$")
#: What the converter would join to what follows, or would leave ambiguous.
NAMED = re.compile(r"\\(log|ln|exp|max|min|arg|softmax|tanh|sin|cos)\s+")
FRACTION = re.compile(r"\\[dt]?frac\{([^{}]*)\}\{([^{}]*)\}")
RAISED = re.compile(r"([_^])\{([^{}]{2,})\}")


def plain(text: str) -> str:
    """`$\\sqrt{D}$` becomes √(D), `$h_{t-1}$` becomes h_(t-1); blank lines part paragraphs."""
    converted = FORMULA.sub(lambda match: formula(match[1]), text)
    marked = re.sub(r"\*\*([^*]+)\*\*|(?<!\w)\*([^*\s][^*]*)\*(?!\w)", r"\1\2", converted)
    paragraphs = re.split(r"\n\s*\n", marked.strip())
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def formula(latex: str) -> str:
    """A formula in one line."""
    latex = NAMED.sub(r"\\\1\\ ", latex)
    previous = None
    while previous != latex:
        previous = latex
        latex = FRACTION.sub(
            lambda match: "/".join(_wrapped(part) for part in match.groups()), latex
        )
    found: str = _converter().latex_to_text(RAISED.sub(r"\1{(\2)}", latex))
    return " ".join(found.split())


def _wrapped(part: str) -> str:
    return part if re.fullmatch(r"\\?\w+|\w[_^]\w", part.strip()) else f"({part})"


@cache
def _converter() -> Any:
    from pylatexenc.latex2text import LatexNodes2Text

    return LatexNodes2Text(math_mode="text", strict_latex_spaces=True)
