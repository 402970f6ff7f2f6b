"""What attention learns to look at: two tiny tasks, and the weights before and after training.

    python -m examples.attention

One layer of attention (exercise 35), with Adam (09) and the softmax loss (07). The queries and keys
are learned vectors of the positions, the values are learned vectors of the letters. In the first
task the letters are to be written backwards; in the second, every position has to give the letter
before it and sees nothing that comes later. Which position to look at is nowhere said: it is found
by descent. Vaswani et al. (2017), section 3.2.1; pictures of such weights go back to Bahdanau, Cho
and Bengio (2015), figure 3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from examples.course import code_of, parser
from examples.pictures import maps

Array = np.ndarray[Any, Any]
Params = dict[str, Array]

NUMBERS = ("07", "09", "35")
LENGTH, LETTERS, WIDTH, BATCH, LR = 8, 20, 16, 64, 0.01
#: Steps between two lines of print.
EPOCH = 25
#: Name → whether later letters are hidden.
TASKS: Mapping[str, bool] = {"backwards": False, "the one before": True}


def wanted(task: str, letters: Array) -> Array:
    """What is to be written for `letters` (B, T): shape (B, T). The first has nothing before it."""
    if task == "backwards":
        return letters[:, ::-1]
    return np.concatenate([letters[:, :1], letters[:, :-1]], axis=1)


@dataclass
class Reader:
    """queries (T, D), keys (T, D), values (V, D): attention, then `out` (D, V)."""

    code: Mapping[str, ModuleType]
    causal: bool
    params: Params
    adam: Any = field(init=False)

    def __post_init__(self) -> None:
        """Start Adam's averages."""
        self.adam = self.code["09"].Adam(lr=LR)

    @classmethod
    def fresh(cls, code: Mapping[str, ModuleType], causal: bool, seed: int) -> Reader:
        """Draw small parameters."""
        generator = np.random.default_rng(seed)
        shapes = {"queries": LENGTH, "keys": LENGTH, "values": LETTERS, "out": WIDTH}
        params = {name: 0.3 * generator.standard_normal((n, WIDTH)) for name, n in shapes.items()}
        params["out"] = 0.3 * generator.standard_normal((WIDTH, LETTERS))
        return cls(code, causal, params)

    def _attend(self, values: Array) -> tuple[Array, Any]:
        """Look values (B, T, M) up by position."""
        rows = len(values)
        q, k = (np.repeat(self.params[name][None], rows, axis=0) for name in ("queries", "keys"))
        mask = self.code["35"].causal_mask(q) if self.causal else None
        out, cache = self.code["35"].attention_forward(q, k, values, mask)
        return out, cache

    def weights(self) -> Array:
        """(T, T): with one-hot rows for values, what comes back is the weights themselves."""
        out, _ = self._attend(np.eye(LENGTH)[None])
        return np.asarray(out[0])

    def learn(self, letters: Array, targets: Array) -> tuple[float, float]:
        """One step of Adam; the loss before it, and the share of right letters."""
        heads, cache = self._attend(self.params["values"][letters])
        flat = heads.reshape(-1, WIDTH)
        loss, dscores = self.code["07"].softmax_loss(flat @ self.params["out"], targets.reshape(-1))
        dheads = (dscores @ self.params["out"].T).reshape(heads.shape)
        dq, dk, dv = self.code["35"].attention_backward(dheads, cache)
        dvalues = np.zeros_like(self.params["values"])
        np.add.at(dvalues, letters, dv)
        right = (flat @ self.params["out"]).argmax(axis=1) == targets.reshape(-1)
        grads = {"queries": dq.sum(axis=0), "keys": dk.sum(axis=0), "values": dvalues}
        self.params = self.adam.step(self.params, grads | {"out": flat.T @ dscores})
        return float(loss), float(right.mean())


def train(reader: Reader, task: str, steps: int, seed: int) -> Iterator[tuple[float, float]]:
    """Yield the loss and the share of right letters of every step, on new random letters."""
    generator = np.random.default_rng(seed)
    for _ in range(steps):
        letters = generator.integers(0, LETTERS, (BATCH, LENGTH))
        yield reader.learn(letters, wanted(task, letters))


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, print and draw."""
    options = parser("What attention learns to look at.")
    options.add_argument("--epochs", type=int, default=6, help=f"of {EPOCH} steps")
    chosen = options.parse_args(arguments)
    code = {number: code_of(number, chosen.code) for number in NUMBERS}
    drawn = {}
    for task, causal in TASKS.items():
        print(f"{task}{', later letters hidden' if causal else ''}")
        reader = Reader.fresh(code, causal, chosen.seed)
        drawn[f"{task}: before training"] = reader.weights()
        found = list(train(reader, task, EPOCH * chosen.epochs, chosen.seed))
        for step in range(EPOCH - 1, len(found), EPOCH):
            loss, right = found[step]
            print(f"  step {step + 1:4}  loss {loss:6.3f}  right letters {right:6.1%}")
        drawn[f"{task}: after training"] = reader.weights()
    maps(drawn, chosen.pictures / "attention.png", rows="position that looks", columns="looked at")


if __name__ == "__main__":
    main()
