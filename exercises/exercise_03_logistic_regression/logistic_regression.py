"""Exercise 03: logistic regression, its loss, its gradient and its fit.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-03`.
"""

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def sigmoid(z: Array) -> Array:
    """Turn logits into probabilities, `1 / (1 + exp(-z))`, entry by entry.

    Must be right for logits of any size, such as 1000 and -1000.

    Args:
        z: logits, any shape.

    Returns:
        The probabilities, same shape as z.
    """
    raise NotImplementedError("sigmoid")


def binary_cross_entropy(p: Array, y: Array) -> float:
    """Mean of the negative logarithm of the probability that each label was given.

    Nothing is added inside the logarithms and nothing is clipped.

    Args:
        p: the probability of label 1 for each example, from 0 to 1, shape (N,).
        y: labels, int64, 0 or 1, shape (N,).

    Returns:
        The mean over the N examples, a single number, in nats.
    """
    raise NotImplementedError("binary_cross_entropy")


def binary_cross_entropy_with_logits(z: Array, y: Array) -> float:
    """Compute the loss of `binary_cross_entropy` for `p = sigmoid(z)`, from z itself.

    Must be finite and right for logits of any size, such as 1000 and -1000.

    Args:
        z: the logit of label 1 for each example, shape (N,).
        y: labels, int64, 0 or 1, shape (N,).

    Returns:
        The mean over the N examples, a single number, in nats.
    """
    raise NotImplementedError("binary_cross_entropy_with_logits")


def logistic_gradient(x: Array, y: Array, w: Array, b: float) -> tuple[Array, float]:
    """Compute the gradient of the mean loss of the model `sigmoid(x @ w + b)`.

    Args:
        x: inputs, shape (N, D), one row per example.
        y: labels, int64, 0 or 1, shape (N,).
        w: weights, shape (D,).
        b: bias, a single number.

    Returns:
        dw, db: the gradients with respect to w, shape (D,), and b, a single number.
    """
    raise NotImplementedError("logistic_gradient")


def fit_logistic_regression(
    x: Array, y: Array, w: Array, b: float, learning_rate: float, steps: int
) -> tuple[Array, Array]:
    """Take steps down the gradient of all examples.

    Args:
        x: inputs, shape (N, D). y: labels, int64, 0 or 1, shape (N,).
        w: the weights to start from, shape (D,); they must not be changed.
        b: the bias to start from, a single number.
        learning_rate: the size of a step, the same for all of them.
        steps: the number of updates, 0 or more.

    Returns:
        ws, bs: the weights, shape (steps + 1, D), and biases, shape (steps + 1,), that were passed
        through. Row 0 is the starting point, row t is what t updates lead to.
    """
    raise NotImplementedError("fit_logistic_regression")
