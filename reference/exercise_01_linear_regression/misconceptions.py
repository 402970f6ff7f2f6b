"""Wrong implementations that students really write, each with the check that must catch it."""

import numpy as np

from grader.spec import misconception, solution


def _design(x):
    return np.column_stack([np.ones(x.shape[0]), x])


@misconception(
    caught_by="predict_values",
    explanation="""
    Every prediction is off by the same amount, and that amount is b: the intercept was never added.
    Without it the model says 0 wherever all features are 0, so a line is forced through the origin
    and cannot be moved up or down. The weights themselves are used rightly, and a test with b = 0
    passes, which is why the omission is easy to miss. Think of the price of a flat: something may
    be left to pay even when every feature is zero, and the fit puts exactly that into b. Look at
    the last step of your function, after the products have been added up. One number goes to all
    N predictions alike.
    """,
    source="Intercept left out of the model: handson-ml#446 in the fit; derived for predict",
)
class leaves_out_the_intercept:
    """predict returns x @ w without b"""

    def predict(x, w, b):
        return x @ w


@misconception(
    caught_by="predict_values",
    explanation="""
    Every prediction holds the intercept D times in place of once. It was added to each product
    x[n, d] · w[d], before the sum over the features, so the sum collects one b per feature. With a
    single feature the two are the same, and that is the case most people try first; with b = 0
    nothing shows either. In the formula of the README the sum Σ_d ends before the + b: an example
    has D products but only one intercept. Check the order of your two steps, or the brackets around
    them. In a loop, ask whether the line that adds b stands inside or outside the loop over the
    features.
    """,
    source="Bias inside the sum over inputs, hidden by a single input; derived",
)
class adds_the_intercept_once_per_feature:
    """predict adds b to every product before summing over the features"""

    def predict(x, w, b):
        return (x * w + b).sum(axis=1)


@misconception(
    caught_by="predict_values",
    explanation="""
    The shape is right and the predictions are scrambled: features of different examples got mixed.
    The table was brought from shape (N, D) to (D, N) by a reshape. A reshape keeps the numbers in
    the order in which they are stored, row after row, and only cuts them at other places; it does
    not turn columns into rows. So the new row 0 begins with all features of example 0 and then runs
    on into example 1. No error appears, since the shapes fit, and with one feature the result is
    even right. A transpose is what moves entry [n, d] to [d, n]. Write down a table of two rows and
    three columns and do both by hand.
    """,
    source="Reshape used for transpose, a classic of array programming; derived",
)
class reshapes_where_a_transpose_is_meant:
    """predict multiplies w with x reshaped to (D, N)"""

    def predict(x, w, b):
        return w @ x.reshape(x.shape[1], x.shape[0]) + b


@misconception(
    caught_by="mean_squared_error_values",
    explanation="""
    The result is N times too large: the squared residuals were added up, and the sum was not
    divided by the number of examples. With one example the two are equal, so a small test by hand
    passes, and the weights that make the sum smallest also make the mean smallest, so a fit does
    not notice. The number itself changes meaning, though. A sum grows with every example you add,
    even if the model stays as good as it was, so the errors on 100 and on 1000 examples cannot be
    compared. The mean says how bad a typical example is. Look at what happens after the residuals
    have been squared and added.
    """,
    source="Sum and mean of the loss confused, aprender#2182; derived for this loss",
)
class adds_up_without_dividing:
    """mean_squared_error returns the sum of the squared residuals"""

    def mean_squared_error(predictions, y):
        return solution.mean_squared_error(predictions, y) * len(y)


@misconception(
    caught_by="mean_squared_error_values",
    explanation="""
    Every result is exactly half of what is asked: the sum was divided by 2N. Many books define the
    loss with a factor ½, because it cancels the 2 that appears when a square is differentiated.
    Both definitions are smallest at the same weights, so nothing looks wrong in a fit. But this
    exercise is about the mean of the squares, as its name says, and the convention card rules the
    ½ out. The difference comes back in the next exercise, where the gradient of this loss is
    needed: a loss with ½ and a gradient without it do not belong together. Look at your divisor and
    count what it counts.
    """,
    source="1/2n and 1/n both called MSE; compare Deep-ML#54, 1/n for 2/n in its gradient",
)
class halves_the_mean:
    """mean_squared_error divides by 2N"""

    def mean_squared_error(predictions, y):
        return solution.mean_squared_error(predictions, y) / 2


@misconception(
    caught_by="mean_squared_error_values",
    explanation="""
    The result is the square root of the mean squared error. That quantity has a name of its own,
    root mean squared error or RMSE, and it is useful: it has the same unit as the targets, euros
    where the squares have square euros. It is smallest at the same weights, and close to 1 the two
    hardly differ, so they are often exchanged in reports. Here the mean itself is asked for. You
    can tell them apart by scaling: when all residuals become three times as large, the mean squared
    error grows by nine, and yours grew by three. Look at the last operation of your function.
    """,
    source="RMSE reported as MSE; derived",
)
class returns_the_root_of_the_mean:
    """mean_squared_error returns the root mean squared error"""

    def mean_squared_error(predictions, y):
        return solution.mean_squared_error(predictions, y) ** 0.5


@misconception(
    caught_by="mean_squared_error_values",
    explanation="""
    The residuals were averaged first, and the average was squared afterwards. In that order,
    residuals above and below zero cancel before they count: predictions that are 2 too low, 3 too
    high and 1 too low give an error of exactly 0, although none of them is right. The name reads
    from the end: take the error of each example, square it, and take the mean last. The square is
    there to make all contributions positive, so it must come before anything is added. With one
    example both orders agree. Your value is never larger than the expected one; the gap between
    them is the variance of the residuals.
    """,
    source="Order of square and mean exchanged; compare crab#74, RMSE that squares the sum",
)
class squares_after_averaging:
    """mean_squared_error returns the square of the mean residual"""

    def mean_squared_error(predictions, y):
        return np.mean(predictions - y) ** 2


@misconception(
    caught_by="mean_squared_error_values",
    explanation="""
    Every prediction was compared with every target, not only with its own: the mean runs over N · N
    differences. It happens when one of the two arrays has become a column of shape (N, 1) and the
    other is a list of shape (N,). Subtracting them raises no error. NumPy repeats the column to the
    right and the list downward until both are (N, N); this is called broadcasting. The result is a
    plausible positive number, but it does not become 0 even when all predictions are right, and
    minimising it pulls every prediction towards the mean target. Print the shape of your residuals:
    it must be (N,). Look for a reshape, or for an index that adds an axis.
    """,
    source="(N, 1) against (N,) in an MSE loss; torch.nn.MSELoss warns of just this",
)
class compares_all_pairs:
    """mean_squared_error subtracts a row of targets from a column of predictions"""

    def mean_squared_error(predictions, y):
        return np.mean((predictions[:, None] - y) ** 2)


@misconception(
    caught_by="mean_absolute_error_values",
    explanation="""
    The residuals were averaged with their signs: the absolute value is missing. Predictions that
    are too high and predictions that are too low then cancel, so the result may be close to zero
    for a model that is always wrong, and it is negative for one that is always too low. An error
    measure must not do that. What you computed is called the bias, and for the best line through
    the data it is always exactly 0. If every prediction happens to be above its target, the two
    agree, and such a test hides the slip. Each residual has to lose its sign before the mean is
    taken. Look at the name of the function again: mean, absolute, error.
    """,
    source="Mean error in place of mean absolute error; derived",
)
class averages_signed_residuals:
    """mean_absolute_error returns the mean of prediction minus target"""

    def mean_absolute_error(predictions, y):
        return np.mean(predictions - y)


@misconception(
    caught_by="mean_absolute_error_values",
    explanation="""
    Two things happened at once. The residuals were taken as target minus prediction, the reverse of
    the convention, and their signs were kept, so that errors in opposite directions cancel in the
    mean. The result is right only when every prediction lies below its target. With the absolute
    value in place the order of the subtraction would not matter, because |a - b| equals |b - a|;
    without it your number is even negative when predictions are too high. The order is still worth
    a look: in the next exercises gradients are built from the residual, and there a reversed sign
    makes the weights run away from the minimum.
    """,
    source="Deep-ML#273: residual sign reversed; absolute value forgotten, derived",
)
class averages_targets_minus_predictions:
    """mean_absolute_error returns the mean of target minus prediction"""

    def mean_absolute_error(predictions, y):
        return np.mean(y - predictions)


@misconception(
    caught_by="mean_absolute_error_values",
    explanation="""
    The absolute value was taken once, of the mean, where every single residual needs it. Inside the
    mean the signs were still there, so residuals of -2, 3 and -1 cancel to 0, and three wrong
    predictions are reported as perfect. Your result is never negative and it agrees with the right
    one whenever all residuals have the same sign, so it survives a quick test. For the best line
    through any data it would always say 0, since the residuals of such a line add up to zero. The
    two operations do not commute: first make every residual positive, then average. Look at which
    of the two calls stands inside the other.
    """,
    source="abs(mean(...)) for mean(abs(...)); derived",
)
class takes_the_absolute_value_last:
    """mean_absolute_error returns the absolute value of the mean residual"""

    def mean_absolute_error(predictions, y):
        return abs(np.mean(predictions - y))


@misconception(
    caught_by="fit_line_values",
    explanation="""
    The slope is too large by the factor N / (N - 1). The covariance was divided by N - 1 and the
    variance by N, so the two divisors do not cancel. This comes from mixing library functions: by
    default np.cov divides by N - 1, while np.var divides by N. Each of them is a proper definition,
    and each is documented, so nothing looks suspicious. With a thousand examples the slope is off
    by a tenth of a percent and nobody sees it; with three it is off by half. The slope is a ratio,
    and any common divisor drops out of it. Compare the documentation of the two functions, and
    search for the argument called ddof.
    """,
    source="np.cov (ddof 1) over np.var (ddof 0), measured: 1.5 times the slope at N = 3",
)
class mixes_two_divisors:
    """fit_line divides a covariance over N - 1 by a variance over N"""

    def fit_line(x, y):
        slope = np.cov(x, y)[0, 1] / np.var(x)
        return slope, np.mean(y) - slope * np.mean(x)


@misconception(
    caught_by="fit_line_values",
    explanation="""
    The covariance was divided by the variance of the targets, and the slope needs the variance of
    the inputs. What you computed is the slope of the reverse task, the line that predicts x from y.
    Units tell them apart. If x is in square metres and y in euros, the covariance has square metres
    times euros; dividing by square metres squared leaves euros per square metre, as a slope should
    have, and dividing by euros squared does not. When x and y vary equally much, as after
    standardising both, the two agree. Ask which array the formula names under the fraction bar, and
    check that the arguments of your own helper are not exchanged.
    """,
    source="Regression of x on y returned for y on x; derived",
)
class divides_by_the_variance_of_the_targets:
    """fit_line returns cov(x, y) / var(y) as the slope"""

    def fit_line(x, y):
        slope = np.mean((x - np.mean(x)) * (y - np.mean(y))) / np.var(y)
        return slope, np.mean(y) - slope * np.mean(x)


@misconception(
    caught_by="fit_line_values",
    explanation="""
    Both numbers are right, and they are returned in the other order: the intercept where the slope
    is expected, and the slope where the intercept is expected. Nothing in Python protects you from
    this, because both are plain numbers, and whoever unpacks them gets a line that is wrong
    everywhere except where x is 1. There a slope and an intercept add up the same in either order,
    so a test at that point passes. Conventions differ: a formula such as a + bx names the intercept
    first, and np.polyfit returns the slope first. The card in the README decides for this exercise.
    Look at your return line.
    """,
    source="Order of coefficients differs between np.polyfit and Polynomial.fit; derived",
)
class returns_the_intercept_first:
    """fit_line returns (intercept, slope)"""

    def fit_line(x, y):
        slope, intercept = solution.fit_line(x, y)
        return intercept, slope


@misconception(
    caught_by="fit_line_balances_the_residuals",
    explanation="""
    The slope is right and the intercept has the wrong sign. The line must pass through the point of
    the two means: at mean(x) it has to say mean(y). Solving that condition for the intercept gives
    mean(y) minus slope times mean(x), and yours is the same difference taken the other way round.
    If the intercept happens to be near zero, as it is for data that were centred beforehand, nobody
    notices. Put mean(x) into your line and see whether mean(y) comes out. The relation in the
    report tells the same story: with a right intercept the residuals add up to zero, and with yours
    all of them are moved to one side.
    """,
    source="Sign slip when solving for the intercept; derived",
)
class turns_the_intercept_around:
    """fit_line returns slope · mean(x) - mean(y) as the intercept"""

    def fit_line(x, y):
        slope, intercept = solution.fit_line(x, y)
        return slope, -intercept


@misconception(
    caught_by="fit_line_balances_the_residuals",
    explanation="""
    Your intercept is always 0: the line was forced through the origin. Its slope is the sum of
    x · y over the sum of x², which is the covariance over the variance with the means left out. For
    data whose means are both 0 that is the same, so it works in textbooks that centre the data
    first, and it is the right answer to another question, the best line of the form slope · x. Here
    the line may have an intercept, and without one the slope has to make up for it: it tilts to
    reach the middle of the points. As a sign of this, the residuals no longer add up to zero.
    Look for the place where the means should be subtracted.
    """,
    source="Regression through the origin; compare handson-ml#446, no column of ones",
)
class forces_the_line_through_the_origin:
    """fit_line fits slope · x and returns 0 as the intercept"""

    def fit_line(x, y):
        return np.sum(x * y) / np.sum(x * x), 0.0


@misconception(
    caught_by="fit_line_values",
    explanation="""
    The slope you return always lies between -1 and 1: it is the correlation of x and y. The
    correlation divides the covariance by both standard deviations, so all units drop out, and it
    says how closely the points follow a line, not how steep the line is. Points on a steep line and
    points on a flat one may both have correlation 1. The two numbers have the same sign, and they
    are equal when x and y vary equally much, which is why they get mixed up after standardising.
    The slope keeps its unit, targets per unit of x. Look at the denominator in the README: only one
    of the two variables occurs in it, and it does so as a variance.
    """,
    source="Correlation coefficient taken for the regression slope; derived",
)
class takes_the_correlation_for_the_slope:
    """fit_line returns cov(x, y) / (std(x) · std(y)) as the slope"""

    def fit_line(x, y):
        slope = np.corrcoef(x, y)[0, 1]
        return slope, np.mean(y) - slope * np.mean(x)


@misconception(
    caught_by="fit_line_far_from_zero",
    explanation="""
    Ordinary inputs give the right line, and inputs near a hundred million give a wrong one. The
    formula used is the mean of the products minus the product of the means. On paper that equals
    the mean product of the deviations, and it is printed in many books because it needs one pass
    only. A computer keeps about 16 digits. The square of a hundred million has 17 before the point,
    so nothing is left for the fraction, and when two such numbers are subtracted the digits that
    agree vanish and rounding errors remain. Deviations from the mean are small numbers that are
    nearly exact, and their products are too. Subtract the means first, then multiply.
    """,
    source="Cancellation in the one-pass variance; Higham (2002), section 1.9; measured",
)
class multiplies_before_subtracting_the_means:
    """fit_line computes mean(x · y) - mean(x) · mean(y) and mean(x²) - mean(x)²"""

    def fit_line(x, y):
        cov = np.mean(x * y) - np.mean(x) * np.mean(y)
        var = np.mean(x * x) - np.mean(x) ** 2
        slope = cov / var
        return slope, np.mean(y) - slope * np.mean(x)


@misconception(
    caught_by="fit_normal_equation_values",
    explanation="""
    The intercept is 0 and the weights are those of a model without one: the column of ones is
    missing from the design matrix. x itself never holds that column, as the conventions say, so the
    function has to put it there. Without it, a prediction must be 0 where all features are 0, and
    the weights bend to make up for the missing freedom, which makes all of them wrong, not only the
    intercept. On data whose features and targets have mean 0 there is no difference, so centred
    test data hide it. Check the shape of the matrix you multiply: it should have D + 1 columns, and
    your solution D + 1 numbers.
    """,
    source="handson-ml#446: normal equation without the column of ones",
)
class leaves_out_the_column_of_ones:
    """fit_normal_equation fits x @ w alone and returns 0 as the intercept"""

    def fit_normal_equation(x, y):
        return np.linalg.pinv(x) @ y, 0.0


@misconception(
    caught_by="fit_normal_equation_values",
    explanation="""
    The numbers are right and stand in the wrong places: the solution vector was taken apart at its
    end, and the intercept sits at its front. Entry k of the solution belongs to column k of the
    design matrix. With the ones in column 0, the first entry is the intercept and the rest are the
    weights; with the ones in the last column it would be the other way round. Both layouts are in
    use, and code from two sources mixes them easily. No error appears, because either cut gives D
    numbers and one number. Decide where your ones stand, and then read the solution in that same
    order.
    """,
    source="Ones first in the design, intercept read from the end; derived",
)
class takes_the_last_entry_for_the_intercept:
    """fit_normal_equation puts the ones first and reads the intercept last"""

    def fit_normal_equation(x, y):
        v = np.linalg.pinv(_design(x)) @ y
        return v[:-1], v[-1]


@misconception(
    caught_by="fit_normal_equation_values",
    explanation="""
    Each weight is the slope of a line fitted to that feature alone. This is right only if the
    features have no covariance with each other, and real features nearly always have some. Large
    flats have more rooms, so a line through rooms and price already explains part of what the area
    explains; when both such slopes are used together, the shared part is counted twice. The weights
    have to be found jointly, each one saying what its feature adds while the others stay fixed.
    With one feature there is no difference. In the normal equation this happens through the entries
    of the product of the transposed design with the design that lie off its diagonal.
    """,
    source="Marginal slopes for partial ones; Hastie et al. (2009), section 3.2.3; derived",
)
class fits_each_feature_by_itself:
    """fit_normal_equation uses the slope of each single feature as its weight"""

    def fit_normal_equation(x, y):
        dx, dy = x - np.mean(x, axis=0), y - np.mean(y)
        var = np.mean(dx**2, axis=0)
        w = (dx.T @ dy) / len(y) / np.where(var > 0, var, 1.0)
        return w, np.mean(y) - np.mean(x, axis=0) @ w


@misconception(
    caught_by="fit_normal_equation_values",
    explanation="""
    The design matrix has the right shape and its numbers stand in the wrong places. Ones and
    features were joined into one long list, and the list was cut into rows of D + 1. So the ones
    fill the first rows, where they should fill the first column, and the features follow shifted
    against their examples. This is what np.append does when no axis is given: it flattens both
    arguments, and a reshape afterwards hides that. Since the shape fits, everything runs, and the
    fit is the best one for a table that nobody has. Print the design matrix for two examples: each
    row should read 1, followed by the features of that example.
    """,
    source="np.append flattens unless an axis is given, as its documentation warns; derived",
)
class joins_ones_and_features_as_one_list:
    """fit_normal_equation reshapes np.append(ones, x) to (N, D + 1)"""

    def fit_normal_equation(x, y):
        n, d = x.shape
        v = np.linalg.pinv(np.append(np.ones(n), x).reshape(n, d + 1)) @ y
        return v[1:], v[0]


@misconception(
    caught_by="fit_normal_equation_balances_the_residuals",
    explanation="""
    The weights are right, and the intercept is simply the mean of the targets. That is the
    intercept for features whose mean is 0. Centring the data first is a sound way to find the
    weights, but the model is then applied to features that were not centred, and the part w ·
    mean(x) has to be taken off again. As it stands, every prediction is moved by the same amount,
    so the residuals do not add up to zero, which is the relation that fails. Put the mean of every
    feature into the model: the prediction there must be the mean target. On standardised features
    there is no difference, and many data sets are standardised.
    """,
    source="Centred features at the fit, raw ones at the prediction; derived",
)
class takes_the_mean_target_for_the_intercept:
    """fit_normal_equation returns mean(y) as the intercept"""

    def fit_normal_equation(x, y):
        w, _ = solution.fit_normal_equation(x, y)
        return w, np.mean(y)


@misconception(
    caught_by="fit_normal_equation_takes_the_shortest_solution",
    explanation="""
    The matrix AᵀA was inverted although it has no inverse. That is so whenever one column of the
    design is a weighted sum of others: a constant feature beside the ones, a feature given twice,
    more weights than examples. Sometimes the library notices and raises "Singular matrix". More
    often rounding turns an exact 0 into something like 1e-17, an inverse can be computed, and
    weights of 1e10 and more come out that fit nothing. On data without such columns the inverse
    is right, so ordinary tests pass. The README asks for the shortest of the best solutions in this
    case, and names the matrix that gives it in all cases.
    """,
    source="handson-ml#184: inv on a rank-deficient design gives weights of 1e10",
)
class inverts_a_matrix_without_inverse:
    """fit_normal_equation computes inv(AᵀA) Aᵀ y whatever the rank"""

    def fit_normal_equation(x, y):
        a = _design(x)
        v = np.linalg.inv(a.T @ a) @ a.T @ y
        return v[1:], v[0]


@misconception(
    caught_by="fit_normal_equation_takes_the_shortest_solution",
    explanation="""
    The normal equation was handed to a solver for square systems, and here the system has not one
    solution but infinitely many. That is so when a column of the design is a weighted sum of
    others, or when there are fewer examples than weights. Solving is faster and more exact than
    inverting, and on ordinary data it is a good choice; but elimination divides by a pivot that is
    0 now, or that rounding has turned into something like 1e-17. So it either raises "Singular
    matrix" or returns huge numbers. Which of the many solutions is asked for is said in the
    README: the shortest one. A solver does not look for it, and the pseudoinverse does.
    """,
    source="numpy.linalg.solve asks for full rank in its documentation; handson-ml#184; derived",
)
class solves_a_system_without_full_rank:
    """fit_normal_equation computes solve(AᵀA, Aᵀ y) whatever the rank"""

    def fit_normal_equation(x, y):
        a = _design(x)
        v = np.linalg.solve(a.T @ a, a.T @ y)
        return v[1:], v[0]


@misconception(
    caught_by="fit_normal_equation_values",
    explanation="""
    A small constant was added to the diagonal of AᵀA so that it can always be inverted. Most of the
    results are right to five digits, and singular cases look solved. But the constant is a penalty
    on large weights, and how much it matters depends on the units. A feature measured in large
    units has small numbers, say 0.001, whose squares add up to about 0.00001; beside that, an extra
    0.000001 is no longer small, and the weight of this feature is pulled towards zero. Penalties
    are useful, and exercise 05 is about them, but they change the question. The conventions here
    say that nothing is added. Look for an identity matrix in your code.
    """,
    source="Jitter on the diagonal as a cure for singular matrices; measured at 1e-6",
)
class adds_a_constant_to_the_diagonal:
    """fit_normal_equation solves (AᵀA + 1e-6 · I) v = Aᵀ y"""

    def fit_normal_equation(x, y):
        a = _design(x)
        v = np.linalg.solve(a.T @ a + 1e-6 * np.eye(a.shape[1]), a.T @ y)
        return v[1:], v[0]
