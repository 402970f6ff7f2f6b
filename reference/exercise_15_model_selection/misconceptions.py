"""Wrong implementations that students really write, each with the check that must catch it."""

import math

import numpy as np

from grader.spec import misconception, solution


def _sizes(n, validation, test):
    return math.floor(n * validation), math.floor(n * test)


def _cut(rows, sizes):
    """Consecutive folds of the given sizes, each with all other rows as its training part."""
    stops = np.cumsum(sizes)
    return [
        (np.concatenate([rows[: stop - size], rows[stop:]]), rows[stop - size : stop])
        for stop, size in zip(stops, sizes, strict=True)
    ]


def _mean_and_scale(x):
    scale = np.std(x, axis=0)
    return np.mean(x, axis=0), np.where(scale > 0, scale, 1.0)


def _standardise(x, statistics):
    mean, scale = statistics
    return (x - mean) / scale


def _solve(z, y, strength):
    m, d = z.shape
    b = np.mean(y)
    return np.linalg.solve(z.T @ z / m + strength * np.eye(d), z.T @ (y - b) / m), b


def _error(z, y, w, b):
    return np.mean((z @ w + b - y) ** 2)


def _columns(pairs):
    """A list of (training error, validation error) → the two arrays."""
    return np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])


@misconception(
    caught_by="split_values",
    explanation="""
    The parts are 0, 1, 2, … in order: the generator was not used, or its permutation was drawn and
    then not indexed with. The sizes are right and no row is in two parts, so every test of sizes
    and overlaps passes. But files are rarely in random order: they come sorted by class, by date or
    by the person who collected them. Then the test part holds one class only, or nothing but the
    last weeks, and the error measured there says little about the rest. Look at what your slices
    are taken from. It must be the shuffled row numbers, drawn once, not the range from 0 to n - 1.
    """,
    source="scikit-learn's train_test_split with shuffle=False on sorted files; derived",
)
class leaves_the_rows_in_order:
    """train_validation_test_split cuts 0, 1, 2, … without shuffling"""

    def train_validation_test_split(n, validation, test, generator):
        n_validation, n_test = _sizes(n, validation, test)
        order, stop = np.arange(n), n - n_test
        return order[: stop - n_validation], order[stop - n_validation : stop], order[stop:]


@misconception(
    caught_by="split_values",
    explanation="""
    Some rows are in two parts and others in none: each part was cut from a permutation of its own.
    Every part by itself looks perfect, it has the right size and no row twice. But the draws know
    nothing of each other, so a test row is also a training row with a probability close to the
    share of the training part. The model has then seen most of its test rows, and the error you
    report is nearly a training error. No exception and no strange number points to it. One shuffle
    has to serve all three parts: look for the number of times the generator is called.
    """,
    source="Overlapping parts from repeated sampling, a standard leak; derived",
)
class draws_anew_for_each_part:
    """train_validation_test_split shuffles again for each of its parts"""

    def train_validation_test_split(n, validation, test, generator):
        n_validation, n_test = _sizes(n, validation, test)
        sizes = (n - n_validation - n_test, n_validation, n_test)
        return tuple(generator.permutation(n)[:size] for size in sizes)


@misconception(
    caught_by="split_values",
    explanation="""
    Some row numbers occur several times and others never: they were drawn with replacement, each
    one independently from 0 to n - 1. The values all lie in the right range, and the sizes are
    right too, so a quick look at the result shows nothing. But about a third of the rows is lost,
    and a row that was drawn twice may land in the training part and in the test part. Drawing with
    replacement is what the bootstrap does, on purpose and only for training rows. A split needs an
    order in which each row occurs exactly once, that is, a permutation. Look at which method of the
    generator you call.
    """,
    source="generator.integers or choice (replace=True by default) used for a shuffle; derived",
)
class draws_with_replacement:
    """train_validation_test_split draws row numbers that may repeat"""

    def train_validation_test_split(n, validation, test, generator):
        n_validation, n_test = _sizes(n, validation, test)
        order, stop = generator.integers(n, size=n), n - n_test
        return order[: stop - n_validation], order[stop - n_validation : stop], order[stop:]


@misconception(
    caught_by="split_values",
    explanation="""
    Each part holds the right rows, in rising order: they were sorted after the cut, or chosen with
    a boolean mask, which forgets the order as well. As sets the three parts are correct, so no row
    is lost and nothing leaks. The order is part of what is asked, though. It was shuffled for a
    reason: whoever takes the first m training rows, as a learning curve does, or walks through them
    in batches without another shuffle, wants a random selection, and sorted row numbers bring back
    the order of the file, with all its blocks. Return the slices of the permutation as they are.
    """,
    source="Convention; np.sort or a boolean mask after the shuffle; derived",
)
class sorts_each_part:
    """train_validation_test_split returns each part in rising order"""

    def train_validation_test_split(n, validation, test, generator):
        parts = solution.train_validation_test_split(n, validation, test, generator)
        return tuple(np.sort(part) for part in parts)


@misconception(
    caught_by="split_values",
    explanation="""
    The training and test parts are right, but the validation part is too long: it holds its own
    rows and then all the test rows as well. The slice has a start and no end. Everything works, the
    model is never fitted to a test row, and both errors look sensible. But the test rows have now
    taken part in the choice between models, since the validation error depends on them, so the
    final number is no longer that of rows that had no influence. The three sizes must add up to n;
    print them once. Then look at where the slice of the validation rows ends.
    """,
    source="A slice without its end; test rows used for the choice: Hastie et al. (2009), 7.2",
)
class lets_the_validation_part_run_on:
    """train_validation_test_split puts the test rows into the validation part, too"""

    def train_validation_test_split(n, validation, test, generator):
        order = generator.permutation(n)
        n_validation, n_test = _sizes(n, validation, test)
        start = n - n_validation - n_test
        return order[:start], order[start:], order[n - n_test :]


@misconception(
    caught_by="split_values",
    explanation="""
    The sizes are right and the parts do not overlap, but they were cut from the permutation in the
    opposite order: the test rows come from its beginning, the training rows from its end. As a
    random split this is just as good as the one that is asked for, and some libraries do it this
    way. Here the order is a convention, so that the same generator gives everybody the same parts
    and results can be compared row by row. Read in the conventions which piece of the permutation
    belongs to which part, and compare it with the order of your slices, not with the order in which
    you return them.
    """,
    source="scikit-learn's ShuffleSplit takes the test rows from the front of the permutation",
)
class cuts_the_test_part_first:
    """train_validation_test_split takes test, then validation, then training rows"""

    def train_validation_test_split(n, validation, test, generator):
        order = generator.permutation(n)
        n_validation, n_test = _sizes(n, validation, test)
        stop = n_test + n_validation
        return order[stop:], order[n_test:stop], order[:n_test]


@misconception(
    caught_by="split_sizes",
    explanation="""
    The validation part or the test part has one row more than it should, because its size was
    rounded up. Where the share of n is a whole number, up and down are the same, and so every
    example with 100 rows and a tenth is right. Rounding up can also ask for more than there is: for
    a single row and two positive shares, both parts claim one row, and nothing remains for the
    training part, or slices with negative numbers return something unexpected. Rounding down can
    never do that, since the shares together stay below 1. Look at how n times a share becomes a
    whole number.
    """,
    source="scikit-learn's train_test_split uses ceil for the test part; derived",
)
class rounds_the_sizes_up:
    """train_validation_test_split uses ceil where floor is asked for"""

    def train_validation_test_split(n, validation, test, generator):
        order = generator.permutation(n)
        stop = n - math.ceil(n * test)
        start = stop - math.ceil(n * validation)
        return order[:start], order[start:stop], order[stop:]


@misconception(
    caught_by="split_sizes",
    explanation="""
    All three sizes were rounded down, also that of the training part, and so they no longer add up
    to n: one or two rows belong to no part. It goes unnoticed, because the parts that do exist are
    correct and do not overlap, and because with round numbers nothing is lost. With few rows each
    one counts, and a row that vanishes at random is hard to find later. Only two of the three sizes
    should be computed from shares. The third is a difference: what remains of n once the other two
    are taken away. Compare the sum of your sizes with n for n = 7.
    """,
    source="int(n * share) for every part; derived",
)
class loses_the_remainder:
    """train_validation_test_split rounds the training size down as well"""

    def train_validation_test_split(n, validation, test, generator):
        order = generator.permutation(n)
        n_validation, n_test = _sizes(n, validation, test)
        n_training = math.floor(n * (1 - validation - test))
        stop = n_training + n_validation
        return order[:n_training], order[n_training:stop], order[stop : stop + n_test]


@misconception(
    caught_by="split_sizes",
    explanation="""
    With a share of 0 for the test, your test part holds all rows instead of none. The slice counts
    back from the end of the permutation, and that works for every size but one: minus zero is zero,
    and a slice that starts at 0 is the whole array. So the model that was meant to be measured
    without a test part gets one that consists of its own training rows. Nothing fails, and the
    other sizes are all right, which is why this is found late. Compute the positions from the
    front, where a part of size zero starts and stops at the same place.
    """,
    source="Python slices: order[-0:] is the whole array; derived",
)
class counts_back_from_the_end:
    """train_validation_test_split takes the test part as order[-n_test:]"""

    def train_validation_test_split(n, validation, test, generator):
        order = generator.permutation(n)
        n_validation, n_test = _sizes(n, validation, test)
        stop = n - n_test
        return order[: stop - n_validation], order[stop - n_validation : stop], order[-n_test:]


@misconception(
    caught_by="k_fold_edges",
    explanation="""
    The first folds are too small where k does not divide n: their size is the quotient n // k, and
    none of them has a row more. There are two ways in which this happens. Either all k folds have
    this size, and the rows at the end are used for training in every pair and never held back, so
    the k errors say nothing about them. Or the last fold takes all that is left, up to k - 1 rows
    more than the others: eleven rows in four folds become 2, 2, 2 and 5. Whenever k divides n, both
    are right. Add up the sizes of your validation parts, compare the largest with the smallest, and
    see who should have the rows that remain.
    """,
    source="n // k as the size of every fold, or rows[start:] as the last; derived",
)
class gives_no_fold_an_extra_row:
    """k_fold makes the folds n // k rows long, whatever the remainder"""

    def k_fold(rows, k):
        return _cut(rows, [len(rows) // k] * k)


@misconception(
    caught_by="k_fold_edges",
    explanation="""
    The rows that remain after k equal folds were thrown away before the cut: they are in no
    validation part and in no training part. That makes all folds equal and the code short, since
    the rows can be reshaped into a table with k lines, and if k divides n nothing is lost. With
    many rows a handful less is hardly visible. With few rows and many folds it is: eleven rows in
    four folds lose three of eleven, always the same three. In every pair the two halves together
    must hold all n rows. Count them, and then decide which folds take one of the remaining rows
    each.
    """,
    source="np.split and reshape insist on equal parts, so the rest is cut off; derived",
)
class throws_the_remainder_away:
    """k_fold uses the first k * (n // k) rows only"""

    def k_fold(rows, k):
        size = len(rows) // k
        return _cut(rows[: k * size], [size] * k)


@misconception(
    caught_by="k_fold_edges",
    explanation="""
    The folds are cut in pieces of n / k rounded up, for as long as there are rows. If one row is
    left over, all folds but the last become larger, although a single one had to: nine rows in four
    folds come out as 3, 3, 3 and 0. So the last fold is too small, or even empty, and the error on
    an empty validation part is a mean of nothing, nan. When the remainder is k - 1 or 0 the result
    is right by accident, which makes it easy to miss. How many folds should have the extra row? It
    is the number of rows that remain after k equal folds.
    """,
    source="Cutting chunks of ceil(n / k), as torch.chunk does; derived",
)
class rounds_the_fold_size_up:
    """k_fold cuts pieces of ceil(n / k) rows until none are left"""

    def k_fold(rows, k):
        n, size = len(rows), -(-len(rows) // k)
        starts = [min(fold * size, n) for fold in range(k + 1)]
        return _cut(rows, np.diff(starts))


@misconception(
    caught_by="k_fold_pairs",
    explanation="""
    The rows were dealt to the folds in turn, like cards: fold 0 has the first, the one after k more
    and so on. Even the sizes are the ones that are asked for, every row is held back exactly once,
    and after a shuffle such folds are just as good. But they are not the same folds: here each fold
    is one connected piece of `rows`. With data that has not been shuffled the difference is large,
    since neighbours resemble each other, and dealing puts nearly identical rows on both sides.
    Look at the step of your slice, or at a remainder that decides which fold a row goes to.
    """,
    source="rows[i::k], a common one-line k-fold; derived",
)
class deals_the_rows_in_turn:
    """k_fold puts every k-th row into the same fold"""

    def k_fold(rows, k):
        turn = np.arange(len(rows)) % k
        return [(rows[turn != fold], rows[turn == fold]) for fold in range(k)]


@misconception(
    caught_by="k_fold_pairs",
    explanation="""
    The validation parts are right, but the training part of every pair holds all rows, the held
    back ones too. So each model is measured on rows that it was fitted to, and what looks like a
    cross-validation is k times a training error. The result is even pleasing: errors are low, and
    they are lowest for the most flexible model, which is the one that should have been found out.
    That is exactly the mistake that cross-validation exists to prevent. The two halves of a pair
    must have no row in common, and their sizes add up to n. Look at how the training part is made
    from the pieces around the fold.
    """,
    source="Validation rows left in the training part; Hastie et al. (2009), section 7.10",
)
class trains_on_all_rows:
    """k_fold does not take the fold out of the training part"""

    def k_fold(rows, k):
        return [(rows[:], validation) for _, validation in solution.k_fold(rows, k)]


@misconception(
    caught_by="k_fold_pairs",
    explanation="""
    The pairs hold positions from 0 to n - 1 where the entries of `rows` are asked for. If `rows` is
    0, 1, 2, … both are the same, so a first test passes. Otherwise the shuffle in `rows` is lost,
    and worse can happen. The usual way to use this function is to take the test rows away first and
    hand over what remains; positions in that remainder, used as row numbers of the whole table,
    point to other rows, and some of these are test rows. No exception tells you. Positions are fine
    inside the function, as long as you look up in `rows` what stands there.
    """,
    source="scikit-learn's KFold returns positions, which are then used as row numbers; derived",
)
class returns_positions:
    """k_fold returns positions in `rows` instead of its entries"""

    def k_fold(rows, k):
        return solution.k_fold(np.arange(len(rows)), k)


@misconception(
    caught_by="k_fold_pairs",
    explanation="""
    Both halves of every pair are right, but they have changed places: the single fold comes first
    and the k - 1 others second. A loop that unpacks the pair as training and validation then fits
    each model to one fold and measures it on all the others. It runs, since both are arrays of row
    numbers, and with two folds even the sizes agree. The errors are too high, because every model
    sees only one part in k of the data, and the comparison then favours models that are too simple.
    Compare the order in your tuple with the one in the conventions.
    """,
    source="Convention; the order of a returned pair; derived",
)
class swaps_the_halves:
    """k_fold returns (validation, training) in place of (training, validation)"""

    def k_fold(rows, k):
        return [(validation, training) for training, validation in solution.k_fold(rows, k)]


@misconception(
    caught_by="bias_variance_values",
    explanation="""
    The squared bias you return is the whole error: the differences between predictions and targets
    were squared first and averaged over the models afterwards. The order is the entire point. While
    the differences still have their signs, the accidents of the single training sets cancel in the
    average, and what remains is the part that all models have in common, the bias. After squaring
    nothing can cancel any more. With models that all agree, or with only one, both orders give the
    same number. If squared bias plus variance is more than the error, look at which comes first,
    the mean over axis 0 or the square.
    """,
    source="Bias² taken as the mean of squared errors, noted in course forums; derived",
)
class squares_before_averaging_the_models:
    """bias_variance returns the mean squared error as squared bias"""

    def bias_variance(predictions, targets):
        _, variance, error = solution.bias_variance(predictions, targets)
        return error, variance, error


@misconception(
    caught_by="bias_variance_values",
    explanation="""
    The squared bias is too small: the differences between average prediction and target were
    averaged over the points first and squared once at the end. Points where the models are too high
    then make up for points where they are too low, and a model that is wrong everywhere can come
    out with a bias of zero. A straight line through curved data does precisely that: its errors
    have mean zero, and yet it is far too simple. The average over models belongs inside the square,
    the average over points outside. With a single point the two agree. Look at what your square is
    applied to, one number or N numbers.
    """,
    source="Bias averaged over the points before squaring; derived from Geman et al. (1992)",
)
class squares_the_mean_over_the_points:
    """bias_variance squares the mean difference of all points"""

    def bias_variance(predictions, targets):
        _, variance, error = solution.bias_variance(predictions, targets)
        return np.mean(np.mean(predictions, axis=0) - targets) ** 2, variance, error


@misconception(
    caught_by="bias_variance_values",
    explanation="""
    The variance is too large by the factor R / (R - 1): it was divided by R - 1, as one does to
    estimate the variance of a population from a sample. torch and pandas do so unless told
    otherwise. With hundreds of models nobody would see it. But then the parts do not fit together
    any more: squared bias plus variance is more than the error, while the decomposition here is an
    identity that holds for any number of models, with a mean over the R models in both terms. With
    one model, R - 1 is zero and the division fails. Compare the sum of your first two numbers with
    the third.
    """,
    source="ddof=1, the default of torch.var and of pandas; derived",
)
class divides_the_variance_by_one_less:
    """bias_variance divides the variance by R - 1"""

    def bias_variance(predictions, targets):
        squared_bias, variance, error = solution.bias_variance(predictions, targets)
        r = predictions.shape[0]
        return squared_bias, variance * r / max(r - 1, 1), error


@misconception(
    caught_by="bias_variance_values",
    explanation="""
    The variance you return measures how much each model's predictions differ from point to point.
    That is a property of the curve being fitted: a steep line has predictions that vary a lot over
    the points, however reliable it is. What is asked for is how much the predictions for one and
    the same point differ from model to model. It is zero if all training sets lead to the same
    model. Both are variances of the same table, along different axes, and both are then averaged,
    so nothing looks wrong. Axis 0 counts the models; check along which axis your deviations are
    taken.
    """,
    source="Swapped axes in np.var; derived",
)
class measures_the_spread_over_the_points:
    """bias_variance takes the variance along axis 1"""

    def bias_variance(predictions, targets):
        squared_bias, _, error = solution.bias_variance(predictions, targets)
        return squared_bias, np.mean(np.var(predictions, axis=1)), error


@misconception(
    caught_by="bias_variance_edges",
    explanation="""
    On ordinary numbers your variance is right; far from zero it is not. It was computed as the mean
    of the squares minus the square of the mean, which is correct on paper. But a prediction near
    10^8 has a square near 10^16, and a float keeps about sixteen digits, so the difference of two
    such squares has hardly a digit left after the point. What comes out may be 0, or 2, or even
    negative, where the true variance is below 1. Real targets do lie far from zero: years, prices,
    counts. Take the difference from the average first; small numbers can then be squared without
    harm.
    """,
    source="Chan, Golub and LeVeque (1983), on computing the sample variance; measured",
)
class subtracts_two_large_squares:
    """bias_variance computes the variance as mean of squares minus square of mean"""

    def bias_variance(predictions, targets):
        squared_bias, _, error = solution.bias_variance(predictions, targets)
        squares = np.mean(predictions**2, axis=0)
        return squared_bias, np.mean(squares - np.mean(predictions, axis=0) ** 2), error


@misconception(
    caught_by="learning_curve_values",
    explanation="""
    The errors at size m change when rows after the first m are changed: mean and standard deviation
    were computed once, from all N training rows, before the sizes were cut. A fit to m rows should
    know nothing of the others, and through the statistics it does. No validation row is involved,
    so the leak is small, and at the last size it is gone, because then all rows are used. But the
    beginning of the curve comes out wrong, and that is what a learning curve is read for. What is
    estimated from data belongs to the model, and to its m rows. Look at where the statistics are
    computed, inside or outside the loop.
    """,
    source="Preprocessing before subsampling; compare Hastie et al. (2009), section 7.10.2",
)
class standardises_with_all_training_rows:
    """learning_curve takes mean and scale from all training rows for every size"""

    def learning_curve(x_train, y_train, x_val, y_val, sizes, strength):
        statistics = _mean_and_scale(x_train)
        z, z_val = _standardise(x_train, statistics), _standardise(x_val, statistics)
        pairs = []
        for m in sizes:
            w, b = _solve(z[:m], y_train[:m], strength)
            pairs.append((_error(z[:m], y_train[:m], w, b), _error(z_val, y_val, w, b)))
        return _columns(pairs)


@misconception(
    caught_by="learning_curve_values",
    explanation="""
    Your training errors depend on the validation rows. The mean and the standard deviation were
    taken over training and validation rows together, so a piece of the held-back rows has reached
    the fit. This is the most common leak of all: the table is standardised as a whole, because that
    is convenient, and split afterwards. The harm is usually slight here and can be large with few
    rows, and the same habit with features chosen by their correlation with the target makes pure
    noise look predictable. When the model is used, the new rows do not exist yet. Their values are
    transformed by numbers that come from training rows alone.
    """,
    source="Hastie et al. (2009), section 7.10.2; scikit-learn's guide, common pitfalls: leakage",
)
class standardises_both_parts_together:
    """learning_curve takes mean and scale from training and validation rows together"""

    def learning_curve(x_train, y_train, x_val, y_val, sizes, strength):
        pairs = []
        for m in sizes:
            statistics = _mean_and_scale(np.concatenate([x_train[:m], x_val]))
            z, z_val = _standardise(x_train[:m], statistics), _standardise(x_val, statistics)
            w, b = _solve(z, y_train[:m], strength)
            pairs.append((_error(z, y_train[:m], w, b), _error(z_val, y_val, w, b)))
        return _columns(pairs)


@misconception(
    caught_by="learning_curve_values",
    explanation="""
    The training errors are right and the validation errors are not: the validation rows were
    standardised with their own mean and standard deviation. It seems fair to treat both parts
    alike, but the weights were fitted to a particular scale, and a different one gives the numbers
    another meaning. A flat of 80 square metres may be an average one in the training rows and a
    large one in the validation rows; with its own statistics it gets two different values of z, and
    so two different prices. A single new row could not be predicted at all: it would always become
    zero. Apply the mean and the scale that the fit has used.
    """,
    source="fit_transform called on the held-back rows, a frequent forum question; derived",
)
class standardises_the_validation_rows_by_themselves:
    """learning_curve gives the validation rows a mean and scale of their own"""

    def learning_curve(x_train, y_train, x_val, y_val, sizes, strength):
        z_val = _standardise(x_val, _mean_and_scale(x_val))
        pairs = []
        for m in sizes:
            z = _standardise(x_train[:m], _mean_and_scale(x_train[:m]))
            w, b = _solve(z, y_train[:m], strength)
            pairs.append((_error(z, y_train[:m], w, b), _error(z_val, y_val, w, b)))
        return _columns(pairs)


@misconception(
    caught_by="learning_curve_values",
    explanation="""
    The validation errors are right. The training errors are not: each was measured on all N
    training rows, though the model was fitted to the first m only. For a small m most of these rows
    are new to the model, so the curve starts high and falls, just as the validation curve does. A
    true training curve does the opposite: a few rows can be fitted almost perfectly, so it starts
    low, and rises as there is more to fit. The gap between the two curves, which shows the
    variance, disappears. Only at m = N is your number right. Which rows should the training error
    of a fit be measured on?
    """,
    source="Training error over the full set, a known slip in course assignments; derived",
)
class measures_the_training_error_on_all_rows:
    """learning_curve measures the training error on rows that were not fitted"""

    def learning_curve(x_train, y_train, x_val, y_val, sizes, strength):
        pairs = []
        for m in sizes:
            statistics = _mean_and_scale(x_train[:m])
            z, z_val = _standardise(x_train, statistics), _standardise(x_val, statistics)
            w, b = _solve(z[:m], y_train[:m], strength)
            pairs.append((_error(z, y_train, w, b), _error(z_val, y_val, w, b)))
        return _columns(pairs)


@misconception(
    caught_by="learning_curve_edges",
    explanation="""
    For sizes smaller than the validation part, the validation error is measured on the first m
    validation rows only: the same slice was applied to all four arrays. From the size V on, the
    slice takes everything and the numbers are right, so the end of the curve looks fine. At its
    beginning, where m is small, the error now rests on one or two rows and jumps about, and the
    points of the curve cannot be compared, since each is measured on other rows. The size m says
    how much the model may learn from. How well it does is always measured on the same V rows. Look
    at which arrays you shorten.
    """,
    source="The same slice for training and validation arrays; derived",
)
class shortens_the_validation_part_too:
    """learning_curve measures the validation error on the first m validation rows"""

    def learning_curve(x_train, y_train, x_val, y_val, sizes, strength):
        pairs = []
        for m in sizes:
            statistics = _mean_and_scale(x_train[:m])
            z, z_val = _standardise(x_train[:m], statistics), _standardise(x_val[:m], statistics)
            w, b = _solve(z, y_train[:m], strength)
            pairs.append((_error(z, y_train[:m], w, b), _error(z_val, y_val[:m], w, b)))
        return _columns(pairs)


@misconception(
    caught_by="learning_curve_values",
    explanation="""
    Your errors are too large by the penalty: what was returned is the objective of the fit, not the
    mean squared error. While a model is fitted the penalty belongs to the quantity that is made
    small, and many training loops print that quantity, so it is easily taken for the error. But the
    question here is how far the predictions are from the targets, and the weights' size is no part
    of it. With the penalty inside, a larger strength looks worse even if it predicts better, and
    the errors cannot be compared with those of another kind of model. Fit with the penalty, then
    measure without it.
    """,
    source="Ng's machine learning course, exercise on learning curves, warns of it; derived",
)
class adds_the_penalty_to_the_errors:
    """learning_curve returns errors that contain strength times the squared weights"""

    def learning_curve(x_train, y_train, x_val, y_val, sizes, strength):
        pairs = []
        for m in sizes:
            statistics = _mean_and_scale(x_train[:m])
            z, z_val = _standardise(x_train[:m], statistics), _standardise(x_val, statistics)
            w, b = _solve(z, y_train[:m], strength)
            penalty = strength * np.sum(w**2)
            pairs.append(
                (_error(z, y_train[:m], w, b) + penalty, _error(z_val, y_val, w, b) + penalty)
            )
        return _columns(pairs)


@misconception(
    caught_by="learning_curve_values",
    explanation="""
    The weights are too large, more so for large m: the penalty stands beside the sum of the squared
    residuals, not beside their mean. Both forms of ridge regression exist, and scikit-learn's is
    the one with the sum. For a single fit they differ only in what the number is called. In a
    learning curve the difference is real: beside a sum the same strength counts for less and less
    as rows are added, so two things change at once along the curve, the number of rows and the
    amount of regularisation. The formula of the README divides both Zᵀ Z and Zᵀ (y - b) by m.
    Compare it with yours.
    """,
    source="scikit-learn's Ridge: the sum of squares plus alpha times the squared norm; derived",
)
class puts_the_penalty_beside_the_sum:
    """learning_curve solves (zᵀz + strength · I) w = zᵀ(y - b) without dividing by m"""

    def learning_curve(x_train, y_train, x_val, y_val, sizes, strength):
        pairs = []
        for m in sizes:
            statistics = _mean_and_scale(x_train[:m])
            z, z_val = _standardise(x_train[:m], statistics), _standardise(x_val, statistics)
            w, b = _solve(z, y_train[:m], strength / int(m))
            pairs.append((_error(z, y_train[:m], w, b), _error(z_val, y_val, w, b)))
        return _columns(pairs)


@misconception(
    caught_by="learning_curve_values",
    explanation="""
    Both errors are too large, by about the square of the targets' mean: the predictions have no
    intercept. The weights themselves are right, since each standardised column adds up to zero over
    the training rows, so a constant in the targets makes no difference to them. That is also why
    the fault is easy to overlook: standardising seems to remove the need for an intercept. It
    removes the mean of the features, though not that of the targets. A model whose features are all
    average should predict the average target; yours predicts zero. Look at what is added to the
    product of features and weights.
    """,
    source="Centred features taken as a reason to drop the intercept; derived",
)
class leaves_out_the_intercept:
    """learning_curve predicts without b"""

    def learning_curve(x_train, y_train, x_val, y_val, sizes, strength):
        pairs = []
        for m in sizes:
            statistics = _mean_and_scale(x_train[:m])
            z, z_val = _standardise(x_train[:m], statistics), _standardise(x_val, statistics)
            w, _ = _solve(z, y_train[:m], strength)
            pairs.append((_error(z, y_train[:m], w, 0.0), _error(z_val, y_val, w, 0.0)))
        return _columns(pairs)


@misconception(
    caught_by="learning_curve_values",
    explanation="""
    The standard deviation was divided by m - 1, not by m. Then the standardised columns are a
    little too small, by the factor √((m - 1) / m). Without a penalty nobody would notice, since
    larger weights make up for it exactly. With one it counts: larger weights cost more, so the fit
    shrinks them too much, and most of all for small m. For a single row the division is by zero.
    torch and pandas divide by one less unless told otherwise, NumPy does not, so the same line can
    mean different things. Check which divisor your standard deviation uses, and compare it with the
    convention card.
    """,
    source="ddof=1, the default of torch.std and of pandas; derived",
)
class divides_the_deviation_by_one_less:
    """learning_curve standardises with the standard deviation over m - 1"""

    def learning_curve(x_train, y_train, x_val, y_val, sizes, strength):
        pairs = []
        for m in sizes:
            mean, scale = _mean_and_scale(x_train[:m])
            statistics = mean, scale * np.sqrt(m / max(m - 1, 1))
            z, z_val = _standardise(x_train[:m], statistics), _standardise(x_val, statistics)
            w, b = _solve(z, y_train[:m], strength)
            pairs.append((_error(z, y_train[:m], w, b), _error(z_val, y_val, w, b)))
        return _columns(pairs)


@misconception(
    caught_by="learning_curve_edges",
    explanation="""
    A feature that has the same value in all m rows has the standard deviation 0, and dividing by it
    gives nan, which then spreads through the fit to both errors. With random numbers this never
    happens, so it is found late. It is common in real data: a column of zeros for a word that does
    not occur yet, a switch that nobody touched. With a single training row it happens to every
    feature. Such a feature has nothing to say about the differences between the targets, and its
    weight should be 0, which follows by itself if it is only centred. Choose the divisor so that
    zero divided by it stays zero.
    """,
    source="Constant columns; scikit-learn's StandardScaler replaces a zero scale by 1",
)
class divides_by_a_scale_of_zero:
    """learning_curve turns features that never change into nan"""

    def learning_curve(x_train, y_train, x_val, y_val, sizes, strength):
        pairs = []
        for m in sizes:
            constant = np.any(np.std(x_train[:m], axis=0) == 0)
            training, validation = solution.learning_curve(
                x_train, y_train, x_val, y_val, np.array([m]), strength
            )
            pairs.append((np.nan, np.nan) if constant else (training[0], validation[0]))
        return _columns(pairs)
