"""Exercise 37 against complex exponentials, torch's embeddings and the rotary code of models."""

import math

import numpy as np
import pytest
import torch
from transformers.models.gptj import modeling_gptj as gptj
from transformers.models.llama import modeling_llama as llama

from grader.judge.library import load_solution

PAIRINGS = ["neighbours", "halves"]
# batch, heads, size of a head, positions, base
TURNED = [
    (1, 1, 2, [7], 10000.0),
    (2, 3, 8, [0, 1, 2, 3, 4], 10000.0),
    (3, 2, 6, [9, 4, 4, 31], 500.0),
    (2, 4, 16, [4000, 12, 100000], 500000.0),
]
WIDTHS = [(1, 1, 10000.0), (1, 4, 10000.0), (9, 6, 100.0), (12, 7, 10000.0), (3000, 16, 10000.0)]


@pytest.fixture(scope="module")
def solution():
    return load_solution("exercise-37")


def _drawn(*shape):
    return np.random.default_rng(sum(shape)).normal(size=shape)


def _unit(positions, size, base):
    """exp(i p w) for every position and every pair, (T, size / 2 rounded up), complex128."""
    exponent = torch.arange((size + 1) // 2, dtype=torch.float64) * (-2 / size * math.log(base))
    angle = torch.outer(torch.as_tensor(positions, dtype=torch.float64), torch.exp(exponent))
    return torch.polar(torch.ones_like(angle), angle)


@pytest.mark.parametrize(("length", "width", "base"), WIDTHS)
def test_sinusoidal_equals_complex_exponentials(solution, length, width, base, place, put, back):
    x = _drawn(2, length, width)
    unit = _unit(range(length), width, base)
    pairs = torch.stack([unit.imag, unit.real], dim=-1).flatten(start_dim=1)[:, :width]
    embedding = torch.nn.Embedding.from_pretrained(pairs)
    codes = back(solution.sinusoidal(put(x, place), base), place)
    np.testing.assert_allclose(codes, embedding(torch.arange(length)).numpy(), rtol=0, atol=1e-10)


@pytest.mark.parametrize(("length", "rows"), [(1, 1), (1, 5), (4, 4), (3, 11)])
def test_learned_equals_an_embedding(solution, length, rows, place, put, back):
    x, table, dout = _drawn(3, length, 5), _drawn(rows, 5), _drawn(3, length, 5)
    embedding = torch.nn.Embedding.from_pretrained(torch.tensor(table), freeze=False)
    leaf = torch.tensor(x, requires_grad=True)
    expected = leaf + embedding(torch.arange(length))
    expected.backward(torch.tensor(dout))

    out, cache = solution.learned_forward(put(x, place), put(table, place))
    dx, dtable = solution.learned_backward(put(dout, place), cache)
    np.testing.assert_allclose(back(out, place), expected.detach().numpy(), rtol=1e-14)
    np.testing.assert_allclose(back(dx, place), leaf.grad.numpy(), rtol=1e-14)
    np.testing.assert_allclose(back(dtable, place), embedding.weight.grad.numpy(), atol=1e-14)


def _turned_neighbours(x, unit):
    """Su et al. with complex numbers: (a + ib) exp(i p w)."""
    pairs = torch.view_as_complex(x.unflatten(-1, (-1, 2)))
    return torch.view_as_real(pairs * unit).flatten(start_dim=-2)


def _turned_halves(x, unit):
    """The rotation that transformers applies in LLaMA, with angles in float64."""
    cos, sin = (torch.cat([part, part], dim=-1)[None] for part in (unit.real, unit.imag))
    return llama.apply_rotary_pos_emb(x, x, cos, sin)[0]


@pytest.mark.parametrize("pairing", PAIRINGS)
@pytest.mark.parametrize(("batch", "heads", "size", "positions", "base"), TURNED)
def test_rope_and_its_gradient(
    solution, batch, heads, size, positions, base, pairing, place, put, back
):
    shape = (batch, heads, len(positions), size)
    x, dout = _drawn(*shape), _drawn(*shape)[::-1].copy()
    turned = _turned_neighbours if pairing == "neighbours" else _turned_halves
    leaf = torch.tensor(x, requires_grad=True)
    expected = turned(leaf, _unit(positions, size, base))
    expected.backward(torch.tensor(dout))

    where = put(np.array(positions), place)
    out = solution.rope(put(x, place), where, pairing, base)
    dx = solution.rope_backward(put(dout, place), where, pairing, base)
    np.testing.assert_allclose(back(out, place), expected.detach().numpy(), rtol=0, atol=1e-10)
    np.testing.assert_allclose(back(dx, place), leaf.grad.numpy(), rtol=0, atol=1e-10)


def test_rope_in_halves_equals_llama(solution, device):
    """With LLaMA's own angles, which are float32: hence short positions and 1e-5."""
    config = llama.LlamaConfig(
        hidden_size=24,
        num_attention_heads=3,
        max_position_embeddings=64,
        rope_parameters={"rope_type": "default", "rope_theta": 500.0},
    )
    positions = torch.tensor([5, 0, 1, 17], device=device)
    x = torch.tensor(_drawn(2, 3, 4, 8), dtype=torch.float32, device=device)
    cos, sin = llama.LlamaRotaryEmbedding(config).to(device)(x, positions[None])
    query, key = llama.apply_rotary_pos_emb(x, 2 * x, cos, sin)
    out = solution.rope(x, positions, "halves", 500.0)
    torch.testing.assert_close(out, query, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(2 * out, key, rtol=1e-5, atol=1e-5)


def test_rope_of_neighbours_equals_gpt_j(solution, device):
    positions = torch.tensor([5, 0, 1, 17], device=device)
    x = torch.tensor(_drawn(2, 3, 4, 8), dtype=torch.float32, device=device)
    table = gptj.create_sinusoidal_positions(18, 8).to(device)[positions][None]
    sin, cos = table.chunk(2, dim=-1)
    expected = gptj.apply_rotary_pos_emb(x.transpose(1, 2), sin, cos).transpose(1, 2)
    out = solution.rope(x, positions, "neighbours")
    torch.testing.assert_close(out, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_smaller_types_stay_and_round_only_the_results(solution, dtype, device):
    """Far along, what is left is one rounding of sine and cosine, not one of the angle."""
    positions = torch.tensor([4000, 4001, 50003], device=device)
    exact = torch.tensor(_drawn(2, 2, 3, 8), device=device).to(dtype).double()
    tolerance = 8 * torch.finfo(dtype).eps
    for pairing in PAIRINGS:
        out = solution.rope(exact.to(dtype), positions, pairing)
        dx = solution.rope_backward(exact.to(dtype), positions, pairing)
        assert out.dtype == dx.dtype == dtype
        expected = solution.rope(exact, positions, pairing)
        torch.testing.assert_close(out.double(), expected, rtol=0, atol=tolerance)
        expected = solution.rope_backward(exact, positions, pairing)
        torch.testing.assert_close(dx.double(), expected, rtol=0, atol=tolerance)

    x = torch.zeros((1, 3000, 6), dtype=dtype, device=device)
    codes = solution.sinusoidal(x)
    assert codes.dtype == dtype and codes.device == x.device
    expected = solution.sinusoidal(x.double())
    torch.testing.assert_close(codes.double(), expected, rtol=0, atol=tolerance)
    out, cache = solution.learned_forward(x, codes)
    dx, dtable = solution.learned_backward(out, cache)
    assert out.dtype == dx.dtype == dtable.dtype == dtype


@pytest.mark.parametrize("pairing", PAIRINGS)
def test_rope_writes_one_token_at_a_time(solution, pairing, place, put, back):
    """Token by token, as in decoding, gives what the whole sequence gives."""
    x, positions = put(_drawn(2, 3, 5, 4), place), put(np.arange(6, 11), place)
    whole = back(solution.rope(x, positions, pairing), place)
    for t in range(5):
        one = solution.rope(x[:, :, t : t + 1], positions[t : t + 1], pairing)
        np.testing.assert_allclose(back(one, place), whole[:, :, t : t + 1], rtol=1e-14, atol=1e-14)
