"""A backend makes the submission's arrays from raw ones, and raw ones from its tensors."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from grader.runner.backend import BACKENDS, Backend, raw_from_tensor
from grader.runner.wire import RawArray, Unsendable, raw_from_numpy, to_numpy

torch = pytest.importorskip("torch")


def raw(array: Any) -> RawArray:
    made = raw_from_numpy(array)
    assert made is not None
    return made


def test_an_unknown_backend_is_refused() -> None:
    with pytest.raises(ValueError, match="'jax'"):
        Backend("jax")
    assert [Backend(name).device for name in BACKENDS] == ["cpu"] * 3


ARRAYS = [
    np.arange(6.0).reshape(2, 3),
    np.array([[True, False]]),
    np.array([3, 1], dtype=np.int64),
    np.array([1.5], dtype=np.float32),
    np.zeros((0, 4)),
    np.array(2.5),
]


@pytest.mark.parametrize("array", ARRAYS)
def test_each_backend_makes_arrays_of_its_kind(array: np.ndarray) -> None:
    made = Backend("numpy").make(raw(array))
    assert type(made) is np.ndarray
    assert made.dtype == array.dtype
    assert np.array_equal(made, array)

    tensor = Backend("torch").make(raw(array))
    assert type(tensor) is torch.Tensor
    assert tensor.shape == array.shape
    assert np.array_equal(tensor.numpy(), array)
    assert tensor.numpy().dtype == array.dtype

    assert Backend("python").make(raw(array)) == array.tolist()


@pytest.mark.parametrize("name", ["numpy", "torch"])
def test_an_array_that_is_handed_out_may_be_written_and_shares_nothing(name: str) -> None:
    source = raw(np.zeros(3))
    one, other = Backend(name).make(source), Backend(name).make(source)
    one[0] = 7.0
    assert float(other[0]) == 0.0
    assert np.array_equal(to_numpy(source), np.zeros(3))


@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize("scalar", [np.float32(1.5), np.int64(3), np.True_])
def test_a_numpy_scalar_is_handed_out_as_a_python_number(name: str, scalar: Any) -> None:
    made = Backend(name).make(raw(scalar))
    assert type(made) in (float, int, bool)
    assert made == scalar


TENSORS = {
    "float32": torch.tensor([[1.0, 2.0], [3.0, 4.0]]),
    "a transposed": torch.arange(6.0).reshape(2, 3).T,
    "expanded": torch.tensor([1.0, 2.0]).expand(3, 2),
    "every other": torch.arange(10)[::2],
    "bool": torch.tensor([True, False]),
    "0-d": torch.tensor(2.5, dtype=torch.float64),
    "empty": torch.zeros(0, 3),
    "complex": torch.tensor([1 + 2j]),
    "conjugated": torch.conj(torch.tensor([1 + 2j, 3 - 1j])),
    "negated": torch.conj(torch.tensor([1 + 2j, 3 - 1j])).imag,
    "with a gradient": torch.ones(2, requires_grad=True) * 3,
    "a parameter": torch.nn.Parameter(torch.ones(2)),
}


@pytest.mark.parametrize("tensor", TENSORS.values(), ids=TENSORS)
def test_a_tensor_becomes_its_data(tensor: Any) -> None:
    made = raw_from_tensor(tensor)
    expected = tensor.detach().resolve_conj().resolve_neg().numpy()
    assert made is not None
    assert (made.dtype, made.origin) == (expected.dtype.name, "torch:cpu")
    assert made.shape == tuple(tensor.shape)
    assert np.array_equal(to_numpy(made), expected)


def test_bfloat16_keeps_its_value() -> None:
    values = [0.0, -0.0, 1.0, -2.5, 3.140625, math.inf, 1e30]
    made = raw_from_tensor(torch.tensor(values, dtype=torch.bfloat16))
    assert made is not None
    assert (made.dtype, len(made.data)) == ("bfloat16", 2 * len(values))
    assert to_numpy(made).tolist() == torch.tensor(values).bfloat16().float().tolist()


class Subtensor(torch.Tensor):
    pass


@pytest.mark.parametrize(
    "value",
    [np.zeros(2), 1.0, [torch.zeros(1)], torch.float32, torch.nn.Linear(1, 1), torch.Size([1])],
)
def test_what_is_no_tensor_is_none(value: Any) -> None:
    assert raw_from_tensor(value) is None


def test_a_subclass_of_tensor_is_none_of_ours() -> None:
    assert raw_from_tensor(torch.zeros(2).as_subclass(Subtensor)) is None
    assert raw_from_tensor(torch.zeros(2)) is not None


def test_a_tensor_of_an_unknown_dtype_is_refused() -> None:
    with pytest.raises(Unsendable, match="float8"):
        raw_from_tensor(torch.zeros(2).to(torch.float8_e4m3fn))


def test_without_torch_nothing_is_a_tensor(monkeypatch: pytest.MonkeyPatch) -> None:
    tensor = torch.zeros(2)
    monkeypatch.delitem(sys.modules, "torch")
    assert raw_from_tensor(tensor) is None


@pytest.mark.parametrize(
    ("backend", "loaded"),
    [("python", []), ("numpy", ["numpy"]), ("torch", ["numpy", "torch"])],
)
def test_a_backend_loads_its_own_library_only(backend: str, loaded: list[str]) -> None:
    script = (
        "import json, sys\n"
        "from grader.runner.backend import Backend\n"
        f"Backend({backend!r}).preload()\n"
        "print(json.dumps([name for name in ('numpy', 'torch') if name in sys.modules]))"
    )
    command = [sys.executable, "-I", "-W", "ignore", "-c", script]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(answer.stdout) == loaded


def test_only_known_libraries_are_loaded_ahead_and_only_where_they_are_mentioned() -> None:
    from grader.runner.backend import AHEAD, mentioned

    assert mentioned(b"from array_api_compat import device\n", "numpy") == ("array_api_compat",)
    assert mentioned(b"import numpy as np\n", "numpy") == ()
    assert mentioned(b"import torch.optim\n", "numpy") == ()
    assert mentioned(b"torch.optim.SGD", "torch") == ("torch.optim",)
    Backend("numpy").load_ahead(["os; evil", "not_a_library", "array_api_compat"])
    assert "not_a_library" not in sys.modules
    assert AHEAD[("array_api_compat", "numpy")] in sys.modules
