"""Correct implementations in other styles; each must be accepted."""

import math

import numpy as np

from grader.spec import solution, variant


@variant()
class explicit_loops:
    """Python loops over features and examples"""

    def batch_norm_forward(x, gamma, beta, running_mean, running_var, training, momentum, eps):
        n, d = x.shape
        out, x_hat, std = np.zeros((n, d)), np.zeros((n, d)), np.zeros(d)
        new_mean, new_var = running_mean.copy(), running_var.copy()
        for j in range(d):
            mean, var = running_mean[j], running_var[j]
            if training:
                mean = sum(x[i, j] for i in range(n)) / n
                squares = sum((x[i, j] - mean) ** 2 for i in range(n))
                var = squares / n
                new_mean[j] = (1 - momentum) * running_mean[j] + momentum * mean
                new_var[j] = (1 - momentum) * running_var[j] + momentum * squares / (n - 1)
            std[j] = math.sqrt(var + eps)
            for i in range(n):
                x_hat[i, j] = (x[i, j] - mean) / std[j]
                out[i, j] = gamma[j] * x_hat[i, j] + beta[j]
        return out, new_mean, new_var, {"x_hat": x_hat, "std": std, "g": gamma, "mode": training}

    def batch_norm_backward(dout, cache):
        x_hat, std, gamma = cache["x_hat"], cache["std"], cache["g"]
        n, d = dout.shape
        dx, dgamma, dbeta = np.zeros((n, d)), np.zeros(d), np.zeros(d)
        for j in range(d):
            for i in range(n):
                dgamma[j] += dout[i, j] * x_hat[i, j]
                dbeta[j] += dout[i, j]
            for i in range(n):
                dx[i, j] = dout[i, j] * gamma[j] / std[j]
                if cache["mode"]:
                    dx[i, j] -= gamma[j] * (dbeta[j] + x_hat[i, j] * dgamma[j]) / (n * std[j])
        return dx, dgamma, dbeta


@variant()
class one_step_at_a_time:
    """The backward goes through every node of the graph, as the paper writes it"""

    def batch_norm_forward(x, gamma, beta, running_mean, running_var, training, momentum, eps):
        if not training:
            inverse = (running_var + eps) ** -0.5
            centred = x - running_mean
            out = centred * (gamma * inverse) + beta
            return out, running_mean, running_var, (centred, inverse, gamma, None)
        mean = x.mean(axis=0)
        centred = x - mean
        var = x.var(axis=0)
        inverse = (var + eps) ** -0.5
        new_mean = running_mean + momentum * (mean - running_mean)
        new_var = running_var + momentum * (x.var(axis=0, ddof=1) - running_var)
        return (
            centred * (gamma * inverse) + beta,
            new_mean,
            new_var,
            (centred, inverse, gamma, len(x)),
        )

    def batch_norm_backward(dout, cache):
        centred, inverse, gamma, n = cache
        dgamma = np.einsum("nd,nd->d", dout, centred * inverse)
        dbeta = np.einsum("nd->d", dout)
        dx_hat = dout * gamma
        if n is None:
            return dx_hat * inverse, dgamma, dbeta
        dvar = np.sum(dx_hat * centred, axis=0) * -0.5 * inverse**3
        dmean = -np.sum(dx_hat, axis=0) * inverse + dvar * np.mean(-2 * centred, axis=0)
        dx = dx_hat * inverse + dvar * 2 * centred / n + dmean / n
        return dx, dgamma, dbeta


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def batch_norm_forward(x, gamma, beta, running_mean, running_var, training, momentum, eps):
        arrays = (a.astype(np.float32) for a in (x, gamma, beta, running_mean, running_var))
        return solution.batch_norm_forward(*arrays, training, momentum, eps)

    def batch_norm_backward(dout, cache):
        return solution.batch_norm_backward(dout.astype(np.float32), cache)


@variant()
class gradients_as_rows:
    """Sums over the batch with keepdims, so that dgamma and dbeta are (1, D)"""

    def batch_norm_backward(dout, cache):
        x_hat, std, gamma, training = cache
        dgamma = np.sum(dout * x_hat, axis=0, keepdims=True)
        dbeta = np.sum(dout, axis=0, keepdims=True)
        dx = dout
        if training:
            dx = dout - (dbeta + x_hat * dgamma) / len(dout)
        return dx * gamma / std, dgamma, dbeta


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
