"""Exercise 30's reference against `torch.nn.LSTM`, `torch.nn.Embedding` and `cross_entropy`."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch.nn import functional

from grader.judge.library import load_solution

SHAPES = [(2, 3, 4, 5), (3, 1, 2, 4), (1, 6, 3, 2), (4, 2, 1, 3)]
NAMES = {"wx": "weight_ih", "wh": "weight_hh"}


@pytest.fixture(scope="module")
def solution():
    return load_solution("exercise-30")


def drawn(*shape, seed=0):
    source = torch.Generator().manual_seed(30 + seed)
    return torch.randn(shape, generator=source, dtype=torch.float64)


def drawn_layers(widths):
    return [
        {
            "wx": drawn(inputs, 4 * units, seed=k),
            "wh": drawn(units, 4 * units, seed=k + 10),
            "b": drawn(4 * units, seed=k + 20),
        }
        for k, (inputs, units) in enumerate(pairwise(widths))
    ]


def drawn_masks(solution, rows, steps, widths, p):
    source = np.random.default_rng(30)
    return [
        torch.from_numpy(solution.variational_dropout((rows, steps, width), p, source))
        for width in widths
    ]


def moved(value, move):
    if isinstance(value, list):
        return [moved(item, move) for item in value]
    if isinstance(value, dict):
        return {name: moved(item, move) for name, item in value.items()}
    return move(value)


def on(place, *values):
    """The arguments as NumPy arrays or as tensors on a device."""
    return [
        moved(value, lambda t: t.numpy() if place == "numpy" else t.to(place)) for value in values
    ]


def torch_layers(layers, count=1):
    """`torch.nn.LSTM`s of `count` layers each, with these weights; b is shared out in two."""
    made = []
    for start in range(0, len(layers), count):
        part = layers[start : start + count]
        lstm = torch.nn.LSTM(
            part[0]["wx"].shape[0],
            part[0]["wh"].shape[0],
            num_layers=len(part),
            batch_first=True,
            dtype=torch.float64,
        )
        with torch.no_grad():
            for k, layer in enumerate(part):
                for name, theirs in NAMES.items():
                    getattr(lstm, f"{theirs}_l{k}").copy_(layer[name].T)
                getattr(lstm, f"bias_ih_l{k}").copy_(0.25 * layer["b"])
                getattr(lstm, f"bias_hh_l{k}").copy_(0.75 * layer["b"])
        made.append(lstm)
    return made


def torch_gradients(lstms):
    """The gradients of all layers in our form, bottom first."""
    return [
        {
            **{name: getattr(lstm, f"{theirs}_l{k}").grad.T for name, theirs in NAMES.items()},
            "b": getattr(lstm, f"bias_ih_l{k}").grad,
        }
        for lstm in lstms
        for k in range(lstm.num_layers)
    ]


def assert_same(actual, expected, place):
    """`actual`, nested as it may be, has the kind of `place` and the values of `expected`."""
    if isinstance(expected, list):
        for mine, theirs in zip(actual, expected, strict=True):
            assert_same(mine, theirs, place)
    elif isinstance(expected, dict):
        assert actual.keys() == expected.keys()
        for name in expected:
            assert_same(actual[name], expected[name], place)
    else:
        if place == "numpy":
            assert isinstance(actual, np.ndarray | np.float64)
        else:
            assert isinstance(actual, torch.Tensor) and actual.device.type == place
        mine = torch.as_tensor(actual).cpu()
        torch.testing.assert_close(mine, expected.detach(), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: "B{}_T{}_D{}_H{}".format(*s))
def test_without_dropout_equals_torch_with_several_layers(solution, shape, place):
    rows, steps, inputs, units = shape
    xs, dhs = drawn(rows, steps, inputs), drawn(rows, steps, units, seed=1)
    widths = (inputs, units, units)
    layers, masks = drawn_layers(widths), drawn_masks(solution, rows, steps, widths, 0.0)
    assert all((mask == 1).all() for mask in masks)

    lstms = torch_layers(layers, count=2)
    leaf = xs.clone().requires_grad_()
    expected, _ = lstms[0](leaf)
    expected.backward(dhs)

    given, layers, masks, cotangent = on(place, xs, layers, masks, dhs)
    hs, cache = solution.stacked_lstm_forward(given, layers, masks)
    dxs, dlayers = solution.stacked_lstm_backward(cotangent, cache)
    assert_same([hs, dxs, dlayers], [expected, leaf.grad, torch_gradients(lstms)], place)


@pytest.mark.parametrize("hidden", [(4,), (5, 5), (3, 5, 2)], ids=str)
def test_with_masks_equals_torch_layers_with_products_between(solution, hidden, place):
    rows, steps, inputs = 3, 4, 2
    widths = (inputs, *hidden)
    xs, dhs = drawn(rows, steps, inputs), drawn(rows, steps, hidden[-1], seed=1)
    layers, masks = drawn_layers(widths), drawn_masks(solution, rows, steps, widths, 0.3)
    assert any((mask == 0).any() for mask in masks)

    lstms = torch_layers(layers)
    leaf = xs.clone().requires_grad_()
    expected = leaf
    for lstm, mask in zip(lstms, masks[:-1], strict=True):
        expected, _ = lstm(expected * mask)
    expected = expected * masks[-1]
    expected.backward(dhs)

    given, layers, masks, cotangent = on(place, xs, layers, masks, dhs)
    hs, cache = solution.stacked_lstm_forward(given, layers, masks)
    dxs, dlayers = solution.stacked_lstm_backward(cotangent, cache)
    assert_same([hs, dxs, dlayers], [expected, leaf.grad, torch_gradients(lstms)], place)


@pytest.mark.parametrize("p", [0.0, 0.4])
def test_tied_model_equals_torch_with_one_shared_parameter(solution, p, place):
    rows, steps, words, dout = 3, 5, 7, 0.6
    widths = (4, 6, 4)
    source = torch.Generator().manual_seed(7)
    ids = torch.randint(words - 1, (rows, steps), generator=source)  # the last word is never read
    targets = torch.randint(words, (rows, steps), generator=source)
    embed, b = drawn(words, 4), drawn(words, seed=1)
    layers, masks = drawn_layers(widths), drawn_masks(solution, rows, steps, widths, p)

    lstms = torch_layers(layers)
    table = torch.nn.Embedding(words, 4, _weight=embed.clone())
    bias = b.clone().requires_grad_()
    hs = table(ids)
    for lstm, mask in zip(lstms, masks[:-1], strict=True):
        hs, _ = lstm(hs * mask)
    scores = functional.linear(hs * masks[-1], table.weight, bias)
    expected = functional.cross_entropy(scores.reshape(-1, words), targets.reshape(-1))
    (dout * expected).backward()

    arguments = on(place, ids, targets, embed, layers, b, masks)
    loss, cache = solution.tied_language_model_forward(*arguments)
    results = [loss, *solution.tied_language_model_backward(dout, cache)]
    wanted = [expected, table.weight.grad, torch_gradients(lstms), bias.grad]
    assert_same(results, wanted, place)


@pytest.mark.parametrize("p", [0.1, 0.3, 0.8])
def test_masks_keep_the_mean_and_are_independent(solution, p):
    draws = 40_000
    mask = solution.variational_dropout((draws, 3, 4), p, np.random.default_rng(30))
    assert mask.shape == (draws, 1, 4)
    assert set(np.unique(mask)) == {0.0, 1 / (1 - p)}
    deviation = np.sqrt(p / (1 - p) / draws)
    assert np.abs(mask.mean(axis=0) - 1).max() < 6 * deviation
    correlation = np.corrcoef(mask[:, 0, :], rowvar=False)
    assert np.abs(correlation - np.eye(4)).max() < 6 / np.sqrt(draws)
