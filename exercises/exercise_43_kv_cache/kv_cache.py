"""Exercise 43: decoding with stored keys and values.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-43`.
"""

from typing import Any

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def prefill(
    ids: Array, params: dict[str, Any], n_heads: int, cache: list[dict[str, Array]] | None = None
) -> tuple[Array, list[dict[str, Array]]]:
    """Run several tokens of each text through the model and keep their keys and values.

    Args:
        ids: the new tokens, int64, shape (B, T).
        params: "token_embedding" (V, D), "position_embedding" (P, D), "layers", a list of the
            layers' params from first to last (at least one), "final_scale" and "final_shift" (D,).
            A layer is a dict: "attention" with wq, wk, wv, wo (D, D) and bq, bk, bv, bo (D,);
            w1 (D, F), b1 (F,), w2 (F, D), b2 (D,); norm1_scale, norm1_shift, norm2_scale,
            norm2_shift (D,).
        n_heads: the number of heads H; it divides D, and K = D / H.
        cache: what was kept of the S tokens before the new ones: a list with one dict for each
            layer, first to last, with the keys "k" and "v", each of shape (B, H, S, K).
            None means that the new tokens are the first.

    Returns:
        logits: scores of the next token after each new token (no softmax), shape (B, T, V).
        cache: a new cache, which holds S + T positions.
    """
    raise NotImplementedError("prefill")


def decode_step(
    ids: Array, cache: list[dict[str, Array]], params: dict[str, Any], n_heads: int
) -> tuple[Array, list[dict[str, Array]]]:
    """Continue each text by one token.

    Args:
        ids: one new token for each text, int64, shape (B,).
        cache: what was kept of the S tokens before it, as in `prefill`. It is not changed.
        params: as in `prefill`.
        n_heads: the number of heads.

    Returns:
        logits: scores of the token after the new one, shape (B, V).
        cache: a new cache, which holds S + 1 positions.
    """
    raise NotImplementedError("decode_step")


def select_rows(cache: list[dict[str, Array]], rows: Array) -> list[dict[str, Array]]:
    """Make the cache of some of the texts, in a new order.

    Args:
        cache: one dict for each layer, "k" and "v" of shape (B, H, S, K).
        rows: which text stands in each row of the result, int64 in [0, B), shape (R,). A text may
            occur several times or not at all.

    Returns:
        A new cache with "k" and "v" of shape (R, H, S, K).
    """
    raise NotImplementedError("select_rows")


def generate(ids: Array, n_new: int, params: dict[str, Any], n_heads: int) -> Array:
    """Continue each text greedily, with one prefill and then one token at a time.

    Args:
        ids: the prompts, int64, shape (B, T), with T at least 1.
        n_new: how many tokens to add, 0 or more; T + n_new - 1 is at most P.
        params: as in `prefill`.
        n_heads: the number of heads.

    Returns:
        The prompts with their continuations, int64, shape (B, T + n_new).
    """
    raise NotImplementedError("generate")


def cache_size(
    n_layers: int, n_heads: int, head_size: int, length: int, batch: int, bytes_per_number: int
) -> int:
    """Say how many bytes the numbers of a cache take.

    Args:
        n_layers: the number of layers L.
        n_heads: the number of heads H.
        head_size: the numbers of one head K.
        length: how many positions S are stored.
        batch: how many texts B.
        bytes_per_number: 4 for float32, 2 for float16 and bfloat16.

    Returns:
        The number of bytes, a whole number.
    """
    raise NotImplementedError("cache_size")
