"""Wrong implementations that students really write, each with the check that must catch it."""

import numpy as np

from grader.spec import misconception, solution


def _cut(dpadded, padding):
    height, width = dpadded.shape[2:]
    return dpadded[:, :, padding : height - padding, padding : width - padding]


def _windows(x, entries):
    """Every entry of every window: (N, C, K·K, OH, OW)."""
    return np.stack([x[:, :, rows, cols] for rows, cols in entries], axis=2)


@misconception(
    caught_by="output_size_values",
    explanation="""
    When the stride does not divide the way evenly, your size is one too large: the division is
    rounded up. The result counts a last window that begins inside the image and hangs over its
    end. If the stride fits, and it always does for a stride of 1, rounding changes nothing, so
    most examples agree with yours. Some libraries do round up, but only on request or together
    with extra padding. Here a window counts only if it lies inside the padded image as a whole,
    and the rows and columns left over at the end are seen by no window. Take 6 places, a kernel
    of 3 and a stride of 2, draw the windows on paper, and look at what your formula does with the
    half step that remains.
    """,
    source="ceil_mode of torch.nn.MaxPool2d; Dumoulin and Visin (2016), section 2.4",
)
class rounds_the_output_size_up:
    """output_size counts a last window that hangs over the end"""

    def output_size(size, kernel, stride, padding):
        return -((kernel - size - 2 * padding) // stride) + 1


@misconception(
    caught_by="output_size_values",
    explanation="""
    With padding your size is too small; without it, it is right. The padding was added once, but
    it stands on both sides of the image: padding places before the first row and as many after
    the last. The padded axis is longer than the image by twice the padding. With a stride of 2 or
    more the division often swallows the difference, which is why some cases agree with yours. A
    test that everybody knows: a kernel of 3 with a padding of 1 and a stride of 1 keeps the size
    of the image, whatever it is. Try it with your formula on an image of 5 rows, and count the
    rows of the padded image.
    """,
    source="Dumoulin and Visin (2016), section 2.2, where the padding counts twice; derived",
)
class counts_the_padding_once:
    """output_size adds the padding on one side only"""

    def output_size(size, kernel, stride, padding):
        return (size + padding - kernel) // stride + 1


@misconception(
    caught_by="output_size_values",
    explanation="""
    Every size is exactly one too small. You divide the way that the window can travel by the
    stride, and that gives the number of steps. The number of windows is one more: the first
    window stands at the beginning, before any step is made. It is the old question of how many
    posts a fence of ten panels needs. The mistake is easy to carry over into the layers, where it
    produces an image without its last row and column, and such an image still looks like a
    picture. Ask for the smallest case: a kernel as long as the axis fits once, cannot move, and
    gives one output. Yours says that there is none.
    """,
    source="The fence-post error; derived",
)
class counts_steps_and_not_windows:
    """output_size leaves out the first window"""

    def output_size(size, kernel, stride, padding):
        return (size + 2 * padding - kernel) // stride


@misconception(
    caught_by="conv2d_forward_values",
    explanation="""
    Your kernel is turned by 180 degrees: its last entry meets the first pixel of the window. This
    is the convolution of mathematics and signal processing, and functions with that name in
    scientific libraries do it. Deep learning kept the name and dropped the flip. What is asked
    here is cross-correlation, in which entry (i, j) of the kernel meets entry (i, j) of the
    window. Since the weights are learned, a network with the flip would be just as good, with
    flipped weights, so training never shows the difference. But weights taken from elsewhere no
    longer work. A kernel that looks the same in both directions, or has one entry, hides the
    mistake. Look for reversed slices, or for a library call that flips.
    """,
    source="Goodfellow et al. (2016), section 9.1; scipy.signal.convolve2d used as a layer",
)
class flips_the_kernel:
    """conv2d_forward turns the kernel by 180 degrees"""

    def conv2d_forward(x, w, b, stride, padding):
        return solution.conv2d_forward(x, w[:, :, ::-1, ::-1], b, stride, padding)

    def conv2d_backward(dout, cache):
        dx, dw, db = solution.conv2d_backward(dout, cache)
        return dx, dw[:, :, ::-1, ::-1], db


@misconception(
    caught_by="conv2d_forward_values",
    explanation="""
    Only channel 0 of the images and of the filters takes part; the other channels have no effect
    on the output. For grey images there is one channel and your layer is right, and many tutorials
    show nothing else, with a kernel drawn as a flat square. But a filter has a depth: its shape is
    (C, KH, KW), one flat kernel for every input channel, and it is laid on all of them at the same
    place. The products of all C · KH · KW pairs are added up to a single number. A colour image
    would otherwise be seen in red only, and in deeper layers nearly all that was computed before
    would be thrown away. Check which axes your sum runs over.
    """,
    source="Code for grey images moved to colour images; derived",
)
class sees_only_the_first_channel:
    """conv2d_forward uses channel 0 and ignores the others"""

    def conv2d_forward(x, w, b, stride, padding):
        only = np.zeros(w.shape, dtype=w.dtype)
        only[:, 0] = w[:, 0]
        return solution.conv2d_forward(x, only, b, stride, padding)


@misconception(
    caught_by="conv2d_forward_values",
    explanation="""
    The right pixels meet the wrong weights. Each window is laid out as a row of numbers, each
    filter as another, and then the two are multiplied; but they were laid out in different
    orders. The filter runs through its channels, rows and columns, with the columns fastest. Your
    window runs with another axis fastest, so channel 1 of the first pixel meets the second weight
    of channel 0. All shapes agree, the numbers have the right size, and with one channel, or with
    a kernel of one entry, the output is even correct. A network trained from scratch does not
    mind, since it learns its weights in your order. Look at the reshape of the windows: a reshape
    never reorders, it only cuts anew.
    """,
    source="im2col with channels last for one operand only; derived",
)
class lays_window_and_filter_out_differently:
    """conv2d_forward lists a window pixel by pixel and a filter channel by channel"""

    def conv2d_forward(x, w, b, stride, padding):
        mixed = w.reshape(len(w), w.shape[2], w.shape[3], w.shape[1]).transpose(0, 3, 1, 2)
        return solution.conv2d_forward(x, mixed, b, stride, padding)


@misconception(
    caught_by="conv2d_forward_values",
    explanation="""
    The output of the first image is right, and all others are zero: the function returned before
    it had finished. A return that is indented too far belongs to the body of the loop, so it ends
    the function at the end of the first round. The array of zeros that was made to hold the
    results goes out with most of its entries untouched. A test with a batch of one cannot see
    this, because there the first round is also the last. Python makes the mistake easy, since
    indentation alone decides what is repeated. Look at the column in which your return stands,
    and compare it with the column of the outermost for. The same slip in an inner loop leaves
    even fewer entries.
    """,
    source="CNN-from-scratch#1: return inside the loop",
)
class returns_inside_the_loop:
    """conv2d_forward fills in the first image of the batch and returns"""

    def conv2d_forward(x, w, b, stride, padding):
        out, cache = solution.conv2d_forward(x, w, b, stride, padding)
        first = np.zeros(out.shape, dtype=out.dtype)
        first[0] = out[0]
        return first, cache


@misconception(
    caught_by="conv2d_forward_stride_and_padding",
    explanation="""
    All the zeros stand below and to the right of the image, none above and to the left. The padded
    array has the right size, so the output has the right size too, and without padding all is
    well. But the picture sits in the upper left corner instead of the middle: every output is the
    one that belongs further down and to the right, by the padding. A kernel of 3 with a padding
    of 1 should have its centre on the pixel it computes; with yours the first output looks at
    pixels 0 to 2, and the border is treated unevenly. Look at the slice into which you write the
    image, or at the pairs of numbers that you give to a padding function.
    """,
    source="Image written to [:H, :W] of the larger array; derived",
)
class puts_all_padding_at_the_end:
    """conv2d_forward pads below and to the right only, by twice the padding"""

    def conv2d_forward(x, w, b, stride, padding):
        wide = np.pad(x, ((0, 0), (0, 0), (0, 2 * padding), (0, 2 * padding)))
        out, cache = solution.conv2d_forward(wide, w, b, stride, 0)
        return out, (cache, x.shape)

    def conv2d_backward(dout, cache):
        cache, (_, _, height, width) = cache
        dwide, dw, db = solution.conv2d_backward(dout, cache)
        return dwide[:, :, :height, :width], dw, db


@misconception(
    caught_by="conv2d_forward_stride_and_padding",
    explanation="""
    Your output has the right size for this stride, but its windows are one pixel apart. The
    stride went into the size and not into the positions: output row r belongs to the window that
    begins at row r times the stride, and yours begins at row r. So the output is the upper left
    part of what a stride of 1 gives, and most of the image is never looked at. With a stride of 1
    all is right, and shape tests pass with any stride. The relation to remember: with a stride of
    s you keep every s-th row and column of the output for stride 1. Look at the place where an
    output index turns into the beginning of a window.
    """,
    source="Loop indices used as positions; derived",
)
class moves_by_one_whatever_the_stride:
    """conv2d_forward begins window r at row r, not at r times the stride"""

    def conv2d_forward(x, w, b, stride, padding):
        out, cache = solution.conv2d_forward(x, w, b, stride, padding)
        dense, _ = solution.conv2d_forward(x, w, b, 1, padding)
        return dense[:, :, : out.shape[2], : out.shape[3]], cache


@misconception(
    caught_by="conv2d_backward_gradients",
    explanation="""
    dx and dw are right, and db is too small by the number of terms: you took the mean of dout
    where a sum is asked. One bias is added at every position of every image, N · OH · OW times in
    all. If you raise it by a little, all of these outputs rise, and each makes its own
    contribution to the change of the loss. So the contributions add up. Where an average is wanted,
    the loss has already taken it, and dout carries its factor. A mean makes the bias learn very
    slowly, and because a network can do nearly without it, nobody notices. Look at the reduction
    that makes db: the axes are the right ones, the operation is not.
    """,
    source="Mean in place of sum, as in other layers; derived",
)
class averages_the_bias_gradient:
    """conv2d_backward takes the mean of dout over images, rows and columns"""

    def conv2d_backward(dout, cache):
        dx, dw, db = solution.conv2d_backward(dout, cache)
        return dx, dw, db * (dout.shape[1] / max(dout.size, 1))


@misconception(
    caught_by="conv2d_backward_gradients",
    explanation="""
    dx holds, for every pixel, the gradient from one window only, the last that touched it. Where
    windows overlap, a pixel is used by several of them, and the gradients of all its uses add up.
    Yours were assigned, so that each window overwrote what the windows before it had written. With
    a kernel of one entry, or with a stride as large as the kernel, no pixel is used twice and the
    result is right; the error grows with the overlap. In a test with all ones the sign of it is
    plain: the middle of the image shows 1 where a kernel of two by two should give 4. Look for a
    plain = in the loop that writes into dx; numpy's indexed += has the same effect when an index
    repeats.
    """,
    source="NNlib#205, Flux#1197: overlap assigned, 1 where 4 is right",
)
class overwrites_where_windows_overlap:
    """conv2d_backward assigns each window's gradient to dx"""

    def conv2d_backward(dout, cache):
        padded, _, w, entries, padding = cache
        _, dw, db = solution.conv2d_backward(dout, cache)
        stride = entries[0][0].step
        parts = np.einsum("nfhw,fcij->ncijhw", dout, w)
        dpadded = np.zeros(padded.shape)
        for i, j in np.ndindex(*dout.shape[2:]):
            rows = slice(i * stride, i * stride + w.shape[2])
            cols = slice(j * stride, j * stride + w.shape[3])
            dpadded[:, :, rows, cols] = parts[..., i, j]
        return _cut(dpadded, padding), dw, db


@misconception(
    caught_by="conv2d_backward_gradients",
    explanation="""
    dw and db are right; dx was made with a kernel turned by 180 degrees. You may have computed dx
    by sliding the kernel over dout, which is a good way, but the kernel has to be flipped for that
    and yours was not, or it was flipped twice. Follow one pixel. If a window begins at row r, it
    multiplies row r + i of the image by row i of the kernel. So a pixel further down in the window
    met a later row of the kernel, and on the way back it is multiplied by the same entry again.
    A kernel that looks the same from both sides, such as a blur, cannot show the mistake. Check
    which weight hands the gradient of out[r] to pixel r + i.
    """,
    source="The kernel flipped twice or not at all; Dumoulin and Visin (2016), section 4; derived",
)
class turns_the_kernel_going_back:
    """conv2d_backward multiplies dout by the kernel from the other end"""

    def conv2d_backward(dout, cache):
        padded, columns, w, entries, padding = cache
        _, dw, db = solution.conv2d_backward(dout, cache)
        turned = (padded, columns, w[:, :, ::-1, ::-1], entries, padding)
        dx, _, _ = solution.conv2d_backward(dout, turned)
        return dx, dw, db


@misconception(
    caught_by="conv2d_backward_gradients",
    explanation="""
    dw holds what a single position of the image contributed, the last one. Every weight is used at
    all OH · OW positions, and once more in each image; this sharing is what makes the layer a
    convolution. Raising the weight changes every one of those outputs, so its gradient is the sum
    over all of them. In a loop over positions the product of window and dout has to be added to
    what is there already, and yours replaced it. If the image is as small as the kernel there is
    one position, and then the result is right. Everything else about dw looks well: shape, size
    and sign. Look at the assignment in the innermost loop and at where the array of zeros is made.
    """,
    source="Accumulator overwritten in the position loop; compare zero-to-hero#52; derived",
)
class keeps_the_last_position_of_dw:
    """conv2d_backward assigns the gradient of the filters at every position"""

    def conv2d_backward(dout, cache):
        last = np.zeros(dout.shape, dtype=dout.dtype)
        last[:, :, -1, -1] = dout[:, :, -1, -1]
        dx, _, db = solution.conv2d_backward(dout, cache)
        return dx, solution.conv2d_backward(last, cache)[1], db


@misconception(
    caught_by="conv2d_backward_stride_and_padding",
    explanation="""
    Without padding your dx is right; with padding it is cut out of the wrong place. The gradient of
    the padded image has a frame all around that belongs to the added zeros, and that frame must
    go: padding rows above and as many below, padding columns left and right. You kept the upper
    left corner, H rows and W columns from the very beginning, so all of dx is moved down and to the
    right, and part of the frame is still in it. The shape is right, which is why this passes a
    quick look. Since the image was written into the middle of the padded array, its gradient has to
    be read from the middle. Compare the slice at the end of your backward with the slice of your
    forward.
    """,
    source="Slice [:H, :W] of the padded gradient; derived",
)
class cuts_the_frame_at_the_end_only:
    """conv2d_backward returns the upper left corner of the padded gradient"""

    def conv2d_backward(dout, cache):
        padded, columns, w, entries, padding = cache
        whole, dw, db = solution.conv2d_backward(dout, (padded, columns, w, entries, 0))
        height, width = padded.shape[2] - 2 * padding, padded.shape[3] - 2 * padding
        return whole[:, :, :height, :width], dw, db


@misconception(
    caught_by="conv2d_backward_stride_and_padding",
    explanation="""
    The forward goes in steps of the stride, but your dx is put together as if the stride were 1.
    Each window's gradient is the right one, and it lands in the wrong place: output row r saw the
    rows that begin at r times the stride, so that is where its gradient belongs, and yours goes to
    the rows that begin at r. Everything piles up in the upper left of the image, and the rest stays
    at zero. With a stride of 1 there is no difference, and dw and db do not depend on where dx is
    written, so they are right. The stride has to be remembered in the cache. Look at the place
    where the backward turns an output index into a range of rows.
    """,
    source="Stride left out of the transposed pass; CMU10-714#6 is about the same step; derived",
)
class ignores_the_stride_going_back:
    """conv2d_backward puts the windows of dx next to each other, whatever the stride"""

    def conv2d_backward(dout, cache):
        padded, columns, w, _, padding = cache
        _, dw, db = solution.conv2d_backward(dout, cache)
        oh, ow = dout.shape[2:]
        entries = [
            (slice(i, i + oh), slice(j, j + ow))
            for i in range(w.shape[2])
            for j in range(w.shape[3])
        ]
        dx, _, _ = solution.conv2d_backward(dout, (padded, columns, w, entries, padding))
        return dx, dw, db


@misconception(
    caught_by="conv2d_backward_stride_and_padding",
    explanation="""
    dx is too small: rows or columns at its end are missing. When the stride does not fit, the last
    rows of the padded image are seen by no window. You worked out the size of dx backwards, from
    the size of dout, the stride and the kernel, and that tells how far the windows reach and not
    how large the image was. Images of 5 and of 6 rows give the same output with a kernel of 3 and
    a stride of 2, so the size of dout cannot tell them apart. When the stride fits, and always for
    a stride of 1, the formula is exact. The unseen entries do have a gradient, and it is zero.
    Keep the shape of x, and begin from zeros.
    """,
    source="CMU10-714#6: a remainder of the stride breaks the shape of dx",
)
class returns_only_what_the_windows_saw:
    """conv2d_backward makes dx as large as the windows reach"""

    def conv2d_backward(dout, cache):
        _, _, w, entries, padding = cache
        dx, dw, db = solution.conv2d_backward(dout, cache)
        stride = entries[0][0].step
        rows = (dout.shape[2] - 1) * stride + w.shape[2] - 2 * padding
        cols = (dout.shape[3] - 1) * stride + w.shape[3] - 2 * padding
        return dx[:, :, : max(rows, 0), : max(cols, 0)], dw, db


@misconception(
    caught_by="max_pool_forward_values",
    explanation="""
    Where a window holds only negative numbers, your output is 0, which does not occur in the
    window at all. The search for the maximum began at zero, or zeros were put into the comparison,
    for example as padding. After a ReLU nothing is negative, and pooling usually follows a ReLU, so
    in a whole network the two never differ. But the maximum of -3 and -5 is -3. Subtract 50 from
    every entry and every maximum must go down by 50, which yours does not. A running maximum has to
    begin with an entry of the window itself, or with minus infinity, the number that loses every
    comparison. Look at the value your search starts from.
    """,
    source="Padding with 0 beats negative numbers; running maximum started at 0; derived",
)
class starts_the_maximum_at_zero:
    """max_pool_forward never returns less than 0"""

    def max_pool_forward(x, window, stride):
        out, cache = solution.max_pool_forward(x, window, stride)
        return np.maximum(out, 0.0), cache


@misconception(
    caught_by="max_pool_forward_values",
    explanation="""
    The windows lie side by side, each beginning where the one before it ended: the stride that you
    were given is not used. In most networks the window and the stride are equal, two and two, and
    then your result is right. It also makes a neat trick possible, in which the image is reshaped
    into blocks and the maximum is taken in each. But a stride smaller than the window makes windows
    overlap, so that there are more of them than yours, and a larger one leaves gaps, so that there
    are fewer. Your outputs then differ in size, or they come from the wrong places. Look at where a
    window begins: the window's length decides how far it reaches, the stride where it starts.
    """,
    source="The reshape trick for equal window and stride, used for every stride; derived",
)
class steps_by_the_window:
    """max_pool_forward uses the window as the stride"""

    def max_pool_forward(x, window, stride):
        return solution.max_pool_forward(x, window, window)

    def max_pool_backward(dout, cache):
        x, largest, _ = cache
        if largest.shape != dout.shape:
            return np.zeros(x.shape)
        return solution.max_pool_backward(dout, cache)


@misconception(
    caught_by="max_pool_backward_gradients",
    explanation="""
    An entry that is the largest of several windows received the gradient of only one of them, the
    last. Such an entry makes several outputs at once: raise it, and all of them rise, so their
    gradients add up. You assigned them, and each one replaced the one before it. With a stride as
    large as the window nothing overlaps and no entry can win twice, so the usual setting of two and
    two never shows this. A large entry in the middle, seen by four windows, shows it best: in every
    channel dx must add up to what dout adds up to, and yours loses three parts. Look for = where +=
    belongs; an indexed += of numpy also keeps only one of several equal indices.
    """,
    source="NNlib#205, Flux#1197: overlapping pooling windows assigned, not added",
)
class keeps_one_window_per_maximum:
    """max_pool_backward assigns the gradient to the largest entry"""

    def max_pool_backward(dout, cache):
        x, largest, entries = cache
        dx = np.zeros(x.shape)
        for at in np.ndindex(*dout.shape):
            rows, cols = entries[largest[at]]
            row, col = rows.start + at[2] * rows.step, cols.start + at[3] * cols.step
            dx[at[0], at[1], row, col] = dout[at]
        return dx


@misconception(
    caught_by="max_pool_backward_gradients",
    explanation="""
    The gradient arrives at the wrong entry of its window: the row and the column of the maximum
    were exchanged. A flat position in a window, such as the one that an argmax returns, counts
    along the rows. Divide it by the number of columns: the quotient is the row and the remainder
    the column. Yours are the other way round, so a maximum in the upper right corner sends its
    gradient to the lower left. Entries on the diagonal, the first and the last among them, are not
    affected, and a window of one has nothing else; so a good part of a small test agrees. The sum
    of dx is right as well. Look at the line that turns the flat position into two indices.
    """,
    source="Offset of the argmax decoded in the wrong order; derived",
)
class exchanges_row_and_column_of_the_maximum:
    """max_pool_backward reads the position in the window column by column"""

    def max_pool_backward(dout, cache):
        x, largest, entries = cache
        window = round(len(entries) ** 0.5)
        down, right = largest // window, largest % window
        return solution.max_pool_backward(dout, (x, right * window + down, entries))


@misconception(
    caught_by="max_pool_backward_gradients",
    explanation="""
    Every entry of a window received a share of its gradient, the same for all. That is the backward
    of average pooling: an average is made of all the entries in equal parts, so all of them get an
    equal part back. A maximum is made of one entry. If you raise one of the others by a little, the
    output does not move at all, so its gradient is zero. The sums over dx are right with your
    version, and the shape too, and a network with it even learns something, since the right entry
    is among those that get a share. The forward has to remember which entry won in each window.
    Look at what your cache holds, and at whether the backward uses it.
    """,
    source="The average-pooling backward reused for max pooling; derived",
)
class shares_the_gradient_in_the_window:
    """max_pool_backward gives every entry of the window an equal part"""

    def max_pool_backward(dout, cache):
        x, _, entries = cache
        dx = np.zeros(x.shape)
        for rows, cols in entries:
            dx[:, :, rows, cols] += dout / len(entries)
        return dx


@misconception(
    caught_by="max_pool_ties",
    explanation="""
    Where several entries of a window are equally large, each of them received the whole gradient.
    You compared the window with its maximum, and the comparison is true at every one of them. With
    random decimal numbers there are no ties, so all other tests pass. Real images have many: white
    areas, and zeros after a ReLU. There your dx adds up to more than came in, and a window of equal
    entries hands back its gradient as many times as it has entries. At a tie the maximum has no
    derivative and a choice must be made; the README makes it, and one entry gets everything. Look
    at your mask, and count the true values in it for a window of equal numbers.
    """,
    source="Ties duplicated by a mask x == max; derived",
)
class gives_the_whole_gradient_to_every_tie:
    """max_pool_backward pays dout to all the largest entries of a window"""

    def max_pool_backward(dout, cache):
        x, _, entries = cache
        windows = _windows(x, entries)
        dx = np.zeros(x.shape)
        for k, (rows, cols) in enumerate(entries):
            dx[:, :, rows, cols] += dout * (windows[:, :, k] == windows.max(axis=2))
        return dx


@misconception(
    caught_by="max_pool_ties",
    explanation="""
    Where several entries of a window are equally large, the gradient was divided among them. It is
    a legal choice in mathematics, since any such division is a subgradient, and some libraries make
    it for the maximum of an axis. Here the convention is another one, the one that pooling layers
    use: the first of the largest entries in row-major order gets all. Without ties the two agree,
    which is why the other checks pass. With ties the convention decides whether your layer can be
    compared with a library entry by entry. It also follows from what the forward remembers, a
    single position for each window. Look at the place where you divide by the number of maxima.
    """,
    source="torch.amax spreads a gradient evenly among equal entries",
)
class splits_the_gradient_among_ties:
    """max_pool_backward divides dout among the largest entries of a window"""

    def max_pool_backward(dout, cache):
        x, _, entries = cache
        windows = _windows(x, entries)
        mask = windows == windows.max(axis=2, keepdims=True)
        shares = dout[:, :, None] * mask / mask.sum(axis=2, keepdims=True)
        dx = np.zeros(x.shape)
        for k, (rows, cols) in enumerate(entries):
            dx[:, :, rows, cols] += shares[:, :, k]
        return dx


@misconception(
    caught_by="max_pool_ties",
    explanation="""
    At a tie your gradient goes to the last of the largest entries, and the first is asked for. A
    search that runs through the window and takes over whatever is at least as large as the best so
    far ends with the last of them; one that asks for strictly more stays with the first. One sign
    makes the difference, and without ties it is none, so all other checks pass. The sum of dx is
    right too. The convention is not better than yours, but a layer has to choose, and libraries
    chose the first in row-major order: the upper row, and in it the entry further left. Look at the
    comparison in your search, or at whether you search through the window from its end.
    """,
    source=">= in place of > in the running maximum; derived",
)
class lets_the_last_tie_win:
    """max_pool_forward remembers the last of several largest entries"""

    def max_pool_forward(x, window, stride):
        out, (x, _, entries) = solution.max_pool_forward(x, window, stride)
        windows = _windows(x, entries)
        last = len(entries) - 1 - np.argmax(windows[:, :, ::-1], axis=2)
        return out, (x, last, entries)
