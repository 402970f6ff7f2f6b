"""A submission as the judge sees it: bytes, read once, and their syntax tree.

Nothing of it is ever executed here.
"""

from __future__ import annotations

import ast
import os
import stat
import warnings
from dataclasses import dataclass
from pathlib import Path

MAX_BYTES = 256 << 10
#: CPython takes seconds to parse some very long lines.
MAX_LINE = 20_000


class Unreadable(Exception):
    """The file cannot be taken as a submission; the message says why and where."""


@dataclass(frozen=True)
class Submission:
    """Source bytes with what the judge read off their syntax tree."""

    source: bytes
    tree: ast.Module
    backend: str


def read(path: Path) -> bytes:
    """Read a submission's bytes once.

    Raises:
        Unreadable: missing, not a regular file, a link, or larger than 256 KiB.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0))
    except OSError as error:
        reason = "it is a link" if path.is_symlink() else (error.strerror or "unknown error")
        raise Unreadable(f"{path} cannot be read: {reason}.") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable(f"{path} is not a regular file.")
        data = b""
        while len(data) <= MAX_BYTES and (chunk := os.read(descriptor, MAX_BYTES + 1 - len(data))):
            data += chunk
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}.") from None
    finally:
        os.close(descriptor)
    if len(data) > MAX_BYTES:
        raise Unreadable(f"{path} is larger than {MAX_BYTES >> 10} KiB.")
    return data


def accepted_backends(backend: str) -> tuple[str, ...]:
    """What a submission may use, by the backend of the exercise.

    Where there are arrays in general, either library will do; where PyTorch is the subject, or no
    arrays are wanted, there is no choice.
    """
    return ("numpy", "torch") if backend == "numpy" else (backend,)


def parse(source: bytes, name: str, default_backend: str) -> Submission:
    """Parse a submission.

    Args:
        default_backend: the exercise's.

    Raises:
        Unreadable: it is not Python, or asks for a backend that the exercise does not take; the
            message names the line.
    """
    longest = max(map(len, source.split(b"\n")))
    if longest > MAX_LINE:
        raise Unreadable(f"{name} has a line of {longest} bytes; {MAX_LINE} are allowed.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source, name)
    except SyntaxError as error:
        where = f", line {error.lineno}" if error.lineno else ""
        shown = f"\n    {error.text.strip()[:160]}" if error.text else ""
        raise Unreadable(f"{name}{where} is not valid Python: {error.msg}.{shown}") from None
    except (ValueError, MemoryError, RecursionError) as error:
        raise Unreadable(f"{name} cannot be parsed: {type(error).__name__}.") from None
    return Submission(source, tree, _backend(tree, name, default_backend))


def untouched(tree: ast.Module, stub: ast.Module) -> bool:
    """Whether a submission is still the stub, comments and layout aside."""
    try:
        return ast.dump(tree) == ast.dump(stub)
    except RecursionError:
        return False


def _backend(tree: ast.Module, name: str, default: str) -> str:
    for statement in tree.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id="BACKEND")], value=value)
                | ast.AnnAssign(target=ast.Name(id="BACKEND"), value=value)
            ):
                chosen = value.value if isinstance(value, ast.Constant) else None
                accepted = accepted_backends(default)
                if chosen not in accepted:
                    choice = " or ".join(f'"{backend}"' for backend in accepted)
                    raise Unreadable(f"{name}, line {statement.lineno}: BACKEND must be {choice}.")
                return str(chosen)
    return default
