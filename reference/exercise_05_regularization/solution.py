"""Reference solution of exercise 05: ridge, lasso by ISTA, and early stopping.

Hoerl and Kennard (1970); Tibshirani (1996); Beck and Teboulle (2009), section 1.2; Prechelt (1998).
N examples, D features, E epochs.
"""

from typing import Any

from array_api_compat import array_namespace, device

Array = Any


def l2_penalty(w: Array, strength: float) -> float:
    """w, any shape → strength times the sum of its squares."""
    xp = array_namespace(w)
    return strength * xp.sum(w**2)


def l2_gradient(w: Array, strength: float) -> Array:
    """w, any shape → the gradient of l2_penalty, same shape."""
    return 2 * strength * w


def soft_threshold(z: Array, threshold: float) -> Array:
    """z, any shape → z moved toward zero by threshold, exactly 0 where |z| <= threshold."""
    xp = array_namespace(z)
    below = xp.where(z < -threshold, z + threshold, xp.zeros_like(z))
    return xp.where(z > threshold, z - threshold, below)


def fit_ridge(x: Array, y: Array, strength: float) -> tuple[Array, float]:
    """x (N, D), y (N,) → w (D,), b: (xcᵀxc + N·strength·I) w = xcᵀyc, with centred xc and yc."""
    xp = array_namespace(x)
    n, d = x.shape
    x_mean, y_mean = xp.mean(x, axis=0), xp.mean(y)
    xc, yc = x - x_mean, y - y_mean
    identity = xp.eye(d, dtype=x.dtype, device=device(x))
    w = xp.linalg.solve(xc.T @ xc + n * strength * identity, xc.T @ yc)
    return w, y_mean - x_mean @ w


def fit_lasso(
    x: Array, y: Array, w: Array, b: float, strength: float, learning_rate: float, steps: int
) -> tuple[Array, Array]:
    """ISTA from w (D,) and b → ws (steps + 1, D), bs (steps + 1,)."""
    xp = array_namespace(x)
    ws, bs = [w], [xp.asarray(b, dtype=w.dtype, device=device(w))]
    for _ in range(steps):
        residual = x @ ws[-1] + bs[-1] - y
        dw, db = 2 * (x.T @ residual) / x.shape[0], 2 * xp.mean(residual)
        ws.append(soft_threshold(ws[-1] - learning_rate * dw, learning_rate * strength))
        bs.append(bs[-1] - learning_rate * db)
    return xp.stack(ws), xp.stack(bs)


def early_stopping(losses: Array, patience: int, min_delta: float) -> tuple[int, int]:
    """losses (E,) → best_epoch, stopped_epoch. Epochs since the best are those in a row without."""
    epochs = losses.shape[0]
    best = 0
    for epoch in range(epochs):
        if losses[epoch] < losses[best] - min_delta:
            best = epoch
        if epoch - best == patience:
            return best, epoch
    return best, epochs - 1
