"""Arrays for the references: as NumPy or as tensors on a device, and back."""

import numpy as np
import pytest
import torch

CUDA = pytest.param(
    "cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
)


@pytest.fixture(scope="session", params=["numpy", "cpu", CUDA])
def place(request: pytest.FixtureRequest) -> str:
    """Where a reference works: on NumPy's arrays, or on torch's with this device."""
    return request.param


@pytest.fixture(scope="session", params=["cpu", CUDA])
def device(request: pytest.FixtureRequest) -> str:
    """A device of torch."""
    return request.param


@pytest.fixture(scope="session")
def put():
    """`put(array, place)`: for a place that is "numpy" or a device."""

    def as_asked(array, place):
        return array if place == "numpy" else torch.tensor(array, device=place)

    return as_asked


@pytest.fixture(scope="session")
def back():
    """`back(value, place)`: as NumPy, after a look at where it was computed."""

    def as_numpy(value, place):
        if place == "numpy":
            assert isinstance(value, np.ndarray | np.float64)
            return value
        assert isinstance(value, torch.Tensor) and value.device.type == place
        return value.cpu().numpy()

    return as_numpy
