"""What exercise 31 checks: the choice of tokens row by row, then whole texts, then the beam."""

import numpy as np

from grader.spec import (
    Dim,
    check,
    choice,
    constant,
    derived,
    dimension,
    domain,
    holds,
    integers,
    permutation,
    reals,
    same,
    scalar,
    special,
    values,
)

NO_NOISE = "the random numbers come as the argument u, and nothing is drawn in this file"
BY_HAND = "turning scores into probabilities is part of this exercise"

FORBIDDEN = {
    "numpy.random": NO_NOISE,
    "random": NO_NOISE,
    "torch.rand": NO_NOISE,
    "torch.multinomial": NO_NOISE,
    ".multinomial": NO_NOISE,
    "torch.distributions": NO_NOISE,
    "torch.nn": BY_HAND,
    "torch.softmax": BY_HAND,
    "torch.log_softmax": BY_HAND,
    "torch.special": BY_HAND,
    ".softmax": BY_HAND,
    ".log_softmax": BY_HAND,
    "scipy": BY_HAND,
    "transformers": "writing the decoding methods is what this exercise is about",
}

SMALL_INTS = "Python keeps one object for each int up to 256, and ids are smaller than V"
LAST_AXIS = "axis 1 is the last of two, which is the default"
DEFAULT_INT = "ids are ints, and the default for those is int64"

EQUIVALENT_MUTANTS = {
    "greedy: … → if token is end:": SMALL_INTS,
    "sample: … → if token is end:": SMALL_INTS,
    "beam_search: … → finished += …if path[-1] is end]": SMALL_INTS,
    "beam_search: … → beam = …if path[-1] is not end]": SMALL_INTS,
    "top_p: … → falling = xp.sort(probabilities, descending=True)": LAST_AXIS,
    "_rank: … → return xp.argsort(xp.argsort(-logits, axis=1), )": LAST_AXIS,
    "_rank: … → return xp.argsort(xp.argsort(-logits, ), axis=1)": LAST_AXIS,
    "top_p: … → size = 1 + xp.sum(xp.astype(short, None), axis=1, keepdims=True)": (
        "None stands for float64, which counts as well as int64"
    ),
    "sample: … → passed = xp.astype(xp.cumulative_sum(row) <= number, None)": (
        "None stands for float64, which counts as well as int64"
    ),
    "sample: … → last = xp.max(xp.nonzero(row > 0)[ -1])": "a row has one axis",
    "sample: … → last = xp.max(xp.nonzero(row != 0)[0])": "no probability is negative",
    "beam_search: … → for token in range(table.shape[ 0])": "the table is square",
    "_ids: … → return xp.asarray(ids, dtype=None, device=device(like))": DEFAULT_INT,
    "_ids: … → return xp.asarray(ids, device=device(like))": DEFAULT_INT,
    "_ids: … → return xp.asarray(ids, dtype=xp.int64, device=None)": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "_ids: … → return xp.asarray(ids, dtype=xp.int64, )": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
}

N, V, K, T = Dim("N", 2, 4), Dim("V", 3, 6), Dim("k", 1, 4), Dim("T", 3, 7)
SMALL, SHORT = Dim("V", 3, 4), Dim("max_length", 2, 4)

# Decisions of a drawn case are never closer than this.
CLEAR = 1e-3


def _log(*rows):
    """Scores whose softmax is the given probabilities, nearly: they have two decimals."""
    return np.round(np.log(np.array(rows, dtype=np.float64)), 2)


def _softmax(logits):
    e = np.exp(logits - np.max(logits, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


def _no_ties(logits):
    return all(len(set(row)) == len(row) for row in logits.tolist())


def _decided(case):
    """Whether top-p is clear in every row, and keeps more than one token but not all of a row."""
    sums = np.cumsum(-np.sort(-_softmax(case.logits), axis=1), axis=1)
    size = 1 + np.sum(sums < case.p, axis=1)
    middle = np.any((size > 1) & (size < case.logits.shape[1]))
    return _no_ties(case.logits) and np.min(np.abs(sums - case.p)) > CLEAR and bool(middle)


def _token(index):
    """One token of a random order: the tokens of different indices differ."""
    return derived(lambda case: int(case.order[index]))


def _beam_is_clear(case):
    """Whether no decision of the searches hangs on scores that are nearly equal."""
    log_p = np.log(_softmax(case.table)).tolist()
    return all(_search_is_clear(log_p, case, width) for width in case.widths)


def _search_is_clear(log_p, case, width):
    beam, finished = [(0.0, case.start, 0)], []
    for _ in range(case.max_length):
        grown = [
            (score + log_p[last][token], token, length + 1)
            for score, last, length in beam
            for token in range(len(log_p))
        ]
        grown.sort(reverse=True)
        if len(grown) > width and grown[width - 1][0] - grown[width][0] < CLEAR:
            return False
        finished += [one for one in grown[:width] if one[1] == case.end]
        beam = [one for one in grown[:width] if one[1] != case.end]
    scores = sorted(score / length**case.alpha for score, _, length in finished + beam)
    return len(scores) == 1 or scores[-1] - scores[-2] > CLEAR


rows = dict(logits=reals(N, V, low=-2, high=2))
texts = domain(
    order=permutation(V),
    table=reals(V, V, low=-2, high=2),
    start=_token(0),
    end=_token(1),
    max_length=dimension(T),
)
searches = dict(
    order=permutation(SMALL),
    table=reals(SMALL, SMALL, low=-2, high=2),
    start=_token(0),
    end=_token(1),
    max_length=dimension(SHORT),
)


def _search(table, start, end, max_length, alpha, *widths, **more):
    """A case for the explicit inputs."""
    return dict(
        table=table, start=start, end=end, max_length=max_length, alpha=alpha, widths=list(widths)
    ) | dict(more)


def _pieces(case):
    """Rows of probabilities in sixteenths; some are 0."""
    v = len(case.cuts)
    ends = np.concatenate(
        [np.zeros((v, 1)), np.sort(case.cuts, axis=1), np.full((v, 1), 16)], axis=1
    )
    return np.diff(ends, axis=1) / 16


draws = domain(
    order=permutation(V),
    cuts=integers(V, V - 1, high=17),
    probabilities=derived(_pieces),
    start=_token(0),
    end=_token(1),
    ticks=integers(T, high=16),
    u=derived(lambda case: (2 * case.ticks + 1) / 32),
)

CATS = _log(
    [0.05, 0.5, 0.15, 0.3], [0.2, 0.1, 0.4, 0.3], [0.5, 0.2, 0.1, 0.2], [0.8, 0.1, 0.05, 0.05]
)
# Token 0 ends a text, and neither 1 nor 2 is often followed by it.
ENDLESS = _log([0.2, 0.5, 0.3], [0.25, 0.15, 0.6], [0.1, 0.7, 0.2])
# A beam of width 2 drops the texts (2) and (0, 2), and is left with less probable ones.
NARROW = _log([0.15, 0.4, 0.45], [0.45, 0.5, 0.05], [0.25, 0.55, 0.2])
# Texts that end take one of two places in the first two rounds; the best text does not end.
CROWDED = _log([0.8, 0.15, 0.05], [0.4, 0.1, 0.5], [0.25, 0.45, 0.3])
# To end at once is the likeliest first step; what follows token 1 is nearly certain.
HASTY = _log([0.06, 0.44, 0.5], [0.95, 0.02, 0.03], [0.2, 0.3, 0.5])


@check(
    task="greedy",
    points=1,
    cases=texts,
    special=[
        special(
            "the end in the middle",
            lambda: dict(table=CATS, start=3, end=2, max_length=6),
        ),
        special("start is end", lambda: dict(table=CATS, start=0, end=0, max_length=5)),
        special(
            "equal scores",
            lambda: dict(
                table=np.array([[1.0, 3.0, 3.0], [0.5, 0.25, 0.5], [2.0, 2.0, 2.0]]),
                start=0,
                end=2,
                max_length=3,
            ),
        ),
        special(
            "only one token allowed",
            lambda: dict(table=ENDLESS, start=2, end=0, max_length=1),
        ),
    ],
)
def greedy_values(student, case):
    """greedy takes the token with the highest score until the end token or max_length"""
    ids = student.greedy(case.table, case.start, case.end, case.max_length)
    one = student.greedy(case.table, case.start, case.end, 1)
    return [
        values(ids=ids),
        same(one, ids[:1], because="with max_length 1 the result is the first token of the text"),
    ]


@check(
    task="temperature",
    points=1,
    cases=domain(**rows, t=scalar(0.3, 3.0)),
    special=[
        special("a temperature of 1", lambda: dict(logits=np.array([[1.0, -0.5, 2.0]]), t=1.0)),
        special(
            "a small and a large score far from zero",
            lambda: dict(logits=np.array([[4.0, 0.0], [-1.0, 2.0]]), t=4.0),
        ),
    ],
)
def temperature_values(student, case):
    """temperature divides the scores by t and takes the softmax of each row"""
    p = student.temperature(case.logits, case.t)
    doubled = student.temperature(2 * case.logits, 2 * case.t)
    return [
        values(p=p),
        same(p.sum(axis=1), np.ones(len(p)), because="each row adds up to 1"),
        same(doubled, p, because="doubling the scores and the temperature changes nothing"),
    ]


@check(
    task="temperature",
    points=1,
    special=[
        special(
            "scores of 1000",
            lambda: dict(logits=np.array([[1000.0, 998.0], [-1000.0, -1001.0]]), t=2.0),
        ),
        special(
            "a temperature near zero",
            lambda: dict(logits=np.array([[1.0, 1.5, -2.0], [3.0, 2.75, 2.5]]), t=0.001),
        ),
        special(
            "a temperature near zero and equal scores",
            lambda: dict(logits=np.array([[-700.0, 900.0, 900.0, 0.0]]), t=0.001),
        ),
        special(
            "a high temperature",
            lambda: dict(logits=np.array([[300.0, -200.0, 100.0]]), t=1e4),
        ),
    ],
)
def temperature_is_stable(student, case):
    """temperature stays right for scores as large as 1000 and temperatures of 0.001"""
    return values(p=student.temperature(case.logits, case.t))


@check(
    task="top_k",
    points=1,
    cases=domain(**rows, k=dimension(K)),
    special=[
        special(
            "equal scores at the border",
            lambda: dict(
                logits=np.array([[0.0, 2.0, 1.0, 1.0, 1.0], [1.0, 0.0, 1.0, 1.0, 0.0]]), k=2
            ),
        ),
        special("k of 1 and equal scores", lambda: dict(logits=np.array([[1.0, 2.0, 2.0]]), k=1)),
        special("k equal to V", lambda: dict(logits=np.array([[1.0, -2.0, 0.5]]), k=3)),
        special("k larger than V", lambda: dict(logits=np.array([[1.0, -2.0], [0.0, 0.0]]), k=5)),
        special(
            "scores of 1000",
            lambda: dict(
                logits=np.array([[1000.0, 999.0, -1000.0], [-900.0, -901.0, -902.0]]), k=2
            ),
        ),
        special("many equal scores", lambda: dict(logits=np.zeros((1, 20)), k=7)),
    ],
)
def top_k_values(student, case):
    """top_k keeps the k most likely tokens of each row and divides them by their sum"""
    p = student.top_k(case.logits, case.k)
    raised = student.top_k(case.logits + 3.0, case.k)
    return [
        values(p=p),
        same(p.sum(axis=1), np.ones(len(p)), because="each row adds up to 1"),
        same(raised, p, because="adding 3 to every score leaves the probabilities as they are"),
    ]


@check(
    task="top_p",
    points=1,
    cases=domain(**rows, order=permutation(V), p=choice(0.7, 0.55, 0.8, 0.9), where=_decided),
    special=[
        special(
            "rows that keep one, two and four tokens",
            lambda: dict(
                logits=_log([0.05, 0.8, 0.1, 0.05], [0.5, 0.1, 0.3, 0.1], [0.26, 0.25, 0.24, 0.25]),
                order=np.array([3, 1, 0, 2]),
                p=0.78,
            ),
        )
    ],
)
def top_p_values(student, case):
    """top_p keeps the smallest set of likely tokens that holds p, and divides by its sum"""
    p = student.top_p(case.logits, case.p)
    moved = student.top_p(case.logits[:, case.order], case.p)
    return [
        values(p=p),
        same(p.sum(axis=1), np.ones(len(p)), because="each row adds up to 1"),
        same(
            moved,
            p[:, case.order],
            because="tokens in another order have the same probabilities in that order",
        ),
    ]


@check(
    task="top_p",
    points=1,
    special=[
        special(
            "p of 1",
            lambda: dict(logits=np.array([[0.0, 0.0, 0.0, 0.0], [0.0, -1.0, 1.0, 0.5]]), p=1.0),
        ),
        special(
            "a first token that is enough",
            lambda: dict(logits=_log([0.02, 0.9, 0.03, 0.05], [0.4, 0.35, 0.05, 0.2]), p=0.3),
        ),
        special(
            "a sum that reaches p exactly",
            lambda: dict(logits=np.array([[-5000.0, 1.0, 1.0], [2.0, -5000.0, 2.0]]), p=0.5),
        ),
        special(
            "equal scores at the border",
            lambda: dict(logits=_log([0.2, 0.2, 0.4, 0.2], [0.3, 0.1, 0.3, 0.3]), p=0.5),
        ),
        special(
            "scores of 1000",
            lambda: dict(
                logits=np.array([[1000.0, 999.0, 998.5], [-900.0, -901.0, -900.5]]), p=0.6
            ),
        ),
        special("many equal scores", lambda: dict(logits=np.zeros((1, 20)), p=0.33)),
    ],
)
def top_p_at_the_edges(student, case):
    """top_p keeps one token at least, the smaller id of equal ones, and all tokens for p = 1"""
    return values(p=student.top_p(case.logits, case.p))


@check(
    task="sample",
    points=1,
    cases=draws,
    special=[
        special(
            "numbers that equal a sum",
            lambda: dict(
                probabilities=np.array([[0.0, 0.25, 0.0, 0.75], [0.5, 0.0, 0.5, 0.0]] * 2),
                start=0,
                end=2,
                u=np.array([0.0, 0.0, 0.25, 0.5, 0.25]),
            ),
        ),
        special(
            "a row whose sum rounding left below 1",
            lambda: dict(
                probabilities=np.array(
                    [[0.5, 0.5 - 2.0**-40, 0.0], [1.0, 0.0, 0.0], [0.25, 0.25, 0.5]]
                ),
                start=0,
                end=2,
                u=np.array([1 - 2.0**-50, 0.75]),
            ),
        ),
        special(
            "start is end",
            lambda: dict(
                probabilities=np.array([[0.25, 0.75], [0.5, 0.5]]),
                start=0,
                end=0,
                u=np.array([0.5, 0.75, 0.125, 0.25]),
            ),
        ),
    ],
)
def sample_values(student, case):
    """sample draws each token with its own random number from the row of the token before it"""
    ids = student.sample(case.probabilities, case.start, case.end, case.u)
    first = student.sample(case.probabilities, case.start, case.end, case.u[:1])
    return [
        values(ids=ids),
        same(first, ids[:1], because="later numbers of u do not change the first token"),
    ]


@check(
    task="beam_search",
    points=1,
    cases=domain(
        **searches,
        alpha=constant(0.0),
        widths=choice([2], [3]),
        shift=reals(SMALL, low=-3, high=3),
        where=_beam_is_clear,
    ),
    special=[
        special("the worked example", lambda: _search(CATS, 0, 0, 4, 0.0, 3)),
        special("a text that drops out of the beam", lambda: _search(NARROW, 2, 2, 4, 0.0, 2)),
        special("one token allowed", lambda: _search(ENDLESS, 2, 0, 1, 0.0, 2)),
        special("no way to the end", lambda: _search(ENDLESS, 1, 0, 3, 0.0, 1)),
        special("equal scores", lambda: _search(np.zeros((3, 3)), 1, 2, 3, 0.0, 2)),
        special(
            "equal scores at the cut",
            lambda: _search(
                _log([0.2, 0.5, 0.3], [0.1, 0.2, 0.7], [0.3, 0.3, 0.4]), 2, 0, 2, 0.0, 2
            ),
        ),
        special(
            "scores of 1000",
            lambda: _search(
                np.array(
                    [[1000.0, 999.0, -1000.0], [-999.0, -1000.0, -999.5], [900.0, 0.0, 901.0]]
                ),
                0,
                2,
                3,
                0.0,
                2,
            ),
        ),
    ],
)
def beam_search_values(student, case):
    """beam_search with alpha 0 returns the most probable text that its beam finds"""
    rest = (case.start, case.end, case.widths[0], case.max_length, case.alpha)
    ids, score = student.beam_search(case.table, *rest)
    shift = case.shift if hasattr(case, "shift") else np.linspace(-2, 3, len(case.table))
    _, shifted = student.beam_search(case.table + shift[:, None], *rest)
    return [
        values(ids=ids, score=score),
        same(
            shifted,
            score,
            because="adding a number to all scores of a row leaves the score of the text as it is",
        ),
    ]


@check(
    task="beam_search",
    points=1,
    cases=domain(
        **searches,
        alpha=choice(1.0, 0.5, 0.75, 1.5),
        widths=choice([2], [3]),
        where=_beam_is_clear,
    ),
    special=[
        special("a longer text that wins", lambda: _search(CATS, 0, 0, 4, 1.0, 3)),
        special("a text without an end that wins", lambda: _search(ENDLESS, 0, 0, 3, 1.0, 2)),
        special("a first end that does not win", lambda: _search(HASTY, 0, 2, 3, 1.0, 2)),
        special("an ended text that takes a place", lambda: _search(CROWDED, 2, 2, 4, 1.0, 2)),
        special("a large alpha", lambda: _search(CATS, 3, 0, 5, 3.0, 2)),
        special("one round and all texts ended", lambda: _search(CATS, 3, 0, 4, 1.0, 1)),
    ],
)
def beam_search_with_length(student, case):
    """beam_search compares all texts by their log-probability divided by L**alpha"""
    ids, score = student.beam_search(
        case.table, case.start, case.end, case.widths[0], case.max_length, case.alpha
    )
    return values(ids=ids, score=score)


@check(
    task="beam_search",
    points=1,
    cases=domain(
        **searches,
        alpha=choice(0.0, 1.0),
        widths=derived(lambda case: [1, 2, len(case.table) ** case.max_length]),
        where=_beam_is_clear,
    ),
    count=4,
    special=[
        special("a text that greedy misses", lambda: _search(CATS, 0, 0, 3, 0.0, 1, 3, 64)),
        special("equal scores", lambda: _search(np.zeros((2, 2)), 0, 1, 2, 0.0, 1, 2, 4)),
    ],
    requires=[greedy_values],
)
def beam_search_widths(student, case):
    """beam_search of width 1 is greedy, and no beam finds a better text than the widest one"""
    one, some, widest = (
        student.beam_search(case.table, case.start, case.end, width, case.max_length, case.alpha)
        for width in case.widths
    )
    return [
        values(one=one, widest=widest),
        same(
            one[0],
            student.greedy(case.table, case.start, case.end, case.max_length),
            because="with width 1 the ids are those of greedy",
        ),
        holds(
            max(one[1], some[1]) <= widest[1] + 1e-6,
            because="a beam that drops nothing finds a text at least as good as any other beam",
        ),
    ]
