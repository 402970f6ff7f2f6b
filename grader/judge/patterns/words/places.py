"""Explanations of values that are wrong only in certain places or cases."""

PLACES: dict[str, str] = {
    "first": """
    Only the first place along the axis is wrong. This is consistent with a beginning that is
    treated differently than the statement says: an initial state that is ignored or used twice, a
    first element without a predecessor, a loop that starts at one, padding at the left border, or
    a special token in front. Everything after it is right to the last digit, so the general step
    is not the problem. Check what the formula says about the first place, which values stand in
    for those before it, and where your loop begins. Also look at whether the inputs themselves are
    special at this place.
    """,
    "last": """
    Only the last place along the axis is wrong. This is consistent with an end that is treated
    differently than the statement says: a range that stops one short, a last element without a
    successor, a final batch or block that is smaller than the others, padding at the right border,
    or a gradient that enters at the last step and is left out. Everything before it is right to
    the last digit, so the general step is not the problem. Check where your loop ends, what the
    formula says about the last place, and whether the inputs are special there, a mask that hides
    everything for instance.
    """,
    "borders": """
    Only the two ends of the axis are wrong, and everything between them is right. This is
    consistent with a border that is handled in another way: padding with zeros where values should
    be repeated or left out, a window that wraps around the end, a divisor that counts places
    outside of the array, or a difference that has a neighbour on one side only. The interior hides
    the mistake when arrays are long. Look up in the statement what counts as a neighbour at the
    ends, and compute the first and the last entry by hand for an array that is just long enough to
    have an inside.
    """,
    "after_first": """
    The beginning of the axis is right and the rest is wrong. Along time or steps this is
    consistent with a start that is right and a wrong way of going on: a state that is not carried
    over, or is carried over from the wrong place, or an update that is wrong. Along a batch it is
    consistent with one example that leaks into those after it, or with the first one's data being
    used for all. With causal attention the first position sees only itself, so that any weights
    give the right result there, and the mistake may lie in how weights are computed. Compare what
    enters the computation at the first wrong place with what should enter.
    """,
    "before_last": """
    The last place along the axis is right, and those before it are wrong. In a backward pass
    through time this is where the work begins, so it is consistent with a right first step and a
    gradient that is not passed on to earlier steps, or only in part: of hidden state and cell,
    say, one is carried and the other forgotten. Values that are stored while they are changed in
    place all end up as the last one, which looks the same. With causal masks the last position
    sees everything, so that a mistake in the mask cannot show there. Check what each step hands to
    the one before it.
    """,
    "block": """
    The tensor consists of equal blocks along this axis, and only some of them are wrong. This is
    consistent with a mistake in one part of something that is stored side by side: one gate of a
    recurrent cell, one of queries, keys and values, or one head. The blocks that are right show
    that the cutting and joining is sound, at least for them. Find out from the statement which
    part each wrong block belongs to, counting from one, and compare only that part's formula with
    your code: its activation and the slope that goes with it, the value it is multiplied with, and
    whether its contribution arrives at all.
    """,
    "diagonal": """
    What is wrong is arranged around the diagonal of the last two axes. This is consistent with a
    comparison between two positions that treats equality the other way: < for <=, or an offset k
    of the functions that cut triangles. Whether a position may see itself is decided there. It is
    also what one gets when a matrix with a full derivative, such as that of a softmax, is replaced
    by its diagonal, or when an identity is added or left out. Everything off the diagonal is
    right, which makes small examples deceptive. Write the matrix down for three positions, and
    compare it with the statement row by row.
    """,
    "off_diagonal": """
    Only the diagonal of the last two axes is right. This is consistent with a triangle on the
    wrong side: a mask that shows the future and hides the past, with each position seeing itself
    either way, or a matrix that is transposed where the two triangles differ. It is also
    consistent with the parts of a full matrix that are dropped, such as the derivative of one
    softmax entry by the score of another. A single position, or a first experiment with one token,
    has nothing but the diagonal, so all looks right there. Write the matrix down for three
    positions, say in words what row and column stand for, and compare it with the statement.
    """,
    "triangle": """
    What is wrong lies on one side of the diagonal of the last two axes. This is consistent with a
    mask for the future, or for the past, that is missing, applied to the wrong side, combined with
    another mask in a way that loses one of them, or applied to the wrong axes. Rows are usually
    the positions that look, columns those that are looked at; exchanging them turns one triangle
    into the other. Entries on the other side are right, so nothing is wrong with the numbers
    themselves. Write the matrix down for three positions, say in words who may see whom, and check
    both masks on their own.
    """,
    "zero_expected": """
    Every entry that is wrong should be exactly zero, and all others are right. This is consistent
    with something that is not masked out: gradients that flow into padding, positions that must
    not be attended to, units that were dropped or inactive, or rows of a table that did not occur.
    A mask in the forward needs its counterpart in the backward, and a value that is set to zero
    early can become different from zero again when something is added afterwards. The entries that
    count are right, so a loss may not notice. Look for the mask in the formula and apply it as the
    last step.
    """,
    "zero_returned": """
    Every entry that is wrong is zero in yours, and all others are right. This is consistent with
    entries that are never written to, or masked out although they count: an index that reaches
    only some of them, a loop that is too short, a condition that is too strict, or one term of a
    sum that lives at these places and is missing there. For the gradient of a softmax with
    cross-entropy, for instance, all classes get a part and not the right one alone. The entries
    that you have are right, which makes it look nearly done. Ask for one of the zero entries what
    the formula says it should be.
    """,
    "negative_expected": """
    All the wrong entries are those where a negative number is expected. This is consistent with a
    function that treats negative numbers in another way than the formula does: an absolute value,
    a cut at zero, a square root of a square, a slope on the negative side that is missing, or a
    rounding towards zero where rounding down is meant. Positive entries are right, and examples
    made by hand are often positive. Look for maximum, abs, clip and comparisons with zero on the
    way to this value, and for each of them ask what the formula says about the negative side. Then
    try one negative number by hand.
    """,
    "mask": """
    Whether an entry is right depends on a mask among the inputs. This is consistent with a mask
    that is not applied, is applied at the wrong moment, for example after a softmax instead of
    before it, or is read the other way round at some places. Where a whole row is masked out,
    nothing is left to normalise over, and the statement says what the result is then; filling in a
    large negative number shares the weight evenly there instead. Entries on the other side of the
    mask are right, so the computation itself is sound. Compare the two kinds of entry, and check
    what the formula says about those that are hidden.
    """,
    "negative_input": """
    Only the entries with a negative input are wrong. This is consistent with an activation or a
    slope that differs below zero: a ReLU that lets through a part or takes the absolute value, a
    leaky slope that is missing, or a backward that passes the gradient on where the unit was
    inactive. It may also be a numerically stable formula with two branches, one for each sign, of
    which one is wrong. Positive inputs are right, so half of all experiments look fine. Compute
    one entry with a negative input by hand, both its value and its slope, and compare it with the
    branch that your code takes.
    """,
    "positive_input": """
    Only the entries with a positive input are wrong. This is consistent with an activation or a
    slope that differs above zero, with a comparison that points the other way, or with a
    numerically stable formula with two branches, one for each sign, of which one is wrong: a
    sigmoid or a logarithm of one plus an exponential is often written that way. Negative inputs
    are right, so half of all experiments look fine. Compute one entry with a positive input by
    hand, both its value and its slope, and compare it with the branch that your code takes. If you
    use a boolean index, check that both sides of the assignment use the same one.
    """,
    "ties": """
    Only rows in which the largest number occurs more than once are wrong. This is consistent with
    a rule for ties that differs from the stated one: the first of several equal entries, the last
    one, all of them, or a share for each. Comparing with the maximum marks every largest entry,
    while argmax returns only the first, and a sort may put equal elements in any order unless it
    is a stable one. Without ties these agree, and random numbers hardly ever tie, which is why it
    looks right. Read what the statement says about ties, and check it on a row with two equal
    numbers.
    """,
    "repeated": """
    Only places whose id occurs more than once are wrong. This is consistent with contributions
    that overwrite each other: an assignment or an addition with an array of indices, such as
    g[ids] += d, keeps just one of several equal ids, since NumPy reads all old values first and
    writes afterwards. A set, a dict or a mask in place of a count loses repetitions in the same
    way. Ids that occur once are right, and short examples have no others, so it looks right. Use
    np.add.at, index_add_, a bincount or a product with a one-hot matrix, and check one id that
    occurs twice by hand.
    """,
    "unseen": """
    Only the rows that no id asks for are wrong. This is consistent with an update or a gradient
    that touches rows which take no part: decay or momentum applied to a whole table where only the
    rows in use should move, a smoothing that gives something to everybody, an empty row that is
    divided by its count of zero, or a buffer that was not cleared. Rows in use are right, and they
    are the ones that one looks at. Read what the statement says about rows that do not occur:
    usually they keep their value, and their gradient is zero. Then follow one such row through
    your code.
    """,
    "seen": """
    Only the rows that the ids ask for are wrong, and all other rows, which hold more than zeros,
    are right. This is consistent with a table that is handled well in itself and a wrong
    contribution from the places that use it: a wrong gradient or update for the selected rows, one
    that is added twice, or one that is paired with other ids than those it belongs to. Since most
    rows of a large table are not in use, the whole looks nearly right. Take one id that occurs
    exactly once, compute what its row should become by hand, and compare the contribution with
    yours.
    """,
    "padding": """
    Only the padded places are wrong, and everything else is right. This is consistent with padding
    that is not treated as the statement says: a gradient or a loss that is not set to zero there,
    a state that goes on changing after the end of a sequence, a mask that covers the keys and not
    the queries or the reverse, or an average that counts places which are not there. Padding
    hardly ever shows in a result that one reads, so it looks right. Read what should stand at
    padded places, often zero or the last real value, and apply the mask where they are produced.
    """,
    "real": """
    Only the real places are wrong, and the padded ones are right. This is consistent with a wrong
    number that concerns all real places, such as an average over a count that includes padding, or
    with a mask that is turned round at one point, so that it removes what it should keep. That the
    padded places are right says that padding is recognised and filled as the statement asks. Look
    at the divisor of every mean over positions, and at the places where the mask is inverted,
    compared or multiplied, and compute one real entry of a short sequence by hand.
    """,
    "special_cases": """
    All ordinary cases are right, so the main formula is consistent with being right too. What
    fails are cases made on purpose, and the name of each says what it was made for: one row or one
    step, equal numbers, an empty selection, extreme values, or everything hidden. A case may have
    other features than the one it is named after, so take its name as a first guess. Usual causes
    are a division by a count of zero, an exponential of a large number, a squeeze that removes an
    axis of length one, or a shortcut that holds for ordinary data only. Run this case alone, and
    look at each intermediate value.
    """,
    "condition": """
    Whether a case is right depends on one argument: with this value it is wrong, and with the
    others it is right. This is consistent with a branch of the code that belongs to this value and
    contains a mistake, with an argument that is ignored so that the function always behaves as for
    another value, or with a default that takes effect when the argument should. The general
    computation is right, as the other cases show. Look for every line in your function that
    mentions this argument, and compare what it does for this value with the statement. If no line
    mentions it, that is what to add.
    """,
}
