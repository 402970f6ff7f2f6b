"""Reference solution of exercise 16: word ids, and byte-pair encoding on UTF-8 bytes.

Gage (1994); Sennrich, Haddow and Birch (2016), section 3.2. A token is a number from here on: 0 to
255 are the bytes, and merge number k makes the token 256 + k.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

#: A pair that occurs only once is not worth a merge.
LEAST_COUNT = 2

Pair = tuple[int, int]


def preprocess(text: str) -> tuple[list[int], dict[str, int], list[str]]:
    """text of T words → ids (T), word_to_id (V), id_to_word (V), by first appearance."""
    words = text.lower().replace(".", " . ").split()
    word_to_id: dict[str, int] = {}
    for word in words:
        if word not in word_to_id:
            word_to_id[word] = len(word_to_id)
    return [word_to_id[word] for word in words], word_to_id, list(word_to_id)


def one_hot(ids: list[int], size: int) -> list[list[float]]:
    """ids (N) → N rows of `size` numbers, with a 1 in column ids[n] of row n."""
    return [[1.0 if column == number else 0.0 for column in range(size)] for number in ids]


def train_bpe(text: str, merges_wanted: int) -> list[Pair]:
    """text → merges, at most `merges_wanted` (Sennrich and others 2016, algorithm 1, on bytes)."""
    counted = Counter(_words(text))
    words = [(list(word.encode("utf-8")), count) for word, count in counted.items()]
    merges: list[Pair] = []
    while len(merges) < merges_wanted:
        counts = _count_pairs(words)
        best = min(counts, key=lambda pair: (-counts[pair], pair), default=None)
        if best is None or counts[best] < LEAST_COUNT:
            break
        made = 256 + len(merges)
        words = [(_merge(ids, best, made), count) for ids, count in words]
        merges.append(best)
    return merges


def encode(text: str, merges: list[Pair]) -> list[int]:
    """text → ids; in each word, the earliest merge that is possible comes first."""
    ranks = {pair: rank for rank, pair in enumerate(merges)}
    return [number for word in _words(text) for number in _encode_word(word, ranks)]


def decode(ids: list[int], merges: list[Pair]) -> str:
    """ids → text: all bytes first, and then all of them at once as UTF-8."""
    tokens = [bytes([number]) for number in range(256)]
    for left, right in merges:
        tokens.append(tokens[left] + tokens[right])
    return b"".join(tokens[number] for number in ids).decode("utf-8", errors="replace")


def _words(text: str) -> list[str]:
    """The text, cut in front of every whitespace character."""
    return re.findall(r"\s\S*|\S+", text)


def _count_pairs(words: list[tuple[list[int], int]]) -> Counter[Pair]:
    """How often each pair of neighbours occurs, given words as ids with their counts."""
    counts: Counter[Pair] = Counter()
    for ids, count in words:
        for pair in pairwise(ids):
            counts[pair] += count
    return counts


def _merge(ids: list[int], pair: Pair, made: int) -> list[int]:
    """ids with `made` in place of each occurrence of `pair`, from left to right."""
    merged, position = [], 0
    while position < len(ids):
        if tuple(ids[position : position + 2]) == pair:
            merged.append(made)
            position += 2
        else:
            merged.append(ids[position])
            position += 1
    return merged


def _encode_word(word: str, ranks: dict[Pair, int]) -> list[int]:
    """One word's ids: as long as any pair has a rank, merge the one that ranks lowest."""
    ids = list(word.encode("utf-8"))
    while True:
        known = [pair for pair in pairwise(ids) if pair in ranks]
        if not known:
            return ids
        first = min(known, key=lambda pair: ranks[pair])
        ids = _merge(ids, first, 256 + ranks[first])
