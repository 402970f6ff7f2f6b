"""Correct implementations in other styles; each must be accepted."""

import math
import re

import numpy as np

from grader.spec import solution, variant


def _single(value):
    """Every float array of a nest of dicts and lists in float32."""
    if isinstance(value, dict):
        return {name: _single(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_single(inner) for inner in value]
    return value.astype(np.float32)


@variant()
class explicit_loops:
    """Python loops over texts, heads and positions; later positions are left out, not masked"""

    def gelu(x):
        flat = [
            0.5 * v * (1 + math.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v**3)))
            for v in np.ravel(x)
        ]
        return np.array(flat).reshape(x.shape)

    def _attention(x, params, n_heads):
        b, t, d = x.shape
        size = d // n_heads
        joined = np.zeros((b, t, d))
        for i in range(b):
            q, k, v = (x[i] @ params["w" + n] + params["b" + n] for n in "qkv")
            for first in range(0, d, size):
                part = slice(first, first + size)
                for row in range(t):
                    scores = [q[row, part] @ k[s, part] / math.sqrt(size) for s in range(row + 1)]
                    powers = [math.exp(score - max(scores)) for score in scores]
                    for s, power in enumerate(powers):
                        joined[i, row, part] += power / sum(powers) * v[s, part]
        return joined @ params["wo"] + params["bo"]

    def _layer_norm(x, scale, shift):
        out = np.zeros(x.shape)
        for i in range(x.shape[0]):
            for t in range(x.shape[1]):
                row = x[i, t]
                out[i, t] = scale * (row - row.mean()) / math.sqrt(row.var() + 1e-5) + shift
        return out

    def next_token_loss(logits, ids):
        b, t, v = logits.shape
        loss, dlogits = 0.0, np.zeros(logits.shape)
        for i in range(b):
            for s in range(t - 1):
                row = logits[i, s] - logits[i, s].max()
                total = sum(math.exp(z) for z in row)
                loss += (math.log(total) - row[ids[i, s + 1]]) / (b * (t - 1))
                for c in range(v):
                    wanted = float(c == ids[i, s + 1])
                    dlogits[i, s, c] = (math.exp(row[c]) / total - wanted) / (b * (t - 1))
        return float(loss), dlogits

    def generate(ids, n_new, params, n_heads):
        rows = []
        for text in ids.tolist():
            for _ in range(n_new):
                seen = np.array([text[-len(params["position_embedding"]) :]])
                last = solution.gpt_forward(seen, params, n_heads)[0, -1]
                best = 0
                for token in range(len(last)):
                    if last[token] > last[best]:
                        best = token
                text.append(best)
            rows.append(text)
        return np.array(rows)


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def gelu(x):
        return solution.gelu(_single(x))

    def gpt_block(x, params, n_heads):
        return solution.gpt_block(_single(x), _single(params), n_heads)

    def gpt_forward(ids, params, n_heads):
        return solution.gpt_forward(ids, _single(params), n_heads)

    def next_token_loss(logits, ids):
        return solution.next_token_loss(_single(logits), ids)

    def load_gpt2_weights(weights):
        return solution.load_gpt2_weights(_single(weights))


@variant()
class one_projection_and_einsum:
    """q, k and v in one product, einsum, a mask that is added, tril, names by pattern"""

    def gelu(x):
        inner = np.sqrt(2 / np.pi) * x * (1 + 0.044715 * np.square(x))
        return 0.5 * x + 0.5 * x * np.tanh(inner)

    def _attention(x, params, n_heads):
        b, t, d = x.shape
        w = np.concatenate([params["w" + n] for n in "qkv"], axis=1)
        bias = np.concatenate([params["b" + n] for n in "qkv"])
        joint = np.einsum("btd,de->bte", x, w) + bias
        q, k, v = joint.reshape(b, t, 3, n_heads, -1).transpose(2, 0, 3, 1, 4)
        scores = np.einsum("bhtk,bhsk->bhts", q / math.sqrt(d // n_heads), k)
        scores = scores - 1e9 * (1 - np.tril(np.ones((t, t))))
        weights = np.exp(scores - np.logaddexp.reduce(scores, axis=-1, keepdims=True))
        heads = np.einsum("bhts,bhsk->bthk", weights, v)
        return heads.reshape(b, t, d) @ params["wo"] + params["bo"]

    def _layer_norm(x, scale, shift):
        factor = (x.var(axis=-1, keepdims=True) + 1e-5) ** -0.5
        return (x - x.mean(axis=-1, keepdims=True)) * factor * scale + shift

    def next_token_loss(logits, ids):
        b, t, v = logits.shape
        rows, targets = logits[:, :-1].reshape(-1, v), ids[:, 1:].reshape(-1)
        log_p = rows - np.logaddexp.reduce(rows, axis=-1, keepdims=True)
        index = np.arange(len(rows))
        drows = np.exp(log_p)
        drows[index, targets] -= 1
        dlogits = np.zeros_like(logits)
        dlogits[:, :-1] = (drows / len(rows)).reshape(b, t - 1, v)
        return -log_p[index, targets].mean(), dlogits

    def load_gpt2_weights(weights):
        places = {
            "ln_1.weight": "norm1_scale",
            "ln_1.bias": "norm1_shift",
            "mlp.c_fc.weight": "w1",
            "mlp.c_fc.bias": "b1",
            "mlp.c_proj.weight": "w2",
            "mlp.c_proj.bias": "b2",
            "ln_2.weight": "norm2_scale",
            "ln_2.bias": "norm2_shift",
        }
        params, layers = {}, {}
        for name, array in weights.items():
            name = name.replace("transformer.", "")
            found = re.fullmatch(r"h\.(\d+)\.(.+)", name)
            if found is None:
                params[name] = array
                continue
            layer = layers.setdefault(int(found[1]), {"attention": {}})
            if found[2] in places:
                layer[places[found[2]]] = array
            elif found[2] in ("attn.c_proj.weight", "attn.c_proj.bias"):
                layer["attention"]["wo" if array.ndim == 2 else "bo"] = array
            elif found[2] in ("attn.c_attn.weight", "attn.c_attn.bias"):
                letter = "w" if array.ndim == 2 else "b"
                for part, third in zip("qkv", np.split(array, 3, axis=-1), strict=True):
                    layer["attention"][letter + part] = third.copy()
        return {
            "layers": [layers[i] for i in sorted(layers)],
            "token_embedding": params["wte.weight"],
            "position_embedding": params["wpe.weight"],
            "final_scale": params["ln_f.weight"],
            "final_shift": params["ln_f.bias"],
        }


@variant()
class positions_in_a_loop:
    """Reads the text position by position and keeps keys and values, one list for each layer"""

    def gpt_forward(ids, params, n_heads):
        d = params["token_embedding"].shape[1]
        size = d // n_heads
        stores = [([], []) for _ in params["layers"]]
        logits = []

        def norm(x, scale, shift):
            return (x - x.mean(-1, keepdims=True)) / np.sqrt(
                x.var(-1, keepdims=True) + 1e-5
            ) * scale + shift

        for t in range(ids.shape[1]):
            x = params["token_embedding"][ids[:, t]] + params["position_embedding"][t]
            for layer, (keys, values) in zip(params["layers"], stores, strict=True):
                a = layer["attention"]
                z = norm(x, layer["norm1_scale"], layer["norm1_shift"])
                keys.append((z @ a["wk"] + a["bk"]).reshape(-1, n_heads, size))
                values.append((z @ a["wv"] + a["bv"]).reshape(-1, n_heads, size))
                q = (z @ a["wq"] + a["bq"]).reshape(-1, n_heads, size)
                scores = np.stack([(q * key).sum(-1) for key in keys]) / np.sqrt(size)
                powers = np.exp(scores - scores.max(axis=0))
                weights = powers / powers.sum(axis=0)
                heads = sum(w[..., None] * value for w, value in zip(weights, values, strict=True))
                x = x + heads.reshape(-1, d) @ a["wo"] + a["bo"]
                z = norm(x, layer["norm2_scale"], layer["norm2_shift"])
                x = x + solution.gelu(z @ layer["w1"] + layer["b1"]) @ layer["w2"] + layer["b2"]
            x = norm(x, params["final_scale"], params["final_shift"])
            logits.append(x @ params["token_embedding"].T)
        return np.stack(logits, axis=1)


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
