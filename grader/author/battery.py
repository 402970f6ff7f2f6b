"""Trivial answers that every exercise must reject, made from its own reference solution.

For each function, one at a time, the reference's result is replaced by zeros, ones, a constant,
NaN, a copy of an input, or itself in a shape that would broadcast; everything else stays right. A
cache is left alone, so that a wrong forward meets a working backward. Annotations say where that
makes no sense: a function that returns an object of the exercise, or a torch module, gives back its
first input; one that returns a list of objects, all of its inputs; one that returns None does
nothing. A function that takes a module also works on a *detached* copy of it: what it returns is
right, and nothing is learnt.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from grader.judge.interface import Interface

KINDS = ("zeros", "ones", "constant", "nan", "input", "broadcast")


@dataclass(frozen=True)
class Trivial:
    """A trivial answer as a whole submission.

    `unless` is another submission: if that is accepted, this answer is not trivial but right.
    """

    name: str
    source: str
    unless: str | None = None


REPLACE = """

def _trivial(value, kind, inputs, keep_last=False):
    import numpy as np

    if kind in ("object", "objects"):
        return inputs[0] if kind == "object" else list(inputs)
    if keep_last and isinstance(value, tuple) and len(value) >= 2:
        return (*(_trivial(item, kind, inputs) for item in value[:-1]), value[-1])
    if isinstance(value, (tuple, list)):
        return type(value)(_trivial(item, kind, inputs) for item in value)
    if isinstance(value, dict):
        return {key: _trivial(item, kind, inputs) for key, item in value.items()}
    if type(value).__module__ == "torch":
        import torch

        arrays = [one.detach().numpy() for one in inputs if isinstance(one, torch.Tensor)]
        return torch.from_numpy(np.asarray(_trivial(value.detach().numpy(), kind, arrays)))
    if isinstance(value, str):
        given = next((one for one in inputs if isinstance(one, str)), value + " ")
        texts = {"zeros": "", "ones": "1", "constant": "constant", "nan": "nan", "input": given}
        return texts.get(kind, value + " ")
    if not isinstance(value, (int, float, np.ndarray, np.generic)):
        return value
    array = np.asarray(value)
    if kind == "zeros":
        out = np.zeros_like(array)
    elif kind == "ones":
        out = np.ones_like(array)
    elif kind == "constant":
        out = np.full_like(array, 0.37)
    elif kind == "nan":
        out = np.full_like(array, np.nan) if array.dtype.kind == "f" else np.zeros_like(array)
    elif kind == "input":
        same = [one for one in inputs if isinstance(one, np.ndarray) and one.shape == array.shape]
        any_input = [one for one in inputs if isinstance(one, np.ndarray) and one.size]
        first = (same or any_input or [np.zeros_like(array)])[0]
        out = np.resize(first.astype(array.dtype), array.shape)
    else:
        return array[None]
    return out if array.ndim else out[()]

"""


def battery(solution: str, interface: Interface) -> Iterator[Trivial]:
    """Every trivial answer."""
    tree = ast.parse(solution)
    for function in interface.callables:
        if function in interface.methods:
            for method in interface.methods[function]:
                node = _definition(_definition(tree, function), method)
                for kind in _kinds(node, interface):
                    yield Trivial(
                        f"{function}.{method}: {kind}",
                        solution + REPLACE + _method(function, method, kind),
                    )
        else:
            node = _definition(tree, function)
            for kind in _kinds(node, interface):
                source = solution + REPLACE + _function(function, kind)
                yield Trivial(f"{function}: {kind}", source)
            if _takes_module(node):
                detached, unless = (solution + DETACHED + _detached(function, k) for k in (0, 1))
                yield Trivial(f"{function}: detached", detached, unless)


def _definition(tree: ast.AST, name: str) -> ast.AST:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return node
    return tree


def _kinds(node: ast.AST, interface: Interface) -> tuple[str, ...]:
    returns = getattr(node, "returns", None)
    declared = "" if returns is None else ast.unparse(returns).strip("'")
    if declared == "None":
        return ("nothing",)
    if declared in interface.methods or declared.startswith("nn.") or "torch.nn" in declared:
        return ("object",)
    if any(declared == f"list[{name}]" for name in interface.methods):
        return ("objects",)
    return KINDS


def _takes_module(node: ast.AST) -> bool:
    arguments = node.args.args if isinstance(node, ast.FunctionDef) else []
    declared = [ast.unparse(one.annotation) for one in arguments if one.annotation is not None]
    return any("nn." in text for text in declared)


def _function(name: str, kind: str) -> str:
    keep = name.endswith("_forward")
    call = f"_trivial(_right(*args, **kwargs), {kind!r}, args, {keep})"
    return (
        f"_right = {name}\n\n\ndef {name}(*args, **kwargs):\n    return {_replaced(call, kind)}\n"
    )


def _method(owner: str, name: str, kind: str) -> str:
    inputs = "(self, *args)" if kind.startswith("object") else "args"
    call = f"_trivial(_right(self, *args, **kwargs), {kind!r}, {inputs})"
    return (
        f"_right = {owner}.{name}\n\n\n"
        f"def _wrong(self, *args, **kwargs):\n"
        f"    return {_replaced(call, kind)}\n\n\n"
        f"{owner}.{name} = _wrong\n"
    )


def _replaced(call: str, kind: str) -> str:
    return "None" if kind == "nothing" else call


DETACHED = """

def _copied(values):
    import copy

    import torch

    return [copy.deepcopy(v) if isinstance(v, torch.nn.Module) else v for v in values]


def _changed(before, after):
    import torch

    for old, new in zip(before, after):
        if isinstance(old, torch.nn.Module):
            for left, right in zip(old.state_dict().values(), new.state_dict().values()):
                if not torch.equal(left, right):
                    raise ValueError("a module was changed")

"""


def _detached(name: str, probe: int) -> str:
    """Works on copies of the modules; as a probe it fails if that makes a difference."""
    look = "    _changed(args, copies)\n" if probe else ""
    return (
        f"_right = {name}\n\n\n"
        f"def {name}(*args, **kwargs):\n"
        f"    copies = _copied(args)\n"
        f"    result = _right(*copies, **kwargs)\n"
        f"{look}"
        f"    return result\n"
    )
