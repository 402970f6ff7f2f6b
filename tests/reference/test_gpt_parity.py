"""The reference of exercise 42 against transformers' GPT-2 and torch's loss, forward and backward.

The model is built from a small configuration and filled with random numbers: fresh biases are 0 and
fresh scales 1, which would hide mistakes. Its `state_dict()` is handed over as it is.
"""

import numpy as np
import pytest
import torch
from transformers.models.gpt2 import GPT2Config, GPT2LMHeadModel

from grader.judge.library import load_solution

HEADS, CONTEXT, WORDS = 3, 9, 17


@pytest.fixture(scope="module")
def gpt():
    return load_solution("exercise-42")


def _model(layers=2, dtype=torch.float64, device="cpu"):
    """A GPT-2 whose every parameter is random."""
    config = GPT2Config(
        vocab_size=WORDS,
        n_positions=CONTEXT,
        n_embd=12,
        n_layer=layers,
        n_head=HEADS,
        bos_token_id=None,
        eos_token_id=None,
        attn_implementation="eager",
    )
    model = GPT2LMHeadModel(config).double().eval()
    source = torch.Generator().manual_seed(42)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(generator=source)
            parameter.mul_(0.5)
    return model.to(device=device, dtype=dtype)


def _ids(batch, length, seed=42):
    return np.random.default_rng(seed).integers(0, WORDS, (batch, length))


def _weights(model, put, place):
    """The state dict as arrays or tensors, with the prefix and the head."""
    return {name: put(array.cpu().numpy(), place) for name, array in model.state_dict().items()}


def _close(actual, expected, tolerance=1e-10):
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(
    ("batch", "length", "layers"), [(1, 1, 1), (2, 5, 2), (3, CONTEXT, 3), (2, 4, 12)]
)
def test_logits_are_those_of_transformers(gpt, put, back, place, batch, length, layers):
    model, ids = _model(layers), _ids(batch, length)
    with torch.no_grad():
        expected = model(torch.tensor(ids)).logits.numpy()
    params = gpt.load_gpt2_weights(_weights(model, put, place))
    logits = gpt.gpt_forward(put(ids, place), params, HEADS)
    _close(back(logits, place), expected)


def test_hidden_states_are_those_of_transformers(gpt, put, back, place):
    model, ids = _model(3), _ids(2, 6)
    with torch.no_grad():
        expected = model(torch.tensor(ids), output_hidden_states=True).hidden_states
    params = gpt.load_gpt2_weights(_weights(model, put, place))
    x = params["token_embedding"][put(ids, place)] + params["position_embedding"][:6]
    _close(back(x, place), expected[0].numpy())
    for layer, after in zip(params["layers"][:-1], expected[1:-1], strict=True):
        x = gpt.gpt_block(x, layer, HEADS)
        _close(back(x, place), after.numpy())


def test_names_without_prefix_and_stored_masks(gpt):
    model = _model()
    weights = {name: array.numpy() for name, array in model.transformer.state_dict().items()}
    weights["h.0.attn.bias"] = np.tri(CONTEXT).reshape(1, 1, CONTEXT, CONTEXT)
    weights["h.0.attn.masked_bias"] = np.array(-1e4)
    ids = _ids(2, 5)
    with torch.no_grad():
        expected = model(torch.tensor(ids)).logits.numpy()
    _close(gpt.gpt_forward(ids, gpt.load_gpt2_weights(weights), HEADS), expected)


def test_float32_stays_float32(gpt, device):
    model, ids = _model(dtype=torch.float32, device=device), torch.tensor(_ids(2, 7), device=device)
    with torch.no_grad():
        expected = model(ids).logits
        logits = gpt.gpt_forward(ids, gpt.load_gpt2_weights(model.state_dict()), HEADS)
    assert logits.dtype == torch.float32
    torch.testing.assert_close(logits, expected, rtol=1e-5, atol=1e-5)


def test_bfloat16_stays_bfloat16(gpt, device):
    model, ids = _model(dtype=torch.bfloat16, device=device), _ids(2, 7)
    ids = torch.tensor(ids, device=device)
    with torch.no_grad():
        logits = gpt.gpt_forward(ids, gpt.load_gpt2_weights(model.state_dict()), HEADS)
        loss, dlogits = gpt.next_token_loss(logits, ids)
    assert {logits.dtype, loss.dtype, dlogits.dtype} == {torch.bfloat16}


@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_loss_and_gradient_are_torchs(gpt, put, back, place, scale):
    ids = _ids(3, 6)
    numbers = scale * np.random.default_rng(1).standard_normal((3, 6, WORDS))
    logits = torch.tensor(numbers, requires_grad=True)
    expected = torch.nn.functional.cross_entropy(
        logits[:, :-1].reshape(-1, WORDS), torch.tensor(ids)[:, 1:].reshape(-1)
    )
    (gradient,) = torch.autograd.grad(expected, logits)
    loss, dlogits = gpt.next_token_loss(put(numbers, place), put(ids, place))
    _close(float(loss), expected.item())
    _close(back(dlogits, place), gradient.numpy())


def test_gradient_of_the_tied_table_is_that_of_transformers(gpt, device):
    model, ids = _model(device=device), torch.tensor(_ids(2, 6), device=device)
    theirs = model(ids).logits[:, :-1].reshape(-1, WORDS)
    expected = torch.nn.functional.cross_entropy(theirs, ids[:, 1:].reshape(-1))
    wanted = torch.autograd.grad(expected, model.transformer.wte.weight)[0]
    weights = {name: array.detach() for name, array in model.transformer.state_dict().items()}
    weights["wte.weight"] = table = weights["wte.weight"].clone().requires_grad_()
    logits = gpt.gpt_forward(ids, gpt.load_gpt2_weights(weights), HEADS)
    loss, dlogits = gpt.next_token_loss(logits.detach(), ids)
    torch.testing.assert_close(loss, expected.detach(), rtol=1e-10, atol=1e-10)
    found = torch.autograd.grad(logits, table, dlogits)[0]
    torch.testing.assert_close(found, wanted, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize(("batch", "length", "n_new"), [(1, 1, 8), (4, 3, 6), (2, 8, 1)])
def test_greedy_writing_is_that_of_transformers(gpt, put, back, place, batch, length, n_new):
    model, ids = _model(), _ids(batch, length)
    expected = model.generate(
        torch.tensor(ids),
        attention_mask=torch.ones(batch, length, dtype=torch.int64),
        max_new_tokens=n_new,
        do_sample=False,
        pad_token_id=None,
        eos_token_id=None,
    ).numpy()
    params = gpt.load_gpt2_weights(_weights(model, put, place))
    written = gpt.generate(put(ids, place), n_new, params, HEADS)
    assert back(written, place).dtype == np.int64
    np.testing.assert_array_equal(back(written, place), expected)


def test_a_full_context_moves_on(gpt, put, back, place):
    model, ids = _model(), _ids(3, 7)
    text = torch.tensor(ids)
    with torch.no_grad():
        for _ in range(6):
            best = model(text[:, -CONTEXT:]).logits[:, -1].argmax(dim=-1)
            text = torch.cat([text, best[:, None]], dim=1)
    params = gpt.load_gpt2_weights(_weights(model, put, place))
    written = gpt.generate(put(ids, place), 6, params, HEADS)
    np.testing.assert_array_equal(back(written, place), text.numpy())
