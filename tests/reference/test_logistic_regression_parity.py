"""Exercise 03's reference against torch's losses, autograd, `torch.optim` and scikit-learn."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from grader.judge.library import load_solution

SHAPES = [(7, 3), (1, 4), (40, 1), (25, 6)]
LARGE = [1000.0, -1000.0, 710.0, -746.0, 40.0, -40.0, 0.0, 1e-9]


@pytest.fixture(scope="module")
def solution():
    return load_solution("exercise-03")


def drawn(n: int, d: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, float]:
    """x, y, w and b; the labels are noisy, so that no line separates them when n is large."""
    source = torch.Generator().manual_seed(3)
    x = torch.randn(n, d, generator=source, dtype=torch.float64)
    y = (x[:, 0] + torch.randn(n, generator=source, dtype=torch.float64) > 0.3).to(torch.int64)
    return x, y, torch.randn(d, generator=source, dtype=torch.float64), -0.7


def at(place: str, tensor: torch.Tensor):
    return tensor.numpy() if place == "numpy" else tensor.to(place)


def assert_same(place: str, actual, expected: torch.Tensor) -> None:
    assert isinstance(actual, np.ndarray | np.floating if place == "numpy" else torch.Tensor)
    if place != "numpy":
        assert actual.device.type == place
    torch.testing.assert_close(torch.as_tensor(actual).cpu(), expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("shape", [(8,), (2, 4), (2, 2, 2)])
def test_sigmoid_equals_torch(solution, place: str, shape: tuple[int, ...]) -> None:
    z = torch.tensor(LARGE, dtype=torch.float64).reshape(shape)
    assert_same(place, solution.sigmoid(at(place, z)), torch.sigmoid(z))


def test_cross_entropy_of_probabilities_equals_torch(solution, place: str) -> None:
    p = torch.tensor([0.1, 0.25, 0.5, 0.9, 1.0, 0.0, 1e-40], dtype=torch.float64)
    y = torch.tensor([1, 0, 1, 0, 1, 0, 1])
    expected = functional.binary_cross_entropy(p, y.double())
    assert_same(place, solution.binary_cross_entropy(at(place, p), at(place, y)), expected)


@pytest.mark.parametrize("label", [0, 1])
def test_cross_entropy_of_logits_equals_torch(solution, place: str, label: int) -> None:
    for value in LARGE:
        z, y = torch.tensor([value, 0.5], dtype=torch.float64), torch.tensor([label, 1 - label])
        expected = functional.binary_cross_entropy_with_logits(z, y.double())
        assert_same(
            place, solution.binary_cross_entropy_with_logits(at(place, z), at(place, y)), expected
        )


@pytest.mark.parametrize("scale", [1.0, 500.0])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: "N{}_D{}".format(*s))
def test_gradient_equals_autograd(solution, shape, scale: float, place: str) -> None:
    x, y, w, b = drawn(*shape)
    x = scale * x
    leaf, bias = w.clone().requires_grad_(), torch.tensor(b, dtype=w.dtype, requires_grad=True)
    functional.binary_cross_entropy_with_logits(x @ leaf + bias, y.double()).backward()
    dw, db = solution.logistic_gradient(at(place, x), at(place, y), at(place, w), b)
    assert_same(place, dw, leaf.grad)
    assert_same(place, db, bias.grad)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: "N{}_D{}".format(*s))
def test_both_losses_can_be_differentiated(solution, shape) -> None:
    """Autograd of the reference's own losses gives its gradient."""
    x, y, w, b = drawn(*shape)
    dw, db = solution.logistic_gradient(x, y, w, b)
    leaf, bias = w.clone().requires_grad_(), torch.tensor(b, dtype=w.dtype, requires_grad=True)
    z = x @ leaf + bias
    losses = (
        solution.binary_cross_entropy(solution.sigmoid(z), y),
        solution.binary_cross_entropy_with_logits(z, y),
    )
    for loss in losses:
        actual = torch.autograd.grad(loss, (leaf, bias), retain_graph=True)
        torch.testing.assert_close(actual, (dw, db), rtol=1e-10, atol=1e-12)


def test_fit_equals_torch_step_by_step(solution, place: str) -> None:
    x, y, w, b = drawn(25, 6)
    leaf, bias = w.clone().requires_grad_(), torch.tensor(b, dtype=w.dtype, requires_grad=True)
    optimizer = torch.optim.SGD([leaf, bias], lr=0.3)
    ws, bs = [leaf.detach().clone()], [bias.detach().clone()]
    for _ in range(30):
        optimizer.zero_grad()
        functional.binary_cross_entropy_with_logits(x @ leaf + bias, y.double()).backward()
        optimizer.step()
        ws.append(leaf.detach().clone())
        bs.append(bias.detach().clone())
    actual = solution.fit_logistic_regression(*(at(place, part) for part in (x, y, w)), b, 0.3, 30)
    assert_same(place, actual[0], torch.stack(ws))
    assert_same(place, actual[1], torch.stack(bs))


def test_fit_converges_to_scikit_learn(solution) -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    x, y, w, b = (part.numpy() if torch.is_tensor(part) else part for part in drawn(60, 3))
    ws, bs = solution.fit_logistic_regression(x, y, w, b, 1.0, 2000)
    model = linear_model.LogisticRegression(C=np.inf, tol=1e-12, max_iter=1000).fit(x, y)
    np.testing.assert_allclose(ws[-1], model.coef_[0], rtol=1e-5)
    np.testing.assert_allclose(bs[-1], model.intercept_[0], rtol=1e-5)
    np.testing.assert_allclose(
        solution.sigmoid(x @ ws[-1] + bs[-1]), model.predict_proba(x)[:, 1], rtol=1e-5
    )
