"""Exercise 24: a recurrent network, one step and the loop over time.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-24`.
"""

from typing import Any

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def rnn_step_forward(x: Array, h: Array, wx: Array, wh: Array, b: Array) -> tuple[Array, Any]:
    """Take one step for a batch. Must stay finite for pre-activations as large as 1000.

    Args:
        x: inputs of this step, shape (B, D).
        h: hidden state before the step, shape (B, H).
        wx: weights for x, shape (D, H).
        wh: weights for h, shape (H, H); row k belongs to unit k of the old state.
        b: biases, shape (H,).

    Returns:
        h_next: hidden state after the step, shape (B, H).
        cache: whatever `rnn_step_backward` will need. Only your code ever looks into it.
    """
    raise NotImplementedError("rnn_step_forward")


def rnn_step_backward(dh_next: Array, cache: Any) -> tuple[Array, Array, Array, Array, Array]:
    """Carry the gradient of the loss back through one step.

    Args:
        dh_next: gradient with respect to `h_next`, shape (B, H).
        cache: what `rnn_step_forward` returned.

    Returns:
        dx, dh, dwx, dwh, db: gradients with respect to x (B, D), h (B, H), wx (D, H), wh (H, H)
            and b (H,).
    """
    raise NotImplementedError("rnn_step_backward")


def rnn_forward(xs: Array, h0: Array, wx: Array, wh: Array, b: Array) -> tuple[Array, Any]:
    """Run the step over whole sequences.

    Args:
        xs: inputs, shape (B, T, D), T at least 1.
        h0: hidden state before the first step, shape (B, H).
        wx, wh, b: as in `rnn_step_forward`; every step uses the same ones.

    Returns:
        hs: the hidden state after every step, shape (B, T, H).
        cache: whatever `rnn_backward` will need.
    """
    raise NotImplementedError("rnn_forward")


def rnn_backward(dhs: Array, cache: Any) -> tuple[Array, Array, Array, Array, Array]:
    """Carry the gradient back through all steps, the last one first.

    Args:
        dhs: gradient with respect to `hs`, shape (B, T, H). Entry [:, t] is the part that reaches
            `hs[:, t]` directly from the loss, not the part that arrives through later steps.
        cache: what `rnn_forward` returned.

    Returns:
        dxs, dh0, dwx, dwh, db: gradients with respect to xs (B, T, D), h0 (B, H), wx (D, H),
            wh (H, H) and b (H,).
    """
    raise NotImplementedError("rnn_backward")
