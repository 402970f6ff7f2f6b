"""What exercise 39 checks. Masks and layers are judged alone, then the model that joins them."""

import numpy as np

from grader.spec import (
    Dim,
    booleans,
    check,
    choice,
    derived,
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
    "torch.nn": "write the layers and the loss yourself",
    "torch.autograd": "the gradient of the loss is yours to write",
    ".backward": "the gradient of the loss is yours to write",
}

EQUIVALENT_MUTANTS = {
    "… → position = xp.arange(ids.shape[1], device=None)": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "… → position = xp.arange(ids.shape[1], )": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "decoder_mask: … → …causal[None, :, :] * padding_mask…": (
        "the product of two truth values is their conjunction"
    ),
    "label_smoothing_loss: … → classes = xp.arange(v, device=None)": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "label_smoothing_loss: … → classes = xp.arange(v, )": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "label_smoothing_loss: … → …== classes, None)": (
        "None stands for float64, which the inputs have"
    ),
    "label_smoothing_loss: … → count = xp.sum(xp.astype(real, None))": (
        "None stands for float64, which the inputs have"
    ),
    '… → k = …params["wk"] - params["bk"]…': (
        "a key's bias adds the same to all scores of a query, which softmax ignores"
    ),
    "… → lowest = xp.full_like(scores, xp.finfo(None).min)": (
        "None stands for float64, which the inputs have"
    ),
    "_feed_forward: … → …hidden >= 0…": "a hidden unit at 0 gives 0 either way",
    "_embed: … → …xp.reshape(ids, (- 2,))…": (
        "NumPy takes any negative size for the one to be found"
    ),
    "_embed: … → …xp.reshape(ids, (~1,))…": "NumPy takes any negative size for the one to be found",
    "_embed: … → …xp.reshape(ids, None)…": (
        "take keeps the shape of the ids, and the outer reshape finds nothing left to do"
    ),
    "_positions: … → position = xp.arange(length, )[:, None]": (
        "whole numbers turn into float64 when they are divided"
    ),
    "_positions: … → …xp.arange(0, d, 2, ) / d)": (
        "whole numbers turn into float64 when they are divided"
    ),
}

B, S, T, F = Dim("B", 1, 3), Dim("S", 1, 4), Dim("T", 1, 4), Dim("F", 1, 5)
D, V = Dim("D", 2, 6), Dim("V", 4, 7)
# A model's width stays fixed: positions need an even one, and the layers are judged before.
WIDTH = Dim("D", 4, 4)
U = V + 2

HEADS = {2: 1, 3: 3, 4: 2, 5: 5, 6: 2}
TINY = 0.003


def _layer(width, *attentions):
    """The fields of one layer's params; it has one norm more than it has attentions."""
    matrices, vectors = ("wq", "wk", "wv", "wo"), ("bq", "bk", "bv", "bo")
    fields = {
        name: group(
            **{key: reals(width, width, low=-1, high=1) for key in matrices},
            **{key: reals(width, low=-1, high=1) for key in vectors},
        )
        for name in attentions
    }
    fields["w1"] = reals(width, F, low=-1, high=1)
    fields["b1"] = reals(F, low=-1, high=1)
    fields["w2"] = reals(F, width, low=-1, high=1)
    fields["b2"] = reals(width, low=-1, high=1)
    for i in range(1, len(attentions) + 2):
        fields[f"norm{i}_scale"] = reals(width, low=0.5, high=1.5)
        fields[f"norm{i}_shift"] = reals(width, low=-0.5, high=0.5)
    return group(**fields)


def _tiny(params):
    """Shrink all that enters a LayerNorm, so that its variance is close to the epsilon."""
    last = "norm3" if "norm3_scale" in params else "norm2"
    small = {}
    for name, value in params.items():
        if isinstance(value, dict):
            small[name] = _tiny(value)
        elif name.startswith("norm"):
            small[name] = value if name.startswith(last) else TINY * value
        else:
            small[name] = TINY * value if name in ("wo", "bo", "w2", "b2") else value
    return small


def _n_heads(case):
    return HEADS[(case.x if hasattr(case, "x") else case.y).shape[-1]]


encoder_case = domain(
    x=reals(B, S, D),
    params=_layer(D, "attention"),
    n_heads=derived(_n_heads),
    mask=booleans(B, S),
    other=reals(B, S, D),
)

encoder_with_tiny_variances = domain(
    wide=reals(B, S, D),
    full=_layer(D, "attention"),
    x=derived(lambda case: TINY * case.wide),
    params=derived(lambda case: _tiny(case.full)),
    n_heads=derived(_n_heads),
    mask=booleans(B, S),
    other=derived(lambda case: -case.x),
)

decoder_case = domain(
    y=reals(B, T, D),
    memory=reals(B, S, D),
    params=_layer(D, "self_attention", "cross_attention"),
    n_heads=derived(_n_heads),
    self_mask=booleans(B, T, T),
    memory_mask=booleans(B, S),
    other=reals(B, S, D),
)

decoder_with_tiny_variances = domain(
    wide=reals(B, T, D),
    memory=reals(B, S, D),
    full=_layer(D, "self_attention", "cross_attention"),
    y=derived(lambda case: TINY * case.wide),
    params=derived(lambda case: _tiny(case.full)),
    n_heads=derived(_n_heads),
    self_mask=booleans(B, T, T),
    memory_mask=booleans(B, S),
    other=derived(lambda case: -case.memory),
)


def _real(words, pad_id):
    """Skip the id of padding: 0, 1, 2, … become the ids of real tokens."""
    return words + (words >= pad_id)


def _padded(words, lengths, pad_id):
    """Real tokens up to each row's length, padding after it."""
    return np.where(np.arange(words.shape[1]) < lengths[:, None], _real(words, pad_id), pad_id)


def _model(sources, targets, **more):
    return domain(
        pad_id=choice(0, 1, 2),
        n_heads=choice(1, 2, 2, 2),
        source_words=integers(B, sources, low=1, high=U - 1),
        source_lengths=integers(B, low=1, high=sources + 1),
        source=derived(lambda case: _padded(case.source_words, case.source_lengths, case.pad_id)),
        target_words=integers(B, targets, low=1, high=V - 1),
        target_lengths=integers(B, low=1, high=targets + 1),
        target=derived(lambda case: _padded(case.target_words, case.target_lengths, case.pad_id)),
        source_embedding=reals(U, WIDTH, low=-1, high=1),
        target_embedding=reals(V, WIDTH, low=-1, high=1),
        encoder=_layer(WIDTH, "attention"),
        decoder=_layer(WIDTH, "self_attention", "cross_attention"),
        output_weight=reals(WIDTH, V, low=-1, high=1),
        output_bias=reals(V, low=-1, high=1),
        **more,
    )


def _with_another_word(case):
    """The target with another real token at position `cut`."""
    known = case.target_embedding.shape[0] - 2
    others = _real(case.target_words % known + 1, case.pad_id)
    return np.where(np.arange(case.target.shape[1]) == case.cut[0], others, case.target)


LONG_S, LONG_T = Dim("S", 2, 5), Dim("T", 2, 5)
model = _model(S, T, second_encoder=_layer(WIDTH, "attention"))
model_with_future = _model(
    S, LONG_T, cut=integers(1, low=1, high=LONG_T), changed=derived(_with_another_word)
)
model_with_padding = _model(LONG_S, T, other=reals(WIDTH, low=-1, high=1))


def _params(case):
    """One dict, as transformer_forward takes it."""
    parts = vars(case)
    return {
        "source_embedding": case.source_embedding,
        "target_embedding": case.target_embedding,
        "encoder": [parts[name] for name in ("encoder", "second_encoder") if name in parts],
        "decoder": [parts[name] for name in ("decoder", "second_decoder") if name in parts],
        "output_weight": case.output_weight,
        "output_bias": case.output_bias,
    }


def _fixed(seed, *shape):
    """Numbers for an explicit case, with two decimals."""
    return np.round(np.random.default_rng(seed).uniform(-1, 1, shape), 2)


def _fixed_layer(seed, width, hidden, *attentions):
    params = {}
    for i, name in enumerate(attentions):
        matrices = {f"w{k}": _fixed([seed, i, 0, ord(k)], width, width) for k in "qkvo"}
        vectors = {f"b{k}": _fixed([seed, i, 1, ord(k)], width) for k in "qkvo"}
        params[name] = matrices | vectors
    params |= {"w1": _fixed([seed, 2], width, hidden), "b1": _fixed([seed, 3], hidden)}
    params |= {"w2": _fixed([seed, 4], hidden, width), "b2": _fixed([seed, 5], width)}
    for i in range(1, len(attentions) + 2):
        params[f"norm{i}_scale"] = 1 + _fixed([seed, 6, i], width) / 2
        params[f"norm{i}_shift"] = _fixed([seed, 7, i], width)
    return params


def _encoder_example(batch, length, width, n_heads):
    return dict(
        x=_fixed(1, batch, length, width),
        params=_fixed_layer(2, width, 3, "attention"),
        n_heads=n_heads,
        mask=np.ones((batch, length), dtype=bool),
        other=_fixed(3, batch, length, width),
    )


def _far_apart():
    """Scores of several hundred, whose largest is positive in some rows and negative in others."""
    case = _encoder_example(2, 3, 4, 2)
    attention = case["params"]["attention"]
    attention |= {name: 40 * attention[name] for name in ("wq", "wk")}
    return case


def _decoder_example(targets, sources, n_heads):
    return dict(
        y=_fixed(4, 2, targets, 6),
        memory=_fixed(5, 2, sources, 6),
        params=_fixed_layer(6, 6, 4, "self_attention", "cross_attention"),
        n_heads=n_heads,
        self_mask=np.tile(np.tri(targets, dtype=bool), (2, 1, 1)),
        memory_mask=np.ones((2, sources), dtype=bool),
        other=_fixed(7, 2, sources, 6),
    )


def _far_along():
    """A target of 150 words, where the frequencies of the positions show."""
    return _two_decoder_layers(width=8) | dict(target=1 + np.arange(300).reshape(2, 150) * 7 % 4)


def _two_decoder_layers(width=4):
    return dict(
        pad_id=0,
        n_heads=2,
        source=np.array([[5, 3, 1], [2, 0, 0]]),
        target=np.array([[1, 4], [3, 0]]),
        source_embedding=_fixed(8, 6, width),
        target_embedding=_fixed(9, 5, width),
        encoder=_fixed_layer(10, width, 3, "attention"),
        decoder=_fixed_layer(11, width, 3, "self_attention", "cross_attention"),
        second_decoder=_fixed_layer(12, width, 3, "self_attention", "cross_attention"),
        output_weight=_fixed(13, width, 5),
        output_bias=_fixed(14, 5),
    )


@check(
    task="padding_mask",
    points=1,
    cases=domain(ids=integers(B, S, high=V), pad_id=choice(0, 1, 2, 3)),
    special=[
        special("no padding", lambda: dict(ids=np.array([[0, 2, 5], [4, 5, 0]]), pad_id=1)),
        special("nothing but padding", lambda: dict(ids=np.array([[3, 3]]), pad_id=3)),
    ],
)
def padding_mask_values(student, case):
    """padding_mask is True at real tokens and False at padding"""
    return values(mask=student.padding_mask(case.ids, case.pad_id))


@check(
    task="decoder_mask",
    points=1,
    cases=domain(ids=integers(B, LONG_T, high=V), pad_id=choice(0, 1, 2, 3)),
    special=[
        special("one position", lambda: dict(ids=np.array([[4], [2]]), pad_id=1)),
        special("no padding", lambda: dict(ids=np.array([[0, 2, 5, 0], [4, 5, 0, 3]]), pad_id=1)),
        special("padding first", lambda: dict(ids=np.array([[2, 0, 1], [2, 2, 4]]), pad_id=2)),
    ],
)
def decoder_mask_values(student, case):
    """decoder_mask lets position t see the real tokens up to position t"""
    return values(mask=student.decoder_mask(case.ids, case.pad_id))


@check(
    task="encoder_layer",
    points=1,
    cases=encoder_case,
    count=4,
    amplifier=encoder_with_tiny_variances,
    special=[
        special("a single position", lambda: _encoder_example(2, 1, 3, 1)),
        special("nothing masked, three heads", lambda: _encoder_example(2, 4, 6, 3)),
        special("scores of several hundred", _far_apart),
    ],
)
def encoder_layer_values(student, case):
    """encoder_layer is attention and feed-forward, each added and normalised"""
    real = case.mask[:, :, None]
    out = student.encoder_layer(case.x, case.params, case.n_heads, case.mask)
    x = np.where(real, case.x, case.other)
    other = student.encoder_layer(x, case.params, case.n_heads, case.mask)
    return [
        values(out=out),
        same(
            np.where(real, other, 0.0),
            np.where(real, out, 0.0),
            because="real positions do not notice what a hidden position holds",
        ),
    ]


@check(
    task="decoder_layer",
    points=1,
    cases=decoder_case,
    count=4,
    amplifier=decoder_with_tiny_variances,
    special=[
        special("one target position", lambda: _decoder_example(1, 3, 2)),
        special("as many targets as sources", lambda: _decoder_example(3, 3, 3)),
    ],
)
def decoder_layer_values(student, case):
    """decoder_layer reads the target, then the memory, then feeds forward"""
    masks = case.self_mask, case.memory_mask
    out = student.decoder_layer(case.y, case.memory, case.params, case.n_heads, *masks)
    memory = np.where(case.memory_mask[:, :, None], case.memory, case.other)
    other = student.decoder_layer(case.y, memory, case.params, case.n_heads, *masks)
    return [
        values(out=out),
        same(other, out, because="what a hidden position of the memory holds does not matter"),
    ]


@check(
    task="transformer_forward",
    points=2,
    cases=model,
    count=4,
    special=[
        special("one encoder layer, two decoder layers", _two_decoder_layers),
        special("a long target", _far_along),
    ],
)
def transformer_forward_values(student, case):
    """transformer_forward returns the logits of every target position"""
    params = _params(case)
    logits = student.transformer_forward(
        case.source, case.target, params, case.n_heads, case.pad_id
    )
    return values(logits=logits)


@check(task="transformer_forward", points=1, cases=model_with_future, count=3)
def transformer_forward_is_causal(student, case):
    """transformer_forward gives logits that do not depend on later targets"""
    params, cut = _params(case), int(case.cut[0])
    settings = params, case.n_heads, case.pad_id
    before = student.transformer_forward(case.source, case.target, *settings)
    after = student.transformer_forward(case.source, case.changed, *settings)
    moved = np.any(after != before, axis=(0, 2))
    return [
        same(
            after[:, :cut],
            before[:, :cut],
            because="the logits before a changed target token stay as they are",
        ),
        holds(np.all(moved[cut:]), because="the logits from a changed target token on change"),
    ]


@check(task="transformer_forward", points=1, cases=model_with_padding, count=3)
def transformer_forward_ignores_padding(student, case):
    """transformer_forward gives logits that padding and batch do not change"""
    params = _params(case)
    settings = params, case.n_heads, case.pad_id
    logits = student.transformer_forward(case.source, case.target, *settings)

    more = np.full((case.source.shape[0], 2), case.pad_id)
    longer = np.concatenate([case.source, more], axis=1)
    with_more = student.transformer_forward(longer, case.target, *settings)

    table = params["source_embedding"]
    is_padding = np.arange(table.shape[0])[:, None] == case.pad_id
    changed = params | {"source_embedding": np.where(is_padding, case.other, table)}
    with_other = student.transformer_forward(
        case.source, case.target, changed, case.n_heads, case.pad_id
    )

    first = case.source[:1, : int(case.source_lengths[0])]
    alone = student.transformer_forward(first, case.target[:1], *settings)
    return [
        same(with_more, logits, because="more padding after the source changes nothing"),
        same(with_other, logits, because="the source's embedding of padding does not matter"),
        same(alone, logits[:1], because="a sentence does not notice its batch or its padding"),
    ]


smoothed = domain(
    logits=reals(B, T, V, low=-3, high=3),
    pad_id=choice(0, 1, 2),
    words=integers(B, T, high=V - 1),
    is_real=booleans(B, T),
    targets=derived(
        lambda case: np.where(case.is_real, _real(case.words, case.pad_id), case.pad_id)
    ),
    smoothing=scalar(0.0625, 0.5),
)

one_real_target = special(
    "one real target",
    lambda: dict(
        logits=np.array([[[1.0, -2.0, 0.5], [2.0, 0.25, -1.0]]]),
        targets=np.array([[2, 0]]),
        smoothing=0.25,
        pad_id=0,
    ),
)
no_smoothing = special(
    "no smoothing",
    lambda: dict(
        logits=np.array([[[1.0, -2.0, 0.5], [0.25, 2.0, -1.0]]]),
        targets=np.array([[1, 0]]),
        smoothing=0.0,
        pad_id=2,
    ),
)
of_unequal_length = special(
    "sentences of three, one and two words",
    lambda: dict(
        logits=_fixed(15, 3, 3, 4),
        targets=np.array([[1, 3, 2], [2, 0, 0], [3, 1, 0]]),
        smoothing=0.125,
        pad_id=0,
    ),
)
large_logits = special(
    "logits of 1000",
    lambda: dict(
        logits=np.array([[[1000.0, 998.0, -1000.0]], [[-900.0, -901.0, -903.0]]]),
        targets=np.array([[1], [2]]),
        smoothing=0.125,
        pad_id=0,
    ),
)


@check(
    task="label_smoothing_loss",
    points=1,
    cases=smoothed,
    special=[one_real_target, no_smoothing, of_unequal_length, large_logits],
)
def label_smoothing_loss_value(student, case):
    """label_smoothing_loss is the mean loss against smoothed real targets"""
    settings = case.targets, case.smoothing, case.pad_id
    loss, _ = student.label_smoothing_loss(case.logits, *settings)
    even, _ = student.label_smoothing_loss(np.zeros_like(case.logits), *settings)
    return [
        values(loss=loss),
        same(
            even,
            np.log(case.logits.shape[-1]),
            because="if all logits are zero, the loss is ln V for any smoothing and any targets",
        ),
    ]


@check(
    task="label_smoothing_loss",
    points=1,
    cases=smoothed,
    special=[one_real_target, no_smoothing, of_unequal_length, large_logits],
)
def label_smoothing_loss_gradient(student, case):
    """label_smoothing_loss returns the gradient of its loss"""
    loss, dlogits = student.label_smoothing_loss(
        case.logits, case.targets, case.smoothing, case.pad_id
    )
    at_padding = dlogits[case.targets == case.pad_id]
    return [
        gradients(of=loss, cotangent=1.0, logits=dlogits),
        holds(not np.any(at_padding), because="padding positions get a gradient of exactly zero"),
        holds(
            np.all(np.abs(np.sum(dlogits, axis=-1)) < 1e-6),
            because="the gradient of each position adds up to zero",
        ),
    ]
