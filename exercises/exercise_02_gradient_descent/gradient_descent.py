"""Exercise 02: gradient descent with all examples, with one, and with a few at a time.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-02`.
"""

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def mse_gradient(x: Array, y: Array, w: Array) -> Array:
    """Compute the gradient of the mean squared error of `x @ w` with respect to w.

    Args:
        x: inputs, shape (N, D), one row per example.
        y: targets, shape (N,).
        w: weights, shape (D,).

    Returns:
        The gradient, shape (D,). The loss is the mean over the N rows, without a factor ½.
    """
    raise NotImplementedError("mse_gradient")


def batch_gradient_descent(x: Array, y: Array, w: Array, learning_rate: float, steps: int) -> Array:
    """Take steps down the gradient of all examples.

    Args:
        x: inputs, shape (N, D). y: targets, shape (N,).
        w: the starting point, shape (D,); it must not be changed.
        learning_rate: the size of a step, the same for all of them.
        steps: the number of updates, 0 or more.

    Returns:
        The path, shape (steps + 1, D): row 0 is w, row t the weights after t updates.
    """
    raise NotImplementedError("batch_gradient_descent")


def stochastic_gradient_descent(
    x: Array, y: Array, w: Array, learning_rate: float, order: Array
) -> Array:
    """Take one step per entry of `order`, each down the gradient of that one example.

    Args:
        x: inputs, shape (N, D). y: targets, shape (N,).
        w: the starting point, shape (D,); it must not be changed.
        learning_rate: the size of a step, the same for all of them.
        order: which example to use, one after another, int64 in [0, N), shape (K,). An example
            may occur more than once, or not at all; K may be 0.

    Returns:
        The path, shape (K + 1, D): row 0 is w, row t the weights after t updates.
    """
    raise NotImplementedError("stochastic_gradient_descent")


def minibatches(n: int, batch_size: int, generator: np.random.Generator) -> list[Array]:
    """Shuffle the numbers 0 … n-1 and cut them into batches.

    Args:
        n: the number of examples, at least 1.
        batch_size: the number of examples in a batch, at least 1; it may be larger than n.
        generator: NumPy's, for either backend. Draw exactly one `generator.permutation(n)`.

    Returns:
        A list of int64 arrays of shape (batch_size,), taken from the permutation in order. What
        is left at the end makes a shorter last batch.
    """
    raise NotImplementedError("minibatches")


def minibatch_gradient_descent(
    x: Array,
    y: Array,
    w: Array,
    learning_rate: float,
    batch_size: int,
    epochs: int,
    generator: np.random.Generator,
) -> Array:
    """Take one step per mini-batch, going through all examples once in every epoch.

    Args:
        x: inputs, shape (N, D). y: targets, shape (N,).
        w: the starting point, shape (D,); it must not be changed.
        learning_rate: the size of a step, the same for all of them.
        batch_size: the number of examples in a batch; the last one of an epoch may be shorter.
        epochs: how often to go through the examples. Each epoch begins with a new shuffle.
        generator: NumPy's, for either backend; hand it to `minibatches` once per epoch.

    Returns:
        The path, shape (epochs * B + 1, D), where B is the number of batches in an epoch: row 0
        is w, row t the weights after t updates.
    """
    raise NotImplementedError("minibatch_gradient_descent")
