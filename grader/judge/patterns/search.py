"""Looks for patterns in how a submission's numbers differ from the expected ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from grader.judge.patterns import (
    elementwise,
    exchange,
    factors,
    gathered,
    inputs,
    order,
    places,
    products,
    rows,
    shapes,
    shift,
    steps,
)
from grader.judge.patterns.pattern import Evidence, Finding, Pattern
from grader.judge.patterns.samples import INDEX, Tensor, family, stacked
from grader.judge.patterns.scene import Scene
from grader.judge.patterns.words import EXPLANATIONS
from grader.spec.checks import Check

MOST_PATTERNS = 2
MOST_NAMES = 4
Detector = Callable[[Tensor, Scene], Finding | None]
#: The most specific first: what has no free number, then places, then fitted numbers.
DETECTORS: tuple[Detector, ...] = (
    elementwise.nothing,
    exchange.other_result,
    exchange.returned_input,
    exchange.part_of_input,
    gathered.other_rows,
    factors.factor,
    elementwise.function,
    elementwise.offset,
    order.rearranged,
    places.exactly_confined,
    shift.shifted,
    rows.reduced,
    inputs.input_difference,
    products.input_factor,
    factors.sign_in_places,
    steps.first_step,
    places.condition,
    elementwise.flat,
    rows.same_rows,
    places.confined,
    rows.normalised,
    rows.row_offset,
    factors.scaled_per_case,
    rows.row_scale,
    order.other_places,
)
#: What can be said of a whole list: its items one late, or only the first of them right.
OF_LISTS: tuple[Detector, ...] = (shift.shifted, steps.first_step, places.confined)


@dataclass
class _Group:
    """Tensors that show the same pattern."""

    finding: Finding
    names: list[str] = field(default_factory=list)
    roles: set[str] = field(default_factory=set)
    cases: set[str] = field(default_factory=set)


def search(check: Check, evidence: Evidence) -> list[Pattern]:
    """As `find_patterns`, without the guard against faults of its own."""
    import numpy as np

    with np.errstate(all="ignore"):
        scene = Scene(check, evidence)
        groups: dict[tuple[str, str], _Group] = {}
        for tensor in scene.tensors:
            finding = _first(DETECTORS, tensor, scene) if tensor.enough else None
            _add(groups, tensor, finding or places.special_cases(tensor, scene))
        told = {name for group in groups.values() for name in group.names}
        for tensor in stacked([t for t in scene.tensors if INDEX.search(t.name)]):
            members = {family(name) for name in told}
            if tensor.name not in members and tensor.enough:
                _add(groups, tensor, _first(OF_LISTS, tensor, scene))
        result = [_told(group) for group in groups.values()]
        if not result:
            found = shapes.misshapen(scene)
            finding = shapes.shape_pattern(found, scene) if found else None
            if found and finding:
                text = finding.sentence.replace("<yours>", found.name[0].upper() + found.name[1:])
                result = [Pattern(finding.kind, (found.name,), text, _explained(finding))]
    return result[:MOST_PATTERNS]


def _first(detectors: tuple[Detector, ...], tensor: Tensor, scene: Scene) -> Finding | None:
    for detector in detectors:
        finding = detector(tensor, scene)
        if finding is not None:
            return finding
    return None


def _add(groups: dict[tuple[str, str], _Group], tensor: Tensor, finding: Finding | None) -> None:
    if finding is None:
        return
    group = groups.setdefault((finding.kind, finding.sentence), _Group(finding))
    if tensor.name not in group.names:
        group.names.append(tensor.name)
    group.roles.add(tensor.role)
    group.cases.add(finding.cases)


def _told(group: _Group) -> Pattern:
    """Fill in the subject and its verbs."""
    names, several = tuple(group.names), len(group.names) > 1
    listed = _listed(names)
    if group.roles == {"gradient"}:
        yours = f"your gradient{'s' if several else ''} for {listed}"
    else:
        yours = f"your value{'s' if several else ''} of {listed}"
    cases = group.cases.pop() if len(group.cases) == 1 else "in every case in which <it> <differs>"
    expected = "the expected values" if several else "the expected value"
    text = group.finding.sentence.replace("<cases>", cases).replace("<expected>", expected)
    for verb, one, many in (
        ("is", "is", "are"),
        ("has", "has", "have"),
        ("does", "does", "do"),
        ("adds", "adds", "add"),
        ("differs", "differs", "differ"),
        ("it", "it", "they"),
    ):
        text = text.replace(f"<{verb}>", many if several else one)
    text = text.replace("<yours>", yours)
    return Pattern(group.finding.kind, names, text[0].upper() + text[1:], _explained(group.finding))


def _listed(names: tuple[str, ...]) -> str:
    if len(names) > MOST_NAMES:
        return f"{', '.join(names[: MOST_NAMES - 1])} and {len(names) - MOST_NAMES + 1} more"
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def _explained(finding: Finding) -> str:
    return _explanations()[finding.topic or finding.kind]


@lru_cache(maxsize=1)
def _explanations() -> dict[str, str]:
    return {topic: " ".join(text.split()) for topic, text in EXPLANATIONS.items()}
