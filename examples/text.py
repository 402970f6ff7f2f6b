"""The bundled text as words: seven plays, cut into tokens and into three parts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from grader.catalog import ROOT

SHAKESPEARE = ROOT / "exercises" / "texts" / "shakespeare.txt"
WORD = r"[a-z]+(?:'[a-z]+)?"
TOKEN = rf"{WORD}|'[a-z]+|--|[.,;:!?]"
SPEAKER = r"(?m)^[A-Z0-9][\w.' ,]{0,30}\.$"
UNKNOWN = "<unk>"


def plays() -> list[str]:
    """The seven plays, each a string with its title in the first line."""
    return SHAKESPEARE.read_text(encoding="ascii").split("\n\n\n")


def spoken_words() -> list[str]:
    """All words in lower case; speakers' names above speeches and punctuation left out."""
    spoken = re.sub(SPEAKER, "", "\n".join(plays()))
    return re.findall(WORD, spoken.lower())


@dataclass(frozen=True)
class Split:
    """A vocabulary and three streams of ids; id 0 stands for every word that is not in it."""

    vocabulary: Sequence[str]
    train: Sequence[int]
    validation: Sequence[int]
    test: Sequence[int]


def split_tokens(least: int = 2, words: int | None = None) -> Split:
    """Words and punctuation marks as ids: nine tenths of each play to train on.

    The last tenth of each play is halved: one part to choose the number of epochs by, one to test.
    The vocabulary holds what occurs at least `least` times in the first part. `words` shortens that
    part to its first words, and the others to a tenth of it, for a quick look.
    """
    train: list[str] = []
    validation: list[str] = []
    test: list[str] = []
    for play in plays():
        tokens = re.findall(TOKEN, play.lower())
        nine, half = int(0.9 * len(tokens)), int(0.95 * len(tokens))
        train += tokens[:nine]
        validation += tokens[nine:half]
        test += tokens[half:]
    if words is not None:
        train, validation, test = train[:words], validation[: words // 10], test[: words // 10]
    counted = Counter(train).most_common()
    vocabulary = [UNKNOWN] + [token for token, times in counted if times >= least]
    index = {token: position for position, token in enumerate(vocabulary)}
    parts = ([index.get(token, 0) for token in part] for part in (train, validation, test))
    return Split(vocabulary, *parts)
