"""Exercise 10: starting weights, what they do to a hundred layers, and the skip connection.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-10`.
"""

from typing import Any

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def xavier_uniform(fan_in: int, fan_out: int, gain: float, generator: np.random.Generator) -> Array:
    """Draw the starting weights of a layer, uniform between two limits.

    Args:
        fan_in: number of inputs of the layer.
        fan_out: number of its units.
        gain: a factor that makes all weights larger or smaller.
        generator: source of the random numbers, NumPy's for every backend.

    Returns:
        w: shape (fan_in, fan_out).
    """
    raise NotImplementedError("xavier_uniform")


def he_normal(fan_in: int, fan_out: int, generator: np.random.Generator) -> Array:
    """Draw the starting weights of a layer that is followed by a ReLU, from a normal distribution.

    Args:
        fan_in: number of inputs of the layer.
        fan_out: number of its units.
        generator: source of the random numbers, NumPy's for every backend.

    Returns:
        w: shape (fan_in, fan_out).
    """
    raise NotImplementedError("he_normal")


def activation_statistics(
    x: Array, weights: list[Array], activation: str, threshold: float
) -> tuple[Array, Array, Array]:
    """Send a batch through a chain of layers and describe the activations of each.

    Args:
        x: inputs, shape (N, D[0]), one row per example.
        weights: L arrays, one per layer; that of layer l has shape (D[l-1], D[l]).
        activation: "sigmoid", "tanh" or "relu", the same for all layers.
        threshold: a slope below this counts as flat.

    Returns:
        mean: mean of each layer's activations, shape (L,).
        std: their standard deviation, shape (L,).
        stuck: the share of each layer's units that are stuck, shape (L,).
    """
    raise NotImplementedError("activation_statistics")


def gradient_norms(x: Array, weights: list[Array], activation: str, dout: Array) -> Array:
    """Carry a gradient back through a chain of layers and measure it on the way.

    Args:
        x: inputs, shape (N, D[0]), one row per example.
        weights: L arrays, one per layer; that of layer l has shape (D[l-1], D[l]).
        activation: "sigmoid", "tanh" or "relu", the same for all layers.
        dout: gradient of the loss with respect to the last layer's activations, shape (N, D[L]).

    Returns:
        norms: shape (L + 1,). Entry l is the norm of the gradient with respect to the activations
            of layer l; entry 0 belongs to x and entry L to dout.
    """
    raise NotImplementedError("gradient_norms")


def residual_forward(x: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> tuple[Array, Any]:
    """Compute `x + relu(x @ w1 + b1) @ w2 + b2`.

    Args:
        x: inputs, shape (N, D), one row per example.
        w1: weights of the first layer of the branch, shape (D, H).
        b1: its biases, shape (H,).
        w2: weights of the second layer of the branch, shape (H, D).
        b2: its biases, shape (D,).

    Returns:
        out: shape (N, D).
        cache: whatever `residual_backward` will need. Only your code ever looks into it.
    """
    raise NotImplementedError("residual_forward")


def residual_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array, Array, Array]:
    """Carry the gradient of the loss back through a residual block.

    Args:
        dout: gradient of the loss with respect to `out`, shape (N, D).
        cache: what `residual_forward` returned.

    Returns:
        dx, dw1, db1, dw2, db2: gradients with respect to x (N, D), w1 (D, H), b1 (H,), w2 (H, D)
            and b2 (D,).
    """
    raise NotImplementedError("residual_backward")
