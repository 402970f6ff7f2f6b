"""The reference of exercise 34 against PyTorch's layers and autograd."""

import pytest
import torch
from torch.nn import functional

from grader.judge.library import load_solution

SIZES = {  # B, T, S, H, E, A, M
    "small": (2, 3, 4, 5, 6, 7, 3),
    "one step": (3, 1, 5, 2, 4, 3, 2),
    "one position": (1, 4, 1, 3, 3, 2, 5),
    "longer": (4, 9, 17, 8, 16, 12, 10),
}
CLOSE = {"rtol": 1e-10, "atol": 1e-11}


@pytest.fixture(scope="module")
def solution():
    return load_solution("exercise-34")


@pytest.fixture(params=SIZES.values(), ids=SIZES.keys())
def sizes(request):
    return request.param


@pytest.fixture
def random(device):
    """Draw float64 tensors, the same for every run of a test."""
    source = torch.Generator().manual_seed(34)

    def draw(*shape):
        return torch.randn(*shape, generator=source, dtype=torch.float64).to(device)

    return draw


def compare(forward, backward, arguments, expected, cotangent):
    """The output equals `expected`; the gradients are those that autograd finds for it."""
    wanted = torch.autograd.grad(expected, arguments, cotangent)
    with torch.no_grad():
        out, *_, cache = forward(*arguments)
        found = backward(cotangent, cache)
    torch.testing.assert_close(out, expected.detach(), **CLOSE)
    torch.testing.assert_close(tuple(found), wanted, **CLOSE)


def test_the_additive_score_is_two_linear_layers_and_a_third(solution, sizes, random):
    b, t, s, h, e, a, _ = sizes
    shapes = [(b, t, h), (b, s, e), (h, a), (e, a), (a,)]
    queries, keys, wq, wk, v = arguments = [random(*shape).requires_grad_() for shape in shapes]
    inside = functional.linear(queries, wq.T)[:, :, None] + functional.linear(keys, wk.T)[:, None]
    expected = functional.linear(torch.tanh(inside), v[None]).squeeze(-1)
    forward, backward = solution.additive_score_forward, solution.additive_score_backward
    compare(forward, backward, arguments, expected, random(b, t, s))


def test_the_dot_score_is_a_batch_of_products(solution, sizes, random):
    b, t, s, h, *_ = sizes
    arguments = [random(b, t, h).requires_grad_(), random(b, s, h).requires_grad_()]
    expected = torch.bmm(arguments[0], arguments[1].transpose(1, 2))
    forward, backward = solution.dot_score_forward, solution.dot_score_backward
    compare(forward, backward, arguments, expected, random(b, t, s))


def test_the_general_score_is_a_bilinear_layer(solution, sizes, random):
    b, t, s, h, e, *_ = sizes
    shapes = [(b, t, h), (b, s, e), (h, e)]
    queries, keys, w = arguments = [random(*shape).requires_grad_() for shape in shapes]
    left = queries[:, :, None].expand(b, t, s, h)
    right = keys[:, None].expand(b, t, s, e)
    expected = functional.bilinear(left, right, w[None]).squeeze(-1)
    forward, backward = solution.general_score_forward, solution.general_score_backward
    compare(forward, backward, arguments, expected, random(b, t, s))


@pytest.mark.parametrize("padded", [False, True], ids=["all real", "with padding"])
def test_attend_is_softmax_of_what_is_real(solution, sizes, random, device, padded):
    b, t, s, *_, m = sizes
    scores, values = arguments = [
        random(b, t, s).requires_grad_(),
        random(b, s, m).requires_grad_(),
    ]
    lengths = (s - torch.arange(b)).clamp(min=1)
    mask = (torch.arange(s) < lengths[:, None]).to(device) if padded else None
    hidden = scores if mask is None else scores.masked_fill(~mask[:, None], -torch.inf)
    expected = torch.bmm(functional.softmax(hidden, dim=-1), values)

    def forward(scores, values):
        return solution.attend_forward(scores, values, mask)

    compare(forward, solution.attend_backward, arguments, expected, random(b, t, m))


def test_dot_and_attend_are_scaled_attention_without_its_scale(solution, sizes, random):
    b, t, s, h, _, _, m = sizes
    queries, keys, values = random(b, t, h), random(b, s, h), random(b, s, m)
    scores, _ = solution.dot_score_forward(queries, keys)
    context, weights, _ = solution.attend_forward(scores, values)
    expected = functional.scaled_dot_product_attention(queries, keys, values, scale=1.0)
    torch.testing.assert_close(context, expected, **CLOSE)
    assert solution.alignment(weights).equal(weights.argmax(dim=-1))


def test_a_sentence_of_padding_gives_zeros_and_disturbs_nothing(solution, random, device):
    scores, values, dcontext = random(2, 3, 4), random(2, 4, 5), random(2, 3, 5)
    mask = torch.tensor([[False] * 4, [True, True, True, False]], device=device)
    context, weights, cache = solution.attend_forward(scores, values, mask)
    dscores, dvalues = solution.attend_backward(dcontext, cache)
    assert not any(part[0].any() for part in (context, weights, dscores, dvalues))
    alone, *_ = solution.attend_forward(scores[1:], values[1:], mask[1:])
    torch.testing.assert_close(context[1:], alone, **CLOSE)
