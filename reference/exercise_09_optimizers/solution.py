"""Reference solution of exercise 09: six update rules and a learning rate schedule.

Polyak (1964); Duchi, Hazan and Singer (2011); Tieleman and Hinton (2012); Kingma and Ba (2015);
Loshchilov and Hutter (2017, 2019). Parameters and gradients are dicts from a name to an array of
any shape; p is one parameter and g its gradient.
"""

import math
from typing import Any

from array_api_compat import array_namespace

Arrays = dict[str, Any]


class SGD:
    """p - lr · g."""

    def __init__(self, lr: float) -> None:
        """There is no state."""
        self.lr = lr

    def step(self, params: Arrays, grads: Arrays) -> Arrays:
        """The parameters after one update."""
        return {name: p - self.lr * grads[name] for name, p in params.items()}


class Momentum:
    """v = momentum · v + g, then p - lr · v."""

    def __init__(self, lr: float, momentum: float = 0.9) -> None:
        """Start at rest."""
        self.lr, self.momentum = lr, momentum
        self.v: Arrays = {}

    def step(self, params: Arrays, grads: Arrays) -> Arrays:
        """The parameters after one update."""
        moved = {}
        for name, p in params.items():
            self.v[name] = self.momentum * self.v.get(name, 0.0) + grads[name]
            moved[name] = p - self.lr * self.v[name]
        return moved


class AdaGrad:
    """s = s + g², then p - lr · g / (√s + eps)."""

    def __init__(self, lr: float, eps: float = 1e-8) -> None:
        """Start with sums of zero."""
        self.lr, self.eps = lr, eps
        self.s: Arrays = {}

    def step(self, params: Arrays, grads: Arrays) -> Arrays:
        """The parameters after one update."""
        moved = {}
        for name, p in params.items():
            xp, g = array_namespace(p), grads[name]
            self.s[name] = self.s.get(name, 0.0) + g * g
            moved[name] = p - self.lr * g / (xp.sqrt(self.s[name]) + self.eps)
        return moved


class RMSprop:
    """s = beta · s + (1 - beta) · g², then p - lr · g / (√s + eps)."""

    def __init__(self, lr: float, beta: float = 0.9, eps: float = 1e-8) -> None:
        """Start with averages of zero."""
        self.lr, self.beta, self.eps = lr, beta, eps
        self.s: Arrays = {}

    def step(self, params: Arrays, grads: Arrays) -> Arrays:
        """The parameters after one update."""
        moved = {}
        for name, p in params.items():
            xp, g = array_namespace(p), grads[name]
            self.s[name] = self.beta * self.s.get(name, 0.0) + (1.0 - self.beta) * g * g
            moved[name] = p - self.lr * g / (xp.sqrt(self.s[name]) + self.eps)
        return moved


class Adam:
    """Averages m of g and v of g², both corrected, then p - lr · m̂ / (√v̂ + eps)."""

    def __init__(
        self, lr: float, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8
    ) -> None:
        """Start with averages of zero, before step 1."""
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.t = 0
        self.m: Arrays = {}
        self.v: Arrays = {}

    def step(self, params: Arrays, grads: Arrays) -> Arrays:
        """The parameters after one update."""
        self.t += 1
        moved = {}
        for name, p in params.items():
            xp, g = array_namespace(p), grads[name]
            self.m[name] = self.beta1 * self.m.get(name, 0.0) + (1.0 - self.beta1) * g
            self.v[name] = self.beta2 * self.v.get(name, 0.0) + (1.0 - self.beta2) * g * g
            m_hat = self.m[name] / (1.0 - self.beta1**self.t)
            v_hat = self.v[name] / (1.0 - self.beta2**self.t)
            moved[name] = p - self.lr * m_hat / (xp.sqrt(v_hat) + self.eps)
        return moved


class AdamW(Adam):
    """Adam's step, and apart from it the parameter shrinks by lr · weight_decay of itself."""

    def __init__(
        self,
        lr: float,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        """Start as Adam does."""
        super().__init__(lr, beta1, beta2, eps)
        self.weight_decay = weight_decay

    def step(self, params: Arrays, grads: Arrays) -> Arrays:
        """The parameters after one update."""
        moved = super().step(params, grads)
        shrink = self.lr * self.weight_decay
        return {name: moved[name] - shrink * p for name, p in params.items()}


def cosine_schedule(
    step: int, peak_lr: float, warmup_steps: int, total_steps: int, min_lr: float = 0.0
) -> float:
    """0 → peak_lr along a line, then → min_lr along half a cosine, then constant."""
    if step < warmup_steps:
        return peak_lr * step / warmup_steps
    progress = min(1.0, (step - warmup_steps) / (total_steps - warmup_steps))
    return min_lr + 0.5 * (peak_lr - min_lr) * (1.0 + math.cos(math.pi * progress))
