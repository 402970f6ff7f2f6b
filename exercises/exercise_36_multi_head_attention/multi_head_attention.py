"""Exercise 36: multi-head attention, forward and backward.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-36`.
"""

from typing import Any

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def split_heads(x: Array, n_heads: int) -> Array:
    """Cut the features of every position into heads.

    Args:
        x: shape (B, T, D); D is a multiple of n_heads.
        n_heads: the number of heads H.

    Returns:
        heads: shape (B, H, T, K) with K = D / H. Head h holds the h-th block of K neighbouring
            features of every position.
    """
    raise NotImplementedError("split_heads")


def merge_heads(heads: Array) -> Array:
    """Put the heads of every position side by side again; undoes `split_heads`.

    Args:
        heads: shape (B, H, T, K).

    Returns:
        x: shape (B, T, H * K).
    """
    raise NotImplementedError("merge_heads")


def multi_head_attention_forward(
    x: Array, memory: Array, params: dict[str, Array], n_heads: int, mask: Array | None = None
) -> tuple[Array, Any]:
    """Let every position of x attend to the positions of memory, with n_heads heads.

    Must stay finite and right for scores of any size, such as 1000.

    Args:
        x: where the queries come from, shape (B, T, D).
        memory: where the keys and the values come from, shape (B, S, D). For self-attention the
            caller passes the same array twice.
        params: weights "wq", "wk", "wv", "wo", shape (D, D) each, applied as `x @ w`, and biases
            "bq", "bk", "bv", "bo", shape (D,) each.
        n_heads: the number of heads H; D is a multiple of it.
        mask: None, or bool of shape (T, S), (B, T, S) or (B, 1, S). True means that the query
            may attend to the key. The same mask holds for every head.

    Returns:
        out: shape (B, T, D).
        cache: whatever `multi_head_attention_backward` will need.
    """
    raise NotImplementedError("multi_head_attention_forward")


def multi_head_attention_backward(dout: Array, cache: Any) -> tuple[Array, Array, dict[str, Array]]:
    """Carry the gradient of the loss back through multi-head attention.

    Args:
        dout: gradient of the loss with respect to `out`, shape (B, T, D).
        cache: what `multi_head_attention_forward` returned.

    Returns:
        dx: gradient with respect to x, shape (B, T, D).
        dmemory: gradient with respect to memory, shape (B, S, D).
        dparams: a dict with the keys of params; each gradient has its parameter's shape.
    """
    raise NotImplementedError("multi_head_attention_backward")
