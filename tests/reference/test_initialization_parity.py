"""The reference of exercise 10 against `torch.nn.init` and torch autograd, in float64."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch.nn import functional

from grader.judge.library import load_solution

FANS = [(3, 400), (400, 3), (60, 45)]
ACTIVATIONS = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}
#: Standard errors that a statistic of random numbers may be away from its expectation.
Z = 6.0


@pytest.fixture(scope="module")
def initialization():
    return load_solution("exercise-10")


def _normal(*shape, device="cpu", seed=10):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64).to(device)


def _assert_moments(w, std, kurtosis):
    """Mean 0 and deviation `std`, up to Z standard errors; `kurtosis` is E[w⁴] / std⁴."""
    assert abs(w.mean()) < Z * std / math.sqrt(w.size)
    assert abs(np.mean(w**2) / std**2 - 1) < Z * math.sqrt((kurtosis - 1) / w.size)


@pytest.mark.parametrize(("fan_in", "fan_out"), FANS)
@pytest.mark.parametrize("gain", [1.0, torch.nn.init.calculate_gain("tanh")])
def test_xavier_uniform_has_the_distribution_of_torch(initialization, fan_in, fan_out, gain):
    ours = initialization.xavier_uniform(fan_in, fan_out, gain, np.random.default_rng(10))
    # torch keeps the weights of a layer as (fan_out, fan_in).
    theirs = torch.empty(fan_out, fan_in, dtype=torch.float64)
    generator = torch.Generator().manual_seed(10)
    torch.nn.init.xavier_uniform_(theirs, gain=gain, generator=generator)
    limit = gain * math.sqrt(6 / (fan_in + fan_out))
    assert ours.shape == (fan_in, fan_out)
    for w in (ours, theirs.numpy()):
        largest = np.abs(w).max()
        # The largest of n shares stays below 1 - Z²/n with probability exp(-Z²).
        assert limit * (1 - Z**2 / w.size) < largest <= limit
        _assert_moments(w, limit / math.sqrt(3), kurtosis=9 / 5)


@pytest.mark.parametrize(("fan_in", "fan_out"), FANS)
def test_he_normal_has_the_distribution_of_torch(initialization, fan_in, fan_out):
    ours = initialization.he_normal(fan_in, fan_out, np.random.default_rng(10))
    theirs = torch.empty(fan_out, fan_in, dtype=torch.float64)
    generator = torch.Generator().manual_seed(10)
    torch.nn.init.kaiming_normal_(theirs, mode="fan_in", nonlinearity="relu", generator=generator)
    std = torch.nn.init.calculate_gain("relu") / math.sqrt(fan_in)
    assert ours.shape == (fan_in, fan_out)
    for w in (ours, theirs.numpy()):
        _assert_moments(w, std, kurtosis=3)


@pytest.mark.parametrize("gain", [1.0, 5 / 3])
def test_the_same_uniform_numbers_give_the_weights_of_torch(initialization, gain, monkeypatch):
    """torch's function is handed NumPy's numbers, so that only the limit is its own."""
    shares = np.random.default_rng(4).random((5, 8))

    def filled(tensor, low, high, generator=None):
        with torch.no_grad():
            return tensor.copy_(torch.from_numpy(low + (high - low) * shares.T))

    monkeypatch.setattr(torch.nn.init, "_no_grad_uniform_", filled)
    theirs = torch.empty(8, 5, dtype=torch.float64)
    torch.nn.init.xavier_uniform_(theirs, gain=gain)
    ours = initialization.xavier_uniform(5, 8, gain, np.random.default_rng(4))
    np.testing.assert_allclose(ours, theirs.numpy().T, rtol=1e-12)


def test_the_same_normal_numbers_give_the_weights_of_torch(initialization, monkeypatch):
    numbers = torch.from_numpy(np.random.default_rng(4).standard_normal((5, 8)))

    def filled(tensor, mean, std, generator=None):
        return tensor.copy_(mean + std * numbers.T)

    monkeypatch.setattr(torch.Tensor, "normal_", filled)
    theirs = torch.empty(8, 5, dtype=torch.float64)
    torch.nn.init.kaiming_normal_(theirs, nonlinearity="relu")
    ours = initialization.he_normal(5, 8, np.random.default_rng(4))
    np.testing.assert_allclose(ours, theirs.numpy().T, rtol=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_statistics(initialization, activation, device):
    widths = [7, 12, 5, 9]
    x = _normal(20, widths[0], device=device)
    shapes = list(pairwise(widths))
    weights = [2 * _normal(*shape, device=device, seed=s) for s, shape in enumerate(shapes)]
    threshold = 0.05
    mean, std, stuck = initialization.activation_statistics(x, weights, activation, threshold)
    a = x
    for layer, w in enumerate(weights):
        z = (a @ w).requires_grad_()
        out = ACTIVATIONS[activation](z)
        (slope,) = torch.autograd.grad(out.sum(), z)
        a = out.detach()
        torch.testing.assert_close(mean[layer], a.mean())
        torch.testing.assert_close(std[layer], a.std(correction=0))
        torch.testing.assert_close(
            stuck[layer], (slope < threshold).all(dim=0).to(torch.float64).mean()
        )


@pytest.mark.parametrize(("layers", "width", "gain"), [(3, 6, 1.0), (100, 4, 1.0), (100, 9, 2.5)])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradient_norms(initialization, activation, layers, width, gain, device):
    """Each norm is compared by its own size, from 10⁻⁶⁰ to 10³⁰."""
    generator = np.random.default_rng(10)

    def drawn():
        if activation == "relu":
            return initialization.he_normal(width, width, generator)
        return initialization.xavier_uniform(width, width, gain, generator)

    weights = [torch.from_numpy(drawn()).to(device) for _ in range(layers)]
    x, dout = _normal(5, width, device=device), _normal(5, width, device=device, seed=11)
    outputs = [x.clone().requires_grad_()]
    for w in weights:
        outputs.append(ACTIVATIONS[activation](outputs[-1] @ w))
    gradients = torch.autograd.grad(outputs[-1], outputs, dout)
    wanted = torch.stack([torch.linalg.norm(g) for g in gradients])
    norms = initialization.gradient_norms(x, weights, activation, dout)
    assert norms.shape == (layers + 1,)
    torch.testing.assert_close(norms, wanted, rtol=1e-9, atol=0.0)


def test_one_hundred_sigmoid_layers_vanish_and_skip_connections_do_not(initialization):
    """What the README says of 100 layers, and the same branches with and without their skip."""
    generator = np.random.default_rng(3)
    n, width, depth = 8, 12, 100
    x, dout = generator.normal(size=(n, width)), generator.normal(size=(n, width))
    weights = [initialization.xavier_uniform(width, width, 1.0, generator) for _ in range(depth)]
    norms = initialization.gradient_norms(x, weights, "sigmoid", dout)
    assert norms[0] < 4.0**-depth * norms[-1]
    zeros = np.zeros(width)
    left, caches, plain = x, [], dout
    for w in weights:
        left, cache = initialization.residual_forward(left, 0.05 * w, zeros, w, zeros)
        caches.append(cache)
    through = dout
    for cache in reversed(caches):
        through = initialization.residual_backward(through, cache)[0]
        plain = initialization.residual_backward(plain, cache)[0] - plain
    assert 0.1 < np.linalg.norm(through) / np.linalg.norm(dout) < 100
    assert np.linalg.norm(plain) < 1e-80 * np.linalg.norm(dout)


@pytest.mark.parametrize(("n", "d", "h"), [(1, 1, 1), (4, 3, 7), (9, 8, 2), (30, 20, 40)])
def test_residual_block(initialization, n, d, h, device):
    shapes = [(n, d), (d, h), (h,), (h, d), (d,)]
    parts = [
        _normal(*shape, device=device, seed=seed).requires_grad_()
        for seed, shape in enumerate(shapes)
    ]
    x, w1, b1, w2, b2 = parts
    dout = _normal(n, d, device=device, seed=9)
    branch = functional.linear(torch.relu(functional.linear(x, w1.T, b1)), w2.T, b2)
    expected = x + branch
    wanted = torch.autograd.grad(expected, parts, dout)
    with torch.no_grad():
        out, cache = initialization.residual_forward(*parts)
        found = initialization.residual_backward(dout, cache)
    torch.testing.assert_close(out, expected.detach(), rtol=1e-11, atol=1e-12)
    for actual, right in zip(found, wanted, strict=True):
        torch.testing.assert_close(actual, right, rtol=1e-11, atol=1e-12)
