"""Automatic mutants of the reference solution: small mechanical edits that the checks must reject.

Mutation testing (DeMillo, Lipton and Sayward 1978) asks how many small faults a test set notices.
Misconceptions are faults that people make; mutants are all those that a machine can think of, so
they find the gaps that nobody thought of. Two libraries propose the edits: Cosmic Ray (operators,
numbers, comparisons, loops) and mutmut (arguments left out, None in place of a value). What changes
nothing that runs is left out: annotations, docstrings, names that only annotations use.
"""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class NoMutationLibrary(Exception):
    """A mutation library is not installed; the message says how to get it."""


@dataclass(frozen=True)
class Mutant:
    """One edit of a solution.

    Attributes:
        identity: `"{function or Class.method}: {original lines} → {mutated lines}"`. It survives
            edits elsewhere in the file, and is what an author writes in `EQUIVALENT_MUTANTS`.
        operator: what the library calls the edit.
        source: the whole mutated solution.
        line: the first line of the original that differs, from 1.
    """

    identity: str
    operator: str
    source: str
    line: int

    @property
    def id(self) -> str:
        """Eight hexadecimal digits of the identity."""
        return hashlib.sha256(self.identity.encode()).hexdigest()[:8]


def mutants(solution: str) -> list[Mutant]:
    """Every different mutant of a solution's source, by line.

    Two sources are the same mutant if their syntax trees are, annotations and docstrings left out;
    one whose tree is the solution's own is none, and one that does not parse is none either.

    Raises:
        NoMutationLibrary: cosmic-ray or mutmut is missing.
    """
    tree = ast.parse(solution)
    lines = solution.splitlines(keepends=True)
    found = []
    for statement in _running(tree):
        # One statement at a time, since Cosmic Ray parses all it is given for every mutant.
        start = _first_line(statement) - 1
        before, after = lines[:start], lines[statement.end_lineno :]
        text = "".join(lines[start : statement.end_lineno])
        for operator, changed in _different(text, (*_by_cosmic_ray(text), *_by_mutmut(text))):
            offset, change = _change(text, changed)
            identity = f"{_place(statement, start + offset)}: {change}"
            source = "".join([*before, changed, *after])
            found.append(Mutant(identity, operator, source, start + offset))
    return list(_numbered(sorted(found, key=lambda mutant: mutant.line)))


def _running(tree: ast.Module) -> list[ast.stmt]:
    """The module's statements, without texts and without names that only annotations use."""
    used = {
        node.id
        for statement in tree.body
        for node in ast.walk(_Bare().visit(ast.parse(ast.unparse(statement))))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    return [node for node in tree.body if not _is_text(node) and not _is_alias(node, used)]


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_alias(node: ast.stmt, used: set[str]) -> bool:
    return isinstance(node, ast.Assign) and all(
        isinstance(target, ast.Name) and target.id not in used for target in node.targets
    )


def _different(text: str, changed: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Leave out what means the same as the text, or as a mutant before it."""
    seen = {_meaning(text)}
    for operator, source in changed:
        try:
            meaning = _meaning(source)
        except SyntaxError:
            continue
        if meaning not in seen:
            seen.add(meaning)
            yield operator, source


def _by_cosmic_ray(text: str) -> Iterator[tuple[str, str]]:
    try:
        from cosmic_ray.ast import get_ast
        from cosmic_ray.mutating import mutate_code
        from cosmic_ray.plugins import get_operator, operator_names
    except ImportError as error:
        raise NoMutationLibrary(_advice(error)) from None
    nodes = list(_nodes(get_ast(text)))
    for name in sorted(operator_names()):
        try:
            operator = get_operator(name)()
        except TypeError:
            continue  # It has to be told names of variables, which no two solutions share.
        for occurrence in range(sum(len(list(operator.mutation_positions(n))) for n in nodes)):
            source = mutate_code(text, operator, occurrence)
            if source is not None:
                yield name.removeprefix("core/"), source


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for child in getattr(node, "children", ()):
        yield from _nodes(child)


def _by_mutmut(text: str) -> Iterator[tuple[str, str]]:
    try:
        import libcst
        from mutmut.mutation.mutators import mutation_operators
    except ImportError as error:
        raise NoMutationLibrary(_advice(error)) from None
    edits: list[tuple[str, libcst.CSTNode, libcst.CSTNode]] = []

    class Collector(libcst.CSTVisitor):
        def on_visit(self, node: libcst.CSTNode) -> bool:
            for kind, operator in mutation_operators:
                if isinstance(node, kind):
                    edits.extend((operator.__name__, node, new) for new in operator(node))
            return True

    tree = libcst.parse_module(text)
    tree.visit(Collector())
    for name, old, new in edits:
        changed = tree.deep_replace(old, new)
        if isinstance(changed, libcst.Module):
            yield name.removeprefix("operator_"), changed.code


def _advice(error: ImportError) -> str:
    return (
        f"Mutants need cosmic-ray and mutmut ({error}). "
        "They come with: pip install 'gradschool[test]'"
    )


def _meaning(text: str) -> str:
    """The syntax tree without what does not run, as text."""
    return ast.dump(_Bare().visit(ast.parse(text)))


class _Bare(ast.NodeTransformer):
    """Takes annotations and docstrings away."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.returns = None
        self.generic_visit(node)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AnnAssign:
        node.annotation = ast.Constant(None)
        self.generic_visit(node)
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        self.generic_visit(node)
        return None if _is_text(node) else node


def _change(before: str, after: str) -> tuple[int, str]:
    """The first line that differs, from 1, and the lines that do: `old → new`."""
    old, new = before.splitlines(), after.splitlines()
    first = last = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
        last += 1
    was, now = old[first : len(old) - last], new[first : len(new) - last]
    return first + 1, f"{_joined(was)} → {_joined(now)}"


def _joined(lines: list[str]) -> str:
    return " ".join(line.strip() for line in lines) or "(nothing)"


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _place(statement: ast.stmt, line: int) -> str:
    """The innermost definition around a line, with dots: `Class.method`."""
    names: list[str] = []
    around: list[ast.stmt] = [statement]
    while around:
        inside = [n for n in around if _first_line(n) <= line <= (n.end_lineno or 0)]
        names += [node.name for node in inside if isinstance(node, Definition)]
        around = [
            child
            for node in inside
            for child in ast.iter_child_nodes(node)
            if isinstance(child, ast.stmt)
        ]
    return ".".join(names) or "module"


def _numbered(found: list[Mutant]) -> Iterator[Mutant]:
    """Equal lines of one function give equal identities: number the later ones."""
    times: Counter[str] = Counter()
    for mutant in found:
        times[mutant.identity] += 1
        again = times[mutant.identity]
        suffix = f" ({again})" if again > 1 else ""
        yield Mutant(mutant.identity + suffix, mutant.operator, mutant.source, mutant.line)
