"""Wrong implementations that students really write, each with the check that must catch it."""

from array_api_compat import array_namespace

from grader.spec import misconception, solution


def _started(h0, wx, wh, b):
    """A layer that starts from h0."""
    net = solution.TimeRNN(wx, wh, b, stateful=True)
    net.set_state(h0)
    return net


def _pieces(block, *arrays):
    """The blocks of some (B, N, …) arrays, first to last."""
    for start in range(0, arrays[0].shape[1], block):
        yield tuple(a[:, start : start + block, :] for a in arrays)


def _added(name, results):
    """The sum over blocks of one entry of their gradients."""
    return sum((grads[name] for grads in results[1:]), start=results[0][name])


@misconception(
    caught_by="starts_from_zeros",
    explanation="""
    The first block is right. The second one is not: it went on from the last state of the first,
    although the layer was not made stateful. The kept state is read without a look at the flag.
    While a program calls the layer only once this cannot be seen, and in training it looks like an
    odd kind of noise: unrelated sentences are read as if each were the continuation of another, and
    the same input gives different outputs depending on what came before it. Find the line that
    chooses the state before the first step. Two things have to be true before the kept state may be
    used there: one exists, and the layer was told to use it.
    """,
    source="The opposite of stateful ignored; keras users meet both, derived",
)
class keeps_the_state_without_being_asked:
    """TimeRNN.forward starts from the kept state even when it is not stateful"""

    class TimeRNN(solution.TimeRNN):
        def __init__(self, wx, wh, b, stateful=False):
            super().__init__(wx, wh, b, True)


@misconception(
    caught_by="carries_its_state",
    explanation="""
    Every block starts from zeros, with or without stateful. The flag is stored and never read, or
    the state is made anew at the top of every forward. Shapes are right, and the loss goes down,
    because a network that forgets at each border can still learn what is visible within one block.
    But the text is now a heap of short pieces: whatever the first words of a block need from the
    block before is gone. To see it, run a sequence in two parts and as a whole; here the two parts
    did not give the states of the whole. Look at what the layer remembers when forward returns, and
    at whether the next forward asks for it.
    """,
    source="yunjey/pytorch-tutorial#90 and OpenNMT#403: what is carried between blocks; derived",
)
class ignores_stateful:
    """TimeRNN.forward always starts from zeros"""

    class TimeRNN(solution.TimeRNN):
        def __init__(self, wx, wh, b, stateful=False):
            super().__init__(wx, wh, b, False)


@misconception(
    caught_by="carries_its_state",
    explanation="""
    The second block starts one step too early: the state that was kept is the one before the last
    step, not the one after it. This happens when the state is saved at the top of the loop, or when
    the collected states begin with the starting one and the last but one is picked. A block of a
    single step shows it best: there the kept state is what the block began with, so nothing is ever
    carried on. In longer blocks the two states resemble each other, and the results are only a
    little off. The state to be kept is the last one that forward returns. Compare it with the last
    slice of hs along the time axis.
    """,
    source="Derived: off by one between a loop's variable and its list",
)
class keeps_the_state_before_the_last_step:
    """TimeRNN.forward keeps the state that the last step started from"""

    class TimeRNN(solution.TimeRNN):
        def forward(self, xs):
            hs = super().forward(xs)
            self.state = self.caches[-1][1]
            return hs


@misconception(
    caught_by="carries_its_state",
    explanation="""
    In the second block only the last sequence of the batch is right; the others went on from its
    state. A single vector was kept where a matrix of shape (B, H) belongs, one row for each
    sequence. Taking the last entry of hs twice over gives exactly this: the first index runs over
    sequences, not over time, so it picks the last sequence and then its last step. Broadcasting
    then hands this one row to all sequences without any complaint, and with a batch of one the
    result is right. The sequences of a batch are different texts and must know nothing of each
    other. Keep all rows of the last step.
    """,
    source="Derived: hs[-1] read as the last step of a batch-first array",
)
class keeps_the_state_of_one_sequence_for_all:
    """TimeRNN.forward keeps the last sequence's state and hands it to every row"""

    class TimeRNN(solution.TimeRNN):
        def forward(self, xs):
            hs = super().forward(xs)
            self.state = hs[-1:, -1, :] + 0 * hs[:, -1, :]
            return hs


@misconception(
    caught_by="sets_and_resets_its_state",
    explanation="""
    After reset_state the next block should start from zeros, and it started from the old state. The
    method runs without an error but does not reach what forward reads: it clears another attribute,
    or a local variable of the same name, or only the saved arrays of the last block. In training
    the damage is small and hard to find: the beginning of every new text, or of every new epoch, is
    read as the continuation of the previous one. A perplexity measured on test data then depends on
    what was read before it. Check which attribute forward looks at, and that this very attribute is
    changed.
    """,
    source="Derived; a reset that misses the state is the classic fault of stateful layers",
)
class resets_something_else:
    """TimeRNN.reset_state leaves the kept state as it is"""

    class TimeRNN(solution.TimeRNN):
        def reset_state(self):
            self.state = getattr(self, "state", None)


@misconception(
    caught_by="backward_gradients",
    explanation="""
    The gradients of the three weights are those of one step alone, the first one of the block; dxs
    and dh are right. The loop that goes back visits the steps from last to first and assigns each
    step's part, so that the one before is overwritten and the first step's part survives. All steps
    use the same wx, wh and b. A weight that is used T times influences the loss in T ways, and the
    chain rule adds them. With a block of one step there is nothing to add, and a test with T = 1
    passes. Look at what happens to the old value each time your loop gets a new part.
    """,
    source="Collected notes on hand-written RNNs: weights overwritten per step",
)
class overwrites_the_weight_gradients:
    """TimeRNN.backward keeps the weight gradients of the first step only"""

    class TimeRNN(solution.TimeRNN):
        def backward(self, dhs):
            dxs, dh, _ = super().backward(dhs)
            running = 0
            for t in reversed(range(dhs.shape[1])):
                entering = dhs[:, t, :] + running
                _, running, *last = solution._step_backward(entering, self.caches[t])
            return dxs, dh, dict(zip(("wx", "wh", "b"), last, strict=True))


@misconception(
    caught_by="backward_gradients",
    explanation="""
    Every step received the gradient that enters at that step and nothing from the steps after it.
    The last step of the block is therefore right and all earlier ones are too small. A state is
    used twice: it is handed out as hs[:, t], and it is read by the next step. You followed the
    first road only. What results is truncation after a single step, whatever the length of the
    block, and such a network learns no dependency that is longer than one step, although its loss
    does fall. Look at the gradient that your step's backward returns for the state before it: which
    call needs it next?
    """,
    source="Deep-ML problem 62: the gradient of a state misses the future term",
)
class hands_nothing_back_in_time:
    """TimeRNN.backward gives each step its own dhs only"""

    class TimeRNN(solution.TimeRNN):
        def backward(self, dhs):
            steps = [
                solution._step_backward(dhs[:, t, :], self.caches[t]) for t in range(dhs.shape[1])
            ]
            dxs = array_namespace(dhs).stack([step[0] for step in steps], axis=1)
            dwx, dwh, db = (sum(s[k] for s in steps) for k in (2, 3, 4))
            return dxs, steps[0][1], {"wx": dwx, "wh": dwh, "b": db}


@misconception(
    caught_by="backward_gradients",
    explanation="""
    dxs and dh are right, and the gradients of the weights are exactly T times too small: they were
    averaged over the steps. A mean belongs into the loss. If the loss is a mean over all steps, the
    dhs that arrive already carry the factor 1/T, and dividing again makes it 1/T². The direction of
    the update does not change much, so training looks merely slow, and a larger learning rate seems
    to cure it; but blocks of different lengths then count differently. The layer itself adds up
    what each step contributes, just as it adds up the rows of the batch. Look for a division, or
    for a mean where a sum belongs.
    """,
    source="datascience.SE 30850: gradients averaged over time, 40 times off",
)
class averages_over_time:
    """TimeRNN.backward divides the weight gradients by T"""

    class TimeRNN(solution.TimeRNN):
        def backward(self, dhs):
            dxs, dh, grads = super().backward(dhs)
            return dxs, dh, {name: g / dhs.shape[1] for name, g in grads.items()}


@misconception(
    caught_by="backward_gradients",
    explanation="""
    dh is zero; everything else is right. The idea behind it is sound: the block before must not
    receive a gradient. But that is decided by whoever puts blocks together, who may throw dh away.
    The layer itself has to say how its states react to the one from which it started, and this is
    not zero as soon as wh is not. Without it nobody could train what produces the first state, such
    as a network that reads another sequence first, and nobody could see what truncation loses. When
    your loop has passed step 0, a gradient is left over that no step of the block takes. That is
    what the second result is for.
    """,
    source="Derived: truncation built into the layer, where the caller needs the gradient",
)
class returns_zero_for_the_first_state:
    """TimeRNN.backward returns zeros as dh"""

    class TimeRNN(solution.TimeRNN):
        def backward(self, dhs):
            dxs, dh, grads = super().backward(dhs)
            return dxs, 0 * dh, grads


@misconception(
    caught_by="backward_belongs_to_the_last_forward",
    explanation="""
    The first backward of a new layer is right. Every later one contains the gradients of all the
    calls before it: the sums for the weights live in the object and are never set back to zero.
    Some libraries add up on purpose and ask the user to clear the sums before each step. Here
    backward returns what belongs to one block, and adding blocks up is the caller's decision. In a
    training loop the mistake acts like a momentum that never fades: the steps grow, and the loss
    starts to swing. Test it by calling backward twice in a row. Which variables survive the end of
    your method, and what do they hold when it begins?
    """,
    source="Missing zero_grad, seen in many training loops; derived for a hand-written layer",
)
class adds_up_over_calls:
    """TimeRNN.backward adds the weight gradients of all calls so far"""

    class TimeRNN(solution.TimeRNN):
        totals = None

        def backward(self, dhs):
            dxs, dh, grads = super().backward(dhs)
            if self.totals is not None:
                grads = {name: g + self.totals[name] for name, g in grads.items()}
            self.totals = grads
            return dxs, dh, grads


@misconception(
    caught_by="backward_belongs_to_the_last_forward",
    explanation="""
    After the first block the gradients are right, and after the second they use the first block's
    inputs and states. What the steps saved is appended to a list that forward never empties, so the
    entries that backward finds at positions 0, 1, 2 still belong to the first call. No shape is
    wrong and no error appears, since all blocks look alike; only the numbers come from another
    place in the text. The list also grows for as long as the program runs, which undoes the very
    saving of memory that truncation is made for. Ask what your saved list contains at the moment
    when forward begins for the second time.
    """,
    source="Derived; a growing list of caches is also the usual memory leak in such layers",
)
class never_empties_the_caches:
    """TimeRNN.backward uses what the first forward saved"""

    class TimeRNN(solution.TimeRNN):
        saved = ()

        def forward(self, xs):
            hs = super().forward(xs)
            self.saved = [*self.saved, *self.caches]
            return hs

        def backward(self, dhs):
            self.caches = self.saved
            return super().backward(dhs)


@misconception(
    caught_by="backward_belongs_to_the_last_forward",
    explanation="""
    The block after a backward starts from zeros. The gradient was to be stopped at the border, and
    the state was thrown away with it. These are two different things: truncation cuts the way back
    and leaves the way forward as it is. The next block still has to know how the text began; only
    the gradient no longer asks. As long as forward is called several times without a backward in
    between, everything works, so tests of the forward pass alone are passed. In training each block
    is followed by its backward, and the layer forgets every time. Look for a line in backward that
    changes the kept state.
    """,
    source="yunjey/pytorch-tutorial#90: detaching confused with resetting the state",
)
class forgets_the_state_going_back:
    """TimeRNN.backward resets the kept state"""

    class TimeRNN(solution.TimeRNN):
        def backward(self, dhs):
            self.reset_state()
            return super().backward(dhs)


@misconception(
    caught_by="truncated_states",
    explanation="""
    The first block is right, and each later one starts from zeros, so the states depend on where
    the sequence is cut. They must not: cutting concerns the gradient alone. The state is handed
    over every border as a plain array of numbers, and only the way back ends there. It is the most
    frequent misunderstanding of truncation, and it is tempting, because a fresh start at each block
    also makes the gradients independent of each other. But then nothing can be remembered for
    longer than one block, and the network that you use later, which reads without borders, is not
    the one that you trained. Which state does your second block start from?
    """,
    source="yunjey/pytorch-tutorial#90, OpenNMT#403: truncation resets state as well as graph",
)
class starts_every_block_from_zeros:
    """truncated_bptt resets the state at each border"""

    def truncated_bptt(xs, dhs, h0, wx, wh, b, block):
        xp = array_namespace(xs)
        results, start = [], h0
        for x, dh in _pieces(block, xs, dhs):
            results.append(solution.truncated_bptt(x, dh, start, wx, wh, b, block))
            start = xp.zeros_like(h0)
        hs, dwx, dwh, db, dxs = zip(*results, strict=True)
        joined = [xp.concat(list(part), axis=1) for part in (hs, dxs)]
        return joined[0], sum(dwx), sum(dwh), sum(db), joined[1]


@misconception(
    caught_by="truncated_states",
    explanation="""
    The sequence starts from zeros although h0 was given. From the first step on all states are a
    little wrong, and less so the further they are from the beginning, because a recurrent network
    forgets; the last states of a long sequence look right. Most examples start from zeros, where
    nothing can be seen. A given first state is what lets a caller continue: the long sequence here
    may itself be one part of an even longer one, or a network before this one may have made the
    state. Find where the state before step 0 of the first block comes from, and whether h0 is
    mentioned there.
    """,
    source="Derived; zero first states in every example hide it",
)
class leaves_h0_out:
    """truncated_bptt starts from zeros"""

    def truncated_bptt(xs, dhs, h0, wx, wh, b, block):
        return solution.truncated_bptt(xs, dhs, h0 * 0, wx, wh, b, block)


@misconception(
    caught_by="truncated_states",
    explanation="""
    The steps after the last full block were never run: their states and their gradients for xs are
    zero, and they add nothing to the gradients of the weights. The number of blocks was computed by
    dividing N by block and rounding down. When block divides N, all is well, and lengths in
    examples usually are multiples. With a block longer than the sequence there is not a single full
    block, and nothing is computed at all. The convention here is that the last block may be
    shorter. Check with N = 7 and block = 3 where each of your blocks starts: the steps 0, 3 and 6
    are three starting points, not two.
    """,
    source="Derived; N // block is how training loops count their batches",
)
class leaves_out_the_shorter_block:
    """truncated_bptt runs only the N // block full blocks"""

    def truncated_bptt(xs, dhs, h0, wx, wh, b, block):
        xp = array_namespace(xs)
        used = xs.shape[1] - xs.shape[1] % block
        if not used:
            return dhs * 0, wx * 0, wh * 0, b * 0, xs * 0
        hs, *grads, dxs = solution.truncated_bptt(
            xs[:, :used, :], dhs[:, :used, :], h0, wx, wh, b, block
        )
        hs, dxs = (
            xp.concat([done, full[:, used:, :] * 0], axis=1)
            for done, full in ((hs, dhs), (dxs, xs))
        )
        return hs, *grads, dxs


@misconception(
    caught_by="truncated_gradients",
    explanation="""
    The gradient was never cut. The states are right, and the gradients are those of the whole
    sequence, as if block did not exist: what enters in a later block arrives at inputs of an
    earlier one. In a way they are the better gradients, and a network trained with them learns
    well. But to compute them every step has to be kept until the end, which is what truncation
    avoids; in real programs this version runs slower from block to block until the memory is full.
    Usually the gradient that a block leaves over for its first state is passed on to the block
    before. Look at where yours goes.
    """,
    source="yunjey/pytorch-tutorial#90, OpenNMT#403: never detaches",
)
class never_cuts_the_gradient:
    """truncated_bptt returns the full gradients"""

    def truncated_bptt(xs, dhs, h0, wx, wh, b, block):
        return solution.truncated_bptt(xs, dhs, h0, wx, wh, b, xs.shape[1])


@misconception(
    caught_by="truncated_gradients",
    explanation="""
    hs and dxs are right, and the gradients of the weights are those of the last block alone. They
    were assigned once per block, and each block replaced the result of the one before. Inside a
    block you added up over the steps; the same has to happen once more over the blocks, because the
    same weights served them all. A sequence that fits into one block cannot show the mistake. With
    a short last block, as here, the gradients rest on very few steps and look much too small.
    Truncation removes the paths that cross a border. It does not remove the blocks that lie before
    the last border.
    """,
    source="Derived from weights overwritten per step, one level higher",
)
class keeps_the_last_blocks_gradients:
    """truncated_bptt returns the weight gradients of the last block"""

    def truncated_bptt(xs, dhs, h0, wx, wh, b, block):
        net, grads = _started(h0, wx, wh, b), {}
        for x, dh in _pieces(block, xs, dhs):
            net.forward(x)
            _, _, grads = net.backward(dh)
        hs, _, _, _, dxs = solution.truncated_bptt(xs, dhs, h0, wx, wh, b, block)
        return hs, grads["wx"], grads["wh"], grads["b"], dxs


@misconception(
    caught_by="truncated_gradients",
    explanation="""
    The gradients of the weights are right up to a factor, the number of blocks: they were averaged
    over the blocks instead of added up. The states and dxs show nothing, and with one block for the
    whole sequence the factor is 1. Averaging seems fair, but the loss behind dhs is one number for
    the whole sequence, and whatever mean it takes is contained in dhs already. A second mean makes
    the size of a step depend on how the sequence was cut, and a short last block would count as
    much as a long one. Gradients of shared weights are summed over everything that used them.
    """,
    source="datascience.SE 30850, one level higher; derived",
)
class averages_over_blocks:
    """truncated_bptt divides the weight gradients by the number of blocks"""

    def truncated_bptt(xs, dhs, h0, wx, wh, b, block):
        blocks = -(-xs.shape[1] // block)
        hs, *grads, dxs = solution.truncated_bptt(xs, dhs, h0, wx, wh, b, block)
        return hs, *(g / blocks for g in grads), dxs


@misconception(
    caught_by="truncated_gradients",
    explanation="""
    The gradient that a block left over for its first state was given to the block after it: it was
    added to what enters at that block's last step. It went the wrong way. A gradient travels from
    later steps to earlier ones, so it could only belong to the block before, and truncation drops
    it even there. The mistake comes about when one variable for the running gradient is made before
    the loop over the blocks and not set to zero for each of them; the blocks are visited from first
    to last, and it rides along. The first block is right, and so is a sequence that fits into one.
    Where does your running gradient start in each block?
    """,
    source="Derived: the running gradient outlives its block",
)
class hands_the_gradient_to_the_next_block:
    """truncated_bptt adds each block's dh at the last step of the block after it"""

    def truncated_bptt(xs, dhs, h0, wx, wh, b, block):
        xp = array_namespace(xs)
        net, carried = _started(h0, wx, wh, b), 0
        hs, dxs, grads = [], [], []
        for x, dh in _pieces(block, xs, dhs):
            hs.append(net.forward(x))
            entering = xp.concat([dh[:, :-1, :], dh[:, -1:, :] + carried], axis=1)
            dx, carried, grad = net.backward(entering)
            carried = carried[:, None, :]
            dxs.append(dx)
            grads.append(grad)
        sums = [_added(name, grads) for name in ("wx", "wh", "b")]
        return xp.concat(hs, axis=1), *sums, xp.concat(dxs, axis=1)


@misconception(
    caught_by="truncated_gradients",
    explanation="""
    Every step looked back over the same number of steps, its own included, wherever it stands: a
    window that slides along the sequence. That is truncation too, and some books mean this when
    they say it, but it is another sum. Here the sequence is cut once, in blocks side by side, and a
    gradient goes back to the beginning of its own block and no further: one step for the first
    position of a block, all of them for the last. The sliding window keeps more paths and costs
    about block times as much work. Blocks of one step and one block for everything give the same in
    both, so only lengths in between show the difference.
    """,
    source="Williams and Peng (1990) treat both forms; libraries cut side by side",
)
class slides_a_window:
    """truncated_bptt goes back `block` steps from every step"""

    def truncated_bptt(xs, dhs, h0, wx, wh, b, block):
        xp = array_namespace(xs)
        net = _started(h0, wx, wh, b)
        hs = net.forward(xs)
        dxs = [0] * xs.shape[1]
        sums = [wx * 0, wh * 0, b * 0]
        for entry in range(xs.shape[1]):
            dh = dhs[:, entry, :]
            for t in range(entry, max(entry - block, -1), -1):
                dx, dh, *parts = solution._step_backward(dh, net.caches[t])
                dxs[t] = dxs[t] + dx
                sums = [total + part for total, part in zip(sums, parts, strict=True)]
        return hs, *sums, xp.stack(dxs, axis=1)


@misconception(
    caught_by="one_block_is_full_backpropagation",
    explanation="""
    The argument block was read as the number of blocks. Here it is the number of steps in each.
    With block = 2 a sequence of six steps is cut into three blocks of two; you made two blocks of
    three. If the one number happens to be the square root of the length, nothing is visible, and
    the states never show it, as they do not depend on the cutting. It becomes plain at the ends: a
    block as long as the sequence should cut nothing, and you cut after every step, while a block of
    one step should cut everywhere and you returned the full gradients. Functions that split an
    array often ask for a count of pieces; check what yours wants.
    """,
    source="Derived: numpy.array_split takes a number of pieces, torch.split their length",
)
class takes_block_for_a_number_of_blocks:
    """truncated_bptt cuts the sequence into `block` pieces"""

    def truncated_bptt(xs, dhs, h0, wx, wh, b, block):
        length = -(-xs.shape[1] // block)
        return solution.truncated_bptt(xs, dhs, h0, wx, wh, b, length)
