"""Makes one source text from the reference solution and a misconception or variant.

The text serves twice: executed in the judge to compare outputs, and written to a file to be graded
like any submission. Members of the class replace names of the solution; `solution` stands for
what was there before.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Sequence

from grader.spec.domain import SpecError

KEEP_ORIGINALS = """
import types as _types

solution = _types.SimpleNamespace(
    **{_name: _value for _name, _value in list(globals().items()) if not _name.startswith("__")}
)
"""


def compose(
    solution: str, library: str, entry: str, backend: str | None = None, *, also: Sequence[str] = ()
) -> str:
    """Return the source of the implementation called `entry`.

    Args:
        solution: source of `solution.py`.
        library: source of `misconceptions.py` or `variants.py`.
        entry: name of the class in it.
        backend: written as the submission's `BACKEND` when given.
        also: further classes whose members are put behind those of `entry`; `solution` is the
            reference for them too.

    Raises:
        SpecError: the library has no such class, or shares a helper's name with the solution.
    """
    tree = ast.parse(library)
    containers = [_container(tree, name) for name in (entry, *also)]
    for name in sorted(_defined(ast.parse(solution)) & _defined(tree)):
        raise SpecError(
            f"{name!r} is defined in the solution too; give the shared one another name"
        )
    head = f'BACKEND = "{backend}"\n' if backend else ""
    shared = [_source(library, node) for node in tree.body if _is_shared(node)]
    members = [
        _source(library, node)
        for container in containers
        for node in container.body
        if not _is_text(node)
    ]
    return "\n\n".join([solution + head, KEEP_ORIGINALS, *shared, *members]) + "\n"


def _defined(tree: ast.Module) -> set[str]:
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {node.name for node in tree.body if isinstance(node, kinds)}


def _container(tree: ast.Module, entry: str) -> ast.ClassDef:
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == entry:
            return node
    raise SpecError(f"there is no class {entry!r}")


def _is_shared(node: ast.stmt) -> bool:
    if isinstance(node, ast.ImportFrom):
        return not (node.module or "").startswith("grader")
    if isinstance(node, ast.ClassDef):
        return not node.decorator_list
    return not _is_text(node)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _source(text: str, node: ast.stmt) -> str:
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    lines = text.splitlines()[first - 1 : node.end_lineno]
    return textwrap.dedent("\n".join(lines))
