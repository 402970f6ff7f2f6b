"""The full names that a module's syntax tree uses: `nn.Linear` stands for `torch.nn.Linear`."""

from __future__ import annotations

import ast
from collections.abc import Mapping


def aliases(tree: ast.Module) -> dict[str, str]:
    """What each name that an import binds stands for, wherever in the tree the import is."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    names[alias.asname] = alias.name
                else:
                    root = alias.name.partition(".")[0]
                    names[root] = root
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def dotted(node: ast.expr, known: Mapping[str, str]) -> str | None:
    """The full name of `a.b.c` or `c`; None if it does not begin with an imported name."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in known:
        return None
    return ".".join([known[node.id], *reversed(parts)])
