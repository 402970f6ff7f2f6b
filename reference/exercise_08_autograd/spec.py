"""What exercise 08 checks: operations one by one, the order, whole graphs, then nested lists."""

import numpy as np

from grader.spec import (
    Dim,
    check,
    dimension,
    domain,
    gradients,
    holds,
    integers,
    reals,
    same,
    scalar,
    special,
    values,
)

FORBIDDEN = {
    "torch": "the engine is what this exercise is about",
    "jax": "the engine is what this exercise is about",
    "tensorflow": "the engine is what this exercise is about",
    "numpy": "this exercise works on plain numbers and nested lists",
}

EQUIVALENT_MUTANTS = {
    "_relu: … → return (a, 1.0) if a >= 0.0 else (0.0, 0.0)": (
        "they differ at 0 alone, where the README leaves the slope open"
    ),
    "_Arithmetic.__neg__: … → return self / -1.0": "dividing by -1 is multiplying by -1",
    "… → …, strict=False)…": "what is paired here is of one length, whatever was put in",
    "… → …, strict=None)…": "what is paired here is of one length, whatever was put in",
    "Value._apply: … → …zip(operands, slopes, ))": (
        "what is paired here is of one length, whatever was put in"
    ),
    "_map: … → …zip(*nested, )]": "what is paired here is of one length, whatever was put in",
    "_broadcast: … → …zip(*aligned, ))": (
        "what is paired here is of one length, whatever was put in"
    ),
    "_map: … → if isinstance(nested[ -1], list):": "all arguments have one shape",
    "_shape: … → …_shape(nested[ -1])…": "nested lists are rectangular",
    "_broadcast: … → aligned = [( 0,) * …": "lengths are 1 or more, so 0 and 1 give way alike",
    "_expand: … → if len(shape) is not len(target):": (
        "a shape is never longer than what it is stretched to"
    ),
    "_expand: … → if len(shape) != len(target):": (
        "a shape is never longer than what it is stretched to"
    ),
    "_expand: … → …shape[0] <= 1 else nested": "lengths are 1 or more",
    "_sum_to: … → if len(_shape(nested)) is not len(target):": (
        "a sum never has more axes than its terms"
    ),
    "_sum_to: … → if len(_shape(nested)) != len(target):": (
        "a sum never has more axes than its terms"
    ),
    "_sum_to: … → …len(rows) is target[0]…": (
        "these lengths are small, and small integers are single objects"
    ),
    "_sum_to: … → …len(rows) <= target[0]…": "a sum never has more rows than its terms",
}

#: A random graph: operation k takes the last value made and, as its second operand, first each of
#: the leaves in turn and from then on any value, the last one included.
K = Dim("K", 3, 7)
PROGRAM = {"operations": integers(K, high=10), "second": integers(K, high=60)}


def _apply(name, value):
    """A function of a number, an array or one of the student's objects; NaN at relu's kink."""
    if not isinstance(value, float | np.ndarray):
        return getattr(value, name)()
    if name == "relu":
        clear = np.abs(value) > 0.02
        return np.where(clear, np.maximum(value, 0.0), np.nan)
    return getattr(np, name)(value)


#: Each uses both of its operands, so that every leaf matters, and stays small for small ones.
OPERATIONS = (
    lambda a, b: a + b,
    lambda a, b: a * b,
    lambda a, b: a - 0.5 * b,
    lambda a, b: a / (b * b + 1.0),
    lambda a, b: 3.0 / (b * b + 2.0) - a,
    lambda a, b: 1.5 - a * b,
    lambda a, b: a * _apply("exp", -(b**2)),
    lambda a, b: _apply("tanh", a) * b,
    lambda a, b: _apply("log", a**2 + b**2 + 0.5),
    lambda a, b: _apply("relu", a) + a * b,
)


def _run(case, leaves, operations=OPERATIONS):
    """The leaves and, after them, what each operation of the case's program gives."""
    nodes = list(leaves)
    for k, (number, second) in enumerate(zip(case.operations, case.second, strict=True)):
        nodes.append(operations[number](nodes[-1], nodes[_second(k, second, len(nodes))]))
    return nodes


def _second(k, second, count):
    """Which of the `count` values so far is operation k's second operand."""
    leaves = count - k
    return k if k < leaves - 1 else second % count


def _graph(operations, second):
    """The program of a special case."""
    return {"operations": np.array(operations), "second": np.array(second)}


def _bounded(nodes):
    """Whether everything is of order 1 and away from kinks."""
    return all(bool(np.all(np.abs(node) < 4.0)) for node in nodes)


#: What is asked of each operator, in words that serve as the names of the cases.
OPERATORS = {
    "a + b": lambda a, b: a + b,
    "a * b": lambda a, b: a * b,
    "a - b": lambda a, b: a - b,
    "a / b": lambda a, b: a / b,
    "-a": lambda a, b: -a,
    "a ** 3": lambda a, b: a**3,
    "a ** 0": lambda a, b: a**0,
    "b ** -1.5": lambda a, b: b**-1.5,
    "a number on the right": lambda a, b: ((a + 4) * 0.5 - 2) / 1.5,
    "3 + a": lambda a, b: 3 + a,
    "2.5 * a": lambda a, b: 2.5 * a,
    "3 - a": lambda a, b: 3 - a,
    "5 / a": lambda a, b: 5 / a,
}


def _each(*names):
    """One small case for each of these operators."""
    return [
        special(name, lambda name=name: {"operator": name, "a": -1.25, "b": 1.6, "w": 0.75})
        for name in names
    ]


@check(task="Value", points=1, special=_each(*OPERATORS))
def value_arithmetic(student, case):
    """Value computes + - * / and **, with values and with plain numbers on either side"""
    out = OPERATORS[case.operator](student.Value(case.a), student.Value(case.b))
    return values(out=out.attribute("data"))


@check(
    task="Value",
    points=1,
    special=_each(
        "a + b", "a * b", "a - b", "a / b", "-a", "a ** 3", "b ** -1.5", "3 - a", "5 / a"
    ),
)
def value_arithmetic_gradients(student, case):
    """backward is right for each operator"""
    a, b = student.Value(case.a), student.Value(case.b)
    out = OPERATORS[case.operator](a, b)
    (out * case.w).backward()
    data = out.attribute("data")
    grads = {"a": a.attribute("grad"), "b": b.attribute("grad")}
    return [values(out=data), gradients(of=data, cotangent=case.w, **grads)]


@check(
    task="Value",
    points=1,
    special=[
        special(f"{name} at {x}", lambda name=name, x=x: {"function": name, "x": x, "w": -0.75})
        for name, points in (
            ("exp", (-1.25, 0.8)),
            ("log", (0.4, 2.5)),
            ("tanh", (-1.25, 0.6)),
            ("relu", (-1.25, 0.8)),
        )
        for x in points
    ],
)
def value_functions(student, case):
    """exp, log, tanh and relu have the right values and slopes"""
    x = student.Value(case.x)
    out = getattr(x, case.function)()
    (out * case.w).backward()
    data = out.attribute("data")
    return [values(out=data), gradients(of=data, cotangent=case.w, x=x.attribute("grad"))]


#: One new value for each operation, and all operands are values; the last one takes one operand.
SINGLE = (
    lambda a, b: a + b,
    lambda a, b: a * b,
    lambda a, b: b + a,
    lambda a, b: b * a,
    lambda a, b: a**2,
)
ONE_OPERAND = 4


def _ordered(name, operations, second):
    """All numbers in these graphs differ, so that a number tells which value it belongs to."""
    return special(name, lambda: {**_graph(operations, second), "a": 0.75, "b": -1.25})


@check(
    task="topological_order",
    points=1,
    special=[
        _ordered("one operation", [0], [0]),
        _ordered("one value on both sides", [1, 0], [0, 2]),
        _ordered("a value that is not used", [4, 1], [0, 2]),
        _ordered("a short way and a long way", [1, 0, 0], [0, 1, 2]),
        _ordered("a long way and a short way", [1, 0, 2], [0, 1, 2]),
        _ordered("many ways", [0, 4, 1, 2, 3, 0, 4], [0, 0, 2, 3, 1, 4, 0]),
    ],
)
def topological_order_relations(student, case):
    """topological_order lists every value once, after those it was made of"""
    nodes = _run(case, (student.Value(case.a), student.Value(case.b)), SINGLE)
    order = student.topological_order(nodes[-1])
    data = [node.attribute("data") for node in nodes]
    listed = [value.attribute("data") for value in order]
    operands = _operands(case)
    needed, todo = set(), [len(nodes) - 1]
    while todo:
        needed.add(one := todo.pop())
        todo.extend(operands[one])
    pairs = [(data[operand], data[one]) for one in needed for operand in operands[one]]
    complete = sorted(listed) == sorted(data[one] for one in needed)
    return [
        values(output=listed[-1]),
        holds(complete, because="the list holds each value that the output was made of, once"),
        holds(
            complete and all(listed.index(first) < listed.index(then) for first, then in pairs),
            because="each value comes after those it was made of",
        ),
    ]


def _operands(case):
    """The operands of each value, as positions: none of the two leaves, then of each operation."""
    parts = [(), ()]
    for k, (number, second) in enumerate(zip(case.operations, case.second, strict=True)):
        both = (k + 1, _second(k, second, k + 2))
        parts.append(both[:1] if number == ONE_OPERAND else both)
    return parts


number, positive = scalar(-1.5, 1.5), scalar(0.5, 2.0)
graphs = domain(
    a=number,
    b=number,
    c=number,
    w=positive,
    **PROGRAM,
    where=lambda case: _bounded(_run(case, (case.a, case.b, case.c))),
)


@check(
    task="Value",
    points=1,
    cases=graphs,
    count=3,
    special=[
        special(
            "different values that are the same number",
            lambda: {**_graph([0, 1, 1], [0, 0, 3]), "a": 0.5, "b": 1.0, "c": 0.5, "w": 2.0},
        ),
        special(
            "one value on both sides",
            lambda: {
                **_graph([0, 1, 1, 0], [0, 0, 4, 5]),
                "a": 0.5,
                "b": -1.5,
                "c": 0.75,
                "w": 0.5,
            },
        ),
    ],
)
def value_graphs(student, case):
    """backward adds up the gradient over all paths through an expression"""
    leaves = {name: student.Value(getattr(case, name)) for name in ("a", "b", "c")}
    out = _run(case, leaves.values())[-1]
    (case.w * out).backward()
    grads = {name: leaf.attribute("grad") for name, leaf in leaves.items()}
    data = out.attribute("data")
    return [values(out=data), gradients(of=data, cotangent=case.w, **grads)]


@check(
    task="Value",
    points=1,
    cases=domain(a=positive, b=number, c=number, w=positive),
    count=3,
)
def value_backward_again(student, case):
    """every backward starts afresh, and leaves the values of other graphs alone"""
    a, b, c = (student.Value(getattr(case, name)) for name in ("a", "b", "c"))
    (c * c).backward()
    middle = a * b
    out = (middle + a).tanh() * middle
    before = middle.attribute("grad")
    found = []
    for _ in range(2):
        out.backward()
        graph = {"a": a, "b": b, "middle": middle, "out": out}
        found.append({name: value.attribute("grad") for name, value in graph.items()})
    part = middle * a
    (part * case.w).backward()
    return [
        values(grad_before_any_backward=before, grads=found[0]),
        same(found[1], found[0], because="a second backward gives the same gradients again"),
        gradients(
            of=part.attribute("data"),
            cotangent=case.w,
            a=a.attribute("grad"),
            b=b.attribute("grad"),
        ),
        values(grad_in_another_graph=c.attribute("grad")),
    ]


@check(
    task="continued_fraction",
    points=1,
    cases=domain(a=positive, depth=dimension(Dim("depth", 1, 5)), w=positive),
    count=3,
    special=[
        special("no fraction bar", lambda: {"a": 1.5, "depth": 0, "w": 2.0}),
        special("2,000 operations", lambda: {"a": 0.75, "depth": 1000, "w": 0.5}),
    ],
)
def continued_fraction_gradient(student, case):
    """continued_fraction is right, and so is its gradient after thousands of operations"""
    a = student.Value(case.a)
    out = student.continued_fraction(a * a, case.depth)
    (out * case.w).backward()
    data = out.attribute("data")
    return [values(out=data), gradients(of=data, cotangent=case.w, a=a.attribute("grad"))]


#: What is asked of tensors: the names of the operands, and what is made of them.
EXAMPLES = {
    "column": np.array([[1.5], [-0.75], [2.5]]),
    "row": np.array([0.5, -1.25]),
    "table": np.array([[0.25, -2.0], [1.75, 0.5], [-1.5, 3.0]]),
    "block": np.array([[[0.75, -0.5]], [[2.0, 1.25]]]),
    "deep": np.array([[[[0.5], [-1.5]]], [[[1.25], [2.25]]]]),
    "one": np.array([[-0.5]]),
    "number": 1.6,
}
TENSOR_OPERATIONS = {
    "a column plus a row": (("column", "row"), lambda a, b: a + b),
    "a table minus a row": (("table", "row"), lambda a, b: a - b),
    "three axes times a column": (("block", "column"), lambda a, b: a * b),
    "a row divided by a column": (("row", "column"), lambda a, b: a / b),
    "four axes plus three": (("deep", "block"), lambda a, b: a + b),
    "a tensor of one number times a row": (("number", "row"), lambda a, b: a * b),
    "a row minus a list of one number": (("row", "one"), lambda a, b: a - b),
    "numbers on the right": (("row",), lambda a: ((a + 4) * 0.5 - 3) / 1.5),
    "numbers on the left": (("column",), lambda a: 2 + 0.5 * (5 / a)),
    "3 minus a column": (("column",), lambda a: 3 - a),
    "a negative cube": (("table",), lambda a: -(a**3)),
    "exp": (("row",), lambda a: a.exp()),
    "log": (("number",), lambda a: a.log()),
    "tanh": (("block",), lambda a: a.tanh()),
    "relu": (("table",), lambda a: a.relu()),
    "sum": (("table",), lambda a: a.sum()),
}


@check(
    task="Tensor",
    points=1,
    special=[
        special(name, lambda name=name, used=used: {"name": name, **{k: EXAMPLES[k] for k in used}})
        for name, (used, _) in TENSOR_OPERATIONS.items()
    ],
)
def tensor_values(student, case):
    """Tensor computes entry by entry, with broadcasting"""
    names, operation = TENSOR_OPERATIONS[case.name]
    out = operation(*(student.Tensor(getattr(case, name)) for name in names))
    return values(
        out=out.attribute("data"),
        shape=out.attribute("shape"),
        grad_before_any_backward=out.attribute("grad"),
    )


L, N, M = Dim("L", 1, 3), Dim("N", 2, 4), Dim("M", 2, 4)
SHAPES = {
    "a": reals(N, 1, low=-1.5, high=1.5, away_from=0.0, margin=0.1),
    "b": reals(M, low=-1.5, high=1.5, away_from=0.0, margin=0.1),
    "c": reals(L, 1, M, low=-1.5, high=1.5, away_from=0.0, margin=0.1),
    "d": positive,
}
WEIGHTS = {"weights": reals(L, N, M), "w": positive}


def _tensors(student, case):
    return {name: student.Tensor(getattr(case, name)) for name in SHAPES}


@check(task="Tensor", points=1, cases=domain(**SHAPES, **WEIGHTS), count=3)
def tensor_gradients(student, case):
    """Tensor.backward sums the gradient back to the shape that each operand had"""
    tensors = _tensors(student, case)
    a, b, c, d = tensors.values()
    total = (((a * b - c) / d + a) * student.Tensor(case.weights)).sum()
    (total * case.w).backward()
    return _gradients(total, case, tensors)


def _gradients(total, case, tensors):
    grads = {name: tensor.attribute("grad") for name, tensor in tensors.items()}
    return gradients(of=total.attribute("data"), cotangent=case.w, **grads)


def _prepared(a, b, c, d):
    """Each function once, on arrays or tensors."""
    return _apply("tanh", a), _apply("exp", b), _apply("relu", c) + c, _apply("log", d)


@check(
    task="Tensor",
    points=1,
    cases=domain(
        **SHAPES,
        **WEIGHTS,
        **PROGRAM,
        where=lambda case: _bounded(_run(case, _prepared(case.a, case.b, case.c, case.d))),
    ),
    count=3,
)
def tensor_graphs(student, case):
    """Tensor.backward adds up over all paths and functions, and starts afresh each time"""
    tensors = _tensors(student, case)
    out = _run(case, _prepared(**tensors))[-1]
    total = (out * student.Tensor(case.weights)).sum()
    scaled = case.w * total
    scaled.backward()
    scaled.backward()
    return [values(total=total.attribute("data")), _gradients(total, case, tensors)]
