"""Wrong implementations that students really write, each with the check that must catch it."""

from array_api_compat import array_namespace, device

from grader.spec import misconception, solution


def _log_softmax(scores, axis=2):
    xp = array_namespace(scores)
    shifted = scores - xp.max(scores, axis=axis, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=axis, keepdims=True))


def _repeated(h, xs):
    """h (B, H) at every step of xs (B, T, K): (B, T, H)."""
    return array_namespace(h).stack([h] * xs.shape[1], axis=1)


@misconception(
    caught_by="reverse_values",
    explanation="""
    The sequences are back to front, and they have also changed places: the last question of the
    batch now comes first. The whole array was turned round, along both of its axes, which is what
    a flip without an axis does, or a slice with a negative step in both places. With one sequence,
    the usual example in a notebook, the two cannot be told apart. In a batch the harm is great and
    silent: question 1 is paired with the answer to question 32, every shape fits, and the network
    learns nothing but which characters are frequent. Only time is to be reversed here. Ask which
    of the two axes is time, and leave the other one alone.
    """,
    source="np.flip without an axis reverses all axes; derived",
)
class turns_the_batch_round_as_well:
    """reverse flips the array along both axes"""

    def reverse(ids):
        return array_namespace(ids).flip(ids)


@misconception(
    caught_by="reverse_values",
    explanation="""
    Every sequence still reads forwards, but the sequences stand in the opposite order: the axis of
    the batch was reversed in place of the axis of time. A slice with a negative step in the first
    place does this, and it is the natural thing to write for a single sequence, which has no other
    axis. Twice reversed is still unchanged, and the shape is right, so tests of that kind pass. In
    training the questions no longer belong to their answers. Print a batch of two questions and
    its reversal: the first row must hold the characters of the first question, read from right to
    left.
    """,
    source="ids[::-1] on a batch, the one-sequence idiom; derived",
)
class reverses_the_order_of_the_sequences:
    """reverse flips axis 0, the batch"""

    def reverse(ids):
        return array_namespace(ids).flip(ids, axis=0)


@misconception(
    caught_by="shift_targets_values",
    explanation="""
    What the decoder reads and what it should say are the same characters: nothing was shifted. The
    decoder is then asked at each step for the character that it has just been given, and copying
    is an easy task. The loss falls to almost zero within a few steps, which looks like a triumph.
    But when the network has to write by itself, nobody shows it the answer, and it repeats the
    start character or produces noise. A loss that is too good to be true is the typical sign. The
    character that is read at a step must be one place earlier in the answer than the one that is
    asked for.
    """,
    source="The shift of the teacher's token missing; seen in seq2seq code of several courses",
)
class asks_for_the_character_it_shows:
    """shift_targets returns the same characters as inputs and as targets"""

    def shift_targets(ids):
        return ids[:, :-1], ids[:, :-1]


@misconception(
    caught_by="shift_targets_values",
    explanation="""
    The two results have changed places. The decoder reads the answer without its start character
    and is asked for the answer without its last one, so it must say at each step what came before
    the character that it sees. Lengths and shapes are right, and the two arrays overlap as they
    should, which is why it is easily overlooked. Trained this way, a network predicts the past: it
    never learns to finish an answer, and the first character that it reads when it writes, the
    start, is one it has never seen at that place. Write an answer of four characters on paper and
    mark what is known at the first step.
    """,
    source="Order of the pair swapped; the course's own seq2seq exercise, derived",
)
class predicts_the_character_before:
    """shift_targets returns the later characters as inputs, the earlier ones as targets"""

    def shift_targets(ids):
        return ids[:, 1:], ids[:, :-1]


@misconception(
    caught_by="sequence_loss_values",
    explanation="""
    Your loss is T times too large, and so is the gradient: the characters of a sequence were added
    up, and only the sequences were averaged. That is the log-probability of a whole answer, and
    some papers report it in this way, so it is not nonsense. But it makes the loss of long answers
    larger than that of short ones although no character is predicted worse, and the step that a
    learning rate makes grows with the length. With one character per answer both are equal. The
    README asks for the mean over all characters of the batch. Count how many losses of single
    characters go into your sum, and divide by that.
    """,
    source="Sum over time, mean over batch: a convention of several sequence libraries",
)
class divides_by_the_sequences_alone:
    """sequence_loss adds up the characters and takes the mean over the sequences"""

    def sequence_loss(scores, targets):
        loss, dscores = solution.sequence_loss(scores, targets)
        return loss * targets.shape[1], dscores * targets.shape[1]


@misconception(
    caught_by="sequence_loss_values",
    explanation="""
    The probabilities of one step do not add up to 1; those of one character over all steps do. The
    softmax was taken along the axis of time, axis 1, where the axis of the characters is the last.
    It usually comes from a softmax written for (N, C) scores, in which axis 1 was the right one,
    and called with three axes. All shapes fit. With such a loss the steps of an answer compete
    with each other for every character, instead of the characters competing at every step. Either
    name the last axis, or join batch and time to one axis of B * T rows first and use the loss
    that you already have.
    """,
    source="axis=1 kept from the two-dimensional loss; derived",
)
class takes_the_softmax_over_time:
    """sequence_loss normalises along axis 1"""

    def sequence_loss(scores, targets):
        xp = array_namespace(scores)
        characters = targets.shape[0] * targets.shape[1]
        log_p = _log_softmax(scores, axis=1)
        right = solution._one_hot(targets, scores)
        # Every right character of a column brings one softmax of that column over time.
        counts = xp.sum(right, axis=1, keepdims=True)
        loss = -xp.sum(right * log_p) / characters
        return loss, (xp.exp(log_p) * counts - right) / characters


@misconception(
    caught_by="sequence_loss_values",
    explanation="""
    For ordinary scores everything agrees to six digits; for a right character with almost no
    probability your loss is too small, and it never exceeds about 16. A small constant was added to
    the probability before taking its logarithm, so that log 0 cannot happen. It is a well-known
    trick, printed in textbooks, and it does prevent infinities. But the loss is bounded now, and
    its value no longer belongs to the gradient that you return: where the network is most wrong,
    the two say different things. No constant is needed. The logarithm of a probability is a shifted
    score minus the logarithm of a sum that is at least 1.
    """,
    source="log(p + 1e-7) in a popular textbook's loss caps it at 16.1; measured",
)
class adds_a_constant_inside_the_logarithm:
    """sequence_loss computes log(p + 1e-7)"""

    def sequence_loss(scores, targets):
        xp = array_namespace(scores)
        _, dscores = solution.sequence_loss(scores, targets)
        p = xp.exp(_log_softmax(scores))
        right = solution._one_hot(targets, scores)
        characters = targets.shape[0] * targets.shape[1]
        return -xp.sum(right * xp.log(p + 1e-7)) / characters, dscores


@misconception(
    caught_by="encoder_state",
    explanation="""
    With one character your state is right; with more it is the average of the states after all
    characters. An average is a reasonable summary of a sequence, and other models use it, but it
    is not what this decoder is given. The LSTM has already done the summarising: its state after
    the last character was made by reading all of them in order, and its gates have decided what to
    keep. In the average the early states, which have seen little, weigh as much as the last one.
    It also hides the effect of reversing the input, since a mean does not ask which state came
    last. Look at what you take from the array of all states.
    """,
    source="Mean pooling over time in place of the last state; derived",
)
class hands_over_the_mean_state:
    """Encoder returns the mean of the states over time"""

    class Encoder(solution.Encoder):
        def forward(self, ids):
            super().forward(ids)
            return array_namespace(self.cache[0]).mean(self.cache[0], axis=1)

        def backward(self, dh):
            hs, embedding, lstm = self.cache
            dhs = _repeated(dh, hs) / hs.shape[1]
            dxs, _, dwx, dwh, db = solution._lstm_backward(dhs, lstm)
            dembed = solution._embed_backward(dxs, embedding)
            return {"embed": dembed, "wx": dwx, "wh": dwh, "b": db}


@misconception(
    caught_by="encoder_state",
    explanation="""
    For a sequence of one character the state is right, and for longer ones it belongs to the
    sequence read from right to left: the encoder reversed its input by itself. Reversing does help
    this network to learn, and it is part of the exercise, but it is done once, by the function
    reverse, before the encoder is called. When both do it, the two cancel, and the network trains
    on questions in their ordinary order, a little worse than expected and without any message. Keep
    the preparation of the data apart from the model: then either can be changed, and one can see
    at the call what is read. Look for a reversal in the encoder's forward.
    """,
    source="Reversal in the data and in the model at once; derived from Sutskever et al. (2014)",
)
class reverses_inside_the_encoder:
    """Encoder reads its sequences from right to left"""

    class Encoder(solution.Encoder):
        def forward(self, ids):
            return super().forward(array_namespace(ids).flip(ids, axis=1))


@misconception(
    caught_by="encoder_state",
    explanation="""
    The encoder hands over the LSTM's cell, where its hidden state is asked for. Both have shape
    (B, H) and both are made of everything that was read, and an LSTM returns the two side by side,
    so it is easy to catch the wrong one. You can tell them apart by their size: the hidden state
    has gone through a tanh and an output gate and stays between -1 and 1, while the cell may grow
    with every step. The decoder uses what it gets as its first hidden state, and its weights expect
    numbers of that size. In this exercise the encoder's cell stays inside the encoder. Check the
    order of your LSTM's results.
    """,
    source="Order of (h, c) mixed up when unpacking; TensorFlow and PyTorch differ",
)
class hands_over_the_cell:
    """Encoder returns the last cell"""

    class Encoder(solution.Encoder):
        def forward(self, ids):
            p = self.params
            xp = array_namespace(p["embed"])
            zeros = xp.zeros(
                (ids.shape[0], p["wh"].shape[0]), dtype=p["wh"].dtype, device=device(ids)
            )
            super().forward(ids)
            xs, _ = solution._embed_forward(ids, p["embed"])
            _, c, _ = solution._lstm_forward(xs, zeros, zeros, p["wx"], p["wh"], p["b"])
            return c


@misconception(
    caught_by="encoder_gradients",
    explanation="""
    For one character your gradients are right; for longer sequences they are too large or simply
    different: dh was given to the state of every step. The forward handed over only the state
    after the last character, so the loss depends directly on that state and on no other. The
    earlier ones matter as well, but only through the later ones, and that part of their gradient
    is found by the LSTM's own backward as it walks back. Giving dh to all of them counts it again
    and again. A broadcast can do it without your noticing, because (B, 1, H) fits (B, T, H). What
    should the array hold at the other steps?
    """,
    source="dhs filled with dh instead of zeros; broadcast of (B, 1, H), derived",
)
class gives_the_gradient_to_every_step:
    """Encoder.backward passes dh to all the states"""

    class Encoder(solution.Encoder):
        def backward(self, dh):
            hs, embedding, lstm = self.cache
            dxs, _, dwx, dwh, db = solution._lstm_backward(_repeated(dh, hs), lstm)
            dembed = solution._embed_backward(dxs, embedding)
            return {"embed": dembed, "wx": dwx, "wh": dwh, "b": db}


@misconception(
    caught_by="encoder_gradients",
    explanation="""
    The gradients of the LSTM are right, and so are the rows of embed for characters that occur
    once. Where a character occurs several times in the batch, its row holds the gradient of one
    occurrence alone, the last. Writing into an array at a list of ids replaces what stands there,
    and adding at a list of ids in one statement does so too: for repeated ids NumPy keeps only one
    of the additions. In sums, where there are ten digits and many questions, almost every character
    repeats, so most of the gradient is lost, and training is slow rather than impossible. Every use
    of a row has to add its share.
    """,
    source="dW[idx] += dout keeps one addition per repeated id; NumPy's indexing documentation",
)
class keeps_one_use_of_a_repeated_character:
    """The embedding's gradient holds the last occurrence of each character"""

    def _embed_backward(dxs, one_hot):
        xp = array_namespace(dxs)
        uses = solution._rows(one_hot)
        later = xp.flip(xp.cumulative_sum(xp.flip(uses, axis=0), axis=0), axis=0)
        last = xp.where(later == 1, uses, xp.zeros_like(uses))
        return last.T @ solution._rows(dxs)


_latest = {}


@misconception(
    caught_by="encoder_gradients",
    explanation="""
    A single encoder gives the right gradients. As soon as a second one has read something else, the
    first one's gradients belong to what the second has read: both keep their memory in the same
    place, such as an attribute of the class, a global variable or a default argument that is a
    list. In a script with one encoder nothing shows. But one program often has two models, a large
    and a small one to compare, and here the encoder and the decoder both contain an LSTM; whoever
    runs last overwrites the other's memory. What forward remembers belongs to the object whose
    forward it was. Look at where your cache is stored and who else can reach it.
    """,
    source="Class attributes shared by all objects; the Python tutorial, section 9.3.5",
)
class shares_one_memory_between_encoders:
    """Encoder keeps its cache in one place for all objects"""

    class Encoder(solution.Encoder):
        def forward(self, ids):
            h = super().forward(ids)
            _latest["cache"] = self.cache
            return h

        def backward(self, dh):
            self.cache = _latest["cache"]
            return super().backward(dh)


@misconception(
    caught_by="decoder_scores",
    explanation="""
    Two different questions get the same scores: the decoder's LSTM starts from zeros, and the
    encoder's state is accepted as an argument but never used. What is left is a language model of
    answers, which knows how sums tend to look and nothing of the question. It trains, its loss
    falls for a while, and the answers that it writes have a plausible length and first digit; then
    it gets stuck, with almost no answer right. This happens when the LSTM of an earlier exercise
    is reused as it was, since it makes its own first state. The state has to be set before the
    first step. Follow h from your argument list to the place where it enters a formula.
    """,
    source="State of the time-LSTM never set from the encoder; derived",
)
class starts_from_zeros:
    """The decoder's LSTM starts from a state of zeros"""

    class Decoder(solution.Decoder):
        def _read(self, ids, question, h, c):
            fresh = h is question
            return super()._read(ids, question, h * 0 if fresh else h, c)


@misconception(
    caught_by="decoder_scores",
    explanation="""
    The scores of the first step are right, and later ones ignore the ids that were passed in: the
    decoder read its own best character instead. That is how an answer is written once training is
    over, and it is the job of generate. In forward it spoils the training: a network that is still
    ignorant says something wrong at the first step, reads it, and all later steps are judged on a
    story that went astray at the start. Moreover the choice of a largest score has no gradient.
    Teacher forcing means that at every step the right character of the answer is read, whatever the
    network would have said. All of them are known beforehand, in ids.
    """,
    source="Free running confused with teacher forcing; Williams and Zipser (1989), derived",
)
class reads_its_own_predictions:
    """Decoder.forward feeds back its best character instead of the given ones"""

    class Decoder(solution.Decoder):
        def forward(self, ids, h):
            xp = array_namespace(h)
            read = ids[:, :1]
            for _ in range(ids.shape[1] - 1):
                scores = super().forward(read, h)
                read = xp.concat([read, xp.argmax(scores[:, -1:, :], axis=2)], axis=1)
            return super().forward(read, h)


@misconception(
    caught_by="decoder_scores",
    explanation="""
    The encoder's state arrived in the wrong place: it became the first cell of the decoder's LSTM,
    and the first hidden state stayed zero. The scores depend on the question and the network can be
    trained, so the mistake is hard to see from outside. But the encoder hands over a hidden state,
    a number between -1 and 1 that the gates are meant to look at, and here no gate of the first
    step sees it. Many designs pass both parts of the state, and then each has to go to its own
    place; this one passes the hidden state only, and the cell starts at zero. Compare the order of
    the arguments with that of your LSTM.
    """,
    source="Order of (h, c) mixed up when setting the state; derived",
)
class puts_the_question_into_the_cell:
    """The decoder's LSTM gets the encoder's state as its first cell"""

    class Decoder(solution.Decoder):
        def _read(self, ids, question, h, c):
            if h is question:
                h, c = c, h
            return super()._read(ids, question, h, c)


@misconception(
    caught_by="decoder_gradients",
    explanation="""
    The gradients of all parameters are right and dh is not: it is the gradient for the state after
    the first step, and what is asked for is the one for the state before it. The two differ by one
    step of the LSTM. The encoder's state was multiplied by wh and went through the gates before
    anything came out, and the gradient has to go back the same way. Everything has the right shape,
    and since dh is only the encoder's concern, the decoder itself trains perfectly; the encoder
    learns from a signal that is wrong in sign as often as not. Your LSTM's backward returns the
    gradient for the initial state among its results. Look at which one you pass on.
    """,
    source="Off by one at the start of the walk back; derived",
)
class stops_one_step_too_early:
    """Decoder.backward returns the gradient for the state after the first step"""

    class Decoder(solution.Decoder):
        def backward(self, dscores):
            _, (steps, wx, wh), affine = self.cache
            dhs, _, _ = solution._affine_backward(dscores, affine)
            later = array_namespace(dhs).zeros_like(dhs[:, 0, :])
            if dhs.shape[1] > 1:
                _, later, _, _, _ = solution._lstm_backward(dhs[:, 1:, :], (steps[1:], wx, wh))
            grads, _ = super().backward(dscores)
            return grads, dhs[:, 0, :] + later


@misconception(
    caught_by="decoder_gradients",
    explanation="""
    All gradients of the parameters agree, and dh is the gradient for the LSTM's first cell. Your
    LSTM's backward returns one for each initial state, hidden first and cell second, and both have
    shape (B, H), so the wrong one is quickly taken. It is not small either, because the cell is the
    road on which gradients travel well. But the cell of the first step was a constant zero that
    depends on nothing, so its gradient is of no use to anybody, while the encoder's state entered
    as the hidden state. Count the results of your LSTM's backward, and check which of them you
    return as dh.
    """,
    source="dc0 returned for dh0 after unpacking six results; derived",
)
class returns_the_gradient_of_the_cell:
    """Decoder.backward returns the gradient for the first cell as dh"""

    class Decoder(solution.Decoder):
        def backward(self, dscores):
            grads, _ = super().backward(dscores)
            _, (steps, _, wh), affine = self.cache
            xp = array_namespace(dscores)
            dhs, _, _ = solution._affine_backward(dscores, affine)
            dh, dc = xp.zeros_like(dhs[:, 0, :]), xp.zeros_like(dhs[:, 0, :])
            for t in reversed(range(dhs.shape[1])):
                _, _, c, i, f, g, o, squashed = steps[t]
                dh = dh + dhs[:, t, :]
                dc = dc + dh * o * (1 - squashed**2)
                da = [dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g**2)]
                da = xp.concat([*da, dh * squashed * o * (1 - o)], axis=1)
                dh, dc = da @ wh.T, dc * f
            return grads, dc


@misconception(
    caught_by="decoder_generates",
    explanation="""
    The first character is right, and then the answer does not go on as it should: every step reads
    the start character again. Only the LSTM's state moves along; what was just written is never
    shown to the network, so it does not know how far it has come. In training it always read the
    answer so far, and it relies on it. An answer written in this way often repeats one character,
    or stops in the middle of a number, although the loss is excellent. When training looks good
    and writing does not, compare what the decoder reads in the two. After each step the chosen
    character has to become the next input.
    """,
    source="The sampled id not fed back in a generation loop; derived",
)
class reads_the_start_again_and_again:
    """generate feeds the start character at every step"""

    def _generate(read, h, start, length):
        xp = array_namespace(h)
        state, cell = h, xp.zeros_like(h)
        ids = xp.full((h.shape[0], 1), start, dtype=xp.int64, device=device(h))
        written = []
        for _ in range(length):
            scores, state, cell, _ = read(ids, h, state, cell)
            written.append(xp.argmax(scores, axis=2))
        return xp.concat(written, axis=1)


@misconception(
    caught_by="decoder_generates",
    explanation="""
    The first character of every answer is right, and from the second one on the answers go wrong:
    each step starts from the encoder's state with an empty cell, as if it were the first. This
    comes from calling forward with a single character in a loop, because forward begins afresh
    whenever it is called. The LSTM then knows the question and the last character, but not what it
    wrote before, so it cannot tell the first 1 of an answer from the second. During training the
    state was carried along all steps. Between two steps both parts of the state, hidden and cell,
    have to survive; the encoder's state is for the first step alone.
    """,
    source="forward called once per character; generation loops without a kept state, derived",
)
class forgets_its_state_between_characters:
    """generate starts every step from the encoder's state"""

    def _generate(read, h, start, length):
        return solution._generate(
            lambda ids, question, state, cell: read(ids, question, question, cell * 0),
            h,
            start,
            length,
        )


@misconception(
    caught_by="decoder_generates",
    explanation="""
    The hidden state is carried from character to character, the cell is not: it begins at zero at
    each step. The first character is always right, and often the next ones too, since the hidden
    state alone says a good deal; the longer the answer, the more it drifts. The cell is the LSTM's
    long memory, and in training it was carried through all steps without interruption. Losing it
    makes a plain recurrent network of it while it writes. A loop written for a plain network has
    one state to keep and works; with an LSTM there are two. Check that both results of a step are
    the arguments of the next one.
    """,
    source="State of an LSTM reduced to h in hand-written generation loops; derived",
)
class loses_the_cell_between_characters:
    """generate carries on the hidden state but not the cell"""

    def _generate(read, h, start, length):
        return solution._generate(
            lambda ids, question, state, cell: read(ids, question, state, cell * 0),
            h,
            start,
            length,
        )


@misconception(
    caught_by="decoder_generates",
    explanation="""
    With one question the answer is right; with several, all of them get the same characters: the
    largest score was searched in the whole batch, and not in each row. A search for the largest
    entry without an axis looks at the array as one long list. With a batch of one that list is the
    row, and most people write their first answers with a batch of one. In a larger batch the
    position in the list can even lie beyond the vocabulary, unless it is taken modulo V. Every
    sequence has its own scores, so each needs its own best character: say along which axis you
    search, and expect one id for each sequence.
    """,
    source="argmax without an axis; written for a batch of one, derived",
)
class takes_the_best_of_the_whole_batch:
    """generate looks for one largest score among all sequences"""

    def _generate(read, h, start, length):
        xp = array_namespace(h)

        def best_for_all(ids, question, state, cell):
            scores, state, cell, cache = read(ids, question, state, cell)
            top = xp.argmax(xp.max(scores[:, 0, :], axis=0))
            chosen = xp.arange(scores.shape[2], device=device(scores)) == top
            return xp.zeros_like(scores) + xp.astype(chosen, scores.dtype), state, cell, cache

        return solution._generate(best_for_all, h, start, length)


@misconception(
    caught_by="decoder_generates",
    explanation="""
    When two characters have exactly the same largest score, you take the one with the larger id;
    the convention here is the smaller. It happens when the loop over the characters replaces its
    favourite at an equal score, or when the scores are sorted and the last of the order is taken.
    With scores of a trained network ties almost never occur, so no ordinary run shows it. They do
    occur with parameters that are zero, and then two implementations write different answers from
    the same network. Look at the comparison that decides whether a later character wins: an equal
    score should not be enough.
    """,
    source="np.argsort(...)[-1] and >= in hand-written searches; derived",
)
class gives_ties_to_the_largest_id:
    """generate takes the last of several equal largest scores"""

    def _generate(read, h, start, length):
        xp = array_namespace(h)

        def last_of_the_best(ids, question, state, cell):
            scores, state, cell, cache = read(ids, question, state, cell)
            best = scores == xp.max(scores, axis=2, keepdims=True)
            order = xp.arange(scores.shape[2], device=device(scores)) + 1
            return xp.astype(best, scores.dtype) * order, state, cell, cache

        return solution._generate(last_of_the_best, h, start, length)


@misconception(
    caught_by="decoder_generates",
    explanation="""
    What you write is right, and backward is wrong when it is called after something was written:
    it belongs to the last run inside generate, and no longer to the forward before. generate ran
    through the same function as forward and overwrote what the object remembers. In a loop that
    trains and only then looks at some answers nothing goes wrong; it does when answers are printed
    between a forward and its backward, or when a model is watched while it learns. Writing is
    looking, and looking should not change the state of training. See which attributes generate
    assigns, perhaps through a method that it calls.
    """,
    source="generate implemented with forward, which stores the cache; derived",
)
class overwrites_what_forward_remembered:
    """generate replaces the cache that backward needs"""

    class Decoder(solution.Decoder):
        def generate(self, h, start, length):
            written = super().generate(h, start, length)
            xp = array_namespace(written)
            first = xp.full((h.shape[0], 1), start, dtype=xp.int64, device=device(h))
            self.forward(xp.concat([first, written[:, :-1]], axis=1), h)
            return written


@misconception(
    caught_by="peeky_scores",
    explanation="""
    At the first step your scores are right, later they are not: the encoder's state is shown at the
    first step alone, and after that zeros stand in its place. That is hardly more than the plain
    decoder does, which also gets the state once, at the start. The idea of the peeky decoder is
    that nothing about the question has to be remembered, because it can be looked up whenever it is
    needed. With zeros in the other places the LSTM still has to carry everything through its own
    memory, and the extra weights are idle for most of the answer. The same h belongs beside every
    character and beside every state. Check it for the third step.
    """,
    source="Peeky only at step 0; the course's collected errors on sequence models",
)
class peeks_at_the_first_step_only:
    """PeekyDecoder shows the encoder's state at the first step and zeros afterwards"""

    class PeekyDecoder(solution.PeekyDecoder):
        def _read(self, ids, question, h, c):
            if h is not question:
                return super()._read(ids, question * 0, h, c)
            first, h, c, _ = super()._read(ids[:, :1], question, h, c)
            _, _, _, cache = super()._read(ids, question, question, question * 0)
            if ids.shape[1] == 1:
                return first, h, c, cache
            rest, h, c, _ = super()._read(ids[:, 1:], question * 0, h, c)
            return array_namespace(first).concat([first, rest], axis=1), h, c, cache


@misconception(
    caught_by="peeky_scores",
    explanation="""
    The LSTM sees the encoder's state at every step, and the affine layer does not: zeros stand in
    its place, or it was left out together with its weights, so the first H rows of w are without
    effect. The question then reaches the scores only through the
    LSTM. That already works better than the plain decoder, and since w has a shape that must be
    filled somehow, the mistake does not always end in an error. The second peek is a short cut: the
    layer that names the character can compare what the LSTM has in mind with the question itself.
    Look at what is joined to the states before the last product.
    """,
    source="Peeky input joined to the LSTM only; derived",
)
class peeks_in_the_lstm_only:
    """PeekyDecoder leaves the encoder's state out of the affine layer"""

    class PeekyDecoder(solution.PeekyDecoder):
        def _read(self, ids, question, h, c):
            hidden, whole = question.shape[1], self.params
            w = array_namespace(question).concat(
                [whole["w"][:hidden, :] * 0, whole["w"][hidden:, :]], axis=0
            )
            self.params = dict(whole, w=w)
            result = super()._read(ids, question, h, c)
            self.params = whole
            return result


@misconception(
    caught_by="peeky_scores",
    explanation="""
    The right arrays are joined in the wrong order: the encoder's state stands behind the character
    vectors and behind the LSTM's states, so each is multiplied by the rows of the weights that were
    meant for the other. For a network that is trained from the start the order is a matter of
    taste, because the weights learn whatever place they are given, and no shape objects either.
    It matters as soon as the weights come from elsewhere, from a file or from this judge, and in
    the backward, where the two parts have to be taken apart in the same order. The README says
    which comes first, in both places.
    """,
    source="Order of concatenation differs between published peeky decoders; derived",
)
class joins_the_question_behind:
    """PeekyDecoder joins the encoder's state after the vectors and after the states"""

    def _join(h, xs):
        xp = array_namespace(h)
        return xp.concat([xs, xp.stack([h] * xs.shape[1], axis=1)], axis=2)

    def _part(djoined, hidden):
        cut = djoined.shape[2] - hidden
        dh = array_namespace(djoined).sum(djoined[:, :, cut:], axis=1)
        return dh, djoined[:, :, :cut]


@misconception(
    caught_by="peeky_scores",
    explanation="""
    Scores under teacher forcing are right, and written answers go wrong from the second character
    on. While it writes, your decoder shows the LSTM's own present state in the place of the
    encoder's: one variable named h is used for both, and the loop assigns to it. At the first step
    the two are equal, which hides it there. From then on the network looks at something that it
    has never seen in that place, and the question is lost from sight just when it is needed. Keep
    two names: one for the state that changes with every character, and one for the question, which
    stays the same until the answer is complete.
    """,
    source="One variable for the encoder's state and the running state; derived",
)
class peeks_at_its_own_state_while_writing:
    """PeekyDecoder.generate shows the running state in place of the encoder's"""

    class PeekyDecoder(solution.PeekyDecoder):
        def generate(self, h, start, length):
            return solution._generate(
                lambda ids, question, state, cell: self._read(ids, state, state, cell),
                h,
                start,
                length,
            )


@misconception(
    caught_by="peeky_gradients",
    explanation="""
    The gradients of all parameters are right, and dh is too small or points elsewhere: it holds
    only what comes back through the LSTM's first state. In the forward the encoder's state entered
    at three places: as the first state, beside every character, and beside every state in front of
    the affine layer. Each use sends its share back, for every step, and they add up. The parts for
    the peeks come out of the two backward passes as the first H columns of what belongs to the
    joined arrays; cutting these off and throwing them away is the natural slip, as the plain
    decoder has no use for them. The encoder still learns, only from a small part of the evidence.
    """,
    source="Gradient of the repeated state dropped; derived from published peeky decoders",
)
class forgets_the_peeks_going_back:
    """PeekyDecoder.backward returns the gradient of the LSTM's first state as dh"""

    class PeekyDecoder(solution.PeekyDecoder):
        def backward(self, dscores):
            grads, _ = super().backward(dscores)
            _, lstm, affine = self.cache
            djoined, _, _ = solution._affine_backward(dscores, affine)
            _, dhs = solution._part(djoined, self.params["wh"].shape[0])
            _, dh, _, _, _ = solution._lstm_backward(dhs, lstm)
            return grads, dh


@misconception(
    caught_by="peeky_gradients",
    explanation="""
    With one step your dh is right; with more it misses something: of the two peeks only the
    share of the last step was kept. The encoder's state is copied to all the steps, and a value
    that is copied T times receives T gradients, which add up. An assignment inside a loop over the
    steps does it, keeping what came last, and so does taking one step out of the array because all
    its copies look alike. The copies are equal, their gradients are not, since each step does
    something else with them. The gradients of the parameters are right all the while. Undo the
    repetition by a sum over the axis along which you repeated.
    """,
    source="The backward of a repeat node is a sum; assignment in place of addition, derived",
)
class counts_one_step_of_the_peeks:
    """PeekyDecoder.backward keeps only the last step's share of the peeks"""

    def _part(djoined, hidden):
        return djoined[:, -1, :hidden], djoined[:, :, hidden:]
