"""Explanations of results with a wrong shape."""

SHAPES: dict[str, str] = {
    "axes_order": """
    The sizes are right, and the axes come in another order. This is consistent with a transpose
    that is missing or was done once too often, with a product whose factors are exchanged, or with
    a layout from elsewhere: time first instead of batch first, or channels last instead of first.
    Both layouts are common, and code that uses one throughout works. Only the order that the
    statement gives can be judged, since the numbers cannot be compared before the shapes agree.
    Write the meaning of each axis beside each line of your function, and see where the order first
    differs from the one you need.
    """,
    "axis_of_one": """
    Your result has an axis of length one that is not asked for. This is consistent with keepdims
    in a sum, a mean or a maximum whose result is returned as it is, with an index written as a
    list or as a slice, or with a vector treated as a matrix of one row or one column. Such an axis
    is handy within a computation, because broadcasting then does what you want, and it prints
    almost like the array without it. It is not compared by broadcasting here, since that hides
    real mistakes. Drop the axis at the end, with the keepdims removed or with an index at its
    place.
    """,
    "axis_kept": """
    Your result has one axis more than is asked for, and all the rest fits. This is consistent with
    a sum, a mean or another reduction that is not done: a value per example where one for the
    whole batch is wanted, or the gradient of a shared parameter kept apart for each example. A
    parameter that takes part in every row collects the contributions of all rows, so its gradient
    has the shape of the parameter itself. The single contributions may all be right. Look at what
    the statement says about this axis, and whether it is to be summed or averaged, and do so as
    the last step.
    """,
    "axis_missing": """
    Your result lacks one of the expected axes. This is consistent with a sum, a mean or a maximum
    over an axis that should stay, with a reduction that is not given an axis and so covers all of
    them, with an index that picks one element and removes its axis, or with a squeeze that takes
    more than was meant when a size happens to be one. An empty list turned into an array has a
    single axis of length zero as well, whatever its rows would have been. Write down the shape
    after each line for the smallest case in the report, and find the line on which the axis
    disappears.
    """,
    "flattened": """
    Your result has as many entries as expected, arranged in other axes. This is consistent with a
    reshape or ravel that is not undone, with axes that are joined, such as batch and time for one
    large product, and never taken apart again, or with a final reshape to the wrong shape. Joining
    axes is a good way of using one matrix product for everything, and then the last step is to go
    back to the shape of the input with the new size at its end. Take care when you split: the
    order of axes must be the one in which they were joined, since a reshape moves no entry past
    another.
    """,
    "axis_length": """
    One axis is a little too long or too short, by the same amount in all cases. This is consistent
    with an index or a range that is off by one: a loop that ends before the last element or runs
    past it, a list that holds the starting point or does not, a window that includes its own
    centre, or padding that is counted or not. Ranges in Python leave their end out, so len(x) − n
    + 1 windows of length n fit into x, and this is easily miscounted. Work out on paper which
    index comes first and which last for an input of three or four elements, and compare both with
    your loop.
    """,
    "other_length": """
    One axis has a length that belongs to something else in the input. This is consistent with
    reading a size from the wrong axis or the wrong argument: queries for keys, inputs for outputs,
    or the length of the whole text for the number of places that qualify. An array that is made in
    advance with the wrong size and then partly filled looks the same. When two sizes happen to be
    equal, as in many small examples, nothing differs, which is why it can look right. Look at the
    line that first makes an array with this axis, and ask what its elements stand for and how many
    of them there are.
    """,
}
