"""Reference of the miniature."""

from typing import Any

from array_api_compat import array_namespace

Array = Any


def mean_forward(x: Array, weight: Array | None = None) -> tuple[Array, Any]:
    """x (N, D) → (D,)."""
    xp = array_namespace(x)
    w = xp.ones_like(x[:, 0]) if weight is None else weight
    share = w / xp.sum(w)
    return xp.sum(share[:, None] * x, axis=0), share


def mean_backward(dout: Array, cache: Any) -> Array:
    """dout (D,) → dx (N, D)."""
    return cache[:, None] * dout[None, :]


class Counter:
    """Adds up."""

    def __init__(self, start: float) -> None:
        """Start."""
        self.total = start

    def add(self, x: Array) -> float:
        """Add."""
        xp = array_namespace(x)
        self.total = self.total + xp.sum(x)
        return self.total
