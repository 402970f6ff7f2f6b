"""Numbers about what has no exercise of its own: autoencoders, GANs, retrieval, clients, grids."""

import math
import random
from typing import Any

import numpy as np

from quizzes.generators import numeric


@numeric(exercise="17")
class linear_autoencoder_error:
    """The squared error that the best linear autoencoder leaves, from the singular values."""

    def draw(random: random.Random) -> dict[str, Any]:
        s3, s2, s1 = sorted(random.sample(range(3, 15), 3))
        return dict(s1=s1, s2=s2, s3=s3, k=random.choice([1, 2]))

    def truth(code: Any, s1: int, s2: int, s3: int, k: int) -> Any:
        x = np.diag([float(s1), float(s2), float(s3)])
        kept = code.truncated_svd(x, k)
        return np.round(np.sum(x * x) - np.sum(kept * kept), 9)

    def adds_the_values_unsquared(s1: int, s2: int, s3: int, k: int) -> int:
        return sum((s1, s2, s3)[k:])

    def gives_what_is_kept(s1: int, s2: int, s3: int, k: int) -> int:
        return sum(s * s for s in (s1, s2, s3)[:k])

    def drops_the_largest(s1: int, s2: int, s3: int, k: int) -> int:
        return sum(s * s for s in (s1, s2, s3)[: 3 - k])


@numeric(exercise="04")
class sparsity_penalty:
    """KL divergence between a wanted and a found rate of activity of one hidden unit."""

    def draw(random: random.Random) -> dict[str, Any]:
        wanted = random.choice([5, 10, 15, 20])
        found = random.randrange(wanted + 20, 81)
        return dict(wanted=wanted / 100, found=found / 100)

    def truth(code: Any, wanted: float, found: float) -> Any:
        return code.kl_divergence(np.array([[wanted, 1 - wanted]]), np.array([[found, 1 - found]]))

    def takes_it_the_wrong_way_round(wanted: float, found: float) -> float:
        rest = (1 - found) * math.log((1 - found) / (1 - wanted))
        return found * math.log(found / wanted) + rest

    def keeps_only_the_first_term(wanted: float, found: float) -> float:
        return wanted * math.log(wanted / found)

    def takes_the_binary_logarithm(wanted: float, found: float) -> float:
        rest = (1 - wanted) * math.log2((1 - wanted) / (1 - found))
        return wanted * math.log2(wanted / found) + rest


@numeric(exercise="03")
class discriminator_loss:
    """The discriminator's mean cross-entropy over one real and one generated example."""

    def draw(random: random.Random) -> dict[str, Any]:
        fakes = [*range(5, 45), *range(56, 96)]
        return dict(real=random.randrange(30, 98) / 100, fake=random.choice(fakes) / 100)

    def truth(code: Any, real: float, fake: float) -> Any:
        return code.binary_cross_entropy(np.array([real, fake]), np.array([1.0, 0.0]))

    def labels_both_as_real(real: float, fake: float) -> float:
        return -(math.log(real) + math.log(fake)) / 2

    def adds_in_place_of_averaging(real: float, fake: float) -> float:
        return -(math.log(real) + math.log(1 - fake))

    def gives_the_loss_of_the_generator(real: float, fake: float) -> float:
        return -math.log(fake)


@numeric(exercise="04")
class prototype_probability:
    """The probability of the first of two classes, given the distances to their prototypes."""

    def draw(random: random.Random) -> dict[str, Any]:
        while True:
            first, second = random.randrange(2, 21), random.randrange(2, 21)
            if abs(first - second) >= 2 and abs(first + second - 10) >= 3:
                return dict(first=first / 10, second=second / 10)

    def truth(code: Any, first: float, second: float) -> Any:
        return code.softmax(np.array([[-(first**2), -(second**2)]]))[0, 0]

    def prefers_the_far_prototype(first: float, second: float) -> float:
        return 1 / (1 + math.exp(second**2 - first**2))

    def does_not_square_the_distances(first: float, second: float) -> float:
        return 1 / (1 + math.exp(first - second))


@numeric(exercise="02")
class gradient_of_two_clients:
    """The gradient on all data, from two clients' gradients and numbers of examples."""

    def draw(random: random.Random) -> dict[str, Any]:
        n1, n2 = random.sample(range(10, 100, 10), 2)
        while True:
            g1, g2 = random.randrange(-20, 21), random.randrange(-20, 21)
            if abs(g1 - g2) >= 5 and g1 and g2:
                return dict(n1=n1, n2=n2, g1=g1 / 10, g2=g2 / 10)

    def truth(code: Any, n1: int, n2: int, g1: float, g2: float) -> Any:
        y = np.concatenate([np.full(n1, -g1 / 2), np.full(n2, -g2 / 2)])
        return code.mse_gradient(np.ones((n1 + n2, 1)), y, np.zeros(1))

    def takes_the_plain_mean(n1: int, n2: int, g1: float, g2: float) -> float:
        return (g1 + g2) / 2

    def adds_the_gradients(n1: int, n2: int, g1: float, g2: float) -> float:
        return g1 + g2

    def exchanges_the_weights(n1: int, n2: int, g1: float, g2: float) -> float:
        return (n2 * g1 + n1 * g2) / (n1 + n2)


@numeric(exercise="17")
class cosine_of_passage:
    """The cosine similarity of a query and a passage in three dimensions."""

    def draw(random: random.Random) -> dict[str, Any]:
        while True:
            drawn = {name: random.randrange(0, 5) for name in ("a", "b", "c", "u", "v", "w")}
            a, b, c, u, v, w = drawn.values()
            product = a * u + b * v + c * w
            if product > 1 and a * a + b * b + c * c > 2 and u * u + v * v + w * w > 2:
                return drawn

    def truth(code: Any, a: int, b: int, c: int, u: int, v: int, w: int) -> Any:
        return code.cosine_similarity(np.array([a, b, c], float), np.array([u, v, w], float))

    def leaves_out_the_lengths(a: int, b: int, c: int, u: int, v: int, w: int) -> int:
        return a * u + b * v + c * w

    def forgets_the_roots(a: int, b: int, c: int, u: int, v: int, w: int) -> float:
        return (a * u + b * v + c * w) / ((a * a + b * b + c * c) * (u * u + v * v + w * w))

    def gives_the_distance(a: int, b: int, c: int, u: int, v: int, w: int) -> float:
        return math.dist((a, b, c), (u, v, w))


@numeric(exercise="15")
class trainings_of_a_grid:
    """How often a model is trained in a grid search with cross-validation and a last fit."""

    def draw(random: random.Random) -> dict[str, Any]:
        return dict(
            rates=random.randrange(3, 9), widths=random.randrange(3, 9), k=random.randrange(4, 11)
        )

    def truth(code: Any, rates: int, widths: int, k: int) -> Any:
        return rates * widths * len(code.k_fold(np.arange(60), k)) + 1

    def forgets_the_folds(rates: int, widths: int, k: int) -> int:
        return rates * widths + 1

    def adds_in_place_of_multiplying(rates: int, widths: int, k: int) -> int:
        return (rates + widths) * k + 1

    def forgets_the_last_training(rates: int, widths: int, k: int) -> int:
        return rates * widths * k
