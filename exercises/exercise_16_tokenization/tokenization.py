"""Exercise 16: from text to ids, by words and by byte-pair encoding, in plain Python.

Read README.md first: it has the rules, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-16`.
"""

from __future__ import annotations

# "python" hands your functions plain numbers, texts and lists, and expects the same back.
BACKEND = "python"


def preprocess(text: str) -> tuple[list[int], dict[str, int], list[str]]:
    """Number the words of a text.

    Args:
        text: any text, of T words, V of them different; T may be 0.

    Returns:
        ids: the ids of the words in the order of the text, length T.
        word_to_id: the id of each word, V entries. Ids are given in order of first appearance.
        id_to_word: the word of each id, length V.
    """
    raise NotImplementedError("preprocess")


def one_hot(ids: list[int], size: int) -> list[list[float]]:
    """Write each id as a row of zeros with a single 1.

    Args:
        ids: length N, each from 0 to size - 1; N may be 0.
        size: how many different ids there are.

    Returns:
        rows: N lists of `size` numbers each.
    """
    raise NotImplementedError("one_hot")


def train_bpe(text: str, merges_wanted: int) -> list[tuple[int, int]]:
    """Learn byte-pair merges from a text.

    Args:
        text: what to learn from; may be empty.
        merges_wanted: how many merges to learn at most; 0 or more.

    Returns:
        merges: the pairs (left, right) of ids in the order in which they were merged, as tuples or
            as lists of two. Merge number k made the id 256 + k. There are fewer than
            `merges_wanted` if no pair occurs twice any more.
    """
    raise NotImplementedError("train_bpe")


def encode(text: str, merges: list[tuple[int, int]]) -> list[int]:
    """Turn a text into ids.

    Args:
        text: any text, also one that `merges` were not learnt from.
        merges: as `train_bpe` returns them, a list of tuples.

    Returns:
        ids: each from 0 to 255 + len(merges).
    """
    raise NotImplementedError("encode")


def decode(ids: list[int], merges: list[tuple[int, int]]) -> str:
    """Turn ids back into text.

    Args:
        ids: any ids from 0 to 255 + len(merges), in any order; may be empty.
        merges: as `train_bpe` returns them, a list of tuples.

    Returns:
        text: what the bytes of all ids together say in UTF-8, with U+FFFD for what is no character.
    """
    raise NotImplementedError("decode")
