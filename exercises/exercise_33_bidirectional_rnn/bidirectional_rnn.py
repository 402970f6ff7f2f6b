"""Exercise 33: a recurrent network that reads in both directions, with padding.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-33`.
"""

from typing import Any

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def reverse_padded(xs: Array, lengths: Array) -> Array:
    """Turn the real steps of every sequence round and leave its padding where it is.

    Args:
        xs: a padded batch, shape (B, T, D). Left as it is.
        lengths: how many steps of each sequence are real, int64, shape (B,), each from 1 to T.

    Returns:
        A new array, shape (B, T, D). The first `lengths[n]` steps of row n come in the opposite
        order, the steps after them are those of `xs`.
    """
    raise NotImplementedError("reverse_padded")


def bidirectional_forward(
    xs: Array, lengths: Array, h0: Array, wx: Array, wh: Array, b: Array
) -> tuple[Array, Array, Any]:
    """Read every sequence from left to right and from right to left.

    Args:
        xs: a padded batch, shape (B, T, D), T at least 1.
        lengths: how many steps of each sequence are real, int64, shape (B,), each from 1 to T.
        h0: the states before the first step of each reading, shape (2, B, H). Along axis 0 here
            and below, entry 0 belongs to the forward reading and entry 1 to the backward one.
        wx: weights for the inputs, shape (2, D, H).
        wh: weights for the state, shape (2, H, H).
        b: biases, shape (2, H).

    Returns:
        hs: shape (B, T, 2H). Entry [n, t] holds the forward reading's state after step t, then
            the backward reading's state after step t; zeros where t is padding.
        h_last: the two states after everything real was read, shape (B, 2H).
        cache: whatever `bidirectional_backward` will need. Only your code ever looks into it.
    """
    raise NotImplementedError("bidirectional_forward")


def bidirectional_backward(
    dhs: Array, dh_last: Array, cache: Any
) -> tuple[Array, Array, Array, Array, Array]:
    """Carry the gradient back through both readings.

    Args:
        dhs: gradient with respect to `hs`, shape (B, T, 2H). What it holds at padded steps counts
            for nothing.
        dh_last: gradient with respect to `h_last`, shape (B, 2H).
        cache: what `bidirectional_forward` returned.

    Returns:
        dxs, dh0, dwx, dwh, db: gradients with respect to xs (B, T, D), zero at padded steps,
            h0 (2, B, H), wx (2, D, H), wh (2, H, H) and b (2, H).
    """
    raise NotImplementedError("bidirectional_backward")
