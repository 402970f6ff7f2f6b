from __future__ import annotations

import ast

import pytest

from grader.judge.policy import violations

FORBIDDEN = {"torch.nn": "write the layers", ".backward": "write the gradients"}


@pytest.mark.parametrize(
    ("source", "used"),
    [
        ("import torch.nn", "torch.nn"),
        ("from torch import nn", "torch.nn"),
        ("from torch.nn import Linear as L", "torch.nn.Linear"),
        ("import torch.nn.functional as F", "torch.nn.functional"),
        ("import torch\nx = torch.nn.Linear(1, 2)", "torch.nn.Linear"),
        ("import torch as t\nx = t.nn.Linear", "torch.nn.Linear"),
        ("from torch import nn as n\nx = n.Linear", "torch.nn"),
        ("def f(loss):\n    loss.backward()", ".backward"),
    ],
)
def test_finds_a_forbidden_name_however_it_is_imported(source: str, used: str) -> None:
    found = violations(ast.parse(source), FORBIDDEN)
    assert found
    assert f"uses {used}:" in found[0]


@pytest.mark.parametrize(
    "source",
    [
        "import torch\nx = torch.tensor([1.0])",
        "import torch.nnx",
        "nn = 1\nprint(nn)",
        "def affine_backward(dout): pass\naffine_backward(1)",
        "class A:\n    def backward(self): pass",
        "x = 'torch.nn'",
    ],
)
def test_is_silent_about_everything_else(source: str) -> None:
    assert violations(ast.parse(source), FORBIDDEN) == []


def test_names_line_and_reason_once_per_line() -> None:
    found = violations(ast.parse("import torch\n\nx = torch.nn.a + torch.nn.b"), FORBIDDEN)
    assert found == ["Line 3 uses torch.nn.a: write the layers."]
