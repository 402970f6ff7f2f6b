"""What the wheel holds, and that it works where it is installed, far from a clone."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from grader.catalog import ROOT, Catalog


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_four_packages_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.partition("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == {
        "exercises",
        "grader",
        "quizzes",
        "reference",
    }
    assert not [name for name in names if name.endswith(".pyc")]
    for exercise in Catalog().exercises:
        for name in ("README.md", "hints.md", exercise.stub.name):
            assert f"exercises/{exercise.folder}/{name}" in names
        assert f"reference/{exercise.folder}/solution.py" in names
    assert "grader/report/result.schema.json" in names
    assert "grader/author/templates/spec.py.txt" in names


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment that holds the wheel, and sees this one's other packages."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False)
    (site,) = folder.glob("lib/python*/site-packages")
    zipfile.ZipFile(wheel).extractall(site)
    (site / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin" / "python"


def run(python: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; from grader.cli import main; sys.argv[0] = 'grade'; main()"
    return subprocess.run(
        [str(python), "-P", "-c", code, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "GRADSCHOOL_CACHE": str(folder / "cache")},
        timeout=120,
    )


def test_an_installed_course_makes_a_workspace_and_grades_it(
    installed: Path, tmp_path: Path
) -> None:
    made = run(installed, tmp_path, "init", "course")
    assert made.returncode == 0, made.stderr
    course = tmp_path / "course"
    assert not list(course.rglob("solution.py"))
    assert not list(course.rglob("__init__.py"))
    untouched = run(installed, course, "07")
    assert untouched.returncode == 1 and "not attempted" in untouched.stdout
    file = course / "exercise_07_backprop" / "backprop.py"
    file.write_bytes((Catalog().find("07").private / "solution.py").read_bytes())
    passed = run(installed, course, "07")
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert "10/10 points" in passed.stdout


def test_a_folder_with_the_names_of_our_packages_does_not_get_in_the_way(
    installed: Path, tmp_path: Path
) -> None:
    run(installed, tmp_path, "init", "course")
    course = tmp_path / "course"
    for name in ("grader", "reference", "exercises", "numpy"):
        (course / name).mkdir()
        (course / name / "__init__.py").write_text("raise SystemExit('shadowed')\n")
    result = run(installed, course, "07")
    assert result.returncode == 1 and "not attempted" in result.stdout, result.stderr
