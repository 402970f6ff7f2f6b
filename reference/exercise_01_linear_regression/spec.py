"""What exercise 01 checks: the prediction and its losses first, then the two fits."""

import numpy as np

from grader.spec import Dim, check, domain, reals, same, scalar, special, values

FORBIDDEN = {
    "numpy.polyfit": "the fit is what this exercise is about",
    "numpy.polynomial": "the fit is what this exercise is about",
    "numpy.linalg.lstsq": "the fit is what this exercise is about; pinv is allowed",
    "torch.linalg.lstsq": "the fit is what this exercise is about; pinv is allowed",
    "torch.nn": "write the prediction and the losses yourself",
    "scipy": "NumPy has all that is needed",
    "sklearn": "the model is what this exercise is about",
}

EQUIVALENT_MUTANTS = {
    "fit_line: … → dy = y + xp.mean(y)": (
        "the deviations of x add up to 0, so a constant in dy drops out of the covariance"
    ),
    "… → …xp.ones((x.shape[0], 1), dtype=None, device=device(x))": (
        "None stands for float64, which the inputs have"
    ),
    "… → …xp.ones((x.shape[0], 1), device=device(x))": (
        "the default is float64, which the inputs have"
    ),
    "… → …xp.ones((x.shape[0], 1), dtype=x.dtype, device=None)": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "… → …xp.ones((x.shape[0], 1), dtype=x.dtype, )": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
}

N, D = Dim("N", 2, 7), Dim("D", 2, 5)
POINTS = Dim("N", 3, 8)
ROWS, FEATURES = Dim("N", 4, 9), Dim("D", 1, 3)


def _design(x):
    return np.column_stack([np.ones(len(x)), x])


def _well_posed(case):
    """There are more examples than weights, and no column is nearly a sum of others."""
    n, d = case.x.shape
    return n >= d + 2 and np.linalg.cond(_design(case.x)) < 20


residuals = domain(predictions=reals(N), y=reals(N))
points = domain(
    x=reals(POINTS),
    y=reals(POINTS),
    where=lambda case: np.var(case.x) > 0.1 and np.var(case.y) > 0.1,
)
table = domain(x=reals(ROWS, FEATURES), y=reals(ROWS), where=_well_posed)

extremes = [
    special("one example", lambda: dict(predictions=np.array([1.5]), y=np.array([4.0]))),
    special(
        "predictions that are all right",
        lambda: dict(predictions=np.array([0.5, -3.0, 2.0]), y=np.array([0.5, -3.0, 2.0])),
    ),
    special(
        "residuals that add up to zero",
        lambda: dict(predictions=np.array([1.0, 5.0, 0.0]), y=np.array([3.0, 2.0, 1.0])),
    ),
    special(
        "predictions that are all too low",
        lambda: dict(predictions=np.array([1.0, -2.0]), y=np.array([4.0, 5.0])),
    ),
]


@check(
    task="predict",
    points=1,
    cases=domain(x=reals(N, D), w=reals(D), b=scalar(-2, 2)),
    special=[
        special(
            "one example",
            lambda: dict(x=np.array([[2.0, -1.0, 4.0]]), w=np.array([0.5, 3.0, 1.0]), b=-1.0),
        ),
        special(
            "one feature",
            lambda: dict(x=np.array([[1.0], [-2.0], [4.0]]), w=np.array([3.0]), b=0.5),
        ),
    ],
)
def predict_values(student, case):
    """predict adds up features times weights, and the intercept"""
    return values(predictions=student.predict(case.x, case.w, case.b))


@check(task="mean_squared_error", points=1, cases=residuals, special=extremes)
def mean_squared_error_values(student, case):
    """mean_squared_error averages the squared residuals"""
    p, y = case.predictions, case.y
    error = student.mean_squared_error(p, y)
    tripled = student.mean_squared_error(3 * p, 3 * y)
    return [
        values(error=error),
        same(tripled, 9 * error, because="residuals three times as large make it 9 times as large"),
    ]


@check(task="mean_absolute_error", points=1, cases=residuals, special=extremes)
def mean_absolute_error_values(student, case):
    """mean_absolute_error averages the sizes of the residuals"""
    p, y = case.predictions, case.y
    error = student.mean_absolute_error(p, y)
    return [
        values(error=error),
        same(
            student.mean_absolute_error(y, p),
            error,
            because="exchanging predictions and targets changes signs, and no sizes",
        ),
    ]


@check(
    task="fit_line",
    points=1,
    cases=points,
    special=[
        special(
            "two examples",
            lambda: dict(x=np.array([1.0, 3.0]), y=np.array([5.0, 2.0])),
        ),
        special(
            "the same target everywhere",
            lambda: dict(x=np.array([1.0, -2.0, 0.5]), y=np.array([3.0, 3.0, 3.0])),
        ),
        special(
            "repeated inputs",
            lambda: dict(x=np.array([2.0, 2.0, -1.0, 2.0]), y=np.array([1.0, 4.0, -3.0, 0.5])),
        ),
    ],
)
def fit_line_values(student, case):
    """fit_line returns slope and intercept of the best line"""
    slope, intercept = student.fit_line(case.x, case.y)
    return values(slope=slope, intercept=intercept)


@check(task="fit_line", points=1, cases=points)
def fit_line_balances_the_residuals(student, case):
    """fit_line leaves residuals that balance, and follows the data when they move"""
    x, y = case.x, case.y
    slope, intercept = student.fit_line(x, y)
    residual = slope * x + intercept - y
    moved_slope, moved_intercept = student.fit_line(x, y + 0.5 * x + 1.5)
    return [
        same(
            np.mean(residual),
            np.float64(0),
            because="the residuals of the best line add up to 0",
            scale=1.0,
        ),
        same(
            np.mean(residual * x),
            np.float64(0),
            because="the residuals of the best line, each times its x, add up to 0",
            scale=1.0,
        ),
        same(
            np.array([moved_slope, moved_intercept]),
            np.array([slope + 0.5, intercept + 1.5]),
            because="adding 0.5 · x + 1.5 to the targets adds 0.5 to the slope and 1.5 to the "
            "intercept",
        ),
    ]


@check(
    task="fit_line",
    points=1,
    special=[
        special(
            "readings near 100 000 000",
            lambda: dict(
                x=1e8 + np.array([0.25, 1.5, 3.75, 6.5]), y=np.array([1.0, 2.5, 2.0, 4.0])
            ),
        ),
        special(
            "readings near -20 000 000",
            lambda: dict(
                x=-2e7 + np.array([1.5, -2.25, 0.75, 3.0]), y=np.array([-1.0, 2.0, 0.5, -2.0])
            ),
        ),
    ],
)
def fit_line_far_from_zero(student, case):
    """fit_line stays right where all inputs lie far from zero"""
    slope, intercept = student.fit_line(case.x, case.y)
    return values(slope=slope, intercept=intercept)


@check(
    task="fit_normal_equation",
    points=2,
    cases=table,
    special=[
        special(
            "as many weights as examples",
            lambda: dict(
                x=np.array([[1.0, 2.0], [3.0, -1.0], [-2.0, 0.5]]), y=np.array([1.0, -2.0, 3.0])
            ),
        ),
        special(
            "a feature in large units",
            lambda: dict(
                x=np.array([[1.0, 0.003], [2.0, -0.001], [-1.0, 0.002], [0.5, 0.001]]),
                y=np.array([2.0, 1.0, -1.5, 0.5]),
            ),
        ),
    ],
)
def fit_normal_equation_values(student, case):
    """fit_normal_equation returns the best weights and intercept"""
    w, b = student.fit_normal_equation(case.x, case.y)
    return values(w=w, b=b)


@check(task="fit_normal_equation", points=1, cases=table)
def fit_normal_equation_balances_the_residuals(student, case):
    """fit_normal_equation leaves residuals that no feature explains"""
    x, y = case.x, case.y
    n, d = x.shape
    w, b = student.fit_normal_equation(x, y)
    residual = x @ w + b - y
    twice_w, twice_b = student.fit_normal_equation(np.concatenate([x, x]), np.concatenate([y, y]))
    known = np.arange(1.0, d + 1)
    moved_w, moved_b = student.fit_normal_equation(x, y + x @ known - 0.5)
    return [
        same(
            np.mean(residual),
            np.float64(0),
            because="the residuals of the best weights add up to 0",
            scale=1.0,
        ),
        same(
            x.T @ residual / n,
            np.zeros(d),
            because="the residuals of the best weights, times any one feature, add up to 0",
            scale=1.0,
        ),
        same(
            np.append(twice_w, twice_b),
            np.append(w, b),
            because="giving every example twice leaves the weights and the intercept as they are",
        ),
        same(
            np.append(moved_w, moved_b),
            np.append(w + known, b - 0.5),
            because="adding 1 · x[n, 0] + 2 · x[n, 1] + … - 0.5 to the targets adds 1, 2, … to the "
            "weights and -0.5 to the intercept",
        ),
    ]


@check(
    task="fit_normal_equation",
    points=1,
    special=[
        special(
            "a feature that never changes",
            lambda: dict(x=np.array([[-0.4, -2.4], [-0.4, 3.6]]), y=np.array([0.5, -0.5])),
        ),
        special(
            "a feature and one minus it",
            lambda: dict(
                x=np.array([[2.5, -1.5], [0.5, 0.5], [0.2, 0.8]]), y=np.array([3.5, 1.0, 2.5])
            ),
        ),
        special(
            "the same feature twice",
            lambda: dict(
                x=np.array([[1.0, 1.0], [2.0, 2.0], [-1.0, -1.0], [4.0, 4.0]]),
                y=np.array([2.0, 1.0, -3.0, 0.5]),
            ),
        ),
        special(
            "a feature that is the sum of two others",
            lambda: dict(
                x=np.array([[1.0, 2.0, 3.0], [0.0, -1.0, -1.0], [2.0, 0.5, 2.5], [-1.0, 1.5, 0.5]]),
                y=np.array([1.0, 0.5, -2.0, 3.0]),
            ),
        ),
        special(
            "more features than examples",
            lambda: dict(x=np.array([[1.0, -2.0, 0.5], [0.5, 1.0, -1.5]]), y=np.array([2.0, -1.0])),
        ),
        special("one example", lambda: dict(x=np.array([[2.0, -1.0]]), y=np.array([3.0]))),
        special(
            "a feature of zeros",
            lambda: dict(
                x=np.array([[1.0, 0.0], [2.0, 0.0], [-2.0, 0.0]]), y=np.array([1.0, 4.0, -1.0])
            ),
        ),
    ],
)
def fit_normal_equation_takes_the_shortest_solution(student, case):
    """fit_normal_equation returns the minimum-norm solution where many are best"""
    w, b = student.fit_normal_equation(case.x, case.y)
    return values(w=w, b=b)
