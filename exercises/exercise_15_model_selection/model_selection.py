"""Exercise 15: choosing between models without fooling yourself.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-15`.
"""

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def train_validation_test_split(
    n: int, validation: float, test: float, generator: np.random.Generator
) -> tuple[Array, Array, Array]:
    """Shuffle the row numbers 0 … n-1 and cut them into three parts.

    Args:
        n: the number of rows, at least 1.
        validation: the share of the validation part, 0 or more.
        test: the share of the test part, 0 or more; both shares together are below 1.
        generator: NumPy's, for either backend. Draw exactly one `generator.permutation(n)`.

    Returns:
        training, validation and test rows: three int64 arrays, taken from the permutation in this
        order. The last two have floor(n * share) entries; the training part gets all others.
    """
    raise NotImplementedError("train_validation_test_split")


def k_fold(rows: Array, k: int) -> list[tuple[Array, Array]]:
    """Cut the rows into k folds, and let each fold once be the validation part.

    Args:
        rows: row numbers in the order in which they are cut, int64, all different, shape (n,).
            They need not be 0 … n-1.
        k: the number of folds, 2 to n.

    Returns:
        A list of k pairs (training, validation), both int64 arrays of entries of `rows`, in the
        order of `rows`. The first n % k folds have one entry more than the others.
    """
    raise NotImplementedError("k_fold")


def bias_variance(predictions: Array, targets: Array) -> tuple[float, float, float]:
    """Split the error of a way of fitting into squared bias and variance.

    Args:
        predictions: shape (R, N). Row r holds the predictions of one model, fitted to a training
            set of its own, for the same N points.
        targets: the true values at these points, without noise, shape (N,).

    Returns:
        squared bias, variance, error: three numbers, each a mean over the N points. They may be
        asked for where all numbers lie far from zero.
    """
    raise NotImplementedError("bias_variance")


def learning_curve(
    x_train: Array, y_train: Array, x_val: Array, y_val: Array, sizes: Array, strength: float
) -> tuple[Array, Array]:
    """Fit ridge regression to the first m training rows, for every m in `sizes`.

    Args:
        x_train: features, shape (N, D), one row per example. y_train: targets, shape (N,).
        x_val: features, shape (V, D). y_val: targets, shape (V,).
        sizes: the numbers m, int64 in [1, N], shape (S,), in any order.
        strength: the weight of the penalty, greater than 0.

    Returns:
        training and validation errors: two arrays of shape (S,), in the order of `sizes`. Entry s
        holds the mean squared error on the first m training rows and on all validation rows.
    """
    raise NotImplementedError("learning_curve")
