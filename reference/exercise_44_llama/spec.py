"""What exercise 44 checks. The gate, the shared heads and the window alone, then block and model.

Groups are drawn with 1 < G < H and H / G different from G, so that neither a tiled nor a reduced
set of heads can hide. The block's inner width H * K differs from D.
"""

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
    reals,
    same,
    special,
    values,
)

FORBIDDEN = {
    "torch.nn": "write the layers yourself",
    ".scaled_dot_product_attention": "attention with shared keys is part of this exercise",
    "torch.ops": "call no ready-made attention kernel",
    "torch.autograd": "the backward passes are part of this exercise",
    "torch.func": "the backward passes are part of this exercise",
    ".backward": "the backward passes are part of this exercise",
}

_ON_THE_CPU = "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
_ANY_NEGATIVE_SIZE = "NumPy takes any negative size for the one to be found"
_FLOAT64_ANYWAY = "whole numbers turn into float64 when they are divided"

EQUIVALENT_MUTANTS = {
    "sliding_window_mask: … → …xp.arange(x.shape[1], device=None)": _ON_THE_CPU,
    "sliding_window_mask: … → …xp.arange(x.shape[1], )": _ON_THE_CPU,
    "sliding_window_mask: … → …(age >= 0) * (age < window)": (
        "the product of two truth values is their conjunction"
    ),
    "llama_forward: … → positions = xp.arange(ids.shape[1], device=None)": _ON_THE_CPU,
    "llama_forward: … → positions = xp.arange(ids.shape[1], )": _ON_THE_CPU,
    "llama_forward: … → …xp.reshape(ids, (- 2,))…": _ANY_NEGATIVE_SIZE,
    "llama_forward: … → …xp.reshape(ids, (~1,))…": _ANY_NEGATIVE_SIZE,
    "llama_forward: … → …xp.reshape(ids, None)…": (
        "take keeps the shape of the ids, and the next reshape finds nothing left to do"
    ),
    "_rows: … → …(- 2, x.shape[-1]))": _ANY_NEGATIVE_SIZE,
    "_rows: … → …(~1, x.shape[-1]))": _ANY_NEGATIVE_SIZE,
    "_softmax: … → …xp.where(top != -math.inf, top, xp.zeros_like(top)))": (
        "nothing lies below minus infinity"
    ),
    "_softmax: … → …xp.where(total > 1, total, xp.ones_like(total))": (
        "total is 0 or at least exp(0), and for 1 both give 1"
    ),
    "_softmax: … → …xp.where(total != 0, total, xp.ones_like(total))": (
        "a sum of exponentials is never negative"
    ),
    "_rope: … → pair = xp.arange(half, dtype=None, device=device(x))": _FLOAT64_ANYWAY,
    "_rope: … → pair = xp.arange(half, device=device(x))": _FLOAT64_ANYWAY,
    "_rope: … → pair = xp.arange(half, dtype=xp.float64, device=None)": _ON_THE_CPU,
    "_rope: … → pair = xp.arange(half, dtype=xp.float64, )": _ON_THE_CPU,
    "_rope: … → angle = xp.astype(positions, None)…": "None stands for float64",
    "_rope: … → cos, sin = xp.astype(xp.cos(angle), None)…": (
        "None stands for float64, which the inputs have"
    ),
    "_rope: … → cos, sin = …xp.astype(xp.sin(angle), None)": (
        "None stands for float64, which the inputs have"
    ),
}

B, T, S, D = Dim("B", 1, 4), Dim("T", 1, 6), Dim("S", 1, 6), Dim("D", 2, 5)
F, V = Dim("F", 1, 6), Dim("V", 3, 7)

# For attention alone: six query heads that share two or three heads of keys and values.
HEADS, G, K = 6, Dim("G", 2, 3), Dim("K", 2, 4)
# For the block: two query heads for each head of keys and values, four features a head.
SHARED, SIZE = Dim("G", 1, 2), 4

TINY = 0.001


def _fixed(seed, *shape):
    """Numbers for an explicit case, with two decimals."""
    return np.round(np.random.default_rng(seed).uniform(-1, 1, shape), 2)


gated = domain(
    x=reals(B, T, D, low=-1, high=1),
    w_gate=reals(D, F),
    w_up=reals(D, F),
    w_down=reals(F, D, low=-1, high=1),
    dout=reals(B, T, D),
)


def _large_gates():
    return dict(
        x=np.array([[[1.0], [-0.5]]]),
        w_gate=np.array([[1000.0, -1000.0, 3.0]]),
        w_up=np.array([[1.0, 0.5, -1.5]]),
        w_down=np.array([[0.5], [-1.0], [2.0]]),
        dout=np.array([[[1.0], [-2.0]]]),
    )


@check(
    task="swiglu_forward",
    points=1,
    cases=gated,
    count=4,
    special=[special("gates of 1000 and -1000", _large_gates)],
)
def swiglu_values(student, case):
    """swiglu_forward lets silu(x · w_gate) scale x · w_up"""
    out, _ = student.swiglu_forward(case.x, case.w_gate, case.w_up, case.w_down)
    doubled, _ = student.swiglu_forward(case.x, case.w_gate, 2 * case.w_up, case.w_down)
    return [
        values(out=out),
        same(doubled, 2 * out, because="doubling w_up doubles the output"),
    ]


@check(
    task="swiglu_backward",
    points=1,
    cases=gated,
    count=4,
    requires=[swiglu_values],
    special=[special("gates of 1000 and -1000", _large_gates)],
)
def swiglu_gradients(student, case):
    """swiglu_backward returns the gradients for x and the three weights"""
    out, cache = student.swiglu_forward(case.x, case.w_gate, case.w_up, case.w_down)
    dx, dw_gate, dw_up, dw_down = student.swiglu_backward(case.dout, cache)
    return gradients(of=out, cotangent=case.dout, x=dx, w_gate=dw_gate, w_up=dw_up, w_down=dw_down)


def _attention_case(**more):
    return domain(
        q=reals(B, HEADS, T, K),
        k=reals(B, G, S, K),
        v=reals(B, G, S, K),
        dout=reals(B, HEADS, T, K),
        **more,
        where=lambda case: case.q.size <= 240,
    )


def _heads(n_heads, n_kv_heads, queries=2, keys=3, size=2, mask=None):
    """An explicit case with fixed numbers."""
    return dict(
        q=2 * _fixed(1, 2, n_heads, queries, size),
        k=2 * _fixed(2, 2, n_kv_heads, keys, size),
        v=_fixed(3, 2, n_kv_heads, keys, size),
        dout=_fixed(4, 2, n_heads, queries, size),
        mask=mask,
    )


def _attend(student, case, mask=None):
    masked = () if mask is None else (mask,)
    return student.grouped_query_attention_forward(case.q, case.k, case.v, *masked)


@check(
    task="grouped_query_attention_forward",
    points=1,
    cases=_attention_case(),
    count=4,
    special=[
        special("one key-value head for all queries", lambda: _heads(3, 1)),
        special("a key-value head for each query head", lambda: _heads(3, 3)),
        special("four query heads, two key-value heads", lambda: _heads(4, 2, 3, 2, 3)),
        special("one query and one key", lambda: _heads(4, 2, 1, 1, 1)),
    ],
)
def grouped_query_values(student, case):
    """grouped_query_attention_forward shares keys among neighbouring heads"""
    out, _ = _attend(student, case)
    shared = case.q.shape[1] // case.k.shape[1]
    k, v = np.repeat(case.k, shared, axis=1), np.repeat(case.v, shared, axis=1)
    plain, _ = student.grouped_query_attention_forward(case.q, k, v)
    return [
        values(out=out),
        same(
            plain,
            out,
            because="with each key-value head written H / G times in a row, every query head "
            "has its own copy, and the output is the same",
        ),
    ]


def _large_scores(mask):
    """Two query heads on one head of keys; the scores are near 900 and -900."""
    return dict(
        q=np.array([[[[30.0]], [[-30.0]]]]),
        k=np.array([[[[30.0], [29.96875], [1.0]]]]),
        v=np.array([[[[1.0], [-2.0], [4.0]]]]),
        mask=np.array([mask]),
    )


def _hidden(*rows):
    return np.array(rows, dtype=bool)


@check(
    task="grouped_query_attention_forward",
    points=1,
    cases=_attention_case(mask=booleans(T, S, row_has_true=False)),
    count=4,
    special=[
        special("a query without any key", lambda: _heads(4, 2, mask=_hidden([1, 0, 1], [0] * 3))),
        special("every key hidden", lambda: _heads(2, 1, mask=_hidden([0] * 3, [0] * 3))),
        special("nothing hidden", lambda: _heads(4, 2, mask=_hidden([1] * 3, [1] * 3))),
        special("scores of 900 and -900", lambda: _large_scores([True, True, True])),
        special("a hidden key with a score of 900", lambda: _large_scores([False, True, True])),
    ],
)
def grouped_query_mask(student, case):
    """grouped_query_attention_forward attends only where the mask is True"""
    out, _ = _attend(student, case, case.mask)
    blocked = ~case.mask.any(axis=-1)
    seen = case.mask.copy()
    seen[:, 0] = False
    hidden, _ = _attend(student, case, seen)
    other_v = case.v.copy()
    other_v[:, :, 0] += 1.0
    changed, _ = student.grouped_query_attention_forward(case.q, case.k, other_v, seen)
    return [
        values(out=out),
        same(changed, hidden, because="the value of a key that is hidden from all does not matter"),
        holds(
            not np.any(out[:, :, blocked]),
            because="a query that may attend to no key gets an output of exactly zero",
        ),
    ]


@check(
    task="grouped_query_attention_backward",
    points=2,
    cases=_attention_case(mask=booleans(T, S, row_has_true=False)),
    count=4,
    requires=[grouped_query_values],
    special=[
        special("one key-value head for all queries", lambda: _heads(3, 1)),
        special("a key-value head for each query head", lambda: _heads(3, 3)),
        special("six query heads, two key-value heads", lambda: _heads(6, 2, 2, 3, 1)),
        special("every key hidden", lambda: _heads(2, 1, mask=_hidden([0] * 3, [0] * 3))),
    ],
)
def grouped_query_gradients(student, case):
    """grouped_query_attention_backward adds up what a group's heads send"""
    out, cache = _attend(student, case, case.mask)
    dq, dk, dv = student.grouped_query_attention_backward(case.dout, cache)
    return gradients(of=out, cotangent=case.dout, q=dq, k=dk, v=dv)


def _sequence(length, window):
    return dict(x=_fixed(5, 2, length, 3), window=window)


@check(
    task="sliding_window_mask",
    points=1,
    cases=domain(x=reals(B, T, D), window=dimension(Dim("W", 1, 4))),
    special=[
        special("a window of one", lambda: _sequence(3, 1)),
        special("a window of two", lambda: _sequence(5, 2)),
        special("a window as long as the sequence", lambda: _sequence(4, 4)),
        special("a window longer than the sequence", lambda: _sequence(3, 9)),
        special("no window", lambda: _sequence(4, None)),
        special("one position", lambda: _sequence(1, 2)),
    ],
)
def sliding_window_mask_values(student, case):
    """sliding_window_mask shows position t the positions t - W + 1 to t"""
    limit = () if case.window is None else (case.window,)
    return values(mask=student.sliding_window_mask(case.x, *limit))


def _layer():
    """The fields of one layer's params, with 2 G heads of four features."""
    return group(
        wq=reals(D, 2 * SIZE * SHARED, low=-1, high=1),
        wk=reals(D, SIZE * SHARED, low=-1, high=1),
        wv=reals(D, SIZE * SHARED, low=-1, high=1),
        wo=reals(2 * SIZE * SHARED, D, low=-1, high=1),
        w_gate=reals(D, F, low=-1, high=1),
        w_up=reals(D, F, low=-1, high=1),
        w_down=reals(F, D, low=-1, high=1),
        norm1_scale=reals(D, low=0.5, high=1.5),
        norm2_scale=reals(D, low=0.5, high=1.5),
    )


def _fixed_layer(seed, width, n_heads, n_kv_heads, size, hidden):
    return dict(
        wq=_fixed([seed, 0], width, n_heads * size),
        wk=_fixed([seed, 1], width, n_kv_heads * size),
        wv=_fixed([seed, 2], width, n_kv_heads * size),
        wo=_fixed([seed, 3], n_heads * size, width),
        w_gate=_fixed([seed, 4], width, hidden),
        w_up=_fixed([seed, 5], width, hidden),
        w_down=_fixed([seed, 6], hidden, width),
        norm1_scale=1 + _fixed([seed, 7], width) / 2,
        norm2_scale=1 + _fixed([seed, 8], width) / 2,
    )


block = domain(
    x=reals(B, T, D, low=-1, high=1),
    params=_layer(),
    n_heads=dimension(2 * SHARED),
    n_kv_heads=dimension(SHARED),
    positions=integers(T, high=12),
    mask=booleans(T, T),
)


def _tiny(params):
    """Shrink what is added to x before the second norm, so that both see tiny numbers."""
    return params | {"wo": TINY * params["wo"]}


block_of_tiny_numbers = domain(
    wide=reals(B, T, D, low=-1, high=1),
    full=_layer(),
    x=derived(lambda case: TINY * case.wide),
    params=derived(lambda case: _tiny(case.full)),
    n_heads=dimension(2 * SHARED),
    n_kv_heads=dimension(SHARED),
    positions=integers(T, high=12),
    mask=booleans(T, T),
)


def _block_example(n_heads, n_kv_heads, size, positions, mask=None):
    return dict(
        x=_fixed(6, 2, len(positions), 3),
        params=_fixed_layer(7, 3, n_heads, n_kv_heads, size, 4),
        n_heads=n_heads,
        n_kv_heads=n_kv_heads,
        positions=np.array(positions),
        mask=mask,
    )


def _block(student, case, positions):
    masked = () if case.mask is None else (case.mask,)
    return student.llama_block(
        case.x, case.params, case.n_heads, case.n_kv_heads, positions, *masked
    )


@check(
    task="llama_block",
    points=1,
    cases=block,
    count=4,
    amplifier=block_of_tiny_numbers,
    special=[
        special("one position", lambda: _block_example(2, 1, 4, [7])),
        special("three pairs of features", lambda: _block_example(6, 3, 6, [0, 1, 2, 3])),
        special("heads of two features", lambda: _block_example(4, 2, 2, [3, 5, 4])),
        special("positions in the thousands", lambda: _block_example(3, 1, 4, [4000, 0, 3990, 7])),
    ],
)
def llama_block_values(student, case):
    """llama_block normalises, attends with turned q and k, feeds forward"""
    out = _block(student, case, case.positions)
    moved = _block(student, case, case.positions + 5)
    found = [
        values(out=out),
        same(moved, out, because="moving all positions by 5 changes no distance and no output"),
    ]
    if case.mask is None and len(case.positions) > 1:
        close = _block(student, case, case.positions // 2)
        found.append(
            holds(
                np.max(np.abs(close - out)) > 1e-3,
                because="other distances between the positions give another output",
            )
        )
    return found


def _model(length, **more):
    return domain(
        ids=integers(B, length, high=V),
        token_embedding=reals(V, D, low=-1, high=1),
        first=_layer(),
        second=_layer(),
        final_scale=reals(D, low=0.5, high=1.5),
        output_weight=reals(D, V, low=-1, high=1),
        n_heads=dimension(2 * SHARED),
        n_kv_heads=dimension(SHARED),
        **more,
    )


def _fixed_model(ids, depth, window, **more):
    layers = [_fixed_layer(20 + i, 3, 4, 2, 4, 5) for i in range(2)]
    return dict(
        ids=np.array(ids),
        token_embedding=_fixed(8, 7, 3),
        first=layers[0],
        second=layers[1],
        final_scale=1 + _fixed(9, 3) / 2,
        output_weight=_fixed(10, 3, 7),
        n_heads=4,
        n_kv_heads=2,
        depth=depth,
        window=window,
        **more,
    )


def _logits(student, case, ids):
    params = {
        "token_embedding": case.token_embedding,
        "layers": [case.first, case.second][: case.depth],
        "final_scale": case.final_scale,
        "output_weight": case.output_weight,
    }
    limit = () if case.window is None else (case.window,)
    return student.llama_forward(ids, params, case.n_heads, case.n_kv_heads, *limit)


@check(
    task="llama_forward",
    points=1,
    cases=_model(T, depth=choice(1, 2), window=choice(None, 2, 3)),
    count=4,
    special=[
        special("two layers and no window", lambda: _fixed_model([[1, 4, 0, 6]], 2, None)),
        special("no layer at all", lambda: _fixed_model([[3, 5], [5, 2]], 0, 2)),
    ],
)
def llama_forward_values(student, case):
    """llama_forward returns the logits of every position"""
    logits = _logits(student, case, case.ids)
    alone = _logits(student, case, case.ids[:1])
    return [
        values(logits=logits),
        same(alone, logits[:1], because="a sequence does not notice the others of its batch"),
    ]


LONG = Dim("T", 2, 7)


def _with_another_token(case):
    """The ids with another token at position `cut`."""
    words = case.token_embedding.shape[0]
    at = np.arange(case.ids.shape[1]) == case.cut[0]
    return np.where(at, (case.ids + 1) % words, case.ids)


@check(
    task="llama_forward",
    points=1,
    cases=_model(
        LONG,
        depth=choice(1, 2),
        window=choice(2, 2, 3),
        cut=integers(1, high=LONG),
        changed=derived(_with_another_token),
    ),
    count=3,
    special=[
        special(
            "one layer, a window of 3, another token at position 1",
            lambda: _fixed_model(
                [[1, 4, 0, 6, 2, 3]], 1, 3, cut=np.array([1]), changed=[[1, 5, 0, 6, 2, 3]]
            ),
        ),
        special(
            "two layers, a window of 2, another token at position 0",
            lambda: _fixed_model(
                [[2, 4, 0, 6, 1]], 2, 2, cut=np.array([0]), changed=[[3, 4, 0, 6, 1]]
            ),
        ),
    ],
)
def llama_forward_reach(student, case):
    """llama_forward carries a token as far as the window allows, not back"""
    before = _logits(student, case, case.ids)
    after = _logits(student, case, np.array(case.changed))
    first = int(case.cut[0])
    beyond = first + case.depth * (case.window - 1) + 1
    moved = np.any(after != before, axis=(0, 2))
    return [
        same(
            after[:, :first],
            before[:, :first],
            because="the logits before a changed token stay as they are",
        ),
        same(
            after[:, beyond:],
            before[:, beyond:],
            because="each layer carries a change window - 1 positions on, and no further",
        ),
        holds(
            np.all(moved[first:beyond]),
            because="the logits change from a changed token on, as far as the layers reach",
        ),
    ]
