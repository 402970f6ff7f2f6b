"""Correct variants of the miniature."""

import numpy as np

from grader.spec import variant


@variant()
class loops:
    """Python loops"""

    def mean_forward(x, weight=None):
        w = [1.0] * len(x) if weight is None else weight
        out = np.zeros(x.shape[1])
        for row, share in zip(x, w, strict=True):
            out += row * share / sum(w)
        return out, np.asarray(w) / sum(w)


@variant(backend="torch")
class tensors:
    """The reference on tensors"""
