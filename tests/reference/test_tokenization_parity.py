"""Exercise 16's reference against the tokenizers package, and against counting by hand.

The package's tokens are texts, numbered by its alphabet and then in the order of the merges. Here
byte b is handed to it as the character U+0100 + b, so that its ids are ours. It gives two merges
that spell the same bytes one id, where ours are two; on the text used here that does not happen.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

from grader.judge.library import load_solution

MANY = settings(max_examples=200, derandomize=True, deadline=None, database=None)
BOOK = Path(__file__).parents[2] / "exercises" / "texts" / "shakespeare.txt"
MERGES = 300

Pair = tuple[int, int]

#: Few letters, so that pairs repeat; characters of one to four bytes; whitespace of two kinds.
texts = st.text(alphabet="ab é한😀\n", max_size=40)


@pytest.fixture(scope="module")
def solution() -> Any:
    return load_solution("exercise-16")


@pytest.fixture(scope="module")
def book() -> str:
    return BOOK.read_text(encoding="utf-8")[:200_000]


@pytest.fixture(scope="module")
def trained(book: str) -> tuple[Tokenizer, list[Pair]]:
    return train(book, MERGES)


def as_characters(text: str) -> str:
    """One character for each byte, in the order of the bytes."""
    return "".join(chr(0x100 + byte) for byte in text.encode("utf-8"))


def train(text: str, merges_wanted: int) -> tuple[Tokenizer, list[Pair]]:
    """What the package learns from a text: the tokenizer, and its merges as pairs of ids."""
    tokenizer = Tokenizer(models.BPE())
    gaps = as_characters(" \t\n\r")
    words = Regex(f"[{gaps}][^{gaps}]*|[^{gaps}]+")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(words, behavior="isolated")
    trainer = trainers.BpeTrainer(
        vocab_size=256 + merges_wanted,
        min_frequency=2,
        initial_alphabet=[chr(0x100 + byte) for byte in range(256)],
        special_tokens=[],
        show_progress=False,
    )
    tokenizer.train_from_iterator([as_characters(text)], trainer)
    ids = tokenizer.get_vocab()
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    return tokenizer, [(ids[left], ids[right]) for left, right in merges]


def spellings(merges: list[Pair]) -> list[bytes]:
    """The bytes of every id."""
    spelt = [bytes([byte]) for byte in range(256)]
    for left, right in merges:
        spelt.append(spelt[left] + spelt[right])
    return spelt


def cut(text: str) -> list[str]:
    words: list[str] = []
    for character in text:
        if character.isspace() or not words:
            words.append("")
        words[-1] += character
    return words


def test_merges_of_a_book_equal_the_package(
    solution: Any, book: str, trained: tuple[Tokenizer, list[Pair]]
) -> None:
    assert solution.train_bpe(book, 25) == trained[1][:25]
    part = book[:20_000]
    merges = solution.train_bpe(part, MERGES)
    assert merges == train(part, MERGES)[1]
    assert len(set(spellings(merges))) == 256 + MERGES


def test_encodings_of_a_book_equal_the_package(
    solution: Any, book: str, trained: tuple[Tokenizer, list[Pair]]
) -> None:
    tokenizer, merges = trained
    ids = solution.encode(book, merges)
    assert ids == tokenizer.encode(as_characters(book)).ids
    assert len(ids) < 0.5 * len(book)
    assert solution.decode(ids, merges) == book


@MANY
@given(text=texts)
def test_encodings_of_other_texts_equal_the_package(
    solution: Any, trained: tuple[Tokenizer, list[Pair]], text: str
) -> None:
    tokenizer, merges = trained
    assert solution.encode(text, merges) == tokenizer.encode(as_characters(text)).ids


@MANY
@given(text=texts, merges_wanted=st.integers(0, 8))
def test_small_trainings_equal_the_package(solution: Any, text: str, merges_wanted: int) -> None:
    merges = solution.train_bpe(text, merges_wanted)
    spelt = spellings(merges)
    if len(set(spelt)) == len(spelt):
        assert merges == train(text, merges_wanted)[1]


@MANY
@given(text=texts, merges_wanted=st.integers(1, 8))
def test_each_merge_is_the_most_frequent_pair(solution: Any, text: str, merges_wanted: int) -> None:
    """Counted in the text as it stands before the merge, word by word and place by place."""
    merges = solution.train_bpe(text, merges_wanted)
    for number in range(len(merges) + 1):
        counts: dict[Pair, int] = {}
        for word in cut(text):
            ids = solution.encode(word, merges[:number])
            for place in range(len(ids) - 1):
                pair = (ids[place], ids[place + 1])
                counts[pair] = counts.get(pair, 0) + 1
        most = max(counts.values(), default=0)
        if number < len(merges):
            assert most >= 2
            assert merges[number] == sorted(pair for pair in counts if counts[pair] == most)[0]
        else:
            assert len(merges) == merges_wanted or most < 2


@MANY
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=40), source=texts)
def test_every_text_comes_back(solution: Any, text: str, source: str) -> None:
    merges = solution.train_bpe(source + text, 10)
    ids = solution.encode(text, merges)
    assert solution.decode(ids, merges) == text
    lengths = [len(solution.encode(text, merges[:number])) for number in range(len(merges) + 1)]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] == len(text.encode("utf-8"))


@MANY
@given(data=st.binary(max_size=20))
def test_any_ids_can_be_decoded(solution: Any, data: bytes) -> None:
    assert solution.decode(list(data), []) == data.decode("utf-8", errors="replace")


@MANY
@given(text=st.text(alphabet="aB. \n\tÉ!", max_size=30), room=st.integers(0, 3))
def test_words_and_their_rows(solution: Any, text: str, room: int) -> None:
    ids, word_to_id, id_to_word = solution.preprocess(text)
    words = " . ".join(text.lower().split(".")).split()
    assert [id_to_word[number] for number in ids] == words
    assert [word_to_id[word] for word in id_to_word] == list(range(len(word_to_id)))
    firsts = [number for place, number in enumerate(ids) if number not in ids[:place]]
    assert firsts == list(range(len(id_to_word)))
    size = len(id_to_word) + room
    rows = solution.one_hot(ids, size)
    assert [len(row) for row in rows] == [size] * len(ids)
    assert all(sum(row) == row[number] == 1 for row, number in zip(rows, ids, strict=True))
