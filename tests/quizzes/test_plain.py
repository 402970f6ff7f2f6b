"""Formulas keep their meaning in a terminal."""

from __future__ import annotations

import pytest

from quizzes.bank import load_all
from quizzes.plain import formula, plain
from quizzes.question import texts


@pytest.mark.parametrize(
    ("latex", "shown"),
    [
        (r"\sqrt{D}", "√(D)"),
        (r"\frac{a + b}{n}", "(a + b)/n"),
        (r"\frac{1}{\sqrt{K}}", "1/√(K)"),
        (r"h_{t-1}", "h_(t-1)"),
        (r"e^{-x}", "e^(-x)"),
        (r"x^2", "x^2"),
        (r"\log p(x)", "log p(x)"),
        (r"\sum_i w_i x_i", "∑_i w_i x_i"),
    ],
)
def test_formulas(latex: str, shown: str) -> None:
    assert formula(latex) == shown


def test_markdown_loses_its_marks_and_code_keeps_them() -> None:
    assert plain("A **bold** and *slanted*\nword, `x * y * z`.\n\nNew $x_{t+1}$.\n") == (
        "A bold and slanted word, `x * y * z`.\n\nNew x_(t+1)."
    )


def test_nothing_in_the_banks_is_left_as_latex() -> None:
    for bank in load_all():
        for question in bank.questions:
            for text in texts(question):
                for shown in (plain(text.en), plain(text.ko)):
                    assert "$" not in shown and "\\" not in shown.replace("\\n", "")
