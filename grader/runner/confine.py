"""Puts the layers of confinement in force in the one order that works, or stops.

A runner calls `confine` once, after its libraries are loaded and its resource limits set (the
filter refuses setting them later) and before it sees a submission. What could not be put in force
is either reported, by its absence from the list returned, or ends the runner, if it is required.
`python -m grader.runner.confine` tries every layer in a process of its own and says what it found.
"""

from __future__ import annotations

import glob
import importlib.util
import json
import os
import site
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os.path import realpath

from grader.runner import landlock, privileges, seccomp

NO_NEW_PRIVILEGES = "no new privileges"
USER = "separate user"
UNDUMPABLE = "undumpable"
PARENT = "ends with its parent"
LANDLOCK = "landlock"
SECCOMP = "seccomp"
LAYERS = (NO_NEW_PRIVILEGES, USER, UNDUMPABLE, PARENT, LANDLOCK, SECCOMP)

#: What makes a runner a confined one; the rest adds to it.
CORE = frozenset({NO_NEW_PRIVILEGES, LANDLOCK, SECCOMP})

#: The packages of the course. Of these a runner sees `grader.runner` and nothing else.
PACKAGES = ("exercises", "grader", "quizzes", "reference")

#: What an interpreter and its libraries read from the system, where it exists.
SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/etc/localtime",
          "/usr/share/zoneinfo", "/proc/cpuinfo", "/sys/devices/system/cpu",
          "/dev/urandom")  # fmt: skip

#: Entries of site-packages that a running program does not need.
METADATA = (".dist-info", ".egg-info", ".egg-link", ".pth")

DEVICES = ("/dev/null",)
PROBE_USER = 65534
PROBE_SECONDS = 60.0


class ConfinementError(Exception):
    """A required layer is not in force; the process must end without reading a submission."""

    def __init__(self, layer: str, reason: str) -> None:
        self.layer = layer
        self.reason = reason
        super().__init__(f"{layer}: {reason}")


@dataclass(frozen=True)
class Plan:
    """What a process may still do once it is confined.

    Attributes:
        readable: files and folders, see `readable_roots`.
        writable: its scratch folders; they must belong to `uid` already.
        devices: device files it may use. Naming any but the default also opens device calls.
        uid: the user to become, which takes root; the group has the same number unless `gid`.
        parent: the process that this one must not outlive; see `privileges.die_with_parent`.
        required: the layers without which `confine` raises. A change of user, where asked for,
            is always required: half of one is worse than none.
    """

    readable: Sequence[str]
    writable: Sequence[str] = ()
    devices: Sequence[str] = DEVICES
    uid: int | None = None
    gid: int | None = None
    parent: int | None = None
    required: frozenset[str] = CORE


def confine(plan: Plan) -> list[str]:
    """Confine this process for good and return the names of the layers in force.

    Raises:
        ConfinementError: a required layer could not be applied. Layers before it may be in force.
    """
    required = _required(plan)
    for layer in LAYERS:
        if layer in required and (reason := _missing(layer, plan)):
            raise ConfinementError(layer, reason)
    _remember_modules()
    applied = []
    for layer, apply in _steps(plan).items():
        try:
            if apply():
                applied.append(layer)
                continue
            reason = "this system has no such layer"
        except (
            privileges.PrivilegeError,
            landlock.LandlockError,
            seccomp.SeccompError,
            OSError,
        ) as error:
            reason = str(error)
        if layer in required:
            raise ConfinementError(layer, reason)
    return applied


def available(uid: int = PROBE_USER) -> dict[str, str]:
    """Try every layer in a process of its own; return what each does here, by layer.

    A text starts with "enforced", or with "not enforced" and the reason.
    """
    command = [sys.executable, "-I", "-m", "grader.runner.confine", str(uid)]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PROBE_SECONDS
        )
        answer = json.loads(done.stdout)
        return {layer: str(answer[layer]) for layer in LAYERS}
    except (OSError, subprocess.SubprocessError, ValueError, LookupError, TypeError) as error:
        reason = f"not enforced: trying it failed ({type(error).__name__})"
        return dict.fromkeys(LAYERS, reason)


def readable_roots(extra: Sequence[str] = ()) -> list[str]:
    """Return what a runner must read: the interpreter, its packages, the system's libraries.

    Rules for a folder hold for all below it and cannot be taken back for a part. So a folder that
    holds something of the course is replaced by its entries, down to where the course's own are
    left out: the reference solutions, the judge and, in a checkout, everything but
    `grader/runner`. Site-packages are always given entry by entry; their metadata is left out.

    Args:
        extra: further files and folders, from which the course's own are left out as well.
    """
    sites = [realpath(folder) for folder in site.getsitepackages() if folder in sys.path]
    libraries = {
        realpath(folder)
        for folder in (
            os.path.dirname(os.__file__),
            os.path.join(sys.base_prefix, "lib"),
            os.path.join(sys.base_prefix, sys.platlibdir),
        )
    }
    runner = os.path.dirname(realpath(__file__))
    private = _private(os.path.dirname(os.path.dirname(runner)), sites, libraries)
    roots = [*libraries, *map(realpath, (*SYSTEM, *extra))]
    for folder in filter(os.path.isdir, sites):
        with os.scandir(folder) as entries:
            roots += [
                realpath(entry.path) if entry.is_symlink() else entry.path
                for entry in entries
                if not entry.name.endswith(METADATA)
            ]
    kept = {path for root in roots if os.path.exists(root) for path in _without(root, private)}
    kept.add(runner)
    return sorted(path for path in kept if kept.isdisjoint(_parents(path)))


def _private(course: str, sites: list[str], libraries: set[str]) -> set[str]:
    """Everything of the course, wherever a copy of it is installed next to what is readable."""
    system = {realpath(path) for path in SYSTEM if "lib" in path}
    patterns = ("*-packages", "python3*/*-packages")
    others = {
        found
        for folder in libraries | system
        for pattern in patterns
        for found in glob.glob(os.path.join(glob.escape(folder), pattern))
    }
    private = {os.path.join(folder, name) for folder in others.union(sites) for name in PACKAGES}
    if course not in sites:
        needed = {parent for path in (*sites, *libraries) for parent in (path, *_parents(path))}
        private.update({entry.path for entry in os.scandir(course)} - needed)
    return {path for each in private if os.path.exists(each) for path in (each, realpath(each))}


def _without(path: str, private: set[str]) -> list[str]:
    """Return `path`, or of its entries those that leave out what is private."""
    if path in private or not private.isdisjoint(_parents(path)):
        return []
    if not any(each.startswith(path.rstrip("/") + "/") for each in private):
        return [path]
    with os.scandir(path) as entries:
        inside = sorted(entry.path for entry in entries if not entry.is_symlink())
    return [kept for entry in inside for kept in _without(entry, private)]


def _parents(path: str) -> list[str]:
    """Return the folders that a path lies in, without the root."""
    return [path[:end] for end, letter in enumerate(path) if letter == "/" and end]


def _required(plan: Plan) -> set[str]:
    if unknown := plan.required.difference(LAYERS):
        raise ValueError(f"unknown layers: {', '.join(sorted(unknown))}")
    required = set(plan.required)
    if plan.uid is not None:
        required.add(USER)
    return required


def _missing(layer: str, plan: Plan) -> str:
    """Why a layer cannot be had, as far as that shows before anything is changed."""
    if layer == USER and plan.uid is None:
        return "no user to become is given"
    if layer == PARENT and plan.parent is None:
        return "no parent is given"
    if layer == LANDLOCK and not landlock.abi():
        return "this kernel has no Landlock, or it is switched off"
    if layer == SECCOMP and not seccomp.supported():
        return "this system cannot filter system calls, or refuses to"
    return ""


def _steps(plan: Plan) -> dict[str, Callable[[], bool]]:
    """The layers of a plan in the order in which they must come.

    Landlock and the filter ask for no new privileges. A change of user undoes the two settings
    after it, and needs calls that the filter refuses, as Landlock's own are.
    """
    steps: dict[str, Callable[[], bool]] = {NO_NEW_PRIVILEGES: privileges.no_new_privileges}
    uid, parent = plan.uid, plan.parent
    if uid is not None:
        steps[USER] = lambda: _become(uid, plan)
    steps[UNDUMPABLE] = privileges.undumpable
    if parent is not None:
        steps[PARENT] = lambda: privileges.die_with_parent(parent)
    steps[LANDLOCK] = lambda: _restrict(plan)
    steps[SECCOMP] = lambda: _filter(plan)
    return steps


def _become(uid: int, plan: Plan) -> bool:
    """Change the user, and make sure that the new one can use what the plan allows.

    Where the interpreter lies in a folder of root's alone, every later import would fail, and the
    submission would be blamed for it.
    """
    existing = [path for path in (*plan.readable, *plan.writable) if os.path.exists(path)]
    changed = privileges.drop_to(uid, uid if plan.gid is None else plan.gid)
    for path in existing:
        if not os.access(path, os.R_OK):
            raise privileges.PrivilegeError(f"user {uid} cannot read {path}")
    for path in plan.writable:
        if not os.access(path, os.W_OK):
            raise privileges.PrivilegeError(f"user {uid} cannot write to {path}")
    return changed


def _restrict(plan: Plan) -> bool:
    landlock.restrict(plan.readable, plan.writable, plan.devices)
    return True


def _filter(plan: Plan) -> bool:
    seccomp.apply(devices=bool(set(plan.devices).difference(DEVICES)))
    return True


def _remember_modules() -> None:
    """Let the import system list the folders on its path, which it cannot once confined.

    Looking for a module that does not exist makes it list them all and keep the lists.
    """
    importlib.util.find_spec("_no_module_has_this_name")


def _try(layer: str, apply: Callable[[], bool], works: Callable[[], str]) -> str:
    try:
        found = works() if apply() else ""
    except Exception as error:
        return f"not enforced: {error}"
    return found or "not enforced: it has no effect on this system"


def _probe(uid: int) -> dict[str, str]:
    """Apply every layer to this process and test that it holds; used by `available`."""
    steps = _steps(Plan(readable=readable_roots(), uid=uid, parent=os.getppid()))
    effects: dict[str, Callable[[], str]] = {
        LANDLOCK: _landlock_holds,
        SECCOMP: _seccomp_holds,
    }
    return {
        layer: _try(layer, apply, effects.get(layer, lambda: "enforced"))
        for layer, apply in steps.items()
    }


def _landlock_holds() -> str:
    try:
        os.listdir("/")
    except PermissionError:
        return f"enforced (ABI {landlock.abi()})"
    return ""


def _seccomp_holds() -> str:
    try:
        socket.socket().close()
    except PermissionError:
        return "enforced"
    return ""


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_probe(int(sys.argv[1]))))
