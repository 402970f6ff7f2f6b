"""Reference solution of exercise 26: batches from a stream, the output layers, perplexity, RNNLM.

Mikolov, Karafiát, Burget, Černocký and Khudanpur (2010) for the model; Werbos (1990) for the way
back through time; Jelinek, Mercer, Bahl and Baker (1977) for perplexity.
N ids in the corpus, B streams, T steps in a block, K blocks, V words, D numbers per word vector,
H hidden units.
"""

from typing import Any

from array_api_compat import array_namespace, device

Array = Any


def stream_batches(corpus: Array, batch_size: int, time_size: int) -> tuple[Array, Array]:
    """corpus (N,) → inputs, targets (K, B, T); row b of block k + 1 continues row b of block k."""
    xp = array_namespace(corpus)
    length = (corpus.shape[0] - 1) // batch_size
    blocks = length // time_size

    def cut(first: int) -> Array:
        streams = xp.reshape(corpus[first : first + batch_size * length], (batch_size, length))
        whole = streams[:, : blocks * time_size]
        return xp.permute_dims(xp.reshape(whole, (batch_size, blocks, time_size)), (1, 0, 2))

    return cut(0), cut(1)


def time_affine_forward(xs: Array, w: Array, b: Array) -> tuple[Array, Any]:
    """xs (B, T, H), w (H, V), b (V,) → out (B, T, V)."""
    return xs @ w + b, (xs, w)


def time_affine_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """dout (B, T, V) → dxs (B, T, H), dw (H, V), db (V,), added up over sequences and steps."""
    xs, w = cache
    xp = array_namespace(dout)
    rows, drows = _as_rows(xs), _as_rows(dout)
    return dout @ w.T, rows.T @ drows, xp.sum(drows, axis=0)


def time_softmax_loss(scores: Array, targets: Array, ignore: int = -1) -> tuple[float, Array]:
    """scores (B, T, V), targets (B, T) → mean loss of the tokens that count, dscores (B, T, V)."""
    xp = array_namespace(scores)
    shifted = scores - xp.max(scores, axis=2, keepdims=True)
    log_p = shifted - xp.log(xp.sum(xp.exp(shifted), axis=2, keepdims=True))
    counts = xp.astype(targets != ignore, scores.dtype)[:, :, None]
    chosen = _one_hot(targets, log_p) * counts
    n = max(1.0, float(xp.sum(counts)))
    return -xp.sum(chosen * log_p) / n, (xp.exp(log_p) * counts - chosen) / n


def perplexity(losses: Array, counts: Array) -> float:
    """losses (K,) and counts (K,) → exp of the mean loss per token."""
    xp = array_namespace(losses)
    counts = xp.astype(counts, losses.dtype)
    return xp.exp(xp.sum(losses * counts) / xp.sum(counts))


class RNNLM:
    """embedding → recurrent layer → affine → softmax loss; the state outlives the call."""

    def __init__(self, params: dict[str, Array]) -> None:
        """embed (V, D), wx (D, H), wh (H, H), b (H,), w (H, V), b_out (V,)."""
        self.params = params
        self.reset_state()

    def reset_state(self) -> None:
        """The next forward starts from zeros."""
        self.h = None

    def forward(self, ids: Array, targets: Array) -> float:
        """ids, targets (B, T) → mean loss; the last state is kept for the next call."""
        p = self.params
        xp = array_namespace(p["b"])
        h0 = self.h
        if h0 is None:
            h0 = xp.broadcast_to(xp.zeros_like(p["b"]), (ids.shape[0], p["b"].shape[0]))
        xs = _embed(p["embed"], ids)
        hs = _rnn_forward(xs, h0, p["wx"], p["wh"], p["b"])
        scores, affine_cache = time_affine_forward(hs, p["w"], p["b_out"])
        loss, dscores = time_softmax_loss(scores, targets)
        self.h = hs[:, -1, :]
        self.saved = ids, xs, h0, hs, affine_cache, dscores
        return loss

    def backward(self) -> dict[str, Array]:
        """The gradient of the last forward's loss for each parameter, with h0 as a constant."""
        ids, xs, h0, hs, affine_cache, dscores = self.saved
        p = self.params
        dhs, dw, db_out = time_affine_backward(dscores, affine_cache)
        dxs, dwx, dwh, db = _rnn_backward(dhs, xs, h0, hs, p["wx"], p["wh"])
        dembed = _embed_backward(dxs, ids, p["embed"])
        return {"embed": dembed, "wx": dwx, "wh": dwh, "b": db, "w": dw, "b_out": db_out}


def _as_rows(a: Array) -> Array:
    """(B, T, M) → (B·T, M)."""
    return array_namespace(a).reshape(a, (a.shape[0] * a.shape[1], a.shape[2]))


def _one_hot(ids: Array, like: Array) -> Array:
    """ids of any shape → one more axis, as long as the last one of `like`."""
    xp = array_namespace(like)
    words = xp.arange(like.shape[-1], device=device(like))
    return xp.astype(ids[..., None] == words, like.dtype)


def _embed(embed: Array, ids: Array) -> Array:
    """embed (V, D), ids (B, T) → xs (B, T, D)."""
    xp = array_namespace(embed)
    rows = xp.take(embed, xp.reshape(ids, (-1,)), axis=0)
    return xp.reshape(rows, (*ids.shape, embed.shape[1]))


def _embed_backward(dxs: Array, ids: Array, embed: Array) -> Array:
    """dxs (B, T, D) → (V, D); the gradients of a word that occurs several times add up."""
    used = _one_hot(ids, embed.T)
    return _as_rows(used).T @ _as_rows(dxs)


def _rnn_forward(xs: Array, h0: Array, wx: Array, wh: Array, b: Array) -> Array:
    """xs (B, T, D), h0 (B, H) → hs (B, T, H), as in exercise 24."""
    xp = array_namespace(xs)
    h, hs = h0, []
    for t in range(xs.shape[1]):
        h = xp.tanh(xs[:, t, :] @ wx + h @ wh + b)
        hs.append(h)
    return xp.stack(hs, axis=1)


def _rnn_backward(
    dhs: Array, xs: Array, h0: Array, hs: Array, wx: Array, wh: Array
) -> tuple[Array, Array, Array, Array]:
    """dhs (B, T, H) → dxs, dwx, dwh, db; nothing is handed to the block before."""
    xp = array_namespace(dhs)
    dh, das = xp.zeros_like(h0), []
    for t in reversed(range(dhs.shape[1])):
        da = (dhs[:, t, :] + dh) * (1 - hs[:, t, :] ** 2)
        dh = da @ wh.T
        das.append(da)
    da = xp.stack(das[::-1], axis=1)
    before = xp.concat([h0[:, None, :], hs[:, :-1, :]], axis=1)
    rows = _as_rows(da)
    return da @ wx.T, _as_rows(xs).T @ rows, _as_rows(before).T @ rows, xp.sum(rows, axis=0)
