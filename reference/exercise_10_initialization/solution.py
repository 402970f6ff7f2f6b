"""Reference solution of exercise 10: starting weights, a chain of layers, a residual block.

Glorot and Bengio (2010), section 4.2.1; He, Zhang, Ren and Sun (2015), section 2.2, and (2016b).
N examples, D features, H hidden units, L layers; layer l has D[l-1] inputs and D[l] units.
"""

import math
from typing import Any

import numpy as np
from array_api_compat import array_namespace

Array = Any


def xavier_uniform(fan_in: int, fan_out: int, gain: float, generator: np.random.Generator) -> Array:
    """Uniform on [-limit, limit), which has the variance limit² / 3 → w (fan_in, fan_out)."""
    limit = gain * math.sqrt(6 / (fan_in + fan_out))
    return generator.uniform(-limit, limit, size=(fan_in, fan_out))


def he_normal(fan_in: int, fan_out: int, generator: np.random.Generator) -> Array:
    """Normal with mean 0 and variance 2 / fan_in → w (fan_in, fan_out)."""
    return generator.normal(0.0, math.sqrt(2 / fan_in), size=(fan_in, fan_out))


def _activate(z: Array, activation: str) -> Array:
    """The activation, entry by entry."""
    xp = array_namespace(z)
    if activation == "sigmoid":
        return 1 / (1 + xp.exp(-z))
    if activation == "tanh":
        return xp.tanh(z)
    return xp.where(z > 0, z, xp.zeros_like(z))


def _slope(a: Array, activation: str) -> Array:
    """The slope of the activation, written with its output a."""
    if activation == "sigmoid":
        return a * (1 - a)
    if activation == "tanh":
        return 1 - a**2
    return array_namespace(a).astype(a > 0, a.dtype)


def _forward(x: Array, weights: list[Array], activation: str) -> list[Array]:
    """x (N, D[0]) → the list a[0], …, a[L], where a[0] is x and a[l] is (N, D[l])."""
    a = [x]
    for w in weights:
        a.append(_activate(a[-1] @ w, activation))
    return a


def activation_statistics(
    x: Array, weights: list[Array], activation: str, threshold: float
) -> tuple[Array, Array, Array]:
    """x (N, D[0]) → mean (L,), std (L,) and the share of stuck units (L,) of every layer."""
    xp = array_namespace(x)
    mean, std, stuck = [], [], []
    for a in _forward(x, weights, activation)[1:]:
        mean.append(xp.mean(a))
        std.append(xp.sqrt(xp.mean((a - mean[-1]) ** 2)))
        unit_is_stuck = xp.all(_slope(a, activation) < threshold, axis=0)
        stuck.append(xp.mean(xp.astype(unit_is_stuck, a.dtype)))
    return xp.stack(mean), xp.stack(std), xp.stack(stuck)


def gradient_norms(x: Array, weights: list[Array], activation: str, dout: Array) -> Array:
    """x (N, D[0]), dout (N, D[L]) → norms (L + 1,) of the gradients for a[0], …, a[L]."""
    xp = array_namespace(x)
    a = _forward(x, weights, activation)
    da = dout
    norms = [xp.sqrt(xp.sum(da**2))]
    for layer in range(len(weights), 0, -1):
        dz = da * _slope(a[layer], activation)
        da = dz @ xp.matrix_transpose(weights[layer - 1])
        norms.append(xp.sqrt(xp.sum(da**2)))
    return xp.stack(norms[::-1])


def residual_forward(x: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> tuple[Array, Any]:
    """x (N, D), w1 (D, H), b1 (H,), w2 (H, D), b2 (D,) → out (N, D)."""
    xp = array_namespace(x)
    z = x @ w1 + b1
    h = xp.where(z > 0, z, xp.zeros_like(z))
    return x + h @ w2 + b2, (x, h, w1, w2)


def residual_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array, Array, Array]:
    """dout (N, D) → dx (N, D), dw1 (D, H), db1 (H,), dw2 (H, D), db2 (D,)."""
    x, h, w1, w2 = cache
    xp = array_namespace(dout)
    dw2, db2 = xp.matrix_transpose(h) @ dout, xp.sum(dout, axis=0)
    dh = dout @ xp.matrix_transpose(w2)
    dz = xp.where(h > 0, dh, xp.zeros_like(dh))
    dw1, db1 = xp.matrix_transpose(x) @ dz, xp.sum(dz, axis=0)
    dx = dout + dz @ xp.matrix_transpose(w1)  # the skip connection, and the branch
    return dx, dw1, db1, dw2, db2
