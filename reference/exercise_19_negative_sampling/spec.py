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

N, D, K = Dim("N", 2, 6), Dim("D", 1, 6), Dim("K", 2, 4)
V = Dim("V", 5, 9)

lookup = domain(w=reals(V, D), ids=integers(N, high=V, repeats=True))

# Few distinct words, many rows: every id of the batch comes up more than once.
crowded_lookup = domain(
    w=reals(V, D), ids=integers(2 * N, high=3, repeats=True), dout=reals(2 * N, D)
)

frequencies = domain(counts=integers(V, low=1, high=200), power=choice(0.75, 0.5, 0.9))

drawn = domain(
    counts=integers(V, low=1, high=200),
    power=choice(0.75, 0.5, 0.9),
    positives=integers(N, high=V, repeats=True),
    k=dimension(K),
    generator=generator(),
)

# Many negatives from few words, so that a positive which can be drawn is drawn.
many_drawn = domain(
    counts=integers(5, low=20, high=60),
    power=choice(0.75, 0.5, 0.9),
    positives=integers(N, high=5),
    k=constant(12),
    generator=generator(),
)

# The sampler never gives a row its own positive, so neither does this domain.
batch = domain(
    h=reals(N, D),
    w_out=reals(V, D),
    positives=integers(N, high=V),
    steps=integers(N, K, high=V - 1, repeats=True),
    negatives=derived(lambda case: (case.positives[:, None] + 1 + case.steps) % len(case.w_out)),
)

# All words of the batch come from the first three rows of the table: they repeat within a row,
# between rows, and as positive of one row and negative of another. The other rows are not used.
crowded = domain(
    h=reals(N, D),
    w_out=reals(V, D),
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
    points=2,
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
    """embedding_backward adds up the gradients of all rows that used a word"""
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
    """unigram_distribution returns probabilities proportional to counts ** power"""
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
    """unigram_sampler draws row by row, with replacement, in the declared order"""
    ids = student.unigram_sampler(case.counts, case.power, case.positives, case.k, case.generator)
    return values(negatives=ids)


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
    """unigram_sampler never gives a row its own positive as a negative"""
    ids = student.unigram_sampler(case.counts, case.power, case.positives, case.k, case.generator)
    hits = np.sum(ids == case.positives[:, None], axis=1)
    return same(
        hits,
        np.zeros_like(hits),
        because="every row holds its own positive 0 times",
    )


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
    """negative_sampling_loss returns the mean over rows of positive and negative terms"""
    loss, _, _ = student.negative_sampling_loss(case.h, case.w_out, case.positives, case.negatives)
    reversed_loss, _, _ = student.negative_sampling_loss(
        case.h, case.w_out, case.positives, case.negatives[:, ::-1].copy()
    )
    zero_loss, _, _ = student.negative_sampling_loss(
        np.zeros(case.h.shape), case.w_out, case.positives, case.negatives
    )
    return [
        values(loss=loss),
        same(
            reversed_loss,
            loss,
            because="the order of a row's negatives does not change the loss",
        ),
        same(
            zero_loss,
            (case.negatives.shape[1] + 1) * math.log(2),
            because="when every score is 0 the loss is (K + 1) times ln 2",
        ),
    ]


@check(task="negative_sampling_loss", points=1, cases=batch)
def negative_sampling_gradients(student, case):
    """negative_sampling_loss returns the gradients of its loss for h and w_out"""
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
    """dw_out adds up every use of a word in the batch and is zero for words not used"""
    loss, _, dw_out = student.negative_sampling_loss(
        case.h, case.w_out, case.positives, case.negatives
    )
    alone = [
        student.negative_sampling_loss(
            case.h[n : n + 1], case.w_out, case.positives[n : n + 1], case.negatives[n : n + 1]
        )[2]
        for n in range(len(case.h))
    ]
    return [
        gradients(of=loss, cotangent=1.0, w_out=dw_out),
        holds(
            np.all(dw_out[_unused(len(case.w_out), case.positives, case.negatives)] == 0),
            because="a word that is neither a positive nor a negative gets a zero gradient",
        ),
        same(
            dw_out,
            np.mean(alone, axis=0),
            because="dw_out of a batch is the mean of what its rows give one by one",
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
                h=np.array([[100.0, 1.0], [-100.0, 2.0]]),
                w_out=np.array([[-10.0, 0.0], [10.0, 0.0], [10.0, 2.0]]),
                positives=np.array([0, 1]),
                negatives=np.array([[1, 2], [0, 0]]),
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
    """negative_sampling_loss stays finite and right for scores as large as 1000"""
    loss, dh, dw_out = student.negative_sampling_loss(
        case.h, case.w_out, case.positives, case.negatives
    )
    return values(loss=loss, dh=dh, dw_out=dw_out)
