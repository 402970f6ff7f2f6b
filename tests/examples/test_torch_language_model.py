"""The PyTorch language model's example: its text, its table, and a short run."""

import re
from pathlib import Path

import pytest

from examples import torch_language_model
from examples.torch_language_model import Characters, baselines, main, table


@pytest.fixture
def characters() -> Characters:
    return Characters.of(["abcab" * 20, "bbbbbbbbbb" * 4])


def test_the_last_twentieth_of_each_text_is_for_testing(characters: Characters) -> None:
    assert (characters.alphabet, len(characters.train), len(characters.test)) == ("abc", 133, 7)
    assert characters.text(characters.test) == "abcabbb"
    assert characters.ids("cab").tolist() == [2, 0, 1]


def test_longer_n_grams_know_a_regular_text_better(characters: Characters) -> None:
    found = baselines(characters, orders=(1, 3))
    assert found["chance"] == 3
    assert 1 < found["3-grams"] < found["1-grams"] < 3.5


def test_the_table_gives_bits() -> None:
    assert table({"chance": 8.0}).splitlines()[1].split() == ["chance", "8.00", "3.00"]


def test_a_short_run_learns_writes_and_draws(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"WIDTH": 8, "LAYERS": 1, "CONTEXT": 8, "POINT": 10, "NEW": 20}.items():
        monkeypatch.setattr(torch_language_model, name, value)
    main(["--steps", "40", "--characters", "400", "--pictures", str(tmp_path)])
    out = capsys.readouterr().out
    (ours,) = re.findall(r"Transformer +([\d.]+)", out)
    (size,) = re.findall(r"chance +([\d.]+)", out)
    assert 1 < float(ours) < float(size)
    assert out.count("-grams") == 6 and "Ham.\n" in out
    assert (tmp_path / "torch_language_model.png").stat().st_size > 10_000
