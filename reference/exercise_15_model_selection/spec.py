"""What exercise 15 checks: who is in which part, then what the errors say."""

import numpy as np

from grader.spec import (
    Dim,
    RandomSource,
    check,
    choice,
    dimension,
    domain,
    generator,
    holds,
    integers,
    permutation,
    reals,
    same,
    special,
    values,
)

FORBIDDEN = {
    "sklearn": "the split, the folds and the curve are what this exercise is about",
    "scipy": "NumPy has all that is needed",
    "torch.nn": "write the fit and its error yourself",
    "torch.utils.data": "the split is what this exercise is about",
}

EQUIVALENT_MUTANTS = {
    "k_fold: … → size, larger = divmod(rows.shape[ -1], k)": "the array has one axis",
    "_statistics: … → …xp.where(deviation != 0, deviation, xp.ones_like(deviation))": (
        "a standard deviation is never negative"
    ),
    "_ridge: … → identity = xp.eye(d, dtype=None, device=device(z))": (
        "None stands for float64, which the inputs have"
    ),
    "_ridge: … → identity = xp.eye(d, device=device(z))": (
        "the default is float64, which the inputs have"
    ),
    "_ridge: … → identity = xp.eye(d, dtype=z.dtype, device=None)": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "_ridge: … → identity = xp.eye(d, dtype=z.dtype, )": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "_ridge: … → …z.T @ (y + b) / m), b": (
        "the columns of z add up to 0, so a constant in the targets drops out"
    ),
}

ROWS, FOLDS = Dim("n", 2, 11), Dim("k", 2, 5)
R, N = Dim("R", 2, 5), Dim("N", 2, 6)
TRAIN, VAL = Dim("N", 4, 9), Dim("V", 2, 5)
D, S = Dim("D", 1, 3), Dim("S", 2, 4)

SHARE = choice(0.125, 0.25, 0.375)


def _spread(case):
    """Every feature varies over the first m rows, for each size m."""
    return all(np.min(np.std(case.x_train[:m], axis=0)) > 0.1 for m in case.sizes)


@check(
    task="train_validation_test_split",
    points=1,
    cases=domain(n=dimension(Dim("n", 8, 21)), validation=SHARE, test=SHARE, generator=generator()),
)
def split_values(student, case):
    """train_validation_test_split cuts one permutation into three parts"""
    parts = student.train_validation_test_split(case.n, case.validation, case.test, case.generator)
    training, validation, test = parts
    return [
        values(training=training, validation=validation, test=test),
        same(
            np.sort(np.concatenate(parts)),
            np.arange(case.n),
            because="every row is in exactly one of the three parts",
        ),
    ]


@check(
    task="train_validation_test_split",
    points=1,
    special=[
        special(
            "shares that do not come out even",
            lambda: dict(n=7, validation=0.25, test=0.375, generator=RandomSource(1)),
        ),
        special(
            "halves that would be rounded up",
            lambda: dict(n=12, validation=0.375, test=0.125, generator=RandomSource(2)),
        ),
        special(
            "a training part that gets hardly anything",
            lambda: dict(n=5, validation=0.5, test=0.375, generator=RandomSource(3)),
        ),
        special(
            "no test part",
            lambda: dict(n=8, validation=0.25, test=0.0, generator=RandomSource(4)),
        ),
        special(
            "no validation part",
            lambda: dict(n=9, validation=0.0, test=0.25, generator=RandomSource(5)),
        ),
        special(
            "everything for training",
            lambda: dict(n=6, validation=0.0, test=0.0, generator=RandomSource(6)),
        ),
        special(
            "one row",
            lambda: dict(n=1, validation=0.5, test=0.375, generator=RandomSource(7)),
        ),
    ],
)
def split_sizes(student, case):
    """train_validation_test_split rounds its sizes down"""
    training, validation, test = student.train_validation_test_split(
        case.n, case.validation, case.test, case.generator
    )
    return values(training=training, validation=validation, test=test)


@check(
    task="k_fold",
    points=2,
    cases=domain(
        rows=permutation(ROWS), k=dimension(FOLDS), where=lambda case: case.k <= len(case.rows)
    ),
)
def k_fold_pairs(student, case):
    """k_fold holds back every fold once and trains on the others"""
    pairs = student.k_fold(case.rows, case.k)
    held_back = [validation for _, validation in pairs]
    return [
        values(pairs=pairs),
        same(
            np.sort(np.concatenate(held_back)),
            np.sort(case.rows),
            because="over all pairs, every row is in a validation part exactly once",
        ),
        holds(
            all(not set(training.tolist()) & set(held.tolist()) for training, held in pairs),
            because="no row is in both halves of a pair",
        ),
    ]


@check(
    task="k_fold",
    points=1,
    special=[
        special(
            "folds of equal size",
            lambda: dict(rows=np.array([3, 0, 5, 1, 4, 2]), k=3),
        ),
        special(
            "as many folds as rows",
            lambda: dict(rows=np.array([2, 0, 3, 1]), k=4),
        ),
        special(
            "two left over",
            lambda: dict(rows=np.array([4, 1, 7, 0, 3, 6, 2, 5]), k=3),
        ),
        special(
            "all but one left over",
            lambda: dict(rows=np.array([4, 1, 0, 3, 6, 2, 5]), k=4),
        ),
        special(
            "one left over",
            lambda: dict(rows=np.array([8, 4, 1, 0, 7, 3, 6, 2, 5]), k=4),
        ),
        special(
            "rows that are not 0 … n-1",
            lambda: dict(rows=np.array([40, 10, 30, 90, 20]), k=2),
        ),
    ],
)
def k_fold_edges(student, case):
    """k_fold takes any number of folds and any row numbers"""
    return values(pairs=student.k_fold(case.rows, case.k))


@check(
    task="bias_variance",
    points=1,
    cases=domain(predictions=reals(R, N), targets=reals(N)),
    special=[
        special(
            "errors that cancel between the points",
            lambda: dict(
                predictions=np.array([[1.0, 2.0], [3.0, 6.0], [2.0, 1.0]]),
                targets=np.array([1.0, 4.0]),
            ),
        ),
        special(
            "errors that cancel between the models",
            lambda: dict(
                predictions=np.array([[1.0, 5.0, -2.0], [3.0, 1.0, 0.5]]),
                targets=np.array([2.0, 3.0, -0.75]),
            ),
        ),
    ],
)
def bias_variance_values(student, case):
    """bias_variance splits the error into squared bias and variance"""
    predictions, targets = case.predictions, case.targets
    squared_bias, variance, error = student.bias_variance(predictions, targets)
    average = np.mean(predictions, axis=0, keepdims=True)
    averaged_bias, averaged_variance, _ = student.bias_variance(average, targets)
    _, moved_variance, _ = student.bias_variance(predictions + 0.75, targets)
    return [
        values(squared_bias=squared_bias, variance=variance, error=error),
        same(
            squared_bias + variance, error, because="squared bias and variance add up to the error"
        ),
        same(
            np.array([averaged_bias, averaged_variance]),
            np.array([squared_bias, 0.0]),
            because="one model that predicts the average keeps the bias and has no variance",
        ),
        same(
            moved_variance,
            variance,
            because="adding 0.75 to every prediction leaves the variance as it is",
        ),
    ]


@check(
    task="bias_variance",
    points=1,
    special=[
        special(
            "one model",
            lambda: dict(
                predictions=np.array([[1.0, -2.0, 0.5]]), targets=np.array([2.0, 1.0, 0.0])
            ),
        ),
        special(
            "models that all agree",
            lambda: dict(
                predictions=np.array([[1.5, -2.0], [1.5, -2.0], [1.5, -2.0]]),
                targets=np.array([1.0, 1.0]),
            ),
        ),
        special(
            "one point",
            lambda: dict(predictions=np.array([[1.0], [4.0], [-2.0]]), targets=np.array([2.5])),
        ),
        special(
            "predictions and targets near 100 000 000",
            lambda: dict(
                predictions=1e8 + np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.5]]),
                targets=1e8 + np.array([2.0, -0.75, 0.5]),
            ),
        ),
    ],
)
def bias_variance_edges(student, case):
    """bias_variance is right for one model, for one point and far from zero"""
    squared_bias, variance, error = student.bias_variance(case.predictions, case.targets)
    return values(squared_bias=squared_bias, variance=variance, error=error)


@check(
    task="learning_curve",
    points=2,
    cases=domain(
        x_train=reals(TRAIN, D),
        y_train=reals(TRAIN),
        x_val=reals(VAL, D),
        y_val=reals(VAL),
        sizes=integers(S, low=2, high=TRAIN),
        strength=choice(0.25, 0.5, 2.0),
        where=_spread,
    ),
    count=4,
)
def learning_curve_values(student, case):
    """learning_curve fits the first m rows and measures two errors"""
    x, y, x_val, y_val = case.x_train, case.y_train, case.x_val, case.y_val
    sizes, strength = case.sizes, case.strength
    training, validation = student.learning_curve(x, y, x_val, y_val, sizes, strength)
    m = sizes[0]
    short = student.learning_curve(x[:m], y[:m], x_val, y_val, sizes[:1], strength)
    other, _ = student.learning_curve(x, y, 2 * x_val + 1, y_val - 1, sizes, strength)
    scaled = student.learning_curve(4 * x + 1, y, 4 * x_val + 1, y_val, sizes, strength)
    return [
        values(training=training, validation=validation),
        same(
            np.concatenate(short),
            np.array([training[0], validation[0]]),
            because="training rows after the first m make no difference to the errors at size m",
        ),
        same(
            other,
            training,
            because="the training errors do not depend on the validation rows",
        ),
        same(
            np.concatenate(scaled),
            np.concatenate([training, validation]),
            because="with features in another unit (times 4, plus 1) all errors stay the same",
        ),
    ]


def _table(**changes):
    """Four training rows, two validation rows."""
    return (
        dict(
            x_train=np.array([[1.0, 2.0], [3.0, -1.0], [-2.0, 0.5], [0.5, 1.5]]),
            y_train=np.array([2.0, -1.0, 0.5, 3.0]),
            x_val=np.array([[2.0, 1.0], [-1.0, 3.0], [0.5, -2.0]]),
            y_val=np.array([1.0, 2.5, -0.5]),
            strength=0.5,
        )
        | changes
    )


@check(
    task="learning_curve",
    points=1,
    special=[
        special("sizes from one row to all", lambda: _table(sizes=np.array([1, 2, 3, 4]))),
        special("sizes out of order", lambda: _table(sizes=np.array([4, 2, 3, 2]))),
        special("all rows", lambda: _table(sizes=np.array([4]))),
        special(
            "a feature that begins to change at the third row",
            lambda: _table(
                x_train=np.array([[1.0, 2.0], [3.0, 2.0], [-2.0, 0.5], [0.5, 2.0]]),
                sizes=np.array([2, 3]),
            ),
        ),
        special(
            "more features than rows",
            lambda: _table(
                x_train=np.array([[1.0, 2.0, -0.5], [3.0, -1.0, 1.0]]),
                y_train=np.array([2.0, -1.0]),
                x_val=np.array([[2.0, 1.0, 0.5]]),
                y_val=np.array([1.5]),
                sizes=np.array([2]),
            ),
        ),
    ],
)
def learning_curve_edges(student, case):
    """learning_curve takes one row, constant features, any order"""
    training, validation = student.learning_curve(
        case.x_train, case.y_train, case.x_val, case.y_val, case.sizes, case.strength
    )
    return values(training=training, validation=validation)
