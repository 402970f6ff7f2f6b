"""Reference solution of exercise 03: sigmoid, cross-entropy of yes-or-no labels, gradient, fit.

Cox (1958); Bishop (2006), section 4.3.2. N examples, D inputs of each.
"""

from typing import Any

from array_api_compat import array_namespace, device

Array = Any


def sigmoid(z: Array) -> Array:
    """Logits → probabilities, any shape. Both ways of writing it use exp(-|z|), at most 1."""
    xp = array_namespace(z)
    e = xp.exp(-xp.abs(z))
    return xp.where(z >= 0, 1 / (1 + e), e / (1 + e))


def binary_cross_entropy(p: Array, y: Array) -> float:
    """p (N,), y (N,) → mean of -log of the probability given to the label, in nats."""
    xp = array_namespace(p)
    given = xp.where(y == 1, p, 1 - p)
    return -xp.mean(xp.log(given))


def binary_cross_entropy_with_logits(z: Array, y: Array) -> float:
    """z (N,), y (N,) → the same mean. -log σ(m) = log(1 + exp(-m)), m the logit of the label."""
    xp = array_namespace(z)
    margin = xp.where(y == 1, z, -z)
    return xp.mean(_softplus(-margin))


def logistic_gradient(x: Array, y: Array, w: Array, b: float) -> tuple[Array, float]:
    """x (N, D), y (N,), w (D,), b a number → dw (D,), db a number, of the mean loss."""
    xp = array_namespace(x)
    residual = sigmoid(x @ w + b) - xp.astype(y, x.dtype)
    return x.T @ residual / x.shape[0], xp.mean(residual)


def fit_logistic_regression(
    x: Array, y: Array, w: Array, b: float, learning_rate: float, steps: int
) -> tuple[Array, Array]:
    """Full-batch gradient descent from w (D,) and b → ws (steps + 1, D), bs (steps + 1,)."""
    xp = array_namespace(x)
    ws, bs = [w], [xp.asarray(b, dtype=w.dtype, device=device(w))]
    for _ in range(steps):
        dw, db = logistic_gradient(x, y, ws[-1], bs[-1])
        ws.append(ws[-1] - learning_rate * dw)
        bs.append(bs[-1] - learning_rate * db)
    return xp.stack(ws), xp.stack(bs)


def _softplus(a: Array) -> Array:
    """log(1 + exp(a)), any shape: max(a, 0) + log(1 + exp(-|a|)), which cannot overflow."""
    xp = array_namespace(a)
    size = xp.abs(a)
    return (a + size) / 2 + xp.log1p(xp.exp(-size))
