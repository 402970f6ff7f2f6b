"""What exercise 90 checks: the forward, its edges, the gradient."""

import numpy as np

from grader.spec import Dim, check, dimension, domain, gradients, reals, same, special, values

FORBIDDEN = {
    "torch.autograd": "the backward pass is what this exercise is about",
    ".backward": "the backward pass is what this exercise is about",
}

T, D, K = Dim("T", 2, 9), Dim("D", 1, 5), Dim("K", 2, 4)

series = domain(
    x=reals(T, D),
    window=dimension(K),
    dout=reals(T, D),
    where=lambda case: case.window <= len(case.x),
)


@check(task="moving_average_forward", points=4, cases=series)
def moving_average_values(student, case):
    """moving_average_forward averages each row with the rows just before it"""
    out, _ = student.moving_average_forward(case.x, case.window)
    later = case.x.copy()
    later[-1] += 1.0
    changed, _ = student.moving_average_forward(later, case.window)
    return [
        values(out=out),
        same(changed[:-1], out[:-1], because="changing the last row leaves earlier rows alone"),
    ]


@check(
    task="moving_average_forward",
    points=2,
    special=[
        special("a window of 1", lambda: {"x": np.array([[2.0], [-1.0], [0.5]]), "window": 1}),
        special("one row", lambda: {"x": np.array([[3.0, -2.0]]), "window": 3}),
        special(
            "a window longer than the sequence",
            lambda: {"x": np.array([[4.0, 1.0], [2.0, -1.0], [9.0, 3.0]]), "window": 5},
        ),
    ],
)
def moving_average_at_the_edges(student, case):
    """moving_average_forward takes any window, from 1 to more than there are rows"""
    out, _ = student.moving_average_forward(case.x, case.window)
    return values(out=out)


@check(
    task="moving_average_backward",
    points=4,
    cases=series,
    requires=[moving_average_values],
    special=[
        special(
            "a window longer than the sequence",
            lambda: {
                "x": np.array([[4.0, 1.0], [2.0, -1.0], [9.0, 3.0]]),
                "window": 5,
                "dout": np.array([[0.5, -1.0], [2.0, 1.5], [-3.0, 0.75]]),
            },
        ),
    ],
)
def moving_average_gradients(student, case):
    """moving_average_backward returns the gradient for x"""
    out, cache = student.moving_average_forward(case.x, case.window)
    dx = student.moving_average_backward(case.dout, cache)
    return gradients(of=out, cotangent=case.dout, x=dx)
