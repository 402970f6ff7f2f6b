"""Exercise 22: contextual word vectors from a language model in both directions.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-22`.
"""

from typing import Any

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def language_model_targets(ids: Array, lengths: Array, begin: int, end: int) -> tuple[Array, Array]:
    """Find the words that the two readings have to predict.

    Args:
        ids: a padded batch of sentences, int64, shape (B, T). Padding may hold any ids.
        lengths: how many ids of each sentence are real, int64, shape (B,), each from 1 to T.
        begin: the id that stands for "before the first word".
        end: the id that stands for "after the last word".

    Returns:
        forward_targets: the word after each position, int64, shape (B, T); `end` after the last
            real word, -1 at padding.
        backward_targets: the word before each position, int64, shape (B, T), in text order;
            `begin` before the first word, -1 at padding.
    """
    raise NotImplementedError("language_model_targets")


def bidirectional_loss(
    forward_scores: Array, backward_scores: Array, forward_targets: Array, backward_targets: Array
) -> tuple[float, Array, Array]:
    """The loss of both readings together, and its gradient.

    Must stay finite for scores of any size, such as 1000.

    Args:
        forward_scores: scores of the forward reading, shape (B, T, V).
        backward_scores: scores of the backward reading, in text order, shape (B, T, V).
        forward_targets: right words for the forward reading, int64, shape (B, T), each in [0, V),
            or -1 where a position does not count.
        backward_targets: right words for the backward reading, likewise.

    Returns:
        loss: the mean loss of the forward reading plus that of the backward one, in nats.
        dforward_scores: gradient of the loss for `forward_scores`, shape (B, T, V).
        dbackward_scores: gradient of the loss for `backward_scores`, shape (B, T, V).
    """
    raise NotImplementedError("bidirectional_loss")


def layer_representation(
    embedding: Array, forward_states: Array, backward_states: Array, lengths: Array
) -> Array:
    """Stack what every layer of both readings says about each position.

    Args:
        embedding: the word vectors, shape (B, T, D).
        forward_states: the states of L layers that read from left to right, shape (L, B, T, D).
        backward_states: the states of L layers that read from right to left, in the order in which
            they were computed, shape (L, B, T, D).
        lengths: how many positions of each sentence are real, int64, shape (B,), each from 1 to T.

    Returns:
        shape (L + 1, B, T, 2D). Entry 0 has the word vectors twice; entry l has forward layer l
        beside backward layer l, both in text order; zeros at padding.
    """
    raise NotImplementedError("layer_representation")


def scalar_mix_forward(layers: Array, scores: Array, gamma: float) -> tuple[Array, Any]:
    """Mix the layers with weights that add up to 1, and scale the result.

    Must stay finite for scores of any size, such as 1000.

    Args:
        layers: shape (L, B, T, D).
        scores: one number per layer, shape (L,); their softmax gives the weights.
        gamma: the scale, one number, which may be 0 or negative.

    Returns:
        out: shape (B, T, D).
        cache: whatever `scalar_mix_backward` will need. Only your code ever looks into it.
    """
    raise NotImplementedError("scalar_mix_forward")


def scalar_mix_backward(dout: Array, cache: Any) -> tuple[Array, Array, float]:
    """Carry the gradient back through the mix.

    Args:
        dout: gradient with respect to `out`, shape (B, T, D).
        cache: what `scalar_mix_forward` returned.

    Returns:
        dlayers, dscores, dgamma: gradients with respect to layers (L, B, T, D), scores (L,) and
            gamma, which is a single number.
    """
    raise NotImplementedError("scalar_mix_backward")
