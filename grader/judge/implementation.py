"""Something that a check can call: the reference in this process, or a submission in a runner.

Checks see a `Proxy`; the two implementations behind it differ only in where the code runs.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Protocol

from grader.judge.structure import Form, FormError, Opaque, conform, form, reply_bytes
from grader.runner.wire import Handle, Seed, Tensor

#: Bytes that a reply may hold beyond four times what the reference returned.
MARGIN = 1 << 20


@dataclass
class Failure(Exception):
    """A call that gave no usable value.

    `kind` is one of: not_attempted, raised, exit, unsendable, timed_out, died, protocol, mutated,
    form (with `stage`), structure (the check could not go on with what it got). `found` outlines
    what came back instead, so that two failures can be told apart.
    """

    kind: str
    message: str
    stage: str = ""
    expected: str | None = None
    actual: str | None = None
    lines: Sequence[tuple[int, str]] = ()
    found: Any = None


@dataclass
class Call:
    """One call as it was made: for the transcript on the tape and for the snippet."""

    target: Any
    method: str | None
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    result: Any = None

    @property
    def label(self) -> str:
        """What was called: `affine_forward`, `TwoLayerNet.loss`."""
        owner = self.target if isinstance(self.target, str) else self.target.kind
        return f"{owner}.{self.method}" if self.method else str(owner)


class Implementation(Protocol):
    """Where calls go."""

    calls: list[Call]

    def invoke(self, call: Call) -> Any:
        """Make the call and return plain data or `Remote` objects."""
        ...

    def read(self, owner: Remote, name: str) -> Any:
        """Return an attribute of an object."""
        ...


class Remote(Opaque):
    """An object on the implementation's side: its methods are called through this one."""

    def __init__(self, implementation: Implementation, value: Any, kind: str) -> None:
        self._implementation = implementation
        self._value = value
        self.kind = kind

    def attribute(self, name: str) -> Any:
        """Read a plain attribute."""
        return self._implementation.read(self, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._implementation.invoke(Call(self, "__call__", args, kwargs))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self._implementation.invoke(Call(self, name, args, kwargs))


class Proxy:
    """What a check calls `student`."""

    def __init__(self, implementation: Implementation) -> None:
        self._implementation = implementation

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self._implementation.invoke(Call(name, None, args, kwargs))


def keeps_last(target: Any) -> bool:
    """Whether the last item of a result tuple is a cache that stays where it is."""
    return isinstance(target, str) and target.endswith("_forward")


@dataclass
class Local:
    """Trusted code in this process: the reference, or one of our misconceptions."""

    module: ModuleType
    calls: list[Call] = field(default_factory=list)
    convert: Callable[[Any], Any] = copy.deepcopy

    def invoke(self, call: Call) -> Any:
        """Call on copies of the arguments."""
        self.calls.append(call)
        target = getattr(self.module, call.target) if isinstance(call.target, str) else call.target
        target = target._value if isinstance(target, Remote) else target
        function = getattr(target, call.method) if call.method else target
        args = tuple(self._unwrap(value) for value in call.args)
        kwargs = {name: self._unwrap(value) for name, value in call.kwargs.items()}
        value = function(*args, **kwargs)
        if keeps_last(call.target) and isinstance(value, tuple) and len(value) >= 2:
            value = (*(self._wrap(item) for item in value[:-1]), self._remote(value[-1]))
        else:
            value = self._wrap(value)
        call.result = value
        return value

    def read(self, owner: Remote, name: str) -> Any:
        """Read an attribute."""
        return self._wrap(getattr(owner._value, name))

    def _unwrap(self, value: Any) -> Any:
        if isinstance(value, Remote):
            return value._value
        if isinstance(value, Seed):
            import numpy as np

            return np.random.default_rng(value.seed)
        if isinstance(value, tuple | list):
            return type(value)(self._unwrap(item) for item in value)
        if isinstance(value, dict):
            return {key: self._unwrap(item) for key, item in value.items()}
        return self.convert(value)

    def _wrap(self, value: Any) -> Any:
        if isinstance(value, tuple | list):
            plain = tuple if isinstance(value, tuple) else list
            return plain(self._wrap(item) for item in value)
        if isinstance(value, dict):
            return {key: self._wrap(item) for key, item in value.items()}
        if is_plain(value):
            return value
        return self._remote(value)

    def _remote(self, value: Any) -> Remote:
        return Remote(self, value, type(value).__name__)


def is_plain(value: Any) -> bool:
    """Numbers, strings, None and arrays (NumPy's or torch's)."""
    if value is None or isinstance(value, bool | int | float | complex | str):
        return True
    return type(value).__module__.partition(".")[0] in ("numpy", "torch") and hasattr(
        value, "dtype"
    )


class Asker(Protocol):
    """What answers requests: a runner process, or a session in this process for our own code."""

    backend: str
    device: str

    def ask(
        self, request: dict[str, Any], seconds: float | None = None, largest: int = ...
    ) -> dict[str, Any]:
        """Answer one request or raise `RunnerLost`."""
        ...


@dataclass
class Submitted:
    """A submission, called through a runner.

    `transcript` holds the reference's calls on the same case, with the form of each result; it is
    followed as long as the labels agree.
    """

    asker: Asker
    transcript: Sequence[tuple[str, Form]] = ()
    calls: list[Call] = field(default_factory=list)

    def invoke(self, call: Call) -> Any:
        """Make the call in the runner and hold the result against the expected form.

        Raises:
            Failure: no value, or one of the wrong form.
        """
        position = len(self.calls)
        self.calls.append(call)
        wanted = self._expected(position, call)
        largest = {} if wanted is None else {"largest": MARGIN + 4 * reply_bytes(wanted)}
        reply = self.asker.ask(
            {
                "op": "call",
                "target": _handle(call.target),
                "method": call.method,
                "args": tuple(_handle(value) for value in call.args),
                "kwargs": {name: _handle(value) for name, value in call.kwargs.items()},
                "keep_last": keeps_last(call.target),
                "fresh": position == 0,
            },
            **largest,
        )
        value = self._checked(reply, call.label)
        mutated = reply.get("mutated")
        if isinstance(mutated, list) and mutated:
            raise Failure("mutated", f"{call.label} changed {_argument(call, mutated[0])} in place")
        stray = next((t.device for t in _tensors(value) if t.device != self.asker.device), None)
        if stray is not None:
            raise Failure(
                "form",
                f"{call.label} returned a tensor on {stray}; results must stay on "
                f"{self.asker.device}, where the arguments are",
                "device",
                self.asker.device,
                stray,
                found=["device", stray],
            )
        value = self._adopt(value)
        if wanted is not None:
            try:
                value = conform(value, wanted, f"the result of {call.label}", self._backend(call))
            except FormError as error:
                raise Failure(
                    "form",
                    error.message,
                    error.stage,
                    error.expected,
                    error.actual,
                    (),
                    error.found,
                ) from None
        else:
            value = self._loosely(value)
        call.result = value
        return value

    def _expected(self, position: int, call: Call) -> Form | None:
        """The form of the reference's result, while the calls are the same as the reference's."""
        if position < len(self.transcript) and self.transcript[position][0] == call.label:
            return self.transcript[position][1]
        return None

    def _backend(self, call: Call) -> str:
        """Which arrays to expect: a function that is handed none cannot know its library."""
        handed = [*call.args, *call.kwargs.values()]
        knows = not isinstance(call.target, str) or any(map(_carries_arrays, handed))
        return self.asker.backend if knows or self.asker.backend != "torch" else "any"

    def read(self, owner: Remote, name: str) -> Any:
        """Read an attribute of an object in the runner."""
        reply = self.asker.ask({"op": "attribute", "target": owner._value, "name": name})
        return self._loosely(self._adopt(self._checked(reply, f"{owner.kind}.{name}")))

    def _checked(self, reply: dict[str, Any], label: str) -> Any:
        if reply.get("ok") is True:
            return reply.get("value")
        raise failure_from(reply, label)

    def _adopt(self, value: Any) -> Any:
        if isinstance(value, Handle):
            return Remote(self, value, value.kind)
        if isinstance(value, tuple | list):
            return type(value)(self._adopt(item) for item in value)
        if isinstance(value, dict):
            return {key: self._adopt(item) for key, item in value.items()}
        return value

    def _loosely(self, value: Any) -> Any:
        """Without a transcript to follow: any form, but as the judge's own plain data."""
        if isinstance(value, Tensor):
            return value.data
        if isinstance(value, tuple | list):
            return type(value)(self._loosely(item) for item in value)
        if isinstance(value, dict):
            return {key: self._loosely(item) for key, item in value.items()}
        return value


def failure_from(reply: Mapping[str, Any], label: str) -> Failure:
    """Turn a runner's failure reply into a `Failure`; its texts are hostile and stay data."""
    kind, name = str(reply.get("kind"))[:20], str(reply.get("type"))[:100]
    message, lines = str(reply.get("message"))[:2000], []
    raw = reply.get("lines")
    for entry in raw if isinstance(raw, list) else ():
        if isinstance(entry, list) and len(entry) == 2 and type(entry[0]) is int:
            lines.append((entry[0], str(entry[1])[:80]))
    if kind == "raised" and name == "NotImplementedError":
        return Failure("not_attempted", f"{label} is not written yet", lines=lines)
    if kind == "exit":
        return Failure("exit", f"{label} ended the program with sys.exit", lines=lines)
    if kind == "unsendable":
        return Failure("unsendable", f"{label} returned what cannot be judged: {message}")
    text = f"{label} raised {name}: {message}".rstrip(": ")
    return Failure("raised", text, lines=lines, found=name)


def reference_form(call: Call) -> Form:
    """The form of a reference call's result, for the transcript."""
    return form(call.result)


def _handle(value: Any) -> Any:
    if isinstance(value, Remote):
        return value._value
    if isinstance(value, tuple | list):
        return type(value)(_handle(item) for item in value)
    if isinstance(value, dict):
        return {key: _handle(item) for key, item in value.items()}
    return value


def _argument(call: Call, array_index: int) -> str:
    """Which argument the n-th array of a call belongs to."""
    counted = 0
    for position, value in enumerate([*call.args, *call.kwargs.values()]):
        counted += _count_arrays(value)
        if type(array_index) is int and array_index < counted:
            return f"its argument number {position + 1}"
    return "an argument"


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _tensors(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _tensors(item)


def _carries_arrays(value: Any) -> bool:
    if isinstance(value, Remote):
        return True
    if isinstance(value, tuple | list):
        return any(map(_carries_arrays, value))
    if isinstance(value, dict):
        return any(map(_carries_arrays, value.values()))
    return type(value).__module__ == "numpy"


def _count_arrays(value: Any) -> int:
    if isinstance(value, tuple | list):
        return sum(_count_arrays(item) for item in value)
    if isinstance(value, dict):
        return sum(_count_arrays(item) for item in value.values())
    return int(type(value).__module__ == "numpy")
