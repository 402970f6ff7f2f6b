"""The judge starts safely in a folder full of traps."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from grader.catalog import Catalog
from grader.judge.library import Library

from .intake import NEIGHBOURS, marking, poison_bytecode, surround

MODULES = [name for name in NEIGHBOURS if "/" not in name]


@pytest.fixture(scope="module")
def tapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tapes")


@pytest.fixture
def markers(tmp_path: Path) -> Path:
    """Where every trap leaves its mark."""
    folder = tmp_path / "markers"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    library = Library(Catalog().find("7"))
    return {
        "passed": library.text("solution"),
        "failed": library.source(library.misconceptions[0]),
    }


def _traps(folder: Path, markers: Path, source: str) -> Path:
    """A folder in which everything but the solution is a trap."""
    folder.mkdir()
    surround(folder, markers)
    solution = folder / "solution.py"
    solution.write_text(source)
    poison_bytecode(solution, marking(markers / "solution.pyc"))
    for module in ("json", "numpy"):
        poison_bytecode(folder / f"{module}.py", marking(markers / f"{module}.pyc"))
    (folder / "link.py").symlink_to("/dev/zero")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.py")
    with (folder / "sparse.py").open("wb") as file:
        file.truncate(1 << 30)
    return folder


def _clean(folder: Path, source: str) -> Path:
    folder.mkdir()
    (folder / "solution.py").write_text(source)
    return folder


def _environment(tmp_path: Path, tapes: Path) -> dict[str, str]:
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    return {"HOME": str(home), "GRADSCHOOL_CACHE": str(tapes), "PATH": "/usr/bin:/bin"}


def _grade(folder: Path, environment: dict[str, str], *more: str) -> dict[str, Any]:
    done = subprocess.run(
        [
            *(Path(sys.executable).with_name("grade"), "07", "--submission", "solution.py"),
            *("--format", "json", *more),
        ],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stderr == "", done.stderr
    verdict: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (0 if verdict["status"] == "passed" else 1)
    del verdict["duration_s"]
    return verdict


def _listing(folder: Path) -> dict[str, tuple[int, int, int]]:
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        found[str(path)] = status.st_mode, status.st_size, status.st_mtime_ns
    return found


@pytest.mark.parametrize("status", ["passed", "failed"])
def test_a_verdict_from_a_folder_of_traps_is_that_from_a_clean_one(
    status: str, sources: dict[str, str], tmp_path: Path, markers: Path, tapes: Path
) -> None:
    trapped = _traps(tmp_path / "trapped", markers, sources[status])
    clean = _clean(tmp_path / "clean", sources[status])
    before = _listing(trapped)
    environment = _environment(tmp_path, tapes)
    # Without shrinking, whose result depends on how much time there is.
    verdicts = [_grade(folder, environment, "--timeout", "20") for folder in (trapped, clean)]
    for verdict in verdicts:
        for check in verdict["checks"]:
            del check["counterexample"], check["message"], check["actual"], check["expected"]
    assert verdicts[0] == verdicts[1]
    assert verdicts[0]["status"] == status
    assert list(markers.iterdir()) == []
    assert _listing(trapped) == before


def test_no_other_command_steps_into_a_trap(tmp_path: Path, markers: Path, tapes: Path) -> None:
    trapped = _traps(tmp_path / "trapped", markers, "x = 1\n")
    before = _listing(trapped)
    for arguments in (["--help"], ["list"], ["hint", "07"], ["solution", "07", "--force"], []):
        subprocess.run(
            [Path(sys.executable).with_name("grade"), *arguments],
            cwd=trapped,
            env=_environment(tmp_path, tapes),
            capture_output=True,
            timeout=60,
        )
    assert list(markers.iterdir()) == []
    assert _listing(trapped) == before


@pytest.mark.parametrize("name", ["link.py", "pipe.py", "sparse.py", "loop"])
def test_a_trap_submitted_itself_is_refused(
    name: str, tmp_path: Path, markers: Path, tapes: Path
) -> None:
    trapped = _traps(tmp_path / "trapped", markers, "x = 1\n")
    done = subprocess.run(
        [Path(sys.executable).with_name("grade"), "07", "--submission", name],
        cwd=trapped,
        env=_environment(tmp_path, tapes),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 2
    assert name in done.stderr and done.stderr.count("\n") == 1
    assert list(markers.iterdir()) == []


def _step_into(folder: Path, *arguments: str, path: Path | None = None) -> None:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder.parent)}
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
    )


@pytest.mark.parametrize("name", MODULES)
def test_the_traps_work_when_they_are_stepped_into(
    name: str, tmp_path: Path, markers: Path
) -> None:
    trapped = _traps(tmp_path / "trapped", markers, "x = 1\n")
    (trapped / "__pycache__").rename(trapped / "moved")
    _step_into(trapped, "-S", "-c", f"import runpy; runpy.run_path({name!r})")
    assert [path.name for path in markers.iterdir()] == [name]


@pytest.mark.parametrize(
    ("arguments", "mark"),
    [
        (["-m", "json.tool"], "json.pyc"),
        (["-c", "import numpy"], "numpy.pyc"),
        (["-c", "import solution"], "solution.pyc"),
        (["-c", "import grader.cli"], "grader.__init__.py"),
        (["-m", "pytest", "--collect-only", "nothing"], "hostile_plugin.py"),
    ],
    ids=["json", "numpy", "bytecode", "grader", "settings"],
)
def test_a_start_that_looks_into_the_folder_steps_into_its_traps(
    arguments: list[str], mark: str, tmp_path: Path, markers: Path
) -> None:
    trapped = _traps(tmp_path / "trapped", markers, "x = 1\n")
    if "pytest" in arguments:
        for name in MODULES:
            if name not in ("hostile_plugin.py", "conftest.py"):
                (trapped / name).unlink()
        (trapped / "grader/__init__.py").unlink()
    _step_into(trapped, *arguments)
    assert mark in [path.name for path in markers.iterdir()]


def test_the_interpreters_own_hooks_work_where_the_path_leads_to_them(
    tmp_path: Path, markers: Path
) -> None:
    trapped = _traps(tmp_path / "trapped", markers, "x = 1\n")
    _step_into(trapped, "-c", "pass", path=trapped)
    assert "sitecustomize.py" in [path.name for path in markers.iterdir()]
