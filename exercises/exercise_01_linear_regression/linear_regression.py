"""Exercise 01: linear regression by least squares.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-01`.
"""

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def predict(x: Array, w: Array, b: float) -> Array:
    """Predict a target for every example: a weighted sum of its features, plus the intercept.

    Args:
        x: features, shape (N, D), one row per example.
        w: weights, shape (D,), one per feature.
        b: the intercept, a number.

    Returns:
        The predictions, shape (N,), one per example.
    """
    raise NotImplementedError("predict")


def mean_squared_error(predictions: Array, y: Array) -> float:
    """Average the squared residuals.

    Args:
        predictions: shape (N,).
        y: targets, shape (N,).

    Returns:
        The mean over the N examples, a single number, without a factor ½.
    """
    raise NotImplementedError("mean_squared_error")


def mean_absolute_error(predictions: Array, y: Array) -> float:
    """Average the sizes of the residuals.

    Args:
        predictions: shape (N,).
        y: targets, shape (N,).

    Returns:
        The mean over the N examples, a single number.
    """
    raise NotImplementedError("mean_absolute_error")


def fit_line(x: Array, y: Array) -> tuple[float, float]:
    """Find the line with the smallest mean squared error, from covariance and variance.

    Args:
        x: the only feature, shape (N,), with at least two different values. They may lie far
            from zero.
        y: targets, shape (N,).

    Returns:
        slope, intercept: two numbers, in this order.
    """
    raise NotImplementedError("fit_line")


def fit_normal_equation(x: Array, y: Array) -> tuple[Array, float]:
    """Find the weights and the intercept with the smallest mean squared error.

    Args:
        x: features, shape (N, D), one row per example, without a column of ones.
        y: targets, shape (N,).

    Returns:
        w: weights, shape (D,).
        b: the intercept, a number. If many solutions are equally good, the one with the smallest
            sum of squares of w and b.
    """
    raise NotImplementedError("fit_normal_equation")
