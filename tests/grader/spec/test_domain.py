"""Domains only declare: sizes are arithmetic on named dimensions, faults are found at once."""

from __future__ import annotations

import subprocess
import sys
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.spec import (
    Case,
    Dim,
    RandomSource,
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
from grader.spec.domain import Size, SpecError, as_size

small = st.integers(0, 50)


@given(b=small, d=small)
def test_sizes_are_integer_arithmetic(b: int, d: int) -> None:
    B, D = Dim("B", 0, 50), Dim("D", 0, 50)
    sizes = {"B": b, "D": d}
    assert B(sizes) == b
    assert (B + 1)(sizes) == b + 1
    assert (B - D)(sizes) == b - d
    assert (B * D)(sizes) == b * d
    assert (4 * D)(sizes) == 4 * d
    assert ((B + D) * (D - 1) + 2)(sizes) == (b + d) * (d - 1) + 2


def test_a_number_may_stand_on_the_left_of_a_sum() -> None:
    assert (1 + Dim("D", 1, 9))({"D": 4}) == 5  # type: ignore[operator]


def test_a_size_knows_its_dimensions() -> None:
    B, D = Dim("B", 1, 2), Dim("D", 1, 2)
    assert (B * 2 + D).dims == {B, D}
    assert as_size(7).dims == frozenset()


def test_a_plain_integer_is_a_constant_size() -> None:
    assert as_size(7)({}) == 7
    size = Size("n", lambda sizes: 3, frozenset())
    assert as_size(size) is size


def test_a_size_shows_as_it_is_written() -> None:
    H = Dim("H", 1, 4)
    assert repr(H) == "H"
    assert repr(as_size(3)) == "3"
    assert repr(H + 1 - H) == "H+1-H"
    assert repr(4 * H) == "H*4"
    assert repr((H + 1) * 2) == "(H+1)*2"


def expressions() -> st.SearchStrategy[Size]:
    leaves = st.sampled_from([Dim("B", 1, 9), Dim("D", 1, 9)]) | st.integers(0, 5).map(as_size)
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(lambda a, b: a + b, inner, inner),
            st.builds(lambda a, b: a - b, inner, inner),
            st.builds(lambda a, b: a * b, inner, inner),
        ),
        max_leaves=6,
    )


@given(expressions())
def test_the_text_of_a_size_means_its_value(size: Size) -> None:
    sizes = {"B": 3, "D": 7}
    assert eval(repr(size), {}, dict(sizes)) == size(sizes)


@pytest.mark.parametrize(("low", "high"), [(-1, 2), (3, 2)])
def test_a_dimension_without_sizes_is_refused(low: int, high: int) -> None:
    with pytest.raises(SpecError, match=f"'B'.*got {low} and {high}"):
        Dim("B", low, high)


@pytest.mark.parametrize(("low", "high"), [(0, 0), (1, 1), (0, 5)])
def test_a_dimension_with_sizes_is_taken(low: int, high: int) -> None:
    assert (Dim("B", low, high).low, Dim("B", low, high).high) == (low, high)


def test_a_domain_keeps_the_order_of_its_fields() -> None:
    B, D = Dim("B", 1, 4), Dim("D", 1, 4)
    made = domain(x=reals(B, D), w=reals(D), rate=scalar(0, 1))
    assert list(made.fields) == ["x", "w", "rate"]
    assert set(made.dims) == {B, D}


def test_a_field_that_is_none_is_refused() -> None:
    with pytest.raises(SpecError, match="'x' is not a field but float"):
        domain(x=1.5)  # type: ignore[arg-type]


def test_two_dimensions_of_one_name_are_refused() -> None:
    with pytest.raises(SpecError, match="both named 'B'"):
        domain(x=reals(Dim("B", 1, 4)), y=reals(Dim("B", 1, 4)))


def test_one_dimension_in_many_fields_is_taken() -> None:
    B = Dim("B", 1, 1)
    assert domain(x=reals(B, 3), y=reals(2 * B), n=dimension(B)).dims == (B,)


def test_dimensions_that_cannot_all_differ_are_refused_by_name() -> None:
    with pytest.raises(SpecError, match="cannot all have different sizes: A in 1…2, B in 1…2, C"):
        domain(x=reals(Dim("A", 1, 2), Dim("B", 1, 2), Dim("C", 1, 2)))


def test_dimensions_that_differ_in_one_way_only_are_taken() -> None:
    A, B, C = Dim("A", 1, 3), Dim("B", 1, 2), Dim("C", 1, 1)
    assert domain(x=reals(A, B, C)).dims == (C, B, A)


def test_dimensions_with_the_least_choice_are_settled_first() -> None:
    wide, narrow = Dim("A", 1, 3), Dim("B", 5, 6)
    assert domain(x=reals(wide, narrow)).dims == (narrow, wide)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=5))
def test_dimensions_are_refused_exactly_if_no_assignment_is_free_of_equals(
    bounds: list[tuple[int, int]],
) -> None:
    dims = [Dim(f"D{i}", low, low + extra) for i, (low, extra) in enumerate(bounds)]
    choices = product(*(range(dim.low, dim.high + 1) for dim in dims))
    solvable = any(len(set(sizes)) == len(sizes) for sizes in choices)
    try:
        domain(x=reals(*dims))
    except SpecError:
        assert not solvable
    else:
        assert solvable


def test_dimensions_inside_groups_and_bounds_count_too() -> None:
    A, B, C, V = (Dim(name, 1, 1) for name in "ABCV")
    assert domain(p=group(w=reals(A))).dims == (A,)
    with pytest.raises(SpecError, match="different sizes"):
        domain(p=group(w=reals(A), b=reals(B)))
    with pytest.raises(SpecError, match="different sizes"):
        domain(ids=integers(C, high=V))


def test_each_field_names_the_sizes_it_depends_on() -> None:
    B, V = Dim("B", 1, 4), Dim("V", 5, 9)
    assert reals(B, V).sizes == (B, V)
    assert booleans(B).sizes == (B,)
    assert permutation(V).sizes == (V,)
    assert dimension(B).sizes == (B,)
    assert integers(B, high=V).sizes[0] is B
    assert V in integers(B, high=V).sizes
    assert group(a=reals(B), b=group(c=reals(V))).sizes == (B, V)
    for without in (scalar(0, 1), choice(1, 2), constant(3), generator(), derived(lambda case: 1)):
        assert without.sizes == ()


def test_reals_need_a_dimension() -> None:
    with pytest.raises(SpecError, match="use scalar"):
        reals()
    assert len(reals(1).shape) == 1


def test_kinks_may_be_one_number_or_several() -> None:
    assert reals(2, away_from=0).away_from == (0.0,)
    assert reals(2, away_from=(-1.0, 1.0)).away_from == (-1.0, 1.0)
    assert reals(2).away_from == ()


def test_a_domain_keeps_its_condition() -> None:
    made = domain(x=scalar(0, 1), where=lambda case: case.x > 0.5)
    assert made.where is not None
    assert made.where(Case(x=0.75))
    assert not made.where(Case(x=0.25))


def test_a_random_source_is_the_wires_seed() -> None:
    assert RandomSource(3).seed == 3


def test_reading_the_spec_api_imports_nothing_heavy() -> None:
    script = "import sys, grader.spec; print([m for m in {} if m in sys.modules])"
    heavy = ["numpy", "torch", "hypothesis", "click", "rich"]

    def loaded(names: list[str]) -> str:
        command = [sys.executable, "-I", "-c", script.format(names)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert loaded(heavy) == "[]"
    assert loaded(["grader.spec"]) == "['grader.spec']"
