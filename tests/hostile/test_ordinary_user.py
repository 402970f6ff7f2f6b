"""The same attacks, contained by an ordinary user's grader as by root's, without an outer wall."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.catalog import ROOT
from grader.judge.bubblewrap import SWITCH

NOBODY = 65534
INTERPRETERS = (f"/usr/bin/python3.{sys.version_info.minor}", "/usr/bin/python3", sys.executable)
NEEDED = ("grader", "exercises", "reference", "quizzes", "tests", "pyproject.toml", "README.md")


def usable(path: str) -> bool:
    """Whether a user without rights could read this and walk to it."""
    return all(
        os.stat(parent).st_mode & 0o005 == 0o005 for parent in (Path(path), *Path(path).parents)
    )


def interpreter() -> str | None:
    """An interpreter of this version that every user may run."""
    for candidate in INTERPRETERS:
        if not os.path.exists(candidate) or not usable(os.path.realpath(candidate)):
            continue
        ask = [candidate, "-c", "import sys; print(sys.version_info[:2] == " + repr(VERSION) + ")"]
        if subprocess.run(ask, capture_output=True, text=True, check=False).stdout == "True\n":
            return candidate
    return None


VERSION = tuple(sys.version_info[:2])


@pytest.fixture
def installed() -> Iterator[tuple[Path, Path]]:
    """A copy of the course and an environment for it, both open to every user."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root can become another user; the rest of the suite runs as this one")
    python = interpreter()
    if python is None or not usable(sysconfig.get_path("purelib")):
        pytest.skip("no interpreter with its packages is open to other users here")
    folder = Path(tempfile.mkdtemp(prefix="ordinary-"))
    folder.chmod(0o755)
    course = folder / "course"
    course.mkdir()
    for name in NEEDED:
        source = ROOT / name
        if source.is_dir():
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, course / name, ignore=ignore)
        else:
            shutil.copy(source, course / name)
    subprocess.run([python, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    (site,) = (folder / "venv").glob("lib/python*/site-packages")
    (site / "course.pth").write_text(f"{course}\n{sysconfig.get_path('purelib')}\n")
    (folder / "home").mkdir()
    os.chown(folder / "home", NOBODY, NOBODY)
    yield folder, course
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
def test_every_attack_is_contained_for_an_ordinary_user(installed: tuple[Path, Path]) -> None:
    folder, course = installed
    home = str(folder / "home")
    command = [str(folder / "venv/bin/python"), "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "-n", "2", "tests/hostile/test_hostile.py"],
        cwd=course,
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        env={"PATH": "/usr/bin:/bin", "HOME": home, "TMPDIR": home, SWITCH: "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert " passed" in done.stdout.splitlines()[-1]
