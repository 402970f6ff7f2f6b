"""Exercise 33's reference against `torch.nn.RNN`: packed sequences, states and all gradients."""

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from grader.judge.library import load_solution

# lengths, then T, D and H; in the third case the batch is padded further than its longest row
CASES = [
    ([3, 1, 4, 2], 4, 2, 3),
    ([1, 1], 1, 3, 2),
    ([2, 3, 1], 5, 1, 4),
    ([6], 6, 2, 1),
    ([5, 5, 5], 5, 4, 2),
    ([1, 12], 12, 3, 5),
]
RESULTS = ("hs", "h_last", "dxs", "dh0", "dwx", "dwh", "db")


def drawn_arguments(
    lengths: list[int], steps: int, inputs: int, hidden: int
) -> dict[str, torch.Tensor]:
    """The arguments of `bidirectional_forward` and the cotangents of its results."""
    batch = len(lengths)
    shapes = {
        "xs": (batch, steps, inputs),
        "h0": (2, batch, hidden),
        "wx": (2, inputs, hidden),
        "wh": (2, hidden, hidden),
        "b": (2, hidden),
        "dhs": (batch, steps, 2 * hidden),
        "dh_last": (batch, 2 * hidden),
    }
    source = torch.Generator().manual_seed(33)
    drawn = {
        name: torch.randn(shape, generator=source, dtype=torch.float64)
        for name, shape in shapes.items()
    }
    return {**drawn, "lengths": torch.tensor(lengths)}


def torch_rnn(arguments: dict[str, torch.Tensor], *, packed: bool) -> dict[str, torch.Tensor]:
    """The states and gradients of a bidirectional `torch.nn.RNN` with the same weights.

    It keeps the transposed matrices and two biases that it adds; b is shared out between them, and
    each of the two receives the whole gradient of b.
    """
    a = arguments
    _, inputs, hidden = a["wx"].shape
    rnn = torch.nn.RNN(
        inputs,
        hidden,
        nonlinearity="tanh",
        bidirectional=True,
        batch_first=True,
        dtype=torch.float64,
    ).to(a["xs"].device)
    suffixes = ("l0", "l0_reverse")
    with torch.no_grad():
        for k, suffix in enumerate(suffixes):
            getattr(rnn, f"weight_ih_{suffix}").copy_(a["wx"][k].T)
            getattr(rnn, f"weight_hh_{suffix}").copy_(a["wh"][k].T)
            getattr(rnn, f"bias_ih_{suffix}").copy_(0.25 * a["b"][k])
            getattr(rnn, f"bias_hh_{suffix}").copy_(0.75 * a["b"][k])

    xs, h0 = (a[name].clone().requires_grad_() for name in ("xs", "h0"))
    if packed:
        sequences = pack_padded_sequence(
            xs, a["lengths"].cpu(), batch_first=True, enforce_sorted=False
        )
        outputs, h_n = rnn(sequences, h0)
        hs, _ = pad_packed_sequence(outputs, batch_first=True, total_length=xs.shape[1])
    else:
        hs, h_n = rnn(xs, h0)
    h_last = torch.cat([h_n[0], h_n[1]], dim=1)
    torch.autograd.backward([hs, h_last], [a["dhs"], a["dh_last"]])

    def gradients(name: str) -> list[torch.Tensor]:
        return [getattr(rnn, f"{name}_{suffix}").grad for suffix in suffixes]

    return {
        "hs": hs.detach(),
        "h_last": h_last.detach(),
        "dxs": xs.grad,
        "dh0": h0.grad,
        "dwx": torch.stack([gradient.T for gradient in gradients("weight_ih")]),
        "dwh": torch.stack([gradient.T for gradient in gradients("weight_hh")]),
        "db": torch.stack(gradients("bias_ih")),
    }


def reference(arguments: dict[str, torch.Tensor], place: str) -> dict[str, torch.Tensor]:
    """The solution's results, computed on NumPy or on the arguments' device."""
    solution = load_solution("exercise-33")
    given = arguments
    if place == "numpy":
        given = {name: tensor.numpy() for name, tensor in arguments.items()}
    names = ("xs", "lengths", "h0", "wx", "wh", "b")
    hs, h_last, cache = solution.bidirectional_forward(*(given[name] for name in names))
    gradients = solution.bidirectional_backward(given["dhs"], given["dh_last"], cache)
    actual = dict(zip(RESULTS, (hs, h_last, *gradients), strict=True))
    for value in actual.values():
        assert isinstance(value, np.ndarray if place == "numpy" else torch.Tensor)
    return {name: torch.as_tensor(value) for name, value in actual.items()}


def moved(arguments: dict[str, torch.Tensor], place: str) -> dict[str, torch.Tensor]:
    place = "cpu" if place == "numpy" else place
    return {name: tensor.to(place) for name, tensor in arguments.items()}


def assert_equal(actual: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> None:
    for name in RESULTS:
        torch.testing.assert_close(
            actual[name],
            expected[name],
            rtol=1e-9,
            atol=1e-11,
            msg=lambda text, name=name: f"{name}: {text}",
        )


@pytest.mark.parametrize("case", CASES, ids=lambda c: "lengths{}_T{}_D{}_H{}".format(*c))
def test_padded_sequences_equal_torch(case: tuple[list[int], int, int, int], place: str) -> None:
    arguments = moved(drawn_arguments(*case), place)
    assert_equal(reference(arguments, place), torch_rnn(arguments, packed=True))


def test_full_sequences_equal_torch_without_packing(place: str) -> None:
    arguments = moved(drawn_arguments([4, 4, 4], 4, 2, 3), place)
    assert_equal(reference(arguments, place), torch_rnn(arguments, packed=False))


def test_reverse_padded_equals_a_flip_of_every_sequence(place: str) -> None:
    solution = load_solution("exercise-33")
    arguments = moved(drawn_arguments([2, 4, 1], 4, 3, 2), place)
    xs, lengths = arguments["xs"], arguments["lengths"]
    expected = xs.clone()
    for row, length in zip(expected, lengths.tolist(), strict=True):
        row[:length] = row[:length].flip(0)
    if place == "numpy":
        xs, lengths = xs.numpy(), lengths.numpy()
    actual = torch.as_tensor(solution.reverse_padded(xs, lengths))
    torch.testing.assert_close(actual, expected, rtol=0, atol=0)
