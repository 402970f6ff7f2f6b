"""Exercise 14 against torch.optim and scikit-learn's metrics, and on all of the real digits."""

import copy
import math

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score, log_loss
from torch.nn import functional

from grader.catalog import Catalog
from grader.judge.library import Library, load_solution

STEPS = 50
SIZES = (64, 16, 10)
SEED = 14


@pytest.fixture(scope="module")
def classifier():
    return load_solution("exercise-14")


@pytest.fixture(scope="module")
def digits():
    """All images, from 0 to 1, and their classes."""
    pixels, labels = load_digits(return_X_y=True)
    return torch.tensor(pixels / 16), torch.tensor(labels)


@pytest.fixture(autouse=True)
def seeded():
    """The same first parameters and the same dropout in every run; few threads for small work."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(SEED)
        yield
    torch.set_num_threads(threads)


def _assert_same_state(model, other, rtol=1e-12):
    for (name, mine), (expected_name, theirs) in zip(
        model.state_dict().items(), other.state_dict().items(), strict=True
    ):
        assert name == expected_name
        torch.testing.assert_close(mine, theirs, rtol=rtol, atol=1e-14)


@pytest.mark.parametrize("frozen", [None, "0", "3"], ids=["all", "hidden frozen", "last frozen"])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_steps_equal_torchs_sgd(classifier, digits, dropout, frozen, device):
    x, y = (tensor.to(device) for tensor in digits)
    model = classifier.build_model(*SIZES, dropout).to(x)
    if frozen is not None:
        model.get_submodule(frozen).requires_grad_(False)
    theirs = copy.deepcopy(model)
    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.3, momentum=0.0, weight_decay=0.0)
    for step in range(STEPS):
        batch = slice(16 * step, 16 * step + 16)
        torch.manual_seed(step)
        mine = classifier.train_step(model, x[batch], y[batch], 0.3)
        torch.manual_seed(step)
        optimizer.zero_grad()
        loss = functional.cross_entropy(theirs(x[batch]), y[batch])
        loss.backward()
        optimizer.step()
        assert isinstance(mine, float)
        assert math.isclose(mine, loss.item(), rel_tol=1e-12)
    _assert_same_state(model, theirs)


@pytest.mark.parametrize("training", [True, False], ids=["training mode", "eval mode"])
def test_evaluate_equals_scikit_learns_metrics(classifier, digits, training, device):
    x, y = (tensor.to(device) for tensor in digits)
    model = classifier.build_model(*SIZES, dropout=0.5).to(x)
    classifier.fit(model, x[:300], y[:300], 0.3, 32, 3, np.random.default_rng(SEED))
    state = copy.deepcopy(model.state_dict())
    model.train(training)
    loss, accuracy = classifier.evaluate(model, x, y)
    assert model.training is training
    assert isinstance(loss, float) and isinstance(accuracy, float)
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    with torch.no_grad():
        p = torch.softmax(model.eval()(x), dim=1).cpu().numpy()
    labels = y.cpu().numpy()
    assert 0.3 < accuracy < 1
    assert math.isclose(accuracy, accuracy_score(labels, p.argmax(axis=1)), rel_tol=1e-15)
    assert math.isclose(loss, log_loss(labels, p), rel_tol=1e-12)


@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_fit_reads_digits_it_has_not_seen(classifier, digits, dropout, device):
    x, y = (tensor.to(device) for tensor in digits)
    order = np.random.default_rng(SEED).permutation(len(x))
    training, test = order[:1200], order[1200:]
    model = classifier.build_model(64, 32, 10, dropout).to(x)
    before, _ = classifier.evaluate(model, x[test], y[test])
    generator = np.random.default_rng(SEED)
    losses = classifier.fit(model, x[training], y[training], 0.3, 32, 20, generator)
    loss, accuracy = classifier.evaluate(model, x[test], y[test])
    assert len(losses) == 20
    assert losses[-1] < 0.2 * losses[0]
    assert loss < 0.2 * before
    assert accuracy > 0.9


@pytest.mark.parametrize("dropout", [0.0, 0.3, 1.0])
def test_the_model_is_torchs_own_layers(classifier, digits, dropout):
    x, _ = digits
    model = classifier.build_model(*SIZES, dropout).to(x)
    state = model.state_dict()
    assert list(state) == ["0.weight", "0.bias", "3.weight", "3.bias"]
    assert classifier.count_parameters(model) == 64 * 16 + 16 + 16 * 10 + 10

    def expected(training):
        hidden = functional.relu(functional.linear(x, state["0.weight"], state["0.bias"]))
        hidden = functional.dropout(hidden, dropout, training)
        return functional.linear(hidden, state["3.weight"], state["3.bias"])

    for training in (True, False):
        torch.manual_seed(SEED)
        found = model.train(training)(x)
        torch.manual_seed(SEED)
        torch.testing.assert_close(found, expected(training), rtol=1e-13, atol=1e-13)


def test_the_images_of_the_checks_are_scikit_learns(digits):
    x, y = digits
    checks = {check.name: check for check in Library(Catalog().find("exercise-14")).checks}
    case = checks["fit_learns_ten_digits"].special[0].build()
    np.testing.assert_array_equal(case["x"], x[:10].numpy())
    np.testing.assert_array_equal(case["y"], y[:10].numpy())
