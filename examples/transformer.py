"""A Transformer learns to write dates one way: its loss while it learns, from your functions.

    python -m examples.transformer

The model of exercise 39. PyTorch's autograd finds the gradients of the reference, which runs on
tensors as it stands; the losses on dates that were never trained on, and the answers, come from the
functions of `--code`, which are handed the parameters of the moment. So an exercise that has no
backward pass is seen at work, and one that is wrong is seen to be of no use. Vaswani et al. (2017),
sections 3 and 5.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

import numpy as np
import torch

from examples.course import code_of, parser
from examples.pictures import curves
from examples.tasks import PAD, Task

Array = np.ndarray[Any, Any]
Params = dict[str, Any]

WIDTH, HEADS, HIDDEN, LAYERS, BATCH, LR, SMOOTHING = 64, 4, 128, 2, 64, 0.001, 0.1
#: Steps in which the step length grows to `LR`; post-norm models need that.
WARM_UP = 100
#: Dates that are answered after each epoch.
ASKED = 200


def drawn(size: int, seed: int) -> Params:
    """Parameters for `size` characters: float32 tensors that gradients flow to."""
    source = torch.Generator().manual_seed(seed)

    def normal(rows: int, columns: int) -> Any:
        made = torch.randn(rows, columns, generator=source) * rows**-0.5
        return made.requires_grad_()

    def zeros(count: int) -> Any:
        return torch.zeros(count).requires_grad_()

    def attention() -> Params:
        weights = {f"w{name}": normal(WIDTH, WIDTH) for name in "qkvo"}
        return weights | {f"b{name}": zeros(WIDTH) for name in "qkvo"}

    def layer(attentions: Sequence[str]) -> Params:
        made: Params = {name: attention() for name in attentions}
        made |= {"w1": normal(WIDTH, HIDDEN), "b1": zeros(HIDDEN)}
        made |= {"w2": normal(HIDDEN, WIDTH), "b2": zeros(WIDTH)}
        for number in range(1, len(attentions) + 2):
            made[f"norm{number}_scale"] = torch.ones(WIDTH).requires_grad_()
            made[f"norm{number}_shift"] = zeros(WIDTH)
        return made

    tables = {
        name: (torch.randn(size, WIDTH, generator=source) * WIDTH**-0.5).requires_grad_()
        for name in ("source_embedding", "target_embedding")
    }
    return tables | {
        "encoder": [layer(["attention"]) for _ in range(LAYERS)],
        "decoder": [layer(["self_attention", "cross_attention"]) for _ in range(LAYERS)],
        "output_weight": normal(WIDTH, size),
        "output_bias": zeros(size),
    }


def leaves(params: Any) -> Iterator[Any]:
    """The tensors inside."""
    inner = params.values() if isinstance(params, dict) else params
    for value in inner:
        if isinstance(value, torch.Tensor):
            yield value
        else:
            yield from leaves(value)


def as_wanted(value: Any, backend: str) -> Any:
    """Parameters and ids as the code takes them: NumPy arrays, or tensors without gradients."""
    if isinstance(value, dict):
        return {name: as_wanted(inner, backend) for name, inner in value.items()}
    if isinstance(value, list):
        return [as_wanted(inner, backend) for inner in value]
    tensor = torch.as_tensor(value).detach()
    return tensor if backend == "torch" else tensor.numpy()


def epoch_of_training(
    params: Params, optimizer: Any, schedule: Any, task: Task, order: Array
) -> float:
    """One pass over the dates to learn from; the mean loss, with smoothing."""
    reference, pad = code_of("39"), task.characters.index(PAD)
    losses = []
    for start in range(0, len(order) - BATCH + 1, BATCH):
        rows = order[start : start + BATCH]
        source, target = (torch.from_numpy(ids[rows]) for ids in (task.questions, task.answers))
        logits = reference.transformer_forward(source, target[:, :-1], params, HEADS, pad)
        loss, dlogits = reference.label_smoothing_loss(
            logits.detach(), target[:, 1:], SMOOTHING, pad
        )
        optimizer.zero_grad()
        logits.backward(dlogits)
        optimizer.step()
        schedule.step()
        losses.append(float(loss))
    return float(np.mean(losses))


def loss_and_right(code: ModuleType, params: Params, task: Task) -> tuple[float, float]:
    """The loss on the first `ASKED` dates kept for testing, and the share written rightly."""
    backend = getattr(code, "BACKEND", "numpy")
    pad, rows = task.characters.index(PAD), slice(task.tested, task.tested + ASKED)
    given = as_wanted(params, backend)
    source, answers = (as_wanted(ids[rows], backend) for ids in (task.questions, task.answers))
    logits = code.transformer_forward(source, answers[:, :-1], given, HEADS, pad)
    loss, _ = code.label_smoothing_loss(logits, answers[:, 1:], 0.0, pad)
    written = np.full((len(source), 1), task.start, dtype=np.int64)
    for _ in range(task.length):
        logits = code.transformer_forward(source, as_wanted(written, backend), given, HEADS, pad)
        following = np.asarray(logits)[:, -1].argmax(axis=1)
        written = np.concatenate([written, following[:, None]], axis=1)
    return float(loss), float((written == task.answers[rows]).all(axis=1).mean())


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, print and draw."""
    options = parser("A Transformer learns to write dates one way.")
    options.add_argument("--epochs", type=int, default=8)
    options.add_argument("--questions", type=int, default=10_000, help="dates in all")
    chosen = options.parse_args(arguments)
    task = Task.drawn("dates", chosen.questions, chosen.seed)
    code = code_of("39", chosen.code)
    params = drawn(len(task.characters), chosen.seed)
    optimizer = torch.optim.Adam(list(leaves(params)), lr=LR)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda n: min(1.0, (n + 1) / WARM_UP))
    generator = np.random.default_rng(chosen.seed)
    training, test = [], []
    for epoch in range(1, chosen.epochs + 1):
        order = generator.permutation(task.tested)
        training.append(epoch_of_training(params, optimizer, schedule, task, order))
        loss, right = loss_and_right(code, params, task)
        test.append(loss)
        print(f"epoch {epoch:2}  training {training[-1]:.3f}  test {loss:.3f}  right {right:6.1%}")
    curves(
        {"training, with smoothing": training, "new dates, without": test},
        chosen.pictures / "transformer.png",
        title="Writing dates one way",
        ylabel="loss in nats per character",
    )


if __name__ == "__main__":
    main()
