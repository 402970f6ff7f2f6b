"""Wrong implementations that students really write, each with the check that must catch it."""

from array_api_compat import array_namespace, device

from grader.spec import misconception, solution


def _age(x):
    """(T, T): entry [t, s] says how many steps row s lies before row t"""
    t = array_namespace(x).arange(x.shape[0], device=device(x))
    return t[:, None] - t[None, :]


def _mean(x, inside):
    """Average the rows of x that `inside` (T, T) marks; with a cache for the backward"""
    xp = array_namespace(x)
    marked = xp.astype(inside, x.dtype)
    shares = marked / xp.sum(marked, axis=1, keepdims=True)
    return shares @ x, shares


@misconception(
    caught_by="moving_average_values",
    explanation="""
    All rows are right except the first few, which are too small: they were divided by the window,
    although fewer rows have been seen by then. Row 0 is the mean of a single row, itself, so it
    must come back unchanged; yours is divided by the window. This is what padding with zeros in
    front of the sequence gives, and it is what a convolution with a constant kernel computes, so
    it is a legal filter in other contexts. Here the convention is the mean of the rows that exist.
    The error is easy to overlook on a long series, because it only touches the first window - 1
    rows, and a plot looks like a gentle start. Look at the number that you divide by.
    """,
    source="numpy.convolve in full mode, the usual recipe; compare pandas rolling(min_periods=1)",
)
class divides_by_the_window_at_the_start:
    """moving_average_forward divides every row by the window, as if zeros came before row 0"""

    def moving_average_forward(x, window):
        age = _age(x)
        shares = array_namespace(x).astype((age >= 0) & (age < window), x.dtype) / window
        return shares @ x, shares


@misconception(
    caught_by="moving_average_values",
    explanation="""
    Each output averages the present row and the rows after it, where it should average the
    present row and the rows before it. The sizes, the counts and the smoothness are all as they
    should be, and for a series that changes slowly the two results are nearly the same curve,
    moved by a few steps. But the filter is no longer causal: row 0 already knows what comes
    later. In a forecasting task that is a leak, and the test error becomes far too good. The last
    row shows it at once: nothing comes after it, so yours returns it unchanged, while the mean of
    the last rows is asked for. Look at the two ends of your slice or at the sign of an offset.
    """,
    source="Look-ahead bias; Hyndman and Athanasopoulos (2021), section 3.3, centred averages",
)
class averages_the_rows_ahead:
    """moving_average_forward averages rows t to t + window - 1"""

    def moving_average_forward(x, window):
        age = _age(x)
        return _mean(x, (age <= 0) & (age > -window))


@misconception(
    caught_by="moving_average_values",
    explanation="""
    Your means cover one row too many: window + 1 rows once enough are there. The window counts
    the present row, so a window of 2 is the present row and one before it. The usual cause is a
    slice that starts at t - window and ends at t + 1: a slice holds end minus start rows, and
    that is window + 1 of them. The first rows agree with the right answer, since at the start all
    rows so far belong to both means, and on a smooth series the rest differ very little, so the
    eye does not see it. Test with a window of 1, where the right answer is x itself, and count
    the rows of one slice by hand.
    """,
    source="The fence-post error, in slices that end with the present row; derived",
)
class counts_one_row_too_many:
    """moving_average_forward averages window + 1 rows"""

    def moving_average_forward(x, window):
        age = _age(x)
        return _mean(x, (age >= 0) & (age <= window))


@misconception(
    caught_by="moving_average_values",
    explanation="""
    Each output is the mean of everything so far, from row 0 to the present row: the window has no
    effect. For the first rows this is right, because there the window covers all that exists, so
    a test with a short sequence, or with a window as long as the sequence, cannot tell the two
    apart. Later the difference grows: an average since the start reacts more and more slowly,
    and it never forgets, while a moving average drops a row as soon as it is window steps old.
    If you use a cumulative sum, something has to be subtracted from it: what it held before the
    first row of the present mean.
    """,
    source="The expanding mean of pandas taken for the rolling one; derived",
)
class averages_since_the_start:
    """moving_average_forward never drops an old row"""

    def moving_average_forward(x, window):
        return _mean(x, _age(x) >= 0)


@misconception(
    caught_by="moving_average_values",
    explanation="""
    The averaging runs across the columns, along axis 1, while time runs down the rows, along axis
    0. Each row of your result depends on that row alone, so there is no memory of earlier steps
    at all; instead the independent series, which lie side by side, are mixed with their
    neighbours. The shape is right, no error is raised, and for random data the numbers have a
    plausible size. With a single column nothing is averaged and the output equals x. This comes
    easily when a library expects time on the last axis, as many do, or from a missing axis
    argument. The convention card says which axis is time; look at where your slices cut and at
    every axis argument.
    """,
    source="Axis confusion; torch.nn.functional.avg_pool1d has time on the last axis; derived",
)
class averages_across_the_columns:
    """moving_average_forward moves its window along axis 1"""

    def moving_average_forward(x, window):
        _, cache = solution.moving_average_forward(x, window)
        return solution.moving_average_forward(x.T, window)[0].T, cache


@misconception(
    caught_by="moving_average_values",
    explanation="""
    The first rows hold nan: they are means of nothing. The slice for row t starts at
    t - window + 1, and for early rows that is negative. Python does not stop at zero; a negative
    start counts from the end of the array, so the slice begins near the end, stops before it
    begins, and is empty. No error is raised, NumPy only warns about the mean of an empty slice,
    and from row window - 1 on everything is right. The warning is often lost among other output.
    When a start can be negative, decide what it should mean and write that down: here the mean
    begins at row 0, so the larger of 0 and t - window + 1 is the start.
    """,
    source="Negative slice starts; numpy warns with “Mean of empty slice”; measured",
)
class lets_the_slice_start_below_zero:
    """moving_average_forward slices from t - window + 1, whatever its sign"""

    def moving_average_forward(x, window):
        xp = array_namespace(x)
        rows = [x[t - window + 1 : t + 1, :] for t in range(x.shape[0])]
        nothing = xp.full_like(x[0, :], float("nan"))
        means = [xp.mean(part, axis=0) if part.shape[0] else nothing for part in rows]
        _, cache = solution.moving_average_forward(x, window)
        return xp.stack(means), cache


@misconception(
    caught_by="moving_average_at_the_edges",
    explanation="""
    For a window that is longer than the sequence, x comes back as it went in. A guard at the top
    of the function probably says that there is nothing to average yet. But the convention is the
    mean of the rows that exist, and that is well defined for every window: a window larger than T
    means that each row averages everything up to itself, as the first rows of a long sequence
    always do. With ordinary windows the guard never acts, so the function looks finished. In use
    it makes results jump: a series of nine rows is smoothed and one of five is not. A formula
    that clips the start at row 0 needs no guard at all.
    """,
    source="An early return for short input, common in signal code; derived",
)
class gives_up_on_long_windows:
    """moving_average_forward returns x when the window is longer than the sequence"""

    def moving_average_forward(x, window):
        out, cache = solution.moving_average_forward(x, window)
        return (x if window > x.shape[0] else out), cache


@misconception(
    caught_by="moving_average_gradients",
    explanation="""
    The backward applies the moving average itself to dout: each row of dx averages rows of dout
    at and before it. The gradient has to run the other way in time. Output row t was made from
    the rows behind it, so row s of the input influences the outputs at and after s, and those
    outputs, ahead of it, are the ones that send gradient back. It is tempting, since smoothing
    the gradient with the same filter gives the right shape and similar numbers, and with a
    symmetric filter it would even be right. In matrix words, you multiplied by the weights where
    their transpose is needed. The last row shows it best: only the last output uses it.
    """,
    source="Missing transpose of a linear map; Goodfellow et al. (2016), section 6.5; derived",
)
class smooths_the_gradient_with_the_same_filter:
    """moving_average_backward averages dout over earlier rows"""

    def moving_average_backward(dout, cache):
        return cache @ dout


@misconception(
    caught_by="moving_average_gradients",
    explanation="""
    The right rows of dout are added up, but each sum is divided by the count of the row that
    receives it, n[s], where every term has a count of its own, n[t]. The weight of x[s] in out[t]
    is one over the number of rows in the mean of t; it belongs to the output. Once all counts
    equal the window the two agree, so only the first rows are wrong, and a test on later rows, or
    with a window of 1, passes. Row 0 is the clearest: it is the whole of the mean at t = 0, half
    of the mean at t = 1 and a third of it at t = 2, three different weights. Scale dout by its
    counts first, and add afterwards.
    """,
    source="Weights attached to the wrong index when a sum is turned round; derived",
)
class divides_by_the_count_of_the_receiver:
    """moving_average_backward divides the sum for row s by n[s]"""

    def moving_average_backward(dout, cache):
        xp = array_namespace(dout)
        used = xp.astype(cache > 0, dout.dtype)
        return (used.T @ dout) / xp.sum(used, axis=1, keepdims=True)


@misconception(
    caught_by="moving_average_gradients",
    explanation="""
    Each input row received the gradient of one output only: the last one whose mean it belongs
    to. Every row is used several times, up to window times, and the gradients of all uses add up.
    What you see is typical of a loop over the outputs that writes its share into dx with = where
    it should add with +=, so that each output overwrites what the ones before it have left. With
    a window of 1 every row is used once and the two agree, and so does the last row always. The
    same rule holds for shared weights and for embeddings of repeated words: where one value feeds
    many, its gradient is a sum.
    """,
    source="Overwritten accumulators; the same pattern as repeated ids in an embedding; derived",
)
class keeps_only_the_last_use:
    """moving_average_backward assigns each output's share instead of adding it"""

    def moving_average_backward(dout, cache):
        xp = array_namespace(dout)
        dx = xp.zeros_like(dout)
        for t in range(dout.shape[0]):
            share = cache[t, :][:, None]
            dx = xp.where(share > 0, share * dout[t, :][None, :], dx)
        return dx
