"""Exercise 30: a stacked LSTM language model with variational dropout and tied weights.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-30`. Paste your LSTM of
exercise 28 into this file under names that begin with an underscore, such as `_lstm_forward`.
"""

from typing import Any

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def variational_dropout(
    shape: tuple[int, int, int], p: float, generator: np.random.Generator
) -> Array:
    """Draw one dropout mask for whole sequences, the same at every step.

    Args:
        shape: the shape (B, T, D) of the array that the mask is for, a tuple of three numbers.
        p: the probability with which a unit is dropped, in [0, 1).
        generator: call `generator.random((B, D))` once and draw nothing else.

    Returns:
        The mask, floating-point, shape (B, 1, D): 0 where the drawn number is below p, and
        1 / (1 - p) elsewhere.
    """
    raise NotImplementedError("variational_dropout")


def stacked_lstm_forward(
    xs: Array, layers: list[dict[str, Array]], masks: list[Array]
) -> tuple[Array, Any]:
    """Run L LSTM layers on top of each other, with a mask before each and one after the last.

    Args:
        xs: inputs, shape (B, T, D), T at least 1.
        layers: L dicts, the bottom layer first. Each has wx (inputs of this layer, 4H), wh (H, 4H)
            and b (4H,), with gate blocks in the order i, f, g, o. H may differ between layers.
        masks: L + 1 arrays (B, 1, width). `masks[k]` multiplies the inputs of layer k, and
            `masks[L]` the hidden states of the top layer.

    Returns:
        hs: the hidden states of the top layer after the last mask, shape (B, T, H).
        cache: whatever `stacked_lstm_backward` will need. Only your code ever looks into it.
    """
    raise NotImplementedError("stacked_lstm_forward")


def stacked_lstm_backward(dhs: Array, cache: Any) -> tuple[Array, list[dict[str, Array]]]:
    """Carry the gradient of the loss back through all layers, the top one first.

    Args:
        dhs: gradient with respect to `hs`, shape (B, T, H).
        cache: what `stacked_lstm_forward` returned.

    Returns:
        dxs: gradient with respect to xs, before the first mask, shape (B, T, D).
        dlayers: L dicts with the keys "wx", "wh" and "b", the bottom layer first.
    """
    raise NotImplementedError("stacked_lstm_backward")


def tied_language_model_forward(
    ids: Array,
    targets: Array,
    embed: Array,
    layers: list[dict[str, Array]],
    b: Array,
    masks: list[Array],
) -> tuple[float, Any]:
    """Mean cross-entropy of predicting each target from the words up to it.

    Must stay finite for scores of any size, such as 1000.

    Args:
        ids: the words that are read, int64 in [0, V), shape (B, T).
        targets: the word that comes next at each place, int64 in [0, V), shape (B, T).
        embed: word vectors, shape (V, H). Row v is looked up for word v, and the transposed matrix
            turns hidden states into scores.
        layers: as in `stacked_lstm_forward`; the bottom layer takes H inputs, the top one has H
            hidden units.
        b: biases of the scores, shape (V,).
        masks: as in `stacked_lstm_forward`.

    Returns:
        loss: the mean over all B * T predictions, a single number, in nats.
        cache: whatever `tied_language_model_backward` will need.
    """
    raise NotImplementedError("tied_language_model_forward")


def tied_language_model_backward(
    dout: float, cache: Any
) -> tuple[Array, list[dict[str, Array]], Array]:
    """Carry the gradient back from the loss to all parameters.

    Args:
        dout: gradient with respect to `loss`, a number (1.0 when the loss is what you minimise).
        cache: what `tied_language_model_forward` returned.

    Returns:
        dembed: gradient with respect to embed, from both of its uses, shape (V, H).
        dlayers: as in `stacked_lstm_backward`.
        db: gradient with respect to b, shape (V,).
    """
    raise NotImplementedError("tied_language_model_backward")
