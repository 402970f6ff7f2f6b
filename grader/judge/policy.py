"""What a submission may not use, found on its syntax tree.

A spec's `FORBIDDEN` maps dotted names (`torch.nn`, and everything below it) or method names
(`.backward`) to the reason. This is a courtesy to honest students, who learn at once that the task
is to write the thing themselves; it is a heuristic, and no protection against determined ones.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping


def violations(tree: ast.Module, forbidden: Mapping[str, str]) -> list[str]:
    """Return a sentence for every use of a forbidden name, by line."""
    aliases = _aliases(tree)
    found: dict[tuple[int, str], str] = {}
    for line, name in _uses(tree, aliases):
        for banned, reason in forbidden.items():
            if _covers(banned, name):
                shown = banned if banned.startswith(".") else name
                found.setdefault((line, banned), f"Line {line} uses {shown}: {reason}.")
    return [found[key] for key in sorted(found)]


def _covers(banned: str, name: str) -> bool:
    if banned.startswith("."):
        return name.startswith(".") and name == banned
    return name == banned or name.startswith(banned + ".")


def _aliases(tree: ast.Module) -> dict[str, str]:
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


def _uses(tree: ast.Module, aliases: Mapping[str, str]) -> Iterator[tuple[int, str]]:
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
            dotted = _dotted(node, aliases)
            if dotted:
                yield node.lineno, dotted
        elif isinstance(node, ast.Name) and node.id in aliases:
            yield node.lineno, aliases[node.id]


def _dotted(node: ast.Attribute, aliases: Mapping[str, str]) -> str | None:
    parts = [node.attr]
    value = node.value
    while isinstance(value, ast.Attribute):
        parts.append(value.attr)
        value = value.value
    if not isinstance(value, ast.Name) or value.id not in aliases:
        return None
    return ".".join([aliases[value.id], *reversed(parts)])
