"""The data-only wire between judge and runner: length prefix, JSON header, raw buffers.

Values cross it, never code: no pickle, no object dtype, no subclasses. Everything that a runner
sends is hostile until `decode` has taken it apart; every way in which it can be wrong ends in
`WireError`, after bounded work and before any large allocation.

Frame: magic (4 bytes), header length (u32), body length (u64), header, body. The header is JSON:
`{"b": [length of each buffer], "v": node}`. A node is None, a bool, a string, or a list whose first
item is a tag; see `_Encoder` and `_Decoder`, which mirror each other.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any

MAGIC = b"GRD1"
PREFIX = struct.Struct("<4sIQ")
INTEGER_BITS = 4096
KIND_LENGTH = 200
TOO_LARGE = "frame too large"
DTYPES = {
    name: size
    for names, size in (
        (("bool", "int8", "uint8"), 1),
        (("int16", "uint16", "float16", "bfloat16"), 2),
        (("int32", "uint32", "float32"), 4),
        (("int64", "uint64", "float64", "complex64"), 8),
        (("complex128",), 16),
    )
    for name in names
}


class WireError(Exception):
    """The bytes or the value cannot cross the wire."""


class Unsendable(WireError):
    """The value is not plain data."""


@dataclass(frozen=True)
class Limits:
    """Caps on what one frame may hold."""

    frame: int = 64 << 20
    header: int = 256 << 10
    nodes: int = 10_000
    depth: int = 16
    text: int = 100_000
    dimensions: int = 16


@dataclass(frozen=True)
class Handle:
    """An object that stays in the runner, known here by number; `kind` is its type's name."""

    number: int
    kind: str = "object"


@dataclass(frozen=True)
class Seed:
    """Asks the runner to make a `numpy.random.Generator` from this seed."""

    seed: int


@dataclass(frozen=True)
class Tensor:
    """A torch tensor's data, as decoded by the judge."""

    data: Any
    dtype: str
    device: str


@dataclass(frozen=True)
class RawArray:
    """An array as it lies in a frame: dtype name, shape, bytes, and where it came from."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes
    origin: str


ArrayHook = Callable[[RawArray], Any]
#: Turns a `Handle` or a `Seed` into what it stands for (on the runner's side).
ReferenceHook = Callable[["Handle | Seed"], Any]
#: Turns what the encoder does not know into a `RawArray` or a `Handle`; raises `Unsendable`.
Fallback = Callable[[Any], "RawArray | Handle"]


def encode(value: Any, *, fallback: Fallback | None = None, limits: Limits | None = None) -> bytes:
    """Return `value` as one frame.

    Raises:
        Unsendable: it holds something that is not plain data, or it breaks a limit.
    """
    encoder = _Encoder(fallback or _refuse, limits or Limits())
    try:
        node = encoder.node(value, 0)
    except RecursionError:
        raise Unsendable("the value is nested too deeply or contains itself") from None
    header = json.dumps(
        {"b": [len(buffer) for buffer in encoder.buffers], "v": node}, separators=(",", ":")
    ).encode()
    body = b"".join(encoder.buffers)
    if len(header) > encoder.limits.header or len(body) > encoder.limits.frame:
        raise Unsendable("the value is too large to send")
    return PREFIX.pack(MAGIC, len(header), len(body)) + header + body


def frame_length(prefix: bytes, limits: Limits) -> int:
    """Return how many bytes follow this prefix.

    Raises:
        WireError: wrong magic or a length beyond the limits.
    """
    magic, header, body = PREFIX.unpack(prefix)
    if magic != MAGIC:
        raise WireError("not a frame")
    if header > limits.header or body > limits.frame:
        raise WireError(TOO_LARGE)
    return int(header + body)


def decode(
    frame: bytes,
    *,
    array: ArrayHook | None = None,
    reference: ReferenceHook | None = None,
    limits: Limits | None = None,
) -> Any:
    """Take a frame apart.

    Args:
        array: makes a value from a `RawArray`; the default gives NumPy arrays and `Tensor`.
        reference: makes a value from a `Handle` or `Seed`; the default leaves them as they are.

    Raises:
        WireError: anything at all is wrong with it.
    """
    limits = limits or Limits()
    if len(frame) < PREFIX.size or len(frame) - PREFIX.size != frame_length(
        frame[: PREFIX.size], limits
    ):
        raise WireError("truncated or overlong frame")
    header_length = PREFIX.unpack_from(frame)[1]
    body_start = PREFIX.size + header_length
    try:
        header = json.loads(frame[PREFIX.size : body_start])
        lengths, node = header["b"], header["v"]
        buffers = _cut(memoryview(frame)[body_start:], lengths, limits)
        decoder = _Decoder(buffers, array or numpy_or_tensor, reference or (lambda r: r), limits)
        return decoder.value(node, 0)
    except WireError:
        raise
    except (ValueError, TypeError, KeyError, IndexError, RecursionError, OverflowError) as error:
        raise WireError(f"malformed frame: {type(error).__name__}") from None


def _cut(body: memoryview, lengths: Any, limits: Limits) -> list[memoryview]:
    if type(lengths) is not list or len(lengths) > limits.nodes:
        raise WireError("malformed buffer table")
    buffers, start = [], 0
    for length in lengths:
        if type(length) is not int or length < 0 or start + length > len(body):
            raise WireError("malformed buffer table")
        buffers.append(body[start : start + length])
        start += length
    if start != len(body):
        raise WireError("unclaimed bytes in frame")
    return buffers


def _refuse(value: Any) -> RawArray | Handle:
    raise Unsendable(f"a value of type {type(value).__name__} cannot be sent")


class _Encoder:
    def __init__(self, fallback: Fallback, limits: Limits) -> None:
        self.fallback = fallback
        self.limits = limits
        self.buffers: list[bytes] = []
        self.count = 0

    def node(self, value: Any, depth: int) -> Any:
        self.count += 1
        if self.count > self.limits.nodes or depth > self.limits.depth:
            raise Unsendable("the value has too many parts or is nested too deeply")
        kind = type(value)
        if value is None or kind is bool:
            return value
        if kind is str:
            return self.text(value)
        if kind is int:
            if value.bit_length() > INTEGER_BITS:
                raise Unsendable("an integer is too large to send")
            return ["i", hex(value)]
        if kind is float:
            return ["f", value.hex()]
        if kind is complex:
            return ["c", value.real.hex(), value.imag.hex()]
        if kind is tuple or kind is list:
            return ["t" if kind is tuple else "l", *(self.node(v, depth + 1) for v in value)]
        if kind is dict:
            pairs = [[self.key(k, depth + 1), self.node(v, depth + 1)] for k, v in value.items()]
            return ["d", *pairs]
        if kind is bytes:
            return ["b", self.buffer(value)]
        if kind is Handle:
            return ["h", value.number, value.kind[:KIND_LENGTH]]
        if kind is Seed:
            if value.seed.bit_length() > INTEGER_BITS:
                raise Unsendable("a seed is too large to send")
            return ["g", hex(value.seed)]
        # `numpy.str_`, which an array of texts holds, is told by its name: NumPy may not be loaded.
        if kind.__name__ == "str_" and isinstance(value, str):
            return self.text(str.__str__(value))
        return self.array(value)

    def text(self, value: str) -> str:
        if len(value) > self.limits.text:
            raise Unsendable("a text is too long to send")
        return value

    def key(self, value: Any, depth: int) -> Any:
        """A key must be plain and hashable; a NumPy scalar becomes the number it holds."""
        if type(value).__module__ == "numpy" and raw_from_numpy(value) is not None:
            value = value.item()
        if type(value) is tuple:
            self.count += 1
            if self.count > self.limits.nodes or depth > self.limits.depth:
                raise Unsendable("a key has too many parts or is nested too deeply")
            return ["t", *(self.key(item, depth + 1) for item in value)]
        if value is not None and type(value) not in (str, int, float, bool):
            raise Unsendable(f"a key of type {type(value).__name__} cannot be sent")
        return self.node(value, depth)

    def array(self, value: Any) -> Any:
        raw = raw_from_numpy(value)
        if raw is None:
            made = self.fallback(value)
            if type(made) is Handle:
                return ["h", made.number, made.kind[:KIND_LENGTH]]
            raw = made  # type: ignore[assignment]
        assert isinstance(raw, RawArray)
        if len(raw.shape) > self.limits.dimensions:
            raise Unsendable(f"an array of {len(raw.shape)} dimensions cannot be sent")
        return ["a", raw.dtype, list(raw.shape), raw.origin, self.buffer(raw.data)]

    def buffer(self, data: bytes) -> int:
        self.buffers.append(data)
        return len(self.buffers) - 1


def raw_from_numpy(value: Any) -> RawArray | None:
    """Return a base-class NumPy array or scalar as a `RawArray`; None if it is neither."""
    if type(value).__module__ != "numpy":
        return None
    import numpy as np

    scalar = isinstance(value, np.generic)
    if type(value) is not np.ndarray and not scalar:
        return None
    name, stored = _known(value.dtype)
    if value.dtype.kind in "US":
        raise Unsendable("an array of texts cannot be sent; a list of strings can")
    if name not in DTYPES or value.dtype.hasobject:
        raise Unsendable(f"an array of dtype {name} cannot be sent")
    little = np.ascontiguousarray(value, dtype=stored)
    return RawArray(name, tuple(value.shape), little.tobytes(), "scalar" if scalar else "numpy")


@lru_cache(maxsize=64)
def _known(dtype: Any) -> tuple[str, Any]:
    """A dtype's name, which NumPy works out anew every time, and the dtype in a frame."""
    return dtype.name, dtype.newbyteorder("<")


class _Decoder:
    def __init__(
        self,
        buffers: list[memoryview],
        array: ArrayHook,
        reference: ReferenceHook,
        limits: Limits,
    ) -> None:
        self.buffers = buffers
        self.array = array
        self.reference = reference
        self.claimed: set[int] = set()
        self.limits = limits
        self.count = 0

    def value(self, node: Any, depth: int) -> Any:
        self.count += 1
        if self.count > self.limits.nodes or depth > self.limits.depth:
            raise WireError("too many parts or nested too deeply")
        if node is None or type(node) is bool:
            return node
        if type(node) is str:
            if len(node) > self.limits.text:
                raise WireError("text too long")
            return node
        if type(node) is not list or not node:
            raise WireError("unknown node")
        tag, rest = node[0], node[1:]
        if tag == "i":
            return self.integer(rest)
        if tag == "f":
            return float.fromhex(_text(rest, 0, 1))
        if tag == "c":
            return complex(float.fromhex(_text(rest, 0, 2)), float.fromhex(_text(rest, 1, 2)))
        if tag == "t":
            return tuple(self.value(item, depth + 1) for item in rest)
        if tag == "l":
            return [self.value(item, depth + 1) for item in rest]
        if tag == "d":
            return dict(self.pair(item, depth + 1) for item in rest)
        if tag == "b":
            return bytes(self.take(rest, 0, 1))
        if tag == "h":
            number, kind = rest
            if type(number) is not int or type(kind) is not str or len(kind) > KIND_LENGTH:
                raise WireError("malformed handle")
            return self.reference(Handle(number, kind))
        if tag == "g":
            return self.reference(Seed(self.integer(rest)))
        if tag == "a":
            return self.array(self.raw(rest))
        raise WireError("unknown tag")

    def integer(self, rest: list[Any]) -> int:
        text = _text(rest, 0, 1)
        if len(text) > INTEGER_BITS // 4 + 4:
            raise WireError("integer too large")
        return int(text, 16)

    def pair(self, item: Any, depth: int) -> tuple[Any, Any]:
        if type(item) is not list or len(item) != 2:
            raise WireError("malformed pair")
        key, value = item
        decoded = self.value(key, depth)
        if not isinstance(decoded, str | int | float | bool | tuple | None):
            raise WireError("a key must be plain")
        return decoded, self.value(value, depth)

    def take(self, rest: list[Any], position: int, length: int) -> memoryview:
        index = rest[position]
        if len(rest) != length or type(index) is not int or not 0 <= index < len(self.buffers):
            raise WireError("unknown buffer")
        if index in self.claimed:
            raise WireError("a buffer is claimed twice")
        self.claimed.add(index)
        return self.buffers[index]

    def raw(self, rest: list[Any]) -> RawArray:
        dtype, shape, origin = rest[:3]
        if type(dtype) is not str or dtype not in DTYPES:
            raise WireError("dtype not allowed")
        if type(origin) is not str or len(origin) > 40:
            raise WireError("malformed array")
        if type(shape) is not list or len(shape) > self.limits.dimensions:
            raise WireError("malformed shape")
        if any(type(side) is not int or side < 0 for side in shape):
            raise WireError("malformed shape")
        data = self.take(rest, 3, 4)
        if prod(shape) * DTYPES[dtype] != len(data):
            raise WireError("array size does not match its bytes")
        if dtype == "bool" and bytes(data).translate(None, b"\0\1"):
            raise WireError("a bool must be 0 or 1")
        return RawArray(dtype, tuple(shape), bytes(data), origin)


def _text(rest: list[Any], position: int, length: int) -> str:
    if len(rest) != length or type(rest[position]) is not str:
        raise WireError("malformed number")
    return str(rest[position])


def to_numpy(raw: RawArray) -> Any:
    """Return a new base-class array holding a raw array's data; bfloat16 becomes float32."""
    import numpy as np

    if raw.dtype == "bfloat16":
        halves = np.frombuffer(raw.data, dtype="<u2").astype(np.uint32) << 16
        return halves.view(np.float32).reshape(raw.shape)
    stored = np.frombuffer(raw.data, dtype=_known(np.dtype(raw.dtype))[1])
    return stored.astype(raw.dtype).reshape(raw.shape)


def numpy_or_tensor(raw: RawArray) -> Any:
    """The judge's array hook: a NumPy array or scalar, or a `Tensor`.

    Raises:
        WireError: an origin that does not exist.
    """
    data = to_numpy(raw)
    if raw.origin == "numpy":
        return data
    if raw.origin == "scalar":
        if raw.shape != ():
            raise WireError("a scalar has no shape")
        return data[()]
    if raw.origin.startswith("torch:"):
        return Tensor(data, raw.dtype, raw.origin.removeprefix("torch:"))
    raise WireError("unknown origin")
