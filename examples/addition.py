"""Adding numbers as text, with the encoder and decoders of exercise 32.

    python -m examples.addition

Trains four models on the same 45,000 questions: plain, with a decoder that peeks, with the question
reversed, and with both; prints how many of 5,000 new questions they answer right after each epoch,
and draws it. Sutskever, Vinyals and Le (2014), section 3.3, reverse the source; Cho et al. (2014),
section 2.2, show the summary to every step of the decoder.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from examples.course import code_of, parser
from examples.pictures import curves
from examples.tasks import TASKS, Task

Array = np.ndarray[Any, Any]
Params = dict[str, Array]

EMBEDDING, HIDDEN, BATCH, LR, LARGEST_NORM = 16, 128, 128, 0.002, 5.0
MODELS = {  # name → (reverses the question, peeks)
    "plain": (False, False),
    "peeky": (False, True),
    "reversed": (True, False),
    "reversed and peeky": (True, True),
}


def drawn_parameters(generator: np.random.Generator, shapes: dict[str, tuple[int, ...]]) -> Params:
    """Normal weights with variance 1 / rows (embeddings 0.01²), biases zero; float32."""
    made = {}
    for name, shape in shapes.items():
        scale = 0.01 if name == "embed" else 0.0 if len(shape) == 1 else shape[0] ** -0.5
        made[name] = (scale * generator.standard_normal(shape)).astype(np.float32)
    return made


@dataclass
class Translator:
    """An encoder and a decoder that are trained together."""

    seq2seq: ModuleType
    clipping: ModuleType
    adam: Any
    reverses: bool
    peeks: bool
    params: dict[str, Params]

    @classmethod
    def fresh(
        cls, code: dict[str, ModuleType], size: int, reverses: bool, peeks: bool, seed: int
    ) -> Translator:
        """Draw the parameters for `size` characters."""
        generator = np.random.default_rng(seed)
        extra = HIDDEN if peeks else 0
        lstm = {"wh": (HIDDEN, 4 * HIDDEN), "b": (4 * HIDDEN,)}
        embed = {"embed": (size, EMBEDDING)}
        params = {
            "encoder": drawn_parameters(
                generator, {**embed, "wx": (EMBEDDING, 4 * HIDDEN), **lstm}
            ),
            "decoder": drawn_parameters(
                generator,
                {
                    **embed,
                    "wx": (extra + EMBEDDING, 4 * HIDDEN),
                    **lstm,
                    "w": (extra + HIDDEN, size),
                    "b_out": (size,),
                },
            ),
        }
        adam = code["09"].Adam(lr=LR)
        return cls(code["32"], code["27"], adam, reverses, peeks, params)

    def _parts(self) -> tuple[Any, Any]:
        decoder = self.seq2seq.PeekyDecoder if self.peeks else self.seq2seq.Decoder
        return self.seq2seq.Encoder(self.params["encoder"]), decoder(self.params["decoder"])

    def _asked(self, questions: Array) -> Array:
        return self.seq2seq.reverse(questions) if self.reverses else questions

    def learn(self, questions: Array, answers: Array) -> float:
        """One step of Adam on a batch, its gradients clipped; the loss before it."""
        encoder, decoder = self._parts()
        inputs, targets = self.seq2seq.shift_targets(answers)
        scores = decoder.forward(inputs, encoder.forward(self._asked(questions)))
        loss, dscores = self.seq2seq.sequence_loss(scores, targets)
        decoder_grads, dh = decoder.backward(dscores)
        grads = _flat({"encoder": encoder.backward(dh), "decoder": decoder_grads})
        clipped, _ = self.clipping.clip_by_global_norm(grads, LARGEST_NORM)
        moved = self.adam.step(_flat(self.params), clipped)
        for name, value in moved.items():
            part, key = name.split(".")
            self.params[part][key] = value
        return float(loss)

    def answer(self, questions: Array, start: int, length: int) -> Array:
        """The most probable character after the other, (B, length)."""
        encoder, decoder = self._parts()
        h = encoder.forward(self._asked(questions))
        return np.asarray(decoder.generate(h, start, length))


def _flat(parts: dict[str, Params]) -> Params:
    return {f"{part}.{key}": value for part, its in parts.items() for key, value in its.items()}


def train(model: Translator, task: Task, epochs: int, seed: int) -> Iterator[tuple[float, float]]:
    """Yield the mean loss of each epoch and the share of test questions answered right after it."""
    generator = np.random.default_rng(seed)
    unseen = slice(task.tested, None)
    for _ in range(epochs):
        order = generator.permutation(task.tested)
        losses = []
        for first in range(0, len(order) - BATCH + 1, BATCH):
            batch = order[first : first + BATCH]
            losses.append(model.learn(task.questions[batch], task.answers[batch]))
        given = model.answer(task.questions[unseen], task.start, task.length)
        right = (given == task.answers[unseen, 1:]).all(axis=1)
        yield float(np.mean(losses)), float(right.mean())


def shown(model: Translator, task: Task, count: int = 5) -> Iterator[str]:
    """A few unseen questions with the model's answers."""
    rows = slice(task.tested, task.tested + count)
    given = model.answer(task.questions[rows], task.start, task.length)
    for question, answer, its in zip(
        task.questions[rows], task.answers[rows, 1:], given, strict=True
    ):
        verdict = "right" if (answer == its).all() else f"wrong, it is {task.text(answer)}"
        yield f"  {task.text(question)} = {task.text(its)}  ({verdict})"


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the four models, print and draw."""
    options = parser("Sequence to sequence on generated questions.")
    options.add_argument("--task", choices=sorted(TASKS), default="addition")
    options.add_argument("--questions", type=int, default=50_000)
    options.add_argument("--epochs", type=int, default=15)
    chosen = options.parse_args(arguments)

    task = Task.drawn(chosen.task, chosen.questions, chosen.seed)
    code = {number: code_of(number, chosen.code) for number in ("09", "27", "32")}
    results: dict[str, list[float]] = {}
    for name, (reverses, peeks) in MODELS.items():
        model = Translator.fresh(code, len(task.characters), reverses, peeks, chosen.seed)
        results[name] = []
        print(name)
        epochs = train(model, task, chosen.epochs, chosen.seed)
        for epoch, (loss, right) in enumerate(epochs, start=1):
            results[name].append(100 * right)
            print(f"  epoch {epoch:2}  loss {loss:.3f}  right {100 * right:5.1f} %", flush=True)
        print(*shown(model, task), sep="\n")
    curves(
        results,
        chosen.pictures / f"{chosen.task}.png",
        title=f"Sequence to sequence: {chosen.task}",
        ylabel="unseen questions answered right, in %",
    )


if __name__ == "__main__":
    main()
