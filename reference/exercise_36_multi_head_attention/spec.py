"""What exercise 36 checks: the two rearrangements, then the layer forward, masked and backward.

Size of one head is K and the width is D = H * K, so no two axes of a case have the same length.
"""

import numpy as np

from grader.spec import (
    Case,
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
    permutation,
    reals,
    same,
    special,
    values,
)

FORBIDDEN = {
    "torch.nn": "write the layer yourself; torch.nn.MultiheadAttention is this exercise",
    ".scaled_dot_product_attention": "attention is part of this exercise",
    "torch.ops": "call no ready-made attention kernel",
    "torch.autograd": "the backward pass is part of this exercise",
    "torch.func": "the backward pass is part of this exercise",
    ".backward": "the backward pass is part of this exercise",
}

ROW_VECTORS = ("multi_head_attention_backward",)

EQUIVALENT_MUTANTS = {
    "_softmax: … → …xp.where(top != -math.inf, top, xp.zeros_like(top)))": (
        "nothing lies below minus infinity"
    ),
    "_softmax: … → …xp.where(total > 1, total, xp.ones_like(total))": (
        "total is 0 or at least exp(0), and for 1 both give 1"
    ),
    "_softmax: … → …xp.where(total != 0, total, xp.ones_like(total))": (
        "a sum of exponentials is never negative"
    ),
    '… → k = …params["wk"] - params["bk"]…': (
        "a key's bias adds the same to all scores of a query, which softmax ignores"
    ),
    "_projection_backward: … → …(- 2, width)…": (
        "NumPy takes any negative size for the one to be found"
    ),
    "_projection_backward: … → …(~1, width)…": (
        "NumPy takes any negative size for the one to be found"
    ),
}

B, T, S = Dim("B", 1, 4), Dim("T", 1, 6), Dim("S", 1, 6)
H, K = Dim("H", 2, 3), Dim("K", 1, 4)
B2, S2 = Dim("B", 2, 4), Dim("S", 2, 6)


def _params():
    weights = {name: reals(H * K, H * K, low=-1, high=1) for name in ("wq", "wk", "wv", "wo")}
    biases = {name: reals(H * K, low=-1, high=1) for name in ("bq", "bk", "bv", "bo")}
    return group(**weights, **biases)


def _layer(batch=B, keys=S, **more):
    """The arguments of the layer, with a random cotangent and whatever a check adds."""
    return domain(
        x=reals(batch, T, H * K, low=-1, high=1),
        memory=reals(batch, keys, H * K, low=-1, high=1),
        params=_params(),
        n_heads=dimension(H),
        dout=reals(batch, T, H * K),
        **more,
        where=lambda case: case.x.shape[-1] <= 8,
    )


def _drawn(batch, queries, keys, n_heads, size, **more):
    """An explicit case with fixed numbers."""
    rng, width = np.random.default_rng(36), n_heads * size

    def numbers(*shape):
        return np.round(rng.uniform(-1, 1, shape), 2)

    params = {name: numbers(width, width) for name in ("wq", "wk", "wv", "wo")}
    params |= {name: numbers(width) for name in ("bq", "bk", "bv", "bo")}
    x, memory = numbers(batch, queries, width), numbers(batch, keys, width)
    dout = numbers(batch, queries, width)
    return dict(x=x, memory=memory, params=params, n_heads=n_heads, dout=dout, **more)


def _attention(student, case, mask=None):
    masked = () if mask is None else (mask,)
    return student.multi_head_attention_forward(
        case.x, case.memory, case.params, case.n_heads, *masked
    )


def _rounded(dparams):
    """The gradient of bk is zero; what float32 leaves of it is no mistake."""
    dbk = dparams["bk"]
    return {**dparams, "bk": np.where(np.abs(dbk) < 1e-5, np.zeros_like(dbk), dbk)}


@check(
    task="split_heads",
    points=1,
    cases=domain(x=reals(B, T, H * K), n_heads=dimension(H)),
    special=[
        special(
            "two heads of two features",
            lambda: dict(x=np.array([[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]]), n_heads=2),
        ),
        special("one head", lambda: dict(x=np.array([[[1.0, 2.0], [3.0, 4.0]]]), n_heads=1)),
    ],
)
def split_heads_values(student, case):
    """split_heads gives every head its block of neighbouring features"""
    return values(heads=student.split_heads(case.x, case.n_heads))


@check(
    task="merge_heads",
    points=1,
    cases=domain(heads=reals(B, H, T, K)),
    special=[
        special(
            "two heads of two features",
            lambda: dict(heads=np.array([[[[1.0, 2.0], [5.0, 6.0]], [[3.0, 4.0], [7.0, 8.0]]]])),
        ),
        special("one head", lambda: dict(heads=np.array([[[[1.0, 2.0], [3.0, 4.0]]]]))),
    ],
    requires=[split_heads_values],
)
def merge_heads_values(student, case):
    """merge_heads puts the heads side by side and undoes split_heads"""
    merged = student.merge_heads(case.heads)
    return [
        values(x=merged),
        same(
            student.split_heads(merged, case.heads.shape[1]),
            case.heads,
            because="split_heads(merge_heads(heads)) gives back heads",
        ),
    ]


@check(
    task="multi_head_attention_forward",
    points=1,
    cases=_layer(),
    special=[
        special("one head", lambda: _drawn(2, 3, 4, 1, 2)),
        special("one query and one key", lambda: _drawn(2, 1, 1, 3, 2)),
        special("heads of one feature", lambda: _drawn(1, 2, 4, 3, 1)),
    ],
)
def forward_values(student, case):
    """multi_head_attention_forward lets x attend to memory, head by head"""
    out, _ = _attention(student, case)
    return values(out=out)


def _reordered(case):
    """The parameters with the heads in another order, each with its own rows of wo."""
    size = case.x.shape[-1] // case.n_heads
    columns = (case.heads[:, None] * size + np.arange(size)).ravel()
    moved = {name: case.params[name][:, columns] for name in ("wq", "wk", "wv")}
    moved |= {name: case.params[name][columns] for name in ("bq", "bk", "bv", "wo")}
    return moved | {"bo": case.params["bo"]}


@check(
    task="multi_head_attention_forward",
    points=1,
    cases=_layer(
        batch=B2,
        keys=S2,
        order=permutation(S2),
        heads=permutation(H),
        reordered=derived(_reordered),
    ),
)
def forward_properties(student, case):
    """multi_head_attention_forward ignores the order of keys and of heads"""
    attend = student.multi_head_attention_forward
    out, _ = _attention(student, case)
    shuffled, _ = attend(case.x, case.memory[:, case.order], case.params, case.n_heads)
    reordered, _ = attend(case.x, case.memory, case.reordered, case.n_heads)
    alone, _ = attend(case.x[:1], case.memory[:1], case.params, case.n_heads)
    return [
        same(alone, out[:1], because="an example gives the same result alone as in a batch"),
        same(
            shuffled,
            out,
            because="the order of the positions of memory makes no difference",
        ),
        same(
            reordered,
            out,
            because="the order of the heads makes no difference when the rows of wo move along",
        ),
    ]


def _mask_of_a_kind(case):
    """One mask for all examples, one for each, or one of padding, made from the same entries."""
    return {"shared": case.keep[0], "each": case.keep, "padding": case.keep[:, :1]}[case.kind]


def _masked(kind):
    """An explicit case with a mask of a given kind."""
    keep = np.array([[[True, False, True], [False, True, True]], [[False, True, False]] * 2])
    drawn = _drawn(2, 2, 3, 3, 1, keep=keep, kind=kind)
    return drawn | {"mask": _mask_of_a_kind(Case(**drawn))}


@check(
    task="multi_head_attention_forward",
    points=1,
    cases=_layer(
        keys=S2,
        keep=booleans(B, T, S2),
        kind=choice("shared", "each", "padding"),
        mask=derived(_mask_of_a_kind),
    ),
    special=[
        special("a mask for all examples", lambda: _masked("shared")),
        special("a mask for each example", lambda: _masked("each")),
        special("a mask of padding", lambda: _masked("padding")),
    ],
)
def forward_mask(student, case):
    """multi_head_attention_forward attends only where the mask is True"""
    out, _ = _attention(student, case, case.mask)
    mask = case.mask.copy()
    mask[..., -1] = False
    hidden, _ = _attention(student, case, mask)
    shorter, _ = student.multi_head_attention_forward(
        case.x, case.memory[:, :-1], case.params, case.n_heads, mask[..., :-1]
    )
    return [
        values(out=out),
        same(hidden, shorter, because="a key hidden from every query might as well not be there"),
    ]


def _with_a_blocked_query(case):
    mask = case.keep.copy()
    mask[-1, mask.shape[1] // 2] = False
    return mask


@check(
    task="multi_head_attention_forward",
    points=1,
    cases=_layer(keep=booleans(B, T, S), mask=derived(_with_a_blocked_query)),
    special=[
        special(
            "every key hidden from every query",
            lambda: _drawn(1, 2, 3, 2, 1, mask=np.zeros((1, 2, 3), dtype=bool)),
        )
    ],
)
def forward_blocked_query(student, case):
    """multi_head_attention_forward returns bo where nothing is visible"""
    out, _ = _attention(student, case, case.mask)
    return [
        values(out=out),
        same(
            out[-1, out.shape[1] // 2],
            case.params["bo"],
            because="a query that may attend to nothing has weights of zero, which leaves only bo",
        ),
    ]


def _large(x, memory, mask=None):
    """Two heads of one feature whose score is the plain product of query and key."""
    params = dict(wq=np.eye(2), wk=np.eye(2), bq=np.zeros(2), bk=np.zeros(2))
    params |= dict(wv=np.array([[1.0, 2.0], [-1.0, 1.0]]), bv=np.array([0.5, -1.0]))
    params |= dict(wo=np.array([[1.0, -1.0], [2.0, 1.0]]), bo=np.array([0.25, -0.5]))
    mask = None if mask is None else np.array(mask)
    return dict(x=np.array(x), memory=np.array(memory), params=params, n_heads=2, mask=mask)


_NEAR_30 = [[30.0, 1.0], [29.96875, 0.0], [30.03125, -1.0]]
_ONE_FAR = [[30.0, 2.0], [1.0, -1.0], [0.96875, 3.0]]
_FIRST_HIDDEN = [False, True, True]


@check(
    task="multi_head_attention_forward",
    points=1,
    special=[
        special("scores near 900", lambda: _large([[[30.0, 1.0]]], [_NEAR_30])),
        special(
            "one query with scores near 900, one near -900",
            lambda: _large([[[30.0, 1.0], [-30.0, 2.0]]], [_NEAR_30]),
        ),
        special(
            "two examples with very different scores",
            lambda: _large([[[30.0, 1.0]], [[-1.0, 2.0]]], [_NEAR_30, _ONE_FAR]),
        ),
        special(
            "a hidden key with a score of 900",
            lambda: _large([[[30.0, 1.0]]], [_ONE_FAR], [_FIRST_HIDDEN]),
        ),
        special(
            "a key with a score of 1200, hidden from the first query only",
            lambda: _large(
                [[[40.0, 1.0], [0.5, -2.0]]], [_ONE_FAR], [[_FIRST_HIDDEN, [True, True, True]]]
            ),
        ),
        special(
            "one hidden key of three with scores near 900",
            lambda: _large([[[30.0, 1.0]]], [_NEAR_30], [[True, False, True]]),
        ),
    ],
)
def forward_is_stable(student, case):
    """multi_head_attention_forward stays right for scores of 1000"""
    out, _ = _attention(student, case, case.mask)
    return values(out=out)


@check(
    task="multi_head_attention_backward",
    points=1,
    cases=_layer(),
    special=[special("one head", lambda: _drawn(2, 3, 4, 1, 2))],
    requires=[forward_values],
)
def backward_inputs(student, case):
    """multi_head_attention_backward returns the gradients for x and memory"""
    out, cache = _attention(student, case)
    dx, dmemory, _ = student.multi_head_attention_backward(case.dout, cache)
    own, own_cache = student.multi_head_attention_forward(case.x, case.x, case.params, case.n_heads)
    as_x, as_memory, _ = student.multi_head_attention_backward(case.dout, own_cache)
    return [
        gradients(of=out, cotangent=case.dout, x=dx, memory=dmemory),
        gradients(of=own, cotangent=case.dout, x=as_x + as_memory),
    ]


@check(
    task="multi_head_attention_backward",
    points=1,
    cases=_layer(),
    special=[special("one head", lambda: _drawn(2, 3, 4, 1, 2))],
    requires=[forward_values],
)
def backward_parameters(student, case):
    """multi_head_attention_backward returns all eight parameter gradients"""
    out, cache = _attention(student, case)
    _, _, dparams = student.multi_head_attention_backward(case.dout, cache)
    _, cache = student.multi_head_attention_forward(
        np.concatenate([case.x, case.x]),
        np.concatenate([case.memory, case.memory]),
        case.params,
        case.n_heads,
    )
    _, _, doubled = student.multi_head_attention_backward(
        np.concatenate([case.dout, case.dout]), cache
    )
    return [
        gradients(of=out, cotangent=case.dout, params=_rounded(dparams)),
        same(
            doubled["wv"],
            2 * dparams["wv"],
            because="every example adds its share, so a batch repeated twice doubles the gradients",
        ),
    ]


def _with_a_hidden_key(case):
    mask = _with_a_blocked_query(case)
    mask[:, :, 0] = False
    return mask


@check(
    task="multi_head_attention_backward",
    points=1,
    cases=_layer(keys=S2, keep=booleans(B, T, S2), mask=derived(_with_a_hidden_key)),
    special=[
        special(
            "every key hidden from every query",
            lambda: _drawn(1, 2, 3, 2, 1, mask=np.zeros((1, 2, 3), dtype=bool)),
        )
    ],
    requires=[forward_mask],
)
def backward_mask(student, case):
    """multi_head_attention_backward sends nothing through hidden keys"""
    out, cache = _attention(student, case, case.mask)
    dx, dmemory, dparams = student.multi_head_attention_backward(case.dout, cache)
    return [
        gradients(of=out, cotangent=case.dout, x=dx, memory=dmemory, params=_rounded(dparams)),
        holds(
            not np.any(dmemory[:, 0]),
            because="a key hidden from every query gets a gradient of exactly zero",
        ),
    ]
