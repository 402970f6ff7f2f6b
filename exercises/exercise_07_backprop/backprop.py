"""Exercise 07: backpropagation through a two-layer network.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-07`.
"""

from typing import Any

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def affine_forward(x: Array, w: Array, b: Array) -> tuple[Array, Any]:
    """Compute `x @ w + b` for a batch.

    Args:
        x: inputs, shape (N, D), one row per example.
        w: weights, shape (D, M).
        b: biases, shape (M,).

    Returns:
        out: shape (N, M).
        cache: whatever `affine_backward` will need. Only your code ever looks into it.
    """
    raise NotImplementedError("affine_forward")


def affine_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Carry the gradient of the loss back through an affine layer.

    Args:
        dout: gradient of the loss with respect to `out`, shape (N, M).
        cache: what `affine_forward` returned.

    Returns:
        dx, dw, db: gradients with respect to x (N, D), w (D, M) and b (M,).
    """
    raise NotImplementedError("affine_backward")


def relu_forward(x: Array) -> tuple[Array, Any]:
    """Compute `max(0, x)` entry by entry.

    Args:
        x: any shape.

    Returns:
        out: same shape as x; cache: what `relu_backward` will need.
    """
    raise NotImplementedError("relu_forward")


def relu_backward(dout: Array, cache: Any) -> Array:
    """Carry the gradient back through the ReLU.

    Args:
        dout: gradient with respect to `out`, any shape.
        cache: what `relu_forward` returned.

    Returns:
        dx: same shape as dout.
    """
    raise NotImplementedError("relu_backward")


def softmax_loss(scores: Array, y: Array) -> tuple[float, Array]:
    """Mean cross-entropy of softmax(scores) against the right classes, and its gradient.

    Must stay finite for scores of any size, such as 1000.

    Args:
        scores: unnormalised scores (logits), shape (N, C).
        y: the right class of each row, int64 in [0, C), shape (N,).

    Returns:
        loss: the mean over the N rows, a single number, in nats.
        dscores: gradient of that mean with respect to scores, shape (N, C).
    """
    raise NotImplementedError("softmax_loss")


class TwoLayerNet:
    """affine → ReLU → affine → softmax loss, built from the functions above."""

    def __init__(self, w1: Array, b1: Array, w2: Array, b2: Array) -> None:
        """Keep the parameters.

        Args:
            w1: shape (D, H). b1: shape (H,). w2: shape (H, C). b2: shape (C,).
        """
        raise NotImplementedError("TwoLayerNet")

    def loss(self, x: Array, y: Array) -> float:
        """Return the mean loss on inputs x (N, D) with right classes y (N,)."""
        raise NotImplementedError("TwoLayerNet.loss")

    def gradients(self, x: Array, y: Array) -> dict[str, Array]:
        """Return the gradient of that loss for each parameter, keys "w1", "b1", "w2", "b2"."""
        raise NotImplementedError("TwoLayerNet.gradients")
