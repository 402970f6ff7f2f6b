"""Checks of the miniature."""

import numpy as np

from grader.spec import Dim, check, domain, gradients, reals, same, scalar, special, values

FORBIDDEN = {"numpy.mean": "the mean is what you are to write", ".mean": "write it yourself"}

N, D = Dim("N", 1, 5), Dim("D", 2, 6)

rows = domain(x=reals(N, D), weight=reals(N, low=0.25, high=2), dout=reals(D))


@check(
    task="mean_forward",
    points=4,
    cases=rows,
    special=[special("one row", lambda: {"x": np.array([[2.0, 3.0]]), "weight": np.array([0.5])})],
)
def mean_values(student, case):
    """mean_forward averages the rows"""
    out, _ = student.mean_forward(case.x)
    weighted, _ = student.mean_forward(case.x, case.weight)
    return [
        values(out=out, weighted=weighted),
        same(student.mean_forward(case.x + 1)[0], out + 1, because="adding 1 adds 1 to the mean"),
    ]


@check(task="mean_backward", points=3, cases=rows, requires=[mean_values])
def mean_gradients(student, case):
    """mean_backward gives every row its share"""
    out, cache = student.mean_forward(case.x, case.weight)
    return gradients(of=out, cotangent=case.dout, x=student.mean_backward(case.dout, cache))


@check(task="Counter", points=3, cases=domain(x=reals(N, D), start=scalar(1, 2)))
def counter_total(student, case):
    """Counter keeps a running total"""
    counter = student.Counter(case.start)
    counter.add(case.x)
    return values(total=counter.add(case.x), kept=counter.attribute("total"))
