"""Stands for a GPU where there is none: tensors on `meta` have a device, a shape and no numbers.

PyTorch computes with such tensors whatever depends on no number, but takes some of them together
with tensors on the CPU, which a GPU refuses. `one_device` refuses it as well, with a message that
says what the tensor on the CPU was.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

DEVICE = "meta"
#: Copies go from any device to any other.
COPIES = {"aten::copy_", "aten::_to_copy", "aten::to"}
#: `x[i]` takes indices on the CPU, too, wherever `x` is.
INDEXING = {"aten::index", "aten::index_put", "aten::index_put_", "aten::_index_put_impl_"}


class MixedDevices(RuntimeError):
    """An operation was handed tensors on two devices."""


def one_device() -> contextlib.AbstractContextManager[Any]:
    """While this is in force, an operation on tensors of two devices raises `MixedDevices`.

    As on a GPU, a CPU tensor without axes is a number and may stand anywhere.
    """
    mode: contextlib.AbstractContextManager[Any] = _mode()()
    return mode


@functools.cache
def _mode() -> Any:
    """The class, made when torch is wanted and not before."""
    from torch.utils._python_dispatch import TorchDispatchMode

    class OneDevice(TorchDispatchMode):  # type: ignore[no-untyped-call]
        def __torch_dispatch__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            name, named = func._schema.name, kwargs or {}
            if name in INDEXING:
                far = [index for index in _tensors(args[1]) if index.device.type != "cpu"]
                counted = [args[0], *far, *args[2:]]
            else:
                counted = [*args, *named.values()]
            if name not in COPIES:
                _refuse_two(name.partition("::")[2], list(_tensors(counted)))
            return func(*args, **named)

    return OneDevice


def _refuse_two(operation: str, tensors: list[Any]) -> None:
    placed = [tensor for tensor in tensors if tensor.dim() or tensor.device.type != "cpu"]
    if len({tensor.device.type for tensor in placed}) > 1:
        stray = next(tensor for tensor in placed if tensor.device.type == "cpu")
        dtype = str(stray.dtype).removeprefix("torch.")
        raise MixedDevices(
            f"{operation.strip('_')} takes a {dtype} tensor of shape {tuple(stray.shape)} on the "
            "CPU and another on the GPU"
        )


def _tensors(values: Any) -> Iterator[Any]:
    import torch

    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from _tensors(value)
