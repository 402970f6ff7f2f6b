"""Correct implementations in other styles; each must be accepted."""

import math

import numpy as np

from grader.spec import solution, variant


@variant()
class explicit_loops:
    """Python loops over rows, words and negatives; log1p of the smaller exponential"""

    def embedding_forward(w, ids):
        return np.array([[float(entry) for entry in w[i]] for i in ids]), {"w": w, "ids": ids}

    def embedding_backward(dout, cache):
        dw = np.zeros(cache["w"].shape)
        for n, i in enumerate(cache["ids"]):
            dw[i] += dout[n]
        return dw

    def unigram_distribution(counts, power):
        weights = [int(count) ** power for count in counts]
        return np.array([weight / math.fsum(weights) for weight in weights])

    def negative_sampling_loss(h, w_out, positives, negatives):
        def cost(z):
            """-log sigmoid(z) and its derivative."""
            if z > 0:
                return math.log1p(math.exp(-z)), -math.exp(-z) / (1 + math.exp(-z))
            return math.log1p(math.exp(z)) - z, -1 / (1 + math.exp(z))

        n = len(h)
        loss, dh, dw_out = 0.0, np.zeros(h.shape), np.zeros(w_out.shape)
        for i in range(n):
            pairs = [(positives[i], 1.0)] + [(word, -1.0) for word in negatives[i]]
            for word, sign in pairs:
                value, slope = cost(sign * float(h[i] @ w_out[word]))
                loss += value / n
                dh[i] += sign * slope / n * w_out[word]
                dw_out[word] += sign * slope / n * h[i]
        return loss, dh, dw_out


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def embedding_forward(w, ids):
        return solution.embedding_forward(w.astype(np.float32), ids)

    def embedding_backward(dout, cache):
        return solution.embedding_backward(dout.astype(np.float32), cache)

    def unigram_distribution(counts, power):
        weights = counts.astype(np.float32) ** np.float32(power)
        return weights / weights.sum()

    def unigram_sampler(counts, power, positives, k, generator):
        rows = []
        for positive in positives:
            weights = counts.astype(np.float32) ** np.float32(power)
            weights[positive] = 0
            rows.append(generator.choice(len(counts), size=k, p=weights / weights.sum()))
        return np.stack(rows)

    def negative_sampling_loss(h, w_out, positives, negatives):
        return solution.negative_sampling_loss(
            h.astype(np.float32), w_out.astype(np.float32), positives, negatives
        )


@variant()
class scatter_add_and_one_table_of_sums:
    """np.add.at, shares raised and normalised again, one cumulative sum per row, einsum"""

    class Cache:
        def __init__(self, ids, shape):
            self.ids, self.shape = ids.copy(), shape

    def embedding_forward(w, ids):
        return w[ids], Cache(ids, w.shape)  # noqa: F821

    def embedding_backward(dout, cache):
        dw = np.zeros(cache.shape)
        np.add.at(dw, cache.ids, dout)
        return dw

    def unigram_distribution(counts, power):
        p = (counts / counts.sum()) ** power
        return p / p.sum()

    def unigram_sampler(counts, power, positives, k, generator):
        weights = np.tile(counts.astype(float) ** power, (len(positives), 1))
        weights[np.arange(len(positives)), positives] = 0
        sums = np.cumsum(weights, axis=1)
        uniform = generator.random((len(positives), k)) * sums[:, -1:]
        return (uniform[:, :, None] >= sums[:, None, :]).sum(axis=2)

    def negative_sampling_loss(h, w_out, positives, negatives):
        n = len(h)
        right, wrong = w_out[positives], w_out[negatives]
        s_right, s_wrong = np.einsum("nd,nd->n", h, right), np.einsum("nd,nkd->nk", h, wrong)
        loss = (np.logaddexp(0, -s_right).sum() + np.logaddexp(0, s_wrong).sum()) / n
        d_right = (np.tanh(s_right / 2) - 1) / (2 * n)
        d_wrong = (np.tanh(s_wrong / 2) + 1) / (2 * n)
        dw_out = np.zeros(w_out.shape)
        np.add.at(dw_out, positives, d_right[:, None] * h)
        np.add.at(dw_out, negatives, np.einsum("nk,nd->nkd", d_wrong, h))
        return loss, d_right[:, None] * right + np.einsum("nk,nkd->nd", d_wrong, wrong), dw_out


@variant()
class one_hot_products:
    """Every lookup is a product with a one-hot matrix; scores against the whole vocabulary"""

    def embedding_forward(w, ids):
        one_hot = np.eye(len(w))[ids]
        return one_hot @ w, one_hot

    def embedding_backward(dout, cache):
        return cache.T @ dout

    def unigram_sampler(counts, power, positives, k, generator):
        rows = []
        for positive in positives.tolist():
            others = counts.copy()
            others[positive] = 0
            weights = np.where(others > 0, others.astype(float) ** power, 0.0)
            rows.append(generator.choice(len(counts), size=k, p=weights / weights.sum()))
        return np.array(rows)

    def negative_sampling_loss(h, w_out, positives, negatives):
        eye = np.eye(len(w_out))
        right, wrong = eye[positives], eye[negatives].sum(axis=1)
        scores = h @ w_out.T
        softplus = np.maximum(scores, 0) + np.log1p(np.exp(-np.abs(scores)))
        small = np.exp(-np.abs(scores))
        sigmoid = np.where(scores >= 0, 1 / (1 + small), small / (1 + small))
        loss = np.mean(np.sum(right * (softplus - scores) + wrong * softplus, axis=1))
        dscores = ((right + wrong) * sigmoid - right) / len(h)
        return loss, dscores @ w_out, dscores.T @ h


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
