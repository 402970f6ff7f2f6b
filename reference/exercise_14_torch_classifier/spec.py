"""What exercise 14 checks: the model, one step, one measurement, then the training they make."""

import importlib.util
from pathlib import Path

import numpy as np

from grader.spec import (
    Dim,
    RandomSource,
    check,
    choice,
    constant,
    dimension,
    domain,
    generator,
    group,
    holds,
    integers,
    reals,
    same,
    special,
    values,
)
from grader.spec.domain import SpecError

FORBIDDEN = {
    "torchvision": "two linear layers are all that is needed",
    "sklearn.neural_network": "the network and its training are what this exercise is about",
}

EQUIVALENT_MUTANTS = {
    "fit: … → …permutation(len(x))).to(None)": (
        "None leaves the order on the CPU, where the judge's tensors are; --device cuda tells"
    ),
}

T, N, D = 3, Dim("N", 2, 6), Dim("D", 2, 6)
H, C = Dim("H", 2, 6), Dim("C", 2, 5)
ROWS, SIZE = Dim("N", 4, 7), Dim("n", 2, 3)


def _parameters(low=-1.0, high=1.0):
    return group(
        **{
            "0.weight": reals(H, D, low=low, high=high),
            "0.bias": reals(H, low=low, high=high),
            "3.weight": reals(C, H, low=low, high=high),
            "3.bias": reals(C, low=low, high=high),
        }
    )


def _hidden(case):
    """What enters the ReLU."""
    return case.x @ case.parameters["0.weight"].T + case.parameters["0.bias"]


def _away_from_kinks(case):
    """No unit is at the corner of the ReLU, and one score is clearly the largest in its row."""
    hidden = _hidden(case)
    scores = np.maximum(hidden, 0) @ case.parameters["3.weight"].T + case.parameters["3.bias"]
    first, second = np.moveaxis(np.sort(scores, axis=-1)[..., :-3:-1], -1, 0)
    return bool(np.all(np.abs(hidden) > 0.02) and np.all(first - second > 0.02))


def _images(count):
    """The first images of scikit-learn's digits, from 0 to 1, and their classes."""
    found = importlib.util.find_spec("sklearn")
    if found is None or found.origin is None:
        raise SpecError("exercise 14 is judged on the digits that come with scikit-learn")
    path = Path(found.origin).parent / "datasets" / "data" / "digits.csv.gz"
    rows = np.loadtxt(path, delimiter=",", max_rows=count, ndmin=2)
    return dict(x=rows[:, :-1] / 16, y=rows[:, -1].astype(np.int64))


def _digits(count, n_hidden=3):
    """Images and a model for them."""
    rng = np.random.default_rng(14)
    shapes = {"0.weight": (n_hidden, 64), "0.bias": (n_hidden,)}
    shapes |= {"3.weight": (10, n_hidden), "3.bias": (10,)}
    parameters = {name: rng.integers(-24, 25, shape) / 64 for name, shape in shapes.items()}
    return dict(_images(count), parameters=parameters)


def _small(**changes):
    """Three examples of two features, a model of three hidden units and two classes."""
    return (
        dict(
            x=np.array([[1.0, -2.0], [0.5, 1.5], [-1.0, 0.25]]),
            y=np.array([1, 0, 1]),
            parameters={
                "0.weight": np.array([[1.0, -0.5], [0.25, 0.75], [-1.5, 0.5]]),
                "0.bias": np.array([0.5, -0.25, 1.0]),
                "3.weight": np.array([[0.5, -1.0, 0.75], [-0.25, 1.25, 0.5]]),
                "3.bias": np.array([0.25, -0.5]),
            },
        )
        | changes
    )


def _model(student, case, **settings):
    """A model with the case's parameters, in training mode."""
    parameters = case.parameters
    n_hidden, n_features = parameters["0.weight"].shape
    model = student.build_model(n_features, n_hidden, len(parameters["3.bias"]), **settings)
    # Take over the dtype and the device of x.
    model.to(case.x[:0])
    model.load_state_dict(state_dict=parameters)
    return model


def _state(model):
    """The parameters by name, in an order that no model decides."""
    state = model.state_dict()
    return {name: state[name] for name in ("0.weight", "0.bias", "3.weight", "3.bias")}


@check(
    task="build_model",
    points=1,
    count=3,
    cases=domain(x=reals(N, D), parameters=_parameters(), where=_away_from_kinks),
    special=[special("four real digits", lambda: _digits(4))],
)
def model_scores(student, case):
    """build_model makes linear → ReLU → linear, under the names asked for"""
    model = _model(student, case)
    scores = model(case.x)
    model.train(False)
    return [
        values(scores=scores),
        same(model(case.x), scores, because="without dropout, both modes give the same scores"),
    ]


def _hundred_copies():
    return dict(
        x=np.ones((100, 1)),
        dropout=0.25,
        parameters={
            "0.weight": np.array([[1.5]]),
            "0.bias": np.array([0.5]),
            "3.weight": np.array([[0.75], [-0.5]]),
            "3.bias": np.array([0.25, 1.0]),
        },
    )


@check(
    task="build_model",
    points=1,
    count=3,
    cases=domain(
        x=reals(N, D), parameters=_parameters(), dropout=constant(1.0), where=_away_from_kinks
    ),
    special=[special("a hundred copies of one example", _hundred_copies)],
    requires=[model_scores],
)
def model_dropout(student, case):
    """build_model drops hidden units, in training mode only"""
    model = _model(student, case, dropout=case.dropout)
    model.train(True)
    training = model(case.x)
    model.train(False)
    scores = model(case.x)
    if case.dropout == 1:
        return values(scores_in_training_mode=training, scores_in_eval_mode=scores)
    bias = case.parameters["3.bias"]
    dropped = np.isclose(training, bias).all(axis=1)
    kept = np.isclose(training, bias + (scores - bias) / (1 - case.dropout)).all(axis=1)
    return holds(
        (dropped | kept).all() and dropped.any() and kept.any(),
        because="in training mode a unit is now dropped, now kept and divided by 1 - dropout",
    )


def _sizes(**changes):
    sizes = dict(n_features=5, n_hidden=3, n_classes=4)
    return dict(sizes=sizes, frozen=[], twice=False, buffer=False) | changes


@check(
    task="count_parameters",
    points=1,
    count=3,
    cases=domain(
        sizes=group(n_features=dimension(D), n_hidden=dimension(H), n_classes=dimension(C)),
        frozen=constant([]),
        twice=constant(False),
        buffer=constant(False),
    ),
    special=[
        special("the hidden layer is frozen", lambda: _sizes(frozen=["0"])),
        special("everything is frozen", lambda: _sizes(frozen=["0", "3"])),
        special("one layer stands in two places", lambda: _sizes(twice=True)),
        special("an array that is no parameter", lambda: _sizes(buffer=True)),
    ],
    requires=[model_scores],
)
def counts(student, case):
    """count_parameters counts the numbers that training may change"""
    model = student.build_model(**case.sizes)
    for name in case.frozen:
        model.get_submodule(name).requires_grad_(False)
    if case.twice:
        model.add_module("again", model.get_submodule("3"))
    if case.buffer:
        model.register_buffer("average", np.array([0.5, -1.0]))
    return values(count=student.count_parameters(model))


def _first_batch(case):
    return np.all(np.abs(_hidden(case)) > 0.02)


@check(
    task="train_step",
    points=2,
    count=3,
    cases=domain(
        x=reals(T, N, D),
        y=integers(T, N, high=C),
        parameters=_parameters(),
        learning_rate=choice(0.5, 0.25, 0.1),
        where=_first_batch,
    ),
    requires=[model_scores],
)
def train_step_values(student, case):
    """train_step moves all parameters down the gradient of the mean loss"""
    model = _model(student, case)
    seen = {}
    for number, (x, y) in enumerate(zip(case.x, case.y, strict=True), start=1):
        seen[f"loss_{number}"] = student.train_step(model, x, y, case.learning_rate)
        seen[f"after_step_{number}"] = _state(model)
    return values(**seen)


def _one_step(**changes):
    return _small(frozen=[], dropout=0.0, training=True) | changes


def _hundreds():
    parameters = _small()["parameters"]
    return parameters | {"3.weight": 400 * parameters["3.weight"]}


@check(
    task="train_step",
    points=1,
    special=[
        special("a model that was in eval mode", lambda: _one_step(dropout=1.0, training=False)),
        special("a frozen hidden layer", lambda: _one_step(frozen=["0"])),
        special("a frozen output layer", lambda: _one_step(frozen=["3"])),
        special("one example", lambda: _one_step(x=np.array([[0.5, -1.5]]), y=np.array([0]))),
        special("scores in the hundreds", lambda: _one_step(parameters=_hundreds())),
    ],
    requires=[model_dropout],
)
def train_step_modes(student, case):
    """train_step trains in training mode and leaves frozen layers alone"""
    model = _model(student, case, dropout=case.dropout)
    model.train(case.training)
    for name in case.frozen:
        model.get_submodule(name).requires_grad_(False)
    loss = student.train_step(model, case.x, case.y, 0.25)
    return values(loss=loss, parameters=_state(model), training=model.attribute("training"))


def _ties():
    """The last bias alone decides; classes 1 and 2 share the largest score."""
    parameters = {name: np.zeros_like(p) for name, p in _small()["parameters"].items()}
    parameters["3.weight"] = np.zeros((4, 3))
    parameters["3.bias"] = np.array([0.5, 1.0, 1.0, -0.5])
    y = np.array([1, 2, 0, 2, 1, 2, 3])
    return _small(x=np.linspace(-1, 1, 14).reshape(7, 2), y=y, parameters=parameters)


@check(
    task="evaluate",
    points=1,
    count=3,
    cases=domain(
        x=reals(N, D), y=integers(N, high=C), parameters=_parameters(), where=_away_from_kinks
    ),
    special=[
        special("six real digits", lambda: _digits(6)),
        special("scores that tie", _ties),
        special("scores in the hundreds", lambda: _small(parameters=_hundreds())),
    ],
    requires=[model_scores],
)
def evaluate_values(student, case):
    """evaluate returns the mean loss and the accuracy"""
    loss, accuracy = student.evaluate(_model(student, case), case.x, case.y)
    return values(loss=loss, accuracy=accuracy)


@check(
    task="evaluate",
    points=1,
    special=[
        special("a model in training mode", lambda: _small(dropout=1.0, training=True)),
        special("a model in eval mode", lambda: _small(dropout=1.0, training=False)),
        special("real digits", lambda: _digits(4) | dict(dropout=1.0, training=True)),
    ],
    requires=[model_dropout],
)
def evaluate_mode(student, case):
    """evaluate measures in eval mode and leaves the model as it was"""
    model = _model(student, case, dropout=case.dropout)
    model.train(case.training)
    loss, accuracy = student.evaluate(model, case.x, case.y)
    return [
        values(loss=loss, accuracy=accuracy, training_afterwards=model.attribute("training")),
        same(_state(model), case.parameters, because="evaluate changes no parameter"),
    ]


def _training(**changes):
    return _small(learning_rate=0.25, batch_size=2, epochs=2, generator=RandomSource(3)) | changes


@check(
    task="fit",
    points=1,
    count=3,
    cases=domain(
        x=reals(ROWS, D),
        y=integers(ROWS, high=C),
        parameters=_parameters(),
        learning_rate=choice(0.5, 0.25, 0.1),
        batch_size=dimension(SIZE),
        epochs=choice(2, 3),
        generator=generator(),
        where=lambda case: len(case.x) % case.batch_size and bool(_first_batch(case)),
    ),
    special=[
        special("one epoch", lambda: _training(epochs=1)),
        special("batches of one", lambda: _training(batch_size=1)),
        special("a batch larger than the data", lambda: _training(batch_size=5)),
        special("no epochs", lambda: _training(epochs=0)),
        special(
            "five real digits",
            lambda: _training(**_digits(5), generator=RandomSource(1)),
        ),
    ],
    requires=[train_step_values],
)
def fit_values(student, case):
    """fit makes a step for each batch and returns a loss for each epoch"""
    x, y, size, rate = case.x, case.y, case.batch_size, case.learning_rate
    model = _model(student, case)
    losses = student.fit(model, x, y, rate, size, case.epochs, case.generator)
    parameters = _state(model)
    found = [values(losses=losses, parameters=parameters)]
    if case.epochs == 1:
        stepped = _model(student, case)
        order = np.random.default_rng(case.generator.seed).permutation(len(x))
        for start in range(0, len(x), size):
            batch = order[start : start + size]
            student.train_step(stepped, x[batch], y[batch], rate)
        because = "fit leads where your train_step leads, called for one batch after the other"
        found.append(same(parameters, _state(stepped), because=because))
    return found


@check(
    task="fit",
    points=1,
    special=[
        special(
            "one image of each digit",
            lambda: dict(_images(10), n_hidden=32, epochs=30, generator=RandomSource(14)),
        )
    ],
    requires=[fit_values, evaluate_values],
)
def fit_learns_ten_digits(student, case):
    """fit teaches a new model ten real digits by heart"""
    model = student.build_model(64, case.n_hidden, 10)
    model.to(case.x[:0])
    losses = student.fit(model, case.x, case.y, 0.4, 5, case.epochs, case.generator)
    loss, accuracy = student.evaluate(model, case.x, case.y)
    return [
        holds(
            losses[-1] < losses[0] / 2,
            because="the loss of the last epoch is less than half of that of the first",
        ),
        holds(accuracy == 1, because="after training every one of the ten digits is recognised"),
        holds(loss < 0.6, because="after training the loss is below 0.6"),
    ]
