"""Wrong implementations that students really write, each with the check that must catch it."""

import numpy as np

from grader.spec import misconception, solution


def _mean_square_gradient(x, y, w, b):
    """The gradient of the mean squared error for w and b."""
    residual = x @ w + b - y
    return 2 * (x.T @ residual) / len(y), 2 * np.mean(residual)


def _lasso_path(x, y, w, b, learning_rate, steps, next_w, next_b=None):
    """The reference's loop with its update of w (of w, dw) and of b (of b, db) left open."""
    ws, bs = [w], [b]
    for _ in range(steps):
        dw, db = _mean_square_gradient(x, y, ws[-1], bs[-1])
        ws.append(next_w(ws[-1], dw))
        bs.append(bs[-1] - learning_rate * db if next_b is None else next_b(bs[-1], db))
    return np.stack(ws), np.stack(bs)


def _stop(losses, patience, improves):
    """Early stopping with the test for an improvement, of (losses, epoch, best), left open."""
    best = 0
    for epoch in range(1, len(losses)):
        if improves(losses, epoch, best):
            best = epoch
        elif epoch - best >= patience:
            return best, epoch
    return best, len(losses) - 1


@misconception(
    caught_by="l2_penalty_values",
    explanation="""
    The penalty is exactly half of what it should be, on every input. Many books write it as λ/2
    times the sum of squares, so that the 2 of the derivative cancels; the convention of this
    exercise has no ½. Both are legitimate, and that is what makes the slip so common: a formula
    from one book meets a gradient from another. Then the loss that you print is not the loss that
    your gradient descends, and a comparison of the two by small differences fails by a factor of
    two. Nothing else reveals it, because training with half the strength looks quite normal. Write
    the convention down once, and derive the gradient from the very same line. Look at the constant
    in front of your sum.
    """,
    source="Both ½λ‖W‖² and λ‖W‖² occur in course code, about 1 to 3 in a sample; measured",
)
class takes_half_of_the_penalty:
    """l2_penalty returns strength/2 times the sum of squares"""

    def l2_penalty(w, strength):
        return solution.l2_penalty(w, strength) / 2


@misconception(
    caught_by="l2_penalty_values",
    explanation="""
    The result is strength times the length of the weights, a square root of the sum of squares.
    The name L2 norm invites it, since that is what a norm function returns, but the L2 penalty is
    the square of that norm. The two even agree for weights of length 1. The difference is in how
    they grow: three times the weights should cost nine times as much, and yours costs three times
    as much. It matters for what the penalty does. The square pulls hard at large weights and hardly
    at small ones, while the plain length pulls with the same force everywhere and has no gradient
    at zero. Its gradient would not be 2 times strength times w either. Look for a square root that
    nobody asked for, perhaps inside a library call.
    """,
    source="np.linalg.norm(w) taken for the penalty; derived",
)
class leaves_the_root_in_the_norm:
    """l2_penalty returns strength times the length of w, not its square"""

    def l2_penalty(w, strength):
        return strength * np.sqrt(np.sum(w**2))


@misconception(
    caught_by="l2_penalty_values",
    explanation="""
    The penalty is too small by the number of weights: the squares were averaged and not added up.
    A mean looks natural, since the error beside it is a mean over the examples. But the penalty
    has nothing to do with examples. It is a price for each weight, and every weight pays the full
    price. With a mean, a model with a thousand weights would pay no more than a model with one,
    which is the reverse of what the penalty is for. The gradient would then have to be divided by
    the number of weights as well, and in a network each layer would need its own strength. One
    weight alone gives the right answer, so a very small test passes. Look at how your squares are
    put together.
    """,
    source="(w ** 2).mean() in place of a sum in hand-written training loops; derived",
)
class averages_over_the_weights:
    """l2_penalty returns strength times the mean of the squares"""

    def l2_penalty(w, strength):
        return strength * np.mean(w**2)


@misconception(
    caught_by="l2_penalty_values",
    explanation="""
    For a vector of weights the answer is right, and for a matrix it is too small. The norm that was
    squared is not the same thing in the two cases. Asked for norm number 2 of a matrix, a linear
    algebra library gives its largest singular value, the most that the matrix can stretch a vector.
    The penalty needs the sum of all squared entries, however they are arranged; its root is called
    the Frobenius norm. In a matrix with one row or one column the two agree again, which hides the
    error in small tests. A layer of a network has a matrix of weights, so that is where it would
    show. Compare with adding the squares one by one for a 2 by 2 matrix.
    """,
    source="np.linalg.norm(W, 2) on a matrix is the spectral norm; derived",
)
class squares_the_largest_singular_value:
    """l2_penalty of a matrix uses its spectral norm"""

    def l2_penalty(w, strength):
        return strength * np.linalg.norm(w, 2) ** 2


@misconception(
    caught_by="l2_gradient_values",
    explanation="""
    Every entry of the gradient is half of what it should be: strength times w, where the square
    brings down a 2. It is the right gradient of another penalty, the one with λ/2 in front. The
    penalty of this exercise has no ½, so the 2 stays. The direction is right and every weight
    still shrinks, only more slowly than the loss says, so training shows nothing. It comes to
    light when the gradient is held against small differences of the loss, or when a strength that
    worked elsewhere is used here and does half of its work. The clearest test is the penalty
    itself: multiply each weight by its gradient, add up, and you should get twice the penalty. Look
    at your constant.
    """,
    source="λW where the stated penalty needs 2λW, a frequent complaint about graders",
)
class forgets_the_two_of_the_square:
    """l2_gradient returns strength times w"""

    def l2_gradient(w, strength):
        return strength * w


@misconception(
    caught_by="l2_gradient_values",
    explanation="""
    Every entry of the gradient has the same size, strength, and the sign of its weight; where the
    weight is 0 it is 0. That is the derivative of the absolute value, so it belongs to the L1
    penalty. The L2 penalty is made of squares, and the slope of a square is proportional to the
    weight: large weights are pulled strongly, small ones hardly at all. With your gradient all
    weights shrink at one speed, a small weight jumps back and forth across zero, and a large one
    is held back too little. It looks right because both gradients point toward zero, entry by
    entry. Differentiate the term that you add to the loss, for one weight, and compare with a
    weight of 3.
    """,
    source="L1 and L2 exchanged in hand-written regularised models; derived",
)
class takes_the_sign_for_the_gradient:
    """l2_gradient returns strength times the sign of w, the L1 gradient"""

    def l2_gradient(w, strength):
        return strength * np.sign(w)


@misconception(
    caught_by="soft_threshold_has_no_jumps",
    explanation="""
    Entries up to the threshold become 0, as they should, but all others come through unchanged.
    This is the hard threshold. It keeps or it kills, and so it has a jump: an entry just below the
    threshold gives 0 and one just above gives the whole threshold. The soft threshold has none,
    because what survives is moved toward zero by the same amount. That is where the name shrinkage
    comes from, and it is what the L1 penalty does: a weight pays for its size as long as it has
    any. With the hard version the lasso would remove small weights but leave large ones at full
    size, and tiny changes of the data could switch a weight on and off. Look at what you return
    for a large entry.
    """,
    source="Hard and soft thresholding confused; Donoho and Johnstone (1994) define both",
)
class keeps_large_entries_whole:
    """soft_threshold sets small entries to 0 and leaves the others as they are"""

    def soft_threshold(z, threshold):
        return np.where(np.abs(z) > threshold, z, 0.0)


@misconception(
    caught_by="soft_threshold_values",
    explanation="""
    The sizes are right, and negative entries come out positive. The absolute value was taken, the
    threshold was subtracted and what fell below zero was cut off; then the sign should have come
    back, and did not. With positive entries only, everything agrees, and a first test often has no
    others. In the lasso the consequence is drastic: a feature that lowers the target gets a
    positive weight after every step, the next gradient step pulls it down again, and the two never
    settle. A change of sign at the input must change the sign of the result, as your function can
    easily be asked to show. Find out where in your formula the information about the sign gets
    lost.
    """,
    source="max(|z| - t, 0) without the sign factor; derived",
)
class loses_the_sign:
    """soft_threshold returns max(|z| - threshold, 0)"""

    def soft_threshold(z, threshold):
        return np.maximum(np.abs(z) - threshold, 0.0)


@misconception(
    caught_by="soft_threshold_values",
    explanation="""
    Positive entries are right and all negative ones become 0. The function subtracts the threshold
    and cuts off below zero, which is a ReLU with its corner moved to the threshold. The soft
    threshold has two corners: large positive entries move down, large negative entries move up, and
    only what lies between the two thresholds becomes 0. The mistake is natural, because the
    picture that comes to mind shows the right half. In the lasso no weight could ever be negative,
    so a feature that lowers the target would be left out however useful it is. There is a method
    that wants this, the non-negative lasso, but it is another one. Look at what happens to an
    entry of -3.
    """,
    source="Only one branch of the two-sided formula written; derived",
)
class cuts_off_all_negative_entries:
    """soft_threshold returns max(z - threshold, 0)"""

    def soft_threshold(z, threshold):
        return np.maximum(z - threshold, 0.0)


@misconception(
    caught_by="soft_threshold_values",
    explanation="""
    Large entries are right, and small ones have changed their sign: an entry of 0.3 with threshold
    1 came out as -0.7. Everything was moved by the threshold in the direction of zero, and nothing
    stopped what arrived there early. An entry closer to zero than the threshold should end exactly
    at zero. This is also what a plain step along the derivative of the absolute value does, and it
    is why such steps never settle: near zero a weight hops from one side to the other and no weight
    ever becomes exactly 0. With entries that are all large the formula passes. Think about which
    entries may be moved by the full amount, and what is left to do for the others.
    """,
    source="z - t·sign(z) without the cut at zero; derived",
)
class lets_small_entries_cross_zero:
    """soft_threshold returns z - threshold · sign(z)"""

    def soft_threshold(z, threshold):
        return z - threshold * np.sign(z)


@misconception(
    caught_by="fit_ridge_values",
    explanation="""
    The intercept is too close to zero and the weights make up for it. A column of ones was put in
    front of x and the penalty was added to every diagonal entry, the one of the intercept included.
    Then the prediction for an average example is pulled toward zero, and zero has no meaning for
    the targets: measure temperatures in Kelvin and the model gets worse. Adding 5 to all targets
    should add 5 to the intercept and change nothing else, and yours changes everything. When the
    targets have mean zero and so have the features, the error cannot be seen, which is why tidy
    test data pass. Look at the first diagonal entry of the matrix that you add, or take the
    intercept out of the system before you solve it.
    """,
    source="Bias regularised along with the weights; ESL section 3.4.1 warns of it",
)
class penalises_the_intercept:
    """fit_ridge adds the penalty for the intercept as well"""

    def fit_ridge(x, y, strength):
        design = np.column_stack([np.ones(len(y)), x])
        gram = design.T @ design + len(y) * strength * np.eye(design.shape[1])
        v = np.linalg.solve(gram, design.T @ y)
        return v[1:], v[0]


@misconception(
    caught_by="fit_ridge_balances_error_and_penalty",
    explanation="""
    The weights are too large, more so the more examples there are: the penalty in the equation is N
    times too weak. The formula in most books has strength on the diagonal without the N, and there
    it is right, because their objective is the sum of the squared residuals. In this course the
    error is a mean. Multiply the whole objective by N, so that the mean becomes the sum, and the
    penalty is multiplied along with it. The difference shows when every example is given twice. A
    mean does not notice, so the fit should stay as it is, while yours moves toward least squares.
    With a mean, a strength means the same for 100 examples as for 1000. Look at what multiplies the
    identity.
    """,
    source="Closed form of the summed loss (scikit-learn's Ridge) under a mean loss; derived",
)
class forgets_to_scale_the_penalty_by_n:
    """fit_ridge adds strength · I to xcᵀ xc, without N"""

    def fit_ridge(x, y, strength):
        return solution.fit_ridge(x, y, strength / len(y))


@misconception(
    caught_by="fit_ridge_values",
    explanation="""
    The penalty was added to every entry of the matrix, and it belongs on the diagonal only. A
    number added to an array is added everywhere, and no error tells you. The penalty is a sum of
    squares of single weights, so its derivative for one weight contains that weight alone; entries
    beside the diagonal would mean that two weights share a price. What yours penalises is the
    square of their sum: two weights of 3 and -3 cost nothing at all, so the model is held back in
    one direction and free in the others, and two copies of one feature leave the system without a
    unique answer. With a single feature there is only one entry and all is well. Look at what is
    added to the product.
    """,
    source="xᵀx + λ written where xᵀx + λI is meant; broadcasting hides it. Derived",
)
class adds_the_penalty_to_the_whole_matrix:
    """fit_ridge adds N · strength to every entry of xcᵀ xc"""

    def fit_ridge(x, y, strength):
        x_mean = np.mean(x, axis=0)
        xc = x - x_mean
        gram = xc.T @ xc + len(y) * strength
        w = np.linalg.pinv(gram) @ (xc.T @ (y - np.mean(y)))
        return w, np.mean(y) - x_mean @ w


@misconception(
    caught_by="fit_ridge_values",
    explanation="""
    The weights are those of twice the strength. Setting the derivative to zero gives a factor 2 in
    both parts, one from the squared residuals and one from the squared weights, and they cancel.
    Here the 2 was dropped in the first part and kept in the second. It often happens when a
    gradient of the penalty that was written earlier, 2 times strength times w, is joined with a
    normal equation copied from a book. Weights at right angles show it best: they should be divided
    by 1 + strength, and yours are divided by 1 + 2 · strength. More shrinkage is not visibly wrong,
    so plots do not help. Write the derivative of the whole objective on one line, then divide it by
    2.
    """,
    source="λ against 2λ: the 2 cancelled in one term of the derivative only; derived",
)
class doubles_the_penalty_in_the_equation:
    """fit_ridge adds 2 · N · strength · I to xcᵀ xc"""

    def fit_ridge(x, y, strength):
        return solution.fit_ridge(x, y, 2 * strength)


@misconception(
    caught_by="fit_ridge_values",
    explanation="""
    The weights are right and the intercept is the mean of the targets. That would be the answer if
    the features had mean zero. They had, inside the function, because you took the deviations from
    the means to find the weights; but the weights are used on the features as they came. The
    prediction for an example with average features should be the average target, and with your
    intercept it is off by the contribution of the averages. The predictions are all too high or all
    too low by the same amount, and the residuals do not add up to zero. If the data were centred
    beforehand nothing is wrong, so many a test passes. Look at the formula for b again and count
    its terms.
    """,
    source="Intercept of the centred problem returned for the original one; derived",
)
class returns_the_intercept_of_centred_data:
    """fit_ridge returns mean(y) as the intercept"""

    def fit_ridge(x, y, strength):
        w, _ = solution.fit_ridge(x, y, strength)
        return w, np.mean(y)


@misconception(
    caught_by="fit_ridge_values",
    explanation="""
    The least-squares weights were computed and each was divided by 1 + strength. That is the right
    answer in one case only, which is the one that books use to explain ridge: columns at right
    angles, all of the same size. In general the shrinkage depends on the direction. Where the data
    vary a lot, the error has a strong opinion and the weights hardly shrink; where they vary
    little, the penalty wins. Two features that nearly repeat each other get similar weights from
    ridge, whereas least squares may give them huge ones of opposite sign, and dividing these by a
    number does not help. So the repair has to happen before the equations are solved. Look at where
    strength enters your computation.
    """,
    source="Formula of the orthogonal design (ESL, Table 3.4) used for any data; derived",
)
class divides_all_weights_by_one_number:
    """fit_ridge returns the least-squares weights divided by 1 + strength"""

    def fit_ridge(x, y, strength):
        x_mean = np.mean(x, axis=0)
        w = np.linalg.pinv(x - x_mean) @ (y - np.mean(y)) / (1 + strength)
        return w, np.mean(y) - x_mean @ w


@misconception(
    caught_by="fit_lasso_path",
    explanation="""
    The weights shrink far too much: the threshold is strength itself, and the learning rate is
    missing from it. A step of ISTA walks a distance of learning_rate along the whole objective. Its
    first half moves down the error by learning_rate times the slope, so its second half has to
    move down the penalty by learning_rate times the slope of the penalty, and that slope is
    strength. With a learning rate of 1 the two agree, and with a small one the penalty counts many
    times over: halving the learning rate should change only the speed, but here it changes the
    weights that you end with, and often all of them become 0. Look at the second argument that you
    give to the soft threshold.
    """,
    source="prox with λ in place of ηλ, a standard slip in proximal gradient code; derived",
)
class leaves_the_step_size_out_of_the_threshold:
    """fit_lasso thresholds the weights by strength"""

    def fit_lasso(x, y, w, b, strength, learning_rate, steps):
        def next_w(w, dw):
            return solution.soft_threshold(w - learning_rate * dw, strength)

        return _lasso_path(x, y, w, b, learning_rate, steps, next_w)


@misconception(
    caught_by="fit_lasso_path",
    explanation="""
    The weights are right after one step, and the intercept is too close to zero: it went through
    the soft threshold too. This is what happens when w and b live in one vector and the whole
    vector is thresholded. The penalty is there to stop the model from relying on features, and the
    intercept belongs to no feature; it only says at which level the targets lie. Where all weights
    are 0 it should be the mean target, and yours stays below that in size by half the strength. The
    predictions are then too low on average, and the weights are bent to make up for it. If the
    targets have mean zero nothing shows. Look at which of the two updates contains a threshold.
    """,
    source="Bias regularised along with the weights, here by the L1 penalty; derived",
)
class thresholds_the_intercept:
    """fit_lasso applies the soft threshold to the intercept as well"""

    def fit_lasso(x, y, w, b, strength, learning_rate, steps):
        threshold = learning_rate * strength

        def next_w(w, dw):
            return solution.soft_threshold(w - learning_rate * dw, threshold)

        def next_b(b, db):
            return solution.soft_threshold(np.asarray(b - learning_rate * db), threshold)

        return _lasso_path(x, y, w, b, learning_rate, steps, next_w, next_b)


@misconception(
    caught_by="fit_lasso_path",
    explanation="""
    The penalty acts twice in every step. Its derivative, strength times the sign of the weight, was
    added to the gradient, and afterwards the soft threshold was applied as well. Either of the two
    stands for the whole penalty. ISTA divides the work: the gradient step knows only the error,
    which has a derivative everywhere, and the threshold deals with the absolute values, which have
    none at zero. With both, the result is that of about twice the strength, except at weights of 0,
    whose sign is 0. Weights still become exactly zero and the path still settles, so it all looks
    as expected. It just settles in the wrong place, with too few features. Look at what your
    gradient is the gradient of.
    """,
    source="Gradient of the full objective put into the proximal step; derived",
)
class penalises_in_the_gradient_as_well:
    """fit_lasso adds strength · sign(w) to the gradient and then thresholds"""

    def fit_lasso(x, y, w, b, strength, learning_rate, steps):
        def next_w(w, dw):
            moved = w - learning_rate * (dw + strength * np.sign(w))
            return solution.soft_threshold(moved, learning_rate * strength)

        return _lasso_path(x, y, w, b, learning_rate, steps, next_w)


@misconception(
    caught_by="fit_lasso_finds_the_minimum",
    explanation="""
    No weight ends at exactly 0: those that should hop around zero in small steps. The penalty was
    treated like any other term, with the derivative strength times the sign of the weight. The
    absolute value has a kink at zero. Its slope does not fade as the weight gets small, so a step
    overshoots to the other side and the next one comes back, and the objective goes up and down. A
    weight that starts at 0 has sign 0, so it feels no penalty in its first step and moves away. As
    long as all weights are large the path is the expected one, which is why a short test may pass.
    Rounding small weights to zero afterwards is a guess. Look at what your update does to a weight
    close to zero.
    """,
    source="Subgradient descent for the lasso, with derivative 0 at 0; derived",
)
class steps_along_the_sign_of_the_weights:
    """fit_lasso takes plain gradient steps with strength · sign(w) for the penalty"""

    def fit_lasso(x, y, w, b, strength, learning_rate, steps):
        def next_w(w, dw):
            return w - learning_rate * (dw + strength * np.sign(w))

        return _lasso_path(x, y, w, b, learning_rate, steps, next_w)


@misconception(
    caught_by="fit_lasso_path",
    explanation="""
    The path is the one of gradient descent on the error alone: strength has no influence on it.
    The penalty is part of the loss that you have in mind, perhaps even of the one that you print,
    but the update never sees it, and what the update does not see does not happen. With strength 0
    the path is right, and since the error falls nicely nothing seems amiss. The weights are those
    of least squares in the end: none of them is 0 and none is held back. A term that is in the loss
    and not in the step, or in the step and not in the loss, is the most common mistake with
    penalties of all kinds. Look for strength in the body of your loop.
    """,
    source="Regularisation term in the loss and missing in the update; derived",
)
class descends_without_the_penalty:
    """fit_lasso takes gradient steps on the mean squared error and never thresholds"""

    def fit_lasso(x, y, w, b, strength, learning_rate, steps):
        return solution.fit_lasso(x, y, w, b, 0.0, learning_rate, steps)


@misconception(
    caught_by="fit_lasso_path",
    explanation="""
    The two halves of the step are in the wrong order: the weights were thresholded first and the
    gradient step came after it. Every point of the path is then one gradient step away from where
    it should be, and no weight is exactly 0, because the last thing that happens to it is a small
    push. The gradient, too, is taken at the old point and not at the thresholded one. In a long
    run, order hardly seems to matter for two moves that take turns, and the objective falls at
    first. But only the order that ends with the threshold gives weights that are zero, and only it
    settles at the minimum. Look at which array your threshold is applied to, and what is subtracted
    from its result.
    """,
    source="Proximal step and gradient step exchanged; derived",
)
class thresholds_before_the_gradient_step:
    """fit_lasso thresholds the weights and then subtracts the gradient of the old ones"""

    def fit_lasso(x, y, w, b, strength, learning_rate, steps):
        def next_w(w, dw):
            return solution.soft_threshold(w, learning_rate * strength) - learning_rate * dw

        return _lasso_path(x, y, w, b, learning_rate, steps, next_w)


@misconception(
    caught_by="fit_lasso_path",
    explanation="""
    The steps down the error are half as long as they should be, while the threshold is right, so
    the penalty has twice its weight. Many texts on the lasso put ½ in front of the squared error,
    and then its gradient has no 2. Here the error is the mean of the squares without a ½, as in the
    exercises before, and the 2 stays. In plain gradient descent this slip does nothing but halve
    the learning rate. Here it shifts the balance of two terms, and the path ends at other weights,
    those for twice the strength: more zeros and smaller weights, all of it plausible. Compare what
    you get with strength 0 after one step with exercise 02. Look at the constant before your sum.
    """,
    source="λ against 2λ: the gradient of ½·MSE beside the full penalty (scikit-learn's Lasso)",
)
class halves_the_gradient_of_the_error:
    """fit_lasso uses the gradient of half the mean squared error"""

    def fit_lasso(x, y, w, b, strength, learning_rate, steps):
        return solution.fit_lasso(x, y, w, b, 2 * strength, learning_rate / 2, steps)


@misconception(
    caught_by="early_stopping_at_the_edges",
    explanation="""
    The epoch at which training stopped is right, and the epoch to keep is the same one. But that
    last epoch is by construction not a good one: training stopped because it, and all others since
    the best, had failed to improve. Patience is the price for finding out; the weights of the best
    epoch, several epochs back, are the reward. Returning the last ones gives a model that has been
    trained patience epochs too long, and the curve of losses looks the same as ever, since the
    record is correct. Only when training ends with an improvement do the two coincide. In a real
    training loop this means keeping a copy of the weights whenever the best changes. Look at which
    number you remember at an improvement.
    """,
    source="Last weights kept where the best are meant (restore_best_weights off); derived",
)
class keeps_the_last_epoch:
    """early_stopping returns the last epoch as the best one"""

    def early_stopping(losses, patience, min_delta):
        _, stopped = solution.early_stopping(losses, patience, min_delta)
        return stopped, stopped


@misconception(
    caught_by="early_stopping_epochs",
    explanation="""
    Training goes on for one epoch more than it should. With a patience of 2 it stops at the third
    epoch in a row that does not improve, as if patience were the number of bad epochs that are
    forgiven. Some libraries count in that way, so it is worth reading the convention of each one.
    Here patience is the number of bad epochs after which it is over: with 1, the first one that
    fails to improve is the last. The extra epoch is seldom noticed, because the best epoch is
    usually the same; but sometimes it is the one that improves, and then training runs on and
    everything after it changes. Look at the comparison between your counter and patience, and at
    whether the counter is raised before it or after.
    """,
    source="PyTorch's ReduceLROnPlateau waits for more than patience bad epochs; derived",
)
class waits_one_epoch_too_long:
    """early_stopping stops when more than patience epochs in a row did not improve"""

    def early_stopping(losses, patience, min_delta):
        return solution.early_stopping(losses, patience + 1, min_delta)


@misconception(
    caught_by="early_stopping_at_the_edges",
    explanation="""
    Training stops too early when good and bad epochs take turns. The counter of epochs that did not
    improve was never set back to zero, so it counts all of them since the beginning, and not those
    in a row. Losses on a small set of examples are noisy. A worse epoch now and then is normal
    while the trend still goes down, and each improvement shows that there is more to learn, so it
    must restore the full patience. As long as the losses first only fall and then only rise the
    mistake makes no difference, and that is the picture that most people have in mind when they
    write a test. Look at everything that has to happen when an epoch improves: how many variables
    change there?
    """,
    source="Counter not reset on improvement; derived",
)
class never_resets_the_counter:
    """early_stopping counts all epochs that did not improve, in a row or not"""

    def early_stopping(losses, patience, min_delta):
        best = bad = 0
        for epoch in range(1, len(losses)):
            if losses[epoch] < losses[best] - min_delta:
                best = epoch
            else:
                bad += 1
            if bad == patience:
                return best, epoch
        return best, len(losses) - 1


@misconception(
    caught_by="early_stopping_at_the_edges",
    explanation="""
    A tie was taken for an improvement: an epoch that is exactly as good as the best one, or lower
    by exactly min_delta, became the new best and restored the patience. The convention asks for
    strictly less. With losses that are measured to many digits a tie hardly ever happens, so most
    tests cannot tell. But it happens where it hurts. If the loss has stopped moving, because the
    learning rate is too small or a measure such as an error count stays put, every epoch ties with
    the one before, and training never stops at all. Of two equally good epochs the earlier one is
    to be kept. Look at the comparison sign in your test for an improvement.
    """,
    source="<= in place of < in the improvement test; derived",
)
class counts_a_tie_as_an_improvement:
    """early_stopping takes losses[e] <= losses[best] - min_delta as an improvement"""

    def early_stopping(losses, patience, min_delta):
        return _stop(losses, patience, lambda v, e, best: v[e] <= v[best] - min_delta)


@misconception(
    caught_by="early_stopping_at_the_edges",
    explanation="""
    Each epoch was compared with the epoch before it, and it should be compared with the best one
    so far. After a bad epoch it is easy to be lower than that one and still worse than the best, so
    losses that go up and down, each fall a little recovery, look like progress for ever. The best
    epoch that you return may have a higher loss than an earlier one. Losses that first only fall
    and then only rise give the same answer with both, and smooth curves are what one tries first.
    With a min_delta the other side shows as well: a slow and steady fall never counts, although
    over several epochs it adds up to a lot. Look at which two losses your test compares.
    """,
    source="losses[e] < losses[e - 1] as the improvement test; derived",
)
class compares_with_the_epoch_before:
    """early_stopping takes an epoch that beats the one before it as an improvement"""

    def early_stopping(losses, patience, min_delta):
        best = bad = 0
        for epoch in range(1, len(losses)):
            if losses[epoch] < losses[epoch - 1] - min_delta:
                best, bad = epoch, 0
            else:
                bad += 1
            if bad == patience:
                return best, epoch
        return best, len(losses) - 1


@misconception(
    caught_by="early_stopping_at_the_edges",
    explanation="""
    The best loss was lowered by every small fall, and only the counter asked whether the fall was
    larger than min_delta. So the mark that epochs are compared with creeps down with them. A steady
    descent in small steps then never counts as progress, though after a few epochs the loss is far
    below the last real improvement, and training stops in the middle of it. It seems natural to
    store the lowest loss whenever there is a new one. But best and improvement have to go together:
    an epoch that does not improve is not the best, and it changes nothing except the count. With a
    min_delta of 0 both versions are the same. Look at where your best loss is updated, and under
    which condition.
    """,
    source="best = min(best, loss) kept apart from the min_delta test; derived",
)
class lowers_the_best_by_small_falls:
    """early_stopping compares with the lowest loss so far, even if its fall did not count"""

    def early_stopping(losses, patience, min_delta):
        best, bad, lowest = 0, 0, losses[0]
        for epoch in range(1, len(losses)):
            if losses[epoch] < lowest - min_delta:
                best, bad = epoch, 0
            else:
                bad += 1
            lowest = min(lowest, losses[epoch])
            if bad == patience:
                return best, epoch
        return best, len(losses) - 1


@misconception(
    caught_by="early_stopping_at_the_edges",
    explanation="""
    The sign of min_delta is wrong: an epoch that is worse than the best by less than min_delta was
    taken for an improvement. The parameter is meant to demand more, a fall by at least so much, and
    here it forgives a rise. The best loss can then wander upward, a little at a time, and training
    continues while the model is getting worse. With a min_delta of 0 there is no difference, and
    that is the setting in most examples. Take a best loss of 1 and a min_delta of 0.25, and say in
    words which losses should count as better: is 1.1 among them, and is 0.9? Then look at how the
    two numbers are combined in your comparison.
    """,
    source="best + min_delta for best - min_delta; Keras flips its sign by mode. Derived",
)
class forgives_small_rises:
    """early_stopping takes losses[e] < losses[best] + min_delta as an improvement"""

    def early_stopping(losses, patience, min_delta):
        return _stop(losses, patience, lambda v, e, best: v[e] < v[best] + min_delta)


@misconception(
    caught_by="early_stopping_at_the_edges",
    explanation="""
    The stopping epoch is right, but the best epoch was looked up in the whole list, after it. It is
    the place of the lowest loss anywhere, also in epochs that training never reached. In a real run
    those losses do not exist: whoever stops after epoch 5 has no weights of epoch 8 to go back to.
    It is easy to forget while the list lies in front of you complete, and when the lowest loss
    comes before the stop the answer is right. The same habit, deciding with knowledge of the
    future, makes any experiment look better than it is. A min_delta is ignored as well, since the
    lowest loss need not be an improvement. Look at which part of the list your search for the best
    can see.
    """,
    source="np.argmin over the full history; derived",
)
class looks_past_the_stop:
    """early_stopping returns the position of the lowest loss of the whole list as the best"""

    def early_stopping(losses, patience, min_delta):
        _, stopped = solution.early_stopping(losses, patience, min_delta)
        return int(np.argmin(losses)), stopped


@misconception(
    caught_by="early_stopping_at_the_edges",
    explanation="""
    Where patience runs out the answer is right; where it never does, the stopping epoch is one too
    many. The list has E losses and its epochs are numbered from 0, so the last one that was run is
    E - 1, and there is no epoch E. What you return is the number of epochs, a count, where a
    position is asked for. The two differ by one whenever counting begins at zero, and here one
    return statement gives a position and the other one a count. A test in which training always
    stops early never reaches the second. Whoever uses the number to look up a loss gets an error
    from it. Look at the line after your loop, and ask which epoch it names.
    """,
    source="Fence-post error at the end of the loop; derived",
)
class returns_the_number_of_epochs:
    """early_stopping returns E as the stopping epoch when patience never runs out"""

    def early_stopping(losses, patience, min_delta):
        best, stopped = solution.early_stopping(losses, patience, min_delta)
        return best, stopped if stopped - best == patience else len(losses)
