"""Wrong implementations that students really write, each with the check that must catch it."""

import math

from array_api_compat import array_namespace, device

from grader.spec import misconception, solution


def _with_scores(q, k, v, mask, root, weigh):
    """The forward pass with another root in the scale or another way from scores to weights."""
    xp = array_namespace(q)
    n_kv_heads, scale = k.shape[1], math.sqrt(q.shape[-1])
    q, k, v = solution._grouped(q, n_kv_heads), k[:, :, None], v[:, :, None]
    weights = weigh(q @ xp.matrix_transpose(k) / root, mask)
    # The backward divides by the root of K: it is given queries and keys to match.
    cache = (q * (scale / root), k, v, weights)
    return solution._ungrouped(weights @ v), cache


def _per_head_gradients(dout, cache):
    """What every query head would send to keys and values of its own, (B, G, H / G, S, K)."""
    q, k, v, weights = cache
    xp = array_namespace(dout)
    dheads = solution._grouped(dout, k.shape[1])
    dweights = dheads @ xp.matrix_transpose(v)
    common = xp.sum(weights * dweights, axis=-1, keepdims=True)
    dscores = weights * (dweights - common) / math.sqrt(q.shape[-1])
    return xp.matrix_transpose(dscores) @ q, xp.matrix_transpose(weights) @ dheads


def _block(x, params, heads, positions, mask, turn_q=None, turn_k=None, turn_v=None, split=None):
    """The attention half of the block, with other turns of queries, keys or values."""
    n_heads, n_kv_heads = heads
    turn_q, turn_k = turn_q or solution._rope, turn_k or solution._rope
    split = split or solution._split_heads
    normed = solution._rms_norm(x, params["norm1_scale"])
    q = turn_q(split(normed @ params["wq"], n_heads), positions)
    k = turn_k(split(normed @ params["wk"], n_kv_heads), positions)
    v = split(normed @ params["wv"], n_kv_heads)
    v = turn_v(v, positions) if turn_v else v
    out, _ = solution.grouped_query_attention_forward(q, k, v, mask)
    return solution._merge_heads(out) @ params["wo"]


def _feed(x, params):
    return solution.swiglu_forward(x, params["w_gate"], params["w_up"], params["w_down"])[0]


def _finish(x, params):
    """The second half of the block."""
    return x + _feed(solution._rms_norm(x, params["norm2_scale"]), params)


def _as_they_are(x, positions):
    return x


def _silu(z):
    xp = array_namespace(z)
    return z * (1 + xp.tanh(z / 2)) / 2


@misconception(
    caught_by="swiglu_values",
    explanation="""
    The two weight matrices have changed places: the silu was applied to x · w_up, and x · w_gate
    went through untouched. Both matrices have the same shape, so nothing complains, and a network
    that is trained from the start cannot tell the difference, because the two names are only names
    until one of them is singled out. It shows when weights that somebody else trained are loaded:
    then the outputs are wrong from the first token on, and the text is nonsense. Published
    checkpoints name them w1, w2, w3 or keep them in one matrix, which invites the slip. The branch
    called gate is the one that passes through the nonlinearity.
    """,
    source="Derived; Shazeer (2020), section 2, writes W for the gate and V for the other",
)
class puts_silu_on_the_up_branch:
    """swiglu_forward computes silu(x · w_up) times x · w_gate"""

    def swiglu_forward(x, w_gate, w_up, w_down):
        return solution.swiglu_forward(x, w_up, w_gate, w_down)

    def swiglu_backward(dout, cache):
        dx, dw_up, dw_gate, dw_down = solution.swiglu_backward(dout, cache)
        return dx, dw_gate, dw_up, dw_down


@misconception(
    caught_by="swiglu_values",
    explanation="""
    The gate is the sigmoid alone, a number between 0 and 1 that says how much of x · w_up passes.
    That is the older gated linear unit, and the picture of a gate that opens and closes suggests
    it. In SwiGLU the gate is silu(z), which is z times its sigmoid: it grows without limit for
    positive z, and it is slightly negative for negative z. For gates near 1 the two are not far
    apart, so the output has the expected size and the same zeros. Check one number by hand: at a
    gate of 2 the sigmoid gives 0.88, silu gives 1.76. A factor is missing.
    """,
    source="Dauphin et al. (2017) define GLU with the sigmoid; Shazeer (2020) compares the family",
)
class gates_with_the_sigmoid:
    """swiglu_forward multiplies by sigmoid(x · w_gate)"""

    def swiglu_forward(x, w_gate, w_up, w_down):
        xp = array_namespace(x)
        _, cache = solution.swiglu_forward(x, w_gate, w_up, w_down)
        gate = (1 + xp.tanh(x @ w_gate / 2)) / 2
        return (gate * (x @ w_up)) @ w_down, cache


@misconception(
    caught_by="swiglu_values",
    explanation="""
    The gate was cut off at zero, so this is ReGLU and not SwiGLU. Hidden units with a clearly
    positive gate come out almost right, since silu(z) is close to z there, and units with a very
    negative gate come out as zero in both. The difference lies in between, where most of the gates
    are: silu(1) is 0.73 and not 1, silu(-1) is -0.27 and not 0. A model trained this way works
    about as well, which is why the family of gated units looks interchangeable, but its weights are
    not. Look at what is applied to x · w_gate, and compare it with the formula for silu.
    """,
    source="Shazeer (2020), section 2: ReGLU beside SwiGLU",
)
class gates_with_relu:
    """swiglu_forward applies max(0, z) to the gate"""

    def swiglu_forward(x, w_gate, w_up, w_down):
        xp = array_namespace(x)
        _, cache = solution.swiglu_forward(x, w_gate, w_up, w_down)
        gate = x @ w_gate
        return (xp.where(gate > 0, gate, xp.zeros_like(gate)) * (x @ w_up)) @ w_down, cache


@misconception(
    caught_by="swiglu_values",
    explanation="""
    Both branches were multiplied first, and the silu was applied to the product. The parts are the
    right ones, only the brackets moved. What is lost is the idea of a gate: one branch decides how
    much passes, and the other one says what passes, unchanged. In yours, doubling w_up no longer
    doubles the output, and two negative branches open the unit together, where a negative gate
    should close it. Outputs are of a similar size, so a loss curve would not give it away. Look at
    which array the sigmoid sees: it must be x · w_gate alone, before anything else touches it.
    """,
    source="Derived: brackets misread in the formula of Shazeer (2020), section 2",
)
class applies_silu_to_the_product:
    """swiglu_forward computes silu((x · w_gate) * (x · w_up))"""

    def swiglu_forward(x, w_gate, w_up, w_down):
        _, cache = solution.swiglu_forward(x, w_gate, w_up, w_down)
        return _silu((x @ w_gate) * (x @ w_up)) @ w_down, cache


@misconception(
    caught_by="swiglu_gradients",
    explanation="""
    dw_up and dw_down are right; dw_gate and dx are not. The slope that you used for silu is the
    sigmoid alone. But silu(z) is a product, z times sigmoid(z), and the product rule gives two
    terms: one in which z changes while the sigmoid stays, and one in which the sigmoid changes
    while z stays. Yours has the first one only. It is a fair approximation for large gates, where
    the sigmoid hardly moves, so the gradient points roughly the right way and training goes on. At
    a gate of 1 the slope is 0.93 where yours has 0.73. Differentiate the product again, and write
    down both terms.
    """,
    source="Product rule cut short; derived",
)
class treats_the_sigmoid_as_a_constant:
    """swiglu_backward uses sigmoid(z) as the slope of silu"""

    def swiglu_backward(dout, cache):
        x, w_gate, w_up, w_down, gate, up, sigmoid = cache
        _, _, dw_up, dw_down = solution.swiglu_backward(dout, cache)
        dhidden = dout @ w_down.T
        dgate, dup = dhidden * up * sigmoid, dhidden * gate * sigmoid
        dw_gate = solution._rows(x).T @ solution._rows(dgate)
        return dgate @ w_gate.T + dup @ w_up.T, dw_gate, dw_up, dw_down


@misconception(
    caught_by="swiglu_gradients",
    explanation="""
    The slope of silu was replaced by the slope of the sigmoid, s · (1 - s). That is the derivative
    one remembers from logistic regression, and it would be right if the gate were a sigmoid. But
    silu(z) is z times its sigmoid, so its slope is near 1 for large z, where the gate lets a change
    pass in full, while yours goes to 0 there and nothing would ever be learned through an open
    gate. dw_up and dw_down do not need this slope and are right, which points to the place: it is
    the step from the gradient of silu(gate) to the gradient of gate. Apply the product rule to z
    times s.
    """,
    source="Derived: the sigmoid's derivative used for silu",
)
class uses_the_slope_of_the_sigmoid:
    """swiglu_backward uses s (1 - s) as the slope of silu"""

    def swiglu_backward(dout, cache):
        x, w_gate, w_up, w_down, gate, up, sigmoid = cache
        _, _, dw_up, dw_down = solution.swiglu_backward(dout, cache)
        dhidden = dout @ w_down.T
        dgate, dup = dhidden * up * sigmoid * (1 - sigmoid), dhidden * gate * sigmoid
        dw_gate = solution._rows(x).T @ solution._rows(dgate)
        return dgate @ w_gate.T + dup @ w_up.T, dw_gate, dw_up, dw_down


@misconception(
    caught_by="swiglu_gradients",
    explanation="""
    The three gradients of the weights are right, but dx holds only what came back through the gate.
    The input x is used twice, once to make the gate and once to make the other branch, and a change
    of x moves both. Whenever an array is used in several places, the gradients of these uses add
    up. Here the second path, through w_up, was forgotten, perhaps because both look alike or
    because one result overwrote the other. As the weights of this layer learn correctly, a network
    of one layer shows nothing at all; only the layers below receive a wrong signal. Draw the graph
    and count the arrows that leave x.
    """,
    source="Derived: an assignment where a sum over both uses is needed",
)
class sends_back_through_the_gate_only:
    """swiglu_backward leaves the up branch out of dx"""

    def swiglu_backward(dout, cache):
        _, w_gate, _, w_down, gate, up, sigmoid = cache
        dgate = (dout @ w_down.T) * up * sigmoid * (1 + gate * (1 - sigmoid))
        return (dgate @ w_gate.T, *solution.swiglu_backward(dout, cache)[1:])


@misconception(
    caught_by="grouped_query_values",
    explanation="""
    The heads of keys and values were laid out in turn, 0, 1, 0, 1, as tile does it, so neighbouring
    query heads read different ones. Grouped-query attention makes blocks of neighbours: with four
    query heads and two of keys and values, the query heads 0 and 1 share the first and the heads 2
    and 3 share the second. All shapes agree, and for G = 1 and for G = H the two orders are the
    same, so the two cases that one tests first look fine. Training from scratch would adapt to
    either order; only weights made elsewhere expose it. The names of NumPy and torch differ
    confusingly here: what one calls repeat the other calls something else.
    """,
    source="onnx#7274, jax-js#180, axlearn#842: heads tiled instead of repeated one by one",
)
class tiles_the_key_value_heads:
    """Query head h reads key-value head h modulo G"""

    def grouped_query_attention_forward(q, k, v, mask=None):
        xp = array_namespace(q)
        share = q.shape[1] // k.shape[1]
        k, v = (xp.concat([a] * share, axis=1) for a in (k, v))
        out, cache = solution.grouped_query_attention_forward(q, k, v, mask)
        return out, (cache, share)

    def grouped_query_attention_backward(dout, cache):
        xp = array_namespace(dout)
        dq, dk, dv = solution.grouped_query_attention_backward(dout, cache[0])
        b, h, s, size = dk.shape
        cut = (b, cache[1], h // cache[1], s, size)
        return (dq, *(xp.sum(xp.reshape(a, cut), axis=1) for a in (dk, dv)))


@misconception(
    caught_by="grouped_query_values",
    explanation="""
    The query heads of a group were averaged into one query before attention, and the result was
    handed to all of them. So the heads of a group all return the same, although they asked
    different questions. Sharing goes the other way round: keys and values are shared, which saves
    memory, while every query head keeps its own queries, its own scores and its own weights. With
    one head in each group nothing changes, and a test of shapes sees nothing either; a published
    implementation carried this for some time while its unit tests passed. Look at the shape of your
    scores: there must be H sets of them, not G.
    """,
    source="fkodom/grouped-query-attention-pytorch#5: queries reduced to the key-value heads",
)
class averages_the_queries_of_a_group:
    """All query heads of a group use their mean query"""

    def grouped_query_attention_forward(q, k, v, mask=None):
        xp = array_namespace(q)
        groups = solution._grouped(q, k.shape[1])
        mean = xp.mean(groups, axis=2, keepdims=True) + xp.zeros_like(groups)
        return solution.grouped_query_attention_forward(solution._ungrouped(mean), k, v, mask)


@misconception(
    caught_by="grouped_query_values",
    explanation="""
    Every query head read the first head of keys and values; the others were never used. That is
    multi-query attention, the special case G = 1, and with a single key-value head your code is
    indeed right. With more, the output of the first group is right and the rest is not, and the
    keys and values of the other groups have no influence on anything, so their gradients would be
    zero and their weights would never learn. It happens when an axis of length one is cut out in
    order to make broadcasting work. Find the index that selects the key-value head and ask how it
    depends on h.
    """,
    source="Shazeer (2019), multi-query attention, taken for the grouped form; derived",
)
class reads_the_first_key_value_head_only:
    """All query heads use key-value head 0"""

    def grouped_query_attention_forward(q, k, v, mask=None):
        xp = array_namespace(q)
        k, v = (a[:, :1] + xp.zeros_like(a) for a in (k, v))
        return solution.grouped_query_attention_forward(q, k, v, mask)


@misconception(
    caught_by="grouped_query_values",
    explanation="""
    The copies were made along the wrong axis: each position was written several times, not each
    head, and a reshape then cut the result into H heads. The number of entries is the same either
    way, so the shapes agree and no error is raised. But a query head now sees only a part of the
    sequence, the same positions several times, while other heads see the rest. If H equals G
    nothing is copied and everything is right, which is why tests with plain multi-head attention
    pass. Write down the shape after copying and before any reshape: the axis of heads must have
    grown from G to H, and the axis of positions must still have S entries.
    """,
    source="prime-rl#2681: repeated along the axis of the sequence",
)
class copies_positions_instead_of_heads:
    """Keys and values are repeated along the positions and reshaped into H heads"""

    def grouped_query_attention_forward(q, k, v, mask=None):
        xp = array_namespace(q)
        share = q.shape[1] // k.shape[1]

        def copied(a):
            b, g, s, size = a.shape
            several = a[:, :, :, None] + xp.zeros((1, 1, 1, share, 1), dtype=a.dtype)
            return xp.reshape(several, (b, g * share, s, size))

        return solution.grouped_query_attention_forward(q, copied(k), copied(v), mask)


@misconception(
    caught_by="grouped_query_values",
    explanation="""
    The scores are plain products of queries and keys; they were not divided. A product of K numbers
    grows with K, so for large heads the softmax puts nearly all its weight on one key, and its
    gradient almost vanishes. With K = 1 there is no difference, and with few features the outputs
    are only a little too sharp: they still lie between the smallest and the largest value, and each
    row of weights still adds up to 1. The scale is the same as without groups. It depends on the
    length of one query or key, and has nothing to do with how many heads share it. Look at the line
    between the product and the softmax.
    """,
    source="Unscaled scores, accepted by several public graders; Vaswani et al. (2017), 3.2.1",
)
class leaves_the_scores_unscaled:
    """The scores are not divided by the root of K"""

    def grouped_query_attention_forward(q, k, v, mask=None):
        return _with_scores(q, k, v, mask, 1.0, solution._softmax)


@misconception(
    caught_by="grouped_query_values",
    explanation="""
    The scores were divided by the root of the whole width, all heads together, where the length of
    a single head is meant. The weights come out too even: every head looks a little at everything,
    and the outputs are pulled towards the mean of the values. It is right for one head, and the
    model's width is the number at hand when the code for several heads grows out of the code for
    one. The reason for the root tells which length it is: a score is a sum over the features of one
    head, so its spread grows with the number of terms in that sum. Look at which shape your root
    was taken from.
    """,
    source="Common in split-head code: sqrt(d_model) for sqrt(d_head); derived",
)
class scales_by_the_whole_width:
    """The scores are divided by the root of H · K"""

    def grouped_query_attention_forward(q, k, v, mask=None):
        root = math.sqrt(q.shape[1] * q.shape[-1])
        return _with_scores(q, k, v, mask, root, solution._softmax)


@misconception(
    caught_by="grouped_query_mask",
    explanation="""
    The mask was read the wrong way round: your queries attend exactly where it is False. Without a
    mask everything agrees. Libraries do not make it easy, since in one of them the same word stands
    for a boolean array whose True hides a key in one layer and keeps it in another. In this course
    True always means that the query may attend. With the causal mask the slip is drastic: a
    position would see the future and neither itself nor the past, and the last position would see
    nothing, which is where an output of zeros appears. Compare one row of the mask with the keys
    that got weight.
    """,
    source="PyTorch: attn_mask of MultiheadAttention and of scaled_dot_product_attention differ",
)
class hides_where_the_mask_is_true:
    """A True in the mask hides the key"""

    def grouped_query_attention_forward(q, k, v, mask=None):
        return solution.grouped_query_attention_forward(q, k, v, None if mask is None else ~mask)


@misconception(
    caught_by="grouped_query_mask",
    explanation="""
    Hidden scores were set to a large negative number, which works as long as each query can see at
    least one key. For a query that sees none, all scores are equally bad, so the softmax gives all
    hidden keys the same weight, and the output is the mean of values that were not to be seen. The
    convention of this exercise is zero for such a query. Nothing looks broken: the numbers are
    finite and of the usual size, and the rows of weights add up to 1. Rows of this kind come from
    padding. Ask what your softmax sees in a row without any True, and what it divides by.
    """,
    source="Fill values such as -1e9 in public attention code; exercise 35's convention; measured",
)
class averages_what_is_hidden_when_nothing_is_seen:
    """A query without keys gets the mean of all values"""

    def grouped_query_attention_forward(q, k, v, mask=None):
        def weigh(scores, mask):
            xp = array_namespace(scores)
            if mask is not None:
                scores = xp.where(mask, scores, xp.full_like(scores, -1e30))
            return solution._softmax(scores, None)

        return _with_scores(q, k, v, mask, math.sqrt(q.shape[-1]), weigh)


@misconception(
    caught_by="grouped_query_mask",
    explanation="""
    The softmax was taken over all keys, and the weights of hidden keys were set to zero afterwards.
    The visible keys then keep only the share that they had among all of them, so their weights no
    longer add up to 1, and the output is too small. Also, a hidden key still matters: if its score
    is large, it takes nearly everything, and next to nothing is left for the others. Where nothing
    is hidden, or where the hidden scores are very low, no difference can be seen. The mask has to
    act before the exponentials are summed, so that hidden keys take no part in the sum below the
    line.
    """,
    source="Mask applied after the softmax without dividing again; common in first versions",
)
class masks_after_the_softmax:
    """The weights of hidden keys are set to zero after the softmax"""

    def grouped_query_attention_forward(q, k, v, mask=None):
        def weigh(scores, mask):
            xp = array_namespace(scores)
            weights = solution._softmax(scores, None)
            return weights if mask is None else xp.where(mask, weights, xp.zeros_like(weights))

        return _with_scores(q, k, v, mask, math.sqrt(q.shape[-1]), weigh)


@misconception(
    caught_by="grouped_query_gradients",
    explanation="""
    dq is right, while dk and dv hold what only the first query head of each group sent back. A head
    of keys is read by H / G query heads, so a change of one key moves the outputs of all of them,
    and its gradient is the sum of what they all send. With one query head per group there is
    nothing to add, and the difference does not exist. It comes about when the copies that the
    forward made are simply cut off again, or when a loop over query heads assigns where it should
    add. Every use counts: count how many query heads read head 0 of the keys in your forward.
    """,
    source="Derived: backward of a repeat written as a slice",
)
class keeps_the_first_of_the_group:
    """dk and dv come from the first query head of every group"""

    def grouped_query_attention_backward(dout, cache):
        dq, _, _ = solution.grouped_query_attention_backward(dout, cache)
        dk, dv = _per_head_gradients(dout, cache)
        return dq, dk[:, :, 0], dv[:, :, 0]


@misconception(
    caught_by="grouped_query_gradients",
    explanation="""
    dk and dv are too small by exactly the number of query heads in a group: you took the mean of
    what these heads send back, and the sum is needed. The word sharing suggests a mean, and some
    conversions of trained models do average the key heads of a group to make the shared one. But
    that is another question. Here the same numbers are read several times, and each reader's demand
    adds to the others, just as a bias that is used by every example collects the gradients of all
    examples. If a mean is wanted anywhere, the loss has already taken it. Compare one entry with a
    finite difference.
    """,
    source="Ainslie et al. (2023), section 2.1, average heads in checkpoints; derived",
)
class averages_over_the_group:
    """dk and dv are means over the query heads of a group"""

    def grouped_query_attention_backward(dout, cache):
        xp = array_namespace(dout)
        dq, _, _ = solution.grouped_query_attention_backward(dout, cache)
        dk, dv = _per_head_gradients(dout, cache)
        return dq, xp.mean(dk, axis=2), xp.mean(dv, axis=2)


@misconception(
    caught_by="grouped_query_gradients",
    explanation="""
    The sums over query heads were taken, but over the wrong heads: gradients of the heads 0, G, 2G
    and so on went to the first head of keys, as if the heads had been dealt out in turn. The
    forward is right, with blocks of neighbours, so forward and backward no longer describe the same
    function. The total over all heads is correct, and so are the cases with one shared head or with
    one per query head, which makes the mistake hard to see. Look at the reshape before the sum: the
    axis of H heads is cut into G groups of neighbours, and the sum runs over the inner of the two
    new axes.
    """,
    source="The gradient's side of onnx#7274 and axlearn#842; derived",
)
class collects_the_gradients_in_turn:
    """dk and dv of head g add up the query heads g, g + G, g + 2 G, …"""

    def grouped_query_attention_backward(dout, cache):
        xp = array_namespace(dout)
        dq, _, _ = solution.grouped_query_attention_backward(dout, cache)

        def collected(grads):
            b, g, share, s, size = grads.shape
            return xp.sum(xp.reshape(grads, (b, share, g, s, size)), axis=1)

        return (dq, *map(collected, _per_head_gradients(dout, cache)))


@misconception(
    caught_by="grouped_query_gradients",
    explanation="""
    dv is right; dq and dk are not. The gradient was carried back through the softmax as if each
    weight depended on its own score only, with the factor w (1 - w). That is the diagonal of the
    softmax's derivative. But the weights of a query add up to 1: when one score rises, its weight
    grows and all the other weights of that query shrink, and each of those changes reaches the loss
    as well. With two keys the slip gives numbers of the right sign, and the network still learns
    something. The formula in the README has a term that sums over all keys of a query; see whether
    yours has one.
    """,
    source="Only the diagonal of the softmax Jacobian; common in hand-written backwards",
)
class forgets_that_weights_share_a_sum:
    """The softmax's backward uses w (1 - w) entry by entry"""

    def grouped_query_attention_backward(dout, cache):
        q, k, v, weights = cache
        xp = array_namespace(dout)
        _, _, dv = solution.grouped_query_attention_backward(dout, cache)
        dweights = solution._grouped(dout, k.shape[1]) @ xp.matrix_transpose(v)
        dscores = weights * (1 - weights) * dweights / math.sqrt(q.shape[-1])
        dk = xp.sum(xp.matrix_transpose(dscores) @ q, axis=2)
        return solution._ungrouped(dscores @ k), dk, dv


@misconception(
    caught_by="sliding_window_mask_values",
    explanation="""
    Your rows are one key too long: a query sees itself and W positions before it, so W + 1 in all.
    Real libraries disagree about this, and bug reports followed when weights moved from one to
    another; a window given as a number of steps to the left is not the same as a number of keys. In
    this exercise W counts the query itself, as Mistral's code does: with W = 1 each position sees
    only itself. In short sequences the difference does not show, because the first W rows are the
    same. Look at the comparison that decides how old a key may be, and try it with a window of 1.
    """,
    source="transformers#26792 and #39408, vllm#3385: libraries disagree about W and W + 1",
)
class sees_one_position_too_many:
    """sliding_window_mask shows W + 1 keys"""

    def sliding_window_mask(x, window=None):
        return solution.sliding_window_mask(x, None if window is None else window + 1)


@misconception(
    caught_by="sliding_window_mask_values",
    explanation="""
    Your rows are one key too short: a query sees itself and W - 2 positions before it, where W - 1
    are asked for. So the window holds W - 1 keys, and with W = 1 a position sees nothing at all,
    not even itself, which leaves an attention without any key. Off-by-one slips of this kind come
    from mixing two ways of counting: the number of keys in the window, and the distance to the
    oldest of them. For W keys, the present one included, that distance is W - 1, and it is still
    allowed. Take W = 2 and T = 3, draw the square, and compare the last row.
    """,
    source="Derived: the other side of transformers#26792",
)
class sees_one_position_too_few:
    """sliding_window_mask shows W - 1 keys"""

    def sliding_window_mask(x, window=None):
        return solution.sliding_window_mask(x, None if window is None else window - 1)


@misconception(
    caught_by="sliding_window_mask_values",
    explanation="""
    The window reaches to both sides: position t sees its neighbours after it as well as those
    before it. That is how local attention works in an encoder, where the whole text is known. A
    model that predicts the next token must not see it, or it learns to copy and is of no use when
    the text has to be made. The loss in training becomes suspiciously good. Without a window your
    mask is causal, so the two conditions exist, but only one of them is applied when a window is
    given. The distance from t to s has a sign, and it matters here; an absolute value takes it
    away.
    """,
    source="Beltagy et al. (2020) use two-sided windows in an encoder; derived",
)
class looks_to_both_sides:
    """sliding_window_mask allows every distance below W, before and after"""

    def sliding_window_mask(x, window=None):
        if window is None:
            return solution.sliding_window_mask(x)
        xp = array_namespace(x)
        t = xp.arange(x.shape[1], device=device(x))
        return xp.abs(t[:, None] - t[None, :]) < window


@misconception(
    caught_by="sliding_window_mask_values",
    explanation="""
    The limit to the past is right, but nothing limits the future: position t sees its window and
    also everything after it. Only the condition on how old a key may be was written, and the causal
    one was taken for granted or expected from somewhere else. In some libraries the window is
    indeed a layer on top of a causal mask made before. Here one function makes the whole mask, so
    both conditions belong in it and are joined with a logical and. The upper right of the square
    shows it: all of it must be False. Write down the row of position 0, which may see only itself.
    """,
    source="transformers keeps the window as an overlay on a causal mask; derived",
)
class forgets_the_future:
    """sliding_window_mask limits the past and leaves the future open"""

    def sliding_window_mask(x, window=None):
        if window is None:
            return solution.sliding_window_mask(x)
        xp = array_namespace(x)
        t = xp.arange(x.shape[1], device=device(x))
        return t[:, None] - t[None, :] < window


@misconception(
    caught_by="sliding_window_mask_values",
    explanation="""
    The sequence was cut into blocks of W positions, and a query sees the part of its own block that
    lies behind it. That is chunked attention, which some models use. A sliding window moves along
    with the query instead: each position sees the W - 1 positions before it, whether or not a
    border of blocks lies between. In yours the first position of every block sees nothing but
    itself, and nothing ever crosses a border, however many layers there are. The first block looks
    the same in both, so sequences no longer than W cannot tell. Compare positions W - 1 and W: both
    see W keys, shifted by one.
    """,
    source="Chunked attention, the neighbour of the sliding overlay in transformers; derived",
)
class cuts_the_sequence_into_blocks:
    """sliding_window_mask shows the earlier positions of the same block of W"""

    def sliding_window_mask(x, window=None):
        causal = solution.sliding_window_mask(x)
        if window is None:
            return causal
        xp = array_namespace(x)
        block = xp.arange(x.shape[1], device=device(x)) // window
        return causal & (block[:, None] == block[None, :])


@misconception(
    caught_by="llama_block_values",
    explanation="""
    The values were turned as well. Queries and keys are turned so that their product depends on the
    distance between two positions and on nothing else. Values take no part in any product of that
    kind: they are added up under the weights and handed on. When they are turned too, what a
    position receives depends on where in the text the value stood, so the output changes if the
    whole text is moved by five places, although no distance has changed. It is an easy slip if one
    function prepares q, k and v in the same loop. All norms and shapes are as before. Look at what
    your RoPE is applied to.
    """,
    source="Su et al. (2021), section 3.2: only queries and keys are rotated; derived",
)
class turns_the_values_too:
    """llama_block applies RoPE to v as well"""

    def llama_block(x, params, n_heads, n_kv_heads, positions, mask=None):
        heads = n_heads, n_kv_heads
        x = x + _block(x, params, heads, positions, mask, turn_v=solution._rope)
        return _finish(x, params)


@misconception(
    caught_by="llama_block_values",
    explanation="""
    Only the queries were turned; the keys stayed as they are. Their product then depends on the
    position of the query alone, not on the distance between the two: a query at position 100 turns
    away from all keys alike, whether they stand right before it or at the start. The trick of RoPE
    needs both turns, because in the product the two angles are subtracted, and the difference of
    positions is what is left. For position 0 nothing is turned at all, so a first test with one
    token agrees. The failing statement tells it best: moving all the positions together must change
    nothing.
    """,
    source="Derived; keys cached before or after the rotation are a known source of confusion",
)
class leaves_the_keys_unturned:
    """llama_block applies RoPE to q only"""

    def llama_block(x, params, n_heads, n_kv_heads, positions, mask=None):
        heads = n_heads, n_kv_heads
        x = x + _block(x, params, heads, positions, mask, turn_k=_as_they_are)
        return _finish(x, params)


@misconception(
    caught_by="llama_block_values",
    explanation="""
    Your RoPE turns pairs of neighbours, features 0 and 1, then 2 and 3. That is the layout of the
    original paper, and as a method it is just as good. The weights of LLaMA and Mistral, as they
    are commonly distributed, expect the other one: feature i goes with feature i + K / 2, so the
    first half of a head is paired with its second half. The two differ by a fixed order of the
    columns of wq and wk, which training from scratch would not notice. All distances are respected,
    norms are kept, and heads of two features agree exactly. Look at how the two members of a pair
    are cut out of the head.
    """,
    source="labmlai#265: half-split and interleaved pairs are both in use",
)
class pairs_neighbouring_features:
    """RoPE turns the pairs (2i, 2i + 1)"""

    def _rope(x, positions):
        xp = array_namespace(x)
        half = x.shape[-1] // 2
        apart = xp.concat([x[..., 0::2], x[..., 1::2]], axis=-1)
        turned = solution._rope(apart, positions)
        pairs = xp.stack([turned[..., :half], turned[..., half:]], axis=-1)
        return xp.reshape(pairs, x.shape)


@misconception(
    caught_by="llama_block_values",
    explanation="""
    The turn was applied before the projection was cut into heads, so all heads together were taken
    for one long vector. Pairs then join features of different heads, and the angles run once over
    the whole width, so that the first heads turn fast and the last ones hardly at all. With a
    single head there is no difference. Shapes and norms are right, and each head still has some
    idea of positions, so a model would learn with it. In the formula both the pairs and the
    frequencies are counted inside one head, with K features. Check the shape of what your RoPE
    receives: its last axis must be K long.
    """,
    source="Derived: rotation before the split into heads",
)
class turns_before_splitting_into_heads:
    """RoPE is applied to the whole width H · K and G · K"""

    def llama_block(x, params, n_heads, n_kv_heads, positions, mask=None):
        def turn(heads, positions):
            whole = solution._merge_heads(heads)[:, None]
            turned = solution._rope(whole, positions)[:, 0]
            return solution._split_heads(turned, heads.shape[1])

        heads = n_heads, n_kv_heads
        x = x + _block(x, params, heads, positions, mask, turn_q=turn, turn_k=turn)
        return _finish(x, params)


@misconception(
    caught_by="llama_block_values",
    explanation="""
    The angles fall too slowly from pair to pair: the exponent is i / K where 2i / K is needed. The
    pair index i runs from 0 to K / 2 - 1, so with the factor 2 the exponents spread over the whole
    range from 0 to nearly 1, and the slowest pair has a wavelength close to the base. Without it
    they stop half-way. The first pair has i = 0 and is right, so heads of two features agree. All
    properties hold too: norms are kept, and only distances count. It is the usual slip when a loop
    index that already counts 0, 2, 4 is replaced by one that counts 0, 1, 2.
    """,
    source="Kyubyong/transformer#38 and jadore801120#32 have the same slip in sinusoidal codes",
)
class slows_the_turns_by_half_the_exponent:
    """RoPE uses the angle p · base^(-i / K)"""

    def _rope(x, positions):
        xp = array_namespace(x)
        half = x.shape[-1] // 2
        pair = xp.arange(half, dtype=xp.float64, device=device(x))
        angle = xp.astype(positions, xp.float64)[:, None] * 10000.0 ** (-pair / x.shape[-1])
        cos, sin = xp.cos(angle), xp.sin(angle)
        a, b = x[..., :half], x[..., half:]
        return xp.concat([a * cos - b * sin, a * sin + b * cos], axis=-1)


@misconception(
    caught_by="llama_block_values",
    explanation="""
    The positions that came as an argument were not used; the rows were counted 0, 1, 2 instead. For
    a sequence that starts at 0 and leaves no gap this is the same, and that is how a block is
    mostly called, so the mistake sleeps until the first real use: when a text is made token by
    token, the block is called with a single row that stands at position 57, and it would turn it as
    if it stood at 0. The symptom is a model that writes well for one step and then falls apart.
    Look for a range in your block that is made from the length of x.
    """,
    source="mlx-vlm#1983: position 0 used at every decoding step",
)
class counts_positions_from_zero:
    """llama_block ignores positions and counts the rows"""

    def llama_block(x, params, n_heads, n_kv_heads, positions, mask=None):
        xp = array_namespace(x)
        rows = xp.arange(x.shape[1], device=device(x))
        return solution.llama_block(x, params, n_heads, n_kv_heads, rows, mask)


@misconception(
    caught_by="llama_block_values",
    explanation="""
    The mean was subtracted before dividing, so this is LayerNorm without its shift. RMSNorm leaves
    the mean where it is: it divides by the root of the mean of the squares and multiplies by the
    scale, nothing else. The point of it was to find out whether centring is needed at all, and to
    save the work. For rows whose mean happens to be near zero the two are close, and in a wide
    network with random weights that is often so; hence the outputs look plausible. A row of equal
    numbers shows the difference at once: LayerNorm makes zeros of it, and RMSNorm makes ones, apart
    from the scale.
    """,
    source="Zhang and Sennrich (2019), section 3: what LayerNorm has and RMSNorm leaves out",
)
class centres_before_normalising:
    """RMSNorm subtracts the mean"""

    def _rms_norm(x, scale):
        xp = array_namespace(x)
        return solution._rms_norm(x - xp.mean(x, axis=-1, keepdims=True), scale)


@misconception(
    caught_by="llama_block_values",
    explanation="""
    The rows were divided by the root of the sum of their squares, which is their length, and not by
    the root of the mean of the squares. All results are too small by the root of D, the same factor
    for all rows, and each row of the result has length 1 before the scale. That is a normalisation
    too, a common one for vectors that are compared by their angle. Here the numbers should keep a
    size of about 1 each, however wide the network is, because everything after it counts on that.
    In the block the factor is hidden by the residual and by the softmax. Look at what your root is
    taken of.
    """,
    source="The sum in place of the mean in RMSNorm; derived",
)
class divides_by_the_length:
    """RMSNorm divides by the root of the sum of squares"""

    def _rms_norm(x, scale):
        return solution._rms_norm(x, scale) / math.sqrt(x.shape[-1])


@misconception(
    caught_by="llama_block_values",
    explanation="""
    The small constant was added to the root instead of under it. For rows of ordinary size it makes
    no visible difference, one part in a million, and every test on random numbers passes. It shows
    when the rows are tiny, as embeddings at the start of training often are: if the mean of the
    squares is about as large as the constant, the right result is smaller by a third than yours,
    because the root of a millionth is a thousandth. Weights that were trained with one form do not
    quite fit the other. Find the line with the root, and see whether the constant stands inside the
    brackets.
    """,
    source="Place of epsilon; keras-hub#642 and coremltools#2821 on wrong epsilons",
)
class adds_epsilon_outside_the_root:
    """RMSNorm divides by the root of the mean square, plus epsilon"""

    def _rms_norm(x, scale):
        xp = array_namespace(x)
        return scale * x / (xp.sqrt(xp.mean(x * x, axis=-1, keepdims=True)) + 1e-6)


@misconception(
    caught_by="llama_block_values",
    explanation="""
    The norms stand after the additions, as in the Transformer of 2017: attend, add, normalise. In
    LLaMA they stand before: each half of the block works on a normalised copy, and what is carried
    along by the additions is never normalised inside the block. Your output therefore has rows of a
    fixed size, while the right ones grow from layer to layer. With both forms a network trains, the
    old one with more care at the start, so an example that runs is no evidence. The parameters are
    the same four vectors and fit either form. Follow the array that is added to: it must not have
    gone through a norm.
    """,
    source="annotated-transformer#92 on pre- and post-norm; Xiong et al. (2020), figure 1",
)
class normalises_after_adding:
    """llama_block is post-norm"""

    def llama_block(x, params, n_heads, n_kv_heads, positions, mask=None):
        q = solution._rope(solution._split_heads(x @ params["wq"], n_heads), positions)
        k = solution._rope(solution._split_heads(x @ params["wk"], n_kv_heads), positions)
        v = solution._split_heads(x @ params["wv"], n_kv_heads)
        heads, _ = solution.grouped_query_attention_forward(q, k, v, mask)
        x = solution._rms_norm(
            x + solution._merge_heads(heads) @ params["wo"], params["norm1_scale"]
        )
        return solution._rms_norm(x + _feed(x, params), params["norm2_scale"])


@misconception(
    caught_by="llama_block_values",
    explanation="""
    The result of the gated network was added to the block's input, so what attention found is lost
    on the way: it entered the gated network, but it is not part of the sum that leaves the block.
    There are two additions, one after the other, and the second must start from the result of the
    first. It happens when the input keeps its name and both halves add to it. If attention
    contributes little, as in a fresh network with small weights, the difference is small and
    training goes on. Set the weights of the gated network to zero: then the block must return x
    plus the attention, not x itself.
    """,
    source="Residual from the wrong array; related to nano-vllm#170; derived",
)
class adds_the_second_half_to_the_input:
    """The second residual starts from x as it entered the block"""

    def llama_block(x, params, n_heads, n_kv_heads, positions, mask=None):
        attended = x + _block(x, params, (n_heads, n_kv_heads), positions, mask)
        return x + _feed(solution._rms_norm(attended, params["norm2_scale"]), params)


@misconception(
    caught_by="llama_block_values",
    explanation="""
    The second norm is missing: the gated network reads the sum of input and attention as it is. The
    block has two norms, one in front of each half, each with its own scale, and norm2_scale is not
    used by your code at all. Where the rows happen to have a size near 1 the output is about right.
    In a deep network they do not: the sum grows from layer to layer, the gates saturate, and
    training becomes unstable. A parameter without any influence on the output is a good alarm:
    change each one a little and see whether the output moves. Look at the line in which the second
    half begins.
    """,
    source="Derived: one norm left out when a pre-norm block is typed in",
)
class feeds_the_network_without_a_norm:
    """The gated network reads x without the second RMSNorm"""

    def llama_block(x, params, n_heads, n_kv_heads, positions, mask=None):
        x = x + _block(x, params, (n_heads, n_kv_heads), positions, mask)
        return x + _feed(x, params)


@misconception(
    caught_by="llama_forward_values",
    explanation="""
    The logits were computed with the table of embeddings, turned on its side, and output_weight was
    not used. Many models share one matrix for both ends, GPT-2 among them, and the shapes invite
    it: (V, D) transposed is (D, V). The larger LLaMA and Mistral models keep two, and this exercise
    hands you two. Everything before the last line is right, which is why the hidden states of such
    a port agree and its scores do not. A parameter that has no influence on the result is the sign
    to look for. Look at the last product of your function, and see which of the given arrays it
    takes.
    """,
    source="Press and Wolf (2017) tie the matrices; Touvron et al. (2023) do not; derived",
)
class ties_the_output_to_the_embedding:
    """llama_forward multiplies by the transposed embedding table"""

    def llama_forward(ids, params, n_heads, n_kv_heads, window=None):
        tied = params | {"output_weight": params["token_embedding"].T}
        return solution.llama_forward(ids, tied, n_heads, n_kv_heads, window)


@misconception(
    caught_by="llama_forward_values",
    explanation="""
    The logits were taken straight from what left the last block. In a pre-norm network the stream
    that the blocks add to is never normalised on its way, so it grows with the depth, and one more
    norm at the end brings every position back to a known size before the scores are made. It has a
    scale of its own, final_scale, which your code does not use. The ranking of the tokens is hardly
    touched if that scale is even, so the most likely token often agrees, and a look at generated
    text is not enough to find it. Look at the last two steps of the model's formula.
    """,
    source="Derived: the last norm of pre-norm models is the one most often forgotten",
)
class skips_the_last_norm:
    """llama_forward leaves out the RMSNorm before the output"""

    def llama_forward(ids, params, n_heads, n_kv_heads, window=None):
        table = params["token_embedding"]
        xp = array_namespace(table)
        rows = xp.take(table, xp.reshape(ids, (-1,)), axis=0)
        x = xp.reshape(rows, (*ids.shape, table.shape[1]))
        mask = solution.sliding_window_mask(x, window)
        positions = xp.arange(ids.shape[1], device=device(x))
        for layer in params["layers"]:
            x = solution.llama_block(x, layer, n_heads, n_kv_heads, positions, mask)
        return x @ params["output_weight"]


@misconception(
    caught_by="llama_forward_values",
    explanation="""
    The embeddings were multiplied by the root of D before they entered the first layer. The
    Transformer of 2017 does that, because it adds position codes to them, and a few later models do
    as well. LLaMA takes the rows of the table as they are: positions come in by turning queries and
    keys, so there is nothing to be balanced. The first norm of each block takes the factor out
    again, so attention is right and only the part that is carried along by the additions has the
    wrong size; the logits look plausible. Compare what enters your first block with the rows of the
    table.
    """,
    source="Vaswani et al. (2017), section 3.4, carried over; derived",
)
class multiplies_embeddings_by_the_root_of_the_width:
    """llama_forward scales the embeddings by the root of D"""

    def llama_forward(ids, params, n_heads, n_kv_heads, window=None):
        table = params["token_embedding"]
        scaled = params | {"token_embedding": math.sqrt(table.shape[1]) * table}
        return solution.llama_forward(ids, scaled, n_heads, n_kv_heads, window)


@misconception(
    caught_by="llama_forward_values",
    explanation="""
    The function returned probabilities where logits are asked for. After the output matrix a
    softmax was applied, so each row is positive and adds up to 1. The order of the tokens is the
    same, so choosing the most likely one gives the same text. But whoever calls the model counts on
    raw scores: a loss that takes the softmax itself would apply it twice, which flattens everything
    and makes training crawl, and a temperature would act on the wrong numbers. Raw scores can be
    negative and of any size. Look at what happens after the product with the output matrix: nothing
    should.
    """,
    source="A softmax in front of a loss that has its own; a frequent question in forums",
)
class returns_probabilities:
    """llama_forward applies a softmax to the logits"""

    def llama_forward(ids, params, n_heads, n_kv_heads, window=None):
        logits = solution.llama_forward(ids, params, n_heads, n_kv_heads, window)
        return solution._softmax(logits, None)


@misconception(
    caught_by="llama_forward_reach",
    explanation="""
    The model takes a window and does not use it: attention is causal, and each position sees
    everything before it. The mask function itself may well be right. As long as texts are no longer
    than the window, there is no difference, and even after that the model only knows more than it
    should, so its outputs look better rather than worse. But the memory that the window was meant
    to save is not saved, and weights trained with a window are used in a way they have never seen.
    Change a token and watch how far the change travels: with one layer and a window of 2, it must
    stop after one step.
    """,
    source="vllm#3385 and transformers#39408: the window set in a configuration, without effect",
)
class ignores_the_window_in_the_model:
    """llama_forward builds the mask without the window"""

    def llama_forward(ids, params, n_heads, n_kv_heads, window=None):
        return solution.llama_forward(ids, params, n_heads, n_kv_heads, None)
