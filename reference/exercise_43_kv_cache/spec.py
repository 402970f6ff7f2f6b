"""What exercise 43 checks. Caches of random numbers show that the past is read from the cache."""

import numpy as np

from grader.spec import (
    Dim,
    check,
    choice,
    constant,
    derived,
    dimension,
    domain,
    group,
    holds,
    integers,
    reals,
    same,
    special,
    values,
)

BY_HAND = "write the model yourself; it is short"

FORBIDDEN = {
    "torch.nn": BY_HAND,
    "torch.ops": BY_HAND,
    ".scaled_dot_product_attention": BY_HAND,
    "transformers": BY_HAND,
}

ON_THE_CPU = "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
LAST_OF_TWO = "the logits of one position have two axes"
ANY_NEGATIVE = "NumPy takes any negative size for the one to be found"

EQUIVALENT_MUTANTS = {
    'prefill: … → seen = 0 if cache is None else cache[ -1]["k"].shape[2]': (
        "all layers have stored the same number of positions"
    ),
    "prefill: … → position = xp.arange(end, device=None)": ON_THE_CPU,
    "prefill: … → position = xp.arange(end, )": ON_THE_CPU,
    "decode_step: … → return logits[:, -1, :], grown": "there is one position",
    "generate: … → fed = xp.argmax(logits[:, -1, :], axis=1)[:, None]": LAST_OF_TWO,
    "generate: … → fed = xp.argmax(logits[:, -1, :], axis=+1)[:, None]": LAST_OF_TWO,
    "_rows: … → …xp.reshape(ids, (- 2,))…": ANY_NEGATIVE,
    "_rows: … → …xp.reshape(ids, (~1,))…": ANY_NEGATIVE,
    "_rows: … → …xp.reshape(ids, None)…": (
        "take keeps the shape of the ids, and the outer reshape finds nothing left to do"
    ),
    "_attend: … → lowest = xp.full_like(scores, xp.finfo(None).min)": (
        "None stands for float64, which the inputs have"
    ),
}

B, T, S = Dim("B", 1, 3), Dim("T", 1, 4), Dim("S", 1, 5)
K, F, V, R = Dim("K", 2, 3), Dim("F", 1, 5), Dim("V", 4, 7), Dim("R", 1, 4)
LONG_T = Dim("T", 2, 5)
LONGER_T = Dim("T", 4, 6)
# Drawn models have two heads; the explicit ones have one, two and three.
H = 2
D = H * K

LAYERS = ("first", "second", "third")
TINY = 0.003


def _layer():
    """The fields of one layer's params."""
    matrices, vectors = ("wq", "wk", "wv", "wo"), ("bq", "bk", "bv", "bo")
    return group(
        attention=group(
            **{name: reals(D, D, low=-1, high=1) for name in matrices},
            **{name: reals(D, low=-1, high=1) for name in vectors},
        ),
        norm1_scale=reals(D, low=0.5, high=1.5),
        norm1_shift=reals(D, low=-0.5, high=0.5),
        norm2_scale=reals(D, low=0.5, high=1.5),
        norm2_shift=reals(D, low=-0.5, high=0.5),
        w1=reals(D, F, low=-1, high=1),
        b1=reals(F, low=-1, high=1),
        w2=reals(F, D, low=-1, high=1),
        b2=reals(D, low=-1, high=1),
    )


def _model(places, layers, **more):
    """A domain of models with so many rows in the position table, and what a check adds."""
    return domain(
        **more,
        n_heads=constant(H),
        token_embedding=reals(V, D, low=-1, high=1),
        position_embedding=reals(places, D, low=-1, high=1),
        **{name: _layer() for name in LAYERS[:layers]},
        final_scale=reals(D, low=0.5, high=1.5),
        final_shift=reals(D, low=-0.5, high=0.5),
    )


def _stored(layers):
    """The fields of a cache that holds random numbers."""
    return {
        f"{name}_cache": group(k=reals(B, H, S, K), v=reals(B, H, S, K)) for name in LAYERS[:layers]
    }


def _params(case):
    """One dict, as the functions take it."""
    parts = vars(case)
    return {
        "token_embedding": case.token_embedding,
        "position_embedding": case.position_embedding,
        "layers": [_near_epsilon(parts[name], case) for name in LAYERS if name in parts],
        "final_scale": case.final_scale,
        "final_shift": case.final_shift,
    }


def _cache(case):
    parts = vars(case)
    return [parts[f"{name}_cache"] for name in LAYERS if f"{name}_cache" in parts]


def _near_epsilon(layer, case):
    """In an amplifier's case: shrink what a layer adds, so that variances are near the epsilon."""
    if not hasattr(case, "tiny"):
        return layer
    small = {name: case.tiny * layer[name] for name in ("w2", "b2")}
    attention = layer["attention"]
    small["attention"] = attention | {name: case.tiny * attention[name] for name in ("wo", "bo")}
    return layer | small


def _shrunk(name):
    return derived(lambda case: TINY * vars(case)[name])


def _with_another_token(case):
    """The ids with another token at position `cut`, in every text."""
    n_tokens = case.token_embedding.shape[0]
    here = np.arange(case.ids.shape[1]) == case.cut[0]
    return np.where(here, (case.ids + 1) % n_tokens, case.ids)


first_tokens = _model(T + 1, 2, ids=integers(B, T, high=V))
new_tokens = _model(S + 2 * T, 2, ids=integers(B, T, high=V), **_stored(2))
one_token = _model(S + 2, 1, ids=integers(B, high=V), **_stored(1))
whole_texts = _model(
    2 * LONGER_T, 2, ids=integers(B, LONGER_T, high=V), cut=integers(1, low=1, high=4)
)
two_futures = domain(
    **_model(
        LONG_T, 1, ids=integers(B, LONG_T, high=V), cut=integers(1, low=1, high=LONG_T)
    ).fields,
    changed=derived(_with_another_token),
)
first_tokens_with_tiny_variances = domain(
    tiny=constant(TINY),
    ids=integers(B, T, high=V),
    n_heads=constant(H),
    wide_tokens=reals(V, D, low=-1, high=1),
    wide_positions=reals(T + 1, D, low=-1, high=1),
    token_embedding=_shrunk("wide_tokens"),
    position_embedding=_shrunk("wide_positions"),
    first=_layer(),
    final_scale=reals(D, low=0.5, high=1.5),
    final_shift=reals(D, low=-0.5, high=0.5),
)


def _fixed(seed, *shape):
    """Numbers for an explicit case, with two decimals."""
    return np.round(np.random.default_rng(seed).uniform(-1, 1, shape), 2)


def _scale(seed, width):
    """A LayerNorm's scales, between 0.5 and 1.5."""
    return np.round(1 + _fixed(seed, width) / 2, 2)


def _fixed_layer(seed, width, hidden):
    attention = {f"w{name}": _fixed([seed, 0, ord(name)], width, width) for name in "qkvo"}
    attention |= {f"b{name}": _fixed([seed, 1, ord(name)], width) for name in "qkvo"}
    params = {"attention": attention}
    for i in (1, 2):
        params[f"norm{i}_scale"] = _scale([seed, 2, i], width)
        params[f"norm{i}_shift"] = _fixed([seed, 3, i], width)
    params |= {"w1": _fixed([seed, 4], width, hidden), "b1": _fixed([seed, 5], hidden)}
    params |= {"w2": _fixed([seed, 6], hidden, width), "b2": _fixed([seed, 7], width)}
    return params


def _fixed_model(ids, places, width=4, n_heads=2, layers=1, seed=43, **more):
    """An explicit case with five tokens."""
    case = dict(ids=np.array(ids), n_heads=n_heads)
    case |= {"token_embedding": _fixed([seed, 1], 5, width)}
    case |= {"position_embedding": _fixed([seed, 2], places, width)}
    for i, name in enumerate(LAYERS[:layers]):
        case[name] = _fixed_layer(seed + 10 * (i + 1), width, 3)
    case |= {"final_scale": _scale([seed, 3], width)}
    case |= {"final_shift": _fixed([seed, 4], width)}
    return case | more


def _fixed_cache(batch, n_heads, length, size, layers=1):
    def numbers(*seed):
        return 2 * _fixed([*seed, 5], batch, n_heads, length, size)

    return {
        f"{name}_cache": dict(k=numbers(i, 0), v=numbers(i, 1))
        for i, name in enumerate(LAYERS[:layers])
    }


def _far_apart(case):
    """Scores of several hundred."""
    attention = case["first"]["attention"]
    attention |= {name: 40 * attention[name] for name in ("wq", "wk")}
    return case


def _tied():
    """Logits of 2, 3, 1, 3 at every position, whatever came before."""
    table = np.array([[0.0, 1.0], [1.0, 1.0], [0.0, 0.5], [3.0, 0.0]])
    case = _fixed_model([[3, 0], [2, 2]], 4, width=2, n_heads=1, n_new=2)
    return case | dict(
        token_embedding=table, final_scale=np.zeros(2), final_shift=np.array([1.0, 2.0])
    )


@check(
    task="prefill",
    points=2,
    cases=first_tokens,
    count=3,
    amplifier=first_tokens_with_tiny_variances,
    special=[
        special("one token, one head", lambda: _fixed_model([[3]], 1, width=2, n_heads=1)),
        special("three heads", lambda: _fixed_model([[1, 4, 1, 0]], 4, width=6, n_heads=3)),
        special("three layers", lambda: _fixed_model([[2, 4], [4, 0], [2, 2]], 2, layers=3)),
        special(
            "scores of several hundred", lambda: _far_apart(_fixed_model([[1, 3, 0], [2, 2, 4]], 3))
        ),
    ],
)
def prefill_values(student, case):
    """prefill without a cache returns all logits, and the keys and values"""
    logits, cache = student.prefill(case.ids, _params(case), case.n_heads)
    return values(logits=logits, cache=cache)


@check(task="prefill", points=1, cases=two_futures, count=3)
def prefill_is_causal(student, case):
    """prefill computes nothing from later tokens"""
    params, cut = _params(case), int(case.cut[0])
    before, old = student.prefill(case.ids, params, case.n_heads)
    after, new = student.prefill(case.changed, params, case.n_heads)
    moved = np.any(after != before, axis=(0, 2))
    return [
        values(logits=before),
        same(
            after[:, :cut],
            before[:, :cut],
            because="the logits before a changed token stay as they are",
        ),
        same(
            [new[0]["k"][:, :, :cut], new[0]["v"][:, :, :cut]],
            [old[0]["k"][:, :, :cut], old[0]["v"][:, :, :cut]],
            because="the keys and values before a changed token stay as they are",
        ),
        holds(np.all(moved[cut:]), because="the logits from a changed token on change"),
    ]


@check(
    task="prefill",
    points=1,
    cases=new_tokens,
    count=3,
    special=[
        special(
            "one new token",
            lambda: _fixed_model([[4], [1]], 4, **_fixed_cache(2, 2, 3, 2)),
        ),
        special(
            "three tokens after one, three heads",
            lambda: _fixed_model([[0, 2, 2]], 4, 6, 3, 2, **_fixed_cache(1, 3, 1, 2, 2)),
        ),
    ],
)
def prefill_continues_a_cache(student, case):
    """prefill with a cache continues the text that it stands for"""
    logits, grown = student.prefill(case.ids, _params(case), case.n_heads, _cache(case))
    return values(logits=logits, cache=grown)


@check(
    task="decode_step",
    points=2,
    cases=one_token,
    count=3,
    special=[
        special(
            "two layers, one text",
            lambda: _fixed_model([3], 5, layers=2, **_fixed_cache(1, 2, 4, 2, 2)),
        ),
        special(
            "one stored position, three heads",
            lambda: _fixed_model([0, 4], 2, 6, 3, **_fixed_cache(2, 3, 1, 2)),
        ),
        special(
            "scores of several hundred",
            lambda: _far_apart(_fixed_model([2, 1], 4, **_fixed_cache(2, 2, 3, 2))),
        ),
    ],
)
def decode_step_values(student, case):
    """decode_step answers from the cache and returns one position more"""
    logits, grown = student.decode_step(case.ids, _cache(case), _params(case), case.n_heads)
    return values(logits=logits, cache=grown)


@check(task="decode_step", points=1, cases=whole_texts, count=3)
def steps_equal_the_whole(student, case):
    """decode_step and prefill give what reading the whole text at once gives"""
    model = _params(case), case.n_heads
    whole, at_once = student.prefill(case.ids, *model)

    logits, cache = student.prefill(case.ids[:, :-3], *model)
    pieces = [logits]
    for t in (-3, -2, -1):
        logits, cache = student.decode_step(case.ids[:, t], cache, *model)
        pieces.append(logits[:, None, :])

    cut = int(case.cut[0])
    first, half = student.prefill(case.ids[:, :cut], *model)
    second, two_parts = student.prefill(case.ids[:, cut:], *model, half)
    return [
        values(whole=whole),
        same(
            np.concatenate(pieces, axis=1),
            whole,
            because="the last three tokens one by one give the logits of the whole text at once",
        ),
        same(cache, at_once, because="and they leave the same cache"),
        same(
            np.concatenate([first, second], axis=1),
            whole,
            because="a text read in two parts gives the logits of the whole text at once",
        ),
        same(two_parts, at_once, because="and it leaves the same cache"),
    ]


@check(
    task="select_rows",
    points=1,
    cases=domain(rows=integers(R, high=B), **_stored(2)),
    count=3,
    special=[
        special(
            "two texts exchanged",
            lambda: dict(rows=np.array([1, 0]), **_fixed_cache(2, 2, 1, 2)),
        ),
        special(
            "one text of three, twice",
            lambda: dict(rows=np.array([2, 2]), **_fixed_cache(3, 1, 2, 1, 3)),
        ),
        special(
            "three texts into five",
            lambda: dict(rows=np.array([2, 0, 2, 1, 0]), **_fixed_cache(3, 2, 1, 1)),
        ),
    ],
)
def select_rows_values(student, case):
    """select_rows returns the cache of the texts named by rows, in their order"""
    return values(cache=student.select_rows(_cache(case), case.rows))


@check(
    task="generate",
    points=1,
    special=[
        special("three new tokens", lambda: _fixed_model([[1, 3], [4, 0]], 9, n_new=3, seed=91)),
        special(
            "a prompt of one token", lambda: _fixed_model([[2]], 9, layers=2, n_new=4, seed=50)
        ),
        special("one new token", lambda: _fixed_model([[0, 4, 1], [3, 2, 2]], 6, n_new=1)),
        special("no new token", lambda: _fixed_model([[4, 1, 1]], 4, n_new=0)),
        special("two tokens with the highest logit", _tied),
        special(
            "a position table that ends with the last token fed",
            lambda: _fixed_model([[3, 1, 0], [1, 4, 4]], 5, 6, 3, n_new=3, seed=66),
        ),
    ],
)
def generate_values(student, case):
    """generate appends the most likely token, n_new times"""
    return values(ids=student.generate(case.ids, case.n_new, _params(case), case.n_heads))


def _sizes(n_layers, n_heads, head_size, length, batch, bytes_per_number):
    return dict(
        n_layers=n_layers,
        n_heads=n_heads,
        head_size=head_size,
        length=length,
        batch=batch,
        bytes_per_number=bytes_per_number,
    )


@check(
    task="cache_size",
    points=1,
    cases=domain(
        n_layers=dimension(Dim("L", 2, 12)),
        n_heads=dimension(Dim("H", 2, 12)),
        head_size=dimension(Dim("K", 2, 16)),
        length=dimension(Dim("S", 2, 99)),
        batch=dimension(Dim("B", 2, 9)),
        bytes_per_number=choice(1, 2, 4, 8),
    ),
    count=3,
    special=[
        special("the smallest GPT-2, 1024 tokens", lambda: _sizes(12, 12, 64, 1024, 1, 2)),
        special("one token of a model with 40 layers", lambda: _sizes(40, 40, 128, 1, 1, 2)),
    ],
)
def cache_size_values(student, case):
    """cache_size counts the bytes of all keys and values"""
    size = student.cache_size(
        case.n_layers,
        case.n_heads,
        case.head_size,
        case.length,
        case.batch,
        case.bytes_per_number,
    )
    return values(size=size)
