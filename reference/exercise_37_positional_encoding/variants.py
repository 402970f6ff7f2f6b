"""Correct implementations in other styles; each must be accepted."""

import cmath
import math

import numpy as np

from grader.spec import solution, variant


@variant()
class explicit_loops:
    """Python loops over positions and pairs, sums collected with +="""

    def sinusoidal(x, base=10000.0):
        length, width = x.shape[1:]
        codes = np.zeros((length, width), dtype=x.dtype)
        for p in range(length):
            for column in range(width):
                angle = p / base ** (2 * (column // 2) / width)
                codes[p, column] = math.cos(angle) if column % 2 else math.sin(angle)
        return codes

    def learned_forward(x, table):
        out = x.copy()
        for b in range(x.shape[0]):
            for p in range(x.shape[1]):
                out[b, p] += table[p]
        return out, {"rows": len(table)}

    def learned_backward(dout, cache):
        dtable = np.zeros((cache["rows"], dout.shape[2]))
        for b in range(dout.shape[0]):
            for p in range(dout.shape[1]):
                dtable[p] += dout[b, p]
        return dout.copy(), dtable

    def _places(size, pairing):
        if pairing == "neighbours":
            return [(2 * i, 2 * i + 1) for i in range(size // 2)]
        return [(i, i + size // 2) for i in range(size // 2)]

    def rope(x, positions, pairing, base=10000.0):
        out, size = np.zeros_like(x), x.shape[3]
        for t, position in enumerate(positions):
            for i, (a, b) in enumerate(_places(size, pairing)):  # noqa: F821
                angle = float(position) * base ** (-2 * i / size)
                c, s = math.cos(angle), math.sin(angle)
                out[:, :, t, a] = x[:, :, t, a] * c - x[:, :, t, b] * s
                out[:, :, t, b] = x[:, :, t, a] * s + x[:, :, t, b] * c
        return out

    def rope_backward(dout, positions, pairing, base=10000.0):
        dx, size = np.zeros_like(dout), dout.shape[3]
        for t, position in enumerate(positions):
            for i, (a, b) in enumerate(_places(size, pairing)):  # noqa: F821
                angle = float(position) * base ** (-2 * i / size)
                c, s = math.cos(angle), math.sin(angle)
                dx[:, :, t, a] += dout[:, :, t, a] * c + dout[:, :, t, b] * s
                dx[:, :, t, b] += dout[:, :, t, b] * c - dout[:, :, t, a] * s
        return dx


@variant()
class single_precision_results:
    """Angles in float64, everything after the sine and cosine in float32"""

    def sinusoidal(x, base=10000.0):
        return solution.sinusoidal(x, base).astype(np.float32)

    def learned_forward(x, table):
        return solution.learned_forward(x.astype(np.float32), table.astype(np.float32))

    def learned_backward(dout, cache):
        return solution.learned_backward(dout.astype(np.float32), cache)

    def rope(x, positions, pairing, base=10000.0):
        return solution.rope(x.astype(np.float32), positions, pairing, base)

    def rope_backward(dout, positions, pairing, base=10000.0):
        return solution.rope_backward(dout.astype(np.float32), positions, pairing, base)


@variant()
class complex_numbers:
    """A pair is a complex number, a turn is a product with exp(i · angle)"""

    def _unit(positions, size, base):
        frequency = np.exp(-np.arange(0, size, 2) / size * math.log(base))
        return np.exp(1j * np.outer(positions, frequency))

    def sinusoidal(x, base=10000.0):
        _, length, width = x.shape
        unit = _unit(np.arange(length), width, base)  # noqa: F821
        codes = np.empty((length, width), dtype=x.dtype)
        codes[:, 0::2] = unit.imag
        codes[:, 1::2] = unit.real[:, : width // 2]
        return codes

    def learned_forward(x, table):
        return x + table[None, np.arange(x.shape[1])], np.zeros_like(table)

    def learned_backward(dout, cache):
        dtable = cache.copy()
        where = np.broadcast_to(np.arange(dout.shape[1]), dout.shape[:2])
        np.add.at(dtable, where, dout)
        return dout.copy(), dtable

    def _multiply(x, unit, pairing):
        if pairing == "neighbours":
            z = (x[..., 0::2] + 1j * x[..., 1::2]) * unit
            return np.stack([z.real, z.imag], axis=-1).reshape(x.shape).astype(x.dtype)
        a, b = np.split(x, 2, axis=-1)
        z = (a + 1j * b) * unit
        return np.concatenate([z.real, z.imag], axis=-1).astype(x.dtype)

    def rope(x, positions, pairing, base=10000.0):
        return _multiply(x, _unit(positions, x.shape[-1], base), pairing)  # noqa: F821

    def rope_backward(dout, positions, pairing, base=10000.0):
        unit = _unit(positions, dout.shape[-1], base).conj()  # noqa: F821
        return _multiply(dout, unit, pairing)  # noqa: F821


@variant()
class matrices_of_turns:
    """One (K, K) matrix for each position; going back it is transposed"""

    def sinusoidal(x, base=10000.0):
        _, length, width = x.shape
        column = np.arange(width)
        angles = np.arange(length)[:, None] / np.power(base, (column - column % 2) / width)
        return np.where(column % 2 == 0, np.sin(angles), np.cos(angles)).astype(x.dtype)

    def _turns(positions, size, pairing, base):
        pairs = np.arange(size).reshape((-1, 2) if pairing == "neighbours" else (2, -1))
        first, second = pairs.T if pairing == "neighbours" else pairs
        matrices = np.zeros((len(positions), size, size))
        for i, (a, b) in enumerate(zip(first, second, strict=True)):
            z = [cmath.exp(1j * int(p) / base ** (2 * i / size)) for p in positions]
            matrices[:, a, a] = matrices[:, b, b] = np.real(z)
            matrices[:, b, a], matrices[:, a, b] = np.imag(z), -np.imag(z)
        return matrices

    def rope(x, positions, pairing, base=10000.0):
        turns = _turns(positions, x.shape[-1], pairing, base)  # noqa: F821
        return np.einsum("tjk,bhtk->bhtj", turns, x).astype(x.dtype)

    def rope_backward(dout, positions, pairing, base=10000.0):
        turns = _turns(positions, dout.shape[-1], pairing, base)  # noqa: F821
        return np.einsum("tkj,bhtk->bhtj", turns, dout).astype(dout.dtype)


@variant()
class rotate_half:
    """x · cos + rotated(x) · sin, with cosines and sines of the full width"""

    def _rotated(x, pairing):
        if pairing == "neighbours":
            out = np.empty_like(x)
            out[..., 0::2], out[..., 1::2] = -x[..., 1::2], x[..., 0::2]
            return out
        half = x.shape[-1] // 2
        return np.concatenate([-x[..., half:], x[..., :half]], axis=-1)

    def _tables(x, positions, pairing, base):
        inverse = 1.0 / base ** (np.arange(0, x.shape[-1], 2) / x.shape[-1])
        angles = np.einsum("t,i->ti", positions, inverse)
        if pairing == "neighbours":
            angles = np.repeat(angles, 2, axis=-1)
        else:
            angles = np.concatenate([angles, angles], axis=-1)
        return np.cos(angles).astype(x.dtype), np.sin(angles).astype(x.dtype)

    def rope(x, positions, pairing, base=10000.0):
        cos, sin = _tables(x, positions, pairing, base)  # noqa: F821
        return x * cos + _rotated(x, pairing) * sin  # noqa: F821

    def rope_backward(dout, positions, pairing, base=10000.0):
        cos, sin = _tables(dout, positions, pairing, base)  # noqa: F821
        return dout * cos - _rotated(dout * sin, pairing)  # noqa: F821


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
