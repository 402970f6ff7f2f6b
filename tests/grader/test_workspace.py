"""A workspace holds public files only, is found upward, and never loses a student's file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grader import __version__
from grader.catalog import Catalog, Exercise
from grader.workspace import MARKER, Workspace, WorkspaceError, digest, find, init, reset

STUB = "raise NotImplementedError\n"
SECRET = "the reference knows the answer"


@pytest.fixture
def course(tmp_path: Path) -> Catalog:
    root = tmp_path / "course"
    for folder in ("exercise_01_mean", "exercise_02_loss"):
        public, private = root / "exercises" / folder, root / "reference" / folder
        public.mkdir(parents=True)
        private.mkdir(parents=True)
        (public / "README.md").write_text("# 01 · A title\n")
        (public / "hints.md").write_text("# Hints\n")
        (public / f"{folder[12:]}.py").write_text(STUB)
        (private / "solution.py").write_text(SECRET)
        (private / "spec.py").write_text(SECRET)
    return Catalog(root)


@pytest.fixture
def mean(course: Catalog) -> Exercise:
    return course.find("mean")


@pytest.fixture
def workspace(tmp_path: Path, course: Catalog) -> Workspace:
    return init(tmp_path / "mine", course)


def files(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


def test_init_copies_each_public_folder_and_a_marker(workspace: Workspace) -> None:
    assert files(workspace.path) == {
        MARKER,
        "exercise_01_mean/README.md",
        "exercise_01_mean/hints.md",
        "exercise_01_mean/mean.py",
        "exercise_02_loss/README.md",
        "exercise_02_loss/hints.md",
        "exercise_02_loss/loss.py",
    }


def test_init_copies_nothing_of_the_reference(course: Catalog, workspace: Workspace) -> None:
    def holding_the_secret(folder: Path) -> list[Path]:
        return [p for p in folder.rglob("*") if p.is_file() and SECRET in p.read_text()]

    assert holding_the_secret(course.root), "the course itself holds what must not be copied"
    assert holding_the_secret(workspace.path) == []
    assert not (workspace.path / "reference").exists()


def test_init_leaves_compiled_files_behind(tmp_path: Path, course: Catalog, mean: Exercise) -> None:
    (mean.public / "__pycache__").mkdir()
    (mean.public / "__pycache__" / "mean.cpython-311.pyc").write_bytes(b"x")
    (mean.public / "old.pyc").write_bytes(b"x")
    made = init(tmp_path / "clean", course)
    assert not [name for name in files(made.path) if name.endswith(".pyc")]


def test_the_marker_says_which_stubs_were_copied(
    course: Catalog, mean: Exercise, workspace: Workspace
) -> None:
    lock = json.loads((workspace.path / MARKER).read_text())
    assert lock["version"] == __version__
    assert set(lock["stubs"]) == {exercise.id for exercise in course.exercises}
    assert lock["stubs"][mean.id] == digest(mean.stub) == digest(workspace.file(mean))


def test_init_fills_an_empty_folder(tmp_path: Path, course: Catalog) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert (init(empty, course).path / MARKER).is_file()


def test_init_makes_missing_parents(tmp_path: Path, course: Catalog) -> None:
    assert init(tmp_path / "a" / "b", course).path.is_dir()


def test_init_refuses_a_folder_that_holds_anything(tmp_path: Path, course: Catalog) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / ".hidden").write_text("mine")
    with pytest.raises(WorkspaceError, match="not empty"):
        init(tmp_path / "full", course)
    assert files(tmp_path / "full") == {".hidden"}


def test_init_refuses_a_file(tmp_path: Path, course: Catalog) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(WorkspaceError):
        init(tmp_path / "file", course)
    assert (tmp_path / "file").read_text() == "mine"


def test_init_says_so_when_it_cannot_write(tmp_path: Path, course: Catalog) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(WorkspaceError, match=r"Cannot write .*below"):
        init(tmp_path / "file" / "below", course)


def test_init_a_second_time_is_refused(workspace: Workspace, course: Catalog) -> None:
    with pytest.raises(WorkspaceError):
        init(workspace.path, course)


def test_the_workspace_is_found_from_itself_and_from_below(
    workspace: Workspace, mean: Exercise
) -> None:
    deep = workspace.file(mean).parent / "notes" / "today"
    deep.mkdir(parents=True)
    assert find(workspace.path) == find(deep) == workspace


def test_the_nearest_workspace_is_found(workspace: Workspace, course: Catalog) -> None:
    inner = init(workspace.path / "again", course)
    assert find(inner.path) == inner
    assert find(workspace.path) == workspace


def test_a_clone_of_the_course_is_a_workspace(course: Catalog) -> None:
    (course.root / "pyproject.toml").write_text("")
    expected = Workspace(course.root / "exercises")
    assert find(course.root) == expected
    assert find(course.root / "exercises" / "exercise_01_mean") == expected


def test_a_folder_that_only_looks_like_a_clone_is_not_one(tmp_path: Path, course: Catalog) -> None:
    with pytest.raises(WorkspaceError):
        find(course.root)  # exercises, but no pyproject.toml
    other = tmp_path / "other"
    (other / "exercises" / "sport").mkdir(parents=True)
    (other / "pyproject.toml").write_text("")
    with pytest.raises(WorkspaceError):
        find(other)  # pyproject.toml, but no exercise of ours
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "pyproject.toml").write_text("")
    with pytest.raises(WorkspaceError):
        find(bare)  # pyproject.toml, but no exercises at all


def test_no_workspace_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="grade init") as caught:
        find(tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_the_file_of_an_exercise_lies_in_its_folder(workspace: Workspace, mean: Exercise) -> None:
    assert workspace.file(mean) == workspace.path / "exercise_01_mean" / "mean.py"
    assert workspace.file(mean).read_text() == STUB


def test_reset_keeps_the_file_beside_the_stub(workspace: Workspace, mean: Exercise) -> None:
    file = workspace.file(mean)
    file.write_text("my work\n")
    backup = reset(workspace, mean)
    assert backup == file.with_name("mean.backup1.py")
    assert backup.read_text() == "my work\n"
    assert file.read_text() == STUB


def test_reset_never_overwrites_a_backup(workspace: Workspace, mean: Exercise) -> None:
    file, kept = workspace.file(mean), []
    for work in ("first\n", "second\n", "third\n"):
        file.write_text(work)
        kept.append(reset(workspace, mean))
    assert [path.name for path in kept if path] == [f"mean.backup{n}.py" for n in (1, 2, 3)]
    assert [path.read_text() for path in kept if path] == ["first\n", "second\n", "third\n"]


def test_reset_fills_a_gap_but_touches_no_neighbour(workspace: Workspace, mean: Exercise) -> None:
    file = workspace.file(mean)
    file.with_name("mean.backup1.py").mkdir()
    file.write_text("work\n")
    assert reset(workspace, mean) == file.with_name("mean.backup2.py")


def test_reset_of_an_untouched_stub_keeps_nothing(workspace: Workspace, mean: Exercise) -> None:
    before = files(workspace.path)
    assert reset(workspace, mean) is None
    assert files(workspace.path) == before


def test_reset_brings_a_deleted_file_back(workspace: Workspace, mean: Exercise) -> None:
    file = workspace.file(mean)
    file.unlink()
    file.with_name("README.md").unlink()
    file.with_name("hints.md").unlink()
    file.parent.rmdir()
    assert reset(workspace, mean) is None
    assert file.read_text() == STUB


def test_reset_refuses_the_courses_own_stub(course: Catalog, mean: Exercise) -> None:
    mean.stub.write_text("work in a clone\n")
    with pytest.raises(WorkspaceError, match="git restore"):
        reset(Workspace(course.root / "exercises"), mean)
    assert mean.stub.read_text() == "work in a clone\n"


def test_the_digest_tells_contents_apart(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"a")
    two.write_bytes(b"a")
    assert digest(one) == digest(two)
    two.write_bytes(b"b")
    assert digest(one) != digest(two)
