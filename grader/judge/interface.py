"""What a stub declares: the functions, classes and parameters that a submission must define."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

#: A parameter: name, and whether it has a default.
Parameter = tuple[str, bool]


@dataclass(frozen=True)
class Interface:
    """Public functions and classes (by their constructor) with their parameters, in order."""

    callables: Mapping[str, tuple[Parameter, ...]]
    methods: Mapping[str, Mapping[str, tuple[Parameter, ...]]]


def declared(tree: ast.Module) -> Interface:
    """Read the interface off a module's syntax tree."""
    callables: dict[str, tuple[Parameter, ...]] = {}
    methods: dict[str, dict[str, tuple[Parameter, ...]]] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            callables[node.name] = _parameters(node.args)
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            found = {
                item.name: _parameters(item.args)[1:]
                for item in node.body
                if isinstance(item, ast.FunctionDef)
            }
            callables[node.name] = found.pop("__init__", ())
            methods[node.name] = {k: v for k, v in found.items() if not k.startswith("_")}
    return Interface(callables, methods)


def signature_text(name: str, parameters: tuple[Parameter, ...]) -> str:
    """`attention_forward(q, k, v, mask=…)`."""
    shown = (f"{name}=…" if optional else name for name, optional in parameters)
    return f"{name}({', '.join(shown)})"


def problems(interface: Interface, names: Mapping[str, object]) -> dict[str, str]:
    """Compare what the runner found in a submission with the interface.

    Args:
        names: public callable → list of `[parameter, kind, has default]`, or None if unknown.

    Returns:
        name → what is wrong with it, for every wrong one.
    """
    wrong = {}
    for name, parameters in interface.callables.items():
        asked = signature_text(name, parameters)
        if name not in names:
            kind = "class" if name in interface.methods else "function"
            wrong[name] = f"There is no {kind} {name} in your file. Define {asked}."
            continue
        message = _mismatch(parameters, names[name])
        if message:
            wrong[name] = f"{name} must be callable as {asked}, but {message}."
    return wrong


def _mismatch(parameters: tuple[Parameter, ...], found: object) -> str | None:
    if not isinstance(found, list):
        return None
    if any(kind == "VAR_POSITIONAL" for _, kind, _ in found):
        return None
    positional = [entry for entry in found if str(entry[1]).startswith("POSITIONAL")]
    names = [str(entry[0])[:60] for entry in positional]
    wanted = [name for name, _ in parameters]
    if names[: len(wanted)] != wanted:
        return f"yours takes ({', '.join(names)})"
    for entry, (name, optional) in zip(positional, parameters, strict=False):
        if optional and not entry[2]:
            return f"{name} has no default in yours"
    optional_kinds = ("VAR_POSITIONAL", "VAR_KEYWORD")
    extra = [
        str(name)[:60]
        for name, kind, has_default in found[len(wanted) :]
        if not has_default and kind not in optional_kinds
    ]
    if extra:
        return f"yours also requires {', '.join(extra)}"
    return None


def _parameters(arguments: ast.arguments) -> tuple[Parameter, ...]:
    positional = [*arguments.posonlyargs, *arguments.args]
    first_default = len(positional) - len(arguments.defaults)
    plain = [(argument.arg, index >= first_default) for index, argument in enumerate(positional)]
    keyword = [
        (argument.arg, default is not None)
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ]
    return tuple(plain + keyword)
