from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from grader.judge.structure import FormError, Opaque, conform, form, from_lists
from grader.runner.wire import Handle, Tensor

WHERE = "the result of f"


def accept(value: Any, reference: Any, backend: str = "numpy") -> Any:
    return conform(value, form(reference), WHERE, backend)


def refuse(value: Any, reference: Any, backend: str = "numpy") -> FormError:
    with pytest.raises(FormError) as caught:
        accept(value, reference, backend)
    return caught.value


@given(arrays(np.float64, array_shapes(min_dims=1, max_dims=3), elements=st.floats(-5, 5)))
def test_a_value_has_its_own_form(array: np.ndarray) -> None:
    value = {"a": [array, 1.5], "b": (True, None, "text", array.sum())}
    given_back = accept(value, value)
    np.testing.assert_array_equal(given_back["a"][0], array)


@pytest.mark.parametrize("wrong", [(1, 3), (3, 1), (3, 3), (), (2,)])
def test_a_shape_that_would_broadcast_is_a_wrong_shape(wrong: tuple[int, ...]) -> None:
    error = refuse(np.zeros(wrong), np.zeros(3))
    assert error.stage == "shape"
    assert f"shape {wrong}" in error.message
    assert "shape (3,)" in error.message


@pytest.mark.parametrize("number", [1.5, np.float64(1.5), np.array(1.5), np.float32(1.5)])
def test_a_number_may_come_in_any_scalar_dress(number: Any) -> None:
    assert accept(number, 1.5) == 1.5


def test_a_python_int_is_a_number_in_every_backend() -> None:
    for backend in ("numpy", "torch", "python"):
        number = accept(0, 1.5, backend)
        assert isinstance(number, np.floating) and number == 0
    assert refuse(True, 1.5).stage == "dtype"
    assert refuse(np.int64(0), 1.5).stage == "dtype"


def test_an_array_of_one_entry_is_no_number() -> None:
    assert refuse(np.array([1.5]), 1.5).stage == "shape"


def test_integers_are_not_accepted_for_floating_point_numbers() -> None:
    error = refuse(np.zeros(3, dtype=int), np.zeros(3))
    assert error.stage == "dtype"
    assert "an int64 array" in error.message


def test_single_precision_has_the_form_of_double() -> None:
    assert accept(np.zeros(3, dtype=np.float32), np.zeros(3)).dtype == np.float32


def test_unsigned_and_signed_integers_count_as_the_same() -> None:
    accept(np.zeros(3, dtype=np.uint8), np.zeros(3, dtype=np.int64))


def test_bools_and_integers_differ() -> None:
    assert refuse(np.zeros(3, dtype=int), np.zeros(3, dtype=bool)).stage == "dtype"


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_is_refused_where_the_reference_is(bad: float) -> None:
    array = np.zeros((2, 2))
    array[1, 0] = bad
    error = refuse(array, np.zeros((2, 2)))
    assert error.stage == "finite"
    assert "at index [1, 0]" in error.message


def test_infinities_pass_where_the_reference_has_one() -> None:
    accept(np.array([np.inf, 1.0]), np.array([np.inf, 1.0]))


def test_a_tensor_is_wanted_of_a_torch_submission() -> None:
    tensor = Tensor(np.zeros(3), "float64", "cpu")
    accept(tensor, np.zeros(3), "torch")
    accept(tensor, np.zeros(3), "any")
    accept(np.zeros(3), np.zeros(3), "any")
    assert refuse(tensor, np.zeros(3), "numpy").stage == "type"
    assert "expected a floating-point tensor" in refuse(np.zeros(3), np.zeros(3), "torch").message


def test_a_list_and_a_tuple_of_the_right_length_are_both_taken() -> None:
    assert accept([1.0, 2.0], (1.0, 2.0)) == (1.0, 2.0)
    assert refuse((1.0,), (1.0, 2.0)).stage == "type"


def test_an_item_of_a_result_is_called_by_its_position() -> None:
    error = refuse((np.zeros(2), np.zeros(3)), (np.zeros(2), np.zeros(2)))
    assert error.where == "the 2nd result of f"


def test_a_dict_must_have_exactly_the_keys() -> None:
    error = refuse({"w": 1.0, "c": 2.0}, {"w": 1.0, "b": 2.0})
    assert "no ['b'], also ['c']" in error.message


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "is None"),
        (Handle(0, "Module"), "an object of type Module"),
        ([[1.0, 2.0, 3.0]], "a list of 1"),
        ("text", "a str"),
    ],
)
def test_other_types_are_named(value: Any, words: str) -> None:
    error = refuse(value, np.zeros((1, 3)))
    assert error.stage == "type"
    assert words in error.message


def test_two_different_wrong_shapes_can_be_told_apart() -> None:
    found = {str(refuse(np.zeros(shape), np.zeros(3)).found) for shape in [(1, 3), (3, 1), (2,)]}
    assert len(found) == 3


def test_a_row_for_a_vector_is_taken_where_rows_are_allowed() -> None:
    wanted, places = form((np.ones(3), {"b": np.ones(2)})), []
    value = (np.ones((1, 3)), {"b": np.ones((1, 2))})
    taken = conform(value, wanted, WHERE, "numpy", places)
    assert taken[0].shape == (3,) and taken[1]["b"].shape == (2,)
    assert len(places) == 2
    with pytest.raises(FormError):
        conform(value, wanted, WHERE, "numpy")


@pytest.mark.parametrize("shape", [(3, 1), (1, 1, 3), (1, 2), (2, 3)])
def test_nothing_but_a_row_is_taken_for_a_vector(shape: tuple[int, ...]) -> None:
    with pytest.raises(FormError):
        conform(np.ones(shape), form(np.ones(3)), WHERE, "numpy", [])


def test_a_scalar_is_no_vector_and_a_matrix_stays_one() -> None:
    for value, reference in ((np.ones(1), 1.0), (np.ones((1, 2, 3)), np.ones((2, 3)))):
        with pytest.raises(FormError):
            conform(value, form(reference), WHERE, "numpy", [])


@pytest.mark.parametrize(
    ("given", "reference"),
    [
        ([[1.0, 2.0], [3.0, 4.0]], np.ones((2, 2))),
        ([[0, 2.0], [3, 4]], np.ones((2, 2))),
        ([0, 0], np.ones(2)),
        ([True, False], np.array([True, True])),
        ([1, 2], np.array([5, 6])),
        ([], np.zeros(0)),
        (0, 1.5),
    ],
)
def test_without_arrays_nested_lists_stand_for_them(given: Any, reference: Any) -> None:
    taken = conform(given, form(reference), WHERE, "python")
    np.testing.assert_array_equal(taken, np.asarray(given, dtype=np.asarray(reference).dtype))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([1.0, 2.0], "a float64 nested list of shape (2,)"),
        ([[1.0], [2.0, 3.0]], "a list of 2 (a list of 1"),
        (["a", "b"], "a list of 2 (a str, a str)"),
        ([[1.0, 10**400]], "a list of 1"),
        ([[True, False]], "a bool nested list of shape (1, 2)"),
        ((1.0, 2.0), "a tuple of 2"),
    ],
)
def test_lists_of_another_form_are_described(given: Any, words: str) -> None:
    with pytest.raises(FormError) as raised:
        conform(given, form(np.ones((1, 2))), WHERE, "python")
    assert words in raised.value.actual
    assert raised.value.expected == "a floating-point nested list of shape (1, 2)"


def test_an_integer_too_large_for_a_number_is_refused() -> None:
    with pytest.raises(FormError):
        conform(1 << 60, form(1.5), WHERE, "python")


def test_only_whole_lists_of_numbers_become_arrays() -> None:
    assert from_lists([[1, 2], [3, 4]]).shape == (2, 2)
    for kept in ([[1], [2, 3]], ["a"], [None], [1, "a"], (1, 2), [Opaque()], 3.0):
        assert from_lists(kept) is kept


@pytest.mark.parametrize(
    ("given", "right", "backend", "expected", "actual"),
    [
        (np.array([98, 99]), np.array([1]), "numpy", "[1]", "[98, 99]"),
        (Tensor(np.array([98, 99]), "int64", "cpu"), np.array([1]), "torch", "[1]", "[98, 99]"),
        (np.array([0.5, 1 / 3]), np.array([1.0]), "numpy", "[1]", "[0.5, 0.333333]"),
        ([98, 99], [1], "python", "[1]", "[98, 99]"),
        ([], [1], "python", "[1]", "[]"),
        (["<a", "a>"], ["<a>"], "numpy", "['<a>']", "['<a', 'a>']"),
    ],
)
def test_short_rows_of_the_wrong_length_are_shown(
    given: Any, right: Any, backend: str, expected: str, actual: str
) -> None:
    error = refuse(given, right, backend)
    assert (error.expected, error.actual) == (expected, actual)


def test_long_rows_and_wrong_ranks_are_told_by_their_shapes() -> None:
    assert refuse(np.arange(13), np.arange(2)).actual == "an int64 array of shape (13,)"
    assert refuse(np.ones((1, 2)), np.ones(2)).expected == "a floating-point array of shape (2,)"
    assert refuse(["a"] * 13, ["a"]).actual.startswith("a list of 13 (a str, ")


def test_a_row_of_texts_is_cut_where_it_is_long() -> None:
    assert len(refuse(["x" * 500], ["a", "b"]).actual) < 50


def test_wrong_rows_are_told_apart_by_what_they_hold() -> None:
    right = np.array([1])
    assert refuse(np.array([2, 3]), right).found == refuse(np.array([2, 3]), right).found
    assert refuse(np.array([2, 3]), right).found != refuse(np.array([2, 4]), right).found
    assert refuse(np.array([1, 0]), right).found != refuse(np.array([True, False]), right).found
    # The last digits of floating-point numbers differ between right ways to the same wrong row.
    assert refuse(np.array([0.1 + 0.2, 1]), right).found == refuse(np.array([0.3, 1]), right).found


def test_texts_are_called_the_same_on_both_sides() -> None:
    assert refuse(["a"], ["a", "b"]).message == (
        "the result of f is a list of 1 (a str); expected a list of 2 (a str, a str)"
    )
    assert refuse("a", None).message == "the result of f is a str; expected None"
