"""Wrong implementations that students really write, each with the check that must catch it."""

import math

from array_api_compat import array_namespace, device

from grader.spec import misconception, solution


def _softmax(scores, axis=1):
    xp = array_namespace(scores)
    e = xp.exp(scores - xp.max(scores, axis=axis, keepdims=True))
    return e / xp.sum(e, axis=axis, keepdims=True)


def _positive(p):
    """p with its zeros replaced by 1, whose logarithm is 0."""
    xp = array_namespace(p)
    return xp.where(p > 0, p, xp.ones_like(p))


@misconception(
    caught_by="softmax_values",
    explanation="""
    Your columns add up to 1, and the rows do not: the exponentials were shared out among the
    examples of the batch instead of among the classes. The result has the right shape and all its
    entries lie between 0 and 1, so a glance at it shows nothing wrong. Its tell is a batch of one:
    every entry is then exactly 1. The probabilities of an example must not depend on who else is in
    the batch, and here each example takes from the others. Axis 0 counts the examples and axis 1
    the classes; the maximum and the sum both run along the classes. A softmax that was written for
    a single vector, where axis 0 is the only one, gives this trouble once the vectors come in
    batches. For square matrices not even the shapes of intermediate results will warn you.
    """,
    source="PyTorch-NLP#2: softmax over the wrong axis; weights all 1 at batch size 1",
)
class normalises_down_the_columns:
    """softmax makes the columns add up to 1 instead of the rows"""

    def softmax(scores):
        return _softmax(scores, axis=0)


@misconception(
    caught_by="softmax_is_stable",
    explanation="""
    Ordinary scores give the right answer, and large ones give nan: exp was taken of the scores as
    they are. In float64 exp overflows above 709.8 (in float32 above 88.7), and inf divided by inf
    is nan; a row of very negative scores underflows to zeros and ends in 0 / 0. A test with scores
    of 100 does not notice, since float64 has room for exp(100). Real models reach such scores early
    in training, after one step that was too long, and a single nan then spreads to every weight.
    Subtracting one number from a whole row does not change its softmax. Which number of the row
    makes the largest exponent 0 and so leaves nothing to overflow?
    """,
    source="Goodfellow et al. (2016), section 4.1; limits measured, +100 does not expose float64",
)
class exponentiates_without_shifting:
    """softmax takes exp of the scores as they are"""

    def softmax(scores):
        xp = array_namespace(scores)
        e = xp.exp(scores)
        return e / xp.sum(e, axis=1, keepdims=True)


@misconception(
    caught_by="softmax_is_stable",
    explanation="""
    A maximum is subtracted before exp, but one maximum for the whole matrix. That stops the
    overflow, and it is not even wrong in algebra, since any number may be subtracted from a row.
    But when one row lies far below another, all of its exponentials round to 0, their sum is 0, and
    dividing gives nan. A test with large scores in a single row, or in rows of similar size,
    passes, which is why this version is found in so many places. Each row is a softmax of its own
    and needs its own shift. A maximum taken without naming an axis is a single number; you need one
    for each row, in a shape that is subtracted row by row.
    """,
    source="devtalk thread on [-1000, -999]; passes two public judges (measured)",
)
class shifts_by_the_largest_of_the_batch:
    """softmax subtracts the maximum of the whole matrix from every row"""

    def softmax(scores):
        xp = array_namespace(scores)
        e = xp.exp(scores - xp.max(scores))
        return e / xp.sum(e, axis=1, keepdims=True)


@misconception(
    caught_by="log_softmax_is_stable",
    explanation="""
    Your log_softmax is the logarithm of a finished softmax. That is what its name says, and on
    ordinary scores all digits agree. But a probability below about 1e-323 cannot be stored: it
    becomes 0, its logarithm minus infinity, and the information is gone, although the answer, say
    -800, is a perfectly ordinary number. Shifting the scores inside softmax does not help, because
    the loss of information happens after it. Then a loss multiplies that infinity by a target of 0,
    and nan is all that remains. Go back to the formula: the logarithm of a fraction is a
    difference, and the logarithm of the exponential above the line is just the score. So the small
    probability never has to be formed.
    """,
    source="Goodfellow et al. (2016), section 4.1; frequent in softmax-then-log implementations",
)
class takes_the_logarithm_of_the_finished_softmax:
    """log_softmax computes log(softmax(scores))"""

    def log_softmax(scores):
        return array_namespace(scores).log(_softmax(scores))


@misconception(
    caught_by="log_softmax_values",
    explanation="""
    Each row of your result is off by one number, the largest score of that row. The logarithm of
    the sum was taken after shifting, as it should be, but it was then subtracted from the scores
    before shifting. The shift cancels only if both parts use the same scores: either both shifted,
    or the maximum added back to the logarithm. A row whose largest score is 0 comes out right, and
    so does everything that depends on differences within a row, such as the order of the classes.
    The exponentials of a row must add up to 1; yours add up to the exponential of the largest
    score. Check which scores stand in front of the minus sign, and which in the sum.
    """,
    source="Log-sum-exp with the shift taken out and not put back; common in hand-written versions",
)
class forgets_to_put_the_shift_back:
    """log_softmax subtracts the log of the shifted sum from the scores that were not shifted"""

    def log_softmax(scores):
        xp = array_namespace(scores)
        shifted = scores - xp.max(scores, axis=1, keepdims=True)
        return scores - xp.log(xp.sum(xp.exp(shifted), axis=1, keepdims=True))


@misconception(
    caught_by="one_hot_values",
    explanation="""
    The number of columns was computed from y, as its largest entry plus one, and not taken from the
    argument. As long as the last class occurs among the examples the two agree, and in a whole data
    set it always does. But a batch is a small sample: sooner or later one comes along without the
    last class, and the targets then have fewer columns than the scores. If you are lucky this ends
    in an error about shapes. An empty batch has no largest entry at all. How many classes there are
    is a property of the problem, which is why the function is told. Look for a place where the
    sizes of your result depend on the values in y.
    """,
    source="Label binarisers fitted per batch; derived",
)
class counts_the_classes_in_the_batch:
    """one_hot makes max(y) + 1 columns"""

    def one_hot(y, classes):
        return solution.one_hot(y, max((int(k) for k in y), default=-1) + 1)


@misconception(
    caught_by="one_hot_values",
    explanation="""
    Every 1 stands one column too far to the left, and for class 0 it has come out at the other end,
    in the last column. The classes were taken to be numbered from 1, as people count and as some
    data files do; here they are numbered from 0 to C - 1. The shape is right and each row holds a
    single 1, so training goes on without complaint: a model can learn classes under any names, as
    long as they are the same names everywhere. The damage shows when a prediction is looked up, or
    held against labels that somebody else has written. Class k belongs to column k. Look for a 1
    that is subtracted from y, or for a range that starts at 1.
    """,
    source="Label files numbered from 1; derived",
)
class numbers_the_classes_from_one:
    """one_hot puts the 1 for class k into column k - 1"""

    def one_hot(y, classes):
        return solution.one_hot((y - 1) % classes, classes)


@misconception(
    caught_by="one_hot_values",
    explanation="""
    The ones and zeros are in the right places, but they are integers, and floats are asked for. A
    one-hot row is used as a probability distribution: it is multiplied by log-probabilities and
    subtracted from probabilities, and averaging two rows should give halves. NumPy converts
    silently in most of these steps, so nothing seems to be wrong, until a result is written into
    such an array, where 0.3 becomes 0 without a word. In other libraries some operations refuse to
    mix the two kinds, and there are ready-made one-hot functions that return integers. Look at
    where your array is made: unless told otherwise, it inherits the type of y, or that of a
    comparison.
    """,
    source="PyTorch's own one_hot returns int64 and its losses want floats; forum threads; derived",
)
class returns_whole_numbers:
    """one_hot returns integers"""

    def one_hot(y, classes):
        xp = array_namespace(y)
        return xp.astype(y[:, None] == xp.arange(classes, device=device(y)), xp.int64)


@misconception(
    caught_by="cross_entropy_values",
    explanation="""
    The loss is N times what is asked: the losses of the rows were added up, and the convention here
    is their mean. Both conventions are in use. With a sum, however, the size of the loss and of
    every gradient grows with the batch, so a learning rate that works for 32 examples diverges for
    256, and losses of batches of different sizes cannot be compared. With a single example the two
    agree, and with equal scores your loss would be N · ln C where ln C is right. Within a row the
    terms of all classes are added and never averaged; it is the rows that are averaged. Look for
    the division by the number of rows.
    """,
    source="aprender#2182: sum and mean confused, gradients too large by the batch size",
)
class sums_over_the_batch:
    """cross_entropy adds the losses of the rows and does not divide by N"""

    def cross_entropy(scores, targets):
        return solution.cross_entropy(scores, targets) * scores.shape[0]


@misconception(
    caught_by="cross_entropy_is_stable",
    explanation="""
    The loss stops growing at about 16.1. A small number, 1e-7, was added to the probability so that
    the logarithm never sees 0. This silences the warning and keeps the problem: a confident wrong
    answer, with the right class 60 below the top score, has a loss of 60, and the model that makes
    it should hear so. Beyond the cap the loss is flat and says nothing any more, and a perfect
    answer gets a loss slightly below 0. On ordinary scores the two agree to four digits or more,
    which a loose test lets pass. No constant is needed if the probability is never formed: which of
    your functions gives you its logarithm directly?
    """,
    source="Measured: log(p + 1e-7) caps the loss at 16.118 and turns a perfect answer to -1e-7",
)
class adds_a_constant_inside_the_logarithm:
    """cross_entropy computes log(softmax(scores) + 1e-7)"""

    def cross_entropy(scores, targets):
        xp = array_namespace(scores)
        return -xp.sum(targets * xp.log(_softmax(scores) + 1e-7)) / scores.shape[0]


@misconception(
    caught_by="cross_entropy_values",
    explanation="""
    Softmax was applied twice: the scores were turned into probabilities, and these were used as
    scores once more. Probabilities lie between 0 and 1, so the second softmax sees numbers that
    hardly differ, and its result is close to equal chances whatever the model says. The order of
    the classes stays the same, the loss falls during training, and the accuracy may even be good,
    which is why this is among the most frequent mistakes in classifiers that end in a softmax layer
    and use a library's loss. The tell is a loss that cannot get near 0. Follow your scores: between
    the argument and the logarithm they may be normalised only once.
    """,
    source="A softmax layer before CrossEntropyLoss; a standing topic of the PyTorch forum",
)
class applies_softmax_twice:
    """cross_entropy treats the probabilities as scores"""

    def cross_entropy(scores, targets):
        return solution.cross_entropy(_softmax(scores), targets)


@misconception(
    caught_by="cross_entropy_values",
    explanation="""
    Your loss is too large: next to the wanted terms it holds, for every class, the term of the
    opposite event, (1 - target) times log(1 - probability). That is the binary cross-entropy, added
    up over the classes as if each were a question of its own, answered with yes or no. There the
    second half is needed, because the probability of "no" appears nowhere else. Here the classes
    exclude each other and their probabilities share one total, so raising a wrong class already
    lowers the right one, and the sum over the classes covers everything. Training with the extra
    terms still works, and the loss still falls. In the README's formula every class has one term.
    """,
    source="Binary cross-entropy carried over to several classes; derived",
)
class asks_each_class_separately:
    """cross_entropy adds the binary cross-entropies of the classes"""

    def cross_entropy(scores, targets):
        xp = array_namespace(scores)
        p = _softmax(scores)
        opposite = (1 - targets) * xp.log(1 - p)
        return solution.cross_entropy(scores, targets) - xp.sum(opposite) / scores.shape[0]


@misconception(
    caught_by="cross_entropy_gradient_values",
    explanation="""
    The gradient is exactly N times too large: it is softmax minus target, without the 1/N that the
    mean in the loss brings along. It is the gradient of the sum of the losses. It points the right
    way, so training works with a smaller learning rate, and with one example nothing is wrong at
    all. The formula in many books is for a single example, and copied for a batch it loses the
    factor. The loss is (1/N) times a sum, and a constant factor stays when you differentiate. It
    belongs here, at the beginning of the chain; the gradients of weights and biases are computed
    from this one and inherit it, so nothing further on needs to divide.
    """,
    source="CS231n assignment 1 forum, the classic missing 1/N; aprender#2182",
)
class forgets_the_mean_in_the_gradient:
    """cross_entropy_gradient does not divide by N"""

    def cross_entropy_gradient(scores, targets):
        return _softmax(scores) - targets


@misconception(
    caught_by="cross_entropy_gradient_values",
    explanation="""
    Each entry of your gradient carries its own target as a factor: it has the form p · t - t in
    place of p - t. With one-hot targets, only the right class of each row gets a gradient then. It
    comes from differentiating each logarithm with respect to its own score alone. But every score
    of a row stands in the sum below the fraction line, so raising a wrong class makes the right one
    less probable, and the loss feels it. If you went through the Jacobian of the softmax, its
    off-diagonal entries are what was dropped. The rows of the true gradient sum to 0: what the
    right class is given, the others have to pay. Do yours?
    """,
    source="CS231n forum: staged backprop loses cross terms, P*Y - Y in place of P - Y",
)
class drops_the_other_classes:
    """cross_entropy_gradient keeps the diagonal of the softmax's Jacobian only"""

    def cross_entropy_gradient(scores, targets):
        return targets * (_softmax(scores) - 1) / scores.shape[0]


@misconception(
    caught_by="cross_entropy_gradient_values",
    explanation="""
    Every entry has the right size and the wrong sign: you return target minus probability. That is
    the direction in which the scores should move, and many texts write the update with it, as "the
    error", added to the weights. A gradient, however, points uphill by definition: its entry says
    how fast the loss grows when the score grows. Raising the score of a wrong class makes the loss
    worse, so the entry of a wrong class is positive. With your sign, a step that subtracts the
    gradient climbs, and the loss gets larger at every step; if it falls all the same, a second sign
    error is hiding in the update. Look at the order of your subtraction.
    """,
    source="Error as target minus output, from the delta rule; compare Deep-ML#273",
)
class points_downhill:
    """cross_entropy_gradient returns targets minus probabilities"""

    def cross_entropy_gradient(scores, targets):
        return (targets - _softmax(scores)) / scores.shape[0]


@misconception(
    caught_by="cross_entropy_gradient_values",
    explanation="""
    You return minus target divided by probability, which is how the loss reacts to the
    probabilities. The question is about the scores, one step further back: between the two lies the
    softmax, and the chain rule asks for its derivative too. The result has the right shape, and the
    right class has the right sign, so a few steps of descent even help. But the wrong classes of a
    one-hot row get no gradient, no row sums to 0, and where the right class has almost no
    probability the entry becomes huge, while the true gradient of one row is never larger than 1.
    Write the probability as a function of all scores of its row and differentiate that as well.
    """,
    source="Stopping the chain rule at dL/dp; frequent in derivations asked about online",
)
class stops_at_the_probabilities:
    """cross_entropy_gradient differentiates for the probabilities, not the scores"""

    def cross_entropy_gradient(scores, targets):
        return -targets / _softmax(scores) / scores.shape[0]


@misconception(
    caught_by="kl_divergence_values",
    explanation="""
    You computed KL(q‖p): the two distributions have changed places. The divergence is not
    symmetric, because the logarithms are weighted by the first distribution, the one that is taken
    as true. Both versions are positive, both are 0 for equal rows, and for rows that lie close to
    each other they nearly agree, so an easy test sees no difference. They punish different things:
    one, a q that has no room for what p does; the other, a p that has no room for what q does. In
    this exercise the truth comes first, as in the notation. Some libraries order their arguments
    the other way round, and the model comes first in cross_entropy, which makes the slip easy.
    """,
    source="torch.nn.functional.kl_div takes the model first, as its documentation warns",
)
class exchanges_the_arguments:
    """kl_divergence returns KL(q‖p)"""

    def kl_divergence(p, q):
        return solution.kl_divergence(q, p)


@misconception(
    caught_by="kl_divergence_of_zeros",
    explanation="""
    Where p is 0 your result is nan. The logarithm of 0 is minus infinity, and a computer does not
    know what 0 times infinity should be. The mathematics does: p · log p tends to 0 as p goes to 0,
    so a class that never occurs adds nothing, whatever is believed about it. Rows with all entries
    positive work, and a softmax gives nothing else, but one-hot rows are mostly zeros, and they are
    the most frequent kind of truth. Multiplying by p cannot remove the nan afterwards, since 0 ·
    nan is nan too. Choose what goes into the logarithm, so that the bad value never arises, or
    leave those classes out of the sum.
    """,
    source="0 log 0 = NaN, listed for entropy as well; Cover and Thomas (2006), section 2.1",
)
class multiplies_zero_by_minus_infinity:
    """kl_divergence computes p * log(p / q) also where p is 0"""

    def kl_divergence(p, q):
        xp = array_namespace(p)
        return xp.sum(p * (xp.log(p) - xp.log(q))) / p.shape[0]


@misconception(
    caught_by="kl_divergence_of_zeros",
    explanation="""
    A small constant was added to both distributions before dividing. It removes nan at the zeros of
    p, where the answers are now right to many digits. But look at a q that is 0 where p is
    positive: the true divergence is infinite, because q calls impossible what does happen, and
    yours is some finite number that depends on nothing but the constant. With 1e-12 each such class
    costs about 27 times its probability, with 1e-7 about 16 times, and neither has a meaning. For
    rows without zeros the constant is invisible. The conventions ask for none: treat the zeros of p
    by themselves, and let the zeros of q do what the formula says.
    """,
    source="log((p + eps)/(q + eps)) in many utilities; caps as measured for the cross-entropy",
)
class adds_a_constant_to_both:
    """kl_divergence computes log((p + 1e-12) / (q + 1e-12))"""

    def kl_divergence(p, q):
        xp = array_namespace(p)
        return xp.sum(p * xp.log((p + 1e-12) / (q + 1e-12))) / p.shape[0]


@misconception(
    caught_by="kl_divergence_values",
    explanation="""
    Your result is the right one divided by C: the mean was taken over all entries of the matrix
    instead of over its rows. Taking the mean of an array without naming an axis does this. The
    divergence of one row is a sum over its classes, each already weighted by its probability;
    dividing that sum by the number of classes once more has no meaning, and results for different
    numbers of classes can no longer be compared. It is still positive and still 0 for equal rows,
    so nothing looks wrong. One well-known library does this by default and warns about it in its
    own manual. Add within a row, average between the rows.
    """,
    source="torch.nn.functional.kl_div: reduction='mean' divides by all entries; 'batchmean' is KL",
)
class averages_over_all_entries:
    """kl_divergence divides by N · C"""

    def kl_divergence(p, q):
        return solution.kl_divergence(p, q) / p.shape[1]


@misconception(
    caught_by="kl_divergence_values",
    explanation="""
    You return the cross-entropy of p and q: the logarithm of q, weighted by p, with a minus sign.
    The divergence compares this with what the best possible q would have cost, the entropy of p,
    and subtracts it. For one-hot rows the entropy is 0 and the two are the same number, so examples
    with one right class cannot tell them apart, and as functions of q they differ by a constant, so
    that training with either is the same. But only the divergence is 0 when both rows are equal;
    yours is then the entropy of p. Look at the fraction inside the logarithm, and at which half of
    it has been lost.
    """,
    source="Cross-entropy and divergence confused, equal up to H(p); derived",
)
class leaves_out_the_entropy:
    """kl_divergence returns the cross-entropy of p and q"""

    def kl_divergence(p, q):
        xp = array_namespace(p)
        return solution.kl_divergence(p, q) - xp.sum(p * xp.log(_positive(p))) / p.shape[0]


@misconception(
    caught_by="kl_divergence_values",
    explanation="""
    Your result is 1.4427 times the expected one, which is 1 / ln 2: the logarithm is the one to
    base 2, so the divergence comes in bits. Information theory measures that way, a fair coin then
    being worth exactly one bit, and most pictures in textbooks do so too. Losses in deep learning
    use the natural logarithm and are counted in nats, because its derivative has no extra factor,
    and the conventions of this exercise say so. As the factor is the same everywhere, all
    comparisons between your own results still hold; only the sum of entropy and divergence no
    longer gives the cross-entropy. Look at which logarithm you call.
    """,
    source="ln and log2 confused, a factor of 0.693; seen for entropies and PPMI as well",
)
class measures_in_bits:
    """kl_divergence uses the logarithm to base 2"""

    def kl_divergence(p, q):
        return solution.kl_divergence(p, q) / math.log(2)
