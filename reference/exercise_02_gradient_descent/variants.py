"""Correct implementations in other styles; each must be accepted."""

import numpy as np

from grader.spec import solution, variant


def _weights_after(x, y, w, learning_rate, batches):
    """The path of one update per batch of rows, into an array made beforehand."""
    path = np.empty((len(batches) + 1, len(w)))
    path[0] = w
    for t, rows in enumerate(batches):
        residual = np.einsum("nd,d->n", x[rows], path[t]) - y[rows]
        gradient = np.einsum("n,nd->d", 2.0 * residual, x[rows]) / len(rows)
        path[t + 1] = path[t] - learning_rate * gradient
    return path


@variant()
class explicit_loops:
    """Python loops over examples and weights, lists instead of arrays in between"""

    def mse_gradient(x, y, w):
        n, d = x.shape
        gradient = np.zeros(d)
        for i in range(n):
            residual = sum(x[i, k] * w[k] for k in range(d)) - y[i]
            for k in range(d):
                gradient[k] += 2 * residual * x[i, k] / n
        return gradient

    def stochastic_gradient_descent(x, y, w, learning_rate, order):
        current = [float(value) for value in w]
        path = [list(current)]
        for i in order.tolist():
            residual = sum(x[i, k] * current[k] for k in range(len(current))) - y[i]
            current = [
                value - learning_rate * 2 * residual * x[i, k] for k, value in enumerate(current)
            ]
            path.append(list(current))
        return np.array(path)

    def minibatches(n, batch_size, generator):
        batches = [[]]
        for i in generator.permutation(n):
            if len(batches[-1]) == batch_size:
                batches.append([])
            batches[-1].append(int(i))
        return [np.array(batch, dtype=np.int64) for batch in batches]


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def mse_gradient(x, y, w):
        x, y, w = x.astype(np.float32), y.astype(np.float32), w.astype(np.float32)
        return solution.mse_gradient(x, y, w)

    def batch_gradient_descent(x, y, w, learning_rate, steps):
        x, y, w = x.astype(np.float32), y.astype(np.float32), w.astype(np.float32)
        return solution.batch_gradient_descent(x, y, w, learning_rate, steps)


@variant()
class expanded_square:
    """The gradient as 2/N (XᵀX w - Xᵀy), with both products formed first"""

    def mse_gradient(x, y, w):
        n = x.shape[0]
        return (2 / n) * (x.T @ x) @ w - (2 / n) * (x.T @ y)

    def batch_gradient_descent(x, y, w, learning_rate, steps):
        gram, moments = x.T @ x / len(y), x.T @ y / len(y)
        path = np.zeros((steps + 1, len(w)))
        path[0] = w
        for t in range(steps):
            path[t + 1] = path[t] + 2 * learning_rate * (moments - gram @ path[t])
        return path


@variant()
class one_loop_for_all_three:
    """All descents share one loop over lists of rows; shuffles in place, cuts with split"""

    def batch_gradient_descent(x, y, w, learning_rate, steps):
        return _weights_after(x, y, w, learning_rate, [np.arange(len(y))] * steps)

    def stochastic_gradient_descent(x, y, w, learning_rate, order):
        return _weights_after(x, y, w, learning_rate, order.reshape(-1, 1))

    def minibatches(n, batch_size, generator):
        order = np.arange(n)
        generator.shuffle(order)
        return list(np.split(order, range(batch_size, n, batch_size)))

    def minibatch_gradient_descent(x, y, w, learning_rate, batch_size, epochs, generator):
        batches = []
        for _ in range(epochs):
            batches += solution.minibatches(len(y), batch_size, generator)
        return _weights_after(x, y, w, learning_rate, batches)


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""


@variant(backend="torch")
class torch_index_tensors:
    """Batches are torch tensors, weights are changed in place in a copy"""

    def minibatches(n, batch_size, generator):
        import torch

        return list(torch.as_tensor(generator.permutation(n)).split(batch_size))

    def batch_gradient_descent(x, y, w, learning_rate, steps):
        current = w.clone()
        path = w.new_empty((steps + 1, w.shape[0]))
        path[0] = current
        for t in range(steps):
            current -= learning_rate * solution.mse_gradient(x, y, current)
            path[t + 1] = current
        return path
