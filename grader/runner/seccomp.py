"""A filter of system calls: what a calculation needs goes on working, the ways out are closed.

The filter is a deny list, because NumPy, torch and the C library use too many calls, and new ones
with each release, for an allow list that would not fail honest submissions. Refused calls answer
EPERM rather than killing the process, so that a submission sees an ordinary exception and the
report can say where. Only a call made for another architecture kills: it would be read by the
wrong table.

A filter sees the arguments but not the memory they point to. Calls are therefore refused whole
where what matters lies in memory (`sendmsg`), or answered "not implemented" where the C library
then takes an older call that can be looked at (`clone3`).
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys

from grader.runner import syscalls

Instruction = tuple[int, int, int, int]
Instructions = list[Instruction]

# Classic BPF: the operations used here, on the one register that it has.
LOAD, EQUAL, GREATER, AT_LEAST, ANY_BIT, AND, RETURN = 0x20, 0x15, 0x25, 0x35, 0x45, 0x54, 0x06

ALLOW: Instruction = (RETURN, 0, 0, 0x7FFF0000)
REFUSE: Instruction = (RETURN, 0, 0, 0x00050000 | errno.EPERM)
UNIMPLEMENTED: Instruction = (RETURN, 0, 0, 0x00050000 | errno.ENOSYS)
KILL: Instruction = (RETURN, 0, 0, 0x80000000)

# Where the kernel's description of a call holds what (all machines here are little-endian).
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32 = 0x40000000  # calls of x86's third interface have the same architecture and this bit

SET_FILTER, ALL_THREADS = 1, 1

CLONE_THREAD = 0x00010000
CLONE_NAMESPACES = 0x7E020000
AF_UNIX, SOCKET_TYPE, SOCK_STREAM, SOCK_SEQPACKET = 1, 0xF, 1, 5
O_ACCESS, O_WRITE, O_READ_WRITE, O_TRUNCATE = 3, 1, 2, 0o1000

#: `fcntl`: directed signals, watching a folder, leases on files.
FCNTL_REFUSED = {"F_SETOWN": 8, "F_SETSIG": 10, "F_SETOWN_EX": 15, "F_SETLEASE": 1024,
                 "F_NOTIFY": 1026}  # fmt: skip

#: `ioctl` on descriptors that are no devices: what Python and the C library ask of any file.
IOCTL_ALLOWED = {"TCGETS": 0x5401, "TIOCGWINSZ": 0x5413, "FIONREAD": 0x541B, "FIONBIO": 0x5421,
                 "FIONCLEX": 0x5450, "FIOCLEX": 0x5451, "TCGETS2": 0x802C542A}  # fmt: skip

#: `ioctl` when devices are in use: typing into a terminal, directed signals, freezing a disk.
IOCTL_REFUSED = {"TIOCSTI": 0x5412, "TIOCLINUX": 0x541C, "FIOSETOWN": 0x8901, "SIOCSPGRP": 0x8902,
                 "FIFREEZE": 0xC0045877, "FITHAW": 0xC0045878}  # fmt: skip

#: `prctl`: names, questions, and settings that weaken nothing.
PRCTL_ALLOWED = {"PR_GET_PDEATHSIG": 2, "PR_GET_DUMPABLE": 3, "PR_GET_KEEPCAPS": 7,
                 "PR_SET_NAME": 15, "PR_GET_NAME": 16, "PR_GET_SECCOMP": 21, "PR_CAPBSET_READ": 23,
                 "PR_SET_TIMERSLACK": 29, "PR_GET_TIMERSLACK": 30, "PR_SET_NO_NEW_PRIVS": 38,
                 "PR_GET_NO_NEW_PRIVS": 39, "PR_SET_THP_DISABLE": 41, "PR_GET_THP_DISABLE": 42,
                 "PR_SVE_SET_VL": 50, "PR_SVE_GET_VL": 51, "PR_GET_TAGGED_ADDR_CTRL": 56,
                 "PR_SME_SET_VL": 63, "PR_SME_GET_VL": 64, "PR_GET_AUXV": 0x41555856,
                 "PR_SET_VMA": 0x53564D41}  # fmt: skip


class SeccompError(Exception):
    """The filter could not be put in force."""


def supported() -> bool:
    """Whether this kernel and machine can run the filter over all threads of a process."""
    if _machine() not in syscalls.MACHINES:
        return False
    try:
        _seccomp(0)
    except OSError as error:
        return error.errno == errno.EFAULT  # it looked for the filter: the call itself is known
    return False


def apply(*, devices: bool = False) -> None:
    """Put the filter in force for every thread of this process; it can never be taken off.

    The process must have given up new privileges first. Its own number is part of the filter, so
    a process forked before this call needs its own.

    Args:
        devices: leave device calls open, which GPUs need; otherwise `ioctl` is cut to the few
            questions that Python asks of every file.

    Raises:
        SeccompError: the filter is not in force.
    """
    machine = _machine()
    if machine not in syscalls.MACHINES:
        raise SeccompError(f"no filter is known for the machine {machine!r}")
    code = b"".join(
        struct.pack("=HBBI", *step) for step in program(machine, os.getpid(), devices=devices)
    )
    buffer = ctypes.create_string_buffer(code, len(code))
    pointer = struct.pack("@HP", len(code) // 8, ctypes.addressof(buffer))
    argument = ctypes.create_string_buffer(pointer, len(pointer))
    try:
        stray = _seccomp(ctypes.addressof(argument))
    except OSError as error:
        raise SeccompError(f"the kernel refused the filter: {error.strerror}") from None
    if stray:
        raise SeccompError(f"thread {stray} could not be brought under the filter")


def program(machine: str, process: int, *, devices: bool = False) -> Instructions:
    """Return the filter for one machine and the process that it is for."""
    numbers = syscalls.for_machine(syscalls.CHECKED, machine)
    steps = [
        (LOAD, 0, 0, ARCHITECTURE),
        *_unless(EQUAL, ARCHITECTURES[machine], [KILL]),
        (LOAD, 0, 0, NUMBER),
    ]
    if machine == "x86_64":
        steps += _when(AT_LEAST, X32, [KILL])
    steps += _when(GREATER, syscalls.NEWEST, [UNIMPLEMENTED])
    for number in syscalls.for_machine(syscalls.UNIMPLEMENTED, machine).values():
        steps += _when(EQUAL, number, [UNIMPLEMENTED])
    for number in syscalls.for_machine(syscalls.DENIED, machine).values():
        steps += _when(EQUAL, number, [REFUSE])
    for name, body in _checks(process, devices).items():
        if name in numbers:
            steps += _when(EQUAL, numbers[name], body)
    return [*steps, ALLOW]


def _checks(process: int, devices: bool) -> dict[str, Instructions]:
    """What is done, by the arguments, for each call of `syscalls.CHECKED`; each body returns."""
    to_itself = _only(0, process)
    return {
        "clone": [
            _argument(0),
            *_when(ANY_BIT, CLONE_NAMESPACES, [REFUSE]),
            *_when(ANY_BIT, CLONE_THREAD, [ALLOW]),
            REFUSE,
        ],
        # Signals to the process itself stay possible: threads and `abort` live on them.
        "kill": to_itself,
        "tkill": to_itself,
        "tgkill": to_itself,
        "rt_sigqueueinfo": to_itself,
        "rt_tgsigqueueinfo": to_itself,
        "prlimit64": _null(2),
        "prctl": _only(0, *PRCTL_ALLOWED.values()),
        "sendto": _null(4),
        # A datagram pair could still be pointed at another process's socket.
        "socketpair": [
            _argument(0),
            *_unless(EQUAL, AF_UNIX, [REFUSE]),
            _argument(1),
            (AND, 0, 0, SOCKET_TYPE),
            *_when(EQUAL, SOCK_STREAM, [ALLOW]),
            *_when(EQUAL, SOCK_SEQPACKET, [ALLOW]),
            REFUSE,
        ],
        "open": _open(1),
        "openat": _open(2),
        "fcntl": _never(1, *FCNTL_REFUSED.values()),
        "ioctl": (
            _never(1, *IOCTL_REFUSED.values()) if devices else _only(1, *IOCTL_ALLOWED.values())
        ),
        "sched_setaffinity": _only(0, 0, process),
    }


def _open(flags: int) -> Instructions:
    """Refuse to empty a file that is opened only for reading.

    Linux does that, and before Landlock's ABI 3 nothing else would stop it on a file that is
    readable here and belongs to the user: a library of the course's own installation.
    """
    return [
        _argument(flags),
        *_unless(ANY_BIT, O_TRUNCATE, [ALLOW]),
        (AND, 0, 0, O_ACCESS),
        *_when(EQUAL, O_WRITE, [ALLOW]),
        *_when(EQUAL, O_READ_WRITE, [ALLOW]),
        REFUSE,
    ]


def _only(index: int, *values: int) -> Instructions:
    tests = [step for value in values for step in _when(EQUAL, value, [ALLOW])]
    return [_argument(index), *tests, REFUSE]


def _never(index: int, *values: int) -> Instructions:
    tests = [step for value in values for step in _when(EQUAL, value, [REFUSE])]
    return [_argument(index), *tests, ALLOW]


def _null(index: int) -> Instructions:
    low, high = _argument(index), _argument(index, upper=True)
    return [low, *_unless(EQUAL, 0, [REFUSE]), high, *_unless(EQUAL, 0, [REFUSE]), ALLOW]


def _argument(index: int, *, upper: bool = False) -> Instruction:
    return (LOAD, 0, 0, ARGUMENTS + 8 * index + 4 * upper)


def _when(test: int, value: int, body: Instructions) -> Instructions:
    return [(test, 0, len(body), value), *body]


def _unless(test: int, value: int, body: Instructions) -> Instructions:
    return [(test, len(body), 0, value), *body]


def _seccomp(pointer: int) -> int:
    column = syscalls.MACHINES[_machine()]
    number = syscalls.DENIED["seccomp"][column]
    return syscalls.call(number, SET_FILTER, ALL_THREADS, pointer)


def _machine() -> str:
    """The machine whose calls this process makes; empty where that is not certain."""
    if not sys.platform.startswith("linux") or sys.maxsize < 1 << 32:
        return ""
    return os.uname().machine
