"""The baseline of the language model: n-grams with interpolated Kneser-Ney smoothing.

Kneser and Ney (1995), "Improved backing-off for m-gram language modeling"; in the interpolated form
of Chen and Goodman (1999), "An empirical study of smoothing techniques for language modeling",
section 2.7. The discount of each order is n1 / (n1 + 2 n2) of its counts (Ney, Essen and Kneser,
1994). Written here because the implementation in NLTK takes 14 ms for each word.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

Gram = tuple[int, ...]


class KneserNey:
    """Probabilities of the next token, given the n - 1 tokens before it."""

    def __init__(self, ids: Sequence[int], vocabulary_size: int, order: int = 3) -> None:
        """Count.

        Args:
            ids: the text to learn from.
            vocabulary_size: V; ids are in [0, V).
            order: n, at least 1.
        """
        self.vocabulary_size, self.order = vocabulary_size, order
        grams = Counter(tuple(ids[i : i + order]) for i in range(len(ids) - order + 1))
        # Below the highest order a gram counts the different tokens that were seen before it.
        counts = [grams]
        for _ in range(order - 1):
            counts.append(Counter(gram[1:] for gram in counts[-1]))
        self.levels = [_Level(of_one_length) for of_one_length in reversed(counts)]

    def probability(self, token: int, context: Sequence[int]) -> float:
        """p(token | the last n - 1 of context), in (0, 1]; sums to 1 over the vocabulary."""
        p = 1.0 / self.vocabulary_size
        for length, level in enumerate(self.levels):
            if length > len(context):
                break
            history = tuple(context[len(context) - length :])
            if history not in level.totals:
                break
            p = level.mixed(history, token, p)
        return p

    def perplexity(self, ids: Sequence[int]) -> float:
        """exp of the mean of -ln p over all tokens but the first."""
        spent = 0.0
        for i in range(1, len(ids)):
            spent -= math.log(self.probability(ids[i], ids[max(0, i - self.order + 1) : i]))
        return math.exp(spent / (len(ids) - 1))


class _Level:
    """The grams of one length: how often, how many kinds after a history, and the discount."""

    def __init__(self, grams: Counter[Gram]) -> None:
        self.grams = grams
        self.totals: Counter[Gram] = Counter()
        self.kinds: Counter[Gram] = Counter()
        for gram, times in grams.items():
            self.totals[gram[:-1]] += times
            self.kinds[gram[:-1]] += 1
        times_seen = Counter(grams.values())
        once, twice = times_seen[1], times_seen[2]
        # Without grams that were seen once there is nothing to estimate it from; ½ is usual.
        self.discount = once / (once + 2 * twice) if once and twice else 0.5

    def mixed(self, history: Gram, token: int, lower: float) -> float:
        """What the counts say, less the discount, which goes to the shorter history's p."""
        total = self.totals[history]
        kept = max(self.grams.get((*history, token), 0) - self.discount, 0.0)
        return (kept + self.discount * self.kinds[history] * lower) / total
