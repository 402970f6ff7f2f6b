"""What exercise 18 checks: cutting a corpus into windows, then CBOW, then skip-gram."""

import numpy as np

from grader.spec import (
    Dim,
    check,
    dimension,
    domain,
    gradients,
    integers,
    permutation,
    reals,
    same,
    scalar,
    special,
    values,
)

FORBIDDEN = {
    "torch.autograd": "the backward pass is what this exercise is about",
    ".backward": "the backward pass is what this exercise is about",
    "torch.nn": "write the model and its loss yourself",
}

EQUIVALENT_MUTANTS = {
    "… → n = max(corpus.shape[ -1] - 2 * window, 0)": "the array has one axis",
    "… → …range(2 * window | 1)…": "an even number and 1 have no bit in common",
    "… → …range(2 * window ^ 1)…": "an even number and 1 have no bit in common",
    "… → …if shift is not window]": "CPython keeps one object for every integer up to 256",
    "… → words = xp.arange(w_in.shape[0], device=None)": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "… → words = xp.arange(w_in.shape[0], )": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "… → …ids[:, :, None] == words, None), axis=1)": (
        "None stands for float64, which the inputs have"
    ),
    "… → loss = -xp.sum(right * log_p) / targets.shape[ -1]…": "the array has one axis",
}

N, W, V, D = Dim("N", 2, 4), Dim("W", 1, 3), Dim("V", 3, 7), Dim("D", 1, 5)
K, U = Dim("K", 1, 6), Dim("U", 5, 9)

# K centres with a full window; U different words, so that most neighbours differ.
texts = domain(corpus=integers(K + 2 * W, high=U, repeats=True), window=dimension(W))

_tables = dict(w_in=reals(V, D), w_out=reals(D, V))
_examples = dict(
    contexts=integers(N, 2 * W, high=V, repeats=True),
    targets=integers(N, high=V, repeats=True),
)
batch = domain(**_examples, **_tables)
shuffled = domain(**_examples, **_tables, order=permutation(2 * W))
batch_back = domain(**_examples, **_tables, dout=scalar(1.25, 3.0))


def _case(contexts, targets, w_in, w_out, **others):
    return dict(
        contexts=np.array(contexts),
        targets=np.array(targets),
        w_in=np.array(w_in, dtype=float),
        w_out=np.array(w_out, dtype=float),
        **others,
    )


# Small tables for the special cases: 4 words, vectors of 3 numbers.
W_IN = [[1.0, -0.5, 0.25], [0.5, 1.5, -1.0], [-1.25, 0.75, 2.0], [0.0, -1.0, 1.0]]
W_OUT = [[0.5, -1.0, 1.5, 0.25], [1.0, 0.75, -0.5, -1.5], [-0.25, 2.0, 1.0, 0.5]]


def _same_word_on_both_sides(**others):
    return special(
        "the same word on both sides",
        lambda: _case([[1, 1], [1, 2]], [0, 3], W_IN, W_OUT, **others),
    )


def _zero_vectors(**others):
    return special(
        "all vectors zero",
        lambda: _case([[3, 2], [0, 1], [2, 0]], [2, 3, 1], [[0.0]] * 4, [[0.0] * 4], **others),
    )


repeated = [
    _same_word_on_both_sides(dout=1.5),
    special(
        "one word everywhere",
        lambda: _case([[2] * 4] * 3, [2] * 3, W_IN, W_OUT, dout=-2.0),
    ),
    special("one example", lambda: _case([[3, 0, 2, 1]], [1], W_IN, W_OUT, dout=0.25)),
]

# Whole numbers, so that even single precision holds these scores exactly.
extreme = [
    special(
        "scores near 1000",
        lambda: _case(
            [[0, 1], [1, 1], [2, 0]],
            [1, 2, 0],
            [[1000, 1], [1000, 3], [1000, -1]],
            [[1, 1, 1], [0, 1, -1]],
        ),
    ),
    special(
        "scores near -1000",
        lambda: _case([[1, 1]], [1], [[-800, 0], [-1000, 2], [-900, 1]], [[1, 1, 1], [0, 1, 2]]),
    ),
    special(
        "examples far apart",
        lambda: _case([[0, 0], [1, 1]], [0, 1], [[900, 1], [-900, 2]], [[1, 1], [0, 1]]),
    ),
    special(
        "an answer with almost no probability",
        lambda: _case([[1, 1], [0, 0]], [1, 0], [[2], [60]], [[1, 0]]),
    ),
    special(
        "an answer whose probability is zero in floating point",
        lambda: _case([[1, 1], [0, 0]], [1, 0], [[2], [900]], [[1, 0]]),
    ),
]


@check(
    task="contexts_and_targets",
    points=1,
    cases=texts,
    special=[
        special("one full window", lambda: dict(corpus=np.array([4, 0, 3, 1, 2]), window=2)),
        special("one word repeated", lambda: dict(corpus=np.array([7, 7, 7, 7]), window=1)),
        special("a window of three", lambda: dict(corpus=np.arange(9)[::-1].copy(), window=3)),
    ],
)
def contexts_and_targets_values(student, case):
    """contexts_and_targets lists the words around every centre"""
    contexts, targets = student.contexts_and_targets(case.corpus, case.window)
    mirrored, last_first = student.contexts_and_targets(case.corpus[::-1].copy(), case.window)
    return [
        values(contexts=contexts, targets=targets),
        same(
            mirrored[::-1, ::-1],
            contexts,
            because="reading the corpus backwards reverses the examples and the words of each",
        ),
        same(
            last_first[::-1],
            targets,
            because="reading the corpus backwards lists the same centres in the opposite order",
        ),
    ]


@check(
    task="contexts_and_targets",
    points=1,
    special=[
        special("one word too few", lambda: dict(corpus=np.array([4, 0, 3, 1]), window=2)),
        special("no room on either side", lambda: dict(corpus=np.array([2, 5]), window=3)),
        special("a single word", lambda: dict(corpus=np.array([1]), window=1)),
    ],
)
def contexts_and_targets_of_a_short_corpus(student, case):
    """contexts_and_targets keeps its shapes when the corpus is too short"""
    contexts, targets = student.contexts_and_targets(case.corpus, case.window)
    return values(contexts=contexts, targets=targets)


@check(
    task="cbow_forward",
    points=1,
    cases=shuffled,
    special=[
        _same_word_on_both_sides(order=np.array([1, 0])),
        _zero_vectors(order=np.array([1, 0])),
    ],
)
def cbow_loss_value(student, case):
    """cbow_forward returns the mean loss of predicting the centre words"""
    loss, _ = student.cbow_forward(case.contexts, case.targets, case.w_in, case.w_out)
    reordered, _ = student.cbow_forward(
        case.contexts[:, case.order], case.targets, case.w_in, case.w_out
    )
    return [
        values(loss=loss),
        same(
            reordered,
            loss,
            because="the order of the context words does not matter: CBOW sees a bag of words",
        ),
    ]


@check(
    task="cbow_backward",
    points=2,
    cases=batch_back,
    special=repeated,
    requires=[cbow_loss_value],
)
def cbow_gradients(student, case):
    """cbow_backward returns the gradients for both tables"""
    loss, cache = student.cbow_forward(case.contexts, case.targets, case.w_in, case.w_out)
    dw_in, dw_out = student.cbow_backward(case.dout, cache)
    unseen = np.setdiff1d(np.arange(case.w_in.shape[0]), case.contexts)
    return [
        gradients(of=loss, cotangent=case.dout, w_in=dw_in, w_out=dw_out),
        same(
            dw_in[unseen],
            np.zeros_like(dw_in[unseen]),
            because="a word in none of the contexts gets a row of zeros in dw_in",
        ),
    ]


@check(task="cbow_forward", points=1, special=extreme)
def cbow_is_stable(student, case):
    """CBOW stays finite and right for scores as large as 1000"""
    loss, cache = student.cbow_forward(case.contexts, case.targets, case.w_in, case.w_out)
    student.cbow_backward(1.0, cache)
    return values(loss=loss)


@check(
    task="skip_gram_forward",
    points=1,
    cases=batch,
    special=[_same_word_on_both_sides(), _zero_vectors()],
)
def skip_gram_loss_value(student, case):
    """skip_gram_forward returns the loss of predicting the context words"""
    loss, _ = student.skip_gram_forward(case.contexts, case.targets, case.w_in, case.w_out)
    twice, _ = student.skip_gram_forward(
        np.concatenate([case.contexts, case.contexts], axis=1),
        case.targets,
        case.w_in,
        case.w_out,
    )
    return [
        values(loss=loss),
        same(
            twice,
            2 * loss,
            because="listing every context word twice doubles a loss that adds them up",
        ),
    ]


@check(
    task="skip_gram_backward",
    points=2,
    cases=batch_back,
    special=repeated,
    requires=[skip_gram_loss_value],
)
def skip_gram_gradients(student, case):
    """skip_gram_backward returns the gradients for both tables"""
    loss, cache = student.skip_gram_forward(case.contexts, case.targets, case.w_in, case.w_out)
    dw_in, dw_out = student.skip_gram_backward(case.dout, cache)
    unseen = np.setdiff1d(np.arange(case.w_in.shape[0]), case.targets)
    return [
        gradients(of=loss, cotangent=case.dout, w_in=dw_in, w_out=dw_out),
        same(
            dw_in[unseen],
            np.zeros_like(dw_in[unseen]),
            because="a word that is no centre in the batch gets a row of zeros in dw_in",
        ),
        same(
            dw_out.sum(axis=1),
            np.zeros(dw_out.shape[0]),
            because="each row of dw_out adds up to zero, since raising all scores of an example "
            "alike changes nothing",
            scale=float(np.abs(dw_out).max()),
        ),
    ]


@check(task="skip_gram_forward", points=1, special=extreme)
def skip_gram_is_stable(student, case):
    """Skip-gram stays finite and right for scores as large as 1000"""
    loss, cache = student.skip_gram_forward(case.contexts, case.targets, case.w_in, case.w_out)
    student.skip_gram_backward(1.0, cache)
    return values(loss=loss)
