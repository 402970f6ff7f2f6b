"""Correct implementations in other styles; each must be accepted."""

import math

import numpy as np

from grader.spec import solution, variant


@variant()
class explicit_loops:
    """Python loops over examples, words and dimensions, a dict as cache"""

    def contexts_and_targets(corpus, window):
        n = max(len(corpus) - 2 * window, 0)
        contexts = np.zeros((n, 2 * window), dtype=np.int64)
        targets = np.zeros(n, dtype=np.int64)
        for i in range(n):
            targets[i] = corpus[i + window]
            for j in range(window):
                contexts[i, j] = corpus[i + j]
                contexts[i, window + j] = corpus[i + window + 1 + j]
        return contexts, targets

    def cbow_forward(contexts, targets, w_in, w_out):
        n, c = contexts.shape
        d, v = w_out.shape
        hidden, p, loss = np.zeros((n, d)), np.zeros((n, v)), 0.0
        for i in range(n):
            for j in range(c):
                hidden[i] += w_in[contexts[i, j]] / c
            scores = [sum(hidden[i, k] * w_out[k, word] for k in range(d)) for word in range(v)]
            top = max(scores)
            total = sum(math.exp(s - top) for s in scores)
            loss += (math.log(total) + top - scores[targets[i]]) / n
            p[i] = [math.exp(s - top) / total for s in scores]
        saved = dict(contexts=contexts, targets=targets, hidden=hidden, p=p, w_out=w_out)
        return float(loss), saved

    def cbow_backward(dout, cache):
        contexts, p, w_out = cache["contexts"], cache["p"], cache["w_out"]
        n, c = contexts.shape
        dw_in, dw_out = np.zeros(w_out.T.shape), np.zeros(w_out.shape)
        for i in range(n):
            for word in range(w_out.shape[1]):
                dscore = dout * (p[i, word] - (word == cache["targets"][i])) / n
                dw_out[:, word] += dscore * cache["hidden"][i]
                for j in range(c):
                    dw_in[contexts[i, j]] += dscore * w_out[:, word] / c
        return dw_in, dw_out


@variant()
class lookups_and_scatter:
    """Sliding windows, index arrays, np.add.at, and one cross-entropy per context position"""

    def contexts_and_targets(corpus, window):
        if len(corpus) < 2 * window + 1:
            return np.empty((0, 2 * window), dtype=np.int64), np.empty(0, dtype=np.int64)
        rows = np.lib.stride_tricks.sliding_window_view(corpus, 2 * window + 1)
        return np.delete(rows, window, axis=1), rows[:, window]

    def cbow_forward(contexts, targets, w_in, w_out):
        rows = np.arange(len(targets))
        hidden = w_in[contexts].mean(axis=1)
        scores = hidden @ w_out
        log_p = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
        return -log_p[rows, targets].mean(), [contexts, targets, w_in, w_out, hidden, log_p]

    def cbow_backward(dout, cache):
        contexts, targets, w_in, w_out, hidden, log_p = cache
        dscores = np.exp(log_p)
        dscores[np.arange(len(targets)), targets] -= 1
        dscores *= dout / len(targets)
        dw_in = np.zeros_like(w_in)
        np.add.at(dw_in, contexts, (dscores @ w_out.T / contexts.shape[1])[:, None, :])
        return dw_in, hidden.T @ dscores

    def skip_gram_forward(contexts, targets, w_in, w_out):
        rows = np.arange(len(targets))
        hidden = w_in[targets]
        scores = hidden @ w_out
        log_p = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
        loss = -sum(log_p[rows, column].mean() for column in contexts.T)
        return loss, [contexts, targets, w_in, w_out, hidden, log_p]

    def skip_gram_backward(dout, cache):
        contexts, targets, w_in, w_out, hidden, log_p = cache
        dscores = np.zeros_like(log_p)
        for column in contexts.T:
            dscores += np.exp(log_p)
            dscores[np.arange(len(targets)), column] -= 1
        dscores *= dout / len(targets)
        dw_in = np.zeros_like(w_in)
        np.add.at(dw_in, targets, dscores @ w_out.T)
        return dw_in, hidden.T @ dscores


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def cbow_forward(contexts, targets, w_in, w_out):
        return solution.cbow_forward(
            contexts, targets, w_in.astype(np.float32), w_out.astype(np.float32)
        )

    def skip_gram_forward(contexts, targets, w_in, w_out):
        return solution.skip_gram_forward(
            contexts, targets, w_in.astype(np.float32), w_out.astype(np.float32)
        )


@variant()
class pairs_of_words:
    """Skip-gram as a batch of (centre, context word) pairs, and einsum with one-hot arrays"""

    def cbow_forward(contexts, targets, w_in, w_out):
        one_hot = np.eye(w_in.shape[0])
        hidden = np.einsum("ncv,vd->nd", one_hot[contexts], w_in) / contexts.shape[1]
        scores = np.einsum("nd,dv->nv", hidden, w_out)
        e = np.exp(scores - np.max(scores, axis=1, keepdims=True))
        chosen = np.take_along_axis(scores, targets[:, None], axis=1)[:, 0]
        log_total = np.max(scores, axis=1) + np.log(np.sum(e, axis=1))
        dscores = (e / np.sum(e, axis=1, keepdims=True) - one_hot[targets]) / len(targets)
        return np.mean(log_total - chosen), (one_hot[contexts], hidden, dscores, w_out)

    def cbow_backward(dout, cache):
        one_hot, hidden, dscores, w_out = cache
        dhidden = np.einsum("nv,dv->nd", dscores, w_out) / one_hot.shape[1]
        dw_in = np.einsum("ncv,nd->vd", one_hot, dhidden)
        return dout * dw_in, dout * np.einsum("nd,nv->dv", hidden, dscores)

    def skip_gram_forward(contexts, targets, w_in, w_out):
        # A pair is CBOW with a context of one word: the centre predicts its neighbour.
        n, c = contexts.shape
        seen = np.repeat(targets, c)[:, None]
        loss, cache = solution.cbow_forward(seen, contexts.reshape(n * c), w_in, w_out)
        return c * loss, (cache, c)

    def skip_gram_backward(dout, cache):
        return solution.cbow_backward(cache[1] * dout, cache[0])


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
