"""Wrong implementations that students really write, each with the check that must catch it."""

from array_api_compat import array_namespace

from grader.spec import misconception, solution


def _centred(x, axis=-1):
    """x without its mean along an axis, and the biased variance there."""
    xp = array_namespace(x)
    centred = x - xp.mean(x, axis=axis, keepdims=True)
    return centred, xp.mean(centred * centred, axis=axis, keepdims=True)


def _finished(centred, std, scale, shift):
    """The output and the cache of the reference, from given parts."""
    x_hat = centred / std
    return scale * x_hat + shift, (x_hat, std, scale)


def _weights(params):
    """The arguments of the layer norm and those of the feed-forward block."""
    norm = (params["scale"], params["shift"])
    return norm, (params["w1"], params["b1"], params["w2"], params["b2"])


@misconception(
    caught_by="layer_norm_values",
    explanation="""
    The normalised numbers come out a little too small, because the squared distances were divided
    by D - 1 and not by D. With 8 features they are 0.935 times what they should be, with 768
    features 0.9993 times, so in a real model nobody sees it, and published code has it. The D - 1
    belongs to statistics: it corrects an estimate for data that were not seen. Here nothing is
    estimated; the numbers of this position are all there are, and afterwards they are to have mean
    square 1. It often comes from a library call: torch divides by D - 1 unless told otherwise, and
    NumPy divides by D. Look at how your variance or your standard deviation is computed.
    """,
    source="harvardnlp/annotated-transformer#119; measured: 0.935 at D = 8, 0.9993 at D = 768",
)
class divides_by_the_unbiased_variance:
    """layer_norm_forward divides the squared distances by D - 1"""

    def layer_norm_forward(x, scale, shift, eps=1e-5):
        xp = array_namespace(x)
        centred, variance = _centred(x)
        width = x.shape[-1]
        std = xp.sqrt(variance * width / max(width - 1, 1) + eps)
        return _finished(centred, std, scale, shift)


@misconception(
    caught_by="layer_norm_values",
    explanation="""
    The small number eps was added to the standard deviation, after the root was taken. Both places
    prevent a division by zero, and with eps = 0.00001 and a variance near 1 the two agree to five
    digits, which is why the slip lives in much published code. It shows when eps is large, as in
    some of these cases, or when the variance is small: a position with variance 0.00001 is divided
    by 0.0045 with eps inside the root and by 0.0032 with eps outside. Weights that were trained
    with one of them do not quite fit the other. Look at the line with the square root: which of
    the two numbers enters it, and what is added afterwards?
    """,
    source="Common in hand-written layers; measured: 5e-6 off at variance 1, 0.41 at 9e-6",
)
class adds_epsilon_outside_the_root:
    """layer_norm_forward divides by sqrt(variance) + eps"""

    def layer_norm_forward(x, scale, shift, eps=1e-5):
        centred, variance = _centred(x)
        return _finished(centred, array_namespace(x).sqrt(variance) + eps, scale, shift)


@misconception(
    caught_by="layer_norm_values",
    explanation="""
    The argument eps has no effect: the position was divided by its plain standard deviation, with a
    special rule, if any, for the case that it is zero. For ordinary numbers and the usual eps of
    0.00001 that makes a difference in the sixth digit, so ordinary tests pass. But eps is more
    than a guard. A position whose features hardly vary carries next to no information, and eps
    keeps its rounding errors from being blown up to the size of a signal; the larger eps is, the
    more such positions are held down. A position with variance equal to eps should come out with
    mean square one half. See where eps occurs between the first line and the last.
    """,
    source="Left out in hand-written layers; measured: 6e-6 at variance 1, 0.41 at 9e-6",
)
class leaves_out_epsilon:
    """layer_norm_forward divides by sqrt(variance), or by 1 where that is zero"""

    def layer_norm_forward(x, scale, shift, eps=1e-5):
        xp = array_namespace(x)
        centred, variance = _centred(x)
        std = xp.sqrt(xp.where(variance > 0, variance, xp.ones_like(variance)))
        return _finished(centred, std, scale, shift)


@misconception(
    caught_by="layer_norm_values",
    explanation="""
    All the positions of the batch share one mean and one variance: they were taken over the whole
    array. If every position has about the same mean and spread, as random test data have, the
    result is close to the right one, and over the whole array it even has mean 0 and variance 1.
    But what a position gives now depends on its neighbours and on the other sentences of the batch,
    so the same sentence gets another output in other company. Each position should be compared
    with nothing but itself: one mean and one variance per position, B times T of them. Look at the
    axis that your mean and variance run over, and at what happens when none is given.
    """,
    source="A reduction called without an axis; derived",
)
class takes_one_mean_for_everything:
    """layer_norm_forward takes mean and variance over the whole array"""

    def layer_norm_forward(x, scale, shift, eps=1e-5):
        centred, variance = _centred(x, axis=(0, 1, 2))
        std = array_namespace(x).sqrt(variance + eps) + 0 * x[..., :1]
        return _finished(centred, std, scale, shift)


@misconception(
    caught_by="layer_norm_ignores_offset_and_stretch",
    explanation="""
    Mean and variance were taken over the positions of a sentence, one pair for each feature, so a
    position's output depends on the other words, also on those that come after it. The shapes fit,
    the numbers are of order 1, and it looks much like batch normalisation, where such an axis is
    right. In a language model it is worse than a slip, since a position that can see later
    positions through their mean knows the future. The relations show it: moving or stretching one
    position changes others, and a position alone gets nothing but the shift. The axis that has to
    disappear in the mean is the one with the features. Look at its number.
    """,
    source="Axis 1 kept from (N, D) inputs when a time axis was added; derived",
)
class normalises_over_the_positions:
    """layer_norm_forward takes mean and variance along axis 1"""

    def layer_norm_forward(x, scale, shift, eps=1e-5):
        centred, variance = _centred(x, axis=1)
        std = array_namespace(x).sqrt(variance + eps) + 0 * x[..., :1]
        return _finished(centred, std, scale, shift)


@misconception(
    caught_by="layer_norm_values",
    explanation="""
    The shift was added before the multiplication by the scale, so it comes out multiplied by the
    scale as well. A new layer has all its scales 1 and all its shifts 0, and then the two orders
    agree exactly; a model trained with yours is just as good, too, since it can learn other shifts.
    The difference appears when weights are loaded from elsewhere, or compared with another
    implementation, as here. A constant position tells you at once: its normalised numbers are all
    0, so the output has to be the shift itself. Read the last line of the formula again and ask
    which of the two operations comes last.
    """,
    source="Brackets misplaced in hand-written layers; hidden by starting values; derived",
)
class shifts_before_it_scales:
    """layer_norm_forward computes scale * (x_hat + shift)"""

    def layer_norm_forward(x, scale, shift, eps=1e-5):
        _, cache = solution.layer_norm_forward(x, scale, shift, eps)
        return scale * (cache[0] + shift), cache


@misconception(
    caught_by="layer_norm_far_from_zero",
    explanation="""
    With ordinary numbers your outputs are right; with float32 numbers around 10,000 they are far
    off. The variance was computed as the mean of the squares minus the square of the mean. On
    paper that is the same, and it saves one pass over the data. But the squares are about 100
    million, and float32 has 7 digits, so each of the two terms is known only to a few units. Their
    difference should be about 1 and is nothing but rounding; it may even come out below zero.
    Activations with a large common offset do occur in trained models. The distances from the mean
    are small numbers and lose nothing: the order of subtracting and squaring is what matters.
    """,
    source="Chan, Golub and LeVeque (1983), section 1; measured: off by 270 at a mean of 10,000",
)
class subtracts_the_squared_mean:
    """layer_norm_forward computes the variance as mean of squares minus square of the mean"""

    def layer_norm_forward(x, scale, shift, eps=1e-5):
        xp = array_namespace(x)
        mean = xp.mean(x, axis=-1, keepdims=True)
        variance = xp.mean(x * x, axis=-1, keepdims=True) - mean * mean
        variance = xp.where(variance > 0, variance, xp.zeros_like(variance))
        return _finished(x - mean, xp.sqrt(variance + eps), scale, shift)


@misconception(
    caught_by="layer_norm_gradients",
    explanation="""
    The gradients of scale and shift are right, but dx is only the direct path: dout times scale,
    divided by the root, as if mean and variance were fixed numbers. They are not: raise one
    feature, and the mean and the variance of its position move, and with them all the other
    outputs of that position. The direct part is the largest of the three, so training makes
    progress, and a loss that is a plain sum would show nothing wrong at all. The relations do:
    moving a whole position changes no output, so its dx has to add up to zero, and yours does not.
    Two terms are missing, one for the mean and one for the variance.
    """,
    source="Batch normalisation's dx without mean and variance passes sum probes; measured",
)
class treats_mean_and_variance_as_constants:
    """layer_norm_backward returns dx = dout * scale / std"""

    def layer_norm_backward(dout, cache):
        _, dscale, dshift = solution.layer_norm_backward(dout, cache)
        _, std, scale = cache
        return dout * scale / std, dscale, dshift


@misconception(
    caught_by="layer_norm_gradients",
    explanation="""
    In dx the path through the mean is there, and the path through the variance is not. Each
    position's dx adds up to zero, as it should, so half of the sanity checks pass. The other half
    does not: stretching a position leaves the output as it is when eps is 0, so dx must not point
    along x, and yours does. The variance is easily lost, because the derivative of the squared
    distances with respect to the mean is zero, and it is tempting to conclude that everything
    about the variance drops out. It reaches each feature directly as well. The missing term is
    proportional to x_hat and removes what dx has in that direction.
    """,
    source="Ba, Kiros and Hinton (2016), section 5.1: invariances; derived",
)
class treats_the_variance_as_constant:
    """layer_norm_backward leaves out the term with x_hat"""

    def layer_norm_backward(dout, cache):
        xp = array_namespace(dout)
        _, dscale, dshift = solution.layer_norm_backward(dout, cache)
        _, std, scale = cache
        dx_hat = dout * scale
        return (dx_hat - xp.mean(dx_hat, axis=-1, keepdims=True)) / std, dscale, dshift


@misconception(
    caught_by="layer_norm_gradients",
    explanation="""
    In dx the incoming gradient was used as it is, without the scale. The scale stands between the
    normalised numbers and the output, so the gradient has to be multiplied by it on its way back,
    before the two means are taken. A fresh layer has all its scales equal to 1, and then the two
    results agree in every digit; that is how it gets past a quick test. After some training the
    scales differ, and dx points in another direction: multiplying the finished dx by the scale
    does not repair it, since the two means would still be made of the wrong numbers. The gradients
    of scale and shift are not affected. Look at the first line of your calculation of dx.
    """,
    source="Tests with a scale of ones cannot see it; derived",
)
class forgets_the_scale_going_back:
    """layer_norm_backward uses dout as the gradient of x_hat"""

    def layer_norm_backward(dout, cache):
        xp = array_namespace(dout)
        x_hat, std, scale = cache
        _, dscale, dshift = solution.layer_norm_backward(dout, cache)
        dx, _, _ = solution.layer_norm_backward(dout, (x_hat, std, xp.ones_like(scale)))
        return dx, dscale, dshift


@misconception(
    caught_by="layer_norm_gradients",
    explanation="""
    The gradient of the scale was made with the wrong array: dout times the numbers that entered,
    less their mean, but not yet divided by the root. The scale multiplies the normalised numbers,
    so how fast the output grows with the scale is given by these and by nothing else. The two
    arrays differ by one factor per position, and if the variances happen to be near 1, as with
    random test data, the two gradients are nearly equal. With inputs of another size the scale
    would learn too fast or too slowly. Ask of the forward's last line what stands next to the
    scale, and look at what your cache holds under that name.
    """,
    source="The wrong one of two cached arrays; derived",
)
class pairs_dout_with_the_centred_input:
    """layer_norm_backward sums dout * (x - mean) for dscale"""

    def layer_norm_backward(dout, cache):
        xp = array_namespace(dout)
        x_hat, std, _ = cache
        dx, _, dshift = solution.layer_norm_backward(dout, cache)
        return dx, xp.sum(dout * x_hat * std, axis=(0, 1)), dshift


@misconception(
    caught_by="rms_norm_values",
    explanation="""
    The mean was subtracted before the division, so this is a layer norm without the shift. That is
    the very step which RMSNorm leaves out: its authors found that the stretching matters and the
    moving hardly does, and saved the work. If the numbers of every position have a mean near zero,
    as random test data do, the two agree closely. Weights of a model that was trained with RMSNorm
    do not work with yours, because a common offset of a position carries information there. A
    single feature shows it best: it should come out as plus or minus the scale, and with the mean
    taken off it is zero. Look at the numerator and at what is squared.
    """,
    source="Common in hand-written RMSNorm; notes on layer norm and RMSNorm; derived",
)
class subtracts_the_mean_in_rms_norm:
    """rms_norm takes the mean off first"""

    def rms_norm(x, scale, eps=1e-6):
        return solution.rms_norm(_centred(x)[0], scale, eps)


@misconception(
    caught_by="rms_norm_values",
    explanation="""
    The squares were added up and not averaged, so each position was divided by its length, and the
    result has length 1 where its mean square should be 1. All outputs are too small by the root of
    D: 1.7 times with 3 features, 28 times with 768. The direction is right, every relation about
    stretching holds, and a learned scale can make up for the factor, so training hides it. But the
    numbers that enter the next layer are then tiny at the start, and weights trained elsewhere do
    not fit. The letter M in the name stands for the mean. Compare the mean square of one output
    position, with a scale of ones and a small eps, with 1.
    """,
    source="Zhang and Sennrich (2019) against plain L2 normalisation; seen in hand-written layers",
)
class divides_by_the_length:
    """rms_norm divides by the root of the sum of the squares"""

    def rms_norm(x, scale, eps=1e-6):
        xp = array_namespace(x)
        return scale * x / xp.sqrt(xp.sum(x * x, axis=-1, keepdims=True) + eps)


@misconception(
    caught_by="rms_norm_values",
    explanation="""
    Each position was multiplied by its root mean square, where it should be divided by it: large
    positions become larger still and small ones vanish. The usual cause is the function rsqrt,
    which is one over the root already; dividing by it, or multiplying by the plain root, turns the
    norm into its opposite. Nothing fails, and at the start, when the mean squares are close to 1,
    neither can be told from the other. A few layers later the numbers explode or die. Take one
    position and double it: the output ought to stay where it was, and yours becomes four times as
    large. Read the line with the root and ask on which side of the fraction it stands.
    """,
    source="mosaicml/llm-foundry#372: divides by rsqrt",
)
class multiplies_by_the_root:
    """rms_norm multiplies x by the root mean square"""

    def rms_norm(x, scale, eps=1e-6):
        xp = array_namespace(x)
        return scale * x * xp.sqrt(xp.mean(x * x, axis=-1, keepdims=True) + eps)


@misconception(
    caught_by="rms_norm_values",
    explanation="""
    When eps is given your RMSNorm is right; when it is not, it uses another one than the README
    says. The number was copied from the layer norm, which has 0.00001, ten times as much. With
    inputs of order 1 that changes the sixth digit, so hardly any test looks for it. For numbers of
    the size of 0.001, the mean square is itself about as large as eps, and the outputs are wrong
    by a factor. Different models use different values, and loading weights with the wrong one
    gives answers that are slightly off at every layer, for no visible reason. Compare the default
    in your signature with the conventions.
    """,
    source="keras-team/keras-hub#642: a wrong epsilon",
)
class takes_the_epsilon_of_the_layer_norm:
    """rms_norm has a default eps of 1e-5"""

    def rms_norm(x, scale, eps=1e-5):
        return solution.rms_norm(x, scale, eps)


@misconception(
    caught_by="feed_forward_values",
    explanation="""
    There is no ReLU between the two layers, or its result was not used. Where the hidden sums are
    all positive your output is right; as soon as one is negative it is not. Two affine layers in a
    row are just one affine layer, so the block, which holds about two thirds of the weights of a
    Transformer, can do no more than a single matrix could. It still trains, and on a small task the
    loss looks respectable, because attention and the norms remain nonlinear. Take one position, one
    hidden unit and a bias so low that its sum is negative: the output must be b2 alone. Follow the
    array that enters the second product.
    """,
    source="Goodfellow et al. (2016), section 6.1: stacked linear maps stay linear; derived",
)
class leaves_out_the_activation:
    """feed_forward_forward computes (x @ w1 + b1) @ w2 + b2"""

    def feed_forward_forward(x, w1, b1, w2, b2):
        _, cache = solution.feed_forward_forward(x, w1, b1, w2, b2)
        return (x @ w1 + b1) @ w2 + b2, cache


@misconception(
    caught_by="feed_forward_gradients",
    explanation="""
    The gradient was let through where it is positive itself, when it should pass where the hidden
    sum was positive in the forward pass. It is the sign of the wrong array: going back, the ReLU's
    slope is decided by what came forward, and the incoming gradient only says how much is to be
    multiplied. The gradients of w2 and b2 are right, because they lie before the ReLU on the way
    back. About half of the other entries agree by chance, so a network even trains for a while,
    and with a loss whose gradients are all positive the slip is invisible. Look at which array is
    compared with zero, and whether your cache holds the one you need.
    """,
    source="The ReLU backward of exercise 07, the same slip in a chain; derived",
)
class masks_by_the_sign_of_the_gradient:
    """feed_forward_backward passes the gradient where the gradient is positive"""

    def feed_forward_backward(dout, cache):
        xp = array_namespace(dout)
        x, _, w1, w2 = cache
        dhidden = dout @ w2.T
        dz = xp.where(dhidden > 0, dhidden, xp.zeros_like(dhidden))
        _, _, _, dw2, db2 = solution.feed_forward_backward(dout, cache)
        dw1 = xp.sum(xp.matrix_transpose(x) @ dz, axis=0)
        return dz @ w1.T, dw1, xp.sum(dz, axis=(0, 1)), dw2, db2


@misconception(
    caught_by="feed_forward_gradients",
    explanation="""
    All gradients but one are right: db1 was summed from the gradient as it arrived at the hidden
    units, before the ReLU had stopped part of it. A bias is added to the sums that enter the ReLU,
    so a unit that was silent at a position had no influence there, and its bias gets nothing from
    it. The two arrays have the same shape and often similar names, and since the weights are
    updated correctly, training barely suffers. With every hidden unit silent the error is plain:
    no gradient at all may reach w1 or b1, and yours is not zero. Use the array that dw1 is made of
    for both.
    """,
    source="Two gradients of the same shape in one function; derived",
)
class sums_the_first_bias_before_the_mask:
    """feed_forward_backward sums db1 from the gradient of the hidden units' outputs"""

    def feed_forward_backward(dout, cache):
        xp = array_namespace(dout)
        dx, dw1, _, dw2, db2 = solution.feed_forward_backward(dout, cache)
        return dx, dw1, xp.sum(dout @ cache[3].T, axis=(0, 1)), dw2, db2


@misconception(
    caught_by="residual_values",
    explanation="""
    The two orders are exchanged: for "pre" you normalise the sum, and for "post" you normalise what
    enters the block. Pre and post tell where the norm stands relative to the block: before it, or
    after the addition. The paper that introduced the Transformer has it after, a well-known
    annotated version of it before, and explanations of the one beside listings of the other are
    common. Both train. With the block's last layer set to zero you can tell them
    apart: "pre" must give back x untouched, whereas "post" gives its norm. Compare your two
    branches with the two lines of the formula.
    """,
    source="harvardnlp/annotated-transformer#92: the text says post, the code does pre",
)
class exchanges_pre_and_post:
    """residual_forward does "post" for "pre" and the other way round"""

    def residual_forward(x, params, order):
        return solution.residual_forward(x, params, "post" if order == "pre" else "pre")


@misconception(
    caught_by="residual_values",
    explanation="""
    In the order "pre" the block's result was added to the normalised x and not to x itself. It
    happens when one name is used for both, or when a norm works in place: after it the old x is
    gone, and the addition picks up what is left. The result has a sensible size, and a model trains
    with it. But the point of the order "pre" is a path on which nothing happens, from the first
    layer to the last, for the signal and for its gradient; here every layer rescales that path.
    With w2 and b2 zero the output must equal x exactly, and yours is its norm. Watch which array
    stands on the left of the plus sign.
    """,
    source="GeeeekExplorer/nano-vllm#170: the residual was overwritten in place",
)
class adds_to_the_normalised_input:
    """residual_forward computes norm(x) + ffn(norm(x)) for "pre" """

    def residual_forward(x, params, order):
        norm, branch = _weights(params)
        out, cache = solution.residual_forward(x, params, order)
        if order == "pre":
            normed, _ = solution.layer_norm_forward(x, *norm)
            out = normed + solution.feed_forward_forward(normed, *branch)[0]
        return out, cache


@misconception(
    caught_by="residual_values",
    explanation="""
    In the order "post" the input x does not take part in the sum: the output is the norm of the
    block's result alone, and the order "pre" is right. Without the connection the block has to
    carry on everything that was known about a position, and what its few hidden units do not pass
    is lost; a few such layers can be trained, many cannot. In tests with one layer the outputs
    look as they should, with mean shift and spread scale, because the norm makes any input look
    like that. If w2 and b2 are zero, the right result is the norm of x, while yours is constant.
    Check what exactly you hand to the norm.
    """,
    source="He et al. (2016), section 3: the shortcut left out; derived",
)
class drops_the_input_in_the_post_order:
    """residual_forward computes norm(ffn(x)) for "post" """

    def residual_forward(x, params, order):
        norm, branch = _weights(params)
        out, cache = solution.residual_forward(x, params, order)
        if order == "post":
            out, _ = solution.layer_norm_forward(
                solution.feed_forward_forward(x, *branch)[0], *norm
            )
        return out, cache


@misconception(
    caught_by="residual_values",
    explanation="""
    In the order "post" you normalised the block's result and added x afterwards. The norm does
    come after the block, so the name seems to fit, and some models are built like this. But here,
    as in the original Transformer, "post" means after the addition: the sum of both is normalised,
    and what leaves the layer has the mean and the spread of the norm, whatever x was. In yours x
    goes through unchanged and grows from layer to layer. To see which one you have, multiply x by
    100: the right output stays of the size of scale and shift, while yours follows x. Look at which
    operation is the last one.
    """,
    source="Vaswani et al. (2017), section 3.1, LayerNorm(x + Sublayer(x)) misread; derived",
)
class adds_the_input_after_the_norm:
    """residual_forward computes x + norm(ffn(x)) for "post" """

    def residual_forward(x, params, order):
        norm, branch = _weights(params)
        out, cache = solution.residual_forward(x, params, order)
        if order == "post":
            added, _ = solution.feed_forward_forward(x, *branch)
            out = x + solution.layer_norm_forward(added, *norm)[0]
        return out, cache


@misconception(
    caught_by="residual_gradients",
    explanation="""
    All parameter gradients are right, but dx holds only what came back through the branch; the
    gradient of the addition itself is missing. An addition hands its gradient to both of its
    inputs. Since x is used twice, once in the branch and once in the sum, its gradient is the sum
    of two, and yours is the smaller one. For a single layer this looks harmless, because the
    parameters above x learn as they should. In a stack, the layers below receive a gradient that
    shrinks with each block, which is exactly what the connection was invented to prevent. Draw
    both ways from x to the output and count the arrows that lead back.
    """,
    source="He et al. (2016), identity mappings, section 2, equation 5: the term 1; derived",
)
class forgets_the_gradient_of_the_skip:
    """residual_backward returns only the branch's share of dx"""

    def residual_backward(dout, cache):
        dx, dparams = solution.residual_backward(dout, cache)
        order, norm_cache, _ = cache
        if order == "post":
            dout, _, _ = solution.layer_norm_backward(dout, norm_cache)
        return dx - dout, dparams


@misconception(
    caught_by="residual_gradients",
    explanation="""
    The parameter gradients are right, and dx holds what came along the connection; what came back
    through the block was computed for the parameters and then not added. It is the first array
    that the block's backward returns, and it is easily thrown away. In the order "pre" your dx is
    just dout, as though the block did not depend on x at all. Its layers learn, yet they never tell
    the layers below what they need, so a stack trains, only worse than it could, and no error is
    raised. Where one array is used in two places, two gradients have to meet: find the second use
    of x and the gradient that belongs to it.
    """,
    source="The branch's dx assigned to an unused name; derived",
)
class forgets_the_gradient_of_the_branch:
    """residual_backward returns only the skip's share of dx"""

    def residual_backward(dout, cache):
        _, dparams = solution.residual_backward(dout, cache)
        order, norm_cache, _ = cache
        if order == "post":
            dout, _, _ = solution.layer_norm_backward(dout, norm_cache)
        return dout, dparams


@misconception(
    caught_by="residual_gradients",
    explanation="""
    In the order "post" dx contains dout itself: along the connection the gradient was carried past
    the norm. In the order "pre" that is right, since there the addition is the last operation. In
    the order "post" the norm comes last, so everything that goes back has to pass it first, and
    what it hands down is then given to both sides of the addition. The branch and the parameters
    are right in yours, which makes the slip hard to see; training does not fail, since dout points
    roughly the right way. Go through the forward from its end: which operation made out, and which
    array did that operation receive?
    """,
    source="The pre-norm backward kept for post-norm; derived",
)
class carries_the_gradient_past_the_norm:
    """residual_backward adds dout to the branch's dx in the order "post" """

    def residual_backward(dout, cache):
        dx, dparams = solution.residual_backward(dout, cache)
        order, norm_cache, _ = cache
        if order == "post":
            dsum, _, _ = solution.layer_norm_backward(dout, norm_cache)
            dx = dx - dsum + dout
        return dx, dparams
