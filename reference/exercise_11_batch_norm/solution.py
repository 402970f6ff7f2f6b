"""Reference solution of exercise 11: batch normalisation with running statistics.

Ioffe and Szegedy (2015), algorithms 1 and 2; the conventions are those of torch.nn.BatchNorm1d.
N examples, D features.
"""

from typing import Any

from array_api_compat import array_namespace

Array = Any


def batch_norm_forward(
    x: Array,
    gamma: Array,
    beta: Array,
    running_mean: Array,
    running_var: Array,
    training: bool,
    momentum: float,
    eps: float,
) -> tuple[Array, Array, Array, Any]:
    """x (N, D), all others (D,) → out (N, D), new running_mean and running_var (D,)."""
    xp = array_namespace(x)
    if training:
        n = x.shape[0]
        mean = xp.mean(x, axis=0)
        var = xp.mean((x - mean) ** 2, axis=0)
        unbiased = var * n / (n - 1)
        new_mean = (1 - momentum) * running_mean + momentum * mean
        new_var = (1 - momentum) * running_var + momentum * unbiased
    else:
        mean, var = running_mean, running_var
        new_mean, new_var = 1.0 * running_mean, 1.0 * running_var  # the same numbers, new arrays

    std = xp.sqrt(var + eps)
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, new_mean, new_var, (x_hat, std, gamma, training)


def batch_norm_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """dout (N, D) → dx (N, D), dgamma (D,), dbeta (D,)."""
    x_hat, std, gamma, training = cache
    xp = array_namespace(dout)
    dgamma = xp.sum(dout * x_hat, axis=0)
    dbeta = xp.sum(dout, axis=0)

    dx_hat = dout * gamma
    if training:
        through_mean = xp.mean(dx_hat, axis=0)
        through_var = x_hat * xp.mean(dx_hat * x_hat, axis=0)
        dx_hat = dx_hat - through_mean - through_var
    return dx_hat / std, dgamma, dbeta
