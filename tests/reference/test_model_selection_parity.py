"""Exercise 15's reference against scikit-learn and NumPy."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import KFold, ShuffleSplit, train_test_split
from sklearn.model_selection import learning_curve as sklearn_learning_curve
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from grader.judge.library import load_solution

FOLDS = [(2, 2), (5, 5), (6, 3), (7, 2), (8, 3), (11, 4), (13, 13), (50, 7)]
SHARES = [(8, 0.25), (10, 0.5), (40, 0.125), (64, 0.375)]


@pytest.fixture(scope="module")
def solution():
    return load_solution("exercise-15")


@pytest.fixture
def rng():
    return np.random.default_rng(15)


def assert_equal(ours, theirs):
    assert np.shape(ours) == np.shape(theirs)
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-11)


class RidgeBesideTheMean(Ridge):
    """scikit-learn's ridge with the penalty beside the mean, as in the exercise."""

    def fit(self, x, y):
        full, self.alpha = self.alpha, self.alpha * len(y)
        try:
            return super().fit(x, y)
        finally:
            self.alpha = full


@pytest.mark.parametrize(("n", "k"), FOLDS)
def test_folds_equal_scikit_learn(solution, n, k, place, put, back):
    rows = np.arange(n)
    pairs = solution.k_fold(put(rows, place), k)
    expected = list(KFold(k).split(rows))
    assert len(pairs) == len(expected) == k
    for ours, theirs in zip(pairs, expected, strict=True):
        for part, other in zip(ours, theirs, strict=True):
            part = back(part, place)
            assert part.dtype == np.int64
            np.testing.assert_array_equal(part, other)


@pytest.mark.parametrize(("n", "k"), FOLDS)
def test_folds_of_shuffled_rows_equal_scikit_learn(solution, rng, n, k, place, put, back):
    """Its positions, looked up in rows that are neither sorted nor 0 … n-1."""
    rows = rng.permutation(3 * n)[:n]
    pairs = solution.k_fold(put(rows, place), k)
    for ours, theirs in zip(pairs, KFold(k).split(rows), strict=True):
        for part, positions in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(back(part, place), rows[positions])


@pytest.mark.parametrize(("n", "share"), SHARES)
def test_test_part_is_as_large_as_scikit_learns(solution, rng, n, share):
    """Where the share of n is a whole number; scikit-learn rounds up, the exercise down."""
    training, validation, test = solution.train_validation_test_split(n, 0.0, share, rng)
    theirs = train_test_split(np.arange(n), test_size=share)
    assert (len(training), len(test)) == tuple(map(len, theirs))
    assert len(validation) == 0 and validation.dtype == np.int64
    np.testing.assert_array_equal(np.sort(np.concatenate([training, test])), np.arange(n))


@pytest.mark.parametrize("seed", range(5))
def test_split_holds_the_rows_of_scikit_learns_shuffle(solution, seed):
    """ShuffleSplit draws one permutation, too, and gives its front to the test part."""

    class Replay(np.random.Generator):
        def permutation(self, n):
            return np.random.RandomState(seed).permutation(n)[::-1]

    n, share = 16, 0.375
    training, _, test = solution.train_validation_test_split(
        n, 0.0, share, Replay(np.random.PCG64(0))
    )
    [(fitted, held_back)] = ShuffleSplit(1, test_size=share, random_state=seed).split(np.zeros(n))
    np.testing.assert_array_equal(test[::-1], held_back)
    np.testing.assert_array_equal(training[::-1], fitted)


def test_split_draws_one_permutation(solution):
    parts = solution.train_validation_test_split(23, 0.25, 0.125, np.random.default_rng(3))
    order = np.random.default_rng(3).permutation(23)
    assert list(map(len, parts)) == [16, 5, 2]
    np.testing.assert_array_equal(np.concatenate(parts), order)


@pytest.mark.parametrize(("r", "n"), [(1, 4), (2, 1), (5, 3), (60, 40)])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_bias_and_variance_equal_numpy(solution, rng, r, n, offset, place, put, back):
    predictions, targets = rng.normal(size=(r, n)), rng.normal(size=n)
    given = put(predictions + offset, place), put(targets + offset, place)
    bias, variance, error = (back(part, place) for part in solution.bias_variance(*given))
    precision = 1e-8 if offset else 1e-13
    exact = {"rtol": precision, "atol": precision}
    expected = mean_squared_error(targets, predictions.mean(axis=0))
    np.testing.assert_allclose(bias, expected, **exact)
    np.testing.assert_allclose(variance, np.var(predictions, axis=0).mean(), **exact)
    tiled = np.tile(targets, (r, 1))
    np.testing.assert_allclose(error, mean_squared_error(tiled, predictions), **exact)
    np.testing.assert_allclose(bias + variance, error, **exact)


@pytest.mark.parametrize("strength", [1e-3, 0.5, 20.0])
@pytest.mark.parametrize(("n", "v", "d"), [(6, 4, 1), (20, 9, 3), (60, 25, 8)])
def test_learning_curve_equals_scikit_learn(solution, rng, n, v, d, strength, place, put, back):
    """Their learning curve takes prefixes of the training rows as well."""
    x = rng.normal(size=(n + v, d)) * rng.uniform(0.1, 50, size=d) + rng.normal(size=d)
    y = x @ rng.normal(size=d) + rng.normal(size=n + v)
    sizes = np.array([1, 2, n // 2, n - 1, n])
    model = make_pipeline(StandardScaler(), RidgeBesideTheMean(alpha=strength))
    split = [(np.arange(n), np.arange(n, n + v))]
    _, training, validation = sklearn_learning_curve(
        model, x, y, train_sizes=sizes, cv=split, scoring="neg_mean_squared_error"
    )
    arrays = (put(array, place) for array in (x[:n], y[:n], x[n:], y[n:], sizes))
    ours = solution.learning_curve(*arrays, strength)
    assert_equal(back(ours[0], place), -training[:, 0])
    assert_equal(back(ours[1], place), -validation[:, 0])


def test_constant_feature_equals_scikit_learn(solution, rng, place, put, back):
    x, y = rng.normal(size=(12, 3)), rng.normal(size=12)
    x[:8, 1] = 0.5
    scaler = StandardScaler().fit(x[:5])
    model = Ridge(alpha=5 * 0.25).fit(scaler.transform(x[:5]), y[:5])
    expected = [
        mean_squared_error(y[rows], model.predict(scaler.transform(x[rows])))
        for rows in (slice(5), slice(8, None))
    ]
    arrays = (put(array, place) for array in (x[:8], y[:8], x[8:], y[8:], np.array([5])))
    ours = solution.learning_curve(*arrays, 0.25)
    assert_equal(np.concatenate([back(part, place) for part in ours]), expected)
