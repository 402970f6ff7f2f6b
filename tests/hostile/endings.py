"""Submissions that hang, leave, die or stay on."""

from __future__ import annotations

from typing import Any

from .submission import RIGHT, Hostile, in_call, instead


def _no_core_file(verdict: Any, arena: Any) -> None:
    assert not [path for path in verdict.scratch_files if path.startswith("core")]
    assert not list(arena.cwd.iterdir())


ENDINGS = [
    Hostile(
        1,
        "loops for ever in a call",
        in_call("while True:\n    pass"),
        {"timed_out"},
        says="mean_forward did not return within",
    ),
    Hostile(
        2,
        "loops for ever at import",
        RIGHT + "\nwhile True:\n    pass\n",
        {"timed_out"},
        says="Loading mean.py did not end",
    ),
    Hostile(
        3,
        "sleeps for ever",
        in_call("import time\ntime.sleep(1e6)"),
        {"timed_out"},
        says="mean_forward did not return within",
    ),
    Hostile(
        4,
        "ignores signals and swallows every exception",
        in_call(
            """
import signal
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (ValueError, OSError):
        pass
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
"""
        ),
        {"timed_out"},
        says="mean_forward did not return within",
    ),
    Hostile(
        12,
        "calls sys.exit at import",
        RIGHT + "\nimport sys\nsys.exit(0)\n",
        {"crashed"},
        says="ended the program with sys.exit",
    ),
    Hostile(
        13,
        "calls sys.exit in a call",
        in_call("import sys\nsys.exit(0)"),
        {"crashed"},
        says="ended the program with sys.exit",
    ),
    Hostile(
        14,
        "leaves through os._exit",
        in_call("import os\nos._exit(0)"),
        {"crashed"},
        says="Your program ended while it ran mean_forward: it ended with exit code 0",
    ),
    Hostile(
        14,
        "leaves through os._exit at import",
        RIGHT + "\nimport os\nos._exit(0)\n",
        {"crashed"},
        says="ended your program",
    ),
    Hostile(
        15,
        "reads address zero",
        in_call("import ctypes\nctypes.string_at(0)"),
        {"crashed"},
        says="Your program ended while it ran mean_forward",
        proof=_no_core_file,
    ),
    Hostile(
        16,
        "aborts",
        in_call("import os\nos.abort()"),
        {"crashed"},
        says="Your program ended while it ran mean_forward",
        proof=_no_core_file,
    ),
    Hostile(
        17,
        "recurses for ever",
        in_call("return mean_forward(x, weight)"),
        {"failed"},
        says="raised RecursionError",
    ),
    Hostile(
        17,
        "recurses for ever with the limit lifted",
        in_call("import sys\nsys.setrecursionlimit(10**9)\nreturn mean_forward(x, weight)"),
        {"failed", "crashed", "timed_out"},
        {"rlimits"},
    ),
    Hostile(
        54,
        "raises KeyboardInterrupt",
        in_call("raise KeyboardInterrupt"),
        {"failed"},
        says="mean_forward raised KeyboardInterrupt",
    ),
    Hostile(
        54,
        "raises GeneratorExit at import",
        RIGHT + "\nraise GeneratorExit\n",
        {"failed"},
        says="Loading mean.py raised GeneratorExit",
    ),
    Hostile(
        67,
        "raises what a test library takes for a skipped case",
        instead(
            """
_calls.append(1)
raise _signals[len(_calls) % len(_signals)]
""",
            before="""
import unittest

_calls = []
_signals = [AssertionError("no"), unittest.SkipTest("no"), StopIteration("no")]
for _name in ("UnsatisfiedAssumption", "StopTest", "Frozen", "Skipped", "NoSuchExample"):
    _signals.append(type(_name, (BaseException,), {"__module__": "hypothesis.errors"})("no"))
try:
    from hypothesis.errors import UnsatisfiedAssumption
    _signals.append(UnsatisfiedAssumption())
except Exception:
    pass
""",
        ),
        {"failed"},
        says=r"mean_forward raised \w+",
    ),
    Hostile(
        69,
        "leaves an exit handler and a thread behind",
        RIGHT
        + """
import atexit
import threading
import time


def _after():
    time.sleep(3)
    with open("@OUTSIDE@/late", "w") as file:
        file.write("late")


atexit.register(lambda: open("@OUTSIDE@/atexit", "w").close())
threading.Thread(target=_after, daemon=True).start()
threading.Thread(target=_after).start()
""",
        {"passed"},
    ),
]
