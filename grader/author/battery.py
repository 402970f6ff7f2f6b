"""Trivial answers that every exercise must reject, made from its own reference solution.

For each function, one at a time, the reference's result is replaced by zeros, ones, a constant,
NaN, a copy of an input, or itself in a shape that would broadcast; everything else stays right. A
cache is left alone, so that a wrong forward meets a working backward.
"""

from __future__ import annotations

from collections.abc import Iterator

from grader.judge.interface import Interface

KINDS = ("zeros", "ones", "constant", "nan", "input", "broadcast")

REPLACE = """

def _trivial(value, kind, inputs, keep_last=False):
    import numpy as np

    if keep_last and isinstance(value, tuple) and len(value) >= 2:
        return (*(_trivial(item, kind, inputs) for item in value[:-1]), value[-1])
    if isinstance(value, (tuple, list)):
        return type(value)(_trivial(item, kind, inputs) for item in value)
    if isinstance(value, dict):
        return {key: _trivial(item, kind, inputs) for key, item in value.items()}
    if not isinstance(value, (int, float, np.ndarray, np.generic)):
        return value
    array = np.asarray(value)
    if kind == "zeros":
        out = np.zeros_like(array)
    elif kind == "ones":
        out = np.ones_like(array)
    elif kind == "constant":
        out = np.full_like(array, 0.37)
    elif kind == "nan":
        out = np.full_like(array, np.nan) if array.dtype.kind == "f" else np.zeros_like(array)
    elif kind == "input":
        same = [one for one in inputs if isinstance(one, np.ndarray) and one.shape == array.shape]
        any_input = [one for one in inputs if isinstance(one, np.ndarray) and one.size]
        first = (same or any_input or [np.zeros_like(array)])[0]
        out = np.resize(first.astype(array.dtype), array.shape)
    else:
        return array[None]
    return out if array.ndim else out[()]

"""


def battery(solution: str, interface: Interface) -> Iterator[tuple[str, str]]:
    """Yield `(name, source)` of every trivial answer, as whole submissions."""
    for function in interface.callables:
        if function in interface.methods:
            for method in interface.methods[function]:
                for kind in KINDS:
                    yield (
                        f"{function}.{method}: {kind}",
                        solution + REPLACE + _method(function, method, kind),
                    )
        else:
            for kind in KINDS:
                yield f"{function}: {kind}", solution + REPLACE + _function(function, kind)


def _function(name: str, kind: str) -> str:
    keep = name.endswith("_forward")
    return (
        f"_right = {name}\n\n\n"
        f"def {name}(*args, **kwargs):\n"
        f"    return _trivial(_right(*args, **kwargs), {kind!r}, args, {keep})\n"
    )


def _method(owner: str, name: str, kind: str) -> str:
    return (
        f"_right = {owner}.{name}\n\n\n"
        f"def _wrong(self, *args, **kwargs):\n"
        f"    return _trivial(_right(self, *args, **kwargs), {kind!r}, args)\n\n\n"
        f"{owner}.{name} = _wrong\n"
    )
