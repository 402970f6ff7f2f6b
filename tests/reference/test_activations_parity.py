"""The reference of exercise 06 against `torch.nn.functional` and autograd."""

import pytest
import torch
from torch.nn import functional

from grader.judge.library import load_solution

SHAPES = {"a vector": (7,), "a matrix": (3, 5), "four axes": (2, 3, 1, 4), "large": (40, 30)}
ENTRYWISE = {
    "sigmoid": (torch.sigmoid, ()),
    "tanh": (torch.tanh, ()),
    "relu": (functional.relu, ()),
    "leaky_relu": (functional.leaky_relu, (0.01,)),
    "leaky_relu steep": (functional.leaky_relu, (1.7,)),
    "elu": (functional.elu, (1.0,)),
    "elu low": (functional.elu, (0.4,)),
}


@pytest.fixture(scope="module")
def activations():
    return load_solution("exercise-06")


def _normal(*shape, device, scale=1.0, seed=6):
    generator = torch.Generator().manual_seed(seed)
    return (scale * torch.randn(*shape, generator=generator, dtype=torch.float64)).to(device)


def _assert_parity(activations, name, x, others, expected, dout):
    """Output and gradient equal those of `expected`, which autograd differentiates."""
    (wanted,) = torch.autograd.grad(expected, x, dout)
    with torch.no_grad():
        out, cache = getattr(activations, f"{name}_forward")(x, *others)
        dx = getattr(activations, f"{name}_backward")(dout, cache)
    compare = {"rtol": 1e-12, "atol": 1e-14}
    torch.testing.assert_close(out, expected.detach(), **compare)
    torch.testing.assert_close(dx, wanted, **compare)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("label", ENTRYWISE)
def test_entry_by_entry(activations, label, shape, device):
    function, others = ENTRYWISE[label]
    x = _normal(*shape, device=device, scale=2.0).requires_grad_()
    dout = _normal(*shape, device=device, seed=7)
    _assert_parity(activations, label.split()[0], x, others, function(x, *others), dout)


@pytest.mark.parametrize("label", ENTRYWISE)
def test_extreme_entries_and_zero(activations, label, device):
    """At exactly 0 the reference takes the slope of the left side, as torch does."""
    function, others = ENTRYWISE[label]
    x = torch.tensor([1e4, -1e4, 1000.0, -1000.0, 89.0, -89.0, 0.0, 1e-9], dtype=torch.float64)
    x = x.to(device).requires_grad_()
    dout = _normal(8, device=device)
    _assert_parity(activations, label.split()[0], x, others, function(x, *others), dout)


@pytest.mark.parametrize("label", ENTRYWISE)
def test_single_precision(activations, label, device):
    function, others = ENTRYWISE[label]
    x = _normal(4, 6, device=device, scale=30.0).to(torch.float32)
    out, _ = getattr(activations, f"{label.split()[0]}_forward")(x, *others)
    assert out.dtype == torch.float32
    torch.testing.assert_close(out, function(x, *others))


@pytest.mark.parametrize(("n", "units", "k"), [(3, 4, 2), (1, 1, 5), (6, 3, 1), (20, 7, 9)])
def test_maxout(activations, n, units, k, device):
    x = _normal(n, units * k, device=device).requires_grad_()
    dout = _normal(n, units, device=device, seed=7)
    _assert_parity(activations, "maxout", x, (k,), x.view(n, units, k).max(dim=2).values, dout)


def test_maxout_is_one_dimensional_max_pooling(activations, device):
    x = _normal(4, 15, device=device).requires_grad_()
    expected = functional.max_pool1d(x[:, None, :], kernel_size=3, stride=3)[:, 0, :]
    _assert_parity(activations, "maxout", x, (3,), expected, _normal(4, 5, device=device, seed=7))


def test_the_first_of_equal_entries_wins(activations, device):
    x = torch.tensor([[2.0, 2.0, 1.0, -3.0, -1.0, -1.0]], dtype=torch.float64, device=device)
    _, cache = activations.maxout_forward(x, 3)
    dout = torch.tensor([[1.5, -2.0]], dtype=torch.float64, device=device)
    dx = activations.maxout_backward(dout, cache)
    assert dx.tolist() == [[1.5, 0.0, 0.0, 0.0, -2.0, 0.0]]
