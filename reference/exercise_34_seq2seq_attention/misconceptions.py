"""Wrong implementations that students really write, each with the check that must catch it."""

import math

from array_api_compat import array_namespace

from grader.spec import misconception, solution


def _average(weights, values):
    return weights @ values, weights, (values, weights)


def _softmax(scores, axis=-1):
    xp = array_namespace(scores)
    e = xp.exp(scores - xp.max(scores, axis=axis, keepdims=True))
    return e / xp.sum(e, axis=axis, keepdims=True)


def _inside(queries, keys, wq, wk):
    """What enters the tanh, (B, T, S, A)."""
    return (queries @ wq)[:, :, None, :] + (keys @ wk)[:, None, :, :]


@misconception(
    caught_by="additive_values",
    explanation="""
    Your scores are what the network gives without its tanh. For small numbers tanh(x) is nearly x,
    so small examples look almost right, and the larger the sums get, the further you are off. The
    tanh is not a decoration. Without it the score falls apart into a number for the query and a
    number for the key, and since a softmax does not feel what is added to a whole row, the query
    would have no say at all in where the model looks: every step of the decoder would get the
    same weights. Follow the formula from the inside: the sum of the two products comes first, then
    the tanh of each of its A entries, and the product with v last.
    """,
    source="Additive score missing tanh: seq2seq tutorials; Bahdanau et al. (2015), A.1.2",
)
class leaves_out_the_tanh:
    """additive_score_forward adds and multiplies without the tanh"""

    def additive_score_forward(queries, keys, wq, wk, v):
        inside = _inside(queries, keys, wq, wk)
        return inside @ v, (queries, keys, wq, wk, v, inside)


@misconception(
    caught_by="additive_values",
    explanation="""
    All of your scores lie between -1 and 1: the tanh was taken at the end, of the product with v,
    and not before it. The two orders use the same parts, and for small numbers they nearly agree.
    But a score that cannot leave the range from -1 to 1 can never make one position clearly
    stronger than the others: with two positions the largest weight possible is 0.88, and with
    twenty it is 0.28. Besides, what enters your tanh is a sum of one number from the query and one
    from the key. Each of the A entries has to pass through the tanh by itself, and v weighs what
    comes out.
    """,
    source="Tanh applied after the output vector; derived, range measured",
)
class squashes_the_score_itself:
    """additive_score_forward takes the tanh after the product with v"""

    def additive_score_forward(queries, keys, wq, wk, v):
        xp = array_namespace(queries)
        inside = _inside(queries, keys, wq, wk)
        return xp.tanh(inside @ v), (queries, keys, wq, wk, v, xp.tanh(inside))


@misconception(
    caught_by="additive_values",
    explanation="""
    Your scores are right for one sentence position and repeat themselves over the steps: the query
    that enters is the same for all of them, the last one. In a decoder that is written as a loop
    there is only one query at a time, and when the loop is replaced by arrays it is easy to leave a
    single state where all T are wanted. The weights then are the same at every step, so the decoder
    looks at the same source words from the first target word to the last, and that is exactly the
    one vector that attention was meant to replace. Compare the rows of your scores: they must
    differ from step to step.
    """,
    source="Context computed from the final state for all steps; seq2seq tutorials",
)
class asks_with_the_last_query_only:
    """additive_score_forward compares the keys with the last query, at every step"""

    def additive_score_forward(queries, keys, wq, wk, v):
        last = queries * 0 + queries[:, -1:, :]
        return solution.additive_score_forward(last, keys, wq, wk, v)


@misconception(
    caught_by="additive_gradients",
    explanation="""
    dv is right and the other four gradients are too large: the derivative of the tanh is missing.
    What arrives at the tanh's output is dscores times v, and on its way through the tanh every
    entry is multiplied by 1 minus the square of that output. Near zero this factor is 1, so for
    small weights, which is how training begins, hardly anything is wrong; where the tanh is
    saturated the factor is nearly 0, and your gradient pushes hard on entries that cannot move any
    more. Count the steps of the forward pass: two products, a sum, a tanh, a product. Each needs
    its own step going back.
    """,
    source="Skipped activation derivative in hand-written backward passes; derived",
)
class goes_back_as_if_there_were_no_tanh:
    """additive_score_backward leaves out the derivative of the tanh"""

    def additive_score_backward(dscores, cache):
        queries, keys, wq, wk, v, mixed = cache
        _, _, _, _, dv = solution.additive_score_backward(dscores, cache)
        flat = (queries, keys, wq, wk, v, mixed * 0)
        dqueries, dkeys, dwq, dwk, _ = solution.additive_score_backward(dscores, flat)
        return dqueries, dkeys, dwq, dwk, dv


@misconception(
    caught_by="additive_gradients",
    explanation="""
    Everything is right except dkeys, and dkeys is too small: it is the gradient that comes from the
    last target step alone. A key is compared with every query, so it takes part in T scores, and
    its gradient is the sum of what all of them send back. In a decoder that is written as a loop
    the mistake looks like an assignment to dkeys inside the loop, where every step overwrites what
    the one before it has left. With a single target step nothing is lost, which is why a small test
    passes. Look at the formula: on the left of dkeys there is no t, so t has to be summed over.
    """,
    source="Encoder gradient overwritten per decoder step; Deep Learning from Scratch 2, ch. 8",
)
class keeps_the_last_step_for_the_keys:
    """additive_score_backward takes dkeys from the last target step only"""

    def additive_score_backward(dscores, cache):
        queries, keys, wq, wk, v, mixed = cache
        dqueries, _, dwq, dwk, dv = solution.additive_score_backward(dscores, cache)
        last = (queries[:, -1:], keys, wq, wk, v, mixed[:, -1:])
        _, dkeys, _, _, _ = solution.additive_score_backward(dscores[:, -1:], last)
        return dqueries, dkeys, dwq, dwk, dv


@misconception(
    caught_by="additive_gradients",
    explanation="""
    dqueries and dkeys are right; dwq, dwk and dv are too small by the number of sentences. You
    averaged them over the batch. An average belongs to the loss: where a loss is a mean, its own
    gradient already carries the 1/B, and it arrives here inside dscores. A layer in the middle of a
    network does not know what the loss was, and only adds up what each use of a parameter
    contributes. The weights are used once for every pair of a step and a position of every
    sentence, so all of these contributions are summed. With one sentence the two agree, so try
    your function on two.
    """,
    source="Division by N inside a layer's backward: CS231n assignments",
)
class averages_over_the_sentences:
    """additive_score_backward divides the gradients of wq, wk and v by B"""

    def additive_score_backward(dscores, cache):
        dqueries, dkeys, *rest = solution.additive_score_backward(dscores, cache)
        return dqueries, dkeys, *(part / dscores.shape[0] for part in rest)


@misconception(
    caught_by="product_values",
    explanation="""
    Your dot scores are too small by a factor that grows with the size of the states: they are
    divided by √H. That is the scaled score of the Transformer, which is exercise 35. Luong's dot
    score has no scale, and neither do the additive and the general score. Which one is better is
    another question: without the scale, long states give large products, and the softmax picks one
    position nearly alone. But a function is judged by what its description promises, and a model
    that was trained without a scale gives other translations with it. Leave the products as they
    are.
    """,
    source="Scaled and unscaled dot scores mixed up; Luong et al. (2015) against Vaswani et al.",
)
class scales_the_dot_score:
    """dot_score_forward divides the products by √H"""

    def dot_score_forward(queries, keys):
        scores, cache = solution.dot_score_forward(queries, keys)
        return scores / math.sqrt(queries.shape[-1]), cache


@misconception(
    caught_by="product_values",
    explanation="""
    Your dot scores all lie between -1 and 1: the products are divided by the lengths of the two
    vectors, which makes cosines of them. Cosine similarity is the right thing to compare word
    vectors with, as exercise 17 does, where length means little more than frequency. Here the
    lengths carry meaning: a network makes a state longer in order to be surer of it, and a key with
    larger numbers draws more weight. With cosines two positions can never get weights that differ
    by more than a factor of e², so the model could not look at one word alone. The dot score is the
    plain sum of products.
    """,
    source="Cosine similarity in place of the inner product; derived",
)
class compares_directions_only:
    """dot_score_forward gives the cosine between query and key"""

    def dot_score_forward(queries, keys):
        xp = array_namespace(queries)
        scores, cache = solution.dot_score_forward(queries, keys)
        lengths = [xp.sqrt(xp.sum(x**2, axis=-1)) for x in (queries, keys)]
        return scores / (lengths[0][:, :, None] * lengths[1][:, None, :]), cache


@misconception(
    caught_by="dot_gradients",
    explanation="""
    dqueries is right and dkeys is zero: the keys were treated as constants. They do come from
    somewhere else, from the encoder, and inside the decoder they look like given data. But the
    encoder is trained through them. Before attention, all that it learnt came back through one
    vector at its end; now every one of its states receives a gradient directly, and this short way
    is half of what makes attention work. A product has two factors, and the score is a product of
    a query and a key: the gradient for each of them is the other one, times dscores, summed over
    whatever that one does not have.
    """,
    source="Encoder states detached in hand-written seq2seq; derived",
)
class treats_the_keys_as_constants:
    """dot_score_backward returns zeros for the keys"""

    def dot_score_backward(dscores, cache):
        dqueries, dkeys = solution.dot_score_backward(dscores, cache)
        return dqueries, dkeys * 0


@misconception(
    caught_by="general_gradients",
    explanation="""
    dqueries and dkeys are right; dw is the gradient that comes from the last sentence of the batch
    alone. The matrix w is used for every sentence, so its gradient is the sum over all of them,
    besides the sum over steps and positions. A batched matrix product gives one matrix per
    sentence, of shape (B, H, E), and something has to turn these B matrices into one; picking one
    of them, or letting a loop over the batch overwrite the result, gives the right shape and, for a
    batch of one, the right numbers. Either add the matrices up, or make rows of all positions
    first, so that a single product sums over everything.
    """,
    source="Batched outer products not summed; derived",
)
class keeps_the_last_sentence_for_w:
    """general_score_backward takes dw from the last sentence only"""

    def general_score_backward(dscores, cache):
        queries, keys, w = cache
        dqueries, dkeys, _ = solution.general_score_backward(dscores, cache)
        last = (queries[-1:], keys[-1:], w)
        return dqueries, dkeys, solution.general_score_backward(dscores[-1:], last)[2]


@misconception(
    caught_by="attend_values",
    explanation="""
    Without padding you are right; with it, padded positions take their share of the weight. The
    mask was not used. Sentences of a batch are filled up to the longest one, and what the encoder
    returns there is no state of any word, but it has scores like all the others. The damage depends
    on the batch: the shorter a sentence beside its neighbours, the more of its weight leaks into
    nothing, and the same sentence is translated in another way when it stands in another batch.
    That is the test to make: a sentence with padding must give what it gives alone and without
    padding.
    """,
    source="Padded keys attended: tensorflow/nmt issues, tensorflow#512",
)
class looks_at_the_padding:
    """attend_forward ignores the mask"""

    def attend_forward(scores, values, mask=None):
        return solution.attend_forward(scores, values, None)


@misconception(
    caught_by="attend_values",
    explanation="""
    Padding still gets some weight, and more when the other scores are low. You set the scores of
    padded positions to zero before the softmax. But zero is a score like any other: exp(0) is 1,
    and if the real positions have negative scores, the padding is even the strongest of all. What a
    score of zero does mean is "neither likely nor unlikely". To give a position no weight, its
    exponential has to be zero, so its score has to be lower than anything else, or its exponential
    has to be left out of both the sum and the weights. Add up each row of your weights over the
    real positions: it must be 1.
    """,
    source="Zero fill leaks 0.09 of the weight (measured); seq2seq tutorials multiply by the mask",
)
class gives_padding_a_score_of_zero:
    """attend_forward sets the scores of padding to 0 before the softmax"""

    def attend_forward(scores, values, mask=None):
        if mask is None:
            return solution.attend_forward(scores, values)
        kept = array_namespace(scores).astype(mask[:, None, :], scores.dtype)
        return _average(_softmax(scores * kept), values)


@misconception(
    caught_by="attend_values",
    explanation="""
    Padding has weight 0, as it should, but the rest of a row does not add up to 1: the mask was
    applied after the softmax. The softmax shared the whole weight out among all positions, and
    what the padding had got was then thrown away, so a sentence with much padding has a context
    that is too small. The direction of the context is right, and only its length depends on how
    much padding there is, which a network partly learns to live with, so it stays unnoticed.
    Exclude the padding before anything is divided, so that the sum below the line runs over the
    real positions only.
    """,
    source="Mask after softmax, row sums of 0.86 (measured); Transformer tutorials",
)
class throws_weight_away:
    """attend_forward sets the weights of padding to 0 after the softmax"""

    def attend_forward(scores, values, mask=None):
        if mask is None:
            return solution.attend_forward(scores, values)
        kept = array_namespace(scores).astype(mask[:, None, :], scores.dtype)
        return _average(_softmax(scores) * kept, values)


@misconception(
    caught_by="attend_values",
    explanation="""
    The columns of your weights add up to 1, the rows do not: the softmax ran over the target steps
    and not over the source positions. Both are axes of the scores, the shape of the result is the
    same, and when T and S are equal no product complains. What it means is something else, though:
    each source word hands out its attention among the target steps, and a step that nobody chose
    gets an empty context. Here it is the step that looks, and each of them has a total of 1 to
    spend. Normalise along the axis that is summed over when the context is formed: the last one.
    """,
    source="Softmax over the wrong axis (batch or steps): seq2seq forum questions",
)
class shares_out_over_the_steps:
    """attend_forward takes the softmax over the target steps"""

    def attend_forward(scores, values, mask=None):
        if mask is not None:
            _, weights, _ = solution.attend_forward(scores, values, mask)
            kept = array_namespace(scores).astype(weights > 0, scores.dtype)
            return _average(_softmax(scores, axis=1) * kept, values)
        return _average(_softmax(scores, axis=1), values)


@misconception(
    caught_by="attend_edge_cases",
    explanation="""
    Ordinary scores give the right weights, and large ones give nan. The exponentials were taken of
    the scores as they are, and above 709.8 the exponential of a float64 is infinite, so the weight
    becomes infinity divided by infinity; very low scores all become 0, and 0 is divided by 0. Dot
    scores of trained states do become large, since they are sums over hundreds of products. Taking
    the same number away from all scores of a row changes no weight. Choose it so that the largest
    score of the row becomes 0, among the real positions, or a huge score at a padded one would
    push all the others down to nothing.
    """,
    source="Goodfellow et al. (2016), section 4.1; overflow limits measured",
)
class exponentiates_the_scores_as_they_are:
    """attend_forward takes exp without shifting the scores"""

    def attend_forward(scores, values, mask=None):
        xp = array_namespace(scores)
        e = xp.exp(scores)
        if mask is not None:
            e = xp.where(mask[:, None, :], e, xp.zeros_like(e))
        total = xp.sum(e, axis=-1, keepdims=True)
        return _average(e / xp.where(total > 0, total, xp.ones_like(total)), values)


@misconception(
    caught_by="attend_edge_cases",
    explanation="""
    Right as long as a sentence has one real position. When it has none, your weights are equal and
    the context is the mean of the padding. Hidden scores were set to one very low number, such as
    -1e9; a softmax only feels differences, and where all the scores are equally low nothing is
    left of the difference. Sentences of nothing but padding do occur, when the last batch is filled
    up, and what they return should not depend on leftovers. The convention asks for zeros. The low
    number before the softmax is fine; look at the mask once more after it.
    """,
    source="All-masked rows become uniform with a fill of -1e9; Transformer tutorials (measured)",
)
class averages_the_padding_where_nothing_is_real:
    """attend_forward gives equal weights where every position is padding"""

    def attend_forward(scores, values, mask=None):
        xp = array_namespace(scores)
        if mask is not None:
            scores = xp.where(mask[:, None, :], scores, xp.full_like(scores, -1e9))
        return _average(_softmax(scores), values)


@misconception(
    caught_by="attend_gradients",
    explanation="""
    dvalues is right; dscores is what you would get if each weight depended on its own score alone,
    with the factor w (1 - w) that is known from the sigmoid. But the weights of a step share a
    total of 1, so raising one score lowers all the other weights as well, and those changes have
    a gradient too. Leaving them out keeps the shape and mostly the sign. There is a simple test:
    adding a constant to all scores of a row changes nothing, so each row of dscores has to add up
    to zero. Yours do not. Every score needs the dweights of all positions of its row.
    """,
    source="Softmax derivative taken entrywise; CS231n forum",
)
class keeps_only_the_diagonal:
    """attend_backward treats each weight as a function of its own score"""

    def attend_backward(dcontext, cache):
        values, weights = cache
        _, dvalues = solution.attend_backward(dcontext, cache)
        dweights = dcontext @ array_namespace(dcontext).matrix_transpose(values)
        return weights * (1 - weights) * dweights, dvalues


@misconception(
    caught_by="attend_gradients",
    explanation="""
    dvalues is right, and dscores is off wherever the weights of a row differ. You subtracted the
    plain mean of dweights, each position counting alike; the formula asks for the mean under the
    weights themselves, in which a position counts as much as it was looked at. Where all weights
    are equal the two means are the same, and that is how training begins, so early steps look fine.
    Test it with the sum: each row of dscores has to add up to zero, because a constant added to all
    scores changes nothing. Only the weighted mean makes that come out, since the result is
    multiplied by the weights afterwards.
    """,
    source="Unweighted mean in the softmax backward; derived",
)
class subtracts_the_plain_mean:
    """attend_backward subtracts the unweighted mean of dweights"""

    def attend_backward(dcontext, cache):
        values, weights = cache
        xp = array_namespace(dcontext)
        _, dvalues = solution.attend_backward(dcontext, cache)
        dweights = dcontext @ xp.matrix_transpose(values)
        return weights * (dweights - xp.mean(dweights, axis=-1, keepdims=True)), dvalues


@misconception(
    caught_by="alignment_values",
    explanation="""
    Right unless two positions share the largest weight; then you return the last of them, and the
    first is asked for. A loop that replaces its best position whenever a weight is at least as
    large as the best so far does that, and so does an argmax over a reversed row. Equal weights are
    no rarity: wherever the scores are equal, as with zero weights at the start of training, a whole
    row is equal, and a model with rounded numbers has ties all the time. Two programs that break
    ties in different ways disagree about the alignment of the same sentence, so the convention
    names one.
    """,
    source="Ties broken by >= in a hand-written argmax; derived",
)
class takes_the_last_of_equal_weights:
    """alignment returns the last position with the largest weight"""

    def alignment(weights):
        xp = array_namespace(weights)
        backwards = xp.argmax(xp.flip(weights, axis=-1), axis=-1)
        return weights.shape[-1] - 1 - backwards


@misconception(
    caught_by="alignment_values",
    explanation="""
    Every position is too large by 1: you count the source words from 1. Files of word alignments
    exist in both styles, some counting from 0 and some from 1, with 0 for "no word", and a program
    that mixes them shifts every link of a sentence by one word without any error. Here positions
    are indices into the arrays, as everywhere in this course, so the first source word is 0 and the
    last is S - 1. Compare with the worked example: the second of two positions has the larger
    weight, and the answer is 1. An index that is used on the keys must fetch the key it means.
    """,
    source="Alignment files count from 0 or from 1, depending on the tool; derived",
)
class counts_positions_from_one:
    """alignment numbers the source positions from 1"""

    def alignment(weights):
        return solution.alignment(weights) + 1
