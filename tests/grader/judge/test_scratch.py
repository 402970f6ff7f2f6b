from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from grader.judge.scratch import remove


def nested(folder: Path, depth: int) -> None:
    """Make folders inside folders by walking down, since the whole path becomes too long."""
    home = os.getcwd()
    os.chdir(folder)
    try:
        for _ in range(depth):
            os.mkdir("d")
            with open("f", "w") as file:
                file.write("x")
            os.chdir("d")
    finally:
        os.chdir(home)


def test_folders_nested_deeper_than_python_recurses_are_removed(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    nested(scratch, 3 * sys.getrecursionlimit())
    with pytest.raises((RecursionError, OSError)):
        shutil.rmtree(scratch)
    remove(str(scratch))
    assert not scratch.exists()


def test_links_are_removed_and_not_followed(tmp_path: Path) -> None:
    outside, scratch = tmp_path / "outside", tmp_path / "scratch"
    outside.mkdir()
    (outside / "kept").write_text("x")
    scratch.mkdir()
    (scratch / "link").symlink_to(outside)
    nested(scratch, 2 * sys.getrecursionlimit())
    remove(str(scratch))
    assert (outside / "kept").exists() and not scratch.exists()


def test_a_folder_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    remove(str(tmp_path / "absent"))
