"""The language model is put together rightly: its gradient is the slope of its loss."""

from pathlib import Path

import numpy as np
import pytest

from examples import language_model
from examples.course import code_of
from examples.language_model import NUMBERS, LanguageModel, main


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> LanguageModel:
    monkeypatch.setattr(language_model, "HIDDEN", 4)
    code = {number: code_of(number) for number in NUMBERS}
    made = LanguageModel.fresh(code, 7, np.random.default_rng(0))
    made.params = {name: value.astype(np.float64) for name, value in made.params.items()}
    return made


@pytest.mark.parametrize("name", ["embed", "wx", "wh", "b", "b_out"])
def test_the_gradient_is_the_slope_of_the_loss(model: LanguageModel, name: str) -> None:
    generator = np.random.default_rng(1)
    ids = np.array([[1, 2, 1], [6, 0, 3]])
    targets = np.array([[2, 1, 5], [0, 3, 3]])
    masks = [generator.integers(0, 2, (2, 1, 4)) * 2.0 for _ in range(2)]
    direction = generator.standard_normal(model.params[name].shape)
    value = model.params[name]

    def loss(step: float) -> float:
        model.state = None
        model.params[name] = value + step * direction
        return model.loss(ids, targets, masks)[0]

    slope = (loss(1e-5) - loss(-1e-5)) / 2e-5
    model.state = None
    model.params[name] = value
    _, kept = model.loss(ids, targets, masks)
    assert np.sum(model.gradients(kept)[name] * direction) == pytest.approx(slope, rel=1e-6)


def test_the_state_goes_on_from_block_to_block(model: LanguageModel) -> None:
    ids = np.array([[1, 2, 3, 4, 5, 6]])
    targets = np.array([[2, 3, 4, 5, 6, 0]])
    whole, _ = model.loss(ids, targets)
    model.state = None
    halves = [model.loss(ids[:, part], targets[:, part])[0] for part in (slice(3), slice(3, 6))]
    assert np.mean(halves) == pytest.approx(whole)


def test_a_model_without_knowledge_has_the_vocabulary_as_its_perplexity(
    model: LanguageModel,
) -> None:
    model.params = {name: 0 * value for name, value in model.params.items()}
    assert model.perplexity(list(range(7)) * 20) == pytest.approx(7.0)


def test_a_short_run_learns_prints_and_draws(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language_model, "HIDDEN", 24)
    main(["--epochs", "2", "--words", "9000", "--pictures", str(tmp_path)])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["unigrams", "bigrams", "trigrams"]
    first, second = (float(line.split()[3]) for line in lines if line.startswith("epoch"))
    assert second < first
    assert (tmp_path / "language_model.png").stat().st_size > 10_000
