"""Exercise 44 against PyTorch's kernels and against LLaMA and Mistral in transformers.

The package computes norms, softmax and angles in float32, whatever the dtype of the model. For a
comparison in float64 the modules of the two models are handed a torch whose float32 is float64.
"""

import numpy as np
import pytest
import torch
from torch.nn import functional
from transformers.models.llama import LlamaConfig, LlamaForCausalLM, modeling_llama
from transformers.models.mistral import MistralConfig, MistralForCausalLM, modeling_mistral

from grader.judge.library import load_solution

SCALED_ERROR = 1e-12
SIZES = {
    "vocab_size": 17,
    "hidden_size": 12,
    "intermediate_size": 20,
    "num_hidden_layers": 2,
    "num_attention_heads": 6,
    "max_position_embeddings": 64,
    "rms_norm_eps": 1e-6,
    "tie_word_embeddings": False,
    "attn_implementation": "eager",
}
KEY_VALUE_HEADS = [1, 2, 3, 6]
HEAD_SIZES = [2, 4]
NETWORK = ("gate", "up", "down")


@pytest.fixture(scope="module")
def solution():
    return load_solution("exercise-44")


class DoubleTorch:
    """torch, with float64 in the place of float32."""

    float = float32 = torch.float64

    def __getattr__(self, name):
        return getattr(torch, name)


@pytest.fixture
def in_double(monkeypatch):
    for module in (modeling_llama, modeling_mistral):
        monkeypatch.setattr(module, "torch", DoubleTorch())


def randomise(model, seed):
    """Give every parameter a random value: weights of order 1 / sqrt(inputs), scales near 1."""
    source = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            values = torch.empty(parameter.shape, dtype=torch.float64).normal_(generator=source)
            around, spread = (1, 0.3) if values.ndim == 1 else (0, values.shape[-1] ** -0.5)
            parameter.copy_(around + spread * values)
    return model.eval()


def llama(n_kv_heads, size, dtype, seed=44):
    config = LlamaConfig(**SIZES, num_key_value_heads=n_kv_heads, head_dim=size)
    return randomise(LlamaForCausalLM(config).to(dtype), seed)


def mistral(n_kv_heads, size, window, dtype, seed=45):
    config = MistralConfig(
        **SIZES, num_key_value_heads=n_kv_heads, head_dim=size, sliding_window=window
    )
    return randomise(MistralForCausalLM(config).to(dtype), seed)


def layer_params(layer):
    """torch.nn.Linear stores its weights as (outputs, inputs)."""
    attention, network = layer.self_attn, layer.mlp
    params = {f"w{name}": getattr(attention, f"{name}_proj").weight.T for name in "qkvo"}
    params |= {f"w_{name}": getattr(network, f"{name}_proj").weight.T for name in NETWORK}
    params["norm1_scale"] = layer.input_layernorm.weight
    params["norm2_scale"] = layer.post_attention_layernorm.weight
    return params


def model_params(model):
    inner = model.model
    return {
        "token_embedding": inner.embed_tokens.weight,
        "layers": [layer_params(layer) for layer in inner.layers],
        "final_scale": inner.norm.weight,
        "output_weight": model.lm_head.weight.T,
    }


def moved(value, place):
    """Parameters as NumPy arrays, or as tensors on a device."""
    if isinstance(value, dict):
        return {name: moved(inner, place) for name, inner in value.items()}
    if isinstance(value, list):
        return [moved(inner, place) for inner in value]
    value = value.detach()
    return value.numpy() if place == "numpy" else value.to(place)


def some_ids(batch=3, length=9):
    return np.random.default_rng(44).integers(0, SIZES["vocab_size"], (batch, length))


def states_of(model, ids):
    """Logits, and what every block received and the last one returned."""
    inner, seen = model.model, []
    hooks = [
        layer.register_forward_hook(lambda _, given, result: seen.append((given[0], result)))
        for layer in inner.layers
    ]
    with torch.no_grad():
        logits = model(torch.tensor(ids), use_cache=False).logits
    for hook in hooks:
        hook.remove()
    return logits.numpy(), [(given.numpy(), result.numpy()) for given, result in seen]


def hold_model(solution, put, back, model, n_kv_heads, window, place):
    ids = some_ids()
    expected, states = states_of(model, ids)
    heads = SIZES["num_attention_heads"], n_kv_heads
    params = moved(model_params(model), place)
    limit = () if window is None else (window,)
    with torch.no_grad():
        logits = solution.llama_forward(put(ids, place), params, *heads, *limit)
    np.testing.assert_allclose(back(logits, place), expected, rtol=1e-10, atol=1e-10)
    positions = put(np.arange(ids.shape[1]), place)
    for layer, (given, result) in zip(params["layers"], states, strict=True):
        x = put(given, place)
        mask = solution.sliding_window_mask(x, *limit)
        out = solution.llama_block(x, layer, *heads, positions, mask)
        np.testing.assert_allclose(back(out, place), result, rtol=1e-10, atol=1e-10)


@pytest.mark.usefixtures("in_double")
@pytest.mark.parametrize("size", HEAD_SIZES)
@pytest.mark.parametrize("n_kv_heads", KEY_VALUE_HEADS)
def test_llama_is_the_packages(solution, put, back, place, n_kv_heads, size):
    model = llama(n_kv_heads, size, torch.float64)
    hold_model(solution, put, back, model, n_kv_heads, None, place)


@pytest.mark.usefixtures("in_double")
@pytest.mark.parametrize("window", [1, 2, 4, 9, 20, None])
def test_mistral_is_the_packages(solution, put, back, place, window):
    model = mistral(2, 4, window, torch.float64)
    hold_model(solution, put, back, model, 2, window, place)


@pytest.mark.usefixtures("in_double")
def test_a_window_of_one_more_would_differ(solution):
    """The package's window counts the query itself; W + 1 keys are another model."""
    model, ids = mistral(3, 4, 4, torch.float64), some_ids()
    expected, _ = states_of(model, ids)
    params = moved(model_params(model), "numpy")
    wider = solution.llama_forward(ids, params, 6, 3, 5)
    assert np.abs(wider - expected).max() > 1e-3


@pytest.mark.usefixtures("in_double")
def test_positions_are_the_packages(solution, put, back, place):
    """With gaps, and far from 0; the mask stays causal in the order of the rows."""
    model = llama(2, 4, torch.float64)
    layer, x = model.model.layers[1], np.random.default_rng(1).normal(size=(2, 5, 12))
    positions, given = np.array([3000, 3002, 3003, 3010, 4001]), torch.tensor(x)
    causal = torch.full((5, 5), -torch.inf, dtype=torch.float64).triu(1)
    with torch.no_grad():
        turns = model.model.rotary_emb(given, torch.tensor(positions)[None])
        expected = layer(given, attention_mask=causal[None, None], position_embeddings=turns)
    moved_x = put(x, place)
    out = solution.llama_block(
        moved_x,
        moved(layer_params(layer), place),
        6,
        2,
        put(positions, place),
        solution.sliding_window_mask(moved_x),
    )
    np.testing.assert_allclose(back(out, place), expected.numpy(), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("window", [None, 3])
def test_float32_is_the_packages(solution, device, window):
    """Untouched, as it is used; the dtype is kept."""
    model = mistral(2, 4, window, torch.float32) if window else llama(2, 4, torch.float32)
    ids = torch.tensor(some_ids(), device=device)
    model = model.to(device)
    params = moved(model_params(model), device)
    with torch.no_grad():
        expected = model(ids, use_cache=False).logits
    logits = solution.llama_forward(ids, params, 6, 2, window)
    assert logits.dtype == torch.float32 and logits.device == ids.device
    torch.testing.assert_close(logits, expected, rtol=1e-5, atol=1e-5)


def test_bfloat16_is_kept(solution, device):
    params = moved(model_params(llama(2, 4, torch.float64)), device)

    def rounded(value):
        if isinstance(value, dict):
            return {name: rounded(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [rounded(inner) for inner in value]
        return value.to(torch.bfloat16)

    ids = torch.tensor(some_ids(), device=device)
    logits = solution.llama_forward(ids, rounded(params), 6, 2, 3)
    exact = solution.llama_forward(ids, params, 6, 2, 3)
    assert logits.dtype == torch.bfloat16
    assert (logits - exact).abs().max() < 0.2


def scaled_error(ours, theirs):
    assert ours.shape == theirs.shape
    return np.abs(ours - theirs).max() / np.abs(theirs).max()


def gradients_of(out, dout, *inputs):
    out.backward(torch.tensor(dout))
    return [out.detach().numpy(), *(value.grad.numpy() for value in inputs)]


def visible(rng, kind, queries, keys):
    """A mask in which each query keeps a key, as the kernel of torch needs it."""
    if kind == "none":
        return None
    mask = rng.random((queries, keys)) < 0.5
    mask[np.arange(queries), rng.integers(0, keys, queries)] = True
    return mask


@pytest.mark.parametrize("kind", ["none", "some"])
@pytest.mark.parametrize("n_kv_heads", KEY_VALUE_HEADS)
def test_grouped_queries_are_torchs(solution, put, back, place, n_kv_heads, kind):
    batch, n_heads, queries, keys, size = 2, 6, 5, 7, 4
    rng = np.random.default_rng(46)
    q, dout = rng.normal(size=(2, batch, n_heads, queries, size))
    k, v = rng.normal(size=(2, batch, n_kv_heads, keys, size))
    mask = visible(rng, kind, queries, keys)

    given = [torch.tensor(value, requires_grad=True) for value in (q, k, v)]
    keep = None if mask is None else torch.tensor(mask)
    out = functional.scaled_dot_product_attention(*given, attn_mask=keep, enable_gqa=True)
    theirs = gradients_of(out, dout, *given)

    masked = () if mask is None else (put(mask, place),)
    arrays = [put(value, place) for value in (q, k, v)]
    out, cache = solution.grouped_query_attention_forward(*arrays, *masked)
    ours = [out, *solution.grouped_query_attention_backward(put(dout, place), cache)]
    for found, expected in zip(ours, theirs, strict=True):
        assert scaled_error(back(found, place), expected) < SCALED_ERROR


@pytest.mark.parametrize("size", [1.0, 30.0])
@pytest.mark.parametrize(("batch", "length", "width", "hidden"), [(1, 1, 1, 1), (3, 4, 5, 8)])
def test_swiglu_is_torchs(solution, put, back, place, batch, length, width, hidden, size):
    rng = np.random.default_rng(47)
    x, dout = rng.normal(size=(2, batch, length, width))
    w_gate, w_up = rng.normal(size=(2, width, hidden)) * [[[size]], [[1.0]]]
    w_down = rng.normal(size=(hidden, width))

    given = [torch.tensor(value, requires_grad=True) for value in (x, w_gate, w_up, w_down)]
    t_x, t_gate, t_up, t_down = given
    out = (functional.silu(t_x @ t_gate) * (t_x @ t_up)) @ t_down
    theirs = gradients_of(out, dout, *given)

    out, cache = solution.swiglu_forward(
        *(put(value, place) for value in (x, w_gate, w_up, w_down))
    )
    ours = [out, *solution.swiglu_backward(put(dout, place), cache)]
    for found, expected in zip(ours, theirs, strict=True):
        assert scaled_error(back(found, place), expected) < SCALED_ERROR


def test_a_query_without_keys_gives_zeros_and_no_gradient(solution, put, back, place):
    rng = np.random.default_rng(48)
    q, dout = rng.normal(size=(2, 2, 4, 3, 5))
    k, v = rng.normal(size=(2, 2, 2, 6, 5))
    mask = np.ones((3, 6), dtype=bool)
    mask[1] = False
    arrays = [put(value, place) for value in (q, k, v)]
    out, cache = solution.grouped_query_attention_forward(*arrays, put(mask, place))
    grads = solution.grouped_query_attention_backward(put(dout, place), cache)
    found = [back(value, place) for value in (out, *grads)]
    assert not found[0][:, :, 1].any() and not found[1][:, :, 1].any()
    assert all(np.isfinite(value).all() for value in found)
