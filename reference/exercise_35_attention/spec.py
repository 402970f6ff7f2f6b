"""What exercise 35 checks: softmax and mask alone, attention without and with masks, gradients."""

import numpy as np

from grader.spec import (
    Dim,
    booleans,
    check,
    derived,
    domain,
    gradients,
    integers,
    permutation,
    reals,
    same,
    special,
    values,
)

FORBIDDEN = {
    "torch.nn": "softmax and attention are what this exercise is about",
    "torch.softmax": "softmax is one of the tasks",
    "torch.special": "softmax is one of the tasks",
    "torch.masked": "softmax is one of the tasks",
    ".softmax": "softmax is one of the tasks; call your own function",
    "scipy": "softmax is one of the tasks",
    "torch.autograd": "the backward pass is what this exercise is about",
    "torch.func": "the backward pass is what this exercise is about",
    ".backward": "the backward pass is what this exercise is about",
}

EQUIVALENT_MUTANTS = {
    "causal_mask: … → position = xp.arange(x.shape[1], device=None)": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "causal_mask: … → position = xp.arange(x.shape[1], )": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "… → lowest = xp.full_like(scores, xp.finfo(None).min)": (
        "None stands for float64, which the inputs have"
    ),
}

B, T, S = Dim("B", 1, 3), Dim("T", 1, 5), Dim("S", 2, 6)
D, M = Dim("D", 1, 6), Dim("M", 1, 6)
LONG = Dim("T", 2, 6)


def _row(*numbers):
    return np.array([[numbers]], dtype=np.float64)


def _column(*numbers):
    return np.array([[[number] for number in numbers]], dtype=np.float64)


@check(
    task="softmax",
    points=1,
    cases=domain(x=reals(B, T, S, low=-4, high=4)),
    special=[
        special("a single row", lambda: dict(x=np.array([2.0, -1.0, 0.5]))),
        special("equal entries", lambda: dict(x=np.full((2, 3), 7.0))),
        special("one entry in each row", lambda: dict(x=np.array([[3.0], [-2.0]]))),
    ],
)
def softmax_values(student, case):
    """softmax makes every row along the last axis add up to 1"""
    return values(weights=student.softmax(case.x))


@check(
    task="softmax",
    points=1,
    special=[
        special("entries of 1000", lambda: dict(x=np.array([[1000.0, 998.0], [1.0, 3.0]]))),
        special("entries of -1000", lambda: dict(x=np.array([[-1000.0, -1001.5, -1003.0]]))),
        special("rows far apart", lambda: dict(x=np.array([[900.0, 901.0], [-900.0, -902.0]]))),
        special("a winner that takes all", lambda: dict(x=np.array([[-5000.0, 5000.0, 0.0]]))),
    ],
)
def softmax_is_stable(student, case):
    """softmax stays finite and right for entries as large as 1000"""
    return values(weights=student.softmax(case.x))


@check(
    task="causal_mask",
    points=1,
    cases=domain(x=reals(B, T, D)),
    special=[
        special("one position", lambda: dict(x=np.ones((2, 1, 3)))),
        special("values of zero", lambda: dict(x=np.zeros((1, 3, 2)))),
    ],
)
def causal_mask_values(student, case):
    """causal_mask is True where a position may attend: at itself and before"""
    return values(mask=student.causal_mask(case.x))


@check(
    task="attention_forward",
    points=1,
    cases=domain(
        q=reals(B, T, D),
        k=reals(B, S, D),
        v=reals(B, S, M),
        order=permutation(S),
        alike=derived(lambda case: np.repeat(case.k[:, :1], case.k.shape[1], axis=1)),
    ),
)
def attention_values(student, case):
    """attention_forward without a mask returns softmax(q kᵀ / √D) v"""
    out, _ = student.attention_forward(case.q, case.k, case.v)
    shuffled, _ = student.attention_forward(case.q, case.k[:, case.order], case.v[:, case.order])
    average, _ = student.attention_forward(case.q, case.alike, case.v)
    mean = np.repeat(case.v.mean(axis=1, keepdims=True), case.q.shape[1], axis=1)
    return [
        values(out=out),
        same(
            shuffled,
            out,
            because="putting keys and values into another order, both alike, changes no output",
        ),
        same(average, mean, because="when all keys are equal, the output is the mean of v"),
    ]


@check(
    task="attention_forward",
    points=1,
    cases=domain(
        q=reals(B, T, D),
        k=reals(B, S, D),
        v=reals(B, S, M),
        mask=booleans(T, S),
        masks=booleans(B, T, S),
    ),
)
def attention_masked_values(student, case):
    """attention_forward with a mask weighs the allowed keys only"""
    shared, _ = student.attention_forward(case.q, case.k, case.v, case.mask)
    per_example, _ = student.attention_forward(case.q, case.k, case.v, case.masks)
    return values(out_with_one_mask=shared, out_with_a_mask_per_example=per_example)


@check(
    task="attention_forward",
    points=1,
    cases=domain(
        q=reals(B, LONG, D),
        k=reals(B, LONG, D),
        v=reals(B, LONG, M),
        known=integers(1, low=1, high=LONG),
    ),
    requires=[causal_mask_values],
)
def attention_is_causal(student, case):
    """attention_forward with your causal mask sees nothing of the future"""
    known = int(case.known[0])
    q, k, v = case.q[:, :known], case.k[:, :known], case.v[:, :known]
    out, _ = student.attention_forward(case.q, case.k, case.v, student.causal_mask(case.q))
    prefix, _ = student.attention_forward(q, k, v, student.causal_mask(q))
    return [
        same(
            out[:, :known],
            prefix,
            because="outputs stay as they are when later tokens arrive",
        ),
        same(
            out[:, 0],
            case.v[:, 0],
            because="the first token can attend to itself only, so its output is its own value",
        ),
        values(out=out),
    ]


def _some(mask):
    """Two queries, three keys of size 4 (√D = 2 exactly), values of size 2, and a mask."""
    return dict(
        q=np.array([[[1.0, 2.0, 0.0, -1.0], [0.5, -1.0, 2.0, 1.0]]]),
        k=np.array([[[2.0, 1.0, 0.0, 1.0], [-1.0, 1.0, 3.0, 0.0], [0.0, -2.0, 1.0, 1.0]]]),
        v=np.array([[[1.0, -2.0], [3.0, 0.5], [-1.0, 4.0]]]),
        dout=np.array([[[1.0, -0.5], [2.0, 3.0]]]),
        mask=np.array(mask),
    )


def _loud(mask):
    """The same with scores up to 100,000."""
    case = _some(mask)
    return {**case, "q": 200 * case["q"], "k": 200 * case["k"]}


@check(
    task="attention_forward",
    points=1,
    special=[
        special("nothing is hidden", lambda: _some([[True, True, True], [True, True, True]])),
        special(
            "one query may attend to nothing",
            lambda: _some([[True, False, True], [False, False, False]]),
        ),
        special("every key is hidden", lambda: _some([[False, False, False]] * 2)),
        special("very large scores", lambda: _loud([[True, True, True], [False, True, True]])),
        special(
            "a hidden key with by far the largest score",
            lambda: dict(
                q=_row(1000.0, 0.0, 0.0, 0.0),
                k=np.array([[[8.0, 0, 0, 0], [0.002, 0, 0, 0], [0.001, 0, 0, 0]]]),
                v=_column(100.0, 1.0, 2.0),
                mask=np.array([[False, True, True]]),
            ),
        ),
        special(
            "one query and one key",
            lambda: dict(q=_row(1.0, 3.0), k=_row(-2.0, 5.0), v=_row(7.0), mask=np.array([[True]])),
        ),
    ],
)
def attention_edge_cases(student, case):
    """attention_forward is right when all is hidden and for huge scores"""
    out, _ = student.attention_forward(case.q, case.k, case.v, case.mask)
    return values(out=out)


@check(
    task="attention_backward",
    points=2,
    cases=domain(q=reals(B, T, D), k=reals(B, S, D), v=reals(B, S, M), dout=reals(B, T, M)),
    requires=[attention_values],
)
def attention_backward_gradients(student, case):
    """attention_backward returns the gradients for q, k and v"""
    out, cache = student.attention_forward(case.q, case.k, case.v)
    dq, dk, dv = student.attention_backward(case.dout, cache)
    return gradients(of=out, cotangent=case.dout, q=dq, k=dk, v=dv)


@check(
    task="attention_backward",
    points=1,
    cases=domain(
        q=reals(B, T, D),
        k=reals(B, S, D),
        v=reals(B, S, M),
        mask=booleans(B, T, S),
        dout=reals(B, T, M),
    ),
    special=[
        special(
            "one query may attend to nothing",
            lambda: _some([[True, False, True], [False, False, False]]),
        ),
        special(
            "one key is hidden from every query",
            lambda: _some([[True, False, True], [True, False, True]]),
        ),
        special("every key is hidden", lambda: _some([[False, False, False]] * 2)),
    ],
    requires=[attention_masked_values],
)
def attention_backward_masked_gradients(student, case):
    """attention_backward lets no gradient through where the mask hides a key"""
    out, cache = student.attention_forward(case.q, case.k, case.v, case.mask)
    dq, dk, dv = student.attention_backward(case.dout, cache)
    return gradients(of=out, cotangent=case.dout, q=dq, k=dk, v=dv)
