"""What exercise 10 checks: starting weights, layer statistics, gradient norms, a residual block."""

import numpy as np

from grader.spec import (
    Dim,
    RandomSource,
    check,
    choice,
    dimension,
    domain,
    generator,
    gradients,
    holds,
    reals,
    same,
    scalar,
    special,
    values,
)

FORBIDDEN = {
    "torch.nn": "starting weights and layers are what this exercise is about",
    "torch.autograd": "the backward pass is what this exercise is about",
    "torch.func": "the backward pass is what this exercise is about",
    ".backward": "the backward pass is what this exercise is about",
}

ROW_VECTORS = ("residual_backward",)

EQUIVALENT_MUTANTS = {
    '… → if activation >= "tanh":': "of the three names, this holds for tanh alone",
    "_activate: … → return xp.where(z >= 0, z, xp.zeros_like(z))": (
        "they differ at z = 0 alone, where both sides are 0"
    ),
    "_activate: … → return xp.where(z > 0, z, xp.zeros_like(None))": (
        "NumPy then computes with Python's own floats, to the same values"
    ),
    "_slope: … → return array_namespace(a).astype(a != 0, a.dtype)": (
        "the output of a ReLU is never negative"
    ),
    "… → return array_namespace(a).astype(a > 0, None)": (
        "None stands for float64, which the inputs have"
    ),
    "… → stuck.append(xp.mean(xp.astype(unit_is_stuck, None)))": (
        "None stands for float64, which the inputs have"
    ),
    "residual_forward: … → h = xp.where(z >= 0, z, xp.zeros_like(z))": (
        "they differ at z = 0 alone, where both sides are 0"
    ),
    "residual_backward: … → dz = xp.where(h != 0, dh, xp.zeros_like(dh))": (
        "the output of a ReLU is never negative"
    ),
}

FAN_IN, FAN_OUT = Dim("fan_in", 2, 7), Dim("fan_out", 2, 7)
N, D, H, M = Dim("N", 2, 5), Dim("D", 2, 5), Dim("H", 2, 6), Dim("M", 2, 6)

ACTIVATIONS = ("sigmoid", "tanh", "relu")
#: The largest slope of each.
STEEPEST = {"sigmoid": 0.25, "tanh": 1.0, "relu": 1.0}


def _weights(case):
    """The weights of a drawn case are called w1, w2, …; a special case may bring a list."""
    if hasattr(case, "weights"):
        return case.weights
    return [getattr(case, name) for name in sorted(vars(case)) if name[0] == "w"]


def _walk(case):
    """The sum, the slope and the activation of every layer."""
    layers, a = [], case.x
    for w in _weights(case):
        z = a @ w
        if case.activation == "sigmoid":
            a = 1 / (1 + np.exp(-z))
            slope = a * (1 - a)
        elif case.activation == "tanh":
            a = np.tanh(z)
            slope = 1 - a**2
        else:
            a = np.maximum(z, 0.0)
            slope = (z > 0) * 1.0
        layers.append((z, slope, a))
    return layers


def _no_doubt(case):
    """No slope is near the threshold and no sum near the kink of the ReLU."""
    return all(
        np.all(np.abs(z) > 0.02)
        if case.activation == "relu"
        else np.all(np.abs(slope - case.threshold) > 0.003)
        for z, slope, _ in _walk(case)
    )


def _alive(case):
    """No sum is near the kink, and the gradient stays of moderate size."""
    da, sizes = case.dout, []
    for w, (z, slope, _) in zip(reversed(_weights(case)), reversed(_walk(case)), strict=True):
        if case.activation == "relu" and np.any(np.abs(z) < 0.02):
            return False
        da = (da * slope) @ w.T
        sizes.append(np.sqrt(np.sum(da**2)))
    return min(sizes) > 0.02 and max(sizes) < 50


def _away_from_the_kink(case):
    return bool(np.all(np.abs(case.x @ case.w1 + case.b1) > 0.02))


xavier = domain(
    fan_in=dimension(FAN_IN),
    fan_out=dimension(FAN_OUT),
    gain=choice(0.5, 5 / 3, 4.0),
    generator=generator(),
)

he = domain(fan_in=dimension(FAN_IN), fan_out=dimension(FAN_OUT), generator=generator())

chain = domain(
    x=reals(N, D),
    w1=reals(D, H, low=-2, high=2),
    w2=reals(H, M, low=-2, high=2),
    activation=choice(*ACTIVATIONS),
    threshold=scalar(0.0625, 0.1875),
    where=_no_doubt,
)

chain_with_gradient = domain(
    x=reals(N, D),
    w1=reals(D, H, low=-1, high=1),
    w2=reals(H, M, low=-1, high=1),
    activation=choice(*ACTIVATIONS),
    dout=reals(N, M),
    where=_alive,
)

block = domain(
    x=reals(N, D),
    w1=reals(D, H, low=-1, high=1),
    b1=reals(H, low=-1, high=1),
    w2=reals(H, D, low=-1, high=1),
    b2=reals(D, low=-1, high=1),
    dout=reals(N, D),
    where=_away_from_the_kink,
)


@check(
    task="xavier_uniform",
    points=1,
    cases=xavier,
    count=4,
    special=[
        special(
            "one input",
            lambda: dict(fan_in=1, fan_out=5, gain=1.0, generator=RandomSource(3)),
        ),
        special(
            "one unit",
            lambda: dict(fan_in=5, fan_out=1, gain=1.0, generator=RandomSource(4)),
        ),
    ],
)
def xavier_uniform_values(student, case):
    """xavier_uniform draws between -limit and limit, row by row"""
    w = student.xavier_uniform(case.fan_in, case.fan_out, case.gain, case.generator)
    turned = student.xavier_uniform(case.fan_out, case.fan_in, case.gain, case.generator)
    wider = student.xavier_uniform(case.fan_in, case.fan_out, 3 * case.gain, case.generator)
    return [
        values(w=w),
        same(
            np.ravel(turned),
            np.ravel(w),
            because="with fan_in and fan_out exchanged the limit is the same, and so are the "
            "numbers, one after the other",
        ),
        same(wider, 3 * w, because="three times the gain gives three times the weights"),
    ]


@check(
    task="he_normal",
    points=1,
    cases=he,
    count=4,
    special=[
        special("one input", lambda: dict(fan_in=1, fan_out=5, generator=RandomSource(5))),
        special("one unit", lambda: dict(fan_in=5, fan_out=1, generator=RandomSource(6))),
    ],
)
def he_normal_values(student, case):
    """he_normal draws with deviation sqrt(2 / fan_in), row by row"""
    w = student.he_normal(case.fan_in, case.fan_out, case.generator)
    longer = student.he_normal(4 * case.fan_in, case.fan_out, case.generator)
    return [
        values(w=w),
        same(
            2 * longer[: case.fan_in],
            w,
            because="four times as many inputs halve the weights; the first rows are made of the "
            "same random numbers",
        ),
    ]


@check(
    task="activation_statistics",
    points=2,
    cases=chain,
    special=[
        special(
            "one layer, one example",
            lambda: dict(
                x=np.array([[1.0, -0.5]]),
                weights=[np.array([[1.0, -1.0, 2.0], [0.5, 1.0, -1.0]])],
                activation="tanh",
                threshold=0.1,
            ),
        ),
        special(
            "three sigmoid layers",
            lambda: dict(
                x=np.array([[1.0], [-2.0]]),
                weights=[
                    np.array([[1.0, -2.0]]),
                    np.array([[3.0, -1.0, 1.0], [-2.0, 2.0, 0.5]]),
                    np.array([[1.0], [-3.0], [2.0]]),
                ],
                activation="sigmoid",
                threshold=0.1,
            ),
        ),
        special(
            "weights of zero",
            lambda: dict(
                x=np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 1.0]]),
                weights=[np.zeros((2, 3)), np.zeros((3, 2))],
                activation="sigmoid",
                threshold=0.1,
            ),
        ),
    ],
)
def activation_mean_and_std(student, case):
    """activation_statistics returns each layer's mean and standard deviation"""
    mean, std, _ = student.activation_statistics(
        case.x, _weights(case), case.activation, case.threshold
    )
    return values(mean=mean, std=std)


@check(
    task="activation_statistics",
    points=1,
    cases=chain,
    special=[
        special(
            "a ReLU layer that is dead, and one behind it",
            lambda: dict(
                x=np.array([[1.0, 2.0], [0.5, 1.0]]),
                weights=[
                    np.array([[-1.0, -3.0, 0.5], [-1.0, 1.0, -1.0]]),
                    np.array([[1.0, -2.0], [3.0, 1.0], [-1.0, 2.0]]),
                ],
                activation="relu",
                threshold=0.01,
            ),
        ),
        special(
            "sigmoids saturated at both ends",
            lambda: dict(
                x=np.array([[1.0], [2.0], [3.0]]),
                weights=[np.array([[8.0, -8.0, 0.25, 2.0]])],
                activation="sigmoid",
                threshold=0.05,
            ),
        ),
        special(
            "units that are flat for some of the examples",
            lambda: dict(
                x=np.array([[4.0, 1.0], [-0.125, 0.5], [-4.0, 1.0]]),
                weights=[np.array([[1.0, 2.0, 0.5], [0.25, 3.0, 8.0]])],
                activation="tanh",
                threshold=0.02,
            ),
        ),
        special(
            "a slope that equals the threshold",
            lambda: dict(
                x=np.array([[1.0], [2.0]]),
                weights=[np.array([[1.0, -1.0]])],
                activation="relu",
                threshold=1.0,
            ),
        ),
    ],
)
def stuck_units(student, case):
    """activation_statistics returns the share of units that are stuck in each layer"""
    _, _, stuck = student.activation_statistics(
        case.x, _weights(case), case.activation, case.threshold
    )
    return values(stuck=stuck)


@check(
    task="gradient_norms",
    points=1,
    cases=chain_with_gradient,
    special=[
        special(
            "one layer",
            lambda: dict(
                x=np.array([[1.0, -0.5]]),
                weights=[np.array([[1.0, -1.0, 2.0], [0.5, 1.0, -1.0]])],
                activation="sigmoid",
                dout=np.array([[1.0, 2.0, -0.5]]),
            ),
        ),
        special(
            "a dead layer at the end",
            lambda: dict(
                x=np.array([[1.0], [2.0]]),
                weights=[np.array([[1.0, 2.0]]), np.array([[-1.0, -2.0, 1.0], [-0.5, -1.0, -1.0]])],
                activation="relu",
                dout=np.array([[1.0, 2.0, -0.5], [0.5, -1.0, 1.5]]),
            ),
        ),
    ],
)
def gradient_norms_values(student, case):
    """gradient_norms returns the norm of the gradient at every layer"""
    weights = _weights(case)
    norms = student.gradient_norms(case.x, weights, case.activation, case.dout)
    tripled = student.gradient_norms(case.x, weights, case.activation, -3 * case.dout)
    steepest = STEEPEST[case.activation]
    bounds = [steepest * np.linalg.norm(w, 2) for w in weights]
    return [
        values(norms=norms),
        same(tripled, 3 * norms, because="-3 times the incoming gradient gives 3 times the norms"),
        holds(
            np.all(norms[:-1] <= np.array(bounds) * norms[1:] * (1 + 1e-5)),
            because="a layer never multiplies the norm by more than its steepest slope "
            f"({steepest:g} for {case.activation}) times the largest singular value of its weights",
        ),
    ]


def _hundred(make, activation, dout):
    """A chain of 100 layers with `make(l)` for the weights of layer l."""
    weights = [make(layer) for layer in range(100)]
    x = np.linspace(1.0, -0.5, dout.shape[0] * len(weights[0])).reshape(dout.shape[0], -1)
    return dict(x=x, weights=weights, activation=activation, dout=dout)


@check(
    task="gradient_norms",
    points=1,
    special=[
        # Nearly as small as behind 100 layers, and short enough to be read in a report.
        special(
            "three layers with tiny weights",
            lambda: dict(
                x=np.array([[1.0, -0.5]]),
                weights=[
                    np.array([[1e-12], [4e-12]]),
                    np.array([[1e-12, 2e-12]]),
                    np.array([[8e-12], [-1e-12]]),
                ],
                activation="sigmoid",
                dout=np.array([[2.0]]),
            ),
        ),
        special(
            "100 sigmoid layers of one unit",
            lambda: _hundred(
                lambda layer: np.array([[1.0 + layer % 3]]), "sigmoid", np.array([[2.0], [1.0]])
            ),
        ),
        special(
            "100 sigmoid layers of two units",
            lambda: _hundred(
                lambda layer: np.array([[1.0, -0.5], [layer % 4 - 1.5, 1.0]]),
                "sigmoid",
                np.array([[1.0, -2.0]]),
            ),
        ),
        special(
            "100 tanh layers with small weights",
            lambda: _hundred(
                lambda layer: np.array([[0.25, 0.125 * (layer % 3)], [-0.25, 0.5]]),
                "tanh",
                np.array([[1.0, 0.5]]),
            ),
        ),
        special(
            "100 ReLU layers that double",
            lambda: _hundred(
                lambda layer: np.array([[2.0, 0.0], [0.5, 2.0]]),
                "relu",
                np.array([[1.0, -2.0]]),
            ),
        ),
    ],
)
def gradient_norms_of_one_hundred_layers(student, case):
    """gradient_norms is right at each of 100 layers, however small or large"""
    norms = student.gradient_norms(case.x, case.weights, case.activation, case.dout)
    with np.errstate(divide="ignore", invalid="ignore"):
        log10_norms = np.log10(norms)
    return values(norms=norms, log10_norms=log10_norms)


@check(
    task="residual_forward",
    points=1,
    cases=block,
    count=4,
    special=[
        special(
            "one example, a silent branch",
            lambda: dict(
                x=np.array([[1.0, -2.0]]),
                w1=np.array([[1.0], [2.0]]),
                b1=np.array([-0.5]),
                w2=np.array([[2.0, -1.0]]),
                b2=np.array([0.5, -0.25]),
            ),
        )
    ],
)
def residual_forward_values(student, case):
    """residual_forward adds the branch to its input"""
    out, _ = student.residual_forward(case.x, case.w1, case.b1, case.w2, case.b2)
    opposite, _ = student.residual_forward(case.x, case.w1, case.b1, -case.w2, -case.b2)
    return [
        values(out=out),
        same(
            (out + opposite) / 2,
            case.x,
            because="a branch with w2 and b2 of the opposite sign is the opposite, so the two "
            "outputs have x as their mean",
        ),
    ]


@check(
    task="residual_backward",
    points=2,
    cases=block,
    count=4,
    requires=[residual_forward_values],
    special=[
        special(
            "one example, one hidden unit",
            lambda: dict(
                x=np.array([[1.0, -2.0]]),
                w1=np.array([[1.0], [-0.5]]),
                b1=np.array([-0.5]),
                w2=np.array([[2.0, -1.0]]),
                b2=np.array([0.5, -0.25]),
                dout=np.array([[1.0, 3.0]]),
            ),
        )
    ],
)
def residual_backward_gradients(student, case):
    """residual_backward adds up the gradients of both paths"""
    out, cache = student.residual_forward(case.x, case.w1, case.b1, case.w2, case.b2)
    dx, dw1, db1, dw2, db2 = student.residual_backward(case.dout, cache)
    _, closed = student.residual_forward(case.x, case.w1, case.b1, 0 * case.w2, case.b2)
    through = student.residual_backward(case.dout, closed)
    return [
        gradients(of=out, cotangent=case.dout, x=dx, w1=dw1, b1=db1, w2=dw2, b2=db2),
        same(
            through[0],
            case.dout,
            because="when w2 is zero, dx is dout: nothing but the skip connection is left",
        ),
    ]
