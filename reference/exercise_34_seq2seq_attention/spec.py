"""What exercise 34 checks: three scores, the average under a mask, their gradients, alignment."""

import numpy as np

from grader.spec import (
    Dim,
    booleans,
    check,
    domain,
    gradients,
    permutation,
    reals,
    same,
    special,
    values,
)

FORBIDDEN = {
    "torch.nn": "scores and softmax are what this exercise is about",
    "torch.softmax": "the softmax belongs to attend_forward",
    "torch.special": "the softmax belongs to attend_forward",
    ".softmax": "the softmax belongs to attend_forward",
    "scipy": "the softmax belongs to attend_forward",
    "torch.autograd": "the backward pass is what this exercise is about",
    "torch.func": "the backward pass is what this exercise is about",
    ".backward": "the backward pass is what this exercise is about",
}

EQUIVALENT_MUTANTS = {
    "attend_forward: … → lowest = xp.full_like(scores, xp.finfo(None).min)": (
        "None stands for float64, which the inputs have"
    ),
}

B, T, S = Dim("B", 1, 3), Dim("T", 1, 4), Dim("S", 2, 5)
H, E, A, M = Dim("H", 1, 6), Dim("E", 1, 7), Dim("A", 1, 6), Dim("M", 1, 7)

additive = dict(queries=reals(B, T, H), keys=reals(B, S, E))
additive |= dict(wq=reals(H, A, low=-1, high=1), wk=reals(E, A, low=-1, high=1), v=reals(A))


@check(
    task="additive_score_forward",
    points=1,
    count=4,
    cases=domain(**additive, order=permutation(S)),
    special=[
        special(
            "far out on the tanh",
            lambda: dict(
                queries=np.array([[[30.0, 0.0]]]),
                keys=np.array([[[1.0], [-70.0]]]),
                wq=np.array([[1.0, -1.0], [0.5, 2.0]]),
                wk=np.array([[1.0, 0.5]]),
                v=np.array([2.0, 0.5]),
                order=np.array([1, 0]),
            ),
        )
    ],
)
def additive_values(student, case):
    """additive_score_forward returns v · tanh(queries wq + keys wk)"""
    scores, _ = student.additive_score_forward(case.queries, case.keys, case.wq, case.wk, case.v)
    keys = case.keys[:, case.order]
    moved, _ = student.additive_score_forward(case.queries, keys, case.wq, case.wk, case.v)
    return [
        values(scores=scores),
        same(
            moved,
            scores[:, :, case.order],
            because="putting the keys into another order puts the scores into that order",
        ),
    ]


@check(
    task="additive_score_backward",
    points=2,
    count=4,
    cases=domain(**additive, dscores=reals(B, T, S)),
    requires=[additive_values],
)
def additive_gradients(student, case):
    """additive_score_backward returns the gradients for queries, keys, wq, wk and v"""
    scores, cache = student.additive_score_forward(
        case.queries, case.keys, case.wq, case.wk, case.v
    )
    dqueries, dkeys, dwq, dwk, dv = student.additive_score_backward(case.dscores, cache)
    return gradients(
        of=scores,
        cotangent=case.dscores,
        queries=dqueries,
        keys=dkeys,
        wq=dwq,
        wk=dwk,
        v=dv,
    )


@check(
    task="dot_score_forward",
    points=1,
    count=4,
    cases=domain(
        queries=reals(B, T, H),
        keys=reals(B, S, H),
        others=reals(B, S, E),
        w=reals(H, E, low=-1, high=1),
    ),
)
def product_values(student, case):
    """dot_score_forward and general_score_forward multiply queries and keys"""
    dot, _ = student.dot_score_forward(case.queries, case.keys)
    general, _ = student.general_score_forward(case.queries, case.others, case.w)
    plain, _ = student.general_score_forward(case.queries, case.keys, np.eye(case.keys.shape[-1]))
    return [
        values(dot_scores=dot, general_scores=general),
        same(
            plain,
            dot,
            because="with the identity matrix for w, the general score is the dot score",
        ),
    ]


@check(
    task="dot_score_backward",
    points=1,
    count=3,
    cases=domain(queries=reals(B, T, H), keys=reals(B, S, H), dscores=reals(B, T, S)),
    requires=[product_values],
)
def dot_gradients(student, case):
    """dot_score_backward returns the gradients for queries and keys"""
    scores, cache = student.dot_score_forward(case.queries, case.keys)
    dqueries, dkeys = student.dot_score_backward(case.dscores, cache)
    return gradients(of=scores, cotangent=case.dscores, queries=dqueries, keys=dkeys)


@check(
    task="general_score_backward",
    points=1,
    count=3,
    cases=domain(
        queries=reals(B, T, H),
        keys=reals(B, S, E),
        w=reals(H, E, low=-1, high=1),
        dscores=reals(B, T, S),
    ),
    requires=[product_values],
)
def general_gradients(student, case):
    """general_score_backward returns the gradients for queries, keys and w"""
    scores, cache = student.general_score_forward(case.queries, case.keys, case.w)
    dqueries, dkeys, dw = student.general_score_backward(case.dscores, cache)
    return gradients(of=scores, cotangent=case.dscores, queries=dqueries, keys=dkeys, w=dw)


@check(
    task="attend_forward",
    points=1,
    count=4,
    cases=domain(
        scores=reals(B, T, S),
        values=reals(B, S, M),
        mask=booleans(B, S, row_has_true=True),
    ),
)
def attend_values(student, case):
    """attend_forward averages the values of the real positions"""
    context, weights, _ = student.attend_forward(case.scores, case.values)
    masked, masked_weights, _ = student.attend_forward(case.scores, case.values, case.mask)
    first = case.mask[:1]
    short, _, _ = student.attend_forward(
        case.scores[:1, :, first[0]], case.values[:1, first[0]], None
    )
    return [
        values(
            context=context,
            weights=weights,
            context_with_padding=masked,
            weights_with_padding=masked_weights,
        ),
        same(
            masked[:1],
            short,
            because="hiding padding gives what leaving it out of the arrays gives",
        ),
    ]


def _one(scores, mask):
    """Two steps, three source positions, values of size 2."""
    return dict(
        scores=np.array([scores, [0.5, -1.0, 2.0]]).reshape(1, 2, 3),
        values=np.array([[[1.0, -2.0], [3.0, 0.5], [-1.0, 4.0]]]),
        mask=np.array([mask]),
        dcontext=np.array([[[1.0, -0.5], [2.0, 3.0]]]),
    )


@check(
    task="attend_forward",
    points=1,
    special=[
        special("scores of 1000", lambda: _one([1000.0, 998.0, -1000.0], [True, True, True])),
        special("scores of -1000", lambda: _one([-1000.0, -1001.0, -1002.0], [True, True, True])),
        special(
            "padding with by far the largest score",
            lambda: _one([2.0, 1.0, 3000.0], [True, True, False]),
        ),
        special("one real position", lambda: _one([1.0, 2.0, 3.0], [False, True, False])),
        special("no real position", lambda: _one([1.0, 2.0, 3.0], [False, False, False])),
    ],
)
def attend_edge_cases(student, case):
    """attend_forward is right for huge scores and where nothing is real"""
    context, weights, _ = student.attend_forward(case.scores, case.values, case.mask)
    return values(context=context, weights=weights)


@check(
    task="attend_backward",
    points=1,
    count=4,
    cases=domain(
        scores=reals(B, T, S),
        values=reals(B, S, M),
        mask=booleans(B, S, row_has_true=True),
        dcontext=reals(B, T, M),
    ),
    special=[
        special("no real position", lambda: _one([1.0, 2.0, 3.0], [False, False, False])),
        special("one real position", lambda: _one([1.0, 2.0, 3.0], [False, True, False])),
    ],
    requires=[attend_values],
)
def attend_gradients(student, case):
    """attend_backward returns the gradients for the scores and the values"""
    context, _, cache = student.attend_forward(case.scores, case.values, case.mask)
    dscores, dvalues = student.attend_backward(case.dcontext, cache)
    return gradients(of=context, cotangent=case.dcontext, scores=dscores, values=dvalues)


@check(
    task="alignment",
    points=1,
    count=3,
    cases=domain(weights=reals(B, T, S, low=0, high=1)),
    special=[
        special("two that are equal", lambda: dict(weights=np.array([[[0.2, 0.4, 0.4]]]))),
        special("all equal", lambda: dict(weights=np.full((1, 2, 3), 0.25))),
        special("the last one", lambda: dict(weights=np.array([[[0.0, 0.1, 0.9]]]))),
    ],
)
def alignment_values(student, case):
    """alignment gives the position with the largest weight, the first of several"""
    return values(positions=student.alignment(case.weights))
