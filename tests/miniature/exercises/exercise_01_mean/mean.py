"""Exercise 01: the mean. A miniature for the engine's own tests."""

from typing import Any

import numpy as np

BACKEND = "numpy"

Array = np.ndarray


def mean_forward(x: Array, weight: Array | None = None) -> tuple[Array, Any]:
    """Weighted mean of the rows of x (N, D) → (D,), with a cache."""
    raise NotImplementedError("mean_forward")


def mean_backward(dout: Array, cache: Any) -> Array:
    """dout (D,) → dx (N, D)."""
    raise NotImplementedError("mean_backward")


class Counter:
    """Adds up what it sees."""

    def __init__(self, start: float) -> None:
        """Start from a number."""
        raise NotImplementedError("Counter")

    def add(self, x: Array) -> float:
        """Add all entries of x and return the total."""
        raise NotImplementedError("Counter.add")
