"""What exercise 05 checks: the penalties, the two fits that use them, and early stopping."""

import numpy as np

from grader.spec import (
    Dim,
    check,
    choice,
    derived,
    dimension,
    domain,
    gradients,
    holds,
    integers,
    reals,
    same,
    scalar,
    special,
    values,
)

FORBIDDEN = {
    "torch.autograd": "the gradient of the penalty is one of the tasks",
    "torch.func": "the gradient of the penalty is one of the tasks",
    ".backward": "the gradient of the penalty is one of the tasks",
    "torch.nn": "the soft threshold is one of the tasks",
    "torch.optim": "write the update yourself",
    "scipy": "NumPy has all that is needed",
    "sklearn": "the fits are what this exercise is about",
}

EQUIVALENT_MUTANTS = {
    "soft_threshold: … → below = xp.where(z <= -threshold, z + threshold, xp.zeros_like(z))": (
        "they differ at z = -threshold alone, where z + threshold is 0 as well"
    ),
    "soft_threshold: … → return xp.where(z >= threshold, z - threshold, below)": (
        "they differ at z = threshold alone, where z - threshold is 0 as well"
    ),
    "fit_ridge: … → xc, yc = x - x_mean, y + y_mean": (
        "the columns of xc add up to 0, so a constant in yc drops out of xcᵀyc"
    ),
    "fit_ridge: … → identity = xp.eye(d, dtype=None, device=device(x))": (
        "None stands for float64, which the inputs have"
    ),
    "fit_ridge: … → identity = xp.eye(d, device=device(x))": (
        "the default is float64, which the inputs have; on torch it would not be"
    ),
    "fit_ridge: … → identity = xp.eye(d, dtype=x.dtype, device=None)": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "fit_ridge: … → identity = xp.eye(d, dtype=x.dtype, )": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "fit_lasso: … → …[xp.asarray(b, dtype=None, device=device(w))]": (
        "a Python float becomes float64, which the inputs have; on torch it would not"
    ),
    "fit_lasso: … → …[xp.asarray(b, device=device(w))]": (
        "a Python float becomes float64, which the inputs have; on torch it would not"
    ),
    "fit_lasso: … → …[xp.asarray(b, dtype=w.dtype, device=None)]": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "fit_lasso: … → …[xp.asarray(b, dtype=w.dtype, )]": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "early_stopping: … → epochs = losses.shape[ -1]": "the array has one axis",
    "early_stopping: … → if epoch - best >= patience:": (
        "the distance grows by 1 or drops to 0, so it cannot pass patience without meeting it"
    ),
    "early_stopping: … → if epoch - best is patience:": (
        "CPython keeps one object for each small integer, so equal ones are the same object"
    ),
}

N, D = Dim("N", 2, 6), Dim("D", 1, 5)
ROWS, FEATURES = Dim("N", 2, 8), Dim("D", 1, 3)
MANY, FEW = Dim("N", 4, 8), Dim("D", 2, 3)
STEPS = Dim("steps", 2, 5)
E, PATIENCE = Dim("E", 3, 9), Dim("patience", 1, 3)

#: Four examples whose columns have mean 0, are at right angles, and satisfy xᵀx = N · I.
FACTORIAL = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])


def _curvatures(x):
    """The curvatures of the mean squared error along its main directions, smallest first."""
    design = np.column_stack([np.ones(len(x)), x])
    return np.linalg.eigvalsh(2 * design.T @ design / len(x))


def _safe_rate(case):
    """A learning rate just below 1 / (largest curvature), in sixty-fourths."""
    return float(np.floor(64 / _curvatures(case.x)[-1]) / 64)


def _least_strength(case):
    """The smallest strength at which all weights of the lasso are 0."""
    xc = case.x - np.mean(case.x, axis=0)
    return np.max(np.abs(2 * xc.T @ case.y)) / len(case.y)


def _lasso_objectives(case, strength, ws, bs):
    residuals = ws @ case.x.T + bs[:, None] - case.y
    return np.mean(residuals**2, axis=1) + strength * np.sum(np.abs(ws), axis=1)


def _start():
    """Four examples with two features, and a starting point."""
    return dict(
        x=np.array([[1.0, 2.0], [-1.0, 0.5], [0.5, -1.5], [2.0, 1.0]]),
        y=np.array([1.0, -2.0, 0.5, 1.5]),
        w=np.array([0.5, -1.0]),
        b=0.75,
        strength=0.5,
        learning_rate=0.125,
        steps=3,
    )


@check(
    task="l2_penalty",
    points=1,
    count=3,
    cases=domain(w=reals(N, D), strength=scalar(0.1, 1.5)),
    special=[
        special("a vector", lambda: dict(w=np.array([3.0, -1.0, 0.5]), strength=0.25)),
        special("one weight", lambda: dict(w=np.array([-3.0]), strength=0.5)),
        special("weights of 0", lambda: dict(w=np.zeros((2, 3)), strength=0.5)),
        special("strength 0", lambda: dict(w=np.array([[2.0, -1.0]]), strength=0.0)),
    ],
)
def l2_penalty_values(student, case):
    """l2_penalty returns strength times the sum of the squared weights"""
    penalty = student.l2_penalty(case.w, case.strength)
    return [
        values(penalty=penalty),
        same(
            student.l2_penalty(-3 * case.w, case.strength),
            9 * penalty,
            because="weights -3 times as large make the penalty 9 times as large",
        ),
    ]


@check(
    task="l2_gradient",
    points=1,
    count=3,
    cases=domain(w=reals(N, D), strength=scalar(0.1, 1.5)),
    special=[
        special("a vector", lambda: dict(w=np.array([3.0, -1.0, 0.5]), strength=0.25)),
        special("weights of 0", lambda: dict(w=np.array([[0.0, 2.0, 0.0]]), strength=0.5)),
        special("strength 0", lambda: dict(w=np.array([[2.0, -1.0]]), strength=0.0)),
    ],
)
def l2_gradient_values(student, case):
    """l2_gradient returns the gradient of l2_penalty"""
    penalty = student.l2_penalty(case.w, case.strength)
    gradient = student.l2_gradient(case.w, case.strength)
    return gradients(of=penalty, cotangent=1.0, w=gradient)


@check(
    task="soft_threshold",
    points=1,
    count=4,
    cases=domain(z=reals(N, D), threshold=scalar(0.25, 1.25)),
    special=[
        special(
            "entries that lie exactly at the threshold",
            lambda: dict(z=np.array([0.5, -0.5, 0.75, -0.75]), threshold=0.5),
        ),
        special(
            "no entry above the threshold",
            lambda: dict(z=np.array([[0.5, -1.5], [0.0, 1.0]]), threshold=2.0),
        ),
        special("threshold 0", lambda: dict(z=np.array([-1.5, 0.0, 2.0]), threshold=0.0)),
        special("large entries", lambda: dict(z=np.array([1e4, -2e4, 3.0]), threshold=5.0)),
    ],
)
def soft_threshold_values(student, case):
    """soft_threshold moves every entry toward 0, and stops there"""
    out = student.soft_threshold(case.z, case.threshold)
    return [
        values(out=out),
        holds(
            np.all(out[np.abs(case.z) <= case.threshold] == 0),
            because="entries no larger than the threshold become exactly 0",
        ),
    ]


@check(
    task="soft_threshold",
    points=1,
    count=4,
    cases=domain(z=reals(N, D), other=reals(N, D), threshold=scalar(0.25, 1.0)),
)
def soft_threshold_has_no_jumps(student, case):
    """soft_threshold treats both signs alike and never widens a distance"""
    z, other, t = case.z, case.other, case.threshold
    out = student.soft_threshold(z, t)
    away = student.soft_threshold(other, t)
    return [
        same(
            student.soft_threshold(-z, t),
            -out,
            because="changing the sign of every entry changes the sign of every result",
        ),
        holds(
            np.all(np.abs(out - away) <= np.abs(z - other) + 1e-5),
            because="two results never lie further apart than the entries they came from",
        ),
        same(
            student.soft_threshold(out, 0.25),
            student.soft_threshold(z, t + 0.25),
            because="a threshold of t and then one of 0.25 do the same as one of t + 0.25",
        ),
    ]


@check(
    task="fit_ridge",
    points=1,
    cases=domain(x=reals(ROWS, FEATURES), y=reals(ROWS), strength=scalar(0.1, 1.5)),
    special=[
        special(
            "strength 0",
            lambda: dict(
                x=np.array([[1.0, 2.0], [0.5, -1.0], [-2.0, 0.5], [1.5, 1.0]]),
                y=np.array([1.0, -2.0, 3.0, 0.5]),
                strength=0.0,
            ),
        ),
        special(
            "more features than examples",
            lambda: dict(
                x=np.array([[1.0, -2.0, 0.5], [0.5, 1.0, -1.5]]),
                y=np.array([2.0, -1.0]),
                strength=0.5,
            ),
        ),
        special(
            "the same feature twice",
            lambda: dict(
                x=np.array([[1.0, 1.0], [2.0, 2.0], [4.0, 4.0]]),
                y=np.array([2.0, 1.0, -3.0]),
                strength=0.25,
            ),
        ),
        special(
            "a feature that never changes",
            lambda: dict(
                x=np.array([[3.0, 1.0], [3.0, -2.0], [3.0, 0.5]]),
                y=np.array([1.0, 4.0, 2.0]),
                strength=0.5,
            ),
        ),
        special(
            "features far from zero",
            lambda: dict(
                x=np.array([[101.0, -52.0], [98.5, -50.0], [100.0, -49.5], [99.0, -51.0]]),
                y=np.array([21.0, 19.5, 22.0, 20.5]),
                strength=0.5,
            ),
        ),
        special(
            "one example",
            lambda: dict(x=np.array([[2.0, -1.0]]), y=np.array([3.0]), strength=0.5),
        ),
    ],
)
def fit_ridge_values(student, case):
    """fit_ridge returns the weights and the intercept of the best compromise"""
    w, b = student.fit_ridge(case.x, case.y, case.strength)
    return values(w=w, b=b)


@check(
    task="fit_ridge",
    points=1,
    count=3,
    cases=domain(x=reals(MANY, FEW), y=reals(MANY), strength=scalar(0.1, 1.5)),
)
def fit_ridge_balances_error_and_penalty(student, case):
    """fit_ridge balances error and penalty, and lets the intercept go free"""
    x, y, strength = case.x, case.y, case.strength
    n, d = x.shape
    w, b = student.fit_ridge(x, y, strength)
    twice_w, twice_b = student.fit_ridge(np.concatenate([x, x]), np.concatenate([y, y]), strength)
    moved_w, moved_b = student.fit_ridge(x, y + 5.0, strength)
    stronger_w, _ = student.fit_ridge(x, y, strength + 1.0)
    plain_w, _ = student.fit_ridge(FACTORIAL, y[:4], 0.0)
    shrunk_w, _ = student.fit_ridge(FACTORIAL, y[:4], strength)
    return [
        same(
            np.append(moved_w, moved_b),
            np.append(w, b + 5.0),
            because="adding 5 to all targets adds 5 to the intercept and leaves the weights alone",
        ),
        same(
            np.append(twice_w, twice_b),
            np.append(w, b),
            because="giving every example twice leaves the weights and the intercept as they are",
        ),
        same(
            x.T @ (x @ w + b - y) / n + strength * w,
            np.zeros(d),
            because="at the minimum the gradients of error and penalty cancel",
            scale=1.0,
        ),
        holds(
            np.sum(stronger_w**2) <= np.sum(w**2) + 1e-6,
            because="a stronger penalty never makes the weights larger",
        ),
        same(
            shrunk_w * (1 + strength),
            plain_w,
            because="with columns at right angles (xᵀx = N · I, means 0) every weight is divided "
            "by 1 + strength",
        ),
    ]


@check(
    task="fit_lasso",
    points=1,
    cases=domain(
        x=reals(ROWS, FEATURES),
        y=reals(ROWS),
        w=reals(FEATURES),
        b=scalar(-1.5, 1.5),
        strength=scalar(0.5, 3.0),
        learning_rate=choice(0.0625, 0.125),
        steps=dimension(STEPS),
    ),
    special=[
        special("no steps", lambda: dict(_start(), steps=0)),
        special("a start at zero", lambda: dict(_start(), w=np.zeros(2), b=0.0)),
        special("strength 0", lambda: dict(_start(), strength=0.0)),
        special("a strength that no weight survives", lambda: dict(_start(), strength=20.0)),
        special("one example", lambda: dict(_start(), x=np.array([[1.0, -2.0]]), y=np.ones(1))),
    ],
)
def fit_lasso_path(student, case):
    """fit_lasso returns every point of its path"""
    x, y, strength, rate = case.x, case.y, case.strength, case.learning_rate
    ws, bs = student.fit_lasso(x, y, case.w, case.b, strength, rate, case.steps)
    half = case.steps // 2
    w, b = np.asarray(ws[half], dtype=np.float64), float(bs[half])
    later_ws, later_bs = student.fit_lasso(x, y, w, b, strength, rate, case.steps - half)
    return [
        values(ws=ws, bs=bs),
        same(
            np.column_stack([later_ws, later_bs]),
            np.column_stack([ws, bs])[half:],
            because="starting again from a point of the path gives the rest of the path",
        ),
    ]


@check(
    task="fit_lasso",
    points=1,
    count=3,
    cases=domain(
        x=reals(MANY, FEW),
        y=reals(MANY),
        w=reals(FEW),
        b=scalar(-1.5, 1.5),
        strength=derived(lambda case: float(np.round(_least_strength(case) / 2, 2))),
        learning_rate=derived(_safe_rate),
        where=lambda case: (
            _curvatures(case.x)[0] * 5 > _curvatures(case.x)[-1] and _least_strength(case) > 0.5
        ),
    ),
)
def fit_lasso_finds_the_minimum(student, case):
    """fit_lasso ends at the minimum, with weights of exactly 0 where the penalty wins"""
    x, y, strength, rate = case.x, case.y, case.strength, case.learning_rate
    ws, bs = student.fit_lasso(x, y, case.w, case.b, strength, rate, 60)
    with np.errstate(over="ignore", invalid="ignore"):  # a path may diverge
        rises = np.diff(_lasso_objectives(case, strength, ws, bs))
        residual = x @ ws[-1] + bs[-1] - y
        slope = 2 * x.T @ residual / len(y)
    balanced = np.where(
        ws[-1] == 0,
        np.abs(slope) <= strength + 1e-3,
        np.abs(slope + strength * np.sign(ws[-1])) <= 1e-3,
    )
    empty, alone = student.fit_lasso(x, y, case.w, case.b, 2.5 * strength, rate, 60)
    return [
        holds(
            np.all(rises <= 1e-5),
            because="with a learning rate this small, error plus penalty never rises from one step "
            "to the next",
        ),
        holds(
            abs(np.mean(residual)) <= 1e-3,
            because="after 60 steps the residuals add up to 0, since the intercept is free",
        ),
        holds(
            np.all(balanced),
            because="after 60 steps the slope of the error is -strength or strength, against the "
            "weight's sign, at every weight that is not 0, and lies between at those that are",
        ),
        holds(
            np.all(empty[-1] == 0),
            because="a strong penalty leaves every weight at exactly 0",
        ),
        holds(
            abs(alone[-1] - np.mean(y)) <= 1e-3,
            because="where all weights are 0 the intercept is the mean target",
        ),
    ]


@check(
    task="early_stopping",
    points=1,
    count=6,
    cases=domain(
        changes=integers(E, low=-3, high=4),
        losses=derived(lambda case: 8.0 + np.cumsum(case.changes) / 4.0),
        patience=dimension(PATIENCE),
        min_delta=choice(0.0, 0.25, 0.5),
    ),
)
def early_stopping_epochs(student, case):
    """early_stopping returns the best epoch and the last one that was run"""
    best, stopped = student.early_stopping(case.losses, case.patience, case.min_delta)
    seen = case.losses[: max(int(stopped), 0) + 1]
    again = student.early_stopping(seen, case.patience, case.min_delta)
    return [
        values(best_epoch=best, stopped_epoch=stopped),
        holds(
            tuple(again) == (best, stopped),
            because="losses of epochs that are never run make no difference",
        ),
    ]


def _losses(*entries, patience, min_delta=0.0):
    return lambda: dict(losses=np.array(entries), patience=patience, min_delta=min_delta)


@check(
    task="early_stopping",
    points=1,
    special=[
        special("a tie", _losses(2.0, 1.0, 1.5, 1.0, 0.5, patience=2)),
        special("a tie at the end", _losses(2.0, 1.0, 1.0, patience=3)),
        special("a fall by exactly min_delta", _losses(2.0, 1.5, 1.75, patience=2, min_delta=0.5)),
        special(
            "small falls that add up",
            _losses(2.0, 1.75, 1.5, 1.25, 1.0, patience=4, min_delta=0.5),
        ),
        special(
            "the lowest loss is too small a fall",
            _losses(2.0, 1.0, 0.75, 1.5, 0.875, 1.25, patience=3, min_delta=0.5),
        ),
        special(
            "worse epochs that are not in a row",
            _losses(3.0, 3.5, 2.0, 2.5, 1.0, 1.5, 1.25, patience=2),
        ),
        special("rises and falls, never below the best", _losses(1.0, 2.0, 1.5, 1.25, patience=3)),
        special("never improving", _losses(1.0, 1.5, 2.0, 2.5, 0.5, patience=3)),
        special("always improving", _losses(2.0, 1.5, 1.0, 0.5, patience=1)),
        special("patience runs out with the list", _losses(2.0, 1.0, 1.5, 1.75, patience=2)),
        special("patience longer than the list", _losses(2.0, 2.5, 3.0, patience=10)),
        special("one epoch", _losses(0.5, patience=1)),
    ],
)
def early_stopping_at_the_edges(student, case):
    """early_stopping counts ties, small falls and the ends of the list as the README says"""
    best, stopped = student.early_stopping(case.losses, case.patience, case.min_delta)
    return values(best_epoch=best, stopped_epoch=stopped)
