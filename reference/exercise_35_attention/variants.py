"""Correct implementations in other styles; each must be accepted."""

import math

import numpy as np

from grader.spec import solution, variant


@variant()
class explicit_loops:
    """Python loops over examples, queries and keys; the cache is a dict"""

    def softmax(x):
        out = np.zeros(x.shape)
        for index in np.ndindex(x.shape[:-1]):
            top = max(x[index])
            e = [math.exp(entry - top) for entry in x[index]]
            out[index] = [part / sum(e) for part in e]
        return out

    def causal_mask(x):
        t = x.shape[1]
        return np.array([[key <= query for key in range(t)] for query in range(t)])

    def attention_forward(q, k, v, mask=None):
        b, t, s = q.shape[0], q.shape[1], k.shape[1]
        weights, out = np.zeros((b, t, s)), np.zeros((b, t, v.shape[2]))
        for n in range(b):
            for i in range(t):
                row = None if mask is None else mask[i] if mask.ndim == 2 else mask[n, i]
                allowed = [j for j in range(s) if row is None or row[j]]
                if not allowed:
                    continue
                scores = [float(q[n, i] @ k[n, j]) / math.sqrt(q.shape[2]) for j in allowed]
                top = max(scores)
                total = sum(math.exp(score - top) for score in scores)
                for j, score in zip(allowed, scores, strict=True):
                    weights[n, i, j] = math.exp(score - top) / total
                    out[n, i] += weights[n, i, j] * v[n, j]
        return out, {"q": q, "k": k, "v": v, "weights": weights}

    def attention_backward(dout, cache):
        q, k, v, weights = (cache[name] for name in ("q", "k", "v", "weights"))
        dq, dk, dv = np.zeros(q.shape), np.zeros(k.shape), np.zeros(v.shape)
        root = math.sqrt(q.shape[2])
        for n, i in np.ndindex(q.shape[:2]):
            dweights = [float(dout[n, i] @ v[n, j]) for j in range(k.shape[1])]
            mean = sum(w * dw for w, dw in zip(weights[n, i], dweights, strict=True))
            for j in range(k.shape[1]):
                dscore = weights[n, i, j] * (dweights[j] - mean)
                dq[n, i] += dscore * k[n, j] / root
                dk[n, j] += dscore * q[n, i] / root
                dv[n, j] += weights[n, i, j] * dout[n, i]
        return dq, dk, dv


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def softmax(x):
        x = x.astype(np.float32)
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)

    def attention_forward(q, k, v, mask=None):
        return solution.attention_forward(
            q.astype(np.float32), k.astype(np.float32), v.astype(np.float32), mask
        )

    def attention_backward(dout, cache):
        return solution.attention_backward(dout.astype(np.float32), cache)


@variant()
class einsum_and_full_jacobian:
    """An additive mask of minus infinity, scaled queries, and the softmax's whole Jacobian"""

    def causal_mask(x):
        return np.tril(np.ones((x.shape[1], x.shape[1]), dtype=bool))

    def attention_forward(q, k, v, mask=None):
        scaled = q / np.sqrt(q.shape[-1])
        scores = np.einsum("btd,bsd->bts", scaled, k)
        if mask is not None:
            scores = scores + np.where(mask, 0.0, -np.inf)
        top = scores.max(axis=-1, keepdims=True)
        e = np.exp(scores - np.where(np.isfinite(top), top, 0.0))
        total = e.sum(axis=-1, keepdims=True)
        p = np.divide(e, total, out=np.zeros_like(e), where=total > 0)
        return np.einsum("bts,bsm->btm", p, v), [scaled, k, v, p]

    def attention_backward(dout, cache):
        scaled, k, v, p = cache
        jacobian = np.einsum("bts,sj->btsj", p, np.eye(p.shape[-1]))
        jacobian = jacobian - np.einsum("bts,btj->btsj", p, p)
        dp = np.einsum("btm,bsm->bts", dout, v)
        dscores = np.einsum("btsj,btj->bts", jacobian, dp)
        dq = np.einsum("bts,bsd->btd", dscores, k) / np.sqrt(k.shape[-1])
        dk = np.einsum("bts,btd->bsd", dscores, scaled)
        return dq, dk, np.einsum("bts,btm->bsm", p, dout)


@variant()
class one_key_at_a_time:
    """A running softmax that never holds a row of weights, and a backward that starts from out"""

    class Saved:
        def __init__(self, **arrays):
            self.__dict__.update(arrays)

    def attention_forward(q, k, v, mask=None):
        b, t, s = q.shape[0], q.shape[1], k.shape[1]
        allowed = np.broadcast_to(True if mask is None else mask, (b, t, s))
        top = np.full((b, t, 1), -np.inf)
        total, out = np.zeros((b, t, 1)), np.zeros((b, t, v.shape[2]))
        for j in range(s):
            score = (q * k[:, j : j + 1]).sum(axis=-1, keepdims=True) / math.sqrt(q.shape[2])
            score = np.where(allowed[:, :, j : j + 1], score, -np.inf)
            higher = np.maximum(top, score)
            base = np.where(np.isfinite(higher), higher, 0.0)
            shrink, part = np.exp(top - base), np.exp(score - base)
            total = total * shrink + part
            out = out * shrink + part * v[:, j : j + 1]
            top = higher
        out = out / np.where(total > 0, total, 1.0)
        top = np.where(total > 0, top, 0.0)
        total = np.where(total > 0, total, 1.0)
        return out, Saved(q=q, k=k, v=v, allowed=allowed, top=top, total=total, out=out)  # noqa: F821

    def attention_backward(dout, cache):
        q, k, v, root = cache.q, cache.k, cache.v, math.sqrt(cache.q.shape[2])
        dq, dk, dv = np.zeros(q.shape), np.zeros(k.shape), np.zeros(v.shape)
        mean = (dout * cache.out).sum(axis=-1, keepdims=True)
        for j in range(k.shape[1]):
            score = (q * k[:, j : j + 1]).sum(axis=-1, keepdims=True) / root
            score = np.where(cache.allowed[:, :, j : j + 1], score, -np.inf)
            weight = np.exp(score - cache.top) / cache.total
            dscore = weight * ((dout * v[:, j : j + 1]).sum(axis=-1, keepdims=True) - mean)
            dq += dscore * k[:, j : j + 1] / root
            dk[:, j] = (dscore * q).sum(axis=1) / root
            dv[:, j] = (weight * dout).sum(axis=1)
        return dq, dk, dv


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
