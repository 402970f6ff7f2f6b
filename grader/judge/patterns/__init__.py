"""Recognises patterns in wrong numbers: a factor, a sign, a shift, a place, a wrong axis.

For failures that no named misconception explains. A pattern is a statement about numbers, verified
on every case in which they differ; what it says about causes is "consistent with" and no more.
"""

from __future__ import annotations

import warnings

from grader.judge.patterns.pattern import Evidence, Pattern
from grader.spec.checks import Check

__all__ = ["Pattern", "find_patterns"]


def find_patterns(check: Check, evidence: Evidence) -> list[Pattern]:
    """What can be said about how the numbers of a failed check differ: at most two patterns.

    Args:
        evidence: every case of the check that was run, with what the submission gave on it.

    Warns instead of raising: a verdict stands without this aid, and a fault in it must neither cost
    the verdict nor go unseen.
    """
    from grader.judge.patterns.search import search

    try:
        return search(check, evidence)
    except Exception as error:
        fault = f"{type(error).__name__}: {error}"[:200]
        warnings.warn(f"no patterns of {check.name!r} ({fault})", RuntimeWarning, stacklevel=2)
        return []
