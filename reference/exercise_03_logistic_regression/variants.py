"""Correct implementations in other styles; each must be accepted."""

import math

import numpy as np

from grader.spec import solution, variant


@variant()
class explicit_loops:
    """Python loops and the math module, one example after another"""

    def sigmoid(z):
        def one(value):
            if value < 0:
                return math.exp(value) / (1 + math.exp(value))
            return 1 / (1 + math.exp(-value))

        return np.array([one(value) for value in z.ravel()]).reshape(z.shape)

    def binary_cross_entropy(p, y):
        total = 0.0
        for probability, label in zip(p, y, strict=True):
            total -= math.log(probability) if label else math.log1p(-probability)
        return float(total / len(y))

    def binary_cross_entropy_with_logits(z, y):
        total = 0.0
        for logit, label in zip(z, y, strict=True):
            total += max(logit, 0) - logit * label + math.log(1 + math.exp(-abs(logit)))
        return float(total / len(y))

    def logistic_gradient(x, y, w, b):
        n, d = x.shape
        dw, db = np.zeros(d), 0.0
        for i in range(n):
            residual = solution.sigmoid(x[i : i + 1] @ w + b)[0] - y[i]
            for k in range(d):
                dw[k] += residual * x[i, k] / n
            db += residual / n
        return dw, float(db)


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def sigmoid(z):
        return solution.sigmoid(z.astype(np.float32))

    def binary_cross_entropy_with_logits(z, y):
        return solution.binary_cross_entropy_with_logits(z.astype(np.float32), y)

    def logistic_gradient(x, y, w, b):
        x, w, b = x.astype(np.float32), w.astype(np.float32), np.float32(b)
        return solution.logistic_gradient(x, y, w, b)

    def fit_logistic_regression(x, y, w, b, learning_rate, steps):
        return solution.fit_logistic_regression(
            x.astype(np.float32), y, w.astype(np.float32), b, learning_rate, steps
        )


@variant()
class hyperbolic_tangent_and_logaddexp:
    """The sigmoid as ½ + ½ tanh(z/2), the loss with logaddexp and labels of -1 and +1"""

    def sigmoid(z):
        return 0.5 + 0.5 * np.tanh(0.5 * z)

    def binary_cross_entropy(p, y):
        return np.average(-np.log(np.abs(1 - y - p)))

    def binary_cross_entropy_with_logits(z, y):
        return np.sum(np.logaddexp(0, z) - y * z) / len(z)

    def logistic_gradient(x, y, w, b):
        half = 0.5 * np.tanh(0.5 * (np.einsum("nd,d->n", x, w) + b)) + 0.5 - y
        return np.einsum("n,nd->d", half, x) / len(y), half.mean()


@variant()
class bias_as_a_column_of_ones:
    """The bias is one more weight, for a column of ones; one array holds the whole path"""

    def sigmoid(z):
        with np.errstate(over="ignore"):
            return 1 / (1 + np.exp(-z))

    def logistic_gradient(x, y, w, b):
        inputs = np.column_stack([x, np.ones(len(x))])
        p = solution.sigmoid(inputs @ np.append(w, b))
        gradient = np.mean((p - y)[:, None] * inputs, axis=0)
        return gradient[:-1], gradient[-1]

    def fit_logistic_regression(x, y, w, b, learning_rate, steps):
        inputs = np.column_stack([x, np.ones(len(x))])
        path = np.empty((steps + 1, len(w) + 1))
        path[0] = np.append(w, b)
        for t in range(steps):
            p = solution.sigmoid(inputs @ path[t])
            path[t + 1] = path[t] + learning_rate * inputs.T @ (y - p) / len(y)
        return path[:, :-1], path[:, -1]


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""


@variant(backend="torch")
class torch_functions_and_a_changing_copy:
    """torch's logaddexp and where; the weights are changed in place in a copy"""

    def sigmoid(z):
        import torch

        return torch.exp(-torch.logaddexp(-z, torch.zeros_like(z)))

    def fit_logistic_regression(x, y, w, b, learning_rate, steps):
        import torch

        current, bias = w.clone(), torch.tensor(b, dtype=w.dtype, device=w.device)
        ws, bs = [current.clone()], [bias.clone()]
        for _ in range(steps):
            dw, db = solution.logistic_gradient(x, y, current, bias)
            current -= learning_rate * dw
            bias -= learning_rate * db
            ws.append(current.clone())
            bs.append(bias.clone())
        return torch.stack(ws), torch.stack(bs)
