"""Tensors on `meta` stand for tensors on a GPU: what a GPU refuses is refused, with its reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from grader.runner.backend import Backend, raw_from_tensor
from grader.runner.placement import DEVICE, MixedDevices, one_device
from grader.runner.session import Session
from grader.runner.wire import RawArray, Tensor, decode, encode, raw_from_numpy

torch = pytest.importorskip("torch")

FAR = {"device": DEVICE, "dtype": torch.float64}
Action = Callable[[Any, Any], Any]

REFUSED: dict[str, tuple[str, Action]] = {
    "a mask to fill by": ("masked_fill", lambda x, near: x.masked_fill(near > 0, 0.0)),
    "in place": ("masked_fill", lambda x, near: x.clone().masked_fill_(near > 0, 0.0)),
    "a choice": ("where", lambda x, near: torch.where(near > 0, x, 0.0)),
    "a sum": ("add", lambda x, near: x + near),
    "a product": ("mm", lambda x, near: x @ near.T),
    "beside one another": ("cat", lambda x, near: torch.cat([x, near])),
    "positions": ("embedding", lambda x, _: torch.embedding(x, torch.arange(2))),
    "an optional mask": (
        "add",
        lambda x, near: torch.nn.functional.scaled_dot_product_attention(x, x, x, near[:, :2]),
    ),
    "a number that is far away": ("mul", lambda x, near: x[0, 0] * near),
    "an index that is far away": ("index", lambda x, near: near[torch.zeros(1, **FAR).long()]),
    "what is written": (
        "index_put",
        lambda x, near: x.clone().index_put_((torch.tensor([0]),), near[0]),
    ),
}
ALLOWED: dict[str, Action] = {
    "a mask made where the tensor is": lambda x, _: x.masked_fill(torch.ones_like(x) > 0, 0.0),
    "a number": lambda x, _: x * torch.tensor(2.0, dtype=torch.float64),
    "a number to choose": lambda x, _: torch.where(x > 0, x, torch.tensor(0.0).double()),
    "an index": lambda x, _: x[torch.tensor([1, 0])],
    "a mask as an index": lambda x, near: x[:, torch.tensor([True, False, True])],
    "a copy": lambda x, near: x.copy_(near),
    "near things among themselves": lambda _, near: near @ near.T,
    "a layer that was moved": lambda x, _: torch.nn.Linear(3, 2).to(x)(x).sum().backward(),
}


@pytest.fixture
def x() -> Any:
    return torch.ones(2, 3, **FAR)


@pytest.fixture
def near() -> Any:
    return torch.ones(2, 3, dtype=torch.float64)


@pytest.mark.parametrize("name", REFUSED)
def test_tensors_in_two_places_are_refused(name: str, x: Any, near: Any) -> None:
    operation, action = REFUSED[name]
    with one_device(), pytest.raises(MixedDevices, match=f"{operation}.* takes a .* on the CPU"):
        action(x, near)


@pytest.mark.parametrize("name", ALLOWED)
def test_what_a_gpu_allows_is_allowed(name: str, x: Any, near: Any) -> None:
    with one_device():
        ALLOWED[name](x, near)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
@pytest.mark.parametrize("name", [*REFUSED, *ALLOWED])
def test_a_real_gpu_refuses_the_same(name: str, near: Any) -> None:
    x = torch.ones(2, 3, dtype=torch.float64, device="cuda")
    FAR["device"] = "cuda"
    try:
        if name in ALLOWED:
            ALLOWED[name](x, near)
        else:
            with pytest.raises(RuntimeError):
                REFUSED[name][1](x, near)
    finally:
        FAR["device"] = DEVICE


def test_the_message_says_what_the_stray_tensor_is(x: Any) -> None:
    with one_device(), pytest.raises(MixedDevices) as found:
        x.masked_fill(torch.ones(2, 3, dtype=torch.bool), 0.0)
    assert str(found.value) == (
        "masked_fill takes a bool tensor of shape (2, 3) on the CPU and another on the GPU"
    )


def test_nothing_is_refused_elsewhere(near: Any) -> None:
    for backend in (Backend("numpy"), Backend("torch")):
        with backend.watched():
            assert (near + near).sum() == 12


def test_a_tensor_without_numbers_is_sent_as_zeros(x: Any) -> None:
    assert raw_from_tensor(x) == RawArray("float64", (2, 3), bytes(48), "torch:meta")
    ids = raw_from_numpy(np.array([3, 4]))
    made = Backend("torch", DEVICE).make(ids)
    assert (made.device.type, made.dtype, tuple(made.shape)) == (DEVICE, torch.int64, (2,))


def answer(session: Session, request: dict[str, Any]) -> dict[str, Any]:
    reply: dict[str, Any] = decode(session.reply(encode(request)))
    return reply


def test_a_session_answers_with_places_in_place_of_numbers() -> None:
    source = b"""
import torch
def right(x):
    return x * torch.arange(2, device=x.device)
def wrong(x):
    return x * torch.arange(2)
"""
    backend = Backend("torch", DEVICE)
    backend.preload()
    session = Session(backend)
    assert answer(session, {"op": "load", "source": source, "module": "m"})["ok"] is True
    call = {"op": "call", "method": None, "args": (np.ones(2),), "kwargs": {}, "keep_last": False}
    right = answer(session, {**call, "target": "right"})
    assert isinstance(right["value"], Tensor) and right["value"].device == DEVICE
    assert right["mutated"] == []
    wrong = answer(session, {**call, "target": "wrong"})
    assert (wrong["ok"], wrong["type"], wrong["lines"]) == (False, "MixedDevices", [[6, "wrong"]])
