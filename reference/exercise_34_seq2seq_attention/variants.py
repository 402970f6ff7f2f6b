"""Correct implementations in other styles; each must be accepted."""

import math

import numpy as np

from grader.spec import solution, variant


@variant()
class explicit_loops:
    """Python loops over sentences, steps and positions"""

    def additive_score_forward(queries, keys, wq, wk, v):
        scores = np.zeros((queries.shape[0], queries.shape[1], keys.shape[1]))
        for b, t, s in np.ndindex(scores.shape):
            scores[b, t, s] = v @ np.tanh(queries[b, t] @ wq + keys[b, s] @ wk)
        return scores, {"queries": queries, "keys": keys, "wq": wq, "wk": wk, "v": v}

    def additive_score_backward(dscores, cache):
        queries, keys, wq, wk, v = cache.values()
        dqueries, dkeys = np.zeros(queries.shape), np.zeros(keys.shape)
        dwq, dwk, dv = np.zeros(wq.shape), np.zeros(wk.shape), np.zeros(v.shape)
        for b, t, s in np.ndindex(dscores.shape):
            mixed = np.tanh(queries[b, t] @ wq + keys[b, s] @ wk)
            d = dscores[b, t, s] * v * (1 - mixed**2)
            dv += dscores[b, t, s] * mixed
            dqueries[b, t] += wq @ d
            dkeys[b, s] += wk @ d
            dwq += np.outer(queries[b, t], d)
            dwk += np.outer(keys[b, s], d)
        return dqueries, dkeys, dwq, dwk, dv

    def dot_score_forward(queries, keys):
        scores = [[[q @ k for k in ks] for q in qs] for qs, ks in zip(queries, keys, strict=True)]
        return np.array(scores), (queries, keys)

    def attend_forward(scores, values, mask=None):
        weights = np.zeros(scores.shape)
        context = np.zeros((*scores.shape[:2], values.shape[2]))
        for b, t in np.ndindex(scores.shape[:2]):
            real = [s for s in range(scores.shape[2]) if mask is None or mask[b, s]]
            if not real:
                continue
            top = max(scores[b, t, s] for s in real)
            total = sum(math.exp(scores[b, t, s] - top) for s in real)
            for s in real:
                weights[b, t, s] = math.exp(scores[b, t, s] - top) / total
                context[b, t] += weights[b, t, s] * values[b, s]
        return context, weights, [values, weights]

    def alignment(weights):
        return np.array([[list(row).index(max(row)) for row in rows] for rows in weights])


@variant()
class joined_inputs:
    """Query and key side by side through one matrix, as in the "concat" score; einsum elsewhere"""

    def additive_score_forward(queries, keys, wq, wk, v):
        b, t, s = queries.shape[0], queries.shape[1], keys.shape[1]
        left = np.broadcast_to(queries[:, :, None], (b, t, s, queries.shape[2]))
        right = np.broadcast_to(keys[:, None], (b, t, s, keys.shape[2]))
        joined = np.concatenate([left, right], axis=-1)
        w = np.concatenate([wq, wk])
        mixed = np.tanh(joined @ w)
        return np.einsum("btsa,a->bts", mixed, v), (joined, w, v, mixed, queries.shape[2])

    def additive_score_backward(dscores, cache):
        joined, w, v, mixed, size = cache
        d = np.einsum("bts,a,btsa->btsa", dscores, v, 1 - mixed * mixed)
        djoined = d @ w.T
        dw = np.einsum("btsi,btsa->ia", joined, d)
        dqueries, dkeys = djoined[..., :size].sum(axis=2), djoined[..., size:].sum(axis=1)
        return dqueries, dkeys, dw[:size], dw[size:], np.einsum("bts,btsa->a", dscores, mixed)

    def general_score_forward(queries, keys, w):
        return np.einsum("bth,he,bse->bts", queries, w, keys), (queries, keys, w)

    def general_score_backward(dscores, cache):
        queries, keys, w = cache
        return (
            np.einsum("bts,he,bse->bth", dscores, w, keys),
            np.einsum("bts,bth,he->bse", dscores, queries, w),
            np.einsum("bts,bth,bse->he", dscores, queries, keys),
        )

    def attend_forward(scores, values, mask=None):
        shown = scores if mask is None else np.where(mask[:, None], scores, -np.inf)
        top = shown.max(axis=-1, keepdims=True)
        e = np.exp(shown - np.where(np.isfinite(top), top, 0.0))
        total = e.sum(axis=-1, keepdims=True)
        weights = np.divide(e, total, out=np.zeros_like(e), where=total > 0)
        return np.einsum("bts,bsm->btm", weights, values), weights, (values, weights)

    def attend_backward(dcontext, cache):
        values, weights = cache
        dweights = np.einsum("btm,bsm->bts", dcontext, values)
        jacobian = np.einsum("bts,sj->btsj", weights, np.eye(weights.shape[-1]))
        jacobian = jacobian - np.einsum("bts,btj->btsj", weights, weights)
        dscores = np.einsum("btsj,btj->bts", jacobian, dweights)
        return dscores, np.einsum("bts,btm->bsm", weights, dcontext)


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def additive_score_forward(*arguments):
        return solution.additive_score_forward(*(x.astype(np.float32) for x in arguments))

    def additive_score_backward(dscores, cache):
        return solution.additive_score_backward(dscores.astype(np.float32), cache)

    def attend_forward(scores, values, mask=None):
        return solution.attend_forward(scores.astype(np.float32), values.astype(np.float32), mask)

    def attend_backward(dcontext, cache):
        return solution.attend_backward(dcontext.astype(np.float32), cache)


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
