"""Reference solution of exercise 12: inverted dropout, with the noise as an argument.

Srivastava et al. (2014), sections 4, 5 and 10; the conventions are those of torch.nn.Dropout.
"""

from typing import Any

from array_api_compat import array_namespace

Array = Any


def dropout_forward(x: Array, u: Array, p: float, training: bool) -> tuple[Array, Any]:
    """x and u, the same shape → out, of that shape. Kept where u >= p."""
    xp = array_namespace(x)
    factor = xp.ones_like(x)
    if training:
        kept = xp.astype(u >= p, x.dtype)
        factor = kept / (1 - p)
    return x * factor, factor


def dropout_backward(dout: Array, cache: Any) -> Array:
    """The forward multiplied each entry by a constant, and so does the backward."""
    factor = cache
    return dout * factor
