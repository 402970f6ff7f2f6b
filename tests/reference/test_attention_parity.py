"""The reference of exercise 35 against `torch.nn.functional.scaled_dot_product_attention`."""

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from grader.judge.library import load_solution

SIZES = {  # B, T, S, D, M
    "cross": (3, 4, 6, 5, 2),
    "one query": (2, 1, 5, 3, 4),
    "one key": (2, 3, 1, 4, 5),
    "wide values": (1, 5, 3, 2, 7),
    "longer": (2, 17, 33, 16, 8),
}


@pytest.fixture(scope="module")
def attention():
    return load_solution("exercise-35")


def _inputs(b, t, s, d, m, device):
    """q, k, v that ask for gradients, and a cotangent, from a fixed seed."""
    generator = torch.Generator().manual_seed(35)

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64).to(device)

    q, k, v = (normal(*shape).requires_grad_() for shape in ((b, t, d), (b, s, d), (b, s, m)))
    return q, k, v, normal(b, t, m)


def _random_mask(*shape, device):
    """Half of the entries allowed, and at least one key for every query."""
    mask = torch.rand(*shape, generator=torch.Generator().manual_seed(36)) < 0.5
    mask[..., 0] |= ~mask.any(dim=-1)
    return mask.to(device)


def _assert_parity(attention, q, k, v, dout, mask, expected):
    """Output and the three gradients equal those of `expected`, which autograd differentiates."""
    expected_gradients = torch.autograd.grad(expected, (q, k, v), dout)
    with torch.no_grad():
        out, cache = attention.attention_forward(q, k, v, mask)
        gradients = attention.attention_backward(dout, cache)
    compare = {"rtol": 1e-10, "atol": 1e-11}
    torch.testing.assert_close(out, expected.detach(), **compare)
    for name, actual, wanted in zip(("dq", "dk", "dv"), gradients, expected_gradients, strict=True):
        torch.testing.assert_close(actual, wanted, **compare, msg=lambda m, n=name: f"{n}: {m}")


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES.keys())
def test_without_a_mask(attention, sizes, device):
    q, k, v, dout = _inputs(*sizes, device)
    expected = scaled_dot_product_attention(q, k, v)
    _assert_parity(attention, q, k, v, dout, None, expected)


@pytest.mark.parametrize("length", [1, 2, 7, 33])
def test_causal(attention, length, device):
    q, k, v, dout = _inputs(2, length, length, 5, 3, device)
    mask = attention.causal_mask(q)
    assert mask.dtype == torch.bool
    assert mask.device == q.device
    expected = scaled_dot_product_attention(q, k, v, is_causal=True)
    _assert_parity(attention, q, k, v, dout, mask, expected)


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES.keys())
@pytest.mark.parametrize("per_example", [False, True], ids=["one mask", "a mask per example"])
def test_with_a_mask(attention, sizes, per_example, device):
    q, k, v, dout = _inputs(*sizes, device)
    b, t, s = sizes[:3]
    mask = _random_mask(*((b, t, s) if per_example else (t, s)), device=device)
    expected = scaled_dot_product_attention(q, k, v, attn_mask=mask)
    _assert_parity(attention, q, k, v, dout, mask, expected)


def test_a_query_without_keys_gets_zero(attention, device):
    """Its output and its gradients are zero; the other queries are those of torch."""
    q, k, v, dout = _inputs(2, 4, 5, 3, 2, device)
    mask = _random_mask(4, 5, device=device)
    mask[1] = False
    rest = [0, 2, 3]
    expected = torch.zeros_like(dout)
    expected = expected.index_copy(
        1,
        torch.tensor(rest, device=device),
        scaled_dot_product_attention(q[:, rest], k, v, attn_mask=mask[rest]),
    )
    _assert_parity(attention, q, k, v, dout, mask, expected)
