"""What exercise 16 checks: word ids, one-hot rows, then training, encoding and decoding of BPE."""

from collections import Counter
from itertools import pairwise

import numpy as np

from grader.spec import (
    Dim,
    check,
    derived,
    dimension,
    domain,
    holds,
    integers,
    same,
    special,
    values,
)

FORBIDDEN = {
    "tokenizers": "byte-pair encoding is what this exercise is about",
    "sentencepiece": "byte-pair encoding is what this exercise is about",
    "tiktoken": "byte-pair encoding is what this exercise is about",
    "transformers": "byte-pair encoding is what this exercise is about",
}

EQUIVALENT_MUTANTS = {
    'train_bpe: … → …encode("UTF-8")), count)…': "Python knows this encoding by both names",
    '_encode_word: … → ids = list(word.encode("UTF-8"))': (
        "Python knows this encoding by both names"
    ),
    'decode: … → ….decode("UTF-8", errors="replace")': "Python knows this encoding by both names",
    'decode: … → ….decode(errors="replace")': "UTF-8 is what Python takes unless told otherwise",
    "train_bpe: … → while len(merges) != merges_wanted:": (
        "merges are added one by one, starting from none"
    ),
    "train_bpe: … → …(~counts[pair], pair)…": "~n is -n - 1, which sorts as -n does",
    "_merge: … → while position != len(ids):": (
        "a position moves on by two only where there are two ids"
    ),
}


def _replaced(ids, pair, made):
    """ids with `made` for every occurrence of `pair`; for making cases."""
    out = []
    for number in ids:
        out.append(number)
        if tuple(out[-2:]) == pair:
            out[-2:] = [made]
    return out


def _merges_at(text, places):
    """A list of merges for `text`, one for each number in `places` that gives a new pair.

    An odd number picks neighbours of what the merges so far make of the text, an even one
    neighbouring bytes, which an earlier merge may have used up.
    """
    spelt = ids = list(text.encode())
    merges = []
    for place in places:
        row = ids if place % 2 else spelt
        start = place // 2 % max(len(row) - 1, 1)
        pair = tuple(row[start : start + 2])
        if len(pair) == 2 and pair not in merges:
            ids = _replaced(ids, pair, 256 + len(merges))
            merges.append(pair)
    return merges


def _has_clear_winners(text, merges_wanted):
    """Whether each merge learnt from `text` is of a pair that occurs more often than any other."""
    words = [list(word.encode()) for word in text.replace(" ", "\n ").split("\n")]
    for number in range(merges_wanted):
        counts = Counter(pair for ids in words for pair in pairwise(ids))
        (best, most), (_, second) = [*counts.most_common(2), (None, 0), (None, 0)][:2]
        if most < 2 or most == second:
            return False
        words = [_replaced(ids, best, 256 + number) for ids in words]
    return True


def _pieces(pieces, numbers):
    return "".join(pieces[number] for number in numbers)


N, K = Dim("N", 2, 14), Dim("K", 2, 4)

WORDS = ("You", "you", "say", "Hello", "and", "x.y", "don't", "So,", "The", "end", "hello", "I")
GAPS = (" ", ". ", ".", "  ", "\n", " .", "...", "\t")


@check(
    task="preprocess",
    points=1,
    cases=domain(
        words=integers(N, high=len(WORDS), repeats=True),
        gaps=integers(N, high=len(GAPS)),
        text=derived(lambda case: "".join(WORDS[w] + GAPS[g] for w, g in _pairs(case))),
    ),
    special=[
        special("an empty text", lambda: {"text": ""}),
        special("nothing but whitespace", lambda: {"text": " \n "}),
        special("nothing but full stops", lambda: {"text": ".. ."}),
        special("a full stop inside", lambda: {"text": "v1.5 is .5 more than v1"}),
        special("other punctuation", lambda: {"text": "Oh! (Oh?) oh, Oh; don't: oh"}),
        special("capitals of other alphabets", lambda: {"text": "ÉTÉ été Ω ω\u3000É"}),
    ],
)
def preprocess_words(student, case):
    """preprocess numbers the words in the order in which they first appear"""
    ids, word_to_id, id_to_word = student.preprocess(case.text)
    return values(ids=ids, word_to_id=word_to_id, id_to_word=id_to_word)


def _pairs(case):
    return zip(case.words, case.gaps, strict=True)


V = Dim("V", 2, 7)


@check(
    task="one_hot",
    points=1,
    cases=domain(ids=integers(N, high=V, repeats=True), size=dimension(V)),
    count=3,
    special=[
        special("no ids", lambda: {"ids": [], "size": 3}),
        special("a vocabulary of one", lambda: {"ids": [0, 0], "size": 1}),
        special("large ids that do not occur", lambda: {"ids": [1, 0, 1], "size": 5}),
        special("a vocabulary of 300", lambda: {"ids": [299], "size": 300}),
    ],
)
def one_hot_rows(student, case):
    """one_hot gives each id a row with a single 1"""
    return values(rows=student.one_hot(case.ids, case.size))


L, T = Dim("L", 2, 6), Dim("T", 5, 16)


@check(
    task="train_bpe",
    points=1,
    cases=domain(
        first=integers(L, high=3),
        second=integers(L, high=3),
        order=integers(T, high=3),
        merges_wanted=dimension(K),
        text=derived(
            lambda case: " ".join(
                (_pieces("abc", case.first), _pieces("cba", case.second), "ab")[number]
                for number in case.order
            )
        ),
        where=lambda case: _has_clear_winners(case.text, case.merges_wanted),
    ),
    special=[
        special(
            "a word that occurs often", lambda: {"text": "ab ab ab ab bcbc", "merges_wanted": 2}
        ),
        special("capitals and full stops", lambda: {"text": "To. to. To. To.", "merges_wanted": 3}),
        special("Korean", lambda: {"text": "한할한함한 한할함", "merges_wanted": 3}),
        special("emoji", lambda: {"text": "😀😃😄🚀", "merges_wanted": 2}),
    ],
)
def train_bpe_merges(student, case):
    """train_bpe merges the most frequent pair of bytes or tokens, again and again"""
    merges = student.train_bpe(case.text, case.merges_wanted)
    fewer = student.train_bpe(case.text, case.merges_wanted - 1)
    return [
        values(merges=merges),
        same(merges[: len(fewer)], fewer, because="asking for fewer merges gives the first ones"),
    ]


#: A word of 273 bytes in which hardly any pair comes twice.
LONG = " " + "".join(map(chr, range(0x100, 0x188)))
LOWER = " ".join(["low"] * 5 + ["lower"] * 2 + ["newest"] * 6 + ["widest"] * 3)


@check(
    task="train_bpe",
    points=1,
    special=[
        special("three pairs, twice each", lambda: {"text": "cb cb ba ba", "merges_wanted": 3}),
        special("the same left id", lambda: {"text": "axay axay xa", "merges_wanted": 1}),
        special("the same right id", lambda: {"text": "zxyx zxyx", "merges_wanted": 1}),
        special("a byte and a token", lambda: {"text": "aabd aabd aa bdaa", "merges_wanted": 3}),
        special("a later byte first", lambda: {"text": "éa éa aé aé", "merges_wanted": 4}),
        special("the text of Sennrich and others", lambda: {"text": LOWER, "merges_wanted": 6}),
        special("more than 256 merges", lambda: {"text": 2 * LONG, "merges_wanted": 260}),
    ],
)
def train_bpe_ties(student, case):
    """train_bpe takes the smallest pair of those that occur most often"""
    return values(merges=student.train_bpe(case.text, case.merges_wanted))


@check(
    task="train_bpe",
    points=1,
    special=[
        special("a run of three", lambda: {"text": "aaa", "merges_wanted": 1}),
        special("a run of four", lambda: {"text": "aaaa", "merges_wanted": 1}),
        special("a run of nine", lambda: {"text": "aaaaaaaaa", "merges_wanted": 2}),
        special("runs against pairs", lambda: {"text": "bcbcbc aaaaa", "merges_wanted": 1}),
        special("runs of three", lambda: {"text": "baaabaaa aaa", "merges_wanted": 2}),
    ],
)
def train_bpe_runs(student, case):
    """train_bpe counts overlapping places, and merges them from left to right"""
    return values(merges=student.train_bpe(case.text, case.merges_wanted))


@check(
    task="train_bpe",
    points=1,
    special=[
        special("an empty text", lambda: {"text": "", "merges_wanted": 2}),
        special("one byte", lambda: {"text": "a", "merges_wanted": 2}),
        special("words of one byte", lambda: {"text": "a\nb", "merges_wanted": 2}),
        special("no merges wanted", lambda: {"text": "abab", "merges_wanted": 0}),
        special("every pair once", lambda: {"text": "abcd", "merges_wanted": 2}),
        special("three words of two", lambda: {"text": "ab ab ab", "merges_wanted": 99}),
        special("equal pairs in two words", lambda: {"text": "xab yab", "merges_wanted": 9}),
        special("pairs across words", lambda: {"text": "a\tb a\tb", "merges_wanted": 3}),
        special("two spaces", lambda: {"text": "a  b  a  b", "merges_wanted": 3}),
    ],
)
def train_bpe_stops(student, case):
    """train_bpe stops when no pair inside a word occurs twice"""
    return values(merges=student.train_bpe(case.text, case.merges_wanted))


M, P = Dim("M", 3, 24), Dim("P", 2, 7)
MANY = [(byte, 255 - byte) for byte in range(256)] + [(98, 99), (97, 512), (513, 513)]


@check(
    task="encode",
    points=1,
    cases=domain(
        letters=integers(M, high=3),
        places=integers(P, high=97),
        text=derived(lambda case: _pieces("abc", case.letters)),
        merges=derived(lambda case: _merges_at(case.text, case.places)),
    ),
    special=[
        special("no merges", lambda: {"text": "aé", "merges": []}),
        special("an empty text", lambda: {"text": "", "merges": [(97, 98)]}),
        special("one byte", lambda: {"text": "a", "merges": [(97, 97)]}),
        special(
            "a later pair on the left", lambda: {"text": "abc", "merges": [(98, 99), (97, 98)]}
        ),
        special("a run", lambda: {"text": "aaaaa", "merges": [(97, 97), (256, 256)]}),
        special("more than 256 merges", lambda: {"text": "abcabc", "merges": MANY}),
        special(
            "a longer piece of later merges",
            lambda: {"text": "abcdabc", "merges": [(97, 98), (98, 99), (97, 257), (258, 100)]},
        ),
        special(
            "the same bytes in two ways",
            lambda: {"text": "abcxabc", "merges": [(97, 98), (256, 99), (98, 99), (97, 258)]},
        ),
        special(
            "parts of a character", lambda: {"text": "é한", "merges": [(169, 237), (149, 156)]}
        ),
    ],
)
def encode_ranks(student, case):
    """encode makes the earliest possible merge first"""
    return values(ids=student.encode(case.text, case.merges))


SPACED = ("a", "b", "ab", " ", "\n", "  ", "B.", "é")


@check(
    task="encode",
    points=1,
    cases=domain(
        letters=integers(N, high=len(SPACED)),
        text=derived(lambda case: _pieces(SPACED, case.letters)),
    ),
    count=4,
    special=[
        special("a line break", lambda: {"text": "a\na b"}),
        special("two spaces", lambda: {"text": "b  b"}),
        special("spaces at both ends", lambda: {"text": " a "}),
        special("a wide space", lambda: {"text": "b\u3000b"}),
    ],
)
def encode_words(student, case):
    """encode merges inside words, which begin at every whitespace character"""
    merges = [(97, 32), (98, 10), (32, 32), (32, 98), (10, 97), (98, 227), (227, 128)]
    merges += [(97, 98), (256, 98), (262, 128)]
    ids = student.encode(case.text, merges)
    by_bytes = student.encode(case.text, [])
    behind = student.encode("\nabb", merges)
    both = student.encode(case.text + "\nabb", merges)
    return [
        values(ids=ids, ids_without_merges=by_bytes),
        same(both, np.array([*ids, *behind]), because="each word is encoded by itself"),
        holds(len(ids) <= len(by_bytes), because="merges never make a text longer"),
    ]


CHARACTERS = ("a", "é", "한", "😀", " ", "b")


@check(
    task="decode",
    points=1,
    cases=domain(
        characters=integers(M, high=len(CHARACTERS)),
        places=integers(P, high=97),
        text=derived(lambda case: _pieces(CHARACTERS, case.characters)),
        merges=derived(lambda case: _merges_at(case.text, case.places)),
        ids=derived(lambda case: _used(case.text, case.merges)),
    ),
    special=[
        special("no ids", lambda: {"ids": [], "merges": []}),
        special("a byte that begins nothing", lambda: {"ids": [97, 128, 98], "merges": []}),
        special("a character cut short", lambda: {"ids": [240, 159, 97, 237], "merges": []}),
        special("a byte that UTF-8 never uses", lambda: {"ids": [255, 97], "merges": []}),
        special("zero and 127", lambda: {"ids": [0, 127], "merges": []}),
        special(
            "merges of merges",
            lambda: {"ids": [258, 257, 98], "merges": [(98, 97), (256, 99), (257, 257)]},
        ),
        special("in any order", lambda: {"ids": [98, 256, 97, 256], "merges": [(97, 98)]}),
    ],
)
def decode_text(student, case):
    """decode joins the bytes of all ids before it reads them as text"""
    return [
        values(text=student.decode(case.ids, case.merges)),
        values(text_of_the_rest=student.decode(case.ids[1:], case.merges)),
    ]


def _used(text, merges):
    """The ids of a text after each merge in turn, across words; any ids can be decoded."""
    ids = list(text.encode())
    for number, pair in enumerate(merges):
        ids = _replaced(ids, pair, 256 + number)
    return ids


TEXTS = ("low", "er", "lower", " ", "\n", " new", "est", "é", "한국", "😀", ".", "  ", "Low")


@check(
    task="decode",
    points=1,
    cases=domain(
        chosen=integers(M, high=len(TEXTS)),
        text=derived(lambda case: _pieces(TEXTS, case.chosen)),
    ),
    special=[
        special("an empty text", lambda: {"text": ""}),
        special("nothing but whitespace", lambda: {"text": " \n\n \t "}),
        special("a flag and a family", lambda: {"text": "🇰🇷 👨‍👩‍👧\r\n"}),
    ],
    count=4,
)
def round_trip(student, case):
    """decode gives back every text that encode was given"""
    merges = [(108, 111), (256, 119), (101, 114), (32, 110), (149, 156), (259, 101)]
    merges += [(257, 258), (159, 152), (10, 108), (32, 237)]
    ids = student.encode(case.text, merges)
    text = student.decode(ids, merges)
    return [
        same(text, case.text, because="decode(encode(text)) is the text itself"),
        values(ids=ids),
    ]
