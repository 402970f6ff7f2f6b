"""Correct implementations in other styles; each must be accepted."""

import math

import numpy as np

from grader.spec import solution, variant


@variant()
class explicit_loops:
    """Python loops over sequences, steps and characters; rows looked up one by one"""

    def reverse(ids):
        rows, steps = ids.shape
        turned = np.empty_like(ids)
        for n in range(rows):
            for t in range(steps):
                turned[n, t] = ids[n, steps - 1 - t]
        return turned

    def shift_targets(ids):
        inputs = np.array([list(row[:-1]) for row in ids])
        return inputs, np.array([list(row[1:]) for row in ids])

    def sequence_loss(scores, targets):
        rows, steps, characters = scores.shape
        loss, dscores = 0.0, np.zeros(scores.shape)
        for n in range(rows):
            for t in range(steps):
                top = max(scores[n, t])
                total = sum(math.exp(s - top) for s in scores[n, t])
                loss += math.log(total) + top - scores[n, t, targets[n, t]]
                for v in range(characters):
                    dscores[n, t, v] = math.exp(scores[n, t, v] - top) / total
                dscores[n, t, targets[n, t]] -= 1
        return loss / (rows * steps), dscores / (rows * steps)

    def _embed_forward(ids, embed):
        xs = np.zeros((*ids.shape, embed.shape[1]))
        for n in range(ids.shape[0]):
            for t in range(ids.shape[1]):
                xs[n, t] = embed[ids[n, t]]
        return xs, (ids, embed.shape)

    def _embed_backward(dxs, cache):
        ids, shape = cache
        dembed = np.zeros(shape)
        for n in range(ids.shape[0]):
            for t in range(ids.shape[1]):
                dembed[ids[n, t]] += dxs[n, t]
        return dembed

    def _generate(read, h, start, length):
        written = np.zeros((h.shape[0], length), dtype=np.int64)
        for n in range(h.shape[0]):
            question = h[n : n + 1]
            state, cell, last = question, np.zeros_like(question), start
            for t in range(length):
                scores, state, cell, _ = read(np.array([[last]]), question, state, cell)
                for v, score in enumerate(scores[0, 0]):
                    if v == 0 or score > scores[0, 0, last]:
                        last = v
                written[n, t] = last
        return written


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def sequence_loss(scores, targets):
        return solution.sequence_loss(scores.astype(np.float32), targets)

    class Encoder(solution.Encoder):
        def __init__(self, params):
            self.params = {name: p.astype(np.float32) for name, p in params.items()}

        def backward(self, dh):
            return super().backward(dh.astype(np.float32))

    class Decoder(solution.Decoder):
        def __init__(self, params):
            self.params = {name: p.astype(np.float32) for name, p in params.items()}

        def forward(self, ids, h):
            return super().forward(ids, h.astype(np.float32))

        def backward(self, dscores):
            return super().backward(dscores.astype(np.float32))


@variant()
class everything_again_for_each_character:
    """generate runs forward on all that is written so far; a new decoder keeps its cache apart"""

    class Decoder(solution.Decoder):
        def generate(self, h, start, length):
            reader = type(self)(self.params)
            ids = np.full((len(h), 1), start)
            while ids.shape[1] <= length:
                scores = reader.forward(ids, h)
                ids = np.hstack([ids, scores[:, -1:].argmax(axis=2)])
            return ids[:, 1:]


@variant()
class split_weights_for_the_peek:
    """The question's share of both products is computed once per sequence, not once per step"""

    class PeekyDecoder(solution.PeekyDecoder):
        def __init__(self, params):
            hidden = params["wh"].shape[0]
            self.params, self.hidden = params, hidden
            self.wx_h, self.wx_x = params["wx"][:hidden], params["wx"][hidden:]
            self.w_h, self.w_s = params["w"][:hidden], params["w"][hidden:]

        def _read(self, ids, question, h, c):
            hs, per_row = [], []
            xs = self.params["embed"][ids]
            for n in range(len(ids)):
                b = question[n] @ self.wx_h + self.params["b"]
                row = slice(n, n + 1)
                states, cell, cache = solution._lstm_forward(
                    xs[row], h[row], c[row], self.wx_x, self.params["wh"], b
                )
                hs.append(states)
                per_row.append((cell, cache))
            hs = np.concatenate(hs)
            cells = np.concatenate([cell for cell, _ in per_row])
            scores = (question @ self.w_h)[:, None] + hs @ self.w_s + self.params["b_out"]
            return scores, hs[:, -1], cells, (ids, question, hs, [cache for _, cache in per_row])

        def backward(self, dscores):
            ids, question, hs, caches = self.cache
            total = dscores.sum(axis=1)
            grads = {name: np.zeros_like(p) for name, p in self.params.items()}
            grads["b_out"] += total.sum(axis=0)
            grads["w"][: self.hidden] += question.T @ total
            grads["w"][self.hidden :] += np.einsum("bth,btv->hv", hs, dscores)
            dh = total @ self.w_h.T
            for n, cache in enumerate(caches):
                dhs = dscores[n : n + 1] @ self.w_s.T
                dxs, dh_first, dwx, dwh, db = solution._lstm_backward(dhs, cache)
                np.add.at(grads["embed"], ids[n], dxs[0])
                grads["wx"][: self.hidden] += np.outer(question[n], db)
                grads["wx"][self.hidden :] += dwx
                grads["wh"] += dwh
                grads["b"] += db
                dh[n] += dh_first[0] + self.wx_h @ db
            return grads, dh


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
