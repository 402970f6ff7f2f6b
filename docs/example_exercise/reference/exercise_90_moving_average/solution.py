"""Reference solution of exercise 90: the causal moving average as one matrix product.

Brockwell and Davis (2016), section 1.5.1. T time steps, D series.
"""

from typing import Any

from array_api_compat import array_namespace, device

Array = Any


def moving_average_forward(x: Array, window: int) -> tuple[Array, Any]:
    """x (T, D) → out (T, D); row t is the mean of up to `window` rows that end with t."""
    weights = _weights(x, window)
    return weights @ x, weights


def moving_average_backward(dout: Array, cache: Any) -> Array:
    """dout (T, D) → dx (T, D)."""
    return cache.T @ dout


def _weights(x: Array, window: int) -> Array:
    """(T, T): entry [t, s] is the share of row s in the mean of row t."""
    xp = array_namespace(x)
    t = xp.arange(x.shape[0], device=device(x))
    age = t[:, None] - t[None, :]
    inside = xp.astype((age >= 0) & (age < window), x.dtype)
    return inside / xp.sum(inside, axis=1, keepdims=True)
