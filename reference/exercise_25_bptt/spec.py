"""What exercise 25 checks. First the layer and its state, then the long sequence in blocks."""

import numpy as np

from grader.spec import (
    Dim,
    check,
    choice,
    derived,
    domain,
    gradients,
    group,
    reals,
    same,
    special,
    values,
)

FORBIDDEN = {
    "torch.autograd": "the backward pass is what this exercise is about",
    "torch.func": "the backward pass is what this exercise is about",
    ".requires_grad_": "the backward pass is what this exercise is about",
    "torch.nn": "write the layer yourself",
    "torch.rnn_tanh": "write the loop yourself",
    "torch.rnn_tanh_cell": "bring your own step",
}

ROW_VECTORS = ("TimeRNN.backward", "truncated_bptt")

EQUIVALENT_MUTANTS = {
    "TimeRNN.forward: … → …self.wh.shape[ 1]), dtype=xs.dtype, device=device(xs))": "wh is square",
    "TimeRNN.forward: … → …self.wh.shape[ -1]), dtype=xs.dtype, device=device(xs))": "wh is square",
    "TimeRNN.forward: … → …self.wh.shape[0]), dtype=None, device=device(xs))": (
        "None stands for float64, which the inputs have"
    ),
    "TimeRNN.forward: … → …self.wh.shape[0]), device=device(xs))": (
        "the default is float64, which the inputs have"
    ),
    "TimeRNN.forward: … → …self.wh.shape[0]), dtype=xs.dtype, device=None)": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "TimeRNN.forward: … → …self.wh.shape[0]), dtype=xs.dtype, )": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
}

B, T, D, H = Dim("B", 2, 4), Dim("T", 2, 4), Dim("D", 1, 4), Dim("H", 2, 5)
S, N, K = Dim("S", 1, 4), Dim("N", 3, 6), Dim("K", 2, 3)


def _drawn(rows, units):
    """A state and the weights of a layer."""
    params = group(
        wx=reals(D, units, low=-1, high=1),
        wh=reals(units, units, low=-1, high=1),
        b=reals(units, low=-1, high=1),
    )
    return reals(rows, units, low=-1, high=1), params


# Two rows and two units at least, so that a layer that mixes them up is seen.
_state, _params = _drawn(B, H)
blocks = domain(xs=reals(B, T, D), more=reals(B, S, D), params=_params)
set_and_reset = domain(
    xs=reals(B, T, D), h=_state, params=_params, after=derived(lambda case: case.xs)
)
one_block = domain(xs=reals(B, T, D), h=_state, params=_params, dhs=reals(B, T, H))
two_blocks = domain(**blocks.fields, dhs=reals(B, T, H), dmore=reals(B, S, H))

FEW, UNITS = Dim("B", 1, 4), Dim("H", 1, 5)
_h0, _shared = _drawn(FEW, UNITS)
whole_sequence = domain(xs=reals(FEW, N, D), dhs=reals(FEW, N, UNITS), h0=_h0, params=_shared)
long_sequence = domain(**whole_sequence.fields, block=choice(2, 3))


def _last_state(xs, h, params):
    for t in range(xs.shape[1]):
        h = np.tanh(xs[:, t, :] @ params["wx"] + h @ params["wh"] + params["b"])
    return h


# Three blocks as fields of their own, and the states at the two borders as constants. Drawn once,
# the states do not move when a weight does, so differentiation sees what truncation should keep.
cut_in_three = domain(
    first=reals(FEW, K, D),
    second=reals(FEW, K, D),
    rest=reals(FEW, 1, D),
    dhs=reals(FEW, 2 * K + 1, UNITS),
    h0=_h0,
    params=_shared,
    h1=derived(lambda case: _last_state(case.first, case.h0, case.params)),
    h2=derived(lambda case: _last_state(case.second, case.h1, case.params)),
)


def _ramp(*shape):
    """Different numbers between -1 and 1, for the explicit cases."""
    return np.sin(1.0 + np.arange(np.prod(shape), dtype=np.float64)).reshape(shape)


def _weights(inputs, units):
    return dict(
        wx=_ramp(inputs, units) * 0.9, wh=_ramp(units, units)[::-1] * 0.8, b=_ramp(units) / 2
    )


def _blocks(rows, steps, more, inputs, units):
    return dict(
        xs=_ramp(rows, steps, inputs) * 1.5,
        more=_ramp(rows, more, inputs)[::-1],
        params=_weights(inputs, units),
    )


def _long(rows, steps, inputs, units, **fields):
    return dict(
        xs=_ramp(rows, steps, inputs) * 1.5,
        dhs=_ramp(rows, steps, units)[::-1] * 1.2,
        h0=_ramp(rows, units) * 0.7,
        params=_weights(inputs, units),
        **fields,
    )


def _cut(rows, block, rest, inputs, units):
    case = _long(rows, 2 * block + rest, inputs, units)
    xs, h0, params = case.pop("xs"), case["h0"], case["params"]
    first, second = xs[:, :block], xs[:, block : 2 * block]
    h1 = _last_state(first, h0, params)
    h2 = _last_state(second, h1, params)
    return dict(case, first=first, second=second, rest=xs[:, 2 * block :], h1=h1, h2=h2)


def _weights_of(case):
    return [case.params[name] for name in ("wx", "wh", "b")]


@check(
    task="TimeRNN",
    points=1,
    cases=blocks,
    count=3,
    special=[special("a single step", lambda: _blocks(2, 1, 1, 3, 2))],
)
def starts_from_zeros(student, case):
    """TimeRNN.forward starts every block from zeros if it is not stateful"""
    net = student.TimeRNN(*_weights_of(case))
    return values(hs=net.forward(case.xs), hs_of_the_next_block=net.forward(case.more))


@check(
    task="TimeRNN",
    points=1,
    cases=blocks,
    count=3,
    special=[
        special("blocks of a single step", lambda: _blocks(2, 1, 1, 1, 3)),
        special("one sequence, one input, one unit", lambda: _blocks(1, 2, 3, 1, 1)),
    ],
)
def carries_its_state(student, case):
    """TimeRNN.forward goes on from its last state if it is stateful"""
    net = student.TimeRNN(*_weights_of(case), stateful=True)
    hs, more = net.forward(case.xs), net.forward(case.more)
    uncut = student.TimeRNN(*_weights_of(case), stateful=True)
    whole = uncut.forward(np.concatenate([case.xs, case.more], axis=1))
    return [
        values(hs=hs, hs_of_the_next_block=more),
        same(
            np.concatenate([hs, more], axis=1),
            whole,
            because="a sequence in two blocks gives the states of the whole",
        ),
    ]


@check(
    task="TimeRNN",
    points=1,
    cases=set_and_reset,
    count=3,
    special=[
        special(
            "fewer sequences after a reset",
            lambda: dict(
                xs=_ramp(3, 2, 1), h=_ramp(3, 2) / 2, params=_weights(1, 2), after=_ramp(2, 2, 1)
            ),
        )
    ],
)
def sets_and_resets_its_state(student, case):
    """TimeRNN.set_state and reset_state say where the next block starts"""
    net = student.TimeRNN(*_weights_of(case), stateful=True)
    net.set_state(case.h)
    from_h = net.forward(case.xs)
    net.set_state(case.h)
    again = net.forward(case.xs)
    net.reset_state()
    from_zeros = net.forward(case.after)

    plain = student.TimeRNN(*_weights_of(case), stateful=False)
    plain.set_state(case.h)
    return [
        values(from_h=from_h, from_zeros=from_zeros),
        same(again, from_h, because="set_state replaces the state that the last block left"),
        same(
            plain.forward(case.after),
            from_zeros,
            because="without stateful a block starts from zeros, whatever set_state was given",
        ),
    ]


@check(
    task="TimeRNN",
    points=2,
    cases=one_block,
    count=4,
    special=[
        special(
            "a single step",
            lambda: dict(
                xs=_ramp(2, 1, 3), h=_ramp(2, 2) / 2, params=_weights(3, 2), dhs=_ramp(2, 1, 2)
            ),
        ),
        special(
            "a gradient for the last step only",
            lambda: dict(
                xs=_ramp(2, 3, 1),
                h=_ramp(2, 2) / 2,
                params=_weights(1, 2),
                dhs=np.concatenate([np.zeros((2, 2, 2)), _ramp(2, 1, 2)], axis=1),
            ),
        ),
    ],
)
def backward_gradients(student, case):
    """TimeRNN.backward returns the gradients for xs, the first state and the weights"""
    net = student.TimeRNN(*_weights_of(case), stateful=True)
    net.set_state(case.h)
    hs = net.forward(case.xs)
    dxs, dh, grads = net.backward(case.dhs)
    return gradients(of=hs, cotangent=case.dhs, xs=dxs, h=dh, params=grads)


@check(task="TimeRNN", points=1, cases=two_blocks, count=3)
def backward_belongs_to_the_last_forward(student, case):
    """TimeRNN.backward concerns the last block only and leaves the state alone"""
    net = student.TimeRNN(*_weights_of(case), stateful=True)
    net.forward(case.xs)
    net.forward(case.more)
    dmore, dh, grads = net.backward(case.dmore)
    hs = net.forward(case.xs)
    net.reset_state()
    dxs, dh_later, grads_later = net.backward(case.dhs)
    dxs_again, dh_again, grads_again = net.backward(case.dhs)
    twice = "backward called twice gives the same twice"
    return [
        values(dxs_of_the_second_block=dmore, dh=dh, grads=grads),
        values(hs_of_the_third_block=hs),
        values(dxs_of_the_third_block=dxs, dh_later=dh_later, grads_later=grads_later),
        same(dxs_again, dxs, because=twice),
        same(dh_again, dh_later, because=twice),
        same(grads_again["wh"], grads_later["wh"], because=twice),
    ]


@check(
    task="truncated_bptt",
    points=1,
    cases=long_sequence,
    count=3,
    special=[
        special("blocks of a single step", lambda: _long(2, 4, 1, 3, block=1)),
        special("a last block of one step", lambda: _long(1, 4, 3, 2, block=3)),
        special("a block longer than the sequence", lambda: _long(2, 3, 1, 2, block=5)),
    ],
)
def truncated_states(student, case):
    """truncated_bptt returns the states of the whole sequence, however it is cut"""
    weights = _weights_of(case)
    hs, *_ = student.truncated_bptt(case.xs, case.dhs, case.h0, *weights, case.block)
    uncut, *_ = student.truncated_bptt(case.xs, case.dhs, case.h0, *weights, case.xs.shape[1])
    return [
        values(hs=hs),
        same(hs, uncut, because="the states do not depend on the length of a block"),
    ]


@check(
    task="truncated_bptt",
    points=2,
    cases=cut_in_three,
    count=3,
    special=[
        special("blocks of a single step", lambda: _cut(2, 1, 1, 1, 3)),
        special("three blocks of equal length", lambda: _cut(1, 3, 3, 2, 2)),
        special("a last block of two steps out of three", lambda: _cut(2, 3, 2, 1, 1)),
    ],
)
def truncated_gradients(student, case):
    """truncated_bptt returns the gradients of the blocks, added up, and none across a border"""
    weights = _weights_of(case)
    parts, starts = (case.first, case.second, case.rest), (case.h0, case.h1, case.h2)
    k = case.first.shape[1]
    cuts = (case.dhs[:, :k], case.dhs[:, k : 2 * k], case.dhs[:, 2 * k :])
    _, dwx, dwh, db, dxs = student.truncated_bptt(
        np.concatenate(parts, axis=1), case.dhs, case.h0, *weights, k
    )
    alone = [
        student.truncated_bptt(part, cut, start, *weights, k)[0]
        for part, cut, start in zip(parts, cuts, starts, strict=True)
    ]
    return gradients(
        of=tuple(alone),
        cotangent=cuts,
        params={"wx": dwx, "wh": dwh, "b": db},
        first=dxs[:, :k],
        second=dxs[:, k : 2 * k],
        rest=dxs[:, 2 * k :],
    )


@check(
    task="truncated_bptt",
    points=1,
    cases=whole_sequence,
    count=3,
    special=[special("a sequence of one step", lambda: _long(2, 1, 3, 2))],
)
def one_block_is_full_backpropagation(student, case):
    """truncated_bptt with one block for all steps returns the full gradients"""
    weights, steps = _weights_of(case), case.xs.shape[1]
    hs, dwx, dwh, db, dxs = student.truncated_bptt(case.xs, case.dhs, case.h0, *weights, steps)
    _, _, longer_dwh, _, longer_dxs = student.truncated_bptt(
        case.xs, case.dhs, case.h0, *weights, steps + 2
    )
    longer = "a block longer than the sequence gives what a block of its length gives"
    return [
        gradients(of=hs, cotangent=case.dhs, xs=dxs, params={"wx": dwx, "wh": dwh, "b": db}),
        same(longer_dwh, dwh, because=longer),
        same(longer_dxs, dxs, because=longer),
    ]
