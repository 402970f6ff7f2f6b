"""Exercise 38 against PyTorch: both norms, the feed-forward block, and both residual orders.

torch.nn.Linear stores its weight transposed. Everything is compared in float64, outputs and
gradients, and the results of float32 and bfloat16 tensors must be of that type.
"""

import numpy as np
import pytest
import torch

from grader.judge.library import load_solution

SHAPES = [
    # examples, positions, features, hidden units
    (1, 1, 2, 1),
    (2, 3, 4, 5),
    (3, 2, 7, 4),
    (4, 9, 16, 32),
]
EPSILONS = [1e-5, 0.5]
ORDERS = ["pre", "post"]
SCALED_ERROR = 1e-11

with_shapes = pytest.mark.parametrize(
    "shape", SHAPES, ids=lambda shape: "x".join(str(size) for size in shape)
)


@pytest.fixture(scope="module")
def solution():
    return load_solution("exercise-38")


@pytest.fixture
def numbers():
    """Draw float64 arrays, the same for every run of a test."""
    source = np.random.default_rng(38)
    return lambda *shape: source.normal(size=shape)


def _assert_close(ours, theirs):
    assert ours.keys() == theirs.keys()
    for name, expected in theirs.items():
        found = ours[name]
        assert found.shape == expected.shape, name
        assert found.dtype == np.float64, name
        error = np.abs(found - expected).max() / max(np.abs(expected).max(), 1.0)
        assert error < SCALED_ERROR, (name, error)


def _params(numbers, width, units):
    return {
        "scale": numbers(width),
        "shift": numbers(width),
        "w1": numbers(width, units) / width**0.5,
        "b1": numbers(units),
        "w2": numbers(units, width) / units**0.5,
        "b2": numbers(width),
    }


def _leaves(arrays, device):
    return {
        name: torch.tensor(array, device=device, requires_grad=True)
        for name, array in arrays.items()
    }


def _gradients(out, dout, leaves):
    """The output and autograd's gradients, as NumPy arrays."""
    out.backward(torch.tensor(dout, device=out.device))
    found = {name: leaf.grad.cpu().numpy() for name, leaf in leaves.items()}
    return {"out": out.detach().cpu().numpy(), **found}


def _device(place):
    return "cpu" if place == "numpy" else place


@pytest.mark.parametrize("eps", EPSILONS)
@with_shapes
def test_layer_norm_equals_torch(solution, numbers, put, back, place, shape, eps):
    *lead, width, _ = shape
    given = {"x": 3 * numbers(*lead, width), "scale": numbers(width), "shift": numbers(width)}
    dout = numbers(*lead, width)
    out, cache = solution.layer_norm_forward(*(put(a, place) for a in given.values()), eps)
    found = (out, *solution.layer_norm_backward(put(dout, place), cache))
    ours = {name: back(value, place) for name, value in zip(("out", *given), found, strict=True)}

    leaves = _leaves(given, _device(place))
    expected = torch.nn.functional.layer_norm(
        leaves["x"], (width,), leaves["scale"], leaves["shift"], eps
    )
    _assert_close(ours, _gradients(expected, dout, leaves))


@with_shapes
def test_default_epsilons_are_those_of_the_conventions(solution, numbers, put, back, place, shape):
    *lead, width, _ = shape
    x, scale, shift = 0.003 * numbers(*lead, width), numbers(width), numbers(width)
    out, _ = solution.layer_norm_forward(*(put(a, place) for a in (x, scale, shift)))
    ours = {"norm": back(out, place)}
    ours["rms"] = back(solution.rms_norm(put(x, place), put(scale, place)), place)

    norm = torch.nn.LayerNorm(width, dtype=torch.float64)
    rms = torch.nn.RMSNorm(width, eps=1e-6, dtype=torch.float64)
    with torch.no_grad():
        norm.weight.copy_(torch.tensor(scale))
        norm.bias.copy_(torch.tensor(shift))
        rms.weight.copy_(torch.tensor(scale))
        x = torch.tensor(x)
        _assert_close(ours, {"norm": norm(x).numpy(), "rms": rms(x).numpy()})


@pytest.mark.parametrize("eps", EPSILONS)
@with_shapes
def test_rms_norm_equals_torch(solution, numbers, put, back, place, shape, eps):
    *lead, width, _ = shape
    x, scale = 3 * numbers(*lead, width), numbers(width)
    ours = back(solution.rms_norm(put(x, place), put(scale, place), eps), place)
    expected = torch.nn.functional.rms_norm(torch.tensor(x), (width,), torch.tensor(scale), eps)
    _assert_close({"out": ours}, {"out": expected.numpy()})


@with_shapes
def test_feed_forward_equals_linear_relu_linear(solution, numbers, put, back, place, shape):
    *lead, width, units = shape
    params = _params(numbers, width, units)
    given = {"x": numbers(*lead, width)}
    given |= {name: params[name] for name in ("w1", "b1", "w2", "b2")}
    dout = numbers(*lead, width)
    out, cache = solution.feed_forward_forward(*(put(a, place) for a in given.values()))
    found = (out, *solution.feed_forward_backward(put(dout, place), cache))
    ours = {name: back(value, place) for name, value in zip(("out", *given), found, strict=True)}

    first, second = torch.nn.Linear(width, units), torch.nn.Linear(units, width)
    network = torch.nn.Sequential(first, torch.nn.ReLU(), second).double().to(_device(place))
    x = torch.tensor(given["x"], device=_device(place), requires_grad=True)
    with torch.no_grad():
        first.weight.copy_(torch.tensor(given["w1"]).T)
        first.bias.copy_(torch.tensor(given["b1"]))
        second.weight.copy_(torch.tensor(given["w2"]).T)
        second.bias.copy_(torch.tensor(given["b2"]))
    expected = network(x)
    expected.backward(torch.tensor(dout, device=_device(place)))
    theirs = {
        "out": expected.detach(),
        "x": x.grad,
        "w1": first.weight.grad.T,
        "b1": first.bias.grad,
        "w2": second.weight.grad.T,
        "b2": second.bias.grad,
    }
    _assert_close(ours, {name: value.cpu().numpy() for name, value in theirs.items()})


@pytest.mark.parametrize("order", ORDERS)
@with_shapes
def test_residual_equals_autograd(solution, numbers, put, back, place, shape, order):
    *lead, width, units = shape
    params, x = _params(numbers, width, units), numbers(*lead, width)
    dout = numbers(*lead, width)
    moved = {name: put(value, place) for name, value in params.items()}
    out, cache = solution.residual_forward(put(x, place), moved, order)
    dx, dparams = solution.residual_backward(put(dout, place), cache)
    ours = {name: back(value, place) for name, value in {"out": out, "x": dx, **dparams}.items()}

    leaves = _leaves({"x": x, **params}, _device(place))

    def norm(z):
        return torch.nn.functional.layer_norm(z, (width,), leaves["scale"], leaves["shift"])

    def block(z):
        hidden = torch.relu(torch.nn.functional.linear(z, leaves["w1"].T, leaves["b1"]))
        return torch.nn.functional.linear(hidden, leaves["w2"].T, leaves["b2"])

    z = leaves["x"]
    expected = z + block(norm(z)) if order == "pre" else norm(z + block(z))
    _assert_close(ours, _gradients(expected, dout, leaves))


def _encoder_layer(numbers, width, units, order, device):
    """PyTorch's layer with an attention that gives nothing, and random numbers elsewhere."""
    layer = torch.nn.TransformerEncoderLayer(
        width,
        1,
        units,
        dropout=0.0,
        activation="relu",
        batch_first=True,
        norm_first=order == "pre",
        dtype=torch.float64,
        device=device,
    )
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(torch.tensor(numbers(*parameter.shape)))
        layer.self_attn.out_proj.weight.zero_()
        layer.self_attn.out_proj.bias.zero_()
    return layer


@pytest.mark.parametrize("order", ORDERS)
@with_shapes
def test_residual_is_the_lower_half_of_an_encoder_layer(
    solution, numbers, put, device, shape, order
):
    """In the order "post" PyTorch's first norm comes before it, since nothing was added yet."""
    *lead, width, units = shape
    layer = _encoder_layer(numbers, width, units, order, device)
    dout = numbers(*lead, width)
    x = torch.tensor(numbers(*lead, width), device=device, requires_grad=True)
    expected = layer(x)
    expected.backward(put(dout, device))

    params = {
        "scale": layer.norm2.weight,
        "shift": layer.norm2.bias,
        "w1": layer.linear1.weight.T,
        "b1": layer.linear1.bias,
        "w2": layer.linear2.weight.T,
        "b2": layer.linear2.bias,
    }
    with torch.no_grad():
        start = x
        if order == "post":
            start, first = solution.layer_norm_forward(x, layer.norm1.weight, layer.norm1.bias)
        out, cache = solution.residual_forward(start, params, order)
        dx, dparams = solution.residual_backward(put(dout, device), cache)
        if order == "post":
            dx, dscale, dshift = solution.layer_norm_backward(dx, first)
            dparams |= {"first_scale": dscale, "first_shift": dshift}
    theirs = {
        "out": expected.detach(),
        "x": x.grad,
        "scale": layer.norm2.weight.grad,
        "shift": layer.norm2.bias.grad,
        "w1": layer.linear1.weight.grad.T,
        "b1": layer.linear1.bias.grad,
        "w2": layer.linear2.weight.grad.T,
        "b2": layer.linear2.bias.grad,
    }
    if order == "post":
        theirs |= {"first_scale": layer.norm1.weight.grad, "first_shift": layer.norm1.bias.grad}
    ours = {"out": out, "x": dx, **dparams}
    _assert_close(
        {name: value.cpu().numpy() for name, value in ours.items()},
        {name: value.cpu().numpy() for name, value in theirs.items()},
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_lower_precision_stays_what_it_is(solution, numbers, device, dtype):
    def tensor(array):
        return torch.tensor(array, dtype=dtype, device=device)

    params = {name: tensor(value) for name, value in _params(numbers, 4, 6).items()}
    x, dout = tensor(numbers(2, 3, 4)), tensor(numbers(2, 3, 4))
    found = [solution.rms_norm(x, params["scale"])]
    for order in ORDERS:
        out, cache = solution.residual_forward(x, params, order)
        dx, dparams = solution.residual_backward(dout, cache)
        found += [out, dx, *dparams.values()]
    assert all(value.dtype == dtype and value.device.type == device for value in found)


def test_float32_far_from_zero(solution, numbers, put, back, place):
    """The mean of squares minus the squared mean would be off by hundreds."""
    x, scale, shift = numbers(3, 4, 6), numbers(6), numbers(6)
    far = (x + 1e4).astype(np.float32)
    given = (far, scale.astype(np.float32), shift.astype(np.float32))
    out, _ = solution.layer_norm_forward(*(put(a, place) for a in given))
    expected = torch.nn.functional.layer_norm(
        torch.tensor(far).double(), (6,), torch.tensor(scale), torch.tensor(shift)
    )
    assert np.abs(back(out, place) - expected.numpy()).max() < 0.02
