"""Exercise 11 against torch.nn.BatchNorm1d: outputs, running statistics and all gradients."""

from typing import Any

import numpy as np
import pytest
import torch

from grader.judge.library import load_solution

SHAPES = [(2, 3), (3, 1), (5, 4), (64, 7)]
MOMENTA = [0.0, 0.1, 0.7, 1.0]
EPSILONS = [1e-5, 0.3]
SCALED_ERROR = 1e-12

Numbers = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def solution() -> Any:
    return load_solution("exercise-11")


def _numbers(n: int, d: int, steps: int = 1) -> tuple[Numbers, list[np.ndarray], np.ndarray]:
    """The layer's vectors, one batch per step, and the gradient of the last output."""
    rng = np.random.default_rng(11)
    vectors = {
        "gamma": rng.normal(size=d),
        "beta": rng.normal(size=d),
        "running_mean": rng.normal(size=d),
        "running_var": rng.uniform(0.2, 3.0, size=d),
    }
    batches = [rng.normal(1.5, 2.0, size=(n, d)) for _ in range(steps)]
    return vectors, batches, rng.normal(size=(n, d))


def _ours(
    solution: Any,
    place: str,
    numbers: tuple[Numbers, list[np.ndarray], np.ndarray],
    modes: list[bool],
    momentum: float,
    eps: float,
) -> Numbers:
    """One call per batch, then back through the last one."""
    vectors, batches, dout = numbers

    def put(array: np.ndarray) -> Any:
        return array if place == "numpy" else torch.tensor(array, device=place)

    moved = {name: put(value) for name, value in vectors.items()}
    mean, var = moved["running_mean"], moved["running_var"]
    for x, training in zip(batches, modes, strict=True):
        out, mean, var, cache = solution.batch_norm_forward(
            put(x), moved["gamma"], moved["beta"], mean, var, training, momentum, eps
        )
    dx, dgamma, dbeta = solution.batch_norm_backward(put(dout), cache)
    found = {"out": out, "running_mean": mean, "running_var": var}
    found |= {"dx": dx, "dgamma": dgamma, "dbeta": dbeta}
    if place == "numpy":
        assert all(type(value) is np.ndarray for value in found.values())
        return found
    assert all(value.device.type == place for value in found.values())
    return {name: value.cpu().numpy() for name, value in found.items()}


def _torchs(
    place: str,
    numbers: tuple[Numbers, list[np.ndarray], np.ndarray],
    modes: list[bool],
    momentum: float,
    eps: float,
) -> Numbers:
    """The same from torch.nn.BatchNorm1d and autograd."""
    vectors, batches, dout = numbers
    device = "cpu" if place == "numpy" else place
    layer = torch.nn.BatchNorm1d(
        dout.shape[1], eps=eps, momentum=momentum, dtype=torch.float64, device=device
    )
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(vectors["gamma"]))
        layer.bias.copy_(torch.tensor(vectors["beta"]))
        layer.running_mean.copy_(torch.tensor(vectors["running_mean"]))
        layer.running_var.copy_(torch.tensor(vectors["running_var"]))
    for batch, training in zip(batches, modes, strict=True):
        x = torch.tensor(batch, device=device, requires_grad=True)
        out = layer.train(training)(x)
    out.backward(torch.tensor(dout, device=device))
    found = {
        "out": out.detach(),
        "running_mean": layer.running_mean,
        "running_var": layer.running_var,
        "dx": x.grad,
        "dgamma": layer.weight.grad,
        "dbeta": layer.bias.grad,
    }
    return {name: value.cpu().numpy() for name, value in found.items()}


def _assert_equal(ours: Numbers, theirs: Numbers) -> None:
    # With two rows nearly all of dx cancels: errors are measured against what dx is made of.
    least = {"dx": np.abs(theirs["dgamma"]).max()}
    for name, expected in theirs.items():
        assert ours[name].shape == expected.shape, name
        assert ours[name].dtype == np.float64, name
        scale = max(np.abs(expected).max(), least.get(name, 0.0))
        assert np.abs(ours[name] - expected).max() <= SCALED_ERROR * scale, name


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("eps", EPSILONS)
@pytest.mark.parametrize("momentum", MOMENTA)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "N{}_D{}".format(*shape))
def test_one_call_equals_torch(
    solution: Any, shape: tuple[int, int], momentum: float, eps: float, training: bool, place: str
) -> None:
    numbers = _numbers(*shape)
    ours = _ours(solution, place, numbers, [training], momentum, eps)
    _assert_equal(ours, _torchs(place, numbers, [training], momentum, eps))


@pytest.mark.parametrize("last", [True, False], ids=["train", "eval"])
def test_the_averages_of_several_batches_equal_torchs(
    solution: Any, last: bool, place: str
) -> None:
    modes = [True, True, False, True, last]
    numbers = _numbers(6, 4, steps=len(modes))
    ours = _ours(solution, place, numbers, modes, 0.1, 1e-5)
    _assert_equal(ours, _torchs(place, numbers, modes, 0.1, 1e-5))


def test_one_row_in_eval_mode_equals_torch(solution: Any, place: str) -> None:
    numbers = _numbers(1, 5)
    ours = _ours(solution, place, numbers, [False], 0.1, 1e-5)
    _assert_equal(ours, _torchs(place, numbers, [False], 0.1, 1e-5))


def test_a_constant_feature_equals_torch(solution: Any, place: str) -> None:
    vectors, batches, dout = _numbers(4, 3)
    batches[0][:, 1] = 2.0
    numbers = vectors, batches, dout
    ours = _ours(solution, place, numbers, [True], 0.1, 1e-5)
    _assert_equal(ours, _torchs(place, numbers, [True], 0.1, 1e-5))
    assert np.array_equal(ours["out"][:, 1], np.full(4, vectors["beta"][1]))


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
def test_arguments_are_left_alone(solution: Any, training: bool) -> None:
    vectors, (x,), _ = _numbers(4, 3)
    given = {"x": x, **vectors}
    before = {name: value.copy() for name, value in given.items()}
    _, mean, var, _ = solution.batch_norm_forward(**given, training=training, momentum=0.1, eps=0.1)
    mean += 1.0
    var += 1.0
    assert all(np.array_equal(given[name], value) for name, value in before.items())
