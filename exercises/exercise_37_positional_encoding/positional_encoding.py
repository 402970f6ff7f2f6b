"""Exercise 37: positions, written into the inputs or turned into queries and keys.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-37`.
"""

from typing import Any

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def sinusoidal(x: Array, base: float = 10000.0) -> Array:
    """Make one code of sines and cosines for each position of a sequence.

    Args:
        x: the sequences that the codes are for, shape (B, T, D). Only T, D, the dtype and the
            device matter, not the values.
        base: what the frequencies are powers of.

    Returns:
        codes: shape (T, D), with the dtype of x. Row p is the code of position p. They are not
            added to x.
    """
    raise NotImplementedError("sinusoidal")


def learned_forward(x: Array, table: Array) -> tuple[Array, Any]:
    """Add to each position its row of a table of parameters.

    Args:
        x: shape (B, T, D).
        table: one row for each position that a sequence may have, shape (P, D), with P >= T.

    Returns:
        out: shape (B, T, D).
        cache: whatever `learned_backward` will need. Only your code ever looks into it.
    """
    raise NotImplementedError("learned_forward")


def learned_backward(dout: Array, cache: Any) -> tuple[Array, Array]:
    """Carry the gradient of the loss back to the inputs and to the table.

    Args:
        dout: gradient of the loss with respect to `out`, shape (B, T, D).
        cache: what `learned_forward` returned.

    Returns:
        dx, dtable: gradients with respect to x (B, T, D) and to the whole table (P, D).
    """
    raise NotImplementedError("learned_backward")


def rope(x: Array, positions: Array, pairing: str, base: float = 10000.0) -> Array:
    """Turn each pair of features by an angle that grows with the position.

    Args:
        x: queries or keys, shape (B, H, T, K), with K even.
        positions: where the T tokens stand, int64, shape (T,). They need not start at 0, nor be
            consecutive, nor be sorted, and may repeat.
        pairing: "neighbours" (features 2i and 2i + 1 are a pair) or "halves" (features i and
            i + K/2 are a pair).
        base: what the frequencies are powers of.

    Returns:
        out: shape (B, H, T, K), with the dtype of x.
    """
    raise NotImplementedError("rope")


def rope_backward(dout: Array, positions: Array, pairing: str, base: float = 10000.0) -> Array:
    """Carry the gradient of the loss back through `rope`.

    Args:
        dout: gradient of the loss with respect to `out`, shape (B, H, T, K).
        positions, pairing, base: as they were given to `rope`.

    Returns:
        dx: gradient with respect to x, shape (B, H, T, K).
    """
    raise NotImplementedError("rope_backward")
