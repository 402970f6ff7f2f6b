"""What exercise 42 checks. GELU and the block are judged alone, then the model and its uses."""

import numpy as np

from grader.spec import (
    Dim,
    check,
    choice,
    constant,
    derived,
    domain,
    gradients,
    group,
    holds,
    integers,
    reals,
    same,
    special,
    values,
)

FORBIDDEN = {
    "torch.nn": "write the layers and the loss yourself",
    "torch.autograd": "the gradient of the loss is yours to write",
    ".backward": "the gradient of the loss is yours to write",
    "transformers": "this exercise is that model",
}

_ON_THE_CPU = "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
_ANY_NEGATIVE = "NumPy takes any negative size for the one to be found"
_LAST_OF_TWO = "the logits of one position have two axes, so the last one is axis 1"

EQUIVALENT_MUTANTS = {
    "gpt_forward: … → …xp.reshape(ids, (- 2,))…": _ANY_NEGATIVE,
    "gpt_forward: … → …xp.reshape(ids, (~1,))…": _ANY_NEGATIVE,
    "gpt_forward: … → …xp.reshape(ids, None)…": (
        "take keeps the shape of the ids, and the reshape after it finds nothing left to do"
    ),
    "next_token_loss: … → tokens = xp.arange(logits.shape[-1], device=None)": _ON_THE_CPU,
    "next_token_loss: … → tokens = xp.arange(logits.shape[-1], )": _ON_THE_CPU,
    "next_token_loss: … → …== tokens, None)": "None stands for float64, which the inputs have",
    "generate: … → tokens.append(xp.argmax(logits[:, -1, :], axis=1))": _LAST_OF_TWO,
    "generate: … → tokens.append(xp.argmax(logits[:, -1, :], axis=+1))": _LAST_OF_TWO,
    '_attention: … → k = …params["wk"] - params["bk"]…': (
        "a key's bias adds the same to all scores of a query, which softmax ignores"
    ),
    "_attention: … → position = xp.arange(x.shape[1], device=None)": _ON_THE_CPU,
    "_attention: … → position = xp.arange(x.shape[1], )": _ON_THE_CPU,
}

TINY = 0.003

B, T, F, V = Dim("B", 1, 3), Dim("T", 1, 4), Dim("F", 1, 5), Dim("V", 3, 7)
D, WIDTH = Dim("D", 2, 6), Dim("D", 3, 4)
HEADS = {2: 1, 3: 3, 4: 2, 5: 5, 6: 2}


def _layer(width):
    """The fields of one block's params."""
    matrices, vectors = ("wq", "wk", "wv", "wo"), ("bq", "bk", "bv", "bo")
    return group(
        attention=group(
            **{name: reals(width, width, low=-1, high=1) for name in matrices},
            **{name: reals(width, low=-1, high=1) for name in vectors},
        ),
        w1=reals(width, F, low=-1, high=1),
        b1=reals(F, low=-1, high=1),
        w2=reals(F, width, low=-1, high=1),
        b2=reals(width, low=-1, high=1),
        norm1_scale=reals(width, low=0.5, high=1.5),
        norm1_shift=reals(width, low=-0.5, high=0.5),
        norm2_scale=reals(width, low=0.5, high=1.5),
        norm2_shift=reals(width, low=-0.5, high=0.5),
    )


def _scaled(params, names, factor):
    """The params of a block with some arrays multiplied."""
    changed = {}
    for name, value in params.items():
        if isinstance(value, dict):
            changed[name] = _scaled(value, names, factor)
        else:
            changed[name] = factor * value if name in names else value
    return changed


LAST_STEPS = ("wo", "bo", "w2", "b2")


def _heads_of_block(case):
    return HEADS[case.x.shape[-1]]


block = domain(x=reals(B, T, D), params=_layer(D), n_heads=derived(_heads_of_block))

# Little enters the LayerNorms, so the epsilon under the root counts.
block_with_tiny_variances = domain(
    wide=reals(B, T, D),
    full=_layer(D),
    x=derived(lambda case: TINY * case.wide),
    params=derived(lambda case: _scaled(case.full, LAST_STEPS, TINY)),
    n_heads=derived(_heads_of_block),
)


def _model(tokens, positions, **more):
    """The fields of a model and its ids; `_params` joins them."""
    return dict(
        ids=integers(B, tokens, high=V),
        token_embedding=reals(V, WIDTH),
        n_heads=derived(lambda case: {3: 1, 4: 2}[case.token_embedding.shape[1]]),
        position_embedding=reals(positions, WIDTH),
        first=_layer(WIDTH),
        final_scale=reals(WIDTH, low=0.5, high=1.5),
        final_shift=reals(WIDTH, low=-0.5, high=0.5),
        **more,
    )


def _params(case):
    """One dict, as gpt_forward takes it."""
    parts = vars(case)
    return {
        "token_embedding": case.token_embedding,
        "position_embedding": case.position_embedding,
        "layers": [parts[name] for name in ("first", "second", "third") if name in parts],
        "final_scale": case.final_scale,
        "final_shift": case.final_shift,
    }


two_layers = domain(**_model(T, T + 2, second=_layer(WIDTH)))

two_layers_with_tiny_variances = domain(
    ids=integers(B, T, high=V),
    n_heads=choice(1),
    tokens=reals(V, WIDTH),
    positions=reals(T + 1, WIDTH),
    full=_layer(WIDTH),
    token_embedding=derived(lambda case: TINY * case.tokens),
    position_embedding=derived(lambda case: TINY * case.positions),
    first=derived(lambda case: _scaled(case.full, LAST_STEPS, TINY)),
    final_scale=reals(WIDTH, low=0.5, high=1.5),
    final_shift=reals(WIDTH, low=-0.5, high=0.5),
)

LONG = Dim("T", 3, 5)


def _first_two_differ(case):
    """The ids, with a second token that is not the first one."""
    n = case.token_embedding.shape[0]
    second = np.arange(case.ids.shape[1]) == 1
    return np.where(second, (case.ids[:, :1] + 1) % n, case.ids)


def _with_another_token(case):
    """The text with another token at position `cut`."""
    others = (case.text + 1) % case.token_embedding.shape[0]
    return np.where(np.arange(case.text.shape[1]) == case.cut[0], others, case.text)


one_layer = domain(
    **_model(
        LONG,
        LONG,
        text=derived(_first_two_differ),
        cut=integers(1, low=1, high=LONG),
        changed=derived(_with_another_token),
    )
)


def _fixed(seed, *shape):
    """Numbers for an explicit case, with two decimals."""
    return np.round(np.random.default_rng(seed).uniform(-1, 1, shape), 2)


def _fixed_layer(seed, width, hidden):
    matrices = {f"w{k}": _fixed([seed, 0, ord(k)], width, width) for k in "qkvo"}
    vectors = {f"b{k}": _fixed([seed, 1, ord(k)], width) for k in "qkvo"}
    params = {"attention": matrices | vectors}
    params |= {"w1": _fixed([seed, 2], width, hidden), "b1": _fixed([seed, 3], hidden)}
    params |= {"w2": _fixed([seed, 4], hidden, width), "b2": _fixed([seed, 5], width)}
    for i in (1, 2):
        params[f"norm{i}_scale"] = 1 + _fixed([seed, 6, i], width) / 2
        params[f"norm{i}_shift"] = _fixed([seed, 7, i], width)
    return params


def _fixed_model(ids, layers, positions, tokens=5, width=4, **more):
    names = ("first", "second", "third")[:layers]
    return dict(
        ids=np.array(ids),
        n_heads=2,
        token_embedding=2 * _fixed(1, tokens, width),
        position_embedding=2 * _fixed(2, positions, width),
        **{name: _fixed_layer(3 + i, width, 3) for i, name in enumerate(names)},
        final_scale=1 + _fixed(8, width) / 2,
        final_shift=_fixed(9, width),
        **more,
    )


def _fixed_block(length, width, n_heads):
    return dict(x=_fixed(1, 2, length, width), params=_fixed_layer(2, width, 5), n_heads=n_heads)


def _far_apart():
    """Scores of several hundred, whose largest is positive in some rows and negative in others."""
    case = _fixed_block(4, 4, 2)
    return case | dict(params=_scaled(case["params"], ("wq", "wk"), 40.0))


@check(
    task="gelu",
    points=1,
    cases=domain(x=reals(Dim("N", 1, 4), Dim("D", 1, 5), low=-4, high=4)),
    amplifier=domain(x=reals(Dim("N", 1, 4), Dim("D", 1, 5), low=-3, high=-2)),
    special=[
        special("large entries", lambda: dict(x=np.array([-1000.0, -30.0, 0.0, 30.0, 1000.0]))),
        special("three axes", lambda: dict(x=np.array([[[-2.5, -0.5]], [[0.25, 1.5]]]))),
    ],
)
def gelu_values(student, case):
    """gelu returns the tanh form of GELU"""
    out = student.gelu(case.x)
    return [
        values(out=out),
        same(
            out - student.gelu(-case.x),
            case.x,
            because="gelu(x) - gelu(-x) is x",
        ),
    ]


@check(
    task="gpt_block",
    points=2,
    cases=block,
    count=4,
    amplifier=block_with_tiny_variances,
    special=[
        special("a single position", lambda: _fixed_block(1, 3, 1)),
        special("three heads", lambda: _fixed_block(4, 6, 3)),
        special("scores of several hundred", _far_apart),
    ],
)
def gpt_block_values(student, case):
    """gpt_block adds causal attention and a feed-forward network, each after a LayerNorm"""
    out = student.gpt_block(case.x, case.params, case.n_heads)
    silent = _scaled(case.params, LAST_STEPS, 0.0)
    return [
        values(out=out),
        same(
            student.gpt_block(case.x, silent, case.n_heads),
            case.x,
            because="with wo, bo, w2 and b2 all zero the block returns x",
        ),
    ]


@check(
    task="gpt_forward",
    points=2,
    cases=two_layers,
    count=4,
    amplifier=two_layers_with_tiny_variances,
    special=[
        special(
            "three layers, and every position in use",
            lambda: _fixed_model([[1, 4, 0], [2, 2, 3]], layers=3, positions=3),
        ),
        special("one token", lambda: _fixed_model([[3]], layers=1, positions=2)),
    ],
)
def gpt_forward_values(student, case):
    """gpt_forward returns the logits of every position"""
    return values(logits=student.gpt_forward(case.ids, _params(case), case.n_heads))


@check(task="gpt_forward", points=1, cases=one_layer, count=3)
def gpt_forward_is_causal(student, case):
    """gpt_forward looks back, in order, and never ahead or into another text"""
    params, cut = _params(case), int(case.cut[0])
    logits = student.gpt_forward(case.text, params, case.n_heads)
    after = student.gpt_forward(case.changed, params, case.n_heads)
    moved = np.all(np.any(after != logits, axis=2), axis=0)
    order = np.concatenate([[1, 0], np.arange(2, case.text.shape[1])])
    swapped = student.gpt_forward(case.text[:, order], params, case.n_heads)
    alone = student.gpt_forward(case.text[:1], params, case.n_heads)
    return [
        same(
            after[:, :cut],
            logits[:, :cut],
            because="the logits before a changed token stay as they are",
        ),
        holds(np.all(moved[cut:]), because="the logits from a changed token on change"),
        holds(
            np.all(np.max(np.abs(swapped - logits)[:, -1], axis=-1) > 1e-9),
            because="with the first two tokens exchanged, the last logits are others",
        ),
        same(alone, logits[:1], because="a text does not notice the rest of its batch"),
    ]


S = Dim("T", 2, 5)
scored = domain(
    logits=reals(B, S, V, low=-3, high=3),
    ids=integers(B, S, high=V),
    other_logits=reals(B, V, low=-3, high=3),
)

two_tokens = special(
    "two tokens",
    lambda: dict(
        logits=np.array([[[1.0, -2.0, 0.5], [2.0, 0.25, -1.0]]]),
        ids=np.array([[2, 0]]),
        other_logits=np.array([[0.5, 1.0, -1.5]]),
    ),
)
large_logits = special(
    "logits of 1000",
    lambda: dict(
        logits=np.array(
            [
                [[1000.0, 998.0, -1000.0], [-900.0, -901.0, -903.0], [0.0, 1.0, 2.0]],
                [[3.0, 1.0, 2.0], [60.0, 0.0, 1.0], [1000.0, -1000.0, 0.0]],
            ]
        ),
        ids=np.array([[0, 1, 2], [0, 2, 1]]),
        other_logits=np.array([[1.0, 2.0, 0.0], [0.5, -1.0, 0.0]]),
    ),
)


@check(
    task="next_token_loss",
    points=1,
    cases=scored,
    count=4,
    special=[two_tokens, large_logits],
)
def next_token_loss_value(student, case):
    """next_token_loss is the mean loss of predicting token t + 1 at position t"""
    loss, _ = student.next_token_loss(case.logits, case.ids)
    last = np.arange(case.ids.shape[1])[:, None] == case.ids.shape[1] - 1
    changed = np.where(last, case.other_logits[:, None, :], case.logits)
    first = np.arange(case.ids.shape[1]) == 0
    n_tokens = case.logits.shape[-1]
    other_ids = np.where(first, (case.ids + 1) % n_tokens, case.ids)
    other, _ = student.next_token_loss(changed, other_ids)
    even, _ = student.next_token_loss(np.zeros_like(case.logits), case.ids)
    return [
        values(loss=loss),
        same(other, loss, because="the first token and the last logits have no part in the loss"),
        same(even, np.log(n_tokens), because="if all logits are equal, the loss is ln V"),
    ]


@check(
    task="next_token_loss",
    points=1,
    cases=scored,
    count=4,
    special=[two_tokens, large_logits],
)
def next_token_loss_gradient(student, case):
    """next_token_loss returns the gradient of its loss"""
    loss, dlogits = student.next_token_loss(case.logits, case.ids)
    return [
        gradients(of=loss, cotangent=1.0, logits=dlogits),
        holds(not np.any(dlogits[:, -1]), because="the last position gets a gradient of zero"),
    ]


LAYER_SHAPES = {
    "ln_1.weight": ("D",),
    "ln_1.bias": ("D",),
    "attn.c_attn.weight": ("D", "3D"),
    "attn.c_attn.bias": ("3D",),
    "attn.c_proj.weight": ("D", "D"),
    "attn.c_proj.bias": ("D",),
    "ln_2.weight": ("D",),
    "ln_2.bias": ("D",),
    "mlp.c_fc.weight": ("D", "F"),
    "mlp.c_fc.bias": ("F",),
    "mlp.c_proj.weight": ("F", "D"),
    "mlp.c_proj.bias": ("D",),
}
MODEL_SHAPES = {
    "wte.weight": ("V", "D"),
    "wpe.weight": ("P", "D"),
    "ln_f.weight": ("D",),
    "ln_f.bias": ("D",),
}


def _shapes(n_layers):
    layers = {f"h.{i}.{k}": v for i in range(n_layers) for k, v in LAYER_SHAPES.items()}
    return MODEL_SHAPES | layers


def _published(arrays, prefix, with_extras):
    """The arrays under their published names, sorted as text, as files have them."""
    named = {prefix + name: array for name, array in arrays.items()}
    if with_extras:
        p = len(arrays["wpe.weight"])
        named["lm_head.weight"] = arrays["wte.weight"].copy()
        for name in arrays:
            if name.endswith("ln_1.bias"):
                start = prefix + name.removesuffix("ln_1.bias")
                named[start + "attn.bias"] = np.tri(p).reshape(1, 1, p, p)
                named[start + "attn.masked_bias"] = np.array([-10000.0])
    return dict(sorted(named.items()))


W, G = Dim("D", 1, 3), Dim("F", 1, 4)
PUBLISHED = {"V": Dim("V", 1, 5), "P": Dim("P", 1, 6), "D": W, "3D": 3 * W, "F": G}


def _one_or_two_layers(case):
    arrays = {
        name: array
        for name, array in case.arrays.items()
        if case.n_layers == 2 or not name.startswith("h.1.")
    }
    return _published(arrays, case.prefix, case.with_extras)


published = domain(
    n_layers=choice(1, 2, 2),
    prefix=choice("", "transformer."),
    with_extras=choice(False, True),
    arrays=group(
        **{
            name: reals(*(PUBLISHED[size] for size in shape))
            for name, shape in _shapes(n_layers=2).items()
        }
    ),
    weights=derived(_one_or_two_layers),
)


def _of_one_layer():
    sizes = {"V": 3, "P": 2, "D": 2, "3D": 6, "F": 8}
    arrays = {
        name: _fixed([10, i], *(sizes[size] for size in shape))
        for i, (name, shape) in enumerate(_shapes(n_layers=1).items())
    }
    return dict(weights=_published(arrays, "transformer.", with_extras=True))


def _of_twelve_layers():
    """Smallest arrays; the whole part of a number in h.7 is 7."""
    sizes = {"V": 1, "P": 1, "D": 1, "3D": 3, "F": 1}
    arrays = {
        name: np.full([sizes[size] for size in shape], max(i - 4, 0) // 12 + i % 12 / 16)
        for i, (name, shape) in enumerate(_shapes(n_layers=12).items())
    }
    return dict(weights=_published(arrays, "", with_extras=False))


@check(
    task="load_gpt2_weights",
    points=1,
    cases=published,
    count=4,
    special=[
        special("one layer, a prefix, a stored mask and a head", _of_one_layer),
        special("twelve layers", _of_twelve_layers),
    ],
)
def load_gpt2_weights_values(student, case):
    """load_gpt2_weights puts every published array in its place"""
    return values(params=student.load_gpt2_weights(case.weights))


def _last_logits(ids, params, n_heads):
    """The logits after the last token, (B, V)."""

    def norm(x, scale, shift):
        return (
            scale * (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
            + shift
        )

    x = params["token_embedding"][ids] + params["position_embedding"][: ids.shape[1]]
    b, t, d = x.shape
    for layer in params["layers"]:
        p, z = layer["attention"], norm(x, layer["norm1_scale"], layer["norm1_shift"])
        q, k, v = (
            (z @ p["w" + n] + p["b" + n]).reshape(b, t, n_heads, -1).swapaxes(1, 2) for n in "qkv"
        )
        scores = q @ k.swapaxes(2, 3) / np.sqrt(d // n_heads)
        weights = np.exp(scores - scores.max(-1, keepdims=True)) * np.tri(t)
        heads = weights / weights.sum(-1, keepdims=True) @ v
        x = x + heads.swapaxes(1, 2).reshape(b, t, d) @ p["wo"] + p["bo"]
        z = norm(x, layer["norm2_scale"], layer["norm2_shift"]) @ layer["w1"] + layer["b1"]
        bend = np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))
        x = x + z / 2 * (1 + bend) @ layer["w2"] + layer["b2"]
    return (norm(x, params["final_scale"], params["final_shift"]) @ params["token_embedding"].T)[
        :, -1
    ]


def _clear(case):
    """No token is chosen by a hair."""
    params, ids = _params(case), case.ids
    for _ in range(case.n_new):
        logits = _last_logits(ids[:, -len(params["position_embedding"]) :], params, case.n_heads)
        ordered = np.sort(logits, axis=1)
        if np.min(ordered[:, -1] - ordered[:, -2]) < 0.05:
            return False
        ids = np.concatenate([ids, np.argmax(logits, axis=1)[:, None]], axis=1)
    return True


texts = domain(**_model(Dim("T", 1, 3), Dim("P", 2, 4), n_new=constant(4)), where=_clear)


def _talkative(seed, ids, positions, n_new):
    """A model of four tokens that writes something else when it sees less, or another part."""
    return dict(
        ids=np.array(ids),
        n_heads=1,
        token_embedding=2 * _fixed([seed, 1], 4, 3),
        position_embedding=2 * _fixed([seed, 2], positions, 3),
        first=_fixed_layer(seed, 3, 2),
        final_scale=1 + _fixed([seed, 8], 3) / 2,
        final_shift=_fixed([seed, 9], 3),
        n_new=n_new,
    )


def _tied():
    """Whatever the text, the logits are 1, 2, 0.5 and 2."""
    case = _fixed_model([[1, 0], [2, 2]], layers=1, positions=4, tokens=4, n_new=3)
    table = np.array([[1.0, 0, 2, -1], [2.0, 1, -1, 0], [0.5, 2, 0, 1], [2.0, -1, 1, 2]])
    shift = np.array([1.0, 0.0, 0.0, 0.0])
    return case | dict(token_embedding=table, final_scale=np.zeros(4), final_shift=shift)


@check(
    task="generate",
    points=1,
    cases=texts,
    count=4,
    special=[
        special("equal logits", _tied),
        special("nothing to write", lambda: _fixed_model([[1, 0, 4]], 1, positions=5, n_new=0)),
        special(
            "a text longer than the context",
            lambda: _talkative(107, [[1, 0, 2]], positions=2, n_new=3),
        ),
        special(
            "a text that outgrows the context",
            lambda: _talkative(348, [[1]], positions=3, n_new=6),
        ),
    ],
)
def generate_values(student, case):
    """generate appends the most likely token, seeing at most the last P"""
    return values(ids=student.generate(case.ids, case.n_new, _params(case), case.n_heads))
