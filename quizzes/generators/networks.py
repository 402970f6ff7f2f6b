"""Numbers about networks: layers, gradients, optimizers, convolutions, model selection."""

import math
import random
from typing import Any

import numpy as np

from quizzes.generators import numeric


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


@numeric(exercise="06")
class sigmoid_gradient_from_output:
    """The gradient at a sigmoid's input, given its output and the incoming gradient."""

    def draw(random: random.Random) -> dict[str, Any]:
        percent = random.choice([*range(8, 31), *range(75, 93)])
        return dict(a=percent / 100, dout=random.choice([-8, -6, -5, -4, -3, -2, 2, 3, 4, 5, 6, 8]))

    def truth(code: Any, a: float, dout: int) -> Any:
        _, cache = code.sigmoid_forward(np.array([math.log(a / (1 - a))]))
        return code.sigmoid_backward(np.array([float(dout)]), cache)

    def applies_the_sigmoid_again(a: float, dout: int) -> float:
        return dout * _sigmoid(a) * (1 - _sigmoid(a))

    def uses_the_slope_of_tanh(a: float, dout: int) -> float:
        return dout * (1 - a * a)

    def leaves_out_one_factor(a: float, dout: int) -> float:
        return dout * a

    def forgets_what_arrives(a: float, dout: int) -> float:
        return a * (1 - a)


@numeric(exercise="07")
class two_layer_parameters:
    """How many numbers a network with one hidden layer learns."""

    def draw(random: random.Random) -> dict[str, Any]:
        d, h, c = random.sample(range(3, 31), 3)
        return dict(d=d, h=h, c=c)

    def truth(code: Any, d: int, h: int, c: int) -> int:
        net = code.TwoLayerNet(np.zeros((d, h)), np.zeros(h), np.zeros((h, c)), np.zeros(c))
        gradients = net.gradients(np.zeros((1, d)), np.array([0]))
        return sum(gradient.size for gradient in gradients.values())

    def forgets_the_biases(d: int, h: int, c: int) -> int:
        return d * h + h * c

    def forgets_the_biases_of_the_output(d: int, h: int, c: int) -> int:
        return d * h + h + h * c

    def gives_the_inputs_biases_too(d: int, h: int, c: int) -> int:
        return d + d * h + h + h * c + c

    def counts_neurons(d: int, h: int, c: int) -> int:
        return d + h + c


@numeric(exercise="08")
class gradient_of_a_shared_value:
    """The gradient of a value that is used in a product and in a square."""

    def draw(random: random.Random) -> dict[str, Any]:
        b = random.choice([n for n in range(-12, 13) if n])
        return dict(a=random.randint(2, 7), b=b, c=random.randint(2, 6))

    def truth(code: Any, a: int, b: int, c: int) -> float:
        first = code.Value(a)
        (first * code.Value(b) + code.Value(c) * first**2).backward()
        return first.grad

    def keeps_the_product_only(a: int, b: int, c: int) -> int:
        return b

    def keeps_the_square_only(a: int, b: int, c: int) -> int:
        return 2 * a * c

    def counts_one_factor_of_the_square(a: int, b: int, c: int) -> int:
        return b + a * c

    def gives_the_value(a: int, b: int, c: int) -> int:
        return a * b + c * a * a


@numeric(exercise="09")
class momentum_after_three_steps:
    """A parameter after three steps of momentum."""

    def draw(random: random.Random) -> dict[str, Any]:
        grads = [random.choice([n for n in range(-5, 6) if n]) for _ in range(3)]
        while grads[0] == 0 or 0.81 * grads[0] + 0.9 * grads[1] == 0:
            grads[0] += 1
        return dict(p=random.randint(1, 9), g1=grads[0], g2=grads[1], g3=grads[2])

    def truth(code: Any, p: int, g1: int, g2: int, g3: int) -> Any:
        rule = code.Momentum(0.1, momentum=0.9)
        params = {"p": np.array([float(p)])}
        for g in (g1, g2, g3):
            params = rule.step(params, {"p": np.array([float(g)])})
        return params["p"]

    def forgets_the_velocity(p: int, g1: int, g2: int, g3: int) -> float:
        return p - 0.1 * (g1 + g2 + g3)

    def weighs_the_gradient_by_a_tenth(p: int, g1: int, g2: int, g3: int) -> float:
        v1 = 0.1 * g1
        v2 = 0.9 * v1 + 0.1 * g2
        v3 = 0.9 * v2 + 0.1 * g3
        return p - 0.1 * (v1 + v2 + v3)

    def makes_the_last_step_only(p: int, g1: int, g2: int, g3: int) -> float:
        return p - 0.1 * (0.81 * g1 + 0.9 * g2 + g3)


class _Deviation:
    """A generator of random numbers that tells the standard deviation it was asked for."""

    def normal(self, loc: float, scale: float, size: tuple[int, int]) -> Any:
        return np.full(size, scale)


@numeric(exercise="10")
class he_deviation:
    """The standard deviation that He's rule gives to starting weights."""

    def draw(random: random.Random) -> dict[str, Any]:
        n_in = random.randint(10, 400)
        n_out = random.choice([n for n in range(10, 401) if not 0.7 < n / n_in < 1.4])
        return dict(n_in=n_in, n_out=n_out)

    def truth(code: Any, n_in: int, n_out: int) -> Any:
        return code.he_normal(n_in, n_out, _Deviation())[0, 0]

    def gives_the_variance(n_in: int, n_out: int) -> float:
        return 2 / n_in

    def counts_the_units(n_in: int, n_out: int) -> float:
        return math.sqrt(2 / n_out)

    def takes_the_rule_of_xavier(n_in: int, n_out: int) -> float:
        return math.sqrt(2 / (n_in + n_out))

    def leaves_out_the_two(n_in: int, n_out: int) -> float:
        return math.sqrt(1 / n_in)


@numeric(exercise="11")
class batch_norm_of_three:
    """What batch normalisation makes of one of three numbers."""

    def draw(random: random.Random) -> dict[str, Any]:
        while True:
            x1, x2, x3 = (random.randint(0, 12) for _ in range(3))
            # The first is not the mean, and the variance is neither 0 nor near 1.
            if 3 * x1 != x1 + x2 + x3 and (x1 - x2) ** 2 + (x2 - x3) ** 2 + (x1 - x3) ** 2 > 18:
                break
        gamma, beta = random.randint(2, 5), random.choice([-3, -2, -1, 1, 2, 3])
        return dict(x1=x1, x2=x2, x3=x3, gamma=gamma, beta=beta)

    def truth(code: Any, x1: int, x2: int, x3: int, gamma: int, beta: int) -> Any:
        x = np.array([[x1], [x2], [x3]], dtype=float)
        scale, shift = np.array([float(gamma)]), np.array([float(beta)])
        zero, one = np.zeros(1), np.ones(1)
        out, *_ = code.batch_norm_forward(x, scale, shift, zero, one, True, 0.1, 0.0)
        return out[0, 0]

    def divides_by_one_less(x1: int, x2: int, x3: int, gamma: int, beta: int) -> float:
        return gamma * (x1 - np.mean([x1, x2, x3])) / np.std([x1, x2, x3], ddof=1) + beta

    def divides_by_the_variance(x1: int, x2: int, x3: int, gamma: int, beta: int) -> float:
        return gamma * (x1 - np.mean([x1, x2, x3])) / np.var([x1, x2, x3]) + beta

    def stops_before_scale_and_shift(x1: int, x2: int, x3: int, gamma: int, beta: int) -> float:
        return (x1 - np.mean([x1, x2, x3])) / np.std([x1, x2, x3])


@numeric(exercise="12")
class dropout_sum:
    """The sum of three activations after dropout."""

    def draw(random: random.Random) -> dict[str, Any]:
        p = random.choice([0.1, 0.2, 0.3, 0.4])
        low, high = (
            random.randint(1, round(100 * p) - 1) / 100,
            [random.randint(round(100 * p) + 1, 99) / 100 for _ in range(2)],
        )
        x = random.sample(range(1, 13), 3)
        while x[0] == x[1] + x[2]:
            x = random.sample(range(1, 13), 3)
        pairs = list(zip(x, [low, *high], strict=True))
        random.shuffle(pairs)
        (x1, u1), (x2, u2), (x3, u3) = pairs
        return dict(p=p, x1=x1, x2=x2, x3=x3, u1=u1, u2=u2, u3=u3)

    def truth(
        code: Any, p: float, x1: int, x2: int, x3: int, u1: float, u2: float, u3: float
    ) -> Any:
        x, u = np.array([x1, x2, x3], dtype=float), np.array([u1, u2, u3])
        return code.dropout_forward(x, u, p, True)[0].sum()

    def does_not_scale(
        p: float, x1: int, x2: int, x3: int, u1: float, u2: float, u3: float
    ) -> float:
        return sum(x for x, u in zip((x1, x2, x3), (u1, u2, u3), strict=True) if u >= p)

    def divides_by_p(p: float, x1: int, x2: int, x3: int, u1: float, u2: float, u3: float) -> float:
        return sum(x for x, u in zip((x1, x2, x3), (u1, u2, u3), strict=True) if u >= p) / p

    def keeps_what_should_go(
        p: float, x1: int, x2: int, x3: int, u1: float, u2: float, u3: float
    ) -> float:
        return sum(x for x, u in zip((x1, x2, x3), (u1, u2, u3), strict=True) if u < p) / (1 - p)

    def drops_nothing(
        p: float, x1: int, x2: int, x3: int, u1: float, u2: float, u3: float
    ) -> float:
        return x1 + x2 + x3


@numeric(exercise="13")
class convolution_output_size:
    """The side of what a convolution returns."""

    def draw(random: random.Random) -> dict[str, Any]:
        while True:
            size, kernel = random.randint(20, 240), random.choice([3, 5, 7])
            stride, padding = random.choice([2, 3, 4]), random.choice([2, 3])
            if (size + 2 * padding - kernel) % stride:
                return dict(size=size, kernel=kernel, stride=stride, padding=padding)

    def truth(code: Any, size: int, kernel: int, stride: int, padding: int) -> int:
        return code.output_size(size, kernel, stride, padding)

    def forgets_the_padding(size: int, kernel: int, stride: int, padding: int) -> int:
        return (size - kernel) // stride + 1

    def forgets_the_first_window(size: int, kernel: int, stride: int, padding: int) -> int:
        return (size + 2 * padding - kernel) // stride

    def rounds_up(size: int, kernel: int, stride: int, padding: int) -> int:
        return math.ceil((size + 2 * padding - kernel) / stride) + 1


@numeric(exercise="13")
class convolution_parameters:
    """How many numbers a convolution learns."""

    def draw(random: random.Random) -> dict[str, Any]:
        channels, filters = random.sample([3, 4, 6, 8, 10, 12, 16, 20, 24, 32], 2)
        return dict(
            channels=channels,
            filters=filters,
            kernel=random.choice([3, 5, 7]),
            side=random.choice([16, 28, 32]),
        )

    def truth(code: Any, channels: int, filters: int, kernel: int, side: int) -> int:
        x, b = np.zeros((1, channels, kernel, kernel)), np.zeros(filters)
        w = np.zeros((filters, channels, kernel, kernel))
        out, cache = code.conv2d_forward(x, w, b, 1, 0)
        _, dw, db = code.conv2d_backward(out, cache)
        return dw.size + db.size

    def gives_a_filter_one_channel(channels: int, filters: int, kernel: int, side: int) -> int:
        return filters * (kernel * kernel + 1)

    def forgets_the_biases(channels: int, filters: int, kernel: int, side: int) -> int:
        return filters * channels * kernel * kernel

    def counts_every_position(channels: int, filters: int, kernel: int, side: int) -> int:
        return filters * (channels * kernel * kernel + 1) * side * side

    def gives_every_weight_a_bias(channels: int, filters: int, kernel: int, side: int) -> int:
        return filters * channels * (kernel * kernel + 1)


@numeric(exercise="13")
class receptive_field_of_three:
    """How many pixels of a row one number sees after three convolutions."""

    def draw(random: random.Random) -> dict[str, Any]:
        k1, k2, k3 = (random.randint(3, 8) for _ in range(3))
        # Shorter than the kernel, so that windows overlap.
        s1, s2 = random.randint(2, min(4, k1 - 1)), random.randint(2, min(4, k2 - 1))
        return dict(k1=k1, k2=k2, k3=k3, s1=s1, s2=s2)

    def truth(code: Any, k1: int, k2: int, k3: int, s1: int, s2: int) -> int:
        x = np.ones((1, 1, 1, 200))
        caches = []
        for kernel, stride in ((k1, s1), (k2, s2), (k3, 1)):
            w = np.ones((1, 1, 1, kernel))
            x, cache = code.conv2d_forward(x, w, np.zeros(1), stride, 0)
            caches.append(cache)
        d = np.zeros_like(x)
        d[0, 0, 0, 0] = 1.0
        for cache in reversed(caches):
            d, _, _ = code.conv2d_backward(d, cache)
        return np.count_nonzero(d)

    def ignores_the_strides(k1: int, k2: int, k3: int, s1: int, s2: int) -> int:
        return k1 + k2 + k3 - 2

    def adds_the_kernels(k1: int, k2: int, k3: int, s1: int, s2: int) -> int:
        return k1 + k2 + k3

    def multiplies_the_kernels(k1: int, k2: int, k3: int, s1: int, s2: int) -> int:
        return k1 * k2 * k3

    def lets_a_stride_widen_its_own_layer(k1: int, k2: int, k3: int, s1: int, s2: int) -> int:
        return 1 + (k1 - 1) * s1 + (k2 - 1) * s1 * s2 + (k3 - 1) * s1 * s2


@numeric(exercise="02")
class steps_of_a_training:
    """How often the weights change in some epochs."""

    def draw(random: random.Random) -> dict[str, Any]:
        while True:
            n, batch = random.randint(200, 2000), random.choice([16, 32, 50, 64, 100])
            if n % batch:
                return dict(n=n, batch=batch, epochs=random.randint(2, 5))

    def truth(code: Any, n: int, batch: int, epochs: int) -> int:
        x, y, w, rows = np.zeros((n, 1)), np.zeros(n), np.zeros(1), np.random.default_rng(0)
        return len(code.minibatch_gradient_descent(x, y, w, 0.1, batch, epochs, rows)) - 1

    def drops_the_last_batch(n: int, batch: int, epochs: int) -> int:
        return n // batch * epochs

    def counts_one_epoch(n: int, batch: int, epochs: int) -> int:
        return math.ceil(n / batch)

    def lets_every_example_be_a_step(n: int, batch: int, epochs: int) -> int:
        return n * epochs


@numeric(exercise="15")
class squared_bias_of_three:
    """The squared bias of three models at one point."""

    def draw(random: random.Random) -> dict[str, Any]:
        while True:
            p1, p2, p3, target = (random.randint(1, 30) for _ in range(4))
            if abs(p1 + p2 + p3 - 3 * target) > 3 and len({p1, p2, p3}) == 3:
                return dict(p1=p1, p2=p2, p3=p3, target=target)

    def truth(code: Any, p1: int, p2: int, p3: int, target: int) -> Any:
        predictions = np.array([[p1], [p2], [p3]], dtype=float)
        return code.bias_variance(predictions, np.array([float(target)]))[0]

    def gives_the_error(p1: int, p2: int, p3: int, target: int) -> float:
        return sum((p - target) ** 2 for p in (p1, p2, p3)) / 3

    def gives_the_variance(p1: int, p2: int, p3: int, target: int) -> float:
        mean = (p1 + p2 + p3) / 3
        return sum((p - mean) ** 2 for p in (p1, p2, p3)) / 3

    def does_not_square(p1: int, p2: int, p3: int, target: int) -> float:
        return abs((p1 + p2 + p3) / 3 - target)
