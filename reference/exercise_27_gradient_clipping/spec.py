"""What exercise 27 checks. The norm, clipping from several sides, the Jacobians over time."""

import numpy as np

from grader.spec import (
    Dim,
    check,
    choice,
    derived,
    domain,
    group,
    holds,
    reals,
    same,
    scalar,
    special,
    values,
)

FORBIDDEN = {
    "torch.nn.utils": "measuring and clipping the gradients is what this exercise is about",
    "torch.autograd": "multiply the Jacobians yourself",
    "torch.func": "multiply the Jacobians yourself",
    ".backward": "multiply the Jacobians yourself",
}

EQUIVALENT_MUTANTS = {
    "module: Array = Any → Array = None": "the name stands in annotations only",
    "global_norm: … → entries = xp.concat([xp.reshape(g, (- 2,)) for g in arrays])": (
        "NumPy takes any negative length for the one that follows from the others"
    ),
    "global_norm: … → entries = xp.concat([xp.reshape(g, (~1,)) for g in arrays])": (
        "NumPy takes any negative length for the one that follows from the others"
    ),
    "global_norm: … → if largest <= 0:": "an absolute value is never negative",
    "clip_by_global_norm: … → factor = max_norm / norm if norm >= max_norm else 1.0": (
        "they differ where the norm is the limit, and there the quotient is 1"
    ),
    "jacobian_norms: … → identity = xp.eye(units, dtype=None, device=device(hs))": (
        "None stands for float64, which the inputs have"
    ),
    "jacobian_norms: … → identity = xp.eye(units, device=device(hs))": (
        "without a dtype it is float64, which the inputs have"
    ),
    "jacobian_norms: … → identity = xp.eye(units, dtype=hs.dtype, device=None)": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "jacobian_norms: … → identity = xp.eye(units, dtype=hs.dtype, )": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "jacobian_norms: … → norms = [xp.linalg.matrix_norm(jacobian, ord= 1)]": (
        "every such norm of the identity is 1"
    ),
}

D, K, M = Dim("D", 2, 4), Dim("K", 2, 5), Dim("M", 1, 3)
B, T, H = Dim("B", 1, 3), Dim("T", 3, 6), Dim("H", 2, 4)
SEVERAL = Dim("B", 2, 3)

_grads = group(w=reals(D, K), b=reals(K), table=reals(M, D, 2))


def _norm(grads):
    return float(np.sqrt(sum(np.sum(g**2) for g in grads.values())))


def _limit(case):
    """A share of the norm, or a multiple, as a number with few digits."""
    return round(case.share * _norm(case.grads), 2)


gradients_of_a_network = domain(grads=_grads)
too_long = domain(grads=_grads, share=scalar(0.25, 0.75), max_norm=derived(_limit))
short_enough = domain(grads=_grads, share=scalar(1.25, 3), max_norm=derived(_limit))

network = domain(
    wh=reals(H, H, low=-1, high=1),
    hs=reals(B, T, H, low=-0.875, high=0.875),
)
network_of_several = domain(
    wh=reals(H, H, low=-1, high=1),
    hs=reals(SEVERAL, T, H, low=-0.875, high=0.875),
)


def _three_and_four():
    return dict(w=np.array([[1.0, 2.0], [2.0, 0.0]]), b=np.array([4.0]))


def _zeros():
    return dict(w=np.zeros((2, 3)), b=np.zeros(2))


def _grown(grads, factor):
    return {name: g * factor for name, g in grads.items()}


@check(
    task="global_norm",
    points=1,
    cases=gradients_of_a_network,
    count=4,
    special=[
        special("norms of 3 and 4", lambda: dict(grads=_three_and_four())),
        special("a single array", lambda: dict(grads=dict(w=np.array([[3.0], [-4.0], [12.0]])))),
        special("a single entry, negative", lambda: dict(grads=dict(b=np.array([-2.5])))),
        special(
            "all entries zero in one of two arrays",
            lambda: dict(grads=dict(w=np.array([[2.0, -3.0], [6.0, 0.0]]), b=np.zeros(3))),
        ),
        special("nothing but zeros", lambda: dict(grads=_zeros())),
    ],
)
def global_norm_values(student, case):
    """global_norm measures all entries of all arrays together"""
    norm = student.global_norm(case.grads)
    flat = np.concatenate([g.ravel() for g in reversed(case.grads.values())])
    return [
        values(norm=norm),
        same(
            student.global_norm([flat]),
            norm,
            because="the same entries in a list of one long array have the same norm",
        ),
    ]


def _of_size(exponent, **arrays):
    return dict(grads=arrays or _three_and_four(), exponent=exponent)


@check(
    task="global_norm",
    points=1,
    special=[
        special("entries of 1e200", lambda: _of_size(200)),
        special("entries of 1e-200", lambda: _of_size(-200)),
        special(
            "large, small and negative entries together",
            lambda: _of_size(180, w=np.array([[1e-150, -3e19]]), b=np.array([0.0, 4e19])),
        ),
        special("one small negative entry", lambda: _of_size(-190, b=np.array([-3.0]))),
    ],
)
def global_norm_of_extreme_gradients(student, case):
    """global_norm is right for entries as large as 1e200 and as small as 1e-200"""
    size = 10.0**case.exponent
    norm = student.global_norm(_grown(case.grads, size))
    return values(norm_over_size=norm / size)


@check(
    task="clip_by_global_norm",
    points=1,
    cases=too_long,
    count=4,
    special=[
        special("5 to 2.5", lambda: dict(grads=_three_and_four(), max_norm=2.5)),
        special("a limit below every entry", lambda: dict(grads=_three_and_four(), max_norm=0.125)),
        special(
            "a single array", lambda: dict(grads=dict(w=np.array([[6.0], [-8.0]])), max_norm=9.0)
        ),
    ],
)
def clip_above_the_limit(student, case):
    """clip_by_global_norm shortens all arrays by one factor"""
    clipped, _ = student.clip_by_global_norm(case.grads, case.max_norm)
    listed, _ = student.clip_by_global_norm(list(case.grads.values()), case.max_norm)
    again, _ = student.clip_by_global_norm(clipped, 2 * case.max_norm)
    return [
        values(clipped=clipped),
        same(
            listed,
            list(clipped.values()),
            because="arrays in a list are clipped like arrays in a dict",
        ),
        same(
            again,
            clipped,
            because="what was clipped is within twice the limit, so it is not changed again",
        ),
    ]


@check(
    task="clip_by_global_norm",
    points=1,
    cases=short_enough,
    count=4,
    special=[
        special("a norm equal to the limit", lambda: dict(grads=_three_and_four(), max_norm=5.0)),
        special("nothing but zeros", lambda: dict(grads=_zeros(), max_norm=0.5)),
        special(
            "entries above 1, norm below the limit",
            lambda: dict(grads=_three_and_four(), max_norm=5.5),
        ),
    ],
)
def clip_below_the_limit(student, case):
    """clip_by_global_norm leaves gradients alone that are short enough"""
    clipped, norm = student.clip_by_global_norm(case.grads, case.max_norm)
    listed, _ = student.clip_by_global_norm(list(case.grads.values()), case.max_norm)
    return [
        values(clipped=clipped, norm=norm),
        same(listed, list(case.grads.values()), because="gradients below the limit do not change"),
    ]


@check(
    task="clip_by_global_norm",
    points=1,
    cases=too_long,
    count=3,
    special=[special("5 to 2.5", lambda: dict(grads=_three_and_four(), max_norm=2.5))],
)
def clip_returns_the_norm(student, case):
    """clip_by_global_norm returns the norm before clipping"""
    _, norm = student.clip_by_global_norm(case.grads, case.max_norm)
    _, listed = student.clip_by_global_norm(list(case.grads.values()), case.max_norm / 2)
    return [
        values(norm=norm),
        same(listed, norm, because="the norm that is returned does not depend on max_norm"),
    ]


@check(
    task="clip_by_global_norm",
    points=1,
    cases=domain(grads=_grads, exponent=choice(-7, -9, -11), limit=scalar(0.25, 1)),
    count=3,
    special=[
        special("gradients of 1e-200", lambda: dict(_of_size(-200), limit=2.0)),
        special("gradients of 1e200", lambda: dict(_of_size(200), limit=2.0)),
    ],
)
def clip_is_exact_at_any_size(student, case):
    """clip_by_global_norm is exact for gradients of any size"""
    size = 10.0**case.exponent
    grads, max_norm = _grown(case.grads, size), case.limit * size
    clipped, norm = student.clip_by_global_norm(grads, max_norm)
    return values(
        clipped_over_size={name: g / size for name, g in clipped.items()},
        norm_over_size=norm / size,
    )


def _alternating(batch, steps, units):
    """Different states between -0.9 and 0.9."""
    return 0.9 * np.sin(1.0 + np.arange(batch * steps * units)).reshape(batch, steps, units)


def _linear(steps, *rows):
    """All states at 0, so that the Jacobians are the powers of wh."""
    return dict(wh=np.array(rows), hs=np.zeros((1, steps, len(rows))))


@check(
    task="jacobian_norms",
    points=2,
    cases=network,
    special=[
        special(
            "a single step",
            lambda: dict(wh=np.array([[2.0, 1.0], [0.5, -1.0]]), hs=_alternating(3, 1, 2)),
        ),
        special(
            "one unit", lambda: dict(wh=np.array([[-1.5]]), hs=np.array([[[0.75], [0.5], [-0.25]]]))
        ),
        special(
            "states at 1 and -1, where nothing gets through",
            lambda: dict(
                wh=np.array([[1.0, -2.0], [0.5, 1.0]]),
                hs=np.array([[[0.5, -0.25], [1.0, -1.0], [0.25, 0.75]]]),
            ),
        ),
        special("a rotation, all states 0", lambda: _linear(5, [0.6, 0.8], [-0.8, 0.6])),
        special(
            "a chain of three units, all states 0",
            lambda: _linear(4, [0, 2.0, 0], [0, 0, 3.0], [0, 0, 0]),
        ),
        special(
            "one of two units saturated",
            lambda: dict(
                wh=np.array([[1.0, -2.0], [0.5, 1.5]]),
                hs=np.array([[[0.5, -0.25], [0.25, 1.0], [0.5, 0.75]]]),
            ),
        ),
    ],
)
def jacobian_norms_values(student, case):
    """jacobian_norms returns the spectral norms of the Jacobians up to the last step"""
    norms = student.jacobian_norms(case.wh, case.hs)
    moved = case.hs.copy()
    moved[:, 0, :] = 0.5
    return [
        values(norms=norms),
        same(
            student.jacobian_norms(case.wh, moved),
            norms,
            because="the first state only marks where the way back ends: its slope is not on the "
            "way",
        ),
    ]


@check(task="jacobian_norms", points=1, cases=network_of_several, count=4)
def jacobian_norms_follow_the_chain_rule(student, case):
    """jacobian_norms chains its steps, sequence by sequence and unit by unit"""
    wh, hs = case.wh, case.hs
    norms = student.jacobian_norms(wh, hs)
    units = np.arange(len(wh))[::-1]
    bound = np.linalg.svd(wh, compute_uv=False)[0]
    return [
        same(
            student.jacobian_norms(wh, hs[-1:, 1:, :]),
            norms[-1:, 1:],
            because="one sequence alone, without its first step, has the same norms at the others",
        ),
        same(
            student.jacobian_norms(wh[units][:, units], hs[:, :, units]),
            norms,
            because="numbering the hidden units backwards does not change the norms",
        ),
        holds(
            np.all(norms[:, :-1] <= bound * norms[:, 1:] * (1 + 1e-5)),
            because="one step back multiplies the norm by at most the largest singular value of wh",
        ),
    ]


@check(
    task="jacobian_norms",
    points=1,
    special=[
        special(
            "eigenvalues of 0.5, but growth at first", lambda: _linear(6, [0.5, 1.0], [0.0, 0.5])
        ),
        special("40 steps of growth", lambda: _linear(40, [3.0, 1.0], [0.5, 2.0])),
        special("40 steps of decay", lambda: _linear(40, [0.25, 0.125], [-0.125, 0.25])),
        special(
            "40 steps with slopes",
            lambda: dict(wh=np.array([[0.5, -1.0], [1.0, 0.25]]), hs=_alternating(2, 40, 2)),
        ),
    ],
)
def jacobian_norms_grow_and_vanish(student, case):
    """jacobian_norms shows growth and decay exactly, however large or small"""
    norms = student.jacobian_norms(case.wh, case.hs)
    with np.errstate(divide="ignore", invalid="ignore"):
        return values(norms=norms, log10_norms=np.log10(norms))
