"""Reference solution of exercise 45: a Transformer language model in PyTorch.

Radford et al. (2019), section 2; Xiong et al. (2020), figure 1b; Loshchilov and Hutter (2019).
B texts, T tokens in each, V words, C context, D width, H heads, N tokens of a stream.
"""

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

WEIGHT_DECAY = 0.1
MAX_NORM = 1.0


def build_language_model(
    n_words: int, context: int, width: int, n_heads: int, n_layers: int, dropout: float = 0.0
) -> nn.Module:
    """ids (B, T) → logits (B, T, V): embeddings, pre-norm blocks, norm, tied head."""
    return _LanguageModel(n_words, context, width, n_heads, n_layers, dropout)


class _Block(nn.Module):
    """x (B, T, D) → (B, T, D): causal attention, then a feed-forward network."""

    def __init__(self, width, n_heads, dropout):
        super().__init__()
        self.n_heads = n_heads
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.proj = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        x = x + self.dropout(self.attention(self.norm1(x)))
        return x + self.dropout(self.feed_forward(self.norm2(x)))

    def attention(self, x):
        parts = self.qkv(x).chunk(3, dim=-1)
        q, k, v = (part.unflatten(-1, (self.n_heads, -1)).transpose(1, 2) for part in parts)
        heads = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.proj(heads.transpose(1, 2).flatten(2))

    def feed_forward(self, x):
        return self.down(functional.gelu(self.up(x), approximate="tanh"))


class _LanguageModel(nn.Module):
    def __init__(self, n_words, context, width, n_heads, n_layers, dropout):
        super().__init__()
        self.token = nn.Embedding(n_words, width)
        self.position = nn.Embedding(context, width)
        self.blocks = nn.ModuleList(_Block(width, n_heads, dropout) for _ in range(n_layers))
        self.norm = nn.LayerNorm(width)
        for parameter in self.parameters():
            if parameter.ndim == 2:
                nn.init.normal_(parameter, std=0.02)
        for block in self.blocks:
            for linear in (block.proj, block.up, block.down):
                nn.init.zeros_(linear.bias)

    def forward(self, ids):
        positions = torch.arange(ids.shape[1], device=ids.device)
        x = self.token(ids) + self.position(positions)
        for block in self.blocks:
            x = block(x)
        return functional.linear(self.norm(x), self.token.weight)


def draw_batch(
    ids: Tensor, context: int, batch_size: int, generator: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """ids (N,) → inputs (B, T), targets (B, T) with T = context; targets are one token ahead."""
    starts = torch.from_numpy(generator.integers(0, len(ids) - context, batch_size))
    places = (starts[:, None] + torch.arange(context)).to(ids.device)
    return ids[places], ids[places + 1]


class Trainer:
    """AdamW that decays tables and matrices, and leaves vectors alone.

    PyTorch's own AdamW, with two groups of parameters, does the same; loading it takes longer than
    everything else here.
    """

    def __init__(self, model: nn.Module, weight_decay: float) -> None:
        self._model = model
        self._steps = 0
        # For each parameter its decay and its two averages.
        self._entries = [
            [p, weight_decay if p.ndim >= 2 else 0.0, torch.zeros_like(p), torch.zeros_like(p)]
            for p in model.parameters()
        ]

    def step(self, inputs: Tensor, targets: Tensor, learning_rate: float, max_norm: float) -> float:
        """inputs (B, T), targets (B, T) → mean loss before the update; the model is changed."""
        self._model.train()
        self._model.zero_grad()
        logits = self._model(inputs)
        loss = functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(self._model.parameters(), max_norm)
        self._update(learning_rate)
        return loss.item()

    def _update(self, learning_rate):
        self._steps += 1
        with torch.no_grad():
            for p, decay, m, v in self._entries:
                m.mul_(0.9).add_(0.1 * p.grad)
                v.mul_(0.999).add_(0.001 * p.grad**2)
                m_hat = m / (1 - 0.9**self._steps)
                v_hat = v / (1 - 0.999**self._steps)
                p -= learning_rate * (m_hat / (v_hat.sqrt() + 1e-8) + decay * p)


def perplexity(model: nn.Module, ids: Tensor, context: int) -> float:
    """ids (N,) → exp of the mean loss of the N - 1 predictions, window by window."""
    was_training = model.training
    model.eval()
    total = 0.0
    with torch.no_grad():
        for inputs, targets in zip(ids[:-1].split(context), ids[1:].split(context), strict=True):
            logits = model(inputs[None])[0]
            total += functional.cross_entropy(logits, targets, reduction="sum").item()
    model.train(was_training)
    return math.exp(total / (len(ids) - 1))


def sample(
    model: nn.Module,
    ids: Tensor,
    n_new: int,
    context: int,
    temperature: float,
    top_k: int,
    generator: np.random.Generator,
) -> Tensor:
    """ids (T,) → the n_new ids that the model writes after them."""
    was_training = model.training
    model.eval()
    text = ids
    with torch.no_grad():
        for _ in range(n_new):
            logits = model(text[None, -context:])[0, -1]
            text = torch.cat([text, _choose(logits, temperature, top_k, generator)])
    model.train(was_training)
    return text[len(ids) :]


def _choose(logits, temperature, top_k, generator):
    """logits (V,) → one id, shape (1,); sums are float64, so that they do not end before u."""
    scores = logits.double()
    best = scores.argsort(descending=True, stable=True)[:top_k]
    if temperature == 0:
        return best[:1]
    kept = torch.full_like(scores, -math.inf)
    kept[best] = scores[best] / temperature
    sums = functional.softmax(kept, dim=0).cumsum(dim=0)
    return (sums / sums[-1] <= generator.random()).sum()[None]


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
    """ids (N,) → the loss of every step; the model is changed."""
    trainer = Trainer(model, WEIGHT_DECAY)
    losses = []
    for step in range(1, steps + 1):
        inputs, targets = draw_batch(ids, context, batch_size, generator)
        rate = learning_rate * _share_of_peak(step, warmup_steps, steps)
        losses.append(trainer.step(inputs, targets, rate, MAX_NORM))
    return losses


def _share_of_peak(step, warmup_steps, steps):
    """Linear warm-up to 1, then half a cosine down to 0.1."""
    if step < warmup_steps:
        return step / warmup_steps
    progress = (step - warmup_steps) / (steps - warmup_steps)
    return 0.1 + 0.45 * (1 + math.cos(math.pi * progress))
