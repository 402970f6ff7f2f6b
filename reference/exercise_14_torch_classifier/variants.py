"""Correct implementations in other styles; each must be accepted."""

import copy

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from grader.spec import solution, variant


@variant(backend="torch")
class a_module_of_its_own:
    """A subclass of nn.Module with functions in its forward; its layers have the asked names"""

    class _Net(nn.Module):
        def __init__(self, sizes, dropout):
            super().__init__()
            self.add_module("3", nn.Linear(sizes[1], sizes[2]))
            self.add_module("0", nn.Linear(sizes[0], sizes[1]))
            self.dropout = dropout

        def forward(self, x):
            hidden = self.get_submodule("0")(x).clamp(min=0)
            hidden = functional.dropout(hidden, self.dropout, self.training)
            return self.get_submodule("3")(hidden)

    def build_model(n_features, n_hidden, n_classes, dropout=0.0):
        return _Net((n_features, n_hidden, n_classes), dropout)  # noqa: F821

    def count_parameters(model):
        trainable = filter(lambda p: p.requires_grad, model.parameters())
        return int(sum(np.prod(tuple(p.shape)) for p in trainable))


@variant(backend="torch")
class gradients_without_backward:
    """torch.autograd.grad, a log-softmax by hand, and losses as tensors"""

    def train_step(model, x, y, learning_rate):
        model.train(True)
        parameters = [p for p in model.parameters() if p.requires_grad]
        scores = model(x)
        picked = scores.gather(1, y[:, None])[:, 0]
        loss = (torch.logsumexp(scores, dim=1) - picked).mean()
        for parameter, gradient in zip(
            parameters, torch.autograd.grad(loss, parameters), strict=True
        ):
            parameter.data.sub_(gradient, alpha=learning_rate)
        return loss

    def evaluate(model, x, y):
        judged = copy.deepcopy(model).eval()
        with torch.inference_mode():
            log_p = torch.log_softmax(judged(x), dim=1)
        loss = sum(-log_p[i, c] for i, c in enumerate(y.tolist())) / len(y)
        return loss, torch.eq(log_p.max(dim=1).indices, y).double().mean()


@variant(backend="torch")
class a_loader_of_batches:
    """DataLoader with the permutation as its sampler; a module as the loss"""

    def train_step(model, x, y, learning_rate):
        loss = nn.CrossEntropyLoss()(model.train()(x), y)
        loss.backward()
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.data = parameter.data - learning_rate * parameter.grad
                parameter.grad.zero_()
        return float(loss)

    def fit(model, x, y, learning_rate, batch_size, epochs, generator):
        losses = []
        for _ in range(epochs):
            order = generator.permutation(len(y)).tolist()
            loader = DataLoader(TensorDataset(x, y), batch_size=batch_size, sampler=order)
            seen = [(len(b), train_step(model, a, b, learning_rate)) for a, b in loader]  # noqa: F821
            losses.append(sum(n * loss for n, loss in seen) / sum(n for n, _ in seen))
        return losses


@variant(backend="torch")
class single_precision_inside:
    """Trains and measures a float32 copy, and writes its parameters back"""

    def train_step(model, x, y, learning_rate):
        single = copy.deepcopy(model).float()
        loss = solution.train_step(single, x.float(), y, learning_rate)
        model.load_state_dict(single.state_dict())
        model.train()
        return loss

    def evaluate(model, x, y):
        return solution.evaluate(copy.deepcopy(model).float(), x.float(), y)


@variant(backend="torch")
class slices_of_shuffled_copies:
    """Permutes x and y together by NumPy and cuts slices; the losses as one tensor of an epoch"""

    def fit(model, x, y, learning_rate, batch_size, epochs, generator):
        history = []
        for _ in range(epochs):
            order = generator.permutation(x.shape[0])
            mixed_x, mixed_y = x[order], y[order]
            weighted = []
            for start in range(0, x.shape[0], batch_size):
                end = min(start + batch_size, x.shape[0])
                loss = train_step(model, mixed_x[start:end], mixed_y[start:end], learning_rate)  # noqa: F821
                weighted.append(loss * (end - start) / x.shape[0])
            history.append(torch.tensor(weighted, dtype=torch.float64).sum())
        return history
