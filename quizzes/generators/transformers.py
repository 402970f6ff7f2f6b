"""Numbers about Transformers."""

import math
import random
from typing import Any

import numpy as np

from quizzes.generators import numeric


@numeric(exercise="34")
class context_with_padding:
    """The average of two real values; a third position is padding."""

    def draw(random: random.Random) -> dict[str, Any]:
        first, second = random.sample(range(-1, 3), 2)
        a, b = random.sample(range(1, 20), 2)
        while abs(a - b) < 3:
            a, b = random.sample(range(1, 20), 2)
        return dict(
            first=first,
            second=second,
            third=random.randint(2, 4),
            a=a,
            b=b,
            c=random.randint(21, 40),
        )

    def truth(code: Any, first: int, second: int, third: int, a: int, b: int, c: int) -> Any:
        scores = np.array([[[first, second, third]]], dtype=float)
        values = np.array([[[a], [b], [c]]], dtype=float)
        context, _, _ = code.attend_forward(scores, values, np.array([[True, True, False]]))
        return context

    def attends_to_the_padding(
        first: int, second: int, third: int, a: int, b: int, c: int
    ) -> float:
        powers = [math.exp(score) for score in (first, second, third)]
        return (powers[0] * a + powers[1] * b + powers[2] * c) / sum(powers)

    def takes_the_best_value_only(
        first: int, second: int, third: int, a: int, b: int, c: int
    ) -> int:
        return a if first > second else b

    def averages_with_the_padding_at_zero(
        first: int, second: int, third: int, a: int, b: int, c: int
    ) -> float:
        powers = [math.exp(first), math.exp(second), 1.0]
        return (powers[0] * a + powers[1] * b + powers[2] * c) / sum(powers)


@numeric(exercise="35")
class causal_pairs:
    """How many weights of a layer are not hidden by a causal mask."""

    def draw(random: random.Random) -> dict[str, Any]:
        return dict(length=random.randint(5, 60), heads=random.randint(2, 12))

    def truth(code: Any, length: int, heads: int) -> Any:
        return heads * code.causal_mask(np.zeros((1, length, 1))).sum()

    def counts_all_pairs(length: int, heads: int) -> int:
        return heads * length**2

    def hides_the_position_itself(length: int, heads: int) -> int:
        return heads * length * (length - 1) // 2

    def counts_one_head(length: int, heads: int) -> int:
        return length * (length + 1) // 2


@numeric(exercise="36")
class heads_parameters:
    """The parameters of a multi-head attention layer."""

    def draw(random: random.Random) -> dict[str, Any]:
        return dict(heads=random.randint(2, 12), size=random.randint(3, 16))

    def truth(code: Any, heads: int, size: int) -> int:
        width = heads * size
        params = {"w" + name: np.zeros((width, width)) for name in "qkvo"}
        params |= {"b" + name: np.zeros(width) for name in "qkvo"}
        x = np.zeros((1, 2, width))
        out, cache = code.multi_head_attention_forward(x, x, params, heads)
        _, _, gradients = code.multi_head_attention_backward(out, cache)
        return sum(int(gradient.size) for gradient in gradients.values())

    def forgets_the_biases(heads: int, size: int) -> int:
        return 4 * (heads * size) ** 2

    def forgets_the_output_projection(heads: int, size: int) -> int:
        return 3 * (heads * size) ** 2 + 3 * heads * size

    def gives_every_head_full_matrices(heads: int, size: int) -> int:
        return heads * (4 * (heads * size) ** 2 + 4 * heads * size)


@numeric(exercise="37")
class turned_product:
    """The product of a query and a key after RoPE, in a head of two features."""

    def draw(random: random.Random) -> dict[str, Any]:
        p, s = random.sample([1, 2, 4, 5, 7, 8, 10, 11, 14, 17], 2)
        return dict(a=random.randint(2, 6), b=random.randint(2, 6), p=p, s=s)

    def truth(code: Any, a: int, b: int, p: int, s: int) -> Any:
        q, k = np.array([[[[float(a), 0.0]]]]), np.array([[[[float(b), 0.0]]]])
        turned_q = code.rope(q, np.array([p]), "neighbours")
        turned_k = code.rope(k, np.array([s]), "neighbours")
        return (turned_q * turned_k).sum()

    def leaves_out_the_turn(a: int, b: int, p: int, s: int) -> int:
        return a * b

    def adds_the_positions(a: int, b: int, p: int, s: int) -> float:
        return a * b * math.cos(p + s)

    def takes_degrees(a: int, b: int, p: int, s: int) -> float:
        return a * b * math.cos(math.radians(p - s))


@numeric(exercise="37")
class sinusoid_entry:
    """One number of the sinusoidal position codes."""

    def draw(random: random.Random) -> dict[str, Any]:
        width = random.choice([4, 8])
        return dict(
            width=width,
            column=random.randint(2, 3 if width == 4 else 5),
            position=random.randint(20, 99),
        )

    def truth(code: Any, width: int, column: int, position: int) -> Any:
        return code.sinusoidal(np.zeros((1, position + 1, width)))[position, column]

    def takes_the_column_for_the_pair(width: int, column: int, position: int) -> float:
        angle = position / 10000 ** (2 * column / width)
        return math.cos(angle) if column % 2 else math.sin(angle)

    def exchanges_sine_and_cosine(width: int, column: int, position: int) -> float:
        angle = position / 10000 ** (2 * (column // 2) / width)
        return math.sin(angle) if column % 2 else math.cos(angle)

    def forgets_the_two_in_the_exponent(width: int, column: int, position: int) -> float:
        angle = position / 10000 ** ((column // 2) / width)
        return math.cos(angle) if column % 2 else math.sin(angle)


@numeric(exercise="38")
class normalised_entry:
    """The first of four numbers after a layer norm."""

    def draw(random: random.Random) -> dict[str, Any]:
        while True:
            a, b, c, d = (random.randint(-4, 9) for _ in range(4))
            mean = (a + b + c + d) / 4
            variance = sum((x - mean) ** 2 for x in (a, b, c, d)) / 4
            if abs(a - mean) >= 1 and abs(mean) >= 1 and variance > 2:
                return dict(a=a, b=b, c=c, d=d)

    def truth(code: Any, a: int, b: int, c: int, d: int) -> Any:
        x = np.array([[[a, b, c, d]]], dtype=float)
        out, _ = code.layer_norm_forward(x, np.ones(4), np.zeros(4), 0.0)
        return out[0, 0, 0]

    def divides_by_one_less(a: int, b: int, c: int, d: int) -> float:
        return float((a - np.mean([a, b, c, d])) / np.std([a, b, c, d], ddof=1))

    def keeps_the_mean(a: int, b: int, c: int, d: int) -> float:
        return a / math.sqrt((a * a + b * b + c * c + d * d) / 4)

    def forgets_the_root(a: int, b: int, c: int, d: int) -> float:
        return float((a - np.mean([a, b, c, d])) / np.var([a, b, c, d]))


@numeric(exercise="39")
class smoothed_label:
    """What label smoothing asks of the right class."""

    def draw(random: random.Random) -> dict[str, Any]:
        smoothing = random.choice([0.05, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.4])
        return dict(smoothing=smoothing, classes=random.randint(3, 16))

    def truth(code: Any, smoothing: float, classes: int) -> Any:
        logits, targets = np.zeros((1, 1, classes)), np.array([[1]])
        _, dlogits = code.label_smoothing_loss(logits, targets, smoothing, 0)
        return 1 / classes - dlogits[0, 0, 1]

    def leaves_out_its_own_share(smoothing: float, classes: int) -> float:
        return 1 - smoothing

    def gives_a_wrong_class(smoothing: float, classes: int) -> float:
        return smoothing / classes


@numeric(exercise="41")
class relative_score:
    """A score with relative positions, in a head of one feature."""

    def draw(random: random.Random) -> dict[str, Any]:
        k, r = random.sample(range(1, 10), 2)
        u, v = random.sample(range(1, 10), 2)
        return dict(q=random.randint(1, 9), k=k, r=r, u=u, v=v)

    def truth(code: Any, q: int, k: int, r: int, u: int, v: int) -> Any:
        query, key = np.array([[[[float(q)]]]]), np.array([[[[float(k)]]]])
        # Of a single position the distance is 0, which stands in row 1 of two.
        codes = np.array([[[99.0], [float(r)]]])
        return code.relative_scores(
            query, key, codes, np.array([[float(u)]]), np.array([[float(v)]])
        )

    def leaves_out_the_biases(q: int, k: int, r: int, u: int, v: int) -> int:
        return q * k + q * r

    def exchanges_the_biases(q: int, k: int, r: int, u: int, v: int) -> int:
        return (q + v) * k + (q + u) * r

    def adds_the_biases_at_the_end(q: int, k: int, r: int, u: int, v: int) -> int:
        return q * k + u + q * r + v


@numeric(exercise="42")
class gpt_parameters:
    """The parameters of a small GPT-2."""

    def draw(random: random.Random) -> dict[str, Any]:
        return dict(
            layers=random.randint(2, 6),
            width=random.choice([4, 6, 8, 10]),
            vocabulary=random.randrange(20, 101, 10),
            context=random.randrange(8, 33, 4),
        )

    def truth(code: Any, layers: int, width: int, vocabulary: int, context: int) -> int:
        d = width
        shapes = {"ln_1": (d,), "attn.c_attn": (d, 3 * d), "attn.c_proj": (d, d)}
        shapes |= {"ln_2": (d,), "mlp.c_fc": (d, 4 * d), "mlp.c_proj": (4 * d, d)}
        weights = {"wte.weight": np.zeros((vocabulary, d)), "wpe.weight": np.zeros((context, d))}
        weights |= {"ln_f.weight": np.zeros(d), "ln_f.bias": np.zeros(d)}
        for i in range(layers):
            weights |= {f"h.{i}.{name}.weight": np.zeros(s) for name, s in shapes.items()}
            weights |= {f"h.{i}.{name}.bias": np.zeros(s[-1]) for name, s in shapes.items()}
        params = code.load_gpt2_weights(weights)
        code.gpt_forward(np.zeros((1, context), dtype=np.int64), params, 2)
        return _numbers(params)

    def gives_the_head_its_own_table(layers: int, width: int, vocabulary: int, context: int) -> int:
        blocks = layers * (12 * width**2 + 13 * width)
        return blocks + (2 * vocabulary + context + 2) * width

    def leaves_out_biases_and_norms(layers: int, width: int, vocabulary: int, context: int) -> int:
        return layers * 12 * width**2 + (vocabulary + context) * width

    def forgets_the_positions(layers: int, width: int, vocabulary: int, context: int) -> int:
        return layers * (12 * width**2 + 13 * width) + (vocabulary + 2) * width


def _numbers(params: Any) -> int:
    """How many numbers there are in arrays, lists and dicts."""
    if isinstance(params, dict):
        return sum(_numbers(value) for value in params.values())
    if isinstance(params, list):
        return sum(_numbers(value) for value in params)
    return int(params.size)


@numeric(exercise="43")
class cache_mebibytes:
    """The size of a cache of keys and values in half precision."""

    def draw(random: random.Random) -> dict[str, Any]:
        return dict(
            layers=random.choice([8, 12, 16, 24, 28, 32]),
            heads=random.choice([8, 12, 16, 20]),
            size=random.choice([64, 128]),
            length=random.choice([1024, 2048, 4096]),
            batch=random.choice([1, 2, 3, 5]),
        )

    def truth(code: Any, layers: int, heads: int, size: int, length: int, batch: int) -> float:
        return code.cache_size(layers, heads, size, length, batch, 2) / 2**20

    def stores_the_keys_only(layers: int, heads: int, size: int, length: int, batch: int) -> float:
        return layers * heads * size * length * batch * 2 / 2**20

    def counts_one_layer(layers: int, heads: int, size: int, length: int, batch: int) -> float:
        return 2 * heads * size * length * batch * 2 / 2**20

    def takes_four_bytes(layers: int, heads: int, size: int, length: int, batch: int) -> float:
        return 2 * layers * heads * size * length * batch * 4 / 2**20


@numeric(exercise="44")
class window_pairs:
    """How many pairs a sliding window allows."""

    def draw(random: random.Random) -> dict[str, Any]:
        return dict(length=random.randint(12, 60), window=random.randint(3, 9))

    def truth(code: Any, length: int, window: int) -> Any:
        return code.sliding_window_mask(np.zeros((1, length, 1)), window).sum()

    def gives_the_first_positions_a_full_window(length: int, window: int) -> int:
        return length * window

    def does_not_count_the_position_itself(length: int, window: int) -> int:
        return sum(min(t + 1, window + 1) for t in range(length))

    def looks_to_both_sides(length: int, window: int) -> int:
        return sum(abs(t - s) < window for t in range(length) for s in range(length))


@numeric(exercise="44")
class swiglu_unit:
    """What one hidden unit of a SwiGLU passes on."""

    def draw(random: random.Random) -> dict[str, Any]:
        gate = random.choice([-2.5, -2, -1.5, -0.5, 0.5, 1.5, 2, 2.5])
        return dict(
            gate=gate, up=random.choice([n for n in range(-9, 10) if n not in (0, 1, gate)])
        )

    def truth(code: Any, gate: float, up: int) -> Any:
        one = np.ones((1, 1, 1))
        out, _ = code.swiglu_forward(one, gate * one[0], up * one[0], one[0])
        return out

    def exchanges_gate_and_up(gate: float, up: int) -> float:
        return gate * up / (1 + math.exp(-up))

    def takes_the_sigmoid_alone(gate: float, up: int) -> float:
        return up / (1 + math.exp(-gate))

    def gates_with_a_relu(gate: float, up: int) -> float:
        return max(gate, 0) * up
