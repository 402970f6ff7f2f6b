"""Reference solution of exercise 01: least squares with one feature and with several.

Legendre (1805); Penrose (1956); Hastie, Tibshirani and Friedman (2009), sections 2.3 and 3.2.
N examples, D features.
"""

from typing import Any

from array_api_compat import array_namespace, device

Array = Any


def predict(x: Array, w: Array, b: float) -> Array:
    """x (N, D), w (D,), b a number → predictions (N,)."""
    return x @ w + b


def mean_squared_error(predictions: Array, y: Array) -> float:
    """predictions (N,), y (N,) → the mean of the squared residuals."""
    xp = array_namespace(predictions)
    residual = predictions - y
    return xp.mean(residual**2)


def mean_absolute_error(predictions: Array, y: Array) -> float:
    """predictions (N,), y (N,) → the mean size of the residuals."""
    xp = array_namespace(predictions)
    residual = predictions - y
    return xp.mean(xp.abs(residual))


def fit_line(x: Array, y: Array) -> tuple[float, float]:
    """x (N,), y (N,) → slope = cov(x, y) / var(x), and intercept."""
    xp = array_namespace(x)
    dx = x - xp.mean(x)
    dy = y - xp.mean(y)
    slope = xp.mean(dx * dy) / xp.mean(dx**2)
    return slope, xp.mean(y) - slope * xp.mean(x)


def fit_normal_equation(x: Array, y: Array) -> tuple[Array, float]:
    """x (N, D), y (N,) → w (D,) and b, the minimum-norm solution of (AᵀA) v = Aᵀy, A = [1, x]."""
    xp = array_namespace(x)
    ones = xp.ones((x.shape[0], 1), dtype=x.dtype, device=device(x))
    design = xp.concat([ones, x], axis=1)
    v = xp.linalg.pinv(design) @ y
    return v[1:], v[0]
