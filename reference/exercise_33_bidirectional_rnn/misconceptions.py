"""Wrong implementations that students really write, each with the check that must catch it."""

from array_api_compat import array_namespace

from grader.spec import misconception, solution


def _halves(a):
    """The forward and the backward half of the last axis."""
    units = a.shape[-1] // 2
    return a[..., :units], a[..., units:]


def _real(lengths, steps):
    """(B, T, 1): which steps are real."""
    t = array_namespace(lengths).arange(steps)
    return (t < lengths[:, None])[:, :, None]


def _from_first(a):
    """Entry 0 along the first axis, for both directions."""
    return array_namespace(a).stack([a[0, ...], a[0, ...]], axis=0)


@misconception(
    caught_by="reverse_padded_values",
    explanation="""
    The whole time axis was turned round, padding included. For a sequence that fills all T steps
    the result is right. A shorter one now begins with its padding, and its first real step stands
    in the last column. Flipping an axis is one short expression and handles the whole batch, which
    makes it tempting, and in a batch of equally long sequences there is nothing to object to. In
    the network the damage is larger than it looks. The backward reading is fed with filler before
    the first real word, so its state has already moved when the sequence begins, and by a different
    amount in every batch. Each row has a turning point of its own. Which argument tells you where
    it lies?
    """,
    source="keras#4192: go_backwards consumed the padding first",
)
class turns_the_padding_round_too:
    """reverse_padded flips the whole time axis"""

    def reverse_padded(xs, lengths):
        return array_namespace(xs).flip(xs, axis=1)


@misconception(
    caught_by="reverse_padded_values",
    explanation="""
    Every sequence is turned round but for its last real step, which stays where it was. A sequence
    of length 3 must come as step 2, step 1, step 0; yours comes as step 1, step 0, step 2. The
    reason is a mix-up of two counts that differ by one: lengths says how many real steps there are,
    and the last of them has the number one below that, because counting starts at 0. Either the
    slice ended at that number, which a slice does not include, or the subtraction was done twice.
    For sequences of a single step the result is right, and with two steps nothing seems to happen
    at all. Write down the indices for a length of 3.
    """,
    source="Off-by-one slices in hand-written reverse functions; derived",
)
class leaves_the_last_step_in_place:
    """reverse_padded turns the first lengths - 1 steps round"""

    def reverse_padded(xs, lengths):
        xp = array_namespace(xs)
        fewer = xp.where(lengths > 1, lengths - 1, lengths)
        return solution.reverse_padded(xs, fewer)


@misconception(
    caught_by="reverse_padded_twice",
    explanation="""
    The real steps are in the right order, and the padded ones became zeros: the result was built in
    an array of zeros into which only the real steps were copied. Padding mostly is zero, so the two
    can hardly be told apart in practice, and inside a masked network it does no harm. But the
    README says that padding stays as it is, and a promise that is kept only on usual inputs sends
    the next person looking for a bug elsewhere. Batches are also padded with other numbers, with
    the embedding of a special word for example. Two consequences show it here: turning round twice
    does not give the batch back, and the function is not its own gradient any more. Begin with what
    must stay.
    """,
    source="Derived from copying into a fresh array of zeros",
)
class clears_the_padding:
    """reverse_padded returns zeros at padded steps"""

    def reverse_padded(xs, lengths):
        xp = array_namespace(xs)
        turned = solution.reverse_padded(xs, lengths)
        return xp.where(_real(lengths, xs.shape[1]), turned, xp.zeros_like(turned))


@misconception(
    caught_by="forward_outputs",
    explanation="""
    The forward half of hs is right. The backward half holds the right vectors at the wrong times:
    the states stand in the order in which they were computed, so entry 0 belongs to the last real
    step. The backward reading got a sequence that was turned round, and what it returns is in that
    same turned order. If both halves are joined like this, position t mixes what was read up to t
    with a state that belongs to another position, and together they describe nothing. Shapes fit,
    the last states are right, and a classifier that looks only at those never notices. A tagger
    that needs every position does. Ask at each array of the backward reading which clock it runs
    on.
    """,
    source="Reversed outputs not re-reversed; frequent in hand-written bidirectional layers",
)
class leaves_the_backward_outputs_reversed:
    """bidirectional_forward does not turn the backward reading's outputs round again"""

    def bidirectional_forward(xs, lengths, h0, wx, wh, b):
        hs, h_last, cache = solution.bidirectional_forward(xs, lengths, h0, wx, wh, b)
        forward, backward = _halves(hs)
        backward = solution.reverse_padded(backward, lengths)
        return array_namespace(xs).concat([forward, backward], axis=2), h_last, cache


@misconception(
    caught_by="forward_last_states",
    explanation="""
    The forward half of h_last is right. The backward half was read off at the last real step, the
    same place as the forward half. But the two readings end at opposite ends of the sequence: at
    the last real step the backward reading has only just begun and has seen one single step. All
    that it learned about the rest is not in your result. This is one of the commonest mistakes with
    bidirectional networks, and it comes from a habit: with one direction, the last output is the
    final state, and so the line is carried over unchanged. A classifier built on it trains, since
    its forward half is good, and simply gains nothing from the second direction. Where does the
    backward reading stop?
    """,
    source="pytorch-tutorial#174 and pvse#13: output[-1] taken for both directions",
)
class takes_both_last_states_from_the_last_step:
    """bidirectional_forward reads both halves of h_last off hs at the last real step"""

    def bidirectional_forward(xs, lengths, h0, wx, wh, b):
        xp = array_namespace(xs)
        hs, _, cache = solution.bidirectional_forward(xs, lengths, h0, wx, wh, b)
        rows = [hs[n, int(lengths[n]) - 1, :] for n in range(xs.shape[0])]
        return hs, xp.stack(rows, axis=0), cache


@misconception(
    caught_by="forward_last_states",
    explanation="""
    h_last is right for sequences that fill all T steps. For shorter ones the forward half is zero,
    because it was read off hs in the last column, and that column is padding there. The last column
    of a padded batch is the end of the longest sequences only; every other row ended earlier, and
    after the end hs holds zeros by convention. Nothing complains about a zero vector. A network
    that is fed with it cannot tell one short sequence from another, and since test batches are so
    often equally long, the loss of accuracy seems to have no cause. The final state of a row
    belongs to the step that lengths names, or it is what your loop still holds when it is over.
    """,
    source="output[:, -1] of a padded batch, a recurring question in forums; derived",
)
class takes_the_forward_state_from_the_last_column:
    """bidirectional_forward reads the forward half of h_last off hs at step T - 1"""

    def bidirectional_forward(xs, lengths, h0, wx, wh, b):
        xp = array_namespace(xs)
        hs, h_last, cache = solution.bidirectional_forward(xs, lengths, h0, wx, wh, b)
        column = _halves(hs[:, -1, :])[0]
        return hs, xp.concat([column, _halves(h_last)[1]], axis=1), cache


@misconception(
    caught_by="directions_are_mirror_images",
    explanation="""
    The forward half is right, and the backward half is what comes out if the backward reading uses
    the forward reading's weights and biases. All the weight arrays have a leading axis of 2, one
    entry for each direction, and entry 1 was never used. It is easily done by calling one function
    twice and changing only the input. Such a network is not absurd and it does train, but a reading
    from the right has other things to notice than a reading from the left: after an adjective a
    noun is likely, before one it is not. It also leaves half of the parameters without any effect,
    so they never move, which a look at their gradients would show.
    """,
    source="Derived; Schuster and Paliwal (1997) give each direction its own weights",
)
class uses_the_forward_weights_twice:
    """bidirectional_forward reads in both directions with entry 0 of wx, wh and b"""

    def bidirectional_forward(xs, lengths, h0, wx, wh, b):
        return solution.bidirectional_forward(xs, lengths, h0, *map(_from_first, (wx, wh, b)))


@misconception(
    caught_by="forward_outputs",
    explanation="""
    The forward half is right. The backward reading did not start from its own entry of h0 but from
    the state in which the forward reading had ended. In the code both readings are loops over a
    variable called h, and it was set once, above the first of them. The numbers look plausible, and
    in a sense the network even knows more: its backward states have seen the whole sequence before
    they begin. But the meaning of the two halves is gone, since a backward state should summarise
    what stands from here to the end and nothing else, and the gradient has to travel twice as far.
    The two readings never touch each other; only their outputs are put side by side.
    """,
    source="Derived from a state variable that is not set again before the second loop",
)
class hands_the_forward_state_to_the_backward_reading:
    """bidirectional_forward starts the backward reading where the forward reading ended"""

    def bidirectional_forward(xs, lengths, h0, wx, wh, b):
        _, h_last, _ = solution.bidirectional_forward(xs, lengths, h0, wx, wh, b)
        h0 = array_namespace(xs).stack([h0[0, ...], _halves(h_last)[0]], axis=0)
        return solution.bidirectional_forward(xs, lengths, h0, wx, wh, b)


@misconception(
    caught_by="forward_outputs",
    explanation="""
    The outputs have H columns where 2H are asked for: the states of the two readings were added.
    Some libraries offer this as one of several ways to merge the directions, because the layer
    above then keeps its size. Here the states are put side by side. A sum of two states cannot be
    taken apart again: the layer above sees that something was found and not on which side, and its
    weights cannot treat the two differently. Side by side, it can still learn to add them if that
    is best. Remember when you repair it that the width of everything that follows, gradients
    included, doubles. Look at the line where the two results meet.
    """,
    source="The merge mode sum of Keras' Bidirectional wrapper; derived",
)
class adds_the_two_directions:
    """bidirectional_forward returns the sum of both readings' states"""

    def bidirectional_forward(xs, lengths, h0, wx, wh, b):
        hs, h_last, cache = solution.bidirectional_forward(xs, lengths, h0, wx, wh, b)
        return sum(_halves(hs)), sum(_halves(h_last)), cache


@misconception(
    caught_by="forward_outputs",
    explanation="""
    All the numbers are there, and the halves have changed places: the first H columns of hs hold
    the backward reading and the last H the forward one. Both halves have the same shape, and the
    layer above would simply learn its weights the other way round, so neither an error nor the loss
    gives it away. It matters as soon as somebody else uses the columns: weights that were trained
    elsewhere, a decoder that starts from the forward half only, or the function that has to carry
    the gradient back through each half. In the parameters entry 0 stands for the forward reading,
    and the columns keep that order. Compare the order in which the two results are joined.
    """,
    source="Derived; the order of torch.nn.RNN is forward, then backward",
)
class puts_the_backward_direction_first:
    """bidirectional_forward joins the halves as [backward | forward]"""

    def bidirectional_forward(xs, lengths, h0, wx, wh, b):
        xp = array_namespace(xs)
        hs, h_last, cache = solution.bidirectional_forward(xs, lengths, h0, wx, wh, b)
        swapped = [xp.concat(_halves(a)[::-1], axis=-1) for a in (hs, h_last)]
        return *swapped, cache


@misconception(
    caught_by="forward_outputs",
    explanation="""
    With one hidden unit per direction everything is right; with more, the columns are shuffled.
    They come as first forward unit, first backward unit, second forward unit, and so on, where all
    forward units should stand before all backward ones. This is what happens when the two results
    are stacked along a new last axis and then reshaped to 2H columns: the axis that runs fastest is
    the direction, and it should be the unit. No shape can object, and a network that is trained
    from scratch does not mind. The same slip is made in the other direction by people who cut the
    output of a library into H times 2 and not 2 times H. Join the results along an axis that
    exists already.
    """,
    source="Views of (…, H, 2) for (…, 2, H), a recurring question in forums; derived",
)
class interleaves_the_two_directions:
    """bidirectional_forward alternates the columns of the two readings"""

    def bidirectional_forward(xs, lengths, h0, wx, wh, b):
        xp = array_namespace(xs)
        hs, h_last, cache = solution.bidirectional_forward(xs, lengths, h0, wx, wh, b)
        pairs = [xp.stack(_halves(a), axis=-1) for a in (hs, h_last)]
        return xp.reshape(pairs[0], hs.shape), xp.reshape(pairs[1], h_last.shape), cache


@misconception(
    caught_by="forward_outputs",
    explanation="""
    Real steps are right; after the end of a shorter sequence hs goes on with a copy of its last
    state, where it should hold zeros. Inside the loop, holding the state is a good idea: it makes
    sure that padding cannot change it and that the final state is at hand when the loop ends. But
    what the caller gets to see is a different matter. A position that does not exist has no state,
    and whoever takes the mean of hs over time, or looks for the largest entry, would count the last
    state several times. For the backward half the copies are of the state at step 0, which has no
    business there at all. Keep the state and its publication apart.
    """,
    source="Derived; pad_packed_sequence of PyTorch fills up with zeros",
)
class repeats_the_last_state_in_the_padding:
    """bidirectional_forward returns the held state at padded steps"""

    def bidirectional_forward(xs, lengths, h0, wx, wh, b):
        xp = array_namespace(xs)
        hs, h_last, cache = solution.bidirectional_forward(xs, lengths, h0, wx, wh, b)
        return xp.where(_real(lengths, xs.shape[1]), hs, h_last[:, None, :]), h_last, cache


@misconception(
    caught_by="padding_has_no_influence",
    explanation="""
    hs is right, and h_last is wrong for every sequence that is shorter than T: what stands in the
    padding has an influence on it. The loop ran to the end of the batch for all rows, each padded
    step changed the state once more, and the state that was left after step T - 1 was returned.
    Padding made of zeros does not save you, because even with an input of zeros the state is
    multiplied with wh, gets the bias added and passes through tanh. So the summary of a sentence
    depends on how long the other sentences of its batch are, and the same sentence gives different
    answers in different company. Either the state must stand still at padded steps, or the right
    one has to be picked afterwards.
    """,
    source="Derived; verdict notes: padding after the length changes nothing",
)
class lets_the_state_run_through_the_padding:
    """bidirectional_forward returns the states after T steps as h_last"""

    def bidirectional_forward(xs, lengths, h0, wx, wh, b):
        xp = array_namespace(xs)
        hs, _, cache = solution.bidirectional_forward(xs, lengths, h0, wx, wh, b)
        halves = []
        for k, sequence in enumerate((xs, solution.reverse_padded(xs, lengths))):
            h = h0[k, ...]
            for t in range(xs.shape[1]):
                h = xp.tanh(sequence[:, t, :] @ wx[k, ...] + h @ wh[k, ...] + b[k, ...])
            halves.append(h)
        return hs, xp.concat(halves, axis=1), cache


@misconception(
    caught_by="backward_gradients",
    explanation="""
    dh0 and the gradients of the weights are right; dxs contains the forward reading's share only.
    Every input was used twice, once by each reading, and so it has an influence on the loss along
    two roads. The gradient of a value with several uses is the sum of what comes back along all of
    them. Your function has computed both shares, since the backward reading's weights could not be
    right otherwise, and then returned one. A single layer trains perfectly well like this, because
    the gradient of its inputs is not needed there. The damage starts below: word vectors, or a
    second layer, learn as if nobody had ever read from the right. Look at what becomes of the
    second reading's input gradient.
    """,
    source="Derived from the two uses of every input",
)
class returns_dxs_of_the_forward_reading_only:
    """bidirectional_backward leaves the backward reading out of dxs"""

    def bidirectional_backward(dhs, dh_last, cache):
        units = dh_last.shape[1] // 2
        _, right, _ = cache
        dxs = solution._read_backward(dhs[:, :, :units], dh_last[:, :units], right)[0]
        return dxs, *solution.bidirectional_backward(dhs, dh_last, cache)[1:]


@misconception(
    caught_by="backward_gradients",
    explanation="""
    Entry 0 of every weight gradient, the forward reading's, is right; dxs is right only in part and
    entry 1 is wrong. The backward reading went through its sequence in turned order, but the
    gradient of its outputs was given to it in the order of hs. So the gradient that belongs to the
    first real step arrived at the state of the last one. The forward function ended by turning the
    backward half of the outputs round, and every operation of the forward pass has its counterpart
    on the way back, this one too. Sequences of a single step hide the slip, and so does a gradient
    that enters through h_last alone. Write down the operations of the forward pass in a column and
    find the partner of each.
    """,
    source="Derived; the counterpart of reversed outputs that are not re-reversed",
)
class leaves_the_output_gradients_unturned:
    """bidirectional_backward gives the backward reading its part of dhs as it stands in hs"""

    def bidirectional_backward(dhs, dh_last, cache):
        forward, backward = _halves(dhs)
        backward = solution.reverse_padded(backward, cache[0])
        turned = array_namespace(dhs).concat([forward, backward], axis=2)
        return solution.bidirectional_backward(turned, dh_last, cache)


@misconception(
    caught_by="backward_gradients",
    explanation="""
    dh0 and all weight gradients are right, and so is the forward reading's share of dxs. The
    backward reading's share was added in the order in which that reading met the inputs, so each
    of them received the gradient of another one: the first real step got that of the last. The
    backward reading lives in a turned world. Its inputs were turned round on the way in, and
    therefore the gradient of these inputs must be turned round on the way out, before the two
    shares are added. Weight gradients are sums over all steps and do not care about order, which
    is why they hide the mistake. A palindrome would hide it as well. Check which clock each of the
    two summands runs on.
    """,
    source="Derived; the counterpart of reversed outputs that are not re-reversed",
)
class adds_the_input_gradients_in_turned_order:
    """bidirectional_backward does not turn the backward reading's dxs round again"""

    def bidirectional_backward(dhs, dh_last, cache):
        dxs, *others = solution.bidirectional_backward(dhs, dh_last, cache)
        units = dh_last.shape[1] // 2
        lengths, right, _ = cache
        share = solution._read_backward(dhs[:, :, :units], dh_last[:, :units], right)[0]
        return share + solution.reverse_padded(dxs - share, lengths), *others


@misconception(
    caught_by="backward_gradients",
    explanation="""
    Sequences that fill all T steps are right. For shorter ones the gradient of h_last is lost: the
    loop back starts at step T - 1, finds padding there, and sets the running gradient to zero
    together with everything else. It is half of a good idea. A padded step has no gradient of its
    own, so nothing may reach its input or the weights. But in the forward pass the state stood
    still at that step, it was handed on unchanged, and the counterpart of handing on unchanged is
    to let the gradient through unchanged. If the loss reads only the outputs, nothing is missing,
    since no gradient comes from behind the end. Distinguish what a step receives from what it
    passes on.
    """,
    source="Derived from masking the carried gradient along with the step's own",
)
class loses_the_last_gradient_of_short_sequences:
    """bidirectional_backward sets the carried gradient to zero at padded steps"""

    def bidirectional_backward(dhs, dh_last, cache):
        lengths = cache[0]
        full = (lengths == dhs.shape[1])[:, None]
        kept = array_namespace(dhs).where(full, dh_last, dh_last * 0)
        return solution.bidirectional_backward(dhs, kept, cache)


@misconception(
    caught_by="backward_ignores_padding",
    explanation="""
    The forward pass is right, and on the way back padded steps take part as if they were real.
    Their inputs get a gradient, and the weights get a share from whatever stands in the padding.
    The forward function hides it well: its outputs there are zeros, put there by a mask, and with
    padding of zeros the share of wx is zero too, while wh and b still collect theirs. A mask in the
    forward pass is an operation like any other and has a counterpart: where the output does not
    depend on a value, no gradient may flow into it. So the incoming dhs counts for nothing at a
    padded step, and the state that stood still passes its gradient on untouched.
    """,
    source="Derived; dwx collects the padding's part when only the forward pass is masked",
)
class lets_padded_steps_take_part_going_back:
    """bidirectional_backward uses dhs at padded steps and gives them gradients"""

    def bidirectional_backward(dhs, dh_last, cache):
        lengths, *readings = cache
        unmasked = []
        for xs, real, states, wx, wh in readings:
            every = [now | ~now for now in real]
            unmasked.append((xs, every, states, wx, wh))
        return solution.bidirectional_backward(dhs, dh_last, (lengths, *unmasked))
