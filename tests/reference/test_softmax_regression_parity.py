"""The reference of exercise 04 against `torch.nn.functional` and `scipy.special`."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from grader.judge.library import load_solution

SIZES = [(1, 4), (3, 1), (5, 2), (4, 7), (16, 33)]  # N, C
CLOSE = {"rtol": 1e-10, "atol": 1e-12}

all_sizes = pytest.mark.parametrize("sizes", SIZES, ids=lambda s: "N{}_C{}".format(*s))


@pytest.fixture(scope="module")
def regression():
    return load_solution("exercise-04")


def _scores(n, c, device, seed=4, size=3.0):
    source = torch.Generator().manual_seed(seed)
    return size * torch.randn(n, c, generator=source, dtype=torch.float64).to(device)


def _classes(n, c, device):
    return torch.randint(c, (n,), generator=torch.Generator().manual_seed(44)).to(device)


def _extreme(device):
    rows = [[1000.0, 998.0, -1000.0], [-1000.0, -1001.5, -1003.0], [0.0, 5000.0, 4999.0]]
    return torch.tensor(rows, dtype=torch.float64, device=device)


@all_sizes
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_and_its_logarithm(regression, name, sizes, device):
    """Values, and autograd through the reference against autograd through torch's function."""
    scores = _scores(*sizes, device).requires_grad_()
    cotangent = _scores(*sizes, device, seed=5)
    actual = getattr(regression, name)(scores)
    expected = getattr(functional, name)(scores, dim=1)
    torch.testing.assert_close(actual, expected, **CLOSE)
    torch.testing.assert_close(
        torch.autograd.grad(actual, scores, cotangent),
        torch.autograd.grad(expected, scores, cotangent),
        **CLOSE,
    )


def test_scores_of_any_size(regression, device):
    scores = _extreme(device)
    torch.testing.assert_close(regression.softmax(scores), functional.softmax(scores, 1), **CLOSE)
    torch.testing.assert_close(
        regression.log_softmax(scores), functional.log_softmax(scores, 1), **CLOSE
    )


def test_one_hot(regression, device):
    y = _classes(9, 5, device)
    actual = regression.one_hot(y, 6)
    assert actual.dtype == torch.float64
    assert actual.device == y.device
    assert torch.equal(actual, functional.one_hot(y, 6).double())


@all_sizes
@pytest.mark.parametrize("kind", ["ids", "one-hot", "soft"])
def test_cross_entropy(regression, kind, sizes, device):
    """torch takes class ids or probabilities; the gradient is that of autograd, for both."""
    scores = _scores(*sizes, device).requires_grad_()
    y = _classes(*sizes, device)
    targets = regression.one_hot(y, sizes[1])
    if kind == "soft":
        targets = functional.softmax(_scores(*sizes, device, seed=6, size=1.0), dim=1)
    expected = functional.cross_entropy(scores, y if kind == "ids" else targets)
    (expected_gradient,) = torch.autograd.grad(expected, scores)
    actual = regression.cross_entropy(scores, targets)
    (own_gradient,) = torch.autograd.grad(actual, scores)
    torch.testing.assert_close(actual, expected, **CLOSE)
    torch.testing.assert_close(own_gradient, expected_gradient, **CLOSE)
    with torch.no_grad():
        written_out = regression.cross_entropy_gradient(scores, targets)
    torch.testing.assert_close(written_out, expected_gradient, **CLOSE)


def test_cross_entropy_of_scores_of_any_size(regression, device):
    scores = _extreme(device).requires_grad_()
    y = torch.tensor([2, 0, 0], device=device)
    expected = functional.cross_entropy(scores, y)
    (gradient,) = torch.autograd.grad(expected, scores)
    targets = regression.one_hot(y, 3)
    torch.testing.assert_close(regression.cross_entropy(scores, targets), expected, **CLOSE)
    with torch.no_grad():
        actual = regression.cross_entropy_gradient(scores, targets)
    torch.testing.assert_close(actual, gradient, **CLOSE)


@all_sizes
def test_kl_divergence(regression, sizes, device):
    """torch takes log q first and p second, and only "batchmean" divides by N alone."""
    p = functional.softmax(_scores(*sizes, device), dim=1).requires_grad_()
    q = functional.softmax(_scores(*sizes, device, seed=6), dim=1).requires_grad_()
    expected = functional.kl_div(q.log(), p, reduction="batchmean")
    actual = regression.kl_divergence(p, q)
    torch.testing.assert_close(actual, expected, **CLOSE)
    torch.testing.assert_close(
        torch.autograd.grad(actual, (p, q)), torch.autograd.grad(expected, (p, q)), **CLOSE
    )


def test_kl_divergence_with_zeros(regression, device):
    p = torch.tensor([[0.0, 0.25, 0.75], [0.5, 0.5, 0.0]], dtype=torch.float64, device=device)
    q = torch.tensor([[0.5, 0.25, 0.25], [0.2, 0.3, 0.5]], dtype=torch.float64, device=device)
    expected = functional.kl_div(q.log(), p, reduction="batchmean")
    torch.testing.assert_close(regression.kl_divergence(p, q), expected, **CLOSE)
    assert regression.kl_divergence(q, p) == torch.inf
    assert functional.kl_div(p.log(), q, reduction="batchmean") == torch.inf


@all_sizes
def test_numpy_against_scipy(regression, sizes):
    reference = pytest.importorskip("scipy.special")
    scores = _scores(*sizes, "cpu").numpy()
    q = reference.softmax(scores, axis=1)
    p = reference.softmax(_scores(*sizes, "cpu", seed=6).numpy(), axis=1)
    np.testing.assert_allclose(regression.softmax(scores), q, rtol=1e-12)
    np.testing.assert_allclose(
        regression.log_softmax(scores), reference.log_softmax(scores, axis=1), rtol=1e-12
    )
    divergence = reference.rel_entr(p, q).sum() / sizes[0]
    np.testing.assert_allclose(regression.kl_divergence(p, q), divergence, rtol=1e-11, atol=1e-15)
    entropy = reference.entr(p).sum() / sizes[0]
    np.testing.assert_allclose(
        regression.cross_entropy(scores, p), entropy + divergence, rtol=1e-11, atol=1e-15
    )


def test_numpy_against_scipy_with_zeros(regression):
    """Also without a warning of NumPy, which would be an error here."""
    reference = pytest.importorskip("scipy.special")
    rows = [[0.5, 0.5, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.25, 0.5, 0.25]]
    for p in rows:
        for q in rows:
            actual = regression.kl_divergence(np.array([p]), np.array([q]))
            np.testing.assert_allclose(actual, reference.rel_entr(p, q).sum(), rtol=1e-12)
