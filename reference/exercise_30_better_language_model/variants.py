"""Correct implementations in other styles; each must be accepted."""

import numpy as np

from grader.spec import solution, variant


@variant()
class step_by_step_through_all_layers:
    """Time outside, layers inside; masks applied at every step; np.add.at for the words"""

    def variational_dropout(shape, p, generator):
        rows, _, units = shape
        mask = np.zeros((rows, 1, units))
        drawn = generator.random((rows, units))
        for n in range(rows):
            for d in range(units):
                if not drawn[n, d] < p:
                    mask[n, 0, d] = 1 / (1 - p)
        return mask

    def stacked_lstm_forward(xs, layers, masks):
        rows, steps, _ = xs.shape
        h = [np.zeros((rows, len(layer["wh"]))) for layer in layers]
        c = [np.zeros((rows, len(layer["wh"]))) for layer in layers]
        hs, kept = [], {}
        for t in range(steps):
            x = xs[:, t] * masks[0][:, 0]
            for k, layer in enumerate(layers):
                h[k], c[k], kept[k, t] = solution._step_forward(
                    x, h[k], c[k], layer["wx"], layer["wh"], layer["b"]
                )
                x = h[k] * masks[k + 1][:, 0]
            hs.append(x)
        return np.stack(hs, axis=1), (kept, masks, layers)

    def stacked_lstm_backward(dhs, cache):
        kept, masks, layers = cache
        grads = [{name: np.zeros(w.shape) for name, w in layer.items()} for layer in layers]
        dh = [0.0] * len(layers)
        dc = [0.0] * len(layers)
        dxs = [None] * dhs.shape[1]
        for t in range(dhs.shape[1] - 1, -1, -1):
            dx = dhs[:, t]
            for k in range(len(layers) - 1, -1, -1):
                dx, dh[k], dc[k], dwx, dwh, db = solution._step_backward(
                    dx * masks[k + 1][:, 0] + dh[k], dc[k], kept[k, t]
                )
                grads[k]["wx"] += dwx
                grads[k]["wh"] += dwh
                grads[k]["b"] += db
            dxs[t] = dx * masks[0][:, 0]
        return np.stack(dxs, axis=1), grads

    def tied_language_model_forward(ids, targets, embed, layers, b, masks):
        hs, stack = solution.stacked_lstm_forward(embed[ids], layers, masks)
        scores = hs @ embed.T + b
        log_p = scores - np.logaddexp.reduce(scores, axis=-1)[..., None]
        loss = -np.take_along_axis(log_p, targets[..., None], axis=-1).mean()
        return loss, dict(
            ids=ids, targets=targets, embed=embed, hs=hs, p=np.exp(log_p), stack=stack
        )

    def tied_language_model_backward(dout, cache):
        ids, embed, hs = cache["ids"], cache["embed"], cache["hs"]
        dscores = cache["p"].copy()
        for n in range(ids.shape[0]):
            for t in range(ids.shape[1]):
                dscores[n, t, cache["targets"][n, t]] -= 1
        dscores *= dout / ids.size
        dxs, dlayers = solution.stacked_lstm_backward(dscores @ embed, cache["stack"])
        dembed = np.einsum("btv,bth->vh", dscores, hs)
        np.add.at(dembed, ids, dxs)
        return dembed, dlayers, np.einsum("btv->v", dscores)


@variant()
class recursion_over_layers:
    """A stack is the stack below with one layer on top; each call goes one layer down"""

    def stacked_lstm_forward(xs, layers, masks):
        if not layers:
            return xs * masks[0], (masks[0], None, None)
        below, rest = solution.stacked_lstm_forward(xs, layers[:-1], masks[:-1])
        top = layers[-1]
        hs, kept = solution._lstm_forward(below, top["wx"], top["wh"], top["b"])
        return hs * masks[-1], (masks[-1], kept, rest)

    def stacked_lstm_backward(dhs, cache):
        mask, kept, rest = cache
        if rest is None:
            return mask * dhs, []
        dxs, grads = solution._lstm_backward(mask * dhs, kept)
        dxs, below = solution.stacked_lstm_backward(dxs, rest)
        return dxs, [*below, grads]


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def variational_dropout(shape, p, generator):
        return solution.variational_dropout(shape, p, generator).astype(np.float32)

    def _single(layers):
        return [{name: w.astype(np.float32) for name, w in layer.items()} for layer in layers]

    def stacked_lstm_forward(xs, layers, masks):
        masks = [mask.astype(np.float32) for mask in masks]
        return solution.stacked_lstm_forward(xs.astype(np.float32), _single(layers), masks)  # noqa: F821

    def stacked_lstm_backward(dhs, cache):
        return solution.stacked_lstm_backward(dhs.astype(np.float32), cache)

    def tied_language_model_forward(ids, targets, embed, layers, b, masks):
        return solution.tied_language_model_forward(
            ids, targets, embed.astype(np.float32), layers, b.astype(np.float32), masks
        )


@variant()
class bias_gradients_as_rows:
    """Sums over the batch with keepdims, so that each db has a leading axis of 1"""

    def stacked_lstm_backward(dhs, cache):
        dxs, dlayers = solution.stacked_lstm_backward(dhs, cache)
        return dxs, [{**layer, "b": layer["b"][None, :]} for layer in dlayers]

    def tied_language_model_backward(dout, cache):
        dembed, dlayers, db = solution.tied_language_model_backward(dout, cache)
        return dembed, dlayers, db[None, :]


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
