from __future__ import annotations

from typing import Any

from grader.judge.patterns.naming import name
from grader.judge.patterns.quantities import Quantity, quantities, solved_sizes
from grader.spec.checks import Check


def found(plain: Check, evidence: Any) -> dict[str, Quantity]:
    cases = evidence(lambda c: {"out": c.x}, lambda c: {"out": c.x})
    return {quantity.symbol: quantity for quantity in quantities(plain, cases)}


def test_dimensions_are_read_from_shapes(plain: Check, evidence: Any) -> None:
    known = found(plain, evidence)
    assert list(known["N"].values.values()) == [2, 5, 3, 4, 6]
    assert known["N"].meaning == "the size of x's axis 0"


def test_a_dimension_inside_a_product_is_solved(plain: Check, evidence: Any) -> None:
    known = found(plain, evidence)
    assert list(known["K"].values.values()) == [3, 2, 2, 4, 4]
    assert known["K"].meaning == "where heads's axis 1 has size H·K"
    assert known["H"].meaning == "the argument n_heads"


def test_numbers_are_arguments(plain: Check, evidence: Any) -> None:
    known = found(plain, evidence)
    assert known["rate"].meaning == "the argument rate"
    assert not known["rate"].is_size
    assert "mode" not in known


def test_shapes_that_contradict_each_other_give_no_size(plain: Check, evidence: Any) -> None:
    case, _ = evidence(lambda c: {"out": c.x}, lambda c: {"out": c.x})[0]
    fields = dict(case.fields)
    assert solved_sizes(plain, fields)["D"] == 3
    fields["w"] = fields["w"][:2]
    assert "D" not in solved_sizes(plain, fields)


def quantity(symbol: str, *values: float) -> Quantity:
    return Quantity(symbol, symbol, dict(enumerate(values)), True)


def named(values: list[float], *known: Quantity) -> str | None:
    result = name(dict(enumerate(values)), 1e-9, known)
    return result.written if result else None


def test_ties_are_both_listed() -> None:
    both = (quantity("N", 2, 3, 5), quantity("T", 2, 3, 5))
    assert named([2, 3, 5], *both) == "N or T, which agree here,"


def test_a_quantity_that_never_varies_is_not_named() -> None:
    assert named([1.5, 1.5, 1.5], quantity("N", 4, 4, 4)) == "3/2"


def test_a_quantity_must_match_in_every_case() -> None:
    assert named([2, 3, 6], quantity("N", 2, 3, 5)) is None


def test_a_sign_must_be_the_same_in_every_case() -> None:
    assert named([2, -3, 5], quantity("N", 2, 3, 5)) is None
    assert named([-2, 3, 5], quantity("dout", 2, -3, -5)) == "−dout"


def test_numbers_that_are_not_finite_have_no_name() -> None:
    assert named([float("nan")] * 3) is None
    assert named([float("inf")] * 3) is None
    assert named([0.0, 0.0, 0.0]) is None


def test_a_constant_that_is_also_a_size_lists_both() -> None:
    assert named([2, 2, 2], quantity("N", 2, 2, 2)) == "2 or N, which agree here,"
    assert named([-0.5, -0.5, -0.5], quantity("N", 2, 2, 2)) == "−½ or −1/N, which agree here,"
    assert named([-1, -1, -1], quantity("N", 1, 1, 1)) == "−1"


def test_the_symbols_of_ties_are_explained() -> None:
    found = name({0: 2.0, 1: 2.0, 2: 2.0}, 1e-9, [quantity("N", 2, 2, 2)])
    assert found is not None
    assert found.legend([0, 1, 2]) == " (N, N: 2)"
