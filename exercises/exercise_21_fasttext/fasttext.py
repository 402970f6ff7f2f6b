"""Exercise 21: word vectors made of character n-grams, with a vector for every word there is.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-21`.
"""

from typing import Any

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def character_ngrams(word: str, low: int, high: int) -> list[str]:
    """Cut a word, put between the marks < and >, into all pieces of some lengths.

    Args:
        word: at least one character, of any alphabet.
        low: length of the shortest n-grams in characters, at least 1.
        high: length of the longest n-grams, at least `low` (included).

    Returns:
        the n-grams of "<word>", the shorter ones first, those of one length from left to right,
        each as often as it occurs; then "<word>" itself, unless it is among them already.
    """
    raise NotImplementedError("character_ngrams")


def bucket(ngram: str, buckets: int) -> int:
    """Give an n-gram the number of a row: its 32-bit FNV-1a hash, modulo the number of rows.

    Args:
        ngram: at least one character, of any alphabet; its UTF-8 bytes are hashed.
        buckets: how many rows there are, at least 1.

    Returns:
        an int from 0 to buckets - 1.
    """
    raise NotImplementedError("bucket")


def word_vector(word: str, table: Array, low: int, high: int) -> Array:
    """Add up the vectors of the n-grams of one word.

    Args:
        word: at least one character. No vocabulary is asked: every word has a vector.
        table: one row per bucket, shape (B, D).
        low, high: lengths of the n-grams, as in `character_ngrams`.

    Returns:
        vector: shape (D,).
    """
    raise NotImplementedError("word_vector")


def word_vectors_forward(words: list[str], table: Array, low: int, high: int) -> tuple[Array, Any]:
    """The vectors of a batch of words.

    Args:
        words: N words, N at least 1; a word may come more than once.
        table: one row per bucket, shape (B, D).
        low, high: lengths of the n-grams, as in `character_ngrams`.

    Returns:
        out: row n is the vector of words[n], shape (N, D).
        cache: whatever `word_vectors_backward` will need. Only your code ever looks into it.
    """
    raise NotImplementedError("word_vectors_forward")


def word_vectors_backward(dout: Array, cache: Any) -> Array:
    """Carry the gradient of the loss back to the table.

    Args:
        dout: gradient with respect to `out`, shape (N, D).
        cache: what `word_vectors_forward` returned.

    Returns:
        dtable: gradient with respect to the table, shape (B, D).
    """
    raise NotImplementedError("word_vectors_backward")


def nearest_words(
    word: str, vocabulary: list[str], table: Array, low: int, high: int, top: int
) -> tuple[list[str], Array]:
    """The words of a vocabulary that are most similar to any word, known or not.

    Args:
        word: at least one character; it may be in the vocabulary or not.
        vocabulary: V different words, at least one of them not `word`.
        table: one row per bucket, shape (B, D).
        low, high: lengths of the n-grams, as in `character_ngrams`.
        top: how many words are wanted, at least 1.

    Returns:
        words: a list of M words, most similar first, without `word` itself; among equally similar
            ones, the word that stands earlier in the vocabulary first. M is `top`, or less where
            the vocabulary does not have so many other words.
        similarities: the cosine similarity of each of them with `word`, shape (M,).
    """
    raise NotImplementedError("nearest_words")
