"""Loads an exercise's private files, by explicit path, and the implementations made from them."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType

from grader.catalog import Catalog, Exercise
from grader.judge.compose import compose
from grader.judge.implementation import Implementation, Local
from grader.judge.interface import Interface, declared
from grader.judge.submitted import Submitted
from grader.spec.checks import Check, checks_of
from grader.spec.domain import SpecError
from grader.spec.library import Misconception, Variant, misconceptions_of, variants_of


@dataclass(frozen=True)
class Library:
    """The private side of one exercise, loaded piece by piece as it is asked for."""

    exercise: Exercise

    @cached_property
    def spec(self) -> ModuleType:
        """The module `spec.py`."""
        return self._load("spec")

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """The checks in the order they run."""
        return checks_of(self.spec)

    @property
    def forbidden(self) -> Mapping[str, str]:
        """Names a submission may not use → why."""
        return dict(getattr(self.spec, "FORBIDDEN", {}))

    @property
    def rows(self) -> Collection[str]:
        """Calls whose vectors may come as rows of shape `(1, D)`, such as `affine_backward`."""
        return tuple(getattr(self.spec, "ROW_VECTORS", ()))

    @cached_property
    def solution(self) -> ModuleType:
        """The module `solution.py`."""
        return self._load("solution")

    @cached_property
    def reference(self) -> Implementation:
        """The solution as checks call it; its results come as NumPy arrays and plain data.

        A NumPy exercise is called directly. Where the solution works on tensors or nested lists,
        it goes through the session that answers for submissions: both are handed the same.

        Raises:
            SpecError: the solution cannot be loaded.
        """
        if self.exercise.backend == "numpy":
            return Local(self.solution)
        from grader.judge.local_runner import LocalRunner

        runner = LocalRunner(self.exercise.backend)
        name = f"gradschool.{self.exercise.folder}.reference"
        source = self.text("solution").encode()
        reply = runner.ask({"op": "load", "source": source, "module": name})
        if reply.get("ok") is not True:
            raise SpecError(f"{self.exercise.id}: solution.py: {reply.get('message')}")
        return Submitted(runner)

    @cached_property
    def misconceptions(self) -> Sequence[Misconception]:
        """The named wrong implementations."""
        return misconceptions_of(self._load("misconceptions"))

    @cached_property
    def variants(self) -> Sequence[Variant]:
        """The correct implementations in other styles."""
        return variants_of(self._load("variants"))

    @cached_property
    def stub(self) -> ast.Module:
        """The stub's syntax tree."""
        return ast.parse(self.exercise.stub.read_bytes())

    @cached_property
    def interface(self) -> Interface:
        """What the stub asks for."""
        return declared(self.stub)

    def text(self, name: str) -> str:
        """The source of one of the private files: "solution", "misconceptions", "variants"."""
        return self._path(name).read_text(encoding="utf-8")

    def source(self, entry: Misconception | Variant) -> str:
        """The source of a misconception or variant as a whole submission."""
        if isinstance(entry, Variant):
            return compose(self.text("solution"), self.text("variants"), entry.name, entry.backend)
        return compose(self.text("solution"), self.text("misconceptions"), entry.name)

    def implementation(self, entry: Misconception) -> ModuleType:
        """A misconception as a module of its own, to run in the judge: it is our own code."""
        name = f"gradschool.{self.exercise.folder}.{entry.name}"
        module = ModuleType(name)
        sys.modules[name] = module
        code = compile(self.source(entry), f"<{entry.name}>", "exec", dont_inherit=True)
        exec(code, module.__dict__)
        return module

    def _path(self, name: str) -> Path:
        path = self.exercise.private / f"{name}.py"
        if not path.is_file():
            raise SpecError(f"{self.exercise.id} has no {name}.py in {self.exercise.private}")
        return path

    def _load(self, name: str) -> ModuleType:
        return load_file(self._path(name), f"gradschool.{self.exercise.folder}.{name}")


def load_file(path: Path, name: str) -> ModuleType:
    """Run a file as the module `name`, which nothing else may be called."""
    found = importlib.util.spec_from_file_location(name, path)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    found.loader.exec_module(module)
    return module


def load_solution(exercise: str) -> ModuleType:
    """The reference solution of an exercise by id, for parity tests and demonstrations."""
    return Library(Catalog().find(exercise)).solution
