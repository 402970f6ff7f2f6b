"""A small Transformer learns seven plays by characters, beside n-grams, in about two minutes.

    python -m examples.torch_language_model

Exercise 45: its model, its training, its perplexity and its writing. Printed are a table of
perplexities on text that was not trained on, and 300 characters that the model writes; drawn is the
loss while it learns. n-grams with Kneser-Ney smoothing are the usual baseline.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from examples.course import code_of, parser
from examples.n_grams import KneserNey
from examples.pictures import curves
from examples.text import plays

CONTEXT, WIDTH, HEADS, LAYERS, DROPPED = 64, 96, 4, 3, 0.0
BATCH, WARM_UP, LR = 32, 100, 0.004
ORDERS = (1, 2, 3, 4, 5, 6)
#: Steps that one point of the curve is the mean of.
POINT = 25
BEGINNING, NEW, TEMPERATURE, TOP_K = "\nHam.\n", 300, 0.8, 20


@dataclass(frozen=True)
class Characters:
    """The text as ids of characters, in the order of the alphabet: what is learnt, what is tested.

    The first 95 % of each play are learnt; nothing is chosen by looking at the rest.
    """

    alphabet: str
    train: Sequence[int]
    test: Sequence[int]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Characters:
        """Cut every text into its two parts."""
        alphabet = "".join(sorted(set("".join(texts))))
        index = {character: i for i, character in enumerate(alphabet)}
        train, test = [], []
        for text in texts:
            ids = [index[character] for character in text]
            cut = int(0.95 * len(ids))
            train += ids[:cut]
            test += ids[cut:]
        return cls(alphabet, train, test)

    def text(self, ids: Any) -> str:
        """The characters of some ids."""
        return "".join(self.alphabet[i] for i in ids)

    def ids(self, text: str) -> Any:
        """The ids of a text, a tensor."""
        return torch.tensor([self.alphabet.index(character) for character in text])


def baselines(characters: Characters, orders: Sequence[int] = ORDERS) -> dict[str, float]:
    """The perplexities of chance and of n-grams on the test part."""
    size = len(characters.alphabet)
    found = {"chance": float(size)}
    for order in orders:
        model = KneserNey(characters.train, size, order)
        found[f"{order}-grams"] = model.perplexity(characters.test)
    return found


def table(perplexities: Mapping[str, float]) -> str:
    """A model in each line, with its perplexity and the same in bits for each character."""
    rows = [f"{'model':18} {'perplexity':>10} {'bits':>6}"]
    rows += [
        f"{name:18} {found:10.2f} {np.log2(found):6.2f}" for name, found in perplexities.items()
    ]
    return "\n".join(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Count, train, print and draw."""
    options = parser("A small Transformer learns seven plays by characters.")
    options.add_argument("--steps", type=int, default=1000)
    options.add_argument("--characters", type=int, help="use so many of each play only")
    chosen = options.parse_args(arguments)

    characters = Characters.of([play[: chosen.characters] for play in plays()])
    size, code = len(characters.alphabet), code_of("45", chosen.code)
    print(f"{len(characters.train):,} characters to learn from, {size} different ones")
    found = baselines(characters)

    torch.manual_seed(chosen.seed)
    generator = np.random.default_rng(chosen.seed)
    model = code.build_language_model(size, CONTEXT, WIDTH, HEADS, LAYERS, DROPPED)
    count = sum(parameter.numel() for parameter in model.parameters())
    print(f"{count:,} parameters; training for {chosen.steps} steps")
    began = time.perf_counter()
    warm_up = min(WARM_UP, chosen.steps - 1)
    train, test = torch.tensor(characters.train), torch.tensor(characters.test)
    losses = code.fit(model, train, CONTEXT, BATCH, chosen.steps, warm_up, LR, generator)
    print(f"trained in {time.perf_counter() - began:.0f} s\n")

    found["Transformer"] = code.perplexity(model, test, CONTEXT)
    print(table(found))
    new = code.sample(model, characters.ids(BEGINNING), NEW, CONTEXT, TEMPERATURE, TOP_K, generator)
    print("\n" + (BEGINNING + characters.text(new)).strip())

    points = [float(np.mean(losses[i : i + POINT])) for i in range(0, len(losses), POINT)]
    strongest = f"{ORDERS[-1]}-grams"
    curves(
        {"Transformer, training": points},
        chosen.pictures / "torch_language_model.png",
        title="Learning seven plays by characters",
        xlabel="step",
        every=POINT,
        ylabel="loss in nats per character",
        levels={
            "Transformer, test": float(np.log(found["Transformer"])),
            f"{strongest}, test": float(np.log(found[strongest])),
        },
    )


if __name__ == "__main__":
    main()
