from __future__ import annotations

from typing import Any

import numpy as np
import pytest


def gates(c: Any) -> Any:
    return np.concatenate([c.x + k for k in range(4)], axis=1)


def blocks(c: Any, order: tuple[int, ...]) -> Any:
    return np.concatenate([np.split(gates(c), 4, axis=1)[k] for k in order], axis=1)


def heads(c: Any) -> Any:
    """(N, D, H, K)."""
    return c.x[:, :, None, None] * np.sin(c.heads).reshape(len(c.x), 1, c.n_heads, -1) + 1


@pytest.mark.parametrize(
    ("expected", "actual", "topic"),
    [
        (lambda c: c.w @ c.w.T, lambda c: c.w @ c.w.T, None),
        (lambda c: c.x.T @ np.sin(c.x), lambda c: np.sin(c.x).T @ c.x, "it is transposed"),
        (gates, lambda c: gates(c)[:, ::-1], "axis 1 runs backwards"),
        (gates, lambda c: gates(c)[::-1], "axis 0 (N) runs backwards"),
        (gates, lambda c: np.roll(gates(c), 1, axis=1), "axis 1 is rotated"),
        (gates, lambda c: blocks(c, (0, 1, 3, 2)), "in the order 1, 2, 4, 3"),
        (
            gates,
            lambda c: gates(c).reshape(len(c.x), 4, -1).swapaxes(1, 2).reshape(len(c.x), -1),
            "what are 4 blocks in one is every 4-th in the other",
        ),
        (
            lambda c: np.sin(c.heads),
            lambda c: (
                np.sin(c.heads)
                .reshape(len(c.x), c.n_heads, -1)
                .swapaxes(1, 2)
                .reshape(c.heads.shape)
            ),
            " blocks in one is every ",
        ),
        (
            heads,
            lambda c: heads(c).swapaxes(1, 2).reshape(heads(c).shape),
            "with axes (0, 2, 1, 3)",
        ),
    ],
)
def test_right_numbers_in_other_places(told: Any, expected: Any, actual: Any, topic: Any) -> None:
    found = told(expected, actual)
    if topic is None:
        assert found == []
    else:
        (pattern,) = found
        assert pattern.kind == "rearranged"
        assert topic in pattern.statement


def test_heads_joined_without_moving_an_axis(told: Any) -> None:
    def joined(c: Any) -> Any:
        apart = heads(c)
        return apart.reshape(*apart.shape[:2], -1)

    def wrong(c: Any) -> Any:
        return heads(c).swapaxes(1, 2).reshape(joined(c).shape)

    (pattern,) = told(joined, wrong)
    assert "cut axis 2 of the expected one into (H, rest)" in pattern.statement


def test_an_order_without_a_name(told: Any) -> None:
    def shuffled(c: Any) -> Any:
        flat = gates(c).ravel()
        return flat[np.random.default_rng(flat.size).permutation(flat.size)].reshape(len(c.x), -1)

    (pattern,) = told(gates, shuffled)
    assert pattern.kind == "other_places"
    assert "exactly the expected numbers in all 5 cases" in pattern.statement


def test_an_order_within_rows(told: Any) -> None:
    (pattern,) = told(gates, lambda c: np.sort(gates(c), axis=1))
    assert "they only move along axis 1" in pattern.statement


def test_one_other_number_is_no_rearrangement(told: Any) -> None:
    def actual(c: Any) -> Any:
        result = gates(c)[:, ::-1].copy()
        result[0, 0] += 0.1
        return result

    assert told(gates, actual) == []


def test_ones_and_zeros_have_no_order(told: Any) -> None:
    def actual(c: Any) -> Any:
        return np.random.default_rng(len(c.x)).permuted(c.mask.astype(float), axis=1)

    assert told(lambda c: c.mask.astype(float), actual) == []


@pytest.mark.parametrize(("step", "word"), [(1, "late"), (-1, "early")])
def test_one_place_off_along_an_axis(told: Any, step: int, word: str) -> None:
    def actual(c: Any) -> Any:
        result = np.roll(gates(c), step, axis=0)
        result[0 if step > 0 else -1] = 7
        return result

    (pattern,) = told(gates, actual)
    assert pattern.kind == "shift"
    assert f"one place {word} along axis 0 (N)" in pattern.statement


def test_one_place_off_along_a_list(told: Any) -> None:
    def states(c: Any) -> list[Any]:
        return [np.sin(c.x * k + k) for k in range(1, 2 + c.w.shape[1])]

    (pattern,) = told(lambda c: {"hs": states(c)}, lambda c: {"hs": [np.cos(c.x), *states(c)[:-1]]})
    assert (pattern.kind, pattern.where) == ("shift", ("hs[…]",))
    assert "one place late along the list" in pattern.statement


def test_two_places_off_are_not_one(told: Any) -> None:
    def actual(c: Any) -> Any:
        result = np.roll(gates(c), 2, axis=0)
        result[:2] = 7
        return result + 0.01 * (result == 7)

    assert "shift" not in {pattern.kind for pattern in told(gates, actual)}
