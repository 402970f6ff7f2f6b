"""Wrong implementations that students really write, each with the check that must catch it."""

from array_api_compat import array_namespace

from grader.spec import misconception, solution


def _normalise(x, gamma, beta, mean, std, training):
    """The output and the cache of the reference, from a given mean and deviation."""
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x_hat, std, gamma, training)


def _statistics(x):
    """The mean and the biased variance of a batch."""
    xp = array_namespace(x)
    mean = xp.mean(x, axis=0)
    return mean, xp.mean((x - mean) ** 2, axis=0)


@misconception(
    caught_by="training_output",
    explanation="""
    Every row of the batch was normalised by itself: mean and variance were taken over the
    features of one example, axis 1. That is layer normalisation, a sound method with another
    purpose. The shapes all fit once the axis is kept, and the output again has entries of order
    1, so a network even trains with it. But here each feature is to be compared with the same
    feature of the other examples: one mean and one variance per column. The relations show it
    best: over the batch your columns do not have mean beta. The running statistics must have
    shape (D,), one number per feature, which tells you the axis that has to disappear. Look at
    the axis of the mean and of the variance.
    """,
    source="PyTorch forum 168881: batch statistics reduced over the wrong axes",
)
class normalises_over_the_features:
    """batch_norm_forward takes mean and variance along each row"""

    def batch_norm_forward(x, gamma, beta, running_mean, running_var, training, momentum, eps):
        out, mean, var, cache = solution.batch_norm_forward(
            x, gamma, beta, running_mean, running_var, training, momentum, eps
        )
        if training:
            xp = array_namespace(x)
            centred = x - xp.mean(x, axis=1, keepdims=True)
            std = xp.sqrt(xp.mean(centred**2, axis=1, keepdims=True) + eps)
            out = gamma * centred / std + beta
        return out, mean, var, cache


@misconception(
    caught_by="training_output",
    explanation="""
    The batch was normalised with the variance that is divided by N - 1. The outputs come out
    slightly too small, by the square root of (N - 1) / N: about 13 percent for four rows and half
    a percent for a hundred. With large batches nobody notices, and training does not care. It
    happens because two variances occur in this exercise. The unbiased one is an estimate for the
    data that the batch was taken from; it belongs in the running average. The normalisation
    itself wants the plain mean of the squared distances, so that the batch comes out with
    variance 1. Check the default of the function you call: NumPy divides by N, while torch
    divides by N - 1 unless told otherwise.
    """,
    source="Measured: with four rows the variance is 1.333 times too large",
)
class normalises_with_the_unbiased_variance:
    """batch_norm_forward divides the batch by the deviation with N - 1"""

    def batch_norm_forward(x, gamma, beta, running_mean, running_var, training, momentum, eps):
        out, new_mean, new_var, cache = solution.batch_norm_forward(
            x, gamma, beta, running_mean, running_var, training, momentum, eps
        )
        if training:
            mean, var = _statistics(x)
            std = array_namespace(x).sqrt(var * x.shape[0] / (x.shape[0] - 1) + eps)
            out, cache = _normalise(x, gamma, beta, mean, std, training)
        return out, new_mean, new_var, cache


@misconception(
    caught_by="training_output",
    explanation="""
    The small number eps was added after the root was taken, to the standard deviation. Both
    places prevent a division by zero, and with eps = 0.00001 and ordinary inputs the two results
    agree to five digits, so the mistake passes most tests. It shows where the variance itself is
    small: a feature with variance 0.00001 is divided by 0.0045 with eps inside the root, and by
    0.0032 with eps outside. A constant feature makes it worse in the backward pass, since the
    gradient is then divided by eps and not by its root, and comes out hundreds of times too large.
    Look at the line with the square root, and see what is added before it and what after.
    """,
    source="Common in hand-written layers; PyTorch and algorithm 1 of the paper have it inside",
)
class adds_epsilon_outside_the_root:
    """batch_norm_forward divides by sqrt(var) + eps"""

    def batch_norm_forward(x, gamma, beta, running_mean, running_var, training, momentum, eps):
        _, new_mean, new_var, _ = solution.batch_norm_forward(
            x, gamma, beta, running_mean, running_var, training, momentum, eps
        )
        mean, var = _statistics(x) if training else (running_mean, running_var)
        std = array_namespace(x).sqrt(var) + eps
        out, cache = _normalise(x, gamma, beta, mean, std, training)
        return out, new_mean, new_var, cache


@misconception(
    caught_by="training_output",
    explanation="""
    In training the batch was normalised with the running averages, after they had been moved
    towards the batch. That looks sensible, because the averages are the better estimate and the
    two modes would then agree. But the averages are made mostly of old batches: at the start they
    are 0 and 1, so almost nothing is normalised, and the output depends on the momentum, which it
    must not. Also the gradient no longer knows that the batch's own statistics took part, and the
    scale of the weights can drift away. In training the mean and the variance come from this
    batch alone; the averages are only written. They are read in eval mode.
    """,
    source="Ioffe (2017), Batch Renormalization, section 3: moving averages used in training",
)
class normalises_by_the_updated_averages:
    """batch_norm_forward normalises training batches with the new running statistics"""

    def batch_norm_forward(x, gamma, beta, running_mean, running_var, training, momentum, eps):
        _, mean, var, _ = solution.batch_norm_forward(
            x, gamma, beta, running_mean, running_var, training, momentum, eps
        )
        std = array_namespace(x).sqrt(var + eps)
        out, cache = _normalise(x, gamma, beta, mean, std, training)
        return out, mean, var, cache


@misconception(
    caught_by="running_statistics",
    explanation="""
    The running mean is right; into the running variance went the variance divided by N, the one
    that normalises the batch. It is already at hand, so it is natural to use it twice. But a
    batch's mean lies closer to its own examples than the true mean does, so this variance is too
    small on average, by a factor of (N - 1) / N: half of it is missing with two rows, a quarter
    with four. In eval mode, outputs would then be too large. The average is meant for the data,
    not for the batch, and takes the unbiased estimate. With large batches the two can hardly be
    told apart, and some libraries do use the biased one; the conventions here are those of
    PyTorch.
    """,
    source="PyTorch forum 51877 and 175530: which variance the running average takes",
)
class averages_the_biased_variance:
    """batch_norm_forward puts the variance with 1/N into the running average"""

    def batch_norm_forward(x, gamma, beta, running_mean, running_var, training, momentum, eps):
        out, mean, var, cache = solution.batch_norm_forward(
            x, gamma, beta, running_mean, running_var, training, momentum, eps
        )
        if training:
            var = (1 - momentum) * running_var + momentum * _statistics(x)[1]
        return out, mean, var, cache


@misconception(
    caught_by="running_statistics",
    explanation="""
    The two weights are exchanged: the old average got the weight momentum and the new batch the
    rest. Both conventions are in use. Keras, and momentum in an optimiser, weigh what is old, and
    write 0.9 or 0.99; PyTorch weighs what is new, and writes 0.1. With the wrong one the average
    follows the last batch almost entirely, so training is as good as ever and the model jumps
    about in eval mode, depending on the batch that happened to come last. With a momentum of one
    half nobody could tell. Read the formula in the README once more, and try the ends: a momentum
    of 0 must leave the averages alone, and 1 must forget them.
    """,
    source="Keras and PyTorch documentation of batch normalisation, which differ in this",
)
class weighs_the_old_average_by_momentum:
    """batch_norm_forward keeps the share momentum of the old averages"""

    def batch_norm_forward(x, gamma, beta, running_mean, running_var, training, momentum, eps):
        return solution.batch_norm_forward(
            x, gamma, beta, running_mean, running_var, training, 1 - momentum, eps
        )


@misconception(
    caught_by="running_statistics",
    explanation="""
    The running variance contains eps: what was averaged is the variance after the small number
    had been added to it. This happens when the sum is stored under the name of the variance and
    used again further down. With eps = 0.00001 the average is wrong in the fifth digit only. But
    eps belongs to the division, where it guards the root, and eval mode adds it there once more,
    so it would count twice. The running variance is to be a statement about the data and should
    not change with a setting of the arithmetic. Look at the line that adds eps, and at every
    later use of the name on its left.
    """,
    source="Derived from a variable that is overwritten; seen in hand-written layers",
)
class averages_the_variance_with_epsilon:
    """batch_norm_forward adds eps to the variance before it is averaged"""

    def batch_norm_forward(x, gamma, beta, running_mean, running_var, training, momentum, eps):
        out, mean, var, cache = solution.batch_norm_forward(
            x, gamma, beta, running_mean, running_var, training, momentum, eps
        )
        if training:
            var = var + momentum * eps * x.shape[0] / (x.shape[0] - 1)
        return out, mean, var, cache


@misconception(
    caught_by="running_statistics",
    explanation="""
    The numbers are right, but the arrays that were handed in have been changed: an operator such
    as *= or += writes into the array itself, and the caller's running_mean and running_var are
    that same array. Many class-based layers do this on purpose, since they own their state. A
    function does not own its arguments. Whoever calls it twice, to compare two settings or to
    look at a gradient numerically, gets a second answer that depends on the first call, and such
    bugs are hard to find because every single call looks right. The new averages are results:
    compute them into new arrays and return them. Look for an assignment that begins with an
    operator or with an index.
    """,
    source="In-place updates of layer state, as in most framework code; derived",
)
class changes_the_running_statistics_in_place:
    """batch_norm_forward writes the new averages into the arrays it was given"""

    def batch_norm_forward(x, gamma, beta, running_mean, running_var, training, momentum, eps):
        out, mean, var, cache = solution.batch_norm_forward(
            x, gamma, beta, running_mean, running_var, training, momentum, eps
        )
        running_mean += mean - running_mean
        running_var += var - running_var
        return out, running_mean, running_var, cache


@misconception(
    caught_by="eval_output",
    explanation="""
    In eval mode the batch was still normalised with its own mean and variance. On a large test
    set cut into large batches the scores look fine, which is why this lives long. But an
    example's output then depends on the others that happen to be beside it: the same picture gets
    two different answers in two batches, results change with the batch size, and a single example
    always gives exactly beta, whatever it shows. That is what the case with one row makes
    visible. In eval mode the layer is a fixed function of one example, and the running statistics
    were collected for this purpose. Look at what your code does with the argument training.
    """,
    source="Forgotten model.eval(), the commonest question about batch normalisation",
)
class normalises_with_the_batch_in_eval_mode:
    """batch_norm_forward takes mean and variance from the batch in eval mode too"""

    def batch_norm_forward(x, gamma, beta, running_mean, running_var, training, momentum, eps):
        out, new_mean, new_var, cache = solution.batch_norm_forward(
            x, gamma, beta, running_mean, running_var, training, momentum, eps
        )
        if not training:
            mean, var = _statistics(x)
            std = array_namespace(x).sqrt(var + eps)
            out, cache = _normalise(x, gamma, beta, mean, std, training)
        return out, new_mean, new_var, cache


@misconception(
    caught_by="eval_output",
    explanation="""
    The output in eval mode is right, but the averages that come back were moved towards the batch,
    as if it were a training batch. Nothing seems wrong at first, since this batch was normalised
    with the old values. Evaluate the same data again, and the scores are different: the model
    slowly adapts to the test set, which it was never supposed to learn from, and a run of unusual
    examples ruins it for good. Evaluation must leave no trace. The update of the averages belongs
    to the training branch only, together with the statistics it is made of; in eval mode the two
    arrays come back with the values they had.
    """,
    source="Derived from an update that stands outside the training branch",
)
class moves_the_averages_in_eval_mode:
    """batch_norm_forward updates the running statistics in eval mode too"""

    def batch_norm_forward(x, gamma, beta, running_mean, running_var, training, momentum, eps):
        out, new_mean, new_var, cache = solution.batch_norm_forward(
            x, gamma, beta, running_mean, running_var, training, momentum, eps
        )
        if not training:
            mean, var = _statistics(x)
            var = var * x.shape[0] / max(x.shape[0] - 1, 1)
            new_mean = (1 - momentum) * running_mean + momentum * mean
            new_var = (1 - momentum) * running_var + momentum * var
        return out, new_mean, new_var, cache


@misconception(
    caught_by="training_output_of_moved_features",
    explanation="""
    Near zero everything is right; for features with a mean of millions it is not. The variance
    was computed as the mean of the squares minus the square of the mean. In exact arithmetic the
    two are the same, and this form needs only one pass over the data. But both terms are then of
    the size of the squared mean, 25 million million here, while their difference is about 1, and
    float64 keeps only sixteen digits of each. What is left after the subtraction is largely
    rounding error; it can even be negative, and its root nan. Subtract the mean first and square
    the small distances afterwards: then nothing large cancels.
    """,
    source="Chan, Golub and LeVeque (1983), the textbook one-pass algorithm; measured",
)
class subtracts_the_square_of_the_mean:
    """batch_norm_forward computes the variance as mean(x²) - mean(x)²"""

    def batch_norm_forward(x, gamma, beta, running_mean, running_var, training, momentum, eps):
        out, new_mean, new_var, cache = solution.batch_norm_forward(
            x, gamma, beta, running_mean, running_var, training, momentum, eps
        )
        if training:
            xp = array_namespace(x)
            mean = xp.mean(x, axis=0)
            std = xp.sqrt(abs(xp.mean(x**2, axis=0) - mean**2) + eps)
            out, cache = _normalise(x, gamma, beta, mean, std, training)
        return out, new_mean, new_var, cache


@misconception(
    caught_by="training_gradients",
    explanation="""
    dx is dout times gamma, divided by the deviation, and nothing else: the mean and the variance
    were treated as constants. In eval mode that is exactly right. In training they are computed
    from x, so raising one entry also raises the mean, and changes the variance, of its feature,
    and thereby every other row of the output. Two terms are missing, and they are not small: in
    the true gradient each column adds up to zero, since moving all examples together changes
    nothing, and yours does not. Training still goes down with the wrong gradient, only less
    surely, because the weights before the layer may grow without any effect. Ask through which
    quantities one entry of x reaches the output.
    """,
    source="Ioffe and Szegedy (2015), section 2: gradients that ignore the normalisation",
)
class treats_the_statistics_as_constants:
    """batch_norm_backward sends nothing through mean and variance"""

    def batch_norm_backward(dout, cache):
        _, std, gamma, _ = cache
        _, dgamma, dbeta = solution.batch_norm_backward(dout, cache)
        return dout * gamma / std, dgamma, dbeta


@misconception(
    caught_by="gradient_of_weights_before",
    explanation="""
    The path through the mean is there, and each column of dx adds up to zero as it should; the path
    through the variance is missing. The layer divides by the spread of the batch, so stretching a
    feature changes nothing in the output, and the gradient must not ask for a stretch: a column of
    dx has to be at right angles to the same column of x_hat. Yours is not, and the weights before
    the layer are told to grow or to shrink without end. The forgotten term is easy to lose on
    paper, since the variance sits below a root in a denominator. It is the product of x_hat with a
    mean over the batch, and is subtracted like the other.
    """,
    source="Measured: passes probes with a plain sum, which cannot see the variance",
)
class leaves_out_the_path_through_the_variance:
    """batch_norm_backward takes only the mean to depend on x"""

    def batch_norm_backward(dout, cache):
        x_hat, std, gamma, training = cache
        dx, dgamma, dbeta = solution.batch_norm_backward(dout, cache)
        if training:
            xp = array_namespace(dout)
            dx = dx + x_hat * xp.mean(dout * gamma * x_hat, axis=0) / std
        return dx, dgamma, dbeta


@misconception(
    caught_by="training_gradients",
    explanation="""
    The path through the variance is there, the one through the mean is missing: each entry of dx
    is off by the same amount within its column, and the columns do not add up to zero. Every
    example was compared with the mean of its feature, and it is itself a part of that mean. Move
    all rows of a feature up by one: the mean moves along, and the output stays as it is, so the
    gradient must sum to zero over the batch. A frequent cause is a derivation that finds, quite
    correctly, that the variance does not change when the mean does, and then drops the mean
    altogether, although x_hat contains it a second time, in the numerator.
    """,
    source="CS231n assignment 2, derivations of the backward by hand; derived",
)
class leaves_out_the_path_through_the_mean:
    """batch_norm_backward takes only the variance to depend on x"""

    def batch_norm_backward(dout, cache):
        _, std, gamma, training = cache
        dx, dgamma, dbeta = solution.batch_norm_backward(dout, cache)
        if training:
            dx = dx + array_namespace(dout).mean(dout * gamma, axis=0) / std
        return dx, dgamma, dbeta


@misconception(
    caught_by="training_gradients",
    explanation="""
    dx and dbeta are right; dgamma was formed with the raw input x where the normalised one belongs.
    Look at the line of the forward in which gamma occurs: it multiplies x_hat, so the speed at
    which the output grows with gamma is x_hat, and that is what dout has to be multiplied by before
    the sum over the batch. The mistake comes from copying the rule of the affine layer, where the
    weight does multiply the input. When the inputs happen to be close to normalised, as in many
    quick tests, the two look alike. Keep x_hat in the cache: both dgamma and dx are made from it.
    """,
    source="Derived by carrying over dw of the affine layer; seen in course solutions",
)
class multiplies_by_the_raw_input_in_dgamma:
    """batch_norm_backward sums dout * x for dgamma"""

    def batch_norm_forward(x, gamma, beta, running_mean, running_var, training, momentum, eps):
        out, mean, var, cache = solution.batch_norm_forward(
            x, gamma, beta, running_mean, running_var, training, momentum, eps
        )
        return out, mean, var, (x, cache)

    def batch_norm_backward(dout, cache):
        x, kept = cache
        dx, _, dbeta = solution.batch_norm_backward(dout, kept)
        return dx, array_namespace(dout).sum(dout * x, axis=0), dbeta


@misconception(
    caught_by="training_gradients",
    explanation="""
    dgamma and dbeta are right, and each column of dx is off by the factor gamma: the scale was left
    out on the way back. The forward multiplies by gamma after normalising, so the gradient that
    reaches x_hat is dout times gamma, and all of dx is made from that. A fresh layer has gamma
    equal to 1 everywhere, so a test right after the start sees no difference, and the error grows
    quietly as gamma is trained. The sign can even be wrong, where a gamma has become negative.
    Begin the backward at the last step of the forward and undo the steps one by one; gamma is in
    the very first of them.
    """,
    source="Derived; hidden by the usual initialisation of gamma with ones",
)
class leaves_out_gamma_going_back:
    """batch_norm_backward computes dx as if gamma were 1"""

    def batch_norm_backward(dout, cache):
        x_hat, std, gamma, training = cache
        _, dgamma, dbeta = solution.batch_norm_backward(dout, cache)
        plain = x_hat, std, array_namespace(dout).ones_like(gamma), training
        return solution.batch_norm_backward(dout, plain)[0], dgamma, dbeta


@misconception(
    caught_by="training_gradients",
    explanation="""
    dgamma and dbeta are the right ones divided by N: they are means over the batch. gamma and beta
    serve all the rows of a feature, each row contributes to the gradient, and the contributions add
    up. If the loss is a mean, it has already put 1/N into dout, and a second division makes the
    steps of these two vectors N times too small, which looks like slow learning and like nothing
    else. The formula of dx does contain means over the batch, and they belong there, as they come
    from the mean and the variance in the forward; that may be how they got into the other two.
    Compare with the bias gradient of an affine layer.
    """,
    source="Double averaging, CS231n forum; derived for this layer",
)
class averages_the_parameter_gradients:
    """batch_norm_backward divides dgamma and dbeta by the batch size"""

    def batch_norm_backward(dout, cache):
        dx, dgamma, dbeta = solution.batch_norm_backward(dout, cache)
        return dx, dgamma / dout.shape[0], dbeta / dout.shape[0]


@misconception(
    caught_by="eval_gradients",
    explanation="""
    In training the gradients are right. In eval mode dx was computed by the training formula, with
    the two terms for mean and variance. There the layer divides by stored numbers that do not
    depend on x, so there is just one path from an entry of x to the output, and the two terms have
    to go. It is rarely noticed, because one seldom needs gradients in eval mode; but fine-tuning
    with frozen statistics does, and so does every question of how an output depends on its input.
    With one row the training formula is most clearly wrong: it takes away the mean of a single
    gradient, which is the gradient itself. Let the forward note its mode in the cache.
    """,
    source="Frozen batch normalisation in fine-tuning; derived",
)
class uses_the_training_gradient_in_eval_mode:
    """batch_norm_backward subtracts the paths through the statistics in eval mode too"""

    def batch_norm_backward(dout, cache):
        x_hat, std, gamma, _ = cache
        return solution.batch_norm_backward(dout, (x_hat, std, gamma, True))
