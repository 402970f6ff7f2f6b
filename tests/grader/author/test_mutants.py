from __future__ import annotations

import ast
import builtins
from typing import Any

import pytest

from grader.author.mutants import Mutant, NoMutationLibrary, mutants
from grader.judge.library import Library

SOURCE = '''"""A text, 1 + 1."""

from typing import Any

Array = Any | None
FACTOR = 3


def scaled(x: Array | None, axis: int = 2) -> Array | None:
    """Not code: 1 + 1."""
    return x.sum(axis=axis, keepdims=True) * FACTOR


class Counter:
    """Also a text."""

    def add(self, n: int) -> int:
        total: int = self.total + n
        self.total = total
        self.total = total
        return total
'''


@pytest.fixture(scope="module")
def found() -> list[Mutant]:
    return mutants(SOURCE)


def identities(found: list[Mutant]) -> set[str]:
    return {mutant.identity for mutant in found}


def test_both_libraries_are_asked(found: list[Mutant]) -> None:
    line = "return x.sum(axis=axis, keepdims=True) * FACTOR"
    assert identities(found) >= {
        f"scaled: {line} → return x.sum(axis=axis, keepdims=True) + FACTOR",
        f"scaled: {line} → return x.sum(axis=axis, ) * FACTOR",
    }


def test_methods_are_named_with_their_class(found: list[Mutant]) -> None:
    place = "Counter.add: total: int = self.total + n →"
    assert f"{place} total: int = self.total - n" in identities(found)


def test_constants_that_are_used_are_mutated(found: list[Mutant]) -> None:
    assert "module: FACTOR = 3 → FACTOR = 4" in identities(found)


def test_defaults_are_mutated(found: list[Mutant]) -> None:
    line = "def scaled(x: Array | None, axis: int = {}) -> Array | None:"
    assert f"scaled: {line.format(2)} → {line.format(3)}" in identities(found)


def test_what_does_not_run_is_left_alone(found: list[Mutant]) -> None:
    for mutant in found:
        assert "Array = Any | None" in mutant.source, mutant.identity
        assert "-> Array | None:" in mutant.source, mutant.identity
        assert mutant.source.count("1 + 1") == 2, mutant.identity


def test_no_two_are_the_same_and_none_is_the_original(found: list[Mutant]) -> None:
    trees = [ast.dump(ast.parse(mutant.source)) for mutant in found]
    assert len({*trees, ast.dump(ast.parse(SOURCE))}) == len(trees) + 1
    assert len(identities(found)) == len({mutant.id for mutant in found}) == len(found)


def test_equal_lines_are_told_apart(found: list[Mutant]) -> None:
    twice = "Counter.add: self.total = total → self.total = None"
    both = [mutant for mutant in found if mutant.identity.startswith(twice)]
    assert [mutant.identity for mutant in both] == [twice, f"{twice} (2)"]
    assert both[0].line + 1 == both[1].line


def test_only_the_line_named_is_changed(found: list[Mutant]) -> None:
    for mutant in found:
        old, new = SOURCE.splitlines(), mutant.source.splitlines()
        changed = [n for n, pair in enumerate(zip(old, new, strict=True), 1) if len({*pair}) > 1]
        assert changed == [mutant.line]


def test_an_edit_elsewhere_changes_no_identity(found: list[Mutant]) -> None:
    moved = mutants("import math\n\n\ndef first():\n    return math.pi\n\n\n" + SOURCE)
    assert identities(moved) >= identities(found)


def test_the_solutions_have_many_and_the_same_each_time(miniature_library: Library) -> None:
    text = miniature_library.text("solution")
    assert len(mutants(text)) > 50
    assert mutants(text) == mutants(text)


@pytest.mark.parametrize("library", ["cosmic_ray", "mutmut"])
def test_a_missing_library_is_said_plainly(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.partition(".")[0] == library:
            raise ImportError(f"No module named '{library}'")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(NoMutationLibrary, match=f"{library}.*pip install"):
        mutants(SOURCE)
