"""What exercise 26 checks: batches, the layers over time, perplexity, then the model on streams."""

import math

import numpy as np

from grader.spec import (
    Dim,
    check,
    constant,
    dimension,
    domain,
    gradients,
    group,
    integers,
    permutation,
    reals,
    same,
    special,
    values,
)

FORBIDDEN = {
    "torch.autograd": "the backward pass is what this exercise is about",
    ".requires_grad_": "the backward pass is what this exercise is about",
    "torch.nn": "write the layers yourself",
    "torch.rnn_tanh": "write the loop yourself",
    "torch.rnn_tanh_cell": "write the loop yourself",
}

ROW_VECTORS = ("time_affine_backward", "RNNLM.backward")

EQUIVALENT_MUTANTS = {
    "stream_batches: … → length = (corpus.shape[ -1] - 1) // batch_size": "the array has one axis",
    "time_softmax_loss: … → …xp.astype(targets != ignore, None)[:, :, None]": (
        "None stands for float64, which the scores have"
    ),
    "perplexity: … → counts = xp.astype(counts, None)": (
        "None stands for float64, which the losses have"
    ),
    'RNNLM.forward: … → …(ids.shape[0], p["b"].shape[ -1]))': "the array has one axis",
    "_one_hot: … → words = xp.arange(like.shape[-1], device=None)": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "_one_hot: … → words = xp.arange(like.shape[-1], )": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "_one_hot: … → …xp.astype(ids[..., None] == words, None)": (
        "None stands for float64, which the scores and vectors have"
    ),
    "_embed: … → …xp.reshape(ids, (- 2,)), axis=0)": "NumPy reads any negative size like -1",
    "_embed: … → …xp.reshape(ids, (~1,)), axis=0)": "NumPy reads any negative size like -1",
    "_embed: … → …xp.reshape(ids, None), axis=0)": "the result is reshaped anyway",
}

B, T, H, V = Dim("B", 2, 4), Dim("T", 2, 5), Dim("H", 1, 5), Dim("V", 3, 6)
N, K, D = Dim("N", 9, 40), Dim("K", 2, 5), Dim("D", 1, 5)

corpora = domain(
    corpus=permutation(N),
    batch_size=dimension(B),
    time_size=dimension(T),
    where=lambda case: len(case.corpus) > 2 * case.batch_size * case.time_size,
)
affine = domain(xs=reals(B, T, H), w=reals(H, V), b=reals(V))
affine_back = domain(**affine.fields, dout=reals(B, T, V))


def _padded_unevenly(case):
    """Some places count, some do not, and not equally many in every row."""
    counted = (case.targets != -1).sum(axis=1)
    return bool(counted.min() < counted.max())


scored = domain(
    scores=reals(B, T, V, low=-3, high=3),
    targets=integers(B, T, low=-1, high=V),
    ignore=constant(-1),
    where=_padded_unevenly,
)

texts = domain(
    ids=integers(B, T, high=V, repeats=True),
    targets=integers(B, T, low=-1, high=V),
    params=group(
        embed=reals(V, D),
        wx=reals(D, H, low=-1, high=1),
        wh=reals(H, H, low=-1, high=1),
        b=reals(H, low=-1, high=1),
        w=reals(H, V),
        b_out=reals(V, low=-1, high=1),
    ),
    where=_padded_unevenly,
)


def _ramp(*shape):
    """Different numbers between -1 and 1, for the explicit cases."""
    return np.sin(1.0 + np.arange(math.prod(shape), dtype=np.float64)).reshape(shape)


def _corpus(length, batch_size, time_size):
    return dict(corpus=(7 * np.arange(length) + 3) % 50, batch_size=batch_size, time_size=time_size)


@check(
    task="stream_batches",
    points=1,
    cases=corpora,
    count=4,
    special=[
        special("nothing is left over", lambda: _corpus(13, 2, 3)),
        special("as many ids as fill the streams, with no next id", lambda: _corpus(12, 3, 2)),
        special("one stream", lambda: _corpus(8, 1, 3)),
        special("blocks of one step", lambda: _corpus(9, 2, 1)),
        special("one block", lambda: _corpus(7, 2, 3)),
    ],
)
def stream_batches_values(student, case):
    """stream_batches lays B streams side by side and cuts them into blocks of T steps"""
    inputs, targets = student.stream_batches(case.corpus, case.batch_size, case.time_size)
    return [
        values(inputs=inputs, targets=targets),
        same(targets[:, :, :-1], inputs[:, :, 1:], because="the target is the next input"),
        same(
            inputs[1:, :, 0],
            targets[:-1, :, -1],
            because="each row begins with the last target that it had in the block before",
        ),
    ]


@check(
    task="time_affine_forward",
    points=1,
    cases=affine,
    count=3,
    special=[
        special(
            "one sequence of one step",
            lambda: dict(xs=_ramp(1, 1, 3), w=_ramp(3, 2), b=np.array([0.5, -1.5])),
        )
    ],
)
def time_affine_forward_values(student, case):
    """time_affine_forward applies one affine layer at every step"""
    out, _ = student.time_affine_forward(case.xs, case.w, case.b)
    return values(out=out)


@check(
    task="time_affine_backward",
    points=1,
    cases=affine_back,
    count=4,
    requires=[time_affine_forward_values],
    special=[
        special(
            "one sequence of one step",
            lambda: dict(
                xs=_ramp(1, 1, 3), w=_ramp(3, 2), b=np.array([0.5, -1.5]), dout=_ramp(1, 1, 2)
            ),
        )
    ],
)
def time_affine_backward_gradients(student, case):
    """time_affine_backward returns the gradients for xs, w and b"""
    out, cache = student.time_affine_forward(case.xs, case.w, case.b)
    dxs, dw, db = student.time_affine_backward(case.dout, cache)
    return gradients(of=out, cotangent=case.dout, xs=dxs, w=dw, b=db)


def _scored(targets, ignore=-1):
    targets = np.array(targets)
    return dict(scores=2 * _ramp(*targets.shape, 3), targets=targets, ignore=ignore)


_PADDING = [
    special("every place counts", lambda: _scored([[2, 0, 2], [1, 0, 0]])),
    special("no place counts", lambda: _scored([[-1, -1]])),
    special("a row that is all padding", lambda: _scored([[-1, -1], [2, 1]])),
    special("word 0 is the padding", lambda: _scored([[2, 0, 0], [1, 2, 0]], ignore=0)),
    special("word 1 is the padding", lambda: _scored([[2, 0, 1]], ignore=1)),
    special("sequences of one step", lambda: _scored([[1], [-1], [2], [2]])),
]


@check(task="time_softmax_loss", points=1, cases=scored, count=4, special=_PADDING)
def time_softmax_loss_value(student, case):
    """time_softmax_loss returns the mean cross-entropy of the places that count"""
    loss, _ = student.time_softmax_loss(case.scores, case.targets, case.ignore)
    padded = case.targets == case.ignore
    other, _ = student.time_softmax_loss(
        case.scores + padded[:, :, None] * _ramp(*case.scores.shape), case.targets, case.ignore
    )
    return [
        values(loss=loss),
        same(other, loss, because="the scores at places that do not count have no influence"),
    ]


@check(task="time_softmax_loss", points=1, cases=scored, count=4, special=_PADDING)
def time_softmax_loss_gradient(student, case):
    """time_softmax_loss returns the gradient of its loss"""
    loss, dscores = student.time_softmax_loss(case.scores, case.targets, case.ignore)
    padded = (case.targets == case.ignore)[:, :, None]
    return [
        gradients(of=loss, cotangent=1.0, scores=dscores),
        same(
            np.where(padded, dscores, 0),
            np.zeros_like(dscores),
            because="dscores is 0 at every place that does not count",
            scale=1.0,
        ),
    ]


def _far_apart():
    scores = np.array([[[900.0, 901.0], [-900.0, -902.0]], [[1.0, 3.0], [0.0, 0.5]]])
    return dict(scores=scores, targets=np.array([[0, 1], [-1, 0]]))


@check(
    task="time_softmax_loss",
    points=1,
    special=[
        special(
            "scores of 1000",
            lambda: dict(
                scores=np.array([[[1000.0, 998.0], [1.0, 3.0]]]), targets=np.array([[1, 0]])
            ),
        ),
        special(
            "scores of -1000, the last place is padding",
            lambda: dict(
                scores=np.array([[[-1000.0, -1001.5, -1003.0], [-1000.0, 1000.0, 0.0]]]),
                targets=np.array([[2, -1]]),
            ),
        ),
        special("places far apart", _far_apart),
    ],
)
def time_softmax_loss_is_stable(student, case):
    """time_softmax_loss stays finite and right for scores as large as 1000"""
    loss, dscores = student.time_softmax_loss(case.scores, case.targets)
    return values(loss=loss, dscores=dscores)


def _batches(losses, counts):
    return dict(losses=np.array(losses), counts=np.array(counts))


def _first_again(a):
    return np.concatenate([a, a[:1]])


@check(
    task="perplexity",
    points=1,
    cases=domain(
        losses=reals(K, low=0.25, high=3),
        counts=integers(K, low=1, high=30),
        where=lambda case: case.counts.min() < case.counts.max(),
    ),
    count=4,
    special=[
        special("a long and a short batch", lambda: _batches([1.0, 3.0], [9, 1])),
        special("seven equally likely words", lambda: _batches([math.log(7)] * 3, [4, 1, 6])),
        special("a batch of padding", lambda: _batches([1.5, 0.0, 0.5], [2, 0, 3])),
        special("one batch", lambda: _batches([1.25], [8])),
    ],
)
def perplexity_values(student, case):
    """perplexity is the exponential of the mean loss per token"""
    first_doubled = np.concatenate([2 * case.counts[:1], case.counts[1:]])
    return [
        values(perplexity=student.perplexity(case.losses, case.counts)),
        same(
            student.perplexity(_first_again(case.losses), _first_again(case.counts)),
            student.perplexity(case.losses, first_doubled),
            because="two batches with one mean count like a single one with the tokens of both",
        ),
    ]


def _text(batch, steps, words=4, width=3, units=2):
    """A model and a text for it, for the explicit cases."""
    walk = np.arange(batch * steps).reshape(batch, steps)
    return dict(
        ids=(walk * walk + 1) % words,
        targets=(walk * (walk + 2) + 2) % words,
        params=dict(
            embed=2 * _ramp(words, width),
            wx=_ramp(width, units),
            wh=1.5 * _ramp(units, units),
            b=_ramp(units) / 2,
            w=2 * _ramp(units, words),
            b_out=_ramp(words) / 2,
        ),
    )


def _one_word():
    text = _text(2, 3)
    return dict(text, ids=np.full((2, 3), 2))


def _zero_output():
    text = _text(2, 3)
    params = dict(text["params"], w=np.zeros((2, 4)), b_out=np.zeros(4))
    return dict(text, params=params)


def _second_block_padded():
    text = _text(2, 4)
    targets = np.concatenate([text["targets"][:, :2], np.full((2, 2), -1)], axis=1)
    return dict(text, targets=targets)


def _two_blocks(case):
    """The text in two parts; the second has two steps, or one if the text has only two."""
    cut = max(1, case.ids.shape[1] - 2)
    first = case.ids[:, :cut], case.targets[:, :cut]
    return first, (case.ids[:, cut:], case.targets[:, cut:])


@check(
    task="RNNLM",
    points=1,
    cases=texts,
    count=3,
    special=[
        special("an output layer of zeros", _zero_output),
        special("one sequence of two steps", lambda: _text(1, 2)),
        special("the second block is padding", _second_block_padded),
    ],
)
def rnnlm_losses(student, case):
    """RNNLM.forward returns the loss and continues from where the last call ended"""
    first, second = _two_blocks(case)
    model = student.RNNLM(case.params)
    loss_1 = model.forward(*first)
    loss_2 = model.forward(*second)
    model.reset_state()
    loss_of_both = model.forward(case.ids, case.targets)
    counts = [np.sum(targets != -1) for _, targets in (first, second)]
    return [
        values(loss_1=loss_1, loss_2=loss_2, loss_of_both=loss_of_both),
        same(
            loss_1 * counts[0] + loss_2 * counts[1],
            loss_of_both * sum(counts),
            because="a text in two blocks has as much loss in all as in one block after a reset",
        ),
    ]


@check(
    task="RNNLM",
    points=1,
    cases=texts,
    count=3,
    special=[
        special("one word, over and over", _one_word),
        special("one sequence of one step", lambda: _text(1, 1)),
    ],
)
def rnnlm_gradients(student, case):
    """RNNLM.backward returns the gradients of the loss of a first block"""
    model = student.RNNLM(case.params)
    loss = model.forward(case.ids, case.targets)
    grads = model.backward()
    return [
        gradients(of=loss, cotangent=1.0, params=grads),
        same(model.attribute("params"), case.params, because="params is the dict that was given"),
    ]


@check(
    task="RNNLM",
    points=1,
    cases=texts,
    count=3,
    requires=[rnnlm_gradients],
    special=[
        special("two blocks of one step", lambda: _text(3, 2)),
        special("the second block is padding", _second_block_padded),
    ],
)
def rnnlm_gradients_of_a_later_block(student, case):
    """RNNLM.backward carries nothing over from earlier blocks but the state"""
    first, second = _two_blocks(case)
    model = student.RNNLM(case.params)
    model.forward(*first)
    model.backward()
    loss = model.forward(*second)
    grads = model.backward()
    return [
        values(loss=loss, grads=grads),
        same(model.backward(), grads, because="backward returns the same when it is called again"),
    ]
