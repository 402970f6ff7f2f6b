"""Exercise 06: six activations, each with its backward pass.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-06`.
"""

from typing import Any

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def sigmoid_forward(x: Array) -> tuple[Array, Any]:
    """Compute `1 / (1 + exp(-x))` entry by entry.

    Must be right for entries of any size, such as 1000 and -1000.

    Args:
        x: any shape.

    Returns:
        out: same shape as x.
        cache: whatever `sigmoid_backward` will need. Only your code ever looks into it.
    """
    raise NotImplementedError("sigmoid_forward")


def sigmoid_backward(dout: Array, cache: Any) -> Array:
    """Carry the gradient of the loss back through the sigmoid.

    Args:
        dout: gradient of the loss with respect to `out`, same shape as out.
        cache: what `sigmoid_forward` returned.

    Returns:
        dx: gradient of the loss with respect to x, same shape.
    """
    raise NotImplementedError("sigmoid_backward")


def tanh_forward(x: Array) -> tuple[Array, Any]:
    """Compute the hyperbolic tangent entry by entry.

    Must be right for entries of any size, such as 1000 and -1000.

    Args:
        x: any shape.

    Returns:
        out: same shape as x; cache: what `tanh_backward` will need.
    """
    raise NotImplementedError("tanh_forward")


def tanh_backward(dout: Array, cache: Any) -> Array:
    """Carry the gradient back through the hyperbolic tangent.

    Args:
        dout: gradient with respect to `out`, same shape as out.
        cache: what `tanh_forward` returned.

    Returns:
        dx: gradient with respect to x, same shape.
    """
    raise NotImplementedError("tanh_backward")


def relu_forward(x: Array) -> tuple[Array, Any]:
    """Keep the positive entries and put 0 in place of the others.

    Args:
        x: any shape.

    Returns:
        out: same shape as x; cache: what `relu_backward` will need.
    """
    raise NotImplementedError("relu_forward")


def relu_backward(dout: Array, cache: Any) -> Array:
    """Carry the gradient back through the ReLU.

    Args:
        dout: gradient with respect to `out`, same shape as out.
        cache: what `relu_forward` returned.

    Returns:
        dx: gradient with respect to x, same shape.
    """
    raise NotImplementedError("relu_backward")


def leaky_relu_forward(x: Array, slope: float) -> tuple[Array, Any]:
    """Keep the positive entries and multiply the others by `slope`.

    Args:
        x: any shape.
        slope: the slope on the negative side, 0 or larger; it may be above 1.

    Returns:
        out: same shape as x; cache: what `leaky_relu_backward` will need.
    """
    raise NotImplementedError("leaky_relu_forward")


def leaky_relu_backward(dout: Array, cache: Any) -> Array:
    """Carry the gradient back through the leaky ReLU.

    Args:
        dout: gradient with respect to `out`, same shape as out.
        cache: what `leaky_relu_forward` returned.

    Returns:
        dx: gradient with respect to x, same shape.
    """
    raise NotImplementedError("leaky_relu_backward")


def elu_forward(x: Array, alpha: float) -> tuple[Array, Any]:
    """Keep the positive entries and replace the others by `alpha * (exp(x) - 1)`.

    Must be right for entries of any size, such as 1000 and -1000.

    Args:
        x: any shape.
        alpha: positive; the outputs stay above -alpha.

    Returns:
        out: same shape as x; cache: what `elu_backward` will need.
    """
    raise NotImplementedError("elu_forward")


def elu_backward(dout: Array, cache: Any) -> Array:
    """Carry the gradient back through the ELU.

    Args:
        dout: gradient with respect to `out`, same shape as out.
        cache: what `elu_forward` returned.

    Returns:
        dx: gradient with respect to x, same shape.
    """
    raise NotImplementedError("elu_backward")


def maxout_forward(x: Array, k: int) -> tuple[Array, Any]:
    """Take the largest entry of every group of `k` neighbouring columns.

    Args:
        x: shape (N, U * k); group u holds columns u * k to u * k + k - 1.
        k: the number of columns in a group.

    Returns:
        out: shape (N, U); cache: what `maxout_backward` will need.
    """
    raise NotImplementedError("maxout_forward")


def maxout_backward(dout: Array, cache: Any) -> Array:
    """Carry the gradient back to the winner of every group.

    Args:
        dout: gradient with respect to `out`, shape (N, U).
        cache: what `maxout_forward` returned.

    Returns:
        dx: gradient with respect to x, shape (N, U * k).
    """
    raise NotImplementedError("maxout_backward")
