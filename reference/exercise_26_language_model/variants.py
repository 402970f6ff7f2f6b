"""Correct implementations in other styles; each must be accepted."""

import math

import numpy as np

from grader.spec import solution, variant


@variant()
class explicit_loops:
    """Python loops over blocks, sequences, steps and words"""

    def stream_batches(corpus, batch_size, time_size):
        length = (len(corpus) - 1) // batch_size
        inputs, targets = [], []
        for start in range(0, length - time_size + 1, time_size):
            places = [[b * length + start + t for t in range(time_size)] for b in range(batch_size)]
            inputs.append([[corpus[i] for i in row] for row in places])
            targets.append([[corpus[i + 1] for i in row] for row in places])
        return np.array(inputs), np.array(targets)

    def time_affine_forward(xs, w, b):
        out = np.zeros((*xs.shape[:2], w.shape[1]))
        for i in range(xs.shape[0]):
            for t in range(xs.shape[1]):
                for v in range(w.shape[1]):
                    out[i, t, v] = b[v] + sum(xs[i, t, h] * w[h, v] for h in range(w.shape[0]))
        return out, (xs, w, b)

    def time_affine_backward(dout, cache):
        xs, w, b = cache
        dxs, dw, db = np.zeros(xs.shape), np.zeros(w.shape), np.zeros(b.shape)
        for i in range(xs.shape[0]):
            for t in range(xs.shape[1]):
                for v in range(w.shape[1]):
                    dxs[i, t] += dout[i, t, v] * w[:, v]
                    dw[:, v] += dout[i, t, v] * xs[i, t]
                    db[v] += dout[i, t, v]
        return dxs, dw, db

    def time_softmax_loss(scores, targets, ignore=-1):
        total, n, dscores = 0.0, 0, np.zeros(scores.shape)
        for i in range(scores.shape[0]):
            for t in range(scores.shape[1]):
                if targets[i, t] == ignore:
                    continue
                row = [float(score) for score in scores[i, t]]
                log_sum = max(row) + math.log(sum(math.exp(s - max(row)) for s in row))
                dscores[i, t] = [math.exp(s - log_sum) for s in row]
                dscores[i, t, targets[i, t]] -= 1
                total += log_sum - row[targets[i, t]]
                n += 1
        return (total / n, dscores / n) if n else (0.0, dscores)

    def perplexity(losses, counts):
        total = tokens = 0
        for loss, count in zip(losses, counts, strict=True):
            total += float(loss) * int(count)
            tokens += int(count)
        return math.exp(total / tokens)


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def _single(*arrays):
        return [a.astype(np.float32) for a in arrays]

    def time_affine_forward(xs, w, b):
        return solution.time_affine_forward(*_single(xs, w, b))  # noqa: F821

    def time_affine_backward(dout, cache):
        return solution.time_affine_backward(*_single(dout), cache)  # noqa: F821

    def time_softmax_loss(scores, targets, ignore=-1):
        return solution.time_softmax_loss(*_single(scores), targets, ignore)  # noqa: F821

    def perplexity(losses, counts):
        return solution.perplexity(*_single(losses), counts)  # noqa: F821

    def _rnn_forward(xs, h0, wx, wh, b):
        return solution._rnn_forward(*_single(xs, h0, wx, wh, b))  # noqa: F821

    def _rnn_backward(dhs, xs, h0, hs, wx, wh):
        return solution._rnn_backward(*_single(dhs, xs, h0, hs, wx, wh))  # noqa: F821


@variant()
class layers_as_objects:
    """A recurrent layer of its own with forward and backward, fancy indexing, einsum, logaddexp"""

    class Recurrent:
        def __init__(self):
            self.h = None

        def forward(self, xs, wx, wh, b):
            rows, steps, _ = xs.shape
            states = np.zeros((rows, steps + 1, len(b)))
            if self.h is not None:
                states[:, 0] = self.h
            for t in range(steps):
                states[:, t + 1] = np.tanh(
                    np.hstack([xs[:, t], states[:, t]]) @ np.vstack([wx, wh]) + b
                )
            self.h = states[:, steps].copy()
            self.seen = xs, states, wx, wh
            return states[:, 1:]

        def backward(self, dhs):
            xs, states, wx, wh = self.seen
            dxs, dwx, dwh, db = (np.zeros(s) for s in (xs.shape, wx.shape, wh.shape, len(wh)))
            dh = np.zeros(dhs[:, 0].shape)
            for t in range(xs.shape[1] - 1, -1, -1):
                da = (dhs[:, t] + dh) / np.cosh(np.arctanh(states[:, t + 1])) ** 2
                dxs[:, t] = np.einsum("bk,dk->bd", da, wx)
                dh = np.einsum("bk,hk->bh", da, wh)
                dwx += np.einsum("bd,bk->dk", xs[:, t], da)
                dwh += np.einsum("bh,bk->hk", states[:, t], da)
                db += np.einsum("bk->k", da)
            return dxs, dict(wx=dwx, wh=dwh, b=db)

    def stream_batches(corpus, batch_size, time_size):
        length = (len(corpus) - 1) // batch_size
        starts = length * np.arange(batch_size)
        moments = np.arange(length // time_size * time_size).reshape(-1, 1, time_size)
        places = starts[None, :, None] + moments
        return corpus[places], corpus[places + 1]

    def time_affine_forward(xs, w, b):
        out = np.einsum("bth,hv->btv", xs, w)
        out += b
        return out, dict(xs=xs, w=w)

    def time_affine_backward(dout, cache):
        dw = np.tensordot(cache["xs"], dout, axes=([0, 1], [0, 1]))
        return np.einsum("btv,hv->bth", dout, cache["w"]), dw, dout.sum(axis=(0, 1))

    def time_softmax_loss(scores, targets, ignore=-1):
        rows, steps = np.nonzero(targets != ignore)
        dscores = np.zeros_like(scores)
        if not len(rows):
            return 0.0, dscores
        words = targets[rows, steps]
        log_p = scores[rows, steps]
        log_p = log_p - np.logaddexp.reduce(log_p, axis=1)[:, None]
        slope = np.exp(log_p)
        slope[np.arange(len(words)), words] -= 1
        dscores[rows, steps] = slope / len(words)
        return -log_p[np.arange(len(words)), words].mean(), dscores

    def perplexity(losses, counts):
        return float(np.prod(np.exp(losses) ** (counts / counts.sum())))

    class RNNLM:
        def __init__(self, params):
            self.params = params
            self.rnn = Recurrent()  # noqa: F821

        def reset_state(self):
            self.rnn.h = None

        def forward(self, ids, targets):
            p = self.params
            self.ids = ids
            hs = self.rnn.forward(p["embed"][ids], p["wx"], p["wh"], p["b"])
            scores, self.out = time_affine_forward(hs, p["w"], p["b_out"])  # noqa: F821
            loss, self.dscores = time_softmax_loss(scores, targets)  # noqa: F821
            return loss

        def backward(self):
            dhs, dw, db_out = time_affine_backward(self.dscores, self.out)  # noqa: F821
            dxs, grads = self.rnn.backward(dhs)
            dembed = np.zeros_like(self.params["embed"])
            np.add.at(dembed, self.ids, dxs)
            return dict(grads, embed=dembed, w=dw, b_out=db_out)


@variant()
class flattened_rows_and_bias_rows:
    """All places as rows of one matrix; bias gradients keep their axis; one-hot products"""

    def time_affine_forward(xs, w, b):
        rows = np.hstack([xs.reshape(-1, xs.shape[2]), np.ones((xs.shape[0] * xs.shape[1], 1))])
        return (rows @ np.vstack([w, b])).reshape(*xs.shape[:2], -1), (rows, w, xs.shape)

    def time_affine_backward(dout, cache):
        rows, w, shape = cache
        drows = dout.reshape(-1, dout.shape[2])
        both = rows.T @ drows
        return (drows @ w.T).reshape(shape), both[:-1], both[-1:]


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
