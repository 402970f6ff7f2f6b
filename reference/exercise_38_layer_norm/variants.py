"""Correct implementations in other styles; each must be accepted."""

import math

import numpy as np

from grader.spec import solution, variant


def _single(*arrays):
    return tuple(a.astype(np.float32) for a in arrays)


@variant()
class explicit_loops:
    """Python loops over examples, positions and features"""

    def layer_norm_forward(x, scale, shift, eps=1e-5):
        out, x_hat, roots = np.zeros(x.shape), np.zeros(x.shape), np.zeros(x.shape[:2])
        for b in range(x.shape[0]):
            for t in range(x.shape[1]):
                row = [float(number) for number in x[b, t]]
                mean = sum(row) / len(row)
                variance = sum((number - mean) ** 2 for number in row) / len(row)
                roots[b, t] = math.sqrt(variance + eps)
                for d, number in enumerate(row):
                    x_hat[b, t, d] = (number - mean) / roots[b, t]
                    out[b, t, d] = scale[d] * x_hat[b, t, d] + shift[d]
        return out, {"x_hat": x_hat, "roots": roots, "scale": scale}

    def layer_norm_backward(dout, cache):
        x_hat, roots, scale = cache["x_hat"], cache["roots"], cache["scale"]
        width = dout.shape[2]
        dx, dscale, dshift = np.zeros(dout.shape), np.zeros(width), np.zeros(width)
        for b in range(dout.shape[0]):
            for t in range(dout.shape[1]):
                dscale += dout[b, t] * x_hat[b, t]
                dshift += dout[b, t]
                g = dout[b, t] * scale
                a = sum(g) / width
                c = sum(g * x_hat[b, t]) / width
                for d in range(width):
                    dx[b, t, d] = (g[d] - a - x_hat[b, t, d] * c) / roots[b, t]
        return dx, dscale, dshift

    def rms_norm(x, scale, eps=1e-6):
        out = np.zeros(x.shape)
        for b, t in np.ndindex(x.shape[:2]):
            square = sum(number * number for number in x[b, t]) / x.shape[2]
            out[b, t] = scale * x[b, t] / math.sqrt(square + eps)
        return out

    def feed_forward_forward(x, w1, b1, w2, b2):
        out = np.zeros(x.shape)
        hidden = np.zeros((*x.shape[:2], len(b1)))
        for b, t in np.ndindex(x.shape[:2]):
            for f in range(len(b1)):
                hidden[b, t, f] = max(0.0, float(x[b, t] @ w1[:, f] + b1[f]))
            for d in range(len(b2)):
                out[b, t, d] = hidden[b, t] @ w2[:, d] + b2[d]
        return out, [x, hidden, w1, w2]

    def feed_forward_backward(dout, cache):
        x, hidden, w1, w2 = cache
        dx, dw1, dw2 = np.zeros(x.shape), np.zeros(w1.shape), np.zeros(w2.shape)
        db1, db2 = np.zeros(w1.shape[1]), np.zeros(w2.shape[1])
        for b, t in np.ndindex(x.shape[:2]):
            db2 += dout[b, t]
            for f in range(len(db1)):
                dw2[f] += hidden[b, t, f] * dout[b, t]
                if hidden[b, t, f] > 0:
                    dz = w2[f] @ dout[b, t]
                    db1[f] += dz
                    dw1[:, f] += x[b, t] * dz
                    dx[b, t] += w1[:, f] * dz
        return dx, dw1, db1, dw2, db2


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def layer_norm_forward(x, scale, shift, eps=1e-5):
        return solution.layer_norm_forward(*_single(x, scale, shift), eps)

    def layer_norm_backward(dout, cache):
        return solution.layer_norm_backward(dout.astype(np.float32), cache)

    def rms_norm(x, scale, eps=1e-6):
        return solution.rms_norm(*_single(x, scale), eps)

    def feed_forward_forward(x, w1, b1, w2, b2):
        return solution.feed_forward_forward(*_single(x, w1, b1, w2, b2))

    def feed_forward_backward(dout, cache):
        return solution.feed_forward_backward(dout.astype(np.float32), cache)

    def residual_forward(x, params, order):
        params = {name: value.astype(np.float32) for name, value in params.items()}
        return solution.residual_forward(x.astype(np.float32), params, order)


@variant()
class rows_and_nodes:
    """All positions as rows of a matrix; the norm's backward goes through every node"""

    def layer_norm_forward(x, scale, shift, eps=1e-5):
        rows = x.reshape(-1, x.shape[-1]).T
        centred = rows - rows.mean(axis=0)
        inverse = (rows.var(axis=0) + eps) ** -0.5
        out = (centred * inverse).T * scale + shift
        return out.reshape(x.shape), (centred, inverse, scale)

    def layer_norm_backward(dout, cache):
        centred, inverse, scale = cache
        rows = dout.reshape(-1, dout.shape[-1]).T
        n = len(rows)
        dscale, dshift = (rows * centred * inverse).sum(axis=1), rows.sum(axis=1)
        dx_hat = rows * scale[:, None]
        dvariance = (dx_hat * centred).sum(axis=0) * -0.5 * inverse**3
        dcentred = dx_hat * inverse + dvariance * 2 * centred / n
        dx = dcentred - dcentred.sum(axis=0) / n
        return dx.T.reshape(dout.shape), dscale, dshift

    def rms_norm(x, scale, eps=1e-6):
        mean_square = np.einsum("btd,btd->bt", x, x) / x.shape[-1]
        return x * (mean_square + eps)[..., None] ** -0.5 * scale

    def feed_forward_forward(x, w1, b1, w2, b2):
        rows = x.reshape(-1, x.shape[-1])
        z = rows @ w1 + b1
        return (np.maximum(z, 0) @ w2 + b2).reshape(x.shape), (rows, z, w1, w2)

    def feed_forward_backward(dout, cache):
        rows, z, w1, w2 = cache
        drows = dout.reshape(rows.shape)
        dz = drows @ w2.T * (z > 0)
        dx = (dz @ w1.T).reshape(dout.shape)
        return dx, rows.T @ dz, dz.sum(axis=0), np.maximum(z, 0).T @ drows, drows.sum(axis=0)


@variant()
class scale_folded_into_one_factor:
    """Keeps x, and multiplies it by scale / std before the mean is taken off"""

    def layer_norm_forward(x, scale, shift, eps=1e-5):
        mean = x.mean(axis=-1, keepdims=True)
        inverse = 1 / np.sqrt(x.var(axis=-1, keepdims=True) + eps)
        factor = scale * inverse
        return x * factor + (shift - mean * factor), dict(x=x, m=mean, i=inverse, s=scale)

    def layer_norm_backward(dout, cache):
        x, mean, inverse, scale = cache["x"], cache["m"], cache["i"], cache["s"]
        x_hat = (x - mean) * inverse
        width = x.shape[-1]
        g = dout * scale
        total = g.sum(axis=-1, keepdims=True)
        along = (g * x_hat).sum(axis=-1, keepdims=True)
        dx = inverse / width * (width * g - total - x_hat * along)
        return dx, np.einsum("btd,btd->d", dout, x_hat), np.einsum("btd->d", dout)


@variant()
class gradients_of_vectors_as_rows:
    """Sums over rows with keepdims, so that vectors come as (1, D)"""

    def layer_norm_backward(dout, cache):
        dx, dscale, dshift = solution.layer_norm_backward(dout, cache)
        return dx, dscale[None, :], dshift[None, :]

    def feed_forward_backward(dout, cache):
        dx, dw1, db1, dw2, db2 = solution.feed_forward_backward(dout, cache)
        return dx, dw1, db1[None, :], dw2, db2[None, :]


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
