"""Exercise 32: sequence to sequence, an encoder and a decoder made of LSTMs.

Read README.md first: it has the formulas, the shapes and the conventions. Paste your LSTM of
exercise 28 into this file, replace each `raise NotImplementedError` with your code, then run
`grade exercise-32`.
"""

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray

# The place for your LSTM of exercise 28: the forward and the backward of the step and of the loop.
# Functions that you add are not graded; begin their names with an underscore to keep them apart.


def reverse(ids: Array) -> Array:
    """Turn every sequence back to front.

    Args:
        ids: character ids, int64, shape (B, T), one sequence a row.

    Returns:
        Same shape: the last character of each row comes first. The rows stay where they are.
    """
    raise NotImplementedError("reverse")


def shift_targets(ids: Array) -> tuple[Array, Array]:
    """Cut an answer into what the decoder reads and what it should say.

    Args:
        ids: answers, int64, shape (B, T + 1), each beginning with the start character.

    Returns:
        inputs: what the decoder reads at its T steps, shape (B, T).
        targets: the character that should follow each of them, shape (B, T).
    """
    raise NotImplementedError("shift_targets")


def sequence_loss(scores: Array, targets: Array) -> tuple[float, Array]:
    """Mean cross-entropy of all characters of the batch, and its gradient.

    Must stay finite for scores of any size, such as 1000.

    Args:
        scores: unnormalised scores (logits), shape (B, T, V).
        targets: the right characters, int64 in [0, V), shape (B, T).

    Returns:
        loss: the mean over all B * T characters, a single number, in nats.
        dscores: gradient of that mean with respect to scores, shape (B, T, V).
    """
    raise NotImplementedError("sequence_loss")


class Encoder:
    """embedding → LSTM, of which only the last hidden state is handed on."""

    def __init__(self, params: dict[str, Array]) -> None:
        """Keep the parameters.

        Args:
            params: "embed" (V, D), "wx" (D, 4H), "wh" (H, 4H), "b" (4H,).
        """
        raise NotImplementedError("Encoder")

    def forward(self, ids: Array) -> Array:
        """Read the sequences ids (B, T) as they are and return the last hidden state (B, H)."""
        raise NotImplementedError("Encoder.forward")

    def backward(self, dh: Array) -> dict[str, Array]:
        """Carry the gradient back through this object's latest forward.

        Args:
            dh: gradient of the loss with respect to what `forward` returned, shape (B, H).

        Returns:
            The gradient for each parameter, with the keys of `params`.
        """
        raise NotImplementedError("Encoder.backward")


class Decoder:
    """embedding → LSTM that starts from the encoder's state → affine."""

    def __init__(self, params: dict[str, Array]) -> None:
        """Keep the parameters.

        Args:
            params: "embed" (V, D), "wx" (D, 4H), "wh" (H, 4H), "b" (4H,), "w" (H, V),
                "b_out" (V,).
        """
        raise NotImplementedError("Decoder")

    def forward(self, ids: Array, h: Array) -> Array:
        """Score the next character at every step, reading the given ones (teacher forcing).

        Args:
            ids: what the decoder reads, int64, shape (B, T).
            h: the encoder's last hidden state, shape (B, H).

        Returns:
            scores, shape (B, T, V): entry [:, t] is for the character after ids[:, t].
        """
        raise NotImplementedError("Decoder.forward")

    def backward(self, dscores: Array) -> tuple[dict[str, Array], Array]:
        """Carry the gradient back through this object's latest forward.

        Args:
            dscores: gradient of the loss with respect to the scores, shape (B, T, V).

        Returns:
            grads: the gradient for each parameter, with the keys of `params`.
            dh: the gradient with respect to h, shape (B, H).
        """
        raise NotImplementedError("Decoder.backward")

    def generate(self, h: Array, start: int, length: int) -> Array:
        """Write answers character by character, each time the one with the largest score.

        Args:
            h: the encoder's last hidden state, shape (B, H).
            start: the character that is read first, the same for all sequences.
            length: how many characters to write, at least 1.

        Returns:
            int64 ids, shape (B, length), without `start`.
        """
        raise NotImplementedError("Decoder.generate")


class PeekyDecoder:
    """A decoder that sees the encoder's state at every step, in the LSTM and in the affine."""

    def __init__(self, params: dict[str, Array]) -> None:
        """Keep the parameters.

        Args:
            params: as in `Decoder`, but "wx" is (H + D, 4H) and "w" is (H + H, V); in both, the
                first H rows are for the encoder's state.
        """
        raise NotImplementedError("PeekyDecoder")

    def forward(self, ids: Array, h: Array) -> Array:
        """As `Decoder.forward`: ids (B, T), h (B, H) → scores (B, T, V)."""
        raise NotImplementedError("PeekyDecoder.forward")

    def backward(self, dscores: Array) -> tuple[dict[str, Array], Array]:
        """As `Decoder.backward`: dscores (B, T, V) → grads and dh (B, H)."""
        raise NotImplementedError("PeekyDecoder.backward")

    def generate(self, h: Array, start: int, length: int) -> Array:
        """As `Decoder.generate`: h (B, H) → int64 ids (B, length)."""
        raise NotImplementedError("PeekyDecoder.generate")
