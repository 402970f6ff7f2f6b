"""Exercise 18: word2vec, the CBOW and the skip-gram model with a full softmax.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-18`.
"""

from typing import Any

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def contexts_and_targets(corpus: Array, window: int) -> tuple[Array, Array]:
    """Cut a corpus of word ids into centre words and the words around them.

    Only positions with `window` words on both sides become centres.

    Args:
        corpus: word ids in reading order, int64, shape (T,).
        window: how many words to take on each side of the centre, at least 1.

    Returns:
        contexts: the words around each centre, left to right, int64, shape (N, 2 * window).
        targets: the centres in reading order, int64, shape (N,), with N = max(T - 2 * window, 0).
    """
    raise NotImplementedError("contexts_and_targets")


def cbow_forward(contexts: Array, targets: Array, w_in: Array, w_out: Array) -> tuple[float, Any]:
    """Loss of predicting each centre word from the mean of its context vectors.

    Must stay finite for scores of any size, such as 1000.

    Args:
        contexts: ids of the words around each centre, int64 in [0, V), shape (N, C).
        targets: ids of the centre words, int64 in [0, V), shape (N,).
        w_in: input vectors, one row per word, shape (V, D).
        w_out: output vectors, one column per word, shape (D, V).

    Returns:
        loss: the mean cross-entropy over the N examples, a single number, in nats.
        cache: whatever `cbow_backward` will need. Only your code ever looks into it.
    """
    raise NotImplementedError("cbow_forward")


def cbow_backward(dout: float, cache: Any) -> tuple[Array, Array]:
    """Carry a gradient back through the CBOW loss.

    Args:
        dout: gradient with respect to the loss, a single number (not always 1).
        cache: what `cbow_forward` returned.

    Returns:
        dw_in, dw_out: gradients with respect to w_in (V, D) and w_out (D, V).
    """
    raise NotImplementedError("cbow_backward")


def skip_gram_forward(
    contexts: Array, targets: Array, w_in: Array, w_out: Array
) -> tuple[float, Any]:
    """Loss of predicting every context word from the vector of the centre word.

    Must stay finite for scores of any size, such as 1000.

    Args:
        contexts: ids of the words around each centre, int64 in [0, V), shape (N, C).
        targets: ids of the centre words, int64 in [0, V), shape (N,).
        w_in: input vectors, one row per word, shape (V, D).
        w_out: output vectors, one column per word, shape (D, V).

    Returns:
        loss: cross-entropy added up over the C context words, then averaged over the N
            examples, a single number, in nats.
        cache: whatever `skip_gram_backward` will need. Only your code ever looks into it.
    """
    raise NotImplementedError("skip_gram_forward")


def skip_gram_backward(dout: float, cache: Any) -> tuple[Array, Array]:
    """Carry a gradient back through the skip-gram loss.

    Args:
        dout: gradient with respect to the loss, a single number (not always 1).
        cache: what `skip_gram_forward` returned.

    Returns:
        dw_in, dw_out: gradients with respect to w_in (V, D) and w_out (D, V).
    """
    raise NotImplementedError("skip_gram_backward")
