"""Exercise 22's reference against PyTorch's LSTM, softmax, cross-entropy and autograd."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from grader.judge.library import load_solution

# layers, batch, positions, numbers per state
SHAPES = [(1, 1, 1, 2), (2, 3, 5, 4), (3, 2, 4, 1), (4, 5, 3, 6)]


@pytest.fixture(scope="module")
def solution():
    return load_solution("exercise-22")


def equal(actual, expected, name=""):
    torch.testing.assert_close(
        torch.as_tensor(actual).cpu(),
        expected.detach().cpu(),
        rtol=1e-9,
        atol=1e-11,
        msg=lambda text: f"{name}: {text}",
    )


def at(place, tensor):
    """A tensor as the reference gets it."""
    return tensor.detach().numpy() if place == "numpy" else tensor.detach().to(place)


@pytest.mark.parametrize("gamma", [1.75, -0.5, 0.0])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: "L{}_B{}_T{}_D{}".format(*s))
def test_mix_equals_torch(solution, shape, gamma, place) -> None:
    source = torch.Generator().manual_seed(22)
    layers = torch.randn(shape, generator=source, dtype=torch.float64, requires_grad=True)
    scores = torch.randn(shape[0], generator=source, dtype=torch.float64, requires_grad=True)
    scale = torch.tensor(gamma, dtype=torch.float64, requires_grad=True)
    dout = torch.randn(shape[1:], generator=source, dtype=torch.float64)
    expected = scale * torch.einsum("k,kntd->ntd", functional.softmax(scores, dim=0), layers)
    expected.backward(dout)
    out, cache = solution.scalar_mix_forward(at(place, layers), at(place, scores), gamma)
    kind = np.ndarray if place == "numpy" else torch.Tensor
    assert isinstance(out, kind)
    equal(out, expected, "out")
    dlayers, dscores, dgamma = solution.scalar_mix_backward(at(place, dout), cache)
    equal(dlayers, layers.grad, "dlayers")
    equal(dscores, scores.grad, "dscores")
    equal(dgamma, scale.grad, "dgamma")


@pytest.mark.parametrize("size", [1.0, 300.0])
def test_loss_equals_torch(solution, size, place) -> None:
    source = torch.Generator().manual_seed(122)
    scores = [
        (size * torch.randn(3, 4, 6, generator=source, dtype=torch.float64)).requires_grad_()
        for _ in range(2)
    ]
    targets = [torch.randint(-1, 6, (3, 4), generator=source) for _ in range(2)]
    targets[0][1, 2:] = -1
    expected = sum(
        functional.cross_entropy(s.flatten(0, 1), t.flatten(), ignore_index=-1)
        for s, t in zip(scores, targets, strict=True)
    )
    expected.backward()
    loss, *gradients = solution.bidirectional_loss(
        *(at(place, s) for s in scores), *(at(place, t) for t in targets)
    )
    equal(loss, expected, "loss")
    for actual, right in zip(gradients, scores, strict=True):
        equal(actual, right.grad, "gradient")


def test_layers_equal_a_bidirectional_lstm_over_packed_sentences(solution, place) -> None:
    """torch's bidirectional LSTM of one layer, and its backward half run by hand on turned rows."""
    source = torch.Generator().manual_seed(222)
    lengths = torch.tensor([3, 5, 1, 4])
    both = nn.LSTM(4, 4, batch_first=True, bidirectional=True, dtype=torch.float64)
    right, left = (nn.LSTM(4, 4, batch_first=True, dtype=torch.float64) for _ in range(2))
    with torch.no_grad():
        for name, parameter in both.named_parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=source, dtype=torch.float64))
            one = left if name.endswith("_reverse") else right
            getattr(one, name.removesuffix("_reverse")).copy_(parameter)
    embedding = torch.randn(4, 5, 4, generator=source, dtype=torch.float64)
    packed = nn.utils.rnn.pack_padded_sequence(
        embedding, lengths, batch_first=True, enforce_sorted=False
    )
    expected, _ = nn.utils.rnn.pad_packed_sequence(both(packed)[0], batch_first=True)
    turned = embedding.clone()
    for row, length in enumerate(lengths):
        turned[row, :length] = embedding[row, :length].flip(0)
    layers = solution.layer_representation(
        at(place, embedding),
        at(place, right(embedding)[0][None]),
        at(place, left(turned)[0][None]),
        at(place, lengths),
    )
    real = (torch.arange(5) < lengths[:, None])[:, :, None]
    assert layers.shape == (2, 4, 5, 8)
    equal(layers[0], torch.where(real, embedding.repeat(1, 1, 2), 0.0), "word vectors")
    equal(layers[1], expected, "states")


def test_targets_are_the_neighbours_in_a_framed_sentence(solution, place) -> None:
    """Slices of begin + sentence + end, padded with -1 by torch."""
    source = torch.Generator().manual_seed(322)
    ids = torch.randint(2, 8, (4, 5), generator=source)
    lengths = torch.tensor([3, 5, 1, 4])
    begin, end = torch.tensor([0]), torch.tensor([1])
    framed = [
        torch.cat([begin, row[:length], end]) for row, length in zip(ids, lengths, strict=True)
    ]
    forward, backward = solution.language_model_targets(at(place, ids), at(place, lengths), 0, 1)
    for actual, part in ((forward, slice(2, None)), (backward, slice(None, -2))):
        rows = [sentence[part] for sentence in framed]
        equal(actual, nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=-1))
