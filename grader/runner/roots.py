"""What a runner must be able to read: the interpreter, its packages, the system's libraries.

Everything of the course is left out, the runner's own package apart: the reference solutions, the
specs and the judge may lie in the same site-packages, and in a checkout they lie beside it.
"""

from __future__ import annotations

import glob
import os
import site
import sys
from collections.abc import Sequence
from os.path import realpath

#: The packages of the course. Of these a runner sees `grader.runner` and nothing else.
PACKAGES = ("exercises", "grader", "quizzes", "reference")

#: What an interpreter and its libraries read from the system, where it exists.
SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/etc/localtime",
          "/usr/share/zoneinfo", "/proc/cpuinfo", "/sys/devices/system/cpu",
          "/dev/urandom")  # fmt: skip

#: Entries of site-packages that a running program does not need.
METADATA = (".dist-info", ".egg-info", ".egg-link", ".pth")


def readable_roots(extra: Sequence[str] = ()) -> list[str]:
    """Return what a runner must read: the interpreter, its packages, the system's libraries.

    Rules for a folder hold for all below it and cannot be taken back for a part. So a folder that
    holds something of the course is replaced by its entries, down to where the course's own are
    left out: the reference solutions, the judge and, in a checkout, everything but
    `grader/runner`. Site-packages are always given entry by entry; their metadata is left out.

    Args:
        extra: further files and folders, from which the course's own are left out as well.
    """
    libraries = {
        realpath(folder)
        for folder in (
            os.path.dirname(os.__file__),
            os.path.join(sys.base_prefix, "lib"),
            os.path.join(sys.base_prefix, sys.platlibdir),
        )
    }
    runner = os.path.dirname(realpath(__file__))
    course = os.path.dirname(os.path.dirname(runner))
    scripts = realpath(os.path.dirname(sys.executable))
    official = [realpath(folder) for folder in site.getsitepackages()]
    # Besides site-packages, whatever a `.pth` file adds: packages are imported from there too.
    sites = [
        folder
        for folder in dict.fromkeys(realpath(entry) for entry in sys.path if os.path.isabs(entry))
        if folder in official
        or (
            os.path.isdir(folder)
            and folder not in (course, scripts)
            and libraries.isdisjoint(_above(folder))
        )
    ]
    private = _private(course, sites, libraries)
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


def _above(path: str) -> list[str]:
    return [path, *_parents(path)]
