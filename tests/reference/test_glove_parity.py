"""The reference of exercise 20 against SciPy, torch autograd and `torch.optim.Adagrad`."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy import optimize, sparse

from grader.judge.library import load_solution

NAMES = ("w", "w_context", "b", "b_context")
SETTINGS = [(100.0, 0.75), (5.0, 0.75), (2.0, 0.5), (8.0, 1.0)]
CLOSE = {"rtol": 1e-10, "atol": 1e-10}

Put = Callable[[np.ndarray, str], Any]
Back = Callable[[Any, str], np.ndarray]


@pytest.fixture(scope="module")
def solution() -> Any:
    return load_solution("exercise-20")


def drawn(words: int, size: int, seed: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The four arrays, and a table of counts between 0 and about 200, a third of them zero."""
    source = np.random.default_rng(seed)
    params = {
        "w": source.normal(size=(words, size)),
        "w_context": source.normal(size=(words, size)),
        "b": source.normal(size=words),
        "b_context": source.normal(size=words),
    }
    counts = 10.0 ** source.uniform(-2, 2.3, size=(words, words))
    return params, np.where(source.random((words, words)) < 1 / 3, 0.0, counts)


def pair_by_pair(
    w: torch.Tensor,
    w_context: torch.Tensor,
    b: torch.Tensor,
    b_context: torch.Tensor,
    counts: torch.Tensor,
    x_max: float,
    alpha: float,
) -> torch.Tensor:
    """The formula of the paper on the list of the pairs seen."""
    rows, columns = torch.nonzero(counts, as_tuple=True)
    seen = counts[rows, columns]
    weights = torch.clamp(seen / x_max, max=1.0).pow(alpha)
    scores = torch.einsum("pd,pd->p", w[rows], w_context[columns]) + b[rows] + b_context[columns]
    errors = torch.nn.functional.mse_loss(scores, seen.log(), reduction="none")
    return torch.dot(weights, errors)


@pytest.mark.parametrize("seed", range(5))
def test_counts_equal_sparse_sums(
    solution: Any, seed: int, place: str, put: Put, back: Back
) -> None:
    """Ones and their fractions at (word, neighbour), added up by SciPy."""
    corpus = np.random.default_rng(seed).integers(5, size=3 + 9 * seed)
    for window in (1, 2, 5, 60):
        expected = sparse.coo_array((7, 7))
        for shift in range(1, min(window, len(corpus) - 1) + 1):
            share = np.full(len(corpus) - shift, 1 / shift)
            places = (corpus[shift:], corpus[:-shift])
            ahead = sparse.coo_array((share, places), shape=(7, 7))
            expected = expected + ahead + ahead.T
        counts = solution.distance_weighted_counts(put(corpus, place), 7, window)
        np.testing.assert_allclose(back(counts, place), expected.toarray(), **CLOSE)


@pytest.mark.parametrize(("x_max", "alpha"), SETTINGS)
def test_loss_and_gradients_equal_autograd(
    solution: Any, x_max: float, alpha: float, place: str, put: Put, back: Back
) -> None:
    for words, size in ((7, 4), (3, 6), (1, 1)):
        params, counts = drawn(words, size, seed=words)
        leaves = [torch.tensor(params[name], requires_grad=True) for name in NAMES]
        loss = pair_by_pair(*leaves, torch.tensor(counts), x_max, alpha)
        expected = torch.autograd.grad(loss, leaves)

        given = [*(put(params[name], place) for name in NAMES), put(counts, place), x_max, alpha]
        np.testing.assert_allclose(back(solution.glove_loss(*given), place), loss.item(), **CLOSE)
        found = solution.glove_gradients(*given)
        for name, gradient, wanted in zip(NAMES, found, expected, strict=True):
            np.testing.assert_allclose(back(gradient, place), wanted, err_msg=name, **CLOSE)


@pytest.mark.parametrize(("x_max", "alpha"), SETTINGS)
def test_gradients_equal_differences(solution: Any, x_max: float, alpha: float) -> None:
    params, counts = drawn(4, 3, seed=20)
    sizes = np.cumsum([params[name].size for name in NAMES])[:-1]

    def loss(flat: np.ndarray) -> float:
        parts = np.split(flat, sizes)
        shaped = [part.reshape(params[name].shape) for name, part in zip(NAMES, parts, strict=True)]
        return float(solution.glove_loss(*shaped, counts, x_max, alpha))

    here = np.concatenate([params[name].ravel() for name in NAMES])
    found = solution.glove_gradients(*(params[name] for name in NAMES), counts, x_max, alpha)
    flat = np.concatenate([gradient.ravel() for gradient in found])
    np.testing.assert_allclose(flat, optimize.approx_fprime(here, loss, 1e-7), rtol=1e-4, atol=1e-4)


def test_training_equals_torch(solution: Any, place: str, put: Put, back: Back) -> None:
    """Sums that start at 1, no epsilon, the present gradient included."""
    start, counts = drawn(6, 3, seed=9)
    counts[2] = 0.0
    leaves = [torch.tensor(start[name], requires_grad=True) for name in NAMES]
    optimizer = torch.optim.Adagrad(leaves, lr=0.1, initial_accumulator_value=1.0, eps=0.0)
    params = {name: put(value, place) for name, value in start.items()}
    sums = {name: put(np.ones_like(value), place) for name, value in start.items()}
    table = put(counts, place)
    for step in range(60):
        optimizer.zero_grad()
        pair_by_pair(*leaves, torch.tensor(counts), 20.0, 0.75).backward()
        optimizer.step()
        params, sums = solution.adagrad_step(params, sums, table, 0.1, 20.0, 0.75)
        for name, leaf in zip(NAMES, leaves, strict=True):
            where = f"{name}, step {step + 1}"
            squares = optimizer.state[leaf]["sum"]
            np.testing.assert_allclose(
                back(params[name], place), leaf.detach(), rtol=1e-8, atol=1e-9, err_msg=where
            )
            np.testing.assert_allclose(
                back(sums[name], place), squares, rtol=1e-8, atol=1e-9, err_msg=where
            )


def test_a_perfect_fit_costs_nothing(solution: Any) -> None:
    params, _ = drawn(5, 3, seed=1)
    counts = np.exp(
        params["w"] @ params["w_context"].T + params["b"][:, None] + params["b_context"]
    )
    assert float(solution.glove_loss(**params, counts=counts, x_max=3.0, alpha=0.75)) < 1e-24


def test_nothing_is_changed_in_place(solution: Any) -> None:
    params, counts = drawn(4, 2, seed=3)
    sums = {name: np.ones_like(value) for name, value in params.items()}
    params_before = {name: value.copy() for name, value in params.items()}
    counts_before = counts.copy()
    solution.adagrad_step(params, sums, counts, 0.1, 5.0, 0.75)
    np.testing.assert_array_equal(counts, counts_before)
    for name in NAMES:
        np.testing.assert_array_equal(params[name], params_before[name])
        np.testing.assert_array_equal(sums[name], 1.0)


@pytest.mark.filterwarnings("error")
def test_zero_counts_give_no_warning(solution: Any) -> None:
    params, counts = drawn(4, 2, seed=4)
    given = [params[name] for name in NAMES]
    assert np.isfinite(solution.glove_loss(*given, counts, 5.0, 0.75))
    assert float(solution.glove_loss(*given, 0 * counts, 5.0, 0.75)) == 0
    for gradient in solution.glove_gradients(*given, 0 * counts, 5.0, 0.75):
        assert not np.any(gradient)
