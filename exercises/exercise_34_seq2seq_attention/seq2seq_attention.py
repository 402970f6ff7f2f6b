"""Exercise 34: attention in sequence-to-sequence models.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-34`.
"""

from typing import Any

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def additive_score_forward(
    queries: Array, keys: Array, wq: Array, wk: Array, v: Array
) -> tuple[Array, Any]:
    """Compare every query with every key through a small network (Bahdanau et al.).

    Args:
        queries: the decoder's states, shape (B, T, H).
        keys: the encoder's states, shape (B, S, E). E need not be H.
        wq: weights for the queries, shape (H, A).
        wk: weights for the keys, shape (E, A).
        v: turns A numbers into one score, shape (A,).

    Returns:
        scores: shape (B, T, S).
        cache: whatever `additive_score_backward` will need.
    """
    raise NotImplementedError("additive_score_forward")


def additive_score_backward(dscores: Array, cache: Any) -> tuple[Array, Array, Array, Array, Array]:
    """Carry the gradient of the loss back through the additive score.

    Args:
        dscores: gradient of the loss with respect to `scores`, shape (B, T, S).
        cache: what `additive_score_forward` returned.

    Returns:
        dqueries (B, T, H), dkeys (B, S, E), dwq (H, A), dwk (E, A) and dv (A,).
    """
    raise NotImplementedError("additive_score_backward")


def dot_score_forward(queries: Array, keys: Array) -> tuple[Array, Any]:
    """Compare every query with every key by their product, unscaled (Luong et al.).

    Args:
        queries: shape (B, T, H).
        keys: shape (B, S, H).

    Returns:
        scores: shape (B, T, S).
        cache: whatever `dot_score_backward` will need.
    """
    raise NotImplementedError("dot_score_forward")


def dot_score_backward(dscores: Array, cache: Any) -> tuple[Array, Array]:
    """Carry the gradient of the loss back through the products.

    Args:
        dscores: gradient of the loss with respect to `scores`, shape (B, T, S).
        cache: what `dot_score_forward` returned.

    Returns:
        dqueries (B, T, H) and dkeys (B, S, H).
    """
    raise NotImplementedError("dot_score_backward")


def general_score_forward(queries: Array, keys: Array, w: Array) -> tuple[Array, Any]:
    """Compare every query with every key through one matrix (Luong et al.).

    Args:
        queries: shape (B, T, H).
        keys: shape (B, S, E).
        w: shape (H, E), so that queries and keys may have different sizes.

    Returns:
        scores: shape (B, T, S).
        cache: whatever `general_score_backward` will need.
    """
    raise NotImplementedError("general_score_forward")


def general_score_backward(dscores: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Carry the gradient of the loss back through the general score.

    Args:
        dscores: gradient of the loss with respect to `scores`, shape (B, T, S).
        cache: what `general_score_forward` returned.

    Returns:
        dqueries (B, T, H), dkeys (B, S, E) and dw (H, E).
    """
    raise NotImplementedError("general_score_backward")


def attend_forward(
    scores: Array, values: Array, mask: Array | None = None
) -> tuple[Array, Array, Any]:
    """Turn scores into weights, and average the values under them.

    Must stay finite and right for scores of any size, such as 1000.

    Args:
        scores: shape (B, T, S).
        values: what is averaged, shape (B, S, M).
        mask: None, or bool of shape (B, S): True at a real source position, False at padding.

    Returns:
        context: shape (B, T, M).
        weights: shape (B, T, S), not negative; each row adds up to 1.
        cache: whatever `attend_backward` will need.
    """
    raise NotImplementedError("attend_forward")


def attend_backward(dcontext: Array, cache: Any) -> tuple[Array, Array]:
    """Carry the gradient of the loss back to the scores and the values.

    Args:
        dcontext: gradient of the loss with respect to `context`, shape (B, T, M).
        cache: what `attend_forward` returned.

    Returns:
        dscores (B, T, S) and dvalues (B, S, M).
    """
    raise NotImplementedError("attend_backward")


def alignment(weights: Array) -> Array:
    """Say which source position every target step looks at most.

    Args:
        weights: shape (B, T, S), as `attend_forward` returns them.

    Returns:
        int64, shape (B, T): positions from 0 to S - 1; of equal weights the first.
    """
    raise NotImplementedError("alignment")
