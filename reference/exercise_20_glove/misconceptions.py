"""Wrong implementations that students really write, each with the check that must catch it."""

import numpy as np

from grader.spec import misconception, solution

NAMES = ("w", "w_context", "b", "b_context")


def _neighbours(corpus, vocabulary_size, window, amount):
    """A table to which every pair at distance d adds `amount(d)` in both directions."""
    counts = np.zeros((vocabulary_size, vocabulary_size))
    for distance in range(1, window + 1):
        for left, right in zip(corpus[:-distance], corpus[distance:], strict=True):
            counts[left, right] += amount(distance)
            counts[right, left] += amount(distance)
    return counts


def _scores(w, w_context, b, b_context):
    return w @ w_context.T + b[:, None] + b_context


def _log(counts):
    """The logarithm where there is a count, 0 elsewhere."""
    return np.log(np.where(counts > 0, counts, 1.0))


def _carried_back(dscores, w, w_context):
    """The four gradients from that of the scores."""
    return dscores @ w_context, dscores.T @ w, dscores.sum(axis=1), dscores.sum(axis=0)


def _residual_loss(residuals, weights):
    return np.sum(weights * residuals**2)


def _gradients(params, counts, x_max, alpha):
    found = solution.glove_gradients(*(params[name] for name in NAMES), counts, x_max, alpha)
    return dict(zip(NAMES, found, strict=True))


@misconception(
    caught_by="counts_relations",
    explanation="""
    Every neighbour inside the window counts 1 here, however far away it is. With a window of 1
    nothing is wrong, and with a longer one your table still has the right zeros, is symmetric, and
    looks like any table of neighbours, which is what an earlier exercise asked for. GloVe wants
    something else: a word next door says more about a word than one ten places away, so a pair at
    distance d adds only 1/d. Without that, distant and mostly accidental neighbours make up most
    of a long window. Compare two words at distance 2: your table has 1 for them, and a half is
    expected. Look at what is added to a cell.
    """,
    source="GloVe re-implementations with plain counts; Pennington et al. (2014), section 4.2",
)
class counts_every_neighbour_alike:
    """distance_weighted_counts adds 1 at every distance"""

    def distance_weighted_counts(corpus, vocabulary_size, window):
        return _neighbours(corpus, vocabulary_size, window, lambda distance: 1.0)


@misconception(
    caught_by="counts_values",
    explanation="""
    The contribution of a pair falls along a straight line, from 1 for direct neighbours down to
    1/window at the end of the window. word2vec behaves like that on average, because it shortens
    its windows at random. GloVe divides by the distance instead: 1, a half, a third, a quarter.
    For direct neighbours the two agree, and so they do at the last distance of a window, which
    makes a window of 2 unable to tell them apart. In between yours is larger. Note also that with
    your rule the weight of a pair depends on the window, while in GloVe a longer window only adds
    pairs and leaves the others as they were.
    """,
    source="Levy, Goldberg and Dagan (2015), section 3.1: word2vec and GloVe weight differently",
)
class weights_distances_along_a_straight_line:
    """distance_weighted_counts adds (window - d + 1) / window"""

    def distance_weighted_counts(corpus, vocabulary_size, window):
        return _neighbours(
            corpus, vocabulary_size, window, lambda distance: (window - distance + 1) / window
        )


@misconception(
    caught_by="counts_relations",
    explanation="""
    Only one side is counted. Each pair of positions goes into the row of the word that comes
    first, and the word that comes second learns nothing from it. The weights are right, so single
    cells look plausible, but the table is not symmetric and its sum is half of what is expected.
    Read the text backwards and you get another table. The loss accepts such a table without
    complaint, and training runs as usual, only that every word is described by what follows it.
    Here a word is to be known by the words on both sides. Look at the two cells that belong to one
    pair of positions, and see what each of them receives.
    """,
    source="The one-sided window that the GloVe tool offers as an option; derived",
)
class counts_only_the_words_that_follow:
    """distance_weighted_counts looks to the right of each word"""

    def distance_weighted_counts(corpus, vocabulary_size, window):
        counts = np.zeros((vocabulary_size, vocabulary_size))
        for distance in range(1, window + 1):
            for left, right in zip(corpus[:-distance], corpus[distance:], strict=True):
                counts[left, right] += 1 / distance
        return counts


@misconception(
    caught_by="counts_values",
    explanation="""
    Pairs that occur several times at the same distance are counted once. The table was filled with
    an indexed addition for a whole distance at a time, and NumPy does not add up repeated cells in
    that form: it reads the old numbers, adds, and writes back, so that of several equal cells only
    one addition survives. In a short text without repetitions the result is exactly right, which
    is why a first test with six different words passes. In a real text the frequent pairs suffer
    most, and these are the ones with the largest weight in the loss. Try a corpus in which one
    word stands four times in a row, and count its pairs by hand.
    """,
    source="NumPy's indexed += is buffered; measured on a repeated word",
)
class loses_pairs_that_repeat:
    """distance_weighted_counts uses an indexed += that keeps one of several equal pairs"""

    def distance_weighted_counts(corpus, vocabulary_size, window):
        counts = np.zeros((vocabulary_size, vocabulary_size))
        for distance in range(1, window + 1):
            left, right = corpus[:-distance], corpus[distance:]
            counts[left, right] += 1 / distance
            counts[right, left] += 1 / distance
        return counts


@misconception(
    caught_by="weighting_values",
    explanation="""
    The power is right, but nothing stops it at x_max: counts above it get weights above 1. With
    x_max at 100 and a small corpus no count gets that far, so the error never shows. In a large
    corpus it defeats the purpose of the function. The pairs of a few words such as "the" and "of"
    have counts in the millions, and their weights would grow into the thousands, so that the loss
    listens to them and to nothing else. From x_max on all pairs are to be trusted equally, whether
    a pair was seen a hundred times or a million times. Compare the two branches of the formula in
    the README with yours.
    """,
    source="Pennington et al. (2014), section 3: frequent co-occurrences not overweighted; derived",
)
class never_caps_the_weight:
    """weighting is (counts / x_max) ** alpha without an upper limit"""

    def weighting(counts, x_max, alpha):
        return (counts / x_max) ** alpha


@misconception(
    caught_by="weighting_values",
    explanation="""
    Below x_max the weights are right, and from x_max on they are 0, where 1 is expected. This
    happens when the power is multiplied by the condition "count below x_max", or when the second
    branch of the formula is left out: cells that no branch has written keep the zero they started
    with. The most frequent pairs, those with the most reliable counts, then play no part in the
    loss. The loss even looks better, since it has fewer terms. With the usual x_max of 100 and a
    corpus of a few sentences no cell reaches the limit and the two versions are the same. Check a
    count of exactly x_max and one above it.
    """,
    source="The weighting as a mask times a power, its other branch forgotten; derived",
)
class gives_frequent_pairs_no_weight:
    """weighting is 0 from x_max on"""

    def weighting(counts, x_max, alpha):
        return np.where(counts < x_max, (counts / x_max) ** alpha, 0.0)


@misconception(
    caught_by="weighting_values",
    explanation="""
    The weight grows in proportion to the count, as if alpha were 1: the exponent was left out. It
    is still 0 at 0, 1 from x_max on, and rising in between, so a plot looks fine, and a test with
    an exponent of 1 cannot see it. The authors of GloVe tried this function and found that an
    exponent of ¾ gives somewhat better vectors, much as word2vec flattens the frequencies from
    which it draws its negatives. The flattening helps the rare pairs: with x_max at 100 a pair
    seen once has the weight 0.032 with the exponent ¾ and only 0.010 without. Every argument of a
    function should have a place in its formula; see where alpha has gone.
    """,
    source="Pennington et al. (2014), section 3: ¾ compared with a linear version",
)
class leaves_out_the_exponent:
    """weighting is counts / x_max, cut off at 1"""

    def weighting(counts, x_max, alpha):
        return np.minimum(counts / x_max, 1.0)


@misconception(
    caught_by="weighting_values",
    explanation="""
    Only the count was raised to the power, not the ratio: you divide count to the power alpha by
    x_max itself. An operator that binds more tightly than the division is enough for that, since
    without parentheses the power comes first. The result is too small by a fixed factor, and just
    below x_max there is a jump: with x_max at 100 and alpha at ¾ the weights climb to 0.32 and
    then leap to 1. Training does not fail over it; rare pairs are just heard less than they should
    be. Two tests reveal it. At a count a little below x_max the weight must be nearly 1, and
    scaling counts and x_max alike must change nothing.
    """,
    source="Operator precedence in x / x_max ** alpha and its relatives; derived",
)
class raises_the_count_but_not_the_limit:
    """weighting is counts ** alpha / x_max below x_max"""

    def weighting(counts, x_max, alpha):
        return np.where(counts < x_max, counts**alpha / x_max, 1.0)


@misconception(
    caught_by="glove_loss_value",
    explanation="""
    The weight is inside the square, so every pair is weighted by its weight squared. For pairs at
    x_max or above nothing changes, since 1 squared is 1, and the loss is still 0 for a perfect
    fit. Your gradients belong to that loss, so comparing them with numerical differences finds
    nothing wrong, and training works. But the rare pairs are pushed down much further: a weight of
    0.1 acts like one of 0.01, as if the exponent alpha had been doubled. The formula squares the
    difference first and multiplies by the weight afterwards. Work out one pair with a count well
    below x_max by hand, and see at which point the weight enters.
    """,
    source="stanfordnlp/GloVe#102: where the weight belongs",
)
class puts_the_weight_inside_the_square:
    """glove_loss squares the product of weight and difference"""

    def glove_loss(w, w_context, b, b_context, counts, x_max, alpha):
        residuals = _scores(w, w_context, b, b_context) - _log(counts)
        return np.sum((solution.weighting(counts, x_max, alpha) * residuals) ** 2)

    def glove_gradients(w, w_context, b, b_context, counts, x_max, alpha):
        residuals = _scores(w, w_context, b, b_context) - _log(counts)
        weights = solution.weighting(counts, x_max, alpha)
        return _carried_back(2 * weights**2 * residuals, w, w_context)


@misconception(
    caught_by="glove_loss_relations",
    explanation="""
    The logarithm of the count is added to the score, where it should be subtracted. A count of 1
    has the logarithm 0 and hides the sign. Otherwise this loss asks the scores to become minus the
    logarithm, so words that often meet are driven apart. It falls as nicely as the right one,
    because it is the same problem with its sign turned round, and the gradients fit to it. Even
    the vectors that come out look sensible in places, since words with the same neighbours still
    get similar vectors. To see it, choose counts for which every score is exactly the logarithm:
    the loss must then be 0. Look at the signs in your difference.
    """,
    source="pytorch-glove#1: plus for minus before the logarithm",
)
class adds_the_logarithm:
    """glove_loss squares score + log count"""

    def glove_loss(w, w_context, b, b_context, counts, x_max, alpha):
        residuals = _scores(w, w_context, b, b_context) + _log(counts)
        return _residual_loss(residuals, solution.weighting(counts, x_max, alpha))

    def glove_gradients(w, w_context, b, b_context, counts, x_max, alpha):
        residuals = _scores(w, w_context, b, b_context) + _log(counts)
        return _carried_back(2 * solution.weighting(counts, x_max, alpha) * residuals, w, w_context)


@misconception(
    caught_by="glove_loss_value",
    explanation="""
    The target is log(1 + count). This keeps zeros away from the logarithm, and for large counts it
    hardly matters: at 100 the difference is 0.01. But counts in GloVe are sums of fractions, and
    many of them are about 1 or below. There the difference is large: for a count of a tenth the
    target should be -2.3, and yours is 0.1, so no target is ever negative. The zeros need no such
    protection, because pairs with a count of 0 are not part of the loss at all. The paper mentions
    log(1 + count) in passing as one way of avoiding the divergence, and then goes on to leave the
    pairs out. Look at what you take the logarithm of.
    """,
    source="A shift that Pennington et al. (2014), section 3, mention and do not use",
)
class adds_one_inside_the_logarithm:
    """glove_loss compares the scores with log(1 + count)"""

    def glove_loss(w, w_context, b, b_context, counts, x_max, alpha):
        residuals = _scores(w, w_context, b, b_context) - np.log1p(counts)
        return _residual_loss(residuals, solution.weighting(counts, x_max, alpha))

    def glove_gradients(w, w_context, b, b_context, counts, x_max, alpha):
        residuals = _scores(w, w_context, b, b_context) - np.log1p(counts)
        return _carried_back(2 * solution.weighting(counts, x_max, alpha) * residuals, w, w_context)


@misconception(
    caught_by="glove_loss_value",
    explanation="""
    Your targets are logarithms with base 2, which are larger than natural ones by the factor 1.44.
    The exercise on count vectors used base 2, since its values are read as bits, and code tends to
    travel. Here the counts are fitted by exp of the score, so the natural logarithm is meant.
    Everything else is right, the gradients fit to the loss, and training ends with vectors that
    are a little longer, which their cosines do not show. A count of 1 hides it too, because every
    logarithm of 1 is 0. Try a pair with count 2 and a score of 0: the difference to be squared is
    -0.693 and not -1.
    """,
    source="Base 2 carried over from pointwise mutual information; derived",
)
class takes_the_logarithm_with_base_2:
    """glove_loss compares the scores with log2 of the counts"""

    def glove_loss(w, w_context, b, b_context, counts, x_max, alpha):
        residuals = _scores(w, w_context, b, b_context) - _log(counts) / np.log(2)
        return _residual_loss(residuals, solution.weighting(counts, x_max, alpha))

    def glove_gradients(w, w_context, b, b_context, counts, x_max, alpha):
        residuals = _scores(w, w_context, b, b_context) - _log(counts) / np.log(2)
        return _carried_back(2 * solution.weighting(counts, x_max, alpha) * residuals, w, w_context)


@misconception(
    caught_by="glove_loss_relations",
    explanation="""
    The loss is a mean over the pairs that were seen, and a sum is asked. The two differ by the
    number of those pairs, so with a table that holds a single count they agree. A mean is a legal
    convention elsewhere in this course, but here it makes the loss of a pair depend on how many
    other pairs there are: cut the table into two halves, and the two losses no longer add up to
    the loss of the whole. In a sum, each pair has its own weight and nothing else. Your gradients
    are those of the sum, so they do not fit to your loss either. Look for a division after the
    sum.
    """,
    source="A mean in place of the paper's sum, common in framework code; derived",
)
class takes_the_mean_over_the_pairs:
    """glove_loss divides the sum by the number of pairs seen"""

    def glove_loss(w, w_context, b, b_context, counts, x_max, alpha):
        loss = solution.glove_loss(w, w_context, b, b_context, counts, x_max, alpha)
        return loss / max(np.sum(counts > 0), 1)


@misconception(
    caught_by="glove_loss_value",
    explanation="""
    Your loss and your gradients are both half of what is expected: there is a factor ½ in front of
    the sum, which cancels the 2 that comes from differentiating a square. The authors' own program
    does the same, so this is a matter of convention and not a mistake in the mathematics; the
    minimum is at the same place. The paper's formula has no such factor, and the conventions of
    this exercise follow the paper. Since AdaGrad divides gradients by the root of their squares,
    training would hardly differ, except at the start. Loss and gradients agree with each other, so
    no comparison between them reveals it; compare with the worked example.
    """,
    source="The C program of stanfordnlp/GloVe reports half the weighted sum",
)
class puts_a_half_in_front:
    """glove_loss is half the sum, and the gradients are half as well"""

    def glove_loss(w, w_context, b, b_context, counts, x_max, alpha):
        return 0.5 * solution.glove_loss(w, w_context, b, b_context, counts, x_max, alpha)

    def glove_gradients(w, w_context, b, b_context, counts, x_max, alpha):
        found = solution.glove_gradients(w, w_context, b, b_context, counts, x_max, alpha)
        return tuple(0.5 * gradient for gradient in found)


@misconception(
    caught_by="glove_loss_of_unseen_pairs",
    explanation="""
    As soon as one count is 0, the loss is nan. The logarithm of 0 is minus infinity, its square is
    infinity, and although the weight of the pair is 0, zero times infinity is not a number. One
    such cell spoils the whole sum, and from there every gradient and every vector. The formula
    looks as if the weight took care of it, and in mathematics one simply says that these pairs are
    left out; in floating-point arithmetic the logarithm is taken before the weight gets its
    chance. Most cells of a real table are 0, so this shows at once, except in tests with full
    tables. Decide which pairs take part before you call the logarithm.
    """,
    source="keras-glove#2: the logarithm of zero counts gives nan",
)
class takes_the_logarithm_of_zero:
    """glove_loss multiplies the weight 0 by an infinite square"""

    def glove_loss(w, w_context, b, b_context, counts, x_max, alpha):
        with np.errstate(all="ignore"):
            residuals = _scores(w, w_context, b, b_context) - np.log(counts)
            return _residual_loss(residuals, solution.weighting(counts, x_max, alpha))

    def glove_gradients(w, w_context, b, b_context, counts, x_max, alpha):
        with np.errstate(all="ignore"):
            residuals = _scores(w, w_context, b, b_context) - np.log(counts)
            weights = solution.weighting(counts, x_max, alpha)
            return _carried_back(2 * weights * residuals, w, w_context)


@misconception(
    caught_by="glove_loss_of_unseen_pairs",
    explanation="""
    Counts of 0 were replaced by 1 at the start, which saves the logarithm but also gives these
    pairs a weight: they now count like pairs that were seen once, and their scores are pulled
    towards 0. Tables without zeros give the right loss. Most cells of a real table are zeros,
    though, so most of your loss comes from pairs about which the text says nothing, and words that
    never meet are all told to behave as if they had met exactly once. Training on the seen pairs
    alone is what makes GloVe fast as well. The replacement is a good trick for the logarithm; see
    which other function also received the changed table.
    """,
    source="The guard against log 0 applied to the table and not to the logarithm; derived",
)
class counts_unseen_pairs_as_seen_once:
    """glove_loss replaces zeros by ones before the weighting"""

    def glove_loss(w, w_context, b, b_context, counts, x_max, alpha):
        filled = np.where(counts > 0, counts, 1.0)
        return solution.glove_loss(w, w_context, b, b_context, filled, x_max, alpha)

    def glove_gradients(w, w_context, b, b_context, counts, x_max, alpha):
        filled = np.where(counts > 0, counts, 1.0)
        return solution.glove_gradients(w, w_context, b, b_context, filled, x_max, alpha)


@misconception(
    caught_by="glove_loss_value",
    explanation="""
    Rows and columns are exchanged: the score of the pair (i, j) takes the neighbour's vector and
    bias from word i and the word's own from j. With a symmetric table of counts the total is
    right, because for every pair its mirror image is there too, and all counts made with a window
    on both sides are symmetric. That is why an experiment on a text looks perfect. The loss is
    defined for any table, however, and with a one-sided window the rows and the columns mean
    different things. Take a table with a single count in row 0 and column 1, and write down which
    four arrays and which of their rows should appear in the only term of the sum.
    """,
    source="Centre and context exchanged, hidden by symmetric counts; derived",
)
class exchanges_words_and_neighbours:
    """glove_loss compares the score of (j, i) with the count of (i, j)"""

    def glove_loss(w, w_context, b, b_context, counts, x_max, alpha):
        return solution.glove_loss(w_context, w, b_context, b, counts, x_max, alpha)

    def glove_gradients(w, w_context, b, b_context, counts, x_max, alpha):
        dw_context, dw, db_context, db = solution.glove_gradients(
            w_context, w, b_context, b, counts, x_max, alpha
        )
        return dw, dw_context, db, db_context


@misconception(
    caught_by="glove_gradients_values",
    explanation="""
    All four gradients are exactly half of the right ones: the 2 that comes from differentiating
    the square was left out. Their directions are right, so training works, and AdaGrad, which
    rescales every gradient anyway, makes the loss go down almost as with the full ones. Many
    derivations silently put a ½ in front of the loss to get rid of the 2, and the authors' program
    works without it. But a gradient belongs to one loss, and the loss here has no ½. A comparison
    with numerical differences shows a constant ratio of 2 in every entry, which nearly always
    means a forgotten constant rather than a wrong idea.
    """,
    source="Gradients of half the loss beside the whole loss; derived from ports of the C code",
)
class leaves_out_the_factor_two:
    """glove_gradients returns half of every gradient"""

    def glove_gradients(w, w_context, b, b_context, counts, x_max, alpha):
        found = solution.glove_gradients(w, w_context, b, b_context, counts, x_max, alpha)
        return tuple(gradient / 2 for gradient in found)


@misconception(
    caught_by="glove_gradients_values",
    explanation="""
    The loss is weighted and the gradients are not: every pair that was seen pulls with its full
    difference, whether it was seen once or a thousand times. The weight depends on the count only,
    so it is a constant factor of its term, and a constant factor stays when the term is
    differentiated. With all counts at x_max or above the weights are 1, and nothing shows. Pairs
    with a count of 0 get no gradient in your version, which looks like proof that the weighting is
    at work. It matters most for the rare pairs, whose counts are the least reliable: they are the
    ones that now disturb the vectors. Differentiate a single term of the sum once more.
    """,
    source="The weight dropped while differentiating; derived",
)
class forgets_the_weight_in_the_gradients:
    """glove_gradients gives every pair that was seen the weight 1"""

    def glove_gradients(w, w_context, b, b_context, counts, x_max, alpha):
        residuals = _scores(w, w_context, b, b_context) - _log(counts)
        return _carried_back(2 * np.where(counts > 0, residuals, 0.0), w, w_context)


@misconception(
    caught_by="glove_gradients_values",
    explanation="""
    db holds what belongs into db_context, and the other way round: the two sums run over the wrong
    axes. Both vectors have V entries, so no shape gives a warning, and their totals are equal in
    any case, since every pair moves one bias of each kind. When the scores and the counts are
    symmetric the two vectors are even the same. The bias b of word i was added to all pairs in row
    i, so its gradient collects that row: the index of the neighbours is the one that is summed
    over and disappears. For b_context it is the index of the words. Check with a table that has a
    single count, and see which entry of which vector should move.
    """,
    source="A sum over the wrong axis of a square matrix; derived",
)
class sums_the_biases_over_the_wrong_axis:
    """glove_gradients exchanges db and db_context"""

    def glove_gradients(w, w_context, b, b_context, counts, x_max, alpha):
        dw, dw_context, db, db_context = solution.glove_gradients(
            w, w_context, b, b_context, counts, x_max, alpha
        )
        return dw, dw_context, db_context, db


@misconception(
    caught_by="glove_gradients_values",
    explanation="""
    The gradient of w_context was made without transposing: row j of it should collect the pairs in
    column j of the table, and yours collects those in row j. The matrix of the pairs is square, so
    the product exists either way and has the right shape. The other three gradients are right, and
    with symmetric counts and symmetric scores, as at a start with w and w_context alike, this one
    is right too. Later in training the two tables of vectors differ, the gradient points somewhere
    else, and the loss stops falling sooner than it should. Ask which pairs use the vector of word
    j as a neighbour, and along which axis of the matrix they lie.
    """,
    source="Missing transpose that a square matrix does not punish; derived",
)
class forgets_the_transpose:
    """glove_gradients makes dw_context from rows of the table in place of columns"""

    def glove_gradients(w, w_context, b, b_context, counts, x_max, alpha):
        dw, _, db, db_context = solution.glove_gradients(
            w, w_context, b, b_context, counts, x_max, alpha
        )
        residuals = _scores(w, w_context, b, b_context) - _log(counts)
        return dw, 2 * solution.weighting(counts, x_max, alpha) * residuals @ w, db, db_context


@misconception(
    caught_by="adagrad_step_relations",
    explanation="""
    The gradients were multiplied by the learning rate first, and the squares of these products
    went into the sums. So the learning rate appears twice: in the numerator, and as its square
    under the root. While the sums are still close to their starting value the step is nearly
    right, which is why the first steps give no hint. Once the gradients dominate the sums, the two
    cancel, and the step is the same whatever learning rate was chosen. The sums are meant to
    describe the loss, not the way of training: run one step with two learning rates from the same
    place, and the sums must come out equal. Follow the learning rate through your lines.
    """,
    source="stanfordnlp/GloVe#134: the learning rate enters the sums and cancels",
)
class squares_the_learning_rate_into_the_sums:
    """adagrad_step adds (lr * gradient) ** 2 to the sums"""

    def adagrad_step(params, sums, counts, lr, x_max, alpha):
        grads = _gradients(params, counts, x_max, alpha)
        sums = {name: sums[name] + (lr * grads[name]) ** 2 for name in NAMES}
        return {name: params[name] - lr * grads[name] / np.sqrt(sums[name]) for name in NAMES}, sums


@misconception(
    caught_by="adagrad_step_relations",
    explanation="""
    w was moved first, and the gradients of the others were then computed with the new w. All four
    gradients should belong to one and the same point, the one before the step. Overwriting one
    array and going on with the next is natural when updates are written line by line, and the loss
    falls all the same, because every part of the step is a sensible move. But it is no longer a
    step along the gradient: words and neighbours are treated differently, and if they exchange
    their roles another result comes out. w itself is right after your step, which tells where to
    look: find the place at which a gradient reads an array that has been updated already.
    """,
    source="The partner's vector overwritten before its gradient is used; derived from GloVe ports",
)
class uses_vectors_that_have_just_moved:
    """adagrad_step computes the other gradients after w has been updated"""

    def adagrad_step(params, sums, counts, lr, x_max, alpha):
        first, first_sums = solution.adagrad_step(params, sums, counts, lr, x_max, alpha)
        moved = {**params, "w": first["w"]}
        others, other_sums = solution.adagrad_step(moved, sums, counts, lr, x_max, alpha)
        return {**others, "w": first["w"]}, {**other_sums, "w": first_sums["w"]}


@misconception(
    caught_by="adagrad_step_values",
    explanation="""
    The new sums are right, but the parameters were divided by the root of the old ones: the
    present gradient is added to its sum only after the step. The authors' program works in that
    order, and after many steps one square more or less hardly matters. At the start it does. The
    sums begin at 1, so the first step is plain gradient descent, and a large gradient makes a
    large jump, where AdaGrad promises that no number moves by more than the learning rate. Duchi
    and the optimizers of the common libraries include the present gradient, and so does the
    formula of the README. Look at the order of your two updates.
    """,
    source="The order in the C program of stanfordnlp/GloVe, against Duchi et al. (2011)",
)
class divides_by_the_sums_of_before:
    """adagrad_step uses the sums without the present gradient"""

    def adagrad_step(params, sums, counts, lr, x_max, alpha):
        grads = _gradients(params, counts, x_max, alpha)
        moved = {name: params[name] - lr * grads[name] / np.sqrt(sums[name]) for name in NAMES}
        return moved, {name: sums[name] + grads[name] ** 2 for name in NAMES}


@misconception(
    caught_by="adagrad_step_values",
    explanation="""
    The sums hold the square of the present gradient and nothing else: what they had collected
    before is thrown away in every step. Dividing a gradient by the root of its own square leaves
    only its sign, so each number moves by the full learning rate up or down, however flat the loss
    is there. At first the loss falls quickly, as it would with any method that takes steps of this
    size; later it cannot settle, because the steps never become shorter. The memory of the earlier
    gradients is the whole idea of AdaGrad. And where a word has no counts, its gradient is 0 and
    so is the sum, which gives 0/0. Look at the line that makes the new sums.
    """,
    source="An assignment where the sums should grow; derived",
)
class forgets_the_earlier_squares:
    """adagrad_step replaces the sums by the squares of the present gradients"""

    def adagrad_step(params, sums, counts, lr, x_max, alpha):
        grads = _gradients(params, counts, x_max, alpha)
        sums = {name: grads[name] ** 2 for name in NAMES}
        roots = {name: np.where(grads[name] == 0, 1.0, np.sqrt(sums[name])) for name in NAMES}
        return {name: params[name] - lr * grads[name] / roots[name] for name in NAMES}, sums
