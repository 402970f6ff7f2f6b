"""Submissions that write on the judge's channel themselves."""

from __future__ import annotations

from typing import Any

from .submission import RIGHT, WRONG, Hostile, in_call

#: Finds the channel among the descriptors and makes frames as the runner does.
CHANNEL = """
import json
import os
import stat
import time

from grader.runner.wire import MAGIC, PREFIX


def _sockets():
    for number in range(3, 1024):
        try:
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                yield number
        except OSError:
            pass


_channel = next(_sockets())


def put(data):
    print("wrote", flush=True)
    while data:
        data = data[os.write(_channel, data):]


def raw(header):
    return PREFIX.pack(MAGIC, len(header), 0) + header


def frame(value, *buffers):
    header = json.dumps({"b": [len(b) for b in buffers], "v": value}).encode()
    body = b"".join(buffers)
    return PREFIX.pack(MAGIC, len(header), len(body)) + header + body


def reply(value, *buffers):
    return frame(["d", ["ok", True], ["value", value], ["mutated", ["l"]]], *buffers)
"""
NO_ANSWER = "sent something that is not an answer"
TOO_LARGE = "returned far more data than it should"


def _wrote(verdict: Any, arena: Any) -> None:
    assert "wrote" in verdict.result.output


def sends(expression: str) -> str:
    """A submission that sends these bytes in the middle of a call."""
    return in_call(f"put({expression})\ntime.sleep(30)", before=CHANNEL)


def forged(number: int, name: str, expression: str) -> Hostile:
    return Hostile(
        number, name, sends(expression), {"crashed"}, {"judge"}, says=NO_ANSWER, proof=_wrote
    )


def overlong(name: str, expression: str) -> Hostile:
    return Hostile(44, name, sends(expression), {"failed"}, {"judge"}, says=TOO_LARGE, proof=_wrote)


WIRE = [
    Hostile(
        33,
        "replaces the encoder with one that sends junk",
        WRONG
        + """
import sys

for _name, _module in list(sys.modules.items()):
    if _name.startswith("grader.runner") and hasattr(_module, "encode"):
        _module.encode = lambda *args, **kwargs: b"status: passed\\n" * 10
""",
        {"crashed"},
        says="(ended your program|not an answer)",
    ),
    Hostile(
        33,
        "replaces the encoder with one that says yes",
        WRONG
        + """
import sys

_session = sys.modules["grader.runner.session"]
_encode = _session.encode
_names = {
    "mean_forward": [["x", "POSITIONAL_OR_KEYWORD", False], ["weight", "KEYWORD_ONLY", True]],
    "mean_backward": None,
    "Counter": None,
}
_session.encode = lambda *args, **kwargs: _encode(
    {"ok": True, "value": True, "names": _names, "mutated": [], "status": "passed", "score": 10}
)
""",
        {"failed"},
    ),
    overlong("announces a frame of 4 EiB", "PREFIX.pack(MAGIC, 100, 1 << 62)"),
    overlong("announces a header of 4 GiB", "PREFIX.pack(MAGIC, (1 << 32) - 1, 0)"),
    forged(44, "sends junk for a prefix", "b'\\xff' * 4096"),
    forged(
        45,
        "sends a huge shape with few bytes",
        "reply(['a', 'float64', [1 << 40, 1 << 40], 'numpy', 0], bytes(8))",
    ),
    forged(
        45,
        "sends a shape whose size overflows to zero",
        "reply(['a', 'float64', [1 << 32, 1 << 32], 'numpy', 0], b'')",
    ),
    forged(
        45,
        "sends a shape with a negative side",
        "reply(['a', 'float64', [-1, -1], 'numpy', 0], bytes(8))",
    ),
    forged(
        45,
        "names one buffer two thousand times",
        "reply(['l', *[['a', 'uint8', [1 << 16], 'numpy', 0] for _ in range(2000)]],"
        " bytes(1 << 16))",
    ),
    overlong("sends more than it was asked for", "reply(['b', 0], bytes(32 << 20))"),
    forged(46, "sends an array of objects", "reply(['a', '|O', [1], 'numpy', 0], bytes(8))"),
    forged(46, "sends an array of texts", "reply(['a', '<U2', [1], 'numpy', 0], bytes(8))"),
    forged(46, "sends an array from nowhere", "reply(['a', 'float64', [1], 'cupy', 0], bytes(8))"),
    forged(
        47,
        "sends a hundred thousand nested lists",
        "raw(b'[' * 100_000 + b']' * 100_000)",
    ),
    forged(
        47,
        "sends nested nodes",
        """raw(b'{"b":[],"v":' + b'["l",' * 20_000 + b"null" + b"]" * 20_000 + b"}")""",
    ),
    forged(47, "sends a number without end", """raw(b'{"b":[],"v":' + b"9" * 200_000 + b"}")"""),
    forged(47, "sends a dict in place of a node", """raw(b'{"b":[],"v":{"status":"passed"}}')"""),
    Hostile(
        48,
        "answers byte by byte",
        in_call(
            "for byte in reply(['f', '0x1p0']):\n    put(bytes([byte]))\n    time.sleep(0.05)",
            before=CHANNEL,
        ),
        {"timed_out"},
        {"judge"},
        proof=_wrote,
    ),
    Hostile(
        49,
        "writes answers ahead of the questions",
        WRONG
        + CHANNEL
        + """
_names = ["d", ["mean_forward", None], ["mean_backward", None], ["Counter", None]]
_answer = reply(["t", ["a", "float64", [2], "numpy", 0], ["h", 0, "cache"]], bytes(16))
put(frame(["d", ["ok", True], ["names", _names]]) + _answer * 50)
""",
        {"crashed"},
        {"judge"},
        says="(ended your program|not an answer)",
        proof=_wrote,
    ),
    Hostile(
        49,
        "answers twice",
        in_call(
            """
out, cache = _right(x, weight)
data = out.tobytes()
put(reply(["t", ["a", "float64", list(out.shape), "numpy", 0], ["h", 0, "cache"]], data))
""",
            before=CHANNEL,
        ),
        {"crashed", "failed"},
        {"judge"},
        proof=_wrote,
    ),
    Hostile(
        50,
        "keeps writing junk from a thread",
        RIGHT
        + CHANNEL
        + """
import threading


def _chatter():
    while True:
        put(b"junk" * 64)
        time.sleep(0.001)


threading.Thread(target=_chatter, daemon=True).start()
""",
        {"crashed"},
        {"judge"},
        says="(ended your program|not an answer)",
        proof=_wrote,
    ),
]
