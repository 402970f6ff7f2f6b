"""The Transformer example learns with the reference and is tested with anybody's functions."""

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from examples import transformer
from examples.course import code_of
from examples.tasks import Task
from examples.transformer import as_wanted, drawn, leaves, loss_and_right, main


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"WIDTH": 8, "HEADS": 2, "HIDDEN": 12, "LAYERS": 1, "ASKED": 6}.items():
        monkeypatch.setattr(transformer, name, value)


@pytest.fixture
def task() -> Task:
    return Task.drawn("dates", 80, seed=0)


def test_every_parameter_receives_a_gradient(small: None, task: Task) -> None:
    params = drawn(len(task.characters), seed=0)
    optimizer = torch.optim.SGD(list(leaves(params)), lr=0.01)
    schedule = torch.optim.lr_scheduler.ConstantLR(optimizer, 1.0)
    transformer.epoch_of_training(params, optimizer, schedule, task, np.arange(64))
    assert all(leaf.grad is not None and leaf.grad.abs().sum() > 0 for leaf in leaves(params))


def test_arrays_and_tensors_give_the_same_losses(small: None, task: Task) -> None:
    params = drawn(len(task.characters), seed=1)
    tensors = ModuleType("tensors")
    tensors.__dict__.update({**vars(code_of("39")), "BACKEND": "torch"})
    assert loss_and_right(tensors, params, task) == pytest.approx(
        loss_and_right(code_of("39"), params, task)
    )
    assert isinstance(as_wanted(params, "numpy")["encoder"][0]["w1"], np.ndarray)
    assert not as_wanted(params, "torch")["output_bias"].requires_grad


def test_a_model_that_always_knows_the_next_character_is_all_right(small: None, task: Task) -> None:
    answers = task.answers[task.tested : task.tested + transformer.ASKED]

    class Oracle:
        BACKEND = "numpy"
        label_smoothing_loss = staticmethod(code_of("39").label_smoothing_loss)

        @staticmethod
        def transformer_forward(source, target, params, n_heads, pad_id):
            steps = target.shape[1]
            return 50.0 * np.eye(len(task.characters))[answers[:, 1 : steps + 1]]

    loss, right = loss_and_right(Oracle, drawn(len(task.characters), seed=0), task)  # type: ignore[arg-type]
    assert loss < 1e-6 and right == 1.0


def test_a_short_run_prints_and_draws(
    small: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--epochs", "2", "--questions", "150", "--pictures", str(tmp_path)])
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("epoch")]
    losses = [float(line.split("training ")[1].split()[0]) for line in lines]
    assert len(lines) == 2 and losses[1] < losses[0]
    assert (tmp_path / "transformer.png").stat().st_size > 10_000
