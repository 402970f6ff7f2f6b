"""Exercise 12: inverted dropout, in training and in eval mode.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-12`.
"""

from typing import Any

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def dropout_forward(x: Array, u: Array, p: float, training: bool) -> tuple[Array, Any]:
    """Drop some entries and scale up the others; in eval mode change nothing.

    Args:
        x: inputs, any shape.
        u: the noise, same shape as x, numbers from 0 up to but not including 1. An entry of x
            is kept where u >= p. Draw nothing yourself.
        p: the probability of dropping an entry, from 0 up to but not including 1.
        training: True drops and scales; False returns the values of x.

    Returns:
        out: same shape as x.
        cache: whatever `dropout_backward` will need. Only your code ever looks into it.
    """
    raise NotImplementedError("dropout_forward")


def dropout_backward(dout: Array, cache: Any) -> Array:
    """Carry the gradient of the loss back, with the mask and the mode of the forward.

    Args:
        dout: gradient of the loss with respect to `out`, any shape.
        cache: what `dropout_forward` returned.

    Returns:
        dx: gradient with respect to x, same shape as dout.
    """
    raise NotImplementedError("dropout_backward")
