"""Wrong implementations that students really write, each with the check that must catch it."""

import numpy as np
from array_api_compat import array_namespace, device

from grader.spec import misconception, solution


def _wave(x, angles):
    """angles (T, D), one for each column → sines in the even columns, cosines in the odd ones."""
    xp = array_namespace(x)
    odd = xp.arange(x.shape[2], device=device(x)) % 2 == 1
    return xp.astype(xp.where(odd, xp.cos(angles), xp.sin(angles)), x.dtype)


def _grid(x):
    """Positions as a column and feature numbers as a row, in float64."""
    xp = array_namespace(x)
    place = device(x)
    positions = xp.arange(x.shape[1], dtype=xp.float64, device=place)
    columns = xp.arange(x.shape[2], dtype=xp.float64, device=place)
    return positions[:, None], columns[None, :]


def _turn(x, angles, pairing):
    """Turn the pairs of x (B, H, T, K) by angles (T, K / 2)."""
    xp = array_namespace(x)
    cos, sin = xp.cos(angles), xp.sin(angles)
    half = x.shape[-1] // 2
    if pairing == "neighbours":
        a, b = x[..., 0::2], x[..., 1::2]
        return xp.reshape(xp.stack([a * cos - b * sin, a * sin + b * cos], axis=-1), x.shape)
    a, b = x[..., :half], x[..., half:]
    return xp.concat([a * cos - b * sin, a * sin + b * cos], axis=-1)


def _pair_numbers(x):
    xp = array_namespace(x)
    return xp.arange(x.shape[-1] // 2, dtype=xp.float64, device=device(x))


@misconception(
    caught_by="sinusoidal_values",
    explanation="""
    The sine columns are right, and the cosine columns turn too slowly: a cosine in column 2i + 1
    was given the exponent (2i + 1)/D of its own column, where it should share the exponent of the
    sine beside it. The paper's formula invites this, because it writes the two lines with the
    indices 2i and 2i + 1, and it is easy to let the second index slip into the exponent as well.
    The plot of the codes still shows the familiar stripes, and models train with it. But a sine
    and a cosine of different frequencies are no pair, so moving on by k positions is no longer a
    turn of anything. Only the number of the pair belongs in the exponent.
    """,
    source="SamLynnEvans/Transformer#25; the same in several blog implementations",
)
class gives_each_cosine_a_frequency_of_its_own:
    """sinusoidal uses the column's own number in the exponent of the cosines"""

    def sinusoidal(x, base=10000.0):
        positions, columns = _grid(x)
        return _wave(x, positions * base ** (-columns / x.shape[2]))


@misconception(
    caught_by="sinusoidal_values",
    explanation="""
    The first two columns are right and all others turn too slowly: the exponents go up twice as
    fast as they should, reaching nearly 2 where the README's end below 1. This is what happens
    when a loop or a range already steps through the even numbers 0, 2, 4 and the formula's factor
    2 is applied once more. The letter i then stands for a column in one place and for a pair in
    the other. With base 10000 and many columns the slow half of the code hardly changes at all
    over a sentence, so models still train, only with fewer useful columns. For D = 4 the exponents
    should be 0 and 1/2; print yours.
    """,
    source="Kyubyong/transformer#38; attention-is-all-you-need-pytorch#32; DeepCTR#379",
)
class doubles_numbers_that_are_even_already:
    """sinusoidal has exponents 0, 4/D, 8/D, … where 0, 2/D, 4/D, … are asked for"""

    def sinusoidal(x, base=10000.0):
        positions, columns = _grid(x)
        return _wave(x, positions * base ** (-2 * (columns - columns % 2) / x.shape[2]))


@misconception(
    caught_by="sinusoidal_values",
    explanation="""
    The first pair is right; in all others the angle is far too large. Your positions are
    multiplied by a power of the base, where they should be divided by it, so the exponent has lost
    its minus sign (or a division became a product). Each pair should turn more slowly than the one
    before it; yours turn faster and faster. The results still lie between -1 and 1 and look like
    codes, since sine and cosine accept any angle. But from one position to the next they jump
    about without order, so neighbouring positions are not similar any more. Look at the last
    column of row 1: in a wide code it should be a cosine close to 1.
    """,
    source="labmlai/annotated_deep_learning_paper_implementations#313",
)
class loses_the_minus_of_the_exponent:
    """sinusoidal multiplies positions by base^(2i/D) and so gets faster and faster"""

    def sinusoidal(x, base=10000.0):
        positions, columns = _grid(x)
        return _wave(x, positions * base ** ((columns - columns % 2) / x.shape[2]))


@misconception(
    caught_by="sinusoidal_values",
    explanation="""
    All numbers are right, and they stand in the wrong columns: first come all the sines, then all
    the cosines. The conventions ask for them in turn, a sine in every even column and its cosine
    right behind it. Your order is a real one, used by tensor2tensor, and since the features of a
    trained model have no natural order, it would learn as well with it. But codes are exchanged
    between programs together with weights, and there the columns have to mean the same thing on
    both sides. For D = 2 both orders agree, and row 0 shows the difference for D = 4: it should
    read 0, 1, 0, 1. Look at how the two halves are joined.
    """,
    source="The layout of tensor2tensor's get_timing_signal_1d; a frequent difference in reviews",
)
class puts_all_sines_before_all_cosines:
    """sinusoidal concatenates sines and cosines instead of alternating them"""

    def sinusoidal(x, base=10000.0):
        xp, codes = array_namespace(x), solution.sinusoidal(x, base)
        return xp.concat([codes[:, 0::2], codes[:, 1::2]], axis=1)


@misconception(
    caught_by="sinusoidal_values",
    explanation="""
    For even widths everything is right. When D is odd the last column is all zeros, because the
    code counts D // 2 whole pairs and fills nothing but those. A width of 5 has two pairs and one
    sine left over, and that sine belongs into the last column. Real models have even widths, so
    this is rarely tried, and an array of zeros that is then filled gives no sign that something
    is missing. (The usual code with two slices has the opposite trouble: it computes a cosine too
    many and stops with a shape error.) Count how many sines and how many cosines there are for
    D = 5 and D = 1, and round up where you now round down.
    """,
    source="Odd widths in aptamer and time series models: pyaptamer#607; derived",
)
class leaves_the_odd_column_empty:
    """sinusoidal leaves the last column zero when the width is odd"""

    def sinusoidal(x, base=10000.0):
        xp, codes = array_namespace(x), solution.sinusoidal(x, base)
        whole = 2 * (x.shape[2] // 2)
        return xp.concat([codes[:, :whole], xp.zeros_like(codes[:, whole:])], axis=1)


@misconception(
    caught_by="sinusoidal_values",
    explanation="""
    Your row 0 is what row 1 should be, your row 1 is what row 2 should be, and so on: positions
    were counted from 1. Papers and textbooks often number the words of a sentence from 1, and
    within one program nothing suffers, because every code is turned by the same extra step and
    distances between positions stay as they were. Here positions count from 0, as in the original
    Transformer, and the first row must be 0, 1, 0, 1, and so on: the sines of 0 and the cosines of
    0. Weights trained with one numbering do worse with the other. Look at the range that makes
    your positions, at its first number.
    """,
    source="Off-by-one in position ids; libraries with a padding index start at 1 or 2; derived",
)
class counts_positions_from_one:
    """sinusoidal gives the first token the code of position 1"""

    def sinusoidal(x, base=10000.0):
        positions, columns = _grid(x)
        exponents = -(columns - columns % 2) / x.shape[2]
        return _wave(x, (positions + 1) * base**exponents)


@misconception(
    caught_by="sinusoidal_values",
    explanation="""
    With the default base everything is right. With another base the result is the same as before:
    the argument is accepted and not used, or 10000 still stands in the middle of a formula, maybe
    as its logarithm 9.2103. One writes the formula first as the paper has it, adds the argument
    later, and every test that leaves the default alone goes on passing. The base decides how slow
    the slowest pair is. Models for long texts use bases of 500,000 and more, and with a base that
    is silently ignored, far positions become hard to tell apart. Search your code for numbers that
    could be 10000 in disguise.
    """,
    source="A constant inside a formula that has an argument for it; seen in reviews; derived",
)
class always_uses_a_base_of_10000:
    """sinusoidal ignores its argument base"""

    def sinusoidal(x, base=10000.0):
        return solution.sinusoidal(x)


@misconception(
    caught_by="sinusoidal_values",
    explanation="""
    The first column pair is right and the others are somewhat too slow. Your last pair has the
    frequency 1/base exactly, so the exponents run from 0 to 1 with both ends included: they were
    divided by the number of pairs minus one. That is a version in use; tensor2tensor, the code
    published with the first Transformer, does it this way, although the paper's formula does not.
    Nothing about the curves looks wrong, and for wide codes the two hardly differ. The README's
    exponents are 2i/D, so that the last one stays below 1: for D = 4 they are 0 and 1/2, for D = 6
    they are 0, 1/3 and 2/3.
    """,
    source="tensor2tensor's log_timescale_increment divides by num_timescales - 1",
)
class reaches_the_base_with_the_last_pair:
    """sinusoidal spreads the exponents from 0 to 1 inclusive"""

    def sinusoidal(x, base=10000.0):
        positions, columns = _grid(x)
        last = max((x.shape[2] + 1) // 2 - 1, 1)
        return _wave(x, positions * base ** (-(columns - columns % 2) / 2 / last))


@misconception(
    caught_by="sinusoidal_turns",
    explanation="""
    Near the start of the sequence your codes agree to about seven digits, and far along they drift
    away: the angles were computed in float32. Such a number has 24 binary digits in all. When an
    angle is around 1,000 most of them are spent on the whole turns, which sine and cosine throw
    away, and only a few are left for the place on the circle. Short sequences hide it, and a
    float32 result is quite all right, which is why it goes unnoticed in many models. The
    conventions ask for angles in float64 and let only the finished sines and cosines be rounded.
    Look at the type in which positions and frequencies meet.
    """,
    source="Long-context drift of float32 angles; the size of the error was measured",
)
class multiplies_in_single_precision:
    """sinusoidal computes its angles in float32"""

    def sinusoidal(x, base=10000.0):
        xp = array_namespace(x)
        positions, columns = _grid(x)
        frequency = xp.astype(base ** (-(columns - columns % 2) / x.shape[2]), xp.float32)
        return _wave(x, xp.astype(xp.astype(positions, xp.float32) * frequency, xp.float64))


@misconception(
    caught_by="learned_values",
    explanation="""
    Token 0 was given row 1 of the table, token 1 row 2, and so on, so row 0 is never used. Some
    libraries do have such an offset: where the table reserves its first rows for padding, real
    positions start behind them, and code or habits copied from there bring the offset along. The
    shapes are fine as long as the table has rows to spare, and training adjusts the rows that are
    used, whichever these are. It shows with a table that is just long enough, where the last token
    has no row left, and with weights that somebody else trained. Here position p takes row p, and
    positions count from 0.
    """,
    source="The offset of 2 in OPT's and BART's learned positions; fairseq's padding_idx + 1",
)
class starts_at_row_one:
    """learned_forward adds row p + 1 of the table to position p"""

    def learned_forward(x, table):
        xp = array_namespace(x)
        moved = xp.concat([table[1:], table[:1]], axis=0)
        return solution.learned_forward(x, moved)


@misconception(
    caught_by="learned_gradients",
    explanation="""
    Your dtable is the right gradient divided by the number of sequences in the batch: a mean was
    taken where a sum is needed. Averaging over a batch feels natural, because losses are means.
    But if the loss is a mean, its division is in dout already, and dividing once more counts it
    twice. The chain rule has no mean of its own: row p is used once by every sequence, and a change
    of that row changes all these outputs, so their contributions add up. With a batch of one the
    two are the same, and training with the smaller gradient only looks like a smaller learning
    rate for this one parameter.
    """,
    source="The commonest factor in hand-written bias gradients; derived",
)
class averages_over_the_batch:
    """learned_backward takes the mean over the batch for dtable"""

    def learned_backward(dout, cache):
        dx, dtable = solution.learned_backward(dout, cache)
        return dx, dtable / dout.shape[0]


@misconception(
    caught_by="learned_gradients",
    explanation="""
    Your dtable holds the gradient that comes from the last sequence of the batch; the others are
    missing. Every sequence uses the same rows, so each of these rows collects one contribution per
    sequence, and all of them must be added. A loop that writes dtable[p] = dout[b, p] replaces
    what the sequence before has left there, and so does an assignment with an array of row
    numbers in which numbers repeat: the last one written wins, without a warning. With a batch of
    one this is right, and otherwise shape, zeros and size look as they should. Look for an
    assignment where a sum is meant.
    """,
    source="= for += with repeated indices; the embedding gradient's classic mistake; derived",
)
class keeps_only_the_last_sequence:
    """learned_backward overwrites dtable with the gradient of each sequence in turn"""

    def learned_backward(dout, cache):
        dx, _ = solution.learned_backward(dout, cache)
        return dx, solution.learned_backward(dout[-1:], cache)[1]


@misconception(
    caught_by="learned_gradients",
    explanation="""
    The numbers of dtable are right, but they stand in its last rows; the first rows, which the
    sequence used, have zeros. The forward read rows 0 to T - 1, so it is these that get a gradient,
    and the rows behind them, which nobody has looked at, get none. It is an easy slip when the
    missing rows are added by padding or joining, since putting the zeros first or last gives the
    same shape, and with a table of exactly T rows there is nothing to add at all. An optimizer
    would then change rows that had no part in the output. Compare which rows the forward takes
    with which rows the backward fills.
    """,
    source="Padding on the wrong side when a gradient is widened to its parameter; derived",
)
class fills_the_last_rows:
    """learned_backward puts the zeros of the unused rows before the others"""

    def learned_backward(dout, cache):
        xp = array_namespace(dout)
        dx, dtable = solution.learned_backward(dout, cache)
        used = dout.shape[1]
        return dx, xp.concat([dtable[used:], dtable[:used]], axis=0)


@misconception(
    caught_by="rope_values",
    explanation="""
    Your two pairings are exchanged: "neighbours" pairs feature i with i + K/2, and "halves" pairs
    2i with 2i + 1. Each of the two is a proper rotation, keeps lengths and makes scores depend on
    distances, so no property of RoPE can tell. With K = 2 there is but one pair, and they agree.
    The two layouts are also the reason why weights of a published model sometimes give nonsense in
    another program although every formula is right. Test with K = 4 and a token (1, 0, 0, 0): with
    neighbours only the first two features may change, with halves the first and the third.
    """,
    source="labmlai#265; both layouts are legitimate, and mixing them up is a common loading bug",
)
class exchanges_the_pairings:
    """rope pairs halves where neighbours are asked for, and the other way round"""

    def rope(x, positions, pairing, base=10000.0):
        other = "halves" if pairing == "neighbours" else "neighbours"
        return solution.rope(x, positions, other, base)


@misconception(
    caught_by="rope_values",
    explanation="""
    With one of the two pairings you are right, with the other you are not: the result is the same
    for both, always paired in halves. Most code that one finds for RoPE cuts the features into two
    halves, and the name rotate_half has spread with it, so the argument gets forgotten. The result
    is a good rotation all the same: lengths are kept, scores depend on distances only, and a model
    that is trained with it works. Only somebody who brings weights made with the other layout
    notices. The argument has to decide which features are taken out as a and b, and where the
    turned ones are put back.
    """,
    source="Implementations copied from rotate_half; labmlai#265",
)
class pairs_halves_always:
    """rope ignores its argument pairing"""

    def rope(x, positions, pairing, base=10000.0):
        return solution.rope(x, positions, "halves", base)


@misconception(
    caught_by="rope_values",
    explanation="""
    Your pairs turn by the right angle in the wrong direction. The minus sign of the rotation stands
    with the other sine: you have a cos + b sin and b cos - a sin. No property can tell: lengths are
    kept, position 0 is left alone, and since queries and keys both turn the other way, scores still
    depend on the distance only. A model that is trained so works as well. But stored keys and
    published weights belong to one direction, and with the other one a distance counts as its
    negative. Take the token (1, 0) at position 1: the turned second feature should be sin 1, which
    is positive, and yours is negative.
    """,
    source="The sign in the rotation matrix, the commonest slip beside the pairing; derived",
)
class turns_the_other_way:
    """rope turns by minus the angle"""

    def rope(x, positions, pairing, base=10000.0):
        return solution.rope(x, -positions, pairing, base)


@misconception(
    caught_by="rope_values",
    explanation="""
    Your tokens are turned as if they stood at 0, 1, 2 and so on, whatever the argument positions
    says. During training that is usually where they stand, so everything works until the model
    writes text token by token. Then each call holds one new token, which your code puts at
    position 0 every time. Its query is compared with stored keys that were turned properly, every
    distance is wrong, and the text decays after a few words. Look at the counter-example: the
    positions there neither start at 0 nor run in order. The angles must be made of the numbers
    handed over, not of the length of x.
    """,
    source="Position 0 for every decoded token: Blaizzy/mlx-vlm#1983",
)
class counts_its_own_positions:
    """rope ignores positions and uses 0, 1, 2, …"""

    def rope(x, positions, pairing, base=10000.0):
        xp = array_namespace(x)
        counted = xp.arange(x.shape[2], dtype=positions.dtype, device=device(positions))
        return solution.rope(x, counted, pairing, base)


@misconception(
    caught_by="rope_values",
    explanation="""
    The first pair is right; the others turn too fast. Your exponents are i/K, where i numbers the
    pairs, and they should be 2i/K: they run from 0 to nearly one half, so the slowest pair turns by
    about 1/√base per position, where about 1/base is meant. The factor 2 gets lost when the
    formula's 2i, which means the even features, is read as "the i-th pair" at the same time.
    Nothing else is affected: lengths, distances and the start are as they should be, and a model
    would learn with these frequencies too. For K = 4 and the base 10000, the second pair should
    turn by 1/100 per position; yours turns by 1/10.
    """,
    source="The factor 2 of the exponent dropped; mirror image of Kyubyong#38; derived",
)
class halves_the_exponents:
    """rope has exponents i/K where 2i/K are asked for"""

    def rope(x, positions, pairing, base=10000.0):
        frequency = base ** (-_pair_numbers(x) / x.shape[-1])
        return _turn(x, positions[:, None] * frequency, pairing)


@misconception(
    caught_by="rope_values",
    explanation="""
    With one head you are right. With several, the later pairs turn too fast, because the exponents
    were divided by H · K, the width of the model, and not by K, the size of one head. All heads
    turn alike, each with frequencies from 1 down to nearly 1/base; with the larger divisor the
    exponents stop early and the slow pairs are missing. It comes from taking the formula with D
    over from the sinusoids, where the codes are as wide as the model. Shapes and properties are
    not disturbed, so only numbers show it. Which axis of x holds the features of one head?
    """,
    source="Width of the model for the size of a head; reported in RoPE ports; derived",
)
class divides_by_the_width_of_the_model:
    """rope has exponents 2i/(H · K) where 2i/K are asked for"""

    def rope(x, positions, pairing, base=10000.0):
        frequency = base ** (-2 * _pair_numbers(x) / (x.shape[1] * x.shape[-1]))
        return _turn(x, positions[:, None] * frequency, pairing)


@misconception(
    caught_by="rope_distance",
    explanation="""
    What comes out is x itself. Lengths are kept, position 0 stays as it is, and moving all tokens
    on changes no score: three things that RoPE promises and that doing nothing fulfils as well.
    But the last one is missing here. The same query and the same key must get different scores at
    different distances, or else attention cannot tell the order of the tokens, and the sentence is
    a bag of words. A result that is never assigned can cause this, or an angle that is rounded to
    zero because positions or frequencies were made whole numbers. Turn the token (1, 0) at
    position 1 and see whether anything happens.
    """,
    source="RoPE as identity passes the tests of TorchCode (measured)",
)
class returns_x_as_it_is:
    """rope does nothing"""

    def rope(x, positions, pairing, base=10000.0):
        return x + 0.0


@misconception(
    caught_by="rope_distance",
    explanation="""
    Two layouts are mixed here: each feature meets the partner that the pairing says, but cosines
    and sines are laid out for the other one. So the two features of a pair are turned by different
    angles, and that is no rotation; a pair of length 1 may come out longer or shorter, and scores
    depend on where tokens stand and not on their distance alone. It happens when the tables of
    cosines come from one program (first all pairs, then all pairs again) and the exchange of
    partners from another. K = 2 hides it, and so does position 0. Both features of a pair need
    the same angle.
    """,
    source="Cosine tables for one layout used with the partners of the other; derived",
)
class mixes_the_two_layouts:
    """rope takes partners by one pairing and angles by the other"""

    def rope(x, positions, pairing, base=10000.0):
        xp = array_namespace(x)
        frequency = base ** (-2 * _pair_numbers(x) / x.shape[-1])
        angles, half = positions[:, None] * frequency, x.shape[-1] // 2
        if pairing == "neighbours":
            a, b = x[..., 0::2], x[..., 1::2]
            partner = xp.reshape(xp.stack([-b, a], axis=-1), x.shape)
            full = xp.concat([angles, angles], axis=-1)
        else:
            partner = xp.concat([-x[..., half:], x[..., :half]], axis=-1)
            full = xp.reshape(xp.stack([angles, angles], axis=-1), (angles.shape[0], -1))
        return x * xp.cos(full) + partner * xp.sin(full)


@misconception(
    caught_by="rope_far_along",
    explanation="""
    Near the start you are right, and at positions in the thousands you are not: the positions were
    turned into numbers of half precision before they met the frequencies. Such a number can hold
    whole numbers up to 2,048 (bfloat16 only up to 256); above that, neighbours are rounded to the
    same value, so two tokens seem to stand at one place. It happens by itself when a model runs in
    half precision and positions are made "in the type of x". Short texts work, and long ones get
    worse without an error. Keep positions as the whole numbers they are, compute angles in
    float64, and round only the finished cosine and sine.
    """,
    source="Positions 8190 and 8191 both became 8192: keras-hub#1494; also transformers#29285",
)
class keeps_positions_in_half_precision:
    """rope rounds the positions to float16"""

    def rope(x, positions, pairing, base=10000.0):
        xp = array_namespace(x)
        rounded = xp.astype(xp.astype(positions, np.float16), positions.dtype)
        return solution.rope(x, rounded, pairing, base)


@misconception(
    caught_by="rope_gradients",
    explanation="""
    Your backward turns the gradient in the same direction as the forward turned x. The gradient
    of a linear map runs through its transpose, and the transpose of a turn is the turn back. The
    mistake keeps the length of the gradient, it is right at position 0, and at small angles or in
    the slow pairs the difference is small, so training goes on and only learns less well than it
    could. A simple test: apply your backward to the output of your forward; a turn there and a
    turn back must give x again, while yours has turned twice. Compare the places of the minus
    signs in the README's two lines.
    """,
    source="Missing transpose of a linear map; Goodfellow et al. (2016), section 6.5; derived",
)
class turns_the_gradient_forward:
    """rope_backward turns in the same direction as rope"""

    def rope_backward(dout, positions, pairing, base=10000.0):
        return solution.rope(dout, positions, pairing, base)


@misconception(
    caught_by="rope_gradients",
    explanation="""
    Your gradient is the incoming gradient times the cosine: the sine terms are missing. Each
    feature of a pair takes part in both turned numbers, so each collects two contributions, one
    through its own result and one through its partner's. Dropping the second looks plausible,
    because x times cos plus partner times sin seems to hold x just once, with the factor cos; but
    the partner is made of x as well. At position 0 and for the slow pairs the sine is nearly 0 and
    the mistake nearly invisible. The length of the gradient tells: a turn keeps it, and yours
    gets shorter.
    """,
    source="Treating the rotated half as a constant when differentiating by hand; derived",
)
class drops_the_way_through_the_partner:
    """rope_backward multiplies by the cosine only"""

    def rope_backward(dout, positions, pairing, base=10000.0):
        forth = solution.rope(dout, positions, pairing, base)
        return (forth + solution.rope(dout, -positions, pairing, base)) / 2


@misconception(
    caught_by="rope_gradients",
    explanation="""
    The backward is right as long as the base is 10000, and wrong for any other: base was not
    handed on, so that its default value came back. Arguments with defaults are convenient, and
    this is their price: a call that leaves one out is not an error, it only means something else.
    Forward and backward then turn by different angles, except in the first pair, whose frequency
    is 1 for every base. Models for long texts use larger bases, and their attention layers would
    get slightly wrong gradients, which no shape and no test with the default shows. Look at each
    call inside rope_backward.
    """,
    source="A default argument dropped on the way; seen in reviews; derived",
)
class forgets_the_base_going_back:
    """rope_backward always uses a base of 10000"""

    def rope_backward(dout, positions, pairing, base=10000.0):
        return solution.rope_backward(dout, positions, pairing)
