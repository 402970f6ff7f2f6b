"""What exercise 37 checks: codes that are added, then queries and keys that are turned.

K = 2 * M is the size of a head; M pairs make it even.
"""

import numpy as np

from grader.spec import (
    Dim,
    check,
    choice,
    domain,
    gradients,
    holds,
    integers,
    permutation,
    reals,
    same,
    special,
    values,
)

FORBIDDEN = {
    "torch.autograd": "the backward pass is part of this exercise",
    "torch.func": "the backward pass is part of this exercise",
    ".backward": "the backward pass is part of this exercise",
    "torch.nn": "write the codes yourself",
    "transformers": "write the codes yourself",
}

_CPU = "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
_FLOAT64 = "NumPy's default is float64, and so are the inputs; torch's default is another"
_ORDER = '"halves" comes before "neighbours" in the alphabet, so they say the same'

EQUIVALENT_MUTANTS = {
    "_angles: … → even = xp.arange(0, width, 2, dtype=None, device=device(positions))": _FLOAT64,
    "_angles: … → even = xp.arange(0, width, 2, device=device(positions))": _FLOAT64,
    "_angles: … → even = xp.arange(0, width, 2, dtype=xp.float64, device=None)": _CPU,
    "_angles: … → even = xp.arange(0, width, 2, dtype=xp.float64, )": _CPU,
    "sinusoidal: … → angles = _angles(xp.arange(length, device=None), width, base)": _CPU,
    "sinusoidal: … → angles = _angles(xp.arange(length, ), width, base)": _CPU,
    "sinusoidal: … → codes = xp.reshape(pairs, (length, - 2))[:, :width]": (
        "NumPy takes any negative size for the one to be found"
    ),
    "sinusoidal: … → codes = xp.reshape(pairs, (length, ~1))[:, :width]": (
        "NumPy takes any negative size for the one to be found"
    ),
    "sinusoidal: … → return xp.astype(codes, None)": _FLOAT64,
    "learned_backward: … → …(cache - length, width), dtype=None, device=device(dout))": _FLOAT64,
    "learned_backward: … → …(cache - length, width), device=device(dout))": _FLOAT64,
    "learned_backward: … → …(cache - length, width), dtype=dout.dtype, device=None)": _CPU,
    "learned_backward: … → …(cache - length, width), dtype=dout.dtype, )": _CPU,
    "learned_backward: … → return dout, xp.concat([used, unused], )": "axis 0 is the default",
    "rope: … → cos, sin = xp.astype(xp.cos(angles), None)…": _FLOAT64,
    "rope: … → cos, sin = … xp.astype(xp.sin(angles), None)": _FLOAT64,
    'rope: … → if pairing >= "neighbours":…': _ORDER,
}

B, T, D = Dim("B", 1, 3), Dim("T", 2, 6), Dim("D", 2, 7)
H, M = Dim("H", 1, 4), Dim("M", 2, 4)
UNUSED, B2 = Dim("U", 1, 5), Dim("B", 2, 4)


def _sequence(length, width):
    return np.round(np.random.default_rng(37).uniform(-1, 1, (1, length, width)), 2)


@check(
    task="sinusoidal",
    points=2,
    cases=domain(x=reals(B, T, D), base=choice(10000.0, 100.0, 7.0)),
    count=4,
    special=[
        special("an odd width", lambda: dict(x=_sequence(3, 5), base=50.0)),
        special("an even width", lambda: dict(x=_sequence(3, 6), base=50.0)),
        special("a single column", lambda: dict(x=_sequence(4, 1), base=100.0)),
        special("a single position", lambda: dict(x=_sequence(1, 4), base=100.0)),
        special("thirty positions", lambda: dict(x=_sequence(30, 8), base=100.0)),
    ],
)
def sinusoidal_values(student, case):
    """sinusoidal gives sines and cosines in turn, slower and slower"""
    codes = student.sinusoidal(case.x)
    other = student.sinusoidal(case.x, case.base)
    return values(codes_with_the_default_base=codes, codes_with_another_base=other)


def _moved(codes, by):
    """The codes `by` positions later, from the codes alone: every pair turned by its own angle."""
    pairs = codes[:, : codes.shape[1] // 2 * 2]
    sin, cos = pairs[:-by, 0::2], pairs[:-by, 1::2]
    sin_by, cos_by = pairs[by, 0::2], pairs[by, 1::2]
    turned = np.stack([sin * cos_by + cos * sin_by, cos * cos_by - sin * sin_by], axis=-1)
    return pairs[by:], turned.reshape(len(turned), -1)


@check(
    task="sinusoidal",
    points=1,
    special=[
        special("ten positions", lambda: dict(x=_sequence(10, 5), base=10000.0, by=3)),
        special("a long sequence", lambda: dict(x=np.zeros((1, 1500, 4)), base=2.0, by=700)),
    ],
)
def sinusoidal_turns(student, case):
    """sinusoidal codes turn by one angle per step, also far along"""
    codes = student.sinusoidal(case.x, case.base)
    later, turned = _moved(codes, case.by)
    return [
        values(codes=codes),
        same(
            later,
            turned,
            because="the code of position p + k is that of p, each pair turned by k times its "
            "frequency",
        ),
    ]


def _codes(length, rows, width, batch=2):
    rng = np.random.default_rng(length)
    return dict(
        x=np.round(rng.uniform(-1, 1, (batch, length, width)), 2),
        table=np.round(rng.uniform(-1, 1, (rows, width)), 2),
        dout=np.round(rng.uniform(-1, 1, (batch, length, width)), 2),
    )


_TABLES = [
    special("a table that is just long enough", lambda: _codes(3, 3, 2)),
    special("one position of many", lambda: _codes(1, 4, 3)),
    special("one example", lambda: _codes(2, 3, 4, batch=1)),
]


@check(
    task="learned_forward",
    points=1,
    cases=domain(x=reals(B, T, D), table=reals(T + UNUSED, D)),
    count=4,
    special=_TABLES,
)
def learned_values(student, case):
    """learned_forward adds row p of the table to position p"""
    out, _ = student.learned_forward(case.x, case.table)
    flipped, _ = student.learned_forward(case.x, case.table[::-1].copy())
    added = out - case.x
    return [
        values(out=out, out_with_the_rows_of_the_table_reversed=flipped),
        same(
            added,
            np.repeat(added[:1], len(added), axis=0),
            because="every sequence of the batch gets the same rows",
            scale=1.0,
        ),
    ]


@check(
    task="learned_backward",
    points=1,
    cases=domain(x=reals(B2, T, D), table=reals(T + UNUSED, D), dout=reals(B2, T, D)),
    count=4,
    special=_TABLES,
)
def learned_gradients(student, case):
    """learned_backward returns the gradients for x and for the whole table"""
    out, cache = student.learned_forward(case.x, case.table)
    dx, dtable = student.learned_backward(case.dout, cache)
    return gradients(of=out, cotangent=case.dout, x=dx, table=dtable)


def _tokens(positions, pairing, base=10000.0, size=4, seed=0):
    """Two heads with fixed numbers at the given positions."""
    rng = np.random.default_rng(seed)
    shape = (1, 2, len(positions), size)
    return dict(
        x=np.round(rng.uniform(0.2, 1, shape), 2),
        dout=np.round(rng.uniform(-1, 1, shape), 2),
        positions=np.array(positions),
        pairing=pairing,
        base=base,
    )


_TURNED = [
    special("one token at position 7, neighbours", lambda: _tokens([7], "neighbours")),
    special("one token at position 7, halves", lambda: _tokens([7], "halves")),
    special("a base of 500", lambda: _tokens([5, 5, 2], "halves", base=500.0, size=6)),
]
_ONE_PAIR = [
    special("one pair", lambda: _tokens([3, 1], "neighbours", size=2)),
    special("one pair, in halves", lambda: _tokens([3, 1], "halves", size=2)),
]


def _turned(**more):
    return domain(
        x=reals(B, H, T, 2 * M),
        positions=integers(T, high=30),
        pairing=choice("neighbours", "halves"),
        base=choice(10000.0, 100.0, 7.0),
        **more,
    )


def _relayout(case):
    """The order of features that turns the layout of case.pairing into the other, and its undo."""
    features = np.arange(case.x.shape[-1])
    to_halves = np.concatenate([features[0::2], features[1::2]])
    to_neighbours = np.argsort(to_halves)
    if case.pairing == "neighbours":
        return to_halves, to_neighbours, "halves"
    return to_neighbours, to_halves, "neighbours"


@check(
    task="rope",
    points=2,
    cases=_turned(),
    count=4,
    special=_TURNED + _ONE_PAIR,
)
def rope_values(student, case):
    """rope turns every pair by its position times its frequency"""
    default = student.rope(case.x, case.positions, case.pairing)
    out = student.rope(case.x, case.positions, case.pairing, case.base)
    start = student.rope(case.x, 0 * case.positions, case.pairing, case.base)
    into, back, other = _relayout(case)
    relaid = student.rope(case.x[..., into], case.positions, other, case.base)
    return [
        values(out_with_the_default_base=default, out_with_another_base=out),
        same(start, case.x, because="a token at position 0 stays as it is"),
        same(
            relaid[..., back],
            out,
            because="the two pairings do the same when the features are put in the other order",
        ),
    ]


@check(
    task="rope",
    points=1,
    cases=domain(
        query=reals(B, H, 1, 2 * M, away_from=0.0),
        key=reals(B, H, 1, 2 * M, away_from=0.0),
        positions=permutation(T),
        shift=integers(1, low=1, high=20),
        pairing=choice("neighbours", "halves"),
    ),
    count=3,
)
def rope_distance(student, case):
    """rope makes scores depend on the distance of two tokens alone"""
    length = len(case.positions)
    query, key = np.repeat(case.query, length, axis=2), np.repeat(case.key, length, axis=2)
    q = student.rope(query, case.positions, case.pairing)
    k = student.rope(key, case.positions, case.pairing)
    later_q = student.rope(query, case.positions + case.shift, case.pairing)
    later_k = student.rope(key, case.positions + case.shift, case.pairing)
    scores = q @ k.swapaxes(-1, -2)
    return [
        values(turned_queries=q, turned_keys=k),
        same(
            (q * q).sum(axis=-1),
            (query * query).sum(axis=-1),
            because="a turn keeps the length of a query",
        ),
        same(
            later_q @ later_k.swapaxes(-1, -2),
            scores,
            because="moving all tokens on by the same number of positions changes no score",
        ),
        holds(
            np.ptp(scores) > 1e-8,
            because="the same query and key have another score at another distance",
        ),
    ]


@check(
    task="rope",
    points=1,
    cases=domain(
        x=reals(1, 2, 3, 6, away_from=0.0),
        positions=integers(3, low=4000, high=60000),
        pairing=choice("neighbours", "halves"),
        base=choice(10.0, 100.0),
    ),
    count=3,
    special=[
        special("positions of 4,000", lambda: _tokens([4000, 4003], "neighbours", size=6)),
    ],
    single_precision=True,
)
def rope_far_along(student, case):
    """rope keeps its accuracy at positions such as 4,000"""
    return values(out=student.rope(case.x, case.positions, case.pairing, case.base))


@check(
    task="rope_backward",
    points=1,
    cases=_turned(dout=reals(B, H, T, 2 * M)),
    count=3,
    special=_TURNED,
)
def rope_gradients(student, case):
    """rope_backward turns the gradient back"""
    out = student.rope(case.x, case.positions, case.pairing, case.base)
    dx = student.rope_backward(case.dout, case.positions, case.pairing, case.base)
    default = student.rope(case.x, case.positions, case.pairing)
    ddefault = student.rope_backward(case.dout, case.positions, case.pairing)
    restored = student.rope_backward(out, case.positions, case.pairing, case.base)
    return [
        gradients(of=out, cotangent=case.dout, x=dx),
        gradients(of=default, cotangent=case.dout, x=ddefault),
        same(restored, case.x, because="turning forth and back gives x again"),
    ]
