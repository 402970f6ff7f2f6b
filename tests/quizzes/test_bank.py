"""A bank is read, or refused with the line of each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from quizzes import bank
from quizzes.bank import BANKS, BankError, lines_of, load, load_all, questions


def test_a_bank_is_read_with_plain_types(write) -> None:
    small = load(write())
    (question,) = small.questions
    assert (small.topic, question.id, type(question.id)) == ("small", "a-choice", str)
    assert question.prompt["ko"] == "`2`는 무엇인가?"
    assert [entry.id for _, entry in questions([small])] == ["a-choice"]
    assert lines_of(write()) == {"a-choice": 4}


BROKEN = {
    "id: A Choice": ("id: a-choice", 4, "id: String should match pattern"),
    "type: essay": ("type: choice", 4, "Input tag 'essay'"),
    "difficulty: 4": ("difficulty: 1", 6, "difficulty: Input should be 1, 2 or 3"),
    "source: none\n    bogus: 1": ("source: none", 17, "bogus: Extra inputs are not permitted"),
    "correct: false": ("correct: true", 9, "a wrong option needs `why`"),
    "{en: It counts.}": ("{en: It counts., ko: 세는 것이다.}", 15, "ko: Field required"),
    "proves: [35]\n    source: none": (
        "source: none",
        16,
        "proves: Input should be a valid string",
    ),
}


@pytest.mark.parametrize("new", BROKEN)
def test_a_mistake_is_told_with_its_line(write, choice: str, new: str) -> None:
    old, line, said = BROKEN[new]
    with pytest.raises(BankError) as refused:
        load(write(choice.replace(old, new)))
    (complaint,) = refused.value.lines
    assert complaint.startswith(f"small.yaml:{line}: ") and said in complaint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("topic: a\ntopic: b\n", "small.yaml:2: found duplicate key"),
        ("topic: [a\n", "small.yaml:2: "),
        ("topic: a\n", "small.yaml:1: "),
    ],
)
def test_what_is_no_bank_is_refused_in_a_line(write, text: str, said: str) -> None:
    path = write()
    path.write_text(text)
    with pytest.raises(BankError) as refused:
        load(path)
    assert any(line.startswith(said) for line in refused.value.lines)


def test_all_mistakes_of_a_folder_are_told_together(write, choice: str, tmp_path: Path) -> None:
    write(choice.replace("difficulty: 1", "difficulty: 9"), "one.yaml")
    write(choice.replace("source: none", "sauce: none"), "two.yaml")
    with pytest.raises(BankError) as refused:
        load_all(tmp_path)
    assert [line.partition(":")[0] for line in refused.value.lines] == [
        "one.yaml",
        *["two.yaml"] * 2,
    ]


def test_the_banks_of_the_course_are_read() -> None:
    assert {each.topic for each in load_all()} >= {"attention"}
    assert (BANKS / "attention.yaml").is_file()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GRADSCHOOL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "banks"


def test_a_bank_is_read_once_and_again_when_it_changed(
    write, choice: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write()
    first = load(path)
    (kept,) = cache.iterdir()
    monkeypatch.setattr(bank, "_read", lambda path: pytest.fail("it was read again"))
    assert load(path) == first
    kept.write_text("{}")
    with pytest.raises(pytest.fail.Exception):
        load(path)
    monkeypatch.undo()
    monkeypatch.setenv("GRADSCHOOL_CACHE", str(cache.parent))
    assert load(path) == first and load(path) == first
    changed = load(write(choice.replace("It counts", "It still counts")))
    assert changed.questions[0].explain.en == "It still counts."


def test_a_cache_that_cannot_be_written_changes_nothing(
    write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("GRADSCHOOL_CACHE", str(blocked))
    assert load(write()).topic == "small"


def test_every_bank_of_the_course_comes_out_of_the_cache_as_it_went_in(cache: Path) -> None:
    path = BANKS / "attention.yaml"
    assert load(path) == load(path) == bank._read(path)
    assert len(list(cache.iterdir())) == 1
