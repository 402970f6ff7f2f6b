"""Wrong implementations that students really write, each with the check that must catch it."""

from array_api_compat import array_namespace

from grader.spec import misconception, solution


def _layer_from(xs, layer, h, c, fed_back=1.0):
    """One layer that starts from h and c; `fed_back` multiplies h before it is used again."""
    hs, caches = [], []
    for t in range(xs.shape[1]):
        h, c, cache = solution._step_forward(
            xs[:, t, :], h * fed_back, c, layer["wx"], layer["wh"], layer["b"]
        )
        hs.append(h)
        caches.append(cache)
    return array_namespace(xs).stack(hs, axis=1), h, c, caches


def _parts(dout, cache):
    """The gradients of embed as the output weights and as the table, and the two others."""
    embed, hs, log_p, read, right, stack = cache
    xp = array_namespace(embed)
    dscores = dout * (xp.exp(log_p) - right) / (hs.shape[0] * hs.shape[1])
    dxs, dlayers = solution.stacked_lstm_backward(dscores @ embed, stack)
    as_output = xp.tensordot(dscores, hs, axes=((0, 1), (0, 1)))
    as_table = xp.tensordot(read, dxs, axes=((0, 1), (0, 1)))
    return as_output, as_table, dlayers, xp.sum(dscores, axis=(0, 1))


@misconception(
    caught_by="dropout_mask",
    explanation="""
    Kept units have the value 1 in your mask; the expected value is larger. Dropping units makes the
    inputs of the next layer smaller on average, by the factor 1 - p, and kept units are divided by
    that factor to make up for it. Then the mean over many masks is 1, and the network that is used
    later, with nothing dropped, sees inputs of the size it was trained on. Without the division,
    training looks the same, for the weights adapt to the smaller inputs, and the loss on the
    training data goes down as it should. Only the finished model is worse than it seemed. Look at
    what your mask holds where a unit is kept.
    """,
    source="Common in hand-written dropout; derived",
)
class leaves_the_mask_unscaled:
    """variational_dropout returns zeros and ones"""

    def variational_dropout(shape, p, generator):
        return solution.variational_dropout(shape, p, generator) * (1 - p)


@misconception(
    caught_by="dropout_mask",
    explanation="""
    Where the expected mask is 0 yours is not, and the other way round. The comparison is turned: a
    unit is dropped when its number lies below p, so that a fraction p of the units is lost, and it
    is kept from p upwards. Your mask loses a fraction 1 - p, and yet divides as if it had lost p.
    With p = ½ the two are equally frequent and no statistic can tell them apart, which is why
    dropout should never be tried out with ½ only. With p = 0 the difference is plainest, since
    everything disappears where nothing should. Decide which side of p means "kept", and read p as
    the probability of being dropped.
    """,
    source="The papers' p is the probability of keeping, PyTorch's that of dropping; derived",
)
class keeps_what_should_be_dropped:
    """variational_dropout keeps a unit where its number is below p"""

    def variational_dropout(shape, p, generator):
        rows, _, units = shape
        return (generator.random((rows, units)) < p)[:, None, :] / (1 - p)


@misconception(
    caught_by="dropout_mask",
    explanation="""
    All sequences of the batch have lost the same units: every row of your mask is equal to the
    first. One row was drawn and used for the whole batch. Sharing is the point of variational
    dropout, but along time, not along the batch. The steps of one sequence belong together and see
    one thinned network; different sequences should see different ones, so that a gradient averages
    over several masks. Broadcasting makes the slip invisible, because a mask with one row
    multiplies a batch of any size without complaint. With a batch of one sequence it even agrees.
    Count how many numbers your call draws: it should be one for every sequence and unit.
    """,
    source="Broadcasting a (1, 1, D) mask, as in some published recurrent dropout layers; derived",
)
class draws_one_mask_for_the_whole_batch:
    """variational_dropout gives every sequence the mask of the first one"""

    def variational_dropout(shape, p, generator):
        mask = solution.variational_dropout((1, *shape[1:]), p, generator)
        return array_namespace(mask).concat([mask] * shape[0], axis=0)


@misconception(
    caught_by="dropout_mask",
    explanation="""
    The mask is right for sequences of one step and wrong for longer ones: a number was drawn for
    every step, and only those of the first step were used. That is the right kind of mask, shared
    by all steps, but the numbers for the second sequence now begin after those that were thrown
    away, so they depend on T. The convention is one call that draws B rows of D numbers. It
    matters whenever a result is to be repeated from a seed, and a mask that changes because the
    sequences became longer is hard to find. Look at the shape that you hand to the generator: the
    number of steps has no place in it.
    """,
    source="Derived: ordinary dropout's call, cut down to one step",
)
class draws_for_all_steps_and_uses_the_first:
    """variational_dropout draws (B, T, D) numbers and keeps those of step 0"""

    def variational_dropout(shape, p, generator):
        return (generator.random(shape) >= p)[:, :1, :] / (1 - p)


@misconception(
    caught_by="dropout_mask",
    explanation="""
    Your mask has the shape of the whole array and differs from step to step. That is ordinary
    dropout: a fresh decision for every entry. On a sequence it adds new noise at each step, and a
    recurrent network, which has to carry information through many steps, can rely on no unit for
    long. Variational dropout decides once per sequence and unit, and the same units stay away from
    the first step to the last. A mask that is full size also fits every product, so the network
    runs and trains, somewhat worse than it could. Draw B rows of D numbers, and let broadcasting
    along the time axis, whose length in the mask is 1, do the repeating.
    """,
    source="Gal and Ghahramani (2016): the naive use of dropout in recurrent networks",
)
class draws_a_new_mask_at_every_step:
    """variational_dropout returns a (B, T, D) mask with a draw for every entry"""

    def variational_dropout(shape, p, generator):
        return (generator.random(shape) >= p) / (1 - p)


@misconception(
    caught_by="stacked_forward_values",
    explanation="""
    The states at the first step are right and later ones are wrong: the masked hidden state was fed
    back into its own layer. Here a mask lies on the way up, from one layer to the next, and not on
    the way along, from one step to the next. Feeding the masked state back would multiply the kept
    units by 1 / (1 - p) at every step, and a dropped unit could never remember anything. It happens
    when the mask is applied inside the loop over time and the result is assigned to the variable
    that the next step reads. With a sequence of one step there is no difference. Let the loop
    finish with plain states and multiply afterwards.
    """,
    source="Zaremba, Sutskever and Vinyals (2014), section 3.2: only the non-recurrent connections",
)
class masks_the_state_that_is_fed_back:
    """stacked_lstm_forward feeds masked hidden states into the next step"""

    def stacked_lstm_forward(xs, layers, masks):
        xs, caches = xs * masks[0], []
        for layer, above in zip(layers, masks[1:], strict=True):
            h = array_namespace(xs).zeros_like(xs[:, 0, :] @ layer["wx"][:, : len(layer["wh"])])
            hs, _, _, kept = _layer_from(xs, layer, h, h, fed_back=above[:, 0, :])
            xs = hs * above
            caches.append(kept)
        return xs, (caches, masks)


@misconception(
    caught_by="stacked_forward_relations",
    explanation="""
    Units that the last mask drops are still there in your result, and the others are too small: the
    hidden states of the top layer were returned without their mask. There is one mask more than
    there are layers, and a loop that takes a layer and a mask together never meets the last one.
    The top layer's output is where the model has most to gain from dropout, since all scores are
    computed from it. Nothing fails when it is missing, because the shapes are the same with and
    without. Count your products with a mask: for two layers there are three, and the third comes
    after the loop.
    """,
    source="Derived: zip over layers and masks stops at the shorter list",
)
class leaves_out_the_last_mask:
    """stacked_lstm_forward returns the top layer's states unmasked"""

    def stacked_lstm_forward(xs, layers, masks):
        ones = array_namespace(xs).ones_like(masks[-1])
        return solution.stacked_lstm_forward(xs, layers, [*masks[:-1], ones])


@misconception(
    caught_by="stacked_forward_values",
    explanation="""
    Your second layer does not start from zero but from the last hidden state and cell of the layer
    below it. Every layer is a recurrent network of its own, with its own memory, and at step 0 it
    has seen nothing. The usual cause is that the two variables for the states are set to zero once,
    before the loop over the layers, and not again for each layer. Since all layers often have the
    same width, the wrong states fit. It also breaks a promise of a language model: the last state
    below has read the whole sequence, so the upper layer knows at its first step what comes later,
    and the loss is too good to be true.
    """,
    source="Derived: state variables initialised outside the loop over layers",
)
class starts_a_layer_from_the_state_below:
    """stacked_lstm_forward sets h and c to zero for the bottom layer only"""

    def stacked_lstm_forward(xs, layers, masks):
        h, c, caches = None, None, []
        for layer, mask in zip(layers, masks[:-1], strict=True):
            xs = xs * mask
            if h is None or h.shape[1] != len(layer["wh"]):
                h = c = array_namespace(xs).zeros_like(
                    xs[:, 0, :] @ layer["wx"][:, : len(layer["wh"])]
                )
            xs, h, c, kept = _layer_from(xs, layer, h, c)
            caches.append(kept)
        return xs * masks[-1], (caches, masks)


@misconception(
    caught_by="stacked_forward_values",
    explanation="""
    With one layer your result is right; with two it is what you get when the upper layer uses the
    recurrent weights and the biases of the bottom one. Inside the loop over layers something is
    read from the first dict instead of the current one, or one dict was put into the list twice.
    Steps share their weights; layers do not. Each layer has learned something of its own, and the
    matrices happen to fit each other when the layers have the same width. A network that shares
    them by mistake still trains, with fewer parameters than you believe. Look at every place in the
    loop where a weight is read, and ask which layer it belongs to.
    """,
    source="Derived: layers[0] inside the loop, or [layer] * L",
)
class shares_weights_between_layers:
    """stacked_lstm_forward uses the bottom layer's wh and b in every layer where they fit"""

    def stacked_lstm_forward(xs, layers, masks):
        bottom = layers[0]
        shared = [
            {**layer, "wh": bottom["wh"], "b": bottom["b"]}
            if layer["wh"].shape == bottom["wh"].shape
            else layer
            for layer in layers
        ]
        return solution.stacked_lstm_forward(xs, shared, masks)


@misconception(
    caught_by="stacked_backward_gradients",
    explanation="""
    The forward pass is right; going back, the gradient passes as if there were no masks. Dropped
    units receive a gradient although they had no influence, and kept ones receive one that is too
    small. A mask is a multiplication in the chain like any other: what was multiplied by it going
    forward is multiplied by it once more going back, at the same place. It is easily forgotten,
    because a mask has no gradient of its own and returns nothing to you. The weights still move in
    useful directions, so training hides it. For each mask in your forward function look for its
    counterpart in the backward one; L layers need L + 1 of them.
    """,
    source="Common in hand-written backward passes with dropout; derived",
)
class forgets_the_masks_going_back:
    """stacked_lstm_backward multiplies by no mask"""

    def stacked_lstm_backward(dhs, cache):
        caches, masks = cache
        xp = array_namespace(dhs)
        return solution.stacked_lstm_backward(dhs, (caches, [xp.ones_like(m) for m in masks]))


@misconception(
    caught_by="stacked_backward_gradients",
    explanation="""
    Zeros are where they should be, and everything else is too small, more so the lower the layer:
    going back, the gradient was let through or blocked, and not scaled. The mask holds 0 and
    1 / (1 - p). A kept unit was made larger going forward, so a small change of it has a larger
    effect too, and its gradient grows by the same factor. The ReLU of exercise 07 has slopes 0 and
    1, and a yes-or-no mask is right there; the habit does not carry over. With several masks the
    missing factors multiply, once for every mask between a weight and the loss. Use the mask that
    you multiplied by, not a list of who was kept.
    """,
    source="Derived: the cache of exercise 12 holds who was kept, and the scale is forgotten",
)
class lets_kept_units_through_unscaled_going_back:
    """stacked_lstm_backward multiplies by 1 where a unit was kept"""

    def stacked_lstm_backward(dhs, cache):
        caches, masks = cache
        xp = array_namespace(dhs)
        plain = [xp.astype(mask != 0, dhs.dtype) for mask in masks]
        return solution.stacked_lstm_backward(dhs, (caches, plain))


@misconception(
    caught_by="language_model_gradients",
    explanation="""
    The gradient for embed contains the part from the output only. Its rows are right for words that
    were never read, and wrong for the words in ids. The same array is used twice: at the bottom a
    row is looked up for each word, at the top its transpose makes the scores. Both uses have an
    influence on the loss, and the gradient of a value that is used twice is the sum of both
    influences. Here the second result seems to have replaced the first, which happens when both are
    assigned to one name or one entry of a dict. Every training step still lowers the loss a
    little, so nothing looks wrong.
    """,
    source="Collected notes on weight tying: the gradient of one use only",
)
class keeps_only_the_gradient_of_the_output:
    """tied_language_model_backward leaves out the lookup's part of dembed"""

    def tied_language_model_backward(dout, cache):
        as_output, _, dlayers, db = _parts(dout, cache)
        return as_output, dlayers, db


@misconception(
    caught_by="language_model_gradients",
    explanation="""
    Words that are not in ids have a gradient of zero in your dembed, and should not: the part that
    comes from the output is missing. In an ordinary language model the word vectors are looked up
    and nothing else, so only the words that were read receive a gradient. With tied weights the
    same array also computes the scores of all V words at every step. Each of them takes part in
    each softmax, and each row of embed is therefore moved by every prediction. If the output's
    weights are treated as a fixed copy, this part gets lost, and the output layer never learns on
    its own account. Ask for the gradient of the product that makes the scores.
    """,
    source="Collected notes on weight tying: the gradient of one use only",
)
class keeps_only_the_gradient_of_the_lookup:
    """tied_language_model_backward leaves out the output's part of dembed"""

    def tied_language_model_backward(dout, cache):
        _, as_table, dlayers, db = _parts(dout, cache)
        return as_table, dlayers, db


@misconception(
    caught_by="language_model_gradients",
    explanation="""
    Every entry of dembed is half of what it should be. The two gradients, that of the lookup and
    that of the output, were averaged. It sounds fair, since there is one array and two opinions on
    where it should go, but a gradient is no opinion. It says by how much the loss changes when the
    array changes, and a change of embed takes effect in both places at once, so the two effects add
    up. The direction is right, and with a gradient method that corrects the scale, such as Adam,
    training hardly notices. A comparison with small changes of single entries shows the factor
    immediately.
    """,
    source="Derived: the mean of the gradients of shared parameters",
)
class averages_the_two_gradients:
    """tied_language_model_backward returns half the sum for dembed"""

    def tied_language_model_backward(dout, cache):
        dembed, dlayers, db = solution.tied_language_model_backward(dout, cache)
        return dembed / 2, dlayers, db


@misconception(
    caught_by="language_model_gradients",
    explanation="""
    The gradient is right for words that are read once, and wrong for a word that occurs several
    times in ids. Only its last occurrence was counted. In NumPy, adding to rows that are selected
    by a list of numbers takes each row once, however often its number is in the list: all
    occurrences read the old value, and the last one to be written wins. No error is raised. In a
    real text the frequent words occur many times in every batch, so it is just the most important
    rows that learn too slowly. Either add the occurrences up in a loop, or turn the ids into a
    one-hot matrix, or use a function that is made for repeated indices.
    """,
    source="Collected notes on word vectors: duplicate ids lose gradient in fancy assignment",
)
class loses_words_that_are_read_twice:
    """tied_language_model_backward keeps the last occurrence of each word"""

    def tied_language_model_backward(dout, cache):
        embed, hs, log_p, read, right, stack = cache
        xp = array_namespace(read)
        rows = xp.reshape(read, (-1, read.shape[2]))
        from_here = xp.flip(xp.cumulative_sum(xp.flip(rows, axis=0), axis=0), axis=0)
        last = xp.reshape(xp.where(from_here == 1, rows, xp.zeros_like(rows)), read.shape)
        return solution.tied_language_model_backward(dout, (embed, hs, log_p, last, right, stack))


@misconception(
    caught_by="language_model_loss",
    explanation="""
    Your loss is the right one times the number of steps: the losses of a sequence are added up and
    only the batch is averaged. That is a sensible quantity too, the negative log-probability of a
    whole sequence, and some published training code uses it. The convention here is the mean over
    all B * T predictions, so that the loss of short and of long pieces can be compared, and so that
    its exponential is the perplexity. With a sum over time the gradients grow with T as well, and a
    learning rate that was right for ten steps is too large for a hundred. Look at the number by
    which you divide.
    """,
    source="The TensorFlow tutorial on the Penn Treebank divided by the batch size only",
)
class adds_the_loss_up_over_time:
    """tied_language_model_forward divides by B and not by B * T"""

    def tied_language_model_forward(ids, targets, embed, layers, b, masks):
        loss, cache = solution.tied_language_model_forward(ids, targets, embed, layers, b, masks)
        return loss * ids.shape[1], cache

    def tied_language_model_backward(dout, cache):
        return solution.tied_language_model_backward(dout * cache[1].shape[1], cache)


@misconception(
    caught_by="language_model_gradients",
    explanation="""
    All gradients are off by one common factor, which is dout: your backward returns the gradient of
    the loss itself and leaves the incoming gradient unused. When the loss is what is minimised,
    dout is 1 and there is no difference, so training works. The factor is needed as soon as the
    loss is one part of something larger: half the weight for an auxiliary task, a loss scaled up
    for short floating-point numbers, or several batches whose gradients are averaged. A backward
    function multiplies by what arrives from above, and a loss is no exception. One multiplication
    is enough, at the place where the gradient of the scores is made.
    """,
    source="Common in hand-written loss layers, which are only ever called with 1; derived",
)
class ignores_the_incoming_gradient:
    """tied_language_model_backward takes dout for 1"""

    def tied_language_model_backward(dout, cache):
        return solution.tied_language_model_backward(1.0, cache)
