"""Exercise 25's reference against `torch.nn.RNN`: state, truncation and all gradients, float64."""

import numpy as np
import pytest
import torch

from grader.judge.library import load_solution

SHAPES = [(2, 7, 4, 5), (3, 1, 2, 4), (1, 6, 3, 2), (4, 2, 1, 3), (2, 12, 5, 1)]
BLOCKS = [1, 2, 3, 12, 15]
WEIGHTS = ("wx", "wh", "b")


def drawn_arguments(batch: int, steps: int, inputs: int, hidden: int) -> dict[str, torch.Tensor]:
    """The arrays that `truncated_bptt` takes."""
    shapes = {
        "xs": (batch, steps, inputs),
        "dhs": (batch, steps, hidden),
        "h0": (batch, hidden),
        "wx": (inputs, hidden),
        "wh": (hidden, hidden),
        "b": (hidden,),
    }
    source = torch.Generator().manual_seed(25)
    return {
        name: torch.randn(shape, generator=source, dtype=torch.float64)
        for name, shape in shapes.items()
    }


def placed(arguments: dict[str, torch.Tensor], place: str) -> tuple[dict, dict]:
    """The arguments as the reference gets them, and as torch does."""
    if place == "numpy":
        return {name: tensor.numpy() for name, tensor in arguments.items()}, arguments
    there = {name: tensor.to(place) for name, tensor in arguments.items()}
    return there, there


def torch_rnn(a: dict[str, torch.Tensor]) -> torch.nn.RNN:
    """torch's layer with the same weights; b is shared out between its two biases."""
    inputs, hidden = a["wx"].shape
    rnn = torch.nn.RNN(inputs, hidden, batch_first=True, dtype=torch.float64).to(a["xs"].device)
    with torch.no_grad():
        rnn.weight_ih_l0.copy_(a["wx"].T)
        rnn.weight_hh_l0.copy_(a["wh"].T)
        rnn.bias_ih_l0.copy_(0.25 * a["b"])
        rnn.bias_hh_l0.copy_(0.75 * a["b"])
    return rnn


def weight_gradients(rnn: torch.nn.RNN) -> dict[str, torch.Tensor]:
    """Both of torch's biases receive the whole gradient of b."""
    torch.testing.assert_close(rnn.bias_hh_l0.grad, rnn.bias_ih_l0.grad)
    return {
        "wx": rnn.weight_ih_l0.grad.T,
        "wh": rnn.weight_hh_l0.grad.T,
        "b": rnn.bias_ih_l0.grad,
    }


def assert_equal(actual: dict, expected: dict[str, torch.Tensor], place: str) -> None:
    assert actual.keys() == expected.keys()
    for name, tensor in expected.items():
        assert isinstance(actual[name], np.ndarray if place == "numpy" else torch.Tensor)
        torch.testing.assert_close(
            torch.as_tensor(actual[name]),
            tensor,
            rtol=1e-9,
            atol=1e-11,
            msg=lambda text, name=name: f"{name}: {text}",
        )


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: "B{}_N{}_D{}_H{}".format(*s))
def test_truncation_equals_torch_with_detached_states(
    shape: tuple[int, int, int, int], block: int, place: str
) -> None:
    """Blocks of 12 and 15 steps are never shorter than the sequence, so the gradients are full."""
    given, a = placed(drawn_arguments(*shape), place)
    rnn, xs, h = torch_rnn(a), a["xs"].clone().requires_grad_(), a["h0"][None]
    hs = []
    for part, cotangent in zip(xs.split(block, dim=1), a["dhs"].split(block, dim=1), strict=True):
        out, h = rnn(part, h.detach())
        out.backward(cotangent)
        hs.append(out.detach())
    expected = {"hs": torch.cat(hs, dim=1), **weight_gradients(rnn), "xs": xs.grad}

    results = load_solution("exercise-25").truncated_bptt(**given, block=block)
    assert_equal(dict(zip(expected, results, strict=True)), expected, place)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: "B{}_N{}_D{}_H{}".format(*s))
def test_one_block_equals_torch(shape: tuple[int, int, int, int], place: str) -> None:
    """All gradients of one block, that of its first state included."""
    given, a = placed(drawn_arguments(*shape), place)
    rnn, xs, h0 = torch_rnn(a), a["xs"].clone().requires_grad_(), a["h0"].clone().requires_grad_()
    hs, _ = rnn(xs, h0[None])
    hs.backward(a["dhs"])
    expected = {"hs": hs.detach(), "xs": xs.grad, "h": h0.grad, **weight_gradients(rnn)}

    net = load_solution("exercise-25").TimeRNN(*(given[name] for name in WEIGHTS), stateful=True)
    net.set_state(given["h0"])
    hs = net.forward(given["xs"])
    dxs, dh, grads = net.backward(given["dhs"])
    assert_equal({"hs": hs, "xs": dxs, "h": dh, **grads}, expected, place)


@pytest.mark.parametrize("stateful", [False, True])
def test_the_state_is_carried_as_torch_is_told_to(stateful: bool, place: str) -> None:
    given, a = placed(drawn_arguments(2, 7, 4, 5), place)
    rnn, h = torch_rnn(a), None
    net = load_solution("exercise-25").TimeRNN(*(given[name] for name in WEIGHTS), stateful)
    with torch.no_grad():
        for part in (slice(0, 3), slice(3, 4), slice(4, 7)):
            hs, h = rnn(a["xs"][:, part], h if stateful else None)
            assert_equal({"hs": net.forward(given["xs"][:, part])}, {"hs": hs}, place)
        net.reset_state()
        one = slice(0, 1)
        assert_equal({"hs": net.forward(given["xs"][one])}, {"hs": rnn(a["xs"][one])[0]}, place)
