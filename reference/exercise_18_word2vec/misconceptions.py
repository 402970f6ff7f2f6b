"""Wrong implementations that students really write, each with the check that must catch it."""

import numpy as np
from array_api_compat import array_namespace

from grader.spec import misconception, solution


@misconception(
    caught_by="contexts_and_targets_values",
    explanation="""
    Every row of contexts is one word too long, because the slice from window words before the
    centre to window words after it contains the centre itself. The model is then asked to predict
    a word that it has just been shown. It learns quickly that one word of the context is always
    the answer, the loss falls impressively low, and the vectors learn next to nothing about
    neighbours: that is why a good loss is no comfort here. A row must have 2 * window entries, the
    words before the centre followed by the words after it. Look at how you build the slice, and at
    what happens to its middle element.
    """,
    source="The whole window copied in one slice; seen in home-made CBOW data loaders, derived",
)
class includes_the_centre_word:
    """contexts_and_targets leaves the centre word inside its own context"""

    def contexts_and_targets(corpus, window):
        xp = array_namespace(corpus)
        n = max(corpus.shape[0] - 2 * window, 0)
        shifts = range(2 * window + 1)
        contexts = xp.stack([corpus[shift : shift + n] for shift in shifts], axis=1)
        return contexts, corpus[window : window + n]


@misconception(
    caught_by="contexts_and_targets_values",
    explanation="""
    The contexts hold only the words before the centre, so they have half the columns that are
    asked for, and the last words of the corpus have become centres too. Predicting a word from
    what came before it is a language model, and a fine thing, but word2vec does not read in one
    direction: a word that follows says as much about the centre as one that precedes. In the name
    of the argument the window seems to be the size of the whole context; here it counts the words
    on each side. A centre therefore needs window words before it and window words after it, and a
    row lists both groups from left to right.
    """,
    source="window read as the size of the whole context; derived",
)
class looks_only_to_the_left:
    """contexts_and_targets takes the words before the centre and not those after it"""

    def contexts_and_targets(corpus, window):
        xp = array_namespace(corpus)
        n = max(corpus.shape[0] - window, 0)
        contexts = xp.stack([corpus[shift : shift + n] for shift in range(window)], axis=1)
        return contexts, corpus[window : window + n]


@misconception(
    caught_by="contexts_and_targets_values",
    explanation="""
    There is one example for every word of the corpus, also for those at the edges, and the places
    where no neighbour exists are filled with 0. But 0 is the id of a real word here, so the model
    learns that this word stands beside the first and the last words of every text, which is not
    true. Programs that pad reserve an id for it and leave it out of the mean; this exercise keeps
    things simple and takes only centres with full windows. On a long corpus the few extra rows are
    hardly visible in the loss, so nothing looks wrong. There must be 2 * window fewer examples
    than words.
    """,
    source="Zero padding without a padding id; derived",
)
class pads_the_edges_with_word_zero:
    """contexts_and_targets keeps the edge words and fills their contexts with id 0"""

    def contexts_and_targets(corpus, window):
        xp = array_namespace(corpus)
        edge = xp.zeros_like(corpus[:1])
        padded = xp.concat([edge] * window + [corpus] + [edge] * window)
        return solution.contexts_and_targets(padded, window)


@misconception(
    caught_by="contexts_and_targets_values",
    explanation="""
    All rows you return are right, but the last one is missing: the final centre that still has a
    full window was left out. The last position of a corpus with T words is T - 1, so the last
    possible centre is at T - 1 - window; and because range and slices stop before their end, the
    end must be T - window. Subtracting one more is the usual way to be careful, and careful is one
    too few. In a text of a million words nobody misses a single example, but in a corpus of
    exactly 2 * window + 1 words you get none at all where there is one. Count the examples: N is T
    - 2 * window.
    """,
    source="Off-by-one at the end of a range; derived",
)
class stops_one_window_early:
    """contexts_and_targets leaves out the last centre with a full window"""

    def contexts_and_targets(corpus, window):
        contexts, targets = solution.contexts_and_targets(corpus, window)
        return contexts[:-1, :], targets[:-1]


@misconception(
    caught_by="contexts_and_targets_of_a_short_corpus",
    explanation="""
    As long as there is at least one centre, your result is right. When the corpus is too short for
    any, the list of rows stays empty, and an array made from an empty list has shape (0,) and
    holds floats: NumPy cannot know that the rows would have had 2 * window integers each. Finding
    no example is a legal answer, and the code that comes next will ask for its second dimension or
    use its entries as ids, and fail far from the cause. Real corpora contain such short sentences.
    Say the shape and the integer type yourself instead of letting NumPy guess them from the rows
    that happen to be there.
    """,
    source="Measured: np.array([]) has shape (0,) and dtype float64",
)
class forgets_the_shape_of_an_empty_result:
    """contexts_and_targets turns an empty list of rows into an array of shape (0,)"""

    def contexts_and_targets(corpus, window):
        rows, centres = [], []
        for t in range(window, corpus.shape[0] - window):
            rows.append([*corpus[t - window : t], *corpus[t + 1 : t + window + 1]])
            centres.append(corpus[t])
        return np.array(rows), np.array(centres)


@misconception(
    caught_by="cbow_loss_value",
    explanation="""
    The hidden vector is the sum of the context vectors, and the convention here is their mean. It
    is C times too long, so all scores are C times too large and the softmax is much more sure of
    itself than it should be. The direction of the vector is right and the model can learn to live
    with it, which is why both versions exist; the figure of the first word2vec paper even says
    SUM, while its text says that the vectors get averaged. The mean keeps the size of the scores
    the same for small and large windows, and it was measured to give better vectors. With a single
    context word the two agree.
    """,
    source="gensim#176: sum and mean compared; packt_nlp_tensorflow_2#9: the mean is not used",
)
class sums_the_context_vectors:
    """cbow_forward adds the context vectors up and does not divide by their number"""

    def cbow_forward(contexts, targets, w_in, w_out):
        c = contexts.shape[1]
        loss, cache = solution.cbow_forward(contexts, targets, w_in * c, w_out)
        bag, *others = cache
        return loss, (bag * c, *others)


@misconception(
    caught_by="cbow_loss_value",
    explanation="""
    The two tables have changed places: the vectors of the words the model looks at were taken from
    w_out, and the scores were computed with w_in. Each word has a vector in both, so after a
    transpose all shapes fit, and because the two tables play mirrored roles the network would even
    train. But the caller keeps the rows of w_in as the word vectors, and expects them to belong to
    what the model looks at. w_in, with one row per word, is for what goes in: the context in CBOW,
    the centre in skip-gram. w_out, with one column per word, gives the scores of the possible
    answers. Check which table your lookup reads.
    """,
    source="Input and output vectors confused; Rong (2014), section 1, names both roles; derived",
)
class exchanges_the_two_tables:
    """Both models look words up in w_out and compute the scores with w_in"""

    def cbow_forward(contexts, targets, w_in, w_out):
        return solution.cbow_forward(contexts, targets, w_out.T, w_in.T)

    def cbow_backward(dout, cache):
        dfirst, dsecond = solution.cbow_backward(dout, cache)
        return dsecond.T, dfirst.T

    def skip_gram_forward(contexts, targets, w_in, w_out):
        return solution.skip_gram_forward(contexts, targets, w_out.T, w_in.T)

    def skip_gram_backward(dout, cache):
        dfirst, dsecond = solution.skip_gram_backward(dout, cache)
        return dsecond.T, dfirst.T


@misconception(
    caught_by="cbow_loss_value",
    explanation="""
    The softmax was taken down the columns of scores: the probabilities of one word add up to 1
    over the examples of the batch, instead of the probabilities of one example adding up to 1 over
    the words. The loss of an example then depends on which other examples happen to be beside it,
    and with a single example every probability is 1 and the loss is exactly 0. All shapes are
    right and the loss falls during training, so only values give it away. Each row of scores is
    one question with V possible answers; normalise along the axis whose length is V, for the
    maximum and for the sum alike.
    """,
    source="Softmax over the wrong axis, as in PyTorch-NLP#2; derived",
)
class normalises_over_the_batch:
    """Both models take the softmax over the examples, axis 0"""

    def _log_softmax(scores):
        xp = array_namespace(scores)
        shifted = scores - xp.max(scores, axis=0, keepdims=True)
        return shifted - xp.log(xp.sum(xp.exp(shifted), axis=0, keepdims=True))


@misconception(
    caught_by="cbow_loss_value",
    explanation="""
    When all words of a context differ, your result is right; when a word stands in it twice, it is
    counted once. This happens when the context is turned into a vector of zeros and ones by
    writing a 1 at each id, or passed through a set: the second 1 falls on top of the first. The
    divisor is still C, so part of the mean is missing. In ordinary text a neighbour like "the"
    comes up on both sides all the time, but a test with different words cannot see it. A bag,
    unlike a set, remembers how often a thing is in it: two occurrences weigh twice, in CBOW's mean
    and in skip-gram's sum.
    """,
    source="Multi-hot vectors built by assignment; derived",
)
class counts_a_repeated_word_once:
    """Both models treat a context as a set: a repeated word counts once"""

    def _counts(ids, w_in):
        xp = array_namespace(w_in)
        counts = solution._counts(ids, w_in)
        return xp.where(counts > 1, xp.ones_like(counts), counts)


@misconception(
    caught_by="cbow_loss_value",
    explanation="""
    The loss is N times what is asked: it is the sum over the examples of the batch, and the
    convention is their mean. Both conventions are in use, and if your gradient has the same factor
    your code agrees with itself, so a test of your gradient against your own loss passes. With a
    sum, however, the size of a step grows with the batch, and losses of batches of different sizes
    cannot be compared. Divide by the number of examples, N, once. Do not divide skip-gram's loss
    by the number of context words as well: those are added up, and only the centres are averaged
    over.
    """,
    source="aprender#2182: sum and mean confused",
)
class sums_the_loss_over_the_batch:
    """Both models add the losses of the examples and do not divide by N"""

    def cbow_forward(contexts, targets, w_in, w_out):
        loss, cache = solution.cbow_forward(contexts, targets, w_in, w_out)
        return loss * targets.shape[0], cache

    def cbow_backward(dout, cache):
        return solution.cbow_backward(dout * cache[1].shape[0], cache)

    def skip_gram_forward(contexts, targets, w_in, w_out):
        loss, cache = solution.skip_gram_forward(contexts, targets, w_in, w_out)
        return loss * targets.shape[0], cache

    def skip_gram_backward(dout, cache):
        return solution.skip_gram_backward(dout * cache[1].shape[0], cache)


@misconception(
    caught_by="cbow_gradients",
    explanation="""
    dw_out is right, and dw_in is exactly C times too large: every context word received the whole
    gradient of the hidden vector. The forward pass took a mean, so each context vector enters the
    hidden vector with the weight 1/C, and going back it gets only that share. You are in famous
    company: the original word2vec program and gensim do the same, and a paper of 2021 argues that
    CBOW's bad reputation beside skip-gram is owed to this line. The vectors still learn, since the
    factor acts like a larger step for w_in, and that is how it went unnoticed for years. Whatever
    the forward divides, the backward divides too.
    """,
    source="İrsoy et al. (2021), Corrected CBOW; gensim#697, gensim#1873, fastText#910",
)
class gives_each_context_word_the_whole_gradient:
    """cbow_backward does not divide the gradient of the mean by the number of context words"""

    def cbow_forward(contexts, targets, w_in, w_out):
        loss, cache = solution.cbow_forward(contexts, targets, w_in, w_out)
        return loss, (cache, contexts.shape[1])

    def cbow_backward(dout, cache):
        dw_in, dw_out = solution.cbow_backward(dout, cache[0])
        return dw_in * cache[1], dw_out


def _dhidden(dout, cache):
    _, right, _, log_p, w_out = cache
    c = np.sum(right, axis=1, keepdims=True)
    return dout * (c * np.exp(log_p) - right) / right.shape[0] @ w_out.T


@misconception(
    caught_by="cbow_gradients",
    explanation="""
    Rows of dw_in whose word occurs once are right. Where a word occurs several times, in one
    context or in several examples, only the last occurrence is there; the others are lost. The
    line probably reads like an addition: an array indexed by a whole array of ids, followed by +=.
    NumPy reads all the old rows first, adds, and then writes them back, so when an id comes up
    twice the second write replaces the first: a row that should receive four shares receives one.
    There is no error and no warning, and ids that are all different hide it. Every use of a word
    has to add its share to the word's row.
    """,
    source="CS224n-2019-solutions#5: += with repeated indices; measured",
)
class overwrites_the_gradient_of_repeated_words:
    """Both backwards write to dw_in with an index array, so a repeated word keeps one share"""

    def cbow_forward(contexts, targets, w_in, w_out):
        loss, cache = solution.cbow_forward(contexts, targets, w_in, w_out)
        return loss, (cache, contexts)

    def cbow_backward(dout, cache):
        cache, contexts = cache
        dw_in, dw_out = solution.cbow_backward(dout, cache)
        dw_in = np.zeros_like(dw_in)
        dw_in[contexts] += _dhidden(dout, cache)[:, None, :] / contexts.shape[1]
        return dw_in, dw_out

    def skip_gram_forward(contexts, targets, w_in, w_out):
        loss, cache = solution.skip_gram_forward(contexts, targets, w_in, w_out)
        return loss, (cache, targets)

    def skip_gram_backward(dout, cache):
        cache, targets = cache
        dw_in, dw_out = solution.skip_gram_backward(dout, cache)
        dw_in = np.zeros_like(dw_in)
        dw_in[targets] += _dhidden(dout, cache)
        return dw_in, dw_out


@misconception(
    caught_by="cbow_gradients",
    explanation="""
    A word that stands twice in the same context is handled, because you go through the positions
    of the context one after the other. But when a word stands at the same position in two examples
    of the batch, one of the two shares is missing. Within a step of the loop the rows of dw_in are
    chosen by a whole column of ids, and += on such a choice reads the old rows, adds, and writes
    back: for a repeated id the last write wins. With one example at a time everything is right,
    and so is a batch without repetitions, which makes this easy to miss. The addition has to
    happen once for each use, across the batch as well.
    """,
    source="CS224n-2019-solutions#5: += with repeated indices, here one column at a time",
)
class adds_only_one_example_per_position:
    """cbow_backward loops over the positions and adds with an index array over the batch"""

    def cbow_forward(contexts, targets, w_in, w_out):
        loss, cache = solution.cbow_forward(contexts, targets, w_in, w_out)
        return loss, (cache, contexts)

    def cbow_backward(dout, cache):
        cache, contexts = cache
        dw_in, dw_out = solution.cbow_backward(dout, cache)
        dw_in = np.zeros_like(dw_in)
        for j in range(contexts.shape[1]):
            dw_in[contexts[:, j]] += _dhidden(dout, cache) / contexts.shape[1]
        return dw_in, dw_out


@misconception(
    caught_by="cbow_gradients",
    explanation="""
    Both gradients would be right if dout were 1, and all their entries are off by the same factor,
    which is dout. A loss is the end of the chain in ordinary training, so the incoming gradient is
    usually 1 and multiplying by it seems to be decoration. But a loss can be one term of several,
    with a weight, or be scaled to suit low precision, and then dout is that factor and everything
    behind it must carry it on. Tests that call backward with 1 cannot tell. Each backward function
    takes dout as its first argument; here it is a single number that multiplies the gradient of
    the scores.
    """,
    source="harvard-edge/cs249r_book#2056: upstream gradient ignored",
)
class ignores_the_incoming_gradient:
    """Both backwards return the gradients of the loss itself, whatever dout is"""

    def cbow_backward(dout, cache):
        return solution.cbow_backward(1.0, cache)

    def skip_gram_backward(dout, cache):
        return solution.skip_gram_backward(1.0, cache)


@misconception(
    caught_by="cbow_is_stable",
    explanation="""
    For ordinary scores the loss is right to six digits; for a right answer with very little
    probability it stops at about 16.1 per prediction, which is -ln(1e-7). The small number was
    added inside the logarithm so that it never sees a zero. That hides the warning and bends the
    loss: the most wrong predictions, from which most is to be learnt, are all reported as equally
    wrong. A probability of zero is only a rounding effect. The log-probability is the score minus
    the logarithm of the sum of exponentials, both shifted by the row's maximum, and it needs no
    division before the logarithm and no guard.
    """,
    source="Measured: log(p + 1e-7) caps the loss at 16.118; a common line in textbook code",
)
class adds_a_constant_inside_the_logarithm:
    """Both models compute log(p + 1e-7)"""

    def _log_softmax(scores):
        xp = array_namespace(scores)
        e = xp.exp(scores - xp.max(scores, axis=1, keepdims=True))
        return xp.log(e / xp.sum(e, axis=1, keepdims=True) + 1e-7)


@misconception(
    caught_by="skip_gram_loss_value",
    explanation="""
    Your loss is the one asked for, divided by C: it is averaged over the context words as well as
    over the batch. Skip-gram makes C separate predictions for every centre, and its objective adds
    their log-probabilities up; only the centres are averaged over. Taking the mean of everything
    in the last line is tempting, and it only scales the gradients, so training looks the same with
    a larger step. Losses for different windows would then be comparable, which is a reason to do
    it elsewhere, but it is another convention than the one stated here. Zero vectors must give C
    times ln V, not ln V.
    """,
    source="Mikolov et al. (2013b), equation 1: inner sum, outer mean; derived",
)
class averages_over_the_context_words:
    """skip_gram_forward divides the loss by the number of context words too"""

    def skip_gram_forward(contexts, targets, w_in, w_out):
        loss, cache = solution.skip_gram_forward(contexts, targets, w_in, w_out)
        return loss / contexts.shape[1], (cache, contexts.shape[1])

    def skip_gram_backward(dout, cache):
        return solution.skip_gram_backward(dout / cache[1], cache[0])


@misconception(
    caught_by="skip_gram_loss_value",
    explanation="""
    Your skip-gram looks at one context word at a time and predicts the centre from it; it should
    look at the centre and predict each context word. The same pairs of words occur in both, only
    with the arrow turned round, and over a whole corpus nearly every pair occurs in both
    directions. That is why the original program and gensim could do it your way without harm. For
    a given batch, though, the values differ: the vectors come from other rows of w_in, and the
    softmax is asked for other words. Here targets is what the model sees, and contexts holds its
    right answers, the reverse of CBOW. Check which of the two you look up.
    """,
    source="gensim#2579, chainer#4308: the centre is predicted from a context word",
)
class predicts_the_centre_from_each_context_word:
    """skip_gram_forward looks up the context words and scores the centre"""

    def skip_gram_forward(contexts, targets, w_in, w_out):
        xp = array_namespace(w_in)
        n, c = contexts.shape
        centres = xp.reshape(xp.stack([targets] * c, axis=1), (n * c, 1))
        seen = xp.reshape(contexts, (n * c,))
        loss, cache = solution.skip_gram_forward(centres, seen, w_in, w_out)
        return loss * c, (cache, c)

    def skip_gram_backward(dout, cache):
        return solution.skip_gram_backward(dout * cache[1], cache[0])


@misconception(
    caught_by="skip_gram_gradients",
    explanation="""
    The loss is right; in the gradient, the part that pushes the right words up is complete, but
    the part that pushes all words down is C times too small. You subtracted every right answer
    from the probabilities, but used the probabilities once for the whole context. Each of the C
    predictions is a softmax of its own, although all of them have the same p, and each brings its
    own p minus its own one-hot row. When they are added up, p occurs C times. A sign of it: the
    scores' gradient of an example, and so each row of dw_out, should add up to zero, and yours
    does not. In CBOW, with one prediction, the same line is right.
    """,
    source="Rong (2014), section 2: the prediction errors of all context words add up; derived",
)
class uses_the_probabilities_once:
    """skip_gram_backward takes p once and subtracts all C right answers from it"""

    def skip_gram_backward(dout, cache):
        centre, right, hidden, log_p, w_out = cache
        xp = array_namespace(w_out)
        dscores = dout * (xp.exp(log_p) - right) / right.shape[0]
        return centre.T @ (dscores @ w_out.T), hidden.T @ dscores


@misconception(
    caught_by="skip_gram_is_stable",
    explanation="""
    Small scores give the right loss, and scores near 1000 give inf or nan: exp was taken of the
    scores as they are. In float64 exp overflows above 709.8, in float32 above 88.7, and when all
    scores of an example are very negative their exponentials are all 0 and so is their sum, whose
    logarithm is -inf. Word vectors start small, so a first test never meets such scores, but they
    grow during training, above all those of frequent words. Probabilities do not change when one
    number is subtracted from all scores of an example. Choose that number for each example by
    itself, so that its largest exponent becomes 0.
    """,
    source="Goodfellow et al. (2016), section 4.1; overflow limits measured",
)
class exponentiates_without_shifting:
    """Both models take exp of the scores as they are"""

    def _log_softmax(scores):
        xp = array_namespace(scores)
        return scores - xp.log(xp.sum(xp.exp(scores), axis=1, keepdims=True))
