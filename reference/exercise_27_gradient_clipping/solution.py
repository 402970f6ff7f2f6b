"""Reference solution of exercise 27: the norm of all gradients, clipping, Jacobians over time.

Pascanu, Mikolov and Bengio (2013); Blue (1978) for the norm of numbers of any size.
B sequences, T steps, H hidden units.
"""

from typing import Any

from array_api_compat import array_namespace, device

Array = Any
Arrays = list[Array] | dict[str, Array]


def global_norm(grads: Arrays) -> float:
    """The length of all entries of all arrays, taken as one vector."""
    arrays = list(grads.values()) if isinstance(grads, dict) else grads
    xp = array_namespace(*arrays)
    entries = xp.concat([xp.reshape(g, (-1,)) for g in arrays])
    largest = xp.max(xp.abs(entries))
    if largest == 0:
        return largest
    return largest * xp.sqrt(xp.sum((entries / largest) ** 2))


def clip_by_global_norm(grads: Arrays, max_norm: float) -> tuple[Arrays, float]:
    """All arrays times min(1, max_norm / norm), and the norm before that."""
    norm = global_norm(grads)
    factor = max_norm / norm if norm > max_norm else 1.0
    if isinstance(grads, dict):
        return {name: factor * g for name, g in grads.items()}, norm
    return [factor * g for g in grads], norm


def jacobian_norms(wh: Array, hs: Array) -> Array:
    """wh (H, H), hs (B, T, H) → norms (B, T), from each state to the last one."""
    xp = array_namespace(hs)
    batch, steps, units = hs.shape
    identity = xp.eye(units, dtype=hs.dtype, device=device(hs))
    jacobian = xp.broadcast_to(identity, (batch, units, units))
    norms = [xp.linalg.matrix_norm(jacobian, ord=2)]
    for t in reversed(range(1, steps)):
        slopes = 1 - hs[:, t, :] ** 2
        jacobian = (wh * slopes[:, None, :]) @ jacobian
        norms.append(xp.linalg.matrix_norm(jacobian, ord=2))
    return xp.stack(norms[::-1], axis=1)
