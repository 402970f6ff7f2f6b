"""Reference solution of exercise 38: layer norm, RMSNorm, the feed-forward block and its residual.

Ba, Kiros and Hinton (2016), section 3; Zhang and Sennrich (2019), section 4; Vaswani et al. (2017),
sections 3.1 and 3.3; Xiong et al. (2020) for the two orders. B examples, T positions, D features
per position, F hidden units.
"""

from typing import Any

from array_api_compat import array_namespace

Array = Any


def layer_norm_forward(
    x: Array, scale: Array, shift: Array, eps: float = 1e-5
) -> tuple[Array, Any]:
    """x (B, T, D), scale (D,), shift (D,) → out (B, T, D); each position by itself."""
    xp = array_namespace(x)
    centred = x - xp.mean(x, axis=-1, keepdims=True)
    variance = xp.mean(centred * centred, axis=-1, keepdims=True)
    std = xp.sqrt(variance + eps)
    x_hat = centred / std
    return scale * x_hat + shift, (x_hat, std, scale)


def layer_norm_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """dout (B, T, D) → dx (B, T, D), dscale (D,), dshift (D,)."""
    x_hat, std, scale = cache
    xp = array_namespace(dout)
    dscale = xp.sum(dout * x_hat, axis=(0, 1))
    dshift = xp.sum(dout, axis=(0, 1))

    dx_hat = dout * scale
    through_mean = xp.mean(dx_hat, axis=-1, keepdims=True)
    through_variance = x_hat * xp.mean(dx_hat * x_hat, axis=-1, keepdims=True)
    return (dx_hat - through_mean - through_variance) / std, dscale, dshift


def rms_norm(x: Array, scale: Array, eps: float = 1e-6) -> Array:
    """x (B, T, D), scale (D,) → (B, T, D); no mean is taken off and nothing is added."""
    xp = array_namespace(x)
    mean_square = xp.mean(x * x, axis=-1, keepdims=True)
    return scale * x / xp.sqrt(mean_square + eps)


def feed_forward_forward(x: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> tuple[Array, Any]:
    """x (B, T, D), w1 (D, F), b1 (F,), w2 (F, D), b2 (D,) → out (B, T, D)."""
    xp = array_namespace(x)
    z = x @ w1 + b1
    hidden = xp.where(z > 0, z, xp.zeros_like(z))
    return hidden @ w2 + b2, (x, hidden, w1, w2)


def feed_forward_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array, Array, Array]:
    """dout (B, T, D) → dx (B, T, D), dw1 (D, F), db1 (F,), dw2 (F, D), db2 (D,)."""
    x, hidden, w1, w2 = cache
    xp = array_namespace(dout)
    dhidden, dw2, db2 = _affine_backward(dout, hidden, w2)
    dz = xp.where(hidden > 0, dhidden, xp.zeros_like(dhidden))
    dx, dw1, db1 = _affine_backward(dz, x, w1)
    return dx, dw1, db1, dw2, db2


def _affine_backward(dout: Array, inputs: Array, w: Array) -> tuple[Array, Array, Array]:
    """dout (B, T, M) through inputs (B, T, N) @ w + b → (B, T, N), dw (N, M), db (M,)."""
    xp = array_namespace(dout)
    by_example = xp.matrix_transpose(inputs) @ dout
    return dout @ w.T, xp.sum(by_example, axis=0), xp.sum(dout, axis=(0, 1))


def residual_forward(x: Array, params: dict[str, Array], order: str) -> tuple[Array, Any]:
    """x (B, T, D), order "pre" or "post" → out (B, T, D)."""
    norm = (params["scale"], params["shift"])
    branch = (params["w1"], params["b1"], params["w2"], params["b2"])
    if order == "pre":
        normed, norm_cache = layer_norm_forward(x, *norm)
        added, branch_cache = feed_forward_forward(normed, *branch)
        out = x + added
    else:
        added, branch_cache = feed_forward_forward(x, *branch)
        out, norm_cache = layer_norm_forward(x + added, *norm)
    return out, (order, norm_cache, branch_cache)


def residual_backward(dout: Array, cache: Any) -> tuple[Array, dict[str, Array]]:
    """dout (B, T, D) → dx (B, T, D) and a dict like params."""
    order, norm_cache, branch_cache = cache
    if order == "pre":
        dnormed, dw1, db1, dw2, db2 = feed_forward_backward(dout, branch_cache)
        through_norm, dscale, dshift = layer_norm_backward(dnormed, norm_cache)
        dx = dout + through_norm
    else:
        dsum, dscale, dshift = layer_norm_backward(dout, norm_cache)
        through_branch, dw1, db1, dw2, db2 = feed_forward_backward(dsum, branch_cache)
        dx = dsum + through_branch
    return dx, {"scale": dscale, "shift": dshift, "w1": dw1, "b1": db1, "w2": dw2, "b2": db2}
