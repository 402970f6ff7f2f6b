from __future__ import annotations

import ast
from typing import Any

import numpy as np
import pytest

from grader.judge.implementation import Call, Remote
from grader.judge.interface import Interface
from grader.judge.observe import leaves
from grader.judge.snippet import snippet
from grader.runner.wire import Seed

INTERFACE = Interface(
    {
        "f_forward": (("x", False), ("p", True)),
        "f_backward": (("dout", False), ("cache", False)),
        "Net": (("w", False),),
        "draw": (("n", False), ("generator", False)),
    },
    {"Net": {"loss": (("x", False),)}},
)
X = np.array([[1.0, -0.5]])


def pair() -> list[Call]:
    cache = Remote(None, None, "tuple")  # type: ignore[arg-type]
    forward = Call("f_forward", None, (X,), {"p": {"w": X}}, (X * 2, cache))
    return [forward, Call("f_backward", None, (X * 3, cache), {}, X * 4)]


def test_repeats_the_calls_with_names_for_arrays_and_results() -> None:
    assert snippet(pair(), INTERFACE, "f", "numpy").splitlines() == [
        "import numpy as np",
        "from f import f_forward, f_backward",
        "x = np.array([[1.0, -0.5]])",
        "p = {'w': np.array([[1.0, -0.5]])}",
        "out, cache = f_forward(x, p=p)",
        "dout = np.array([[3.0, -1.5]])",
        "out2 = f_backward(dout, cache)",
    ]


def test_writes_tensors_for_torch() -> None:
    text = snippet(pair(), INTERFACE, "f", "torch")
    assert "x = torch.tensor([[1.0, -0.5]], dtype=torch.float64)" in text
    assert "import torch" in text and "numpy" not in text


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize(
    "value",
    [
        np.zeros((0, 3)),
        np.array([True]),
        np.array([1, 2]),
        3,
        None,
        (1.5, "a"),
        Seed(7),
        np.float32([1.5]),
        [X, X],
    ],
)
def test_whatever_is_handed_over_is_valid_python(backend: str, value: Any) -> None:
    text = snippet([Call("draw", None, (2, value), {}, 1.0)], INTERFACE, "f", backend)
    ast.parse(text)
    names: dict[str, Any] = {}
    exec(text.replace("from f import draw", "draw = lambda *a: a"), names)
    assert names["out"][0] == 2


def test_objects_are_made_and_called_by_name() -> None:
    net = Remote(None, None, "Net")  # type: ignore[arg-type]
    calls = [Call("Net", None, (X,), {}, net), Call(net, "loss", (X * 2,), {}, 1.0)]
    text = snippet(calls, INTERFACE, "f", "numpy")
    assert text.splitlines()[-3:] == [
        "net = Net(w)",
        "x = np.array([[2.0, -1.0]])",
        "out = net.loss(x)",
    ]


def test_operators_and_attributes_are_written_as_such() -> None:
    a, b, product, half = (Remote(None, None, "TapeValue") for _ in range(4))  # type: ignore[arg-type]
    calls = [
        Call("TapeValue", None, (2.0,), {}, a),
        Call("TapeValue", None, (3.0,), {}, b),
        Call(a, "__mul__", (b,), {}, product),
        Call(product, "backward", (), {}, None),
        Call(a, "grad", (), {}, np.float64(3.0), reads=True),
        Call(a, "__rmul__", (-0.5,), {}, half),
    ]
    interface = Interface({"TapeValue": (("data", False),)}, {"TapeValue": {}})
    text = snippet(calls, interface, "autograd", "python")
    assert text.splitlines() == [
        "from autograd import TapeValue",
        "tape_value = TapeValue(2.0)",
        "tape_value2 = TapeValue(3.0)",
        "tape_value3 = tape_value * tape_value2",
        "tape_value3.backward()",
        "grad = tape_value.grad",
        "(-0.5) * tape_value",
    ]


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize(
    "value",
    [
        {"w1": np.arange(12.0).reshape(3, 4) / 7, "deep": {"b": np.ones(9) / 3, "n": 4}},
        {"steps": [np.arange(8) / 3, np.arange(8) / 9, np.zeros((2, 5))]},
        np.arange(40.0).reshape(4, 10) / 3,
        np.arange(24.0).reshape(2, 3, 4) / 3,
        np.zeros((3, 4), dtype=bool),
        np.zeros((3, 4), dtype=np.int64),
        np.linspace(0, 1, 30),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_too_long_for_a_line_is_laid_out_and_stays_exact(value: Any, backend: str) -> None:
    seen: list[Any] = []
    text = snippet([Call("f_forward", None, (value,), {}, None)], INTERFACE, "f", backend)
    scope: dict[str, Any] = {"f_forward": seen.append}
    exec(text.replace("from f import f_forward", ""), scope)
    flat = dict(leaves("x", value))
    for path, leaf in leaves("x", seen[0]):
        np.testing.assert_array_equal(np.asarray(leaf), np.asarray(flat[path]))
        assert str(np.asarray(leaf).dtype) == str(np.asarray(flat[path]).dtype)
    if isinstance(value, dict) or value.ndim > 1:
        assert max(map(len, text.splitlines())) <= 100


def test_a_short_literal_stays_on_its_line() -> None:
    calls = [Call("f_forward", None, (np.zeros((2, 3)), {"w": X}), {}, None)]
    assert "x = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])" in snippet(
        calls, INTERFACE, "f", "numpy"
    )
    calls = [Call("f_forward", None, (np.zeros((2, 4)),), {}, None)]
    assert "x = np.zeros((2, 4), dtype=np.float64)" in snippet(calls, INTERFACE, "f", "numpy")


def test_results_are_called_what_the_message_calls_them() -> None:
    forward, backward = pair()
    names = {id(backward.result): "dx", id(forward.result[0]): "loss"}
    text = snippet([forward, backward], INTERFACE, "f", "numpy", names)
    assert "loss, cache = f_forward(x, p=p)" in text.splitlines()
    assert text.splitlines()[-1] == "dx = f_backward(dout, cache)"
    taken = {id(backward.result): "f_backward", id(forward.result[0]): "x"}
    lines = snippet([forward, backward], INTERFACE, "f", "numpy", taken).splitlines()
    assert lines[-1] == "out = f_backward(dout, cache)"
    assert "x2, cache = f_forward(x, p=p)" in lines


def test_without_arrays_lists_are_written() -> None:
    calls = [Call("draw", None, (2, np.arange(6.0).reshape(2, 3)), {}, 1.0)]
    text = snippet(calls, INTERFACE, "f", "python")
    assert text.splitlines()[:2] == [
        "from f import draw",
        "generator = [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]",
    ]


def test_results_that_say_nothing_have_no_name() -> None:
    net, again = (Remote(None, None, "Sequential") for _ in range(2))  # type: ignore[arg-type]
    x = np.array([[1.0]])
    calls = [
        Call("build", None, (2,), {}, net),
        Call(net, "to", (x,), {}, again),
        Call(net, "load_state_dict", (), {"state_dict": {"w": X}}, ([], [])),
        Call(net, "__call__", (x,), {}, np.float64(2.0)),
    ]
    interface = Interface({"build": (("n", False),)}, {})
    text = snippet(calls, interface, "f", "numpy", {id(x): "x"})
    assert text.splitlines()[2:] == [
        "net = build(2)",
        "x = np.array([[1.0]])",
        "net.to(x)",
        "state_dict = {'w': np.array([[1.0, -0.5]])}",
        "net.load_state_dict(state_dict=state_dict)",
        "out = net(x)",
    ]


def test_a_long_tensor_ends_in_its_dtype() -> None:
    x = np.arange(30.0).reshape(3, 10) / 8
    text = snippet([Call("f_forward", None, (x,), {}, None)], INTERFACE, "f", "torch")
    assert text.splitlines()[-3:-1] == ["    dtype=torch.float64", ")"]
    names: dict[str, Any] = {}
    exec(text.replace("from f import f_forward", "f_forward = lambda x: x"), names)
    assert names["x"].shape == (3, 10)


def test_objects_in_a_list_are_called_by_their_place() -> None:
    first, second = (Remote(None, None, "Value") for _ in range(2))  # type: ignore[arg-type]
    calls = [
        Call("order", None, (1.0,), {}, [first, second]),
        Call(second, "data", (), {}, np.float64(3.0), reads=True),
    ]
    text = snippet(calls, Interface({"order": (("x", False),)}, {}), "f", "python")
    assert text.splitlines()[1:] == ["out = order(1.0)", "data = out[1].data"]
