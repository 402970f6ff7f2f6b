"""The reference of exercise 43 against GPT-2 of transformers with its cache, CPU and CUDA."""

import numpy as np
import pytest
import torch
from transformers.cache_utils import DynamicCache
from transformers.models.gpt2 import GPT2Config, GPT2LMHeadModel

from grader.judge.library import load_solution

WIDTH, HEADS, LAYERS, TOKENS, PLACES = 12, 3, 2, 17, 11
PRECISE = {"rtol": 1e-10, "atol": 1e-10}
SINGLE = {"rtol": 1e-5, "atol": 1e-5}


@pytest.fixture(scope="module")
def solution():
    return load_solution("exercise-43")


def make_model(seed=43, dtype=torch.float64):
    """A GPT-2 with a random value in every parameter; its biases and norms too."""
    config = GPT2Config(
        vocab_size=TOKENS,
        n_positions=PLACES,
        n_embd=WIDTH,
        n_layer=LAYERS,
        n_head=HEADS,
        attn_implementation="eager",
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=None,
    )
    model = GPT2LMHeadModel(config).to(dtype).eval()
    source = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.5, generator=source)
    return model


def params_of(model):
    """The model's weights under the names of the exercise; GPT-2 stores them inputs first."""
    body = model.transformer
    layers = []
    for block in body.h:
        weights = block.attn.c_attn.weight.detach().chunk(3, dim=1)
        biases = block.attn.c_attn.bias.detach().chunk(3)
        attention = {f"w{name}": weight for name, weight in zip("qkv", weights, strict=True)}
        attention |= {f"b{name}": bias for name, bias in zip("qkv", biases, strict=True)}
        attention |= {
            "wo": block.attn.c_proj.weight.detach(),
            "bo": block.attn.c_proj.bias.detach(),
        }
        layers.append(
            {
                "attention": attention,
                "norm1_scale": block.ln_1.weight.detach(),
                "norm1_shift": block.ln_1.bias.detach(),
                "norm2_scale": block.ln_2.weight.detach(),
                "norm2_shift": block.ln_2.bias.detach(),
                "w1": block.mlp.c_fc.weight.detach(),
                "b1": block.mlp.c_fc.bias.detach(),
                "w2": block.mlp.c_proj.weight.detach(),
                "b2": block.mlp.c_proj.bias.detach(),
            }
        )
    return {
        "token_embedding": body.wte.weight.detach(),
        "position_embedding": body.wpe.weight.detach(),
        "layers": layers,
        "final_scale": body.ln_f.weight.detach(),
        "final_shift": body.ln_f.bias.detach(),
    }


def placed(value, place, put):
    """The same nest of dicts and lists, with its tensors where the reference is to work."""
    if isinstance(value, dict):
        return {name: placed(inner, place, put) for name, inner in value.items()}
    if isinstance(value, list):
        return [placed(inner, place, put) for inner in value]
    return put(value.numpy(), place)


def random_ids(batch, length, seed=0):
    return torch.randint(TOKENS, (batch, length), generator=torch.Generator().manual_seed(seed))


def assert_same_cache(cache, theirs, place, back, tolerance):
    assert len(cache) == len(theirs.layers)
    for mine, layer in zip(cache, theirs.layers, strict=True):
        assert sorted(mine) == ["k", "v"]
        np.testing.assert_allclose(back(mine["k"], place), layer.keys.numpy(), **tolerance)
        np.testing.assert_allclose(back(mine["v"], place), layer.values.numpy(), **tolerance)


def assert_same_reading(solution, model, chunks, place, put, back, tolerance):
    """Read a text chunk by chunk, one token at a time by decode_step, in both models."""
    params, mine = placed(params_of(model), place, put), None
    theirs = DynamicCache()
    for chunk in chunks:
        with torch.no_grad():
            expected = model(chunk, past_key_values=theirs, use_cache=True).logits.numpy()
        ids = put(chunk.numpy(), place)
        if mine is None or chunk.shape[1] > 1:
            logits, mine = solution.prefill(ids, params, HEADS, mine)
        else:
            logits, mine = solution.decode_step(ids[:, 0], mine, params, HEADS)
            expected = expected[:, 0]
        np.testing.assert_allclose(back(logits, place), expected, **tolerance)
        assert_same_cache(mine, theirs, place, back, tolerance)


@pytest.mark.parametrize(
    ("batch", "lengths"),
    [
        (1, [1, 1]),
        (3, [4, 1, 1, 1]),
        (2, [PLACES]),
        (2, [3, 4, 2]),
        (1, [2, 5, 1, 3]),
        (2, [10, 1]),
    ],
)
def test_every_chunk_and_step_is_transformers(solution, place, put, back, batch, lengths):
    chunks = random_ids(batch, sum(lengths)).split(lengths, dim=1)
    assert_same_reading(solution, make_model(), chunks, place, put, back, PRECISE)


def test_single_precision_is_transformers(solution, place, put, back):
    chunks = random_ids(2, 8, seed=1).split([4, 1, 3], dim=1)
    model = make_model(dtype=torch.float32)
    assert_same_reading(solution, model, chunks, place, put, back, SINGLE)


def test_selected_rows_are_transformers(solution, place, put, back):
    model, rows = make_model(), torch.tensor([2, 0, 2, 1])
    params, ids, more = params_of(model), random_ids(3, 4), random_ids(4, 1, seed=2)
    theirs = DynamicCache()
    with torch.no_grad():
        model(ids, past_key_values=theirs, use_cache=True)
        theirs.reorder_cache(rows)
        expected = model(more, past_key_values=theirs, use_cache=True).logits[:, 0].numpy()
    params = placed(params, place, put)
    _, cache = solution.prefill(put(ids.numpy(), place), params, HEADS)
    cache = solution.select_rows(cache, put(rows.numpy(), place))
    logits, cache = solution.decode_step(put(more[:, 0].numpy(), place), cache, params, HEADS)
    np.testing.assert_allclose(back(logits, place), expected, **PRECISE)
    assert_same_cache(cache, theirs, place, back, PRECISE)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("batch", "length", "n_new"), [(1, 1, 10), (3, 4, 6), (2, 10, 1)])
def test_generate_is_transformers(solution, place, put, back, seed, batch, length, n_new):
    model, ids = make_model(seed), random_ids(batch, length, seed)
    with torch.no_grad():
        expected = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=n_new,
            do_sample=False,
            use_cache=True,
        )
    params = placed(params_of(model), place, put)
    text = back(solution.generate(put(ids.numpy(), place), n_new, params, HEADS), place)
    assert text.dtype == np.int64
    np.testing.assert_array_equal(text, expected.numpy())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_dtype_is_kept(solution, device, dtype):
    params = placed_as(params_of(make_model()), device, dtype)
    ids = random_ids(2, 5).to(device)
    logits, cache = solution.prefill(ids[:, :4], params, HEADS)
    step, longer = solution.decode_step(ids[:, 4], cache, params, HEADS)
    for tensor in (logits, step, *(entry for layer in cache + longer for entry in layer.values())):
        assert tensor.dtype == dtype and tensor.device.type == device


def placed_as(value, device, dtype):
    if isinstance(value, dict):
        return {name: placed_as(inner, device, dtype) for name, inner in value.items()}
    if isinstance(value, list):
        return [placed_as(inner, device, dtype) for inner in value]
    return value.to(device, dtype)


def test_the_old_cache_stays_as_it_was(solution):
    params, ids = params_of(make_model()), random_ids(2, 5)
    _, cache = solution.prefill(ids[:, :3], params, HEADS)
    before = [{name: entry.clone() for name, entry in layer.items()} for layer in cache]
    once, _ = solution.decode_step(ids[:, 3], cache, params, HEADS)
    solution.prefill(ids[:, 3:], params, HEADS, cache)
    again, _ = solution.decode_step(ids[:, 3], cache, params, HEADS)
    torch.testing.assert_close(once, again, rtol=0, atol=0)
    torch.testing.assert_close(cache, before, rtol=0, atol=0)


def test_cache_size_counts_the_bytes_of_a_cache(solution):
    params = params_of(make_model(dtype=torch.float32))
    _, cache = solution.prefill(random_ids(2, 5), params, HEADS)
    stored = sum(entry.nbytes for layer in cache for entry in layer.values())
    assert solution.cache_size(LAYERS, HEADS, WIDTH // HEADS, 5, 2, 4) == stored
