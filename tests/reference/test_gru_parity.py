"""Exercise 29's reference against `torch.nn.GRU` and `torch.nn.GRUCell`, float64."""

import numpy as np
import pytest
import torch

from grader.judge.library import load_solution

SHAPES = [(2, 3, 4, 5), (3, 1, 2, 4), (1, 6, 3, 2), (4, 2, 1, 3), (2, 12, 5, 1)]
WEIGHTS = ("wx", "wh", "bx", "bh")


def drawn_arguments(batch: int, steps: int, inputs: int, hidden: int) -> dict[str, torch.Tensor]:
    """The arguments of `gru_forward` and the cotangent of its result."""
    shapes = {
        "xs": (batch, steps, inputs),
        "h0": (batch, hidden),
        "wx": (inputs, 3 * hidden),
        "wh": (hidden, 3 * hidden),
        "bx": (3 * hidden,),
        "bh": (3 * hidden,),
        "dhs": (batch, steps, hidden),
    }
    source = torch.Generator().manual_seed(29)
    return {
        name: torch.randn(shape, generator=source, dtype=torch.float64)
        for name, shape in shapes.items()
    }


def with_weights(layer: torch.nn.Module, a: dict[str, torch.Tensor]) -> list[torch.Tensor]:
    """Give a layer our weights, transposed as torch keeps them, and return its parameters."""
    parameters = list(layer.to(a["wx"].device).parameters())
    with torch.no_grad():
        for parameter, name in zip(parameters, WEIGHTS, strict=True):
            parameter.copy_(a[name].T if a[name].ndim == 2 else a[name])
    return parameters


def weight_gradients(parameters: list[torch.Tensor]) -> dict[str, torch.Tensor]:
    """The gradients of a layer's parameters in our shapes, under our names."""
    return {
        f"d{name}": parameter.grad.T if parameter.ndim == 2 else parameter.grad
        for parameter, name in zip(parameters, WEIGHTS, strict=True)
    }


def torch_gru(a: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The states and gradients of `torch.nn.GRU`."""
    inputs, hidden = a["wx"].shape[0], a["wh"].shape[0]
    gru = torch.nn.GRU(inputs, hidden, batch_first=True, dtype=torch.float64)
    parameters = with_weights(gru, a)
    xs, h0 = (a[name].clone().requires_grad_() for name in ("xs", "h0"))
    hs, h_last = gru(xs, h0[None])
    torch.testing.assert_close(h_last[0], hs[:, -1], rtol=0, atol=0)
    hs.backward(a["dhs"])
    return {"hs": hs.detach(), "dxs": xs.grad, "dh0": h0.grad, **weight_gradients(parameters)}


def torch_gru_cell(a: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The state and gradients of `torch.nn.GRUCell` for the first step."""
    cell = torch.nn.GRUCell(a["wx"].shape[0], a["wh"].shape[0], dtype=torch.float64)
    parameters = with_weights(cell, a)
    x, h = a["xs"][:, 0].clone().requires_grad_(), a["h0"].clone().requires_grad_()
    h_next = cell(x, h)
    h_next.backward(a["dhs"][:, 0])
    return {"h_next": h_next.detach(), "dx": x.grad, "dh": h.grad, **weight_gradients(parameters)}


def at_place(arguments: dict[str, torch.Tensor], place: str) -> tuple[dict, dict]:
    """The arguments for the reference, and those for torch on the same device."""
    if place == "numpy":
        return {name: tensor.numpy() for name, tensor in arguments.items()}, arguments
    moved = {name: tensor.to(place) for name, tensor in arguments.items()}
    return moved, moved


def assert_equal(actual: dict, expected: dict[str, torch.Tensor], place: str) -> None:
    assert actual.keys() == expected.keys()
    for name, value in expected.items():
        assert isinstance(actual[name], np.ndarray if place == "numpy" else torch.Tensor)
        torch.testing.assert_close(
            torch.as_tensor(actual[name]),
            value,
            rtol=1e-9,
            atol=1e-11,
            msg=lambda text, name=name: f"{name}: {text}",
        )


@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: "B{}_T{}_D{}_H{}".format(*s))
def test_gru_equals_torch(shape: tuple[int, int, int, int], place: str) -> None:
    solution = load_solution("exercise-29")
    given, arguments = at_place(drawn_arguments(*shape), place)
    hs, cache = solution.gru_forward(*(given[name] for name in ("xs", "h0", *WEIGHTS)))
    grads = solution.gru_backward(given["dhs"], cache)
    names = ("hs", "dxs", "dh0", "dwx", "dwh", "dbx", "dbh")
    actual = dict(zip(names, (hs, *grads), strict=True))
    assert_equal(actual, torch_gru(arguments), place)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: "B{}_T{}_D{}_H{}".format(*s))
def test_a_step_equals_torch(shape: tuple[int, int, int, int], place: str) -> None:
    solution = load_solution("exercise-29")
    given, arguments = at_place(drawn_arguments(*shape), place)
    weights = (given[name] for name in WEIGHTS)
    h_next, cache = solution.gru_step_forward(given["xs"][:, 0, :], given["h0"], *weights)
    grads = solution.gru_step_backward(given["dhs"][:, 0, :], cache)
    names = ("h_next", "dx", "dh", "dwx", "dwh", "dbx", "dbh")
    actual = dict(zip(names, (h_next, *grads), strict=True))
    assert_equal(actual, torch_gru_cell(arguments), place)
