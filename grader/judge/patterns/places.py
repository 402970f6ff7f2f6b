"""Detectors: the submission's value is wrong only in certain places, or only in certain cases."""

from __future__ import annotations

import math
from typing import Any

from grader.judge.patterns.pattern import LEAST_INPUTS, Finding
from grader.judge.patterns.regions import regions
from grader.judge.patterns.samples import Tensor
from grader.judge.patterns.scene import Scene, where_seen
from grader.spec.domain import Choice

#: Natural logarithm of how unlikely it must be that errors at random places look like this.
UNLIKELY = 12.0
EXACTLY = ", in every entry there"
#: Cases on the right side that a condition on cases needs.
LEAST_RIGHT = 2


def confined(tensor: Tensor, scene: Scene) -> Finding | None:
    """All differing entries lie in one region, and the others are right."""
    off = {sample.at: sample.off for sample in tensor.wrong}
    if sum(not marks.all() for marks in off.values()) < LEAST_INPUTS:
        return None
    best: tuple[tuple[bool, float], Finding] | None = None
    for topic, words, region in regions(tensor, scene):
        weight, exact, informative = 0.0, True, 0
        for sample in tensor.wrong:
            inside, wrong = region(sample), off[sample.at]
            if inside is None or (wrong & ~inside).any():
                break
            full = bool((wrong == inside).all())
            exact &= full
            if not inside.all():
                informative += 1
                weight += _surprise(wrong, inside, exact=full)
        else:
            if informative < LEAST_INPUTS or weight < UNLIKELY or not _telling(tensor, region):
                continue
            if topic.endswith("!") and not exact:
                continue
            if best is None or (exact, weight) > (best[0][0], best[0][1] + 1e-9):
                all_there = EXACTLY if exact else ""
                text = (
                    f"<yours> <differs> only {words}{all_there}, <cases>; all other entries are "
                    f"right."
                )
                finding = Finding("confined", text, topic.rstrip("!"), where_seen(tensor))
                best = (exact, weight), finding
    return best[1] if best else None


def _telling(tensor: Tensor, region: Any) -> bool:
    """Whether the entries elsewhere could have been wrong: not all zero, in enough cases."""
    count = 0
    for sample in tensor.wrong:
        outside = sample.expected[~region(sample)]
        count += bool(outside.size and (outside.any() or sample.whole))
    return count >= LEAST_INPUTS


def _surprise(wrong: Any, inside: Any, *, exact: bool) -> float:
    size, count = int(wrong.size), int(wrong.sum())
    if exact:
        return math.lgamma(size + 1) - math.lgamma(count + 1) - math.lgamma(size - count + 1)
    return count * math.log(size / int(inside.sum()))


def exactly_confined(tensor: Tensor, scene: Scene) -> Finding | None:
    """For masks and ids: every entry of one region differs, and no other."""
    if not tensor.wrong[0].whole:
        return None
    found = confined(tensor, scene)
    return found if found is not None and EXACTLY in found.sentence else None


def special_cases(tensor: Tensor, scene: Scene) -> Finding | None:
    """Every drawn case is right; named special cases are not."""
    drawn = [sample for sample in tensor.samples if sample.case.name is None]
    names = [f"“{s.case.name}”" for s in tensor.wrong if s.case.name is not None]
    if any(sample.wrong for sample in drawn) or len(drawn) < LEAST_INPUTS or not names:
        return None
    text = (
        f"<yours> <is> right in all {len(drawn)} ordinary cases and <differs> only in the special "
        f"{'cases' if len(names) > 1 else 'case'} {' and '.join(names)}."
    )
    return Finding("special_cases", text)


def condition(tensor: Tensor, scene: Scene) -> Finding | None:
    """It differs in exactly the cases in which an argument has one value."""
    if len(tensor.wrong) < LEAST_INPUTS or len(tensor.right) < LEAST_RIGHT:
        return None
    for path, value in tensor.wrong[0].case.fields.items():
        chosen = isinstance(scene.declared.get(path), Choice) and isinstance(value, int | float)
        if not (chosen or value is None or isinstance(value, bool | str)):
            continue
        alike = [_has(sample.case.fields, path, value) for sample in tensor.samples]
        if alike == [sample.wrong for sample in tensor.samples]:
            text = (
                f"<yours> <differs> in exactly the {len(tensor.wrong)} cases in which {path} is "
                f"{value!r}, and <is> right in the other {len(tensor.right)}."
            )
            return Finding("condition", text)
    return None


def _has(fields: Any, path: str, value: Any) -> bool:
    found = fields.get(path, ...)
    return type(found) is type(value) and found == value
