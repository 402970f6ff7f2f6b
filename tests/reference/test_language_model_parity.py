"""Exercise 26's reference against PyTorch's embedding, RNN, linear layer and cross-entropy."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from grader.judge.library import load_solution

# batch, steps of a block, word vector, hidden, vocabulary
SHAPES = [(1, 1, 2, 3, 2), (2, 3, 4, 5, 6), (3, 4, 2, 1, 5), (4, 2, 3, 6, 9)]
BLOCKS = 3


@pytest.fixture(scope="module")
def solution():
    return load_solution("exercise-26")


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
    return tensor.numpy() if place == "numpy" else tensor.to(place)


class TorchModel(nn.Module):
    """The same model of PyTorch's layers, with its state detached between blocks."""

    def __init__(self, width: int, hidden: int, words: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(words, width)
        self.rnn = nn.RNN(width, hidden, batch_first=True)
        self.linear = nn.Linear(hidden, words)
        self.state = None
        self.to(torch.float64)
        source = torch.Generator().manual_seed(26)
        with torch.no_grad():
            for parameter in self.parameters():
                drawn = torch.randn(parameter.shape, generator=source, dtype=torch.float64)
                parameter.copy_(0.7 * drawn)

    def forward(self, ids: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        hs, last = self.rnn(self.embed(ids), self.state)
        self.state = last.detach()
        scores = self.linear(hs)
        return functional.cross_entropy(scores.flatten(0, 1), targets.flatten(), ignore_index=-1)

    def named(self, of) -> dict[str, torch.Tensor]:
        """`of` every parameter under the reference's names; torch has two biases in the RNN."""
        rnn = self.rnn
        return {
            "embed": of(self.embed.weight),
            "wx": of(rnn.weight_ih_l0).T,
            "wh": of(rnn.weight_hh_l0).T,
            "w": of(self.linear.weight).T,
            "b_out": of(self.linear.bias),
        }

    def params(self) -> dict[str, torch.Tensor]:
        bias = (self.rnn.bias_ih_l0 + self.rnn.bias_hh_l0).detach()
        return self.named(lambda p: p.detach().clone()) | {"b": bias}

    def gradients(self) -> dict[str, torch.Tensor]:
        torch.testing.assert_close(self.rnn.bias_ih_l0.grad, self.rnn.bias_hh_l0.grad)
        return self.named(lambda p: p.grad) | {"b": self.rnn.bias_ih_l0.grad}


def drawn_text(batch: int, steps: int, words: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids with repetitions, next ids with padding, (BLOCKS, B, T); one place always counts."""
    source = torch.Generator().manual_seed(126)
    shape = (BLOCKS, batch, steps)
    ids = torch.randint(0, words, shape, generator=source)
    targets = torch.randint(-1, words, shape, generator=source)
    targets[:, 0, 0] = 1
    return ids, targets


@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: "B{}_T{}_D{}_H{}_V{}".format(*s))
def test_consecutive_blocks_equal_torch(solution, shape, place) -> None:
    batch, steps, width, hidden, words = shape
    theirs = TorchModel(width, hidden, words)
    ours = solution.RNNLM({name: at(place, value) for name, value in theirs.params().items()})
    for reading in range(2):
        for block, (ids, targets) in enumerate(zip(*drawn_text(batch, steps, words), strict=True)):
            theirs.zero_grad()
            expected = theirs(ids, targets)
            expected.backward()
            equal(ours.forward(at(place, ids), at(place, targets)), expected, "loss")
            gradients = ours.backward()
            for name, gradient in theirs.gradients().items():
                kind = np.ndarray if place == "numpy" else torch.Tensor
                assert isinstance(gradients[name], kind)
                equal(gradients[name], gradient, f"{name}, reading {reading}, block {block}")
        theirs.state = None
        ours.reset_state()


@pytest.mark.parametrize("ignore", [-1, 0, 3])
def test_loss_over_time_equals_torch(solution, place, ignore) -> None:
    source = torch.Generator().manual_seed(226)
    scores = 20 * torch.randn(3, 4, 5, generator=source, dtype=torch.float64)
    targets = torch.randint(0, 5, (3, 4), generator=source)
    targets[1, 1:] = ignore
    scores.requires_grad_()
    expected = functional.cross_entropy(
        scores.flatten(0, 1), targets.flatten(), ignore_index=ignore
    )
    expected.backward()
    loss, dscores = solution.time_softmax_loss(
        at(place, scores.detach()), at(place, targets), ignore
    )
    equal(loss, expected, "loss")
    equal(dscores, scores.grad, "dscores")


def test_layer_over_time_equals_torch(solution, place) -> None:
    linear = nn.Linear(4, 5, dtype=torch.float64)
    source = torch.Generator().manual_seed(326)
    xs = torch.randn(2, 3, 4, generator=source, dtype=torch.float64, requires_grad=True)
    dout = torch.randn(2, 3, 5, generator=source, dtype=torch.float64)
    expected = linear(xs)
    expected.backward(dout)
    out, cache = solution.time_affine_forward(
        *(at(place, a.detach()) for a in (xs, linear.weight.T, linear.bias))
    )
    dxs, dw, db = solution.time_affine_backward(at(place, dout), cache)
    for name, actual, right in (
        ("out", out, expected),
        ("dxs", dxs, xs.grad),
        ("dw", dw, linear.weight.grad.T),
        ("db", db, linear.bias.grad),
    ):
        equal(actual, right, name)


def test_perplexity_is_the_chain_rule_over_a_whole_text(solution, place) -> None:
    """The probability of each stream, word after word, however the streams are cut."""
    source = torch.Generator().manual_seed(426)
    corpus = torch.randint(0, 6, (25,), generator=source)
    theirs = TorchModel(3, 4, 6)
    ours = solution.RNNLM({name: at(place, value) for name, value in theirs.params().items()})
    streams = corpus[:24].reshape(2, 12), corpus[1:].reshape(2, 12)
    with torch.no_grad():
        log_p = functional.log_softmax(theirs.linear(theirs.rnn(theirs.embed(streams[0]))[0]), -1)
    total = sum(float(log_p[row, t, streams[1][row, t]]) for row in range(2) for t in range(12))
    for steps in (1, 3, 4, 12):
        blocks = solution.stream_batches(at(place, corpus), 2, steps)
        ours.reset_state()
        losses = [ours.forward(ids, targets) for ids, targets in zip(*blocks, strict=True)]
        given = at(place, torch.tensor([float(loss) for loss in losses], dtype=torch.float64))
        counts = at(place, torch.full((len(losses),), 2 * steps))
        found = float(solution.perplexity(given, counts))
        assert math.isclose(found, math.exp(-total / 24), rel_tol=1e-12)
