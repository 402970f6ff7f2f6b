"""Exercise 01's reference against scikit-learn, NumPy's least squares and torch's losses."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error, mean_squared_error

from grader.judge.library import load_solution

SHAPES = [(5, 1), (9, 3), (40, 7), (200, 12)]
#: Examples, features, and how many of the features are independent of each other.
DEFICIENT = [(1, 3, 1), (4, 6, 4), (12, 5, 3), (30, 4, 1), (50, 8, 7)]


@pytest.fixture(scope="module")
def solution():
    return load_solution("exercise-01")


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def assert_equal(ours, theirs):
    assert np.shape(ours) == np.shape(theirs)
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize(("n", "d"), SHAPES)
def test_fit_and_prediction_equal_scikit_learn(solution, rng, n, d, place, put, back):
    x, y, new = rng.normal(size=(n, d)), rng.normal(size=n), rng.normal(size=(6, d))
    theirs = LinearRegression().fit(x, y)
    w, b = solution.fit_normal_equation(put(x, place), put(y, place))
    assert_equal(back(w, place), theirs.coef_)
    assert_equal(back(b, place), theirs.intercept_)
    assert_equal(back(solution.predict(put(new, place), w, b), place), theirs.predict(new))


@pytest.mark.parametrize(("n", "d", "rank"), DEFICIENT)
def test_deficient_fit_equals_the_minimum_norm_solution(
    solution, rng, n, d, rank, place, put, back
):
    """With the intercept in the norm, so the libraries get the column of ones as a feature."""
    x, y = rng.normal(size=(n, rank)) @ rng.normal(size=(rank, d)), rng.normal(size=n)
    design = np.column_stack([np.ones(n), x])
    expected, _, found, _ = np.linalg.lstsq(design, y)
    assert found < d + 1
    assert_equal(LinearRegression(fit_intercept=False, tol=1e-12).fit(design, y).coef_, expected)
    w, b = solution.fit_normal_equation(put(x, place), put(y, place))
    assert_equal(back(w, place), expected[1:])
    assert_equal(back(b, place), expected[0])


@pytest.mark.parametrize("offset", [0.0, -3.0, 1e8])
@pytest.mark.parametrize("n", [2, 3, 50])
def test_line_equals_polyfit(solution, rng, n, offset, place, put, back):
    """Polyfit sees the inputs without their offset, which is then put back into the intercept."""
    x, y = rng.integers(-99, 99, size=n) / 8, rng.normal(size=n)
    slope, intercept = np.polyfit(x, y, 1)
    found = solution.fit_line(put(x + offset, place), put(y, place))
    assert_equal(back(found[0], place), slope)
    assert_equal(back(found[1], place), intercept - slope * offset)


@pytest.mark.parametrize("n", [1, 2, 17])
def test_losses_equal_scikit_learn_and_torch(solution, rng, n, place, put, back):
    predictions, y = rng.normal(size=n), rng.normal(size=n)
    given = put(predictions, place), put(y, place)
    tensors = torch.tensor(predictions), torch.tensor(y)
    squared = back(solution.mean_squared_error(*given), place)
    absolute = back(solution.mean_absolute_error(*given), place)
    assert_equal(squared, mean_squared_error(y, predictions))
    assert_equal(squared, torch.nn.functional.mse_loss(*tensors).numpy())
    assert_equal(absolute, mean_absolute_error(y, predictions))
    assert_equal(absolute, torch.nn.functional.l1_loss(*tensors).numpy())
