"""Writes a case as Python that a student can paste: the calls made, with their arguments."""

from __future__ import annotations

import pprint
import re
from collections.abc import Mapping, Sequence
from textwrap import indent
from typing import Any

from grader.judge.implementation import Call, Remote
from grader.judge.interface import Interface
from grader.judge.observe import leaves
from grader.judge.relevance import identities, uses
from grader.runner.operators import expression
from grader.runner.wire import Seed


def snippet(
    calls: Sequence[Call],
    interface: Interface,
    module: str,
    backend: str,
    names: Mapping[int, str] | None = None,
) -> str:
    """Return a runnable snippet that repeats `calls`.

    Args:
        names: identity of a result or an argument → what to call it, as the message beside the
            snippet and the case do.
    """
    functions = dict.fromkeys(call.target for call in calls if isinstance(call.target, str))
    wanted = {one: name for one, name in (names or {}).items() if name not in functions}
    writer = _Writer(interface, backend, wanted)
    used = [uses(call) for call in calls]
    for index, call in enumerate(calls):
        writer.add(call, set().union(*used[index + 1 :]))
    head = [writer.imports(), f"from {module} import {', '.join(functions)}"]
    return "\n".join([*(line for line in head if line), *writer.lines])


#: Zeros are not written out beyond so many.
SHORT = 6
#: A literal that would make its line longer than this is written over several lines.
WIDTH = 76


class _Writer:
    def __init__(self, interface: Interface, backend: str, wanted: Mapping[int, str]) -> None:
        self.interface = interface
        self.wanted = wanted
        self.backend = backend
        self.lines: list[str] = []
        self.names: dict[int, str] = {}
        self.taken: set[str] = set()
        self.arrays = False
        self.generators = False

    def imports(self) -> str:
        if self.backend == "torch" and self.arrays:
            return "import torch" + ("\nimport numpy as np" if self.generators else "")
        return "import numpy as np" if self.arrays or self.generators else ""

    def add(self, call: Call, later: set[int]) -> None:
        """Write a call; `later` holds what the calls after it use, by `id`."""
        parameters = self._parameters(call)
        shown = []
        for position, value in enumerate(call.args):
            known = self.wanted.get(id(value), "value")
            name = parameters[position] if position < len(parameters) else known
            shown.append(self._argument(name, value))
        shown += [f"{key}={self._argument(key, value)}" for key, value in call.kwargs.items()]
        function = (
            call.target
            if isinstance(call.target, str)
            else self.names.get(id(call.target), call.target.kind)
        )
        text = expression(function, call.method or "", shown)
        if call.method and call.method != "__call__":
            function = f"{function}.{call.method}"
        text = text or (function if call.reads else f"{function}({', '.join(shown)})")
        if isinstance(call.target, Remote) and not self._needed(call.result, later):
            self.lines.append(text)
            return
        names = self._results(call)
        self.lines.append(f"{names} = {text}" if names else f"print({text})")

    def _needed(self, result: Any, later: set[int]) -> bool:
        """Whether the result of a method has to have a name: it says something, or is used."""
        says = any(not isinstance(leaf, Remote | None) for _, leaf in leaves("", result))
        return says or bool(identities(result) & later)

    def _parameters(self, call: Call) -> list[str]:
        if isinstance(call.target, str):
            declared = self.interface.callables.get(call.target, ())
        else:
            declared = self.interface.methods.get(call.target.kind, {}).get(call.method or "", ())
        return [name for name, _ in declared]

    def _argument(self, name: str, value: Any) -> str:
        if id(value) in self.names:
            return self.names[id(value)]
        if self._short(value):
            return self._literal(value)
        chosen = self._free(name)
        self.lines += self._laid_out(f"{chosen} = ", value).split("\n")
        self.names[id(value)] = chosen
        return chosen

    def _results(self, call: Call) -> str:
        result = call.result
        if isinstance(result, Remote):
            self.names[id(result)] = self._free(self._noun(result.kind))
            return self.names[id(result)]
        if isinstance(result, tuple):
            parts = []
            for item in result:
                plain = self.wanted.get(id(item), "out")
                name = self._free("cache" if isinstance(item, Remote) else plain)
                self.names[id(item)] = name
                parts.append(name)
            return ", ".join(parts)
        plain = call.method if call.reads and call.method else "out"
        name = self._free(self.wanted.get(id(result), plain))
        if result is not None and not self._short(result):
            self.names[id(result)] = name
        for place, item in enumerate(result if isinstance(result, list) else ()):
            if isinstance(item, Remote):
                self.names[id(item)] = f"{name}[{place}]"
        return name

    def _noun(self, kind: str) -> str:
        """What to call an object: `two_layer_net` for a TwoLayerNet."""
        if kind in self.interface.methods:
            return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind).lower()
        return "obj" if kind == "object" else "net"

    def _free(self, name: str) -> str:
        candidate, number = name, 1
        while candidate in self.taken:
            number += 1
            candidate = f"{name}{number}"
        self.taken.add(candidate)
        return candidate

    def _short(self, value: Any) -> bool:
        return value is None or isinstance(value, bool | int | float | str)

    def _laid_out(self, before: str, value: Any, depth: int = 0) -> str:
        """A literal behind some text; if that is too long, an entry or a row to a line."""
        value = self._handed(value)
        short = before + self._literal(value)
        inside = "    " * (depth + 1)
        close = "    " * depth
        nested = isinstance(value, Mapping | list) or _is_array(value)
        if len(short) <= WIDTH or not nested:
            return short
        if isinstance(value, Mapping):
            lines = [self._laid_out(f"{inside}{k!r}: ", v, depth + 1) for k, v in value.items()]
            return "\n".join([before + "{", *(f"{line}," for line in lines), close + "}"])
        if isinstance(value, list):
            lines = [self._laid_out(inside, item, depth + 1) for item in value]
            return "\n".join([before + "[", *(f"{line}," for line in lines), close + "]"])
        opening, found, end = self._literal(value).partition("([")
        if not found:
            return short
        rows = pprint.pformat(value.tolist(), width=WIDTH - len(inside), compact=True)
        dtype = end[end.rindex("]") + 1 :].removesuffix(")").removeprefix(", ")
        lines = [f"{before}{opening}(", indent(rows, inside) + ("," if dtype else "")]
        return "\n".join([*lines, *([inside + dtype] if dtype else []), f"{close})"])

    def _handed(self, value: Any) -> Any:
        """What the submission is handed for an array."""
        return value.tolist() if self.backend == "python" and _is_array(value) else value

    def _literal(self, value: Any) -> str:
        import numpy as np

        value = self._handed(value)
        if isinstance(value, Remote):
            return self.names.get(id(value), value.kind)
        if isinstance(value, Seed):
            self.generators = True
            return f"np.random.default_rng({value.seed})"
        if isinstance(value, np.generic):
            return repr(value.item())
        if isinstance(value, np.ndarray):
            self.arrays = True
            return self._array(value)
        if isinstance(value, tuple | list):
            inner = ", ".join(self._literal(item) for item in value)
            if isinstance(value, tuple):
                return f"({inner}{',' if len(value) == 1 else ''})"
            return f"[{inner}]"
        if isinstance(value, Mapping):
            return "{" + ", ".join(f"{k!r}: {self._literal(v)}" for k, v in value.items()) + "}"
        return repr(value)

    def _array(self, value: Any) -> str:
        entries = repr(value.tolist())
        maker, prefix = (
            ("torch.tensor", "torch.") if self.backend == "torch" else ("np.array", "np.")
        )
        plain = "float64" if value.dtype.name == "float64" else value.dtype.name
        if value.size == 0 or (value.size > SHORT and not value.any()):
            return f"{prefix}zeros({value.shape}, dtype={prefix}{plain})"
        if self.backend == "torch" and plain == "float64":
            return f"{maker}({entries}, dtype=torch.float64)"
        if value.dtype.kind == "f" and plain != "float64":
            return f"{maker}({entries}, dtype={prefix}{plain})"
        return f"{maker}({entries})"


def _is_array(value: Any) -> bool:
    return type(value).__module__ == "numpy" and value.ndim > 0
