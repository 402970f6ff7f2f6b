"""Reference solution of exercise 04: softmax, cross-entropy, Kullback-Leibler divergence.

Bridle (1990); Kullback and Leibler (1951); Goodfellow, Bengio and Courville (2016), sections 3.13,
4.1 and 6.2.2.3; Bishop (2006), section 4.3.4. N examples, C classes.
"""

from typing import Any

from array_api_compat import array_namespace, device

Array = Any


def softmax(scores: Array) -> Array:
    """scores (N, C) → probabilities (N, C); each row is shifted by its own maximum."""
    xp = array_namespace(scores)
    e = xp.exp(scores - xp.max(scores, axis=1, keepdims=True))
    return e / xp.sum(e, axis=1, keepdims=True)


def log_softmax(scores: Array) -> Array:
    """scores (N, C) → log-probabilities (N, C), without forming the probabilities."""
    xp = array_namespace(scores)
    shifted = scores - xp.max(scores, axis=1, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=1, keepdims=True))


def one_hot(y: Array, classes: int) -> Array:
    """y (N,) → (N, classes), floats: 1 in column y[n] of row n and 0 elsewhere."""
    xp = array_namespace(y)
    return xp.astype(y[:, None] == xp.arange(classes, device=device(y)), xp.float64)


def cross_entropy(scores: Array, targets: Array) -> float:
    """scores (N, C), targets (N, C) → the mean over the rows, in nats."""
    xp = array_namespace(scores)
    return -xp.sum(targets * log_softmax(scores)) / scores.shape[0]


def cross_entropy_gradient(scores: Array, targets: Array) -> Array:
    """scores (N, C), targets (N, C) → the gradient of `cross_entropy` for scores, (N, C)."""
    return (softmax(scores) - targets) / scores.shape[0]


def kl_divergence(p: Array, q: Array) -> float:
    """p (N, C), q (N, C) → the mean over the rows of KL(p‖q), in nats."""
    xp = array_namespace(p)
    ratio = xp.where(q > 0, p / xp.where(q > 0, q, 1.0), xp.inf)
    # Where p is 0 the ratio is set to 1, whose logarithm is 0: no 0 · log 0 is ever computed.
    return xp.sum(p * xp.log(xp.where(p > 0, ratio, 1.0))) / p.shape[0]
