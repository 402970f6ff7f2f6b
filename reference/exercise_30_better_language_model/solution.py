"""Reference solution of exercise 30: a stacked LSTM with shared dropout masks and tied weights.

Zaremba, Sutskever and Vinyals (2014) for the stack and where dropout goes; Gal and Ghahramani
(2016) for one mask per sequence; Press and Wolf (2017) for the tied weights.
B sequences, T steps, D inputs, H hidden units, L layers, V words in the vocabulary; gate blocks in
the order i, f, g, o.
"""

from typing import Any

from array_api_compat import array_namespace, device

Array = Any


def variational_dropout(shape: tuple[int, int, int], p: float, generator: Any) -> Array:
    """shape (B, T, D) → a mask (B, 1, D) of 0 and 1 / (1 - p), one draw per sequence and unit."""
    rows, _, units = shape
    keep = generator.random((rows, units)) >= p
    return keep[:, None, :] / (1 - p)


def stacked_lstm_forward(
    xs: Array, layers: list[dict[str, Array]], masks: list[Array]
) -> tuple[Array, Any]:
    """xs (B, T, D), L layers, L + 1 masks (B, 1, width) → hs (B, T, H) of the top, masked."""
    caches = []
    for k, layer in enumerate(layers):
        xs, cache = _lstm_forward(xs * masks[k], layer["wx"], layer["wh"], layer["b"])
        caches.append(cache)
    return xs * masks[-1], (caches, masks)


def stacked_lstm_backward(dhs: Array, cache: Any) -> tuple[Array, list[dict[str, Array]]]:
    """dhs (B, T, H) → dxs (B, T, D) and one dict dwx, dwh, db for each layer, bottom first."""
    caches, masks = cache
    dxs = dhs * masks[-1]
    dlayers = []
    for k in reversed(range(len(caches))):
        dxs, dlayer = _lstm_backward(dxs, caches[k])
        dxs = dxs * masks[k]
        dlayers.append(dlayer)
    return dxs, dlayers[::-1]


def tied_language_model_forward(
    ids: Array,
    targets: Array,
    embed: Array,
    layers: list[dict[str, Array]],
    b: Array,
    masks: list[Array],
) -> tuple[float, Any]:
    """ids and targets (B, T), embed (V, H), b (V,) → mean cross-entropy in nats."""
    read, right = _one_hot(ids, embed), _one_hot(targets, embed)  # (B, T, V)
    hs, stack = stacked_lstm_forward(read @ embed, layers, masks)  # a one-hot row looks up a row
    log_p = _log_softmax(hs @ embed.T + b)  # (B, T, V)
    loss = -array_namespace(embed).sum(right * log_p) / (ids.shape[0] * ids.shape[1])
    return loss, (embed, hs, log_p, read, right, stack)


def tied_language_model_backward(
    dout: float, cache: Any
) -> tuple[Array, list[dict[str, Array]], Array]:
    """dout, a number → dembed (V, H), the layers' gradients, db (V,)."""
    embed, hs, log_p, read, right, stack = cache
    xp = array_namespace(embed)
    dscores = dout * (xp.exp(log_p) - right) / (hs.shape[0] * hs.shape[1])  # (B, T, V)
    dxs, dlayers = stacked_lstm_backward(dscores @ embed, stack)
    batch_and_time = ((0, 1), (0, 1))
    as_output = xp.tensordot(dscores, hs, axes=batch_and_time)  # (V, H)
    as_table = xp.tensordot(read, dxs, axes=batch_and_time)  # (V, H), repeated words add up
    return as_output + as_table, dlayers, xp.sum(dscores, axis=(0, 1))


def _one_hot(ids: Array, embed: Array) -> Array:
    """ids (B, T) → (B, T, V) with a 1 at each id, in the dtype of embed (V, H)."""
    xp = array_namespace(embed)
    words = xp.arange(embed.shape[0], device=device(ids))
    return xp.astype(ids[:, :, None] == words, embed.dtype)


def _log_softmax(scores: Array) -> Array:
    """scores (B, T, V) → log-probabilities (B, T, V), each row shifted by its own maximum."""
    xp = array_namespace(scores)
    shifted = scores - xp.max(scores, axis=2, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=2, keepdims=True))


def _lstm_forward(xs: Array, wx: Array, wh: Array, b: Array) -> tuple[Array, Any]:
    """One layer of exercise 28 from zero states: xs (B, T, D) → hs (B, T, H)."""
    xp = array_namespace(xs)
    h = xp.zeros((xs.shape[0], wh.shape[0]), dtype=xs.dtype, device=device(xs))
    c = h
    hs, caches = [], []
    for t in range(xs.shape[1]):
        h, c, cache = _step_forward(xs[:, t, :], h, c, wx, wh, b)
        hs.append(h)
        caches.append(cache)
    return xp.stack(hs, axis=1), caches


def _lstm_backward(dhs: Array, caches: Any) -> tuple[Array, dict[str, Array]]:
    """dhs (B, T, H) → dxs (B, T, D) and a dict of dwx, dwh, db."""
    xp = array_namespace(dhs)
    dh = xp.zeros_like(dhs[:, 0, :])
    dc = dh
    dwx, dwh, db = 0, 0, 0
    dxs = []
    for t in reversed(range(dhs.shape[1])):
        dx, dh, dc, dwx_t, dwh_t, db_t = _step_backward(dhs[:, t, :] + dh, dc, caches[t])
        dwx, dwh, db = dwx + dwx_t, dwh + dwh_t, db + db_t
        dxs.append(dx)
    return xp.stack(dxs[::-1], axis=1), {"wx": dwx, "wh": dwh, "b": db}


def _step_forward(
    x: Array, h: Array, c: Array, wx: Array, wh: Array, b: Array
) -> tuple[Array, Array, Any]:
    """x (B, D), h and c (B, H) → h_next, c_next (B, H)."""
    xp = array_namespace(x)
    i, f, g, o = _blocks(x @ wx + h @ wh + b)
    i, f, g, o = _sigmoid(i), _sigmoid(f), xp.tanh(g), _sigmoid(o)
    c_next = f * c + i * g
    squashed = xp.tanh(c_next)
    return o * squashed, c_next, (x, h, c, wx, wh, i, f, g, o, squashed)


def _step_backward(dh_next: Array, dc_next: Array, cache: Any) -> tuple[Array, ...]:
    """dh_next and dc_next (B, H) → dx, dh, dc, dwx, dwh, db, each shaped like its array."""
    x, h, c, wx, wh, i, f, g, o, squashed = cache
    xp = array_namespace(dh_next)
    dc_total = dc_next + dh_next * o * (1 - squashed**2)
    da = xp.concat(
        [
            dc_total * g * i * (1 - i),
            dc_total * c * f * (1 - f),
            dc_total * i * (1 - g**2),
            dh_next * squashed * o * (1 - o),
        ],
        axis=1,
    )
    return da @ wx.T, da @ wh.T, dc_total * f, x.T @ da, h.T @ da, xp.sum(da, axis=0)


def _sigmoid(a: Array) -> Array:
    """1 / (1 + exp(-a)), written with tanh so that no exponential overflows."""
    return (1 + array_namespace(a).tanh(a / 2)) / 2


def _blocks(a: Array) -> list[Array]:
    """Cut (B, 4H) into the four (B, H) blocks i, f, g, o."""
    hidden = a.shape[1] // 4
    return [a[:, k * hidden : (k + 1) * hidden] for k in range(4)]
