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
    """Python loops over places, positions and heads; what may not be seen is left out"""

    def permutation_mask(order):
        if order.ndim > 1:
            content_masks, query_masks = zip(*map(permutation_mask, order), strict=True)  # noqa: F821
            return np.stack(content_masks), np.stack(query_masks)
        query_mask = np.zeros((len(order), len(order)), dtype=bool)
        for place, t in enumerate(order):
            for s in order[:place]:
                query_mask[t, s] = True
        content_mask = query_mask.copy()
        for t in order:
            content_mask[t, t] = True
        return content_mask, query_mask

    def relative_codes(x):
        _, length, width = x.shape
        codes = np.zeros((2 * length, width))
        for j in range(2 * length):
            for i in range(width // 2):
                angle = (length - j) / 10000 ** (2 * i / width)
                codes[j, i], codes[j, width // 2 + i] = math.sin(angle), math.cos(angle)
        return codes

    def relative_scores(q, k, r, content_bias, position_bias):
        b, n_heads, length, size = q.shape
        scores = np.zeros((b, n_heads, length, length))
        for head in range(n_heads):
            for t in range(length):
                about_content = q[:, head, t] + content_bias[head]
                about_position = q[:, head, t] + position_bias[head]
                for s in range(length):
                    scores[:, head, t, s] = (about_content * k[:, head, s]).sum(axis=-1)
                    scores[:, head, t, s] += about_position @ r[head, length - t + s]
        return scores / math.sqrt(size)

    def _softmax(scores, mask):
        b, n_heads, length, _ = scores.shape
        mask = np.broadcast_to(mask, (b, length, length))
        weights = np.zeros(scores.shape)
        for i in range(b):
            for t in range(length):
                seen = np.flatnonzero(mask[i, t])
                for head in range(n_heads if len(seen) else 0):
                    row = scores[i, head, t, seen]
                    powers = np.exp(row - row.max())
                    weights[i, head, t, seen] = powers / powers.sum()
        return weights

    def permutation_loss(logits, ids, order, n_predict):
        batch = len(ids)
        orders = np.broadcast_to(order, ids.shape)
        loss, dlogits = 0.0, np.zeros(logits.shape)
        for i in range(batch):
            for t in orders[i][-n_predict:]:
                powers = np.exp(logits[i, t] - logits[i, t].max())
                p = powers / powers.sum()
                top = logits[i, t].max() + math.log(powers.sum())
                loss += (top - logits[i, t, ids[i, t]]) / (batch * n_predict)
                p[ids[i, t]] -= 1
                dlogits[i, t] = p / (batch * n_predict)
        return float(loss), dlogits


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def relative_scores(q, k, r, content_bias, position_bias):
        q, k, r = _single(q), _single(k), _single(r)
        return solution.relative_scores(q, k, r, _single(content_bias), _single(position_bias))

    def two_stream_attention(h, g, codes, params, n_heads, content_mask, query_mask):
        h, g, codes, params = _single(h), _single(g), _single(codes), _single(params)
        masks = content_mask, query_mask
        return solution.two_stream_attention(h, g, codes, params, n_heads, *masks)

    def xlnet_layer(h, g, codes, params, n_heads, content_mask, query_mask):
        h, g, codes, params = _single(h), _single(g), _single(codes), _single(params)
        masks = content_mask, query_mask
        return solution.xlnet_layer(h, g, codes, params, n_heads, *masks)

    def xlnet_forward(ids, order, params, n_heads):
        return solution.xlnet_forward(ids, order, _single(params), n_heads)

    def permutation_loss(logits, ids, order, n_predict):
        return solution.permutation_loss(_single(logits), ids, order, n_predict)


@variant()
class relative_shift_and_einsum:
    """The shift by reshaping, both streams stacked into one, scattered ranks, additive masks"""

    def _rank(order):
        rank = np.empty_like(order)
        places = np.broadcast_to(np.arange(order.shape[-1]), order.shape)
        np.put_along_axis(rank, order, places, axis=-1)
        return rank

    def relative_scores(q, k, r, content_bias, position_bias):
        b, n_heads, length, size = q.shape
        q = q / math.sqrt(size)
        content_bias, position_bias = content_bias / size**0.5, position_bias / size**0.5
        scores = np.einsum("bhtk,bhsk->bhts", q, k)
        scores = scores + np.einsum("hk,bhsk->bhs", content_bias, k)[:, :, None, :]
        by_row = np.einsum("bhtk,hjk->bhtj", q, r)
        by_row = by_row + np.einsum("hk,hjk->hj", position_bias, r)[:, None, :]
        flat = by_row.reshape(b, n_heads, -1)[:, :, length:]
        return scores + flat.reshape(b, n_heads, length, -1)[..., :length]

    def two_stream_attention(h, g, codes, params, n_heads, content_mask, query_mask):
        b, length, width = h.shape
        size = width // n_heads
        streams = np.concatenate([h, g])
        masks = [np.broadcast_to(mask, (b, length, length)) for mask in (content_mask, query_mask)]
        mask = np.concatenate(masks)[:, None]
        by_head = {x: params["w" + x].reshape(width, n_heads, size) for x in "qkvr"}
        q = np.einsum("btd,dhk->bhtk", streams, by_head["q"])
        k = np.tile(np.einsum("bsd,dhk->bhsk", h, by_head["k"]), (2, 1, 1, 1))
        v = np.tile(np.einsum("bsd,dhk->bhsk", h, by_head["v"]), (2, 1, 1, 1))
        r = np.einsum("jd,dhk->hjk", codes, by_head["r"])
        biases = params["content_bias"], params["position_bias"]
        scores = relative_scores(q, k, r, *biases) + np.where(mask, 0.0, -1e9)  # noqa: F821
        weights = np.exp(scores - np.logaddexp.reduce(scores, axis=-1, keepdims=True)) * mask
        wo = params["wo"].reshape(n_heads, size, width)
        out = np.einsum("bhts,bhsk,hkd->btd", weights, v, wo)
        return out[:b], out[b:]

    def _gelu(x):
        # The tanh of a half is a sigmoid.
        return x / (1 + np.exp(-2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))

    def permutation_loss(logits, ids, order, n_predict):
        rows = np.arange(len(ids))[:, None]
        late = np.broadcast_to(order, ids.shape)[:, ids.shape[1] - n_predict :]
        log_p = logits[rows, late]
        log_p = log_p - np.logaddexp.reduce(log_p, axis=-1, keepdims=True)
        right = ids[rows, late]
        loss = -np.mean(np.take_along_axis(log_p, right[..., None], axis=-1))
        change = np.exp(log_p)
        change[rows, np.arange(n_predict), right] -= 1
        dlogits = np.zeros_like(logits)
        dlogits[rows, late] = change / late.size
        return loss, dlogits


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
