"""Exercise 25: a recurrent layer that keeps its state, and truncated backpropagation through time.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-25`. The step of exercise 24
and its backward are needed again: copy yours into this file as private functions.
"""

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


class TimeRNN:
    """The step h_next = tanh(x @ wx + h @ wh + b) over a block of T steps, with a state."""

    def __init__(self, wx: Array, wh: Array, b: Array, stateful: bool = False) -> None:
        """Keep the weights; no state is kept yet.

        Args:
            wx: weights for the input, shape (D, H).
            wh: weights for the state, shape (H, H).
            b: biases, shape (H,).
            stateful: whether a block starts from the kept state; if False, from zeros.
        """
        raise NotImplementedError("TimeRNN")

    def forward(self, xs: Array) -> Array:
        """Run over one block and keep the last state.

        Args:
            xs: inputs, shape (B, T, D), T at least 1.

        Returns:
            hs: the hidden state after every step, shape (B, T, H).
        """
        raise NotImplementedError("TimeRNN.forward")

    def backward(self, dhs: Array) -> tuple[Array, Array, dict[str, Array]]:
        """Carry the gradient back through the block of the last `forward`.

        Args:
            dhs: gradient with respect to its `hs`, shape (B, T, H). Entry [:, t] is the part that
                reaches `hs[:, t]` directly from the loss, not the part that comes through later
                steps.

        Returns:
            dxs: gradient with respect to `xs`, shape (B, T, D).
            dh: gradient with respect to the state from which the block started, shape (B, H).
            grads: gradients of the weights, keys "wx" (D, H), "wh" (H, H) and "b" (H,).
        """
        raise NotImplementedError("TimeRNN.backward")

    def set_state(self, h: Array) -> None:
        """Keep h (B, H) as the state from which the next block starts, if stateful."""
        raise NotImplementedError("TimeRNN.set_state")

    def reset_state(self) -> None:
        """Forget the kept state, so that the next block starts from zeros."""
        raise NotImplementedError("TimeRNN.reset_state")


def truncated_bptt(
    xs: Array, dhs: Array, h0: Array, wx: Array, wh: Array, b: Array, block: int
) -> tuple[Array, Array, Array, Array, Array]:
    """Run over a long sequence in blocks; the state crosses the borders, the gradient does not.

    Args:
        xs: inputs, shape (B, N, D), N at least 1.
        dhs: gradient with respect to `hs`, shape (B, N, H), the direct part as in `TimeRNN`.
        h0: state before the first step, shape (B, H).
        wx, wh, b: weights as in `TimeRNN`; all blocks use the same ones.
        block: steps per block, at least 1. It may be larger than N and need not divide it.

    Returns:
        hs: the hidden state after every step, shape (B, N, H).
        dwx, dwh, db: gradients of wx (D, H), wh (H, H) and b (H,), summed over the blocks.
        dxs: gradient with respect to `xs`, shape (B, N, D).
    """
    raise NotImplementedError("truncated_bptt")
