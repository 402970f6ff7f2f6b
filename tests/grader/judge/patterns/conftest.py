"""A check with plain inputs, and evidence made from what is expected and what came back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from grader.judge.implementation import Call, Failure
from grader.judge.observe import Observed, Outcome, leaves
from grader.judge.patterns import Pattern
from grader.judge.patterns.search import search
from grader.judge.structure import FormError, conform, form
from grader.judge.tape import TapeCase
from grader.spec import Dim, booleans, check, choice, dimension, domain, integers, reals, scalar
from grader.spec.checks import Check
from grader.spec.domain import Case

N, D, M, V = Dim("N", 1, 9), Dim("D", 1, 9), Dim("M", 1, 9), Dim("V", 1, 12)
H, K = Dim("H", 1, 4), Dim("K", 1, 4)
#: N, D, M, V, H and K of each case.
SIZES = ((2, 3, 4, 9, 2, 3), (5, 2, 3, 8, 3, 2), (3, 6, 2, 7, 2, 2), (4, 5, 6, 10, 3, 4))
SIZES += ((6, 4, 5, 11, 2, 4),)
Formula = Callable[[Any], Mapping[str, Any]]


@pytest.fixture(scope="session")
def plain() -> Check:
    @check(
        task="f",
        points=1,
        cases=domain(
            x=reals(N, D),
            w=reals(D, M),
            b=reals(M),
            dout=reals(N, M),
            table=reals(V, D),
            ids=integers(N, high=V),
            mask=booleans(N, M),
            heads=reals(N, H * K),
            n_heads=dimension(H),
            rate=scalar(0.1, 0.9),
            decay=scalar(0.1, 0.9),
            mode=choice("sum", "mean"),
        ),
    )
    def it(student: Any, case: Any) -> Any:
        """f is right"""

    return it


def drawn(at: int, seed: int = 0) -> dict[str, Any]:
    n, d, m, v, h, k = SIZES[at]
    rng = np.random.default_rng([seed, at])

    def numbers(*shape: int) -> Any:
        return rng.uniform(0.1, 2, shape) * rng.choice([-1, 1], shape)

    ids = rng.integers(0, v, n)
    ids[-1] = ids[0]
    mask = rng.random((n, m)) < 0.5
    mask[0, 0], mask[-1, -1] = True, False
    return {
        "x": numbers(n, d),
        "w": numbers(d, m),
        "b": numbers(m),
        "dout": numbers(n, m),
        "table": numbers(v, d),
        "ids": ids,
        "mask": mask,
        "heads": numbers(n, h * k),
        "n_heads": h,
        "rate": float(rng.uniform(0.1, 0.9)),
        "decay": float(rng.uniform(0.1, 0.9)),
        "mode": ("sum", "mean")[at % 2],
    }


@pytest.fixture(scope="session")
def evidence(plain: Check) -> Any:
    """`evidence(expected, actual)`: both map a case to named values; gradients by `role`."""

    def make(
        expected: Formula,
        actual: Formula,
        *,
        role: str = "value",
        cases: int = len(SIZES),
        specials: Mapping[str, int] | None = None,
        seed: int = 0,
    ) -> list[tuple[TapeCase, Outcome]]:
        names: list[tuple[str | None, int]] = [(None, at) for at in range(cases)]
        names += list((specials or {}).items())
        found = []
        for number, (name, at) in enumerate(names):
            fields = drawn(at, seed + (0 if name is None else 100 + number))
            case = Case(**fields, special=name)
            right, wrong = (_observed(formula(case), role) for formula in (expected, actual))
            found.append((TapeCase(name, fields, (), right), Outcome(wrong, None, ())))
        return found

    return make


def _observed(values: Mapping[str, Any], role: str) -> tuple[Observed, ...]:
    return tuple(
        Observed(path, role, leaf)
        for name, value in values.items()
        for path, leaf in leaves(name, value)
    )


@pytest.fixture(scope="session")
def told(plain: Check, evidence: Any) -> Any:
    """`told(expected, actual)`: the patterns found; one formula each, for a value called `out`."""

    def tell(expected: Any, actual: Any, **options: Any) -> list[Pattern]:
        def named(formula: Any) -> Formula:
            def values(case: Any) -> Mapping[str, Any]:
                result = formula(case)
                return result if isinstance(result, dict) else {"out": result}

            return values

        return search(plain, evidence(named(expected), named(actual), **options))

    return tell


@pytest.fixture(scope="session")
def misshapen(plain: Check) -> Any:
    """`misshapen(expected, actual)`: the patterns of results that are refused for their shape."""

    def tell(expected: Any, actual: Any) -> list[Pattern]:
        found = []
        for at in range(len(SIZES)):
            fields = drawn(at)
            wanted, came = form(expected(Case(**fields))), actual(Case(**fields))
            case = TapeCase(None, fields, (("f", wanted),), ())
            calls = (Call("f", None, (), {}),)
            try:
                conform(came, wanted, "the result of f", "numpy")
            except FormError as error:
                failure = Failure("form", error.message, error.stage, error.expected, error.actual)
                failure.found = error.found
                found.append((case, Outcome((), failure, calls)))
        return search(plain, found)

    return tell
