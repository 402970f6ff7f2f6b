"""Reference solution of exercise 18: the CBOW and the skip-gram model with a full softmax.

Mikolov, Chen, Corrado and Dean (2013), sections 3.1 and 3.2; Rong (2014), sections 1 and 2.
T words in the corpus, N examples, C = 2 * window context words each, V words in the vocabulary,
D numbers in a word vector.
"""

from typing import Any

from array_api_compat import array_namespace, device

Array = Any


def contexts_and_targets(corpus: Array, window: int) -> tuple[Array, Array]:
    """corpus (T,) → contexts (N, 2 * window), targets (N,), with N = max(T - 2 * window, 0)."""
    xp = array_namespace(corpus)
    n = max(corpus.shape[0] - 2 * window, 0)
    # Column j of contexts is the corpus itself, shifted by j, with the centre's shift left out.
    shifts = [shift for shift in range(2 * window + 1) if shift != window]
    contexts = xp.stack([corpus[shift : shift + n] for shift in shifts], axis=1)
    return contexts, corpus[window : window + n]


def _counts(ids: Array, w_in: Array) -> Array:
    """ids (N, C) → how often each word of the vocabulary occurs in each row, (N, V)."""
    xp = array_namespace(w_in)
    words = xp.arange(w_in.shape[0], device=device(ids))
    return xp.sum(xp.astype(ids[:, :, None] == words, w_in.dtype), axis=1)


def _log_softmax(scores: Array) -> Array:
    """scores (N, V) → log-probabilities (N, V), each row shifted by its own maximum."""
    xp = array_namespace(scores)
    shifted = scores - xp.max(scores, axis=1, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=1, keepdims=True))


def cbow_forward(contexts: Array, targets: Array, w_in: Array, w_out: Array) -> tuple[Array, Any]:
    """contexts (N, C), targets (N,), w_in (V, D), w_out (D, V) → mean loss in nats.

    The mean of the context vectors is a product with the bag of words: row n of `bag` says which
    share of context n each word of the vocabulary has. A repeated word simply has a larger share.
    """
    xp = array_namespace(w_in)
    bag = _counts(contexts, w_in) / contexts.shape[1]  # (N, V)
    right = _counts(targets[:, None], w_in)  # (N, V), one-hot
    hidden = bag @ w_in  # (N, D)
    log_p = _log_softmax(hidden @ w_out)  # (N, V)
    loss = -xp.sum(right * log_p) / targets.shape[0]
    return loss, (bag, right, hidden, log_p, w_out)


def cbow_backward(dout: float, cache: Any) -> tuple[Array, Array]:
    """dout, a number → dw_in (V, D), dw_out (D, V)."""
    bag, right, hidden, log_p, w_out = cache
    xp = array_namespace(w_out)
    dscores = dout * (xp.exp(log_p) - right) / right.shape[0]  # (N, V)
    dhidden = dscores @ w_out.T  # (N, D)
    return bag.T @ dhidden, hidden.T @ dscores


def skip_gram_forward(
    contexts: Array, targets: Array, w_in: Array, w_out: Array
) -> tuple[Array, Any]:
    """contexts (N, C), targets (N,), w_in (V, D), w_out (D, V) → loss in nats.

    Added up over the C context words, mean over the N examples. All C predictions of a centre
    share one softmax, so its log-probabilities are weighted by how often each word is right.
    """
    xp = array_namespace(w_in)
    centre = _counts(targets[:, None], w_in)  # (N, V), one-hot
    right = _counts(contexts, w_in)  # (N, V), rows add up to C
    hidden = centre @ w_in  # (N, D)
    log_p = _log_softmax(hidden @ w_out)  # (N, V)
    loss = -xp.sum(right * log_p) / targets.shape[0]
    return loss, (centre, right, hidden, log_p, w_out)


def skip_gram_backward(dout: float, cache: Any) -> tuple[Array, Array]:
    """dout, a number → dw_in (V, D), dw_out (D, V)."""
    centre, right, hidden, log_p, w_out = cache
    xp = array_namespace(w_out)
    c = xp.sum(right, axis=1, keepdims=True)  # each of the C predictions brings one p
    dscores = dout * (c * xp.exp(log_p) - right) / right.shape[0]  # (N, V)
    dhidden = dscores @ w_out.T  # (N, D)
    return centre.T @ dhidden, hidden.T @ dscores
