"""Correct implementations in other styles; each must be accepted."""

import numpy as np

from grader.spec import solution, variant


@variant()
class explicit_loops:
    """A Python loop over the entries; the cache is a list of the places that were kept"""

    def dropout_forward(x, u, p, training):
        out, kept = np.zeros(x.shape), []
        scale = 1.0 / (1.0 - p) if training else 1.0
        for place in np.ndindex(x.shape):
            if not training or not u[place] < p:
                out[place] = x[place] * scale
                kept.append(place)
        return out, (kept, scale)

    def dropout_backward(dout, cache):
        kept, scale = cache
        dx = np.zeros(dout.shape)
        for place in kept:
            dx[place] = scale * dout[place]
        return dx


@variant()
class keeps_noise_for_later:
    """Masked assignment into copies; the cache is a dict of the arguments"""

    def dropout_forward(x, u, p, training):
        out = x.copy()
        if training:
            out[u < p] = 0.0
            out /= 1.0 - p
        return out, {"noise": u.copy(), "p": p, "training": training}

    def dropout_backward(dout, cache):
        if not cache["training"]:
            return dout.copy()
        return np.where(cache["noise"] >= cache["p"], dout / (1.0 - cache["p"]), 0.0)


@variant()
class threshold_by_floor:
    """The mask is floor(u + (1 - p)), as some libraries write it, with ties set by hand"""

    def dropout_forward(x, u, p, training):
        if not training:
            return x, None
        mask = np.where(u == p, 1.0, np.floor(u + (1.0 - p)))
        return np.multiply(x, mask) / (1.0 - p), (mask, 1.0 - p)

    def dropout_backward(dout, cache):
        if cache is None:
            return dout
        mask, keep = cache
        return mask * dout / keep


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def dropout_forward(x, u, p, training):
        return solution.dropout_forward(x.astype(np.float32), u.astype(np.float32), p, training)

    def dropout_backward(dout, cache):
        return solution.dropout_backward(dout.astype(np.float32), cache)


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
