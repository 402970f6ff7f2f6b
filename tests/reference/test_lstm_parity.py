"""Exercise 28's reference against `torch.nn.LSTM`: states and all gradients, float64."""

import numpy as np
import pytest
import torch

from grader.judge.library import load_solution

SHAPES = [(2, 3, 4, 5), (3, 1, 2, 4), (1, 6, 3, 2), (4, 2, 1, 3), (2, 12, 5, 1)]


def drawn_arguments(batch: int, steps: int, inputs: int, hidden: int) -> dict[str, torch.Tensor]:
    """The arguments of `lstm_forward` and the cotangents of its results."""
    shapes = {
        "xs": (batch, steps, inputs),
        "h0": (batch, hidden),
        "c0": (batch, hidden),
        "wx": (inputs, 4 * hidden),
        "wh": (hidden, 4 * hidden),
        "b": (4 * hidden,),
        "dhs": (batch, steps, hidden),
        "dc_last": (batch, hidden),
    }
    source = torch.Generator().manual_seed(28)
    return {
        name: torch.randn(shape, generator=source, dtype=torch.float64)
        for name, shape in shapes.items()
    }


def torch_lstm(arguments: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The states and gradients of `torch.nn.LSTM` with the same weights.

    It keeps the transposed matrices and two biases that it adds; b is shared out between them, and
    each of the two receives the whole gradient of b.
    """
    a = arguments
    inputs, hidden = a["wx"].shape[0], a["wh"].shape[0]
    lstm = torch.nn.LSTM(inputs, hidden, batch_first=True, dtype=torch.float64).to(a["xs"].device)
    with torch.no_grad():
        lstm.weight_ih_l0.copy_(a["wx"].T)
        lstm.weight_hh_l0.copy_(a["wh"].T)
        lstm.bias_ih_l0.copy_(0.25 * a["b"])
        lstm.bias_hh_l0.copy_(0.75 * a["b"])

    xs, h0, c0 = (a[name].clone().requires_grad_() for name in ("xs", "h0", "c0"))
    hs, (h_last, c_last) = lstm(xs, (h0[None], c0[None]))
    torch.testing.assert_close(h_last[0], hs[:, -1], rtol=0, atol=0)
    torch.autograd.backward([hs, c_last[0]], [a["dhs"], a["dc_last"]])
    torch.testing.assert_close(lstm.bias_hh_l0.grad, lstm.bias_ih_l0.grad)
    return {
        "hs": hs.detach(),
        "c_last": c_last[0].detach(),
        "dxs": xs.grad,
        "dh0": h0.grad,
        "dc0": c0.grad,
        "dwx": lstm.weight_ih_l0.grad.T,
        "dwh": lstm.weight_hh_l0.grad.T,
        "db": lstm.bias_ih_l0.grad,
    }


@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: "B{}_T{}_D{}_H{}".format(*s))
def test_lstm_equals_torch(shape: tuple[int, int, int, int], place: str) -> None:
    solution = load_solution("exercise-28")
    arguments = drawn_arguments(*shape)
    if place == "numpy":
        given = {name: tensor.numpy() for name, tensor in arguments.items()}
    else:
        given = arguments = {name: tensor.to(place) for name, tensor in arguments.items()}

    hs, c_last, cache = solution.lstm_forward(
        *(given[name] for name in ("xs", "h0", "c0", "wx", "wh", "b"))
    )
    grads = solution.lstm_backward(given["dhs"], given["dc_last"], cache)
    names = ("hs", "c_last", "dxs", "dh0", "dc0", "dwx", "dwh", "db")
    actual = dict(zip(names, (hs, c_last, *grads), strict=True))

    for name, expected in torch_lstm(arguments).items():
        assert isinstance(actual[name], np.ndarray if place == "numpy" else torch.Tensor)
        torch.testing.assert_close(
            torch.as_tensor(actual[name]),
            expected,
            rtol=1e-9,
            atol=1e-11,
            msg=lambda text, name=name: f"{name}: {text}",
        )


def test_forget_bias_opens_the_forget_gate_of_torch() -> None:
    """With zero weights, torch's LSTM keeps σ(value) of the cell, so the block is the right one."""
    solution = load_solution("exercise-28")
    lstm = torch.nn.LSTM(2, 3, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        for parameter in lstm.parameters():
            parameter.zero_()
        lstm.bias_ih_l0.copy_(solution.forget_bias(lstm.bias_ih_l0, 1.5))
        c0 = torch.tensor([[[0.5, -1.0, 2.0]]], dtype=torch.float64)
        _, (_, c_last) = lstm(torch.ones(1, 1, 2, dtype=torch.float64), (torch.zeros_like(c0), c0))
    torch.testing.assert_close(c_last, torch.sigmoid(torch.tensor(1.5, dtype=torch.float64)) * c0)
