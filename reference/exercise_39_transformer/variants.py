"""Correct implementations in other styles; each must be accepted."""

import math

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
    """Python loops over sentences, heads and positions; hidden keys are left out, not masked"""

    def padding_mask(ids, pad_id):
        return np.array([[bool(token != pad_id) for token in row] for row in ids])

    def decoder_mask(ids, pad_id):
        b, t = ids.shape
        mask = np.zeros((b, t, t), dtype=bool)
        for i in range(b):
            for row in range(t):
                for column in range(row + 1):
                    mask[i, row, column] = ids[i, column] != pad_id
        return mask

    def _attention(x, memory, params, n_heads, mask):
        b, t, d = x.shape
        k = d // n_heads
        mask = np.broadcast_to(mask, (b, t, memory.shape[1]))
        joined = np.zeros((b, t, d))
        for i in range(b):
            queries = x[i] @ params["wq"] + params["bq"]
            keys = memory[i] @ params["wk"] + params["bk"]
            values = memory[i] @ params["wv"] + params["bv"]
            for first in range(0, d, k):
                block = slice(first, first + k)
                for row in range(t):
                    seen = [s for s in range(len(keys)) if mask[i, row, s]]
                    scores = [queries[row, block] @ keys[s, block] / math.sqrt(k) for s in seen]
                    powers = [math.exp(score - max(scores)) for score in scores]
                    for s, power in zip(seen, powers, strict=True):
                        joined[i, row, block] += power / sum(powers) * values[s, block]
        return joined @ params["wo"] + params["bo"]

    def _layer_norm(z, scale, shift):
        out = np.zeros(z.shape)
        for i in range(z.shape[0]):
            for t in range(z.shape[1]):
                row = z[i, t]
                deviation = math.sqrt(row.var() + 1e-5)
                out[i, t] = scale * (row - row.mean()) / deviation + shift
        return out

    def _positions(length, table):
        codes = np.zeros((length, table.shape[1]))
        for p in range(length):
            for column in range(table.shape[1]):
                angle = p / 10000 ** ((column - column % 2) / table.shape[1])
                codes[p, column] = math.cos(angle) if column % 2 else math.sin(angle)
        return codes

    def label_smoothing_loss(logits, targets, smoothing, pad_id):
        v, n = logits.shape[-1], int((targets != pad_id).sum())
        loss, dlogits = 0.0, np.zeros(logits.shape)
        for i, row in enumerate(targets):
            for t, target in enumerate(row):
                if target == pad_id:
                    continue
                top = logits[i, t].max()
                total = math.log(sum(math.exp(z - top) for z in logits[i, t]))
                for c in range(v):
                    log_p = logits[i, t, c] - top - total
                    wanted = (1 - smoothing if c == target else 0.0) + smoothing / v
                    loss -= wanted * log_p / n
                    dlogits[i, t, c] = (math.exp(log_p) - wanted) / n
        return float(loss), dlogits


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def encoder_layer(x, params, n_heads, mask):
        return solution.encoder_layer(_single(x), _single(params), n_heads, mask)

    def decoder_layer(y, memory, params, n_heads, self_mask, memory_mask):
        y, memory, params = _single(y), _single(memory), _single(params)
        return solution.decoder_layer(y, memory, params, n_heads, self_mask, memory_mask)

    def transformer_forward(source, target, params, n_heads, pad_id):
        return solution.transformer_forward(source, target, _single(params), n_heads, pad_id)

    def label_smoothing_loss(logits, targets, smoothing, pad_id):
        return solution.label_smoothing_loss(_single(logits), targets, smoothing, pad_id)


@variant()
class fused_projections_and_einsum:
    """Heads by einsum with a part of wo each, additive masks, tril, the loss as a blend of two"""

    def decoder_mask(ids, pad_id):
        t = ids.shape[1]
        return np.tril(np.broadcast_to((ids != pad_id)[:, None, :], (len(ids), t, t)))

    def _attention(x, memory, params, n_heads, mask):
        d = x.shape[-1]
        by_head = {"w" + n: params["w" + n].reshape(d, n_heads, -1) for n in "qkv"}
        biases = {"b" + n: params["b" + n].reshape(n_heads, 1, -1) for n in "qkv"}
        q = np.einsum("btd,dhk->bhtk", x, by_head["wq"]) + biases["bq"]
        k = np.einsum("bsd,dhk->bhsk", memory, by_head["wk"]) + biases["bk"]
        v = np.einsum("bsd,dhk->bhsk", memory, by_head["wv"]) + biases["bv"]
        scores = np.einsum("bhtk,bhsk->bhts", q / math.sqrt(q.shape[-1]), k)
        scores = scores + np.where(mask, 0.0, -1e9)[:, None]
        weights = np.exp(scores - np.logaddexp.reduce(scores, axis=-1, keepdims=True))
        wo = params["wo"].reshape(n_heads, -1, d)
        return np.einsum("bhts,bhsk,hkd->btd", weights, v, wo) + params["bo"]

    def _layer_norm(z, scale, shift):
        centred = z - z.mean(axis=-1, keepdims=True)
        factor = ((centred**2).mean(axis=-1, keepdims=True) + 1e-5) ** -0.5
        return centred * factor * scale + shift

    def _feed_forward(x, params):
        return np.maximum(x @ params["w1"] + params["b1"], 0) @ params["w2"] + params["b2"]

    def _embed(ids, table):
        d = table.shape[1]
        codes = np.zeros((ids.shape[1], d))
        angle = np.outer(np.arange(ids.shape[1]), np.exp(-math.log(10000) * np.arange(0, d, 2) / d))
        codes[:, 0::2], codes[:, 1::2] = np.sin(angle), np.cos(angle)
        return table[ids] * d**0.5 + codes

    def label_smoothing_loss(logits, targets, smoothing, pad_id):
        real = np.nonzero(targets != pad_id)
        rows, right = logits[real], targets[real]
        log_p = rows - np.logaddexp.reduce(rows, axis=-1, keepdims=True)
        index = np.arange(len(rows))
        surprise, even = -log_p[index, right], -log_p.mean(axis=-1)
        loss = np.mean((1 - smoothing) * surprise + smoothing * even)
        drows = np.exp(log_p) - smoothing / logits.shape[-1]
        drows[index, right] -= 1 - smoothing
        dlogits = np.zeros_like(logits)
        dlogits[real] = drows / len(rows)
        return loss, dlogits


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
