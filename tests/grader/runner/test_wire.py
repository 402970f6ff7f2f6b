"""Plain data crosses the wire unchanged; everything else ends in `WireError` and nothing else."""

from __future__ import annotations

import enum
import json
import math
import tracemalloc
from collections import OrderedDict, namedtuple
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.runner.backend import raw_from_tensor
from grader.runner.wire import (
    DTYPES,
    INTEGER_BITS,
    MAGIC,
    PREFIX,
    Handle,
    Limits,
    RawArray,
    Seed,
    Tensor,
    Unsendable,
    WireError,
    decode,
    encode,
    frame_length,
)

DIMENSIONS = Limits().dimensions
NUMPY_DTYPES = sorted(set(DTYPES) - {"bfloat16"})
patient = settings(deadline=None)
thorough = settings(deadline=None, max_examples=300)


def identical(one: Any, other: Any) -> bool:
    """Equal in type, structure and every bit: NaN equals NaN, -0.0 differs from 0.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray | np.generic):
        same_form = one.dtype == other.dtype and one.shape == other.shape
        return same_form and one.tobytes() == other.tobytes()
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(identical, one, other))
    if isinstance(one, dict):
        return identical(list(one.items()), list(other.items()))
    if isinstance(one, complex):
        return identical((one.real, one.imag), (other.real, other.imag))
    if isinstance(one, float):
        return one.hex() == other.hex()
    return bool(one == other)


def test_identical_tells_apart_what_equality_does_not() -> None:
    assert identical([math.nan, (1, {"a": np.ones(2)})], [math.nan, (1, {"a": np.ones(2)})])
    for one, other in [(0.0, -0.0), (1, 1.0), (True, 1), ((1,), [1]), (0j, -0j)]:
        assert not identical(one, other)
    assert not identical(np.zeros(2), -np.zeros(2))
    assert not identical(np.zeros(2), np.zeros(2, dtype=np.float32))


def crossed(value: Any) -> Any:
    return decode(encode(value))


# What crosses

limit = (1 << INTEGER_BITS) - 1
text = st.text(max_size=20)
integers = st.integers() | st.integers(-limit, limit) | st.sampled_from([limit, -limit])
floats = st.floats() | st.sampled_from([math.nan, math.inf, -math.inf, -0.0, 5e-324])
keys = st.recursive(
    st.none() | st.booleans() | text | st.integers() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=4,
)
arrays = st.sampled_from(NUMPY_DTYPES).flatmap(
    lambda name: hnp.arrays(name, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    text,
    integers,
    floats,
    st.complex_numbers(),
    st.binary(max_size=20),
    arrays,
    arrays.filter(lambda array: array.size).map(lambda array: array.flat[0]),
    st.builds(Handle, st.integers(-(2**70), 2**70), text),
    st.builds(Seed, st.integers(0, limit)),
)
plain_data = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(keys, inner, max_size=4),
    ),
    max_leaves=12,
)


@patient
@given(plain_data)
@example([])
@example(())
@example({})
@example({(): {"": [((),)]}})
@example({None: 1, True: 2, 0: 3, 2.5: 4, "": 5, (1, ("a", None)): 6})
def test_plain_data_comes_back_as_it_was(value: Any) -> None:
    assert identical(crossed(value), value)


@pytest.mark.parametrize("name", NUMPY_DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (1,), (2, 3), (2, 0, 3)])
def test_arrays_of_every_dtype_and_shape_cross(name: str, shape: tuple[int, ...]) -> None:
    array = np.arange(math.prod(shape)).reshape(shape).astype(name)
    assert identical(crossed(array), array)


@pytest.mark.parametrize("name", NUMPY_DTYPES)
def test_numpy_scalars_stay_scalars(name: str) -> None:
    scalar = np.dtype(name).type(1)
    assert identical(crossed(scalar), scalar)


VIEWS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "a transposed": lambda x: x.T,
    "every other": lambda x: x[::2, ::3],
    "backwards": lambda x: x[::-1, ::-1],
    "a column": lambda x: x[:, 1],
    "Fortran order": np.asfortranarray,
    "broadcast": lambda x: np.broadcast_to(x[0], (5, 6)),
    "one entry": lambda x: x[2:3, 3:4].reshape(()),
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
@pytest.mark.parametrize("name", ["bool", "int16", "float64", "complex64"])
def test_arrays_cross_however_they_lie_in_memory(
    name: str, view: Callable[[np.ndarray], np.ndarray]
) -> None:
    array = view(np.arange(24).reshape(4, 6).astype(name))
    assert identical(crossed(array), array)


@pytest.mark.parametrize("name", NUMPY_DTYPES)
def test_big_endian_arrays_arrive_in_native_order(name: str) -> None:
    native = np.arange(6).reshape(2, 3).astype(name)
    swapped = native.astype(native.dtype.newbyteorder(">"))
    assert identical(crossed(swapped), native)
    assert identical(crossed(swapped[::-1, ::2]), native[::-1, ::2])


def test_a_decoded_array_is_the_judges_own() -> None:
    array = crossed(np.arange(6.0).reshape(2, 3).T)
    assert array.flags.writeable
    assert array.flags.c_contiguous
    array += 1
    assert array[0, 0] == 1


TORCH_DTYPES = [
    *("bool", "int8", "uint8", "int16", "int32", "int64"),
    *("float16", "bfloat16", "float32", "float64", "complex64", "complex128"),
]


@pytest.mark.parametrize("name", TORCH_DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (2, 3)])
def test_tensors_arrive_as_data_with_dtype_and_device(name: str, shape: tuple[int, ...]) -> None:
    torch = pytest.importorskip("torch")
    values = np.arange(math.prod(shape)).reshape(shape)
    tensor = torch.from_numpy(values).to(getattr(torch, name))
    arrived = decode(encode((tensor,), fallback=raw_from_tensor))[0]
    assert type(arrived) is Tensor
    assert (arrived.dtype, arrived.device) == (name, "cpu")
    assert arrived.data.shape == shape
    assert np.array_equal(arrived.data, values.astype(arrived.data.dtype))


def test_the_receiver_chooses_what_arrays_and_references_become() -> None:
    frame = encode([np.float32(1.5), Handle(3, "Net"), Seed(4)])
    raws: list[RawArray] = []
    decoded = decode(
        frame, array=lambda raw: raws.append(raw) or "an array", reference=lambda found: [found]
    )
    assert decoded == ["an array", [Handle(3, "Net")], [Seed(4)]]
    assert raws == [RawArray("float32", (), np.float32(1.5).tobytes(), "scalar")]


# What is refused before it is sent


class Subarray(np.ndarray):
    pass


class Number(enum.IntEnum):
    ONE = 1


Pair = namedtuple("Pair", "a b")


def cyclic_list() -> list[Any]:
    loop: list[Any] = [1]
    loop.append(loop)
    return loop


def cyclic_dict() -> dict[str, Any]:
    loop: dict[str, Any] = {}
    loop["self"] = (loop,)
    return loop


NOT_PLAIN: dict[str, Any] = {
    "an object": object(),
    "a class": int,
    "a function": len,
    "a module": math,
    "a generator": (n for n in range(3)),
    "an iterator": iter([1]),
    "a range": range(3),
    "a set": {1},
    "a frozenset": frozenset({1}),
    "a bytearray": bytearray(b"x"),
    "a memoryview": memoryview(b"x"),
    "a Decimal": Decimal(1),
    "Ellipsis": ...,
    "an enum member": Number.ONE,
    "a named tuple": Pair(1, 2),
    "an ordered dict": OrderedDict(a=1),
    "an int subclass": type("Int", (int,), {})(1),
    "a float subclass": type("Float", (float,), {})(1),
    "a str subclass": type("Str", (str,), {})("x"),
    "a list subclass": type("List", (list,), {})(),
    "a dict subclass": type("Dict", (dict,), {})(),
    "a tuple subclass": type("Tuple", (tuple,), {})(),
    "a Handle subclass": type("MyHandle", (Handle,), {})(1),
    "an array subclass": np.zeros(2).view(Subarray),
    "a matrix": np.zeros((1, 1)).view(np.matrix),
    "a function of arrays": np.add,
    "a masked array": np.ma.masked_array([1.0]),
    "a scalar subclass": type("Scalar", (np.float64,), {})(1),
    "an object array": np.array([None, 1], dtype=object),
    "a structured array": np.zeros(2, dtype=[("a", "f8")]),
    "a record array": np.rec.array([(1, 2.0)]),
    "an array of dates": np.array(["2020-01-01"], dtype="datetime64[D]"),
    "an array of durations": np.array([1], dtype="timedelta64[s]"),
    "an array of text": np.array(["a"]),
    "an array of bytes": np.array([b"a"]),
    "a long double": np.longdouble(1),
    "a void": np.void(b"x"),
    "a random generator": np.random.default_rng(0),
    "a dtype": np.dtype("float64"),
    "a tensor": Tensor(np.zeros(1), "float64", "cpu"),
    "a list that holds itself": cyclic_list(),
    "a dict that holds itself": cyclic_dict(),
}


@pytest.mark.parametrize("value", NOT_PLAIN.values(), ids=NOT_PLAIN)
def test_what_is_not_plain_data_is_refused(value: Any) -> None:
    for nested in (value, [value], {"key": (value,)}):
        with pytest.raises(Unsendable):
            encode(nested)


def test_a_fallback_may_turn_the_unknown_into_a_handle_or_an_array() -> None:
    assert decode(encode([{1}], fallback=lambda value: Handle(5, "set"))) == [Handle(5, "set")]
    raw = RawArray("uint8", (2,), b"\1\2", "numpy")
    assert identical(
        decode(encode({1}, fallback=lambda value: raw)), np.array([1, 2], dtype=np.uint8)
    )


def nested(inner: Any, depth: int, wrap: Callable[[Any], Any] = lambda inner: [inner]) -> Any:
    for _ in range(depth):
        inner = wrap(inner)
    return inner


KEYS: dict[str, Any] = {
    "a complex": 1j,
    "bytes": b"x",
    "a numpy integer": np.int64(3),
    "a numpy bool": np.True_,
    "a numpy float": np.float32(0.5),
    "a numpy complex": np.complex128(1),
    "a frozenset": frozenset({1}),
    "a handle": Handle(1),
    "a seed": Seed(1),
    "a named tuple": Pair(1, 2),
    "a tuple of odd things": (np.int64(1), (np.True_,)),
    "a tuple of bytes": (b"x",),
    "deep empty tuples": nested((), 30, lambda inner: (inner,)),
}


def sent(value: Any) -> Any:
    """What arrives, or `Unsendable`; anything else (a `WireError` of `decode`) is an error."""
    try:
        frame = encode(value, fallback=lambda unknown: Handle(1, type(unknown).__name__))
    except Unsendable:
        return Unsendable
    return decode(frame)


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_whatever_is_sent_as_a_key_can_be_decoded(key: Any) -> None:
    arrived = sent({key: 1})
    assert arrived is Unsendable or arrived == {key: 1}


def test_counts_per_class_cross() -> None:
    assert crossed({np.int64(3): 5, (np.int64(1), "a"): 6}) == {3: 5, (1, "a"): 6}


@pytest.mark.parametrize(
    "value",
    [
        Seed(1 << (INTEGER_BITS + 100)),
        Handle(1, "x" * 1000),
        np.zeros((1,) * (DIMENSIONS + 1)),
        "\ud800 alone",
        "\U0001f600" * 1000,
    ],
    ids=["a huge seed", "a long kind", "many dimensions", "a lone surrogate", "pictures"],
)
def test_whatever_is_sent_can_be_decoded(value: Any) -> None:
    sent(value)


# Limits: what just fits passes, one more is refused, on either side


JUST_FITS: dict[str, tuple[Any, Any, Limits]] = {
    "frame": (b"x" * 10, b"x" * 11, Limits(frame=10)),
    "frame of arrays": ([np.zeros(2)] * 2, [np.zeros(2)] * 3, Limits(frame=32)),
    "nodes": ([None] * 9, [None] * 10, Limits(nodes=10)),
    "nodes of a dict": ({1: 1, 2: 2}, {1: 1, 2: 2, 3: 3}, Limits(nodes=5)),
    "depth": (nested(None, 4), nested(None, 5), Limits(depth=4)),
    "depth of dicts": ({1: {2: 3}}, {1: {2: {}, 3: {4: 5}}}, Limits(depth=2)),
    "text": ("x" * 7, "x" * 8, Limits(text=7)),
    "text of a key": ({"x" * 7: 1}, {"x" * 8: 1}, Limits(text=7)),
    "dimensions": (np.zeros((1, 1, 1)), np.zeros((1, 1, 1, 1)), Limits(dimensions=3)),
    "integer": (limit, limit + 1, Limits()),
    "negative integer": (-limit, -limit - 1, Limits()),
}


@pytest.mark.parametrize(("fits", "exceeds", "limits"), JUST_FITS.values(), ids=JUST_FITS)
def test_a_value_beyond_a_limit_is_not_sent(fits: Any, exceeds: Any, limits: Limits) -> None:
    assert encode(fits, limits=limits) == encode(fits)
    with pytest.raises(Unsendable):
        encode(exceeds, limits=limits)


@pytest.mark.parametrize(
    ("fits", "exceeds", "limits"),
    [case for name, case in JUST_FITS.items() if "integer" not in name],
    ids=[name for name in JUST_FITS if "integer" not in name],
)
def test_a_value_beyond_a_limit_is_not_taken(fits: Any, exceeds: Any, limits: Limits) -> None:
    assert identical(decode(encode(fits), limits=limits), fits)
    with pytest.raises(WireError):
        decode(encode(exceeds), limits=limits)


def test_a_header_beyond_the_limit_is_neither_sent_nor_taken() -> None:
    frame = encode(["some", "text"])
    length = PREFIX.unpack_from(frame)[1]
    fits, exceeded = Limits(header=length), Limits(header=length - 1)
    assert decode(encode(["some", "text"], limits=fits), limits=fits) == ["some", "text"]
    with pytest.raises(Unsendable):
        encode(["some", "text"], limits=exceeded)
    with pytest.raises(WireError):
        decode(frame, limits=exceeded)


def test_the_announced_length_is_what_follows() -> None:
    frame = encode({"x": np.zeros(5)})
    assert frame_length(frame[: PREFIX.size], Limits()) == len(frame) - PREFIX.size


@pytest.mark.parametrize(
    ("magic", "header", "body"),
    [
        (b"GRD2", 5, 5),
        (MAGIC, Limits().header + 1, 0),
        (MAGIC, 0, Limits().frame + 1),
        (MAGIC, 2**32 - 1, 2**64 - 1),
    ],
)
def test_a_prefix_with_other_magic_or_beyond_the_limits_is_refused(
    magic: bytes, header: int, body: int
) -> None:
    with pytest.raises(WireError):
        frame_length(PREFIX.pack(magic, header, body), Limits())
    assert frame_length(PREFIX.pack(MAGIC, Limits().header, Limits().frame), Limits())


# Hostile frames


def frame(header: Any, body: bytes = b"") -> bytes:
    """A frame with this header (JSON or raw bytes) and lengths that are right."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return PREFIX.pack(MAGIC, len(raw), len(body)) + raw + body


def holding(node: Any, *buffers: bytes) -> bytes:
    return frame({"b": [len(buffer) for buffer in buffers], "v": node}, b"".join(buffers))


EIGHT = bytes(8)


def test_frames_made_by_hand_are_understood() -> None:
    assert identical(decode(holding(["a", "float64", [1], "numpy", 0], EIGHT)), np.zeros(1))
    assert identical(decode(holding(["a", "float64", [], "scalar", 0], EIGHT)), np.float64(0))
    assert decode(holding(["d", ["k", ["i", "-0x1f"]]])) == {"k": -31}
    assert decode(holding(["t", ["f", "0x1.8p+1"], ["b", 0]], b"abc")) == (3.0, b"abc")
    assert decode(holding(["l", ["h", 4, "Net"], ["g", "0x5"]])) == [Handle(4, "Net"), Seed(5)]


BAD_NODES: dict[str, Any] = {
    "a number": 5,
    "a fraction": 5.5,
    "an object": {"i": "0x1"},
    "an empty list": [],
    "a list without a tag": [None],
    "a list as tag": [["i"], "0x1"],
    "a number as tag": [1, "0x1"],
    "an unknown tag": ["z"],
    "a long tag": ["i" * 1000, "0x1"],
    "an unknown tag inside": ["l", ["t", ["z"]]],
    "a bare number inside": ["t", 5],
    "an integer without digits": ["i"],
    "an integer twice": ["i", "0x1", "0x2"],
    "an integer as a number": ["i", 5],
    "an integer in words": ["i", "five"],
    "an empty integer": ["i", ""],
    "an integer too large": ["i", "0x" + "f" * (INTEGER_BITS // 4 + 10)],
    "a float without digits": ["f"],
    "a float as a number": ["f", 1.0],
    "a float in words": ["f", "one"],
    "a float beyond all floats": ["f", "0x1p99999"],
    "a float twice": ["f", "0x1p0", "0x1p0"],
    "half a complex": ["c", "0x1p0"],
    "three parts of a complex": ["c", "0x1p0", "0x1p0", "0x1p0"],
    "a pair that is none": ["d", 1],
    "a pair of one": ["d", ["k"]],
    "a pair of three": ["d", ["k", None, None]],
    "a pair as a text": ["d", "kv"],
    "a list as key": ["d", [["l"], None]],
    "a dict as key": ["d", [["d"], None]],
    "a list inside a tuple as key": ["d", [["t", ["l"]], None]],
    "bytes as key": ["d", [["b", 0], None]],
    "an array as key": ["d", [["a", "float64", [1], "numpy", 0], None]],
    "an array inside a tuple as key": ["d", [["t", ["a", "float64", [1], "numpy", 0]], None]],
    "a handle as key": ["d", [["h", 1, "x"], None]],
    "bytes of no buffer": ["b"],
    "bytes of an unknown buffer": ["b", 1],
    "bytes of a negative buffer": ["b", -1],
    "bytes of buffer true": ["b", True],
    "bytes of buffer false": ["b", False],
    "bytes of a named buffer": ["b", "0"],
    "bytes of half a buffer": ["b", 0.0],
    "bytes of two buffers": ["b", 0, 0],
    "a handle without a kind": ["h", 1],
    "a handle in words": ["h", "1", "x"],
    "a handle numbered true": ["h", True, "x"],
    "a handle of no kind": ["h", 1, None],
    "a handle of a list": ["h", 1, ["x"]],
    "a handle of a long kind": ["h", 1, "x" * 201],
    "a handle of two kinds": ["h", 1, "x", "y"],
    "a seed without digits": ["g"],
    "a seed as a number": ["g", 1],
    "a seed too large": ["g", "0x" + "f" * 2000],
    "an array of nothing": ["a"],
    "an array of a dtype": ["a", "float64"],
    "an array without origin": ["a", "float64", [1]],
    "an array without buffer": ["a", "float64", [1], "numpy"],
    "an array of two buffers": ["a", "float64", [1], "numpy", 0, 0],
    "an array of an unknown buffer": ["a", "float64", [1], "numpy", 1],
    "an array of a negative buffer": ["a", "float64", [1], "numpy", -1],
    "an array of buffer false": ["a", "float64", [1], "numpy", False],
    "an array of objects": ["a", "object", [1], "numpy", 0],
    "an array of |O": ["a", "|O", [1], "numpy", 0],
    "an array of O": ["a", "O", [1], "numpy", 0],
    "an array of <f8": ["a", "<f8", [1], "numpy", 0],
    "an array of dates": ["a", "datetime64[s]", [1], "numpy", 0],
    "an array of an unknown dtype": ["a", "float65", [1], "numpy", 0],
    "an array of a dtype in a list": ["a", ["float64"], [1], "numpy", 0],
    "an array of no dtype": ["a", None, [1], "numpy", 0],
    "a shape that is a number": ["a", "float64", 1, "numpy", 0],
    "a shape that is a text": ["a", "float64", "1", "numpy", 0],
    "a shape that is an object": ["a", "float64", {"1": 1}, "numpy", 0],
    "a negative side": ["a", "float64", [-1], "numpy", 0],
    "two negative sides": ["a", "float64", [-1, -1], "numpy", 0],
    "a side of true": ["a", "float64", [True], "numpy", 0],
    "a fractional side": ["a", "float64", [1.0], "numpy", 0],
    "a side of none": ["a", "float64", [None], "numpy", 0],
    "too many sides": ["a", "float64", [1] * (DIMENSIONS + 1), "numpy", 0],
    "too few bytes": ["a", "float64", [2], "numpy", 0],
    "too many bytes": ["a", "float32", [1], "numpy", 0],
    "no bytes wanted": ["a", "float64", [0], "numpy", 0],
    "no origin": ["a", "float64", [1], None, 0],
    "an origin in a list": ["a", "float64", [1], ["numpy"], 0],
    "a long origin": ["a", "float64", [1], "torch:" + "x" * 100, 0],
}


@pytest.mark.parametrize("node", BAD_NODES.values(), ids=BAD_NODES)
def test_a_malformed_node_is_refused(node: Any) -> None:
    for buffers in ([], [EIGHT]):
        with pytest.raises(WireError):
            decode(holding(node, *buffers))
        with pytest.raises(WireError):
            decode(holding(node, *buffers), array=lambda raw: [raw])


def test_a_raw_array_is_whole_before_anyone_sees_it() -> None:
    node = ["a", "float64", [1], "numpy", 0]
    raw = decode(holding(node, EIGHT), array=lambda raw: raw)
    assert raw == RawArray("float64", (1,), EIGHT, "numpy")


@pytest.mark.parametrize(
    ("shape", "origin"), [([1], "elsewhere"), ([1], ""), ([1], "scalar"), ([1, 1], "scalar")]
)
def test_the_judge_knows_three_origins(shape: list[int], origin: str) -> None:
    assert decode(holding(["a", "float64", shape, "torch:cpu", 0], EIGHT)).device == "cpu"
    with pytest.raises(WireError):
        decode(holding(["a", "float64", shape, origin, 0], EIGHT))


#: A value that claims the first buffer.
FIRST = ["b", 0]
BAD_HEADERS: dict[str, Any] = {
    "nothing": b"",
    "not JSON": b"{",
    "not text": b"\xff\xfe\xfd",
    "half a character": b'{"b":[],"v":"\xc3"}',
    "a list": [],
    "a text": "bv",
    "a number": 7,
    "null": None,
    "no table": {"v": FIRST},
    "no value": {"b": []},
    "a table that is a number": {"b": 8, "v": FIRST},
    "a table that is an object": {"b": {"0": 8}, "v": FIRST},
    "a negative length": {"b": [-8, 16], "v": FIRST},
    "a length of true": {"b": [True, 7], "v": FIRST},
    "a fractional length": {"b": [8.0], "v": FIRST},
    "a length in words": {"b": ["8"], "v": FIRST},
    "a length beyond the body": {"b": [9], "v": FIRST},
    "lengths beyond the body": {"b": [4, 5], "v": FIRST},
    "an enormous length": {"b": [2**80], "v": FIRST},
    "unclaimed bytes": {"b": [7], "v": FIRST},
    "no buffers at all": {"b": [], "v": FIRST},
    "too many buffers": {"b": [8] + [0] * Limits().nodes, "v": FIRST},
    "a number of 5000 digits": b'{"b":[8],"v":["b",' + b"9" * 5000 + b"]}",
    "not a number": b'{"b":[8],"v":["b",NaN]}',
}


@pytest.mark.parametrize("header", BAD_HEADERS.values(), ids=BAD_HEADERS)
def test_a_malformed_header_is_refused(header: Any) -> None:
    assert decode(frame({"b": [8], "v": FIRST}, EIGHT)) == EIGHT
    with pytest.raises(WireError):
        decode(frame(header, EIGHT))


@pytest.mark.parametrize(
    "header",
    [
        b"[" * 100_000 + b"]" * 100_000,
        b"[" * 200_000,
        b'{"b":[],"v":' + b'["l",' * 40_000 + b"null" + b"]" * 40_000 + b"}",
        b'{"v":' * 40_000,
        b'{"b":' + b"[" * 100_000 + b"]" * 100_000 + b',"v":null}',
    ],
)
def test_json_nested_without_end_is_refused(header: bytes) -> None:
    assert len(header) <= Limits().header
    with pytest.raises(WireError):
        decode(frame(header))


@pytest.mark.parametrize("byte", [2, 7, 128, 255])
def test_a_bool_is_zero_or_one(byte: int) -> None:
    node = ["a", "bool", [3], "numpy", 0]
    assert decode(holding(node, b"\0\1\1")).tolist() == [False, True, True]
    with pytest.raises(WireError):
        decode(holding(node, bytes([0, byte, 1])))


@pytest.mark.parametrize("kind", [["a", "uint8", [8], "numpy", 0], ["b", 0]])
def test_a_buffer_is_claimed_once(kind: list[Any]) -> None:
    assert decode(holding(["l", kind], EIGHT))
    with pytest.raises(WireError):
        decode(holding(["l", *[kind] * 5000], EIGHT), limits=Limits(frame=64))


def peak_of(action: Callable[[], Any]) -> int:
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


LIES: dict[str, bytes] = {
    "a huge array with few bytes": holding(["a", "float64", [10**12], "numpy", 0], EIGHT),
    "a huge array of many sides": holding(["a", "uint8", [10**6] * 16, "numpy", 0], EIGHT),
    "a huge array without bytes": holding(["a", "uint8", [1 << 40], "numpy", 0], b""),
    "sides beyond any machine": holding(["a", "uint8", [0, 10**30], "numpy", 0], b""),
    "a huge buffer": frame({"b": [1 << 40], "v": ["b", 0]}, EIGHT),
    "a huge body": PREFIX.pack(MAGIC, 2, 1 << 25) + b"{}",
    "a body beyond the limits": PREFIX.pack(MAGIC, 2, 1 << 60) + b"{}",
    "a huge integer": holding(["i", "0x" + "f" * 100_000]),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_frame_that_announces_more_than_it_holds_costs_nothing(lie: bytes) -> None:
    def attempt() -> None:
        with pytest.raises(WireError):
            decode(lie)

    assert peak_of(attempt) < 2 << 20


def test_an_honest_large_array_is_seen_by_the_measurement() -> None:
    honest = encode(np.zeros(4 << 20, dtype=np.uint8))
    assert peak_of(lambda: decode(honest)) > 4 << 20


def accepted(bytes_: bytes) -> bool:
    """Whether these bytes decode; any other exception than `WireError` fails the test."""
    try:
        decode(bytes_)
    except WireError:
        return False
    return True


@patient
@given(st.binary(max_size=300))
def test_random_bytes_are_refused(noise: bytes) -> None:
    assert not accepted(noise)


@patient
@given(st.binary(max_size=200), st.binary(max_size=30))
def test_random_headers_decode_or_are_refused(header: bytes, body: bytes) -> None:
    accepted(frame(header, body))


tags = st.sampled_from([*"ifctldbhga", *DTYPES, "numpy", "scalar", "torch:cpu", "0x1", "|O"])
numbers = st.integers(-2, 9) | st.integers() | st.floats()
json_nodes = st.recursive(
    st.none() | st.booleans() | numbers | tags | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=6) | st.tuples(tags, inner, inner).map(list),
    max_leaves=20,
)


@thorough
@given(json_nodes, st.lists(st.binary(max_size=16), max_size=3))
def test_random_nodes_decode_or_are_refused(node: Any, buffers: list[bytes]) -> None:
    accepted(holding(node, *buffers))


arrays_of_few_bytes = st.tuples(
    st.just("a"),
    st.sampled_from([*DTYPES, "object"]),
    st.lists(st.sampled_from([0, 1, 2, 3, 2**31, 2**62, 10**30]), max_size=5),
    st.sampled_from(["numpy", "scalar", "torch:cpu", "torch:", ""]),
    st.sampled_from([0, 1]),
).map(list)


@thorough
@given(arrays_of_few_bytes, st.integers(0, 36))
def test_random_arrays_decode_or_are_refused(node: Any, length: int) -> None:
    accepted(holding(node, bytes(length)))


@patient
@given(plain_data, st.data())
def test_a_truncated_frame_is_refused(value: Any, data: st.DataObject) -> None:
    whole = encode(value)
    cut = data.draw(st.integers(0, len(whole) - 1))
    assert accepted(whole)
    assert not accepted(whole[:cut])
    assert not accepted(whole + b"x")


def mutations(data: st.DataObject, original: bytes) -> Iterator[bytes]:
    """The frame with a few bytes changed, put in or taken out; lengths as stated, or mended."""
    changed = bytearray(original)
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(changed) - 1))
        how = data.draw(st.sampled_from(["change", "insert", "remove", "repeat"]))
        if how == "change":
            changed[position] = data.draw(st.integers(0, 255))
        elif how == "insert":
            changed.insert(position, data.draw(st.integers(0, 255)))
        elif how == "remove" and len(changed) > 1:
            del changed[position]
        else:
            changed[position:position] = changed[position : position + 20]
    yield bytes(changed)
    header = PREFIX.unpack_from(original)[1]
    rest = bytes(changed[PREFIX.size :])
    header = min(header, len(rest))
    yield PREFIX.pack(MAGIC, header, len(rest) - header) + rest


@thorough
@given(plain_data, st.data())
def test_a_mutated_frame_decodes_or_is_refused(value: Any, data: st.DataObject) -> None:
    for mutated in mutations(data, encode(value)):
        accepted(mutated)


def test_an_error_of_the_receivers_own_hooks_is_a_wire_error() -> None:
    def refuse(reference: Any) -> Any:
        raise WireError("unknown handle")

    with pytest.raises(WireError, match="unknown handle"):
        decode(encode([Handle(1)]), reference=refuse)
    assert decode(encode([Handle(1)])) == [Handle(1)]


def test_limits_are_values() -> None:
    assert replace(Limits(), depth=3) == Limits(depth=3)


def test_texts_out_of_an_array_cross_as_plain_ones() -> None:
    sent = decode(encode(list(np.array(["ab", "c"]))))
    assert sent == ["ab", "c"]
    assert {type(text) for text in sent} == {str}


def test_a_class_of_that_name_has_no_say_in_what_is_sent() -> None:
    methods = {"__str__": lambda self: "LOUD", "__len__": lambda self: 0}
    disguised = type("str_", (str,), methods)
    (sent,) = decode(encode([disguised("quiet")]))
    assert (sent, type(sent)) == ("quiet", str)
    with pytest.raises(Unsendable, match="too long"):
        encode(disguised("x" * 50), limits=replace(Limits(), text=10))


def test_an_array_of_texts_is_refused_with_the_way_out() -> None:
    with pytest.raises(Unsendable, match="an array of texts cannot be sent; a list of strings can"):
        encode(np.array(["ab", "c"]))
