"""Exercise 13 against torch's conv2d and max_pool2d: outputs and all gradients, ties included."""

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from grader.judge.library import load_solution

#: Images (N, C, H, W) and filters (F, KH, KW).
IMAGES = [((2, 3, 6, 7), (4, 2, 3)), ((3, 2, 5, 4), (1, 3, 1)), ((1, 1, 9, 8), (2, 3, 3))]
STRIDES = [1, 2, 3]
PADDINGS = [0, 1, 2]
WINDOWS = [1, 2, 3]
SCALED_ERROR = 1e-12

Numbers = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def solution() -> Any:
    return load_solution("exercise-13")


def _layer(images: tuple[int, ...], filters: tuple[int, ...]) -> Numbers:
    rng = np.random.default_rng(13)
    f, kh, kw = filters
    return {
        "x": rng.normal(size=images),
        "w": rng.normal(size=(f, images[1], kh, kw)),
        "b": rng.normal(size=f),
    }


def _put(array: np.ndarray, place: str) -> Any:
    return array if place == "numpy" else torch.tensor(array, device=place)


def _back_on_the_cpu(found: dict[str, Any], place: str) -> Numbers:
    if place == "numpy":
        assert all(type(value) is np.ndarray for value in found.values())
        return found
    assert all(value.device.type == place for value in found.values())
    return {name: value.cpu().numpy() for name, value in found.items()}


def _cotangent(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(31).normal(size=shape)


def _our_convolution(
    solution: Any, place: str, layer: Numbers, stride: int, padding: int
) -> Numbers:
    given = [_put(layer[name], place) for name in ("x", "w", "b")]
    out, cache = solution.conv2d_forward(*given, stride, padding)
    dout = _put(_cotangent(tuple(out.shape)), place)
    dx, dw, db = solution.conv2d_backward(dout, cache)
    return _back_on_the_cpu({"out": out, "dx": dx, "dw": dw, "db": db}, place)


def _torchs_convolution(layer: Numbers, stride: int, padding: int) -> Numbers:
    given = [torch.tensor(layer[name], requires_grad=True) for name in ("x", "w", "b")]
    out = functional.conv2d(*given, stride=stride, padding=padding)
    out.backward(torch.tensor(_cotangent(tuple(out.shape))))
    found = {"out": out.detach()}
    found |= {name: given[i].grad for i, name in enumerate(("dx", "dw", "db"))}
    return {name: value.numpy() for name, value in found.items()}


def _our_pooling(solution: Any, place: str, x: np.ndarray, window: int, stride: int) -> Numbers:
    out, cache = solution.max_pool_forward(_put(x, place), window, stride)
    dx = solution.max_pool_backward(_put(_cotangent(tuple(out.shape)), place), cache)
    return _back_on_the_cpu({"out": out, "dx": dx}, place)


def _torchs_pooling(x: np.ndarray, window: int, stride: int) -> Numbers:
    given = torch.tensor(x, requires_grad=True)
    out = functional.max_pool2d(given, window, stride)
    out.backward(torch.tensor(_cotangent(tuple(out.shape))))
    assert given.grad is not None
    return {"out": out.detach().numpy(), "dx": given.grad.numpy()}


def _assert_equal(ours: Numbers, theirs: Numbers) -> None:
    for name, expected in theirs.items():
        assert ours[name].shape == expected.shape, name
        assert ours[name].dtype == np.float64, name
        error = np.abs(ours[name] - expected).max()
        assert error <= SCALED_ERROR * np.abs(expected).max(), name


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("stride", STRIDES)
@pytest.mark.parametrize("shapes", IMAGES, ids=["2x3", "3x1", "3x3"])
def test_convolution_equals_torch(
    solution: Any, shapes: tuple[Any, Any], stride: int, padding: int, place: str
) -> None:
    layer = _layer(*shapes)
    ours = _our_convolution(solution, place, layer, stride, padding)
    _assert_equal(ours, _torchs_convolution(layer, stride, padding))


def test_padding_wider_than_the_kernel_equals_torch(solution: Any, place: str) -> None:
    layer = _layer((2, 2, 3, 1), (3, 2, 1))
    ours = _our_convolution(solution, place, layer, 2, 4)
    _assert_equal(ours, _torchs_convolution(layer, 2, 4))


@pytest.mark.parametrize("stride", STRIDES)
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("images", [shape for shape, _ in IMAGES], ids=str)
def test_pooling_equals_torch(
    solution: Any, images: tuple[int, ...], window: int, stride: int, place: str
) -> None:
    x = np.random.default_rng(13).normal(-1.0, 1.0, size=images)
    ours = _our_pooling(solution, place, x, window, stride)
    _assert_equal(ours, _torchs_pooling(x, window, stride))


@pytest.mark.parametrize("levels", [1, 2, 3])
@pytest.mark.parametrize("stride", STRIDES)
@pytest.mark.parametrize("window", WINDOWS)
def test_ties_go_where_torchs_cpu_sends_them(
    solution: Any, window: int, stride: int, levels: int, place: str
) -> None:
    x = np.random.default_rng(levels).integers(-1, levels - 1, size=(2, 3, 6, 7)).astype(np.float64)
    ours = _our_pooling(solution, place, x, window, stride)
    _assert_equal(ours, _torchs_pooling(x, window, stride))


@pytest.mark.parametrize("kernel", [1, 2, 3])
@pytest.mark.parametrize("stride", STRIDES)
@pytest.mark.parametrize("padding", PADDINGS)
def test_output_size_equals_torchs(solution: Any, kernel: int, stride: int, padding: int) -> None:
    for size in range(kernel, 10):
        out = functional.conv2d(
            torch.zeros(1, 1, size, 1),
            torch.zeros(1, 1, kernel, 1),
            stride=(stride, 1),
            padding=(padding, 0),
        )
        assert solution.output_size(size, kernel, stride, padding) == out.shape[2]


def test_arguments_are_left_alone(solution: Any) -> None:
    layer = _layer(*IMAGES[0])
    before = {name: value.copy() for name, value in layer.items()}
    out, cache = solution.conv2d_forward(**layer, stride=2, padding=0)
    dout = _cotangent(out.shape)
    dx, dw, db = solution.conv2d_backward(dout, cache)
    pooled, seen = solution.max_pool_forward(layer["x"], 1, 1)
    dpooled = solution.max_pool_backward(_cotangent(pooled.shape), seen)
    for result in (out, dx, dw, db, pooled, dpooled):
        result += 1.0
    assert np.array_equal(dout, _cotangent(out.shape))
    assert all(np.array_equal(layer[name], value) for name, value in before.items())
