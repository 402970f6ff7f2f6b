"""Puts a problem into words: what was called, what came back, what was expected, where they differ.

Everything that comes from a submission is data here; renderers escape it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from grader.judge.compare import Difference
from grader.judge.implementation import Failure
from grader.judge.repeat import Changed
from grader.judge.tape import TapeCase
from grader.judge.verdict import Problem
from grader.result import Status
from grader.spec.library import Misconception

STATUSES = {
    "not_attempted": Status.NOT_ATTEMPTED,
    "timed_out": Status.TIMED_OUT,
    "died": Status.CRASHED,
    "protocol": Status.CRASHED,
    "exit": Status.CRASHED,
}

#: What PyTorch says of tensors on a GPU beside others on the CPU.
TWO_DEVICES = "Expected all tensors to be on the same device"
MAKE_THERE = "Make tensors where the arguments are: device=x.device."
#: What PyTorch says where a tensor on `meta` is to become a NumPy array, as of one on a GPU.
NO_ARRAY = "can't convert meta device type tensor to numpy"


@dataclass(frozen=True)
class Explanation:
    """The texts of a failed check."""

    message: str
    expected: str | None = None
    actual: str | None = None


def status_of(problem: Problem) -> Status:
    """The status of a check that has this problem."""
    return STATUSES.get(problem.kind, Status.FAILED)


def explain(case: TapeCase, problem: Problem) -> Explanation:
    """Explain a problem on a case."""
    where = f" In the case “{case.name}”." if case.name else ""
    if problem.failure is not None:
        failure = problem.failure
        return Explanation(explain_failure(failure) + where, failure.expected, failure.actual)
    assert problem.observed is not None and problem.difference is not None
    role, name, found = problem.observed.role, problem.observed.name, problem.difference
    if role == "holds":
        return Explanation(f"This should hold, and does not: {problem.observed.because}.{where}")
    if role == "same":
        text = f"This should hold, and does not: {problem.observed.because}. {_first(found)}{where}"
        return Explanation(text, _show(found.expected), _show(found.actual))
    subject = f"The gradient for {name}" if role == "gradient" else name
    text = f"{_sentence(f'{subject} is wrong')} {_first(found)}{where}"
    return Explanation(text, _show(found.expected), _show(found.actual))


def explain_failure(failure: Failure) -> str:
    """A call that gave nothing to compare, with the submission's own line if one is known."""
    advice = f" {MAKE_THERE}" if TWO_DEVICES in failure.message else ""
    return _sentence(failure.message) + _lines(failure) + advice


def explain_single(case: TapeCase, problem: Problem) -> Explanation:
    """Explain a case with float32 inputs that is right in float64."""
    texts = explain(case, problem)
    message = (
        f"Right in float64, and not with float32 inputs. {texts.message} Digits are lost on the "
        "way: look for a difference of large, nearly equal numbers, for exp of something large, "
        "and for constants too small for float32."
    )
    return replace(texts, message=message)


def note_single(case: TapeCase, problem: Problem) -> str:
    """A note on float32 inputs where nothing asks for them."""
    told = explain(case, problem).message
    return f"Right in float64, which is all that is asked. With float32 inputs, though: {told}"


def note_placement(failure: Failure) -> str | None:
    """A note on a call that was right on the CPU, made with tensors on `meta`.

    None if it says nothing about a GPU: if it failed for want of numbers.
    """
    _, _, said = failure.message.partition(": ")
    if failure.found == "MixedDevices":
        what = said
    elif failure.found == "TypeError" and NO_ARRAY in said:
        what = "a tensor there cannot become a NumPy array"
    elif failure.found == ["device", "cpu"]:
        what = f"{failure.message.partition(' ')[0]} returns a tensor on the CPU"
    else:
        return None
    return (
        f"Right on the CPU, which is all that is asked. On a GPU, though: {what}."
        f"{_lines(failure)} {MAKE_THERE}"
    )


def explain_change(changed: Changed) -> Explanation:
    """Explain a call whose answer was another one when it was made again, among others."""
    label = changed.call.label
    if changed.failure is not None:
        now = f"This time: {changed.failure.message.rstrip('.')}."
        expected, actual = None, None
    else:
        found = changed.difference
        assert found is not None
        at = f" at index {list(found.index)}" if found.index else ""
        expected, actual = _show(found.expected), _show(found.actual)
        now = f"Its first answer{at} was {expected}; the second was {actual}."
    message = (
        f"{label} gave another answer when the same calls were made again with other calls in "
        f"between. {now} A result may depend on nothing but the arguments: look for global "
        "variables, attributes of functions, mutable default arguments, and values of a forward "
        "that are not kept in its own cache."
    )
    return Explanation(message, expected, actual)


def several(candidates: Sequence[Misconception]) -> str:
    """What several misconceptions that fit equally well have in common."""
    titles = "; ".join(entry.title for entry in candidates)
    text = f"Consistent with each of these, which give the same results here: {titles}."
    shared = set(candidates[0].members).intersection(*(entry.members for entry in candidates))
    if shared:
        text += f" All of them are about {', '.join(sorted(shared))}."
    return text


def timed_out(label: str, seconds: float) -> Failure:
    """A call that did not come back."""
    return Failure(
        "timed_out",
        f"{label} did not return within {seconds:g} seconds. Look for a loop that never ends",
    )


def too_long(seconds: float) -> Failure:
    """All calls together took more than a verdict may."""
    return Failure("timed_out", f"The whole verdict took more than {seconds:g} seconds")


def too_large(label: str) -> Failure:
    """A reply of many times the expected size; its runner had to go."""
    return Failure("too_large", f"{label} returned far more data than it should")


def died(label: str, detail: str) -> Failure:
    """The runner ended during a call."""
    return Failure("died", f"Your program ended while it ran {label}: {detail}")


def broke_protocol(label: str, detail: str) -> Failure:
    """The runner sent something that is not an answer."""
    return Failure("protocol", f"{label} sent something that is not an answer ({detail})")


def _first(found: Difference) -> str:
    if not found.index:
        return f"Yours is {_show(found.actual)}; expected {_show(found.expected)}."
    some = f" ({found.count} of {found.total} entries differ)" if found.total > 1 else ""
    return (
        f"At index {list(found.index)} yours is {_show(found.actual)}; "
        f"expected {_show(found.expected)}{some}."
    )


def _show(value: Any) -> str:
    if isinstance(value, float):
        return f"{value + 0.0:.7g}"  # no minus sign before a zero
    return repr(value)[:80]


def _sentence(text: str) -> str:
    return text.rstrip(".") + "."


def _lines(failure: Failure) -> str:
    if not failure.lines:
        return ""
    line, function = failure.lines[-1]
    place = "at the top level" if function == "<module>" else f"in {function}"
    return f" See line {line}, {place}."
