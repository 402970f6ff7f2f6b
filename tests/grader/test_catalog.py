"""Exercises are found from their folders, by any name a student may type."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.catalog import ROOT, Catalog, Exercise, UnknownExercise


def add(root: Path, folder: str, readme: str = "# 01 · A title\n", stub: str = "") -> Path:
    public = root / "exercises" / folder
    public.mkdir(parents=True)
    (public / "README.md").write_text(readme, encoding="utf-8")
    slug = folder.split("_", 2)[-1]
    (public / f"{slug}.py").write_text(stub, encoding="utf-8")
    return public


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    root = tmp_path_factory.mktemp("course")
    for folder in (
        "exercise_35_attention",
        "exercise_07_backprop",
        "exercise_100_beyond",
        "exercise_36_multi_head_attention",
        "exercise_02_gradient_descent",
    ):
        add(root, folder)
    return Catalog(root)


def ids(catalog: Catalog) -> list[str]:
    return [exercise.id for exercise in catalog.exercises]


def test_exercises_come_in_the_order_of_their_numbers(course: Catalog) -> None:
    wanted = ["exercise-02", "exercise-07", "exercise-35", "exercise-36", "exercise-100"]
    assert ids(course) == wanted


def test_only_exercise_folders_are_taken(tmp_path: Path) -> None:
    add(tmp_path, "exercise_07_backprop")
    for other in ("exercise_7_short", "exercise_08", "__pycache__", "exercise_09_Upper", "notes"):
        (tmp_path / "exercises" / other).mkdir()
    (tmp_path / "exercises" / "exercise_10_a_file").write_text("not a folder")
    assert ids(Catalog(tmp_path)) == ["exercise-07"]


def test_a_root_without_exercises_gives_an_empty_catalogue(tmp_path: Path) -> None:
    assert Catalog(tmp_path).exercises == ()


def test_the_default_catalogue_is_the_distribution_wherever_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(tmp_path, "exercise_01_decoy")
    monkeypatch.chdir(tmp_path)
    assert Catalog().root == ROOT
    assert "decoy" not in [exercise.slug for exercise in Catalog().exercises]


def test_an_exercise_knows_its_names_and_places(course: Catalog) -> None:
    found = course.find("36")
    assert (found.number, found.slug) == (36, "multi_head_attention")
    assert found.id == "exercise-36"
    assert found.folder == "exercise_36_multi_head_attention"
    assert found.stub == course.root / "exercises" / found.folder / "multi_head_attention.py"
    assert found.private == course.root / "reference" / found.folder


@pytest.mark.parametrize(
    "query",
    [
        "exercise-07",
        "exercise_07",
        "exercise 07",
        "exercise07",
        "Exercise-7",
        "07",
        "7",
        "007",
        " 7 ",
        "backprop",
        "BackProp",
        "backprop.py",
        "./backprop.py",
        "exercise_07_backprop",
        "exercise_07_backprop/",
        "exercise_07_backprop/backprop.py",
        "exercise_07_backprop/my_attempt.py",
        "/home/ada/my-course/exercise_07_backprop",
        "/home/ada/my-course/exercise_07_backprop/backprop.py",
        "../submissions/ada/backprop.py",
        "submissions/07.py",
    ],
)
def test_every_name_of_an_exercise_finds_it(course: Catalog, query: str) -> None:
    assert course.find(query).id == "exercise-07"


def test_a_slug_with_underscores_is_found_whole(course: Catalog) -> None:
    assert course.find("multi_head_attention").number == 36
    assert course.find("attention").number == 35


def test_a_number_of_three_digits_is_found(course: Catalog) -> None:
    assert course.find("100").slug == "beyond"


def suggestions(course: Catalog, query: str) -> tuple[str, ...]:
    with pytest.raises(UnknownExercise) as caught:
        course.find(query)
    assert caught.value.query == query
    return caught.value.suggestions


@pytest.mark.parametrize("query", ["7x", "x7", "exercise-07b", "7 backprop"])
def test_a_number_with_something_added_suggests_that_number(course: Catalog, query: str) -> None:
    assert suggestions(course, query) == ("exercise-07",)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [("backpro", "exercise-07"), ("bakcprop", "exercise-07"), ("gradient", "exercise-02")],
)
def test_a_misspelt_slug_suggests_the_exercise(course: Catalog, query: str, wanted: str) -> None:
    assert suggestions(course, query)[0] == wanted


def test_near_misses_are_at_most_two_and_different(course: Catalog) -> None:
    near = suggestions(course, "exercise")
    assert len(near) == len(set(near)) == 2
    assert suggestions(course, "attentoin")[0] == "exercise-35"


@pytest.mark.parametrize("query", ["", " ", "/", "..", "zzz", "0"])
def test_what_is_far_from_everything_is_unknown(course: Catalog, query: str) -> None:
    with pytest.raises(UnknownExercise):
        course.find(query)


def test_the_message_names_the_query_and_the_way_on(course: Catalog) -> None:
    with pytest.raises(UnknownExercise) as near:
        course.find("backpro")
    assert str(near.value).startswith("There is no exercise 'backpro'. Did you mean exercise-07")
    with pytest.raises(UnknownExercise) as far:
        course.find("zzz")
    assert "Did you mean" not in str(far.value)
    for message in (str(near.value), str(far.value)):
        assert message.endswith("`grade list` shows them all.")


def test_a_number_of_thousands_of_digits_is_only_unknown(course: Catalog) -> None:
    with pytest.raises(UnknownExercise):
        course.find("9" * 5000)


@settings(deadline=None, max_examples=150)
@given(st.text(max_size=40) | st.text("exrcis0123456789-_/.py ", max_size=30))
def test_any_text_is_either_found_or_unknown(course: Catalog, query: str) -> None:
    try:
        found = course.find(query)
    except UnknownExercise as unknown:
        assert set(unknown.suggestions) <= set(ids(course))
    else:
        assert isinstance(found, Exercise)


@pytest.mark.parametrize(
    ("number", "chapter"),
    [(1, 1), (15, 1), (16, 2), (23, 2), (24, 3), (34, 4), (46, 5), (52, 6), (56, 7), (99, 7)],
)
def test_chapters_begin_where_the_curriculum_says(
    tmp_path: Path, number: int, chapter: int
) -> None:
    folder = tmp_path / f"exercise_{number:02d}_x"
    assert Exercise(number, "x", folder, folder).chapter == chapter


@pytest.mark.parametrize(
    ("readme", "title"),
    [
        ("# 07 · Backpropagation\n\nMore.", "Backpropagation"),
        ("# 07: Backpropagation", "Backpropagation"),
        ("# 7 - Chain rule, twice \n", "Chain rule, twice"),
    ],
)
def test_the_title_is_the_readmes_first_line(tmp_path: Path, readme: str, title: str) -> None:
    add(tmp_path, "exercise_07_backprop", readme)
    assert Catalog(tmp_path).find("7").title == title


@pytest.mark.parametrize("readme", ["", "Backpropagation\n", "\n# 07 · Late\n", "## 07 · Deep\n"])
def test_without_a_stated_title_the_slug_serves(tmp_path: Path, readme: str) -> None:
    add(tmp_path, "exercise_07_backprop", readme)
    found = Catalog(tmp_path).find("7")
    assert found.stated_title is None
    assert found.title == "backprop"


@pytest.mark.parametrize(
    ("stub", "backend"),
    [
        ('import numpy as np\n\nBACKEND = "numpy"\n', "numpy"),
        ("BACKEND='torch'\n", "torch"),
        ("def f():\n    pass\n", "python"),
        ('# BACKEND = "torch"\n', "python"),
        ('def f():\n    BACKEND = "torch"\n', "python"),
    ],
)
def test_the_backend_is_the_stubs_top_level_line(tmp_path: Path, stub: str, backend: str) -> None:
    add(tmp_path, "exercise_07_backprop", stub=stub)
    assert Catalog(tmp_path).find("7").backend == backend
