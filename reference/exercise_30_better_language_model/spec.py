"""What exercise 30 checks. The mask first, then the stack, then the model with its tied weights."""

from itertools import pairwise

import numpy as np

from grader.spec import (
    Dim,
    RandomSource,
    booleans,
    check,
    choice,
    derived,
    dimension,
    domain,
    generator,
    gradients,
    group,
    integers,
    reals,
    same,
    scalar,
    special,
    values,
)

FORBIDDEN = {
    "torch.autograd": "the backward pass is what this exercise is about",
    ".backward": "the backward pass is what this exercise is about",
    "torch.nn": "write the layers and the loss yourself",
    "torch.lstm": "write the loop yourself",
    "torch.lstm_cell": "write the cell yourself",
}

ROW_VECTORS = ("stacked_lstm_backward", "tied_language_model_backward")

_ON_THE_CPU = "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
_FLOAT64 = "the dtype left open is float64, which the inputs have"

EQUIVALENT_MUTANTS = {
    "_one_hot: … → words = xp.arange(embed.shape[0], device=None)": _ON_THE_CPU,
    "_one_hot: … → words = xp.arange(embed.shape[0], )": _ON_THE_CPU,
    "_one_hot: … → return xp.astype(ids[:, :, None] == words, None)": _FLOAT64,
    "_lstm_forward: … → h = …, dtype=xs.dtype, device=None)": _ON_THE_CPU,
    "_lstm_forward: … → h = …, dtype=xs.dtype, )": _ON_THE_CPU,
    "_lstm_forward: … → h = …, dtype=None, device=device(xs))": _FLOAT64,
    "_lstm_forward: … → h = …, wh.shape[0]), device=device(xs))": _FLOAT64,
    "_lstm_backward: … → dh = xp.zeros_like(dhs[:, -1, :])": "zeros of the same shape",
}

B, T, D, H = Dim("B", 1, 3), Dim("T", 1, 4), Dim("D", 1, 4), Dim("H", 1, 5)
V = Dim("V", 3, 6)
SEVERAL = Dim("B", 2, 4)


def _layer(inputs, units):
    return group(
        wx=reals(inputs, 4 * units, low=-1, high=1),
        wh=reals(units, 4 * units, low=-1, high=1),
        b=reals(4 * units, low=-1, high=1),
    )


def _keep(rows, width):
    return booleans(rows, 1, width)


_masks = derived(
    lambda case: [keep / (1 - case.p) for keep in (case.below, case.between, case.above)]
)
_rate = choice(0.2, 0.375, 0.6)
_layers = derived(lambda case: [case.first, case.second])


def _stack(rows=B, steps=T, inputs=D, **more):
    """Two layers; D inputs, H hidden units in both."""
    return domain(
        xs=reals(rows, steps, inputs),
        first=_layer(inputs, H),
        second=_layer(H, H),
        layers=_layers,
        p=_rate,
        below=_keep(rows, inputs),
        between=_keep(rows, H),
        above=_keep(rows, H),
        masks=_masks,
        **more,
    )


stack = _stack()
stack_back = _stack(dhs=reals(B, T, H))
several = _stack(SEVERAL, Dim("T", 2, 4))

model = domain(
    ids=integers(B, T, high=V, repeats=True),
    targets=integers(B, T, high=V),
    embed=reals(V, H),
    first=_layer(H, H),
    second=_layer(H, H),
    layers=_layers,
    b=reals(V, low=-1, high=1),
    p=_rate,
    below=_keep(B, H),
    between=_keep(B, H),
    above=_keep(B, H),
    masks=_masks,
    dout=scalar(0.5, 2),
)


def _ramp(*shape):
    """Different numbers between -1 and 1, for the explicit cases."""
    return np.sin(1.0 + np.arange(np.prod(shape), dtype=np.float64)).reshape(shape)


def _stacked(rows, steps, widths, dropped=()):
    """A stack with these widths, the inputs' first; `dropped` names the masks that are all 0."""
    layers = [
        dict(
            wx=_ramp(inputs, 4 * units),
            wh=_ramp(units, 4 * units) * 0.8,
            b=_ramp(4 * units) * 0.6,
        )
        for inputs, units in pairwise(widths)
    ]
    masks = [np.ones((rows, 1, width)) * 1.25 for width in widths]
    for k in range(len(widths)):
        masks[k][0, 0, 0] = 0.0
        if k in dropped:
            masks[k] = np.zeros_like(masks[k])
    return dict(xs=_ramp(rows, steps, widths[0]) * 1.5, layers=layers, masks=masks)


def _stacked_back(rows, steps, widths, dropped=()):
    return dict(_stacked(rows, steps, widths, dropped), dhs=_ramp(rows, steps, widths[-1]) + 0.5)


def _model(ids, targets, words, widths, dropped=(), **changed):
    ids, targets = np.array(ids), np.array(targets)
    case = _stacked(*ids.shape, widths, dropped)
    del case["xs"]
    case.update(ids=ids, targets=targets, embed=_ramp(words, widths[0]) * 2)
    case.update(b=_ramp(words), dout=0.75)
    return {**case, **changed}


def _huge_biases():
    """The top is dropped altogether, so that the scores are the biases."""
    b = np.array([1000.0, 998.0, -1000.0])
    return _model([[0, 2]], [[1, 0]], 3, (2, 2), dropped=(1,), b=b)


def _far_apart():
    """All scores of the first sequence are large, all of the second one are very negative."""
    case = _model([[0], [1]], [[2], [0]], 3, (2, 2), b=np.array([0.5, -0.5, 1.0]))
    wx = np.zeros((2, 8))
    wx[1, 4] = 1.0  # the candidate of the first unit sees the second number of a word vector
    case["layers"] = [dict(wx=wx, wh=np.zeros((2, 8)), b=np.zeros(8))]
    case["masks"] = [np.ones((2, 1, 2))] * 2
    case["embed"] = np.array([[2000.0, 5.0], [4000.0, -5.0], [3000.0, 1.0]])
    return case


def _no_dropout(case):
    return [np.ones_like(mask) for mask in case.masks]


@check(
    task="variational_dropout",
    points=2,
    cases=domain(
        rows=dimension(Dim("B", 2, 4)),
        steps=dimension(Dim("T", 2, 5)),
        units=dimension(Dim("D", 2, 6)),
        p=scalar(0.15, 0.8),
        generator=generator(),
    ),
    special=[
        special("p = 0", lambda: dict(rows=2, steps=3, units=3, p=0.0, generator=RandomSource(1))),
        special("T = 1", lambda: dict(rows=3, steps=1, units=2, p=0.3, generator=RandomSource(2))),
        special(
            "a drawn number equal to p",
            lambda: dict(
                rows=1,
                steps=2,
                units=3,
                p=float(np.sort(np.random.default_rng(3).random(3))[1]),
                generator=RandomSource(3),
            ),
        ),
    ],
)
def dropout_mask(student, case):
    """variational_dropout draws one scaled mask per sequence for all of its steps"""
    mask = student.variational_dropout((case.rows, case.steps, case.units), case.p, case.generator)
    longer = student.variational_dropout(
        (case.rows, case.steps + 1, case.units), case.p, case.generator
    )
    return [
        values(mask=mask),
        same(longer, mask, because="the number of steps has no influence on the mask"),
    ]


@check(
    task="stacked_lstm_forward",
    points=2,
    cases=stack,
    special=[
        special("one layer and one step", lambda: _stacked(2, 1, (3, 2))),
        special("three layers of different widths", lambda: _stacked(1, 2, (2, 3, 1, 2))),
        special("inputs dropped altogether", lambda: _stacked(1, 2, (1, 2, 2), dropped=(0,))),
    ],
)
def stacked_forward_values(student, case):
    """stacked_lstm_forward returns the masked hidden states of the top layer"""
    hs, _ = student.stacked_lstm_forward(case.xs, case.layers, case.masks)
    return values(hs=hs)


@check(task="stacked_lstm_forward", points=1, cases=several, count=3)
def stacked_forward_relations(student, case):
    """stacked_lstm_forward puts each mask where it belongs and keeps sequences apart"""
    xs, layers, masks = case.xs, case.layers, case.masks
    hs, _ = student.stacked_lstm_forward(xs, layers, masks)
    ones = _no_dropout(case)
    lower, _ = student.stacked_lstm_forward(xs * masks[0], layers[:1], ones[:2])
    in_two, _ = student.stacked_lstm_forward(lower, layers[1:], masks[1:])
    alone, _ = student.stacked_lstm_forward(xs[-1:, :-1], layers, [mask[-1:] for mask in masks])
    above = [*masks[:-1], ones[-1]]
    unmasked, _ = student.stacked_lstm_forward(xs, layers, above)
    return [
        same(in_two, hs, because="two stacks of one layer give what one stack of two layers gives"),
        same(alone, hs[-1:, :-1], because="a sequence gives the same alone and without its end"),
        same(
            unmasked * masks[-1], hs, because="the last mask multiplies the result and nothing else"
        ),
    ]


@check(
    task="stacked_lstm_backward",
    points=2,
    cases=stack_back,
    count=4,
    requires=[stacked_forward_values],
    special=[
        special("one layer and one step", lambda: _stacked_back(2, 1, (3, 2))),
        special("three layers of different widths", lambda: _stacked_back(1, 2, (2, 3, 1, 2))),
    ],
)
def stacked_backward_gradients(student, case):
    """stacked_lstm_backward returns the gradients for xs and for every layer"""
    hs, cache = student.stacked_lstm_forward(case.xs, case.layers, case.masks)
    dxs, dlayers = student.stacked_lstm_backward(case.dhs, cache)
    return gradients(of=hs, cotangent=case.dhs, xs=dxs, layers=dlayers)


@check(
    task="tied_language_model_forward",
    points=1,
    cases=model,
    count=4,
    special=[
        special("biases of 1000 and -1000", _huge_biases),
        special("scores of 900 in one sequence and of -900 in the other", _far_apart),
        special(
            "layers wider than a word vector", lambda: _model([[2, 1]], [[1, 3]], 4, (2, 3, 2))
        ),
    ],
)
def language_model_loss(student, case):
    """tied_language_model_forward returns the mean cross-entropy of all predictions"""
    arguments = (case.ids, case.targets, case.embed, case.layers)
    loss, _ = student.tied_language_model_forward(*arguments, case.b, case.masks)
    shifted, _ = student.tied_language_model_forward(*arguments, case.b + 3.0, case.masks)
    return [
        values(loss=loss),
        same(shifted, loss, because="adding 3 to every score leaves the loss as it is"),
    ]


@check(
    task="tied_language_model_backward",
    points=2,
    cases=model,
    count=4,
    requires=[language_model_loss],
    special=[
        special(
            "the same word read at every place",
            lambda: _model([[1, 1, 1]], [[2, 0, 2]], 4, (2, 2)),
        ),
        special(
            "inputs dropped, so embed is used for the output only",
            lambda: _model([[0, 2]], [[1, 2]], 3, (2, 2), dropped=(0,)),
        ),
        special(
            "a single prediction, and three layers", lambda: _model([[1]], [[0]], 3, (2, 3, 1, 2))
        ),
        special("biases of 1000 and -1000", _huge_biases),
    ],
)
def language_model_gradients(student, case):
    """tied_language_model_backward returns the gradients for embed, the layers and b"""
    loss, cache = student.tied_language_model_forward(
        case.ids, case.targets, case.embed, case.layers, case.b, case.masks
    )
    dembed, dlayers, db = student.tied_language_model_backward(case.dout, cache)
    return [
        gradients(of=loss, cotangent=case.dout, embed=dembed, layers=dlayers, b=db),
        same(db.sum(), 0.0, because="the gradient for b sums to 0", scale=1.0),
    ]
