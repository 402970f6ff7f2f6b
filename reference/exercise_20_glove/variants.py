"""Correct implementations in other styles; each must be accepted."""

import math

import numpy as np

from grader.spec import solution, variant


@variant()
class explicit_loops:
    """Python loops over positions, pairs and the numbers of a vector, with the math module"""

    def distance_weighted_counts(corpus, vocabulary_size, window):
        counts = np.zeros((vocabulary_size, vocabulary_size))
        for here in range(len(corpus)):
            for there in range(max(0, here - window), min(len(corpus), here + window + 1)):
                if there != here:
                    counts[corpus[here], corpus[there]] += 1 / abs(here - there)
        return counts

    def weighting(counts, x_max, alpha):
        weights = [min(1.0, float(count) / x_max) ** alpha for count in counts.ravel()]
        return np.array(weights).reshape(counts.shape)

    def _terms(w, w_context, b, b_context, counts, x_max, alpha):
        """i, j, weight and difference of every pair that was seen."""
        for i in range(len(b)):
            for j in range(len(b)):
                count = float(counts[i, j])
                if count > 0:
                    score = sum(w[i, d] * w_context[j, d] for d in range(w.shape[1]))
                    weight = (count / x_max) ** alpha if count < x_max else 1.0
                    yield i, j, weight, score + b[i] + b_context[j] - math.log(count)

    def glove_loss(*given):
        return float(sum(weight * miss * miss for _, _, weight, miss in _terms(*given)))  # noqa: F821

    def glove_gradients(w, w_context, b, b_context, counts, x_max, alpha):
        dw, dw_context = np.zeros(w.shape), np.zeros(w.shape)
        db, db_context = np.zeros(b.shape), np.zeros(b.shape)
        given = (w, w_context, b, b_context, counts, x_max, alpha)
        for i, j, weight, miss in _terms(*given):  # noqa: F821
            slope = 2 * weight * miss
            dw[i] += slope * w_context[j]
            dw_context[j] += slope * w[i]
            db[i] += slope
            db_context[j] += slope
        return dw, dw_context, db, db_context


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def _small(*arrays):
        return [array.astype(np.float32) for array in arrays]

    def distance_weighted_counts(corpus, vocabulary_size, window):
        counts = solution.distance_weighted_counts(corpus, vocabulary_size, window)
        return counts.astype(np.float32)

    def weighting(counts, x_max, alpha):
        return solution.weighting(counts.astype(np.float32), x_max, alpha)

    def glove_loss(w, w_context, b, b_context, counts, x_max, alpha):
        given = _small(w, w_context, b, b_context, counts)  # noqa: F821
        return solution.glove_loss(*given, x_max, alpha)

    def glove_gradients(w, w_context, b, b_context, counts, x_max, alpha):
        given = _small(w, w_context, b, b_context, counts)  # noqa: F821
        return solution.glove_gradients(*given, x_max, alpha)


@variant()
class a_list_of_seen_pairs:
    """Only the pairs with a count, found by nonzero; scatter-adds with np.add.at"""

    def distance_weighted_counts(corpus, vocabulary_size, window):
        counts = np.zeros((vocabulary_size, vocabulary_size))
        for distance in range(1, min(window, len(corpus) - 1) + 1):
            np.add.at(counts, (corpus[distance:], corpus[:-distance]), 1 / distance)
        return counts + counts.T

    def weighting(counts, x_max, alpha):
        weights = np.ones(counts.shape)
        low = counts < x_max
        weights[low] = (counts[low] / x_max) ** alpha
        return weights

    def _seen(w, w_context, b, b_context, counts, x_max, alpha):
        i, j = np.nonzero(counts)
        misses = (w[i] * w_context[j]).sum(axis=1) + b[i] + b_context[j] - np.log(counts[i, j])
        return i, j, weighting(counts[i, j], x_max, alpha), misses  # noqa: F821

    def glove_loss(*given):
        _, _, weights, misses = _seen(*given)  # noqa: F821
        return weights @ misses**2

    def glove_gradients(w, w_context, b, b_context, counts, x_max, alpha):
        i, j, weights, misses = _seen(w, w_context, b, b_context, counts, x_max, alpha)  # noqa: F821
        slopes = 2 * weights * misses
        results = [np.zeros(array.shape) for array in (w, w_context, b, b_context)]
        np.add.at(results[0], i, slopes[:, None] * w_context[j])
        np.add.at(results[1], j, slopes[:, None] * w[i])
        np.add.at(results[2], i, slopes)
        np.add.at(results[3], j, slopes)
        return tuple(results)

    def adagrad_step(params, sums, counts, lr, x_max, alpha):
        arguments = [params[name] for name in ("w", "w_context", "b", "b_context")]
        found = glove_gradients(*arguments, counts, x_max, alpha)  # noqa: F821
        moved, grown = {}, {}
        for name, g in zip(("w", "w_context", "b", "b_context"), found, strict=True):
            grown[name] = sums[name].copy()
            grown[name] += g * g
            moved[name] = params[name].copy()
            moved[name] -= lr * g * grown[name] ** -0.5
        return moved, grown


@variant()
class biases_as_extra_columns:
    """Vectors (w, b, 1) and (w_context, 1, b_context), the loss as squares of weighted roots"""

    def _wide(w, w_context, b, b_context):
        ones = np.ones((len(b), 1))
        return np.hstack([w, b[:, None], ones]), np.hstack([w_context, ones, b_context[:, None]])

    def _ratios(scores, counts):
        """log(exp(score) / count) where there is a count, 0 elsewhere."""
        logs = np.log(counts, out=np.zeros(counts.shape), where=counts > 0)
        return np.where(counts > 0, scores - logs, 0.0)

    def weighting(counts, x_max, alpha):
        return np.clip(counts / x_max, 0, 1) ** alpha

    def glove_loss(w, w_context, b, b_context, counts, x_max, alpha):
        rows, columns = _wide(w, w_context, b, b_context)  # noqa: F821
        misses = _ratios(np.einsum("id,jd->ij", rows, columns), counts)  # noqa: F821
        return np.linalg.norm(np.sqrt(solution.weighting(counts, x_max, alpha)) * misses) ** 2

    def glove_gradients(w, w_context, b, b_context, counts, x_max, alpha):
        rows, columns = _wide(w, w_context, b, b_context)  # noqa: F821
        misses = _ratios(rows @ columns.T, counts)  # noqa: F821
        slopes = 2 * solution.weighting(counts, x_max, alpha) * misses
        drows = np.einsum("ij,jd->id", slopes, columns)
        dcolumns = np.einsum("ij,id->jd", slopes, rows)
        size = w.shape[1]
        return drows[:, :size], dcolumns[:, :size], drows[:, size], dcolumns[:, size + 1]


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
