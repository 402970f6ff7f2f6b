"""What exercise 32 checks: the cutting of the data, the loss, the encoder and both decoders."""

import numpy as np

from grader.spec import (
    Dim,
    check,
    choice,
    constant,
    derived,
    dimension,
    domain,
    gradients,
    group,
    integers,
    reals,
    same,
    special,
    values,
)

FORBIDDEN = {
    "torch.autograd": "the backward pass is what this exercise is about",
    "torch.func": "the backward pass is what this exercise is about",
    ".requires_grad_": "the backward pass is what this exercise is about",
    "torch.nn": "write the layers yourself",
    "torch.lstm": "paste the loop that you wrote in exercise 28",
    "torch.lstm_cell": "paste the cell that you wrote in exercise 28",
}

_ON_THE_CPU = "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
_DOUBLE = "None, or nothing, stands for float64, which the inputs have"
_WHOLE = "a whole number makes an int64 array"

EQUIVALENT_MUTANTS = {
    "Encoder.forward: … → …, dtype=None, device=device(ids))": _DOUBLE,
    "Encoder.forward: … → …shape[0]), device=device(ids))": _DOUBLE,
    'Encoder.forward: … → …, dtype=p["wh"].dtype, device=None)': _ON_THE_CPU,
    'Encoder.forward: … → …, dtype=p["wh"].dtype, )': _ON_THE_CPU,
    "Decoder.forward: … → …self._read(ids, None, h, cell)": (
        "the plain decoder looks at the question only as the first state"
    ),
    "Decoder._read: … → return scores, hs[:, - 0, :], c…": (
        "only generate uses this state, and it reads one character at a time"
    ),
    "PeekyDecoder._read: … → return scores, hs[:, - 0, :], c…": (
        "only generate uses this state, and it reads one character at a time"
    ),
    "_generate: … → …, start, dtype=None, device=device(h))": _WHOLE,
    "_generate: … → …, start, device=device(h))": _WHOLE,
    "_generate: … → …, dtype=xp.int64, device=None)": _ON_THE_CPU,
    "_generate: … → …, dtype=xp.int64, )": _ON_THE_CPU,
    "_one_hot: … → every = xp.arange(like.shape[-1], device=None)": _ON_THE_CPU,
    "_one_hot: … → every = xp.arange(like.shape[-1], )": _ON_THE_CPU,
    "_one_hot: … → …== every, None)": _DOUBLE,
    "_rows: … → …(- 2, xs.shape[2]))": "NumPy takes any negative size for the one to be found",
    "_rows: … → …(~1, xs.shape[2]))": "NumPy takes any negative size for the one to be found",
    "_lstm_backward: … → dh, dc = xp.zeros_like(dhs[:, -1, :]), xp.zeros_like(dhs[:, 0, :])": (
        "the states of all steps have one shape"
    ),
    "_lstm_backward: … → dh, dc = xp.zeros_like(dhs[:, 0, :]), xp.zeros_like(dhs[:, -1, :])": (
        "the states of all steps have one shape"
    ),
}

B, T, V = Dim("B", 1, 3), Dim("T", 1, 4), Dim("V", 3, 6)
D, H, L = Dim("D", 1, 4), Dim("H", 1, 4), Dim("L", 2, 5)

_lstm = dict(wh=reals(H, 4 * H, low=-1, high=1), b=reals(4 * H, low=-1, high=1))
_encoder = group(embed=reals(V, D), wx=reals(D, 4 * H, low=-1, high=1), **_lstm)
_decoder = group(
    embed=reals(V, D),
    wx=reals(D, 4 * H, low=-1, high=1),
    **_lstm,
    w=reals(H, V),
    b_out=reals(V, low=-1, high=1),
)
_peeky = group(
    embed=reals(V, D),
    wx=reals(H + D, 4 * H, low=-1, high=1),
    **_lstm,
    w=reals(H + H, V),
    b_out=reals(V, low=-1, high=1),
)

S = Dim("T", 2, 4)
_ids = integers(B, S, high=V, repeats=True)
_h = reals(B, H, low=-1, high=1)


def _greedy(params, h, start, length):
    """The written ids, and the smallest lead of a largest score over the second largest."""
    peeky = params["wx"].shape[0] > params["embed"].shape[1]
    state, cell = h, np.zeros_like(h)
    last, written, leads = np.full(h.shape[0], start), [], []
    for _ in range(length):
        x = params["embed"][last]
        x = np.concatenate([h, x], axis=1) if peeky else x
        i, f, g, o = np.split(x @ params["wx"] + state @ params["wh"] + params["b"], 4, axis=1)
        cell = cell / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
        state = np.tanh(cell) / (1 + np.exp(-o))
        top = np.concatenate([h, state], axis=1) if peeky else state
        scores = top @ params["w"] + params["b_out"]
        last = np.argmax(scores, axis=1)
        written.append(last)
        ordered = np.sort(scores, axis=1)
        leads.append(ordered[:, -1] - ordered[:, -2])
    return np.stack(written, axis=1), np.min(leads)


def _clear(case):
    """No character is chosen by a hair, and they are not all the same one."""
    written, lead = _greedy(case.params, case.h, case.start, case.length)
    return bool(lead > 0.05) and np.unique(written).size > 1


def _what_it_reads(case):
    """The inputs that teacher forcing would give for the written answer."""
    written, _ = _greedy(case.params, case.h, case.start, case.length)
    first = np.full((written.shape[0], 1), case.start)
    return np.concatenate([first, written[:, :-1]], axis=1)


pairs = domain(ids=integers(B, Dim("T", 2, 5), high=Dim("V", 6, 9)))
scored = domain(scores=reals(B, T, V, low=-4, high=4), targets=integers(B, T, high=V))
questions = domain(ids=_ids, params=_encoder)
questions_back = domain(ids=_ids, params=_encoder, dh=reals(B, H))
answers = domain(ids=_ids, h=_h, params=_decoder)
answers_back = domain(ids=_ids, h=_h, params=_decoder, dscores=reals(B, S, V))
writing = domain(
    h=_h,
    params=_decoder,
    start=choice(1, 2),
    length=dimension(L),
    ids=derived(_what_it_reads),
    dscores=reals(B, L, V),
    where=_clear,
)
peeking = domain(
    ids=_ids,
    h=_h,
    params=_peeky,
    start=choice(1, 2),
    length=dimension(Dim("L", 3, 5)),
    where=_clear,
)
peeking_back = domain(
    ids=_ids, h=_h, params=_peeky, dscores=reals(B, S, V), start=choice(1, 2), length=constant(2)
)


def _waves(*shape, turn=1.0):
    """Different numbers between -1 and 1, for the explicit cases."""
    count = np.arange(np.prod(shape), dtype=np.float64)
    return np.sin(turn + count * turn).reshape(shape)


def _encoder_case(v, d, h, **others):
    params = dict(
        embed=_waves(v, d) * 2, wx=_waves(d, 4 * h), wh=_waves(h, 4 * h), b=_waves(4 * h) / 2
    )
    return dict(params=params, **others)


def _decoder_case(v, d, h, rows, peeky=False, turn=1.0, size=1.0, **others):
    """A decoder with wave-like parameters; `size` stretches what makes the scores."""
    peek = h if peeky else 0
    params = dict(
        embed=_waves(v, d, turn=turn) * 2,
        wx=_waves(peek + d, 4 * h, turn=turn + 0.1) * size,
        wh=_waves(h, 4 * h, turn=turn + 0.2) * size,
        b=_waves(4 * h, turn=turn + 0.3),
        w=_waves(peek + h, v, turn=turn + 0.4) * 2 * size,
        b_out=_waves(v, turn=turn + 0.5),
    )
    return dict(params=params, h=_waves(rows, h, turn=turn + 0.6), **others)


def _alone(row):
    return f"a sequence gives the same {row} alone as in a batch"


@check(
    task="reverse",
    points=1,
    cases=pairs,
    count=3,
    special=[
        special("one character", lambda: dict(ids=np.array([[3], [1]]))),
        special("two sequences", lambda: dict(ids=np.array([[1, 6, 10, 7, 5], [2, 10, 9, 4, 12]]))),
    ],
)
def reverse_values(student, case):
    """reverse turns every sequence back to front"""
    turned = student.reverse(case.ids)
    return [
        values(ids=turned),
        same(student.reverse(turned), case.ids, because="reversing twice changes nothing"),
    ]


@check(
    task="shift_targets",
    points=1,
    cases=pairs,
    count=3,
    special=[special("a start and one character", lambda: dict(ids=np.array([[11, 4], [11, 7]])))],
)
def shift_targets_values(student, case):
    """shift_targets pairs every character with the one that follows it"""
    inputs, targets = student.shift_targets(case.ids)
    return [
        values(inputs=inputs, targets=targets),
        same(
            targets[:, :-1],
            inputs[:, 1:],
            because="what should be said at one step is what is read at the next",
        ),
    ]


def _extreme(*rows, targets):
    return dict(scores=np.array([rows], dtype=np.float64), targets=np.array([targets]))


@check(
    task="sequence_loss",
    points=1,
    cases=scored,
    count=3,
    special=[
        special("all scores equal", lambda: dict(_extreme([2] * 4, [2] * 4, targets=[3, 0]))),
        special(
            "scores of 1000 and -1000",
            lambda: _extreme([1000, 998, 1], [-1000, -1001, -1003], targets=[1, 2]),
        ),
        special(
            "a right character with almost no probability",
            lambda: _extreme([60, 0], [900, 0], targets=[1, 1]),
        ),
        special(
            "one character in each of two sequences",
            lambda: dict(scores=_waves(2, 1, 3) * 3, targets=np.array([[2], [0]])),
        ),
    ],
)
def sequence_loss_values(student, case):
    """sequence_loss returns the mean over all characters and its gradient"""
    loss, dscores = student.sequence_loss(case.scores, case.targets)
    rows, steps, characters = case.scores.shape
    in_one_row, _ = student.sequence_loss(
        case.scores.reshape(1, rows * steps, characters), case.targets.reshape(1, rows * steps)
    )
    return [
        values(loss=loss),
        gradients(of=loss, cotangent=1.0, scores=dscores),
        same(
            in_one_row,
            loss,
            because="all characters count alike, however they are spread over sequences",
        ),
        same(
            dscores.sum(axis=2),
            np.zeros((rows, steps)),
            because="at every step dscores sums to 0 over the characters",
            scale=1.0,
        ),
    ]


@check(
    task="Encoder",
    points=1,
    cases=questions,
    count=3,
    special=[
        special(
            "a single character", lambda: _encoder_case(3, 1, 2, ids=np.array([[2], [0], [2]]))
        ),
        special(
            "the same question twice", lambda: _encoder_case(4, 2, 1, ids=np.array([[3, 1, 0]] * 2))
        ),
    ],
)
def encoder_state(student, case):
    """Encoder.forward returns the state after the last character"""
    encoder = student.Encoder(case.params)
    h = encoder.forward(case.ids)
    alone = encoder.forward(case.ids[-1:])
    return [values(h=h), same(alone, h[-1:], because=_alone("state"))]


@check(
    task="Encoder",
    points=1,
    cases=questions_back,
    count=3,
    requires=[encoder_state],
    special=[
        special(
            "a single character",
            lambda: _encoder_case(3, 1, 2, ids=np.array([[2], [2]]), dh=_waves(2, 2)),
        ),
        special(
            "one character repeated",
            lambda: _encoder_case(3, 2, 1, ids=np.array([[1, 1, 1]]), dh=_waves(1, 1)),
        ),
    ],
)
def encoder_gradients(student, case):
    """Encoder.backward returns the gradients of its own forward"""
    encoder, other = student.Encoder(case.params), student.Encoder(case.params)
    h = encoder.forward(case.ids)
    other.forward(case.ids[:, ::-1].copy())
    return gradients(of=h, cotangent=case.dh, params=encoder.backward(case.dh))


@check(
    task="Decoder",
    points=1,
    cases=answers,
    count=3,
    special=[
        special("a single character", lambda: _decoder_case(3, 1, 2, 2, ids=np.array([[1], [1]]))),
        special(
            "two questions, one answer",
            lambda: _decoder_case(4, 3, 2, 2, ids=np.array([[3, 0, 3]] * 2)),
        ),
    ],
)
def decoder_scores(student, case):
    """Decoder.forward starts from h and reads the given characters"""
    decoder = student.Decoder(case.params)
    scores = decoder.forward(case.ids, case.h)
    ids = case.ids.copy()
    ids[:, -1] = (ids[:, -1] + 1) % case.params["embed"].shape[0]
    changed = decoder.forward(ids, case.h)
    alone = decoder.forward(case.ids[-1:], case.h[-1:])
    return [
        values(scores=scores),
        same(
            changed[:, :-1, :],
            scores[:, :-1, :],
            because="the last character has no influence on earlier scores",
        ),
        same(alone, scores[-1:], because=_alone("scores")),
    ]


@check(
    task="Decoder",
    points=1,
    cases=answers_back,
    count=3,
    requires=[decoder_scores],
    special=[
        special(
            "a single character",
            lambda: _decoder_case(3, 1, 2, 2, ids=np.array([[1], [1]]), dscores=_waves(2, 1, 3)),
        ),
        special(
            "one character repeated",
            lambda: _decoder_case(3, 2, 1, 1, ids=np.array([[2, 2, 2]]), dscores=_waves(1, 3, 3)),
        ),
    ],
)
def decoder_gradients(student, case):
    """Decoder.backward returns all gradients, dh included"""
    decoder = student.Decoder(case.params)
    scores = decoder.forward(case.ids, case.h)
    grads, dh = decoder.backward(case.dscores)
    return gradients(of=scores, cotangent=case.dscores, params=grads, h=dh)


def _tied():
    """No weight on the state: the scores are the biases, and characters 1 and 3 tie."""
    case = _decoder_case(5, 2, 1, 2, start=4, length=2, dscores=_waves(2, 2, 5))
    case["params"]["w"] = np.zeros((1, 5))
    case["params"]["b_out"] = np.array([-1.0, 0.5, 0.25, 0.5, 0.0])
    return dict(case, ids=np.array([[4, 1], [4, 1]]))


def _long():
    """Two answers that differ; both states are needed to write them."""
    case = _decoder_case(4, 2, 2, 2, turn=1.2, size=2.0, start=0, length=5)
    ids = np.array([[0, 0, 0, 2, 2], [0, 3, 0, 0, 2]])
    return dict(case, ids=ids, dscores=_waves(2, 5, 4))


@check(
    task="Decoder",
    points=1,
    cases=writing,
    count=3,
    special=[
        special("two characters tie", _tied),
        special("five characters from two questions", _long),
        special(
            "a single character",
            lambda: _decoder_case(
                3, 2, 1, 1, start=2, length=1, ids=np.array([[2]]), dscores=_waves(1, 1, 3)
            ),
        ),
    ],
)
def decoder_generates(student, case):
    """Decoder.generate writes the best character, reads it, and goes on"""
    decoder, other = student.Decoder(case.params), student.Decoder(case.params)
    unlike = (case.ids + 1) % case.params["embed"].shape[0]
    decoder.forward(unlike, case.h)
    written = decoder.generate(case.h, case.start, case.length)
    _, dh = decoder.backward(case.dscores)
    other.forward(unlike, case.h)
    _, undisturbed = other.backward(case.dscores)
    scores = other.forward(case.ids, case.h)
    return [
        values(written=written),
        same(
            np.argmax(scores, axis=2),
            written,
            because="when forward reads what was written, each character is the best at its step",
        ),
        same(
            dh,
            undisturbed,
            because="generate between forward and backward does not change the gradients",
        ),
    ]


def _without_memory(params):
    """The recurrent weights cut and the forget gates shut: each step forgets all before it."""
    b = params["b"].copy()
    hidden = b.shape[0] // 4
    b[hidden : 2 * hidden] = -60.0
    return dict(params, wh=np.zeros_like(params["wh"]), b=b)


@check(
    task="PeekyDecoder",
    points=1,
    cases=peeking,
    count=3,
    special=[
        special(
            "five characters from two questions",
            lambda: _decoder_case(
                4,
                2,
                2,
                2,
                peeky=True,
                turn=1.6,
                size=3.0,
                ids=np.array([[0, 3, 1], [2, 2, 1]]),
                start=0,
                length=5,
            ),
        ),
    ],
)
def peeky_scores(student, case):
    """PeekyDecoder sees the encoder's state at every step"""
    decoder = student.PeekyDecoder(case.params)
    scores = decoder.forward(case.ids, case.h)
    written = decoder.generate(case.h, case.start, case.length)
    forgetful = student.PeekyDecoder(_without_memory(case.params))
    one_character = np.repeat(case.ids[:, :1], 3, axis=1)
    steps = forgetful.forward(one_character, case.h)
    return [
        values(scores=scores, written=written),
        same(
            steps[:, 1:, :],
            steps[:, :-1, :],
            because="an LSTM that remembers nothing and reads one character again and again, "
            "with the encoder's state beside it, gives the same scores at every step",
        ),
    ]


@check(
    task="PeekyDecoder",
    points=1,
    cases=peeking_back,
    count=3,
    requires=[peeky_scores],
    special=[
        special(
            "a single character",
            lambda: _decoder_case(
                3,
                1,
                2,
                2,
                peeky=True,
                ids=np.array([[1], [1]]),
                dscores=_waves(2, 1, 3),
                start=0,
                length=1,
            ),
        ),
    ],
)
def peeky_gradients(student, case):
    """PeekyDecoder.backward returns all gradients, also after writing"""
    decoder = student.PeekyDecoder(case.params)
    scores = decoder.forward(case.ids, case.h)
    decoder.generate(case.h, case.start, case.length)
    grads, dh = decoder.backward(case.dscores)
    return gradients(of=scores, cotangent=case.dscores, params=grads, h=dh)
