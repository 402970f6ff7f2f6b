"""What a submission may not use, found on its syntax tree.

A spec's `FORBIDDEN` maps dotted names (`torch.nn`, and everything below it) or method names
(`.backward`) to the reason. This is a courtesy to honest students, who learn at once that the task
is to write the thing themselves; it is a heuristic, and no protection against determined ones.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from grader.judge.names import aliases, dotted


def violations(tree: ast.Module, forbidden: Mapping[str, str]) -> list[str]:
    """Return a sentence for every use of a forbidden name, by line."""
    known = aliases(tree)
    found: dict[tuple[int, str], str] = {}
    for line, name in _uses(tree, known):
        for banned, reason in forbidden.items():
            if _covers(banned, name):
                shown = banned if banned.startswith(".") else name
                found.setdefault((line, banned), f"Line {line} uses {shown}: {reason}.")
    return [found[key] for key in sorted(found)]


def _covers(banned: str, name: str) -> bool:
    if banned.startswith("."):
        return name.startswith(".") and name == banned
    return name == banned or name.startswith(banned + ".")


def _uses(tree: ast.Module, known: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Attribute):
            if isinstance(node.ctx, ast.Load):
                yield node.lineno, f".{node.attr}"
            name = dotted(node, known)
            if name:
                yield node.lineno, name
        elif isinstance(node, ast.Name) and node.id in known:
            yield node.lineno, known[node.id]
