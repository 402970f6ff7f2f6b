"""Reference solution of exercise 32: encoder, decoder and peeky decoder, each with its backward.

Sutskever, Vinyals and Le (2014), sections 2 and 3.3; Cho et al. (2014), section 2.2, for a decoder
that sees the encoder's state at every step. The LSTM is that of exercise 28.
B sequences, T steps, V characters, D numbers per embedding, H hidden units.
"""

from typing import Any

from array_api_compat import array_namespace, device

Array = Any


def reverse(ids: Array) -> Array:
    """ids (B, T) → each row back to front."""
    return array_namespace(ids).flip(ids, axis=1)


def shift_targets(ids: Array) -> tuple[Array, Array]:
    """ids (B, T + 1) → inputs (B, T), targets (B, T): all but the last, all but the first."""
    return ids[:, :-1], ids[:, 1:]


def sequence_loss(scores: Array, targets: Array) -> tuple[float, Array]:
    """scores (B, T, V), targets (B, T) → mean cross-entropy in nats, dscores (B, T, V)."""
    xp = array_namespace(scores)
    characters = targets.shape[0] * targets.shape[1]
    shifted = scores - xp.max(scores, axis=2, keepdims=True)
    log_p = shifted - xp.log(xp.sum(xp.exp(shifted), axis=2, keepdims=True))
    right = _one_hot(targets, scores)
    return -xp.sum(right * log_p) / characters, (xp.exp(log_p) - right) / characters


class Encoder:
    """embedding → LSTM → the last hidden state."""

    def __init__(self, params: dict[str, Array]) -> None:
        """embed (V, D), wx (D, 4H), wh (H, 4H), b (4H,)."""
        self.params = params

    def forward(self, ids: Array) -> Array:
        """ids (B, T) → h (B, H)."""
        p = self.params
        xp = array_namespace(p["embed"])
        zeros = xp.zeros((ids.shape[0], p["wh"].shape[0]), dtype=p["wh"].dtype, device=device(ids))
        xs, embedding = _embed_forward(ids, p["embed"])
        hs, _, lstm = _lstm_forward(xs, zeros, zeros, p["wx"], p["wh"], p["b"])
        self.cache = (hs, embedding, lstm)
        return hs[:, -1, :]

    def backward(self, dh: Array) -> dict[str, Array]:
        """dh (B, H) → the gradient of each parameter."""
        hs, embedding, lstm = self.cache
        xp = array_namespace(dh)
        # Of all the states only the last one was handed on.
        dhs = xp.concat([xp.zeros_like(hs[:, :-1, :]), dh[:, None, :]], axis=1)
        dxs, _, dwx, dwh, db = _lstm_backward(dhs, lstm)
        return {"embed": _embed_backward(dxs, embedding), "wx": dwx, "wh": dwh, "b": db}


class Decoder:
    """embedding → LSTM → affine; the encoder's state is the LSTM's first hidden state."""

    def __init__(self, params: dict[str, Array]) -> None:
        """embed (V, D), wx (D, 4H), wh (H, 4H), b (4H,), w (H, V), b_out (V,)."""
        self.params = params

    def forward(self, ids: Array, h: Array) -> Array:
        """ids (B, T), h (B, H) → scores (B, T, V)."""
        cell = array_namespace(h).zeros_like(h)
        scores, _, _, self.cache = self._read(ids, h, h, cell)
        return scores

    def backward(self, dscores: Array) -> tuple[dict[str, Array], Array]:
        """dscores (B, T, V) → the gradient of each parameter, dh (B, H)."""
        embedding, lstm, affine = self.cache
        dhs, dw, db_out = _affine_backward(dscores, affine)
        dxs, dh, dwx, dwh, db = _lstm_backward(dhs, lstm)
        dembed = _embed_backward(dxs, embedding)
        grads = {"embed": dembed, "wx": dwx, "wh": dwh, "b": db, "w": dw, "b_out": db_out}
        return grads, dh

    def generate(self, h: Array, start: int, length: int) -> Array:
        """h (B, H) → ids (B, length), the largest score at each step."""
        return _generate(self._read, h, start, length)

    def _read(
        self, ids: Array, question: Array, h: Array, c: Array
    ) -> tuple[Array, Array, Array, Any]:
        """ids (B, T) from the states h, c (B, H) → scores (B, T, V), both states after, cache."""
        p = self.params
        xs, embedding = _embed_forward(ids, p["embed"])
        hs, c, lstm = _lstm_forward(xs, h, c, p["wx"], p["wh"], p["b"])
        scores, affine = _affine_forward(hs, p["w"], p["b_out"])
        return scores, hs[:, -1, :], c, (embedding, lstm, affine)


class PeekyDecoder:
    """A decoder whose LSTM and affine layer see the encoder's state at every step."""

    def __init__(self, params: dict[str, Array]) -> None:
        """embed (V, D), wx (H + D, 4H), wh (H, 4H), b (4H,), w (H + H, V), b_out (V,)."""
        self.params = params

    def forward(self, ids: Array, h: Array) -> Array:
        """ids (B, T), h (B, H) → scores (B, T, V)."""
        cell = array_namespace(h).zeros_like(h)
        scores, _, _, self.cache = self._read(ids, h, h, cell)
        return scores

    def backward(self, dscores: Array) -> tuple[dict[str, Array], Array]:
        """dscores (B, T, V) → the gradient of each parameter, dh (B, H)."""
        embedding, lstm, affine = self.cache
        hidden = self.params["wh"].shape[0]
        djoined, dw, db_out = _affine_backward(dscores, affine)
        dh_affine, dhs = _part(djoined, hidden)
        djoined, dh_first, dwx, dwh, db = _lstm_backward(dhs, lstm)
        dh_inputs, dxs = _part(djoined, hidden)
        dembed = _embed_backward(dxs, embedding)
        grads = {"embed": dembed, "wx": dwx, "wh": dwh, "b": db, "w": dw, "b_out": db_out}
        return grads, dh_first + dh_inputs + dh_affine

    def generate(self, h: Array, start: int, length: int) -> Array:
        """h (B, H) → ids (B, length), the largest score at each step."""
        return _generate(self._read, h, start, length)

    def _read(
        self, ids: Array, question: Array, h: Array, c: Array
    ) -> tuple[Array, Array, Array, Any]:
        """ids (B, T) from the states h, c (B, H) → scores (B, T, V), both states after, cache."""
        p = self.params
        xs, embedding = _embed_forward(ids, p["embed"])
        hs, c, lstm = _lstm_forward(_join(question, xs), h, c, p["wx"], p["wh"], p["b"])
        scores, affine = _affine_forward(_join(question, hs), p["w"], p["b_out"])
        return scores, hs[:, -1, :], c, (embedding, lstm, affine)


def _generate(read: Any, h: Array, start: int, length: int) -> Array:
    """Feed `read` the start character, then whatever it found best → ids (B, length)."""
    xp = array_namespace(h)
    state, cell = h, xp.zeros_like(h)
    ids = xp.full((h.shape[0], 1), start, dtype=xp.int64, device=device(h))
    written = []
    for _ in range(length):
        scores, state, cell, _ = read(ids, h, state, cell)
        ids = xp.argmax(scores, axis=2)
        written.append(ids)
    return xp.concat(written, axis=1)


def _join(h: Array, xs: Array) -> Array:
    """h (B, H), xs (B, T, K) → (B, T, H + K), h first and at every step."""
    xp = array_namespace(h)
    repeated = xp.stack([h] * xs.shape[1], axis=1)
    return xp.concat([repeated, xs], axis=2)


def _part(djoined: Array, hidden: int) -> tuple[Array, Array]:
    """The way back of `_join`: (B, T, H + K) → dh (B, H), dxs (B, T, K)."""
    dh = array_namespace(djoined).sum(djoined[:, :, :hidden], axis=1)
    return dh, djoined[:, :, hidden:]


def _one_hot(ids: Array, like: Array) -> Array:
    """ids (B, T) → (B, T, V) with the last axis and the dtype of `like`."""
    xp = array_namespace(like)
    every = xp.arange(like.shape[-1], device=device(ids))
    return xp.astype(ids[:, :, None] == every, like.dtype)


def _embed_forward(ids: Array, embed: Array) -> tuple[Array, Any]:
    """ids (B, T), embed (V, D) → the rows embed[ids] (B, T, D)."""
    one_hot = _one_hot(ids, embed.T)
    return one_hot @ embed, one_hot


def _embed_backward(dxs: Array, one_hot: Array) -> Array:
    """dxs (B, T, D) → dembed (V, D): what all uses of a row receive is added up."""
    return _rows(one_hot).T @ _rows(dxs)


def _affine_forward(xs: Array, w: Array, b: Array) -> tuple[Array, Any]:
    """xs (B, T, K), w (K, V), b (V,) → out (B, T, V)."""
    return xs @ w + b, (xs, w)


def _affine_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """dout (B, T, V) → dxs (B, T, K), dw (K, V), db (V,)."""
    xs, w = cache
    xp = array_namespace(dout)
    return dout @ w.T, _rows(xs).T @ _rows(dout), xp.sum(_rows(dout), axis=0)


def _rows(xs: Array) -> Array:
    """(B, T, K) → (B * T, K)."""
    return array_namespace(xs).reshape(xs, (-1, xs.shape[2]))


def _lstm_forward(
    xs: Array, h: Array, c: Array, wx: Array, wh: Array, b: Array
) -> tuple[Array, Array, Any]:
    """xs (B, T, D), h and c (B, H) → hs (B, T, H), the last cell (B, H); exercise 28."""
    xp = array_namespace(xs)
    hidden = h.shape[1]
    hs, steps = [], []
    for t in range(xs.shape[1]):
        x, h_before, c_before = xs[:, t, :], h, c
        a = x @ wx + h @ wh + b
        i, f, g, o = (a[:, k * hidden : (k + 1) * hidden] for k in range(4))
        i, f, g, o = _sigmoid(i), _sigmoid(f), xp.tanh(g), _sigmoid(o)
        c = f * c + i * g
        h = o * xp.tanh(c)
        hs.append(h)
        steps.append((x, h_before, c_before, i, f, g, o, xp.tanh(c)))
    return xp.stack(hs, axis=1), c, (steps, wx, wh)


def _lstm_backward(dhs: Array, cache: Any) -> tuple[Array, Array, Array, Array, Array]:
    """dhs (B, T, H) → dxs (B, T, D), dh0 (B, H), dwx, dwh, db; nobody reads the last cell."""
    steps, wx, wh = cache
    xp = array_namespace(dhs)
    dh, dc = xp.zeros_like(dhs[:, 0, :]), xp.zeros_like(dhs[:, 0, :])
    dwx, dwh, db = 0, 0, 0
    dxs = []
    for t in reversed(range(dhs.shape[1])):
        x, h, c, i, f, g, o, squashed = steps[t]
        dh = dh + dhs[:, t, :]
        dc = dc + dh * o * (1 - squashed**2)
        da = [dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g**2)]
        da = xp.concat([*da, dh * squashed * o * (1 - o)], axis=1)
        dwx, dwh, db = dwx + x.T @ da, dwh + h.T @ da, db + xp.sum(da, axis=0)
        dxs.append(da @ wx.T)
        dh, dc = da @ wh.T, dc * f
    return xp.stack(dxs[::-1], axis=1), dh, dwx, dwh, db


def _sigmoid(a: Array) -> Array:
    """1 / (1 + exp(-a)), written with tanh so that no exponential overflows."""
    return (1 + array_namespace(a).tanh(a / 2)) / 2
