"""Numbers about words, counts and word vectors."""

import math
import random
from itertools import combinations
from typing import Any

import numpy as np

from quizzes.generators import numeric


@numeric(exercise="16")
class bytes_of_a_text:
    """How many ids a word of Korean syllables and Latin letters has before any merge."""

    def draw(random: random.Random) -> dict[str, Any]:
        return dict(syllables=random.randint(3, 30), letters=random.randint(2, 40))

    def truth(code: Any, syllables: int, letters: int) -> Any:
        return len(code.encode("한" * syllables + "a" * letters, []))

    def counts_characters(syllables: int, letters: int) -> int:
        return syllables + letters

    def takes_two_bytes_for_a_syllable(syllables: int, letters: int) -> int:
        return 2 * syllables + letters

    def takes_three_bytes_for_everything(syllables: int, letters: int) -> int:
        return 3 * (syllables + letters)


@numeric(exercise="17")
class ppmi_of_a_pair:
    """The PPMI of one pair, given its count, the two marginal counts and the sum."""

    def draw(random: random.Random) -> dict[str, Any]:
        while True:
            total = random.choice([100, 200, 400, 500, 1000])
            row, column = random.randint(10, 40), random.randint(10, 40)
            count = random.randint(3, 9)
            if 1.3 <= count * total / (row * column) <= 16:
                return dict(count=count, row=row, column=column, total=total)

    def truth(code: Any, count: int, row: int, column: int, total: int) -> Any:
        table = np.array([[count, row - count], [column - count, total - row - column + count]])
        return code.ppmi(table)[0, 0]

    def takes_the_natural_logarithm(count: int, row: int, column: int, total: int) -> float:
        return math.log(count * total / (row * column))

    def leaves_out_the_logarithm(count: int, row: int, column: int, total: int) -> float:
        return count * total / (row * column)

    def leaves_out_the_sum(count: int, row: int, column: int, total: int) -> float:
        return math.log2(count / (row * column))


@numeric(exercise="17")
class share_kept_by_svd:
    """The share of the squared entries that the first singular value keeps."""

    def draw(random: random.Random) -> dict[str, Any]:
        while True:
            first, second, third = sorted(random.sample(range(1, 13), 3), reverse=True)
            if abs(first**2 - second**2 - third**2) > 5:
                return dict(first=first, second=second, third=third)

    def truth(code: Any, first: int, second: int, third: int) -> Any:
        matrix = np.diag([float(second), float(first), float(third)])
        kept = code.truncated_svd(matrix, 1)
        return np.sum(kept**2) / np.sum(matrix**2)

    def leaves_out_the_squares(first: int, second: int, third: int) -> float:
        return first / (first + second + third)

    def gives_the_share_that_is_lost(first: int, second: int, third: int) -> float:
        lost = second**2 + third**2
        return lost / (first**2 + lost)


@numeric(exercise="18")
class pairs_of_words:
    """How many pairs of centre and context full windows give."""

    def draw(random: random.Random) -> dict[str, Any]:
        return dict(words=random.randint(20, 200), window=random.randint(2, 5))

    def truth(code: Any, words: int, window: int) -> Any:
        contexts, _ = code.contexts_and_targets(np.arange(words) % 11, window)
        return contexts.shape[0] * contexts.shape[1]

    def takes_every_word_as_a_centre(words: int, window: int) -> int:
        return words * 2 * window

    def looks_to_one_side_only(words: int, window: int) -> int:
        return (words - 2 * window) * window

    def counts_the_centre_as_context(words: int, window: int) -> int:
        return (words - 2 * window) * (2 * window + 1)


@numeric(exercise="18")
class word2vec_parameters:
    """How many numbers a CBOW model without biases learns."""

    def draw(random: random.Random) -> dict[str, Any]:
        return dict(v=random.randint(30, 400), d=random.randint(5, 40), window=random.randint(1, 5))

    def truth(code: Any, v: int, d: int, window: int) -> Any:
        contexts, targets = np.zeros((1, 2 * window), dtype=int), np.array([1])
        _, cache = code.cbow_forward(contexts, targets, np.zeros((v, d)), np.zeros((d, v)))
        return sum(gradient.size for gradient in code.cbow_backward(1.0, cache))

    def counts_one_table(v: int, d: int, window: int) -> int:
        return v * d

    def gives_every_place_a_table(v: int, d: int, window: int) -> int:
        return (2 * window + 1) * v * d

    def adds_biases(v: int, d: int, window: int) -> int:
        return 2 * v * d + d + v


@numeric(exercise="19")
class share_of_negatives:
    """How often the first of three words is drawn as a negative; counts are fourth powers."""

    def draw(random: random.Random) -> dict[str, Any]:
        a, b, c = random.sample(range(2, 9), 3)
        return dict(first=a**4, second=b**4, third=c**4)

    def truth(code: Any, first: int, second: int, third: int) -> Any:
        return code.unigram_distribution(np.array([first, second, third]), 0.75)[0]

    def leaves_out_the_power(first: int, second: int, third: int) -> float:
        return first / (first + second + third)

    def raises_the_share_and_does_not_divide_again(first: int, second: int, third: int) -> float:
        return (first / (first + second + third)) ** 0.75

    def takes_the_fourth_root(first: int, second: int, third: int) -> float:
        return first**0.25 / (first**0.25 + second**0.25 + third**0.25)


def _softplus(z: float) -> float:
    return math.log1p(math.exp(z))


@numeric(exercise="19")
class loss_with_two_negatives:
    """The loss of one row with one positive and two negatives."""

    def draw(random: random.Random) -> dict[str, Any]:
        while True:
            positive = random.randint(-2, 3)
            one, two = random.randint(-3, 3), random.randint(-3, 3)
            if one + two != 0:
                return dict(positive=positive, one=one, two=two)

    def truth(code: Any, positive: int, one: int, two: int) -> Any:
        w_out = np.array([[positive], [one], [two]], dtype=float)
        loss, _, _ = code.negative_sampling_loss(
            np.array([[1.0]]), w_out, np.array([0]), np.array([[1, 2]])
        )
        return loss

    def adds_the_scores_inside_the_sigmoid(positive: int, one: int, two: int) -> float:
        return _softplus(-positive) + _softplus(one + two)

    def forgets_the_minus_of_the_negatives(positive: int, one: int, two: int) -> float:
        return _softplus(-positive) + _softplus(-one) + _softplus(-two)

    def leaves_out_the_positive(positive: int, one: int, two: int) -> float:
        return _softplus(one) + _softplus(two)


@numeric(exercise="20")
class weight_of_a_count:
    """GloVe's weight of a count below the cut."""

    def draw(random: random.Random) -> dict[str, Any]:
        x_max = random.choice([50, 100, 200])
        return dict(count=random.randint(2, int(0.8 * x_max)), x_max=x_max)

    def truth(code: Any, count: int, x_max: int) -> Any:
        return code.weighting(np.array([float(count)]), float(x_max), 0.75)

    def leaves_out_the_exponent(count: int, x_max: int) -> float:
        return count / x_max

    def raises_the_count_alone(count: int, x_max: int) -> float:
        return count**0.75 / x_max

    def takes_the_square_root(count: int, x_max: int) -> float:
        return math.sqrt(count / x_max)


@numeric(exercise="21")
class number_of_ngrams:
    """How many pieces fastText cuts a word into, the whole word included."""

    def draw(random: random.Random) -> dict[str, Any]:
        low = random.randint(2, 4)
        high = low + random.randint(1, 3)
        return dict(letters=random.randint(high, 24), low=low, high=high)

    def truth(code: Any, letters: int, low: int, high: int) -> Any:
        return len(code.character_ngrams("abcdefghijklmnopqrstuvwxyz"[:letters], low, high))

    def forgets_the_marks(letters: int, low: int, high: int) -> int:
        return sum(letters - n + 1 for n in range(low, high + 1)) + 1

    def forgets_the_whole_word(letters: int, low: int, high: int) -> int:
        return sum(letters + 2 - n + 1 for n in range(low, high + 1))

    def takes_only_the_longest(letters: int, low: int, high: int) -> int:
        return letters + 2 - high + 1 + 1


@numeric(exercise="22")
class mixed_layers:
    """One number of the mix of two layers under a softmax, times a scale."""

    def draw(random: random.Random) -> dict[str, Any]:
        one, two = random.sample(range(-1, 3), 2)
        x, y = random.sample(range(1, 13), 2)
        return dict(one=one, two=two, x=x, y=y, gamma=random.choice([2, 3, 4]))

    def truth(code: Any, one: int, two: int, x: int, y: int, gamma: int) -> Any:
        layers = np.array([float(x), float(y)])[:, None, None, None]
        out, _ = code.scalar_mix_forward(layers, np.array([float(one), float(two)]), float(gamma))
        return out

    def takes_the_scores_as_weights(one: int, two: int, x: int, y: int, gamma: int) -> float:
        return gamma * (one * x + two * y)

    def leaves_out_gamma(one: int, two: int, x: int, y: int, gamma: int) -> float:
        first = 1 / (1 + math.exp(two - one))
        return first * x + (1 - first) * y

    def takes_the_plain_mean(one: int, two: int, x: int, y: int, gamma: int) -> float:
        return gamma * (x + y) / 2


@numeric(exercise="23")
class spearman_of_ranks:
    """Spearman's correlation between the order 1, 2, … and another one."""

    def draw(random: random.Random) -> dict[str, Any]:
        n = random.choice([5, 6, 7])
        ranks = list(range(1, n + 1))
        while True:
            random.shuffle(ranks)
            squares = sum((rank - place) ** 2 for place, rank in enumerate(ranks, start=1))
            rho = 1 - 6 * squares / (n * (n * n - 1))
            if squares and abs(rho - _kendall(ranks)) > 0.02:
                return dict(n=n, ranks=", ".join(map(str, ranks)))

    def truth(code: Any, n: int, ranks: str) -> Any:
        given = np.array([float(rank) for rank in ranks.split(", ")])
        return code.spearman(np.arange(1.0, n + 1), given)

    def forgets_the_six(n: int, ranks: str) -> float:
        return 1 - sum(d * d for d in _differences(ranks)) / (n * (n * n - 1))

    def leaves_out_the_squares(n: int, ranks: str) -> float:
        return 1 - 6 * sum(abs(d) for d in _differences(ranks)) / (n * (n * n - 1))

    def counts_pairs_in_the_same_order(n: int, ranks: str) -> float:
        return _kendall([int(rank) for rank in ranks.split(", ")])


def _kendall(ranks: list[int]) -> float:
    pairs = list(combinations(ranks, 2))
    return (2 * sum(one < two for one, two in pairs) - len(pairs)) / len(pairs)


def _differences(ranks: str) -> list[int]:
    return [int(rank) - place for place, rank in enumerate(ranks.split(", "), start=1)]
