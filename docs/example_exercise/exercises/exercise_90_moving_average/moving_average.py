"""Exercise 90: the causal moving average and its gradient.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-90`.
"""

from typing import Any

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def moving_average_forward(x: Array, window: int) -> tuple[Array, Any]:
    """Average each row with the rows just before it.

    Args:
        x: the sequence, shape (T, D), one row per time step.
        window: how many rows a mean covers, the present one included; at least 1.

    Returns:
        out: shape (T, D). Near the start the mean is over the rows that exist.
        cache: whatever `moving_average_backward` will need. Only your code ever looks into it.
    """
    raise NotImplementedError("moving_average_forward")


def moving_average_backward(dout: Array, cache: Any) -> Array:
    """Carry the gradient of the loss back through the moving average.

    Args:
        dout: gradient of the loss with respect to `out`, shape (T, D).
        cache: what `moving_average_forward` returned.

    Returns:
        dx: gradient with respect to x, shape (T, D).
    """
    raise NotImplementedError("moving_average_backward")
