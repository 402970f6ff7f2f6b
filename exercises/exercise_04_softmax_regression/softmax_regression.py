"""Exercise 04: softmax, cross-entropy and the Kullback-Leibler divergence.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-04`.
"""

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def softmax(scores: Array) -> Array:
    """Turn every row of scores into probabilities.

    Must stay finite and right for scores of any size, such as 1000 or -1000.

    Args:
        scores: any real numbers, shape (N, C), one row per example.

    Returns:
        Probabilities, shape (N, C). Every row adds up to 1.
    """
    raise NotImplementedError("softmax")


def log_softmax(scores: Array) -> Array:
    """Compute the natural logarithm of softmax(scores), also where softmax itself rounds to 0.

    Args:
        scores: any real numbers, shape (N, C).

    Returns:
        Log-probabilities, shape (N, C), all of them finite.
    """
    raise NotImplementedError("log_softmax")


def one_hot(y: Array, classes: int) -> Array:
    """Write class numbers as rows that hold a single 1.

    Args:
        y: the class of each example, int64 in [0, classes), shape (N,). N may be 0.
        classes: the number of classes C. Not every class has to occur in y.

    Returns:
        Floats, shape (N, C): 1.0 in column y[n] of row n, and 0.0 elsewhere.
    """
    raise NotImplementedError("one_hot")


def cross_entropy(scores: Array, targets: Array) -> float:
    """Mean cross-entropy between the targets and softmax(scores).

    Must stay finite and right for scores of any size, such as 1000 or -1000.

    Args:
        scores: any real numbers, shape (N, C); not probabilities.
        targets: the wanted probabilities, shape (N, C). Each row is non-negative and adds up to 1;
            a row of `one_hot` is the case in which one class is simply right.

    Returns:
        The mean over the N rows, a single number, in nats.
    """
    raise NotImplementedError("cross_entropy")


def cross_entropy_gradient(scores: Array, targets: Array) -> Array:
    """Compute the gradient of `cross_entropy(scores, targets)` with respect to scores.

    Args:
        scores: shape (N, C). targets: shape (N, C), rows as for `cross_entropy`.

    Returns:
        The gradient, shape (N, C).
    """
    raise NotImplementedError("cross_entropy_gradient")


def kl_divergence(p: Array, q: Array) -> float:
    """Mean Kullback-Leibler divergence KL(p‖q) of the rows: what believing q costs when p is true.

    Args:
        p: the true probabilities, shape (N, C). q: the believed ones, shape (N, C). Each row of
            both is non-negative and adds up to 1; zeros are allowed.

    Returns:
        The mean over the N rows, a single number, in nats. A class with p = 0 adds nothing,
        whatever q is; p > 0 with q = 0 makes the result infinite.
    """
    raise NotImplementedError("kl_divergence")
