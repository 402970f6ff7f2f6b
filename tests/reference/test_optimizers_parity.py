"""The reference of exercise 09 against `torch.optim` and its schedulers, in float64."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from grader.judge.library import load_solution

STEPS = 50
SHAPES = {"table": (2, 3, 4), "w": (5, 7), "b": (6,), "scale": (1,)}

#: class → its settings, torch's class, torch's settings for the same rule. The learning rate is
#: the same for both. torch's defaults that the rules rely on are written out.
RULES: dict[str, tuple[dict[str, float], Any, dict[str, Any]]] = {
    "SGD": ({}, torch.optim.SGD, {"momentum": 0.0}),
    "Momentum": (
        {"momentum": 0.85},
        torch.optim.SGD,
        {"momentum": 0.85, "dampening": 0.0, "nesterov": False},
    ),
    "AdaGrad": (
        {"eps": 1e-7},
        torch.optim.Adagrad,
        # torch's own eps is 1e-10; it is added to the root there as well.
        {"eps": 1e-7, "lr_decay": 0.0, "initial_accumulator_value": 0.0},
    ),
    "RMSprop": (
        {"beta": 0.95, "eps": 1e-7},
        torch.optim.RMSprop,
        {"alpha": 0.95, "eps": 1e-7, "centered": False, "momentum": 0.0},
    ),
    "Adam": (
        {"beta1": 0.8, "beta2": 0.99, "eps": 1e-7},
        torch.optim.Adam,
        {"betas": (0.8, 0.99), "eps": 1e-7, "weight_decay": 0.0, "amsgrad": False},
    ),
    "AdamW": (
        {"beta1": 0.8, "beta2": 0.99, "eps": 1e-7, "weight_decay": 0.2},
        torch.optim.AdamW,
        {"betas": (0.8, 0.99), "eps": 1e-7, "weight_decay": 0.2, "amsgrad": False},
    ),
}

#: Rules whose defaults are torch's as well.
SAME_DEFAULTS = ("Adam", "AdamW")


def drawn() -> tuple[dict[str, torch.Tensor], list[dict[str, torch.Tensor]]]:
    """Parameters, and gradients for every step.

    Each entry keeps a scale between 1e-8 and 1e4. Some entries are zero in all steps, some from
    time to time, and all of them in steps 0 (nothing remembered yet), 20 and 21.
    """
    source = torch.Generator().manual_seed(9)

    def normal(shape: tuple[int, ...]) -> torch.Tensor:
        return torch.randn(shape, generator=source, dtype=torch.float64)

    def uniform(shape: tuple[int, ...]) -> torch.Tensor:
        return torch.rand(shape, generator=source, dtype=torch.float64)

    params = {name: normal(shape) for name, shape in SHAPES.items()}
    scales = {name: 10.0 ** (12 * uniform(shape) - 8) for name, shape in SHAPES.items()}
    silent = {name: uniform(shape) < 0.1 for name, shape in SHAPES.items()}
    grads = []
    for step in range(STEPS):
        present = 0.0 if step in (0, 20, 21) else 1.0
        grads.append(
            {
                name: present
                * torch.where(silent[name] | (uniform(shape) < 0.2), 0.0, normal(shape))
                * scales[name]
                for name, shape in SHAPES.items()
            }
        )
    return params, grads


def torch_path(
    kind: Any, settings: dict[str, Any], params: dict[str, torch.Tensor], grads: list[Any]
) -> Iterator[dict[str, torch.Tensor]]:
    """The parameters after each step of an optimizer of torch."""
    held = {name: p.clone() for name, p in params.items()}
    optimizer = kind(list(held.values()), **settings)
    for turn in grads:
        for name, p in held.items():
            p.grad = turn[name].clone()
        optimizer.step()
        yield {name: p.clone() for name, p in held.items()}


def assert_same_path(optimizer: Any, expected: Iterator[Any], place: str) -> None:
    """Walk with the reference and compare after every step."""
    params, grads = drawn()

    def at_place(tensors: dict[str, torch.Tensor]) -> dict[str, Any]:
        if place == "numpy":
            return {name: tensor.numpy() for name, tensor in tensors.items()}
        return {name: tensor.to(place) for name, tensor in tensors.items()}

    here = at_place(params)
    for step, (turn, wanted) in enumerate(zip(grads, expected, strict=True)):
        here = optimizer.step(here, at_place(turn))
        assert list(here) == list(SHAPES)
        for name, tensor in wanted.items():
            assert isinstance(here[name], np.ndarray if place == "numpy" else torch.Tensor)
            torch.testing.assert_close(
                torch.as_tensor(here[name]).cpu(),
                tensor,
                rtol=1e-10,
                atol=1e-11,
                msg=lambda text, name=name, step=step: f"{name}, step {step + 1}: {text}",
            )


@pytest.mark.parametrize("name", RULES)
def test_optimizer_equals_torch(name: str, place: str) -> None:
    ours, kind, theirs = RULES[name]
    optimizer = getattr(load_solution("exercise-09"), name)(0.03, **ours)
    expected = torch_path(kind, {"lr": 0.03, **theirs}, *drawn())
    assert_same_path(optimizer, expected, place)


@pytest.mark.parametrize("name", SAME_DEFAULTS)
def test_defaults_are_those_of_torch(name: str) -> None:
    optimizer = getattr(load_solution("exercise-09"), name)(0.01)
    expected = torch_path(RULES[name][1], {"lr": 0.01}, *drawn())
    assert_same_path(optimizer, expected, "numpy")


@pytest.mark.parametrize("name", RULES)
def test_a_checkpoint_is_taken_over_as_in_torch(name: str) -> None:
    """Parameters are replaced after some steps; the state goes on, here as there."""
    ours, kind, theirs = RULES[name]
    params, grads = drawn()
    optimizer = getattr(load_solution("exercise-09"), name)(0.03, **ours)
    here = params
    held = {key: p.clone() for key, p in params.items()}
    other = kind(list(held.values()), **{"lr": 0.03, **theirs})
    for step, turn in enumerate(grads[:9]):
        if step == 5:
            here = {key: -2.0 * p for key, p in params.items()}
            for key, p in held.items():
                p.copy_(here[key])
        here = optimizer.step(here, turn)
        for key, p in held.items():
            p.grad = turn[key].clone()
        other.step()
    for key, p in held.items():
        torch.testing.assert_close(here[key], p, rtol=1e-10, atol=1e-11)


def test_nothing_is_changed_in_place() -> None:
    solution = load_solution("exercise-09")
    for name, (ours, _, _) in RULES.items():
        params, grads = drawn()
        before = {key: p.clone() for key, p in params.items()}
        optimizer = getattr(solution, name)(0.1, **ours)
        first = optimizer.step(params, grads[1])
        kept = {key: p.clone() for key, p in first.items()}
        optimizer.step(first, grads[2])
        untouched = drawn()[1]
        for key in SHAPES:
            assert torch.equal(params[key], before[key])
            assert torch.equal(first[key], kept[key])
            assert torch.equal(grads[1][key], untouched[1][key])


@pytest.mark.parametrize("min_lr", [0.0, 0.02])
@pytest.mark.parametrize(("warmup", "total"), [(1, 30), (5, 30), (12, 13)])
def test_schedule_equals_torch(warmup: int, total: int, min_lr: float) -> None:
    """torch gives its first update epoch 0 and ours is step 1, so its warm-up starts at 1/warmup.

    LinearLR reaches the peak in epoch warmup - 1, where CosineAnnealingLR takes over.
    """
    solution = load_solution("exercise-09")
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.5)
    schedulers = torch.optim.lr_scheduler
    rise = schedulers.LinearLR(optimizer, start_factor=1 / warmup, total_iters=max(1, warmup - 1))
    fall = schedulers.CosineAnnealingLR(optimizer, T_max=total - warmup, eta_min=min_lr)
    whole = schedulers.SequentialLR(optimizer, [rise, fall], milestones=[warmup - 1])
    for step in range(1, total + 1):
        expected = optimizer.param_groups[0]["lr"]
        actual = solution.cosine_schedule(step, 0.5, warmup, total, min_lr)
        assert actual == pytest.approx(expected, rel=1e-9, abs=1e-12), f"step {step}"
        optimizer.step()
        whole.step()
    # torch's cosine would climb again here; ours stays.
    assert solution.cosine_schedule(total + 3, 0.5, warmup, total, min_lr) == min_lr


def test_schedule_without_warm_up_equals_torch() -> None:
    solution = load_solution("exercise-09")
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.5)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=20, eta_min=0.1)
    for step in range(21):
        actual = solution.cosine_schedule(step, 0.5, 0, 20, 0.1)
        assert actual == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9)
        optimizer.step()
        fall.step()
