"""Reference solution of exercise 14: a PyTorch classifier, trained by gradient descent.

Paszke et al. (2019); Goodfellow, Bengio and Courville (2016), sections 6.1 and 8.1.3.
N examples, D features, H hidden units, C classes.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional


def build_model(n_features: int, n_hidden: int, n_classes: int, dropout: float = 0.0) -> nn.Module:
    """(N, D) → scores (N, C): linear, ReLU, dropout, linear."""
    return nn.Sequential(
        nn.Linear(n_features, n_hidden),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(n_hidden, n_classes),
    )


def count_parameters(model: nn.Module) -> int:
    """How many numbers training may change."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def train_step(model: nn.Module, x: Tensor, y: Tensor, learning_rate: float) -> float:
    """x (N, D), y (N,) → mean loss before the update; the model is changed."""
    model.train()
    model.zero_grad()
    loss = functional.cross_entropy(model(x), y)
    loss.backward()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.grad is not None:
                parameter -= learning_rate * parameter.grad
    return loss.item()


def evaluate(model: nn.Module, x: Tensor, y: Tensor) -> tuple[float, float]:
    """x (N, D), y (N,) → mean loss, accuracy; the model is left as it was found."""
    was_training = model.training
    model.eval()
    with torch.no_grad():
        scores = model(x)
    model.train(was_training)
    loss = functional.cross_entropy(scores, y).item()
    right = scores.argmax(dim=1) == y
    return loss, right.sum().item() / len(y)


def fit(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    learning_rate: float,
    batch_size: int,
    epochs: int,
    generator: np.random.Generator,
) -> list[float]:
    """x (N, D), y (N,) → one mean loss per epoch; the model is changed."""
    losses = []
    for _ in range(epochs):
        order = torch.from_numpy(generator.permutation(len(x))).to(x.device)
        total = 0.0
        for batch in order.split(batch_size):
            total += len(batch) * train_step(model, x[batch], y[batch], learning_rate)
        losses.append(total / len(x))
    return losses
