"""Numbers about attention."""

import math
import random
from typing import Any

import numpy as np

from quizzes.generators import numeric


@numeric(exercise="35")
class attention_weight:
    """The weight of the first of two keys, given the products of query and keys."""

    def draw(random: random.Random) -> dict[str, Any]:
        d = random.choice([4, 16, 25, 64, 100])
        root = math.isqrt(d)
        first, second = random.sample(range(-3 * root, 3 * root + 1), 2)
        return dict(d=d, first=first, second=second)

    def truth(code: Any, d: int, first: int, second: int) -> Any:
        q = np.zeros((1, 1, d))
        k = np.zeros((1, 2, d))
        q[0, 0, 0], k[0, :, 0] = 1.0, (first, second)
        out, _ = code.attention_forward(q, k, np.array([[[1.0], [0.0]]]))
        return out

    def leaves_out_the_scale(d: int, first: int, second: int) -> float:
        return 1 / (1 + math.exp(min(second - first, 700)))

    def divides_by_d(d: int, first: int, second: int) -> float:
        return 1 / (1 + math.exp((second - first) / d))

    def gives_the_other_weight(d: int, first: int, second: int) -> float:
        return 1 / (1 + math.exp((first - second) / math.sqrt(d)))
