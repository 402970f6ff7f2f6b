"""Reference solution of exercise 22: word vectors from both directions of a language model.

Peters, Neumann, Iyyer, Gardner, Clark, Lee and Zettlemoyer (2018), sections 3.1 and 3.2.
B sentences, T positions of which `lengths` are real, V words, D numbers per state, L layers.
"""

from typing import Any

from array_api_compat import array_namespace, device

Array = Any


def language_model_targets(ids: Array, lengths: Array, begin: int, end: int) -> tuple[Array, Array]:
    """ids (B, T), lengths (B,) → the tokens after and before each position, (B, T), padding -1."""
    xp = array_namespace(ids)
    t = xp.arange(ids.shape[1], device=device(ids))
    last = lengths[:, None] - 1
    following = xp.concat([ids[:, 1:], ids[:, :1]], axis=1)
    previous = xp.concat([xp.full_like(ids[:, :1], begin), ids[:, :-1]], axis=1)
    following = xp.where(t == last, end, following)
    return xp.where(t > last, -1, following), xp.where(t > last, -1, previous)


def bidirectional_loss(
    forward_scores: Array, backward_scores: Array, forward_targets: Array, backward_targets: Array
) -> tuple[float, Array, Array]:
    """scores (B, T, V), targets (B, T) → sum of two mean losses, dforward_scores, dbackward_scores.

    Peters et al. (2018), section 3.1, with means over the positions that count.
    """
    forward_loss, dforward_scores = _softmax_loss(forward_scores, forward_targets)
    backward_loss, dbackward_scores = _softmax_loss(backward_scores, backward_targets)
    return forward_loss + backward_loss, dforward_scores, dbackward_scores


def layer_representation(
    embedding: Array, forward_states: Array, backward_states: Array, lengths: Array
) -> Array:
    """embedding (B, T, D), states (L, B, T, D), lengths (B,) → (L + 1, B, T, 2D), padding 0."""
    xp = array_namespace(embedding)
    t = xp.arange(embedding.shape[1], device=device(embedding))
    last = lengths[:, None] - 1
    real = t <= last
    source = xp.where(real, last - t, 0)[None, :, :, None]
    in_text_order = xp.take_along_axis(backward_states, source, axis=2)
    tokens = xp.concat([embedding, embedding], axis=2)[None, ...]
    states = xp.concat([forward_states, in_text_order], axis=3)
    layers = xp.concat([tokens, states], axis=0)
    return xp.where(real[None, :, :, None], layers, xp.zeros_like(layers))


def scalar_mix_forward(layers: Array, scores: Array, gamma: float) -> tuple[Array, Any]:
    """layers (L, B, T, D), scores (L,) → gamma Σ_l softmax(scores)_l layers_l, (B, T, D)."""
    xp = array_namespace(layers)
    e = xp.exp(scores - xp.max(scores))
    weights = (e / xp.sum(e))[:, None, None, None]
    mean = xp.sum(weights * layers, axis=0)
    return gamma * mean, (layers, weights, gamma, mean)


def scalar_mix_backward(dout: Array, cache: Any) -> tuple[Array, Array, float]:
    """dout (B, T, D) → dlayers (L, B, T, D), dscores (L,), dgamma."""
    xp = array_namespace(dout)
    layers, weights, gamma, mean = cache
    dgamma = xp.sum(dout * mean)
    dscores = gamma * xp.sum(dout * weights * (layers - mean), axis=(1, 2, 3))
    return gamma * weights * dout, dscores, dgamma


def _softmax_loss(scores: Array, targets: Array) -> tuple[float, Array]:
    """scores (B, T, V), targets (B, T) → mean loss of the targets that are not -1, dscores."""
    xp = array_namespace(scores)
    shifted = scores - xp.max(scores, axis=2, keepdims=True)
    log_p = shifted - xp.log(xp.sum(xp.exp(shifted), axis=2, keepdims=True))
    words = xp.arange(scores.shape[2], device=device(targets))
    chosen = xp.astype(targets[:, :, None] == words, scores.dtype)
    counts = xp.sum(chosen, axis=2, keepdims=True)
    n = max(1.0, float(xp.sum(counts)))
    return -xp.sum(chosen * log_p) / n, (counts * xp.exp(log_p) - chosen) / n
