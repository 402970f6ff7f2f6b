"""A small bank, and a way to write another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from quizzes.bank import BANKS, load
from quizzes.question import AnyQuestion

Write = Callable[..., Path]
CHOICE = """
  - id: a-choice
    type: choice
    difficulty: 1
    prompt: {en: What is `2`?, ko: "`2`는 무엇인가?"}
    options:
      - text: {en: A number, ko: 수}
        correct: true
      - text: {en: A letter, ko: 글자}
        why: {en: Letters are drawn, ko: 글자가 아니다}
      - text: {en: A colour, ko: 색}
        why: {en: Colours are seen, ko: 색이 아니다}
    explain: {en: It counts., ko: 세는 것이다.}
    source: none
"""


@pytest.fixture(scope="session")
def attention() -> dict[str, AnyQuestion]:
    """The questions of the bank that is the model for the others."""
    return {question.id: question for question in load(BANKS / "attention.yaml").questions}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """`write(questions)`: a bank with these questions, as YAML."""

    def written(questions: str = CHOICE, name: str = "small.yaml", topic: str = "small") -> Path:
        path = tmp_path / name
        head = f"topic: {topic}\ntitle: {{en: Small, ko: 작은 것}}\nquestions:"
        path.write_text(head + questions, encoding="utf-8")
        return path

    return written


@pytest.fixture
def choice() -> str:
    return CHOICE
