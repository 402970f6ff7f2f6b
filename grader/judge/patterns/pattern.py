"""What a pattern is, and what a detector hands in before the names are put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grader.judge.observe import Outcome
from grader.judge.tape import TapeCase

Evidence = Sequence[tuple[TapeCase, Outcome]]
#: On how many inputs a pattern must show before it is claimed.
LEAST_INPUTS = 3


@dataclass(frozen=True)
class Pattern:
    """How a failed check's numbers differ from the expected ones, in words.

    Attributes:
        kind: short id, "factor" for example.
        where: names of the observed values it is about, in the check's order.
        statement: one sentence with facts that were verified on the evidence, and nothing else.
        explanation: what a pattern like this is consistent with, and where to look.
    """

    kind: str
    where: tuple[str, ...]
    statement: str
    explanation: str


@dataclass(frozen=True)
class Finding:
    """A pattern of one tensor, not yet grouped with others.

    `sentence` holds `<yours>` for the subject, `<is>` and `<differs>` for its verb, `<expected>`
    for what it should be and `<cases>` for the cases it was seen in. Tensors with the same kind and
    sentence are put together. `topic` chooses the explanation; `kind` does if it is empty.
    """

    kind: str
    sentence: str
    topic: str = ""
    cases: str = ""


def seen_in(times: int, of: int) -> str:
    """In how many cases something was seen: “in all 5 cases”."""
    if times == of:
        return f"in all {of} cases"
    return f"in the {times} of {of} cases in which <it> <differs>"
