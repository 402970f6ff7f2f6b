"""Resource limits that the runner puts on itself before it reads the submission.

The wall clock belongs to the judge; what is here bounds memory, processor time and files, so that
a runaway submission cannot slow the machine. Where an operating system lacks a limit it is left
out and reported as such.
"""

from __future__ import annotations

import sys

MEMORY_BUDGET = 2 << 30
FILE_SIZE = 16 << 20
OPEN_FILES = 64


def apply(processor_seconds: int, *, memory: bool = True) -> list[str]:
    """Apply the limits and return the names of those in force.

    Args:
        processor_seconds: the hard limit of processor time for the whole runner.
        memory: off for CUDA, which reserves far more address space than it uses.
    """
    try:
        import resource
    except ImportError:
        return []
    wanted = {
        "core": (resource.RLIMIT_CORE, 0),
        "processor time": (resource.RLIMIT_CPU, processor_seconds),
        "file size": (resource.RLIMIT_FSIZE, FILE_SIZE),
        "open files": (resource.RLIMIT_NOFILE, OPEN_FILES),
    }
    if memory and sys.platform.startswith("linux"):
        wanted["memory"] = (resource.RLIMIT_AS, _address_space() + MEMORY_BUDGET)
    applied = []
    for name, (kind, value) in wanted.items():
        try:
            resource.setrlimit(kind, (value, value))
        except (ValueError, OSError):
            continue
        applied.append(name)
    return applied


def _address_space() -> int:
    with open("/proc/self/statm", encoding="ascii") as statm:
        pages = int(statm.read().split()[0])
    import resource

    return pages * resource.getpagesize()
