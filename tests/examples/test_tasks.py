"""The generated questions have the answers that Python gives, and are the same everywhere."""

import datetime

import numpy as np
import pytest

from examples.tasks import START, TASKS, Task, additions, dates


def test_sums_are_right_and_questions_differ() -> None:
    pairs = additions(np.random.default_rng(0), 2000)
    assert len({question for question, _ in pairs}) == 2000
    for question, answer in pairs:
        left, right = question.split("+")
        assert int(left) + int(right) == int(answer)
        assert 0 <= int(left) < 1000
        assert 0 <= int(right) < 1000


def test_short_numbers_are_not_rare() -> None:
    pairs = additions(np.random.default_rng(0), 2000)
    digits = [len(question.split("+")[0]) for question, _ in pairs]
    assert min(digits.count(1), digits.count(2), digits.count(3)) > 300


@pytest.mark.parametrize(
    ("written", "format"),
    [("september 27, 1994", "%B %d, %Y"), ("sep 27, 1994", "%b %d, %Y"),
     ("27 september 1994", "%d %B %Y"), ("9/27/94", "%m/%d/%y")],
)  # fmt: skip
def test_dates_are_written_four_ways_and_each_means_one_day(written: str, format: str) -> None:
    pairs = dict(dates(np.random.default_rng(0), 4000))
    of_this_kind = 0
    for question, answer in pairs.items():
        try:
            meant = datetime.datetime.strptime(question, format)
        except ValueError:
            continue
        of_this_kind += 1
        year = int(answer[:4])
        assert meant.strftime("%m-%d") == answer[5:]
        assert meant.year % 100 == year % 100
        assert 1970 <= year <= 2069
    assert of_this_kind > 800
    assert datetime.datetime.strptime(written, format).date() == datetime.date(1994, 9, 27)


@pytest.mark.parametrize("name", sorted(TASKS))
def test_a_task_is_ids_that_read_back_as_its_text(name: str) -> None:
    task = Task.drawn(name, 50, seed=3)
    pairs = TASKS[name](np.random.default_rng(3), 50)
    assert task.tested == 45
    assert [task.text(row) for row in task.questions] == [question for question, _ in pairs]
    assert [task.text(row) for row in task.answers] == [START + answer for _, answer in pairs]
    assert task.questions.dtype == task.answers.dtype == np.int64


def test_a_seed_gives_the_same_data_everywhere() -> None:
    """Written down so that a change of the drawing is noticed."""
    assert additions(np.random.default_rng(0), 3) == SUMS
    assert dates(np.random.default_rng(0), 3) == DAYS


SUMS = [("636+26", "662"), ("0+0", "0"), ("8+91", "99")]
DAYS = [
    ("24 january 2055", "2055-01-24"),
    ("feb 11, 2021", "2021-02-11"),
    ("october 13, 2000", "2000-10-13"),
]
