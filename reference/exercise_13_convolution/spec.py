"""What exercise 13 checks. Sizes, then convolution, first with stride 1, then pooling."""

import numpy as np

from grader.spec import (
    Dim,
    Size,
    check,
    derived,
    dimension,
    domain,
    gradients,
    holds,
    integers,
    reals,
    same,
    special,
    values,
)

FORBIDDEN = {
    "torch.nn": "write the layers yourself",
    "torch.conv2d": "write the convolution yourself",
    "torch.convolution": "write the convolution yourself",
    "torch.max_pool2d": "write the pooling yourself",
    "torch.max_pool2d_with_indices": "write the pooling yourself",
    "scipy.signal": "write the convolution yourself",
    "scipy.ndimage": "write the convolution yourself",
    "torch.autograd": "the backward pass is what this exercise is about",
    ".backward": "the backward pass is what this exercise is about",
}

EQUIVALENT_MUTANTS = {
    "_pad: … → …, dtype=None, device=device(x))": (
        "None stands for float64, which the inputs have, and a float32 result may be float64"
    ),
    "_pad: … → …, padding, width), device=device(x))": (
        "float64 is the default, which the inputs have, and a float32 result may be float64"
    ),
    "_pad: … → …2 * padding, padding), device=device(x))": (
        "float64 is the default, which the inputs have, and a float32 result may be float64"
    ),
    "_pad: … → …, device=None)": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
    "_pad: … → …, dtype=x.dtype, )": (
        "the judge's arrays are on the CPU, where this is the default; --device cuda tells"
    ),
}

ROOM = 20


def _size(name, low, high):
    """A size that may equal those of the images: kernels of 2 × 3 on 3 images with 2 channels."""
    dim = Dim(f"{name} + {ROOM}", low + ROOM, high + ROOM)
    return Size(name, lambda sizes: dim(sizes) - ROOM, frozenset({dim}))


def _windows(name, size, kernel, stride, padding):
    """How many windows fit; 0 or less if none does."""
    parts = [part for part in (size, kernel, stride, padding) if isinstance(part, Size)]

    def count(sizes):
        extent, length, step, frame = (
            part(sizes) if isinstance(part, Size) else part
            for part in (size, kernel, stride, padding)
        )
        return max((extent + 2 * frame - length) // step + 1, 0)

    return Size(name, count, frozenset().union(*(part.dims for part in parts)))


N, C, F = Dim("N", 1, 2), Dim("C", 1, 3), Dim("F", 1, 4)
H, W = Dim("H", 2, 6), Dim("W", 2, 7)
KH, KW, K = _size("KH", 1, 3), _size("KW", 1, 3), _size("window", 1, 3)
STRIDE, PADDING = _size("stride", 1, 3), _size("padding", 0, 2)

layer = dict(x=reals(N, C, H, W), w=reals(F, C, KH, KW), b=reals(F))


def _fits(case, rows=1):
    """Whether an output has that many rows and columns at least."""
    frame = 2 * getattr(case, "padding", 0)
    (h, w), (kh, kw) = case.x.shape[2:], case.w.shape[2:]
    step = getattr(case, "stride", 1)
    return h + frame - kh >= (rows - 1) * step and w + frame - kw >= (rows - 1) * step


def _dout(stride, padding):
    rows = _windows("OH", H, KH, stride, padding)
    return reals(N, F, rows, _windows("OW", W, KW, stride, padding))


plain = domain(**layer, where=lambda case: _fits(case, 2))
plain_back = domain(**layer, dout=_dout(1, 0), where=_fits)
moved = domain(**layer, stride=dimension(STRIDE), padding=dimension(PADDING), where=_fits)
moved_back = domain(
    **layer,
    stride=dimension(STRIDE),
    padding=dimension(PADDING),
    dout=_dout(STRIDE, PADDING),
    where=_fits,
)


def _ranks(noise):
    """0 for the middle entry, 1 for the next larger, and so on, in the shape of `noise`."""
    ranks = np.argsort(np.argsort(noise, axis=None, kind="stable"))
    return (ranks - noise.size // 2).reshape(noise.shape)


pooled = dict(
    noise=reals(N, C, H, W),
    # No two entries are equal or close, so that every window has one largest entry.
    x=derived(lambda case: _ranks(case.noise) * 0.125),
    window=dimension(K),
    stride=dimension(STRIDE),
)
POOLED = (_windows("OH", H, K, STRIDE, 0), _windows("OW", W, K, STRIDE, 0))


def _window_fits(case):
    return case.window <= min(case.x.shape[2:])


pool = domain(**pooled, where=_window_fits)
pool_back = domain(**pooled, dout=reals(N, C, *POOLED), where=_window_fits)
pool_ties = domain(
    levels=integers(N, C, H, W, low=-1, high=2),
    x=derived(lambda case: case.levels.astype(np.float64)),
    window=dimension(K),
    stride=dimension(STRIDE),
    dout=reals(N, C, *POOLED),
    where=_window_fits,
)


def _wave(*shape, start=1.0):
    """Small whole numbers without a pattern that a mistake could share."""
    numbers = 6 * np.sin(start + 1.7 * np.arange(np.prod(shape)))
    return (np.round(numbers) + 0.0).reshape(shape)


def _images(x, w, stride, padding):
    """An explicit case for images and filters of the given shapes."""
    rows, cols = (
        (extent + 2 * padding - length) // stride + 1
        for extent, length in zip(x[2:], w[2:], strict=True)
    )
    return dict(
        x=_wave(*x),
        w=_wave(*w, start=2.0),
        b=np.array([0.5, -1.0, 2.0, 1.5])[: w[0]],
        stride=stride,
        padding=padding,
        dout=_wave(x[0], w[0], rows, cols, start=3.0),
    )


def _pooling(x, window, stride, dout):
    return dict(
        x=np.array(x, dtype=np.float64)[None, None],
        window=window,
        stride=stride,
        dout=np.array(dout, dtype=np.float64)[None, None],
    )


GEOMETRY = [
    special("padding on both sides", lambda: _images((1, 1, 2, 3), (1, 1, 2, 2), 1, 1)),
    special("a stride that does not fit", lambda: _images((1, 1, 6, 5), (1, 1, 3, 2), 2, 0)),
    special("gaps between the windows", lambda: _images((1, 1, 5, 7), (2, 1, 1, 2), 3, 0)),
    special("a kernel that fills the image", lambda: _images((2, 2, 2, 3), (2, 2, 2, 3), 2, 0)),
    special("a kernel larger than the image", lambda: _images((1, 1, 2, 1), (1, 1, 3, 3), 1, 1)),
    special("padding wider than the kernel", lambda: _images((1, 1, 2, 3), (1, 1, 1, 2), 2, 2)),
    special("a square kernel", lambda: _images((2, 2, 5, 4), (3, 2, 3, 3), 2, 1)),
]


@check(
    task="output_size",
    points=1,
    cases=domain(
        size=dimension(_size("size", 1, 12)),
        kernel=dimension(_size("kernel", 1, 4)),
        stride=dimension(_size("stride", 1, 4)),
        padding=dimension(_size("padding", 0, 3)),
        where=lambda case: case.kernel <= case.size + 2 * case.padding,
    ),
    special=[
        special("one window", lambda: dict(size=5, kernel=5, stride=1, padding=0)),
        special("a remainder", lambda: dict(size=6, kernel=3, stride=2, padding=0)),
        special("no remainder", lambda: dict(size=7, kernel=3, stride=2, padding=0)),
        special("padding", lambda: dict(size=4, kernel=3, stride=1, padding=2)),
    ],
)
def output_size_values(student, case):
    """output_size counts the windows that fit"""
    found = student.output_size(case.size, case.kernel, case.stride, case.padding)
    room = case.size + 2 * case.padding
    end = (found - 1) * case.stride + case.kernel
    return [
        values(size=found),
        holds(end <= room, because="the last window ends inside the padded axis"),
        holds(end + case.stride > room, because="one more window would not fit"),
    ]


@check(
    task="conv2d_forward",
    points=1,
    cases=plain,
    special=[
        special("a square kernel", lambda: _images((2, 2, 4, 5), (3, 2, 2, 2), 1, 0)),
        special("two filters", lambda: _images((2, 3, 3, 4), (2, 3, 2, 1), 1, 0)),
    ],
)
def conv2d_forward_values(student, case):
    """conv2d_forward slides each filter over the image and adds its bias"""
    out, _ = student.conv2d_forward(case.x, case.w, case.b, 1, 0)
    inner, _ = student.conv2d_forward(case.x[:, :, 1:, 1:], case.w, case.b, 1, 0)
    corner = case.w[:, :, :1, :1]
    pixels, _ = student.conv2d_forward(case.x, corner, case.b, 1, 0)
    affine = np.einsum("nchw,fc->nfhw", case.x, corner[:, :, 0, 0]) + case.b[:, None, None]
    return [
        values(out=out),
        same(
            inner,
            out[:, :, 1:, 1:],
            because="without its first row and column, the image gives the output without its own",
        ),
        same(
            pixels,
            affine,
            because="a kernel of one entry multiplies each pixel's channels by a matrix",
        ),
    ]


@check(task="conv2d_forward", points=2, cases=moved, special=GEOMETRY)
def conv2d_forward_stride_and_padding(student, case):
    """conv2d_forward takes any stride and padding"""
    out, _ = student.conv2d_forward(case.x, case.w, case.b, case.stride, case.padding)
    dense, _ = student.conv2d_forward(case.x, case.w, case.b, 1, case.padding)
    frame = [(0, 0), (0, 0), (case.padding, case.padding), (case.padding, case.padding)]
    framed, _ = student.conv2d_forward(np.pad(case.x, frame), case.w, case.b, case.stride, 0)
    return [
        values(out=out),
        same(
            out,
            dense[:, :, :: case.stride, :: case.stride],
            because="a stride of s keeps every s-th row and column of the output for stride 1",
        ),
        same(framed, out, because="an image that has a frame of zeros needs no padding"),
    ]


def _linearity(case, out, dx, dw):
    """Without the bias, out is linear in x and linear in w."""
    through = case.dout * (out - case.b[:, None, None])
    total, scale = np.sum(through), float(np.sum(np.abs(through)))
    return [
        same(
            np.sum(case.x * dx),
            total,
            because="Σ x · dx equals Σ dout · (out - b), since out - b is linear in x",
            scale=scale,
        ),
        same(
            np.sum(case.w * dw),
            total,
            because="Σ w · dw equals Σ dout · (out - b), since out - b is linear in w",
            scale=scale,
        ),
    ]


@check(
    task="conv2d_backward",
    points=1,
    cases=plain_back,
    special=[special("a square kernel", lambda: _images((2, 2, 4, 5), (3, 2, 2, 2), 1, 0))],
)
def conv2d_backward_gradients(student, case):
    """conv2d_backward returns the gradients for x, w and b"""
    out, cache = student.conv2d_forward(case.x, case.w, case.b, 1, 0)
    dx, dw, db = student.conv2d_backward(case.dout, cache)
    return [
        gradients(of=out, cotangent=case.dout, x=dx, w=dw, b=db),
        *_linearity(case, out, dx, dw),
    ]


@check(task="conv2d_backward", points=2, cases=moved_back, special=GEOMETRY)
def conv2d_backward_stride_and_padding(student, case):
    """conv2d_backward returns the gradients for any stride and padding"""
    out, cache = student.conv2d_forward(case.x, case.w, case.b, case.stride, case.padding)
    dx, dw, db = student.conv2d_backward(case.dout, cache)
    return [
        gradients(of=out, cotangent=case.dout, x=dx, w=dw, b=db),
        *_linearity(case, out, dx, dw),
    ]


@check(
    task="max_pool_forward",
    points=1,
    cases=pool,
    special=[
        special(
            "nothing above zero",
            lambda: _pooling([[-3, -2, -5], [-4, -1, -7], [-9, -6, -8]], 2, 1, np.ones((2, 2))),
        ),
        special(
            "a window as large as the image",
            lambda: _pooling([[1.5, -2.0], [0.25, 3.0]], 2, 2, [[1.0]]),
        ),
        special(
            "a large entry that no window sees",
            lambda: _pooling([[1, 2, 90], [3, 0, 80], [60, 70, 50]], 2, 2, [[1.0]]),
        ),
    ],
)
def max_pool_forward_values(student, case):
    """max_pool_forward keeps the largest entry of each window"""
    out, _ = student.max_pool_forward(case.x, case.window, case.stride)
    lower, _ = student.max_pool_forward(case.x - 50, case.window, case.stride)
    return [
        values(out=out),
        same(lower, out - 50, because="if every entry is 50 smaller, so is every maximum"),
    ]


@check(
    task="max_pool_backward",
    points=1,
    cases=pool_back,
    special=[
        special(
            "one entry that is the largest of four windows",
            lambda: _pooling(
                [[1, 2, 3], [4, 9, 5], [6, 7, 8]], 2, 1, [[1.0, 20.0], [300.0, 4000.0]]
            ),
        ),
        special(
            "rows and columns that no window sees",
            lambda: _pooling([[1, 2, 90], [3, 0, 80], [60, 70, 50]], 2, 2, [[-1.5]]),
        ),
        special(
            "gaps between the windows",
            lambda: _pooling([[4, 8, -3, 1], [6, 7, 5, 2]], 1, 3, [[0.5, -2.0]]),
        ),
    ],
)
def max_pool_backward_gradients(student, case):
    """max_pool_backward hands each window's gradient to its largest entry"""
    out, cache = student.max_pool_forward(case.x, case.window, case.stride)
    dx = student.max_pool_backward(case.dout, cache)
    return [
        gradients(of=out, cotangent=case.dout, x=dx),
        same(
            dx.sum(axis=(2, 3)),
            case.dout.sum(axis=(2, 3)),
            because="in every channel of an image, dx adds up to what dout adds up to",
            scale=float(np.sum(np.abs(case.dout))),
        ),
    ]


@check(
    task="max_pool_backward",
    points=1,
    cases=pool_ties,
    special=[
        special("all entries equal", lambda: _pooling(np.full((2, 3), -1.0), 2, 1, [[3.0, -0.5]])),
        special(
            "a tie of the second and the third entry",
            lambda: _pooling([[0, 2], [2, 1]], 2, 2, [[1.5]]),
        ),
        special(
            "ties in overlapping windows",
            lambda: _pooling(
                [[1, 5, 5], [5, 0, 5], [5, 5, 1]], 2, 1, [[1.0, 20.0], [300.0, 4000.0]]
            ),
        ),
    ],
)
def max_pool_ties(student, case):
    """Of several largest entries, the first in row-major order gets the whole gradient"""
    out, cache = student.max_pool_forward(case.x, case.window, case.stride)
    return values(out=out, dx=student.max_pool_backward(case.dout, cache))
