"""Wrong implementations that students really write, each with the check that must catch it."""

import numpy as np
from array_api_compat import array_namespace, device

from grader.spec import misconception, solution


def _arrays(grads):
    return list(grads.values()) if isinstance(grads, dict) else list(grads)


def _like(grads, arrays):
    """The arrays in a dict or a list, as the gradients are."""
    return dict(zip(grads, arrays, strict=True)) if isinstance(grads, dict) else arrays


def _scaled(grads, factor):
    return _like(grads, [factor * g for g in _arrays(grads)])


def _sum_of_squares(g):
    return array_namespace(g).sum(g**2)


def _spectral(matrices):
    return array_namespace(matrices).linalg.matrix_norm(matrices, ord=2)


def _steps(wh, hs):
    """The Jacobians of all steps, (B, T, H, H)."""
    return wh * (1 - hs**2)[:, :, None, :]


def _identity(wh, hs):
    xp = array_namespace(wh)
    eye = xp.eye(wh.shape[0], dtype=wh.dtype, device=device(wh))
    return xp.broadcast_to(eye, (hs.shape[0], *wh.shape))


def _products(steps, identity):
    """For every t, the product of the steps after t, the earliest on the left."""
    products = [identity]
    for t in reversed(range(1, steps.shape[1])):
        products.append(steps[:, t, :, :] @ products[-1])
    return products[::-1]


def _measured(products, measure):
    return array_namespace(products[0]).stack([measure(m) for m in products], axis=1)


@misconception(
    caught_by="global_norm_values",
    explanation="""
    The result is the sum of the norms of the arrays. For arrays of norms 3 and 4 that is 7, where
    the norm of all entries together is 5. Norms do not add up, squares do: the two arrays are parts
    of one long vector, and they stand at right angles to each other like the sides of a box. With a
    single array there is no difference, and with several the number rises and falls as the right
    one does, so a plot of it looks the same. But a limit chosen for the one cuts far too often with
    the other. Look at where the root is taken: inside the loop over the arrays, or once, after all
    of them were added up.
    """,
    source="Derived; the sum of the parameters' norms is a frequent substitute in training logs",
)
class adds_the_norms_of_the_arrays:
    """global_norm takes the root of each array's sum and adds the roots"""

    def global_norm(grads):
        return sum(solution.global_norm([g]) for g in _arrays(grads))


@misconception(
    caught_by="global_norm_values",
    explanation="""
    The result is the square of what is expected: 25 where the norm is 5. All squares of all arrays
    were added up rightly, and the root at the end is missing. The two are easy to confuse, because
    one is below 1 exactly when the other is, and both grow together. For clipping it makes a great
    difference: the factor becomes max_norm divided by the square, so long gradients are shortened
    far below the limit, and the shorter they should be, the worse it gets. Doubling all gradients
    must double their norm. Try that with your function: if the number becomes four times as large,
    the last step of the formula is still to come.
    """,
    source="Derived: the squared norm, which is what a loop over the arrays adds up",
)
class leaves_the_square:
    """global_norm returns the sum of the squares without the root"""

    def global_norm(grads):
        return solution.global_norm(grads) ** 2


@misconception(
    caught_by="global_norm_values",
    explanation="""
    Only the last array counts: the others can be made as large as you like without any effect. This
    is what a loop gives that assigns with = where it should add with +=, or one that takes the norm
    after the loop, when the variable holds the last array only. A test with one array passes. In a
    real network the last array is often a small bias vector, so the norm that is found is far too
    small, clipping never happens, and the explosion takes place as if nothing had been written.
    Give your function two arrays, change the first, and see whether the result moves.
    """,
    source="Seen in course repositories: the variable of the loop is used after it; derived",
)
class keeps_the_last_array:
    """global_norm returns the norm of the last array alone"""

    def global_norm(grads):
        return solution.global_norm(_arrays(grads)[-1:])


@misconception(
    caught_by="global_norm_values",
    explanation="""
    The result is the right one divided by the root of the number of entries: a mean of the squares
    was taken where their sum is asked for. This root mean square says how large a typical entry is,
    which is a useful number too, but it is not the length of a vector. It differs from the norm by
    a factor that is fixed for one network, so the plot has the right form, and nothing looks wrong
    until a limit from a paper is used: with a million parameters the norm comes out a thousand
    times too small, and clipping never begins. For entries 3 and 4 the norm is 5. If yours is 3.54,
    look for a mean.
    """,
    source="Derived: a mean in the place of a sum, the commonest reduction error of the collection",
)
class takes_the_root_of_the_mean:
    """global_norm averages the squares over all entries"""

    def global_norm(grads):
        count = 0
        for g in _arrays(grads):
            entries = 1
            for length in g.shape:
                entries *= length
            count += entries
        return solution.global_norm(grads) / count**0.5


@misconception(
    caught_by="global_norm_of_extreme_gradients",
    explanation="""
    For ordinary gradients everything is right. At entries of 1e200 the norm is infinite, and at
    1e-200 it is zero: the entries were squared as they are. The square of 1e200 is 1e400, which no
    float64 can hold, and the square of 1e-200 rounds to nothing. In float32 the limit is much
    nearer, at about 1e19. It looks like a case for pedants, but clipping is there for the very
    moment when gradients explode, and an infinite norm makes the factor zero, so that the whole
    update is lost. The README shows a second form of the formula, in which the numbers that are
    squared are never larger than 1.
    """,
    source="Blue (1978); measured: torch.linalg.vector_norm gives inf for entries of 1e200",
)
class squares_the_entries_as_they_are:
    """global_norm overflows for huge entries and gives 0 for tiny ones"""

    def global_norm(grads):
        with np.errstate(over="ignore", under="ignore"):
            return sum(_sum_of_squares(g) for g in _arrays(grads)) ** 0.5


@misconception(
    caught_by="clip_above_the_limit",
    explanation="""
    Each array was measured and shortened by itself. Arrays of norms 3 and 4 with a limit of 1 both
    come back with norm 1, so together they have the norm 1.41, above the limit, and their ratio of
    3 to 4 has become 1 to 1. The long vector of all gradients has changed its direction, so the
    update is no longer the planned one made shorter: layers with large gradients are held back more
    than the others. With a single array there is no difference. The factor has to be known before
    the first array is multiplied, and it is the same for all. Look for a norm that is computed
    inside the loop that does the multiplying.
    """,
    source="Course repositories clip layer by layer; (3, 4) → (1, 1) with norm 1.414, measured",
)
class clips_every_array_by_itself:
    """clip_by_global_norm limits the norm of each array separately"""

    def clip_by_global_norm(grads, max_norm):
        clipped = [solution.clip_by_global_norm([g], max_norm)[0][0] for g in _arrays(grads)]
        return _like(grads, clipped), solution.global_norm(grads)


@misconception(
    caught_by="clip_above_the_limit",
    explanation="""
    Every entry was limited to the range from -max_norm to max_norm by itself. Entries of 3 and 4
    with a limit of 1 become 1 and 1: the direction is lost, and the norm is 1.41. With a limit that
    is above every single entry, nothing happens at all, although the norm may be far beyond it.
    Clipping by value is a method of its own, and libraries offer it under a similar name, but its
    limit is a size for one entry and must be chosen differently. Here max_norm limits the length of
    the whole vector, and the vector keeps its direction: what comes back is the input times one
    single number.
    """,
    source="Value and norm clipping confused; torch has clip_grad_value_ beside clip_grad_norm_",
)
class limits_every_entry:
    """clip_by_global_norm clips entry by entry to [-max_norm, max_norm]"""

    def clip_by_global_norm(grads, max_norm):
        xp = array_namespace(*_arrays(grads))
        clipped = [xp.clip(g, -max_norm, max_norm) for g in _arrays(grads)]
        return _like(grads, clipped), solution.global_norm(grads)


@misconception(
    caught_by="clip_above_the_limit",
    explanation="""
    Gradients that are too long come back with norm 1, whatever max_norm is: they were divided by
    their norm, and the multiplication by max_norm is missing. With a limit of 1, the value used
    most often, there is nothing to see. With a limit of 5 the gradients that are only a little too
    long lose four fifths of their length, so training slows down whenever clipping sets in; with a
    limit below 1 they may even become longer. Measure what your function returns: the norm of
    clipped gradients is max_norm, so the factor must contain both numbers, the limit and the norm.
    """,
    source="Derived: normalising in the place of clipping, hidden by the usual limit of 1",
)
class shortens_to_a_norm_of_one:
    """clip_by_global_norm divides by the norm and forgets max_norm"""

    def clip_by_global_norm(grads, max_norm):
        norm = solution.global_norm(grads)
        return _scaled(grads, 1 / norm if norm > max_norm else 1.0), norm


@misconception(
    caught_by="clip_above_the_limit",
    explanation="""
    The numbers may be right, but the arrays that were handed in have changed: they were multiplied
    in place, by an operator such as *= or by writing into them. PyTorch's own function does that,
    and the underscore at the end of its name says so. Here the caller keeps the gradients: to plot
    them, to compare the norm before and after, or to try another limit. A function that changes its
    argument gives another answer when it is called again with the same variable, and that is hard
    to find later. Note that a copy of a list or of a dict is not enough: the copy holds the same
    arrays. Let a product make new ones.
    """,
    source="Habit from torch.nn.utils.clip_grad_norm_, which works in place; derived",
)
class changes_the_gradients_in_place:
    """clip_by_global_norm multiplies the arrays of its argument"""

    def clip_by_global_norm(grads, max_norm):
        norm = solution.global_norm(grads)
        for g in _arrays(grads):
            g *= max_norm / norm if norm > max_norm else 1.0
        return grads, norm


@misconception(
    caught_by="clip_below_the_limit",
    explanation="""
    Gradients that were short enough have been made longer: everything is scaled to max_norm,
    always. The factor max_norm / norm is greater than 1 when the norm is below the limit, and
    nothing stops it there. Above the limit the results are right, which is all that a test with
    large gradients sees. In training the harm comes late: near a minimum the gradients become
    small, and steps should become small with them, but here every step keeps the same length, so
    the network circles around the minimum and never arrives. Clipping is a limit and not a length
    to be reached. What is the largest value that the factor may have?
    """,
    source="Measured: the tests of a well-known course (CS336, assignment 1) accept this",
)
class stretches_short_gradients:
    """clip_by_global_norm scales to max_norm even below the limit"""

    def clip_by_global_norm(grads, max_norm):
        norm = solution.global_norm(grads)
        return _scaled(grads, max_norm / norm if norm > 0 else 1.0), norm


@misconception(
    caught_by="clip_below_the_limit",
    explanation="""
    Gradients of zero came back as NaN. Their norm is 0, and somewhere an array was divided by it: 0
    / 0 is not a number. It happens when every array is divided by the norm first and multiplied by
    the smaller of norm and limit afterwards; as long as the norm is positive that is right. Zero
    gradients are not exotic: all of a batch may be padding, or all units of a ReLU layer silent.
    One NaN is enough to turn every weight into NaN in the next update, and nothing recovers from
    that. A norm of 0 is below every limit, so nothing has to be divided at all. Decide about the
    factor before you touch the arrays.
    """,
    source="Derived: the form g / norm · min(norm, max_norm) without a look at norm 0",
)
class divides_by_a_norm_of_zero:
    """clip_by_global_norm gives NaN for gradients of zero"""

    def clip_by_global_norm(grads, max_norm):
        norm = solution.global_norm(grads)
        factor = min(norm, max_norm) / norm if norm > 0 else float("nan")
        return _scaled(grads, factor), norm


@misconception(
    caught_by="clip_returns_the_norm",
    explanation="""
    The gradients are right. The number beside them is the norm after clipping: it is max_norm
    whenever something was cut, so it says nothing that was not known. Usually the norm was computed
    a second time from the result, or the variable was overwritten on the way. The norm before
    clipping is the one to plot: it shows how often and how far the limit is exceeded, whether a
    peak announces itself, and whether the limit is a sensible one. A curve that is flat at the top
    is the sign of this mistake. Compute the norm once, before any multiplication, and return that
    number.
    """,
    source="Return value of home-made clipping; torch returns the norm before clipping",
)
class returns_the_norm_after_clipping:
    """clip_by_global_norm measures the clipped gradients"""

    def clip_by_global_norm(grads, max_norm):
        clipped, _ = solution.clip_by_global_norm(grads, max_norm)
        return clipped, solution.global_norm(clipped)


@misconception(
    caught_by="clip_is_exact_at_any_size",
    explanation="""
    With ordinary gradients the results agree to six digits. With gradients of 1e-7 and a limit just
    as small, they come out far too short: a constant of 1e-6 was added to the norm before dividing,
    as PyTorch does it. There it protects against a division by zero. Here nothing has to be
    protected: one divides only if the norm is greater than the limit, and the limit is greater than
    0, so the norm cannot be 0. A small constant always has a size, and beside numbers that are
    smaller still it is the largest thing in the formula. The conventions ask for a factor of
    max_norm / norm with nothing added.
    """,
    source="torch.nn.utils.clip_grad_norm_ divides by norm + 1e-6",
)
class adds_a_constant_to_the_norm:
    """clip_by_global_norm divides by norm + 1e-6"""

    def clip_by_global_norm(grads, max_norm):
        norm = solution.global_norm(grads)
        factor = max_norm / (norm + 1e-6)
        return _scaled(grads, factor if factor < 1 else 1.0), norm


@misconception(
    caught_by="jacobian_norms_values",
    explanation="""
    The last column is the root of H, where 1 is expected, and all the others are too large: this is
    the Frobenius norm, the root of the sum of the squares of all entries. It is what most libraries
    give for the norm of a matrix if nothing else is said. The spectral norm asks another question:
    by how much can this matrix stretch a vector at most? The identity stretches nothing, so its
    spectral norm is 1, however large it is. The two agree for a single unit and for every matrix of
    rank one, so a test with H = 1 passes. Look into the manual of the function that you call, for
    the argument that chooses the kind of norm.
    """,
    source="Default of numpy.linalg.norm and torch.linalg.matrix_norm for a matrix; derived",
)
class takes_the_frobenius_norm:
    """jacobian_norms takes the root of the sum of squares of each Jacobian"""

    def jacobian_norms(wh, hs):
        def frobenius(m):
            return array_namespace(m).linalg.matrix_norm(m, ord="fro")

        return _measured(_products(_steps(wh, hs), _identity(wh, hs)), frobenius)


@misconception(
    caught_by="jacobian_norms_values",
    explanation="""
    The results are too small: they are the largest absolute eigenvalues of the Jacobians. For a
    symmetric matrix that is the spectral norm, and textbooks often argue with eigenvalues, because
    they decide what happens after very many steps. On a finite way they can mislead. A matrix with
    the rows (0.5, 1) and (0, 0.5) has both its eigenvalues at 0.5 and stretches some vectors by
    1.2, so a gradient may grow for several steps before it begins to vanish. The matrices here are
    not symmetric. What is asked for is the largest singular value, the largest factor by which a
    vector can become longer.
    """,
    source="Bengio et al. (1994) and Pascanu et al. (2013) on eigenvalues and singular values",
)
class takes_the_largest_eigenvalue:
    """jacobian_norms takes the spectral radius of each Jacobian"""

    def jacobian_norms(wh, hs):
        def radius(m):
            return np.max(np.abs(np.linalg.eigvals(m)), axis=-1)

        return _measured(_products(_steps(wh, hs), _identity(wh, hs)), radius)


@misconception(
    caught_by="jacobian_norms_values",
    explanation="""
    The last two columns are right, and the ones before them are too large: the norms of the single
    steps were multiplied with each other. That is an upper bound. The norm of a product is the
    product of the norms only if each matrix stretches most the very direction that the one before
    it has produced, which is always so for a single unit and hardly ever for several. A rotation
    followed by a stretch may undo what another step has done. For a chain of units that ends, the
    bound even grows while the truth is 0. Multiply the matrices first, all of them up to the last
    step, and take the norm of what results.
    """,
    source="Derived: the bound from Pascanu et al. (2013) used as if it were the value",
)
class multiplies_the_norms_of_the_steps:
    """jacobian_norms returns the product of the norms in place of the norm of the product"""

    def jacobian_norms(wh, hs):
        norms = [_spectral(_identity(wh, hs))]
        for t in reversed(range(1, hs.shape[1])):
            norms.append(norms[-1] * _spectral(_steps(wh, hs)[:, t, :, :]))
        return array_namespace(hs).stack(norms[::-1], axis=1)


@misconception(
    caught_by="jacobian_norms_values",
    explanation="""
    The last two columns are right and those before them are not: the factors were multiplied in the
    opposite order, as J[T-1] @ … @ J[t+1]. The product of matrices depends on the order, and with a
    single unit, with two steps, or with states that are all alike, one does not see it. Say what
    the matrix does: a small change of the old state, as a row, is multiplied from the right by the
    Jacobian of the next step, then by that of the one after it. So the earliest step stands on the
    left. If you go back in time, each new factor belongs to an earlier step than all those that are
    already in the product. On which side has it to be put?
    """,
    source="The order for column vectors used with the row convention; derived",
)
class multiplies_in_the_opposite_order:
    """jacobian_norms puts the later steps on the left"""

    def jacobian_norms(wh, hs):
        steps, products = _steps(wh, hs), [_identity(wh, hs)]
        for t in reversed(range(1, hs.shape[1])):
            products.append(products[-1] @ steps[:, t, :, :])
        return _measured(products[::-1], _spectral)


@misconception(
    caught_by="jacobian_norms_values",
    explanation="""
    The slopes stand on the wrong side: row k of wh was multiplied by the slope of unit k, so the
    slope was given to the unit from which the signal comes. But the tanh is applied after the sum,
    to the unit that receives it. In this course row k of wh belongs to the old unit k and column j
    to the new unit j, and the slope is that of the new state; therefore it multiplies columns.
    Where all units have the same slope, and in networks of one unit, both are the same. Books that
    write the weights on the left have the slopes on the left too, which is where the mistake comes
    from. Follow one single entry: which weight leads where?
    """,
    source="diag(1 - h²) W of the column convention, with weights stored for rows; derived",
)
class gives_the_slopes_to_the_old_units:
    """jacobian_norms multiplies the rows of wh by the slopes, not the columns"""

    def jacobian_norms(wh, hs):
        steps = (1 - hs**2)[:, :, :, None] * wh
        return _measured(_products(steps, _identity(wh, hs)), _spectral)


@misconception(
    caught_by="jacobian_norms_values",
    explanation="""
    The norms are those of the powers of wh: the states have no influence on them. The slopes of the
    tanh were left out, which is right only for states of exactly 0, as in the linear network. In
    all other cases the slope is below 1 and shrinks the gradient at every step, so the true norms
    are mostly smaller; for units close to 1 or -1 next to nothing gets through, and you still
    report an explosion. The mistake comes from reading that the matrix wh is multiplied again and
    again, which is half of the story. Look at the formula for one step once more: what stands
    between the old state and the new one besides the weights?
    """,
    source="The linear simplification of Pascanu et al. (2013), section 2, taken for the tanh case",
)
class forgets_the_slope_of_tanh:
    """jacobian_norms uses the powers of wh"""

    def jacobian_norms(wh, hs):
        return solution.jacobian_norms(wh, 0 * hs)


@misconception(
    caught_by="jacobian_norms_values",
    explanation="""
    The slope of each unit was taken as 1 minus the tanh of its state squared, so the tanh was
    applied twice. The array hs holds the states after the tanh already: the slope is 1 minus the
    square of such an entry, and nothing else has to be computed. A slope that is computed from the
    sum inside needs the tanh; one that is computed from the result does not, and the two formulas
    look alike on paper. For small states there is hardly a difference, because tanh of a small
    number is nearly the number. At a state of 1 it is clear: that unit is saturated and its slope
    is 0, but with a second tanh 0.42 comes out.
    """,
    source="Derivative from the input and from the output confused, as with sigmoid; derived",
)
class applies_the_tanh_twice:
    """jacobian_norms computes the slopes from tanh(hs)"""

    def jacobian_norms(wh, hs):
        return solution.jacobian_norms(wh, array_namespace(hs).tanh(hs))


@misconception(
    caught_by="jacobian_norms_values",
    explanation="""
    The way from step t - 1 to step t was given the slope of the state at t - 1, the one from which
    it starts, where the slope of the state at t is needed, at which it arrives. So the first state
    has an influence and the last one has none. The number of factors is right, the last column is
    1, and when the states change slowly all values are close. The tanh of a step is applied to the
    sum that makes the new state, so its slope is found in the new state. In a network where the
    last state is saturated nothing reaches it, and all norms but the last must be 0: a quick test
    that tells the two apart.
    """,
    source="Off by one between a step and the state before it; derived",
)
class takes_the_slope_one_step_early:
    """jacobian_norms uses the slopes of the states before each step"""

    def jacobian_norms(wh, hs):
        xp = array_namespace(hs)
        return solution.jacobian_norms(wh, xp.concat([hs[:, :1, :], hs[:, :-1, :]], axis=1))


@misconception(
    caught_by="jacobian_norms_values",
    explanation="""
    There is one factor too many everywhere: the last column is not 1 but the norm of the last step,
    and every other column has gone one step further back than it should. What is listed are the
    Jacobians with respect to the state before step t, so the whole row is shifted by one place. The
    product was begun with the Jacobian of the last step where it should begin with the identity.
    hs[:, t] is the state after step t; from the last state to itself there is no step in between,
    and the derivative of a vector with respect to itself is the identity. Record the norm before
    you multiply by the Jacobian of step t, and not afterwards.
    """,
    source="Off by one at the end of the product; derived",
)
class goes_one_step_too_far:
    """jacobian_norms includes the Jacobian of step t itself"""

    def jacobian_norms(wh, hs):
        xp = array_namespace(hs)
        before = xp.concat([hs[:, :1, :], hs], axis=1)
        return solution.jacobian_norms(wh, before)[:, :-1]


@misconception(
    caught_by="jacobian_norms_grow_and_vanish",
    explanation="""
    The first column is 1 and the last one is small or large: the norms belong to the way from the
    first state forward, so entry t says how much of the first state is left at step t. What is
    asked for is the way from step t to the last state. Both are products of the same matrices, and
    in the linear network one is the other read backwards, which is why the mistake is easily taken
    for a matter of order alone. It is not: here every product starts at the first step, there every
    product ends at the last one. Gradients begin at the loss, at the end of the sequence, so the
    entry next to it is the one that is 1.
    """,
    source="Forward accumulation of the same product; derived",
)
class measures_from_the_first_state:
    """jacobian_norms returns the norms of the Jacobians of hs[:, t] with respect to hs[:, 0]"""

    def jacobian_norms(wh, hs):
        steps, products = _steps(wh, hs), [_identity(wh, hs)]
        for t in range(1, hs.shape[1]):
            products.append(products[-1] @ steps[:, t, :, :])
        return _measured(products, _spectral)


@misconception(
    caught_by="jacobian_norms_follow_the_chain_rule",
    explanation="""
    Every sequence of the batch has got the same norms, or norms mixed from all of them: the slopes
    were averaged over the batch before the Jacobians were made. A sequence alone gives another
    result than the same sequence in a batch, and that must not be: each sequence has states of its
    own, so it has Jacobians of its own. With a batch of one it cannot be seen. One Jacobian per
    step is enough only when all states are alike. Keep the batch as the first axis of the matrices,
    or go through the sequences one by one, and take no mean anywhere; a mean of the norms would be
    for whoever plots them to take.
    """,
    source="Derived: a single (H, H) matrix per step, because wh is a single one",
)
class averages_the_slopes_of_the_batch:
    """jacobian_norms uses one Jacobian per step for the whole batch"""

    def jacobian_norms(wh, hs):
        xp = array_namespace(hs)
        mean = xp.mean(1 - hs**2, axis=0, keepdims=True)
        slopes = xp.broadcast_to(mean, hs.shape)
        products = _products(wh * slopes[:, :, None, :], _identity(wh, hs))
        return _measured(products, _spectral)
