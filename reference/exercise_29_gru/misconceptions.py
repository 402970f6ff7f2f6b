"""Wrong implementations that students really write, each with the check that must catch it."""

from array_api_compat import array_namespace

from grader.spec import misconception, solution


def _parts(a):
    """The three blocks along the last axis."""
    hidden = a.shape[-1] // 3
    return [a[..., k * hidden : (k + 1) * hidden] for k in range(3)]


def _rearranged(a, order):
    """The blocks of a in another order."""
    parts = _parts(a)
    return array_namespace(a).concat([parts[k] for k in order], axis=-1)


def _deinterleaved(a):
    """Columns r1 z1 n1 r2 z2 n2 … sorted into blocks."""
    xp = array_namespace(a)
    by_unit = xp.reshape(a, (*a.shape[:-1], -1, 3))
    return xp.reshape(xp.matrix_transpose(by_unit), a.shape)


def _cell(x, h, wx, wh, bx, bh, candidate=None, sigmoid=None):
    """A step with another candidate(r, p_n, q_n) or sigmoid, and the solution's cache."""
    (p_r, p_z, p_n), (q_r, q_z, q_n) = _parts(x @ wx + bx), _parts(h @ wh + bh)
    sigmoid = sigmoid or solution._sigmoid
    r, z = sigmoid(p_r + q_r), sigmoid(p_z + q_z)
    n = candidate(r, p_n, q_n) if candidate else array_namespace(x).tanh(p_n + r * q_n)
    return (1 - z) * n + z * h, (x, h, wx, wh, r, z, n, q_n)


def _slopes(dh_next, cache):
    """The blocks dp_r, dp_z, dp_n of a right backward."""
    _, h, _, _, r, z, n, q_n = cache
    dp_n = dh_next * (1 - z) * (1 - n**2)
    return dp_n * q_n * r * (1 - r), dh_next * (h - n) * z * (1 - z), dp_n


def _gradients(dh_next, cache, dp, dq):
    """The end of a backward, from the blocks of dp and dq."""
    x, h, wx, wh, _, z, _, _ = cache
    xp = array_namespace(dh_next)
    dp, dq = xp.concat(dp, axis=1), xp.concat(dq, axis=1)
    dh = dh_next * z + dq @ wh.T
    return dp @ wx.T, dh, x.T @ dp, h.T @ dq, xp.sum(dp, axis=0), xp.sum(dq, axis=0)


def _back_through_time(dhs, cache):
    """The results of a right step backward for every t, the last step first."""
    dh, steps = 0, []
    for t in reversed(range(dhs.shape[1])):
        steps.append(solution.gru_step_backward(dhs[:, t, :] + dh, cache[t]))
        dh = steps[-1][1]
    return steps


@misconception(
    caught_by="step_forward_values",
    explanation="""
    Your candidate is computed from r * h: the state was reset first and multiplied with the weights
    afterwards. That is the GRU of the paper of 2014 and of many books, so the formula you followed
    is probably printed exactly like this. The README asks for the other form, in which the product
    h @ wh and its bias are complete before r touches them. The two are not the same. A matrix
    product mixes the units: with the reset before it, unit 1's gate decides what all units see of
    unit 1, and with the reset after it, what unit 1 sees of all. And the candidate's bias in bh,
    which the reset should scale, escapes it in yours, so that even a state of zero gives another
    result. Either form trains well, but weights made for one do not fit the other. Look at what
    stands to the right of r.
    """,
    source="Cho et al. (2014) against torch.nn.GRU; a difference of 0.13 measured",
)
class resets_the_state_before_the_product:
    """gru_step_forward computes n = tanh(p_n + (r * h) @ wh_n + bh_n)"""

    def gru_step_forward(x, h, wx, wh, bx, bh):
        def candidate(r, p_n, q_n):
            return array_namespace(x).tanh(p_n + (r * h) @ _parts(wh)[2] + _parts(bh)[2])

        return _cell(x, h, wx, wh, bx, bh, candidate)


@misconception(
    caught_by="step_gates_open_and_shut",
    explanation="""
    The update gate works the other way round: where z is 1 your state is replaced, and where z is 0
    it is kept. Much of the literature writes it like that, so you may well have copied a correct
    formula from a text with the other meaning of z. A network trained from scratch does not care,
    since a gate can learn the opposite sign, and near z = ½ the two mixtures are close to each
    other. The difference is plain when the gate saturates: a large positive bias should make the
    unit remember, and yours forgets at once. Look at which of z and 1 - z multiplies the old state,
    and compare with the convention card.
    """,
    source="Chung et al. (2014) against Cho et al. (2014); a difference of 1.02 measured",
)
class replaces_the_state_where_z_is_one:
    """gru_step_forward returns z * n + (1 - z) * h"""

    def gru_step_forward(x, h, wx, wh, bx, bh):
        _, cache = solution.gru_step_forward(x, h, wx, wh, bx, bh)
        z, n = cache[5:7]
        return z * n + (1 - z) * h, cache


@misconception(
    caught_by="step_forward_values",
    explanation="""
    Your numbers are exactly what the block order update, reset, candidate gives: the first block
    was used for z and the second for r. That is how Keras and several books arrange the weights,
    and how the formulas are often listed. Nothing inside your code contradicts itself. Both blocks
    pass through the same sigmoid, have the same shape and learn whatever they need, so a network
    trained from scratch behaves normally, and only weights of a known layout show the difference.
    Here the reset gate comes first, the update gate second and the candidate third, as in PyTorch.
    Look at the line that cuts the wide matrix into three.
    """,
    source="Keras stores z, r, h; PyTorch stores r, z, n; derived",
)
class puts_the_update_gate_first:
    """gru_step_forward reads the blocks in the order z, r, n"""

    def gru_step_forward(x, h, wx, wh, bx, bh):
        weights = [_rearranged(w, (1, 0, 2)) for w in (wx, wh, bx, bh)]
        return solution.gru_step_forward(x, h, *weights)


@misconception(
    caught_by="step_gates_open_and_shut",
    explanation="""
    The reset gate scales h @ wh but not the bias that belongs to it: the candidate's block of bh
    was added outside. With r = 0 nothing of the state's side should be left in the candidate, and
    in yours that bias still acts. It looks natural, because in nearly every layer biases are added
    at the very end, and once all biases stand outside, bx and bh can be merged into one,
    which seems tidier. With biases of zero, the usual start, there is no difference at all, so it
    appears only after some training or with weights from elsewhere. Look at what is inside the
    brackets that r multiplies: the product and its bias together.
    """,
    source="The reason why PyTorch and cuDNN keep two bias vectors; derived",
)
class keeps_the_bias_outside_the_reset:
    """gru_step_forward computes n = tanh(p_n + bh_n + r * (h @ wh_n))"""

    def gru_step_forward(x, h, wx, wh, bx, bh):
        def candidate(r, p_n, q_n):
            bias = _parts(bh)[2]
            return array_namespace(x).tanh(p_n + bias + r * (q_n - bias))

        return _cell(x, h, wx, wh, bx, bh, candidate)


@misconception(
    caught_by="step_forward_values",
    explanation="""
    Inputs, weights and the gates are used as they should be, but none of the biases has any
    influence on your result. Many short presentations of the GRU leave the biases out to keep the
    formulas small, and so do published implementations that follow them. With biases of zero, as
    they mostly are at the start, nothing differs; so a test with fresh weights passes. What is lost
    is real, though. Without a bias every gate stands at ½ when the inputs are small, and no unit
    can learn to remember or to forget by default. Two vectors bx and bh are among the arguments:
    check that both are added, each to its own product.
    """,
    source="deep-learning-from-scratch-2#13: a published GRU without biases",
)
class has_no_biases:
    """gru_step_forward ignores bx and bh"""

    def gru_step_forward(x, h, wx, wh, bx, bh):
        return solution.gru_step_forward(x, h, wx, wh, bx * 0, bh * 0)


@misconception(
    caught_by="step_forward_values",
    explanation="""
    The bias of the input side is used and the bias of the state side is not: your result is the
    same whatever bh holds. An LSTM, and most other cells, need one bias vector only, since two
    vectors that are added are as good as their sum. For r and z this holds here as well, which is
    why leaving one of them out is tempting. The candidate is different. Its bh block is multiplied
    by the reset gate and its bx block is not, so no single vector can replace the two. As both
    usually start at zero, fresh networks agree. Look for bh in your step; it belongs to the product
    of h and wh.
    """,
    source="Derived from cells with one bias, as in exercise 28",
)
class adds_only_the_bias_of_the_inputs:
    """gru_step_forward ignores bh"""

    def gru_step_forward(x, h, wx, wh, bx, bh):
        return solution.gru_step_forward(x, h, wx, wh, bx, bh * 0)


@misconception(
    caught_by="step_forward_values",
    explanation="""
    The gates are right, but in the candidate the reset gate multiplies everything: the input's part
    as well as the state's. It happens when the two products are added first, as the gates allow and
    as one does in an LSTM, and the gate is applied to the sum afterwards. Then a unit whose reset
    gate is shut loses the present input together with the past, and its candidate is 0. The purpose
    is the opposite: to let a unit drop the past and start afresh from the input. When r is close to
    1 the results agree. Keep the two wide matrices apart until the candidate has been made, and
    look at what r multiplies.
    """,
    source="Derived; adding both products first is right for the LSTM of exercise 28",
)
class resets_the_input_as_well:
    """gru_step_forward computes n = tanh(r * (p_n + q_n))"""

    def gru_step_forward(x, h, wx, wh, bx, bh):
        def candidate(r, p_n, q_n):
            return array_namespace(x).tanh(r * (p_n + q_n))

        return _cell(x, h, wx, wh, bx, bh, candidate)


@misconception(
    caught_by="step_forward_values",
    explanation="""
    Your candidate is never negative: it went through a sigmoid, like the two gates. A gate says how
    much and must be a fraction between 0 and 1. The candidate says what the new state should be,
    and a state may have either sign. With a sigmoid the state can only drift towards values between
    0 and 1, and after some steps nothing negative is left of it, so half of the range is gone. It
    is an easy slip when all blocks are handled in one line. Training still goes down, only less
    far. Look at the function that is applied to the third block, and at the one in the formula for
    n.
    """,
    source="Collected mutants of recurrent exercises in public judges; derived",
)
class squashes_the_candidate_with_a_sigmoid:
    """gru_step_forward computes n = σ(p_n + r * q_n)"""

    def gru_step_forward(x, h, wx, wh, bx, bh):
        def candidate(r, p_n, q_n):
            return solution._sigmoid(p_n + r * q_n)

        return _cell(x, h, wx, wh, bx, bh, candidate)


@misconception(
    caught_by="gru_forward_sequences_and_units_are_alike",
    explanation="""
    With one hidden unit everything is right; with more, the numbers are wrong, and renumbering the
    hidden units changes the results. The 3H columns were read as H groups of three, each unit's own
    r, z and n side by side, where they are three blocks of H columns, all reset gates first. It
    usually comes from a reshape to (B, H, 3) or from slicing with a step of 3. Both layouts hold
    the same amount of numbers, so no shape can object, and a network trained from scratch does not
    mind. Decide which of the two indices runs fastest along the columns: here it is the unit, not
    the gate.
    """,
    source="Derived; the layout of some fused kernels, which interleave the gates on purpose",
)
class interleaves_the_gates:
    """gru_step_forward takes every third column for a gate"""

    def gru_step_forward(x, h, wx, wh, bx, bh):
        weights = [_deinterleaved(w) for w in (wx, wh, bx, bh)]
        return solution.gru_step_forward(x, h, *weights)


@misconception(
    caught_by="step_forward_values",
    explanation="""
    Ordinary inputs give the right answer; pre-activations of 1000 give nan. The sigmoid was written
    as exp(a) / (1 + exp(a)). In float64 exp overflows above 709.8, and then infinity is divided by
    infinity. The other usual form, with exp(-a), only overflows to a harmless 0 but still warns.
    Large pre-activations do occur: a gate that should stay open is pushed further as long as this
    lowers the loss, and one exploding step is enough. The state then carries the nan into every
    later step. A stable sigmoid takes the exponential of a number that is never positive, or uses
    tanh, which is bounded by itself.
    """,
    source="Overflow limit measured; the same form is found in course notebooks",
)
class overflows_in_the_sigmoid:
    """gru_step_forward computes exp(a) / (1 + exp(a))"""

    def gru_step_forward(x, h, wx, wh, bx, bh):
        xp = array_namespace(x)
        return _cell(x, h, wx, wh, bx, bh, sigmoid=lambda a: xp.exp(a) / (1 + xp.exp(a)))


@misconception(
    caught_by="step_backward_gradients",
    explanation="""
    Everything is right except dh, and what it lacks is exactly dh_next * z. The old state has four
    uses in a step: it enters both gates and the candidate through wh, and it is also mixed straight
    into the new state. You followed the weights and left out the mixing, which has no weights and
    so is easily overlooked when one thinks in layers. It is the most important of the four. Along
    it a gradient travels back over many steps, scaled by nothing but update gates; without it the
    GRU learns no better over long distances than a plain recurrent network. A single step does not
    show it in the weights. Count the places where h occurs in the formulas.
    """,
    source="Derived from the uses of h; the path that Cho et al. (2014) built the cell for",
)
class drops_the_direct_path:
    """gru_step_backward returns a dh without dh_next * z"""

    def gru_step_backward(dh_next, cache):
        dx, dh, *weights = solution.gru_step_backward(dh_next, cache)
        return dx, dh - dh_next * cache[5], *weights


@misconception(
    caught_by="step_backward_gradients",
    explanation="""
    The reset gate's gradient was multiplied with h. The blocks of z and n are right, the block of r
    is wrong, and with it dx and dh. In the forward step r does not stand beside h; it stands beside
    the candidate's columns of q, which are the product of h and the weights plus the bias, and that
    is the factor that remains when you differentiate with respect to r. The slip comes from the
    other form of the GRU, where r multiplies h itself, though there a matrix product would follow.
    A state of zero tells the two apart: the factor is then the bias and not 0. Look at what the
    forward pass multiplied r with, and whether your cache kept it.
    """,
    source="Derived; r * h is what the form of Cho et al. (2014) has",
)
class multiplies_the_reset_gate_with_the_state:
    """gru_step_backward uses h where the gradient of r needs q_n"""

    def gru_step_backward(dh_next, cache):
        x, h, wx, wh, r, z, n, _ = cache
        return solution.gru_step_backward(dh_next, (x, h, wx, wh, r, z, n, h))


@misconception(
    caught_by="step_backward_gradients",
    explanation="""
    dbh came out equal to dbx. For the two gates this is right, because only the sum of the two
    biases matters there. For the candidate it is not. Its bx block is added outside the reset, and
    its bh block inside, so the gradient passes through r on the way to bh and arrives smaller. If
    the two always had the same gradient and the same start, they would stay equal for ever and one
    of them would be useless; the reset gate is what makes them different. In PyTorch's LSTM the two
    gradients are indeed equal, which makes it easy to expect the same here. Look at the last block
    of each.
    """,
    source="Derived from torch.nn.LSTM, where both biases have one gradient",
)
class gives_both_biases_the_same_gradient:
    """gru_step_backward returns dbx as dbh"""

    def gru_step_backward(dh_next, cache):
        *others, dbx, _ = solution.gru_step_backward(dh_next, cache)
        return *others, dbx, dbx


@misconception(
    caught_by="step_backward_gradients",
    explanation="""
    dx, dwx and dbx are right. dh, and the candidate's blocks of dwh and dbh, are wrong: the
    gradient that the candidate sends to the state's side did not pass the reset gate. In the
    forward step r scales the whole contribution of the state to the candidate, so a small change of
    that contribution counts only r times as much. One wide gradient for both sides, as in an LSTM,
    is the usual cause: here the two sides agree in the blocks of r and z and differ in that of n.
    With an open reset gate nothing differs, so the error can hide for a long time. Look at the
    third block of the matrix that you multiply with wh.
    """,
    source="Derived from cells with one gradient for both products, as in exercise 28",
)
class skips_the_reset_gate_on_the_way_back:
    """gru_step_backward uses dp for the side of h too"""

    def gru_step_backward(dh_next, cache):
        dp = _slopes(dh_next, cache)
        return _gradients(dh_next, cache, dp, dp)


@misconception(
    caught_by="step_backward_gradients",
    explanation="""
    Your forward pass has the form that is asked for, and your backward pass belongs to the other
    one. It sends the candidate's gradient back through the weights first and then splits the result
    between r and h, as is right for a cell that resets the state before the product. Formulas from
    a book that prints that form do this, and they are correct there. All shapes fit, the signs are
    mostly right and training makes progress, so only a comparison with a numerical gradient shows
    it. Go through the candidate's line from right to left: after tanh comes a sum, then the product
    with r, and only then the matrix product.
    """,
    source="Backward formulas for the cell of Cho et al. (2014) under another forward; derived",
)
class differentiates_the_other_form:
    """gru_step_backward is the gradient of n = tanh(p_n + (r * h) @ wh_n + bh_n)"""

    def gru_step_backward(dh_next, cache):
        _, h, _, wh, r, z, _, _ = cache
        xp = array_namespace(dh_next)
        _, dp_z, dp_n = _slopes(dh_next, cache)
        seen = dp_n @ _parts(wh)[2].T
        dp_r = seen * h * r * (1 - r)
        dx, _, dwx, _, dbx, _ = _gradients(dh_next, cache, (dp_r, dp_z, dp_n), (dp_r, dp_z, dp_n))
        gates = xp.concat([dp_r, dp_z], axis=1)
        dh = dh_next * z + seen * r + gates @ wh[:, : gates.shape[1]].T
        return dx, dh, dwx, xp.concat([h.T @ gates, (r * h).T @ dp_n], axis=1), dbx, dbx


@misconception(
    caught_by="step_backward_gradients",
    explanation="""
    The update gate's block of the gradients has the right size and the wrong sign. Where z grows,
    the new state moves away from the candidate and towards the old state, so the factor is the old
    state minus the candidate. Yours is the candidate minus the old state. That would be right for
    the texts in which z and 1 - z are exchanged, and a backward pass copied from such a text
    explains it; so does a lost minus when 1 - z is differentiated. Every step of training then
    moves the gate in the direction that raises the loss, while reset gate and candidate learn as
    they should. Look at the derivative of both terms of the last line with respect to z.
    """,
    source="Derived from Chung et al. (2014), where z weighs the candidate",
)
class reverses_the_sign_of_the_update_gate:
    """gru_step_backward uses n - h where the gradient of z needs h - n"""

    def gru_step_backward(dh_next, cache):
        dp_r, dp_z, dp_n = _slopes(dh_next, cache)
        r = cache[4]
        return _gradients(dh_next, cache, (dp_r, -dp_z, dp_n), (dp_r, -dp_z, dp_n * r))


@misconception(
    caught_by="step_backward_gradients",
    explanation="""
    The update gate's block is right; the blocks of the candidate and of the reset gate, which
    receives its gradient through the candidate, are wrong. The candidate was given the slope of a
    sigmoid, n times (1 - n). It is a tanh, and the slope of a tanh is 1 - n². The two look alike,
    and handling all three blocks in one line invites the mix-up. The sign betrays it: where n is
    negative, n times (1 - n) is negative too, although a tanh rises everywhere. So about half of
    the candidate's weights are pushed in the wrong direction. Look at which function made each of
    the three blocks going forward, and at the slope you gave it.
    """,
    source="Derived; mixing the two slopes is frequent in hand-written cells",
)
class uses_the_sigmoid_slope_for_the_candidate:
    """gru_step_backward multiplies the candidate's gradient with n * (1 - n)"""

    def gru_step_backward(dh_next, cache):
        _, _, _, _, r, z, n, q_n = cache
        dp_n = dh_next * (1 - z) * n * (1 - n)
        dp_r, dp_z = dp_n * q_n * r * (1 - r), _slopes(dh_next, cache)[1]
        return _gradients(dh_next, cache, (dp_r, dp_z, dp_n), (dp_r, dp_z, dp_n * r))


@misconception(
    caught_by="step_backward_gradients",
    explanation="""
    The candidate's block is right, and the blocks of both gates are too large: they were given the
    slope of a tanh, 1 - r² and 1 - z². The gates are sigmoids, and the slope of a sigmoid, written
    with its own output s, is s times (1 - s). The wrong one is always larger, three times as large
    where the gate stands at ½, and the sign is right, so the gates simply learn too fast and
    training looks healthy. With an adaptive optimiser, which evens out the size of gradients, it
    can hardly be seen at all. Look at each of the three blocks in turn and ask which function made
    it in the forward step.
    """,
    source="Derived; 1 - s² over s (1 - s) is 3 at s = ½",
)
class uses_the_tanh_slope_for_the_gates:
    """gru_step_backward multiplies the gates' gradients with 1 - r² and 1 - z²"""

    def gru_step_backward(dh_next, cache):
        _, h, _, _, r, z, n, q_n = cache
        dp_n = _slopes(dh_next, cache)[2]
        dp_r, dp_z = dp_n * q_n * (1 - r**2), dh_next * (h - n) * (1 - z**2)
        return _gradients(dh_next, cache, (dp_r, dp_z, dp_n), (dp_r, dp_z, dp_n * r))


@misconception(
    caught_by="gru_forward_values",
    explanation="""
    Your states are those of a sequence that starts from zeros, whatever h0 holds. With a zero
    initial state the two agree, and that is how a GRU is mostly started, so examples found
    elsewhere do not show the difference. But the argument carries something: in a translator the
    decoder starts from what the encoder has read, and a long text that is cut into pieces continues
    each piece from the state where the last one ended. If zeros are used there, the network forgets
    at every seam and learns nothing across it. Look at how the variable that holds the state is set
    before the loop begins.
    """,
    source="Classic; stateful training breaks in silence; derived",
)
class starts_from_a_zero_state:
    """gru_forward ignores h0"""

    def gru_forward(xs, h0, wx, wh, bx, bh):
        return solution.gru_forward(xs, h0 * 0, wx, wh, bx, bh)


@misconception(
    caught_by="gru_forward_carries_its_state",
    explanation="""
    The first step is right and the later ones are not: every step began with h0. The new state was
    computed and collected, but the variable that the next call reads was never replaced by it, so
    each state depends on its own input alone and the network has no memory at all. The result still
    has the right shape and every row of it is a valid GRU step, and with one step there is nothing
    to notice. On data in which the present input says most of what is needed, training even looks
    reasonable. Follow the state through two rounds of your loop with a pencil, and look at the name
    under which the step's result is stored.
    """,
    source="Derived; a loop that stores its result under another name than it reads",
)
class restarts_from_h0_at_every_step:
    """gru_forward passes h0 to every step"""

    def gru_forward(xs, h0, wx, wh, bx, bh):
        hs, caches = [], []
        for t in range(xs.shape[1]):
            h, cache = solution.gru_step_forward(xs[:, t, :], h0, wx, wh, bx, bh)
            hs.append(h)
            caches.append(cache)
        return array_namespace(xs).stack(hs, axis=1), caches


@misconception(
    caught_by="gru_forward_sequences_and_units_are_alike",
    explanation="""
    The first sequence of the batch is right. Every other one starts where the sequence before it
    ended, as if the batch were one long text, and its own row of h0 is not read. This happens when
    the sequences are processed one after the other and the state is set up before the outer loop,
    not inside it, or when it lives in an object that survives from one call to the next. A batch of
    one hides it. Rows of a batch have nothing to do with each other: a sequence must give the same
    states alone as in any company, so a result that changes with the company is the sign to look
    for. Check where the state is set.
    """,
    source="Derived from state kept between batches, as in stateful layers that are never reset",
)
class carries_the_state_from_row_to_row:
    """gru_forward starts each sequence from the final state of the one before it"""

    def gru_forward(xs, h0, wx, wh, bx, bh):
        _, cache = solution.gru_forward(xs, h0, wx, wh, bx, bh)
        h, rows = h0[:1, :], []
        for k in range(xs.shape[0]):
            hs, _ = solution.gru_forward(xs[k : k + 1, :, :], h, wx, wh, bx, bh)
            h = hs[:, -1, :]
            rows.append(hs)
        return array_namespace(xs).concat(rows, axis=0), cache


@misconception(
    caught_by="gru_backward_gradients",
    explanation="""
    Each step was given dhs[:, t] alone as the gradient of its state. That is only what the loss
    says about this output directly. The same state also enters the next step, where it is kept in
    part and read by both gates and the candidate, and so it influences all later outputs. This
    second part is the dh which the later step returned, and it has to be added. The last step is
    right, and a sequence of one step as well, so short tests pass. Training makes some progress
    too, but no step ever learns what its result does to the following ones, and that is the whole
    purpose of a memory. Look at what your loop does with dh after each call.
    """,
    source="Deep-ML problem 62: the gradient of h misses the future term",
)
class forgets_the_gradient_of_later_steps:
    """gru_backward uses dhs[:, t] alone and does not pass dh from step to step"""

    def gru_backward(dhs, cache):
        dxs, totals = [], [0, 0, 0, 0]
        for t in reversed(range(dhs.shape[1])):
            dx, dh, *parts = solution.gru_step_backward(dhs[:, t, :], cache[t])
            totals = [total + part for total, part in zip(totals, parts, strict=True)]
            dxs.insert(0, dx)
        return array_namespace(dhs).stack(dxs, axis=1), dh, *totals


@misconception(
    caught_by="gru_backward_gradients",
    explanation="""
    Of all the incoming gradients yours uses only dhs[:, T-1], that of the final state; changing the
    others changes nothing. When a GRU is used to classify a whole sequence, the loss reads only the
    final state, the other entries are zero, and this loop is complete. But gru_forward returns the
    states of all steps, and a loss may read every one of them: a language model predicts a word at
    each position. The gradient of a state is then the sum of two parts, what arrives from the step
    after it and what the loss says about it directly, and the second part is missing here. Look for
    dhs inside your loop and not only before it.
    """,
    source="Derived from classifiers that read the last state; one step hides it",
)
class reads_only_the_last_gradient:
    """gru_backward uses dhs[:, T-1] and no other entry of dhs"""

    def gru_backward(dhs, cache):
        xp = array_namespace(dhs)
        last = dhs[:, -1:, :]
        return solution.gru_backward(xp.concat([dhs[:, :-1, :] * 0, last], axis=1), cache)


@misconception(
    caught_by="gru_backward_gradients",
    explanation="""
    dxs and dh0 are right; the gradients of the weights and biases contain the first step's share
    only. All T steps used the same weights, so each of them contributes to their gradients, and the
    contributions add up. Your loop replaces the gradient at every step, and since it runs
    backwards, the share of step 0 is what remains at the end. With a sequence of one step the two
    agree. The effect in training is a network that learns from the beginning of every sequence and
    from nothing else; on short sequences this can pass for slow progress. One value that is used
    many times collects the gradients of all its uses.
    """,
    source="Weights' gradients overwritten per step; compare zero-to-hero#52",
)
class overwrites_the_weight_gradients:
    """gru_backward keeps the weight gradients of one step"""

    def gru_backward(dhs, cache):
        dxs, dh0, *_ = solution.gru_backward(dhs, cache)
        return dxs, dh0, *_back_through_time(dhs, cache)[-1][2:]


@misconception(
    caught_by="gru_backward_gradients",
    explanation="""
    All gradients are right except dh0, which is zero everywhere. The initial state is often a
    constant zero that nobody wants to change, and then its gradient is never asked for, so many
    implementations throw it away. But h0 is an input like any other. In a translator the decoder's
    h0 is the encoder's last state, and dh0 is the only road by which the encoder learns anything at
    all; elsewhere h0 is a parameter that is trained. The number you need is not far: after the
    first step of the sequence, the last one on your way back, a gradient for the state before it
    has already been computed. Look at what your last call returns as dh.
    """,
    source="Derived; layers that treat the initial state as a constant",
)
class returns_no_gradient_for_h0:
    """gru_backward returns zeros as dh0"""

    def gru_backward(dhs, cache):
        dxs, dh0, *weights = solution.gru_backward(dhs, cache)
        return dxs, dh0 * 0, *weights


@misconception(
    caught_by="gru_backward_gradients",
    explanation="""
    dh0 and the gradients of the weights are right, and dxs holds the right numbers at the wrong
    times: its first row belongs to the last input and its last row to the first. The loop runs
    backwards, so the pieces are collected last step first, and joining them in that order turns
    time round. Nothing complains, since the shape is right, and if the inputs are not trained
    nobody reads dxs. As soon as there is a layer below, an embedding or another recurrent layer, it
    learns from gradients of other positions. A sequence of one step hides it, and so does the
    middle of a sequence of three. Look at the order of your list when you join it.
    """,
    source="Derived; lists that are filled by a backward loop",
)
class returns_dxs_last_step_first:
    """gru_backward joins the pieces of dxs in the order of the backward loop"""

    def gru_backward(dhs, cache):
        _, *others = solution.gru_backward(dhs, cache)
        dxs = [step[0] for step in _back_through_time(dhs, cache)]
        return array_namespace(dhs).stack(dxs, axis=1), *others
