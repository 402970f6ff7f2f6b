"""Wrong implementations that students really write, each with the check that must catch it."""

import math

from array_api_compat import array_namespace, device

from grader.spec import misconception, solution


def _columns(corpus, first, batch_size, time_size, starts):
    """Blocks of B rows, row b read from corpus[first + starts[b]] onwards."""
    xp = array_namespace(corpus)
    blocks = (corpus.shape[0] - 1) // batch_size // time_size
    rows = [corpus[first + start : first + start + blocks * time_size] for start in starts]
    cut = xp.reshape(xp.stack(rows), (batch_size, blocks, time_size))
    return xp.permute_dims(cut, (1, 0, 2))


def _losses(scores, targets):
    """The loss of every place (B, T), softmax and one-hot targets (B, T, V)."""
    xp = array_namespace(scores)
    shifted = scores - xp.max(scores, axis=2, keepdims=True)
    log_p = shifted - xp.log(xp.sum(xp.exp(shifted), axis=2, keepdims=True))
    words = xp.arange(scores.shape[2], device=device(scores))
    chosen = xp.astype(targets[:, :, None] == words, scores.dtype)
    return -xp.sum(chosen * log_p, axis=2), xp.exp(log_p), chosen


def _weighed(scores, targets, weights):
    """The loss with a weight (B, T) for every place, and its gradient."""
    losses, p, chosen = _losses(scores, targets)
    loss = array_namespace(scores).sum(losses * weights)
    return loss, (p - chosen) * weights[:, :, None]


def _counted(scores, targets, ignore):
    """1 at places that count, 0 at the others, and how many count, at least 1."""
    counts = array_namespace(scores).astype(targets != ignore, scores.dtype)
    return counts, max(1.0, float(counts.sum()))


@misconception(
    caught_by="stream_batches_values",
    explanation="""
    Your blocks are cut one after the other from the front of the corpus: the first B times T ids
    make block 0, the next make block 1. Inside a row everything is in order, and the targets are
    right, so a model that starts from zeros at every block would train just as well. But the state
    that row 0 leaves behind belongs to the words at the end of row 0, and the next block's row 0
    begins B rows further on in the text. So the model continues every row with the memory of
    another place. Draw the corpus as a line and mark where row 0 of block 1 begins: it has to be
    right behind row 0 of block 0.
    """,
    source="Stream batching with wrong offsets, from our list of student errors; derived",
)
class cuts_the_blocks_one_after_the_other:
    """stream_batches reshapes the corpus to (K, B, T) directly"""

    def stream_batches(corpus, batch_size, time_size):
        xp = array_namespace(corpus)
        blocks = (corpus.shape[0] - 1) // batch_size // time_size
        shape, size = (blocks, batch_size, time_size), blocks * batch_size * time_size
        return xp.reshape(corpus[:size], shape), xp.reshape(corpus[1 : size + 1], shape)


@misconception(
    caught_by="stream_batches_values",
    explanation="""
    The ids were dealt out to the rows like cards: id 0 to row 0, id 1 to row 1, and so on. Each row
    then reads every B-th word of the text. All shapes are right, and each target is still the word
    that follows its input in the corpus, so a model that looks at one word only would learn all it
    can. But what a row reads next is another word than the target it has just been asked for, and
    the state has gathered words that never stood side by side. The usual cause is a reshape to the
    wrong shape, or a missing transpose after the right one. Write the numbers 0 to 12 as a corpus
    and read your row 0 aloud: it must count without gaps.
    """,
    source="Reshape to (S, B) where (B, S) is needed; derived, common in RNN tutorials",
)
class deals_the_ids_out_like_cards:
    """stream_batches gives every B-th id to the same row"""

    def stream_batches(corpus, batch_size, time_size):
        xp = array_namespace(corpus)
        length = (corpus.shape[0] - 1) // batch_size
        blocks = length // time_size

        def cut(first):
            dealt = xp.reshape(corpus[first : first + batch_size * length], (length, batch_size))
            rows = xp.matrix_transpose(dealt)[:, : blocks * time_size]
            return xp.permute_dims(xp.reshape(rows, (batch_size, blocks, time_size)), (1, 0, 2))

        return cut(0), cut(1)


@misconception(
    caught_by="stream_batches_values",
    explanation="""
    Input and target are the same array. A model trained on these batches has to say the word that
    it has just read, and it learns that perfectly: the loss goes towards zero and the perplexity
    towards 1, which looks like a triumph. It has learned to copy. The target of a place is the word
    that comes after it, so the targets are the same text, one id further on. Some libraries shift
    the targets inside the model, so in their examples inputs and labels are indeed equal; here
    nothing shifts them later. A perplexity near 1 on real text is always a reason to look at the
    targets.
    """,
    source="Unshifted labels; libraries that shift inside the model invite it",
)
class asks_for_the_word_just_read:
    """stream_batches returns the inputs as targets"""

    def stream_batches(corpus, batch_size, time_size):
        inputs, _ = solution.stream_batches(corpus, batch_size, time_size)
        return inputs, inputs


@misconception(
    caught_by="stream_batches_values",
    explanation="""
    Row 0 is right. Every other row begins too early: row b starts T ids after row b - 1, where it
    should start a whole stream later. So block 1 of one row repeats block 0 of the next row, the
    rows read nearly the same text, and the end of the corpus is never read at all. Every row is in
    order and continues from block to block, so the model trains without complaint. It only sees a
    fraction of the text, and sees it several times. The number T belongs to the blocks, and says
    how far a row moves on from one block to the next. The distance between rows is the length of a
    stream.
    """,
    source="Offsets of the streams wrong, from our list of student errors; derived",
)
class lets_the_streams_overlap:
    """stream_batches starts row b at position b * T"""

    def stream_batches(corpus, batch_size, time_size):
        starts = [row * time_size for row in range(batch_size)]
        first = _columns(corpus, 0, batch_size, time_size, starts)
        return first, _columns(corpus, 1, batch_size, time_size, starts)


@misconception(
    caught_by="stream_batches_values",
    explanation="""
    Most corpora come out right, and those whose length is a multiple of B do not. You divided all N
    ids among the streams, and gave the last one of them the first id of the corpus as its target,
    by rolling the text round or with a remainder. The corpus is no circle: nothing is known about
    what comes after its last word. Such a target teaches one wrong transition, and where the ids
    just fill the streams, all rows but the first also start at another place than they should.
    There are N - 1 pairs of a word and its successor, and these are what the streams share. Try
    twelve ids in three streams.
    """,
    source="Textbook loops that take positions modulo the corpus length; derived",
)
class rolls_the_corpus_into_a_circle:
    """stream_batches takes N // B ids per stream and the first id as the last target"""

    def stream_batches(corpus, batch_size, time_size):
        xp = array_namespace(corpus)
        closed = xp.concat([corpus, corpus[:1]])
        return solution.stream_batches(closed, batch_size, time_size)


@misconception(
    caught_by="time_affine_forward_values",
    explanation="""
    The numbers in your result are the right ones, in the wrong places. You computed one step after
    the other and joined the steps, which gives an array of shape (T, B, V), and then reshaped it to
    (B, T, V). A reshape never moves an entry: it reads them in order and draws new borders, so the
    outputs of several sequences end up in one row. To exchange two axes, they must be transposed,
    or the steps have to be joined along axis 1 in the first place. With one sequence, or with one
    step, both do the same. Give the entries of xs numbers that say where they come from, and look
    for them in the output.
    """,
    source="Reshape in place of transpose, the classic of sequence code; derived",
)
class reshapes_where_axes_must_change_places:
    """time_affine_forward joins the steps to (T, B, V) and reshapes that to (B, T, V)"""

    def time_affine_forward(xs, w, b):
        xp = array_namespace(xs)
        out, cache = solution.time_affine_forward(xs, w, b)
        by_step = xp.stack([out[:, t, :] for t in range(xs.shape[1])])
        return xp.reshape(by_step, out.shape), cache


@misconception(
    caught_by="time_affine_backward_gradients",
    explanation="""
    dxs is right, and the gradients of w and b are those of a single step. In a loop over the steps
    they were assigned where they should be added to, so the last one computed replaces all others.
    The matrix w is one and the same at all T steps: each of them contributes to its gradient, and a
    weight that is used T times collects T contributions. With sequences of one step there is no
    difference, and in training the model still learns, from one word of each block. If you sum over
    the batch and forget that there is a second axis to sum over, you get a shape error; the loop
    hides it. Look at what happens to dw in the second round.
    """,
    source="Weights overwritten per step, from our list of student errors (RNN, BPTT)",
)
class keeps_the_last_step_only:
    """time_affine_backward computes dw and db from the last step alone"""

    def time_affine_backward(dout, cache):
        xs, w = cache
        xp = array_namespace(dout)
        last = dout[:, -1, :]
        return dout @ w.T, xs[:, -1, :].T @ last, xp.sum(last, axis=0)


@misconception(
    caught_by="time_affine_backward_gradients",
    explanation="""
    dxs is right; dw and db are too small by the factor T. You took the mean over the steps, where a
    sum is asked for. The idea behind it is sound: a longer sequence should not count for more. But
    the loss has already divided by the number of its tokens, so dout contains this division, and a
    second one makes the updates of these two arrays T times smaller than those of all others. The
    model still trains, with a learning rate that quietly depends on the length of the block. A
    backward never decides what to average; it multiplies by the slopes of its own forward, and in
    that forward nothing was divided.
    """,
    source="Averaging a second time, cf. the batch mean in exercise 07; derived",
)
class averages_over_the_steps_again:
    """time_affine_backward divides dw and db by T"""

    def time_affine_backward(dout, cache):
        dxs, dw, db = solution.time_affine_backward(dout, cache)
        return dxs, dw / dout.shape[1], db / dout.shape[1]


@misconception(
    caught_by="time_softmax_loss_value",
    explanation="""
    The places that are marked with -1 were counted, with the last word of the vocabulary as their
    target. Nobody wrote that down: an index of -1 is the last entry of an array, so the line that
    picks the score of the right word works for the padding too, without an error. The loss then
    asks the model to predict the last word wherever a sentence has ended, and since padding is easy
    to predict, the mean soon looks better than it is. It is wrong in the number of tokens as well.
    In a batch without padding all is right. Look at what your code does with a target of -1 before
    it is used as an index.
    """,
    source="Padding counted in the loss: transformers#2759; index -1 in NumPy, derived",
)
class takes_padding_for_the_last_word:
    """time_softmax_loss uses -1 as an index and counts every place"""

    def time_softmax_loss(scores, targets, ignore=-1):
        xp = array_namespace(scores)
        words = xp.where(targets < 0, targets + scores.shape[2], targets)
        _, n = _counted(scores, words, -1)
        return _weighed(scores, words, xp.ones_like(scores[:, :, 0]) / n)


@misconception(
    caught_by="time_softmax_loss_value",
    explanation="""
    Padding adds nothing to the sum, as it should, and yet it lowers the loss: the sum is divided by
    all B times T places. A place that does not count must be missing from both parts of the mean,
    from the sum and from the number. As it is, a batch with much padding looks better than a full
    one, for no other reason than its padding, and its gradients are smaller. Your gradient agrees
    with your loss, so a gradient check of your own finds nothing. Without padding the two numbers
    are the same. Take one row, put more and more padding behind it, and ask how the mean loss of
    its words should change.
    """,
    source="Masked loss with an unmasked mean; transformers#2759 and its relatives",
)
class divides_by_all_places:
    """time_softmax_loss divides by B * T"""

    def time_softmax_loss(scores, targets, ignore=-1):
        counts, _ = _counted(scores, targets, ignore)
        return _weighed(scores, targets, counts / (targets.shape[0] * targets.shape[1]))


@misconception(
    caught_by="time_softmax_loss_value",
    explanation="""
    The losses of the steps were added, and only the rows were averaged, so the result grows with
    the number of steps. Some papers do define the loss of a sequence as the sum over its words. In
    this exercise it is the mean over all places that count, because that is what perplexity needs:
    a number per token, which can be compared between blocks of different lengths. With the sum, a
    block of twenty steps has four times the loss and four times the gradient of a block of five,
    and a learning rate that suits one is wrong for the other. Compare your value with the right
    one: the factor between them is the number of words in a row.
    """,
    source="Sum over time, mean over the batch; both conventions occur in papers; derived",
)
class adds_up_over_time:
    """time_softmax_loss sums over steps and divides by B"""

    def time_softmax_loss(scores, targets, ignore=-1):
        counts, _ = _counted(scores, targets, ignore)
        return _weighed(scores, targets, counts / targets.shape[0])


@misconception(
    caught_by="time_softmax_loss_value",
    explanation="""
    When all rows have the same number of words your loss is right; with padding it is not. You
    took the mean of each row first, and then the mean of these means. A word in a short row then
    weighs more than a word in a long one: in a row of two it has half of the row's share, in a row
    of ten a tenth. A mean of means is the mean of everything only if the groups are equally large.
    It may be a reasonable loss for sentences, but it is not the loss per token, and perplexity
    cannot be computed from it. Check the order of your operations: one sum over rows and steps
    together, one number to divide by.
    """,
    source="Mean of means, as for batches: 7.39 in place of 3.32 measured",
)
class averages_row_by_row:
    """time_softmax_loss takes the mean of the rows' means"""

    def time_softmax_loss(scores, targets, ignore=-1):
        xp = array_namespace(scores)
        counts, _ = _counted(scores, targets, ignore)
        in_row = xp.sum(counts, axis=1, keepdims=True)
        in_row = xp.where(in_row > 0, in_row, xp.ones_like(in_row))
        return _weighed(scores, targets, counts / in_row / targets.shape[0])


@misconception(
    caught_by="time_softmax_loss_value",
    explanation="""
    The loss is right for every batch with at least one word, and nan for a batch of nothing but
    padding: zero words have a total loss of zero, and zero was divided by zero. Such a batch is no
    mere curiosity. When texts of different lengths run side by side, the last blocks of most of
    them are empty, and with very small batches it happens that all are. One nan in the loss makes
    every gradient nan, one update later all parameters are, and the training is lost without
    any message. The README says what the answer is when nothing counts. Guard the number that you
    divide by.
    """,
    source="PyTorch's mean reduction gives nan when every target is ignored; derived",
)
class divides_by_no_words_at_all:
    """time_softmax_loss returns nan when no place counts"""

    def time_softmax_loss(scores, targets, ignore=-1):
        loss, dscores = solution.time_softmax_loss(scores, targets, ignore)
        counts, _ = _counted(scores, targets, ignore)
        if float(counts.sum()) == 0:
            return loss * math.nan, dscores * math.nan
        return loss, dscores


@misconception(
    caught_by="time_softmax_loss_value",
    explanation="""
    With the usual mark, -1, everything is right. When the caller says that another id marks the
    padding, such as word 0, the argument has no effect: these places are counted like all others.
    Your code asks whether a target is negative, or compares it with -1, and never looks at the
    argument. A test that keeps the default cannot see this. In practice the padding often is a real
    entry of the vocabulary, because the inputs need an id too, and it then stands in the targets as
    well. The loss comes out too low, as padding is easy to predict. Look for ignore in the body of
    your function.
    """,
    source="A default that is the only value ever tested; derived",
)
class knows_only_minus_one_as_padding:
    """time_softmax_loss ignores negative targets, whatever `ignore` says"""

    def time_softmax_loss(scores, targets, ignore=-1):
        return solution.time_softmax_loss(scores, targets, -1)


@misconception(
    caught_by="time_softmax_loss_gradient",
    explanation="""
    The loss leaves the padding out and the gradient does not: dscores holds the softmax itself at
    the places that should not count. That is what remains of p minus the one-hot row when there is
    no right word to subtract. So every padded place pushes all scores down, a little, for no
    reason; each row of dscores there adds up to 1/n rather than 0. The printed loss is right, and
    without padding everything is, so the training curve never tells. A place whose scores have no
    influence on the loss has a gradient of exactly zero. Whatever hides a place in the loss must
    hide it in the gradient too.
    """,
    source="Mask applied to the loss only; derived, same pattern as in masked attention",
)
class leaves_the_padding_in_the_gradient:
    """time_softmax_loss does not mask dscores"""

    def time_softmax_loss(scores, targets, ignore=-1):
        loss, dscores = solution.time_softmax_loss(scores, targets, ignore)
        counts, n = _counted(scores, targets, ignore)
        _, p, _ = _losses(scores, targets)
        return loss, dscores + p * (1 - counts)[:, :, None] / n


@misconception(
    caught_by="time_softmax_loss_gradient",
    explanation="""
    The loss is right, and dscores is too large by one constant factor, the number of places that
    count. You computed the gradient of the sum of the losses and returned it for the mean. The
    slope of a mean is the slope of the sum divided by the same number, so what divides the loss
    must divide its gradient. The direction is right and training works, with a learning rate that
    is secretly multiplied by the size of the batch; larger blocks then need a smaller rate. Compare
    one entry of your result with the README's formula and look for the factor in front.
    """,
    source="A mean whose gradient is that of the sum; cf. exercise 07; derived",
)
class returns_the_gradient_of_the_sum:
    """time_softmax_loss does not divide dscores by the number of places"""

    def time_softmax_loss(scores, targets, ignore=-1):
        loss, dscores = solution.time_softmax_loss(scores, targets, ignore)
        _, n = _counted(scores, targets, ignore)
        return loss, dscores * n


@misconception(
    caught_by="time_softmax_loss_is_stable",
    explanation="""
    Ordinary scores give the right loss, and scores of 1000 give nan. The exponential of 1000 is
    larger than any float64, so it is stored as infinity, and infinity divided by infinity is not a
    number; the exponential of -1000 is stored as zero, and its logarithm is minus infinity. Scores
    of that size do come up, when a recurrent network is trained with too large a rate, and then the
    nan spreads through the state to all later blocks. The softmax does not change when one number
    is subtracted from all scores of a place. Choose the number so that the largest exponent
    becomes harmless, and stay with logarithms.
    """,
    source="Naive softmax; overflow above 709.8 measured",
)
class exponentiates_the_raw_scores:
    """time_softmax_loss computes exp(scores) without a shift"""

    def time_softmax_loss(scores, targets, ignore=-1):
        xp = array_namespace(scores)
        _, _, chosen = _losses(scores, targets)
        counts, n = _counted(scores, targets, ignore)
        exps = xp.exp(scores)
        p = exps / xp.sum(exps, axis=2, keepdims=True)
        picked = xp.sum(chosen * p, axis=2) + (1 - counts)
        chosen = chosen * counts[:, :, None]
        return -xp.sum(xp.log(picked) * counts) / n, (p * counts[:, :, None] - chosen) / n


@misconception(
    caught_by="perplexity_values",
    explanation="""
    You turned the loss of each batch into a perplexity and took the mean of these. For a batch of
    nine tokens with loss 1 and a batch of one token with loss 3 that gives 11.4, where 3.32 is
    right. The exponential is curved: it lifts the bad batches far more than the good ones, so the
    mean of exponentials is never below the exponential of the mean, and one hard batch ruins the
    figure. With equal losses the two agree, and with similar ones the difference is small, so it
    passes for noise. Perplexity belongs to a text and not to a batch. The mean has to be finished
    before the exponential is taken.
    """,
    source="Measured: 11.4 against 3.32 for losses 1 and 3 over 9 and 1 tokens",
)
class averages_the_perplexities:
    """perplexity takes the mean of exp(loss) over the batches"""

    def perplexity(losses, counts):
        xp = array_namespace(losses)
        return xp.mean(xp.exp(losses))


@misconception(
    caught_by="perplexity_values",
    explanation="""
    Every batch has the same weight in your mean, whether it holds nine tokens or one. For losses 1
    and 3 over 9 and 1 tokens the mean per token is 1.2 and the perplexity 3.32; yours is 7.39. Most
    batches of a run are equally large, and then it makes no difference. But the last one is often
    shorter, and batches of sentences have different amounts of padding. The result then depends on
    how the text was cut, which is a property of your program and not of the model. A batch of pure
    padding, with loss 0, even makes the model look better. Turn each mean back into a sum before
    you join them.
    """,
    source="Measured: 7.39 against 3.32 for losses 1 and 3 over 9 and 1 tokens",
)
class weighs_every_batch_alike:
    """perplexity takes the plain mean of the losses"""

    def perplexity(losses, counts):
        xp = array_namespace(losses)
        return xp.exp(xp.mean(losses))


@misconception(
    caught_by="perplexity_values",
    explanation="""
    The mean is right, but 2 was raised to it, while the losses are in nats. The formula with the 2
    stands in many books, and it is right there: it belongs to a cross-entropy in bits, taken with
    the logarithm to base 2. Base and logarithm have to be of the same kind, and then it does not
    matter which. Mixing them gives 2.30 where 3.32 is right, and a model looks a good deal better
    than it is. A uniform model shows it: if it chooses among 7 equally likely words, its loss is
    the natural logarithm of 7, and its perplexity must come out as 7.
    """,
    source="Measured: 2.30 against 3.32, 2 to the power of nats",
)
class raises_two_to_the_nats:
    """perplexity computes 2 ** mean"""

    def perplexity(losses, counts):
        return 2.0 ** array_namespace(losses).log(solution.perplexity(losses, counts))


@misconception(
    caught_by="perplexity_values",
    explanation="""
    The losses were added up and divided by the number of tokens, as if each of them were already a
    total. They are means: the loss functions of this exercise divide by the number of tokens
    themselves. Dividing once more makes the exponent tiny, and your perplexities are all a little
    above 1, which would mean that the model knows every word in advance. The formula has its origin
    in programs that collect sums of losses, and there it is right. For a batch of eight tokens with
    a mean of 1.25 write down the total loss, then the mean again, and you see which factor is
    missing in front of each loss.
    """,
    source="Sums and means confused between two evaluation loops; derived",
)
class takes_the_means_for_totals:
    """perplexity divides the sum of the means by the number of tokens"""

    def perplexity(losses, counts):
        xp = array_namespace(losses)
        return xp.exp(xp.sum(losses) / xp.sum(xp.astype(counts, losses.dtype)))


@misconception(
    caught_by="rnnlm_losses",
    explanation="""
    The first block is right; the second has the loss that it would have as the beginning of a text.
    Your forward starts from zeros at every call, so the model forgets all it has read at each
    border. Truncated backpropagation is easily misread in this way. It cuts the gradient at the
    border, and only the gradient: the state is handed on, so that a word can still be predicted
    from something read many blocks ago. Otherwise there would be no point in laying the streams so
    that each row continues. With a reset in between, your two losses are right, which is why short
    tests pass. Ask where the last state of a block is kept.
    """,
    source="Truncation resets the state as well as the graph: yunjey#90, OpenNMT#403",
)
class starts_every_block_from_zeros:
    """RNNLM.forward ignores the state of the last call"""

    class RNNLM(solution.RNNLM):
        def forward(self, ids, targets):
            self.reset_state()
            return super().forward(ids, targets)


@misconception(
    caught_by="rnnlm_losses",
    explanation="""
    After reset_state the model still remembers: the next loss is that of a text which continues the
    old one. The method does nothing, or sets a variable that forward never reads, for instance a
    local one in place of an attribute. During one pass through the corpus nobody notices. At the
    start of the next pass, or when the validation text follows the training text, the state belongs
    to another place, and the first predictions of each row are made with a wrong memory. The loss
    is only slightly off, since a recurrent network recovers after some words. Follow the name of
    the state from reset_state to the first line of forward that uses it.
    """,
    source="Stateful layers that are never reset; derived",
)
class never_forgets:
    """RNNLM.reset_state does nothing once there is a state"""

    class RNNLM(solution.RNNLM):
        def reset_state(self):
            self.h = getattr(self, "h", None)


@misconception(
    caught_by="rnnlm_losses",
    explanation="""
    The first block is right, and the second starts from a wrong state: that of the first step of
    the block before it, and not of the last. With blocks of one step there is no difference. The
    array of states has shape (B, T, H), and what the next block needs is the state after its last
    word, one row for each sequence. Taking the entry with index 0 along the time axis is a small
    slip, and the result has the right shape and plausible values between -1 and 1. The model still
    gets some memory from it, of a word that is T steps too old. Look at which slice you keep at the
    end of forward.
    """,
    source="Wrong end of the time axis when the state is kept; derived",
)
class keeps_the_first_state_of_the_block:
    """RNNLM.forward hands on hs[:, 0]"""

    class RNNLM(solution.RNNLM):
        def forward(self, ids, targets):
            loss = super().forward(ids, targets)
            self.h = self.saved[3][:, 0, :]
            return loss


@misconception(
    caught_by="rnnlm_gradients",
    explanation="""
    All gradients are right but that of embed, and there only the words that occur several times in
    the block are wrong: they have the gradient of one occurrence. The rows were written with a
    plain assignment, or with an indexed addition, which in NumPy adds only once for each id,
    however often the id is in the list. Each occurrence contributed to the loss, so
    the contributions have to add up. In a real text the frequent words suffer most, and they are
    half of all tokens. A test in which every word occurs once cannot see it. Look up how you add
    with repeated indices.
    """,
    source="Duplicate ids lose gradient in NumPy's indexed assignment; cf. exercise 19",
)
class loses_repeated_words:
    """RNNLM.backward keeps the last occurrence of each word in the gradient of embed"""

    def _embed_backward(dxs, ids, embed):
        xp = array_namespace(dxs)
        used = solution._one_hot(xp.reshape(ids, (-1,)), embed.T)
        later = xp.flip(xp.cumulative_sum(xp.flip(used, axis=0), axis=0), axis=0)
        last = used * xp.astype(later == 1, used.dtype)
        return last.T @ xp.reshape(dxs, (-1, dxs.shape[2]))


@misconception(
    caught_by="rnnlm_gradients",
    explanation="""
    The gradients of w and b_out are right, those of embed, wx, wh and b are not, and with blocks of
    one step they all are. Each step received only the gradient that comes down from its own scores.
    But the state of a step also feeds the next step, and through it all later losses of the block;
    that part has to be added before the slope of tanh is applied. Without it the model learns from
    each word what helps to predict the next one, and nothing about what should be remembered for
    longer. Truncation cuts this path at the border of the block, not between its steps. Look at
    what your loop hands from one step to the step before.
    """,
    source="h's gradient misses the future term: Deep-ML problem 62",
)
class cuts_the_gradient_at_every_step:
    """RNNLM.backward does not carry the state's gradient from step to step"""

    def _rnn_backward(dhs, xs, h0, hs, wx, wh):
        xp = array_namespace(dhs)
        da = dhs * (1 - hs**2)
        before = xp.concat([h0[:, None, :], hs[:, :-1, :]], axis=1)
        rows, xrows, hrows = (xp.reshape(a, (-1, a.shape[2])) for a in (da, xs, before))
        return da @ wx.T, xrows.T @ rows, hrows.T @ rows, xp.sum(rows, axis=0)


@misconception(
    caught_by="rnnlm_gradients_of_a_later_block",
    explanation="""
    The first block's gradients are right and the second's are not. Your model keeps the gradient
    that arrived at the start of one block, and feeds it into the last step of the next. The state
    is carried from call to call, so it seems natural to carry its gradient too. But they travel in
    opposite directions: the gradient at the start of block 1 belongs to the end of block 0, an
    earlier moment, and never to the end of block 2. Truncated backpropagation drops it. Each call
    of backward begins with nothing from the future, since at that moment the future has not been
    read. Look at the value of the running gradient before your loop begins.
    """,
    source="Gradient carried across blocks along with the state; derived",
)
class hands_its_gradient_to_the_next_block:
    """RNNLM.backward starts from the state gradient that the last backward left"""

    class RNNLM(solution.RNNLM):
        def backward(self):
            ids, xs, h0, hs, affine_cache, dscores = self.saved
            xp = array_namespace(xs)
            p = self.params
            dhs, dw, db_out = solution.time_affine_backward(dscores, affine_cache)
            last = dhs[:, -1:, :] + getattr(self, "dh", xp.zeros_like(h0))[:, None, :]
            dhs = xp.concat([dhs[:, :-1, :], last], axis=1)
            dxs, dwx, dwh, db = solution._rnn_backward(dhs, xs, h0, hs, p["wx"], p["wh"])
            dh = xp.zeros_like(h0)
            for t in reversed(range(dhs.shape[1])):
                dh = ((dhs[:, t, :] + dh) * (1 - hs[:, t, :] ** 2)) @ p["wh"].T
            self.dh = dh
            dembed = solution._embed_backward(dxs, ids, p["embed"])
            return {"embed": dembed, "wx": dwx, "wh": dwh, "b": db, "w": dw, "b_out": db_out}


@misconception(
    caught_by="rnnlm_gradients_of_a_later_block",
    explanation="""
    The first call of backward is right; every further one returns the sum of all gradients so far.
    Libraries such as PyTorch add to stored gradients on purpose, and leave it to you to set them to
    zero before each step. Here backward returns the gradients of the last block and of nothing
    else, and nobody ever clears yours. So each update repeats all earlier ones: training begins
    well, picks up speed like a ball that rolls downhill, and overshoots. Within one block adding is
    right, over sequences and over steps. Between calls it is not. Look at where your sums get their
    starting value, in backward itself or once in the constructor.
    """,
    source="Forgotten zero_grad, built into the layer; derived",
)
class adds_to_the_gradients_of_earlier_calls:
    """RNNLM.backward adds up the gradients of all calls"""

    class RNNLM(solution.RNNLM):
        def backward(self):
            new, old = super().backward(), getattr(self, "total", {})
            self.total = {name: new[name] + old.get(name, 0) for name in new}
            return self.total


@misconception(
    caught_by="rnnlm_gradients",
    explanation="""
    The losses are right, and the gradients belong to another reading of the block: one that starts
    where yours ended. Your backward runs the forward pass once more to get what it needs, and by
    then the state has moved on. So the block is read twice in a row, the second time with the
    memory of the first, and the state goes on from there. In earlier exercises it did no harm to
    run forward again, because it always gave the same. A model with a state is different: calling
    it changes it. Even the first block after a reset is affected, and every later loss is as well,
    once backward was called. Keep what the way back needs at the time of the forward pass.
    """,
    source="Recomputing a forward that has side effects; derived from exercise 07's pattern",
)
class reads_the_block_again_on_the_way_back:
    """RNNLM.backward runs forward again from the state that forward left"""

    class RNNLM(solution.RNNLM):
        def forward(self, ids, targets):
            self.block = ids, targets
            return super().forward(ids, targets)

        def backward(self):
            super().forward(*self.block)
            return super().backward()
