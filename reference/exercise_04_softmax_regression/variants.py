"""Correct implementations in other styles; each must be accepted."""

import math

import numpy as np

from grader.spec import solution, variant


@variant()
class explicit_loops:
    """Python loops over rows and classes"""

    def softmax(scores):
        out = np.zeros(scores.shape)
        for n, row in enumerate(scores):
            top = max(row)
            e = [math.exp(score - top) for score in row]
            for c, part in enumerate(e):
                out[n, c] = part / sum(e)
        return out

    def log_softmax(scores):
        out = np.zeros(scores.shape)
        for n, row in enumerate(scores):
            top = max(row)
            log_sum = top + math.log(sum(math.exp(score - top) for score in row))
            for c, score in enumerate(row):
                out[n, c] = score - log_sum
        return out

    def one_hot(y, classes):
        out = np.zeros((len(y), classes))
        for n, k in enumerate(y):
            out[n, k] = 1.0
        return out

    def cross_entropy(scores, targets):
        total = 0.0
        for n, row in enumerate(scores):
            top = max(row)
            log_sum = top + math.log(sum(math.exp(score - top) for score in row))
            for score, target in zip(row, targets[n], strict=True):
                total += float(target) * (log_sum - float(score))
        return total / len(scores)

    def kl_divergence(p, q):
        total = 0.0
        for true, believed in zip(p.flat, q.flat, strict=True):
            if true == 0:
                continue
            if believed == 0:
                return math.inf
            total += float(true * math.log(true / believed))
        return total / len(p)


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def softmax(scores):
        e = np.exp((scores - scores.max(axis=1, keepdims=True)).astype(np.float32))
        return e / e.sum(axis=1, keepdims=True)

    def log_softmax(scores):
        shifted = (scores - scores.max(axis=1, keepdims=True)).astype(np.float32)
        return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

    def one_hot(y, classes):
        return np.eye(classes, dtype=np.float32)[y]

    def cross_entropy(scores, targets):
        return solution.cross_entropy(scores.astype(np.float32), targets.astype(np.float32))

    def kl_divergence(p, q):
        return solution.kl_divergence(p.astype(np.float32), q.astype(np.float32))


@variant()
class the_logarithm_first:
    """logaddexp, softmax as its exponential, and zeros picked out by indexing"""

    def log_softmax(scores):
        return scores - np.logaddexp.reduce(scores, axis=1)[:, None]

    def softmax(scores):
        return np.exp(scores - np.logaddexp.reduce(scores, axis=1)[:, None])

    def one_hot(y, classes):
        out = np.zeros((y.size, classes))
        out[np.arange(y.size), y] = 1
        return out

    def cross_entropy(scores, targets):
        log_sum = np.logaddexp.reduce(scores, axis=1)
        return float(np.mean(log_sum - np.einsum("nc,nc->n", targets, scores)))

    def kl_divergence(p, q):
        true, believed = p[p > 0], q[p > 0]
        with np.errstate(divide="ignore"):
            return (true @ np.log(true) - true @ np.log(believed)) / len(p)


@variant()
class through_the_jacobian:
    """The gradient by the chain rule: -target / probability, then the softmax's Jacobian"""

    def cross_entropy_gradient(scores, targets):
        n, c = scores.shape
        gradient = np.zeros((n, c))
        for i in range(n):
            p = np.exp(scores[i] - scores[i].max())
            p /= p.sum()
            # ∂log p[k] / ∂scores[c] = [k == c] - p[c]
            jacobian = np.eye(c) - p[None, :]
            gradient[i] = -targets[i] @ jacobian / n
        return gradient

    def kl_divergence(p, q):
        ratio = np.divide(p, q, out=np.full(p.shape, np.inf), where=q > 0)
        ratio[p == 0] = 1.0
        return np.mean(np.sum(np.where(p > 0, p, 1.0) * np.log(ratio), axis=1))


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
