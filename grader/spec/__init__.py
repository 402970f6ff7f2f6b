"""What the author of an exercise imports: domains, checks, observations, library decorators.

Nothing here imports NumPy, torch or Hypothesis, so reading a spec stays cheap.
"""

from grader.spec.checks import Check, Special, check, special
from grader.spec.domain import (
    Case,
    Dim,
    Domain,
    RandomSource,
    Size,
    booleans,
    choice,
    constant,
    derived,
    dimension,
    domain,
    generator,
    group,
    integers,
    permutation,
    reals,
    scalar,
)
from grader.spec.library import Misconception, Variant, misconception, solution, variant
from grader.spec.observations import Gradients, Holds, Same, Values, gradients, holds, same, values

__all__ = [
    "Case",
    "Check",
    "Dim",
    "Domain",
    "Gradients",
    "Holds",
    "Misconception",
    "RandomSource",
    "Same",
    "Size",
    "Special",
    "Values",
    "Variant",
    "booleans",
    "check",
    "choice",
    "constant",
    "derived",
    "dimension",
    "domain",
    "generator",
    "gradients",
    "group",
    "holds",
    "integers",
    "misconception",
    "permutation",
    "reals",
    "same",
    "scalar",
    "solution",
    "special",
    "values",
    "variant",
]
