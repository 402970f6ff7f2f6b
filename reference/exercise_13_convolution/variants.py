"""Correct implementations in other styles; each must be accepted."""

import numpy as np

from grader.spec import solution, variant


@variant()
class explicit_loops:
    """Python loops over images, filters, rows and columns"""

    def conv2d_forward(x, w, b, stride, padding):
        (n, _, height, width), (f, _, kh, kw) = x.shape, w.shape
        padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
        oh = (height + 2 * padding - kh) // stride + 1
        ow = (width + 2 * padding - kw) // stride + 1
        out = np.zeros((n, f, oh, ow))
        for image in range(n):
            for k in range(f):
                for i in range(oh):
                    for j in range(ow):
                        top, left = i * stride, j * stride
                        seen = padded[image, :, top : top + kh, left : left + kw]
                        out[image, k, i, j] = np.sum(seen * w[k]) + b[k]
        return out, (padded, w, stride, padding)

    def conv2d_backward(dout, cache):
        padded, w, stride, padding = cache
        kh, kw = w.shape[2:]
        dpadded, dw, db = np.zeros(padded.shape), np.zeros(w.shape), np.zeros(len(w))
        for image, k, i, j in np.ndindex(dout.shape):
            at = slice(i * stride, i * stride + kh), slice(j * stride, j * stride + kw)
            dpadded[image, :, *at] += dout[image, k, i, j] * w[k]
            dw[k] += dout[image, k, i, j] * padded[image, :, *at]
            db[k] += dout[image, k, i, j]
        end = [extent - padding for extent in padded.shape[2:]]
        return dpadded[:, :, padding : end[0], padding : end[1]], dw, db

    def max_pool_forward(x, window, stride):
        n, c, height, width = x.shape
        oh, ow = (height - window) // stride + 1, (width - window) // stride + 1
        out, where = np.zeros((n, c, oh, ow)), {}
        for at in np.ndindex(out.shape):
            image, channel, i, j = at
            best = None
            for row in range(i * stride, i * stride + window):
                for col in range(j * stride, j * stride + window):
                    value = x[image, channel, row, col]
                    if best is None or value > best:
                        best, where[at] = value, (image, channel, row, col)
            out[at] = best
        return out, {"shape": x.shape, "where": where}

    def max_pool_backward(dout, cache):
        dx = np.zeros(cache["shape"])
        for at, source in cache["where"].items():
            dx[source] += dout[at]
        return dx


@variant()
class one_kernel_entry_at_a_time:
    """Adds up strided slices of the image, one for every entry of the kernel"""

    def conv2d_forward(x, w, b, stride, padding):
        padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
        rows = padded.shape[2] - w.shape[2] + 1
        cols = padded.shape[3] - w.shape[3] + 1
        out = b[:, None, None]
        for i in range(w.shape[2]):
            for j in range(w.shape[3]):
                seen = padded[:, :, i : i + rows : stride, j : j + cols : stride]
                out = out + np.einsum("nchw,fc->nfhw", seen, w[:, :, i, j])
        return out, (padded, w, stride, padding, rows, cols)

    def conv2d_backward(dout, cache):
        padded, w, stride, padding, rows, cols = cache
        dpadded, dw = np.zeros(padded.shape), np.zeros(w.shape)
        for i in range(w.shape[2]):
            for j in range(w.shape[3]):
                at = slice(i, i + rows, stride), slice(j, j + cols, stride)
                dw[:, :, i, j] = np.einsum("nchw,nfhw->fc", padded[:, :, *at], dout)
                dpadded[:, :, *at] += np.einsum("nfhw,fc->nchw", dout, w[:, :, i, j])
        height, width = padded.shape[2:]
        inside = dpadded[:, :, padding : height - padding, padding : width - padding]
        return inside, dw, np.einsum("nfhw->f", dout)


@variant()
class flipped_kernel_on_a_spread_gradient:
    """dx as a convolution of dout, spread by the stride, with the flipped kernel"""

    def conv2d_forward(x, w, b, stride, padding):
        out, cache = solution.conv2d_forward(x, w, b, stride, padding)
        return out, (cache, x.shape, w, stride, padding)

    def conv2d_backward(dout, cache):
        cache, (_, _, height, width), w, stride, padding = cache
        _, dw, db = solution.conv2d_backward(dout, cache)
        n, f, oh, ow = dout.shape
        kh, kw = w.shape[2:]
        rows, cols = height + 2 * padding + kh - 1, width + 2 * padding + kw - 1
        spread = np.zeros((n, f, rows, cols))
        down = slice(kh - 1, kh - 1 + stride * oh, stride)
        right = slice(kw - 1, kw - 1 + stride * ow, stride)
        spread[:, :, down, right] = dout
        flipped = w[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
        full, _ = solution.conv2d_forward(spread, flipped, np.zeros(len(flipped)), 1, 0)
        return full[:, :, padding : padding + height, padding : padding + width], dw, db


@variant()
class sliding_windows:
    """sliding_window_view with einsum and tensordot, add.at for the way back"""

    def output_size(size, kernel, stride, padding):
        return len(range(-padding, size + padding - kernel + 1, stride))

    def conv2d_forward(x, w, b, stride, padding):
        padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
        seen = np.lib.stride_tricks.sliding_window_view(padded, w.shape[2:], axis=(2, 3))
        seen = seen[:, :, ::stride, ::stride]
        out = np.tensordot(seen, w, axes=([1, 4, 5], [1, 2, 3])) + b
        return np.moveaxis(out, 3, 1), (padded.shape, seen, w, stride, padding)

    def conv2d_backward(dout, cache):
        shape, seen, w, stride, padding = cache
        dw = np.einsum("nfhw,nchwij->fcij", dout, seen)
        dseen = np.einsum("nfhw,fcij->nchwij", dout, w)
        dpadded = np.zeros(shape)
        oh, ow, kh, kw = dseen.shape[2:]
        rows = (stride * np.arange(oh)[:, None] + np.arange(kh))[:, None, :, None]
        cols = (stride * np.arange(ow)[:, None] + np.arange(kw))[None, :, None, :]
        np.add.at(dpadded, (slice(None), slice(None), rows, cols), dseen)
        bottom, right = shape[2] - padding, shape[3] - padding
        return dpadded[:, :, padding:bottom, padding:right], dw, dout.sum(axis=(0, 2, 3))

    def max_pool_forward(x, window, stride):
        seen = np.lib.stride_tricks.sliding_window_view(x, (window, window), axis=(2, 3))
        seen = seen[:, :, ::stride, ::stride]
        seen = seen.reshape(*seen.shape[:4], window * window)
        return seen.max(axis=-1), (x.shape, seen.argmax(axis=-1), window, stride)

    def max_pool_backward(dout, cache):
        shape, largest, window, stride = cache
        dx = np.zeros(shape)
        images, channels, i, j = np.indices(dout.shape)
        down, right = np.divmod(largest, window)
        np.add.at(dx, (images, channels, i * stride + down, j * stride + right), dout)
        return dx


@variant()
class single_precision_inside:
    """Computes in float32 and returns float32"""

    def conv2d_forward(x, w, b, stride, padding):
        arrays = (a.astype(np.float32) for a in (x, w, b))
        return solution.conv2d_forward(*arrays, stride, padding)

    def conv2d_backward(dout, cache):
        return solution.conv2d_backward(dout.astype(np.float32), cache)

    def max_pool_forward(x, window, stride):
        return solution.max_pool_forward(x.astype(np.float32), window, stride)

    def max_pool_backward(dout, cache):
        return solution.max_pool_backward(dout.astype(np.float32), cache)


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""
