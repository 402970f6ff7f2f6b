"""Reference solution of exercise 02: gradient descent on the squared error of a linear model.

Cauchy (1847); Robbins and Monro (1951); Goodfellow, Bengio and Courville (2016), section 8.1.3.
N examples, D weights, K entries of an order, B batches in an epoch.
"""

from typing import Any

import numpy as np
from array_api_compat import array_namespace, device

Array = Any


def mse_gradient(x: Array, y: Array, w: Array) -> Array:
    """x (N, D), y (N,), w (D,) → gradient (D,) of the mean squared residual."""
    residual = x @ w - y
    return 2 * (x.T @ residual) / x.shape[0]


def batch_gradient_descent(x: Array, y: Array, w: Array, learning_rate: float, steps: int) -> Array:
    """Every step uses all examples → path (steps + 1, D), starting point first."""
    xp = array_namespace(x)
    path = [w]
    for _ in range(steps):
        path.append(path[-1] - learning_rate * mse_gradient(x, y, path[-1]))
    return xp.stack(path)


def stochastic_gradient_descent(
    x: Array, y: Array, w: Array, learning_rate: float, order: Array
) -> Array:
    """Step t uses example order[t] alone; order (K,) → path (K + 1, D)."""
    xp = array_namespace(x)
    path = [w]
    for i in order:
        gradient = mse_gradient(x[i : i + 1, :], y[i : i + 1], path[-1])
        path.append(path[-1] - learning_rate * gradient)
    return xp.stack(path)


def minibatches(n: int, batch_size: int, generator: np.random.Generator) -> list[Array]:
    """One permutation of 0 … n-1, cut in order; the last piece may be shorter."""
    order = generator.permutation(n)
    return [order[start : start + batch_size] for start in range(0, n, batch_size)]


def minibatch_gradient_descent(
    x: Array,
    y: Array,
    w: Array,
    learning_rate: float,
    batch_size: int,
    epochs: int,
    generator: np.random.Generator,
) -> Array:
    """Every step uses one mini-batch, newly shuffled in each epoch → path (epochs * B + 1, D)."""
    xp = array_namespace(x)
    path = [w]
    for _ in range(epochs):
        for batch in minibatches(x.shape[0], batch_size, generator):
            rows = xp.asarray(batch, device=device(x))
            gradient = mse_gradient(xp.take(x, rows, axis=0), xp.take(y, rows, axis=0), path[-1])
            path.append(path[-1] - learning_rate * gradient)
    return xp.stack(path)
