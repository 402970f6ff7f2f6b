"""Wrong implementations with names; each is a mistake that people make."""

import numpy as np
from array_api_compat import array_namespace, device

from grader.spec import misconception, solution


def _array(ids, like):
    xp = array_namespace(like)
    return xp.asarray(ids, dtype=xp.int64, device=device(like))


def _ranks(logits):
    xp = array_namespace(logits)
    return xp.argsort(xp.argsort(-logits, axis=1), axis=1)


def _renormalised(kept, p):
    xp = array_namespace(p)
    left = xp.where(kept, p, xp.zeros_like(p))
    return left / xp.sum(left, axis=1, keepdims=True)


def _falling_sums(p):
    xp = array_namespace(p)
    return xp.cumulative_sum(xp.sort(p, axis=1, descending=True), axis=1)


def _first(hypothesis):
    score, path = hypothesis
    return -score, path


def _log_p(table):
    xp = array_namespace(table)
    shifted = table - xp.max(table, axis=1, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=1, keepdims=True))


def _grown(beam, log_p):
    """Every hypothesis of the beam with every token behind it."""
    return [
        (score + float(log_p[path[-1], token]), [*path, token])
        for score, path in beam
        for token in range(log_p.shape[1])
    ]


def _searched(log_p, start, end, width, max_length):
    """What the README's search has finished, and what is left in its beam."""
    beam, finished = [(0.0, [start])], []
    for _ in range(max_length):
        kept = sorted(_grown(beam, log_p), key=_first)[:width]
        finished += [one for one in kept if one[1][-1] == end]
        beam = [one for one in kept if one[1][-1] != end]
    return finished, beam


def _answer(scored, table):
    """The best of the scored hypotheses, without its start."""
    score, path = min(scored, key=_first)
    return _array(path[1:], table), score


@misconception(
    caught_by="greedy_values",
    explanation="""
    The first token is right and the rest repeats it: every step reads the row of `start`. The
    choice of a token is made again and again from the same scores, because the generated token is
    appended to the list and then forgotten. With a table whose rows resemble each other, or with a
    text that ends after one token, nothing is noticed, and the result has the right type and the
    right length. In a language model every choice becomes part of the input of the next one; that
    is the whole idea of generating a text. Look at the variable that selects the row: it must
    change in each round of the loop.
    """,
    source="Common in hand-written generation loops: the new token is not fed back; derived",
)
class reads_the_same_row_at_every_step:
    """greedy takes every token from the row of start"""

    def greedy(table, start, end, max_length):
        xp = array_namespace(table)
        token = int(xp.argmax(table[start]))
        return _array([token] if token == end else [token] * max_length, table)


@misconception(
    caught_by="greedy_values",
    explanation="""
    The text does not stop where it ends: after the end token more tokens follow, until the limit is
    reached. The tokens up to the end are right, so a look at the beginning finds nothing, and on
    texts that never reach the end token the result is right throughout. A model still has a row of
    scores for the end token, so the loop runs on without an error, but what it produces there means
    nothing: in training, nothing ever follows the end. Look for the place where the loop is left.
    It belongs behind the line that appends the token, because the end token itself is part of
    the result.
    """,
    source="ParlAI#2058: generation continues after the end token",
)
class runs_on_after_the_end_token:
    """greedy always generates max_length tokens"""

    def greedy(table, start, end, max_length):
        return solution.greedy(table, start, -1, max_length)


@misconception(
    caught_by="greedy_values",
    explanation="""
    When start and end are the same id, nothing is generated: the result is empty. The loop
    asks whether the current token is the end token before it has generated anything. With
    different ids for the two this order of events makes no difference, and most small tests use
    different ids. Many real models do not: GPT-2 has one special token that separates texts, and it
    stands both before the first word and after the last. The end counts only when it was generated.
    So the question belongs behind the choice of a token; the token that was given at the start must
    not be asked about.
    """,
    source="Derived: a loop `while token != end` with one id for both, as in GPT-2",
)
class asks_for_the_end_before_the_first_token:
    """greedy returns no ids at all when start is end"""

    def greedy(table, start, end, max_length):
        if start == end:
            return _array([], table)
        return solution.greedy(table, start, end, max_length)


@misconception(
    caught_by="temperature_values",
    explanation="""
    Your distributions are flat where they should be sharp and sharp where they should be flat: the
    scores are multiplied by the temperature. At t = 1 both are the same, and in both cases the
    rows add up to 1 and the order of the tokens is kept, so a test with the usual t = 1 passes. The
    word comes from physics, where heat means disorder: a high temperature brings the
    probabilities closer together, a low one freezes the choice at the best token. Some programs
    have a parameter β = 1/t, the inverse temperature, that multiplies. Look at the only line in
    which t occurs, and test it with a temperature near zero.
    """,
    source="Confusion with the inverse temperature; derived",
)
class multiplies_by_the_temperature:
    """temperature computes softmax(logits * t)"""

    def temperature(logits, t):
        return solution.temperature(logits, 1 / t)


@misconception(
    caught_by="temperature_values",
    explanation="""
    Your rows add up to 1, but they are much too even, and even at t = 1 they are not the softmax of
    the scores. The softmax was taken first, and its probabilities were divided by t and sent
    through another softmax. Probabilities lie between 0 and 1, so their differences are small,
    and the second softmax makes of them a distribution in which every token has a good chance. A
    text drawn from it is nonsense, yet the function raises no error and passes every test that
    looks at the sum or at the order of the tokens. The temperature acts on the scores. Look for two
    exponentials in a row where one is enough.
    """,
    source="Temperature applied after the softmax, in several generation scripts; derived",
)
class puts_probabilities_through_a_second_softmax:
    """temperature computes softmax(softmax(logits) / t)"""

    def temperature(logits, t):
        return solution.temperature(solution.temperature(logits, 1.0), t)


@misconception(
    caught_by="temperature_is_stable",
    explanation="""
    Ordinary scores come out right; scores of 1000, or scores that a small temperature has made
    large, give nan. The exponential of more than 709 is infinite in float64, and infinity divided
    by infinity is nan; for very negative scores all exponentials are 0, and the division is 0 by 0.
    The temperature makes this common: at t = 0.001 a score of 1 becomes 1000. Tests with scores
    between -5 and 5 and temperatures around 1 never come near the limit. The softmax does not
    change when one number is subtracted from all scores of a row, so choose it such that the
    largest exponent of every row is 0.
    """,
    source="Measured: exp overflows above 709.8 in float64, above 88.7 in float32",
)
class does_not_shift_before_the_exponential:
    """temperature takes exp(logits / t) as it is"""

    def temperature(logits, t):
        xp = array_namespace(logits)
        with np.errstate(over="ignore", invalid="ignore"):
            e = xp.exp(logits / t)
            return e / xp.sum(e, axis=1, keepdims=True)


@misconception(
    caught_by="top_k_values",
    explanation="""
    One token too many is kept: k + 1 of them have a probability above 0. The kept ones have the
    right proportions and add up to 1, so the distribution looks sensible, and with k = 40 among
    thousands of tokens nobody counts. The usual cause is a threshold taken from position k of the
    sorted scores. Positions are counted from 0, so the k best stand at positions 0 to k - 1, and
    position k holds the first one that should go. Set k to 1: the result must have a single 1 in
    each row. Then look at the index with which you cut the sorted row, or at a comparison that lets
    equality pass.
    """,
    source="mesh-transformer-jax#164: k off by one",
)
class keeps_one_token_more_than_k:
    """top_k keeps the k + 1 most likely tokens"""

    def top_k(logits, k):
        return solution.top_k(logits, k + 1)


@misconception(
    caught_by="top_k_values",
    explanation="""
    All is well until scores are equal; then more than k tokens are kept. Your code finds the k-th
    best score and drops what is below it, so every token that shares this score stays. With random
    float scores no two are ever equal, which is why this form is so common and so rarely noticed.
    Equal scores do occur, in low precision above all, and in a fresh model whose scores are all the
    same, top-k then keeps the whole vocabulary. The conventions ask for exactly min(k, V) tokens,
    the smaller id first among equals. A threshold cannot say which of two equal scores to take;
    positions in the sorted order can.
    """,
    source="The threshold form `logits < k-th best` of many generation scripts; derived",
)
class keeps_all_that_equal_the_kth_score:
    """top_k keeps every token whose score is at least the k-th best"""

    def top_k(logits, k):
        xp = array_namespace(logits)
        size = min(k, logits.shape[1])
        border = xp.sort(logits, axis=1, descending=True)[:, size - 1 : size]
        return _renormalised(logits >= border, solution.temperature(logits, 1.0))


@misconception(
    caught_by="top_k_values",
    explanation="""
    The right tokens are kept, but their probabilities are those of the full softmax, and the rows
    add up to less than 1. What the dropped tokens had is lost. A sampler that compares a random
    number with running sums then finds no token at all for large random numbers, and usually takes
    the last or the first one instead, with far too high a probability. A test for the zeros
    passes, and so does one for the order or for the ratios, since a constant factor changes none of
    these. Add up one of your rows. The sum by which you have to divide is the one that is taken
    after the zeros were put in, not before.
    """,
    source="Filtering after the softmax without a second division; derived",
)
class leaves_the_rest_unnormalised:
    """top_k zeroes the dropped tokens and does not divide by the new sum"""

    def top_k(logits, k):
        xp = array_namespace(logits)
        p = solution.temperature(logits, 1.0)
        return xp.where(_ranks(logits) < k, p, xp.zeros_like(p))


@misconception(
    caught_by="top_p_values",
    explanation="""
    One token too few is kept in most rows: those whose running sum does not exceed p. The token
    that crosses the threshold is missing, so the set holds less than p, though the definition asks
    for the smallest set that holds at least p. The rows add up to 1 and only likely tokens are
    kept, so samples from it look fine, just a little tamer than they should be. With p = 0.9 and
    probabilities 0.5, 0.3, 0.15 and 0.05 you keep two tokens with 0.8; three are needed. Compare
    your count with the running sums below p: the set has one token more than there are such
    sums.
    """,
    source="fish-speech#1171, reasoning-from-scratch#164, esm#360: keeps running sums up to p",
)
class drops_the_token_that_crosses_p:
    """top_p keeps the tokens whose running sum is at most p, and the first one at least"""

    def top_p(logits, p):
        xp = array_namespace(logits)
        probabilities = solution.temperature(logits, 1.0)
        inside = xp.astype(_falling_sums(probabilities) <= p, xp.int64)
        size = xp.sum(inside, axis=1, keepdims=True)
        size = xp.where(size < 1, xp.ones_like(size), size)
        return _renormalised(_ranks(logits) < size, probabilities)


@misconception(
    caught_by="top_p_values",
    explanation="""
    The number of kept tokens is right, and they are the wrong ones: your marks stand in the wrong
    columns. They were made for the sorted row, where the likely tokens come first, and then
    used on the row in its original order. So the first columns survive in place of the likely ones.
    If the scores of your test happen to fall from left to right, sorted and original order are the
    same and all is right, which is how this passes. Changing the order of the columns of the input
    must change the order of the output in the same way and nothing else. Look at the step that
    brings the marks back: column j of the sorted row belongs to the token that the sort put there.
    """,
    source="PaLM-rlhf-pytorch#60: the mask of the sorted scores is used on the unsorted ones",
)
class leaves_the_marks_in_sorted_order:
    """top_p keeps the first columns, as many as there should be tokens"""

    def top_p(logits, p):
        xp = array_namespace(logits)
        probabilities = solution.temperature(logits, 1.0)
        short = xp.astype(_falling_sums(probabilities) < p, xp.int64)
        size = 1 + xp.sum(short, axis=1, keepdims=True)
        column = xp.arange(logits.shape[1], device=device(logits))
        return _renormalised(column[None, :] < size, probabilities)


@misconception(
    caught_by="top_p_at_the_edges",
    explanation="""
    With p = 1 a single token is kept in a row, where all of them should be. Your code looks for the
    first running sum that is larger than p and keeps everything up to there. No sum is larger than
    1; the search finds nothing, and a search that finds nothing with argmax answers 0, which is a
    valid position, namely that of the most likely token. For smaller p the answer is right unless a
    sum equals p exactly. So a setting that means "leave the model alone" turns sampling into
    greedy decoding, and the texts become dull rather than broken. Count the sums that are below p:
    counting has no case in which nothing is found.
    """,
    source="ChatRWKV#170: top_p = 1 gives the most likely token only",
)
class keeps_the_best_token_only_for_p_of_one:
    """top_p cuts at the first running sum above p, and at position 0 if there is none"""

    def top_p(logits, p):
        xp = array_namespace(logits)
        probabilities = solution.temperature(logits, 1.0)
        above = xp.astype(_falling_sums(probabilities) > p, xp.int64)
        size = 1 + xp.argmax(above, axis=1, keepdims=True)
        return _renormalised(_ranks(logits) < size, probabilities)


@misconception(
    caught_by="top_p_values",
    explanation="""
    Your result is the softmax of the scores, with no token dropped: p has no influence. This
    happens when the filtered probabilities are computed and the unfiltered ones returned, or when
    the filter is applied to a copy. Nothing looks wrong from outside. Each row adds up to 1, all
    are finite, and likely tokens remain likely; tests that look only at these properties accept it,
    and several published test suites do. A sampler then draws from the long tail of unlikely tokens
    that top-p was to remove. Count the zeros of a row at a small p such as 0.3, and follow your
    filtered array to the return statement.
    """,
    source="Measured: an existing auto-grader accepts a top-p that ignores p",
)
class returns_the_unfiltered_probabilities:
    """top_p returns softmax(logits) whatever p is"""

    def top_p(logits, p):
        return solution.temperature(logits, 1.0)


@misconception(
    caught_by="sample_values",
    explanation="""
    Where a random number equals a running sum exactly, you return the earlier of the two tokens.
    The comparison includes equality, or a binary search was asked for the left side. For random
    numbers with 53 binary digits such a coincidence is rare, so the frequencies over a million
    draws are right. But the number 0 is among those that a generator can return, and a row may
    begin with a token of probability 0, as it does after top-k and top-p. Then this token, which
    was removed on purpose, is drawn. A piece of the line includes its left end and not its right
    one: the token is the first one whose running sum lies strictly above the number.
    """,
    source="Inverse-transform sampling with `>=` or searchsorted on the left side; derived",
)
class lets_a_sum_equal_to_u_win:
    """sample takes the smallest v whose running sum is at least u"""

    def sample(probabilities, start, end, u):
        xp = array_namespace(probabilities)
        ids, token = [], start
        for number in u:
            sums = xp.cumulative_sum(probabilities[token], axis=0)
            token = int(xp.argmax(xp.astype(sums >= number, xp.int64)))
            ids.append(token)
            if token == end:
                break
        return _array(ids, probabilities)


@misconception(
    caught_by="sample_values",
    explanation="""
    The first token is right, the later ones are not: every token is drawn with the first number of
    u. With one number for a whole text, the draws are no longer independent. A small number picks
    tokens with small ids at every step, a large one those with large ids, and a text gets
    stuck in a corner of the vocabulary; over many texts the first token still has the right
    frequencies, so a test of one-token texts passes. The same mistake appears with a generator that
    is seeded again inside the loop: each step then draws the same number. Token number i belongs
    to the number at position i of u.
    """,
    source="A generator seeded again at every step; derived",
)
class draws_all_tokens_with_one_number:
    """sample uses u[0] for every token"""

    def sample(probabilities, start, end, u):
        xp = array_namespace(u)
        return solution.sample(probabilities, start, end, xp.zeros_like(u) + u[0])


@misconception(
    caught_by="sample_values",
    explanation="""
    Your result is the greedy text: in every row the token with the highest probability is taken,
    and u has no influence. On tables with one dominant token in each row the two agree most of the
    time, and the text that comes out is a sensible one, even the most sensible, so reading it
    raises no suspicion. But the point of sampling is that a token with probability 0.3 comes up in
    three texts out of ten. Call your function with other random numbers: the ids must change. The
    highest probability has no special part in drawing; a large piece of the line is simply
    hit more often than a small one.
    """,
    source="Sampling replaced by argmax, as when do_sample is left off; derived",
)
class takes_the_most_likely_token_whatever_u_is:
    """sample returns the greedy text"""

    def sample(probabilities, start, end, u):
        return solution.greedy(probabilities, start, end, u.shape[0])


@misconception(
    caught_by="beam_search_values",
    explanation="""
    Your score changes when a number is added to all scores of a row, which must not make any
    difference: the raw scores of the table were added up in place of logarithms of probabilities.
    Within one row they have the same order, so greedy does not care. A beam does: it compares
    candidates that come from different rows, and the general level of a row, which says nothing
    about its probabilities, now decides who survives. Long texts through rows with large scores
    win. On a table whose rows are already logarithms of probabilities the answer is right, and
    hand-made examples often are such tables. Turn every row into log-probabilities before the
    search begins.
    """,
    source="Beam search on logits that were never normalised; derived",
)
class adds_up_the_raw_scores:
    """beam_search adds logits in place of log-probabilities"""

    def beam_search(table, start, end, width, max_length, alpha):
        finished, beam = _searched(table, start, end, width, max_length)
        scored = [(score / (len(path) - 1) ** alpha, path) for score, path in finished + beam]
        return _answer(scored, table)


@misconception(
    caught_by="beam_search_values",
    explanation="""
    Your score is the log-probability of the last token alone: a step's own logarithm takes the
    place of the sum so far. The beam then keeps whatever ended on a likely token, however unlikely
    the way there, and in the end a text wins because of its last word. In the first round there is
    nothing to add up, so texts of one token are right, and with width 1 the ids are right as well,
    because a single hypothesis has no rivals. The log-probability of a text is the sum over all its
    tokens. Look at what is stored with a new candidate: it needs the number of the hypothesis that
    was extended, plus the new logarithm.
    """,
    source="a-PyTorch-Tutorial-to-Image-Captioning#137: the scores of earlier steps are not added",
)
class keeps_the_score_of_the_last_step_only:
    """beam_search ranks hypotheses by the log-probability of their last token"""

    def beam_search(table, start, end, width, max_length, alpha):
        log_p = _log_p(table)
        beam, finished = [(0.0, [start])], []
        for _ in range(max_length):
            grown = _grown([(0.0, path) for _, path in beam], log_p)
            kept = sorted(grown, key=_first)[:width]
            finished += [one for one in kept if one[1][-1] == end]
            beam = [one for one in kept if one[1][-1] != end]
        scored = [(score / (len(path) - 1) ** alpha, path) for score, path in finished + beam]
        return _answer(scored, table)


@misconception(
    caught_by="beam_search_values",
    explanation="""
    Your beam keeps the best `width` extensions of each hypothesis, and so it grows: two hypotheses
    after the first round, four after the second, eight after the third. With width 1, and with a
    width that never cuts anything, the result is right, and a larger beam than intended finds texts
    that are as good or better, so your results look excellent. They are paid for with
    time and memory that double in every round; on a real model the search does not end. The
    promise of a beam is a fixed cost per round. All candidates of a round, whichever hypothesis
    they come from, belong in one list, and that one list is cut.
    """,
    source="A cut inside the loop over hypotheses; derived",
)
class cuts_the_candidates_of_each_hypothesis:
    """beam_search keeps width extensions of every hypothesis rather than width in all"""

    def beam_search(table, start, end, width, max_length, alpha):
        log_p = _log_p(table)
        beam, finished = [(0.0, [start])], []
        for _ in range(max_length):
            kept = []
            for one in beam:
                kept += sorted(_grown([one], log_p), key=_first)[:width]
            finished += [one for one in kept if one[1][-1] == end]
            beam = [one for one in kept if one[1][-1] != end]
        scored = [(score / (len(path) - 1) ** alpha, path) for score, path in finished + beam]
        return _answer(scored, table)


@misconception(
    caught_by="beam_search_with_length",
    explanation="""
    Your search ends when the first hypothesis reaches the end token, and returns it. The first to
    end is the shortest, not the best: texts that are still in the beam may have a higher score once
    they end, and with length normalisation this is the rule rather than the exception. When
    the end token is unlikely at first, the first hypothesis to end is often the right one, so many
    examples come out as expected, and translations are merely a bit short. A finished hypothesis
    waits on its list, and the search goes on with the others until the last round. Look for a
    return inside the loop.
    """,
    source="joeynmt#149: the search stops at the first end token",
)
class stops_at_the_first_end_token:
    """beam_search returns the best hypothesis of the round in which one ends first"""

    def beam_search(table, start, end, width, max_length, alpha):
        log_p = _log_p(table)
        for length in range(1, max_length + 1):
            finished, beam = _searched(log_p, start, end, width, length)
            if finished:
                return _answer([(s / length**alpha, path) for s, path in finished], table)
        return _answer([(s / max_length**alpha, path) for s, path in beam], table)


@misconception(
    caught_by="beam_search_with_length",
    explanation="""
    Your score does not depend on alpha: hypotheses of different lengths are compared by their plain
    log-probability. Every token adds a negative number, so the shortest text has an advantage that
    has nothing to do with its quality. With alpha = 0 the result is right, and where all hypotheses
    have the same length the ids are right too, only the score differs. Systems without the
    division produce shorter texts the wider the beam is, since a wide beam always contains some
    very short text. Look at the final comparison: each log-probability has to be divided by the
    power of its own length before the best is chosen, and the returned score is the divided one.
    """,
    source="Wu et al. (2016), section 7: a beam without length normalisation prefers short texts",
)
class compares_texts_of_different_length_as_they_are:
    """beam_search does not divide by L**alpha"""

    def beam_search(table, start, end, width, max_length, alpha):
        return solution.beam_search(table, start, end, width, max_length, 0.0)


@misconception(
    caught_by="beam_search_with_length",
    explanation="""
    Your length is one too large: the start token was counted. With alpha = 0 the length has no
    influence, and with other values the ids are right most of the time, since all lengths grow by
    the same one. The score tells, and close races are decided differently, because adding 1 matters
    more to a short text than to a long one. Such a slip comes easily: a hypothesis is often
    stored with its start token in front, so that the first row can be found without a special
    case, and then the length of the list is taken. The start was given and not generated. A text of
    one token has length 1, and its score is the log-probability itself for every alpha.
    """,
    source="sockeye#483: length off by one in the normalisation",
)
class counts_the_start_token_as_length:
    """beam_search divides by (L + 1)**alpha"""

    def beam_search(table, start, end, width, max_length, alpha):
        finished, beam = _searched(_log_p(table), start, end, width, max_length)
        return _answer([(s / len(path) ** alpha, path) for s, path in finished + beam], table)


@misconception(
    caught_by="beam_search_with_length",
    explanation="""
    Only the hypotheses that ended with the end token were divided by the power of their length;
    those that were cut off at max_length are compared by their plain log-probability. So a text
    that did not end competes with numbers of another kind: its sum over many tokens stands against
    the means of others, and it loses although it may be the best by far. Where all texts end before
    the limit, nothing shows, and with alpha = 0 neither. Usually the division happens at the moment
    when a hypothesis is moved to the finished list, and what is left in the beam after the
    last round never passes that line. Divide once, in the final comparison, for both kinds alike.
    """,
    source="sockeye#545: only finished hypotheses are normalised",
)
class divides_finished_texts_only:
    """beam_search leaves the scores of texts without an end as they are"""

    def beam_search(table, start, end, width, max_length, alpha):
        finished, beam = _searched(_log_p(table), start, end, width, max_length)
        scored = [(score / (len(path) - 1) ** alpha, path) for score, path in finished]
        return _answer(scored + beam, table)


@misconception(
    caught_by="beam_search_with_length",
    explanation="""
    A text that has not ended by max_length never wins in your search as long as any other has
    ended, even if its score is higher. Where every good text ends before the limit, nothing shows,
    and where none ends, you seem to fall back on the beam, so both of the obvious tests pass. It
    is the mixed case that differs. Preferring ended texts is a sensible wish, but the
    conventions here do not grant it: a short and unlikely text would beat any number of better
    ones, merely because it stopped. After the last round the finished list and whatever is still in
    the beam are put together, and the highest score wins.
    """,
    source="Only finished hypotheses are returned if there are any; derived",
)
class considers_ended_texts_only:
    """beam_search looks at the beam's texts only if none has ended"""

    def beam_search(table, start, end, width, max_length, alpha):
        finished, beam = _searched(_log_p(table), start, end, width, max_length)
        scored = [(s / (len(path) - 1) ** alpha, path) for s, path in finished or beam]
        return _answer(scored, table)


@misconception(
    caught_by="beam_search_with_length",
    explanation="""
    In your search, candidates that end do not take a place: all of them move to the finished list,
    and `width` others go on. Some libraries do this, to have a full beam in every round, so it may
    be what you know. The procedure here is another one. A candidate must be among the best `width`
    of its round, whether it ends or not; one that ends with a low log-probability is dropped like
    any other, and one that ends with a high one leaves fewer to go on. Your search looks at more
    hypotheses, so its score is never lower for small examples, and with width 1 it no
    longer equals greedy. Cut first, and sort out the ended ones afterwards.
    """,
    source="The convention of libraries that keep 2 * width candidates; a different procedure",
)
class gives_no_place_to_ended_candidates:
    """beam_search finishes every candidate with end and keeps width others"""

    def beam_search(table, start, end, width, max_length, alpha):
        log_p = _log_p(table)
        beam, finished = [(0.0, [start])], []
        for _ in range(max_length):
            grown = sorted(_grown(beam, log_p), key=_first)
            finished += [one for one in grown if one[1][-1] == end]
            beam = [one for one in grown if one[1][-1] != end][:width]
        scored = [(s / (len(path) - 1) ** alpha, path) for s, path in finished + beam]
        return _answer(scored, table)


@misconception(
    caught_by="beam_search_widths",
    explanation="""
    Whatever the width, your search returns what greedy returns. Only one hypothesis survives each
    round, or each hypothesis is extended by its single best token, so that all members of
    the beam go the same way. Many texts are the same for greedy and for a beam, and the score
    belongs to the ids that you return, so examples agree more often than not. But the text with the
    highest probability may begin with a token that is not the most likely one, and finding
    such texts is the only reason to search. In the worked example, "cats." is found with width 3
    and missed with width 1. Check how often `width` is used, and that every hypothesis is extended
    by all V tokens.
    """,
    source="Beam search that reduces to greedy; derived",
)
class follows_one_hypothesis_whatever_the_width:
    """beam_search keeps a single hypothesis in each round"""

    def beam_search(table, start, end, width, max_length, alpha):
        return solution.beam_search(table, start, end, 1, max_length, alpha)


@misconception(
    caught_by="beam_search_values",
    explanation="""
    Your score is positive: probabilities were added where they should be multiplied, that is, where
    their logarithms should be added. A sum of probabilities grows with each token and can exceed 1,
    so it is no probability of anything. It prefers long texts with one or two very likely
    tokens and hardly punishes an impossible step between them, while a product is ruined by a
    single factor near zero. In the first round there is nothing to combine and both have the same
    order, and with width 1 the ids agree all the way, which hides it. The probability of a text is
    the product of the probabilities of its tokens; the logarithm turns the product into a sum.
    """,
    source="Probabilities summed in place of their logarithms; derived",
)
class adds_up_probabilities:
    """beam_search adds the probabilities of the tokens"""

    def beam_search(table, start, end, width, max_length, alpha):
        p = array_namespace(table).exp(_log_p(table))
        finished, beam = _searched(p, start, end, width, max_length)
        scored = [(score / (len(path) - 1) ** alpha, path) for score, path in finished + beam]
        return _answer(scored, table)
