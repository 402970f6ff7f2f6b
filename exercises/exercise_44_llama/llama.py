"""Exercise 44: LLaMA and Mistral, a decoder with a gate, shared keys and a window.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-44`.
"""

from typing import Any

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def swiglu_forward(x: Array, w_gate: Array, w_up: Array, w_down: Array) -> tuple[Array, Any]:
    """Apply the gated feed-forward network to every position.

    Must stay finite and right for gates of any size, such as 1000 or -1000.

    Args:
        x: shape (B, T, D).
        w_gate: shape (D, F), the weights whose result goes through silu.
        w_up: shape (D, F).
        w_down: shape (F, D).

    Returns:
        out: shape (B, T, D).
        cache: whatever `swiglu_backward` will need. Only your code ever looks into it.
    """
    raise NotImplementedError("swiglu_forward")


def swiglu_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array, Array]:
    """Carry the gradient of the loss back through the gated network.

    Args:
        dout: gradient of the loss with respect to `out`, shape (B, T, D).
        cache: what `swiglu_forward` returned.

    Returns:
        dx, dw_gate, dw_up, dw_down: gradients with respect to x (B, T, D), w_gate (D, F),
            w_up (D, F) and w_down (F, D).
    """
    raise NotImplementedError("swiglu_backward")


def grouped_query_attention_forward(
    q: Array, k: Array, v: Array, mask: Array | None = None
) -> tuple[Array, Any]:
    """Attention in which neighbouring query heads share one head of keys and values.

    Must stay finite and right for scores of any size, such as 1000.

    Args:
        q: queries, shape (B, H, T, K).
        k: keys, shape (B, G, S, K); H is a multiple of G.
        v: values, shape (B, G, S, K).
        mask: None, or bool of shape (T, S), the same for all examples and heads. True means that
            the query may attend to the key.

    Returns:
        out: shape (B, H, T, K).
        cache: whatever `grouped_query_attention_backward` will need.
    """
    raise NotImplementedError("grouped_query_attention_forward")


def grouped_query_attention_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Carry the gradient of the loss back through grouped-query attention.

    Args:
        dout: gradient of the loss with respect to `out`, shape (B, H, T, K).
        cache: what `grouped_query_attention_forward` returned.

    Returns:
        dq, dk, dv: gradients with respect to q (B, H, T, K), k (B, G, S, K) and v (B, G, S, K).
    """
    raise NotImplementedError("grouped_query_attention_backward")


def sliding_window_mask(x: Array, window: int | None = None) -> Array:
    """Say which positions may look at which: themselves and a few just before.

    Args:
        x: the sequences that the mask is for, shape (B, T, D). Only T matters, not the values.
        window: how many positions a query may see at most, itself included; at least 1, and it
            may be larger than T. None sets no limit.

    Returns:
        bool, shape (T, T). Entry [t, s] is True where position t may attend to position s.
    """
    raise NotImplementedError("sliding_window_mask")


def llama_block(
    x: Array,
    params: dict[str, Array],
    n_heads: int,
    n_kv_heads: int,
    positions: Array,
    mask: Array | None = None,
) -> Array:
    """One layer: attention and the gated network, each behind an RMSNorm, each added to x.

    Args:
        x: shape (B, T, D).
        params: wq (D, H * K), wk and wv (D, G * K), wo (H * K, D), w_gate and w_up (D, F),
            w_down (F, D), norm1_scale and norm2_scale (D,). K is even.
        n_heads: the number of query heads H.
        n_kv_heads: the number of key-value heads G; it divides H.
        positions: int64, shape (T,), the position that each row of the sequence stands at.
            They may start anywhere and leave gaps.
        mask: None, or bool of shape (T, T), True where a query may attend to a key.

    Returns:
        Shape (B, T, D).
    """
    raise NotImplementedError("llama_block")


def llama_forward(
    ids: Array, params: dict[str, Any], n_heads: int, n_kv_heads: int, window: int | None = None
) -> Array:
    """Compute the scores of every next token.

    Args:
        ids: token ids, int64, shape (B, T).
        params: "token_embedding" (V, D), "layers", a list of the layers' params from first to
            last, "final_scale" (D,) and "output_weight" (D, V).
        n_heads: the number of query heads H of every layer.
        n_kv_heads: the number of key-value heads G of every layer.
        window: how many positions a query may see at most, itself included; None sets no limit.

    Returns:
        Logits (no softmax), shape (B, T, V).
    """
    raise NotImplementedError("llama_forward")
