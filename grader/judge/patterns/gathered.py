"""Detector: rows looked up in a table are rows of that table, but others than expected."""

from __future__ import annotations

from typing import Any

from grader.judge.patterns.pattern import LEAST_INPUTS, Finding
from grader.judge.patterns.samples import Sample, Tensor
from grader.judge.patterns.scene import Scene, where_seen

MOST_ROWS = 500


def other_rows(tensor: Tensor, scene: Scene) -> Finding | None:
    """Each row stands a fixed number of places before or after the expected one in an input."""
    first = tensor.wrong[0]
    if tensor.axes < 1:
        return None
    for path, table in scene.floats(first).items():
        if table.ndim != 2 or table.shape[1] < 2 or table.shape[1] != first.expected.shape[-1]:
            continue
        moves = None
        for sample in tensor.samples:
            here = _moves(sample, scene.floats(sample).get(path))
            moves = here if moves is None else moves & here
            if not moves:
                break
        several = sum(sample.expected.size > sample.expected.shape[-1] for sample in tensor.wrong)
        if not moves or several < LEAST_INPUTS:
            continue
        move = min(moves, key=abs)
        way = "after" if move > 0 else "before"
        text = (
            f"each row of <yours> is a row of the input {path}, {abs(move)} "
            f"{'place' if abs(move) == 1 else 'places'} {way} the expected row and "
            f"counted around the end, <cases>."
        )
        return Finding("other_rows", text, cases=where_seen(tensor))
    return None


def _moves(sample: Sample, table: Any) -> set[int]:
    """By how many places all rows are off, around the end of the table; empty if they are not."""
    if table is None or table.ndim != 2 or not 1 < table.shape[0] <= MOST_ROWS:
        return set()
    if table.shape[1] != sample.expected.shape[-1]:
        return set()
    mine, wanted = _rows(sample, sample.actual, table), _rows(sample, sample.expected, table)
    if mine is None or wanted is None:
        return set()
    length = table.shape[0]
    moves = {int(move) % length for move in mine - wanted}
    if len(moves) != 1:
        return set()
    move = moves.pop()
    return {move, move - length}


def _rows(sample: Sample, array: Any, table: Any) -> Any:
    """The index of each row in the table; None if one is not there, or there twice."""
    import numpy as np

    rows = array.reshape(-1, table.shape[1])
    if rows.size * len(table) > 1_000_000 or not rows.size:
        return None
    near = np.abs(rows[:, None, :] - table[None]).max(axis=-1) <= sample.tolerance * max(
        sample.magnitude, float(np.abs(table).max())
    )
    return near.argmax(axis=1) if (near.sum(axis=1) == 1).all() else None
