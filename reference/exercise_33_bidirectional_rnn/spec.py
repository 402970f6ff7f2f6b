"""What exercise 33 checks. Turning round first, then both readings, then their backward pass."""

import numpy as np

from grader.spec import Dim, check, domain, gradients, integers, reals, same, special, values

FORBIDDEN = {
    "torch.autograd": "the backward pass is what this exercise is about",
    ".backward": "the backward pass is what this exercise is about",
    "torch.nn": "write both readings yourself",
    "torch.rnn_tanh": "write the loop yourself",
    "torch.rnn_tanh_cell": "write the step yourself",
}

EQUIVALENT_MUTANTS = {
    "reverse_padded: … → t = xp.arange(xs.shape[1], device=None)": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "reverse_padded: … → t = xp.arange(xs.shape[1], )": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
}

B, T, D, H = Dim("B", 1, 4), Dim("T", 1, 5), Dim("D", 1, 4), Dim("H", 1, 4)
LONG = Dim("T", 2, 5)


def _arguments(steps):
    return dict(
        xs=reals(B, steps, D),
        lengths=integers(B, low=1, high=steps + 1),
        h0=reals(2, B, H, low=-1, high=1),
        wx=reals(2, D, H, low=-1, high=1),
        wh=reals(2, H, H, low=-1, high=1),
        b=reals(2, H, low=-1, high=1),
    )


def _has_padding(case):
    return bool(np.min(case.lengths) < case.xs.shape[1])


turning = domain(xs=reals(B, T, D), lengths=integers(B, low=1, high=T + 1))
reading = domain(**_arguments(T))
reading_back = domain(**reading.fields, dhs=reals(B, T, 2 * H), dh_last=reals(B, 2 * H))
padded = domain(where=_has_padding, **_arguments(LONG), noise=reals(B, LONG, D, low=-9, high=9))
padded_back = domain(
    where=_has_padding,
    **padded.fields,
    dhs=reals(B, LONG, 2 * H),
    dh_last=reals(B, 2 * H),
    dnoise=reals(B, LONG, 2 * H, low=-9, high=9),
)


def _ramp(*shape):
    """Different numbers between -1 and 1, for the explicit cases."""
    return np.sin(1.0 + np.arange(np.prod(shape), dtype=np.float64)).reshape(shape)


def _sequences(lengths, steps, inputs, units):
    rows = len(lengths)
    return dict(
        xs=_ramp(rows, steps, inputs) * 1.5,
        lengths=np.array(lengths),
        h0=_ramp(2, rows, units) / 2,
        wx=_ramp(2, inputs, units),
        wh=_ramp(2, units, units) * 0.8,
        b=_ramp(2, units) * 0.6,
    )


def _with_gradients(lengths, steps, inputs, units, *, outputs=1.0, last=1.0):
    rows = len(lengths)
    return dict(
        _sequences(lengths, steps, inputs, units),
        dhs=_ramp(rows, steps, 2 * units) * outputs,
        dh_last=_ramp(rows, 2 * units) * last,
    )


def _saturated():
    """Pre-activations of ±1000."""
    xs = np.array([[[10.0], [-10.0]], [[-10.0], [10.0]]])
    wx = np.array([[[100.0, -100.0]], [[-100.0, 100.0]]])
    return dict(_sequences([2, 1], 2, 1, 2), xs=xs, wx=wx)


def _real(case):
    """(B, T, 1): which steps are real."""
    return (np.arange(case.xs.shape[1]) < case.lengths[:, None])[:, :, None]


def _turned(xs, lengths):
    """The real steps turned round, row by row."""
    pairs = zip(xs, lengths, strict=True)
    return np.stack([np.concatenate([row[:n][::-1], row[n:]]) for row, n in pairs])


def _forward(student, case, **changes):
    names = ("xs", "lengths", "h0", "wx", "wh", "b")
    return student.bidirectional_forward(*(changes.get(n, getattr(case, n)) for n in names))


@check(
    task="reverse_padded",
    points=1,
    cases=turning,
    special=[
        special(
            "lengths in no order, 1 and T among them",
            lambda: dict(xs=np.arange(1.0, 13.0).reshape(3, 4, 1), lengths=np.array([3, 1, 4])),
        ),
        special(
            "nothing is padding",
            lambda: dict(xs=np.arange(1.0, 13.0).reshape(2, 3, 2), lengths=np.array([3, 3])),
        ),
        special(
            "a single step",
            lambda: dict(xs=np.array([[[1.0, 2.0]], [[3.0, 4.0]]]), lengths=np.array([1, 1])),
        ),
    ],
)
def reverse_padded_values(student, case):
    """reverse_padded turns the real steps round"""
    return values(turned=student.reverse_padded(case.xs, case.lengths))


@check(task="reverse_padded", points=1, cases=padded, count=3)
def reverse_padded_twice(student, case):
    """reverse_padded undoes itself, is its own gradient and leaves padding alone"""
    once = student.reverse_padded(case.xs, case.lengths)
    twice = student.reverse_padded(once, case.lengths)
    back = student.reverse_padded(case.noise, case.lengths)
    real = np.broadcast_to(_real(case), case.xs.shape)
    return [
        same(once[~real], case.xs[~real], because="padded steps stay as and where they are"),
        same(twice, case.xs, because="turning round twice gives the batch as it was"),
        gradients(of=once, cotangent=case.noise, xs=back),
    ]


@check(
    task="bidirectional_forward",
    points=2,
    cases=reading,
    special=[
        special("a single step", lambda: _sequences([1, 1, 1], 1, 2, 4)),
        special("lengths 2, 1, 4 and 3", lambda: _sequences([2, 1, 4, 3], 4, 1, 2)),
        special("nothing is padding", lambda: _sequences([3, 3], 3, 1, 2)),
        special("pre-activations of 1000 and -1000", _saturated),
    ],
)
def forward_outputs(student, case):
    """bidirectional_forward returns both states of every real step and zeros elsewhere"""
    hs, _, _ = _forward(student, case)
    return values(hs=hs)


@check(
    task="bidirectional_forward",
    points=1,
    cases=reading,
    special=[
        special("a single step", lambda: _sequences([1, 1], 1, 3, 2)),
        special("lengths 2, 1 and 4", lambda: _sequences([2, 1, 4], 4, 1, 2)),
        special("nothing is padding", lambda: _sequences([3, 3], 3, 1, 2)),
    ],
)
def forward_last_states(student, case):
    """bidirectional_forward returns the state in which each reading ends"""
    hs, h_last, _ = _forward(student, case)
    units, rows = case.b.shape[1], np.arange(len(case.lengths))
    return [
        values(h_last=h_last),
        same(
            h_last[:, :units],
            hs[rows, case.lengths - 1, :units],
            because="the forward reading ends at the last real step",
        ),
        same(h_last[:, units:], hs[:, 0, units:], because="the backward reading ends at step 0"),
    ]


@check(task="bidirectional_forward", points=1, cases=padded, count=4)
def padding_has_no_influence(student, case):
    """bidirectional_forward gives a sequence the same states with and without padding"""
    hs, h_last, _ = _forward(student, case)
    filled = np.where(_real(case), case.xs, case.noise)
    hs_filled, last_filled, _ = _forward(student, case, xs=filled)
    n = int(np.argmin(case.lengths))
    length, row = case.lengths[n], slice(n, n + 1)
    hs_alone, last_alone, _ = _forward(
        student,
        case,
        xs=case.xs[row, :length],
        lengths=case.lengths[row],
        h0=case.h0[:, row],
    )
    return [
        same(hs_filled, hs, because="what stands in the padding has no influence on hs"),
        same(last_filled, h_last, because="what stands in the padding has no influence on h_last"),
        same(
            hs_alone,
            hs[row, :length],
            because="a sequence alone and without padding gives the states it has in the batch",
        ),
        same(
            last_alone,
            h_last[row],
            because="a sequence alone and without padding ends in the states it has in the batch",
        ),
    ]


@check(task="bidirectional_forward", points=1, cases=reading, count=4)
def directions_are_mirror_images(student, case):
    """bidirectional_forward treats its two directions alike"""
    hs, h_last, _ = _forward(student, case)
    mirrored, last, _ = _forward(
        student,
        case,
        xs=_turned(case.xs, case.lengths),
        **{name: getattr(case, name)[::-1].copy() for name in ("h0", "wx", "wh", "b")},
    )
    units = case.b.shape[1]
    exchanged = np.concatenate([hs[:, :, units:], hs[:, :, :units]], axis=2)
    return [
        same(
            mirrored,
            _turned(exchanged, case.lengths),
            because="turning the sequences round and exchanging the directions' weights and "
            "starting states gives the same outputs, turned round and exchanged",
        ),
        same(
            last,
            np.concatenate([h_last[:, units:], h_last[:, :units]], axis=1),
            because="turning the sequences round and exchanging the directions' weights and "
            "starting states exchanges the two halves of h_last",
        ),
    ]


@check(
    task="bidirectional_backward",
    points=2,
    cases=reading_back,
    requires=[forward_outputs],
    special=[
        special("a single step", lambda: _with_gradients([1, 1], 1, 3, 2)),
        special("lengths 2, 1 and 3", lambda: _with_gradients([2, 1, 3], 3, 1, 2)),
        special(
            "a gradient for the last states only",
            lambda: _with_gradients([1, 3], 3, 1, 2, outputs=0.0),
        ),
        special(
            "a gradient for the outputs only",
            lambda: _with_gradients([1, 3], 3, 1, 2, last=0.0),
        ),
    ],
)
def backward_gradients(student, case):
    """bidirectional_backward returns the gradients for xs, h0, wx, wh and b"""
    hs, h_last, cache = _forward(student, case)
    dxs, dh0, dwx, dwh, db = student.bidirectional_backward(case.dhs, case.dh_last, cache)
    return gradients(
        of=(hs, h_last),
        cotangent=(case.dhs, case.dh_last),
        xs=dxs,
        h0=dh0,
        wx=dwx,
        wh=dwh,
        b=db,
    )


@check(task="bidirectional_backward", points=1, cases=padded_back, count=3)
def backward_ignores_padding(student, case):
    """bidirectional_backward gives nothing to padded steps and takes nothing from them"""
    real = _real(case)
    _, _, cache = _forward(student, case)
    plain = student.bidirectional_backward(case.dhs, case.dh_last, cache)
    _, _, cache = _forward(student, case, xs=np.where(real, case.xs, case.noise))
    dhs = np.where(real, case.dhs, case.dnoise)
    filled = student.bidirectional_backward(dhs, case.dh_last, cache)
    outside = plain[0][~np.broadcast_to(real, case.xs.shape)]
    names = ("dxs", "dh0", "dwx", "dwh", "db")
    return [
        same(
            outside,
            np.zeros_like(outside),
            because="the gradients of padded steps are 0",
            scale=1.0,
        ),
        *(
            same(b, a, because=f"what xs and dhs hold in the padding has no influence on {name}")
            for name, a, b in zip(names, plain, filled, strict=True)
        ),
    ]
