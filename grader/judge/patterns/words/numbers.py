"""Explanations of factors, signs and constant offsets."""

NUMBERS: dict[str, str] = {
    "sign": """
    Every number has the right size and the wrong sign. This is consistent with a subtraction whose
    two sides are exchanged, such as target minus prediction for prediction minus target, with a
    minus sign that was lost or written twice, or with a negative log-likelihood without its minus.
    A loss built on squares does not notice the first of these, and that is why it looks right: the
    error shows only in the derivative, and a descent then climbs. Take one entry, work it out by
    hand from the formula in the statement, and follow its sign line by line through your code. If
    a forward and a backward both exist, check which of the two carries the extra sign.
    """,
    "sign_in_places": """
    All sizes are right, and some signs are not. This is consistent with an absolute value, a
    square root of a square, or a sign that was taken from another quantity than the one in the
    formula: of the incoming gradient, say, where that of the input is meant. It may also come from
    a difference that is taken in one order for some entries and in the other order for the rest,
    as happens when a loop treats pairs in both directions. The sizes hide the mistake from any
    check that looks at norms or at squares. Compare one entry with the right sign and one with the
    wrong sign, and look for what the two inputs do not have in common.
    """,
    "sum_for_mean": """
    Yours is larger by exactly the number of things that are counted by this size. This is
    consistent with a sum where the statement asks for a mean, or with a division by this number
    that is missing somewhere on the way, perhaps in the backward only while the forward has it. It
    looks right because the direction of a gradient and the place of a minimum do not change; only
    a learning rate would have to be smaller. With one example the two agree, so a test by hand on
    a single row shows nothing. Look for the place where the formula divides by this number, and
    check that loss and gradient both do so, each exactly once.
    """,
    "mean_for_sum": """
    Yours is smaller by exactly this number. This is consistent with a mean where the statement
    asks for a sum, or with dividing twice: once where the loss is averaged, and again further on,
    where the incoming gradient already carries that division. A parameter that is shared by all
    rows collects a sum of their contributions; whether that sum is divided is decided by the loss
    alone. It looks right because only the scale differs, and training merely becomes slower. With
    one example there is no difference at all. Look for every mean and every division along this
    axis, in the forward and the backward, and count how often the formula has one.
    """,
    "root": """
    Yours differs by the square root of a size. This is consistent with a scaling by that root
    which is missing, was done twice, or was done on the wrong side: attention scores are divided
    by the root of the size of one head, embeddings are in places multiplied by the root of the
    width, and a standard deviation is the root of a mean. In a backward the same constant has to
    appear once more, since the derivative of s·x is s. It looks right because nothing in the
    shapes tells, and with a size of 1 there is no difference. Look for the constant in the
    formula, ask which size it is made from, and follow it through forward and backward.
    """,
    "double": """
    Yours is twice the expected value in every case. This is consistent with a term that is added
    twice, with a factor ½ that the formula has and the code has not, or with the 2 that comes from
    differentiating a square in a place where the definition of the loss has already removed it. If
    all cases of this check have two rows or two words, it may also be that number, a sum where a
    mean is meant. It looks right because a constant factor changes no direction and no minimum.
    Read the definition in the statement once more with an eye on constants, and check whether
    forward and backward use the same one.
    """,
    "half": """
    Yours is half the expected value in every case. This is consistent with a factor 2 that got
    lost, most often the one that comes from differentiating a square, or with a factor ½ that
    belongs to another definition of the same quantity: many texts write half the squared error, so
    that its derivative has no constant. It may also be an average of two things, two rows or two
    words in all cases of this check, of which the formula asks for the sum. It looks right because
    direction and minimum stay the same. Compare the definition in the statement with the one you
    had in mind, constant by constant, and differentiate it on paper for a single entry.
    """,
    "constant": """
    Every entry is the expected one times the same number, in every case and whatever the sizes
    are. This is consistent with a constant of the formula that is missing, was used twice, or has
    another value: a factor that comes from differentiating, a probability that is fixed, a base of
    a logarithm or a unit. A number that is made from a size would change from case to case
    wherever that size does, so it can be one only if the size is the same in all cases of this
    check. Since only the scale differs, everything downstream seems to work. Write the formula
    down, collect all its constants into one, do the same for your code, and compare the two
    products.
    """,
    "log_base": """
    The factor is that between two bases of the logarithm. This is consistent with a logarithm to
    base 2 or 10 where the natural one is asked for, or the other way round: entropies are measured
    in bits with base 2 and in nats with base e, and perplexity must raise the very base that the
    logarithm was taken to. It looks right because all bases agree on which of two distributions is
    better, and because every library has several functions with similar names; in NumPy log is the
    natural one. Check each logarithm and each power, and check that they belong to the same base
    throughout.
    """,
    "keep_rate": """
    The factor is made from one minus an argument of the call, or from its inverse. This is
    consistent with a scaling by the share that is kept: with dropout one divides by 1 − p during
    training, so that the mean stays as it was, and leaves the values alone afterwards. Momentum,
    moving averages and label smoothing have such a weight too, and each of them has an equally
    common form without it. It looks right because zeros and other entries stand where they should.
    Check whether the argument means the share that is kept or the share that is dropped, and in
    which of the two modes, or on which of the terms, the scaling belongs.
    """,
    "argument": """
    The factor follows an argument of the call in every case. This is consistent with an argument
    that is left out of the computation, applied once too often, or applied to a part that it does
    not belong to: an incoming gradient that is not multiplied in, a learning rate inside and
    outside of a helper, a rate that scales a stored average although the formula lets it scale the
    step. If the argument happens to be 1, as in many small experiments, no difference can be seen,
    and this is why it looks right. Search for every use of this argument in your code and compare
    each with its place in the formula.
    """,
    "count": """
    The factor is that between dividing by a count and dividing by a number next to it. This is
    consistent with a variance that is divided by n − 1 where n is meant, or the reverse:
    statistics texts and some libraries use n − 1 by default to remove a bias, while normalisation
    layers divide by n. Other sources are a loop or range that runs one element short while the
    divisor does not, and a count that includes or leaves out an item. It looks right because the
    factor tends to 1 as the count grows. Check which convention the statement names, and what the
    function you call does when it is not told.
    """,
    "ratio": """
    The factor is a ratio of two sizes. This is consistent with a division by one size where the
    formula divides by the other: the number of rows for the number of columns, the whole width for
    the size of one head, queries for keys, or all positions for those that count. A mean over two
    axes has the product of both below the line, and forgetting one of them gives such a ratio as
    well. It looks right because with equal sizes, as in many examples, the ratio is 1 and the
    mistake cannot be seen. Look at every place that reads a size from a shape, and check which
    axis it reads.
    """,
    "scaled_per_case": """
    Within a case all entries are off by one and the same factor, and it is another one in the next
    case. It equals none of the simple expressions in sizes and arguments that were tried. This is
    consistent with a factor that is computed from the data: a norm, a sum of weights, a total
    count, a temperature, the scale of a clipped gradient, or an incoming gradient that is a single
    number. The direction is right, and so everything that follows from the direction alone. Look
    for a normalising number in the formula that is computed over the whole tensor, and check what
    it is computed from, whether it is applied once, and to what.
    """,
    "offset": """
    Every entry is off by the same amount. This is consistent with a constant that is added or left
    out: an epsilon inside or outside of a function, a one in an index or a position that is
    counted from the other end, a shift subtracted for stability that must be added back, or a
    constant term of a loss. Differences between entries are right, and so is every gradient that
    depends on differences alone, which is why such a value can go unnoticed for long. Ask which
    terms of the formula do not depend on the entry, compute them by hand for the smallest case,
    and see which of them makes up the amount.
    """,
    "first_step": """
    The path begins where it should, and the very first change is already off by a plain factor.
    Later steps start from other places than expected, so they say little; this first one says the
    most. It is consistent with an update that is scaled differently: a sum for a mean in the
    gradient, a lost constant, a sign, or a rate that is applied twice or not at all. Because the
    direction is right, or exactly opposite, a plot of the loss can still look as it should.
    Compute one update by hand from the starting point with the numbers of the smallest case, and
    compare gradient, rate and sign in turn.
    """,
}
