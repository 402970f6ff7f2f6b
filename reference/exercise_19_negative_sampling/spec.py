"""What exercise 19 checks: the embedding layer, the sampler of negatives, then the loss."""

import math

import numpy as np

from grader.spec import (
    Dim,
    RandomSource,
    check,
    choice,
    constant,
    derived,
    dimension,
    domain,
    generator,
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
    "torch.nn": "write the layer and the loss yourself",
}

EQUIVALENT_MUTANTS = {
    "embedding_backward: … → …xp.arange(v, device=device(ids)), None)": (
        "None stands for float64, which the inputs have"
    ),
    "embedding_backward: … → …xp.arange(v, device=None), dout.dtype)": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "embedding_backward: … → …xp.arange(v, ), dout.dtype)": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "unigram_distribution: … → weights = xp.astype(counts, None) ** power": (
        "None stands for float64, which the inputs have"
    ),
    "unigram_sampler: … → …counts.shape[ -1]…": "the array has one axis",
    "unigram_sampler: … → …positives.shape[ -1]…": "the array has one axis",
    "unigram_sampler: … → …device=None)…": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "unigram_sampler: … → words = xp.arange(counts.shape[0], )": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "unigram_sampler: … → rows.append(xp.asarray(drawn, ))": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "unigram_sampler: … → …xp.zeros_like(None), p)": (
        "NumPy makes a single zero of it, which is broadcast"
    ),
    "negative_sampling_loss: … → …(- 2…": "NumPy takes any negative size for the one to be found",
    "negative_sampling_loss: … → …(~1…": "NumPy takes any negative size for the one to be found",
    "negative_sampling_loss: … → …(n, - 2, d))": (
        "NumPy takes any negative size for the one to be found"
    ),
    "negative_sampling_loss: … → …(n, ~1, d))": (
        "NumPy takes any negative size for the one to be found"
    ),
    "… → first = …<= 0": "positions are never negative",
    "negative_sampling_loss: … → first = …device=None) == 0": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "negative_sampling_loss: … → first = xp.arange(words.shape[1], ) == 0": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "negative_sampling_loss: … → sign = …xp.ones_like(vectors[ -1, :, 0]), …": (
        "only the shape is used, which all slices share"
    ),
    "negative_sampling_loss: … → sign = …xp.ones_like(vectors[0, :, -1]), …": (
        "only the shape is used, which all slices share"
    ),
    "negative_sampling_loss: … → sign = …-xp.ones_like(vectors[ -1, :, 0]))": (
        "only the shape is used, which all slices share"
    ),
    "negative_sampling_loss: … → sign = …-xp.ones_like(vectors[0, :, -1]))": (
        "only the shape is used, which all slices share"
    ),
    "negative_sampling_loss: … → sign = …-xp.ones_like(None))": (
        "NumPy makes a single minus one of it, which is broadcast"
    ),
}

N, D, K = Dim("N", 2, 6), Dim("D", 1, 6), Dim("K", 2, 4)
V = Dim("V", 3, 9)
few_rows = Dim("N", 2, 4)

lookup = domain(w=reals(V, D), ids=integers(N, high=V, repeats=True))

# Only the first three words are looked up, some of them several times.
crowded_lookup = domain(w=reals(V, D), ids=integers(N, high=3, repeats=True), dout=reals(N, D))

frequencies = domain(counts=integers(V, low=1, high=200), power=choice(0.75, 0.5, 0.9))

# More words than rows and than k, so that something is left to draw in every row.
drawn = domain(
    counts=integers(N + K, low=1, high=200),
    power=choice(0.75, 0.5, 0.9),
    positives=integers(N, high=N + K, repeats=True),
    k=dimension(K),
    generator=generator(),
)

# Many negatives from few words, so that a positive which can be drawn is drawn.
many_drawn = domain(
    counts=integers(7, low=20, high=60),
    power=choice(0.75, 0.5, 0.9),
    positives=integers(N, high=7),
    k=constant(12),
    generator=generator(),
)

# The sampler never gives a row its own positive, so neither do the domains of the loss.
batch = domain(
    h=reals(N, D),
    w_out=reals(V, D),
    positives=integers(N, high=V),
    steps=integers(N, K, high=V - 1, repeats=True),
    negatives=derived(lambda case: (case.positives[:, None] + 1 + case.steps) % len(case.w_out)),
)

# Every word of the table but one is used exactly once.
all_different = domain(
    h=reals(few_rows, D),
    w_out=reals(few_rows * (K + 1) + 1, D),
    words=permutation(few_rows * (K + 1) + 1),
    positives=derived(lambda case: case.words[: len(case.h)]),
    negatives=derived(lambda case: case.words[len(case.h) : -1].reshape(len(case.h), -1)),
)

# All words of the batch come from the first three rows of the table: they repeat within a row,
# between rows, and as positive of one row and negative of another. The other rows are not used.
crowded = domain(
    h=reals(N, D),
    w_out=reals(V + 1, D),
    positives=integers(N, high=3),
    steps=integers(N, K, high=2),
    negatives=derived(lambda case: (case.positives[:, None] + 1 + case.steps) % 3),
)


def _unused(rows, *ids):
    """Which of the rows 0 … rows-1 occur in none of the id arrays."""
    return ~np.isin(np.arange(rows), np.concatenate([np.ravel(part) for part in ids]))


@check(
    task="embedding_forward",
    points=1,
    cases=lookup,
    special=[
        special("one id", lambda: dict(w=np.array([[1.0, 2.0], [3.0, 4.0]]), ids=np.array([1]))),
        special(
            "the first and the last word",
            lambda: dict(w=np.array([[1.0], [2.0], [4.0], [8.0]]), ids=np.array([3, 0])),
        ),
    ],
)
def embedding_forward_values(student, case):
    """embedding_forward returns the row of w for each id"""
    out, _ = student.embedding_forward(case.w, case.ids)
    return values(out=out)


@check(
    task="embedding_backward",
    points=1,
    cases=crowded_lookup,
    requires=[embedding_forward_values],
    special=[
        special(
            "every id different",
            lambda: dict(
                w=np.array([[1.0, -1.0], [0.5, 2.0], [3.0, 1.5]]),
                ids=np.array([2, 0]),
                dout=np.array([[1.0, 2.0], [3.0, -4.0]]),
            ),
        ),
        special(
            "the same id in every row",
            lambda: dict(
                w=np.array([[1.0, -1.0], [0.5, 2.0]]),
                ids=np.array([1, 1, 1]),
                dout=np.array([[1.0, 2.0], [10.0, 20.0], [100.0, -200.0]]),
            ),
        ),
    ],
)
def embedding_backward_gradients(student, case):
    """embedding_backward adds up the gradients of a repeated word"""
    out, cache = student.embedding_forward(case.w, case.ids)
    dw = student.embedding_backward(case.dout, cache)
    return [
        gradients(of=out, cotangent=case.dout, w=dw),
        holds(
            np.all(dw[_unused(len(case.w), case.ids)] == 0),
            because="a word that was not looked up gets a zero gradient",
        ),
        same(
            np.sum(dw, axis=0),
            np.sum(case.dout, axis=0),
            because="no gradient is lost: the rows of dw and the rows of dout have the same sum",
        ),
    ]


@check(
    task="unigram_distribution",
    points=1,
    cases=frequencies,
    special=[
        special(
            "power 1 gives the plain shares",
            lambda: dict(counts=np.array([6, 1, 3]), power=1.0),
        ),
        special("power 0 gives equal shares", lambda: dict(counts=np.array([6, 1, 3]), power=0.0)),
        special(
            "a word that never occurs",
            lambda: dict(counts=np.array([16, 0, 1]), power=0.75),
        ),
        special(
            "counts far apart",
            lambda: dict(counts=np.array([1, 10_000, 100_000_000]), power=0.75),
        ),
    ],
)
def unigram_distribution_values(student, case):
    """unigram_distribution is proportional to counts ** power"""
    p = student.unigram_distribution(case.counts, case.power)
    shares = case.counts / np.sum(case.counts)
    return [
        values(p=p),
        same(np.sum(p), 1.0, because="probabilities add up to 1"),
        holds(
            np.max(p) <= np.max(shares) + 1e-6,
            because="a power of at most 1 never raises the share of the most frequent word",
        ),
    ]


@check(
    task="unigram_sampler",
    points=1,
    cases=many_drawn,
    special=[
        special(
            "only one other word",
            lambda: dict(
                counts=np.array([5, 5]),
                power=0.75,
                positives=np.array([0, 1, 1]),
                k=6,
                generator=RandomSource(5),
            ),
        ),
        special(
            "the positive is nearly the whole corpus",
            lambda: dict(
                counts=np.array([2, 1_000_000, 3]),
                power=0.75,
                positives=np.array([1, 0]),
                k=6,
                generator=RandomSource(8),
            ),
        ),
    ],
)
def unigram_sampler_excludes_the_positive(student, case):
    """unigram_sampler never draws the positive of the row"""
    ids = student.unigram_sampler(case.counts, case.power, case.positives, case.k, case.generator)
    hits = np.sum(ids == case.positives[:, None], axis=1)
    return same(
        hits,
        np.zeros_like(hits),
        because="no row has its own positive among its negatives",
    )


@check(
    task="unigram_sampler",
    points=1,
    cases=drawn,
    special=[
        special(
            "one row",
            lambda: dict(
                counts=np.array([81, 16, 1, 40]),
                power=0.75,
                positives=np.array([0]),
                k=3,
                generator=RandomSource(3),
            ),
        ),
        special(
            "words that never occur",
            lambda: dict(
                counts=np.array([0, 9, 0, 5, 7]),
                power=0.75,
                positives=np.array([3, 1]),
                k=2,
                generator=RandomSource(11),
            ),
        ),
    ],
)
def unigram_sampler_draws(student, case):
    """unigram_sampler draws row by row, in the declared order"""
    ids = student.unigram_sampler(case.counts, case.power, case.positives, case.k, case.generator)
    return values(negatives=ids)


@check(
    task="negative_sampling_loss",
    points=1,
    cases=batch,
    special=[
        special(
            "one row and one negative",
            lambda: dict(
                h=np.array([[1.0, 2.0]]),
                w_out=np.array([[1.0, 0.0], [0.0, 1.0]]),
                positives=np.array([0]),
                negatives=np.array([[1]]),
            ),
        ),
    ],
)
def negative_sampling_loss_value(student, case):
    """negative_sampling_loss returns the mean loss of the batch"""
    loss, _, _ = student.negative_sampling_loss(case.h, case.w_out, case.positives, case.negatives)
    return values(loss=loss)


@check(task="negative_sampling_loss", points=1, cases=batch)
def negative_sampling_loss_over_the_negatives(student, case):
    """negative_sampling_loss adds one term for each negative, in any order"""
    words = case.w_out, case.positives
    backwards = case.negatives[:, ::-1].copy()
    zero_loss, _, _ = student.negative_sampling_loss(0 * case.h, *words, case.negatives)
    loss, _, _ = student.negative_sampling_loss(case.h, *words, case.negatives)
    backwards_loss, _, _ = student.negative_sampling_loss(case.h, *words, backwards)
    return [
        same(
            zero_loss,
            (case.negatives.shape[1] + 1) * math.log(2),
            because="when every score is 0 the loss is (K + 1) times ln 2",
        ),
        same(
            backwards_loss,
            loss,
            because="the order of a row's negatives does not change the loss",
        ),
    ]


@check(task="negative_sampling_loss", points=1, cases=all_different)
def negative_sampling_gradients(student, case):
    """negative_sampling_loss returns the gradients for h and w_out"""
    loss, dh, dw_out = student.negative_sampling_loss(
        case.h, case.w_out, case.positives, case.negatives
    )
    return gradients(of=loss, cotangent=1.0, h=dh, w_out=dw_out)


@check(
    task="negative_sampling_loss",
    points=1,
    cases=crowded,
    special=[
        special(
            "one negative drawn three times",
            lambda: dict(
                h=np.array([[1.0, 2.0]]),
                w_out=np.array([[0.5, 0.25], [-1.0, 1.0], [2.0, 0.5]]),
                positives=np.array([0]),
                negatives=np.array([[1, 1, 1]]),
            ),
        ),
        special(
            "two rows with the same positive",
            lambda: dict(
                h=np.array([[1.0, 2.0], [-0.5, 1.0]]),
                w_out=np.array([[0.5, 0.25], [-1.0, 1.0], [2.0, 0.5]]),
                positives=np.array([2, 2]),
                negatives=np.array([[0], [1]]),
            ),
        ),
        special(
            "the positive of one row is a negative of the other",
            lambda: dict(
                h=np.array([[1.0, 2.0], [-0.5, 1.0]]),
                w_out=np.array([[0.5, 0.25], [-1.0, 1.0], [2.0, 0.5]]),
                positives=np.array([0, 1]),
                negatives=np.array([[1], [0]]),
            ),
        ),
    ],
)
def negative_sampling_repeated_words(student, case):
    """negative_sampling_loss adds up dw_out over all uses of a word"""
    loss, _, dw_out = student.negative_sampling_loss(
        case.h, case.w_out, case.positives, case.negatives
    )
    h, positives, negatives = (
        np.concatenate([rows, rows]) for rows in (case.h, case.positives, case.negatives)
    )
    _, _, repeated = student.negative_sampling_loss(h, case.w_out, positives, negatives)
    return [
        gradients(of=loss, cotangent=1.0, w_out=dw_out),
        holds(
            np.all(dw_out[_unused(len(case.w_out), case.positives, case.negatives)] == 0),
            because="a word that is neither a positive nor a negative gets a zero gradient",
        ),
        same(
            dw_out,
            repeated,
            because="a batch that holds every row twice has the same mean loss and gradient",
        ),
    ]


@check(
    task="negative_sampling_loss",
    points=1,
    special=[
        special(
            "a positive score of 1000 and a negative score of -1000",
            lambda: dict(
                h=np.array([[100.0, 1.0]]),
                w_out=np.array([[10.0, 0.0], [-10.0, 0.0], [0.0, 2.0]]),
                positives=np.array([0]),
                negatives=np.array([[1, 2]]),
            ),
        ),
        special(
            "a positive score of -1000 and negative scores of 1000",
            lambda: dict(
                h=np.array([[100.0, 1.0]]),
                w_out=np.array([[-10.0, 0.0], [10.0, 0.0], [10.0, 2.0]]),
                positives=np.array([0]),
                negatives=np.array([[1, 2]]),
            ),
        ),
        special(
            "a sigmoid that rounds to 1",
            lambda: dict(
                h=np.array([[20.0, 1.0]]),
                w_out=np.array([[-3.0, 0.5], [2.0, 1.0], [0.0, 1.0]]),
                positives=np.array([0]),
                negatives=np.array([[1, 2]]),
            ),
        ),
    ],
)
def negative_sampling_loss_is_stable(student, case):
    """negative_sampling_loss stays right for scores of 1000"""
    loss, dh, dw_out = student.negative_sampling_loss(
        case.h, case.w_out, case.positives, case.negatives
    )
    return values(loss=loss, dh=dh, dw_out=dw_out)
