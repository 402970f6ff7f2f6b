"""Every backward of the reference is held against torch autograd of the reference's own forward."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.catalog import Catalog, Exercise
from grader.judge.differences import gradient_records
from grader.judge.implementation import Call, Local
from grader.judge.library import Library
from grader.judge.observe import leaves
from grader.judge.tape import load_or_build
from grader.spec.checks import Check
from grader.spec.observations import Gradients

torch = pytest.importorskip("torch")

CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device is here")
DEVICES = ["cpu", pytest.param("cuda", marks=CUDA)]
CASES = 3


class OnTorch(Local):
    """The reference on tensors, behind a check that sees NumPy arrays, as it does in a verdict.

    Every array that goes in or comes out is remembered by identity, so that autograd can follow
    from a field of the case to an output of the forward.
    """

    def __init__(self, library: Library, device: str) -> None:
        super().__init__(library.solution, convert=lambda value: value)
        self.device = device
        self.known: dict[int, tuple[Any, Any]] = {}

    def watch(self, array: Any) -> Any:
        tensor = torch.from_numpy(array.copy()).to(self.device).requires_grad_(True)
        self.known[id(array)] = (array, tensor)
        return tensor

    def tensor(self, array: Any) -> Any:
        return self.known[id(array)][1]

    def invoke(self, call: Call) -> Any:
        call.args = self._in(call.args)
        call.kwargs = self._in(call.kwargs)
        return self._out(super().invoke(call))

    def _in(self, value: Any) -> Any:
        if isinstance(value, np.ndarray | np.generic):
            if id(value) in self.known:
                return self.tensor(value)
            return torch.from_numpy(np.array(value)).to(self.device)
        if isinstance(value, Mapping):
            return {key: self._in(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self._in(item) for item in value)
        return value

    def _out(self, value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            array = value.detach().cpu().numpy()
            array = array[()] if array.ndim == 0 else array
            self.known[id(array)] = (array, value)
            return array
        if isinstance(value, Mapping):
            return {key: self._out(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self._out(item) for item in value)
        return value


def gradient_checks() -> Iterator[Any]:
    """The checks that observe a gradient of an output that the submission itself returns.

    Of NumPy exercises: autograd cannot follow plain numbers, and where PyTorch is the subject it is
    autograd that gives the gradients. The parity tests of those exercises compare them.
    """
    for exercise in Catalog().exercises:
        if exercise.backend != "numpy":
            continue
        library = Library(exercise)
        for check in library.checks:
            if "gradients(" in _source(library, check):
                yield pytest.param(exercise, check, id=f"{exercise.id}-{check.name}")


def _source(library: Library, check: Check) -> str:
    text = library.text("spec")
    start = text.index(f"def {check.name}(")
    return text[start:].partition("\n@check")[0]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(("exercise", "check"), list(gradient_checks()))
def test_backward_agrees_with_autograd(
    exercise: Exercise, check: Check, device: str, cache: Path
) -> None:
    library = Library(exercise)
    compared = 0
    for case in load_or_build(library, 0, cache)[check.name].cases[:CASES]:
        compared += compare_with_autograd(library, check, dict(case.fields), device)
    if not compared:
        pytest.skip("the forward is written in the check itself; differences cover it")


def compare_with_autograd(
    library: Library, check: Check, fields: dict[str, Any], device: str
) -> int:
    """Compare all gradients of one case; return how many arrays were compared."""
    reference = OnTorch(library, device)
    watched = {
        name: {path: reference.watch(leaf) for path, leaf in leaves(name, value) if _real(leaf)}
        for name, value in fields.items()
    }
    compared = 0
    for record in gradient_records(check, reference, fields):
        total = _objective(reference, record)
        if total is None or not total.requires_grad:
            continue
        for name, stated in record.named.items():
            for path, given in leaves(name, stated):
                wanted = torch.autograd.grad(
                    total, watched[name][path], retain_graph=True, allow_unused=True
                )[0]
                truth = torch.zeros_like(watched[name][path]) if wanted is None else wanted
                np.testing.assert_allclose(
                    given, truth.cpu().numpy(), rtol=1e-9, atol=1e-11, err_msg=path
                )
                compared += 1
    return compared


def _real(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _objective(reference: OnTorch, record: Gradients) -> Any:
    if not all(id(out) in reference.known for out in record.outputs):
        return None
    return sum(
        (reference.tensor(out) * torch.as_tensor(cot, device=reference.device)).sum()
        for out, cot in zip(record.outputs, record.cotangents, strict=True)
    )


def test_a_wrong_backward_is_noticed(cache: Path) -> None:
    library = Library(Catalog().find("backprop"))
    check = next(entry for entry in library.checks if entry.name == "affine_backward_gradients")
    fields = dict(load_or_build(library, 0, cache)[check.name].cases[0].fields)
    assert compare_with_autograd(library, check, fields, "cpu") == 3
    right = library.solution.affine_backward
    library.solution.affine_backward = lambda dout, kept: tuple(
        part * 1.001 for part in right(dout, kept)
    )
    with pytest.raises(AssertionError):
        compare_with_autograd(library, check, fields, "cpu")
