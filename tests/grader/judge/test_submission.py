from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

from grader.judge.submission import (
    MAX_BYTES,
    Unreadable,
    accepted_backends,
    parse,
    read,
    untouched,
)


def test_reads_the_bytes_of_a_regular_file(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"x = 1\n")
    assert read(file) == b"x = 1\n"


def test_refuses_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="cannot be read: No such file"):
        read(tmp_path / "none.py")


def test_refuses_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.py").write_text("x = 1\n")
    (tmp_path / "link.py").symlink_to(tmp_path / "real.py")
    with pytest.raises(Unreadable, match="it is a link"):
        read(tmp_path / "link.py")


def test_refuses_a_pipe_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    with pytest.raises(Unreadable, match="not a regular file"):
        read(tmp_path / "pipe.py")


def test_refuses_a_folder(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="not a regular file"):
        read(tmp_path)


def test_refuses_a_file_beyond_the_cap_without_reading_it(tmp_path: Path) -> None:
    file = tmp_path / "large.py"
    with file.open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    with pytest.raises(Unreadable, match="larger than 256 KiB"):
        read(file)


def test_a_syntax_error_names_the_line() -> None:
    with pytest.raises(Unreadable, match=r"a\.py, line 2 is not valid Python"):
        parse(b"x = 1\ndef f(:\n", "a.py", "numpy")


@pytest.mark.parametrize(
    "source", [b"x = '\xff'", b"x = 1\0", b"(" * 5000 + b")" * 5000], ids=["utf8", "null", "deep"]
)
def test_what_is_not_text_or_too_deep_is_refused(source: bytes) -> None:
    with pytest.raises(Unreadable):
        parse(source, "a.py", "numpy")


@pytest.mark.parametrize("line", ['BACKEND = "torch"', 'BACKEND: str = "torch"'])
def test_reads_the_backend_without_running_anything(line: str) -> None:
    assert parse(line.encode(), "a.py", "numpy").backend == "torch"


def test_without_a_backend_the_default_holds() -> None:
    assert parse(b"import os\n", "a.py", "numpy").backend == "numpy"


@pytest.mark.parametrize("value", ['"jax"', "1", "name"])
def test_an_unknown_backend_is_refused_with_its_line(value: str) -> None:
    with pytest.raises(Unreadable, match="line 2: BACKEND must be"):
        parse(f"import os\nBACKEND = {value}\n".encode(), "a.py", "numpy")


@pytest.mark.parametrize("backend", ["python", "torch"])
def test_a_subject_that_is_a_library_leaves_no_choice(backend: str) -> None:
    assert parse(f'BACKEND = "{backend}"\n'.encode(), "a.py", backend).backend == backend
    assert accepted_backends(backend) == (backend,)
    with pytest.raises(Unreadable, match=f'a.py, line 1: BACKEND must be "{backend}".'):
        parse(b'BACKEND = "numpy"\n', "a.py", backend)


def test_comments_and_layout_leave_a_stub_untouched() -> None:
    stub = ast.parse("def f(x):\n    raise NotImplementedError\n")
    assert untouched(ast.parse("# mine\ndef f(x): raise NotImplementedError\n"), stub)
    assert not untouched(ast.parse("def f(x):\n    return x\n"), stub)
