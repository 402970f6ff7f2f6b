from __future__ import annotations

import ast

import pytest

from grader.judge.locate import definition_line

TREE = ast.parse(
    """\
import numpy as np

def twice(x):
    return 2 * x

class Net:
    def loss(self):
        return 0

    async def later(self):
        pass

def twice(x):
    return x + x

alias = twice
if True:
    def hidden():
        pass
"""
)


@pytest.mark.parametrize(
    ("label", "line"),
    [
        ("twice", 13),
        ("Net", 6),
        ("Net.loss", 7),
        ("Net.later", 10),
        ("Net.inherited", 6),
        ("twice.method", 13),
        ("alias", None),
        ("hidden", None),
        ("np", None),
        ("", None),
    ],
)
def test_a_label_leads_to_its_definition(label: str, line: int | None) -> None:
    assert definition_line(TREE, label) == line
