from __future__ import annotations

import numpy as np
import pytest

from grader.author.battery import KINDS, battery
from grader.judge.library import Library


def made(library: Library) -> dict[str, dict[str, object]]:
    found = {}
    for name, source in battery(library.text("solution"), library.interface):
        names: dict[str, object] = {}
        exec(compile(source, name, "exec"), names)
        found[name] = names
    return found


def test_every_function_and_method_gets_every_kind(miniature_library: Library) -> None:
    names = set(made(miniature_library))
    expected = {"mean_forward", "mean_backward", "Counter.add"}
    assert names == {f"{name}: {kind}" for name in expected for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_result_is_replaced_and_the_cache_left_alone(
    miniature_library: Library, kind: str
) -> None:
    x = np.array([[1.0, 5.0], [3.0, 7.0]])
    out, cache = made(miniature_library)[f"mean_forward: {kind}"]["mean_forward"](x)  # type: ignore[operator]
    np.testing.assert_array_equal(cache, [0.5, 0.5])
    assert out.shape == ((1, 2) if kind == "broadcast" else (2,))
    assert not np.array_equal(out, [2.0, 6.0])


def test_methods_are_replaced_in_their_class(miniature_library: Library) -> None:
    counter = made(miniature_library)["Counter.add: ones"]["Counter"](1.0)  # type: ignore[operator]
    assert counter.add(np.array([2.0])) == 1.0
