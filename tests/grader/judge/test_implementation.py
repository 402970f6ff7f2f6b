from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from grader.judge.implementation import Failure, Local, Proxy, Remote
from grader.judge.submitted import Submitted, failure_from
from grader.runner.wire import Handle, Seed, Tensor


class Asker:
    """Answers every request with the same reply and keeps what it was asked."""

    def __init__(self, value: Any = None, *, backend: str = "numpy", device: str = "cpu") -> None:
        self.backend, self.device = backend, device
        self.reply: dict[str, Any] = {"ok": True, "value": value}
        self.asked: list[dict[str, Any]] = []

    def ask(
        self, request: dict[str, Any], seconds: float | None = None, largest: int = 0
    ) -> dict[str, Any]:
        self.asked.append(request)
        return self.reply


def test_the_last_result_of_a_forward_is_kept_and_passed_back_as_a_handle() -> None:
    asker = Asker((np.ones(2), Handle(0, "tuple")))
    student = Proxy(Submitted(asker))
    _, cache = student.f_forward(np.ones(2))
    assert isinstance(cache, Remote)
    student.f_backward(np.ones(2), cache)
    first, second = asker.asked
    assert (first["keep_last"], first["fresh"]) == (True, True)
    assert (second["keep_last"], second["fresh"]) == (False, False)
    assert second["args"][1] == Handle(0, "tuple")


def test_results_must_stay_on_the_device() -> None:
    tensor = Tensor(np.ones(2), "float64", "cpu")
    student = Proxy(Submitted(Asker({"a": [tensor]}, backend="torch", device="cuda")))
    with pytest.raises(Failure) as failed:
        student.f(np.ones(2))
    assert failed.value.stage == "device"
    assert "returned a tensor on cpu; results must stay on cuda" in failed.value.message
    Proxy(Submitted(Asker({"a": [tensor]}, backend="torch"))).f(np.ones(2))


def test_a_mutated_argument_is_named_by_its_position() -> None:
    asker = Asker(1.0)
    asker.reply["mutated"] = [2]
    with pytest.raises(Failure) as failed:
        Proxy(Submitted(asker)).f(np.ones(1), {"w": np.ones(1), "b": np.ones(1)}, np.ones(1))
    assert failed.value.message == "f changed its argument number 2 in place"


@pytest.mark.parametrize(("argument", "kind"), [({"w": 1.0}, "dict"), ([1.0], "list")])
def test_an_argument_with_other_members_is_named(argument: object, kind: str) -> None:
    asker = Asker(1.0)
    asker.reply["altered"] = [1]
    with pytest.raises(Failure) as failed:
        Proxy(Submitted(asker)).f(np.ones(1), argument)
    assert failed.value.message == (
        f"f changed its argument number 2 in place: the {kind}, or one inside it, has other "
        "members than before"
    )


def test_an_argument_that_comes_back_is_noted_once() -> None:
    asker = Asker(1.0)
    asker.reply["shared"] = [1]
    submitted = Submitted(asker)
    student = Proxy(submitted)
    student.f(np.ones(1), np.ones(1))
    student.f(np.ones(1), np.ones(1))
    assert submitted.notes == ["f returns its argument number 2 itself, not a copy"]
    asker.reply["shared"] = "nonsense"
    Proxy(hostile := Submitted(asker)).f(np.ones(1))
    assert hostile.notes == []


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (
            {"kind": "raised", "type": "NotImplementedError"},
            "not_attempted",
            "f is not written yet",
        ),
        (
            {"kind": "raised", "type": "ValueError", "message": "no"},
            "raised",
            "f raised ValueError: no",
        ),
        ({"kind": "exit", "type": "SystemExit"}, "exit", "f ended the program with sys.exit"),
        ({"kind": "unsendable", "message": "too deep"}, "unsendable", "cannot be judged: too deep"),
        ({"kind": 7, "type": [], "message": None, "lines": "x"}, "raised", "f raised []: None"),
    ],
)
def test_every_failure_reply_becomes_words(reply: dict[str, Any], kind: str, words: str) -> None:
    failure = failure_from(reply, "f")
    assert failure.kind == kind
    assert words in failure.message


def test_lines_of_a_hostile_reply_are_taken_only_in_their_form() -> None:
    lines = [[3, "g"], ["x", "y"], [1], 5, [4, "h" * 500]]
    failure = failure_from({"kind": "raised", "type": "E", "message": "", "lines": lines}, "f")
    assert [line for line, _ in failure.lines] == [3, 4]
    assert len(failure.lines[1][1]) == 80


def test_the_reference_gets_a_fresh_generator_for_every_call() -> None:
    module = ModuleType("drawing")
    module.__dict__["draw"] = lambda generator: generator.integers(1000)
    student = Proxy(Local(module))
    assert student.draw(Seed(5)) == student.draw(Seed(5))
    assert student.draw(Seed(5)) != student.draw(Seed(6))


def test_objects_of_the_reference_are_called_through_handles() -> None:
    class Net:
        def __init__(self, w: float) -> None:
            self.w = w

        def twice(self) -> float:
            return 2 * self.w

    module = ModuleType("net")
    module.__dict__["Net"] = Net
    net = Proxy(Local(module)).Net(3.0)
    assert isinstance(net, Remote)
    assert (net.twice(), net.attribute("w"), net.kind) == (6.0, 3.0, "Net")


def test_an_object_is_called_by_what_made_it() -> None:
    """Its class has whatever name a submission gives it, so calls are told apart by its maker."""
    module = ModuleType("net")
    own = type("Mine", (), {"loss": lambda self: 1.0, "again": lambda self: type(self)()})
    module.__dict__["build_net"] = own
    implementation = Local(module)
    Proxy(implementation).build_net().again().loss()
    labels = [call.label for call in implementation.calls]
    assert labels == ["build_net", "build_net.again", "build_net.loss"]
    asker = Asker(Handle(0, "Mine"))
    submitted = Submitted(asker)
    Proxy(submitted).build_net().again().loss()
    assert [call.label for call in submitted.calls] == labels


NUMBERS = """
class Number:
    def __init__(self, data):
        self.data, self.seen = data, 0

    def __add__(self, other):
        return Number(self.data + getattr(other, "data", other))

    __radd__ = __add__

    def __neg__(self):
        return Number(-self.data)

    def see(self, rows):
        self.seen = [[2 * entry for entry in row] for row in rows]
"""


def test_operators_and_attributes_go_where_the_object_is() -> None:
    from grader.judge.local_runner import LocalRunner

    module = ModuleType("numbers")
    exec(NUMBERS, module.__dict__)
    runner = LocalRunner("python")
    runner.ask({"op": "load", "source": NUMBERS.encode(), "module": "numbers_there"})
    for implementation in (Local(module), Submitted(runner)):
        student = Proxy(implementation)
        one, two = student.Number(1.0), student.Number(2.0)
        assert (one + two).attribute("data") == 3.0
        assert (one + 5.0).attribute("data") == (5.0 + one).attribute("data") == 6.0
        assert (-two).attribute("data") == -2.0
        assert one == one and one != two
        labels = [call.label for call in implementation.calls[2:4]]
        assert labels == ["Number.__add__", "Number.data"]
        with pytest.raises((Failure, TypeError), match="unsupported operand"):
            one * two
        two.see([[1.0, 2.0]])
        np.testing.assert_array_equal(two.attribute("seen"), [[2.0, 4.0]])
    runner.close()


def test_what_is_read_must_have_the_form_of_the_references() -> None:
    transcript = [("Number", ["opaque", "Number"]), ("Number.data", ["array", "f", [2], True])]
    asker = Asker(Handle(0, "Number"))
    number = Proxy(Submitted(asker, transcript)).Number(1.0)
    asker.reply = {"ok": True, "value": 3.0}
    with pytest.raises(Failure) as raised:
        number.attribute("data")
    assert raised.value.message.startswith("Number.data is the float 3.0; expected")


def test_a_torch_module_lives_in_the_runner() -> None:
    pytest.importorskip("torch")
    from grader.judge.local_runner import LocalRunner

    source = b"""
import torch

def build_model(d):
    torch.manual_seed(0)
    return torch.nn.Linear(d, 1, dtype=torch.float64)

def train_step(model, x):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loss = model(x).pow(2).mean()
    loss.backward()
    optimizer.step()
    return loss
"""
    runner = LocalRunner("torch")
    runner.ask({"op": "load", "source": source, "module": "torch_module"})
    student = Proxy(Submitted(runner))
    model = student.build_model(2)
    model.load_state_dict({"weight": np.array([[1.0, 2.0]]), "bias": np.array([0.5])})
    x = np.array([[1.0, 1.0], [0.0, 1.0]])
    np.testing.assert_allclose(model(x), [[3.5], [2.5]])
    np.testing.assert_allclose(student.train_step(model, x), (3.5**2 + 2.5**2) / 2)
    state = model.state_dict()
    assert set(state) == {"weight", "bias"}
    assert state["bias"][0] < 0.5
    assert model.attribute("weight").shape == (1, 2)
    runner.close()
