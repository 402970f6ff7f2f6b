"""A submission as an implementation: calls go to a runner, results are looked at first."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from grader.judge.implementation import Call, Failure, Remote, keeps_last
from grader.judge.structure import Form, FormError, conform, from_lists, reply_bytes
from grader.runner.wire import Handle, Tensor

#: Bytes that a reply may hold beyond four times what the reference returned.
MARGIN = 1 << 20


class Lost(NamedTuple):
    """What became of an attempt that lost its runner, or was not made for lack of time."""

    failure: Failure
    calls: tuple[Call, ...] = ()


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
    followed as long as the labels agree. `rows` names the calls whose vectors may come as `(1, D)`.
    What is odd without being wrong is added to `notes`.
    """

    asker: Asker
    transcript: Sequence[tuple[str, Form]] = ()
    calls: list[Call] = field(default_factory=list)
    rows: Collection[str] = ()
    notes: list[str] = field(default_factory=list)

    def invoke(self, call: Call) -> Any:
        """Make the call in the runner and hold the result against the expected form.

        Raises:
            Failure: no value, or one of the wrong form.
        """
        position = len(self.calls)
        self.calls.append(call)
        wanted = self._expected(position, call)
        largest = {} if wanted is None else {"largest": MARGIN + 4 * reply_bytes(wanted)}
        reply = self.asker.ask(_request(call, fresh=position == 0), **largest)
        value = self._checked(reply, call.label)
        mutated = reply.get("mutated")
        if isinstance(mutated, list) and mutated:
            raise Failure("mutated", f"{call.label} changed {_argument(call, mutated[0])} in place")
        altered = reply.get("altered")
        if isinstance(altered, list) and altered and type(altered[0]) is int:
            position = min(max(altered[0], 0), len(call.handed) - 1)
            handed = "dict" if isinstance(call.handed[position], dict) else "list"
            raise Failure(
                "mutated",
                f"{call.label} changed its argument number {position + 1} in place: the {handed}, "
                "or one inside it, has other members than before",
            )
        stray = next((t.device for t in _tensors(value) if t.device != self.asker.device), None)
        if stray is not None and _knows_its_arrays(call):
            raise Failure(
                "form",
                f"{call.label} returned a tensor on {stray}; results must stay on "
                f"{self.asker.device}, where the arguments are",
                "device",
                self.asker.device,
                stray,
                found=["device", stray],
            )
        shared = reply.get("shared")
        if isinstance(shared, list) and shared:
            self._note(f"{call.label} returns {_argument(call, shared[0])} itself, not a copy")
        value = self._adopt(value, call.root)
        if wanted is not None:
            rows: list[str] | None = [] if call.label in self.rows else None
            where = call.label if call.reads else f"the result of {call.label}"
            try:
                value = conform(value, wanted, where, self._backend(call), rows)
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
            if rows:
                asked = "where a vector, (D,), is asked for"
                self._note(f"{call.label} returns a row, (1, D), {asked}")
        else:
            value = self._loosely(value)
        call.result = value
        return value

    def _expected(self, position: int, call: Call) -> Form | None:
        """The form of the reference's result, while the calls are the same as the reference's."""
        if position < len(self.transcript) and self.transcript[position][0] == call.label:
            return self.transcript[position][1]
        return None

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def _backend(self, call: Call) -> str:
        """Which arrays to expect."""
        knows = self.asker.backend != "torch" or _knows_its_arrays(call)
        return self.asker.backend if knows else "any"

    def _checked(self, reply: dict[str, Any], label: str) -> Any:
        if reply.get("ok") is True:
            return reply.get("value")
        raise failure_from(reply, label)

    def _adopt(self, value: Any, root: str) -> Any:
        if isinstance(value, Handle):
            return Remote(self, value, value.kind, root)
        if isinstance(value, tuple | list):
            return type(value)(self._adopt(item, root) for item in value)
        if isinstance(value, dict):
            return {key: self._adopt(item, root) for key, item in value.items()}
        return value

    def _loosely(self, value: Any) -> Any:
        """Without a transcript to follow: any form, but as the judge's own plain data."""
        if self.asker.backend == "python":
            value = from_lists(value)
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


def _request(call: Call, fresh: bool) -> dict[str, Any]:
    if call.reads:
        return {"op": "attribute", "target": _handle(call.target), "name": call.method}
    return {
        "op": "call",
        "target": _handle(call.target),
        "method": call.method,
        "args": tuple(_handle(value) for value in call.args),
        "kwargs": {name: _handle(value) for name, value in call.kwargs.items()},
        "keep_last": keeps_last(call.target),
        "fresh": fresh,
    }


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
    for position, value in enumerate(call.handed):
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


def _knows_its_arrays(call: Call) -> bool:
    """Whether it is handed any: otherwise a function cannot know its library or its device."""
    return not isinstance(call.target, str) or any(map(_carries_arrays, call.handed))


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
