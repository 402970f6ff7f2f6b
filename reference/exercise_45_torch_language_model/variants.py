"""Correct implementations in other styles; each must be accepted."""

import copy
import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from grader.spec import solution, variant


@variant(backend="torch")
class attention_by_hand:
    """A buffer as the mask, one product of all heads, and layers of one's own"""

    class _Block(nn.Module):
        def __init__(self, width, n_heads, dropout):
            super().__init__()
            self.n_heads, self.p = n_heads, dropout
            self.down = nn.Linear(4 * width, width)
            self.up = nn.Linear(width, 4 * width)
            self.proj = nn.Linear(width, width)
            self.qkv = nn.Linear(width, 3 * width, bias=False)
            self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)

        def forward(self, x):
            batch, length, width = x.shape
            shape = (batch, length, 3, self.n_heads, width // self.n_heads)
            q, k, v = self.qkv(self.norm1(x)).view(shape).permute(2, 0, 3, 1, 4)
            scores = q @ k.mT / math.sqrt(width // self.n_heads)
            later = torch.ones(length, length, dtype=torch.bool, device=x.device).triu(1)
            weights = scores.masked_fill(later, -math.inf).softmax(dim=-1)
            mixed = torch.einsum("bhts,bhsk->bthk", weights, v).reshape(x.shape)
            x = functional.dropout(self.proj(mixed), self.p, self.training) + x
            a = self.up(self.norm2(x))
            a = a / 2 * (1 + torch.tanh(math.sqrt(2 / math.pi) * (a + 0.044715 * a**3)))
            return functional.dropout(self.down(a), self.p, self.training) + x


@variant(backend="torch")
class shapes_in_one_row:
    """Batches from slices of NumPy's starts, a loss by hand, perplexity from one padded batch"""

    def draw_batch(ids, context, batch_size, generator):
        starts = generator.integers(0, len(ids) - context, size=batch_size).tolist()
        rows = torch.stack([ids[start : start + context + 1] for start in starts])
        return rows[:, :-1], rows[:, 1:]

    class Trainer(solution.Trainer):
        def step(self, inputs, targets, learning_rate, max_norm):
            parameters = list(self._model.train(True).parameters())
            log_p = self._model(inputs).log_softmax(dim=-1)
            loss = -log_p.gather(2, targets[..., None]).mean()
            grads = torch.autograd.grad(loss, parameters)
            norm = torch.sqrt(sum((grad**2).sum() for grad in grads)).item()
            for parameter, grad in zip(parameters, grads, strict=True):
                parameter.grad = grad * min(1.0, max_norm / (norm + 1e-6))
            self._update(learning_rate)
            return loss

    def perplexity(model, ids, context):
        judged = copy.deepcopy(model).eval()
        rest = -(len(ids) - 1) % context
        inputs = functional.pad(ids[:-1], (0, rest)).view(-1, context)
        targets = functional.pad(ids[1:], (0, rest), value=-100).view(-1, context)
        with torch.inference_mode():
            loss = functional.cross_entropy(judged(inputs).transpose(1, 2), targets)
        return loss.exp()


@variant(backend="torch")
class two_groups_of_an_optimizer:
    """AdamW from torch.optim, with two groups whose learning rate is set in every step"""

    class Trainer:
        def __init__(self, model, weight_decay):
            self.model = model
            groups = [{"params": [], "weight_decay": decay} for decay in (0.0, weight_decay)]
            for parameter in model.parameters():
                groups[parameter.ndim > 1]["params"].append(parameter)
            self.optimizer = torch.optim.AdamW(groups)

        def step(self, inputs, targets, learning_rate, max_norm):
            self.model.train()
            for group in self.optimizer.param_groups:
                group["lr"] = learning_rate
            loss = functional.cross_entropy(self.model(inputs).mT, targets)
            loss.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), max_norm)
            self.optimizer.step()
            self.optimizer.zero_grad()
            return float(loss)


@variant(backend="torch")
class numpy_chooses:
    """Scores go to NumPy, which sorts, draws and keeps the list"""

    def sample(model, ids, n_new, context, temperature, top_k, generator):
        mode, text = model.training, ids.tolist()
        model.eval()
        for _ in range(n_new):
            read = torch.tensor([text[-context:]], device=ids.device)
            scores = model(read)[0, -1].detach().double().cpu().numpy()
            order = np.argsort(-scores, kind="stable")
            if temperature == 0:
                text.append(int(order[0]))
                continue
            p = np.zeros(len(scores))
            best = order[:top_k]
            p[best] = np.exp((scores[best] - scores.max()) / temperature)
            sums = np.cumsum(p)
            text.append(int(np.searchsorted(sums, generator.random() * sums[-1], side="right")))
        model.train(mode)
        return torch.tensor(text[len(ids) :], dtype=torch.int64, device=ids.device)


@variant(backend="torch")
class single_precision_measurement:
    """Measures and writes with a float32 copy of the model"""

    def perplexity(model, ids, context):
        return solution.perplexity(copy.deepcopy(model).float(), ids, context)

    def sample(model, ids, n_new, context, temperature, top_k, generator):
        single = copy.deepcopy(model).float()
        return solution.sample(single, ids, n_new, context, temperature, top_k, generator)
