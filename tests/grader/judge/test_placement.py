"""What a torch submission would do wrong on a GPU is told, on a machine that has none."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from grader.judge import placement, replay
from grader.judge.grade import Options, grade
from grader.judge.launch import RunnerPool
from grader.judge.library import Library
from grader.judge.placement import worth_a_look
from grader.result import Result, Status

STUB = """
import numpy as np
import torch

BACKEND = "torch"


class Counter:
    def __init__(self, start):
        self.total = start

    def add(self, x):
        self.total = self.total + x.sum()
        return self.total


def mean_backward(dout, cache):
    return cache[:, None] * dout[None, :]


def mean_forward(x, weight=None):
    w = {ones} if weight is None else weight
    share = w / w.sum()
    return {result}, share
"""
RIGHT = {"ones": "torch.ones_like(x[:, 0])", "result": "share @ x"}
NEAR = "torch.ones(len(x), dtype=x.dtype)"


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with RunnerPool() as pool:
        yield Options(cache=tmp_path_factory.mktemp("tapes"), runner=pool.start)


def verdict(library: Library, options: Options, **parts: str) -> Result:
    return grade(library.exercise, STUB.format(**{**RIGHT, **parts}).encode(), options)


def messages(result: Result) -> list[str]:
    assert result.status is Status.PASSED
    return [check.message for check in result.checks]


def test_a_tensor_made_on_the_cpu_is_told_once_with_its_line(
    miniature_library: Library, options: Options
) -> None:
    values, gradients, counter = messages(verdict(miniature_library, options, ones=NEAR))
    began, _, rest = values.partition("though: ")
    assert began == "Right on the CPU, which is all that is asked. On a GPU, "
    operation, _, rest = rest.partition(" takes a float64 tensor of shape ")
    assert operation in ("mm", "mv", "matmul", "div")
    assert rest.partition(" on the CPU")[2] == (
        " and another on the GPU. See line 24, in mean_forward. Make tensors where the arguments "
        "are: device=x.device."
    )
    assert gradients == counter == ""


def test_a_result_on_the_cpu_is_told(miniature_library: Library, options: Options) -> None:
    result = "torch.zeros(x.shape[1], dtype=x.dtype) + 0 if len(x) == 0 else (share @ x).cpu()"
    found = messages(verdict(miniature_library, options, result=result))
    # A copy to the CPU needs numbers, and there are none on `meta`: nothing can be said.
    assert found == ["", "", ""]
    result = "torch.zeros(x.shape[1], dtype=x.dtype) if x.is_meta else share @ x"
    found = messages(verdict(miniature_library, options, result=result))
    assert "On a GPU, though: mean_forward returns a tensor on the CPU." in found[0]


def test_a_numpy_array_of_a_tensor_is_told(miniature_library: Library, options: Options) -> None:
    result = "torch.from_numpy(share.numpy() @ x.numpy())"
    found = messages(verdict(miniature_library, options, result=result))
    assert "On a GPU, though: a tensor there cannot become a NumPy array. See line 24" in found[0]


@pytest.mark.parametrize(
    "parts",
    [
        {"ones": "torch.ones(len(x), dtype=x.dtype, device=x.device)"},
        {"ones": "torch.ones(len(x), dtype=x.dtype).to(x.device)"},
        {"result": "(share @ x) * (1.0 if x.max() > -100 else torch.tensor([2.0]))"},
    ],
    ids=["made there", "moved there", "depends on numbers"],
)
def test_nothing_is_told_of_what_runs_or_cannot_be_followed(
    miniature_library: Library, options: Options, parts: dict[str, str]
) -> None:
    assert messages(verdict(miniature_library, options, **parts)) == ["", "", ""]


def test_a_wrong_check_gets_no_note(miniature_library: Library, options: Options) -> None:
    result = verdict(miniature_library, options, ones=f"2 - {NEAR} / 2", result="2 * share @ x")
    assert result.checks[0].status is Status.FAILED
    assert "On a GPU" not in "".join(check.message for check in result.checks)


def test_a_runner_that_is_lost_on_meta_changes_nothing(
    miniature_library: Library, options: Options
) -> None:
    dies = f"(__import__('os')._exit(3) if x.is_meta else {NEAR})"
    assert messages(verdict(miniature_library, options, ones=dies)) == ["", "", ""]


@pytest.mark.parametrize(
    ("changes", "ones", "looked"),
    [
        ({}, NEAR, True),
        ({}, RIGHT["ones"], False),
        ({"explain": False}, NEAR, False),
        ({"hidden": True}, NEAR, False),
    ],
    ids=["made nowhere in particular", "made where the argument is", "no words", "hidden"],
)
def test_the_runner_on_meta_is_started_only_where_it_is_of_use(
    miniature_library: Library,
    options: Options,
    changes: dict[str, Any],
    ones: str,
    looked: bool,
) -> None:
    devices = []

    def start(backend: str, device: str, seconds: float, ahead: Sequence[str]) -> Any:
        devices.append(device)
        assert options.runner is not None
        return options.runner(backend, device, seconds, ahead)

    verdict(miniature_library, replace(options, runner=start, **changes), ones=ones)
    assert devices.count("meta") == int(looked)


def test_the_guard_is_what_tells(
    miniature_library: Library, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "worth_a_look", lambda tree: False)
    assert messages(verdict(miniature_library, options, ones=NEAR)) == ["", "", ""]
    assert placement.worth_a_look is worth_a_look


@pytest.mark.parametrize(
    ("source", "worth"),
    [
        ("import torch\ntorch.arange(3)", True),
        ("import torch as t\nt.ones(3, dtype=t.bool)", True),
        ("from torch import tril_indices\ntril_indices(3, 3)", True),
        ("import numpy as np\nnp.tril(np.ones((3, 3)))", True),
        ("def f(x):\n    return x.cpu()", True),
        ("import torch\ndef f(x):\n    return torch.arange(3, device=x.device)", False),
        ("import torch\ndef f(x, **kind):\n    return torch.ones(3, **kind)", False),
        ("import torch\ndef f(x):\n    return torch.ones_like(x) + x.new_zeros(3)", False),
        ("import numpy as np\nArray = np.ndarray", False),
        ("def arange(n): ...\narange(3)", False),
        ("import torch\ndef f(x):\n    return torch.arange(3).to(x.device)", False),
        (
            "import torch\ndef g(x): return torch.arange(3)\ndef f(x): return x.to(g(x).device)",
            True,
        ),
    ],
)
def test_a_source_is_worth_a_look_if_it_makes_a_tensor_and_does_not_say_where(
    source: str, worth: bool
) -> None:
    assert worth_a_look(ast.parse(source)) is worth


@pytest.mark.parametrize("exercise", ["14", "35", "36", "39", "45"])
def test_the_references_say_where(catalog: Any, exercise: str) -> None:
    assert not worth_a_look(ast.parse(Library(catalog.find(exercise)).text("solution")))
