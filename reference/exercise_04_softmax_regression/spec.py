"""What exercise 04 checks: softmax and its logarithm, targets, the loss and its gradient, KL."""

import math

import numpy as np

from grader.spec import (
    Dim,
    check,
    derived,
    dimension,
    domain,
    gradients,
    holds,
    integers,
    reals,
    same,
    special,
    values,
)

FORBIDDEN = {
    "torch.nn": "softmax and the losses are what this exercise is about",
    "torch.softmax": "softmax is one of the tasks",
    "torch.log_softmax": "log_softmax is one of the tasks",
    "torch.kl_div": "kl_divergence is one of the tasks",
    "torch.special": "softmax and log_softmax are among the tasks",
    "torch.distributions": "the losses are what this exercise is about",
    ".softmax": "softmax is one of the tasks; call your own function",
    ".log_softmax": "log_softmax is one of the tasks; call your own function",
    "scipy": "softmax, log_softmax and the divergence are among the tasks",
    "torch.autograd": "the gradient is what this exercise is about",
    "torch.func": "the gradient is what this exercise is about",
    ".backward": "the gradient is what this exercise is about",
}

EQUIVALENT_MUTANTS = {
    "one_hot: … → …xp.arange(classes, device=None), xp.float64)": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "one_hot: … → …xp.arange(classes, ), xp.float64)": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "one_hot: … → …xp.arange(classes, device=device(y)), None)": (
        "None stands for float64, which is what is asked for"
    ),
    "kl_divergence: … → …p / xp.where(q > -1, q, 1.0), xp.inf)": (
        "p / 0 is put aside for inf anyway; only NumPy's warning differs"
    ),
    "kl_divergence: … → …p / xp.where(q >= 0, q, 1.0), xp.inf)": (
        "p / 0 is put aside for inf anyway; only NumPy's warning differs"
    ),
    "kl_divergence: … → …p / xp.where(q > 0, q, 0.0), xp.inf)": (
        "p / 0 is put aside for inf anyway; only NumPy's warning differs"
    ),
    "kl_divergence: … → …p / xp.where(q > 0, q, 2.0), xp.inf)": (
        "where q is 0 the quotient is put aside for inf, whatever it is"
    ),
    "kl_divergence: … → …p / xp.where(q != 0, q, 1.0), xp.inf)": "probabilities are never negative",
    "kl_divergence: … → ratio = xp.where(q != 0, …": "probabilities are never negative",
    "kl_divergence: … → …xp.where(p != 0, ratio, 1.0)…": "probabilities are never negative",
    "kl_divergence: … → …xp.where(p > 0, ratio, 2.0)…": (
        "where p is 0 the logarithm is multiplied by 0, so that any finite one will do"
    ),
}

N, C = Dim("N", 2, 6), Dim("C", 2, 7)


def _distributions(weights):
    """Rows that add up to 1, all entries positive and with three decimals."""
    rows = np.round(weights / weights.sum(axis=1, keepdims=True), 3)
    rows[:, -1] = np.round(1 - rows[:, :-1].sum(axis=1), 3)
    return rows


def _entropy(p):
    """The mean entropy of the rows of p, which has no zeros."""
    return -np.sum(p * np.log(p)) / len(p)


def _truth(name="weights"):
    return derived(lambda case: _distributions(getattr(case, name)))


scored = domain(scores=reals(N, C, low=-4, high=4), shift=reals(N, low=-3, high=3))
judged = domain(
    scores=reals(N, C, low=-4, high=4),
    weights=integers(N, C, low=1, high=9),
    targets=_truth(),
)
compared = domain(
    true_weights=integers(N, C, low=1, high=9),
    believed_weights=integers(N, C, low=1, high=9),
    p=_truth("true_weights"),
    q=_truth("believed_weights"),
    where=lambda case: np.max(np.abs(case.p - case.q)) > 0.1,
)

SHIFTED = "adding a number of its own to each row of scores changes nothing"


def _scores(*rows):
    return dict(scores=np.array(rows, dtype=np.float64), shift=np.arange(1.0, len(rows) + 1))


def _loss(scores, targets):
    return dict(
        scores=np.array(scores, dtype=np.float64), targets=np.array(targets, dtype=np.float64)
    )


def _pair(p, q):
    return dict(p=np.array(p, dtype=np.float64), q=np.array(q, dtype=np.float64))


large = [
    special("scores of 1000", lambda: _scores([1000, 998], [1, 3])),
    special("scores of -1000", lambda: _scores([-1000, -1001.5, -1003])),
    special("rows far apart", lambda: _scores([900, 901], [-900, -902])),
    special("a class without a chance", lambda: _scores([0, -800, -2000], [2500, 0, 2499])),
]


@check(
    task="softmax",
    points=1,
    cases=scored,
    special=[
        special("equal scores", lambda: _scores([3, 3, 3], [-1, -1, -1])),
        special("one example", lambda: _scores([2, -1, 0.5])),
        special("one class", lambda: _scores([3], [-2])),
    ],
)
def softmax_values(student, case):
    """softmax turns each row of scores into probabilities"""
    shifted = student.softmax(case.scores + case.shift[:, None])
    probabilities = student.softmax(case.scores)
    return [values(probabilities=probabilities), same(shifted, probabilities, because=SHIFTED)]


@check(task="softmax", points=1, special=large)
def softmax_is_stable(student, case):
    """softmax stays finite and right for scores as large as 1000"""
    return values(probabilities=student.softmax(case.scores))


@check(
    task="log_softmax",
    points=1,
    cases=scored,
    special=[
        special("equal scores", lambda: _scores([3, 3, 3], [-1, -1, -1])),
        special("one class", lambda: _scores([3], [-2])),
    ],
)
def log_softmax_values(student, case):
    """log_softmax returns the logarithm of softmax"""
    log_probabilities = student.log_softmax(case.scores)
    return [
        values(log_probabilities=log_probabilities),
        same(
            np.exp(log_probabilities).sum(axis=1),
            np.ones(len(case.scores)),
            because="the exponentials of a row of log-probabilities add up to 1",
        ),
    ]


@check(task="log_softmax", points=1, special=large)
def log_softmax_is_stable(student, case):
    """log_softmax stays finite and right where softmax overflows or is 0"""
    return values(log_probabilities=student.log_softmax(case.scores))


@check(
    task="one_hot",
    points=1,
    cases=domain(y=integers(N, high=C, repeats=True), classes=dimension(C)),
    special=[
        special("classes that do not occur", lambda: dict(y=np.array([1, 0, 1]), classes=4)),
        special("the last class alone", lambda: dict(y=np.array([3]), classes=4)),
        special("one class", lambda: dict(y=np.array([0, 0]), classes=1)),
        special("no examples", lambda: dict(y=np.zeros(0, dtype=np.int64), classes=3)),
    ],
)
def one_hot_values(student, case):
    """one_hot puts a single 1 into each row, in the column of its class"""
    return values(targets=student.one_hot(case.y, case.classes))


@check(
    task="cross_entropy",
    points=1,
    cases=judged,
    special=[
        special(
            "one-hot targets",
            lambda: _loss([[2, 1, 0], [0.5, -1, 1.5]], [[1, 0, 0], [0, 1, 0]]),
        ),
        special("one class", lambda: _loss([[3], [-2]], [[1], [1]])),
    ],
)
def cross_entropy_values(student, case):
    """cross_entropy returns the mean cross-entropy of the batch"""
    scores, targets = case.scores, case.targets
    loss = student.cross_entropy(scores, targets)
    equal = student.cross_entropy(np.zeros_like(scores), targets)
    observed = [
        values(loss=loss),
        same(
            equal,
            math.log(scores.shape[1]),
            because="with equal scores the loss is ln C, whatever the targets are",
            scale=1.0,
        ),
    ]
    if np.all(targets > 0):
        perfect = student.cross_entropy(np.log(targets), targets)
        observed.append(
            same(
                perfect,
                _entropy(targets),
                because="when softmax(scores) equals the targets, the loss is their entropy",
                scale=1.0,
            )
        )
    return observed


@check(
    task="cross_entropy",
    points=1,
    special=[
        special("scores of 1000", lambda: _loss([[1000, 998], [1, 3]], [[0, 1], [1, 0]])),
        special("scores of -1000", lambda: _loss([[-1000, -1001.5, -1003]], [[0, 0.25, 0.75]])),
        special("rows far apart", lambda: _loss([[900, 901], [-900, -902]], [[1, 0], [0, 1]])),
        special(
            "a right class with almost no probability",
            lambda: _loss([[60, 0], [0, 1]], [[0, 1], [0, 1]]),
        ),
        special("a right class without a chance", lambda: _loss([[0, 2000, 1000]], [[1, 0, 0]])),
    ],
)
def cross_entropy_is_stable(student, case):
    """cross_entropy stays finite and right for scores as large as 1000"""
    return values(loss=student.cross_entropy(case.scores, case.targets))


@check(
    task="cross_entropy_gradient",
    points=1,
    cases=judged,
    special=[
        special("one example", lambda: _loss([[2, 1, 0]], [[0, 0, 1]])),
        special("rows far apart", lambda: _loss([[900, 901], [-900, -902]], [[1, 0], [0, 1]])),
    ],
)
def cross_entropy_gradient_values(student, case):
    """cross_entropy_gradient returns the gradient of the loss for the scores"""
    loss = student.cross_entropy(case.scores, case.targets)
    gradient = student.cross_entropy_gradient(case.scores, case.targets)
    return [
        gradients(of=loss, cotangent=1.0, scores=gradient),
        same(
            gradient.sum(axis=1),
            np.zeros(len(case.scores)),
            because="each row of the gradient sums to 0",
            scale=1.0,
        ),
    ]


@check(
    task="kl_divergence",
    points=1,
    cases=compared,
    special=[
        special("one row", lambda: _pair([[0.5, 0.5]], [[0.75, 0.25]])),
        special("equal", lambda: _pair([[0.25, 0.75], [0.1, 0.9]], [[0.25, 0.75], [0.1, 0.9]])),
    ],
)
def kl_divergence_values(student, case):
    """kl_divergence returns the mean of KL(p‖q) over the rows"""
    p, q = case.p, case.q
    divergence = student.kl_divergence(p, q)
    nothing_known = student.kl_divergence(p, np.full_like(p, 1 / p.shape[1]))
    cross = -np.sum(p * np.log(q)) / len(p)
    return [
        values(divergence=divergence),
        holds(divergence > -1e-5, because="a divergence is never negative"),
        same(
            _entropy(p) + divergence,
            cross,
            because="entropy of p plus divergence is the cross-entropy of p and q",
        ),
        same(
            _entropy(p) + nothing_known,
            math.log(p.shape[1]),
            because="the entropy of p plus its divergence from equal probabilities is ln C",
        ),
    ]


@check(
    task="kl_divergence",
    points=1,
    special=[
        special("a zero in p", lambda: _pair([[0, 0.25, 0.75]], [[0.5, 0.25, 0.25]])),
        special("a zero in both", lambda: _pair([[0.5, 0.5, 0]], [[0.25, 0.75, 0]])),
        special("one-hot rows", lambda: _pair([[0, 1], [1, 0]], [[0.5, 0.5], [0.25, 0.75]])),
        special("equal, with zeros", lambda: _pair([[0, 1], [0.5, 0.5]], [[0, 1], [0.5, 0.5]])),
        special("a zero in q alone", lambda: _pair([[0.5, 0.5]], [[1, 0]])),
    ],
)
def kl_divergence_of_zeros(student, case):
    """kl_divergence takes 0 · log 0 as 0, and is infinite where only q is 0"""
    return values(divergence=student.kl_divergence(case.p, case.q))
