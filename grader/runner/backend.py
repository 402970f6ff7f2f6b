"""The submission's array library: makes its arrays from raw ones, and raw ones from its arrays."""

from __future__ import annotations

import sys
from typing import Any

from grader.runner.wire import DTYPES, RawArray, Unsendable, to_numpy

BACKENDS = ("numpy", "torch", "python")


class Backend:
    """Arrays of one kind: NumPy arrays, torch tensors on one device, or plain nested lists."""

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
                torch.zeros(1, device=self.device)

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
    data = value.detach().cpu().resolve_conj().resolve_neg().contiguous()
    if dtype == "bfloat16":
        data = data.view(torch.int16)
    return RawArray(dtype, tuple(value.shape), data.numpy().tobytes(), origin)
