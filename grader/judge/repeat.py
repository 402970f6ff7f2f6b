"""Makes calls again, with others in between: a result may depend on the arguments alone.

The calls of two cases are repeated in turns, one of the first, one of the second, and so on. That
is a second call of each, in another order, and a backward finds another forward between itself and
its own. What is kept outside arguments and caches (a global variable, an attribute of a function, a
mutable default, random numbers) shows as a different answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from grader.judge.compare import DIFFERENT, EQUAL, Difference, compare, magnitude
from grader.judge.implementation import Call, Failure, Remote
from grader.judge.observe import Outcome, leaves
from grader.judge.submitted import Submitted
from grader.judge.tape import TapeCase


@dataclass(frozen=True)
class Changed:
    """A call whose second answer differs: in a value, or because it failed this time."""

    call: Call
    difference: Difference | None
    failure: Failure | None


def repeat(
    submitted: Submitted, first: tuple[TapeCase, Outcome], second: tuple[TapeCase, Outcome]
) -> Changed | None:
    """Repeat the calls of two cases in turns and return the first that answers differently.

    Args:
        submitted: the submission, in a runner that may have answered before; no calls made yet.
        first, second: cases with what was observed on them, both without failure; they may be the
            same one.

    Raises:
        RunnerLost: the runner ended or did not answer.
    """
    turns = list(_turns(first, second))
    submitted.transcript = [entry for _, _, entry in turns]
    new: tuple[dict[int, Remote], dict[int, Remote]] = ({}, {})
    for side, before, _ in turns:
        try:
            call = _translated(before, new[side])
        except KeyError:
            # It needs an object that was read from another object; those are not followed.
            return None
        try:
            value = submitted.invoke(call)
        except Failure as failure:
            failure.__traceback__ = failure.__context__ = failure.__cause__ = None
            return Changed(call, None, failure)
        difference = _difference(before, value)
        if difference is not None:
            return Changed(call, difference, None)
        _match(before.result, value, new[side])
    return None


Turn = tuple[int, Call, tuple[str, Any]]


def _turns(first: tuple[TapeCase, Outcome], second: tuple[TapeCase, Outcome]) -> Iterator[Turn]:
    sides = []
    for case, outcome in (first, second):
        forms = list(case.transcript)
        unknown = ("", None)
        padded = forms + [unknown] * (len(outcome.calls) - len(forms))
        sides.append(list(zip(outcome.calls, padded, strict=False)))
    for pair in zip_longest(*sides):
        for side, entry in enumerate(pair):
            if entry is not None:
                yield side, entry[0], entry[1]


def _translated(call: Call, new: Mapping[int, Remote]) -> Call:
    """The same call on the objects of this round."""

    def now(value: Any) -> Any:
        if isinstance(value, Remote):
            return new[id(value)]
        if isinstance(value, tuple | list):
            return type(value)(now(item) for item in value)
        if isinstance(value, Mapping):
            return {key: now(item) for key, item in value.items()}
        return value

    kwargs = {name: now(value) for name, value in call.kwargs.items()}
    return replace(
        call, target=now(call.target), args=tuple(map(now, call.args)), kwargs=kwargs, result=None
    )


def _match(before: Any, value: Any, new: dict[int, Remote]) -> None:
    """Note which object of this round stands for which of the first."""
    if isinstance(before, Remote) and isinstance(value, Remote):
        new[id(before)] = value
    elif isinstance(before, tuple | list) and isinstance(value, tuple | list):
        for left, right in zip(before, value, strict=False):
            _match(left, right, new)
    elif isinstance(before, Mapping) and isinstance(value, Mapping):
        for key in before:
            _match(before[key], value.get(key), new)


def _difference(before: Call, value: Any) -> Difference | None:
    least = 1e-6 * magnitude(before.handed)
    pairs = zip(_plain(before.result), _plain(value), strict=False)
    for old, new in pairs:
        found = compare(new, old, floor=least)
        if found is not None and found.error > (EQUAL if _double(old) else DIFFERENT):
            return found
    return None


def _plain(value: Any) -> Sequence[Any]:
    return [leaf for _, leaf in leaves("", value) if not isinstance(leaf, Remote)]


def _double(value: Any) -> bool:
    return getattr(value, "dtype", None) is None or value.dtype.itemsize >= 8
