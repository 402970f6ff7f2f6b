"""A language model of seven plays: an LSTM put together from the exercises, beside n-grams.

    python -m examples.language_model

Embedding (exercise 19), LSTM (28), affine layer, loss, streams and perplexity (26), one dropout
mask for a whole block and tied weights (30), clipping (27), Adam (09). The perplexity on the last
parts of the plays is printed after each epoch and drawn beside that of n-grams with Kneser-Ney
smoothing.
Zaremba, Sutskever and Vinyals (2014); Gal and Ghahramani (2016); Press and Wolf (2017).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from examples.course import code_of, parser
from examples.n_grams import KneserNey
from examples.pictures import curves
from examples.text import Split, split_tokens

Array = np.ndarray[Any, Any]
Params = dict[str, Array]

NUMBERS = ("09", "19", "26", "27", "28", "30")
HIDDEN, BATCH, STEPS, DROPPED, LR, LARGEST_NORM = 200, 20, 35, 0.5, 0.003, 1.0


@dataclass
class LanguageModel:
    """embedding → mask → LSTM → mask → embedding transposed; carries its state between blocks."""

    code: dict[str, ModuleType]
    params: Params
    state: tuple[Array, Array] | None = None
    adam: Any = field(init=False)

    def __post_init__(self) -> None:
        """Start Adam's averages."""
        self.adam = self.code["09"].Adam(lr=LR)

    @classmethod
    def fresh(cls, code: dict[str, ModuleType], size: int, generator: Any) -> LanguageModel:
        """Draw float32 parameters for a vocabulary of `size`; the forget gate starts at 1."""

        def normal(scale: float, *shape: int) -> Array:
            return np.asarray(scale * generator.standard_normal(shape), dtype=np.float32)

        bias = code["28"].forget_bias(np.zeros(4 * HIDDEN, dtype=np.float32), 1.0)
        params = {
            "embed": normal(0.05, size, HIDDEN),
            "wx": normal(HIDDEN**-0.5, HIDDEN, 4 * HIDDEN),
            "wh": normal(HIDDEN**-0.5, HIDDEN, 4 * HIDDEN),
            "b": bias,
            "b_out": np.zeros(size, dtype=np.float32),
        }
        return cls(code, params)

    def loss(
        self, ids: Array, targets: Array, masks: Sequence[Any] = (1.0, 1.0)
    ) -> tuple[float, Any]:
        """The mean loss of a block (B, T), and what `gradients` needs; the state moves on."""
        size, p = ids.shape[0], self.params
        if self.state is None:
            zero = np.zeros((size, HIDDEN), dtype=np.float32)
            self.state = zero, zero
        rows, looked_up = self.code["19"].embedding_forward(p["embed"], ids.reshape(-1))
        xs = rows.reshape(*ids.shape, HIDDEN) * masks[0]
        hs, c_last, lstm = self.code["28"].lstm_forward(xs, *self.state, p["wx"], p["wh"], p["b"])
        self.state = hs[:, -1], c_last
        scores, affine = self.code["26"].time_affine_forward(
            hs * masks[1], p["embed"].T, p["b_out"]
        )
        loss, dscores = self.code["26"].time_softmax_loss(scores, targets)
        return float(loss), (dscores, affine, lstm, looked_up, masks, np.zeros_like(c_last))

    def gradients(self, kept: Any) -> Params:
        """The gradient for every parameter; the embedding adds up its two uses."""
        dscores, affine, lstm, looked_up, masks, dc_last = kept
        dhs, dw, db_out = self.code["26"].time_affine_backward(dscores, affine)
        dxs, _, _, dwx, dwh, db = self.code["28"].lstm_backward(dhs * masks[1], dc_last, lstm)
        drows = (dxs * masks[0]).reshape(-1, HIDDEN)
        dembed = self.code["19"].embedding_backward(drows, looked_up) + dw.T
        return {"embed": dembed, "wx": dwx, "wh": dwh, "b": db, "b_out": db_out}

    def learn(self, ids: Array, targets: Array, generator: np.random.Generator) -> float:
        """One step of Adam on a block; the loss before it."""
        shape = (*ids.shape, HIDDEN)
        drawn = [self.code["30"].variational_dropout(shape, DROPPED, generator) for _ in range(2)]
        loss, kept = self.loss(ids, targets, [mask.astype(np.float32) for mask in drawn])
        grads = self.gradients(kept)
        clipped, _ = self.code["27"].clip_by_global_norm(grads, LARGEST_NORM)
        self.params = self.adam.step(self.params, clipped)
        return loss

    def perplexity(self, ids: Sequence[int]) -> float:
        """exp of the mean loss of one stream, read from a state of zeros."""
        self.state = None
        blocks, targets = self.code["26"].stream_batches(np.array(ids), 1, STEPS)
        losses = [self.loss(*block)[0] for block in zip(blocks, targets, strict=True)]
        self.state = None
        counts = np.full(len(losses), STEPS)
        return float(self.code["26"].perplexity(np.array(losses), counts))


def train(
    model: LanguageModel, split: Split, epochs: int, seed: int
) -> Iterator[tuple[float, float, float]]:
    """Yield the perplexities of training (with dropout), validation and test after each epoch.

    The step length is halved when the validation perplexity has not become smaller.
    """
    generator = np.random.default_rng(seed)
    blocks, targets = model.code["26"].stream_batches(np.array(split.train), BATCH, STEPS)
    best = np.inf
    for _ in range(epochs):
        model.state = None
        losses = [model.learn(*block, generator) for block in zip(blocks, targets, strict=True)]
        validation = model.perplexity(split.validation)
        yield float(np.exp(np.mean(losses))), validation, model.perplexity(split.test)
        if validation > best:
            model.adam.lr /= 2
        best = min(best, validation)


def main(arguments: Sequence[str] | None = None) -> None:
    """Count, train, print and draw."""
    options = parser("A language model of seven plays, beside n-grams.")
    options.add_argument("--epochs", type=int, default=8)
    options.add_argument("--words", type=int, help="train on the first so many words only")
    chosen = options.parse_args(arguments)

    split = split_tokens(words=chosen.words)
    size = len(split.vocabulary)
    print(f"{len(split.train):,} words to learn from, {size:,} different ones")
    levels = {}
    for order, name in ((1, "unigrams"), (2, "bigrams"), (3, "trigrams")):
        levels[name] = KneserNey(split.train, size, order).perplexity(split.test)
        print(f"{name:9}  perplexity {levels[name]:6.1f} on the test words")

    code = {number: code_of(number, chosen.code) for number in NUMBERS}
    model = LanguageModel.fresh(code, size, np.random.default_rng(chosen.seed))
    found = []
    for epoch, row in enumerate(train(model, split, chosen.epochs, chosen.seed), start=1):
        print("epoch {:2}  training {:6.1f}  validation {:6.1f}  test {:6.1f}".format(epoch, *row))
        found.append(row)
    curves(
        {"LSTM, test": [row[2] for row in found], "LSTM, validation": [row[1] for row in found]},
        chosen.pictures / "language_model.png",
        title="Perplexity on words that were not trained on",
        ylabel="perplexity",
        levels={"trigrams, test": levels["trigrams"], "bigrams, test": levels["bigrams"]},
    )


if __name__ == "__main__":
    main()
