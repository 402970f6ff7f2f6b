"""File access by folder: what is closed, what stays open, and what makes the layer refuse."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from grader.runner import landlock, syscalls

NOBODY = 65534
ABI = landlock.abi()

needs_landlock = pytest.mark.skipif(not ABI, reason="no Landlock here")
users = pytest.mark.parametrize(
    "user",
    [
        pytest.param(None, id="this user"),
        pytest.param(
            NOBODY,
            id="nobody",
            marks=pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user"),
        ),
    ],
)

# Two processes of one user: the first keeps a secret, a TCP and an abstract socket; the second
# restricts itself, or not, and acts. The folder holds scratch/ (writable), library/ (readable) and
# outside/ (neither).
SCRIPT = """
import ctypes, errno, json, os, signal, socket, stat, sys, threading
from grader.runner import landlock, privileges
user, restricted, version, readable, writable, devices, action = json.loads(sys.argv[1])
if user:
    privileges.drop_to(user, user)
    privileges._prctl(4, 1)
listener = socket.create_server(("127.0.0.1", 0))
address = listener.getsockname()
abstract = socket.socket(socket.AF_UNIX)
abstract.bind("\\0gradschool-%d" % os.getpid())
abstract.listen()
first = os.getpid()
second = os.fork()
if second:
    os._exit(os.waitstatus_to_exitcode(os.waitpid(second, 0)[1]))
def act():
    try:
        exec(action, globals())
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"
privileges.no_new_privileges()
if version:
    landlock.abi = lambda: version
if restricted:
    landlock.restrict(readable, writable, devices)
print(act(), flush=True)
os._exit(0)
"""


def outcome(
    action: str,
    folder: Path,
    *,
    user: int | None = None,
    restricted: bool = True,
    version: int = 0,
    extra: tuple[str, ...] = (),
) -> str:
    """Run `action` beside a fresh set of folders; return "done" or the error's name."""
    for name in ("scratch/inner", "library", "outside"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "outside/secret").write_text("secret")
    (folder / "library/module").write_text("module")
    (folder / "scratch/mine").write_text("mine")
    if not (folder / "scratch/door").is_symlink():
        (folder / "scratch/door").symlink_to("../outside/secret")
    if user:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user, user, follow_symlinks=False)
    request = [
        *(user, restricted, version),
        *(["/usr/lib", "/lib", "/proc/cpuinfo", "library", "missing", *extra], ["scratch"]),
        *(["/dev/null"], action),
    ]
    done = subprocess.run(
        [sys.executable, "-I", "-c", SCRIPT, json.dumps(request)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


CLOSED = {
    "reading": "open('outside/secret').read()",
    "reading through a link": "open('scratch/door').read()",
    "reading through a parent": "open('scratch/../outside/secret').read()",
    "writing through a link": "open('scratch/door', 'w')",
    "listing": "os.listdir('outside')",
    "listing everything": "os.listdir('/')",
    "appending": "open('outside/secret', 'a')",
    "making": "open('outside/new', 'w')",
    "making a folder": "os.mkdir('outside/new')",
    "making a link": "os.symlink('x', 'outside/new')",
    "removing": "os.unlink('outside/secret')",
    "moving out": "os.rename('scratch/mine', 'outside/mine')",
    "moving in": "os.rename('outside/secret', 'scratch/secret')",
    "linking in": "os.link('outside/secret', 'scratch/secret')",
    "writing to what is readable": "open('library/module', 'a')",
    "making in what is readable": "open('library/new', 'w')",
    "removing from what is readable": "os.unlink('library/module')",
    "memory of another process": "open(f'/proc/{first}/mem', 'rb')",
    "environment of another process": "open(f'/proc/{first}/environ', 'rb').read()",
    "other devices": "open('/dev/zero', 'rb')",
    "a named socket": "socket.socket(socket.AF_UNIX).bind('scratch/socket')",
    "a queue": "os.mkfifo('scratch/queue')",
    "exec": "os.execv('/bin/echo', ['echo', 'done'])",
}
CLOSED_SINCE = {
    "truncating": (3, "os.truncate('library/module', 0)"),
    "truncating by opening": (3, "os.open('library/module', os.O_RDONLY | os.O_TRUNC)"),
    "binding": (4, "socket.socket().bind(('127.0.0.1', 0))"),
    "connecting": (4, "socket.socket().connect(address)"),
    "abstract socket": (6, "socket.socket(socket.AF_UNIX).connect(abstract.getsockname())"),
    "signal": (6, "os.kill(first, signal.SIGCONT)"),
}
REFUSALS = {"EACCES", "EPERM", "EXDEV"}


@needs_landlock
@users
@pytest.mark.parametrize("name", CLOSED)
def test_closed(name: str, user: int | None, tmp_path: Path) -> None:
    assert outcome(CLOSED[name], tmp_path, user=user) in REFUSALS
    assert outcome(CLOSED[name], tmp_path, user=user, restricted=False) == "done"


@needs_landlock
@users
@pytest.mark.parametrize("name", CLOSED_SINCE)
def test_closed_since(name: str, user: int | None, tmp_path: Path) -> None:
    since, action = CLOSED_SINCE[name]
    if since > ABI:
        pytest.skip(f"takes Landlock ABI {since}, this kernel has {ABI}")
    assert outcome(action, tmp_path, user=user) in REFUSALS
    assert outcome(action, tmp_path, user=user, restricted=False) == "done"
    assert outcome(action, tmp_path, user=user, version=since) in REFUSALS
    assert outcome(action, tmp_path, user=user, version=since - 1) == "done"


@needs_landlock
@pytest.mark.skipif(os.geteuid() != 0, reason="root's own powers")
def test_root_cannot_make_devices_in_scratch(tmp_path: Path) -> None:
    action = "os.mknod('scratch/device', stat.S_IFCHR | 0o600, os.makedev(1, 3))"
    assert outcome(action, tmp_path) in REFUSALS
    if outcome(action, tmp_path, restricted=False) != "done":
        pytest.skip("refused here without the layer too")


@needs_landlock
def test_one_file_can_be_opened(tmp_path: Path) -> None:
    assert outcome("open('outside/secret').read()", tmp_path, extra=("outside/secret",)) == "done"
    assert outcome("os.listdir('outside')", tmp_path, extra=("outside/secret",)) == "EACCES"


OPEN = {
    "reading": "assert open('library/module').read() == 'module'",
    "listing": "assert os.listdir('library') == ['module']",
    "scratch": (
        "open('scratch/new', 'w').write('x')\nopen('scratch/mine', 'r+').truncate(1)\n"
        "os.mkdir('scratch/folder')\nos.symlink('mine', 'scratch/name')\n"
        "assert open('scratch/name').read() == 'm'\nos.unlink('scratch/new')\n"
        "os.rmdir('scratch/folder')\nos.listdir('scratch')"
    ),
    "working in scratch": "os.chdir('scratch')\nopen('new', 'w').write('x')\nos.listdir('.')",
    "the null device": "open('/dev/null', 'w').write('x')",
    "processors": "open('/proc/cpuinfo').read()",
    "dlopen": "ctypes.CDLL('libm.so.6').cos",
    "a file opened before": "os.fstat(0)",
    "a signal to itself": "os.kill(os.getpid(), 0)",
}


@needs_landlock
@users
@pytest.mark.parametrize("name", OPEN)
def test_open(name: str, user: int | None, tmp_path: Path) -> None:
    assert outcome(OPEN[name], tmp_path, user=user) == "done"


@needs_landlock
@pytest.mark.skipif(ABI < 2, reason="takes Landlock ABI 2")
def test_files_move_between_folders_of_scratch(tmp_path: Path) -> None:
    action = "os.rename('scratch/mine', 'scratch/inner/mine')"
    assert outcome(action, tmp_path) == "done"
    assert outcome(action, tmp_path, version=1) == "EXDEV"


@needs_landlock
def test_threads_and_processes_made_later_are_restricted(tmp_path: Path) -> None:
    thread = """
found = []
def look():
    try:
        open('outside/secret')
    except OSError as error:
        found.append(error)
thread = threading.Thread(target=look)
thread.start()
thread.join()
raise found[0]
"""
    assert outcome(thread, tmp_path) == "EACCES"
    child = """
if os.fork() == 0:
    try:
        open('outside/secret')
    except OSError as error:
        os._exit(error.errno)
    os._exit(0)
raise OSError(os.waitstatus_to_exitcode(os.wait()[1]), '')
"""
    assert outcome(child, tmp_path) == "EACCES"


@needs_landlock
@pytest.mark.parametrize("version", range(1, ABI + 1))
def test_every_version_is_accepted(version: int, tmp_path: Path) -> None:
    assert outcome(CLOSED["reading"], tmp_path, version=version) == "EACCES"
    assert outcome(OPEN["scratch"], tmp_path, version=version) == "done"


def test_rights_of_each_version() -> None:
    assert landlock.rights(1) == 0x1FFF
    assert landlock.rights(2) == 0x3FFF
    assert landlock.rights(3) == landlock.rights(4) == 0x7FFF
    assert landlock.rights(5) == landlock.rights(7) == 0xFFFF
    given = landlock.READ | landlock.WRITE | landlock.DEVICE
    kept_back = landlock.EXECUTE | landlock.MAKE_CHAR | landlock.MAKE_BLOCK
    assert not given & (kept_back | landlock.MAKE_SOCK | landlock.MAKE_FIFO)


@needs_landlock
def test_other_threads_are_an_error() -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        with pytest.raises(landlock.LandlockError, match="would stay free"):
            landlock.restrict([], [])
    finally:
        done.set()
        thread.join()


def test_no_landlock_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: int) -> int:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr(syscalls, "call", refuse)
    assert landlock.abi() == 0
    with pytest.raises(landlock.LandlockError, match="no Landlock"):
        landlock.restrict([], [])


@pytest.mark.parametrize("failing", [landlock.CREATE, landlock.ADD, landlock.RESTRICT])
def test_a_kernel_that_refuses_is_an_error(
    failing: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made: list[int] = []

    def call(number: int, *_: int) -> int:
        made.append(number)
        if number == failing:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))
        return os.open(tmp_path, os.O_RDONLY) if number == landlock.CREATE else 0

    monkeypatch.setattr(landlock, "abi", lambda: 7)
    monkeypatch.setattr(landlock, "_refuse_threads", lambda: None)
    monkeypatch.setattr(syscalls, "call", call)
    with pytest.raises(landlock.LandlockError, match="refused the restriction"):
        landlock.restrict([str(tmp_path)], [])
    assert made[-1] == failing


def test_another_system_has_no_landlock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert landlock.abi() == 0
