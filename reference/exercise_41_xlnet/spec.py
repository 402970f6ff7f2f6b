"""What exercise 41 checks: masks, codes and scores alone, then attention, layer, model and loss."""

import itertools

import numpy as np

from grader.spec import (
    Dim,
    booleans,
    check,
    choice,
    derived,
    dimension,
    domain,
    gradients,
    group,
    holds,
    integers,
    permutation,
    reals,
    same,
    special,
    values,
)

FORBIDDEN = {
    "torch.nn": "write the attention, the layer and the loss yourself",
    "torch.autograd": "the gradient of the loss is yours to write",
    ".backward": "the gradient of the loss is yours to write",
    "transformers": "XLNet is what this exercise is about",
}

EQUIVALENT_MUTANTS = {
    "relative_codes: … → distance = xp.arange(length, -length, -1, )[:, None]": (
        "whole numbers turn into float64 when they are divided"
    ),
    "relative_codes: … → …xp.arange(0, width, 2, ) / width)": (
        "whole numbers turn into float64 when they are divided"
    ),
    "relative_codes: … → …xp.cos(angle)], axis=1)": "the last of two axes is axis 1",
    "relative_codes: … → …xp.cos(angle)], axis=+1)": "the last of two axes is axis 1",
    "relative_scores: … → position = xp.arange(length, device=None)": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "relative_scores: … → position = xp.arange(length, )": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "relative_scores: … → …xp.reshape(row, (- 2,))…": (
        "NumPy takes any negative size for the one to be found"
    ),
    "relative_scores: … → …xp.reshape(row, (~1,))…": (
        "NumPy takes any negative size for the one to be found"
    ),
    "relative_scores: … → …xp.reshape(row, None)…": (
        "take keeps the shape of the row numbers, and the outer reshape finds nothing left to do"
    ),
    "two_stream_attention: … → …n_heads)[ -1, ...]": "the only entry is the last one, too",
    "xlnet_forward: … → …xp.reshape(ids, (- 2,))…": (
        "NumPy takes any negative size for the one to be found"
    ),
    "xlnet_forward: … → …xp.reshape(ids, (~1,))…": (
        "NumPy takes any negative size for the one to be found"
    ),
    "xlnet_forward: … → …xp.reshape(ids, None)…": (
        "take keeps the shape of the ids, and the outer reshape finds nothing left to do"
    ),
    "permutation_loss: … → words = xp.arange(n_words, device=None)": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "permutation_loss: … → words = xp.arange(n_words, )": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "permutation_loss: … → …== words, None)": "None stands for float64, which the inputs have",
    "_rank: … → …argsort(order, )": "the last axis is the default",
    "_softmax: … → …xp.where(top != -math.inf, top, …": "nothing is below minus infinity",
    "_softmax: … → …xp.where(total > 1, total, …": (
        "the largest power of a row is 1, so a total is 0 or at least 1, and 1 divides by 1"
    ),
    "_softmax: … → …xp.where(total != 0, total, …": "a total is never negative",
}

B, T, F, V = Dim("B", 1, 3), Dim("T", 2, 5), Dim("F", 1, 5), Dim("V", 3, 7)
H, K = Dim("H", 1, 3), Dim("K", 1, 4)
SHORT = Dim("T", 2, 4)
# The model's width stays fixed: codes need an even one, and the layers are judged before.
WIDTH = Dim("D", 4, 4)
LAYER_WIDTH = Dim("D", 6, 6)
# So small that the variance which enters a LayerNorm is close to its epsilon.
TINY = 1e-6


def _orders(case):
    """One order per example from random keys, (B, T)."""
    return np.argsort(case.keys, axis=-1, kind="stable")


def _attention(width):
    """The fields of the attention's params; the biases are flat, `_in_heads` shapes them."""
    matrices = ("wq", "wk", "wv", "wo", "wr")
    return group(
        **{name: reals(width, width, low=-1, high=1) for name in matrices},
        content_bias=reals(width, low=-1, high=1),
        position_bias=reals(width, low=-1, high=1),
    )


def _layer(width):
    fields = {"attention": _attention(width)}
    fields["w1"] = reals(width, F, low=-1, high=1)
    fields["b1"] = reals(F, low=-1, high=1)
    fields["w2"] = reals(F, width, low=-1, high=1)
    fields["b2"] = reals(width, low=-1, high=1)
    for i in (1, 2):
        fields[f"norm{i}_scale"] = reals(width, low=0.5, high=1.5)
        fields[f"norm{i}_shift"] = reals(width, low=-0.5, high=0.5)
    return group(**fields)


def _in_heads(attention, n_heads):
    names = ("content_bias", "position_bias")
    return attention | {name: attention[name].reshape(n_heads, -1) for name in names}


def _layer_in_heads(layer, n_heads):
    return layer | {"attention": _in_heads(layer["attention"], n_heads)}


def _fixed(seed, *shape):
    """Numbers for an explicit case, with two decimals."""
    return np.round(np.random.default_rng(seed).uniform(-1, 1, shape), 2)


def _fixed_attention(seed, width, n_heads):
    matrices = {f"w{x}": _fixed([seed, ord(x)], width, width) for x in "qkvor"}
    biases = {"content_bias": _fixed([seed, 1], width), "position_bias": _fixed([seed, 2], width)}
    return _in_heads(matrices | biases, n_heads)


def _fixed_layer(seed, width, hidden, n_heads):
    params = {"attention": _fixed_attention([seed, 1], width, n_heads)}
    params |= {"w1": _fixed([seed, 2], width, hidden), "b1": _fixed([seed, 3], hidden)}
    params |= {"w2": _fixed([seed, 4], hidden, width), "b2": _fixed([seed, 5], width)}
    for i in (1, 2):
        params[f"norm{i}_scale"] = 1 + _fixed([seed, 6, i], width) / 2
        params[f"norm{i}_shift"] = _fixed([seed, 7, i], width) / 2
    return params


def _masks(order):
    """What permutation_mask should give for the masks of an explicit case."""
    rank = np.argsort(order)
    query_mask = rank[None, :] < rank[:, None]
    return query_mask | np.eye(len(order), dtype=bool), query_mask


@check(
    task="permutation_mask",
    points=1,
    cases=domain(keys=reals(B, T), order=derived(_orders)),
    special=[
        special("one position", lambda: dict(order=np.array([[0], [0]]))),
        special(
            "orders that are not their own inverse",
            lambda: dict(order=np.array([[2, 0, 3, 1], [1, 2, 3, 0]])),
        ),
        special(
            "from left to right, from right to left",
            lambda: dict(order=np.array([[0, 1, 2], [2, 1, 0]])),
        ),
    ],
)
def permutation_mask_values(student, case):
    """permutation_mask shows what comes before in the order"""
    content_mask, query_mask = student.permutation_mask(case.order)
    one_content_mask, one_query_mask = student.permutation_mask(case.order[0])
    itself = np.eye(case.order.shape[1], dtype=bool)
    return [
        values(content_mask=content_mask, query_mask=query_mask),
        same(
            [1.0 * one_content_mask, 1.0 * one_query_mask],
            [1.0 * content_mask[0], 1.0 * query_mask[0]],
            because="an order of shape (T,) gives the masks of that order alone",
        ),
        same(
            1.0 * content_mask,
            1.0 * (query_mask | itself),
            because="the content stream sees what the query stream sees, and itself",
        ),
    ]


@check(
    task="relative_codes",
    points=1,
    cases=domain(x=reals(B, T, 2 * F)),
    count=3,
    special=[
        special("one position", lambda: dict(x=np.array([[[0.5, -1.0, 2.0, 0.25]]]))),
        special("one pair of numbers", lambda: dict(x=_fixed(1, 2, 3, 2))),
        special("values of zero", lambda: dict(x=np.zeros((1, 2, 6)))),
    ],
)
def relative_codes_values(student, case):
    """relative_codes has a row for each distance from T to -T + 1"""
    codes = student.relative_codes(case.x)
    length, half = case.x.shape[1], case.x.shape[2] // 2
    past, future = codes[1:length], codes[:length:-1]
    return [
        values(codes=codes),
        same(
            np.concatenate([past[:, :half], past[:, half:]]),
            np.concatenate([-future[:, :half], future[:, half:]]),
            because="distances d and -d have opposite sines and equal cosines",
        ),
    ]


@check(
    task="relative_scores",
    points=1,
    cases=domain(
        q=reals(B, H, T, K, low=-1, high=1),
        k=reals(B, H, T, K, low=-1, high=1),
        r=reals(H, 2 * T, K, low=-1, high=1),
        content_bias=reals(H, K, low=-1, high=1),
        position_bias=reals(H, K, low=-1, high=1),
    ),
    special=[
        special(
            "one position",
            lambda: dict(
                q=np.array([[[[1.0, 2.0]]]]),
                k=np.array([[[[3.0, -1.0]]]]),
                r=np.array([[[5.0, 7.0], [0.5, -2.0]]]),
                content_bias=np.array([[0.5, 1.0]]),
                position_bias=np.array([[-1.0, 0.25]]),
            ),
        )
    ],
)
def relative_scores_values(student, case):
    """relative_scores adds a score of the content and one of the distance"""
    biases = case.content_bias, case.position_bias
    scores = student.relative_scores(case.q, case.k, case.r, *biases)
    q, k = (np.repeat(x[:, :, :1], x.shape[2], axis=2) for x in (case.q, case.k))
    alike = student.relative_scores(q, k, case.r, *biases)
    return [
        values(scores=scores),
        same(
            alike[..., 1:, 1:],
            alike[..., :-1, :-1],
            because="if all queries and all keys are alike, a score depends on t - s only",
        ),
    ]


def _attention_example(order, width=4, n_heads=2, loud=1.0):
    content_mask, query_mask = _masks(np.array(order))
    params = _fixed_attention(2, width, n_heads)
    params |= {name: loud * params[name] for name in ("wq", "wk", "wr")}
    return dict(
        h=_fixed(3, 2, len(order), width),
        g=_fixed(4, 2, len(order), width),
        other=_fixed(5, 2, width),
        at=np.array([0]),
        codes=_fixed(6, 2 * len(order), width),
        params=params,
        n_heads=n_heads,
        content_mask=content_mask,
        query_mask=query_mask,
    )


@check(
    task="two_stream_attention",
    points=2,
    cases=domain(
        h=reals(B, T, H * K, low=-1, high=1),
        g=reals(B, T, H * K, low=-1, high=1),
        other=reals(B, H * K, low=-1, high=1),
        at=integers(1, high=T),
        codes=reals(2 * T, H * K, low=-1, high=1),
        n_heads=dimension(H),
        flat=_attention(H * K),
        params=derived(lambda case: _in_heads(case.flat, case.n_heads)),
        content_mask=booleans(T, T),
        query_mask=booleans(B, T, T, row_has_true=False),
    ),
    special=[
        special("the masks of an order", lambda: _attention_example([2, 0, 3, 1])),
        special("one position", lambda: _attention_example([0])),
        special("scores of several hundred", lambda: _attention_example([1, 2, 0], loud=40.0)),
    ],
)
def two_stream_attention_values(student, case):
    """two_stream_attention reads the content stream with both streams' queries"""
    rest = case.codes, case.params, case.n_heads, case.content_mask, case.query_mask
    h_out, g_out = student.two_stream_attention(case.h, case.g, *rest)
    at = int(case.at[0])
    changed = case.h.copy()
    changed[:, at] = case.other
    h_after, g_after = student.two_stream_attention(changed, case.g, *rest)
    shape = case.g.shape[:2]
    blind = np.broadcast_to(~case.query_mask[..., at], shape)[..., None]
    others = np.arange(shape[1]) != at
    unseen = np.broadcast_to(~case.content_mask[..., at] & others, shape)[..., None]
    return [
        values(h_out=h_out, g_out=g_out),
        same(
            np.where(blind, g_after, 0.0),
            np.where(blind, g_out, 0.0),
            because="a query notices no change of the content that query_mask hides from it",
        ),
        same(
            np.where(unseen, h_after, 0.0),
            np.where(unseen, h_out, 0.0),
            because="the content stream notices no change that content_mask hides from it",
        ),
    ]


def _layer_example(order, size=1.0):
    """A layer whose norms get numbers of the given size."""
    content_mask, query_mask = _masks(np.array(order))
    params = _fixed_layer(7, 6, 4, 2)
    params["attention"]["wo"] = size * params["attention"]["wo"]
    for name in ("norm1_scale", "norm1_shift", "w2", "b2"):
        params[name] = size * params[name]
    return dict(
        h=size * _fixed(8, 2, len(order), 6),
        g=size * _fixed(9, 2, len(order), 6),
        other=size * _fixed(10, 2, len(order), 6),
        codes=_fixed(11, 2 * len(order), 6),
        params=params,
        n_heads=2,
        content_mask=content_mask,
        query_mask=query_mask,
    )


@check(
    task="xlnet_layer",
    points=1,
    cases=domain(
        h=reals(B, SHORT, LAYER_WIDTH, low=-1, high=1),
        g=reals(B, SHORT, LAYER_WIDTH, low=-1, high=1),
        other=reals(B, SHORT, LAYER_WIDTH, low=-1, high=1),
        codes=reals(2 * SHORT, LAYER_WIDTH, low=-1, high=1),
        n_heads=choice(2, 3),
        flat=_layer(LAYER_WIDTH),
        params=derived(lambda case: _layer_in_heads(case.flat, case.n_heads)),
        content_mask=booleans(B, SHORT, SHORT),
        query_mask=booleans(SHORT, SHORT, row_has_true=False),
    ),
    count=3,
    special=[
        special("one position", lambda: _layer_example([0])),
        special("variances as small as the epsilon", lambda: _layer_example([1, 2, 0], size=TINY)),
    ],
)
def xlnet_layer_values(student, case):
    """xlnet_layer treats both streams with the same params"""
    rest = case.codes, case.params, case.n_heads, case.content_mask, case.query_mask
    h_out, g_out = student.xlnet_layer(case.h, case.g, *rest)
    alone, _ = student.xlnet_layer(case.h, case.other, *rest)
    return [
        values(h_out=h_out, g_out=g_out),
        same(alone, h_out, because="the content stream never looks at the query stream"),
    ]


def _model(words, **more):
    return domain(
        n_heads=choice(1, 2, 2),
        embedding=reals(words, WIDTH, low=-1, high=1),
        query_start=reals(WIDTH, low=-1, high=1),
        layer=_layer(WIDTH),
        second_layer=_layer(WIDTH),
        output_bias=reals(words, low=-1, high=1),
        **more,
    )


def _params(case):
    """One dict, as xlnet_forward takes it."""
    parts = vars(case)
    layers = [parts[name] for name in ("layer", "second_layer") if name in parts]
    return {
        "embedding": case.embedding,
        "query_start": case.query_start,
        "layers": [_layer_in_heads(layer, case.n_heads) for layer in layers],
        "output_bias": case.output_bias,
    }


def _model_example(ids, order, width=6):
    return dict(
        ids=np.array(ids),
        order=np.array(order),
        n_heads=2,
        embedding=_fixed(12, 5, width),
        query_start=_fixed(13, width),
        layer=_fixed_layer(14, width, 4, 2),
        output_bias=_fixed(15, 5),
    )


@check(
    task="xlnet_forward",
    points=1,
    cases=_model(
        V, ids=integers(B, T, high=V, repeats=True), keys=reals(B, T), order=derived(_orders)
    ),
    count=3,
    special=[
        special(
            "one order for all examples",
            lambda: _model_example([[3, 0, 4, 3], [1, 2, 2, 0]], [2, 0, 3, 1]),
        ),
        special("one word", lambda: _model_example([[3], [1]], [[0], [0]])),
    ],
)
def xlnet_forward_values(student, case):
    """xlnet_forward scores every word at every position"""
    return values(logits=student.xlnet_forward(case.ids, case.order, _params(case), case.n_heads))


WORDS, LENGTH = Dim("V", 2, 3), Dim("T", 2, 3)


def _all_sequences(case):
    """Every sequence of T words out of V, (V ** T, T)."""
    words, length = len(case.embedding), len(case.order)
    return np.array(list(itertools.product(range(words), repeat=length)))


def _log_softmax(logits):
    return logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)


@check(
    task="xlnet_forward",
    points=1,
    cases=_model(
        WORDS,
        order=permutation(LENGTH),
        ids=derived(_all_sequences),
        place=integers(1, high=LENGTH - 1),
    ),
    count=3,
)
def xlnet_forward_is_a_language_model(student, case):
    """xlnet_forward predicts each word from those before it in the order"""
    logits = student.xlnet_forward(case.ids, case.order, _params(case), case.n_heads)
    log_p = np.take_along_axis(_log_softmax(logits), case.ids[:, :, None], axis=-1)
    total = np.sum(np.exp(np.sum(log_p, axis=(1, 2))))
    place = int(case.place[0])
    cut = case.order[place]
    other = np.flatnonzero((case.ids == (np.arange(case.ids.shape[1]) == cut)).all(axis=1))[0]
    moved = np.any(logits[other] != logits[0], axis=-1)
    return [
        same(
            logits[other][case.order[: place + 1]],
            logits[0][case.order[: place + 1]],
            because="a word has no influence on its own logits, nor on those before it",
        ),
        holds(
            np.all(moved[case.order[place + 1 :]]),
            because="a word has an influence on the logits of all that come after it in the order",
        ),
        same(
            total,
            1.0,
            because="the probabilities of all sequences, multiplied word by word, add up to 1",
        ),
    ]


to_predict = domain(
    logits=reals(B, T, V, low=-3, high=3),
    ids=integers(B, T, high=V, repeats=True),
    keys=reals(B, T),
    order=derived(_orders),
    n=integers(1, low=1, high=T),
    n_predict=derived(lambda case: int(case.n[0])),
)


def _prediction(order, n_predict, factor=3.0):
    order = np.array(order)
    return dict(
        logits=factor * _fixed(16, 2, order.shape[-1], 4),
        ids=np.array([[3, 0, 2, 3], [1, 1, 0, 2]])[:, : order.shape[-1]],
        order=order,
        n_predict=n_predict,
    )


one_order = special("one order for all examples", lambda: _prediction([2, 0, 3, 1], 2))
all_words = special("every word is predicted", lambda: _prediction([[1, 2, 3, 0], [2, 0, 3, 1]], 4))
one_word = special("one word", lambda: _prediction([[0], [0]], 1))
large_logits = special(
    "logits of 1000", lambda: _prediction([[1, 2, 0], [2, 0, 1]], 2, factor=1000.0)
)


@check(
    task="permutation_loss",
    points=1,
    cases=to_predict,
    count=4,
    special=[one_order, all_words, one_word, large_logits],
)
def permutation_loss_value(student, case):
    """permutation_loss is the mean loss over the last words of each order"""
    settings = case.ids, case.order, case.n_predict
    loss, _ = student.permutation_loss(case.logits, *settings)
    even, _ = student.permutation_loss(np.zeros_like(case.logits), *settings)
    return [
        values(loss=loss),
        same(
            even,
            np.log(case.logits.shape[-1]),
            because="if all logits are zero, the loss is ln V, however many words are predicted",
        ),
    ]


@check(
    task="permutation_loss",
    points=1,
    cases=to_predict,
    count=4,
    special=[one_order, all_words, one_word, large_logits],
)
def permutation_loss_gradient(student, case):
    """permutation_loss returns the gradient of its loss"""
    loss, dlogits = student.permutation_loss(case.logits, case.ids, case.order, case.n_predict)
    touched = np.sum(np.any(dlogits != 0, axis=-1), axis=-1)
    return [
        gradients(of=loss, cotangent=1.0, logits=dlogits),
        holds(
            np.all(touched <= case.n_predict),
            because="words that are not predicted get a gradient of exactly zero",
        ),
    ]
