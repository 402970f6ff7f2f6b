"""Exercise 20: GloVe, word vectors that are fitted to co-occurrence counts.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-20`.
"""

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def distance_weighted_counts(corpus: Array, vocabulary_size: int, window: int) -> Array:
    """Count neighbours; two words at distance d count 1/d.

    Args:
        corpus: word ids in reading order, int64 in [0, V), shape (T,). May be empty.
        vocabulary_size: V, the number of words in the vocabulary; some may not occur.
        window: the largest distance between two positions that are counted, at least 1.

    Returns:
        counts: floating-point, shape (V, V). counts[i, j] is the sum of 1/d over all places where
            word j stands d positions before or after word i, for d from 1 to `window`.
    """
    raise NotImplementedError("distance_weighted_counts")


def weighting(counts: Array, x_max: float, alpha: float) -> Array:
    """How much each pair matters in the loss.

    Args:
        counts: floating-point numbers, none negative, any shape.
        x_max: the count from which on the weight is 1, above 0.
        alpha: the exponent, above 0.

    Returns:
        weights: from 0 to 1, same shape as counts.
    """
    raise NotImplementedError("weighting")


def glove_loss(
    w: Array,
    w_context: Array,
    b: Array,
    b_context: Array,
    counts: Array,
    x_max: float,
    alpha: float,
) -> float:
    """Weighted sum of squared differences between the scores and the logarithms of the counts.

    Pairs with a count of 0 are left out.

    Args:
        w: vectors of the words, shape (V, D).
        w_context: vectors of the same words as neighbours, shape (V, D).
        b: biases of the words, shape (V,).
        b_context: biases of the words as neighbours, shape (V,).
        counts: floating-point numbers, none negative, shape (V, V), not necessarily symmetric:
            row i belongs to word i, column j to word j as its neighbour.
        x_max: the count from which on the weight is 1, above 0.
        alpha: the exponent of the weighting, above 0.

    Returns:
        loss: the sum over the pairs, a single number.
    """
    raise NotImplementedError("glove_loss")


def glove_gradients(
    w: Array,
    w_context: Array,
    b: Array,
    b_context: Array,
    counts: Array,
    x_max: float,
    alpha: float,
) -> tuple[Array, Array, Array, Array]:
    """The gradients of `glove_loss`, from the same arguments.

    Returns:
        dw, dw_context, db, db_context: gradients with respect to w (V, D), w_context (V, D),
            b (V,) and b_context (V,).
    """
    raise NotImplementedError("glove_gradients")


def adagrad_step(
    params: dict[str, Array],
    sums: dict[str, Array],
    counts: Array,
    lr: float,
    x_max: float,
    alpha: float,
) -> tuple[dict[str, Array], dict[str, Array]]:
    """One step of training with AdaGrad, over all pairs at once.

    Args:
        params: "w" (V, D), "w_context" (V, D), "b" (V,) and "b_context" (V,).
        sums: the sums of squared gradients so far, same names and shapes, all above 0.
        counts: floating-point numbers, none negative, shape (V, V).
        lr: the learning rate.
        x_max: the count from which on the weight is 1, above 0.
        alpha: the exponent of the weighting, above 0.

    Returns:
        params, sums: both after the step, as new dicts with the same names and shapes.
    """
    raise NotImplementedError("adagrad_step")
