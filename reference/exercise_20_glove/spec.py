"""What exercise 20 checks: the counts, their weights, the loss, its gradients, and a step."""

import numpy as np

from grader.spec import (
    Dim,
    check,
    choice,
    derived,
    dimension,
    domain,
    gradients,
    group,
    holds,
    integers,
    reals,
    same,
    scalar,
    special,
    values,
)

FORBIDDEN = {
    "torch.autograd": "the gradients are what this exercise is about",
    ".backward": "the gradients are what this exercise is about",
    "torch.optim": "write the step yourself",
    "torch.nn": "write the loss yourself",
}

EQUIVALENT_MUTANTS = {
    "distance_weighted_counts: … → words = xp.arange(vocabulary_size, device=None)": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "distance_weighted_counts: … → words = xp.arange(vocabulary_size, )": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "distance_weighted_counts: … → rows = xp.astype(corpus[:, None] == words, None)…": (
        "None stands for float64 in NumPy"
    ),
    "weighting: … → share = xp.where(counts <= x_max, …": (
        "a count of exactly x_max has the ratio 1, which is what the other branch gives"
    ),
    "_residuals: … → log_counts = xp.log(xp.where(counts != 0, …": "counts are never negative",
}

T, V, D, K = Dim("T", 4, 11), Dim("V", 2, 5), Dim("D", 1, 6), Dim("K", 2, 4)

texts = domain(
    corpus=integers(T, high=V, repeats=True),
    vocabulary_size=dimension(V),
    window=dimension(K),
)

exponents = dict(x_max=scalar(2, 6), alpha=choice(0.75, 0.5, 0.6))

tables = domain(counts=reals(V, D, low=0.05, high=12), **exponents)

_vectors = dict(
    w=reals(V, D, low=-1, high=1),
    w_context=reals(V, D, low=-1, high=1),
    b=reals(V, low=-1, high=1),
    b_context=reals(V, low=-1, high=1),
)
_seen = dict(counts=reals(V, V, low=0.05, high=12))
# About a third of these counts are zero; the others lie on both sides of 1 and of x_max.
_some_zeros = dict(
    drawn=reals(V, V, low=-6, high=12),
    counts=derived(lambda case: np.maximum(case.drawn, 0.0)),
)

all_seen = domain(**_vectors, **_seen, **exponents)
some_unseen = domain(
    **_vectors, **_some_zeros, **exponents, where=lambda case: bool(case.counts.any())
)
split = domain(
    **_vectors,
    **_seen,
    **exponents,
    chosen=integers(V, V, high=2),
    shift=scalar(0.5, 2),
    where=lambda case: 0 < case.chosen.sum() < case.chosen.size,
)

trained = domain(
    params=group(**_vectors),
    sums=group(
        w=reals(V, D, low=1, high=3),
        w_context=reals(V, D, low=1, high=3),
        b=reals(V, low=1, high=3),
        b_context=reals(V, low=1, high=3),
    ),
    **_some_zeros,
    lr=scalar(0.05, 0.5),
    **exponents,
)


def _text(corpus, vocabulary_size, window):
    return dict(
        corpus=np.array(corpus, dtype=np.int64), vocabulary_size=vocabulary_size, window=window
    )


def _ramp(*shape):
    """Different numbers between -1 and 1, for the explicit cases."""
    return np.sin(1.0 + np.arange(np.prod(shape), dtype=np.float64)).reshape(shape)


def _vectors_of(words, size):
    return dict(
        w=_ramp(words, size),
        w_context=_ramp(size, words).T * 0.8,
        b=_ramp(words) * 0.6,
        b_context=0.5 - _ramp(words) * 0.4,
    )


def _fit(counts, size=2, x_max=4.0, alpha=0.75):
    """Vectors of `size` numbers for a table of counts."""
    counts = np.array(counts, dtype=np.float64)
    return dict(_vectors_of(len(counts), size), counts=counts, x_max=x_max, alpha=alpha)


def _training(counts, size=2, sums=1.0, lr=0.05):
    """The first step of a training: all sums alike."""
    counts = np.array(counts, dtype=np.float64)
    params = _vectors_of(len(counts), size)
    return dict(
        params=params,
        sums={name: np.full_like(value, sums) for name, value in params.items()},
        counts=counts,
        lr=lr,
        x_max=4.0,
        alpha=0.75,
    )


@check(
    task="distance_weighted_counts",
    points=1,
    cases=texts,
    count=3,
    special=[
        special("a window of 4", lambda: _text([0, 1, 2, 1, 0, 0], 3, 4)),
        special("a window of 1", lambda: _text([2, 0, 1, 0, 2, 2], 4, 1)),
        special("the same word again and again", lambda: _text([1, 1, 1, 1], 2, 2)),
        special("a window longer than the corpus", lambda: _text([2, 0, 1], 3, 6)),
        special("one word", lambda: _text([1], 2, 2)),
        special("no words", lambda: _text([], 2, 1)),
    ],
)
def counts_values(student, case):
    """distance_weighted_counts adds 1/d for two words at distance d"""
    return values(
        counts=student.distance_weighted_counts(case.corpus, case.vocabulary_size, case.window)
    )


@check(task="distance_weighted_counts", points=1, cases=texts, count=3)
def counts_relations(student, case):
    """distance_weighted_counts counts every pair of positions in both directions"""
    size, window, n = case.vocabulary_size, case.window, len(case.corpus)
    counts = student.distance_weighted_counts(case.corpus, size, window)
    mirrored = student.distance_weighted_counts(case.corpus[::-1].copy(), size, window)
    shorter = student.distance_weighted_counts(case.corpus, size, window - 1)
    return [
        same(counts, counts.T, because="if one word is near another, that one is near the first"),
        same(counts, mirrored, because="a text read backwards has the same counts"),
        same(
            np.sum(counts) - np.sum(shorter),
            2 * max(n - window, 0) / window,
            because="with the window one longer, each pair at that distance adds 1/distance twice",
        ),
    ]


@check(
    task="weighting",
    points=1,
    cases=tables,
    count=4,
    special=[
        special(
            "counts of 0, below x_max, of x_max, and above",
            lambda: dict(
                counts=np.array([[0.0, 1.0, 4.0], [16.0, 17.0, 1e6]]), x_max=16.0, alpha=0.5
            ),
        ),
        special(
            "an exponent of 1",
            lambda: dict(counts=np.array([[0.0, 0.5, 2.0], [3.0, 4.0, 5.0]]), x_max=4.0, alpha=1.0),
        ),
        special(
            "an exponent above 1, and x_max below 1",
            lambda: dict(counts=np.array([[0.0, 0.25, 0.5, 0.75]]), x_max=0.5, alpha=2.0),
        ),
    ],
)
def weighting_values(student, case):
    """weighting rises as a power of the count and is 1 from x_max on"""
    weights = student.weighting(case.counts, case.x_max, case.alpha)
    scaled = student.weighting(case.counts * 4, case.x_max * 4, case.alpha)
    return [
        values(weights=weights),
        holds(np.all((weights >= 0) & (weights <= 1)), because="weights lie between 0 and 1"),
        same(scaled, weights, because="only the ratio of a count to x_max matters"),
    ]


def _vectors_in(case):
    return case.w, case.w_context, case.b, case.b_context


@check(
    task="glove_loss",
    points=1,
    cases=all_seen,
    count=4,
    special=[
        special("one word", lambda: _fit([[3.0]], size=3)),
        special("a count of 1, whose logarithm is 0", lambda: _fit([[1.0, 7.0], [0.5, 1.0]])),
        special("counts far apart", lambda: _fit([[1e6, 1e-3], [2.0, 1e-9]], size=1)),
    ],
)
def glove_loss_value(student, case):
    """glove_loss is the weighted sum of squared differences from the logarithms"""
    loss = student.glove_loss(*_vectors_in(case), case.counts, case.x_max, case.alpha)
    return values(loss=loss)


@check(
    task="glove_loss",
    points=1,
    cases=some_unseen,
    count=3,
    special=[
        special("a pair that was never seen", lambda: _fit([[2.0, 0.0], [3.0, 6.0]])),
        special(
            "a word that does not occur",
            lambda: _fit([[0.5, 0.0, 8.0], [0.0, 0.0, 0.0], [8.0, 0.0, 3.0]]),
        ),
        special("a single count", lambda: _fit([[0.0, 0.0], [3.0, 0.0]])),
    ],
)
def glove_loss_of_unseen_pairs(student, case):
    """glove_loss leaves out pairs with a count of 0"""
    loss = student.glove_loss(*_vectors_in(case), case.counts, case.x_max, case.alpha)
    never_near = np.where(case.counts.any(axis=0), 0.0, 2.0)
    changed = student.glove_loss(
        case.w,
        case.w_context + never_near[:, None],
        case.b,
        case.b_context - never_near,
        case.counts,
        case.x_max,
        case.alpha,
    )
    return [
        values(loss=loss),
        same(
            changed,
            loss,
            because="a word that is nobody's neighbour may have any w_context and b_context",
        ),
    ]


@check(task="glove_loss", points=1, cases=split, count=3)
def glove_loss_relations(student, case):
    """glove_loss is a sum over pairs, and 0 when every score is the logarithm of its count"""
    w, w_context, b, b_context = _vectors_in(case)
    counts, settings = case.counts, (case.x_max, case.alpha)
    loss = student.glove_loss(w, w_context, b, b_context, counts, *settings)
    some = student.glove_loss(w, w_context, b, b_context, counts * case.chosen, *settings)
    rest = student.glove_loss(w, w_context, b, b_context, counts * (1 - case.chosen), *settings)
    up_down = student.glove_loss(
        w, w_context, b + case.shift, b_context - case.shift, counts, *settings
    )
    exchanged = student.glove_loss(w_context, w, b_context, b, counts.T.copy(), *settings)
    fitting = np.exp(w @ w_context.T + b[:, None] + b_context)
    fit = student.glove_loss(w, w_context, b, b_context, fitting, *settings)
    return [
        same(
            some + rest, loss, because="the losses of two halves of the table add up to the whole"
        ),
        same(up_down, loss, because="what is added to b and taken from b_context cancels"),
        same(
            exchanged,
            loss,
            because="words and neighbours may exchange their roles if the counts are transposed",
        ),
        same(
            fit,
            0.0,
            because="the loss is 0 when every score is the logarithm of its count",
            scale=1.0,
        ),
    ]


@check(
    task="glove_gradients",
    points=2,
    cases=some_unseen,
    count=4,
    special=[
        special("one word", lambda: _fit([[3.0]], size=3)),
        special(
            "a word that does not occur",
            lambda: _fit([[0.5, 0.0, 8.0], [0.0, 0.0, 0.0], [8.0, 0.0, 3.0]]),
        ),
        special(
            "words that only follow, and words that only come first",
            lambda: _fit([[0.0, 2.0, 9.0], [0.0, 0.0, 0.0], [0.0, 0.25, 0.0]], size=1),
        ),
    ],
)
def glove_gradients_values(student, case):
    """glove_gradients returns the gradients of the loss for w, w_context, b and b_context"""
    given = (*_vectors_in(case), case.counts, case.x_max, case.alpha)
    loss = student.glove_loss(*given)
    dw, dw_context, db, db_context = student.glove_gradients(*given)
    return [
        gradients(of=loss, cotangent=1.0, w=dw, w_context=dw_context, b=db, b_context=db_context),
        same(
            np.sum(db),
            np.sum(db_context),
            because="every pair moves one bias of each kind by the same amount",
            scale=np.sum(np.abs(db)),
        ),
        holds(
            np.all(dw[~case.counts.any(axis=1)] == 0),
            because="a word whose row of counts is 0 gets a zero gradient",
        ),
    ]


@check(
    task="adagrad_step",
    points=1,
    cases=trained,
    count=3,
    special=[
        special(
            "the first step", lambda: _training([[2.0, 0.0, 5.0], [1.0, 3.0, 0.5], [7.0, 4.0, 0.0]])
        ),
        special("one word", lambda: _training([[3.0]], size=1, sums=2.0)),
        special("no counts at all", lambda: _training([[0.0, 0.0], [0.0, 0.0]])),
    ],
)
def adagrad_step_values(student, case):
    """adagrad_step divides each gradient by the root of its sum of squares"""
    params, sums = student.adagrad_step(
        case.params, case.sums, case.counts, case.lr, case.x_max, case.alpha
    )
    return values(params=params, sums=sums)


def _exchanged(tables):
    """The same with words and neighbours in each other's roles."""
    return dict(
        w=tables["w_context"], w_context=tables["w"], b=tables["b_context"], b_context=tables["b"]
    )


@check(task="adagrad_step", points=1, cases=trained, count=3)
def adagrad_step_relations(student, case):
    """adagrad_step treats words and neighbours alike and takes small steps"""
    settings = (case.x_max, case.alpha)
    before, old, lr = case.params, case.sums, case.lr
    params, sums = student.adagrad_step(before, old, case.counts, lr, *settings)
    longer, same_sums = student.adagrad_step(before, old, case.counts, 2 * lr, *settings)
    swapped, _ = student.adagrad_step(
        _exchanged(before), _exchanged(old), case.counts.T.copy(), lr, *settings
    )
    swapped = _exchanged(swapped)
    return [
        *(
            same(
                swapped[name],
                params[name],
                because=f"{name} moves alike when words and neighbours exchange their roles",
            )
            for name in before
        ),
        *(
            same(
                longer[name] - before[name],
                2 * (params[name] - before[name]),
                because=f"twice the learning rate moves {name} twice as far",
                scale=1.0,
            )
            for name in before
        ),
        *(
            same(
                same_sums[name],
                sums[name],
                because=f"the sums of {name} do not depend on the learning rate",
            )
            for name in before
        ),
        holds(
            all(np.all(np.abs(params[name] - before[name]) <= lr) for name in before),
            because="no number moves by more than the learning rate",
        ),
        holds(
            all(np.all(sums[name] >= old[name]) for name in before),
            because="sums of squares never fall",
        ),
    ]
