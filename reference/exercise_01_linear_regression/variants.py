"""Correct implementations in other styles; each must be accepted."""

import numpy as np

from grader.spec import solution, variant


@variant()
class explicit_loops:
    """Python loops over examples and features, plain floats"""

    def predict(x, w, b):
        predictions = np.zeros(len(x))
        for n in range(len(x)):
            total = b
            for d in range(len(w)):
                total += x[n, d] * w[d]
            predictions[n] = total
        return predictions

    def mean_squared_error(predictions, y):
        pairs = zip(predictions.tolist(), y.tolist(), strict=True)
        return sum((p - t) ** 2 for p, t in pairs) / len(y)

    def mean_absolute_error(predictions, y):
        pairs = zip(predictions.tolist(), y.tolist(), strict=True)
        return sum(abs(p - t) for p, t in pairs) / len(y)

    def fit_line(x, y):
        n = len(x)
        mean_x, mean_y = sum(x.tolist()) / n, sum(y.tolist()) / n
        cov = var = 0.0
        for i in range(n):
            cov += (x[i] - mean_x) * (y[i] - mean_y)
            var += (x[i] - mean_x) ** 2
        slope = cov / var
        return float(slope), float(mean_y - slope * mean_x)


@variant()
class single_precision_inside:
    """Predicts and measures in float32 and returns float32"""

    def predict(x, w, b):
        return solution.predict(x.astype(np.float32), w.astype(np.float32), np.float32(b))

    def mean_squared_error(predictions, y):
        return solution.mean_squared_error(predictions.astype(np.float32), y.astype(np.float32))

    def mean_absolute_error(predictions, y):
        return solution.mean_absolute_error(predictions.astype(np.float32), y.astype(np.float32))


@variant()
class sample_covariance_and_gram_matrix:
    """np.cov with n - 1 throughout; the pseudoinverse of AᵀA, with the ones last"""

    def mean_squared_error(predictions, y):
        residual = y - predictions
        return np.dot(residual, residual) / residual.size

    def fit_line(x, y):
        cov = np.cov(x, y)
        slope = cov[0, 1] / cov[0, 0]
        return slope, y.mean() - slope * x.mean()

    def fit_normal_equation(x, y):
        a = np.c_[x, np.ones(len(x))]
        v = np.linalg.pinv(a.T @ a) @ (a.T @ y)
        return v[:-1], v[-1]


@variant()
class solves_unless_the_rank_is_too_low:
    """solve where AᵀA has an inverse, NumPy's own pinv elsewhere; slope by one product"""

    def fit_line(x, y):
        centred = x - x.mean()
        slope = centred @ y / (centred @ centred)
        return slope, np.mean(y - slope * x)

    def fit_normal_equation(x, y):
        a = np.ones((x.shape[0], x.shape[1] + 1))
        a[:, 1:] = x
        if np.linalg.matrix_rank(a) == a.shape[1]:
            v = np.linalg.solve(a.T @ a, a.T @ y)
        else:
            v = np.linalg.pinv(a) @ y
        return v[1:], v[0]


@variant()
class singular_values_by_hand:
    """The pseudoinverse written with the SVD, einsum for the prediction"""

    def predict(x, w, b):
        return np.einsum("nd,d->n", x, w) + b

    def fit_normal_equation(x, y):
        u, s, vt = np.linalg.svd(np.insert(x, 0, 1.0, axis=1), full_matrices=False)
        keep = s > 1e-10 * s[0]
        v = vt[keep].T @ ((u[:, keep].T @ y) / s[keep])
        return v[1:], float(v[0])


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""


@variant(backend="torch")
class torch_methods:
    """Tensor methods, functions of torch, and eigenvalues of AᵀA"""

    def predict(x, w, b):
        return x.matmul(w).add(b)

    def mean_squared_error(predictions, y):
        return (predictions - y).pow(2).mean()

    def mean_absolute_error(predictions, y):
        return (predictions - y).abs().sum() / len(y)

    def fit_normal_equation(x, y):
        import torch

        a = torch.cat([x.new_ones(len(x), 1), x], dim=1)
        size, vector = torch.linalg.eigh(a.T @ a)
        keep = size > 1e-12 * size.max()
        vector = vector[:, keep]
        v = vector @ ((vector.T @ (a.T @ y)) / size[keep])
        return v[1:], v[0]
