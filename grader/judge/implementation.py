"""Something that a check can call: the reference in this process, or a submission in a runner.

Checks see a `Proxy`; the two implementations behind it differ only in where the code runs.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Protocol

from grader.judge.structure import Opaque
from grader.runner import operators
from grader.runner.wire import Seed


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
    """One call as it was made: for the transcript on the tape and for the snippet.

    With `reads`, no call but a look at the attribute called `method`.
    """

    target: Any
    method: str | None
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    result: Any = None
    reads: bool = False

    @property
    def label(self) -> str:
        """What was called: `affine_forward`, `TwoLayerNet.loss`."""
        return f"{self.root}.{self.method}" if self.method else self.root

    @property
    def handed(self) -> list[Any]:
        """The arguments, in order."""
        return [*self.args, *self.kwargs.values()]

    @property
    def root(self) -> str:
        """The function or class of the exercise that the target is, or that it came from."""
        return self.target if isinstance(self.target, str) else str(self.target.root)


class Implementation(Protocol):
    """Where calls go."""

    calls: list[Call]

    def invoke(self, call: Call) -> Any:
        """Make the call, or read the attribute, and return plain data or `Remote` objects."""
        ...


class Remote(Opaque):
    """An object on the implementation's side: its methods are called through this one.

    So are its operators: `a + b`, `2 * a`, `-a`. Comparing two asks whether they are one object.
    """

    def __init__(
        self, implementation: Implementation, value: Any, kind: str, root: str = ""
    ) -> None:
        self._implementation = implementation
        self._value = value
        self.kind = kind
        # Submissions may name their classes as they like; what made an object has the same name.
        self.root = root or kind

    def attribute(self, name: str) -> Any:
        """Read a plain attribute."""
        return self._implementation.invoke(Call(self, name, (), {}, reads=True))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._implementation.invoke(Call(self, "__call__", args, kwargs))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self._implementation.invoke(Call(self, name, args, kwargs))


def _operator(name: str) -> Callable[..., Any]:
    def applied(self: Remote, *operands: Any) -> Any:
        return self._implementation.invoke(Call(self, name, operands, {}))

    return applied


for _name in operators.NAMES:
    setattr(Remote, _name, _operator(_name))


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


def has_cache(target: Any, result: Any) -> bool:
    """Whether this result of a target ends with a cache."""
    return keeps_last(target) and isinstance(result, tuple) and len(result) >= 2


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
        if call.reads:
            value = getattr(target, call.method or "")
        else:
            args = tuple(self._unwrap(value) for value in call.args)
            kwargs = {name: self._unwrap(value) for name, value in call.kwargs.items()}
            value = operators.call(target, call.method, args, kwargs)
        if has_cache(call.target, value):
            results = (self._wrap(item, call.root) for item in value[:-1])
            value = (*results, self._remote(value[-1], call.root))
        else:
            value = self._wrap(value, call.root)
        call.result = value
        return value

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

    def _wrap(self, value: Any, root: str) -> Any:
        if isinstance(value, tuple | list):
            plain = tuple if isinstance(value, tuple) else list
            return plain(self._wrap(item, root) for item in value)
        if isinstance(value, dict):
            return {key: self._wrap(item, root) for key, item in value.items()}
        if is_plain(value):
            return value
        return self._remote(value, root)

    def _remote(self, value: Any, root: str) -> Remote:
        return Remote(self, value, type(value).__name__, root)


def is_plain(value: Any) -> bool:
    """Numbers, strings, None and arrays (NumPy's or torch's)."""
    if value is None or isinstance(value, bool | int | float | complex | str):
        return True
    return type(value).__module__.partition(".")[0] in ("numpy", "torch") and hasattr(
        value, "dtype"
    )
