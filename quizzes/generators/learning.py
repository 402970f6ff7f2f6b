"""Numbers about regression, gradient descent, losses and regularisation."""

import math
import random
from typing import Any

import numpy as np

from quizzes.generators import numeric


def _bits(*counts: int) -> float:
    """The entropy of class counts, for the mistakes."""
    total = sum(counts)
    return -sum(n / total * math.log2(n / total) for n in counts if n)


@numeric(exercise="01")
class regression_slope:
    """The slope of the least-squares line through three points, not equally spaced."""

    def draw(random: random.Random) -> dict[str, Any]:
        first = random.randint(0, 4)
        near, far = random.choice([(1, 5), (4, 5), (2, 7), (5, 7)])
        x = np.array([first, first + near, first + far])
        while True:
            y = np.array(random.sample(range(1, 16), 3))
            together = abs(((x - x.mean()) * y).sum())
            if together >= 3 and abs(x.var() - y.var()) >= 1:
                names = ("x1", "x2", "x3", "y1", "y2", "y3")
                return dict(zip(names, map(int, [*x, *y]), strict=True))

    def truth(code: Any, x1: int, x2: int, x3: int, y1: int, y2: int, y3: int) -> Any:
        x = np.array([x1, x2, x3], dtype=float)
        slope, _ = code.fit_line(x, np.array([y1, y2, y3], dtype=float))
        return slope

    def joins_the_outer_points(x1: int, x2: int, x3: int, y1: int, y2: int, y3: int) -> float:
        return (y3 - y1) / (x3 - x1)

    def forgets_to_centre(x1: int, x2: int, x3: int, y1: int, y2: int, y3: int) -> float:
        return (x1 * y1 + x2 * y2 + x3 * y3) / (x1 * x1 + x2 * x2 + x3 * x3)

    def divides_by_the_variance_of_y(x1: int, x2: int, x3: int, y1: int, y2: int, y3: int) -> float:
        x, y = np.array([x1, x2, x3]), np.array([y1, y2, y3])
        dx, dy = x - x.mean(), y - y.mean()
        return float((dx * dy).sum() / (dy * dy).sum())


@numeric(exercise="02")
class gradient_step:
    """The weight after one step of batch gradient descent on two examples."""

    def draw(random: random.Random) -> dict[str, Any]:
        while True:
            x1, x2 = random.sample(range(1, 6), 2)
            w = random.randint(0, 3)
            y1, y2 = random.randint(-4, 12), random.randint(-4, 12)
            gradient = (w * x1 - y1) * x1 + (w * x2 - y2) * x2
            if abs(gradient) >= 3:
                rate = random.choice([0.1, 0.05, 0.02])
                return dict(x1=x1, x2=x2, y1=y1, y2=y2, w=w, rate=rate)

    def truth(code: Any, x1: int, x2: int, y1: int, y2: int, w: int, rate: float) -> Any:
        x, y = np.array([[float(x1)], [float(x2)]]), np.array([float(y1), float(y2)])
        return code.batch_gradient_descent(x, y, np.array([float(w)]), rate, 1)[1, 0]

    def forgets_the_two(x1: int, x2: int, y1: int, y2: int, w: int, rate: float) -> float:
        return w - rate * ((w * x1 - y1) * x1 + (w * x2 - y2) * x2) / 2

    def adds_instead_of_averaging(x1: int, x2: int, y1: int, y2: int, w: int, rate: float) -> float:
        return w - rate * 2 * ((w * x1 - y1) * x1 + (w * x2 - y2) * x2)

    def walks_uphill(x1: int, x2: int, y1: int, y2: int, w: int, rate: float) -> float:
        return w + rate * ((w * x1 - y1) * x1 + (w * x2 - y2) * x2)


@numeric(exercise="02")
class learning_rate_limit:
    """From which learning rate on the steps for one weight no longer shrink."""

    def draw(random: random.Random) -> dict[str, Any]:
        x1, x2, x3 = (random.randint(1, 9) for _ in range(3))
        return dict(x1=x1, x2=x2, x3=x3)

    def truth(code: Any, x1: int, x2: int, x3: int) -> Any:
        x = np.array([[float(x1)], [float(x2)], [float(x3)]])
        curvature = code.mse_gradient(x, np.zeros(3), np.array([1.0]))[0]
        return 2 / curvature

    def stops_where_one_step_suffices(x1: int, x2: int, x3: int) -> float:
        return 3 / (2 * (x1 * x1 + x2 * x2 + x3 * x3))

    def forgets_the_mean(x1: int, x2: int, x3: int) -> float:
        return 1 / (x1 * x1 + x2 * x2 + x3 * x3)

    def forgets_the_two_of_the_gradient(x1: int, x2: int, x3: int) -> float:
        return 6 / (x1 * x1 + x2 * x2 + x3 * x3)


@numeric(exercise="02")
class steps_of_training:
    """How often mini-batch gradient descent updates the weights."""

    def draw(random: random.Random) -> dict[str, Any]:
        size = random.choice([16, 20, 32, 50, 64])
        n = size * random.randint(3, 30) + random.randint(1, size - 1)
        return dict(n=n, size=size, epochs=random.randint(3, 12))

    def truth(code: Any, n: int, size: int, epochs: int) -> Any:
        return epochs * len(code.minibatches(n, size, np.random.default_rng(0)))

    def leaves_out_the_short_batch(n: int, size: int, epochs: int) -> int:
        return epochs * (n // size)

    def counts_one_step_per_example(n: int, size: int, epochs: int) -> int:
        return epochs * n

    def counts_one_epoch_only(n: int, size: int, epochs: int) -> int:
        return -(-n // size)


@numeric(exercise="03")
class loss_of_two_answers:
    """The mean cross-entropy of two probabilities of label 1, with labels 1 and 0."""

    def draw(random: random.Random) -> dict[str, Any]:
        steps = [n for n in range(1, 20) if n != 10]
        return dict(p1=random.choice(steps) / 20, p2=random.choice(steps) / 20)

    def truth(code: Any, p1: float, p2: float) -> Any:
        return code.binary_cross_entropy(np.array([p1, p2]), np.array([1, 0]))

    def takes_p_for_both_labels(p1: float, p2: float) -> float:
        return -(math.log(p1) + math.log(p2)) / 2

    def adds_instead_of_averaging(p1: float, p2: float) -> float:
        return -(math.log(p1) + math.log(1 - p2))

    def takes_the_logarithm_to_base_ten(p1: float, p2: float) -> float:
        return -(math.log10(p1) + math.log10(1 - p2)) / 2


@numeric(exercise="04")
class divergence_of_coins:
    """KL(p‖q) of two coins in nats."""

    def draw(random: random.Random) -> dict[str, Any]:
        while True:
            p, q = random.sample(range(1, 20), 2)
            if abs(p - q) >= 4 and abs(p + q - 20) >= 4:
                return dict(p=p / 20, q=q / 20)

    def truth(code: Any, p: float, q: float) -> Any:
        return code.kl_divergence(np.array([[p, 1 - p]]), np.array([[q, 1 - q]]))

    def swaps_the_two(p: float, q: float) -> float:
        return q * math.log(q / p) + (1 - q) * math.log((1 - q) / (1 - p))

    def gives_the_cross_entropy(p: float, q: float) -> float:
        return -p * math.log(q) - (1 - p) * math.log(1 - q)

    def counts_heads_only(p: float, q: float) -> float:
        return p * math.log(p / q)


@numeric(exercise="04")
class gain_of_a_split:
    """The information gain, in bits, of a split that makes one side pure."""

    def draw(random: random.Random) -> dict[str, Any]:
        while True:
            a, b, c = random.randint(1, 6), random.randint(2, 8), random.randint(1, 8)
            if a + b != c:
                return dict(a=a, b=b, c=c)

    def truth(code: Any, a: int, b: int, c: int) -> Any:
        rows = np.array([[a + c, b], [a, b], [c, 0]], dtype=float)
        sizes = rows.sum(axis=1)
        even = np.array([[0.5, 0.5]])
        before, left, right = (
            1 - float(code.kl_divergence(row[None] / row.sum(), even)) / math.log(2) for row in rows
        )
        return before - (sizes[1] * left + sizes[2] * right) / sizes[0]

    def averages_without_weights(a: int, b: int, c: int) -> float:
        return _bits(a + c, b) - (_bits(a, b) + _bits(c, 0)) / 2

    def takes_nats(a: int, b: int, c: int) -> float:
        n = a + b + c
        return math.log(2) * (_bits(a + c, b) - (a + b) / n * _bits(a, b))

    def gives_the_entropy_after_the_split(a: int, b: int, c: int) -> float:
        return (a + b) / (a + b + c) * _bits(a, b)


@numeric(exercise="05")
class ridge_weight:
    """The ridge weight of one feature, from the least-squares weight and the variance."""

    def draw(random: random.Random) -> dict[str, Any]:
        return dict(
            slope=random.choice([n for n in range(-12, 13) if abs(n) >= 2]),
            variance=random.randint(2, 9),
            strength=random.choice([0.5, 1, 2, 3, 4, 5, 6]),
        )

    def truth(code: Any, slope: int, variance: int, strength: float) -> Any:
        x = np.array([[-1.0], [1.0]]) * math.sqrt(variance)
        w, _ = code.fit_ridge(x, slope * x[:, 0], strength)
        return w

    def forgets_the_variance(slope: int, variance: int, strength: float) -> float:
        return slope / (1 + strength)

    def doubles_the_strength(slope: int, variance: int, strength: float) -> float:
        return slope * variance / (variance + 2 * strength)

    def subtracts_as_lasso_does(slope: int, variance: int, strength: float) -> float:
        return math.copysign(max(abs(slope) - strength / (2 * variance), 0), slope)


@numeric(exercise="05")
class lasso_step:
    """A weight after one step of ISTA that does not end at zero."""

    def draw(random: random.Random) -> dict[str, Any]:
        while True:
            w = random.choice([n for n in range(-20, 21) if n]) / 10
            slope = random.choice([n for n in range(-6, 7) if n])
            rate, strength = random.choice([0.1, 0.2, 0.5]), random.choice([0.5, 1.5, 2, 3])
            moved = w - rate * slope
            left = abs(moved) - rate * strength
            given = [abs(number) for number in (w, slope, rate, strength)]
            if left >= 0.05 and all(abs(left - number) > 0.01 for number in given):
                return dict(w=w, slope=slope, rate=rate, strength=strength)

    def truth(code: Any, w: float, slope: int, rate: float, strength: float) -> Any:
        return code.soft_threshold(np.array([w - rate * slope]), rate * strength)

    def forgets_the_threshold(w: float, slope: int, rate: float, strength: float) -> float:
        return w - rate * slope

    def takes_the_whole_strength(w: float, slope: int, rate: float, strength: float) -> float:
        moved = w - rate * slope
        return math.copysign(max(abs(moved) - strength, 0), moved)

    def shrinks_as_ridge_does(w: float, slope: int, rate: float, strength: float) -> float:
        return w - rate * (slope + 2 * strength * w)
