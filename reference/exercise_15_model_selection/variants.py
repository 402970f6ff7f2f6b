"""Correct implementations in other styles; each must be accepted."""

import numpy as np

from grader.spec import solution, variant


@variant()
class explicit_loops:
    """Python lists and loops, plain floats, a shuffled range in place of a permutation"""

    def train_validation_test_split(n, validation, test, generator):
        order = np.arange(n)
        generator.shuffle(order)
        rest = order.tolist()
        held = [rest.pop() for _ in range(int(n * test))][::-1]
        chosen = [rest.pop() for _ in range(int(n * validation))][::-1]
        return tuple(np.array(part, dtype=np.int64) for part in (rest, chosen, held))

    def k_fold(rows, k):
        folds = [[] for _ in range(k)]
        sizes = [len(rows) // k + (fold < len(rows) % k) for fold in range(k)]
        current = 0
        for row in rows.tolist():
            while len(folds[current]) == sizes[current]:
                current += 1
            folds[current].append(row)
        return [
            (np.array([row for row in rows.tolist() if row not in fold]), np.array(fold))
            for fold in folds
        ]

    def bias_variance(predictions, targets):
        r, n = predictions.shape
        squared_bias = variance = 0.0
        for j in range(n):
            average = sum(predictions[i, j] for i in range(r)) / r
            squared_bias += (average - targets[j]) ** 2 / n
            variance += sum((predictions[i, j] - average) ** 2 for i in range(r)) / (r * n)
        return float(squared_bias), float(variance), float(squared_bias + variance)

    def learning_curve(x_train, y_train, x_val, y_val, sizes, strength):
        training, validation = [], []
        for m in sizes.tolist():
            d = x_train.shape[1]
            mean = [sum(x_train[:m, j].tolist()) / m for j in range(d)]
            scale = [
                (sum((x_train[i, j] - mean[j]) ** 2 for i in range(m)) / m) ** 0.5 or 1.0
                for j in range(d)
            ]
            b = sum(y_train[:m].tolist()) / m
            z = np.array([[(row[j] - mean[j]) / scale[j] for j in range(d)] for row in x_train])
            gram, moment = np.zeros((d, d)), np.zeros(d)
            for i in range(m):
                gram += np.outer(z[i], z[i]) / m
                moment += z[i] * (y_train[i] - b) / m
            w = np.linalg.solve(gram + np.diag([float(strength)] * d), moment)
            residuals = [z[i] @ w + b - y_train[i] for i in range(m)]
            training.append(sum(r * r for r in residuals) / m)
            residuals = [
                sum((row[j] - mean[j]) / scale[j] * w[j] for j in range(d)) + b - y
                for row, y in zip(x_val, y_val, strict=True)
            ]
            validation.append(sum(r * r for r in residuals) / len(residuals))
        return np.array(training), np.array(validation)


@variant()
class library_functions:
    """np.split, np.array_split and np.setdiff1d, np.var, a stacked least-squares problem"""

    def train_validation_test_split(n, validation, test, generator):
        held, chosen = int(n * test), int(n * validation)
        return np.split(generator.permutation(n), [n - held - chosen, n - held])

    def k_fold(rows, k):
        return tuple(
            [rows[~np.isin(rows, fold)], fold] for fold in map(np.array, np.array_split(rows, k))
        )

    def bias_variance(predictions, targets):
        squared_bias = np.square(predictions.mean(axis=0) - targets).mean()
        variance = predictions.var(axis=0).mean()
        return squared_bias, variance, np.mean((predictions - targets[None, :]) ** 2)

    def learning_curve(x_train, y_train, x_val, y_val, sizes, strength):
        errors = np.zeros((2, len(sizes)))
        for s, m in enumerate(sizes):
            x, y = x_train[:m], y_train[:m]
            scale = x.std(axis=0)
            scale[scale == 0] = 1.0
            z, z_val = (x - x.mean(axis=0)) / scale, (x_val - x.mean(axis=0)) / scale
            d = x.shape[1]
            rows = np.concatenate([z, np.sqrt(m * strength) * np.eye(d)])
            w = np.linalg.lstsq(rows, np.concatenate([y - y.mean(), np.zeros(d)]), rcond=None)[0]
            errors[:, s] = (
                np.mean((z @ w + y.mean() - y) ** 2),
                np.mean((z_val @ w + y.mean() - y_val) ** 2),
            )
        return errors[0], errors[1]


@variant()
class weights_for_the_raw_features:
    """Carries the standardisation into w and b, and measures on the raw features"""

    def learning_curve(x_train, y_train, x_val, y_val, sizes, strength):
        training, validation = np.empty(len(sizes)), np.empty(len(sizes))
        for s, m in enumerate(sizes):
            x, y = x_train[:m], y_train[:m]
            centred = x - x.mean(axis=0)
            variance = np.mean(centred**2, axis=0)
            penalty = np.diag(m * strength * np.where(variance > 0, variance, 1.0))
            w = np.linalg.inv(centred.T @ centred + penalty) @ centred.T @ y
            b = y.mean() - x.mean(axis=0) @ w
            training[s] = np.mean((x @ w + b - y) ** 2)
            validation[s] = np.mean((x_val @ w + b - y_val) ** 2)
        return training, validation


@variant()
class single_precision_inside:
    """Fits and measures in float32; small integers as row numbers"""

    def k_fold(rows, k):
        return solution.k_fold(rows.astype(np.int32), k)

    def learning_curve(x_train, y_train, x_val, y_val, sizes, strength):
        arrays = (array.astype(np.float32) for array in (x_train, y_train, x_val, y_val))
        return solution.learning_curve(*arrays, sizes, strength)


@variant(backend="torch")
class torch_tensors:
    """The reference on torch tensors"""


@variant(backend="torch")
class torch_methods:
    """Tensor methods and functions of torch"""

    def k_fold(rows, k):
        import torch

        folds = torch.tensor_split(rows, k)
        return [(torch.cat(folds[:i] + folds[i + 1 :]), fold) for i, fold in enumerate(folds)]

    def bias_variance(predictions, targets):
        variance, average = predictions.var(0, correction=0), predictions.mean(0)
        squared_bias = (average - targets).pow(2)
        return squared_bias.mean(), variance.mean(), (squared_bias + variance).mean()

    def learning_curve(x_train, y_train, x_val, y_val, sizes, strength):
        import torch

        errors = []
        for m in sizes.tolist():
            x, y = x_train[:m], y_train[:m]
            scale, mean = x.std(0, correction=0), x.mean(0)
            scale = torch.where(scale == 0, 1.0, scale)
            z, z_val, b = (x - mean) / scale, (x_val - mean) / scale, y.mean()
            gram = z.T @ z + m * strength * torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
            w = torch.linalg.solve(gram, z.T @ y)
            errors.append(
                torch.stack([(z @ w + b - y).pow(2).mean(), (z_val @ w + b - y_val).pow(2).mean()])
            )
        training, validation = torch.stack(errors, dim=1)
        return training, validation
