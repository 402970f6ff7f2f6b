from __future__ import annotations

import ast

import pytest

from grader.judge.interface import declared, problems, signature_text

STUB = """
def f(x, y, mask=None): ...
def _private(x): ...
class Net:
    def __init__(self, w): ...
    def loss(self, x): ...
"""


def found(source: str) -> dict[str, object]:
    """What a runner would report of a submission, by way of the real session."""
    from grader.judge.local_runner import LocalRunner

    runner = LocalRunner()
    reply = runner.ask({"op": "load", "source": source.encode(), "module": "interface_probe"})
    runner.close()
    names = reply["names"]
    assert isinstance(names, dict)
    return names


def test_reads_public_functions_classes_and_methods() -> None:
    interface = declared(ast.parse(STUB))
    assert interface.callables == {
        "f": (("x", False), ("y", False), ("mask", True)),
        "Net": (("w", False),),
    }
    assert interface.methods == {"Net": {"loss": (("x", False),)}}


def test_signature_text_marks_what_is_optional() -> None:
    assert signature_text("f", (("x", False), ("mask", True))) == "f(x, mask=…)"


NET = "class Net:\n    def __init__(self, w): pass\n"


@pytest.mark.parametrize(
    "source",
    [
        "def f(x, y, mask=None): pass",
        "def f(x, y, mask=None, extra=1): pass",
        "def f(x, y, mask=None, *, extra=1, **more): pass",
        "def f(*args): pass",
        "f = lambda x, y, mask=0: 0",
    ],
)
def test_accepts_what_can_be_called_as_asked(source: str) -> None:
    assert problems(declared(ast.parse(STUB)), found(NET + source)) == {}


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("", "There is no function f in your file. Define f(x, y, mask=…)."),
        ("def f(x, y): pass", "but yours takes (x, y)"),
        ("def f(y, x, mask=None): pass", "but yours takes (y, x, mask)"),
        ("def f(x, y, mask): pass", "but mask has no default in yours"),
        ("def f(x, y, mask=None, *, extra): pass", "but yours also requires extra"),
    ],
)
def test_says_what_is_wrong_with_a_signature(source: str, words: str) -> None:
    wrong = problems(declared(ast.parse(STUB)), found(NET + source))
    assert list(wrong) == ["f"]
    assert words in wrong["f"]


def test_a_missing_class_is_called_a_class() -> None:
    wrong = problems(declared(ast.parse(STUB)), found("def f(x, y, mask=None): pass"))
    assert wrong == {"Net": "There is no class Net in your file. Define Net(w)."}
