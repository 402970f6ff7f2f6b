"""What exercise 21 checks: n-grams, their buckets, sums and gradients, and nearest words."""

import numpy as np

from grader.spec import (
    Dim,
    check,
    choice,
    derived,
    dimension,
    domain,
    gradients,
    holds,
    integers,
    permutation,
    reals,
    same,
    special,
    values,
)

FORBIDDEN = {
    "torch.autograd": "the backward pass is what this exercise is about",
    ".backward": "the backward pass is what this exercise is about",
    "torch.nn": "add up the rows and compare the vectors yourself",
    "gensim": "subword vectors are what this exercise is about",
    "fasttext": "subword vectors are what this exercise is about",
}

_CPU = "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
_COUNTS = "whole numbers times the floating-point table give the table's kind of numbers"

EQUIVALENT_MUTANTS = {
    "_counts: … → …dtype=None, device=device(table))": _COUNTS,
    "_counts: … → …xp.asarray(rows, device=device(table))": _COUNTS,
    "_counts: … → …dtype=table.dtype, device=None)": _CPU,
    "_counts: … → …dtype=table.dtype, )": _CPU,
    "word_vector: … → return out[ -1, :]": "out has one row",
    "nearest_words: … → …xp.where(lengths != 0, lengths, …": "lengths are not negative",
    "nearest_words: … → …xp.argsort(-cosines, )[:top]": "sorting is stable unless told otherwise",
    "nearest_words: … → …xp.take(cosines, order, axis= -1)": "the array has one axis",
    "nearest_words: … → …xp.take(cosines, order, axis=None)": "the array has one axis",
    "nearest_words: … → …xp.take(cosines, order, )": "the array has one axis",
}

ALPHABET = "abé한"
WORDS = ("a", "cat", "cats", "été", "played", "player", "한국어", "banana", "replay", "I")

L, N, V = Dim("L", 1, 7), Dim("N", 2, 4), Dim("V", 2, 5)
B, D, T = Dim("B", 2, 17), Dim("D", 1, 5), Dim("T", 1, 3)

_lengths = dict(
    low=choice(2, 3, 1),
    more=choice(1, 0, 2),
    high=derived(lambda case: case.low + case.more),
)

single_words = domain(
    letters=integers(L, high=len(ALPHABET), repeats=True),
    word=derived(lambda case: "".join(ALPHABET[letter] for letter in case.letters)),
    **_lengths,
)

ascii_ngrams = domain(
    letters=integers(L, high=len("ab<>zW")),
    ngram=derived(lambda case: "".join("ab<>zW"[letter] for letter in case.letters)),
    buckets=choice(10, 97, 1000, 2_000_000),
)

one_word = domain(word=choice(*WORDS), table=reals(B, D), **_lengths)

batches = domain(
    chosen=integers(N, high=len(WORDS), repeats=True),
    words=derived(lambda case: [WORDS[number] for number in case.chosen]),
    table=reals(B, D),
    dout=reals(N, D),
    **_lengths,
)


def _vector(word, table, low, high):
    """The vector of a word; for choosing cases."""
    marked = f"<{word}>"
    lengths = {*range(low, high + 1), len(marked)}
    ngrams = [marked[i : i + n] for n in lengths for i in range(len(marked) - n + 1)]
    total = np.zeros(table.shape[1])
    for ngram in ngrams:
        number = 2166136261
        for byte in ngram.encode():
            number = (number ^ byte) * 16777619 % 2**32
        total = total + table[number % len(table)]
    return total


def _cosines_are_apart(case):
    """Whether no vector is short and no two words are about equally similar to the query."""
    words = [case.word, *case.vocabulary]
    vectors = np.array([_vector(word, case.table, case.low, case.high) for word in words])
    lengths = np.linalg.norm(vectors, axis=1)
    if lengths.min() < 0.2:
        return False
    cosines = np.sort((vectors[1:] @ vectors[0]) / lengths[1:] / lengths[0])
    return bool(np.all(np.diff(cosines) > 0.02))


unknown_words = domain(
    order=permutation(len(WORDS)),
    size=dimension(V),
    word=derived(lambda case: WORDS[case.order[0]]),
    vocabulary=derived(lambda case: [WORDS[place] for place in case.order[1 : case.size + 1]]),
    table=reals(B, Dim("D", 2, 5)),
    top=dimension(T),
    where=_cosines_are_apart,
    **_lengths,
)


def _word(word, low, high):
    return {"word": word, "low": low, "high": high}


def _table(*rows):
    return np.array(rows, dtype=float)


def _nearest(word, vocabulary, table, low, high, top):
    return {"vocabulary": vocabulary, "table": table, "top": top, **_word(word, low, high)}


@check(
    task="character_ngrams",
    points=1,
    cases=single_words,
    count=4,
    special=[
        special("the example of the paper", lambda: _word("where", 3, 3)),
        special("an n-gram that comes twice", lambda: _word("banana", 2, 4)),
        special("letters of more than one byte", lambda: _word("été한", 2, 3)),
    ],
)
def character_ngrams_of_a_word(student, case):
    """character_ngrams lists all pieces of <word> that have the lengths asked for"""
    ngrams = student.character_ngrams(case.word, case.low, case.high)
    marked = f"<{case.word}>"
    return [
        values(ngrams=ngrams),
        holds(
            all(ngram in marked for ngram in ngrams),
            because="every n-gram is a piece of the word between its marks",
        ),
    ]


@check(
    task="character_ngrams",
    points=1,
    special=[
        special("a word as long as the longest n-gram", lambda: _word("cat", 3, 5)),
        special("a word as long as the shortest n-gram", lambda: _word("cat", 5, 6)),
        special("a word one shorter than the shortest n-gram", lambda: _word("cat", 6, 7)),
        special("a word one longer than the longest n-gram", lambda: _word("cats", 3, 5)),
        special("a word of one letter", lambda: _word("a", 2, 4)),
        special("a word of one letter, much longer n-grams", lambda: _word("I", 8, 9)),
        special("n-grams of one character", lambda: _word("It", 1, 1)),
        special("one emoji", lambda: _word("😀", 2, 3)),
    ],
)
def character_ngrams_of_short_words(student, case):
    """character_ngrams holds the whole word exactly once, however short it is"""
    ngrams = student.character_ngrams(case.word, case.low, case.high)
    return [
        values(ngrams=ngrams),
        same(
            sum(ngram == f"<{case.word}>" for ngram in ngrams),
            1,
            because="the whole word, with its marks, is in the list exactly once",
        ),
    ]


@check(
    task="bucket",
    points=1,
    cases=ascii_ngrams,
    count=3,
    special=[
        special("one letter", lambda: {"ngram": "a", "buckets": 2**32}),
        special("the whole hash", lambda: {"ngram": "foobar", "buckets": 2**32}),
        special("two million buckets", lambda: {"ngram": "<where>", "buckets": 2_000_000}),
        special("more buckets than hashes", lambda: {"ngram": "her", "buckets": 2**32 + 15}),
        special("a single bucket", lambda: {"ngram": "her", "buckets": 1}),
    ],
)
def bucket_of_ascii_letters(student, case):
    """bucket returns the FNV-1a hash modulo the number of buckets"""
    return values(bucket=student.bucket(case.ngram, case.buckets))


@check(
    task="bucket",
    points=1,
    special=[
        special("an accent", lambda: {"ngram": "é", "buckets": 1000}),
        special("an accent and a mark", lambda: {"ngram": "<é", "buckets": 97}),
        special("Korean", lambda: {"ngram": "한국", "buckets": 2_000_000}),
        special("an emoji", lambda: {"ngram": "😀>", "buckets": 2**32}),
    ],
)
def bucket_of_other_letters(student, case):
    """bucket hashes the UTF-8 bytes of letters that are not ASCII"""
    return values(bucket=student.bucket(case.ngram, case.buckets))


@check(
    task="word_vector",
    points=1,
    cases=one_word,
    count=4,
    special=[
        special(
            "an n-gram that comes twice",
            lambda: {**_word("banana", 3, 3), "table": np.arange(22.0).reshape(11, 2)},
        ),
        special(
            "one bucket for everything", lambda: {**_word("cat", 2, 3), "table": _table([0.5, -2])}
        ),
        special(
            "a word that is its only n-gram",
            lambda: {**_word("I", 4, 6), "table": _table([1, 2], [3, 4], [5, 6])},
        ),
    ],
)
def word_vector_is_a_sum(student, case):
    """word_vector adds up the rows of all n-grams of the word"""
    vector = student.word_vector(case.word, case.table, case.low, case.high)
    ones = student.word_vector(case.word, np.ones_like(case.table), case.low, case.high)
    longest = len(case.word) + 2
    lengths = {*range(case.low, case.high + 1), longest}
    return [
        values(vector=vector),
        same(
            ones,
            np.full(
                case.table.shape[1],
                float(sum(max(longest - length + 1, 0) for length in lengths)),
            ),
            because="with a table of ones, every entry is the number of n-grams",
        ),
    ]


batch_cases = [
    special(
        "the same word three times",
        lambda: {
            "words": ["cat", "cat", "cat"],
            "table": np.arange(10.0).reshape(5, 2) - 4,
            "low": 3,
            "high": 3,
            "dout": _table([1, -2], [0.5, 4], [3, 0.25]),
        },
    ),
    special(
        "one bucket for everything",
        lambda: {
            "words": ["a", "banana"],
            "table": _table([0.5, -2.0, 1.0]),
            "low": 2,
            "high": 3,
            "dout": _table([1, -2, 0.5], [2, 1, -0.25]),
        },
    ),
    special(
        "one word",
        lambda: {
            "words": ["banana"],
            "table": np.arange(26.0).reshape(13, 2) / 4,
            "low": 3,
            "high": 4,
            "dout": _table([1.5, -2]),
        },
    ),
    special(
        "a long word and a short one",
        lambda: {
            "words": ["banana", "I"],
            "table": _table([5], [1], [-2], [0.5], [3], [-4], [7]),
            "low": 3,
            "high": 6,
            "dout": _table([2], [-0.5]),
        },
    ),
]


@check(task="word_vectors_forward", points=1, cases=batches, count=3, special=batch_cases)
def word_vectors_of_a_batch(student, case):
    """word_vectors_forward returns one vector for each word"""
    out, _ = student.word_vectors_forward(case.words, case.table, case.low, case.high)
    last = student.word_vector(case.words[-1], case.table, case.low, case.high)
    return [
        values(out=out),
        same(out[-1], last, because="the last row is what word_vector gives for the last word"),
    ]


@check(
    task="word_vectors_backward",
    points=2,
    cases=batches,
    count=4,
    special=batch_cases,
    requires=[word_vectors_of_a_batch],
)
def word_vectors_gradients(student, case):
    """word_vectors_backward returns the gradient for the table"""
    out, cache = student.word_vectors_forward(case.words, case.table, case.low, case.high)
    dtable = student.word_vectors_backward(case.dout, cache)
    return [
        gradients(of=out, cotangent=case.dout, table=dtable),
        same(
            (case.table * dtable).sum(),
            (out * case.dout).sum(),
            because="out grows in proportion to the table, so table times dtable and out times "
            "dout have the same sum",
            scale=float(np.abs(out * case.dout).sum() + np.abs(case.table * dtable).sum()),
        ),
    ]


@check(task="nearest_words", points=1, cases=unknown_words, count=4)
def nearest_words_of_an_unknown_word(student, case):
    """nearest_words finds neighbours of a word that is not in the vocabulary"""
    lengths = (case.low, case.high)
    words, similarities = student.nearest_words(
        case.word, case.vocabulary, case.table, *lengths, case.top
    )
    known, _ = student.nearest_words(
        case.word, [case.word, *case.vocabulary], case.table, *lengths, case.top
    )
    return [
        values(words=words, similarities=similarities),
        holds(
            list(known) == list(words),
            because="putting the word itself into the vocabulary changes nothing",
        ),
    ]


#: With one number per vector, a similarity is 1, -1 or, where the number is 0, 0.
SIGNS = _table([1.0], [-1.0])


@check(
    task="nearest_words",
    points=1,
    special=[
        special(
            "all equally similar",
            lambda: _nearest("cat", ["play", "I", "cats", "été"], _table([2.0, 0.0]), 3, 4, 3),
        ),
        special(
            "equally similar, and the word itself among them",
            lambda: _nearest("I", ["play", "I", "cats"], _table([0.0, -3.0]), 2, 2, 2),
        ),
        special(
            "similarities of 1, 0 and -1",
            lambda: _nearest("cats", ["cat", "go", "a", "dog", "I"], SIGNS, 2, 2, 4),
        ),
        special(
            "a word with a zero vector",
            lambda: _nearest("go", ["cat", "a", "cats"], SIGNS, 2, 2, 3),
        ),
        special(
            "all letters",
            lambda: _nearest("cats", list("abcdefghijklmnopqrstuvwxyz"), SIGNS, 2, 2, 26),
        ),
        special(
            "tiny vectors",
            lambda: _nearest(
                "cat", ["a", "cats", "I"], 1e-6 * _table([1, 2], [3, -1], [-2, 1]), 3, 3, 2
            ),
        ),
        special(
            "more wanted than there are",
            lambda: _nearest("cat", ["I", "cat", "a"], _table([1, 2], [3, -1], [-2, 1]), 3, 3, 5),
        ),
    ],
)
def nearest_words_ties(student, case):
    """nearest_words keeps the order of the vocabulary among equals"""
    words, similarities = student.nearest_words(
        case.word, case.vocabulary, case.table, case.low, case.high, case.top
    )
    return values(words=words, similarities=similarities)
