"""Explanations of right numbers in wrong places."""

ORDER: dict[str, str] = {
    "transposed": """
    All numbers are right, and axes are exchanged. This is consistent with a matrix that is
    transposed once too often or not at all, with the two factors of a product in the other order,
    or with reading a convention such as (inputs, outputs) the other way round. As soon as the
    sizes differ, the shapes object; with square matrices nothing does, and these are the cases in
    which you see it. For a gradient of a matrix, remember that it has the shape of the matrix, and
    that its entry (i, j) belongs to the weight from i to j. Compute one entry off the diagonal by
    hand, and see where it lands.
    """,
    "reversed": """
    The right numbers stand in an order that runs backwards or is rotated. This is consistent with
    a loop over time that goes from the end and appends its results without turning them round,
    with a reversal that was done twice or not undone, with an index that counts from the other
    side, or with a roll that carries the end around to the front. Backward passes through time are
    the usual place, since they really do run backwards. Every number is right, so sums and norms
    agree. Check for each list that is filled in a loop which end comes first, and whether results
    are written to a place by index or appended.
    """,
    "blocks": """
    The right numbers come in equal blocks, and the blocks are in another order. This is consistent
    with another convention for several matrices that are stored side by side: the gates of a
    recurrent cell, the queries, keys and values of one wide projection, or the heads of attention.
    Textbooks and libraries disagree on these orders, each is consistent in itself, and training
    from scratch works with any of them. It matters when weights come from elsewhere, as they do
    here. Read the order in the statement, and compare it with the places where you cut the wide
    matrix apart and where you put its parts together again.
    """,
    "interleaved": """
    The right numbers stand in blocks where they should alternate, or alternate where they should
    stand in blocks. This is consistent with a reshape that splits an axis with its two factors in
    the wrong order: (heads, size) and (size, heads) hold equally many numbers, as do the two ways
    of laying out gates, or sines and cosines. Slices with a step, such as every second column, do
    the same. No shape can object, and each layout works as long as both directions use it. Decide
    which of the two indices should run fastest along the axis, write that down for four or six
    numbers, and check your reshape against it.
    """,
    "reshaped": """
    All numbers are there, laid out as if a reshape had been used where axes must be exchanged.
    This is consistent with going from (batch, heads, time, size) to (batch, time, width), or back,
    by reshape alone. A reshape keeps the order in which entries lie in memory and only cuts it
    differently; it never moves an axis past another one. The resulting shape is the same in both
    cases, so nothing complains, but the entries of different positions get mixed. First bring the
    axes into the wanted order with transpose or permute, then join or split only axes that are
    neighbours, and try it on an array that holds 0, 1, 2 and so on.
    """,
    "other_places": """
    Your result holds the expected numbers, and not in the expected places. The computation itself
    is therefore consistent with being right, and the arrangement is not: a sort, a shuffle or an
    index that is applied to one thing and not to another that belongs to it; a result that is put
    back without undoing the order it was computed in; a reshape or a transpose too many. Sums,
    means and sorted lists of the two agree, and so does any check built on them. Give every input
    entry a number of its own, one that you can recognise, follow two of them through the
    computation, and see where their paths cross.
    """,
    "late": """
    Each place holds what belongs one place before it. This is consistent with storing a value
    before it is updated where the statement asks for the one after, with a list that starts with
    the initial state when only the later states are asked for, with inputs and targets shifted
    against each other by one, or with an index off by one in a loop over time. The numbers are all
    right, and for smooth data neighbours are similar, so a plot does not show it. Write down for
    the very first index what should stand there, the initial value or the first computed one, and
    compare it with what your loop puts there.
    """,
    "early": """
    Each place holds what belongs one place after it. This is consistent with updating first and
    storing afterwards where the statement asks for the value before the update, with leaving out
    an initial state that should come first, with targets that are shifted against their inputs the
    wrong way, or with a mask or range that lets each position see one step too far. All numbers
    are right, only their places are not, so plots and norms look as they should. Write down for
    the very first and the very last index what should stand there, and compare both with what your
    loop puts there.
    """,
}
