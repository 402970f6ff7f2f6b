"""An outer wall around a zygote where `bwrap` is present and allowed: namespaces of its own.

Landlock and seccomp refuse; inside these namespaces there is nothing to refuse: no network device,
no other process, and of the file system only what an interpreter needs. It is paid once a zygote.
"""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
from functools import cache
from pathlib import Path

from grader.runner import roots

LAYER = "bubblewrap"
PROBE_SECONDS = 10.0
#: Set to anything, this leaves the outer wall away (for tests, and where it misbehaves).
SWITCH = "GRADSCHOOL_NO_BWRAP"


@cache
def available() -> str | None:
    """The path of a `bwrap` that works for this user, or None."""
    found = shutil.which("bwrap")
    if found is None or not sys.platform.startswith("linux"):
        return None
    probe = [found, "--unshare-all", "--ro-bind", "/", "/", "true"]
    try:
        done = subprocess.run(probe, capture_output=True, timeout=PROBE_SECONDS, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return found if done.returncode == 0 else None


def prefix(scratch: str) -> list[str]:
    """What to put before a command so that it runs behind the wall; nothing where there is none.

    Args:
        scratch: the one folder that stays writable.
    """
    program = None if os.environ.get(SWITCH) else available()
    if program is None:
        return []
    arguments = [program, "--unshare-all", "--die-with-parent", "--new-session"]
    for link in ("/bin", "/sbin", "/lib", "/lib64"):
        if os.path.islink(link):
            arguments += ["--symlink", os.readlink(link), link]
    sites = [folder for folder in site.getsitepackages() if os.path.isdir(folder)]
    inside = tuple(f"{folder}/" for folder in sites)
    for path in roots.readable_roots():
        if not path.startswith(("/proc", "/dev", *inside)):
            arguments += ["--ro-bind-try", path, path]
    # Every bind costs: site-packages come whole, with the course's own packages covered again.
    for folder in sites:
        arguments += ["--ro-bind", folder, folder]
        for name in roots.PACKAGES:
            if os.path.isdir(os.path.join(folder, name)):
                arguments += ["--tmpfs", os.path.join(folder, name)]
    for path in _start_up():
        arguments += ["--ro-bind-try", path, path]
    arguments += ["--proc", "/proc", "--dev", "/dev", "--bind", scratch, scratch, "--chdir", "/"]
    return [*arguments, "--"]


def _start_up() -> list[str]:
    """What the interpreter reads before a runner is confined, and not afterwards."""
    package = Path(roots.__file__).resolve().parent.parent
    executable = Path(sys.executable)
    found = [
        executable.parent,
        executable.resolve().parent,
        Path(sys.prefix) / "pyvenv.cfg",
        package / "__init__.py",
        package / "__pycache__",
        package / "runner",
    ]
    return [str(path) for path in found if path.exists()]
