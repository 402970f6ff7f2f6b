"""A warm process that never sees a submission: its libraries are loaded, and runners fork from it.

`python -I -m grader.runner.zygote FD BACKEND`. The judge sends `{"op": "fork", …}` followed by two
descriptors (the runner's channel and the pipe for what it prints), and `{"op": "end", "pid"}` to
kill and reap a runner. The zygote stays single-threaded, so that forking is safe, and frozen, so
that runners share its memory. It is the runners' parent and, on Linux, adopts their orphans: when a
runner ends, whatever it left behind ends with it.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
import tempfile
import warnings
from typing import Any, NoReturn

from grader.runner import confine, landlock, limits, privileges, seccomp
from grader.runner.backend import Backend
from grader.runner.channel import Closed, receive, send
from grader.runner.roots import readable_roots
from grader.runner.session import Session
from grader.runner.wire import decode, encode

CHANNEL = 3


def main() -> None:
    """Load the backend, then answer the judge until it hangs up."""
    control = socket.socket(fileno=int(sys.argv[1]))
    with contextlib.suppress(privileges.PrivilegeError, OSError):
        privileges.die_with_parent(os.getppid())
        privileges.undumpable()
    warnings.simplefilter("ignore")
    backend = Backend(sys.argv[2])
    try:
        backend.preload()
    except Exception as error:
        send(control, encode({"ready": False, "why": f"{type(error).__name__}: {error}"[:500]}))
        return
    readable = readable_roots()
    privileges.adopt_orphans()
    gc.collect()
    gc.freeze()
    runners: set[int] = set()
    parent = os.getpid()
    with contextlib.suppress(Closed):
        send(control, encode({"ready": True, "spare_user": _open_to_all(readable)}))
        while True:
            request = decode(receive(control))
            if request["op"] == "fork":
                _, descriptors, _, _ = socket.recv_fds(control, 1, 2)
                backend.load_ahead(request["ahead"])
                pid = os.fork()
                if pid == 0:
                    control.close()
                    become_runner(descriptors, {**request, "parent": parent}, backend, readable)
                for descriptor in descriptors:
                    os.close(descriptor)
                runners.add(pid)
                send(control, encode({"pid": pid}))
            else:
                pid = request["pid"]
                send(control, encode(end(pid) if pid in runners else {}))
                runners.discard(pid)
                end_orphans(runners)


def become_runner(
    descriptors: list[int], request: dict[str, Any], backend: Backend, readable: list[str]
) -> NoReturn:
    """Turn a fresh fork into a confined runner and serve its channel; never returns."""
    channel, output = (os.dup(descriptor) for descriptor in descriptors)
    highest = max(channel, output, *descriptors) + 1
    null = os.open(os.devnull, os.O_RDONLY)
    for target, source in ((0, null), (1, output), (2, output), (CHANNEL, channel)):
        os.dup2(source, target)
    os.closerange(CHANNEL + 1, max(highest, null + 1, 64))
    os.set_inheritable(CHANNEL, False)
    connection = socket.socket(fileno=CHANNEL)
    code = 1
    try:
        scratch = str(request["scratch"])
        os.chdir(scratch)
        os.environ.update(HOME=scratch, TMPDIR=scratch)
        tempfile.tempdir = None
        applied = limits.apply(int(request["seconds"]))
        plan = confine.Plan(
            readable=readable,
            writable=[scratch],
            uid=request["uid"],
            parent=request["parent"],
            required=wanted_layers(),
        )
        layers = confine.confine(plan)
        if request["device"] != backend.device:
            backend = Backend(backend.name, request["device"])
            backend.preload()
        session = Session(backend)
        send(connection, encode({"ready": True, "limits": applied, "layers": layers}))
        while True:
            send(connection, session.reply(receive(connection)))
    except Closed:
        code = 0
    except BaseException as error:
        with contextlib.suppress(BaseException):
            why = f"{type(error).__name__}: {error}"[:500]
            send(connection, encode({"ready": False, "why": why}))
    finally:
        os._exit(code)


def wanted_layers() -> frozenset[str]:
    """The layers without which no submission is read, where this kernel has them."""
    if landlock.abi() and seccomp.supported():
        return confine.CORE
    return frozenset()


def end(pid: int) -> dict[str, Any]:
    """Kill and reap a runner; report how it had ended and what it used."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    return {
        "code": os.waitstatus_to_exitcode(status),
        "memory_kib": usage.ru_maxrss,
        "seconds": usage.ru_utime + usage.ru_stime,
    }


def end_orphans(runners: set[int]) -> None:
    """Kill what dead runners left behind; there is something only where processes are allowed."""
    for pid in _children() - runners:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _children() -> set[int]:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            return {int(pid) for pid in file.read().split()}
    except OSError:
        return set()


def _open_to_all(paths: list[str]) -> bool:
    """Whether a user with no rights of its own could read all of these."""
    for path in paths:
        parts = path.split("/")
        folders = ["/".join(parts[:length]) or "/" for length in range(1, len(parts))]
        if not all(os.stat(folder).st_mode & 0o001 for folder in folders):
            return False
        if not os.stat(path).st_mode & 0o004:
            return False
    return True


if __name__ == "__main__":
    main()
