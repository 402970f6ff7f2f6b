"""Exercise 23's reference against SciPy's ranks and graphs, scikit-learn's cosines, and NumPy."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path
from sklearn.metrics.pairwise import cosine_similarity

from grader.judge.library import load_solution

MANY = settings(max_examples=200, derandomize=True, deadline=None, database=None)

#: Few different values, so that ties are frequent, beside any finite numbers.
numbers = st.one_of(
    st.integers(-3, 3).map(lambda n: n / 2), st.floats(-1e6, 1e6, allow_subnormal=False)
)
pairs_of_numbers = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=30)


@pytest.fixture(scope="module")
def solution() -> Any:
    return load_solution("exercise-23")


@st.composite
def hypernyms(draw: Any) -> list[list[int]]:
    """Up to 12 words in any order, each with up to 4 hypernyms among the words drawn before it."""
    order = draw(st.permutations(range(draw(st.integers(1, 12)))))
    parents: list[list[int]] = [[] for _ in order]
    for place, word in enumerate(order[1:], start=1):
        above = st.lists(st.sampled_from(order[:place]), max_size=4, unique=True)
        parents[word] = draw(above)
    return parents


def all_similarities(parents: list[list[int]]) -> np.ndarray:
    """SciPy's shortest directed ways between all words, then the best word to meet at."""
    n = len(parents)
    arrows = np.zeros((n, n))
    for word, above in enumerate(parents):
        arrows[word, above] = 1
    up = shortest_path(csr_array(arrows), method="FW", directed=True, unweighted=True)
    return 1 / (1 + np.min(up[:, None, :] + up[None, :, :], axis=2))


def expected_order(a: int, b: int, c: int, vectors: np.ndarray) -> list[int]:
    cosines = cosine_similarity(vectors)
    scores = cosines[b] - cosines[a] + cosines[c]
    others = (word for word in range(len(vectors)) if word not in (a, b, c))
    return sorted(others, key=lambda word: (-scores[word], word))


def test_ranks_equal_scipy(solution: Any, place: str, put: Any, back: Any) -> None:
    @MANY
    @given(drawn=st.lists(numbers, min_size=1, max_size=40))
    def ranks(drawn: list[float]) -> None:
        x = np.array(drawn)
        found = back(solution.ranks(put(x, place)), place)
        np.testing.assert_array_equal(found, stats.rankdata(x, method="average"))

    ranks()


def test_correlations_equal_scipy(solution: Any, place: str, put: Any, back: Any) -> None:
    @MANY
    @given(drawn=pairs_of_numbers)
    def correlations(drawn: list[tuple[float, float]]) -> None:
        x, y = np.array(drawn).T
        rho = back(solution.spearman(put(x, place), put(y, place)), place)
        if len(set(x)) == 1 or len(set(y)) == 1:
            assert rho == 0
        else:
            np.testing.assert_allclose(rho, stats.spearmanr(x, y).statistic, rtol=0, atol=1e-12)

    correlations()


@pytest.mark.parametrize("seed", range(5))
def test_analogies_equal_scikit_learn(
    solution: Any, seed: int, place: str, put: Any, back: Any
) -> None:
    source = np.random.default_rng(seed)
    vectors = source.normal(size=(40, 7)) * source.uniform(0.1, 10, size=(40, 1))
    vectors[seed] = 0
    questions = source.integers(40, size=(30, 4))
    right = 0
    for row, (a, b, c, _) in enumerate(questions.tolist()):
        order = expected_order(a, b, c, vectors)
        for top in (1, 5, 100):
            ids = back(solution.analogy(a, b, c, put(vectors, place), top), place)
            assert ids.dtype == np.int64
            assert ids.tolist() == order[:top]
        if row % 3:
            questions[row, 3] = order[0]
        right += questions[row, 3] == order[0]
    accuracy = solution.analogy_accuracy(put(questions, place), put(vectors, place))
    assert accuracy == right / 30


@pytest.mark.parametrize("seed", range(5))
def test_word_similarity_equals_scipy_and_scikit_learn(
    solution: Any, seed: int, place: str, put: Any, back: Any
) -> None:
    source = np.random.default_rng(seed)
    vectors = source.normal(size=(20, 6)) * source.uniform(0.1, 10, size=(20, 1))
    vectors[7] = 0
    pairs = np.array([source.choice(20, 2, replace=False) for _ in range(50)])
    judgments = source.integers(21, size=50) / 2
    cosines = cosine_similarity(vectors)[pairs[:, 0], pairs[:, 1]]
    score = solution.word_similarity_score(
        put(pairs, place), put(judgments, place), put(vectors, place)
    )
    expected = stats.spearmanr(judgments, np.round(cosines, 12)).statistic
    np.testing.assert_allclose(back(score, place), expected, rtol=0, atol=1e-12)


@MANY
@given(parents=hypernyms())
def test_paths_equal_scipy(solution: Any, parents: list[list[int]]) -> None:
    words = range(len(parents))
    found = [[solution.path_similarity(parents, a, b) for b in words] for a in words]
    np.testing.assert_allclose(found, all_similarities(parents), rtol=1e-15)


@MANY
@given(parents=hypernyms())
def test_paths_in_trees_need_no_direction(solution: Any, parents: list[list[int]]) -> None:
    """With one hypernym at most, the only path between two words goes over a common one."""
    assume(any(parents))
    n = len(parents)
    tree = [above[:1] for above in parents]
    lines = np.zeros((n, n))
    for word, above in enumerate(tree):
        lines[word, above] = 1
    ways = shortest_path(csr_array(lines), directed=False, unweighted=True)
    found = [[solution.path_similarity(tree, a, b) for b in range(n)] for a in range(n)]
    np.testing.assert_allclose(found, 1 / (1 + ways), rtol=1e-15)
