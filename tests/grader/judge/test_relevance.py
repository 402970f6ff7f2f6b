from __future__ import annotations

import numpy as np

from grader.judge.implementation import Call, Remote
from grader.judge.relevance import relevant

X = np.array([[1.0, -0.5]])


def pair() -> list[Call]:
    cache = Remote(None, None, "cache")  # type: ignore[arg-type]
    forward = Call("f_forward", None, (X,), {}, (X * 2, cache))
    return [forward, Call("f_backward", None, (X * 3, cache), {}, X * 4)]


class Graph:
    """Two values, their product, its backward, and the gradient read."""

    def __init__(self) -> None:
        self.a, self.b, self.product = (
            Remote(None, None, "TapeValue")  # type: ignore[arg-type]
            for _ in range(3)
        )
        self.calls = [
            Call("TapeValue", None, (2.0,), {}, self.a),
            Call("TapeValue", None, (3.0,), {}, self.b),
            Call(self.a, "__mul__", (self.b,), {}, self.product),
            Call(self.product, "backward", (), {}, None),
            Call(self.a, "grad", (), {}, np.float64(3.0), reads=True),
        ]


def test_only_the_calls_that_led_to_a_value_are_kept() -> None:
    forward, backward = pair()
    other = Call("f_forward", None, (X,), {}, (X * 5, None))
    assert relevant([other, forward, backward], backward.result) == [forward, backward]
    assert relevant([other, forward, backward], forward.result[0]) == [forward]
    assert relevant([other, forward], np.ones(1)) == [other, forward]


def test_earlier_calls_on_the_same_object_are_kept() -> None:
    net = Remote(None, None, "Net")  # type: ignore[arg-type]
    make = Call("Net", None, (X,), {}, net)
    first, second = (Call(net, "loss", (X * k,), {}, X * k) for k in (2, 3))
    assert relevant([make, first, second], second.result) == [make, first, second]


def test_what_was_done_to_related_objects_is_kept() -> None:
    graph = Graph()
    *_, read = graph.calls
    assert relevant(graph.calls, read.result) == graph.calls


def test_what_was_done_to_others_is_not() -> None:
    graph, other = Graph(), Graph()
    value = graph.calls[-1].result
    assert relevant([*other.calls, *graph.calls], value) == graph.calls
    assert relevant([*other.calls[:4], *graph.calls, other.calls[4]], value) == graph.calls


def test_reading_changes_nothing() -> None:
    graph = Graph()
    look = Call(graph.b, "data", (), {}, np.float64(3.0), reads=True)
    made, value = [*graph.calls[:3], look, *graph.calls[3:]], graph.calls[-1].result
    assert relevant(made, value) == graph.calls


def test_a_scalar_result_leads_to_the_call_that_gave_it() -> None:
    calls = [Call("f_forward", None, (X * n,), {}, np.float64(n)) for n in (1, 2, 3)]
    assert relevant(calls, calls[1].result) == [calls[1]]
    assert relevant(calls, np.float64(2)) == calls


def test_functions_that_are_handed_an_object_may_change_it() -> None:
    net = Remote(None, None, "Sequential", "build_model")  # type: ignore[arg-type]
    calls = [
        Call("build_model", None, (2,), {}, net),
        Call("train_step", None, (net, X), {}, 0.5),
        Call(net, "state_dict", (), {}, {"w": X * 2}),
    ]
    assert relevant(calls, calls[-1].result["w"]) == calls


def test_one_backward_does_not_change_a_cache_for_another() -> None:
    forward, backward = pair()
    other = Call("f_backward", None, (X * 5, forward.result[1]), {}, X * 6)
    assert relevant([forward, other, backward], backward.result) == [forward, backward]
