"""Exercise 08's reference against torch autograd: random graphs of numbers and of nested lists."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.judge.library import load_solution

MANY = settings(max_examples=300, derandomize=True, deadline=None, database=None)

#: In operators and methods that Value, Tensor and torch tensors have alike; c is a number.
OPERATIONS: tuple[Callable[[Any, Any, float], Any], ...] = (
    lambda a, b, c: a + b,
    lambda a, b, c: a - b,
    lambda a, b, c: a * b,
    lambda a, b, c: a / b,
    lambda a, b, c: a / (b * b + 1.0),
    lambda a, b, c: a + c,
    lambda a, b, c: c + a,
    lambda a, b, c: a - c,
    lambda a, b, c: c - a,
    lambda a, b, c: a * c,
    lambda a, b, c: c * a,
    lambda a, b, c: a / c,
    lambda a, b, c: c / a,
    lambda a, b, c: -a,
    lambda a, b, c: a**2,
    lambda a, b, c: a**3,
    lambda a, b, c: a**-1,
    lambda a, b, c: (b * b + 0.5) ** c,
    lambda a, b, c: a.exp(),
    lambda a, b, c: (a * a + 0.1).log(),
    lambda a, b, c: a.tanh(),
    lambda a, b, c: a.relu(),
)
RELU = len(OPERATIONS) - 1
LARGEST, KINK = 20.0, 1e-6

numbers = st.integers(-256, 256).filter(bool).map(lambda n: n / 128)


class Step(NamedTuple):
    """One operation of a program; operands count back from the newest value."""

    operation: int
    first: int
    second: int
    constant: float


steps = st.builds(
    Step,
    st.integers(0, len(OPERATIONS) - 1),
    st.integers(0, 30),
    st.integers(0, 30),
    numbers,
)
programs = st.lists(steps, min_size=1, max_size=14)


@pytest.fixture(scope="module")
def solution() -> Any:
    return load_solution("exercise-08")


def run(
    program: Sequence[Step], ours: Sequence[Any], theirs: Sequence[torch.Tensor]
) -> tuple[list[Any], list[torch.Tensor]]:
    """Run a program on both sides, without the steps that leave order 1 or come near a kink."""
    ours, theirs = list(ours), list(theirs)
    for step in program:
        a, b = (-1 - number % len(ours) for number in step[1:3])
        operation = OPERATIONS[step.operation]
        result = operation(theirs[a], theirs[b], step.constant)
        kink = step.operation == RELU and bool((theirs[a].abs() < KINK).any())
        if kink or not bool((result.abs() < LARGEST).all()):
            continue
        theirs.append(result)
        ours.append(operation(ours[a], ours[b], step.constant))
    return ours, theirs


def assert_close(ours: Any, theirs: torch.Tensor) -> None:
    """A number or nested list against a tensor, shape and all."""
    theirs = theirs.detach()
    actual = torch.tensor(ours, dtype=torch.float64)
    torch.testing.assert_close(actual, theirs, rtol=1e-9, atol=1e-9 * max(1.0, largest(theirs)))


def largest(tensor: torch.Tensor) -> float:
    return float(tensor.abs().max())


def assert_same_gradients(
    ours: Sequence[Any], theirs: Sequence[torch.Tensor], output: torch.Tensor
) -> None:
    """Every value's gradient, those in the middle included, after backward from `output`."""
    wanted = torch.autograd.grad(output, theirs, allow_unused=True, retain_graph=True)
    reached = [tensor for tensor in wanted if tensor is not None]
    scale = max(map(largest, reached))
    for value, gradient in zip(ours, wanted, strict=True):
        if gradient is not None:
            actual = torch.tensor(value.grad, dtype=torch.float64)
            torch.testing.assert_close(actual, gradient, rtol=1e-8, atol=1e-10 * max(1.0, scale))
        else:
            assert not torch.tensor(value.grad).any()


@MANY
@given(leaves=st.lists(numbers, min_size=1, max_size=4), program=programs, weight=numbers)
def test_values_equal_torch(
    solution: Any, leaves: list[float], program: list[Step], weight: float
) -> None:
    ours, theirs = run(
        program,
        [solution.Value(number) for number in leaves],
        [torch.tensor(n, dtype=torch.float64, requires_grad=True) for n in leaves],
    )
    for value, tensor in zip(ours, theirs, strict=True):
        assert type(value.data) is type(value.grad) is float
        assert_close(value.data, tensor)
    (weight * ours[-1]).backward()
    assert_same_gradients(ours, theirs, weight * theirs[-1])


@MANY
@given(
    leaves=st.lists(numbers, min_size=1, max_size=3),
    program=programs,
    turns=st.lists(st.integers(0, 30), min_size=2, max_size=4),
)
def test_every_backward_starts_afresh(
    solution: Any, leaves: list[float], program: list[Step], turns: list[int]
) -> None:
    ours, theirs = run(
        program,
        [solution.Value(number) for number in leaves],
        [torch.tensor(n, dtype=torch.float64, requires_grad=True) for n in leaves],
    )
    for turn in turns:
        number = turn % len(ours)
        before = {id(value): value.grad for value in ours}
        ours[number].backward()
        inside = {id(value) for value in solution.topological_order(ours[number])}
        kept = [value for value in ours if id(value) not in inside]
        assert all(value.grad == before[id(value)] for value in kept)
        graph = [k for k, value in enumerate(ours) if id(value) in inside]
        assert_same_gradients([ours[k] for k in graph], [theirs[k] for k in graph], theirs[number])


@MANY
@given(leaves=st.lists(numbers, min_size=1, max_size=4), program=programs)
def test_the_order_has_every_value_once_after_its_operands(
    solution: Any, leaves: list[float], program: list[Step]
) -> None:
    values = [solution.Value(number) for number in leaves]
    ours, _ = run(program, values, [torch.tensor(n, dtype=torch.float64) for n in leaves])
    order = solution.topological_order(ours[-1])
    place = {id(value): position for position, value in enumerate(order)}
    assert len(place) == len(order) and order[-1] is ours[-1]
    for value in order:
        assert all(place[id(operand)] < place[id(value)] for operand, _ in value._parts)


@st.composite
def shapes(draw: st.DrawFn) -> list[tuple[int, ...]]:
    """One to four shapes that broadcast with each other: a full one, cut at the left, with ones."""
    full = draw(st.lists(st.integers(1, 4), max_size=3).map(tuple))
    found = []
    for _ in range(draw(st.integers(1, 4))):
        kept = full[draw(st.integers(0, len(full))) :]
        found.append(tuple(draw(st.sampled_from((1, length))) for length in kept))
    return found


@MANY
@given(shapes=shapes(), program=programs, weight=numbers, seed=st.integers(0, 1000))
def test_tensors_equal_torch(
    solution: Any, shapes: list[tuple[int, ...]], program: list[Step], weight: float, seed: int
) -> None:
    source = torch.Generator().manual_seed(seed)
    leaves = [torch.randn(shape, generator=source, dtype=torch.float64) for shape in shapes]
    tensors = [solution.Tensor(leaf.tolist()) for leaf in leaves]
    ours, theirs = run(program, tensors, [leaf.requires_grad_() for leaf in leaves])
    for tensor, wanted in zip(ours, theirs, strict=True):
        assert tensor.shape == tuple(wanted.shape)
        assert_close(tensor.data, wanted)
    weights = torch.randn(theirs[-1].shape, generator=source, dtype=torch.float64)
    out = weight * (ours[-1] * solution.Tensor(weights.tolist())).sum()
    wanted = weight * (theirs[-1] * weights).sum()
    assert out.shape == ()
    assert_close(out.data, wanted)
    for _ in range(2):
        out.backward()
        assert_same_gradients(ours, theirs, wanted)


@pytest.mark.parametrize("depth", [0, 1, 2, 7, 40])
@pytest.mark.parametrize("number", [0.3, 1.0, 2.5])
def test_continued_fraction_equals_torch(solution: Any, number: float, depth: int) -> None:
    x, theirs = solution.Value(number), torch.tensor(number, dtype=torch.float64)
    y = theirs.requires_grad_()
    for _ in range(depth):
        y = theirs + 1 / y
    ours = solution.continued_fraction(x, depth)
    ours.backward()
    assert_close(ours.data, y)
    assert_same_gradients([x], [theirs], y)


def test_graphs_may_be_deeper_than_the_recursion_limit(solution: Any) -> None:
    deep = 5 * sys.getrecursionlimit()
    x, t = solution.Value(0.5), solution.Tensor([0.5, -0.25])
    value, tensor = x, t
    for _ in range(deep):
        value, tensor = value + x, tensor + t
    value.backward()
    assert (value.data, x.grad) == (0.5 * (deep + 1), deep + 1)
    tensor.sum().backward()
    assert t.grad == [deep + 1, deep + 1]
    y = solution.continued_fraction(solution.Value(1.0), deep)
    y.backward()
    assert y.data == pytest.approx((1 + 5**0.5) / 2)
