"""What exercise 28 checks. One step first, then the loop over time, each with its backward."""

import numpy as np

from grader.spec import (
    Dim,
    check,
    domain,
    gradients,
    holds,
    reals,
    same,
    scalar,
    special,
    values,
)

FORBIDDEN = {
    "torch.autograd": "the backward pass is what this exercise is about",
    ".backward": "the backward pass is what this exercise is about",
    "torch.nn": "write the cell yourself",
    "torch.lstm": "write the loop yourself",
    "torch.lstm_cell": "write the cell yourself",
}

ROW_VECTORS = ("lstm_step_backward", "lstm_backward")

EQUIVALENT_MUTANTS = {
    "forget_bias: … → hidden = b.shape[ -1] // 4": "the array has one axis",
}

B, T, D, H = Dim("B", 1, 3), Dim("T", 1, 4), Dim("D", 1, 5), Dim("H", 1, 4)

_weights = dict(
    wx=reals(D, 4 * H, low=-1, high=1),
    wh=reals(H, 4 * H, low=-1, high=1),
    b=reals(4 * H, low=-1, high=1),
)
_state = dict(h=reals(B, H, low=-1, high=1), c=reals(B, H))
step = domain(x=reals(B, D), **_state, **_weights)
step_back = domain(**step.fields, dh_next=reals(B, H), dc_next=reals(B, H))

_start = dict(h0=reals(B, H, low=-1, high=1), c0=reals(B, H))
sequence = domain(xs=reals(B, T, D), **_start, **_weights)
sequence_back = domain(**sequence.fields, dhs=reals(B, T, H), dc_last=reals(B, H))

several_steps = domain(xs=reals(B, Dim("T", 2, 4), D), **_start, **_weights)
SEVERAL = Dim("B", 2, 4)
several_sequences = domain(
    xs=reals(SEVERAL, T, D),
    h0=reals(SEVERAL, H, low=-1, high=1),
    c0=reals(SEVERAL, H),
    **_weights,
)


def _ramp(*shape):
    """Different numbers between -1 and 1, for the explicit cases."""
    return np.sin(1.0 + np.arange(np.prod(shape), dtype=np.float64)).reshape(shape)


def _step(rows, inputs, units):
    return dict(
        x=_ramp(rows, inputs) * 1.5,
        h=_ramp(rows, units) / 2,
        c=_ramp(rows, units) * 2,
        wx=_ramp(inputs, 4 * units),
        wh=_ramp(units, 4 * units) * 0.8,
        b=_ramp(4 * units) * 0.6,
    )


def _sequence(rows, steps, inputs, units):
    case = _step(rows, inputs, units)
    start = dict(h0=case["h"], c0=case["c"])
    weights = {name: case[name] for name in ("wx", "wh", "b")}
    return dict(xs=_ramp(rows, steps, inputs) * 1.5, **start, **weights)


def _huge():
    """Pre-activations of ±1000 in every gate; both signs meet both kinds of cell."""
    signs = np.array([[1, -1, -1, 1, 1, -1, -1, 1], [-1, -1, 1, 1, -1, 1, 1, 1]], dtype=np.float64)
    return dict(_step(2, 2, 2), x=np.eye(2) * 10, wx=signs * 100)


@check(
    task="lstm_step_forward",
    points=1,
    cases=step,
    single_precision=True,
    special=[
        special("pre-activations of 1000 and -1000", _huge),
        special("one sequence, one input, one unit", lambda: _step(1, 1, 1)),
        special(
            "both states zero",
            lambda: dict(_step(2, 3, 1), h=np.zeros((2, 1)), c=np.zeros((2, 1))),
        ),
    ],
)
def step_forward_values(student, case):
    """lstm_step_forward returns the hidden state and the cell after one step"""
    h_next, c_next, _ = student.lstm_step_forward(case.x, case.h, case.c, case.wx, case.wh, case.b)
    return values(h_next=h_next, c_next=c_next)


def _with_gates(case, **offsets):
    """The biases with gates pushed open (+) or shut (-) by name."""
    pushed = [case.b.reshape(4, -1)[k] + offsets.get("ifgo"[k], 0) for k in range(4)]
    return np.concatenate(pushed)


@check(
    task="lstm_step_forward",
    points=1,
    cases=step,
    special=[special("a cell as large as 50", lambda: dict(_step(1, 3, 2), c=_ramp(1, 2) * 50))],
)
def step_gates_open_and_shut(student, case):
    """lstm_step_forward keeps, replaces or hides the cell as its gates say"""
    x, h, c, wx, wh = case.x, case.h, case.c, case.wx, case.wh
    keep = _with_gates(case, f=60, i=-60, o=60)
    shown, kept, _ = student.lstm_step_forward(x, h, c, wx, wh, keep)
    shut = _with_gates(case, f=-60, o=-60)
    hidden, replaced, _ = student.lstm_step_forward(x, h, c, wx, wh, shut)
    _, from_other, _ = student.lstm_step_forward(x, h, c + 1, wx, wh, shut)
    return [
        same(kept, c, because="with f = 1 and i = 0 the cell stays as it was"),
        same(replaced, from_other, because="with f = 0 the old cell has no influence on the new"),
        same(hidden, np.zeros_like(c), because="with o = 0 the hidden state is 0"),
        holds(
            np.all(np.abs(shown) <= 1),
            because="the hidden state stays between -1 and 1, however large the cell is",
        ),
    ]


@check(
    task="lstm_step_backward",
    points=2,
    cases=step_back,
    requires=[step_forward_values],
    special=[
        special(
            "a gradient for the hidden state only",
            lambda: dict(_step(2, 1, 3), dh_next=_ramp(2, 3), dc_next=np.zeros((2, 3))),
        ),
        special(
            "a gradient for the cell only",
            lambda: dict(_step(2, 1, 3), dh_next=np.zeros((2, 3)), dc_next=_ramp(2, 3)),
        ),
    ],
)
def step_backward_gradients(student, case):
    """lstm_step_backward returns the gradients for x, h, c, wx, wh and b"""
    h_next, c_next, cache = student.lstm_step_forward(
        case.x, case.h, case.c, case.wx, case.wh, case.b
    )
    dx, dh, dc, dwx, dwh, db = student.lstm_step_backward(case.dh_next, case.dc_next, cache)
    return gradients(
        of=(h_next, c_next),
        cotangent=(case.dh_next, case.dc_next),
        x=dx,
        h=dh,
        c=dc,
        wx=dwx,
        wh=dwh,
        b=db,
    )


@check(
    task="lstm_forward",
    points=1,
    cases=sequence,
    single_precision=True,
    special=[
        special("a single step", lambda: _sequence(3, 1, 2, 4)),
        special("a sequence of 12 steps", lambda: _sequence(2, 12, 1, 3)),
    ],
)
def lstm_forward_values(student, case):
    """lstm_forward returns the hidden states of all steps and the last cell"""
    hs, c_last, _ = student.lstm_forward(case.xs, case.h0, case.c0, case.wx, case.wh, case.b)
    return values(hs=hs, c_last=c_last)


@check(task="lstm_forward", points=1, cases=several_steps)
def lstm_forward_carries_its_state(student, case):
    """lstm_forward continues a sequence from where its first part ended"""
    cut, weights = case.xs.shape[1] - 1, (case.wx, case.wh, case.b)
    hs, c_last, _ = student.lstm_forward(case.xs, case.h0, case.c0, *weights)
    first, c, _ = student.lstm_forward(case.xs[:, :cut, :], case.h0, case.c0, *weights)
    h = first[:, -1, :]
    last, c_end, _ = student.lstm_forward(case.xs[:, cut:, :], h, c, *weights)
    h_step, c_step, _ = student.lstm_step_forward(case.xs[:, cut, :], h, c, *weights)
    return [
        same(first, hs[:, :cut, :], because="later inputs have no influence on earlier states"),
        same(last, hs[:, cut:, :], because="a sequence in two parts gives the states of the whole"),
        same(c_end, c_last, because="a sequence in two parts ends with the cell of the whole"),
        same(last[:, 0, :], h_step, because="a sequence of one step gives what the step gives"),
        same(c_end, c_step, because="a sequence of one step leaves the cell that the step leaves"),
    ]


@check(task="lstm_forward", points=1, cases=several_sequences)
def lstm_forward_sequences_and_units_are_alike(student, case):
    """lstm_forward treats sequences separately and hidden units alike"""
    weights = (case.wx, case.wh, case.b)
    hs, c_last, _ = student.lstm_forward(case.xs, case.h0, case.c0, *weights)
    alone, c_alone, _ = student.lstm_forward(case.xs[-1:], case.h0[-1:], case.c0[-1:], *weights)

    units = np.arange(case.h0.shape[1])[::-1]
    columns = np.concatenate([units + k * len(units) for k in range(4)])
    renamed, c_renamed, _ = student.lstm_forward(
        case.xs,
        case.h0[:, units],
        case.c0[:, units],
        case.wx[:, columns],
        case.wh[units][:, columns],
        case.b[columns],
    )
    return [
        same(alone, hs[-1:], because="a sequence gives the same states alone as in a batch"),
        same(c_alone, c_last[-1:], because="a sequence gives the same cell alone as in a batch"),
        same(
            renamed,
            hs[:, :, units],
            because="numbering the hidden units backwards only reverses the order of the states",
        ),
        same(
            c_renamed,
            c_last[:, units],
            because="numbering the hidden units backwards only reverses the order of the cells",
        ),
    ]


@check(
    task="lstm_backward",
    points=2,
    cases=sequence_back,
    requires=[lstm_forward_values],
    special=[
        special(
            "a single step",
            lambda: dict(_sequence(2, 1, 3, 2), dhs=_ramp(2, 1, 2), dc_last=_ramp(2, 2)),
        ),
        special(
            "a gradient for the last cell only",
            lambda: dict(_sequence(2, 3, 1, 2), dhs=np.zeros((2, 3, 2)), dc_last=_ramp(2, 2)),
        ),
        special(
            "a gradient for the first hidden state only",
            lambda: dict(
                _sequence(1, 3, 2, 2),
                dhs=np.concatenate([_ramp(1, 1, 2), np.zeros((1, 2, 2))], axis=1),
                dc_last=np.zeros((1, 2)),
            ),
        ),
    ],
)
def lstm_backward_gradients(student, case):
    """lstm_backward returns the gradients for xs, h0, c0, wx, wh and b"""
    hs, c_last, cache = student.lstm_forward(case.xs, case.h0, case.c0, case.wx, case.wh, case.b)
    dxs, dh0, dc0, dwx, dwh, db = student.lstm_backward(case.dhs, case.dc_last, cache)
    return gradients(
        of=(hs, c_last),
        cotangent=(case.dhs, case.dc_last),
        xs=dxs,
        h0=dh0,
        c0=dc0,
        wx=dwx,
        wh=dwh,
        b=db,
    )


@check(
    task="forget_bias",
    points=1,
    cases=domain(b=reals(4 * H), value=scalar(0.5, 3)),
    special=[special("a value of 0", lambda: dict(b=np.arange(1.0, 9.0), value=0.0))],
)
def forget_bias_values(student, case):
    """forget_bias sets the forget block and leaves the others as they are"""
    return values(b=student.forget_bias(case.b, case.value))
