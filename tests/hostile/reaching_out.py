"""Submissions that reach for secrets, files, processes and the network beyond their scratch."""

from __future__ import annotations

from typing import Any

from .submission import ATTEMPT, RIGHT, WRONG, Hostile, denied, in_call, instead


def _no_second_seeing(verdict: Any, arena: Any) -> None:
    assert "first time here" in verdict.result.output
    again = arena.grade(verdict.source)
    assert again.result.status.value == "failed"
    assert "first time here" in again.result.output


def _only_the_channel(verdict: Any, arena: Any) -> None:
    for run in verdict.result.output.split("open: 0 other\n")[1:]:
        lines = [line.split() for line in run.splitlines() if line.startswith("open: ")]
        assert [line[1] for line in lines[:2]] == ["1", "2"]
        assert [line[2] for line in lines[2:]] == ["socket"], run
    assert "open: 0 other" in verdict.result.output


def _found_nothing(verdict: Any, arena: Any) -> None:
    assert "searched" in verdict.result.output, verdict.report
    assert "found" not in verdict.result.output, verdict.result.output


#: Answers with a reference that it got hold of: it passes if it really has it.
ANSWER = "\nexec(compile(text, 'stolen', 'exec'), globals())\n"

REACHING_OUT = [
    Hostile(
        8,
        "forks fifty times",
        in_call(
            """
import os
import time
for _ in range(50):
    if os.fork() == 0:
        os.setsid()
        time.sleep(20)
        os._exit(0)
"""
        ),
        {"failed"},
        {"processes"},
        says="mean_forward raised (PermissionError|BlockingIOError)",
    ),
    Hostile(
        9,
        "starts another program",
        ATTEMPT
        + WRONG
        + """
import subprocess
import sys

SCRIPT = "echo owned > @OUTSIDE@/owned; sleep 20 &"


def raw_fork():
    machine = os.uname().machine
    number = {"x86_64": 57, "aarch64": 220}[machine]
    child = libc("syscall", number, 17, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    return child


attempt("subprocess", lambda: subprocess.run(["/bin/sh", "-c", SCRIPT]))
attempt("session", lambda: subprocess.Popen(["/bin/sh", "-c", SCRIPT], start_new_session=True))
attempt("spawn", lambda: os.posix_spawn("/bin/sh", ["sh", "-c", SCRIPT], {}))
attempt("python", lambda: subprocess.check_output([sys.executable, "-c", "print(1)"]))
attempt("pty", lambda: __import__("pty").fork() or os._exit(0))
attempt("syscall", raw_fork)
attempt("exec", lambda: os.execv("/bin/sh", ["sh", "-c", SCRIPT]))
""",
        {"failed"},
        {"processes"},
        proof=denied("subprocess", "session", "spawn", "python", "pty", "syscall", "exec"),
    ),
    Hostile(
        10,
        "calls os.system",
        in_call(
            """
import os
code = os.system("echo owned > @OUTSIDE@/owned")
if code:
    raise OSError(f"os.system gave {code}")
"""
        ),
        {"failed"},
        {"processes"},
        says="mean_forward raised OSError: os.system gave",
    ),
    Hostile(
        20,
        "opens the reference and answers with it",
        WRONG + "\ntext = open('@REFERENCE@').read()\nprint(text)\n" + ANSWER,
        {"failed"},
        {"files"},
        says="Loading mean.py raised (PermissionError|FileNotFoundError)",
    ),
    Hostile(
        20,
        "opens the course's references",
        ATTEMPT
        + WRONG
        + """
attempt("installed", lambda: open("@INSTALLED@").read())
attempt("spec", lambda: open("@PRIVATE@/spec.py").read())
attempt("dots", lambda: open("@COURSE@/exercises/../reference/exercise_01_mean/spec.py").read())
attempt("bytes", lambda: os.read(os.open(b"@REFERENCE@", os.O_RDONLY), 100_000))
attempt("root", lambda: open("/proc/self/root@REFERENCE@").read())
attempt("map", lambda: __import__("mmap").mmap(os.open("@REFERENCE@", os.O_RDONLY), 0, prot=1)[:])
attempt("write", lambda: open("@REFERENCE@", "a").write("x"))
""",
        {"failed"},
        {"files"},
        proof=denied("installed", "spec", "dots", "bytes", "root", "map", "write"),
    ),
    Hostile(
        21,
        "lists the judge's folders and reads its tapes",
        ATTEMPT
        + WRONG
        + """
import glob


def tapes():
    names = glob.glob("@CACHE@/*.tape") or os.listdir("@CACHE@")
    with open(os.path.join("@CACHE@", names[0]), "rb") as file:
        return file.read(32).hex()


attempt("private", lambda: os.listdir("@PRIVATE@"))
attempt("course", lambda: os.listdir("@COURSE@"))
attempt("cache", lambda: os.listdir("@CACHE@"))
attempt("tape", tapes)
attempt("home", lambda: os.listdir("@HOME@"))
attempt("key", lambda: open("@HOME@/.ssh/id_ed25519").read())
""",
        {"failed"},
        {"files"},
        proof=denied("private", "course", "cache", "tape", "home", "key"),
    ),
    Hostile(
        22,
        "imports the judge and loads the reference with it",
        WRONG
        + """
from pathlib import Path

from grader.catalog import Catalog
from grader.judge.library import Library

text = Library(Catalog(Path("@COURSE@")).find("1")).text("solution")
print(text)
"""
        + ANSWER,
        {"failed"},
        {"files"},
        says="Loading mean.py raised (PermissionError|ModuleNotFoundError|ImportError)",
    ),
    Hostile(
        23,
        "links to the reference from its scratch",
        ATTEMPT
        + WRONG
        + """
def through_link():
    os.symlink("@REFERENCE@", "link")
    return open("link").read()


def through_folder():
    os.symlink("@PRIVATE@", "folder")
    return open("folder/solution.py").read()


def through_hard_link():
    os.link("@REFERENCE@", "hard")
    return open("hard").read()


def through_rename():
    os.rename("@REFERENCE@", "moved")
    return open("moved").read()


attempt("link", through_link)
attempt("folder", through_folder)
attempt("hard", through_hard_link)
attempt("rename", through_rename)
""",
        {"failed"},
        {"files"},
        proof=denied("link", "folder", "hard", "rename"),
    ),
    Hostile(
        24,
        "answers with another student's submission",
        WRONG + "\ntext = open('@OTHER@').read()\nprint(text)\n" + ANSWER,
        {"failed"},
        {"files"},
        says="Loading mean.py raised (PermissionError|FileNotFoundError)",
    ),
    Hostile(
        25,
        "writes a result file where it stands",
        WRONG
        + """
PERFECT = '{"status": "passed", "score": 10, "max_score": 10}'
for _name in ("results.json", "result.json", "grade.json", "mean.py", "output"):
    with open(_name, "w") as _file:
        _file.write(PERFECT)
""",
        {"failed"},
    ),
    Hostile(
        25,
        "writes a result file elsewhere",
        ATTEMPT
        + WRONG
        + """
PERFECT = '{"status": "passed", "score": 10, "max_score": 10}'


def write(path):
    with open(path, "w") as file:
        return file.write(PERFECT)


attempt("home", lambda: write("@HOME@/results.json"))
attempt("outside", lambda: write("@OUTSIDE@/results.json"))
attempt("course", lambda: write("@COURSE@/results.json"))
attempt("above", lambda: write("../results.json"))
attempt("temporary", lambda: write("@STRAY@"))
attempt("memory", lambda: write("@SHARED_STRAY@"))
attempt("append", lambda: open("@OTHER@", "a").write("x"))
attempt("folder", lambda: os.mkdir("@OUTSIDE@/folder"))
""",
        {"failed"},
        {"files"},
        proof=denied(
            "home", "outside", "course", "above", "temporary", "memory", "append", "folder"
        ),
    ),
    Hostile(
        28,
        "calls home over the network",
        ATTEMPT
        + WRONG
        + """
import socket


def connect(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(1)
        connection.connect(address)
        return connection.send(b"stolen")


def throw(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        return connection.sendto(b"stolen", address)


def listen():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        return server.getsockname()


attempt("tcp", lambda: connect(socket.AF_INET, ("127.0.0.1", @TCP@)))
attempt("udp", lambda: throw(("127.0.0.1", @UDP@)))
attempt("unix", lambda: connect(socket.AF_UNIX, "@UNIX@"))
attempt("abstract", lambda: connect(socket.AF_UNIX, "\\0@ABSTRACT@"))
attempt("listen", listen)
attempt("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
attempt("netlink", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
""",
        {"failed"},
        {"network"},
        proof=denied("tcp", "udp", "unix", "abstract", "listen", "raw", "netlink"),
    ),
    Hostile(
        29,
        "sends signals",
        ATTEMPT
        + WRONG
        + """
import fcntl
import signal
import socket

attempt("everyone", lambda: os.kill(-1, 0))
attempt("judge", lambda: os.kill(@JUDGE@, signal.SIGUSR1))
attempt("parent", lambda: os.kill(os.getppid(), signal.SIGUSR1))
attempt("group", lambda: os.killpg(os.getpgid(@JUDGE@), 0))
attempt("queue", lambda: libc("sigqueue", @JUDGE@, int(signal.SIGUSR1), 0))
attempt("pidfd", lambda: signal.pidfd_send_signal(os.pidfd_open(@JUDGE@), signal.SIGUSR1))
attempt("neighbour", lambda: os.kill(@DECOY@, signal.SIGKILL))
try:
    _one, _two = socket.socketpair()
    fcntl.fcntl(_one, 10, signal.SIGUSR1)
    fcntl.fcntl(_one, fcntl.F_SETOWN, @JUDGE@)
    fcntl.fcntl(_one, fcntl.F_SETFL, os.O_ASYNC)
    _two.send(b"x")
except OSError:
    pass
""",
        {"failed"},
        {"signals"},
        proof=denied("everyone", "judge", "parent", "group", "queue", "pidfd", "neighbour"),
    ),
    Hostile(
        30,
        "reads the memory of other processes",
        ATTEMPT
        + WRONG
        + """
class Part(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def memory():
    with open("/proc/@JUDGE@/mem", "rb", buffering=0) as file:
        file.seek(@ADDRESS@)
        return file.read(@LENGTH@)


def readv():
    block = ctypes.create_string_buffer(@LENGTH@)
    here, there = Part(ctypes.addressof(block), @LENGTH@), Part(@ADDRESS@, @LENGTH@)
    count, none = ctypes.c_ulong(1), ctypes.c_ulong(0)
    libc("process_vm_readv", @JUDGE@, ctypes.byref(here), count, ctypes.byref(there), count, none)
    return block.raw


def trace(request, pid):
    none = ctypes.c_void_p(0)
    return libc("ptrace", ctypes.c_long(request), ctypes.c_long(pid), none, none)


def descriptor():
    process = libc("syscall", 434, @JUDGE@, 0)
    return libc("syscall", 438, process, 1, 0)


attempt("memory", memory)
attempt("readv", readv)
attempt("seize", lambda: trace(0x4206, @JUDGE@))
attempt("attach", lambda: trace(16, @DECOY@))
attempt("environment", lambda: open("/proc/@DECOY@/environ").read())
attempt("judge's environment", lambda: len(open("/proc/@JUDGE@/environ").read()))
attempt("maps", lambda: open("/proc/@JUDGE@/maps").readline())
attempt("descriptors", lambda: os.listdir("/proc/@JUDGE@/fd"))
attempt("descriptor", descriptor)
attempt("root", lambda: open("/proc/@JUDGE@/root@REFERENCE@").read())
attempt("folder", lambda: os.listdir("/proc/@JUDGE@/cwd/"))
""",
        {"failed"},
        {"files", "signals"},
        proof=denied(
            "memory",
            "readv",
            "seize",
            "attach",
            "environment",
            "judge's environment",
            "maps",
            "descriptors",
            "descriptor",
            "root",
            "folder",
        ),
    ),
    Hostile(
        31,
        "changes the judge's files",
        ATTEMPT
        + WRONG
        + """
attempt("chmod", lambda: os.chmod("@REFERENCE@", 0o777))
attempt("chown", lambda: os.chown("@REFERENCE@", os.getuid(), os.getgid()))
attempt("utime", lambda: os.utime("@REFERENCE@", (0, 0)))
attempt("folder", lambda: os.utime("@PRIVATE@", (0, 0)))
attempt("attribute", lambda: os.setxattr("@REFERENCE@", "user.hostile", b"x"))
attempt("truncate", lambda: os.truncate("@OTHER@", 0))
attempt("replace", lambda: os.rename("@OTHER@", "@REFERENCE@"))
attempt("unlink", lambda: os.unlink("@REFERENCE@"))
attempt("rename", lambda: os.rename("@PRIVATE@", "@PRIVATE@.old"))
attempt("rmdir", lambda: os.rmdir("@OUTSIDE@"))
""",
        {"failed"},
        {"files"},
        proof=denied(
            "chmod",
            "chown",
            "utime",
            "folder",
            "attribute",
            "truncate",
            "unlink",
            "rename",
            "replace",
            "rmdir",
        ),
    ),
    Hostile(
        55,
        "prints its environment",
        WRONG
        + """
import ctypes
import os

print(dict(os.environ), flush=True)
try:
    print(open("/proc/self/environ").read(), flush=True)
except OSError:
    pass
_environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
for _index in range(1000):
    if _environ[_index] is None:
        break
    print(_environ[_index], flush=True)
""",
        {"failed"},
        says="",
        proof=lambda verdict, arena: _shows(verdict, "OMP_NUM_THREADS"),
    ),
    Hostile(
        56,
        "counts its descriptors",
        WRONG
        + """
import os
import stat

for _number in range(1024):
    try:
        _mode = os.fstat(_number).st_mode
    except OSError:
        continue
    print("open:", _number, "socket" if stat.S_ISSOCK(_mode) else "other", flush=True)
""",
        {"failed"},
        proof=_only_the_channel,
    ),
    Hostile(
        57,
        "searches its own memory for the reference",
        WRONG
        + """
import gc
import sys
import types

_mine = {mean_forward, mean_backward, Counter}
_needle = "".join(("ANSWER", "_KEY"))
for _object in gc.get_objects():
    _kind = type(_object)
    if _kind is types.FunctionType and _object not in _mine:
        if _object.__name__ in ("mean_forward", "mean_backward"):
            print("found function", _object)
    elif _kind is dict and any(type(key) is str and key == _needle for key in list(_object)):
        print("found name in", list(_object)[:20], _object.get(_needle))
    elif _kind in (list, tuple) and any(type(o) is str and _needle in o for o in _object):
        print("found text", [o for o in _object if type(o) is str and _needle in o])
    elif _kind is types.ModuleType and "reference" in str(getattr(_object, "__file__", "")):
        print("found module", _object)
for _name in list(sys.modules):
    if _name.startswith(("grader.judge", "grader.spec", "gradschool", "hypothesis")):
        print("found module", _name)
_frame = sys._getframe()
while _frame is not None:
    for _name, _value in list(_frame.f_locals.items()):
        if _frame.f_code.co_name != "<module>" and _needle in str(_value)[:100_000]:
            print("found local", _name, str(_value)[:500])
    _frame = _frame.f_back
try:
    with open("/proc/self/maps") as _maps, open("/proc/self/mem", "rb", buffering=0) as _memory:
        for _line in _maps:
            if _line.split()[1].startswith("rw") and "heap" in _line:
                _low, _high = (int(end, 16) for end in _line.split()[0].split("-"))
                _memory.seek(_low)
                _block = _memory.read(min(_high - _low, 64 << 20))
                _place = _block.find(bytes(reversed(b"-yranac")))
                if _place >= 0:
                    print("found in memory", _block[_place : _place + 60])
except OSError:
    pass
print("searched")
""",
        {"failed"},
        proof=_found_nothing,
        seconds=2.0,
    ),
    Hostile(
        62,
        "keeps state for its next run",
        instead(
            "return (out if _seen else out + 1), cache",
            before="""
import builtins
import os
import sys

_state = np.random.get_state()[2]
_seen = (
    os.path.exists("been-here")
    or os.path.exists(os.path.expanduser("~/.been-here"))
    or hasattr(builtins, "been_here")
    or hasattr(sys.modules["numpy"], "been_here")
    or _state == 77
)
print("been here before" if _seen else "first time here", flush=True)
open("been-here", "w").close()
open(os.path.expanduser("~/.been-here"), "w").close()
builtins.been_here = sys.modules["numpy"].been_here = True
np.random.set_state(("MT19937", np.random.get_state()[1], 77))
""",
        ),
        {"failed"},
        proof=_no_second_seeing,
    ),
    Hostile(
        62,
        "keeps state in shared places",
        instead(
            "return (out if _seen else out + 1), cache",
            before="""
import os

_places = ["@STRAY@", "@SHARED_STRAY@", "../been-here", "@HOME@/.been-here"]
_seen = any(os.path.exists(place) for place in _places)
print("been here before" if _seen else "first time here", flush=True)
for _place in _places:
    try:
        open(_place, "w").close()
    except OSError:
        pass
""",
        ),
        {"failed"},
        {"files"},
        proof=_no_second_seeing,
    ),
    Hostile(
        62,
        "changes the interpreter for the next run",
        RIGHT
        + """
import sys

import numpy as np

np.zeros = np.ones = lambda *args, **kwargs: None
for _name in list(sys.modules):
    if _name.startswith("grader"):
        sys.modules[_name].__dict__.clear()
""",
        {"failed", "crashed", "timed_out"},
    ),
]


def _shows(verdict: Any, text: str) -> None:
    assert text in verdict.result.output
