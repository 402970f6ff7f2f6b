"""Exercise 14: a classifier in PyTorch.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-14`.
"""

import numpy as np
from torch import Tensor, nn

# PyTorch is the subject here: your functions are handed torch tensors and modules.
BACKEND = "torch"


def build_model(n_features: int, n_hidden: int, n_classes: int, dropout: float = 0.0) -> nn.Module:
    """Make a network of two linear layers with a ReLU and dropout between them.

    Args:
        n_features: D, the numbers in an example.
        n_hidden: H, the units of the hidden layer.
        n_classes: C, the scores that the model gives for an example.
        dropout: the probability that a hidden unit is dropped in training mode.

    Returns:
        a module that turns x (N, D) into scores (N, C). Its parameters are "0.weight" (H, D),
        "0.bias" (H,), "3.weight" (C, H) and "3.bias" (C,).
    """
    raise NotImplementedError("build_model")


def count_parameters(model: nn.Module) -> int:
    """Count the numbers in a model that training may change.

    Args:
        model: any module.

    Returns:
        the count, an int. Frozen parameters are left out, shared ones are counted once.
    """
    raise NotImplementedError("count_parameters")


def train_step(model: nn.Module, x: Tensor, y: Tensor, learning_rate: float) -> float:
    """Make one step of gradient descent on one batch, in training mode.

    Args:
        model: what `build_model` returned; its parameters are changed in place.
        x: the examples of the batch, shape (N, D).
        y: the right class of each, int64 in [0, C), shape (N,).
        learning_rate: the factor of the gradient.

    Returns:
        the mean cross-entropy of the batch before the update.
    """
    raise NotImplementedError("train_step")


def evaluate(model: nn.Module, x: Tensor, y: Tensor) -> tuple[float, float]:
    """Measure a model in eval mode, and leave it as it was.

    Args:
        model: what `build_model` returned, in either mode.
        x: examples, shape (N, D).
        y: the right class of each, int64 in [0, C), shape (N,).

    Returns:
        loss: the mean cross-entropy.
        accuracy: the share of examples, from 0 to 1, whose largest score is that of the right
            class.
    """
    raise NotImplementedError("evaluate")


def fit(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    learning_rate: float,
    batch_size: int,
    epochs: int,
    generator: np.random.Generator,
) -> list[float]:
    """Train a model for some epochs, one `train_step` for each batch.

    Args:
        model: what `build_model` returned; its parameters are changed in place.
        x: all examples, shape (N, D).
        y: the right class of each, int64 in [0, C), shape (N,).
        learning_rate: the factor of the gradient in every step.
        batch_size: how many examples a batch has; the last one of an epoch may have fewer.
        epochs: how often to go through all examples.
        generator: gives one `permutation(N)` for each epoch, and nothing else.

    Returns:
        for each epoch, the mean over its N examples of the loss they had in their step.
    """
    raise NotImplementedError("fit")
