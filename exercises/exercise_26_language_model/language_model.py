"""Exercise 26: a language model with a recurrent network.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-26`. Your recurrent layer from
exercise 24 and your embedding from exercise 19 may be pasted in as private functions.
"""

from typing import Any

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def stream_batches(corpus: Array, batch_size: int, time_size: int) -> tuple[Array, Array]:
    """Cut a corpus into B streams that run side by side, and these into blocks of T steps.

    Args:
        corpus: the ids of a text in reading order, int64, shape (N,).
        batch_size: B, how many streams there are, at least 1.
        time_size: T, how many steps a block has, at least 1. N is at least B * T + 1.

    Returns:
        inputs: int64, shape (K, B, T). Row b of block k + 1 continues row b of block k.
        targets: int64, shape (K, B, T). The id that follows each input in the corpus.
    """
    raise NotImplementedError("stream_batches")


def time_affine_forward(xs: Array, w: Array, b: Array) -> tuple[Array, Any]:
    """Compute `x @ w + b` at every step of every sequence.

    Args:
        xs: inputs, shape (B, T, H).
        w: weights, shape (H, V). Every step uses the same ones.
        b: biases, shape (V,).

    Returns:
        out: shape (B, T, V).
        cache: whatever `time_affine_backward` will need. Only your code ever looks into it.
    """
    raise NotImplementedError("time_affine_forward")


def time_affine_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Carry the gradient of the loss back through `time_affine_forward`.

    Args:
        dout: gradient with respect to `out`, shape (B, T, V).
        cache: what `time_affine_forward` returned.

    Returns:
        dxs, dw, db: gradients with respect to xs (B, T, H), w (H, V) and b (V,).
    """
    raise NotImplementedError("time_affine_backward")


def time_softmax_loss(scores: Array, targets: Array, ignore: int = -1) -> tuple[float, Array]:
    """Mean cross-entropy over the tokens that count, and its gradient.

    Must stay finite for scores of any size, such as 1000.

    Args:
        scores: unnormalised scores (logits), shape (B, T, V).
        targets: the right word at each place, int64 in [0, V), or `ignore`, shape (B, T).
        ignore: the target that marks a place which does not count. It may lie in [0, V).

    Returns:
        loss: the mean over the places that count, a single number, in nats; 0 if none counts.
        dscores: gradient of that mean with respect to scores, shape (B, T, V).
    """
    raise NotImplementedError("time_softmax_loss")


def perplexity(losses: Array, counts: Array) -> float:
    """Join the mean losses of several batches to the perplexity of all their tokens.

    Args:
        losses: mean loss of each batch, in nats, shape (K,).
        counts: how many tokens each of these means was taken over, int64, shape (K,). They may
            differ, and some may be 0, but not all.

    Returns:
        The perplexity, a single number.
    """
    raise NotImplementedError("perplexity")


class RNNLM:
    """embedding → recurrent layer → affine → softmax loss, with a state that outlives the call.

    Attributes:
        params: the dict given to the constructor.
    """

    def __init__(self, params: dict[str, Array]) -> None:
        """Keep the parameters. The first call of `forward` starts from a state of zeros.

        Args:
            params: "embed" (V, D), "wx" (D, H), "wh" (H, H), "b" (H,), "w" (H, V), "b_out" (V,).
        """
        raise NotImplementedError("RNNLM")

    def forward(self, ids: Array, targets: Array) -> float:
        """Run one block, starting from the state that the last call of `forward` left.

        Args:
            ids: the input words, int64 in [0, V), shape (B, T). B is the same in all calls
                between two resets; T may change.
            targets: the next words, int64, shape (B, T); -1 marks a place that does not count.

        Returns:
            The mean loss of the block, a single number.
        """
        raise NotImplementedError("RNNLM.forward")

    def backward(self) -> dict[str, Array]:
        """Return the gradient of the last `forward`'s loss for each parameter, same keys.

        The state in which that block started counts as a constant. The state stays as it is.
        """
        raise NotImplementedError("RNNLM.backward")

    def reset_state(self) -> None:
        """Make the next call of `forward` start from a state of zeros."""
        raise NotImplementedError("RNNLM.reset_state")
