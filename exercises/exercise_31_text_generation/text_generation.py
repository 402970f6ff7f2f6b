"""Exercise 31: text generation.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-31`.
"""

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray


def greedy(table: Array, start: int, end: int, max_length: int) -> Array:
    """Continue a text with the most likely token, again and again.

    Args:
        table: scores of the language model, shape (V, V). Row v belongs to the last token v and
            holds the scores (logits) of all tokens that may come next.
        start: id of the token before the first generated one.
        end: id of the token that ends a text.
        max_length: the largest number of tokens to generate, at least 1.

    Returns:
        The generated ids, shape (L,), int64, without `start`. If `end` was generated it is the
        last of them.
    """
    raise NotImplementedError("greedy")


def temperature(logits: Array, t: float) -> Array:
    """Turn scores into probabilities at temperature t. Must work for scores as large as 1000.

    Args:
        logits: one row of scores for each distribution, shape (N, V).
        t: the temperature, larger than 0.

    Returns:
        Probabilities, shape (N, V); each row adds up to 1.
    """
    raise NotImplementedError("temperature")


def top_k(logits: Array, k: int) -> Array:
    """Keep the k most likely tokens of each row.

    Args:
        logits: shape (N, V).
        k: how many tokens to keep, at least 1. May be larger than V.

    Returns:
        Probabilities, shape (N, V), 0 for the tokens that are not kept.
    """
    raise NotImplementedError("top_k")


def top_p(logits: Array, p: float) -> Array:
    """Keep the smallest set of most likely tokens whose probabilities together reach p.

    Args:
        logits: shape (N, V).
        p: how much probability the set must hold, 0 < p <= 1.

    Returns:
        Probabilities, shape (N, V), 0 for the tokens that are not kept.
    """
    raise NotImplementedError("top_p")


def sample(probabilities: Array, start: int, end: int, u: Array) -> Array:
    """Continue a text with tokens drawn at random.

    Args:
        probabilities: shape (V, V). Row v holds the probabilities of the token after token v.
        start: id of the token before the first generated one.
        end: id of the token that ends a text.
        u: random numbers, shape (T,), each at least 0 and below 1; one for each token.

    Returns:
        The generated ids, shape (L,) with L at most T, int64, without `start`. If `end` was
        generated it is the last of them.
    """
    raise NotImplementedError("sample")


def beam_search(
    table: Array, start: int, end: int, width: int, max_length: int, alpha: float
) -> tuple[Array, float]:
    """Search for a text with a high probability, following several texts at once.

    Args:
        table: scores (logits), shape (V, V), as for `greedy`.
        start: id of the token before the first generated one.
        end: id of the token that ends a text.
        width: how many candidates are kept in every round, at least 1.
        max_length: the largest number of tokens to generate, at least 1.
        alpha: how strongly long texts are favoured; 0 compares plain log-probabilities.

    Returns:
        ids: the best hypothesis, shape (L,), int64, without `start`.
        score: its log-probability divided by L**alpha, a number.
    """
    raise NotImplementedError("beam_search")
