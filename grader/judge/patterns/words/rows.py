"""Explanations of rows that are off by a number, added up, or normalised along another axis."""

ROWS: dict[str, str] = {
    "reduced": """
    Yours has been added up or averaged along an axis, and every place along it now holds the same
    number. This is consistent with a reduction that is not part of the formula, or one over the
    wrong axis whose result was spread out again by broadcasting. Keeping reduced axes with a
    length of one invites this: the shapes go on fitting, and NumPy repeats the single number in
    silence. Where a gradient flows back through a sum, it is right to repeat it; where it flows
    back through a product or a function of single entries, it is not. Look for sum and mean on the
    way to this value, and for each one ask which axis should disappear.
    """,
    "accumulated": """
    Each place along the axis holds the total of all places up to it, where only its own part is
    expected. This is consistent with a buffer that is set to zero before a loop and not inside it,
    so that later turns add to what earlier ones left; with += where = is meant; or with gradients
    that are not cleared between steps. The place where the adding begins is always right, which
    makes a quick look deceptive, and with a single step there is no difference. Check each
    variable that the loop adds to: should it start anew in every turn, or carry on? Then look at
    what is stored in each turn, the total or the part.
    """,
    "normalised": """
    Your numbers add up to 1, and along another axis than expected. This is consistent with a
    softmax or a division by a sum with the wrong axis: axis 0 for axis −1, queries for keys,
    examples for classes, or heads for positions. All entries are positive, they look like
    probabilities, and they add up to 1 somewhere, so it looks right at a glance. Say in words what
    is to be shared out among what (each query distributes its attention over the keys, say), and
    let the axis that is summed be the latter. Then check maximum and sum alike, since a stable
    softmax uses the axis twice.
    """,
    "row_offset": """
    Along the axis named above, yours is off by the same amount everywhere. This is consistent with
    something per row that is added or left out: a bias, a row's mean or maximum that is subtracted
    or not put back, the logarithm of a row's sum, or an average over the wrong axis. Differences
    within such a row are right, and so is everything that depends on them alone, a softmax along
    this axis for example; that is why it can look right further on. Look for a quantity in the
    formula that does not depend on this axis, and check that it is there, once, and that it is
    computed along the axis the statement names.
    """,
    "row_scale": """
    Along the axis named above, the ratio between yours and the expected value stays the same; from
    one row to the next it differs. This is consistent with a number per row that is multiplied or
    divided by and is not the right one: a normalising sum that covers too much, too little or the
    wrong axis, weights that do not add up to one, a norm, a standard deviation, or a count per
    row. Proportions within a row are right, and so its largest entry is where it should be, which
    hides the mistake. Find the divisor that belongs to a row, and check along which axis, and over
    which entries, it is computed.
    """,
    "same_rows": """
    Your result does not depend on the place along this axis, while the expected one does. This is
    consistent with one row that is computed or drawn once and repeated, with a list that holds the
    same array many times, so that every later change in place shows in all of them, or with an
    index that is never used inside a loop. A sum or mean kept with a length of one and broadcast
    back has the same effect. Shapes and single rows look right. If you store arrays in a list
    while changing them in place, store copies; otherwise look for where the index along this axis
    enters the computation.
    """,
}
