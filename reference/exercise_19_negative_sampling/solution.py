"""Reference solution of exercise 19: an embedding layer, a sampler of negatives, and the loss.

Mikolov, Sutskever, Chen, Corrado and Dean (2013), section 2.2; Goldberg and Levy (2014), section 2.
V words in the vocabulary, D numbers per word vector, N rows in the batch, K negatives per row.
"""

from typing import Any

from array_api_compat import array_namespace, device

Array = Any


def embedding_forward(w: Array, ids: Array) -> tuple[Array, Any]:
    """w (V, D), ids (N,) → out (N, D), where out[n] = w[ids[n]]."""
    xp = array_namespace(w)
    return xp.take(w, ids, axis=0), (ids, w.shape[0])


def embedding_backward(dout: Array, cache: Any) -> Array:
    """dout (N, D) → dw (V, D). The one-hot product adds up the rows of a repeated id."""
    ids, v = cache
    xp = array_namespace(dout)
    one_hot = xp.astype(ids[:, None] == xp.arange(v, device=device(ids)), dout.dtype)
    return xp.matrix_transpose(one_hot) @ dout


def unigram_distribution(counts: Array, power: float) -> Array:
    """counts (V,) → p (V,), proportional to counts ** power."""
    xp = array_namespace(counts)
    weights = xp.astype(counts, xp.float64) ** power
    return weights / xp.sum(weights)


def unigram_sampler(counts: Array, power: float, positives: Array, k: int, generator: Any) -> Array:
    """counts (V,), positives (N,) → negatives (N, k), drawn row by row with replacement."""
    xp = array_namespace(counts)
    p = unigram_distribution(counts, power)
    words = xp.arange(counts.shape[0], device=device(counts))
    rows = []
    for n in range(positives.shape[0]):
        others = xp.where(words == positives[n], xp.zeros_like(p), p)
        others = others / xp.sum(others)
        drawn = generator.choice(counts.shape[0], size=k, p=[float(value) for value in others])
        rows.append(xp.asarray(drawn, device=device(counts)))
    return xp.stack(rows)


def _softplus(z: Array) -> Array:
    """log(1 + exp(z)) without overflow; -log σ(z) is _softplus(-z)."""
    xp = array_namespace(z)
    return xp.logaddexp(xp.zeros_like(z), z)


def negative_sampling_loss(
    h: Array, w_out: Array, positives: Array, negatives: Array
) -> tuple[float, Array, Array]:
    """h (N, D), w_out (V, D), positives (N,), negatives (N, K) → loss, dh (N, D), dw_out (V, D).

    The positive is put in front of the negatives: 1 + K words per row, with sign +1 or -1, and
    each of them costs -log σ(sign · score).
    """
    xp = array_namespace(h)
    n, d = h.shape
    words = xp.concat([positives[:, None], negatives], axis=1)
    rows, cache = embedding_forward(w_out, xp.reshape(words, (-1,)))
    vectors = xp.reshape(rows, (n, -1, d))
    first = xp.arange(words.shape[1], device=device(words)) == 0
    sign = xp.where(first, xp.ones_like(vectors[0, :, 0]), -xp.ones_like(vectors[0, :, 0]))

    margins = sign * xp.sum(h[:, None, :] * vectors, axis=2)
    loss = xp.sum(_softplus(-margins)) / n

    dscores = -sign * xp.exp(-_softplus(margins)) / n
    dh = xp.sum(dscores[:, :, None] * vectors, axis=1)
    drows = dscores[:, :, None] * h[:, None, :]
    return loss, dh, embedding_backward(xp.reshape(drows, (-1, d)), cache)
