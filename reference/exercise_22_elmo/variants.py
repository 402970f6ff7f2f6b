"""Correct implementations in other styles; each must be accepted."""

import math

import numpy as np

from grader.spec import solution, variant


@variant()
class explicit_loops:
    """Python loops over sentences, positions, words and layers"""

    def language_model_targets(ids, lengths, begin, end):
        forward = np.full(ids.shape, -1)
        backward = np.full(ids.shape, -1)
        for n, length in enumerate(lengths):
            for t in range(length):
                forward[n, t] = end if t == length - 1 else ids[n, t + 1]
                backward[n, t] = begin if t == 0 else ids[n, t - 1]
        return forward, backward

    def bidirectional_loss(forward_scores, backward_scores, forward_targets, backward_targets):
        total, gradients = 0.0, []
        pairs = [(forward_scores, forward_targets), (backward_scores, backward_targets)]
        for scores, targets in pairs:
            dscores = np.zeros(scores.shape)
            places = [place for place in np.ndindex(*targets.shape) if targets[place] >= 0]
            for place in places:
                top = max(scores[place])
                powers = [math.exp(s - top) for s in scores[place]]
                right = targets[place]
                total += (math.log(sum(powers)) + top - scores[place][right]) / len(places)
                for v, power in enumerate(powers):
                    dscores[place][v] = (power / sum(powers) - (v == right)) / len(places)
            gradients.append(dscores)
        return float(total), *gradients

    def layer_representation(embedding, forward_states, backward_states, lengths):
        count, rows, steps, width = forward_states.shape
        layers = np.zeros((count + 1, rows, steps, 2 * width))
        for n, length in enumerate(lengths):
            for t in range(length):
                layers[0, n, t] = list(embedding[n, t]) * 2
                for k in range(count):
                    layers[k + 1, n, t, :width] = forward_states[k, n, t]
                    layers[k + 1, n, t, width:] = backward_states[k, n, length - 1 - t]
        return layers

    def scalar_mix_forward(layers, scores, gamma):
        powers = [math.exp(s - max(scores)) for s in scores]
        weights = [power / sum(powers) for power in powers]
        mean = np.zeros(layers.shape[1:])
        for weight, layer in zip(weights, layers, strict=True):
            mean += weight * layer
        return gamma * mean, {"layers": layers, "weights": weights, "gamma": gamma}

    def scalar_mix_backward(dout, cache):
        layers, weights, gamma = cache["layers"], cache["weights"], cache["gamma"]
        dots = [float(np.sum(dout * layer)) for layer in layers]
        dscores = np.zeros(len(weights))
        for k, weight in enumerate(weights):
            for j, other in enumerate(weights):
                dscores[k] += gamma * dots[j] * other * ((j == k) - weight)
        dlayers = np.stack([gamma * weight * dout for weight in weights])
        return dlayers, dscores, sum(w * dot for w, dot in zip(weights, dots, strict=True))


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def bidirectional_loss(forward_scores, backward_scores, forward_targets, backward_targets):
        return solution.bidirectional_loss(
            forward_scores.astype(np.float32),
            backward_scores.astype(np.float32),
            forward_targets,
            backward_targets,
        )

    def layer_representation(embedding, forward_states, backward_states, lengths):
        arrays = (a.astype(np.float32) for a in (embedding, forward_states, backward_states))
        return solution.layer_representation(*arrays, lengths)

    def scalar_mix_forward(layers, scores, gamma):
        return solution.scalar_mix_forward(
            layers.astype(np.float32), scores.astype(np.float32), gamma
        )

    def scalar_mix_backward(dout, cache):
        return solution.scalar_mix_backward(dout.astype(np.float32), cache)


@variant()
class row_by_row_and_einsum:
    """Rows cut to their length, fancy indexing, einsum, a class as cache, the softmax's Jacobian"""

    class Cache:
        def __init__(self, **saved):
            self.__dict__.update(saved)

    def language_model_targets(ids, lengths, begin, end):
        forward, backward = np.full_like(ids, -1), np.full_like(ids, -1)
        for n, length in enumerate(lengths):
            framed = np.concatenate([[begin], ids[n, :length], [end]])
            forward[n, :length] = framed[2:]
            backward[n, :length] = framed[:-2]
        return forward, backward

    def bidirectional_loss(forward_scores, backward_scores, forward_targets, backward_targets):
        scores = np.stack([forward_scores, backward_scores])
        targets = np.stack([forward_targets, backward_targets])
        log_p = scores - np.logaddexp.reduce(scores, axis=-1, keepdims=True)
        direction, row, position = np.nonzero(targets >= 0)
        right = targets[direction, row, position]
        share = 1.0 / np.maximum(np.bincount(direction, minlength=2), 1)[direction]
        dscores = np.zeros(scores.shape)
        dscores[direction, row, position] = np.exp(log_p)[direction, row, position]
        dscores[direction, row, position, right] -= 1.0
        dscores[direction, row, position] *= share[:, None]
        return -np.dot(share, log_p[direction, row, position, right]), dscores[0], dscores[1]

    def layer_representation(embedding, forward_states, backward_states, lengths):
        turned = backward_states.copy()
        for n, length in enumerate(lengths):
            turned[:, n, :length] = turned[:, n, :length][:, ::-1].copy()
        left = np.concatenate([embedding[None], forward_states])
        right = np.concatenate([embedding[None], turned])
        layers = np.concatenate([left, right], axis=-1)
        for n, length in enumerate(lengths):
            layers[:, n, length:] = 0.0
        return layers

    def scalar_mix_forward(layers, scores, gamma):
        weights = np.exp(scores - np.logaddexp.reduce(scores))
        out = np.einsum("k,kntd->ntd", gamma * weights, layers)
        return out, Cache(layers=layers, weights=weights, gamma=gamma)  # noqa: F821

    def scalar_mix_backward(dout, cache):
        weights = cache.weights
        jacobian = np.diag(weights) - np.outer(weights, weights)
        dweights = np.einsum("ntd,kntd->k", dout, cache.layers)
        dlayers = np.einsum("k,ntd->kntd", cache.gamma * weights, dout)
        return dlayers, cache.gamma * (jacobian @ dweights), float(weights @ dweights)


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
