"""Exercise 05's reference against scikit-learn's Ridge and Lasso and against torch.

The libraries divide differently. With N examples, ours is (1/N)·Σr² + s·Σw² for ridge and
(1/N)·Σr² + s·Σ|w| for the lasso; scikit-learn's are Σr² + alpha·Σw² and (1/2N)·Σr² + alpha·Σ|w|.
So alpha is N·s for Ridge and s/2 for Lasso. Neither library penalises the intercept.
"""

import numpy as np
import pytest
import torch
from sklearn.linear_model import Lasso, Ridge
from torch.nn.functional import softshrink
from torch.optim.lr_scheduler import ReduceLROnPlateau

from grader.judge.library import load_solution

#: Examples and features; the third has more features than examples.
SHAPES = [(5, 1), (40, 7), (6, 11), (200, 12)]
CLOSE = {"rtol": 1e-10, "atol": 1e-12}


@pytest.fixture(scope="module")
def solution():
    return load_solution("exercise-05")


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def draw(rng, n, d):
    """Columns of different sizes and means, and targets that some of them explain."""
    x = rng.normal(size=(n, d)) * rng.uniform(0.5, 1.5, size=d) + 0.5 * rng.normal(size=d)
    return x, x[:, 0] - 0.5 * x[:, -1] + rng.normal(size=n) + 4.0


@pytest.mark.parametrize("strength", [0.0, 0.3, 2.0])
@pytest.mark.parametrize("shape", [(1,), (5,), (4, 3), (2, 3, 4)])
def test_l2_gradient_equals_autograd(solution, shape, strength, device):
    source = torch.Generator().manual_seed(5)
    w = torch.randn(shape, generator=source, dtype=torch.float64).to(device).requires_grad_()
    penalty = solution.l2_penalty(w, strength)
    torch.testing.assert_close(penalty, strength * w.detach().square().sum(), **CLOSE)
    (expected,) = torch.autograd.grad(penalty, w)
    gradient = solution.l2_gradient(w.detach(), strength)
    assert gradient.device == w.device
    torch.testing.assert_close(gradient, expected, **CLOSE)


@pytest.mark.parametrize("threshold", [0.0, 0.5, 1.25])
def test_soft_threshold_equals_softshrink(solution, threshold, device):
    """Values, ties with the threshold among them, and autograd away from the corners."""
    source = torch.Generator().manual_seed(6)
    drawn = torch.randn(6, 7, generator=source, dtype=torch.float64).to(device).requires_grad_()
    ties = torch.tensor([0.5, -0.5, 0.0, 1.25, -1.25], dtype=torch.float64, device=device)
    assert torch.equal(solution.soft_threshold(ties, threshold), softshrink(ties, threshold))
    actual, expected = solution.soft_threshold(drawn, threshold), softshrink(drawn, threshold)
    torch.testing.assert_close(actual, expected, **CLOSE)
    cotangent = torch.randn(6, 7, generator=source, dtype=torch.float64).to(device)
    torch.testing.assert_close(
        torch.autograd.grad(actual, drawn, cotangent),
        torch.autograd.grad(expected, drawn, cotangent),
        **CLOSE,
    )


@pytest.mark.parametrize("strength", [0.01, 0.5, 20.0])
@pytest.mark.parametrize(("n", "d"), SHAPES)
def test_ridge_equals_scikit_learn(solution, rng, n, d, strength, place, put, back):
    x, y = draw(rng, n, d)
    theirs = Ridge(alpha=n * strength, solver="svd").fit(x, y)
    w, b = solution.fit_ridge(put(x, place), put(y, place), strength)
    np.testing.assert_allclose(back(w, place), theirs.coef_, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(back(b, place), theirs.intercept_, rtol=1e-9)


@pytest.mark.parametrize("strength", [0.0, 0.3])
def test_ridge_gradient_is_zero_for_autograd(solution, rng, strength, place, put, back):
    """The objective is written with torch here and differentiated for w and b."""
    x, y = draw(rng, 30, 4)
    found = solution.fit_ridge(put(x, place), put(y, place), strength)
    w, b = (torch.tensor(back(value, place), requires_grad=True) for value in found)
    residual = torch.tensor(x) @ w + b - torch.tensor(y)
    objective = residual.square().mean() + strength * w.square().sum()
    for gradient in torch.autograd.grad(objective, (w, b)):
        torch.testing.assert_close(gradient, torch.zeros_like(gradient), rtol=0, atol=1e-12)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.8, 1.01])
@pytest.mark.parametrize(("n", "d"), [(12, 1), (40, 7), (200, 12)])
def test_converged_lasso_equals_scikit_learn(solution, rng, n, d, share, place, put, back):
    """Strengths are shares of the smallest one at which no weight is left."""
    x, y = draw(rng, n, d)
    design = np.column_stack([np.ones(n), x])
    rate = 1 / np.linalg.eigvalsh(2 * design.T @ design / n)[-1]
    xc = x - x.mean(axis=0)
    strength = float(share * np.max(np.abs(2 * xc.T @ y / n)))
    theirs = Lasso(alpha=strength / 2, tol=1e-14, max_iter=100_000).fit(x, y)
    start = rng.normal(size=d)
    ws, bs = solution.fit_lasso(
        put(x, place), put(y, place), put(start, place), 0.5, strength, float(rate), 2000
    )
    w, b = back(ws, place)[-1], back(bs, place)[-1]
    np.testing.assert_allclose(w, theirs.coef_, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(b, theirs.intercept_, rtol=1e-9)
    assert np.array_equal(w == 0, theirs.coef_ == 0)
    assert np.all(w == 0) == (share > 1)


@pytest.mark.parametrize("patience", [1, 2, 3, 7])
@pytest.mark.parametrize("min_delta", [0.0, 0.25, 0.5])
def test_early_stopping_equals_torch_scheduler(solution, rng, patience, min_delta, place, put):
    """torch lowers its rate after *more* than its patience of bad epochs, so it gets one less."""
    for _ in range(40):
        losses = rng.integers(1, 12, size=rng.integers(1, 15)) / 4
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
        scheduler = ReduceLROnPlateau(
            optimizer, patience=patience - 1, threshold=min_delta, threshold_mode="abs"
        )
        for stopped, loss in enumerate(losses):  # noqa: B007
            scheduler.step(loss)
            if optimizer.param_groups[0]["lr"] < 1.0:
                break
        best, last = solution.early_stopping(put(losses, place), patience, min_delta)
        assert last == stopped
        assert losses[best] == scheduler.best
        assert best == list(losses).index(scheduler.best)
