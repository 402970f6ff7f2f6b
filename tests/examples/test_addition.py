"""The seq2seq example learns with each of its four models and says what it prints."""

from pathlib import Path

import numpy as np
import pytest

from examples import addition
from examples.addition import MODELS, Translator, main, shown, train
from examples.course import code_of
from examples.tasks import Task


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addition, "HIDDEN", 16)
    monkeypatch.setattr(addition, "EMBEDDING", 6)
    monkeypatch.setattr(addition, "BATCH", 20)


def fresh(task: Task, name: str) -> Translator:
    code = {number: code_of(number) for number in ("09", "27", "32")}
    return Translator.fresh(code, len(task.characters), *MODELS[name], seed=0)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", MODELS)
def test_every_model_becomes_better_and_stays_in_single_precision(name: str) -> None:
    task = Task.drawn("addition", 400, seed=0)
    model = fresh(task, name)
    losses = [loss for loss, _ in train(model, task, epochs=4, seed=0)]
    assert losses[-1] < 0.9 * losses[0]
    dtypes = {value.dtype for part in model.params.values() for value in part.values()}
    assert dtypes == {np.dtype(np.float32)}


@pytest.mark.usefixtures("small")
def test_a_model_that_has_learnt_by_heart_is_called_right() -> None:
    task = Task.drawn("addition", 400, seed=0)
    model = fresh(task, "reversed and peeky")
    answers = task.answers
    model.answer = lambda questions, start, length: answers[task.tested :][: len(questions), 1:]  # type: ignore[method-assign]
    *_, (_, right) = train(model, task, epochs=1, seed=0)
    assert right == 1.0
    assert all(line.endswith("(right)") for line in shown(model, task))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("task", ["addition", "dates"])
def test_a_short_run_prints_and_draws(
    task: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--task", task, "--questions", "100", "--epochs", "1", "--pictures", str(tmp_path)])
    out = capsys.readouterr().out
    assert [line for line in out.splitlines() if line in MODELS] == list(MODELS)
    assert out.count("  epoch  1  loss ") == 4
    assert out.count(" = ") == 20
    assert (tmp_path / f"{task}.png").stat().st_size > 10_000
