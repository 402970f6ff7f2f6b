"""Exercise 42: GPT, a Transformer that predicts the next token.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-42`. Your attention from
exercise 36 and your LayerNorm from exercise 38 may be pasted in as private functions.
"""

from typing import Any

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def gelu(x: Array) -> Array:
    """Compute the tanh form of GELU, entry by entry.

    Args:
        x: any shape. Entries may be as large as 1000.

    Returns:
        Same shape as x.
    """
    raise NotImplementedError("gelu")


def gpt_block(x: Array, params: dict[str, Any], n_heads: int) -> Array:
    """Causal self-attention, then a feed-forward network, each after a LayerNorm and added to x.

    Args:
        x: shape (B, T, D).
        params: "attention" is a dict with wq, wk, wv, wo (D, D) and bq, bk, bv, bo (D,). The
            others are w1 (D, F), b1 (F,), w2 (F, D), b2 (D,), and norm1_scale, norm1_shift,
            norm2_scale, norm2_shift (D,).
        n_heads: the number of heads; it divides D.

    Returns:
        Shape (B, T, D).
    """
    raise NotImplementedError("gpt_block")


def gpt_forward(ids: Array, params: dict[str, Any], n_heads: int) -> Array:
    """Compute the scores of the next token at every position.

    Args:
        ids: token ids, int64 in [0, V), shape (B, T), with T at most P.
        params: "token_embedding" (V, D), "position_embedding" (P, D), "layers", a list of the
            layers' params from first to last, and "final_scale", "final_shift" (D,).
        n_heads: the number of heads in every attention.

    Returns:
        Logits (no softmax), shape (B, T, V). Those at position t are for token t + 1.
    """
    raise NotImplementedError("gpt_forward")


def next_token_loss(logits: Array, ids: Array) -> tuple[float, Array]:
    """Mean cross-entropy of every token's prediction from the position before it.

    Must stay finite for logits of any size, such as 1000.

    Args:
        logits: what the model says, shape (B, T, V).
        ids: the texts that the model read, int64 in [0, V), shape (B, T), with T at least 2.

    Returns:
        loss: the mean over the B (T - 1) predictions, a single number, in nats.
        dlogits: gradient of that mean with respect to logits, shape (B, T, V).
    """
    raise NotImplementedError("next_token_loss")


def load_gpt2_weights(weights: dict[str, Array]) -> dict[str, Any]:
    """Sort published weights into the dict that `gpt_forward` takes.

    Args:
        weights: name → array, in any order. The README has the names and the shapes.

    Returns:
        params, with the keys and shapes of `gpt_forward`'s, and nothing else.
    """
    raise NotImplementedError("load_gpt2_weights")


def generate(ids: Array, n_new: int, params: dict[str, Any], n_heads: int) -> Array:
    """Continue every text with the token that the model finds most likely, again and again.

    Args:
        ids: the texts so far, int64 in [0, V), shape (B, T), with T at least 1. T may exceed P.
        n_new: how many tokens to append, at least 0.
        params: as for `gpt_forward`.
        n_heads: as for `gpt_forward`.

    Returns:
        The texts with their continuations, int64, shape (B, T + n_new).
    """
    raise NotImplementedError("generate")
