"""Wrong implementations that students really write, each with the check that must catch it."""

from array_api_compat import array_namespace, device

from grader.spec import misconception, solution


def _one_hot(scores, y):
    xp = array_namespace(scores)
    return xp.astype(y[:, None] == xp.arange(scores.shape[1], device=device(y)), scores.dtype)


@misconception(
    caught_by="affine_forward_values",
    explanation="""
    The output equals x @ w: the bias b was never added. This is easy to miss, because networks
    are usually started with all biases at zero, and then the first forward pass is exactly right.
    It still trains, only worse: without a bias every hidden unit's boundary must pass through the
    origin, so the network cannot shift its decision away from it. Look at the line that computes
    out. The vector b has shape (M,), one number per output, and adding it to an (N, M) matrix
    gives every row the same b by broadcasting; no loop is needed. The backward pass may already
    return a correct db, which makes the mismatch more confusing.
    """,
    source="Classic; zero-initialised biases hide it. Goodfellow et al. (2016), section 6.1",
)
class leaves_out_the_bias:
    """affine_forward returns x @ w without b"""

    def affine_forward(x, w, b):
        return x @ w, (x, w)


@misconception(
    caught_by="affine_backward_gradients",
    explanation="""
    dw and db are the right gradients divided by N: they were averaged over the batch. The
    average is already taken once, inside the loss: dscores carries the factor 1/N, and every
    gradient computed from it carries it too. Dividing again makes the steps N times too small, so
    training still goes down and only looks slow, which is why the bug survives. A layer must not
    know how its output will be used; it adds up what each example contributes. In the formula
    dw[d, m] is a plain sum over n, with no 1/N in front. A test with a batch of one cannot see
    the difference.
    """,
    source="CS231n forum threads on double averaging; derived",
)
class averages_parameter_gradients_again:
    """affine_backward divides dw and db by the batch size"""

    def affine_backward(dout, cache):
        dx, dw, db = solution.affine_backward(dout, cache)
        return dx, dw / dout.shape[0], db / dout.shape[0]


@misconception(
    caught_by="affine_backward_gradients",
    explanation="""
    db holds the incoming gradient of the last example only. All N rows used the same b, so each
    of them contributes, and the contributions add up: db[m] is the sum of dout[n, m] over n. What
    you see here is typical of a loop over the batch that assigns with = where it should add with
    +=, so that each example overwrites the one before it. With a single example the two agree,
    which is why a quick test by hand passes. The same rule holds wherever one value is used more
    than once, such as shared weights in a recurrent network: gradients of all uses are summed,
    never replaced.
    """,
    source="Derived from overwritten accumulators; compare zero-to-hero#52",
)
class overwrites_the_bias_gradient:
    """affine_backward keeps only the last example's part of db"""

    def affine_backward(dout, cache):
        dx, dw, _ = solution.affine_backward(dout, cache)
        return dx, dw, dout[-1, :]


@misconception(
    caught_by="relu_forward_values",
    explanation="""
    Negative entries came back with their sign flipped: the output is |x|, not max(0, x). The two
    agree on every positive entry, so half of a random test looks right, and the output is never
    negative in either. But the absolute value is V-shaped: it lets large negative inputs through
    at full strength, so a unit can never be switched off, and the function is no longer one-sided.
    ReLU means that a unit stays silent, with output exactly 0, unless its input is positive. Look
    at how you treat entries below zero: they are to be replaced by zero, and their size must not
    matter any more.
    """,
    source="Seen in course forums; derived",
)
class takes_the_absolute_value:
    """relu_forward returns |x|"""

    def relu_forward(x):
        return abs(x), x > 0


@misconception(
    caught_by="relu_backward_gradients",
    explanation="""
    The result is 1 where x was positive and 0 elsewhere, whatever dout holds. That is the local
    slope of the ReLU, and it is only half of the chain rule: the gradient with respect to the
    input is the local slope times the incoming gradient. A test that feeds dout made of ones
    cannot tell the two apart, because multiplying by one changes nothing; that is why this
    mistake is so common and why the checks here feed random numbers. Every backward function in
    this course takes dout as its first argument, and every correct one uses it. Look for a
    backward that never mentions dout.
    """,
    source="harvard-edge/cs249r_book#2056: upstream gradient ignored",
)
class ignores_the_incoming_gradient:
    """relu_backward returns the local slope without dout"""

    def relu_backward(dout, cache):
        return array_namespace(dout).astype(cache, dout.dtype)


@misconception(
    caught_by="relu_backward_gradients",
    explanation="""
    The gradient was zeroed where dout is negative, but it should be zeroed where x was negative.
    The gate of a ReLU is set during the forward pass by the sign of its input; going back, that
    same gate decides what passes, and the sign of the incoming gradient has no say. Both versions
    return numbers that are either 0 or an entry of dout, so the output looks plausible. But a
    negative gradient carries as much information as a positive one: it says the activation should
    grow. Save from the forward pass what tells you which inputs were positive, and use that, not
    dout, to choose.
    """,
    source="Springenberg et al. (2015) use this rule on purpose, as the deconvnet, not a gradient",
)
class gates_by_the_sign_of_the_gradient:
    """relu_backward zeroes where dout is negative, not where x was"""

    def relu_backward(dout, cache):
        xp = array_namespace(dout)
        return xp.where(dout > 0, dout, xp.zeros_like(dout))


@misconception(
    caught_by="softmax_loss_value",
    explanation="""
    The loss and its gradient are N times what is asked: they are sums over the batch, and the
    convention here is the mean. Both conventions exist, and yours is consistent, so a check of
    your gradient against your own loss would pass. The difference matters in training: with a sum
    the size of a step grows with the batch size, and a learning rate that works for 32 examples
    diverges for 256. Losses of different batch sizes could not be compared either. Divide the
    total by N, the number of rows of scores, and give the gradient the same factor, once. Do not
    divide by the number of classes.
    """,
    source="aprender#2182: sum and mean confused",
)
class sums_the_loss_over_the_batch:
    """softmax_loss adds the losses of the rows and does not divide by N"""

    def softmax_loss(scores, y):
        loss, dscores = solution.softmax_loss(scores, y)
        return loss * scores.shape[0], dscores * scores.shape[0]


@misconception(
    caught_by="softmax_loss_gradient",
    explanation="""
    The loss is right, and the gradient is exactly N times too large: it is p minus the one-hot
    rows, without the 1/N that the mean in the loss brings along. This is the gradient of the sum
    of the losses, printed beside the mean. It points the right way, so training works with a
    smaller learning rate, and the error hides. The loss is (1/N) times a sum, so each example's
    part in its derivative carries 1/N too. Divide once, here, at the top of the chain: all the
    gradients further down are computed from dscores and inherit the factor, so no other layer
    needs to divide.
    """,
    source="CS231n assignment 1 forum, the classic missing 1/N",
)
class forgets_the_mean_in_the_gradient:
    """softmax_loss returns the gradient of the sum beside the mean loss"""

    def softmax_loss(scores, y):
        loss, dscores = solution.softmax_loss(scores, y)
        return loss, dscores * scores.shape[0]


@misconception(
    caught_by="softmax_loss_gradient",
    explanation="""
    Only the entry of the right class is non-zero in each row of dscores; the wrong classes get no
    gradient. It comes from differentiating -log p[n, y] as if the other scores did not occur in
    it. They do: every score sits in the denominator of the softmax, so raising a wrong class's
    score lowers the right class's probability and raises the loss. The full derivative is p minus
    the one-hot row: each wrong class gets +p, the right class gets p - 1, and a row adds up to
    zero. If you went through the softmax's Jacobian, keep its off-diagonal terms: multiplying p
    by the one-hot mask throws them away.
    """,
    source="CS231n forum: staged backprop loses cross terms, P*Y - Y in place of P - Y",
)
class drops_the_other_classes:
    """softmax_loss gives a gradient to the right class only"""

    def softmax_loss(scores, y):
        loss, dscores = solution.softmax_loss(scores, y)
        return loss, dscores * _one_hot(scores, y)


@misconception(
    caught_by="softmax_loss_is_stable",
    explanation="""
    Small scores give the right answer, and large ones give inf or nan: exp was taken of the raw
    scores. In float64 exp overflows above 709.8 (88.7 in float32), and inf / inf is nan; very
    negative scores all underflow to 0, and 0 / 0 is nan too. Real networks reach such scores early
    in training with a step that is too large. Softmax does not change when one constant is
    subtracted from a whole row, so subtract the row's own largest score first: the largest
    exponent becomes 0, nothing overflows, and the sum is at least 1. Then compute log p as the
    shifted score minus the log of that sum.
    """,
    source="Goodfellow et al. (2016), section 4.1; overflow limits measured",
)
class exponentiates_without_shifting:
    """softmax_loss takes exp of the scores as they are"""

    def softmax_loss(scores, y):
        xp = array_namespace(scores)
        p = xp.exp(scores)
        p = p / xp.sum(p, axis=1, keepdims=True)
        n = scores.shape[0]
        one_hot = _one_hot(scores, y)
        return -xp.sum(one_hot * xp.log(p)) / n, (p - one_hot) / n


@misconception(
    caught_by="softmax_loss_is_stable",
    explanation="""
    You subtract a maximum before taking exp, but one maximum for the whole matrix. That prevents
    overflow, and it is even mathematically right, since any constant may be subtracted from a row.
    But when one row's scores lie far below another's, all of that row's exponents underflow to
    zero, its sum is 0, and dividing gives nan. The test of large equal scores passes, which is why
    this version is found in many repositories. Each row is its own softmax, so each row needs its
    own shift: take the maximum along the class axis and keep that axis, so that the result has
    shape (N, 1) and subtracts row by row.
    """,
    source="devtalk thread on [-1000, -999]; passes two public judges (measured)",
)
class shifts_by_the_largest_of_the_batch:
    """softmax_loss subtracts the maximum of the whole matrix from every row"""

    def softmax_loss(scores, y):
        xp = array_namespace(scores)
        e = xp.exp(scores - xp.max(scores))
        p = e / xp.sum(e, axis=1, keepdims=True)
        n = scores.shape[0]
        one_hot = _one_hot(scores, y)
        log_p = xp.where(one_hot > 0, xp.log(p), xp.zeros_like(p))
        return -xp.sum(log_p) / n, (p - one_hot) / n


@misconception(
    caught_by="softmax_loss_is_stable",
    explanation="""
    The loss stops growing at about 27.6: a small number such as 1e-12 was added inside the
    logarithm to keep it from seeing zero. That hides the warning, not the problem. A confident
    wrong answer, with the right class 60 below the top score, has a true loss of 60, and the
    added constant caps it; and a perfect answer gets a tiny negative loss. No guard is needed if
    you never form p before the logarithm: log p is the shifted score minus the log of the sum of
    exponentials, and that sum is at least 1, so its logarithm is always finite. Compute log p
    first, and exponentiate it when you need p.
    """,
    source="Measured: log(p + 1e-12) caps the loss at 27.631",
)
class adds_a_constant_inside_the_logarithm:
    """softmax_loss computes log(p + 1e-12)"""

    def softmax_loss(scores, y):
        xp = array_namespace(scores)
        e = xp.exp(scores - xp.max(scores, axis=1, keepdims=True))
        p = e / xp.sum(e, axis=1, keepdims=True)
        n = scores.shape[0]
        one_hot = _one_hot(scores, y)
        return -xp.sum(one_hot * xp.log(p + 1e-12)) / n, (p - one_hot) / n


@misconception(
    caught_by="network_loss",
    explanation="""
    The loss is that of affine → affine → softmax: the ReLU between the two layers was left out, or
    its result was computed and not used. Two affine layers in a row are one affine layer, since
    (x @ w1 + b1) @ w2 + b2 is again a matrix times x plus a constant, so this network can draw only
    straight boundaries however many hidden units it has. It still trains, and on easy data its
    loss is nearly as low, so nothing looks broken. Follow the value that enters the second layer:
    it must be the ReLU's output, not its input. The gradients must pass through the same ReLU on
    the way back.
    """,
    source="Goodfellow et al. (2016), section 6.1: stacked linear maps stay linear; derived",
)
class leaves_out_the_activation:
    """TwoLayerNet feeds the second layer without a ReLU"""

    class TwoLayerNet(solution.TwoLayerNet):
        def loss(self, x, y):
            hidden, _ = solution.affine_forward(x, self.w1, self.b1)
            scores, _ = solution.affine_forward(hidden, self.w2, self.b2)
            return solution.softmax_loss(scores, y)[0]


@misconception(
    caught_by="network_gradients",
    explanation="""
    The gradients of w2 and b2 are right; those of w1 and b1 are not: on the way back the gradient
    was passed through the first affine layer without going through the ReLU. The forward pass
    switched off the units whose input was negative, so those units had no influence on the loss
    for that example, and no gradient may flow through them. Skipping this step gives a gradient of
    the right shape and size, and training even makes progress, because about half of the entries
    agree. Going back, call one backward for every forward you called, in reverse order, each with
    the cache of its own forward.
    """,
    source="Common in hand-written two-layer networks; derived",
)
class skips_the_activation_going_back:
    """TwoLayerNet.gradients passes the gradient around the ReLU"""

    class TwoLayerNet(solution.TwoLayerNet):
        def gradients(self, x, y):
            hidden, first = solution.affine_forward(x, self.w1, self.b1)
            active, _ = solution.relu_forward(hidden)
            scores, second = solution.affine_forward(active, self.w2, self.b2)
            _, dscores = solution.softmax_loss(scores, y)
            dactive, dw2, db2 = solution.affine_backward(dscores, second)
            _, dw1, db1 = solution.affine_backward(dactive, first)
            return {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2}
