"""Puts the layers of confinement in force in the one order that works, or stops.

A runner calls `confine` once, after its libraries are loaded and its resource limits set (the
filter refuses setting them later) and before it sees a submission. What could not be put in force
is either reported, by its absence from the list returned, or ends the runner, if it is required.
`python -m grader.runner.confine` tries every layer in a process of its own and says what it found.
"""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from grader.runner import landlock, privileges, seccomp
from grader.runner.roots import readable_roots

NO_NEW_PRIVILEGES = "no new privileges"
USER = "separate user"
UNDUMPABLE = "undumpable"
PARENT = "ends with its parent"
LANDLOCK = "landlock"
SECCOMP = "seccomp"
LAYERS = (NO_NEW_PRIVILEGES, USER, UNDUMPABLE, PARENT, LANDLOCK, SECCOMP)

#: What makes a runner a confined one; the rest adds to it.
CORE = frozenset({NO_NEW_PRIVILEGES, LANDLOCK, SECCOMP})

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
        readable: files and folders, see `grader.runner.roots`.
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
