"""Exercise 41: XLNet, a language model that predicts the words of a sentence in any order.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-41`.
"""

from typing import Any

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def permutation_mask(order: Array) -> tuple[Array, Array]:
    """Say which positions may look at which, when the words are predicted in a given order.

    Args:
        order: int64, shape (T,) for one order or (B, T) for one per example. order[..., i] is the
            position that comes i-th.

    Returns:
        content_mask: bool, shape (T, T) or (B, T, T). Entry [..., t, s] is True where the content
            stream at position t may look at position s: at itself and at what comes before it in
            the order.
        query_mask: the same for the query stream: at what comes before it, not at itself.
    """
    raise NotImplementedError("permutation_mask")


def relative_codes(x: Array) -> Array:
    """Make the code of every distance that can occur between two positions of a sequence.

    Args:
        x: the sequences that the codes are for, shape (B, T, D); D is even. Only T and D matter,
            not the values.

    Returns:
        codes: shape (2T, D), the dtype of x. Row j is for the distance T - j.
    """
    raise NotImplementedError("relative_codes")


def relative_scores(
    q: Array, k: Array, r: Array, content_bias: Array, position_bias: Array
) -> Array:
    """Compare every query with every key, by content and by distance.

    Args:
        q: queries, shape (B, H, T, K).
        k: keys, shape (B, H, T, K).
        r: projected codes of the distances T, T - 1, ..., -T + 1, shape (H, 2T, K).
        content_bias: added to every query before it meets the keys, shape (H, K).
        position_bias: added to every query before it meets the codes, shape (H, K).

    Returns:
        scores: shape (B, H, T, T), divided by the square root of K. Entry [b, h, t, s] is for the
            query at position t and the key at position s, whose distance is t - s.
    """
    raise NotImplementedError("relative_scores")


def two_stream_attention(
    h: Array,
    g: Array,
    codes: Array,
    params: dict[str, Array],
    n_heads: int,
    content_mask: Array,
    query_mask: Array,
) -> tuple[Array, Array]:
    """Let both streams look at the content stream.

    Must stay finite and right for scores of any size, such as 1000.

    Args:
        h: the content stream, shape (B, T, D).
        g: the query stream, shape (B, T, D).
        codes: of the distances T, T - 1, ..., -T + 1, shape (2T, D).
        params: weights "wq", "wk", "wv", "wo", "wr", shape (D, D) each, applied as `x @ w`, and
            "content_bias" and "position_bias", shape (H, K) each.
        n_heads: the number of heads H; D is a multiple of it.
        content_mask: bool, shape (T, T) or (B, T, T), True where h at t may look at s.
        query_mask: the same for g.

    Returns:
        h_out: shape (B, T, D).
        g_out: shape (B, T, D). A query that may look at nothing gets zeros.
    """
    raise NotImplementedError("two_stream_attention")


def xlnet_layer(
    h: Array,
    g: Array,
    codes: Array,
    params: dict[str, Any],
    n_heads: int,
    content_mask: Array,
    query_mask: Array,
) -> tuple[Array, Array]:
    """Apply attention and the feed-forward network to both streams, with the same params.

    Args:
        h: the content stream, shape (B, T, D).
        g: the query stream, shape (B, T, D).
        codes: of the distances T, T - 1, ..., -T + 1, shape (2T, D).
        params: "attention", "w1", "b1", "w2", "b2", "norm1_scale", "norm1_shift", "norm2_scale",
            "norm2_shift"; see README.md.
        n_heads: the number of heads H.
        content_mask: bool, shape (T, T) or (B, T, T), True where h at t may look at s.
        query_mask: the same for g.

    Returns:
        h_out and g_out, shape (B, T, D) each.
    """
    raise NotImplementedError("xlnet_layer")


def xlnet_forward(ids: Array, order: Array, params: dict[str, Any], n_heads: int) -> Array:
    """Score every word at every position, knowing only what comes before it in the order.

    Args:
        ids: the words, int64 in [0, V), shape (B, T). They stay where they are.
        order: int64, shape (T,) for one order or (B, T) for one per example.
        params: "embedding", "query_start", "layers", "output_bias"; see README.md.
        n_heads: the number of heads H.

    Returns:
        logits: shape (B, T, V). Those at position t are for the word ids[:, t] itself.
    """
    raise NotImplementedError("xlnet_forward")


def permutation_loss(
    logits: Array, ids: Array, order: Array, n_predict: int
) -> tuple[float, Array]:
    """Compute the loss over the words that come last in the order, and its gradient.

    Must stay finite and right for logits of any size, such as 1000.

    Args:
        logits: shape (B, T, V); those at position t are for the word at position t.
        ids: the words, int64 in [0, V), shape (B, T).
        order: int64, shape (T,) for one order or (B, T) for one per example.
        n_predict: how many words of each example are predicted, 1 to T.

    Returns:
        loss: the mean over the predicted words of all examples, a single number, in nats.
        dlogits: gradient of that mean with respect to logits, shape (B, T, V).
    """
    raise NotImplementedError("permutation_loss")
