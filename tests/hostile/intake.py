"""Hostile files: what they are, rather than what they do."""

from __future__ import annotations

import importlib.util
import marshal
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .submission import RIGHT, WRONG

CAP = 256 << 10
NAME = "mean.py"
#: Beside a solution these would be found by a judge that looks for modules or settings there.
NEIGHBOURS = (
    *("json.py", "numpy.py", "click.py", "hypothesis.py", "torch.py", "rich.py", "os.py"),
    *("conftest.py", "sitecustomize.py", "usercustomize.py", "hostile_plugin.py"),
    *("grader/__init__.py", "grader/cli.py", "reference/__init__.py"),
)


@dataclass(frozen=True)
class Intake:
    """One hostile file: `make` writes it into a folder and returns the path to submit.

    `outcome` is "unreadable" or the statuses that the verdict may have; `command` says whether to
    try it on the command, too.
    """

    number: int
    name: str
    make: Callable[[Path], Path]
    outcome: set[str]
    command: bool = True

    def __str__(self) -> str:
        return f"{self.number:02d}-{self.name.replace(' ', '-')}"


def marking(marker: Path) -> str:
    """Source that leaves a mark when it is executed."""
    return f"open({str(marker)!r}, 'a').close()\n"


def surround(folder: Path, markers: Path) -> None:
    """Fill a folder with files that leave a mark if anything executes them."""
    for name in NEIGHBOURS:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(marking(markers / name.replace("/", ".")))
    (folder / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\naddopts = ["-p", "hostile_plugin"]\n'
        "[tool.hypothesis]\nmax_examples = 1\n"
    )
    (folder / ".gradschool.json").write_text("{")
    examples = folder / ".hypothesis" / "examples"
    examples.mkdir(parents=True)
    (examples / "poison").write_bytes(b"\x80\x04." * 100)
    (folder / ".env").write_text("PYTHONPATH=.\n")


def poison_bytecode(source: Path, instead: str) -> None:
    """Put bytecode beside a file that Python would take for it without looking at the file."""
    cached = Path(importlib.util.cache_from_source(str(source)))
    cached.parent.mkdir(exist_ok=True)
    code = marshal.dumps(compile(instead, str(source), "exec"))
    unchecked = (0b01).to_bytes(4, "little")
    digest = importlib.util.source_hash(source.read_bytes())
    cached.write_bytes(importlib.util.MAGIC_NUMBER + unchecked + digest + code)


def _file(content: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / NAME
        path.write_bytes(content)
        return path

    return make


def _link(folder: Path) -> Path:
    (folder / "elsewhere.py").write_text(RIGHT)
    (folder / NAME).symlink_to(folder / "elsewhere.py")
    return folder / NAME


def _broken_link(folder: Path) -> Path:
    (folder / NAME).symlink_to(NAME)
    return folder / NAME


def _pipe(folder: Path) -> Path:
    os.mkfifo(folder / NAME)
    return folder / NAME


def _socket(folder: Path) -> Path:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / NAME))
    return folder / NAME


def _folder(folder: Path) -> Path:
    (folder / NAME).mkdir()
    return folder / NAME


def _sparse(folder: Path) -> Path:
    with (folder / NAME).open("wb") as file:
        file.truncate(1 << 30)
    return folder / NAME


def _poisoned(folder: Path) -> Path:
    path = folder / NAME
    path.write_text(WRONG)
    poison_bytecode(path, RIGHT + marking(folder.parent / "markers" / "bytecode"))
    return path


def _surrounded(folder: Path) -> Path:
    surround(folder, folder.parent / "markers")
    return _file(RIGHT.encode())(folder)


def _deep(opening: str, inside: str, closing: str, depth: int) -> Callable[[Path], Path]:
    return _file(f"{RIGHT}\nx = {opening * depth}{inside}{closing * depth}\n".encode())


INTAKE = [
    Intake(59, "poisoned bytecode beside a wrong solution", _poisoned, {"failed"}, command=False),
    Intake(60, "modules and settings beside the solution", _surrounded, {"passed"}, command=False),
    Intake(61, "link", _link, {"unreadable"}),
    Intake(61, "link to itself", _broken_link, {"unreadable"}),
    Intake(61, "pipe", _pipe, {"unreadable"}),
    Intake(61, "socket", _socket, {"unreadable"}),
    Intake(61, "device", lambda _: Path("/dev/zero"), {"unreadable"}),
    Intake(61, "device of randomness", lambda _: Path("/dev/urandom"), {"unreadable"}),
    Intake(61, "folder", _folder, {"unreadable"}),
    Intake(61, "sparse file of 1 GiB", _sparse, {"unreadable"}),
    Intake(61, "file whose reading fails", lambda _: Path("/proc/self/mem"), {"unreadable"}),
    Intake(61, "invalid UTF-8", _file(RIGHT.encode() + b"x = '\xff\xfe'\n"), {"unreadable"}),
    Intake(61, "UTF-16", _file(RIGHT.encode("utf-16")), {"unreadable"}),
    Intake(61, "null byte", _file(RIGHT.encode() + b"\0"), {"unreadable"}),
    Intake(61, "unknown encoding", _file(b"# coding: owned\n" + RIGHT.encode()), {"unreadable"}),
    Intake(61, "encoding that is none", _file(b"# coding: hex\n" + RIGHT.encode()), {"unreadable"}),
    Intake(61, "100k nested parentheses", _deep("(", "1", ")", 100_000), {"unreadable"}),
    Intake(61, "100k nested lists", _deep("[", "", "]", 100_000), {"unreadable"}),
    Intake(61, "100k nested signs", _deep("-", "1", "", 100_000), {"unreadable"}),
    Intake(61, "100k attributes of attributes", _deep("", "x", ".x", 100_000), {"unreadable"}),
    Intake(61, "3k nested signs", _deep("-", "1", "", 3_000), {"unreadable", "failed", "passed"}),
    Intake(61, "1500 nested signs", _deep("-", "1", "", 1_500), {"unreadable", "failed", "passed"}),
    Intake(61, "1k nested signs", _deep("-", "1", "", 1_000), {"unreadable", "failed", "passed"}),
    Intake(61, "1500 attributes", _deep("", "x", ".x", 1_500), {"unreadable", "failed", "passed"}),
    Intake(61, "40k statements", _file(b"x=1\n" * 40_000), {"failed"}, command=False),
    Intake(
        61,
        "45k-part f-string",
        _file(b"f'" + b"{a}" * 45_000 + b"'"),
        {"unreadable", "failed"},
        command=False,
    ),
    Intake(61, "file just beyond the cap", _file(b"#" * (CAP + 1)), {"unreadable"}),
]
