"""The attention example finds where to look, and draws the weights that its functions give."""

from pathlib import Path

import numpy as np
import pytest

from examples.attention import LENGTH, NUMBERS, TASKS, Reader, main, train, wanted
from examples.course import code_of


@pytest.fixture(scope="module")
def code():
    return {number: code_of(number) for number in NUMBERS}


def test_what_is_wanted_is_the_letters_backwards_or_one_late():
    letters = np.array([[3, 1, 2], [5, 6, 4]])
    assert wanted("backwards", letters).tolist() == [[2, 1, 3], [4, 6, 5]]
    assert wanted("the one before", letters).tolist() == [[3, 3, 1], [5, 5, 6]]


@pytest.mark.parametrize("task", TASKS)
def test_each_task_is_learnt_by_looking_at_the_right_position(code, task):
    reader = Reader.fresh(code, TASKS[task], seed=0)
    before = reader.weights()
    *_, (loss, right) = train(reader, task, steps=80, seed=0)
    assert loss < 0.1 and right == 1.0
    place = wanted(task, np.arange(LENGTH)[None])[0]
    assert (reader.weights().argmax(axis=1) == place).all()
    assert (before.argmax(axis=1) != place).any()
    assert np.allclose(reader.weights().sum(axis=1), 1)


def test_later_letters_are_hidden_in_the_second_task_only(code):
    assert np.triu(Reader.fresh(code, True, seed=0).weights(), 1).sum() == 0
    assert (Reader.fresh(code, False, seed=0).weights() > 0).all()


def test_a_short_run_prints_and_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    main(["--epochs", "1", "--pictures", str(tmp_path)])
    out = capsys.readouterr().out
    assert out.count("  step   25  loss ") == 2
    assert (tmp_path / "attention.png").stat().st_size > 10_000
