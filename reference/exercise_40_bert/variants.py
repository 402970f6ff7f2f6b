"""Correct implementations in other styles; each must be accepted."""

import math
from itertools import pairwise

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
    """Python loops over sequences, positions and heads; hidden keys are left out, not masked"""

    def mask_tokens(ids, special_ids, mask_id, n_words, share, generator):
        u, decision = generator.random(ids.shape), generator.random(ids.shape)
        words = generator.integers(n_words, size=ids.shape)
        inputs, labels = ids.copy(), np.full(ids.shape, -100)
        for place in np.ndindex(ids.shape):
            if u[place] >= share or ids[place] in special_ids:
                continue
            labels[place] = ids[place]
            if decision[place] < 0.8:
                inputs[place] = mask_id
            elif decision[place] < 0.9:
                inputs[place] = words[place]
        return inputs, labels

    def mlm_loss(logits, labels):
        loss, dlogits = 0.0, np.zeros(logits.shape)
        n = max(int((labels != -100).sum()), 1)
        for place in np.ndindex(labels.shape):
            if labels[place] == -100:
                continue
            top = logits[place].max()
            total = math.log(sum(math.exp(z - top) for z in logits[place]))
            for word, z in enumerate(logits[place]):
                right = word == labels[place]
                loss -= (z - top - total) / n if right else 0.0
                dlogits[place][word] = (math.exp(z - top - total) - right) / n
        return float(loss), dlogits

    def next_sentence_pairs(documents, generator):
        pairs = []
        for d, document in enumerate(documents):
            others = documents[:d] + documents[d + 1 :]
            for first, following in pairwise(document):
                if generator.random() < 0.5:
                    pairs.append((first, following, 0))
                else:
                    strangers = others[generator.integers(0, len(others))]
                    pairs.append((first, strangers[generator.integers(0, len(strangers))], 1))
        return pairs

    def join_pair(first, second, cls_id, sep_id, length, pad_id):
        ids, segments, mask = [pad_id] * length, [0] * length, [False] * length
        tokens = [(cls_id, 0)] + [(word, 0) for word in first] + [(sep_id, 0)]
        tokens += [(word, 1) for word in second] + [(sep_id, 1)]
        for place, (token, segment) in enumerate(tokens):
            ids[place], segments[place], mask[place] = token, segment, True
        return ids, segments, mask

    def factorised_embedding_forward(ids, table, projection):
        out = np.zeros((*ids.shape, projection.shape[1]))
        for place in np.ndindex(ids.shape):
            out[place] = table[ids[place]] @ projection
        return out, {"ids": ids, "table": table, "projection": projection}

    def factorised_embedding_backward(dout, cache):
        dtable = np.zeros(cache["table"].shape)
        dprojection = np.zeros(cache["projection"].shape)
        for place, word in np.ndenumerate(cache["ids"]):
            dtable[word] += cache["projection"] @ dout[place]
            dprojection += np.outer(cache["table"][word], dout[place])
        return dtable, dprojection

    def _attention(x, params, n_heads, mask):
        b, t, d = x.shape
        k = d // n_heads
        joined = np.zeros((b, t, d))
        for i in range(b):
            queries, keys, values = (x[i] @ params["w" + n] + params["b" + n] for n in "qkv")
            seen = [s for s in range(t) if mask[i, s]]
            for first in range(0, d, k):
                block = slice(first, first + k)
                for row in range(t):
                    scores = [queries[row, block] @ keys[s, block] / math.sqrt(k) for s in seen]
                    powers = [math.exp(score - max(scores)) for score in scores]
                    for s, power in zip(seen, powers, strict=True):
                        joined[i, row, block] += power / sum(powers) * values[s, block]
        return joined @ params["wo"] + params["bo"]

    def _layer_norm(z, scale, shift):
        out = np.zeros(z.shape)
        for place in np.ndindex(z.shape[:-1]):
            row = z[place]
            out[place] = scale * (row - row.mean()) / math.sqrt(row.var() + 1e-12) + shift
        return out


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def mlm_loss(logits, labels):
        return solution.mlm_loss(_single(logits), labels)

    def factorised_embedding_forward(ids, table, projection):
        return solution.factorised_embedding_forward(ids, _single(table), _single(projection))

    def factorised_embedding_backward(dout, cache):
        return solution.factorised_embedding_backward(_single(dout), cache)

    def bert_forward(ids, segments, mask, params, n_heads, n_layers):
        return solution.bert_forward(ids, segments, mask, _single(params), n_heads, n_layers)

    def mlm_logits(hidden, params):
        return solution.mlm_logits(_single(hidden), _single(params))


@variant()
class other_algebra:
    """Boolean indexing, np.add.at, einsum, GELU as a sigmoid, the projected table looked up"""

    def mask_tokens(ids, special_ids, mask_id, n_words, share, generator):
        chosen = (generator.random(ids.shape) < share) & ~np.isin(ids, special_ids)
        decision = generator.random(ids.shape)
        words = generator.integers(0, n_words, ids.shape)
        labels, inputs = np.where(chosen, ids, -100), ids.copy()
        inputs[chosen & (decision < 0.9)] = words[chosen & (decision < 0.9)]
        inputs[chosen & (decision < 0.8)] = mask_id
        return inputs, labels

    def mlm_loss(logits, labels):
        dlogits = np.zeros_like(logits)
        places = np.nonzero(labels != -100)
        rows, right = logits[places], labels[places]
        if not len(rows):
            return 0.0, dlogits
        log_p = rows - np.logaddexp.reduce(rows, axis=-1, keepdims=True)
        index = np.arange(len(rows))
        drows = np.exp(log_p)
        drows[index, right] -= 1
        dlogits[places] = drows / len(rows)
        return -log_p[index, right].mean(), dlogits

    def sentence_order_pairs(documents, generator):
        neighbours = [two for doc in documents for two in pairwise(doc)]
        draws = generator.random(len(neighbours))
        return [
            (*(two if u < 0.5 else two[::-1]), int(u >= 0.5))
            for two, u in zip(neighbours, draws, strict=True)
        ]

    def factorised_embedding_forward(ids, table, projection):
        return (table @ projection)[ids], (ids, table, projection)

    def factorised_embedding_backward(dout, cache):
        ids, table, projection = cache
        dproduct = np.zeros((table.shape[0], projection.shape[1]))
        np.add.at(dproduct, ids, dout)
        return dproduct @ projection.T, table.T @ dproduct

    def _attention(x, params, n_heads, mask):
        d = x.shape[-1]
        by_head = {n: params["w" + n].reshape(d, n_heads, -1) for n in "qkv"}
        bias = {n: params["b" + n].reshape(n_heads, 1, -1) for n in "qkv"}
        q, k, v = (np.einsum("btd,dhk->bhtk", x, by_head[n]) + bias[n] for n in "qkv")
        scores = np.einsum("bhtk,bhsk->bhts", q / math.sqrt(q.shape[-1]), k)
        scores = scores + np.where(mask, 0.0, -1e9)[:, None, None, :]
        weights = np.exp(scores - np.logaddexp.reduce(scores, axis=-1, keepdims=True))
        wo = params["wo"].reshape(n_heads, -1, d)
        return np.einsum("bhts,bhsk,hkd->btd", weights, v, wo) + params["bo"]

    def _gelu(x):
        return x / (1 + np.exp(-math.sqrt(8 / math.pi) * (x + 0.044715 * x**3)))


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
