"""The example learns, prints neighbours and draws them, with the reference and with own code."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from examples import word2vec
from examples.course import CodeMissing
from examples.word2vec import Corpus, main, neighbours, pairs
from grader.catalog import Catalog

WORDS = ["to", "be", "or", "not", "to", "be"] * 20


def test_pairs_are_words_at_most_a_window_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word2vec, "FREQUENT", 1.0)
    corpus = Corpus.of([f"w{i % 40}" for i in range(800)])
    centres, contexts = pairs(corpus, np.random.default_rng(0))
    apart = np.abs(centres - contexts)
    assert centres.shape == contexts.shape
    assert set(np.minimum(apart, 40 - apart)) == {1, 2, 3, 4}
    assert 800 * 4 < len(centres) < 800 * 6


def test_rare_words_are_left_out() -> None:
    corpus = Corpus.of([*WORDS, "question"])
    assert sorted(corpus.vocabulary) == ["be", "not", "or", "to"]
    assert len(corpus.ids) == len(WORDS)


def test_neighbours_are_ordered_by_cosine_and_leave_the_word_itself_out() -> None:
    corpus = Corpus(["a", "b", "c"], np.ones(3), np.arange(3))
    found = neighbours("a", corpus, np.array([[1.0, 0.0], [-3.0, 0.0], [2.0, 2.0]]))
    assert [word for word, _ in found] == ["c", "b"]
    assert [cosine for _, cosine in found] == pytest.approx([np.sqrt(0.5), -1.0])


def test_a_short_run_learns_prints_and_draws(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--epochs", "3", "--words", "12000", "--pictures", str(tmp_path)])
    lines = capsys.readouterr().out.splitlines()
    losses = [float(line.split()[-1]) for line in lines if line.startswith("epoch")]
    assert len(losses) == 3
    assert losses[-1] < losses[0]
    assert any(re.match(r"(father|night|three|thou) .*\d\.\d\d", line) for line in lines)
    assert (tmp_path / "word2vec.png").stat().st_size > 10_000


def test_a_workspace_gives_the_functions(tmp_path: Path) -> None:
    for number in ("09", "19"):
        stub = Catalog().find(number).stub
        (tmp_path / stub.parent.name).mkdir()
        shutil.copy(stub, tmp_path / stub.parent.name)
    with pytest.raises(NotImplementedError, match="unigram_distribution"):
        main(["--epochs", "1", "--words", "12000", "--code", str(tmp_path)])


def test_a_missing_exercise_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(CodeMissing, match=r"sampling\.py does not exist; `grade reset 19`"):
        main(["--epochs", "1", "--words", "12000", "--code", str(tmp_path)])
