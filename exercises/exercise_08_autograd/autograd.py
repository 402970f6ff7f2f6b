"""Exercise 08: automatic differentiation, in plain Python.

Read README.md first: it has the rules, the shapes and the conventions. Replace each
`raise NotImplementedError` with your code, then run `grade exercise-08`.
"""

from __future__ import annotations

from typing import Any

# "python" hands your functions plain numbers and nested lists, and expects the same back.
BACKEND = "python"

# A number, or a rectangular list of lists of … of numbers.
Nested = Any


class Value:
    """A number that remembers how it was made.

    Attributes:
        data: the number, a float.
        grad: the derivative that the last `backward` found for it, a float; 0.0 before any.
    """

    def __init__(self, data: float) -> None:
        """Make a value that was not made of others: a leaf of the graph."""
        raise NotImplementedError("Value")

    def __add__(self, other: Value | float) -> Value:
        """`self + other`."""
        raise NotImplementedError("Value.__add__")

    def __mul__(self, other: Value | float) -> Value:
        """`self * other`."""
        raise NotImplementedError("Value.__mul__")

    def __pow__(self, n: float) -> Value:
        """`self ** n` for a plain number n."""
        raise NotImplementedError("Value.__pow__")

    def __neg__(self) -> Value:
        """`-self`."""
        raise NotImplementedError("Value.__neg__")

    def __sub__(self, other: Value | float) -> Value:
        """`self - other`."""
        raise NotImplementedError("Value.__sub__")

    def __truediv__(self, other: Value | float) -> Value:
        """`self / other`."""
        raise NotImplementedError("Value.__truediv__")

    def __radd__(self, number: float) -> Value:
        """`number + self`: Python calls this when the left operand is a plain number."""
        raise NotImplementedError("Value.__radd__")

    def __rmul__(self, number: float) -> Value:
        """`number * self`."""
        raise NotImplementedError("Value.__rmul__")

    def __rsub__(self, number: float) -> Value:
        """`number - self`."""
        raise NotImplementedError("Value.__rsub__")

    def __rtruediv__(self, number: float) -> Value:
        """`number / self`."""
        raise NotImplementedError("Value.__rtruediv__")

    def exp(self) -> Value:
        """Return e to the power of this value."""
        raise NotImplementedError("Value.exp")

    def log(self) -> Value:
        """Return the natural logarithm of this value."""
        raise NotImplementedError("Value.log")

    def tanh(self) -> Value:
        """Return the hyperbolic tangent of this value."""
        raise NotImplementedError("Value.tanh")

    def relu(self) -> Value:
        """Return max(0, this value)."""
        raise NotImplementedError("Value.relu")

    def backward(self) -> None:
        """Set `grad` of every value in this one's graph to d(this value)/d(that value).

        Starts afresh: what an earlier `backward` left in these values does not count.
        """
        raise NotImplementedError("Value.backward")


def topological_order(output: Value) -> list[Value]:
    """List the values that `output` was made of, itself included.

    Returns:
        Every value once, each one after all those it was made of, so that `output` is last. The
        order is not unique; any such order is right.
    """
    raise NotImplementedError("topological_order")


def continued_fraction(x: Value, depth: int) -> Value:
    """Return x + 1/(x + 1/(x + … + 1/x)), with `depth` fraction bars.

    Args:
        x: a positive value.
        depth: 0 or more; 0 is x itself. Thousands must work, and so must `backward` afterwards.
    """
    raise NotImplementedError("continued_fraction")


class Tensor:
    """A nested list of numbers that remembers how it was made.

    Attributes:
        data: a nested list of floats, or a float if the shape is ().
        grad: like data; zeros before any `backward`.
        shape: the length of each axis, a tuple.
    """

    def __init__(self, data: Nested) -> None:
        """Make a leaf from a rectangular nested list, of any depth, or from a number."""
        raise NotImplementedError("Tensor")

    def __add__(self, other: Tensor | float) -> Tensor:
        """`self + other`, entry by entry, with broadcasting."""
        raise NotImplementedError("Tensor.__add__")

    def __mul__(self, other: Tensor | float) -> Tensor:
        """`self * other`, entry by entry, with broadcasting."""
        raise NotImplementedError("Tensor.__mul__")

    def __pow__(self, n: float) -> Tensor:
        """Each entry to the power of a plain number n."""
        raise NotImplementedError("Tensor.__pow__")

    def __neg__(self) -> Tensor:
        """`-self`."""
        raise NotImplementedError("Tensor.__neg__")

    def __sub__(self, other: Tensor | float) -> Tensor:
        """`self - other`, entry by entry, with broadcasting."""
        raise NotImplementedError("Tensor.__sub__")

    def __truediv__(self, other: Tensor | float) -> Tensor:
        """`self / other`, entry by entry, with broadcasting."""
        raise NotImplementedError("Tensor.__truediv__")

    def __radd__(self, number: float) -> Tensor:
        """`number + self`."""
        raise NotImplementedError("Tensor.__radd__")

    def __rmul__(self, number: float) -> Tensor:
        """`number * self`."""
        raise NotImplementedError("Tensor.__rmul__")

    def __rsub__(self, number: float) -> Tensor:
        """`number - self`."""
        raise NotImplementedError("Tensor.__rsub__")

    def __rtruediv__(self, number: float) -> Tensor:
        """`number / self`."""
        raise NotImplementedError("Tensor.__rtruediv__")

    def exp(self) -> Tensor:
        """Return e to the power of each entry."""
        raise NotImplementedError("Tensor.exp")

    def log(self) -> Tensor:
        """Return the natural logarithm of each entry."""
        raise NotImplementedError("Tensor.log")

    def tanh(self) -> Tensor:
        """Return the hyperbolic tangent of each entry."""
        raise NotImplementedError("Tensor.tanh")

    def relu(self) -> Tensor:
        """Return max(0, entry) for each entry."""
        raise NotImplementedError("Tensor.relu")

    def sum(self) -> Tensor:
        """Return the sum of all entries, a tensor of shape ()."""
        raise NotImplementedError("Tensor.sum")

    def backward(self) -> None:
        """Set `grad` of every tensor in this one's graph to d(this number)/d(each entry).

        Called on tensors of shape () alone. Each grad has the shape of its tensor, also where the
        tensor was broadcast. Starts afresh, as `Value.backward` does.
        """
        raise NotImplementedError("Tensor.backward")
