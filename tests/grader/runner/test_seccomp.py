"""The filter of system calls: what it refuses, what it leaves alone, and its program by itself."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from grader.runner import seccomp, syscalls

NOBODY = 65534

needs_filter = pytest.mark.skipif(not seccomp.supported(), reason="no seccomp filter here")
needs_x86 = pytest.mark.skipif(os.uname().machine != "x86_64", reason="machine code for x86_64")
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

# A judge and a runner of the same user: the runner applies the filter, or not, and acts. What it
# acts with is imported first, since another user may not be able to read this interpreter.
SCRIPT = """
import ctypes, errno, fcntl, json, mmap, os, resource, signal, socket, subprocess, sys, threading
import time
from grader.runner import privileges, seccomp, syscalls
user, filtered, devices, preload, action = json.loads(sys.argv[1])
exec(preload)
numbers = syscalls.for_machine(syscalls.DENIED | syscalls.CHECKED, os.uname().machine)
def call(name, *arguments):
    return syscalls.call(numbers[name], *arguments)
def outcome():
    try:
        exec(action, globals())
    except OSError as error:
        return errno.errorcode[error.errno]
    except ValueError as error:  # what `resource` makes of EPERM
        return "EPERM" if "not allowed" in str(error) else repr(error)
    return "done"
if user:
    privileges.drop_to(user, user)
memory = ctypes.create_string_buffer(b"secret")
call("prctl", 4, 1)
try:
    call("prctl", 0x59616D61, -1)
except OSError:
    pass
judge = os.getpid()
runner = os.fork()
if runner:
    _, status = os.waitpid(runner, 0)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        print(signal.Signals(-code).name, flush=True)
    os._exit(max(code, 0))
mine = os.open("mine", os.O_RDWR)
privileges.no_new_privileges()
if filtered:
    seccomp.apply(devices=devices)
print(outcome(), flush=True)
os._exit(0)
"""


def outcome(
    action: str,
    folder: Path,
    *,
    user: int | None = None,
    filtered: bool = True,
    devices: bool = False,
    preload: str = "",
) -> str:
    """Run `action` in a process of its own; return "done", the error's name or the signal's."""
    (folder / "mine").write_text("mine")
    if user:
        for path in (folder, folder / "mine"):
            os.chown(path, user, user)
    done = subprocess.run(
        [
            *(sys.executable, "-I", "-c", SCRIPT),
            json.dumps([user, filtered, devices, preload, action]),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


REFUSED = {
    "fork": "os._exit(0) if os.fork() == 0 else os.wait()",
    "clone without a thread": (
        "os._exit(0) if call('clone', signal.SIGCHLD, 0, 0, 0, 0) == 0 else os.wait()"
    ),
    "subprocess": "subprocess.run(['/bin/true'], check=True)",
    "posix_spawn": "os.posix_spawn('/bin/true', ['true'], {})",
    "exec": "os.execv('/bin/echo', ['echo', 'done'])",
    "internet socket": "socket.socket(socket.AF_INET, socket.SOCK_STREAM)",
    "datagram socket": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "unix socket": "socket.socket(socket.AF_UNIX)",
    "netlink socket": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "datagram pair": "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
    "message with descriptors": "pair = socket.socketpair()\npair[0].sendmsg([b'x'])",
    "signal the judge": "os.kill(judge, signal.SIGCONT)",
    "signal the group": "os.kill(0, signal.SIGCONT)",
    "signal a thread of the judge": "call('tgkill', judge, judge, signal.SIGCONT)",
    "signal by descriptor": "os.pidfd_open(judge)",
    "signal by owner of a file": "fcntl.fcntl(mine, fcntl.F_SETOWN, judge)",
    "trace the judge": "call('ptrace', 0x4206, judge, 0, 0)",
    "read the judge's memory": (
        "vector = (ctypes.c_ulong * 2)(ctypes.addressof(memory), 6)\n"
        "at = ctypes.addressof(vector)\n"
        "call('process_vm_readv', judge, at, 1, at, 1, 0)"
    ),
    "slow the judge": "os.setpriority(os.PRIO_PROCESS, judge, 0)",
    "move the judge": "os.sched_setaffinity(judge, os.sched_getaffinity(judge))",
    "schedule": "os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))",
    "chmod": "os.chmod('mine', 0o600)",
    "fchmod": "os.chmod(mine, 0o600)",
    "chown": "os.chown('mine', os.getuid(), os.getgid())",
    "utime": "os.utime('mine')",
    "truncate": "os.truncate('mine', 0)",
    "empty by reading": "os.open('mine', os.O_RDONLY | os.O_TRUNC)",
    "link": "os.link('mine', 'other')",
    "fifo": "os.mkfifo('pipe')",
    "memfd": "os.memfd_create('x')",
    "inotify": "call('inotify_init1', 0)",
    "raise a limit": (
        "_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))"
    ),
    "limit the judge": (
        "resource.prlimit(judge, resource.RLIMIT_CORE, resource.prlimit(0, resource.RLIMIT_CORE))"
    ),
    "change user": "os.setuid(os.getuid())",
    "leave the session": "os.setsid()",
    "personality": "call('personality', 0)",
    "become dumpable": "call('prctl', 4, 1)",
    "outlive the judge": "call('prctl', 1, 0)",
    "message queue": "call('msgctl', call('msgget', 0, 0o1600), 0, 0)",
    "terminal": "os.openpty()",
}
REFUSED_TO_ROOT = {
    "chroot": "os.chroot('.')",
    "unshare": "call('unshare', 0x04000000)",
    "handle of a file": (
        "handle, mount = ctypes.create_string_buffer(136), ctypes.create_string_buffer(8)\n"
        "name = ctypes.create_string_buffer(b'mine')\n"
        "ctypes.c_uint.from_buffer(handle).value = 128\n"
        "call('name_to_handle_at', -100, *map(ctypes.addressof, (name, handle, mount)), 0)"
    ),
}


@needs_filter
@users
@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, user: int | None, tmp_path: Path) -> None:
    assert outcome(REFUSED[name], tmp_path, user=user, filtered=False) == "done"
    assert outcome(REFUSED[name], tmp_path, user=user) == "EPERM"


@needs_filter
@pytest.mark.skipif(os.geteuid() != 0, reason="root's own powers")
@pytest.mark.parametrize("name", REFUSED_TO_ROOT)
def test_refused_to_root(name: str, tmp_path: Path) -> None:
    without = outcome(REFUSED_TO_ROOT[name], tmp_path, filtered=False)
    if without != "done":
        pytest.skip(f"refused here without the filter too: {without}")
    assert outcome(REFUSED_TO_ROOT[name], tmp_path) == "EPERM"


@needs_filter
@users
def test_io_uring_is_refused(user: int | None, tmp_path: Path) -> None:
    action = (
        "parameters = ctypes.create_string_buffer(120)\n"
        "call('io_uring_setup', 1, ctypes.addressof(parameters))"
    )
    without = outcome(action, tmp_path, user=user, filtered=False)
    assert outcome(action, tmp_path, user=user) == "EPERM"
    if without != "done":
        pytest.skip(f"refused here without the filter too: {without}")


@needs_filter
def test_a_second_filter_is_refused(tmp_path: Path) -> None:
    assert outcome("call('seccomp', 1, 0, 0)", tmp_path, filtered=False) == "EFAULT"
    assert outcome("call('seccomp', 1, 0, 0)", tmp_path) == "EPERM"


@needs_filter
def test_device_calls_are_opened_but_not_the_terminal(tmp_path: Path) -> None:
    question = "fcntl.ioctl(os.open('/dev/ptmx', os.O_RDWR), 0x80045430, bytes(4))"
    assert outcome(question, tmp_path, devices=True) == "done"
    assert outcome(question, tmp_path) == "EPERM"
    typing = "fcntl.ioctl(os.openpty()[1], 0x5412, b'x')"
    assert outcome(typing, tmp_path, devices=True) == "EPERM"
    if outcome(typing, tmp_path, filtered=False) != "done":
        pytest.skip("typing into a terminal is refused here without the filter too")


WORKS = {
    "threads": "[t.start() or t.join() for t in [threading.Thread(target=time.sleep, args=(0,))]]",
    "a thread's own signal": "signal.pthread_kill(threading.get_ident(), 0)",
    "a signal to itself": "os.kill(os.getpid(), 0)",
    "stream pair": (
        "a, b = socket.socketpair()\na.settimeout(5)\na.sendall(b'x')\nassert b.recv(1) == b'x'"
    ),
    "files": (
        "open('new', 'w').write('x')\nos.rename('new', 'newer')\nos.ftruncate(mine, 1)\n"
        "os.mkdir('folder')\nos.symlink('mine', 'name')\nos.unlink('newer')\nos.listdir('.')"
    ),
    "overwriting": "open('mine', 'w').write('x')",
    "dlopen": "ctypes.CDLL('libm.so.6').cos",
    "mapping": "mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE).write(b'x')",
    "time and chance": "time.sleep(0.001)\ntime.time()\nos.urandom(8)",
    "asking for a limit": "resource.getrlimit(resource.RLIMIT_NOFILE)",
    "naming a thread": "call('prctl', 15, ctypes.addressof(memory))",
    "flags of a descriptor": "os.set_inheritable(mine, True)\nos.set_blocking(mine, False)",
    "own processors": "os.sched_setaffinity(0, os.sched_getaffinity(0))",
    "print": "print(end='')\nsys.stdout.isatty()",
}


@needs_filter
@users
@pytest.mark.parametrize("name", WORKS)
def test_works(name: str, user: int | None, tmp_path: Path) -> None:
    assert outcome(WORKS[name], tmp_path, user=user) == "done"


@needs_filter
@users
def test_libraries_work(user: int | None, tmp_path: Path) -> None:
    action = """
torch.set_num_threads(2)
a = torch.randn(400, 400, requires_grad=True)
(a @ a).square().sum().backward()
assert torch.isfinite(a.grad).all() and torch.get_num_threads() == 2
assert numpy.linalg.svd(numpy.random.default_rng(0).normal(size=(50, 50)))[1].shape == (50,)
"""
    preload = "import numpy, torch; numpy.random.default_rng(0); torch.manual_seed(0)"
    assert outcome(action, tmp_path, user=user, preload=preload) == "done"


@needs_filter
def test_abort_still_ends_the_process(tmp_path: Path) -> None:
    assert outcome("os.abort()", tmp_path) == "SIGABRT"


@needs_filter
@needs_x86
def test_a_call_of_another_architecture_ends_the_process(tmp_path: Path) -> None:
    getpid_32_bit = """
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(bytes.fromhex("b814000000cd80c3"))
ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
"""
    assert outcome("syscalls.call(0x40000000 + 39)", tmp_path) == "SIGSYS"
    assert outcome("syscalls.call(0x40000000 + 39)", tmp_path, filtered=False) != "SIGSYS"
    if outcome(getpid_32_bit, tmp_path, filtered=False) != "done":
        pytest.skip("this kernel has no 32-bit calls")
    assert outcome(getpid_32_bit, tmp_path) == "SIGSYS"


@needs_filter
def test_threads_started_before_are_covered(tmp_path: Path) -> None:
    action = """
go.set()
thread.join()
if refused: raise refused[0]
"""
    preload = """
go, refused = threading.Event(), []
def act():
    go.wait()
    try:
        socket.socket()
    except OSError as error:
        refused.append(error)
thread = threading.Thread(target=act)
"""
    started = (
        "seccomp.apply, original = (lambda **k: (thread.start(), original(**k))), seccomp.apply"
    )
    assert outcome(action, tmp_path, preload=preload + started) == "EPERM"


@pytest.mark.parametrize("error", [errno.EINVAL, errno.ENOSYS, errno.EACCES])
def test_a_kernel_that_refuses_is_an_error(error: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: int) -> int:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(syscalls, "call", refuse)
    assert not seccomp.supported()
    with pytest.raises(seccomp.SeccompError, match="refused"):
        seccomp.apply()


def test_a_stray_thread_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syscalls, "call", lambda *_: 4711)
    with pytest.raises(seccomp.SeccompError, match="thread 4711"):
        seccomp.apply()


@pytest.mark.parametrize("machine", ["riscv64", "i686", ""])
def test_an_unknown_machine_is_an_error(machine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seccomp, "_machine", lambda: machine)
    assert not seccomp.supported()
    with pytest.raises(seccomp.SeccompError, match="no filter"):
        seccomp.apply()


# The program by itself, on a model of the kernel's interpreter, for machines that are not here.

PID = 4242
VERDICTS = {
    seccomp.ALLOW[3]: "allow",
    seccomp.REFUSE[3]: "refuse",
    seccomp.UNIMPLEMENTED[3]: "unimplemented",
    seccomp.KILL[3]: "kill",
}


def verdict(
    machine: str, number: int, *arguments: int, foreign: bool = False, devices: bool = False
) -> str:
    architecture = seccomp.ARCHITECTURES[machine] ^ foreign
    memory = {seccomp.NUMBER: number, seccomp.ARCHITECTURE: architecture}
    for index in range(6):
        value = arguments[index] if index < len(arguments) else 0
        memory[seccomp.ARGUMENTS + 8 * index] = value & 0xFFFFFFFF
        memory[seccomp.ARGUMENTS + 8 * index + 4] = value >> 32 & 0xFFFFFFFF
    tests = {
        seccomp.EQUAL: lambda a, k: a == k,
        seccomp.GREATER: lambda a, k: a > k,
        seccomp.AT_LEAST: lambda a, k: a >= k,
        seccomp.ANY_BIT: lambda a, k: bool(a & k),
    }
    program = seccomp.program(machine, PID, devices=devices)
    register = position = 0
    while True:
        code, if_true, if_false, value = program[position]
        position += 1
        if code == seccomp.LOAD:
            register = memory[value]
        elif code == seccomp.AND:
            register &= value
        elif code == seccomp.RETURN:
            return VERDICTS[value]
        else:
            position += if_true if tests[code](register, value) else if_false


machines = pytest.mark.parametrize("machine", syscalls.MACHINES)


@machines
def test_program_of_plain_calls(machine: str) -> None:
    denied = syscalls.for_machine(syscalls.DENIED, machine)
    unimplemented = syscalls.for_machine(syscalls.UNIMPLEMENTED, machine)
    checked = syscalls.for_machine(syscalls.CHECKED, machine)
    numbers = [*denied.values(), *unimplemented.values(), *checked.values()]
    assert len(numbers) == len(set(numbers))
    assert {verdict(machine, number) for number in denied.values()} == {"refuse"}
    assert {verdict(machine, number) for number in unimplemented.values()} == {"unimplemented"}
    others = set(range(syscalls.NEWEST + 1)).difference(numbers)
    assert {verdict(machine, number) for number in others} == {"allow"}
    assert verdict(machine, syscalls.NEWEST + 1) == "unimplemented"
    assert verdict(machine, numbers[0], foreign=True) == "kill"
    assert len(seccomp.program(machine, PID)) < 4096


@machines
def test_program_of_checked_calls(machine: str) -> None:
    numbers = syscalls.for_machine(syscalls.CHECKED, machine)
    thread = 0x3D0F00
    pointer = 0x7F00_0000_0000  # its lower half is zero
    expected = {
        "allow": [
            ("clone", thread),
            ("tgkill", PID, 7),
            ("kill", PID),
            ("prlimit64", 0, 7, 0, pointer),
            ("prctl", 15),
            ("sendto", 3, pointer, 1, 0, 0),
            ("socketpair", 1, 1 | 0o2000000),
            ("openat", 0, 0, 0o1101),
            ("openat", 0, 0, 0),
            ("fcntl", 3, 4),
            ("ioctl", 3, 0x5401),
            ("sched_setaffinity", 0),
        ],
        "refuse": [
            ("clone", 17),
            ("clone", thread | 0x40000000),
            ("clone", thread | 0x00020000),
            ("tgkill", PID + 1, 7),
            ("tkill", PID + 1),
            ("kill", PID + 1),
            ("kill", 0),
            ("kill", -1),
            ("kill", -PID),
            ("rt_sigqueueinfo", PID + 1),
            ("rt_tgsigqueueinfo", PID + 1),
            ("prlimit64", 0, 7, pointer),
            ("prlimit64", 0, 7, 16),
            ("prctl", 4),
            ("prctl", 0x59616D61),
            ("sendto", 3, pointer, 1, 0, pointer),
            ("socketpair", 1, 2),
            ("socketpair", 2, 1),
            ("openat", 0, 0, 0o1000),
            ("openat", 0, 0, 0o1003),
            ("fcntl", 3, 8),
            ("ioctl", 3, 0x5412),
            ("sched_setaffinity", PID + 1),
        ],
    }
    for wanted, calls in expected.items():
        for name, *arguments in calls:
            assert verdict(machine, numbers[name], *arguments) == wanted, (name, arguments)
    assert verdict(machine, numbers["ioctl"], 3, 0xC0004600, devices=True) == "allow"
    assert verdict(machine, numbers["ioctl"], 3, 0x5412, devices=True) == "refuse"


@machines
def test_numbers_are_those_of_the_kernels_headers(machine: str) -> None:
    header = {"x86_64": "<asm/unistd_64.h>", "aarch64": "<asm-generic/unistd.h>"}[machine]
    wanted = ("TIME32_SYSCALLS", "NEW_STAT", "SET_GET_RLIMIT", "SYS_CLONE3", "MEMFD_SECRET")
    source = "#define __BITS_PER_LONG 64\n" * (machine == "aarch64")
    source += "".join(f"#define __ARCH_WANT_{name}\n" for name in wanted) + f"#include {header}\n"
    try:
        done = subprocess.run(
            ["cc", "-E", "-dM", "-"], input=source, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no compiler or no kernel headers here")
    known = dict(re.findall(r"#define __NR_(\w+) (\d+)", done.stdout))
    tables = syscalls.DENIED | syscalls.UNIMPLEMENTED | syscalls.CHECKED
    ours = syscalls.for_machine(tables, machine)
    shared = [name for name in ours if name in known]
    assert len(shared) > 100
    assert {name: int(known[name]) for name in shared} == {name: ours[name] for name in shared}
    absent = set(tables).difference(ours)
    assert absent.isdisjoint(known)
