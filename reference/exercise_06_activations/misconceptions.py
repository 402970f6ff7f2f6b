"""Wrong implementations that students really write, each with the check that must catch it."""

from array_api_compat import array_namespace, device

from grader.spec import misconception, solution


def _grouped(x, k):
    return array_namespace(x).reshape(x, (x.shape[0], x.shape[1] // k, k))


@misconception(
    caught_by="sigmoid_forward_values",
    explanation="""
    Your curve runs the wrong way: large entries give numbers near 0, and very negative ones give
    numbers near 1. The exponent has lost its minus sign, so 1 / (1 + exp(x)) is computed, which is
    the sigmoid of -x and also 1 minus the sigmoid. The results still lie between 0 and 1, and at
    x = 0 they are exactly right, so a quick look does not show it. A network can even learn with
    it, because the weights simply take the opposite sign. The gradient then disagrees, unless it
    was derived from the wrong formula too. Check one entry by hand: at x = 2 the sigmoid is above
    one half.
    """,
    source="Sign slip in the logistic function; Bishop (2006), equation 4.59; derived",
)
class loses_the_minus_in_the_exponent:
    """sigmoid_forward computes 1 / (1 + exp(x))"""

    def sigmoid_forward(x):
        return solution.sigmoid_forward(-x)


@misconception(
    caught_by="sigmoid_backward_gradients",
    explanation="""
    The slope was computed as x times (1 - x), with the input in the place of the output. The
    formula out · (1 - out) is so short because it is written with the value that the sigmoid has
    already produced. With x in it the slope is no slope of a sigmoid: at x = 2 it is -2, although
    the curve rises everywhere and is nowhere steeper than one quarter. In many programs the
    derivative is a function of one argument called x that expects to be given the output, and
    copying its body without that habit leads here. It runs, and its shape is right. Look at what
    your forward keeps in the cache, and at which array the backward takes out of it.
    """,
    source="Derivative written for the output and given the input, seen in many tutorials; derived",
)
class puts_the_input_into_the_slope:
    """sigmoid_backward multiplies dout by x (1 - x)"""

    def sigmoid_forward(x):
        return solution.sigmoid_forward(x)[0], x

    def sigmoid_backward(dout, cache):
        return dout * cache * (1 - cache)


@misconception(
    caught_by="sigmoid_backward_gradients",
    explanation="""
    The sigmoid was applied twice: the backward computes the sigmoid of the cached output and builds
    the slope from that. An output lies between 0 and 1, and its sigmoid lies between 0.5 and 0.73,
    so your slopes all lie between 0.19 and 0.25, however far x is from 0. They are positive and of
    a believable size, and training works, which is why this mistake is among the commonest of all:
    the derivative was written for x, and then it was called with the output. Where the curve is
    flat the true slope is nearly 0, and yours never gets there. Decide once whether the cache holds
    x or the output, and use the formula that fits.
    """,
    source="Derivative written for the input and given the output, seen in many tutorials; derived",
)
class applies_the_sigmoid_twice:
    """sigmoid_backward builds the slope from the sigmoid of the output"""

    def sigmoid_backward(dout, cache):
        twice, _ = solution.sigmoid_forward(cache)
        return dout * twice * (1 - twice)


@misconception(
    caught_by="sigmoid_backward_gradients",
    explanation="""
    The result is the slope of the sigmoid, whatever dout holds. The slope says how fast the output
    changes with x; what is asked is how fast the loss changes with x, and that takes one more
    factor: how fast the loss changes with the output. This factor is dout, the first argument. If
    dout is made of ones the two are equal, so a test that asks for the gradient of the plain sum of
    the outputs does not notice; that is why random numbers are used here. In a network this
    backward would cut the connection between the loss and everything before it. Look for a backward
    that never mentions dout.
    """,
    source="harvard-edge/cs249r_book#2056: upstream gradient ignored",
)
class ignores_the_incoming_gradient:
    """sigmoid_backward returns the slope without dout"""

    def sigmoid_backward(dout, cache):
        return cache * (1 - cache)


@misconception(
    caught_by="sigmoid_is_stable",
    explanation="""
    Moderate entries are right, and an entry of 1000 gives nan: the sigmoid was written as exp(x)
    divided by (1 + exp(x)). In float64 the exponential is infinite above 709.8 (in float32 above
    88.7), and infinity divided by infinity is not a number. The form is correct mathematics, and it
    is even the better one for negative x, where exp(x) is small; on paper nothing tells the two
    forms apart. A single nan spreads through every later layer, and after one update all weights
    are nan. Use an expression in which no exponent is positive: one form for each side of 0, or one
    exponential of minus the absolute value.
    """,
    source="Goodfellow et al. (2016), section 4.1; overflow limits measured",
)
class divides_infinity_by_infinity:
    """sigmoid_forward computes exp(x) / (1 + exp(x))"""

    def sigmoid_forward(x):
        e = array_namespace(x).exp(x)
        out = e / (1 + e)
        return out, out


@misconception(
    caught_by="sigmoid_is_stable",
    explanation="""
    The outputs are right everywhere, and so is the gradient for moderate entries; at -1000 it is
    nan. The slope was computed from x once more, as exp(-x) divided by the square of
    (1 + exp(-x)). At -1000 both are infinite. The forward survives the same exponential, because
    there it divides 1 by infinity, which is 0, and so it seems that the formula is safe; but the
    backward has it in the numerator as well. The forward has already done the hard work: its output
    is known, lies between 0 and 1, and the slope can be written with nothing else. No exponential
    has to be taken on the way back.
    """,
    source="Measured: exp(-x) overflows for x below -709.8",
)
class takes_the_exponential_again:
    """sigmoid_backward computes exp(-x) / (1 + exp(-x))² from x"""

    def sigmoid_forward(x):
        return solution.sigmoid_forward(x)[0], x

    def sigmoid_backward(dout, cache):
        e = array_namespace(dout).exp(-cache)
        return dout * (e / (1 + e) ** 2)


@misconception(
    caught_by="tanh_values_and_gradients",
    explanation="""
    The slope was taken as 1 minus the output, where 1 minus the square of the output is asked. The
    two agree where the output is 0 and where it is 1, so near 0 and far to the right everything
    looks fine. On the left it goes wrong visibly: the output tends to -1, and your slope tends to
    2, although the curve becomes flat there and its slope tends to 0. The square is also what makes
    the slope the same on both sides, as it must be for a curve that is symmetric about the origin.
    Perhaps one factor of the sigmoid's formula was remembered. Test with a negative entry; positive
    ones alone hardly show it.
    """,
    source="Common slip between the derivatives of sigmoid and tanh; derived",
)
class forgets_to_square_the_output:
    """tanh_backward multiplies dout by 1 - out"""

    def tanh_backward(dout, cache):
        return dout * (1 - cache)


@misconception(
    caught_by="tanh_values_and_gradients",
    explanation="""
    Entries of moderate size are right, and entries of 1000 or -1000 give nan. The formula was
    written as it stands in the textbook, a quotient of a difference and a sum of exp(x) and
    exp(-x). Above 709.8 one of these exponentials is infinite in float64, so the quotient is
    infinity divided by infinity. The answer should be 1 or -1, to all digits. Ordinary tests use
    numbers near 0 and pass. In practice such entries come up when a learning rate is too large, and
    then one nan spoils all weights. The library's own hyperbolic tangent takes care of this; if you
    write the quotient yourself, rearrange it so that no exponent is positive.
    """,
    source="karpathy/micrograd#74: tanh through exp overflows",
)
class computes_tanh_from_two_exponentials:
    """tanh_forward divides exp(x) - exp(-x) by exp(x) + exp(-x)"""

    def tanh_forward(x):
        xp = array_namespace(x)
        up, down = xp.exp(x), xp.exp(-x)
        out = (up - down) / (up + down)
        return out, out


@misconception(
    caught_by="relu_values_and_gradients",
    explanation="""
    The incoming gradient was multiplied by the output of the ReLU. Negative entries come out right,
    since the output is 0 there, but at positive entries the result grows with x, and it should not:
    the ReLU is a straight line there, with the same slope everywhere. It looks like the sigmoid and
    the hyperbolic tangent, whose slopes are made of the output, and the zeros are in the right
    places, so a look at the pattern does not show it. What you need from the forward pass is only
    which entries were positive, and not how large they were. Test with an entry of 3: the result
    must be dout itself.
    """,
    source="Output used in place of the mask; derived",
)
class multiplies_by_the_output:
    """relu_backward returns dout times the output"""

    def relu_forward(x):
        out, _ = solution.relu_forward(x)
        return out, out

    def relu_backward(dout, cache):
        return dout * cache


@misconception(
    caught_by="relu_values_and_gradients",
    explanation="""
    Entries that are exactly 0 give nan. The slope was computed as the output divided by x, which is
    1 for positive entries and 0 for negative ones, as it should be, and 0 divided by 0 in between.
    The ReLU has a corner at 0, and any slope from 0 to 1 is accepted there, but nan is not a slope.
    Random test inputs are never exactly 0, so the tests pass; real data often is, for example when
    the input comes from another ReLU or from black pixels, and then a single nan spreads to every
    weight. The slope depends only on the sign of x. Decide by a comparison, and no division is
    needed.
    """,
    source="Slope as a quotient; exact zeros are common behind another ReLU; derived",
)
class divides_the_output_by_the_input:
    """relu_backward takes out / x as the slope"""

    def relu_forward(x):
        out, _ = solution.relu_forward(x)
        return out, (out, x)

    def relu_backward(dout, cache):
        out, x = cache
        return dout * (out / x)


@misconception(
    caught_by="leaky_relu_values_and_gradients",
    explanation="""
    Positive entries are multiplied by the slope, and negative ones pass unchanged: the two sides
    are exchanged, forward and backward alike. The forward and the backward fit each other, so a
    test that compares your gradient with differences of your own forward says that all is well.
    The function bends the wrong way: it shuts down where a unit should be active and is open
    where it should be nearly shut. It often comes from the two last arguments of a selection in
    the wrong order, or from a comparison turned round. Take one entry, 3, with a slope of 0.1. The
    output must be 3, since on the positive side a leaky ReLU is the ReLU.
    """,
    source="Arguments of where() exchanged; derived",
)
class leaks_on_the_wrong_side:
    """leaky_relu_forward and its backward apply the slope to positive entries"""

    def leaky_relu_forward(x, slope):
        out, slopes = solution.leaky_relu_forward(-x, slope)
        return -out, slopes


@misconception(
    caught_by="leaky_relu_values_and_gradients",
    explanation="""
    The outputs are right, but no gradient comes back for negative entries: they receive 0, as from
    the plain ReLU. The forward multiplies negative entries by the slope, so the loss does depend on
    them, only weakly, and their gradient is dout times that slope. This is the very reason for
    which the leaky ReLU was made: a unit whose input is negative for all examples gets no gradient
    from a ReLU and can never recover. With your backward it is lost in the same way, and since the
    forward looks right, only a comparison of gradients shows it. Look at what your backward does
    where x was not positive, and whether the slope has reached it.
    """,
    source="Backward left over from the ReLU; Maas et al. (2013), section 2; derived",
)
class keeps_the_backward_of_the_plain_relu:
    """leaky_relu_backward gives 0 to negative entries"""

    def leaky_relu_forward(x, slope):
        return solution.leaky_relu_forward(x, slope)[0], x > 0

    def leaky_relu_backward(dout, cache):
        return solution.relu_backward(dout, cache)


@misconception(
    caught_by="leaky_relu_values_and_gradients",
    explanation="""
    For slopes below 1 everything is right; for a slope of 2.5 it is not. You took the larger of x
    and slope times x. With a slope below 1 the larger one is x on the positive side and slope times
    x on the negative side, just as the definition wants. With a slope above 1 the order is
    reversed, and both sides get the wrong one. The usual slopes are 0.01 or 0.2, so the shortcut is
    found in many places and works there. The conventions here allow any slope from 0 on, and a
    network that learns its slope may well go above 1. The definition decides by the sign of x, not
    by the size of the results.
    """,
    source="max(x, slope * x), correct for slopes up to 1 only; compare He et al. (2015), PReLU",
)
class takes_the_larger_of_two_lines:
    """leaky_relu_forward returns the larger of x and slope * x"""

    def leaky_relu_forward(x, slope):
        xp = array_namespace(x)
        steep = x > slope * x
        slopes = xp.where(steep, xp.ones_like(x), xp.full_like(x, slope))
        return slopes * x, slopes


@misconception(
    caught_by="elu_forward_values",
    explanation="""
    The negative side is off by a constant, alpha minus 1: alpha multiplies the exponential only,
    and then 1 is subtracted. The definition multiplies the whole difference. With alpha = 1, which
    is the usual choice and the default of most libraries, the two are the same, so a test with the
    default passes. With another alpha your curve jumps at 0, and it levels off at -1 where it
    should level off at -alpha. Even the gradient can look right, because a constant has no
    derivative; but if the slope is taken as output plus alpha, it is off too. Put the bracket back,
    and test with an alpha of 2.
    """,
    source="Bracket lost in alpha * (exp(x) - 1); hidden by alpha = 1; derived",
)
class multiplies_the_exponential_only:
    """elu_forward computes alpha * exp(x) - 1 on the negative side"""

    def elu_forward(x, alpha):
        xp = array_namespace(x)
        out, (positive, _, _) = solution.elu_forward(x, alpha)
        out = xp.where(positive, out, out + (alpha - 1))
        return out, (positive, out, alpha)


@misconception(
    caught_by="elu_forward_values",
    explanation="""
    Entries of ordinary size are right, and an entry of 1000 gives nan where 1000 is expected. Both
    sides were computed for every entry, multiplied by a mask of zeros and ones, and added. For a
    large positive entry the exponential of the unused side is infinite, and 0 times infinity is not
    0 but nan, which the addition then carries into the result. A multiplication by 0 does not
    remove a value; it only works as long as the value is finite. A selection by condition does
    remove it. Better still, limit the argument of the exponential to numbers that are not positive,
    since the others are not used anyway.
    """,
    source="Masking by multiplication; measured: 0 * inf is nan from x = 709.8 on",
)
class masks_by_multiplication:
    """elu_forward adds both sides, each multiplied by a mask"""

    def elu_forward(x, alpha):
        xp = array_namespace(x)
        positive = x > 0
        right = xp.astype(positive, x.dtype)
        out = right * x + (1 - right) * (alpha * (xp.exp(x) - 1))
        return out, (positive, out, alpha)


@misconception(
    caught_by="elu_backward_gradients",
    explanation="""
    On the negative side the slope was taken as x plus alpha, where the output plus alpha is asked.
    The derivative of alpha · (exp(x) - 1) is alpha · exp(x), and that equals the output plus alpha,
    because the output is alpha · exp(x) minus alpha. The input x has no such relation to it. Near
    0 the two are close, since output and input are both near 0 there, so small entries look right.
    Further out your slope becomes negative, which would mean that the curve falls; it rises
    everywhere. A slope of the ELU lies between 0 and alpha on this side. Look at what your cache
    holds under the name you use in this formula.
    """,
    source="Common in hand-written ELU layers: x in place of the output; derived",
)
class adds_alpha_to_the_input:
    """elu_backward takes x + alpha as the slope on the negative side"""

    def elu_forward(x, alpha):
        out, (positive, _, _) = solution.elu_forward(x, alpha)
        return out, (positive, x, alpha)


@misconception(
    caught_by="elu_backward_gradients",
    explanation="""
    On the negative side your gradient is too large or too small by a constant factor, and the
    factor is alpha: the slope was taken as exp(x), or as the output plus 1. Both are right for
    alpha = 1, the usual default, so a test with the default does not see it, and the forward is
    right in any case. In the definition alpha multiplies the exponential, and a constant factor
    stays in a derivative. In the other form the same alpha is what has to be added to the output.
    If your cache holds only the output, alpha could not reach the backward at all, which is the
    usual reason for this mistake. Test with alpha = 2.
    """,
    source="alpha = 1 assumed in the derivative; derived",
)
class leaves_alpha_out_of_the_slope:
    """elu_backward takes exp(x) as the slope on the negative side"""

    def elu_backward(dout, cache):
        positive, out, alpha = cache
        return array_namespace(dout).where(positive, dout, dout * (out / alpha + 1))


@misconception(
    caught_by="maxout_forward_values",
    explanation="""
    Each output is the maximum of k entries of x, but of the wrong ones. Your groups hold columns
    that lie U apart, such as 0, 3, 6 for three units; the convention here is that the members of a
    group are neighbours. Both layouts are in use, both give the right shape, and a network that is
    trained from the start does equally well with either, so nothing tells you until weights or
    results are exchanged with somebody. It happens when the row is given the shape k by U rather
    than U by k before the maximum is taken, or when the maximum is taken over the wrong one of the
    two axes. Write down the groups for six columns and k = 2.
    """,
    source="Maxout reduced over the wrong group axis; layouts differ between libraries; derived",
)
class groups_columns_that_lie_apart:
    """maxout_forward takes the maximum over columns u, u + U, u + 2U, …"""

    def maxout_forward(x, k):
        xp = array_namespace(x)
        units = x.shape[1] // k
        groups = xp.reshape(x, (x.shape[0], k, units))
        return solution.maxout_forward(
            xp.reshape(xp.matrix_transpose(groups), (x.shape[0], units * k)), k
        )


@misconception(
    caught_by="maxout_forward_values",
    explanation="""
    A group with only negative entries gives 0, a number that does not occur in it. The search for
    the maximum was started at 0, or a ReLU was put on top. Groups with a positive entry are right,
    so with k = 4 and random numbers only about one group in sixteen shows the mistake. A maxout
    unit needs no other activation and has no floor: its output may be negative, as it must be to
    form shapes such as the absolute value minus 1. A search for a largest number has to start from
    one of the numbers, or from minus infinity. Test with a group such as -2 and -5, whose maximum
    is -2.
    """,
    source="Running maximum started at zero; compare Goodfellow et al. (2013), section 3",
)
class starts_the_maximum_at_zero:
    """maxout_forward never returns less than 0"""

    def maxout_forward(x, k):
        out, cache = solution.maxout_forward(x, k)
        return solution.relu_forward(out)[0], cache


@misconception(
    caught_by="maxout_backward_gradients",
    explanation="""
    Every member of a group received the group's incoming gradient, winners and losers alike. Only
    the winner had any influence on the output: if you raise one of the others a little, the maximum
    stays as it is, so its slope is 0 and so is its gradient. Repeating dout k times brings the
    right shape back, and that makes it look finished. It is the backward of a sum over the group,
    in which each member does count. The gradients of a group must add up to its entry of dout, and
    yours add up to k times that. The forward has to remember which member won, so that the backward
    can leave the others at 0.
    """,
    source="Gradient broadcast over the pooled axis without the switch; derived",
)
class rewards_the_losers_too:
    """maxout_backward repeats dout for all members of a group"""

    def maxout_backward(dout, cache):
        xp = array_namespace(dout)
        _, k = cache
        spread = xp.ones((1, 1, k), dtype=dout.dtype, device=device(dout)) * dout[:, :, None]
        return xp.reshape(spread, (dout.shape[0], dout.shape[1] * k))


@misconception(
    caught_by="maxout_backward_gradients",
    explanation="""
    Groups with a clear winner are right. Where two members share the maximum, both received the
    whole incoming gradient, so the group passes on twice what came in. It comes from a comparison
    of all members with the maximum: every member that equals it gets a 1. With random real numbers
    ties do not occur, and the tests pass; with inputs that have been through a ReLU, or that are
    rounded, ties are frequent, and then the gradient is too large. At a tie one member has to be
    chosen, and the convention here is the first. Keep the position of the winner rather than its
    value: a position names exactly one member.
    """,
    source="Mask x == max without a tie-break; frequent in hand-written pooling layers; derived",
)
class pays_every_tied_winner_in_full:
    """maxout_backward gives dout to all members that equal the maximum"""

    def maxout_forward(x, k):
        xp = array_namespace(x)
        out, _ = solution.maxout_forward(x, k)
        return out, xp.astype(_grouped(x, k) == out[:, :, None], x.dtype)

    def maxout_backward(dout, cache):
        xp = array_namespace(dout)
        n, units, k = cache.shape
        return xp.reshape(cache * dout[:, :, None], (n, units * k))
