from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from grader.judge.draw import case_strategy, draw_cases
from grader.spec import (
    Dim,
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
from grader.spec.domain import Domain, RandomSource, SpecError

N, D, V = Dim("N", 1, 5), Dim("D", 1, 5), Dim("V", 2, 6)


def everything() -> Domain:
    return domain(
        x=reals(N, D, away_from=0.0, margin=0.25),
        tiny=reals(D, low=1e-4, high=2e-4),
        ids=integers(N, high=V, repeats=True),
        mask=booleans(N, D),
        order=permutation(N),
        rate=scalar(0.5, 1.0),
        mode=choice("a", "b"),
        fixed=constant(3),
        size=dimension(2 * D),
        rng=generator(),
        params=group(w=reals(D, V), b=reals(V)),
        doubled=derived(lambda case: case.x * 2),
    )


def check_case(case: dict[str, object]) -> None:
    x, params = case["x"], case["params"]
    assert isinstance(x, np.ndarray) and isinstance(params, dict)
    n, d = x.shape
    assert x.dtype == np.float64 and np.abs(x).min() >= 0.25 and np.abs(x).max() <= 2
    tiny, ids, mask = case["tiny"], case["ids"], case["mask"]
    assert isinstance(tiny, np.ndarray) and tiny.min() >= 1e-4 and tiny.max() <= 2e-4
    assert isinstance(ids, np.ndarray) and ids.dtype == np.int64
    assert ids.shape == (n,) and ids.min() >= 0 and ids.max() < params["b"].shape[0]
    assert isinstance(mask, np.ndarray) and mask.any(axis=-1).all()
    assert sorted(case["order"]) == list(range(n))  # type: ignore[call-overload]
    assert 0.5 <= case["rate"] <= 1.0  # type: ignore[operator]
    assert case["mode"] in ("a", "b") and case["fixed"] == 3 and case["size"] == 2 * d
    assert isinstance(case["rng"], RandomSource)
    np.testing.assert_array_equal(case["doubled"], 2 * x)


def test_cases_on_the_tape_are_dense_with_different_dimensions() -> None:
    for case in draw_cases(everything(), 12, 7):
        check_case(case)
        n, d = case["x"].shape
        v = case["params"]["b"].shape[0]
        assert len({n, d, v}) == 3
        assert len(np.unique(case["x"])) == case["x"].size
        assert not np.any(case["params"]["w"] == 0)
        if n > 1:
            assert len(np.unique(case["ids"])) < n


def test_the_same_number_gives_the_same_cases_and_another_gives_others() -> None:
    one, again, other = (draw_cases(everything(), 3, number) for number in (1, 1, 2))
    for left, right in zip(one, again, strict=True):
        np.testing.assert_array_equal(left["x"], right["x"])
    assert any(
        left["x"].shape != right["x"].shape or (left["x"] != right["x"]).any()
        for left, right in zip(one, other, strict=True)
    )


@settings(max_examples=40, deadline=None)
@given(case_strategy(everything(), dense=False))
def test_simple_cases_obey_the_same_declaration(drawn: tuple[int, dict[str, object]]) -> None:
    check_case(drawn[1])


def test_simple_cases_can_become_as_small_as_declared() -> None:
    from hypothesis import find

    _, case = find(case_strategy(domain(x=reals(N, D)), dense=False), lambda drawn: True)
    assert case["x"].shape == (1, 1)


def test_where_keeps_only_what_it_admits() -> None:
    positive = domain(x=reals(N), where=lambda case: bool(case.x[0] > 0))
    assert all(case["x"][0] > 0 for case in draw_cases(positive, 5, 0))


def test_a_domain_without_enough_cases_is_a_fault_of_the_spec() -> None:
    never = domain(x=reals(N), where=lambda case: False)
    with pytest.raises(SpecError, match="gave 0 different cases, 3 are needed"):
        draw_cases(never, 3, 0)


@pytest.mark.parametrize("number", [0, 1, 99, 2**40])
def test_any_number_gives_as_many_cases_as_asked(number: int) -> None:
    assert len(draw_cases(domain(x=reals(N, D), k=choice(1, 2)), 5, number)) == 5


DRAWN = """
import sys
sys.path.insert(0, {folder!r})
{first}
from grader.catalog import Catalog
from grader.judge.draw import draw_cases
from grader.judge.library import Library
check = Library(Catalog().find("07")).checks[0]
print([(c["x"].tolist(), c["w"].tolist()) for c in draw_cases(check.domain, 40, 3)])
"""


def test_the_cases_do_not_depend_on_what_else_is_loaded_or_where(tmp_path: Path) -> None:
    numbers = ", ".join(str(7**n) for n in range(3, 22))
    (tmp_path / "local_module.py").write_text(f"VALUES = [{numbers}]\n")
    drawn = set()
    for number, first in enumerate(("", "import local_module")):
        cwd = tmp_path / f"cwd{number}"
        cwd.mkdir()
        code = DRAWN.format(folder=str(tmp_path), first=first)
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, check=True
        )
        drawn.add(done.stdout)
        assert list(cwd.iterdir()) == []
    assert len(drawn) == 1
