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


def _logistic(z):
    """For one number; the exponential never overflows."""
    return 1 / (1 + math.exp(-z)) if z > 0 else math.exp(z) / (1 + math.exp(z))


@variant()
class explicit_loops:
    """Python loops over examples, heads and positions; hidden keys are left out, not masked"""

    def swiglu_forward(x, w_gate, w_up, w_down):
        out = np.zeros(x.shape)
        for place in np.ndindex(x.shape[:2]):
            for f in range(w_gate.shape[1]):
                gate, up = float(x[place] @ w_gate[:, f]), float(x[place] @ w_up[:, f])
                out[place] += gate * _logistic(gate) * up * w_down[f]
        return out, (x, w_gate, w_up, w_down)

    def swiglu_backward(dout, cache):
        x, w_gate, w_up, w_down = cache
        dx, dw_gate, dw_up, dw_down = (np.zeros(a.shape) for a in cache)
        for place in np.ndindex(x.shape[:2]):
            for f in range(w_gate.shape[1]):
                gate, up = float(x[place] @ w_gate[:, f]), float(x[place] @ w_up[:, f])
                s = _logistic(gate)
                dhidden = float(dout[place] @ w_down[f])
                dw_down[f] += gate * s * up * dout[place]
                dgate, dup = dhidden * up * (s + gate * s * (1 - s)), dhidden * gate * s
                dw_gate[:, f] += dgate * x[place]
                dw_up[:, f] += dup * x[place]
                dx[place] += dgate * w_gate[:, f] + dup * w_up[:, f]
        return dx, dw_gate, dw_up, dw_down

    def grouped_query_attention_forward(q, k, v, mask=None):
        b, h, t, size = q.shape
        share = h // k.shape[1]
        weights = np.zeros((b, h, t, k.shape[2]))
        out = np.zeros(q.shape)
        for i, head, row in np.ndindex(b, h, t):
            keys, vals = k[i, head // share], v[i, head // share]
            seen = [s for s in range(len(keys)) if mask is None or mask[row, s]]
            scores = [float(q[i, head, row] @ keys[s]) / math.sqrt(size) for s in seen]
            powers = [math.exp(score - max(scores)) for score in scores]
            for s, power in zip(seen, powers, strict=True):
                weights[i, head, row, s] = power / sum(powers)
                out[i, head, row] += weights[i, head, row, s] * vals[s]
        return out, (q, k, v, weights)

    def grouped_query_attention_backward(dout, cache):
        q, k, v, weights = cache
        share, root = q.shape[1] // k.shape[1], math.sqrt(q.shape[-1])
        dq, dk, dv = np.zeros(q.shape), np.zeros(k.shape), np.zeros(v.shape)
        for i, head, row in np.ndindex(q.shape[:3]):
            g, w, d = head // share, weights[i, head, row], dout[i, head, row]
            dw = v[i, g] @ d
            for s in range(len(w)):
                dscore = w[s] * (dw[s] - float(w @ dw)) / root
                dv[i, g, s] += w[s] * d
                dk[i, g, s] += dscore * q[i, head, row]
                dq[i, head, row] += dscore * k[i, g, s]
        return dq, dk, dv

    def sliding_window_mask(x, window=None):
        t = x.shape[1]
        mask = np.zeros((t, t), dtype=bool)
        for row in range(t):
            mask[row, max(0, row + 1 - (window or t)) : row + 1] = True
        return mask

    def _rms_norm(x, scale):
        out = np.zeros(x.shape)
        for place in np.ndindex(x.shape[:2]):
            out[place] = x[place] / math.sqrt(np.mean(x[place] ** 2) + 1e-6) * scale
        return out

    def _rope(x, positions):
        half, out = x.shape[-1] // 2, np.zeros(x.shape)
        for t, position in enumerate(positions):
            for i in range(half):
                angle = float(position) / 10000 ** (2 * i / x.shape[-1])
                a, b = x[:, :, t, i], x[:, :, t, i + half]
                out[:, :, t, i] = a * math.cos(angle) - b * math.sin(angle)
                out[:, :, t, i + half] = a * math.sin(angle) + b * math.cos(angle)
        return out


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def swiglu_forward(x, w_gate, w_up, w_down):
        return solution.swiglu_forward(*map(_single, (x, w_gate, w_up, w_down)))

    def swiglu_backward(dout, cache):
        return solution.swiglu_backward(_single(dout), cache)

    def grouped_query_attention_forward(q, k, v, mask=None):
        return solution.grouped_query_attention_forward(*map(_single, (q, k, v)), mask)

    def grouped_query_attention_backward(dout, cache):
        return solution.grouped_query_attention_backward(_single(dout), cache)

    def llama_block(x, params, n_heads, n_kv_heads, positions, mask=None):
        return solution.llama_block(
            _single(x), _single(params), n_heads, n_kv_heads, positions, mask
        )

    def llama_forward(ids, params, n_heads, n_kv_heads, window=None):
        return solution.llama_forward(ids, _single(params), n_heads, n_kv_heads, window)


@variant()
class repeated_heads_and_rotated_halves:
    """Keys and values written out for every query head, the turn as x · cos + rotate(x) · sin"""

    def swiglu_forward(x, w_gate, w_up, w_down):
        joined = x @ np.concatenate([w_gate, w_up], axis=1)
        gate, up = np.split(joined, 2, axis=-1)
        silu = gate * np.exp(-np.logaddexp(0, -gate))
        return (silu * up) @ w_down, {"x": x, "w": (w_gate, w_up, w_down), "gate": gate, "up": up}

    def swiglu_backward(dout, cache):
        x, gate, up = cache["x"], cache["gate"], cache["up"]
        w_gate, w_up, w_down = cache["w"]
        sigmoid = np.exp(-np.logaddexp(0, -gate))
        silu = gate * sigmoid
        dhidden = np.einsum("btd,fd->btf", dout, w_down)
        dgate, dup = dhidden * up * (sigmoid + silu * (1 - sigmoid)), dhidden * silu
        dx = np.einsum("btf,df->btd", dgate, w_gate) + np.einsum("btf,df->btd", dup, w_up)
        return (
            dx,
            np.einsum("btd,btf->df", x, dgate),
            np.einsum("btd,btf->df", x, dup),
            np.einsum("btf,btd->fd", silu * up, dout),
        )

    def grouped_query_attention_forward(q, k, v, mask=None):
        share = q.shape[1] // k.shape[1]
        k, v = np.repeat(k, share, axis=1), np.repeat(v, share, axis=1)
        q = q / math.sqrt(q.shape[-1])
        scores = np.einsum("bhtk,bhsk->bhts", q, k)
        if mask is not None:
            scores[..., ~mask] = -1e300
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        if mask is not None:
            weights = weights * mask
        weights = weights / np.maximum(weights.sum(axis=-1, keepdims=True), 1e-300)
        return np.einsum("bhts,bhsk->bhtk", weights, v), (q, k, v, weights, share)

    def grouped_query_attention_backward(dout, cache):
        q, k, v, weights, share = cache
        out = np.einsum("bhts,bhsk->bhtk", weights, v)
        # The sum over the keys equals the head's output times its gradient.
        dweights = np.einsum("bhtk,bhsk->bhts", dout, v)
        dscores = weights * (dweights - (out * dout).sum(axis=-1, keepdims=True))
        dk = np.einsum("bhts,bhtk->bhsk", dscores, q)
        dv = np.einsum("bhts,bhtk->bhsk", weights, dout)
        dk, dv = (sum(a[:, i::share] for i in range(share)) for a in (dk, dv))
        return np.einsum("bhts,bhsk->bhtk", dscores, k) / math.sqrt(q.shape[-1]), dk, dv

    def sliding_window_mask(x, window=None):
        mask = np.tri(x.shape[1], dtype=bool)
        return mask if window is None else mask & ~np.tri(x.shape[1], k=-window, dtype=bool)

    def _rope(x, positions):
        half = x.shape[-1] // 2
        angle = np.outer(positions, np.exp(-math.log(10000.0) / half * np.arange(half)))
        angle = np.concatenate([angle, angle], axis=1)
        rotated = np.concatenate([-x[..., half:], x[..., :half]], axis=-1)
        return x * np.cos(angle) + rotated * np.sin(angle)


@variant()
class complex_numbers_and_groups_in_a_loop:
    """The turn as a product of complex numbers; one group of heads after the other"""

    def grouped_query_attention_forward(q, k, v, mask=None):
        share = q.shape[1] // k.shape[1]
        outs, caches = [], []
        for g in range(k.shape[1]):
            block = slice(g * share, (g + 1) * share)
            one = slice(g, g + 1)
            out, cache = solution.grouped_query_attention_forward(
                q[:, block], k[:, one], v[:, one], mask
            )
            outs.append(out)
            caches.append(cache)
        return np.concatenate(outs, axis=1), caches

    def grouped_query_attention_backward(dout, cache):
        parts = [
            solution.grouped_query_attention_backward(d, c)
            for d, c in zip(np.split(dout, len(cache), axis=1), cache, strict=True)
        ]
        return tuple(np.concatenate(several, axis=1) for several in zip(*parts, strict=True))

    def _rope(x, positions):
        half = x.shape[-1] // 2
        turns = np.exp(1j * np.outer(positions, 10000.0 ** (-np.arange(half) / half)))
        turned = (x[..., :half] + 1j * x[..., half:]) * turns
        return np.concatenate([turned.real, turned.imag], axis=-1)


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
