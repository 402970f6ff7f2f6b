"""Exercise 32's reference against torch: Embedding, LSTM, Linear and cross_entropy, float64."""

import numpy as np
import pytest
import torch

from grader.judge.library import load_solution

B, S, T, V, D, H = 3, 5, 4, 7, 2, 6
START, LENGTH = 1, 9


class TorchModel(torch.nn.Module):
    """Encoder and decoder, the way they are usually put together in torch."""

    def __init__(self, encoder, decoder, peeky):
        super().__init__()
        peek = H if peeky else 0
        self.peeky = peeky
        settings = {"dtype": torch.float64, "device": decoder["w"].device}
        self.read = torch.nn.Embedding(V, D, **settings)
        self.encode = torch.nn.LSTM(D, H, batch_first=True, **settings)
        self.show = torch.nn.Embedding(V, D, **settings)
        self.decode = torch.nn.LSTM(peek + D, H, batch_first=True, **settings)
        self.score = torch.nn.Linear(peek + H, V, **settings)
        pairs = [(self.read, self.encode, encoder), (self.show, self.decode, decoder)]
        with torch.no_grad():
            for embedding, lstm, params in pairs:
                embedding.weight.copy_(params["embed"])
                lstm.weight_ih_l0.copy_(params["wx"].T)
                lstm.weight_hh_l0.copy_(params["wh"].T)
                lstm.bias_ih_l0.copy_(params["b"])
                lstm.bias_hh_l0.zero_()
            self.score.weight.copy_(decoder["w"].T)
            self.score.bias.copy_(decoder["b_out"])

    def summary(self, questions):
        _, (h, _) = self.encode(self.read(questions))
        return h[0]

    def scores(self, ids, h):
        beside = h[:, None, :].expand(-1, ids.shape[1], -1)
        xs = self.show(ids)
        if self.peeky:
            xs = torch.cat([beside, xs], dim=2)
        hs, _ = self.decode(xs, (h[None], torch.zeros_like(h)[None]))
        if self.peeky:
            hs = torch.cat([beside, hs], dim=2)
        return self.score(hs)

    def gradients(self):
        parts = {"encoder": (self.read, self.encode), "decoder": (self.show, self.decode)}
        grads = {
            name: {
                "embed": embedding.weight.grad,
                "wx": lstm.weight_ih_l0.grad.T,
                "wh": lstm.weight_hh_l0.grad.T,
                "b": lstm.bias_ih_l0.grad,
            }
            for name, (embedding, lstm) in parts.items()
        }
        grads["decoder"]["w"] = self.score.weight.grad.T
        grads["decoder"]["b_out"] = self.score.bias.grad
        return grads


def drawn(peeky):
    """Questions, answers, and the parameters of both halves."""
    source = torch.Generator().manual_seed(38)
    peek = H if peeky else 0

    def reals(*shape):
        return torch.randn(shape, generator=source, dtype=torch.float64)

    encoder = {
        "embed": reals(V, D),
        "wx": reals(D, 4 * H),
        "wh": reals(H, 4 * H),
        "b": reals(4 * H),
    }
    decoder = {
        "embed": reals(V, D),
        "wx": 2 * reals(peek + D, 4 * H),
        "wh": reals(H, 4 * H),
        "b": reals(4 * H),
        "w": 3 * reals(peek + H, V),
        "b_out": reals(V),
    }
    questions = torch.randint(0, V, (B, S), generator=source)
    answers = torch.randint(0, V, (B, T + 1), generator=source)
    return questions, answers, encoder, decoder


def close(actual, expected, name):
    torch.testing.assert_close(
        torch.as_tensor(actual),
        expected.detach(),
        rtol=1e-9,
        atol=1e-11,
        msg=lambda text: f"{name}: {text}",
    )


@pytest.mark.parametrize("peeky", [False, True], ids=["plain", "peeky"])
def test_a_step_of_training_and_an_answer_equal_torch(place, peeky):
    solution = load_solution("exercise-32")
    questions, answers, *params = drawn(peeky)
    if place == "numpy":
        given = [{name: p.numpy() for name, p in half.items()} for half in params]
        asked, told = questions.numpy(), answers.numpy()
    else:
        params = given = [{name: p.to(place) for name, p in half.items()} for half in params]
        asked, told = questions, answers = questions.to(place), answers.to(place)

    model = TorchModel(*params, peeky)
    expected_h = model.summary(questions.flip(1))
    expected_h.retain_grad()
    expected_scores = model.scores(answers[:, :-1], expected_h)
    expected_loss = torch.nn.functional.cross_entropy(
        expected_scores.reshape(-1, V), answers[:, 1:].reshape(-1)
    )
    expected_loss.backward()

    encoder = solution.Encoder(given[0])
    decoder = (solution.PeekyDecoder if peeky else solution.Decoder)(given[1])
    inputs, targets = solution.shift_targets(told)
    h = encoder.forward(solution.reverse(asked))
    scores = decoder.forward(inputs, h)
    written = decoder.generate(h, START, LENGTH)
    loss, dscores = solution.sequence_loss(scores, targets)
    grads, dh = decoder.backward(dscores)

    assert isinstance(scores, np.ndarray if place == "numpy" else torch.Tensor)
    close(h, expected_h, "h")
    close(scores, expected_scores, "scores")
    close(loss, expected_loss, "loss")
    close(dh, expected_h.grad, "dh")
    actual = {"encoder": encoder.backward(dh), "decoder": grads}
    for half, expected in model.gradients().items():
        assert actual[half].keys() == expected.keys()
        for name, gradient in expected.items():
            close(actual[half][name], gradient, f"{half} {name}")

    ids = torch.full((B, 1), START, device=questions.device)
    for _ in range(LENGTH):
        best = model.scores(ids, expected_h)[:, -1:].argmax(dim=2)
        ids = torch.cat([ids, best], dim=1)
    assert torch.as_tensor(written).tolist() == ids[:, 1:].tolist()
    assert ids[:, 1:].unique().numel() > 1
