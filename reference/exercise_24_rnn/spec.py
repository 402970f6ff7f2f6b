"""What exercise 24 checks. One step first, then the loop over time, each with its backward."""

import numpy as np

from grader.spec import Dim, check, domain, gradients, holds, reals, same, special, values

FORBIDDEN = {
    "torch.autograd": "the backward pass is what this exercise is about",
    ".backward": "the backward pass is what this exercise is about",
    "torch.nn": "write the network yourself",
    "torch.rnn_tanh": "write the loop yourself",
    "torch.rnn_tanh_cell": "write the step yourself",
}

ROW_VECTORS = ("rnn_step_backward", "rnn_backward")

B, T, D, H = Dim("B", 1, 4), Dim("T", 1, 5), Dim("D", 1, 5), Dim("H", 2, 5)
SEVERAL, STEPS = Dim("B", 2, 4), Dim("T", 2, 5)

_weights = dict(
    wx=reals(D, H, low=-1, high=1),
    wh=reals(H, H, low=-1, high=1),
    b=reals(H, low=-1, high=1),
)
_start = reals(B, H, low=-1, high=1)
step = domain(x=reals(B, D, low=-1, high=1), h=_start, **_weights)
step_back = domain(**step.fields, dh_next=reals(B, H))

sequence = domain(xs=reals(B, T, D, low=-1, high=1), h0=_start, **_weights)
sequence_back = domain(**sequence.fields, dhs=reals(B, T, H))

several_steps = domain(xs=reals(B, STEPS, D, low=-1, high=1), h0=_start, **_weights)
several_steps_back = domain(**several_steps.fields, dhs=reals(B, STEPS, H))
several_sequences = domain(
    xs=reals(SEVERAL, STEPS, D, low=-1, high=1),
    h0=reals(SEVERAL, H, low=-1, high=1),
    **_weights,
)


def _ramp(*shape):
    """Different numbers between -1 and 1, for the explicit cases."""
    return np.sin(1.0 + np.arange(np.prod(shape), dtype=np.float64)).reshape(shape)


def _step(rows, inputs, units):
    return dict(
        x=_ramp(rows, inputs) * 1.5,
        h=_ramp(rows, units) / 2,
        wx=_ramp(inputs, units) * 0.9,
        wh=_ramp(units, units) * 0.8,
        b=_ramp(units) * 0.6,
    )


def _sequence(rows, steps, inputs, units):
    case = _step(rows, inputs, units)
    weights = {name: case[name] for name in ("wx", "wh", "b")}
    return dict(xs=_ramp(rows, steps, inputs) * 1.5, h0=case["h"], **weights)


def _huge():
    """Pre-activations of 1000 and -1000 in two units, an ordinary one in the third."""
    wx = np.array([[100.0, -100.0, 0.05], [-100.0, 100.0, -0.02]])
    return dict(_step(2, 2, 3), x=np.eye(2) * 10, wx=wx)


@check(
    task="rnn_step_forward",
    points=2,
    cases=step,
    special=[
        special("pre-activations of 1000 and -1000", _huge),
        special("one sequence, one input, one unit", lambda: _step(1, 1, 1)),
        special(
            "weights of zero",
            lambda: dict(_step(3, 2, 4), wx=np.zeros((2, 4)), wh=np.zeros((4, 4))),
        ),
        special("a state of zero", lambda: dict(_step(2, 3, 1), h=np.zeros((2, 1)))),
    ],
)
def step_forward_values(student, case):
    """rnn_step_forward returns the hidden state after one step"""
    h_next, _ = student.rnn_step_forward(case.x, case.h, case.wx, case.wh, case.b)
    return [
        values(h_next=h_next),
        holds(np.all(np.abs(h_next) <= 1), because="the state stays between -1 and 1"),
    ]


@check(
    task="rnn_step_backward",
    points=2,
    cases=step_back,
    requires=[step_forward_values],
    special=[
        special("units that are saturated", lambda: dict(_huge(), dh_next=_ramp(2, 3))),
        special(
            "a state of zero", lambda: dict(_step(2, 1, 3), h=np.zeros((2, 3)), dh_next=_ramp(2, 3))
        ),
    ],
)
def step_backward_gradients(student, case):
    """rnn_step_backward returns the gradients for x, h, wx, wh and b"""
    h_next, cache = student.rnn_step_forward(case.x, case.h, case.wx, case.wh, case.b)
    dx, dh, dwx, dwh, db = student.rnn_step_backward(case.dh_next, cache)
    return gradients(of=h_next, cotangent=case.dh_next, x=dx, h=dh, wx=dwx, wh=dwh, b=db)


@check(
    task="rnn_forward",
    points=1,
    cases=sequence,
    special=[
        special("a single step", lambda: _sequence(3, 1, 2, 4)),
        special("a sequence of 12 steps", lambda: _sequence(2, 12, 1, 3)),
        special("a start from zeros", lambda: dict(_sequence(2, 3, 1, 2), h0=np.zeros((2, 2)))),
    ],
)
def rnn_forward_values(student, case):
    """rnn_forward returns the hidden states after all steps"""
    hs, _ = student.rnn_forward(case.xs, case.h0, case.wx, case.wh, case.b)
    return values(hs=hs)


@check(task="rnn_forward", points=1, cases=several_steps, count=4)
def rnn_forward_carries_its_state(student, case):
    """rnn_forward continues a sequence from where its first part ended"""
    weights = (case.wx, case.wh, case.b)
    hs, _ = student.rnn_forward(case.xs, case.h0, *weights)
    first, _ = student.rnn_forward(case.xs[:, :1, :], case.h0, *weights)
    rest, _ = student.rnn_forward(case.xs[:, 1:, :], first[:, -1, :], *weights)
    h_next, _ = student.rnn_step_forward(case.xs[:, 0, :], case.h0, *weights)
    return [
        same(first[:, 0, :], h_next, because="a sequence of one step gives what the step gives"),
        same(first, hs[:, :1, :], because="later inputs have no influence on earlier states"),
        same(rest, hs[:, 1:, :], because="a sequence in two parts gives the states of the whole"),
    ]


@check(task="rnn_forward", points=1, cases=several_sequences, count=4)
def rnn_forward_sequences_and_units_are_alike(student, case):
    """rnn_forward treats sequences separately and hidden units alike"""
    wx, wh, b = case.wx, case.wh, case.b
    hs, _ = student.rnn_forward(case.xs, case.h0, wx, wh, b)
    alone, _ = student.rnn_forward(case.xs[-1:], case.h0[-1:], wx, wh, b)
    units = np.arange(len(b))[::-1]
    turned = (wx[:, units], wh[units][:, units], b[units])
    renamed, _ = student.rnn_forward(case.xs, case.h0[:, units], *turned)
    return [
        same(alone, hs[-1:], because="a sequence gives the same states alone as in a batch"),
        same(
            renamed,
            hs[:, :, units],
            because="numbering the hidden units backwards only reverses the order of the states",
        ),
    ]


@check(
    task="rnn_backward",
    points=2,
    cases=sequence_back,
    requires=[rnn_forward_values],
    special=[
        special("a single step", lambda: dict(_sequence(2, 1, 3, 2), dhs=_ramp(2, 1, 2))),
        special(
            "a gradient for the last state only",
            lambda: dict(
                _sequence(2, 3, 1, 2),
                dhs=np.concatenate([np.zeros((2, 2, 2)), _ramp(2, 1, 2)], axis=1),
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
def rnn_backward_gradients(student, case):
    """rnn_backward returns the gradients for xs, h0, wx, wh and b"""
    hs, cache = student.rnn_forward(case.xs, case.h0, case.wx, case.wh, case.b)
    dxs, dh0, dwx, dwh, db = student.rnn_backward(case.dhs, cache)
    return gradients(of=hs, cotangent=case.dhs, xs=dxs, h0=dh0, wx=dwx, wh=dwh, b=db)


@check(task="rnn_backward", points=1, cases=several_steps_back, count=3)
def rnn_backward_joins_two_parts(student, case):
    """rnn_backward gives the same in two parts as in one, if the parts are joined by dh0"""
    weights = (case.wx, case.wh, case.b)
    _, cache = student.rnn_forward(case.xs, case.h0, *weights)
    dxs, dh0, *dweights = student.rnn_backward(case.dhs, cache)

    first, cache_first = student.rnn_forward(case.xs[:, :-1, :], case.h0, *weights)
    _, cache_last = student.rnn_forward(case.xs[:, -1:, :], first[:, -1, :], *weights)
    dxs_last, dh, *dweights_last = student.rnn_backward(case.dhs[:, -1:, :], cache_last)
    dhs_first = case.dhs[:, :-1, :].copy()
    dhs_first[:, -1, :] += dh
    dxs_first, dh0_first, *dweights_first = student.rnn_backward(dhs_first, cache_first)
    return [
        same(dxs[:, -1:, :], dxs_last, because="dxs of the last step comes from dhs of that step"),
        same(dxs[:, :-1, :], dxs_first, because="dxs of earlier steps receives dh of the last"),
        same(dh0, dh0_first, because="dh0 of the whole is dh0 of the first part"),
        *[
            same(whole, one + other, because=f"{name} of the whole is the sum over the parts")
            for name, whole, one, other in zip(
                ("dwx", "dwh", "db"), dweights, dweights_first, dweights_last, strict=True
            )
        ],
    ]
