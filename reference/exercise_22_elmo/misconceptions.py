"""Wrong implementations that students really write, each with the check that must catch it."""

from array_api_compat import array_namespace

from grader.spec import misconception, solution


def _last(lengths):
    """(B, 1): the last real position of each row."""
    return lengths[:, None] - 1


def _positions(ids):
    return array_namespace(ids).arange(ids.shape[1])


def _count(targets):
    """How many targets count, at least 1."""
    xp = array_namespace(targets)
    return max(1, int(xp.sum(xp.astype(targets != -1, xp.int64))))


def _sum_of(directions, factor):
    """Both directions' losses and gradients, each times `factor(targets)`."""
    loss, gradients = 0.0, []
    for scores, targets in directions:
        nothing = array_namespace(targets).full_like(targets, -1)
        part, dscores, _ = solution.bidirectional_loss(scores, scores, targets, nothing)
        loss = loss + part * factor(targets)
        gradients.append(dscores * factor(targets))
    return loss, *gradients


@misconception(
    caught_by="targets_values",
    explanation="""
    The forward targets are right, and the backward targets are the same words: both readings are
    asked for the next word. But the backward reading comes from the right. When it stands at
    position t it has already read position t + 1, so you ask it for a word that is in its input.
    It learns to copy, its loss falls almost to zero within minutes, and that looks like a triumph.
    The vectors it makes on the way are worthless, because copying needs no understanding. A loss
    far below that of the other direction is the sign to look for in practice. For each direction,
    write down which words it has met at position t and which one it meets next.
    """,
    source="Derived; targets of a language model that stand in its own input",
)
class asks_both_readings_for_the_next_word:
    """language_model_targets returns the forward targets for both directions"""

    def language_model_targets(ids, lengths, begin, end):
        forward, _ = solution.language_model_targets(ids, lengths, begin, end)
        return forward, forward


@misconception(
    caught_by="targets_values",
    explanation="""
    Your targets are the ids themselves: every position is asked for the word that stands there. At
    position t both readings have just read that very word, so it is the one thing they know for
    certain. A model trained like this needs nothing but the last input to be perfect. It happens
    when inputs and targets are prepared in one place and somebody counts on the other place to
    shift them. Whether a model shifts for you is a matter of convention, and in libraries of
    pretrained language models some do. Here nobody else does it. The words begin and end are a
    hint: in your targets neither of the two ever occurs, though each sentence should have both.
    """,
    source="Labels not shifted: a recurring question about causal language models; derived",
)
class asks_for_the_word_just_read:
    """language_model_targets returns the ids, masked at padding"""

    def language_model_targets(ids, lengths, begin, end):
        xp = array_namespace(ids)
        same = xp.where(_positions(ids) > _last(lengths), -1, ids)
        return same, same


@misconception(
    caught_by="targets_end_with_the_sentence",
    explanation="""
    In the rows that fill all T positions everything is right. In shorter rows the last real
    position is asked for whatever stands behind it, which is padding, and the word end never
    appears: it was put into the last column of the array, and there the padding mark covered it.
    Shifting the whole batch by one column and filling the gap with end is short and needs no
    lengths, so it is the natural first attempt, and on sentences of equal length it cannot fail.
    The model would learn that short sentences go on with the id used for filling and that only the
    longest ones ever stop. Where does a sentence end: in the last column, or at a place of its own
    in each row?
    """,
    source="Derived; shifted label arrays with an end token in the last column only",
)
class puts_end_into_the_last_column:
    """language_model_targets sets the target `end` at position T - 1 only"""

    def language_model_targets(ids, lengths, begin, end):
        xp = array_namespace(ids)
        _, backward = solution.language_model_targets(ids, lengths, begin, end)
        forward = xp.concat([ids[:, 1:], xp.full_like(ids[:, :1], end)], axis=1)
        return xp.where(_positions(ids) > _last(lengths), -1, forward), backward


@misconception(
    caught_by="targets_values",
    explanation="""
    All words inside the sentences are right, and the two boundary words have changed places: the
    forward reading is asked for begin after the last word, the backward reading for end before the
    first one. The thought behind it is that a backward reading begins at the right, so its first
    boundary should be called begin. But the two names belong to the text and not to a reading:
    begin stands before the first word of a sentence and end after its last, whoever reads it. A
    model trained with the exchange would do no worse by itself. It only stops fitting together with
    everything else that uses these ids, such as the same words in the forward direction.
    """,
    source="Derived; boundary ids exchanged when the text is reversed before they are added",
)
class exchanges_begin_and_end:
    """language_model_targets puts `begin` after the last word and `end` before the first"""

    def language_model_targets(ids, lengths, begin, end):
        return solution.language_model_targets(ids, lengths, end, begin)


@misconception(
    caught_by="bidirectional_loss_value",
    explanation="""
    The loss is half of what it should be: the two directions' losses were averaged. Averaging is
    the reflex after a mean over words, and there are well-known implementations of this very model
    that do it, so it is no foolish thing. It is a different convention all the same. The paper
    maximises the sum of both log-likelihoods, and so does the README. In training, half the loss
    means half the gradient, which acts like half the learning rate, and any learning rate copied
    from elsewhere is then off by two. The test is quick: let one direction have no targets at all.
    What remains should be the other direction's plain mean loss.
    """,
    source="bilm-tf, training.py: total_loss = 0.5 * (forward + backward)",
)
class averages_the_two_directions:
    """bidirectional_loss returns half the sum of both losses"""

    def bidirectional_loss(forward_scores, backward_scores, forward_targets, backward_targets):
        results = solution.bidirectional_loss(
            forward_scores, backward_scores, forward_targets, backward_targets
        )
        return tuple(result / 2 for result in results)


@misconception(
    caught_by="bidirectional_loss_value",
    explanation="""
    The loss is too small as soon as a target is -1, and right when none is. The terms of padded
    positions were left out of the sum, as they should be, but the sum was then divided by all B · T
    positions. So padding counts after all: as words that were predicted perfectly. Calling a mean
    function on a masked array does exactly this, because the mean cannot know which of the zeros
    are results and which are gaps. The more padding a batch has, the better the model seems to be,
    and sorting the sentences by length changes the loss without changing the model. Which number of
    words was really predicted, and is it the same in both directions?
    """,
    source="Masked losses divided by the full size, frequent in forum questions; derived",
)
class divides_by_all_positions:
    """bidirectional_loss divides each direction's sum by B · T"""

    def bidirectional_loss(forward_scores, backward_scores, forward_targets, backward_targets):
        return _sum_of(
            [(forward_scores, forward_targets), (backward_scores, backward_targets)],
            lambda targets: _count(targets) / (targets.shape[0] * targets.shape[1]),
        )


@misconception(
    caught_by="bidirectional_loss_gradients",
    explanation="""
    The loss is right, and so is the gradient where a target counts. At the positions with target -1
    it should be zero, and yours is the softmax divided by the count. The one-hot row of a target
    that does not exist is all zeros, so the usual difference leaves the probabilities standing.
    They say: lower every score here. The loss does not depend on these scores at all, so this is
    pure noise for the network, and it grows with the amount of padding. It stays hidden because
    the loss is reported correctly, and training still goes down. After the difference of
    probabilities and one-hot row there is one more thing to do, which you did in the loss already.
    """,
    source="Masks applied to the loss only; derived",
)
class leaves_gradient_at_padding:
    """bidirectional_loss masks the loss and not the gradient"""

    def bidirectional_loss(forward_scores, backward_scores, forward_targets, backward_targets):
        loss, *masked = solution.bidirectional_loss(
            forward_scores, backward_scores, forward_targets, backward_targets
        )
        pairs = [(forward_scores, forward_targets), (backward_scores, backward_targets)]
        gradients = []
        for dscores, (scores, targets) in zip(masked, pairs, strict=True):
            xp = array_namespace(scores)
            e = xp.exp(scores - xp.max(scores, axis=2, keepdims=True))
            p = e / xp.sum(e, axis=2, keepdims=True)
            skipped = (targets == -1)[:, :, None]
            gradients.append(xp.where(skipped, p / _count(targets), dscores))
        return loss, *gradients


@misconception(
    caught_by="layer_representation_values",
    explanation="""
    The forward halves are right. The backward halves hold the right states at the wrong positions:
    they were joined in the order in which they came. The backward reading computes the state of the
    last word first, so its entry 0 belongs to the end of the sentence. Joined as they are, the
    first word gets a forward state that knows only the first word and a backward state that knows
    only the last one, and no position has a vector that belongs to it. Shapes agree, and the
    middle word of a sentence with an odd number of words is even right. A task on top of such
    vectors still learns a little from the forward half, so nothing breaks.
    """,
    source="Reversed outputs not put back in order; frequent in bidirectional layers by hand",
)
class joins_the_backward_states_as_they_come:
    """layer_representation does not put the backward states into text order"""

    def layer_representation(embedding, forward_states, backward_states, lengths):
        layers = solution.layer_representation(embedding, forward_states, backward_states, lengths)
        xp = array_namespace(embedding)
        width = embedding.shape[2]
        real = (_positions(embedding) <= _last(lengths))[:, :, None]
        came = xp.where(real, backward_states, xp.zeros_like(backward_states))
        halves = [layers[1:, ..., :width], came]
        return xp.concat([layers[:1, ...], xp.concat(halves, axis=3)], axis=0)


@misconception(
    caught_by="layer_representation_and_padding",
    explanation="""
    Sentences that fill all T positions are right. In shorter ones the backward halves are shifted:
    the whole time axis was turned round, padding included. The states of a short sentence come as
    real ones first and padding after them. After a flip of the axis the padding stands in front,
    so the first word gets filler for a backward state, and the state of the last word lies outside
    the sentence, where it is set to zero. One flip for the whole batch is a tempting one-liner, and
    a test with equally long sentences cannot tell. It would even be right if the padding stood at
    the other end. Each row has its own turning point, which only its length can tell you.
    """,
    source="keras#4192 and similar: flips of padded batches turn the padding to the front",
)
class flips_the_whole_time_axis:
    """layer_representation flips the backward states over all T positions"""

    def layer_representation(embedding, forward_states, backward_states, lengths):
        xp = array_namespace(embedding)
        width = embedding.shape[2]
        layers = solution.layer_representation(embedding, forward_states, backward_states, lengths)
        real = (_positions(embedding) <= _last(lengths))[:, :, None]
        flipped = xp.flip(backward_states, axis=2)
        flipped = xp.where(real, flipped, xp.zeros_like(flipped))
        upper = xp.concat([layers[1:, ..., :width], flipped], axis=3)
        return xp.concat([layers[:1, ...], upper], axis=0)


@misconception(
    caught_by="layer_representation_values",
    explanation="""
    The result has D columns where 2D are asked for: forward and backward states were added. It
    spares you the question of the word vectors as well, since with a sum they need not be doubled
    to fit. Adding is one of several ways to merge two directions and can work well in a network
    that is trained as a whole. Here the two readings were trained apart from each other and never
    had a reason to agree on what a column means. A sum mixes column 5 of one with column 5 of the
    other, and nobody can take the two apart again. Side by side, whatever comes next can weigh each
    of them by itself. Check the widths in the table of the README.
    """,
    source="The merge mode sum of Keras' Bidirectional wrapper; derived",
)
class adds_the_two_directions:
    """layer_representation returns the sum of forward and backward states"""

    def layer_representation(embedding, forward_states, backward_states, lengths):
        xp = array_namespace(embedding)
        width = embedding.shape[2]
        layers = solution.layer_representation(embedding, forward_states, backward_states, lengths)
        sums = layers[1:, ..., :width] + layers[1:, ..., width:]
        return xp.concat([layers[:1, ..., :width], sums], axis=0)


@misconception(
    caught_by="layer_representation_values",
    explanation="""
    All layers are right except layer 0, whose second half is zero. The word vectors are D wide and
    the other layers 2D, so something has to fill the gap, and zeros let the arrays be stacked
    without a complaint. But the mix adds up all layers, column by column. With zeros in its second
    half, layer 0 takes part in one half of the result only, and its weight then also decides how
    the two halves compare in size, which no single weight is meant to do. The word vector belongs
    to neither direction, and both halves should be able to draw on it equally. What else could
    stand in the second half that is just as wide?
    """,
    source="Derived; AllenNLP joins the token embedding with itself for this reason",
)
class fills_layer_0_up_with_zeros:
    """layer_representation joins the word vectors with zeros"""

    def layer_representation(embedding, forward_states, backward_states, lengths):
        xp = array_namespace(embedding)
        width = embedding.shape[2]
        layers = solution.layer_representation(embedding, forward_states, backward_states, lengths)
        tokens = layers[:1, ..., :width]
        lowest = xp.concat([tokens, xp.zeros_like(tokens)], axis=3)
        return xp.concat([lowest, layers[1:, ...]], axis=0)


@misconception(
    caught_by="layer_representation_and_padding",
    explanation="""
    At the real positions everything is right. At padding your layers hold what the inputs held
    there, where zeros are asked for. What stands at padded positions comes from running a network
    over filler, so it means nothing, and it may change from one batch to the next for the same
    sentence. Nobody notices as long as whatever follows knows the lengths too and looks away. The
    first sum, maximum or mean over the positions that forgets to do so is then wrong, in amounts
    that depend on the longest sentence of the batch. Zeros make such mistakes smaller and easier to
    see. Which positions of row n are real, and what becomes of all the others?
    """,
    source="Derived from unmasked outputs of padded batches",
)
class passes_the_padding_on:
    """layer_representation leaves padded positions as they come"""

    def layer_representation(embedding, forward_states, backward_states, lengths):
        xp = array_namespace(embedding)
        layers = solution.layer_representation(embedding, forward_states, backward_states, lengths)
        real = (_positions(embedding) <= _last(lengths))[:, :, None]
        tokens = xp.concat([embedding, embedding], axis=2)[None, ...]
        states = xp.concat([forward_states, backward_states], axis=3)
        return xp.where(real, layers, xp.concat([tokens, states], axis=0))


@misconception(
    caught_by="scalar_mix_values",
    explanation="""
    The layers are multiplied by the scores themselves and added up; the softmax between scores and
    weights is missing. The formula without it is still a weighted sum, any such sum can be reached
    with suitable scores, and the shapes are the same, so training hides the difference. But the
    weights no longer add up to 1. With all scores at zero, the usual start, the output is zero for
    every word and no gradient reaches the layers or gamma. And gamma becomes pointless, since the
    scores can do the scaling too. Two quick tests: adding one number to all scores should change
    nothing, and if all layers are equal the result should be that layer times gamma.
    """,
    source="Derived; the weights of Peters et al. (2018), section 3.2, are softmax-normalized",
)
class takes_the_scores_for_weights:
    """scalar_mix_forward sums scores[k] · layers[k] without a softmax"""

    def scalar_mix_forward(layers, scores, gamma):
        xp = array_namespace(layers)
        _, cache = solution.scalar_mix_forward(layers, scores, gamma)
        return gamma * xp.sum(scores[:, None, None, None] * layers, axis=0), cache


@misconception(
    caught_by="scalar_mix_values",
    explanation="""
    The output is the weighted mean of the layers, without gamma. With gamma equal to 1, the usual
    starting value, nobody can see the difference, and it is easy to take gamma for decoration. It
    has a task of its own. The weights are positive and add up to 1, so their mean is always about
    as large as the layers are, and no choice of scores can change that. The language model's
    vectors may be ten times as large or as small as what the later network can use well. The
    authors found this scale important for training. Compare your result with the expected one entry
    by entry: what does their ratio depend on?
    """,
    source="Derived; Peters et al. (2018), section 3.2, on the practical importance of gamma",
)
class leaves_gamma_out:
    """scalar_mix_forward returns the weighted mean itself"""

    def scalar_mix_forward(layers, scores, gamma):
        _, cache = solution.scalar_mix_forward(layers, scores, gamma)
        return solution.scalar_mix_forward(layers, scores, 1.0)[0], cache


@misconception(
    caught_by="scalar_mix_values",
    explanation="""
    Gamma was multiplied with the scores before the softmax, where it should be multiplied with the
    result after it. Inside, it acts like a temperature: a large gamma makes the largest weight
    still larger, a small one makes all weights alike. The output is then always a weighted mean of
    the layers, whatever gamma is, and cannot grow or shrink; at gamma 0 you get the plain mean of
    the layers where you should get zero. With gamma equal to 1 the two agree exactly, which is how
    most first tests are run. Doubling gamma must double the output. Which of your lines makes that
    impossible?
    """,
    source="Derived from reading the formula of Peters et al. (2018), section 3.2, as one bracket",
)
class puts_gamma_into_the_softmax:
    """scalar_mix_forward uses softmax(gamma · scores) as weights"""

    def scalar_mix_forward(layers, scores, gamma):
        _, cache = solution.scalar_mix_forward(layers, scores, gamma)
        return solution.scalar_mix_forward(layers, gamma * scores, 1.0)[0], cache


@misconception(
    caught_by="scalar_mix_values",
    explanation="""
    Your output is gamma times the plain average of the layers; the scores have no influence on it.
    When all scores are equal this is right, and since training usually starts with equal scores,
    the first forward pass of a model agrees to the last digit. The plain average was also one of
    the baselines of the paper, and no bad one. But the point of the mix is that a task chooses: for
    parts of speech the lower layers serve best, for the sense of a word the upper ones do. With
    your output the gradient for the scores would be zero, and they would never move. Look for the
    line in which the scores are turned into weights, and what is done with it.
    """,
    source="The average baseline of Peters et al. (2018), section 5.1, taken for the mix; derived",
)
class averages_the_layers:
    """scalar_mix_forward weighs all layers alike"""

    def scalar_mix_forward(layers, scores, gamma):
        xp = array_namespace(layers)
        _, cache = solution.scalar_mix_forward(layers, scores, gamma)
        return solution.scalar_mix_forward(layers, xp.zeros_like(scores), gamma)[0], cache


@misconception(
    caught_by="scalar_mix_is_stable",
    explanation="""
    For scores of ordinary size everything is right. Large scores were cut off at a limit before the
    exponential, so that nothing overflows, and nothing does. But two scores beyond the limit become
    equal, and with them their weights: 998 and 1000 should get about 0.12 and 0.88 and get a half
    each. A softmax looks at differences only, so a score is not large by itself, it is large
    compared with the others, and a fixed limit cannot know the others. The result stays finite and
    the weights still add up to 1, which makes this harder to find than an overflow. What can be
    subtracted from all scores without changing the weights at all?
    """,
    source="Clipping against overflow in hand-written softmax functions; measured",
)
class cuts_the_scores_off_at_20:
    """scalar_mix_forward clips the scores to [-20, 20] before the exponential"""

    def scalar_mix_forward(layers, scores, gamma):
        xp = array_namespace(layers)
        return solution.scalar_mix_forward(layers, xp.clip(scores, -20.0, 20.0), gamma)


@misconception(
    caught_by="scalar_mix_gradients",
    explanation="""
    dlayers and dgamma are right. In dscores only the direct part is there: the weight of a layer
    times the gradient for that weight. But raising one score also lowers the weights of all the
    other layers, because they share one denominator, and these cross terms are missing. They are
    what makes the entries of dscores add up to zero: adding the same number to every score leaves
    the output alone, so the gradient cannot point in that direction. Yours add up to something
    else. Training works after a fashion, since each entry still has a sensible size, and the
    scores drift up or down together. What is the gradient of one weight with respect to another
    layer's score?
    """,
    source="Softmax backward without the cross terms; cs249r_book#2053 for the same gap",
)
class drops_the_cross_terms_of_the_softmax:
    """scalar_mix_backward computes dscores as s · ds"""

    def scalar_mix_backward(dout, cache):
        xp = array_namespace(dout)
        layers, weights, gamma, _ = cache
        dlayers, _, dgamma = solution.scalar_mix_backward(dout, cache)
        return dlayers, gamma * xp.sum(dout * weights * layers, axis=(1, 2, 3)), dgamma


@misconception(
    caught_by="scalar_mix_gradients",
    explanation="""
    dlayers and dscores are right, and dgamma is the sum of all entries of dout. That would be the
    gradient of a number which is added to every entry, as a bias is. Gamma multiplies: how much an
    entry of the output changes with gamma depends on the mean of the layers at that place, and
    where this mean is zero gamma has no influence at all. The slip comes from the way broadcasting
    is undone. A number that was spread over a whole array gets its gradient by summing over it,
    that much is right, but the product has to be formed before the sum. Which array was gamma
    multiplied with in the forward pass?
    """,
    source="Gradient of a broadcast scale taken for that of a shift; derived",
)
class sums_dout_for_gamma:
    """scalar_mix_backward returns the sum of dout as dgamma"""

    def scalar_mix_backward(dout, cache):
        dlayers, dscores, _ = solution.scalar_mix_backward(dout, cache)
        return dlayers, dscores, array_namespace(dout).sum(dout)


@misconception(
    caught_by="scalar_mix_gradients",
    explanation="""
    dlayers and dscores are right. dgamma was computed from the finished output, by way of a product
    with dout, and gamma itself is still in it. The output is gamma times the mean of the layers,
    and when the output grows with gamma, the amount is the mean and not gamma times the mean. So
    yours is too large by the factor gamma: with gamma equal to 1, the usual first test, the two
    agree, and with gamma equal to 0 yours says that gamma has no influence, so that it would stay
    at zero for ever. It is the array at hand at the end of the forward pass that leads here. Which
    one was there a moment earlier?
    """,
    source="Derived from caching the output of a product in place of its factor",
)
class takes_the_scaled_output_for_gamma:
    """scalar_mix_backward computes dgamma from the output after scaling"""

    def scalar_mix_backward(dout, cache):
        dlayers, dscores, dgamma = solution.scalar_mix_backward(dout, cache)
        return dlayers, dscores, dgamma * cache[2]


@misconception(
    caught_by="scalar_mix_gradients",
    explanation="""
    dgamma is right, and the gradients for the layers and the scores are too small or too large by
    one common factor: gamma is missing on the way back. In the forward pass it stands at the very
    end, so on the way back it comes first, and everything that lies before it must pass through
    this multiplication. If you have written the backward of the weighted mean with care and added
    dgamma afterwards, nothing in your formulas reminds you of it. At gamma equal to 1 there is no
    difference. At gamma 0 the output does not depend on layers and scores at all, and yours still
    sends gradient to both; with a negative gamma it points the wrong way.
    """,
    source="Scale factors dropped going back; derived",
)
class forgets_gamma_going_back:
    """scalar_mix_backward passes dout to the weighted mean unscaled"""

    def scalar_mix_backward(dout, cache):
        layers, weights, _, mean = cache
        return solution.scalar_mix_backward(dout, (layers, weights, 1.0, mean))
