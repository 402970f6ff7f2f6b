"""Correct implementations in other styles; each must be accepted."""

import math

import numpy as np

from grader.spec import solution, variant

_CURVES = {
    "sigmoid": (lambda z: 1 / (1 + math.exp(-z)), lambda z: 1 / (2 + math.exp(z) + math.exp(-z))),
    "tanh": (math.tanh, lambda z: 1 / math.cosh(z) ** 2),
    "relu": (lambda z: max(z, 0.0), lambda z: float(z > 0)),
}


@variant()
class explicit_loops:
    """Python loops over examples and units, slopes computed from the sums"""

    def xavier_uniform(fan_in, fan_out, gain, generator):
        limit = gain * math.sqrt(6 / (fan_in + fan_out))
        w = np.zeros((fan_in, fan_out))
        for i in range(fan_in):
            for j in range(fan_out):
                w[i, j] = (2 * generator.random() - 1) * limit
        return w

    def he_normal(fan_in, fan_out, generator):
        w = np.zeros((fan_in, fan_out))
        for i in range(fan_in):
            for j in range(fan_out):
                w[i, j] = generator.standard_normal() * math.sqrt(2 / fan_in)
        return w

    def activation_statistics(x, weights, activation, threshold):
        curve, slope = _CURVES[activation]
        mean, std, stuck = [], [], []
        for w in weights:
            columns = w.T.tolist()
            z = [[sum(map(math.prod, zip(row, c, strict=True))) for c in columns] for row in x]
            x = [[curve(value) for value in row] for row in z]
            entries = [value for row in x for value in row]
            middle = sum(entries) / len(entries)
            mean.append(middle)
            std.append(math.sqrt(sum((value - middle) ** 2 for value in entries) / len(entries)))
            flat = [all(slope(row[j]) < threshold for row in z) for j in range(len(columns))]
            stuck.append(sum(flat) / len(flat))
        return np.array(mean), np.array(std), np.array(stuck)

    def gradient_norms(x, weights, activation, dout):
        curve, slope = _CURVES[activation]
        slopes = []
        for w in weights:
            z = x @ w
            slopes.append(np.vectorize(slope, otypes=[float])(z))
            x = np.vectorize(curve, otypes=[float])(z)
        norms = [math.sqrt(sum(value**2 for value in dout.ravel()))]
        for w, s in zip(weights[::-1], slopes[::-1], strict=True):
            dout = (dout * s) @ w.T
            norms.insert(0, math.sqrt(sum(value**2 for value in dout.ravel())))
        return np.array(norms)

    def residual_forward(x, w1, b1, w2, b2):
        out = np.zeros(x.shape)
        for n, row in enumerate(x):
            hidden = [max(0.0, float(row @ w1[:, j] + b1[j])) for j in range(len(b1))]
            for d in range(len(row)):
                branch = sum(h * w for h, w in zip(hidden, w2[:, d], strict=True)) + b2[d]
                out[n, d] = row[d] + branch
        return out, {"x": x, "w1": w1, "b1": b1, "w2": w2}

    def residual_backward(dout, cache):
        x, w1, b1, w2 = cache["x"], cache["w1"], cache["b1"], cache["w2"]
        dx, dw1, db1 = dout.copy(), np.zeros(w1.shape), np.zeros(len(b1))
        dw2, db2 = np.zeros(w2.shape), np.zeros(w2.shape[1])
        for n, row in enumerate(x):
            db2 += dout[n]
            for j in range(len(b1)):
                z = row @ w1[:, j] + b1[j]
                if z > 0:
                    dz = dout[n] @ w2[j]
                    dw2[j] += z * dout[n]
                    dw1[:, j] += dz * row
                    db1[j] += dz
                    dx[n] += dz * w1[:, j]
        return dx, dw1, db1, dw2, db2


@variant()
class single_precision_inside:
    """Computes in float32; a gradient is scaled to norm 1 in each layer and its size kept apart"""

    def xavier_uniform(fan_in, fan_out, gain, generator):
        limit = gain * math.sqrt(6 / (fan_in + fan_out))
        return generator.uniform(-limit, limit, (fan_in, fan_out)).astype(np.float32)

    def he_normal(fan_in, fan_out, generator):
        w = generator.standard_normal((fan_in, fan_out)) * math.sqrt(2 / fan_in)
        return w.astype(np.float32)

    def activation_statistics(x, weights, activation, threshold):
        weights = [w.astype(np.float32) for w in weights]
        return solution.activation_statistics(x.astype(np.float32), weights, activation, threshold)

    def gradient_norms(x, weights, activation, dout):
        a, layers = x.astype(np.float32), []
        for w in weights:
            z = a @ w.astype(np.float32)
            if activation == "relu":
                a = np.maximum(z, 0)
                layers.append(np.sign(a))
            elif activation == "tanh":
                a = np.tanh(z)
                layers.append(1 - a * a)
            else:
                a = 1 / (1 + np.exp(-z))
                layers.append(a * (1 - a))
        da, size = dout.astype(np.float32), 1.0
        norms = [float(np.linalg.norm(da))]
        for w, slope in zip(weights[::-1], layers[::-1], strict=True):
            da = (da * slope) @ w.astype(np.float32).T
            norm = float(np.linalg.norm(da))
            norms.append(size * norm)
            if norm > 0:
                size, da = size * norm, da / np.float32(norm)
        return np.array(norms[::-1])

    def residual_forward(x, w1, b1, w2, b2):
        return solution.residual_forward(*(part.astype(np.float32) for part in (x, w1, b1, w2, b2)))

    def residual_backward(dout, cache):
        return solution.residual_backward(dout.astype(np.float32), cache)


@variant()
class one_expression_each:
    """np.std, np.linalg.norm and einsum, recursion for the chain, bias gradients as rows"""

    def xavier_uniform(fan_in, fan_out, gain, generator):
        std = gain * (2 / (fan_in + fan_out)) ** 0.5
        return (generator.random(size=(fan_in, fan_out)) - 0.5) * std * 12**0.5

    def he_normal(fan_in, fan_out, generator):
        return generator.standard_normal(fan_in * fan_out).reshape(fan_in, -1) / (fan_in / 2) ** 0.5

    def activation_statistics(x, weights, activation, threshold):
        mean, std, stuck = [], [], []
        for w in weights:
            z = np.einsum("nd,dm->nm", x, w)
            if activation == "relu":
                x, flat = z * (z > 0), (z <= 0) & (threshold > 0) | (threshold > 1)
            elif activation == "tanh":
                x = 1 - 2 / (np.exp(2 * z) + 1)
                flat = (1 + x) * (1 - x) < threshold
            else:
                x = 0.5 + 0.5 * np.tanh(z / 2)
                flat = x - x**2 < threshold
            mean.append(x.mean())
            std.append(np.std(x))
            stuck.append(1 - np.any(~flat, axis=0).mean())
        return np.array(mean), np.array(std), np.array(stuck)

    def gradient_norms(x, weights, activation, dout):
        def back(a, rest):
            if not len(rest):
                return dout, [np.linalg.norm(dout)]
            z = a @ rest[0]
            if activation == "relu":
                f = np.clip(z, 0, None)
                slope = np.heaviside(z, 0)
            else:
                f = np.tanh(z) if activation == "tanh" else 1 / (1 + np.exp(-z))
                slope = 1 - f**2 if activation == "tanh" else f - f**2
            da, norms = back(f, rest[1:])
            da = np.einsum("nm,dm->nd", da * slope, rest[0])
            return da, [np.linalg.norm(da), *norms]

        return np.array(back(x, weights)[1])

    def residual_forward(x, w1, b1, w2, b2):
        h = np.maximum(0, x @ w1 + b1)
        return np.hstack([x, h]) @ np.vstack([np.eye(len(w1)), w2]) + b2, [x, h, w1, w2]

    def residual_backward(dout, cache):
        x, h, w1, w2 = cache
        dz = (dout @ w2.T) * np.sign(h)
        dx = np.hstack([dout, dz]) @ np.hstack([np.eye(len(w1)), w1]).T
        db1, db2 = dz.sum(axis=0, keepdims=True), dout.sum(axis=0, keepdims=True)
        return dx, x.T @ dz, db1, h.T @ dout, db2


@variant(backend="torch")
class torch_tensors:
    """Tensors throughout, the starting weights included"""

    def xavier_uniform(fan_in, fan_out, gain, generator):
        import torch

        return torch.from_numpy(solution.xavier_uniform(fan_in, fan_out, gain, generator))

    def he_normal(fan_in, fan_out, generator):
        import torch

        return torch.asarray(solution.he_normal(fan_in, fan_out, generator))
