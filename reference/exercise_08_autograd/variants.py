"""Correct implementations in other styles; each must be accepted."""

import itertools
import math

from grader.spec import solution, variant


@variant(backend="python")
class closures_and_a_rule_for_each_operator:
    """Each value carries a function that passes its gradient on; -, / have rules of their own"""

    class Value:
        def __init__(self, data):
            self.data, self.grad = data, 0
            self._operands, self._pass_on = (), lambda grad: None

        def _made(self, data, *pairs):
            out = Value(data)  # noqa: F821
            out._operands = [operand for operand, _ in pairs if isinstance(operand, Value)]  # noqa: F821

            def pass_on(grad):
                for operand, slope in pairs:
                    if isinstance(operand, Value):  # noqa: F821
                        operand.grad += slope * grad

            out._pass_on = pass_on
            return out

        def __add__(self, other):
            return self._made(self.data + _number(other), (self, 1), (other, 1))

        def __sub__(self, other):
            return self._made(self.data - _number(other), (self, 1), (other, -1))

        def __mul__(self, other):
            b = _number(other)
            return self._made(self.data * b, (self, b), (other, self.data))

        def __truediv__(self, other):
            b = _number(other)
            return self._made(self.data / b, (self, 1 / b), (other, -self.data / b**2))

        def __pow__(self, n):
            return self._made(self.data**n, (self, n * self.data ** (n - 1)))

        def __neg__(self):
            return self._made(-self.data, (self, -1))

        def __rsub__(self, number):
            return self._made(number - self.data, (self, -1))

        def __rtruediv__(self, number):
            return self._made(number / self.data, (self, -number / self.data**2))

        __radd__, __rmul__ = __add__, __mul__

        def exp(self):
            y = math.exp(self.data)
            return self._made(y, (self, y))

        def log(self):
            return self._made(math.log(self.data), (self, 1 / self.data))

        def tanh(self):
            y = 1 - 2 / (math.exp(2 * self.data) + 1)
            return self._made(y, (self, 1 - y**2))

        def relu(self):
            return self._made(max(0, self.data), (self, int(self.data > 0)))

        def backward(self):
            order = topological_order(self)  # noqa: F821
            for value in order:
                value.grad = 0
            self.grad = 1
            for value in reversed(order):
                value._pass_on(value.grad)

    def topological_order(output):
        if not isinstance(output, Value):  # noqa: F821
            return solution.topological_order(output)
        waiting, todo = {output: 0}, [output]
        while todo:
            for operand in todo.pop()._operands:
                if operand not in waiting:
                    waiting[operand] = 0
                    todo.append(operand)
                waiting[operand] += 1
        order, ready = [], [output]
        while ready:
            value = ready.pop()
            order.append(value)
            for operand in value._operands:
                waiting[operand] -= 1
                if not waiting[operand]:
                    ready.append(operand)
        return order[::-1]


_numbers = itertools.count()


@variant(backend="python")
class values_numbered_as_they_are_made:
    """Values are sorted by when they were made, since operands are always made before results"""

    class Value(solution.Value):
        def __init__(self, data):
            super().__init__(data)
            self._number = next(_numbers)

    def topological_order(output):
        if isinstance(output, solution.Tensor):
            return solution.topological_order(output)
        found, todo = {id(output): output}, [output]
        while todo:
            for operand, _ in todo.pop()._parts:
                if id(operand) not in found:
                    found[id(operand)] = operand
                    todo.append(operand)
        return sorted(found.values(), key=lambda value: value._number)

    def continued_fraction(x, depth):
        y = x
        for _ in range(depth):
            y = (x * y + 1) / y
        return y


@variant(backend="python")
class tensors_of_values:
    """A tensor is a nested list of Values: broadcasting shares them, and sums come by themselves"""

    class Tensor:
        def __init__(self, data):
            self._values = solution._map(_as_value, data)
            self.shape = solution._shape(data)

        @property
        def data(self):
            return solution._map(lambda value: value.data, self._values)

        @property
        def grad(self):
            return solution._map(lambda value: value.grad, self._values)

        def _with(self, function, other):
            other = other if isinstance(other, Tensor) else Tensor(other)  # noqa: F821
            shape = solution._broadcast(self.shape, other.shape)
            pair = (solution._expand(t._values, t.shape, shape) for t in (self, other))
            return Tensor(solution._map(function, *pair))  # noqa: F821

        def __add__(self, other):
            return self._with(lambda a, b: a + b, other)

        def __mul__(self, other):
            return self._with(lambda a, b: a * b, other)

        def __sub__(self, other):
            return self._with(lambda a, b: a - b, other)

        def __truediv__(self, other):
            return self._with(lambda a, b: a / b, other)

        def __radd__(self, other):
            return self._with(lambda a, b: b + a, other)

        def __rmul__(self, other):
            return self._with(lambda a, b: b * a, other)

        def __rsub__(self, other):
            return self._with(lambda a, b: b - a, other)

        def __rtruediv__(self, other):
            return self._with(lambda a, b: b / a, other)

        def __pow__(self, n):
            return Tensor(solution._map(lambda value: value**n, self._values))  # noqa: F821

        def __neg__(self):
            return Tensor(solution._map(lambda value: -value, self._values))  # noqa: F821

        def exp(self):
            return Tensor(solution._map(lambda value: value.exp(), self._values))  # noqa: F821

        def log(self):
            return Tensor(solution._map(lambda value: value.log(), self._values))  # noqa: F821

        def tanh(self):
            return Tensor(solution._map(lambda value: value.tanh(), self._values))  # noqa: F821

        def relu(self):
            return Tensor(solution._map(lambda value: value.relu(), self._values))  # noqa: F821

        def sum(self):
            entries = []
            solution._map(entries.append, self._values)
            return Tensor(sum(entries))  # noqa: F821

        def backward(self):
            self._values.backward()


@variant(backend="python")
class flat_lists_and_indices:
    """Tensors keep one flat list of entries; broadcasting is arithmetic on indices"""

    class Tensor(solution.Tensor):
        def __init__(self, data):
            self.shape = tuple(solution._shape(data))
            self._flat, self._grads, self._parts = [], [], ()
            solution._map(lambda entry: self._flat.append(entry), data)
            self._grads = [0.0] * len(self._flat)

        @property
        def data(self):
            return _nested(self._flat, self.shape)

        @property
        def grad(self):
            return _nested(self._grads, self.shape)

        def _apply(self, rule, *others):
            operands = [self, *(o if isinstance(o, Tensor) else Tensor(o) for o in others)]  # noqa: F821
            shape = solution._broadcast(*(operand.shape for operand in operands))
            places = list(itertools.product(*map(range, shape)))
            sources = [[_position(place, o.shape) for place in places] for o in operands]
            flats = [[o._flat[i] for i in s] for o, s in zip(operands, sources, strict=True)]
            results, *slopes = zip(*map(rule, *flats), strict=True)
            out = Tensor(_nested(list(results), shape))  # noqa: F821
            out._parts = tuple(zip(operands, zip(sources, slopes, strict=True), strict=True))
            return out

        def sum(self):
            out = Tensor(math.fsum(self._flat))  # noqa: F821
            everywhere = range(len(self._flat))
            out._parts = ((self, (everywhere, None)),)
            return out

        def backward(self):
            order = solution.topological_order(self)
            for tensor in order:
                tensor._grads = [0.0] * len(tensor._flat)
            self._grads = [1.0]
            for tensor in reversed(order):
                for operand, (source, slopes) in tensor._parts:
                    for k, i in enumerate(source):
                        slope = 1.0 if slopes is None else slopes[k]
                        operand._grads[i] += slope * tensor._grads[0 if slopes is None else k]


def _number(operand):
    return operand if isinstance(operand, int | float) else operand.data


def _as_value(entry):
    return entry if isinstance(entry, solution.Value) else solution.Value(entry)


def _nested(flat, shape):
    if not shape:
        return flat[0]
    step = len(flat) // shape[0]
    return [_nested(flat[i * step : (i + 1) * step], shape[1:]) for i in range(shape[0])]


def _position(place, shape):
    position = 0
    for i, length in zip(place[len(place) - len(shape) :], shape, strict=True):
        position = position * length + (i if length > 1 else 0)
    return position
