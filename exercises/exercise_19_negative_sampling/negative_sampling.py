"""Exercise 19: negative sampling, word vectors without a softmax over the vocabulary.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-19`.
"""

from typing import Any

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def embedding_forward(w: Array, ids: Array) -> tuple[Array, Any]:
    """Look up one row of a table of word vectors for each id.

    Args:
        w: word vectors, shape (V, D), row v belongs to word v.
        ids: words, int64 in [0, V), shape (N,). The same id may occur several times.

    Returns:
        out: shape (N, D), out[n] is row ids[n] of w.
        cache: whatever `embedding_backward` will need. Only your code ever looks into it.
    """
    raise NotImplementedError("embedding_forward")


def embedding_backward(dout: Array, cache: Any) -> Array:
    """Carry the gradient of the loss back to the table of word vectors.

    Args:
        dout: gradient of the loss with respect to `out`, shape (N, D).
        cache: what `embedding_forward` returned.

    Returns:
        dw: gradient with respect to w, shape (V, D).
    """
    raise NotImplementedError("embedding_backward")


def unigram_distribution(counts: Array, power: float) -> Array:
    """Turn word counts into the probabilities from which negatives are drawn.

    Args:
        counts: how often each word occurs in the corpus, int64, not negative, shape (V,).
        power: the exponent of the counts, usually 0.75.

    Returns:
        p: probabilities, shape (V,), proportional to counts ** power.
    """
    raise NotImplementedError("unigram_distribution")


def unigram_sampler(
    counts: Array, power: float, positives: Array, k: int, generator: np.random.Generator
) -> Array:
    """Draw k negatives for each row, never the row's own positive.

    The rows are drawn in order; the README says how the generator is used.

    Args:
        counts: how often each word occurs in the corpus, int64, shape (V,).
        power: the exponent of the counts.
        positives: the right word of each row, int64 in [0, V), shape (N,).
        k: the number of negatives per row.
        generator: a NumPy generator, whatever the backend.

    Returns:
        negatives: int64 in [0, V), shape (N, k). A word may occur several times in a row.
    """
    raise NotImplementedError("unigram_sampler")


def negative_sampling_loss(
    h: Array, w_out: Array, positives: Array, negatives: Array
) -> tuple[float, Array, Array]:
    """Mean negative-sampling loss of a batch, and its gradients.

    Must stay finite for scores h · w of any size, such as 1000 and -1000.

    Args:
        h: hidden vectors, shape (N, D), one per row of the batch.
        w_out: output word vectors, shape (V, D).
        positives: the right word of each row, int64 in [0, V), shape (N,).
        negatives: the wrong words of each row, int64 in [0, V), shape (N, K).

    Returns:
        loss: the mean over the N rows, a single number, in nats.
        dh: gradient of that mean with respect to h, shape (N, D).
        dw_out: gradient of that mean with respect to w_out, shape (V, D).
    """
    raise NotImplementedError("negative_sampling_loss")
