"""Exercise 17: word vectors from counts: co-occurrence, PPMI, a truncated SVD, and neighbours.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-17`.
"""

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def co_occurrence(corpus: Array, vocabulary_size: int, window: int) -> Array:
    """Count how often each word stands near each other word.

    Args:
        corpus: word ids in reading order, int64 in [0, V), shape (N,). May be empty.
        vocabulary_size: V, the number of words in the vocabulary; some may not occur.
        window: the largest distance between two positions that are counted, at least 1.

    Returns:
        counts: int64, shape (V, V). counts[i, j] is the number of times that word j stands at most
            `window` positions before or after word i.
    """
    raise NotImplementedError("co_occurrence")


def ppmi(counts: Array) -> Array:
    """Positive pointwise mutual information, with base-2 logarithms.

    Args:
        counts: integers or floating-point numbers, none negative, shape (V, V), not necessarily
            symmetric: row i belongs to word i, column j to word j as its neighbour.

    Returns:
        floating-point numbers, none negative, shape (V, V), with 0 where the count is 0.
    """
    raise NotImplementedError("ppmi")


def truncated_svd(matrix: Array, k: int) -> Array:
    """Word vectors of k numbers: the first k left singular vectors times their singular values.

    Args:
        matrix: floating-point numbers, one row per word, shape (V, C).
        k: how many numbers a word vector gets, from 1 to min(V, C).

    Returns:
        vectors: shape (V, k). Column j belongs to the singular value number j, the largest first.
            Each column may have either sign.
    """
    raise NotImplementedError("truncated_svd")


def cosine_similarity(x: Array, y: Array) -> float:
    """The cosine of the angle between two vectors.

    Args:
        x: shape (D,).
        y: shape (D,).

    Returns:
        a single number from -1 to 1; 0 if one of the vectors, or both, are zero.
    """
    raise NotImplementedError("cosine_similarity")


def most_similar(query: int, vectors: Array, top: int) -> tuple[Array, Array]:
    """The words whose vectors have the largest cosine similarity with that of one word.

    Args:
        query: the id of the word, an int from 0 to V - 1.
        vectors: one row per word, shape (V, D).
        top: how many words are wanted, at least 1.

    Returns:
        ids: int64, shape (M,) with M = min(top, V - 1), most similar first, without the query
            itself; among equally similar words the smaller id first.
        similarities: the cosine similarity of each of them with the query, shape (M,).
    """
    raise NotImplementedError("most_similar")
