"""Exercise 28: the long short-term memory (LSTM).

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-28`.
"""

from typing import Any

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def lstm_step_forward(
    x: Array, h: Array, c: Array, wx: Array, wh: Array, b: Array
) -> tuple[Array, Array, Any]:
    """Take one LSTM step for a batch. Must stay finite for pre-activations as large as 1000.

    Args:
        x: inputs of this step, shape (B, D).
        h: hidden state before the step, shape (B, H).
        c: cell state before the step, shape (B, H).
        wx: weights for x, shape (D, 4H), column blocks in the order i, f, g, o.
        wh: weights for h, shape (H, 4H), same blocks.
        b: biases, shape (4H,), same blocks.

    Returns:
        h_next: hidden state after the step, shape (B, H).
        c_next: cell state after the step, shape (B, H).
        cache: whatever `lstm_step_backward` will need. Only your code ever looks into it.
    """
    raise NotImplementedError("lstm_step_forward")


def lstm_step_backward(
    dh_next: Array, dc_next: Array, cache: Any
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Carry the gradient of the loss back through one step.

    Args:
        dh_next: gradient with respect to `h_next`, shape (B, H).
        dc_next: gradient with respect to `c_next` from everything except this step's own `h_next`,
            shape (B, H).
        cache: what `lstm_step_forward` returned.

    Returns:
        dx, dh, dc, dwx, dwh, db: gradients with respect to x (B, D), h (B, H), c (B, H),
            wx (D, 4H), wh (H, 4H) and b (4H,).
    """
    raise NotImplementedError("lstm_step_backward")


def lstm_forward(
    xs: Array, h0: Array, c0: Array, wx: Array, wh: Array, b: Array
) -> tuple[Array, Array, Any]:
    """Run the step over whole sequences.

    Args:
        xs: inputs, shape (B, T, D), T at least 1.
        h0: hidden state before the first step, shape (B, H).
        c0: cell state before the first step, shape (B, H).
        wx, wh, b: as in `lstm_step_forward`; every step uses the same ones.

    Returns:
        hs: the hidden state after every step, shape (B, T, H).
        c_last: the cell state after the last step, shape (B, H).
        cache: whatever `lstm_backward` will need.
    """
    raise NotImplementedError("lstm_forward")


def lstm_backward(
    dhs: Array, dc_last: Array, cache: Any
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Carry the gradient back through all steps, the last one first.

    Args:
        dhs: gradient with respect to `hs`, shape (B, T, H). Entry [:, t] is the part that reaches
            `hs[:, t]` directly from the loss, not the part that arrives through later steps.
        dc_last: gradient with respect to `c_last`, shape (B, H).
        cache: what `lstm_forward` returned.

    Returns:
        dxs, dh0, dc0, dwx, dwh, db: gradients with respect to xs (B, T, D), h0 (B, H), c0 (B, H),
            wx (D, 4H), wh (H, 4H) and b (4H,).
    """
    raise NotImplementedError("lstm_backward")


def forget_bias(b: Array, value: float) -> Array:
    """Return a copy of b in which every bias of the forget gate is `value`.

    Args:
        b: biases, shape (4H,), blocks in the order i, f, g, o. Left as it is.
        value: the new bias of each forget gate, a number.

    Returns:
        A new vector, shape (4H,).
    """
    raise NotImplementedError("forget_bias")
