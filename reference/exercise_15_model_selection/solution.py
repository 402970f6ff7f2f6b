"""Reference solution of exercise 15: splits, folds, bias and variance, learning curves.

Stone (1974); Geman, Bienenstock and Doursat (1992); Hastie, Tibshirani and Friedman (2009),
chapter 7. n rows, k folds, R models, N points or training rows, V validation rows, D features.
"""

import math
from typing import Any

import numpy as np
from array_api_compat import array_namespace, device

Array = Any


def train_validation_test_split(
    n: int, validation: float, test: float, generator: np.random.Generator
) -> tuple[Array, Array, Array]:
    """One permutation of 0 … n-1, cut into training, validation and test rows."""
    order = generator.permutation(n)
    stop = n - math.floor(n * test)
    start = stop - math.floor(n * validation)
    return order[:start], order[start:stop], order[stop:]


def k_fold(rows: Array, k: int) -> list[tuple[Array, Array]]:
    """rows (n,) → k pairs (training, validation); the first n % k folds are one larger."""
    xp = array_namespace(rows)
    size, larger = divmod(rows.shape[0], k)
    pairs, start = [], 0
    for fold in range(k):
        stop = start + size + (fold < larger)
        pairs.append((xp.concat([rows[:start], rows[stop:]]), rows[start:stop]))
        start = stop
    return pairs


def bias_variance(predictions: Array, targets: Array) -> tuple[float, float, float]:
    """predictions (R, N), targets (N,) → squared bias, variance and error, means over points."""
    xp = array_namespace(predictions)
    average = xp.mean(predictions, axis=0)
    squared_bias = xp.mean((average - targets) ** 2)
    variance = xp.mean((predictions - average) ** 2)
    error = xp.mean((predictions - targets) ** 2)
    return squared_bias, variance, error


def learning_curve(
    x_train: Array, y_train: Array, x_val: Array, y_val: Array, sizes: Array, strength: float
) -> tuple[Array, Array]:
    """x (N, D) and (V, D), y (N,) and (V,), sizes (S,) → training and validation errors (S,)."""
    xp = array_namespace(x_train)
    training, validation = [], []
    for size in sizes:
        x, y = x_train[:size, :], y_train[:size]
        mean, scale = _statistics(x)
        w, b = _ridge((x - mean) / scale, y, strength)
        training.append(xp.mean(((x - mean) / scale @ w + b - y) ** 2))
        validation.append(xp.mean(((x_val - mean) / scale @ w + b - y_val) ** 2))
    return xp.stack(training), xp.stack(validation)


def _statistics(x: Array) -> tuple[Array, Array]:
    """x (m, D) → mean (D,) and standard deviation (D,), 1 for a feature that never changes."""
    xp = array_namespace(x)
    mean = xp.mean(x, axis=0)
    deviation = xp.sqrt(xp.mean((x - mean) ** 2, axis=0))
    return mean, xp.where(deviation > 0, deviation, xp.ones_like(deviation))


def _ridge(z: Array, y: Array, strength: float) -> tuple[Array, Array]:
    """z (m, D), columns of mean 0, y (m,) → w (D,) and b: (zᵀz/m + strength·I) w = zᵀ(y - b)/m."""
    xp = array_namespace(z)
    m, d = z.shape
    b = xp.mean(y)
    identity = xp.eye(d, dtype=z.dtype, device=device(z))
    return xp.linalg.solve(z.T @ z / m + strength * identity, z.T @ (y - b) / m), b
