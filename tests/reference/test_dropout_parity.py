"""Exercise 12 against torch.nn.functional.dropout and autograd, and over many draws."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from grader.judge.library import load_solution

SHAPES = {"a vector": (9,), "a matrix": (6, 7), "four axes": (2, 3, 5, 4), "large": (50, 40)}
RATES = [0.0, 0.1, 0.3, 0.8, 0.99]
SEED = 12
DRAWS = 40_000
Z = 6.0


@pytest.fixture(scope="module")
def dropout():
    return load_solution("exercise-12")


def _normal(shape, device, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64).to(device)


def _inputs(shape, device):
    """x, in which a third of the entries are 0, and dout."""
    x, dout = _normal(shape, device, 1), _normal(shape, device, 2)
    x.view(-1)[::3] = 0.0
    return x, dout


def _torchs(x, p):
    """torch's dropout in training; the same seed gives the same mask for every x of a shape."""
    torch.manual_seed(SEED)
    return functional.dropout(x, p, training=True)


def _noise_like_torchs(x, p):
    """Noise with which the README's rule makes torch's mask, read off its output on ones."""
    kept = _torchs(torch.ones_like(x), p) != 0
    return torch.where(kept, torch.full_like(x, (1 + p) / 2), torch.full_like(x, p / 2))


def _assert_parity(dropout, x, u, p, training, expected, dout):
    """Output and gradient equal those of `expected`, which autograd differentiates."""
    (wanted,) = torch.autograd.grad(expected, x, dout)
    x, expected = x.detach(), expected.detach()
    out, cache = dropout.dropout_forward(x, u, p, training)
    dx = dropout.dropout_backward(dout, cache)
    compare = {"rtol": 1e-13, "atol": 0.0}
    torch.testing.assert_close(out, expected, **compare)
    torch.testing.assert_close(dx, wanted, **compare)

    host = [tensor.cpu().numpy() for tensor in (x, u, dout)]
    out, cache = dropout.dropout_forward(host[0], host[1], p, training)
    dx = dropout.dropout_backward(host[2], cache)
    assert type(out) is np.ndarray and type(dx) is np.ndarray
    np.testing.assert_allclose(out, expected.cpu().numpy(), rtol=1e-13)
    np.testing.assert_allclose(dx, wanted.cpu().numpy(), rtol=1e-13)


@pytest.mark.parametrize("p", RATES)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_training_equals_torch_with_its_mask(dropout, shape, p, device):
    x, dout = _inputs(shape, device)
    u = _noise_like_torchs(x, p)
    x.requires_grad_()
    _assert_parity(dropout, x, u, p, True, _torchs(x, p), dout)


@pytest.mark.parametrize("p", RATES)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_eval_mode_equals_torch(dropout, shape, p, device):
    x, dout = _inputs(shape, device)
    u = _noise_like_torchs(x, p)
    x.requires_grad_()
    _assert_parity(dropout, x, u, p, False, functional.dropout(x, p, training=False), dout)


def test_the_masks_that_were_read_off_are_mixed():
    x, _ = _inputs((50, 40), "cpu")
    for p in RATES[1:]:
        dropped = (_noise_like_torchs(x, p) < p).double().mean().item()
        assert abs(dropped - p) <= Z * math.sqrt(p * (1 - p) / x.numel())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_dtype_and_device_are_those_of_x(dropout, dtype, device):
    x, dout = (array.to(dtype) for array in _inputs((6, 7), device))
    u = _noise_like_torchs(x, 0.3)
    for training in (True, False):
        out, cache = dropout.dropout_forward(x, u, 0.3, training)
        dx = dropout.dropout_backward(dout, cache)
        for found in (out, dx):
            assert (found.dtype, found.device.type) == (dtype, torch.device(device).type)


@pytest.mark.parametrize("p", RATES)
def test_keep_rate_and_mean_over_many_draws(dropout, p):
    x = np.array([[3.0, -0.5, 2.0], [-4.0, 1.0, 0.25]])
    u = np.random.default_rng(SEED).random((DRAWS, *x.shape))
    out, _ = dropout.dropout_forward(np.broadcast_to(x, u.shape), u, p, training=True)
    deviation = math.sqrt(p * (1 - p))
    rate = np.mean(out != 0, axis=0)
    assert np.abs(rate - (1 - p)).max() <= Z * deviation / math.sqrt(DRAWS)
    # out is x / (1 - p) times a mask with this deviation.
    allowed = Z * np.abs(x) * deviation / (1 - p) / math.sqrt(DRAWS) + 1e-12
    assert (np.abs(out.mean(axis=0) - x) <= allowed).all()


@pytest.mark.parametrize("p", RATES[1:])
def test_entries_are_dropped_independently(dropout, p):
    u = np.random.default_rng(SEED).random((DRAWS, 4))
    out, _ = dropout.dropout_forward(np.ones((DRAWS, 4)), u, p, training=True)
    correlation = np.corrcoef(out, rowvar=False)
    assert np.abs(correlation - np.eye(4)).max() <= Z / math.sqrt(DRAWS)


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
def test_arguments_are_left_alone(dropout, training):
    given = [array.numpy() for array in _inputs((6, 7), "cpu")]
    given.append(np.random.default_rng(SEED).random((6, 7)))
    before = [array.copy() for array in given]
    x, dout, u = given
    out, cache = dropout.dropout_forward(x, u, 0.3, training)
    dx = dropout.dropout_backward(dout, cache)
    out += 1.0
    dx += 1.0
    assert all(np.array_equal(now, then) for now, then in zip(given, before, strict=True))
