"""One submission and the calls made on it.

Requests and replies are dicts of plain data:

- `{"op": "load", "source", "module"}` → `{"ok": True, "names": {name: [parameter, …] | None}}`
- `{"op": "call", "target": name | Handle, "method", "args", "kwargs", "keep_last", "fresh"}`;
  `fresh` drops every object kept for handles before
  → `{"ok": True, "value", "mutated": [array, …], "shared": [array, …], "altered": [position, …]}`:
  of the arrays among the arguments, counted through, those that were changed in place and those
  that are results themselves; and the arguments whose lists or dicts have other members than before
- `{"op": "attribute", "target": Handle, "name"}` → `{"ok": True, "value"}`
- `{"op": "forget"}` drops every object kept for handles.

A failure is `{"ok": False, "kind", "type", "message", "lines": [[line, function], …]}` with kind
"raised", "exit" or "unsendable".
"""

from __future__ import annotations

import inspect
import sys
import types
from collections import OrderedDict
from typing import Any

from grader.runner import containers, operators, placement
from grader.runner.backend import Backend, raw_from_tensor
from grader.runner.wire import Handle, RawArray, Seed, WireError, decode, encode, to_numpy

MESSAGE_LIMIT = 2_000
TRACE_LIMIT = 8
DEPTH = 16
#: Results of one call that are looked through for an argument.
RESULTS = 64
#: Said of an exception that cannot even be looked at.
UNREADABLE = {
    "ok": False,
    "type": "Exception",
    "message": "(it could not be read)",
    "lines": [],
}


class Session:
    """Holds the module of one submission and the objects that its calls left behind."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.module = types.ModuleType("submission")
        self.filename = "submission.py"
        self.objects: dict[int, Any] = {}
        self.handed: list[tuple[RawArray, Any]] = []

    def reply(self, frame: bytes) -> bytes:
        """Answer one request frame with one reply frame; never raises for what a student did."""
        self.handed = []
        try:
            request = decode(frame, array=self._hand, reference=self._resolve)
        except WireError as error:
            return encode(_failure("unsendable", error, []))
        try:
            with self.backend.watched():
                answer = self.answer(request)
            return self._encode(answer)
        except BaseException:
            return encode({**UNREADABLE, "kind": "raised"})

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answer one decoded request."""
        try:
            match request["op"]:
                case "load":
                    return self._load(request["source"], request["module"])
                case "call":
                    return self._call(request)
                case "attribute":
                    value = getattr(request["target"], request["name"])
                    return {"ok": True, "value": value}
                case "forget":
                    self.objects.clear()
                    return {"ok": True}
                case _:
                    return _failure("unsendable", ValueError("unknown request"), [])
        except SystemExit as error:
            return _failure("exit", error, self._lines(error))
        except BaseException as error:
            return _failure("raised", error, self._lines(error))

    def _load(self, source: bytes, name: str) -> dict[str, Any]:
        self.filename = f"{name}.py"
        self.module = types.ModuleType(name)
        self.module.__file__ = self.filename
        sys.modules[name] = self.module
        code = compile(source, self.filename, "exec", dont_inherit=True)
        exec(code, self.module.__dict__)
        public = {
            key: _parameters(value)
            for key, value in list(vars(self.module).items())
            if type(key) is str and not key.startswith("_") and callable(value)
        }
        return {"ok": True, "names": public}

    def _call(self, request: dict[str, Any]) -> dict[str, Any]:
        target = request["target"]
        if request.get("fresh"):
            self.objects.clear()
        function = getattr(self.module, target) if type(target) is str else target
        given = [*request["args"], *request["kwargs"].values()]
        # Arrays are compared below; what an earlier call made is the submission's own affair.
        known = {id(made) for _, made in self.handed} | set(map(id, self.objects.values()))
        memories = [containers.remember(value, known) for value in given]
        value = operators.call(function, request["method"], request["args"], request["kwargs"])
        if request["keep_last"] and isinstance(value, tuple) and len(value) >= 2:
            results = tuple(value)[:-1]
            shared, cache = self._shared(results), self._keep(value[-1])
            value = (*plain(results), cache)
        else:
            shared, value = self._shared(value), plain(value)
        changed = [index for index, pair in enumerate(self.handed) if _differs(*pair)]
        altered = [at for at, memory in enumerate(memories) if containers.changed(memory)]
        noticed = {"mutated": changed, "shared": shared, "altered": altered}
        return {"ok": True, "value": value, **noticed}

    def _shared(self, value: Any) -> list[int]:
        """The handed arrays that come back as a result."""
        results = value if type(value) in (tuple, list) else (value,)
        found = {id(item) for item in results[:RESULTS]}
        return [index for index, (_, made) in enumerate(self.handed) if id(made) in found]

    def _hand(self, raw: RawArray) -> Any:
        made = self.backend.make(raw)
        self.handed.append((raw, made))
        return made

    def _resolve(self, reference: Handle | Seed) -> Any:
        if isinstance(reference, Handle):
            if reference.number not in self.objects:
                raise WireError("unknown handle")
            return self.objects[reference.number]
        import numpy as np

        return np.random.default_rng(reference.seed)

    def _keep(self, value: Any) -> Handle:
        number = len(self.objects)
        self.objects[number] = value
        return Handle(number, type(value).__name__[:100])

    def _encode(self, reply: dict[str, Any]) -> bytes:
        try:
            return encode(reply, fallback=self._fallback)
        except Exception as error:
            return encode(_failure("unsendable", error, []))

    def _fallback(self, value: Any) -> RawArray | Handle:
        raw = raw_from_tensor(value)
        return raw if raw is not None else self._keep(value)

    def _lines(self, error: BaseException) -> list[Any]:
        lines = []
        trace = error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            if code.co_filename == self.filename:
                lines.append([trace.tb_lineno, code.co_name])
            trace = trace.tb_next
        if isinstance(error, SyntaxError) and error.lineno and not lines:
            lines.append([error.lineno, "<module>"])
        return lines[-TRACE_LIMIT:]


def plain(value: Any, depth: int = 0) -> Any:
    """Loosen subclasses that stand for plain data: a named tuple, an ordered dict."""
    if depth > DEPTH:
        return value
    if isinstance(value, tuple):
        return tuple(plain(item, depth + 1) for item in tuple(value))
    if type(value) is list:
        return [plain(item, depth + 1) for item in value]
    if type(value) in (dict, OrderedDict):
        return {key: plain(item, depth + 1) for key, item in value.items()}
    return value


def _differs(raw: RawArray, made: Any) -> bool:
    if isinstance(made, list):
        # By text: NaN differs from itself, and an entry may have become anything.
        return repr(made) != repr(to_numpy(raw).tolist())
    tensor = raw_from_tensor(made)
    if tensor is not None and tensor.origin == f"torch:{placement.DEVICE}":
        return tensor.shape != raw.shape
    if tensor is not None:
        return tensor.data != raw.data or tensor.shape != raw.shape
    tobytes = getattr(made, "tobytes", None)
    return tobytes is not None and (tobytes() != raw.data or tuple(made.shape) != raw.shape)


def _parameters(value: Any) -> list[list[Any]] | None:
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return None
    return [
        [parameter.name, parameter.kind.name, parameter.default is not parameter.empty]
        for parameter in signature.parameters.values()
    ]


def _failure(kind: str, error: BaseException, lines: list[Any]) -> dict[str, Any]:
    try:
        message = str(error)[:MESSAGE_LIMIT]
    except BaseException:
        message = "(its message could not be read)"
    return {
        "ok": False,
        "kind": kind,
        "type": type(error).__name__[:100],
        "message": message,
        "lines": lines,
    }
