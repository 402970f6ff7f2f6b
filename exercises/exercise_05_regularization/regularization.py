"""Exercise 05: L2 and L1 penalties, ridge, lasso, and early stopping.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-05`.
"""

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def l2_penalty(w: Array, strength: float) -> float:
    """Compute what the L2 penalty adds to a loss.

    Args:
        w: weights of any shape, a vector or a matrix; no intercept among them.
        strength: how much the penalty counts, 0 or more.

    Returns:
        strength times the sum of all squared entries, a single number, without a factor ½.
    """
    raise NotImplementedError("l2_penalty")


def l2_gradient(w: Array, strength: float) -> Array:
    """Compute the gradient of `l2_penalty(w, strength)` with respect to w.

    Args:
        w: weights of any shape. strength: 0 or more.

    Returns:
        The gradient, same shape as w.
    """
    raise NotImplementedError("l2_gradient")


def soft_threshold(z: Array, threshold: float) -> Array:
    """Move every entry toward zero by threshold, and no further than zero.

    Args:
        z: any shape.
        threshold: a single number, 0 or more.

    Returns:
        Same shape as z; exactly 0 where |z| is at most threshold.
    """
    raise NotImplementedError("soft_threshold")


def fit_ridge(x: Array, y: Array, strength: float) -> tuple[Array, float]:
    """Find the weights and the intercept with the smallest mean squared error plus L2 penalty.

    Args:
        x: features, shape (N, D), one row per example, without a column of ones.
        y: targets, shape (N,).
        strength: the strength of the penalty on the weights, 0 or more.

    Returns:
        w: weights, shape (D,).
        b: the intercept, a number; it is not penalised.
    """
    raise NotImplementedError("fit_ridge")


def fit_lasso(
    x: Array, y: Array, w: Array, b: float, strength: float, learning_rate: float, steps: int
) -> tuple[Array, Array]:
    """Take steps of ISTA toward the smallest mean squared error plus L1 penalty.

    Args:
        x: features, shape (N, D). y: targets, shape (N,).
        w: the weights to start from, shape (D,); they must not be changed.
        b: the intercept to start from, a single number; it is not penalised.
        strength: the strength of the penalty on the weights, 0 or more.
        learning_rate: the size of a step, the same for all of them.
        steps: the number of steps, 0 or more.

    Returns:
        ws, bs: the weights, shape (steps + 1, D), and intercepts, shape (steps + 1,), that were
        passed through. Row 0 is the starting point, row t is what t steps lead to.
    """
    raise NotImplementedError("fit_lasso")


def early_stopping(losses: Array, patience: int, min_delta: float) -> tuple[int, int]:
    """Decide where training would have stopped, and which epoch's weights to keep.

    Args:
        losses: the loss on examples set aside, after each epoch, shape (E,), E at least 1.
        patience: how many epochs in a row may fail to improve before training stops, 1 or more.
        min_delta: an epoch improves if it lies below the best one by more than this, 0 or more.

    Returns:
        best_epoch: the last epoch that improved, counted from 0; epoch 0 is the first best.
        stopped_epoch: the last epoch that was run; E - 1 if patience never ran out.
    """
    raise NotImplementedError("early_stopping")
