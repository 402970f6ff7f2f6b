"""Removes what a runner left in its scratch folder, whatever that is."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat


def remove(folder: str) -> None:
    """Remove a folder with everything in it, also folders nested deeper than Python can follow."""
    with contextlib.suppress(RecursionError):
        shutil.rmtree(folder, ignore_errors=True)
    if os.path.isdir(folder):
        with contextlib.suppress(OSError):
            _flatten(folder)
        with contextlib.suppress(RecursionError):
            shutil.rmtree(folder, ignore_errors=True)


def _flatten(top: str) -> None:
    """Move every nested folder up to the top, so that no path becomes long, and empty it there."""
    number = 0
    waiting = [entry.path for entry in os.scandir(top) if entry.is_dir(follow_symlinks=False)]
    while waiting:
        folder = waiting.pop()
        os.chmod(folder, stat.S_IRWXU)
        for entry in list(os.scandir(folder)):
            if entry.is_dir(follow_symlinks=False):
                number += 1
                moved = os.path.join(top, f"moved-{number}")
                os.chmod(entry.path, stat.S_IRWXU)
                os.rename(entry.path, moved)
                waiting.append(moved)
            else:
                os.unlink(entry.path)
        os.rmdir(folder)
