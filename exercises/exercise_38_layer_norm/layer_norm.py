"""Exercise 38: layer normalisation, RMSNorm, the feed-forward block and its residual connection.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-38`.
"""

from typing import Any

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def layer_norm_forward(
    x: Array, scale: Array, shift: Array, eps: float = 1e-5
) -> tuple[Array, Any]:
    """Normalise every position over its own features, then scale and shift it.

    Must stay right for float32 numbers with a mean as large as 10,000.

    Args:
        x: inputs, shape (B, T, D).
        scale: what each normalised feature is multiplied by, shape (D,).
        shift: what is then added to it, shape (D,).
        eps: what is added to the variance, inside the root.

    Returns:
        out: shape (B, T, D).
        cache: whatever `layer_norm_backward` will need. Only your code ever looks into it.
    """
    raise NotImplementedError("layer_norm_forward")


def layer_norm_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Carry the gradient of the loss back through the layer norm.

    Args:
        dout: gradient of the loss with respect to `out`, shape (B, T, D).
        cache: what `layer_norm_forward` returned.

    Returns:
        dx, dscale, dshift: gradients with respect to x (B, T, D), scale (D,) and shift (D,).
    """
    raise NotImplementedError("layer_norm_backward")


def rms_norm(x: Array, scale: Array, eps: float = 1e-6) -> Array:
    """Divide every position by the root of its mean square, then scale it.

    Args:
        x: inputs, shape (B, T, D).
        scale: what each feature is multiplied by, shape (D,).
        eps: what is added to the mean square, inside the root.

    Returns:
        Shape (B, T, D).
    """
    raise NotImplementedError("rms_norm")


def feed_forward_forward(x: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> tuple[Array, Any]:
    """Send every position through affine → ReLU → affine.

    Args:
        x: inputs, shape (B, T, D).
        w1: shape (D, F). b1: shape (F,). w2: shape (F, D). b2: shape (D,).

    Returns:
        out: shape (B, T, D).
        cache: whatever `feed_forward_backward` will need.
    """
    raise NotImplementedError("feed_forward_forward")


def feed_forward_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array, Array, Array]:
    """Carry the gradient of the loss back through the feed-forward block.

    Args:
        dout: gradient of the loss with respect to `out`, shape (B, T, D).
        cache: what `feed_forward_forward` returned.

    Returns:
        dx, dw1, db1, dw2, db2: gradients with respect to x (B, T, D), w1 (D, F), b1 (F,),
        w2 (F, D) and b2 (D,).
    """
    raise NotImplementedError("feed_forward_backward")


def residual_forward(x: Array, params: dict[str, Array], order: str) -> tuple[Array, Any]:
    """Add the feed-forward block to its input, with a layer norm before or after.

    Args:
        x: inputs, shape (B, T, D).
        params: scale (D,) and shift (D,) of the layer norm, w1 (D, F), b1 (F,), w2 (F, D) and
            b2 (D,) of the feed-forward block.
        order: "pre" normalises what enters the feed-forward block; "post" normalises the sum.

    Returns:
        out: shape (B, T, D).
        cache: whatever `residual_backward` will need.
    """
    raise NotImplementedError("residual_forward")


def residual_backward(dout: Array, cache: Any) -> tuple[Array, dict[str, Array]]:
    """Carry the gradient of the loss back, in the order that the forward was called with.

    Args:
        dout: gradient of the loss with respect to `out`, shape (B, T, D).
        cache: what `residual_forward` returned.

    Returns:
        dx: gradient with respect to x, shape (B, T, D).
        dparams: the gradient for each parameter, with the keys and shapes of `params`.
    """
    raise NotImplementedError("residual_backward")
