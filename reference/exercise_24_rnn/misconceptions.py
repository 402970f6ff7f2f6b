"""Wrong implementations that students really write, each with the check that must catch it."""

from array_api_compat import array_namespace

from grader.spec import misconception, solution


def _loop(xs, h0, wx, wh, b, order):
    """Run the steps in the given order of time; the states stand at their own times."""
    h, states, caches = h0, {}, {}
    for t in order:
        h, caches[t] = solution.rnn_step_forward(xs[:, t, :], h, wx, wh, b)
        states[t] = h
    times = sorted(states)
    return array_namespace(xs).stack([states[t] for t in times], axis=1), [caches[t] for t in times]


def _loop_back(dhs, cache, order):
    """Go through the steps in the given order, handing dh on; dxs stands at its own times."""
    dh, totals, dxs = 0, (0, 0, 0), {}
    for t in order:
        dxs[t], dh, *parts = solution.rnn_step_backward(dhs[:, t, :] + dh, cache[t])
        totals = [total + part for total, part in zip(totals, parts, strict=True)]
    return array_namespace(dhs).stack([dxs[t] for t in sorted(dxs)], axis=1), dh, *totals


@misconception(
    caught_by="step_forward_values",
    explanation="""
    The numbers are those of tanh(x @ wx + h @ wh): the bias is missing. Many programs start with
    biases of zero, and then the first pass is exactly right; the gradient db may even be computed
    correctly, so that b is trained and never used. In a recurrent network the lack is felt at every
    step. A unit can no longer rest at a level of its own: with no input and a state of zero
    the state stays zero for ever, and everything the network does is symmetric around it. Setting
    both matrices to zero shows the mistake at once, because all that should remain is the bias
    under the tanh. Look at the sum that goes into tanh and count its terms.
    """,
    source="Classic; biases of zero hide it (compare exercise 07). Derived",
)
class leaves_out_the_bias:
    """rnn_step_forward computes tanh(x @ wx + h @ wh)"""

    def rnn_step_forward(x, h, wx, wh, b):
        return solution.rnn_step_forward(x, h, wx, wh, 0 * b)


@misconception(
    caught_by="step_forward_values",
    explanation="""
    The bias was added twice, once to the product with x and once to the product with h. Two
    affine layers side by side would do that, each with its own bias, and some libraries do keep two
    bias vectors and add them. Here there is one, and it enters the sum once. Nothing in training
    gives it away: a network that doubles its bias simply learns half of it, and biases of zero are
    the same doubled. But weights that come from elsewhere then give other states, and the gradient
    of b is only half of what your own forward would need. Setting both matrices to zero leaves
    nothing but the bias under the tanh.
    """,
    source="PyTorch keeps two biases; ported weights show the difference. Derived",
)
class adds_the_bias_twice:
    """rnn_step_forward adds b to each of the two products"""

    def rnn_step_forward(x, h, wx, wh, b):
        return solution.rnn_step_forward(x, h, wx, wh, 2 * b)


@misconception(
    caught_by="step_forward_values",
    explanation="""
    The states lie between 0 and 1 and none is negative: the step ends with a sigmoid where the
    formula has tanh. Both functions are S-shaped and both were used in recurrent networks, so code
    from an older text often has the other one. The differences matter over many steps. A sigmoid
    gives ½ for an input of 0, so a network without any input does not come to rest at 0; and its
    slope is at most ¼, so every step back multiplies the gradient by ¼ or less before the weights
    act on it, while the slope of tanh can be as large as 1. Look at the function around the sum,
    and then at whether the slope in your backward belongs to the same function.
    """,
    source="Elman (1990) keeps activations between 0 and 1; derived",
)
class squashes_with_a_sigmoid:
    """rnn_step_forward applies the sigmoid in place of tanh"""

    def rnn_step_forward(x, h, wx, wh, b):
        h_next, cache = solution.rnn_step_forward(x / 2, h / 2, wx, wh, b / 2)
        return (1 + h_next) / 2, (x, h, *cache[2:4], (1 + h_next) / 2)


@misconception(
    caught_by="step_forward_values",
    explanation="""
    The recurrent matrix was used turned over: row and column have changed places. For wx this could
    not happen unnoticed, since the shapes would not fit; wh is square, and both products exist. It
    comes from texts that write the weights on the left, and from weights of a library that stores
    the transposed matrix. With one hidden unit, or with a symmetric matrix such as the identity,
    there is no difference. A network that is trained from scratch does not care either, because it
    learns the transposed matrix instead. But the convention here is that wh[k, j] leads from unit k
    of the old state to unit j of the new one. Look at how h and wh stand to each other.
    """,
    source="Column-vector texts and PyTorch's stored layout; derived",
)
class transposes_the_recurrent_weights:
    """rnn_step_forward computes h @ wh.T"""

    def rnn_step_forward(x, h, wx, wh, b):
        return solution.rnn_step_forward(x, h, wx, wh.T, b)


@misconception(
    caught_by="step_forward_values",
    explanation="""
    Ordinary inputs give the right answer; pre-activations of 1000 give nan. The tanh was written
    out with exp(a) and exp(-a). In float64 the exponential overflows above 709.8, and then infinity
    is divided by infinity. The formula is correct on paper, which is why it is copied, and with
    fresh small weights the sum never comes near such numbers. A recurrent network can get there all
    the same: one careless step of training makes the weights large, and the result of one step is
    the input of the next. A single nan in a state then spreads to all later steps of that sequence
    and, through the gradient, to all weights. The library's function has no such limit.
    """,
    source="Overflow limit of float64 exponentials, measured",
)
class overflows_in_the_tanh:
    """rnn_step_forward computes (exp(a) - exp(-a)) / (exp(a) + exp(-a))"""

    def rnn_step_forward(x, h, wx, wh, b):
        xp = array_namespace(x)
        a = x @ wx + h @ wh + b
        up, down = xp.exp(a), xp.exp(-a)
        h_next = (up - down) / (up + down)
        return h_next, (x, h, wx, wh, h_next)


@misconception(
    caught_by="step_backward_gradients",
    explanation="""
    All five gradients are those of a step without tanh: the incoming gradient went straight into
    the affine part. For small states the slope of tanh is almost 1, so a test with small weights
    agrees to two or three digits and training begins normally. The difference grows with the
    states: a unit that sits near 1 or -1 hardly reacts to its input any more, and its gradient has
    to be nearly 0, while yours passes at full strength. Over many steps that is worse than it
    looks, because the missing factors, each below 1, are what mostly keeps the gradient from
    growing. Every function of the forward pass has its place in the backward pass; go through them
    one by one.
    """,
    source="Missing local derivative; Werbos (1990) states the full rule. Derived",
)
class leaves_out_the_slope_of_tanh:
    """rnn_step_backward uses dh_next as the gradient of the pre-activation"""

    def rnn_step_backward(dh_next, cache):
        return solution.rnn_step_backward(dh_next, (*cache[:4], 0 * cache[4]))


@misconception(
    caught_by="step_backward_gradients",
    explanation="""
    The slope was computed as 1 - a², with the pre-activation a in place of the output. The formula
    1 - (…)² is right, but what belongs in it is tanh(a), the state that the step returned. Near
    zero tanh(a) is almost a, and the two agree to first order, so small examples look fine. As soon
    as |a| is larger than 1 the factor becomes negative, although tanh rises everywhere: gradients
    point in the wrong direction just for the units that are most active, and with a = 3 the factor
    is -8 where 0.01 is right. It usually means that the cache holds the sum from before the tanh.
    Check which of the two your cache keeps under that name.
    """,
    source="Derivative written in the input instead of the output; factors computed",
)
class takes_the_slope_from_the_preactivation:
    """rnn_step_backward multiplies with 1 - a², where a is the argument of tanh"""

    def rnn_step_forward(x, h, wx, wh, b):
        h_next, cache = solution.rnn_step_forward(x, h, wx, wh, b)
        return h_next, (*cache[:4], x @ wx + h @ wh + b)


@misconception(
    caught_by="step_backward_gradients",
    explanation="""
    The slope came out too large: it is 1 - tanh²(h_next), and h_next is a tanh already. The
    derivative of tanh(a) is 1 - tanh²(a), and a habit says that the array at hand has to be put
    through tanh first. That is right when the cache holds the pre-activation. Yours holds the
    output, so tanh was taken twice. Since |tanh(h)| is at most 0.76, your slope never falls below
    0.42, and units that are saturated, whose slope is nearly 0, seem to react strongly to their
    inputs. For small states there is almost no difference. Ask of every array in the cache: is this
    before or after the tanh?
    """,
    source="Smallest possible slope 1 - tanh²(1) = 0.42 computed; derived",
)
class squashes_twice_in_the_slope:
    """rnn_step_backward multiplies with 1 - tanh(h_next)²"""

    def rnn_step_backward(dh_next, cache):
        squashed = array_namespace(dh_next).tanh(cache[4])
        return solution.rnn_step_backward(dh_next, (*cache[:4], squashed))


@misconception(
    caught_by="step_backward_gradients",
    explanation="""
    dh alone is wrong: the gradient was multiplied with wh as it stands and not with its transpose.
    In the forward pass wh leads from old units to new ones; on the way back the gradient must run
    along the same connections in the opposite direction. For dx the shapes enforce this, since wx
    is not square in general. For wh they are silent, and a network with one unit or with a
    symmetric matrix shows nothing. A single step does not feel the mistake in its weights either.
    It shows in what earlier steps receive: through the loop, their gradients are all wrong. Treat
    wh exactly as you treat wx.
    """,
    source="Square matrices hide a missing transpose; compare exercise 07. Derived",
)
class does_not_transpose_going_back:
    """rnn_step_backward returns da @ wh as dh"""

    def rnn_step_backward(dh_next, cache):
        dx, _, *weights = solution.rnn_step_backward(dh_next, cache)
        return dx, dh_next * (1 - cache[4] ** 2) @ cache[3], *weights


@misconception(
    caught_by="step_backward_gradients",
    explanation="""
    dwh is wrong and the other four are right: it was built from the new state where the old one
    belongs. In the forward pass wh multiplies the state that came into the step, so that is the
    factor that remains when you differentiate with respect to wh. The slip is natural when one
    variable h is overwritten during the step and put in the cache afterwards: its name is the same,
    its time is not. The new state is needed as well, but only for the slope. Successive states are
    often similar, so this dwh is not far from the right one, and training works nearly as well.
    Check at which moment each array was saved.
    """,
    source="State overwritten before it is cached; derived",
)
class multiplies_with_the_new_state:
    """rnn_step_backward computes dwh from h_next"""

    def rnn_step_backward(dh_next, cache):
        dx, dh, dwx, _, db = solution.rnn_step_backward(dh_next, cache)
        return dx, dh, dwx, cache[4].T @ (dh_next * (1 - cache[4] ** 2)), db


@misconception(
    caught_by="step_backward_gradients",
    explanation="""
    dx and dh are right; dwx, dwh and db are the right gradients divided by B. They were averaged
    over the batch. Whether the loss is a mean or a sum is decided where the loss is computed, and
    the incoming gradient carries that decision already; a layer only adds up what its rows
    contribute. Dividing here makes the steps of the weights B times too small, so training goes on
    and merely seems slow, and somebody raises the learning rate. With a batch of one there is no
    difference, and neither is there a wrong shape. Look for a mean over axis 0, or a division by
    the number of rows, in the lines for the weights.
    """,
    source="Double averaging, CS231n forum threads; compare exercise 07",
)
class averages_over_the_batch:
    """rnn_step_backward divides dwx, dwh and db by the batch size"""

    def rnn_step_backward(dh_next, cache):
        dx, dh, *weights = solution.rnn_step_backward(dh_next, cache)
        return dx, dh, *(dw / dh_next.shape[0] for dw in weights)


@misconception(
    caught_by="rnn_forward_values",
    explanation="""
    Your states are those of a network that starts from zeros, whatever h0 holds. Most examples do
    start from zeros, so a comparison with them shows nothing. The argument is there because it
    carries something: a long text that is cut into pieces continues each piece from the state in
    which the last one ended, and a network that describes a picture starts from what another
    network has seen in it. With zeros at every start, all of that is forgotten at the seam, and
    nothing can be learnt across it. The influence of h0 fades along the sequence, so the last
    states may look right. Look at what the state variable holds before the loop begins.
    """,
    source="Classic; carried states (exercise 25) are lost in silence. Derived",
)
class starts_from_zeros:
    """rnn_forward ignores h0"""

    def rnn_forward(xs, h0, wx, wh, b):
        return solution.rnn_forward(xs, 0 * h0, wx, wh, b)


@misconception(
    caught_by="rnn_forward_values",
    explanation="""
    The states are right but stand one place too late: hs[:, 0] holds h0, and the state after the
    last step is missing. The loop stored the state before it called the step. The shape is as
    asked, since there are T states either way, and a plot of the states looks the same. But
    hs[:, t] has then not seen the input of step t, so a layer on top has to answer about an element
    that it cannot see yet, and the last input of every sequence is read for nothing. Training still
    makes progress, because neighbouring elements are related. Look at the order of two lines in the
    loop: the call and the storing.
    """,
    source="Off by one in time; derived",
)
class returns_the_state_before_each_step:
    """rnn_forward puts h0 first and drops the last state"""

    def rnn_forward(xs, h0, wx, wh, b):
        hs, cache = solution.rnn_forward(xs, h0, wx, wh, b)
        return array_namespace(xs).concat([h0[:, None, :], hs[:, :-1, :]], axis=1), cache


@misconception(
    caught_by="rnn_forward_values",
    explanation="""
    All T entries of hs are the same: each is the state after the last step. The list that collects
    the states holds one array T times, not T arrays. This happens when every step writes its result
    into the same memory, with a slice assignment or an out argument, and the loop appends that
    array: a list stores a reference, so each later step changes what the earlier entries show. The
    last entry is right, and so is anything that looks only at the last state, which is why a
    network that classifies whole sequences works with it. A sequence of one step is right as well.
    Make a new array per step, or write each state to its own place.
    """,
    source="Aliased buffers, a frequent Python pitfall; derived",
)
class stores_one_state_for_all_steps:
    """rnn_forward returns the last state T times"""

    def rnn_forward(xs, h0, wx, wh, b):
        hs, cache = solution.rnn_forward(xs, h0, wx, wh, b)
        return array_namespace(xs).stack([hs[:, -1, :]] * xs.shape[1], axis=1), cache


@misconception(
    caught_by="rnn_forward_carries_its_state",
    explanation="""
    The first step is right and all later ones are wrong: every step began with h0. The new state is
    computed and stored, but the variable that the next call reads is never replaced. What you have
    is an ordinary layer that is applied to each element separately, with a constant added; it has
    no memory, and exchanging two inputs only exchanges two outputs. On tasks where each answer
    depends mainly on its own element it even learns quite well, so the loss does not tell. A
    sequence of one step does not either. Follow the state through two rounds of your loop with a
    pencil: which name is read, and where is it assigned?
    """,
    source="State variable not reassigned in the loop; derived",
)
class restarts_at_every_step:
    """rnn_forward passes h0 to every step"""

    def rnn_forward(xs, h0, wx, wh, b):
        steps = [solution.rnn_step_forward(xs[:, t, :], h0, wx, wh, b) for t in range(xs.shape[1])]
        return array_namespace(xs).stack([h for h, _ in steps], axis=1), [c for _, c in steps]


@misconception(
    caught_by="rnn_forward_carries_its_state",
    explanation="""
    The sequence was read from its end: hs[:, T-1] has seen one input and hs[:, 0] has seen all of
    them. Networks that read backwards exist, and are useful next to one that reads forwards, but
    this is not what the formulas ask. A forward state may depend on the present and the past only.
    Here the state of step 0 already knows the whole sequence, and a network that should predict
    the next element would simply look it up: its loss becomes far too good. Cutting the sequence
    shows it as well, because the earlier states change when later inputs are taken away. The
    backward pass runs from the end; the forward pass does not.
    """,
    source="Direction of the two loops exchanged; derived",
)
class reads_from_the_end:
    """rnn_forward runs from the last step to the first"""

    def rnn_forward(xs, h0, wx, wh, b):
        return _loop(xs, h0, wx, wh, b, reversed(range(xs.shape[1])))


@misconception(
    caught_by="rnn_forward_sequences_and_units_are_alike",
    explanation="""
    The first sequence of the batch is right. Every other one starts where the one before it ended,
    and its own row of h0 is not read. This happens when sequences are processed one after the other
    and the state is set up before the outer loop, or when it lives in an object that survives from
    one call to the next. A batch of one hides it. If the rows happen to be pieces of one long text
    it may even help a little, which makes it harder to notice. The rows of a batch have nothing to
    do with each other: each must give the same states alone as in any company. Look at where the
    state is set, and how often.
    """,
    source="State kept between sequences that are unrelated; derived",
)
class carries_the_state_from_row_to_row:
    """rnn_forward starts each sequence from the last state of the one before it"""

    def rnn_forward(xs, h0, wx, wh, b):
        _, cache = solution.rnn_forward(xs, h0, wx, wh, b)
        h, rows = h0[:1, :], []
        for n in range(xs.shape[0]):
            hs, _ = solution.rnn_forward(xs[n : n + 1, :, :], h, wx, wh, b)
            h = hs[:, -1, :]
            rows.append(hs)
        return array_namespace(xs).concat(rows, axis=0), cache


@misconception(
    caught_by="rnn_forward_sequences_and_units_are_alike",
    explanation="""
    Sequences and times are mixed up: a sequence gives other states in a batch than alone. To loop
    over time, the array was brought from (B, T, D) to (T, B, D) with a reshape. That gives the
    shape, and it does not exchange the axes: a reshape leaves all numbers in their order and only
    puts the cuts elsewhere. With B = 2 and T = 3, the first step then gets the first two elements
    of sequence 0 as if they belonged to two sequences. No error appears, the result has the right
    shape after a second reshape, and with one sequence or one step it is even right. Exchange axes
    with a transposition, or take slices along axis 1.
    """,
    source="Reshape in place of a transposition, a frequent forum question; derived",
)
class reshapes_to_put_time_first:
    """rnn_forward reshapes (B, T, D) to (T, B, D) and back"""

    def rnn_forward(xs, h0, wx, wh, b):
        xp = array_namespace(xs)
        rows, steps, inputs = xs.shape
        mixed = xp.permute_dims(xp.reshape(xs, (steps, rows, inputs)), (1, 0, 2))
        hs, cache = solution.rnn_forward(mixed, h0, wx, wh, b)
        in_front = xp.permute_dims(hs, (1, 0, 2))
        return xp.reshape(in_front, (rows, steps, h0.shape[1])), cache


@misconception(
    caught_by="rnn_backward_gradients",
    explanation="""
    Each step was given dhs[:, t] alone as the gradient of its state. That is what the loss says
    about this output directly. The same state also enters the next step and, through it, all later
    outputs, and that part is what the next step's backward returned as dh: the two have to be
    added. As it stands, the network learns from each element how to answer at once, and never how
    to remember something for later, which is what the recurrent weights are for. The last step is
    right, a single step is right, and training makes progress. Feed a gradient at the last step
    only: it must arrive at every earlier input. Look at what your loop does with dh.
    """,
    source="Deep-ML problem 62: the gradient of a state misses the future term",
)
class forgets_the_gradient_of_later_steps:
    """rnn_backward uses dhs[:, t] alone and does not hand dh on"""

    def rnn_backward(dhs, cache):
        dxs, totals = [], (0, 0, 0)
        for t in reversed(range(dhs.shape[1])):
            dx, dh, *parts = solution.rnn_step_backward(dhs[:, t, :], cache[t])
            totals = [total + part for total, part in zip(totals, parts, strict=True)]
            dxs.insert(0, dx)
        return array_namespace(dhs).stack(dxs, axis=1), dh, *totals


@misconception(
    caught_by="rnn_backward_gradients",
    explanation="""
    Only the gradient of the last state entered the loop; what dhs holds for the earlier steps was
    not read. That is right for a network that answers once, after the whole sequence, because then
    the earlier entries are zero. Here every state is a result, and the caller may use them all: a
    network that predicts the next word has a loss at each step, and a layer above reads each state.
    Whatever comes from there is lost. The gradient still travels back through all steps and all
    shapes are right, so nothing looks broken. Look at the argument of the step's backward in your
    loop: it has two terms at every step, not only at the start.
    """,
    source="Loops for one answer per sequence, used for one answer per step; derived",
)
class uses_the_gradient_of_the_last_state_only:
    """rnn_backward starts from dhs[:, T-1] and ignores the other entries"""

    def rnn_backward(dhs, cache):
        last = array_namespace(dhs).concat([0 * dhs[:, :-1, :], dhs[:, -1:, :]], axis=1)
        return solution.rnn_backward(last, cache)


@misconception(
    caught_by="rnn_backward_joins_two_parts",
    explanation="""
    dxs and dh0 are right; dwx, dwh and db hold the share of the first step only. All T steps used
    the same weights, so each contributes to their gradients, and the contributions add up. Your
    loop replaces the gradient in every round, and since it runs backwards, the share of step 0 is
    what remains. With a sequence of one step the two agree, so a quick test by hand passes. In
    training such a network learns from the beginning of every sequence and from nothing else,
    which on short sequences can pass for slow progress. One value that is used many times collects
    the gradients of all its uses.
    """,
    source="Weights' gradients overwritten per step; compare zero-to-hero#52",
)
class overwrites_the_weight_gradients:
    """rnn_backward keeps the weight gradients of one step"""

    def rnn_backward(dhs, cache):
        dxs, dh0, *_ = solution.rnn_backward(dhs, cache)
        dh = 0
        for t in reversed(range(dhs.shape[1])):
            _, dh, *weights = solution.rnn_step_backward(dhs[:, t, :] + dh, cache[t])
        return dxs, dh0, *weights


@misconception(
    caught_by="rnn_backward_joins_two_parts",
    explanation="""
    dxs and dh0 are right, and the gradients of the weights are T times too small: they were
    averaged over the steps. It seems fair that a long sequence should not weigh more than a short
    one, but that is a decision about the loss. Whoever computes the loss may divide by the number
    of steps, and then dhs carries the factor already; dividing here does it twice. The gradient of
    a weight that is used T times is the sum over its uses. You can see it without any reference:
    cut the sequence, and the gradients of the two parts must add up to that of the whole. Look for
    a division by T or a mean over axis 1.
    """,
    source="datascience.SE 30850: averaged gradients, 40 times off",
)
class averages_over_the_steps:
    """rnn_backward divides dwx, dwh and db by T"""

    def rnn_backward(dhs, cache):
        dxs, dh0, *weights = solution.rnn_backward(dhs, cache)
        return dxs, dh0, *(dw / dhs.shape[1] for dw in weights)


@misconception(
    caught_by="rnn_backward_gradients",
    explanation="""
    dwh is wrong and everything else is right. The share of the first step is missing: its factor is
    h0, and the states that your sum uses begin with hs[:, 0]. This happens when dwh is computed
    after the loop from the array of states, each paired with the gradient one step later. There are
    T gradients and only T - 1 such pairs, so the first gradient stays without a partner and is
    dropped. When h0 is zero its share is zero as well, and the two agree; most examples begin that
    way. The step at t = 0 used wh exactly as all others did, on the state that it was handed. Count
    the terms of your sum.
    """,
    source="Sums over hs shifted by one step that leave out h0; derived",
)
class leaves_h0_out_of_dwh:
    """rnn_backward sums dwh over the steps from 1 on"""

    def rnn_backward(dhs, cache):
        x, h0, *others = cache[0]
        return solution.rnn_backward(dhs, [(x, 0 * h0, *others), *cache[1:]])


@misconception(
    caught_by="rnn_backward_gradients",
    explanation="""
    dh0 is wrong and the rest is right: it is the gradient of the state after the first step, where
    that of the state before it is asked. One step is missing at the end of the way. The gradient
    that reaches the state after step 0 still has to pass the tanh of this step and the recurrent
    weights. The name invites the slip, since the state after step 0 is the one at index 0 of hs;
    but h0 comes before all of them. Nothing in a single training run tells, because dh0 is often
    not used. It matters as soon as another network made h0 and has to learn from it. Ask which
    result of the last call in your loop belongs to h0.
    """,
    source="Off by one in time, mirrored in the backward pass; derived",
)
class stops_one_step_before_h0:
    """rnn_backward returns the gradient of hs[:, 0] as dh0"""

    def rnn_backward(dhs, cache):
        dxs, _, *weights = solution.rnn_backward(dhs, cache)
        dh = 0
        for t in reversed(range(1, dhs.shape[1])):
            _, dh, *_ = solution.rnn_step_backward(dhs[:, t, :] + dh, cache[t])
        return dxs, dhs[:, 0, :] + dh, *weights


@misconception(
    caught_by="rnn_backward_gradients",
    explanation="""
    dh0 is zero everywhere, and the rest is right. The initial state was treated as a constant, so
    no gradient was returned for it. That is fine in a program where h0 is always zero and nobody
    asks, and many programs are of this kind. But h0 influences every state, so the loss reacts to
    it like to any other input. If it was made by another network, or if it is itself a parameter to
    be learnt, a gradient of zeros means that it never changes, and no error message says so. The
    right value is not extra work: it is what the running gradient holds when your loop has finished
    with the first step.
    """,
    source="Detached initial states; a learnt or computed h0 then never trains. Derived",
)
class returns_zeros_for_h0:
    """rnn_backward returns a dh0 of zeros"""

    def rnn_backward(dhs, cache):
        dxs, dh0, *weights = solution.rnn_backward(dhs, cache)
        return dxs, 0 * dh0, *weights


@misconception(
    caught_by="rnn_backward_gradients",
    explanation="""
    The numbers in dxs are right and stand in the wrong order: the gradient for the last input comes
    first. The loop of the backward pass starts at the last step, so the slices arrive in that
    order, and they were joined as they came. dh0 and the weights' gradients do not depend on the
    order of a list and are right, so if the inputs are data that nobody needs a gradient for, the
    mistake stays hidden. It appears when a layer below has to learn from dxs: each of its outputs
    then receives the gradient that belongs to another time. A single step shows nothing. Look at
    the list between the end of the loop and the joining.
    """,
    source="Lists collected in a reversed loop and not turned round; derived",
)
class returns_dxs_in_reverse_order:
    """rnn_backward joins the slices of dxs last step first"""

    def rnn_backward(dhs, cache):
        dxs, *others = solution.rnn_backward(dhs, cache)
        xp = array_namespace(dhs)
        return xp.stack([dxs[:, t, :] for t in reversed(range(dxs.shape[1]))], axis=1), *others


@misconception(
    caught_by="rnn_backward_joins_two_parts",
    explanation="""
    The gradient was carried from the first step to the last, in the order of the forward pass. It
    has to go the other way. A state influences later states and never earlier ones, so the gradient
    of a state cannot be complete before the later steps have been treated. In your loop, step 2
    receives something from step 1 and gives nothing back, and the dh that is left at the end
    belongs to the last step and not to h0. All shapes are right, and so is a sequence of one step.
    Feed a gradient at the first step only: nothing may arrive at later inputs, and in yours it
    does. Look at the range of the loop.
    """,
    source="Direction of the two loops exchanged; derived",
)
class goes_back_from_the_first_step:
    """rnn_backward runs from step 0 to step T-1"""

    def rnn_backward(dhs, cache):
        return _loop_back(dhs, cache, range(dhs.shape[1]))
