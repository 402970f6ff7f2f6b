"""Exercise 45: a Transformer language model in PyTorch.

Read README.md first: it has the formulas, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-45`.
"""

import numpy as np
from torch import Tensor, nn

# PyTorch is the subject here: your functions are handed torch tensors and modules.
BACKEND = "torch"


def build_language_model(
    n_words: int, context: int, width: int, n_heads: int, n_layers: int, dropout: float = 0.0
) -> nn.Module:
    """Make a Transformer that reads tokens and gives scores for the token after each of them.

    Args:
        n_words: V, the number of tokens in the vocabulary.
        context: C, the largest number of tokens that the model can read at once.
        width: D, the numbers that stand for a position inside the model.
        n_heads: H, the heads of every attention; H divides D.
        n_layers: L, the number of blocks, at least 1.
        dropout: the probability that a number of a branch is dropped in training mode.

    Returns:
        a module that turns ids (B, T), int64, with T from 1 to C, into logits (B, T, V). The names
        and shapes of its parameters are in the README.
    """
    raise NotImplementedError("build_language_model")


def draw_batch(
    ids: Tensor, context: int, batch_size: int, generator: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Cut random windows out of a long text, and the token that follows every token in them.

    Args:
        ids: the text, int64, shape (N,), with N larger than context.
        context: T, the tokens in a window.
        batch_size: B, the number of windows.
        generator: gives the B starting points in one call of `integers`.

    Returns:
        inputs: the windows, int64, shape (B, T).
        targets: the token after each token of inputs, int64, shape (B, T).
    """
    raise NotImplementedError("draw_batch")


class Trainer:
    """Trains a model by AdamW, step by step, with weight decay on its matrices and tables only."""

    def __init__(self, model: nn.Module, weight_decay: float) -> None:
        """Make the optimizer.

        Args:
            model: what `build_language_model` returned.
            weight_decay: the strength of the decay, 0 or more.
        """
        raise NotImplementedError("Trainer")

    def step(self, inputs: Tensor, targets: Tensor, learning_rate: float, max_norm: float) -> float:
        """Make one step of training on one batch, in training mode.

        Args:
            inputs: ids that the model reads, shape (B, T).
            targets: the ids that should come out, shape (B, T).
            learning_rate: that of this step.
            max_norm: the largest norm that all gradients together may have.

        Returns:
            the mean cross-entropy of the batch before the update. The parameters of the model are
            changed in place.
        """
        raise NotImplementedError("Trainer.step")


def perplexity(model: nn.Module, ids: Tensor, context: int) -> float:
    """Measure how well a model predicts a text, in eval mode, and leave the model as it was.

    Args:
        model: what `build_language_model` returned, in either mode.
        ids: the text, int64, shape (N,), with N at least 2.
        context: the tokens in a window, at most what the model can read at once.

    Returns:
        exp of the mean cross-entropy over the N - 1 tokens that have one before them.
    """
    raise NotImplementedError("perplexity")


def sample(
    model: nn.Module,
    ids: Tensor,
    n_new: int,
    context: int,
    temperature: float,
    top_k: int,
    generator: np.random.Generator,
) -> Tensor:
    """Let a model go on with a text, in eval mode, and leave the model as it was.

    Args:
        model: what `build_language_model` returned, in either mode.
        ids: the beginning, int64, shape (T,), with T at least 1 and perhaps larger than context.
        n_new: how many tokens to write.
        context: how many tokens the model reads at most.
        temperature: divides the scores; 0 takes the best token every time and draws nothing.
        top_k: how many of the best tokens may be drawn, at least 1.
        generator: gives one `random()` for every new token.

    Returns:
        the new ids without the beginning, int64, shape (n_new,).
    """
    raise NotImplementedError("sample")


def fit(
    model: nn.Module,
    ids: Tensor,
    context: int,
    batch_size: int,
    steps: int,
    warmup_steps: int,
    learning_rate: float,
    generator: np.random.Generator,
) -> list[float]:
    """Train a model on random windows of a text, with warm-up and a cosine schedule.

    Args:
        model: what `build_language_model` returned; its parameters are changed in place.
        ids: the text, int64, shape (N,), with N larger than context.
        context: the tokens in a window.
        batch_size: the windows in a batch.
        steps: how many steps to make.
        warmup_steps: the step at which the learning rate is highest; smaller than steps.
        learning_rate: the highest learning rate.
        generator: handed on to `draw_batch`, once for each step.

    Returns:
        what `Trainer.step` returned, for each step.
    """
    raise NotImplementedError("fit")
