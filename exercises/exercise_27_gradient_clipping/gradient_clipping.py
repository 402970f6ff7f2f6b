"""Exercise 27: gradients that explode or vanish, and clipping them.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-27`.
"""

import numpy as np

# "numpy" hands your functions NumPy arrays; "torch" hands them torch tensors.
BACKEND = "numpy"

Array = np.ndarray
Arrays = list[Array] | dict[str, Array]


def global_norm(grads: Arrays) -> float:
    """Measure all gradients of a network together.

    Must be right for entries as large as 1e200 and as small as 1e-200.

    Args:
        grads: a list of arrays, or a dict from a name to an array. The arrays may have different
            shapes and numbers of axes; there is at least one, and none is empty.

    Returns:
        norm: the root of the sum of the squares of all entries of all arrays, a single number.
    """
    raise NotImplementedError("global_norm")


def clip_by_global_norm(grads: Arrays, max_norm: float) -> tuple[Arrays, float]:
    """Shorten the gradients to `max_norm` if they are longer, and keep their direction.

    Args:
        grads: as in `global_norm`; left as it is.
        max_norm: the largest norm that is allowed, greater than 0.

    Returns:
        clipped: a list if grads is a list, a dict with the same keys if it is a dict; each array
            has the shape of the one it comes from.
        norm: the global norm of grads, before clipping.
    """
    raise NotImplementedError("clip_by_global_norm")


def jacobian_norms(wh: Array, hs: Array) -> Array:
    """Measure how much of a small change in each hidden state is left at the last step.

    The states come from a network `hs[:, t] = tanh(xs[:, t] @ wx + hs[:, t - 1] @ wh + b)`.

    Args:
        wh: weights from state to state, shape (H, H); row k belongs to unit k of the old state.
        hs: the states after every step, each entry from -1 to 1, shape (B, T, H), T at least 1.

    Returns:
        norms: shape (B, T). Entry [n, t] is the largest singular value of the derivative of
            `hs[n, T - 1]` with respect to `hs[n, t]`, an (H, H) matrix.
    """
    raise NotImplementedError("jacobian_norms")
