"""Exercise 23: judging word vectors: analogies, rank correlation with people, and a thesaurus.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-23`.
"""

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def analogy(a: int, b: int, c: int, vectors: Array, top: int) -> Array:
    """Find the words that complete "a is to b as c is to ...", the best first.

    Args:
        a, b, c: word ids, ints from 0 to V - 1; the same id may come twice or three times.
        vectors: one row per word, shape (V, D), rows of any length.
        top: how many words are wanted, at least 1.

    Returns:
        ids: int64, shape (M,), never a, b or c. M is `top`, or the number of words other than
            a, b and c if that is smaller. Among equal scores the smaller id comes first.
    """
    raise NotImplementedError("analogy")


def analogy_accuracy(questions: Array, vectors: Array) -> float:
    """The share of analogy questions whose first answer is the right one.

    Args:
        questions: int64, shape (Q, 4), Q at least 1; each row is a, b, c and the right answer d.
        vectors: one row per word, shape (V, D), with at least one word beside a, b and c.

    Returns:
        a single number from 0.0 to 1.0.
    """
    raise NotImplementedError("analogy_accuracy")


def ranks(x: Array) -> Array:
    """The rank of every number: 1 for the smallest, N for the largest, ties averaged.

    Args:
        x: floating-point numbers in any order, shape (N,), N at least 1.

    Returns:
        floating-point numbers, shape (N,), in the order of x. Equal numbers share the mean of the
        ranks that they take up together.
    """
    raise NotImplementedError("ranks")


def spearman(x: Array, y: Array) -> float:
    """Spearman's rank correlation: the Pearson correlation between the ranks of x and of y.

    Args:
        x: floating-point numbers, shape (N,), N at least 1.
        y: floating-point numbers, shape (N,), in the same order as x.

    Returns:
        a single number from -1.0 to 1.0; 0.0 if all of x or all of y are equal.
    """
    raise NotImplementedError("spearman")


def word_similarity_score(pairs: Array, judgments: Array, vectors: Array) -> float:
    """Spearman's correlation between people's judgments and cosine similarities.

    Args:
        pairs: int64 word ids, shape (P, 2), one pair of words per row.
        judgments: how similar people find each pair, floating-point, shape (P,).
        vectors: one row per word, shape (V, D).

    Returns:
        a single number from -1.0 to 1.0.
    """
    raise NotImplementedError("word_similarity_score")


def path_similarity(parents: list[list[int]], a: int, b: int) -> float:
    """How near two words are in a thesaurus: 1 / (1 + the shortest way over a common hypernym).

    Args:
        parents: V lists; parents[v] holds the ids of the direct hypernyms of word v, in any order,
            and is empty for a root. There are no cycles.
        a, b: word ids, ints from 0 to V - 1.

    Returns:
        a float: 1.0 if a is b, and 0.0 if the two have no hypernym in common.
    """
    raise NotImplementedError("path_similarity")
