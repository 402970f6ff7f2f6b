"""Submissions that lie about their answers, or answer for the wrong reasons."""

from __future__ import annotations

from typing import Any

from .submission import RIGHT, WRONG, Hostile, in_call, instead

UNSUPPORTED = r"(returned what cannot be judged|an object of type)"


def _never_stale(verdict: Any, arena: Any) -> None:
    assert "fresh" in verdict.result.output
    assert "stale" not in verdict.result.output


def _score_is_lost(verdict: Any, arena: Any) -> None:
    assert verdict.check("mean_values").score == 0


def _passes_the_public_seed_only(verdict: Any, arena: Any) -> None:
    other = arena.grade(verdict.source, seed=20_011, cache=None)
    assert other.result.status.value == "failed"
    assert other.check("mean_values").status.value == "failed"


COUNTER = """

class Counter(Counter):
    def add(self, x):
        super().add(x)
        self.total = {result}
        return self.total
"""

ANSWERS = [
    Hostile(
        18,
        "prints a perfect result",
        WRONG
        + """
import sys

PERFECT = '{"schema_version": 1, "exercise": "exercise-01", "status": "passed", "score": 10}'
print(PERFECT)
print("\\n".join(["ok", "OK", "1 passed in 0.01s", PERFECT]), file=sys.stderr)
""",
        {"failed"},
        proof=_score_is_lost,
    ),
    Hostile(
        32,
        "patches comparison functions and built-ins",
        WRONG
        + """
import builtins
import sys


def _yes(*args, **kwargs):
    return True


for _name in ("allclose", "array_equal", "isclose", "all", "isfinite"):
    setattr(np, _name, _yes)
np.testing.assert_allclose = np.testing.assert_array_equal = _yes
builtins.abs = builtins.max = lambda *args, **kwargs: 0
builtins.isinstance = builtins.all = builtins.any = _yes
try:
    import torch
    torch.allclose = torch.equal = _yes
except BaseException:
    pass
for _module in list(sys.modules.values()):
    for _name in ("compare", "decide", "check"):
        if hasattr(_module, _name):
            try:
                setattr(_module, _name, lambda *args, **kwargs: None)
            except BaseException:
                pass
""",
        {"failed", "crashed", "timed_out"},
        seconds=5.0,
    ),
    Hostile(
        34,
        "returns an array that says it equals everything",
        instead(
            "return out.view(Liar) * 0 + 7, cache",
            before="""
class Liar(np.ndarray):
    def _yes(self, *args, **kwargs):
        return True

    __eq__ = __le__ = __ge__ = __lt__ = __gt__ = _yes
    __hash__ = None

    def __ne__(self, other):
        return False

    def __sub__(self, other):
        return np.zeros(self.shape)

    __rsub__ = __sub__

    def __abs__(self):
        return np.zeros(self.shape)

    def __array_function__(self, *args, **kwargs):
        return True

    def __bool__(self):
        return True
""",
        ),
        {"failed"},
        proof=_score_is_lost,
    ),
    Hostile(
        35,
        "returns a float that says it equals everything",
        RIGHT
        + """

class Liar(float):
    def _yes(self, *args):
        return True

    __eq__ = __le__ = __ge__ = __lt__ = __gt__ = _yes
    __hash__ = None

    def __sub__(self, other):
        return 0.0

    __rsub__ = __sub__
"""
        + COUNTER.format(result="Liar(7)"),
        {"failed"},
        says=UNSUPPORTED,
    ),
    Hostile(
        36,
        "returns what can turn into an array",
        instead(
            "return Pretender(out), cache",
            before="""
class Pretender:
    def __init__(self, data):
        self.data = data
        self.shape, self.dtype, self.ndim = data.shape, data.dtype, data.ndim
        self.__array_interface__ = data.__array_interface__

    def __array__(self, *args, **kwargs):
        return self.data

    def __float__(self):
        return 0.0
""",
        ),
        {"failed"},
        says=UNSUPPORTED,
    ),
    Hostile(
        37,
        "returns what runs a command when it is unpickled",
        instead(
            "return Bomb(), cache",
            before="""
import os


class Bomb:
    def __reduce__(self):
        return os.system, ("echo owned > @OUTSIDE@/owned",)

    def __deepcopy__(self, memo):
        raise SystemExit(0)
""",
        ),
        {"failed"},
        says=UNSUPPORTED,
    ),
    Hostile(
        38,
        "returns an array of objects",
        instead("return out.astype(object), cache"),
        {"failed"},
        says=UNSUPPORTED,
    ),
    Hostile(
        38,
        "returns a structured array",
        instead("return np.zeros(len(out), dtype=[('a', 'f8'), ('b', 'O')]), cache"),
        {"failed"},
        says=UNSUPPORTED,
    ),
    Hostile(
        39,
        "returns a generator",
        instead("return (entry for entry in out), cache"),
        {"failed"},
        says=UNSUPPORTED,
    ),
    Hostile(
        40,
        "returns NaN everywhere",
        instead("return out * np.nan, cache"),
        {"failed"},
        says="holds nan at index",
    ),
    Hostile(
        40,
        "returns NaN as a number",
        RIGHT + COUNTER.format(result="float('nan')"),
        {"failed"},
        says="holds nan",
    ),
    Hostile(
        63,
        "answers rightly ten times and wrongly ever after",
        instead(
            "_calls.append(1)\nreturn (out if len(_calls) <= 10 else out + 1), cache",
            before="_calls = []",
        ),
        {"failed"},
        proof=_score_is_lost,
    ),
    Hostile(
        64,
        "returns an empty array",
        instead("return np.zeros(0), cache"),
        {"failed"},
        says=r"a float64 array of shape \(0,\); expected",
    ),
    Hostile(
        64,
        "returns a scalar",
        instead("return out.sum(), cache"),
        {"failed"},
        says="expected a floating-point array",
    ),
    Hostile(
        64,
        "returns a shape that would broadcast",
        instead("return out[None], cache"),
        {"failed"},
        says=r"of shape \(1, \d+\); expected",
    ),
    Hostile(
        64,
        "returns one entry that would broadcast",
        instead("return out[:1], cache"),
        {"failed"},
        says=r"of shape \(1,\); expected",
    ),
    Hostile(
        64,
        "returns whole numbers",
        instead("return np.rint(out).astype(np.int64), cache"),
        {"failed"},
        says="an int64 array .* expected a floating-point array",
    ),
    Hostile(
        64,
        "returns truth values",
        instead("return out > 0, cache"),
        {"failed"},
        says="a bool array .* expected a floating-point array",
    ),
    Hostile(
        65,
        "writes over its input",
        in_call(
            """
print("stale" if (x == 123456.75).any() else "fresh", flush=True)
found = _right(x, weight)
x[...] = 123456.75
return found
"""
        ),
        {"failed"},
        says="changed its argument number 1 in place",
        proof=_never_stale,
    ),
    Hostile(
        65,
        "writes over its input and hides it",
        in_call(
            """
print("stale" if (x == 123456.75).any() else "fresh", flush=True)
found = _right(x, weight)
x[...] = 123456.75
return found
""",
            before="""
import sys

for _name, _module in list(sys.modules.items()):
    if _name.startswith("grader.runner") and hasattr(_module, "_differs"):
        _module._differs = lambda *args: False
""",
        ),
        {"passed", "failed"},
        proof=_never_stale,
    ),
    Hostile(
        66,
        "answers by chance",
        instead(
            "return out + _random.random(), cache",
            before="import random\n\n_random = random.SystemRandom()",
        ),
        {"failed"},
        says="gave another result when it was made again",
        proof=_score_is_lost,
    ),
    Hostile(
        66,
        "answers wrongly when it sees an input for the first time",
        instead(
            """
key = x.tobytes()
known = key in _seen
_seen.add(key)
return (out if known else out + 1), cache
""",
            before="_seen = set()",
        ),
        {"failed"},
        proof=_score_is_lost,
    ),
    Hostile(
        66,
        "answers rightly when it sees an input for the first time",
        instead(
            """
key = x.tobytes()
known = key in _seen
_seen.add(key)
return (out + 1 if known else out), cache
""",
            before="_seen = set()",
        ),
        {"failed"},
        proof=_score_is_lost,
    ),
    Hostile(
        70,
        "knows the answers to the public cases only",
        RIGHT
        + """

import numpy as np

_right = mean_forward
_table = @TABLE@


def mean_forward(x, weight=None):
    key = (x.tobytes(), None if weight is None else weight.tobytes())
    if key not in _table:
        return x[0] * 0.5, _right(x, weight)[1]
    return np.frombuffer(_table[key]).copy(), _right(x, weight)[1]
""",
        {"passed"},
        {"judge"},
        proof=_passes_the_public_seed_only,
    ),
]
