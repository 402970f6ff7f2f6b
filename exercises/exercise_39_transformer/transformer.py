"""Exercise 39: the Transformer, an encoder and a decoder built from attention.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-39`.
"""

from typing import Any

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def padding_mask(ids: Array, pad_id: int) -> Array:
    """Say which tokens are real.

    Args:
        ids: token ids, int64, shape (B, S).
        pad_id: the id that fills up short sentences. It need not be 0.

    Returns:
        bool, shape (B, S): True at a real token, False at padding.
    """
    raise NotImplementedError("padding_mask")


def decoder_mask(ids: Array, pad_id: int) -> Array:
    """Say which target positions each target position may attend to.

    Args:
        ids: token ids of the target, int64, shape (B, T).
        pad_id: the id of padding.

    Returns:
        bool, shape (B, T, T): entry [b, t, u] is True if position t may see position u, that is,
        if u is not later than t and ids[b, u] is a real token.
    """
    raise NotImplementedError("decoder_mask")


def encoder_layer(x: Array, params: dict[str, Any], n_heads: int, mask: Array) -> Array:
    """Self-attention, then a feed-forward network, each with a residual and a LayerNorm after it.

    Args:
        x: shape (B, S, D).
        params: "attention" is a dict with wq, wk, wv, wo (D, D) and bq, bk, bv, bo (D,). The
            others are w1 (D, F), b1 (F,), w2 (F, D), b2 (D,), and norm1_scale, norm1_shift,
            norm2_scale, norm2_shift (D,).
        n_heads: the number of heads; it divides D.
        mask: bool, shape (B, S), True where position s may be attended to.

    Returns:
        Shape (B, S, D).
    """
    raise NotImplementedError("encoder_layer")


def decoder_layer(
    y: Array,
    memory: Array,
    params: dict[str, Any],
    n_heads: int,
    self_mask: Array,
    memory_mask: Array,
) -> Array:
    """Self-attention, attention to the memory, then a feed-forward network.

    Args:
        y: the target so far, shape (B, T, D).
        memory: what the encoder returned, shape (B, S, D).
        params: "self_attention" and "cross_attention" are dicts like "attention" in encoder_layer.
            The others are as there, with a third pair norm3_scale, norm3_shift (D,).
        n_heads: the number of heads of both attentions; it divides D.
        self_mask: bool, shape (B, T, T), True where target position t may see target position u.
        memory_mask: bool, shape (B, S), True where memory position s may be attended to.

    Returns:
        Shape (B, T, D).
    """
    raise NotImplementedError("decoder_layer")


def transformer_forward(
    source: Array, target: Array, params: dict[str, Any], n_heads: int, pad_id: int
) -> Array:
    """Compute the scores of every next target token.

    Args:
        source: token ids, int64, shape (B, S).
        target: token ids that the decoder reads, int64, shape (B, T).
        params: "source_embedding" (U, D), "target_embedding" (V, D), "encoder" and "decoder",
            lists of the layers' params from first to last, "output_weight" (D, V) and
            "output_bias" (V,). D is even.
        n_heads: the number of heads in every attention.
        pad_id: the id of padding, in source and in target.

    Returns:
        Logits (no softmax), shape (B, T, V).
    """
    raise NotImplementedError("transformer_forward")


def label_smoothing_loss(
    logits: Array, targets: Array, smoothing: float, pad_id: int
) -> tuple[float, Array]:
    """Mean cross-entropy against smoothed targets, and its gradient.

    Must stay finite for logits of any size, such as 1000.

    Args:
        logits: shape (B, T, V).
        targets: the token that should come out at each position, int64 in [0, V), shape (B, T).
        smoothing: the share of probability, 0 to 1, that is spread evenly over all V classes.
        pad_id: positions whose target is this id count for nothing.

    Returns:
        loss: the mean over the real targets, a single number, in nats.
        dlogits: gradient of that mean with respect to logits, shape (B, T, V).
    """
    raise NotImplementedError("label_smoothing_loss")
