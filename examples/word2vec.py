"""Word vectors from seven plays: the skip-gram model with negative sampling, from exercise 19.

    python -m examples.word2vec

Prints the nearest neighbours of some words and draws them on a plane. Mikolov, Sutskever, Chen,
Corrado and Dean (2013), "Distributed representations of words and phrases", section 2.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from examples.course import code_of, parser
from examples.pictures import plane
from examples.text import spoken_words

Array = np.ndarray[Any, Any]

ASKED = ["father", "king", "sea", "night", "sword", "eyes", "three", "thou"]
WINDOW, NEGATIVES, DIMENSIONS, BATCH = 4, 5, 64, 1024
LEAST, FREQUENT, LR = 10, 1e-3, 0.003


@dataclass(frozen=True)
class Corpus:
    """Words that occur at least LEAST times, the commonest first."""

    vocabulary: Sequence[str]
    counts: Array
    ids: Array

    @classmethod
    def of(cls, words: Sequence[str]) -> Corpus:
        """Number the words; what is rare is left out of the stream."""
        counted = [(word, times) for word, times in Counter(words).most_common() if times >= LEAST]
        index = {word: position for position, (word, _) in enumerate(counted)}
        ids = np.array([index[word] for word in words if word in index])
        return cls([word for word, _ in counted], np.array([times for _, times in counted]), ids)


def pairs(corpus: Corpus, generator: np.random.Generator) -> tuple[Array, Array]:
    """(centre, context) ids of one epoch, shuffled.

    Frequent words are thinned out, and each centre draws how far it looks: from 1 to WINDOW words
    (section 2.3 of the paper, and the published program).
    """
    share = corpus.counts / corpus.counts.sum()
    kept = generator.random(len(corpus.ids)) < np.sqrt(FREQUENT / share[corpus.ids])
    ids = corpus.ids[kept]
    reach = generator.integers(1, WINDOW + 1, size=len(ids))
    centres, contexts = [], []
    for distance in range(1, WINDOW + 1):
        here = np.flatnonzero(reach >= distance)
        for there in (here - distance, here + distance):
            inside = (there >= 0) & (there < len(ids))
            centres.append(ids[here[inside]])
            contexts.append(ids[there[inside]])
    order = generator.permutation(sum(map(len, centres)))
    return np.concatenate(centres)[order], np.concatenate(contexts)[order]


def train(
    corpus: Corpus, sampling: ModuleType, optimizers: ModuleType, epochs: int, seed: int
) -> Iterator[tuple[float, Array]]:
    """Yield the mean loss of each epoch and the word vectors (V, DIMENSIONS) after it.

    Negatives are drawn for a whole batch at once and may, rarely, be the positive; exercise 19's
    own sampler excludes it row by row, which takes longer than everything else together.
    """
    generator = np.random.default_rng(seed)
    size = len(corpus.vocabulary)
    start = (generator.random((size, DIMENSIONS)) - 0.5) / DIMENSIONS
    params = {"w": start.astype(np.float32), "w_out": np.zeros((size, DIMENSIONS), np.float32)}
    cumulative = np.cumsum(sampling.unigram_distribution(corpus.counts, 0.75))
    adam = optimizers.Adam(lr=LR)
    for _ in range(epochs):
        centres, contexts = pairs(corpus, generator)
        total = 0.0
        for first in range(0, len(centres), BATCH):
            batch = slice(first, first + BATCH)
            drawn = generator.random((len(centres[batch]), NEGATIVES))
            negatives = np.minimum(np.searchsorted(cumulative, drawn), size - 1)
            h, cache = sampling.embedding_forward(params["w"], centres[batch])
            loss, dh, dw_out = sampling.negative_sampling_loss(
                h, params["w_out"], contexts[batch], negatives
            )
            dw = sampling.embedding_backward(dh, cache)
            params = adam.step(params, {"w": dw, "w_out": dw_out})
            total += float(loss) * len(h)
        yield total / len(centres), params["w"]


def neighbours(word: str, corpus: Corpus, vectors: Array, top: int = 6) -> list[tuple[str, float]]:
    """The words whose vectors point most nearly the same way, with their cosines."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    here = corpus.vocabulary.index(word)
    cosines = unit @ unit[here]
    order = [int(v) for v in np.argsort(-cosines) if v != here]
    return [(corpus.vocabulary[v], float(cosines[v])) for v in order[:top]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, print and draw."""
    options = parser("Word vectors from seven plays.")
    options.add_argument("--epochs", type=int, default=12)
    options.add_argument("--words", type=int, help="take the first so many words only")
    chosen = options.parse_args(arguments)

    corpus = Corpus.of(spoken_words()[: chosen.words])
    print(f"{len(corpus.ids):,} words, {len(corpus.vocabulary):,} different ones")
    sampling, optimizers = code_of("19", chosen.code), code_of("09", chosen.code)
    epochs = train(corpus, sampling, optimizers, chosen.epochs, chosen.seed)
    for epoch, (loss, after) in enumerate(epochs, start=1):
        print(f"epoch {epoch:2}  loss {loss:.3f}", flush=True)
        vectors = after

    groups = {}
    print()
    for word in (word for word in ASKED if word in corpus.vocabulary):
        found = neighbours(word, corpus, vectors)
        groups[word] = [near for near, _ in found[:4]]
        print(f"{word:8}{', '.join(f'{near} {cosine:.2f}' for near, cosine in found)}")
    plane(groups, corpus.vocabulary, vectors, chosen.pictures / "word2vec.png")


if __name__ == "__main__":
    main()
