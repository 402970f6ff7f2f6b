"""Explanations of values that are a function of what is asked, another result, or an input."""

VALUES: dict[str, str] = {
    "complement": """
    Yours is one minus what is asked, entry by entry. This is consistent with a meaning that is
    turned round: a mask that marks what is hidden where it should mark what is visible, a
    probability of the other class, a rate that is kept for a rate that is dropped, or a gate that
    lets through what it should hold back. Both conventions are in use, sometimes in the same
    library, and a program that uses its own one throughout works perfectly. That is why it looks
    right from inside. Read in the statement what True, or 1, stands for, then change the one place
    where the value is made rather than each place that uses it.
    """,
    "power": """
    Yours is a power of what is asked: its square, its root or its inverse. This is consistent with
    one step of the formula that is missing or done once too often: a variance in place of a
    standard deviation, a squared norm in place of a norm, a square taken twice, or a division
    written the wrong way up. All of these are small for the same inputs and large for the same
    inputs, and equal for an input of one, so a glance at the numbers shows nothing strange. Look
    for the root, square or division nearest to the end of the computation, and check by hand on
    one entry which of the two quantities the statement asks for.
    """,
    "logarithm": """
    Yours and the expected value are each other's logarithm or exponential, up to a sign. This is
    consistent with returning log-probabilities where probabilities are asked for or the reverse, a
    loss without its logarithm, or a perplexity without its exponential. The two carry the same
    information and put everything in the same order, so choices made from them agree, and that is
    why it looks right. A function that is stable usually works with logarithms inside; what
    matters is what it hands out at the end. Look at the last line of the function and at the name
    of what it should return, and check what the function that calls it expects.
    """,
    "absolute": """
    Yours is what is asked with its negative numbers changed to zero or to positive ones. This is
    consistent with an absolute value or a cut at zero, a ReLU for example, applied at a place
    where the sign should survive: after the last layer instead of between layers, on a gradient,
    on a score or on a difference. As long as the numbers are positive nothing differs, and with
    inputs that were chosen by hand they often are. Look for abs, maximum, clip, relu, and square
    roots of squares on the way to this value, and ask for each of them whether the formula has it
    at this point. Then try an input for which a negative result is expected.
    """,
    "zeros": """
    Nothing arrives here: the value is zero whatever the input is. This is consistent with a buffer
    that was made with zeros and is never written to, with a result that is computed into one
    variable while another is returned, with a loop that runs no times, or with a factor of zero
    such as a mask that excludes everything. Integer arithmetic can do the same, when a small
    number is stored in an array of integers. Zeros have the right shape and the right type, so
    nothing complains. Print the value directly after the line that should fill it, and then once
    more directly before it is returned.
    """,
    "same_number": """
    The value is the same number in every case, although the inputs differ. This is consistent with
    a result that does not depend on its input: a placeholder that was left in, an array made with
    ones or a fixed value and never filled, a condition that always takes the same branch, or a
    comparison that always comes out the same way. The form is right, so everything that only looks
    at shapes is content. Follow the value backwards from the return statement until you meet the
    first line that uses an argument of the function; if there is none, the computation is not
    connected to what is returned.
    """,
    "flat": """
    All entries of your result are alike, while the expected ones differ from each other. This is
    consistent with one number spread over the whole array: a sum or a mean over all axes where one
    axis is meant, an assignment to the whole array where a slice of it is meant, or a value that
    is computed once and repeated by broadcasting. NumPy fills an array from a single number
    without complaint, so the shape is right and nothing warns. Look for reductions without an axis
    argument and for assignments with a bare colon or without an index, and print the shape of what
    stands on their right-hand side.
    """,
    "exchanged": """
    The numbers are right and arrive under the wrong name: your result is what is expected for
    another one. This is consistent with return values in another order than the statement lists
    them, with two variables exchanged while unpacking or assigning, or with a value stored under
    the wrong key. When both have the same shape nothing can object, and each of them looks
    plausible on its own. Compare the order in the statement, in your return line, and in each
    place that unpacks the result or its cache. If only one of the two is wrong, see whether one
    was overwritten before it was returned.
    """,
    "input": """
    What comes back is one of the inputs, unchanged or times a number. This is consistent with a
    function that returns its argument because the result was computed into another name, with an
    operation that leaves its operand as it is and returns a new array that nobody keeps, or with a
    branch that skips the work. For a gradient it is consistent with handing the incoming gradient
    on without multiplying by the local derivative. The shape fits, so nothing complains. Look at
    which variable the return statement names, and whether every step assigns its result to
    something that is used afterwards.
    """,
    "part_of_input": """
    What comes back is one slice of an input, where a result over all slices is expected. This is
    consistent with an assignment inside a loop where an addition is meant, so that only the last
    turn survives; with a return statement inside the loop, so that only the first one counts; or
    with an index where a sum, a mean or a maximum belongs. With a single row the two agree, and
    the shape is always right, so a small experiment shows nothing. Look at the loop over this
    axis, or at the index 0 or −1 in your code, and check that every slice takes part in the
    result.
    """,
    "input_difference": """
    What separates yours from the expected value is exactly an input, perhaps times a number. This
    is consistent with one whole term that is missing or added once too often: a residual
    connection, the old value in an update, a penalty on the weights, or a bias. A minus sign in
    the statement above says that yours lacks the term, a plus that it has it too much. Everything
    else in the computation is right to the last digit, which makes this one of the easier repairs.
    Find this input in the formula, count how often it appears and with which factor, and do the
    same in your code.
    """,
    "input_rows": """
    What separates yours from the expected value is a vector from the input, the same one for every
    row. This is consistent with a bias or an offset that is left out, added twice, or added with
    the wrong sign. Broadcasting adds such a vector to all rows, and without it all shapes stay as
    they are, so nothing complains. Initial biases are usually zero, which hides the mistake in a
    first experiment; they become visible only after training. Look for the place where this vector
    belongs in the formula, and check that it is added exactly once, and along the axis whose
    length it has.
    """,
    "factor_missing": """
    Yours becomes right when it is multiplied by one of the inputs, entry by entry. This is
    consistent with a product in the formula that is not made: a local derivative without the
    incoming gradient that the chain rule multiplies in, a normalised value without its scale, or a
    value without its gate. If this input is all ones, as in many experiments, the two agree, and
    that is why it looks right. The rest of the computation is right to the last digit. Find this
    input among the arguments or in the cache, see where the formula has it, and check whether your
    code reads it at all.
    """,
    "factor_extra": """
    Yours is the expected value times one of the inputs, entry by entry. This is consistent with a
    product that is made once too often: an incoming gradient multiplied in twice on the way, a
    scale that the forward has applied already, a mask with values besides zero and one, or a local
    derivative that was taken with respect to the wrong variable, since the derivative of a product
    by one side is the other side. With ones the difference vanishes, which is why it can look
    right. Find every multiplication with this input in your code and compare it with the formula.
    """,
    "other_rows": """
    Each row was taken from the right table at a neighbouring place. This is consistent with
    counting from one where ids start at zero, with a one that is subtracted or added on the way,
    or with a special token at the front of the vocabulary that one side counts and the other does
    not. An index of −1 is legal in NumPy and PyTorch and means the last row, so not even the
    smallest id raises an error. All rows are real rows of the table, so shapes and sizes look
    perfect. Check which number the statement gives to the first item, and look for arithmetic on
    ids before they are used as an index.
    """,
}
