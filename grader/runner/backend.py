"""The submission's array library: makes its arrays from raw ones, and raw ones from its arrays."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Sequence
from typing import Any

from grader.runner import placement
from grader.runner.wire import DTYPES, RawArray, Unsendable, to_numpy

BACKENDS = ("numpy", "torch", "python")


#: What may be loaded ahead of a submission that mentions it, by backend: libraries that cost every
#: runner anew what they would cost the zygote once.
AHEAD = {
    ("array_api_compat", "numpy"): "array_api_compat.numpy",
    ("array_api_compat", "torch"): "array_api_compat.torch",
    ("scipy", "numpy"): "scipy.special",
    ("torch.optim", "torch"): "torch._dynamo",
}


def mentioned(source: bytes, backend: str) -> tuple[str, ...]:
    """The names in `AHEAD` that a submission mentions."""
    names = (name for name, wanted in AHEAD if wanted == backend)
    return tuple(name for name in names if name.encode() in source)


class Backend:
    """Arrays of one kind: NumPy arrays, torch tensors on one device, or plain nested lists.

    On the device "meta" tensors hold no numbers: what is asked is where they are made.
    """

    def __init__(self, name: str, device: str = "cpu") -> None:
        if name not in BACKENDS:
            raise ValueError(f"unknown backend {name!r}")
        self.name = name
        self.device = device

    def preload(self) -> None:
        """Import the library and warm up what it loads lazily, before limits are applied."""
        if self.name == "python":
            return
        import numpy as np

        np.random.default_rng(0)
        np.seterr(all="ignore")
        if self.name == "torch":
            import torch

            torch.set_num_threads(1)
            torch.manual_seed(0)
            if self.device != "cpu":
                torch.zeros(1).to(self.device)

    def watched(self) -> contextlib.AbstractContextManager[Any]:
        """What is in force while a submission's code runs."""
        if self.device == placement.DEVICE:
            return placement.one_device()
        return contextlib.nullcontext()

    def load_ahead(self, names: Sequence[str]) -> None:
        """Import libraries of `AHEAD` by name; one that is not installed is the student's error."""
        for name in names:
            module = AHEAD.get((name, self.name))
            if module is not None and module not in sys.modules:
                with contextlib.suppress(ImportError):
                    importlib.import_module(module)

    def make(self, raw: RawArray) -> Any:
        """Return the array a submission is handed; a NumPy scalar becomes a Python number."""
        array = to_numpy(raw)
        if raw.origin == "scalar":
            return array[()].item()
        if self.name == "python":
            return array.tolist()
        if self.name == "torch":
            import torch

            return torch.from_numpy(array).to(self.device)
        return array


def raw_from_tensor(value: Any) -> RawArray | None:
    """Return a torch tensor or parameter as a `RawArray`; None if it is neither."""
    torch = sys.modules.get("torch")
    if torch is None or type(value) not in (torch.Tensor, torch.nn.Parameter):
        return None
    dtype = str(value.dtype).removeprefix("torch.")
    if dtype not in DTYPES:
        raise Unsendable(f"a tensor of dtype {dtype} cannot be sent")
    origin = f"torch:{value.device.type}"
    if value.device.type == placement.DEVICE:
        return RawArray(dtype, tuple(value.shape), bytes(value.numel() * value.itemsize), origin)
    data = value.detach().cpu().resolve_conj().resolve_neg().contiguous()
    if dtype == "bfloat16":
        data = data.view(torch.int16)
    return RawArray(dtype, tuple(value.shape), data.numpy().tobytes(), origin)
