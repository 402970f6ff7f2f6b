"""What exercise 29 checks. One step first, then the loop over time, each with its backward."""

import numpy as np

from grader.spec import (
    Dim,
    check,
    domain,
    gradients,
    holds,
    reals,
    same,
    special,
    values,
)

FORBIDDEN = {
    "torch.autograd": "the backward pass is what this exercise is about",
    ".backward": "the backward pass is what this exercise is about",
    "torch.nn": "write the cell yourself",
    "torch.gru": "write the loop yourself",
    "torch.gru_cell": "write the cell yourself",
}

ROW_VECTORS = ("gru_step_backward", "gru_backward")

B, T, D, H = Dim("B", 1, 3), Dim("T", 1, 4), Dim("D", 1, 5), Dim("H", 1, 4)

_weights = dict(
    wx=reals(D, 3 * H, low=-1, high=1),
    wh=reals(H, 3 * H, low=-1, high=1),
    bx=reals(3 * H, low=-1, high=1),
    bh=reals(3 * H, low=-1, high=1),
)
step = domain(x=reals(B, D), h=reals(B, H, low=-1, high=1), **_weights)
step_back = domain(**step.fields, dh_next=reals(B, H))

_start = dict(h0=reals(B, H, low=-1, high=1))
sequence = domain(xs=reals(B, T, D), **_start, **_weights)
sequence_back = domain(**sequence.fields, dhs=reals(B, T, H))

several_steps = domain(xs=reals(B, Dim("T", 2, 4), D), **_start, **_weights)
SEVERAL = Dim("B", 2, 4)
several_sequences = domain(
    xs=reals(SEVERAL, T, D), h0=reals(SEVERAL, H, low=-1, high=1), **_weights
)


def _ramp(*shape):
    """Different numbers between -1 and 1, for the explicit cases."""
    return np.sin(1.0 + np.arange(np.prod(shape), dtype=np.float64)).reshape(shape)


def _step(rows, inputs, units):
    return dict(
        x=_ramp(rows, inputs) * 1.5,
        h=_ramp(rows, units),
        wx=_ramp(inputs, 3 * units),
        wh=_ramp(units, 3 * units) * 0.8,
        bx=_ramp(3 * units) * 0.6,
        bh=_ramp(3 * units)[::-1] * 0.7,
    )


def _sequence(rows, steps, inputs, units):
    case = _step(rows, inputs, units)
    weights = {name: case[name] for name in ("wx", "wh", "bx", "bh")}
    return dict(xs=_ramp(rows, steps, inputs) * 1.5, h0=case["h"], **weights)


def _huge():
    """Pre-activations of ±1000 in every block; both signs of r meet both signs of z."""
    signs = np.array([[1, -1, 1, -1, 1, -1], [-1, 1, 1, -1, -1, 1]], dtype=np.float64)
    return dict(_step(2, 2, 2), x=np.eye(2) * 10, wx=signs * 100)


def _arguments(case):
    return case.x, case.h, case.wx, case.wh, case.bx, case.bh


def _weights_of(case):
    return case.wx, case.wh, case.bx, case.bh


@check(
    task="gru_step_forward",
    points=2,
    cases=step,
    single_precision=True,
    special=[
        special("pre-activations of 1000 and -1000", _huge),
        special("one sequence, one input, one unit", lambda: _step(1, 1, 1)),
        special("a state of zero", lambda: dict(_step(2, 3, 1), h=np.zeros((2, 1)))),
    ],
)
def step_forward_values(student, case):
    """gru_step_forward returns the hidden state after one step"""
    h_next, _ = student.gru_step_forward(*_arguments(case))
    return values(h_next=h_next)


def _with_gates(bias, **offsets):
    """The biases with blocks pushed up or down by name."""
    return np.concatenate(
        [
            block + offsets.get(name, 0)
            for name, block in zip("rzn", bias.reshape(3, -1), strict=True)
        ]
    )


@check(
    task="gru_step_forward",
    points=1,
    cases=step,
    count=3,
    special=[special("a state as large as 50", lambda: dict(_step(1, 3, 2), h=_ramp(1, 2) * 50))],
)
def step_gates_open_and_shut(student, case):
    """gru_step_forward keeps, replaces and resets the state as its gates say"""
    x, h, wx, wh, bx, bh = _arguments(case)
    h_next, _ = student.gru_step_forward(x, h, wx, wh, bx, bh)
    kept, _ = student.gru_step_forward(x, h, wx, wh, _with_gates(bx, z=400), bh)
    shut = _with_gates(bx, r=-400, z=-400)
    fresh, _ = student.gru_step_forward(x, h, wx, wh, shut, bh)
    other_bias = _with_gates(bh, n=1)
    from_other, _ = student.gru_step_forward(x, h + 1, wx, wh, shut, other_bias)
    moved = np.concatenate([bh[: -h.shape[1]], np.zeros(h.shape[1])])
    shared, _ = student.gru_step_forward(x, h, wx, wh, bx + moved, bh - moved)
    return [
        same(kept, h, because="with z = 1 the state stays as it was"),
        same(
            fresh,
            from_other,
            because="with r = 0 and z = 0 neither h nor the block n of bh has any influence",
        ),
        same(
            shared,
            h_next,
            because="the biases of r and z may be moved from bh to bx without any effect",
        ),
        holds(
            np.all(np.abs(h_next) <= np.maximum(1, np.abs(h)) + 1e-5),
            because="no entry of the state grows beyond 1, or beyond what it was if that is larger",
        ),
    ]


@check(
    task="gru_step_backward",
    points=2,
    cases=step_back,
    requires=[step_forward_values],
    special=[
        special(
            "a state of zero",
            lambda: dict(_step(2, 1, 3), h=np.zeros((2, 3)), dh_next=_ramp(2, 3)),
        ),
        special(
            "one sequence, one input, one unit",
            lambda: dict(_step(1, 1, 1), dh_next=np.array([[-1.5]])),
        ),
    ],
)
def step_backward_gradients(student, case):
    """gru_step_backward returns the gradients for x, h, wx, wh, bx and bh"""
    h_next, cache = student.gru_step_forward(*_arguments(case))
    dx, dh, dwx, dwh, dbx, dbh = student.gru_step_backward(case.dh_next, cache)
    return gradients(of=h_next, cotangent=case.dh_next, x=dx, h=dh, wx=dwx, wh=dwh, bx=dbx, bh=dbh)


@check(
    task="gru_forward",
    points=1,
    cases=sequence,
    single_precision=True,
    special=[
        special("a single step", lambda: _sequence(3, 1, 2, 4)),
        special("a sequence of 12 steps", lambda: _sequence(2, 12, 1, 3)),
    ],
)
def gru_forward_values(student, case):
    """gru_forward returns the hidden states of all steps"""
    hs, _ = student.gru_forward(case.xs, case.h0, *_weights_of(case))
    return values(hs=hs)


@check(task="gru_forward", points=1, cases=several_steps, count=4)
def gru_forward_carries_its_state(student, case):
    """gru_forward continues a sequence from where its first part ended"""
    cut, weights = case.xs.shape[1] - 1, _weights_of(case)
    hs, _ = student.gru_forward(case.xs, case.h0, *weights)
    first, _ = student.gru_forward(case.xs[:, :cut, :], case.h0, *weights)
    h = first[:, -1, :]
    last, _ = student.gru_forward(case.xs[:, cut:, :], h, *weights)
    h_step, _ = student.gru_step_forward(case.xs[:, cut, :], h, *weights)
    return [
        same(first, hs[:, :cut, :], because="later inputs have no influence on earlier states"),
        same(last, hs[:, cut:, :], because="a sequence in two parts gives the states of the whole"),
        same(last[:, 0, :], h_step, because="a sequence of one step gives what the step gives"),
    ]


@check(task="gru_forward", points=1, cases=several_sequences, count=4)
def gru_forward_sequences_and_units_are_alike(student, case):
    """gru_forward treats sequences separately and hidden units alike"""
    hs, _ = student.gru_forward(case.xs, case.h0, *_weights_of(case))
    alone, _ = student.gru_forward(case.xs[-1:], case.h0[-1:], *_weights_of(case))

    units = np.arange(case.h0.shape[1])[::-1]
    columns = np.concatenate([units + k * len(units) for k in range(3)])
    renamed, _ = student.gru_forward(
        case.xs,
        case.h0[:, units],
        case.wx[:, columns],
        case.wh[units][:, columns],
        case.bx[columns],
        case.bh[columns],
    )
    return [
        same(alone, hs[-1:], because="a sequence gives the same states alone as in a batch"),
        same(
            renamed,
            hs[:, :, units],
            because="numbering the hidden units backwards only reverses the order of the states",
        ),
    ]


@check(
    task="gru_backward",
    points=2,
    cases=sequence_back,
    requires=[gru_forward_values],
    special=[
        special("a single step", lambda: dict(_sequence(2, 1, 3, 2), dhs=_ramp(2, 1, 2))),
        special(
            "a gradient for the last state only",
            lambda: dict(
                _sequence(1, 3, 2, 2),
                dhs=np.concatenate([np.zeros((1, 2, 2)), _ramp(1, 1, 2)], axis=1),
            ),
        ),
        special(
            "a gradient for the first state only",
            lambda: dict(
                _sequence(1, 3, 2, 2),
                dhs=np.concatenate([_ramp(1, 1, 2), np.zeros((1, 2, 2))], axis=1),
            ),
        ),
    ],
)
def gru_backward_gradients(student, case):
    """gru_backward returns the gradients for xs, h0, wx, wh, bx and bh"""
    hs, cache = student.gru_forward(case.xs, case.h0, *_weights_of(case))
    dxs, dh0, dwx, dwh, dbx, dbh = student.gru_backward(case.dhs, cache)
    return gradients(of=hs, cotangent=case.dhs, xs=dxs, h0=dh0, wx=dwx, wh=dwh, bx=dbx, bh=dbh)
