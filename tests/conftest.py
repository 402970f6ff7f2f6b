"""What many tests share: the course's catalogue, one tape cache, and a miniature exercise."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from grader.catalog import Catalog
from grader.judge.library import Library

MINIATURE = Path(__file__).parent / "miniature"


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog()


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tapes")


@pytest.fixture
def miniature(tmp_path: Path) -> Path:
    """A copy of a catalogue with one small exercise, which a test may change."""
    root = tmp_path / "course"
    shutil.copytree(MINIATURE, root)
    return root


@pytest.fixture(scope="session")
def miniature_library() -> Library:
    return Library(Catalog(MINIATURE).find("1"))
