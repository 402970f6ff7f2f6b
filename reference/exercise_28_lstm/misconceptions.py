"""Wrong implementations that students really write, each with the check that must catch it."""

from array_api_compat import array_namespace

from grader.spec import misconception, solution


def _parts(a):
    """The four gate blocks along the last axis."""
    hidden = a.shape[-1] // 4
    return [a[..., k * hidden : (k + 1) * hidden] for k in range(4)]


def _rearranged(a, order):
    """The gate blocks of a in another order."""
    parts = _parts(a)
    return array_namespace(a).concat([parts[k] for k in order], axis=-1)


def _deinterleaved(a):
    """Columns i1 f1 g1 o1 i2 f2 … sorted into blocks."""
    xp = array_namespace(a)
    by_unit = xp.reshape(a, (*a.shape[:-1], -1, 4))
    return xp.reshape(xp.matrix_transpose(by_unit), a.shape)


def _cell(x, h, c, wx, wh, i, f, g, o):
    """The end of a step, from the four gates, with the solution's cache."""
    c_next = f * c + i * g
    squashed = array_namespace(c).tanh(c_next)
    return o * squashed, c_next, (x, h, c, wx, wh, i, f, g, o, squashed)


@misconception(
    caught_by="step_forward_values",
    explanation="""
    Shapes are right and numbers are wrong, and they are exactly what the order input, forget,
    output, candidate would give: the third block went through a sigmoid and the fourth through a
    tanh. Several courses and libraries store the gates this way, because it puts the three sigmoids
    side by side. Your own network would train perfectly with either order, since the weights are
    learned to fit. The order matters as soon as weights come from elsewhere, such as a file of
    trained parameters or this judge. The convention here is that of PyTorch: the candidate comes
    third and the output gate last. Look at the place where you cut the wide matrix into four.
    """,
    source="CS231n assignment 3 stores i, f, o, g; difference of 0.07 to 0.6 measured",
)
class puts_the_candidate_last:
    """lstm_step_forward reads the gate blocks in the order i, f, o, g"""

    def lstm_step_forward(x, h, c, wx, wh, b):
        weights = [_rearranged(w, (0, 1, 3, 2)) for w in (wx, wh, b)]
        return solution.lstm_step_forward(x, h, c, *weights)


@misconception(
    caught_by="step_forward_values",
    explanation="""
    Your result is what the order forget, candidate, input, output gives. That order follows the
    story in which the LSTM is often told: first forget, then make something new, then decide how
    much of it to write, then show. It is used in at least one well-known textbook. Here the first
    block belongs to the input gate, the second to the forget gate and the third to the candidate.
    Nothing inside your code contradicts itself, and training from scratch would work, so only a
    comparison with weights of a known layout can reveal it. If you also set the forget gate's bias,
    remember that its place moves with the order.
    """,
    source="The textbook behind S1 stores f, g, i, o; difference of 0.07 to 0.6 measured",
)
class puts_the_forget_gate_first:
    """lstm_step_forward reads the gate blocks in the order f, g, i, o"""

    def lstm_step_forward(x, h, c, wx, wh, b):
        weights = [_rearranged(w, (2, 0, 1, 3)) for w in (wx, wh, b)]
        return solution.lstm_step_forward(x, h, c, *weights)


@misconception(
    caught_by="lstm_forward_sequences_and_units_are_alike",
    explanation="""
    With one hidden unit everything is right; with more, the numbers are wrong, and renumbering the
    hidden units changes the results. The 4H columns were read as H groups of four, each unit's own
    i, f, g and o side by side, where they are four blocks of H columns, all input gates first. It
    usually comes from a reshape to (B, H, 4), or from slicing with a step of 4. Both layouts hold
    the same amount of numbers, so no shape can object, and a network trained from scratch does not
    mind. Decide which of the two indices runs fastest along the columns: here it is the unit, not
    the gate.
    """,
    source="Derived; the layout of some fused kernels, which interleave the gates on purpose",
)
class interleaves_the_gates:
    """lstm_step_forward takes every fourth column for a gate"""

    def lstm_step_forward(x, h, c, wx, wh, b):
        weights = [_deinterleaved(w) for w in (wx, wh, b)]
        return solution.lstm_step_forward(x, h, c, *weights)


@misconception(
    caught_by="step_forward_values",
    explanation="""
    The new cell is larger than it should be: the candidate g went through a sigmoid, like the three
    gates, and came out between 0 and 1. Its job is a different one. A gate says how much and must
    be a fraction; the candidate says what to write, and that can be negative. With a sigmoid every
    step can only add to the cell, never subtract, so apart from forgetting, the cell drifts upwards
    and tanh of it sits near 1. It is an easy slip when all four blocks are pushed through one
    function in a single line. Training still goes down, only less far. Give the third block its
    own function.
    """,
    source="Collected mutants of LSTM exercises in public judges; measured",
)
class squashes_the_candidate_with_a_sigmoid:
    """lstm_step_forward applies the sigmoid to all four blocks"""

    def lstm_step_forward(x, h, c, wx, wh, b):
        gates = map(solution._sigmoid, _parts(x @ wx + h @ wh + b))
        return _cell(x, h, c, wx, wh, *gates)


@misconception(
    caught_by="step_gates_open_and_shut",
    explanation="""
    The cell is right and the hidden state is not: it equals the output gate times the cell itself.
    The cell is the one number in an LSTM without a bound; it can grow by almost 1 at every step.
    The hidden state feeds the next step's gates and the layer above, so it passes through tanh
    first and stays between -1 and 1. While the cell is small, tanh(c) is nearly c, and a short test
    with small weights hardly shows a difference. Over long sequences the hidden state grows, the
    gates saturate, and learning stops. Look at the last line of the step, the one that makes the
    hidden state, and at what multiplies o there.
    """,
    source="Collected mutants of LSTM exercises in public judges; measured",
)
class shows_the_cell_unsquashed:
    """lstm_step_forward returns h_next = o * c_next"""

    def lstm_step_forward(x, h, c, wx, wh, b):
        _, c_next, cache = solution.lstm_step_forward(x, h, c, wx, wh, b)
        return cache[8] * c_next, c_next, cache


@misconception(
    caught_by="step_forward_values",
    explanation="""
    The forget gate received the input gate's bias; all other terms are right. It is the mistake of
    copying a line and changing two of its three names. Biases usually start at zero, all of them
    alike, so the step agrees with a correct one until training has moved them apart, and nobody
    looks at the forward pass again by then. It also makes the forget bias useless: the value that
    you set in the forget block is never read. This was found in published libraries, years after
    they were written. Check for each of the four gates that weights for x, weights for h and bias
    come from the same block.
    """,
    source="numpy-ml#42, learn_dl#53: gates using another gate's bias",
)
class takes_the_bias_of_another_gate:
    """lstm_step_forward adds the input gate's bias to the forget gate"""

    def lstm_step_forward(x, h, c, wx, wh, b):
        return solution.lstm_step_forward(x, h, c, wx, wh, _rearranged(b, (0, 0, 2, 3)))


@misconception(
    caught_by="step_forward_values",
    explanation="""
    The gates react to the cell: its value was added to their pre-activations, the old cell for the
    input and forget gates and the new one for the output gate. Such connections exist and are
    called peepholes; many drawings of the LSTM show them, which makes it hard to tell what belongs
    to the basic cell. Real peepholes have weights of their own, and there are none among the
    arguments here. In this exercise, as in PyTorch, the gates look only at the input and at the
    hidden state. Since the hidden state already contains the cell, squashed and gated, leaving
    peepholes out costs little in practice. Look for c in the lines that compute the gates.
    """,
    source="Gers and Schmidhuber (2000), recurrent nets that time and count, add peepholes",
)
class lets_the_gates_see_the_cell:
    """lstm_step_forward adds the cell to the gates' pre-activations"""

    def lstm_step_forward(x, h, c, wx, wh, b):
        i, f, g, o = _parts(x @ wx + h @ wh + b)
        i, f, g = solution._sigmoid(i + c), solution._sigmoid(f + c), array_namespace(g).tanh(g)
        return _cell(x, h, c, wx, wh, i, f, g, solution._sigmoid(o + f * c + i * g))


@misconception(
    caught_by="step_forward_values",
    explanation="""
    The two results have changed places: the cell came first and the hidden state second. Both have
    shape (B, H) and both look like plausible states, so nothing complains. The order is a matter of
    habit. Some libraries keep the state as the pair of cell and hidden state, others the other way
    round, and people who have used both mix them up. In a loop the swap does real harm: the next
    step multiplies the cell with wh and keeps only the squashed value as its memory. Compare the
    table in the README with your return statement. Throughout this exercise the hidden state comes
    before the cell, in arguments, results and gradients.
    """,
    source="TensorFlow's state tuple is (c, h), PyTorch's is (h, c); derived",
)
class returns_the_cell_first:
    """lstm_step_forward returns (c_next, h_next, cache)"""

    def lstm_step_forward(x, h, c, wx, wh, b):
        h_next, c_next, cache = solution.lstm_step_forward(x, h, c, wx, wh, b)
        return c_next, h_next, cache


@misconception(
    caught_by="step_forward_values",
    explanation="""
    Ordinary inputs give the right answer; pre-activations of 1000 give nan. The sigmoid was written
    as exp(a) / (1 + exp(a)). In float64 exp overflows above 709.8, and then infinity is divided by
    infinity. The other usual form, with exp(-a), only overflows to a harmless 0 but still warns.
    Large pre-activations do occur: an open gate is pushed further open as long as it lowers the
    loss, and one exploding step is enough. One nan then spreads through the cell to every later
    step. A stable sigmoid takes the exponential of a number that is never positive, or uses tanh,
    which is bounded by itself: a sigmoid is a tanh of half the argument, shifted and scaled.
    """,
    source="Overflow limit measured; the same form is found in course notebooks",
)
class overflows_in_the_sigmoid:
    """lstm_step_forward computes exp(a) / (1 + exp(a))"""

    def lstm_step_forward(x, h, c, wx, wh, b):
        i, f, g, o = _parts(x @ wx + h @ wh + b)
        xp = array_namespace(x)
        i, f, o = (xp.exp(a) / (1 + xp.exp(a)) for a in (i, f, o))
        return _cell(x, h, c, wx, wh, i, f, xp.tanh(g), o)


@misconception(
    caught_by="step_gates_open_and_shut",
    explanation="""
    The forget gate works backwards: an open gate erases the cell and a shut one keeps it. The cell
    was multiplied with one minus the gate. The name invites this. If a gate called forget is 1, one
    would expect everything to be forgotten; but in all formulas f = 1 means keep, and remember gate
    would have been the better name. A network trained from scratch can learn the opposite sign, so
    the loss does not give it away. The trick with the bias does: a positive forget bias would then
    make a fresh network forget faster instead of remembering longer. Look at what multiplies the
    old cell.
    """,
    source="Derived from the gate's name; Gers et al. (2000) define 1 as keep",
)
class inverts_the_forget_gate:
    """lstm_step_forward keeps 1 - f of the cell"""

    def lstm_step_forward(x, h, c, wx, wh, b):
        *_, i, f, g, o, _ = solution.lstm_step_forward(x, h, c, wx, wh, b)[2]
        return _cell(x, h, c, wx, wh, i, 1 - f, g, o)


@misconception(
    caught_by="step_backward_gradients",
    explanation="""
    The gradient that came in for the cell was not used: the result is right only when dc_next is
    zero. The new cell influences the loss along two roads, through the hidden state of this step
    and through the next step, which receives the cell as it is. You followed the first road only.
    The second is the reason why the LSTM exists: along it a gradient travels back over many steps,
    multiplied by nothing but forget gates. Without it the network learns only what is visible
    within a few steps. A test of the last step alone passes, because nothing comes after it. Look
    for dc_next in your backward function.
    """,
    source="Named in reviews of hand-written LSTMs: dc misses the carried term; derived",
)
class drops_the_carried_cell_gradient:
    """lstm_step_backward ignores dc_next"""

    def lstm_step_backward(dh_next, dc_next, cache):
        return solution.lstm_step_backward(dh_next, dc_next * 0, cache)


@misconception(
    caught_by="step_backward_gradients",
    explanation="""
    The output gate's gradient is right, and the other gates see only dc_next. The hidden state is a
    product of two things, the output gate and the squashed cell, so its gradient splits in two: one
    part goes to the gate, the other through tanh into the cell. The second part is missing. It is
    easily lost because the cell already has an incoming gradient of the right shape, which looks
    complete. But dc_next tells only how later steps react to the cell; how this step's own output
    reacts to it has to be added. If the loss reads nothing but the hidden states, most of the
    learning signal enters here.
    """,
    source="Derived from the two uses of the cell; compare the multivariate chain rule in 08",
)
class drops_the_path_through_the_hidden_state:
    """lstm_step_backward takes dc_next alone as the gradient of the cell"""

    def lstm_step_backward(dh_next, dc_next, cache):
        o, squashed = cache[-2:]
        through_h = dh_next * o * (1 - squashed**2)
        return solution.lstm_step_backward(dh_next, dc_next - through_h, cache)


@misconception(
    caught_by="step_backward_gradients",
    explanation="""
    Only what depends on the forget gate is wrong: its gradient was multiplied with the new cell
    where the old one belongs. In the forward pass the forget gate scales the cell that came into
    the step, so that is the factor that stays when you differentiate with respect to the gate. The
    slip is natural when the same variable is overwritten during the step, or when the cache stores
    the cell after the update: the name is the same and the time is not. The two cells are often
    close, so the gradient is nearly right and training works almost as well. Check what your cache
    holds at the moment of saving.
    """,
    source="Derived from in-place cell updates before caching",
)
class multiplies_the_forget_gate_with_the_new_cell:
    """lstm_step_backward uses c_next where the gradient of f needs c"""

    def lstm_step_backward(dh_next, dc_next, cache):
        x, h, c, wx, wh, i, f, g, o, squashed = cache
        saved = (x, h, f * c + i * g, wx, wh, i, f, g, o, squashed)
        return solution.lstm_step_backward(dh_next, dc_next, saved)


@misconception(
    caught_by="step_backward_gradients",
    explanation="""
    Every gradient is right but dc: the gradient of the new cell was handed to the old cell without
    passing the forget gate. The step keeps the fraction f of the old cell, so a small change of the
    old cell changes the new one by f times as much, and the gradient shrinks by the same factor. In
    the LSTM of 1997 there was no forget gate, and then this was right: the error could circle
    unchanged for ever. With the gate, leaving it out makes distant steps look far more influential
    than they are. A single step does not show it in the weights; it spoils all earlier steps in the
    loop.
    """,
    source="Hochreiter and Schmidhuber (1997) had no forget gate; derived",
)
class passes_the_cell_gradient_around_the_forget_gate:
    """lstm_step_backward returns the gradient of c_next as dc"""

    def lstm_step_backward(dh_next, dc_next, cache):
        dx, dh, _, *weights = solution.lstm_step_backward(dh_next, dc_next, cache)
        o, squashed = cache[-2:]
        return dx, dh, dc_next + dh_next * o * (1 - squashed**2), *weights


@misconception(
    caught_by="step_backward_gradients",
    explanation="""
    dc is right, and among the columns of the weights only the candidate's block is wrong: it was
    given the slope of a sigmoid, g times (1 - g). The candidate is a tanh, and the slope of a tanh
    is 1 - g². The two formulas look alike, and handling all four blocks in one line invites the
    mix-up. The sign betrays it: where g is negative, g times (1 - g) is negative as well, although
    a tanh rises everywhere. So about half of the candidate's weights are pushed in the wrong
    direction, while the gates learn as they should. Since dx and dh add up all four blocks, they
    are wrong too.
    """,
    source="Derived; mixing the two slopes is frequent in hand-written cells",
)
class uses_the_sigmoid_slope_for_the_candidate:
    """lstm_step_backward multiplies the candidate's gradient with g * (1 - g)"""

    def lstm_step_backward(dh_next, dc_next, cache):
        x, h, c, wx, wh, i, f, g, o, squashed = cache
        xp = array_namespace(dh_next)
        dc_total = dc_next + dh_next * o * (1 - squashed**2)
        slopes = [g * i * (1 - i), c * f * (1 - f), i * g * (1 - g)]
        da = [dc_total * slope for slope in slopes] + [dh_next * squashed * o * (1 - o)]
        da = xp.concat(da, axis=1)
        return da @ wx.T, da @ wh.T, dc_total * f, x.T @ da, h.T @ da, xp.sum(da, axis=0)


@misconception(
    caught_by="lstm_forward_values",
    explanation="""
    Your states are those of a sequence that starts from zeros, whatever h0 and c0 hold. With zero
    initial states the two agree, and that is how an LSTM is mostly started, so examples found
    elsewhere do not show the difference. But the arguments carry something: in a translator the
    decoder starts from what the encoder has read, and a long text that is cut into pieces continues
    each piece from the state where the last one ended. If zeros are used there, the network forgets
    at every seam and learns nothing across it. Look at how the two state variables are set before
    the loop begins.
    """,
    source="Classic; stateful training (exercise 25) breaks in silence; derived",
)
class starts_from_zero_states:
    """lstm_forward ignores h0 and c0"""

    def lstm_forward(xs, h0, c0, wx, wh, b):
        return solution.lstm_forward(xs, h0 * 0, c0 * 0, wx, wh, b)


@misconception(
    caught_by="lstm_forward_carries_its_state",
    explanation="""
    The first step is right and the later ones are not: every step began with the cell c0, and only
    the hidden state was carried along. It happens when a loop for a plain recurrent network, which
    has a single state, is turned into one for the LSTM: the new cell is computed and returned by
    the step, but the variable that the next call reads is never replaced. The network still has a
    memory of some kind, through h, so it trains about as well as a plain recurrent network does,
    and nothing looks broken. Follow the cell through two rounds of the loop with a pencil.
    """,
    source="Derived from plain recurrent loops extended by a second state",
)
class restarts_the_cell_at_every_step:
    """lstm_forward passes c0 to every step"""

    def lstm_forward(xs, h0, c0, wx, wh, b):
        h, hs, caches = h0, [], []
        for t in range(xs.shape[1]):
            h, c, cache = solution.lstm_step_forward(xs[:, t, :], h, c0, wx, wh, b)
            hs.append(h)
            caches.append(cache)
        return array_namespace(xs).stack(hs, axis=1), c, caches


@misconception(
    caught_by="lstm_forward_sequences_and_units_are_alike",
    explanation="""
    The first sequence of the batch is right. Every other one starts where the sequence before it
    ended, as if the batch were one long text, and its own row of h0 and c0 is not read. This
    happens when the sequences are processed one after the other and the state is set up before the
    outer loop, not inside it, or when it lives in an object that survives from one call to the
    next. A batch of one hides it. On one long text cut into rows it may even help a little, which
    makes it harder to notice. Rows of a batch have nothing to do with each other: a sequence must
    give the same states alone as in any company. Check where the states are set.
    """,
    source="Derived from state kept between batches, as in stateful layers that are never reset",
)
class carries_the_state_from_row_to_row:
    """lstm_forward starts each sequence from the final states of the one before it"""

    def lstm_forward(xs, h0, c0, wx, wh, b):
        xp = array_namespace(xs)
        _, _, cache = solution.lstm_forward(xs, h0, c0, wx, wh, b)
        h, c, rows, cells = h0[:1, :], c0[:1, :], [], []
        for n in range(xs.shape[0]):
            hs, c, _ = solution.lstm_forward(xs[n : n + 1, :, :], h, c, wx, wh, b)
            h = hs[:, -1, :]
            rows.append(hs)
            cells.append(c)
        return xp.concat(rows, axis=0), xp.concat(cells, axis=0), cache


@misconception(
    caught_by="lstm_backward_gradients",
    explanation="""
    Each step was given dhs[:, t] alone as the gradient of its hidden state. That is only what the
    loss says about this output directly. The same hidden state also enters the gates of the next
    step and so influences all later outputs, and that part, the dh which the later step returned,
    has to be added. Your cell gradient does travel back, so the result is not far off, and training
    makes progress. But no step learns what its output will do to the gates of the following one.
    With a single step there is no difference, and the last step of a longer sequence is right as
    well. Look at what your loop does with dh after each call.
    """,
    source="Deep-ML problem 62: the gradient of h misses the future term",
)
class forgets_the_hidden_gradient_of_later_steps:
    """lstm_backward uses dhs[:, t] alone and does not pass dh from step to step"""

    def lstm_backward(dhs, dc_last, cache):
        xp = array_namespace(dhs)
        dc, dxs, totals = dc_last, [], [0, 0, 0]
        for t in reversed(range(dhs.shape[1])):
            dx, dh, dc, *parts = solution.lstm_step_backward(dhs[:, t, :], dc, cache[t])
            totals = [total + part for total, part in zip(totals, parts, strict=True)]
            dxs.insert(0, dx)
        return xp.stack(dxs, axis=1), dh, dc, *totals


@misconception(
    caught_by="lstm_backward_gradients",
    explanation="""
    The hidden state's gradient travels back from step to step, the cell's does not: dc_last is used
    at the last step, and every earlier step starts with a cell gradient of zero. This is the loop
    of a plain recurrent network, with one state on the way back. The LSTM hands on two states, so
    two gradients must return. The lost one is the important one: along the cell it is scaled by
    forget gates only, which is what lets an error reach the distant past. What remains fades as in
    a plain network. Look at the six results of your step's backward and ask of each where it goes
    next; none may be dropped.
    """,
    source="Derived from plain recurrent loops extended by a second state",
)
class forgets_the_cell_gradient_of_later_steps:
    """lstm_backward passes dh from step to step but not dc"""

    def lstm_backward(dhs, dc_last, cache):
        xp = array_namespace(dhs)
        dh, dc, dxs, totals = dc_last * 0, dc_last, [], [0, 0, 0]
        for t in reversed(range(dhs.shape[1])):
            dh = dhs[:, t, :] + dh
            dx, dh, dc_step, *parts = solution.lstm_step_backward(dh, dc, cache[t])
            dc = dc_last * 0
            totals = [total + part for total, part in zip(totals, parts, strict=True)]
            dxs.insert(0, dx)
        return xp.stack(dxs, axis=1), dh, dc_step, *totals


@misconception(
    caught_by="lstm_backward_gradients",
    explanation="""
    dxs, dh0 and dc0 are right; dwx, dwh and db contain the first step's share only. All T steps
    used the same weights, so each of them contributes to their gradients, and the contributions add
    up. Your loop replaces the gradient at every step, and since it runs backwards, the share of
    step 0 is what remains at the end. With a sequence of one step the two agree. The effect in
    training is a network that learns from the beginning of every sequence and from nothing else; on
    short sequences this can pass for slow progress. One value that is used many times collects the
    gradients of all its uses.
    """,
    source="Weights' gradients overwritten per step; compare zero-to-hero#52",
)
class overwrites_the_weight_gradients:
    """lstm_backward keeps the weight gradients of one step"""

    def lstm_backward(dhs, dc_last, cache):
        *front, _, _, _ = solution.lstm_backward(dhs, dc_last, cache)
        dh, dc = dc_last * 0, dc_last
        for t in reversed(range(dhs.shape[1])):
            dh = dhs[:, t, :] + dh
            _, dh, dc, *weights = solution.lstm_step_backward(dh, dc, cache[t])
        return *front, *weights


@misconception(
    caught_by="forget_bias_values",
    explanation="""
    The value was added to the forget block; the task is to set it. If the biases start at zero, as
    they mostly do, adding and setting give the same, so the difference shows only when something
    else was there before: random starting values, or a vector that the function has been applied
    to already. Then setting twice leaves the bias at the value, and adding twice doubles it. The
    purpose is to start every forget gate at the same known openness, and that works only if what
    was there before does not matter. Look at whether the old entries of the forget block still
    appear in your result.
    """,
    source="Derived; zero biases hide it",
)
class adds_to_the_forget_bias:
    """forget_bias adds the value to the forget block"""

    def forget_bias(b, value):
        i, f, g, o = _parts(b)
        return array_namespace(b).concat([i, f + value, g, o])


@misconception(
    caught_by="forget_bias_values",
    explanation="""
    The value was written into the first quarter of the vector, and that quarter belongs to the
    input gate. Some layouts do begin with the forget gate, and code copied from them does exactly
    this. The consequence is the opposite of what is wanted: a larger input bias makes the cell take
    in more of every new input, while it still forgets about half of the old content at each step.
    Nothing fails, the network only needs longer to learn long dependencies, or does not learn them
    at all. The order of the blocks is i, f, g, o, so count again, starting at zero, which quarter
    is the one for f.
    """,
    source="Code written for layouts that start with the forget gate; derived",
)
class sets_the_bias_of_the_input_gate:
    """forget_bias writes into the first block"""

    def forget_bias(b, value):
        i, f, g, o = _parts(b)
        xp = array_namespace(b)
        return xp.concat([xp.full_like(i, value), f, g, o])


@misconception(
    caught_by="forget_bias_values",
    explanation="""
    All four blocks were set to the value, and only the forget gate's block should have been. The
    forget gate opens as intended, but so do the input and output gates, and the candidate gets a
    constant push: with a value of 1 every step writes about tanh(1) = 0.76 times 0.73 into the
    cell, even when there is no input at all. After a few steps the cell is full of a constant, and
    tanh of it is close to 1 in every unit. The three other blocks may hold values somebody chose,
    or trained ones, and must come back as they were. Check the range of entries that you write to.
    """,
    source="Derived; the effect on the cell computed",
)
class sets_the_bias_of_every_gate:
    """forget_bias fills the whole vector"""

    def forget_bias(b, value):
        return array_namespace(b).full_like(b, value)
