"""What exercise 23 checks: analogies, ranks and their correlation, and paths in a thesaurus."""

import numpy as np

from grader.spec import (
    Dim,
    booleans,
    check,
    derived,
    dimension,
    domain,
    holds,
    integers,
    permutation,
    same,
    special,
    values,
)

FORBIDDEN = {
    "scipy.stats": "ranks and their correlation are what this exercise is about",
    "scipy.spatial": "write the cosine yourself",
    "sklearn": "write the cosine yourself",
    "torch.nn": "write the cosine yourself",
    "networkx": "finding the shortest path is what this exercise is about",
    "nltk": "finding the shortest path is what this exercise is about",
}

EQUIVALENT_MUTANTS = {
    "analogy: … → ids = xp.argsort(scores, descending=True, )": (
        "a stable sort is the default of the array API"
    ),
    "analogy: … → return ids[(ids != a) * (ids != b) & (ids != c)][:top]": (
        "the product of two truth values is their conjunction"
    ),
    "analogy: … → return ids[(ids != a) & (ids != b) * (ids != c)][:top]": (
        "the product of two truth values is their conjunction"
    ),
    "analogy_accuracy: … → …vectors, 2)[0]) == int(d)": "the first of two words is the same one",
    "analogy_accuracy: … → …vectors, None)[0]) == int(d)": "the first of all words is the same one",
    "analogy_accuracy: … → …vectors, 1)[ -1]) == int(d)": "the first of one word is also the last",
    "analogy_accuracy: … → …vectors, 1)[0]) is int(d)": (
        "Python keeps one object for each small integer, so that identity is equality"
    ),
    "ranks: … → smaller = xp.sum(xp.astype(…, None), axis=1)": (
        "None stands for float64, which the inputs have"
    ),
    "ranks: … → equal = xp.sum(xp.astype(…, None), axis=1)": (
        "None stands for float64, which the inputs have"
    ),
    "ranks: … → equal = xp.sum(…, x.dtype), axis= 0)": "the table of equal numbers is symmetric",
    "spearman: … → dx = ranks(x) - (x.shape[ -1] + 1) / 2": "the array has one axis",
    "spearman: … → dy = ranks(y) - (y.shape[ -1] + 1) / 2": "the array has one axis",
    "spearman: … → …xp.where(spread != 0, …": "a root is never negative",
    "spearman: … → …xp.ones_like(None))": "NumPy makes a 1 of it as well",
    "_unit_rows: … → …xp.where(lengths != 0, …": "lengths are never negative",
    "_unit_rows: … → …xp.ones_like(None))": "NumPy makes a 1 of it as well",
}

V, D, T = Dim("V", 5, 8), Dim("D", 2, 4), Dim("T", 1, 4)
N, P, Q = Dim("N", 4, 9), Dim("P", 5, 8), Dim("Q", 3, 6)


#: Whole numbers, so that a counterexample is easy to follow.
whole_rows = integers(V, D, low=-9, high=10)
as_vectors = derived(lambda case: case.rows.astype(np.float64))


def _unit(vectors):
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def _by_score(vectors, a, b, c):
    """All other ids by falling score, and the scores of all words; no ties."""
    unit = _unit(vectors)
    scores = unit @ (unit[b] - unit[a] + unit[c])
    return [int(w) for w in np.argsort(-scores) if w not in (a, b, c)], scores


def _are_apart(numbers, margin=0.02):
    return bool(np.all(np.diff(np.sort(numbers)) > margin))


def _no_row_is_zero(case):
    return bool(np.linalg.norm(case.vectors, axis=1).min() > 0)


def _scores_are_apart(case):
    return _no_row_is_zero(case) and _are_apart(_by_score(case.vectors, case.a, case.b, case.c)[1])


vocabularies = domain(
    words=permutation(V),
    rows=whole_rows,
    vectors=as_vectors,
    a=derived(lambda case: int(case.words[0])),
    b=derived(lambda case: int(case.words[1])),
    c=derived(lambda case: int(case.words[2])),
    top=dimension(T),
    where=_scores_are_apart,
)


def _asked(case):
    """Questions with the best answer where `flags` says so, and with the second best elsewhere."""
    rows = []
    for (a, b, c), flag in zip(case.starts.tolist(), case.flags.tolist(), strict=True):
        ids, _ = _by_score(case.vectors, a, b, c)
        rows.append([a, b, c, ids[0] if flag else ids[1]])
    return np.array(rows, dtype=np.int64)


def _answers_are_clear(case):
    if not _no_row_is_zero(case):
        return False
    for a, b, c, _ in case.questions.tolist():
        ids, scores = _by_score(case.vectors, a, b, c)
        if scores[ids[0]] - scores[ids[1]] < 0.02:
            return False
    return True


tests = domain(
    rows=whole_rows,
    vectors=as_vectors,
    starts=integers(Q, 3, high=V),
    flags=booleans(Q),
    questions=derived(_asked),
    where=_answers_are_clear,
)


def _vocabulary(a, b, c, vectors, top):
    return dict(a=a, b=b, c=c, vectors=np.array(vectors, dtype=float), top=top)


ROYAL = [[1, 0, 4], [0, 3, 4], [3, 0, 4], [4, 2, 1], [5, -1, 0], [0, 1, -1]]
LONG = [[8, 0, 32], *ROYAL[1:]]


@check(
    task="analogy",
    points=1,
    cases=vocabularies,
    special=[
        special("man, king and woman", lambda: _vocabulary(0, 2, 1, ROYAL, 3)),
        special("a long vector", lambda: _vocabulary(0, 2, 1, LONG, 3)),
    ],
)
def analogy_order(student, case):
    """analogy lists the other words by cos(w, b) - cos(w, a) + cos(w, c), the best first"""
    ids = student.analogy(case.a, case.b, case.c, case.vectors, case.top)
    lengths = 1.0 + np.arange(len(case.vectors))
    longer = case.vectors * lengths[:, None]
    return [
        values(ids=ids),
        same(
            student.analogy(case.a, case.b, case.c, longer, case.top),
            ids,
            because="the lengths of the vectors do not matter",
        ),
    ]


SQUARE = [[2, 0], [0, 1], [-3, 0], [0, -1], [4, 0], [0, 5], [-1, 0], [0, -2]]
EMPTY = [[0, 2], [3, 0], [0, 0], [-4, 0], [0, -1], [5, 0]]


@check(
    task="analogy",
    points=1,
    special=[
        special("equal scores", lambda: _vocabulary(0, 1, 3, SQUARE, 5)),
        special("a tie at the end of the list", lambda: _vocabulary(7, 0, 5, SQUARE, 3)),
        special(
            "a tie with a word of the question",
            lambda: _vocabulary(3, 4, 1, [[0, 3], [2, 0], [0, 1], [-1, 0], [0, 2], [4, 0]], 2),
        ),
        special("one word wanted", lambda: _vocabulary(2, 1, 4, SQUARE, 1)),
        special("more wanted than there are", lambda: _vocabulary(1, 4, 6, SQUARE, 20)),
        special("b and c are the same word", lambda: _vocabulary(3, 4, 4, SQUARE, 9)),
        special("a and c are the same word", lambda: _vocabulary(5, 0, 5, SQUARE, 9)),
        special("a and b are the same word", lambda: _vocabulary(6, 6, 1, SQUARE, 9)),
        special("three times the same word", lambda: _vocabulary(5, 5, 5, SQUARE, 9)),
        special("a zero vector among others", lambda: _vocabulary(0, 1, 4, EMPTY, 9)),
        special("a zero vector as a", lambda: _vocabulary(2, 5, 0, EMPTY, 9)),
        special("zero vectors only", lambda: _vocabulary(1, 3, 0, [[0, 0]] * 6, 9)),
        special("vectors of one number", lambda: _vocabulary(0, 1, 3, [[1], [2], [-1], [3]], 2)),
    ],
)
def analogy_ties_and_zeros(student, case):
    """analogy lists the smaller id first among equals, and takes rows of zeros"""
    return values(ids=student.analogy(case.a, case.b, case.c, case.vectors, case.top))


@check(
    task="analogy_accuracy",
    points=1,
    cases=tests,
    special=[
        special(
            "one question",
            lambda: dict(questions=np.array([[0, 1, 4, 5]]), vectors=np.array(SQUARE, dtype=float)),
        ),
        special(
            "a word of the question as the answer",
            lambda: dict(
                questions=np.array([[0, 1, 2, 2], [7, 4, 1, 5], [3, 1, 4, 4], [3, 1, 4, 5]]),
                vectors=np.array(SQUARE, dtype=float),
            ),
        ),
        special(
            "all wrong",
            lambda: dict(
                questions=np.array([[0, 1, 4, 3], [5, 1, 0, 2]]),
                vectors=np.array(SQUARE, dtype=float),
            ),
        ),
    ],
)
def analogy_accuracy_share(student, case):
    """analogy_accuracy is the share of questions whose first answer is right"""
    accuracy = student.analogy_accuracy(case.questions, case.vectors)
    twice = np.concatenate([case.questions, case.questions[::-1]])
    return [
        values(accuracy=accuracy),
        same(
            student.analogy_accuracy(twice, case.vectors),
            accuracy,
            because="asking every question twice leaves the share as it is",
        ),
    ]


def _all_differ(case):
    return all(len(set(x.tolist())) == len(x) for x in (case.x, case.y))


def _half(name):
    return derived(lambda case: getattr(case, name) / 2)


lists = domain(
    levels=integers(N, low=-20, high=21),
    marks=integers(N, low=-20, high=21),
    x=_half("levels"),
    y=_half("marks"),
    order=permutation(N),
    where=_all_differ,
)


def _have_ties(case):
    """Whether both lists have an equal pair, and neither is constant or all different."""
    return all(1 < len(set(x.tolist())) < len(x) for x in (case.x, case.y))


tied = domain(
    levels=integers(N, low=-3, high=4, repeats=True),
    marks=integers(N, high=4, repeats=True),
    x=_half("levels"),
    y=_half("marks"),
    where=_have_ties,
)


def _list(*numbers):
    return dict(x=np.array(numbers, dtype=float))


def _lists(x, y):
    return dict(x=np.array(x, dtype=float), y=np.array(y, dtype=float))


@check(task="ranks", points=1, cases=lists, count=4)
def ranks_of_different_numbers(student, case):
    """ranks counts from 1, the smallest number, in the order of x"""
    found = student.ranks(case.x)
    return [
        values(ranks=found),
        same(
            student.ranks(-case.x),
            len(case.x) + 1 - found,
            because="changing all signs turns the ranks round: together they make N + 1",
        ),
    ]


@check(
    task="ranks",
    points=1,
    cases=tied,
    count=4,
    special=[
        special("two equal numbers", lambda: _list(7, 3, 7, 9)),
        special("all equal", lambda: _list(0.5, 0.5, 0.5, 0.5)),
        special("one number", lambda: _list(-2)),
        special("two groups", lambda: _list(4, -1, 4, 4, -1)),
        special("almost equal", lambda: _list(1, 1 + 1e-6, 1, 1 - 1e-6)),
        special("very large and very small", lambda: _list(1e30, -1e30, 1e-30, 0, 1e30)),
    ],
)
def ranks_of_equal_numbers(student, case):
    """ranks gives equal numbers the mean of the ranks that they take up"""
    found = student.ranks(case.x)
    n = len(case.x)
    return [
        values(ranks=found),
        same(found.sum(), n * (n + 1) / 2, because="ties leave the sum of all ranks as it is"),
    ]


@check(
    task="spearman",
    points=1,
    cases=lists,
    special=[
        special("two numbers", lambda: dict(_lists([1, 5], [3, -2]), order=np.array([1, 0]))),
        special(
            "one number far away",
            lambda: dict(_lists([1, 2, 3, 4], [2, 1, 3, 1e6]), order=np.array([3, 0, 2, 1])),
        ),
    ],
)
def spearman_without_ties(student, case):
    """spearman is Pearson's correlation of the ranks"""
    rho = student.spearman(case.x, case.y)
    return [
        values(rho=rho),
        same(
            student.spearman(np.exp(case.x), -case.y),
            -rho,
            because="only the order counts, and the opposite order changes the sign",
        ),
        same(
            student.spearman(case.y[case.order], case.x[case.order]),
            rho,
            because="it is symmetric, and any order of the pairs will do",
        ),
    ]


@check(
    task="spearman",
    points=1,
    cases=tied,
    special=[
        special("x is constant", lambda: _lists([2, 2, 2], [1, 5, 3])),
        special("y is constant", lambda: _lists([4, 1, 2, 3], [0, 0, 0, 0])),
        special("both are constant", lambda: _lists([1, 1], [3, 3])),
        special("one number", lambda: _lists([1], [2])),
        special("the same ties on both sides", lambda: _lists([1, 2, 2, 5], [3, 4, 4, 9])),
        special("two values", lambda: _lists([0, 1, 1, 0, 1], [5, 6, 5, 5, 6])),
    ],
)
def spearman_with_ties(student, case):
    """spearman is right with ties, and 0 for constants"""
    return values(rho=student.spearman(case.x, case.y))


def _products(case, rows):
    return np.sum(rows[case.pairs[:, 0]] * rows[case.pairs[:, 1]], axis=1)


def _pairs_are_apart(case):
    """Whether neither the cosines nor the dot products of the pairs have ties."""
    return (
        _no_row_is_zero(case)
        and _are_apart(_products(case, _unit(case.vectors)), 0.005)
        and _are_apart(_products(case, case.vectors))
        and len(set(case.levels.tolist())) > 1
    )


judged = domain(
    rows=whole_rows,
    vectors=as_vectors,
    pairs=integers(P, 2, high=V),
    levels=integers(P, high=21, repeats=True),
    judgments=_half("levels"),
    where=_pairs_are_apart,
)

AXES = [[3.0, 0], [0, 0], [0, 2], [-1, 0], [0, 0.5], [5, 0]]


#: Six pairs whose order by cosines differs from that by any other product of their vectors.
UNEQUAL = [[0.0, 5.0], [5.0, 2.0], [1.0, -1.0], [4.0, 0.0]]
EACH = [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]


def _judged(pairs, judgments, vectors=AXES):
    return dict(pairs=np.array(pairs), judgments=np.array(judgments), vectors=np.array(vectors))


@check(
    task="word_similarity_score",
    points=1,
    cases=judged,
    special=[
        special(
            "vectors of different lengths",
            lambda: _judged(EACH, [2.0, 3.5, 0.5, 6.5, 8.0, 5.0], UNEQUAL),
        ),
        special(
            "a word without a vector",
            lambda: _judged([[0, 1], [0, 3], [2, 4], [1, 2]], [4.0, 1.5, 8.0, 2.0]),
        ),
        special("equal cosines", lambda: _judged([[0, 5], [2, 4], [0, 2]], [9.0, 7.5, 1.0])),
        special("judgments that are all equal", lambda: _judged([[0, 5], [0, 2]], [3.0, 3.0])),
        special("a word and itself", lambda: _judged([[3, 3], [4, 0], [5, 3]], [10.0, 2.5, 4.0])),
    ],
)
def word_similarity_score_values(student, case):
    """word_similarity_score is Spearman's correlation of judgments and cosines"""
    score = student.word_similarity_score(case.pairs, case.judgments, case.vectors)
    lengths = 2.0 ** (np.arange(len(case.vectors)) % 3)
    longer = case.vectors * lengths[:, None]
    return [
        values(score=score),
        same(
            student.word_similarity_score(case.pairs[:, ::-1].copy(), case.judgments, longer),
            score,
            because="neither the order of two words nor the lengths of the vectors matter",
        ),
    ]


def _graph(case):
    """Hypernyms for each word among the words before it in `order`, mostly close before it."""
    order, picks = case.order.tolist(), case.picks.tolist()
    parents = [[] for _ in order]
    for place in range(1, len(order)):
        how_many, near, other = picks[place]
        if how_many == 0 and place > 1:
            continue
        chosen = [place - 1 - near % min(place, 2)]
        if how_many > 5 and place > 1:
            second = other % (place - 1)
            chosen.append(second + (second >= chosen[0]))
        parents[order[place]] = [order[index] for index in chosen]
    return parents


W = Dim("W", 3, 9)

graphs = domain(
    order=permutation(W),
    picks=integers(W, 3, high=12),
    parents=derived(_graph),
    a=derived(lambda case: int(case.order[-1])),
    b=derived(lambda case: int(case.order[(len(case.order) - 1) // 2])),
)


def _words(parents, a, b):
    return dict(parents=parents, a=a, b=b)


TREE = [[], [0], [1], [2], [2], [0], [5]]


@check(task="path_similarity", points=1, cases=graphs)
def path_similarity_values(student, case):
    """path_similarity is 1 / (1 + length of the shortest way over a common hypernym)"""
    similarity = student.path_similarity(case.parents, case.a, case.b)
    return [
        values(similarity=similarity),
        same(
            student.path_similarity(case.parents, case.b, case.a),
            similarity,
            because="the way back is as long",
        ),
        same(
            student.path_similarity(case.parents, case.a, case.a),
            1.0,
            because="a word is as near to itself as can be",
        ),
    ]


@check(
    task="path_similarity",
    points=1,
    special=[
        special("two words with one hypernym", lambda: _words(TREE, 3, 4)),
        special("a word and its hypernym", lambda: _words(TREE, 3, 2)),
        special("a word and the root", lambda: _words(TREE, 0, 4)),
        special("the root and itself", lambda: _words(TREE, 0, 0)),
        special("words far apart", lambda: _words(TREE, 6, 3)),
        special("a single word", lambda: _words([[]], 0, 0)),
        special("two roots", lambda: _words([[], [], [0], [1], [1]], 2, 3)),
        special("a common word below", lambda: _words([[], [], [0, 1]], 0, 1)),
        special(
            "a shorter way over a word below",
            lambda: _words([[], [0], [0], [1], [2], [3, 4]], 4, 3),
        ),
        special("the second hypernym is nearer", lambda: _words([[1], [2], [], [0, 2]], 2, 3)),
        special("the second hypernym is common", lambda: _words([[], [], [0, 1], [1]], 3, 2)),
        special(
            "the deepest common hypernym is not on the way",
            lambda: _words([[], [0], [1], [2], [3], [4, 0], [4, 0]], 6, 5),
        ),
        special(
            "the deepest common hypernym is far from one word",
            lambda: _words([[], [0], [1], [2], [3], [4], [5, 0], [2, 0]], 6, 7),
        ),
        special(
            "two ways up to the same word",
            lambda: _words([[], [0], [1], [2, 0], [3], [0]], 4, 5),
        ),
        special(
            "a longer way first",
            lambda: _words([[], [0], [1], [0, 2], [2, 0], [3, 4]], 5, 0),
        ),
        special("three hypernyms", lambda: _words([[], [], [], [0, 1, 2], [2]], 3, 4)),
    ],
)
def path_similarity_of_special_graphs(student, case):
    """path_similarity follows every hypernym, upwards only, and is 0 without a common one"""
    similarity = student.path_similarity(case.parents, case.a, case.b)
    return [
        values(similarity=similarity),
        holds(0 <= similarity <= 1, because="the similarity lies between 0 and 1"),
    ]
