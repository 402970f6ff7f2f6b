"""Reference solution of exercise 42: GPT-2, its loss, its published weights and greedy writing.

Radford et al. (2018, 2019); Hendrycks and Gimpel (2016) for GELU. B texts, T tokens in each, P
positions that the model knows, D numbers per position, H heads of K = D / H, F hidden units, V
tokens in the vocabulary, L layers.
"""

import math
from typing import Any

from array_api_compat import array_namespace, device

Array = Any

EPSILON = 1e-5


def gelu(x: Array) -> Array:
    """The tanh form, any shape: x times nearly the normal distribution's P(Z <= x)."""
    xp = array_namespace(x)
    return x / 2 * (1 + xp.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))


def gpt_block(x: Array, params: dict[str, Any], n_heads: int) -> Array:
    """x (B, T, D) → (B, T, D); pre-norm, Radford et al. (2019), section 2.3."""
    p = params
    x = x + _attention(_layer_norm(x, p["norm1_scale"], p["norm1_shift"]), p["attention"], n_heads)
    hidden = gelu(_layer_norm(x, p["norm2_scale"], p["norm2_shift"]) @ p["w1"] + p["b1"])
    return x + hidden @ p["w2"] + p["b2"]


def gpt_forward(ids: Array, params: dict[str, Any], n_heads: int) -> Array:
    """ids (B, T), T <= P → logits (B, T, V)."""
    xp = array_namespace(params["token_embedding"])
    table = params["token_embedding"]
    rows = xp.take(table, xp.reshape(ids, (-1,)), axis=0)
    x = xp.reshape(rows, (*ids.shape, table.shape[1]))
    x = x + params["position_embedding"][: ids.shape[1], :]
    for layer in params["layers"]:
        x = gpt_block(x, layer, n_heads)
    return _layer_norm(x, params["final_scale"], params["final_shift"]) @ table.T


def next_token_loss(logits: Array, ids: Array) -> tuple[float, Array]:
    """logits (B, T, V), ids (B, T) → mean loss of B (T - 1) predictions, dlogits (B, T, V)."""
    xp = array_namespace(logits)
    guesses, targets = logits[:, :-1, :], ids[:, 1:]
    shifted = guesses - xp.max(guesses, axis=-1, keepdims=True)
    log_p = shifted - xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))
    tokens = xp.arange(logits.shape[-1], device=device(ids))
    one_hot = xp.astype(targets[:, :, None] == tokens, logits.dtype)
    count = targets.shape[0] * targets.shape[1]
    loss = -xp.sum(one_hot * log_p) / count
    dguesses = (xp.exp(log_p) - one_hot) / count
    return loss, xp.concat([dguesses, xp.zeros_like(logits[:, -1:, :])], axis=1)


def load_gpt2_weights(weights: dict[str, Array]) -> dict[str, Any]:
    """The published names and layout → params as gpt_forward takes them."""
    bare = {name.removeprefix("transformer."): array for name, array in weights.items()}
    n_layers = 1 + max(int(name.split(".")[1]) for name in bare if name.startswith("h."))
    return {
        "token_embedding": bare["wte.weight"],
        "position_embedding": bare["wpe.weight"],
        "layers": [_load_layer(bare, f"h.{i}.") for i in range(n_layers)],
        "final_scale": bare["ln_f.weight"],
        "final_shift": bare["ln_f.bias"],
    }


def generate(ids: Array, n_new: int, params: dict[str, Any], n_heads: int) -> Array:
    """ids (B, T) → (B, T + n_new): the most likely token is appended, n_new times."""
    xp = array_namespace(ids)
    context = params["position_embedding"].shape[0]
    tokens = [ids[:, t] for t in range(ids.shape[1])]
    for _ in range(n_new):
        logits = gpt_forward(xp.stack(tokens[-context:], axis=1), params, n_heads)
        tokens.append(xp.argmax(logits[:, -1, :], axis=-1))
    return xp.stack(tokens, axis=1)


def _attention(x: Array, params: dict[str, Array], n_heads: int) -> Array:
    """x (B, T, D) → (B, T, D); position t attends to the positions s <= t."""
    xp = array_namespace(x)
    q = _split_heads(x @ params["wq"] + params["bq"], n_heads)
    k = _split_heads(x @ params["wk"] + params["bk"], n_heads)
    v = _split_heads(x @ params["wv"] + params["bv"], n_heads)
    scores = q @ xp.matrix_transpose(k) / math.sqrt(q.shape[-1])
    position = xp.arange(x.shape[1], device=device(x))
    mask = position[None, :] <= position[:, None]
    heads = _softmax(xp.where(mask, scores, xp.full_like(scores, -math.inf))) @ v
    joined = xp.reshape(xp.permute_dims(heads, (0, 2, 1, 3)), x.shape)
    return joined @ params["wo"] + params["bo"]


def _split_heads(x: Array, n_heads: int) -> Array:
    """x (B, T, H * K) → (B, H, T, K); head h takes the h-th block of K neighbouring numbers."""
    xp = array_namespace(x)
    b, t, d = x.shape
    return xp.permute_dims(xp.reshape(x, (b, t, n_heads, d // n_heads)), (0, 2, 1, 3))


def _softmax(scores: Array) -> Array:
    """Along the last axis."""
    xp = array_namespace(scores)
    powers = xp.exp(scores - xp.max(scores, axis=-1, keepdims=True))
    return powers / xp.sum(powers, axis=-1, keepdims=True)


def _layer_norm(x: Array, scale: Array, shift: Array) -> Array:
    """x (B, T, D): every position is normalised over its own D numbers."""
    xp = array_namespace(x)
    centred = x - xp.mean(x, axis=-1, keepdims=True)
    variance = xp.mean(centred * centred, axis=-1, keepdims=True)
    return scale * centred / xp.sqrt(variance + EPSILON) + shift


def _load_layer(bare: dict[str, Array], prefix: str) -> dict[str, Any]:
    """The params of the layer whose names begin with prefix."""

    def get(name: str) -> Array:
        return bare[prefix + name]

    weight, bias = get("attn.c_attn.weight"), get("attn.c_attn.bias")
    d = weight.shape[0]
    attention = {"wq": weight[:, :d], "wk": weight[:, d : 2 * d], "wv": weight[:, 2 * d :]}
    attention |= {"bq": bias[:d], "bk": bias[d : 2 * d], "bv": bias[2 * d :]}
    attention |= {"wo": get("attn.c_proj.weight"), "bo": get("attn.c_proj.bias")}
    return {
        "attention": attention,
        "norm1_scale": get("ln_1.weight"),
        "norm1_shift": get("ln_1.bias"),
        "w1": get("mlp.c_fc.weight"),
        "b1": get("mlp.c_fc.bias"),
        "w2": get("mlp.c_proj.weight"),
        "b2": get("mlp.c_proj.bias"),
        "norm2_scale": get("ln_2.weight"),
        "norm2_shift": get("ln_2.bias"),
    }
