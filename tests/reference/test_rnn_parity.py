"""Exercise 24's reference against `torch.nn.RNN` and `torch.nn.RNNCell`: states, all gradients."""

import numpy as np
import pytest
import torch

from grader.judge.library import load_solution

SHAPES = [(2, 3, 4, 5), (3, 1, 2, 4), (1, 6, 3, 2), (4, 2, 1, 3), (2, 12, 5, 1)]


def drawn_arguments(batch: int, steps: int, inputs: int, hidden: int) -> dict[str, torch.Tensor]:
    """The arguments of `rnn_forward` and the cotangent of its result."""
    shapes = {
        "xs": (batch, steps, inputs),
        "h0": (batch, hidden),
        "wx": (inputs, hidden),
        "wh": (hidden, hidden),
        "b": (hidden,),
        "dhs": (batch, steps, hidden),
    }
    source = torch.Generator().manual_seed(24)
    return {
        name: torch.randn(shape, generator=source, dtype=torch.float64)
        for name, shape in shapes.items()
    }


def at_place(
    arguments: dict[str, torch.Tensor], place: str
) -> tuple[dict[str, torch.Tensor], dict[str, np.ndarray | torch.Tensor]]:
    """The arguments as tensors for torch, and as what the solution is handed."""
    if place == "numpy":
        return arguments, {name: tensor.numpy() for name, tensor in arguments.items()}
    moved = {name: tensor.to(place) for name, tensor in arguments.items()}
    return moved, dict(moved)


def copy_weights(to: tuple[torch.nn.Parameter, ...], arguments: dict[str, torch.Tensor]) -> None:
    """Copy wx, wh and b to weights, recurrent weights and the two biases of a torch module.

    torch keeps the transposed matrices and two biases that it adds; b is shared out between them,
    and each of the two receives the whole gradient of b.
    """
    wx, wh, bias_x, bias_h = to
    with torch.no_grad():
        wx.copy_(arguments["wx"].T)
        wh.copy_(arguments["wh"].T)
        bias_x.copy_(0.25 * arguments["b"])
        bias_h.copy_(0.75 * arguments["b"])


def torch_rnn(arguments: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The states and gradients of `torch.nn.RNN` with the same weights."""
    a = arguments
    inputs, hidden = a["wx"].shape
    rnn = torch.nn.RNN(inputs, hidden, batch_first=True, dtype=torch.float64).to(a["xs"].device)
    copy_weights((rnn.weight_ih_l0, rnn.weight_hh_l0, rnn.bias_ih_l0, rnn.bias_hh_l0), a)

    xs, h0 = (a[name].clone().requires_grad_() for name in ("xs", "h0"))
    hs, h_last = rnn(xs, h0[None])
    torch.testing.assert_close(h_last[0], hs[:, -1], rtol=0, atol=0)
    hs.backward(a["dhs"])
    torch.testing.assert_close(rnn.bias_hh_l0.grad, rnn.bias_ih_l0.grad)
    return {
        "hs": hs.detach(),
        "dxs": xs.grad,
        "dh0": h0.grad,
        "dwx": rnn.weight_ih_l0.grad.T,
        "dwh": rnn.weight_hh_l0.grad.T,
        "db": rnn.bias_ih_l0.grad,
    }


def torch_cell(arguments: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The same for one step of `torch.nn.RNNCell`, the first of the sequence."""
    a = arguments
    inputs, hidden = a["wx"].shape
    cell = torch.nn.RNNCell(inputs, hidden, dtype=torch.float64).to(a["xs"].device)
    copy_weights((cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh), a)

    x, h = (part.clone().requires_grad_() for part in (a["xs"][:, 0], a["h0"]))
    h_next = cell(x, h)
    h_next.backward(a["dhs"][:, 0])
    return {
        "h_next": h_next.detach(),
        "dx": x.grad,
        "dh": h.grad,
        "dwx": cell.weight_ih.grad.T,
        "dwh": cell.weight_hh.grad.T,
        "db": cell.bias_ih.grad,
    }


def assert_equal(actual: dict, expected: dict[str, torch.Tensor], place: str) -> None:
    """All entries agree, and they are arrays of the kind that was handed in."""
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
def test_rnn_equals_torch(shape: tuple[int, int, int, int], place: str) -> None:
    solution = load_solution("exercise-24")
    arguments, given = at_place(drawn_arguments(*shape), place)
    hs, cache = solution.rnn_forward(*(given[name] for name in ("xs", "h0", "wx", "wh", "b")))
    grads = solution.rnn_backward(given["dhs"], cache)
    names = ("hs", "dxs", "dh0", "dwx", "dwh", "db")
    assert_equal(dict(zip(names, (hs, *grads), strict=True)), torch_rnn(arguments), place)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: "B{}_T{}_D{}_H{}".format(*s))
def test_rnn_step_equals_torch(shape: tuple[int, int, int, int], place: str) -> None:
    solution = load_solution("exercise-24")
    arguments, given = at_place(drawn_arguments(*shape), place)
    h_next, cache = solution.rnn_step_forward(
        given["xs"][:, 0, :], *(given[name] for name in ("h0", "wx", "wh", "b"))
    )
    grads = solution.rnn_step_backward(given["dhs"][:, 0, :], cache)
    names = ("h_next", "dx", "dh", "dwx", "dwh", "db")
    assert_equal(dict(zip(names, (h_next, *grads), strict=True)), torch_cell(arguments), place)
