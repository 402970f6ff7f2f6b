from __future__ import annotations

import ast
from typing import Any

import numpy as np
import pytest

from grader.author.battery import KINDS, battery
from grader.judge.interface import Interface, declared
from grader.judge.library import Library


def made(library: Library) -> dict[str, dict[str, object]]:
    return loaded(library.text("solution"), library.interface)


def loaded(solution: str, interface: Interface) -> dict[str, dict[str, object]]:
    found = {}
    for one in battery(solution, interface):
        names: dict[str, object] = {}
        exec(compile(one.source, one.name, "exec"), names)
        found[one.name] = names
    return found


def test_every_function_and_method_gets_every_kind(miniature_library: Library) -> None:
    names = set(made(miniature_library))
    expected = {"mean_forward", "mean_backward", "Counter.add"}
    assert names == {f"{name}: {kind}" for name in expected for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_result_is_replaced_and_the_cache_left_alone(
    miniature_library: Library, kind: str
) -> None:
    x = np.array([[1.0, 5.0], [3.0, 7.0]])
    out, cache = made(miniature_library)[f"mean_forward: {kind}"]["mean_forward"](x)  # type: ignore[operator]
    np.testing.assert_array_equal(cache, [0.5, 0.5])
    assert out.shape == ((1, 2) if kind == "broadcast" else (2,))
    assert not np.array_equal(out, [2.0, 6.0])


def test_methods_are_replaced_in_their_class(miniature_library: Library) -> None:
    counter = made(miniature_library)["Counter.add: ones"]["Counter"](1.0)  # type: ignore[operator]
    assert counter.add(np.array([2.0])) == 1.0


VALUES = """
class Value:
    def __init__(self, data):
        self.data = data

    def backward(self) -> None:
        self.data = -self.data

    def doubled(self) -> "Value":
        return Value(2 * self.data)

    def row(self) -> list[float]:
        return [self.data, 3.0]

def order(value) -> list[Value]:
    return [value.doubled(), value]
"""


def test_objects_are_given_back_and_procedures_do_nothing() -> None:
    found: Any = loaded(VALUES, declared(ast.parse(VALUES)))
    rows = {f"Value.row: {kind}" for kind in KINDS}
    others = {"Value.backward: nothing", "Value.doubled: object", "order: objects"}
    assert set(found) == rows | others
    value = found["Value.backward: nothing"]["Value"](4.0)
    assert (value.backward(), value.data) == (None, 4.0)
    value = found["Value.doubled: object"]["Value"](4.0)
    assert value.doubled() is value
    assert found["order: objects"]["order"](value) == [value]
    assert found["Value.row: zeros"]["Value"](4.0).row() == [0.0, 0.0]


MODULES = """
import torch
from torch import nn


def build(d: int) -> nn.Linear:
    return nn.Linear(d, 1)


def step(model: nn.Module, x: torch.Tensor) -> float:
    with torch.no_grad():
        model.weight += 1.0
    return model(x).sum().item()


def look(model: nn.Module, x: torch.Tensor) -> torch.Tensor:
    return model(x)
"""


def test_modules_learn_nothing_from_a_detached_copy() -> None:
    torch = pytest.importorskip("torch")
    interface = declared(ast.parse(MODULES))
    found: Any = loaded(MODULES, interface)
    assert "build: object" in found and "build: detached" not in found
    assert found["build: object"]["build"](3) == 3
    model, x = torch.nn.Linear(2, 1), torch.ones(1, 2)
    before = model.weight.detach().clone()
    right = found["look: detached"]["step"]
    assert found["step: detached"]["step"](model, x) == pytest.approx(model(x).sum().item() + 2)
    assert torch.equal(model.weight, before)
    assert right(model, x) is not None and not torch.equal(model.weight, before)
    ones = found["look: ones"]["look"](model, x)
    assert isinstance(ones, torch.Tensor) and ones.tolist() == [[1.0]]


def test_a_probe_tells_where_nothing_would_be_learnt_anyway() -> None:
    torch = pytest.importorskip("torch")
    probes = {
        one.name: one.unless for one in battery(MODULES, declared(ast.parse(MODULES))) if one.unless
    }
    assert set(probes) == {"step: detached", "look: detached"}
    model, x = torch.nn.Linear(2, 1), torch.ones(1, 2)
    names: dict[str, Any] = {}
    exec(probes["look: detached"], names)
    assert torch.equal(names["look"](model, x), model(x))
    exec(probes["step: detached"], names)
    with pytest.raises(ValueError, match="was changed"):
        names["step"](model, x)


TEXTS = """
def cut(text: str, size: int) -> list[str]:
    return [text[:size], text[size:]]


def count(texts: list[str]) -> str:
    return str(len(texts))
"""


def test_texts_get_trivial_answers_too() -> None:
    found: Any = loaded(TEXTS, declared(ast.parse(TEXTS)))
    answers = {kind: found[f"cut: {kind}"]["cut"]("abc", 1) for kind in KINDS}
    assert answers == {
        "zeros": ["", ""],
        "ones": ["1", "1"],
        "constant": ["constant", "constant"],
        "nan": ["nan", "nan"],
        "input": ["abc", "abc"],
        "broadcast": ["a ", "bc "],
    }
    assert found["count: input"]["count"](["a", "b"]) == "2 "
