"""A session answers every request with data, whatever the submission does."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.runner.backend import Backend
from grader.runner.session import MESSAGE_LIMIT, TRACE_LIMIT, Session
from grader.runner.wire import Handle, Seed, Tensor, decode, encode

MODULE = "submission_of_a_test"


class Student:
    """The judge's side of a session, over the wire."""

    def __init__(self, source: str | bytes, backend: str = "numpy") -> None:
        self.session = Session(Backend(backend))
        code = source if isinstance(source, bytes) else textwrap.dedent(source).encode()
        self.loaded = self.ask({"op": "load", "source": code, "module": MODULE})

    def ask(self, request: Any) -> dict[str, Any]:
        reply = decode(self.session.reply(encode(request)))
        assert type(reply) is dict
        assert type(reply["ok"]) is bool
        return reply

    def call(
        self, target: Any, *args: Any, method: str | None = None, keep: bool = False, **kwargs: Any
    ) -> dict[str, Any]:
        request = {"op": "call", "target": target, "method": method, "args": args}
        return self.ask({**request, "kwargs": kwargs, "keep_last": keep})

    def value(self, target: Any, *args: Any, **options: Any) -> Any:
        reply = self.call(target, *args, **options)
        assert reply["ok"], reply
        return reply["value"]

    def failure(self, target: Any, *args: Any, **options: Any) -> dict[str, Any]:
        reply = self.call(target, *args, **options)
        assert not reply["ok"], reply
        assert set(reply) == {"ok", "kind", "type", "message", "lines"}
        return reply

    def attribute(self, target: Any, name: str) -> dict[str, Any]:
        return self.ask({"op": "attribute", "target": target, "name": name})


Load = Callable[..., Student]


@pytest.fixture
def load() -> Iterator[Load]:
    yield Student
    sys.modules.pop(MODULE, None)


# Loading


def test_loading_lists_the_public_callables_and_their_parameters(load: Load) -> None:
    student = load(
        """
        import math
        from math import exp
        thing = dict
        NUMBER = 3

        def f(x, w=1, *rest, key, other=None, **more): ...
        def _private(): ...

        class Net:
            def __init__(self, size): ...
        """
    )
    names = student.loaded["names"]
    assert set(names) == {"exp", "thing", "f", "Net"}
    assert names["f"] == [
        ["x", "POSITIONAL_OR_KEYWORD", False],
        ["w", "POSITIONAL_OR_KEYWORD", True],
        ["rest", "VAR_POSITIONAL", False],
        ["key", "KEYWORD_ONLY", False],
        ["other", "KEYWORD_ONLY", True],
        ["more", "VAR_KEYWORD", False],
    ]
    assert names["Net"] == [["size", "POSITIONAL_OR_KEYWORD", False]]
    assert names["thing"] is None


def test_names_that_are_no_text_are_not_listed(load: Load) -> None:
    student = load("globals()[5] = len\nglobals()[('a',)] = len\ndef f(): ...")
    assert student.loaded["names"] == {"f": []}


def test_a_star_import_can_still_be_listed(load: Load) -> None:
    student = load("from numpy import *\ndef f(x): return sum(x)")
    assert student.loaded["ok"]
    assert student.value("f", np.ones(3)) == 3


def test_the_submission_is_a_module_of_its_own(load: Load) -> None:
    student = load("def names(): return __name__, __file__")
    assert student.value("names") == (MODULE, f"{MODULE}.py")


def test_the_submission_does_not_inherit_our_future_imports(load: Load) -> None:
    source = "def f(x: int): ...\ndef kind(): return type(f.__annotations__['x']).__name__"
    assert load(source).value("kind") == "type"
    assert load("from __future__ import annotations\n" + source).value("kind") == "str"


@pytest.mark.parametrize(
    ("source", "kind", "line"),
    [
        ("x = 1\ndef f(:\n", "SyntaxError", 2),
        ("x = 1\n  y = 2\n", "IndentationError", 2),
        ("x = 1\n\nimport no_such_module\n", "ModuleNotFoundError", 3),
        ("def f():\n    1 / 0\n\nf()\n", "ZeroDivisionError", 2),
    ],
)
def test_a_submission_that_does_not_load_says_where(
    load: Load, source: str, kind: str, line: int
) -> None:
    reply = load(source).loaded
    assert (reply["ok"], reply["kind"], reply["type"]) == (False, "raised", kind)
    assert reply["lines"][-1][0] == line


@pytest.mark.parametrize(
    "source",
    [
        b"x = '\0'",
        b"\xff\xfe",
        b"x = " + b"(" * 5000,
        b"# coding: nonsense\n",
        b"x = " + b"-" * 99999,
    ],
    ids=["a null byte", "no text", "brackets", "coding", "minus signs"],
)
def test_bytes_that_are_no_python_become_data(load: Load, source: bytes) -> None:
    reply = load(source).loaded
    assert reply["ok"] is False
    assert all(type(line) is int for line, _ in reply["lines"])
    assert load(b"x = 1").loaded["ok"] is True


# Calling


def test_calls_take_positions_and_names(load: Load) -> None:
    student = load("def f(x, *, w): return {'sum': x + w, 'list': [x, (w, None)]}")
    reply = student.call("f", np.ones(2), w=np.array([1.0, 2.0]))
    assert reply["value"]["sum"].tolist() == [2.0, 3.0]
    assert type(reply["value"]["list"][1]) is tuple
    assert reply["mutated"] == []


def test_a_torch_submission_gets_and_gives_tensors(load: Load) -> None:
    student = load(
        """
        import torch
        def f(x):
            assert type(x) is torch.Tensor
            return x * 2, x.sum(), 1.5
        """,
        "torch",
    )
    doubled, total, number = student.value("f", np.ones((2, 2), dtype=np.float32))
    assert type(doubled) is type(total) is Tensor
    assert (doubled.dtype, doubled.device) == ("float32", "cpu")
    assert (float(total.data), number) == (4.0, 1.5)


def test_a_python_submission_gets_lists(load: Load) -> None:
    student = load("def f(x): return [type(x).__name__, x]", "python")
    assert student.value("f", np.ones((1, 2))) == ["list", [[1.0, 1.0]]]


def test_ordered_dicts_and_named_tuples_become_plain(load: Load) -> None:
    student = load(
        """
        from collections import OrderedDict, namedtuple
        Pair = namedtuple("Pair", "a b")
        def ordered(): return OrderedDict(a=1, b=2)
        def pair(): return Pair(1, 2)
        def inside(): return [Pair(1, {"c": Pair(OrderedDict(), 2)})]
        """
    )
    assert student.value("ordered") == {"a": 1, "b": 2}
    assert student.value("pair") == (1, 2)
    assert student.value("inside") == [(1, {"c": ({}, 2)})]


def test_a_structured_result_of_torch_becomes_a_tuple(load: Load) -> None:
    values, indices = load("def f(x): return x.max(dim=1)", "torch").value("f", np.eye(2))
    assert values.data.tolist() == [1.0, 1.0]
    assert indices.dtype == "int64"


def test_a_random_generator_is_made_anew_from_its_seed(load: Load) -> None:
    student = load("def draw(rng): return rng.normal(size=3)")
    expected = np.random.default_rng(7).normal(size=3)
    assert np.array_equal(student.value("draw", Seed(7)), expected)
    assert np.array_equal(student.value("draw", Seed(7)), expected)
    assert not np.array_equal(student.value("draw", Seed(8)), expected)


def test_a_numpy_scalar_arrives_as_a_python_number(load: Load) -> None:
    reply = load("def f(x): return type(x).__name__, x").call("f", np.float32(0.5))
    assert (reply["value"], reply["mutated"]) == (("float", 0.5), [])


def test_a_seed_that_makes_no_generator_is_refused(load: Load) -> None:
    student = load("def draw(rng): return 1")
    assert student.failure("draw", Seed(-1))["kind"] == "unsendable"


# Handles


CACHES = """
from collections import OrderedDict, namedtuple

Cache = namedtuple("Cache", "x w")
kept = []

def list_forward(x):
    kept.append([x])
    return x * 2, kept[-1]
def named_forward(x): return x * 2, Cache(x, 3)
def ordered_forward(x): return x * 2, OrderedDict(x=x)
def two_forward(x): return x, x * 2, (x, 3)

def list_backward(cache): return cache is kept[-1]
def named_backward(cache): return cache.x.sum() * cache.w
def ordered_backward(cache): return type(cache).__name__
def two_backward(cache): return cache[1]
"""


def test_the_last_result_of_a_forward_call_stays_in_the_runner(load: Load) -> None:
    student = load(CACHES)
    x = np.ones(2)
    out, cache = student.value("two_forward", x, keep=True)[1:]
    assert out.tolist() == [2.0, 2.0]
    assert type(cache) is Handle
    assert cache.kind == "tuple"
    assert student.value("two_backward", cache) == 3
    assert type(student.value("two_forward", x)[-1]) is tuple


@pytest.mark.parametrize(
    ("name", "answer"), [("list", True), ("named", 6), ("ordered", "OrderedDict")]
)
def test_a_cache_comes_back_as_the_object_it_was(load: Load, name: str, answer: Any) -> None:
    student = load(CACHES)
    cache = student.value(f"{name}_forward", np.ones(2), keep=True)[1]
    assert type(cache) is Handle
    assert student.value(f"{name}_backward", cache) == answer


def test_only_the_last_of_several_results_is_kept(load: Load) -> None:
    student = load("def single(x): return (x,)\ndef listed(x): return [x, 1]\ndef one(x): return x")
    assert student.value("single", 5, keep=True) == (5,)
    assert student.value("listed", 5, keep=True) == [5, 1]
    assert student.value("one", 5, keep=True) == 5


OBJECTS = """
class Net:
    def __init__(self, size):
        self.size = size
        self.parts = {"w": [1.0] * size}
    def grow(self, by=1):
        self.size += by
        return self
    def __call__(self, x):
        return x * self.size
    @property
    def broken(self):
        raise ValueError("not today")
"""


def test_objects_stay_in_the_runner_and_answer_calls(load: Load) -> None:
    student = load(OBJECTS)
    net = student.value("Net", 2)
    assert net == Handle(net.number, "Net")
    assert student.value(net, 10, method="__call__") == 20
    assert student.value(net, 10) == 20
    again = student.value(net, method="grow", by=3)
    assert student.value(again, 10) == 50


def test_attributes_are_read(load: Load) -> None:
    student = load(OBJECTS)
    net = student.value("Net", 2)
    assert student.attribute(net, "size")["value"] == 2
    assert student.attribute(net, "parts")["value"] == {"w": [1.0, 1.0]}
    assert type(student.attribute(net, "grow")["value"]) is Handle


@pytest.mark.parametrize(
    ("name", "kind"), [("missing", "AttributeError"), ("broken", "ValueError")]
)
def test_an_attribute_that_cannot_be_read_is_a_failure(load: Load, name: str, kind: str) -> None:
    student = load(OBJECTS)
    reply = student.attribute(student.value("Net", 2), name)
    assert (reply["ok"], reply["type"]) == (False, kind)


def test_handles_may_be_nested_in_arguments(load: Load) -> None:
    student = load(OBJECTS + "\ndef sizes(nets): return [net.size for net in nets['all']]")
    one, other = student.value("Net", 1), student.value("Net", 2)
    assert student.value("sizes", {"all": (one, other)}) == [1, 2]


@pytest.mark.parametrize("number", [0, 5, -1, 2**70])
def test_an_unknown_handle_is_refused(load: Load, number: int) -> None:
    student = load("def f(x): return x")
    reply = student.failure("f", Handle(number))
    assert (reply["kind"], reply["message"]) == ("unsendable", "unknown handle")


def test_a_handle_is_unknown_once_it_is_forgotten(load: Load) -> None:
    student = load(OBJECTS)
    net = student.value("Net", 2)
    assert student.attribute(net, "size")["ok"]
    assert student.ask({"op": "forget"}) == {"ok": True}
    assert student.attribute(net, "size")["message"] == "unknown handle"


def test_a_fresh_call_forgets_the_objects_kept_before(load: Load) -> None:
    student = load(CACHES)
    request = {"op": "call", "target": "two_forward", "method": None, "args": (1,), "kwargs": {}}
    first = student.ask({**request, "keep_last": True})["value"][-1]
    second = student.ask({**request, "keep_last": True})["value"][-1]
    assert student.value("two_backward", first) == student.value("two_backward", second) == 3
    third = student.ask({**request, "keep_last": True, "fresh": True})["value"][-1]
    assert student.value("two_backward", third) == 3
    assert student.failure("two_backward", second)["message"] == "unknown handle"


ODD_RESULTS = """
import numpy as np
from collections import Counter, defaultdict
from decimal import Decimal
from enum import Enum

class Sub(np.ndarray): pass
class Float(float): pass
class Colour(Enum):
    RED = 1

def float_subclass(): return Float(1.5)
def array_subclass(): return np.zeros(2).view(Sub)
def masked(): return np.ma.masked_array([1.0])
def generator(): return (n for n in range(3))
def a_set(): return {1, 2}
def a_class(): return Sub
def enum_member(): return Colour.RED
def counter(): return Counter("aab")
def default(): return defaultdict(list, a=[1])
def decimal(): return Decimal(1)

def dates(): return np.array(["2020-01-01"], dtype="datetime64[D]")
def objects(): return np.array([None, 1], dtype=object)
def texts(): return np.array(["a"])
def endless():
    loop = []
    loop.append(loop)
    return loop
def endless_tuples():
    loop = []
    loop.append((loop,))
    return loop
def endless_dicts():
    loop = {}
    loop["self"] = loop
    return loop
def deep():
    value = 1
    for _ in range(100): value = [value]
    return value
def long_text(): return "x" * 1_000_000
def long_list(): return [0] * 100_000
def huge_number(): return 1 << 100_000
def huge_array(): return np.zeros((65 << 20,), dtype=np.uint8)
def many_sides(): return np.zeros((1,) * 20)
def object_keys(): return {Colour.RED: 1, frozenset(): 2}
"""
KEPT = [
    *("float_subclass", "array_subclass", "masked", "generator", "a_set", "a_class"),
    *("enum_member", "counter", "default", "decimal"),
]
REFUSED = [
    *("dates", "objects", "texts", "endless", "deep", "long_text", "long_list", "huge_number"),
    *("huge_array", "many_sides", "object_keys", "endless_tuples", "endless_dicts"),
]


@pytest.mark.parametrize("name", KEPT)
def test_what_is_not_plain_stays_in_the_runner(load: Load, name: str) -> None:
    student = load(ODD_RESULTS)
    assert type(student.value(name)) is Handle


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_sent_is_a_failure_of_its_own_kind(load: Load, name: str) -> None:
    student = load(ODD_RESULTS)
    reply = student.failure(name)
    assert reply["kind"] == "unsendable"
    assert reply["message"]
    assert type(student.value("float_subclass")) is Handle, "the session goes on"


# Failures


FAILURES = """
import sys

class Mine(BaseException): pass

def not_written(): raise NotImplementedError("f")
def exits(): sys.exit("bye")
def exits_with_success(): raise SystemExit(0)
def interrupts(): raise KeyboardInterrupt
def closes(): raise GeneratorExit
def mine(): raise Mine("own")
def asserts(): assert False, "no"
def recurses(): return recurses()
def missing(): return undefined_name
def groups(): raise ExceptionGroup("several", [ValueError("a"), ValueError("b")])
"""


@pytest.mark.parametrize(
    ("name", "kind", "type_", "message"),
    [
        ("not_written", "raised", "NotImplementedError", "f"),
        ("exits", "exit", "SystemExit", "bye"),
        ("exits_with_success", "exit", "SystemExit", "0"),
        ("interrupts", "raised", "KeyboardInterrupt", ""),
        ("closes", "raised", "GeneratorExit", ""),
        ("mine", "raised", "Mine", "own"),
        ("asserts", "raised", "AssertionError", "no"),
        ("recurses", "raised", "RecursionError", "maximum recursion depth exceeded"),
        ("missing", "raised", "NameError", "name 'undefined_name' is not defined"),
        ("groups", "raised", "ExceptionGroup", "several (2 sub-exceptions)"),
        ("no_such_function", "raised", "AttributeError", f"module '{MODULE}'"),
    ],
)
def test_whatever_is_raised_becomes_data(
    load: Load, name: str, kind: str, type_: str, message: str
) -> None:
    reply = load(FAILURES).failure(name)
    assert (reply["kind"], reply["type"]) == (kind, type_)
    assert reply["message"].startswith(message)


HOSTILE = """
class Huge(Exception):
    def __str__(self): return "x" * 10_000_000
class Looping(Exception):
    def __str__(self): return str(self)
class Leaving(Exception):
    def __str__(self): raise SystemExit
class Wrong(Exception):
    def __str__(self): return 5
class Text(str):
    def __getitem__(self, key): return self
class Sly(Exception):
    def __str__(self): return Text("sly")
Long = type("L" * 100_000, (Exception,), {})
class Meta(type):
    __name__ = property(lambda cls: 1 / 0)
class Nameless(Exception, metaclass=Meta): pass
class Object(metaclass=Meta): pass
class Line(SyntaxError):
    lineno = property(lambda self: 1 / 0)
class Odd(SyntaxError):
    def __init__(self): self.lineno = object()
class Trace(Exception):
    __traceback__ = property(lambda self: 1 / 0)
class Evil:
    def __ne__(self, other): raise KeyboardInterrupt
    __eq__ = __ne__
    __hash__ = None
class Module:
    __module__ = Evil()

def huge(): raise Huge
def looping(): raise Looping
def leaving(): raise Leaving
def wrong(): raise Wrong
def sly(): raise Sly
def long(): raise Long("x")
def nameless(): raise Nameless("x")
def returned(): return Object()
def line(): raise Line("x")
def odd(): raise Odd
def trace(): raise Trace("x")
def module(): return Module()
def surrogate(): raise ValueError("\\ud800")
def escapes(): raise ValueError("\\x1b[2J\\x00")
"""


@pytest.mark.parametrize(
    "name",
    [
        *("huge", "looping", "leaving", "wrong", "sly", "long", "nameless", "line", "odd"),
        *("trace", "surrogate", "escapes"),
    ],
)
def test_an_exception_that_resists_becomes_data(load: Load, name: str) -> None:
    student = load(HOSTILE)
    reply = student.failure(name)
    assert reply["kind"] in ("raised", "unsendable")
    assert type(reply["type"]) is str
    assert student.failure("escapes")["message"] == "\x1b[2J\x00", "the session goes on"


@pytest.mark.parametrize("name", ["returned", "module"])
def test_an_object_that_resists_becomes_data(load: Load, name: str) -> None:
    student = load(HOSTILE)
    student.call(name)
    assert student.failure("escapes")["ok"] is False, "the session goes on"


def test_a_huge_message_is_cut(load: Load) -> None:
    assert load(HOSTILE).failure("huge")["message"] == "x" * MESSAGE_LIMIT


@pytest.mark.parametrize("name", ["looping", "leaving", "wrong"])
def test_a_message_that_cannot_be_read_is_said_to_be(load: Load, name: str) -> None:
    assert "could not be read" in load(HOSTILE).failure(name)["message"]


def test_lines_are_those_of_the_submission_innermost_last(load: Load) -> None:
    student = load(
        b"import json\n"
        b"\n"
        b"def inner(text):\n"
        b"    return json.loads(text)\n"
        b"\n"
        b"def outer(text):\n"
        b"    return inner(text)\n"
    )
    assert student.failure("outer", "{")["lines"] == [[7, "outer"], [4, "inner"]]


def test_a_syntax_error_while_running_keeps_the_line_that_ran(load: Load) -> None:
    reply = load("def f():\n    return eval('1 +')\n").failure("f")
    assert (reply["type"], reply["lines"]) == ("SyntaxError", [[2, "f"]])


def test_a_failure_outside_the_submission_has_no_lines(load: Load) -> None:
    student = load("def f(x): return x")
    assert student.failure("f")["lines"] == []


def test_of_many_lines_the_last_are_kept(load: Load) -> None:
    lines = load("def f(n):\n    if n == 0:\n        1 / 0\n    f(n - 1)\n").failure("f", 50)[
        "lines"
    ]
    assert lines == [[4, "f"]] * (TRACE_LIMIT - 1) + [[3, "f"]]


# Mutation


MUTATIONS = """
def keep(x, y): return x + y
def first(x, y):
    x += 1
    return x
def second(x, y):
    y[0] = 9
    return x
def both(x, y):
    x *= 0
    y *= 0
def nested(parts):
    parts["w"][1][0] = 5
"""


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize(
    ("name", "changed"), [("keep", []), ("first", [0]), ("second", [1]), ("both", [0, 1])]
)
def test_an_argument_changed_in_place_is_noticed(
    load: Load, backend: str, name: str, changed: list[int]
) -> None:
    reply = load(MUTATIONS, backend).call(name, np.ones(2), np.ones(2))
    assert (reply["ok"], reply["mutated"]) == (True, changed)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_arrays_are_counted_in_the_order_they_are_sent(load: Load, backend: str) -> None:
    parts = {"b": np.ones(1), "w": [np.ones(1), np.ones(1)]}
    assert load(MUTATIONS, backend).call("nested", parts)["mutated"] == [2]


def test_a_list_changed_in_place_is_noticed(load: Load) -> None:
    source = "def f(x):\n    x[0][0] = 9\ndef g(x):\n    x.append([1.0])\ndef h(x): return x"
    student = load(source, "python")
    rows = np.ones((2, 2))
    assert [student.call(name, rows)["mutated"] for name in "fgh"] == [[0], [0], []]


@pytest.mark.parametrize("backend", ["numpy", "torch", "python"])
def test_a_dict_or_list_that_holds_something_else_is_noticed(load: Load, backend: str) -> None:
    source = """
def grow(x, cache): cache["k"] = [x]
def append(cache, x): cache["layers"].append(x)
def keep(cache, x): return {**cache, "k": x}
"""
    student, cache, x = load(source, backend), {"k": np.ones(2), "layers": [1.0]}, np.ones(3)
    assert student.call("grow", x, cache)["altered"] == [1]
    assert student.call("append", cache, x)["altered"] == [0]
    assert student.call("keep", cache, x)["altered"] == []


def test_what_a_submission_made_itself_is_its_own_affair(load: Load) -> None:
    source = "def f_forward(x): return x * 2, [x, x]\ndef f_backward(d, cache): return cache.pop()"
    student = load(source)
    _, cache = student.call("f_forward", np.ones(2), keep=True)["value"]
    assert student.call("f_backward", np.ones(2), cache)["altered"] == []


@pytest.mark.parametrize(
    ("backend", "change"),
    [("numpy", "x.resize(4, refcheck=False)"), ("torch", "x.unsqueeze_(0)"), ("torch", "x.t_()")],
)
def test_a_shape_changed_in_place_is_noticed(load: Load, backend: str, change: str) -> None:
    student = load(f"def f(x): {change}\ndef g(x): return x.reshape(-1)", backend)
    square = np.arange(4.0).reshape(2, 2)
    assert student.call("f", square)["mutated"] == [0]
    assert student.call("g", square)["mutated"] == []


@pytest.mark.parametrize("backend", ["numpy", "torch", "python"])
def test_arguments_that_hold_nan_are_not_taken_for_changed(load: Load, backend: str) -> None:
    student = load("def f(x): return 1", backend)
    assert student.call("f", np.array([[np.nan, -0.0, np.inf]]))["mutated"] == []


def test_every_call_gets_its_own_arrays(load: Load) -> None:
    student = load("def f(x):\n    x += 1\n    return x")
    x = np.zeros(1)
    assert student.value("f", x)[0] == student.value("f", x)[0] == 1
    assert x[0] == 0


# Requests that are none


@pytest.mark.parametrize(
    "request_", [None, [], {}, {"op": None}, {"op": "exec"}, {"op": "call"}, {"op": "load"}, "call"]
)
def test_a_request_that_is_none_is_a_failure(load: Load, request_: Any) -> None:
    student = load("def f(): return 1")
    assert student.ask(request_)["ok"] is False
    assert student.value("f") == 1


@settings(deadline=None)
@given(st.binary(max_size=100))
def test_noise_is_answered_with_a_failure(noise: bytes) -> None:
    reply = decode(Session(Backend("numpy")).reply(noise))
    assert (reply["ok"], reply["kind"]) == (False, "unsendable")


# Whatever a submission puts together, its reply can be decoded


BUILDER = """
import math
import numpy as np
from collections import OrderedDict, namedtuple
from decimal import Decimal

Pair = namedtuple("Pair", "a b")
LEAVES = [
    None, True, 3, -0.0, math.nan, 2j, "text", b"bytes", "\\ud800", 1 << 5000, {1, 2},
    np.float32(1), np.int64(2), np.True_, np.zeros((2, 0)), np.array([None]), np.array(["a"]),
    np.datetime64("2020-01-01"), np.zeros((1,) * 20), object(), object, Decimal(1), ..., len,
    (n for n in []), np.ma.masked, np.longdouble(1), frozenset(), range(3), "x" * 200_000,
]

def build(plan):
    if isinstance(plan, int):
        return LEAVES[plan % len(LEAVES)]
    kind, *parts = plan
    parts = [build(part) for part in parts]
    if kind == "dict":
        made = {}
        for key, value in zip(parts, reversed(parts)):
            try:
                made[key] = value
            except TypeError:
                made[0] = key
        return made
    if kind == "pair":
        return Pair(parts, tuple(parts))
    return {"list": list, "tuple": tuple}[kind](parts)
"""

plans = st.recursive(
    st.integers(0, 29),
    lambda inner: st.builds(
        lambda kind, parts: [kind, *parts],
        st.sampled_from(["list", "tuple", "dict", "pair"]),
        st.lists(inner, max_size=4),
    ),
    max_leaves=10,
)


@pytest.fixture(scope="module")
def builder() -> Iterator[Student]:
    yield Student(BUILDER)
    sys.modules.pop(MODULE, None)


@settings(deadline=None, max_examples=300)
@given(plans, st.booleans())
def test_every_reply_can_be_decoded(builder: Student, plan: Any, keep: bool) -> None:
    reply = builder.call("build", plan, keep=keep)
    assert reply["ok"] or reply["kind"] == "unsendable"
    builder.ask({"op": "forget"})


SHARING = """
def itself(x):
    return x

def one_of_two(x, y):
    return x + 1, y

def copies(x):
    return x.copy() if hasattr(x, "copy") else x.clone()

def views(x):
    return x[:]

def in_the_cache(x):
    return x + 1, x
"""


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize(
    ("name", "arguments", "keep", "shared"),
    [
        ("itself", 1, False, [0]),
        ("one_of_two", 2, False, [1]),
        ("copies", 1, False, []),
        ("views", 1, False, []),
        ("in_the_cache", 1, True, []),
        ("in_the_cache", 1, False, [0]),
    ],
)
def test_an_argument_among_the_results_is_noticed(
    load: Load, backend: str, name: str, arguments: int, keep: bool, shared: list[int]
) -> None:
    student = load(SHARING, backend)
    reply = student.call(name, *[np.ones(2)] * arguments, keep=keep)
    assert (reply["ok"], reply["shared"]) == (True, shared)
