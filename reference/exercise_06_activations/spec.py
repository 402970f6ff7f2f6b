"""What exercise 06 checks: each activation's values and its gradient, and extreme entries."""

import numpy as np

from grader.spec import (
    Dim,
    check,
    dimension,
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
    "torch.nn": "the activations are what this exercise is about",
    "torch.sigmoid": "the sigmoid is one of the tasks",
    "torch.relu": "the ReLU is one of the tasks",
    "torch.prelu": "the leaky ReLU is one of the tasks",
    "torch.special": "the sigmoid is one of the tasks",
    ".sigmoid": "the sigmoid is one of the tasks",
    ".relu": "the ReLU is one of the tasks",
    "scipy": "the sigmoid is one of the tasks",
    "torch.autograd": "the backward pass is what this exercise is about",
    "torch.func": "the backward pass is what this exercise is about",
    ".backward": "the backward pass is what this exercise is about",
}

EQUIVALENT_MUTANTS = {
    "sigmoid_forward: … → out = xp.where(x >= 0, xp.ones_like(x), e) / (1 + e)": (
        "they differ at x = 0 alone, where e is 1"
    ),
    "… → positive = x >= 0": (
        "they differ at x = 0 alone, where the output is 0 and any slope between those of the two "
        "sides counts"
    ),
    "… → slopes = xp.where(x >= 0, xp.ones_like(x), xp.full_like(x, slope))": (
        "they differ at x = 0 alone, where the output is 0 and any slope between those of the two "
        "sides counts"
    ),
    "… → negative = xp.where(None, xp.zeros_like(x), x)": (
        "NumPy then takes x everywhere; the exponential of a positive entry is not used, and an "
        "overflow there changes no value"
    ),
    "… → won = winner[:, :, None] == xp.arange(k, device=None)": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "… → won = winner[:, :, None] == xp.arange(k, )": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
}

N, D = Dim("N", 2, 5), Dim("D", 1, 6)
U, K = Dim("U", 1, 4), Dim("k", 2, 4)


def _gap_in_every_group(case):
    """No group's two largest entries are closer than a numerical derivative can bear."""
    ordered = np.sort(case.x.reshape(len(case.x), -1, case.k), axis=2)
    return bool(np.all(ordered[:, :, -1] - ordered[:, :, -2] > 0.02))


smooth = domain(x=reals(N, D), dout=reals(N, D))
bent = domain(x=reals(N, D, away_from=0.0), dout=reals(N, D))
leaky = domain(x=reals(N, D, away_from=0.0), slope=scalar(0.125, 0.75), dout=reals(N, D))
exponential = domain(x=reals(N, D, away_from=0.0), alpha=scalar(0.25, 1.75), dout=reals(N, D))
grouped = domain(x=reals(N, U * K), k=dimension(K), dout=reals(N, U), where=_gap_in_every_group)


def _vector(**others):
    return dict(x=np.array([0.5, -1.5, 2.0]), dout=np.array([1.0, -2.0, 0.5]), **others)


def _cube(**others):
    x = np.array([[[0.5, -1.0], [2.0, -0.25]], [[-2.0, 1.5], [0.75, -0.5]]])
    dout = np.array([[[1.0, 2.0], [-0.5, 1.5]], [[-1.0, 0.5], [0.25, -2.0]]])
    return dict(x=x, dout=dout, **others)


def _extreme(**others):
    x = np.array([[1000.0, -1000.0, 0.5], [-1.5, 720.0, -720.0]])
    dout = np.array([[1.5, -2.0, 0.5], [1.0, -0.5, 2.0]])
    return dict(x=x, dout=dout, **others)


def _zeros(**others):
    x = np.array([[0.0, 2.0, -1.0], [-0.5, 0.0, 1.0]])
    dout = np.array([[1.5, -2.0, 0.5], [1.0, -0.5, 2.0]])
    return dict(x=x, dout=dout, **others)


def _bent_gradient(case, out, dx, left):
    """The gradient where x is not 0; where it is, anything between the slopes of both sides.

    Drawn entries are never 0; a special case has some.
    """
    at_kink = case.x == 0
    share = dx[at_kink] / case.dout[at_kink]
    low, high = min(left, 1.0) - 1e-5, max(left, 1.0) + 1e-5
    return [
        gradients(of=out, cotangent=case.dout, x=np.where(at_kink, 0.0, dx)),
        holds(
            np.all((share >= low) & (share <= high)),
            because="at x = 0 the slope is not below the smaller and not above the larger of the "
            "slopes on both sides",
        ),
    ]


@check(
    task="sigmoid_forward",
    points=1,
    cases=smooth,
    special=[
        special("one axis", _vector),
        special("three axes", _cube),
        special("zero", lambda: dict(x=np.array([[0.0, 1.0]]))),
    ],
)
def sigmoid_forward_values(student, case):
    """sigmoid_forward returns 1 / (1 + exp(-x))"""
    out, _ = student.sigmoid_forward(case.x)
    mirrored, _ = student.sigmoid_forward(-case.x)
    return [
        values(out=out),
        same(mirrored, 1 - out, because="sigmoid(-x) = 1 - sigmoid(x)"),
    ]


@check(
    task="sigmoid_backward",
    points=1,
    cases=smooth,
    special=[special("one axis", _vector), special("three axes", _cube)],
    requires=[sigmoid_forward_values],
)
def sigmoid_backward_gradients(student, case):
    """sigmoid_backward multiplies dout by the slope of the sigmoid"""
    out, cache = student.sigmoid_forward(case.x)
    dx = student.sigmoid_backward(case.dout, cache)
    reversed_dx = student.sigmoid_backward(-3.0 * case.dout, cache)
    return [
        gradients(of=out, cotangent=case.dout, x=dx),
        same(reversed_dx, -3.0 * dx, because="-3 times the incoming gradient gives -3 times dx"),
    ]


@check(
    task="sigmoid_forward",
    points=1,
    special=[
        special("entries of 1000 and -1000", _extreme),
        special(
            "only negative entries",
            lambda: dict(x=np.array([-1000.0, -2.0]), dout=np.array([2.0, -1.0])),
        ),
        special(
            "only positive entries",
            lambda: dict(x=np.array([1000.0, 2.0]), dout=np.array([2.0, -1.0])),
        ),
    ],
    requires=[sigmoid_backward_gradients],
)
def sigmoid_is_stable(student, case):
    """the sigmoid and its gradient are right for entries of size 1000"""
    out, cache = student.sigmoid_forward(case.x)
    return values(out=out, dx=student.sigmoid_backward(case.dout, cache))


@check(
    task="tanh_backward",
    points=1,
    cases=smooth,
    special=[
        special("one axis", _vector),
        special("three axes", _cube),
        special("entries of 1000 and -1000", _extreme),
    ],
)
def tanh_values_and_gradients(student, case):
    """tanh_forward returns tanh(x), and tanh_backward its gradient"""
    out, cache = student.tanh_forward(case.x)
    dx = student.tanh_backward(case.dout, cache)
    mirrored, _ = student.tanh_forward(-case.x)
    return [
        values(out=out),
        same(mirrored, -out, because="tanh(-x) = -tanh(x)"),
        gradients(of=out, cotangent=case.dout, x=dx),
    ]


@check(
    task="relu_backward",
    points=1,
    cases=bent,
    special=[
        special("one axis", _vector),
        special("three axes", _cube),
        special("entries that are exactly 0", _zeros),
        special("entries of 1000 and -1000", _extreme),
    ],
)
def relu_values_and_gradients(student, case):
    """relu_forward returns max(0, x), and relu_backward its gradient"""
    out, cache = student.relu_forward(case.x)
    dx = student.relu_backward(case.dout, cache)
    tripled, _ = student.relu_forward(3.0 * case.x)
    return [
        values(out=out),
        same(tripled, 3.0 * out, because="relu(3x) = 3 relu(x)"),
        *_bent_gradient(case, out, dx, left=0.0),
    ]


@check(
    task="leaky_relu_backward",
    points=1,
    cases=leaky,
    special=[
        special("one axis", lambda: _vector(slope=0.25)),
        special("three axes", lambda: _cube(slope=0.125)),
        special("a slope of 0", lambda: _vector(slope=0.0)),
        special("a slope above 1", lambda: _vector(slope=2.5)),
        special("entries that are exactly 0", lambda: _zeros(slope=0.25)),
    ],
)
def leaky_relu_values_and_gradients(student, case):
    """leaky_relu_forward leaks below 0, leaky_relu_backward likewise"""
    out, cache = student.leaky_relu_forward(case.x, case.slope)
    dx = student.leaky_relu_backward(case.dout, cache)
    straight, _ = student.leaky_relu_forward(case.x, 1.0)
    return [
        values(out=out),
        same(straight, case.x, because="with a slope of 1 nothing bends, and the output is x"),
        *_bent_gradient(case, out, dx, left=case.slope),
    ]


@check(
    task="elu_forward",
    points=1,
    cases=exponential,
    special=[
        special("one axis", lambda: _vector(alpha=0.5)),
        special("three axes", lambda: _cube(alpha=1.0)),
        special("entries of 1000 and -1000", lambda: _extreme(alpha=1.5)),
        special("entries that are exactly 0", lambda: _zeros(alpha=0.75)),
    ],
)
def elu_forward_values(student, case):
    """elu_forward keeps positive entries and bends the others to -alpha"""
    out, _ = student.elu_forward(case.x, case.alpha)
    doubled, _ = student.elu_forward(case.x, 2.0 * case.alpha)
    return [
        values(out=out),
        same(
            doubled,
            np.where(case.x > 0, out, 2.0 * out),
            because="twice the alpha doubles the outputs of negative entries and no others",
        ),
    ]


@check(
    task="elu_backward",
    points=1,
    cases=exponential,
    special=[
        special("one axis", lambda: _vector(alpha=0.5)),
        special("three axes", lambda: _cube(alpha=1.0)),
        special("entries of 1000 and -1000", lambda: _extreme(alpha=1.5)),
        special("entries that are exactly 0", lambda: _zeros(alpha=0.75)),
    ],
    requires=[elu_forward_values],
)
def elu_backward_gradients(student, case):
    """elu_backward multiplies dout by the slope of the ELU"""
    out, cache = student.elu_forward(case.x, case.alpha)
    dx = student.elu_backward(case.dout, cache)
    return _bent_gradient(case, out, dx, left=case.alpha)


@check(
    task="maxout_forward",
    points=1,
    cases=grouped,
    special=[
        special(
            "groups of one",
            lambda: dict(x=np.array([[1.5, -2.0, 0.5]]), k=1),
        ),
        special(
            "a single group",
            lambda: dict(x=np.array([[-1.0, 2.0, 0.5], [3.0, -0.5, 1.0]]), k=3),
        ),
        special(
            "only negative entries",
            lambda: dict(x=np.array([[-1.0, -2.0, -4.0, -3.0]]), k=2),
        ),
    ],
)
def maxout_forward_values(student, case):
    """maxout_forward returns the largest entry of each group of neighbours"""
    out, _ = student.maxout_forward(case.x, case.k)
    groups = case.x.reshape(len(case.x), -1, case.k)
    turned, _ = student.maxout_forward(groups[:, :, ::-1].reshape(case.x.shape), case.k)
    return [
        values(out=out),
        same(turned, out, because="the order of the entries in a group does not matter"),
    ]


@check(
    task="maxout_backward",
    points=1,
    cases=grouped,
    special=[
        special(
            "equal entries in a group",
            lambda: dict(
                x=np.array([[2.0, 2.0, 1.0, -3.0, -1.0, -1.0], [0.5, 0.5, 0.5, 1.0, 4.0, 2.0]]),
                k=3,
                dout=np.array([[1.5, -2.0], [0.5, 3.0]]),
            ),
        ),
        special(
            "groups of one",
            lambda: dict(x=np.array([[1.5, -2.0, 0.5]]), k=1, dout=np.array([[2.0, -1.0, 0.25]])),
        ),
        special(
            "a single group",
            lambda: dict(
                x=np.array([[-1.0, 2.0, 0.5], [3.0, -0.5, 1.0]]),
                k=3,
                dout=np.array([[2.0], [-1.0]]),
            ),
        ),
    ],
    requires=[maxout_forward_values],
)
def maxout_backward_gradients(student, case):
    """maxout_backward hands dout to the winner of each group"""
    out, cache = student.maxout_forward(case.x, case.k)
    dx = student.maxout_backward(case.dout, cache)
    return [
        gradients(of=out, cotangent=case.dout, x=dx),
        same(
            dx.reshape(len(case.x), -1, case.k).sum(axis=2),
            case.dout,
            because="what a group receives adds up to its entry of dout",
        ),
    ]
