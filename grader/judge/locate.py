"""Finds the line of a submission that a failed call leads to."""

from __future__ import annotations

import ast
from collections.abc import Iterable

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def definition_line(tree: ast.Module, label: str) -> int | None:
    """The line on which `label` (`relu_backward`, `TwoLayerNet.loss`) is defined.

    The last definition of a name counts. A method that a class does not define itself leads to the
    class; a name that is not defined in the file (imported, assigned) leads nowhere.
    """
    name, _, method = label.partition(".")
    found = _last(tree.body, name)
    if found is None:
        return None
    inside = _last(found.body, method) if isinstance(found, ast.ClassDef) and method else None
    return (inside or found).lineno


def _last(
    body: Iterable[ast.stmt], name: str
) -> ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | None:
    found = None
    for node in body:
        if isinstance(node, DEFINITIONS) and node.name == name:
            found = node
    return found
