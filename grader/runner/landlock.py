"""File access by folder, and no TCP, through Landlock: what is not listed cannot be opened.

Landlock needs no privileges and is inherited by every thread and process made afterwards. It
rules over opening, listing, making, moving and removing files. It does not see `stat`, `chdir`,
`chmod` or `utime`; the filter in `grader.runner.seccomp` refuses those of them that change
anything.

Rules only ever add: a folder inside an allowed folder cannot be taken back. The lists handed to
`restrict` must therefore be free of what is secret (`grader.runner.roots.readable_roots`).
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
import sys
from collections.abc import Sequence

from grader.runner import syscalls

CREATE, ADD, RESTRICT = 444, 445, 446  # the same numbers on every machine
VERSION_QUESTION = 1
PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REMOVE_DIR, REMOVE_FILE = 1 << 4, 1 << 5
MAKE_CHAR, MAKE_DIR, MAKE_REG, MAKE_SOCK = 1 << 6, 1 << 7, 1 << 8, 1 << 9
MAKE_FIFO, MAKE_BLOCK, MAKE_SYM = 1 << 10, 1 << 11, 1 << 12
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15

FIRST_RIGHTS = REFER - 1
#: The rights that later versions of Landlock added.
ADDED_RIGHTS = {2: REFER, 3: TRUNCATE, 5: IOCTL_DEV}

NETWORK_ABI, NETWORK = 4, 0b11  # binding and connecting TCP
SCOPES_ABI, SCOPES = 6, 0b11  # abstract unix sockets and signals

#: The rights that mean something for a file; the kernel refuses the others on one.
FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV

#: No execute right: `execve` needs it, `dlopen` does not.
READ = READ_FILE | READ_DIR
#: No execute right and no special files: a device made by root would open the whole disk.
WRITE = (
    READ | WRITE_FILE | TRUNCATE | REFER
    | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SYM
)  # fmt: skip
DEVICE = READ_FILE | WRITE_FILE | IOCTL_DEV

#: Errors that mean "nothing there for this user": there is nothing to allow.
UNREACHABLE = (errno.ENOENT, errno.ENOTDIR, errno.EACCES)


class LandlockError(Exception):
    """The restriction is not in force."""


def abi() -> int:
    """The version of Landlock that the running kernel has; 0 if it has none or it is off."""
    if not sys.platform.startswith("linux"):
        return 0
    try:
        return syscalls.call(CREATE, 0, 0, VERSION_QUESTION)
    except OSError:
        return 0


def rights(version: int) -> int:
    """Every right over files that a version of Landlock knows, all of which are handled."""
    added = [right for since, right in ADDED_RIGHTS.items() if since <= version]
    return FIRST_RIGHTS | sum(added)


def restrict(readable: Sequence[str], writable: Sequence[str], devices: Sequence[str] = ()) -> None:
    """Cut this process off from every file but these, and from TCP; there is no way back.

    Outside the process, abstract unix sockets and signals are out of reach as well where the
    kernel can do that. Files and sockets that are already open stay so. Paths that do not exist,
    or that this user cannot reach, are skipped: there is nothing to allow.

    Args:
        readable: files, and folders with all below them, that may be read and mapped.
        writable: folders in which files may also be made, changed, moved and removed.
        devices: device files that may be read, written and given device calls.

    Raises:
        LandlockError: the restriction is not in force.
    """
    version = abi()
    if not version:
        raise LandlockError("this kernel has no Landlock, or it is switched off")
    _refuse_threads()
    handled = rights(version)
    try:
        ruleset = _create(handled, version)
        try:
            for paths, access in ((readable, READ), (writable, WRITE), (devices, DEVICE)):
                for path in paths:
                    _allow(ruleset, path, access & handled)
            syscalls.call(RESTRICT, ruleset, 0)
        finally:
            os.close(ruleset)
    except OSError as error:
        raise LandlockError(f"the kernel refused the restriction: {error}") from None


def _refuse_threads() -> None:
    """Refuse where other threads run: the restriction binds only the thread that asks for it."""
    try:
        threads = len(os.listdir("/proc/self/task"))
    except OSError as error:
        raise LandlockError(f"the threads of this process cannot be counted: {error}") from None
    if threads != 1:
        raise LandlockError(f"{threads - 1} other threads of this process would stay free")


def _create(handled: int, version: int) -> int:
    network = NETWORK if version >= NETWORK_ABI else 0
    scopes = SCOPES if version >= SCOPES_ABI else 0
    attributes = struct.pack("=QQQ", handled, network, scopes)
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    return syscalls.call(CREATE, ctypes.addressof(buffer), len(attributes), 0)


def _allow(ruleset: int, path: str, access: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in UNREACHABLE:
            return
        raise
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            access &= FILE_RIGHTS
        rule = struct.pack("=Qi", access, descriptor)
        buffer = ctypes.create_string_buffer(rule, len(rule))
        syscalls.call(ADD, ruleset, PATH_BENEATH, ctypes.addressof(buffer), 0)
    finally:
        os.close(descriptor)
