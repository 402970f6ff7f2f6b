"""Exercise 27's reference against `torch.nn.utils` and against Jacobians made by torch."""

import numpy as np
import pytest
import torch

from grader.judge.library import load_solution

SHAPES = {"wx": (3, 4), "wh": (4, 4), "b": (4,), "table": (2, 3, 5), "one": (1,)}
NETWORKS = [(2, 5, 3), (3, 1, 4), (1, 8, 1), (4, 2, 2), (2, 15, 5)]


def drawn_gradients(size: float) -> dict[str, torch.Tensor]:
    """Gradients of five parameters; `size` is their order of magnitude."""
    source = torch.Generator().manual_seed(27)
    return {
        name: size * torch.randn(shape, generator=source, dtype=torch.float64)
        for name, shape in SHAPES.items()
    }


def torch_clips(grads: dict[str, torch.Tensor], max_norm: float) -> tuple[dict, float]:
    """What torch makes of the gradients, and the norm that it reports."""
    parameters = {name: torch.nn.Parameter(torch.zeros_like(g)) for name, g in grads.items()}
    for name, parameter in parameters.items():
        parameter.grad = grads[name].clone()
    norm = torch.nn.utils.clip_grad_norm_(list(parameters.values()), max_norm)
    return {name: parameter.grad for name, parameter in parameters.items()}, float(norm)


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e4])
def test_global_norm_agrees_with_torch(size, place, put, back):
    solution = load_solution("27")
    grads = drawn_gradients(size)
    expected = float(torch.nn.utils.get_total_norm(grads.values()))
    at_place = {name: put(g.numpy(), place) for name, g in grads.items()}
    for given in (at_place, list(at_place.values())):
        norm = back(solution.global_norm(given), place)
        np.testing.assert_allclose(norm, expected, rtol=1e-13)


@pytest.mark.parametrize("size", [1e-100, 1e100])
def test_global_norm_has_no_largest_or_smallest_size(size, place, put, back):
    solution = load_solution("27")
    expected = float(torch.nn.utils.get_total_norm(drawn_gradients(1.0).values()))
    at_place = [put((size * size * g).numpy(), place) for g in drawn_gradients(1.0).values()]
    norm = back(solution.global_norm(at_place), place)
    np.testing.assert_allclose(norm / size / size, expected, rtol=1e-13)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.999, 1.5, 20.0])
def test_clipping_agrees_with_torch(share, place, put, back):
    solution = load_solution("27")
    grads = drawn_gradients(10.0)
    total = float(torch.nn.utils.get_total_norm(grads.values()))
    at_place = {name: put(g.numpy(), place) for name, g in grads.items()}

    clipped, norm = solution.clip_by_global_norm(at_place, share * total)
    theirs, their_norm = torch_clips(grads, share * total)
    np.testing.assert_allclose(back(norm, place), their_norm, rtol=1e-13)
    # torch divides by norm + 1e-6. Above the limit its result is shorter by exactly this factor.
    shorter = total / (total + 1e-6) if share < 1 else 1.0
    assert clipped.keys() == theirs.keys()
    for name, g in clipped.items():
        expected = theirs[name].numpy() / shorter
        np.testing.assert_allclose(back(g, place), expected, rtol=1e-12)
        np.testing.assert_array_equal(back(at_place[name], place), grads[name].numpy())

    listed, _ = solution.clip_by_global_norm(list(at_place.values()), share * total)
    for one, other in zip(listed, clipped.values(), strict=True):
        np.testing.assert_array_equal(back(one, place), back(other, place))


def run_network(batch: int, steps: int, units: int) -> tuple[torch.Tensor, ...]:
    """wh, the states, and the share of the inputs in the sums that lead to them."""
    source = torch.Generator().manual_seed(28)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=source, dtype=torch.float64)

    wh, inputs, h = normal(units, units), normal(batch, steps, units), normal(batch, units)
    hs = []
    for t in range(steps):
        h = torch.tanh(inputs[:, t] + h @ wh)
        hs.append(h)
    return wh, torch.stack(hs, dim=1), inputs


@pytest.mark.parametrize("network", NETWORKS)
def test_jacobian_norms_agree_with_torch(network, place, put, back):
    solution = load_solution("27")
    wh, hs, inputs = run_network(*network)
    batch, steps, _ = network
    expected = np.empty((batch, steps))
    for n in range(batch):
        for t in range(steps):

            def last_state(h, n=n, t=t):
                for s in range(t + 1, steps):
                    h = torch.tanh(inputs[n, s] + h @ wh)
                return h

            jacobian = torch.autograd.functional.jacobian(last_state, hs[n, t])
            expected[n, t] = torch.linalg.matrix_norm(jacobian, ord=2)
    norms = solution.jacobian_norms(put(wh.numpy(), place), put(hs.numpy(), place))
    np.testing.assert_allclose(back(norms, place), expected, rtol=1e-9, atol=1e-12)


def test_linear_network_gives_the_norms_of_powers(place, put, back):
    solution = load_solution("27")
    wh = run_network(1, 1, 4)[0]
    norms = solution.jacobian_norms(put(wh.numpy(), place), put(np.zeros((1, 7, 4)), place))
    powers = [torch.linalg.matrix_norm(torch.matrix_power(wh, 6 - t), ord=2) for t in range(7)]
    np.testing.assert_allclose(back(norms, place)[0], np.array(powers), rtol=1e-12)
