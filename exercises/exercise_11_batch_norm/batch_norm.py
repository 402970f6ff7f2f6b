"""Exercise 11: batch normalisation, in training and in eval mode.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-11`.
"""

from typing import Any

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def batch_norm_forward(
    x: Array,
    gamma: Array,
    beta: Array,
    running_mean: Array,
    running_var: Array,
    training: bool,
    momentum: float,
    eps: float,
) -> tuple[Array, Array, Array, Any]:
    """Normalise every feature, then scale and shift it.

    Args:
        x: inputs, shape (N, D), one row per example; N is at least 2 in training.
        gamma: the scale of each feature, shape (D,).
        beta: the shift of each feature, shape (D,).
        running_mean: average of the batch means so far, shape (D,). Do not change it in place.
        running_var: average of the unbiased batch variances so far, shape (D,). The same holds.
        training: True normalises with the mean and the variance of this batch and moves the
            averages; False normalises with the averages and leaves them as they are.
        momentum: the weight of this batch in the new averages, from 0 to 1.
        eps: what is added to the variance, inside the root.

    Returns:
        out: shape (N, D).
        running_mean: the new average, shape (D,).
        running_var: the new average, shape (D,).
        cache: whatever `batch_norm_backward` will need. Only your code ever looks into it.
    """
    raise NotImplementedError("batch_norm_forward")


def batch_norm_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Carry the gradient of the loss back, in the mode that the forward was called in.

    Args:
        dout: gradient of the loss with respect to `out`, shape (N, D).
        cache: what `batch_norm_forward` returned.

    Returns:
        dx, dgamma, dbeta: gradients with respect to x (N, D), gamma (D,) and beta (D,).
    """
    raise NotImplementedError("batch_norm_backward")
