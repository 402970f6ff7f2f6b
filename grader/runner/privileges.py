"""What a process gives up about itself: new privileges, being looked into, outliving, its user.

Every function returns whether the property is now in force, verified by asking the kernel; False
means that this system has no such thing. One that exists but could not be put in force raises.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

from grader.runner import syscalls

SET_PARENT_DEATH_SIGNAL, GET_PARENT_DEATH_SIGNAL = 1, 2
GET_DUMPABLE, SET_DUMPABLE = 3, 4
SET_CHILD_SUBREAPER = 36
SET_NO_NEW_PRIVILEGES, GET_NO_NEW_PRIVILEGES = 38, 39


class PrivilegeError(Exception):
    """A privilege could not be given up."""


def no_new_privileges() -> bool:
    """Make `execve` unable to raise privileges; Landlock and seccomp ask for it first."""
    if not _linux():
        return False
    _prctl(SET_NO_NEW_PRIVILEGES, 1)
    if _prctl(GET_NO_NEW_PRIVILEGES) != 1:
        raise PrivilegeError("new privileges could not be given up")
    return True


def undumpable() -> bool:
    """Close this process's memory, environment and tracing to others of the same user.

    It also stops core files. Changing the user resets it, so this comes after `drop_to`.
    """
    if not _linux():
        return False
    _prctl(SET_DUMPABLE, 0)
    if _prctl(GET_DUMPABLE) != 0:
        raise PrivilegeError("the process stayed open to others of its user")
    return True


def die_with_parent(parent: int) -> bool:
    """End this process with SIGKILL when its parent ends.

    The kernel means the *thread* of the parent that started this process, so a judge must not
    start runners from threads that end before them. Changing the user resets it, so this comes
    after `drop_to`.

    Args:
        parent: the parent's process number, taken before it started this process: if the parent
            has already gone, nothing would ever end this one.
    """
    if not _linux():
        return False
    _prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    stored = ctypes.c_int(0)
    _prctl(GET_PARENT_DEATH_SIGNAL, ctypes.addressof(stored))
    if stored.value != signal.SIGKILL:
        raise PrivilegeError("the process would outlive its parent")
    if os.getppid() != parent:
        raise PrivilegeError("the parent has already ended")
    return True


def adopt_orphans() -> bool:
    """Become the parent of whatever this process's children leave behind when they end."""
    if not _linux():
        return False
    _prctl(SET_CHILD_SUBREAPER, 1)
    return True


def drop_to(uid: int, gid: int) -> bool:
    """Become another user for good, without supplementary groups and capabilities.

    Raises:
        PrivilegeError: this process is not root, the user is, or the change did not take.
    """
    if not hasattr(os, "setresuid"):
        return False
    if uid <= 0 or gid <= 0:
        raise PrivilegeError(f"user {uid} and group {gid} must not be root's")
    if os.geteuid() != 0:
        raise PrivilegeError("only root can become another user")
    try:
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    except OSError as error:
        raise PrivilegeError(f"user {uid}, group {gid}: {error}") from None
    if os.getresuid() != (uid,) * 3 or os.getresgid() != (gid,) * 3 or os.getgroups():
        raise PrivilegeError(f"the process did not become user {uid}, group {gid}")
    if _capabilities():
        raise PrivilegeError(f"root's capabilities stayed with user {uid}")
    return True


def _capabilities() -> int:
    """The capabilities that this process could use."""
    if not _linux():
        return 0
    try:
        with open("/proc/self/status", "rb") as status:
            fields = dict(line.split(b":", 1) for line in status if b":" in line)
        return int(fields[b"CapPrm"], 16)
    except (OSError, KeyError, ValueError):
        raise PrivilegeError("the capabilities of this process cannot be read") from None


def _linux() -> bool:
    return sys.platform.startswith("linux")


def _prctl(option: int, value: int = 0) -> int:
    arguments = (ctypes.c_ulong(number) for number in (value, 0, 0, 0))
    result = int(syscalls.c_library().prctl(option, *arguments))
    if result < 0:
        raise PrivilegeError(f"prctl({option}): {os.strerror(ctypes.get_errno())}")
    return result
