"""Exercise 35: scaled dot-product attention, with masks and with its backward pass.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-35`.
"""

from typing import Any

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def softmax(x: Array) -> Array:
    """Turn every row along the last axis into positive numbers that add up to 1.

    Must stay finite and right for entries of any size, such as 1000 or -1000.

    Args:
        x: scores, any shape with at least one axis.

    Returns:
        Same shape as x.
    """
    raise NotImplementedError("softmax")


def causal_mask(x: Array) -> Array:
    """Say which positions of a sequence may look at which: themselves and what came before.

    Args:
        x: the sequences that the mask is for, shape (B, T, D). Only T matters, not the values.

    Returns:
        Booleans, shape (T, T). Entry [t, s] is True where position t may attend to position s.
    """
    raise NotImplementedError("causal_mask")


def attention_forward(q: Array, k: Array, v: Array, mask: Array | None = None) -> tuple[Array, Any]:
    """Let every query take a weighted mean of the values.

    Args:
        q: queries, shape (B, T, D).
        k: keys, shape (B, S, D).
        v: values, one for each key, shape (B, S, M).
        mask: booleans, True where a query may attend to a key. Shape (T, S), the same for the
            whole batch, or (B, T, S). None means that every query may attend to every key.

    Returns:
        out: shape (B, T, M).
        cache: whatever `attention_backward` will need. Only your code ever looks into it.
    """
    raise NotImplementedError("attention_forward")


def attention_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Carry the gradient of the loss back through the attention.

    Args:
        dout: gradient of the loss with respect to `out`, shape (B, T, M).
        cache: what `attention_forward` returned.

    Returns:
        dq, dk, dv: gradients with respect to q (B, T, D), k (B, S, D) and v (B, S, M).
    """
    raise NotImplementedError("attention_backward")
