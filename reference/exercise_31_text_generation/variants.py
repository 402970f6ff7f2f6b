"""Correct implementations in other styles; each must be accepted."""

import heapq
import itertools
import math

import numpy as np
import torch

from grader.spec import solution, variant


@variant()
class explicit_loops:
    """Python loops and lists, sums carried along by hand"""

    def greedy(table, start, end, max_length):
        ids, token = [], start
        while len(ids) < max_length and (not ids or token != end):
            best = 0
            for v in range(len(table)):
                if table[token][v] > table[token][best]:
                    best = v
            token = best
            ids.append(token)
        return np.array(ids)

    def temperature(logits, t):
        out = np.zeros(logits.shape)
        for n, row in enumerate(logits):
            top = max(row)
            e = [math.exp((s - top) / t) for s in row]
            out[n] = [number / sum(e) for number in e]
        return out

    def top_k(logits, k):
        out = np.zeros(logits.shape)
        for n, row in enumerate(solution.temperature(logits, 1.0)):
            kept = sorted(range(len(row)), key=lambda v: (-logits[n, v], v))[:k]
            for v in kept:
                out[n, v] = row[v] / sum(row[kept])
        return out

    def top_p(logits, p):
        out = np.zeros(logits.shape)
        for n, row in enumerate(solution.temperature(logits, 1.0)):
            kept, total = [], 0.0
            for v in sorted(range(len(row)), key=lambda v: (-logits[n, v], v)):
                kept.append(v)
                total += row[v]
                if total >= p:
                    break
            for v in kept:
                out[n, v] = row[v] / total
        return out

    def sample(probabilities, start, end, u):
        ids, token = [], start
        for number in u:
            total, row = 0.0, probabilities[token]
            for v in range(len(row)):
                if row[v] > 0:
                    token = v
                total += row[v]
                if total > number:
                    break
            ids.append(token)
            if token == end:
                break
        return np.array(ids)

    def beam_search(table, start, end, width, max_length, alpha):
        def log_probability(last, token):
            top = max(table[last])
            return table[last][token] - top - math.log(sum(math.exp(s - top) for s in table[last]))

        beam, over = {(): 0.0}, {}
        for _ in range(max_length):
            grown = {}
            for ids, score in beam.items():
                for token in range(len(table)):
                    last = ids[-1] if ids else start
                    grown[(*ids, token)] = score + log_probability(last, token)
            best = sorted(grown, key=lambda ids: (-grown[ids], ids))[:width]
            over.update((ids, grown[ids]) for ids in best if ids[-1] == end)
            beam = {ids: grown[ids] for ids in best if ids[-1] != end}
        over.update(beam)
        score, ids = min((-score / len(ids) ** alpha, ids) for ids, score in over.items())
        return np.array(ids), -score


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def temperature(logits, t):
        return solution.temperature(logits.astype(np.float32), t)

    def top_k(logits, k):
        return solution.top_k(logits.astype(np.float32), k)

    def top_p(logits, p):
        return solution.top_p(logits.astype(np.float32), p)

    def sample(probabilities, start, end, u):
        return solution.sample(probabilities.astype(np.float32), start, end, u.astype(np.float32))

    def beam_search(table, start, end, width, max_length, alpha):
        ids, score = solution.beam_search(
            table.astype(np.float32), start, end, width, max_length, alpha
        )
        return ids, np.float32(score)


@variant()
class scores_of_minus_infinity:
    """Sets the scores of dropped tokens to minus infinity before the softmax; a heap for the cut"""

    def top_k(logits, k):
        order = np.argsort(-logits, axis=1, kind="stable")
        masked = logits.copy()
        np.put_along_axis(masked, order[:, k:], -np.inf, axis=1)
        return solution.temperature(masked, 1.0)

    def top_p(logits, p):
        order = np.argsort(-logits, axis=1, kind="stable")
        falling = np.take_along_axis(solution.temperature(logits, 1.0), order, axis=1)
        before = np.cumsum(falling, axis=1) - falling
        dropped = np.zeros(logits.shape, dtype=bool)
        np.put_along_axis(dropped, order, before >= p, axis=1)
        return solution.temperature(np.where(dropped, -np.inf, logits), 1.0)

    def sample(probabilities, start, end, u):
        ids, token = [], start
        for number in u:
            row = probabilities[token]
            found = np.searchsorted(np.cumsum(row), number, side="right")
            token = min(found, np.nonzero(row)[0][-1])
            ids.append(token)
            if token == end:
                break
        return np.array(ids, dtype=np.int64)

    def beam_search(table, start, end, width, max_length, alpha):
        e = np.exp(table - np.max(table, axis=1, keepdims=True))
        with np.errstate(divide="ignore"):
            cost = -np.log(e / np.sum(e, axis=1, keepdims=True))
        beam, ended = [(0.0, ())], []
        for _ in range(max_length):
            grown = (
                (c + cost[(ids or (start,))[-1], v], (*ids, v))
                for (c, ids), v in itertools.product(beam, range(len(table)))
            )
            kept = heapq.nsmallest(width, grown)
            ended.extend(one for one in kept if one[1][-1] == end)
            beam = [one for one in kept if one[1][-1] != end]
        best, ids = min((c / len(ids) ** alpha, ids) for c, ids in ended + beam)
        return np.array(ids, dtype=np.int64), -best


@variant(backend="torch")
class torch_with_topk_of_the_beam:
    """Tensors throughout: scatter for the kept tokens, the beam as a matrix of ids"""

    def top_k(logits, k):
        order = torch.sort(logits, dim=1, descending=True, stable=True).indices[:, :k]
        p = solution.temperature(logits, 1.0)
        kept = torch.zeros_like(p).scatter(1, order, p.gather(1, order))
        return kept / kept.sum(dim=1, keepdim=True)

    def beam_search(table, start, end, width, max_length, alpha):
        log_p = table - torch.logsumexp(table, dim=1, keepdim=True)
        paths = torch.full((1, 1), start, dtype=torch.int64)
        scores, done = log_p.new_zeros(1), []
        for length in range(1, max_length + 1):
            grown = (scores[:, None] + log_p[paths[:, -1]]).flatten()
            # The rows of paths are in the order of a dictionary, and a stable sort keeps it.
            best = torch.sort(grown, descending=True, stable=True).indices[:width].sort().values
            paths = torch.cat([paths[best // len(table)], (best % len(table))[:, None]], dim=1)
            scores = grown[best]
            over = paths[:, -1] == end
            if length == max_length:
                over = torch.ones_like(over)
            for path, score in zip(paths[over], scores[over], strict=True):
                done.append((-float(score) / length**alpha, path[1:].tolist()))
            paths, scores = paths[~over], scores[~over]
            if not len(paths):
                break
        score, ids = min(done)
        return torch.tensor(ids), torch.tensor(-score, dtype=table.dtype)


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
