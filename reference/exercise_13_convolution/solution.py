"""Reference solution of exercise 13: convolution and max pooling, each with its backward.

Goodfellow, Bengio and Courville (2016), chapter 9; the windows become the columns of a matrix as
in Chellapilla, Puri and Simard (2006). Images are (N, C, H, W): N images, C channels, H rows, W
columns. F filters of KH rows and KW columns give outputs of OH rows and OW columns.
"""

from typing import Any

from array_api_compat import array_namespace, device

Array = Any


def output_size(size: int, kernel: int, stride: int, padding: int) -> int:
    """How many windows of length kernel fit, stride apart, on size + 2 · padding places."""
    return (size + 2 * padding - kernel) // stride + 1


def conv2d_forward(x: Array, w: Array, b: Array, stride: int, padding: int) -> tuple[Array, Any]:
    """x (N, C, H, W), w (F, C, KH, KW), b (F,) → out (N, F, OH, OW)."""
    xp = array_namespace(x)
    n, c, height, width = x.shape
    f, _, kh, kw = w.shape
    oh = output_size(height, kh, stride, padding)
    ow = output_size(width, kw, stride, padding)

    padded = _pad(x, padding)
    entries = _entries(kh, kw, stride, oh, ow)
    windows = xp.stack([padded[:, :, rows, cols] for rows, cols in entries], axis=2)
    columns = xp.reshape(windows, (n, c * kh * kw, oh * ow))
    out = xp.reshape(w, (f, c * kh * kw)) @ columns + b[:, None]
    return xp.reshape(out, (n, f, oh, ow)), (padded, columns, w, entries, padding)


def conv2d_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """dout (N, F, OH, OW) → dx (N, C, H, W), dw (F, C, KH, KW), db (F,)."""
    padded, columns, w, entries, padding = cache
    xp = array_namespace(dout)
    n, f, oh, ow = dout.shape
    _, c, height, width = padded.shape

    flat = xp.reshape(dout, (n, f, oh * ow))
    dw = xp.sum(flat @ xp.matrix_transpose(columns), axis=0)
    db = xp.sum(flat, axis=(0, 2))
    dcolumns = xp.reshape(w, (f, columns.shape[1])).T @ flat
    dwindows = xp.reshape(dcolumns, (n, c, len(entries), oh, ow))

    dpadded = xp.zeros_like(padded)
    for k, (rows, cols) in enumerate(entries):
        dpadded[:, :, rows, cols] += dwindows[:, :, k, ...]
    dx = dpadded[:, :, padding : height - padding, padding : width - padding]
    return dx, xp.reshape(dw, w.shape), db


def max_pool_forward(x: Array, window: int, stride: int) -> tuple[Array, Any]:
    """x (N, C, H, W) → out (N, C, OH, OW), the largest entry of each window."""
    xp = array_namespace(x)
    oh = output_size(x.shape[2], window, stride, 0)
    ow = output_size(x.shape[3], window, stride, 0)
    entries = _entries(window, window, stride, oh, ow)
    windows = xp.stack([x[:, :, rows, cols] for rows, cols in entries], axis=2)
    return xp.max(windows, axis=2), (x, xp.argmax(windows, axis=2), entries)


def max_pool_backward(dout: Array, cache: Any) -> Array:
    """dout (N, C, OH, OW) → dx (N, C, H, W)."""
    x, largest, entries = cache
    xp = array_namespace(dout)
    dx = xp.zeros_like(x)
    for k, (rows, cols) in enumerate(entries):
        dx[:, :, rows, cols] += xp.where(largest == k, dout, xp.zeros_like(dout))
    return dx


def _pad(x: Array, padding: int) -> Array:
    """(N, C, H, W) → (N, C, H + 2 · padding, W + 2 · padding), with zeros around."""
    xp = array_namespace(x)
    n, c, height, width = x.shape
    above = xp.zeros((n, c, padding, width), dtype=x.dtype, device=device(x))
    x = xp.concat([above, x, above], axis=2)
    left = xp.zeros((n, c, height + 2 * padding, padding), dtype=x.dtype, device=device(x))
    return xp.concat([left, x, left], axis=3)


def _entries(kh: int, kw: int, stride: int, oh: int, ow: int) -> list[tuple[slice, slice]]:
    """For each entry of a window, in row-major order, the rows and columns where it falls.

    Entry (i, j) of the windows falls on rows i, i + stride, i + 2 · stride, … and on columns
    j, j + stride, …; so one slice reads that entry of all windows at once.
    """
    return [
        (slice(i, i + stride * oh, stride), slice(j, j + stride * ow, stride))
        for i in range(kh)
        for j in range(kw)
    ]
