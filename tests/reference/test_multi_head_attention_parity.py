"""Exercise 36 against torch.nn.MultiheadAttention: outputs and all gradients, in float64.

The conventions differ in three ways, and the test translates them: torch stores its weights
transposed, keeps wq, wk and wv in one matrix, and hides where a mask is True.
"""

import numpy as np
import pytest
import torch

from grader.judge.library import load_solution

SHAPES = {
    "cross": (3, 4, 5, 2, 6),
    "one head": (2, 3, 7, 1, 5),
    "one feature per head": (4, 5, 2, 3, 1),
    "one example, one query": (1, 1, 6, 4, 3),
    "larger": (5, 17, 23, 8, 16),
}
MASKS = ["none", "causal", "per example", "padding"]
SCALED_ERROR = 1e-12


@pytest.fixture(scope="module")
def solution():
    return load_solution("exercise-36")


def _numbers(rng, batch, queries, keys, width):
    params = {name: rng.normal(size=(width, width)) for name in ("wq", "wk", "wv", "wo")}
    params |= {name: rng.normal(size=width) for name in ("bq", "bk", "bv", "bo")}
    params = {name: value / np.sqrt(width) for name, value in params.items()}
    x = rng.normal(size=(batch, queries, width))
    memory = rng.normal(size=(batch, keys, width))
    return x, memory, params, rng.normal(size=(batch, queries, width))


def _mask(rng, kind, batch, queries, keys):
    """True where a query may attend; every query keeps at least one key, as torch needs it."""
    if kind == "none":
        return None
    if kind == "causal":
        return np.tril(np.ones((queries, keys), dtype=bool))
    shape = (batch, queries, keys) if kind == "per example" else (batch, 1, keys)
    mask = rng.random(shape) < 0.5
    mask[..., 0] |= ~mask.any(axis=-1)
    return mask


def _ours(solution, place, x, memory, params, dout, n_heads, mask):
    """Outputs and gradients of the reference as NumPy arrays, by name."""

    def put(array):
        return array if place == "numpy" else torch.tensor(array, device=place)

    moved = {name: put(value) for name, value in params.items()}
    allowed = None if mask is None else put(mask)
    with torch.no_grad():
        out, cache = solution.multi_head_attention_forward(
            put(x), put(memory), moved, n_heads, allowed
        )
        dx, dmemory, dparams = solution.multi_head_attention_backward(put(dout), cache)
    found = {"out": out, "x": dx, "memory": dmemory, **dparams}
    if place == "numpy":
        assert all(type(value) is np.ndarray for value in found.values())
        return found
    assert all(value.device.type == place for value in found.values())
    return {name: value.cpu().numpy() for name, value in found.items()}


def _torchs(place, x, memory, params, dout, n_heads, mask):
    """The same from torch.nn.MultiheadAttention and autograd."""
    device = "cpu" if place == "numpy" else place
    width = x.shape[-1]
    layer = torch.nn.MultiheadAttention(
        width, n_heads, batch_first=True, dtype=torch.float64, device=device
    )
    tensors = {name: torch.tensor(value, device=device) for name, value in params.items()}
    with torch.no_grad():
        layer.in_proj_weight.copy_(torch.cat([tensors[name].T for name in ("wq", "wk", "wv")]))
        layer.in_proj_bias.copy_(torch.cat([tensors[name] for name in ("bq", "bk", "bv")]))
        layer.out_proj.weight.copy_(tensors["wo"].T)
        layer.out_proj.bias.copy_(tensors["bo"])

    hidden = {}
    if mask is not None:
        forbidden = torch.tensor(~mask, device=device)
        if mask.ndim == 2:
            hidden["attn_mask"] = forbidden
        elif mask.shape[1] == 1:
            hidden["key_padding_mask"] = forbidden[:, 0]
        else:
            hidden["attn_mask"] = forbidden.repeat_interleave(n_heads, dim=0)

    query = torch.tensor(x, device=device, requires_grad=True)
    source = torch.tensor(memory, device=device, requires_grad=True)
    out, _ = layer(query, source, source, need_weights=False, **hidden)
    out.backward(torch.tensor(dout, device=device))
    dwq, dwk, dwv = layer.in_proj_weight.grad.chunk(3)
    dbq, dbk, dbv = layer.in_proj_bias.grad.chunk(3)
    found = {"out": out.detach(), "x": query.grad, "memory": source.grad}
    found |= {"wq": dwq.T, "wk": dwk.T, "wv": dwv.T, "wo": layer.out_proj.weight.grad.T}
    found |= {"bq": dbq, "bk": dbk, "bv": dbv, "bo": layer.out_proj.bias.grad}
    return {name: value.cpu().numpy() for name, value in found.items()}


def _assert_equal(ours, theirs):
    assert ours.keys() == theirs.keys()
    # bk has a gradient of zero, so errors are measured against all parameters' gradients.
    scale = max(np.abs(value).max() for value in theirs.values())
    for name, expected in theirs.items():
        assert ours[name].shape == expected.shape, name
        assert ours[name].dtype == np.float64, name
        assert np.abs(ours[name] - expected).max() <= SCALED_ERROR * scale, name


@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_cross_attention_equals_torch(solution, shape, kind, place):
    batch, queries, keys, n_heads, size = shape
    rng = np.random.default_rng(36)
    x, memory, params, dout = _numbers(rng, batch, queries, keys, n_heads * size)
    mask = _mask(rng, kind, batch, queries, keys)
    ours = _ours(solution, place, x, memory, params, dout, n_heads, mask)
    _assert_equal(ours, _torchs(place, x, memory, params, dout, n_heads, mask))


@pytest.mark.parametrize("kind", MASKS)
def test_self_attention_adds_both_gradients(solution, kind, place):
    batch, length, n_heads, size = 3, 6, 4, 5
    rng = np.random.default_rng(37)
    x, _, params, dout = _numbers(rng, batch, length, length, n_heads * size)
    mask = _mask(rng, kind, batch, length, length)
    ours = _ours(solution, place, x, x, params, dout, n_heads, mask)
    theirs = _torchs(place, x, x, params, dout, n_heads, mask)
    for found in (ours, theirs):
        found["x"] = found["x"] + found.pop("memory")
    _assert_equal(ours, theirs)


def test_a_query_without_keys_gives_the_bias_and_no_gradient(solution, place):
    """What torch returns for such a query depends on its version and kernel: only ours is held."""
    rng = np.random.default_rng(38)
    x, memory, params, dout = _numbers(rng, 2, 3, 4, 6)
    mask = np.ones((2, 3, 4), dtype=bool)
    mask[1, 2] = False
    ours = _ours(solution, place, x, memory, params, dout, 2, mask)
    seen = mask.any(axis=-1)
    assert np.array_equal(ours["out"][~seen], params["bo"][None])
    assert not ours["x"][~seen].any()
    assert all(np.isfinite(value).all() for value in ours.values())
    theirs = _torchs(place, x, memory, params, dout, 2, mask)
    assert np.abs(ours["out"][seen] - theirs["out"][seen]).max() < SCALED_ERROR
