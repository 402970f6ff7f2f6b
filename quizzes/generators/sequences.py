"""Numbers about recurrent networks, language models and decoding."""

import math
import random
from typing import Any

import numpy as np

from quizzes.generators import numeric

#: Right-angled ones with whole sides, so that norms come out even.
TRIANGLES = [(3, 4, 5), (5, 12, 13), (8, 15, 17), (7, 24, 25), (20, 21, 29)]


def _logit(p: float) -> float:
    return math.log(p / (1 - p))


@numeric(exercise="24")
class rnn_gradient_one_step_back:
    """The gradient of the state before a step, for one hidden unit."""

    def draw(random: random.Random) -> dict[str, Any]:
        state = random.choice([0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9])
        weight = random.choice([-3, -2, -1.5, 0.5, 1.5, 2, 3])
        return dict(state=state, weight=weight, gradient=random.choice([2, 4, 5, 8, 10]))

    def truth(code: Any, state: float, weight: float, gradient: float) -> Any:
        zero, b = np.zeros((1, 1)), np.array([math.atanh(state)])
        _, cache = code.rnn_step_forward(zero, zero, zero, np.array([[float(weight)]]), b)
        return code.rnn_step_backward(np.array([[float(gradient)]]), cache)[1]

    def forgets_the_slope(state: float, weight: float, gradient: float) -> float:
        return gradient * weight

    def does_not_square_the_state(state: float, weight: float, gradient: float) -> float:
        return gradient * (1 - state) * weight

    def uses_the_slope_of_a_sigmoid(state: float, weight: float, gradient: float) -> float:
        return gradient * state * (1 - state) * weight


@numeric(exercise="25")
class bptt_earliest_step:
    """The first step whose input has a gradient, when the loss looks at one step only."""

    def draw(random: random.Random) -> dict[str, Any]:
        block = random.randint(7, 25)
        blocks, more = random.randint(3, 12), random.randint(2, block - 2)
        return dict(block=block, step=blocks * block + more)

    def truth(code: Any, block: int, step: int) -> Any:
        xs, dhs = np.zeros((1, step, 1)), np.zeros((1, step, 1))
        dhs[0, -1, 0] = 1.0
        one, b = np.ones((1, 1)), np.zeros(1)
        dxs = code.truncated_bptt(xs, dhs, np.zeros((1, 1)), one, one, b, block)[4]
        return 1 + np.nonzero(dxs[0, :, 0])[0][0]

    def goes_back_a_whole_block(block: int, step: int) -> int:
        return step - block + 1

    def names_the_last_step_of_the_block_before(block: int, step: int) -> int:
        return (step - 1) // block * block

    def does_not_stop_at_all(block: int, step: int) -> int:
        return 1


@numeric(exercise="26")
class lm_perplexity_of_two_batches:
    """The perplexity of a text whose loss is known for two batches."""

    def draw(random: random.Random) -> dict[str, Any]:
        first, second = random.sample([1, 1.5, 2, 2.5, 3, 3.5, 4], 2)
        long, short = random.choice([60, 70, 80, 90]), random.choice([10, 20, 30])
        return dict(first=first, second=second, long=long, short=short)

    def truth(code: Any, first: float, second: float, long: int, short: int) -> Any:
        return code.perplexity(np.array([float(first), float(second)]), np.array([long, short]))

    def averages_the_batches(first: float, second: float, long: int, short: int) -> float:
        return math.exp((first + second) / 2)

    def averages_the_perplexities(first: float, second: float, long: int, short: int) -> float:
        return (long * math.exp(first) + short * math.exp(second)) / (long + short)

    def takes_a_power_of_two(first: float, second: float, long: int, short: int) -> float:
        return float(2 ** ((long * first + short * second) / (long + short)))


@numeric(exercise="27")
class clip_one_of_two:
    """The norm of one of two gradients after both were clipped together."""

    def draw(random: random.Random) -> dict[str, Any]:
        three, four, five = random.choice(TRIANGLES)
        times = random.randint(1, 5)
        first, second = random.sample([three * times, four * times], 2)
        limit = random.choice([n for n in (1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5) if n < five * times])
        return dict(first=first, second=second, limit=limit)

    def truth(code: Any, first: int, second: int, limit: float) -> Any:
        grads = [np.array([float(first), 0.0]), np.array([[float(second)]])]
        clipped, _ = code.clip_by_global_norm(grads, limit)
        return code.global_norm(clipped[:1])

    def clips_each_by_itself(first: int, second: int, limit: float) -> float:
        return min(first, limit)

    def adds_the_norms(first: int, second: int, limit: float) -> float:
        return first * limit / (first + second)

    def forgets_the_root(first: int, second: int, limit: float) -> float:
        return first * limit / (first**2 + second**2)


@numeric(exercise="27")
class rnn_gradient_many_steps_back:
    """What is left of a gradient, far from the loss, in a linear unit."""

    def draw(random: random.Random) -> dict[str, Any]:
        weight = random.choice([0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 1.1, 1.2, 1.25, 1.3, 1.5, 1.6])
        return dict(weight=weight, steps=random.randint(3, 8))

    def truth(code: Any, weight: float, steps: int) -> Any:
        return code.jacobian_norms(np.array([[weight]]), np.zeros((1, steps + 1, 1)))[0, 0]

    def multiplies_instead_of_a_power(weight: float, steps: int) -> float:
        return weight * steps

    def counts_one_step_too_many(weight: float, steps: int) -> float:
        return float(weight ** (steps + 1))

    def uses_the_slope_of_a_sigmoid(weight: float, steps: int) -> float:
        return float((weight / 4) ** steps)


@numeric(exercise="28")
class lstm_new_cell:
    """The cell after a step whose gates are known."""

    def draw(random: random.Random) -> dict[str, Any]:
        forget, write = random.sample([0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9], 2)
        candidate = random.choice([-0.9, -0.8, -0.6, -0.5, 0.5, 0.6, 0.8, 0.9])
        cell = random.choice([-6, -5, -4, 4, 5, 6])
        return dict(cell=cell, forget=forget, write=write, candidate=candidate)

    def truth(code: Any, cell: float, forget: float, write: float, candidate: float) -> Any:
        wx = wh = np.zeros((1, 4))
        b = np.array([_logit(write), _logit(forget), math.atanh(candidate), 0.0])
        x, c = np.zeros((1, 1)), np.array([[float(cell)]])
        return code.lstm_step_forward(x, x, c, wx, wh, b)[1]

    def exchanges_the_gates(cell: float, forget: float, write: float, candidate: float) -> float:
        return write * cell + forget * candidate

    def forgets_that_share(cell: float, forget: float, write: float, candidate: float) -> float:
        return (1 - forget) * cell + write * candidate

    def squashes_the_cell(cell: float, forget: float, write: float, candidate: float) -> float:
        return math.tanh(forget * cell + write * candidate)


@numeric(exercise="28")
class lstm_parameters:
    """How many numbers an LSTM layer learns."""

    def draw(random: random.Random) -> dict[str, Any]:
        return dict(inputs=random.randint(3, 12), units=random.randint(2, 15))

    def truth(code: Any, inputs: int, units: int) -> Any:
        xs, state = np.zeros((1, 1, inputs)), np.zeros((1, units))
        wx, wh, b = np.zeros((inputs, 4 * units)), np.zeros((units, 4 * units)), np.zeros(4 * units)
        hs, c, cache = code.lstm_forward(xs, state, state, wx, wh, b)
        return sum(g.size for g in code.lstm_backward(hs, c, cache)[3:])

    def counts_three_gates_only(inputs: int, units: int) -> int:
        return 3 * units * (inputs + units + 1)

    def counts_one_block(inputs: int, units: int) -> int:
        return units * (inputs + units + 1)

    def forgets_the_recurrent_weights(inputs: int, units: int) -> int:
        return 4 * units * (inputs + 1)

    def counts_two_biases(inputs: int, units: int) -> int:
        return 4 * units * (inputs + units + 2)


@numeric(exercise="29")
class gru_new_state:
    """The state after a step whose update gate and candidate are known."""

    def draw(random: random.Random) -> dict[str, Any]:
        candidate, state = random.sample([-0.9, -0.8, -0.6, -0.4, 0.2, 0.4, 0.6, 0.8, 0.9], 2)
        update = random.choice([0.1, 0.2, 0.25, 0.3, 0.4, 0.6, 0.7, 0.75, 0.8, 0.9])
        return dict(update=update, candidate=candidate, state=state)

    def truth(code: Any, update: float, candidate: float, state: float) -> Any:
        wx = wh = np.zeros((1, 3))
        bx, bh = np.array([0.0, _logit(update), math.atanh(candidate)]), np.zeros(3)
        x, h = np.zeros((1, 1)), np.array([[state]])
        return np.round(code.gru_step_forward(x, h, wx, wh, bx, bh)[0], 12)

    def exchanges_old_and_new(update: float, candidate: float, state: float) -> float:
        return update * candidate + (1 - update) * state

    def keeps_all_of_the_old(update: float, candidate: float, state: float) -> float:
        return (1 - update) * candidate + state

    def takes_all_of_the_candidate(update: float, candidate: float, state: float) -> float:
        return candidate + update * state


@numeric(exercise="30")
class tied_model_parameters:
    """How many numbers a tied language model with one LSTM layer learns."""

    def draw(random: random.Random) -> dict[str, Any]:
        return dict(words=10 * random.randint(2, 20), units=random.randint(2, 8))

    def truth(code: Any, words: int, units: int) -> Any:
        layer = dict(
            wx=np.zeros((units, 4 * units)),
            wh=np.zeros((units, 4 * units)),
            b=np.zeros(4 * units),
        )
        ids, mask = np.zeros((1, 1), dtype=np.int64), np.ones((1, 1, units))
        embed, b = np.zeros((words, units)), np.zeros(words)
        _, cache = code.tied_language_model_forward(ids, ids, embed, [layer], b, [mask, mask])
        dembed, dlayers, db = code.tied_language_model_backward(1.0, cache)
        return dembed.size + db.size + sum(g.size for g in dlayers[0].values())

    def counts_the_table_twice(words: int, units: int) -> int:
        return 2 * words * units + words + 4 * units * (2 * units + 1)

    def forgets_the_output_bias(words: int, units: int) -> int:
        return words * units + 4 * units * (2 * units + 1)

    def counts_one_block_of_the_lstm(words: int, units: int) -> int:
        return words * units + words + units * (2 * units + 1)


@numeric(exercise="31")
class decoding_temperature:
    """The probability of the better of two tokens at some temperature."""

    def draw(random: random.Random) -> dict[str, Any]:
        t = random.choice([0.25, 0.4, 0.5, 0.8, 1.25, 1.6, 2, 2.5, 4])
        low, more = random.choice([0, 5, 10, 15]), random.randint(4, 20)
        return dict(t=t, high=(low + more) / 10, low=low / 10)

    def truth(code: Any, t: float, high: float, low: float) -> Any:
        return code.temperature(np.array([[float(high), float(low)]]), t)[0, 0]

    def multiplies_by_the_temperature(t: float, high: float, low: float) -> float:
        return 1 / (1 + math.exp((low - high) * t))

    def leaves_the_temperature_out(t: float, high: float, low: float) -> float:
        return 1 / (1 + math.exp(low - high))

    def gives_the_other_token(t: float, high: float, low: float) -> float:
        return 1 / (1 + math.exp((high - low) / t))


@numeric(exercise="31")
class decoding_top_p:
    """The probability of the best of four tokens after top-p, in per cent."""

    def draw(random: random.Random) -> dict[str, Any]:
        while True:
            a, b, c = (random.randint(20, 50), random.randint(12, 40), random.randint(8, 30))
            d = 100 - a - b - c
            p = random.choice([55, 60, 65, 70, 75, 80, 85, 90])
            if a > b > c > d > 2 and a < p <= a + b + c and p not in (a + b, a + b + c):
                return dict(a=a, b=b, c=c, d=d, p=p)

    def truth(code: Any, a: int, b: int, c: int, d: int, p: int) -> Any:
        logits = np.log(np.array([[a, b, c, d]], dtype=np.float64))
        return 100 * code.top_p(logits, p / 100)[0, 0]

    def leaves_out_the_token_that_crosses(a: int, b: int, c: int, d: int, p: int) -> float:
        return 100 * a / (a + b if a + b < p else a)

    def does_not_divide_by_the_sum(a: int, b: int, c: int, d: int, p: int) -> float:
        return a

    def divides_by_p(a: int, b: int, c: int, d: int, p: int) -> float:
        return 100 * a / p


@numeric(exercise="32")
class peeky_extra_parameters:
    """By how much a peeky decoder is larger than a plain one."""

    def draw(random: random.Random) -> dict[str, Any]:
        return dict(units=random.randint(3, 12), characters=random.randint(13, 40))

    def truth(code: Any, units: int, characters: int) -> Any:
        def size(kind: Any, more: int) -> int:
            decoder = kind(
                dict(
                    embed=np.zeros((characters, 2)),
                    wx=np.zeros((2 + more, 4 * units)),
                    wh=np.zeros((units, 4 * units)),
                    b=np.zeros(4 * units),
                    w=np.zeros((units + more, characters)),
                    b_out=np.zeros(characters),
                )
            )
            scores = decoder.forward(np.zeros((1, 1), dtype=np.int64), np.zeros((1, units)))
            return sum(g.size for g in decoder.backward(scores)[0].values())

        return size(code.PeekyDecoder, units) - size(code.Decoder, 0)

    def leaves_out_the_output_layer(units: int, characters: int) -> int:
        return 4 * units * units

    def leaves_out_the_lstm(units: int, characters: int) -> int:
        return units * characters

    def counts_one_block_of_the_lstm(units: int, characters: int) -> int:
        return units * units + units * characters
