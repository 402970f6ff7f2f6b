"""What exercise 40 checks: the data and the loss of the training, then the encoder and its head."""

from itertools import islice

import numpy as np

from grader.spec import (
    Dim,
    RandomSource,
    booleans,
    check,
    choice,
    constant,
    derived,
    dimension,
    domain,
    generator,
    gradients,
    group,
    holds,
    integers,
    permutation,
    reals,
    same,
    scalar,
    special,
    values,
)

FORBIDDEN = {
    "torch.nn": "write the layers and the loss yourself",
    "torch.autograd": "the backward passes are yours to write",
    ".backward": "the backward passes are yours to write",
    "transformers": "BERT is what this exercise is about",
}

_ON_THE_CPU = "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
_FLOAT64 = "None stands for float64, which the inputs have"
_HITS_THE_LIMIT = "they differ only if a draw of 53 bits hits the limit exactly"
_ANY_NEGATIVE = "NumPy takes any negative size for the one to be found"

EQUIVALENT_MUTANTS = {
    "module: … → Sentence = None": "the name serves annotations alone, which nobody evaluates",
    "mask_tokens: … → chosen = xp.asarray(generator.random(shape) <= share…": _HITS_THE_LIMIT,
    "mask_tokens: … → …generator.random(shape) < share, device=None)": _ON_THE_CPU,
    "mask_tokens: … → chosen = xp.asarray(generator.random(shape) < share, )": _ON_THE_CPU,
    "mask_tokens: … → words = xp.asarray(generator.integers(0, n_words, shape), device=None)": (
        _ON_THE_CPU
    ),
    "mask_tokens: … → words = xp.asarray(generator.integers(0, n_words, shape), )": _ON_THE_CPU,
    "mask_tokens: … → chosen = chosen // (ids != special)": (
        "NumPy's whole quotient of truth values, by zero too, is 1 if both are true and 0 otherwise"
    ),
    "mask_tokens: … → chosen = chosen * (ids != special)": (
        "the product of two truth values is their conjunction"
    ),
    "mask_tokens: … → below_80 = xp.asarray(decision <= 0.8, device=place)": _HITS_THE_LIMIT,
    "mask_tokens: … → below_80 = xp.asarray(decision < 0.8, device=None)": _ON_THE_CPU,
    "mask_tokens: … → below_80 = xp.asarray(decision < 0.8, )": _ON_THE_CPU,
    "mask_tokens: … → below_90 = xp.asarray(decision <= 0.9, device=place)": _HITS_THE_LIMIT,
    "mask_tokens: … → below_90 = xp.asarray(decision < 0.9, device=None)": _ON_THE_CPU,
    "mask_tokens: … → below_90 = xp.asarray(decision < 0.9, )": _ON_THE_CPU,
    "mlm_loss: … → words = xp.arange(logits.shape[-1], device=None)": _ON_THE_CPU,
    "mlm_loss: … → words = xp.arange(logits.shape[-1], )": _ON_THE_CPU,
    "mlm_loss: … → labelled, zero = (labels > IGNORED)…": (
        "a label is -100 or the id of a word, so nothing lies below -100"
    ),
    "mlm_loss: … → count = xp.sum(xp.astype(labelled, None))": _FLOAT64,
    "mlm_loss: … → count = xp.where(count > 1, count, xp.ones_like(count))": (
        "a count is a whole number, and for 1 both give 1"
    ),
    "mlm_loss: … → count = xp.where(count != 0, count, xp.ones_like(count))": (
        "a count is never negative"
    ),
    "mlm_loss: … → error = xp.exp(log_p) - xp.astype(right, None)": _FLOAT64,
    "next_sentence_pairs: … → if generator.random() > 0.5:": _HITS_THE_LIMIT,
    "sentence_order_pairs: … → if generator.random() <= 0.5:": _HITS_THE_LIMIT,
    "factorised_embedding_backward: … → flat_ids = xp.reshape(ids, (- 2,))": _ANY_NEGATIVE,
    "factorised_embedding_backward: … → flat_ids = xp.reshape(ids, (~1,))": _ANY_NEGATIVE,
    "factorised_embedding_backward: … → flat_rows…(- 2, …": _ANY_NEGATIVE,
    "factorised_embedding_backward: … → flat_rows…(~1, …": _ANY_NEGATIVE,
    "factorised_embedding_backward: … → words = xp.arange(n_words, device=None)": _ON_THE_CPU,
    "factorised_embedding_backward: … → words = xp.arange(n_words, )": _ON_THE_CPU,
    "factorised_embedding_backward: … → one_hot = xp.astype(…, None)": _FLOAT64,
    "_look_up: … → …xp.reshape(ids, (- 2,))…": _ANY_NEGATIVE,
    "_look_up: … → …xp.reshape(ids, (~1,))…": _ANY_NEGATIVE,
    "_look_up: … → …xp.reshape(ids, None)…": (
        "take keeps the shape of the ids, and the outer reshape finds nothing left to do"
    ),
    '… → k = …params["wk"] - params["bk"]…': (
        "a key's bias adds the same to all scores of a query, which softmax ignores"
    ),
    "_attention: … → lowest = xp.full_like(scores, xp.finfo(None).min)": _FLOAT64,
}

IGNORED = -100
TINY = 1e-6

B, T = Dim("B", 1, 3), Dim("T", 1, 5)
V, F = Dim("V", 5, 8), Dim("F", 2, 6)
D, E = Dim("D", 1, 6), Dim("E", 1, 5)
# A model's width stays fixed: its heads have to divide it.
WIDTH, NARROW = Dim("D", 4, 4), Dim("E", 2, 3)


def _masking(rows, columns, **more):
    return domain(
        ids=integers(rows, columns, high=V),
        special_ids=choice([0, 1, 2], [3, 4], [2]),
        mask_id=choice(1, 4),
        n_words=dimension(V),
        share=scalar(0.25, 0.75),
        generator=generator(),
        **more,
    )


def _masked(share, seed=2, special_ids=(0, 1), **more):
    """An explicit case with 32 tokens."""
    ids = np.arange(32).reshape(4, 8) * 5 % 9
    settings = dict(special_ids=list(special_ids), mask_id=1, n_words=9, share=share)
    return dict(ids=ids, generator=RandomSource(seed), **settings, **more)


def _settings(case):
    return case.special_ids, case.mask_id, case.n_words, case.share


@check(
    task="mask_tokens",
    points=1,
    cases=_masking(Dim("B", 1, 4), Dim("T", 1, 10)),
    count=3,
    special=[
        special("a share of 0.15", lambda: _masked(0.15)),
        special("every token chosen", lambda: _masked(1.0, seed=3, special_ids=())),
        special("no token chosen", lambda: _masked(0.0)),
        special("nothing but special tokens", lambda: _masked(0.5, special_ids=range(9))),
    ],
)
def mask_tokens_values(student, case):
    """mask_tokens chooses tokens, disguises 9 in 10 of them and labels all of them"""
    inputs, labels = student.mask_tokens(case.ids, *_settings(case), case.generator)
    chosen = labels != IGNORED
    return [
        values(inputs=inputs, labels=labels),
        holds(
            not np.any(chosen & np.isin(case.ids, case.special_ids)),
            because="special tokens have the label -100",
        ),
        same(
            np.where(chosen, labels, case.ids),
            case.ids,
            because="a label other than -100 is the id that stood there at first",
        ),
        same(
            np.where(chosen, case.ids, inputs),
            case.ids,
            because="a token with the label -100 is shown as it is",
        ),
    ]


@check(
    task="dynamic_masking",
    points=1,
    cases=_masking(Dim("B", 1, 3), Dim("T", 2, 6), epochs=dimension(Dim("N", 2, 4))),
    count=3,
    special=[
        special("one epoch", lambda: _masked(0.5, epochs=1)),
        special("five epochs with a share of 0.15", lambda: _masked(0.15, seed=7, epochs=5)),
    ],
)
def dynamic_masking_values(student, case):
    """dynamic_masking masks anew for each epoch"""
    settings = _settings(case)
    inputs, labels = student.dynamic_masking(case.ids, *settings, case.epochs, case.generator)
    first, first_labels = student.mask_tokens(case.ids, *settings, case.generator)
    return [
        values(inputs=inputs, labels=labels),
        same(inputs[0], first, because="the first epoch reads what mask_tokens gives"),
        same(labels[0], first_labels, because="the first epoch's labels are mask_tokens' labels"),
    ]


def _labelled(ids, keep):
    return np.where(keep, ids, IGNORED)


@check(
    task="mlm_loss",
    points=1,
    cases=domain(
        logits=reals(B, T, V, low=-3, high=3),
        ids=integers(B, T, high=V),
        keep=booleans(B, T),
        labels=derived(lambda case: _labelled(case.ids, case.keep)),
    ),
    count=3,
    special=[
        special(
            "no label at all",
            lambda: dict(
                logits=np.array([[[1.0, -2.0, 0.5], [2.0, 0.25, -1.0]]]),
                labels=np.array([[-100, -100]]),
            ),
        ),
        special(
            "labels 0 and V - 1, and rows with two, one and no label",
            lambda: dict(
                logits=_fixed(1, 3, 2, 4),
                labels=np.array([[0, 3], [-100, 2], [-100, -100]]),
            ),
        ),
        special(
            "logits of 1000",
            lambda: dict(
                logits=np.array([[[1000.0, 998.0, -1000.0]], [[-900.0, -901.0, -903.0]]]),
                labels=np.array([[1], [2]]),
            ),
        ),
    ],
)
def mlm_loss_and_gradient(student, case):
    """mlm_loss is the mean loss of the labelled positions, with its gradient"""
    loss, dlogits = student.mlm_loss(case.logits, case.labels)
    unlabelled = dlogits[case.labels == IGNORED]
    return [
        values(loss=loss),
        gradients(of=loss, cotangent=1.0, logits=dlogits),
        holds(
            not np.any(unlabelled),
            because="positions with the label -100 get a gradient of exactly zero",
        ),
        holds(
            np.all(np.abs(np.sum(dlogits, axis=-1)) < 1e-6),
            because="the gradient of each position adds up to zero",
        ),
    ]


def _documents(shape):
    """Documents with so many sentences each, all of two words; no two sentences are alike."""
    numbers = iter(range(1, 50))
    return [[[number, number + 50] for number in islice(numbers, n)] for n in shape]


_SHAPES = choice((3, 2), (2, 4, 3), (1, 3, 3), (4, 3), (2, 2, 2, 2))


def _told(shape, seed):
    return lambda: dict(documents=_documents(shape), generator=RandomSource(seed))


def _of_any_length():
    documents = [[[11], [12, 13], [14]], [[21, 22, 23], [24, 25]]]
    return dict(documents=documents, generator=RandomSource(6))


@check(
    task="next_sentence_pairs",
    points=1,
    cases=domain(
        shape=_SHAPES,
        documents=derived(lambda case: _documents(case.shape)),
        generator=generator(),
    ),
    count=3,
    special=[
        special("two documents of six sentences", _told((6, 6), 1)),
        special("a document of one sentence", _told((1, 5), 2)),
        special("eight documents", _told((2, 1, 2, 3, 2, 1, 2, 4), 96)),
        special("no neighbours", _told((1, 1), 4)),
        special("sentences of one to three words", _of_any_length),
    ],
)
def next_sentence_pairs_values(student, case):
    """next_sentence_pairs gives the next sentence or one of another document"""
    pairs = student.next_sentence_pairs(case.documents, case.generator)
    return values(pairs=pairs)


@check(
    task="sentence_order_pairs",
    points=1,
    cases=domain(
        shape=_SHAPES,
        documents=derived(lambda case: _documents(case.shape)),
        generator=generator(),
    ),
    count=3,
    special=[
        special("one document of ten sentences", _told((10,), 1)),
        special("no neighbours", _told((1,), 3)),
        special("sentences of one to three words", _of_any_length),
    ],
)
def sentence_order_pairs_values(student, case):
    """sentence_order_pairs keeps or exchanges two neighbours"""
    pairs = student.sentence_order_pairs(case.documents, case.generator)
    return values(pairs=pairs)


N, M = Dim("N", 1, 5), Dim("M", 1, 5)


@check(
    task="join_pair",
    points=1,
    cases=domain(
        first_words=integers(N, low=4, high=12),
        second_words=integers(M, low=4, high=12),
        first=derived(lambda case: case.first_words.tolist()),
        second=derived(lambda case: case.second_words.tolist()),
        names=permutation(4),
        cls_id=derived(lambda case: int(case.names[0])),
        sep_id=derived(lambda case: int(case.names[1])),
        pad_id=derived(lambda case: int(case.names[2])),
        spare=choice(1, 2, 4),
        length=derived(lambda case: len(case.first) + len(case.second) + 3 + case.spare),
    ),
    count=3,
    special=[
        special(
            "no room left",
            lambda: dict(first=[7, 8], second=[9], cls_id=1, sep_id=2, length=6, pad_id=0),
        ),
        special(
            "one word each, much padding",
            lambda: dict(first=[5], second=[5], cls_id=6, sep_id=0, length=12, pad_id=9),
        ),
    ],
)
def join_pair_values(student, case):
    """join_pair writes both sentences into one row, with segments and mask"""
    ids, segments, mask = student.join_pair(
        case.first, case.second, case.cls_id, case.sep_id, case.length, case.pad_id
    )
    return values(ids=ids, segments=segments, mask=mask)


def _fixed(seed, *shape):
    """Numbers with two decimals from -1 to 1, always the same."""
    return np.round(np.random.default_rng(seed).uniform(-1, 1, shape), 2)


@check(
    task="factorised_embedding_backward",
    points=1,
    cases=domain(
        ids=integers(B, T, high=V, repeats=True),
        table=reals(V, E),
        projection=reals(E, D),
        dout=reals(B, T, D),
    ),
    count=3,
    special=[
        special(
            "the same word everywhere",
            lambda: dict(
                ids=np.array([[2, 2, 2]]),
                table=_fixed(2, 3, 2),
                projection=_fixed(3, 2, 2),
                dout=np.array([[[1.0, 2.0], [10.0, 20.0], [100.0, -200.0]]]),
            ),
        ),
        special(
            "every word different",
            lambda: dict(
                ids=np.array([[1], [0]]),
                table=_fixed(4, 3, 2),
                projection=_fixed(5, 2, 3),
                dout=_fixed(6, 2, 1, 3),
            ),
        ),
    ],
)
def factorised_embedding_gradients(student, case):
    """factorised_embedding looks up and projects, and both factors get gradients"""
    out, cache = student.factorised_embedding_forward(case.ids, case.table, case.projection)
    dtable, dprojection = student.factorised_embedding_backward(case.dout, cache)
    unused = ~np.isin(np.arange(case.table.shape[0]), case.ids)
    return [
        values(out=out),
        gradients(of=out, cotangent=case.dout, table=dtable, projection=dprojection),
        holds(
            not np.any(dtable[unused]),
            because="a word that does not occur gets a gradient of exactly zero",
        ),
    ]


MATRICES, VECTORS = ("wq", "wk", "wv", "wo"), ("bq", "bk", "bv", "bo")


def _layer(width, hidden=F):
    """The fields of one layer's params."""
    attention = {key: reals(width, width, low=-1, high=1) for key in MATRICES}
    attention |= {key: reals(width, low=-1, high=1) for key in VECTORS}
    return group(
        attention=group(**attention),
        w1=reals(width, hidden, low=-1, high=1),
        b1=reals(hidden, low=-1, high=1),
        w2=reals(hidden, width, low=-1, high=1),
        b2=reals(width, low=-1, high=1),
        norm1_scale=reals(width, low=0.5, high=1.5),
        norm1_shift=reals(width, low=-0.5, high=0.5),
        norm2_scale=reals(width, low=0.5, high=1.5),
        norm2_shift=reals(width, low=-0.5, high=0.5),
    )


def _model(width, positions, **more):
    return domain(
        ids=integers(B, positions, high=V, repeats=True),
        segments=integers(B, positions, high=2),
        mask=booleans(B, positions),
        embeddings=group(
            word_embedding=reals(V, width),
            position_embedding=reals(positions + 2, width, low=-1, high=1),
            segment_embedding=reals(2, width, low=-1, high=1),
            norm_scale=reals(width, low=0.5, high=1.5),
            norm_shift=reals(width, low=-0.5, high=0.5),
        ),
        n_heads=constant(2),
        **more,
    )


def _numbers(rng, *shape):
    return np.round(rng.uniform(-1, 1, shape), 2)


def _example_layer(rng, width, size=1.0):
    """Params of one layer; what meets at its first norm is multiplied by `size`."""
    attention = {key: _numbers(rng, width, width) for key in MATRICES}
    attention |= {key: _numbers(rng, width) for key in VECTORS}
    attention |= {key: size * attention[key] for key in ("wo", "bo")}
    layer = {"attention": attention}
    layer |= {"w1": _numbers(rng, width, 5), "b1": _numbers(rng, 5)}
    layer |= {"w2": _numbers(rng, 5, width), "b2": _numbers(rng, width)}
    for norm in ("norm1", "norm2"):
        layer |= {norm + "_scale": 1 + _numbers(rng, width) / 2}
        layer |= {norm + "_shift": _numbers(rng, width) / 2}
    return layer


def _example(batch, length, width, n_heads, n_layers=1, size=1.0, narrow=None, layers=None):
    """An explicit case; `size` shrinks what enters the first norms, `narrow` is ALBERT's E."""
    rng = np.random.default_rng(40)
    e, words = narrow or width, 6
    params = {"word_embedding": size * _numbers(rng, words, e)}
    params |= {"position_embedding": size * _numbers(rng, length, e)}
    params |= {"segment_embedding": size * _numbers(rng, 2, e)}
    params |= {"norm_scale": size * (1 + _numbers(rng, e) / 2)}
    params |= {"norm_shift": size * _numbers(rng, e) / 2}
    if narrow:
        params |= {"projection": _numbers(rng, e, width), "projection_bias": _numbers(rng, width)}
    params["layers"] = [_example_layer(rng, width, size) for _ in range(layers or n_layers)]
    return dict(
        ids=np.arange(batch * length).reshape(batch, length) * 5 % words,
        segments=np.tile(np.arange(length) * 2 // length, (batch, 1)),
        mask=np.ones((batch, length), dtype=bool),
        params=params,
        n_heads=n_heads,
        n_layers=n_layers,
    )


def _all_numbers_equal():
    """Every sum of embeddings is 2, twice: the variance is 0, and only the epsilon divides."""
    case = _example(1, 2, 4, 2)
    tables = "word_embedding", "position_embedding", "segment_embedding"
    case["params"] |= {name: np.full_like(case["params"][name], 0.5) for name in tables}
    return case


def _far_apart():
    """Scores of several hundred, whose largest belongs to a hidden position."""
    case = _example(1, 4, 4, 2)
    attention = case["params"]["layers"][0]["attention"]
    case["params"]["layers"][0]["attention"] = attention | {
        key: 30 * attention[key] for key in ("wq", "wk")
    }
    return case | {"mask": np.array([[True, False, True, False]])}


def _run(student, case, params, **changed):
    given = dict(ids=case.ids, segments=case.segments, mask=case.mask) | changed
    return student.bert_forward(
        given["ids"], given["segments"], given["mask"], params, case.n_heads, case.n_layers
    )


def _padded_otherwise(case):
    """The ids and segments with something else at each hidden position."""
    words = case.params["word_embedding"].shape[0]
    ids = np.where(case.mask, case.ids, (case.ids + 1) % words)
    return dict(ids=ids, segments=np.where(case.mask, case.segments, 1 - case.segments))


@check(
    task="bert_forward",
    points=1,
    cases=_model(
        WIDTH,
        Dim("T", 2, 5),
        first=_layer(WIDTH),
        second=_layer(WIDTH),
        params=derived(lambda case: {**case.embeddings, "layers": [case.first, case.second]}),
        n_layers=constant(2),
    ),
    count=3,
    special=[
        special("one position, one layer", lambda: _example(2, 1, 4, 1)),
        special("three heads, nothing hidden", lambda: _example(2, 4, 6, 3)),
        special("numbers of a millionth", lambda: _example(1, 3, 4, 2, size=TINY)),
        special("embeddings that are all alike", _all_numbers_equal),
        special("scores of several hundred", _far_apart),
    ],
)
def bert_forward_values(student, case):
    """bert_forward embeds words, positions and segments, then encodes them"""
    real = case.mask[:, :, None]
    hidden = _run(student, case, case.params)
    other = _run(student, case, case.params, **_padded_otherwise(case))
    return [
        values(hidden=hidden),
        same(
            np.where(real, other, 0.0),
            np.where(real, hidden, 0.0),
            because="real positions do not notice what a hidden position holds",
        ),
    ]


@check(
    task="bert_forward",
    points=1,
    cases=_model(
        NARROW,
        Dim("T", 2, 5),
        projection=reals(NARROW, WIDTH, low=-1, high=1),
        projection_bias=reals(WIDTH, low=-1, high=1),
        shared=_layer(WIDTH),
        params=derived(
            lambda case: {
                **case.embeddings,
                "projection": case.projection,
                "projection_bias": case.projection_bias,
                "layers": [case.shared],
            }
        ),
        n_layers=constant(2),
    ),
    count=3,
    special=[
        special("no projection, three times", lambda: _example(1, 3, 4, 2, n_layers=3, layers=1)),
        special("layers of their own", lambda: _example(1, 3, 4, 2, narrow=3, n_layers=2)),
        special("as many numbers", lambda: _example(1, 3, 4, 2, narrow=4, n_layers=2, layers=1)),
    ],
)
def bert_forward_as_albert(student, case):
    """bert_forward projects short embeddings and may use one layer again and again"""
    hidden = _run(student, case, case.params)
    observed = [values(hidden=hidden)]
    if len(case.params["layers"]) == 1:
        copies = {**case.params, "layers": case.params["layers"] * case.n_layers}
        why = "one layer used n_layers times gives what as many equal layers give"
        observed.append(same(_run(student, case, copies), hidden, because=why))
    if len(case.ids) > 1:
        first = dict(ids=case.ids[:1], segments=case.segments[:1], mask=case.mask[:1])
        alone = _run(student, case, case.params, **first)
        why = "a sequence does not notice its batch"
        observed.append(same(alone, hidden[:1], because=why))
    return observed


def _head(size=1.0, batch=1, length=2, width=3, e=4, words=5):
    rng = np.random.default_rng(41)
    return dict(
        hidden=_numbers(rng, batch, length, width),
        params=dict(
            head_weight=size * _numbers(rng, width, e),
            head_bias=size * _numbers(rng, e),
            head_norm_scale=1 + _numbers(rng, e) / 2,
            head_norm_shift=_numbers(rng, e) / 2,
            word_embedding=_numbers(rng, words, e),
            output_bias=_numbers(rng, words),
        ),
    )


BROAD = Dim("E", 2, 5)


@check(
    task="mlm_logits",
    points=1,
    cases=domain(
        hidden=reals(B, T, D),
        params=group(
            head_weight=reals(D, BROAD, low=-1, high=1),
            head_bias=reals(BROAD, low=-1, high=1),
            head_norm_scale=reals(BROAD, low=0.5, high=1.5),
            head_norm_shift=reals(BROAD, low=-0.5, high=0.5),
            word_embedding=reals(V, BROAD),
            output_bias=reals(V),
        ),
    ),
    count=3,
    special=[
        special("one position", lambda: _head(length=1)),
        special("as wide as the words", lambda: _head(width=4)),
        special("numbers of a millionth", lambda: _head(size=TINY)),
    ],
)
def mlm_logits_values(student, case):
    """mlm_logits transforms each position and compares it with every word"""
    logits = student.mlm_logits(case.hidden, case.params)
    words = case.params["word_embedding"]
    doubled = {**case.params, "word_embedding": 2 * words}
    bias = case.params["output_bias"]
    return [
        values(logits=logits),
        same(
            student.mlm_logits(case.hidden, doubled) - bias,
            2 * (logits - bias),
            because="the word table is the last matrix, so the logits grow with it",
        ),
    ]
