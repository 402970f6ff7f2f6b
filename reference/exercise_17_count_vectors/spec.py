"""What exercise 17 checks: counts, PPMI, short vectors, cosines, and the words most alike."""

import numpy as np

from grader.spec import (
    Dim,
    check,
    choice,
    dimension,
    domain,
    holds,
    integers,
    permutation,
    reals,
    same,
    special,
    values,
)

FORBIDDEN = {
    "torch.nn": "write the cosine similarity yourself",
    "scipy.spatial": "write the cosine similarity yourself",
    "sklearn": "counting, comparing and sorting are what this exercise is about",
}

EQUIVALENT_MUTANTS = {
    "co_occurrence: … → words = xp.arange(vocabulary_size, device=None)": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "co_occurrence: … → words = xp.arange(vocabulary_size, )": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "co_occurrence: … → rows = xp.astype(corpus[:, None] == words, None)…": (
        "None stands for float64 in NumPy"
    ),
    "ppmi: … → counts = xp.astype(counts, None)": "None stands for float64 in NumPy",
    "ppmi: … → seen, one = counts > -1, …": (
        "the logarithm is then nan or minus infinity where the count is 0, neither of which is "
        "greater than 0; only NumPy's warnings tell"
    ),
    "ppmi: … → seen, one = counts >= 0, …": (
        "the logarithm is then nan or minus infinity where the count is 0, neither of which is "
        "greater than 0; only NumPy's warnings tell"
    ),
    "ppmi: … → seen, one = counts != 0, …": "counts are never negative",
    "ppmi: … → return xp.where(pmi >= 0, …": "they differ where the pmi is 0, and so is the result",
    "truncated_svd: … → …full_matrices=True)": "the columns beyond min(V, C) are never used",
    "truncated_svd: … → …full_matrices=None)": "None is false, as before",
    "truncated_svd: … → u, s, _ = xp.linalg.svd(matrix, )": (
        "the columns beyond min(V, C) are never used"
    ),
    "cosine_similarity: … → …xp.where(lengths != 0, …": "lengths are never negative",
    "cosine_similarity: … → …xp.ones_like(None))": "NumPy makes a 1 of it as well",
    "most_similar: … → …descending=True, )": "a stable sort is the default of the array API",
}

N, V, W = Dim("N", 3, 10), Dim("V", 2, 6), Dim("W", 1, 3)
C, K, D, T = Dim("C", 2, 6), Dim("K", 1, 3), Dim("D", 2, 5), Dim("T", 1, 3)

texts = domain(
    corpus=integers(N, high=V, repeats=True),
    vocabulary_size=dimension(V),
    window=dimension(W),
    order=permutation(V),
)


def _is_telling(case):
    """Whether no word is without counts, and some pair is clearly more frequent than by chance."""
    rows, columns = case.counts.sum(axis=1), case.counts.sum(axis=0)
    if not (rows.all() and columns.all()):
        return False
    ratio = case.counts * case.counts.sum() / np.outer(rows, columns)
    return bool((ratio > 1.1).any() and (ratio < 0.9).any())


tables = domain(counts=integers(V, V, high=9), where=_is_telling)


def _is_clear_cut(case):
    """Whether k is possible and the singular values are clearly apart."""
    s = np.linalg.svd(case.matrix, compute_uv=False)
    return case.k <= len(s) and bool(np.all(np.diff(s) < -0.1) and s[-1] > 0.1)


matrices = domain(matrix=reals(V, C), k=dimension(K), where=_is_clear_cut)

pairs = domain(x=reals(D), y=reals(D))


def _cosines_are_apart(case):
    """Whether no vector is short and no two words are about equally similar to the query."""
    lengths = np.linalg.norm(case.vectors, axis=1)
    if case.query >= len(lengths) or lengths.min() < 0.2:
        return False
    unit = case.vectors / lengths[:, None]
    cosines = np.sort(np.delete(unit @ unit[case.query], case.query))
    return bool(np.all(np.diff(cosines) > 0.02))


vocabularies = domain(
    query=choice(0, 1, 2),
    vectors=reals(Dim("V", 3, 7), D),
    top=dimension(T),
    where=_cosines_are_apart,
)


def _text(corpus, vocabulary_size, window):
    return dict(
        corpus=np.array(corpus, dtype=np.int64), vocabulary_size=vocabulary_size, window=window
    )


def _words(query, vectors, top):
    return dict(query=query, vectors=np.array(vectors, dtype=float), top=top)


@check(task="co_occurrence", points=1, cases=texts)
def co_occurrence_counts(student, case):
    """co_occurrence counts the neighbours of every word"""
    size, window = case.vocabulary_size, case.window
    counts = student.co_occurrence(case.corpus, size, window)
    renamed = student.co_occurrence(case.order[case.corpus], size, window)
    n = len(case.corpus)
    return [
        values(counts=counts),
        same(counts, counts.T, because="if one word is near another, that one is near the first"),
        same(
            counts.sum(),
            2 * sum(max(n - distance, 0) for distance in range(1, window + 1)),
            because="every pair of positions up to window apart is counted once in each direction",
        ),
        same(
            renamed[case.order][:, case.order],
            counts,
            because="giving the words other ids only moves rows and columns",
        ),
    ]


@check(
    task="co_occurrence",
    points=1,
    special=[
        special("the same word again and again", lambda: _text([1, 1, 1, 1], 2, 2)),
        special("a word next to itself", lambda: _text([0, 2, 2, 1], 3, 1)),
        special("a window longer than the corpus", lambda: _text([2, 0, 1, 0], 3, 7)),
        special("a window as long as the corpus", lambda: _text([1, 0, 1], 2, 3)),
        special("words that do not occur", lambda: _text([1, 3, 1], 5, 1)),
        special("first and last word are the same", lambda: _text([1, 0, 2, 3, 1], 4, 2)),
        special("one word", lambda: _text([1], 2, 1)),
        special("no words", lambda: _text([], 2, 1)),
    ],
)
def co_occurrence_at_the_edges(student, case):
    """co_occurrence counts repeated words and takes any window"""
    return values(counts=student.co_occurrence(case.corpus, case.vocabulary_size, case.window))


@check(task="ppmi", points=1, cases=tables)
def ppmi_values(student, case):
    """ppmi says how much more often than by chance two words meet"""
    result = student.ppmi(case.counts)
    return [
        values(ppmi=result),
        holds(bool((result >= 0).all()), because="no value is negative"),
        same(
            student.ppmi(case.counts * 0.5),
            result,
            because="halving all counts changes nothing, since only shares matter",
        ),
        same(
            student.ppmi(case.counts.T.copy()).T,
            result,
            because="words and neighbours may change roles: a transposed table has the transposed "
            "result",
        ),
    ]


@check(
    task="ppmi",
    points=1,
    special=[
        special("a pair that was never seen", lambda: dict(counts=np.array([[0, 3], [5, 1]]))),
        special(
            "a word that does not occur",
            lambda: dict(counts=np.array([[2, 0, 1], [0, 0, 0], [5, 0, 1]])),
        ),
        special(
            "a word without neighbours, and one that is nobody's neighbour",
            lambda: dict(counts=np.array([[4, 0, 1], [1, 0, 6], [0, 0, 0]])),
        ),
        special("no counts at all", lambda: dict(counts=np.array([[0, 0], [0, 0]]))),
        special("words that avoid each other", lambda: dict(counts=np.array([[200, 1], [1, 100]]))),
        special(
            "words that have nothing to do with each other",
            lambda: dict(counts=4096.0 * np.array([[1, 2, 1], [1, 2, 1], [2, 4, 2]])),
        ),
        special("counts below 1", lambda: dict(counts=np.array([[0.25, 0.0625], [0.0, 0.125]]))),
    ],
)
def ppmi_zeros(student, case):
    """ppmi is 0 for pairs never seen, or seen less than by chance"""
    result = student.ppmi(case.counts)
    if not case.counts.any():
        return holds(not result.any(), because="a table without counts has a result of zeros")
    return values(ppmi=result)


matrix_cases = [
    special(
        "a square matrix that is not symmetric",
        lambda: dict(matrix=np.array([[1.0, 4.0], [0.0, 2.0]]), k=1),
    ),
    special(
        "a word with zeros only",
        lambda: dict(matrix=np.array([[3.0, 1.0], [0.0, 0.0], [-1.0, 2.0]]), k=2),
    ),
    special(
        "more numbers than the rank",
        lambda: dict(matrix=np.array([[3.0, 0.0, 4.0], [6.0, 0.0, 8.0], [0.0, 0.0, 0.0]]), k=2),
    ),
    special("one column", lambda: dict(matrix=np.array([[2.0], [-1.0], [0.5]]), k=1)),
]


@check(task="truncated_svd", points=1, cases=matrices, special=matrix_cases)
def truncated_svd_dot_products(student, case):
    """truncated_svd keeps the dot products of the best k terms"""
    vectors = student.truncated_svd(case.matrix, case.k)
    mirrored = student.truncated_svd(case.matrix[:, ::-1].copy(), case.k)
    dot_products = vectors @ vectors.T
    return [
        values(dot_products=dot_products),
        same(
            mirrored @ mirrored.T,
            dot_products,
            because="the order of the columns of the matrix has no say in dot products of its rows",
        ),
    ]


@check(task="truncated_svd", points=1, cases=matrices, special=matrix_cases)
def truncated_svd_columns(student, case):
    """truncated_svd has columns as long as the singular values, in order"""
    vectors = student.truncated_svd(case.matrix, case.k)
    return values(column_lengths=np.sqrt((vectors * vectors).sum(axis=0)))


@check(
    task="cosine_similarity",
    points=1,
    cases=pairs,
    special=[
        special("the same direction", lambda: dict(x=np.array([3.0, -4.0]), y=np.array([6.0, -8]))),
        special("opposite directions", lambda: dict(x=np.array([2.0, 1]), y=np.array([-4.0, -2]))),
        special("a right angle", lambda: dict(x=np.array([2.0, 1.0]), y=np.array([-3.0, 6.0]))),
        special("vectors of one number", lambda: dict(x=np.array([-2.0]), y=np.array([0.5]))),
    ],
)
def cosine_similarity_values(student, case):
    """cosine_similarity returns the cosine of the angle between two vectors"""
    cosine = student.cosine_similarity(case.x, case.y)
    return [
        values(cosine=cosine),
        same(
            student.cosine_similarity(4 * case.y, case.x),
            cosine,
            because="neither the order of the two vectors nor their lengths matter",
        ),
    ]


@check(
    task="cosine_similarity",
    points=1,
    special=[
        special("x is zero", lambda: dict(x=np.zeros(3), y=np.array([1.0, -2.0, 3.0]))),
        special("y is zero", lambda: dict(x=np.array([0.5, 4.0]), y=np.zeros(2))),
        special("both are zero", lambda: dict(x=np.zeros(2), y=np.zeros(2))),
        special("a tiny vector", lambda: dict(x=np.array([3e-6, 4e-6]), y=np.array([2.0, 1.0]))),
        special("two tiny vectors", lambda: dict(x=np.array([1e-6, 2e-6]), y=np.array([3e-6, 0]))),
        special("two long vectors", lambda: dict(x=np.array([1e6, 2e6]), y=np.array([-3e6, 0]))),
    ],
)
def cosine_similarity_lengths(student, case):
    """cosine_similarity is 0 for zero vectors, and right for short ones"""
    return values(cosine=student.cosine_similarity(case.x, case.y))


@check(task="most_similar", points=1, cases=vocabularies)
def most_similar_order(student, case):
    """most_similar lists the other words, the most similar first"""
    ids, similarities = student.most_similar(case.query, case.vectors, case.top)
    lengths = 1.0 + np.arange(len(case.vectors))
    longer, _ = student.most_similar(case.query, case.vectors * lengths[:, None], case.top)
    return [
        values(ids=ids, similarities=similarities),
        same(longer, ids, because="the lengths of the vectors do not matter"),
    ]


@check(
    task="most_similar",
    points=1,
    special=[
        special(
            "equally similar words",
            lambda: _words(1, [[0, 3], [1, 0], [-2, 0], [0, -1], [4, 0], [0, 5], [2, 0]], 5),
        ),
        special(
            "another word with the same vector",
            lambda: _words(2, [[2, -2], [1, 0], [1, 0], [0, 1], [0, 4]], 2),
        ),
        special(
            "a tie at the end of the list", lambda: _words(0, [[1, 0], [0, 1], [3, 0], [0, 2]], 2)
        ),
        special(
            "more wanted than there are", lambda: _words(3, [[0, 1], [-2, 0], [4, 0], [1, 0]], 9)
        ),
        special("as many wanted as there are", lambda: _words(0, [[2, 0], [-1, 0], [0, 3]], 2)),
        special(
            "many equally similar words",
            lambda: _words(
                4, [[(-1) ** (word // 3) * 2.0 ** (word % 4)] for word in range(24)], 20
            ),
        ),
        special("two words", lambda: _words(1, [[0, 2], [0, -1]], 1)),
        special(
            "a zero vector among others", lambda: _words(0, [[0, 2], [0, -1], [0, 0], [0, 3]], 3)
        ),
        special(
            "a zero vector as the query", lambda: _words(1, [[3, 0], [0, 0], [-1, 0], [0, 2]], 3)
        ),
    ],
)
def most_similar_ties(student, case):
    """most_similar lists the smaller id first among equals"""
    ids, similarities = student.most_similar(case.query, case.vectors, case.top)
    return values(ids=ids, similarities=similarities)
