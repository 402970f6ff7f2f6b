"""Submissions that eat memory, disk, threads or the judge's patience."""

from __future__ import annotations

import re
from typing import Any

from .submission import ATTEMPT, RIGHT, WRONG, Hostile, denied, in_call, instead

OUTPUT_LIMIT = 64 << 10
THREADS = 2_000


def _output_is_capped(verdict: Any, arena: Any) -> None:
    assert 0 < len(verdict.result.output) <= OUTPUT_LIMIT


def _threads_are_bounded(verdict: Any, arena: Any) -> None:
    found = re.findall(r"started (\d+)", verdict.result.output)
    assert found and int(found[-1]) < THREADS


def _text_is_cut(verdict: Any, arena: Any) -> None:
    assert all(len(text) <= 20_000 for text in verdict.texts)


def _file_is_cut(verdict: Any, arena: Any) -> None:
    assert re.search(r"wrote \d+ bytes, then OSError 27", verdict.result.output)


RESOURCES = [
    Hostile(
        5,
        "asks for 10 GiB at once",
        in_call("block = bytearray(10 << 30)"),
        {"failed"},
        {"rlimits"},
        says="mean_forward raised MemoryError",
    ),
    Hostile(
        6,
        "eats memory step by step",
        in_call("blocks = [b'x' * (64 << 20) for _ in range(64)]\nraise SystemError('4 GiB')"),
        {"failed", "crashed", "timed_out"},
        {"rlimits"},
        says="^(?!.*SystemError)",
    ),
    Hostile(
        7,
        "eats memory and catches MemoryError",
        in_call(
            """
blocks = []
while True:
    try:
        if len(blocks) < 4096:
            blocks.append(b"x" * (1 << 20))
    except MemoryError:
        pass
"""
        ),
        {"crashed", "timed_out"},
        {"rlimits"},
    ),
    Hostile(
        11,
        "starts two thousand threads",
        in_call(
            f"""
import threading
import time
started = 0
try:
    for _ in range({THREADS}):
        threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
        started += 1
finally:
    print("started", started, flush=True)
raise SystemError("all of them")
"""
        ),
        {"failed", "crashed", "timed_out"},
        {"rlimits"},
        proof=_threads_are_bounded,
        seconds=2.0,
    ),
    Hostile(
        19,
        "prints for ever",
        in_call("while True:\n    print('x' * 1000)"),
        {"timed_out"},
        proof=_output_is_capped,
    ),
    Hostile(
        26,
        "fills the disk with one file",
        in_call(
            """
written = 0
try:
    with open("large", "wb", buffering=0) as file:
        for _ in range(64):
            written += file.write(b"x" * (1 << 20))
except OSError as error:
    print(f"wrote {written} bytes, then OSError {error.errno}", flush=True)
    raise
"""
        ),
        {"failed"},
        {"rlimits"},
        says="mean_forward raised OSError: .*File too large",
        proof=_file_is_cut,
        seconds=2.0,
    ),
    Hostile(
        27,
        "leaves files and folders behind",
        RIGHT
        + """
import os
import socket

os.makedirs("a/b/c")
for folder in ("a", "a/b", "a/b/c", "."):
    for name in ("x", ".hidden", "name with spaces", "-rf", "new\\nline", "\\udcff"):
        open(os.path.join(folder, name), "w").close()
os.symlink("@COURSE@", "link")
os.symlink("@HOME@", "a/link")
for mode in (0o000, 0o100, 0o300):
    os.mkdir(f"shut{mode}", mode)
try:
    os.mkfifo("pipe")
except PermissionError:
    pass
""",
        {"passed"},
    ),
    Hostile(
        27,
        "leaves folders inside folders behind",
        RIGHT
        + """
import os

_home = os.getcwd()
for _ in range(3000):
    os.mkdir("d")
    os.chdir("d")
os.chdir(_home)
""",
        {"passed"},
    ),
    Hostile(
        41,
        "returns a list nested without end",
        instead("nested = []\nnested.append(nested)\nreturn nested, cache"),
        {"failed"},
        says="returned what cannot be judged",
    ),
    Hostile(
        41,
        "returns a list nested a hundred thousand deep",
        instead(
            "nested = []\nfor _ in range(100_000):\n    nested = [nested]\nreturn nested, cache"
        ),
        {"failed"},
        says="returned what cannot be judged",
    ),
    Hostile(
        41,
        "returns a dict that holds itself",
        instead("nested = {}\nnested['a'] = nested\nreturn nested, cache"),
        {"failed"},
        says="returned what cannot be judged",
    ),
    Hostile(
        41,
        "returns a million numbers one by one",
        instead("return [0.0] * 1_000_000, cache"),
        {"failed"},
        says="returned what cannot be judged",
        seconds=2.0,
    ),
    Hostile(
        42,
        "returns an array of 1 GiB",
        instead("return np.zeros(1 << 27), cache"),
        {"failed", "crashed", "timed_out"},
        {"rlimits"},
        seconds=2.0,
    ),
    Hostile(
        42,
        "returns the largest array that the wire takes",
        instead("return np.ones(63 << 17), cache"),
        {"failed", "crashed", "timed_out"},
        {"judge"},
        seconds=1.0,
    ),
    Hostile(
        43,
        "returns an 8 TiB view of one number",
        instead("return np.broadcast_to(1.0, (1 << 20, 1 << 20)), cache"),
        {"failed"},
        {"rlimits"},
        says="returned what cannot be judged",
    ),
    Hostile(
        51,
        "raises with a text of 1 GB",
        in_call("raise ValueError('x' * (1 << 30))"),
        {"failed", "timed_out", "crashed"},
        {"rlimits"},
        proof=_text_is_cut,
        seconds=2.0,
    ),
    Hostile(
        52,
        "raises what never finishes its text",
        in_call(
            "raise Endless",
            before="class Endless(Exception):\n    def __str__(self):\n        while True:\n"
            "            pass",
        ),
        {"timed_out"},
    ),
    Hostile(
        58,
        "raises its own limits",
        ATTEMPT
        + WRONG
        + """
import resource

for _name in ("AS", "CPU", "FSIZE", "NOFILE", "CORE"):
    _kind = getattr(resource, f"RLIMIT_{_name}")
    _soft, _hard = resource.getrlimit(_kind)
    attempt(_name, lambda: resource.setrlimit(_kind, (_hard + 1, _hard + 1)))
    attempt(_name, lambda: resource.prlimit(0, _kind, (resource.RLIM_INFINITY,) * 2))
attempt("memory", lambda: len(bytearray(10 << 30)))
""",
        {"failed"},
        {"rlimits"},
        proof=denied("AS", "CPU", "FSIZE", "NOFILE", "CORE", "memory"),
    ),
]
