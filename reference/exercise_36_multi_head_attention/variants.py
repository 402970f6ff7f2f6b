"""Correct implementations in other styles; each must be accepted."""

import math

import numpy as np

from grader.spec import solution, variant


def _rows(a):
    return a.reshape(-1, a.shape[-1])


@variant()
class explicit_loops:
    """Python loops over examples, heads and queries, sums collected with +="""

    def split_heads(x, n_heads):
        size = x.shape[2] // n_heads
        return np.stack([x[:, :, h * size : (h + 1) * size] for h in range(n_heads)], axis=1)

    def merge_heads(heads):
        return np.concatenate([heads[:, h] for h in range(heads.shape[1])], axis=2)

    def multi_head_attention_forward(x, memory, params, n_heads, mask=None):
        batch, queries, width = x.shape
        keys, size = memory.shape[1], width // n_heads
        if mask is None:
            mask = np.ones((queries, keys), dtype=bool)
        mask = np.broadcast_to(mask, (batch, queries, keys))
        q, k, v = (
            a @ params["w" + name] + params["b" + name]
            for a, name in ((x, "q"), (memory, "k"), (memory, "v"))
        )
        weights, merged = np.zeros((batch, n_heads, queries, keys)), np.zeros(x.shape)
        for b in range(batch):
            for h in range(n_heads):
                block = slice(h * size, (h + 1) * size)
                for t in range(queries):
                    seen = [s for s in range(keys) if mask[b, t, s]]
                    if not seen:
                        continue
                    scores = [float(q[b, t, block] @ k[b, s, block]) / size**0.5 for s in seen]
                    powers = [math.exp(score - max(scores)) for score in scores]
                    for s, power in zip(seen, powers, strict=True):
                        weights[b, h, t, s] = power / sum(powers)
                        merged[b, t, block] += weights[b, h, t, s] * v[b, s, block]
        out = merged @ params["wo"] + params["bo"]
        return out, dict(x=x, memory=memory, params=params, q=q, k=k, v=v, w=weights, m=merged)

    def multi_head_attention_backward(dout, cache):
        x, memory, params = cache["x"], cache["memory"], cache["params"]
        q, k, v, weights = cache["q"], cache["k"], cache["v"], cache["w"]
        batch, n_heads, queries, keys = weights.shape
        size = x.shape[2] // n_heads
        dmerged = dout @ params["wo"].T
        dq, dk, dv = np.zeros(x.shape), np.zeros(memory.shape), np.zeros(memory.shape)
        for b in range(batch):
            for h in range(n_heads):
                block = slice(h * size, (h + 1) * size)
                for t in range(queries):
                    w, dhead = weights[b, h, t], dmerged[b, t, block]
                    dw = [float(dhead @ v[b, s, block]) for s in range(keys)]
                    for s in range(keys):
                        # One row of the softmax's Jacobian at a time.
                        dscore = sum(
                            dw[r] * w[r] * ((1.0 if r == s else 0.0) - w[s]) for r in range(keys)
                        )
                        dv[b, s, block] += w[s] * dhead
                        dq[b, t, block] += dscore * k[b, s, block] / size**0.5
                        dk[b, s, block] += dscore * q[b, t, block] / size**0.5
        dparams = {"wo": _rows(cache["m"]).T @ _rows(dout), "bo": _rows(dout).sum(0)}
        for name, inputs, d in (("q", x, dq), ("k", memory, dk), ("v", memory, dv)):
            dparams["w" + name] = _rows(inputs).T @ _rows(d)
            dparams["b" + name] = _rows(d).sum(0)
        dmemory = dk @ params["wk"].T + dv @ params["wv"].T
        return dq @ params["wq"].T, dmemory, dparams


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def split_heads(x, n_heads):
        return solution.split_heads(x.astype(np.float32), n_heads)

    def merge_heads(heads):
        return solution.merge_heads(heads.astype(np.float32))

    def multi_head_attention_forward(x, memory, params, n_heads, mask=None):
        small = {name: value.astype(np.float32) for name, value in params.items()}
        return solution.multi_head_attention_forward(
            x.astype(np.float32), memory.astype(np.float32), small, n_heads, mask
        )

    def multi_head_attention_backward(dout, cache):
        return solution.multi_head_attention_backward(dout.astype(np.float32), cache)


@variant()
class einsum_with_weights_per_head:
    """einsum over weights cut per head, hidden scores at -1e30, the scale inside the queries"""

    class Cache:
        def __init__(self, **saved):
            self.__dict__.update(saved)

    def split_heads(x, n_heads):
        return np.moveaxis(np.stack(np.split(x, n_heads, axis=-1)), 0, 1)

    def merge_heads(heads):
        batch, n_heads, length, size = heads.shape
        return np.einsum("bhtj->bthj", heads).reshape(batch, length, n_heads * size)

    def multi_head_attention_forward(x, memory, params, n_heads, mask=None):
        width = x.shape[-1]
        cut = (n_heads, width // n_heads)
        w = {name: params["w" + name].reshape(width, *cut) for name in "qkv"}
        b = {name: params["b" + name].reshape(*cut)[:, None] for name in "qkv"}
        w["o"] = params["wo"].reshape(*cut, width)
        root = math.sqrt(cut[1])
        q = (np.einsum("btd,dhj->bhtj", x, w["q"]) + b["q"]) / root
        k = np.einsum("bsd,dhj->bhsj", memory, w["k"]) + b["k"]
        v = np.einsum("bsd,dhj->bhsj", memory, w["v"]) + b["v"]
        scores = np.einsum("bhtj,bhsj->bhts", q, k)
        seen = np.ones(scores.shape, dtype=bool)
        if mask is not None:
            seen = seen & (mask if mask.ndim == 2 else mask[:, None])
        scores = np.where(seen, scores, -1e30)
        powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
        p = powers / powers.sum(axis=-1, keepdims=True)
        p = p * seen.any(axis=-1, keepdims=True)
        heads = np.einsum("bhts,bhsj->bhtj", p, v)
        out = np.einsum("bhtj,hjd->btd", heads, w["o"]) + params["bo"]
        return out, Cache(x=x, memory=memory, w=w, q=q, k=k, v=v, p=p, heads=heads, root=root)  # noqa: F821

    def multi_head_attention_backward(dout, cache):
        c, w = cache, cache.w
        width = dout.shape[-1]
        dheads = np.einsum("btd,hjd->bhtj", dout, w["o"])
        dp = np.einsum("bhtj,bhsj->bhts", dheads, c.v)
        # The sum over the keys equals the head's output times its gradient.
        ds = c.p * (dp - np.einsum("bhtj,bhtj->bht", c.heads, dheads)[..., None])
        dq = np.einsum("bhts,bhsj->bhtj", ds, c.k) / c.root
        dk = np.einsum("bhts,bhtj->bhsj", ds, c.q)
        dv = np.einsum("bhts,bhtj->bhsj", c.p, dheads)
        dparams = {"wo": np.einsum("bhtj,btd->hjd", c.heads, dout).reshape(width, width)}
        dparams["bo"] = np.einsum("btd->d", dout)
        for name, inputs, d in (("q", c.x, dq), ("k", c.memory, dk), ("v", c.memory, dv)):
            dparams["w" + name] = np.einsum("bnd,bhnj->dhj", inputs, d).reshape(width, width)
            dparams["b" + name] = np.einsum("bhnj->hj", d).reshape(width)
        dx = np.einsum("bhtj,dhj->btd", dq, w["q"])
        dmemory = np.einsum("bhsj,dhj->bsd", dk, w["k"]) + np.einsum("bhsj,dhj->bsd", dv, w["v"])
        return dx, dmemory, dparams


@variant()
class heads_folded_into_the_batch:
    """Three axes throughout: B * H small attentions, each with a copy of its example's mask"""

    def multi_head_attention_forward(x, memory, params, n_heads, mask=None):
        def project(a, name):
            heads = solution.split_heads(a @ params["w" + name] + params["b" + name], n_heads)
            return heads.reshape(-1, *heads.shape[2:])

        q, k, v = project(x, "q"), project(memory, "k"), project(memory, "v")
        scores = np.matmul(q, k.transpose(0, 2, 1)) * k.shape[-1] ** -0.5
        if mask is not None:
            mask = np.broadcast_to(mask, (x.shape[0], x.shape[1], memory.shape[1]))
            scores[~np.repeat(mask, n_heads, axis=0)] = -np.inf
        best = scores.max(axis=-1, keepdims=True)
        best[np.isneginf(best)] = 0.0
        weights = np.exp(scores - best)
        weights /= np.maximum(weights.sum(axis=-1, keepdims=True), 1e-300)
        folded = np.matmul(weights, v)
        unfold = (x.shape[0], n_heads)
        merged = solution.merge_heads(folded.reshape(*unfold, *folded.shape[1:]))
        q, k, v, weights = (a.reshape(*unfold, *a.shape[1:]) for a in (q, k, v, weights))
        out = merged @ params["wo"] + params["bo"]
        return out, (x, memory, params, q, k, v, weights, merged)


@variant()
class bias_gradients_as_rows:
    """The gradients of the biases keep the axis of the rows"""

    def multi_head_attention_backward(dout, cache):
        dx, dmemory, grads = solution.multi_head_attention_backward(dout, cache)
        rows = {name: g[None, :] for name, g in grads.items() if name.startswith("b")}
        return dx, dmemory, grads | rows


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
