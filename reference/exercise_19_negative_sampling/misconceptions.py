"""Wrong implementations that students really write, each with the check that must catch it."""

import numpy as np

from grader.spec import misconception, solution


def _loss_of(h, w_out, positives, negatives, terms):
    """Mean loss and gradients, where terms(scores of the positive, scores of the negatives) gives
    the cost of each row and its derivatives with respect to both kinds of score."""
    n = h.shape[0]
    right, wrong = w_out[positives], w_out[negatives]
    s_right = np.sum(h * right, axis=1)
    s_wrong = np.sum(h[:, None, :] * wrong, axis=2)
    cost, d_right, d_wrong = terms(s_right, s_wrong)
    d_right, d_wrong = d_right / n, d_wrong / n
    dh = d_right[:, None] * right + np.sum(d_wrong[:, :, None] * wrong, axis=1)
    dw_out = np.zeros(w_out.shape)
    np.add.at(dw_out, positives, d_right[:, None] * h)
    np.add.at(dw_out, negatives, d_wrong[:, :, None] * h[:, None, :])
    return np.sum(cost) / n, dh, dw_out


def _sigmoid(z):
    return 0.5 * (1 + np.tanh(0.5 * z))


def _log_one_plus_exp(z):
    return np.logaddexp(0, z)


@misconception(
    caught_by="embedding_forward_values",
    explanation="""
    Every row that came back belongs to the word before the one that was asked for: id 1 gave row
    0, and id 0 gave the last row of the table. The ids were treated as counting from one. That is
    how a corpus file often numbers its words, or how a table is laid out when number 0 is kept for
    padding, but here ids start at 0 and index the rows directly. Nothing crashes, because a row
    number of -1 is legal and means the last row. Even training works: the table is the same table
    with its rows renamed, until another part of the program reads row v for word v. Look for a -1
    in the line that picks the rows.
    """,
    source="Ids shifted for padding and then shifted back once too often; derived",
)
class counts_ids_from_one:
    """embedding_forward returns row ids - 1"""

    def embedding_forward(w, ids):
        return solution.embedding_forward(w, (ids - 1) % w.shape[0])


@misconception(
    caught_by="embedding_backward_gradients",
    explanation="""
    The gradient is right for a word that occurs once in the batch, and too short for a word that
    occurs more often: only its last occurrence was kept. Each row that looked up a word used the
    same vector, so each adds its own part to that vector's gradient. Assigning dout to the rows
    dw[ids] lets later rows overwrite earlier ones. Writing += there does not help in NumPy: the
    indexed addition reads the old rows once, adds, and writes back, so a repeated id is still
    written by the last one alone. A test with all ids different cannot see it. The sum of all rows
    of dw should equal the sum of all rows of dout.
    """,
    source="Measured: assigning and += both give 4 where adding up gives 5",
)
class overwrites_repeated_ids:
    """embedding_backward keeps only the last gradient of a word that occurs several times"""

    def embedding_backward(dout, cache):
        ids, v = cache
        dw = np.zeros((v, dout.shape[1]), dtype=dout.dtype)
        dw[ids] = dout
        return dw


@misconception(
    caught_by="unigram_distribution_values",
    explanation="""
    The probabilities are the plain shares of the words, counts divided by their total; the
    exponent had no effect. Everything about them looks healthy: they add up to 1, frequent words
    come first, and with power equal to 1 they are exactly right. But a corpus is dominated by a
    few words such as "the", and with plain shares nearly all negatives are these words, so rare
    words hardly ever learn what they do not go with. The power 0.75 takes some probability from
    the frequent words and gives it to the rare ones. It has to act on the counts before they are
    divided by their sum. Look for where power enters your formula.
    """,
    source="Mikolov et al. (2013), section 2.2: U(w) to the 3/4 beat the plain unigram",
)
class forgets_the_power:
    """unigram_distribution divides the counts by their total and ignores power"""

    def unigram_distribution(counts, power):
        return counts / np.sum(counts)


@misconception(
    caught_by="unigram_distribution_values",
    explanation="""
    The entries keep the right proportions to each other, but they add up to more than 1: the
    counts were first divided by their total, and the power was taken of the shares. The shares
    added up to 1; their powers do not any more, because raising a number below 1 to a power below
    1 makes it larger. For shares 0.9 and 0.1 and power 0.75 the sum is already 1.10. A sampler that
    normalises its weights again hides the mistake, and numpy's choice refuses the array with
    "probabilities do not sum to 1". Whichever operation comes last decides whether the result is a
    distribution. Check the sum of what you return.
    """,
    source="The order of power and normalisation, confused in many word2vec scripts; measured",
)
class normalises_before_the_power_only:
    """unigram_distribution raises the shares to the power and does not normalise again"""

    def unigram_distribution(counts, power):
        return (counts / np.sum(counts)) ** power


@misconception(
    caught_by="unigram_sampler_excludes_the_positive",
    explanation="""
    Some rows got their own positive as a negative. The loss of such a row then asks for two
    opposite things at once: raise the score of this word and lower it. The two gradients partly
    cancel, so the row teaches little, and it happens most for the most frequent words, which are
    the likeliest draws. With a vocabulary of 50,000 words it is rare enough to go unnoticed; with
    the small tables of an exercise, or with a few very frequent words, it is not. The distribution
    of the counts is the same for all rows, but what may be drawn is not: it depends on the row's
    positive, so each row needs a distribution of its own.
    """,
    source="cs224n#1 and keras#16395: the positive sampled as a negative",
)
class draws_the_positive_too:
    """unigram_sampler draws every row from the whole distribution"""

    def unigram_sampler(counts, power, positives, k, generator):
        p = solution.unigram_distribution(counts, power)
        return generator.choice(len(counts), size=(len(positives), k), p=p)


@misconception(
    caught_by="unigram_sampler_draws",
    explanation="""
    The first row is right, and the later ones miss words: they never hold the positive of any row
    before them. The zero that forbids a row's positive was written into the one array of
    probabilities that all rows share, and it stayed there. Giving the array a second name does not
    help, because both names then mean the same numbers. With a large vocabulary and a small batch
    the loss of a few words goes unnoticed, and every row still adds up to 1 after the division;
    but the forbidden words pile up, and once all of them are used up the sum is 0 and the
    probabilities are nan. Ask of every row what it starts from: the distribution of the corpus, or
    what the row before it left over?
    """,
    source="NumPy names are references: q = p; q[i] = 0 changes p as well; derived",
)
class leaves_earlier_positives_forbidden:
    """unigram_sampler sets the positive to zero in the distribution that all rows share"""

    def unigram_sampler(counts, power, positives, k, generator):
        p = solution.unigram_distribution(counts, power)
        rows = []
        with np.errstate(invalid="ignore"):
            for positive in positives:
                others = p
                others[positive] = 0
                rows.append(generator.choice(len(counts), size=k, p=others / np.sum(others)))
        return np.stack(rows)


@misconception(
    caught_by="unigram_sampler_draws",
    explanation="""
    All rows hold the same negatives: they were drawn once, for the first row, and copied to the
    others. It is fast, and the shape is right. But the rows of the batch are no longer
    independent: a word that happens to be drawn is pushed away from every row at the same time,
    all the other words from none, and the gradient becomes much noisier for the same amount of
    arithmetic. There is a second fault behind it: the words were drawn with the first row's
    positive left out, so they may contain the positive of another row. Every row draws its own k
    words with its own positive removed. Look at whether the draw stands inside the loop over rows
    or before it.
    """,
    source="ledger#1157: one draw shared by the batch",
)
class shares_one_draw_between_rows:
    """unigram_sampler draws k words once and repeats them for every row"""

    def unigram_sampler(counts, power, positives, k, generator):
        first = solution.unigram_sampler(counts, power, positives[:1], k, generator)
        return np.repeat(first, len(positives), axis=0)


@misconception(
    caught_by="unigram_sampler_draws",
    explanation="""
    No word occurs twice in a row: the k negatives were drawn without replacement. It looks like
    the tidier choice, and for a large vocabulary the two differ rarely. But the loss stands for k
    independent draws from one distribution. Without replacement the second draw depends on the
    first: a frequent word can be drawn once at most, and rare words come up more often than their
    probability says, so the power 0.75 is no longer what decides. It also fails as soon as k is
    larger than the number of words that may be drawn. Look at the replace argument of the call
    that draws. Repeats are wanted, and the loss counts them twice.
    """,
    source="random.sample and choice(replace=False) in word2vec scripts; derived",
)
class draws_without_replacement:
    """unigram_sampler never draws the same word twice for a row"""

    def unigram_sampler(counts, power, positives, k, generator):
        p = solution.unigram_distribution(counts, power)
        rows = []
        for positive in positives:
            others = np.where(np.arange(len(counts)) == positive, 0.0, p)
            others = others / np.sum(others)
            few = np.count_nonzero(others) < k
            rows.append(generator.choice(len(counts), size=k, p=others, replace=bool(few)))
        return np.stack(rows)


@misconception(
    caught_by="unigram_sampler_draws",
    explanation="""
    These negatives were drawn one at a time from the whole distribution, and a hit on the positive
    was thrown away and drawn again. In the long run this gives the same probabilities as removing
    the positive first, and several well-known programs do it this way. It is rejected here for one
    reason: the convention says how the generator's numbers are used, so that two programs with the
    same seed give the same words. A redraw uses up an extra number, and all later words shift. It
    also gets slow when the positive holds most of the probability, since nearly every draw is
    thrown away. Look at the line about the drawing order in the README.
    """,
    source="The cs224n word2vec assignment redraws in a loop; the original C tool skips the word",
)
class redraws_until_it_differs:
    """unigram_sampler draws single words again until they are not the positive"""

    def unigram_sampler(counts, power, positives, k, generator):
        p = solution.unigram_distribution(counts, power)
        p = p / np.sum(p)
        negatives = np.zeros((len(positives), k), dtype=np.int64)
        for n, positive in enumerate(positives):
            for j in range(k):
                word = generator.choice(len(counts), p=p)
                while word == positive and p[positive] < 1:
                    word = generator.choice(len(counts), p=p)
                negatives[n, j] = word
        return negatives


@misconception(
    caught_by="negative_sampling_loss_value",
    explanation="""
    With one negative per row the loss is right; with several it is too small. The scores of the
    negatives were added up first, and the log-sigmoid was taken once of their sum. Then one
    negative with a very low score can hide another with a high one: the sum looks fine, although
    the model believes in a wrong word. In the formula every negative is a small yes-or-no question
    of its own, with its own sigmoid, and the sum runs over the logarithms. The two versions differ
    only in the place of a bracket and return the same shapes, so nothing crashes. Look at what
    stands inside the log-sigmoid: one score, or a total?
    """,
    source="DeepNLP-models#15: the sum inside the log-sigmoid gives 3.05 for 3.44",
)
class adds_the_scores_before_the_log_sigmoid:
    """negative_sampling_loss takes one log-sigmoid of the summed scores of the negatives"""

    def negative_sampling_loss(h, w_out, positives, negatives):
        def terms(right, wrong):
            total = np.sum(wrong, axis=1)
            d_wrong = np.repeat(_sigmoid(total)[:, None], wrong.shape[1], axis=1)
            return (
                _log_one_plus_exp(-right) + _log_one_plus_exp(total),
                _sigmoid(right) - 1,
                d_wrong,
            )

        return _loss_of(h, w_out, positives, negatives, terms)


@misconception(
    caught_by="negative_sampling_loss_value",
    explanation="""
    The negatives were scored like positives: their term is -log σ(s), without the minus inside the
    sigmoid. This loss rewards high scores for right and wrong words alike, so the cheapest answer
    is to make every score large: all vectors end up pointing the same way, the loss goes to
    zero, and the curve looks like a great success. Your gradients are the gradients of that
    loss, so comparing them with numerical differences finds nothing wrong. When all the scores are
    0 the two versions agree as well. For a negative the model should answer "no", and the
    probability of "no" is 1 - σ(s), which is σ(-s). Look at the sign of the negatives' scores.
    """,
    source="pytorch_NEG_loss#5: the minus is missing",
)
class scores_negatives_like_positives:
    """negative_sampling_loss uses log σ(s) for the negatives as well"""

    def negative_sampling_loss(h, w_out, positives, negatives):
        def terms(right, wrong):
            cost = _log_one_plus_exp(-right) + np.sum(_log_one_plus_exp(-wrong), axis=1)
            return cost, _sigmoid(right) - 1, _sigmoid(wrong) - 1

        return _loss_of(h, w_out, positives, negatives, terms)


@misconception(
    caught_by="negative_sampling_loss_over_the_negatives",
    explanation="""
    The terms of the negatives were averaged: their part of the loss is K times too small, while
    the positive's part is right. At zero vectors this gives 2 ln 2 whatever K is, where (K + 1)
    ln 2 is asked. It is easy to do by calling a mean over the whole (N, K) array of terms, which
    takes the mean over the batch that is wanted and a mean over the negatives that is not. With
    this version, drawing more negatives does not give them more weight, it only makes their
    average less noisy, and the best vectors come out different. Sum over K first, and take the
    mean over the N rows only.
    """,
    source="A mean over both axes, common in PyTorch word2vec notebooks; derived",
)
class averages_the_negatives:
    """negative_sampling_loss takes the mean over the K negatives of a row"""

    def negative_sampling_loss(h, w_out, positives, negatives):
        def terms(right, wrong):
            cost = _log_one_plus_exp(-right) + np.mean(_log_one_plus_exp(wrong), axis=1)
            return cost, _sigmoid(right) - 1, _sigmoid(wrong) / wrong.shape[1]

        return _loss_of(h, w_out, positives, negatives, terms)


@misconception(
    caught_by="negative_sampling_loss_value",
    explanation="""
    The loss and both gradients are N times what is asked: the rows were added up, and the
    convention here is the mean over the batch. The sum is a legal convention elsewhere, and your
    loss and gradients fit together, so a check of one against the other passes, and so does any
    test with a single row. The difference shows in training: with a sum the step grows with the
    batch size, and a learning rate that works for 32 rows diverges for 256. Note that the two
    sums are not alike here: the sum over the K negatives belongs to the formula of one row and
    stays a sum; the sum over the N rows becomes a mean.
    """,
    source="Sum and mean confused, as in aprender#2182; the original C tool takes single rows",
)
class sums_the_loss_over_the_batch:
    """negative_sampling_loss adds the losses of the rows and does not divide by N"""

    def negative_sampling_loss(h, w_out, positives, negatives):
        results = solution.negative_sampling_loss(h, w_out, positives, negatives)
        return tuple(h.shape[0] * result for result in results)


@misconception(
    caught_by="negative_sampling_gradients",
    explanation="""
    The loss and dw_out are right, and dh holds the positive's part only: the negatives were
    forgotten on the way back to h. The hidden vector takes part in K + 1 scores, one with the
    positive and one with each negative, and every one of them sends a gradient back to it. Without
    the negatives' part h is only ever pulled towards the right words and never pushed away from
    wrong ones, so the input vectors drift into one direction. The loss still falls, because the
    output vectors get their full gradient and make up for some of it. Count the uses of h in the
    forward formula: there are K + 1 terms, and dh needs as many.
    """,
    source="Negatives detached or left out for the centre vector; derived",
)
class differentiates_h_through_the_positive_only:
    """negative_sampling_loss leaves the negatives out of dh"""

    def negative_sampling_loss(h, w_out, positives, negatives):
        loss, _, dw_out = solution.negative_sampling_loss(h, w_out, positives, negatives)
        right = w_out[positives]
        slope = (_sigmoid(np.sum(h * right, axis=1)) - 1) / h.shape[0]
        return loss, slope[:, None] * right, dw_out


@misconception(
    caught_by="negative_sampling_repeated_words",
    explanation="""
    dw_out is right for words used once in the batch and too small for words used several times.
    The gradients were written with an indexed addition, dw_out[negatives] += …, and in NumPy that
    does not add up repeated ids: the old rows are read once, the new ones are written back, and of
    several equal ids the last one wins. Negatives repeat all the time, since frequent words are
    drawn often, so a good part of the gradient is lost, in exactly the words that matter most. With
    a large vocabulary and a small batch the ids hardly repeat, and the test passes. Your embedding
    layer's backward has solved this problem already.
    """,
    source="NumPy's indexed += is buffered; duplicate negatives lose their gradient, measured",
)
class overwrites_repeated_words:
    """negative_sampling_loss uses an indexed += that keeps the last of several equal words"""

    def negative_sampling_loss(h, w_out, positives, negatives):
        loss, dh, _ = solution.negative_sampling_loss(h, w_out, positives, negatives)
        n = h.shape[0]
        s_right = np.sum(h * w_out[positives], axis=1)
        s_wrong = np.sum(h[:, None, :] * w_out[negatives], axis=2)
        dw_out = np.zeros(w_out.shape)
        dw_out[positives] += (_sigmoid(s_right) - 1)[:, None] * h / n
        dw_out[negatives] += _sigmoid(s_wrong)[:, :, None] * h[:, None, :] / n
        return loss, dh, dw_out


@misconception(
    caught_by="negative_sampling_loss_is_stable",
    explanation="""
    Small scores give the right loss, and large ones give inf: the sigmoid was computed first and
    its logarithm afterwards. For a score of -1000 the sigmoid is so small that it is stored as 0,
    and the logarithm of 0 is minus infinity, although the true value of log σ(-1000) is simply
    -1000. It happens much earlier for the negatives when they are written as log(1 - σ(s)): at a
    score of about 37 the sigmoid rounds to exactly 1. The exponential itself overflows above 709.
    Early in training scores stay near 0, so nothing shows until a long run turns into nan. Work
    out log σ as one function: what is it close to when its argument is very negative?
    """,
    source="1 - σ(s) is exactly 0 from s = 36.74 on in float64, measured",
)
class takes_the_logarithm_of_a_rounded_sigmoid:
    """negative_sampling_loss computes log(σ(s)) and log(1 - σ(s)) in two steps"""

    def negative_sampling_loss(h, w_out, positives, negatives):
        def terms(right, wrong):
            with np.errstate(all="ignore"):
                p, q = 1 / (1 + np.exp(-right)), 1 / (1 + np.exp(-wrong))
                return -np.log(p) - np.sum(np.log(1 - q), axis=1), p - 1, q

        return _loss_of(h, w_out, positives, negatives, terms)


@misconception(
    caught_by="negative_sampling_loss_is_stable",
    explanation="""
    No term of the loss ever exceeds about 27.6: a small number such as 1e-12 was added to the
    sigmoid before taking the logarithm. That keeps the logarithm from seeing zero, but the answer
    is still wrong: a positive with score -1000 costs 1000, and the added constant caps it at
    -ln 1e-12 = 27.63. From there on the loss is flat, so the very rows that are most wrong have no
    influence on it any more, and it does not fit the gradient you return. For ordinary scores the
    difference is far below what one sees in print. No guard is needed when log σ is computed in
    one piece, because it is about as large as its argument.
    """,
    source="log(sigmoid + 1e-12) in many word2vec scripts; the cap of 27.631 is measured",
)
class adds_a_constant_inside_the_logarithm:
    """negative_sampling_loss computes log(σ(s) + 1e-12)"""

    def negative_sampling_loss(h, w_out, positives, negatives):
        def terms(right, wrong):
            cost = -np.log(_sigmoid(right) + 1e-12)
            cost = cost - np.sum(np.log(_sigmoid(-wrong) + 1e-12), axis=1)
            return cost, _sigmoid(right) - 1, _sigmoid(wrong)

        return _loss_of(h, w_out, positives, negatives, terms)
