"""Runs a check on an implementation and writes down what was observed, as flat plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from grader.judge.implementation import Call, Failure, Implementation, Proxy
from grader.spec.checks import Check
from grader.spec.domain import Case, SpecError
from grader.spec.observations import Gradients, Holds, Same, Values


@dataclass(frozen=True)
class Observed:
    """One observed value.

    `role` is value, gradient, same or holds. For `same` and `holds` the expectation comes from the
    implementation itself, `because` states the relation, and `scale` is the least magnitude that
    its error is measured against.
    """

    name: str
    role: str
    value: Any
    own_expectation: Any = None
    because: str = ""
    scale: float = 0.0

    @property
    def variable(self) -> str:
        """What to call the value in code: `out`, `dx`; empty if it is part of something larger."""
        name = {"value": self.name, "gradient": f"d{self.name}"}.get(self.role, "")
        return name if name.isidentifier() else ""


@dataclass(frozen=True)
class Outcome:
    """What one case gave: observations, or the failure that prevented them.

    `notes` holds what was odd without being wrong.
    """

    observed: tuple[Observed, ...]
    failure: Failure | None
    calls: tuple[Call, ...]
    notes: tuple[str, ...] = ()


def observe(check: Check, implementation: Implementation, case: Mapping[str, Any]) -> Outcome:
    """Run `check` on one case; what the implementation did wrong becomes the outcome's failure."""
    implementation.calls = []
    try:
        returned = check.function(Proxy(implementation), Case(**case))
    except Failure as failure:
        # Its frames hold the arrays that were refused, which may be large.
        failure.__traceback__ = failure.__context__ = failure.__cause__ = None
        return Outcome((), failure, tuple(implementation.calls))
    except Exception as error:
        if _is_control(error):
            raise
        made = f"{type(error).__name__}: {error}"[:300]
        unusable = Failure("structure", f"the check could not use the result ({made})")
        return Outcome((), unusable, tuple(implementation.calls))
    notes = tuple(getattr(implementation, "notes", ()))
    return Outcome(tuple(_flatten(check, returned)), None, tuple(implementation.calls), notes)


def _is_control(error: Exception) -> bool:
    from grader.judge.runner_process import CannotRun, RunnerLost

    return isinstance(error, CannotRun | RunnerLost | SpecError)


def _flatten(check: Check, returned: Any) -> Iterator[Observed]:
    for entry in returned if isinstance(returned, list) else [returned]:
        match entry:
            case Values(named):
                for name, value in named.items():
                    for path, leaf in leaves(name, value):
                        yield Observed(path, "value", leaf)
            case Gradients(named=named):
                for name, value in named.items():
                    for path, leaf in leaves(name, value):
                        yield Observed(path, "gradient", leaf)
            case Same(actual, expected, because, scale):
                pairs = zip(leaves("left", actual), leaves("right", expected), strict=False)
                for (path, left), (_, right) in pairs:
                    yield Observed(path, "same", left, right, because, scale)
            case Holds(condition, because):
                yield Observed("statement", "holds", condition, True, because)
            case _:
                raise SpecError(f"check {check.name!r} returned {type(entry).__name__}")


def leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The arrays and scalars inside a value, with their paths: `grads["w1"]`, `hs[0]`."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from leaves(f"{name}[{key!r}]", inner)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from leaves(f"{name}[{index}]", inner)
    else:
        yield name, value
