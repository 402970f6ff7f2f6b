"""What exercise 22 checks: the targets, the loss, the stack of layers, the mix and its gradient."""

import numpy as np

from grader.spec import (
    Dim,
    check,
    choice,
    dimension,
    domain,
    gradients,
    integers,
    permutation,
    reals,
    same,
    scalar,
    special,
    values,
)

FORBIDDEN = {
    "torch.autograd": "the backward pass is what this exercise is about",
    ".backward": "the backward pass is what this exercise is about",
    "torch.nn": "write the softmax and the loss yourself",
}

_ON_THE_CPU = "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
_REPLACED = "only padded positions gather this state, and zeros replace it"

EQUIVALENT_MUTANTS = {
    "language_model_targets: … → t = xp.arange(ids.shape[1], device=None)": _ON_THE_CPU,
    "language_model_targets: … → t = xp.arange(ids.shape[1], )": _ON_THE_CPU,
    "language_model_targets: … → following = xp.where(t >= last, end, following)": (
        "positions after the last one become -1"
    ),
    "layer_representation: … → t = xp.arange(embedding.shape[1], device=None)": _ON_THE_CPU,
    "layer_representation: … → t = xp.arange(embedding.shape[1], )": _ON_THE_CPU,
    "layer_representation: … → source = xp.where(real, last - t, 1)…": _REPLACED,
    "layer_representation: … → source = xp.where(real, last - t, -1)…": _REPLACED,
    "layer_representation: … → layers = xp.concat([tokens, states], )": "axis 0 is the default",
    "_softmax_loss: … → words = xp.arange(scores.shape[2], device=None)": _ON_THE_CPU,
    "_softmax_loss: … → words = xp.arange(scores.shape[2], )": _ON_THE_CPU,
    "_softmax_loss: … → chosen = xp.astype(targets[:, :, None] == words, None)": (
        "None stands for float64, which the inputs have"
    ),
}

L, B, T, D = Dim("L", 1, 4), Dim("B", 1, 4), Dim("T", 1, 5), Dim("D", 1, 4)
V = Dim("V", 2, 6)
LONG, SOME = Dim("T", 2, 5), Dim("L", 2, 4)


def _has_padding(case):
    return bool(np.min(case.lengths) < case.T)


def _some_count(case):
    """Both directions have targets, not all of them, and not equally many."""
    counts = [int(np.sum(t != -1)) for t in (case.forward_targets, case.backward_targets)]
    return 0 < counts[0] < counts[1] or 0 < counts[1] < counts[0]


sentences = domain(
    ids=integers(B, T, high=V, repeats=True),
    lengths=integers(B, low=1, high=T + 1),
    begin=dimension(V),
    end=dimension(V + 1),
)
padded_sentences = domain(
    where=_has_padding,
    T=dimension(LONG),
    ids=integers(B, LONG, high=V),
    noise=integers(B, LONG, low=-1, high=V),
    lengths=integers(B, low=1, high=LONG + 1),
    begin=dimension(V),
    end=dimension(V + 1),
)
scored = domain(
    where=_some_count,
    forward_scores=reals(B, T, V, low=-4, high=4),
    backward_scores=reals(B, T, V, low=-4, high=4),
    forward_targets=integers(B, T, low=-1, high=V),
    backward_targets=integers(B, T, low=-1, high=V),
)
states = domain(
    embedding=reals(B, T, D),
    forward_states=reals(L, B, T, D),
    backward_states=reals(L, B, T, D),
    lengths=integers(B, low=1, high=T + 1),
)
padded_states = domain(
    where=_has_padding,
    T=dimension(LONG),
    embedding=reals(B, LONG, D),
    forward_states=reals(L, B, LONG, D),
    backward_states=reals(L, B, LONG, D),
    noise=reals(L, B, LONG, D, low=-9, high=9),
    lengths=integers(B, low=1, high=LONG + 1),
)
mixed = domain(
    layers=reals(SOME, B, T, D),
    scores=reals(SOME),
    gamma=choice(1.75, 0.5, -1.5),
    order=permutation(SOME),
)
mixed_back = domain(
    layers=reals(SOME, B, T, D),
    scores=reals(SOME),
    gamma=scalar(1.25, 2.5),
    dout=reals(B, T, D),
)


def _ramp(*shape):
    """Different numbers between -1 and 1, for the explicit cases."""
    return np.sin(1.0 + np.arange(np.prod(shape), dtype=np.float64)).reshape(shape)


def _sentences(rows, lengths, begin, end):
    return dict(ids=np.array(rows), lengths=np.array(lengths), begin=begin, end=end)


def _loss_case(forward_scores, backward_scores, forward_targets, backward_targets):
    return dict(
        forward_scores=np.array(forward_scores),
        backward_scores=np.array(backward_scores),
        forward_targets=np.array(forward_targets),
        backward_targets=np.array(backward_targets),
    )


def _extreme():
    return _loss_case(
        [[[1000.0, 998.0], [-1000.0, -1001.5]]],
        [[[60.0, 0.0], [900.0, -900.0]]],
        [[1, 1]],
        [[1, -1]],
    )


def _nothing_counts(*directions):
    targets = {name: np.array([[1, -1, 0], [-1, 2, 1]]) for name in ("forward", "backward")}
    for name in directions:
        targets[name] = np.full((2, 3), -1)
    scores = _ramp(2, 2, 3, 3)
    return _loss_case(scores[0], scores[1], targets["forward"], targets["backward"])


def _states(lengths, steps, layers):
    return dict(
        embedding=_ramp(len(lengths), steps, 2),
        forward_states=2 + _ramp(layers, len(lengths), steps, 2),
        backward_states=5 + _ramp(layers, len(lengths), steps, 2),
        lengths=np.array(lengths),
    )


def _mix(scores, gamma, **more):
    scores = np.array(scores)
    return dict(layers=1.5 * _ramp(len(scores), 1, 2, 2), scores=scores, gamma=gamma, **more)


def _mix_back(scores, gamma):
    return _mix(scores, gamma, dout=np.array([[[0.5, -1.0], [2.0, 0.75]]]))


def _turned(a, lengths):
    """(B, T, …): the real positions of each row in the opposite order."""
    pairs = zip(a, lengths, strict=True)
    return np.stack([np.concatenate([row[:n][::-1], row[n:]]) for row, n in pairs])


def _targets(student, case, **changes):
    names = ("ids", "lengths", "begin", "end")
    return student.language_model_targets(*(changes.get(n, getattr(case, n)) for n in names))


def _loss(student, case, **changes):
    names = ("forward_scores", "backward_scores", "forward_targets", "backward_targets")
    return student.bidirectional_loss(*(changes.get(n, getattr(case, n)) for n in names))


def _layers(student, case, **changes):
    names = ("embedding", "forward_states", "backward_states", "lengths")
    return student.layer_representation(*(changes.get(n, getattr(case, n)) for n in names))


@check(
    task="language_model_targets",
    points=1,
    cases=sentences,
    special=[
        special("one word", lambda: _sentences([[3]], [1], 0, 1)),
        special(
            "the sentences of the worked example",
            lambda: _sentences([[2, 3, 4], [4, 0, 0]], [3, 1], 0, 1),
        ),
        special(
            "nothing is padding, 0 is a word and stands at the end",
            lambda: _sentences([[2, 1, 0], [0, 1, 0]], [3, 3], 5, 4),
        ),
    ],
)
def targets_values(student, case):
    """language_model_targets returns the next words and the words before"""
    forward, backward = _targets(student, case)
    return values(forward_targets=forward, backward_targets=backward)


@check(task="language_model_targets", points=1, cases=padded_sentences, count=4)
def targets_end_with_the_sentence(student, case):
    """language_model_targets looks at real words only and treats both directions alike"""
    plain = _targets(student, case)
    real = np.arange(case.T) < case.lengths[:, None]
    filled = _targets(student, case, ids=np.where(real, case.ids, case.noise))
    mirrored = _targets(
        student, case, ids=_turned(case.ids, case.lengths), begin=case.end, end=case.begin
    )
    return [
        same(filled[0], plain[0], because="padding has no influence on forward_targets"),
        same(filled[1], plain[1], because="padding has no influence on backward_targets"),
        same(
            _turned(mirrored[0], case.lengths),
            plain[1],
            because="with the sentences turned round and begin and end exchanged, the forward "
            "targets are the backward targets of before, turned round",
        ),
    ]


@check(
    task="bidirectional_loss",
    points=1,
    cases=scored,
    special=[
        special("no target counts", lambda: _nothing_counts("forward", "backward")),
        special("no forward target counts", lambda: _nothing_counts("forward")),
        special("scores of 1000", _extreme),
    ],
)
def bidirectional_loss_value(student, case):
    """bidirectional_loss adds the mean losses of both directions"""
    loss, _, _ = _loss(student, case)
    forward_only, _, _ = _loss(
        student, case, backward_targets=np.full_like(case.backward_targets, -1)
    )
    backward_only, _, _ = _loss(
        student, case, forward_targets=np.full_like(case.forward_targets, -1)
    )
    return [
        values(loss=loss),
        same(
            forward_only + backward_only,
            loss,
            because="the losses with only forward and with only backward targets add up to the "
            "loss with both",
        ),
    ]


@check(
    task="bidirectional_loss",
    points=1,
    cases=scored,
    special=[
        special(
            "everything counts", lambda: _loss_case([[[1.0, 0]]], [[[0.5, 2.0]]], [[1]], [[0]])
        ),
        special("no target counts", lambda: _nothing_counts("forward", "backward")),
        special("no backward target counts", lambda: _nothing_counts("backward")),
        special("scores of 1000", _extreme),
    ],
)
def bidirectional_loss_gradients(student, case):
    """bidirectional_loss returns the gradients of its loss for both directions' scores"""
    loss, dforward, dbackward = _loss(student, case)
    return gradients(of=loss, cotangent=1.0, forward_scores=dforward, backward_scores=dbackward)


@check(
    task="layer_representation",
    points=1,
    cases=states,
    special=[
        special("one word", lambda: _states([1], 1, 2)),
        special("nothing is padding", lambda: _states([3, 3], 3, 1)),
        special("lengths 2, 1 and 3", lambda: _states([2, 1, 3], 3, 1)),
    ],
)
def layer_representation_values(student, case):
    """layer_representation joins forward and backward states of the same position"""
    return values(layers=_layers(student, case))


@check(task="layer_representation", points=1, cases=padded_states, count=3)
def layer_representation_and_padding(student, case):
    """layer_representation keeps padding out"""
    layers = _layers(student, case)
    real = (np.arange(case.T) < case.lengths[:, None])[:, :, None]
    noisy = {
        name: np.where(real, getattr(case, name), case.noise)
        for name in ("forward_states", "backward_states")
    }
    noisy["embedding"] = np.where(real, case.embedding, case.noise[0])
    filled = _layers(student, case, **noisy)
    alike = np.stack([case.embedding] * len(case.forward_states))
    turned = np.stack([_turned(case.embedding, case.lengths)] * len(alike))
    equal = _layers(student, case, forward_states=alike, backward_states=turned)
    outside = layers[np.broadcast_to(~real, layers.shape)]
    return [
        same(outside, np.zeros_like(outside), because="padded positions are 0", scale=1.0),
        same(filled, layers, because="what stands in the padding has no influence"),
        same(
            equal,
            np.stack([equal[0]] * len(equal)),
            because="if every state of a position is its word vector, all layers are equal",
        ),
    ]


@check(
    task="scalar_mix_forward",
    points=1,
    cases=mixed,
    special=[
        special("a single layer", lambda: _mix([0.7], 1.5, order=np.array([0]))),
        special("gamma is 0", lambda: _mix([0.5, -1.0], 0.0, order=np.array([1, 0]))),
    ],
)
def scalar_mix_values(student, case):
    """scalar_mix_forward returns gamma times the weighted mean of the layers"""
    out, _ = student.scalar_mix_forward(case.layers, case.scores, case.gamma)
    shifted, _ = student.scalar_mix_forward(case.layers, case.scores + 3.0, case.gamma)
    ordered, _ = student.scalar_mix_forward(
        case.layers[case.order], case.scores[case.order], case.gamma
    )
    return [
        values(out=out),
        same(shifted, out, because="adding 3 to every score leaves out as it is"),
        same(ordered, out, because="reordering layers and scores alike leaves out as it is"),
    ]


@check(
    task="scalar_mix_forward",
    points=1,
    special=[
        special("scores of 1000", lambda: _mix([998.0, 1000.0, 999.0], 1.5)),
        special("scores of -1000", lambda: _mix([-1000.0, -1001.5, -999.0], 1.5)),
        special("scores far apart", lambda: _mix([-900.0, 900.0], 1.5)),
    ],
)
def scalar_mix_is_stable(student, case):
    """scalar_mix_forward stays finite and right for scores as large as 1000"""
    out, _ = student.scalar_mix_forward(case.layers, case.scores, case.gamma)
    return values(out=out)


@check(
    task="scalar_mix_backward",
    points=2,
    cases=mixed_back,
    requires=[scalar_mix_values],
    special=[
        special("a single layer", lambda: _mix_back([0.7], 1.5)),
        special("gamma is 0", lambda: _mix_back([0.5, -1.0], 0.0)),
        special("gamma is -2", lambda: _mix_back([0.5, -1.0, 0.25], -2.0)),
        special("scores of 1000", lambda: _mix_back([999.0, 1000.0], 1.5)),
    ],
)
def scalar_mix_gradients(student, case):
    """scalar_mix_backward returns the gradients for layers, scores and gamma"""
    out, cache = student.scalar_mix_forward(case.layers, case.scores, case.gamma)
    dlayers, dscores, dgamma = student.scalar_mix_backward(case.dout, cache)
    return [
        gradients(of=out, cotangent=case.dout, layers=dlayers, scores=dscores),
        # gamma is a plain number, so this one stands by itself
        gradients(of=1.0 * out, cotangent=case.dout, gamma=dgamma),
        same(dscores.sum(), 0.0, because="the entries of dscores sum to 0", scale=1.0),
    ]
