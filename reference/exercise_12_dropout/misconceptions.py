"""Wrong implementations that students really write, each with the check that must catch it."""

from array_api_compat import array_namespace

from grader.spec import misconception, solution

#: What a module that remembers in a global variable knows: the cache of its latest forward.
_LATEST = []


def _mask(x, u, p):
    """Ones where the README keeps, zeros where it drops."""
    return array_namespace(x).astype(u >= p, x.dtype)


def _new_noise(dout):
    """Noise that has nothing to do with u; the same in every run, so that verdicts repeat."""
    xp = array_namespace(dout)
    count = xp.reshape(xp.cumulative_sum(xp.reshape(xp.ones_like(dout), (-1,))), dout.shape)
    return (0.618034 * count) % 1.0


@misconception(
    caught_by="training_output",
    explanation="""
    The right entries were dropped, and the others have the wrong size: they were divided by p, the
    probability of dropping, where the probability of keeping is needed. With p = 0.1 nine entries
    out of ten survive, so each has to grow by a ninth of itself, to 1.11 times its size; yours
    grow to ten times. With p one half the two probabilities are equal, and that is the value in
    most examples and most tests, so the mistake has even got into a printed book. A quick test
    without any code: when p is nearly 0, almost nothing is dropped, and the scale must be nearly
    1. Look at the number that you divide by.
    """,
    source="theanets#123 and rasbt/LLMs-from-scratch#431: 10 for 1.11 at p = 0.1",
)
class divides_by_the_drop_probability:
    """dropout_forward multiplies what it keeps by 1/p"""

    def dropout_forward(x, u, p, training):
        if not training or p == 0:
            return solution.dropout_forward(x, u, p, training)
        factor = _mask(x, u, p) / p
        return x * factor, factor


@misconception(
    caught_by="training_output",
    explanation="""
    Entries are kept with probability p and divided by p. The layer is consistent in itself: on
    average over the noise its output is x, and its gradient fits. Only the meaning of p is
    exchanged. It is the probability of keeping in the paper that introduced dropout and in old
    TensorFlow, and the probability of dropping in PyTorch, in Keras and here. Code that moves
    from one to the other keeps running, and a layer that was to drop a tenth drops nine tenths.
    With p one half there is no difference at all. The convention card says which meaning is used,
    and the case with p = 0, in which everything is kept, is the quickest test.
    """,
    source="scut-mingqinchen/Self2Self#7: keep_prob became rate in TensorFlow 2",
)
class takes_p_as_the_probability_of_keeping:
    """dropout_forward keeps with probability p and divides by p"""

    def dropout_forward(x, u, p, training):
        if not training:
            return solution.dropout_forward(x, u, p, training)
        factor = (1.0 - _mask(x, u, p)) / max(p, 1e-3)
        return x * factor, factor


@misconception(
    caught_by="training_output",
    explanation="""
    The scale was taken twice: what is kept was divided by the square of 1 - p. It happens when the
    mask already holds the scale and the output is divided once more, or when two places in a
    program each do their part of the work without knowing of each other. The zeros are where they
    belong, and for p = 0.1 the entries are only a tenth too large, so the network trains. But the
    average over the noise is no longer x, and with several layers the excess is multiplied; in
    eval mode all of it is suddenly missing. Count how often the scale occurs between x and the
    output. It must be once.
    """,
    source="CSTR-Edinburgh/mlpractical#32: inputs were scaled twice",
)
class scales_twice:
    """dropout_forward divides what it keeps by (1 - p)²"""

    def dropout_forward(x, u, p, training):
        out, factor = solution.dropout_forward(x, u, p, training)
        return solution.dropout_forward(out, u, p, training)[0], factor * factor


@misconception(
    caught_by="training_output",
    explanation="""
    The scale depends on the noise: it is the number of all entries divided by the number of those
    that happened to be kept. For a large layer that is nearly the same as the formula, since the
    share that is kept then lies close to 1 - p, so it passes a test with a loose tolerance. But it
    ties the entries together: when one of them is dropped, all the others grow, and an entry's
    output depends on its neighbours' noise and on the size of the batch. With one entry left out
    of many the scale becomes huge, and with none left it does not exist. The scale is a fixed
    number, made from p alone, so that entries stay independent of each other.
    """,
    source="modern-fortran/neural-fortran#194 and clab/dynet#182: scaling by the actual count",
)
class scales_by_the_share_that_was_kept:
    """dropout_forward divides by the mean of the mask"""

    def dropout_forward(x, u, p, training):
        if not training:
            return solution.dropout_forward(x, u, p, training)
        mask = _mask(x, u, p)
        share = array_namespace(x).mean(mask)
        factor = mask / (share + (share == 0))
        return x * factor, factor


@misconception(
    caught_by="training_output",
    explanation="""
    The output is right, but the array x that was handed in has been changed: the zeros, or the
    scale, were written into it. An operator such as *= does that, and so does an assignment to
    the entries that are dropped. The caller still owns x. It may be the output of a layer that
    needs it for its own backward, or the data itself, and then a little more of the data set
    vanishes in every epoch, for good. Nothing looks wrong in a single call, which is why this is
    hard to find later. Compute the output into a new array and leave the argument as it is. Eval
    mode is harmless here: it changes nothing.
    """,
    source="In-place masks, as in dropout with inplace=True of several libraries; derived",
)
class writes_the_zeros_into_x:
    """dropout_forward multiplies its argument in place"""

    def dropout_forward(x, u, p, training):
        _, factor = solution.dropout_forward(x, u, p, training)
        x *= factor
        return x, factor


@misconception(
    caught_by="noise_of_every_entry",
    explanation="""
    One mask serves the whole batch: the noise of the first row decided for all rows, and the rest
    of u was not looked at. The share of zeros is right, the scale is right, and with a single
    example there is no difference. But the examples of a batch now lose the same entries, so their
    gradients share the same accident, and averaging over the batch no longer smooths it out;
    training becomes much noisier. It comes from drawing noise of the shape of one example and
    letting broadcasting do the rest. Each entry of x has a number of its own in u, along the batch
    axis too. Look at an index or at a shape that leaves this axis out.
    """,
    source="Measured: broadcasting a mask of shape (D,) passes tests of rate and scale",
)
class uses_one_mask_for_the_whole_batch:
    """dropout_forward takes the noise of the first row for every row"""

    def dropout_forward(x, u, p, training):
        same = array_namespace(x).zeros_like(u) + u[:1, ...]
        return solution.dropout_forward(x, same, p, training)


@misconception(
    caught_by="noise_of_every_entry",
    explanation="""
    A single number decided for all entries along the last axis, so whole vectors are dropped or
    kept together. There is a method that does this on purpose, for the feature maps of images,
    whose neighbours are so alike that dropping one alone has no effect. In an ordinary layer the
    entries of a vector are its units, and dropout is meant to break up what they arrange among
    themselves; dropping them all takes an example away and leaves the arrangements alone. On
    average the right share of entries is zero, so counting them does not help. Look at the
    pattern of zeros within one row, and at an index or a shape that leaves out the last axis.
    """,
    source="Tompson et al. (2015) drop whole feature maps on purpose, in convolutional networks",
)
class drops_whole_vectors:
    """dropout_forward takes the first noise number along the last axis for all of it"""

    def dropout_forward(x, u, p, training):
        same = array_namespace(x).zeros_like(u) + u[..., :1]
        return solution.dropout_forward(x, same, p, training)


@misconception(
    caught_by="average_over_noise",
    explanation="""
    Entries are dropped, and those that are kept come out as they went in, in training as in eval
    mode. So the layer's output is too small in training: on average it is x times 1 - p. The
    weights of the next layer get used to that, and when the network is evaluated, all entries are
    there at once and its sums are larger than any it has seen. The training loss looks fine, the
    test result is poor, and more so the larger p is. Either training or eval mode has to make up
    for the missing entries; inverted dropout does it in training, so that eval mode stays free of
    it. The average over the noise must be x itself.
    """,
    source="Srivastava et al. (2014), section 4, on what is missing then; a common first version",
)
class never_scales:
    """dropout_forward multiplies by a mask of zeros and ones, and does not scale in any mode"""

    def dropout_forward(x, u, p, training):
        if not training:
            return solution.dropout_forward(x, u, p, training)
        mask = _mask(x, u, p)
        return x * mask, mask


@misconception(
    caught_by="average_over_noise",
    explanation="""
    Training only drops, and eval mode multiplies by 1 - p. That is a correct method, the one of
    the first papers: the sums are scaled down at the end to what they were on average in
    training. It is just not the inverted form that is asked for here, in which training does the
    scaling and eval mode does nothing. The two must not be mixed: a model trained by one and
    evaluated by the other is off by the factor 1 - p in every such layer. The inverted form won,
    because a network can then be used by programs that have never heard of dropout or of p. Here
    the average over the noise, in training, has to be x.
    """,
    source="Srivastava et al. (2014), figure 2: weights are scaled at test time",
)
class scales_in_eval_mode_instead_of_training:
    """dropout_forward only masks in training, and multiplies by 1 - p in eval mode"""

    def dropout_forward(x, u, p, training):
        factor = _mask(x, u, p) if training else array_namespace(x).zeros_like(x) + (1 - p)
        return x * factor, factor


@misconception(
    caught_by="training_output_at_the_edges",
    explanation="""
    An entry whose noise is exactly p was dropped, and it is to be kept. With real numbers such a
    tie would never happen; with floating-point numbers it does, and most of all at zero. The noise
    lies in [0, 1) with 0 included, so for p = 0, where nothing may ever be dropped, a comparison
    that asks for more than p still drops an entry now and then: about once in 17 million numbers
    in float32, which a large model draws in a second. In the other direction p is exact as well:
    of eight evenly spaced numbers from 0 to 7/8, a quarter lies below 0.25. Look at the
    comparison, and at what it says when both sides are equal.
    """,
    source="kakaobrain/trident#89 compares rand > p; 0 is drawn once in 2**24 numbers in float32",
)
class drops_where_the_noise_equals_p:
    """dropout_forward keeps where u > p"""

    def dropout_forward(x, u, p, training):
        beyond = array_namespace(x).where(u > p, u, -1.0 + 0.0 * u)
        return solution.dropout_forward(x, beyond, p, training)


@misconception(
    caught_by="eval_output",
    explanation="""
    In eval mode entries were dropped as in training: the argument training has no effect on the
    output. In a program this means that the same input gets another answer at every call, and a
    worse one than the network could give, since a part of its units is missing. It is the error
    behind a forgotten switch to eval mode, and one often notices only that the scores on the test
    set will not settle. The random zeros are a burden that is put on the network while it learns.
    When it is used, all units take part, the noise has no influence, and the output is the input.
    Look for the place where your code reads the flag.
    """,
    source="Forgotten model.eval(), the commonest question about dropout",
)
class drops_in_eval_mode:
    """dropout_forward ignores the argument training"""

    def dropout_forward(x, u, p, training):
        return solution.dropout_forward(x, u, p, True)


@misconception(
    caught_by="eval_output",
    explanation="""
    Training is right, with the scale in it; but eval mode multiplies by 1 - p as well. Each of the
    two scales would be right alone: one belongs to inverted dropout, the other to the form of the
    first papers, and they are two ways to repair the same thing. Done both, the output in eval
    mode is too small, by 1 - p for each dropout layer that it passes, and a network with several
    of them becomes timid: its scores shrink, its probabilities are close to each other, while the
    ranking, and so the accuracy, may hardly change. That hides it. In the inverted form eval mode
    has nothing left to do.
    """,
    source="CS231n notes 2, where both forms are shown one after the other; derived",
)
class scales_in_both_modes:
    """dropout_forward divides by 1 - p in training and multiplies by 1 - p in eval mode"""

    def dropout_forward(x, u, p, training):
        out, factor = solution.dropout_forward(x, u, p, training)
        return (out, factor) if training else (out * (1 - p), factor * (1 - p))


@misconception(
    caught_by="training_gradients",
    explanation="""
    Every entry of dx is dout divided by 1 - p, also where the forward dropped the entry. The scale
    was remembered, the mask was not. A dropped entry had no influence on the output: raise it by
    a little, and nothing changes, so its gradient is 0. With your version units that were switched
    off in this step are trained all the same, by gradients that belong to a computation in which
    they took no part, and the gradients are too large on average. It works well enough to go
    unnoticed, since the direction is roughly right. The backward needs from the forward which
    entries were dropped, and a cache is the place to keep it.
    """,
    source="ddbourgin/numpy-ml#94: the wrapper's backward divides by 1 - p and has no mask",
)
class lets_the_gradient_through_dropped_entries:
    """dropout_backward divides dout by 1 - p everywhere"""

    def dropout_forward(x, u, p, training):
        out, _ = solution.dropout_forward(x, u, p, training)
        return out, (1 / (1 - p) if training else 1.0)


@misconception(
    caught_by="training_gradients",
    explanation="""
    The zeros of dx are in the right places, and the other entries are those of dout: the scale is
    missing on the way back. The forward divided what it kept by 1 - p, so when such an entry grows
    by a little, the output grows by more than that, and the gradient must say so. It is as if the
    forward had only masked. The direction of the gradient is right, and every layer below simply
    learns more slowly, by the factor 1 - p, which looks like a learning rate that is a bit too
    small; with p = 0.1 nobody would notice. What the forward multiplied by, mask and scale
    together, the backward multiplies by.
    """,
    source="rohitg00/ai-engineering-from-scratch#17: a backward without 1/(1 - p); derived",
)
class leaves_out_the_scale_going_back:
    """dropout_backward multiplies dout by the mask of zeros and ones"""

    def dropout_backward(dout, cache):
        return array_namespace(dout).where(cache > 0, dout, 0.0 * dout)


@misconception(
    caught_by="training_gradients",
    explanation="""
    The gradient vanishes at other entries than those that were dropped: the backward made a mask
    of its own, from new noise. The share of zeros and the scale are right, so a look at the
    statistics shows nothing. But the loss was computed by a network in which certain entries were
    missing, and the gradient has to be that of this very network. With a second mask most of what
    reaches a kept entry is right or zero by chance, and entries that were dropped are trained for
    nothing. No random number has a place in a backward. Whatever was decided in the forward is
    remembered there and used again.
    """,
    source="The notes of several courses warn of it; Benny-Nottonson/voodoo#19; derived",
)
class makes_a_new_mask_going_back:
    """dropout_backward decides with new noise which entries get a gradient"""

    def dropout_forward(x, u, p, training):
        out, _ = solution.dropout_forward(x, u, p, training)
        return out, (p, training)

    def dropout_backward(dout, cache):
        p, training = cache
        return solution.dropout_forward(dout, _new_noise(dout), p, training)[0]


@misconception(
    caught_by="training_gradients",
    explanation="""
    The gradient is missing wherever the output was negative: the backward lets dout through where
    out is above zero. That is the rule of the ReLU, whose outputs are never negative, so that the
    dropped ones and the positive ones are all there is. If dropout always follows a ReLU, the rule
    even gives the right result, and the code was probably copied from there. A layer must not rely
    on what stands before it. Here x has negative entries, which are kept or dropped like the
    others, and a kept one passes its gradient on, whatever its sign. The mask depends on the noise
    and on p, and on nothing else.
    """,
    source="Derived by carrying over the ReLU's backward; passes tests with positive inputs",
)
class gates_by_the_sign_of_the_output:
    """dropout_backward passes the gradient where the output was positive"""

    def dropout_forward(x, u, p, training):
        out, factor = solution.dropout_forward(x, u, p, training)
        if not training:
            return out, factor
        return out, array_namespace(x).where(out > 0, factor, 0.0 * factor)


@misconception(
    caught_by="gradients_where_x_is_zero",
    explanation="""
    The mask was recovered from the output: entries with out equal to 0 count as dropped. For
    inputs drawn from a bell curve that is right every time, since none of them is exactly 0, and
    so all tests with random inputs pass. After a ReLU about half of the inputs are exactly 0, and
    those that were kept look just like dropped ones. Their gradient is then lost. A ReLU before
    the layer would throw it away anyway, which hides the mistake still better; but with an
    embedding, a padded sequence or another activation it is needed. A zero does not say where it
    comes from. Keep the mask itself.
    """,
    source="sony/nnabla#884: zeros of the input were masked as if they had been dropped",
)
class infers_the_mask_from_zeros_of_the_output:
    """dropout_backward takes every zero of the output for a dropped entry"""

    def dropout_forward(x, u, p, training):
        out, factor = solution.dropout_forward(x, u, p, training)
        if not training:
            return out, factor
        return out, array_namespace(x).where(out == 0, 0.0 * factor, factor)


@misconception(
    caught_by="gradients_where_x_is_zero",
    explanation="""
    The factor of each entry was recovered by dividing the output by x, and where x is 0, and the
    division impossible, dout was passed on unchanged. Nothing needs to be stored that way, and
    for every other entry the quotient is right. An entry of 0 gets a gradient that is wrong in
    both cases: if it was kept, the scale is missing, and if it was dropped, nothing should pass at
    all. After a ReLU about half of the entries are exactly 0. No rule for the zeros can repair
    this, since x and the output no longer contain what was decided. The decision was made by the
    noise, and has to be remembered.
    """,
    source="kaldi-asr/kaldi#3890: the backward compares output with input",
)
class divides_the_output_by_the_input:
    """dropout_backward multiplies dout by out / x, and by 1 where x is 0"""

    def dropout_forward(x, u, p, training):
        out, factor = solution.dropout_forward(x, u, p, training)
        return out, array_namespace(x).where(x == 0, 0.0 * factor + 1.0, factor)


@misconception(
    caught_by="eval_gradients",
    explanation="""
    In training all is well. In eval mode the forward returned x, and yet the backward applied the
    mask and the scale of training. A backward belongs to the forward that made its cache, in the
    mode in which that was called: where the output is the input, the gradient goes through
    unchanged. It is noticed late, since a network is rarely differentiated in eval mode; but that
    is done to see which inputs an answer depends on, to attack a network, or to train a few layers
    on top of a fixed one, and then the gradients are randomly full of holes. Let the cache of an
    eval-mode forward be one that lets everything pass.
    """,
    source="Derived from a mask that is computed before the flag is read",
)
class masks_the_gradient_in_eval_mode:
    """dropout_backward applies mask and scale in eval mode too"""

    def dropout_forward(x, u, p, training):
        out, _ = solution.dropout_forward(x, u, p, training)
        return out, solution.dropout_forward(x, u, p, True)[1]


@misconception(
    caught_by="eval_gradients",
    explanation="""
    In eval mode dx is dout divided by 1 - p. Nothing is masked there, as it should be, but the
    scale of training is still applied. It happens when the mask is stored in the cache and set to
    ones for eval mode, while the division by 1 - p stands in the backward itself, where it is done
    in both modes. The forward multiplied by nothing in this mode, so the gradient may not be
    multiplied by anything either. If mask and scale are kept together, as one array of factors,
    then they cannot come apart like this: each mode puts its own factors into the cache, and the
    backward has no mode to ask for.
    """,
    source="Derived from a scale that is applied outside the training branch",
)
class scales_the_gradient_in_eval_mode:
    """dropout_backward divides by 1 - p in eval mode too"""

    def dropout_forward(x, u, p, training):
        out, factor = solution.dropout_forward(x, u, p, training)
        return out, (factor if training else factor / (1 - p))


@misconception(
    caught_by="gradients_of_two_layers",
    explanation="""
    One layer alone gets the right gradient. With two in a row the first is wrong: the backward
    used the mask of the second one for both. Mask and scale were kept in one place for all calls,
    a global variable or an attribute of something shared, and the second forward wrote over what
    the first had left. Backward calls come in the reverse order of the forward calls, so whatever
    is remembered must survive until then. That is why each forward returns a cache and each
    backward is given one: every call has its own memory, and the caller keeps them apart. Look for
    a variable outside your functions, or for a cache that is never read.
    """,
    source="Derived from masks in module-level variables; any network with two such layers",
)
class remembers_only_the_latest_forward:
    """dropout_backward reads a global variable that every forward overwrites"""

    def dropout_forward(x, u, p, training):
        out, factor = solution.dropout_forward(x, u, p, training)
        _LATEST[:] = [factor]
        return out, factor

    def dropout_backward(dout, cache):
        return solution.dropout_backward(dout, _LATEST[0])
