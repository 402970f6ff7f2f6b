"""Exercise 13: convolution and max pooling, forward and backward.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-13`.
"""

from typing import Any

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def output_size(size: int, kernel: int, stride: int, padding: int) -> int:
    """Count the windows along one axis.

    Args:
        size: length of the axis, rows or columns of the image.
        kernel: length of the window along this axis.
        stride: step from one window to the next, at least 1.
        padding: places added before the axis, and as many again after it, at least 0.

    Returns:
        the length of the output along this axis, an int.
    """
    raise NotImplementedError("output_size")


def conv2d_forward(x: Array, w: Array, b: Array, stride: int, padding: int) -> tuple[Array, Any]:
    """Slide every filter over every image (cross-correlation: the kernel is not flipped).

    Args:
        x: images, shape (N, C, H, W): image, channel, row, column.
        w: filters, shape (F, C, KH, KW).
        b: biases, shape (F,), one per filter.
        stride: step from one window to the next, for rows and for columns.
        padding: rows of zeros above and below, and columns of zeros left and right.

    Returns:
        out: shape (N, F, OH, OW), with OH and OW given by `output_size`.
        cache: whatever `conv2d_backward` will need. Only your code ever looks into it.
    """
    raise NotImplementedError("conv2d_forward")


def conv2d_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Carry the gradient of the loss back through the convolution.

    Args:
        dout: gradient of the loss with respect to `out`, shape (N, F, OH, OW).
        cache: what `conv2d_forward` returned.

    Returns:
        dx, dw, db: gradients with respect to x (N, C, H, W), w (F, C, KH, KW) and b (F,).
    """
    raise NotImplementedError("conv2d_backward")


def max_pool_forward(x: Array, window: int, stride: int) -> tuple[Array, Any]:
    """Keep the largest entry of every window, channel by channel.

    Args:
        x: images, shape (N, C, H, W).
        window: rows and columns of the square window.
        stride: step from one window to the next, for rows and for columns.

    Returns:
        out: shape (N, C, OH, OW), with OH and OW given by `output_size` without padding.
        cache: what `max_pool_backward` will need.
    """
    raise NotImplementedError("max_pool_forward")


def max_pool_backward(dout: Array, cache: Any) -> Array:
    """Carry the gradient back to the entries that were the largest.

    Args:
        dout: gradient of the loss with respect to `out`, shape (N, C, OH, OW).
        cache: what `max_pool_forward` returned.

    Returns:
        dx: gradient with respect to x, shape (N, C, H, W).
    """
    raise NotImplementedError("max_pool_backward")
