"""What patterns are consistent with, in words for students: topic → explanation."""

from __future__ import annotations

from grader.judge.patterns.words.numbers import NUMBERS
from grader.judge.patterns.words.order import ORDER
from grader.judge.patterns.words.places import PLACES
from grader.judge.patterns.words.rows import ROWS
from grader.judge.patterns.words.shapes import SHAPES
from grader.judge.patterns.words.values import VALUES

EXPLANATIONS: dict[str, str] = {**NUMBERS, **VALUES, **ORDER, **ROWS, **PLACES, **SHAPES}
